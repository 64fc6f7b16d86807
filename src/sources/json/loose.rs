//! JSON that is no table, as the rows that it is nearest to: an object is one record, an array has a row an
//! element, anything else is one value. For `cidp convert`, which loses nothing; a source of readings must be
//! a table.

use std::io::Read;

use crate::domain::ports::{RawRecord, RecordStream};
use crate::domain::{Dialect, Format, SourceError};
use crate::sources::content::Content;

use super::cells::value;
use super::{Columns, Event, Scanner, walk};

/// The column of values that have no name.
const VALUE: &str = "value";

/// The rows of one document.
pub struct LooseStream {
    scanner: Scanner<Content<'static>>,
    header: Vec<String>,
    dialect: Dialect,
    /// The one record of what is no array.
    only: Option<RawRecord>,
    /// Within the array, and how deep its elements lie.
    elements: Option<usize>,
}

impl LooseStream {
    /// # Errors
    /// It is not JSON, or cannot be read.
    pub fn open(input: impl Read + 'static, dialect: &Dialect) -> Result<Self, SourceError> {
        let content = Content::open(input, dialect)?;
        let dialect = Dialect {
            format: Some(Format::Json),
            encoding: Some(content.encoding),
            decimal_comma: Some(false),
            ..Dialect::default()
        };
        let mut stream = Self {
            scanner: Scanner::new(content),
            header: vec![VALUE.to_owned()],
            dialect,
            only: None,
            elements: None,
        };
        match stream.scanner.event()? {
            None => return Err(SourceError::Empty),
            Some(Event::ArrayBegins) => stream.elements = Some(stream.scanner.depth()),
            Some(Event::ObjectBegins) => {
                let (mut columns, mut record) = (Columns::default(), RawRecord::default());
                let mut cells: Vec<Vec<u8>> = Vec::new();
                walk(
                    &mut stream.scanner,
                    Event::ObjectBegins,
                    &mut |name, cell| {
                        columns.add(name)?;
                        cells.resize(columns.names().len(), Vec::new());
                        // A key that comes twice means its last value.
                        if let Some(place) = columns.place(name) {
                            cells[place] = cell.to_vec();
                        }
                        Ok(())
                    },
                )?;
                cells.iter().for_each(|cell| push(&mut record, cell));
                stream.header = columns.names().to_vec();
                stream.end()?;
                stream.only = Some(record);
            }
            Some(event) => {
                let mut record = RawRecord::default();
                push(&mut record, &value(&mut stream.scanner, event)?);
                stream.end()?;
                stream.only = Some(record);
            }
        }
        Ok(stream)
    }

    /// What follows must be JSON too: nothing.
    fn end(&mut self) -> Result<(), SourceError> {
        while self.scanner.event()?.is_some() {}
        Ok(())
    }
}

fn push(record: &mut RawRecord, cell: &[u8]) {
    record.text.extend_from_slice(cell);
    record.ends.push(record.text.len());
}

impl RecordStream for LooseStream {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        if let Some(only) = self.only.take() {
            *record = only;
            return Ok(!record.is_empty());
        }
        let Some(depth) = self.elements else {
            return Ok(false);
        };
        *record = RawRecord::default();
        match self.scanner.event()? {
            None => Ok(false),
            Some(Event::Ends) if self.scanner.depth() < depth => {
                self.elements = None;
                self.end()?;
                Ok(false)
            }
            Some(event) => {
                record.line = self.scanner.line();
                push(record, &value(&mut self.scanner, event)?);
                Ok(true)
            }
        }
    }

    fn digest(&self) -> [u8; 32] {
        self.scanner.input().digest()
    }

    fn decimal_comma(&self) -> bool {
        false
    }

    fn dialect(&self) -> Dialect {
        self.dialect.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &'static str) -> Result<(Vec<String>, Vec<Vec<String>>), SourceError> {
        let mut stream = LooseStream::open(text.as_bytes(), &Dialect::default())?;
        let (mut record, mut rows) = (RawRecord::default(), Vec::new());
        while stream.read(&mut record)? {
            rows.push(
                (0..record.len())
                    .map(|i| record.field_text(i).unwrap().into_owned())
                    .collect(),
            );
        }
        Ok((stream.header.clone(), rows))
    }

    #[test]
    fn whatever_json_is_has_rows() {
        let value = vec!["value".to_owned()];
        let one = |text: &str| vec![vec![text.to_owned()]];
        assert_eq!(rows("\"a\"").unwrap(), (value.clone(), one("a")));
        assert_eq!(rows(" 12 ").unwrap(), (value.clone(), one("12")));
        assert_eq!(rows("[]").unwrap(), (value.clone(), vec![]));
        assert_eq!(
            rows("[1, null, {\"a\": [2]}]").unwrap(),
            (value, [one("1"), one(""), one("{\"a\":[2]}")].concat())
        );
        let (header, cells) = rows("{\"a\": 1, \"b\": {\"c\": true}, \"a\": 2}").unwrap();
        assert_eq!(
            (header, cells),
            (
                vec!["a".into(), "b.c".into()],
                vec![vec!["2".into(), "true".into()]]
            )
        );
        assert_eq!(rows("{}").unwrap(), (vec![], vec![]));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", " ", "[1,]", "{\"a\":1} x", "nul", "[1] 2"] {
            assert!(rows(text).is_err(), "{text}");
        }
    }
}
