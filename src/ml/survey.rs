//! The first pass over the readings before training: what is there, which labels, which normal. Counts
//! are exact; what it keeps of a locomotive does not grow with its history.

use std::sync::Arc;

use super::labels::{self, Labeller};
use super::part::{Events, Part};
use super::{MIN_LABELLED_ROWS, TrainError};
use crate::domain::LabelKind;
use crate::domain::LocoId;
use crate::domain::features::{FeatureSpec, FleetNormal, NormalLearner};
use crate::domain::ports::ReadError;
use crate::domain::reading::Channel;

/// Steps in time that a locomotive's period is taken from.
const STEPS: usize = 5000;
/// Instants of a locomotive that are kept at most.
const INSTANTS: usize = 4096;

/// Labelled rows, and the positive ones among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub labelled: u64,
    pub positives: u64,
}

impl Count {
    pub fn add(&mut self, label: Option<bool>) {
        self.labelled += u64::from(label.is_some());
        self.positives += u64::from(label == Some(true));
    }
}

/// One locomotive.
pub(super) struct LocoSurvey {
    pub loco: LocoId,
    pub rows: u64,
    pub events: Events,
    /// Failures are known up to here.
    pub known_until_ms: i64,
    pub learner: NormalLearner,
    truths: u64,
    truth: Count,
    failures: Count,
    rule: Count,
    steps: Vec<i64>,
    instants: Instants,
}

/// Some of a locomotive's instants, evenly spread over its rows.
#[derive(Default)]
struct Instants {
    at_ms: Vec<i64>,
    /// Rows that each stands for.
    every: u64,
    seen: u64,
}

impl Instants {
    fn push(&mut self, at_ms: i64) {
        self.every = self.every.max(1);
        if self.seen.is_multiple_of(self.every) {
            if self.at_ms.len() == INSTANTS {
                let mut index = 0_u32;
                self.at_ms.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.every *= 2;
            }
            if self.seen.is_multiple_of(self.every) {
                self.at_ms.push(at_ms);
            }
        }
        self.seen += 1;
    }
}

/// What a part holds.
pub(super) struct Survey {
    pub locos: Vec<Arc<LocoSurvey>>,
    pub from_ms: i64,
    /// The newest reading.
    pub to_ms: i64,
    pub rows: u64,
    pub truths: u64,
    pub failures: u64,
    pub horizon_ms: i64,
    period_ms: i64,
}

impl Survey {
    pub fn of(part: &Part, horizon_ms: i64) -> Result<Self, ReadError> {
        let mut newest = Vec::new();
        for loco in &part.locos {
            newest.push(part.newest(loco)?);
        }
        let to_ms = newest.iter().flatten().copied().max().unwrap_or(i64::MIN);
        let mut from_ms = i64::MAX;
        let mut locos = Vec::new();
        for (loco, newest) in part.locos.iter().zip(newest) {
            let one = LocoSurvey::of(part, loco, newest.unwrap_or(i64::MIN), to_ms, horizon_ms)?;
            if let Some(&first) = one.instants.at_ms.first() {
                from_ms = from_ms.min(first);
            }
            locos.push(Arc::new(one));
        }
        let mut steps: Vec<i64> = locos.iter().flat_map(|l| &l.steps).copied().collect();
        steps.sort_unstable();
        let period_ms = steps.get(steps.len() / 2).copied().unwrap_or(1000).max(1);
        let survey = Self {
            locos: Vec::new(),
            from_ms,
            to_ms,
            rows: 0,
            truths: 0,
            failures: 0,
            horizon_ms,
            period_ms,
        };
        Ok(survey.with(locos))
    }

    fn with(&self, locos: Vec<Arc<LocoSurvey>>) -> Self {
        Self {
            rows: locos.iter().map(|l| l.rows).sum(),
            truths: locos.iter().map(|l| l.truths).sum(),
            failures: locos.iter().map(|l| l.events.failures.len() as u64).sum(),
            locos,
            ..*self
        }
    }

    /// The same of some of its locomotives (by index); what is known of time stays.
    pub fn of_locos(&self, keep: &dyn Fn(usize) -> bool) -> Self {
        let kept = (0..self.locos.len()).filter(|&i| keep(i));
        self.with(kept.map(|i| Arc::clone(&self.locos[i])).collect())
    }

