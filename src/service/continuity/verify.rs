//! Verification of the warehouse against its ledger, by command or button; what it found stands until the next one.

use serde::{Deserialize, Serialize};

use std::path::Path;

use crate::service::platform::Platform;
pub use crate::warehouse::Finding;
use crate::warehouse::{Reader, Scope};

use super::Steps;
use super::steps::Stopped;

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

/// The whole of any database file, a restored copy for one: structure, references, ledger. Empty: it is sound.
///
/// # Errors
/// It cannot be opened, or is a newer program's.
pub fn check_file(path: &Path) -> Result<Vec<Finding>, String> {
    let reader = Reader::open(path).map_err(|error| error.to_string())?;
    let mut findings = reader.structure(true).map_err(|error| error.to_string())?;
    let checked = reader
        .verify(&Scope::All, &|_| {}, &|| true)
        .map_err(|error| error.to_string())?;
    findings.extend(checked.into_iter().flat_map(|checked| checked.findings));
    Ok(findings)
}
