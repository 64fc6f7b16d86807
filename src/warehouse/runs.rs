//! The record of every run that ended.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::{Reader, Result, Warehouse};

const NEXT: &str = "SELECT coalesce(max(run), 0) + 1 FROM pipeline_runs";
const INSERT: &str = "INSERT INTO pipeline_runs
    (run, kind, started_ms, ended_ms, status, cause, rows_read, rows_kept, rows_already_loaded,
     rows_quarantined, labels_incomplete, report)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const LAST: &str = "SELECT run, kind, started_ms, ended_ms, status, cause, rows_read, rows_kept,
    rows_already_loaded, rows_quarantined, labels_incomplete, report
    FROM pipeline_runs ORDER BY run DESC LIMIT 1";
const PAGE: &str = "SELECT run, kind, started_ms, ended_ms, status, cause, rows_read, rows_kept,
    rows_already_loaded, rows_quarantined, labels_incomplete, report
    FROM pipeline_runs ORDER BY run DESC LIMIT ?1";
const COUNT: &str = "SELECT count(*) FROM pipeline_runs";
const LAST_STARTED: &str = "SELECT max(started_ms) FROM pipeline_runs WHERE kind = ?1";
/// One that a person cancelled says nothing of how things go.
const LAST_OF: &str = "SELECT run, kind, started_ms, ended_ms, status, cause, rows_read, rows_kept,
    rows_already_loaded, rows_quarantined, labels_incomplete, report
    FROM pipeline_runs WHERE kind = ?1 AND coalesce(cause, '') NOT LIKE 'cancelled by %'
    ORDER BY run DESC LIMIT 1";
const LAST_SOUND_END: &str =
    "SELECT max(ended_ms) FROM pipeline_runs WHERE kind = ?1 AND status = 'ok'";
const CONCLUDE: &str =
    "UPDATE pipeline_runs SET ended_ms = ?2, status = ?3, cause = ?4, report = ?5 WHERE run = ?1";

const LAST_KEPT: &str = "SELECT rows_kept FROM pipeline_runs
    WHERE status = 'ok' AND rows_kept > 0 AND kind <> 'reinject' ORDER BY run DESC LIMIT 1";
/// Adds a live pass to a run of them.
const LENGTHEN: &str = "UPDATE pipeline_runs SET ended_ms = ?2, rows_read = rows_read + ?3,
    rows_kept = rows_kept + ?4, rows_already_loaded = rows_already_loaded + ?5,
    rows_quarantined = rows_quarantined + ?6, labels_incomplete = ?7, report = ?8, cause = ?9
    WHERE run = ?1";
/// The kind of a run made of live passes.
pub const LIVE: &str = "live";
/// The kind of a run that put refused rows back.
pub const REINJECT: &str = "reinject";

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Ok,
    FailedSafe,
}

impl RunStatus {
    const fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::FailedSafe => "failed_safe",
        }
    }
}

/// One run, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Numbered by the warehouse; what is given on writing is ignored.
    pub run: i64,
    pub kind: String,
    pub started_ms: i64,
    pub ended_ms: i64,
    pub status: RunStatus,
    pub cause: Option<String>,
    pub rows_read: u64,
    pub rows_kept: u64,
    pub rows_already_loaded: u64,
    pub rows_quarantined: u64,
    /// A source of failures was refused: labels made now would say that nothing failed.
    pub labels_incomplete: bool,
    /// Stages, reasons, refused sources: what a report shows and no query needs.
    pub report: serde_json::Value,
}

impl RunRecord {
    /// A run that has done nothing yet.
    #[must_use]
    pub fn begun(kind: &str, started_ms: i64) -> Self {
        Self {
            run: 0,
            kind: kind.to_owned(),
            started_ms,
            ended_ms: started_ms,
            status: RunStatus::Ok,
            cause: None,
            rows_read: 0,
            rows_kept: 0,
            rows_already_loaded: 0,
            rows_quarantined: 0,
            labels_incomplete: false,
            report: serde_json::json!({}),
        }
    }
}

pub(super) fn next(db: &Connection) -> Result<i64> {
    Ok(db.query_row(NEXT, [], |row| row.get(0))?)
}

pub(super) fn insert(db: &Connection, run: i64, record: &RunRecord) -> Result<()> {
    db.prepare_cached(INSERT)?.execute(params![
        run,
        record.kind,
        record.started_ms,
        record.ended_ms,
        record.status.key(),
        record.cause,
        record.rows_read,
        record.rows_kept,
        record.rows_already_loaded,
        record.rows_quarantined,
        record.labels_incomplete,
        record.report.to_string(),
    ])?;
    Ok(())
}

/// Adds what a live pass did to the run that it lengthens; the report takes the place of the last one.
pub(super) fn lengthen(db: &Connection, run: i64, pass: &RunRecord) -> Result<()> {
    db.prepare_cached(LENGTHEN)?.execute(params![
        run,
        pass.ended_ms,
        pass.rows_read,
        pass.rows_kept,
        pass.rows_already_loaded,
        pass.rows_quarantined,
        pass.labels_incomplete,
        pass.report.to_string(),
        pass.cause,
    ])?;
    Ok(())
}

