//! Honest figures of judged rows.

use crate::domain::{LabelKind, Metrics};

/// A labelled row and what was said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Judged {
    /// Index of the locomotive.
    pub loco: u32,
    pub at_ms: i64,
    pub probability: f64,
    pub alarm: bool,
    pub label: bool,
    /// Hours it stands for itself.
    pub hours: f64,
    /// Rows that it stands for: 1, or more where rows like it were left out.
    pub weight: f64,
}

/// What the rows are measured against.
pub(super) struct Ground<'a> {
    pub kind: LabelKind,
    pub horizon_ms: i64,
    /// Failure instants of each locomotive, ascending.
    pub failures: &'a [Vec<i64>],
}

/// Something that should have been warned of: rows `from..to` of the judged ones, and its instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Event {
    pub from: usize,
    pub to: usize,
    pub at_ms: i64,
}

impl Ground<'_> {
    /// The events that have a labelled row in their horizon: failures, or without them runs of
    /// positive rows of one locomotive. Rows stand in (locomotive, time) order.
    pub fn events(&self, rows: &[Judged]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut start = 0;
        while start < rows.len() {
            let loco = rows[start].loco;
            let end = start + rows[start..].partition_point(|r| r.loco <= loco);
            if self.kind == LabelKind::Failures {
                let failures = self
                    .failures
                    .get(loco as usize)
                    .map_or(&[][..], Vec::as_slice);
                for &at_ms in failures {
                    let one = &rows[start..end];
                    let from =
                        one.partition_point(|r| r.at_ms < at_ms.saturating_sub(self.horizon_ms));
                    let to = one.partition_point(|r| r.at_ms < at_ms);
                    if from < to {
                        events.push(Event {
                            from: start + from,
                            to: start + to,
                            at_ms,
                        });
                    }
                }
            } else {
                let mut i = start;
                while i < end {
                    if rows[i].label {
                        let from = i;
                        while i < end && rows[i].label {
                            i += 1;
                        }
                        events.push(Event {
                            from,
                            to: i,
                            at_ms: rows[i - 1].at_ms,
                        });
                    } else {
                        i += 1;
                    }
                }
            }
            start = end;
        }
        events
    }

    /// All figures at the alarms given. Lead is from an event's first alarm to its instant (of a run:
    /// to its last row).
    pub fn measure(&self, rows: &[Judged]) -> Metrics {
        let count = |alarm, label| {
            rows.iter()
                .filter(|r| r.alarm == alarm && r.label == label)
                .map(|r| r.weight)
                .sum::<f64>()
                // The sum of nothing is −0.0.
                + 0.0
        };
        let (tp, fp) = (count(true, true), count(true, false));
        let (fn_, tn) = (count(false, true), count(false, false));
        let ratio = |a: f64, b: f64| (b > 0.0).then(|| a / b);
        let scores: Vec<(f64, bool, f64)> = rows
            .iter()
            .map(|r| (r.probability, r.label, r.weight))
            .collect();
        let events = self.events(rows);
        let mut leads: Vec<f64> = events
            .iter()
            .filter_map(|e| rows[e.from..e.to].iter().find(|r| r.alarm).map(|r| (e, r)))
            .map(|(e, r)| e.at_ms.saturating_sub(r.at_ms) as f64 / 3_600_000.0)
            .collect();
        leads.sort_by(f64::total_cmp);
        let all = rows.iter().map(|r| r.weight).sum::<f64>() + 0.0;
        let hours: f64 = rows.iter().map(|r| r.hours * r.weight).sum();
        let false_hours: f64 = rows
            .iter()
            .filter(|r| r.alarm && !r.label)
            .map(|r| r.hours * r.weight)
            .sum::<f64>()
            + 0.0;
        let squares: f64 = rows
            .iter()
            .map(|r| r.weight * (r.probability - f64::from(u8::from(r.label))).powi(2))
            .sum();
        Metrics {
            rows: all.round() as u64,
            positives: (tp + fn_).round() as u64,
            roc_auc: roc_auc(&scores),
            pr_auc: pr_auc(&scores),
            f1: ratio(2.0 * tp, 2.0 * tp + fp + fn_),
            far: ratio(fp, fp + tn),
            mar: ratio(fn_, fn_ + tp),
            brier: ratio(squares, all),
            failures: events.len() as u64,
            failures_warned: leads.len() as u64,
            median_lead_hours: middle(&leads),
            false_alarm_hours_per_loco_day: ratio(false_hours, hours / 24.0),
        }
    }

    /// The same rows if all, or none, were alarms.
    pub fn constant(&self, rows: &[Judged], alarm: bool) -> Metrics {
        let probability = f64::from(u8::from(alarm));
        let rows: Vec<Judged> = rows
            .iter()
            .map(|r| Judged {
                probability,
                alarm,
                ..*r
            })
            .collect();
        self.measure(&rows)
    }
}

/// The middle of sorted values.
pub(super) fn middle(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    let upper = *sorted.get(n / 2)?;
    Some(if n % 2 == 1 {
        upper
    } else {
        f64::midpoint(sorted[n / 2 - 1], upper)
    })
}

