//! A JSON document that holds a table: an array of objects, or of arrays of which the first is the header, at
//! the top or at a path of keys. Strict, and read twice: once to see all of it (what is malformed anywhere
//! is refused whole) and to collect the columns, once for the records.

mod cells;
mod loose;
mod scan;

use std::io::{Read, Seek};

use crate::domain::ports::{RawRecord, RecordStream};
use crate::domain::{Dialect, Format, SourceError};

use super::content::Content;
use super::table::rewind;
pub use cells::{Columns, Shape, fill, walk};
pub use loose::LooseStream;
pub use scan::{Event, Scanner};

/// Arrays of records that are looked at to find the table.
const MAX_ARRAYS: usize = 64;

/// What a text is, seen from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// One JSON value.
    Document,
    /// A JSON object a line.
    Lines,
    Other,
}

/// `whole` says that `head` is all of the text.
#[must_use]
pub fn look(head: &[u8], whole: bool) -> Look {
    if !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Look::Other;
    }
    let mut scanner = Scanner::new(head);
    loop {
        match scanner.event() {
            Ok(Some(_)) if scanner.depth() == 0 => break,
            Ok(Some(_)) => {}
            Ok(None) => break,
            // The head may end anywhere.
            Err(_) if !whole && scanner.is_spent() => return Look::Document,
            Err(_) => return Look::Other,
        }
    }
    let ended_on = scanner.line();
    match scanner.skip_space() {
        Ok(false) => Look::Document,
        Ok(true) if head.trim_ascii_start().first() == Some(&b'{') && scanner.line() > ended_on => {
            Look::Lines
        }
        _ => Look::Other,
    }
}

/// Whether a text is JSON, as our reader judges it.
///
/// # Errors
/// It is not, or cannot be read.
pub fn check(input: impl Read) -> Result<(), SourceError> {
    let content = Content::open(input, &Dialect::default())?;
    let mut scanner = Scanner::new(content);
    while scanner.event()?.is_some() {}
    Ok(())
}

/// The records of one document.
pub struct JsonStream {
    scanner: Scanner<Content<'static>>,
    header: Vec<String>,
    columns: Columns,
    dialect: Dialect,
    /// The array of records has been read to its end.
    done: bool,
}

impl JsonStream {
    /// # Errors
    /// Not JSON, or JSON without a table.
    pub fn open(
        mut input: impl Read + Seek + 'static,
        dialect: &Dialect,
    ) -> Result<Self, SourceError> {
        let content = Content::open(&mut input, dialect)?;
        let mut scanner = Scanner::new(content);
        if !scanner.skip_space()? {
            return Err(SourceError::Empty);
        }
        let array = Survey::default().table(&mut scanner, dialect.records.as_deref())?;
        drop(scanner);
        rewind(&mut input)?;
        let content = Content::open(input, dialect)?;
        let dialect = Dialect {
            format: Some(Format::Json),
            encoding: Some(content.encoding),
            records: (!array.path.is_empty()).then(|| array.path.join(".")),
            decimal_comma: Some(dialect.decimal_comma.unwrap_or(false)),
            ..Dialect::default()
        };
        let mut stream = Self {
            scanner: Scanner::new(content),
            header: array.columns.names().to_vec(),
            columns: array.columns,
            dialect,
            done: false,
        };
        stream.enter(&array.path)?;
        if array.shape == Shape::Array {
            stream.header_row()?;
        }
        Ok(stream)
    }

    /// Goes to the first record.
    fn enter(&mut self, path: &[String]) -> Result<(), SourceError> {
        let mut at: Vec<String> = Vec::new();
        while let Some(event) = self.scanner.event()? {
            match event {
                Event::Key => at.push(String::from_utf8_lossy(self.scanner.text()).into_owned()),
                Event::ArrayBegins if at == path => return Ok(()),
                Event::ArrayBegins => {
                    skip(&mut self.scanner)?;
                    at.pop();
                }
                Event::ObjectBegins => {}
                _ => {
                    at.pop();
                }
            }
        }
        Err(SourceError::Changed)
    }

