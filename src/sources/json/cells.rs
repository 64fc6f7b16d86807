//! One record of JSON as cells: keys of objects within objects are joined by dots, arrays stay JSON.

use std::io::Read;

use crate::domain::SourceError;
use crate::domain::ports::RawRecord;

use super::scan::{Event, Scanner};
use crate::sources::csv::MAX_RECORD_BYTES;

/// Most columns that a table of JSON may have.
const MAX_COLUMNS: usize = 4096;

/// The columns of a table, in the order in which they first came.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    names: Vec<String>,
    places: std::collections::HashMap<String, usize>,
    bytes: usize,
}

impl Columns {
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// # Errors
    /// There are too many.
    pub fn add(&mut self, name: &str) -> Result<(), SourceError> {
        if self.places.contains_key(name) {
            return Ok(());
        }
        self.bytes += name.len();
        if self.names.len() == MAX_COLUMNS || self.bytes > MAX_RECORD_BYTES {
            return Err(SourceError::NotATable {
                why: format!("its records have more than {MAX_COLUMNS} different keys"),
            });
        }
        self.places.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        Ok(())
    }
}

/// Takes the name of a cell and its text.
pub type CellTaker<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Result<(), SourceError>;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Cells by name.
    Object,
    /// Cells by place.
    Array,
    /// No record: one value.
    Scalar,
}

/// Reads the value that begins with `first` and hands each of its cells, with its name (or place), to
/// `cell`.
///
/// # Errors
/// The text cannot be read or is not JSON.
pub fn walk<R: Read>(
    scanner: &mut Scanner<R>,
    first: Event,
    cell: CellTaker<'_>,
) -> Result<Shape, SourceError> {
    match first {
        Event::ObjectBegins => {
            object(scanner, cell)?;
            Ok(Shape::Object)
        }
        Event::ArrayBegins => {
            let base = scanner.depth();
            let mut place = 0_usize;
            while let Some(event) = scanner.event()? {
                if event == Event::Ends && scanner.depth() < base {
                    break;
                }
                let value = value(scanner, event)?;
                cell(&place.to_string(), &value)?;
                place += 1;
            }
            Ok(Shape::Array)
        }
        _ => Ok(Shape::Scalar),
    }
}

fn object<R: Read>(scanner: &mut Scanner<R>, cell: CellTaker<'_>) -> Result<(), SourceError> {
    let base = scanner.depth();
    let mut path: Vec<String> = Vec::new();
    let mut name = String::new();
    while let Some(event) = scanner.event()? {
        match event {
            Event::Key => path.push(String::from_utf8_lossy(scanner.text()).into_owned()),
            Event::Ends if scanner.depth() < base => break,
            Event::ObjectBegins => {}
            Event::Ends => {
                path.pop();
            }
            _ => {
                name.clear();
                for (i, key) in path.iter().enumerate() {
                    if i > 0 {
                        name.push('.');
                    }
                    name.push_str(key);
                }
                let value = value(scanner, event)?;
                cell(&name, &value)?;
                path.pop();
            }
        }
    }
    Ok(())
}

/// The text of a cell: a string without its quotes, nothing for null, else JSON.
pub(super) fn value<R: Read>(
    scanner: &mut Scanner<R>,
    event: Event,
) -> Result<Vec<u8>, SourceError> {
    match event {
        Event::Null => Ok(Vec::new()),
        Event::ArrayBegins | Event::ObjectBegins => compact(scanner, event),
        _ => Ok(scanner.text().to_vec()),
    }
}

/// An array or object as JSON without spaces.
fn compact<R: Read>(scanner: &mut Scanner<R>, first: Event) -> Result<Vec<u8>, SourceError> {
    let base = scanner.depth();
    let mut out = Vec::new();
    let mut closers = Vec::new();
    let mut event = first;
    loop {
        let first_inside = matches!(out.last(), None | Some(b'[' | b'{' | b':'));
        if !first_inside && event != Event::Ends {
            out.push(b',');
        }
        match event {
            Event::ObjectBegins => {
                out.push(b'{');
                closers.push(b'}');
            }
            Event::ArrayBegins => {
                out.push(b'[');
                closers.push(b']');
            }
            Event::Ends => out.extend(closers.pop()),
            Event::Key | Event::String => {
                let text = String::from_utf8_lossy(scanner.text());
                out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
                if event == Event::Key {
                    out.push(b':');
                }
            }
            Event::Literal | Event::Null => out.extend_from_slice(scanner.text()),
        }
        if out.len() > 2 * MAX_RECORD_BYTES {
            return Err(SourceError::EndlessLine {
                line: scanner.line(),
                limit_kib: MAX_RECORD_BYTES >> 10,
            });
        }
        if event == Event::Ends && scanner.depth() < base {
            return Ok(out);
        }
        match scanner.event()? {
            Some(next) => event = next,
            None => return Ok(out),
        }
    }
}

/// Fills `record` with the cells of the value that begins with `first`. A scalar is a record without
/// fields, which fits no table.
///
/// # Errors
/// The text cannot be read or is not JSON.
pub fn fill<R: Read>(
    scanner: &mut Scanner<R>,
    first: Event,
    columns: &Columns,
    record: &mut RawRecord,
) -> Result<(), SourceError> {
    let mut named: Vec<Vec<u8>> = Vec::new();
    let mut placed: Vec<Vec<u8>> = Vec::new();
    let is_object = first == Event::ObjectBegins;
    if is_object {
        named.resize(columns.names().len(), Vec::new());
    }
    let shape = walk(scanner, first, &mut |name, value| {
        if !is_object {
            placed.push(value.to_vec());
        } else if let Some(place) = columns.place(name) {
            named[place] = value.to_vec();
        }
        Ok(())
    })?;
    let cells = match shape {
        Shape::Object => named,
        Shape::Array => placed,
        Shape::Scalar => Vec::new(),
    };
    for cell in cells {
        record.text.extend_from_slice(&cell);
        record.ends.push(record.text.len());
    }
    Ok(())
}
