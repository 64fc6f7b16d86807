//! What an old binary workbook (.xls) will cost in memory. Its records name rows and columns as they like,
//! and the library makes room for all cells between the first and the last; so they are measured first, on
//! the way through the same records.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::limits::MEMORY_BYTES;

/// Largest .xls that is looked at; a full sheet of numbers has about 250 MB of cells and is not read here.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// A cell of the finished sheet and its formula, the cells they are made from, and the copy handed out.
const CELL_BYTES: u64 = 160;
/// A cell that room is made for.
const ROOM_BYTES: u64 = 40;
const MAX_RECORDS: u64 = 20_000_000;
/// Sector numbers from here on are marks.
const MARKS: u32 = 0xFFFF_FFFA;

type Why = String;

fn broken() -> Why {
    "its inner directory is broken".into()
}

fn too_large() -> Why {
    format!(
        "its cells would take more than {} MiB: save it as .xlsx or CSV",
        MEMORY_BYTES >> 20
    )
}

/// What an OLE2 file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    Workbook,
    /// A newer workbook, encrypted.
    Protected,
}

/// Looks at an OLE2 file.
///
/// # Errors
/// It is no workbook, contradicts itself, or would take more memory than a workbook may.
pub fn weigh(mut file: &File) -> Result<Kind, Why> {
    let length = file.metadata().map_err(|e| e.to_string())?.len();
    if length > MAX_FILE_BYTES {
        let limit = MAX_FILE_BYTES >> 20;
        return Err(format!(
            "it is larger than {limit} MiB: save it as .xlsx or CSV"
        ));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(|e| e.to_string())?;
    let container = Container::open(&bytes)?;
    if container.stream("EncryptedPackage")?.is_some() {
        return Ok(Kind::Protected);
    }
    let book = match container.stream("Workbook")? {
        Some(book) => Some(book),
        None => container.stream("Book")?,
    };
    weigh_book(&book.ok_or("there is no workbook in it")?)?;
    Ok(Kind::Workbook)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes(pair.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The OLE2 container: sectors, and chains of them.
struct Container<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// The sector after each.
    next: Vec<u32>,
    mini_next: Vec<u32>,
    mini: Vec<u8>,
    directory: Vec<u8>,
}

impl<'a> Container<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Why> {
        let sector = match u16_at(bytes, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Err(broken()),
        };
        let mut container = Self {
            bytes,
            sector,
            next: Vec::new(),
            mini_next: Vec::new(),
            mini: Vec::new(),
            directory: Vec::new(),
        };
        let sectors = bytes.len() / sector;
        let word = |at| u32_at(bytes, at).ok_or_else(broken);
        let mut tables: Vec<u32> = (0..109).filter_map(|i| u32_at(bytes, 76 + 4 * i)).collect();
        let mut more = word(68)?;
        let mut seen = 0;
        while more < MARKS {
            seen += 1;
            if seen > sectors + 1 {
                return Err(broken());
            }
            let words = words(container.sector_at(more).ok_or_else(broken)?);
            let (last, list) = words.split_last().ok_or_else(broken)?;
            tables.extend(list);
            more = *last;
        }
        tables.retain(|&id| id < MARKS);
        if tables.len() > sectors {
            return Err(broken());
        }
        for id in tables {
            let table = container.sector_at(id).ok_or_else(broken)?;
            container.next.extend(words(table));
        }
        container.directory = container.chain(word(48)?, u64::MAX)?;
        let root = container.directory.get(..128).ok_or_else(broken)?;
        let (root_start, root_bytes) = (
            u32_at(root, 116).ok_or_else(broken)?,
            u64::from(u32_at(root, 120).ok_or_else(broken)?),
        );
        let mini_sectors = u64::from(word(64)?);
        if mini_sectors > 0 {
            container.mini = container.chain(root_start, root_bytes)?;
            let table = container.chain(word(60)?, mini_sectors * sector as u64)?;
            container.mini_next = words(&table);
        }
        Ok(container)
    }

    /// The bytes of a sector, as far as the file goes.
    fn sector_at(&self, id: u32) -> Option<&'a [u8]> {
        let from = (id as usize + 1).checked_mul(self.sector)?;
        let rest = self.bytes.get(from..)?;
        Some(&rest[..rest.len().min(self.sector)])
    }

    /// A chain of sectors; one that bites its own tail is refused.
    fn chain(&self, start: u32, bytes: u64) -> Result<Vec<u8>, Why> {
        let mut found = Vec::new();
        let mut id = start;
        while id < MARKS {
            found.extend_from_slice(self.sector_at(id).ok_or_else(broken)?);
            if found.len() > self.bytes.len() + self.sector {
                return Err(broken());
            }
            if found.len() as u64 >= bytes {
                break;
            }
            id = *self.next.get(id as usize).ok_or_else(broken)?;
        }
        found.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(found)
    }

    fn mini_chain(&self, start: u32, bytes: usize) -> Result<Vec<u8>, Why> {
        let mut found = Vec::new();
        let mut id = start;
        while id < MARKS && found.len() < bytes {
            let from = id as usize * 64;
            let rest = self.mini.get(from..).ok_or_else(broken)?;
            found.extend_from_slice(&rest[..rest.len().min(64)]);
            if found.len() > self.mini.len() + 64 {
                return Err(broken());
            }
            id = *self.mini_next.get(id as usize).ok_or_else(broken)?;
        }
        found.truncate(bytes);
        Ok(found)
    }

    fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Why> {
        let wanted: Vec<u8> = name.bytes().flat_map(|b| [b, 0]).chain([0, 0]).collect();
        for entry in self.directory.chunks_exact(128) {
            if !entry[..wanted.len()].eq_ignore_ascii_case(&wanted) {
                continue;
            }
            let start = u32_at(entry, 116).ok_or_else(broken)?;
            let bytes = u32_at(entry, 120).ok_or_else(broken)?;
            return if bytes < 4096 {
                self.mini_chain(start, bytes as usize).map(Some)
            } else {
                self.chain(start, u64::from(bytes)).map(Some)
            };
        }
        Ok(None)
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

/// A record: its type, its data, and that of the records which continue it.
struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    fn next(&mut self) -> Option<(usize, &'a [u8])> {
        let (kind, length) = (u16_at(self.0, 0)?, u16_at(self.0, 2)?);
        let data = self.0.get(4..4 + length)?;
        self.0 = &self.0[4 + length..];
        Some((kind, data))
    }
}

