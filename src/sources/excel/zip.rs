//! What a ZIP archive says of its parts, and their bytes, read apart from the library that will parse them:
//! a part is unpacked as a stream and counted before anybody takes its word for its size.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};

use flate2::read::DeflateDecoder;

/// The record at the end, without its comment, and the longest comment.
const END_BYTES: u64 = 22;
const MAX_COMMENT_BYTES: u64 = 65_535;
/// More parts than this has no workbook.
const MAX_PARTS: u64 = 65_535;
const MAX_DIRECTORY_BYTES: u64 = 32 << 20;

/// One part of an archive.
#[derive(Debug, Clone)]
pub struct Part {
    pub name: String,
    /// As declared.
    pub bytes: u64,
    packed_bytes: u64,
    method: u16,
    pub encrypted: bool,
    offset: u64,
}

/// The directory of an archive.
pub struct Archive<'a> {
    file: &'a File,
    pub parts: Vec<Part>,
    /// Bytes before the archive begins.
    start: u64,
}

type Why = String;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn read_at(mut file: &File, at: u64, bytes: u64) -> Result<Vec<u8>, Why> {
    let mut buffer = Vec::new();
    file.seek(SeekFrom::Start(at))
        .and_then(|_| file.take(bytes).read_to_end(&mut buffer))
        .map_err(|e| e.to_string())?;
    Ok(buffer)
}

impl<'a> Archive<'a> {
    /// Reads the directory.
    ///
    /// # Errors
    /// There is none, or it contradicts itself.
    pub fn open(file: &'a File) -> Result<Self, Why> {
        let broken = || "the directory of its archive is broken".to_owned();
        let length = file.metadata().map_err(|e| e.to_string())?.len();
        let from = length.saturating_sub(END_BYTES + MAX_COMMENT_BYTES);
        let tail = read_at(file, from, END_BYTES + MAX_COMMENT_BYTES)?;
        let end = tail
            .windows(4)
            .rposition(|w| w == b"PK\x05\x06")
            .ok_or_else(broken)?;
        let end_at = from + end as u64;
        let record = &tail[end..];
        let field = |at| u32_at(record, at).map(u64::from).ok_or_else(broken);
        let (mut count, mut bytes, mut offset) = (
            u64::from(u16_at(record, 10).ok_or_else(broken)?),
            field(12)?,
            field(16)?,
        );
        let mut directory_end = end_at;
        let large = count == 0xFFFF || bytes == 0xFFFF_FFFF || offset == 0xFFFF_FFFF;
        if large && end_at >= 20 {
            let locator = read_at(file, end_at - 20, 20)?;
            if locator.starts_with(b"PK\x06\x07") {
                let at = u64_at(&locator, 8).ok_or_else(broken)?;
                let record = read_at(file, at, 56)?;
                let wide = |at| u64_at(&record, at).ok_or_else(broken);
                (count, bytes, offset) = (wide(32)?, wide(40)?, wide(48)?);
                directory_end = at;
            }
        }
        if count > MAX_PARTS || bytes > MAX_DIRECTORY_BYTES {
            return Err("its archive has too many parts".into());
        }
        let start = directory_end
            .checked_sub(bytes)
            .and_then(|at| at.checked_sub(offset))
            .ok_or_else(broken)?;
        let directory = read_at(file, start + offset, bytes)?;
        let mut parts = Vec::new();
        let mut at = 0;
        for _ in 0..count {
            let (part, length) = directory.get(at..).and_then(part).ok_or_else(broken)?;
            parts.push(part);
            at += length;
        }
        Ok(Self { file, parts, start })
    }

    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.name.eq_ignore_ascii_case(name))
    }

    /// The unpacked bytes of a part.
    ///
    /// # Errors
    /// It cannot be found, or is packed in a way that workbooks are not.
    pub fn read(&self, part: &Part) -> Result<BufReader<Box<dyn Read + 'a>>, Why> {
        let broken = || format!("its part {} is broken", part.name);
        let head_at = self.start.checked_add(part.offset).ok_or_else(broken)?;
        let head = read_at(self.file, head_at, 30)?;
        if !head.starts_with(b"PK\x03\x04") {
            return Err(broken());
        }
        let skip = |at| u16_at(&head, at).map(u64::from).ok_or_else(broken);
        let data_at = head_at
            .checked_add(30 + skip(26)? + skip(28)?)
            .ok_or_else(broken)?;
        let mut file = self.file;
        file.seek(SeekFrom::Start(data_at))
            .map_err(|e| e.to_string())?;
        let packed: Take<&File> = file.take(part.packed_bytes);
        let unpacked: Box<dyn Read + 'a> = match part.method {
            0 => Box::new(packed),
            8 => Box::new(DeflateDecoder::new(packed)),
            _ => return Err(format!("its part {} is packed in another way", part.name)),
        };
        Ok(BufReader::with_capacity(64 << 10, unpacked))
    }
}

/// One entry of the directory, and its length.
fn part(entry: &[u8]) -> Option<(Part, usize)> {
    if !entry.starts_with(b"PK\x01\x02") {
        return None;
    }
    let (name, extra, comment) = (
        usize::from(u16_at(entry, 28)?),
        usize::from(u16_at(entry, 30)?),
        usize::from(u16_at(entry, 32)?),
    );
    let mut part = Part {
        name: String::from_utf8_lossy(entry.get(46..46 + name)?).replace('\\', "/"),
        bytes: u64::from(u32_at(entry, 24)?),
        packed_bytes: u64::from(u32_at(entry, 20)?),
        method: u16_at(entry, 10)?,
        encrypted: u16_at(entry, 8)? & 1 != 0,
        offset: u64::from(u32_at(entry, 42)?),
    };
    let mut extras = entry.get(46 + name..46 + name + extra)?;
    while extras.len() >= 4 {
        let length = usize::from(u16_at(extras, 2)?);
        let body = extras.get(4..4 + length)?;
        if u16_at(extras, 0) == Some(1) {
            let mut at = 0;
            for field in [&mut part.bytes, &mut part.packed_bytes, &mut part.offset] {
                if *field == 0xFFFF_FFFF {
                    *field = u64_at(body, at)?;
                    at += 8;
                }
            }
        }
        extras = &extras[4 + length..];
    }
    Some((part, 46 + name + extra + comment))
}
