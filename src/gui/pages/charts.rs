//! The five curves of the Locomotive page on one time axis: the four channels over their own normal
//! band, vibrations over the zones of their severity, the probability over its threshold, the marks of what
//! happened, a quality lane under each.
//!
//! It draws what the service already reduced, and reports what the hand did; what is shown is decided
//! by `locomotive`.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2b, WidgetInfo, pos2, vec2,
};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints, PlotUi, Span, VLine};

use crate::gui::context::Cx;
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::card::at_ui;
use crate::service::snapshot::{FleetRow, LocomotiveView};

use super::curves::Curves;
use super::locomotive::marks::{Picked, STRIP, marks_ui};
use super::locomotive::names::{name_of, names_ui, value_of};
use super::quality_lane::{LANE, lane_ui, legend_ui};
use super::time_axis;

/// Width of names and values left of the curves.
pub const NAMES: f32 = 136.0;
const GAP: f32 = 10.0;
const AXIS: f32 = 22.0;
const LEGEND: f32 = 20.0;
/// Height of a chart while another is enlarged.
const FOLDED: f32 = 26.0;
const VIBRATION: usize = 2;
const PROBABILITY: usize = 4;
/// A box narrower than this was a click, in points.
const LEAST_BOX: f32 = 6.0;

/// What the hand did on the curves, in seconds of the time axis.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Gesture {
    /// Move what is shown by so much.
    pub pan_secs: f64,
    /// Zoom by this factor about this instant.
    pub zoom: Option<(f64, f64)>,
    /// Show this stretch: a box was drawn over it.
    pub boxed: Option<(f64, f64)>,
    /// The instant under the pointer.
    pub hovered: Option<f64>,
    /// The instant that was clicked.
    pub clicked: Option<f64>,
    pub double_clicked: bool,
    /// The chart whose name was clicked.
    pub named: Option<usize>,
    pub picked: Option<Picked>,
}

/// What of the curves is shown, and how.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// The time axis, UTC seconds.
    pub axis: (f64, f64),
    /// Where the crosshair stands.
    pub cursor: Option<f64>,
    /// The chart that is enlarged.
    pub isolated: Option<usize>,
}

/// Draws everything within `rect`.
pub fn charts_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    curves: &Curves,
    row: Option<&FleetRow>,
    rect: Rect,
    show: Shown,
) -> Gesture {
    let shown = show.axis;
    let plots = Rect::from_min_max(
        pos2(rect.left() + NAMES, rect.top() + STRIP),
        pos2(rect.right(), rect.bottom() - AXIS - LEGEND),
    );
    let heights = heights(plots.height(), show.isolated);
    let grid = time_axis::marks(cx.text, shown.0, shown.1, plots.width());
    let mut gesture = Gesture::default();
    let mut top = plots.top();
    for (i, height) in heights.into_iter().enumerate() {
        let chart = Rect::from_min_size(pos2(plots.left(), top), vec2(plots.width(), height));
        let names = Rect::from_min_size(pos2(rect.left(), top), vec2(NAMES - size::S, height));
        let isolated = show.isolated == Some(i);
        if names_ui(ui, cx, curves, i, row, names, isolated) {
            gesture.named = Some(i);
        }
        let response = chart_ui(ui, curves, i, chart, shown, &grid);
        response
            .widget_info(|| WidgetInfo::labeled(Role::Figure, true, summary(cx, curves, i, shown)));
        did(ui, &response, chart, shown, &mut gesture);
        lane_ui(ui, &curves.view.quality, chart, shown);
        top += height + LANE + GAP;
    }
    let bottom = top - GAP;
    let column = Rect::from_min_max(plots.min, pos2(plots.right(), bottom));
    gesture.picked = marks_ui(ui, cx, &curves.view.happenings, column, shown);
    axis_ui(ui, column, shown, &grid);
    let legend = Rect::from_min_max(pos2(column.left(), bottom + AXIS), rect.max);
    legend_ui(ui, cx, &curves.view.severity, legend);
    let t = theme::tokens(ui);
    if let Some(at) = show.cursor.filter(|&c| c >= shown.0 && c <= shown.1) {
        let stroke = Stroke::new(size::LINE, t.accent);
        ui.painter()
            .vline(to_x(at, column, shown), column.y_range(), stroke);
    }
    if let Some((from, to)) = box_now(ui, column) {
        let rect = Rect::from_min_max(pos2(from, column.top()), pos2(to, column.bottom()));
        let line = Stroke::new(size::LINE, t.accent);
        let fill = t.accent.gamma_multiply(0.15);
        ui.painter()
            .rect(rect, CornerRadius::ZERO, fill, line, StrokeKind::Inside);
    }
    gesture
}

