//! A row that does not fit its table, put right: a delimiter too many or too few, a stray quote, another
//! delimiter than the rest of the file. For `cidp convert` only; the pipeline quarantines such a row.
//!
//! The line is read in the way that costs least: dynamic programming over where fields begin, column by
//! column, where every irregularity has a price and each column knows the shapes of its values from the
//! rows that are well. No byte of a cell is dropped; only empty cells are added or left out. A reading
//! that costs too much is none, and the row stays as it is.

use std::collections::{HashMap, HashSet};

use super::csv::split::{Marks, split};

/// Shapes beyond which a column is free text.
const MAX_SHAPES: usize = 24;
/// Values beyond which a column is no list of a few words, and how often each must have come.
const MAX_WORDS: usize = 12;
const WORD_ROWS: usize = 5;
/// A line with more bytes, fields or quotes than this is not worth the search.
const MAX_BYTES: usize = 8 << 10;
const MAX_MARKS: usize = 400;
const MAX_WIDTH: usize = 200;

/// Prices. A mended row may cost this in all.
const LIMIT: f32 = 16.0;
/// A value of another shape than its column's.
const MISMATCH: f32 = 4.0;
/// A word where the column has always one of a few others.
const STRANGE: f32 = 3.0;
/// A value where the column has none.
const UNKNOWN: f32 = 2.0;
/// An empty cell where the column has none.
const EMPTY: f32 = 3.0;
/// A cell that is not there: where the column has empty ones, where the line has ended, and elsewhere.
const ABSENT: f32 = 2.0;
const ABSENT_END: f32 = 4.2;
const ABSENT_WITHIN: f32 = 6.0;
/// An empty cell left out.
const EXTRA: f32 = 2.0;
/// A cell more than the table is wide.
const OVER: f32 = 8.0;
/// Two cells without a delimiter between them: where a quoted one begins or ends, where a value ends, and where
/// a value could go on.
const JOINED_QUOTE: f32 = 4.0;
const JOINED: f32 = 5.0;
const JOINED_EARLY: f32 = 5.5;
/// A delimiter within an unquoted cell: prose has spaces, and commas now and then.
const INNER_SPACE: f32 = 0.5;
const INNER: f32 = 3.0;
/// An unquoted cell that begins with a quote, a quote within such a cell, one within a quoted cell, and one
/// there that looks like a closing one.
const LEADING_QUOTE: f32 = 2.0;
const BARE_QUOTE: f32 = 1.5;
const INNER_QUOTE: f32 = 1.0;
const PASSED_QUOTE: f32 = 4.0;
/// The row has a delimiter of its own.
const OTHER_DELIMITER: f32 = 3.0;

/// What is known of a column's values.
#[derive(Debug, Clone, Default)]
struct Column {
    shapes: HashMap<Vec<u8>, usize>,
    /// The first few different values.
    words: HashSet<Vec<u8>>,
    filled: usize,
    empties: usize,
    /// Cells without a digit.
    wordy: usize,
    free: bool,
}

impl Column {
    fn learn(&mut self, cell: &[u8]) {
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
    fn is_shaped(&self) -> bool {
        let shaped = self.filled - self.wordy;
        !self.free && self.wordy * 10 <= self.filled && shaped >= 3 * self.shapes.len()
    }

    /// Values are a few words, each of them often.
    fn is_listed(&self) -> bool {
        self.words.len() <= MAX_WORDS && self.filled >= WORD_ROWS * self.words.len()
    }

    /// What it costs that `cell` stands in this column.
    fn price(&self, cell: &[u8]) -> f32 {
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

const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'9',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' | 0x80.. => b'a',
        other => other,
    }
}

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

/// One way to read on: what it costs so far, where it came from, and the cell it made.
#[derive(Clone)]
struct Step {
    price: f32,
    from: (usize, usize),
    cell: Option<Vec<u8>>,
}

/// The search over one line with one delimiter. A state is (columns done, where the next field begins);
/// `line.len() + 1` is behind the end.
struct Search<'a> {
    mender: &'a Mender,
    line: &'a [u8],
    delimiter: u8,
    spaced: bool,
    /// For each column with shapes, where in the line such a value stands: (begin, end).
    values: Vec<Vec<(usize, usize)>>,
    steps: HashMap<(usize, usize), Step>,
}

impl<'a> Search<'a> {
    fn new(mender: &'a Mender, line: &'a [u8], delimiter: u8, spaced: bool) -> Self {
        let shape: Vec<u8> = line.iter().map(|&b| class(b)).collect();
        let values = mender.columns.iter().map(|column| {
            let mut found = Vec::new();
            if column.is_shaped() {
                for known in column.shapes.keys() {
                    let places = memchr::memmem::find_iter(&shape, known);
                    found.extend(places.map(|at| (at, at + known.len())));
                }
            }
            found
        });
        Self {
            mender,
            line,
            delimiter,
            spaced,
            values: values.collect(),
            steps: HashMap::new(),
        }
    }

