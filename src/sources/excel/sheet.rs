//! Rows of a sheet, and where in it the table begins.

use super::cells;

/// Longest row, in bytes, as for CSV.
pub const MAX_ROW_BYTES: usize = 1 << 20;
/// Rows looked at for a header.
pub const LOOK_ROWS: usize = 64;
/// Rows below a header that must fit it, but for one: a note may stand beside the table.
const FITTING_ROWS: usize = 8;

/// One row that is not empty: its cells, end to end, from the first column of the sheet to its last cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// From 1.
    pub number: u64,
    pub text: String,
    pub ends: Vec<usize>,
}

impl Row {
    pub fn cell(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else {
            return "";
        };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..end]
    }

    /// First and last column that hold something.
    pub fn extent(&self) -> Option<(usize, usize)> {
        let holds = |column: &usize| !self.cell(*column).trim().is_empty();
        let first = (0..self.ends.len()).find(holds)?;
        let last = (0..self.ends.len()).rev().find(holds)?;
        Some((first, last))
    }

    fn filled(&self) -> usize {
        (0..self.ends.len())
            .filter(|&column| !self.cell(column).trim().is_empty())
            .count()
    }

    /// The row as a line of CSV.
    pub fn raw(&self, out: &mut Vec<u8>) {
        out.clear();
        for column in 0..self.ends.len() {
            if column > 0 {
                out.push(b',');
            }
            let cell = self.cell(column);
            if cell.contains([',', '"', '\n', '\r']) {
                out.push(b'"');
                out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            } else {
                out.extend_from_slice(cell.as_bytes());
            }
        }
    }
}

/// Which of the first rows is the header. `strictly`: only a row that looks like one; else the first of the
/// widest rows, for a table without words.
pub fn header(rows: &[Row], strictly: bool) -> Option<usize> {
    let found = (0..rows.len()).find(|&i| looks_like_a_header(&rows[i], &rows[i + 1..]));
    if found.is_some() || strictly {
        return found;
    }
    let widest = rows.iter().map(Row::filled).max()?;
    rows.iter().position(|row| row.filled() == widest)
}

/// Mostly words, and the rows below stand under them.
fn looks_like_a_header(row: &Row, below: &[Row]) -> bool {
    let Some((first, last)) = row.extent() else {
        return false;
    };
    let filled = row.filled();
    let words = (first..=last)
        .filter(|&column| cells::is_word(row.cell(column)))
        .count();
    let fits = |under: &Row| {
        let within = under.extent().is_some_and(|(a, b)| a >= first && b <= last);
        within && 2 * under.filled() >= filled
    };
    // A title stands alone above wider rows.
    let below = below.iter().take(FITTING_ROWS);
    let (fit, unfit): (Vec<&Row>, Vec<&Row>) = below.partition(|under| fits(under));
    2 * words > filled && !fit.is_empty() && unfit.len() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[&str]) -> Vec<Row> {
        let row = |(i, line): (usize, &&str)| {
            let mut row = Row {
                number: i as u64 + 1,
                ..Row::default()
            };
            for cell in line.split('|') {
                row.text.push_str(cell);
                row.ends.push(row.text.len());
            }
            row
        };
        text.iter().enumerate().map(row).collect()
    }

    #[test]
    fn the_header_is_below_titles_and_notes() {
        let sheet = rows(&[
            "Relevé de la rame 12",
            "Site|Douala",
            "heure|rame|débit|pression",
            "2026-01-01T00:00:00|A|500|5",
            "2026-01-01T00:10:00|A|501|",
        ]);
        assert_eq!(header(&sheet, true), Some(2));
        assert_eq!(header(&sheet[2..], true), Some(0));
    }

    #[test]
    fn numbers_alone_have_no_header_and_words_do() {
        let numbers = rows(&["1|2", "3|4"]);
        assert_eq!(header(&numbers, true), None);
        assert_eq!(header(&numbers, false), Some(0));
        assert_eq!(header(&rows(&["a|b", "c|d"]), true), Some(0));
        assert_eq!(header(&[], false), None);
    }

    #[test]
    fn a_row_is_a_line_of_csv() {
        let mut raw = Vec::new();
        rows(&["a||b,\"c\""])[0].raw(&mut raw);
        assert_eq!(raw, b"a,,\"b,\"\"c\"\"\"");
    }
}
