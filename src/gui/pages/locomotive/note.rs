//! Annotating a moment: a few words at the instant under the crosshair, or now.

use eframe::egui::{Id, Key, Modifiers, TextEdit, Ui};

use crate::domain::LocoId;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::Command;
use crate::service::notes::LONGEST;

/// A note that is being written.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// UTC milliseconds; a click on a curve moves it.
    pub at_ms: i64,
    pub words: String,
    /// The field takes the focus once.
    fresh: bool,
}

impl Draft {
    #[must_use]
    pub const fn at(at_ms: i64) -> Self {
        Self {
            at_ms,
            words: String::new(),
            fresh: true,
        }
    }
}

/// Draws the field; `draft` is taken away once it is sent or given up.
pub fn note_ui(ui: &mut Ui, cx: &mut Cx<'_>, loco: &LocoId, draft: &mut Option<Draft>) {
    let Some(note) = draft else {
        return;
    };
    let t = theme::tokens(ui);
    let text = cx.text;
    let when = format!(
        "{} {}",
        text.date_year(note.at_ms),
        text.time_seconds(note.at_ms)
    );
    ui.label(theme::strong(text.get("loco-annotate"), t.text));
    ui.label(theme::small(when, t.text));
    ui.label(theme::small(text.get("note-where"), t.mute));
    let field = ui.add(
        TextEdit::multiline(&mut note.words)
            .id(Id::unique("note-words"))
            .desired_rows(3)
            .desired_width(ui.available_width())
            .char_limit(LONGEST)
            // Enter keeps the note; Shift+Enter begins a line.
            .return_key(eframe::egui::KeyboardShortcut::new(
                Modifiers::SHIFT,
                Key::Enter,
            ))
            .hint_text(text.get("note-hint")),
    );
    if std::mem::take(&mut note.fresh) {
        field.request_focus();
    }
    let typing = field.has_focus();
    field.accessible_name(text.get("note-words"));
    let words = note.words.trim().to_owned();
    let pressed = |key| ui.input(|i| i.key_pressed(key) && i.modifiers.is_none());
    let (enter, escape) = (typing && pressed(Key::Enter), pressed(Key::Escape));
    let at_ms = note.at_ms;
    ui.horizontal_wrapped(|ui| {
        let keep = ui
            .add_enabled_ui(!words.is_empty(), |ui| {
                button_ui(ui, Kind::Primary, &text.get("note-keep")).clicked()
            })
            .inner;
        let cancel = button_ui(ui, Kind::Plain, &text.get("note-cancel")).clicked();
        if (keep || enter) && !words.is_empty() {
            cx.send(Command::Note {
                loco: loco.clone(),
                at_ms,
                words,
            });
            *draft = None;
        } else if cancel || escape {
            *draft = None;
        }
    });
    ui.add_space(size::M);
}
