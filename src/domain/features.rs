//! The ONE list of features, in order, for training and for prediction.
//!
//! A reading is seen as its departure from the machine's own normal, in units of the machine's own
//! deviation, so that a model carries over from one machine to another and to faults it never saw.
//! Everything is causal and has a bounded state. How a model weighs these numbers is `ml`'s business.

mod normal;
mod tracker;

use serde::{Deserialize, Serialize};

pub use normal::{FleetNormal, NORMAL_READINGS, Normal, NormalLearner};
pub use tracker::{Sight, Trace, Tracker, WINDOW_READINGS, Window};

use super::model::LabelKind;
use super::reading::{Channel, ChannelValues};

/// What features are measured with: windows, the fleet's normal, the typical maintenance age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureSpec {
    /// Median time between two readings of a machine, milliseconds.
    pub period_ms: i64,
    /// Rolling windows (short, long), milliseconds.
    pub windows_ms: [i64; 2],
    pub fleet: FleetNormal,
    /// [`FleetNormal::normal`] of it.
    pub fleet_normal: Normal,
    /// Median hours since maintenance in training: for hypotheses and machines without a record.
    pub maintenance_age_hours: f64,
}

impl FeatureSpec {
    /// Windows of 10 and 60 periods; for failures ahead the long one is a day, where the period
    /// allows it, so that the daily cycle of load and weather cancels.
    #[must_use]
    pub fn windows(kind: LabelKind, period_ms: i64) -> [i64; 2] {
        const DAY_MS: i64 = 86_400_000;
        let period = period_ms.max(1);
        match kind {
            LabelKind::Failures => [
                period.saturating_mul(10),
                DAY_MS.clamp(period.saturating_mul(20), period.saturating_mul(500)),
            ],
            LabelKind::Truth | LabelKind::Rule => {
                [period.saturating_mul(10), period.saturating_mul(60)]
            }
        }
    }
}

/// One channel at one instant, against a normal. At the normal itself all but `value` are zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChannelBlock {
    /// The reading, in the channel's unit.
    pub value: f64,
    /// Departure of the reading, in normal deviations.
    pub level: f64,
    /// Departure of the rolling means (short, long), in normal deviations.
    pub means: [f64; 2],
    /// Natural logarithm of rolling deviation over normal deviation (short, long).
    pub spreads: [f64; 2],
}

/// All that the features of one instant are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blocks {
    pub channels: [ChannelBlock; 4],
    pub maintenance_age_hours: f64,
}

impl Blocks {
    /// Every channel at the normal.
    #[must_use]
    pub fn at_normal(normal: &Normal, maintenance_age_hours: f64) -> Self {
        Self {
            channels: std::array::from_fn(|c| ChannelBlock {
                value: normal.mean[c],
                ..ChannelBlock::default()
            }),
            maintenance_age_hours,
        }
    }

    /// Four values as if held steady: rolling means are the values, rolling deviations the normal's
    /// own (a machine at rest would be a fault of another kind), typical time since maintenance.
    #[must_use]
    pub fn held(values: &ChannelValues, normal: &Normal, maintenance_age_hours: f64) -> Self {
        Self {
            channels: std::array::from_fn(|c| {
                let level = (values[c] - normal.mean[c]) / normal.deviation[c];
                ChannelBlock {
                    value: values[c],
                    level,
                    means: [level; 2],
                    spreads: [0.0; 2],
                }
            }),
            maintenance_age_hours,
        }
    }

    /// The channels in `coalition` (bit [`Channel::index`]) as they are, the others as in `base`.
    #[must_use]
    pub fn coalition(&self, base: &Self, coalition: u8) -> Self {
        Self {
            channels: std::array::from_fn(|c| {
                if coalition & (1 << c) == 0 {
                    base.channels[c]
                } else {
                    self.channels[c]
                }
            }),
            maintenance_age_hours: self.maintenance_age_hours,
        }
    }
}

/// Number of features in the list.
pub const FEATURES: usize = 60;

/// The whole list for one instant, in the order of [`names`].
#[must_use]
pub fn features(blocks: &Blocks) -> [f32; FEATURES] {
    let mut out = [0.0_f32; FEATURES];
    let mut at = 0;
    let mut put = |x: f64| {
        // A forest needs an order: no NaN, no infinity.
        out[at] = if x.is_finite() {
            x.clamp(-1e30, 1e30) as f32
        } else {
            0.0
        };
        at += 1;
    };
    let channels = &blocks.channels;
    channels.iter().for_each(|b| put(b.value));
    channels.iter().for_each(|b| put(b.level));
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.means[w]));
    }
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.spreads[w]));
    }
    channels.iter().for_each(|b| put(b.level.abs()));
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.means[w].abs()));
    }
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.spreads[w].abs()));
    }
    // Jointly over the channels, whichever they are: largest, second largest, root mean square
    // (Hotelling's T² without the covariances).
    let of = [
        |b: &ChannelBlock| b.level,
        |b: &ChannelBlock| b.means[0],
        |b: &ChannelBlock| b.means[1],
        |b: &ChannelBlock| b.spreads[0],
        |b: &ChannelBlock| b.spreads[1],
    ];
    for part in of {
        let mut sizes: [f64; 4] = std::array::from_fn(|c| part(&channels[c]).abs());
        sizes.sort_by(f64::total_cmp);
        put(sizes[3]);
        put(sizes[2]);
        put((sizes.iter().map(|s| s * s).sum::<f64>() / 4.0).sqrt());
    }
    put(blocks.maintenance_age_hours);
    out
}

