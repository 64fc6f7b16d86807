//! Refused rows, to be looked through and put back. None is ever deleted: one that was put back is marked as such,
//! with what was loaded in its place.

use rusqlite::{OptionalExtension, Row, ToSql, params, params_from_iter};

use crate::domain::{Reason, Role};

use super::load::Load;
use super::{Reader, Result};

/// Bytes of a row that a list shows.
const EXCERPT_BYTES: usize = 200;

const LIST: &str =
    "SELECT q.file, q.line, q.reason, q.detail, substr(q.raw, 1, ?1), q.loco, q.at_ms, f.source,
        f.path, f.role, q.run, r.at_ms, r.who, r.run
    FROM quarantine q JOIN source_files f ON f.file = q.file
    LEFT JOIN requeued r ON r.file = q.file AND r.line = q.line";
const COUNT: &str = "SELECT count(*) FROM quarantine q JOIN source_files f ON f.file = q.file
    LEFT JOIN requeued r ON r.file = q.file AND r.line = q.line";
const BY_REASON: &str = "SELECT q.reason, count(*) FROM quarantine q
    LEFT JOIN requeued r ON r.file = q.file AND r.line = q.line WHERE r.file IS NULL
    GROUP BY q.reason ORDER BY 2 DESC";
const BY_FILE: &str = "SELECT f.source, f.path, count(*) FROM quarantine q
    JOIN source_files f ON f.file = q.file
    LEFT JOIN requeued r ON r.file = q.file AND r.line = q.line WHERE r.file IS NULL
    GROUP BY f.source, f.path ORDER BY 3 DESC LIMIT ?1";
const PUT_BACK: &str = "SELECT count(*) FROM requeued";
const KEPT: &str = "SELECT coalesce(sum(readings), 0) FROM readings_by_day";
const WHOLE: &str =
    "SELECT q.raw, r.raw, f.digest, q.reason, f.source, f.path, f.role FROM quarantine q
    JOIN source_files f ON f.file = q.file
    LEFT JOIN requeued r ON r.file = q.file AND r.line = q.line WHERE q.file = ?1 AND q.line = ?2";
const MARK: &str =
    "INSERT INTO requeued (file, line, run, at_ms, who, raw) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (file, line) DO NOTHING";

/// Which refused row: the warehouse's number of its file, and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefusedKey {
    pub file: i64,
    pub line: u64,
}

/// Which refused rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedFilter {
    pub reason: Option<Reason>,
    pub source: Option<String>,
    /// Path of its file, as reports show it.
    pub file: Option<String>,
    /// Somewhere in the row, its detail, its file or its locomotive.
    pub words: String,
    /// Also those that were put back.
    pub put_back: bool,
}

/// A refused row, as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedEntry {
    pub key: RefusedKey,
    pub reason: Reason,
    /// Which field, and what was wrong with it.
    pub detail: String,
    /// The first bytes of the row.
    pub excerpt: Vec<u8>,
    pub loco: Option<String>,
    /// UTC milliseconds.
    pub at_ms: Option<i64>,
    pub source: String,
    pub path: String,
    pub role: Role,
    /// The run that refused it.
    pub run: i64,
    pub put_back: Option<PutBack>,
}

/// Who put a row back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBack {
    /// UTC milliseconds, the computer's clock.
    pub at_ms: i64,
    pub who: String,
    pub run: i64,
}

/// The whole of a refused row.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedWhole {
    pub raw: Vec<u8>,
    /// What was loaded in its place.
    pub put_back_as: Option<Vec<u8>>,
    /// BLAKE3 of its file.
    pub digest: [u8; 32],
    pub reason: Reason,
    pub source: String,
    pub path: String,
    pub role: Role,
}

/// Counts of what is still out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedCounts {
    pub by_reason: Vec<(Reason, u64)>,
    /// Source, path, rows; the fullest first.
    pub by_file: Vec<(String, String, u64)>,
    pub put_back: u64,
    /// Readings in the warehouse.
    pub kept: u64,
}

impl RefusedFilter {
    /// The condition, with its values.
    fn condition(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut words = Vec::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        if !self.put_back {
            words.push("r.file IS NULL".to_owned());
        }
        let mut equal = |column: &str, value: &str| {
            values.push(Box::new(value.to_owned()));
            words.push(format!("{column} = ?{}", values.len() + 1));
        };
        if let Some(reason) = self.reason {
            equal("q.reason", reason.key());
        }
        if let Some(source) = &self.source {
            equal("f.source", source);
        }
        if let Some(file) = &self.file {
            equal("f.path", file);
        }
        let sought = self.words.trim();
        if !sought.is_empty() {
            let escaped: String = sought
                .chars()
                .flat_map(|c| {
                    let escape = matches!(c, '%' | '_' | '\\').then_some('\\');
                    escape.into_iter().chain([c])
                })
                .collect();
            values.push(Box::new(format!("%{escaped}%")));
            let n = values.len() + 1;
            let columns = ["CAST(q.raw AS TEXT)", "q.detail", "f.path", "q.loco"];
            let any: Vec<String> = columns
                .iter()
                .map(|column| format!("{column} LIKE ?{n} ESCAPE '\\'"))
                .collect();
            words.push(format!("({})", any.join(" OR ")));
        }
        let all = if words.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", words.join(" AND "))
        };
        (all, values)
    }
}

