//! Whether a database file is sound: its structure, and its rows against its ledger.

use std::path::Path;

use crate::warehouse::structure;

/// `thorough`: every index against its table, every reference and every row against the ledger.
///
/// # Errors
/// What is wrong with it, or why it cannot be read.
pub(super) fn check(file: &Path, thorough: bool) -> Result<(), String> {
    let found = structure(file, thorough).map_err(|e| e.to_string())?;
    if !found.is_empty() {
        return Err(found.join("; "));
    }
    Ok(())
}
