//! How a CSV is written, found from its first lines: delimiter, quote, escape, and where the table begins.
//!
//! Each way of writing is tried on the sample and scored as in van den Burg, Nazábal and Sutton, "Wrangling
//! messy CSV files by detecting row and type patterns" (2019): how many rows have one width, times how many
//! cells look like one thing. What a plain reader would take (the delimiter that stands most often in the
//! first line) keeps its place unless another is clearly better, so well-formed files stay what they are.

pub mod kind;

use memchr::memchr2;

use crate::domain::Dialect;

use super::csv::name_of;
use super::csv::split::{Marks, split};
use crate::domain::ports::decode;
use kind::Kind;

/// Delimiters one meets; the first wins a tie.
const COMMON: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Delimiters believed only where everything speaks for them.
const RARE: [u8; 7] = [b':', b'^', b'~', b'!', b'#', 0x1F, b' '];
const SAMPLE_ROWS: usize = 400;
/// A header that is looked for by its names stands within so many bytes.
const NAMED_WITHIN_BYTES: usize = 8 << 10;
/// Share of the rows that must have one width for a plain reader's choice to stand.
const CONSISTENT: f64 = 0.8;
/// How much better another delimiter must be than the plain reader's.
const CLEARLY: f64 = 1.3;

/// How one file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    pub marks: Marks,
    /// Fields of most rows; 0 where the sample has no rows.
    pub width: usize,
    /// Lines before the header.
    pub preamble_lines: u64,
}

/// One row of the sample.
struct Row {
    /// Lines before it.
    lines: u64,
    kinds: Vec<Kind>,
    strict: bool,
    /// How many of the mapped names stand in it.
    named: usize,
}

impl Row {
    fn filled(&self) -> usize {
        self.kinds
            .iter()
            .filter(|&&kind| kind != Kind::Empty)
            .count()
    }
}

impl Layout {
    /// `whole` says that the sample is all of the file. What `given` says is not looked for.
    #[must_use]
    pub fn find(sample: &[u8], whole: bool, given: &Dialect) -> Self {
        let sample = if whole { sample } else { whole_lines(sample) };
        let sample = after_lines(sample, given.header_row.unwrap_or(1).saturating_sub(1));
        let mut marks = Marks {
            delimiter: given.delimiter.unwrap_or_else(|| plain(sample)),
            ..Marks::default()
        };
        marks.quote = given.quote.unwrap_or_else(|| quote(sample));
        if given.delimiter.is_none() {
            marks.delimiter = that_names(sample, marks, &given.columns)
                .unwrap_or_else(|| delimiter(sample, marks));
        }
        marks.spaced = marks.delimiter != b' ' && spaced(sample, marks);
        marks = escaped(sample, marks);
        let rows = rows_named(sample, marks, width_of(sample, marks), &given.columns);
        let width = if marks.delimiter == b' ' {
            rows.first().map_or(0, |row| row.kinds.len())
        } else {
            modal_width(&rows)
        };
        let preamble_lines = match given.header_row {
            Some(_) => 0,
            None => header(&rows, width)
                .map(|guess| by_its_names(&rows, guess, given.columns.len()))
                .map_or(0, |row| row.lines),
        };
        Self {
            marks,
            width,
            preamble_lines,
        }
    }
}

/// The sample without what may be half a line.
fn whole_lines(sample: &[u8]) -> &[u8] {
    let end = sample.iter().rposition(|b| matches!(b, b'\n' | b'\r'));
    end.map_or(sample, |end| &sample[..end])
}

fn after_lines(sample: &[u8], lines: u32) -> &[u8] {
    let mut rest = sample;
    for _ in 0..lines {
        match memchr2(b'\n', b'\r', rest) {
            Some(end) if rest[end..].starts_with(b"\r\n") => rest = &rest[end + 2..],
            Some(end) => rest = &rest[end + 1..],
            None => break,
        }
    }
    rest
}

/// The delimiter that stands most often in the first line, outside quotes: what a plain reader takes.
fn plain(sample: &[u8]) -> u8 {
    let mut counts = [0_usize; COMMON.len()];
    let mut quoted = false;
    for &byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(i) = COMMON.iter().position(|&d| d == byte) {
                    counts[i] += 1;
                }
            }
        }
    }
    // The comma wins a tie, and where there is none at all.
    (0..COMMON.len())
        .rev()
        .max_by_key(|&i| counts[i])
        .map_or(b',', |i| COMMON[i])
}

/// The apostrophe, where fields begin and end with it and none does with `"`.
fn quote(sample: &[u8]) -> u8 {
    let edges = |quote: u8| {
        let edge = |byte: Option<&u8>| {
            byte.is_none_or(|b| matches!(b, b'\n' | b'\r') || COMMON.contains(b) || *b == b' ')
        };
        let (mut opening, mut closing) = (0_usize, 0_usize);
        for at in memchr::memchr_iter(quote, sample) {
            let before = at.checked_sub(1).and_then(|before| sample.get(before));
            let after = sample.get(at + 1);
            opening += usize::from(edge(before) && !edge(after));
            closing += usize::from(!edge(before) && edge(after));
        }
        opening.min(closing)
    };
    if edges(b'\'') > 4 * edges(b'"') {
        b'\''
    } else {
        b'"'
    }
}

