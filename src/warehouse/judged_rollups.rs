//! Roll-ups of what models said: least, largest and summed probability, and how many verdicts of each kind,
//! every minute, hour and day (UTC). They answer wide windows, and outlive pruned readings.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::VerdictKind;

use super::predictions::Prediction;
use super::rollups::{Level, start_ms};
use super::{TIME_MASK, key};

macro_rules! of_each_level {
    ($before:literal, $after:literal) => {
        [
            concat!($before, " judged_by_minute ", $after),
            concat!($before, " judged_by_hour ", $after),
            concat!($before, " judged_by_day ", $after),
        ]
    };
}

const INSERT: [&str; 3] = of_each_level!(
    "INSERT OR REPLACE INTO",
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
);
const FIND: [&str; 3] = of_each_level!("SELECT * FROM", "WHERE bucket = ?1");
const BETWEEN: [&str; 3] = of_each_level!(
    "SELECT * FROM",
    "WHERE bucket BETWEEN ?1 AND ?2 ORDER BY bucket"
);

/// What the judgements of one bucket come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedRollUp {
    /// UTC milliseconds.
    pub start_ms: i64,
    pub judged: u64,
    pub dangers: u64,
    pub unavailables: u64,
    pub min: f64,
    pub max: f64,
    pub sum: f64,
}

impl JudgedRollUp {
    fn of(start_ms: i64, p: &Prediction) -> Self {
        Self {
            start_ms,
            judged: 1,
            dangers: u64::from(p.verdict == VerdictKind::Danger),
            unavailables: u64::from(p.verdict == VerdictKind::Unavailable),
            min: p.probability,
            max: p.probability,
            sum: p.probability,
        }
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            start_ms: self.start_ms,
            judged: self.judged + other.judged,
            dangers: self.dangers + other.dangers,
            unavailables: self.unavailables + other.unavailables,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            sum: self.sum + other.sum,
        }
    }

    /// The worst that was said: a danger of one reading is the danger of its bucket.
    #[must_use]
    pub const fn verdict(&self) -> VerdictKind {
        if self.dangers > 0 {
            VerdictKind::Danger
        } else if self.unavailables > 0 {
            VerdictKind::Unavailable
        } else {
            VerdictKind::Nominal
        }
    }
}

pub(super) const fn between(level: Level) -> &'static str {
    BETWEEN[level as usize]
}

pub(super) fn judged_roll_up(row: &Row<'_>) -> rusqlite::Result<JudgedRollUp> {
    Ok(JudgedRollUp {
        start_ms: row.get::<_, i64>(0)? & TIME_MASK,
        judged: row.get(1)?,
        dangers: row.get(2)?,
        unavailables: row.get(3)?,
        min: row.get(4)?,
        max: row.get(5)?,
        sum: row.get(6)?,
    })
}

/// Gathers new predictions of locomotives in time order, and writes each bucket once.
#[derive(Default)]
pub(super) struct Gatherer {
    open: [Option<(u32, JudgedRollUp)>; 3],
}

impl Gatherer {
    pub fn take(&mut self, db: &Connection, loco: u32, p: &Prediction) -> rusqlite::Result<()> {
        for (level, open) in Level::ALL.into_iter().zip(&mut self.open) {
            let new = JudgedRollUp::of(start_ms(level, p.at_ms), p);
            match open {
                Some((same, bucket)) if *same == loco && bucket.start_ms == new.start_ms => {
                    *bucket = bucket.and(&new);
                }
                _ => {
                    if let Some((loco, done)) = open.replace((loco, new)) {
                        write(db, level, loco, &done)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub fn flush(&mut self, db: &Connection) -> rusqlite::Result<()> {
        for (level, open) in Level::ALL.into_iter().zip(&mut self.open) {
            if let Some((loco, done)) = open.take() {
                write(db, level, loco, &done)?;
            }
        }
        Ok(())
    }
}

fn write(db: &Connection, level: Level, loco: u32, new: &JudgedRollUp) -> rusqlite::Result<()> {
    let place = key(loco, new.start_ms);
    let known = db
        .prepare_cached(FIND[level as usize])?
        .query_row([place], judged_roll_up)
        .optional()?;
    let whole = known.map_or(*new, |known| known.and(new));
    db.prepare_cached(INSERT[level as usize])?.execute(params![
        place,
        whole.judged,
        whole.dangers,
        whole.unavailables,
        whole.min,
        whole.max,
        whole.sum
    ])?;
    Ok(())
}
