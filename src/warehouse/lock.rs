//! One run at a time: an operating-system lock on a file, which a dead program cannot keep.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

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

impl RunLock {
    /// Takes the lock, and writes into its file who holds it.
    ///
    /// # Errors
    /// Another program holds it, or the folder cannot be written.
    pub fn take(path: &Path) -> Result<Self, LockError> {
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
                let holder = if named {
                    holder
                } else {
                    "holder unknown".into()
                };
                return Err(LockError::Busy {
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "process {}", std::process::id())?;
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
}
