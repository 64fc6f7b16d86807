//! What a cold restart asks of the file itself: that its log is folded in, that it is whole, what it holds, and that
//! the restart is entered in the ledger.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use super::{Reader, Result, Warehouse, read_only};

/// How long a checkpoint waits for readers.
const READERS: Duration = Duration::from_secs(5);

/// What a checkpoint came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// Pages of the log that are not in the file yet: a reader of another program still looks at what was before.
    pub left: i64,
}

/// What a warehouse holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub readings: u64,
    pub runs: u64,
    pub model: Option<u32>,
    pub synthetic: Option<bool>,
}

/// Folds the log into the file, whatever version the file is of.
///
/// # Errors
/// It does not open, or cannot be written.
pub fn checkpoint(path: &Path) -> Result<Folded> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(READERS)?;
    let (log, done): (i64, i64) = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })?;
    Ok(Folded {
        // Minus one: it keeps no such log.
        left: (log - done).max(0),
    })
}

/// What is wrong with the structure of the file; `None`: nothing.
///
/// # Errors
/// It does not open at all.
pub fn quick_check(path: &Path) -> Result<Option<String>> {
    let db = read_only(path)?;
    let found: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

impl Reader {
    /// What the warehouse holds now.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn standing(&self) -> Result<Standing> {
        let readings = self.with(|db| {
            let count: rusqlite::Result<u64> =
                db.query_row("SELECT count(*) FROM sensor_metrics", [], |row| row.get(0));
            Ok(count?)
        })?;
        Ok(Standing {
            readings,
            runs: self.runs(1)?.1,
            model: self.model_version()?,
            synthetic: self.synthetic()?,
        })
    }
}

impl Warehouse {
    /// Enters a cold restart in the ledger: who walked it, its steps, whom it ended.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn enter_cold_restart(&mut self, who: &str, detail: serde_json::Value) -> Result<()> {
        let act = self.act()?;
        act.commit("cold_restart", None, Some(who), detail)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_in_the_chain_the_log_is_folded_and_damage_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        warehouse
            .enter_cold_restart("Ngo", serde_json::json!({ "ended": [4711] }))
            .unwrap();
        let reader = warehouse.reader().unwrap();
        let newest = &reader.ledger(i64::MAX, 1).unwrap()[0];
        assert_eq!(
            (newest.kind.as_str(), newest.who.as_str()),
            ("cold_restart", "Ngo")
        );
        assert!(newest.detail.contains("4711"));
        assert_eq!(reader.standing().unwrap().readings, 0);
        drop((reader, warehouse));
        assert_eq!(checkpoint(&path).unwrap(), Folded { left: 0 });
        assert_eq!(quick_check(&path).unwrap(), None);
        let mut bytes = std::fs::read(&path).unwrap();
        let page = 4096;
        bytes[page..page + 64].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
        let found = quick_check(&path);
        assert!(!matches!(found, Ok(None)), "{found:?}");
    }
}
