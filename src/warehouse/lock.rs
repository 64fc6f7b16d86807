//! One run at a time: an operating-system lock on a file, which a dead program cannot keep.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// Held for the time of a run.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl Drop for RunLock {
    /// The name goes with the lock: the next holder is not taken for this one.
    fn drop(&mut self) {
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "the run lock keeps a name that holds it no longer");
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another run is under way ({holder}); wait for it to end")]
    Busy { holder: String },
    #[error("the run lock cannot be taken: {0}")]
    Io(#[from] std::io::Error),
    #[error("stopped while another run was under way")]
    Stopped,
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
        Self::take_patiently(path, PATIENCE, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`RunLock::take`]; a live pass is waited for so long, and `between` hears before each further try who
    /// holds it, and says whether to go on.
    ///
    /// # Errors
    /// As [`RunLock::take`], and [`LockError::Stopped`].
    pub fn take_patiently(
        path: &Path,
        limit: Duration,
        between: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Self, LockError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(10);
        loop {
            match Self::try_take(path, "") {
                Err(LockError::Busy { holder })
                    if holder.ends_with(PASS) && begun.elapsed() < limit
                        || holder == UNKNOWN && begun.elapsed() < limit.min(UNKNOWN_PATIENCE) =>
                {
                    if between(&holder).is_break() {
                        return Err(LockError::Stopped);
                    }
                    std::thread::sleep(pause);
                    // The lock is free for short moments between two passes: not too long a pause.
                    pause = (pause * 2).min(Duration::from_millis(80));
                }
                taken => return taken,
            }
        }
    }

    /// Whether this very program holds it, in another of its threads.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn is_ours(path: &Path) -> Result<bool, LockError> {
        match Self::try_take(path, "") {
            Ok(_) => Ok(false),
            Err(LockError::Busy { holder }) => Ok(process_of(&holder) == Some(std::process::id())),
            Err(error) => Err(error),
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
                let mut written = String::new();
                let read = file.read_to_string(&mut written);
                let holder = read.ok().and_then(|_| living(written.trim(), path));
                return Err(LockError::Busy {
                    holder: holder.unwrap_or_else(|| UNKNOWN.into()),
                });
            }
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        let words = format!("process {} {what}", std::process::id());
        write!(file, "{}", words.trim_end())?;
        file.flush()?;
        Ok(Self { file })
    }
}

fn process_of(holder: &str) -> Option<u32> {
    let rest = holder.strip_prefix("process ")?;
    rest.split([' ', ',']).next()?.parse().ok()
}

/// The holder as it is written in the file, with the name of its program; `None` where that is no holder: a dead
/// process cannot keep the lock, only its name may be left.
fn living(written: &str, path: &Path) -> Option<String> {
    let process = process_of(written)?;
    let about = Path::new("/proc").join(process.to_string());
    if !Path::new("/proc/self/stat").is_file() {
        // The system does not tell: what is written is all that is known.
        return Some(written.to_owned());
    }
    let name = std::fs::read_to_string(about.join("comm")).ok()?;
    // The number may be another program's by now. Of another account's it is not told what it has open.
    if let (Ok(open), Ok(lock)) = (std::fs::read_dir(about.join("fd")), path.canonicalize()) {
        let has = |entry: std::io::Result<std::fs::DirEntry>| {
            let link = entry.and_then(|entry| std::fs::read_link(entry.path()));
            link.is_ok_and(|link| link == lock)
        };
        if !open.into_iter().any(has) {
            return None;
        }
    }
    let stat = std::fs::read_to_string(about.join("stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let stopped = if state.starts_with(['T', 't']) {
        ", stopped"
    } else {
        ""
    };
    let (head, tail) = written.split_at("process ".len() + process.to_string().len());
    Some(format!("{head} ({}{stopped}){tail}", name.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_me(holder: &str) -> bool {
        process_of(holder) == Some(std::process::id())
    }

    #[test]
    fn what_a_dead_program_left_in_the_file_names_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.lock");
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        dead.wait().unwrap();
        std::fs::write(&path, format!("process {}", dead.id())).unwrap();
        // Nobody holds it.
        drop(RunLock::take(&path).unwrap());
        assert_eq!(
            std::fs::read(&path).unwrap(),
            b"",
            "the name goes with the lock"
        );
        // Somebody does, who has not written a name.
        let held = File::options().read(true).write(true).open(&path).unwrap();
        held.try_lock().unwrap();
        let left = [
            format!("process {}", dead.id()),
            "process 1".into(),
            "x".into(),
        ];
        for stale in left {
            std::fs::write(&path, &stale).unwrap();
            let brief = Duration::from_millis(30);
            let taken = RunLock::take_patiently(&path, brief, &mut |_| ControlFlow::Continue(()));
            let Err(LockError::Busy { holder }) = taken else {
                panic!("taken twice");
            };
            if cfg!(target_os = "linux") || !stale.starts_with("process") {
                assert_eq!(holder, UNKNOWN, "{stale}");
            }
        }
        let stopped = RunLock::take_patiently(&path, PATIENCE, &mut |_| ControlFlow::Break(()));
        assert!(matches!(stopped, Err(LockError::Stopped)));
    }

    #[test]
    fn a_second_run_is_refused_and_names_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("database/run.lock");
        let held = RunLock::take(&path).unwrap();
        let Err(LockError::Busy { holder }) = RunLock::take(&path) else {
            panic!("taken twice");
        };
        assert!(is_me(&holder), "{holder}");
        assert!(RunLock::is_ours(&path).unwrap());
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
