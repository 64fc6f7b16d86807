//! One pass over the readings before training: what is there, which labels, which normal.

use std::sync::Arc;

use super::labels::{self, Labeller};
use super::part::{Events, Part};
use super::{MIN_LABELLED_ROWS, TrainError};
use crate::domain::LabelKind;
use crate::domain::LocoId;
use crate::domain::features::{FeatureSpec, FleetNormal, NormalLearner};
use crate::domain::ports::ReadError;
use crate::domain::reading::Channel;

/// One locomotive: instants and what its rows themselves say of their truth.
pub(super) struct LocoSurvey {
    pub loco: LocoId,
    pub at_ms: Vec<i64>,
    /// Bits 0–1: truth (0, 1, or 2 for none); bit 2: the rule.
    marks: Vec<u8>,
    pub events: Events,
    learner: NormalLearner,
}

impl LocoSurvey {
    fn truths(&self) -> u64 {
        self.marks.iter().filter(|m| *m & 3 < 2).count() as u64
    }

    /// Hours that row `i` stands for: the time since the row before it, at most five periods.
    pub fn hours(&self, i: usize, period_ms: i64) -> f64 {
        let step = match i.checked_sub(1) {
            Some(before) => self.at_ms[i].saturating_sub(self.at_ms[before]),
            None => period_ms,
        };
        step.clamp(0, period_ms.saturating_mul(5)) as f64 / 3_600_000.0
    }
}

/// What a part holds. About nine bytes a row.
pub(super) struct Survey {
    pub locos: Vec<Arc<LocoSurvey>>,
    /// The newest reading.
    pub to_ms: i64,
    pub from_ms: i64,
    pub rows: u64,
    pub truths: u64,
    pub failures: u64,
}

impl Survey {
    pub fn of(part: &Part) -> Result<Self, ReadError> {
        let mut survey = Self {
            locos: Vec::new(),
            to_ms: i64::MIN,
            from_ms: i64::MAX,
            rows: 0,
            truths: 0,
            failures: 0,
        };
        for loco in &part.locos {
            let mut one = LocoSurvey {
                loco: loco.clone(),
                at_ms: Vec::new(),
                marks: Vec::new(),
                events: part.events(loco)?,
                learner: NormalLearner::default(),
            };
            part.visit(loco, &mut |r| {
                one.at_ms.push(r.at_ms);
                let truth = r.label.map_or(2, u8::from);
                survey.truths += u64::from(truth < 2);
                one.marks.push(truth | u8::from(labels::rule(&r.values)) << 2);
                one.learner.push(&r.values);
            })?;
            survey.rows += one.at_ms.len() as u64;
            survey.failures += one.events.failures.len() as u64;
            if let (Some(&first), Some(&last)) = (one.at_ms.first(), one.at_ms.last()) {
                survey.from_ms = survey.from_ms.min(first);
                survey.to_ms = survey.to_ms.max(last);
            }
            survey.locos.push(Arc::new(one));
        }
        Ok(survey)
    }

    /// The same of some of its locomotives (by index); what is known of time stays.
    pub fn of_locos(&self, keep: &dyn Fn(usize) -> bool) -> Self {
        let locos: Vec<Arc<LocoSurvey>> = (0..self.locos.len())
            .filter(|&i| keep(i))
            .map(|i| Arc::clone(&self.locos[i]))
            .collect();
        Self {
            rows: locos.iter().map(|l| l.at_ms.len() as u64).sum(),
            failures: locos.iter().map(|l| l.events.failures.len() as u64).sum(),
            truths: locos.iter().map(|l| l.truths()).sum(),
            locos,
            ..*self
        }
    }

    /// Failure instants of each locomotive.
    pub fn failure_times(&self) -> Vec<Vec<i64>> {
        self.locos.iter().map(|l| l.events.failures.clone()).collect()
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

    /// The label of row `i` of a locomotive.
    pub fn label(&self, loco: &LocoSurvey, i: usize, kind: LabelKind, horizon_ms: i64) -> Option<bool> {
        let (mark, at_ms) = (*loco.marks.get(i)?, *loco.at_ms.get(i)?);
        let truth = match mark & 3 {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        self.labeller(loco, kind, horizon_ms).label(at_ms, truth, mark & 4 != 0)
    }

    pub fn labeller<'a>(&self, loco: &'a LocoSurvey, kind: LabelKind, horizon_ms: i64) -> Labeller<'a> {
        Labeller {
            kind,
            horizon_ms,
            failures: &loco.events.failures,
            known_until_ms: self.to_ms,
        }
    }

