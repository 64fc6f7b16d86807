//! What one run of the pipeline came to.

use serde::Serialize;

use crate::domain::poison::Held;
use crate::etl::Report;
pub use crate::warehouse::{Pruned, RunStatus};

use super::snapshot::Stage;

/// Time and rows of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StageReport {
    pub name: Stage,
    pub secs: f64,
    pub rows: u64,
}

impl StageReport {
    #[must_use]
    pub const fn new(name: Stage, secs: f64, rows: u64) -> Self {
        Self { name, secs, rows }
    }
}

/// What became of training in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Training {
    /// No training was due, or this run does not train.
    NotDue,
    /// A new model judges from now on.
    Promoted { version: u32 },
    /// A model was trained and is kept, and did not pass its gate.
    Refused { version: u32, why: String },
    /// Nothing could be learned.
    Impossible { why: String },
}

/// Locomotives by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VerdictCounts {
    pub nominal: u64,
    pub danger: u64,
    pub unavailable: u64,
}

/// One run, as reports show it.
#[derive(Debug, Clone)]
pub struct RunOutcome {
    pub run: Option<i64>,
    pub started_ms: i64,
    pub ended_ms: i64,
    pub status: RunStatus,
    pub cause: Option<String>,
    pub stages: Vec<StageReport>,
    pub report: Report,
    pub training: Training,
    /// Batches of this run that look poisoned.
    pub held: Vec<Held>,
    /// What the retention took, where one is configured.
    pub pruned: Option<Pruned>,
    pub model_version: Option<u32>,
    pub verdicts: VerdictCounts,
    pub synthetic: bool,
}

impl RunOutcome {
    #[must_use]
    pub fn new(started_ms: i64) -> Self {
        Self {
            run: None,
            started_ms,
            ended_ms: started_ms,
            status: RunStatus::Ok,
            cause: None,
            stages: Vec::new(),
            report: Report::default(),
            training: Training::NotDue,
            held: Vec::new(),
            pruned: None,
            model_version: None,
            verdicts: VerdictCounts::default(),
            synthetic: false,
        }
    }

    pub fn fail(&mut self, cause: String) {
        self.status = RunStatus::FailedSafe;
        self.cause = Some(cause);
    }
}
