//! The warehouse recomputed against its ledger in one pass, at one instant, whatever a writer does meanwhile.
//!
//! The last entry of the chain vouches for the sums of all blocks, those for every row: each of the three is recomputed
//! and compared, so that whoever changes rows and mends the sums, or both and the last entry, is found all the same.
//! Who rewrites the whole chain is found by a head that was noted elsewhere ([`Reader::knows`]).

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::blocks::{self, Kept};
use super::chain::{self, Head};
use super::covered::{self, COVERED};
use super::finding::{self, Checked, Finding, Odd};
use super::row::RowBytes;
use super::scan::{self, Place};
use super::schema::{self, Expected};
use super::sum::WideSum;
use super::tally::Change;
use crate::warehouse::{Reader, Result, TIME_BITS, key, read_only};

const CHAIN: &str = "SELECT entry, at_ms, kind, run, who, detail, state, head FROM main.ledger
    ORDER BY entry";
const BLOCKS: &str = "SELECT tab, grp, bucket, rows, sum, run_from, run_to FROM main.ledger_blocks";
const STATE: &str = "SELECT schema, sum FROM main.ledger_state";
const NAMED: &str = "SELECT name FROM main.locomotives WHERE loco = ?1";
const RUN_OF: &str = "SELECT run FROM main.source_files WHERE file = ?1";
const HEAD_AT: &str = "SELECT head FROM ledger WHERE entry = ?1";
/// The kind of an entry that counts all rows anew after a migration.
pub(super) const MIGRATED: &str = "migrated";
/// What of its detail says what was wrong before.
pub(super) const FINDINGS: &str = "findings";
/// How often connections are opened anew until all of them stand at the same head: a writer passes by in between.
const TRIES: usize = 20;
/// More connections than these gain nothing: the file is read at the speed of the disk.
const MOST: usize = 4;

/// How much is recomputed. The chain and the sums always are.
#[derive(Debug, Clone)]
pub enum Scope {
    /// Everything.
    All,
    /// What a model learns from.
    Learned,
    /// Readings of locomotives, by number, from an instant to another (UTC milliseconds): whole blocks.
    Readings(Vec<(u32, i64, i64)>),
}

/// Readings, labels and what tells which of them count.
const LEARNED: [&str; 7] = [
    "sensor_metrics",
    "maintenance",
    "failures",
    "quarantine",
    "requeued",
    "locomotives",
    "held_batches",
];

impl Scope {
    fn holds(&self, table: &covered::Covered) -> bool {
        match self {
            Self::All => true,
            Self::Learned => LEARNED.contains(&table.name),
            Self::Readings(_) => table.code == covered::SENSOR_METRICS,
        }
    }

    /// Buckets of readings, each once.
    fn within(&self) -> Option<Vec<(i64, i64)>> {
        let Self::Readings(ranges) = self else {
            return None;
        };
        let bits = covered::READING_BITS;
        let mut all: Vec<(i64, i64)> = ranges
            .iter()
            .map(|&(loco, from_ms, to_ms)| {
                let at = |ms: i64| key(loco, ms.clamp(0, (1 << TIME_BITS) - 1)) >> bits;
                (at(from_ms), at(to_ms))
            })
            .collect();
        all.sort_unstable();
        all.dedup_by(|next, held| {
            let joined = next.0 <= held.1;
            if joined {
                held.1 = held.1.max(next.1);
            }
            joined
        });
        Some(all)
    }
}

impl Reader {
    /// Recomputes the ledger; `None`: it was told to stop. `far` hears the share done, 0–1.
    ///
    /// # Errors
    /// The file cannot be opened, or is a newer program's. Damage is no error but a finding.
    pub fn verify(
        &self,
        scope: &Scope,
        far: &dyn Fn(f32),
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Checked>> {
        let mut connections = at_one_instant(self.path())?;
        let Some(db) = connections.pop() else {
            return Ok(None);
        };
        verify(db, connections, scope, far, go_on)
    }

    /// The chain holds this head: it was not rewritten since that was noted.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn knows(&self, noted: &Head) -> Result<bool> {
        if *noted == Head::START {
            return Ok(true);
        }
        self.with(|db| {
            let held: Option<[u8; 32]> = db
                .prepare_cached(HEAD_AT)?
                .query_row([noted.entry], |row| row.get(0))
                .optional()?;
            Ok(held == Some(noted.head))
        })
    }

    /// The structure of the file, as SQLite checks it: trees of pages, types, and with `thorough` every index against
    /// its table and every reference between tables. Nothing about what rows say.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn structure(&self, thorough: bool) -> Result<Vec<Finding>> {
        let db = read_only(self.path())?;
        let mut findings = Vec::new();
        let check = if thorough {
            "integrity_check"
        } else {
            "quick_check"
        };
        match said(&db, &format!("PRAGMA {check}(100)")) {
            Ok(lines) => findings.extend(
                lines
                    .into_iter()
                    .filter(|line| line != "ok")
                    .map(|line| Finding::said("", line)),
            ),
            Err(error) => findings.push(Finding::said("", error.to_string())),
        }
        if thorough {
            match orphans(&db) {
                Ok(more) => findings.extend(more),
                Err(error) => findings.push(Finding::said("", error.to_string())),
            }
        }
        Ok(findings)
    }
}

