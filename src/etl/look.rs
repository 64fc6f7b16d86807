//! What a load would make of the first rows of a file. The same gates in the same order as a load, with a
//! writer that writes nothing; what only the warehouse knows (loaded already, in conflict) is not seen.

use std::collections::BTreeMap;

use crate::domain::ports::{
    BatchOutcome, FileIdentity, LocoRef, Position, RawRecord, ReadingWriter, RecordStream,
    RefusedRecord, SourceFile, StagedReading, WriteError,
};
use crate::domain::{ChannelValues, Dialect, EventKind, Flags, Reading, Reason, Role, SourceError};

use super::mapping::Bound;
use super::{FileError, Input, Loading, Report, Rules, events, telemetry};

/// What was found in one file, as far as it could be read.
#[derive(Debug, Default)]
pub struct Look {
    pub dialect: Dialect,
    pub header: Vec<String>,
    /// Columns that nothing maps.
    pub ignored: Vec<String>,
    /// Rows of this source looked at.
    pub rows: u64,
    pub accepted: u64,
    pub first: Vec<FirstRow>,
    pub refused: BTreeMap<Reason, RefusedSample>,
    /// The first rows that were refused.
    pub refused_rows: Vec<RefusedRecord>,
    /// Records follow that were not looked at.
    pub more: bool,
    /// Why the file is refused whole.
    pub error: Option<SourceError>,
}

/// A row as it would enter the warehouse.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstRow {
    pub line: u64,
    pub loco: String,
    pub at_ms: i64,
    pub what: FirstRowIs,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FirstRowIs {
    Reading {
        values: ChannelValues,
        label: Option<bool>,
    },
    Event {
        kind: EventKind,
        component: String,
    },
}

/// How often a reason was met, and the first row it was met in.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedSample {
    pub count: u64,
    pub line: u64,
    pub detail: String,
    pub raw: Vec<u8>,
}

/// Looks at the first `rows` records of a file, keeping the first `keep` that would enter.
#[must_use]
pub fn look(input: &Input, file: &dyn SourceFile, rules: &Rules, rows: u64, keep: usize) -> Look {
    let mut look = Look::default();
    if let Err(error) = look.at(input, file, rules, rows, keep) {
        look.error = Some(error);
    }
    look
}

impl Look {
    fn at(
        &mut self,
        input: &Input,
        file: &dyn SourceFile,
        rules: &Rules,
        rows: u64,
        keep: usize,
    ) -> Result<(), SourceError> {
        let stream = file.open()?;
        self.dialect = stream.dialect();
        self.header = stream.header().to_vec();
        let bound = Bound::new(&input.mapping, input.role, stream.as_ref(), file.stem())?;
        self.ignored = bound.ignored(stream.header());
        let mut stream = First { stream, left: rows };
        let mut writer = Unwritten::default();
        let mut report = Report::default();
        let mut loading = Loading {
            rules,
            writer: &mut writer,
            memory: &mut super::Memory::default(),
            report: &mut report,
            progress: super::UNWATCHED,
        };
        let read = match input.role {
            Role::Telemetry => {
                let newest_ms = &mut telemetry::Newest::default();
                telemetry::file(bound, &mut stream, &mut loading, newest_ms)
            }
            Role::Maintenance | Role::Failures => {
                events::file(bound, &mut stream, &mut loading, true)
            }
        };
        self.rows = report.rows_read;
        self.accepted = writer.accepted;
        self.refused = writer.refused;
        self.refused_rows = writer.refused_rows;
        self.more = read.is_ok()
            && stream.left == 0
            && stream
                .stream
                .read(&mut RawRecord::default())
                .unwrap_or(false);
        writer.first.sort_by_key(|row| row.line);
        writer.first.truncate(keep);
        self.first = writer.first;
        match read {
            // Rows of this source may come further down.
            Ok(0) if stream.left > 0 => Err(SourceError::HeaderOnly),
            Err(FileError::Refused(error)) => Err(error),
            Err(FileError::Fatal(error)) => Err(SourceError::Unreadable {
                why: error.to_string(),
            }),
            Ok(_) => Ok(()),
        }
    }
}

