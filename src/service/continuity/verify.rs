//! Verification of the warehouse against its ledger, by command or button; what it found stands until the next one.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
pub use crate::warehouse::{Finding, Head};
use crate::warehouse::{Reader, Scope};

use super::steps::Stopped;
use super::{Steps, heads, integrity};

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
/// The warehouse cannot be read at all, or somebody asked to end.
pub fn verify(platform: &Platform, who: &str, steps: &Steps<'_>) -> Result<Verified, Stopped> {
    let begun = Instant::now();
    let path = platform.home.warehouse();
    let mut findings = Vec::new();
    let reader = steps.step("structure", |_| {
        let reader = Reader::open(&path).map_err(|error| error.to_string())?;
        findings.extend(reader.structure(true).map_err(|error| error.to_string())?);
        Ok((reader, String::new()))
    })?;
    let checked = steps.step("ledger", |far| {
        let checked = reader
            .verify(&Scope::All, far, &|| !steps.stop.is_asked())
            .map_err(|error| error.to_string())?;
        let checked = checked.ok_or_else(|| {
            steps
                .stop
                .cause()
                .unwrap_or_else(|| "stopped before its end".into())
        })?;
        let detail = checked.rows.to_string();
        Ok((checked, detail))
    })?;
    findings.extend(checked.findings);
    if let Some(place) = &platform.config.continuity.heads {
        let more = steps.step("heads", |_| {
            let (noted, more) = heads::compare(place, &reader)?;
            Ok((more, noted.to_string()))
        })?;
        findings.extend(more);
    }
    let verified = Verified {
        at_ms: wall_ms(),
        entries: checked.head.entry,
        rows: checked.rows,
        head: checked.head.to_string(),
        secs: begun.elapsed().as_secs_f64(),
        findings,
    };
    steps.step("note-result", |_| {
        integrity::keep(&path, &verified).map_err(|error| error.to_string())?;
        Ok(((), String::new()))
    })?;
    tracing::info!(
        who,
        findings = verified.findings.len(),
        head = verified.head,
        "verified"
    );
    Ok(verified)
}

/// What the last verification found; `None`: there was none of this warehouse.
#[must_use]
pub fn last(platform: &Platform) -> Option<Verified> {
    let reader = platform.reader().ok().flatten()?;
    integrity::last(&reader).ok().flatten()
}

/// Notes where the chain stands at its second place, where there is one. `anew`: another database took the place of the
/// one before (a restore, the first real source), and what was noted of that one is over.
///
/// # Errors
/// The place cannot be written, or the warehouse not read.
pub fn note_head(config: &Config, warehouse: &Path, anew: bool) -> Result<(), String> {
    let Some(place) = &config.continuity.heads else {
        return Ok(());
    };
    let reader = Reader::open(warehouse).map_err(|error| error.to_string())?;
    let head = reader.ledger_head().map_err(|error| error.to_string())?;
    heads::note(place, &head, anew).map_err(|error| error.to_string())
}

/// A head as it was printed: whether the chain still holds it.
///
/// # Errors
/// It is no head, or the warehouse cannot be read.
pub fn still_holds(platform: &Platform, noted: &str) -> Result<bool, String> {
    let head: Head = noted.parse()?;
    let reader = Reader::open(&platform.home.warehouse()).map_err(|error| error.to_string())?;
    reader.knows(&head).map_err(|error| error.to_string())
}

/// Where the chain stands; `None`: there is no warehouse yet.
///
/// # Errors
/// The warehouse cannot be read.
pub fn head(platform: &Platform) -> Result<Option<Head>, String> {
    let reader = platform.reader().map_err(|error| error.to_string())?;
    let head = reader.map(|reader| reader.ledger_head()).transpose();
    head.map_err(|error| error.to_string())
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