/// What the positives of some scores weigh, and all of them.
fn weigh(scores: &[(f64, bool, f64)]) -> (f64, f64) {
    scores.iter().fold((0.0, 0.0), |(p, all), s| {
        (p + if s.1 { s.2 } else { 0.0 }, all + s.2)
    })
}

/// Area under the ROC curve of (score, positive, weight) by ranks (Mann–Whitney), ties counting half. `None` for one class.
pub(super) fn roc_auc(scores: &[(f64, bool, f64)]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
    for tie in sorted.chunk_by(|a, b| a.0 == b.0) {
        let (p, all) = weigh(tie);
        let n = all - p;
        wins += p * (below + n / 2.0);
        below += n;
        positives += p;
    }
    (positives > 0.0 && below > 0.0).then(|| wins / (positives * below))
}

/// Average precision of (score, positive, weight): Σ (recall step × precision), from the highest score down, ties together.
/// `None` without a positive.
pub(super) fn pr_auc(scores: &[(f64, bool, f64)]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (positives, _) = weigh(&sorted);
    let (mut seen, mut found, mut area) = (0.0, 0.0, 0.0);
    for tie in sorted.chunk_by(|a, b| a.0 == b.0) {
        let (p, all) = weigh(tie);
        seen += all;
        found += p;
        area += p * found / seen;
    }
    (positives > 0.0).then(|| area / positives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at_ms: i64, probability: f64, label: bool) -> Judged {
        Judged {
            loco: 0,
            at_ms,
            probability,
            alarm: probability >= 0.5,
            label,
            hours: 1.0,
            weight: 1.0,
        }
    }

    #[test]
    fn areas_by_hand() {
        let scores = [
            (0.9, true, 1.0),
            (0.8, false, 1.0),
            (0.7, true, 1.0),
            (0.1, false, 1.0),
        ];
        // Of 4 pairs 3 are in order.
        assert_eq!(roc_auc(&scores), Some(0.75));
        // Precision 1 at the first positive, 2/3 at the second.
        assert!((pr_auc(&scores).expect("defined") - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(roc_auc(&[(0.5, true, 1.0), (0.5, false, 1.0)]), Some(0.5));
        assert_eq!(roc_auc(&[(0.5, true, 1.0)]), None);
        assert_eq!(pr_auc(&[(0.5, false, 1.0)]), None);
    }

    #[test]
    fn rates_by_hand() {
        let ground = Ground {
            kind: LabelKind::Truth,
            horizon_ms: 0,
            failures: &[],
        };
        let rows = [
            row(0, 0.9, true),
            row(3_600_000, 0.2, true),
            row(7_200_000, 0.6, false),
            row(10_800_000, 0.1, false),
            row(14_400_000, 0.1, true),
        ];
        let m = ground.measure(&rows);
        assert_eq!((m.rows, m.positives), (5, 3));
        assert_eq!(m.f1, Some(2.0 / 5.0));
        assert_eq!(m.far, Some(0.5));
        assert_eq!(m.mar, Some(2.0 / 3.0));
        assert_eq!((m.failures, m.failures_warned), (2, 1));
        assert_eq!(m.median_lead_hours, Some(1.0));
        assert!((m.false_alarm_hours_per_loco_day.expect("hours") - 4.8).abs() < 1e-12);
        let always = ground.constant(&rows, true);
        assert_eq!(
            (always.f1, always.far, always.roc_auc),
            (Some(0.75), Some(1.0), Some(0.5))
        );
        assert_eq!(ground.constant(&rows, false).mar, Some(1.0));
    }

    #[test]
    fn a_weight_is_as_many_rows() {
        let ground = Ground {
            kind: LabelKind::Truth,
            horizon_ms: 0,
            failures: &[],
        };
        let once = [(0.9, true), (0.6, false), (0.2, true), (0.1, false)];
        let mut thin: Vec<Judged> = once.iter().map(|&(p, y)| row(0, p, y)).collect();
        let mut all = thin.clone();
        all.extend(
            thin.iter()
                .filter(|r| !r.label)
                .copied()
                .collect::<Vec<_>>(),
        );
        thin.iter_mut()
            .filter(|r| !r.label)
            .for_each(|r| r.weight = 2.0);
        let said = |rows: &[Judged]| Metrics {
            // Runs of truth are counted as rows stand.
            failures: 0,
            failures_warned: 0,
            median_lead_hours: None,
            // A sum in another order.
            brier: None,
            ..ground.measure(rows)
        };
        assert_eq!(said(&thin), said(&all));
    }

    #[test]
    fn a_failure_is_warned_within_its_horizon_only() {
        let failures = vec![vec![10 * 3_600_000]];
        let ground = Ground {
            kind: LabelKind::Failures,
            horizon_ms: 4 * 3_600_000,
            failures: &failures,
        };
        let rows: Vec<Judged> = (0..12)
            .map(|h| {
                row(
                    h * 3_600_000,
                    if h == 2 || h == 7 { 0.9 } else { 0.0 },
                    (6..10).contains(&h),
                )
            })
            .collect();
        let m = ground.measure(&rows);
        assert_eq!(
            (m.failures, m.failures_warned, m.median_lead_hours),
            (1, 1, Some(3.0))
        );
        let m = ground.measure(&rows[..6]);
        assert_eq!(m.failures, 0);
    }
}
