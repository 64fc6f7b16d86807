//! Held batches for the shells: which there are, what a run held, and their release by a person with a reason.

use serde_json::{Value, json};

use crate::config::AccessRole;
use crate::domain::alarm::Act;
use crate::domain::poison::Held;
pub use crate::warehouse::Release;
use crate::warehouse::{Warehouse, WarehouseError};

use super::pipeline::{PipelineError, wall_ms};
use super::platform::Platform;
use super::scribe::who;

/// Longest reason that is kept, in characters.
pub const LONGEST: usize = 500;

/// Why a batch cannot be released.
#[derive(Debug, thiserror::Error)]
pub enum NotReleased {
    #[error("a release needs a reason")]
    NoReason,
    #[error("this account belongs to the crisis cell, which only reads")]
    ReadOnly,
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// What the run held.
///
/// # Errors
/// The warehouse cannot be read.
pub(super) fn of_run(warehouse: &Warehouse, run: Option<i64>) -> Result<Vec<Held>, WarehouseError> {
    let mut held = warehouse.reader()?.holds(false)?;
    held.retain(|held| Some(held.run) == run);
    Ok(held)
}

/// Instants as milliseconds of UTC; reports of runs keep it so.
#[must_use]
pub fn as_json(held: &Held) -> Value {
    json!({
        "hold": held.hold,
        "run": held.run,
        "loco_id": held.loco,
        "from_ms": held.from_ms,
        "to_ms": held.to_ms,
        "rows": held.rows,
        "reason": held.reason,
        "found": held.found,
        "held_ms": held.held_ms,
        "released": held.released.as_ref().map(|act| json!({
            "at_ms": act.at_ms, "who": act.who, "words": act.words,
        })),
    })
}

/// Who releases and why, ready to be written.
///
/// # Errors
/// There is no reason, or the account may only read.
pub(super) fn act(platform: &Platform, words: &str) -> Result<Act, NotReleased> {
    let words: String = words.trim().chars().take(LONGEST).collect();
    if words.is_empty() {
        return Err(NotReleased::NoReason);
    }
    if platform.config.access.role_of(&who(None)) == AccessRole::CrisisCell {
        return Err(NotReleased::ReadOnly);
    }
    Ok(Act {
        at_ms: wall_ms(),
        who: who(platform.config.window.operator.as_deref()),
        words,
    })
}

impl Platform {
    /// The held batches that nobody has released, or `all` there were; the newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn holds(&self, all: bool) -> Result<Vec<Held>, PipelineError> {
        Ok(match self.reader()? {
            Some(reader) => reader.holds(all)?,
            None => Vec::new(),
        })
    }

    /// Releases a held batch. A load under way is waited for.
    ///
    /// # Errors
    /// There is no reason, the account may only read, or the warehouse cannot be written.
    pub fn release(&self, hold: i64, words: &str) -> Result<Release, NotReleased> {
        let act = act(self, words)?;
        if self.reader()?.is_none() {
            return Ok(Release::Unknown);
        }
        let open = Warehouse::open_to_note(&self.home.warehouse()).map_err(PipelineError::from);
        let released = open?.release(hold, &act).map_err(PipelineError::from)?;
        Ok(released)
    }
}
