//! A text file on disk that is followed while it grows: read up to its last whole line, and later on from
//! there. That it is still the same file is proved, never assumed: by the digest of all that was read, or,
//! where this process read it itself, by its beginning and the last bytes before the place to go on from.
//!
//! What cannot be cut between lines (workbooks, compressed files, JSON, UTF-16) is not followed here: it is
//! read whole when it changed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::ports::{GrowingFile, RawRecord, Reach, RecordStream, SourceFile};
use crate::domain::{Dialect, Encoding, Format, SourceError};

use super::files::DiskFile;
use super::layout::Layout;
use super::lines::{self, Counter};
use super::table;

/// Beginning of a file that is read again with what is new, so that its header and its dialect are found in
/// the same way each time.
const HEAD_BYTES: u64 = 8 << 10;
/// What is compared before the place to go on from.
const TAIL_BYTES: usize = 4 << 10;

/// Files of which a mark is kept; one that is forgotten costs the digest of all that lies before.
const MARKS: usize = 1024;

/// What this process knows of the files that it read last: spares the digest of all that lies before.
#[derive(Clone, Default)]
pub struct Marks(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    marks: HashMap<PathBuf, Mark>,
    /// Marks set so far.
    set: u64,
}

#[derive(Clone)]
struct Mark {
    /// The how-manieth it was.
    set: u64,
    bytes: u64,
    hasher: blake3::Hasher,
    head: [u8; 32],
    /// The last bytes before `bytes`.
    tail: Vec<u8>,
    /// How the file is written, as its beginning says.
    layout: Layout,
}

impl Marks {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, path: &Path) -> Option<Mark> {
        self.kept().marks.get(path).cloned()
    }

    fn set(&self, path: &Path, mut mark: Mark) {
        let mut kept = self.kept();
        kept.set += 1;
        mark.set = kept.set;
        kept.marks.insert(path.to_path_buf(), mark);
        if kept.marks.len() > MARKS {
            let oldest = kept.marks.iter().min_by_key(|(_, mark)| mark.set);
            if let Some(oldest) = oldest.map(|(path, _)| path.clone()) {
                kept.marks.remove(&oldest);
            }
        }
    }

    /// Forgets a file that is gone.
    pub fn forget(&self, path: &Path) {
        self.kept().marks.remove(path);
    }
}

/// How much of a file that is followed is taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// A last line without an end is taken as it is: nobody has written to the file for a while.
    pub unfinished: bool,
    /// New bytes, at most; at least one line is taken.
    pub bytes: u64,
}

/// One text file that is followed.
pub struct FollowedFile {
    file: DiskFile,
    path: PathBuf,
    dialect: Dialect,
    take: Take,
    marks: Marks,
    /// How far the digest goes: the end of the last whole line.
    whole: Cell<u64>,
    digest: Cell<Option<[u8; 32]>>,
    reading: RefCell<Option<Arc<Mutex<Progress>>>>,
    layout: Cell<Layout>,
    /// Digest of the beginning, where that is known and stays as the file grows.
    head: Cell<Option<[u8; 32]>>,
}

/// What has come by of a stream.
struct Progress {
    bytes: u64,
    /// What lies behind it is not counted: a line without an end.
    whole: u64,
    lines: Counter,
    hasher: blake3::Hasher,
    tail: Vec<u8>,
}

impl Progress {
    fn take(&mut self, read: &[u8]) {
        let within = usize::try_from(self.whole - self.bytes.min(self.whole)).unwrap_or(usize::MAX);
        let counted = &read[..within.min(read.len())];
        self.bytes += read.len() as u64;
        self.lines.take(counted);
        self.hasher.update(counted);
        self.tail.extend_from_slice(counted);
        if self.tail.len() > 2 * TAIL_BYTES {
            self.tail.drain(..self.tail.len() - TAIL_BYTES);
        }
    }
}

/// Lets bytes by and keeps count of them.
struct Tee<R> {
    input: R,
    progress: Arc<Mutex<Progress>>,
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.take(&buffer[..n]);
        Ok(n)
    }
}

