//! The model: a random forest that judges a locomotive's readings, and honest figures on it.
//!
//! Pure but for the reader it is handed ([`crate::domain::ports::SoundReadings`], which only a sound
//! run can give): no file, no SQL, no clock. Deliberately absent: any split by random rows.

mod curves;
pub mod drift;
mod evaluate;
mod explain;
mod followers;
mod forest;
mod grow;
mod labels;
mod lesson;
mod metrics;
mod model;
mod part;
mod sample;
mod store;
mod survey;
#[cfg(test)]
mod test_behaviour;
#[cfg(test)]
mod test_support;
mod threshold;
mod train;

pub use evaluate::{Evaluation, PredictedRow, Split, evaluate_pair, evaluate_split};
pub use explain::{Explained, explain_at, normal_learned, normal_of};
pub use followers::Followers;
pub use forest::Forest;
pub use grow::{Growth, Rows, grow};
pub use model::{Model, score_locomotive};
pub use store::StoreError;
pub use train::{train, train_until};

use crate::domain::ports::ReadError;

/// Labelled rows below which nothing is trained.
pub const MIN_LABELLED_ROWS: u64 = 200;

/// How to train; the defaults are those of the program.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Hours that a verdict looks ahead, where labels come from failure events.
    pub horizon_hours: f64,
    pub trees: u32,
    /// Levels of splits, the root's being the first.
    pub max_depth: u32,
    pub seed: u64,
    /// Rows that a forest is fitted on at most; more are thinned, the rare class last, and those kept weigh
    /// as many as they stand for.
    pub max_rows: usize,
    /// Budget of false alarms, hours a locomotive-day. `None`: 0.40 for failure labels, and for truth
    /// labels a false-alarm rate of 5 % of the sound rows.
    pub false_alarm_hours_per_loco_day: Option<f64>,
    /// Now, for the card; UTC milliseconds.
    pub now_ms: i64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            horizon_hours: 48.0,
            trees: 100,
            max_depth: 12,
            seed: 42,
            max_rows: 50_000,
            false_alarm_hours_per_loco_day: None,
            now_ms: 0,
        }
    }
}

impl TrainOptions {
    fn horizon_ms(&self) -> i64 {
        (self.horizon_hours.clamp(0.0, 1e6) * 3_600_000.0) as i64
    }
}

/// Why nothing was trained, and what to do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrainError {
    #[error("no readings to learn from: load sensor files first")]
    NoReadings,
    #[error(
        "too few to train: {labelled} labelled rows of {rows} read, {needed} needed; load a longer history"
    )]
    TooFewRows {
        rows: u64,
        labelled: u64,
        needed: u64,
    },
    #[error(
        "only one class among {labelled} labelled rows ({positives} positive): load a history that holds \
         both sound operation and faults, or a file of recorded failures"
    )]
    OneClass { labelled: u64, positives: u64 },
    #[error(
        "no split into {folds} folds is possible with {locomotives} locomotives: ask for fewer folds, or split by time"
    )]
    NoSplit { folds: u32, locomotives: usize },
    #[error("the forest could not be fitted: {0}; check the values of the readings")]
    Fit(String),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("stopped before its end")]
    Stopped,
}

/// Told how far it has come (0–1); says whether to go on.
pub type GoOn<'a> = &'a dyn Fn(f32) -> std::ops::ControlFlow<()>;

/// Tells, and ends where that is asked for.
fn tell(go_on: GoOn<'_>, share: f32) -> Result<(), TrainError> {
    match go_on(share) {
        std::ops::ControlFlow::Continue(()) => Ok(()),
        std::ops::ControlFlow::Break(()) => Err(TrainError::Stopped),
    }
}
