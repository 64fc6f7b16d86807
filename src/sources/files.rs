//! Files on disk: a path, a folder or a pattern becomes the list of files of a source.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::domain::SourceError;
use crate::domain::ports::{RecordStream, SourceFile};

use super::csv::CsvStream;

/// One CSV file on disk.
pub struct DiskFile {
    path: PathBuf,
    shown: String,
    stem: String,
}

impl DiskFile {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let shown = path.display().to_string();
        let stem = path
            .file_stem()
            .map_or_else(|| shown.clone(), |s| s.to_string_lossy().into_owned());
        Self { path, shown, stem }
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
        Ok(*hasher.finalize().as_bytes())
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        Ok(Box::new(CsvStream::new(self.file()?)?))
    }
}

/// The files that `path` (a file, a folder, a pattern; relative to `folder`) stands for, by name.
///
/// # Errors
/// Nothing is there, or the folder cannot be read.
pub fn resolve(folder: &Path, path: &str) -> Result<Vec<DiskFile>, SourceError> {
    let full = folder.join(path);
    let nothing = || SourceError::NothingThere {
        path: full.display().to_string(),
    };
    let mut files: Vec<PathBuf> = if full.is_file() {
        vec![full.clone()]
    } else if full.is_dir() {
        std::fs::read_dir(&full)
            .map_err(|e| SourceError::Unreadable { why: e.to_string() })?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|p| p.is_file() && p.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")))
            .collect()
    } else {
        // Only the part the user wrote is a pattern: a folder named [2026] is just a folder.
        let pattern = Path::new(&glob::Pattern::escape(&folder.display().to_string())).join(path);
        glob::glob(&pattern.display().to_string())
            .map_err(|_| nothing())?
            .filter_map(Result::ok)
            .filter(|p| p.is_file())
            .collect()
    };
    if files.is_empty() {
        return Err(nothing());
    }
    files.sort();
    Ok(files.into_iter().map(DiskFile::new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_a_folder_and_a_pattern_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a [1]");
        std::fs::create_dir(&folder).unwrap();
        for name in ["b.csv", "a.CSV", "note.txt"] {
            std::fs::write(folder.join(name), "x\n1\n").unwrap();
        }
        let names = |path: &str| {
            resolve(&folder, path)
                .unwrap()
                .iter()
                .map(|f| f.stem().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("."), ["a", "b"]);
        assert_eq!(names("*.csv"), ["b"]);
        assert_eq!(names("note.txt"), ["note"]);
        assert!(matches!(
            resolve(&folder, "c*.csv"),
            Err(SourceError::NothingThere { .. })
        ));
    }
}
