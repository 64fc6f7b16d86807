//! What every page is handed, and what it may ask for. Pages change no business state: they push an
//! [`Ask`], and `app` carries it out after the frame.

use std::time::Duration;

use crate::domain::LocoId;
use crate::service::command::{Command, Desk};
use crate::service::settings::ThemeChoice;
use crate::service::snapshot::{Clock, FleetRow, Snapshot};

use crate::text::{Language, Text};

/// The pages that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    Fleet,
    Locomotive,
    Simulator,
    Pipeline,
    Model,
    Alarms,
    Continuity,
    Settings,
    Log,
}

impl Page {
    /// In the order of the rail and of Ctrl+1 …
    pub const ALL: [Self; 9] = [
        Self::Fleet,
        Self::Locomotive,
        Self::Simulator,
        Self::Pipeline,
        Self::Model,
        Self::Alarms,
        Self::Continuity,
        Self::Settings,
        Self::Log,
    ];

    /// The desk of the service that keeps what this page shows.
    #[must_use]
    pub const fn desk(self) -> Desk {
        match self {
            Self::Fleet | Self::Locomotive | Self::Simulator => Desk::Fleet,
            Self::Pipeline => Desk::Intake,
            Self::Model => Desk::Models,
            Self::Alarms => Desk::Alarms,
            Self::Continuity => Desk::Continuity,
            Self::Settings => Desk::Settings,
            Self::Log => Desk::Log,
        }
    }

    /// Its name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.key().trim_start_matches("page-")
    }

    /// The page of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.name() == name)
    }

    /// The message that names it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Fleet => "page-fleet",
            Self::Locomotive => "page-locomotive",
            Self::Simulator => "page-simulator",
            Self::Pipeline => "page-pipeline",
            Self::Model => "page-model",
            Self::Alarms => "page-alarms",
            Self::Continuity => "page-continuity",
            Self::Settings => "page-settings",
            Self::Log => "page-log",
        }
    }
}

/// Something the user asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Send(Command),
    Select(LocoId),
    /// Select it and show its curves.
    Open(LocoId),
    /// Select it and show it in the Simulator.
    Simulate(LocoId),
    Show(Page),
    /// Show the shortcuts, or hide them.
    Help,
    ChooseFiles,
    /// Ask for a table to import.
    PickTable,
    /// Ask where a file may go, and send the command there (its `to` is filled in).
    SaveAs {
        file_name: String,
        command: Command,
    },
    Speak(Language),
    Theme(ThemeChoice),
    /// The wall screen, or back from it.
    Kiosk(bool),
}

/// One frame's view of the world.
pub struct Cx<'a> {
    pub snapshot: &'a Snapshot,
    pub text: &'a Text,
    pub selected: Option<&'a LocoId>,
    /// How long ago this snapshot came: ages grow by it when the clock is the wall's.
    pub since: Duration,
    /// The computer's clock, UTC milliseconds; only for the age of the model.
    pub wall_ms: i64,
    /// A file dialog is open.
    pub choosing_files: bool,
    pub asks: Vec<Ask>,
}

impl<'a> Cx<'a> {
    /// Pushes what the user asked for.
    pub fn ask(&mut self, ask: Ask) {
        self.asks.push(ask);
    }

    /// Pushes a command to the service.
    pub fn send(&mut self, command: Command) {
        self.ask(Ask::Send(command));
    }

    fn ticked_ms(&self) -> i64 {
        if self.snapshot.clock == Clock::Wall {
            i64::try_from(self.since.as_millis()).unwrap_or(i64::MAX)
        } else {
            0
        }
    }

    /// "Now" by the clock in force, this frame.
    #[must_use]
    pub fn now_ms(&self) -> Option<i64> {
        let now = self.snapshot.now_ms?;
        Some(now.saturating_add(self.ticked_ms()))
    }

    /// The age of an age that was measured when the snapshot was made.
    #[must_use]
    pub fn aged_ms(&self, age_ms: i64) -> i64 {
        age_ms.saturating_add(self.ticked_ms())
    }

    /// The selected locomotive's row.
    #[must_use]
    pub fn selected_row(&self) -> Option<&'a FleetRow> {
        let loco = self.selected?;
        self.snapshot.fleet.iter().find(|r| r.loco == *loco)
    }
}
