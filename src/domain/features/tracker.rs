//! Follows one machine in time: what a reading is seen against. Constant time a reading, bounded
//! state, no look ahead; how it is measured is said in the parent.
//!
//! Sums over a window slide: a reading is added when it comes and taken off when it leaves. So that
//! nothing is lost on the way, they are kept in whole numbers: departures from the fleet's mean in
//! steps of 2⁻²⁰ of the fleet's deviation. Whole numbers add up the same in any order, so a reading's
//! features do not depend on where the reading began, to the last bit; against a computation in
//! floating point they differ by a millionth of a deviation at most.

use std::collections::VecDeque;

use super::{Blocks, ChannelBlock, FeatureSpec, FleetNormal, Normal, NormalLearner};
use crate::domain::reading::ChannelValues;

/// Readings that a rolling window holds at most; a denser machine gets a shorter window.
pub const WINDOW_READINGS: usize = 2048;
/// Weight of the normal deviation in a rolling one, in readings.
const SPREAD_WEIGHT: f64 = 3.0;
/// Steps a deviation of the fleet.
const STEPS: f64 = (1_u64 << 20) as f64;
/// Departures count up to here, in steps: 2¹¹ squares of 2⁵¹ steps fit an `i128` with room for a
/// factor of 2¹¹.
const FARTHEST: f64 = (1_u64 << 51) as f64;

/// Where whole steps are counted from, and how long one is: a channel's mean and deviation in the fleet.
#[derive(Debug, Clone, Copy)]
struct Grid {
    origin: ChannelValues,
    step: ChannelValues,
    per_unit: ChannelValues,
}

impl Grid {
    fn of(fleet: &FleetNormal) -> Self {
        Self {
            origin: fleet.mean,
            step: fleet.within.map(|d| d / STEPS),
            per_unit: fleet.within.map(|d| STEPS / d),
        }
    }

    fn steps(&self, values: &ChannelValues) -> [i64; 4] {
        std::array::from_fn(|c| {
            let steps = (values[c] - self.origin[c]) * self.per_unit[c];
            // As a cast takes it: what is no number is the origin.
            steps.clamp(-FARTHEST, FARTHEST).round() as i64
        })
    }
}

/// Sums over a window, exact.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u32,
    sum: [i64; 4],
    squares: [i128; 4],
}

impl Sums {
    fn add(&mut self, steps: &[i64; 4]) {
        self.n += 1;
        for (c, &steps) in steps.iter().enumerate() {
            self.sum[c] += steps;
            self.squares[c] += i128::from(steps) * i128::from(steps);
        }
    }

    fn take_off(&mut self, steps: &[i64; 4]) {
        self.n -= 1;
        for (c, &steps) in steps.iter().enumerate() {
            self.sum[c] -= steps;
            self.squares[c] -= i128::from(steps) * i128::from(steps);
        }
    }

    fn window(&self, grid: &Grid) -> Window {
        let share = 1.0 / f64::from(self.n.max(1));
        Window {
            n: self.n,
            mean: std::array::from_fn(|c| {
                grid.origin[c] + grid.step[c] * (self.sum[c] as f64 * share)
            }),
            about_mean: std::array::from_fn(|c| {
                let (sum, squares) = (i128::from(self.sum[c]), self.squares[c]);
                let times_n = float(i128::from(self.n) * squares - sum * sum);
                times_n * share * grid.step[c] * grid.step[c]
            }),
        }
    }
}

/// As a cast, and quicker for what fits in 64 bits, as all but wild values do.
fn float(x: i128) -> f64 {
    i64::try_from(x).map_or(x as f64, |x| x as f64)
}

/// What a rolling window holds, in the channels' units.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    /// Readings in it.
    pub n: u32,
    pub mean: ChannelValues,
    /// Sum of squares about the mean.
    pub about_mean: ChannelValues,
}

impl Window {
    /// Departure of each channel's mean and log ratio of its deviation, against normal means and one over
    /// normal deviations.
    fn against(&self, mean: &ChannelValues, per_deviation: &ChannelValues) -> [(f64, f64); 4] {
        let free = f64::from(self.n.saturating_sub(1));
        let share = 1.0 / (free + SPREAD_WEIGHT);
        std::array::from_fn(|c| {
            let about_mean = self.about_mean[c] * per_deviation[c] * per_deviation[c];
            (
                (self.mean[c] - mean[c]) * per_deviation[c],
                0.5 * ((about_mean + SPREAD_WEIGHT) * share).ln(),
            )
        })
    }
}

/// A machine at one of its readings, before it is measured against any fleet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    pub values: ChannelValues,
    /// Rolling windows (short, long).
    pub windows: [Window; 2],
    /// `None` without a record before it.
    pub maintenance_age_hours: Option<f64>,
}

