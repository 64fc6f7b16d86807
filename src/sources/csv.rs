//! CSV as it comes: delimiter found from the header, quotes, LF and CRLF, a byte-order mark,
//! UTF-8 or Windows-1252. Memory is bounded whatever the file holds: a record longer than
//! [`MAX_RECORD_BYTES`] ends the reading, and a quote that never closes costs one line, not the file.

use std::io::Read;

use csv_core::ReadRecordResult;

use crate::domain::ports::{RawRecord, RecordStream, decode};
use crate::domain::source::Shape;
use crate::domain::{Format, SourceError};

/// Longest record, in bytes. A row of readings has about a hundred.
pub const MAX_RECORD_BYTES: usize = 1 << 20;
/// A quoted record over several lines that grows past this is a stray quote.
const MAX_MULTILINE_BYTES: usize = 64 << 10;
const CHUNK_BYTES: usize = 128 << 10;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The records of one CSV file.
pub struct CsvStream<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    core: csv_core::Reader,
    delimiter: u8,
    header: Vec<String>,
    /// Line ends seen so far.
    lines: u64,
    hasher: blake3::Hasher,
}

impl<R: Read> CsvStream<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Empty, binary, or a first line without an end.
    pub fn new(input: R) -> Result<Self, SourceError> {
        let mut stream = Self {
            input,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            core: csv_core::Reader::new(),
            delimiter: b',',
            header: Vec::new(),
            lines: 0,
            hasher: blake3::Hasher::new(),
        };
        stream.fill()?;
        if stream.buffer.starts_with(b"\xEF\xBB\xBF") {
            stream.at = 3;
        }
        let start = &stream.buffer[stream.at..];
        if start.iter().all(u8::is_ascii_whitespace) && stream.ended {
            return Err(SourceError::Empty);
        }
        if start.iter().take(8192).any(|&b| b == 0) {
            return Err(SourceError::Binary);
        }
        stream.delimiter = sniff(start);
        stream.reset_core();
        let mut record = RawRecord::default();
        if !stream.read(&mut record)? {
            return Err(SourceError::Empty);
        }
        stream.header = (0..record.len())
            .filter_map(|i| record.field(i))
            .map(|field| decode(field).trim().to_owned())
            .collect();
        let garbled = |name: &String| name.chars().any(|c| c.is_control() || c == '\u{FFFD}');
        if stream.header.iter().any(garbled) {
            return Err(SourceError::Binary);
        }
        Ok(stream)
    }

    fn reset_core(&mut self) {
        self.core = csv_core::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .build();
    }

    /// Appends the next chunk of the file to what is left of the last one.
    fn fill(&mut self) -> Result<(), SourceError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let kept = self.buffer.len();
        self.buffer.resize(kept + CHUNK_BYTES, 0);
        let mut filled = kept;
        while filled < self.buffer.len() {
            match self.input.read(&mut self.buffer[filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(SourceError::Unreadable { why: e.to_string() }),
            }
        }
        self.hasher.update(&self.buffer[kept..filled]);
        self.buffer.truncate(filled);
        Ok(())
    }

    /// Skips line ends between records and counts them.
    /// LF, CRLF and a lone CR each end one line.
    fn skip_line_ends(&mut self) -> Result<bool, SourceError> {
        let mut after_cr = false;
        loop {
            while let Some(&byte) = self.buffer.get(self.at) {
                match byte {
                    b'\n' if after_cr => {}
                    b'\n' | b'\r' => self.lines += 1,
                    _ => return Ok(true),
                }
                after_cr = byte == b'\r';
                self.at += 1;
            }
            if self.ended {
                return Ok(false);
            }
            self.fill()?;
        }
    }

    /// Parses one record from `self.at` on.
    fn parse(&mut self, record: &mut RawRecord) -> Result<(), SourceError> {
        record.line = self.lines + 1;
        record.raw.clear();
        record.cut = false;
        // What one huge record needed is not cleared again for every row after it.
        if record.text.capacity() > 16 << 10 || record.ends.capacity() > 1 << 10 {
            (record.text, record.ends) = (Vec::new(), Vec::new());
        }
        record.text.resize(record.text.capacity().max(256), 0);
        record.ends.resize(record.ends.capacity().max(16), 0);
        let (mut text, mut ends) = (0, 0);
        loop {
            if self.at == self.buffer.len() && !self.ended {
                self.fill()?;
            }
            let input = &self.buffer[self.at..];
            let flushing = input.is_empty();
            let (result, read, wrote, fields) =
                self.core
                    .read_record(input, &mut record.text[text..], &mut record.ends[ends..]);
            record.raw.extend_from_slice(&input[..read]);
            self.at += read;
            text += wrote;
            ends += fields;
            if record.raw.len() > MAX_RECORD_BYTES {
                return Err(SourceError::EndlessLine {
                    line: record.line,
                    limit_kib: MAX_RECORD_BYTES >> 10,
                });
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => record.text.resize(record.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => record.ends.resize(record.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    record.cut = flushing;
                    break;
                }
                ReadRecordResult::End => {
                    record.cut = true;
                    break;
                }
            }
            if record.raw.len() > MAX_MULTILINE_BYTES && record.raw.contains(&b'\n') {
                break;
            }
        }
        record.text.truncate(text);
        record.ends.truncate(ends);
        while matches!(record.raw.last(), Some(b'\n' | b'\r')) {
            // The line end belongs to the record in the file, not in the report; it is counted by
            // `skip_line_ends`, to which it is given back.
            record.raw.pop();
            self.at = self.at.saturating_sub(1);
        }
        Ok(())
    }

    /// A record that spans lines and does not fit the header began with a stray quote: only its first
    /// line is bad. The rest goes back to be read again.
    fn recover(&mut self, record: &mut RawRecord) {
        let Some(end) = record.raw.iter().position(|&b| b == b'\n') else {
            return;
        };
        let back = record.raw.split_off(end);
        if self.at >= back.len() {
            self.at -= back.len();
        } else {
            // The buffer moved on since: put the bytes before what is left of it.
            let rest = self.buffer.split_off(self.at);
            self.buffer = back;
            self.buffer.extend_from_slice(&rest);
            self.at = 0;
        }
        if record.raw.last() == Some(&b'\r') {
            record.raw.pop();
        }
        record.text.clear();
        record.text.extend_from_slice(&record.raw);
        record.ends.clear();
        record.ends.push(record.text.len());
        record.cut = false;
        self.reset_core();
    }
}

