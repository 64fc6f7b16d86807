//! The ONE list of features, in order, for training and for prediction.
//!
//! A reading is seen as its departure from the machine's own normal, in units of the machine's own
//! deviation, so that a model carries over from one machine to another and to faults it never saw.
//! Everything is causal and has a bounded state. How a model weighs these numbers is `ml`'s business.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::model::LabelKind;
use super::reading::{Channel, ChannelValues};

/// Readings from which a machine's own normal is learned; afterwards it stays.
pub const NORMAL_READINGS: u32 = 400;
/// Weight of the fleet's deviation in a machine's own, in readings.
const DEVIATION_WEIGHT: f64 = 100.0;
/// Weight of the fleet's mean in a machine's own, in readings, at most.
const MEAN_WEIGHT_MAX: f64 = 1000.0;
/// Machines that scatter by less than this share of their own deviation are alike in that channel.
const ALIKE: f64 = 0.25;
/// Weight of the fleet's normal in a channel where all machines are alike, in readings.
const ALIKE_WEIGHT: f64 = 1e5;
/// A machine's deviation is at least this share of the fleet's (quantised sensors stand still).
const DEVIATION_FLOOR: f64 = 0.5;
/// While learning, a value counts at most this many deviations away from the mean so far.
const WINSOR: f64 = 3.0;
/// Readings that are learned as they are, before values far off are drawn in.
const WINSOR_FROM: u32 = 20;
/// Weight of the normal deviation in a rolling one, in readings.
const SPREAD_WEIGHT: f64 = 3.0;
/// Readings that a rolling window holds at most; a denser machine gets a shorter window.
pub const WINDOW_READINGS: usize = 2048;

/// A machine's own normal: what its channels do when nothing is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normal {
    pub mean: ChannelValues,
    pub deviation: ChannelValues,
    /// Readings it was learned from.
    pub readings: u32,
}

/// What a fleet's machines have in common, before one of them is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleetNormal {
    /// Median of the machines' means.
    pub mean: ChannelValues,
    /// Median of the machines' own deviations; positive.
    pub within: ChannelValues,
    /// Deviation of the machines' means among themselves; positive.
    pub between: ChannelValues,
    /// Channels in which machines do not differ, so that the fleet's normal is every machine's: it is
    /// learned from more readings, and not from one machine's early fault.
    pub alike: [bool; 4],
}

impl FleetNormal {
    /// From what each machine did in its first [`NORMAL_READINGS`]; machines without a reading are
    /// left out. `None` when nothing is left.
    #[must_use]
    pub fn of(machines: &[NormalLearner]) -> Option<Self> {
        let known: Vec<&NormalLearner> = machines.iter().filter(|m| m.n > 0).collect();
        if known.is_empty() {
            return None;
        }
        let mut fleet = Self {
            mean: [0.0; 4],
            within: [0.0; 4],
            between: [0.0; 4],
            alike: [false; 4],
        };
        for c in 0..4 {
            let means: Vec<f64> = known.iter().map(|m| m.mean[c]).collect();
            let deviations: Vec<f64> = known.iter().map(|m| m.deviation(c)).collect();
            fleet.mean[c] = median(&means);
            // A channel that never moves still needs a unit to be measured in.
            let unit = fleet.mean[c].abs().max(1e-6) * 1e-3;
            fleet.within[c] = Some(median(&deviations)).filter(|d| *d > 0.0).unwrap_or(unit);
            let within = fleet.within[c];
            fleet.between[c] = within;
            if known.len() >= 3 {
                // What the means would scatter by chance is not a difference between machines.
                let chance = within.powi(2) / f64::from(NORMAL_READINGS);
                let least = within.powi(2) / MEAN_WEIGHT_MAX;
                let between = (scatter(&means).powi(2) - chance).max(least).sqrt();
                fleet.between[c] = between;
                fleet.alike[c] = between < ALIKE * within && scatter(&deviations) < ALIKE * within;
            }
        }
        Some(fleet)
    }

    /// The normal of a machine of which nothing is known: deviations within and between machines.
    #[must_use]
    pub fn normal(&self) -> Normal {
        Normal {
            mean: self.mean,
            deviation: std::array::from_fn(|c| self.within[c].hypot(self.between[c])),
            readings: 0,
        }
    }
}

/// Deviation of a few values: from the median absolute one where there are enough to tell, else the
/// standard one.
fn scatter(values: &[f64]) -> f64 {
    if values.len() < 5 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        return (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    }
    let centre = median(values);
    let apart: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    1.4826 * median(&apart)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mid = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[mid]
    } else {
        f64::midpoint(sorted[mid - 1], sorted[mid])
    }
}

/// Learns a machine's normal from its first [`NORMAL_READINGS`] readings (Welford's update on values
/// drawn in to [`WINSOR`] deviations, so that one early fault does not become the normal).
#[derive(Debug, Clone, Default)]
pub struct NormalLearner {
    n: u32,
    mean: ChannelValues,
    squares: ChannelValues,
}

