//! Simulator: what would the model say? What I set, what it says, where that lies: left to right. The
//! judge is asked on every frame; it is pure and takes microseconds.

use std::collections::VecDeque;
use std::sync::Arc;

use eframe::egui::{ComboBox, Rect, ScrollArea, Sense, Stroke, Ui, Vec2, pos2, vec2};

use crate::domain::features::Normal;
use crate::domain::ports::{Judgement, SharedJudge};
use crate::domain::{Cause, Channel, ChannelValues, LocoId, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::bars::contributions_ui;
use crate::gui::widgets::card::card_ui;
use crate::gui::widgets::verdict::paint_shape;
use crate::service::snapshot::{FleetRow, Snapshot};
use crate::text::Text;

use super::danger_map::{Axes, DangerMap, Inputs, Point};
use super::hypothesis::{sum, verdict_card_ui, ways_ui};
use super::sim_values::set_ui;
use super::way_back::{way_both, ways_back};

/// Points of the trail behind the operating point.
const TRAIL: usize = 120;

/// What the page remembers between frames.
pub struct State {
    pub(super) values: ChannelValues,
    /// Whose normal the values are judged against; `None` is the fleet's.
    pub(super) against: Option<LocoId>,
    /// Whether anything was set by hand.
    pub(super) touched: bool,
    /// All four values, so that other axes show the same way.
    trail: VecDeque<ChannelValues>,
    /// Whose values were loaded last.
    pub(super) loaded: Option<LocoId>,
    axes: Axes,
    map: DangerMap,
    ways: Option<Ways>,
}

/// The ways back, and what they were found for.
struct Ways {
    values: ChannelValues,
    normal: Option<Normal>,
    judge: SharedJudge,
    axes: Axes,
    found: Found,
}

/// Each channel alone; those of the map's axes together.
type Found = ([Option<f64>; 4], Option<ChannelValues>);

impl Default for State {
    fn default() -> Self {
        Self {
            values: Channel::ALL.map(Channel::slider_default),
            against: None,
            touched: false,
            trail: VecDeque::new(),
            loaded: None,
            axes: [Channel::Vibration, Channel::Temperature],
            map: DangerMap::default(),
            ways: None,
        }
    }
}

impl State {
    /// Takes over a locomotive's present values and its normal.
    pub fn take(&mut self, row: &FleetRow) {
        self.values = row.values;
        self.touched = true;
        self.against = row.normal.is_some().then(|| row.loco.clone());
        self.loaded = Some(row.loco.clone());
        self.trail.clear();
    }

    /// The values of a preset.
    pub(super) fn preset(&mut self, values: ChannelValues) {
        self.values = values;
        // A jump leaves no trail.
        self.trail.clear();
    }

    /// The normal that the values are judged against; `None` is the fleet's.
    pub(super) fn normal(&self, snapshot: &Snapshot) -> Option<Normal> {
        let loco = self.against.as_ref()?;
        let row = snapshot.fleet.iter().find(|r| r.loco == *loco)?;
        row.normal.clone()
    }

    fn follow_point(&mut self) {
        if self.trail.back() != Some(&self.values) {
            self.trail.push_back(self.values);
            if self.trail.len() > TRAIL {
                self.trail.pop_front();
            }
        }
    }

    fn ways(&mut self, judge: &SharedJudge, normal: Option<&Normal>) -> Found {
        if let Some(ways) = &self.ways
            && ways.values == self.values
            && ways.normal.as_ref() == normal
            && Arc::ptr_eq(&ways.judge, judge)
            && ways.axes == self.axes
        {
            return ways.found;
        }
        let found = (
            ways_back(judge.as_ref(), &self.values, normal),
            way_both(judge.as_ref(), &self.values, normal, self.axes),
        );
        self.ways = Some(Ways {
            values: self.values,
            normal: normal.cloned(),
            judge: Arc::clone(judge),
            axes: self.axes,
            found,
        });
        found
    }
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < size::NARROW;
    let (gap, margin) = if narrow {
        (size::M, size::M)
    } else {
        (size::XL, size::XL)
    };
    let room = rect.width() - 2.0 * gap;
    let column = |from: f32, share: f32| {
        Rect::from_min_size(
            pos2(rect.left() + from, rect.top()),
            vec2(room * share, rect.height()),
        )
    };
    let left = column(0.0, 0.30);
    let middle = column(room * 0.30 + gap, 0.32);
    let right = column(room * 0.62 + 2.0 * gap, 0.38);
    let normal = state.normal(cx.snapshot);
    card_ui(ui, "sim-set", left, margin, |ui| {
        scroll_ui(ui, "sim-set-scroll", |ui| set_ui(ui, cx, state));
    });
    state.follow_point();
    let judge = cx.snapshot.judge.clone();
    match &judge {
        Some(judge) => {
            let judgement = judge.hypothesis(&state.values, normal.as_ref());
            card_ui(ui, "sim-says", middle, margin, |ui| {
                scroll_ui(ui, "sim-says-scroll", |ui| {
                    says_ui(ui, cx, state, judge, &judgement, normal.as_ref());
                });
            });
            card_ui(ui, "sim-where", right, margin, |ui| {
                let danger = judgement.verdict == VerdictKind::Danger;
                where_ui(ui, cx, state, judge, normal, danger);
            });
        }
        None => {
            let rect = middle.union(right);
            card_ui(ui, "sim-none", rect, margin, |ui| none_ui(ui, cx));
        }
    }
    ui.advance_cursor_after_rect(rect);
}

fn scroll_ui(ui: &mut Ui, salt: &str, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical()
        .id_salt(salt)
        .auto_shrink([false, false])
        .show(ui, add);
}

fn says_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    judge: &SharedJudge,
    judgement: &Judgement,
    normal: Option<&Normal>,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let danger = judgement.verdict == VerdictKind::Danger;
    verdict_card_ui(ui, text, judge, judgement);
    ui.add_space(size::M);
    ui.spacing_mut().item_spacing.y = size::XS;
    ui.label(theme::strong(text.get("sim-why"), t.text));
    ui.label(theme::small(sum(text, judgement), t.mute));
    ui.add_space(size::XS);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let name_width = (ui.available_width() * 0.34).clamp(92.0, 118.0);
        contributions_ui(ui, text, &judgement.contributions, danger, name_width, 32.0);
    });
    ui.add_space(size::L);
    ui.label(theme::strong(text.get("sim-way-back"), t.text));
    if danger {
        let (ways, both) = state.ways(judge, normal);
        if let Some(values) = ways_ui(ui, text, &state.values, &ways, state.axes, both) {
            state.values = values;
            // The verdict above is of the values before.
            ui.request_repaint();
        }
    } else {
        ui.label(theme::small(text.get("sim-way-back-nominal"), t.mute));
    }
}

