//! From the bytes of a file to its records: compression, encoding and format are found by looking at the
//! content, then at the name, unless the dialect says them.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::domain::ports::RecordStream;
use crate::domain::{Dialect, Format, SourceError};

use super::content::{Content, unreadable};
use super::csv::CsvStream;
use super::excel;
use super::json::{self, JsonStream};
use super::layout::Layout;
use super::ndjson::NdjsonStream;

/// Text looked at to tell JSON from CSV.
const LOOK_BYTES: usize = 64 << 10;

/// A table, by how it is written: CSV alone can be put right.
pub enum Table {
    Csv(Box<CsvStream>),
    Other(Box<dyn RecordStream>),
}

impl Table {
    #[must_use]
    pub fn into_stream(self) -> Box<dyn RecordStream> {
        match self {
            Self::Csv(stream) => stream,
            Self::Other(stream) => stream,
        }
    }
}

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
    Ok(table(file, length, name, dialect)?.into_stream())
}

/// The same, saying whether it is a CSV.
///
/// # Errors
/// The file cannot be read, or is no table.
pub fn table(file: File, length: u64, name: &str, dialect: &Dialect) -> Result<Table, SourceError> {
    if excel::is_meant(&file, dialect) {
        return Ok(Table::Other(excel::open(file, dialect)?));
    }
    text(file.take(length), name, dialect)
}

/// The records of lines that come as they are read: a CSV, neither compressed nor a workbook. `known` is its
/// layout, where it was looked for before.
///
/// # Errors
/// As [`open`].
pub fn lines(
    input: impl Read + 'static,
    dialect: &Dialect,
    known: Option<Layout>,
) -> Result<CsvStream, SourceError> {
    CsvStream::with_layout(Content::open(input, dialect)?, dialect, known)
}

/// The records of a text, wherever its bytes lie.
///
/// # Errors
/// The bytes cannot be read, or are no table.
pub fn text(
    mut input: impl Read + Seek + 'static,
    name: &str,
    dialect: &Dialect,
) -> Result<Table, SourceError> {
    let format = match dialect.format {
        Some(format) => format,
        None => {
            let head = Content::open(&mut input, dialect)?.head(LOOK_BYTES)?;
            rewind(&mut input)?;
            format_of(&head, name)
        }
    };
    Ok(match format {
        Format::Json => Table::Other(Box::new(JsonStream::open(input, dialect)?)),
        Format::Ndjson => Table::Other(Box::new(NdjsonStream::open(input, dialect)?)),
        Format::Csv | Format::Excel => Table::Csv(Box::new(CsvStream::new(
            Content::open(input, dialect)?,
            dialect,
        )?)),
    })
}

/// Back to the first byte, for a second reading.
pub fn rewind(input: &mut impl Seek) -> Result<(), SourceError> {
    input.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(())
}

/// What the text is, else what its name says.
fn format_of(head: &[u8], name: &str) -> Format {
    let whole = head.len() < LOOK_BYTES;
    let lower = name.to_lowercase();
    let bare = [".gz", ".zst"]
        .iter()
        .find_map(|end| lower.strip_suffix(end));
    let extension = bare.unwrap_or(&lower).rsplit('.').next();
    let named = match extension {
        Some("json") => Some(Format::Json),
        Some("ndjson" | "jsonl") => Some(Format::Ndjson),
        _ => None,
    };
    match (json::look(head, whole), named) {
        (json::Look::Document, Some(Format::Ndjson)) => Format::Ndjson,
        (json::Look::Document, _) => Format::Json,
        (json::Look::Lines, _) => Format::Ndjson,
        (json::Look::Other, named) => named.unwrap_or(Format::Csv),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_before_the_name() {
        for (head, name, format) in [
            ("a,b\n1,2\n", "x.csv", Format::Csv),
            ("a,b\n1,2\n", "x", Format::Csv),
            ("[{\"a\": 1}]", "x.csv", Format::Json),
            ("[[1, 2], [3, 4]]", "x", Format::Json),
            ("{\"a\": 1}\n{\"a\": 2}\n", "x.txt", Format::Ndjson),
            ("{\"a\": 1}\n", "x.jsonl.gz", Format::Ndjson),
            ("{\"a\": 1}\n", "x", Format::Json),
            ("[a],[b]\n1,2\n", "x", Format::Csv),
            ("{id},name\n1,2\n", "x.csv", Format::Csv),
            ("[{\"a\": 1},]", "x.json", Format::Json),
            ("nonsense", "x.JSON", Format::Json),
        ] {
            assert_eq!(format_of(head.as_bytes(), name), format, "{head}");
        }
    }
}
