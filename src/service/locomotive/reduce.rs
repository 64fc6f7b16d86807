//! Minimum and maximum a bucket, in time order, split at gaps.

use crate::domain::Reading;
use crate::service::snapshot::{Bucket, Curve, Sample};

/// Buckets a window: two points each are about as many as there are pixels.
pub const BUCKETS: i64 = 1000;

fn bucket(at_ms: i64, from_ms: i64, to_ms: i64) -> i64 {
    // i128: a window of centuries times a thousand buckets.
    let share = i128::from(at_ms - from_ms) * i128::from(BUCKETS);
    i64::try_from(share / i128::from((to_ms - from_ms).max(1))).unwrap_or(i64::MAX)
}

/// One sample a bucket: its newest reading, unless an earlier one is strange and it is not.
pub(super) fn sample(samples: &mut Vec<Sample>, reading: &Reading, from_ms: i64, to_ms: i64) {
    let new = Sample {
        at_ms: reading.at_ms,
        values: reading.values,
        mean: false,
        flags: reading.flags,
        judged: None,
        bucket: Bucket::of_one(reading.at_ms, reading.values),
    };
    match samples.last_mut() {
        Some(last) if bucket(last.at_ms, from_ms, to_ms) == bucket(new.at_ms, from_ms, to_ms) => {
            let both = last.bucket.and(&new.bucket);
            if last.flags.is_empty() || !new.flags.is_empty() {
                *last = new;
            }
            last.bucket = both;
        }
        _ => samples.push(new),
    }
}

/// Minimum and maximum a bucket, in time order, split at gaps.
pub(super) struct Reducer {
    from_ms: i64,
    to_ms: i64,
    curve: Curve,
    current: Option<Extremes>,
    last_ms: Option<i64>,
}

#[derive(Clone, Copy)]
struct Extremes {
    bucket: i64,
    low: (i64, f64),
    high: (i64, f64),
}

impl Reducer {
    pub fn new(from_ms: i64, to_ms: i64) -> Self {
        Self {
            from_ms,
            to_ms,
            curve: vec![Vec::new()],
            current: None,
            last_ms: None,
        }
    }

    /// A longer silence before it than `gap_ms` splits the curve.
    pub fn push(&mut self, at_ms: i64, value: f64, gap_ms: i64) {
        let bucket = bucket(at_ms, self.from_ms, self.to_ms);
        let gap = self.last_ms.is_some_and(|last| at_ms - last > gap_ms);
        self.last_ms = Some(at_ms);
        match &mut self.current {
            Some(now) if now.bucket == bucket && !gap => {
                if value < now.low.1 {
                    now.low = (at_ms, value);
                }
                if value > now.high.1 {
                    now.high = (at_ms, value);
                }
            }
            _ => {
                self.close();
                if gap {
                    self.curve.push(Vec::new());
                }
                self.current = Some(Extremes {
                    bucket,
                    low: (at_ms, value),
                    high: (at_ms, value),
                });
            }
        }
    }

    fn close(&mut self) {
        let (Some(done), Some(stretch)) = (self.current.take(), self.curve.last_mut()) else {
            return;
        };
        let point = |(at_ms, value): (i64, f64)| [at_ms as f64 / 1000.0, value];
        let (first, second) = if done.low.0 <= done.high.0 {
            (done.low, done.high)
        } else {
            (done.high, done.low)
        };
        stretch.push(point(first));
        if first != second {
            stretch.push(point(second));
        }
    }

    pub fn finish(mut self) -> Curve {
        self.close();
        self.curve.retain(|stretch| !stretch.is_empty());
        self.curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_of_one_row_survives_any_zoom() {
        let mut reducer = Reducer::new(0, 1_000_000_000);
        for i in 0..1_000_000_i64 {
            let value = if i == 777_777 { 99.0 } else { (i % 7) as f64 };
            reducer.push(i * 1000, value, 5000);
        }
        let curve = reducer.finish();
        let points: Vec<_> = curve.iter().flatten().collect();
        assert_eq!(curve.len(), 1);
        assert!(points.len() <= 2 * BUCKETS as usize + 2, "{}", points.len());
        assert!(points.iter().any(|p| p[1] == 99.0 && p[0] == 777_777.0));
        assert!(points.windows(2).all(|w| w[0][0] <= w[1][0]));
    }

    #[test]
    fn a_gap_splits_the_curve() {
        let mut reducer = Reducer::new(0, 100_000);
        for second in (0..20).chain(60..80) {
            reducer.push(second * 1000, 1.0, 5000);
        }
        assert_eq!(reducer.finish().len(), 2);
    }
}
