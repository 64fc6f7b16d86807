//! What a warehouse holds, to be compared before and after: rows and a digest of their content, a kind.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{Reader, Result, ledger, read_only};

const COUNT_RUNS: &str = "SELECT count(*), total(status <> 'ok') FROM pipeline_runs";
const COUNT_HOLDS: &str = "SELECT count(*) FROM held_batches WHERE released_ms IS NULL";
const NOT_FINITE: &str = "SELECT count(*) FROM sensor_metrics WHERE
    typeof(flow_rate) NOT IN ('integer', 'real') OR typeof(pressure) NOT IN ('integer', 'real')
    OR typeof(vibration) NOT IN ('integer', 'real') OR typeof(temperature) NOT IN ('integer', 'real')";
const REFUSED_RAW: &str = "SELECT EXISTS (SELECT 1 FROM quarantine WHERE raw = ?1)";

/// Rows of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub rows: u64,
    /// BLAKE3 over every row as it is, in the order of its key.
    pub digest: [u8; 32],
}

/// All that a load, a training or a scoring writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdings {
    pub readings: Held,
    pub quarantine: Held,
    pub maintenance: Held,
    pub failures: Held,
    pub models: Held,
    pub predictions: Held,
    pub runs: u64,
    pub runs_failed: u64,
    /// Batches held as poisoned and not released.
    pub holds: u64,
}

impl Reader {
    /// Reads everything there is.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn holdings(&self) -> Result<Holdings> {
        self.with(|db| {
            let (runs, failed): (u64, f64) =
                db.query_row(COUNT_RUNS, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Holdings {
                readings: held(db, "SELECT * FROM sensor_metrics ORDER BY reading")?,
                quarantine: held(db, "SELECT * FROM quarantine ORDER BY file, line")?,
                maintenance: held(db, "SELECT * FROM maintenance ORDER BY 1, 2, 3, 4")?,
                failures: held(db, "SELECT * FROM failures ORDER BY 1, 2, 3")?,
                models: held(db, "SELECT * FROM models ORDER BY version")?,
                predictions: held(db, "SELECT * FROM ai_telemetry_predictions ORDER BY 1, 2")?,
                runs,
                runs_failed: failed as u64,
                holds: db.query_row(COUNT_HOLDS, [], |row| row.get(0))?,
            })
        })
    }

    /// Readings of which a value is no number.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn readings_without_number(&self) -> Result<u64> {
        self.with(|db| Ok(db.query_row(NOT_FINITE, [], |row| row.get(0))?))
    }

    /// Whether a row of exactly these bytes is in quarantine.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn keeps_refused(&self, raw: &[u8]) -> Result<bool> {
        self.with(|db| Ok(db.query_row(REFUSED_RAW, [raw], |row| row.get(0))?))
    }
}

fn held(db: &Connection, all: &str) -> Result<Held> {
    let mut query = db.prepare(all)?;
    let columns = query.column_count();
    let mut hasher = blake3::Hasher::new();
    let mut count = 0;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        count += 1;
        for i in 0..columns {
            match row.get_ref(i)? {
                ValueRef::Null => hasher.update(b"n"),
                ValueRef::Integer(n) => hasher.update(b"i").update(&n.to_le_bytes()),
                ValueRef::Real(x) => hasher.update(b"r").update(&x.to_bits().to_le_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hasher
                    .update(b"b")
                    .update(&(bytes.len() as u64).to_le_bytes())
                    .update(bytes),
            };
        }
    }
    Ok(Held {
        rows: count,
        digest: *hasher.finalize().as_bytes(),
    })
}

/// What is wrong with a database file: its structure, what rows point to, rows that are not those of its ledger. An
/// empty list: it is sound.
///
/// # Errors
/// It does not open, or its pages cannot be read to the end.
pub fn faults(path: &Path) -> Result<Vec<String>> {
    let db = read_only(path)?;
    let mut found = Vec::new();
    {
        let mut check = db.prepare("PRAGMA integrity_check(20)")?;
        let mut rows = check.query([])?;
        while let Some(row) = rows.next()? {
            let words: String = row.get(0)?;
            if words != "ok" {
                found.push(words);
            }
        }
        let mut check = db.prepare("PRAGMA foreign_key_check")?;
        let mut rows = check.query([])?;
        let mut orphans = 0;
        while rows.next()?.is_some() {
            orphans += 1;
        }
        if orphans > 0 {
            found.push(format!("{orphans} rows point to rows that are not there"));
        }
    }
    let amiss = ledger::blocks_amiss(&db)?;
    if amiss > 0 {
        found.push(format!(
            "{amiss} blocks hold other rows than the ledger says"
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{Entry, Warehouse};

    #[test]
    fn a_changed_row_shows_in_the_digest_and_as_a_fault() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let entry = Entry {
            entry: 0,
            at_ms: 1,
            who: "x".into(),
            act: "note".into(),
            loco: None,
            of_ms: None,
            words: "y".into(),
            detail: serde_json::json!({}),
        };
        warehouse.note(&entry).unwrap();
        let act = warehouse.act().unwrap();
        act.execute("INSERT INTO locomotives (name) VALUES ('A')", [])
            .unwrap();
        act.commit("test", None, None, serde_json::json!({}))
            .unwrap();
        assert_eq!(faults(&path).unwrap(), Vec::<String>::new());
        let reader = warehouse.reader().unwrap();
        let before = reader.holdings().unwrap();
        assert_eq!(before, reader.holdings().unwrap());
        let other = Connection::open(&path).unwrap();
        other
            .execute("UPDATE locomotives SET name = 'B'", [])
            .unwrap();
        assert_eq!(faults(&path).unwrap().len(), 1);
    }
}
