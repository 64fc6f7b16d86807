//! The warehouse as a file: a fixed picture of it copied while others write, what a file holds, whether it is whole.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde_json::json;

use super::ledger::Head;
use super::{MIGRATIONS, Reader, Result, Warehouse, WarehouseError, opened, read_only};

/// The version of the schema that this program writes.
pub const SCHEMA: usize = MIGRATIONS.len();

/// Pages of one step of a copy: 16 MB at the usual size.
const PAGES: i32 = 4096;
/// How long whoever makes one whole file of a warehouse waits for others to let go of it.
const LET_GO: Duration = Duration::from_secs(3);
/// Faults of the structure that are told at most.
const TOLD: usize = 20;

const TABLES: &str = "SELECT name FROM main.sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
const VERSIONS: &str = "SELECT version FROM models ORDER BY version";

/// A picture of a warehouse that stays as it is, whatever is written meanwhile; the writer does not wait for it.
///
/// It holds a read transaction: in WAL mode that is a snapshot, so a copy of it never begins anew. The log cannot
/// be shortened below it while it is held.
pub struct Frozen {
    db: Connection,
}

impl Frozen {
    /// # Errors
    /// The file cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let db = read_only(path)?;
        // All of it is read once: as far as SQLite maps a file, without a call for each page.
        db.execute_batch("PRAGMA mmap_size = 2147418112; BEGIN")?;
        // A transaction begins with its first look.
        db.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))?;
        Ok(Self { db })
    }

    /// Size of the whole picture, bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn bytes(&self) -> Result<u64> {
        let pragma = |sql: &str| self.db.query_row(sql, [], |row| row.get::<_, u64>(0));
        Ok(pragma("PRAGMA main.page_count")? * pragma("PRAGMA main.page_size")?)
    }

    /// Copies the picture to a file that is not there yet, as one whole file that any client opens, and has it
    /// written through to the disk. `far` is told the share done and says whether to go on; `false`: it did not, and
    /// what is there is half a copy.
    ///
    /// # Errors
    /// The picture cannot be read or the copy not be written.
    pub fn copy_to(&self, to: &Path, far: &dyn Fn(f32) -> ControlFlow<()>) -> Result<bool> {
        let mut copy = Connection::open(to)?;
        // Nobody else knows this file, and half of it is worth nothing: no journal, one sync at the end.
        copy.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
             PRAGMA cache_size = -2048;",
        )?;
        let backup = Backup::new(&self.db, &mut copy)?;
        loop {
            match backup.step(PAGES)? {
                StepResult::Done => break,
                StepResult::More => {}
                // Nobody else is at either file; a virus scanner may be for a moment.
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
            let now = backup.progress();
            let done = (now.pagecount - now.remaining) as f32 / now.pagecount.max(1) as f32;
            if far(done).is_break() {
                return Ok(false);
            }
        }
        drop(backup);
        copy.close().map_err(|(_, error)| error)?;
        // The picture says of itself that a log belongs to it; the copy stands alone.
        let copy = Connection::open(to)?;
        copy.execute_batch("PRAGMA synchronous = OFF;")?;
        alone(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        // Opened to write: some systems sync no other.
        std::fs::File::options().write(true).open(to)?.sync_all()?;
        Ok(true)
    }
}

fn alone(db: &Connection) -> Result<()> {
    let mode: String = db.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode == "delete" {
        Ok(())
    } else {
        Err(WarehouseError::Folder(std::io::Error::other(
            "somebody has the warehouse open",
        )))
    }
}

/// Folds the log of a warehouse into its file, in whatever version it is: what is left is one whole file.
///
/// # Errors
/// Somebody has it open, or it cannot be written.
pub fn fold(path: &Path) -> Result<()> {
    let db = writable(path)?;
    db.busy_timeout(LET_GO)?;
    alone(&db)?;
    db.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Writes of the log into the file what readers allow, waiting for nobody and holding nobody up.
///
/// # Errors
/// There is none, or it cannot be written.
pub fn fold_quietly(path: &Path) -> Result<()> {
    writable(path)?.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    Ok(())
}

fn writable(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
}

/// What a warehouse holds, to be matched with what a manifest says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Version of its schema; this program writes [`SCHEMA`].
    pub schema: usize,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// Versions of all models.
    pub models: Vec<u32>,
    /// The one in force.
    pub model: Option<u32>,
    /// Where its ledger stands; `None`: it is older than the ledger.
    pub head: Option<Head>,
}

