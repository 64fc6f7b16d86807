//! Where one installation keeps its things.

use std::path::{Path, PathBuf};

/// A folder with `cidp.toml`, `database/` and `logs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The folder asked for; else the checkout that we stand in; else the platform's data folder.
    #[must_use]
    pub fn find(asked: Option<&Path>) -> Self {
        let root = asked.map_or_else(
            || {
                let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
                if here.join("Cargo.toml").is_file() && here.join("database/migrations").is_dir() {
                    here
                } else {
                    directories::ProjectDirs::from("cm", "Camrail", "Camrail Live Monitor")
                        .map_or(here, |dirs| dirs.data_local_dir().to_path_buf())
                }
            },
            Path::to_path_buf,
        );
        Self { root }
    }

    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("cidp.toml")
    }

    #[must_use]
    pub fn database_dir(&self) -> PathBuf {
        self.root.join("database")
    }

    #[must_use]
    pub fn warehouse(&self) -> PathBuf {
        self.database_dir().join("industrial_dwh.sqlite")
    }

    /// Held by the one run that is under way.
    #[must_use]
    pub fn run_lock(&self) -> PathBuf {
        self.database_dir().join("run.lock")
    }

    /// Held by the one window of this home.
    #[must_use]
    pub fn window_lock(&self) -> PathBuf {
        self.database_dir().join("window.lock")
    }

    /// Where the window was.
    #[must_use]
    pub fn window_place(&self) -> PathBuf {
        self.root.join("window.json")
    }

    /// Backups with their manifests and proofs.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    /// The newest backup: plain SQLite that any client opens.
    #[must_use]
    pub fn safe_copy(&self) -> PathBuf {
        self.backups().join("industrial_dwh_SAFE.sqlite")
    }

    /// Databases that were put aside: damaged, replaced by a restore, synthetic.
    #[must_use]
    pub fn aside(&self) -> PathBuf {
        self.database_dir().join("aside")
    }

    /// What drills, cold restarts and verifications came to.
    #[must_use]
    pub fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// What the last verification of the warehouse found.
    #[must_use]
    pub fn integrity(&self) -> PathBuf {
        self.database_dir().join("integrity.json")
    }

    /// Where files go that nobody said a place for.
    #[must_use]
    pub fn exports(&self) -> PathBuf {
        self.root.join("exports")
    }

    /// The sound of an alarm: made where there is none.
    #[must_use]
    pub fn alarm_sound(&self) -> PathBuf {
        self.root.join("alarm.wav")
    }

    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }
}
