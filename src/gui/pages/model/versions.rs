//! The models kept, what may be put in force, and what was done.

use eframe::egui::{ScrollArea, Sense, Ui, vec2};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::models::{Version, What};

use super::State;
use super::compare;
use super::dialog::Dialog;
use super::parts::{measure_words, titled_ui, two, wrapped_ui};
use super::worth::cell_ui;

/// Rows in view before the table scrolls.
const ROWS: f32 = 6.0;
/// Widths of the buttons' columns.
const ACTIONS: f32 = 236.0;

/// Draws the card.
pub fn versions_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let text = cx.text;
    let view = cx.snapshot.models.clone();
    titled_ui(ui, &text.get("mod-versions"), None, |ui| {
        let t = theme::tokens(ui);
        if let Some(version) = view.promoting {
            ui.horizontal(|ui| {
                ui.spinner();
                let words = text.with("mod-version-promoting", [("version", version.into())]);
                ui.label(theme::body(words, t.text));
            });
        }
        if view.versions.is_empty() {
            let words = if view.ready || cx.snapshot.last_run.is_none() {
                text.get("mod-none-title")
            } else {
                text.get("mod-loading")
            };
            ui.label(theme::body(words, t.mute));
            return;
        }
        // Nothing can be done about the one in force: where it is alone, its words have the room of the buttons.
        let alone = view.versions.iter().all(|version| version.in_force);
        let actions = if alone { 0.0 } else { ACTIONS };
        let room = ui.available_width() - actions - 6.0 * size::S;
        let shares = [0.13, 0.31, 0.17, 0.16, 0.23];
        let widths = shares.map(|share| (room * share).max(36.0));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::S;
            ui.spacing_mut().interact_size.y = 18.0;
            for (i, (head, width)) in [
                text.get("mod-version"),
                text.get("mod-version-trained"),
                text.get("mod-bar-pr"),
                text.get("mod-bar-brier"),
                text.get("mod-version-state"),
            ]
            .iter()
            .zip(widths)
            .enumerate()
            {
                let number = i == 2 || i == 3;
                cell_ui(ui, width, number, theme::small(head.as_ref(), t.mute));
            }
        });
        ScrollArea::vertical()
            .id_salt("model-versions")
            .max_height(ROWS * size::ROW)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for version in &view.versions {
                    row_ui(ui, cx, state, version, widths);
                }
            });
        if let Some(other) = state.compared {
            compare::compare_ui(ui, cx, state, other);
        }
    });
}

fn row_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, version: &Version, widths: [f32; 5]) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter()
        .hline(line.x_range(), line.top(), theme::hairline(t));
    ui.horizontal(|ui| {
        ui.set_height(size::ROW - 1.0);
        ui.spacing_mut().item_spacing.x = size::S;
        let card = version.card.as_deref().ok();
        let name = format!("v{}", version.version);
        cell_ui(ui, widths[0], false, theme::strong(name, t.text));
        let trained = card.map_or_else(|| "—".into(), |c| text.date_year(c.trained_at_ms));
        cell_ui(ui, widths[1], false, theme::body(trained, t.text));
        let metrics = card.and_then(|card| card.metrics.as_ref());
        cell_ui(
            ui,
            widths[2],
            true,
            theme::body(two(text, metrics.and_then(|m| m.pr_auc)), t.text),
        );
        let brier = text.number(metrics.and_then(|m| m.brier).unwrap_or(f64::NAN), 3);
        cell_ui(ui, widths[3], true, theme::body(brier, t.text));
        let (word, ink, hover) = match &version.card {
            Err(why) => (text.get("mod-version-damaged"), t.off, Some(why.as_str())),
            Ok(_) if version.in_force => (text.get("mod-version-in-force"), t.text, None),
            Ok(card) if !card.promoted => (
                text.get("mod-version-refused"),
                t.warn,
                card.refusal.as_deref(),
            ),
            Ok(_) if version.promoted_ms.is_empty() => (text.get("mod-version-kept"), t.mute, None),
            Ok(_) => (text.get("mod-version-before"), t.mute, None),
        };
        let state_cell = ui
            .scope(|ui| cell_ui(ui, widths[4], false, theme::small_strong(word, ink)))
            .response;
        if let Some(why) = hover {
            state_cell.on_hover_text(why);
        }
        if version.in_force {
            return;
        }
        let number = version.version;
        if cx.snapshot.model.is_some() && card.is_some() {
            let on = state.compared == Some(number);
            let button = button_ui(ui, Kind::Choice(on), &text.get("mod-version-compare"));
            let name = text.with("mod-version-compare-name", [("version", number.into())]);
            if button.clicked() {
                state.compared = (!on).then_some(number);
            }
            button.accessible_name(name);
        }
        let idle = cx.snapshot.running.is_none() && cx.snapshot.models.promoting.is_none();
        let button = ui
            .add_enabled_ui(idle && card.is_some(), |ui| {
                button_ui(ui, Kind::Plain, &text.get("mod-version-promote"))
            })
            .inner;
        let name = text.with("mod-version-promote-name", [("version", number.into())]);
        let button = button.on_disabled_hover_text(text.get("mod-promote-busy"));
        if button.clicked() {
            state.dialog = Some(Dialog::promote(number));
        }
        button.accessible_name(name);
    });
}

/// What was done about models and the breaker, by whom and why.
pub fn deeds_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    let view = &cx.snapshot.models;
    titled_ui(ui, &text.get("mod-deeds"), None, |ui| {
        let t = theme::tokens(ui);
        if view.deeds.is_empty() {
            let words = if view.ready {
                text.get("mod-deeds-none")
            } else {
                text.get("mod-loading")
            };
            ui.label(theme::body(words, t.mute));
        }
        ui.spacing_mut().interact_size.y = 18.0;
        for deed in &view.deeds {
            let what = match &deed.what {
                What::Tripped(m) => {
                    format!(
                        "{} · {}",
                        text.get("mod-deed-tripped"),
                        measure_words(cx, m)
                    )
                }
                What::Armed(m) => {
                    format!("{} · {}", text.get("mod-deed-armed"), measure_words(cx, m))
                }
                What::Rested(m) => {
                    format!("{} · {}", text.get("mod-deed-rested"), measure_words(cx, m))
                }
                What::Promoted {
                    version,
                    against_gate: true,
                } => text.with("mod-deed-against", [("version", (*version).into())]),
                What::Promoted { version, .. } => {
                    text.with("mod-deed-promoted", [("version", (*version).into())])
                }
            };
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = size::S;
                let when = text.moment(deed.at_ms, Some(cx.wall_ms));
                cell_ui(ui, 104.0, false, theme::small(when, t.mute));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let words = format!("{} — {what}", deed.who);
                    wrapped_ui(ui, theme::body(words, t.text));
                    if !deed.why.is_empty() {
                        wrapped_ui(ui, theme::small(deed.why.as_str(), t.mute));
                    }
                });
            });
        }
    });
}
