//! Backups: a consistent copy while readers and the writer go on, with its manifest; and its proof.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::service::platform::Platform;

use super::Steps;

/// What a backup was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Manual,
    BeforeRun,
    BeforeColdRestart,
    BeforeRestore,
    BeforeMigration,
}

/// A backup that lies somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backup {
    /// The packed file in the home's folder, or where it was found.
    pub file: PathBuf,
    pub made_ms: i64,
    pub origin: Origin,
    pub bytes: u64,
    /// Every place that holds it.
    pub places: Vec<PathBuf>,
    pub proof: Option<Proof>,
    /// Why it is no backup that could be used: no manifest, wrong digest …
    pub wrong: Option<String>,
}

/// What a proof came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    pub at_ms: i64,
    pub who: String,
    /// From the packed file to a warehouse that answers, seconds: the measured recovery time.
    pub recovery_secs: f64,
    /// Why it failed; `None`: proven.
    pub failed: Option<String>,
}

/// What would be lost now, and how fast one would be back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exposure {
    /// When the last proven backup was made, UTC milliseconds.
    pub since_ms: i64,
    /// Rows that came since.
    pub rows: u64,
    pub recovery_secs: f64,
}

/// Three copies, on two kinds of storage, one elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
pub struct ThreeTwoOne {
    pub copies: u32,
    pub storages: u32,
    pub offsite: u32,
}

impl ThreeTwoOne {
    #[must_use]
    pub const fn is_met(&self) -> bool {
        self.copies >= 3 && self.storages >= 2 && self.offsite >= 1
    }
}

/// Makes a backup at every place, and says where it lies.
///
/// # Errors
/// The step that failed. What was there before is untouched.
pub fn make(
    _platform: &Platform,
    _origin: Origin,
    _who: &str,
    _steps: &Steps<'_>,
) -> Result<Backup, super::steps::Stopped> {
    Err(super::steps::Stopped {
        step: "copy",
        why: "not built yet".into(),
    })
}

/// Restores a backup aside and checks it whole.
///
/// # Errors
/// The step that failed; that is kept beside the backup too.
pub fn prove(
    _platform: &Platform,
    _file: &Path,
    _who: &str,
    _steps: &Steps<'_>,
) -> Result<Proof, super::steps::Stopped> {
    Err(super::steps::Stopped {
        step: "unpack",
        why: "not built yet".into(),
    })
}

/// All backups of the home and its destinations, newest first.
#[must_use]
pub fn list(_platform: &Platform) -> Vec<Backup> {
    Vec::new()
}

/// What would be lost now; `None`: no backup is proven.
#[must_use]
pub fn exposure(_platform: &Platform, _backups: &[Backup]) -> Option<Exposure> {
    None
}

/// How the rule of three copies stands for the newest backup, the warehouse itself counted as one.
#[must_use]
pub fn three_two_one(_platform: &Platform, _backups: &[Backup]) -> ThreeTwoOne {
    ThreeTwoOne::default()
}
