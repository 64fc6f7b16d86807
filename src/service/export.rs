//! Rows of the warehouse as a file: CSV, Parquet or a workbook, of any range, in bounded memory. The file
//! appears under its name when it is whole; an export that breaks off leaves nothing.

mod csv;
mod parquet;
mod xlsx;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::domain::LocoId;
use crate::warehouse::{Column, Field, Reader, WarehouseError};

pub use crate::warehouse::{AlarmFilter, Exported, Gone, Level, Span};

/// How the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    Csv,
    Parquet,
    Xlsx,
}

impl FileFormat {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }

    /// What the extension of a file says.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_string_lossy().to_lowercase();
        [Self::Csv, Self::Parquet, Self::Xlsx]
            .into_iter()
            .find(|format| format.key() == extension)
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub file: PathBuf,
    pub rows: u64,
    pub bytes: u64,
    /// The rows are simulated.
    pub synthetic: bool,
    /// What of the range could not be written because it was pruned.
    pub gone: Option<Gone>,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is nothing in the warehouse yet: run the pipeline first")]
    NothingYet,
    #[error("no locomotive is named “{asked}”{}", nearest.as_ref().map_or_else(String::new, |n| format!(" — did you mean “{n}”?")))]
    UnknownLocomotive {
        asked: LocoId,
        nearest: Option<LocoId>,
    },
    #[error("{file} cannot be written: {why}")]
    File { file: String, why: String },
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// A file that rows go into.
trait Sink {
    fn row(&mut self, row: &[Field<'_>]) -> io::Result<()>;

    /// Writes what is left; gives back nothing, the file is whole.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// Writes what lies in `span` to `out`, taking the place of what was there.
///
/// # Errors
/// A locomotive that nobody knows; the warehouse cannot be read, or the file not written.
pub fn export(
    reader: &Reader,
    what: Exported,
    span: &Span,
    format: FileFormat,
    out: &Path,
) -> Result<Written, ExportError> {
    let of_readings = matches!(
        what,
        Exported::Readings | Exported::Predictions | Exported::Judged
    );
    if of_readings {
        known(reader, span)?;
    }
    let written = write(reader, what, format, out, |visit| {
        reader.export(what, span, visit)
    })?;
    let gone = if of_readings {
        reader.gone(span)?
    } else {
        None
    };
    Ok(Written { gone, ..written })
}

/// Writes the history of alarms that a filter leaves to `out`, taking the place of what was there.
///
/// # Errors
/// The warehouse cannot be read, or the file not written.
pub fn export_alarms(
    reader: &Reader,
    filter: &AlarmFilter,
    format: FileFormat,
    out: &Path,
) -> Result<Written, ExportError> {
    write(reader, Exported::Alarms, format, out, |visit| {
        reader.export_alarms(filter, visit)
    })
}

type Visit<'a> = &'a mut dyn FnMut(&[Field<'_>]) -> ControlFlow<()>;

fn write(
    reader: &Reader,
    what: Exported,
    format: FileFormat,
    out: &Path,
    rows_of: impl FnOnce(Visit<'_>) -> Result<(), WarehouseError>,
) -> Result<Written, ExportError> {
    let failed = |e: &dyn std::fmt::Display| ExportError::File {
        file: out.display().to_string(),
        why: e.to_string(),
    };
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let growing = unfinished(folder).map_err(|e| failed(&e))?;
    let file = growing.reopen().map_err(|e| failed(&e))?;
    let mut sink = sink(format, what, file, folder).map_err(|e| failed(&e))?;
    let mut rows = 0;
    let mut broken = None;
    rows_of(&mut |row| {
        rows += 1;
        broken = sink.row(row).err();
        if broken.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if let Some(error) = broken {
        return Err(failed(&error));
    }
    sink.end().map_err(|e| failed(&e))?;
    let whole = || -> io::Result<u64> {
        growing.as_file().sync_all()?;
        let bytes = growing.as_file().metadata()?.len();
        growing.persist(out).map_err(|e| e.error)?;
        Ok(bytes)
    };
    let bytes = whole().map_err(|e| failed(&e))?;
    Ok(Written {
        file: out.to_path_buf(),
        rows,
        bytes,
        synthetic: reader.synthetic()?.unwrap_or(false),
        gone: None,
    })
}

/// A file without a name yet that others may read once it has one.
fn unfinished(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cidp-export-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn sink(
    format: FileFormat,
    what: Exported,
    file: File,
    folder: &Path,
) -> io::Result<Box<dyn Sink>> {
    let columns: &'static [Column] = what.columns();
    Ok(match format {
        FileFormat::Csv => Box::new(csv::CsvSink::new(columns, file)?),
        FileFormat::Parquet => Box::new(parquet::ParquetSink::new(columns, file)?),
        FileFormat::Xlsx => Box::new(xlsx::XlsxSink::new(what.key(), columns, file, folder)?),
    })
}

fn known(reader: &Reader, span: &Span) -> Result<(), ExportError> {
    let known = reader.locomotives()?;
    for asked in &span.locos {
        if !known.iter().any(|(_, name)| name == asked) {
            let near = |name: &LocoId| strsim::jaro_winkler(name.as_str(), asked.as_str());
            return Err(ExportError::UnknownLocomotive {
                asked: asked.clone(),
                nearest: known
                    .into_iter()
                    .map(|(_, name)| name)
                    .max_by(|a, b| near(a).total_cmp(&near(b))),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