fn weigh_book(book: &[u8]) -> Result<(), Why> {
    let mut sheets = Vec::new();
    let mut shared = Shared::default();
    let mut longest_name = 8_u64;
    let mut records = Records(book);
    let mut last = 0;
    while let Some((kind, data)) = records.next() {
        match kind {
            0x0085 => sheets.push(u32_at(data, 0).unwrap_or(u32::MAX)),
            0x00FC => shared.begin(data),
            0x003C if last == 0x00FC => shared.go_on(data),
            0x0018 => longest_name = longest_name.max(data.get(3).map_or(0, |n| u64::from(*n))),
            0x000A => break,
            _ => {}
        }
        if kind != 0x003C {
            last = kind;
        }
    }
    shared.end();
    let mut cost = Cost {
        bytes: 3 * shared.total,
        records: 0,
    };
    for at in sheets {
        let sheet = book.get(at as usize..).unwrap_or_default();
        cost.sheet(sheet, &shared, longest_name)?;
    }
    Ok(())
}

struct Cost {
    bytes: u64,
    records: u64,
}

impl Cost {
    fn sheet(&mut self, sheet: &[u8], shared: &Shared, longest_name: u64) -> Result<(), Why> {
        let mut records = Records(sheet);
        let mut area = Area::default();
        let mut nested = 0_u32;
        let mut begun = false;
        while let Some((kind, data)) = records.next() {
            self.records += 1;
            let place = (u16_at(data, 0), u16_at(data, 2));
            match kind {
                0x0809 if begun => nested += 1,
                0x0809 => begun = true,
                0x000A if nested > 0 => nested -= 1,
                0x000A => break,
                _ if nested > 0 => {}
                // Room is made for what it declares, whatever comes.
                0x0200 if declared(data).saturating_mul(ROOM_BYTES) > MEMORY_BYTES => {
                    return Err(too_large());
                }
                0x0203 | 0x0204 | 0x00D6 | 0x0205 | 0x027E | 0x0006 | 0x00FD => {
                    area.meet(place, 1);
                    let text = match kind {
                        0x0006 => 2 * data.len() as u64 * longest_name / 4,
                        0x00FD => 2 * shared.length(u32_at(data, 6)),
                        _ => 4 * data.len() as u64,
                    };
                    self.add(text);
                }
                0x0207 => self.add(4 * data.len() as u64),
                0x00BD => area.meet(place, data.len() / 6),
                _ => {}
            }
            if self.bytes > MEMORY_BYTES || self.records > MAX_RECORDS {
                return Err(too_large());
            }
        }
        self.add(area.cells().saturating_mul(CELL_BYTES));
        match self.bytes > MEMORY_BYTES {
            true => Err(too_large()),
            false => Ok(()),
        }
    }

