//! What wide windows ask: roll-ups between two instants, and single readings and refusals found by seeking
//! instead of reading all.

use rusqlite::params;

use crate::domain::{LocoId, Reading};

use super::judged_rollups::{self, JudgedRollUp, judged_roll_up};
use super::predictions::{Judged, judged};
use super::rollups::{Level, RollUp, roll_up, start_ms};
use super::{Reader, Result, TIME_MASK, key};

const LAST_WITHIN: &str =
    "SELECT reading, flow_rate, pressure, vibration, temperature, label, flags
    FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading DESC LIMIT 1";
const FIRST_JUDGED: &str = "SELECT reading, model, probability, verdict
    FROM ai_telemetry_predictions WHERE reading = ?1 ORDER BY model LIMIT 1";
const NEXT_FLAGGED: &str = "SELECT reading FROM sensor_metrics
    WHERE flags <> 0 AND reading BETWEEN ?1 AND ?2 ORDER BY reading LIMIT 1";
const NEXT_REFUSED: &str = "SELECT at_ms FROM quarantine q
    WHERE loco = ?1 AND at_ms BETWEEN ?2 AND ?3
    AND NOT EXISTS (SELECT 1 FROM requeued r WHERE r.file = q.file AND r.line = q.line)
    ORDER BY at_ms LIMIT 1";
const COUNT_REFUSED: &str =
    "SELECT count(*) FROM quarantine q WHERE loco = ?1 AND at_ms BETWEEN ?2 AND ?3
    AND NOT EXISTS (SELECT 1 FROM requeued r WHERE r.file = q.file AND r.line = q.line)";
const PRUNED_TO: &str = "SELECT to_ms FROM pruned WHERE loco = ?1";
const COUNT: &str = "SELECT coalesce(sum(readings), 0) FROM readings_by_hour
    WHERE bucket BETWEEN ?1 AND ?2";

fn within(loco: u32, from_ms: i64, to_ms: i64) -> (i64, i64) {
    (
        key(loco, from_ms.clamp(0, TIME_MASK)),
        key(loco, to_ms.clamp(0, TIME_MASK)),
    )
}

impl Reader {
    /// About how many readings lie between two instants: whole hours are counted.
    ///
    /// # Errors
    /// As for every method here: the warehouse cannot be read.
    pub fn about_how_many(&self, loco: &LocoId, from_ms: i64, to_ms: i64) -> Result<u64> {
        let Some(number) = self.number(loco)? else {
            return Ok(0);
        };
        let (first, last) = within(number, start_ms(Level::Hour, from_ms), to_ms);
        self.with(|db| {
            Ok(db
                .prepare_cached(COUNT)?
                .query_row(params![first, last], |row| row.get(0))?)
        })
    }

    /// Up to where the raw readings of a locomotive were pruned.
    ///
    /// # Errors
    /// As above.
    pub fn pruned_to(&self, loco: &LocoId) -> Result<Option<i64>> {
        use rusqlite::OptionalExtension;
        let Some(number) = self.number(loco)? else {
            return Ok(None);
        };
        self.with(|db| {
            let found = db
                .prepare_cached(PRUNED_TO)?
                .query_row([number], |row| row.get(0));
            Ok(found.optional()?)
        })
    }

    /// Visits the roll-ups of every bucket that touches `from_ms..=to_ms`, in time order.
    ///
    /// # Errors
    /// As above.
    pub fn roll_ups(
        &self,
        loco: &LocoId,
        level: Level,
        from_ms: i64,
        to_ms: i64,
        visit: &mut dyn FnMut(&RollUp),
    ) -> Result<()> {
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        let (first, last) = within(number, start_ms(level, from_ms.max(0)), to_ms);
        self.with(|db| {
            let mut query = db.prepare_cached(level.between())?;
            let mut rows = query.query(params![first, last])?;
            while let Some(row) = rows.next()? {
                visit(&roll_up(row)?);
            }
            Ok(())
        })
    }

