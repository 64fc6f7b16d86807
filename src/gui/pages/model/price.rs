//! What another threshold would bring and cost. A question only: nothing changes in force.

use eframe::egui::{Role, Sense, Ui, WidgetInfo};
use egui_plot::{Line, PlotPoints, Points, VLine};

use crate::domain::ModelCard;
use crate::domain::curves::{Curves, ThresholdPoint};
use crate::gui::context::{Ask, Cx, Page};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::slider::bare_slider_ui;

use super::State;
use super::parts::{titled_ui, two, wrapped_ui};
use super::reliability::{axis_ui, bare_plot};
use super::worth::cell_ui;

/// Draws the card.
pub fn price_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, card: &ModelCard) {
    let text = cx.text;
    titled_ui(
        ui,
        &text.get("mod-price"),
        Some(&text.get("mod-price-why")),
        |ui| {
            let t = theme::tokens(ui);
            let curves = card.curves.as_ref();
            let Some(curves) = curves.filter(|curves| !curves.thresholds.is_empty()) else {
                wrapped_ui(ui, theme::body(text.get("mod-no-curves"), t.mute));
                return;
            };
            let of_this = state.tried.filter(|(version, _)| *version == card.version);
            let mut tried = of_this.map_or(card.threshold, |(_, threshold)| threshold);
            let before = tried;
            curve_ui(ui, cx, curves, card, &mut tried);
            axis_ui(ui, cx, &text.get("mod-price-x"), &text.get("mod-price-y"));
            slider_ui(ui, cx, curves, &mut tried);
            if tried != before {
                state.tried = Some((card.version, tried));
            }
            figures_ui(ui, cx, curves, card, tried);
            let moved = (tried - card.threshold).abs() > 1e-9;
            adopt_ui(ui, cx, state, curves, tried, moved);
        },
    );
}

fn curve_ui(ui: &mut Ui, cx: &Cx<'_>, curves: &Curves, card: &ModelCard, tried: &mut f64) {
    let t = theme::tokens(ui);
    let place = |point: &ThresholdPoint| point.precision.map(|p| [point.recall, p]);
    let line: Vec<[f64; 2]> = curves.thresholds.iter().filter_map(place).collect();
    let force = curves.at(card.threshold).and_then(place);
    let now = curves.at(*tried).and_then(place);
    let response = bare_plot(ui, cx, "model-price", 220.0, (-0.02, 1.02), (-0.02, 1.05))
        .sense(Sense::CLICK | Sense::DRAG)
        .show(ui, |plot| {
            let base = vec![[0.0, curves.positives], [1.0, curves.positives]];
            plot.line(
                Line::new("", PlotPoints::from(base))
                    .color(t.mute)
                    .width(size::LINE)
                    .style(egui_plot::LineStyle::dashed_dense())
                    .allow_hover(false),
            );
            plot.line(
                Line::new("", line)
                    .color(t.trace)
                    .width(size::CURVE)
                    .allow_hover(false),
            );
            if let Some(at) = force {
                plot.points(
                    Points::new("", vec![at])
                        .color(t.text)
                        .filled(false)
                        .radius(7.0)
                        .allow_hover(false),
                );
            }
            if let Some(at) = now {
                plot.vline(
                    VLine::new("", at[0])
                        .color(t.line)
                        .width(size::LINE)
                        .allow_hover(false),
                );
                plot.points(
                    Points::new("", vec![at])
                        .color(t.accent)
                        .radius(5.0)
                        .allow_hover(false),
                );
            }
            plot.pointer_coordinate()
        });
    let pulled = response.response.dragged() || response.response.clicked();
    if let (true, Some(at)) = (pulled, response.inner) {
        let far = |point: &ThresholdPoint| {
            let precision = point.precision.unwrap_or(0.0);
            (point.recall - at.x).powi(2) + (precision - at.y).powi(2)
        };
        let near = curves.thresholds.iter();
        if let Some(near) = near.min_by(|a, b| far(a).total_cmp(&far(b))) {
            *tried = near.threshold;
        }
    }
    let name = cx.text.get("mod-price");
    let info = || WidgetInfo::labeled(Role::Image, true, &name);
    response.response.widget_info(info);
}

