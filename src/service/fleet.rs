//! The fleet at an instant: one row a locomotive, worst first, each verdict with its cause.

use std::collections::HashMap;

use crate::config::Config;
use crate::domain::features::Normal;
use crate::domain::ports::Judge;
use crate::domain::{Cause, Channel, LocoId, MaintenanceRecord, Verdict, VerdictKind};
use crate::ml::{self, Model};
use crate::warehouse::{
    LatestReading, Reader, RunRecord, RunStatus, SoundRun, Warehouse, WarehouseError,
};

use super::order::natural;
use super::outcome::RunOutcome;
use super::pipeline::wall_ms;
use super::snapshot::{Explanation, FleetRow, Happening, HappeningKind, LastRun, TrendPoint};
use super::training;
use super::trust::{Clocks, Consulted, flagged, stale_limit_ms};

const DAY_MS: i64 = 86_400_000;
const TREND_POINTS: i64 = 48;
/// How many of its own deviations a value may stray before it is drawn as out of its normal.
const BAND_DEVIATIONS: f64 = 4.0;
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
}

/// Explanations of newest readings, kept while reading and model stay the same.
pub type Explanations = HashMap<(LocoId, i64, u32), Option<(Explanation, Normal)>>;

impl Scene<'_> {
    /// Assembles the fleet.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn fleet(&self, explanations: &mut Explanations) -> Result<Fleet, WarehouseError> {
        let cause = if self.replay_ms.is_some() {
            None
        } else {
            self.fleet_cause()
        };
        let latest = self.reader.latest(self.replay_ms.unwrap_or(i64::MAX))?;
        let clocks = Clocks::of(&latest, self.replay_ms, self.wall_ms);
        let token = match &cause {
            None => self.reader.sound_run().ok(),
            Some(_) => None,
        };
        let consulted = self.consulted();
        let mut rows = Vec::with_capacity(latest.len());
        for newest in &latest {
            let now_ms = clocks.now(newest);
            rows.push(self.row(
                newest,
                now_ms,
                cause.as_ref(),
                &consulted,
                token.as_ref(),
                explanations,
            )?);
        }
        rows.sort_by(|a, b| {
            let by_name = || natural(a.loco.as_str(), b.loco.as_str());
            rank(a).total_cmp(&rank(b)).then_with(by_name)
        });
        Ok(Fleet {
            rows,
            cause,
            threshold: self
                .model
                .as_ref()
                .ok()
                .and_then(|m| m.map(|m| m.card.threshold)),
            now_ms: clocks.now_ms,
            live: clocks.live,
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
    fn newer_refused(&self, newest: &LatestReading) -> Result<bool, WarehouseError> {
        let refused = self.reader.newest_refused(&newest.loco)?;
        let until_ms = self.replay_ms.unwrap_or(i64::MAX);
        Ok(refused.is_some_and(|at| at > newest.reading.at_ms && at <= until_ms))
    }

    fn row(
        &self,
        newest: &LatestReading,
        now_ms: i64,
        fleet_cause: Option<&Cause>,
        consulted: &Consulted,
        token: Option<&SoundRun>,
        explanations: &mut Explanations,
    ) -> Result<FleetRow, WarehouseError> {
        let loco = &newest.loco;
        let at_ms = newest.reading.at_ms;
        let horizon_ms = self.replay_ms.unwrap_or(i64::MAX);
        let judged = self.reader.latest_judged(loco, horizon_ms)?;
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
                Some(VerdictKind::Nominal) if self.newer_refused(newest)? => {
                    Verdict::Unavailable(Cause::NewestRefused)
                }
                Some(VerdictKind::Nominal) => Verdict::Nominal,
                Some(VerdictKind::Unavailable) => flagged(newest),
            }
        };
        let explained = self.explained(loco, at_ms, token, explanations);
        let events: Vec<MaintenanceRecord> = self
            .reader
            .events(loco)?
            .into_iter()
            .filter(|e| e.at_ms <= now_ms)
            .collect();
        let (trend_24h, changes) = self.recent(loco, now_ms)?;
        let (explanation, normal) = match explained {
            Some((explanation, normal)) => (Some(explanation), Some(normal)),
            None => (None, None),
        };
        let values = newest.reading.values;
        let out_of_band = std::array::from_fn(|i| {
            normal.as_ref().is_some_and(|n: &Normal| {
                (values[i] - n.mean[i]).abs() > BAND_DEVIATIONS * n.deviation[i]
            })
        });
        Ok(FleetRow {
            loco: loco.clone(),
            verdict,
            last_verdict: judged.map(|j| (j.verdict, j.at_ms)),
            probability: current.map(|j| j.probability),
            trend_24h,
            values,
            out_of_band,
            flags: newest.reading.flags,
            reading_at_ms: at_ms,
            age_ms,
            stale,
            days_since_maintenance: events
                .last()
                .map(|e| (now_ms - e.at_ms) as f64 / DAY_MS as f64),
            explanation,
            normal,
            happenings: happenings(&events, changes),
            origin: Some((newest.file.clone(), newest.line)),
        })
    }

    fn horizon_ms(&self) -> i64 {
        (self.config.model.horizon_hours * 3_600_000.0) as i64
    }

    fn explained(
        &self,
        loco: &LocoId,
        at_ms: i64,
        token: Option<&SoundRun>,
        explanations: &mut Explanations,
    ) -> Option<(Explanation, Normal)> {
        let model = self.model.as_ref().ok().copied().flatten()?;
        let token = token?;
        if explanations.len() > 10_000 {
            explanations.clear();
        }
        explanations
            .entry((loco.clone(), at_ms, model.card.version))
            .or_insert_with(|| explain(model, token, loco, at_ms))
            .clone()
    }

    /// The last day's probabilities, thinned by their highest, and the changes of verdict in it.
    fn recent(
        &self,
        loco: &LocoId,
        now_ms: i64,
    ) -> Result<(Vec<TrendPoint>, Vec<Happening>), WarehouseError> {
        let from_ms = now_ms - DAY_MS;
        let mut points: Vec<TrendPoint> = Vec::new();
        let mut changes = Vec::new();
        let mut before: Option<VerdictKind> = None;
        let mut last_ms = None;
        self.reader.judged(loco, from_ms, now_ms, &mut |j| {
            // The first to judge a reading was the model of that day.
            if last_ms.replace(j.at_ms) == Some(j.at_ms) {
                return;
            }
            let probability = j.probability as f32;
            let bucket = (j.at_ms - from_ms) * TREND_POINTS / DAY_MS;
            match points.last_mut() {
                Some(last) if (last.0 - from_ms) * TREND_POINTS / DAY_MS == bucket => {
                    last.1 = last.1.max(probability);
                }
                _ => points.push((j.at_ms, probability)),
            }
            if let Some(from) = before
                && from != j.verdict
            {
                changes.push(Happening {
                    at_ms: j.at_ms,
                    what: HappeningKind::VerdictChange {
                        from,
                        to: j.verdict,
                    },
                });
            }
            before = Some(j.verdict);
        })?;
        Ok((points, changes))
    }
}