/// Whether a file with this beginning can be cut between lines.
#[must_use]
fn is_lines(start: &[u8], dialect: &Dialect) -> bool {
    let text = matches!(dialect.format, None | Some(Format::Csv))
        && !matches!(
            dialect.encoding,
            Some(Encoding::Utf16Le | Encoding::Utf16Be)
        );
    let packed = [
        &b"\x1F\x8B"[..],
        b"\x28\xB5\x2F\xFD",
        b"PK",
        b"\xFF\xFE",
        b"\xFE\xFF",
    ];
    let json =
        start.trim_ascii_start().starts_with(b"{") || start.trim_ascii_start().starts_with(b"[");
    // Zero bytes to the end are room that a copy has reserved.
    let written = start.iter().rposition(|&b| b != 0).map_or(0, |at| at + 1);
    text && !json
        && !start[..written].contains(&0)
        && !packed.iter().any(|magic| start.starts_with(magic))
}

/// Whether the file can be followed line by line; one that cannot be read now is taken whole, and says why.
#[must_use]
pub fn is_text(file: &DiskFile) -> bool {
    let mut start = Vec::new();
    let read = File::open(&file.path).and_then(|f| f.take(HEAD_BYTES).read_to_end(&mut start));
    read.is_ok() && is_lines(&start, &file.dialect)
}

impl FollowedFile {
    #[must_use]
    pub fn new(file: DiskFile, take: Take, marks: Marks) -> Self {
        Self {
            path: file.path.clone(),
            dialect: file.dialect.clone(),
            file,
            take,
            marks,
            whole: Cell::new(0),
            digest: Cell::new(None),
            reading: RefCell::new(None),
            layout: Cell::new(Layout::default()),
            head: Cell::new(None),
        }
    }

    /// Where the new bytes after `from` end, and where the last whole line among them does.
    fn ends(&self, file: &mut File, from: u64) -> Result<(u64, u64), SourceError> {
        let length = file.metadata().map_err(unreadable)?.len();
        let to = length.min(from.saturating_add(self.take.bytes));
        let whole = lines::whole_end(file, from, to).map_err(unreadable)?;
        if to < length && whole == from {
            // One line longer than what is taken at once: let the reader of records say what it is.
            return Ok((length.min(from.saturating_add(lines::LONGEST)), from));
        }
        let whole_file = to == length;
        Ok((
            if self.take.unfinished && whole_file {
                to
            } else {
                whole
            },
            whole,
        ))
    }

    fn begin(&self, progress: Progress) -> Arc<Mutex<Progress>> {
        let progress = Arc::new(Mutex::new(progress));
        *self.reading.borrow_mut() = Some(Arc::clone(&progress));
        progress
    }

    /// The hasher at `reach` and the last bytes before it, when the file is still what it was.
    fn proved(
        &self,
        file: &mut File,
        reach: &Reach,
        head: [u8; 32],
        mark: Option<Mark>,
    ) -> Result<Option<(blake3::Hasher, Vec<u8>)>, SourceError> {
        let known = mark.filter(|mark| {
            mark.bytes == reach.bytes && *mark.hasher.finalize().as_bytes() == reach.digest
        });
        let tail_at = reach.bytes.saturating_sub(TAIL_BYTES as u64);
        file.seek(SeekFrom::Start(tail_at)).map_err(unreadable)?;
        let mut tail = Vec::new();
        file.take(reach.bytes - tail_at)
            .read_to_end(&mut tail)
            .map_err(unreadable)?;
        if let Some(mark) = known {
            let same = mark.head == head && mark.tail == tail;
            return Ok(same.then_some((mark.hasher, tail)));
        }
        let mut hasher = blake3::Hasher::new();
        file.rewind().map_err(unreadable)?;
        hasher
            .update_reader(file.take(reach.bytes))
            .map_err(unreadable)?;
        Ok((*hasher.finalize().as_bytes() == reach.digest).then_some((hasher, tail)))
    }

    fn head(&self, file: &mut File, reach_bytes: u64) -> Result<Vec<u8>, SourceError> {
        lines::head(file, reach_bytes, HEAD_BYTES).map_err(unreadable)
    }
}

impl SourceFile for FollowedFile {
    fn path(&self) -> &str {
        self.file.path()
    }

    fn stem(&self) -> &str {
        self.file.stem()
    }

