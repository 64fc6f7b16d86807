//! What looks strange about a reading that is kept: impossible rate of change, stuck value, drift.
//!
//! Flags are found in time order over what the warehouse holds, so that they do not depend on the order
//! in which files came. Thresholds come from the machine's own first readings: a sensor that always
//! moves in steps is not stuck when it rests on one.

use crate::domain::features::NORMAL_READINGS;
use crate::domain::quality::Flag;
use crate::domain::{Channel, ChannelValues, Flags, Limits};

/// Readings that make a machine's baseline: those that its normal is learned from, which are never pruned.
pub const BASELINE_READINGS: usize = NORMAL_READINGS as usize;
/// Readings before the first one to judge that its flags may depend on.
pub const CONTEXT_READINGS: usize = 2000;
/// Below this many readings nothing is known of a machine: no stuck value, no drift.
const ENOUGH_READINGS: u32 = 100;
/// A value that rests for fewer readings than this is never stuck.
const SHORTEST_STUCK_RUN: u32 = 60;
/// How much longer than the longest rest of the baseline.
const STUCK_TIMES: u32 = 4;
/// Memory of the drifting mean, in readings.
const DRIFT_MEMORY: f64 = 120.0;
/// How many of its own deviations the drifting mean may stray from the baseline.
const DRIFT_DEVIATIONS: f64 = 8.0;
/// A value counts at most this many deviations towards drift: one past fault is soon forgotten.
const DRIFT_REACH: f64 = 12.0;
/// After a silence longer than this a change says nothing about its rate.
const RATE_GAP_MS: i64 = 10 * 60_000;

/// What a machine did in its first readings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Baseline {
    count: u32,
    mean: ChannelValues,
    squares: ChannelValues,
    last: ChannelValues,
    run: [u32; 4],
    longest_run: [u32; 4],
}

impl Baseline {
    /// Takes one more of the first readings (Welford's running mean and variance).
    pub fn learn(&mut self, values: &ChannelValues) {
        self.count += 1;
        let n = f64::from(self.count);
        for (i, &value) in values.iter().enumerate() {
            let away = value - self.mean[i];
            self.mean[i] += away / n;
            self.squares[i] += away * (value - self.mean[i]);
            let rests = self.count > 1 && value == self.last[i];
            self.run[i] = if rests { self.run[i] + 1 } else { 1 };
            self.longest_run[i] = self.longest_run[i].max(self.run[i]);
        }
        self.last = *values;
    }

    /// No further reading changes it.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.count as usize >= BASELINE_READINGS
    }

    fn deviation(&self, i: usize) -> f64 {
        (self.squares[i] / f64::from(self.count.max(2) - 1)).sqrt()
    }
}

/// Walks over the readings of one machine in time order.
#[derive(Debug, Clone)]
pub struct Gate {
    limits: Limits,
    baseline: Baseline,
    /// Of the baseline: how far is far, a channel.
    deviation: ChannelValues,
    last: Option<(i64, ChannelValues)>,
    run: [u32; 4],
    drifting: ChannelValues,
}

impl Gate {
    #[must_use]
    pub fn new(limits: Limits, baseline: Baseline) -> Self {
        Self {
            limits,
            baseline,
            deviation: std::array::from_fn(|i| baseline.deviation(i)),
            last: None,
            run: [0; 4],
            drifting: baseline.mean,
        }
    }

