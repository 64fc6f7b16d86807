//! Files on disk: a path, a folder or a pattern becomes the list of files of a source.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Dialect, SourceError};

use super::table;

/// One file on disk.
pub struct DiskFile {
    pub(super) path: PathBuf,
    shown: String,
    stem: String,
    pub(super) dialect: Dialect,
    /// Bytes that the digest was made of: a file that grows meanwhile is read so far and no further.
    hashed: Cell<Option<u64>>,
}

impl DiskFile {
    #[must_use]
    pub fn new(path: PathBuf, dialect: Dialect) -> Self {
        let shown = path.display().to_string();
        let stem = stem(&path).unwrap_or_else(|| shown.clone());
        Self {
            path,
            shown,
            stem,
            dialect,
            hashed: Cell::new(None),
        }
    }

    pub(super) fn file(&self) -> Result<File, SourceError> {
        File::open(&self.path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SourceError::NothingThere {
                path: self.shown.clone(),
            },
            _ => SourceError::Unreadable { why: e.to_string() },
        })
    }

    /// Nobody has written to it for so long, as far as its time of change says.
    #[must_use]
    pub fn is_quiet(&self, long: Duration) -> bool {
        let modified = std::fs::metadata(&self.path).and_then(|meta| meta.modified());
        modified.is_ok_and(|at| at.elapsed().is_ok_and(|passed| passed >= long))
    }

    /// `cidp simulate` leaves a note beside what it writes; a file it names is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        let note = self.path.with_file_name(super::simulator::NOTE);
        let Ok(note) = std::fs::read_to_string(note) else {
            return false;
        };
        let Ok(digest) = self.digest() else {
            return false;
        };
        note.contains(blake3::Hash::from_bytes(digest).to_hex().as_str())
    }
}

impl SourceFile for DiskFile {
    fn path(&self) -> &str {
        &self.shown
    }

    fn stem(&self) -> &str {
        &self.stem
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update_reader(self.file()?)
            .map_err(|e| SourceError::Unreadable { why: e.to_string() })?;
        self.hashed.set(Some(hasher.count()));
        Ok(*hasher.finalize().as_bytes())
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        let length = self.hashed.get().unwrap_or(u64::MAX);
        table::open(self.file()?, length, &self.shown, &self.dialect)
    }
}

/// A file as a folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub path: PathBuf,
    pub bytes: u64,
    pub modified: Option<SystemTime>,
}

/// What `path` stands for at this moment, for whoever looks again and again: one listing, whatever its size.
/// A folder without a file in it is no error; files that are being written under another name are not seen.
///
/// # Errors
/// The folder (or the one file) is not there, or cannot be read.
pub fn look(folder: &Path, path: &str) -> Result<Vec<Listed>, SourceError> {
    let full = folder.join(path);
    let listed = |path: PathBuf, meta: std::io::Result<std::fs::Metadata>| {
        // Gone since the folder was listed: the next look does not list it.
        let meta = meta.ok().filter(std::fs::Metadata::is_file)?;
        Some(Listed {
            bytes: meta.len(),
            modified: meta.modified().ok(),
            path,
        })
    };
    let mut files: Vec<Listed> = if full.is_dir() {
        let entries = std::fs::read_dir(&full).map_err(|e| unreadable(&full, &e))?;
        entries
            .collect::<std::io::Result<Vec<_>>>()
            .map_err(|e| unreadable(&full, &e))?
            .into_iter()
            .filter(|entry| is_a_table(&entry.path()) && !is_passing(&entry.path()))
            .filter_map(|entry| {
                let path = entry.path();
                // Of a link, what it leads to.
                let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let meta = if link {
                    std::fs::metadata(&path)
                } else {
                    entry.metadata()
                };
                listed(path, meta)
            })
            .collect()
    } else {
        let found = match resolve(folder, path, &Dialect::default()) {
            Err(SourceError::NothingThere { .. }) if is_pattern_in_a_folder(&full) => Vec::new(),
            found => found?,
        };
        found
            .into_iter()
            .filter_map(|file| {
                let meta = std::fs::metadata(&file.path);
                listed(file.path, meta)
            })
            .collect()
    };
    files.retain(|file| !is_unfinished(&file.path));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Nothing matches a pattern yet, and the folder that it looks into is there.
fn is_pattern_in_a_folder(full: &Path) -> bool {
    let wild = |part: &std::path::Component<'_>| {
        part.as_os_str().to_string_lossy().contains(['*', '?', '['])
    };
    let start: PathBuf = full.components().take_while(|part| !wild(part)).collect();
    start != full && start.is_dir()
}

