//! Strict JSON (RFC 8259), one event at a time, from any reader. No recursion: depth costs a bit of a
//! stack that is bounded, and no piece that is kept may be longer than a record.

use std::io::Read;

use crate::domain::SourceError;

use super::super::content::unreadable;
use super::super::csv::MAX_RECORD_BYTES;

/// Deepest nesting that is read; beyond it a document is refused.
pub const MAX_DEPTH: usize = 512;
const CHUNK_BYTES: usize = 64 << 10;

/// What stands next in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    ObjectBegins,
    ArrayBegins,
    /// An object or an array ends.
    Ends,
    /// A key; its text is [`Scanner::text`].
    Key,
    /// A string; its text is [`Scanner::text`], without escapes.
    String,
    /// A number, `true` or `false`, as it is written.
    Literal,
    Null,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// A value or `]`.
    FirstValue,
    /// A key or `}`.
    FirstKey,
    Key,
    /// A comma, or the end of what is open.
    Comma,
    /// Nothing: the value at the top has ended.
    Nothing,
}

pub struct Scanner<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    /// What is open: `true` for an object.
    open: Vec<bool>,
    expect: Expect,
    /// Line of the next byte, from 1.
    line: u64,
    after_cr: bool,
    text: Vec<u8>,
    /// The bytes of what is being read, when asked for.
    kept: Option<Vec<u8>>,
}

impl Scanner<std::io::Empty> {
    /// A text that is all there.
    pub fn over(text: Vec<u8>) -> Self {
        Self {
            buffer: text,
            ended: true,
            ..Self::new(std::io::empty())
        }
    }
}

