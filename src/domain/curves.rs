//! How a model's probabilities hold up on rows that it was not fitted on: small enough to be kept with it.

use serde::{Deserialize, Serialize};

/// Rows whose probability lies within `from..to` (of the last bin: `to` included).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    pub from: f64,
    pub to: f64,
    /// Mean probability that was said.
    pub said: f64,
    /// Share of the rows that turned out positive.
    pub came: f64,
    /// Rows that it stands for.
    pub rows: u64,
}

/// What a threshold would cost and bring. Undefined rates are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ThresholdPoint {
    /// Alarm from this probability on.
    pub threshold: f64,
    /// Share of the alarms that are right.
    pub precision: Option<f64>,
    /// Share of the positive rows that are found.
    pub recall: f64,
    /// Share of the sound rows that are alarms.
    pub far: f64,
    /// Hours of false alarm a locomotive-day.
    pub false_alarm_hours: Option<f64>,
    /// Failures with at least one alarm in their horizon.
    pub failures_warned: u64,
}

/// The curves of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// By probability, ascending; bins without a row are left out.
    pub reliability: Vec<ReliabilityBin>,
    /// By threshold, ascending.
    pub thresholds: Vec<ThresholdPoint>,
    /// Failures that could be warned of.
    pub failures: u64,
    /// Share of positive rows: the precision of "always".
    pub positives: f64,
}

impl Curves {
    /// The point at a threshold, or the first above it; the last one beyond all.
    #[must_use]
    pub fn at(&self, threshold: f64) -> Option<&ThresholdPoint> {
        let next = self
            .thresholds
            .partition_point(|point| point.threshold < threshold);
        self.thresholds.get(next).or(self.thresholds.last())
    }
}
