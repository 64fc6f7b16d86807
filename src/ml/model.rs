//! A trained model: a forest with what its features are measured with, and the card.

use super::explain::shapley;
use super::forest::Forest;
use super::part::Events;
use crate::domain::features::{
    Blocks, FEATURES, FeatureSpec, NORMAL_READINGS, Normal, Trace, Tracker, WINDOW_READINGS,
    features,
};
use crate::domain::ports::{ALWAYS, Judge, Judgement, ReadError, Readings};
use crate::domain::{ChannelValues, LocoId, ModelCard, Reading, Verdict, quality::Flags};

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
        from_ms: Option<i64>,
        to_ms: i64,
        visit: &mut dyn FnMut(&Reading, &Blocks, &Normal),
    ) -> Result<(), ReadError> {
        self.follow_on(readings, loco, None, from_ms, to_ms, visit)?;
        Ok(())
    }

    /// As [`Scorer::follow`], going on from where `kept` stands if that lies before `from_ms`; says where it
    /// stands then.
    pub fn follow_on(
        &self,
        readings: &dyn Readings,
        loco: &LocoId,
        kept: Option<Standing>,
        from_ms: Option<i64>,
        to_ms: i64,
        visit: &mut dyn FnMut(&Reading, &Blocks, &Normal),
    ) -> Result<Option<Standing>, ReadError> {
        let events = Events::of(&readings.events(loco)?);
        let kept = kept.filter(|kept| from_ms.is_some_and(|from| kept.last_ms < from));
        let (mut tracker, start_ms, mut last_ms) = match (kept, from_ms) {
            (Some(kept), _) => (
                Tracker::resume(&self.spec, kept.trace),
                kept.last_ms + 1,
                Some(kept.last_ms),
            ),
            (None, Some(from)) => {
                let mut tracker = Tracker::new(&self.spec);
                let fullest = readings.instant_before(loco, from, WINDOW_READINGS)?;
                let context = from.saturating_sub(self.spec.windows_ms[1]).max(fullest);
                readings.readings(loco, ALWAYS, Some(NORMAL_READINGS as usize), &mut |r| {
                    if r.at_ms < context {
                        tracker.skip(&r.values);
                    }
                })?;
                (tracker, context, None)
            }
            (None, None) => (Tracker::new(&self.spec), i64::MIN, None),
        };
        readings.readings(loco, (start_ms, to_ms), None, &mut |r| {
            last_ms = Some(r.at_ms);
            if from_ms.is_none_or(|from| r.at_ms >= from) {
                let blocks = tracker.push(r.at_ms, &r.values, events.age_hours(r.at_ms));
                visit(r, &blocks, tracker.normal());
            } else {
                tracker.remember(r.at_ms, &r.values);
            }
        })?;
        Ok(last_ms.map(|last_ms| Standing {
            last_ms,
            trace: tracker.pause(),
        }))
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
    let scorer = &model.scorer;
    scorer.follow(readings, loco, from_ms, i64::MAX, &mut |r, blocks, _| {
        visit(r, scorer.probability(blocks));
    })
}
