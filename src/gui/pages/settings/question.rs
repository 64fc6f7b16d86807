//! Asks before something is taken away, and says what will happen: an entry of the file, or old readings.

use eframe::egui::{Frame, Id, Label, Margin, Modal, Ui};

use super::State;
use super::field::send;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::settings::{Change, List, Place, SettingsView, Value};
use crate::text::Text;

/// The setting that has readings deleted.
const RETENTION: &str = "etl.retention_days";

/// Whether `change` takes away what is there now: it is not sent without a question.
#[must_use]
pub fn takes_away(change: &Change, view: &SettingsView) -> bool {
    match change {
        Change::Remove { .. } => true,
        Change::Set { place, value } if *place == Place::of(RETENTION) => {
            match (value, view.value(RETENTION)) {
                (Value::Whole(new), Some(Value::Whole(now))) => new < now,
                // Until now everything is kept.
                _ => true,
            }
        }
        _ => false,
    }
}

struct Words {
    title: String,
    happens: String,
    /// A word of warning.
    beware: Option<String>,
    confirm: String,
}

fn words(text: &Text, change: &Change, view: &SettingsView) -> Option<Words> {
    let remove = || text.get("set-remove-confirm").into_owned();
    Some(match change {
        Change::Remove { entry } => {
            let name = [("name", entry.name.as_str().into())];
            match entry.list {
                List::Sources => Words {
                    title: text.with("set-remove-source", name),
                    happens: text.get("set-remove-source-happens").into_owned(),
                    beware: (view.sources.len() == 1)
                        .then(|| text.get("set-remove-last-source").into_owned()),
                    confirm: remove(),
                },
                List::Contacts => Words {
                    title: text.with("set-remove-contact", name),
                    happens: text.get("set-remove-contact-happens").into_owned(),
                    beware: None,
                    confirm: remove(),
                },
            }
        }
        Change::Set {
            value: Value::Whole(days),
            ..
        } => {
            let days = || [("days", text.count(*days).into())];
            Words {
                title: text.with("set-retain", days()),
                happens: text.with("set-retain-happens", days()),
                beware: Some(text.get("set-retain-beware").into_owned()),
                confirm: text.get("set-retain-confirm").into_owned(),
            }
        }
        _ => return None,
    })
}

/// Draws the question, where there is one; its answer is sent, or nothing is.
pub fn question_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let Some(change) = state.asked.clone() else {
        return;
    };
    let Some(words) = words(cx.text, &change, view) else {
        state.asked = None;
        return;
    };
    let t = theme::tokens(ui);
    let frame = Frame::new()
        .fill(t.panel)
        .stroke(theme::hairline(t))
        .corner_radius(size::CORNER)
        .inner_margin(Margin::same(size::XL as i8));
    let modal = Modal::new(Id::unique("set-question")).frame(frame);
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width(2.0 * size::STORY_NARROW);
        ui.spacing_mut().item_spacing.y = size::M;
        ui.label(theme::sized(&words.title, size::FIGURE, t.text));
        ui.add(Label::new(theme::body(&words.happens, t.text)).wrap());
        if let Some(beware) = &words.beware {
            super::field::wrong_ui(ui, beware);
        }
        ui.horizontal(|ui| {
            let keep = button_ui(ui, Kind::Primary, &cx.text.get("set-remove-cancel"));
            let go = button_ui(ui, Kind::Plain, &words.confirm);
            // What is safe is under the first key that is pressed.
            let here = |id| id == keep.id || id == go.id;
            if !ui.memory(|m| m.focused()).is_some_and(here) {
                keep.request_focus();
            }
            (keep.clicked(), go.clicked())
        })
        .inner
    });
    let (keep, go) = shown.inner;
    if !(keep || go || shown.should_close()) {
        return;
    }
    state.asked = None;
    match &change {
        // What was typed of entries after it would now stand at others.
        Change::Remove { .. } if go => state.drafts.retain(|place, _| place.entry.is_none()),
        Change::Set { place, .. } if go => {
            state.sent.insert(place.clone(), view.answered);
        }
        Change::Set { place, .. } => {
            state.drafts.remove(place);
        }
        _ => {}
    }
    if go {
        send(cx, change);
    }
}