    /// The same of what models said.
    ///
    /// # Errors
    /// As above.
    pub fn judged_roll_ups(
        &self,
        loco: &LocoId,
        level: Level,
        from_ms: i64,
        to_ms: i64,
        visit: &mut dyn FnMut(&JudgedRollUp),
    ) -> Result<()> {
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        let (first, last) = within(number, start_ms(level, from_ms.max(0)), to_ms);
        self.with(|db| {
            let mut query = db.prepare_cached(judged_rollups::between(level))?;
            let mut rows = query.query(params![first, last])?;
            while let Some(row) = rows.next()? {
                visit(&judged_roll_up(row)?);
            }
            Ok(())
        })
    }

    /// The newest reading of each of `spans` (ascending, both ends inclusive) with what the first model to
    /// judge it said; spans without a raw reading are passed over.
    ///
    /// # Errors
    /// As above.
    pub fn last_of_each(
        &self,
        loco: &LocoId,
        spans: impl Iterator<Item = (i64, i64)>,
        visit: &mut dyn FnMut(&Reading, Option<&Judged>),
    ) -> Result<()> {
        use rusqlite::OptionalExtension;
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        self.with(|db| {
            let mut last = db.prepare_cached(LAST_WITHIN)?;
            let mut said = db.prepare_cached(FIRST_JUDGED)?;
            for (from_ms, to_ms) in spans {
                let (first, end) = within(number, from_ms, to_ms);
                let found = last
                    .query_row(params![first, end], super::reader::reading)
                    .optional()?;
                if let Some(reading) = found {
                    let judged = said
                        .query_row([key(number, reading.at_ms)], judged)
                        .optional()?;
                    visit(&reading, judged.as_ref());
                }
            }
            Ok(())
        })
    }

    /// Instants of flagged readings, at most one in each `step_ms`.
    ///
    /// # Errors
    /// As above.
    pub fn flagged_times(
        &self,
        loco: &LocoId,
        from_ms: i64,
        to_ms: i64,
        step_ms: i64,
    ) -> Result<Vec<i64>> {
        let Some(number) = self.number(loco)? else {
            return Ok(Vec::new());
        };
        self.with(|db| {
            let mut next = db.prepare_cached(NEXT_FLAGGED)?;
            seek(from_ms, to_ms, step_ms, |from_ms| {
                use rusqlite::OptionalExtension;
                let (first, last) = within(number, from_ms, to_ms);
                let found: Option<i64> = next
                    .query_row(params![first, last], |row| row.get(0))
                    .optional()?;
                Ok(found.map(|reading| reading & TIME_MASK))
            })
        })
    }

    /// Instants of refused rows, at most one in each `step_ms`, and how many there are in all.
    ///
    /// # Errors
    /// As above.
    pub fn refused_sparsely(
        &self,
        loco: &LocoId,
        from_ms: i64,
        to_ms: i64,
        step_ms: i64,
    ) -> Result<(Vec<i64>, u64)> {
        self.with(|db| {
            let mut next = db.prepare_cached(NEXT_REFUSED)?;
            let times = seek(from_ms, to_ms, step_ms, |from_ms| {
                use rusqlite::OptionalExtension;
                let of = params![loco.as_str(), from_ms, to_ms];
                Ok(next.query_row(of, |row| row.get(0)).optional()?)
            })?;
            let count = db
                .prepare_cached(COUNT_REFUSED)?
                .query_row(params![loco.as_str(), from_ms, to_ms], |row| row.get(0))?;
            Ok((times, count))
        })
    }
}

/// Goes from one hit to the next, at least `step_ms` apart.
fn seek(
    from_ms: i64,
    to_ms: i64,
    step_ms: i64,
    mut next: impl FnMut(i64) -> Result<Option<i64>>,
) -> Result<Vec<i64>> {
    let (mut found, mut at_ms) = (Vec::new(), from_ms);
    while at_ms <= to_ms {
        let Some(hit_ms) = next(at_ms)? else { break };
        found.push(hit_ms);
        at_ms = hit_ms.saturating_add(step_ms.max(1));
    }
    Ok(found)
}
