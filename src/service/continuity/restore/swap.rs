//! The moves of files that put one warehouse in the place of another, so that whoever is killed between two of them
//! leaves the old or the new one there, whole.
//!
//! The old file gets a second name (a hard link, else a copy) in a folder of this restore, the new one is renamed over
//! it, and only then the old one gets its name under `aside`: until the rename both names are the same file, and no
//! other program may take the second one for a database of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Home;
use crate::service::continuity::backup::sync_folder;
use crate::service::pipeline::wall_ms;

/// How the folder of a restore under way is called.
const RESTORING: &str = ".restoring-";
/// What SQLite may keep beside a database.
const COMPANY: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Why the old one is put aside: its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Old {
    Replaced,
    Damaged,
}

impl Old {
    const ALL: [Self; 2] = [Self::Replaced, Self::Damaged];

    const fn key(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Damaged => "damaged",
        }
    }

    fn within(self, scratch: &Path) -> PathBuf {
        scratch.join(format!("{}.sqlite", self.key()))
    }
}

/// A folder for a restore, beside the warehouse: renames never cross a storage.
pub(super) fn scratch(home: &Home) -> io::Result<tempfile::TempDir> {
    fs::create_dir_all(home.database_dir())?;
    tempfile::Builder::new()
        .prefix(RESTORING)
        .tempdir_in(home.database_dir())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn if_there(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A second name for a file, or a copy where the storage knows no such thing.
fn second(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    fs::File::options().write(true).open(to)?.sync_all()
}

/// Keeps the old warehouse in the folder of the restore, with whatever lies beside it. It stays in its place too.
pub(super) fn keep(warehouse: &Path, old: Old, scratch: &Path) -> io::Result<()> {
    let kept = old.within(scratch);
    second(warehouse, &kept)?;
    for end in COMPANY {
        let from = beside(warehouse, end);
        if from.exists() {
            second(&from, &beside(&kept, end))?;
        }
    }
    sync_folder(scratch)
}

/// Puts the new one in the place of the old. What lies beside the old one goes first: SQLite would play it back into
/// the new one.
pub(super) fn put(new: &Path, warehouse: &Path) -> io::Result<()> {
    clear_company(warehouse)?;
    fs::rename(new, warehouse)?;
    sync_folder(warehouse.parent().unwrap_or(Path::new(".")))
}

fn clear_company(warehouse: &Path) -> io::Result<()> {
    COMPANY
        .iter()
        .try_for_each(|end| if_there(fs::remove_file(beside(warehouse, end))))
}

/// Puts the old one back, whole.
pub(super) fn put_back(warehouse: &Path, old: Old, scratch: &Path) -> io::Result<()> {
    let kept = old.within(scratch);
    let again = scratch.join("back.sqlite");
    if_there(fs::remove_file(&again))?;
    second(&kept, &again)?;
    clear_company(warehouse)?;
    fs::rename(&again, warehouse)?;
    for end in COMPANY {
        let from = beside(&kept, end);
        if from.exists() {
            second(&from, &beside(warehouse, end))?;
        }
    }
    sync_folder(warehouse.parent().unwrap_or(Path::new(".")))
}

/// Takes the new one out again, where there was no old one.
pub(super) fn take_out(warehouse: &Path, scratch: &Path) -> io::Result<()> {
    clear_company(warehouse)?;
    if_there(fs::rename(warehouse, scratch.join("back.sqlite")))
}

/// Gives the old one its name under `aside`, once another one is in its place.
pub(super) fn put_aside(home: &Home, old: Old, scratch: &Path) -> io::Result<PathBuf> {
    let folder = home.aside();
    fs::create_dir_all(&folder)?;
    let at = jiff::Timestamp::from_millisecond(wall_ms()).unwrap_or_default();
    let dated = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let name = |n: u32| match n {
        1 => folder.join(format!("industrial_dwh_{}_{dated}.sqlite", old.key())),
        n => folder.join(format!("industrial_dwh_{}_{dated}_{n}.sqlite", old.key())),
    };
    let to = (1..)
        .map(name)
        .find(|to| !to.exists())
        .ok_or_else(|| io::Error::other("no name is free"))?;
    let kept = old.within(scratch);
    // What belongs to it first: half of it is never there without.
    for end in COMPANY {
        if_there(fs::rename(beside(&kept, end), beside(&to, end)))?;
    }
    fs::rename(&kept, &to)?;
    sync_folder(&folder)?;
    Ok(to)
}

/// Ends what a restore that was killed left: an old warehouse whose place another one has taken is put aside, the rest
/// is removed.
pub(super) fn tidy(home: &Home) {
    let Ok(entries) = fs::read_dir(home.database_dir()) else {
        return;
    };
    let left = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(RESTORING));
    for folder in left.map(|entry| entry.path()) {
        match end(home, &folder) {
            Ok(()) => {
                tracing::info!(folder = %folder.display(), "a restore that was killed is ended")
            }
            Err(error) => {
                tracing::error!(%error, folder = %folder.display(), "what a killed restore left stays");
            }
        }
    }
}

fn end(home: &Home, folder: &Path) -> io::Result<()> {
    for old in Old::ALL {
        let kept = old.within(folder);
        // A damaged one may have lost what belongs to it already: it is kept whatever lies in its place.
        if kept.exists() && (old == Old::Damaged || !is_one_file(&kept, &home.warehouse())) {
            put_aside(home, old, folder)?;
        }
    }
    fs::remove_dir_all(folder)
}

/// Two names of one file; where the system does not say, they count as two files, and one more is kept.
fn is_one_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
        id(a).is_some() && id(a) == id(b)
    }
    #[cfg(not(unix))]
    {
        let _ = (a, b);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        _folder: tempfile::TempDir,
        home: Home,
    }

    /// A home whose warehouse is the word `old`, with a log beside it.
    fn bench() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::find(Some(folder.path()));
        fs::create_dir_all(home.database_dir()).unwrap();
        fs::write(home.warehouse(), "old").unwrap();
        Bench {
            _folder: folder,
            home,
        }
    }

    /// Scratch that outlives a kill.
    fn begun(home: &Home) -> PathBuf {
        let scratch = scratch(home).unwrap().keep();
        fs::write(scratch.join("new.sqlite"), "new").unwrap();
        scratch
    }

    fn asides(home: &Home) -> Vec<String> {
        let Ok(entries) = fs::read_dir(home.aside()) else {
            return Vec::new();
        };
        entries
            .map(|e| fs::read_to_string(e.unwrap().path()).unwrap())
            .collect()
    }

    fn is_tidy(home: &Home) {
        let names = fs::read_dir(home.database_dir()).unwrap();
        for name in names.map(|e| e.unwrap().file_name().into_string().unwrap()) {
            assert!(!name.starts_with(RESTORING), "{name}");
        }
    }

    /// Killed after each move in turn: the place is never empty, and after tidying nothing of the old is lost.
    #[test]
    fn killed_between_any_two_moves_there_is_the_old_or_the_new() {
        for (steps, there, kept) in [(0, "old", 0), (1, "old", 0), (2, "new", 1), (3, "new", 1)] {
            let bench = bench();
            let (home, path) = (&bench.home, bench.home.warehouse());
            let scratch = begun(home);
            let old = Old::Replaced;
            if steps > 0 {
                keep(&path, old, &scratch).unwrap();
            }
            if steps > 1 {
                put(&scratch.join("new.sqlite"), &path).unwrap();
            }
            if steps > 2 {
                put_aside(home, old, &scratch).unwrap();
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), there, "{steps}");
            tidy(home);
            assert_eq!(fs::read_to_string(&path).unwrap(), there, "{steps}");
            assert_eq!(asides(home), vec!["old"; kept], "{steps}");
            is_tidy(home);
        }
    }

    #[test]
    fn a_damaged_one_is_kept_with_all_that_belongs_to_it() {
        for steps in 1..3 {
            let bench = bench();
            let (home, path) = (&bench.home, bench.home.warehouse());
            fs::write(beside(&path, "-wal"), "log").unwrap();
            let scratch = begun(home);
            keep(&path, Old::Damaged, &scratch).unwrap();
            if steps > 1 {
                put(&scratch.join("new.sqlite"), &path).unwrap();
                assert!(
                    !beside(&path, "-wal").exists(),
                    "the new one would play it back"
                );
            }
            tidy(home);
            let mut kept = asides(home);
            kept.sort();
            assert_eq!(kept, ["log", "old"], "{steps}");
            is_tidy(home);
        }
    }

    #[test]
    fn what_failed_is_put_back_whole() {
        let bench = bench();
        let (home, path) = (&bench.home, bench.home.warehouse());
        fs::write(beside(&path, "-wal"), "log").unwrap();
        let scratch = begun(home);
        keep(&path, Old::Damaged, &scratch).unwrap();
        put(&scratch.join("new.sqlite"), &path).unwrap();
        fs::write(beside(&path, "-wal"), "log of the new").unwrap();
        put_back(&path, Old::Damaged, &scratch).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_to_string(beside(&path, "-wal")).unwrap(), "log");
    }

    #[test]
    fn two_in_a_second_are_two_names() {
        let bench = bench();
        let scratch = scratch(&bench.home).unwrap();
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..3 {
            keep(&bench.home.warehouse(), Old::Replaced, scratch.path()).unwrap();
            names.insert(put_aside(&bench.home, Old::Replaced, scratch.path()).unwrap());
        }
        assert_eq!(names.len(), 3);
    }
}
