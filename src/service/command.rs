//! What a shell asks of the service, and what the service answers beside its snapshots.

use std::path::PathBuf;

use crate::domain::LocoId;

use super::alarms::AlarmsAsk;
use super::continuity::ContinuityAsk;
use super::continuity::view::JobKind;
use super::export::Gone;
use super::intake::IntakeAsk;
use super::logbook::LogAsk;
use super::models::ModelsAsk;
use super::place::Place;
use super::settings::SettingsAsk;
use super::snapshot::TimeWindow;

/// Asked by the window. None of these waits.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The whole pipeline, now.
    Run,
    /// The run under way is to end.
    Cancel,
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
    /// Annotate this moment of a locomotive (UTC milliseconds of its data).
    Note {
        loco: LocoId,
        at_ms: i64,
        words: String,
    },
    /// Take a note back: another entry says so, nothing is removed.
    WithdrawNote {
        loco: LocoId,
        at_ms: i64,
        entry: i64,
    },
    /// Write the readings of a window (UTC milliseconds, both included), each with the verdict of its day, as CSV.
    ExportWindow {
        loco: LocoId,
        from_ms: i64,
        to_ms: i64,
        to: PathBuf,
    },
    /// Which desk the window stands at: what only its page shows is kept ready while it does.
    Attend(Desk),
    /// Write a picture of what is in view.
    KeepPicture {
        picture: Picture,
        to: PathBuf,
    },
    /// Where the window is now.
    KeepPlace(Place),
    Alarms(AlarmsAsk),
    Intake(IntakeAsk),
    Models(ModelsAsk),
    Settings(SettingsAsk),
    Log(LogAsk),
    Continuity(ContinuityAsk),
}

impl Command {
    /// Whether it changes something, and so is not for an account that only looks. Exports and pictures are looks that
    /// somebody takes along; where the window stands is the window's own.
    #[must_use]
    pub const fn acts(&self) -> bool {
        match self {
            Self::Run
            | Self::Cancel
            | Self::OpenFiles { .. }
            | Self::Note { .. }
            | Self::WithdrawNote { .. }
            | Self::Models(ModelsAsk::Arm { .. } | ModelsAsk::Promote { .. })
            | Self::Settings(SettingsAsk::Change(_) | SettingsAsk::Keep(_)) => true,
            Self::Alarms(ask) => match ask {
                AlarmsAsk::Acknowledge { .. }
                | AlarmsAsk::Shelve { .. }
                | AlarmsAsk::Unshelve(_)
                | AlarmsAsk::OutOfService { .. }
                | AlarmsAsk::BackInService(_)
                | AlarmsAsk::Mute { .. } => true,
                AlarmsAsk::Announce(_) | AlarmsAsk::History(_) | AlarmsAsk::Export { .. } => false,
            },
            Self::Intake(ask) => match ask {
                IntakeAsk::PutBack { .. }
                | IntakeAsk::PutAllBack(_)
                | IntakeAsk::Save { .. }
                | IntakeAsk::Schedule(_)
                | IntakeAsk::Release { .. } => true,
                IntakeAsk::MoreRuns
                | IntakeAsk::Sift(_)
                | IntakeAsk::Pick(_)
                | IntakeAsk::Try { .. }
                | IntakeAsk::Look(_)
                | IntakeAsk::Draft(_)
                | IntakeAsk::LeaveWizard => false,
            },
            Self::Continuity(ask) => !matches!(
                ask,
                ContinuityAsk::Plan(_) | ContinuityAsk::LookAtHolders | ContinuityAsk::OpenReports
            ),
            Self::Watch { .. }
            | Self::Replay(_)
            | Self::ExportWindow { .. }
            | Self::Attend(_)
            | Self::KeepPicture { .. }
            | Self::KeepPlace(_)
            | Self::Settings(SettingsAsk::OpenHome)
            | Self::Log(_) => false,
        }
    }

    /// The same command, writing to this file. A relative path lies in the home's folder of exports.
    #[must_use]
    pub fn to(self, path: PathBuf) -> Self {
        match self {
            Self::KeepPicture { picture, .. } => Self::KeepPicture { picture, to: path },
            Self::Alarms(AlarmsAsk::Export { filter, format, .. }) => {
                Self::Alarms(AlarmsAsk::Export {
                    filter,
                    format,
                    to: path,
                })
            }
            Self::ExportWindow {
                loco,
                from_ms,
                to_ms,
                ..
            } => Self::ExportWindow {
                loco,
                from_ms,
                to_ms,
                to: path,
            },
            other => other,
        }
    }
}

/// Pixels of a picture, row by row, four bytes each: red, green, blue, opacity.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgba: std::sync::Arc<Vec<u8>>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

/// A part of the service that a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Desk {
    /// What every snapshot holds.
    #[default]
    Fleet,
    Intake,
    Models,
    Alarms,
    Settings,
    Log,
    Continuity,
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
    /// Somebody cancelled it.
    RunCancelled {
        by: String,
    },
    /// Another program holds the run lock.
    RunBusy {
        holder: String,
    },
    /// A file was written.
    Exported {
        to: PathBuf,
        /// What of the range it should hold was pruned before.
        gone: Option<Gone>,
    },
    /// What was done could not be written down; why.
    NotKept {
        why: String,
    },
    /// A command could not be carried out; why.
    Refused {
        why: String,
    },
    /// This account only looks: what was asked is not done.
    ReadOnly,
    /// The file of settings is wrong, as somebody has left it; why.
    SettingsBroken {
        why: String,
    },
    /// A new model judges from now on.
    ModelPromoted {
        version: u32,
    },
    /// A job of continuity ended; whether it did what it was asked for and found nothing wrong.
    ContinuityDone {
        kind: JobKind,
        well: bool,
        why: Option<String>,
    },
    /// A trained model was not promoted; why.
    ModelRefused {
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::alarms::Which;
    use crate::service::settings::SettingsAsk;

    #[test]
    fn what_changes_something_is_not_for_who_only_looks() {
        let words = String::new;
        let loco = LocoId::new("L1");
        let acts = [
            Command::Run,
            Command::Cancel,
            Command::Note {
                loco: loco.clone(),
                at_ms: 1,
                words: words(),
            },
            Command::Alarms(AlarmsAsk::Acknowledge {
                which: Which::These(vec![1]),
                comment: words(),
            }),
            Command::Alarms(AlarmsAsk::Mute { until_ms: None }),
            Command::Models(ModelsAsk::Promote {
                version: 1,
                why: words(),
            }),
            Command::Settings(SettingsAsk::keep("window.theme", "dark")),
            Command::OpenFiles {
                sensors: PathBuf::new(),
                maintenance: None,
            },
        ];
        assert!(acts.iter().all(Command::acts), "{acts:?}");
        let looks = [
            Command::Watch {
                loco: Some(loco),
                window: TimeWindow::All,
            },
            Command::Replay(Replay::Stop),
            Command::Attend(Desk::Intake),
            Command::Intake(IntakeAsk::MoreRuns),
            Command::Settings(SettingsAsk::OpenHome),
        ];
        assert!(!looks.iter().any(Command::acts), "{looks:?}");
    }
}
