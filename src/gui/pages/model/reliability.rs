//! Does a probability mean what it says? What was said against what came, on rows the model had not seen.

use eframe::egui::{Ui, vec2};
use egui_plot::{Line, LineStyle, Plot, PlotPoints, Points};

use crate::domain::ModelCard;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};

use super::parts::{titled_ui, wrapped_ui};

/// Draws the card.
pub fn reliability_ui(ui: &mut Ui, cx: &Cx<'_>, card: &ModelCard) {
    let text = cx.text;
    titled_ui(
        ui,
        &text.get("mod-reliability"),
        Some(&text.get("mod-reliability-why")),
        |ui| {
            let t = theme::tokens(ui);
            let bins = card.curves.as_ref().map(|curves| &curves.reliability);
            let Some(bins) = bins.filter(|bins| !bins.is_empty()) else {
                wrapped_ui(ui, theme::body(text.get("mod-no-curves"), t.mute));
                return;
            };
            let most = bins.iter().map(|b| b.said.max(b.came)).fold(0.05, f64::max);
            let end = (most * 1.08).min(1.02);
            let points: Vec<[f64; 2]> = bins.iter().map(|b| [b.said, b.came]).collect();
            let response = bare_plot(
                ui,
                cx,
                "model-reliability",
                220.0,
                (-0.02 * end, end),
                (-0.04 * end, end),
            )
            .show(ui, |plot| {
                let ideal = PlotPoints::from(vec![[0.0, 0.0], [end, end]]);
                plot.line(
                    Line::new("", ideal)
                        .color(t.mute)
                        .width(size::LINE)
                        .style(LineStyle::dashed_dense())
                        .allow_hover(false),
                );
                plot.line(
                    Line::new("", points.clone())
                        .color(t.trace)
                        .width(size::CURVE)
                        .allow_hover(false),
                );
                plot.points(
                    Points::new("", points.clone())
                        .color(t.trace)
                        .radius(3.5)
                        .allow_hover(false),
                );
                plot.pointer_coordinate()
            });
            let words = |i: usize| {
                let bin = bins[i];
                text.with(
                    "mod-reliability-point",
                    [
                        ("said", text.percent(bin.said).into()),
                        ("came", text.percent(bin.came).into()),
                        ("rows", text.count(bin.rows).into()),
                    ],
                )
            };
            // What is drawn, in words: under the pointer, and for those who do not see it.
            let near = response.inner.and_then(|at| {
                let far = |i: &usize| (bins[*i].said - at.x).abs();
                (0..bins.len()).min_by(|a, b| far(a).total_cmp(&far(b)))
            });
            let all: Vec<String> = (0..bins.len()).map(words).collect();
            let name = format!("{}. {}", text.get("mod-reliability"), all.join(". "));
            response.response.widget_info(|| {
                eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Image, true, &name)
            });
            axis_ui(
                ui,
                cx,
                &text.get("mod-reliability-x"),
                &text.get("mod-reliability-y"),
            );
            // Of the fullest bin where the pointer is elsewhere, so that nothing jumps.
            let fullest = (0..bins.len()).max_by_key(|i| bins[*i].rows).unwrap_or(0);
            let shown = near.filter(|_| response.response.hovered());
            ui.label(theme::small(words(shown.unwrap_or(fullest)), t.text));
        },
    );
}

/// A plot of shares that the hand does not move.
pub fn bare_plot<'a>(
    ui: &Ui,
    cx: &Cx<'_>,
    salt: &'a str,
    height: f32,
    x: (f64, f64),
    y: (f64, f64),
) -> Plot<'a> {
    let (across, up) = (cx.text.clone(), cx.text.clone());
    Plot::new(salt)
        .width(ui.available_width())
        .height(height)
        .show_background(true)
        .show_grid(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(vec2(0.0, 0.0))
        .default_x_bounds(x.0, x.1)
        .default_y_bounds(y.0, y.1)
        .x_axis_formatter(move |mark, _| share(&across, mark.value))
        .y_axis_formatter(move |mark, _| share(&up, mark.value))
}

fn share(text: &crate::text::Text, value: f64) -> String {
    if (-1e-9..=1.0 + 1e-9).contains(&value) {
        text.percent(value.abs())
    } else {
        String::new()
    }
}

/// What stands on the axes, under the plot.
pub fn axis_ui(ui: &mut Ui, _cx: &Cx<'_>, x: &str, y: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        ui.label(theme::small(format!("↑ {y}"), t.mute));
        ui.label(theme::small(format!("→ {x}"), t.mute));
    });
}
