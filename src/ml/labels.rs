//! What is true of a reading: a truth column, recorded failures, or the predecessor's rule.

use super::part::Events;
use crate::domain::{ChannelValues, LabelKind};

/// The predecessor's rule: vibration > 3 mm/s and temperature > 60 °C.
pub(super) fn rule(values: &ChannelValues) -> bool {
    values[2] > 3.0 && values[3] > 60.0
}

/// Labels the readings of one locomotive.
#[derive(Debug, Clone)]
pub(super) struct Labeller<'a> {
    pub kind: LabelKind,
    pub horizon_ms: i64,
    /// The locomotive's failures, ascending, UTC milliseconds.
    pub failures: &'a [i64],
    /// Failures are known up to here: [`known_until`].
    pub known_until_ms: i64,
}

/// Up to when it is known whether a locomotive failed: its own newest reading, or what the workshop wrote
/// of it later, but never later than the newest reading of all. The fleet's newest reading would
/// not do: beside a live source the last hours of an archive would count as sound, though nobody
/// looked at what came after them.
pub(super) fn known_until(newest_ms: i64, events: &Events, fleet_newest_ms: i64) -> i64 {
    let written = events.maintenance.last().copied().unwrap_or(i64::MIN);
    newest_ms.max(written).min(fleet_newest_ms)
}

impl Labeller<'_> {
    /// The label of a reading; `None` where the truth is not known. For failures: 1 when one follows
    /// within the horizon (a reading at the instant of the failure comes after it), unlabelled when
    /// the horizon reaches past what is known.
    pub fn label(&self, at_ms: i64, truth: Option<bool>, rule: bool) -> Option<bool> {
        match self.kind {
            LabelKind::Truth => truth,
            LabelKind::Rule => Some(rule),
            LabelKind::Failures => {
                let next = self.failures.partition_point(|&f| f <= at_ms);
                match self.failures.get(next) {
                    Some(&f) if f.saturating_sub(at_ms) <= self.horizon_ms => Some(true),
                    _ if at_ms.saturating_add(self.horizon_ms) > self.known_until_ms => None,
                    _ => Some(false),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_has_sharp_edges() {
        let labeller = Labeller {
            kind: LabelKind::Failures,
            horizon_ms: 100,
            failures: &[1000, 5000],
            known_until_ms: 10_000,
        };
        let label = |at| labeller.label(at, None, true);
        assert_eq!(label(899), Some(false));
        assert_eq!(label(900), Some(true));
        assert_eq!(label(999), Some(true));
        assert_eq!(label(1000), Some(false));
        assert_eq!(label(4900), Some(true));
        assert_eq!(label(9900), Some(false));
        assert_eq!(label(9901), None);
    }

    #[test]
    fn a_failure_close_to_the_end_is_still_known() {
        let labeller = Labeller {
            kind: LabelKind::Failures,
            horizon_ms: 100,
            failures: &[1000],
            known_until_ms: 1010,
        };
        assert_eq!(labeller.label(950, None, false), Some(true));
        assert_eq!(labeller.label(1001, None, false), None);
        assert_eq!(labeller.label(905, None, false), Some(true));
        assert_eq!(labeller.label(880, None, false), Some(false));
    }

    #[test]
    fn a_locomotive_is_known_as_long_as_somebody_looked() {
        let events = |at: &[i64]| Events {
            failures: Vec::new(),
            maintenance: at.to_vec(),
        };
        // An archive that ended at 100, beside a source that lives at 900.
        assert_eq!(known_until(100, &events(&[]), 900), 100);
        assert_eq!(known_until(100, &events(&[50]), 900), 100);
        assert_eq!(known_until(100, &events(&[50, 300]), 900), 300);
        // Work planned ahead says nothing of what has not come yet.
        assert_eq!(known_until(900, &events(&[5000]), 900), 900);
    }

    #[test]
    fn truth_and_rule_speak_for_themselves() {
        let mut labeller = Labeller {
            kind: LabelKind::Truth,
            horizon_ms: 100,
            failures: &[],
            known_until_ms: 0,
        };
        assert_eq!(labeller.label(5, Some(true), false), Some(true));
        assert_eq!(labeller.label(5, None, true), None);
        labeller.kind = LabelKind::Rule;
        assert_eq!(
            labeller.label(5, None, rule(&[0.0, 0.0, 3.1, 60.1])),
            Some(true)
        );
        assert_eq!(
            labeller.label(5, None, rule(&[0.0, 0.0, 3.0, 60.1])),
            Some(false)
        );
    }
}