fn said(db: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    db.prepare(pragma)?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Rows that refer to none, a table.
fn orphans(db: &Connection) -> rusqlite::Result<Vec<Finding>> {
    let mut query = db.prepare(
        "SELECT \"table\", \"parent\", count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
    )?;
    let rows = query.query_map([], |row| {
        let (table, parent, rows): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Finding::said(
            &table,
            format!("{rows} rows refer to no row of {parent}"),
        ))
    })?;
    rows.collect()
}

/// Read transactions that stand at the same head of the chain.
fn at_one_instant(path: &std::path::Path) -> Result<Vec<Connection>> {
    let count = std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST));
    let begin = || -> Result<Connection> {
        let db = read_only(path)?;
        db.execute_batch("BEGIN")?;
        // The first look is what the transaction stands on; what it says is looked at later.
        db.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))?;
        Ok(db)
    };
    // One that has no chain, or no readable one, is read on one connection.
    let stands = |db: &Connection| chain::head(db).ok();
    let mut all = vec![begin()?];
    for _ in 0..TRIES {
        let Some(head) = stands(&all[0]) else {
            break;
        };
        while all.len() < count {
            all.push(begin()?);
        }
        if all.iter().all(|db| stands(db) == Some(head)) {
            return Ok(all);
        }
        // The newest is where all others may come to stand.
        let newest = all.pop();
        all.clear();
        all.extend(newest);
    }
    all.truncate(1);
    Ok(all)
}

/// `db` reads the ledger, and then rows as all of `more` do.
fn verify(
    db: Connection,
    more: Vec<Connection>,
    scope: &Scope,
    far: &dyn Fn(f32),
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Checked>> {
    let expected = Expected::of(&db)?;
    let mut checked = Checked {
        head: Head::START,
        rows: 0,
        findings: Vec::new(),
    };
    let findings = &mut checked.findings;
    if expected.version < schema::FIRST {
        let words = "there is no ledger yet: an older program wrote this file";
        findings.push(Finding::said("ledger", words));
        return Ok(Some(checked));
    }
    or_said(findings, "", expected.differences(&db));
    let last = or_said_one(findings, "ledger", walk(&db));
    checked.head = last.map_or(Head::START, |last| last.0);
    let mut sums = Sums::default();
    match sums.read(&db, &expected, last.map(|last| last.1)) {
        Ok(more) => findings.extend(more),
        Err(error) => {
            // Nothing vouches for any row.
            findings.push(Finding::said("ledger_blocks", error.to_string()));
            return Ok(Some(checked));
        }
    }
    let within = scope.within();
    let columns = expected.columns()?;
    let mut pieces = Vec::new();
    let tables = COVERED.iter().filter(|table| scope.holds(table));
    for table in tables.clone() {
        if let Some(columns) = columns.get(&table.code) {
            let kept = sums.of.entry(table.code).or_default();
            if let Some(within) = &within {
                let held = |bucket| {
                    within
                        .iter()
                        .any(|&(from, to)| (from..=to).contains(&bucket))
                };
                kept.retain(|(_, bucket), _| held(*bucket));
            }
            pieces.extend(scan::pieces(table, columns, kept, within.as_deref()));
        }
    }
    // The long ones first: the short ones fill what is left.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.rows));
    let Some(counted) = scan::read(&db, more, &pieces, far, go_on) else {
        return Ok(None);
    };
    let mut odd = Vec::new();
    for table in tables {
        let Some(counted) = counted.get(&table.code) else {
            continue;
        };
        checked.rows += counted.rows;
        if let Some(why) = &counted.broken {
            // How many rows are behind it cannot be known.
            checked.findings.push(Finding::said(table.name, why));
            continue;
        }
        let kept = sums.of.remove(&table.code).unwrap_or_default();
        odd.extend(compare(table, &kept, counted));
    }
    let ask = |sql: &str, n: i64| -> rusqlite::Result<Option<rusqlite::types::Value>> {
        db.prepare_cached(sql)?
            .query_row([n], |row| row.get(0))
            .optional()
    };
    checked.findings.extend(finding::name(
        odd,
        |loco| match ask(NAMED, loco) {
            Ok(Some(rusqlite::types::Value::Text(name))) => Some(name),
            _ => None,
        },
        |file| match ask(RUN_OF, file) {
            Ok(Some(rusqlite::types::Value::Integer(run))) => Some(run),
            _ => None,
        },
    ));
    Ok(Some(checked))
}

fn or_said(findings: &mut Vec<Finding>, table: &str, found: rusqlite::Result<Vec<Finding>>) {
    match found {
        Ok(more) => findings.extend(more),
        Err(error) => findings.push(Finding::said(table, error.to_string())),
    }
}

fn or_said_one<T>(
    findings: &mut Vec<Finding>,
    table: &str,
    found: rusqlite::Result<(T, Vec<Finding>)>,
) -> Option<T> {
    match found {
        Ok((one, more)) => {
            findings.extend(more);
            Some(one)
        }
        Err(error) => {
            findings.push(Finding::said(table, error.to_string()));
            None
        }
    }
}

/// The last head, and the state that its entry vouches for.
type Last = (Head, [u8; 32]);

/// The chain from its first entry to its last: the head it ends with, and the state that vouches for the sums.
fn walk(db: &Connection) -> rusqlite::Result<(Last, Vec<Finding>)> {
    let mut findings = Vec::new();
    let mut query = db.prepare(CHAIN)?;
    let mut rows = query.query([])?;
    let (mut before, mut state) = (Head::START, [0; 32]);
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if number != before.entry + 1 {
            let words = format!("entries {} to {} are missing", before.entry + 1, number - 1);
            findings.push(Finding::said("ledger", words));
        }
        match chain::entry(row) {
            Ok(entry) => {
                if entry.head_after(&before.head) != entry.head {
                    findings.push(Finding {
                        runs: entry.run.map(|run| (run, run)),
                        range: Some((number, number)),
                        ..Finding::said(
                            "ledger",
                            format!("entry {number} does not follow from the one before it"),
                        )
                    });
                }
                if entry.kind == MIGRATED {
                    findings.extend(carried(&entry.detail));
                }
                (before, state) = (
                    Head {
                        entry: number,
                        head: entry.head,
                    },
                    entry.state,
                );
            }
            Err(error) => {
                let words = format!("entry {number} cannot be read: {error}");
                findings.push(Finding::said("ledger", words));
                before.entry = number;
            }
        }
    }
    if before == Head::START {
        findings.push(Finding::said("ledger", "there is no entry"));
    }
    Ok(((before, state), findings))
}

