//! The fleet at an instant: one row a locomotive, worst first, each verdict with its cause.

mod known;
mod memory;
mod own;

use std::collections::HashMap;

use crate::config::Config;
use crate::domain::features::Normal;
use crate::domain::ports::{Judge, ReadError};
use crate::domain::{
    Cause, Channel, ChannelValues, Condition, LocoId, MaintenanceRecord, Verdict, VerdictKind,
};
use crate::ml::{self, Model};
use crate::warehouse::{
    LatestReading, Reader, RunRecord, RunStatus, SoundRun, Warehouse, WarehouseError,
};

use super::breaker::Breaker;
use super::continuity::integrity;
use super::order::natural;
use super::outcome::RunOutcome;
use super::pipeline::wall_ms;
use super::snapshot::{Explanation, FleetRow, Happening, HappeningKind, LastRun};
use super::training;
use known::Known;
pub use memory::{FleetMemory, Fresh};
use own::{Own, out_of_band};

use super::trust::{Clocks, Consulted, flagged, stale_limit_ms};

const DAY_MS: i64 = 86_400_000;
/// How many of its own deviations a value may stray before it is drawn as out of its normal.
pub(super) const BAND_DEVIATIONS: f64 = 4.0;
const HAPPENINGS: usize = 12;
/// Steps in which a slider is searched for the way back to NOMINAL.
const WAY_BACK_STEPS: u32 = 60;

/// What is read once for all rows.
pub struct Scene<'a> {
    pub reader: &'a Reader,
    pub config: &'a Config,
    /// The model in force, or why there is none.
    pub model: Result<Option<&'a Model>, String>,
    pub last_run: Option<RunRecord>,
    /// Why nothing may be called nominal now: the warehouse is damaged, or the breaker has tripped.
    pub tripped: Option<Cause>,
    /// Where a replay stands; `None` is now.
    pub replay_ms: Option<i64>,
    /// The computer's clock.
    pub wall_ms: i64,
}

/// The rows, and what is true of all of them.
pub struct Fleet {
    pub rows: Vec<FleetRow>,
    /// Set when no locomotive can have a verdict.
    pub cause: Option<Cause>,
    /// DANGER from this probability on, by the model in force.
    pub threshold: Option<f64>,
    /// "Now" by the clock in force, UTC milliseconds.
    pub now_ms: Option<i64>,
    /// Whether that is the computer's clock.
    pub live: bool,
    /// First and last reading shown, UTC milliseconds.
    pub span: Option<(i64, i64)>,
}

/// Explanations of readings by one model.
type Explanations = HashMap<(LocoId, i64, u32), Option<(Explanation, Normal)>>;

