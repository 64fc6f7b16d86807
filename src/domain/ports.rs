//! What the outside implements.

use std::sync::Arc;

use super::features::Normal;
use super::maintenance::EventKind;
use super::model::ModelCard;
use super::reading::{ChannelValues, LocoId, Reading};
use super::verdict::VerdictKind;

/// A reader failed; what it said.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot read the warehouse: {0}")]
pub struct ReadError(pub String);

/// A labelled row that was refused: counted as wrong by an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedRow {
    pub loco: LocoId,
    pub at_ms: i64,
    pub label: Option<bool>,
}

/// What training and scoring read: the readings of the last *sound* run.
///
/// Outside tests only `warehouse::SoundRun` implements it, and only the warehouse can make one, after
/// a run that was completed, validated and committed. That is the fail-safe.
pub trait SoundReadings: Sync {
    /// Every locomotive with a reading, by name.
    fn locomotives(&self) -> Result<Vec<LocoId>, ReadError>;

    /// Visits readings in time order from `from_ms` (inclusive; all when `None`), at most `limit`.
    fn readings(
        &self,
        loco: &LocoId,
        from_ms: Option<i64>,
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), ReadError>;

    /// Workshop events of a locomotive in time order, UTC milliseconds.
    fn events(&self, loco: &LocoId) -> Result<Vec<(i64, EventKind)>, ReadError>;

    /// Quarantined rows whose locomotive and time could be read.
    fn refused(&self) -> Result<Vec<RefusedRow>, ReadError>;

    /// Whether this warehouse holds simulated data.
    fn synthetic(&self) -> bool;
}

/// What a model says of four values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    pub verdict: VerdictKind,
    pub probability: f64,
    pub threshold: f64,
    /// Probability with every channel at the normal.
    pub base: f64,
    /// Exact Shapley value a channel: `base + Σ contributions = probability`.
    pub contributions: ChannelValues,
}

/// The pure judge: microseconds, no I/O; the one thing a page may call each frame.
pub trait Judge: Send + Sync {
    fn card(&self) -> &ModelCard;

    /// Probability and contributions of four values held steady, against a machine's own normal
    /// (the fleet's when `None`). A hypothesis: no reading was taken.
    fn hypothesis(&self, values: &ChannelValues, normal: Option<&Normal>) -> Judgement;

    /// The probability alone, for maps of many points.
    fn probability(&self, values: &ChannelValues, normal: Option<&Normal>) -> f64;

    /// The fleet's normal: what "normal" means when no locomotive is chosen.
    fn fleet_normal(&self) -> &Normal;
}

/// A judge that snapshots carry.
pub type SharedJudge = Arc<dyn Judge>;
