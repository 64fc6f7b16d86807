//! The tags of an XML part, one after the other, in bounded memory: to count what a part will cost before it
//! is parsed, and to see that every tag that opens is closed (a parser that waits for an end that never comes
//! waits for ever).

use std::io::BufRead;

/// Longest tag with its attributes, and longest text between two tags.
const MAX_RUN_BYTES: usize = 4 << 20;
/// Deepest nesting.
const MAX_DEPTH: usize = 256;

/// One tag. The name and attributes lie in [`Tags::tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Open,
    Close,
    /// Opens and closes.
    Empty,
}

/// Reads tags from a part.
pub struct Tags<R> {
    input: R,
    /// What stands between `<` and `>` of the last tag.
    tag: Vec<u8>,
    /// Bytes of text before the last tag.
    pub text_bytes: u64,
    /// All bytes read so far.
    pub bytes: u64,
    /// Where the names of open tags begin in `names`.
    open: Vec<usize>,
    names: Vec<u8>,
}

type Why = String;

impl<R: BufRead> Tags<R> {
    pub const fn new(input: R) -> Self {
        Self {
            input,
            tag: Vec::new(),
            text_bytes: 0,
            bytes: 0,
            open: Vec::new(),
            names: Vec::new(),
        }
    }

    /// The next tag; `None` at the end of the part.
    ///
    /// # Errors
    /// The part cannot be read, is not well formed, or holds a run that nobody wrote by hand or program.
    pub fn next(&mut self) -> Result<Option<Kind>, Why> {
        self.text_bytes = 0;
        loop {
            if !self.until(b'<', false)? {
                return match self.open.is_empty() {
                    true => Ok(None),
                    false => Err("it ends within its own text".into()),
                };
            }
            self.text_bytes += self.tag.len() as u64;
            // Quotes bind in attributes, and are plain characters in a comment.
            let attributes = !matches!(self.peek()?, Some(b'!' | b'?'));
            if !self.until(b'>', attributes)? {
                return Err("it ends within a tag".into());
            }
            match self.tag.first() {
                Some(b'?') => self.whole(b"?")?,
                Some(b'!') if self.tag.starts_with(b"!--") => self.whole(b"--")?,
                Some(b'!') if self.tag.starts_with(b"![CDATA[") => {
                    self.whole(b"]]")?;
                    self.text_bytes += self.tag.len() as u64;
                }
                Some(b'!') => return Err("it declares a document type".into()),
                Some(b'/') => {
                    self.close()?;
                    return Ok(Some(Kind::Close));
                }
                _ if self.tag.last() == Some(&b'/') => return Ok(Some(Kind::Empty)),
                _ => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err("its tags are nested too deep".into());
                    }
                    self.open.push(self.names.len());
                    let end = name(&self.tag).len();
                    self.names.extend_from_slice(&self.tag[..end]);
                    return Ok(Some(Kind::Open));
                }
            }
        }
    }

    /// The name of the last tag.
    pub fn name(&self) -> &[u8] {
        name(self.tag.strip_prefix(b"/").unwrap_or(&self.tag))
    }

    /// The name without what stands before its colon.
    pub fn local_name(&self) -> &[u8] {
        let name = self.name();
        let colon = name.iter().position(|&b| b == b':');
        &name[colon.map_or(0, |at| at + 1)..]
    }

    /// The length of the last tag, attributes and all.
    pub const fn tag_bytes(&self) -> u64 {
        self.tag.len() as u64
    }

    /// The last tag holds these words.
    pub fn has(&self, words: &str) -> bool {
        let words = words.as_bytes();
        self.tag.windows(words.len()).any(|window| window == words)
    }

    /// The number that an attribute of the last tag holds; `u64::MAX` where it is too large for one.
    pub fn number(&self, attribute: &str) -> Option<u64> {
        let key = attribute.as_bytes();
        let at = self
            .tag
            .windows(key.len())
            .enumerate()
            .find(|(at, window)| {
                let before = at.checked_sub(1).and_then(|i| self.tag.get(i));
                let after = self.tag.get(at + key.len());
                *window == key
                    && before.is_some_and(u8::is_ascii_whitespace)
                    && after.is_some_and(|b| *b == b'=' || b.is_ascii_whitespace())
            })?
            .0;
        let rest = String::from_utf8_lossy(&self.tag[at + key.len()..]);
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next()?;
        let value = rest[1..].split(quote).next()?.trim();
        let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| value.parse().unwrap_or(u64::MAX))
    }

    fn peek(&mut self) -> Result<Option<u8>, Why> {
        let chunk = self.input.fill_buf().map_err(|e| e.to_string())?;
        Ok(chunk.first().copied())
    }

    /// Reads into `tag` up to `end`, which is left out; outside quotes where `quotes` matter. `false` where
    /// the part ends first.
    fn until(&mut self, end: u8, quotes: bool) -> Result<bool, Why> {
        self.tag.clear();
        let mut quote = None;
        loop {
            let chunk = self.input.fill_buf().map_err(|e| e.to_string())?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let found = if quotes {
                chunk.iter().position(|&byte| match quote {
                    Some(open) => {
                        if byte == open {
                            quote = None;
                        }
                        false
                    }
                    None if byte == b'"' || byte == b'\'' => {
                        quote = Some(byte);
                        false
                    }
                    None => byte == end,
                })
            } else {
                chunk.iter().position(|&byte| byte == end)
            };
            let taken = found.unwrap_or(chunk.len());
            self.tag.extend_from_slice(&chunk[..taken]);
            let used = taken + usize::from(found.is_some());
            self.input.consume(used);
            self.bytes += used as u64;
            if self.tag.len() > MAX_RUN_BYTES {
                return Err(format!(
                    "it has a text of more than {} MiB",
                    MAX_RUN_BYTES >> 20
                ));
            }
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// A comment, an instruction or plain data may hold `>`: reads on to its own end.
    fn whole(&mut self, end: &[u8]) -> Result<(), Why> {
        let mut all = std::mem::take(&mut self.tag);
        while !all.ends_with(end) {
            if !self.until(b'>', false)? {
                return Err("it ends within a comment".into());
            }
            all.push(b'>');
            all.extend_from_slice(&self.tag);
            if all.len() > MAX_RUN_BYTES {
                return Err(format!(
                    "it has a text of more than {} MiB",
                    MAX_RUN_BYTES >> 20
                ));
            }
        }
        self.tag = all;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Why> {
        let start = self.open.pop();
        let same = start.is_some_and(|at| self.names[at..] == *self.name());
        self.names.truncate(start.unwrap_or(0));
        match same {
            true => Ok(()),
            false => Err("its tags do not match".into()),
        }
    }
}

fn name(tag: &[u8]) -> &[u8] {
    let end = tag
        .iter()
        .position(|b| b.is_ascii_whitespace() || *b == b'/');
    &tag[..end.unwrap_or(tag.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<(Kind, String)>, String> {
        let mut tags = Tags::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(kind) = tags.next()? {
            found.push((kind, String::from_utf8_lossy(tags.name()).into_owned()));
        }
        Ok(found)
    }

    #[test]
    fn tags_are_seen_and_what_is_none_is_not() {
        let found = all(
            "<?xml version='1.0'?><!-- <a> isn't --><t:a x='1 > 0'>b<![CDATA[<c>]]><d/></t:a>\n",
        )
        .unwrap();
        let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["t:a", "d", "t:a"]);
        assert_eq!(found[1].0, Kind::Empty);
    }

    #[test]
    fn attributes_are_numbers_or_nothing() {
        let mut tags =
            Tags::new("<a xx=\"1\" x=\"27\" y='99999999999999999999' z=\"-3\"/>".as_bytes());
        tags.next().unwrap();
        assert_eq!(tags.number("x"), Some(27));
        assert_eq!(tags.number("y"), Some(u64::MAX));
        assert_eq!(tags.number("z"), None);
        assert_eq!(tags.number("nothing"), None);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "<a><b></a></b>",
            "<a>",
            "<a",
            "</a>",
            "<!DOCTYPE x><a/>",
            "<!-- ",
        ] {
            assert!(all(text).is_err(), "{text}");
        }
        assert!(all(&"<a>".repeat(MAX_DEPTH + 1)).is_err());
        assert!(all(&format!("<a>{}</a>", "x".repeat(MAX_RUN_BYTES + 1))).is_err());
    }
}
