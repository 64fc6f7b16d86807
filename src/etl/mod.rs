//! Extract → validate → load. Rows flow in bounded batches; what cannot be a reading goes to quarantine,
//! whole; what is strange is kept and flagged. Everything is written through a port, inside one
//! transaction that the caller commits only if [`Report::sound`] agrees.

mod batch;
mod events;
pub mod gates;
mod grown;
pub mod mapping;
mod report;
mod telemetry;
mod time;

use std::collections::HashMap;

use crate::domain::ports::{FileIdentity, Position, Reach, ReadingWriter, SourceFile, WriteError};
use crate::domain::{Dialect, Limits, Role, SourceClock, SourceError};

pub use batch::ChannelSummary;
pub use gates::Standing;
pub use mapping::{LocoFrom, Mapping};
pub use report::{Refused, Report, Survival, Unsound};

/// A source, ready to be read.
pub struct Input {
    pub name: String,
    pub role: Role,
    pub clock: SourceClock,
    pub mapping: Mapping,
    /// What is said of its tables.
    pub dialect: Dialect,
    /// Its files are looked at again and again: one that has not changed is not read again.
    pub followed: bool,
    /// The files, or why there are none.
    pub files: Result<Vec<Box<dyn SourceFile>>, SourceError>,
}

/// What all sources are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub limits: Limits,
    /// The computer's clock, UTC milliseconds: nothing may be more than five minutes after it.
    pub now_ms: i64,
    /// Share of the new telemetry rows that must survive.
    pub min_survival: f64,
}

/// How far a load has come, for whoever watches: stage and rows read so far.
pub type Progress<'a> = &'a dyn Fn(Step, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Extract,
    Validate,
    Load,
}

/// A load cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EtlError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("a batch could not be arranged: {0}")]
    Frame(#[from] polars::error::PolarsError),
}

/// Why one file's load ended early.
enum FileError {
    /// The file is refused whole; the rest goes on.
    Refused(SourceError),
    /// Nothing can go on.
    Fatal(EtlError),
}

impl From<SourceError> for FileError {
    fn from(error: SourceError) -> Self {
        Self::Refused(error)
    }
}

impl From<WriteError> for FileError {
    fn from(error: WriteError) -> Self {
        Self::Fatal(error.into())
    }
}

impl From<polars::error::PolarsError> for FileError {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::Fatal(error.into())
    }
}

/// Reads every source once and writes what survives. The report says whether it may be committed.
///
/// # Errors
/// The warehouse cannot be written. Bad rows, files and sources are in the report instead.
pub fn load(
    inputs: &[Input],
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    progress: Progress<'_>,
) -> Result<Report, EtlError> {
    load_on(inputs, rules, writer, progress, &mut Standing::default())
}

/// As [`load`], where the gates of machines stand as an earlier load of this process left them.
///
/// # Errors
/// As [`load`].
pub fn load_on(
    inputs: &[Input],
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    progress: Progress<'_>,
    standing: &mut Standing,
) -> Result<Report, EtlError> {
    let mut report = Report::default();
    // Telemetry first: when it fails, nothing else matters.
    let mut order: Vec<&Input> = inputs.iter().collect();
    order.sort_by_key(|input| input.role != Role::Telemetry);
    for input in order {
        source(input, rules, writer, &mut report, progress)?;
    }
    let started = std::time::Instant::now();
    flag(rules, writer, standing)?;
    report.validate_secs += started.elapsed().as_secs_f64();
    Ok(report)
}

fn source(
    input: &Input,
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    report: &mut Report,
    progress: Progress<'_>,
) -> Result<(), EtlError> {
    let files = match &input.files {
        Ok(files) => files,
        Err(error) => {
            report.refuse(input, None, error.clone());
            report.source_read(input, 0);
            return Ok(());
        }
    };
    let mut read = 0_usize;
    for file in files {
        let before = report.clone();
        match one_file(input, file.as_ref(), rules, writer, report, progress) {
            Ok(()) => {
                writer.end_file(true)?;
                read += 1;
            }
            Err(FileError::Refused(error)) => {
                writer.end_file(false)?;
                // What a refused file counted is not in the warehouse; the time it took was spent.
                let spent = std::mem::replace(report, before);
                report.keep_times_of(&spent);
                report.refuse(input, Some(file.path()), error);
            }
            Err(FileError::Fatal(error)) => return Err(error),
        }
    }
    report.source_read(input, read);
    Ok(())
}

fn one_file(
    input: &Input,
    file: &dyn SourceFile,
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    report: &mut Report,
    progress: Progress<'_>,
) -> Result<(), FileError> {
    let started = std::time::Instant::now();
    if let Some(growing) = file.growing() {
        return grown::file(input, file, growing, rules, writer, report, progress);
    }
    let digest = file.digest();
    // Begun even when it cannot be read, so that `end_file` always has a file to end.
    let identity = FileIdentity {
        source: &input.name,
        role: input.role,
        clock: input.clock,
        path: file.path(),
        digest: *digest.as_ref().unwrap_or(&[0; 32]),
    };
    writer.begin_file(&identity)?;
    let digest = digest?;
    let whole = Position {
        reach: Reach {
            bytes: 0,
            lines: 0,
            digest,
        },
        rules: grown::digest_of_rules(input, rules),
        newest_ms: Vec::new(),
    };
    if input.followed && writer.position(&identity)?.as_ref() == Some(&whole) {
        return Ok(());
    }
    let mut stream = file.open()?;
    report.extract_secs += started.elapsed().as_secs_f64();
    let bound = mapping::Bound::new(&input.mapping, input.role, stream.as_ref(), file.stem())?;
    report.ignore(&input.name, bound.ignored(stream.header()));
    let rows = match input.role {
        Role::Telemetry => {
            let mut newest_ms = HashMap::new();
            let stream = stream.as_mut();
            telemetry::file(
                bound,
                stream,
                rules,
                writer,
                report,
                progress,
                &mut newest_ms,
            )?
        }
        Role::Maintenance | Role::Failures => {
            events::file(bound, stream.as_mut(), rules, writer, report)?
        }
    };
    if rows == 0 {
        return Err(SourceError::HeaderOnly.into());
    }
    if stream.digest() != digest {
        return Err(SourceError::Changed.into());
    }
    if input.followed {
        writer.keep_position(&identity, &whole)?;
    }
    Ok(())
}

/// Judges again every reading that this load may have made strange.
fn flag(
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    standing: &mut Standing,
) -> Result<(), EtlError> {
    for (loco, from_ms) in writer.touched() {
        let (start_ms, mut gate) = match standing.take(loco, from_ms) {
            Some((last_ms, gate)) => (last_ms + 1, gate),
            None => {
                let mut baseline = gates::Baseline::default();
                writer.visit(loco, 0, Some(gates::BASELINE_READINGS), &mut |reading| {
                    baseline.learn(&reading.values);
                })?;
                let start_ms = writer.instant_before(loco, from_ms, gates::CONTEXT_READINGS)?;
                (start_ms, gates::Gate::new(&rules.limits, baseline))
            }
        };
        let mut changed = Vec::new();
        writer.visit(loco, start_ms, None, &mut |reading| {
            let flags = gate.judge(reading);
            if reading.at_ms >= from_ms && flags != reading.flags {
                changed.push((reading.at_ms, flags));
            }
        })?;
        writer.flag(loco, &changed)?;
        standing.keep(loco, gate);
    }
    Ok(())
}
