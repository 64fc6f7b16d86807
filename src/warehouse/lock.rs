//! One run at a time: an operating-system lock on a file, which a dead program cannot keep.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Held for the time of a run.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another run is under way ({holder}); wait for it to end")]
    Busy { holder: String },
    #[error("the run lock cannot be taken: {0}")]
    Io(#[from] std::io::Error),
}

const UNKNOWN: &str = "holder unknown";
/// What a live pass adds to its name.
const PASS: &str = "live pass";
/// How long a run waits for a live pass to end: the lock is free most of the time between two of them.
const PATIENCE: Duration = Duration::from_secs(15);
/// As long where the holder cannot be named.
const UNKNOWN_PATIENCE: Duration = Duration::from_secs(2);

impl RunLock {
    /// Takes the lock for a run, and writes into its file who holds it. A live pass of another program is
    /// waited for; a run is not.
    ///
    /// # Errors
    /// Another program holds it, or the folder cannot be written.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let begun = Instant::now();
        loop {
            match Self::try_take(path, "") {
                Err(LockError::Busy { holder })
                    if holder.ends_with(PASS) && begun.elapsed() < PATIENCE
                        || holder == UNKNOWN && begun.elapsed() < UNKNOWN_PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(10));
                }
                taken => return taken,
            }
        }
    }

    /// Takes the lock for a live pass, or leaves it at once.
    ///
    /// # Errors
    /// As [`RunLock::take`].
    pub fn take_for_pass(path: &Path) -> Result<Self, LockError> {
        Self::try_take(path, PASS)
    }

    fn try_take(path: &Path, what: &str) -> Result<Self, LockError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                // Where the system forbids reading a locked file, the holder stays unnamed.
                let mut holder = String::new();
                let named = file.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if named { holder } else { UNKNOWN.into() };
                return Err(LockError::Busy {
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        let words = format!("process {} {what}", std::process::id());
        write!(file, "{}", words.trim_end())?;
        file.flush()?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_and_names_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("database/run.lock");
        let held = RunLock::take(&path).unwrap();
        let Err(LockError::Busy { holder }) = RunLock::take(&path) else {
            panic!("taken twice");
        };
        assert_eq!(holder, format!("process {}", std::process::id()));
        drop(held);
        assert!(RunLock::take(&path).is_ok());
    }

    #[test]
    fn a_run_waits_for_a_live_pass_and_a_live_pass_for_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("database/run.lock");
        let pass = RunLock::take_for_pass(&path).unwrap();
        assert!(matches!(
            RunLock::take_for_pass(&path),
            Err(LockError::Busy { .. })
        ));
        let ends = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            drop(pass);
        });
        assert!(RunLock::take(&path).is_ok());
        ends.join().unwrap();
    }
}
