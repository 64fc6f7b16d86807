//! What the file must consist of: tables, triggers, views and indexes, compared with those of a warehouse just made.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::covered::COVERED;
use super::finding::Finding;
use crate::warehouse::{MIGRATIONS, Result, WarehouseError, migrations};

const ALL: &str = "SELECT type, name, tbl_name, coalesce(sql, '') FROM main.sqlite_schema
    WHERE name NOT LIKE 'sqlite_%'";

/// The first version that has a ledger.
pub(super) const FIRST: usize = 7;

/// A warehouse just made, of the version of the file.
pub(super) struct Expected {
    pub version: usize,
    fresh: Connection,
}

struct Part {
    table: String,
    sql: String,
}

fn parts(db: &Connection) -> rusqlite::Result<BTreeMap<(String, String), Part>> {
    let mut query = db.prepare(ALL)?;
    let rows = query.query_map([], |row| {
        let part = Part {
            table: row.get(2)?,
            sql: row.get(3)?,
        };
        Ok(((row.get(0)?, row.get(1)?), part))
    })?;
    rows.collect()
}

impl Expected {
    /// For this file.
    ///
    /// # Errors
    /// It cannot be read, or is a newer program's.
    pub fn of(db: &Connection) -> Result<Self> {
        let version: usize = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version > MIGRATIONS.len() {
            return Err(WarehouseError::Ledger(format!(
                "the file is of version {version}, this program knows {}",
                MIGRATIONS.len()
            )));
        }
        let mut fresh = Connection::open_in_memory()?;
        migrations()
            .to_version(&mut fresh, version)
            .map_err(|error| WarehouseError::Ledger(error.to_string()))?;
        Ok(Self { version, fresh })
    }

    /// The columns of each covered table that a file of this version has, by its code.
    pub fn columns(&self) -> rusqlite::Result<BTreeMap<u8, Vec<String>>> {
        let mut all = BTreeMap::new();
        for table in COVERED {
            let columns = table.columns(&self.fresh)?;
            if !columns.is_empty() {
                all.insert(table.code, columns);
            }
        }
        Ok(all)
    }

    /// What is not as it was made. Tables, indexes and views that somebody added change nothing of ours; a trigger does.
    pub fn differences(&self, db: &Connection) -> rusqlite::Result<Vec<Finding>> {
        let (made, mut held) = (parts(&self.fresh)?, parts(db)?);
        let mut findings = Vec::new();
        for ((kind, name), part) in made {
            let words = match held.remove(&(kind.clone(), name.clone())) {
                Some(now) if now.sql == part.sql && now.table == part.table => continue,
                Some(_) => format!("the {kind} {name} was changed"),
                None => format!("the {kind} {name} was removed"),
            };
            findings.push(Finding::said(&part.table, words));
        }
        for ((kind, name), part) in held {
            if kind == "trigger" {
                let words = format!("the {kind} {name} was added");
                findings.push(Finding::said(&part.table, words));
            }
        }
        Ok(findings)
    }
}
