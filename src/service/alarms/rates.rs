//! How many alarms there are, against the guidance of ISA-18.2: one in ten minutes can be managed, more than ten in
//! ten is a flood.

use std::collections::VecDeque;

pub const TEN_MIN_MS: i64 = 600_000;
const DAY_MS: i64 = 86_400_000;
/// Alarms in ten minutes that an operator can manage for long.
pub const GUIDANCE: u32 = 1;
/// More than so many in ten minutes are a flood.
pub const FLOOD: u32 = 10;

/// When alarms were raised, of about a day, oldest first; UTC milliseconds, the computer's clock.
#[derive(Debug, Default)]
pub struct Raised(VecDeque<i64>);

impl Raised {
    /// Takes the next one.
    pub fn push(&mut self, at_ms: i64) {
        while self
            .0
            .front()
            .is_some_and(|first| *first < at_ms - 2 * DAY_MS)
        {
            self.0.pop_front();
        }
        self.0.push_back(at_ms);
    }

    /// In the last ten minutes.
    #[must_use]
    pub fn last_ten_min(&self, now_ms: i64) -> u32 {
        let within = |at: &&i64| **at > now_ms - TEN_MIN_MS && **at <= now_ms;
        u32::try_from(self.0.iter().rev().filter(within).count()).unwrap_or(u32::MAX)
    }

    /// In each ten minutes of the last day, oldest first, on the ten minutes of the clock.
    #[must_use]
    pub fn by_ten_min(&self, now_ms: i64) -> Vec<(i64, u32)> {
        let last = now_ms.div_euclid(TEN_MIN_MS);
        let buckets = DAY_MS / TEN_MIN_MS;
        let mut counts: Vec<(i64, u32)> = (last - buckets + 1..=last)
            .map(|bucket| (bucket * TEN_MIN_MS, 0))
            .collect();
        for at_ms in &self.0 {
            let back = last - at_ms.div_euclid(TEN_MIN_MS);
            if let Ok(index) = usize::try_from(buckets - 1 - back)
                && let Some(bucket) = counts.get_mut(index)
            {
                bucket.1 += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_counted_by_ten_minutes() {
        let mut raised = Raised::default();
        let now_ms = 100 * DAY_MS + 5 * 60_000;
        raised.push(now_ms - 3 * DAY_MS);
        raised.push(now_ms - DAY_MS);
        for minutes in [25, 11, 9, 4, 0] {
            raised.push(now_ms - minutes * 60_000);
        }
        let counts = raised.by_ten_min(now_ms);
        assert_eq!(counts.len(), 144);
        assert_eq!(counts[143], (100 * DAY_MS, 2));
        assert_eq!((counts[142].1, counts[141].1, counts[140].1), (2, 1, 0));
        assert_eq!(counts.iter().map(|c| c.1).sum::<u32>(), 5);
        assert_eq!(raised.last_ten_min(now_ms), 3);
        assert_eq!(raised.last_ten_min(now_ms + DAY_MS), 0);
    }
}