impl Scene<'_> {
    /// Assembles the fleet; `memory` is that of the last time, for the same warehouse.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn fleet(&self, memory: &mut FleetMemory) -> Result<Fleet, WarehouseError> {
        let cause = if self.replay_ms.is_some() {
            None
        } else {
            self.fleet_cause()
        };
        let mut token = Token {
            reader: self.reader,
            wanted: cause.is_none(),
            issued: None,
        };
        match self.replay_ms {
            Some(at_ms) => {
                let mut past = Vec::new();
                for newest in self.reader.latest(at_ms)? {
                    let mut known = Known::read(self.reader, newest, at_ms, at_ms)?;
                    let explanations = &mut memory.replayed;
                    known.explained = self.replayed(&known.newest, &mut token, explanations);
                    past.push(known);
                }
                let own = self.own(&mut memory.own, past.iter())?;
                self.assemble(past.iter(), cause, &own)
            }
            None => {
                let version = self.model.as_ref().ok().copied().flatten();
                let version = version.map(|model| model.card.version);
                memory.refresh(self.reader, version, self.wall_ms)?;
                self.explain_new(memory, &mut token);
                let mut own = std::mem::take(&mut memory.own);
                let normals = self.own(&mut own, memory.known());
                memory.own = own;
                self.assemble(memory.known(), cause, &normals?)
            }
        }
    }

    fn assemble<'k>(
        &self,
        known: impl Iterator<Item = &'k Known> + Clone,
        cause: Option<Cause>,
        own: &HashMap<LocoId, Normal>,
    ) -> Result<Fleet, WarehouseError> {
        let newest = known.clone().map(|known| &known.newest);
        let clocks = Clocks::of(newest.clone(), self.replay_ms, self.wall_ms);
        let consulted = self.consulted();
        let threshold = self
            .model
            .as_ref()
            .ok()
            .and_then(|m| m.map(|m| m.card.threshold));
        let mut rows: Vec<(f64, FleetRow)> = known
            .map(|known| {
                let now_ms = clocks.now(&known.newest);
                let mut row = self.row(known, now_ms, cause.as_ref(), &consulted);
                row.normal = known.explained.as_ref().map(|(_, normal)| normal.clone());
                row.normal = row.normal.or_else(|| own.get(&row.loco).cloned());
                row.out_of_band = out_of_band(&row.values, row.normal.as_ref());
                let last = known.judged.map_or(0.0, |j| j.probability);
                (rank(&row, last, threshold), row)
            })
            .collect();
        rows.sort_by(|(a_rank, a), (b_rank, b)| {
            let by_name = || natural(a.loco.as_str(), b.loco.as_str());
            a_rank.total_cmp(b_rank).then_with(by_name)
        });
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        let span = newest.fold(None, |span: Option<(i64, i64)>, newest| {
            let own = (newest.first_ms, newest.reading.at_ms);
            Some(span.map_or(own, |s| (s.0.min(own.0), s.1.max(own.1))))
        });
        Ok(Fleet {
            rows,
            cause,
            threshold,
            now_ms: clocks.now_ms,
            live: clocks.live,
            span,
        })
    }

    fn fleet_cause(&self) -> Option<Cause> {
        let Some(last) = &self.last_run else {
            return Some(Cause::NeverRun);
        };
        if last.status == RunStatus::FailedSafe {
            return Some(Cause::RunFailed {
                reason: last.cause.clone().unwrap_or_default(),
            });
        }
        match &self.model {
            Ok(Some(_)) => None,
            Ok(None) => Some(Cause::NoModel {
                reason: training_note(last),
            }),
            Err(reason) => Some(Cause::ModelUnreadable {
                reason: reason.clone(),
            }),
        }
    }

    /// What the last run did not read; a replay shows what was known then.
    fn consulted(&self) -> Consulted {
        match self.last_run.as_ref().filter(|_| self.replay_ms.is_none()) {
            Some(last) => Consulted::by(last),
            None => Consulted::default(),
        }
    }

    /// Rows of this machine newer than its newest reading were refused: what it does now is not known.
    fn newer_refused(&self, known: &Known) -> bool {
        let until_ms = self.replay_ms.unwrap_or(i64::MAX);
        let newest_ms = known.newest.reading.at_ms;
        known
            .refused_ms
            .is_some_and(|at| at > newest_ms && at <= until_ms)
    }

    fn row(
        &self,
        known: &Known,
        now_ms: i64,
        fleet_cause: Option<&Cause>,
        consulted: &Consulted,
    ) -> FleetRow {
        let (newest, judged) = (&known.newest, known.judged);
        let at_ms = newest.reading.at_ms;
        // An archive's clock stands still with it; how old the last good data of a dead one is, the
        // computer's clock says.
        let asked_ms = if consulted.is_dead(&newest.source) {
            self.wall_ms
        } else {
            now_ms
        };
        let age_ms = (asked_ms - at_ms).max(0);
        let limit_ms = stale_limit_ms(&self.config.freshness, newest.period_ms, self.horizon_ms());
        let stale = age_ms > limit_ms;
        let version = self
            .model
            .as_ref()
            .ok()
            .and_then(|m| m.map(|m| m.card.version));
        let current = judged
            .filter(|j| j.at_ms == at_ms && (self.replay_ms.is_some() || Some(j.model) == version));
        let verdict = if let Some(cause) = fleet_cause {
            Verdict::Unavailable(cause.clone())
        } else if consulted.misses(newest) {
            Verdict::Unavailable(Cause::SourceRefused {
                source: newest.source.clone(),
            })
        } else if stale {
            Verdict::Unavailable(Cause::Stale { age_ms, limit_ms })
        } else {
            match current.map(|j| j.verdict) {
                None => Verdict::Unavailable(Cause::NotScored),
                Some(VerdictKind::Danger) => Verdict::Danger,
                // Late rows may have made the reading strange after it was judged.
                Some(VerdictKind::Nominal) if !newest.reading.flags.is_empty() => flagged(newest),
                Some(VerdictKind::Nominal) if self.newer_refused(known) => {
                    Verdict::Unavailable(Cause::NewestRefused)
                }
                Some(VerdictKind::Nominal) => self.nominal(),
                Some(VerdictKind::Unavailable) => flagged(newest),
            }
        };
        let past = known.events.partition_point(|e| e.at_ms <= now_ms);
        let events = &known.events[..past];
        let mut told = known.recent.changes(now_ms);
        told.extend(
            known
                .notes
                .iter()
                .filter(|n| n.at_ms <= now_ms)
                .take(HAPPENINGS)
                .cloned(),
        );
        // Explanations, too, rest on a sound run.
        let explained = known.explained.clone();
        let explanation = explained.filter(|_| fleet_cause.is_none());
        FleetRow {
            loco: newest.loco.clone(),
            verdict,
            last_verdict: judged.map(|j| (j.verdict, j.at_ms)),
            probability: current.map(|j| j.probability),
            trend_24h: known.recent.trend(now_ms),
            values: newest.reading.values,
            out_of_band: [false; 4],
            flags: newest.reading.flags,
            reading_at_ms: at_ms,
            age_ms,
            stale,
            days_since_maintenance: events
                .last()
                .map(|e| (now_ms - e.at_ms) as f64 / DAY_MS as f64),
            explanation: explanation.map(|(explanation, _)| explanation),
            normal: None,
            happenings: happenings(events, told),
            origin: Some((newest.file.clone(), newest.line)),
            source: newest.source.clone(),
        }
    }

    /// The machines' own normals, where some have no explanation that brings it.
    fn own<'k>(
        &self,
        own: &mut Own,
        known: impl Iterator<Item = &'k Known> + Clone,
    ) -> Result<HashMap<LocoId, Normal>, WarehouseError> {
        if known.clone().all(|known| known.explained.is_some()) {
            return Ok(HashMap::new());
        }
        let model = self.model.as_ref().ok().copied().flatten();
        own.normals(self.reader, model, known.map(|known| &known.newest.loco))
    }

    /// NOMINAL, unless the breaker or damage has withdrawn it. A replay shows the past as it was judged.
    fn nominal(&self) -> Verdict {
        let tripped = self.tripped.clone().filter(|_| self.replay_ms.is_none());
        tripped.map_or(Verdict::Nominal, Verdict::Unavailable)
    }

    fn horizon_ms(&self) -> i64 {
        (self.config.model.horizon_hours * 3_600_000.0) as i64
    }

    /// Explains every newest reading that has no explanation yet.
    fn explain_new(&self, memory: &mut FleetMemory, token: &mut Token<'_>) {
        let Ok(Some(model)) = self.model else {
            return;
        };
        let (all, followers) = memory.known_mut();
        for known in all.filter(|known| known.explained.is_none()) {
            let Some(token) = token.get() else {
                return;
            };
            let (loco, at_ms) = (&known.newest.loco, known.newest.reading.at_ms);
            let explained = followers.explain(model, token, loco, at_ms);
            known.explained = explanation(model, loco, explained);
        }
    }

    /// The explanation of a reading of the past, kept while replays come by it.
    fn replayed(
        &self,
        newest: &LatestReading,
        token: &mut Token<'_>,
        explanations: &mut Explanations,
    ) -> Option<(Explanation, Normal)> {
        let model = self.model.as_ref().ok().copied().flatten()?;
        let token = token.get()?;
        if explanations.len() > 10_000 {
            explanations.clear();
        }
        let (loco, at_ms) = (&newest.loco, newest.reading.at_ms);
        explanations
            .entry((loco.clone(), at_ms, model.card.version))
            .or_insert_with(|| explanation(model, loco, ml::explain_at(model, token, loco, at_ms)))
            .clone()
    }
}

