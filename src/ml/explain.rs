//! Which channel pushed a probability where it is: exact Shapley values.

use super::model::{Followed, Model, Standing};
use super::part::first_readings;
use crate::domain::features::{Blocks, NORMAL_READINGS, Normal, NormalLearner};
use crate::domain::ports::{ReadError, Readings};
use crate::domain::{ChannelValues, LocoId, Reading};

/// A reading's probability taken apart: `base + Σ contributions = probability`.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub reading: Reading,
    pub probability: f64,
    /// Probability with every channel at the machine's normal.
    pub base: f64,
    pub contributions: ChannelValues,
    /// The machine's own normal as known at the reading.
    pub normal: Normal,
}

/// Base, Shapley values and full value of a game of four players; `value` is called once for each of
/// the 16 coalitions (bit mask). Shapley, L. S. (1953): the weight of a coalition of s others is
/// s! (3 − s)! / 4!.
pub(super) fn shapley(value: impl Fn(u8) -> f64) -> (f64, ChannelValues, f64) {
    const WEIGHT: [f64; 4] = [1.0 / 4.0, 1.0 / 12.0, 1.0 / 12.0, 1.0 / 4.0];
    let values: [f64; 16] = std::array::from_fn(|s| value(s as u8));
    let contributions = std::array::from_fn(|c| {
        (0..16_usize)
            .filter(|s| s & (1 << c) == 0)
            .map(|s| WEIGHT[s.count_ones() as usize] * (values[s | (1 << c)] - values[s]))
            .sum()
    });
    (values[0], contributions, values[15])
}

/// The machine's normal as known now; the fleet's for a machine without readings.
pub fn normal_of(
    model: &Model,
    readings: &dyn Readings,
    loco: &LocoId,
) -> Result<Normal, ReadError> {
    let mut learner = NormalLearner::default();
    first_readings(readings, loco, NORMAL_READINGS as usize, &mut |r| {
        learner.push(&r.values);
    })?;
    Ok(normal_learned(model, &learner))
}

/// What a machine's first readings taught, beside the fleet that the model knows.
#[must_use]
pub fn normal_learned(model: &Model, learner: &NormalLearner) -> Normal {
    learner.normal(&model.scorer.spec.fleet)
}

/// Explains the reading of a locomotive at the instant `at_ms`; `None` where there is none.
///
/// # Errors
/// When the reader fails.
pub fn explain_at(
    model: &Model,
    readings: &dyn Readings,
    loco: &LocoId,
    at_ms: i64,
) -> Result<Option<Explained>, ReadError> {
    explain_on(model, readings, loco, None, at_ms).map(|(explained, _)| explained)
}

/// As [`explain_at`], going on from where the locomotive was left.
pub(super) fn explain_on(
    model: &Model,
    readings: &dyn Readings,
    loco: &LocoId,
    kept: Option<Standing>,
    at_ms: i64,
) -> Result<(Option<Explained>, Option<Standing>), ReadError> {
    let mut found: Option<(Reading, Blocks, Normal)> = None;
    let mut visit = |f: &Followed<'_>| {
        found = Some((*f.reading, *f.blocks, f.normal.clone()));
    };
    let kept = model
        .scorer
        .follow_on(readings, loco, kept, (at_ms, at_ms), &mut visit)?;
    let explained = found.map(|(reading, blocks, normal)| {
        let (base, contributions, probability) = model.scorer.explain(&blocks, &normal);
        Explained {
            reading,
            probability,
            base,
            contributions,
            normal,
        }
    });
    Ok((explained, kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_additive_game_gives_each_its_own() {
        let worth = [1.0, 2.0, 4.0, 8.0];
        let (base, parts, full) = shapley(|s| {
            0.5 + (0..4)
                .filter(|c| s & (1 << c) != 0)
                .map(|c| worth[c])
                .sum::<f64>()
        });
        assert_eq!((base, full), (0.5, 15.5));
        for (part, worth) in parts.iter().zip(worth) {
            assert!((part - worth).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn any_game_is_shared_out_whole(values in prop::array::uniform16(0.0_f64..1.0)) {
            let (base, parts, full) = shapley(|s| values[usize::from(s)]);
            prop_assert!((base + parts.iter().sum::<f64>() - full).abs() < 1e-9);
        }
    }
}
