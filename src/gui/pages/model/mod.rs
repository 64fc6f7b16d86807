//! Model: can I trust it? What it is and what it is worth, what a threshold costs, whether the data are still those
//! it learned from, and which versions there are.

mod compare;
mod dialog;
mod drift;
mod parts;
mod price;
mod reliability;
mod trust;
mod versions;
mod worth;

pub use parts::{titled_ui, wrapped_ui};
pub use worth::cell_ui;

use eframe::egui::{ScrollArea, Ui, vec2};

use crate::domain::ModelCard;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::{Figure, model_figure};
use crate::gui::widgets::card::{Tone, banner_ui};

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The threshold that is tried, for a model version.
    tried: Option<(u32, f64)>,
    /// The version that is compared with the one in force.
    compared: Option<u32>,
    dialog: Option<dialog::Dialog>,
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let mut all = vec![model_figure(cx).weighing(7)];
    let Some(card) = cx.snapshot.model.as_deref() else {
        return all;
    };
    if let Some(metrics) = &card.metrics {
        let number = |value: Option<f64>| text.number(value.unwrap_or(f64::NAN), 3);
        all.push(Figure::new(
            number(metrics.brier),
            &text.get("mod-bar-brier"),
        ));
        all.push(Figure::new(number(metrics.pr_auc), &text.get("mod-bar-pr")));
    }
    let budget = cx.snapshot.models.budget_hours.map_or_else(
        || text.get("mod-bar-budget-usual").into_owned(),
        |hours| text.number(hours, 2),
    );
    all.push(Figure::new(budget, &text.get("mod-bar-budget")).weighing(3));
    let (word, ink) = if cx.snapshot.models.tripped().next().is_some() {
        (text.get("mod-breaker-tripped"), Some(t.off))
    } else if cx.snapshot.models.blown.is_empty() {
        (text.get("mod-breaker-armed"), None)
    } else {
        (text.get("mod-breaker-held"), Some(t.warn))
    };
    let mut breaker = Figure::new(word.into_owned(), &text.get("mod-bar-breaker")).weighing(8);
    breaker.ink = ink;
    all.push(breaker);
    all
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ScrollArea::vertical()
        .id_salt("model-page")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(size::L, size::M);
            let model = cx.snapshot.model.clone();
            let view = cx.snapshot.models.clone();
            if let Some(fault) = &view.fault {
                let detail = cx.text.detail(fault);
                let words = cx.text.get("mod-fault");
                banner_ui(ui, Tone::Warn, &words, None, detail.as_deref());
            }
            trust::trust_ui(ui, cx, state, model.as_deref());
            match model.as_deref() {
                Some(card) => columns_ui(ui, cx, state, card),
                None => versions::versions_ui(ui, cx, state),
            }
        });
    dialog::dialog_ui(ui, cx, state);
}

/// What it is worth at the left, whether it still holds at the right.
fn columns_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, card: &ModelCard) {
    let whole = ui.available_width();
    if whole < 900.0 {
        left_ui(ui, cx, state, card);
        right_ui(ui, cx, state, card);
        return;
    }
    let width = ((whole - size::L) / 2.0).floor();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(size::L, size::M);
        ui.vertical(|ui| {
            ui.set_width(width);
            left_ui(ui, cx, state, card);
        });
        ui.vertical(|ui| {
            ui.set_width(width);
            right_ui(ui, cx, state, card);
        });
    });
}

fn left_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, card: &ModelCard) {
    worth::card_ui(ui, cx, card);
    worth::figures_ui(ui, cx, card);
    price::price_ui(ui, cx, state, card);
    worth::importance_ui(ui, cx, card);
}

fn right_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, card: &ModelCard) {
    drift::drift_ui(ui, cx, card);
    versions::versions_ui(ui, cx, state);
    reliability::reliability_ui(ui, cx, card);
    versions::deeds_ui(ui, cx);
}
