//! What reaches the window between two frames: snapshots, events, answers of dialogs, files dropped on it,
//! settings changed by hand.

use std::sync::Arc;
use std::time::Instant;

use eframe::egui::Context;

use super::App;
use crate::gui::context::Page;
use crate::gui::files::Outcome;
use crate::gui::pick::{self, Picked};
use crate::gui::theme;
use crate::service::command::Command;
use crate::text::Language;

impl App {
    pub(super) fn take_news(&mut self, ctx: &Context) {
        while let Some(event) = self.handle.next_event() {
            self.toasts.event(event);
        }
        let latest = self.handle.snapshot();
        if !Arc::ptr_eq(&latest, &self.snapshot) {
            self.snapshot = latest;
            self.came = Instant::now();
        }
        self.take_settings(ctx);
        match self.files.poll(ctx, &self.text) {
            Some(Outcome::Chosen {
                sensors,
                maintenance,
            }) => self.send(Command::OpenFiles {
                sensors,
                maintenance,
            }),
            Some(Outcome::NoDialog) => self.toasts.no_dialog(),
            None => {}
        }
        if let Some(command) = self.saving.poll() {
            self.send(command);
        }
        match self.picking.poll() {
            Some(Picked::File(path)) => self.import(path),
            Some(Picked::NoDialog) => self.toasts.no_dialog(),
            None => {}
        }
        if let Some(path) = pick::dropped(ctx) {
            self.import(path);
        }
        if !self.snapshot.fleet.is_empty()
            && let Some(loco) = self.remembered.take()
        {
            // One that is gone is let go of below.
            self.pick(loco);
        }
        // The worst is looked at until something else is chosen; but curves that are being read do not
        // change under the eyes.
        let gone = self
            .selected
            .as_ref()
            .is_none_or(|l| !self.snapshot.fleet.iter().any(|r| r.loco == *l));
        self.picked &= !gone;
        if gone || (!self.picked && self.page == Page::Fleet) {
            self.selected = self.snapshot.fleet.first().map(|r| r.loco.clone());
        }
    }

    /// Theme and language that were changed in the file act too. What the window opened with is in force already.
    pub(super) fn take_settings(&mut self, ctx: &Context) {
        let settings = &self.snapshot.settings;
        if !settings.ready || self.window.as_ref() == Some(&settings.window) {
            return;
        }
        let new = settings.window.clone();
        if let Some(old) = self.window.replace(new.clone()) {
            if old.theme != new.theme {
                theme::choose(ctx, new.theme);
            }
            if let Some(language) = new.language.filter(|_| old.language != new.language) {
                self.text.language = Language::of(language.code());
            }
        }
    }
}
