//! How long a writer waits for another program's write: tried again at growing intervals, bounded, told, and broken
//! off when somebody asks. Nothing is begun meanwhile, so there is nothing to take back.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

use super::{BUSY, WarehouseError};

/// SQLite itself waits so long in one try.
pub(super) const SLICE: Duration = Duration::from_millis(20);
/// Between two tries, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MOST: Duration = Duration::from_millis(400);

/// Told how long was waited between two tries, and `None` once the wait is over; says whether to go on.
pub type Between = dyn Fn(Option<Duration>) -> ControlFlow<()> + Send + Sync;

/// The patience of a writer.
#[derive(Clone)]
pub struct Patience {
    limit: Duration,
    between: Arc<Between>,
}

impl Default for Patience {
    fn default() -> Self {
        Self::silent(BUSY)
    }
}

impl Patience {
    #[must_use]
    pub fn new(
        limit: Duration,
        between: impl Fn(Option<Duration>) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            limit,
            between: Arc::new(between),
        }
    }

    /// Tells nobody.
    #[must_use]
    pub fn silent(limit: Duration) -> Self {
        Self::new(limit, |_| ControlFlow::Continue(()))
    }

    /// The same listener, with this limit.
    #[must_use]
    pub fn at_most(&self, limit: Duration) -> Self {
        Self {
            limit,
            between: Arc::clone(&self.between),
        }
    }

    /// Tries until it is no longer the lock of another program that is in the way.
    pub(super) fn keep_trying<T, E: Into<WarehouseError>>(
        &self,
        is_locked: impl Fn(&E) -> bool,
        mut work: impl FnMut() -> Result<T, E>,
    ) -> Result<T, WarehouseError> {
        let begun = Instant::now();
        let mut pause = PAUSE_FIRST;
        let mut waited = false;
        let ended = loop {
            match work() {
                Err(error) if is_locked(&error) => {}
                done => break done.map_err(Into::into),
            }
            let left = self.limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break Err(WarehouseError::Locked);
            }
            waited = true;
            if (self.between)(Some(begun.elapsed())).is_break() {
                break Err(WarehouseError::Stopped);
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(PAUSE_MOST);
        };
        if waited {
            // It is over either way: there is nothing left to break off.
            let _ = (self.between)(None);
        }
        ended
    }
}

/// Whether another connection's lock is in the way.
pub(super) fn is_locked(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{RunRecord, Warehouse};
    use rusqlite::Connection;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn locked(path: &std::path::Path) -> Connection {
        let other = Connection::open(path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    }

    #[test]
    fn a_lock_is_waited_for_so_long_and_no_longer_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let other = locked(&path);
        let begun = Instant::now();
        warehouse.wait_with(Patience::silent(Duration::from_millis(200)));
        let refused = warehouse.record_failure(&RunRecord::begun("test", 1));
        assert!(matches!(refused, Err(WarehouseError::Locked)));
        assert!((200..2000).contains(&begun.elapsed().as_millis()));
        assert!(warehouse.last_run().unwrap().is_none());
        drop(other);
        assert!(
            warehouse
                .record_failure(&RunRecord::begun("test", 1))
                .is_ok()
        );
    }

    #[test]
    fn a_wait_is_told_ends_with_the_lock_and_can_be_broken_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let other = locked(&path);
        let (told, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (tell, end) = (Arc::clone(&told), Arc::clone(&over));
        warehouse.wait_with(Patience::new(Duration::from_secs(60), move |waited| {
            let heard = if waited.is_some() { &tell } else { &end };
            if heard.fetch_add(1, Ordering::Relaxed) >= 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }));
        let stopped = warehouse.record_failure(&RunRecord::begun("test", 1));
        assert!(matches!(stopped, Err(WarehouseError::Stopped)));
        let told = told.load(Ordering::Relaxed);
        assert_eq!((told, over.load(Ordering::Relaxed)), (3, 1));

        warehouse.wait_with(Patience::default());
        let ends = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            drop(other);
        });
        assert!(
            warehouse
                .record_failure(&RunRecord::begun("test", 1))
                .is_ok()
        );
        ends.join().unwrap();
    }

    #[test]
    fn opening_waits_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        drop(Warehouse::open(&path).unwrap());
        let other = Connection::open(&path).unwrap();
        other
            .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;")
            .unwrap();
        let brief = Patience::silent(Duration::from_millis(100));
        assert!(matches!(
            Warehouse::open_patiently(&path, &brief),
            Err(WarehouseError::Locked)
        ));
        drop(other);
        assert!(Warehouse::open_patiently(&path, &brief).is_ok());
    }
}
