//! What the workshop did: planned work and failures.

use serde::{Deserialize, Serialize};

use super::reading::LocoId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Planned work; resets wear.
    Preventive,
    /// The locomotive failed (and was repaired).
    Failure,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaintenanceRecord {
    pub loco: LocoId,
    /// UTC, milliseconds since 1970.
    pub at_ms: i64,
    pub kind: EventKind,
    /// The part worked on, as the workshop names it; may be empty.
    pub component: String,
}