impl Sight {
    /// Measured against the machine's normal.
    #[must_use]
    pub fn blocks(&self, normal: &Normal, spec: &FeatureSpec) -> Blocks {
        let per_deviation = normal.deviation.map(|d| 1.0 / d);
        let [short, long] = self
            .windows
            .map(|w| w.against(&normal.mean, &per_deviation));
        Blocks {
            channels: std::array::from_fn(|c| ChannelBlock {
                value: self.values[c],
                level: (self.values[c] - normal.mean[c]) * per_deviation[c],
                means: [short[c].0, long[c].0],
                spreads: [short[c].1, long[c].1],
            }),
            maintenance_age_hours: self
                .maintenance_age_hours
                .unwrap_or(spec.maintenance_age_hours),
        }
    }
}

/// What a paused [`Tracker`] remembers.
#[derive(Debug, Clone)]
pub struct Trace {
    learner: NormalLearner,
    normal: Normal,
    readings: VecDeque<(i64, [i64; 4])>,
    long: Sums,
    short: Sums,
}

/// Follows one machine, reading by reading in time order.
#[derive(Debug, Clone)]
pub struct Tracker<'a> {
    spec: &'a FeatureSpec,
    grid: Grid,
    learner: NormalLearner,
    /// The next reading may teach it what is normal.
    learns: bool,
    normal: Normal,
    /// The long window, oldest first; the short one is its newest [`Sums::n`] readings.
    readings: VecDeque<(i64, [i64; 4])>,
    long: Sums,
    short: Sums,
}

impl<'a> Tracker<'a> {
    #[must_use]
    pub fn new(spec: &'a FeatureSpec) -> Self {
        Self {
            spec,
            grid: Grid::of(&spec.fleet),
            learner: NormalLearner::default(),
            learns: true,
            normal: spec.fleet_normal.clone(),
            readings: VecDeque::new(),
            long: Sums::default(),
            short: Sums::default(),
        }
    }

    /// The machine's normal as known now.
    #[must_use]
    pub const fn normal(&self) -> &Normal {
        &self.normal
    }

    /// What it was learned from.
    #[must_use]
    pub const fn learner(&self) -> &NormalLearner {
        &self.learner
    }

    /// Whether the readings that follow may teach it what is normal: those of a held batch may not.
    pub const fn learns(&mut self, learns: bool) {
        self.learns = learns;
    }

    /// Learns the normal from a reading whose features are not wanted and that lies before every
    /// window to come.
    pub fn skip(&mut self, values: &ChannelValues) {
        if self.learns && !self.learner.is_complete() {
            self.learner.push(values);
            self.normal = self.learner.normal(&self.spec.fleet);
        }
    }

    /// Takes the next reading, at which nothing is to be seen.
    pub fn remember(&mut self, at_ms: i64, values: &ChannelValues) {
        self.skip(values);
        let steps = self.grid.steps(values);
        self.readings.push_back((at_ms, steps));
        self.long.add(&steps);
        self.short.add(&steps);
        let [short_from, long_from] = self.spec.windows_ms.map(|w| at_ms.saturating_sub(w));
        while let Some(&(t, oldest)) = self
            .readings
            .get(self.readings.len() - self.short.n as usize)
            && t <= short_from
        {
            self.short.take_off(&oldest);
        }
        while let Some(&(t, oldest)) = self.readings.front()
            && (t <= long_from || self.readings.len() > WINDOW_READINGS)
        {
            self.readings.pop_front();
            self.long.take_off(&oldest);
            if self.short.n > self.long.n {
                self.short.take_off(&oldest);
            }
        }
    }

    /// What it remembers, to be kept without what it measures with.
    #[must_use]
    pub fn pause(self) -> Trace {
        Trace {
            learner: self.learner,
            normal: self.normal,
            readings: self.readings,
            long: self.long,
            short: self.short,
        }
    }

    /// Goes on where it was paused; `spec` is the one it had then.
    #[must_use]
    pub fn resume(spec: &'a FeatureSpec, trace: Trace) -> Self {
        Self {
            spec,
            grid: Grid::of(&spec.fleet),
            learner: trace.learner,
            learns: true,
            normal: trace.normal,
            readings: trace.readings,
            long: trace.long,
            short: trace.short,
        }
    }

    /// Takes the next reading and says what is seen at it. `maintenance_age_hours` is `None` without a
    /// record before it.
    pub fn see(
        &mut self,
        at_ms: i64,
        values: &ChannelValues,
        maintenance_age_hours: Option<f64>,
    ) -> Sight {
        self.remember(at_ms, values);
        Sight {
            values: *values,
            windows: [self.short.window(&self.grid), self.long.window(&self.grid)],
            maintenance_age_hours,
        }
    }