impl Reader {
    /// The refused rows of a filter, newest run first and each file in its order, at most `limit`; and how many
    /// there are in all.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn refused_rows(
        &self,
        filter: &RefusedFilter,
        limit: usize,
    ) -> Result<(Vec<RefusedEntry>, u64)> {
        let (condition, values) = filter.condition();
        self.with(|db| {
            // The first parameter is the length of an excerpt; counting, it is there and not used.
            let bound = || {
                let first: [&dyn ToSql; 1] = [&EXCERPT_BYTES];
                params_from_iter(first.into_iter().chain(values.iter().map(Box::as_ref)))
            };
            let count = format!("{COUNT}{condition} AND ?1 > 0");
            let count = if condition.is_empty() {
                format!("{COUNT} WHERE ?1 > 0")
            } else {
                count
            };
            let all = db
                .prepare_cached(&count)?
                .query_row(bound(), |row| row.get(0))?;
            let list =
                format!("{LIST}{condition} ORDER BY q.run DESC, q.file, q.line LIMIT {limit}");
            let mut query = db.prepare_cached(&list)?;
            let rows = query.query_map(bound(), entry)?;
            Ok((rows.collect::<rusqlite::Result<_>>()?, all))
        })
    }

    /// One refused row, whole; `None` where there is none.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn refused_row(&self, key: RefusedKey) -> Result<Option<RefusedWhole>> {
        self.with(|db| {
            let found = db
                .prepare_cached(WHOLE)?
                .query_row(params![key.file, key.line], |row| {
                    Ok(RefusedWhole {
                        raw: row.get(0)?,
                        put_back_as: row.get(1)?,
                        digest: row.get(2)?,
                        reason: reason(row, 3)?,
                        source: row.get(4)?,
                        path: row.get(5)?,
                        role: role(row, 6)?,
                    })
                });
            Ok(found.optional()?)
        })
    }

    /// How many rows are out, and why; `files` at most are named.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn refused_counts(&self, files: usize) -> Result<RefusedCounts> {
        self.with(|db| {
            let mut query = db.prepare_cached(BY_REASON)?;
            let by_reason = query
                .query_map([], |row| Ok((reason(row, 0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let mut query = db.prepare_cached(BY_FILE)?;
            let by_file = query
                .query_map([files as i64], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let one = |sql: &str| db.query_row(sql, [], |row| row.get(0));
            Ok(RefusedCounts {
                by_reason,
                by_file,
                put_back: one(PUT_BACK)?,
                kept: one(KEPT)?,
            })
        })
    }
}

impl Load<'_> {
    /// Marks a refused row as put back by this load. `raw` is what was loaded in its place.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn put_back(&mut self, key: RefusedKey, raw: &[u8], who: &str, at_ms: i64) -> Result<()> {
        let run = self.run();
        self.transaction()
            .prepare_cached(MARK)?
            .execute(params![key.file, key.line, run, at_ms, who, raw])?;
        Ok(())
    }
}

fn reason(row: &Row<'_>, column: usize) -> rusqlite::Result<Reason> {
    let key: String = row.get(column)?;
    Reason::ALL
        .into_iter()
        .find(|reason| reason.key() == key)
        .ok_or_else(|| unknown(column, &key))
}

fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let key: String = row.get(column)?;
    [Role::Telemetry, Role::Maintenance, Role::Failures]
        .into_iter()
        .find(|role| role.key() == key)
        .ok_or_else(|| unknown(column, &key))
}

fn unknown(column: usize, word: &str) -> rusqlite::Error {
    let why = format!("“{word}” is not known to this program");
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why.into())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<RefusedEntry> {
    let put_back = match row.get::<_, Option<i64>>(11)? {
        Some(at_ms) => Some(PutBack {
            at_ms,
            who: row.get(12)?,
            run: row.get(13)?,
        }),
        None => None,
    };
    Ok(RefusedEntry {
        key: RefusedKey {
            file: row.get(0)?,
            line: row.get(1)?,
        },
        reason: reason(row, 2)?,
        detail: row.get(3)?,
        excerpt: row.get(4)?,
        loco: row.get(5)?,
        at_ms: row.get(6)?,
        source: row.get(7)?,
        path: row.get(8)?,
        role: role(row, 9)?,
        run: row.get(10)?,
        put_back,
    })
}
