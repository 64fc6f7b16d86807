//! Which tables the ledger covers, and how their rows fall into blocks. A number, once given, means the same for ever.

use rusqlite::Connection;

/// A table under the ledger.
#[derive(Debug)]
pub(crate) struct Covered {
    /// Its number in the ledger.
    pub code: u8,
    pub name: &'static str,
    /// Group and bucket of a row as SQL; `{r}` stands for the row (`NEW.`, `OLD.` or nothing).
    group: &'static str,
    bucket: &'static str,
    /// What its groups are.
    pub grouped_by: GroupedBy,
    /// What its buckets are.
    pub ranged_by: RangedBy,
    /// Entries of the ledger say how many of its rows came or went.
    pub told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupedBy {
    /// Not at all.
    Table,
    /// A row of `source_files`.
    File,
    Run,
}

/// What a bucket is a range of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangedBy {
    /// Locomotive and instant in one key, shifted right by so many bits.
    Instant(u32),
    /// A number (a line, an entry), shifted right by so many bits.
    Number(u32),
    /// The whole group.
    Whole,
}

/// 4.7 hours of a locomotive: at one reading a second 16,777 rows. The writer counts readings by it too.
pub(crate) const READING_BITS: u32 = 24;
const READINGS: RangedBy = RangedBy::Instant(READING_BITS);

macro_rules! covered {
    ($code:literal, $name:literal, $group:literal $grouped:ident, $bucket:literal $ranged:expr, $told:literal) => {
        Covered {
            code: $code,
            name: $name,
            group: $group,
            bucket: $bucket,
            grouped_by: GroupedBy::$grouped,
            ranged_by: $ranged,
            told: $told,
        }
    };
}

pub(crate) const SENSOR_METRICS: u8 = 1;

#[rustfmt::skip]
pub(crate) const COVERED: &[Covered] = &[
    covered!(1, "sensor_metrics", "{r}file" File, "{r}reading >> 24" READINGS, true),
    covered!(2, "ai_telemetry_predictions", "{r}run" Run, "{r}reading >> 24" READINGS, true),
    covered!(3, "maintenance", "{r}file" File, "{r}line >> 10" RangedBy::Number(10), true),
    covered!(4, "failures", "{r}file" File, "{r}line >> 10" RangedBy::Number(10), true),
    covered!(5, "quarantine", "{r}file" File, "{r}line >> 10" RangedBy::Number(10), true),
    covered!(6, "requeued", "{r}run" Run, "{r}line >> 10" RangedBy::Number(10), true),
    covered!(7, "source_files", "0" Table, "{r}file >> 6" RangedBy::Number(6), false),
    covered!(8, "pipeline_runs", "{r}run" Run, "0" RangedBy::Whole, false),
    covered!(9, "run_loads", "{r}run" Run, "0" RangedBy::Whole, false),
    covered!(10, "locomotives", "0" Table, "{r}loco >> 6" RangedBy::Number(6), false),
    covered!(11, "models", "{r}run" Run, "{r}version" RangedBy::Number(0), true),
    covered!(12, "model_promotions", "0" Table, "{r}promotion >> 6" RangedBy::Number(6), true),
    covered!(13, "warehouse_facts", "0" Table, "0" RangedBy::Whole, false),
    covered!(14, "followed_files", "{r}file" File, "0" RangedBy::Whole, false),
    covered!(15, "late_loads", "0" Table, "{r}loco >> 6" RangedBy::Number(6), false),
    covered!(16, "pruned", "0" Table, "{r}loco >> 6" RangedBy::Number(6), false),
    covered!(17, "readings_by_minute", "0" Table, "{r}bucket >> 28" RangedBy::Instant(28), false),
    covered!(18, "readings_by_hour", "0" Table, "{r}bucket >> 34" RangedBy::Instant(34), false),
    covered!(19, "readings_by_day", "0" Table, "{r}bucket >> 38" RangedBy::Instant(38), false),
    covered!(20, "judged_by_minute", "0" Table, "{r}bucket >> 28" RangedBy::Instant(28), false),
    covered!(21, "judged_by_hour", "0" Table, "{r}bucket >> 34" RangedBy::Instant(34), false),
    covered!(22, "judged_by_day", "0" Table, "{r}bucket >> 38" RangedBy::Instant(38), false),
    covered!(23, "journal", "0" Table, "{r}entry >> 6" RangedBy::Number(6), true),
    covered!(24, "alarms", "0" Table, "{r}alarm >> 6" RangedBy::Number(6), true),
    covered!(25, "alarm_transitions", "0" Table, "{r}transition >> 6" RangedBy::Number(6), false),
    covered!(26, "held_batches", "{r}run" Run, "{r}hold >> 6" RangedBy::Number(6), true),
    covered!(27, "outbox", "0" Table, "{r}message >> 6" RangedBy::Number(6), false),
];

/// The ledger itself: the chain vouches for it.
pub(crate) const OWN: [&str; 3] = ["ledger", "ledger_blocks", "ledger_state"];

pub(crate) fn by_code(code: u8) -> Option<&'static Covered> {
    COVERED.iter().find(|table| table.code == code)
}

impl Covered {
    /// The column that groups it.
    pub fn group_column(&self) -> Option<&'static str> {
        self.group.strip_prefix("{r}")
    }

    /// The column whose ranges are buckets, and by how many bits it is shifted; `None`: its groups are not divided.
    pub fn key(&self) -> Option<(&'static str, u32)> {
        let column = self.bucket.strip_prefix("{r}")?;
        let column = column.split_once(' ').map_or(column, |(column, _)| column);
        match self.ranged_by {
            RangedBy::Instant(bits) | RangedBy::Number(bits) => Some((column, bits)),
            RangedBy::Whole => None,
        }
    }

    /// The columns in the table's own order.
    pub fn columns(&self, db: &Connection) -> rusqlite::Result<Vec<String>> {
        db.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?
            .query_map([self.name], |row| row.get(0))?
            .collect()
    }

    fn of(expression: &str, row: &str) -> String {
        expression.replace("{r}", row)
    }

    /// Group, bucket and all columns of a row, as the list of a SELECT or the arguments of a call.
    pub fn listed(&self, row: &str, columns: &[String]) -> String {
        let mut list = format!(
            "{}, {}",
            Self::of(self.group, row),
            Self::of(self.bucket, row)
        );
        for column in columns {
            list.push_str(", ");
            list.push_str(row);
            list.push_str(column);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_table_is_covered_once() {
        let mut db = Connection::open_in_memory().unwrap();
        super::super::super::migrations()
            .to_latest(&mut db)
            .unwrap();
        let held: BTreeSet<String> = db
            .prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let known: BTreeSet<String> = COVERED
            .iter()
            .map(|c| c.name.to_owned())
            .chain(OWN.map(str::to_owned))
            .collect();
        assert_eq!(held, known);
        let codes: BTreeSet<u8> = COVERED.iter().map(|c| c.code).collect();
        assert_eq!(codes.len(), COVERED.len());
        for table in COVERED {
            let columns = table.columns(&db).unwrap();
            assert!(
                table
                    .group_column()
                    .is_none_or(|name| columns.iter().any(|held| held == name))
            );
            let Some((column, bits)) = table.key() else {
                assert_eq!(table.bucket, "0");
                continue;
            };
            assert!(columns.iter().any(|held| held == column));
            let shifted = if bits == 0 {
                format!("{{r}}{column}")
            } else {
                format!("{{r}}{column} >> {bits}")
            };
            assert_eq!(table.bucket, shifted);
        }
        assert_eq!(by_code(SENSOR_METRICS).unwrap().name, "sensor_metrics");
    }
}
