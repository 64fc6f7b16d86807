//! The danger map: what the model would say over vibration × temperature, the other values held, with
//! the threshold's contour and the operating point on it.
//!
//! Sixteen hundred judgements are spread over frames, a few milliseconds each, and kept until one of
//! the inputs they depend on changes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{
    Align2, Color32, ColorImage, CornerRadius, FontId, Pos2, Rect, Sense, Shape, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, pos2, vec2,
};

use crate::domain::features::Normal;
use crate::domain::ports::SharedJudge;
use crate::domain::{Channel, ChannelValues};
use crate::gui::context::Cx;
use crate::gui::theme::{self, Tokens, size};

/// Cells a side.
const CELLS: usize = 40;
/// Of a frame, for judging cells.
const BUDGET: Duration = Duration::from_millis(5);
const X: Channel = Channel::Vibration;
const Y: Channel = Channel::Temperature;

/// What the map depends on besides its two axes.
#[derive(Clone, PartialEq)]
pub struct Inputs {
    pub flow: f64,
    pub pressure: f64,
    pub normal: Option<Normal>,
}

/// The operating point: where it was (its present place last), and the nearest nominal place. Vibration,
/// temperature.
pub struct Point<'a> {
    pub trail: &'a VecDeque<(f64, f64)>,
    pub way: Option<(f64, f64)>,
}

/// The cells judged so far, and the picture of the last complete set.
#[derive(Default)]
pub struct DangerMap {
    inputs: Option<(Inputs, SharedJudge)>,
    /// Rows from the bottom, being filled.
    cells: Vec<f32>,
    texture: Option<TextureHandle>,
    /// Of which theme the picture is.
    drawn_in: Option<&'static Tokens>,
    contour: Vec<Vec<Pos2>>,
    complete: bool,
}

/// The value of the middle of a cell along an axis.
fn middle(channel: Channel, i: usize) -> f64 {
    let (low, high) = channel.slider_range();
    low + (i as f64 + 0.5) / CELLS as f64 * (high - low)
}

impl DangerMap {
    /// Judges a few more cells if need be; asks for another frame until all are.
    fn advance(&mut self, ui: &Ui, judge: &SharedJudge, inputs: &Inputs) {
        let same = self
            .inputs
            .as_ref()
            .is_some_and(|(i, j)| i == inputs && Arc::ptr_eq(j, judge));
        if !same {
            self.inputs = Some((inputs.clone(), Arc::clone(judge)));
            self.cells.clear();
            self.complete = false;
        }
        let t = theme::tokens(ui);
        if self.complete && self.drawn_in == Some(t) {
            return;
        }
        let started = Instant::now();
        while self.cells.len() < CELLS * CELLS && started.elapsed() < BUDGET {
            let (row, column) = (self.cells.len() / CELLS, self.cells.len() % CELLS);
            let mut values: ChannelValues = [inputs.flow, inputs.pressure, 0.0, 0.0];
            values[X.index()] = middle(X, column);
            values[Y.index()] = middle(Y, row);
            let p = judge.probability(&values, inputs.normal.as_ref());
            self.cells.push(p as f32);
        }
        if self.cells.len() < CELLS * CELLS {
            ui.ctx().request_repaint();
            return;
        }
        self.complete = true;
        self.drawn_in = Some(t);
        let picture = picture(&self.cells, t);
        match &mut self.texture {
            Some(texture) => texture.set(picture, TextureOptions::NEAREST),
            None => {
                self.texture = Some(ui.ctx().load_texture(
                    "danger-map",
                    picture,
                    TextureOptions::NEAREST,
                ));
            }
        }
        self.contour = contour(&self.cells, judge.card().threshold as f32);
    }

