//! Where lines end, in the bytes of a file: counted as an editor does, and found from behind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// A line that is longer is none.
pub const LONGEST: u64 = 2 << 20;
const BLOCK_BYTES: u64 = 64 << 10;

/// Counts line ends: LF, CRLF and a lone CR each end one line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counter {
    lines: u64,
    after_cr: bool,
}

impl From<u64> for Counter {
    fn from(lines: u64) -> Self {
        Self {
            lines,
            after_cr: false,
        }
    }
}

impl Counter {
    pub fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.lines += 1,
                _ => {}
            }
            self.after_cr = byte == b'\r';
        }
    }

    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }
}

/// The end of the last whole line of `file` between `from` and `to`; `from` where there is none. Zero bytes at
/// the end are room that a copy has reserved and not written yet. A last line within an open quote waits for
/// the next one.
///
/// # Errors
/// The file cannot be read.
pub fn whole_end(file: &mut File, from: u64, to: u64) -> io::Result<u64> {
    let mut end = to;
    let mut block = Vec::new();
    while end > from {
        let start = end.saturating_sub(BLOCK_BYTES).max(from);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(zero) = block.iter().position(|&b| b == 0) {
            block.truncate(zero);
        }
        if let Some(at) = last_end(&block) {
            // Where all that is new is in view, a record over several lines can be told from its quotes.
            let kept = if start == from {
                closed(&block[..at])
            } else {
                at
            };
            return Ok(start + kept as u64);
        }
        end = start;
    }
    Ok(from)
}

/// After the last line end: LF, or CR in a text that has no LF.
fn last_end(text: &[u8]) -> Option<usize> {
    let last = |text: &[u8], end: u8| text.iter().rposition(|&b| b == end).map(|at| at + 1);
    // The LF of a last CR may be still to come.
    last(text, b'\n').or_else(|| last(&text[..text.len().saturating_sub(1)], b'\r'))
}

/// `text` without its last line, where that one opens a quote and does not close it.
fn closed(text: &[u8]) -> usize {
    let odd = |text: &[u8]| text.iter().filter(|&&b| b == b'"').count() % 2 == 1;
    let last = last_end(&text[..text.len().saturating_sub(1)]).unwrap_or(0);
    if odd(text) && odd(&text[last..]) {
        last
    } else {
        text.len()
    }
}

/// The first lines of a file: about `about` bytes, whole lines, nothing after `to` (which ends a line).
///
/// # Errors
/// The file cannot be read.
pub fn head(file: &mut File, to: u64, about: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.rewind()?;
    file.take(to.min(about)).read_to_end(&mut head)?;
    if to <= about {
        return Ok(head);
    }
    while head.len() < usize::try_from(to).unwrap_or(usize::MAX) {
        if let Some(end) = last_end(&head) {
            head.truncate(end);
            return Ok(head);
        }
        let read = file
            .take(about.min(to - head.len() as u64))
            .read_to_end(&mut head)?;
        if read == 0 {
            break;
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_end_where_they_end() {
        let end = |text: &[u8], from: u64| {
            let mut file = tempfile::tempfile().unwrap();
            io::Write::write_all(&mut file, text).unwrap();
            whole_end(&mut file, from, text.len() as u64).unwrap()
        };
        assert_eq!(end(b"a\nb\nc", 0), 4);
        assert_eq!(end(b"a\nb\nc", 4), 4);
        assert_eq!(end(b"a\r\nb\r", 0), 3);
        assert_eq!(end(b"a\rb\rc", 0), 4);
        // A last CR may be half of a line end.
        assert_eq!(end(b"a\rb\r", 0), 2);
        assert_eq!(end(b"a\nb\n\0\0\0\n", 0), 4);
        // An open quote waits for one line, and no longer: a stray one must not hold a feed up.
        assert_eq!(end(b"a\n\"b\n", 0), 2);
        assert_eq!(end(b"a\n\"b\nc\"\n", 0), 8);
        assert_eq!(end(b"a\n\"b\nc\n", 0), 7);
        let mut long = b"a\n".to_vec();
        long.resize(300_000, b'x');
        assert_eq!(end(&long, 0), 2);
    }

    #[test]
    fn lines_are_counted_across_pieces() {
        let mut counter = Counter::default();
        for piece in [&b"a\r"[..], b"\nb\n", b"c\rd", b"\r\r\n"] {
            counter.take(piece);
        }
        assert_eq!(counter.lines(), 5);
    }
}
