//! Where DANGER begins: chosen on rows the model was not fitted on, within a false-alarm budget.
//! Never a blind 0.5.

use super::metrics::{Ground, Judged};
use crate::domain::LabelKind;

/// Default budget for failure labels: false-alarm hours a locomotive-day.
const HOURS_BUDGET: f64 = 0.40;
/// Default budget for truth and rule labels: share of sound rows.
const RATE_BUDGET: f64 = 0.05;

/// A threshold and how it was found, in words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub threshold: f64,
    pub words: String,
}

/// One place for the threshold: between two neighbouring probabilities.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Every threshold in (below, upto] gives the same alarms.
    below: f64,
    upto: f64,
    f1: f64,
    warned: usize,
    within_budget: bool,
    cost: f64,
}

/// Chooses on out-of-fold rows in (locomotive, time) order: for failures between the threshold at which the first
/// of those that can be warned of would be missed, and the one at which the budget ends; otherwise the
/// best F1. `presets` are the probabilities of the nominal preset and
/// the least of the alert ones: where thresholds within the budget tell them apart, one of those
/// is taken. `None` without rows of both classes.
pub(super) fn choose(
    ground: &Ground,
    rows: &[Judged],
    hours_budget: Option<f64>,
    presets: Option<(f64, f64)>,
) -> Option<Choice> {
    let (candidates, budget) = candidates(ground, rows, hours_budget)?;
    if ground.kind == LabelKind::Failures
        && let Some(choice) = between(&candidates, presets, &budget, rows.len())
    {
        return Some(choice);
    }
    let better =
        |a: &&Candidate, b: &&Candidate| a.f1.total_cmp(&b.f1).then(a.upto.total_cmp(&b.upto));
    let parts = |c: &Candidate| {
        presets.is_none_or(|(nominal, alert)| c.below.max(nominal) < c.upto.min(alert))
    };
    let affordable = || candidates.iter().filter(|c| c.within_budget);
    let aim = "best F1";
    let source = format!("out-of-fold probabilities of {} labelled rows", rows.len());
    let (best, mut words) = if let Some(best) = affordable().filter(|c| parts(c)).max_by(better) {
        (best, format!("{aim} within {budget}, on {source}"))
    } else if let Some(best) = affordable().max_by(better) {
        (
            best,
            format!("{aim} within {budget}, on {source}; none there tells the presets apart"),
        )
    } else {
        let least = candidates.iter().min_by(|a, b| a.cost.total_cmp(&b.cost))?;
        (
            least,
            format!("no threshold keeps {budget}; the fewest false alarms, on {source}"),
        )
    };
    let (mut below, mut upto) = (best.below, best.upto);
    if let Some((nominal, alert)) = presets.filter(|_| parts(best)) {
        let free = affordable()
            .max_by(better)
            .is_some_and(|c| c.upto == best.upto);
        if !free {
            words.push_str("; chosen among those that tell the two demo presets apart");
        }
        below = below.max(nominal);
        upto = upto.min(alert);
    }
    // In the middle, and above `below` whatever the rounding.
    let mut threshold = f64::midpoint(below, upto);
    if threshold <= below {
        threshold = upto;
    }
    Some(Choice { threshold, words })
}

/// The budget is a price that was agreed to, and a failure missed is dearer than all of it: so nothing above the
/// least peak of a failure that the budget can warn of. Nor is more of it spent than that takes: failures to come
/// will peak lower and false alarms higher than those that are known, and which of the two by more nobody
/// knows, so it is the middle, by ratio. `None` where the budget has room for no alarm at all.
fn between(
    candidates: &[Candidate],
    presets: Option<(f64, f64)>,
    budget: &str,
    rows: usize,
) -> Option<Choice> {
    let affordable = || candidates.iter().filter(|c| c.within_budget);
    let lowest = affordable().min_by(|a, b| a.upto.total_cmp(&b.upto))?;
    let warning = affordable()
        .filter(|c| c.warned == lowest.warned)
        .max_by(|a, b| a.upto.total_cmp(&b.upto))?;
    let end = f64::midpoint(lowest.below, lowest.upto);
    let mut threshold = (end * warning.upto).sqrt();
    let mut words = format!(
        "between the {} failures warned of and the end of {budget}, on out-of-fold probabilities of {rows} \
         labelled rows",
        lowest.warned
    );
    if let Some((nominal, alert)) = presets {
        let (from, to) = (nominal.max(lowest.below), alert.min(1.0));
        if from >= to {
            words.push_str("; none there tells the presets apart");
        } else if threshold <= from || threshold > to {
            threshold = f64::midpoint(from, to);
            words.push_str("; moved to tell the two demo presets apart");
        }
    }
    Some(Choice { threshold, words })
}