/// The first records of a stream.
struct First {
    stream: Box<dyn RecordStream>,
    left: u64,
}

impl RecordStream for First {
    fn header(&self) -> &[String] {
        self.stream.header()
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        self.stream.read(record)
    }

    fn digest(&self) -> [u8; 32] {
        self.stream.digest()
    }

    fn decimal_comma(&self) -> bool {
        self.stream.decimal_comma()
    }
}

/// Takes what a load would write, and writes nothing.
#[derive(Default)]
struct Unwritten {
    names: Vec<String>,
    first: Vec<FirstRow>,
    accepted: u64,
    refused: BTreeMap<Reason, RefusedSample>,
    refused_rows: Vec<RefusedRecord>,
}

/// Refused rows that are kept whole to be shown.
const REFUSED_ROWS: usize = 200;

impl Unwritten {
    fn push(&mut self, line: u64, loco: LocoRef, at_ms: i64, what: FirstRowIs) {
        self.accepted += 1;
        self.first.push(FirstRow {
            line,
            loco: self.names.get(loco.0 as usize).cloned().unwrap_or_default(),
            at_ms,
            what,
        });
    }
}

impl ReadingWriter for Unwritten {
    fn begin_file(&mut self, _: &FileIdentity<'_>) -> Result<(), WriteError> {
        Ok(())
    }

    fn position(&self, _: &FileIdentity<'_>) -> Result<Option<Position>, WriteError> {
        Ok(None)
    }

    fn resume_file(&mut self, _: &FileIdentity<'_>) -> Result<(), WriteError> {
        Ok(())
    }

    fn keep_position(&mut self, _: &FileIdentity<'_>, _: &Position) -> Result<(), WriteError> {
        Ok(())
    }

    fn end_file(&mut self, _: bool) -> Result<(), WriteError> {
        Ok(())
    }

    fn loco(&mut self, name: &str) -> Result<LocoRef, WriteError> {
        let known = self.names.iter().position(|known| known == name);
        let at = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        u32::try_from(at)
            .map(LocoRef)
            .map_err(|e| WriteError(e.to_string()))
    }

    fn readings(&mut self, batch: &[StagedReading]) -> Result<BatchOutcome, WriteError> {
        for row in batch {
            let what = FirstRowIs::Reading {
                values: row.values,
                label: row.label,
            };
            self.push(row.line, row.loco, row.at_ms, what);
        }
        Ok(BatchOutcome {
            kept: batch.len() as u64,
            ..BatchOutcome::default()
        })
    }

    fn event(
        &mut self,
        loco: LocoRef,
        at_ms: i64,
        kind: EventKind,
        component: &str,
        line: u64,
    ) -> Result<bool, WriteError> {
        let component = component.to_owned();
        self.push(line, loco, at_ms, FirstRowIs::Event { kind, component });
        Ok(true)
    }

    fn quarantine(&mut self, rows: &[RefusedRecord]) -> Result<u64, WriteError> {
        for row in rows {
            let sample = self
                .refused
                .entry(row.reason)
                .or_insert_with(|| RefusedSample {
                    count: 0,
                    line: row.line,
                    detail: row.detail.clone(),
                    raw: row.raw.clone(),
                });
            sample.count += 1;
            if self.refused_rows.len() < REFUSED_ROWS {
                self.refused_rows.push(row.clone());
            }
        }
        Ok(rows.len() as u64)
    }

    fn unflagged(&self) -> Vec<(LocoRef, i64)> {
        Vec::new()
    }

    fn newest(&self, _: LocoRef) -> Result<Option<i64>, WriteError> {
        Ok(None)
    }

    fn visit(
        &self,
        _: LocoRef,
        _: i64,
        _: Option<usize>,
        _: &mut dyn FnMut(&Reading),
    ) -> Result<(), WriteError> {
        Ok(())
    }

    fn instant_before(&self, _: LocoRef, from_ms: i64, _: usize) -> Result<i64, WriteError> {
        Ok(from_ms)
    }

    fn flag(&mut self, _: LocoRef, _: &[(i64, Flags)]) -> Result<(), WriteError> {
        Ok(())
    }
}