/// The token of a sound last run, asked for when it is first needed.
struct Token<'a> {
    reader: &'a Reader,
    wanted: bool,
    issued: Option<Option<SoundRun>>,
}

impl Token<'_> {
    fn get(&mut self) -> Option<&SoundRun> {
        let (reader, wanted) = (self.reader, self.wanted);
        self.issued
            .get_or_insert_with(|| wanted.then(|| reader.sound_run().ok()).flatten())
            .as_ref()
    }
}

/// Danger by probability, then what cannot be judged (the once dangerous first, by their `last` probability), the
/// wearing, then the rest.
fn rank(row: &FleetRow, last: f64, threshold: Option<f64>) -> f64 {
    let probability = row.probability.unwrap_or(0.0);
    match row.verdict.kind() {
        VerdictKind::Danger => -probability,
        VerdictKind::Unavailable => unjudged(row.last_verdict.map(|v| v.0), last),
        VerdictKind::Nominal => match row.condition(threshold) {
            Condition::Wearing(_) => 4.0 - probability,
            _ => 6.0 - probability,
        },
    }
}

/// The rank of what cannot be judged, by what was last said of it: after all danger, before the wearing.
fn unjudged(verdict: Option<VerdictKind>, probability: f64) -> f64 {
    match verdict {
        Some(VerdictKind::Danger) => 1.0 - probability,
        _ => 2.0,
    }
}

