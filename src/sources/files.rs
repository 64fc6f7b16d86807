//! Files on disk: a path, a folder or a pattern becomes the list of files of a source.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Dialect, SourceError};

use super::table;

/// One table on disk.
pub struct DiskFile {
    path: PathBuf,
    shown: String,
    stem: String,
    dialect: Dialect,
    /// Bytes that the digest was made of: a file that grows meanwhile is read so far and no further.
    hashed: Cell<Option<u64>>,
}

impl DiskFile {
    #[must_use]
    pub fn new(path: PathBuf, dialect: Dialect) -> Self {
        let shown = path.display().to_string();
        let stem = unpacked(&path)
            .file_stem()
            .map_or_else(|| shown.clone(), |s| s.to_string_lossy().into_owned());
        Self {
            path,
            shown,
            stem,
            dialect,
            hashed: Cell::new(None),
        }
    }

    fn file(&self) -> Result<File, SourceError> {
        File::open(&self.path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SourceError::NothingThere {
                path: self.shown.clone(),
            },
            _ => SourceError::Unreadable { why: e.to_string() },
        })
    }

    /// `cidp simulate` leaves a note beside what it writes; a file it names is simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        let note = self.path.with_file_name(super::simulator::NOTE);
        let (Ok(note), Ok(digest)) = (std::fs::read_to_string(note), self.digest()) else {
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
            .filter(|p| {
                let extension = unpacked(p).extension();
                extension.is_some_and(|e| e.eq_ignore_ascii_case("csv"))
            })
            .collect()
    } else {
        // Only the part the user wrote is a pattern: a folder named [2026] is just a folder.
        let pattern = Path::new(&glob::Pattern::escape(&folder.display().to_string())).join(path);
        let pattern = pattern.display().to_string();
        if path.contains("**") {
            deep(&full, &pattern)?.ok_or_else(nothing)?
        } else {
            glob::glob(&pattern)
                .map_err(|_| nothing())?
                .collect::<Result<_, _>>()
                .map_err(|e| unreadable(e.path(), e.error()))?
        }
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

/// The path without the extension that says how the file is packed.
fn unpacked(path: &Path) -> &Path {
    let packed = ["gz", "zst"].iter().any(|packed| {
        let extension = path.extension();
        extension.is_some_and(|e| e.eq_ignore_ascii_case(packed))
    });
    match path.file_stem() {
        Some(stem) if packed => Path::new(stem),
        _ => path,
    }
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
        for name in ["b.csv", "a.CSV", "note.txt", "c.csv.gz", "d.gz"] {
            std::fs::write(folder.join(name), "x\n1\n").unwrap();
        }
        let names = |path: &str| {
            resolve(&folder, path, &Dialect::default())
                .unwrap()
                .iter()
                .map(|f| f.stem().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("."), ["a", "b", "c"]);
        assert_eq!(names("*.csv"), ["b"]);
        assert_eq!(names("note.txt"), ["note"]);
        assert!(matches!(
            resolve(&folder, "c*.csv", &Dialect::default()),
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
