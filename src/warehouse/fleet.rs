//! What the fleet page asks: the newest reading of each locomotive at an instant.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{LocoId, Reading, SourceClock};

use super::{Reader, Result, TIME_MASK, key};

const LATEST: &str =
    "SELECT s.reading, s.flow_rate, s.pressure, s.vibration, s.temperature, s.label,
        s.flags, s.line, f.path, f.source, f.clock
    FROM sensor_metrics s JOIN source_files f ON f.file = s.file
    WHERE s.reading BETWEEN ?1 AND ?2 ORDER BY s.reading DESC LIMIT 1";
const FIRST: &str = "SELECT min(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
/// Of a locomotive whose first readings were pruned: their minute is still known.
const FIRST_MINUTE: &str =
    "SELECT min(bucket) FROM readings_by_minute WHERE bucket BETWEEN ?1 AND ?2";
const PRUNED: &str = "SELECT 1 FROM pruned WHERE loco = ?1";
const ENDS: &str =
    "SELECT (SELECT min(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2),
    (SELECT max(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2)";
const STEPS: &str = "SELECT reading FROM sensor_metrics
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading DESC LIMIT 65";

/// The newest reading of a locomotive at an instant, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct LatestReading {
    pub loco: LocoId,
    pub reading: Reading,
    pub file: String,
    pub line: u64,
    pub source: String,
    pub clock: SourceClock,
    /// Median time between its last readings; `None` with fewer than two.
    pub period_ms: Option<i64>,
    /// Its first reading.
    pub first_ms: i64,
}

impl Reader {
    /// The newest reading of every locomotive that has one at `at_ms` or before.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn latest(&self, at_ms: i64) -> Result<Vec<LatestReading>> {
        let locos = self.locomotives()?;
        self.with(|db| {
            let mut found = Vec::with_capacity(locos.len());
            for (number, loco) in locos {
                found.extend(latest(db, number, loco, at_ms)?);
            }
            Ok(found)
        })
    }
}

impl Reader {
    /// The newest reading of one locomotive at `at_ms` or before.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn latest_of(&self, loco: &LocoId, at_ms: i64) -> Result<Option<LatestReading>> {
        match self.number(loco)? {
            Some(number) => self.with(|db| latest(db, number, loco.clone(), at_ms)),
            None => Ok(None),
        }
    }

    /// First and last instant of all readings, UTC milliseconds.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn span(&self) -> Result<Option<(i64, i64)>> {
        let locos = self.locomotives()?;
        self.with(|db| {
            let mut span: Option<(i64, i64)> = None;
            for (number, _) in locos {
                let range = params![key(number, 0), key(number, TIME_MASK)];
                let ends = db.prepare_cached(ENDS)?.query_row(range, |row| {
                    Ok((
                        row.get::<_, i64>(0)? & TIME_MASK,
                        row.get::<_, i64>(1)? & TIME_MASK,
                    ))
                })?;
                span = Some(span.map_or(ends, |s| (s.0.min(ends.0), s.1.max(ends.1))));
            }
            Ok(span)
        })
    }
}

fn latest(db: &Connection, number: u32, loco: LocoId, at_ms: i64) -> Result<Option<LatestReading>> {
    let range = params![key(number, 0), key(number, at_ms.clamp(0, TIME_MASK))];
    let newest = db
        .prepare_cached(LATEST)?
        .query_row(range, |row| {
            let clock: String = row.get(10)?;
            Ok(LatestReading {
                loco,
                reading: super::reader::reading(row)?,
                line: row.get(7)?,
                file: row.get(8)?,
                source: row.get(9)?,
                clock: if clock == SourceClock::Wall.key() {
                    SourceClock::Wall
                } else {
                    SourceClock::Data
                },
                period_ms: None,
                first_ms: 0,
            })
        })
        .optional()?;
    let Some(mut newest) = newest else {
        return Ok(None);
    };
    let mut query = db.prepare_cached(STEPS)?;
    let times = query
        .query_map(range, |row| row.get::<_, i64>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut steps: Vec<i64> = times.windows(2).map(|w| w[0] - w[1]).collect();
    steps.sort_unstable();
    newest.period_ms = steps.get(steps.len() / 2).copied();
    let pruned = db.prepare_cached(PRUNED)?.exists([number])?;
    let first: i64 = db
        .prepare_cached(if pruned { FIRST_MINUTE } else { FIRST })?
        .query_row(range, |row| row.get(0))?;
    newest.first_ms = first & TIME_MASK;
    Ok(Some(newest))
}
