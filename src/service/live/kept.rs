//! The writer between two live passes. It stays open while passes follow one another: opening costs more than a pass
//! does. It holds no lock meanwhile (the run lock is a pass's own), so other programs run as if it were closed; what
//! they may have done to the file is looked at before it is used again.

use std::fs::{self, Metadata};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use crate::warehouse::{Warehouse, WarehouseError};

/// Closed when no pass came for so long: some systems move no open file.
const IDLE: Duration = Duration::from_secs(5);

/// Held for a step, and for a run of the same process: neither is told that the other program is in its way
/// when there is no other program. What it guards is the writer that passes keep.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<Kept>>);

impl Gate {
    /// For a run: a pass under way ends first, its writer is closed, and the next one waits.
    pub fn hold(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.enter();
        kept.close();
        kept
    }

    /// For a step, when nobody waits.
    pub(super) fn enter(&self) -> MutexGuard<'_, Kept> {
        // A run that panicked has left its transaction: there is nothing to protect.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a step; `None` while a run is under way.
    pub(super) fn try_enter(&self) -> Option<MutexGuard<'_, Kept>> {
        match self.0.try_lock() {
            Ok(kept) => Some(kept),
            Err(TryLockError::Poisoned(kept)) => Some(kept.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The writer that is kept.
#[derive(Default)]
pub struct Kept(Option<Open>);

struct Open {
    warehouse: Warehouse,
    file: Identity,
    used: Instant,
}

impl Kept {
    /// The writer of the warehouse at `path`, on the file that is there now. Hold the run lock.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub(super) fn writer(&mut self, path: &Path) -> Result<&mut Warehouse, WarehouseError> {
        // Looked at before it is opened: should another take its place in between, the next pass sees that.
        let file = identity(&fs::metadata(path)?);
        let usable = match &self.0 {
            Some(open) => open.file == file && open.warehouse.is_current()?,
            None => false,
        };
        if !usable {
            self.close();
        }
        let open = match self.0.take() {
            Some(open) => open,
            None => Open {
                warehouse: Warehouse::open(path)?,
                file,
                used: Instant::now(),
            },
        };
        let open = self.0.insert(open);
        open.used = Instant::now();
        Ok(&mut open.warehouse)
    }

    pub(super) fn close(&mut self) {
        self.0 = None;
    }

    /// Closes what was not used for a while.
    pub(super) fn rest(&mut self) {
        if self
            .0
            .as_ref()
            .is_some_and(|open| open.used.elapsed() >= IDLE)
        {
            self.close();
        }
    }
}

/// What tells a file from another one in its place: an open file's number is given to no other.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(meta: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (meta.dev(), meta.ino())
}

/// An open file is neither moved nor replaced here; when it was made tells the rest.
#[cfg(not(unix))]
type Identity = Option<std::time::SystemTime>;

#[cfg(not(unix))]
fn identity(meta: &Metadata) -> Identity {
    meta.created().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::RunRecord;

    fn runs(kept: &mut Kept, path: &Path) -> u64 {
        let warehouse = kept.writer(path).unwrap();
        warehouse.reader().unwrap().runs(9).unwrap().1
    }

    fn note_run(warehouse: &mut Warehouse) {
        let record = RunRecord::begun("test", 1);
        warehouse.record_failure(&record).unwrap();
    }

    #[test]
    fn it_stays_open_and_sees_what_others_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        drop(Warehouse::open(&path).unwrap());
        let mut kept = Kept::default();
        assert_eq!(runs(&mut kept, &path), 0);
        note_run(&mut Warehouse::open(&path).unwrap());
        assert!(kept.0.is_some());
        assert_eq!(runs(&mut kept, &path), 1);
        kept.rest();
        assert!(kept.0.is_some(), "closed at once");
        if let Some(open) = &mut kept.0 {
            open.used = Instant::now().checked_sub(IDLE).unwrap();
        }
        kept.rest();
        assert!(kept.0.is_none());
    }

    /// Where the system lets an open file be moved.
    #[cfg(unix)]
    #[test]
    fn another_file_in_its_place_is_the_one_that_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("w.sqlite"), dir.path().join("o.sqlite"));
        drop(Warehouse::open(&path).unwrap());
        let mut kept = Kept::default();
        note_run(kept.writer(&path).unwrap());
        let mut fresh = Warehouse::open(&other).unwrap();
        note_run(&mut fresh);
        note_run(&mut fresh);
        fresh.close_whole().unwrap();
        let aside = dir.path().join("aside");
        std::fs::create_dir(&aside).unwrap();
        for end in ["", "-wal", "-shm"] {
            let name = format!("w.sqlite{end}");
            let _ = std::fs::rename(dir.path().join(&name), aside.join(&name));
        }
        std::fs::rename(&other, &path).unwrap();
        assert_eq!(runs(&mut kept, &path), 2);
        note_run(kept.writer(&path).unwrap());
        kept.close();
        assert_eq!(runs(&mut Kept::default(), &path), 3);
        assert_eq!(runs(&mut Kept::default(), &aside.join("w.sqlite")), 1);
        std::fs::remove_file(&path).unwrap();
        assert!(kept.writer(&path).is_err(), "a warehouse was made");
    }

    #[test]
    fn a_run_closes_it_and_keeps_steps_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        drop(Warehouse::open(&path).unwrap());
        let gate = Gate::default();
        gate.enter().writer(&path).unwrap();
        let held = gate.hold();
        assert!(held.0.is_none());
        assert!(gate.try_enter().is_none());
        drop(held);
        assert!(gate.try_enter().is_some());
    }

    #[test]
    fn what_a_newer_program_changed_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        drop(Warehouse::open(&path).unwrap());
        let mut kept = Kept::default();
        kept.writer(&path).unwrap();
        crate::warehouse::pretend_newer(&path).unwrap();
        assert!(kept.writer(&path).is_err());
        assert!(kept.0.is_none());
    }
}
