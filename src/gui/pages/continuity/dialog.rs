//! Before anything is replaced: exactly what will happen, and a button that says so. Ending a live holder is confirmed
//! by itself, process by process.

use std::path::PathBuf;

use eframe::egui::{Checkbox, Frame, Id, Margin, Modal, Ui, Vec2};

use super::State;
use super::board::holder_words;
use super::parts::{Wide, may_begin, wide_button_ui};
use crate::gui::context::Cx;
use crate::gui::pages::model::wrapped_ui;
use crate::gui::theme::{self, size};
use crate::service::command::Command;
use crate::service::continuity::ContinuityAsk;
use crate::service::continuity::restore::Plan;

/// Width of the whole, points.
const WIDTH: f32 = 560.0;

/// A question that is open.
#[derive(Debug)]
pub struct Dialog {
    asks: Asks,
    /// What a restore would change was asked for.
    asked: bool,
    /// Process ids of holders whose end was confirmed.
    may_end: Vec<u32>,
    /// What it measured last: one that grew stands at its new place a frame later.
    size: Vec2,
}

#[derive(Debug, Clone)]
enum Asks {
    Restore(PathBuf),
    ColdRestart,
}

impl Dialog {
    pub const fn restore(file: PathBuf) -> Self {
        Self {
            asks: Asks::Restore(file),
            asked: false,
            may_end: Vec::new(),
            size: Vec2::ZERO,
        }
    }

    pub const fn cold_restart() -> Self {
        Self {
            asks: Asks::ColdRestart,
            asked: false,
            may_end: Vec::new(),
            size: Vec2::ZERO,
        }
    }
}

/// What is answered.
enum Answer {
    Stay,
    Close,
    Do(ContinuityAsk),
}

/// Draws the question that is open, if there is one.
pub fn dialog_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut State) {
    let Some(dialog) = &mut state.dialog else {
        return;
    };
    if let (Asks::Restore(file), false) = (&dialog.asks, dialog.asked) {
        dialog.asked = true;
        cx.send(Command::Continuity(ContinuityAsk::Plan(file.clone())));
    }
    let t = theme::tokens(ui);
    let frame = Frame::new()
        .fill(t.panel)
        .stroke(theme::hairline(t))
        .corner_radius(eframe::egui::CornerRadius::same(size::CORNER))
        .inner_margin(Margin::same(size::XL as i8));
    // Whatever opened it had the keyboard.
    let first = dialog.size == Vec2::ZERO;
    let modal = Modal::new(Id::unique("continuity-dialog"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 4.0 * size::XL));
            ui.spacing_mut().item_spacing.y = size::S;
            match dialog.asks.clone() {
                Asks::Restore(file) => restore_ui(ui, cx, &file, first),
                Asks::ColdRestart => restart_ui(ui, cx, &mut dialog.may_end, first),
            }
        });
    let size = modal.response.rect.size();
    if dialog.size != size {
        dialog.size = size;
        ui.ctx().request_repaint();
    }
    let close = match modal.inner {
        Answer::Do(ask) => {
            cx.send(Command::Continuity(ask));
            true
        }
        Answer::Close => true,
        Answer::Stay => modal.should_close(),
    };
    if close {
        state.dialog = None;
    }
}

fn restore_ui(ui: &mut Ui, cx: &Cx<'_>, file: &PathBuf, first: bool) -> Answer {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.label(theme::sized(
        text.get("cont-ask-restore"),
        size::TITLE,
        t.text,
    ));
    let planned = cx.snapshot.continuity.plan.as_ref();
    let plan = planned.filter(|p| p.file == *file);
    let plan = plan.and_then(|p| p.plan.as_ref());
    let ready = match plan {
        None => {
            ui.label(theme::body(text.get("cont-ask-looking"), t.mute));
            false
        }
        Some(Err(why)) => {
            wrapped_ui(ui, theme::strong(text.get("cont-ask-unusable"), t.danger));
            if let Some(detail) = text.detail(why) {
                wrapped_ui(ui, theme::body(detail, t.text));
            }
            false
        }
        Some(Ok(plan)) => {
            plan_ui(ui, cx, plan);
            plan.holders.is_empty()
        }
    };
    let ready = ready && may_begin(cx) && cx.snapshot.running.is_none();
    if cx.snapshot.running.is_some() {
        wrapped_ui(ui, theme::body(text.get("cont-ask-run"), t.warn));
    }
    let ask = ContinuityAsk::Restore(file.clone());
    answer_ui(ui, cx, (ready, first), "cont-ask-restore-do", ask)
}