/// Danger by probability, then what cannot be judged (the once dangerous first), then the rest.
fn rank(row: &FleetRow) -> f64 {
    let probability = row.probability.unwrap_or(0.0);
    match row.verdict.kind() {
        VerdictKind::Danger => -probability,
        VerdictKind::Unavailable => match row.last_verdict {
            Some((VerdictKind::Danger, _)) => 1.0,
            _ => 2.0,
        },
        VerdictKind::Nominal => 4.0 - probability,
    }
}

fn explain(
    model: &Model,
    token: &SoundRun,
    loco: &LocoId,
    at_ms: i64,
) -> Option<(Explanation, Normal)> {
    let explained = match ml::explain_at(model, token, loco, at_ms) {
        Ok(explained) => explained?,
        Err(error) => {
            tracing::warn!(%loco, %error, "no explanation");
            return None;
        }
    };
    let way_back = if explained.probability >= model.card.threshold {
        way_back(model, &explained.reading.values, &explained.normal)
    } else {
        [None; 4]
    };
    let explanation = Explanation {
        base: explained.base,
        contributions: explained.contributions,
        way_back,
    };
    Some((explanation, explained.normal))
}

/// For each channel alone, the value nearest to the present one that brings NOMINAL back, searched from
/// the present value towards the machine's normal, the values judged as if held steady.
#[must_use]
pub fn way_back(
    model: &Model,
    values: &crate::domain::ChannelValues,
    normal: &Normal,
) -> [Option<f64>; 4] {
    Channel::ALL.map(|channel| {
        let i = channel.index();
        let goal = normal.mean[i];
        (1..=WAY_BACK_STEPS).find_map(|step| {
            let mut changed = *values;
            let share = f64::from(step) / f64::from(WAY_BACK_STEPS);
            changed[i] = values[i] + (goal - values[i]) * share;
            (model.probability(&changed, Some(normal)) < model.card.threshold).then_some(changed[i])
        })
    })
}

fn happenings(events: &[MaintenanceRecord], changes: Vec<Happening>) -> Vec<Happening> {
    let mut all = changes;
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
    Scene {
        reader,
        config,
        model: model.as_ref().map(Option::as_ref).map_err(Clone::clone),
        last_run: reader.last_run()?,
        replay_ms: None,
        wall_ms: wall_ms(),
    }
    .fleet(&mut Explanations::new())
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