/// The heights of the five charts: equal, or one large and four folded.
fn heights(room: f32, isolated: Option<usize>) -> [f32; 5] {
    let each = LANE + GAP;
    let equal = ((room + GAP) / 5.0 - each).max(30.0);
    match isolated {
        None => [equal; 5],
        Some(large) => {
            let rest = room + GAP - 5.0 * each - 4.0 * FOLDED;
            std::array::from_fn(|i| if i == large { rest.max(30.0) } else { FOLDED })
        }
    }
}

/// Where an instant lies across `rect`.
pub fn to_x(secs: f64, rect: Rect, (from, to): (f64, f64)) -> f32 {
    rect.left() + ((secs - from) / (to - from)) as f32 * rect.width()
}

/// What the curve says in one sentence: for who does not see it.
fn summary(cx: &Cx<'_>, curves: &Curves, i: usize, (from, to): (f64, f64)) -> String {
    let text = cx.text;
    let (name, unit) = name_of(text, cx, i);
    let window = text.age(((to - from) * 1000.0).round() as i64);
    let Some((low, high, last)) = curves.within(i, (from, to)) else {
        return text.with(
            "loco-chart-empty",
            [("channel", name.into()), ("window", window.into())],
        );
    };
    text.with(
        "loco-chart",
        [
            ("channel", name.into()),
            ("unit", unit.into()),
            ("window", window.into()),
            ("low", value_of(text, i, low).into()),
            ("high", value_of(text, i, high).into()),
            ("last", value_of(text, i, last).into()),
        ],
    )
}

fn chart_ui(
    ui: &mut Ui,
    curves: &Curves,
    i: usize,
    rect: Rect,
    shown: (f64, f64),
    grid: &[(f64, String)],
) -> Response {
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
    labels_ui(ui, curves, i, rect);
    response
}

/// A box is drawn with the right button, or with Shift held.
fn boxing(ui: &Ui) -> bool {
    ui.input(|i| i.pointer.secondary_down() || i.modifiers.shift)
}

/// The box that is being drawn, from left to right. Remembered: once the button is up, the pointer has forgotten where
/// it was pressed.
fn box_now(ui: &Ui, column: Rect) -> Option<(f32, f32)> {
    let (origin, now) = ui.input(|i| (i.pointer.press_origin(), i.pointer.interact_pos()));
    let id = Id::unique("loco-box");
    let drawn = origin
        .zip(now)
        .filter(|(origin, now)| {
            boxing(ui) && column.contains(*origin) && (origin.x - now.x).abs() >= LEAST_BOX
        })
        .map(|(origin, now)| {
            let now = now.x.clamp(column.left(), column.right());
            (origin.x.min(now), origin.x.max(now))
        });
    ui.data_mut(|data| match drawn {
        Some(drawn) => {
            data.insert_temp(id, drawn);
        }
        None => data.remove::<(f32, f32)>(id),
    });
    drawn
}

/// The box that was drawn last frame.
fn box_before(ui: &Ui) -> Option<(f32, f32)> {
    ui.data(|data| data.get_temp(Id::unique("loco-box")))
}

