//! A trained model: a forest with what its features are measured with, and the card.

use super::explain::shapley;
use super::forest::Forest;
use super::part::{Events, first_readings};
use super::survey::hours;
use crate::domain::features::{
    Blocks, FEATURES, FeatureSpec, NORMAL_READINGS, Normal, Trace, Tracker, WINDOW_READINGS,
    features,
};
use crate::domain::ports::{Judge, Judgement, ReadError, Readings, is_fenced};
use crate::domain::{ChannelValues, LocoId, ModelCard, Reading, Verdict, quality::Flags};

/// Readings that walk down the trees together.
const SCORED_TOGETHER: usize = 512;

/// A reading with all that is seen at it.
pub(super) struct Followed<'a> {
    pub reading: &'a Reading,
    pub blocks: &'a Blocks,
    pub normal: &'a Normal,
    /// Hours it stands for.
    pub hours: f64,
}

/// What turns readings into probabilities.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scorer {
    pub spec: FeatureSpec,
    /// Which features of the list are the forest's columns.
    pub columns: Vec<u8>,
    pub forest: Forest,
}

impl Scorer {
    pub fn probability(&self, blocks: &Blocks) -> f64 {
        let mut row = [0.0_f32; FEATURES];
        pick(&self.columns, blocks, &mut row);
        self.forest.probability(&row)
    }

    /// The probabilities of all coalitions of the four channels, as Shapley values.
    pub fn explain(&self, blocks: &Blocks, normal: &Normal) -> (f64, ChannelValues, f64) {
        let base = Blocks::at_normal(normal, blocks.maintenance_age_hours);
        shapley(|coalition| self.probability(&blocks.coalition(&base, coalition)))
    }

    /// Follows a locomotive and visits its readings from `from_ms` to `to_ms`. What came before is read as far
    /// as it matters: the readings that make the normal, and one long window.
    pub fn follow(
        &self,
        readings: &dyn Readings,
        loco: &LocoId,
        (from_ms, to_ms): (i64, i64),
        visit: &mut dyn FnMut(&Followed),
    ) -> Result<(), ReadError> {
        self.follow_on(readings, loco, None, (from_ms, to_ms), visit)?;
        Ok(())
    }

    /// As [`Scorer::follow`], going on from where `kept` stands if that lies before `from_ms`; says where it
    /// stands then.
    pub fn follow_on(
        &self,
        readings: &dyn Readings,
        loco: &LocoId,
        kept: Option<Standing>,
        (from_ms, to_ms): (i64, i64),
        visit: &mut dyn FnMut(&Followed),
    ) -> Result<Option<Standing>, ReadError> {
        let events = Events::of(&readings.events(loco)?);
        let kept = kept.filter(|kept| kept.last_ms < from_ms);
        let (mut tracker, start_ms, mut last_ms) = match kept {
            Some(kept) => (
                Tracker::resume(&self.spec, kept.trace),
                kept.last_ms + 1,
                Some(kept.last_ms),
            ),
            None if from_ms == i64::MIN => (Tracker::new(&self.spec), i64::MIN, None),
            None => {
                let mut tracker = Tracker::new(&self.spec);
                let mut last_ms = None;
                let fullest = readings.instant_before(loco, from_ms, WINDOW_READINGS)?;
                let context = from_ms.saturating_sub(self.spec.windows_ms[1]).max(fullest);
                first_readings(readings, loco, NORMAL_READINGS as usize, &mut |r| {
                    if r.at_ms < context {
                        tracker.skip(&r.values);
                        last_ms = Some(r.at_ms);
                    }
                })?;
                (tracker, context, last_ms)
            }
        };
        let fences = readings.fenced(loco)?;
        readings.readings(loco, (start_ms, to_ms), None, &mut |r| {
            tracker.learns(!is_fenced(&fences, r.at_ms));
            let before = last_ms.replace(r.at_ms);
            if r.at_ms < from_ms {
                return tracker.remember(r.at_ms, &r.values);
            }
            let blocks = tracker.push(r.at_ms, &r.values, events.age_hours(r.at_ms));
            visit(&Followed {
                reading: r,
                blocks: &blocks,
                normal: tracker.normal(),
                hours: hours(before, r.at_ms, self.spec.period_ms),
            });
        })?;
        Ok(last_ms.map(|last_ms| Standing {
            last_ms,
            trace: tracker.pause(),
        }))
    }

