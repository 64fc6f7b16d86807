//! The tables of a polluted CSV, put right: preamble and footnotes told from rows, header rows joined,
//! further tables told apart, rows mended. For `cidp convert` only, where a row is never dropped: the
//! pipeline reads the same file record by record and quarantines what does not fit.
//!
//! Memory is bounded: the first rows of each table are held to learn from, then rows pass one by one.

use std::collections::{HashMap, VecDeque};

use crate::domain::SourceError;
use crate::domain::ports::{RawRecord, RecordStream};

use super::csv::split::split;
use super::csv::{CsvStream, line_ends};
use super::layout::kind::Kind;
use super::mend::{Cells, Mender};

/// What is held to learn a table's values from.
const LEARN_ROWS: usize = 2000;
const LEARN_BYTES: usize = 4 << 20;
/// Rows that may be footnotes, held until it is known whether rows follow them.
const HELD_ROWS: usize = 64;
/// Rows that may be header rows below the first.
const HEADER_ROWS: usize = 4;
/// Rows mended at most: a file that needs more is not polluted, it is something else.
const MENDED_ROWS: u64 = 200_000;

/// What no table takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Before the header.
    Preamble,
    /// After the last row: a note, or a row without a cell.
    Footnote,
}

/// Takes what a file holds, in order.
pub trait Sink {
    type Error: From<SourceError>;

    /// The next table begins on this line. Of one without a header the first row is a row.
    fn table(&mut self, line: u64) -> Result<(), Self::Error>;

    /// The header's cells, in as many rows as it has, joined.
    fn header(&mut self, cells: &[Vec<u8>]) -> Result<(), Self::Error>;

    /// A row; `mended` when it did not fit as it stood.
    fn row(&mut self, cells: &[Vec<u8>], mended: bool) -> Result<(), Self::Error>;

    /// Lines that are in no table.
    fn left(&mut self, what: Left, line: u64, text: &[u8]) -> Result<(), Self::Error>;
}

/// Hands all of a file to a sink.
///
/// # Errors
/// The file cannot be read on, or the sink cannot take it.
pub fn tidy<S: Sink>(stream: CsvStream, sink: &mut S) -> Result<(), S::Error> {
    for (line, text) in stream.preamble() {
        sink.left(Left::Preamble, *line, text)?;
    }
    let mut ahead = VecDeque::new();
    ahead.push_back(stream.header_record().clone());
    let mut tidy = Tidy {
        stream,
        ahead,
        mended: 0,
    };
    while let Some(first) = tidy.peek()? {
        sink.table(first.line)?;
        tidy.table(sink)?;
    }
    Ok(())
}

struct Tidy {
    stream: CsvStream,
    /// Read and not yet taken.
    ahead: VecDeque<RawRecord>,
    mended: u64,
}

/// A table as far as it is known when its rows pass.
struct Known {
    mender: Mender,
    /// The header row that another table's is known by.
    names: Cells,
    /// Cells that a row usually has.
    usual: usize,
}

impl Tidy {
    fn peek(&mut self) -> Result<Option<&RawRecord>, SourceError> {
        if self.ahead.is_empty() {
            self.read_ahead()?;
        }
        Ok(self.ahead.front())
    }

    fn read_ahead(&mut self) -> Result<bool, SourceError> {
        let mut record = RawRecord::default();
        let more = self.stream.read(&mut record)?;
        if more {
            self.ahead.push_back(record);
        }
        Ok(more)
    }

    fn take(&mut self) -> Result<Option<RawRecord>, SourceError> {
        if self.ahead.is_empty() {
            self.read_ahead()?;
        }
        Ok(self.ahead.pop_front())
    }

