//! The one SQLite file that everything stands on, and the only SQL of telemetry.
//!
//! A [`Warehouse`] is the single read-write connection, opened for the time of a run;
//! [`Reader`]s are read-only and may stay open all day. Only this module can make a [`SoundRun`].

mod alarms;
mod amount;
mod copy;
mod drill;
mod export;
mod facts;
mod fleet;
mod followed;
mod holdings;
mod holds;
mod journal;
mod judged_rollups;
mod ledger;
mod load;
mod lock;
mod models;
mod outbox;
mod past;
mod patience;
mod predictions;
mod quarantine;
mod reader;
mod retention;
mod rollups;
mod runs;
#[cfg(feature = "trials")]
pub mod sabotage;
mod sound;
mod spread;
mod upkeep;

use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

pub use alarms::AlarmFilter;
pub use copy::{Frozen, Held, SCHEMA, damage, fold, fold_quietly, structure};
pub use drill::WriteHold;
pub use export::{Column, ColumnKind, Exported, Field, Span};
pub use fleet::{LatestReading, PERIOD_READINGS, median_step};
pub use holdings::{Holdings, Rows};
pub use holds::{RELEASED, Release};
pub use journal::{Entry, SETTING_CHANGED};
pub use judged_rollups::JudgedRollUp;
pub use ledger::{Checked, Finding, Head, LedgerEntry, Scope};
pub use load::Load;
pub use lock::{LockError, RunLock};
pub use models::StoredModel;
pub use outbox::{Message, Notice, Tried, UNFINISHED, Way};
pub use patience::Patience;
pub use predictions::{Judged, Prediction};
pub use quarantine::{
    PutBack, RefusedCounts, RefusedEntry, RefusedFilter, RefusedKey, RefusedWhole,
};
pub use reader::{ChangeWatch, Reader};
pub use retention::{Gone, Pruned};
pub use rollups::{Level, RollUp};
pub use runs::{LIVE, REINJECT, RunRecord, RunStatus};
pub use sound::{SoundRun, Unsound};
pub use upkeep::{Folded, Standing, checkpoint, quick_check};

use ledger::{Ledger, PROGRAM, unverified};
use patience::SLICE;

/// How long a statement waits for another program's write.
const BUSY: Duration = Duration::from_secs(10);
/// How long a note waits for a load to end: a long load holds the warehouse for some seconds.
const NOTE_PATIENCE: Duration = Duration::from_secs(60);
/// A reading's key: locomotive above, instant below.
const TIME_BITS: u32 = 44;
const TIME_MASK: i64 = (1 << TIME_BITS) - 1;

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../database/migrations/0001_warehouse.sql")),
    M::up(include_str!("../../database/migrations/0002_compact.sql")),
    M::up(include_str!("../../database/migrations/0003_followed.sql")),
    M::up(include_str!("../../database/migrations/0004_journal.sql")),
    M::up(include_str!("../../database/migrations/0005_alarms.sql")),
    M::up(include_str!("../../database/migrations/0006_requeued.sql")),
    M::up(include_str!("../../database/migrations/0007_ledger.sql")),
    M::up(include_str!(
        "../../database/migrations/0008_continuity.sql"
    )),
];

const fn migrations() -> Migrations<'static> {
    Migrations::from_slice(MIGRATIONS)
}

