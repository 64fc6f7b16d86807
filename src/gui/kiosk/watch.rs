//! When the wall screen wakes: an alarm that was not there, a locomotive that was not in danger, a fleet that can no
//! longer be judged. What goes away wakes nobody.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::domain::LocoId;

/// How long it stays bright after it woke.
pub const LIT: Duration = Duration::from_secs(8);
/// On for so long, then off for as long: one flash a second, well under what can harm.
pub const HALF_FLASH: Duration = Duration::from_millis(500);

/// What the watch compares with what it saw before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// When the newest unacknowledged alarm was raised.
    pub newest_ms: Option<i64>,
    pub danger: BTreeSet<LocoId>,
    /// Nothing can be judged.
    pub blind: bool,
}

/// What was seen last, and when it last woke.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Option<Sight>,
    woke: Option<Instant>,
}

impl Watch {
    /// Takes a new sight; true when it wakes. The first one never does: whoever turns the screen on sees it.
    pub fn look(&mut self, sight: Sight, now: Instant) -> bool {
        let wakes = self.seen.as_ref().is_some_and(|before| {
            sight.newest_ms > before.newest_ms
                || !sight.danger.is_subset(&before.danger)
                || (sight.blind && !before.blind)
        });
        self.seen = Some(sight);
        if wakes {
            self.woke = Some(now);
        }
        wakes
    }

    /// Whether it woke a moment ago, and if so whether the flash is on.
    #[must_use]
    pub fn flash(&self, now: Instant) -> Option<bool> {
        let since = now.saturating_duration_since(self.woke?);
        let halves = since.as_millis() / HALF_FLASH.as_millis();
        (since < LIT).then(|| halves.is_multiple_of(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sight(newest_ms: Option<i64>, danger: &[usize], blind: bool) -> Sight {
        Sight {
            newest_ms,
            danger: danger.iter().map(|n| LocoId::new(&n.to_string())).collect(),
            blind,
        }
    }

    #[test]
    fn it_wakes_for_what_is_new_and_only_then() {
        let now = Instant::now();
        let mut watch = Watch::default();
        assert!(!watch.look(sight(Some(5), &[1], false), now), "the first");
        assert!(!watch.look(sight(Some(5), &[1], false), now), "the same");
        assert!(!watch.look(sight(None, &[], false), now), "over");
        assert!(watch.look(sight(Some(6), &[], false), now), "an alarm");
        assert!(watch.look(sight(Some(6), &[2], false), now), "a danger");
        assert!(
            watch.look(sight(Some(6), &[3], false), now),
            "another instead of it, as many as before"
        );
        assert!(watch.look(sight(Some(6), &[3], true), now), "blind");
        assert!(!watch.look(sight(Some(6), &[3], true), now));
        assert!(!watch.look(sight(Some(6), &[3], false), now), "sees again");
    }

    #[test]
    fn it_flashes_once_a_second_and_then_rests() {
        let start = Instant::now();
        let mut watch = Watch::default();
        watch.look(sight(None, &[], false), start);
        assert_eq!(watch.flash(start), None);
        watch.look(sight(None, &[1], false), start);
        let at = |ms: u64| watch.flash(start + Duration::from_millis(ms));
        assert_eq!((at(0), at(499)), (Some(true), Some(true)));
        assert_eq!((at(500), at(999)), (Some(false), Some(false)));
        assert_eq!(at(1000), Some(true));
        assert_eq!(at(8000), None);
    }

    proptest! {
        #[test]
        fn no_new_danger_is_slept_through(
            sights in proptest::collection::vec(
                (proptest::option::of(0..4_i64), proptest::collection::vec(0..5_usize, 0..4), any::<bool>()),
                1..12,
            ),
        ) {
            let now = Instant::now();
            let mut watch = Watch::default();
            let mut before: Option<Sight> = None;
            for (newest_ms, danger, blind) in sights {
                let sight = sight(newest_ms, &danger, blind);
                let new = before.as_ref().is_some_and(|b| {
                    sight.danger.iter().any(|l| !b.danger.contains(l))
                        || sight.newest_ms > b.newest_ms
                        || sight.blind && !b.blind
                });
                prop_assert_eq!(watch.look(sight.clone(), now), new);
                before = Some(sight);
            }
        }
    }
}
