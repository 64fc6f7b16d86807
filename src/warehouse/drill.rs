//! What drills do to a database file: copy it whole, and hold it as another program would.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{Result, WarehouseError, read_only};

/// Pages copied at a time.
const STEP_PAGES: std::ffi::c_int = 4096;

/// Copies a warehouse, whatever others do to it meanwhile: the copy is the state of one instant.
///
/// # Errors
/// It cannot be read, or the copy not be written.
pub fn copy_whole(from: &Path, to: &Path) -> Result<()> {
    let source = read_only(from)?;
    // One snapshot: a writer meanwhile does not make the copy begin anew.
    source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
    let mut copy = Connection::open(to)?;
    let backup = Backup::new(&source, &mut copy)?;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => std::thread::sleep(std::time::Duration::from_millis(5)),
        }
    }
}

/// A write transaction that is begun and never ended, with a change in it that must not be seen.
pub struct WriteHold {
    _db: Connection,
}

impl WriteHold {
    /// # Errors
    /// There is no database at `path`, or somebody else is writing.
    pub fn take(path: &Path) -> Result<Self> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let changed = db
            .execute_batch("BEGIN IMMEDIATE")
            .and_then(|()| db.execute("UPDATE locomotives SET name = name || ' ?'", []))?;
        if changed == 0 {
            return Err(WarehouseError::Open {
                path: path.display().to_string(),
                why: "it holds no locomotive yet".into(),
            });
        }
        Ok(Self { _db: db })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{Reader, Warehouse, faults};

    #[test]
    fn a_copy_is_whole_and_a_hold_is_seen_by_writers_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("w.sqlite"), dir.path().join("c.sqlite"));
        drop(Warehouse::open(&path).unwrap());
        assert!(WriteHold::take(&path).is_err(), "nothing to change yet");
        let warehouse = Warehouse::open(&path).unwrap();
        let act = warehouse.act().unwrap();
        act.execute("INSERT INTO locomotives (name) VALUES ('A')", [])
            .unwrap();
        act.commit("test", None, None, serde_json::json!({}))
            .unwrap();
        let hold = WriteHold::take(&path).unwrap();
        assert!(WriteHold::take(&path).is_err());
        copy_whole(&path, &copy).unwrap();
        drop(hold);
        assert_eq!(faults(&copy).unwrap(), Vec::<String>::new());
        let held = |path: &Path| Reader::open(path).unwrap().holdings().unwrap();
        assert_eq!(held(&path), held(&copy));
    }
}
