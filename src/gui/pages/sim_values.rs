//! The Simulator's left: what I set. Presets, the values of a locomotive, the four sliders, and whose normal they are
//! judged against.

use eframe::egui::{Align, Layout, Ui, Vec2};

use crate::domain::Channel;
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::loco_choice::{Choice, loco_choice_ui};
use crate::gui::widgets::slider::channel_slider_ui;

use super::simulator::State;

/// Draws the column.
pub fn set_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    // Low windows scroll this column; where the bar floats nothing may stand.
    if ui.available_width() < 300.0 {
        ui.set_max_width(ui.available_width() - size::S);
    }
    let t = theme::tokens(ui);
    let text = cx.text;
    // A model of other machines and units was never asked about the two presets; there the machine that
    // is looked at is where to begin.
    let card = cx.snapshot.judge.as_ref().map(|j| j.card());
    let presets = card.is_none_or(|c| c.preset_nominal.is_some());
    if let (false, false, Some(row)) = (presets, state.touched, cx.selected_row()) {
        state.take(row);
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(size::S);
        for (key, values) in [
            ("sim-preset-nominal", PRESET_NOMINAL),
            ("sim-preset-alert", PRESET_ALERT),
        ] {
            if !presets {
                continue;
            }
            let on = state.values == values;
            if button_ui(ui, Kind::Choice(on), &text.get(key)).clicked() {
                state.preset(values);
            }
        }
        // The locomotive that was loaded, or else the one that is looked at.
        let loaded = state.loaded.as_ref();
        let loaded = loaded.and_then(|l| cx.snapshot.fleet.iter().find(|r| r.loco == *l));
        if let Some(row) = loaded.or(cx.selected_row()) {
            let on = state.values == row.values;
            if button_ui(ui, Kind::Choice(on), row.loco.as_str()).clicked() {
                state.take(row);
            }
            load_ui(ui, cx, state);
        }
    });
    ui.add_space(size::M);
    let normal = state.normal(cx.snapshot);
    let fleet_normal = cx.snapshot.judge.as_ref().map(|j| j.fleet_normal());
    let shown = normal.as_ref().or(fleet_normal);
    ui.spacing_mut().item_spacing.y = size::XS;
    for channel in Channel::ALL {
        let i = channel.index();
        let mean = shown.map(|n| n.mean[i]);
        channel_slider_ui(ui, text, channel, &mut state.values[i], mean);
        ui.add_space(size::M);
    }
    let name = text.get("sim-normal");
    if ui.available_width() < 300.0 {
        ui.label(theme::strong(name.as_ref(), t.text));
        against_ui(ui, cx, state, &name);
    } else {
        ui.horizontal(|ui| {
            ui.label(theme::strong(name.as_ref(), t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                against_ui(ui, cx, state, &name);
            });
        });
    }
    ui.add_space(size::XS);
    ui.label(theme::small(text.get("sim-normal-why"), t.mute));
}

/// The present values of any locomotive, into the sliders.
fn load_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let fleet = &cx.snapshot.fleet;
    let name = cx.text.get("sim-load");
    if let Some(Choice::Loco(loco)) = loco_choice_ui(ui, "sim-load", &name, None, fleet, None)
        && let Some(row) = fleet.iter().find(|r| r.loco == loco)
    {
        state.take(row);
    }
}

/// Whose normal is the reference.
fn against_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, name: &str) {
    let rows = if cx.snapshot.judge.is_some() {
        &cx.snapshot.fleet[..]
    } else {
        &[]
    };
    let first = cx.text.get("sim-normal-fleet");
    let against = state.against.as_ref();
    match loco_choice_ui(ui, "sim-normal", name, Some(first.as_ref()), rows, against) {
        Some(Choice::First) => state.against = None,
        Some(Choice::Loco(loco)) => state.against = Some(loco),
        None => {}
    }
}
