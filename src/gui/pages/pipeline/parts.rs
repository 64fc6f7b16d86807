//! What the tabs share: fields to type into, choices, marks of how a run went, tables that look alike.

use eframe::egui::{
    Align, ComboBox, CornerRadius, Frame, Label, Layout, Margin, Rect, Response, RichText, Sense,
    Stroke, TextEdit, TextWrapMode, Ui, pos2, vec2,
};

use crate::domain::VerdictKind;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::Tone;
use crate::gui::widgets::verdict::{paint_shape, paint_triangle};
use crate::service::intake::history::RunRow;
use crate::text::Text;

/// Between a cell's edge and what is written in it.
pub const PAD: f32 = 8.0;

/// One line to type into; `name` is for screen readers.
pub fn field_ui(ui: &mut Ui, name: &str, hint: &str, width: f32, value: &mut String) -> Response {
    let t = theme::tokens(ui);
    ui.add(
        TextEdit::singleline(value)
            .desired_width(width - 16.0)
            .margin(Margin::symmetric(8, 9))
            .text_color(t.text)
            .hint_text(theme::body(hint, t.mute)),
    )
    .accessible_name(name)
}

/// A drop-down of words; the number of the one that was chosen.
pub fn choice_ui(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    width: f32,
    shown: &str,
    words: &[String],
) -> Option<usize> {
    let t = theme::tokens(ui);
    let mut chosen = None;
    ComboBox::from_id_salt(salt)
        .width(width)
        .truncate()
        .selected_text(theme::body(shown, t.text))
        .show_ui(ui, |ui| {
            for (i, word) in words.iter().enumerate() {
                if ui.selectable_label(word == shown, word).clicked() {
                    chosen = Some(i);
                }
            }
        })
        .response
        .accessible_name(name);
    chosen
}

/// A heading within a card.
pub fn title_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.label(theme::sized(words, size::FIGURE, t.text));
}

/// A sentence over several lines.
pub fn sentence_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.add(Label::new(theme::body(words, t.mute)).wrap());
}

/// A label over what it names.
pub fn label_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.add(Label::new(theme::small(words, t.mute)).wrap());
}

/// Words that ask for a decision or say what came of one.
pub fn notice_ui<R>(ui: &mut Ui, tone: Tone, add: impl FnOnce(&mut Ui) -> R) -> R {
    let (ink, ground) = tone.colours(theme::tokens(ui));
    Frame::new()
        .fill(ground)
        .stroke(Stroke::new(size::LINE, ink))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::same(12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}

/// How a run went: its shape, and the word for it.
pub fn outcome_ui(ui: &mut Ui, text: &Text, run: &RunRow) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = size::S;
    let (rect, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
    let (word, ink) = match (&run.failed, &run.cancelled_by) {
        (None, _) => {
            paint_shape(ui.painter(), rect.center(), 16.0, VerdictKind::Nominal, t);
            (text.get("pipeline-run-ok"), t.mute)
        }
        (Some(_), Some(_)) => {
            paint_shape(
                ui.painter(),
                rect.center(),
                16.0,
                VerdictKind::Unavailable,
                t,
            );
            (text.get("pipeline-run-cancelled"), t.off)
        }
        (Some(_), None) => {
            paint_triangle(ui.painter(), rect.center(), 14.0, t.warn);
            (text.get("pipeline-run-failed"), t.warn)
        }
    };
    ui.add(Label::new(theme::small_strong(word, ink)).truncate());
}

/// Seconds as a person reads them.
pub fn secs(text: &Text, secs: f64) -> String {
    if secs < 90.0 {
        let decimals = usize::from(secs < 9.95);
        let n = text.number(secs, decimals);
        text.with("pipeline-secs", [("n", n.into())])
    } else {
        let whole = secs.round() as u64;
        text.with(
            "pipeline-minutes",
            [
                ("m", text.count(whole / 60).into()),
                ("s", format!("{:02}", whole % 60).into()),
            ],
        )
    }
}

/// What of a table's look is not egui's.
pub fn table_look(ui: &mut Ui) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.visuals_mut().selection.bg_fill = t.raised;
    ui.visuals_mut().selection.stroke.color = t.text;
    ui.visuals_mut().widgets.hovered.bg_fill = t.band;
    ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
}

/// The name of a column.
pub fn head_ui(ui: &mut Ui, words: &str, right: bool) {
    let t = theme::tokens(ui);
    cell_ui(ui, theme::small(words, t.mute), right);
}

/// A cell, against its left or right edge.
pub fn cell_ui(ui: &mut Ui, words: RichText, right: bool) {
    let layout = if right {
        Layout::right_to_left(Align::Center)
    } else {
        Layout::left_to_right(Align::Center)
    };
    ui.with_layout(layout, |ui| {
        ui.add_space(PAD);
        ui.add(Label::new(words).truncate());
    });
}

/// Splits a rectangle: what is left of it, and so much at its right.
pub fn split(rect: Rect, right: f32, gap: f32) -> (Rect, Rect) {
    let at = rect.right() - right;
    (
        Rect::from_min_max(rect.min, pos2(at - gap, rect.bottom())),
        Rect::from_min_max(pos2(at, rect.top()), rect.max),
    )
}

/// What is said where there is nothing to show.
pub fn empty_ui(ui: &mut Ui, title: &str, words: &str) {
    let t = theme::tokens(ui);
    ui.add_space(size::XL);
    ui.vertical_centered(|ui| {
        ui.set_max_width(ui.available_width().min(520.0));
        ui.label(theme::sized(title, size::FIGURE, t.text));
        ui.add(Label::new(theme::body(words, t.mute)).wrap());
    });
}
