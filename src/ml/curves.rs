//! Reliability and price of each threshold, on rows judged by forests that have not seen their locomotive or
//! their time. Kept with the model: a few hundred numbers.

use super::metrics::{Ground, Judged};
use crate::domain::curves::{Curves, ReliabilityBin, ThresholdPoint};

/// Failures are rare: most of what is said lies below a tenth, and is told apart there.
const BINS: [f64; 14] = [
    0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0,
];
/// Thresholds that are tried, denser towards zero.
const THRESHOLDS: u32 = 200;

/// The curves of out-of-fold rows in (locomotive, time) order; `None` without rows of both classes.
pub(super) fn curves(ground: &Ground, rows: &[Judged]) -> Option<Curves> {
    let weigh = |some: &dyn Fn(&Judged) -> bool| -> f64 {
        rows.iter().filter(|r| some(r)).map(|r| r.weight).sum()
    };
    let positives = weigh(&|r| r.label);
    let negatives = weigh(&|r| !r.label);
    if positives <= 0.0 || negatives <= 0.0 {
        return None;
    }
    let days = rows.iter().map(|r| r.hours * r.weight).sum::<f64>() / 24.0;
    let events = ground.events(rows);
    let peaks: Vec<f64> = events
        .iter()
        .map(|e| {
            let within = rows[e.from..e.to].iter();
            within.map(|r| r.probability).fold(0.0, f64::max)
        })
        .collect();
    let mut sorted: Vec<&Judged> = rows.iter().collect();
    sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut thresholds = Vec::with_capacity(THRESHOLDS as usize);
    let (mut tp, mut fp, mut false_hours, mut next) = (0.0, 0.0, 0.0, 0);
    for k in (1..=THRESHOLDS).rev() {
        let threshold = (f64::from(k) / f64::from(THRESHOLDS)).powf(1.5);
        while let Some(row) = sorted.get(next).filter(|r| r.probability >= threshold) {
            if row.label {
                tp += row.weight;
            } else {
                fp += row.weight;
                false_hours += row.hours * row.weight;
            }
            next += 1;
        }
        thresholds.push(ThresholdPoint {
            threshold,
            precision: (tp + fp > 0.0).then(|| tp / (tp + fp)),
            recall: tp / positives,
            far: fp / negatives,
            false_alarm_hours: (days > 0.0).then(|| false_hours / days),
            failures_warned: peaks.iter().filter(|peak| **peak >= threshold).count() as u64,
        });
    }
    thresholds.reverse();
    Some(Curves {
        reliability: reliability(rows),
        thresholds,
        failures: events.len() as u64,
        positives: positives / (positives + negatives),
    })
}

fn reliability(rows: &[Judged]) -> Vec<ReliabilityBin> {
    // Weight, weighted probability, weight of the positives.
    let mut sums = [[0.0_f64; 3]; BINS.len() - 1];
    for row in rows {
        let bin = BINS.partition_point(|from| *from <= row.probability);
        let bin = bin.saturating_sub(1).min(sums.len() - 1);
        sums[bin][0] += row.weight;
        sums[bin][1] += row.weight * row.probability;
        sums[bin][2] += row.weight * f64::from(u8::from(row.label));
    }
    let bins = sums.iter().zip(BINS.windows(2));
    bins.filter(|(sum, _)| sum[0] > 0.0)
        .map(|(sum, ends)| ReliabilityBin {
            from: ends[0],
            to: ends[1],
            said: sum[1] / sum[0],
            came: sum[2] / sum[0],
            rows: sum[0].round().max(1.0) as u64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LabelKind;
    use proptest::prelude::*;

    fn rows(of: &[(f64, bool)]) -> Vec<Judged> {
        let row = |(i, &(probability, label)): (usize, &(f64, bool))| Judged {
            loco: 0,
            at_ms: i as i64,
            probability,
            alarm: false,
            label,
            hours: 1.0,
            weight: 1.0,
        };
        of.iter().enumerate().map(row).collect()
    }

    const TRUTH: Ground = Ground {
        kind: LabelKind::Truth,
        horizon_ms: 0,
        failures: &[],
    };

    #[test]
    fn prices_by_hand() {
        let rows = rows(&[
            (0.05, false),
            (0.32, false),
            (0.35, true),
            (0.34, true),
            (0.95, true),
            (0.97, false),
        ]);
        let curves = curves(&TRUTH, &rows).expect("both classes");
        assert_eq!(curves.thresholds.len(), THRESHOLDS as usize);
        let at = curves.at(0.5).expect("points");
        assert_eq!((at.precision, at.failures_warned), (Some(0.5), 1));
        assert!((at.recall - 1.0 / 3.0).abs() < 1e-12 && (at.far - 1.0 / 3.0).abs() < 1e-12);
        // One false hour in six hours is four a day.
        assert!((at.false_alarm_hours.expect("days") - 4.0).abs() < 1e-12);
        assert_eq!(curves.at(1.0).expect("points").precision, None);
        let bins: Vec<(f64, u64)> = curves
            .reliability
            .iter()
            .map(|b| (b.from, b.rows))
            .collect();
        assert_eq!(bins, [(0.05, 1), (0.3, 3), (0.9, 2)]);
        assert!((curves.reliability[1].came - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(super::curves(&TRUTH, &rows[..2]), None);
    }

    proptest! {
        #[test]
        fn a_higher_threshold_never_finds_more_nor_costs_more(
            of in prop::collection::vec((0.0_f64..=1.0, any::<bool>()), 2..200),
        ) {
            let Some(curves) = curves(&TRUTH, &rows(&of)) else { return Ok(()); };
            for pair in curves.thresholds.windows(2) {
                prop_assert!(pair[0].threshold < pair[1].threshold);
                prop_assert!(pair[0].recall >= pair[1].recall);
                prop_assert!(pair[0].far >= pair[1].far);
                prop_assert!(pair[0].failures_warned >= pair[1].failures_warned);
            }
            let rows: u64 = curves.reliability.iter().map(|b| b.rows).sum();
            prop_assert_eq!(rows, of.len() as u64);
            prop_assert!(curves.reliability.iter().all(|b| b.from <= b.said && b.said <= b.to));
        }
    }
}
