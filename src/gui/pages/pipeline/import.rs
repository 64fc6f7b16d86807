//! The import of a file: choose it, see how it is read, put its columns right, see what would be refused, save it as a
//! source.

use std::path::PathBuf;

use eframe::egui::{Label, ScrollArea, Ui};

use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui};
use crate::gui::widgets::card::{Tone, banner_ui, card_ui};
use crate::service::command::Command;
use crate::service::intake::IntakeAsk;
use crate::service::intake::Wizard;
use crate::service::intake::draft::SourceDraft;

use super::parts::{field_ui, label_ui, sentence_ui, title_ui};
use super::{mapping, preview};

/// What the tab remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    path: String,
    /// The draft as it is being changed.
    draft: Option<SourceDraft>,
}

pub fn tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let view = std::sync::Arc::clone(&cx.snapshot.intake);
    let rect = ui.available_rect_before_wrap();
    let Some(wizard) = &view.wizard else {
        state.draft = None;
        card_ui(ui, "pipeline-import", rect, size::XL, |ui| {
            choose_ui(ui, cx, state, None);
        });
        return;
    };
    match (&wizard.draft, &wizard.found) {
        (None, None) => {
            card_ui(ui, "pipeline-import", rect, size::XL, |ui| {
                title_ui(ui, &cx.text.get("pipeline-looking-file"));
                sentence_ui(ui, &wizard.path);
                leave_ui(ui, cx, state);
            });
        }
        (None, Some(found)) => {
            let why = found.as_ref().err().cloned().unwrap_or_default();
            card_ui(ui, "pipeline-import", rect, size::XL, |ui| {
                choose_ui(ui, cx, state, Some((&wizard.path, &why)));
            });
        }
        (Some(draft), _) => {
            if state
                .draft
                .as_ref()
                .is_none_or(|own| own.path != draft.path)
            {
                state.draft = Some(draft.clone());
            }
            mapped_ui(ui, cx, state, wizard);
        }
    }
    ui.advance_cursor_after_rect(rect);
}

/// Where the file is: by a dialog, by a drop, by typing.
fn choose_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, failed: Option<(&str, &str)>) {
    let text = cx.text;
    ui.spacing_mut().item_spacing.y = size::M;
    ui.set_max_width(640.0);
    title_ui(ui, &text.get("pipeline-import-title"));
    if let Some(name) = &cx.snapshot.intake.saved {
        let words = text.with("pipeline-saved", [("name", name.as_str().into())]);
        banner_ui(ui, Tone::Calm, &words, None, None);
    }
    if let Some((path, why)) = failed {
        let words = text.with("pipeline-import-failed", [("path", path.into())]);
        let detail = text.detail(why);
        banner_ui(ui, Tone::Warn, &words, None, detail.as_deref());
    }
    sentence_ui(ui, &text.get("pipeline-import-why"));
    let pick = ui.add_enabled_ui(!cx.choosing_files, |ui| {
        let word = text.get("pipeline-choose-file");
        button_icon_ui(ui, Kind::Primary, Some(Icon::FolderOpen), &word)
    });
    if pick.inner.clicked() {
        cx.ask(Ask::PickTable);
    }
    if cx.choosing_files {
        label_ui(ui, &text.get("files-waiting"));
    }
    ui.horizontal(|ui| {
        let name = text.get("pipeline-path");
        let hint = text.get("pipeline-path-hint");
        let typed = field_ui(ui, &name, &hint, 432.0, &mut state.path);
        let entered = typed.lost_focus() && ui.input(|i| i.key_pressed(eframe::egui::Key::Enter));
        let there = !state.path.trim().is_empty();
        let look = ui.add_enabled_ui(there, |ui| {
            button_ui(ui, Kind::Plain, &text.get("pipeline-look"))
        });
        if there && (look.inner.clicked() || entered) {
            state.draft = None;
            let path = PathBuf::from(state.path.trim());
            cx.send(Command::Intake(IntakeAsk::Look(path)));
        }
    });
}