impl<R: Read> Scanner<R> {
    pub const fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            at: 0,
            ended: false,
            open: Vec::new(),
            expect: Expect::Value,
            line: 1,
            after_cr: false,
            text: Vec::new(),
            kept: None,
        }
    }

    /// The text of the event read last, UTF-8.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Line of the next byte, from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// How many objects and arrays are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    pub const fn input(&self) -> &R {
        &self.input
    }

    /// Passes over white space; `false` at the end of the text.
    ///
    /// # Errors
    /// The text cannot be read.
    pub fn skip_space(&mut self) -> Result<bool, SourceError> {
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(true);
            }
            self.take()?;
        }
        Ok(false)
    }

    /// Passes over the space and the comma before the next element of an array, so that what is kept and the
    /// line are the element's own.
    ///
    /// # Errors
    /// The text cannot be read.
    pub fn skip_to_value(&mut self) -> Result<(), SourceError> {
        if self.skip_space()? && self.expect == Expect::Comma && self.peek()? == Some(b',') {
            self.take()?;
            self.expect = Expect::Value;
            self.skip_space()?;
        }
        Ok(())
    }

    /// All bytes have been read.
    pub fn is_spent(&self) -> bool {
        self.at == self.buffer.len()
    }

    /// From here on bytes are kept, until [`Self::kept`] takes them.
    pub fn keep(&mut self) {
        self.kept = Some(Vec::new());
    }

    /// The bytes read since [`Self::keep`].
    pub fn kept(&mut self) -> Vec<u8> {
        self.kept.take().unwrap_or_default()
    }

    /// The next event; `None` once the value at the top has ended and nothing but space follows it.
    ///
    /// # Errors
    /// The text cannot be read or is not JSON.
    pub fn event(&mut self) -> Result<Option<Event>, SourceError> {
        if self.expect == Expect::Comma && self.skip_space()? && self.peek()? == Some(b',') {
            self.take()?;
            let in_object = self.open.last() == Some(&true);
            self.expect = if in_object {
                Expect::Key
            } else {
                Expect::Value
            };
        }
        let more = self.skip_space()?;
        match (self.expect, more) {
            (Expect::Nothing, false) => return Ok(None),
            (Expect::Nothing, true) => return Err(self.wrong("something follows the end")),
            (_, false) => return Err(self.wrong("it ends too early")),
            _ => {}
        }
        let byte = self.take()?;
        let may_be_key = matches!(self.expect, Expect::Key | Expect::FirstKey);
        let may_be_value = matches!(self.expect, Expect::Value | Expect::FirstValue);
        let event = match byte {
            b'}' | b']' => {
                let closes = self.open.pop() == Some(byte == b'}');
                if !closes || matches!(self.expect, Expect::Key | Expect::Value) {
                    return Err(self.wrong("a bracket where none may be"));
                }
                Event::Ends
            }
            b'"' if may_be_key => {
                self.string()?;
                if !self.skip_space()? || self.take()? != b':' {
                    return Err(self.wrong("a key without a colon"));
                }
                self.expect = Expect::Value;
                return Ok(Some(Event::Key));
            }
            _ if !may_be_value => return Err(self.wrong("a comma or a key is missing")),
            b'{' | b'[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.wrong("nested too deep"));
                }
                self.open.push(byte == b'{');
                let (expect, event) = match byte {
                    b'{' => (Expect::FirstKey, Event::ObjectBegins),
                    _ => (Expect::FirstValue, Event::ArrayBegins),
                };
                self.expect = expect;
                return Ok(Some(event));
            }
            b'"' => {
                self.string()?;
                Event::String
            }
            b'-' | b'0'..=b'9' => {
                self.number(byte)?;
                Event::Literal
            }
            b't' => self.word(b"true", Event::Literal)?,
            b'f' => self.word(b"false", Event::Literal)?,
            b'n' => self.word(b"null", Event::Null)?,
            _ => return Err(self.wrong("a character where none may be")),
        };
        self.expect = match self.open.is_empty() {
            true => Expect::Nothing,
            false => Expect::Comma,
        };
        Ok(Some(event))
    }

    fn peek(&mut self) -> Result<Option<u8>, SourceError> {
        if self.at == self.buffer.len() && !self.ended {
            self.buffer.resize(CHUNK_BYTES, 0);
            self.at = 0;
            let got = loop {
                match self.input.read(&mut self.buffer) {
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    outcome => break outcome.map_err(unreadable)?,
                }
            };
            self.buffer.truncate(got);
            self.ended = got == 0;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn take(&mut self) -> Result<u8, SourceError> {
        let Some(byte) = self.peek()? else {
            return Err(self.wrong("it ends too early"));
        };
        self.at += 1;
        if byte == b'\r' || (byte == b'\n' && !self.after_cr) {
            self.line += 1;
        }
        self.after_cr = byte == b'\r';
        if let Some(kept) = &mut self.kept {
            kept.push(byte);
            if kept.len() > MAX_RECORD_BYTES {
                return Err(self.endless());
            }
        }
        Ok(byte)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        self.text.extend_from_slice(bytes);
        if self.text.len() > MAX_RECORD_BYTES {
            return Err(self.endless());
        }
        Ok(())
    }

    /// After the opening quote.
    fn string(&mut self) -> Result<(), SourceError> {
        self.text.clear();
        loop {
            match self.take()? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..0x20 => return Err(self.wrong("a control character in a string")),
                byte => self.put(&[byte])?,
            }
        }
        match std::str::from_utf8(&self.text) {
            Ok(_) => Ok(()),
            Err(_) => Err(self.wrong("a string that is not UTF-8")),
        }
    }

    /// After the backslash.
    fn escape(&mut self) -> Result<(), SourceError> {
        let character = match self.take()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = self.unit()?;
                // Two halves make a character; half of one stands for none.
                while (0xD800..0xDC00).contains(&unit) && self.peek()? == Some(b'\\') {
                    self.take()?;
                    if self.peek()? != Some(b'u') {
                        self.put("\u{FFFD}".as_bytes())?;
                        return self.escape();
                    }
                    self.take()?;
                    let second = self.unit()?;
                    if (0xDC00..0xE000).contains(&second) {
                        unit = 0x1_0000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
                    } else {
                        self.put("\u{FFFD}".as_bytes())?;
                        unit = second;
                    }
                }
                char::from_u32(unit).unwrap_or('\u{FFFD}')
            }
            _ => return Err(self.wrong("an escape that is none")),
        };
        self.put(character.encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, SourceError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.take()?).to_digit(16);
            let digit = digit.ok_or_else(|| self.wrong("an escape that is none"))?;
            unit = unit << 4 | digit;
        }
        Ok(unit)
    }

    fn number(&mut self, first: u8) -> Result<(), SourceError> {
        self.text.clear();
        self.put(&[first])?;
        let mut first = first;
        if first == b'-' {
            first = self.take()?;
            self.put(&[first])?;
        }
        match first {
            b'0' => {}
            b'1'..=b'9' => {
                self.digits()?;
            }
            _ => return Err(self.wrong("a number without digits")),
        }
        if self.peek()? == Some(b'.') {
            self.copy()?;
            if self.digits()? == 0 {
                return Err(self.wrong("a number without digits"));
            }
        }
        if matches!(self.peek()?, Some(b'e' | b'E')) {
            self.copy()?;
            if matches!(self.peek()?, Some(b'+' | b'-')) {
                self.copy()?;
            }
            if self.digits()? == 0 {
                return Err(self.wrong("a number without digits"));
            }
        }
        Ok(())
    }

    fn copy(&mut self) -> Result<(), SourceError> {
        let byte = self.take()?;
        self.put(&[byte])
    }

    fn digits(&mut self) -> Result<usize, SourceError> {
        let mut count = 0;
        while self.peek()?.is_some_and(|byte| byte.is_ascii_digit()) {
            self.copy()?;
            count += 1;
        }
        Ok(count)
    }

    fn word(&mut self, word: &'static [u8], event: Event) -> Result<Event, SourceError> {
        self.text.clear();
        self.put(word)?;
        for &expected in &word[1..] {
            if self.take()? != expected {
                return Err(self.wrong("a word that is none of JSON's"));
            }
        }
        Ok(event)
    }

    const fn wrong(&self, why: &'static str) -> SourceError {
        SourceError::MalformedJson {
            line: self.line,
            why,
        }
    }

    const fn endless(&self) -> SourceError {
        SourceError::EndlessLine {
            line: self.line,
            limit_kib: MAX_RECORD_BYTES >> 10,
        }
    }
}
