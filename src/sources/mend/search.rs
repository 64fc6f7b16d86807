//! The search for the cheapest reading of one line with one delimiter.

use std::collections::HashMap;

use super::column::class;
use super::{Cells, Mender};

/// Prices. A mended row may cost this in all.
pub const LIMIT: f32 = 16.0;
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

/// One way to read on: what it costs so far, where it came from, and the cell it made.
#[derive(Clone)]
struct Step {
    price: f32,
    from: (usize, usize),
    cell: Option<Vec<u8>>,
}

/// The search over one line with one delimiter. A state is (columns done, where the next field begins);
/// `line.len() + 1` is behind the end.
pub struct Search<'a> {
    mender: &'a Mender,
    line: &'a [u8],
    delimiter: u8,
    spaced: bool,
    /// For each column with shapes, where in the line such a value stands: (begin, end).
    values: Vec<Vec<(usize, usize)>>,
    steps: HashMap<(usize, usize), Step>,
}

impl<'a> Search<'a> {
    pub fn new(mender: &'a Mender, line: &'a [u8], delimiter: u8, spaced: bool) -> Self {
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
    pub fn best(mut self) -> Option<(f32, Cells)> {
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
