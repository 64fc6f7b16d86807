//! What the window does after a frame: what pages asked for, and what the service is told of it.

use std::time::Duration;

use eframe::egui::Context;

use super::App;
use crate::domain::LocoId;
use crate::gui::context::{Ask, Page};
use crate::gui::theme;
use crate::service::alarms::{AlarmsAsk, Wording};
use crate::service::command::Command;
use crate::service::intake::IntakeAsk;
use crate::service::settings::SettingsAsk;
use crate::service::settings::fields::theme_word;
use crate::service::snapshot::{Clock, TimeWindow};

impl App {
    /// What already acts is kept for the next start, where it can be.
    pub(super) fn keep(&mut self, key: &str, word: &str) {
        self.send(Command::Settings(SettingsAsk::keep(key, word)));
    }

    /// Shows the import of a table.
    pub(super) fn import(&mut self, path: std::path::PathBuf) {
        self.page = Page::Pipeline;
        self.pipeline.import();
        self.send(Command::Intake(IntakeAsk::Look(path)));
    }

    pub(super) fn pick(&mut self, loco: LocoId) {
        self.selected = Some(loco);
        self.picked = true;
    }

    pub(super) fn send(&mut self, command: Command) {
        if !self.handle.send(command) {
            self.toasts.not_sent();
        }
    }

    pub(super) fn carry_out(&mut self, ctx: &Context, ask: Ask) {
        match ask {
            Ask::Send(command) => self.send(command),
            Ask::Select(loco) => self.pick(loco),
            Ask::Open(loco) => {
                self.pick(loco);
                self.page = Page::Locomotive;
            }
            Ask::Simulate(loco) => {
                if let Some(row) = self.snapshot.fleet.iter().find(|r| r.loco == loco) {
                    self.simulator.take(row);
                }
                self.pick(loco);
                self.page = Page::Simulator;
            }
            Ask::Show(page) => self.page = page,
            Ask::Help => self.help.toggle(ctx),
            Ask::ChooseFiles => self.files.start(ctx, &self.text),
            Ask::PickTable => self.picking.start(ctx, &self.text),
            Ask::SaveAs { file_name, command } => {
                self.saving.start(ctx, &self.text, file_name, command);
            }
            Ask::Speak(language) => {
                self.text.language = language;
                self.keep("window.language", language.code());
            }
            Ask::Kiosk(on) => self.kiosk.turn(ctx, on),
            Ask::Theme(theme) => {
                theme::choose(ctx, theme);
                self.keep("window.theme", theme_word(theme));
            }
        }
    }

    /// Tells the service which curves are on the screen, when that changed.
    pub(super) fn watch(&mut self) {
        if self.attending != self.page.desk() {
            self.attending = self.page.desk();
            self.send(Command::Attend(self.attending));
        }
        let wanted = match (self.page, &self.selected) {
            (Page::Locomotive, Some(loco)) => {
                Some((loco.clone(), self.locomotive.settled_window()))
            }
            _ => None,
        };
        if wanted == self.watching {
            return;
        }
        let command = match &wanted {
            Some((loco, window)) => Command::Watch {
                loco: Some(loco.clone()),
                window: *window,
            },
            None => Command::Watch {
                loco: None,
                window: TimeWindow::All,
            },
        };
        self.watching = wanted;
        self.send(command);
    }

    /// Tells the service in which words alarms are announced on the desktop, when the language changed.
    pub(super) fn announce(&mut self) {
        if self.announcing != Some(self.text.language) {
            self.announcing = Some(self.text.language);
            let text = self.text.clone();
            let wording = Wording::new(move |raised| text.alarm_notice(raised));
            self.send(Command::Alarms(AlarmsAsk::Announce(wording)));
        }
    }

    /// Ages on the screen grow by the second only under the wall's clock.
    pub(super) fn wake_for_ages(&self, ctx: &Context) {
        let ages = self.snapshot.clock == Clock::Wall && self.snapshot.now_ms.is_some();
        if ages {
            ctx.request_repaint_after(Duration::from_secs(1));
        }
    }

    pub(super) fn keep_place(&mut self, ctx: &Context) {
        let chosen = self.remembered.as_ref().or(if self.picked {
            self.selected.as_ref()
        } else {
            None
        });
        let placing = self.placing.as_mut();
        if let Some(place) = placing.and_then(|p| p.look(ctx, self.page, chosen)) {
            self.send(Command::KeepPlace(place));
        }
    }
}
