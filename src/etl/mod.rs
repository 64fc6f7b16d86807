//! Extract → validate → load. Rows flow in bounded batches; what cannot be a reading goes to quarantine,
//! whole; what is strange is kept and flagged. Everything is written through a port, inside one
//! transaction that the caller commits only if [`Report::sound`] agrees.

mod batch;
mod events;
mod flagging;
pub mod gates;
mod grown;
mod look;
pub mod mapping;
mod report;
mod telemetry;
mod time;

use std::ops::ControlFlow;

use crate::domain::ports::{FileIdentity, Position, Reach, ReadingWriter, SourceFile, WriteError};
use crate::domain::{Dialect, Limits, Role, SourceClock, SourceError};

pub use batch::ChannelSummary;
pub use flagging::Memory;
pub use look::{FirstRow, FirstRowIs, Look, RefusedSample, look};
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

/// How far a load has come, for whoever watches: stage and rows read so far. The answer says whether to go on.
pub type Progress<'a> = &'a dyn Fn(Step, u64) -> ControlFlow<()>;

/// Watches nothing and never stops.
pub const UNWATCHED: Progress<'static> = &|_, _| ControlFlow::Continue(());

/// Tells, and ends the load where that is asked for.
fn tell(progress: Progress<'_>, step: Step, rows: u64) -> Result<(), EtlError> {
    match progress(step, rows) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(EtlError::Stopped),
    }
}

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
    #[error("a batch could not be sorted: {0}")]
    Frame(#[from] polars::error::PolarsError),
    #[error("stopped before its end")]
    Stopped,
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

impl From<EtlError> for FileError {
    fn from(error: EtlError) -> Self {
        Self::Fatal(error)
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

/// Reads every source once and writes what survives. The report says whether it may be committed; if it is
/// not, `memory` must forget.
///
/// # Errors
/// The warehouse cannot be written. Bad rows, files and sources are in the report instead.
pub fn load(
    inputs: &[Input],
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    memory: &mut Memory,
    progress: Progress<'_>,
) -> Result<Report, EtlError> {
    let mut report = Report::default();
    let mut loading = Loading {
        rules,
        writer,
        memory,
        report: &mut report,
        progress,
    };
    // Telemetry first: when it fails, nothing else matters.
    let mut order: Vec<&Input> = inputs.iter().collect();
    order.sort_by_key(|input| input.role != Role::Telemetry);
    for input in order {
        source(input, &mut loading)?;
    }
    let started = std::time::Instant::now();
    tell(progress, Step::Validate, loading.report.rows_read)?;
    loading.memory.judge_rest(&rules.limits, loading.writer)?;
    report.validate_secs += started.elapsed().as_secs_f64();
    tell(progress, Step::Validate, report.rows_read)?;
    Ok(report)
}

/// A load under way: what it judges by, what it writes through, what it remembers and reports.
struct Loading<'a> {
    rules: &'a Rules,
    writer: &'a mut dyn ReadingWriter,
    memory: &'a mut Memory,
    report: &'a mut Report,
    progress: Progress<'a>,
}

fn source(input: &Input, loading: &mut Loading<'_>) -> Result<(), EtlError> {
    let files = match &input.files {
        Ok(files) => files,
        Err(error) => {
            loading.report.refuse(input, None, error.clone());
            if *error == SourceError::SyntheticIntoReal {
                loading.report.source_kept_out(input);
            } else {
                loading.report.source_read(input, 0);
            }
            return Ok(());
        }
    };
    let mut read = 0_usize;
    for file in files {
        tell(loading.progress, Step::Extract, loading.report.rows_read)?;
        let before = loading.report.clone();
        match one_file(input, file.as_ref(), loading) {
            Ok(()) => {
                loading.writer.end_file(true)?;
                read += 1;
            }
            Err(FileError::Refused(error)) => {
                loading.writer.end_file(false)?;
                loading.memory.forget();
                // A workshop file without a row was read: it says that nothing happened.
                read += usize::from(report::says_nothing(input.role, &error));
                // What a refused file counted is not in the warehouse; the time it took was spent.
                let spent = std::mem::replace(loading.report, before);
                loading.report.keep_times_of(&spent);
                loading.report.refuse(input, Some(file.path()), error);
            }
            Err(FileError::Fatal(error)) => return Err(error),
        }
    }
    loading.report.source_read(input, read);
    Ok(())
}

fn one_file(
    input: &Input,
    file: &dyn SourceFile,
    loading: &mut Loading<'_>,
) -> Result<(), FileError> {
    let started = std::time::Instant::now();
    if let Some(growing) = file.growing() {
        return grown::file(input, file, growing, loading);
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
    loading.writer.begin_file(&identity)?;
    let digest = digest?;
    let whole = Position {
        reach: Reach {
            bytes: 0,
            lines: 0,
            digest,
        },
        rules: grown::digest_of_rules(input, loading.rules),
        newest_ms: Vec::new(),
    };
    if input.followed && loading.writer.position(&identity)?.as_ref() == Some(&whole) {
        return Ok(());
    }
    let mut stream = file.open()?;
    loading.report.extract_secs += started.elapsed().as_secs_f64();
    let bound = mapping::Bound::new(&input.mapping, input.role, stream.as_ref(), file.stem())?;
    loading
        .report
        .ignore(&input.name, bound.ignored(stream.header()));
    let rows = match input.role {
        Role::Telemetry => telemetry::file(
            bound,
            stream.as_mut(),
            loading,
            &mut telemetry::Newest::default(),
        )?,
        Role::Maintenance | Role::Failures => events::file(bound, stream.as_mut(), loading, true)?,
    };
    if rows == 0 {
        return Err(SourceError::HeaderOnly.into());
    }
    if stream.digest() != digest {
        return Err(SourceError::Changed.into());
    }
    if input.followed {
        loading.writer.keep_position(&identity, &whole)?;
    }
    Ok(())
}
