//! Rows at hand: refused rows of a file, corrected or not, read again by the layout of that file. What the ETL
//! sees is a file of the same name and digest that holds these rows alone, on their own lines.

use std::io::Cursor;

use crate::domain::ports::{RawRecord, RecordStream, SourceFile, decode};
use crate::domain::{Dialect, Format, SourceError};

use super::table;

/// How the rows of a file are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub header: Vec<String>,
    pub dialect: Dialect,
    /// Cells of a raw row before the first column of the table: notes in a sheet.
    left: usize,
}

impl Columns {
    /// Looks at the head of a file.
    ///
    /// # Errors
    /// The file cannot be read, or is no table.
    pub fn of(file: &dyn SourceFile) -> Result<Self, SourceError> {
        let mut stream = file.open()?;
        let dialect = stream.dialect();
        let header = stream.header().to_vec();
        let mut left = 0;
        if dialect.format == Some(Format::Excel) {
            let mut first = RawRecord::default();
            if stream.read(&mut first)? {
                let fields = text_of(&first);
                let cells = delimited(&first.raw, &sheet_rows(), None)?;
                left = cells
                    .windows(fields.len().max(1))
                    .position(|cells| cells == fields)
                    .unwrap_or(0);
            }
        }
        Ok(Self {
            header,
            dialect,
            left,
        })
    }

    /// The fields of a row as it stands in such a file. Where they are more or fewer than the header's, so many.
    ///
    /// # Errors
    /// The row cannot be read as one of this format.
    pub fn fields(&self, raw: &[u8]) -> Result<Vec<String>, SourceError> {
        match self.dialect.format {
            Some(Format::Json | Format::Ndjson) => self.record(raw),
            Some(Format::Excel) => {
                let mut cells = delimited(raw, &sheet_rows(), None)?;
                cells.drain(..self.left.min(cells.len()));
                // Cells that are empty at the end of a row are not in the raw row.
                if cells.len() < self.header.len() {
                    cells.resize(self.header.len(), String::new());
                }
                Ok(cells)
            }
            _ => delimited(raw, &self.dialect, Some(&self.header)),
        }
    }

    /// A JSON record, its cells by the names of the header.
    fn record(&self, raw: &[u8]) -> Result<Vec<String>, SourceError> {
        let dialect = Dialect {
            format: Some(Format::Json),
            ..Dialect::default()
        };
        let document = [b"[", raw, b"]"].concat();
        let mut stream = table::text(Cursor::new(document), "", &dialect)?.into_stream();
        let names = stream.header().to_vec();
        let mut record = RawRecord::default();
        if !stream.read(&mut record)? {
            return Err(SourceError::Empty);
        }
        let fields = text_of(&record);
        only(stream.as_mut())?;
        let place = |name: &String| names.iter().position(|own| own == name);
        Ok(self
            .header
            .iter()
            .map(|name| {
                let field = place(name).and_then(|at| fields.get(at));
                field.cloned().unwrap_or_default()
            })
            .collect())
    }
}

/// How a row of a sheet stands in quarantine.
fn sheet_rows() -> Dialect {
    Dialect {
        delimiter: Some(b','),
        quote: Some(b'"'),
        ..Dialect::default()
    }
}

/// The fields of a line of text, under a header of its own file.
fn delimited(
    raw: &[u8],
    dialect: &Dialect,
    header: Option<&[String]>,
) -> Result<Vec<String>, SourceError> {
    let (delimiter, quote) = (
        dialect.delimiter.unwrap_or(b','),
        dialect.quote.unwrap_or(b'"'),
    );
    let dialect = Dialect {
        format: Some(Format::Csv),
        encoding: Some(crate::domain::Encoding::Utf8),
        delimiter: Some(delimiter),
        quote: Some(quote),
        header_row: Some(1),
        ..dialect.clone()
    };
    let row = decode(raw).into_owned();
    // The header says how many fields a row has, and so where a stray quote ends; without one, the row does.
    let mut text = header.map_or_else(
        || row.clone(),
        |header| {
            let quoted: Vec<String> = header
                .iter()
                .map(|name| {
                    let q = char::from(quote);
                    let doubled: String = name
                        .chars()
                        .flat_map(|c| std::iter::repeat_n(c, if c == q { 2 } else { 1 }))
                        .collect();
                    format!("{q}{doubled}{q}")
                })
                .collect();
            quoted.join(&char::from(delimiter).to_string())
        },
    );
    text.push('\n');
    text.push_str(&row);
    text.push('\n');
    let mut stream = table::text(Cursor::new(text.into_bytes()), "", &dialect)?.into_stream();
    let mut record = RawRecord::default();
    if !stream.read(&mut record)? {
        return Err(SourceError::Empty);
    }
    let fields = text_of(&record);
    only(stream.as_mut())?;
    Ok(fields)
}

/// One row stands for one row.
fn only(stream: &mut dyn RecordStream) -> Result<(), SourceError> {
    if stream.read(&mut RawRecord::default())? {
        return Err(SourceError::NotATable {
            why: "more than one row".into(),
        });
    }
    Ok(())
}

