//! The second pass over the readings: the labelled rows that forests are fitted and judged on, each with
//! what is seen at it, so that no fold reads the history again.
//!
//! Bounded: where there are more rows of a class than are kept, every k-th one over the whole history is,
//! and stands for the others. The rare class is kept to a share of its own: rows before failures are
//! thinned last.

use super::labels;
use super::part::Part;
use super::survey::{Count, Survey, hours};
use crate::domain::LabelKind;
use crate::domain::features::{FeatureSpec, NormalLearner, Sight, Tracker};
use crate::domain::ports::ReadError;

/// Rows kept at most: about 40 MiB.
pub(super) const SAMPLE_ROWS: u64 = 120_000;

/// A labelled row.
pub(super) struct SampleRow {
    /// Index of the locomotive in the survey.
    pub loco: u32,
    pub at_ms: i64,
    pub label: bool,
    /// Hours it stands for itself.
    pub hours: f64,
    pub sight: Sight,
    /// What was known then of the machine's own normal.
    pub learner: NormalLearner,
}

/// Labelled rows in (locomotive, time) order.
pub(super) struct Sample {
    pub rows: Vec<SampleRow>,
    /// Rows that one sound row, and one positive row, stands for.
    pub weight: [f64; 2],
}

impl Sample {
    /// The rows that may be learned from, at most `most` of them.
    pub fn of(
        part: &Part,
        survey: &Survey,
        kind: LabelKind,
        spec: &FeatureSpec,
        most: u64,
    ) -> Result<Self, ReadError> {
        let mut thinner = Thinner::new(survey.count(kind), most);
        let mut rows = Vec::new();
        for (index, loco) in survey.locos.iter().enumerate() {
            let labeller = loco.labeller(kind, survey.horizon_ms);
            let mut tracker = Tracker::new(spec);
            let mut before = None;
            part.visit(&loco.loco, &mut |r| {
                let sight = tracker.see(r.at_ms, &r.values, loco.events.age_hours(r.at_ms));
                let stands_for = hours(before.replace(r.at_ms), r.at_ms, spec.period_ms);
                if r.at_ms > part.learn_until_ms {
                    return;
                }
                let label = labeller.label(r.at_ms, r.label, labels::rule(&r.values));
                if let Some(label) = label.filter(|label| thinner.keeps(*label)) {
                    rows.push(SampleRow {
                        loco: index as u32,
                        at_ms: r.at_ms,
                        label,
                        hours: stands_for,
                        sight,
                        learner: tracker.learner().clone(),
                    });
                }
            })?;
        }
        Ok(Self {
            rows,
            weight: thinner.weight(),
        })
    }
}

/// Keeps every k-th row of each class, spread over all rows.
pub(super) struct Thinner {
    /// Share of each class (sound, positive) that is kept.
    rate: [f64; 2],
    seen: [u64; 2],
    kept: [u64; 2],
}

impl Thinner {
    /// The rare class gets up to half of `most`.
    pub fn new(count: Count, most: u64) -> Self {
        let sound = count.labelled - count.positives;
        let rare = (most / 2).min(sound.min(count.positives));
        let kept = if sound < count.positives {
            [rare, most - rare]
        } else {
            [most - rare, rare]
        };
        let rate = |kept: u64, of: u64| (kept as f64 / of.max(1) as f64).min(1.0);
        Self {
            rate: [rate(kept[0], sound), rate(kept[1], count.positives)],
            seen: [0; 2],
            kept: [0; 2],
        }
    }

    pub fn keeps(&mut self, label: bool) -> bool {
        let class = usize::from(label);
        let rate = self.rate[class];
        let seen = self.seen[class] as f64;
        self.seen[class] += 1;
        let keeps = ((seen + 1.0) * rate).floor() > (seen * rate).floor();
        self.kept[class] += u64::from(keeps);
        keeps
    }

    /// Rows that a kept row of each class stands for.
    pub fn weight(&self) -> [f64; 2] {
        std::array::from_fn(|class| {
            if self.kept[class] == self.seen[class] {
                1.0
            } else {
                self.seen[class] as f64 / self.kept[class].max(1) as f64
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::test_support::{PERIOD_MS, fleet};

    fn thinned(sound: u64, positives: u64, most: u64) -> ([u64; 2], [f64; 2]) {
        let count = Count {
            labelled: sound + positives,
            positives,
        };
        let mut thinner = Thinner::new(count, most);
        for i in 0..sound + positives {
            // The positives are the last ones.
            thinner.keeps(i >= sound);
        }
        (thinner.kept, thinner.weight())
    }

    #[test]
    fn the_rare_class_is_thinned_last() {
        assert_eq!(thinned(900, 100, 1000), ([900, 100], [1.0, 1.0]));
        assert_eq!(thinned(9000, 100, 1000), ([900, 100], [10.0, 1.0]));
        assert_eq!(thinned(5000, 1000, 1000), ([500, 500], [10.0, 2.0]));
        assert_eq!(thinned(100, 9000, 1000), ([100, 900], [1.0, 10.0]));
        assert_eq!(thinned(0, 0, 1000).0, [0, 0]);
    }

    #[test]
    fn a_sample_is_bounded_spread_over_all_time_and_stands_for_every_row() {
        let memory = fleet(6, 1500, 3, false);
        let part = Part::whole(&memory).expect("part");
        let kind = LabelKind::Failures;
        let survey = Survey::of(&part, 48 * 3_600_000).expect("survey");
        let count = survey.count(kind);
        let spec = survey.spec(kind).expect("spec");
        let whole = Sample::of(&part, &survey, kind, &spec, 100_000).expect("sample");
        assert_eq!(whole.rows.len() as u64, count.labelled);
        assert_eq!(whole.weight, [1.0; 2]);
        let thin = Sample::of(&part, &survey, kind, &spec, 1000).expect("sample");
        assert!(thin.rows.len() <= 1000);
        let stands_for = |label| {
            let rows = thin.rows.iter().filter(|r| r.label == label).count();
            rows as f64 * thin.weight[usize::from(label)]
        };
        assert!((stands_for(true) - count.positives as f64).abs() < 1e-6);
        let sound = count.labelled - count.positives;
        assert!((stands_for(false) - sound as f64).abs() < 1e-6);
        // What is seen at a row does not depend on which others were kept.
        for row in &thin.rows {
            let same = |r: &&SampleRow| (r.loco, r.at_ms) == (row.loco, row.at_ms);
            let full = whole.rows.iter().find(same).expect("row");
            assert_eq!(full.sight, row.sight);
        }
        for loco in 0..6 {
            let of_loco: Vec<i64> = thin
                .rows
                .iter()
                .filter(|r| r.loco == loco)
                .map(|r| r.at_ms)
                .collect();
            assert!(of_loco[0] < 60 * PERIOD_MS, "{loco}");
            assert!(of_loco.windows(2).all(|w| w[1] - w[0] < 700 * PERIOD_MS));
        }
    }
}