    /// Draws the map within `rect`, with the trail and the way back on it, and returns what a click on it set: vibration, temperature.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        judge: &SharedJudge,
        inputs: &Inputs,
        point: Point<'_>,
        rect: Rect,
    ) -> Option<(f64, f64)> {
        self.advance(ui, judge, inputs);
        let t = theme::tokens(ui);
        let map = Rect::from_min_max(
            pos2(rect.left() + 34.0, rect.top()),
            pos2(rect.right(), rect.bottom() - 24.0),
        );
        if let Some(texture) = &self.texture {
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter().image(texture.id(), map, uv, Color32::WHITE);
        }
        ui.painter().rect_stroke(
            map,
            CornerRadius::ZERO,
            theme::hairline(t),
            StrokeKind::Outside,
        );
        let place = |unit: Pos2| -> Pos2 {
            pos2(
                map.left() + unit.x * map.width(),
                map.bottom() - unit.y * map.height(),
            )
        };
        for line in &self.contour {
            let line: Vec<Pos2> = line.iter().map(|&p| place(p)).collect();
            ui.painter().extend(Shape::dashed_line(
                &line,
                Stroke::new(size::CURVE, t.text),
                6.0,
                4.0,
            ));
        }
        way_ui(ui, map, point.trail.back(), point.way);
        trail_ui(ui, cx, map, point.trail);
        axes_ui(ui, cx, rect, map);
        let id = ui.scope_id().with("danger-map");
        // For the hand only: the keyboard has the sliders.
        let response = ui.interact(map, id, Sense::CLICK | Sense::DRAG);
        let at = response.interact_pointer_pos()?;
        if !(response.clicked() || response.dragged()) {
            return None;
        }
        let share = |v: f32, from: f32, span: f32| f64::from(((v - from) / span).clamp(0.0, 1.0));
        let value = |channel: Channel, share: f64| {
            let (low, high) = channel.slider_range();
            ((low + share * (high - low)) * 10.0).round() / 10.0
        };
        Some((
            value(X, share(at.x, map.left(), map.width())),
            value(Y, 1.0 - share(at.y, map.top(), map.height())),
        ))
    }
}

/// Where a pair of values lies, 0–1 both ways, held at the edges.
fn unit((x, y): (f64, f64)) -> Pos2 {
    let share = |channel: Channel, v: f64| {
        let (low, high) = channel.slider_range();
        (((v - low) / (high - low)) as f32).clamp(0.0, 1.0)
    };
    pos2(share(X, x), share(Y, y))
}

/// The way back to nominal: a line from the operating point to where danger ends.
fn way_ui(ui: &Ui, map: Rect, here: Option<&(f64, f64)>, way: Option<(f64, f64)>) {
    let (Some(&here), Some(way)) = (here, way) else {
        return;
    };
    let t = theme::tokens(ui);
    let [from, to] = [here, way].map(|at| {
        let u = unit(at);
        pos2(
            map.left() + u.x * map.width(),
            map.bottom() - u.y * map.height(),
        )
    });
    let stroke = Stroke::new(size::CURVE, t.text);
    let painter = ui.painter_at(map.expand(8.0));
    painter.line_segment([from, to], stroke);
    painter.circle(to, 4.0, t.raised, stroke);
}

fn trail_ui(ui: &Ui, cx: &Cx<'_>, map: Rect, trail: &VecDeque<(f64, f64)>) {
    let t = theme::tokens(ui);
    let place = |&at: &(f64, f64)| {
        let u = unit(at);
        pos2(
            map.left() + u.x * map.width(),
            map.bottom() - u.y * map.height(),
        )
    };
    let line: Vec<Pos2> = trail.iter().map(place).collect();
    let painter = ui.painter_at(map.expand(8.0));
    if line.len() > 1 {
        painter.add(Shape::line(line.clone(), Stroke::new(size::CURVE, t.mute)));
    }
    let (Some(&here), Some(&(x, y))) = (line.last(), trail.back()) else {
        return;
    };
    painter.circle(here, 7.0, t.raised, Stroke::new(3.0, t.text));
    let words = format!(
        "{} · {}",
        cx.text.value_unit(X, x),
        cx.text.value_unit(Y, y)
    );
    let right = here.x < map.center().x;
    let (align, dx) = if right {
        (Align2::LEFT_CENTER, 14.0)
    } else {
        (Align2::RIGHT_CENTER, -14.0)
    };
    let dy = if here.y < map.top() + 24.0 {
        12.0
    } else {
        -10.0
    };
    let font = FontId::new(size::LABEL, theme::medium());
    let galley = painter.layout_no_wrap(words, font, t.text);
    let at = align.anchor_size(here + vec2(dx, dy), galley.size());
    // On its own ground: it may lie over any colour of the map.
    painter.rect_filled(at.expand2(vec2(5.0, 2.0)), CornerRadius::same(3), t.raised);
    painter.galley(at.min, galley, t.text);
}

