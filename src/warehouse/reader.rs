//! Reading, on read-only connections. A few are kept open, so that a visit may read within a visit.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::ports::RefusedRow;
use crate::domain::{EventKind, Flags, LocoId, MaintenanceRecord, Reading};

use super::amount::values;
use super::runs::{self, RunRecord};
use super::{Result, TIME_MASK, facts, key, read_only, stands_in};

const LOCOMOTIVES: &str = "SELECT loco, name FROM locomotives l WHERE EXISTS
    (SELECT 1 FROM sensor_metrics WHERE reading BETWEEN l.loco << 44 AND l.loco << 44 | 17592186044415)
    ORDER BY name";
const LOCO: &str = "SELECT loco FROM locomotives WHERE name = ?1";
const READINGS: &str = "SELECT reading, flow_rate, pressure, vibration, temperature, label, flags
    FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading LIMIT ?3";
const INSTANT_BEFORE: &str = "SELECT min(reading) FROM (SELECT reading FROM sensor_metrics
    WHERE reading >= ?1 AND reading < ?2 ORDER BY reading DESC LIMIT ?3)";
const EVENTS: &str =
    "SELECT at_ms, kind, component FROM maintenance WHERE loco = ?1 ORDER BY at_ms";
/// What was put back is a reading, and no gap any more.
const REFUSED: &str = "SELECT loco, at_ms, label FROM quarantine q
    WHERE loco IS NOT NULL AND at_ms IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM requeued r WHERE r.file = q.file AND r.line = q.line)
    ORDER BY loco, at_ms";
const REFUSED_TIMES: &str = "SELECT at_ms FROM quarantine q
    WHERE loco = ?1 AND at_ms BETWEEN ?2 AND ?3
    AND NOT EXISTS (SELECT 1 FROM requeued r WHERE r.file = q.file AND r.line = q.line)
    ORDER BY at_ms";
const NEWEST_REFUSED: &str = "SELECT max(at_ms) FROM quarantine q WHERE loco = ?1
    AND NOT EXISTS (SELECT 1 FROM requeued r WHERE r.file = q.file AND r.line = q.line)
    AND reason NOT IN ('in_future', 'time_backwards', 'conflict')";
/// As training counts them: instants at which a locomotive with readings failed.
const FAILURES: &str =
    "SELECT count(*) FROM (SELECT DISTINCT loco, at_ms FROM failures f WHERE EXISTS
    (SELECT 1 FROM sensor_metrics
     WHERE reading BETWEEN f.loco << 44 AND f.loco << 44 | 17592186044415))";
const EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
const TRUTHS: &str = "SELECT count(label) FROM sensor_metrics";

/// Read-only access to a warehouse. Clones share their connections.
#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// Numbers of locomotives: one that was given stays.
    numbers: Mutex<HashMap<LocoId, u32>>,
}

impl Pool {
    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn numbers(&self) -> MutexGuard<'_, HashMap<LocoId, u32>> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notices commits of other programs.
pub struct ChangeWatch {
    db: Connection,
    seen: i64,
}

impl ChangeWatch {
    /// # Errors
    /// There is no warehouse yet, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let db = read_only(path)?;
        let seen = Self::version(&db)?;
        Ok(Self { db, seen })
    }

    fn version(db: &Connection) -> Result<i64> {
        Ok(db.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// `true` once after each change.
    ///
    /// # Errors
    /// The warehouse cannot be read any more.
    pub fn changed(&mut self) -> Result<bool> {
        let now = Self::version(&self.db)?;
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }
}

pub(super) fn visit_readings(
    db: &Connection,
    loco: u32,
    from_ms: i64,
    to_ms: i64,
    limit: Option<usize>,
    visit: &mut dyn FnMut(&Reading),
) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(READINGS)?;
    let mut rows = query.query(params![
        key(loco, from_ms.clamp(0, TIME_MASK)),
        key(loco, to_ms.clamp(0, TIME_MASK)),
        limit.map_or(-1, |n| i64::try_from(n).unwrap_or(-1))
    ])?;
    while let Some(row) = rows.next()? {
        visit(&reading(row)?);
    }
    Ok(())
}

/// The instant `count` readings before `at_ms`, or of the first one; `at_ms` where there is none before.
pub(super) fn instant_before(
    db: &Connection,
    loco: u32,
    at_ms: i64,
    count: usize,
) -> rusqlite::Result<i64> {
    let to = key(loco, at_ms.clamp(0, TIME_MASK));
    let found: Option<i64> = db
        .prepare_cached(INSTANT_BEFORE)?
        .query_row(params![key(loco, 0), to, count as i64], |row| row.get(0))?;
    Ok(found.map_or(at_ms, |reading| reading & TIME_MASK))
}

pub(super) fn reading(row: &Row<'_>) -> rusqlite::Result<Reading> {
    Ok(Reading {
        at_ms: row.get::<_, i64>(0)? & TIME_MASK,
        values: values(row, 1, 1)?,
        label: row.get(5)?,
        flags: Flags(row.get(6)?),
    })
}

impl Reader {
    /// The file is there and holds nothing at all: whoever made it was stopped before the first run.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn is_unborn(&self) -> Result<bool> {
        self.with(|db| Ok(db.query_row(EMPTY, [], |row| row.get(0))?))
    }

