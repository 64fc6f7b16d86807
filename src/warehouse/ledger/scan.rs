//! Rows counted and summed block by block, on as many connections as there are processors, all at one instant.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::blocks::Kept;
use super::covered::{Covered, RangedBy};
use super::row::RowBytes;
use super::sum::RowSum;
use super::tally::Change;

/// Where a row goes whose group or key is no number: no row of ours is like that.
const NOWHERE: i64 = i64::MIN;
/// Rows between two looks at whether to go on.
const LOOK: u64 = 4096;
/// About as many rows are one piece of work.
const PIECE: i64 = 250_000;

/// Group and bucket.
pub(super) type Place = (i64, i64);

/// Rows of a block that were found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub change: Change,
    /// First and last key; of a table without keys: nothing of use.
    pub first: i64,
    pub last: i64,
}

impl Found {
    const NONE: Self = Self {
        change: Change {
            rows: 0,
            sum: RowSum::NONE,
        },
        first: i64::MAX,
        last: i64::MIN,
    };

    fn merge(&mut self, other: &Self) {
        self.change.merge(&other.change);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// A table, or a range of its keys (both included).
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub table: &'static Covered,
    pub columns: Vec<String>,
    pub keys: Option<(i64, i64)>,
    /// Rows that are expected: how far the work is goes by them.
    pub rows: i64,
}

/// What was found in a table.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub blocks: HashMap<Place, Found>,
    pub rows: u64,
    /// Why it could not be read to its end.
    pub broken: Option<String>,
}

/// Cuts tables that are long and in order of their keys into pieces. `within`: only blocks from one bucket to
/// another, both included.
pub(super) fn pieces(
    table: &'static Covered,
    columns: &[String],
    kept: &HashMap<Place, Kept>,
    within: Option<&[(i64, i64)]>,
) -> Vec<Piece> {
    let piece = |keys, rows| Piece {
        table,
        columns: columns.to_vec(),
        keys,
        rows,
    };
    let RangedBy::Instant(bits) = table.ranged_by else {
        return vec![piece(
            None,
            kept.values().map(|kept| kept.change.rows).sum(),
        )];
    };
    let mut buckets: Vec<(i64, i64)> = kept
        .iter()
        .map(|((_, bucket), kept)| (*bucket, kept.change.rows))
        .collect();
    buckets.sort_unstable();
    let from_key = |bucket: i64| bucket.saturating_mul(1 << bits);
    let everything = [(i64::MIN >> bits, i64::MAX >> bits)];
    let mut all = Vec::new();
    for &(from, to) in within.unwrap_or(&everything) {
        let mut begun = from_key(from);
        let mut rows: i64 = 0;
        for &(bucket, more) in &buckets {
            if bucket < from || bucket > to {
                continue;
            }
            if rows > PIECE && from_key(bucket) > begun {
                all.push(piece(Some((begun, from_key(bucket) - 1)), rows));
                (begun, rows) = (from_key(bucket), 0);
            }
            rows = rows.saturating_add(more.max(0));
        }
        all.push(piece(Some((begun, from_key(to) | ((1 << bits) - 1))), rows));
    }
    all
}

/// Reads all pieces; `None`: it was told to stop. By the code of the table.
pub(super) fn read(
    db: &Connection,
    more: Vec<Connection>,
    pieces: &[Piece],
    far: &(dyn Fn(f32) + Sync),
    go_on: &(dyn Fn() -> bool + Sync),
) -> Option<HashMap<u8, Counted>> {
    let expected: i64 = pieces.iter().map(|piece| piece.rows).sum();
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let all: Mutex<HashMap<u8, Counted>> = Mutex::default();
    let stopped = AtomicBool::new(false);
    let work = |db: &Connection| {
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut look = |rows: u64| {
                let done = done.fetch_add(rows, Ordering::Relaxed) + rows;
                far((done as f32 / expected.max(1) as f32).min(1.0));
                if !go_on() {
                    stopped.store(true, Ordering::Relaxed);
                }
                !stopped.load(Ordering::Relaxed)
            };
            let mut counted = Counted::default();
            if let Err(error) = count(db, piece, &mut counted, &mut look) {
                // Damage, or a table that is not ours any more: what is wrong with it is a finding of its own.
                counted.broken = Some(error.to_string());
            }
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            let whole = all.entry(piece.table.code).or_default();
            whole.rows += counted.rows;
            whole.broken = whole.broken.take().or(counted.broken);
            for (place, found) in counted.blocks {
                whole
                    .blocks
                    .entry(place)
                    .or_insert(Found::NONE)
                    .merge(&found);
            }
        }
    };
    std::thread::scope(|scope| {
        for db in more {
            let work = &work;
            scope.spawn(move || work(&db));
        }
        work(db);
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    (!stopped.load(Ordering::Relaxed)).then_some(all)
}

fn count(
    db: &Connection,
    piece: &Piece,
    counted: &mut Counted,
    look: &mut dyn FnMut(u64) -> bool,
) -> rusqlite::Result<()> {
    let table = piece.table;
    let at = |column: Option<&str>| {
        column.map(|name| piece.columns.iter().position(|held| held == name))
    };
    let (group_at, key) = (at(table.group_column()), table.key());
    let key_at = at(key.map(|key| key.0));
    let bits = key.map_or(0, |key| key.1);
    let mut sql = format!(
        "SELECT {} FROM main.{}",
        piece.columns.join(", "),
        table.name
    );
    if let (Some(_), Some((column, _))) = (piece.keys, key) {
        sql.push_str(&format!(" WHERE {column} BETWEEN ?1 AND ?2"));
    }
    let mut query = db.prepare(&sql)?;
    let mut rows = match piece.keys {
        Some(keys) => query.query(keys)?,
        None => query.query([])?,
    };
    let mut bytes = RowBytes::default();
    let mut current: (Place, Found) = ((NOWHERE, NOWHERE), Found::NONE);
    let number = |row: &rusqlite::Row<'_>, at: Option<Option<usize>>| -> rusqlite::Result<i64> {
        Ok(match at {
            // Not by group, or all in one bucket.
            None => 0,
            Some(None) => NOWHERE,
            Some(Some(at)) => match row.get_ref(at)? {
                ValueRef::Integer(n) => n,
                _ => NOWHERE,
            },
        })
    };
    loop {
        let row = rows.next();
        let Some(row) = row.inspect_err(|_| settle(counted, &current))? else {
            break;
        };
        bytes.begin(table.code);
        for i in 0..piece.columns.len() {
            bytes.value(row.get_ref(i)?);
        }
        let key = number(row, key_at)?;
        let group = number(row, group_at)?;
        let bucket = if key == NOWHERE { NOWHERE } else { key >> bits };
        if current.0 != (group, bucket) {
            settle(counted, &current);
            current = ((group, bucket), Found::NONE);
        }
        let found = &mut current.1;
        found.change.rows += 1;
        found.change.sum.add(&RowSum::of(bytes.bytes()));
        found.first = found.first.min(key);
        found.last = found.last.max(key);
        counted.rows += 1;
        if counted.rows.is_multiple_of(LOOK) && !look(LOOK) {
            return Ok(());
        }
    }
    settle(counted, &current);
    look(counted.rows % LOOK);
    Ok(())
}

fn settle(counted: &mut Counted, (place, found): &(Place, Found)) {
    if found.change.rows > 0 {
        counted
            .blocks
            .entry(*place)
            .or_insert(Found::NONE)
            .merge(found);
    }
}
