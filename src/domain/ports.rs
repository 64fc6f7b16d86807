//! What the outside implements.

use std::borrow::Cow;
use std::sync::Arc;

use super::features::Normal;
use super::maintenance::EventKind;
use super::model::ModelCard;
use super::quality::{Flags, Reason};
use super::reading::{ChannelValues, LocoId, Reading};
use super::source::{Dialect, Role, SourceClock, SourceError};
use super::verdict::VerdictKind;

/// A reader failed; what it said.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot read the warehouse: {0}")]
pub struct ReadError(pub String);

/// A labelled row that was refused: counted as wrong by an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedRow {
    pub loco: LocoId,
    pub at_ms: i64,
    pub label: Option<bool>,
}

/// All of time, for [`Readings::readings`].
pub const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

/// Readings and workshop events, to look at: charts, normals, explanations.
pub trait Readings: Sync {
    /// Every locomotive with a reading, by name.
    fn locomotives(&self) -> Result<Vec<LocoId>, ReadError>;

    /// The newest reading of a locomotive at or before `until_ms`, UTC milliseconds.
    fn newest(&self, loco: &LocoId, until_ms: i64) -> Result<Option<i64>, ReadError>;

    /// Visits readings in time order within `between` (UTC milliseconds, both inclusive), at most
    /// `limit`.
    fn readings(
        &self,
        loco: &LocoId,
        between: (i64, i64),
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), ReadError>;

    /// Workshop events of a locomotive in time order, UTC milliseconds.
    fn events(&self, loco: &LocoId) -> Result<Vec<(i64, EventKind)>, ReadError>;

    /// The instant `count` readings before `at_ms`, or of the first one; `at_ms` where there is none before.
    fn instant_before(&self, loco: &LocoId, at_ms: i64, count: usize) -> Result<i64, ReadError>;

    /// Stretches of a locomotive (UTC milliseconds, both ends included; in time order and apart) whose readings are judged
    /// and learned from by nobody: batches that look poisoned and were not released.
    fn fenced(&self, loco: &LocoId) -> Result<Vec<(i64, i64)>, ReadError>;
}

/// Whether an instant lies within one of these stretches, which are in time order and apart.
#[must_use]
pub fn is_fenced(fences: &[(i64, i64)], at_ms: i64) -> bool {
    let next = fences.partition_point(|fence| fence.0 <= at_ms);
    next > 0 && at_ms <= fences[next - 1].1
}

/// What training and scoring take: the readings of the last *sound* run.
///
/// Outside tests only `warehouse::SoundRun` implements it, and only the warehouse can make one, after
/// a run that was completed, validated and committed. That is the fail-safe.
pub trait SoundReadings: Readings {
    /// Quarantined rows whose locomotive and time could be read.
    fn refused(&self) -> Result<Vec<RefusedRow>, ReadError>;

    /// Whether this warehouse holds simulated data.
    fn synthetic(&self) -> bool;
}

/// What a model says of four values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    pub verdict: VerdictKind,
    pub probability: f64,
    pub threshold: f64,
    /// Probability with every channel at the normal.
    pub base: f64,
    /// Exact Shapley value a channel: `base + Σ contributions = probability`.
    pub contributions: ChannelValues,
}

/// The pure judge: microseconds, no I/O; the one thing a page may call each frame.
pub trait Judge: Send + Sync {
    fn card(&self) -> &ModelCard;

    /// Probability and contributions of four values held steady, against a machine's own normal
    /// (the fleet's when `None`). A hypothesis: no reading was taken.
    fn hypothesis(&self, values: &ChannelValues, normal: Option<&Normal>) -> Judgement;

    /// The probability alone, for maps of many points.
    fn probability(&self, values: &ChannelValues, normal: Option<&Normal>) -> f64;

    /// The fleet's normal: what "normal" means when no locomotive is chosen.
    fn fleet_normal(&self) -> &Normal;
}

