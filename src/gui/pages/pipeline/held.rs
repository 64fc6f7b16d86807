//! Held batches, above the refused rows: why each is held, in words and figures, and its release with a reason. Nothing is
//! drawn where none is held.

use eframe::egui::{Label, ScrollArea, Ui};

use crate::domain::poison::Held;
use crate::gui::context::Cx;
use crate::gui::theme;
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::Tone;
use crate::service::command::Command;
use crate::service::intake::IntakeAsk;

use super::parts::{field_ui, notice_ui, sentence_ui};

/// How much of the page a long list takes at most.
const TALLEST: f32 = 280.0;

/// What is asked about one batch.
#[derive(Debug, Default)]
pub struct State {
    /// The batch that is about to be released.
    asked: Option<i64>,
    words: String,
    /// Was sent to be released, and is still shown as held.
    sent: Option<i64>,
}

pub fn section_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let held = std::sync::Arc::clone(&cx.snapshot.intake.held);
    let still = |hold: &i64| held.iter().any(|held| held.hold == *hold);
    state.sent = state.sent.filter(&still);
    if state.asked.is_some_and(|hold| !still(&hold)) {
        *state = State::default();
    }
    if held.is_empty() {
        return;
    }
    let t = theme::tokens(ui);
    notice_ui(ui, Tone::Calm, |ui| {
        ui.label(theme::strong(cx.text.get("hold-title"), t.text));
        sentence_ui(ui, &cx.text.get("hold-why"));
        ScrollArea::vertical()
            .id_salt("held-batches")
            .max_height(TALLEST)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for one in held.iter() {
                    ui.separator();
                    batch_ui(ui, cx, one, state);
                }
            });
    });
}

fn batch_ui(ui: &mut Ui, cx: &mut Cx<'_>, held: &Held, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let line = text.with(
        "hold-line",
        [
            ("loco", held.loco.as_str().into()),
            ("reason", text.hold_reason(held.reason).into()),
        ],
    );
    let moment = |at_ms| text.date_time(at_ms, cx.now_ms());
    let range = text.with(
        "hold-range",
        [
            ("rows", text.count(held.rows).into()),
            ("from", moment(held.from_ms).into()),
            ("to", moment(held.to_ms).into()),
            ("run", held.run.into()),
        ],
    );
    ui.horizontal(|ui| {
        ui.label(theme::strong(line, t.warn));
        let number = text.with("hold-number", [("hold", held.hold.into())]);
        ui.label(theme::small(number, t.mute));
        ui.add(Label::new(theme::small(range, t.mute)).truncate());
    });
    for found in &held.found {
        ui.add(Label::new(theme::body(text.suspicion(found, cx.now_ms()), t.text)).wrap());
    }
    if state.sent == Some(held.hold) {
        ui.label(theme::small(text.get("hold-releasing"), t.mute));
    } else if state.asked == Some(held.hold) {
        release_ui(ui, cx, held, state);
    } else {
        let name = text.with(
            "hold-release-this",
            [
                ("hold", held.hold.into()),
                ("loco", held.loco.as_str().into()),
            ],
        );
        let button = button_ui(ui, Kind::Plain, &text.get("hold-release")).accessible_name(name);
        if button.clicked() {
            (state.asked, state.words) = (Some(held.hold), String::new());
        }
    }
}

/// What a release does, the reason for it, and the two answers.
fn release_ui(ui: &mut Ui, cx: &mut Cx<'_>, held: &Held, state: &mut State) {
    let text = cx.text;
    let rows = text.count(held.rows);
    sentence_ui(ui, &text.with("hold-release-what", [("rows", rows.into())]));
    let reason = text.get("hold-release-reason");
    let field = field_ui(ui, &reason, &reason, 480.0, &mut state.words);
    if state.words.is_empty() && !field.has_focus() && !field.lost_focus() {
        field.request_focus();
    }
    let mut left = false;
    ui.horizontal(|ui| {
        let complete = !state.words.trim().is_empty();
        let go = ui.add_enabled_ui(complete, |ui| {
            button_ui(ui, Kind::Primary, &text.get("hold-release-now"))
        });
        if go.inner.clicked() {
            let words = state.words.trim().to_owned();
            let hold = held.hold;
            cx.send(Command::Intake(IntakeAsk::Release { hold, words }));
            (state.sent, left) = (Some(hold), true);
        }
        left |= button_ui(ui, Kind::Plain, &text.get("hold-release-cancel")).clicked();
    });
    if left {
        state.asked = None;
        state.words.clear();
    }
}