    /// # Errors
    /// There is no warehouse at `path`, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let first = read_only(path)?;
        let idle = if stands_in(&first)? {
            Vec::new()
        } else {
            vec![first]
        };
        let pool = Pool {
            path: path.to_path_buf(),
            idle: Mutex::new(idle),
            numbers: Mutex::default(),
        };
        Ok(Self {
            pool: Arc::new(pool),
        })
    }

    /// The file that it reads.
    pub(super) fn path(&self) -> &Path {
        &self.pool.path
    }

    /// Lends a connection that nobody else is using.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.pool.idle().pop();
        let db = match idle {
            Some(db) => db,
            None => read_only(&self.pool.path)?,
        };
        let outcome = work(&db);
        // What stands in for a missing table would hide the true one once it is there.
        if !stands_in(&db)? {
            self.pool.idle().push(db);
        }
        outcome
    }

    /// Number and name of every locomotive with a reading, by name.
    ///
    /// # Errors
    /// As for every method here: the warehouse cannot be read.
    pub fn locomotives(&self) -> Result<Vec<(u32, LocoId)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(LOCOMOTIVES)?;
            let rows = query.query_map([], |row| {
                Ok((row.get(0)?, LocoId::new(&row.get::<_, String>(1)?)))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    pub(super) fn number(&self, loco: &LocoId) -> Result<Option<u32>> {
        if let Some(&number) = self.pool.numbers().get(loco) {
            return Ok(Some(number));
        }
        let found = self.with(|db| {
            let found = db
                .prepare_cached(LOCO)?
                .query_row([loco.as_str()], |row| row.get(0));
            Ok(found.optional()?)
        })?;
        if let Some(number) = found {
            self.pool.numbers().insert(loco.clone(), number);
        }
        Ok(found)
    }

    /// Visits readings from `from_ms` to `to_ms` (both inclusive) in time order, at most `limit`.
    ///
    /// # Errors
    /// As above.
    pub fn readings(
        &self,
        loco: &LocoId,
        from_ms: i64,
        to_ms: i64,
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<()> {
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        self.with(|db| Ok(visit_readings(db, number, from_ms, to_ms, limit, visit)?))
    }

    /// The instant `count` readings before `at_ms`, or of the first one; `at_ms` where there is none before.
    ///
    /// # Errors
    /// As above.
    pub fn instant_before(&self, loco: &LocoId, at_ms: i64, count: usize) -> Result<i64> {
        let Some(number) = self.number(loco)? else {
            return Ok(at_ms);
        };
        self.with(|db| Ok(instant_before(db, number, at_ms, count)?))
    }

    /// What the workshop did to a locomotive, in time order.
    ///
    /// # Errors
    /// As above.
    pub fn events(&self, loco: &LocoId) -> Result<Vec<MaintenanceRecord>> {
        let Some(number) = self.number(loco)? else {
            return Ok(Vec::new());
        };
        self.with(|db| {
            let mut query = db.prepare_cached(EVENTS)?;
            let rows = query.query_map([number], |row| {
                let kind: String = row.get(1)?;
                Ok(MaintenanceRecord {
                    loco: loco.clone(),
                    at_ms: row.get(0)?,
                    kind: if kind == "failure" {
                        EventKind::Failure
                    } else {
                        EventKind::Preventive
                    },
                    component: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Quarantined rows whose locomotive and time could be read.
    ///
    /// # Errors
    /// As above.
    pub fn refused(&self) -> Result<Vec<RefusedRow>> {
        self.with(|db| {
            let mut query = db.prepare_cached(REFUSED)?;
            let rows = query.query_map([], |row| {
                Ok(RefusedRow {
                    loco: LocoId::new(&row.get::<_, String>(0)?),
                    at_ms: row.get(1)?,
                    label: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// When rows of a locomotive were refused, between two instants.
    ///
    /// # Errors
    /// As above.
    pub fn refused_times(&self, loco: &LocoId, from_ms: i64, to_ms: i64) -> Result<Vec<i64>> {
        self.with(|db| {
            let mut query = db.prepare_cached(REFUSED_TIMES)?;
            let rows = query.query_map(params![loco.as_str(), from_ms, to_ms], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The newest instant of a locomotive whose row was refused for what it says.
    ///
    /// # Errors
    /// As above.
    pub fn newest_refused(&self, loco: &LocoId) -> Result<Option<i64>> {
        self.with(|db| {
            let newest = db
                .prepare_cached(NEWEST_REFUSED)?
                .query_row([loco.as_str()], |row| row.get(0))?;
            Ok(newest)
        })
    }

    /// How many labels are known: (failure events, readings with a truth).
    ///
    /// # Errors
    /// As above.
    pub fn labels(&self) -> Result<(u64, u64)> {
        self.with(|db| {
            let count = |sql: &str| db.query_row(sql, [], |row| row.get(0));
            Ok((count(FAILURES)?, count(TRUTHS)?))
        })
    }

    /// The last run that ended.
    ///
    /// # Errors
    /// As above.
    pub fn last_run(&self) -> Result<Option<RunRecord>> {
        self.with(runs::last)
    }

    /// Simulated or real; `None` while nothing has been loaded.
    ///
    /// # Errors
    /// As above.
    pub fn synthetic(&self) -> Result<Option<bool>> {
        self.with(facts::synthetic)
    }
}
