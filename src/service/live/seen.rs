//! What was seen of the files of one source, look after look, and which of them are to be read now. By size
//! and time of change alone: that works on network shares, where notifications of changes do not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::config::SourceConfig;
use crate::domain::SourceError;
use crate::domain::ports::SourceFile;
use crate::sources::files::{self, DiskFile, Listed};
use crate::sources::growing::{self, FollowedFile, Marks, Take};

use super::super::inputs::QUIET;

/// Between two looks. What is new is passed and drawn as often: half as often costs half, and a reading is still
/// shown within a second of being written.
pub(super) const LOOK: Duration = Duration::from_millis(500);
/// A look may take this share of the time: one that takes long is followed by a longer pause.
const PAUSE_TIMES: u32 = 9;
/// A source that cannot be read for so long is dead; a file that is being replaced is not.
const DEAD_AFTER: Duration = Duration::from_secs(2);
/// New bytes of a file that one pass takes.
const TAKE_BYTES: u64 = 8 << 20;
/// Between two readings of a file that was refused, at first and at most.
const REFUSED_FIRST: Duration = Duration::from_secs(1);
const REFUSED_MOST: Duration = Duration::from_secs(600);

/// One followed source on disk.
pub(super) struct Folder {
    path: String,
    folder: PathBuf,
    files: BTreeMap<PathBuf, Seen>,
    marks: Marks,
    next_look: Option<Instant>,
    /// Since when it cannot be listed, and why.
    failing: Option<(Instant, SourceError)>,
    looked: bool,
}

type Stamp = (u64, Option<SystemTime>);

struct Seen {
    stamp: Stamp,
    /// Looks in a row that saw this stamp.
    same: u32,
    /// Looks that saw the file.
    looks: u32,
    since: Instant,
    /// The stamp it had when it was read last.
    taken: Option<Stamp>,
    taken_at: Option<Instant>,
    /// Bytes read of it.
    reached: u64,
    /// The last reading came further, and not to the end.
    more: bool,
    /// A last line without an end was read as it is.
    rest_shown: bool,
    /// Refused: so many times, and not before then again.
    refused: Option<(u32, Instant)>,
}

/// A file to be read.
pub(super) struct Due {
    pub path: PathBuf,
    pub file: DiskFile,
    /// `None`: whole.
    pub take: Option<Take>,
    /// Nothing of it was read by this process.
    pub new: bool,
    pub bytes: u64,
    waiting_since: Option<Instant>,
}

/// How the reading of a file ended.
pub(super) enum Read {
    /// So many bytes of it are in.
    Upto(u64),
    Refused,
}

impl Folder {
    pub fn new(source: &SourceConfig, folder: &Path, marks: Marks) -> Self {
        Self {
            path: source.path.clone().unwrap_or_default(),
            folder: folder.to_path_buf(),
            files: BTreeMap::new(),
            marks,
            next_look: None,
            failing: None,
            looked: false,
        }
    }

    /// Lists the files, when it is time to.
    pub fn look(&mut self, now: Instant) {
        if self.next_look.is_some_and(|next| now < next) {
            return;
        }
        let listed = files::look(&self.folder, &self.path);
        let took = now.elapsed();
        self.next_look = Some(now + took + (took * PAUSE_TIMES).max(LOOK));
        self.looked = true;
        match listed {
            Ok(listed) => {
                self.failing = None;
                self.note(listed, now);
            }
            Err(error) => {
                let since = self.failing.as_ref().map_or(now, |(since, _)| *since);
                self.failing = Some((since, error));
            }
        }
    }

    fn note(&mut self, listed: Vec<Listed>, now: Instant) {
        let mut known = std::mem::take(&mut self.files);
        for file in listed {
            let stamp = (file.bytes, file.modified);
            let mut seen = known
                .remove(&file.path)
                .unwrap_or_else(|| Seen::new(stamp, now));
            seen.note(stamp, now);
            self.files.insert(file.path, seen);
        }
        for gone in known.keys() {
            self.marks.forget(gone);
        }
    }

    /// Why the source is dead; `None` while it is not, or not yet known to be.
    pub fn dead(&self, now: Instant) -> Option<SourceError> {
        if self.all_refused() {
            let why = "every file of it was refused".to_owned();
            return Some(SourceError::Unreadable { why });
        }
        let (since, error) = self.failing.as_ref()?;
        // One that never was there is dead at once.
        let known = !self.files.is_empty();
        (!known || now.duration_since(*since) >= DEAD_AFTER).then(|| error.clone())
    }

    /// Whether anything can be said of it.
    pub const fn is_known(&self) -> bool {
        self.looked
    }

    /// Every file was refused.
    fn all_refused(&self) -> bool {
        !self.files.is_empty() && self.files.values().all(|seen| seen.refused.is_some())
    }

    /// The files to be read now, those first that have waited longest.
    pub fn due(&self, source: &SourceConfig, now: Instant, lifted: bool) -> Vec<Due> {
        let mut due: Vec<Due> = self
            .files
            .iter()
            .filter(|(_, seen)| seen.may_be_due(now))
            .filter_map(|(path, seen)| {
                let file = DiskFile::new(path.clone(), source.dialect());
                let text = seen.reached > 0 || growing::is_text(&file);
                seen.is_due(text, now).then(|| Due {
                    path: path.clone(),
                    take: text.then(|| Take {
                        unfinished: seen.is_quiet(now),
                        bytes: if lifted { u64::MAX } else { TAKE_BYTES },
                    }),
                    file,
                    new: seen.taken.is_none(),
                    bytes: seen.stamp.0.saturating_sub(seen.reached),
                    waiting_since: seen.taken_at,
                })
            })
            .collect();
        due.sort_by_key(|due| due.waiting_since);
        due
    }

