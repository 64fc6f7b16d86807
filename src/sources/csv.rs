//! CSV as it comes: how it is written is found from its first lines (`layout`) or given; LF, CRLF and CR end
//! lines. Memory is bounded whatever the file holds: a record longer than [`MAX_RECORD_BYTES`] ends the
//! reading, and a quote that never closes costs one line, not the file.
//!
//! Lines without a quote take a way of their own: delimiters are found in the bytes as they lie, and
//! the record is one copy.

pub mod split;

use memchr::{memchr, memchr_iter, memchr2};

use crate::domain::ports::{RawRecord, RecordStream, decode};
use crate::domain::{Dialect, Encoding, Format, SourceError};

use super::content::Content;
use super::layout::Layout;
use split::{Split, split};

/// Longest record, in bytes. A row of readings has about a hundred.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// A quoted record over several lines that grows past this is a stray quote.
const MAX_MULTILINE_BYTES: usize = 64 << 10;
/// Lines before a header that are kept.
const MAX_PREAMBLE: usize = 100;
const CHUNK_BYTES: usize = 256 << 10;
/// What the layout is found from.
const SAMPLE_BYTES: usize = 128 << 10;

/// The records of one CSV file.
pub struct CsvStream {
    input: Content<'static>,
    /// Text read and not yet taken: `at..filled`.
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    /// Where the next quote stands, or `filled`; found again whenever it lies behind `at`.
    quote_at: usize,
    layout: Layout,
    header: Vec<String>,
    header_record: RawRecord,
    /// The lines before the header, with their numbers; as many as anyone wants to see.
    preamble: Vec<(u64, Vec<u8>)>,
    /// Line ends seen so far.
    lines: u64,
    dialect: Dialect,
}

impl CsvStream {
    /// Finds the layout and reads the header.
    ///
    /// # Errors
    /// Empty, binary, or a first line without an end.
    pub fn new(input: Content<'static>, dialect: &Dialect) -> Result<Self, SourceError> {
        Self::with_layout(input, dialect, None)
    }

    /// As [`CsvStream::new`]; of a file that was seen before its layout is known, and not looked for again.
    ///
    /// # Errors
    /// As [`CsvStream::new`].
    pub fn with_layout(
        input: Content<'static>,
        dialect: &Dialect,
        known: Option<Layout>,
    ) -> Result<Self, SourceError> {
        let mut stream = Self {
            input,
            buffer: Vec::new(),
            at: 0,
            filled: 0,
            ended: false,
            quote_at: 0,
            layout: Layout::default(),
            header: Vec::new(),
            header_record: RawRecord::default(),
            preamble: Vec::new(),
            lines: 0,
            dialect: dialect.clone(),
        };
        stream.fill()?;
        let start = &stream.buffer[..stream.filled];
        if start.iter().all(u8::is_ascii_whitespace) && stream.ended {
            return Err(SourceError::Empty);
        }
        if start[..start.len().min(8192)].contains(&0) {
            return Err(SourceError::Binary);
        }
        let sample = &start[..start.len().min(SAMPLE_BYTES)];
        let whole = stream.ended && sample.len() == start.len();
        stream.layout = known.unwrap_or_else(|| Layout::find(sample, whole, dialect));
        stream.find_quote();
        stream.skip_preamble()?;
        let mut record = RawRecord::default();
        if !stream.read(&mut record)? {
            return Err(SourceError::Empty);
        }
        stream.header = (0..record.len())
            .filter_map(|i| record.field(i))
            .map(|field| name_of(&decode(field)))
            .collect();
        stream.header_record = record;
        let garbled = |name: &String| name.chars().any(|c| c.is_control() || c == '\u{FFFD}');
        if stream.header.iter().any(garbled) {
            return Err(SourceError::Binary);
        }
        stream.tell_dialect();
        Ok(stream)
    }

