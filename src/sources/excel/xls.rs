//! What an old binary workbook (.xls) will cost in memory. Its records name rows and columns as they like,
//! and the library makes room for all cells between the first and the last; so they are measured first, on
//! the way through the same records.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::limits::MEMORY_BYTES;
use super::ole::{Container, u16_at, u32_at};

/// Largest .xls that is looked at; a full sheet of numbers has about 250 MB of cells and is not read here.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// A cell of the finished sheet and its formula, the cells they are made from, and the copy handed out.
const CELL_BYTES: u64 = 160;
/// A cell that room is made for.
const ROOM_BYTES: u64 = 40;
const MAX_RECORDS: u64 = 20_000_000;
type Why = String;

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
    weigh_book(&book.ok_or("there is no workbook in it")?)
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

fn weigh_book(book: &[u8]) -> Result<Kind, Why> {
    let mut sheets = Vec::new();
    let mut shared = Shared::default();
    let mut longest_name = 8_u64;
    let mut records = Records(book);
    let mut last = 0;
    while let Some((kind, data)) = records.next() {
        match kind {
            0x002F if u16_at(data, 0) != Some(0) => return Ok(Kind::Protected),
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
    Ok(Kind::Workbook)
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
    /// Where each continuation begins in `data`, ascending.
    breaks: Vec<usize>,
    lengths: Vec<u32>,
    total: u64,
}

impl Shared {
    fn begin(&mut self, data: &[u8]) {
        self.data = data.get(8..).unwrap_or_default().to_vec();
        self.breaks.clear();
    }

    fn go_on(&mut self, data: &[u8]) {
        self.breaks.push(self.data.len());
        self.data.extend_from_slice(data);
    }

    fn end(&mut self) {
        self.total = self.data.len() as u64;
        let mut at = 0;
        while let (Some(count), Some(&flags)) = (u16_at(&self.data, at), self.data.get(at + 2)) {
            // Three bytes of UTF-8 a character at most.
            self.lengths.push(3 * count as u32);
            let (mut head, mut behind) = (3, 0);
            if flags & 8 != 0 {
                behind += 4 * u16_at(&self.data, at + head).unwrap_or(0);
                head += 2;
            }
            if flags & 4 != 0 {
                behind += u32_at(&self.data, at + head).unwrap_or(0) as usize;
                head += 4;
            }
            at = self.after_characters(at + head, count, flags) + behind;
        }
    }

    /// A continuation that cuts a string begins with its flags again.
    fn after_characters(&self, mut at: usize, mut left: usize, mut flags: u8) -> usize {
        loop {
            let width = if flags & 1 == 0 { 1 } else { 2 };
            let next = self.breaks.partition_point(|&place| place <= at);
            let Some(&end) = self.breaks.get(next) else {
                return at + left * width;
            };
            let fit = (end - at) / width;
            if left <= fit {
                return at + left * width;
            }
            left -= fit;
            flags = self.data.get(end).copied().unwrap_or(0);
            at = end + 1;
        }
    }

    /// Of string `i`; where the table was lost sight of, of the longest.
    fn length(&self, i: Option<u32>) -> u64 {
        let known = i.and_then(|i| self.lengths.get(i as usize));
        u64::from(*known.or_else(|| self.lengths.iter().max()).unwrap_or(&0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        let mut record = [kind.to_le_bytes(), length.to_le_bytes()].concat();
        record.extend_from_slice(data);
        record
    }

    /// A book of one sheet that holds these records.
    fn book(globals: &[Vec<u8>], sheet: &[Vec<u8>]) -> Vec<u8> {
        let begin = record(0x0809, &[0, 6, 5, 0]);
        let end = record(0x000A, &[]);
        let globals = globals.concat();
        let at = begin.len() + globals.len() + 13 + end.len();
        let mut named = u32::try_from(at).unwrap().to_le_bytes().to_vec();
        named.extend([0, 0, 1, 0, b'a']);
        let all = [begin.clone(), globals, record(0x0085, &named), end.clone()];
        [all.concat(), begin, sheet.concat(), end].concat()
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0; 2]].concat();
        data.extend([0; 8]);
        record(0x0203, &data)
    }

    #[test]
    fn cells_far_apart_are_refused_and_a_full_sheet_is_not() {
        assert_eq!(
            weigh_book(&book(&[], &[number(0, 0), number(65_535, 5)])),
            Ok(Kind::Workbook)
        );
        assert!(weigh_book(&book(&[], &[number(0, 0), number(65_535, 65_535)])).is_err());
    }

    #[test]
    fn what_room_is_made_for_counts() {
        let dimensions = |rows: u32, columns: u16| {
            let mut data = [0_u32.to_le_bytes(), rows.to_le_bytes()].concat();
            data.extend([[0; 2], columns.to_le_bytes(), [0; 2]].concat());
            record(0x0200, &data)
        };
        assert!(weigh_book(&book(&[], &[dimensions(65_536, 20)])).is_ok());
        assert!(weigh_book(&book(&[], &[dimensions(u32::MAX, 256)])).is_err());
    }

    #[test]
    fn a_text_that_many_cells_share_counts_for_each() {
        let texts = |count: u16| {
            let mut data = vec![0; 8];
            data.extend(count.to_le_bytes());
            data.push(0);
            data.extend(vec![b'x'; 4000]);
            let mut rest = vec![0];
            rest.extend(vec![b'x'; usize::from(count) - 4000]);
            [record(0x00FC, &data), record(0x003C, &rest)].concat()
        };
        let label = |row: u16| {
            let mut data = [row.to_le_bytes(), [0; 2], [0; 2]].concat();
            data.extend([0; 4]);
            record(0x00FD, &data)
        };
        let cells: Vec<Vec<u8>> = (0..9000).map(label).collect();
        assert!(weigh_book(&book(&[texts(4100)], &cells)).is_ok());
        assert!(weigh_book(&book(&[texts(8000)], &cells)).is_err());
    }

    #[test]
    fn an_encrypted_book_is_protected() {
        let filter = record(0x002F, &[1, 0, 0, 0]);
        assert_eq!(weigh_book(&book(&[filter], &[])), Ok(Kind::Protected));
    }
}
