//! The ledger: no transaction of this program commits unsealed, and what others change is found.
//!
//! Triggers of our own connection (temporary ones: other clients never see them) hash every row that comes or goes; the
//! hottest insert, that of readings, is counted by [`Act::count_readings`] instead. Before a transaction commits,
//! [`Act::commit`] adds what it changed to the sums of the blocks and appends an entry to the chain. A commit that was
//! not sealed is turned into a rollback by a commit hook: a write that somebody forgot to seal cannot be kept.

mod act;
mod blocks;
mod chain;
mod covered;
mod finding;
mod row;
mod scan;
mod schema;
mod sum;
mod tally;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::Result;

pub(super) use act::{Act, PROGRAM, unverified};
pub(super) use chain::head;
pub use chain::{Head, LedgerEntry};
pub use finding::{Checked, Finding};
pub use verify::Scope;

use covered::{COVERED, Covered};
use row::RowBytes;
use sum::RowSum;
use tally::Tally;

/// What a connection that writes keeps of its transaction under way.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    tally: Arc<Mutex<Tally>>,
}

impl Ledger {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        // Whoever panicked left a transaction that is rolled back, and the tally is cleared with it.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches everything that this connection writes from now on.
    pub fn attach(db: &Connection) -> Result<Self> {
        let ledger = Self::default();
        let counted = ledger.clone();
        let bytes = Mutex::new(RowBytes::default());
        // A name that no column and no function of SQLite has.
        db.create_scalar_function(
            "cidp_count_row",
            -1,
            FunctionFlags::SQLITE_UTF8,
            move |ctx| {
                let (code, sign): (u8, i64) = (ctx.get(0)?, ctx.get(1)?);
                let block = (code, ctx.get(2)?, ctx.get(3)?);
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                bytes.begin(code);
                for i in 4..ctx.len() {
                    bytes.value(ctx.get_raw(i));
                }
                let row = RowSum::of(bytes.bytes());
                let mut tally = counted.tally();
                if sign > 0 {
                    tally.came(block, &row);
                } else {
                    tally.went(block, &row);
                }
                Ok(0)
            },
        )?;
        // An `OR REPLACE` removes a row: only so its trigger fires.
        db.execute_batch("PRAGMA recursive_triggers = ON;")?;
        for table in COVERED {
            db.execute_batch(&triggers(db, table)?)?;
        }
        let unsealed = ledger.clone();
        db.commit_hook(Some(move || {
            let unsealed = !unsealed.tally().is_empty();
            if unsealed {
                tracing::error!("a transaction was not sealed into the ledger: rolled back");
            }
            unsealed
        }))?;
        let rolled_back = ledger.clone();
        db.rollback_hook(Some(move || rolled_back.tally().clear()))?;
        Ok(ledger)
    }
}