/// Names of the list, in order.
#[must_use]
pub fn names() -> Vec<String> {
    let mut out = Vec::with_capacity(FEATURES);
    for part in [
        "value",
        "level",
        "mean_short",
        "mean_long",
        "spread_short",
        "spread_long",
        "level_size",
        "mean_short_size",
        "mean_long_size",
        "spread_short_size",
        "spread_long_size",
    ] {
        out.extend(Channel::ALL.map(|c| format!("{}.{part}", c.key())));
    }
    for part in [
        "level",
        "mean_short",
        "mean_long",
        "spread_short",
        "spread_long",
    ] {
        out.extend(["largest", "second", "rms"].map(|s| format!("joint.{part}.{s}")));
    }
    out.push("maintenance_age_hours".to_owned());
    out
}

/// Which features of the list a model of this kind looks at, by index, ascending.
///
/// An anomaly is a departure whichever way and of whichever channel, so sizes and joint distances
/// count beside the signed means; a failure ahead announces itself over a day, by one channel's mean or
/// scatter in one direction, and by the largest of them whichever it is, in which failures of all
/// parts are learned together (measured: single readings, sizes and a short window only dilute it); the
/// rule is made of absolute values.
#[must_use]
pub fn selected(kind: LabelKind, maintenance_known: bool) -> Vec<u8> {
    let parts: &[std::ops::Range<u8>] = match kind {
        LabelKind::Truth => &[4..16, 24..59],
        LabelKind::Failures => &[12..16, 20..24, 50..51, 56..57],
        LabelKind::Rule => &[0..4, 4..16],
    };
    let mut out: Vec<u8> = parts.iter().cloned().flatten().collect();
    if maintenance_known && kind != LabelKind::Rule {
        out.push(59);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec() -> FeatureSpec {
        let fleet = FleetNormal {
            mean: [500.0, 5.0, 2.0, 45.0],
            within: [20.0, 0.3, 0.2, 3.0],
            between: [10.0, 0.2, 0.2, 2.0],
            alike: [false; 4],
        };
        FeatureSpec {
            period_ms: 1000,
            windows_ms: [10_000, 60_000],
            fleet_normal: fleet.normal(),
            fleet,
            maintenance_age_hours: 100.0,
        }
    }

    #[test]
    fn the_list_and_its_names_agree() {
        let names = names();
        assert_eq!(names.len(), FEATURES);
        let normal = spec().fleet_normal;
        let row = features(&Blocks::held(&[600.0, 5.0, 2.0, 45.0], &normal, 7.0));
        let at = |name: &str| row[names.iter().position(|n| n == name).expect("name")];
        assert_eq!(at("flow_rate.value"), 600.0);
        assert!(at("flow_rate.level") > 0.0 && at("flow_rate.level") == at("joint.level.largest"));
        assert_eq!(at("joint.mean_long.second"), 0.0);
        assert_eq!(
            at("joint.mean_long.rms") * 2.0,
            at("flow_rate.mean_long_size")
        );
        assert_eq!(at("temperature.spread_long_size"), 0.0);
        assert_eq!(at("maintenance_age_hours"), 7.0);
        for kind in [LabelKind::Truth, LabelKind::Failures, LabelKind::Rule] {
            let picked: Vec<String> = selected(kind, true)
                .iter()
                .map(|i| names[usize::from(*i)].clone())
                .collect();
            assert_eq!(
                picked.iter().any(|n| n.ends_with(".value")),
                kind == LabelKind::Rule
            );
            assert_eq!(
                picked.iter().filter(|n| n.starts_with("joint.")).count(),
                match kind {
                    LabelKind::Truth => 15,
                    LabelKind::Failures => 2,
                    LabelKind::Rule => 0,
                }
            );
            assert_eq!(
                picked.iter().any(|n| n == "joint.mean_long.largest"),
                kind != LabelKind::Rule
            );
            assert_eq!(
                picked.iter().any(|n| n == "maintenance_age_hours"),
                kind != LabelKind::Rule
            );
        }
    }

    proptest! {
        #[test]
        fn features_are_always_numbers(
            values in prop::collection::vec(prop::array::uniform4(-1e12_f64..1e12), 1..40),
        ) {
            let spec = spec();
            let mut tracker = Tracker::new(&spec);
            for (i, v) in values.iter().enumerate() {
                let blocks = tracker.push(i as i64 * 700, v, None);
                prop_assert!(features(&blocks).iter().all(|x| x.is_finite()));
            }
        }

        #[test]
        fn a_coalition_of_none_is_the_normal_and_of_all_is_the_reading(
            values in prop::array::uniform4(0.0_f64..100.0),
        ) {
            let normal = spec().fleet_normal;
            let held = Blocks::held(&values, &normal, 5.0);
            let base = Blocks::at_normal(&normal, 5.0);
            prop_assert_eq!(held.coalition(&base, 0), base);
            prop_assert_eq!(held.coalition(&base, 15), held);
        }
    }
}