fn where_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    judge: &SharedJudge,
    normal: Option<Normal>,
    danger: bool,
) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = size::XS;
    ui.label(theme::strong(cx.text.get("sim-map"), t.text));
    let [x, y] = state.axes.map(|c| cx.text.channel(c).to_lowercase());
    let why = cx
        .text
        .with("sim-map-why", [("x", x.into()), ("y", y.into())]);
    ui.label(theme::small(why, t.mute));
    ui.add_space(size::XS);
    axes_ui(ui, cx.text, &mut state.axes);
    ui.add_space(size::S);
    let room = ui.available_rect_before_wrap();
    let side = room.width().min(room.height() - 56.0).max(120.0);
    let rect = Rect::from_min_size(room.min, vec2(room.width(), side));
    let way = danger
        .then(|| state.ways(judge, normal.as_ref()).1)
        .flatten();
    let point = Point {
        trail: &state.trail,
        way,
    };
    let inputs = Inputs::new(state.axes, &state.values, normal);
    if let Some(set) = state.map.ui(ui, cx, judge, &inputs, point, rect) {
        let before = state.values;
        for (axis, value) in state.axes.into_iter().zip(set) {
            state.values[axis.index()] = value;
        }
        // A hand that holds still asks for nothing.
        if state.values != before {
            ui.request_repaint();
        }
    }
    ui.advance_cursor_after_rect(rect);
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        let (line, _) = ui.allocate_exact_size(vec2(24.0, 12.0), Sense::hover());
        ui.painter().extend(eframe::egui::Shape::dashed_line(
            &[line.left_center(), line.right_center()],
            Stroke::new(size::CURVE, t.text),
            6.0,
            4.0,
        ));
        let threshold = cx.text.percent(judge.card().threshold);
        let words = cx
            .text
            .with("sim-threshold", [("threshold", threshold.into())]);
        ui.label(theme::small(words, t.mute));
    });
    ui.label(theme::small(cx.text.get("advisory"), t.mute));
}

/// Which two channels the map is over. Choosing the other axis's channel changes places with it.
fn axes_ui(ui: &mut Ui, text: &Text, axes: &mut Axes) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        ui.spacing_mut().interact_size.y = size::CHIP;
        let width = (ui.available_width() / 2.0 - 40.0).clamp(84.0, 150.0);
        let keys = [("→", "sim-axis-x"), ("↑", "sim-axis-y")];
        for (i, (arrow, key)) in keys.into_iter().enumerate() {
            ui.label(theme::body(arrow, t.mute));
            let mut chosen = axes[i];
            ComboBox::from_id_salt(key)
                .width(width)
                .selected_text(theme::body(text.channel_short(chosen), t.text))
                .show_ui(ui, |ui| {
                    for channel in Channel::ALL {
                        ui.selectable_value(&mut chosen, channel, text.channel(channel));
                    }
                })
                .response
                .accessible_name(text.get(key));
            if chosen == axes[1 - i] {
                axes.swap(0, 1);
            } else {
                axes[i] = chosen;
            }
        }
    });
}

fn none_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::L;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(52.0), Sense::hover());
        paint_shape(
            ui.painter(),
            rect.center(),
            52.0,
            VerdictKind::Unavailable,
            t,
        );
        ui.vertical(|ui| {
            let words = cx.text.verdict(VerdictKind::Unavailable);
            ui.label(theme::sized(words, size::TITLE, t.off));
            ui.label(theme::body(cx.text.get("sim-no-model"), t.text));
        });
    });
    ui.add_space(size::S);
    ui.label(theme::body(cx.text.get("sim-no-model-why"), t.mute));
    let about_model = matches!(
        cx.snapshot.fleet_cause,
        Some(
            Cause::NeverRun
                | Cause::NoModel { .. }
                | Cause::ModelUnreadable { .. }
                | Cause::RunFailed { .. }
        )
    );
    if let (true, Some(cause)) = (about_model, &cx.snapshot.fleet_cause) {
        if let Some(key) = run::awaited(cx, cause) {
            ui.label(theme::body(cx.text.get(key), t.text));
            return;
        }
        ui.label(theme::body(cx.text.cause_sentence(cause), t.text));
        ui.label(theme::body(cx.text.cause_todo(cause), t.mute));
        if let Some(detail) = cx.text.cause_detail(cause) {
            ui.label(theme::small(detail, t.mute));
        }
    }
}