    /// Makes of what is due what the ETL reads.
    pub fn open(&self, due: Due) -> Box<dyn SourceFile> {
        match due.take {
            Some(take) => Box::new(FollowedFile::new(due.file, take, self.marks.clone())),
            None => Box::new(due.file),
        }
    }

    /// Notes how the reading of a file ended; `unfinished`: it was asked for to its last byte.
    pub fn settle(&mut self, path: &Path, unfinished: bool, read: &Read, now: Instant) {
        if let Some(seen) = self.files.get_mut(path) {
            seen.settle(unfinished, read, now);
        }
    }

    /// The last pass did not take all that it could.
    pub fn has_more(&self) -> bool {
        self.files.values().any(|seen| seen.more)
    }

    /// Bytes that are there and not read; half a line is none.
    pub fn behind_bytes(&self) -> u64 {
        let behind = |seen: &&Seen| seen.taken != Some(seen.stamp) || seen.more;
        let files = self.files.values().filter(behind);
        files
            .map(|seen| seen.stamp.0.saturating_sub(seen.reached))
            .sum()
    }
}

impl Seen {
    const fn new(stamp: Stamp, now: Instant) -> Self {
        Self {
            stamp,
            same: 0,
            looks: 0,
            since: now,
            taken: None,
            taken_at: None,
            reached: 0,
            more: false,
            rest_shown: false,
            refused: None,
        }
    }

    fn note(&mut self, stamp: Stamp, now: Instant) {
        self.looks += 1;
        self.same += 1;
        if stamp != self.stamp {
            if stamp.0 < self.stamp.0 {
                // Another file under this name.
                (self.reached, self.refused) = (0, None);
            }
            (self.stamp, self.since, self.same, self.rest_shown) = (stamp, now, 1, false);
        }
    }

    fn is_quiet(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= QUIET
    }

    /// Without looking into the file.
    fn may_be_due(&self, now: Instant) -> bool {
        self.is_due(true, now) || self.is_due(false, now)
    }

    fn is_due(&self, text: bool, now: Instant) -> bool {
        if let Some((_, next)) = self.refused {
            return now >= next;
        }
        if self.taken != Some(self.stamp) {
            // Whole lines can be taken while more are coming; the rest only when it has arrived.
            return self.stamp.0 > 0
                && if text {
                    self.taken.is_some() || self.looks >= 2
                } else {
                    self.same >= 2
                };
        }
        let rest = self.reached < self.stamp.0 && !self.rest_shown && self.is_quiet(now);
        self.more || (text && rest)
    }

    fn settle(&mut self, unfinished: bool, read: &Read, now: Instant) {
        self.taken = Some(self.stamp);
        self.taken_at = Some(now);
        match *read {
            Read::Upto(bytes) => {
                let bytes = bytes.min(self.stamp.0);
                self.more = bytes > self.reached && bytes < self.stamp.0;
                self.reached = bytes;
                self.rest_shown = unfinished;
                self.refused = None;
            }
            Read::Refused => {
                let times = self.refused.map_or(0, |(times, _)| times) + 1;
                let pause = REFUSED_FIRST * 2_u32.saturating_pow(times - 1).min(1024);
                self.refused = Some((times, now + pause.min(REFUSED_MOST)));
                // It may be a file of another kind now.
                (self.more, self.reached) = (false, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn stamp(bytes: u64) -> Stamp {
        (bytes, Some(SystemTime::UNIX_EPOCH + seconds(bytes)))
    }

    #[test]
    fn lines_are_taken_while_they_come_and_the_rest_when_it_has_arrived() {
        let now = Instant::now();
        let mut seen = Seen::new(stamp(10), now);
        seen.note(stamp(10), now);
        assert!(!seen.is_due(true, now) && !seen.is_due(false, now));
        seen.note(stamp(20), now);
        // Grew between two looks: of text the lines, of anything else nothing yet.
        assert!(seen.is_due(true, now) && !seen.is_due(false, now));
        seen.note(stamp(20), now);
        assert!(seen.is_due(false, now));
        seen.settle(false, &Read::Upto(20), now);
        assert!(!seen.may_be_due(now + seconds(100)));
        seen.note(stamp(30), now);
        assert!(seen.is_due(true, now) && !seen.is_due(false, now));
    }

    #[test]
    fn half_a_line_is_shown_once_when_all_is_quiet() {
        let now = Instant::now();
        let mut seen = Seen::new(stamp(10), now);
        (0..2).for_each(|_| seen.note(stamp(10), now));
        seen.settle(false, &Read::Upto(8), now);
        // What came further and not to the end is read on at once.
        assert!(seen.is_due(true, now));
        seen.settle(false, &Read::Upto(8), now);
        assert!(!seen.is_due(true, now + seconds(1)));
        assert!(seen.is_due(true, now + QUIET) && seen.is_quiet(now + QUIET));
        seen.settle(true, &Read::Upto(8), now);
        assert!(!seen.is_due(true, now + seconds(100)));
    }

    #[test]
    fn a_refused_file_is_tried_again_at_longer_and_longer_intervals() {
        let now = Instant::now();
        let mut seen = Seen::new(stamp(10), now);
        (0..2).for_each(|_| seen.note(stamp(10), now));
        for pause in [1, 2, 4] {
            seen.settle(false, &Read::Refused, now);
            seen.note(stamp(11 + pause), now);
            assert!(!seen.is_due(true, now + seconds(pause) / 2));
            assert!(seen.is_due(true, now + seconds(pause)));
        }
        (0..40).for_each(|_| seen.settle(false, &Read::Refused, now));
        assert!(seen.is_due(true, now + REFUSED_MOST));
        // Another file in its place is a new one.
        seen.note(stamp(5), now);
        assert!(seen.is_due(true, now));
    }
}
