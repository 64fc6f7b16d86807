//! How far two distributions lie apart: the stability index over bins, and Kolmogorov and Smirnov's distance.

pub(super) use crate::domain::drift::BINS;

/// What an empty bin counts: no bin is impossible.
const HALF: f64 = 0.5;

/// Readings in each bin.
pub(super) type Counts = [u32; BINS];

pub(super) fn bin(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge <= value)
}

/// Population stability index of counts against shares: Σ (now − then) · ln(now ⁄ then), over the same bins.
#[must_use]
pub fn psi(then: &[f64], readings_then: u64, now: &[u32]) -> f64 {
    let bins = then.len() as f64;
    let all: u64 = now.iter().map(|n| u64::from(*n)).sum();
    if all == 0 {
        return 0.0;
    }
    let smooth = |count: f64, of: f64| (count + HALF) / (of + HALF * bins);
    let of_then = (readings_then.max(1)) as f64;
    then.iter()
        .zip(now)
        .map(|(share, count)| {
            let then = smooth(share * of_then, of_then);
            let now = smooth(f64::from(*count), all as f64);
            (now - then) * (now / then).ln()
        })
        .sum()
}

/// Largest distance between the distribution behind sorted quantiles and a sorted sample.
#[must_use]
pub fn ks_distance(quantiles: &[f64], sorted: &[f64]) -> f64 {
    let (Some(steps), false) = (quantiles.len().checked_sub(1), sorted.is_empty()) else {
        return 0.0;
    };
    let (steps, n) = (steps as f64, sorted.len() as f64);
    // Where the reference leaps, a whole step of it lies at one value: both sides of it are looked at.
    let then = |x: f64| {
        let below = quantiles.partition_point(|q| *q < x);
        let upto = quantiles.partition_point(|q| *q <= x);
        let inside = |at: usize| match (at.checked_sub(1).map(|i| quantiles[i]), quantiles.get(at))
        {
            (None, _) => 0.0,
            (_, None) => steps,
            (Some(low), Some(high)) if *high > low => {
                at as f64 - 1.0 + ((x - low) / (high - low)).clamp(0.0, 1.0)
            }
            (Some(_), Some(_)) => at as f64,
        };
        (inside(below) / steps, inside(upto) / steps)
    };
    let mut most: f64 = 0.0;
    let mut at = 0;
    while at < sorted.len() {
        let x = sorted[at];
        let upto = sorted.partition_point(|v| *v <= x).max(at + 1);
        let (below, through) = then(x);
        most = most.max((below - at as f64 / n).abs());
        most = most.max((through - upto as f64 / n).abs());
        at = upto;
    }
    most.min(1.0)
}

/// The same distance as far as bins show it.
pub(super) fn binned_distance(then: &[f64], now: &[u32]) -> f64 {
    let all: f64 = now.iter().map(|n| f64::from(*n)).sum();
    if all == 0.0 {
        return 0.0;
    }
    let mut apart = 0.0_f64;
    then.iter()
        .zip(now)
        .map(|(then, now)| {
            apart += then - f64::from(*now) / all;
            apart.abs()
        })
        // Sums of shares may be a hair above one.
        .fold(0.0, f64::max)
        .min(1.0)
}