/// The rows of a sample. As when the file is read, a row over several lines that does not fit is a stray
/// quote (`width` 0: whatever closes its quotes fits).
fn rows(sample: &[u8], marks: Marks, width: usize) -> Vec<Row> {
    rows_named(sample, marks, width, &[])
}

/// The same, told apart by the names that their cells hold.
fn rows_named(sample: &[u8], marks: Marks, width: usize, names: &[String]) -> Vec<Row> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    let (mut rest, mut lines) = (sample, 0);
    while rows.len() < SAMPLE_ROWS && !rest.is_empty() {
        if let Some(b'\n' | b'\r') = rest.first() {
            rest = after_lines(rest, 1);
            lines += 1;
            continue;
        }
        text.clear();
        ends.clear();
        let found = split(rest, marks, &mut text, &mut ends);
        let mut end = found.end.unwrap_or(rest.len());
        let mut strict = found.strict;
        if let Some(line) = memchr2(b'\n', b'\r', &rest[..end])
            && (!found.strict || (width > 0 && ends.len() != width))
        {
            end = line;
            strict = false;
            text.clear();
            ends.clear();
            text.extend_from_slice(&rest[..line]);
            ends.push(line);
        }
        let mut start = 0;
        let mut named = 0;
        let kinds = ends.iter().map(|&end| {
            let cell = &text[start..end];
            start = end;
            named += usize::from(is_named(cell, names));
            Kind::of(cell)
        });
        rows.push(Row {
            lines,
            kinds: kinds.collect(),
            strict,
            named,
        });
        let mut inner = &rest[..end];
        while memchr2(b'\n', b'\r', inner).is_some() {
            inner = after_lines(inner, 1);
            lines += 1;
        }
        rest = &rest[end..];
    }
    rows
}

fn is_named(cell: &[u8], names: &[String]) -> bool {
    let plain = cell.trim_ascii();
    names.iter().any(|name| name.as_bytes() == plain)
        || (!names.is_empty()
            && !plain.iter().all(|b| (b' '..=b'~').contains(b))
            && names.contains(&name_of(&decode(cell))))
}

/// The delimiter under which a row near the top holds all the mapped names: no count of cells says it better.
fn that_names(sample: &[u8], marks: Marks, names: &[String]) -> Option<u8> {
    let top = &sample[..sample.len().min(NAMED_WITHIN_BYTES)];
    let own = [marks.delimiter];
    let mut candidates = own.iter().chain(&COMMON).chain(&RARE).copied();
    candidates.find(|&delimiter| {
        let rows = rows_named(top, Marks { delimiter, ..marks }, 0, names);
        names.len() > 1 && rows.iter().any(|row| row.named == names.len())
    })
}

fn width_of(sample: &[u8], marks: Marks) -> usize {
    modal_width(&rows(sample, marks, 0))
}

/// The width of most rows; where two are as frequent the first row's, else the wider.
fn modal_width(rows: &[Row]) -> usize {
    let count = |width: usize| rows.iter().filter(|r| r.kinds.len() == width).count();
    let first = rows.first().map_or(0, |row| row.kinds.len());
    rows.iter()
        .map(|row| row.kinds.len())
        .max_by_key(|&width| (count(width), width == first, width))
        .unwrap_or(0)
}

/// Share of the rows that have the modal width, and that times what its cells are worth.
fn score(sample: &[u8], marks: Marks) -> (f64, f64) {
    let rows = rows(sample, marks, width_of(sample, marks));
    let width = modal_width(&rows);
    if width < 2 {
        return (0.0, 0.0);
    }
    let modal: Vec<&Row> = rows.iter().filter(|r| r.kinds.len() == width).collect();
    let consistency = modal.len() as f64 / rows.len() as f64;
    let cells = modal.iter().flat_map(|row| &row.kinds);
    let worth: f64 = cells.map(|kind| kind.worth()).sum();
    let typed = worth / (modal.len() * width) as f64;
    (
        consistency,
        consistency * typed * (width - 1) as f64 / width as f64,
    )
}

fn delimiter(sample: &[u8], marks: Marks) -> u8 {
    let of = |delimiter: u8| score(sample, Marks { delimiter, ..marks });
    let (consistency, own) = of(marks.delimiter);
    let (best, score) = COMMON
        .iter()
        .rev()
        .map(|&delimiter| (delimiter, of(delimiter).1))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or((marks.delimiter, own));
    let chosen = if consistency >= CONSISTENT && own * CLEARLY >= score {
        marks.delimiter
    } else if score > 0.0 {
        best
    } else {
        marks.delimiter
    };
    if of(chosen).0 >= CONSISTENT {
        return chosen;
    }
    let rare = RARE.iter().find(|&&delimiter| {
        let marks = Marks { delimiter, ..marks };
        speaks_for_itself(&rows(sample, marks, width_of(sample, marks)), delimiter)
    });
    rare.copied().unwrap_or(chosen)
}

