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
const ENDS: &str =
    "SELECT (SELECT min(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2),
    (SELECT max(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2)";
const STEPS: &str = "SELECT reading FROM sensor_metrics
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading DESC LIMIT 65";
/// Readings whose distances say how often a locomotive is measured: as many as above.
pub const PERIOD_READINGS: usize = 65;
const NEWEST: &str = "SELECT l.loco, l.name,
        (SELECT max(reading) FROM sensor_metrics
         WHERE reading BETWEEN l.loco << 44 AND l.loco << 44 | 17592186044415)
    FROM locomotives l";
const EVENTS: &str = "SELECT count(*) FROM maintenance";

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

    /// As [`Reader::latest_of`] at the end of time, without period and first instant.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn newest_of(&self, loco: &LocoId) -> Result<Option<LatestReading>> {
        match self.number(loco)? {
            Some(number) => self.with(|db| newest(db, number, loco.clone(), i64::MAX)),
            None => Ok(None),
        }
    }

    /// Number, newest instant and name of every locomotive with a reading.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn newest_instants(&self) -> Result<Vec<(u32, i64, LocoId)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(NEWEST)?;
            let rows = query.query_map([], |row| {
                let newest: Option<i64> = row.get(2)?;
                let name: String = row.get(1)?;
                Ok((row.get(0)?, newest, name))
            })?;
            let rows: Vec<(u32, Option<i64>, String)> = rows.collect::<rusqlite::Result<_>>()?;
            let with_readings = rows.into_iter().filter_map(|(number, newest, name)| {
                Some((number, newest? & TIME_MASK, LocoId::new(&name)))
            });
            Ok(with_readings.collect())
        })
    }

    /// The newest instants of a locomotive, as many as say how often it is measured, ascending.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn newest_times(&self, loco: &LocoId) -> Result<Vec<i64>> {
        match self.number(loco)? {
            Some(number) => self.with(|db| {
                let mut times = times(db, number, i64::MAX)?;
                times.reverse();
                Ok(times)
            }),
            None => Ok(Vec::new()),
        }
    }

    /// How many workshop events are known.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn event_count(&self) -> Result<u64> {
        self.with(|db| Ok(db.prepare_cached(EVENTS)?.query_row([], |row| row.get(0))?))
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

fn range(number: u32, at_ms: i64) -> [i64; 2] {
    [key(number, 0), key(number, at_ms.clamp(0, TIME_MASK))]
}

/// Median time between readings; `None` with fewer than two.
#[must_use]
pub fn median_step(times: &[i64]) -> Option<i64> {
    let mut steps: Vec<i64> = times.windows(2).map(|w| (w[0] - w[1]).abs()).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied()
}

/// The newest instants at `at_ms` or before, descending.
fn times(db: &Connection, number: u32, at_ms: i64) -> Result<Vec<i64>> {
    let mut query = db.prepare_cached(STEPS)?;
    let rows = query.query_map(range(number, at_ms), |row| {
        Ok(row.get::<_, i64>(0)? & TIME_MASK)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn latest(db: &Connection, number: u32, loco: LocoId, at_ms: i64) -> Result<Option<LatestReading>> {
    let Some(mut newest) = newest(db, number, loco, at_ms)? else {
        return Ok(None);
    };
    newest.period_ms = median_step(&times(db, number, at_ms)?);
    let first: i64 = db
        .prepare_cached(FIRST)?
        .query_row(range(number, at_ms), |row| row.get(0))?;
    newest.first_ms = first & TIME_MASK;
    Ok(Some(newest))
}

/// Without period and first instant.
fn newest(db: &Connection, number: u32, loco: LocoId, at_ms: i64) -> Result<Option<LatestReading>> {
    let newest = db
        .prepare_cached(LATEST)?
        .query_row(range(number, at_ms), |row| {
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
    Ok(newest)
}