    /// Failure instants of each locomotive.
    pub fn failure_times(&self) -> Vec<Vec<i64>> {
        self.locos
            .iter()
            .map(|l| l.events.failures.clone())
            .collect()
    }

    /// The best kind of label that this part has.
    pub fn kind(&self) -> LabelKind {
        if self.truths > 0 {
            LabelKind::Truth
        } else if self.failures > 0 {
            LabelKind::Failures
        } else {
            LabelKind::Rule
        }
    }

    /// Whether labels of this kind can be given.
    pub fn has(&self, kind: LabelKind) -> bool {
        match kind {
            LabelKind::Truth => self.truths > 0,
            LabelKind::Failures => self.failures > 0,
            LabelKind::Rule => true,
        }
    }

    /// Labelled rows that may be learned from, and positives.
    pub fn count(&self, kind: LabelKind) -> Count {
        let mut all = Count::default();
        for loco in &self.locos {
            let count = match kind {
                LabelKind::Truth => loco.truth,
                LabelKind::Failures => loco.failures,
                LabelKind::Rule => loco.rule,
            };
            all.labelled += count.labelled;
            all.positives += count.positives;
        }
        all
    }

    /// An error where there is not enough to learn from.
    pub fn check(&self, kind: LabelKind) -> Result<Count, TrainError> {
        enough(self.rows, self.count(kind))
    }

    /// Whether any workshop event is known.
    pub fn maintenance_known(&self) -> bool {
        self.locos.iter().any(|l| !l.events.maintenance.is_empty())
    }

    /// Median time between two readings of a locomotive, milliseconds, at least 1.
    pub fn period_ms(&self) -> i64 {
        self.period_ms
    }

    /// What a split by time leaves out before a cut: what labels look ahead, or a long window.
    pub fn gap_ms(&self, kind: LabelKind) -> i64 {
        match kind {
            LabelKind::Failures => self.horizon_ms,
            _ => FeatureSpec::windows(kind, self.period_ms)[1],
        }
    }

    /// Instants that cut the rows after the first share `first` into `folds` blocks of about as many
    /// rows; the last cut is the newest row. One more than `folds`, ascending; none without a row.
    pub fn time_cuts(&self, first: f64, folds: usize) -> Vec<i64> {
        let mut times: Vec<(i64, u64)> = Vec::new();
        for loco in &self.locos {
            let of_loco = &loco.instants;
            times.extend(of_loco.at_ms.iter().map(|at| (*at, of_loco.every)));
        }
        times.sort_unstable();
        let all: u64 = times.iter().map(|(_, rows)| rows).sum();
        if times.is_empty() {
            return Vec::new();
        }
        let at = |share: f64| {
            let wanted = (all.saturating_sub(1) as f64 * share) as u64;
            let mut seen = 0;
            let found = times.iter().find(|(_, rows)| {
                seen += rows;
                seen > wanted
            });
            found.map_or(self.to_ms, |(at, _)| *at)
        };
        let mut cuts: Vec<i64> = (0..folds)
            .map(|k| at(first + (1.0 - first) * k as f64 / folds.max(1) as f64))
            .collect();
        cuts.push(self.to_ms);
        cuts
    }

    /// What features are measured with, learned from these locomotives alone.
    pub fn spec(&self, kind: LabelKind) -> Option<FeatureSpec> {
        let learners: Vec<NormalLearner> = self.locos.iter().map(|l| l.learner.clone()).collect();
        self.spec_of(kind, &learners, i64::MAX)
    }

    /// The same from what `learners` knew, and the workshop did, by `until_ms`.
    pub fn spec_of(
        &self,
        kind: LabelKind,
        learners: &[NormalLearner],
        until_ms: i64,
    ) -> Option<FeatureSpec> {
        let fleet = FleetNormal::of(learners)?;
        let mut ages: Vec<f64> = Vec::new();
        for loco in &self.locos {
            let at_ms = &loco.instants.at_ms;
            let known = at_ms.partition_point(|at| *at <= until_ms);
            let sample = at_ms[..known].iter().step_by((known / 500).max(1));
            ages.extend(sample.filter_map(|at| loco.events.age_hours(*at)));
        }
        ages.sort_by(f64::total_cmp);
        Some(FeatureSpec {
            period_ms: self.period_ms,
            windows_ms: FeatureSpec::windows(kind, self.period_ms),
            fleet_normal: fleet.normal(),
            fleet,
            maintenance_age_hours: ages.get(ages.len() / 2).copied().unwrap_or(0.0),
        })
    }

