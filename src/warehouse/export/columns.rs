//! What can be exported, and the columns of each: plain names with units, as in the views.

use crate::warehouse::Level;

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exported {
    Readings,
    /// Minimum, mean and maximum of every minute, hour or day: all that is left of pruned readings.
    RollUps(Level),
    Predictions,
    /// Every reading of a range with what the first model to judge it said.
    Judged,
    Events,
    Quarantine,
    Alarms,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    Text,
    /// Text as it stood in a file, in whatever encoding.
    Bytes,
    /// UTC milliseconds.
    Time,
    Real {
        decimals: usize,
    },
    Int,
    Flag,
}

/// One column of a table that is exported; every one may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: ColumnKind,
}

/// One field of a row, of its column's kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    Empty,
    Text(&'a str),
    Bytes(&'a [u8]),
    Time(i64),
    Real(f64),
    Int(i64),
    Flag(bool),
}

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind }
}

const fn real(name: &'static str, decimals: usize) -> Column {
    column(name, ColumnKind::Real { decimals })
}

const LOCOMOTIVE: Column = column("locomotive", ColumnKind::Text);
const TIME: Column = column("time_utc", ColumnKind::Time);
const VALUES: [Column; 4] = [
    real("flow_rate_l_min", 1),
    real("pressure_bar", 2),
    real("vibration_mm_s", 2),
    real("temperature_c", 1),
];
const SYNTHETIC: Column = column("synthetic", ColumnKind::Flag);

const READING: [Column; 9] = [
    LOCOMOTIVE,
    TIME,
    VALUES[0],
    VALUES[1],
    VALUES[2],
    VALUES[3],
    column("label", ColumnKind::Int),
    column("flagged", ColumnKind::Flag),
    SYNTHETIC,
];
const ROLL_UP: [Column; 16] = [
    LOCOMOTIVE,
    TIME,
    column("readings", ColumnKind::Int),
    real("flow_rate_min_l_min", 1),
    real("flow_rate_mean_l_min", 1),
    real("flow_rate_max_l_min", 1),
    real("pressure_min_bar", 2),
    real("pressure_mean_bar", 2),
    real("pressure_max_bar", 2),
    real("vibration_min_mm_s", 2),
    real("vibration_mean_mm_s", 2),
    real("vibration_max_mm_s", 2),
    real("temperature_min_c", 1),
    real("temperature_mean_c", 1),
    real("temperature_max_c", 1),
    SYNTHETIC,
];
const PREDICTION: [Column; 11] = [
    LOCOMOTIVE,
    TIME,
    real("probability", 4),
    column("verdict", ColumnKind::Text),
    column("model_version", ColumnKind::Int),
    column("run", ColumnKind::Int),
    VALUES[0],
    VALUES[1],
    VALUES[2],
    VALUES[3],
    SYNTHETIC,
];
const JUDGED: [Column; 12] = [
    LOCOMOTIVE,
    TIME,
    VALUES[0],
    VALUES[1],
    VALUES[2],
    VALUES[3],
    column("label", ColumnKind::Int),
    column("flagged", ColumnKind::Flag),
    real("probability", 4),
    column("verdict", ColumnKind::Text),
    column("model_version", ColumnKind::Int),
    SYNTHETIC,
];
const EVENT: [Column; 5] = [
    LOCOMOTIVE,
    TIME,
    column("type", ColumnKind::Text),
    column("component", ColumnKind::Text),
    SYNTHETIC,
];
const REFUSED: [Column; 10] = [
    column("source", ColumnKind::Text),
    column("file", ColumnKind::Text),
    column("line", ColumnKind::Int),
    column("reason", ColumnKind::Text),
    column("detail", ColumnKind::Text),
    column("raw", ColumnKind::Bytes),
    LOCOMOTIVE,
    TIME,
    column("run", ColumnKind::Int),
    SYNTHETIC,
];

const ALARM: [Column; 27] = [
    column("alarm", ColumnKind::Int),
    column("raised_utc", ColumnKind::Time),
    column("reading_utc", ColumnKind::Time),
    column("priority", ColumnKind::Text),
    column("kind", ColumnKind::Text),
    column("state", ColumnKind::Text),
    LOCOMOTIVE,
    column("source", ColumnKind::Text),
    column("cause", ColumnKind::Text),
    column("channel", ColumnKind::Text),
    real("value", 3),
    real("limit_value", 3),
    VALUES[0],
    VALUES[1],
    VALUES[2],
    VALUES[3],
    real("probability", 4),
    real("threshold", 4),
    column("model_version", ColumnKind::Int),
    column("returned_utc", ColumnKind::Time),
    column("acknowledged_utc", ColumnKind::Time),
    column("acknowledged_by", ColumnKind::Text),
    column("comment", ColumnKind::Text),
    column("set_aside_by", ColumnKind::Text),
    column("reason", ColumnKind::Text),
    column("shelved_until_utc", ColumnKind::Time),
    SYNTHETIC,
];

impl Exported {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Readings => "readings",
            Self::RollUps(Level::Minute) => "minutes",
            Self::RollUps(Level::Hour) => "hours",
            Self::RollUps(Level::Day) => "days",
            Self::Predictions => "predictions",
            Self::Judged => "judged",
            Self::Events => "events",
            Self::Quarantine => "quarantine",
            Self::Alarms => "alarms",
        }
    }

    /// The columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Readings => &READING,
            Self::RollUps(_) => &ROLL_UP,
            Self::Predictions => &PREDICTION,
            Self::Judged => &JUDGED,
            Self::Events => &EVENT,
            Self::Quarantine => &REFUSED,
            Self::Alarms => &ALARM,
        }
    }
}
