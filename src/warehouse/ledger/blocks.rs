//! Sums of blocks as they are kept, and the wide sum over all of them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::covered::COVERED;
use super::row::RowBytes;
use super::sum::{RowSum, WideSum};
use super::tally::{Block, Change};
use crate::warehouse::{Result, WarehouseError};

const FIND: &str = "SELECT rows, sum, run_from, run_to FROM ledger_blocks
    WHERE tab = ?1 AND grp = ?2 AND bucket = ?3";
const KEEP: &str =
    "INSERT OR REPLACE INTO ledger_blocks (tab, grp, bucket, rows, sum, run_from, run_to)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const DROP: &str = "DELETE FROM ledger_blocks WHERE tab = ?1 AND grp = ?2 AND bucket = ?3";
const STATE: &str = "SELECT sum FROM ledger_state WHERE only = 1";
const SET_STATE: &str =
    "INSERT OR REPLACE INTO ledger_state (only, schema, sum) VALUES (1, ?1, ?2)";

/// A block as it is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub change: Change,
    /// The runs that wrote here, first and last; 0: none did.
    pub runs: (i64, i64),
}

/// What of a block goes into the wide sum.
pub(crate) fn canonical(bytes: &mut RowBytes, block: Block, kept: &Kept) {
    bytes.begin(0);
    let (table, group, bucket) = block;
    for n in [
        i64::from(table),
        group,
        bucket,
        kept.change.rows,
        kept.runs.0,
        kept.runs.1,
    ] {
        bytes.integer(n);
    }
    bytes.value(rusqlite::types::ValueRef::Blob(&kept.change.sum.to_bytes()));
}

pub(crate) fn kept(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Kept> {
    let sum: [u8; 64] = row.get(first + 1)?;
    Ok(Kept {
        change: Change {
            rows: row.get(first)?,
            sum: RowSum::from_bytes(&sum),
        },
        runs: (row.get(first + 2)?, row.get(first + 3)?),
    })
}

pub(crate) fn state(db: &Connection) -> Result<WideSum> {
    let bytes: Vec<u8> = db.prepare_cached(STATE)?.query_row([], |row| row.get(0))?;
    WideSum::from_bytes(&bytes).ok_or_else(|| {
        WarehouseError::Ledger("the sum over all blocks is not as long as it was written".into())
    })
}

pub(super) fn set_state(db: &Connection, schema: usize, state: &WideSum) -> Result<()> {
    db.prepare_cached(SET_STATE)?
        .execute(params![schema, state.to_bytes()])?;
    Ok(())
}

/// Adds what a transaction changed, and says the digest of the state after it.
pub(super) fn apply(
    db: &Connection,
    schema: usize,
    changes: &BTreeMap<Block, Change>,
    run: Option<i64>,
) -> Result<[u8; 32]> {
    let mut wide = state(db)?;
    if changes.is_empty() {
        return Ok(wide.digest());
    }
    let mut bytes = RowBytes::default();
    let mut find = db.prepare_cached(FIND)?;
    let mut keep = db.prepare_cached(KEEP)?;
    let mut drop = db.prepare_cached(DROP)?;
    for (&block, change) in changes {
        let (table, group, bucket) = block;
        let before = find
            .query_row(params![table, group, bucket], |row| kept(row, 0))
            .optional()?;
        let mut after = before.unwrap_or_default();
        if let Some(before) = &before {
            canonical(&mut bytes, block, before);
            wide.take(bytes.bytes());
        }
        after.change.merge(change);
        if let Some(run) = run {
            after.runs = match after.runs {
                (0, _) => (run, run),
                (from, to) => (from.min(run), to.max(run)),
            };
        }
        if after.change == Change::default() {
            drop.execute(params![table, group, bucket])?;
            continue;
        }
        canonical(&mut bytes, block, &after);
        wide.add(bytes.bytes());
        keep.execute(params![
            table,
            group,
            bucket,
            after.change.rows,
            after.change.sum.to_bytes(),
            after.runs.0,
            after.runs.1
        ])?;
    }
    set_state(db, schema, &wide)?;
    Ok(wide.digest())
}

/// Sums of every block as the rows are now.
pub(super) fn count_all(db: &Connection) -> Result<BTreeMap<Block, Change>> {
    let mut all: BTreeMap<Block, Change> = BTreeMap::new();
    let mut bytes = RowBytes::default();
    for table in COVERED {
        let columns = table.columns(db)?;
        let list = table.listed("", &columns);
        let mut query = db.prepare(&format!("SELECT {list} FROM main.{}", table.name))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            bytes.begin(table.code);
            for i in 0..columns.len() {
                bytes.value(row.get_ref(i + 2)?);
            }
            let block = (table.code, row.get(0)?, row.get(1)?);
            all.entry(block).or_default().merge(&Change {
                rows: 1,
                sum: RowSum::of(bytes.bytes()),
            });
        }
    }
    Ok(all)
}
