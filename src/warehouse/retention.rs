//! Pruning: raw readings, and what models said of them, older than the retention go; their roll-ups, events,
//! models and quarantine stay, and so do the first readings of each machine: its own normal is learned from
//! them, and must not creep after a machine that wears out. In small transactions, so that no other writer
//! waits long.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::domain::features::NORMAL_READINGS;

use super::{Reader, Result, Span, TIME_MASK, Warehouse, key};

/// How long one transaction may hold the writer; the next one takes as many rows as fit.
const HOLD: Duration = Duration::from_millis(8);
/// Rows of the first transaction, and bounds of the later ones.
const FIRST_ROWS: i64 = 1000;
const ROWS: std::ops::RangeInclusive<i64> = 100..=20_000;
/// Transactions between two checkpoints.
const CHECKPOINT_EVERY: u64 = 20;

const LOCOS: &str = "SELECT loco FROM locomotives ORDER BY loco";
const NEWEST: &str = "SELECT max(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
/// The last of the first so many readings.
const FIRST_ONES: &str = "SELECT reading FROM sensor_metrics
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading LIMIT 1 OFFSET ?3";
/// The last reading of the next so many, at most up to ?2.
const SLICE: &str = "SELECT max(reading), count(*) FROM (SELECT reading FROM sensor_metrics
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading LIMIT ?3)";
const DELETE_READINGS: &str = "DELETE FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
const DELETE_PREDICTIONS: &str =
    "DELETE FROM ai_telemetry_predictions WHERE reading BETWEEN ?1 AND ?2";
const REMEMBER: &str = "INSERT INTO pruned (loco, to_ms, readings) VALUES (?1, ?2, ?3)
    ON CONFLICT (loco) DO UPDATE SET to_ms = max(to_ms, excluded.to_ms),
        readings = readings + excluded.readings";

const PRUNED: &str = "SELECT loco, name, to_ms FROM pruned JOIN locomotives USING (loco)";
const WERE: &str =
    "SELECT coalesce(sum(readings), 0) FROM readings_by_minute WHERE bucket BETWEEN ?1 AND ?2";
const ARE: &str = "SELECT count(*) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
const MINUTE_MS: i64 = 60_000;

/// What a pruning did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    pub readings: u64,
    pub transactions: u64,
    /// The longest that one of them held the writer, microseconds.
    pub longest_hold_us: u64,
}

/// What of a range was pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// How many readings; those of a minute that the range cuts are counted with it.
    pub readings: u64,
    /// The last of them that any locomotive lacks, UTC milliseconds.
    pub to_ms: i64,
}

impl Reader {
    /// What of a range only roll-ups are left of; `None` where it is all there.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn gone(&self, span: &Span) -> Result<Option<Gone>> {
        let (from, to) = span.ends_ms();
        self.with(|db| {
            let mut pruned = db.prepare_cached(PRUNED)?;
            let mut pruned = pruned.query([])?;
            let mut gone: Option<Gone> = None;
            while let Some(row) = pruned.next()? {
                let (loco, name): (u32, String) = (row.get(0)?, row.get(1)?);
                let end = to.min(row.get(2)?);
                if !span.holds(Some(&name)) || from > end {
                    continue;
                }
                let (first, last) = (from / MINUTE_MS * MINUTE_MS, end / MINUTE_MS * MINUTE_MS);
                let minutes = [key(loco, first), key(loco, last)];
                let were: u64 = db
                    .prepare_cached(WERE)?
                    .query_row(minutes, |row| row.get(0))?;
                let are: u64 = db
                    .prepare_cached(ARE)?
                    .query_row([minutes[0], minutes[1] + MINUTE_MS - 1], |row| row.get(0))?;
                let readings = were.saturating_sub(are);
                if readings > 0 {
                    let sum = gone.get_or_insert(Gone {
                        readings: 0,
                        to_ms: end,
                    });
                    sum.readings += readings;
                    sum.to_ms = sum.to_ms.max(end);
                }
            }
            Ok(gone)
        })
    }
}

