//! A row that does not fit its table, put right: a delimiter too many or too few, a stray quote, another
//! delimiter than the rest of the file. For `cidp convert` only; the pipeline quarantines such a row.
//!
//! The line is read in the way that costs least: dynamic programming over where fields begin, column by
//! column, where every irregularity has a price and each column knows the shapes of its values from the
//! rows that are well. No byte of a cell is dropped; only empty cells are added or left out. A reading
//! that costs too much is none, and the row stays as it is.

mod column;
mod search;

use super::csv::split::{Marks, split};
use column::Column;
use search::{LIMIT, Search};

/// A line with more bytes, fields or quotes than this is not worth the search.
const MAX_BYTES: usize = 8 << 10;
const MAX_MARKS: usize = 400;
const MAX_WIDTH: usize = 200;

/// The row has a delimiter of its own.
const OTHER_DELIMITER: f32 = 3.0;

/// Mends the rows of one table.
#[derive(Debug, Clone)]
pub struct Mender {
    marks: Marks,
    columns: Vec<Column>,
}

/// A row's cells, unquoted.
pub type Cells = Vec<Vec<u8>>;

impl Mender {
    #[must_use]
    pub fn new(marks: Marks, width: usize) -> Self {
        Self {
            marks,
            columns: vec![Column::default(); width],
        }
    }

    #[must_use]
    pub const fn width(&self) -> usize {
        self.columns.len()
    }

    /// Learns from a row that is well.
    pub fn learn(&mut self, cells: &[Vec<u8>]) {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.learn(cell);
        }
    }

    /// The same table, of whose values nothing is known: for its header.
    #[must_use]
    pub fn without_values(&self) -> Self {
        Self::new(self.marks, self.width())
    }

    /// The values of a column have a shape, and this is one of them.
    #[must_use]
    pub fn is_value(&self, column: usize, cell: &[u8]) -> bool {
        self.is_valued(column) && !cell.is_empty() && self.columns[column].price(cell) == 0.0
    }

    /// The values of a column have a shape.
    #[must_use]
    pub fn is_valued(&self, column: usize) -> bool {
        self.columns
            .get(column)
            .is_some_and(|c| c.is_shaped() && c.filled > 0)
    }

    /// The cells of a line in the reading that costs least; `None` where each costs too much.
    #[must_use]
    pub fn mend(&self, line: &[u8]) -> Option<Cells> {
        let own = self.marks.delimiter;
        let others = [b',', b';', b'\t', b'|', b' '];
        let quotes = memchr::memchr_iter(self.marks.quote, line).count();
        if line.len() > MAX_BYTES || self.width() > MAX_WIDTH || quotes > MAX_MARKS {
            return None;
        }
        let read = |delimiter: u8| {
            let count = memchr::memchr_iter(delimiter, line).count();
            if count > MAX_MARKS || (delimiter != own && count + 2 < self.width()) {
                return None;
            }
            let spaced = self.marks.spaced && delimiter == own;
            Search::new(self, line, delimiter, spaced).best()
        };
        let mut best = read(own);
        for other in others.into_iter().filter(|&other| other != own) {
            if let Some((price, cells)) = read(other)
                && best
                    .as_ref()
                    .is_none_or(|(least, _)| price + OTHER_DELIMITER < *least)
            {
                best = Some((price + OTHER_DELIMITER, cells));
            }
        }
        best.filter(|(price, _)| *price <= LIMIT)
            .map(|(_, cells)| cells)
    }

    /// The cells of a line as its delimiters part them, whatever its quotes say.
    #[must_use]
    pub fn plain(&self, line: &[u8]) -> Cells {
        let mut text = Vec::new();
        let mut ends = Vec::new();
        split(line, self.marks, &mut text, &mut ends);
        let mut start = 0;
        ends.into_iter()
            .map(|end| text[std::mem::replace(&mut start, end)..end].to_vec())
            .collect()
    }
}

#[cfg(test)]
mod tests;
