//! Two versions side by side: data, threshold, figures, what they look at.

use eframe::egui::{Grid, Ui, vec2};

use crate::domain::ModelCard;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};

use super::State;
use super::worth::{cell_ui, ranked, table_ui};

/// How something of a card is written.
type Write = fn(&Cx<'_>, &ModelCard) -> String;

/// Draws the model in force beside another version.
pub fn compare_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, other: u32) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let view = &cx.snapshot.models;
    let version = view.versions.iter().find(|v| v.version == other);
    let (Some(now), Some(Ok(then))) = (cx.snapshot.model.as_deref(), version.map(|v| &v.card))
    else {
        state.compared = None;
        return;
    };
    if now.version == other {
        // It came into force meanwhile.
        state.compared = None;
        return;
    }
    ui.add_space(size::M);
    let title = text.with(
        "mod-compare",
        [("a", now.version.into()), ("b", then.version.into())],
    );
    ui.label(theme::strong(title, t.text));
    let names = [now, then.as_ref()].map(|card| format!("v{}", card.version));
    table_ui(
        ui,
        cx,
        "model-compare",
        &names,
        &[now.metrics.as_ref(), then.metrics.as_ref()],
    );
    ui.add_space(size::S);
    let first = 112.0;
    let width = ((ui.available_width() - first) / 2.0 - size::S).max(80.0);
    let rows: [(_, Write); 4] = [
        (text.get("mod-card-threshold"), |cx, card| {
            cx.text.percent(card.threshold)
        }),
        (text.get("mod-version-rows"), |cx, card| {
            cx.text.count(card.rows)
        }),
        (text.get("mod-card-span"), |cx, card| {
            let (from, to) = (card.from_ms, card.to_ms);
            format!("{} – {}", cx.text.date(from), cx.text.date_year(to))
        }),
        (text.get("mod-compare-top"), |cx, card| {
            let top = ranked(card).first().map(|top| cx.text.feature(top.0));
            top.unwrap_or_else(|| "—".to_owned())
        }),
    ];
    Grid::new("model-compare-data")
        .num_columns(3)
        .spacing(vec2(size::S, 2.0))
        .show(ui, |ui| {
            for (name, write) in rows {
                cell_ui(ui, first, false, theme::body(name, t.mute));
                for card in [now, then.as_ref()] {
                    cell_ui(ui, width, true, theme::body(write(cx, card), t.text));
                }
                ui.end_row();
            }
        });
    if button_ui(ui, Kind::Plain, &text.get("mod-compare-close")).clicked() {
        state.compared = None;
    }
}
