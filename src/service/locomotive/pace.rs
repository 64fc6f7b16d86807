//! How long a silence is a gap, judged by the pace that held there: a source that once sent every five minutes and
//! now sends every second had no gaps then.

/// A silence of this many sampling periods is a gap.
pub(super) const GAP_PERIODS: i64 = 5;
/// Steps looked at on each side of a silence.
const SIDE: usize = 5;

/// The pace of a series.
pub(super) struct Pace {
    /// From each instant to the next, a reading, milliseconds.
    steps: Vec<i64>,
    least_ms: i64,
}

impl Pace {
    /// Of instants in time order with how many readings each stands for; no silence up to `least_ms` is a gap.
    pub fn of(instants: impl Iterator<Item = (i64, u64)>, least_ms: i64) -> Self {
        let mut steps = Vec::new();
        let mut before: Option<(i64, u64)> = None;
        for (at_ms, readings) in instants {
            if let Some((before_ms, readings)) = before {
                let readings = i64::try_from(readings.max(1)).unwrap_or(i64::MAX);
                steps.push((at_ms - before_ms) / readings);
            }
            before = Some((at_ms, readings));
        }
        Self { steps, least_ms }
    }

    /// The longest silence before the instant of this index that is no gap; behind the last index, that after it.
    /// The middle of ten steps around it: a change of pace is none, and a few gaps nearby hide none.
    pub fn limit_before(&self, i: usize) -> i64 {
        let own = i.saturating_sub(1);
        let first = own.saturating_sub(SIDE).min(self.steps.len());
        let before = &self.steps[first..own.clamp(first, self.steps.len())];
        let next = i.min(self.steps.len());
        let after = &self.steps[next..(next + SIDE).min(self.steps.len())];
        let mut around = [0; 2 * SIDE];
        let count = before.len() + after.len();
        for (place, step) in around.iter_mut().zip(before.iter().chain(after)) {
            *place = *step;
        }
        let around = &mut around[..count];
        around.sort_unstable();
        let period_ms = around.get(count / 2).copied().unwrap_or(0);
        self.least_ms.max(period_ms.saturating_mul(GAP_PERIODS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn gaps(times: &[i64]) -> Vec<usize> {
        let pace = Pace::of(times.iter().map(|&t| (t, 1)), 5000);
        (1..times.len())
            .filter(|&i| times[i] - times[i - 1] > pace.limit_before(i))
            .collect()
    }

    #[test]
    fn a_change_of_pace_is_no_gap_and_a_silence_is_one_at_either_pace() {
        let slow = (0..50).map(|i| i * 5 * MINUTE);
        let fast = (1..200).map(|i| 49 * 5 * MINUTE + i * 1000);
        let mut times: Vec<i64> = slow.chain(fast).collect();
        let end = times[times.len() - 1];
        times.extend((1..20).map(|i| end + i * 5 * MINUTE));
        assert_eq!(gaps(&times), [] as [usize; 0]);
        for (from, silence) in [(20, 60 * MINUTE), (100, 10_000)] {
            let mut silent = times.clone();
            silent[from..].iter_mut().for_each(|t| *t += silence);
            assert_eq!(gaps(&silent), [from]);
        }
    }

    #[test]
    fn what_stands_for_many_has_their_pace_and_few_instants_are_enough() {
        let minutes = Pace::of((0..30).map(|i| (i * MINUTE, 60)), MINUTE);
        assert!((0..=30).all(|i| minutes.limit_before(i) == MINUTE));
        let few = Pace::of(
            [(0, 1), (5 * MINUTE, 1), (10 * MINUTE, 1)].into_iter(),
            5000,
        );
        assert!((0..=3).all(|i| few.limit_before(i) == 25 * MINUTE));
        let none = Pace::of(std::iter::empty(), 5000);
        assert_eq!(none.limit_before(0), 5000);
    }
}