fn axes_ui(ui: &Ui, cx: &Cx<'_>, rect: Rect, map: Rect) {
    let t = theme::tokens(ui);
    let font = FontId::proportional(size::LABEL);
    let put = |at: Pos2, align: Align2, words: String| {
        ui.painter().text(at, align, words, font.clone(), t.mute);
    };
    let ends = |channel: Channel| {
        let (low, high) = channel.slider_range();
        let digits = usize::from(low.fract() != 0.0);
        (cx.text.number(low, digits), cx.text.number(high, 0))
    };
    let (low, high) = ends(X);
    let y = map.bottom() + 6.0;
    put(pos2(map.left(), y), Align2::LEFT_TOP, low);
    put(pos2(map.right(), y), Align2::RIGHT_TOP, high);
    put(
        pos2(map.center().x, y),
        Align2::CENTER_TOP,
        cx.text.get("sim-map-x").into_owned(),
    );
    let (low, high) = ends(Y);
    let x = map.left() - 6.0;
    put(pos2(x, map.top()), Align2::RIGHT_TOP, high);
    put(pos2(x, map.bottom()), Align2::RIGHT_BOTTOM, low);
    let galley =
        ui.painter()
            .layout_no_wrap(cx.text.get("sim-map-y").into_owned(), font.clone(), t.mute);
    let at = pos2(rect.left(), map.center().y + galley.size().x / 2.0);
    let upright = eframe::egui::epaint::TextShape::new(at, galley, t.mute)
        .with_angle(-std::f32::consts::FRAC_PI_2);
    ui.painter().add(upright);
}

/// Top row first, as pictures are; from the page's own grey to its red.
fn picture(cells: &[f32], t: &Tokens) -> ColorImage {
    let mut pixels = Vec::with_capacity(cells.len());
    for row in cells.chunks(CELLS).rev() {
        for &p in row {
            let p = p.clamp(0.0, 1.0) * 0.62;
            let mix = |a: u8, b: u8| (f32::from(a) * (1.0 - p) + f32::from(b) * p) as u8;
            pixels.push(Color32::from_rgb(
                mix(t.raised.r(), t.danger.r()),
                mix(t.raised.g(), t.danger.g()),
                mix(t.raised.b(), t.danger.b()),
            ));
        }
    }
    ColorImage::new([CELLS, CELLS], pixels)
}

/// The lines along which the probability crosses the threshold, by marching squares between the
/// middles of cells; 0–1 both ways, y upwards.
fn contour(cells: &[f32], threshold: f32) -> Vec<Vec<Pos2>> {
    let mut segments: Vec<[(i64, i64); 2]> = Vec::new();
    let at = |row: usize, column: usize| cells[row * CELLS + column] - threshold;
    // Points are kept as whole numbers, so that ends which meet are equal.
    let fine = |v: f32| (v * 4096.0).round() as i64;
    for row in 0..CELLS - 1 {
        for column in 0..CELLS - 1 {
            let (x, y) = (column as f32, row as f32);
            let corners = [
                (x, y, at(row, column)),
                (x + 1.0, y, at(row, column + 1)),
                (x + 1.0, y + 1.0, at(row + 1, column + 1)),
                (x, y + 1.0, at(row + 1, column)),
            ];
            let mut cuts = Vec::with_capacity(4);
            for i in 0..4 {
                let (a, b) = (corners[i], corners[(i + 1) % 4]);
                if (a.2 < 0.0) != (b.2 < 0.0) {
                    let s = a.2 / (a.2 - b.2);
                    cuts.push((fine(a.0 + s * (b.0 - a.0)), fine(a.1 + s * (b.1 - a.1))));
                }
            }
            for pair in cuts.chunks_exact(2) {
                segments.push([pair[0], pair[1]]);
            }
        }
    }
    chain(segments)
        .into_iter()
        .map(|line| {
            let back = |v: i64| (v as f32 / 4096.0 + 0.5) / CELLS as f32;
            line.into_iter()
                .map(|(x, y)| pos2(back(x), back(y)))
                .collect()
        })
        .collect()
}

/// Joins segments that meet into lines, so that dashes run on.
fn chain(mut segments: Vec<[(i64, i64); 2]>) -> Vec<Vec<(i64, i64)>> {
    let mut lines = Vec::new();
    while let Some([a, b]) = segments.pop() {
        let mut line = VecDeque::from([a, b]);
        while let (Some(&front), Some(&back)) = (line.front(), line.back()) {
            let next = segments
                .iter()
                .position(|s| s.contains(&front) || s.contains(&back));
            let Some(i) = next else { break };
            let [p, q] = segments.swap_remove(i);
            match (p, q) {
                (p, q) if p == back => line.push_back(q),
                (p, q) if q == back => line.push_back(p),
                (p, q) if p == front => line.push_front(q),
                (p, _) => line.push_front(p),
            }
        }
        lines.push(line.into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contour_is_one_line_where_danger_starts() {
        // Danger on the right half.
        let cells: Vec<f32> = (0..CELLS * CELLS)
            .map(|i| f32::from(u8::from(i % CELLS >= CELLS / 2)))
            .collect();
        let lines = contour(&cells, 0.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), CELLS);
        assert!(lines[0].iter().all(|p| (p.x - 0.5).abs() < 1e-3));
        assert!(contour(&vec![0.0; CELLS * CELLS], 0.5).is_empty());
    }
}
