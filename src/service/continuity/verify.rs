//! Verification of the warehouse against its ledger, by command or button; what it found stands until the next one.

use serde::{Deserialize, Serialize};

use crate::service::platform::Platform;

use super::Steps;
use super::steps::Stopped;

/// Rows that are not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Table, as in the database.
    pub table: String,
    /// The runs that wrote there, first and last.
    pub runs: Option<(i64, i64)>,
    /// Locomotive, where rows are of one.
    pub loco: Option<String>,
    /// First and last of the range of rows: instants (UTC milliseconds) where `loco` is given, else row numbers.
    pub range: Option<(i64, i64)>,
    /// Rows that are too many (positive) or missing (negative); 0: some were changed.
    pub rows: i64,
    /// What it is about where it is about no rows: the chain, the structure of the file, the second place of the head.
    pub words: String,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    pub at_ms: i64,
    pub entries: i64,
    pub rows: u64,
    /// The head of the ledger, `entry:hash`.
    pub head: String,
    pub secs: f64,
    pub findings: Vec<Finding>,
}

/// Recomputes the ledger in one pass over the warehouse; keeps what it found.
///
/// # Errors
/// The warehouse cannot be read at all.
pub fn verify(_platform: &Platform, _who: &str, _steps: &Steps<'_>) -> Result<Verified, Stopped> {
    Err(Stopped {
        step: "verify",
        why: "not built yet".into(),
    })
}

/// What the last verification found; `None`: there was none of this warehouse.
#[must_use]
pub fn last(_platform: &Platform) -> Option<Verified> {
    None
}
