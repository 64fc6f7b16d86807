//! Asks before an entry is taken out of the file, and says what will happen.

use eframe::egui::{Frame, Id, Label, Margin, Modal, Ui};

use super::State;
use super::field::send;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::settings::{Change, List, SettingsView};

pub fn removal_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let Some(entry) = state.removing.clone() else {
        return;
    };
    let t = theme::tokens(ui);
    let text = cx.text;
    let name = || [("name", entry.name.as_str().into())];
    let (title, happens, last) = match entry.list {
        List::Sources => (
            text.with("set-remove-source", name()),
            text.get("set-remove-source-happens"),
            view.sources.len() == 1,
        ),
        List::Contacts => (
            text.with("set-remove-contact", name()),
            text.get("set-remove-contact-happens"),
            false,
        ),
    };
    let frame = Frame::new()
        .fill(t.panel)
        .stroke(theme::hairline(t))
        .corner_radius(size::CORNER)
        .inner_margin(Margin::same(size::XL as i8));
    let modal = Modal::new(Id::unique("set-removal")).frame(frame);
    let shown = modal.show(ui.ctx(), |ui| {
        ui.set_width(2.0 * size::STORY_NARROW);
        ui.spacing_mut().item_spacing.y = size::M;
        ui.label(theme::sized(&title, size::FIGURE, t.text));
        ui.add(Label::new(theme::body(happens, t.text)).wrap());
        if last {
            super::field::wrong_ui(ui, &text.get("set-remove-last-source"));
        }
        ui.horizontal(|ui| {
            let keep = button_ui(ui, Kind::Primary, &text.get("set-remove-cancel"));
            let remove = button_ui(ui, Kind::Plain, &text.get("set-remove-confirm"));
            // What is safe is under the first key that is pressed.
            if ui
                .memory(|m| m.focused())
                .is_none_or(|f| f != keep.id && f != remove.id)
            {
                keep.request_focus();
            }
            (keep.clicked(), remove.clicked())
        })
        .inner
    });
    let (keep, remove) = shown.inner;
    if remove {
        send(cx, Change::Remove { entry });
    }
    if keep || remove || shown.should_close() {
        state.removing = None;
        state.drafts.retain(|place, _| place.entry.is_none());
    }
}