impl Warehouse {
    /// Prunes the readings of each locomotive that are older than `keep_ms` before its own newest one. One that
    /// fell silent keeps its last stretch, and an archive is not emptied by the computer's clock.
    ///
    /// # Errors
    /// The warehouse cannot be written. What was pruned until then stays pruned; the next call goes on.
    pub fn prune(&mut self, keep_ms: i64) -> Result<Pruned> {
        // A checkpoint within a commit would hold the writer as long as the disk likes; between commits a
        // passive one holds nobody.
        let pages: i64 = self
            .db
            .query_row("PRAGMA wal_autocheckpoint", [], |row| row.get(0))?;
        self.db.pragma_update(None, "wal_autocheckpoint", 0)?;
        let outcome = self.prune_all(keep_ms);
        self.db.pragma_update(None, "wal_autocheckpoint", pages)?;
        outcome
    }

    fn prune_all(&mut self, keep_ms: i64) -> Result<Pruned> {
        let locos: Vec<u32> = self
            .db
            .prepare_cached(LOCOS)?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut done = Pruned::default();
        let mut rows = FIRST_ROWS;
        for loco in locos {
            let range = params![key(loco, 0), key(loco, TIME_MASK)];
            let newest: Option<i64> = self
                .db
                .prepare_cached(NEWEST)?
                .query_row(range, |row| row.get(0))?;
            let Some(newest) = newest else { continue };
            let last = newest.saturating_sub(keep_ms.max(0)) - 1;
            let kept: Option<i64> = self
                .db
                .prepare_cached(FIRST_ONES)?
                .query_row(params![key(loco, 0), last, NORMAL_READINGS - 1], |row| {
                    row.get(0)
                })
                .optional()?;
            let Some(kept) = kept else { continue };
            loop {
                let started = Instant::now();
                let pruned = self.prune_slice(loco, (kept + 1, last), rows)?;
                let held = started.elapsed();
                if pruned == 0 {
                    break;
                }
                done.readings += pruned;
                done.transactions += 1;
                let held_us = u64::try_from(held.as_micros()).unwrap_or(u64::MAX);
                done.longest_hold_us = done.longest_hold_us.max(held_us);
                rows = next_size(rows, held);
                if done.transactions % CHECKPOINT_EVERY == 0 {
                    self.db
                        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
                }
                // Whoever waits for the writer gets it now.
                std::thread::yield_now();
            }
        }
        Ok(done)
    }

    fn prune_slice(&mut self, loco: u32, (first, last): (i64, i64), rows: i64) -> Result<u64> {
        let tx = self.act()?;
        let (end, count) = slice(&tx, first, last, rows)?;
        let Some(end) = end else { return Ok(0) };
        tx.prepare_cached(DELETE_READINGS)?
            .execute(params![first, end])?;
        tx.prepare_cached(DELETE_PREDICTIONS)?
            .execute(params![first, end])?;
        tx.prepare_cached(REMEMBER)?
            .execute(params![loco, end & TIME_MASK, count])?;
        let detail = json!({"loco": loco, "from": first, "to": end, "readings": count});
        tx.commit("prune", None, None, detail)?;
        Ok(count)
    }
}

