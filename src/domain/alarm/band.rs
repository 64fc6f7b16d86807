//! The limits that a value is held to, and the dead band within them: a value that trembles on its limit neither
//! raises nor ends an alarm.

use super::Seen;

/// Limits of one channel of one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    pub low: f64,
    pub high: f64,
    /// The machine's normal, between both.
    pub centre: f64,
}

impl Band {
    /// The stricter of a machine's own band and the configured limits, end by end.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        let (low, high) = (self.low.max(low), self.high.min(high));
        Self {
            low,
            high,
            centre: self.centre.max(low).min(high),
        }
    }

    /// The limit that this value is beyond.
    #[must_use]
    pub fn crossed(&self, value: f64) -> Option<f64> {
        if value > self.high {
            Some(self.high)
        } else if value < self.low {
            Some(self.low)
        } else {
            None
        }
    }

    /// How a value looks; `dead_band` is the share of a limit's distance from the normal by which it must be inside.
    #[must_use]
    pub fn look(&self, value: f64, dead_band: f64) -> Seen {
        if value.is_nan() {
            return Seen::Unknown;
        }
        if self.crossed(value).is_some() {
            return Seen::Holds;
        }
        let high = self.high - dead_band * (self.high - self.centre);
        let low = self.low + dead_band * (self.centre - self.low);
        if (low..=high).contains(&value) {
            Seen::Gone
        } else {
            Seen::Near
        }
    }
}
