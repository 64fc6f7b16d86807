//! A transaction under the ledger.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Map, Value, json};

use super::chain::{self, Head, LedgerEntry};
use super::covered::{self, GroupedBy};
use super::row::RowBytes;
use super::sum::{RowSum, WideSum};
use super::tally::{Block, Change};
use super::verify::{self, Scope};
use super::{Finding, Ledger, blocks};
use crate::domain::Flags;
use crate::domain::ports::StagedReading;
use crate::warehouse::amount::Amount;
use crate::warehouse::patience::{SLICE, is_locked};
use crate::warehouse::{BUSY, MIGRATIONS, Reader, Result, Warehouse, key};

/// Who acts where nobody says so.
pub(crate) const PROGRAM: &str = "cidp";

const FILE: &str = "SELECT source, path, digest FROM source_files WHERE file = ?1";
const SCHEMA: &str = "SELECT coalesce((SELECT schema FROM ledger_state WHERE only = 1), 0)";

/// A transaction that commits only with its entry in the ledger. Dropped, it leaves nothing behind.
pub(crate) struct Act<'a> {
    tx: Transaction<'a>,
    ledger: &'a Ledger,
    who: &'a str,
}

impl std::ops::Deref for Act<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.tx
    }
}

impl Warehouse {
    /// Begins a transaction under the ledger.
    pub(crate) fn act(&self) -> Result<Act<'_>> {
        self.db.busy_timeout(SLICE)?;
        let begun = self.patience.keep_trying(is_locked, || {
            Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)
        });
        self.db.busy_timeout(BUSY)?;
        let tx = begun?;
        self.ledger.tally().clear();
        Ok(Act {
            tx,
            ledger: &self.ledger,
            who: &self.who,
        })
    }

    /// Begins the ledger of a warehouse that has none yet, or goes on after a migration: what the rows are now is
    /// what it stands on.
    ///
    /// `unverified` is what was found wrong with it before: it stays a finding, so that nothing is made good by being
    /// counted anew.
    pub(crate) fn begin_ledger(&self, unverified: &[Finding]) -> Result<()> {
        let schema: usize = self.db.query_row(SCHEMA, [], |row| row.get(0))?;
        if schema == MIGRATIONS.len() {
            return Ok(());
        }
        let act = self.act()?;
        let before = act.ledger_before()?;
        act.execute("DELETE FROM ledger_blocks", [])?;
        blocks::set_state(&act, MIGRATIONS.len(), &WideSum::default())?;
        let all = blocks::count_all(&act)?;
        let state = blocks::apply(&act, MIGRATIONS.len(), &all, None)?;
        let kind = if before.is_none() {
            "begun"
        } else {
            verify::MIGRATED
        };
        let mut detail = told(&all);
        detail.insert("schema".into(), json!(MIGRATIONS.len()));
        if !unverified.is_empty() {
            detail.insert(verify::FINDINGS.into(), json!(unverified));
        }
        if let Some(before) = before {
            detail.insert("state_before".into(), json!(before));
        }
        act.append(kind, None, None, &Value::Object(detail), state)?;
        act.ledger.tally().clear();
        act.tx.commit()?;
        Ok(())
    }
}

/// What is wrong with a warehouse whose rows are about to be counted anew; nothing where it has no chain yet, or stays
/// as it is. Called before the file is migrated.
pub(crate) fn unverified(path: &Path) -> Result<Vec<Finding>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let reader = Reader::open(path)?;
    let counted_anew = reader.with(|db| {
        if !db.table_exists(Some("main"), "ledger_state")? {
            return Ok(false);
        }
        let schema: usize = db.query_row(SCHEMA, [], |row| row.get(0))?;
        Ok(schema != MIGRATIONS.len() && chain::head(db)? != Head::START)
    })?;
    if !counted_anew {
        return Ok(Vec::new());
    }
    let checked = reader.verify(&Scope::All, &|_| {}, &|| true)?;
    Ok(checked.map_or_else(Vec::new, |checked| checked.findings))
}