/// Adds to `gesture` what the hand did on this chart.
fn did(ui: &Ui, response: &Response, rect: Rect, shown: (f64, f64), gesture: &mut Gesture) {
    let secs_per_point = (shown.1 - shown.0) / f64::from(rect.width());
    let instant = |x: f32| shown.0 + f64::from(x - rect.left()) * secs_per_point;
    if let (true, Some((from, to))) = (response.drag_stopped(), box_before(ui)) {
        gesture.boxed = Some((instant(from), instant(to)));
    } else if response.dragged() && !boxing(ui) {
        gesture.pan_secs = -f64::from(response.drag_delta().x) * secs_per_point;
    }
    gesture.double_clicked |= response.double_clicked();
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    gesture.hovered = Some(instant(pointer.x));
    if response.clicked() {
        gesture.clicked = gesture.hovered;
    }
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
    let factor = f64::from((-scroll / 240.0).exp() / pinch);
    if (factor - 1.0).abs() > 1e-4 {
        gesture.zoom = Some((factor, instant(pointer.x)));
    }
}

/// The letters of the severity zones, and what a line of a limit is.
fn labels_ui(ui: &Ui, curves: &Curves, i: usize, rect: Rect) {
    let t = theme::tokens(ui);
    if i != VIBRATION || rect.height() < 40.0 {
        return;
    }
    let (low, high) = curves.ranges[i];
    let y = |v: f64| rect.bottom() - ((v - low) / (high - low)) as f32 * rect.height();
    for (letter, from, to) in zones(&curves.view) {
        let (bottom, top) = (y(from).min(rect.bottom()), y(to).max(rect.top()));
        if bottom - top >= 13.0 {
            let at = pos2(rect.right() - 5.0, f32::midpoint(top, bottom));
            let font = FontId::new(size::LABEL, theme::medium());
            ui.painter()
                .text(at, Align2::RIGHT_CENTER, letter, font, t.mute);
        }
    }
}

