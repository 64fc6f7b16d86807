//! What drills do to a database file: hold it as another program would.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Result, WarehouseError};

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
    use crate::warehouse::{Reader, Warehouse};

    #[test]
    fn a_hold_keeps_writers_out_and_nobody_sees_its_change() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let warehouse = Warehouse::open(&path).unwrap();
        assert!(WriteHold::take(&path).is_err(), "nothing to change yet");
        let act = warehouse.act().unwrap();
        act.execute("INSERT INTO locomotives (name) VALUES ('A')", [])
            .unwrap();
        act.commit("test", None, None, serde_json::json!({}))
            .unwrap();
        let before = Reader::open(&path).unwrap().holdings().unwrap();
        let hold = WriteHold::take(&path).unwrap();
        assert!(WriteHold::take(&path).is_err());
        assert_eq!(Reader::open(&path).unwrap().holdings().unwrap(), before);
        drop(hold);
        assert!(WriteHold::take(&path).is_ok());
    }
}