/// What was found when the file was brought up to date: the new sums stand on rows that nobody vouched for.
fn carried(detail: &str) -> Vec<Finding> {
    let read = || -> serde_json::Result<Vec<Finding>> {
        let detail: serde_json::Value = serde_json::from_str(detail)?;
        match detail.get(FINDINGS) {
            Some(findings) => serde_json::from_value(findings.clone()),
            None => Ok(Vec::new()),
        }
    };
    read().unwrap_or_else(|error| vec![Finding::said("ledger", error.to_string())])
}

/// Sums of blocks as the ledger keeps them, a table.
#[derive(Default)]
struct Sums {
    of: HashMap<u8, HashMap<Place, Kept>>,
}

impl Sums {
    /// Reads them, and finds where the sum over them, or the last entry, says something else.
    fn read(
        &mut self,
        db: &Connection,
        expected: &Expected,
        last: Option<[u8; 32]>,
    ) -> rusqlite::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let (mut wide, mut bytes) = (WideSum::default(), RowBytes::default());
        let mut query = db.prepare(BLOCKS)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let read = || -> rusqlite::Result<_> {
                let table: u8 = row.get(0)?;
                Ok((table, (row.get(1)?, row.get(2)?), blocks::kept(row, 3)?))
            };
            let known = |(table, ..): &(u8, _, _)| covered::by_code(*table).is_some();
            let Some((table, place, kept)) = read().ok().filter(known) else {
                findings.push(Finding::said(
                    "ledger_blocks",
                    "the sum of a block cannot be read",
                ));
                continue;
            };
            blocks::canonical(&mut bytes, (table, place.0, place.1), &kept);
            wide.add(bytes.bytes());
            self.of.entry(table).or_default().insert(place, kept);
        }
        let state: Option<(usize, Vec<u8>)> = db
            .query_row(STATE, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((schema, state)) = state else {
            findings.push(Finding::said(
                "ledger_state",
                "there is no sum over all blocks",
            ));
            return Ok(findings);
        };
        if schema != expected.version {
            let words = format!(
                "it is of version {schema}, the file of {}",
                expected.version
            );
            findings.push(Finding::said("ledger_state", words));
        }
        if state != wide.to_bytes() {
            let words = "the sum over all blocks is not that of the blocks";
            findings.push(Finding::said("ledger_state", words));
        }
        if last.is_some_and(|last| last != wide.digest()) {
            let words = "the sums of blocks are not those that the last entry vouches for";
            findings.push(Finding::said("ledger_blocks", words));
        }
        Ok(findings)
    }
}

fn compare<'a>(
    table: &'static covered::Covered,
    kept: &'a HashMap<Place, Kept>,
    counted: &'a scan::Counted,
) -> impl Iterator<Item = Odd> + 'a {
    let there = counted.blocks.iter().filter_map(move |(place, found)| {
        let kept = kept.get(place).copied().unwrap_or_default();
        (kept.change != found.change).then(|| {
            let keys = (found.first, found.last);
            Odd::of(table, *place, &kept, &found.change, Some(keys))
        })
    });
    let gone = kept
        .iter()
        .filter(|(place, _)| !counted.blocks.contains_key(place))
        .map(move |(place, kept)| Odd::of(table, *place, kept, &Change::default(), None));
    there.chain(gone)
}