/// What went wrong with the warehouse.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    #[error("the warehouse {path} cannot be opened: {why}")]
    Open { path: String, why: String },
    #[error("the warehouse: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("the warehouse folder cannot be prepared: {0}")]
    Folder(#[from] std::io::Error),
    #[error("a stored document cannot be read: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the model cannot be stored: {0}")]
    Model(String),
    #[error(transparent)]
    Read(#[from] crate::domain::ports::ReadError),
    #[error("another run ended since: its result stands")]
    Overtaken,
    #[error("the ledger: {0}")]
    Ledger(String),
    #[error("the warehouse is locked by another program")]
    Locked,
    #[error("stopped while another program held the warehouse")]
    Stopped,
}

pub(crate) type Result<T, E = WarehouseError> = std::result::Result<T, E>;

const fn key(loco: u32, at_ms: i64) -> i64 {
    (loco as i64) << TIME_BITS | at_ms
}

/// The single writer.
pub struct Warehouse {
    db: Connection,
    ledger: Ledger,
    /// Who acts, for the ledger.
    who: String,
    /// How long it waits for another program's write.
    patience: Patience,
    /// Its reader, once one was asked for.
    reader: OnceCell<Reader>,
    /// What live passes brought and the gate has not judged yet.
    waiting: RefCell<holds::Waiting>,
}

impl Warehouse {
    /// Opens (and creates, and migrates) the warehouse for writing. Hold the [`RunLock`].
    ///
    /// # Errors
    /// The folder or the file cannot be used, or the file is no warehouse.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_patiently(path, &Patience::default())
    }

    /// As [`Warehouse::open`], waiting for another program's lock as `patience` says, now and later.
    ///
    /// # Errors
    /// As [`Warehouse::open`]; [`WarehouseError::Locked`] and [`WarehouseError::Stopped`] of the wait.
    pub fn open_patiently(path: &Path, patience: &Patience) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let named = |error| match error {
            WarehouseError::Open { why, .. } => WarehouseError::Open {
                path: path.display().to_string(),
                why,
            },
            other => other,
        };
        let open = || -> Result<Connection, OpenFailed> {
            let db = Connection::open(path)?;
            db.busy_timeout(SLICE)?;
            db.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
                 PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;",
            )?;
            // The first look at the file: only now SQLite sees that another program keeps everybody out.
            db.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
            Ok(db)
        };
        let mut db = patience
            .keep_trying(OpenFailed::is_locked, open)
            .map_err(named)?;
        let unverified = unverified(path)?;
        patience
            .keep_trying(OpenFailed::is_locked, || {
                Ok(migrations().to_latest(&mut db)?)
            })
            .map_err(named)?;
        db.busy_timeout(BUSY)?;
        let mut warehouse = Self::on(db)?;
        warehouse.wait_with(patience.clone());
        warehouse.begin_ledger(&unverified)?;
        Ok(warehouse)
    }

    /// How it waits for another program's write from now on.
    pub fn wait_with(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Opens a warehouse that is there, to add short notes to it: no [`RunLock`] is needed, a load under way is
    /// waited for.
    ///
    /// # Errors
    /// There is none, it is no warehouse, or an older program's that no run of this one has opened yet.
    pub fn open_to_note(path: &Path) -> Result<Self> {
        Self::open_to_note_within(path, NOTE_PATIENCE)
    }

    /// As [`Warehouse::open_to_note`]; a load under way is waited for so long.
    ///
    /// # Errors
    /// As [`Warehouse::open_to_note`].
    pub fn open_to_note_within(path: &Path, patience: Duration) -> Result<Self> {
        let failed = |why: String| WarehouseError::Open {
            path: path.display().to_string(),
            why,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(|e| failed(e.to_string()))?;
        db.busy_timeout(BUSY)?;
        db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")?;
        let version: usize = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != MIGRATIONS.len() {
            return Err(failed(format!(
                "it is of version {version}, this program writes {}",
                MIGRATIONS.len()
            )));
        }
        let mut warehouse = Self::on(db)?;
        warehouse.wait_with(Patience::silent(patience));
        Ok(warehouse)
    }

    /// Whether the file is a warehouse of an older program.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn is_behind(path: &Path) -> Result<bool> {
        let version: usize =
            read_only(path)?.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok((1..MIGRATIONS.len()).contains(&version))
    }

    /// A warehouse that holds nothing and keeps nothing.
    ///
    /// # Errors
    /// SQLite itself fails.
    pub fn in_memory() -> Result<Self> {
        Ok(Self {
            db: Connection::open_in_memory()?,
            ledger: Ledger::default(),
            who: PROGRAM.into(),
            patience: Patience::default(),
            reader: OnceCell::new(),
            waiting: RefCell::default(),
        })
    }

    fn on(db: Connection) -> Result<Self> {
        Ok(Self {
            ledger: Ledger::attach(&db)?,
            db,
            who: PROGRAM.into(),
            patience: Patience::default(),
            reader: OnceCell::new(),
            waiting: RefCell::default(),
        })
    }

    /// Who acts from now on: the ledger says so.
    pub fn acts_for(&mut self, who: &str) {
        who.clone_into(&mut self.who);
    }

    /// The schema is still the one that this program writes: a newer program may have changed it since.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn is_current(&self) -> Result<bool> {
        let version: usize = self
            .db
            .query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok(version == MIGRATIONS.len())
    }

    /// Folds the log into the file and closes it: what is left is one whole file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close_whole(mut self) -> Result<()> {
        drop(self.reader.take());
        self.db
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")?;
        self.db.close().map_err(|(_, error)| error)?;
        Ok(())
    }

    /// Folds the log into the file, as far as readers allow, and closes our connection.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn fold_log(mut self) -> Result<()> {
        drop(self.reader.take());
        self.db
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.db.close().map_err(|(_, error)| error)?;
        Ok(())
    }

    /// Read-only access to the same file; always on the same connections.
    ///
    /// # Errors
    /// The file cannot be opened a second time.
    pub fn reader(&self) -> Result<Reader> {
        if let Some(reader) = self.reader.get() {
            return Ok(reader.clone());
        }
        let reader = Reader::open(Path::new(self.db.path().unwrap_or_default()))?;
        Ok(self.reader.get_or_init(|| reader).clone())
    }
}