    /// The cheapest reading and its price.
    fn best(mut self) -> Option<(f32, Cells)> {
        let start = Step {
            price: 0.0,
            from: (0, 0),
            cell: None,
        };
        self.steps.insert((0, 0), start);
        // Columns only grow and places only move on, so states are final once they are passed.
        for column in 0..=self.mender.width() {
            for at in 0..=self.line.len() + 1 {
                if let Some(step) = self.steps.get(&(column, at)) {
                    let price = step.price;
                    if price <= LIMIT {
                        self.go_on(column, at, price);
                    }
                }
            }
        }
        let mut state = (self.mender.width(), self.line.len() + 1);
        let price = self.steps.get(&state)?.price;
        let mut cells = Vec::new();
        while state != (0, 0) {
            let step = self.steps.get(&state)?;
            cells.extend(step.cell.clone());
            state = step.from;
        }
        cells.reverse();
        Some((price, cells))
    }

    fn reach(&mut self, from: (usize, usize), to: (usize, usize), price: f32, cell: Option<&[u8]>) {
        let known = self.steps.get(&to);
        if known.is_none_or(|known| price < known.price) {
            let cell = cell.map(<[u8]>::to_vec);
            self.steps.insert(to, Step { price, from, cell });
        }
    }

    fn go_on(&mut self, column: usize, at: usize, price: f32) {
        let (width, length) = (self.mender.width(), self.line.len());
        let here = (column, at);
        if column < width {
            let cost = match self.mender.columns[column].empties {
                1.. => ABSENT,
                0 if at > length => ABSENT_END,
                0 => ABSENT_WITHIN,
            };
            // Of two places that cost the same the later one.
            let early = (width - column) as f32 * 0.01;
            self.reach(here, (column + 1, at), price + cost + early, Some(b""));
        }
        if at > length {
            return;
        }
        let begin = if self.spaced {
            let spaces = self.line[at..].iter().take_while(|&&b| b == b' ').count();
            at + spaces
        } else {
            at
        };
        if begin == length || self.line[begin] == self.delimiter {
            // An empty cell: it may be one too many.
            self.reach(here, (column, begin + 1), price + EXTRA, None);
        }
        let quoted = self.line.get(begin) == Some(&self.mender.marks.quote);
        if quoted {
            self.quoted(here, begin, price);
        }
        self.bare(
            here,
            begin,
            price + if quoted { LEADING_QUOTE } else { 0.0 },
        );
    }

    /// The cell ends at `end`; what follows it begins at `next`.
    fn take(&mut self, here: (usize, usize), cell: &[u8], next: usize, price: f32) {
        let column = here.0;
        match self.mender.columns.get(column) {
            Some(known) => {
                let price = price + known.price(cell);
                self.reach(here, (column + 1, next), price, Some(cell));
            }
            None => self.reach(here, (column, next), price + OVER, Some(cell)),
        }
    }

    fn bare(&mut self, here: (usize, usize), begin: usize, price: f32) {
        let (line, quote) = (self.line, self.mender.marks.quote);
        let shaped = |column: usize| self.mender.is_valued(column);
        let (own_shaped, next_shaped) = (shaped(here.0), shaped(here.0 + 1));
        let unbroken = price;
        let mut price = price;
        let mut first_end = None;
        for end in begin..=line.len() {
            if end == line.len() || line[end] == self.delimiter {
                first_end.get_or_insert(end);
                self.take(here, &line[begin..end], end + 1, price);
                price += match (own_shaped, self.delimiter) {
                    (true, _) => LIMIT,
                    (_, b' ') => INNER_SPACE,
                    _ => INNER,
                };
                if price > LIMIT {
                    break;
                }
                continue;
            }
            if line[end] == quote && end > begin {
                if first_end.is_none() {
                    // A quoted cell may begin here.
                    self.take(here, &line[begin..end], end, price + JOINED_QUOTE);
                }
                price += BARE_QUOTE;
            }
        }
        // A value may end within, or the next column's begin.
        let limit = first_end.unwrap_or(line.len());
        let column = here.0;
        let mut joints: Vec<usize> = Vec::new();
        if own_shaped {
            let ends = self.values[column].iter().filter(|v| v.0 == begin);
            joints.extend(ends.map(|v| v.1));
        } else if next_shaped {
            joints.extend(self.values[column + 1].iter().map(|v| v.0));
        }
        joints.retain(|&joint| joint > begin && joint < limit);
        let longest = joints.iter().copied().max().filter(|_| own_shaped);
        for joint in joints {
            let early = longest.is_some_and(|longest| joint < longest);
            let cost = if early { JOINED_EARLY } else { JOINED };
            self.take(here, &line[begin..joint], joint, unbroken + cost);
        }
    }

