//! Whether the warehouse is known to be damaged, or changed behind the program's back: what the last verification found
//! stands in a file beside it, and withdraws NOMINAL from the whole fleet until one finds nothing.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::domain::Cause;
use crate::service::pipeline::wall_ms;
use crate::warehouse::{Finding, Head, Reader, Scope, WarehouseError};

use super::verify::Verified;

fn place(warehouse: &Path) -> PathBuf {
    warehouse.with_file_name("integrity.json")
}

/// Keeps what was found: written aside, then put in place.
pub(super) fn keep(warehouse: &Path, verified: &Verified) -> std::io::Result<()> {
    let place = place(warehouse);
    let aside = place.with_extension("json.new");
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(&serde_json::to_vec_pretty(verified)?)?;
    file.sync_all()?;
    std::fs::rename(aside, place)
}

/// What the last verification of this warehouse found; `None`: there was none, or it was of another one.
pub(super) fn last(reader: &Reader) -> Result<Option<Verified>, String> {
    let place = place(reader.path());
    let bytes = match std::fs::read(&place) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", place.display())),
    };
    let verified: Verified =
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", place.display()))?;
    let head: Head = verified.head.parse()?;
    let ours = reader.knows(&head).map_err(|error| error.to_string())?;
    Ok(ours.then_some(verified))
}

/// Why nothing may be called nominal, and nothing be learned or scored in a run; `None` while nothing is known against
/// the warehouse.
#[must_use]
pub fn damage(reader: &Reader) -> Option<Cause> {
    let what = match last(reader) {
        Ok(None) => return None,
        Ok(Some(verified)) => verified.findings.first()?.to_string(),
        // What was found cannot be told any more: that it was nothing must not be taken for granted.
        Err(error) => error,
    };
    Some(Cause::Damaged { what })
}

/// Recomputes what is about to be used; what is found is kept, and said in a few words.
///
/// # Errors
/// The warehouse cannot be read.
pub(in crate::service) fn unsound(
    reader: &Reader,
    scope: &Scope,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<String>, WarehouseError> {
    if let Some(Cause::Damaged { what }) = damage(reader) {
        return Ok(Some(what));
    }
    let begun = std::time::Instant::now();
    let Some(checked) = reader.verify(scope, &|_| {}, go_on)? else {
        return Ok(Some("stopped before its end".into()));
    };
    tracing::debug!(rows = checked.rows, took = ?begun.elapsed(), "verified before use");
    found(
        reader,
        checked.head,
        checked.rows,
        begun.elapsed().as_secs_f64(),
        checked.findings,
    )
}

/// The structure of the file, once when a program opens it: trees of pages and types.
///
/// # Errors
/// The warehouse cannot be read.
pub(in crate::service) fn broken(reader: &Reader) -> Result<Option<String>, WarehouseError> {
    let begun = std::time::Instant::now();
    let findings = reader.structure(false)?;
    tracing::debug!(took = ?begun.elapsed(), "structure checked");
    // Where even the head cannot be read, any database is meant.
    let head = reader.ledger_head().unwrap_or(Head::START);
    found(reader, head, 0, begun.elapsed().as_secs_f64(), findings)
}

fn found(
    reader: &Reader,
    head: Head,
    rows: u64,
    secs: f64,
    findings: Vec<Finding>,
) -> Result<Option<String>, WarehouseError> {
    let Some(first) = findings.first() else {
        return Ok(None);
    };
    let what = first.to_string();
    tracing::error!(what, findings = findings.len(), "the warehouse is damaged");
    let verified = Verified {
        at_ms: wall_ms(),
        entries: head.entry,
        rows,
        head: head.to_string(),
        secs,
        findings,
    };
    keep(reader.path(), &verified)?;
    Ok(Some(what))
}
