//! Drills: the real fault on a scratch copy, and proof by what the database holds afterwards.

use serde::{Deserialize, Serialize};

use crate::service::platform::Platform;

use super::Steps;

/// The thirteen drills, in the order of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drill {
    SourceUnreachable,
    TruncatedFile,
    ChangedColumns,
    NanFlood,
    LockedDatabase,
    DiskFull,
    OutOfMemory,
    KilledDuringLoad,
    KilledDuringBackup,
    PoisonedRows,
    DriftedData,
    DamagedDatabase,
    DeadLockHolder,
}

impl Drill {
    pub const ALL: [Self; 13] = [
        Self::SourceUnreachable,
        Self::TruncatedFile,
        Self::ChangedColumns,
        Self::NanFlood,
        Self::LockedDatabase,
        Self::DiskFull,
        Self::OutOfMemory,
        Self::KilledDuringLoad,
        Self::KilledDuringBackup,
        Self::PoisonedRows,
        Self::DriftedData,
        Self::DamagedDatabase,
        Self::DeadLockHolder,
    ];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SourceUnreachable => "source_unreachable",
            Self::TruncatedFile => "truncated_file",
            Self::ChangedColumns => "changed_columns",
            Self::NanFlood => "nan_flood",
            Self::LockedDatabase => "locked_database",
            Self::DiskFull => "disk_full",
            Self::OutOfMemory => "out_of_memory",
            Self::KilledDuringLoad => "killed_during_load",
            Self::KilledDuringBackup => "killed_during_backup",
            Self::PoisonedRows => "poisoned_rows",
            Self::DriftedData => "drifted_data",
            Self::DamagedDatabase => "damaged_database",
            Self::DeadLockHolder => "dead_lock_holder",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drill| drill.key() == name)
    }
}

/// What a drill came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drilled {
    pub name: Drill,
    pub at_ms: i64,
    pub passed: bool,
    /// What was looked at and found, line by line; the first that is not as it should be ends a failed one.
    pub evidence: Vec<String>,
    pub secs: f64,
}

/// Runs drills one after the other on a scratch copy, and writes the report.
///
/// # Errors
/// No scratch copy could be made, or the report not be written.
pub fn run(
    _platform: &Platform,
    _drills: &[Drill],
    _who: &str,
    _steps: &Steps<'_>,
) -> Result<Vec<Drilled>, super::steps::Stopped> {
    Err(super::steps::Stopped {
        step: "scratch",
        why: "not built yet".into(),
    })
}

/// The last result of each drill that was ever run here.
#[must_use]
pub fn last(_platform: &Platform) -> Vec<Drilled> {
    Vec::new()
}
