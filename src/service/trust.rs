//! What a verdict may rest on: the clock that says how old a reading is, the sources that the last run
//! read, the strangeness of the reading itself.

use std::collections::HashMap;

use crate::config::FreshnessConfig;
use crate::domain::{Cause, SourceClock, Verdict};
use crate::warehouse::{LatestReading, RunRecord};

/// "Now" a source.
pub(super) struct Clocks {
    replay_ms: Option<i64>,
    wall_ms: i64,
    newest_of: HashMap<String, i64>,
    /// "Now" of the fleet, UTC milliseconds; `None` without a reading.
    pub now_ms: Option<i64>,
    /// Some source lives by the computer's clock.
    pub live: bool,
}

impl Clocks {
    pub fn of<'a>(
        latest: impl IntoIterator<Item = &'a LatestReading>,
        replay_ms: Option<i64>,
        wall_ms: i64,
    ) -> Self {
        let mut live = false;
        let mut newest_of = HashMap::new();
        for l in latest {
            live |= l.clock == SourceClock::Wall;
            let known = newest_of.entry(l.source.clone()).or_insert(l.reading.at_ms);
            *known = l.reading.at_ms.max(*known);
        }
        let now_ms = match (replay_ms, live) {
            (Some(at), _) => Some(at),
            (None, true) => Some(wall_ms),
            (None, false) => newest_of.values().copied().max(),
        };
        Self {
            replay_ms,
            wall_ms,
            newest_of,
            now_ms,
            live: live && replay_ms.is_none(),
        }
    }

    /// "Now" for a locomotive.
    pub fn now(&self, newest: &LatestReading) -> i64 {
        match (self.replay_ms, newest.clock) {
            (Some(at), _) => at,
            (None, SourceClock::Wall) => self.wall_ms,
            (None, SourceClock::Data) => self
                .newest_of
                .get(&newest.source)
                .copied()
                .unwrap_or(newest.reading.at_ms),
        }
    }
}

/// Which sources and files the last run read, and which it refused.
#[derive(Default)]
pub(super) struct Consulted {
    /// `None`: not asked (a replay).
    read: Option<Vec<String>>,
    dead: Vec<String>,
    refused_files: Vec<(String, String)>,
}

impl Consulted {
    pub fn by(last: &RunRecord) -> Self {
        let names = |key: &str| -> Option<Vec<String>> {
            let list = last.report[key].as_array()?.iter();
            Some(list.filter_map(|v| v.as_str().map(str::to_owned)).collect())
        };
        Self {
            read: names("sources_read"),
            dead: names("dead_sources").unwrap_or_default(),
            refused_files: super::fleet::last_refused(last)
                .into_iter()
                .filter_map(|(source, file, _)| Some((source, file?)))
                .collect(),
        }
    }

    /// The last run could read nothing of this source.
    pub fn is_dead(&self, source: &str) -> bool {
        self.dead.iter().any(|dead| dead == source)
    }

    /// Every source of which the last run could read nothing.
    pub fn dead(&self) -> &[String] {
        &self.dead
    }

    /// The newest reading comes from a file or source that the last run refused; or from an archive that
    /// it did not read at all, which no clock would ever call stale.
    pub fn misses(&self, newest: &LatestReading) -> bool {
        let unread = newest.clock == SourceClock::Data
            && self
                .read
                .as_ref()
                .is_some_and(|read| !read.contains(&newest.source));
        let refused = self
            .refused_files
            .iter()
            .any(|(source, file)| *source == newest.source && *file == newest.file);
        unread || refused || self.is_dead(&newest.source)
    }
}

/// What a strange reading that the model sees no danger in is called.
pub(super) fn flagged(newest: &LatestReading) -> Verdict {
    let first = newest.reading.flags.first();
    Verdict::Unavailable(
        first.map_or(Cause::NotScored, |(flag, channel)| Cause::Flagged {
            flag,
            channel,
        }),
    )
}

/// When a reading is too old: what was configured, else ten of the machine's own sampling periods, at
/// least ten minutes and at most the horizon.
pub(super) fn stale_limit_ms(
    freshness: &FreshnessConfig,
    period_ms: Option<i64>,
    horizon_ms: i64,
) -> i64 {
    freshness.stale_after_secs.map_or_else(
        || {
            let ten = period_ms.unwrap_or(0).saturating_mul(10);
            ten.clamp(600_000, horizon_ms.max(600_000))
        },
        |secs| {
            i64::try_from(secs)
                .unwrap_or(i64::MAX / 1000)
                .saturating_mul(1000)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Flags, LocoId, Reading};

    fn newest(source: &str, file: &str, clock: SourceClock) -> LatestReading {
        LatestReading {
            loco: LocoId::new("A"),
            reading: Reading {
                at_ms: 1000,
                values: [1.0; 4],
                label: None,
                flags: Flags::NONE,
            },
            file: file.into(),
            line: 2,
            source: source.into(),
            clock,
            period_ms: None,
            first_ms: 0,
        }
    }

    fn last(report: serde_json::Value) -> RunRecord {
        RunRecord {
            run: 1,
            report,
            ..RunRecord::begun("run", 0)
        }
    }

    #[test]
    fn a_refused_file_takes_its_own_locomotive_and_no_other() {
        let consulted = Consulted::by(&last(serde_json::json!({
            "sources_read": ["fleet"],
            "dead_sources": [],
            "refused": [{ "source": "fleet", "file": "B.csv", "why": "junk" }],
        })));
        assert!(consulted.misses(&newest("fleet", "B.csv", SourceClock::Wall)));
        assert!(!consulted.misses(&newest("fleet", "A.csv", SourceClock::Wall)));
    }

    #[test]
    fn an_archive_that_was_not_read_vouches_for_nothing() {
        let consulted = Consulted::by(&last(serde_json::json!({ "sources_read": ["other"] })));
        assert!(consulted.misses(&newest("gone", "A.csv", SourceClock::Data)));
        // A live one goes stale by itself.
        assert!(!consulted.misses(&newest("gone", "A.csv", SourceClock::Wall)));
        assert!(!Consulted::default().misses(&newest("gone", "A.csv", SourceClock::Data)));
    }

    #[test]
    fn each_archive_has_its_own_now() {
        let mut late = newest("b", "b.csv", SourceClock::Data);
        late.reading.at_ms = 9_000_000;
        let early = newest("a", "a.csv", SourceClock::Data);
        let clocks = Clocks::of(&[early.clone(), late.clone()], None, 50_000_000);
        assert_eq!((clocks.now(&early), clocks.now(&late)), (1000, 9_000_000));
        assert_eq!((clocks.now_ms, clocks.live), (Some(9_000_000), false));
        let live = newest("c", "c.csv", SourceClock::Wall);
        let clocks = Clocks::of(&[early.clone(), live.clone()], None, 50_000_000);
        assert_eq!((clocks.now(&early), clocks.now(&live)), (1000, 50_000_000));
        assert!(clocks.live);
    }
}
