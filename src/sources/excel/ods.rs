//! What an OpenDocument sheet will cost in memory. A cell of thirty bytes may say that it stands there a
//! million times; the library writes them all out, so they are counted first.

use std::io::BufRead;

use super::limits::{MAX_ROWS, MEMORY_BYTES};
use super::xml::{Kind, Tags};

const MAX_COLUMNS: u64 = 16_384;
/// Of a cell as it is parsed: value and formula.
const PARSED_BYTES: u64 = 64;
/// Of a cell of the finished sheet: value, formula, and the copy that is handed out.
const SHEET_BYTES: u64 = 96;

type Why = String;

/// Walks through `content.xml`.
///
/// # Errors
/// It is not well formed, or would take more memory than a workbook may.
pub fn weigh(content: impl BufRead) -> Result<(), Why> {
    let mut tags = Tags::new(content);
    let mut cost = Cost::default();
    while let Some(kind) = tags.next()? {
        match (tags.name(), kind) {
            (b"table:table", Kind::Close) => cost.end_table(),
            (b"table:table-row", Kind::Open | Kind::Empty) => {
                let repeats = tags.number("table:number-rows-repeated").unwrap_or(1);
                cost.begin_row(repeats);
            }
            (b"table:table-cell" | b"table:covered-table-cell", Kind::Open) => {
                let repeats = tags.number("table:number-columns-repeated").unwrap_or(1);
                cost.begin_cell(repeats, text_of(&tags));
            }
            (b"table:table-cell" | b"table:covered-table-cell", Kind::Empty) => {
                let repeats = tags.number("table:number-columns-repeated").unwrap_or(1);
                cost.begin_cell(repeats, text_of(&tags));
                let valued = tags.has("office:") || tags.has("table:formula");
                cost.end_cell(valued);
            }
            (b"table:table-cell" | b"table:covered-table-cell", Kind::Close) => {
                cost.add(tags.text_bytes);
                cost.end_cell(true);
            }
            (name, _) => {
                let spaces = match name {
                    b"text:s" => tags.number("text:c").unwrap_or(1),
                    _ => 1,
                };
                cost.add(tags.text_bytes.saturating_add(spaces));
            }
        }
        if cost.bytes > MEMORY_BYTES {
            return Err(format!(
                "its cells would take more than {} MiB: save it as .xlsx or CSV",
                MEMORY_BYTES >> 20
            ));
        }
    }
    Ok(())
}

/// Bytes of text that the attributes of a cell may hold.
fn text_of(tags: &Tags<impl BufRead>) -> u64 {
    const TEXTS: [&str; 4] = ["string-value", "date-value", "time-value", "formula"];
    match TEXTS.iter().any(|name| tags.has(name)) {
        true => tags.tag_bytes(),
        false => 0,
    }
}

#[derive(Default)]
struct Cost {
    bytes: u64,
    row_repeats: u64,
    /// Columns of this row before the present cell.
    column: u64,
    /// Of them, those that are written out.
    written: u64,
    /// Of the present cell: how often it stands there, and its text.
    repeats: u64,
    text: u64,
    /// The area of this table that is not empty.
    width: u64,
    height: u64,
    rows: u64,
}

impl Cost {
    fn begin_row(&mut self, repeats: u64) {
        self.row_repeats = repeats.min(MAX_ROWS.saturating_sub(self.rows));
        self.rows += self.row_repeats;
        (self.column, self.written) = (0, 0);
    }

    fn begin_cell(&mut self, repeats: u64, text: u64) {
        self.repeats = repeats.min(MAX_COLUMNS.saturating_sub(self.column));
        self.text = text;
        self.column += self.repeats;
    }

    const fn add(&mut self, text: u64) {
        self.text = self.text.saturating_add(text);
    }

    /// A cell with a value is written out as often as it stands there, all empty ones before it too.
    fn end_cell(&mut self, valued: bool) {
        if valued && self.repeats > 0 {
            let text = self.text.saturating_mul(self.repeats);
            let copies = 1 + 2 * self.row_repeats;
            self.bytes = self
                .bytes
                .saturating_add(text.saturating_mul(copies))
                .saturating_add((self.column - self.written) * PARSED_BYTES);
            self.written = self.column;
            let (width, height) = (self.width.max(self.column), self.height.max(self.rows));
            let grown = width * height - self.width * self.height;
            self.bytes = self.bytes.saturating_add(grown * SHEET_BYTES);
            (self.width, self.height) = (width, height);
        }
        self.text = 0;
    }

    const fn end_table(&mut self) {
        (self.width, self.height, self.rows) = (0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &str) -> Result<(), Why> {
        weigh(format!("<o><table:table table:name=\"a\">{rows}</table:table></o>").as_bytes())
    }

    const CELL: &str = "<table:table-cell office:value=\"1\" office:value-type=\"float\"/>";

    #[test]
    fn what_is_repeated_counts_as_often_as_it_stands_there() {
        let row = |rows: u64, columns: u64| {
            let cell = CELL.replace(
                '/',
                &format!(" table:number-columns-repeated=\"{columns}\"/"),
            );
            sheet(&format!(
                "<table:table-row table:number-rows-repeated=\"{rows}\">{cell}</table:table-row>"
            ))
        };
        assert!(row(1000, 10).is_ok());
        assert!(row(1_000_000, 1).is_ok());
        assert!(row(1_000_000, 1000).is_err());
        assert!(row(u64::MAX, u64::MAX).is_err());
    }

    #[test]
    fn emptiness_to_the_end_of_the_sheet_costs_nothing() {
        let empty = "<table:table-row table:number-rows-repeated=\"1048575\">\
            <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
        assert!(sheet(&format!("<table:table-row>{CELL}</table:table-row>{empty}")).is_ok());
        // Unless something stands behind it.
        assert!(sheet(&format!("{empty}<table:table-row>{CELL}</table:table-row>")).is_ok());
        let far = format!("<table:table-cell table:number-columns-repeated=\"16383\"/>{CELL}");
        let row = format!("<table:table-row>{far}</table:table-row>");
        assert!(sheet(&format!("{row}{empty}{row}")).is_err());
    }

    #[test]
    fn a_text_of_a_billion_spaces_is_refused() {
        let row = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>\
            <text:s text:c=\"9999999999\"/></text:p></table:table-cell></table:table-row>";
        assert!(sheet(row).is_err());
        assert!(sheet(&row.replace("9999999999", "9")).is_ok());
    }

    #[test]
    fn a_sheet_that_never_ends_is_refused() {
        assert!(weigh("<o><table:table><table:table-row>".as_bytes()).is_err());
    }
}