    /// Takes the next reading, measured against the machine's normal as known then.
    pub fn push(
        &mut self,
        at_ms: i64,
        values: &ChannelValues,
        maintenance_age_hours: Option<f64>,
    ) -> Blocks {
        self.see(at_ms, values, maintenance_age_hours)
            .blocks(&self.normal, self.spec)
    }
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

    const STEADY: ChannelValues = [500.0, 5.0, 2.0, 45.0];

    #[test]
    fn windows_follow_time_not_rows() {
        let spec = spec();
        let mut tracker = Tracker::new(&spec);
        for i in 0..50 {
            tracker.push(i * 1000, &STEADY, None);
        }
        let after_gap = tracker.push(10_000_000, &[700.0, 5.0, 2.0, 45.0], Some(3.0));
        let flow = after_gap.channels[0];
        assert!((flow.means[0] - flow.level).abs() < 1e-6);
        assert_eq!(flow.means[0], flow.means[1]);
        assert!(flow.spreads.iter().all(|s| s.abs() < 1e-12));
        assert_eq!(after_gap.maintenance_age_hours, 3.0);
    }

    #[test]
    fn a_dense_machine_has_a_bounded_window() {
        let mut spec = spec();
        for windows in [[10_000, 60_000], [59_000, 60_000]] {
            spec.windows_ms = windows;
            let mut tracker = Tracker::new(&spec);
            for i in 0..(WINDOW_READINGS as i64 + 50) {
                tracker.see(i, &STEADY, None);
            }
            assert_eq!(tracker.readings.len(), WINDOW_READINGS);
            assert_eq!(tracker.long.n as usize, WINDOW_READINGS);
            assert!(tracker.short.n <= tracker.long.n);
        }
    }

    /// Count, mean and sum of squares about it, computed anew.
    fn directly(window: &[ChannelValues], c: usize) -> (f64, f64) {
        let n = window.len() as f64;
        let mean = window.iter().map(|v| v[c]).sum::<f64>() / n;
        let about = window.iter().map(|v| (v[c] - mean).powi(2)).sum();
        (mean, about)
    }

    /// Readings with spikes far outside, and steps in time with gaps.
    fn telemetry() -> impl Strategy<Value = Vec<(i64, ChannelValues)>> {
        let spike = prop_oneof![8 => Just(1.0_f64), 1 => Just(1e3), 1 => Just(-1e6)];
        let one = (1_i64..9000, prop::array::uniform4(-3.0_f64..3.0), spike);
        prop::collection::vec(one, 1..200).prop_map(|rows| {
            let mut at = 0;
            rows.into_iter()
                .map(|(step, z, spike)| {
                    at += step;
                    let spec = spec();
                    let value = |c: usize| spec.fleet.mean[c] + z[c] * spike * spec.fleet.within[c];
                    (at, std::array::from_fn(value))
                })
                .collect()
        })
    }

    proptest! {
        /// Within a millionth of a deviation, and of the window's own scatter.
        #[test]
        fn sliding_sums_say_what_a_direct_computation_says(
            rows in telemetry(),
        ) {
            let spec = spec();
            let mut tracker = Tracker::new(&spec);
            for (i, (at, values)) in rows.iter().enumerate() {
                let seen = tracker.see(*at, values, None);
                for w in 0..2 {
                    let inside: Vec<ChannelValues> = rows[..=i]
                        .iter()
                        .filter(|(t, _)| *t > at - spec.windows_ms[w])
                        .map(|(_, v)| *v)
                        .collect();
                    let said = seen.windows[w];
                    prop_assert_eq!(said.n as usize, inside.len());
                    for c in 0..4 {
                        let unit = spec.fleet.within[c];
                        let (mean, about) = directly(&inside, c);
                        let (mean_off, about_off) = (
                            (said.mean[c] - mean).abs() / unit,
                            (said.about_mean[c] - about).abs() / unit.powi(2),
                        );
                        prop_assert!(mean_off <= 1e-6 + 1e-12 * mean.abs() / unit, "{mean_off}");
                        let scatter = about.sqrt() / unit;
                        prop_assert!(about_off <= 1e-4 * (1.0 + scatter), "{about_off} of {about}");
                    }
                }
            }
        }

        #[test]
        fn where_the_reading_began_makes_no_difference(rows in telemetry(), cut in 0_usize..200) {
            let spec = spec();
            let cut = cut.min(rows.len() - 1);
            let mut whole = Tracker::new(&spec);
            let mut late = Tracker::new(&spec);
            let context = rows[cut].0 - spec.windows_ms[1];
            for (i, (at, values)) in rows.iter().enumerate() {
                let seen = whole.push(*at, values, None);
                if *at < context {
                    late.skip(values);
                } else {
                    let again = late.push(*at, values, None);
                    prop_assert!(i < cut || seen == again);
                }
            }
        }
    }
}