    /// Of its whole lines.
    fn digest(&self) -> Result<[u8; 32], SourceError> {
        let mut file = self.file.file()?;
        let (_, whole) = self.ends(&mut file, 0)?;
        file.rewind().map_err(unreadable)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file.take(whole)).map_err(unreadable)?;
        let digest = *hasher.finalize().as_bytes();
        self.whole.set(whole);
        self.digest.set(Some(digest));
        Ok(digest)
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        self.head.set(None);
        let mut file = self.file.file()?;
        let (end, whole) = match self.digest.get() {
            // What grew since its digest was made is for the next time.
            Some(_) if !self.take.unfinished => (self.whole.get(), self.whole.get()),
            _ => self.ends(&mut file, 0)?,
        };
        file.rewind().map_err(unreadable)?;
        let progress = self.begin(Progress {
            bytes: 0,
            whole,
            lines: Counter::default(),
            hasher: blake3::Hasher::new(),
            tail: Vec::new(),
        });
        let input = Tee {
            input: file.take(end),
            progress,
        };
        let stream = table::lines(input, &self.dialect, None)?;
        self.layout.set(*stream.layout());
        Ok(Box::new(stream))
    }

    fn growing(&self) -> Option<&dyn GrowingFile> {
        Some(self)
    }
}

impl GrowingFile for FollowedFile {
    fn resume(&self, reach: &Reach) -> Result<Option<Box<dyn RecordStream>>, SourceError> {
        let mut file = self.file.file()?;
        if reach.bytes == 0 || file.metadata().map_err(unreadable)?.len() < reach.bytes {
            return Ok(None);
        }
        let head = self.head(&mut file, reach.bytes)?;
        let digest = *blake3::hash(&head).as_bytes();
        let mark = self.marks.get(&self.path);
        let layout = mark
            .as_ref()
            .filter(|mark| mark.head == digest)
            .map(|mark| mark.layout);
        let Some((hasher, tail)) = self.proved(&mut file, reach, digest, mark)? else {
            return Ok(None);
        };
        // Of a longer file it is the same lines.
        self.head.set((reach.bytes > HEAD_BYTES).then_some(digest));
        let (end, whole) = self.ends(&mut file, reach.bytes)?;
        self.digest.set(None);
        file.seek(SeekFrom::Start(reach.bytes))
            .map_err(unreadable)?;
        let progress = self.begin(Progress {
            bytes: reach.bytes,
            whole,
            lines: Counter::from(reach.lines),
            hasher,
            tail,
        });
        let mut counted = Counter::default();
        counted.take(&head);
        let head_lines = counted.lines();
        let new = Tee {
            input: file.take(end - reach.bytes),
            progress,
        };
        let input = io::Cursor::new(head).chain(new);
        let stream = table::lines(input, &self.dialect, layout)?;
        self.layout.set(*stream.layout());
        Ok(Some(Box::new(Resumed {
            stream: Box::new(stream),
            head_lines,
            skipped_lines: reach.lines - head_lines.min(reach.lines),
        })))
    }

    fn reach(&self) -> Option<Reach> {
        let reading = self.reading.borrow();
        let progress = reading
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let digest = *progress.hasher.finalize().as_bytes();
        // From the start the digest was made before: a file that changed in between is read again.
        let changed = self.digest.get().is_some_and(|made| made != digest);
        if changed || progress.bytes < progress.whole {
            return None;
        }
        let head = match self.head.get() {
            Some(head) => Ok(head),
            None => self.file.file().and_then(|mut file| {
                let head = self.head(&mut file, progress.whole)?;
                Ok(*blake3::hash(&head).as_bytes())
            }),
        };
        if let Ok(head) = head {
            let kept = progress.tail.len().min(TAIL_BYTES);
            self.marks.set(
                &self.path,
                Mark {
                    set: 0,
                    bytes: progress.whole,
                    hasher: progress.hasher.clone(),
                    head,
                    tail: progress.tail[progress.tail.len() - kept..].to_vec(),
                    layout: self.layout.get(),
                },
            );
        }
        Some(Reach {
            bytes: progress.whole,
            lines: progress.lines.lines(),
            digest,
        })
    }
}

/// The records after a place: those of the beginning are read for their header and passed over.
struct Resumed {
    stream: Box<dyn RecordStream>,
    head_lines: u64,
    /// Lines between the beginning and the place.
    skipped_lines: u64,
}

impl RecordStream for Resumed {
    fn header(&self) -> &[String] {
        self.stream.header()
    }

    fn read(&mut self, record: &mut RawRecord) -> Result<bool, SourceError> {
        while self.stream.read(record)? {
            if record.line > self.head_lines {
                record.line += self.skipped_lines;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn digest(&self) -> [u8; 32] {
        self.stream.digest()
    }

    fn decimal_comma(&self) -> bool {
        self.stream.decimal_comma()
    }

    fn dialect(&self) -> Dialect {
        self.stream.dialect()
    }
}

fn unreadable(error: io::Error) -> SourceError {
    SourceError::Unreadable {
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