fn triggers(db: &Connection, table: &Covered) -> rusqlite::Result<String> {
    let columns = table.columns(db)?;
    let (name, code) = (table.name, table.code);
    let (new, old) = (
        table.listed("NEW.", &columns),
        table.listed("OLD.", &columns),
    );
    let insert = if code == covered::SENSOR_METRICS {
        String::new()
    } else {
        format!(
            "CREATE TEMP TRIGGER cidp_came_{name} AFTER INSERT ON main.{name}
             BEGIN SELECT cidp_count_row({code}, 1, {new}); END;"
        )
    };
    Ok(format!(
        "{insert}
         CREATE TEMP TRIGGER cidp_went_{name} AFTER DELETE ON main.{name}
         BEGIN SELECT cidp_count_row({code}, -1, {old}); END;
         CREATE TEMP TRIGGER cidp_changed_{name} AFTER UPDATE ON main.{name}
         BEGIN SELECT cidp_count_row({code}, -1, {old}), cidp_count_row({code}, 1, {new}); END;"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ports::{FileIdentity, ReadingWriter, RefusedRecord, StagedReading};
    use crate::domain::{EventKind, Flags, Reason, Role, SourceClock};
    use crate::warehouse::{Entry, RunRecord, Warehouse};
    use proptest::prelude::*;

    /// What the ledger keeps is what the rows are.
    fn assert_sealed(warehouse: &Warehouse) {
        let now = blocks::count_all(&warehouse.db).unwrap();
        let mut kept = std::collections::BTreeMap::new();
        let mut wide = sum::WideSum::default();
        let mut bytes = RowBytes::default();
        let mut query = warehouse
            .db
            .prepare("SELECT tab, grp, bucket, rows, sum, run_from, run_to FROM ledger_blocks")
            .unwrap();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let block = (
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
            );
            let block_kept = blocks::kept(row, 3).unwrap();
            blocks::canonical(&mut bytes, block, &block_kept);
            wide.add(bytes.bytes());
            kept.insert(block, block_kept.change);
        }
        assert_eq!(now, kept);
        assert!(blocks::state(&warehouse.db).unwrap() == wide);
        let reader = warehouse.reader().unwrap();
        let entries = reader.ledger(i64::MAX, 10_000).unwrap();
        assert_eq!(entries[0].state, wide.digest());
        let mut before = [0; 32];
        for entry in entries.iter().rev() {
            assert_eq!(entry.head_after(&before), entry.head);
            before = entry.head;
        }
        assert_eq!(reader.ledger_head().unwrap().head, before);
        let checked = reader
            .verify(&Scope::All, &|_| {}, &|| true)
            .unwrap()
            .unwrap();
        assert_eq!(checked.findings, []);
        assert_eq!(checked.head, reader.ledger_head().unwrap());
        assert_eq!(reader.structure(true).unwrap(), []);
    }

    #[derive(Debug, Clone)]
    enum Doing {
        Load {
            file: u8,
            keep: bool,
            commit: bool,
            rows: Vec<(u8, u16, i32, Option<bool>)>,
        },
        Note,
        Fail,
        Prune(u16),
    }

    fn doing() -> impl Strategy<Value = Doing> {
        let rows = prop::collection::vec(
            (0_u8..3, 0_u16..600, -5000_i32..5000, any::<Option<bool>>()),
            0..40,
        );
        prop_oneof![
            4 => (0_u8..5, prop::bool::weighted(0.8), prop::bool::weighted(0.8), rows)
                .prop_map(|(file, keep, commit, rows)| Doing::Load { file, keep, commit, rows }),
            1 => Just(Doing::Note),
            1 => Just(Doing::Fail),
            1 => (0_u16..600).prop_map(Doing::Prune),
        ]
    }

    fn load(
        warehouse: &mut Warehouse,
        file: u8,
        keep: bool,
        commit: bool,
        rows: &[(u8, u16, i32, Option<bool>)],
    ) {
        let mut load = warehouse.load().unwrap();
        load.begin_file(&FileIdentity {
            source: "s",
            role: Role::Telemetry,
            clock: SourceClock::Data,
            path: "s.csv",
            digest: [file; 32],
        })
        .unwrap();
        let mut staged = Vec::new();
        for (line, &(loco, at, value, label)) in rows.iter().enumerate() {
            let loco = load.loco(&format!("L{loco}")).unwrap();
            let value = f64::from(value) / 7000.0;
            staged.push(StagedReading {
                loco,
                at_ms: i64::from(at) * 60_000_000,
                values: [value, 5.0, 2.5, -0.0],
                label,
                flags: label.map(|_| Flags::NONE),
                line: line as u64,
            });
        }
        load.readings(&staged).unwrap();
        if let Some(first) = staged.first() {
            load.flag(first.loco, &[(first.at_ms, Flags(3))]).unwrap();
            load.event(first.loco, first.at_ms, EventKind::Failure, "pump", 1)
                .unwrap();
            load.quarantine(&[RefusedRecord {
                line: 9,
                reason: Reason::WrongType,
                detail: "x".into(),
                raw: vec![1, 2, file],
                loco: None,
                at_ms: None,
                label: None,
            }])
            .unwrap();
        }
        load.end_file(keep).unwrap();
        if commit {
            load.commit(&RunRecord::begun("test", 0), false).unwrap();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_ledger_follows_whatever_is_done(all in prop::collection::vec(doing(), 1..12)) {
            let folder = tempfile::tempdir().unwrap();
            let mut warehouse = Warehouse::open(&folder.path().join("w.sqlite")).unwrap();
            for doing in all {
                match doing {
                    Doing::Load { file, keep, commit, rows } => load(&mut warehouse, file, keep, commit, &rows),
                    Doing::Note => {
                        let entry = Entry {
                            entry: 0, at_ms: 1, who: "Ngo".into(), act: "note".into(), loco: None,
                            of_ms: None, words: "é".into(), detail: serde_json::json!({}),
                        };
                        warehouse.note(&entry).unwrap();
                    }
                    Doing::Fail => {
                        warehouse.record_live_failure(&RunRecord::begun("live", 0)).unwrap();
                    }
                    Doing::Prune(minutes) => {
                        warehouse.prune(i64::from(minutes) * 60_000_000).unwrap();
                    }
                }
            }
            assert_sealed(&warehouse);
        }
    }

    #[test]
    fn a_write_that_nobody_sealed_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let unsealed = warehouse
            .db
            .execute("INSERT INTO locomotives (name) VALUES ('A')", []);
        assert!(unsealed.is_err());
        assert_sealed(&warehouse);
        // And the next one is not held to account for it.
        load(&mut warehouse, 1, true, true, &[(0, 1, 1, None)]);
        assert_sealed(&warehouse);
        drop(warehouse);
        let again = Warehouse::open(&path).unwrap();
        assert_sealed(&again);
        assert_eq!(
            again
                .reader()
                .unwrap()
                .ledger(i64::MAX, 9)
                .unwrap()
                .last()
                .unwrap()
                .kind,
            "begun"
        );
    }
}