    /// What is strange about the next reading.
    pub fn judge(&mut self, at_ms: i64, values: &ChannelValues) -> Flags {
        let mut flags = Flags::NONE;
        let known = self.baseline.count >= ENOUGH_READINGS;
        for channel in Channel::ALL {
            let i = channel.index();
            let value = values[i];
            if let Some((before_ms, before)) = self.last {
                let gap_ms = at_ms - before_ms;
                let secs = gap_ms.max(1000) as f64 / 1000.0;
                let rate = (value - before[i]).abs() / secs;
                if gap_ms <= RATE_GAP_MS && rate > self.limits.max_rate_per_sec[i] {
                    flags.set(Flag::Rate, channel);
                }
                self.run[i] = if value == before[i] {
                    self.run[i] + 1
                } else {
                    1
                };
            } else {
                self.run[i] = 1;
            }
            if !known {
                continue;
            }
            let (mean, deviation) = (self.baseline.mean[i], self.deviation[i]);
            let reach = DRIFT_REACH * deviation;
            // Not `clamp`, which panics where a sum of huge values is no number.
            let within = value.max(mean - reach).min(mean + reach);
            self.drifting[i] += (within - self.drifting[i]) / DRIFT_MEMORY;
            let rest = (STUCK_TIMES * self.baseline.longest_run[i]).max(SHORTEST_STUCK_RUN);
            if self.run[i] >= rest {
                flags.set(Flag::Stuck, channel);
            }
            let strayed = (self.drifting[i] - mean).abs();
            if deviation > 0.0 && strayed > DRIFT_DEVIATIONS * deviation {
                flags.set(Flag::Drift, channel);
            }
        }
        self.last = Some((at_ms, *values));
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(gate: &mut Gate, second: i64, values: ChannelValues) -> Flags {
        gate.judge(second * 1000, &values)
    }

    /// A little deterministic noise around the nominal.
    fn nominal(i: i64) -> ChannelValues {
        let wave = (i as f64 * 0.7).sin();
        [
            500.0 + wave,
            5.0 + 0.01 * wave,
            2.0 + 0.1 * wave,
            45.0 + 0.5 * wave,
        ]
    }

    fn learned() -> Baseline {
        let mut baseline = Baseline::default();
        (0..400).for_each(|i| baseline.learn(&nominal(i)));
        baseline
    }

    #[test]
    fn a_quiet_machine_has_no_flag() {
        let limits = Limits::default();
        let mut gate = Gate::new(limits, learned());
        for i in 400..3000 {
            assert!(judge(&mut gate, i, nominal(i)).is_empty(), "{i}");
        }
    }

    #[test]
    fn a_frozen_sensor_is_stuck_and_one_that_moves_in_steps_is_not() {
        let limits = Limits::default();
        let mut gate = Gate::new(limits, learned());
        let last = (0..80).fold(Flags::NONE, |_, i| {
            let mut values = nominal(i);
            values[2] = 2.05;
            judge(&mut gate, i, values)
        });
        assert!(last.has(Flag::Stuck, Channel::Vibration));
        assert!(!last.has(Flag::Stuck, Channel::Temperature));

        let steps = |i: i64| {
            let mut values = nominal(i);
            values[0] = 32.0 + f64::from((i / 50 % 2) as i32);
            values
        };
        let mut baseline = Baseline::default();
        (0..400).for_each(|i| baseline.learn(&steps(i)));
        let mut gate = Gate::new(limits, baseline);
        for i in 0..1000 {
            assert!(!judge(&mut gate, i, steps(i)).has(Flag::Stuck, Channel::FlowRate));
        }
    }

    #[test]
    fn an_impossible_jump_is_flagged_once_and_not_after_a_silence() {
        let limits = Limits::default();
        let mut gate = Gate::new(limits, Baseline::default());
        let mut hot = nominal(0);
        hot[3] += 60.0;
        assert!(judge(&mut gate, 0, nominal(0)).is_empty());
        assert!(judge(&mut gate, 1, hot).has(Flag::Rate, Channel::Temperature));
        assert!(judge(&mut gate, 2, hot).is_empty());
        assert!(judge(&mut gate, 5000, nominal(0)).is_empty());
    }

    #[test]
    fn a_slow_departure_is_drift() {
        let limits = Limits::default();
        let mut gate = Gate::new(limits, learned());
        let seen = (0..4000).any(|i| {
            let mut values = nominal(i);
            values[3] += i as f64 * 0.005;
            judge(&mut gate, i, values).has(Flag::Drift, Channel::Temperature)
        });
        assert!(seen);
    }
}