/// The zones of vibration severity: letter, from, to (mm/s).
fn zones(view: &LocomotiveView) -> [(&'static str, f64, f64); 4] {
    let [ab, bc, cd] = view.severity.limits;
    [
        ("A", 0.0, ab),
        ("B", ab, bc),
        ("C", bc, cd),
        ("D", cd, f64::from(f32::MAX)),
    ]
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
    let (bottom, top) = curves.ranges[i];
    let line = |plot: &mut PlotUi<'a>, at: f64, ink: Color32| {
        if at > bottom && at < top {
            plot.hline(
                HLine::new("", at)
                    .color(ink)
                    .width(size::LINE)
                    .style(LineStyle::dashed_dense())
                    .allow_hover(false),
            );
        }
    };
    if i == VIBRATION {
        for (zone, from, to) in zones(&curves.view) {
            let fill = match zone {
                "C" => t.warn_surface.gamma_multiply(0.5),
                "D" => t.danger_surface.gamma_multiply(0.5),
                _ => continue,
            };
            let seen = from.max(bottom)..=to.min(top);
            if !seen.is_empty() {
                plot.span(
                    Span::new("", seen)
                        .axis(egui_plot::Axis::Y)
                        .fill(fill)
                        .border_width(0.0),
                );
            }
        }
    }
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
    if let (PROBABILITY, Some(threshold)) = (i, curves.view.threshold) {
        line(plot, threshold, t.mute);
    }
    if i == VIBRATION {
        for limit in curves.view.severity.limits {
            line(plot, limit, t.mute);
        }
    }
    if let Some((least, most)) = curves.view.limits.get(i) {
        line(plot, *least, t.warn);
        line(plot, *most, t.warn);
    }
    // Red only where it was danger, by the threshold in force.
    let danger = if i == PROBABILITY {
        &curves.danger[..]
    } else {
        &[]
    };
    let calm = curves.lines[i].iter().map(|run| (run, t.trace));
    for (run, ink) in calm.chain(danger.iter().map(|run| (run, t.danger))) {
        plot.line(
            Line::new("", PlotPoints::Borrowed(run))
                .color(ink)
                .width(size::CURVE)
                // A band is drawn from peak to peak as triangles: the tip of a spike is then thinner than a pixel,
                // and without smoothing its upper third is not there. A line is as thick at the tip as at the foot.
                .allow_band(false)
                .allow_hover(false),
        );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::fixtures;
    use eframe::egui::{Context, Pos2, RawInput, epaint::Primitive};
    use std::sync::Arc;

    /// Whether a triangle covers a point.
    fn covers([a, b, c]: [Pos2; 3], p: Pos2) -> bool {
        let side = |a: Pos2, b: Pos2| (b - a).rot90().dot(p - a);
        let sides = [side(a, b), side(b, c), side(c, a)];
        sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0)
    }

    /// The highest pixel of the curve's colour between two columns, as the renderer without smoothing fills them.
    fn highest(ctx: &Context, curves: &Curves, rect: Rect, shown: (f64, f64)) -> Option<f32> {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 300.0))),
            ..RawInput::default()
        };
        let mut ink = Color32::TRANSPARENT;
        let mut output = ctx.run_ui(input, |ui| {
            ink = theme::tokens(ui).trace;
            chart_ui(ui, curves, VIBRATION, rect, shown, &[]);
        });
        output.textures_delta.clear();
        let triangles: Vec<[Pos2; 3]> = ctx
            .tessellate(output.shapes, 1.0)
            .into_iter()
            .filter_map(|clipped| match clipped.primitive {
                Primitive::Mesh(mesh) => Some(mesh),
                Primitive::Callback(_) => None,
            })
            .flat_map(|mesh| {
                let of = |i: &u32| mesh.vertices[*i as usize];
                mesh.indices
                    .chunks(3)
                    .map(|t| [of(&t[0]), of(&t[1]), of(&t[2])])
                    .filter(|t| t.iter().all(|v| v.color == ink))
                    .map(|t| t.map(|v| v.pos))
                    .collect::<Vec<_>>()
            })
            .collect();
        let pixels =
            |from: f32, to: f32| (from.floor() as i32..to.ceil() as i32).map(|i| i as f32 + 0.5);
        // Only those that reach into the upper half: the rest is the floor of the curve.
        triangles
            .into_iter()
            .filter(|t| t.iter().any(|p| p.y < rect.center().y))
            .filter_map(|t| {
                let all = Rect::from_points(&t).intersect(rect);
                pixels(all.top(), all.bottom())
                    .find(|y| pixels(all.left(), all.right()).any(|x| covers(t, pos2(x, *y))))
            })
            .reduce(f32::min)
    }

    #[test]
    fn a_spike_of_one_pixel_is_drawn_at_its_full_height_wherever_it_falls() {
        let snapshot = fixtures::with_view(fixtures::fleet(3), "LOCO_001");
        let mut view = (*snapshot.locomotive.unwrap()).clone();
        let minute = 60.0;
        let from = view.from_ms as f64 / 1000.0;
        let day = 86_400.0;
        // A day of minutes, least and largest each; one of them, and the last, is a spike.
        view.bands = [None; 4];
        view.curves[VIBRATION] = vec![
            (0..1440)
                .flat_map(|i| {
                    let high = if i == 700 || i == 1439 { 9.5 } else { 2.1 };
                    let at = from + f64::from(i) * minute;
                    [[at, 1.9], [at, high]]
                })
                .collect(),
        ];
        let curves = Curves::new(&Arc::new(view));
        let rect = Rect::from_min_size(pos2(10.0, 10.0), vec2(900.0, 200.0));
        let (low, high) = curves.ranges[VIBRATION];
        let top = rect.bottom() - ((9.5 - low) / (high - low)) as f32 * rect.height();
        let ctx = Context::default();
        theme::install(&ctx);
        ctx.tessellation_options_mut(|o| o.feathering = false);
        for shift in 0..12 {
            let start = from + f64::from(shift) * 17.0;
            // Past the second spike, and before it.
            for end in [start + day, from + 1000.0 * minute] {
                let at = highest(&ctx, &curves, rect, (start, end));
                let at = at.expect("no curve at all");
                assert!((at - top).abs() <= 2.0, "{shift}: {at} and not {top}");
            }
            let last = (
                from + 1400.0 * minute,
                from + 1439.3 * minute + f64::from(shift),
            );
            let at = highest(&ctx, &curves, rect, last).expect("no curve at all");
            assert!(
                (at - top).abs() <= 2.0,
                "at the end, {shift}: {at} and not {top}"
            );
        }
    }
}