fn candidates(
    ground: &Ground,
    rows: &[Judged],
    hours_budget: Option<f64>,
) -> Option<(Vec<Candidate>, String)> {
    let weigh = |label| -> f64 {
        let of = rows.iter().filter(|r| r.label == label);
        of.map(|r| r.weight).sum::<f64>() + 0.0
    };
    let (positives, negatives) = (weigh(true), weigh(false));
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let days = rows.iter().map(|r| r.hours * r.weight).sum::<f64>() / 24.0;
    let hours_budget =
        hours_budget.or((ground.kind == LabelKind::Failures).then_some(HOURS_BUDGET));
    let budget = match hours_budget {
        Some(hours) => format!("{hours:.2} false-alarm hours a locomotive-day"),
        None => format!("a false-alarm rate of {:.0} %", RATE_BUDGET * 100.0),
    };
    // Each event is warned of from its highest probability down.
    let mut peaks: Vec<f64> = ground
        .events(rows)
        .iter()
        .map(|e| {
            rows[e.from..e.to]
                .iter()
                .map(|r| r.probability)
                .fold(0.0, f64::max)
        })
        .collect();
    peaks.sort_by(f64::total_cmp);
    let mut sorted: Vec<&Judged> = rows.iter().collect();
    sorted.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut out: Vec<Candidate> = Vec::new();
    let (mut tp, mut fp, mut false_hours) = (0.0, 0.0, 0.0);
    for tie in sorted.chunk_by(|a, b| a.probability == b.probability) {
        for row in tie {
            if row.label {
                tp += row.weight;
            } else {
                fp += row.weight;
                false_hours += row.hours * row.weight;
            }
        }
        let p = tie[0].probability;
        if let Some(last) = out.last_mut() {
            last.below = p;
        }
        let cost = if hours_budget.is_some() && days > 0.0 {
            false_hours / days
        } else {
            fp / negatives
        };
        out.push(Candidate {
            below: 0.0,
            upto: p,
            f1: 2.0 * tp / (tp + fp + positives),
            warned: peaks.len() - peaks.partition_point(|peak| *peak < p),
            within_budget: cost <= hours_budget.unwrap_or(RATE_BUDGET),
            cost,
        });
    }
    // A probability of zero is no alarm.
    out.retain(|c| c.upto > 0.0);
    Some((out, budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[(f64, bool)]) -> Vec<Judged> {
        of.iter()
            .enumerate()
            .map(|(i, &(probability, label))| Judged {
                loco: 0,
                at_ms: i as i64,
                probability,
                alarm: false,
                label,
                hours: 1.0,
                weight: 1.0,
            })
            .collect()
    }

    const TRUTH: Ground = Ground {
        kind: LabelKind::Truth,
        horizon_ms: 0,
        failures: &[],
    };

    #[test]
    fn best_f1_lies_between_the_classes() {
        let rows = rows(&[(0.1, false), (0.2, false), (0.6, true), (0.9, true)]);
        let choice = choose(&TRUTH, &rows, None, None).expect("both classes");
        assert!((choice.threshold - 0.4).abs() < 1e-12, "{choice:?}");
        assert!(choice.words.contains("5 %"));
    }

    #[test]
    fn the_budget_comes_before_f1() {
        let mut of = vec![(0.5, false); 10];
        of.extend(vec![(0.1, false); 90]);
        of.extend(vec![(0.4, true); 50]);
        of.push((0.6, true));
        let choice = choose(&TRUTH, &rows(&of), None, None).expect("both classes");
        assert!(choice.threshold > 0.5, "{choice:?}");
        let choice = choose(&TRUTH, &rows(&of), Some(24.0), None).expect("both classes");
        assert!(choice.threshold < 0.4, "{choice:?}");
    }

    #[test]
    fn presets_move_the_threshold_within_what_the_rows_allow() {
        let rows = rows(&[(0.1, false), (0.2, false), (0.6, true), (0.9, true)]);
        let choice = choose(&TRUTH, &rows, None, Some((0.5, 0.55))).expect("both classes");
        assert!(
            choice.threshold > 0.5 && choice.threshold <= 0.55,
            "{choice:?}"
        );
        let choice = choose(&TRUTH, &rows, None, Some((0.7, 0.8))).expect("both classes");
        assert!(
            choice.threshold > 0.7 && choice.threshold <= 0.8,
            "{choice:?}"
        );
        assert!(choice.words.contains("presets"));
    }

    #[test]
    fn a_failure_missed_is_dearer_than_the_budget() {
        let failures = vec![vec![50, 150, 250]];
        let ground = Ground {
            kind: LabelKind::Failures,
            horizon_ms: 10,
            failures: &failures,
        };
        // Three failures that peak at 0.9, 0.8 and 0.2, among a few false alarms at 0.3 and quiet at 0.05.
        let row = |at_ms: i64, probability: f64| Judged {
            loco: 0,
            at_ms,
            probability,
            alarm: false,
            label: failures[0].iter().any(|f| (1..=10).contains(&(f - at_ms))),
            hours: 1.0,
            weight: 1.0,
        };
        let rows: Vec<Judged> = (0..300)
            .map(|at_ms| match at_ms {
                45 => row(at_ms, 0.9),
                145 => row(at_ms, 0.8),
                245 => row(at_ms, 0.2),
                100 | 200 => row(at_ms, 0.3),
                _ => row(at_ms, 0.05),
            })
            .collect();
        // 300 hours: two false hours are 0.16 a day. The third failure is worth them.
        let choice = choose(&ground, &rows, Some(0.2), None).expect("both classes");
        assert!(
            choice.threshold > 0.05 && choice.threshold <= 0.2,
            "{choice:?}"
        );
        assert!(
            choice.words.starts_with("between the 3 failures"),
            "{choice:?}"
        );
        // Not with half the budget.
        let choice = choose(&ground, &rows, Some(0.1), None).expect("both classes");
        assert!(
            choice.threshold > 0.3 && choice.threshold <= 0.8,
            "{choice:?}"
        );
        // Presets are told apart where the budget has room for it.
        let choice = choose(&ground, &rows, Some(0.1), Some((0.6, 0.7))).expect("both classes");
        assert!(
            choice.threshold > 0.6 && choice.threshold <= 0.7,
            "{choice:?}"
        );
        let choice = choose(&ground, &rows, Some(0.1), Some((0.01, 0.1))).expect("both classes");
        assert!(choice.words.contains("none there"), "{choice:?}");
    }

    #[test]
    fn one_class_gives_no_threshold() {
        assert_eq!(choose(&TRUTH, &rows(&[(0.1, false)]), None, None), None);
    }
}
