//! Alarms after ISA-18.2: what is watched, what was seen of it, and what people did about it. The states and their
//! changes are in [`Board`], the dead band in [`Band`].

mod band;
mod board;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use band::Band;
pub use board::{Board, Refusal, SHELF_MAX_MS};

use super::poison::HoldReason;
use super::reading::{Channel, ChannelValues, LocoId};
use super::verdict::Cause;

/// Who acts where nobody did: the program.
pub const PROGRAM: &str = "cidp";

/// How soon somebody must act; the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    High,
    Medium,
    Low,
}

impl Priority {
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What is watched: each has one open alarm at most.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "watch")]
pub enum Watch {
    /// The verdict of a locomotive is DANGER.
    Danger { loco: LocoId },
    /// A channel of a locomotive is outside its limits.
    Limit { loco: LocoId, channel: Channel },
    /// A locomotive has no verdict.
    NoVerdict { loco: LocoId },
    /// Locomotives of one source have no verdict, all for one cause (its key).
    Source { source: String, cause: String },
    /// No locomotive has a verdict, for one cause (its key).
    Fleet { cause: String },
    /// Readings of a locomotive look poisoned, and nobody has released them.
    Held { loco: LocoId },
}

impl Watch {
    /// A stable key of the kind, for files, SQL and translation.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Danger { .. } => "danger",
            Self::Limit { .. } => "limit",
            Self::NoVerdict { .. } => "no_verdict",
            Self::Source { .. } => "source",
            Self::Fleet { .. } => "fleet",
            Self::Held { .. } => "held",
        }
    }

    /// All kinds, in the order in which they are offered.
    pub const KINDS: [&'static str; 6] =
        ["danger", "limit", "held", "no_verdict", "source", "fleet"];

    #[must_use]
    pub const fn loco(&self) -> Option<&LocoId> {
        match self {
            Self::Danger { loco }
            | Self::Limit { loco, .. }
            | Self::NoVerdict { loco }
            | Self::Held { loco } => Some(loco),
            Self::Source { .. } | Self::Fleet { .. } => None,
        }
    }
}

/// What was seen when the alarm was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum What {
    /// The probability reached the threshold.
    Danger {
        probability: f64,
        threshold: f64,
    },
    Limit {
        channel: Channel,
        value: f64,
        /// The limit that was crossed, in the channel's unit.
        limit: f64,
        /// The machine's own normal band; else the configured limit.
        own: bool,
    },
    NoVerdict {
        cause: Cause,
    },
    Source {
        source: String,
        cause: Cause,
        locomotives: Vec<LocoId>,
    },
    Fleet {
        cause: Cause,
    },
    /// Of the newest batch that is held.
    Held {
        reason: HoldReason,
        rows: u64,
    },
}

impl What {
    /// DANGER first; what is measured and out of its limits, or might be, before what is only not known.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        match self {
            Self::Danger { .. } => Priority::High,
            Self::Limit { .. }
            | Self::Fleet { .. }
            | Self::Held { .. }
            | Self::NoVerdict {
                cause: Cause::NewestRefused,
            } => Priority::Medium,
            Self::NoVerdict { .. } | Self::Source { .. } => Priority::Low,
        }
    }

    /// Why there is no verdict, where that is what the alarm says.
    #[must_use]
    pub const fn cause(&self) -> Option<&Cause> {
        match self {
            Self::NoVerdict { cause } | Self::Source { cause, .. } | Self::Fleet { cause } => {
                Some(cause)
            }
            Self::Danger { .. } | Self::Limit { .. } | Self::Held { .. } => None,
        }
    }
}

/// The reading that an alarm rests on, and the model that judged it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inputs {
    /// UTC milliseconds, the source's clock.
    pub at_ms: i64,
    pub values: ChannelValues,
    pub probability: Option<f64>,
    pub threshold: Option<f64>,
    pub model: Option<u32>,
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// UTC milliseconds, the computer's clock.
    pub at_ms: i64,
    pub who: String,
    /// Comment or reason; may be empty where none is demanded.
    pub words: String,
}

