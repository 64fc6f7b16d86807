//! The danger map: what the model would say over two channels, the other two held, with the threshold's contour and
//! the operating point on it.
//!
//! Coarse first, then fine: a hundred judgements give a picture that is true of the values held in the frame in which
//! they changed, sixteen hundred more sharpen it over the next frames, a few milliseconds each. What was judged is
//! kept until one of the inputs it depends on changes.

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

use super::contour::contour;

/// Cells a side.
const CELLS: usize = 40;
/// Cells a side of a coarse cell.
const BLOCK: usize = 4;
/// Coarse cells a side.
const BLOCKS: usize = CELLS / BLOCK;
/// Of a frame, for judging cells.
const BUDGET: Duration = Duration::from_millis(5);

/// The channel across and the channel upwards.
pub type Axes = [Channel; 2];

/// What the map depends on besides the judge.
#[derive(Clone, PartialEq)]
pub struct Inputs {
    pub axes: Axes,
    /// The values that are held; those of the axes are nought, since every one of them is on the map.
    held: ChannelValues,
    pub normal: Option<Normal>,
}

impl Inputs {
    #[must_use]
    pub fn new(axes: Axes, values: &ChannelValues, normal: Option<Normal>) -> Self {
        let mut held = *values;
        for axis in axes {
            held[axis.index()] = 0.0;
        }
        Self { axes, held, normal }
    }

    fn at(&self, [x, y]: [f64; 2]) -> ChannelValues {
        let mut values = self.held;
        values[self.axes[0].index()] = x;
        values[self.axes[1].index()] = y;
        values
    }
}

/// The operating point: where it was (its present place last), and the nearest nominal place.
pub struct Point<'a> {
    pub trail: &'a VecDeque<ChannelValues>,
    pub way: Option<ChannelValues>,
}

/// The cells judged so far, and their picture.
#[derive(Default)]
pub struct DangerMap {
    inputs: Option<(Inputs, SharedJudge)>,
    /// Rows from the bottom; a coarse cell fills its block until the fine ones are judged.
    cells: Vec<f32>,
    /// Judgements made: the coarse cells, then the fine ones.
    judged: usize,
    texture: Option<TextureHandle>,
    /// Of which theme the picture is, and of how many judgements.
    pictured: Option<(&'static Tokens, usize)>,
    contour: Vec<Vec<Pos2>>,
}

/// The value at a share of an axis.
fn along(channel: Channel, share: f64) -> f64 {
    let (low, high) = channel.slider_range();
    low + share * (high - low)
}

impl DangerMap {
    const ALL: usize = BLOCKS * BLOCKS + CELLS * CELLS;

    /// Whether the picture is true of the inputs, coarse as it may be.
    fn is_true(&self) -> bool {
        self.judged >= BLOCKS * BLOCKS
    }

    /// Judges a few more cells if need be; asks for another frame until all are.
    fn advance(&mut self, ui: &Ui, judge: &SharedJudge, inputs: &Inputs) {
        let same = self
            .inputs
            .as_ref()
            .is_some_and(|(i, j)| i == inputs && Arc::ptr_eq(j, judge));
        if !same {
            self.inputs = Some((inputs.clone(), Arc::clone(judge)));
            self.cells.resize(CELLS * CELLS, 0.0);
            self.judged = 0;
        }
        let started = Instant::now();
        while self.judged < Self::ALL && started.elapsed() < BUDGET {
            self.judge_next(judge, inputs);
        }
        if self.judged < Self::ALL {
            ui.request_repaint();
        }
        let t = theme::tokens(ui);
        if !self.is_true() || self.pictured == Some((t, self.judged)) {
            return;
        }
        self.pictured = Some((t, self.judged));
        let picture = picture(&self.cells, t);
        match &mut self.texture {
            Some(texture) => texture.set(picture, TextureOptions::NEAREST),
            None => {
                let texture = ui.load_texture("danger-map", picture, TextureOptions::NEAREST);
                self.texture = Some(texture);
            }
        }
        self.contour = contour(&self.cells, CELLS, judge.card().threshold as f32);
    }

    fn judge_next(&mut self, judge: &SharedJudge, inputs: &Inputs) {
        const COARSE: usize = BLOCKS * BLOCKS;
        let (cell, side, block) = match self.judged {
            n if n < COARSE => (n, BLOCKS, BLOCK),
            n => (n - COARSE, CELLS, 1),
        };
        let (row, column) = (cell / side, cell % side);
        let share = |i: usize| (i as f64 + 0.5) / side as f64;
        let values = inputs.at([
            along(inputs.axes[0], share(column)),
            along(inputs.axes[1], share(row)),
        ]);
        let p = judge.probability(&values, inputs.normal.as_ref()) as f32;
        for r in row * block..(row + 1) * block {
            let from = r * CELLS + column * block;
            self.cells[from..from + block].fill(p);
        }
        self.judged += 1;
    }

