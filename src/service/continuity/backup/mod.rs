//! Backups: a consistent copy while readers and the writer go on, with its manifest; and its proof.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::service::platform::Platform;

use super::{Steps, notify, verify};

mod hooks;
mod make;
mod manifest;
mod pack;
mod places;
mod proof;
mod retention;
mod since;
mod verdicts;

pub use hooks::{before_migration, before_night_run};

pub(super) use make::{CHECK, make as make_sparing};
pub(super) use manifest::{Manifest, read_manifest, read_proof as proof_of_file};
pub(super) use pack::{fingerprint, unpack};
pub(super) use places::{has_room, sync_folder};
pub(super) use since::{since, since_head};

/// How everything is called that is not whole yet: whoever comes next removes it.
const MAKING: &str = ".making-";

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

impl Origin {
    /// A stable key, for translation (`origin-<key>`).
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::BeforeRun => "before-run",
            Self::BeforeColdRestart => "before-cold-restart",
            Self::BeforeRestore => "before-restore",
            Self::BeforeMigration => "before-migration",
        }
    }
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
    platform: &Platform,
    origin: Origin,
    who: &str,
    steps: &Steps<'_>,
) -> Result<Backup, super::steps::Stopped> {
    let made = make::make(platform, origin, who, steps, None);
    tell(platform, steps, made.as_ref().map(|_| ()));
    if made.is_ok()
        && let Err(error) = verify::note_head(&platform.config, &platform.home.warehouse(), false)
    {
        tracing::error!(
            error,
            "the head of the ledger is not noted at its second place"
        );
    }
    made
}

/// A backup that fails, or whose proof does, is told to the people on call; one that somebody broke off is not.
fn tell(platform: &Platform, steps: &Steps<'_>, result: Result<(), &super::steps::Stopped>) {
    if result.is_err() && steps.stop.is_asked() {
        return;
    }
    let why = result.map_err(ToString::to_string);
    let why = why.as_ref().map_err(String::as_str).copied();
    let told = notify::ended(platform, notify::Case::BackupFailed, why);
    tracing::debug!(?told, "people on call");
}

/// Restores a backup aside and checks it whole. One whose proof failed stays failed: make another.
///
/// # Errors
/// The step that failed; what is the backup's own fault is kept beside it too.
pub fn prove(
    platform: &Platform,
    file: &Path,
    who: &str,
    steps: &Steps<'_>,
) -> Result<Proof, super::steps::Stopped> {
    let proof = proof::prove(platform, file, who, steps);
    tell(platform, steps, proof.as_ref().map(|_| ()));
    proof
}

/// All backups of the home and its destinations, newest first.
#[must_use]
pub fn list(platform: &Platform) -> Vec<Backup> {
    places::list(platform)
}

/// The folders that backups are copied to, beside the home's own.
#[must_use]
pub fn destinations(platform: &Platform) -> Vec<PathBuf> {
    let places = places::of(platform).into_iter().skip(1);
    places.map(|place| place.folder).collect()
}

/// The newest backup that is proven.
#[must_use]
pub fn newest_proven(backups: &[Backup]) -> Option<&Backup> {
    let proven = |b: &&Backup| {
        b.wrong.is_none() && b.proof.as_ref().is_some_and(|proof| proof.failed.is_none())
    };
    backups.iter().find(proven)
}

/// What would be lost now; `None`: no backup is proven, or what came since cannot be read.
#[must_use]
pub fn exposure(platform: &Platform, backups: &[Backup]) -> Option<Exposure> {
    let newest = newest_proven(backups)?;
    let manifest = read_manifest(&newest.file).ok()?;
    let rows = match platform.reader() {
        Ok(Some(reader)) => since(&reader, &manifest).ok()?.readings,
        // Without a warehouse there is nothing left to lose.
        Ok(None) => 0,
        Err(_) => return None,
    };
    Some(Exposure {
        since_ms: newest.made_ms,
        rows: u64::try_from(rows).unwrap_or(0),
        recovery_secs: newest
            .proof
            .as_ref()
            .map_or(0.0, |proof| proof.recovery_secs),
    })
}

/// How the rule of three copies stands for the newest backup of use, the warehouse itself counted as one.
#[must_use]
pub fn three_two_one(platform: &Platform, backups: &[Backup]) -> ThreeTwoOne {
    places::three_two_one(platform, backups)
}
