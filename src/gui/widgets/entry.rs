//! A line to be typed in, 36 high: its frame says whether the keyboard is on it, or whether what it holds is wrong.

use eframe::egui::{Align2, Response, Stroke, TextEdit, Ui, vec2};

use super::button::focus_ring;
use crate::gui::theme::{self, size};

/// Draws the line. `name` is for screen readers; `hint` stands in it while it is empty.
pub fn entry_ui(
    ui: &mut Ui,
    words: &mut String,
    width: f32,
    name: &str,
    hint: &str,
    wrong: bool,
) -> Response {
    let t = theme::tokens(ui);
    let response = ui
        .scope(|ui| {
            if wrong {
                let stroke = Stroke::new(size::FOCUS, t.warn);
                let visuals = ui.visuals_mut();
                // The frame while it is typed in.
                visuals.selection.stroke = stroke;
                let widgets = &mut visuals.widgets;
                for state in [
                    &mut widgets.inactive,
                    &mut widgets.hovered,
                    &mut widgets.active,
                ] {
                    state.bg_stroke = stroke;
                }
            }
            let entry = TextEdit::singleline(words)
                .hint_text(theme::body(hint, t.mute))
                .align(Align2::LEFT_CENTER)
                .margin(vec2(size::S, 0.0));
            ui.add_sized(vec2(width, size::CONTROL), entry)
        })
        .inner
        .accessible_name(name);
    if !wrong {
        focus_ring(ui, &response, response.rect);
    }
    response
}