/// A judge that snapshots carry.
pub type SharedJudge = Arc<dyn Judge>;

/// One record as it stands in a file: its line, its bytes, its fields.
#[derive(Debug, Clone, Default)]
pub struct RawRecord {
    /// Line on which it begins, from 1 (the header's line counts).
    pub line: u64,
    /// The bytes of the record, without its line end.
    pub raw: Vec<u8>,
    /// The fields, unquoted, end to end; `ends[i]` is where field `i` ends.
    pub text: Vec<u8>,
    pub ends: Vec<usize>,
    /// Nothing was quoted: the fields lie in `raw`, one byte apart, and `ends` speaks of it. Saves a copy.
    pub in_raw: bool,
    /// The file ends within this record.
    pub cut: bool,
}

impl RawRecord {
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Field `i`, unquoted; `None` past the last one.
    #[must_use]
    pub fn field(&self, i: usize) -> Option<&[u8]> {
        let end = *self.ends.get(i)?;
        let before = i.checked_sub(1).map(|before| self.ends[before]);
        if self.in_raw {
            self.raw.get(before.map_or(0, |end| end + 1)..end)
        } else {
            self.text.get(before.unwrap_or(0)..end)
        }
    }

    /// Field `i` as text, trimmed: UTF-8, else Windows-1252.
    #[must_use]
    pub fn field_text(&self, i: usize) -> Option<Cow<'_, str>> {
        self.field(i).map(|bytes| match decode(bytes) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }
}

/// Text of bytes from a file: UTF-8, else Windows-1252.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(
        |_| {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        },
        Cow::Borrowed,
    )
}

/// The records of one file, in bounded memory.
pub trait RecordStream {
    fn header(&self) -> &[String];

    /// Reads the next record into `record`; `false` at the end.
    ///
    /// # Errors
    /// The file cannot be read on, or is not a table: it is then refused whole.
    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError>;

    /// Digest of all bytes read; asked for after the last record.
    fn digest(&self) -> [u8; 32];

    /// Numbers of this file may have a decimal comma (its delimiter is another character).
    fn decimal_comma(&self) -> bool;

    /// How the table is written: what was given, and of the rest what was found by looking.
    fn dialect(&self) -> Dialect {
        Dialect::default()
    }
}

/// One file of a source.
pub trait SourceFile {
    /// The path as reports show it.
    fn path(&self) -> &str;

    /// The file's name without folder and extension.
    fn stem(&self) -> &str;

    /// BLAKE3 of the content: the file's identity.
    ///
    /// # Errors
    /// The file cannot be read.
    fn digest(&self) -> Result<[u8; 32], SourceError>;

    /// # Errors
    /// The file cannot be read, or is no table.
    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError>;

    /// A file that is followed while it grows; `None`: it is read whole.
    fn growing(&self) -> Option<&dyn GrowingFile> {
        None
    }
}

/// How far a file that grows was read: up to the end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    pub bytes: u64,
    /// Line ends in those bytes.
    pub lines: u64,
    /// BLAKE3 of those bytes.
    pub digest: [u8; 32],
}

/// A text file that is read on from where the last reading stopped.
pub trait GrowingFile {
    /// Opens what came after `reach`; `None` when this is not the file that was read so far: rewritten,
    /// cut back, or another one in its place.
    ///
    /// # Errors
    /// The file cannot be read.
    fn resume(&self, reach: &Reach) -> Result<Option<Box<dyn RecordStream>>, SourceError>;

    /// How far the stream that was opened last has come; asked for after its last record.
    fn reach(&self) -> Option<Reach>;
}

/// What is kept of a file that grows, to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub reach: Reach,
    /// Digest of what the rows were judged by: under other rules the file is read from its start.
    pub rules: [u8; 32],
    /// The newest instant of each locomotive in this file, UTC milliseconds.
    pub newest_ms: Vec<(LocoRef, i64)>,
}

