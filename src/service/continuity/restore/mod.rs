//! Restore: a verified copy takes the place of the warehouse, which is kept aside; on any failure the old one is back.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::Home;
use crate::service::platform::Platform;

use super::Steps;
use super::backup::{self, Backup};
use super::steps::Stopped;

mod act;
mod candidate;
mod swap;

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
pub fn plan(platform: &Platform, file: &Path) -> Result<Plan, String> {
    act::plan(platform, file)
}

/// Restores a backup. Close every reader of the warehouse first.
///
/// # Errors
/// The step that failed: the warehouse of before is in its place. At [`LOCK`] another program was in the way.
pub fn restore(
    platform: &Platform,
    file: &Path,
    who: &str,
    steps: &Steps<'_>,
) -> Result<Restored, Stopped> {
    act::restore(platform, file, who, steps)
}

/// The step that another program can be in the way of.
pub const LOCK: &str = "restore-lock";

/// What is offered where the warehouse cannot be used.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// What is wrong with it.
    pub damaged: String,
    /// The newest proven backup.
    pub backup: Option<Backup>,
    /// Sources of the configuration, to begin anew from where there is no backup.
    pub sources: usize,
}

/// What to do where the warehouse is gone while there are backups of it, or is no whole database; `None`: it opens.
/// Its structure is looked at no further than opening it does.
#[must_use]
pub fn offer(platform: &Platform) -> Option<Offer> {
    let damaged = lost(&platform.home).or_else(|| {
        let path = platform.home.warehouse();
        if !path.is_file() {
            return None;
        }
        platform
            .reader()
            .map_err(|e| e.to_string())
            .and_then(|reader| match reader {
                Some(reader) => reader.last_run().map(drop).map_err(|e| e.to_string()),
                None => Ok(()),
            })
            .err()
    })?;
    let backups = backup::list(platform);
    Some(Offer {
        damaged,
        backup: backup::newest_proven(&backups).cloned(),
        sources: platform.config.sources.len(),
    })
}

/// Whether the warehouse is missing or empty though there are backups of it: a new one in its place would pass for it.
#[must_use]
pub fn lost(home: &Home) -> Option<String> {
    let path = home.warehouse();
    let what = match std::fs::metadata(&path) {
        Ok(there) if there.len() > 0 => return None,
        Ok(_) => "empty",
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => "gone",
        Err(_) => return None,
    };
    let backups = std::fs::read_dir(home.backups()).ok()?;
    let name =
        |entry: std::io::Result<std::fs::DirEntry>| entry.ok()?.file_name().into_string().ok();
    let any = backups
        .filter_map(name)
        .any(|name| name.ends_with(".sqlite.zst") || name.ends_with("_SAFE.sqlite"));
    any.then(|| {
        format!(
            "the warehouse {} is {what}, and there are backups of it: restore one (cidp restore --latest), or move {} \
             away to begin anew",
            path.display(),
            home.backups().display()
        )
    })
}

/// Ends what a restore that was killed left half done. Hold the run lock.
pub fn tidy(home: &Home) {
    swap::tidy(home);
}