fn explanation(
    model: &Model,
    loco: &LocoId,
    explained: Result<Option<ml::Explained>, ReadError>,
) -> Option<(Explanation, Normal)> {
    let explained = match explained {
        Ok(explained) => explained?,
        Err(error) => {
            tracing::warn!(%loco, %error, "no explanation");
            return None;
        }
    };
    let (threshold, normal) = (model.card.threshold, &explained.normal);
    let (way_back, held_nominal) = if explained.probability >= threshold {
        let nominal = |held: &ChannelValues| model.probability(held, Some(normal)) < threshold;
        way_back(&nominal, &explained.reading.values, &normal.mean)
    } else {
        ([None; 4], false)
    };
    let explanation = Explanation {
        base: explained.base,
        contributions: explained.contributions,
        way_back,
        held_nominal,
    };
    Some((explanation, explained.normal))
}

/// For each channel alone, the value nearest to the present one that brings NOMINAL back, searched from
/// the present value towards the machine's normal, the values judged as if held steady; and whether the present values,
/// so judged, are NOMINAL already. Then no value need change, and none is named.
fn way_back(
    nominal: &dyn Fn(&ChannelValues) -> bool,
    values: &ChannelValues,
    goal: &ChannelValues,
) -> ([Option<f64>; 4], bool) {
    if nominal(values) {
        return ([None; 4], true);
    }
    let ways = Channel::ALL.map(|channel| {
        let i = channel.index();
        (1..=WAY_BACK_STEPS).find_map(|step| {
            let mut changed = *values;
            let share = f64::from(step) / f64::from(WAY_BACK_STEPS);
            changed[i] = values[i] + (goal[i] - values[i]) * share;
            nominal(&changed).then_some(changed[i])
        })
    });
    (ways, false)
}

fn happenings(events: &[MaintenanceRecord], told: Vec<Happening>) -> Vec<Happening> {
    let mut all = told;
    all.extend(events.iter().map(|e| Happening {
        at_ms: e.at_ms,
        what: HappeningKind::Workshop {
            kind: e.kind,
            component: e.component.clone(),
        },
    }));
    all.sort_by_key(|h| std::cmp::Reverse(h.at_ms));
    all.truncate(HAPPENINGS);
    all
}

