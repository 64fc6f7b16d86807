//! The desks of the service: alarms, intake, models, settings, log. Each keeps what its page shows; work that
//! may take time is done aside, and its answer carried out by the loop.

use std::path::{Path, PathBuf};

use crate::service::alarms::notice::{Notifier, on_desktop};
use crate::service::command::{Command, Event};
use crate::service::continuity::notify::Courier;
use crate::service::continuity::{backup, integrity};
use crate::service::export::Gone;
use crate::service::picture;
use crate::service::place::Place;
use crate::service::scribe::Scribe;
use crate::service::snapshot::Snapshot;
use crate::warehouse::{RunLock, Warehouse, WarehouseError};

use super::alarms::AlarmsDesk;
use super::continuity::ContinuityDesk;
use super::log::LogDesk;
use super::models::ModelsDesk;
use super::settings::SettingsDesk;
use super::{Answer, Engine};

/// What each desk holds.
#[derive(Default)]
pub(super) struct Desks {
    pub(super) alarms: AlarmsDesk,
    pub(super) settings: SettingsDesk,
    pub(super) log: LogDesk,
    /// Notes that are being written.
    pub notes: Vec<super::loco::Pending>,
    pub intake: super::intake::IntakeDesk,
    pub models: ModelsDesk,
    pub continuity: ContinuityDesk,
}

impl Engine {
    /// Carries out what is asked of a desk.
    pub(super) fn asked_of_desk(&mut self, asked: Command) {
        match asked {
            Command::Attend(desk) => {
                self.desk = desk;
                self.settings_attended();
                self.log_attended();
            }
            Command::KeepPicture { picture, to } => {
                self.export(to, move |file| {
                    picture::write(&picture, file).map(|()| None)
                });
            }
            Command::KeepPlace(place) => self.keep_place(place),
            Command::Alarms(ask) => self.asked_of_alarms(ask),
            Command::Note { loco, at_ms, words } => self.note(loco, at_ms, &words),
            Command::WithdrawNote { loco, at_ms, entry } => self.withdraw_note(loco, at_ms, entry),
            Command::ExportWindow {
                loco,
                from_ms,
                to_ms,
                to,
            } => self.export_window(loco, (from_ms, to_ms), to),
            Command::Intake(ask) => self.asked_of_intake(ask),
            Command::Models(ask) => self.asked_of_models(ask),
            Command::Settings(ask) => self.asked_of_settings(ask),
            Command::Log(ask) => self.asked_of_log(&ask),
            Command::Continuity(ask) => self.asked_of_continuity(ask),
            Command::Run
            | Command::Cancel
            | Command::OpenFiles { .. }
            | Command::Watch { .. }
            | Command::Replay(_) => {}
        }
    }

    /// Not being able to is no fault worth a message: the window opens at its usual place then.
    fn keep_place(&self, place: Place) {
        let file = self.platform.home.window_place();
        self.aside(move || {
            if let Err(error) = place.write(&file) {
                tracing::warn!(%error, file = %file.display(), "where the window is cannot be kept");
            }
            Box::new(|_| {})
        });
    }

    /// Writes a file aside and tells where it lies and what it could not hold, or why it does not. A relative path lies in the home's folder
    /// of exports.
    pub(super) fn export(
        &self,
        to: PathBuf,
        write: impl FnOnce(&Path) -> Result<Option<Gone>, String> + Send + 'static,
    ) {
        let to = self.platform.home.exports().join(to);
        self.aside(move || {
            let folder = to.parent().map_or(Ok(()), std::fs::create_dir_all);
            let written = folder.map_err(|e| e.to_string()).and_then(|()| write(&to));
            let event = match written {
                Ok(gone) => Event::Exported { to, gone },
                Err(why) => Event::Refused {
                    why: format!("{}: {why}", to.display()),
                },
            };
            Box::new(move |engine| engine.say(event))
        });
    }