/// Taken out of sight by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aside {
    /// Until an instant of the computer's clock, UTC milliseconds.
    Shelved {
        act: Act,
        until_ms: i64,
    },
    OutOfService {
        act: Act,
    },
}

impl Aside {
    #[must_use]
    pub const fn act(&self) -> &Act {
        match self {
            Self::Shelved { act, .. } | Self::OutOfService { act } => act,
        }
    }
}

/// Where an alarm stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its condition lasts, and nobody has acknowledged it.
    Unacknowledged,
    /// Its condition ended before anybody acknowledged it.
    ReturnedUnacknowledged,
    /// Its condition lasts, and somebody knows.
    Acknowledged,
    Shelved,
    OutOfService,
    /// Back to normal.
    Closed,
}

impl State {
    pub const ALL: [Self; 6] = [
        Self::Unacknowledged,
        Self::ReturnedUnacknowledged,
        Self::Acknowledged,
        Self::Shelved,
        Self::OutOfService,
        Self::Closed,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unacknowledged => "unacknowledged",
            Self::ReturnedUnacknowledged => "returned_unacknowledged",
            Self::Acknowledged => "acknowledged",
            Self::Shelved => "shelved",
            Self::OutOfService => "out_of_service",
            Self::Closed => "closed",
        }
    }

    /// Somebody must acknowledge it.
    #[must_use]
    pub const fn calls(self) -> bool {
        matches!(self, Self::Unacknowledged | Self::ReturnedUnacknowledged)
    }
}

/// One occurrence of an alarm, from its raising to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub id: i64,
    pub watch: Watch,
    pub what: What,
    /// UTC milliseconds, the computer's clock.
    pub raised_ms: i64,
    pub inputs: Option<Inputs>,
    /// Its condition lasts.
    pub active: bool,
    /// When its condition last ended, UTC milliseconds, the computer's clock.
    pub returned_ms: Option<i64>,
    pub acknowledged: Option<Act>,
    pub aside: Option<Aside>,
}

impl Alarm {
    #[must_use]
    pub const fn state(&self) -> State {
        match (&self.aside, self.active, &self.acknowledged) {
            (Some(Aside::Shelved { .. }), ..) => State::Shelved,
            (Some(Aside::OutOfService { .. }), ..) => State::OutOfService,
            (None, true, None) => State::Unacknowledged,
            (None, false, None) => State::ReturnedUnacknowledged,
            (None, true, Some(_)) => State::Acknowledged,
            (None, false, Some(_)) => State::Closed,
        }
    }

    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.what.priority()
    }
}

/// How a condition looks now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Holds,
    /// Inside its limit by less than the dead band: neither raises nor ends.
    Near,
    Gone,
    /// Nothing can be said of it now: whatever was said stands.
    Unknown,
}

/// "Now" by both clocks, UTC milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Of the source that was observed.
    pub source_ms: i64,
    /// Of the computer.
    pub wall_ms: i64,
}

/// One look at one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub watch: Watch,
    pub seen: Seen,
    /// "Now" by the source's clock, UTC milliseconds.
    pub source_ms: i64,
    /// What an alarm raised now would say; only where the condition holds.
    pub raising: Option<(What, Option<Inputs>)>,
}

/// A change of an alarm, for the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Raised,
    /// Its condition holds again before it was closed.
    Renewed,
    /// Its condition ended.
    Returned,
    Acknowledged,
    Shelved,
    Unshelved,
    /// Its shelving ended by time.
    Expired,
    OutOfService,
    BackInService,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::Raised,
        Self::Renewed,
        Self::Returned,
        Self::Acknowledged,
        Self::Shelved,
        Self::Unshelved,
        Self::Expired,
        Self::OutOfService,
        Self::BackInService,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Renewed => "renewed",
            Self::Returned => "returned",
            Self::Acknowledged => "acknowledged",
            Self::Shelved => "shelved",
            Self::Unshelved => "unshelved",
            Self::Expired => "expired",
            Self::OutOfService => "out_of_service",
            Self::BackInService => "back_in_service",
        }
    }
}

/// An alarm after a step, and that step.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub alarm: Alarm,
    pub step: Step,
    pub act: Act,
}