impl Act<'_> {
    fn ledger_before(&self) -> Result<Option<String>> {
        if chain::head(self)? == Head::START {
            return Ok(None);
        }
        // Who took the sum away is found by verification, and named.
        let state = blocks::state(self).unwrap_or_default();
        let digest = blake3::Hash::from_bytes(state.digest());
        Ok(Some(digest.to_hex().to_string()))
    }

    /// Readings that were inserted under this file.
    pub fn count_readings<'r>(&self, file: i64, inserted: impl Iterator<Item = &'r StagedReading>) {
        let mut tally = self.ledger.tally();
        let mut bytes = RowBytes::default();
        for staged in inserted {
            let reading = key(staged.loco.0, staged.at_ms);
            bytes.begin(covered::SENSOR_METRICS);
            bytes.integer(reading);
            for value in staged.values {
                match Amount(value).thousandths() {
                    Some(n) => bytes.integer(n),
                    None => bytes.real(value),
                }
            }
            match staged.label {
                Some(label) => bytes.integer(i64::from(label)),
                None => bytes.null(),
            }
            bytes.integer(i64::from(staged.flags.unwrap_or(Flags::NONE).0));
            bytes.integer(file);
            bytes.integer(staged.line as i64);
            let block = (
                covered::SENSOR_METRICS,
                file,
                reading >> covered::READING_BITS,
            );
            tally.came(block, &RowSum::of(bytes.bytes()));
        }
    }

    /// For a savepoint that begins, and one that ends: what was counted since goes with its rows.
    pub fn begin_layer(&self) {
        self.ledger.tally().begin_layer();
    }

    pub fn end_layer(&self, keep: bool) {
        self.ledger.tally().end_layer(keep);
    }

    /// Seals the transaction and commits it. `who`: `None` for the one that the warehouse was opened for.
    pub fn commit(
        self,
        kind: &str,
        run: Option<i64>,
        who: Option<&str>,
        detail: Value,
    ) -> Result<Head> {
        let changes = self.ledger.tally().drain();
        let state = blocks::apply(&self, MIGRATIONS.len(), &changes, run)?;
        let mut words = told(&changes);
        if let Value::Object(more) = detail {
            words.extend(more);
        }
        let head = self.append(kind, run, who, &Value::Object(words), state)?;
        self.tx.commit()?;
        Ok(head)
    }

    /// Seals and commits what there is of a load, and goes on in another transaction: what no load may do.
    #[cfg(feature = "trials")]
    pub fn commit_part(&self) -> Result<()> {
        let mut tally = self.ledger.tally();
        tally.end_layer(true);
        let changes = tally.drain();
        drop(tally);
        let state = blocks::apply(&self.tx, MIGRATIONS.len(), &changes, None)?;
        self.append("load", None, None, &json!({}), state)?;
        self.tx
            .execute_batch("COMMIT; BEGIN IMMEDIATE; SAVEPOINT one_file")?;
        self.begin_layer();
        Ok(())
    }

    /// As [`Act::commit`]; where nothing changed, nothing is written.
    pub fn commit_changes(self, kind: &str, run: Option<i64>, detail: Value) -> Result<()> {
        if self.ledger.tally().is_empty() {
            return Ok(self.tx.commit()?);
        }
        self.commit(kind, run, None, detail).map(drop)
    }

    /// The files whose rows came in this transaction: source, path, digest of the content, how many rows and the
    /// digest of their sum.
    pub fn files(&self) -> Result<Value> {
        let changes = self.ledger.tally().clone_all();
        let mut of_file: BTreeMap<i64, Change> = BTreeMap::new();
        for ((code, group, _), change) in &changes {
            let by_file = covered::by_code(*code)
                .is_some_and(|table| table.told && table.grouped_by == GroupedBy::File);
            if by_file {
                of_file.entry(*group).or_default().merge(change);
            }
        }
        let mut find = self.prepare_cached(FILE)?;
        let mut files = Vec::new();
        for (file, change) in of_file {
            files.push(find.query_row([file], |row| {
                let digest: Vec<u8> = row.get(2)?;
                Ok(json!({
                    "file": file,
                    "source": row.get::<_, String>(0)?,
                    "path": row.get::<_, String>(1)?,
                    "digest": digest.iter().map(|b| format!("{b:02x}")).collect::<String>(),
                    "rows": change.rows,
                    "sum": short(&change),
                }))
            })?);
        }
        Ok(Value::Array(files))
    }

    fn append(
        &self,
        kind: &str,
        run: Option<i64>,
        who: Option<&str>,
        detail: &Value,
        state: [u8; 32],
    ) -> Result<Head> {
        chain::append(
            &self.tx,
            LedgerEntry {
                entry: 0,
                at_ms: jiff::Timestamp::now().as_millisecond(),
                kind: kind.to_owned(),
                run,
                who: who.unwrap_or(self.who).to_owned(),
                detail: detail.to_string(),
                state,
                head: [0; 32],
            },
        )
    }
}

/// The first half of the digest of a sum: to be read. What vouches for the rows is the state.
fn short(change: &Change) -> String {
    blake3::hash(&change.sum.to_bytes()).to_hex()[..32].to_owned()
}

/// How many rows came or went, and the digest of their sum, a table.
fn told(changes: &BTreeMap<Block, Change>) -> Map<String, Value> {
    let mut tables: BTreeMap<u8, Change> = BTreeMap::new();
    for ((code, ..), change) in changes {
        tables.entry(*code).or_default().merge(change);
    }
    let mut told = Map::new();
    for (code, change) in tables {
        if let Some(table) = covered::by_code(code).filter(|table| table.told) {
            told.insert(table.name.into(), json!([change.rows, short(&change)]));
        }
    }
    told
}
