//! How the window looks and speaks, and the machine class whose vibration limits are drawn.

use eframe::egui::{Grid, Ui};

use super::{State, field, part_ui};
use crate::gui::context::Cx;
use crate::gui::theme;
use crate::service::settings::{SettingsView, VibrationClass};

pub const FIELDS: [&str; 5] = [
    "window.language",
    "window.theme",
    "window.renderer",
    "window.operator",
    "window.vibration_class",
];

pub fn display_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let t = theme::tokens(ui);
    for key in FIELDS {
        if key == "window.vibration_class" {
            part_ui(ui, &cx.text.get("set-severity"));
            ui.label(theme::body(cx.text.get("set-severity-why"), t.mute));
        }
        field::row_ui(ui, cx, view, state, key);
        if key == "window.language" && view.overrides.language {
            field::wrong_ui(ui, &cx.text.get("set-language-forced"));
        }
    }
    classes_ui(ui, cx, view.window.vibration_class);
}

/// The limits of every class, that in force in bold with its mark.
fn classes_ui(ui: &mut Ui, cx: &Cx<'_>, chosen: VibrationClass) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.add_space(theme::size::S);
    ui.spacing_mut().interact_size.y = theme::size::XL;
    Grid::new("set-classes")
        .num_columns(5)
        .spacing([theme::size::XL, theme::size::XS])
        .show(ui, |ui| {
            for head in ["set-class", "set-zone-ab", "set-zone-bc", "set-zone-cd"] {
                ui.label(theme::small(text.get(head), t.mute));
            }
            ui.end_row();
            for class in VibrationClass::ALL {
                let on = class == chosen;
                let ink = if on { t.text } else { t.mute };
                let words = |words: String| {
                    if on {
                        theme::strong(words, ink)
                    } else {
                        theme::body(words, ink)
                    }
                };
                ui.label(words(class.key().to_owned()));
                for limit in class.limits() {
                    ui.label(words(text.number(limit, 2)));
                }
                if on {
                    ui.label(theme::small(text.get("set-class-chosen"), t.mute));
                }
                ui.end_row();
            }
        });
}
