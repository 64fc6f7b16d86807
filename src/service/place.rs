//! Where the window was when it was last looked at: kept in the home, so that it comes back there.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::LocoId;

/// Position and sizes are in points of the interface.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Of the outer corner; the system may not tell it.
    pub position: Option<[f32; 2]>,
    /// Of the inside, when it was last not maximised.
    pub size: Option<[f32; 2]>,
    pub maximized: bool,
    /// The page shown, by its name.
    pub page: Option<String>,
    /// The locomotive that was chosen; `None` where the worst is looked at.
    pub locomotive: Option<LocoId>,
}

/// No screen is wider; what a file says beyond is nonsense.
const FARTHEST: f32 = 65_536.0;
/// No window is smaller than its controls.
const SMALLEST: f32 = 200.0;

impl Place {
    /// What `file` says; nothing where there is none, or where it is damaged: a window opens anyway.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Self::default(),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "where the window was cannot be read");
                return Self::default();
            }
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(place) => place.plausible(),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "where the window was is damaged; forgotten");
                Self::default()
            }
        }
    }

    /// Without what cannot be.
    fn plausible(mut self) -> Self {
        let near = |p: &[f32; 2]| p.iter().all(|x| x.is_finite() && x.abs() < FARTHEST);
        self.position = self.position.filter(near);
        self.size = self
            .size
            .filter(|size| near(size) && size.iter().all(|&x| x >= SMALLEST));
        self
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> std::io::Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut aside = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut aside, self)?;
        aside.flush()?;
        aside.persist(file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            position: Some([-1200.0, 40.0]),
            size: Some([1440.0, 900.0]),
            maximized: true,
            page: Some("locomotive".into()),
            locomotive: Some(LocoId::new("LOCO_007")),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("window.json");
        assert_eq!(Place::read(&file), Place::default());
        place().write(&file).unwrap();
        place().write(&file).unwrap();
        assert_eq!(Place::read(&file), place());
        let beside = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(beside, 1, "nothing is left beside it");
    }

    #[test]
    fn damage_and_nonsense_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("window.json");
        for damaged in ["", "{", "[]", "{\"size\": \"big\"}", "\0\0\0"] {
            std::fs::write(&file, damaged).unwrap();
            assert_eq!(Place::read(&file), Place::default(), "{damaged:?}");
        }
        for (text, kept) in [
            ("{\"position\": [1e9, 0]}", Place::default()),
            ("{\"size\": [0, -5]}", Place::default()),
            ("{\"size\": [1e40, 900]}", Place::default()),
            (
                "{\"maximized\": true, \"of a later version\": 1}",
                Place {
                    maximized: true,
                    ..Place::default()
                },
            ),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(Place::read(&file), kept, "{text}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let blocked = dir.path().join("file");
        std::fs::write(&blocked, "x").unwrap();
        assert!(place().write(&blocked.join("window.json")).is_err());
    }
}
