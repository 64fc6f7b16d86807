//! Drift of a fleet as the warehouse holds it: the newest hours of each machine by the clock in force, in bounded
//! work whatever they hold.

use std::collections::HashMap;
use std::time::Instant;

use crate::config::Config;
use crate::domain::drift::{Drift, Unjudged};
use crate::domain::features::{NORMAL_READINGS, Normal};
use crate::domain::{LocoId, VerdictKind};
use crate::ml::{self, Model, drift};
use crate::service::breaker::{Breaker, Fuse, Measure, Stopwatch};
use crate::service::trust::Clocks;
use crate::warehouse::{Reader, Warehouse, WarehouseError};

/// Readings looked at, all machines together, about.
const READINGS: usize = 6_000;
/// Of one machine, at least and at most.
const OF_ONE: (usize, usize) = (40, 1_500);
/// A probability that has doubled to at least this share of the threshold rises.
const RISING: f64 = 0.5;

/// Machines' normals by one model, kept from measure to measure once they change no more.
#[derive(Debug, Default)]
pub struct Normals {
    model: u32,
    of: HashMap<LocoId, Normal>,
}

impl Normals {
    fn get(
        &mut self,
        reader: &Reader,
        model: &Model,
        loco: &LocoId,
    ) -> Result<Normal, WarehouseError> {
        if self.model != model.card.version {
            self.of.clear();
            self.model = model.card.version;
        }
        if let Some(normal) = self.of.get(loco) {
            return Ok(normal.clone());
        }
        let normal = ml::normal_of(model, reader, loco)?;
        if normal.readings >= NORMAL_READINGS {
            self.of.insert(loco.clone(), normal.clone());
        }
        Ok(normal)
    }

    pub fn forget(&mut self) {
        self.of.clear();
    }
}

/// Measures the drift; [`Unjudged`] says where nothing can be concluded from it.
///
/// # Errors
/// The warehouse cannot be read.
pub fn drift_now(
    reader: &Reader,
    model: &Model,
    config: &Config,
    normals: &mut Normals,
    wall_ms: i64,
) -> Result<Drift, WarehouseError> {
    let Some(reference) = &model.card.reference else {
        return Ok(Drift::none(Unjudged::NoReference));
    };
    let mut latest = Vec::new();
    for (_, _, loco) in reader.newest_instants()? {
        latest.extend(reader.newest_of(&loco)?);
    }
    let clocks = Clocks::of(&latest, None, wall_ms);
    let span_ms = (config.drift.window_hours * 3_600_000.0) as i64;
    let most = (READINGS / latest.len().max(1)).clamp(OF_ONE.0, OF_ONE.1);
    let mut fleet = Vec::with_capacity(latest.len());
    for newest in &latest {
        let now_ms = clocks.now(newest);
        let from_ms = now_ms.saturating_sub(span_ms);
        if newest.reading.at_ms < from_ms {
            continue;
        }
        let normal = normals.get(reader, model, &newest.loco)?;
        let mut values = Vec::new();
        reader.spread(&newest.loco, (from_ms, now_ms), most, &mut |reading| {
            values.push(drift::departure(&reading.values, &normal));
        })?;
        fleet.push(drift::Departures {
            loco: newest.loco.clone(),
            values,
            alarming: alarming(reader, model, &newest.loco, from_ms)?,
        });
    }
    let terms = drift::Terms {
        limit: config.drift.psi_limit,
        least_readings: least_readings(config),
        hours: config.drift.window_hours,
    };
    Ok(drift::measure(reference, &fleet, &terms))
}

/// The model sees danger in it now, or twice what it saw when these hours began, and half of what danger takes.
fn alarming(
    reader: &Reader,
    model: &Model,
    loco: &LocoId,
    from_ms: i64,
) -> Result<bool, WarehouseError> {
    let Some(now) = reader.latest_judged(loco, i64::MAX)? else {
        return Ok(false);
    };
    let before = reader.latest_judged(loco, from_ms)?;
    let rises = now.probability >= RISING * model.card.threshold
        && before.is_some_and(|before| now.probability >= 2.0 * before.probability);
    Ok(now.verdict == VerdictKind::Danger || rises)
}

/// Readings below which nothing is said: what was set, as far as that many are looked at.
#[must_use]
pub fn least_readings(config: &Config) -> u64 {
    config.drift.min_readings.min(READINGS as u64 / 2)
}

/// What the breaker goes by; nothing where drift is not judged.
#[must_use]
pub fn measures(drift: &Drift) -> Vec<Measure> {
    if drift.unjudged.is_some() {
        return Vec::new();
    }
    let measure = |channel: &crate::domain::drift::ChannelDrift| Measure {
        fuse: Fuse::Channel(channel.channel),
        value: channel.decisive(),
        limit: channel.limit,
        readings: channel.calm_readings,
    };
    drift.channels.iter().map(measure).collect()
}

/// Measures drift and latency after readings were scored, and writes down what the breaker makes of them.
///
/// # Errors
/// The warehouse cannot be read or written.
pub fn watch(
    warehouse: &mut Warehouse,
    reader: &Reader,
    model: &Model,
    config: &Config,
    normals: &mut Normals,
    stopwatch: &Stopwatch,
) -> Result<(), WarehouseError> {
    let (started, wall_ms) = (Instant::now(), crate::service::pipeline::wall_ms());
    let drift = drift_now(reader, model, config, normals, wall_ms)?;
    let mut all = measures(&drift);
    all.extend(stopwatch.measure(config.drift.latency_limit_ms));
    let psi: Vec<(f64, f64)> = drift.channels.iter().map(|c| (c.psi, c.together)).collect();
    let (readings, unjudged) = (drift.readings, drift.unjudged);
    let took_ms = started.elapsed().as_millis();
    tracing::info!(
        readings,
        ?unjudged,
        ?psi,
        ?all,
        took_ms,
        "drift and latency"
    );
    for entry in Breaker::read(reader)?.told_by(model.card.version, &all) {
        tracing::warn!(act = entry.act, detail = %entry.detail, "breaker");
        warehouse.note(&entry)?;
    }
    Ok(())
}