    fn tell_dialect(&mut self) {
        let marks = self.layout.marks;
        self.dialect = Dialect {
            format: Some(Format::Csv),
            encoding: Some(self.encoding()),
            delimiter: Some(marks.delimiter),
            quote: Some(marks.quote),
            decimal_comma: Some(self.decimal_comma()),
            header_row: u32::try_from(self.header_record.line).ok(),
            sheet: None,
            records: None,
            columns: Vec::new(),
        };
    }

    /// How the text read so far was decoded: bytes that are no UTF-8 are Windows-1252, field by field.
    fn encoding(&self) -> Encoding {
        if self.input.encoding != Encoding::Utf8 {
            return self.input.encoding;
        }
        let (mut unicode, mut single) = (0_usize, 0_usize);
        let head = [
            &self.header_record.raw[..],
            &self.buffer[self.at..self.filled],
        ];
        for line in head.iter().flat_map(|part| part.split(|&b| b == b'\n')) {
            match std::str::from_utf8(line) {
                Ok(_) => unicode += usize::from(!line.is_ascii()),
                // A character that the chunk cuts is no other encoding.
                Err(e) => single += usize::from(e.error_len().is_some()),
            }
        }
        if single > unicode {
            Encoding::Windows1252
        } else {
            Encoding::Utf8
        }
    }

    /// The header as it stands in the file.
    #[must_use]
    pub const fn header_record(&self) -> &RawRecord {
        &self.header_record
    }

    /// The lines before the header that say something, with their numbers.
    #[must_use]
    pub fn preamble(&self) -> &[(u64, Vec<u8>)] {
        &self.preamble
    }

    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Passes over what stands before the header.
    fn skip_preamble(&mut self) -> Result<(), SourceError> {
        let lines = match self.dialect.header_row {
            Some(row) => u64::from(row.saturating_sub(1)),
            None => self.layout.preamble_lines,
        };
        while self.lines < lines {
            let end = self.line(0)?;
            if end > self.at && self.preamble.len() < MAX_PREAMBLE {
                let text = self.buffer[self.at..end].to_vec();
                self.preamble.push((self.lines + 1, text));
            }
            self.at = end;
            if !self.line_end()? {
                break;
            }
        }
        Ok(())
    }

    /// Takes one line end, if one stands here.
    fn line_end(&mut self) -> Result<bool, SourceError> {
        if self.at + 1 >= self.filled && !self.ended {
            self.fill()?;
        }
        let here = &self.buffer[self.at..self.filled];
        let length = match here {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return Ok(false),
        };
        self.at += length;
        self.lines += 1;
        Ok(true)
    }

    /// Reads the next chunk of the file behind what is left of the last one.
    fn fill(&mut self) -> Result<(), SourceError> {
        self.buffer.copy_within(self.at..self.filled, 0);
        self.filled -= self.at;
        self.at = 0;
        let room = self.filled + CHUNK_BYTES;
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let got = self.input.fill(&mut self.buffer[self.filled..room])?;
        self.ended = got < CHUNK_BYTES;
        self.filled += got;
        self.find_quote();
        Ok(())
    }

    fn find_quote(&mut self) {
        let rest = &self.buffer[self.at..self.filled];
        self.quote_at = self.at + memchr(self.layout.marks.quote, rest).unwrap_or(rest.len());
    }

    /// Skips line ends between records and counts them.
    fn skip_line_ends(&mut self) -> Result<bool, SourceError> {
        loop {
            match self.buffer.get(self.at..self.filled) {
                Some([b'\n' | b'\r', ..]) => {
                    self.line_end()?;
                }
                Some([_, ..]) => return Ok(true),
                _ if self.ended => return Ok(false),
                _ => self.fill()?,
            }
        }
    }

    /// Where the line that begins at `self.at` ends; `from` bytes of it are known to have no end.
    fn line(&mut self, mut from: usize) -> Result<usize, SourceError> {
        loop {
            let rest = &self.buffer[self.at + from..self.filled];
            let found = memchr2(b'\n', b'\r', rest).map(|end| from + end);
            from = self.filled - self.at;
            if found.unwrap_or(from) > MAX_RECORD_BYTES {
                return Err(self.endless());
            }
            if let Some(end) = found {
                return Ok(self.at + end);
            }
            if self.ended {
                return Ok(self.filled);
            }
            self.fill()?;
        }
    }