fn plan_ui(ui: &mut Ui, cx: &Cx<'_>, plan: &Plan) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let when = text.date_time(plan.made_ms, Some(cx.wall_ms));
    let words = text.with("cont-ask-from", [("when", when.into())]);
    wrapped_ui(ui, theme::body(words, t.text));
    if !plan.proven {
        wrapped_ui(ui, theme::strong(text.get("cont-ask-unproven"), t.warn));
    }
    if let Some(why) = &plan.damaged {
        wrapped_ui(ui, theme::body(text.get("cont-ask-damaged"), t.text));
        if let Some(detail) = text.detail(why) {
            wrapped_ui(ui, theme::small(detail, t.mute));
        }
    }
    let lost = match plan.readings_lost {
        None => text.get("cont-ask-rows-unknown").into_owned(),
        Some(rows) => {
            let count = text.count(rows.unsigned_abs());
            let key = if rows > 0 {
                "cont-ask-rows"
            } else {
                "cont-ask-rows-none"
            };
            text.with(key, [("rows", count.into())])
        }
    };
    wrapped_ui(ui, theme::strong(lost, t.text));
    if !plan.models_lost.is_empty() {
        let all: Vec<_> = plan.models_lost.iter().map(|v| format!("v{v}")).collect();
        let words = text.with("cont-ask-models", [("models", all.join(", ").into())]);
        wrapped_ui(ui, theme::body(words, t.text));
    }
    let model = match plan.model {
        Some(version) => text.with("cont-ask-model", [("version", version.into())]),
        None => text.get("cont-ask-no-model").into_owned(),
    };
    wrapped_ui(ui, theme::body(model, t.text));
    let aside = cx.snapshot.settings.home.join("database").join("aside");
    let path = aside.display().to_string();
    let words = text.with("cont-ask-aside", [("path", path.into())]);
    wrapped_ui(ui, theme::body(words, t.text));
    if !plan.holders.is_empty() {
        wrapped_ui(ui, theme::strong(text.get("cont-ask-held"), t.danger));
        for holder in &plan.holders {
            let words = holder_words(text, &holder.program, holder.process);
            wrapped_ui(ui, theme::body(words, t.text));
        }
    }
}

fn restart_ui(ui: &mut Ui, cx: &Cx<'_>, may_end: &mut Vec<u32>, first: bool) -> Answer {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.label(theme::sized(
        text.get("cont-ask-restart"),
        size::TITLE,
        t.text,
    ));
    for key in [
        "cont-ask-restart-1",
        "cont-ask-restart-2",
        "cont-ask-restart-3",
        "cont-ask-restart-4",
    ] {
        wrapped_ui(ui, theme::body(text.get(key), t.text));
    }
    let watch = &cx.snapshot.continuity.watch;
    let mut ready = true;
    match &watch.holders {
        None => {
            ui.label(theme::body(text.get("cont-looking"), t.mute));
        }
        Some(Err(why)) => {
            wrapped_ui(ui, theme::body(text.get("cont-holder-untold"), t.warn));
            if let Some(detail) = text.detail(why) {
                wrapped_ui(ui, theme::small(detail, t.mute));
            }
        }
        Some(Ok(holders)) => {
            may_end.retain(|id| holders.iter().any(|h| h.process == *id));
            let mut seen = Vec::new();
            for holder in holders {
                // One that holds two things is asked about once.
                if seen.contains(&holder.process) {
                    continue;
                }
                seen.push(holder.process);
                let who = holder_words(text, &holder.program, holder.process);
                let words = text.with("cont-ask-end", [("holder", who.into())]);
                let mut yes = may_end.contains(&holder.process);
                if ui.add(Checkbox::new(&mut yes, words)).changed() {
                    may_end.retain(|id| *id != holder.process);
                    if yes {
                        may_end.push(holder.process);
                    }
                }
            }
            ready = seen.iter().all(|id| may_end.contains(id));
            if !ready {
                wrapped_ui(ui, theme::small(text.get("cont-ask-end-why"), t.warn));
            }
        }
    }
    let ask = ContinuityAsk::ColdRestart {
        may_end: may_end.clone(),
    };
    let ready = ready && may_begin(cx);
    answer_ui(ui, cx, (ready, first), "cont-ask-restart-do", ask)
}

/// The safe answer has the room and the keyboard first.
fn answer_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    (ready, first): (bool, bool),
    key: &str,
    ask: ContinuityAsk,
) -> Answer {
    let text = cx.text;
    ui.add_space(size::S);
    let mut answer = Answer::Stay;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        let half = ((ui.available_width() - size::S) / 2.0).floor();
        let word = text.get("cont-ask-leave");
        let leave = wide_button_ui(ui, Wide::Plain, half, &word);
        if first || ui.memory(|m| m.focused().is_none()) {
            leave.request_focus();
        }
        if leave.clicked() {
            answer = Answer::Close;
        }
        let word = text.get(key);
        let act = ui.add_enabled_ui(ready, |ui| wide_button_ui(ui, Wide::Grave, half, &word));
        if act.inner.clicked() {
            answer = Answer::Do(ask);
        }
    });
    answer
}