    /// Of arrays of arrays the first names the columns.
    fn header_row(&mut self) -> Result<(), SourceError> {
        let mut record = RawRecord::default();
        if self.read(&mut record)? {
            self.header = (0..record.len())
                .filter_map(|i| record.field_text(i))
                .map(std::borrow::Cow::into_owned)
                .collect();
        }
        Ok(())
    }
}

impl RecordStream for JsonStream {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        if self.done {
            return Ok(false);
        }
        *record = RawRecord::default();
        let base = self.scanner.depth();
        self.scanner.skip_to_value()?;
        record.line = self.scanner.line();
        self.scanner.keep();
        match self.scanner.event()? {
            Some(Event::Ends) if self.scanner.depth() < base => {
                self.scanner.kept();
                self.done = true;
                // What follows the records must be JSON too, and is of the file.
                while self.scanner.event()?.is_some() {}
                Ok(false)
            }
            Some(first) => {
                fill(&mut self.scanner, first, &self.columns, record)?;
                record.raw = self.scanner.kept();
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn digest(&self) -> [u8; 32] {
        self.scanner.input().digest()
    }

    fn decimal_comma(&self) -> bool {
        self.dialect.decimal_comma.unwrap_or(false)
    }

    fn dialect(&self) -> Dialect {
        self.dialect.clone()
    }
}

/// Passes over the array or object just begun.
fn skip<R: Read>(scanner: &mut Scanner<R>) -> Result<(), SourceError> {
    let base = scanner.depth();
    while scanner.depth() >= base && scanner.event()?.is_some() {}
    Ok(())
}

/// An array that may be the table.
struct Array {
    path: Vec<String>,
    shape: Shape,
    columns: Columns,
    records: u64,
}

/// What a first reading finds.
#[derive(Default)]
struct Survey {
    arrays: Vec<Array>,
}

impl Survey {
    /// The array at the path asked for, else the one nearest to the top that holds records.
    fn table<R: Read>(
        mut self,
        scanner: &mut Scanner<R>,
        asked: Option<&str>,
    ) -> Result<Array, SourceError> {
        let mut path: Vec<String> = Vec::new();
        while let Some(event) = scanner.event()? {
            match event {
                Event::Key => path.push(String::from_utf8_lossy(scanner.text()).into_owned()),
                Event::ObjectBegins => {}
                Event::ArrayBegins => {
                    let wanted = asked.is_none_or(|asked| path.join(".") == asked);
                    if wanted && self.arrays.len() < MAX_ARRAYS {
                        self.array(scanner, &path)?;
                    } else {
                        skip(scanner)?;
                    }
                    path.pop();
                }
                _ => {
                    path.pop();
                }
            }
        }
        let is_table = |array: &Array| array.records > 0 && array.shape != Shape::Scalar;
        let found = self
            .arrays
            .iter()
            .enumerate()
            .filter(|(_, array)| is_table(array))
            .min_by_key(|(_, array)| array.path.len());
        match (found.map(|(at, _)| at), asked) {
            (Some(at), _) => Ok(self.arrays.swap_remove(at)),
            (None, Some(asked)) => Err(SourceError::NotATable {
                why: format!("there is no array of records at “{asked}”"),
            }),
            (None, None) => Err(SourceError::NotATable {
                why: "there is no array of records in it".to_owned(),
            }),
        }
    }

    /// Reads one array to its end.
    fn array<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        path: &[String],
    ) -> Result<(), SourceError> {
        let base = scanner.depth();
        let mut array = Array {
            path: path.to_vec(),
            shape: Shape::Scalar,
            columns: Columns::default(),
            records: 0,
        };
        while let Some(event) = scanner.event()? {
            if event == Event::Ends && scanner.depth() < base {
                break;
            }
            let columns = &mut array.columns;
            let is_object = event == Event::ObjectBegins;
            let shape = walk(scanner, event, &mut |name, _| {
                if is_object { columns.add(name) } else { Ok(()) }
            })?;
            if array.shape == Shape::Scalar {
                array.shape = shape;
            }
            array.records += 1;
        }
        self.arrays.push(array);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
