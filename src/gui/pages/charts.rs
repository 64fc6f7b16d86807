//! The five curves of the Locomotive page on one time axis: the four channels over their own normal
//! band, the probability over its threshold, the marks of what happened, a quality lane under each.
//!
//! It draws what the service already reduced, and reports what the hand did; what is shown is decided
//! by `locomotive`.

use eframe::egui::{
    Align2, CornerRadius, FontId, Rect, Sense, Stroke, StrokeKind, Ui, Vec2b, pos2, vec2,
};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints, PlotUi, Span, VLine};

use crate::domain::{Channel, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::paint_shape;
use crate::service::snapshot::{FleetRow, HappeningKind, LocomotiveView};

use super::curves::Curves;
use super::quality_lane::{LANE, lane_ui, legend_ui};
use super::time_axis;

/// Width of names and values left of the curves.
pub const NAMES: f32 = 136.0;
const MARKS: f32 = 20.0;
const GAP: f32 = 10.0;
const AXIS: f32 = 22.0;
const LEGEND: f32 = 20.0;

/// What the hand did on the curves, in seconds of the time axis.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Gesture {
    /// Move what is shown by so much.
    pub pan_secs: f64,
    /// Zoom by this factor about this instant.
    pub zoom: Option<(f64, f64)>,
    /// The instant under the pointer.
    pub hovered: Option<f64>,
}

/// Draws everything within `rect`; `shown` is the time axis in UTC seconds.
pub fn charts_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    curves: &Curves,
    row: Option<&FleetRow>,
    rect: Rect,
    shown: (f64, f64),
    cursor: Option<f64>,
) -> Gesture {
    let plots = Rect::from_min_max(
        pos2(rect.left() + NAMES, rect.top() + MARKS),
        pos2(rect.right(), rect.bottom() - AXIS - LEGEND),
    );
    let height = ((plots.height() + GAP) / 5.0 - LANE - GAP).max(30.0);
    let grid = time_axis::marks(cx.text, shown.0, shown.1, plots.width());
    let mut gesture = Gesture::default();
    for i in 0..5 {
        let top = plots.top() + i as f32 * (height + LANE + GAP);
        let chart = Rect::from_min_size(pos2(plots.left(), top), vec2(plots.width(), height));
        let names = Rect::from_min_size(pos2(rect.left(), top), vec2(NAMES - size::S, height));
        names_ui(ui, cx, curves, i, row, names);
        let did = chart_ui(ui, curves, i, chart, shown, &grid);
        gesture.pan_secs += did.pan_secs;
        gesture.zoom = gesture.zoom.or(did.zoom);
        gesture.hovered = gesture.hovered.or(did.hovered);
        lane_ui(ui, &curves.view.quality, chart, shown);
    }
    let bottom = plots.top() + 5.0 * (height + LANE + GAP) - GAP;
    let column = Rect::from_min_max(plots.min, pos2(plots.right(), bottom));
    marks_ui(ui, &curves.view, column, shown);
    axis_ui(ui, column, shown, &grid);
    let legend = Rect::from_min_max(pos2(rect.left(), bottom + AXIS), rect.max);
    legend_ui(ui, cx, legend.with_min_x(column.left()));
    if let Some(at) = cursor.filter(|&c| c >= shown.0 && c <= shown.1) {
        let t = theme::tokens(ui);
        ui.painter().vline(
            to_x(at, column, shown),
            column.top()..=bottom,
            Stroke::new(size::LINE, t.accent),
        );
    }
    gesture
}

/// Where an instant lies across `rect`.
pub fn to_x(secs: f64, rect: Rect, (from, to): (f64, f64)) -> f32 {
    rect.left() + ((secs - from) / (to - from)) as f32 * rect.width()
}

