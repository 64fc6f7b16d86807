//! The night run: its hour, whether a missed one is made up for, when it comes next.

use eframe::egui::{Label, Ui};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::Command;
use crate::service::intake::{IntakeAsk, ScheduleConfig};

use super::parts::{field_ui, label_ui, sentence_ui, title_ui};

/// Proposed where none is set.
const USUAL: &str = "02:00";

/// What is being changed, and from what.
#[derive(Debug, Default)]
pub struct State {
    known: Option<ScheduleConfig>,
    on: bool,
    at: String,
    catch_up: bool,
}

impl State {
    /// Takes what is set, when that is other than before.
    fn keep_up(&mut self, set: &ScheduleConfig) {
        if self.known.as_ref() == Some(set) {
            return;
        }
        self.on = set.daily_at.is_some();
        self.at = set.daily_at.clone().unwrap_or_else(|| USUAL.into());
        self.catch_up = set.catch_up;
        self.known = Some(set.clone());
    }

    fn wanted(&self) -> ScheduleConfig {
        ScheduleConfig {
            daily_at: self.on.then(|| self.at.trim().to_owned()),
            catch_up: self.catch_up,
        }
    }
}

pub fn schedule_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let shown = &cx.snapshot.intake.schedule;
    state.keep_up(&shown.set);
    ui.spacing_mut().item_spacing.y = size::S;
    title_ui(ui, &text.get("pipeline-night-title"));
    ui.checkbox(
        &mut state.on,
        theme::body(text.get("pipeline-night-on"), t.text),
    );
    ui.horizontal(|ui| {
        ui.add_enabled_ui(state.on, |ui| {
            field_ui(
                ui,
                &text.get("pipeline-night-at"),
                USUAL,
                96.0,
                &mut state.at,
            );
        });
        label_ui(ui, &text.with("clock-zone", [("zone", zone(cx).into())]));
    });
    ui.add_enabled_ui(state.on, |ui| {
        let words = theme::body(text.get("pipeline-night-catch-up"), t.text);
        ui.checkbox(&mut state.catch_up, words);
    });
    let wanted = state.wanted();
    let valid = wanted.daily_at.is_none() || wanted.daily().is_some();
    if !valid {
        let words = text.get("pipeline-night-wrong");
        ui.add(Label::new(theme::body(words, t.warn)).wrap());
    }
    let changed = wanted != shown.set;
    let save = ui.add_enabled_ui(valid && changed, |ui| {
        button_ui(ui, Kind::Plain, &text.get("pipeline-save"))
    });
    if save.inner.clicked() {
        cx.send(Command::Intake(IntakeAsk::Schedule(wanted)));
    }
    ui.add_space(size::S);
    let when = |at_ms| text.moment(at_ms, Some(cx.wall_ms));
    let next = shown.next_ms.map_or_else(
        || text.get("pipeline-night-none").into_owned(),
        |at| text.with("pipeline-night-next", [("when", when(at).into())]),
    );
    ui.add(Label::new(theme::strong(next, t.text)).wrap());
    if let Some(last) = shown.last_ms {
        sentence_ui(
            ui,
            &text.with("pipeline-night-last", [("when", when(last).into())]),
        );
    }
    if let Some(made_up) = shown.made_up_ms {
        sentence_ui(
            ui,
            &text.with("pipeline-night-made-up", [("when", when(made_up).into())]),
        );
    }
    sentence_ui(ui, &text.get("pipeline-night-window"));
}

fn zone(cx: &Cx<'_>) -> String {
    cx.text.zone.iana_name().unwrap_or("UTC").to_owned()
}
