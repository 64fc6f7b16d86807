//! Roll-ups: minimum, maximum, sum and count of every minute, hour and day (UTC), kept at load time and for
//! ever. They answer wide windows in milliseconds and outlive the raw rows that retention prunes.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::ChannelValues;

use super::amount::{Amount, values};
use super::{TIME_MASK, key};

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Minute,
    Hour,
    Day,
}

impl Level {
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    pub(super) const fn between(self) -> &'static str {
        BETWEEN[self as usize]
    }
}

macro_rules! of_each_level {
    ($before:literal, $after:literal) => {
        [
            concat!($before, " readings_by_minute ", $after),
            concat!($before, " readings_by_hour ", $after),
            concat!($before, " readings_by_day ", $after),
        ]
    };
}

const INSERT: [&str; 3] = of_each_level!(
    "INSERT OR REPLACE INTO",
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
);
const FIND: [&str; 3] = of_each_level!("SELECT * FROM", "WHERE bucket = ?1");
const BETWEEN: [&str; 3] = of_each_level!(
    "SELECT * FROM",
    "WHERE bucket BETWEEN ?1 AND ?2 ORDER BY bucket"
);

/// What the readings of one bucket come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RollUp {
    /// UTC milliseconds.
    pub start_ms: i64,
    pub readings: u64,
    pub min: ChannelValues,
    pub max: ChannelValues,
    pub sum: ChannelValues,
}

impl RollUp {
    fn of(start_ms: i64, values: &ChannelValues) -> Self {
        Self {
            start_ms,
            readings: 1,
            min: *values,
            max: *values,
            sum: *values,
        }
    }

    #[must_use]
    pub fn mean(&self) -> ChannelValues {
        self.sum.map(|sum| sum / self.readings.max(1) as f64)
    }

    fn and(mut self, other: &Self) -> Self {
        self.readings += other.readings;
        for c in 0..4 {
            self.min[c] = self.min[c].min(other.min[c]);
            self.max[c] = self.max[c].max(other.max[c]);
            self.sum[c] += other.sum[c];
        }
        self
    }
}

pub(super) fn roll_up(row: &Row<'_>) -> rusqlite::Result<RollUp> {
    Ok(RollUp {
        start_ms: row.get::<_, i64>(0)? & TIME_MASK,
        readings: row.get(1)?,
        min: values(row, 2, 3)?,
        max: values(row, 3, 3)?,
        sum: values(row, 4, 3)?,
    })
}

/// The start of the bucket that an instant falls into.
#[must_use]
pub const fn start_ms(level: Level, at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(level.ms())
}

/// Gathers new readings, best in order of locomotive and time, and writes each bucket once.
#[derive(Default)]
pub(super) struct Gatherer {
    /// The open bucket of each level, with its locomotive.
    open: [Option<(u32, RollUp)>; 3],
}

impl Gatherer {
    /// Takes one new reading.
    #[inline]
    pub fn take(
        &mut self,
        db: &Connection,
        loco: u32,
        at_ms: i64,
        values: &ChannelValues,
    ) -> rusqlite::Result<()> {
        for (level, open) in Level::ALL.into_iter().zip(&mut self.open) {
            let start_ms = start_ms(level, at_ms);
            match open {
                Some((same, bucket)) if *same == loco && bucket.start_ms == start_ms => {
                    bucket.readings += 1;
                    for (c, &value) in values.iter().enumerate() {
                        bucket.min[c] = bucket.min[c].min(value);
                        bucket.max[c] = bucket.max[c].max(value);
                        bucket.sum[c] += value;
                    }
                }
                _ => {
                    let done = open.replace((loco, RollUp::of(start_ms, values)));
                    if let Some((loco, bucket)) = done {
                        write(db, level, loco, &bucket)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes what is still open.
    pub fn flush(&mut self, db: &Connection) -> rusqlite::Result<()> {
        for (level, open) in Level::ALL.into_iter().zip(&mut self.open) {
            if let Some((loco, bucket)) = open.take() {
                write(db, level, loco, &bucket)?;
            }
        }
        Ok(())
    }
}

fn write(db: &Connection, level: Level, loco: u32, new: &RollUp) -> rusqlite::Result<()> {
    let place = key(loco, new.start_ms);
    let known = db
        .prepare_cached(FIND[level as usize])?
        .query_row([place], roll_up)
        .optional()?;
    let whole = known.map_or(*new, |known| known.and(new));
    let [f, p, v, t] =
        std::array::from_fn(|c| [whole.min[c], whole.max[c], whole.sum[c]].map(Amount));
    db.prepare_cached(INSERT[level as usize])?.execute(params![
        place,
        whole.readings,
        f[0],
        f[1],
        f[2],
        p[0],
        p[1],
        p[2],
        v[0],
        v[1],
        v[2],
        t[0],
        t[1],
        t[2],
    ])?;
    Ok(())
}

/// Whether readings of this minute were ever loaded, whatever became of the raw rows.
pub(super) fn minute_known(db: &Connection, loco: u32, at_ms: i64) -> rusqlite::Result<bool> {
    let place = key(loco, start_ms(Level::Minute, at_ms));
    db.prepare_cached(FIND[Level::Minute as usize])?
        .exists([place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn database() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        super::super::migrations().to_latest(&mut db).unwrap();
        db
    }

    fn read(db: &Connection, level: Level, loco: u32) -> Vec<RollUp> {
        db.prepare(level.between())
            .unwrap()
            .query_map([key(loco, 0), key(loco, TIME_MASK)], roll_up)
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    proptest! {
        /// However the readings are dealt into loads, each bucket comes to the same.
        #[test]
        fn roll_ups_are_those_of_all_readings(
            rows in prop::collection::vec((1_u32..4, 0_i64..200_000_000, prop::array::uniform4(-9000_i32..9000)), 1..120),
            cut in 0_usize..120,
        ) {
            let db = database();
            let rows: Vec<(u32, i64, ChannelValues)> = rows
                .into_iter()
                .map(|(loco, at, v)| (loco, at, v.map(|n| f64::from(n) / 1000.0)))
                .collect();
            let (first, second) = rows.split_at(cut.min(rows.len()));
            for part in [first, second] {
                let mut gatherer = Gatherer::default();
                for (loco, at_ms, values) in part {
                    gatherer.take(&db, *loco, *at_ms, values).unwrap();
                }
                gatherer.flush(&db).unwrap();
            }
            for level in Level::ALL {
                for loco in 1..4 {
                    let kept = read(&db, level, loco);
                    let mine: Vec<_> = rows.iter().filter(|r| r.0 == loco).collect();
                    prop_assert_eq!(kept.iter().map(|k| k.readings).sum::<u64>(), mine.len() as u64);
                    for bucket in kept {
                        let inside: Vec<_> = mine
                            .iter()
                            .filter(|r| start_ms(level, r.1) == bucket.start_ms)
                            .collect();
                        prop_assert_eq!(inside.len() as u64, bucket.readings);
                        for c in 0..4 {
                            let least = inside.iter().map(|r| r.2[c]).fold(f64::INFINITY, f64::min);
                            let most = inside.iter().map(|r| r.2[c]).fold(f64::NEG_INFINITY, f64::max);
                            let sum: f64 = inside.iter().map(|r| r.2[c]).sum();
                            prop_assert_eq!((bucket.min[c], bucket.max[c]), (least, most));
                            prop_assert!((bucket.sum[c] - sum).abs() < 1e-6);
                        }
                    }
                }
            }
        }
    }
}