    /// Reads one table up to the next one, or the end.
    fn table<S: Sink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        let mut bytes: usize = self.ahead.iter().map(|record| record.raw.len()).sum();
        while self.ahead.len() < LEARN_ROWS && bytes < LEARN_BYTES && self.read_ahead()? {
            bytes += self.ahead.back().map_or(0, |record| record.raw.len());
        }
        let mut known = self.learn();
        match self.header(&known)? {
            Some(cells) => sink.header(&cells)?,
            // A row's cells may well stand in another row.
            None => known.names.clear(),
        }
        self.rows(&known, sink)
    }

    /// The width of most rows of the table that begins here; spaces stand in prose too, so there it is the
    /// header's.
    fn width(&self, names: &Cells) -> usize {
        let own = names.len();
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let mut last: Option<&RawRecord> = None;
        for record in self.ahead.iter().skip(1) {
            // Another table may begin here.
            if last.is_some_and(|last| {
                let apart = record.line > line_of_end(last) + 1 && record.len() != last.len();
                apart || is_header_again(&self.cells(record), names)
            }) {
                break;
            }
            *counts.entry(record.len()).or_default() += 1;
            last = Some(record);
        }
        let usual = counts
            .into_iter()
            .max_by_key(|&(width, count)| (count, width == own, width));
        match usual {
            Some((width, _)) if self.stream.layout().marks.delimiter != b' ' => width,
            _ => own,
        }
    }

    fn learn(&self) -> Known {
        let first = self.ahead.front();
        let names = first.map_or_else(Vec::new, |first| self.cells(first));
        let width = self.width(&names);
        let mut mender = Mender::new(self.stream.layout().marks, width);
        let mut filled: Vec<usize> = Vec::new();
        for record in self.ahead.iter().skip(1) {
            let cells = self.cells(record);
            if cells.len() != width || !self.is_regular(record) {
                continue;
            }
            if is_header_again(&cells, &names) {
                // Right below the header it is another row of it.
                if filled.is_empty() {
                    continue;
                }
                break;
            }
            filled.push(filled_in(&cells));
            mender.learn(&cells);
        }
        filled.sort_unstable();
        let usual = filled.get(filled.len() / 2).copied().unwrap_or(width);
        Known {
            mender,
            names,
            usual,
        }
    }

    fn cells(&self, record: &RawRecord) -> Cells {
        (0..record.len())
            .filter_map(|i| record.field(i))
            .map(<[u8]>::to_vec)
            .collect()
    }

    /// Every quote of the record stands where one may.
    fn is_regular(&self, record: &RawRecord) -> bool {
        let marks = self.stream.layout().marks;
        record.in_raw || {
            let found = split(&record.raw, marks, &mut Vec::new(), &mut Vec::new());
            found.strict && !found.bare_quote
        }
    }

    /// The cells of a record, mended where it does not fit and padded where it is short.
    fn fitting(&mut self, record: &RawRecord, mender: &Mender) -> (Cells, bool) {
        let fits = record.len() == mender.width();
        if fits && self.is_regular(record) {
            return (self.cells(record), false);
        }
        self.mended += 1;
        if mender.width() > 1
            && self.mended <= MENDED_ROWS
            && let Some(cells) = mender.mend(&record.raw)
        {
            return (cells, true);
        }
        let mut cells = if fits {
            self.cells(record)
        } else {
            mender.plain(&record.raw)
        };
        cells.resize(cells.len().max(mender.width()), Vec::new());
        (cells, true)
    }

    /// Takes the header: its first row, and rows below it that hold words where the columns hold values. `None`
    /// where the first row holds values itself.
    fn header(&mut self, known: &Known) -> Result<Option<Cells>, SourceError> {
        let mender = &known.mender;
        let valued = (0..mender.width()).filter(|&i| mender.is_valued(i)).count();
        let values = |cells: &Cells| {
            let of = |(i, cell): &(usize, &Vec<u8>)| mender.is_value(*i, cell);
            cells.iter().enumerate().filter(of).count()
        };
        let Some(first) = self.ahead.front() else {
            return Ok(None);
        };
        if valued > 0 && values(&self.cells(first)) * 2 > valued {
            return Ok(None);
        }
        let Some(first) = self.take()? else {
            return Ok(None);
        };
        let (mut header, _) = self.fitting(&first, &mender.without_values());
        for _ in 1..HEADER_ROWS {
            let Some(next) = self.ahead.front() else {
                break;
            };
            let cells = self.cells(next);
            let words = cells
                .iter()
                .enumerate()
                .filter(|(i, cell)| mender.is_valued(*i) && Kind::of(cell) == Kind::Text)
                .count();
            let is_header = cells.len() == mender.width()
                && values(&cells) == 0
                && words >= 2
                && words * 2 >= valued;
            if !is_header {
                break;
            }
            self.take()?;
            for (name, more) in header.iter_mut().zip(cells) {
                if !name.is_empty() && !more.is_empty() {
                    name.push(b' ');
                }
                name.extend(more);
            }
        }
        Ok(Some(header))
    }

    fn rows<S: Sink>(&mut self, known: &Known, sink: &mut S) -> Result<(), S::Error> {
        let mut held: Vec<RawRecord> = Vec::new();
        let mut last_line = 0;
        while let Some(record) = self.peek()? {
            let gap = last_line > 0 && record.line > last_line + 1;
            let record = record.clone();
            if last_line > 0 && self.begins_table(&record, known, gap)? {
                break;
            }
            self.take()?;
            last_line = line_of_end(&record);
            if self.may_be_note(&record, known, gap || !held.is_empty()) && held.len() < HELD_ROWS {
                held.push(record);
                continue;
            }
            for record in held.drain(..).chain([record]) {
                let (cells, mended) = self.fitting(&record, &known.mender);
                sink.row(&cells, mended)?;
            }
        }
        for record in held {
            sink.left(Left::Footnote, record.line, &record.raw)?;
        }
        Ok(())
    }

    /// The header's names stand here again, or a table of another width begins behind a gap.
    fn begins_table(
        &mut self,
        record: &RawRecord,
        known: &Known,
        gap: bool,
    ) -> Result<bool, SourceError> {
        let cells = self.cells(record);
        if is_header_again(&cells, &known.names) {
            return Ok(true);
        }
        let is_names = |cells: &Cells| cells.iter().all(|cell| Kind::of(cell) == Kind::Text);
        if !gap || cells.len() < 2 || cells.len() == known.mender.width() || !is_names(&cells) {
            return Ok(false);
        }
        while self.ahead.len() < 3 && self.read_ahead()? {}
        let follows = self.ahead.iter().skip(1).take(2);
        Ok(self.ahead.len() > 1 && follows.into_iter().all(|next| next.len() == cells.len()))
    }

    /// Few cells, and the first is none of its column's.
    fn may_be_note(&self, record: &RawRecord, known: &Known, apart: bool) -> bool {
        if record.cut || known.usual < 3 {
            return false;
        }
        let cells = self.cells(record);
        let filled = filled_in(&cells);
        if filled == 0 {
            return true;
        }
        let mender = &known.mender;
        let first_fits = match cells.first() {
            Some(first) if mender.is_valued(0) => mender.is_value(0, first),
            _ => !apart,
        };
        // One stray quote makes a single cell of a row: it is a row.
        let is_row = memchr::memchr(self.stream.layout().marks.quote, &record.raw).is_some();
        filled * 2 < known.usual && !first_fits && !is_row && self.is_alone(record, mender)
    }

    /// No other delimiter makes a row of it.
    fn is_alone(&self, record: &RawRecord, mender: &Mender) -> bool {
        record.len() == mender.width() || mender.mend(&record.raw).is_none()
    }
}

/// The line on which a record ends.
fn line_of_end(record: &RawRecord) -> u64 {
    record.line + line_ends(&record.raw)
}

fn filled_in(cells: &[Vec<u8>]) -> usize {
    cells
        .iter()
        .filter(|cell| !cell.trim_ascii().is_empty())
        .count()
}

/// At least two names of the header, and half of them, stand where they stand there.
fn is_header_again(cells: &[Vec<u8>], names: &[Vec<u8>]) -> bool {
    let same = cells
        .iter()
        .zip(names)
        .filter(|(cell, name)| !name.is_empty() && cell == name && Kind::of(name) == Kind::Text);
    let same = same.count();
    same >= 2 && same * 2 >= cells.len().max(names.len())
}