fn names_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    curves: &Curves,
    i: usize,
    row: Option<&FleetRow>,
    rect: Rect,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let last = curves.view.samples.last();
    let (name, unit, value, ink) = match Channel::ALL.get(i) {
        Some(&channel) => {
            let value = row.map_or_else(|| last.map(|s| s.values[i]), |r| Some(r.values[i]));
            let out = row.is_some_and(|r| r.out_of_band[i]);
            (
                text.channel(channel),
                channel.unit().to_owned(),
                value.map_or_else(|| "—".to_owned(), |v| text.value(channel, v)),
                if out { t.warn } else { t.text },
            )
        }
        None => {
            // No verdict, no probability: what an old reading got is on the curve.
            let p = match row {
                Some(r) if r.verdict.kind() == VerdictKind::Unavailable => None,
                Some(r) => r.probability,
                None => last.and_then(|s| s.judged.map(|j| j.0)),
            };
            let danger = row.is_some_and(|r| r.verdict.kind() == VerdictKind::Danger);
            let percent = p.map_or_else(|| "—".to_owned(), |p| text.percent(p));
            (
                text.forecast("forecast-axis", cx.snapshot.model.as_deref()),
                String::new(),
                percent,
                if danger { t.danger } else { t.text },
            )
        }
    };
    // The ends of the axis stand at the right of the same column.
    let words = rect.with_max_x(rect.right() - 32.0);
    at_ui(ui, &name, words, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let compact = rect.height() < 72.0;
        ui.label(theme::strong(name.as_str(), t.text).size(13.0));
        if !unit.is_empty() && !compact {
            ui.label(theme::small(unit.as_str(), t.mute));
        }
        ui.label(theme::sized(
            value,
            if compact { size::FIGURE } else { size::VALUE },
            ink,
        ));
    });
    // The ends of the axis, against the curve.
    let (low, high) = curves.ranges[i];
    let end = |v: f64| match Channel::ALL.get(i) {
        Some(&channel) => text.value(channel, v),
        None => text.percent(v.clamp(0.0, 1.0)),
    };
    let font = FontId::proportional(11.0);
    let x = rect.right() + size::XS;
    let painter = ui.painter();
    let at = |y, align, v| painter.text(pos2(x, y), align, end(v), font.clone(), t.mute);
    at(rect.top(), Align2::RIGHT_TOP, high);
    at(rect.bottom(), Align2::RIGHT_BOTTOM, low);
}

fn chart_ui(
    ui: &mut Ui,
    curves: &Curves,
    i: usize,
    rect: Rect,
    shown: (f64, f64),
    grid: &[(f64, String)],
) -> Gesture {
    let t = theme::tokens(ui);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, t.raised);
    let response = at_ui(ui, CHART_SALTS[i], rect, |ui| {
        Plot::new(CHART_SALTS[i])
            .width(rect.width())
            .height(rect.height())
            .show_background(false)
            .show_axes(false)
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
            .auto_bounds(Vec2b::FALSE)
            // Not focusable: the keyboard reads all five curves as one.
            .sense(Sense::CLICK | Sense::DRAG)
            .show(ui, |plot| {
                plot.set_plot_bounds_x(shown.0..=shown.1);
                plot.set_plot_bounds_y(curves.ranges[i].0..=curves.ranges[i].1);
                items(plot, curves, i, grid, t);
            })
            .response
    });
    ui.painter().rect_stroke(
        rect,
        CornerRadius::ZERO,
        theme::hairline(t),
        StrokeKind::Inside,
    );
    let secs_per_point = (shown.1 - shown.0) / f64::from(rect.width());
    let instant = |x: f32| shown.0 + f64::from(x - rect.left()) * secs_per_point;
    let mut gesture = Gesture {
        hovered: response.hover_pos().map(|p| instant(p.x)),
        ..Gesture::default()
    };
    if response.dragged() {
        gesture.pan_secs = -f64::from(response.drag_delta().x) * secs_per_point;
    }
    if let Some(pointer) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from((-scroll / 240.0).exp() / pinch);
        if (factor - 1.0).abs() > 1e-4 {
            gesture.zoom = Some((factor, instant(pointer.x)));
        }
    }
    gesture
}

const CHART_SALTS: [&str; 5] = [
    "chart-flow_rate",
    "chart-pressure",
    "chart-vibration",
    "chart-temperature",
    "chart-probability",
];

