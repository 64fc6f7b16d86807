//! What a sensor can say at all: limits of each channel, in a table. A row outside of them goes to quarantine.

use eframe::egui::{Grid, Ui};

use super::field::{Typed, send, wrong_ui};
use super::typed::{Wrong, unit_words, written};
use super::{State, part_ui};
use crate::domain::Channel;
use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::icon_button_ui;
use crate::service::settings::fields::{default_of, field};
use crate::service::settings::{Change, Place, SettingsView, Value};

const PARTS: [&str; 3] = ["min", "max", "max_rate_per_sec"];

fn key(channel: Channel, part: &str) -> String {
    format!("limits.{}.{part}", channel.key())
}

/// All keys of the table.
#[cfg(test)]
pub fn keys() -> Vec<String> {
    let of = |channel| PARTS.map(|part| key(channel, part));
    Channel::ALL.into_iter().flat_map(of).collect()
}

pub fn limits_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let t = theme::tokens(ui);
    ui.label(theme::body(cx.text.get("set-limits-lead"), t.mute));
    ui.add_space(size::S);
    let mut wrong = Vec::new();
    Grid::new("set-limits")
        .num_columns(6)
        .spacing([size::L, size::S])
        .show(ui, |ui| {
            for head in ["set-limit-channel", "set-limit-min", "set-limit-max"] {
                ui.label(theme::small(cx.text.get(head), t.mute));
            }
            ui.label(theme::small(cx.text.get("set-limit-rate"), t.mute));
            ui.label(theme::small(cx.text.get("set-limit-default"), t.mute));
            ui.end_row();
            for channel in Channel::ALL {
                wrong.extend(channel_ui(ui, cx, view, state, channel));
                ui.end_row();
            }
        });
    for (name, words) in wrong {
        wrong_ui(ui, &format!("{name} — {words}"));
    }
    part_ui(ui, &cx.text.get("set-gates"));
}

/// One row; what is wrong in it, by the name of its field.
fn channel_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    view: &SettingsView,
    state: &mut State,
    channel: Channel,
) -> Vec<(String, String)> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let channel_name = text.channel(channel);
    let mut wrong = Vec::new();
    let unit = unit_words(text, crate::service::settings::Unit::Of(channel));
    ui.label(theme::strong(
        format!("{channel_name} ({})", unit.trim()),
        t.text,
    ));
    for part in PARTS {
        let key = key(channel, part);
        let Some(field) = field(&key) else { continue };
        let named = match part {
            "min" => "set-limit-name-min",
            "max" => "set-limit-name-max",
            _ => "set-limit-name-rate",
        };
        let name = text.with(named, [("channel", channel_name.as_str().into())]);
        let other = |part| view.value(&self::key(channel, part)).cloned();
        let also = |value: &Value| {
            let number = |value: Option<Value>| match value {
                Some(Value::Number(n)) => Some(n),
                _ => None,
            };
            let new = number(Some(value.clone()))?;
            let (low, high) = match part {
                "min" => (new, number(other("max"))?),
                "max" => (number(other("min"))?, new),
                _ => return None,
            };
            (low >= high).then_some(Wrong::UpsideDown)
        };
        let typed = Typed {
            place: Place::of(&key),
            field,
            now: view.value(&key),
            optional: false,
            name: &name,
            width: 96.0,
            also: &also,
        };
        if let Some(words) = typed.ui(ui, cx, state) {
            wrong.push((name, words));
        }
    }
    defaults_ui(ui, cx, view, state, channel);
    wrong
}

/// The defaults of a row, and the way back to them.
fn defaults_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    view: &SettingsView,
    state: &mut State,
    channel: Channel,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let [low, high, rate] = PARTS.map(|part| {
        let key = key(channel, part);
        let value = default_of(&key).zip(field(&key));
        value.map_or_else(String::new, |(value, field)| written(text, field, &value))
    });
    let defaults = text.with(
        "set-limit-defaults",
        [
            ("low", low.into()),
            ("high", high.into()),
            ("rate", rate.into()),
        ],
    );
    ui.horizontal(|ui| {
        ui.label(theme::small(defaults.as_str(), t.mute));
        let given: Vec<String> = PARTS
            .iter()
            .map(|part| key(channel, part))
            .filter(|key| view.given.contains(key))
            .collect();
        if given.is_empty() {
            return;
        }
        let name = text.channel(channel);
        let back = text.with(
            "set-reset",
            [("name", name.into()), ("default", defaults.into())],
        );
        if icon_button_ui(ui, Icon::RotateCcw, &back).clicked() {
            for key in given {
                let place = Place::of(&key);
                state.drafts.remove(&place);
                send(cx, Change::Unset { place });
            }
        }
    });
}