/// What programs call a file that they have not finished writing.
fn is_unfinished(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    name.starts_with("~$")
        || name.starts_with('.')
        || [".part", ".tmp", ".crdownload", ".filepart"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// The files that `path` (a file, a folder, a pattern; relative to `folder`) stands for, by name.
///
/// # Errors
/// Nothing is there, or the folder cannot be read.
pub fn resolve(folder: &Path, path: &str, dialect: &Dialect) -> Result<Vec<DiskFile>, SourceError> {
    let full = folder.join(path);
    let nothing = || SourceError::NothingThere {
        path: full.display().to_string(),
    };
    let mut files: Vec<PathBuf> = if full.is_file() {
        vec![full.clone()]
    } else if full.is_dir() {
        entries(&full)?
            .into_iter()
            .filter(|path| is_a_table(path) && !is_passing(path))
            .collect()
    } else {
        // Only the part the user wrote is a pattern: a folder named [2026] is just a folder.
        let pattern = Path::new(&glob::Pattern::escape(&folder.display().to_string())).join(path);
        let pattern = pattern.display().to_string();
        let mut found: Vec<PathBuf> = if path.contains("**") {
            deep(&full, &pattern)?.ok_or_else(nothing)?
        } else {
            glob::glob(&pattern)
                .map_err(|_| nothing())?
                .collect::<Result<_, _>>()
                .map_err(|e| unreadable(e.path(), e.error()))?
        };
        found.retain(|path| !is_passing(path));
        found
    };
    files.retain(|p| is_file_or_broken_link(p));
    if files.is_empty() {
        return Err(nothing());
    }
    files.sort();
    Ok(files
        .into_iter()
        .map(|path| DiskFile::new(path, dialect.clone()))
        .collect())
}

/// Extensions of the tables we read; the first ones also packed.
const TEXTS: [&str; 6] = ["csv", "txt", "tsv", "json", "ndjson", "jsonl"];
const WORKBOOKS: [&str; 5] = ["xlsx", "xlsm", "xls", "xlsb", "ods"];
const PACKED: [&str; 2] = ["gz", "zst"];

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_lowercase()
}

/// The name without folder and extension, and without that of a packed file's content.
fn stem(path: &Path) -> Option<String> {
    let packed = PACKED.contains(&extension(path).as_str());
    let stem = Path::new(path.file_stem()?);
    let stem = match stem.file_stem() {
        Some(inner) if packed => inner,
        _ => stem.as_os_str(),
    };
    Some(stem.to_string_lossy().into_owned())
}

fn is_a_table(path: &Path) -> bool {
    // The note of the simulator is none.
    if path.file_name() == Some(super::simulator::NOTE.as_ref()) {
        return false;
    }
    let last = extension(path);
    let inner = || extension(Path::new(path.file_stem().unwrap_or_default()));
    TEXTS.contains(&last.as_str())
        || WORKBOOKS.contains(&last.as_str())
        || (PACKED.contains(&last.as_str()) && TEXTS.contains(&inner().as_str()))
}

/// Hidden, or on its way: a lock of an office program, half a transfer.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let on_its_way = ["part", "tmp", "partial", "crdownload", "filepart"];
    name.starts_with('.')
        || name.starts_with("~$")
        || name.ends_with('~')
        || on_its_way.contains(&extension(path).as_str())
}

fn unreadable(path: &Path, why: &std::io::Error) -> SourceError {
    SourceError::Unreadable {
        why: format!("{}: {why}", path.display()),
    }
}

/// A link that leads nowhere is a file that is named and refused, not one that is passed over.
fn is_file_or_broken_link(path: &Path) -> bool {
    path.is_file() || (path.is_symlink() && !path.is_dir() && std::fs::metadata(path).is_err())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|e| unreadable(folder, &e))
}