/// A reading on its way into the warehouse, with where it came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StagedReading {
    pub loco: LocoRef,
    pub at_ms: i64,
    pub values: ChannelValues,
    pub label: Option<bool>,
    /// What is strange about it; `None` where that can only be told once the load is in.
    pub flags: Option<Flags>,
    pub line: u64,
}

/// The warehouse's number of a locomotive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocoRef(pub u32);

/// A refused row on its way into quarantine, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedRecord {
    pub line: u64,
    pub reason: Reason,
    /// Which field, and what was wrong with it.
    pub detail: String,
    pub raw: Vec<u8>,
    /// As far as they could be read.
    pub loco: Option<String>,
    pub at_ms: Option<i64>,
    pub label: Option<bool>,
}

/// How a batch ended up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchOutcome {
    pub kept: u64,
    pub already_loaded: u64,
    /// Indices, in the batch, of readings that contradict one we hold.
    pub conflicts: Vec<usize>,
}

/// What a file is when its load begins.
#[derive(Debug, Clone, Copy)]
pub struct FileIdentity<'a> {
    pub source: &'a str,
    pub role: Role,
    pub clock: SourceClock,
    pub path: &'a str,
    pub digest: [u8; 32],
}

/// The writing side of one load: everything happens inside one transaction, which the owner commits
/// or drops. A file that turns out bad is taken back alone.
pub trait ReadingWriter {
    /// # Errors
    /// The warehouse cannot be written.
    fn begin_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError>;

    /// How far a file that grows was read by earlier loads; `None` when it is not known.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    fn position(&self, file: &FileIdentity<'_>) -> Result<Option<Position>, WriteError>;

    /// As [`ReadingWriter::begin_file`], for a file whose position is known: its rows join those that were
    /// taken before.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn resume_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError>;

    /// Notes how far the file begun (or resumed) last was read.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn keep_position(
        &mut self,
        file: &FileIdentity<'_>,
        position: &Position,
    ) -> Result<(), WriteError>;

    /// Ends the file begun last: keeps what it wrote, or takes all of it back.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn end_file(&mut self, keep: bool) -> Result<(), WriteError>;

    /// # Errors
    /// The warehouse cannot be written.
    fn loco(&mut self, name: &str) -> Result<LocoRef, WriteError>;

    /// Takes readings in order of locomotive and time.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn readings(&mut self, batch: &[StagedReading]) -> Result<BatchOutcome, WriteError>;

    /// `true` when the event was new.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn event(
        &mut self,
        loco: LocoRef,
        at_ms: i64,
        kind: EventKind,
        component: &str,
        line: u64,
    ) -> Result<bool, WriteError>;

    /// How many of the rows were not in quarantine yet.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn quarantine(&mut self, rows: &[RefusedRecord]) -> Result<u64, WriteError>;

    /// Locomotives that got new readings in this load without flags, with the earliest such instant of
    /// each: from there on flags are to be told again.
    fn unflagged(&self) -> Vec<(LocoRef, i64)>;

    /// The newest instant held of a locomotive.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    fn newest(&self, loco: LocoRef) -> Result<Option<i64>, WriteError>;

    /// Visits the readings of a locomotive in time order, from `from_ms` on, at most `limit`.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    fn visit(
        &self,
        loco: LocoRef,
        from_ms: i64,
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), WriteError>;

    /// The instant so many readings before `from_ms` (or of the first reading).
    ///
    /// # Errors
    /// The warehouse cannot be read.
    fn instant_before(&self, loco: LocoRef, from_ms: i64, count: usize) -> Result<i64, WriteError>;

    /// Marks readings as strange; nothing else of them changes.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    fn flag(&mut self, loco: LocoRef, flags: &[(i64, Flags)]) -> Result<(), WriteError>;
}

/// The warehouse could not be written or read; what it said.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the warehouse: {0}")]
pub struct WriteError(pub String);
