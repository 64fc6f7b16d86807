//! Lines of JSON: one record a line. A line that is not JSON is a bad row, not a bad file; it has no
//! fields, so that it fits no table. Read twice, as JSON is: the columns are those of all lines.

use std::io::{Read, Seek};

use memchr::memchr;

use crate::domain::ports::{RawRecord, RecordStream};
use crate::domain::{Dialect, Format, SourceError};

use super::content::Content;
use super::csv::MAX_RECORD_BYTES;
use super::json::{Columns, Event, Scanner, fill, walk};
use super::table::rewind;

const CHUNK_BYTES: usize = 128 << 10;

/// The records of one file of lines.
pub struct NdjsonStream {
    lines: Lines<'static>,
    columns: Columns,
    dialect: Dialect,
}

impl NdjsonStream {
    /// # Errors
    /// The file cannot be read, or has no line that is a record.
    pub fn open(
        mut input: impl Read + Seek + 'static,
        dialect: &Dialect,
    ) -> Result<Self, SourceError> {
        let mut lines = Lines::new(Content::open(&mut input, dialect)?);
        let mut columns = Columns::default();
        let mut any = false;
        while let Some((line, _)) = lines.next()? {
            any = true;
            let mut names = Vec::new();
            if names_of(line, &mut names).is_ok() {
                for name in names {
                    columns.add(&name)?;
                }
            }
        }
        if columns.names().is_empty() {
            return Err(if any {
                SourceError::NotATable {
                    why: "no line of it is an object".to_owned(),
                }
            } else {
                SourceError::Empty
            });
        }
        drop(lines);
        rewind(&mut input)?;
        let content = Content::open(input, dialect)?;
        let dialect = Dialect {
            format: Some(Format::Ndjson),
            encoding: Some(content.encoding),
            decimal_comma: Some(dialect.decimal_comma.unwrap_or(false)),
            ..Dialect::default()
        };
        Ok(Self {
            lines: Lines::new(content),
            columns,
            dialect,
        })
    }
}

fn names_of(line: &[u8], names: &mut Vec<String>) -> Result<(), SourceError> {
    let mut scanner = Scanner::over(line.to_vec());
    if let Some(first @ Event::ObjectBegins) = scanner.event()? {
        walk(&mut scanner, first, &mut |name, _| {
            names.push(name.to_owned());
            Ok(())
        })?;
    }
    while scanner.event()?.is_some() {}
    Ok(())
}

fn cells_of(line: &[u8], columns: &Columns, record: &mut RawRecord) -> Result<(), SourceError> {
    let mut scanner = Scanner::over(line.to_vec());
    if let Some(first) = scanner.event()? {
        fill(&mut scanner, first, columns, record)?;
    }
    while scanner.event()?.is_some() {}
    Ok(())
}

impl RecordStream for NdjsonStream {
    fn header(&self) -> &[String] {
        self.columns.names()
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        *record = RawRecord::default();
        let Some((line, ended)) = self.lines.next()? else {
            return Ok(false);
        };
        let outcome = cells_of(line, &self.columns, record);
        record.raw.extend_from_slice(line);
        if outcome.is_err() {
            record.text.clear();
            record.ends.clear();
            // A last line that is JSON lacks nothing but its line end.
            record.cut = !ended;
        }
        record.line = self.lines.number;
        Ok(true)
    }

    fn digest(&self) -> [u8; 32] {
        self.lines.input.digest()
    }

    fn decimal_comma(&self) -> bool {
        self.dialect.decimal_comma.unwrap_or(false)
    }

    fn dialect(&self) -> Dialect {
        self.dialect.clone()
    }
}

/// Lines that are not blank, in bounded memory.
struct Lines<'a> {
    input: Content<'a>,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    /// Number of the line given last, from 1.
    number: u64,
}

impl<'a> Lines<'a> {
    const fn new(input: Content<'a>) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            number: 0,
        }
    }

    /// The next line without its end, and whether it had one.
    fn next(&mut self) -> Result<Option<(&[u8], bool)>, SourceError> {
        loop {
            let rest = &self.buffer[self.at..];
            let found = memchr(b'\n', rest);
            let length = found.unwrap_or(rest.len());
            if length > MAX_RECORD_BYTES {
                return Err(SourceError::EndlessLine {
                    line: self.number + 1,
                    limit_kib: MAX_RECORD_BYTES >> 10,
                });
            }
            if found.is_none() && !self.ended {
                self.fill()?;
                continue;
            }
            let start = self.at;
            self.at += length + usize::from(found.is_some());
            if found.is_none() && length == 0 {
                return Ok(None);
            }
            self.number += 1;
            let line = &self.buffer[start..start + length];
            if !line.trim_ascii().is_empty() {
                let line = &self.buffer[start..start + length];
                return Ok(Some((
                    line.strip_suffix(b"\r").unwrap_or(line),
                    found.is_some(),
                )));
            }
        }
    }

    fn fill(&mut self) -> Result<(), SourceError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + CHUNK_BYTES, 0);
        let got = self.input.fill(&mut self.buffer[kept..])?;
        self.buffer.truncate(kept + got);
        self.ended = got < CHUNK_BYTES;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn open(text: &'static str) -> Result<NdjsonStream, SourceError> {
        NdjsonStream::open(Cursor::new(text), &Dialect::default())
    }

    #[test]
    fn columns_are_those_of_all_lines_and_a_bad_line_is_one_row() {
        let text = "{\"a\": 1, \"b\": {\"c\": \"x\"}}\r\n\n{\"a\": 2\n{\"d\": [1, {\"e\": null}], \"a\": null}\n[1]\n{\"a\": 9";
        let mut stream = open(text).unwrap();
        assert_eq!(stream.header(), ["a", "b.c", "d"]);
        let mut record = RawRecord::default();
        let mut rows = Vec::new();
        while stream.read(&mut record).unwrap() {
            let cells: Vec<String> = (0..record.len())
                .map(|i| record.field_text(i).unwrap().into_owned())
                .collect();
            rows.push((record.line, cells.join("|"), record.len(), record.cut));
        }
        assert_eq!(
            rows,
            [
                (1, "1|x|".to_owned(), 3, false),
                (3, String::new(), 0, false),
                (4, "||[1,{\"e\":null}]".to_owned(), 3, false),
                (5, "1".to_owned(), 1, false),
                (6, String::new(), 0, true),
            ]
        );
        assert_eq!(stream.digest(), *blake3::hash(text.as_bytes()).as_bytes());
    }

    #[test]
    fn what_holds_no_record_is_no_table() {
        assert_eq!(open(" \n\n").err(), Some(SourceError::Empty));
        assert!(matches!(
            open("[1]\n2\n").err(),
            Some(SourceError::NotATable { .. })
        ));
    }
}
