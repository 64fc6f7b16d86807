//! Restore: a verified copy takes the place of the warehouse, which is kept aside; on any failure the old one is back.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::service::platform::Platform;

use super::Steps;
use super::steps::Stopped;

/// What a restore would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    pub file: PathBuf,
    pub made_ms: i64,
    pub proven: bool,
    /// Readings that the warehouse holds beyond the backup; `None`: the warehouse cannot be read.
    pub readings_lost: Option<i64>,
    /// Versions of models that the backup lacks.
    pub models_lost: Vec<u32>,
    pub entries_lost: Option<i64>,
    /// The model that would be in force.
    pub model: Option<u32>,
    /// Why the warehouse of now does not open or is damaged.
    pub damaged: Option<String>,
    /// Other programs that have it open: nothing is restored while there are any.
    pub holders: Vec<super::holders::Holder>,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restored {
    pub file: PathBuf,
    /// Where the warehouse of before lies now.
    pub aside: Option<PathBuf>,
    pub secs: f64,
}

/// Says what a restore would change. Nothing is written.
///
/// # Errors
/// The backup cannot be used; why.
pub fn plan(_platform: &Platform, _file: &Path) -> Result<Plan, String> {
    Err("not built yet".into())
}

/// Restores a backup. Close every reader of the warehouse first.
///
/// # Errors
/// The step that failed: the warehouse of before is in its place.
pub fn restore(
    _platform: &Platform,
    _file: &Path,
    _who: &str,
    _steps: &Steps<'_>,
) -> Result<Restored, Stopped> {
    Err(Stopped {
        step: "unpack",
        why: "not built yet".into(),
    })
}
