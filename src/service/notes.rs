//! Notes that people made on moments of a locomotive: entries of the journal, less those that another entry
//! takes back.

use std::collections::HashSet;

use crate::domain::LocoId;
use crate::warehouse::{Entry, Reader, WarehouseError};

use super::snapshot::{Happening, HappeningKind};

pub(super) const NOTE: &str = "note";
pub(super) const WITHDRAWN: &str = "note_withdrawn";
/// Entries read at most for a window; the newest moments come first.
const AT_MOST: usize = 1000;
/// Longest note that is kept, in characters.
pub const LONGEST: usize = 500;

/// A note, or what takes one back, ready to be written.
pub(super) fn entry_of(act: &str, loco: LocoId, of_ms: i64, who: String, wall_ms: i64) -> Entry {
    Entry {
        entry: 0,
        at_ms: wall_ms,
        who,
        act: act.to_owned(),
        loco: Some(loco),
        of_ms: Some(of_ms),
        words: String::new(),
        detail: serde_json::json!({}),
    }
}

/// The notes of a locomotive on moments within `between` (UTC milliseconds, both included), newest moment
/// first; `pending` are entries that are being written.
pub(super) fn standing(
    reader: &Reader,
    loco: &LocoId,
    between: (i64, i64),
    pending: &[&Entry],
) -> Result<Vec<Happening>, WarehouseError> {
    let written = reader.journal_about_of(loco, [NOTE, WITHDRAWN], between, AT_MOST)?;
    let pending = pending.iter().copied().filter(|entry| {
        let within = |ms| (between.0..=between.1).contains(&ms);
        entry.loco.as_ref() == Some(loco) && entry.of_ms.is_some_and(within)
    });
    Ok(not_withdrawn(&written, pending))
}

fn not_withdrawn<'a>(
    written: &'a [Entry],
    pending: impl Iterator<Item = &'a Entry> + Clone,
) -> Vec<Happening> {
    let withdrawn: HashSet<i64> = written
        .iter()
        .chain(pending.clone())
        .filter(|entry| entry.act == WITHDRAWN)
        .filter_map(|entry| entry.detail["entry"].as_i64())
        .collect();
    let happening = |entry: &Entry, number| {
        Some(Happening {
            at_ms: entry.of_ms?,
            what: HappeningKind::Note {
                entry: number,
                who: entry.who.clone(),
                words: entry.words.clone(),
            },
        })
    };
    // Between the writing and the word that it is written, an entry is both.
    let is_written = |new: &Entry| {
        let same =
            |old: &Entry| (old.at_ms, old.of_ms, &old.words) == (new.at_ms, new.of_ms, &new.words);
        written.iter().any(same)
    };
    let kept = written
        .iter()
        .filter(|e| e.act == NOTE && !withdrawn.contains(&e.entry))
        .filter_map(|e| happening(e, Some(e.entry)));
    let new = pending
        .filter(|e| e.act == NOTE && !is_written(e))
        .filter_map(|e| happening(e, None));
    let mut all: Vec<_> = new.chain(kept).collect();
    all.sort_by_key(|h| std::cmp::Reverse(h.at_ms));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(number: i64, act: &str, of_ms: i64, words: &str, takes_back: i64) -> Entry {
        Entry {
            entry: number,
            words: words.into(),
            detail: serde_json::json!({ "entry": takes_back }),
            ..entry_of(act, LocoId::new("A"), of_ms, "Ngo".into(), number)
        }
    }

    fn words(all: &[Happening]) -> Vec<String> {
        let said = |h: &Happening| match &h.what {
            HappeningKind::Note { words, entry, .. } => format!("{words} {entry:?}"),
            other => panic!("{other:?}"),
        };
        all.iter().map(said).collect()
    }

    #[test]
    fn what_is_taken_back_is_gone_and_what_is_being_written_is_there() {
        let written = [
            entry(1, NOTE, 10, "un", 0),
            entry(2, NOTE, 30, "deux", 0),
            entry(3, WITHDRAWN, 10, "", 1),
        ];
        let pending = [
            entry(9, NOTE, 20, "trois", 0),
            entry(2, NOTE, 30, "deux", 0),
        ];
        let all = not_withdrawn(&written, pending.iter());
        assert_eq!(words(&all), ["deux Some(2)", "trois None"]);
        let back = [entry(10, WITHDRAWN, 30, "", 2)];
        assert!(not_withdrawn(&written, back.iter()).is_empty());
    }

    proptest! {
        #[test]
        fn a_note_stands_until_it_is_taken_back(acts in prop::collection::vec((any::<bool>(), 0_usize..8, 0_i64..50), 0..40)) {
            let (mut journal, mut stands): (Vec<Entry>, Vec<(i64, i64)>) = (Vec::new(), Vec::new());
            for (i, (adds, which, of_ms)) in acts.into_iter().enumerate() {
                let number = i as i64 + 1;
                if adds || stands.is_empty() {
                    journal.push(entry(number, NOTE, of_ms, &number.to_string(), 0));
                    stands.push((number, of_ms));
                } else {
                    let (back, of_ms) = stands.remove(which % stands.len());
                    journal.push(entry(number, WITHDRAWN, of_ms, "", back));
                }
            }
            let left = not_withdrawn(&journal, [].iter());
            prop_assert_eq!(left.len(), stands.len());
            prop_assert!(left.windows(2).all(|w| w[0].at_ms >= w[1].at_ms));
        }
    }
}
