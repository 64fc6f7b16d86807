//! The few facts that hold for a whole warehouse.

use rusqlite::{Connection, OptionalExtension};

use super::{Result, Warehouse};

const GET: &str = "SELECT value FROM warehouse_facts WHERE fact = ?1";
const SET: &str = "INSERT INTO warehouse_facts (fact, value) VALUES (?1, ?2)
                   ON CONFLICT (fact) DO UPDATE SET value = excluded.value";

const SYNTHETIC: &str = "synthetic";

pub(super) fn get(db: &Connection, fact: &str) -> Result<Option<String>> {
    let value = db.prepare_cached(GET)?.query_row([fact], |row| row.get(0));
    Ok(value.optional()?)
}

pub(super) fn set(db: &Connection, fact: &str, value: &str) -> Result<()> {
    db.prepare_cached(SET)?.execute([fact, value])?;
    Ok(())
}

/// Simulated or real; `None` while nothing has been loaded.
pub(super) fn synthetic(db: &Connection) -> Result<Option<bool>> {
    Ok(get(db, SYNTHETIC)?.map(|value| value == "1"))
}

pub(super) fn mark(db: &Connection, synthetic: bool) -> Result<()> {
    set(db, SYNTHETIC, if synthetic { "1" } else { "0" })
}

impl Warehouse {
    /// Simulated or real; `None` while nothing has been loaded.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn synthetic(&self) -> Result<Option<bool>> {
        synthetic(&self.db)
    }
}
