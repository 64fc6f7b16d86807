//! One record of CSV out of bytes: the state machine of quotes. Pure, and as lenient as `csv-core`, to which
//! a test compares it; what it had to be lenient about it says.

use memchr::memchr2;

/// How the records of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub delimiter: u8,
    pub quote: u8,
    /// Before a quote that is a character of the field; doubled quotes are read besides.
    pub escape: Option<u8>,
    /// Delimiters are followed by a space that belongs to no field.
    pub spaced: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: b'"',
            escape: None,
            spaced: false,
        }
    }
}

/// What was found from the start of the bytes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Where the record's line end stands; `None` when the bytes ended first.
    pub end: Option<usize>,
    /// Every quoted field closed before a delimiter or the end.
    pub strict: bool,
    /// An unquoted field holds a quote.
    pub bare_quote: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Bare,
    Quoted,
    Escaped,
    Closed,
}

/// Appends the fields of the record at the start of `bytes` to `text` and where they end to `ends`.
pub fn split(bytes: &[u8], marks: Marks, text: &mut Vec<u8>, ends: &mut Vec<usize>) -> Split {
    let mut state = State::Start;
    let mut strict = true;
    let mut bare_quote = false;
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        i += 1;
        state = match state {
            State::Quoted if byte == marks.quote => State::Closed,
            State::Quoted if Some(byte) == marks.escape => State::Escaped,
            State::Quoted => {
                text.push(byte);
                // Everything up to the next quote is the field's.
                let rest = &bytes[i..];
                let run = memchr2(marks.quote, marks.escape.unwrap_or(marks.quote), rest)
                    .unwrap_or(rest.len());
                text.extend_from_slice(&rest[..run]);
                i += run;
                State::Quoted
            }
            State::Escaped => {
                // Before anything else it is a character like any other.
                if byte != marks.quote {
                    text.extend(marks.escape.filter(|&escape| escape != byte));
                }
                text.push(byte);
                State::Quoted
            }
            State::Closed if byte == marks.quote => {
                text.push(byte);
                State::Quoted
            }
            _ if byte == marks.delimiter => {
                ends.push(text.len());
                State::Start
            }
            _ if matches!(byte, b'\n' | b'\r') => {
                ends.push(text.len());
                return Split {
                    end: Some(i - 1),
                    strict,
                    bare_quote,
                };
            }
            State::Start if byte == marks.quote => State::Quoted,
            State::Start if marks.spaced && byte == b' ' => State::Start,
            // Spaces between a closing quote and the delimiter are nothing.
            State::Closed if marks.spaced && byte == b' ' => State::Closed,
            State::Closed => {
                strict = false;
                text.push(byte);
                State::Bare
            }
            State::Start | State::Bare => {
                bare_quote |= byte == marks.quote;
                text.push(byte);
                State::Bare
            }
        };
    }
    ends.push(text.len());
    Split {
        end: None,
        strict: strict && !matches!(state, State::Quoted | State::Escaped),
        bare_quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(bytes: &[u8], marks: Marks) -> (Vec<String>, Split) {
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        let found = split(bytes, marks, &mut text, &mut ends);
        let mut start = 0;
        let fields = ends
            .iter()
            .map(|&end| {
                let field = String::from_utf8_lossy(&text[start..end]).into_owned();
                start = end;
                field
            })
            .collect();
        (fields, found)
    }

    #[test]
    fn leniency_is_told() {
        let split = |text: &str| ours(text.as_bytes(), Marks::default());
        assert_eq!(
            split("a,\"b \"\"c\"\"\",\n"),
            (
                vec!["a".into(), "b \"c\"".into(), String::new()],
                Split {
                    end: Some(12),
                    strict: true,
                    bare_quote: false
                }
            )
        );
        assert!(!split("a,\"b\"c\n").1.strict);
        assert_eq!(
            split("\"a\nb").1,
            Split {
                end: None,
                strict: false,
                bare_quote: false
            }
        );
    }

    #[test]
    fn an_escape_and_spaces_are_read() {
        let marks = Marks {
            escape: Some(b'\\'),
            spaced: true,
            ..Marks::default()
        };
        let (fields, found) = ours(b"1, \"48\\\", \\wide\" ,  x y\r\n", marks);
        assert_eq!(fields, ["1", "48\", \\wide", "x y"]);
        assert!(found.strict);
    }

    proptest! {
        #[test]
        fn it_reads_as_csv_core_does(record in "[ab\", ]{1,24}") {
            let (fields, _) = ours(record.as_bytes(), Marks::default());
            let mut core = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(record.as_bytes());
            let theirs: Vec<String> = core
                .byte_records()
                .next()
                .unwrap()
                .unwrap()
                .iter()
                .map(|field| String::from_utf8_lossy(field).into_owned())
                .collect();
            prop_assert_eq!(fields, theirs);
        }
    }
}