/// Why a writer could not be opened.
#[derive(Debug, thiserror::Error)]
enum OpenFailed {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Migration(#[from] rusqlite_migration::Error),
}

impl OpenFailed {
    fn is_locked(&self) -> bool {
        match self {
            Self::Sql(error)
            | Self::Migration(rusqlite_migration::Error::RusqliteError { err: error, .. }) => {
                patience::is_locked(error)
            }
            Self::Migration(_) => false,
        }
    }
}

impl From<OpenFailed> for WarehouseError {
    fn from(failed: OpenFailed) -> Self {
        Self::Open {
            path: String::new(),
            why: failed.to_string(),
        }
    }
}

/// A read-only connection; it never creates a file.
fn read_only(path: &Path) -> Result<Connection> {
    opened(path).map_err(|e| WarehouseError::Open {
        path: path.display().to_string(),
        why: match e.sqlite_error_code() {
            // SQLite says no more; what it lacks is nearly always this.
            Some(ErrorCode::CannotOpen) if path.is_file() => {
                format!("{e}: to read it too, its folder must be writable")
            }
            _ => e.to_string(),
        },
    })
}

fn opened(path: &Path) -> rusqlite::Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        db.busy_timeout(BUSY)?;
        db.execute_batch("PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456;")?;
        // The first look at the file: only now SQLite sees what a killed writer left.
        let version: usize = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if (1..MIGRATIONS.len()).contains(&version) {
            stand_in(&db)?;
        }
        Ok(db)
    };
    match open() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
            finish_for_the_dead(path).and_then(|()| open())
        }
        opened => opened,
    }
}

/// A warehouse of an older program lacks tables. For this connection alone they are there, and empty: nobody noted,
/// raised or put back anything then.
fn stand_in(db: &Connection) -> rusqlite::Result<()> {
    let mut whole = Connection::open_in_memory()?;
    migrations()
        .to_latest(&mut whole)
        .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
    let mut tables = whole.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let mut tables = tables.query([])?;
    db.execute_batch("PRAGMA temp_store = MEMORY;")?;
    while let Some(table) = tables.next()? {
        let (name, sql): (String, String) = (table.get(0)?, table.get(1)?);
        if !db.table_exists(Some("main"), name.as_str())? {
            db.execute_batch(&sql.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1))?;
        }
    }
    Ok(())
}

/// Tables of this connection stand in for those of a warehouse that was not brought up to date when it was opened.
fn stands_in(db: &Connection) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT EXISTS (SELECT 1 FROM temp.sqlite_schema)")?
        .query_row([], |row| row.get(0))
}

/// Who was killed while the warehouse was made, or made one whole file, leaves a rollback journal, and no
/// read-only connection may play it back. One that may write does so with its first look, under SQLite's own locks;
/// it changes nothing but that.
fn finish_for_the_dead(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.query_row("PRAGMA schema_version", [], |_| Ok(()))
}

/// Marks the file as a program of the future would.
#[cfg(test)]
pub(crate) fn pretend_newer(path: &Path) -> Result<()> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "user_version", MIGRATIONS.len() + 1)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of a warehouse and of its journal, taken in the middle of a change: what a kill leaves.
    #[test]
    fn a_reader_plays_back_the_journal_of_a_killed_writer() {
        let dir = tempfile::tempdir().unwrap();
        let whole = dir.path().join("whole.sqlite");
        Warehouse::open(&whole).unwrap().close_whole().unwrap();
        let mut db = Connection::open(&whole).unwrap();
        db.execute_batch("PRAGMA cache_size = 1;").unwrap();
        let tx = db.transaction().unwrap();
        for loco in 0..2000 {
            let name = format!("a name that takes some room {loco}");
            tx.execute("INSERT INTO locomotives VALUES (?1, ?2)", (loco, name))
                .unwrap();
        }
        let killed = dir.path().join("killed.sqlite");
        let journal = |path: &Path| path.with_extension("sqlite-journal");
        std::fs::copy(&whole, &killed).unwrap();
        std::fs::copy(journal(&whole), journal(&killed)).unwrap();
        drop(tx);
        let reader = Reader::open(&killed).unwrap();
        assert!(!reader.is_unborn().unwrap());
        let names = reader.with(|db| {
            let count: rusqlite::Result<i64> =
                db.query_row("SELECT count(*) FROM locomotives", [], |row| row.get(0));
            Ok(count?)
        });
        assert_eq!(names.unwrap(), 0, "half a transaction is none");
        assert!(!Warehouse::is_behind(&killed).unwrap());
    }
}