impl NormalLearner {
    /// Takes the next reading; after [`NORMAL_READINGS`] of them it changes nothing more.
    pub fn push(&mut self, values: &ChannelValues) {
        if self.n >= NORMAL_READINGS {
            return;
        }
        let reach: ChannelValues = std::array::from_fn(|c| self.deviation(c) * WINSOR);
        self.n += 1;
        for c in 0..4 {
            let mut x = values[c];
            if self.n > WINSOR_FROM && reach[c] > 0.0 {
                x = x.clamp(self.mean[c] - reach[c], self.mean[c] + reach[c]);
            }
            let before = x - self.mean[c];
            self.mean[c] += before / f64::from(self.n);
            self.squares[c] += before * (x - self.mean[c]);
        }
    }

    /// Readings taken so far.
    #[must_use]
    pub const fn readings(&self) -> u32 {
        self.n
    }

    /// Whether more readings would change nothing.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.n >= NORMAL_READINGS
    }

    fn deviation(&self, c: usize) -> f64 {
        (self.squares[c] / f64::from(self.n.max(1))).max(0.0).sqrt()
    }

    /// The machine's normal as known now, shrunk to the fleet's: empirical Bayes for the mean, with a
    /// prior that lets go of a machine that is plainly another kind (Student-like tails).
    #[must_use]
    pub fn normal(&self, fleet: &FleetNormal) -> Normal {
        let n = f64::from(self.n);
        if self.n == 0 {
            return fleet.normal();
        }
        let mut normal = Normal {
            mean: [0.0; 4],
            deviation: [0.0; 4],
            readings: self.n,
        };
        for c in 0..4 {
            let within = fleet.within[c];
            let between = fleet.between[c].max(0.1 * within);
            let apart = (self.mean[c] - fleet.mean[c]) / (3.0 * between.hypot(within / n.sqrt()));
            let (for_mean, for_deviation) = if fleet.alike[c] {
                (ALIKE_WEIGHT, ALIKE_WEIGHT)
            } else {
                let weight = (within / fleet.between[c]).powi(2);
                (weight.min(MEAN_WEIGHT_MAX), DEVIATION_WEIGHT)
            };
            let tail = 1.0 + apart.powi(4);
            let weight = for_mean / tail;
            normal.mean[c] = (weight * fleet.mean[c] + n * self.mean[c]) / (weight + n);
            let weight = (for_deviation / tail).max(DEVIATION_WEIGHT);
            let variance = (weight * within.powi(2) + self.squares[c]) / (weight + n);
            normal.deviation[c] = variance.sqrt().max(DEVIATION_FLOOR * within);
        }
        normal
    }
}

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
pub const FEATURES: usize = 53;

/// The whole list for one instant, in the order of [`names`].
#[must_use]
pub fn features(blocks: &Blocks) -> [f32; FEATURES] {
    let mut out = [0.0_f32; FEATURES];
    let mut at = 0;
    let mut put = |x: f64| {
        // A forest needs an order: no NaN, no infinity.
        out[at] = if x.is_finite() { x.clamp(-1e30, 1e30) as f32 } else { 0.0 };
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
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.means[w].abs()));
    }
    for w in 0..2 {
        channels.iter().for_each(|b| put(b.spreads[w].abs()));
    }
    // Jointly over the channels, whichever they are: largest, second largest, root mean square
    // (Hotelling's T² without the covariances).
    let of = [
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
        "value", "level", "mean_short", "mean_long", "spread_short", "spread_long",
        "mean_short_size", "mean_long_size", "spread_short_size", "spread_long_size",
    ] {
        out.extend(Channel::ALL.map(|c| format!("{}.{part}", c.key())));
    }
    for part in ["mean_short", "mean_long", "spread_short", "spread_long"] {
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
        LabelKind::Truth => &[4..16, 24..52],
        LabelKind::Failures => &[4..8, 12..16, 20..24],
        LabelKind::Rule => &[0..16],
    };
    let mut out: Vec<u8> = parts.iter().cloned().flatten().collect();
    if maintenance_known && kind != LabelKind::Rule {
        out.push(52);
    }
    out
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

    /// Takes the next reading. `maintenance_age_hours` is `None` without a record before it.
    pub fn push(
        &mut self,
        at_ms: i64,
        values: &ChannelValues,
        maintenance_age_hours: Option<f64>,
    ) -> Blocks {
        self.skip(values);
        self.window.push_back((at_ms, *values));
        let from = at_ms.saturating_sub(self.spec.windows_ms[1]);
        while self.window.len() > WINDOW_READINGS
            || self.window.front().is_some_and(|(t, _)| *t <= from)
        {
            self.window.pop_front();
        }
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
            maintenance_age_hours: maintenance_age_hours
                .unwrap_or(self.spec.maintenance_age_hours),
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
