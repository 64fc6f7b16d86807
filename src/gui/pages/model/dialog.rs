//! What is done on purpose: it says what will happen, and asks why.

use eframe::egui::{Frame, Id, Margin, Modal, TextEdit, Ui};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::Command;
use crate::service::models::ModelsAsk;

use super::State;
use super::parts::{measure_words, wrapped_ui};

/// Longest reason that is taken.
const LONGEST: usize = 400;

/// A question that is open.
#[derive(Debug)]
pub struct Dialog {
    asks: Asks,
    why: String,
    /// The field has had the keyboard once.
    shown: bool,
}

#[derive(Debug, Clone, Copy)]
enum Asks {
    Arm,
    Promote(u32),
}

impl Dialog {
    /// Arm the breaker again?
    pub const fn arm() -> Self {
        Self::new(Asks::Arm)
    }

    /// Put this version in force?
    pub const fn promote(version: u32) -> Self {
        Self::new(Asks::Promote(version))
    }

    const fn new(asks: Asks) -> Self {
        Self {
            asks,
            why: String::new(),
            shown: false,
        }
    }
}

/// Draws the open question, if there is one.
pub fn dialog_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut State) {
    let Some(dialog) = &mut state.dialog else {
        return;
    };
    let mut close = false;
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(size::XL as i8));
    let modal = Modal::new(Id::unique("model-dialog")).frame(frame);
    let modal = modal.show(ui.ctx(), |ui| {
        let t = theme::tokens(ui);
        ui.set_width(480.0);
        ui.spacing_mut().item_spacing.y = size::S;
        let text = cx.text;
        let wanted = match dialog.asks {
            Asks::Arm => {
                let title = text.get("mod-arm-title");
                ui.label(theme::sized(title, size::TITLE, t.text));
                for blown in cx.snapshot.models.tripped() {
                    let words = measure_words(cx, &blown.measure);
                    wrapped_ui(ui, theme::strong(words, t.off));
                }
                wrapped_ui(ui, theme::body(text.get("mod-arm-text"), t.text));
                true
            }
            Asks::Promote(version) => promote_words_ui(ui, cx, version),
        };
        let label = if wanted {
            text.get("mod-reason")
        } else {
            text.get("mod-reason-free")
        };
        ui.label(theme::small_strong(label.as_ref(), t.text));
        let field = TextEdit::multiline(&mut dialog.why)
            .desired_rows(2)
            .char_limit(LONGEST)
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        if !dialog.shown {
            dialog.shown = true;
            field.request_focus();
        }
        field.accessible_name(label);
        ui.add_space(size::S);
        ui.horizontal(|ui| {
            let idle = cx.snapshot.running.is_none();
            let ready = (!wanted || !dialog.why.trim().is_empty())
                && (idle || matches!(dialog.asks, Asks::Arm));
            let word = match dialog.asks {
                Asks::Arm => text.get("mod-arm-do"),
                Asks::Promote(_) => text.get("mod-promote-do"),
            };
            let act = ui.add_enabled_ui(ready, |ui| button_ui(ui, Kind::Primary, &word));
            if act.inner.clicked() {
                let why = dialog.why.trim().to_owned();
                cx.send(Command::Models(match dialog.asks {
                    Asks::Arm => ModelsAsk::Arm { why },
                    Asks::Promote(version) => ModelsAsk::Promote { version, why },
                }));
                close = true;
            }
            if button_ui(ui, Kind::Plain, &text.get("mod-cancel")).clicked() {
                close = true;
            }
            if !idle && matches!(dialog.asks, Asks::Promote(_)) {
                ui.label(theme::small(text.get("mod-promote-busy"), t.mute));
            }
        });
    });
    // What has been answered elsewhere is asked no more.
    let stale = matches!(dialog.asks, Asks::Arm) && cx.snapshot.models.tripped().next().is_none();
    if close || stale || modal.should_close() {
        state.dialog = None;
    }
}

/// What putting a version in force means; whether a reason is wanted.
fn promote_words_ui(ui: &mut Ui, cx: &Cx<'_>, version: u32) -> bool {
    let t = theme::tokens(ui);
    let text = cx.text;
    let title = text.with("mod-promote-title", [("version", version.into())]);
    ui.label(theme::sized(title, size::TITLE, t.text));
    let words = match &cx.snapshot.model {
        Some(now) => text.with(
            "mod-promote-back",
            [("version", version.into()), ("now", now.version.into())],
        ),
        None => text.with("mod-promote-first", [("version", version.into())]),
    };
    wrapped_ui(ui, theme::body(words, t.text));
    let all = &cx.snapshot.models.versions;
    let card = all.iter().find(|v| v.version == version);
    let card = card.and_then(|v| v.card.as_deref().ok());
    let against = card.is_some_and(|card| !card.promoted);
    if against {
        wrapped_ui(ui, theme::strong(text.get("mod-promote-gate"), t.warn));
        let refusal = card.and_then(|card| card.refusal.as_deref());
        if let Some(detail) = refusal.and_then(|why| text.detail(why)) {
            wrapped_ui(ui, theme::small(detail, t.mute));
        }
    }
    against
}