    const fn endless(&self) -> SourceError {
        SourceError::EndlessLine {
            line: self.lines + 1,
            limit_kib: MAX_RECORD_BYTES >> 10,
        }
    }

    /// The fields of a line without quotes, as they lie.
    fn plain(&mut self, end: usize, record: &mut RawRecord) {
        record.raw.extend_from_slice(&self.buffer[self.at..end]);
        record
            .ends
            .extend(memchr_iter(self.layout.marks.delimiter, &record.raw));
        record.ends.push(record.raw.len());
        record.in_raw = true;
        self.at = end;
    }

    /// The fields of a record with quotes. When it spans lines and does not fit the table, it began
    /// with a stray quote: only its first line is bad, and the rest is read again.
    fn quoted(&mut self, record: &mut RawRecord) -> Result<(), SourceError> {
        let marks = self.layout.marks;
        let (end, strict, endless) = loop {
            record.text.clear();
            record.ends.clear();
            let rest = &self.buffer[self.at..self.filled];
            let Split { end, strict, .. } = split(rest, marks, &mut record.text, &mut record.ends);
            let length = end.unwrap_or(rest.len());
            if end.is_some() || self.ended {
                break (self.at + length, strict, false);
            }
            if length > MAX_MULTILINE_BYTES && memchr2(b'\n', b'\r', rest).is_some() {
                break (self.at + length, false, true);
            }
            if length > MAX_RECORD_BYTES {
                return Err(self.endless());
            }
            self.fill()?;
        };
        let found = &self.buffer[self.at..end];
        let first_line = memchr2(b'\n', b'\r', found);
        let widths = [self.header.len(), self.layout.width];
        let misfit = widths != [0, 0] && !widths.contains(&record.len());
        let end = match first_line {
            Some(line) if misfit || !strict || endless || found.len() > MAX_MULTILINE_BYTES => {
                record.text.clear();
                record.text.extend_from_slice(&found[..line]);
                record.ends.clear();
                record.ends.push(line);
                self.at + line
            }
            _ => end,
        };
        if end - self.at > MAX_RECORD_BYTES {
            return Err(self.endless());
        }
        record.raw.extend_from_slice(&self.buffer[self.at..end]);
        self.at = end;
        Ok(())
    }
}

impl RecordStream for CsvStream {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        record.line = self.lines + 1;
        record.raw.clear();
        record.text.clear();
        record.ends.clear();
        record.in_raw = false;
        let end = self.line(0)?;
        if self.quote_at < self.at {
            self.find_quote();
        }
        if self.quote_at >= end && !self.layout.marks.spaced {
            self.plain(end, record);
        } else {
            self.quoted(record)?;
        }
        record.cut = self.at == self.filled && self.ended;
        // What one huge record needed is not kept for every row after it.
        if record.text.capacity() > 4 * record.text.len().max(4 << 10) {
            record.text.shrink_to(record.text.len());
        }
        if !record.in_raw {
            self.lines += line_ends(&record.raw);
        }
        Ok(true)
    }

    fn digest(&self) -> [u8; 32] {
        self.input.digest()
    }

    fn decimal_comma(&self) -> bool {
        self.dialect
            .decimal_comma
            .unwrap_or(self.layout.marks.delimiter != b',')
    }

    fn dialect(&self) -> Dialect {
        self.dialect.clone()
    }
}

/// A column's name in one line, whatever stands between its words.
pub(super) fn name_of(field: &str) -> String {
    let parts = field.split(['\n', '\r', '\t']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Line ends within a record, CRLF being one.
pub fn line_ends(raw: &[u8]) -> u64 {
    let carriages = memchr_iter(b'\r', raw).count();
    let feeds = memchr_iter(b'\n', raw).filter(|&at| at == 0 || raw[at - 1] != b'\r');
    (carriages + feeds.count()) as u64
}

#[cfg(test)]
mod tests;