fn items<'a>(
    plot: &mut PlotUi<'a>,
    curves: &'a Curves,
    i: usize,
    grid: &[(f64, String)],
    t: &Tokens,
) {
    if let Some(Some((low, high))) = curves.view.bands.get(i) {
        plot.span(
            Span::new("", *low..=*high)
                .axis(egui_plot::Axis::Y)
                .fill(t.band)
                .border_width(0.0),
        );
    }
    for (at, _) in grid {
        plot.vline(
            VLine::new("", *at)
                .color(t.line)
                .width(size::LINE)
                .allow_hover(false),
        );
    }
    if let (4, Some(threshold)) = (i, curves.view.threshold) {
        plot.hline(
            HLine::new("", threshold)
                .color(t.mute)
                .width(size::LINE)
                .style(LineStyle::dashed_dense())
                .allow_hover(false),
        );
    }
    for happening in &curves.view.happenings {
        if matches!(happening.what, HappeningKind::Quarantined { .. }) {
            continue;
        }
        plot.vline(
            VLine::new("", happening.at_ms as f64 / 1000.0)
                .color(t.mute)
                .width(size::LINE)
                .style(LineStyle::dotted_dense())
                .allow_hover(false),
        );
    }
    // Red only where it was danger, by the threshold in force.
    let danger = if i == 4 { &curves.danger[..] } else { &[] };
    let calm = curves.lines[i].iter().map(|run| (run, t.trace));
    for (run, ink) in calm.chain(danger.iter().map(|run| (run, t.danger))) {
        plot.line(
            Line::new("", PlotPoints::Borrowed(run))
                .color(ink)
                .width(size::CURVE)
                .allow_hover(false),
        );
    }
}

/// What happened, above the dotted lines: a wrench, a verdict's shape, a model's number.
fn marks_ui(ui: &Ui, view: &LocomotiveView, column: Rect, shown: (f64, f64)) {
    let t = theme::tokens(ui);
    let strip = Rect::from_min_max(
        pos2(column.left() - 10.0, column.top() - MARKS),
        pos2(column.right() + 10.0, column.top()),
    );
    let painter = ui.painter_at(strip);
    // Marks are newest first; an older one that would lie under a newer one is left to the list.
    let mut free_to = f32::INFINITY;
    for happening in &view.happenings {
        let x = to_x(happening.at_ms as f64 / 1000.0, column, shown);
        if x < column.left() || x > column.right() || x > free_to {
            continue;
        }
        let centre = pos2(x, strip.center().y - 1.0);
        match &happening.what {
            HappeningKind::Workshop { .. } => {
                painter.text(
                    centre,
                    Align2::CENTER_CENTER,
                    icon(Icon::Wrench),
                    FontId::proportional(13.0),
                    t.text,
                );
            }
            HappeningKind::VerdictChange { to, .. } => paint_shape(&painter, centre, 13.0, *to, t),
            HappeningKind::ModelInService { version } => {
                painter.text(
                    centre,
                    Align2::CENTER_CENTER,
                    format!("v{version}"),
                    FontId::new(11.0, theme::medium()),
                    t.mute,
                );
            }
            HappeningKind::Alarm { .. } => {
                painter.text(
                    centre,
                    Align2::CENTER_CENTER,
                    icon(Icon::Bell),
                    FontId::proportional(13.0),
                    t.warn,
                );
            }
            HappeningKind::Quarantined { .. } => continue,
        }
        free_to = x - 17.0;
    }
}

fn axis_ui(ui: &Ui, column: Rect, shown: (f64, f64), grid: &[(f64, String)]) {
    let t = theme::tokens(ui);
    for (at, label) in grid {
        let x = to_x(*at, column, shown);
        // A label that would hang over an end is left out.
        if x > column.left() + 16.0 && x < column.right() - 16.0 {
            ui.painter().text(
                pos2(x, column.bottom() + 5.0),
                Align2::CENTER_TOP,
                label,
                FontId::proportional(size::LABEL),
                t.mute,
            );
        }
    }
}