    /// What time brings to a desk, four times a second; whether there is something new to show.
    pub(super) fn desks_tick(&mut self) -> bool {
        if self.is_swapping() {
            // The warehouse is not to be touched; what comes meanwhile is seen afterwards.
            return self.settings_tick() | self.log_tick();
        }
        let alarms = self.alarms_tick();
        let intake = self.intake_tick();
        let settings = self.settings_tick();
        let log = self.log_tick();
        self.models_tick();
        let continuity = self.continuity_tick();
        alarms | intake | settings | log | continuity
    }

    /// Puts what the desks show into a snapshot that is otherwise complete.
    pub(super) fn picture_desks(&mut self, snapshot: &mut Snapshot) {
        snapshot.intake = self.desks.intake.picture(self.running.is_some());
        self.picture_alarms(snapshot);
        self.picture_settings(snapshot);
        self.picture_log(snapshot);
        snapshot.models = self.models_view();
        self.picture_continuity(snapshot);
    }

    /// Does work on a thread of its own; its answer is carried out by the loop, and a picture follows.
    pub(super) fn aside(&self, work: impl FnOnce() -> Answer + Send + 'static) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || {
            // The window is gone: nobody waits for the answer.
            let _ = answers.send(work());
        });
    }

    /// Once, when the program opens the warehouse: the structure of the file.
    pub(super) fn check_structure(&self) {
        let Some(reader) = self.reader.clone() else {
            return;
        };
        self.aside(move || {
            if let Err(error) = integrity::broken(&reader) {
                tracing::error!(%error, "the structure of the warehouse cannot be checked");
            }
            Box::new(|_| ())
        });
    }

    /// Writes into the warehouse what is small and must be kept, without waiting for it.
    pub(super) fn write_down(
        &self,
        act: impl FnOnce(&mut Warehouse) -> Result<(), WarehouseError> + Send + 'static,
    ) {
        if !self.platform.may_act() {
            // What the service itself notes, such as an alarm: an operator's program does.
            return;
        }
        if self.is_swapping() {
            return self.withhold(Box::new(act));
        }
        match &self.scribe {
            Some(scribe) => scribe.write(act),
            None => self.say(Event::NotKept {
                why: "the system gave no thread to write with".into(),
            }),
        }
    }

    pub(super) fn start_scribe(&mut self) {
        let answers = self.answers.clone();
        let started = Scribe::start(self.platform.home.warehouse(), move |why| {
            tracing::error!(why, "not kept");
            let told: Answer = Box::new(move |engine| engine.say(Event::NotKept { why }));
            // The window is gone: the log has it.
            let _ = answers.send(told);
        });
        match started {
            Ok(scribe) => self.scribe = Some(scribe),
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    pub(super) fn start_courier(&mut self) {
        let shown = Notifier::start(on_desktop).and_then(|notifier| {
            Courier::start(self.platform.clone(), move |title, text| {
                notifier.tell(title.to_owned(), text.to_owned());
            })
        });
        match shown {
            Ok(courier) => self.courier = Some(courier),
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// A warehouse of an older program is migrated before anything reads it, unless another program is at it.
    pub(super) fn bring_up_to_date(&mut self) {
        let path = self.platform.home.warehouse();
        if !self.platform.may_act() {
            return;
        }
        if !path.is_file() || !matches!(Warehouse::is_behind(&path), Ok(true)) {
            return;
        }
        let done = backup::before_migration(&self.platform)
            .map_err(|e| e.to_string())
            .and_then(|()| RunLock::take(&self.platform.home.run_lock()).map_err(|e| e.to_string()))
            .and_then(|_lock| Warehouse::open(&path).map_err(|e| e.to_string()));
        match done {
            Ok(_) => tracing::info!("the warehouse of an older version was brought up to date"),
            Err(why) => tracing::error!(why, "the warehouse of an older version stays as it is"),
        }
    }
}