impl Reader {
    /// What the warehouse holds: every table is counted.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn held(&self) -> Result<Held> {
        let (model, models) = (self.model_version()?, self.model_versions()?);
        self.with(|db| {
            let names: Vec<String> = db
                .prepare(TABLES)?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut rows = BTreeMap::new();
            for name in names {
                let count = format!(
                    "SELECT count(*) FROM main.\"{}\"",
                    name.replace('"', "\"\"")
                );
                rows.insert(name, db.query_row(&count, [], |row| row.get(0))?);
            }
            let head = match rows.contains_key("ledger") {
                true => Some(super::ledger::head(db)?),
                false => None,
            };
            Ok(Held {
                schema: db.query_row("PRAGMA user_version", [], |row| row.get(0))?,
                models,
                rows,
                model,
                head,
            })
        })
    }

    /// Versions of all models.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn model_versions(&self) -> Result<Vec<u32>> {
        self.with(|db| {
            let mut query = db.prepare(VERSIONS)?;
            let rows = query.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many readings there are.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn count_readings(&self) -> Result<i64> {
        self.with(|db| {
            Ok(db.query_row("SELECT count(*) FROM sensor_metrics", [], |row| row.get(0))?)
        })
    }
}

/// What is wrong with the structure of a database file; empty: nothing. `thorough`: every index against its table and
/// every reference too.
///
/// # Errors
/// The file cannot be read for a reason that is not its own: permission, a lock.
pub fn structure(path: &Path, thorough: bool) -> Result<Vec<String>> {
    let look = || -> rusqlite::Result<Vec<String>> {
        let db = opened(path)?;
        let check = if thorough { "integrity" } else { "quick" };
        let mut found: Vec<String> = db
            .prepare(&format!("PRAGMA main.{check}_check({TOLD})"))?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        found.retain(|line| line != "ok");
        if thorough && found.is_empty() {
            let mut query = db.prepare("PRAGMA main.foreign_key_check")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                if found.len() == TOLD {
                    break;
                }
                let (table, to): (String, String) = (row.get(0)?, row.get(2)?);
                found.push(format!("a row of {table} points to a missing row of {to}"));
            }
        }
        Ok(found)
    };
    match look() {
        Err(error) if is_damage(&error) => Ok(vec![error.to_string()]),
        other => Ok(other?),
    }
}

/// Whether SQLite says that the file itself is at fault.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    ) || matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Why a file is no whole database; `None`: it is one.
///
/// # Errors
/// As [`structure`].
pub fn damage(path: &Path) -> Result<Option<String>> {
    if std::fs::metadata(path)?.len() == 0 {
        return Ok(Some("the file is empty".into()));
    }
    Ok(structure(path, false)?.into_iter().next())
}

impl Warehouse {
    /// Writes into the ledger of a warehouse that came out of a backup what it takes the place of.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn record_restore(&self, who: &str, from: &str, replaced: Option<Head>) -> Result<Head> {
        let before = super::ledger::head(&self.db)?;
        let detail = json!({
            "from": from,
            "head": before.to_string(),
            "replaced": replaced.map(|head| head.to_string()),
        });
        self.act()?.commit("restore", None, Some(who), detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Entry;

    fn note(warehouse: &mut Warehouse, words: &str) -> Result<i64> {
        warehouse.note(&Entry {
            entry: 0,
            at_ms: 1,
            who: "Ngo".into(),
            act: "note".into(),
            loco: None,
            of_ms: None,
            words: words.into(),
            detail: json!({}),
        })
    }

    const GO_ON: &dyn Fn(f32) -> ControlFlow<()> = &|_| ControlFlow::Continue(());

    #[test]
    fn a_picture_is_as_it_was_and_the_writer_does_not_wait_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        note(&mut warehouse, "before").unwrap();
        let frozen = Frozen::of(&path).unwrap();
        let head = warehouse.reader().unwrap().ledger_head().unwrap();
        let begun = std::time::Instant::now();
        note(&mut warehouse, "after").unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1));
        let copy = folder.path().join("copy.sqlite");
        assert!(frozen.copy_to(&copy, GO_ON).unwrap());
        let held = Reader::open(&copy).unwrap().held().unwrap();
        assert_eq!((held.schema, held.rows["journal"]), (SCHEMA, 1));
        assert_eq!(held.head, Some(head));
        assert_eq!(
            std::fs::metadata(&copy).unwrap().len(),
            frozen.bytes().unwrap()
        );
        assert!(structure(&copy, true).unwrap().is_empty());
        // It needs no log beside it, and it says so.
        let bytes = std::fs::read(&copy).unwrap();
        assert_eq!(bytes[18..20], [1, 1]);
    }

    #[test]
    fn a_copy_can_be_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        for _ in 0..60 {
            note(&mut warehouse, &"x".repeat(400_000)).unwrap();
        }
        let frozen = Frozen::of(&path).unwrap();
        let to = folder.path().join("copy.sqlite");
        let stopped = frozen.copy_to(&to, &|_| ControlFlow::Break(())).unwrap();
        assert!(!stopped);
    }

    #[test]
    fn what_is_no_database_is_told_from_what_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.sqlite");
        assert!(damage(&path).is_err(), "nothing there");
        std::fs::write(&path, "").unwrap();
        assert!(damage(&path).unwrap().is_some());
        std::fs::write(&path, "not a database, whatever its name says".repeat(99)).unwrap();
        assert!(damage(&path).unwrap().is_some());
        std::fs::remove_file(&path).unwrap();
        let mut warehouse = Warehouse::open(&path).unwrap();
        note(&mut warehouse, &"x".repeat(40_000)).unwrap();
        assert_eq!(damage(&path).unwrap(), None);
        warehouse.close_whole().unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(damage(&path).unwrap().is_some(), "cut");
    }

    #[test]
    fn a_warehouse_that_somebody_reads_is_not_folded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        note(&mut warehouse, "x").unwrap();
        assert!(fold(&path).is_err());
        drop(warehouse);
        fold(&path).unwrap();
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
}