    /// From the opening quote at `begin` to each quote that may be the closing one.
    fn quoted(&mut self, here: (usize, usize), begin: usize, price: f32) {
        let (line, quote) = (self.line, self.mender.marks.quote);
        let mut cell = Vec::new();
        let mut price = price;
        let mut at = begin + 1;
        while at < line.len() && price <= LIMIT {
            let byte = line[at];
            if Some(byte) == self.mender.marks.escape && at + 1 < line.len() {
                if line[at + 1] != quote && line[at + 1] != byte {
                    cell.push(byte);
                }
                cell.push(line[at + 1]);
                at += 2;
                continue;
            }
            if byte != quote {
                cell.push(byte);
                at += 1;
                continue;
            }
            let mut after = at + 1;
            if self.spaced {
                after += line[after..].iter().take_while(|&&b| b == b' ').count();
            }
            let doubled = line.get(at + 1) == Some(&quote);
            let closes = after >= line.len() || line[after] == self.delimiter;
            if closes {
                self.take(here, &cell, after + 1, price);
            } else {
                self.take(here, &cell, at + 1, price + JOINED_QUOTE);
            }
            // A doubled quote may also be one that stands there and one that closes.
            if doubled && line.get(at + 2).is_none_or(|&b| b == self.delimiter) {
                let mut whole = cell.clone();
                whole.push(quote);
                self.take(here, &whole, at + 3, price + INNER_QUOTE);
            }
            cell.push(quote);
            at += if doubled { 2 } else { 1 };
            price += match (doubled, closes) {
                (true, _) => 0.0,
                (_, true) => PASSED_QUOTE,
                _ => INNER_QUOTE,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Cells {
        text.split('|')
            .map(|cell| cell.as_bytes().to_vec())
            .collect()
    }

    fn mender() -> Mender {
        let mut mender = Mender::new(Marks::default(), 5);
        for i in 10..40 {
            let note = ["pump, seen", "valve", "hose of 3\" or so"][i % 3];
            let row = format!("2026-01-{i}|{}:00|AB-{}|{note}|", i % 10, i * 17 + 1000);
            mender.learn(&cells(&row));
        }
        mender
    }

    #[test]
    fn each_irregularity_is_mended() {
        let well = "2026-01-12|7:00|AB-1234|pump, seen|";
        for line in [
            // A delimiter too many, anywhere.
            r#",2026-01-12,7:00,AB-1234,"pump, seen","#,
            r#"2026-01-12,,7:00,AB-1234,"pump, seen","#,
            r#"2026-01-12,7:00,AB-1234,,"pump, seen","#,
            r#"2026-01-12,7:00,AB-1234,"pump, seen",,"#,
            // One too few.
            r#"2026-01-127:00,AB-1234,"pump, seen","#,
            r#"2026-01-12,7:00AB-1234,"pump, seen","#,
            r#"2026-01-12,7:00,AB-1234"pump, seen","#,
            r#"2026-01-12,7:00,AB-1234,"pump, seen""#,
            // Quotes forgotten, or another delimiter.
            "2026-01-12,7:00,AB-1234,pump, seen,",
            r#"2026-01-12;7:00;AB-1234;"pump, seen";"#,
            r#"2026-01-12 7:00 AB-1234 "pump, seen" "#,
            "2026-01-12 7:00 AB-1234 pump, seen ",
        ] {
            assert_eq!(mender().mend(line.as_bytes()), Some(cells(well)), "{line}");
        }
    }

    #[test]
    fn a_stray_quote_belongs_to_its_cell() {
        for (line, well) in [
            (
                r#""2026-01-12,7:00,AB-1234,"pump, seen","#,
                "\"2026-01-12|7:00|AB-1234|pump, seen|",
            ),
            (
                r#"2026-01-12,7:00,AB-1234,""pump, seen","#,
                "2026-01-12|7:00|AB-1234|\"pump, seen|",
            ),
            (
                r#"2026-01-12,7:00,AB-1234,"pump, 3"","#,
                "2026-01-12|7:00|AB-1234|pump, 3\"|",
            ),
            (
                r#"2026-01-12,7:00,AB-1234,"pump, 3" wide","#,
                "2026-01-12|7:00|AB-1234|pump, 3\" wide|",
            ),
            (
                r#"2026-01-12,7:00,AB-1234,"pump, seen",""#,
                "2026-01-12|7:00|AB-1234|pump, seen|\"",
            ),
        ] {
            assert_eq!(mender().mend(line.as_bytes()), Some(cells(well)), "{line}");
        }
    }

    #[test]
    fn what_fits_nothing_stays_as_it_is() {
        assert_eq!(mender().mend(b"1,2,3,4,5,6,7,8,9"), None);
        assert_eq!(mender().plain(b"1,2"), cells("1|2"));
    }

    proptest::proptest! {
        #[test]
        fn no_byte_of_a_cell_is_lost(line in "[0-9a-z:\" ,-]{0,60}") {
            if let Some(cells) = mender().mend(line.as_bytes()) {
                let kept = |text: &[u8]| -> Vec<u8> {
                    text.iter().copied().filter(|b| !b", \"".contains(b)).collect()
                };
                proptest::prop_assert_eq!(kept(line.as_bytes()), kept(&cells.concat()));
            }
        }
    }
}
