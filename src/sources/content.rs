//! From the bytes of a file to its text: gzip and zstd unpacked, UTF-16 made UTF-8, marks taken off. Always a
//! stream: neither memory nor disk depends on what a file unpacks to, and one that unpacks to absurdly
//! much more than it is ends with an error. What the text means is not seen here.
//!
//! Windows-1252 that nobody announced stays as it is: fields are decoded one by one.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Dialect, Encoding, SourceError};

/// A file may unpack to this many times its size; readings reach 20 or so.
const MAX_EXPANSION: u64 = 250;
/// Below this nobody counts.
const FREE_BYTES: u64 = 64 << 20;
/// Largest zstd window, as a power of two: what unpacking may take of memory.
const WINDOW_LOG: u32 = 26;
/// Bytes looked at to find the encoding.
const LOOK_BYTES: usize = 4096;

/// The text of one file.
pub struct Content<'a> {
    input: Box<dyn Read + 'a>,
    digest: Digest,
    /// UTF-8 where nothing else was given or found: bytes that are not are then Windows-1252.
    pub encoding: Encoding,
}

impl<'a> Content<'a> {
    /// # Errors
    /// The file cannot be read.
    pub fn open(input: impl Read + 'a, dialect: &Dialect) -> Result<Self, SourceError> {
        let digest = Digest::default();
        let mut raw = Peek::new(Tap {
            input,
            digest: digest.clone(),
        });
        let magic = raw.look(4).map_err(unreadable)?;
        let unpacked: Box<dyn Read + 'a> = if magic.starts_with(&[0x1F, 0x8B]) {
            Box::new(Bounded::new(
                flate2::read::MultiGzDecoder::new(raw),
                digest.clone(),
            ))
        } else if magic.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
            let mut decoder = zstd::Decoder::new(raw).map_err(unreadable)?;
            decoder.window_log_max(WINDOW_LOG).map_err(unreadable)?;
            Box::new(Bounded::new(decoder, digest.clone()))
        } else {
            Box::new(raw)
        };
        let mut text = Peek::new(unpacked);
        let start = text.look(LOOK_BYTES).map_err(unreadable)?;
        let encoding = dialect.encoding.unwrap_or_else(|| find_encoding(start));
        let mark = mark_of(encoding);
        if start.starts_with(mark) {
            text.at = mark.len();
        }
        let input: Box<dyn Read + 'a> = match encoding {
            Encoding::Utf8 => Box::new(text),
            Encoding::Windows1252 => Transcode::boxed(text, encoding_rs::WINDOWS_1252),
            Encoding::Utf16Le => Transcode::boxed(text, encoding_rs::UTF_16LE),
            Encoding::Utf16Be => Transcode::boxed(text, encoding_rs::UTF_16BE),
        };
        Ok(Self {
            input,
            digest,
            encoding,
        })
    }

    /// BLAKE3 of the bytes of the file read so far, as they lie there.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        *self.digest.lock().finalize().as_bytes()
    }

    /// Reads until `buffer` is full or the file ends; how many bytes it got.
    ///
    /// # Errors
    /// The file cannot be read on, or not unpacked.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        read_full(&mut self.input, buffer).map_err(unreadable)
    }

    /// The first bytes of the text, at most so many.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn head(mut self, bytes: usize) -> Result<Vec<u8>, SourceError> {
        let mut head = vec![0; bytes];
        let got = self.fill(&mut head)?;
        head.truncate(got);
        Ok(head)
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

/// What went wrong in reading; our own errors travel inside those of `io`.
pub fn unreadable(error: io::Error) -> SourceError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<SourceError>())
    {
        Some(ours) => ours.clone(),
        None => SourceError::Unreadable {
            why: error.to_string(),
        },
    }
}

fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

const fn mark_of(encoding: Encoding) -> &'static [u8] {
    match encoding {
        Encoding::Utf8 => b"\xEF\xBB\xBF",
        Encoding::Utf16Le => b"\xFF\xFE",
        Encoding::Utf16Be => b"\xFE\xFF",
        Encoding::Windows1252 => b"",
    }
}

/// By its mark, or by where the zeros of Latin letters stand.
fn find_encoding(start: &[u8]) -> Encoding {
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        if start.starts_with(mark_of(encoding)) {
            return encoding;
        }
    }
    let pairs = start.len() / 2;
    let zeros = |offset: usize| {
        let places = start.iter().skip(offset).step_by(2);
        places.filter(|&&byte| byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    // Text in UTF-16 has line ends, digits and delimiters: at least two in five of its units are Latin.
    let mostly = |many: usize, few: usize| pairs >= 2 && many * 5 >= pairs * 2 && few * 20 <= many;
    if mostly(odd, even) {
        Encoding::Utf16Le
    } else if mostly(even, odd) {
        Encoding::Utf16Be
    } else {
        Encoding::Utf8
    }
}

/// The digest of a file, shared by the reader at the bottom and the stream at the top.
#[derive(Clone, Default)]
struct Digest(Arc<Mutex<blake3::Hasher>>);

impl Digest {
    fn lock(&self) -> std::sync::MutexGuard<'_, blake3::Hasher> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts what passes into the digest.
struct Tap<R> {
    input: R,
    digest: Digest,
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.digest.lock().update(&buffer[..n]);
        Ok(n)
    }
}

/// Lets one look at the first bytes before they are read.
struct Peek<R> {
    input: R,
    looked: Vec<u8>,
    at: usize,
}

impl<R: Read> Peek<R> {
    const fn new(input: R) -> Self {
        Self {
            input,
            looked: Vec::new(),
            at: 0,
        }
    }

    fn look(&mut self, bytes: usize) -> io::Result<&[u8]> {
        self.looked.resize(bytes, 0);
        let got = read_full(&mut self.input, &mut self.looked)?;
        self.looked.truncate(got);
        Ok(&self.looked)
    }
}

impl<R: Read> Read for Peek<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = &self.looked[self.at..];
        if left.is_empty() {
            return self.input.read(buffer);
        }
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.at += n;
        Ok(n)
    }
}

