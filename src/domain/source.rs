//! What is known of a source before a row of it is read, and how one can fail.

use serde::{Deserialize, Serialize};

/// What a source is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Telemetry,
    Maintenance,
    Failures,
}

impl Role {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Telemetry => "telemetry",
            Self::Maintenance => "maintenance",
            Self::Failures => "failures",
        }
    }
}

/// Which clock says how old a reading of a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceClock {
    /// Now is the newest reading: archives, demo.
    Data,
    /// Now is the computer's clock: live.
    #[default]
    Wall,
}

impl SourceClock {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Wall => "wall",
        }
    }
}

/// How a table is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    /// A document with an array of records.
    Json,
    /// One record a line.
    Ndjson,
    Excel,
}

impl Format {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Excel => "excel",
        }
    }
}

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "windows-1252")]
    Windows1252,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

impl Encoding {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }
}

/// What is said of a table before it is looked at. What is left out is found by looking.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Dialect {
    pub format: Option<Format>,
    pub encoding: Option<Encoding>,
    /// ASCII.
    #[serde(serialize_with = "as_character")]
    pub delimiter: Option<u8>,
    /// ASCII.
    #[serde(serialize_with = "as_character")]
    pub quote: Option<u8>,
    pub decimal_comma: Option<bool>,
    /// Line (or row of the sheet) of the header, from 1.
    pub header_row: Option<u32>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Keys joined by dots that lead to the array of records in a JSON document.
    pub records: Option<String>,
    /// Names that are mapped: the header is the row that holds them. Empty where nobody knows them yet.
    #[serde(skip)]
    pub columns: Vec<String>,
}

#[expect(clippy::ref_option, reason = "serde asks for it so")]
fn as_character<S: serde::Serializer>(byte: &Option<u8>, out: S) -> Result<S::Ok, S::Error> {
    byte.map(char::from).serialize(out)
}

/// Why a file, or a whole source, is refused. Bad rows are not errors: see [`super::Reason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("nothing is at “{path}”: check `path`, which is relative to the configuration file")]
    NothingThere { path: String },
    #[error("cannot be read: {why}")]
    Unreadable { why: String },
    #[error("unreachable: {why}")]
    Unreachable { why: String },
    #[error("no answer within {secs} s")]
    TimedOut { secs: u64 },
    #[error("refused by the server (HTTP {status})")]
    RefusedByServer { status: u16 },
    #[error("the key is missing: {why}")]
    MissingSecret { why: String },
    #[error("not the format promised: expected {expected}, got {got}")]
    NotAsPromised { expected: String, got: String },
    #[error("the file is empty")]
    Empty,
    #[error("the file has a header and no rows")]
    HeaderOnly,
    #[error("this is not a text table (binary content)")]
    Binary,
    #[error("this is not valid JSON: line {line}: {why}")]
    MalformedJson { line: u64, why: &'static str },
    #[error("this is valid JSON and no table: {why}")]
    NotATable { why: String },
    #[error("the compressed file grows more than {times} times when unpacked: not taken")]
    Bomb { times: u64 },
    #[error("this workbook cannot be read: {why}")]
    Workbook { why: String },
    #[error("this workbook is protected by a password: save it without one")]
    Protected,
    #[error("no sheet is named “{sheet}”; the workbook has: {sheets}")]
    NoSuchSheet { sheet: String, sheets: String },
    #[error("there is no table in {place}")]
    NoTable { place: String },
    #[error("line {line} is longer than {limit_kib} KiB: not a table of readings")]
    EndlessLine { line: u64, limit_kib: usize },
    #[error("the mapped column “{column}” is missing; the header has: {header}")]
    MissingColumn { column: String, header: String },
    #[error("the mapped column “{column}” stands twice in the header")]
    DoubleColumn { column: String },
    #[error("the file changed while it was read: it will be taken by the next run")]
    Changed,
    #[error("simulated data, and this warehouse holds real readings: use another --home for it")]
    SyntheticIntoReal,
}