/// A rare delimiter is one when the header has three names and every row as many cells; spaces also stand
/// in prose, so there rows may have more cells, and the first column must be values.
fn speaks_for_itself(rows: &[Row], delimiter: u8) -> bool {
    let Some((header, body)) = rows.split_first() else {
        return false;
    };
    let width = header.kinds.len();
    let fits = |row: &&Row| match delimiter {
        b' ' => row.kinds.len() >= width && row.kinds[0].is_typed(),
        _ => row.kinds.len() == width,
    };
    let fitting = body.iter().filter(fits).count();
    width >= 3 && body.len() >= 2 && fitting as f64 >= 0.95 * body.len() as f64
}

/// Nearly every delimiter is followed by a space.
fn spaced(sample: &[u8], marks: Marks) -> bool {
    let (mut all, mut followed, mut quoted) = (0_usize, 0_usize, false);
    for pair in sample.windows(2) {
        if pair[0] == marks.quote {
            quoted = !quoted;
        } else if pair[0] == marks.delimiter && !quoted && !matches!(pair[1], b'\n' | b'\r') {
            all += 1;
            followed += usize::from(pair[1] == b' ');
        } else if matches!(pair[0], b'\n' | b'\r') {
            // A stray quote is forgotten with its line.
            quoted = false;
        }
    }
    all > 0 && followed as f64 >= 0.95 * all as f64
}

/// A backslash escapes quotes where that makes fewer rows irregular.
fn escaped(sample: &[u8], marks: Marks) -> Marks {
    let with = Marks {
        escape: Some(b'\\'),
        ..marks
    };
    if memchr::memmem::find(sample, &[b'\\', marks.quote]).is_none() {
        return marks;
    }
    let irregular = |marks: Marks| {
        let rows = rows(sample, marks, width_of(sample, marks));
        let width = modal_width(&rows);
        let odd = |row: &&Row| !row.strict || row.kinds.len() != width;
        rows.iter().filter(odd).count()
    };
    if irregular(with) < irregular(marks) {
        with
    } else {
        marks
    }
}

/// A row before the guess that holds more of the mapped names is the header: rows that are all wider than it must
/// not cost it its place. A row after the guess never is: what stands between would be passed over.
fn by_its_names<'a>(rows: &'a [Row], guess: &'a Row, names: usize) -> &'a Row {
    rows.iter()
        .take_while(|row| row.lines < guess.lines)
        .filter(|row| row.named > guess.named && row.named * 2 >= names)
        .max_by_key(|row| (row.named, std::cmp::Reverse(row.lines)))
        .unwrap_or(guess)
}

/// The header's row: the first one, unless it is clearly none of the table's.
fn header(rows: &[Row], width: usize) -> Option<&Row> {
    let first = rows.first()?;
    if width < 2 || rows.iter().filter(|r| r.kinds.len() == width).count() < 2 {
        return Some(first);
    }
    let mut filled: Vec<usize> = rows
        .iter()
        .filter(|row| row.kinds.len() == width)
        .map(Row::filled)
        .collect();
    filled.sort_unstable();
    let usual = filled[filled.len() / 2];
    let full = |row: &Row| row.filled() * 2 >= usual.min(width);
    let belongs = |row: &Row| row.kinds.len() == width && full(row);
    if belongs(first) {
        return Some(first);
    }
    let at = rows.iter().position(belongs)?;
    let found = &rows[at];
    let before: Vec<&Row> = rows[..at].iter().filter(|row| full(row)).collect();
    let is_table = before.windows(2).any(|pair| {
        let same = pair[0].kinds.len() == pair[1].kinds.len();
        same && pair[1].kinds.len() > 1 && pair[1].kinds.iter().any(|kind| kind.is_typed())
    });
    if is_table {
        // Another table, not a preamble: nothing of it is passed over.
        return before.first().copied();
    }
    let values = |row: &Row| row.kinds.iter().filter(|kind| kind.is_typed()).count();
    let next = rows[at + 1..].iter().find(|row| belongs(row));
    let is_body = values(found) > 0 && next.is_some_and(|next| values(found) >= values(next));
    match at.checked_sub(1).map(|above| &rows[above]) {
        // A header that lacks a name, has one too many, or is quoted badly.
        Some(above)
            if is_body && (full(above) || !above.strict || at == 1) && values(above) == 0 =>
        {
            Some(above)
        }
        _ => Some(found),
    }
}

#[cfg(test)]
mod tests;
