//! What is normal: of a machine, from its own first readings, and of a fleet.

use serde::{Deserialize, Serialize};

use crate::domain::reading::ChannelValues;

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
            fleet.within[c] = Some(median(&deviations))
                .filter(|d| *d > 0.0)
                .unwrap_or(unit);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> FleetNormal {
        FleetNormal {
            mean: [500.0, 5.0, 2.0, 45.0],
            within: [20.0, 0.3, 0.2, 3.0],
            between: [10.0, 0.2, 0.2, 2.0],
            alike: [false; 4],
        }
    }

    #[test]
    fn a_machine_plainly_of_another_kind_keeps_its_own_mean() {
        let fleet = fleet();
        let mut learner = NormalLearner::default();
        for i in 0..NORMAL_READINGS {
            learner.push(&[3000.0 + f64::from(i % 3), 5.1, 2.0, 45.0]);
        }
        let normal = learner.normal(&fleet);
        assert!((normal.mean[0] - 3001.0).abs() < 0.1, "{normal:?}");
        assert_eq!(normal.readings, NORMAL_READINGS);
        // A sensor that stands still has a deviation all the same.
        assert!(normal.deviation[1] >= 0.15);
    }

    #[test]
    fn one_early_fault_does_not_become_the_normal() {
        let fleet = fleet();
        let mut learner = NormalLearner::default();
        for i in 0..NORMAL_READINGS {
            let vibration = if (100..130).contains(&i) {
                12.0
            } else {
                2.0 + f64::from(i % 5) * 0.1
            };
            learner.push(&[500.0, 5.0, vibration, 45.0]);
        }
        let normal = learner.normal(&fleet);
        assert!(
            normal.mean[2] < 2.4 && normal.deviation[2] < 0.5,
            "{normal:?}"
        );
    }

    #[test]
    fn machines_that_do_not_differ_share_the_fleets_normal() {
        let machine = |offset: f64| {
            let mut learner = NormalLearner::default();
            for i in 0..NORMAL_READINGS {
                let noise = f64::from(i % 7) - 3.0;
                learner.push(&[
                    500.0 + offset + noise,
                    5.0 + 0.01 * noise,
                    2.0,
                    45.0 + noise,
                ]);
            }
            learner
        };
        let machines: Vec<NormalLearner> = (0..9).map(|m| machine(f64::from(m) * 10.0)).collect();
        let fleet = FleetNormal::of(&machines).expect("machines");
        assert_eq!(
            (fleet.alike[0], fleet.alike[1], fleet.alike[3]),
            (false, true, true)
        );
        let normal = machines[0].normal(&fleet);
        assert!((normal.mean[0] - 500.0).abs() < 0.5, "{normal:?}");
        assert!((normal.mean[3] - 45.0).abs() < 0.01, "{normal:?}");
        assert_eq!(FleetNormal::of(&[NormalLearner::default()]), None);
    }
}
