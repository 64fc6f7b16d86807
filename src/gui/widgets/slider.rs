//! A channel's slider: its name, a typed value with its unit, and the track from one end of its range
//! to the other. Outside the range a value may be typed; the handle then stays at the end.

use std::ops::RangeInclusive;

use eframe::egui::{
    Align, Align2, Color32, DragValue, FontId, Id, Key, Layout, Modifiers, Response, Sense, Slider,
    SliderClamping, Stroke, Ui, pos2, vec2,
};

use crate::domain::Channel;
use crate::gui::theme::{self, size};
use crate::text::Text;
use crate::text::format;

/// Radius of the handle: what egui makes of a slider 24 high.
pub const HANDLE: f32 = 24.0 / 2.5;

/// Draws the slider; `normal` is marked on the track. True when the value was changed.
pub fn channel_slider_ui(
    ui: &mut Ui,
    text: &Text,
    channel: Channel,
    value: &mut f64,
    normal: Option<f64>,
) -> bool {
    let t = theme::tokens(ui);
    let (low, high) = channel.slider_range();
    let name = text.channel(channel);
    let mut changed = false;
    ui.push_id(("channel", channel), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.label(theme::strong(name.as_str(), t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let typed = ui.add(typed_value(text, channel, value));
                changed |= typed.changed();
                let label = text.with("sim-value", [("channel", name.as_str().into())]);
                typed.accessible_name(label);
            });
        });
        let label = text.with("sim-slider", [("channel", name.as_str().into())]);
        let track = track_ui(ui, value, low..=high, channel, normal);
        changed |= track.changed();
        track.accessible_name(label);
        ends_ui(ui, text, channel, normal);
    });
    changed
}

/// The ends of the range under the track, and the normal under its mark.
fn ends_ui(ui: &mut Ui, text: &Text, channel: Channel, normal: Option<f64>) {
    let t = theme::tokens(ui);
    let (low, high) = channel.slider_range();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    let font = FontId::proportional(size::LABEL);
    let put = |x: f32, align: Align2, words: String| {
        ui.painter()
            .text(pos2(x, rect.top()), align, words, font.clone(), t.mute)
    };
    let digits = usize::from(low.fract() != 0.0);
    let left = put(rect.left(), Align2::LEFT_TOP, text.number(low, digits));
    let right = put(rect.right(), Align2::RIGHT_TOP, text.number(high, 0));
    let Some(normal) = normal.filter(|n| (low..=high).contains(n)) else {
        return;
    };
    let words = text.with(
        "sim-normal-value",
        [("value", text.value(channel, normal).into())],
    );
    let galley = ui.painter().layout_no_wrap(words, font.clone(), t.mute);
    let half = galley.size().x / 2.0;
    let span = rect.shrink2(vec2(HANDLE, 0.0));
    let x = span.left() + ((normal - low) / (high - low)) as f32 * span.width();
    let from = left.right() + size::S + half;
    let to = right.left() - size::S - half;
    if from < to {
        let at = pos2(x.clamp(from, to) - half, rect.top());
        ui.painter().galley(at, galley, t.mute);
    }
}

fn typed_value<'a>(text: &'a Text, channel: Channel, value: &'a mut f64) -> DragValue<'a> {
    let (low, high) = channel.slider_range();
    DragValue::new(value)
        .speed((high - low) / 400.0)
        .range(-1000.0..=10_000.0)
        .clip_text(false)
        .min_size(vec2(96.0, size::CONTROL - 4.0))
        .custom_formatter(move |v, _| {
            text.unit(&text.number(v, format::decimals(channel, v)), channel)
        })
        .custom_parser(Text::parse)
}