fn leave_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    if button_ui(ui, Kind::Plain, &cx.text.get("pipeline-give-up")).clicked() {
        state.draft = None;
        cx.send(Command::Intake(IntakeAsk::LeaveWizard));
    }
}

/// The form at the left, what it comes to at the right.
fn mapped_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, wizard: &Wizard) {
    let rect = ui.available_rect_before_wrap();
    let form = if rect.width() < size::NARROW {
        424.0
    } else {
        480.0
    };
    let (mut left, mut right) = (rect, rect);
    left.set_right(rect.left() + form);
    right.set_left(left.right() + size::L);
    let found = wizard.found.as_ref().and_then(|found| found.as_ref().ok());
    card_ui(ui, "pipeline-form", left, size::LINE, |ui| {
        let mut fields = left.shrink2(eframe::egui::vec2(size::L, size::M));
        let mut foot = fields;
        fields.set_bottom(left.bottom() - 2.0 * size::CONTROL - 2.0 * size::M);
        foot.set_top(fields.bottom() + size::M);
        crate::gui::widgets::card::at_ui(ui, "fields", fields, |ui| {
            ScrollArea::vertical().id_salt("form").show(ui, |ui| {
                ui.set_width(ui.available_width() - size::S);
                ui.spacing_mut().item_spacing.y = size::S;
                let Some(draft) = &mut state.draft else {
                    return;
                };
                let before = draft.clone();
                mapping::form_ui(ui, cx, draft, found);
                if *draft != before {
                    cx.send(Command::Intake(IntakeAsk::Draft(Box::new(draft.clone()))));
                }
            });
        });
        crate::gui::widgets::card::at_ui(ui, "foot", foot, |ui| foot_ui(ui, cx, state, wizard));
    });
    card_ui(ui, "pipeline-preview", right, size::L, |ui| {
        preview::preview_ui(ui, cx, wizard);
    });
}

fn foot_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, wizard: &Wizard) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.spacing_mut().item_spacing.y = size::S;
    let Some(draft) = state.draft.clone() else {
        return;
    };
    let missing: Vec<String> = draft.missing().into_iter().map(|f| text.field(f)).collect();
    let tried = wizard
        .found
        .as_ref()
        .and_then(|found| found.as_ref().ok())
        .and_then(|found| found.tried.as_ref());
    let taken = draft.name.trim().is_empty();
    let (words, ink) = if let Some(why) = &wizard.not_saved {
        (text.detail(why).unwrap_or_default(), t.warn)
    } else if !missing.is_empty() {
        let fields = missing.join(", ");
        (
            text.with("pipeline-missing", [("fields", fields.into())]),
            t.warn,
        )
    } else if taken {
        (text.get("pipeline-no-name").into_owned(), t.warn)
    } else if wizard.looking {
        (text.get("pipeline-looking").into_owned(), t.mute)
    } else {
        let accepted = text.count(tried.map_or(0, |tried| tried.accepted));
        (
            text.with("pipeline-ready", [("rows", accepted.into())]),
            t.mute,
        )
    };
    ui.add(Label::new(theme::body(words, ink)).truncate());
    let readable = tried.is_some_and(|tried| tried.error.is_none() && tried.accepted > 0);
    let ready = missing.is_empty() && !taken && !wizard.looking && readable;
    ui.horizontal(|ui| {
        ui.add_enabled_ui(ready, |ui| {
            for (run, kind, word) in [
                (true, Kind::Primary, text.get("pipeline-save-run")),
                (false, Kind::Plain, text.get("pipeline-save-source")),
            ] {
                if button_ui(ui, kind, &word).clicked() {
                    cx.send(Command::Intake(IntakeAsk::Save {
                        draft: Box::new(draft.clone()),
                        run,
                    }));
                }
            }
        });
        leave_ui(ui, cx, state);
    });
}
