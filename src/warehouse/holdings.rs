//! What a warehouse holds, to be compared before and after: rows and a digest of their content, a kind.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{Reader, Result};

const COUNT_RUNS: &str = "SELECT count(*), total(status <> 'ok') FROM pipeline_runs";
const COUNT_HOLDS: &str = "SELECT count(*) FROM held_batches WHERE released_ms IS NULL";
const NOT_FINITE: &str = "SELECT count(*) FROM sensor_metrics WHERE
    typeof(flow_rate) NOT IN ('integer', 'real') OR typeof(pressure) NOT IN ('integer', 'real')
    OR typeof(vibration) NOT IN ('integer', 'real') OR typeof(temperature) NOT IN ('integer', 'real')";
const REFUSED_RAW: &str = "SELECT EXISTS (SELECT 1 FROM quarantine WHERE raw = ?1)";

/// Rows of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    pub rows: u64,
    /// BLAKE3 over every row as it is, in the order of its key.
    pub digest: [u8; 32],
}

/// All that a load, a training or a scoring writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holdings {
    pub readings: Rows,
    pub quarantine: Rows,
    pub maintenance: Rows,
    pub failures: Rows,
    pub models: Rows,
    pub predictions: Rows,
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

fn held(db: &Connection, all: &str) -> Result<Rows> {
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
    Ok(Rows {
        rows: count,
        digest: *hasher.finalize().as_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::Warehouse;

    #[test]
    fn a_row_more_shows_in_its_kind_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let reader = warehouse.reader().unwrap();
        let before = reader.holdings().unwrap();
        assert_eq!(before, reader.holdings().unwrap());
        let failed = crate::warehouse::RunRecord::begun("test", 0);
        warehouse.record_failure(&failed).unwrap();
        let after = reader.holdings().unwrap();
        assert_eq!((before.runs, after.runs), (0, 1));
        assert_eq!(before.readings, after.readings);
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO failures (loco, at_ms, component, file, line) VALUES (1, 5, 'pump', 1, 1);",
            )
            .unwrap();
        let changed = reader.holdings().unwrap();
        assert_eq!((after.failures.rows, changed.failures.rows), (0, 1));
        other.execute_batch("UPDATE failures SET line = 2").unwrap();
        let again = reader.holdings().unwrap();
        assert_eq!(again.failures.rows, 1);
        assert!(again.failures.digest != changed.failures.digest);
        assert_eq!(again.readings, after.readings);
    }
}
