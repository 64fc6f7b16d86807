//! What a shell asks of the service, and what the service answers beside its snapshots.

use std::path::PathBuf;

use crate::domain::LocoId;

use super::snapshot::TimeWindow;

/// Asked by the window. None of these waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The whole pipeline, now.
    Run,
    /// Take these files as the home's sources and bootstrap from them.
    OpenFiles {
        sensors: PathBuf,
        maintenance: Option<PathBuf>,
    },
    /// Which locomotive the page shows, and how much of its past; `None` when no page shows one.
    Watch {
        loco: Option<LocoId>,
        window: TimeWindow,
    },
    Replay(Replay),
}

/// Replay of the warehouse: the clock runs through the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Replay {
    /// From this instant on (UTC milliseconds) at this speed; also moves a replay under way.
    Start {
        from_ms: i64,
        speed: u32,
    },
    Pause,
    Resume,
    Speed(u32),
    /// Back to the clock of the source.
    Stop,
}

/// The speeds on offer.
pub const REPLAY_SPEEDS: [u32; 5] = [1, 10, 60, 600, 3600];

/// Something that happened once, for a toast.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    RunDone {
        kept: u64,
        quarantined: u64,
    },
    RunFailedSafe {
        cause: String,
    },
    /// Another program holds the run lock.
    RunBusy {
        holder: String,
    },
    /// A command could not be carried out; why.
    Refused {
        why: String,
    },
    /// A new model judges from now on.
    ModelPromoted {
        version: u32,
    },
    /// A trained model was not promoted; why.
    ModelRefused {
        why: String,
    },
}
