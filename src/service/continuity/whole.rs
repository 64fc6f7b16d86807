//! Whether a database file is sound: its structure, and its rows against its ledger.

use std::path::Path;

use super::verify::check_file;
use crate::warehouse::{Warehouse, structure};

/// Findings that are told at most.
const TOLD: usize = 5;

/// Structure, references, and every row against the ledger. The ledger of an older program's file is of that program's
/// schema, or not there yet: there the structure alone is looked at.
///
/// # Errors
/// What is wrong with it, or why it cannot be read.
pub(super) fn check(file: &Path) -> Result<(), String> {
    let told = |e: crate::warehouse::WarehouseError| e.to_string();
    let broken = structure(file, false).map_err(told)?;
    if !broken.is_empty() {
        return Err(broken.join("; "));
    }
    let found: Vec<String> = if Warehouse::is_behind(file).map_err(told)? {
        structure(file, true).map_err(told)?
    } else {
        check_file(file)?.iter().map(ToString::to_string).collect()
    };
    if found.is_empty() {
        return Ok(());
    }
    let more = if found.len() > TOLD { "; …" } else { "" };
    let first = &found[..found.len().min(TOLD)];
    Err(format!("{}{more}", first.join("; ")))
}
