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
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ports::{GrowingFile, RawRecord, Reach, RecordStream, SourceFile};
use crate::domain::{Dialect, Encoding, Format, SourceError};

use super::files::DiskFile;
use super::lines::{self, Counter};
use super::table;

/// Beginning of a file that is read again with what is new, so that its header and its dialect are found in
/// the same way each time.
const HEAD_BYTES: u64 = 8 << 10;
/// What is compared before the place to go on from.
const TAIL_BYTES: usize = 4 << 10;

/// What this process knows of the files that it read: spares the digest of all that lies before.
#[derive(Clone, Default)]
pub struct Marks(Arc<Mutex<HashMap<PathBuf, Mark>>>);

#[derive(Clone)]
struct Mark {
    bytes: u64,
    hasher: blake3::Hasher,
    head: [u8; 32],
    /// The last bytes before `bytes`.
    tail: Vec<u8>,
}

impl Marks {
    fn get(&self, path: &Path) -> Option<Mark> {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(path).cloned()
    }

    fn set(&self, path: &Path, mark: Mark) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.insert(path.to_path_buf(), mark);
    }

    /// Forgets a file that is gone.
    pub fn forget(&self, path: &Path) {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.remove(path);
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
        head: &[u8],
    ) -> Result<Option<(blake3::Hasher, Vec<u8>)>, SourceError> {
        let known = self.marks.get(&self.path).filter(|mark| {
            mark.bytes == reach.bytes && *mark.hasher.finalize().as_bytes() == reach.digest
        });
        let tail_at = reach.bytes.saturating_sub(TAIL_BYTES as u64);
        file.seek(SeekFrom::Start(tail_at)).map_err(unreadable)?;
        let mut tail = Vec::new();
        file.take(reach.bytes - tail_at)
            .read_to_end(&mut tail)
            .map_err(unreadable)?;
        if let Some(mark) = known {
            let same = mark.head == *blake3::hash(head).as_bytes() && mark.tail == tail;
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
        table::text(Box::new(input), self.path(), &self.dialect)
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
        let Some((hasher, tail)) = self.proved(&mut file, reach, &head)? else {
            return Ok(None);
        };
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
        Ok(Some(Box::new(Resumed {
            stream: table::text(Box::new(input), self.path(), &self.dialect)?,
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
        let head = self
            .file
            .file()
            .and_then(|mut file| self.head(&mut file, progress.whole));
        if let Ok(head) = head {
            let kept = progress.tail.len().min(TAIL_BYTES);
            self.marks.set(
                &self.path,
                Mark {
                    bytes: progress.whole,
                    hasher: progress.hasher.clone(),
                    head: *blake3::hash(&head).as_bytes(),
                    tail: progress.tail[progress.tail.len() - kept..].to_vec(),
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
}

fn unreadable(error: io::Error) -> SourceError {
    SourceError::Unreadable {
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: Take = Take {
        unfinished: false,
        bytes: u64::MAX,
    };

    type Rows = Vec<(u64, Vec<u8>)>;

    fn drain(stream: &mut dyn RecordStream) -> Rows {
        let (mut rows, mut record) = (Vec::new(), RawRecord::default());
        while stream.read(&mut record).unwrap() {
            rows.push((record.line, record.raw.clone()));
        }
        rows
    }

    /// As a load does: on from `reach` where possible, else from the start; whether it went on.
    fn read(path: &Path, reach: Option<Reach>, take: Take, marks: &Marks) -> (bool, Rows, Reach) {
        let file = DiskFile::new(path.to_path_buf(), Dialect::default());
        assert!(is_text(&file));
        let file = FollowedFile::new(file, take, marks.clone());
        let resumed = reach.and_then(|reach| file.resume(&reach).unwrap());
        let on = resumed.is_some();
        let mut stream = resumed.unwrap_or_else(|| {
            file.digest().unwrap();
            file.open().unwrap()
        });
        let rows = drain(stream.as_mut());
        (on, rows, file.reach().unwrap())
    }

    #[test]
    fn half_a_line_waits_for_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let marks = Marks::default();
        std::fs::write(&path, "a,b\n1,2\n3,").unwrap();
        let (_, rows, reach) = read(&path, None, ALL, &marks);
        assert_eq!(rows, [(2, b"1,2".to_vec())]);
        assert_eq!((reach.bytes, reach.lines), (8, 2));
        std::fs::write(&path, "a,b\n1,2\n3,4\n5,6\n7").unwrap();
        let (on, rows, reach) = read(&path, Some(reach), ALL, &marks);
        assert!(on);
        assert_eq!(rows, [(3, b"3,4".to_vec()), (4, b"5,6".to_vec())]);
        assert_eq!(
            reach.digest,
            *blake3::hash(b"a,b\n1,2\n3,4\n5,6\n").as_bytes()
        );
        // Nobody writes any more: the rest is shown as it is, and is not what the next reading begins after.
        let quiet = Take {
            unfinished: true,
            ..ALL
        };
        let (on, rows, again) = read(&path, Some(reach), quiet, &Marks::default());
        assert!(on);
        assert_eq!(rows, [(5, b"7".to_vec())]);
        assert_eq!(again, reach);
    }

    #[test]
    fn another_file_in_its_place_is_read_from_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        for marks in [Marks::default(), Marks::default()] {
            let text: String = (0..4000).map(|i| format!("{i},{i}\n")).collect();
            std::fs::write(&path, format!("a,b\n{text}")).unwrap();
            let (_, _, reach) = read(&path, None, ALL, &marks);
            let other = [
                // Cut back, rotated, rewritten at its start, rewritten at its end.
                "a,b\n1,2\n".to_owned(),
                format!("a,b\n{}", text.replace(",1", ",9")),
                format!("b,a\n{text}9,9\n"),
                format!("a,b\n{}0,0\n9,9\n", &text[..text.len() - 4]),
            ];
            for text in other {
                std::fs::write(&path, text).unwrap();
                let (on, rows, _) = read(&path, Some(reach), ALL, &marks);
                assert!(!on);
                assert_eq!(rows[0].0, 2);
            }
        }
        // In the middle: not seen by a process that read it itself, always by one that did not.
        let text: String = (0..4000).map(|i| format!("{i},{i}\n")).collect();
        std::fs::write(&path, format!("a,b\n{text}")).unwrap();
        let (_, _, reach) = read(&path, None, ALL, &Marks::default());
        std::fs::write(&path, format!("a,b\n{}", text.replace("2000,", "7000,"))).unwrap();
        assert!(!read(&path, Some(reach), ALL, &Marks::default()).0);
    }

    #[test]
    fn room_that_a_copy_has_reserved_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let mut text = b"a,b\n1,2\n3,4".to_vec();
        text.resize(100_000, 0);
        std::fs::write(&path, text).unwrap();
        let (_, rows, _) = read(&path, None, ALL, &Marks::default());
        assert_eq!(rows, [(2, b"1,2".to_vec())]);
    }

    #[test]
    fn what_can_be_cut_between_lines() {
        let any = Dialect::default();
        assert!(is_lines(b"a;b\n", &any) && is_lines(b"\xEF\xBB\xBFa\n", &any));
        for start in [
            &b"\x1F\x8B\x08"[..],
            b"PK\x03\x04",
            b"{\"a\"",
            b" [",
            b"a\0b\0",
            b"\xFF\xFEa\0",
        ] {
            assert!(!is_lines(start, &any), "{start:?}");
        }
        let json = Dialect {
            format: Some(Format::Ndjson),
            ..any
        };
        assert!(!is_lines(b"a,b", &json));
    }

    proptest! {
        #[test]
        fn read_in_pieces_is_read_at_once(
            lines in proptest::collection::vec("[a-z0-9]{1,40},[a-z0-9]{0,60}", 1..400),
            ends in prop_oneof![Just("\n"), Just("\r\n")],
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
            bytes in prop_oneof![Just(u64::MAX), 150_u64..3000],
            restarts in any::<bool>(),
        ) {
            let text = format!("left,right{ends}{}{ends}", lines.join(ends));
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("a.csv");
            std::fs::write(&path, &text).unwrap();
            let (_, whole, _) = read(&path, None, ALL, &Marks::default());
            prop_assert_eq!(whole.len(), lines.len());
            let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(text.len())).collect();
            cuts.sort_unstable();
            cuts.push(text.len());
            let (mut marks, mut reach, mut seen) = (Marks::default(), None, Vec::new());
            let take = Take { unfinished: false, bytes };
            for cut in cuts {
                std::fs::write(&path, &text[..cut]).unwrap();
                loop {
                    if reach.is_none() && !text[..cut].contains('\n') {
                        break;
                    }
                    if restarts {
                        marks = Marks::default();
                    }
                    let (on, rows, now) = read(&path, reach, take, &marks);
                    prop_assert_eq!(on, reach.is_some());
                    seen.extend(rows);
                    if reach.replace(now) == Some(now) {
                        break;
                    }
                }
            }
            prop_assert_eq!(seen, whole);
        }
    }
}
