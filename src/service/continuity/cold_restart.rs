//! Cold restart: from whatever state things are in to a warehouse that is whole, and a run that ended soundly.

use std::path::PathBuf;

use serde::Serialize;

use crate::service::platform::Platform;

use super::Steps;
use super::holders::Holder;
use super::steps::{Step, Stopped};

/// What a cold restart came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restarted {
    pub steps: Vec<Step>,
    /// The report that was written.
    pub report: Option<PathBuf>,
    /// Readings before and after.
    pub readings: (u64, u64),
    /// Model in force before and after.
    pub model: (Option<u32>, Option<u32>),
    /// Where it stopped, and what state things are in.
    pub failed: Option<String>,
}

/// Walks the cold restart. `may_end` is asked before a live holder is ended.
///
/// # Errors
/// Not even the report could be written.
pub fn cold_restart(
    _platform: &Platform,
    _who: &str,
    _may_end: &dyn Fn(&Holder) -> bool,
    _steps: &Steps<'_>,
) -> Result<Restarted, Stopped> {
    Err(Stopped {
        step: "jobs",
        why: "not built yet".into(),
    })
}