fn slice(
    db: &Connection,
    first: i64,
    last: i64,
    rows: i64,
) -> rusqlite::Result<(Option<i64>, u64)> {
    let found = db
        .prepare_cached(SLICE)?
        .query_row(params![first, last, rows], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(found.unwrap_or((None, 0)))
}

/// As many rows as would have taken [`HOLD`], changed by at most a factor of two.
fn next_size(rows: i64, held: Duration) -> i64 {
    let ratio = HOLD.as_secs_f64() / held.as_secs_f64().max(1e-6);
    ((rows as f64 * ratio.clamp(0.5, 2.0)) as i64).clamp(*ROWS.start(), *ROWS.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ports::{FileIdentity, LocoRef, ReadingWriter, StagedReading};
    use crate::domain::{Role, SourceClock};
    use crate::warehouse::{Level, RunRecord};

    const DAY_MS: i64 = 86_400_000;

    fn staged(loco: LocoRef, at_ms: i64) -> StagedReading {
        StagedReading {
            loco,
            at_ms,
            values: [500.0, 5.0, if at_ms == 7000 { 49.0 } else { 2.0 }, 45.0],
            label: None,
            flags: None,
            line: 2,
        }
    }

    fn load(warehouse: &mut Warehouse, digest: u8, days: std::ops::Range<i64>) -> (u64, u64) {
        let mut load = warehouse.load().unwrap();
        load.begin_file(&FileIdentity {
            source: "s",
            role: Role::Telemetry,
            clock: SourceClock::Data,
            path: "s.csv",
            digest: [digest; 32],
        })
        .unwrap();
        let loco = load.loco("A").unwrap();
        let rows: Vec<StagedReading> = days
            .flat_map(|day| (0..200).map(move |i| day * DAY_MS + i * 1000))
            .map(|at_ms| staged(loco, at_ms))
            .collect();
        let outcome = load.readings(&rows).unwrap();
        load.end_file(true).unwrap();
        let record = RunRecord::begun("test", 0);
        load.commit(&record, false).unwrap();
        (outcome.kept, outcome.already_loaded)
    }

    #[test]
    fn old_rows_go_and_their_roll_ups_and_spikes_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut warehouse = Warehouse::open(&folder.path().join("w.sqlite")).unwrap();
        assert_eq!(load(&mut warehouse, 1, 0..10), (2000, 0));
        let pruned = warehouse.prune(3 * DAY_MS).unwrap();
        // The newest is at 9 d + 199 s: what is older than 6 d + 199 s goes.
        // The first 400 stay.
        assert_eq!(pruned.readings, 6 * 200 + 199 - 400);
        assert!(pruned.transactions >= 1, "{pruned:?}");
        assert_eq!(warehouse.prune(3 * DAY_MS).unwrap().readings, 0);
        let reader = warehouse.reader().unwrap();
        let (mut days, mut worst) = (0, 0.0_f64);
        let loco = crate::domain::LocoId::new("A");
        reader
            .roll_ups(&loco, Level::Day, 0, i64::MAX, &mut |day| {
                days += 1;
                worst = worst.max(day.max[2]);
                assert_eq!(day.readings, 200);
            })
            .unwrap();
        assert_eq!((days, worst), (10, 49.0));
        // Whoever takes rows of a range is told what of it is gone.
        let gone = |from_ms, to_ms, loco: &str| {
            let span = Span {
                from_ms,
                to_ms,
                locos: vec![crate::domain::LocoId::new(loco)],
            };
            reader.gone(&span).unwrap()
        };
        let last = 6 * DAY_MS + 198_000;
        let all = Gone {
            readings: pruned.readings,
            to_ms: last,
        };
        assert_eq!(gone(None, None, "A"), Some(all));
        assert_eq!(gone(None, None, "B"), None);
        assert_eq!(gone(Some(last + 1), None, "A"), None);
        assert_eq!(
            gone(None, Some(2 * DAY_MS - 1), "A"),
            None,
            "the first ones stay"
        );
        let day = gone(Some(3 * DAY_MS), Some(4 * DAY_MS - 1), "A").unwrap();
        assert_eq!((day.readings, day.to_ms), (200, 4 * DAY_MS - 1));
        // The same rows again are known, although they are gone; new ones among them are not.
        assert_eq!(load(&mut warehouse, 2, 0..10), (0, 2000));
        assert_eq!(load(&mut warehouse, 3, 10..11), (200, 0));
    }
}