impl<R: Read> RecordStream for CsvStream<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        self.parse(record)?;
        let spans_lines = record.raw.contains(&b'\n');
        let misfit = !self.header.is_empty() && record.len() != self.header.len();
        if spans_lines && (misfit || record.raw.len() > MAX_MULTILINE_BYTES) {
            self.recover(record);
        }
        self.lines += record.raw.iter().filter(|&&b| b == b'\n').count() as u64;
        Ok(true)
    }

    fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    fn shape(&self) -> Shape {
        Shape {
            format: Some(Format::Csv),
            delimiter: Some(char::from(self.delimiter)),
            decimal_comma: Some(self.decimal_comma()),
            header_row: Some(1),
            ..Shape::default()
        }
    }

    fn decimal_comma(&self) -> bool {
        self.delimiter != b','
    }
}

/// The delimiter that stands most often in the first line, outside quotes.
fn sniff(start: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(i) = DELIMITERS.iter().position(|&d| d == byte) {
                    counts[i] += 1;
                }
            }
        }
    }
    // The comma wins a tie, and where there is none at all.
    (0..DELIMITERS.len())
        .rev()
        .max_by_key(|&i| counts[i])
        .map_or(b',', |i| DELIMITERS[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Rows = Vec<(u64, Vec<String>, bool)>;

    fn rows(text: &[u8]) -> Result<(Vec<String>, Rows), SourceError> {
        let mut stream = CsvStream::new(text)?;
        let (mut out, mut record) = (Vec::new(), RawRecord::default());
        while stream.read(&mut record)? {
            let fields = (0..record.len())
                .map(|i| decode(record.field(i).unwrap()).into_owned())
                .collect();
            out.push((record.line, fields, record.cut));
        }
        assert_eq!(stream.digest(), *blake3::hash(text).as_bytes());
        Ok((stream.header().to_vec(), out))
    }

    fn fields(text: &[&str]) -> Vec<String> {
        text.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn lines_are_those_an_editor_shows() {
        for end in ["\n", "\r\n"] {
            let text = ["a;b", "1;2", "", "3;\"4", "5\"", "6;7", ""].join(end);
            let (header, rows) = rows(text.as_bytes()).unwrap();
            assert_eq!(header, fields(&["a", "b"]));
            assert_eq!(rows[0], (2, fields(&["1", "2"]), false));
            assert_eq!(rows[1], (4, fields(&["3", &format!("4{end}5")]), false));
            assert_eq!(rows[2], (6, fields(&["6", "7"]), false));
        }
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line_too() {
        let (_, rows) = rows(b"a,b\r1,2\r\r3,4\r\n5,6\r").unwrap();
        let lines: Vec<u64> = rows.iter().map(|r| r.0).collect();
        assert_eq!(lines, [2, 4, 5]);
        assert!(rows.iter().all(|r| r.1.len() == 2 && !r.2));
    }

    #[test]
    fn a_file_that_ends_within_a_line_says_so() {
        let (_, rows) = rows(b"a,b\n1,2\n3,4").unwrap();
        assert_eq!(rows[1], (3, fields(&["3", "4"]), true));
        assert!(!rows[0].2);
    }

    #[test]
    fn a_stray_quote_costs_one_line() {
        let (_, rows) = rows(b"a,b\n1,2\n\"3,4\n5,6\n7,8\n").unwrap();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1].1, fields(&["\"3,4"]));
        assert_eq!(rows[2], (4, fields(&["5", "6"]), false));
        assert_eq!(rows[3], (5, fields(&["7", "8"]), false));
    }

    #[test]
    fn a_stray_quote_costs_one_line_in_a_long_file_too() {
        let mut text = b"a,b\n\"1,2\n".to_vec();
        for i in 0..40_000 {
            text.extend_from_slice(format!("{i},{i}\n").as_bytes());
        }
        let (_, rows) = rows(&text).unwrap();
        assert_eq!(rows.len(), 40_001);
        assert_eq!(rows[40_000].0, 40_002);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert_eq!(rows(b"").unwrap_err(), SourceError::Empty);
        assert_eq!(rows(b"\n \r\n").unwrap_err(), SourceError::Empty);
        assert_eq!(rows(b"PK\x03\x04\0\0\0").unwrap_err(), SourceError::Binary);
        assert_eq!(
            rows(b"\x7fELF\x01\x02,\n1\n").unwrap_err(),
            SourceError::Binary
        );
        let endless = vec![b'x'; 3 * MAX_RECORD_BYTES];
        assert!(matches!(
            rows(&endless).unwrap_err(),
            SourceError::EndlessLine { line: 1, .. }
        ));
    }

    #[test]
    fn an_endless_line_is_given_up_in_bounded_memory() {
        let mut stream = CsvStream::new(b"a,b\n".chain(std::io::repeat(b'9'))).unwrap();
        let mut record = RawRecord::default();
        assert!(matches!(
            stream.read(&mut record).unwrap_err(),
            SourceError::EndlessLine { line: 2, .. }
        ));
        assert!(stream.buffer.capacity() < 4 * MAX_RECORD_BYTES);
    }

    #[test]
    fn a_mark_and_windows_1252_are_read() {
        let (header, rows) = rows(b"\xEF\xBB\xBFd\xE9bit\tb\n\xB0\t2\n").unwrap();
        assert_eq!(header, fields(&["débit", "b"]));
        assert_eq!(rows[0].1, fields(&["°", "2"]));
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            let _outcome = rows(&bytes);
        }

        #[test]
        fn every_line_is_seen_once_whatever_quotes_it_holds(
            lines in proptest::collection::vec("[a-z0-9\",]{1,12}", 1..60)
        ) {
            let text = format!("h1,h2\n{}\n", lines.join("\n"));
            let (_, rows) = rows(text.as_bytes()).unwrap();
            // Records start on increasing lines, none past the end.
            prop_assert!(rows.windows(2).all(|w| w[0].0 < w[1].0));
            prop_assert!(rows.iter().all(|r| r.0 >= 2 && r.0 <= lines.len() as u64 + 1));
        }
    }
}
