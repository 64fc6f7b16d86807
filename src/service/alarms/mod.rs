//! What must I do? Alarms after ISA-18.2: raised from every picture of the present, kept, told aloud, acknowledged,
//! shelved. The states are [`crate::domain::alarm`]'s; here is what raises them and how they are told.

pub mod conditions;
pub mod notice;
pub mod rates;
pub mod sound;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::LocoId;
use crate::domain::alarm::{Alarm, Priority};

use super::export::{AlarmFilter, FileFormat};

pub use rates::{FLOOD, GUIDANCE, TEN_MIN_MS};

/// Alarms of the history shown at most.
pub const HISTORY_ROWS: usize = 500;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlarmsView {
    /// Alarms that nobody has acknowledged, whether their condition lasts or not; shelved ones are not counted.
    pub unacknowledged: usize,
    /// When the newest of them was raised, UTC milliseconds by the computer's clock.
    pub newest_ms: Option<i64>,
    /// The open alarms: those that call first, the most pressing, then the newest.
    pub open: Vec<Alarm>,
    /// Alarms raised in each ten minutes of the last day, oldest first: start (UTC milliseconds) and count.
    pub rates: Vec<(i64, u32)>,
    /// Alarms raised in the last ten minutes.
    pub last_ten_min: u32,
    /// Silence until then, UTC milliseconds by the computer's clock.
    pub muted_until_ms: Option<i64>,
    pub sound: Sound,
    /// What was last asked of the history; `None` while it is read.
    pub history: Option<Arc<History>>,
    /// Why no alarm can be raised or kept.
    pub fault: Option<String>,
}

/// A part of the history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    pub filter: AlarmFilter,
    /// Newest first, [`HISTORY_ROWS`] at most.
    pub alarms: Vec<Alarm>,
    /// There are older ones.
    pub more: bool,
}

/// Whether alarms can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sound {
    /// The settings want none, or no window is there to hear it.
    #[default]
    Off,
    /// It will sound when something calls.
    Ready,
    Sounding,
    /// This machine has no player of sounds.
    NoPlayer,
    /// The player could not play.
    Failing,
}

/// Which alarms are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    These(Vec<i64>),
    /// All of a locomotive.
    Of(LocoId),
}

/// How raised alarms are put into the words of the window: title and text of a notification.
#[derive(Clone)]
pub struct Wording(Arc<Worded>);

type Worded = dyn Fn(&[Alarm]) -> (String, String) + Send + Sync;

impl Wording {
    #[must_use]
    pub fn new(words: impl Fn(&[Alarm]) -> (String, String) + Send + Sync + 'static) -> Self {
        Self(Arc::new(words))
    }

    /// Title and text for these alarms.
    #[must_use]
    pub fn of(&self, raised: &[Alarm]) -> (String, String) {
        (self.0)(raised)
    }
}

impl std::fmt::Debug for Wording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wording")
    }
}

impl PartialEq for Wording {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What the window asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmsAsk {
    /// A window is there that can be heard, and these are its words.
    Announce(Wording),
    Acknowledge {
        which: Which,
        comment: String,
    },
    Shelve {
        alarms: Vec<i64>,
        reason: String,
        /// UTC milliseconds, the computer's clock.
        until_ms: i64,
    },
    Unshelve(Vec<i64>),
    OutOfService {
        alarms: Vec<i64>,
        reason: String,
    },
    BackInService(Vec<i64>),
    /// Silence until then (UTC milliseconds, the computer's clock); it ends with the next alarm of high priority.
    Mute {
        until_ms: Option<i64>,
    },
    History(AlarmFilter),
    Export {
        filter: AlarmFilter,
        format: FileFormat,
        to: PathBuf,
    },
}

/// The open alarms in the order in which they want to be read.
#[must_use]
pub fn in_order<'a>(open: impl Iterator<Item = &'a Alarm>) -> Vec<Alarm> {
    let mut open: Vec<Alarm> = open.cloned().collect();
    open.sort_by_key(|a| {
        (
            !a.state().calls(),
            a.aside.is_some(),
            a.priority(),
            std::cmp::Reverse(a.raised_ms),
            a.id,
        )
    });
    open
}

/// The most pressing of the alarms that call.
#[must_use]
pub fn most_pressing(open: &[Alarm]) -> Option<Priority> {
    let calling = open.iter().filter(|a| a.state().calls());
    calling.map(Alarm::priority).min()
}
