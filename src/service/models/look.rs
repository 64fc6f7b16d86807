//! Looks up what the page shows. Reads cards and readings, so it is done aside.

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::ml::Model;
use crate::service::breaker::{ARMED, Measure, RESTED, TRIPPED};
use crate::service::pipeline::wall_ms;
use crate::warehouse::{Entry, Reader, WarehouseError};

use super::measure::{self, Normals};
use super::promote::PROMOTED;
use super::{Deed, Limits, ModelsView, Version, What};

/// Models and deeds shown at most.
const VERSIONS: usize = 200;
const DEEDS: usize = 40;

/// The view, but for what changes between two looks (the breaker, a promotion under way).
#[must_use]
pub fn look(
    warehouse: &Path,
    model: Result<Option<&Model>, String>,
    config: &Config,
    normals: &mut Normals,
) -> ModelsView {
    let mut view = ModelsView {
        ready: true,
        limits: Limits {
            psi: config.drift.psi_limit,
            window_hours: config.drift.window_hours,
            latency_ms: config.drift.latency_limit_ms,
        },
        budget_hours: config.model.false_alarm_hours_per_loco_day,
        damaged: model.clone().err(),
        ..ModelsView::default()
    };
    let filled = Reader::open(warehouse).and_then(|reader| {
        view.versions = versions(&reader)?;
        view.deeds = deeds(&reader)?;
        if let Ok(Some(model)) = model {
            let now_ms = wall_ms();
            view.drift = Some(measure::drift_now(&reader, model, config, normals, now_ms)?);
            view.measured_ms = Some(now_ms);
        }
        Ok(())
    });
    view.fault = filled.err().map(|error| error.to_string());
    view
}

fn versions(reader: &Reader) -> Result<Vec<Version>, WarehouseError> {
    let promotions = reader.promotions()?;
    let in_force = reader.model_version()?;
    let cards = reader.cards(VERSIONS)?.into_iter();
    Ok(cards
        .map(|(version, card)| Version {
            version,
            card: card.map(Arc::new),
            in_force: in_force == Some(version),
            promoted_ms: promotions
                .iter()
                .filter(|(of, _)| *of == version)
                .map(|(_, at_ms)| *at_ms)
                .collect(),
        })
        .collect())
}

fn deeds(reader: &Reader) -> Result<Vec<Deed>, WarehouseError> {
    let mut entries = Vec::new();
    for act in [TRIPPED, ARMED, RESTED, PROMOTED] {
        entries.extend(reader.journal_of(act, DEEDS)?);
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.entry));
    entries.truncate(DEEDS);
    Ok(entries.into_iter().filter_map(deed).collect())
}

fn deed(entry: Entry) -> Option<Deed> {
    let measure = || serde_json::from_value::<Measure>(entry.detail.clone()).ok();
    let what = match entry.act.as_str() {
        TRIPPED => What::Tripped(measure()?),
        ARMED => What::Armed(measure()?),
        RESTED => What::Rested(measure()?),
        _ => What::Promoted {
            version: u32::try_from(entry.detail["version"].as_u64()?).ok()?,
            against_gate: entry.detail["against_gate"].as_bool()?,
        },
    };
    Some(Deed {
        at_ms: entry.at_ms,
        who: entry.who,
        what,
        why: entry.words,
    })
}