fn slider_ui(ui: &mut Ui, cx: &Cx<'_>, curves: &Curves, tried: &mut f64) {
    let t = theme::tokens(ui);
    let last = curves.thresholds.len() - 1;
    let at = curves
        .thresholds
        .partition_point(|point| point.threshold < *tried)
        .min(last);
    let mut place = at as f64;
    let name = cx.text.with(
        "mod-price-slider",
        [("threshold", cx.text.percent(*tried).into())],
    );
    let slider = bare_slider_ui(ui, &mut place, 0.0..=last as f64, t.accent);
    if slider.changed() {
        let to = place.round().clamp(0.0, last as f64) as usize;
        // An arrow moves by less than a place: it still goes one on.
        let to = match place.total_cmp(&(at as f64)) {
            std::cmp::Ordering::Greater => to.max((at + 1).min(last)),
            std::cmp::Ordering::Less => to.min(at.saturating_sub(1)),
            std::cmp::Ordering::Equal => at,
        };
        *tried = curves.thresholds[to].threshold;
    }
    slider.accessible_name(name);
}

/// The price of the one tried over that of the one in force.
fn figures_ui(ui: &mut Ui, cx: &Cx<'_>, curves: &Curves, card: &ModelCard, tried: f64) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let words = |threshold: f64| -> Option<[String; 5]> {
        let point = curves.at(threshold)?;
        Some([
            text.percent(threshold),
            two(text, point.false_alarm_hours),
            text.with(
                "mod-price-of",
                [
                    ("warned", text.count(point.failures_warned).into()),
                    ("of", text.count(curves.failures).into()),
                ],
            ),
            point
                .precision
                .map_or_else(|| "—".into(), |p| text.percent(p)),
            text.percent(point.recall),
        ])
    };
    let heads = [
        text.get("mod-price-threshold"),
        text.get("mod-price-hours"),
        text.get("mod-price-warned"),
        text.get("mod-price-precision"),
        text.get("mod-price-recall"),
    ];
    let first = 76.0;
    let widths = {
        let rest = ui.available_width() - first - 6.0 * size::XS;
        [0.13, 0.36, 0.23, 0.14, 0.14].map(|share| rest * share)
    };
    let row = |ui: &mut Ui, name: &str, cells: &[String], ink, strong: bool| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::XS;
            ui.spacing_mut().interact_size.y = 20.0;
            cell_ui(ui, first, false, theme::small(name, t.mute));
            for (cell, width) in cells.iter().zip(widths) {
                let words = if strong {
                    theme::strong(cell.as_str(), ink)
                } else {
                    theme::body(cell.as_str(), ink)
                };
                cell_ui(ui, width, true, words);
            }
        });
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::XS;
        ui.spacing_mut().interact_size.y = 16.0;
        cell_ui(ui, first, false, theme::small("", t.mute));
        for (head, width) in heads.iter().zip(widths) {
            cell_ui(ui, width, true, theme::small(head.as_ref(), t.mute));
        }
    });
    if let Some(cells) = words(tried) {
        row(ui, &text.get("mod-price-tried"), &cells, t.text, true);
    }
    if let Some(cells) = words(card.threshold) {
        row(ui, &text.get("mod-price-force"), &cells, t.mute, false);
    }
}

/// What would have to be set, and the way back.
fn adopt_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    curves: &Curves,
    tried: f64,
    moved: bool,
) {
    if !moved {
        return;
    }
    let t = theme::tokens(ui);
    let text = cx.text;
    if let Some(hours) = curves.at(tried).and_then(|point| point.false_alarm_hours) {
        let words = text.with("mod-price-adopt", [("hours", text.number(hours, 2).into())]);
        wrapped_ui(ui, theme::small(words, t.text));
    }
    ui.horizontal_wrapped(|ui| {
        if button_ui(ui, Kind::Plain, &text.get("mod-price-reset")).clicked() {
            state.tried = None;
        }
        if button_ui(ui, Kind::Plain, &text.get("mod-price-settings")).clicked() {
            cx.ask(Ask::Show(Page::Settings));
        }
    });
}