/// What the keys make of a value: arrows a fine step, with Shift ten of them, Page Up and Page Down a tenth of the
/// range, Home and End its ends. `None` where none was pressed.
fn keys(ui: &Ui, value: f64, (low, high): (f64, f64), step: f64) -> Option<f64> {
    let tenth = (high - low) / 10.0;
    ui.input_mut(|i| {
        let mut moved = 0.0;
        let mut pressed = false;
        let mut by = |modifiers, key, step: f64| {
            let times = i.count_and_consume_key(modifiers, key);
            pressed |= times > 0;
            moved += times as f64 * step;
        };
        // With Shift first: a pattern without it matches both.
        by(Modifiers::SHIFT, Key::ArrowRight, 10.0 * step);
        by(Modifiers::SHIFT, Key::ArrowLeft, -10.0 * step);
        by(Modifiers::NONE, Key::ArrowRight, step);
        by(Modifiers::NONE, Key::ArrowLeft, -step);
        by(Modifiers::NONE, Key::PageUp, tenth);
        by(Modifiers::NONE, Key::PageDown, -tenth);
        if i.consume_key(Modifiers::NONE, Key::Home) {
            return Some(low);
        }
        if i.consume_key(Modifiers::NONE, Key::End) {
            return Some(high);
        }
        pressed.then(|| (value + moved).clamp(low, high))
    })
}

/// To the digits that are shown.
fn rounded(value: f64, step: f64) -> f64 {
    // Dividing by the whole number of steps in one, so that 2.3 comes out as 2.3 and not as 2.3000000000000003.
    let steps = (1.0 / step).round();
    (value * steps).round() / steps
}

fn track_ui(
    ui: &mut Ui,
    value: &mut f64,
    range: RangeInclusive<f64>,
    channel: Channel,
    normal: Option<f64>,
) -> Response {
    let t = theme::tokens(ui);
    let (low, high) = (*range.start(), *range.end());
    // The handle stays on the track even when a value outside was typed.
    let mut shown = value.clamp(low, high);
    let step = 10f64.powi(-(channel.decimals() as i32));
    // Its name is known once it is drawn, the keys must be taken before: by the name of the frame before.
    let memory = ui.scope_id().with("slider-id");
    let focused = ui.memory(|m| m.focused());
    let drawn = ui.data(|d| d.get_temp::<Id>(memory));
    let keyed = (focused.is_some() && focused == drawn)
        .then(|| keys(ui, shown, (low, high), step))
        .flatten();
    shown = keyed.unwrap_or(shown);
    let mut response = bare_slider_ui(ui, &mut shown, range, t.accent);
    ui.data_mut(|d| d.insert_temp(memory, response.id));
    if keyed.is_some() {
        response.mark_changed();
    }
    // Rounded here and not by egui, which would round a value that nobody touched.
    if response.changed() {
        *value = rounded(shown, step);
    }
    let span = response.rect.shrink2(vec2(HANDLE, 0.0));
    let x = |v: f64| span.left() + ((v - low) / (high - low)) as f32 * span.width();
    let middle = response.rect.center().y;
    // Not through the handle.
    let clear = |n: f64| (x(n) - x(shown.clamp(low, high))).abs() > HANDLE;
    if let Some(normal) = normal.filter(|n| (low..=high).contains(n) && clear(*n)) {
        ui.painter().vline(
            x(normal),
            middle - 9.0..=middle + 9.0,
            Stroke::new(size::CURVE, t.mute),
        );
    }
    response
}

/// Track, fill and handle alone, over all the width there is. The caller names it.
pub fn bare_slider_ui(
    ui: &mut Ui,
    value: &mut f64,
    range: RangeInclusive<f64>,
    fill: Color32,
) -> Response {
    let t = theme::tokens(ui);
    let (low, high) = (*range.start(), *range.end());
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = ui.available_width();
            ui.spacing_mut().interact_size.y = 24.0;
            ui.spacing_mut().slider_rail_height = 6.0;
            ui.visuals_mut().widgets.inactive.bg_fill = t.band;
            ui.visuals_mut().selection.bg_fill = fill;
            ui.add(
                Slider::new(value, range)
                    .show_value(false)
                    .smart_aim(false)
                    .clamping(SliderClamping::Always),
            )
        })
        .inner;
    // egui fills the handle like the track; ours stands out of it.
    let span = response.rect.shrink2(vec2(HANDLE, 0.0));
    let share = ((*value - low) / (high - low)).clamp(0.0, 1.0) as f32;
    let centre = pos2(span.left() + share * span.width(), span.center().y);
    let ring = Stroke::new(size::FOCUS, t.accent);
    ui.painter().circle(centre, HANDLE - 1.0, t.raised, ring);
    if response.has_focus() {
        ui.painter().circle_stroke(centre, HANDLE + 3.0, ring);
    }
    response
}