/// Ends what unpacks to far more than it is.
struct Bounded<R> {
    input: R,
    unpacked: u64,
    packed: Digest,
}

impl<R> Bounded<R> {
    const fn new(input: R, packed: Digest) -> Self {
        Self {
            input,
            unpacked: 0,
            packed,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.unpacked += n as u64;
        if self.unpacked > FREE_BYTES
            && self.unpacked / MAX_EXPANSION > self.packed.lock().count().max(1)
        {
            return Err(io::Error::other(SourceError::Bomb {
                times: MAX_EXPANSION,
            }));
        }
        Ok(n)
    }
}

/// Another encoding made UTF-8. What is no character becomes U+FFFD.
struct Transcode<R> {
    input: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a, R: Read + 'a> Transcode<R> {
    fn boxed(input: R, encoding: &'static encoding_rs::Encoding) -> Box<dyn Read + 'a> {
        Box::new(Self {
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; 16 << 10],
            text: Vec::new(),
            at: 0,
            ended: false,
        })
    }
}

impl<R: Read> Read for Transcode<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            let got = read_full(&mut self.input, &mut self.raw)?;
            self.ended = got == 0;
            let room = self
                .decoder
                .max_utf8_buffer_length(got)
                .ok_or_else(|| io::Error::other("too much at once"))?;
            self.text.resize(room, 0);
            let (_, _, wrote, _) =
                self.decoder
                    .decode_to_utf8(&self.raw[..got], &mut self.text, self.ended);
            self.text.truncate(wrote);
            self.at = 0;
        }
        let left = &self.text[self.at..];
        let n = left.len().min(buffer.len());
        buffer[..n].copy_from_slice(&left[..n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn text(bytes: &[u8]) -> (String, Encoding) {
        let mut content = Content::open(bytes, &Dialect::default()).unwrap();
        let mut text = String::new();
        content.read_to_string(&mut text).unwrap();
        assert_eq!(content.digest(), *blake3::hash(bytes).as_bytes());
        (text, content.encoding)
    }

    const TABLE: &str = "débit;b\r\n1,5;é\r\n";

    #[test]
    fn encodings_are_found_with_and_without_a_mark() {
        let little: Vec<u8> = TABLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = TABLE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes, encoding) in [
            (&b""[..], TABLE.as_bytes(), Encoding::Utf8),
            (b"\xEF\xBB\xBF", TABLE.as_bytes(), Encoding::Utf8),
            (b"", &little, Encoding::Utf16Le),
            (b"\xFF\xFE", &little, Encoding::Utf16Le),
            (b"", &big, Encoding::Utf16Be),
            (b"\xFE\xFF", &big, Encoding::Utf16Be),
        ] {
            assert_eq!(text(&[mark, bytes].concat()), (TABLE.to_owned(), encoding));
        }
    }

    #[test]
    fn a_given_encoding_is_taken_at_its_word() {
        let dialect = Dialect {
            encoding: Some(Encoding::Windows1252),
            ..Dialect::default()
        };
        let mut read = String::new();
        Content::open(&b"\xC3\xA9\xB0"[..], &dialect)
            .unwrap()
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read, "Ã©°");
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn packed_text_is_unpacked_and_the_digest_is_of_the_file() {
        let packed = gzip(TABLE.as_bytes());
        assert_eq!(text(&packed).0, TABLE);
        // Files of two members, as appended logs are.
        assert_eq!(text(&packed.repeat(2)).0, TABLE.repeat(2));
        let packed = zstd::encode_all(TABLE.as_bytes(), 3).unwrap();
        assert_eq!(text(&packed).0, TABLE);
    }

    #[test]
    fn half_a_packed_file_is_no_file() {
        for packed in [
            gzip(TABLE.as_bytes()),
            zstd::encode_all(TABLE.as_bytes(), 3).unwrap(),
        ] {
            let cut = &packed[..packed.len() - 5];
            let outcome =
                Content::open(cut, &Dialect::default()).and_then(|content| content.head(1 << 20));
            assert!(matches!(outcome, Err(SourceError::Unreadable { .. })));
        }
    }

    #[test]
    fn a_bomb_is_put_out() {
        let packed = zstd::encode_all(io::repeat(b'\n').take(200 << 20), 3).unwrap();
        assert!(packed.len() < 200 << 10);
        let mut content = Content::open(&packed[..], &Dialect::default()).unwrap();
        let mut buffer = vec![0; 1 << 20];
        let outcome = loop {
            match content.fill(&mut buffer) {
                Ok(n) if n < buffer.len() => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        assert_eq!(outcome, Err(SourceError::Bomb { times: 250 }));
    }
}
