//! Which backups of a place have had their time.

const DAY_MS: i64 = 86_400_000;

/// A dated backup as retention sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dated {
    pub made_ms: i64,
    /// Restored aside, and found whole.
    pub proven: bool,
    /// Known to be of no use.
    pub wrong: bool,
}

/// Which of them go, by their places in the list. Those of no use never push out one that is: only beyond `keep` of
/// all that are newer do they go. The newest usable one, the newest of all and the last proven one always stay.
pub(super) fn leave(all: &[Dated], keep: u32, keep_days: Option<u32>, now_ms: i64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(all[i].made_ms));
    let first = |wanted: &dyn Fn(&Dated) -> bool| order.iter().copied().find(|&i| wanted(&all[i]));
    let stay = [
        first(&|_| true),
        first(&|b| !b.wrong),
        first(&|b| b.proven && !b.wrong),
    ];
    let keep = keep.max(1) as usize;
    let mut usable = 0;
    let mut gone = Vec::new();
    for (rank, &i) in order.iter().enumerate() {
        let rank = if all[i].wrong { rank } else { usable };
        usable += usize::from(!all[i].wrong);
        let old = keep_days
            .is_some_and(|days| now_ms.saturating_sub(all[i].made_ms) > i64::from(days) * DAY_MS);
        if (rank >= keep || old) && !stay.contains(&Some(i)) {
            gone.push(i);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dated() -> impl Strategy<Value = Dated> {
        (0_i64..60, any::<bool>(), prop::bool::weighted(0.2)).prop_map(|(day, proven, wrong)| {
            Dated {
                made_ms: day * DAY_MS,
                proven: proven && !wrong,
                wrong,
            }
        })
    }

    #[test]
    fn count_and_age_both_remove() {
        let all: Vec<Dated> = (0..10)
            .map(|day| Dated {
                made_ms: day * DAY_MS,
                proven: day == 2,
                wrong: false,
            })
            .collect();
        let mut gone = leave(&all, 3, None, 10 * DAY_MS);
        gone.sort_unstable();
        // The last proven one is the third day's.
        assert_eq!(gone, [0, 1, 3, 4, 5, 6]);
        let gone = leave(&all, 100, Some(4), 10 * DAY_MS);
        assert_eq!(gone, [5, 4, 3, 1, 0]);
    }

    proptest! {
        #[test]
        fn the_newest_and_the_last_proven_one_stay_and_no_more_than_asked(
            all in prop::collection::vec(dated(), 0..40), keep in 0_u32..20,
            keep_days in prop::option::of(1_u32..50), now in 0_i64..80,
        ) {
            let gone = leave(&all, keep, keep_days, now * DAY_MS);
            let left: Vec<&Dated> = (0..all.len()).filter(|i| !gone.contains(i)).map(|i| &all[i]).collect();
            let newest = |of: &mut dyn Iterator<Item = &Dated>| of.map(|b| b.made_ms).max();
            prop_assert_eq!(newest(&mut all.iter()), newest(&mut left.iter().copied()));
            prop_assert_eq!(
                newest(&mut all.iter().filter(|b| b.proven)),
                newest(&mut left.iter().copied().filter(|b| b.proven))
            );
            prop_assert_eq!(
                newest(&mut all.iter().filter(|b| !b.wrong)),
                newest(&mut left.iter().copied().filter(|b| !b.wrong))
            );
            let usable = left.iter().filter(|b| !b.wrong).count();
            // One proven one and one newest beyond the count.
            prop_assert!(usable <= keep.max(1) as usize + 1, "{} of {}", usable, keep);
            // Nothing goes that is younger than all limits say.
            if keep_days.is_none() && all.len() <= keep as usize {
                prop_assert!(gone.is_empty());
            }
            // One that is of no use takes no place from one that is.
            let good: Vec<Dated> = all.iter().filter(|b| !b.wrong).cloned().collect();
            let alone = good.len() - leave(&good, keep, keep_days, now * DAY_MS).len();
            prop_assert_eq!(usable, alone);
        }
    }
}