/// What the last run's report says of training; empty where none has run.
pub(super) fn training_note(last: &RunRecord) -> String {
    last.report["training"]["why"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// Refused sources and files of a run: (source, file, why).
#[must_use]
pub fn last_refused(last: &RunRecord) -> Vec<(String, Option<String>, String)> {
    let text = |v: &serde_json::Value| v.as_str().map(str::to_owned);
    last.report["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            (
                text(&entry["source"]).unwrap_or_default(),
                text(&entry["file"]),
                text(&entry["why"]).unwrap_or_default(),
            )
        })
        .collect()
}

/// The last run as snapshots carry it.
#[must_use]
pub fn last_run(last: &RunRecord) -> LastRun {
    LastRun {
        run_id: last.run,
        ended_ms: last.ended_ms,
        failed: (last.status == RunStatus::FailedSafe)
            .then(|| last.cause.clone().unwrap_or_default()),
        rows_read: last.rows_read,
        rows_kept: last.rows_kept,
        rows_already_loaded: last.rows_already_loaded,
        rows_quarantined: last.rows_quarantined,
        refused: last_refused(last)
            .into_iter()
            .map(|(source, file, why)| {
                let name = file.map_or_else(|| source.clone(), |f| format!("{source} ({f})"));
                (name, why)
            })
            .collect(),
    }
}

/// Reads everything a fleet needs and assembles it, for the command line.
///
/// # Errors
/// The warehouse cannot be read.
pub fn now(reader: &Reader, config: &Config) -> Result<Fleet, WarehouseError> {
    let model = training::model_in_force(reader);
    let version = model.as_ref().ok().and_then(Option::as_ref);
    let version = version.map(|model| model.card.version);
    Scene {
        tripped: match integrity::damage(reader) {
            Some(damaged) => Some(damaged),
            None => Breaker::read(reader)?.cause(version),
        },
        reader,
        config,
        model: model.as_ref().map(Option::as_ref).map_err(Clone::clone),
        last_run: reader.last_run()?,
        replay_ms: None,
        wall_ms: wall_ms(),
    }
    .fleet(&mut FleetMemory::default())
}

/// Fills in what the fleet looks like after a run.
pub(super) fn count_verdicts(
    warehouse: &Warehouse,
    config: &Config,
    outcome: &mut RunOutcome,
) -> Result<(), WarehouseError> {
    let reader = warehouse.reader()?;
    outcome.model_version = reader.model_version()?;
    outcome.synthetic = reader.synthetic()?.unwrap_or(false);
    for row in now(&reader, config)?.rows {
        match row.verdict.kind() {
            VerdictKind::Nominal => outcome.verdicts.nominal += 1,
            VerdictKind::Danger => outcome.verdicts.danger += 1,
            VerdictKind::Unavailable => outcome.verdicts.unavailable += 1,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_cannot_be_judged_the_likeliest_to_fail_stands_first() {
        let danger = Some(VerdictKind::Danger);
        let ranks = [
            unjudged(danger, 1.0),
            unjudged(danger, 0.9),
            unjudged(danger, 0.45),
            unjudged(Some(VerdictKind::Nominal), 0.3),
        ];
        assert!(ranks.is_sorted_by(|a, b| a < b), "{ranks:?}");
        assert!(ranks[0] >= 0.0 && ranks[3] < 3.0, "{ranks:?}");
        assert_eq!(unjudged(None, 0.0), ranks[3]);
    }

    #[test]
    fn no_value_is_named_where_the_present_ones_are_nominal_if_they_hold() {
        let normal = [500.0, 5.0, 2.0, 45.0];
        let nominal = |v: &ChannelValues| v[2] < 4.0;
        // The danger was in what came before: these would do.
        let held = way_back(&nominal, &normal, &normal);
        assert_eq!(held, ([None; 4], true));
        let (ways, held) = way_back(&nominal, &[500.0, 5.0, 9.5, 80.0], &normal);
        assert!(!held && ways[0].is_none() && ways[3].is_none());
        assert!(ways[2].is_some_and(|to| (3.8..4.0).contains(&to)));
    }
}
