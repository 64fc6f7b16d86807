//! What is known of a column from the rows that are well, and what it costs that a cell stands in it.

use std::collections::{HashMap, HashSet};

/// Shapes beyond which a column is free text.
const MAX_SHAPES: usize = 24;
/// Values beyond which a column is no list of a few words, and how often each must have come.
const MAX_WORDS: usize = 12;
const WORD_ROWS: usize = 5;

/// A value of another shape than its column's.
const MISMATCH: f32 = 4.0;
/// A word where the column has always one of a few others.
const STRANGE: f32 = 3.0;
/// A value where the column has none.
const UNKNOWN: f32 = 2.0;
/// An empty cell where the column has none.
const EMPTY: f32 = 3.0;

/// What is known of a column's values.
#[derive(Debug, Clone, Default)]
pub struct Column {
    pub shapes: HashMap<Vec<u8>, usize>,
    /// The first few different values.
    words: HashSet<Vec<u8>>,
    pub filled: usize,
    pub empties: usize,
    /// Cells without a digit.
    wordy: usize,
    free: bool,
}

impl Column {
    pub fn learn(&mut self, cell: &[u8]) {
        if cell.is_empty() {
            self.empties += 1;
            return;
        }
        self.filled += 1;
        if self.words.len() <= MAX_WORDS && !self.words.contains(cell) {
            self.words.insert(cell.to_vec());
        }
        if self.free {
            return;
        }
        let shape: Vec<u8> = cell.iter().map(|&b| class(b)).collect();
        if !shape.contains(&b'9') {
            // Letters alone have no shape.
            self.wordy += 1;
            return;
        }
        *self.shapes.entry(shape).or_default() += 1;
        self.free = self.shapes.len() > MAX_SHAPES;
    }

    /// Values have few shapes, each of them often.
    pub fn is_shaped(&self) -> bool {
        let shaped = self.filled - self.wordy;
        !self.free && self.wordy * 10 <= self.filled && shaped >= 3 * self.shapes.len()
    }

    /// Values are a few words, each of them often.
    fn is_listed(&self) -> bool {
        self.words.len() <= MAX_WORDS && self.filled >= WORD_ROWS * self.words.len()
    }

    /// What it costs that `cell` stands in this column.
    pub fn price(&self, cell: &[u8]) -> f32 {
        if cell.is_empty() {
            return if self.empties > 0 { 0.0 } else { EMPTY };
        }
        if self.filled == 0 {
            return if self.empties > 0 { UNKNOWN } else { 0.0 };
        }
        if !self.is_shaped() {
            let strange = self.is_listed() && !self.words.contains(cell);
            return if strange { STRANGE } else { 0.0 };
        }
        let fits = {
            let shape: Vec<u8> = cell.iter().map(|&b| class(b)).collect();
            self.shapes.contains_key(&shape)
        };
        if fits { 0.0 } else { MISMATCH }
    }
}

pub const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'9',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' | 0x80.. => b'a',
        other => other,
    }
}
