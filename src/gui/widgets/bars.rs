//! What pushed the verdict: one signed bar a channel around a common zero.

use eframe::egui::{Align, CornerRadius, Layout, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::domain::{Channel, ChannelValues};
use crate::gui::theme::{self, size};
use crate::text::Text;

/// A push below this is written as zero.
const SHOWN: f64 = 0.005;

/// The largest push first.
#[must_use]
pub fn by_weight(contributions: &ChannelValues) -> [Channel; 4] {
    let mut order = Channel::ALL;
    order.sort_by(|a, b| {
        contributions[b.index()]
            .abs()
            .total_cmp(&contributions[a.index()].abs())
    });
    order
}

/// Four rows: name, bar, number. Bars are red only where the verdict is danger: grey until it matters.
pub fn contributions_ui(
    ui: &mut Ui,
    text: &Text,
    contributions: &ChannelValues,
    danger: bool,
    name_width: f32,
    row_height: f32,
) {
    let t = theme::tokens(ui);
    // Four times "+0,00" would say nothing at the length of a reason.
    if contributions.iter().all(|push| push.abs() < SHOWN) {
        ui.label(theme::body(text.get("story-calm"), t.mute).size(size::LABEL));
        return;
    }
    let low = contributions.iter().copied().fold(0.0, f64::min);
    let high = contributions.iter().copied().fold(0.0, f64::max);
    // Never less than a tenth across, so that noise does not look like a reason.
    let slack = (0.1 - (high - low)).max(0.0) / 2.0;
    let (low, high) = (low - slack - 0.01, high + slack + 0.01);
    let number_width = 52.0;
    for channel in by_weight(contributions) {
        let push = contributions[channel.index()];
        ui.allocate_ui_with_layout(
            vec2(ui.available_width(), row_height),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.set_min_height(row_height);
                ui.allocate_ui_with_layout(
                    vec2(name_width, row_height),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_width(name_width);
                        ui.label(theme::body(text.channel(channel), t.text).size(size::LABEL));
                    },
                );
                let width = (ui.available_width() - number_width).max(20.0);
                let (rect, _) = ui.allocate_exact_size(vec2(width, row_height), Sense::hover());
                let track = Rect::from_center_size(rect.center(), vec2(width, 12.0));
                ui.painter().rect_filled(track, CornerRadius::ZERO, t.band);
                let x = |v: f64| track.left() + ((v - low) / (high - low)) as f32 * track.width();
                let bar =
                    Rect::from_two_pos(pos2(x(0.0), track.top()), pos2(x(push), track.bottom()));
                let ink = if danger && push > 0.0 {
                    t.danger
                } else {
                    t.mute
                };
                ui.painter().rect_filled(bar, CornerRadius::ZERO, ink);
                ui.painter().vline(
                    x(0.0),
                    track.y_range().expand(2.0),
                    Stroke::new(size::LINE, t.text),
                );
                ui.allocate_ui_with_layout(
                    vec2(number_width, row_height),
                    Layout::right_to_left(Align::Center),
                    |ui| {
                        ui.set_width(number_width);
                        ui.label(theme::body(text.signed(push), t.text));
                    },
                );
            },
        );
    }
}