    /// Whether the fleet's normal lies within the sliders of all four channels: our own units.
    pub fn in_our_units(&self, spec: &FeatureSpec) -> bool {
        Channel::ALL.into_iter().all(|c| {
            let (low, high) = c.slider_range();
            (low..=high).contains(&spec.fleet.mean[c.index()])
        })
    }
}

/// An error where `count` of `rows` read is not enough to learn from.
pub(super) fn enough(rows: u64, count: Count) -> Result<Count, TrainError> {
    let Count {
        labelled,
        positives,
    } = count;
    if rows == 0 {
        return Err(TrainError::NoReadings);
    }
    if labelled < MIN_LABELLED_ROWS {
        return Err(TrainError::TooFewRows {
            rows,
            labelled,
            needed: MIN_LABELLED_ROWS,
        });
    }
    if positives == 0 || positives == labelled {
        return Err(TrainError::OneClass {
            labelled,
            positives,
        });
    }
    Ok(count)
}

impl LocoSurvey {
    /// `newest_ms` is its newest reading, `to_ms` the newest of all.
    fn of(
        part: &Part,
        loco: &LocoId,
        newest_ms: i64,
        to_ms: i64,
        horizon_ms: i64,
    ) -> Result<Self, ReadError> {
        let events = part.events(loco)?;
        let known_until_ms = labels::known_until(newest_ms, &events, to_ms);
        let mut one = Self {
            loco: loco.clone(),
            rows: 0,
            known_until_ms,
            learner: NormalLearner::default(),
            truths: 0,
            truth: Count::default(),
            failures: Count::default(),
            rule: Count::default(),
            steps: Vec::new(),
            instants: Instants::default(),
            events: Events::default(),
        };
        let labeller = Labeller {
            kind: LabelKind::Failures,
            horizon_ms,
            failures: &events.failures,
            known_until_ms,
        };
        let mut before = None;
        part.visit(loco, &mut |r| {
            one.rows += 1;
            one.truths += u64::from(r.label.is_some());
            if r.at_ms <= part.learn_until_ms {
                one.truth.add(r.label);
                one.failures.add(labeller.label(r.at_ms, None, false));
                one.rule.add(Some(labels::rule(&r.values)));
            }
            one.learner.push(&r.values);
            if let Some(before) = before
                && one.steps.len() < STEPS
                && r.at_ms > before
            {
                one.steps.push(r.at_ms.saturating_sub(before));
            }
            before = Some(r.at_ms);
            one.instants.push(r.at_ms);
        })?;
        one.events = events;
        Ok(one)
    }

    pub fn labeller(&self, kind: LabelKind, horizon_ms: i64) -> Labeller<'_> {
        Labeller {
            kind,
            horizon_ms,
            failures: &self.events.failures,
            known_until_ms: self.known_until_ms,
        }
    }
}

/// Hours that a row stands for: the time since the row before it, at most five periods; a period
/// without one.
pub(super) fn hours(before_ms: Option<i64>, at_ms: i64, period_ms: i64) -> f64 {
    let step = before_ms.map_or(period_ms, |before| at_ms.saturating_sub(before));
    step.clamp(0, period_ms.saturating_mul(5)) as f64 / 3_600_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_stay_few_and_evenly_spread() {
        let mut instants = Instants::default();
        for at in 0..100_000 {
            instants.push(at);
        }
        assert!(instants.at_ms.len() <= INSTANTS && instants.at_ms.len() > INSTANTS / 2);
        let every = instants.every as i64;
        assert_eq!(instants.at_ms.first(), Some(&0));
        assert!(instants.at_ms.windows(2).all(|w| w[1] - w[0] == every));
        assert!(100_000 - instants.at_ms[instants.at_ms.len() - 1] <= every);
    }
}
