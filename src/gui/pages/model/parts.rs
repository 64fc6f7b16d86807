//! What the cards of this page are made of.

use eframe::egui::{CornerRadius, Frame, Label, Margin, RichText, Ui};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::service::breaker::{Fuse, Measure};
use crate::text::Text;

/// A card as high as what it holds, with a title and what it means.
pub fn titled_ui<R>(
    ui: &mut Ui,
    title: &str,
    why: Option<&str>,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    let t = theme::tokens(ui);
    Frame::new()
        .fill(t.panel)
        .stroke(theme::hairline(t))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::same(size::L as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = size::XS;
            ui.label(theme::strong(title, t.text));
            if let Some(why) = why {
                wrapped_ui(ui, theme::small(why, t.mute));
            }
            ui.add_space(size::XS);
            add(ui)
        })
        .inner
}

/// Words that may need more than a line.
pub fn wrapped_ui(ui: &mut Ui, words: RichText) {
    ui.add(Label::new(words).wrap());
}

/// A share, as a number of two decimals; a dash for what is not defined.
pub fn two(text: &Text, value: Option<f64>) -> String {
    text.number(value.unwrap_or(f64::NAN), 2)
}

/// A measure of the breaker in words.
pub fn measure_words(cx: &Cx<'_>, measure: &Measure) -> String {
    let text = cx.text;
    match measure.fuse {
        Fuse::Channel(channel) => text.with(
            "mod-measure-channel",
            [
                ("channel", text.channel(channel).into()),
                ("value", text.number(measure.value, 2).into()),
                ("limit", text.number(measure.limit, 2).into()),
            ],
        ),
        Fuse::Latency => text.with(
            "mod-measure-latency",
            [
                ("value", text.number(measure.value, 0).into()),
                ("limit", text.number(measure.limit, 0).into()),
            ],
        ),
    }
}
