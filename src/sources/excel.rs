//! Workbooks: .xlsx, .xlsm, .xls, .xlsb and .ods, told by their content. A sheet with a table becomes records.
//!
//! A hostile workbook is a program that runs in ours, so it is held on a leash: [`limits`] refuses by what its
//! bytes say, before the library parses them, what would take more memory than a workbook may; newer formats
//! are then streamed cell by cell, older ones held whole; and the library works on a thread of its own, where
//! a panic ends that workbook and nothing else. Formulas are not computed: what was saved is what is read.

mod cells;
mod limits;
mod ods;
mod ole;
mod parse;
mod sheet;
mod xls;
mod xml;
mod zip;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use crate::domain::ports::{RawRecord, RecordStream};
use crate::domain::{Dialect, Format, SourceError};

use parse::Message;
use sheet::Row;

/// Batches of rows on their way.
const BATCHES: usize = 4;

/// The records of one sheet.
pub struct SheetStream {
    file: File,
    sheet: String,
    header: Vec<String>,
    header_row: u64,
    /// First column of the table.
    left: usize,
    decimal_comma: bool,
    rows: std::vec::IntoIter<Row>,
    coming: Receiver<Message>,
    worker: Option<JoinHandle<()>>,
}

/// Whether a file is to be opened as a workbook: the configuration says so, or its first bytes do.
#[must_use]
pub fn is_meant(mut file: &File, dialect: &Dialect) -> bool {
    let mut magic = Vec::new();
    let read = file
        .take(8)
        .read_to_end(&mut magic)
        .and_then(|_| file.seek(SeekFrom::Start(0)));
    let packed = magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06");
    let compound = magic == *b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
    match dialect.format {
        Some(format) => format == Format::Excel,
        None => read.is_ok() && (packed || compound),
    }
}

/// Opens a workbook: the sheet that `dialect` names, else the first that has a table.
///
/// # Errors
/// It is no workbook, is protected, is broken, asks for too much; there is no such sheet, or no table.
pub fn open(file: File, dialect: &Dialect) -> Result<Box<dyn RecordStream>, SourceError> {
    Ok(Box::new(SheetStream::open(file, dialect)?))
}

impl SheetStream {
    fn open(file: File, dialect: &Dialect) -> Result<Self, SourceError> {
        let handle = |file: &File| {
            file.try_clone()
                .map_err(|e| SourceError::Unreadable { why: e.to_string() })
        };
        let (out, coming) = sync_channel(BATCHES);
        let worker = parse::start(handle(&file)?, dialect.clone(), out)?;
        let mut stream = Self {
            file,
            sheet: String::new(),
            header: Vec::new(),
            header_row: 0,
            left: 0,
            decimal_comma: dialect.decimal_comma.unwrap_or(true),
            rows: Vec::new().into_iter(),
            coming,
            worker: Some(worker),
        };
        match stream.next_message()? {
            Some(Message::Header { sheet, row }) => {
                let (left, right) = row.extent().unwrap_or((0, 0));
                stream.header = (left..=right)
                    .map(|column| row.cell(column).trim().to_owned())
                    .collect();
                stream.left = left;
                stream.header_row = row.number;
                stream.sheet = sheet;
                Ok(stream)
            }
            _ => Err(SourceError::NoTable {
                place: "this workbook".into(),
            }),
        }
    }

    /// What comes next; `None` at the end.
    fn next_message(&mut self) -> Result<Option<Message>, SourceError> {
        match self.coming.recv() {
            Ok(Message::Failed(error)) => Err(error),
            Ok(message) => Ok(Some(message)),
            // The other side is gone: at the end of its work, or by a panic.
            Err(_) => match self.worker.take().map(JoinHandle::join) {
                Some(Err(_)) => Err(SourceError::Workbook {
                    why: "its content contradicts itself".into(),
                }),
                _ => Ok(None),
            },
        }
    }
}

impl RecordStream for SheetStream {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        loop {
            if let Some(row) = self.rows.next() {
                record.line = row.number;
                record.cut = false;
                row.raw(&mut record.raw);
                record.text.clear();
                record.ends.clear();
                // Notes beside the table stay in the raw row.
                for column in self.left..self.left + self.header.len() {
                    record.text.extend_from_slice(row.cell(column).as_bytes());
                    record.ends.push(record.text.len());
                }
                return Ok(true);
            }
            match self.next_message()? {
                Some(Message::Rows(rows)) => self.rows = rows.into_iter(),
                Some(_) => {}
                None => return Ok(false),
            }
        }
    }

    /// Of the file as it is after the last record; before it (the worker reads by the same handle), and of
    /// one that cannot be read any more, of nothing.
    fn digest(&self) -> [u8; 32] {
        if self.worker.is_some() {
            return [0; 32];
        }
        let mut hasher = blake3::Hasher::new();
        let mut file = &self.file;
        let read = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| hasher.update_reader(file).map(|_| ()));
        match read {
            Ok(()) => *hasher.finalize().as_bytes(),
            Err(_) => [0; 32],
        }
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            format: Some(Format::Excel),
            header_row: u32::try_from(self.header_row).ok(),
            sheet: Some(self.sheet.clone()),
            decimal_comma: Some(self.decimal_comma),
            ..Dialect::default()
        }
    }

    fn decimal_comma(&self) -> bool {
        self.decimal_comma
    }
}

#[cfg(test)]
mod tests;