    const fn add(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Rows times columns of a Dimensions record.
fn declared(data: &[u8]) -> u64 {
    let wide = |at| u32_at(data, at).map_or(0, u64::from);
    let narrow = |at| u16_at(data, at).map_or(0, |n| n as u64);
    let (first, end, left, right) = match data.len() {
        10 => (narrow(0), narrow(2), narrow(4), narrow(6)),
        _ => (wide(0), wide(4), narrow(8), narrow(10)),
    };
    let rows = if first > end {
        u64::from(u32::MAX)
    } else {
        end - first
    };
    // What is no column is taken for the first one.
    let left = if left > 0xFF || right < left { 0 } else { left };
    rows.saturating_mul(right - left.min(right))
}

/// Where cells stand in a sheet.
#[derive(Default)]
struct Area {
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl Area {
    fn meet(&mut self, (row, column): (Option<usize>, Option<usize>), width: usize) {
        let wider = |known: Option<(u64, u64)>, from: u64, to: u64| {
            known.map_or((from, to), |(a, b)| (a.min(from), b.max(to)))
        };
        if let (Some(row), Some(column)) = (row, column) {
            self.rows = Some(wider(self.rows, row as u64, row as u64));
            let last = (column + width.max(1) - 1) as u64;
            self.columns = Some(wider(self.columns, column as u64, last));
        }
    }

    fn cells(&self) -> u64 {
        match (self.rows, self.columns) {
            (Some((top, bottom)), Some((left, right))) => (bottom - top + 1) * (right - left + 1),
            _ => 0,
        }
    }
}

/// The lengths of the shared strings, in bytes once read.
#[derive(Default)]
struct Shared {
    data: Vec<u8>,
    lengths: Vec<u32>,
    total: u64,
}

impl Shared {
    fn begin(&mut self, data: &[u8]) {
        self.data = data.get(8..).unwrap_or_default().to_vec();
    }

    /// The first byte of a continuation repeats a flag where it cuts a string; one byte too many in the sum of
    /// all lengths does no harm.
    fn go_on(&mut self, data: &[u8]) {
        self.data.extend_from_slice(data);
    }

    fn end(&mut self) {
        self.total = self.data.len() as u64;
        let mut at = 0;
        while let (Some(count), Some(&flags)) = (u16_at(&self.data, at), self.data.get(at + 2)) {
            // Three bytes of UTF-8 a character at most.
            self.lengths.push(3 * count as u32);
            let mut head = 3;
            let mut behind = 0;
            if flags & 8 != 0 {
                behind += 4 * u16_at(&self.data, at + head).unwrap_or(0);
                head += 2;
            }
            if flags & 4 != 0 {
                behind += u32_at(&self.data, at + head).unwrap_or(0) as usize;
                head += 4;
            }
            at += head + count * if flags & 1 == 0 { 1 } else { 2 } + behind;
        }
    }

    /// Of string `i`; where the table was lost sight of, of the longest.
    fn length(&self, i: Option<u32>) -> u64 {
        let known = i.and_then(|i| self.lengths.get(i as usize));
        u64::from(*known.or_else(|| self.lengths.iter().max()).unwrap_or(&0))
    }
}