/// The last run, if it is one of sound live passes that began after `since_ms`.
pub(super) fn live_since(db: &Connection, since_ms: i64) -> Result<Option<i64>> {
    let last = last(db)?.filter(|last| {
        last.kind == LIVE && last.status == RunStatus::Ok && last.started_ms > since_ms
    });
    Ok(last.map(|last| last.run))
}

pub(super) fn last(db: &Connection) -> Result<Option<RunRecord>> {
    let found = db.prepare_cached(LAST)?.query_row([], record).optional()?;
    Ok(found)
}

fn record(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let status: String = row.get(4)?;
    let report: String = row.get(11)?;
    Ok(RunRecord {
        run: row.get(0)?,
        kind: row.get(1)?,
        started_ms: row.get(2)?,
        ended_ms: row.get(3)?,
        status: if status == RunStatus::Ok.key() {
            RunStatus::Ok
        } else {
            RunStatus::FailedSafe
        },
        cause: row.get(5)?,
        rows_read: row.get(6)?,
        rows_kept: row.get(7)?,
        rows_already_loaded: row.get(8)?,
        rows_quarantined: row.get(9)?,
        labels_incomplete: row.get(10)?,
        // Verdicts rest on it: a report that cannot be read is an error, not an empty one.
        report: serde_json::from_str(&report).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(11, rusqlite::types::Type::Text, e.into())
        })?,
    })
}

impl RunRecord {
    /// The run failed safe, for this cause.
    pub fn fail(&mut self, cause: String) {
        (self.status, self.cause) = (RunStatus::FailedSafe, Some(cause));
    }
}

impl Warehouse {
    /// The last run that ended.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_run(&self) -> Result<Option<RunRecord>> {
        last(&self.db)
    }

    /// Rows kept by the last sound run that kept any.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_kept(&self) -> Result<u64> {
        let mut query = self.db.prepare_cached(LAST_KEPT)?;
        let kept = query.query_row([], |row| row.get(0)).optional()?;
        Ok(kept.unwrap_or(0))
    }

    /// Records a run that failed safe. Nothing else is written.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn record_failure(&mut self, failed: &RunRecord) -> Result<i64> {
        let tx = self.act()?;
        let run = next(&tx)?;
        insert(&tx, run, failed)?;
        tx.commit(
            "run_failed",
            Some(run),
            None,
            json!({"cause": failed.cause}),
        )?;
        Ok(run)
    }

    /// Records a live pass that failed safe; passes that fail one after the other are one run.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn record_live_failure(&mut self, failed: &RunRecord) -> Result<i64> {
        let tx = self.act()?;
        let before =
            last(&tx)?.filter(|last| last.kind == LIVE && last.status == RunStatus::FailedSafe);
        let run = match before {
            Some(last) => {
                // What it read is read again: these rows are not more than before.
                let again = RunRecord {
                    rows_read: 0,
                    rows_already_loaded: 0,
                    rows_quarantined: 0,
                    ..failed.clone()
                };
                lengthen(&tx, last.run, &again)?;
                last.run
            }
            None => {
                let run = next(&tx)?;
                insert(&tx, run, failed)?;
                run
            }
        };
        tx.commit(
            "run_failed",
            Some(run),
            None,
            json!({"cause": failed.cause}),
        )?;
        Ok(run)
    }

    /// Completes the record of a run after training and scoring.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn conclude(&self, run: i64, record: &RunRecord) -> Result<()> {
        let tx = self.act()?;
        tx.execute(
            CONCLUDE,
            params![
                run,
                record.ended_ms,
                record.status.key(),
                record.cause,
                record.report.to_string()
            ],
        )?;
        let detail = json!({"status": record.status.key(), "cause": record.cause});
        tx.commit("concluded", Some(run), None, detail)?;
        Ok(())
    }
}

impl Reader {
    /// The last runs, newest first, at most `limit`; and how many there are in all.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn runs(&self, limit: usize) -> Result<(Vec<RunRecord>, u64)> {
        self.with(|db| {
            let all = db.query_row(COUNT, [], |row| row.get(0))?;
            let mut query = db.prepare_cached(PAGE)?;
            let rows = query.query_map([limit as i64], record)?;
            Ok((rows.collect::<rusqlite::Result<_>>()?, all))
        })
    }

    /// When the last run of a kind began, UTC milliseconds; sound or not.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_started(&self, kind: &str) -> Result<Option<i64>> {
        self.with(|db| Ok(db.query_row(LAST_STARTED, [kind], |row| row.get(0))?))
    }

    /// The last run of a kind that nobody cancelled.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_of(&self, kind: &str) -> Result<Option<RunRecord>> {
        self.with(|db| {
            let mut query = db.prepare_cached(LAST_OF)?;
            Ok(query.query_row([kind], record).optional()?)
        })
    }

    /// When the last sound run of a kind ended, UTC milliseconds.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_sound_end(&self, kind: &str) -> Result<Option<i64>> {
        self.with(|db| Ok(db.query_row(LAST_SOUND_END, [kind], |row| row.get(0))?))
    }
}
