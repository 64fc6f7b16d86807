//! How far files that grow were read, and which locomotives got readings late. Written by a load, inside its
//! transaction; what the numbers mean is the ETL's business.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::ports::{FileIdentity, LocoRef, Position, Reach, WriteError};

use super::{Reader, Result, TIME_MASK, key};

const FIND: &str = "SELECT file, bytes, lines, digest, rules, newest FROM followed_files
    WHERE source = ?1 AND role = ?2 AND path = ?3";
const KEEP: &str = "INSERT OR REPLACE INTO followed_files
    (source, role, path, file, bytes, lines, digest, rules, newest)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
/// The file goes by what was read of it. Where another row goes by the same content, that one keeps it.
const SET_DIGEST: &str =
    "UPDATE OR IGNORE source_files SET digest = ?2 WHERE file = ?1 AND digest <> ?2";
const NEWEST: &str = "SELECT max(reading) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
const MARK_LATE: &str = "INSERT INTO late_loads (loco, times) VALUES (?1, 1)
    ON CONFLICT (loco) DO UPDATE SET times = times + 1";
const LATE: &str = "SELECT loco, times FROM late_loads";

/// The number of the file and how far it was read.
pub(super) fn find(
    db: &Connection,
    file: &FileIdentity<'_>,
) -> Result<Option<(i64, Position)>, WriteError> {
    let row = db
        .prepare_cached(FIND)?
        .query_row(params![file.source, file.role.key(), file.path], |row| {
            let newest: String = row.get(5)?;
            let position = Position {
                reach: Reach {
                    bytes: row.get(1)?,
                    lines: row.get(2)?,
                    digest: row.get(3)?,
                },
                rules: row.get(4)?,
                newest_ms: Vec::new(),
            };
            Ok((row.get(0)?, position, newest))
        })
        .optional()?;
    let Some((number, mut position, newest)) = row else {
        return Ok(None);
    };
    let newest: BTreeMap<u32, i64> =
        serde_json::from_str(&newest).map_err(|e| WriteError(e.to_string()))?;
    position.newest_ms = newest
        .into_iter()
        .map(|(loco, at_ms)| (LocoRef(loco), at_ms))
        .collect();
    Ok(Some((number, position)))
}

pub(super) fn keep(
    db: &Connection,
    number: i64,
    file: &FileIdentity<'_>,
    position: &Position,
) -> Result<(), WriteError> {
    let Position {
        reach,
        rules,
        newest_ms,
    } = position;
    let newest: BTreeMap<u32, i64> = newest_ms.iter().map(|(l, ms)| (l.0, *ms)).collect();
    let newest = serde_json::to_string(&newest).map_err(|e| WriteError(e.to_string()))?;
    db.prepare_cached(SET_DIGEST)?
        .execute(params![number, reach.digest])?;
    db.prepare_cached(KEEP)?.execute(params![
        file.source,
        file.role.key(),
        file.path,
        number,
        reach.bytes,
        reach.lines,
        reach.digest,
        rules,
        newest
    ])?;
    Ok(())
}

/// The newest instant held of a locomotive.
pub(super) fn newest_ms(db: &Connection, loco: LocoRef) -> rusqlite::Result<Option<i64>> {
    let range = params![key(loco.0, 0), key(loco.0, TIME_MASK)];
    let newest: Option<i64> = db
        .prepare_cached(NEWEST)?
        .query_row(range, |row| row.get(0))?;
    Ok(newest.map(|reading| reading & TIME_MASK))
}

pub(super) fn mark_late(db: &Connection, loco: LocoRef) -> rusqlite::Result<()> {
    db.prepare_cached(MARK_LATE)?.execute([loco.0])?;
    Ok(())
}

impl Reader {
    /// How often each locomotive (by its number) got readings before the newest one held.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn late_loads(&self) -> Result<BTreeMap<u32, u64>> {
        self.with(|db| {
            let mut query = db.prepare_cached(LATE)?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
