//! Is the data good? Runs, quarantine, import of new files, the night run.

pub mod draft;
pub mod history;
pub mod names;
pub mod preview;
pub mod requeue;
pub mod schedule;
pub mod stages;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Reason;
use crate::domain::poison::Held;

pub use crate::config::{ScheduleConfig, units_of};
pub use crate::domain::ports::decode;
pub use crate::etl::{FirstRow, FirstRowIs};
pub use crate::warehouse::{
    PutBack, RefusedCounts, RefusedEntry, RefusedFilter, RefusedKey, RefusedWhole,
};

use draft::SourceDraft;
use history::RunRow;
use preview::Found;
use requeue::{Report, Would};
use stages::Stages;

/// Rows of the quarantine that a page lists, and that one request puts back, at most.
pub const LISTED_ROWS: usize = 5_000;
pub const PUT_BACK_ROWS: usize = 20_000;
/// Runs that are listed at first, and how many more at a time.
pub const LISTED_RUNS: usize = 100;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntakeView {
    /// The warehouse was looked at; before, nothing below is known.
    pub looked: bool,
    /// Why it could not be looked at.
    pub fault: Option<String>,
    /// Of the run of ours that is under way.
    pub stages: Option<Stages>,
    /// That run was asked to end.
    pub stopping: bool,
    /// Another program's run was in the way: who held it, and when (UTC milliseconds).
    pub busy: Option<(String, i64)>,
    /// Newest first.
    pub runs: Vec<RunRow>,
    /// How many there are in all.
    pub all_runs: u64,
    pub schedule: ScheduleView,
    pub counts: RefusedCounts,
    pub filter: RefusedFilter,
    /// The first of the filter.
    pub rows: Vec<RefusedEntry>,
    /// How many rows the filter has in all.
    pub matching: u64,
    /// The rows are being looked for.
    pub sifting: bool,
    pub picked: Option<Picked>,
    /// What became of the rows put back last; an error in its own words.
    pub put_back: Option<Result<Report, String>>,
    /// Rows are being put back.
    pub putting_back: bool,
    pub wizard: Option<Wizard>,
    /// Batches that look poisoned and were not released, newest first.
    pub held: Arc<Vec<Held>>,
    /// Name of the source that was saved last, until the wizard is opened again.
    pub saved: Option<String>,
}

/// The night run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleView {
    pub set: ScheduleConfig,
    /// When it is due next, UTC milliseconds.
    pub next_ms: Option<i64>,
    /// When the last whole run began, UTC milliseconds.
    pub last_ms: Option<i64>,
    /// When this program last began one that had been missed, UTC milliseconds.
    pub made_up_ms: Option<i64>,
}

/// A refused row that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    pub key: RefusedKey,
    /// The row as it came, whole; what in it is no text is shown as it can be.
    pub text: String,
    /// What was loaded in its place.
    pub put_back_as: Option<String>,
    /// A corrected text, and what would become of it.
    pub tried: Option<(String, Would)>,
}

/// The import of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Wizard {
    /// `None` while the file is looked at for the first time.
    pub draft: Option<SourceDraft>,
    pub path: String,
    /// Of the draft as it is, unless it is being looked at again; an error in its own words.
    pub found: Option<Result<Found, String>>,
    pub looking: bool,
    /// Why it could not be saved.
    pub not_saved: Option<String>,
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum IntakeAsk {
    MoreRuns,
    Sift(RefusedFilter),
    Pick(Option<RefusedKey>),
    /// What would become of the picked row, written so.
    Try {
        key: RefusedKey,
        text: String,
    },
    PutBack {
        key: RefusedKey,
        text: String,
    },
    /// Every row of the filter, as it came.
    PutAllBack(RefusedFilter),
    /// Looks at a file to be imported.
    Look(PathBuf),
    /// Looks again, as the draft says now.
    Draft(Box<SourceDraft>),
    /// Saves the draft as a source of the configuration; a run may begin at once.
    Save {
        draft: Box<SourceDraft>,
        run: bool,
    },
    LeaveWizard,
    Schedule(ScheduleConfig),
    /// Releases a held batch, for this reason.
    Release {
        hold: i64,
        words: String,
    },
}

impl IntakeView {
    /// Rows that are out, in all.
    #[must_use]
    pub fn out(&self) -> u64 {
        self.counts.by_reason.iter().map(|(_, rows)| rows).sum()
    }

    /// Share of the rows seen that are out, 0–1.
    #[must_use]
    pub fn out_share(&self) -> Option<f64> {
        let all = self.out() + self.counts.kept;
        (all > 0).then(|| self.out() as f64 / all as f64)
    }

    /// Rows that are out for a reason.
    #[must_use]
    pub fn out_for(&self, reason: Reason) -> u64 {
        let found = self.counts.by_reason.iter().find(|(r, _)| *r == reason);
        found.map_or(0, |(_, rows)| *rows)
    }
}
