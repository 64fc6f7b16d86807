//! Who has the warehouse open, holds its write lock, or holds its run lock.
//!
//! Linux tells (`/proc`). On Windows the Restart Manager would, through a foreign interface that this crate does not use
//! (`unsafe` is denied); there, and on macOS, it is said that the system does not tell.

use std::path::Path;

use serde::Serialize;

/// A process that holds a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    pub process: u32,
    /// The name of its program, where the system tells it.
    pub program: String,
    /// `database`: it has the warehouse or its log open, and is in nobody's way; `write_lock`: it keeps others from writing
    /// (or, as `PRAGMA locking_mode = EXCLUSIVE` does, from opening); `run_lock`: a run of it is under way.
    pub what: &'static str,
    /// It was stopped (SIGSTOP), and so never lets go by itself.
    pub stopped: bool,
}

impl Holder {
    /// Whether nobody else can write or run meanwhile.
    #[must_use]
    pub fn is_in_the_way(&self) -> bool {
        self.what != "database"
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {}", self.process)?;
        match (self.program.is_empty(), self.stopped) {
            (true, false) => Ok(()),
            (true, true) => write!(f, " (stopped)"),
            (false, false) => write!(f, " ({})", self.program),
            (false, true) => write!(f, " ({}, stopped)", self.program),
        }
    }
}

/// Other processes that have the warehouse, its log or its run lock open, those in the way first.
///
/// # Errors
/// The system does not tell; why.
pub fn of_warehouse(warehouse: &Path, run_lock: &Path) -> Result<Vec<Holder>, String> {
    let mut found = system::of_warehouse(warehouse, run_lock)?;
    found.retain(|holder| holder.process != std::process::id());
    found.sort_by_key(|holder| (!holder.is_in_the_way(), holder.process));
    Ok(found)
}

