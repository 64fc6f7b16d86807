//! What a verification finds, and where.

use serde::{Deserialize, Serialize};

use super::chain::Head;
use super::covered::{Covered, GroupedBy, RangedBy};
use super::tally::Change;
use crate::warehouse::{TIME_BITS, TIME_MASK};

/// Something that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Table, as in the database; empty where it is about the file as a whole.
    pub table: String,
    /// The runs that wrote there, first and last.
    pub runs: Option<(i64, i64)>,
    /// Locomotive, where rows are of one.
    pub loco: Option<String>,
    /// First and last of the range of rows: instants (UTC milliseconds) where `loco` is given, else row numbers.
    pub range: Option<(i64, i64)>,
    /// Rows that are too many (positive) or missing (negative); 0: some were changed.
    pub rows: i64,
    /// What it is about where it is about no rows: the chain, the structure of the file, the second place of the head.
    pub words: String,
}

impl Finding {
    /// A finding that is about no rows.
    #[must_use]
    pub fn said(table: &str, words: impl Into<String>) -> Self {
        Self {
            table: table.to_owned(),
            runs: None,
            loco: None,
            range: None,
            rows: 0,
            words: words.into(),
        }
    }
}

/// In the words of the program's own log, for those who read no catalogue.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.words.is_empty() {
            let gap = if self.table.is_empty() { "" } else { ": " };
            return write!(f, "{}{gap}{}", self.table, self.words);
        }
        write!(f, "{}: ", self.table)?;
        match self.rows {
            0 => write!(f, "rows changed")?,
            n if n > 0 => write!(f, "{n} rows too many")?,
            n => write!(f, "{} rows missing", -n)?,
        }
        if let Some((from, to)) = self.runs {
            write!(f, ", runs {from} to {to}")?;
        }
        if let Some(loco) = &self.loco {
            write!(f, ", {loco}")?;
        }
        match self.range {
            Some((from, to)) if self.loco.is_some() => {
                let instant = |ms| {
                    jiff::Timestamp::from_millisecond(ms)
                        .map_or_else(|_| ms.to_string(), |at| at.to_string())
                };
                write!(f, ", {} to {}", instant(from), instant(to))
            }
            Some((from, to)) => write!(f, ", rows {from} to {to}"),
            None => Ok(()),
        }
    }
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub head: Head,
    /// Rows that were read.
    pub rows: u64,
    pub findings: Vec<Finding>,
}

/// A block whose rows are not what the ledger keeps of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odd {
    pub table: &'static Covered,
    pub group: i64,
    pub bucket: i64,
    /// As the ledger keeps them, first and last; 0: it knows of none.
    pub runs: (i64, i64),
    /// Rows too many or missing.
    pub rows: i64,
    /// First and last key that are there; `None`: there is no row.
    pub there: Option<(i64, i64)>,
}

impl Odd {
    pub fn of(
        table: &'static Covered,
        (group, bucket): (i64, i64),
        kept: &super::blocks::Kept,
        found: &Change,
        there: Option<(i64, i64)>,
    ) -> Self {
        Self {
            table,
            group,
            bucket,
            runs: kept.runs,
            rows: found.rows - kept.change.rows,
            there,
        }
    }

    /// The number of the locomotive, where the keys hold one.
    pub fn loco(&self) -> Option<i64> {
        match self.table.ranged_by {
            RangedBy::Instant(bits) => Some(self.bucket >> (TIME_BITS - bits)),
            RangedBy::Number(_) | RangedBy::Whole => None,
        }
    }

    /// Keys: those that are there, or all that may be there where some are missing.
    fn keys(&self) -> Option<(i64, i64)> {
        let bits = match self.table.ranged_by {
            RangedBy::Instant(bits) | RangedBy::Number(bits) => bits,
            RangedBy::Whole => return None,
        };
        match self.there {
            Some(there) if self.rows >= 0 => Some(there),
            _ if self.bucket.unsigned_abs() >= 1 << (62 - bits) => self.there,
            _ => {
                let from = self.bucket << bits;
                Some((from, from | ((1 << bits) - 1)))
            }
        }
    }

    /// The next block of the same rows, found odd in the same way.
    fn goes_on(&self, next: &Self) -> bool {
        self.table.code == next.table.code
            && self.group == next.group
            && self.bucket.checked_add(1) == Some(next.bucket)
            && self.loco() == next.loco()
            && self.rows.signum() == next.rows.signum()
    }
}

/// Findings that are kept: who emptied a table is told so once, not a hundred thousand times.
const MOST: usize = 1000;

/// Names what was found. `loco` gives the name of a locomotive, `run` the run that loaded a file.
pub(super) fn name(
    mut odd: Vec<Odd>,
    loco: impl Fn(i64) -> Option<String>,
    run: impl Fn(i64) -> Option<i64>,
) -> Vec<Finding> {
    odd.sort_by_key(|odd| (odd.table.code, odd.group, odd.bucket));
    let mut findings: Vec<Finding> = Vec::new();
    let mut last: Option<Odd> = None;
    let mut more: usize = 0;
    for odd in odd {
        let goes_on = last.is_some_and(|last| last.goes_on(&odd));
        last = Some(odd);
        let runs = match (odd.runs, odd.table.grouped_by) {
            ((from, to), _) if from > 0 => Some((from, to)),
            (_, GroupedBy::Run) => Some((odd.group, odd.group)),
            (_, GroupedBy::File) => run(odd.group).map(|run| (run, run)),
            (_, GroupedBy::Table) => None,
        };
        let number = odd.loco();
        let mut range = odd.keys();
        if number.is_some() {
            range = range.map(|(from, to)| (from & TIME_MASK, to & TIME_MASK));
        }
        if let Some(whole) = findings.last_mut()
            && goes_on
            && more == 0
        {
            let join = |a: Option<(i64, i64)>, b: Option<(i64, i64)>| match (a, b) {
                (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
                (a, b) => a.or(b),
            };
            whole.rows += odd.rows;
            whole.range = join(whole.range, range);
            whole.runs = join(whole.runs, runs);
            continue;
        }
        if findings.len() == MOST {
            more += 1;
            continue;
        }
        findings.push(Finding {
            table: odd.table.name.to_owned(),
            runs,
            loco: number.map(|n| loco(n).unwrap_or_else(|| format!("loco {n}"))),
            range,
            rows: odd.rows,
            words: String::new(),
        });
    }
    if more > 0 {
        findings.push(Finding::said("", format!("{more} more blocks of rows")));
    }
    findings
}