    /// Draws the map within `rect`, with the trail and the way back on it, and returns what a click on it set: the
    /// values of the two axes.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        judge: &SharedJudge,
        inputs: &Inputs,
        point: Point<'_>,
        rect: Rect,
    ) -> Option<[f64; 2]> {
        self.advance(ui, judge, inputs);
        let t = theme::tokens(ui);
        let axes = inputs.axes;
        let map = Rect::from_min_max(
            pos2(rect.left() + 34.0, rect.top()),
            pos2(rect.right(), rect.bottom() - 24.0),
        );
        if let (Some(texture), true) = (&self.texture, self.is_true()) {
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
        // A line of other inputs would lie about these.
        for line in self.contour.iter().filter(|_| self.is_true()) {
            let line: Vec<Pos2> = line.iter().map(|&p| place(p)).collect();
            ui.painter().extend(Shape::dashed_line(
                &line,
                Stroke::new(size::CURVE, t.text),
                6.0,
                4.0,
            ));
        }
        let trail: Vec<Pos2> = point
            .trail
            .iter()
            .map(|values| place(unit(axes, values)))
            .collect();
        if let (Some(&here), Some(way)) = (trail.last(), point.way) {
            way_ui(ui, map, here, place(unit(axes, &way)));
        }
        if let Some(values) = point.trail.back() {
            trail_ui(ui, cx, map, trail, axes, values);
        }
        axes_ui(ui, cx, rect, map, axes);
        let id = ui.scope_id().with("danger-map");
        // For the hand only: the keyboard has the sliders.
        let response = ui.interact(map, id, Sense::CLICK | Sense::DRAG);
        let at = response.interact_pointer_pos()?;
        if !(response.clicked() || response.dragged()) {
            return None;
        }
        let share = |v: f32, from: f32, span: f32| f64::from(((v - from) / span).clamp(0.0, 1.0));
        let value = |channel: Channel, share: f64| {
            let scale = 10f64.powi(channel.decimals() as i32);
            (along(channel, share) * scale).round() / scale
        };
        Some([
            value(axes[0], share(at.x, map.left(), map.width())),
            value(axes[1], 1.0 - share(at.y, map.top(), map.height())),
        ])
    }
}

/// Where values lie on the map, 0–1 both ways, held at the edges.
fn unit(axes: Axes, values: &ChannelValues) -> Pos2 {
    let [x, y] = axes.map(|channel| {
        let (low, high) = channel.slider_range();
        (((values[channel.index()] - low) / (high - low)) as f32).clamp(0.0, 1.0)
    });
    pos2(x, y)
}

/// The way back to nominal: a line from the operating point to where danger ends.
fn way_ui(ui: &Ui, map: Rect, from: Pos2, to: Pos2) {
    let t = theme::tokens(ui);
    let stroke = Stroke::new(size::CURVE, t.text);
    let painter = ui.painter_at(map.expand(8.0));
    painter.line_segment([from, to], stroke);
    painter.circle(to, 4.0, t.raised, stroke);
}

fn trail_ui(ui: &Ui, cx: &Cx<'_>, map: Rect, line: Vec<Pos2>, axes: Axes, values: &ChannelValues) {
    let t = theme::tokens(ui);
    let painter = ui.painter_at(map.expand(8.0));
    let Some(&here) = line.last() else {
        return;
    };
    if line.len() > 1 {
        painter.add(Shape::line(line, Stroke::new(size::CURVE, t.mute)));
    }
    painter.circle(here, 7.0, t.raised, Stroke::new(3.0, t.text));
    let [x, y] = axes.map(|c| cx.text.value_unit(c, values[c.index()]));
    let words = format!("{x} · {y}");
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

fn axes_ui(ui: &Ui, cx: &Cx<'_>, rect: Rect, map: Rect, [x, y]: Axes) {
    let named = |c: Channel| format!("{} ({})", cx.text.channel(c), c.unit());
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
    let (low, high) = ends(x);
    let under = map.bottom() + 6.0;
    put(pos2(map.left(), under), Align2::LEFT_TOP, low);
    put(pos2(map.right(), under), Align2::RIGHT_TOP, high);
    put(pos2(map.center().x, under), Align2::CENTER_TOP, named(x));
    let (low, high) = ends(y);
    let beside = map.left() - 6.0;
    put(pos2(beside, map.top()), Align2::RIGHT_TOP, high);
    put(pos2(beside, map.bottom()), Align2::RIGHT_BOTTOM, low);
    let galley = ui.painter().layout_no_wrap(named(y), font.clone(), t.mute);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_true_after_the_coarse_cells_and_right_after_all() {
        use crate::domain::LabelKind;
        use crate::gui::fixtures::{FakeJudge, card};
        let judge: SharedJudge = Arc::new(FakeJudge::new(card(LabelKind::Failures)));
        for axes in [
            [Channel::Vibration, Channel::Temperature],
            [Channel::Pressure, Channel::FlowRate],
        ] {
            let values = [402.0, 3.0, 6.0, 80.0];
            let inputs = Inputs::new(axes, &values, None);
            let mut map = DangerMap {
                cells: vec![f32::NAN; CELLS * CELLS],
                ..DangerMap::default()
            };
            while !map.is_true() {
                map.judge_next(&judge, &inputs);
            }
            assert!(map.cells.iter().all(|p| p.is_finite()), "no hole");
            while map.judged < DangerMap::ALL {
                map.judge_next(&judge, &inputs);
            }
            let mut moved = values;
            moved[axes[0].index()] = along(axes[0], 12.5 / CELLS as f64);
            moved[axes[1].index()] = along(axes[1], 30.5 / CELLS as f64);
            let p = judge.probability(&moved, None) as f32;
            assert!((map.cells[30 * CELLS + 12] - p).abs() < 1e-6);
        }
    }
}