    /// Labelled rows and positives at or before `until_ms`.
    pub fn count(&self, kind: LabelKind, horizon_ms: i64, until_ms: i64) -> (u64, u64) {
        let (mut labelled, mut positives) = (0, 0);
        for loco in &self.locos {
            for i in 0..loco.at_ms.len() {
                if loco.at_ms[i] > until_ms {
                    break;
                }
                if let Some(label) = self.label(loco, i, kind, horizon_ms) {
                    labelled += 1;
                    positives += u64::from(label);
                }
            }
        }
        (labelled, positives)
    }

    /// An error where there is not enough to learn from.
    pub fn check(&self, kind: LabelKind, horizon_ms: i64, until_ms: i64) -> Result<(u64, u64), TrainError> {
        if self.rows == 0 {
            return Err(TrainError::NoReadings);
        }
        let (labelled, positives) = self.count(kind, horizon_ms, until_ms);
        if labelled < MIN_LABELLED_ROWS {
            return Err(TrainError::TooFewRows {
                rows: self.rows,
                labelled,
                needed: MIN_LABELLED_ROWS,
            });
        }
        if positives == 0 || positives == labelled {
            return Err(TrainError::OneClass { labelled, positives });
        }
        Ok((labelled, positives))
    }

    /// Whether any workshop event is known.
    pub fn maintenance_known(&self) -> bool {
        self.locos.iter().any(|l| !l.events.maintenance.is_empty())
    }

    /// Median time between two readings of a locomotive, milliseconds, at least 1.
    pub fn period_ms(&self) -> i64 {
        let mut steps: Vec<i64> = Vec::new();
        for loco in &self.locos {
            let step = |w: &[i64]| w[1].saturating_sub(w[0]);
            steps.extend(loco.at_ms.windows(2).take(5000).map(step).filter(|s| *s > 0));
        }
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().unwrap_or(1000).max(1)
    }

    /// What a split by time leaves out before a cut: what labels look ahead, or a long window.
    pub fn gap_ms(&self, kind: LabelKind, horizon_ms: i64) -> i64 {
        match kind {
            LabelKind::Failures => horizon_ms,
            _ => FeatureSpec::windows(kind, self.period_ms())[1],
        }
    }

    /// Instants that cut the rows after the first share `first` into `folds` equal blocks; the last
    /// cut is the newest row. At least one more than `folds`, ascending.
    pub fn time_cuts(&self, first: f64, folds: usize) -> Vec<i64> {
        let mut times: Vec<i64> = self.locos.iter().flat_map(|l| l.at_ms.iter().copied()).collect();
        times.sort_unstable();
        let Some(last) = times.len().checked_sub(1) else { return Vec::new() };
        (0..=folds)
            .map(|k| {
                let share = first + (1.0 - first) * k as f64 / folds.max(1) as f64;
                times[((last as f64 * share) as usize).min(last)]
            })
            .collect()
    }

    /// What features are measured with, learned from this part alone.
    pub fn spec(&self, kind: LabelKind) -> Option<FeatureSpec> {
        let learners: Vec<NormalLearner> = self.locos.iter().map(|l| l.learner.clone()).collect();
        let fleet = FleetNormal::of(&learners)?;
        let period_ms = self.period_ms();
        let mut ages: Vec<f64> = Vec::new();
        for loco in &self.locos {
            let every = (loco.at_ms.len() / 500).max(1);
            let sample = loco.at_ms.iter().step_by(every);
            ages.extend(sample.filter_map(|at| loco.events.age_hours(*at)));
        }
        ages.sort_by(f64::total_cmp);
        Some(FeatureSpec {
            period_ms,
            windows_ms: FeatureSpec::windows(kind, period_ms),
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
