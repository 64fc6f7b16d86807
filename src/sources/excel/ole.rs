//! The container of old office files (OLE2): sectors, chains of them, streams by name. Every chain is bounded
//! by the file, so that one which bites its own tail ends; the library's own reader would follow it for ever.

/// Sector numbers from here on are marks.
const MARKS: u32 = 0xFFFF_FFFA;

type Why = String;

fn broken() -> Why {
    "its inner directory is broken".into()
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes(pair.try_into().ok()?)))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The OLE2 container: sectors, and chains of them.
pub(super) struct Container<'a> {
    bytes: &'a [u8],
    sector: usize,
    /// The sector after each.
    next: Vec<u32>,
    mini_next: Vec<u32>,
    mini: Vec<u8>,
    directory: Vec<u8>,
}

impl<'a> Container<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Why> {
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

    pub(super) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Why> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_bites_its_tail_is_refused() {
        let mut bytes = vec![0; 512 * 4];
        bytes[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
        bytes[30] = 9;
        // The table is sector 0, the directory sector 1, which follows itself.
        bytes[48] = 1;
        bytes[68..72].copy_from_slice(&u32::MAX.to_le_bytes());
        bytes[76..512].fill(0xFF);
        bytes[76..80].copy_from_slice(&0_u32.to_le_bytes());
        bytes[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
        assert!(Container::open(&bytes).is_err());
    }
}