/// Whom to name as the one that keeps the warehouse locked; `None`: the system does not tell, or it let go meanwhile.
#[must_use]
pub fn of_lock(warehouse: &Path, run_lock: &Path) -> Option<Holder> {
    let found = of_warehouse(warehouse, run_lock).ok()?;
    let locked = found.iter().find(|holder| holder.what == "write_lock");
    locked.or_else(|| found.first()).cloned()
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Holder;
    use std::path::Path;

    pub fn of_warehouse(_: &Path, _: &Path) -> Result<Vec<Holder>, String> {
        Err(
            "this system does not tell a program without foreign interfaces who has a file open"
                .into(),
        )
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::Holder;
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    /// Device and number of a file: what tells it from all others, whatever its name.
    type Identity = (u64, u64);

    fn identity(path: &Path) -> Option<Identity> {
        let meta = fs::metadata(path).ok()?;
        Some((meta.dev(), meta.ino()))
    }

    /// A lock as the system lists it.
    #[derive(Debug, PartialEq)]
    pub(super) struct Lock {
        pub process: u32,
        pub write: bool,
        pub device: (u64, u64),
        pub inode: u64,
    }

    /// `1: POSIX  ADVISORY  WRITE 14198 fe:00:10013315 120 120`; a waiting one (`1: -> …`) holds nothing.
    pub(super) fn lock_of(line: &str) -> Option<Lock> {
        let mut words = line.split_whitespace().skip(1);
        let kind = words.next()?;
        if kind != "POSIX" && kind != "FLOCK" && kind != "OFDLCK" {
            return None;
        }
        let write = words.nth(1)? == "WRITE";
        // Zero or less: a process that this one cannot see.
        let process = words.next()?.parse().ok().filter(|&process| process > 0)?;
        let mut place = words.next()?.split(':');
        let device = |word: &str| u64::from_str_radix(word, 16).ok();
        Some(Lock {
            process,
            write,
            device: (device(place.next()?)?, device(place.next()?)?),
            inode: place.next()?.parse().ok()?,
        })
    }

    fn major_minor(device: u64) -> (u64, u64) {
        (
            ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff),
            (device & 0xff) | ((device >> 12) & !0xff),
        )
    }

    fn beside(path: &Path, suffix: &str) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    }

    pub fn of_warehouse(warehouse: &Path, run_lock: &Path) -> Result<Vec<Holder>, String> {
        let database: BTreeSet<Identity> = ["", "-wal", "-shm", "-journal"]
            .iter()
            .filter_map(|suffix| identity(&beside(warehouse, suffix)))
            .collect();
        let run = identity(run_lock);
        let wanted = |file: &Identity| database.contains(file) || Some(*file) == run;
        let listed = fs::read_dir("/proc").map_err(|e| format!("/proc: {e}"))?;
        // What each process has open of these. Of other accounts' processes the system tells their locks only.
        let mut open: BTreeMap<u32, BTreeSet<Identity>> = BTreeMap::new();
        for entry in listed.flatten() {
            let Some(process) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
                continue;
            };
            let Ok(files) = fs::read_dir(entry.path().join("fd")) else {
                continue;
            };
            let of_us = files.flatten().filter_map(|file| identity(&file.path()));
            let of_us: BTreeSet<Identity> = of_us.filter(|file| wanted(file)).collect();
            if !of_us.is_empty() {
                open.insert(process, of_us);
            }
        }
        let locks = fs::read_to_string("/proc/locks").map_err(|e| format!("/proc/locks: {e}"))?;
        let mut all: BTreeMap<(u32, &'static str), Holder> = BTreeMap::new();
        let mut add = |process: u32, what: &'static str| {
            all.entry((process, what))
                .or_insert_with(|| holder(process, what));
        };
        for lock in locks.lines().filter_map(lock_of) {
            // Some file systems list another device than a look at the file tells.
            let is = |file: &Identity| {
                file.1 == lock.inode
                    && (major_minor(file.0) == lock.device
                        || open.get(&lock.process).is_some_and(|o| o.contains(file)))
            };
            if run.as_ref().is_some_and(is) {
                add(lock.process, "run_lock");
            } else if database.iter().any(is) {
                let what = if lock.write { "write_lock" } else { "database" };
                add(lock.process, what);
            }
        }
        for (process, files) in &open {
            // Who only looks at the run lock is no holder of it.
            if files.iter().any(|file| database.contains(file)) {
                add(*process, "database");
            }
        }
        let locking: BTreeSet<u32> = all
            .keys()
            .filter(|(_, what)| *what == "write_lock")
            .map(|(process, _)| *process)
            .collect();
        Ok(all
            .into_values()
            .filter(|h| h.what != "database" || !locking.contains(&h.process))
            .collect())
    }

    fn holder(process: u32, what: &'static str) -> Holder {
        let about = PathBuf::from(format!("/proc/{process}"));
        // It may have ended since: then it has no name, and holds nothing at the next look.
        let read = |name: &str| fs::read_to_string(about.join(name)).unwrap_or_default();
        let stat = read("stat");
        let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        Holder {
            process,
            program: read("comm").trim().to_owned(),
            what,
            stopped: state.starts_with(['T', 't']),
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    #[test]
    fn a_line_of_the_systems_list_of_locks() {
        let lock = system::lock_of("1: POSIX  ADVISORY  WRITE 14198 fe:00:10013315 120 120");
        let lock = lock.unwrap();
        assert_eq!((lock.process, lock.write), (14198, true));
        assert_eq!((lock.device, lock.inode), ((0xfe, 0), 10_013_315));
        for none in [
            "",
            "1: -> POSIX  ADVISORY  WRITE 14198 fe:00:1 120 120",
            "1: POSIX  ADVISORY  WRITE 0 fe:00:1 120 120",
            "1: LEASE  ACTIVE  READ 7 fe:00:1 0 EOF",
        ] {
            assert_eq!(system::lock_of(none), None, "{none}");
        }
    }

    struct Ended(Child);

    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    fn wait_for(look: impl Fn() -> bool) {
        let begun = Instant::now();
        while !look() {
            assert!(begun.elapsed() < Duration::from_secs(10), "never seen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn a_process_that_has_it_open_is_named_and_one_that_only_looks_at_the_run_lock_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (warehouse, run_lock) = (dir.path().join("w.sqlite"), dir.path().join("run.lock"));
        std::fs::write(&warehouse, "x").unwrap();
        std::fs::write(&run_lock, "x").unwrap();
        let found = || of_warehouse(&warehouse, &run_lock).unwrap();
        let _ours = std::fs::File::open(&warehouse).unwrap();
        assert_eq!(found(), [], "we are no holder");
        let open = |path: &Path| {
            let file = std::fs::File::open(path).unwrap();
            let mut sleep = Command::new("sleep");
            Ended(sleep.arg("60").stdin(Stdio::from(file)).spawn().unwrap())
        };
        let _looks = open(&run_lock);
        let holds = open(&warehouse);
        wait_for(|| found().iter().any(|h| h.program == "sleep"));
        let expected = Holder {
            process: holds.0.id(),
            program: "sleep".into(),
            what: "database",
            stopped: false,
        };
        assert_eq!(found(), std::slice::from_ref(&expected));
        assert_eq!(
            expected.to_string(),
            format!("process {} (sleep)", holds.0.id())
        );
        let stop = Command::new("sh")
            .args(["-c", "kill -s STOP \"$0\"", &holds.0.id().to_string()])
            .status();
        assert!(stop.unwrap().success());
        wait_for(|| found()[0].stopped);
        assert!(found()[0].to_string().ends_with("(sleep, stopped)"));
        drop(holds);
        assert_eq!(found(), []);
    }
}