fn text_of(record: &RawRecord) -> Vec<String> {
    (0..record.len())
        .filter_map(|i| record.field_text(i))
        .map(|field| field.into_owned())
        .collect()
}

/// One row of a [`GivenFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenRow {
    pub line: u64,
    pub raw: Vec<u8>,
    pub fields: Vec<String>,
    /// The file ends within it.
    pub cut: bool,
}

/// Some rows of a file, under its name.
pub struct GivenFile {
    pub path: String,
    pub stem: String,
    pub digest: [u8; 32],
    pub columns: Columns,
    /// In the order of their lines.
    pub rows: Vec<GivenRow>,
}

impl SourceFile for GivenFile {
    fn path(&self) -> &str {
        &self.path
    }

    fn stem(&self) -> &str {
        &self.stem
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        Ok(self.digest)
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        Ok(Box::new(GivenStream {
            columns: self.columns.clone(),
            digest: self.digest,
            rows: self.rows.clone().into_iter(),
        }))
    }
}

struct GivenStream {
    columns: Columns,
    digest: [u8; 32],
    rows: std::vec::IntoIter<GivenRow>,
}

impl RecordStream for GivenStream {
    fn header(&self) -> &[String] {
        &self.columns.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        let Some(row) = self.rows.next() else {
            return Ok(false);
        };
        *record = RawRecord {
            line: row.line,
            raw: row.raw,
            cut: row.cut,
            ..RawRecord::default()
        };
        for field in &row.fields {
            record.text.extend_from_slice(field.as_bytes());
            record.ends.push(record.text.len());
        }
        Ok(true)
    }

    fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn decimal_comma(&self) -> bool {
        self.columns.dialect.decimal_comma.unwrap_or(false)
    }

    fn dialect(&self) -> Dialect {
        self.columns.dialect.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::files::DiskFile;
    use proptest::prelude::*;

    /// Every record of a file, and what its raw row is read as alone.
    fn assert_same(name: &str, content: &[u8]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let file = DiskFile::new(path, Dialect::default());
        let columns = Columns::of(&file).unwrap();
        let mut stream = file.open().unwrap();
        let mut record = RawRecord::default();
        let mut rows = 0;
        while stream.read(&mut record).unwrap() {
            rows += 1;
            assert_eq!(
                columns.fields(&record.raw).unwrap(),
                text_of(&record),
                "{name} line {}",
                record.line
            );
        }
        assert!(rows > 0);
    }

    #[test]
    fn a_row_alone_is_read_as_in_its_file() {
        for (name, content) in [
            (
                "a.csv",
                "t,loco,\"flow, l/min\"\n1,A,2\n2,\"B, b\",3\n3,C\n4,D,1,9\n",
            ),
            ("b.csv", "t;loco;v\n1;A;2,5\n2;B;3,25\n3;C;4,5\n"),
            (
                "c.csv",
                "exported by X\n\nt\tloco\tv\n1\tA\t2\n2\tB\t\n3\tC\t7\n",
            ),
            (
                "d.json",
                "{\"data\": [{\"t\": 1, \"m\": {\"v\": 2.5}}, {\"t\": 2}, {\"m\": {\"v\": null}, \"t\": 3}]}",
            ),
            (
                "e.ndjson",
                "{\"t\": 1, \"v\": 2}\n{\"t\": 2, \"x\": \"é\"}\n{\"v\": 7}\n",
            ),
        ] {
            assert_same(name, content.as_bytes());
        }
        let latin = encoding_rs::WINDOWS_1252
            .encode("date;débit;lieu\n1;2;gare\n2;3;dépôt\n")
            .0
            .into_owned();
        assert_same("f.csv", &latin);
    }

    #[test]
    fn a_sheet_with_notes_at_its_left_is_read_from_its_table() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.xlsx");
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (row, cells) in [["t", "loco", "v"], ["1", "A", "2"], ["2", "B", "x, y"]]
            .iter()
            .enumerate()
        {
            for (column, cell) in cells.iter().enumerate() {
                sheet
                    .write_string(row as u32 + 1, column as u16 + 2, *cell)
                    .unwrap();
            }
        }
        book.save(&path).unwrap();
        assert_same("w.xlsx", &std::fs::read(&path).unwrap());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_gives_fields_or_an_error(raw in "\\PC{0,60}") {
            for format in [Format::Csv, Format::Json, Format::Excel] {
                let columns = Columns {
                    header: vec!["a".into(), "b \"c\"".into()],
                    dialect: Dialect { format: Some(format), ..Dialect::default() },
                    left: 0,
                };
                // No panic; a plain row of two is two fields.
                let _ = columns.fields(raw.as_bytes());
                if format == Format::Csv && raw.bytes().all(|b| b.is_ascii_alphanumeric()) && !raw.is_empty() {
                    let row = format!("{raw},1");
                    prop_assert_eq!(columns.fields(row.as_bytes()).unwrap(), [raw.as_str(), "1"]);
                }
            }
        }
    }
}
