//! A workbook: real dates, numbers with the digits of their measure, the header frozen; as many sheets as the
//! rows need. The rows go through temporary files beside the export, never through memory.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::domain::ports::decode;
use crate::warehouse::{Column, ColumnKind, Field};

use super::Sink;

/// Rows of a sheet, its header among them.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell.
const CELL_CHARS: usize = 32_767;
const DAY_MS: f64 = 86_400_000.0;
/// 1970-01-01 in Excel's days.
const EPOCH_DAYS: f64 = 25_569.0;

pub struct XlsxSink {
    book: Workbook,
    file: File,
    name: &'static str,
    columns: &'static [Column],
    formats: Vec<Format>,
    bold: Format,
    sheets: usize,
    /// Of the present sheet.
    row: u32,
    sheet_rows: u32,
}

fn failed(error: XlsxError) -> io::Error {
    io::Error::other(error)
}

impl XlsxSink {
    pub fn new(
        name: &'static str,
        columns: &'static [Column],
        file: File,
        folder: &Path,
    ) -> io::Result<Self> {
        let mut book = Workbook::new();
        book.set_tempdir(folder).map_err(failed)?;
        let format = |column: &Column| match column.kind {
            ColumnKind::Time => Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000"),
            ColumnKind::Real { decimals } => {
                Format::new().set_num_format(format!("0.{}", "0".repeat(decimals)))
            }
            _ => Format::new(),
        };
        let mut sink = Self {
            book,
            file,
            name,
            columns,
            formats: columns.iter().map(format).collect(),
            bold: Format::new().set_bold(),
            sheets: 0,
            row: 0,
            sheet_rows: SHEET_ROWS,
        };
        sink.next_sheet().map_err(failed)?;
        Ok(sink)
    }

    #[cfg(test)]
    pub const fn with_sheets_of(mut self, rows: u32) -> Self {
        self.sheet_rows = rows;
        self
    }

    fn next_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(match self.sheets {
            1 => self.name.to_owned(),
            n => format!("{} {n}", self.name),
        })?;
        sheet.set_freeze_panes(1, 0)?;
        for (i, column) in (0_u16..).zip(self.columns) {
            let width = match column.kind {
                ColumnKind::Time => 24,
                ColumnKind::Text | ColumnKind::Bytes => 20,
                _ => 16,
            };
            sheet.set_column_width(i, width)?;
            sheet.write_string_with_format(0, i, column.name, &self.bold)?;
        }
        self.row = 1;
        Ok(())
    }

    fn write(&mut self, row: &[Field<'_>]) -> Result<(), XlsxError> {
        if self.row >= self.sheet_rows {
            self.next_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (i, (field, format)) in (0_u16..).zip(row.iter().zip(&self.formats)) {
            match field {
                Field::Empty => {}
                Field::Text(text) => {
                    sheet.write_string(self.row, i, cut(text))?;
                }
                Field::Bytes(bytes) => {
                    sheet.write_string(self.row, i, cut(&decode(bytes)))?;
                }
                Field::Time(at_ms) => {
                    let days = *at_ms as f64 / DAY_MS + EPOCH_DAYS;
                    sheet.write_number_with_format(self.row, i, days, format)?;
                }
                Field::Real(value) => {
                    sheet.write_number_with_format(self.row, i, *value, format)?;
                }
                Field::Int(value) => {
                    sheet.write_number(self.row, i, *value as f64)?;
                }
                Field::Flag(set) => {
                    sheet.write_boolean(self.row, i, *set)?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }
}

impl Sink for XlsxSink {
    fn row(&mut self, row: &[Field<'_>]) -> io::Result<()> {
        self.write(row).map_err(failed)
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        let out = BufWriter::with_capacity(256 << 10, self.file.try_clone()?);
        self.book.save_to_writer(out).map_err(failed)
    }
}

/// As much of a text as a cell takes, without what XML cannot hold.
fn cut(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\t' | '\n'))
        .take(CELL_CHARS)
        .collect()
}
