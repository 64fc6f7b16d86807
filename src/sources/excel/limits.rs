//! What a workbook may cost, and which kind it is: looked at before it is parsed. A workbook of a kilobyte may
//! ask for gigabytes (zip bombs, cells repeated a million times, areas that hold nothing), and a program that
//! runs out of memory cannot catch that. What is refused here is refused by name.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use crate::domain::SourceError;

use super::xml::{Kind as Tag, Tags};
use super::zip::Archive;
use super::{ods, xls};

/// What the cells of a workbook may take that the library holds whole.
pub(super) const MEMORY_BYTES: u64 = 256 << 20;
/// Rows of a sheet.
pub(super) const MAX_ROWS: u64 = 1 << 20;
/// All parts that are read, unpacked: a full sheet of sixteen columns has half of that.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;
const MAX_SHARED_BYTES: u64 = 80 << 20;
/// Bytes that the library holds for a string beside its text.
const STRING_BYTES: u64 = 56;
/// Everything else of a workbook but its sheets.
const MAX_SMALL_BYTES: u64 = 16 << 20;
/// Formats of cells; Excel itself has 65,490.
const MAX_FORMATS: u64 = 140_000;
/// Formats times the longest of their texts, which each of them gets a copy of.
const MAX_FORMAT_TEXT_BYTES: u64 = 64 << 20;

/// What the bytes of a workbook are, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xlsb,
    Ods,
    Xls,
}

type Why = String;

/// Says what a file is and that it can be parsed within the bounds.
///
/// # Errors
/// It is no workbook, is protected, or cannot be parsed within the bounds.
pub(super) fn look(mut file: &File) -> Result<Kind, SourceError> {
    let workbook = |why: Why| SourceError::Workbook { why };
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read(&mut magic))
        .map_err(|e| workbook(e.to_string()))?;
    if magic == *b"\xD0\xCF\x11\xE0" {
        return match xls::weigh(file).map_err(workbook)? {
            xls::Kind::Workbook => Ok(Kind::Xls),
            xls::Kind::Protected => Err(SourceError::Protected),
        };
    }
    if !magic.starts_with(b"PK") {
        return Err(workbook("this is no workbook at all".into()));
    }
    let archive = Archive::open(file).map_err(workbook)?;
    if archive.parts.iter().any(|part| part.encrypted) {
        return Err(SourceError::Protected);
    }
    let has = |name| archive.part(name).is_some();
    if has("content.xml") && has("mimetype") {
        opendocument(&archive)?;
        Ok(Kind::Ods)
    } else if has("xl/workbook.bin") {
        binary(&archive).map_err(workbook)?;
        Ok(Kind::Xlsb)
    } else if has("[Content_Types].xml") || has("_rels/.rels") {
        office(&archive).map_err(workbook)?;
        Ok(Kind::Xlsx)
    } else {
        Err(workbook("this archive holds no workbook".into()))
    }
}

fn opendocument(archive: &Archive<'_>) -> Result<(), SourceError> {
    let workbook = |why: Why| SourceError::Workbook { why };
    if let Some(manifest) = archive.part("META-INF/manifest.xml") {
        let mut tags = Tags::new(archive.read(manifest).map_err(workbook)?);
        while tags.next().map_err(workbook)?.is_some() {
            if tags.name() == b"manifest:encryption-data" {
                return Err(SourceError::Protected);
            }
            if tags.bytes > MAX_SMALL_BYTES {
                return Err(workbook("its list of parts is too long".into()));
            }
        }
    }
    if let Some(content) = archive.part("content.xml") {
        if content.bytes > MAX_UNPACKED_BYTES {
            return Err(workbook(too_large("content.xml")));
        }
        ods::weigh(archive.read(content).map_err(workbook)?).map_err(workbook)?;
    }
    for part in archive.parts.iter().filter(|p| p.name == "meta.xml") {
        unpack(archive, part, MAX_SMALL_BYTES).map_err(workbook)?;
    }
    Ok(())
}

fn too_large(part: &str) -> Why {
    format!("its part {part} is too large: save it as CSV")
}