/// What a pattern with `**` stands for; `None` where it is no pattern. Links to folders are not followed:
/// they may lead back, and each loop doubles the ways.
fn deep(full: &Path, pattern: &str) -> Result<Option<Vec<PathBuf>>, SourceError> {
    let Ok(pattern) = glob::Pattern::new(pattern) else {
        return Ok(None);
    };
    let options = glob::MatchOptions {
        require_literal_separator: true,
        ..glob::MatchOptions::default()
    };
    let wild = |part: &std::path::Component<'_>| {
        part.as_os_str().to_string_lossy().contains(['*', '?', '['])
    };
    // From the part before the first wildcard on; a folder that is not there holds nothing.
    let start: PathBuf = full.components().take_while(|part| !wild(part)).collect();
    let start = if start.is_dir() {
        start
    } else {
        return Ok(Some(Vec::new()));
    };
    let (mut folders, mut found) = (vec![start], Vec::new());
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if pattern.matches_path_with(&path, options) {
                found.push(path);
            }
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_a_folder_and_a_pattern_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a [1]");
        std::fs::create_dir(&folder).unwrap();
        let tables = [
            "b.csv", "a.CSV", "note.txt", "c.xlsx", "d.ndjson", "e.csv.gz",
        ];
        let others = [
            ".hidden.csv",
            "~$c.xlsx",
            "f.csv.part",
            "g.csv.tmp",
            "readme.md",
            "h.xlsx.gz",
            "simulation.json",
        ];
        for name in tables.iter().chain(&others) {
            std::fs::write(folder.join(name), "x\n1\n").unwrap();
        }
        let names = |path: &str| {
            resolve(&folder, path, &Dialect::default())
                .unwrap()
                .iter()
                .map(|f| f.stem().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("."), ["a", "b", "c", "d", "e", "note"]);
        assert_eq!(names("*.csv"), ["b"]);
        assert_eq!(names("*.xlsx"), ["c"]);
        assert_eq!(names(".hidden.csv"), [".hidden"]);
        assert_eq!(names("note.txt"), ["note"]);
        assert!(matches!(
            resolve(&folder, "c*.csv", &Dialect::default()),
            Err(SourceError::NothingThere { .. })
        ));
    }

    #[test]
    fn a_look_sees_what_has_arrived_and_tells_empty_from_gone() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = dir.path().join("inbox");
        assert!(matches!(
            look(dir.path(), "inbox/*.csv"),
            Err(SourceError::NothingThere { .. })
        ));
        std::fs::create_dir(&inbox).unwrap();
        for path in ["inbox", "inbox/*.csv", "**/*.csv"] {
            assert_eq!(look(dir.path(), path), Ok(Vec::new()), "{path}");
        }
        for name in ["b.csv", "a.csv", "c.csv.part", "~$d.csv", ".e.csv"] {
            std::fs::write(inbox.join(name), "x\n1\n").unwrap();
        }
        for path in ["inbox", "inbox/*", "**/*"] {
            let seen = look(dir.path(), path).unwrap();
            let names: Vec<_> = seen.iter().map(|f| f.path.file_name().unwrap()).collect();
            assert_eq!(names, ["a.csv", "b.csv"], "{path}");
            assert_eq!(seen[0].bytes, 4);
        }
        assert!(matches!(
            look(dir.path(), "inbox/none.csv"),
            Err(SourceError::NothingThere { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn loops_of_links_end_and_broken_links_are_named() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        for name in ["x", "y", "z"] {
            symlink("..", deep.join(name)).unwrap();
        }
        symlink("nowhere", deep.join("gone.csv")).unwrap();
        std::fs::write(deep.join("1.csv"), "x\n1\n").unwrap();
        std::fs::write(dir.path().join("a/2.csv"), "x\n1\n").unwrap();
        let names = |path: &str| {
            let files = resolve(dir.path(), path, &Dialect::default()).unwrap();
            files
                .iter()
                .map(|f| f.stem().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("**/*.csv"), ["2", "1", "gone"]);
        assert_eq!(names("a/**/*.csv"), ["2", "1", "gone"]);
        assert_eq!(names("a/b"), ["1", "gone"]);
        assert!(matches!(
            resolve(dir.path(), "c/**/*.csv", &Dialect::default()),
            Err(SourceError::NothingThere { .. })
        ));
        let gone = &resolve(dir.path(), "a/b/gone*", &Dialect::default()).unwrap()[0];
        assert!(matches!(
            gone.digest(),
            Err(SourceError::NothingThere { .. })
        ));
    }
}