    /// The same with the probability of each: (reading, hours it stands for, probability).
    pub fn score(
        &self,
        readings: &dyn Readings,
        loco: &LocoId,
        between: (i64, i64),
        visit: &mut dyn FnMut(&Reading, f64, f64),
    ) -> Result<(), ReadError> {
        let width = self.columns.len();
        let mut waiting: Vec<(Reading, f64)> = Vec::with_capacity(SCORED_TOGETHER);
        let mut rows: Vec<f32> = Vec::with_capacity(SCORED_TOGETHER * width);
        let mut probabilities = Vec::with_capacity(SCORED_TOGETHER);
        let mut score = |waiting: &mut Vec<(Reading, f64)>, rows: &mut Vec<f32>| {
            probabilities.clear();
            self.forest.probabilities(rows, width, &mut probabilities);
            for ((reading, hours), probability) in waiting.drain(..).zip(&probabilities) {
                visit(&reading, hours, *probability);
            }
            rows.clear();
        };
        let mut row = [0.0_f32; FEATURES];
        self.follow(readings, loco, between, &mut |f| {
            pick(&self.columns, f.blocks, &mut row);
            rows.extend_from_slice(&row[..width]);
            waiting.push((*f.reading, f.hours));
            if waiting.len() == SCORED_TOGETHER {
                score(&mut waiting, &mut rows);
            }
        })?;
        score(&mut waiting, &mut rows);
        Ok(())
    }
}

/// Where a locomotive was left.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    last_ms: i64,
    trace: Trace,
}

/// Puts the chosen features of an instant at the front of `row`.
pub(super) fn pick(columns: &[u8], blocks: &Blocks, row: &mut [f32]) {
    let all = features(blocks);
    for (to, column) in row.iter_mut().zip(columns) {
        *to = all[usize::from(*column)];
    }
}

/// A random forest and its card. Made by [`super::train`], or read back from bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub card: ModelCard,
    pub(super) scorer: Scorer,
}

impl Judge for Model {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn hypothesis(&self, values: &ChannelValues, normal: Option<&Normal>) -> Judgement {
        let normal = normal.unwrap_or(self.fleet_normal());
        let blocks = Blocks::held(values, normal, self.scorer.spec.maintenance_age_hours);
        let (base, contributions, probability) = self.scorer.explain(&blocks, normal);
        Judgement {
            verdict: Verdict::of_reading(probability, self.card.threshold, Flags::NONE).kind(),
            probability,
            threshold: self.card.threshold,
            base,
            contributions,
        }
    }

    fn probability(&self, values: &ChannelValues, normal: Option<&Normal>) -> f64 {
        let normal = normal.unwrap_or(self.fleet_normal());
        let blocks = Blocks::held(values, normal, self.scorer.spec.maintenance_age_hours);
        self.scorer.probability(&blocks)
    }

    fn fleet_normal(&self) -> &Normal {
        &self.scorer.spec.fleet_normal
    }
}

/// Scores a locomotive's readings in time order, from `from_ms` on (all when `None`), with the same
/// probabilities whatever the start.
///
/// # Errors
/// When the reader fails.
pub fn score_locomotive(
    model: &Model,
    readings: &dyn Readings,
    loco: &LocoId,
    from_ms: Option<i64>,
    visit: &mut dyn FnMut(&Reading, f64),
) -> Result<(), ReadError> {
    let between = (from_ms.unwrap_or(i64::MIN), i64::MAX);
    let mut visit = |r: &Reading, _, p| visit(r, p);
    model.scorer.score(readings, loco, between, &mut visit)
}