/// Unpacks a part into nothing and counts.
fn unpack(archive: &Archive<'_>, part: &super::zip::Part, limit: u64) -> Result<u64, Why> {
    if part.bytes > limit {
        return Err(too_large(&part.name));
    }
    let mut rest = archive.read(part)?.take(limit + 1);
    let bytes = std::io::copy(&mut rest, &mut std::io::sink()).map_err(|e| e.to_string())?;
    match bytes > limit {
        true => Err(too_large(&part.name)),
        false => Ok(bytes),
    }
}

/// .xlsb: the library streams its sheets; strings and formats it holds.
fn binary(archive: &Archive<'_>) -> Result<(), Why> {
    let mut left = MAX_UNPACKED_BYTES;
    for part in &archive.parts {
        let name = part.name.to_lowercase();
        let limit = match name.as_str() {
            _ if !name.ends_with(".bin") && !name.ends_with(".rels") => continue,
            _ if name.contains("worksheets/") => left,
            // Seven bytes there are thirty and more here.
            _ if name.contains("sharedstrings") => MAX_SHARED_BYTES / 2,
            _ => MAX_SMALL_BYTES,
        };
        left = left.saturating_sub(unpack(archive, part, limit.min(left))?);
    }
    Ok(())
}

/// .xlsx and .xlsm: the library streams its sheets; strings and formats it holds.
fn office(archive: &Archive<'_>) -> Result<(), Why> {
    let mut left = MAX_UNPACKED_BYTES;
    for part in &archive.parts {
        let name = part.name.to_lowercase();
        if !name.ends_with(".xml") && !name.ends_with(".rels") {
            continue;
        }
        let sheet = name.contains("worksheets/");
        let limit = match name.as_str() {
            _ if sheet => left,
            _ if name.contains("sharedstrings") => MAX_SHARED_BYTES,
            _ => MAX_SMALL_BYTES,
        };
        // Drawings, pivot tables and the like are never opened.
        let read = sheet || !name.contains('/') || small(&name);
        if read {
            left = left.saturating_sub(part_of_office(archive, part, limit.min(left))?);
        }
    }
    Ok(())
}

/// The parts that the library reads beside the sheets.
fn small(name: &str) -> bool {
    const READ: [&str; 5] = ["sharedstrings", "styles", "workbook", "theme", "_rels/"];
    READ.iter().any(|word| name.contains(word))
}

fn part_of_office(archive: &Archive<'_>, part: &super::zip::Part, limit: u64) -> Result<u64, Why> {
    if part.bytes > limit {
        return Err(too_large(&part.name));
    }
    let mut tags = Tags::new(archive.read(part)?);
    let (mut strings, mut rows, mut formats, mut longest) = (0_u64, 0_u64, 0_u64, 0_u64);
    let shared = part.name.to_lowercase().contains("sharedstrings");
    while let Some(kind) = tags.next().map_err(|why| format!("{}: {why}", part.name))? {
        if tags.bytes > limit {
            return Err(too_large(&part.name));
        }
        match tags.local_name() {
            // Room is made for as many strings as it says there are.
            b"sst" if tags.number("uniqueCount").is_some_and(|n| n > limit / 8) => {
                return Err("it says that it holds more texts than it can".into());
            }
            b"row" if kind != Tag::Close && rows >= MAX_ROWS => return Err(too_large(&part.name)),
            b"row" if kind != Tag::Close => rows += 1,
            b"si" if kind != Tag::Close => strings += 1,
            b"xf" if kind != Tag::Close => formats += 1,
            b"numFmt" | b"name" => longest = longest.max(tags.tag_bytes()),
            _ => {}
        }
        if shared && tags.bytes + strings * STRING_BYTES > MEMORY_BYTES {
            return Err(too_large(&part.name));
        }
    }
    let copied = formats.saturating_mul(longest);
    if formats > MAX_FORMATS || (formats > 0 && copied > MAX_FORMAT_TEXT_BYTES) {
        return Err("it has too many formats of cells".into());
    }
    Ok(tags.bytes)
}
