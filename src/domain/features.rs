//! The ONE list of features, in order, for training and for prediction.
//!
//! A reading is seen as its departure from the machine's own normal, in units of the machine's own
//! deviation, so that a model carries over from one machine to another and to faults it never saw.
//! Everything is causal and has a bounded state. How a model weighs these numbers is `ml`'s business.

mod normal;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

pub use normal::{FleetNormal, NORMAL_READINGS, Normal, NormalLearner};

use super::model::LabelKind;
use super::reading::{Channel, ChannelValues};

/// Weight of the normal deviation in a rolling one, in readings.
const SPREAD_WEIGHT: f64 = 3.0;
/// Readings that a rolling window holds at most; a denser machine gets a shorter window.
pub const WINDOW_READINGS: usize = 2048;

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
/// count beside the signed means; a failure ahead announces itself by a channel in one direction over
/// a day (measured: sizes, joint distances and a short window only dilute it); the rule is made of
/// absolute values.
#[must_use]
pub fn selected(kind: LabelKind, maintenance_known: bool) -> Vec<u8> {
    let parts: &[std::ops::Range<u8>] = match kind {
        LabelKind::Truth => &[4..16, 24..59],
        LabelKind::Failures => &[4..8, 12..16, 20..24],
        LabelKind::Rule => &[0..4, 4..16],
    };
    let mut out: Vec<u8> = parts.iter().cloned().flatten().collect();
    if maintenance_known && kind != LabelKind::Rule {
        out.push(59);
    }
    out
}

/// What a paused [`Tracker`] remembers.
#[derive(Debug, Clone)]
pub struct Trace {
    learner: NormalLearner,
    normal: Normal,
    window: VecDeque<(i64, ChannelValues)>,
}

/// Follows one machine, reading by reading in time order: bounded state, no look ahead.
#[derive(Debug, Clone)]
pub struct Tracker<'a> {
    spec: &'a FeatureSpec,
    learner: NormalLearner,
    normal: Normal,
    window: VecDeque<(i64, ChannelValues)>,
}

impl<'a> Tracker<'a> {
    #[must_use]
    pub fn new(spec: &'a FeatureSpec) -> Self {
        Self {
            spec,
            learner: NormalLearner::default(),
            normal: spec.fleet_normal.clone(),
            window: VecDeque::new(),
        }
    }

    /// The machine's normal as known now.
    #[must_use]
    pub const fn normal(&self) -> &Normal {
        &self.normal
    }

    /// Learns the normal from a reading whose features are not wanted and that lies before every
    /// window to come.
    pub fn skip(&mut self, values: &ChannelValues) {
        if !self.learner.is_complete() {
            self.learner.push(values);
            self.normal = self.learner.normal(&self.spec.fleet);
        }
    }

    /// Takes the next reading, whose features are not wanted.
    pub fn remember(&mut self, at_ms: i64, values: &ChannelValues) {
        self.skip(values);
        self.window.push_back((at_ms, *values));
        let from = at_ms.saturating_sub(self.spec.windows_ms[1]);
        while self.window.len() > WINDOW_READINGS
            || self.window.front().is_some_and(|(t, _)| *t <= from)
        {
            self.window.pop_front();
        }
    }

    /// What it remembers, to be kept without what it measures with.
    #[must_use]
    pub fn pause(self) -> Trace {
        Trace {
            learner: self.learner,
            normal: self.normal,
            window: self.window,
        }
    }

    /// Goes on where it was paused; `spec` is the one it had then.
    #[must_use]
    pub fn resume(spec: &'a FeatureSpec, trace: Trace) -> Self {
        Self {
            spec,
            learner: trace.learner,
            normal: trace.normal,
            window: trace.window,
        }
    }

    /// Takes the next reading. `maintenance_age_hours` is `None` without a record before it.
    pub fn push(
        &mut self,
        at_ms: i64,
        values: &ChannelValues,
        maintenance_age_hours: Option<f64>,
    ) -> Blocks {
        self.remember(at_ms, values);
        let long = moments(self.window.iter().map(|(_, v)| v), &self.normal);
        let from = at_ms.saturating_sub(self.spec.windows_ms[0]);
        let recent = self.window.iter().rev().take_while(|(t, _)| *t > from);
        let short = moments(recent.map(|(_, v)| v), &self.normal);
        Blocks {
            channels: std::array::from_fn(|c| ChannelBlock {
                value: values[c],
                level: (values[c] - self.normal.mean[c]) / self.normal.deviation[c],
                means: [short[c].0, long[c].0],
                spreads: [short[c].1, long[c].1],
            }),
            maintenance_age_hours: maintenance_age_hours.unwrap_or(self.spec.maintenance_age_hours),
        }
    }
}

/// Departure of the mean and log ratio of the deviation, a channel, against a normal. Computed anew
/// each time, so that a reading's features do not depend on where the reading began.
fn moments<'v>(
    values: impl Iterator<Item = &'v ChannelValues>,
    normal: &Normal,
) -> [(f64, f64); 4] {
    let (mut n, mut sum, mut squares) = (0.0, [0.0; 4], [0.0; 4]);
    for v in values {
        n += 1.0;
        for c in 0..4 {
            let z = (v[c] - normal.mean[c]) / normal.deviation[c];
            sum[c] += z;
            squares[c] += z * z;
        }
    }
    std::array::from_fn(|c| {
        let mean = if n > 0.0 { sum[c] / n } else { 0.0 };
        let about_mean = (squares[c] - n * mean * mean).max(0.0);
        let free = (n - 1.0).max(0.0);
        let ratio = (about_mean + SPREAD_WEIGHT) / (free + SPREAD_WEIGHT);
        (mean, 0.5 * ratio.ln())
    })
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
                picked.iter().any(|n| n.starts_with("joint.")),
                kind == LabelKind::Truth
            );
            assert_eq!(
                picked.iter().any(|n| n == "maintenance_age_hours"),
                kind != LabelKind::Rule
            );
        }
    }

    #[test]
    fn windows_follow_time_not_rows() {
        let spec = spec();
        let mut tracker = Tracker::new(&spec);
        for i in 0..50 {
            tracker.push(i * 1000, &[500.0, 5.0, 2.0, 45.0], None);
        }
        let after_gap = tracker.push(10_000_000, &[700.0, 5.0, 2.0, 45.0], Some(3.0));
        let flow = after_gap.channels[0];
        assert_eq!(flow.means, [flow.level; 2]);
        assert_eq!(flow.spreads, [0.0; 2]);
        assert_eq!(after_gap.maintenance_age_hours, 3.0);
    }

    #[test]
    fn a_dense_machine_has_a_bounded_window() {
        let spec = spec();
        let mut tracker = Tracker::new(&spec);
        for i in 0..(WINDOW_READINGS as i64 + 50) {
            tracker.push(i, &[500.0, 5.0, 2.0, 45.0], None);
        }
        assert_eq!(tracker.window.len(), WINDOW_READINGS);
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
