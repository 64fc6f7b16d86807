//! Locomotive: what happened, when? Decides which stretch of time is shown (following the clock, or
//! fixed by hand) and asks the service for it; `charts` draws it.

use std::time::{Duration, Instant};

use eframe::egui::{
    EventFilter, Key, Modifiers, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2,
};

use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui, focus_ring};
use crate::gui::widgets::card::{at_ui, card_ui};
use crate::gui::widgets::loco_choice::{Choice, loco_choice_ui};
use crate::service::snapshot::{LocomotiveView, TimeWindow};

use super::charts::{self, Gesture};
use super::curves::Curves;
use super::reading_card;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WINDOWS: [(&str, TimeWindow); 6] = [
    ("loco-window-1h", TimeWindow::Last(HOUR_MS)),
    ("loco-window-6h", TimeWindow::Last(6 * HOUR_MS)),
    ("loco-window-24h", TimeWindow::Last(DAY_MS)),
    ("loco-window-7d", TimeWindow::Last(7 * DAY_MS)),
    ("loco-window-30d", TimeWindow::Last(30 * DAY_MS)),
    ("loco-window-all", TimeWindow::All),
];
/// A hand that rests this long has finished; only then is the service asked.
const SETTLE: Duration = Duration::from_millis(250);
/// Nothing shorter or longer is shown, in seconds: a minute, ten years.
const SHORTEST: f64 = 60.0;
const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;

/// What the page remembers between frames.
pub struct State {
    /// The preset that is followed, or was last.
    followed: TimeWindow,
    /// Whether the user chose a window.
    chosen: bool,
    /// Fixed by hand, UTC seconds; `None` while following.
    fixed: Option<(f64, f64)>,
    /// What the service was asked for.
    settled: TimeWindow,
    moved: Option<Instant>,
    /// The instant read by the keyboard.
    cursor: Option<f64>,
    curves: Option<Curves>,
}

impl Default for State {
    fn default() -> Self {
        let day = TimeWindow::Last(DAY_MS);
        Self {
            followed: day,
            chosen: false,
            fixed: None,
            settled: day,
            moved: None,
            cursor: None,
            curves: None,
        }
    }
}

impl State {
    /// The window that the service should serve: what is shown, once the hand has settled.
    #[must_use]
    pub fn settled_window(&self) -> TimeWindow {
        self.settled
    }

    /// Until a window is chosen, a past shorter than a day is shown whole.
    fn suit(&mut self, span: Option<(i64, i64)>) {
        let short = span.is_some_and(|(from, to)| to - from < DAY_MS);
        if short && !self.chosen && self.fixed.is_none() {
            self.follow(TimeWindow::All);
        }
    }

    fn follow(&mut self, window: TimeWindow) {
        self.followed = window;
        self.settled = window;
        self.fixed = None;
        self.moved = None;
    }

    fn fix(&mut self, (from, to): (f64, f64)) {
        let span = (to - from).clamp(SHORTEST, LONGEST);
        let middle = f64::midpoint(from, to);
        self.fixed = Some((middle - span / 2.0, middle + span / 2.0));
        self.moved = Some(Instant::now());
    }

    /// Once the hand rests, what it fixed is what the service is asked for.
    fn settle(&mut self, ui: &Ui) {
        let (Some(moved), Some((from, to))) = (self.moved, self.fixed) else {
            return;
        };
        let rested = moved.elapsed();
        if rested >= SETTLE {
            self.settled = TimeWindow::Between((from * 1000.0) as i64, (to * 1000.0) as i64);
            self.moved = None;
        } else {
            ui.ctx().request_repaint_after(SETTLE - rested);
        }
    }
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    run::banners_ui(ui, cx);
    let t = theme::tokens(ui);
    let Some(loco) = cx.selected else {
        if cx.snapshot.fleet_cause.is_some() || cx.snapshot.running.is_some() {
            let rect = ui.available_rect_before_wrap();
            run::start_ui(ui, cx, rect);
        } else {
            ui.label(theme::body(cx.text.get("loco-none"), t.mute));
        }
        return;
    };
    state.suit(cx.snapshot.data_span);
    let view = cx.snapshot.locomotive.as_ref().filter(|v| v.loco == *loco);
    let shown = shown(cx, state, view.map(AsRef::as_ref));
    toolbar_ui(ui, cx, state, shown);
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < size::NARROW;
    let (list, gap) = if narrow {
        (176.0, size::M)
    } else {
        (248.0, size::XL)
    };
    let split = rect.right() - list - gap;
    let left = Rect::from_min_max(rect.min, pos2(split, rect.bottom()));
    let right = Rect::from_min_max(pos2(split + gap, rect.top()), rect.max);
    match view {
        Some(view) => {
            if state.curves.as_ref().is_none_or(|c| !c.is_of(view)) {
                state.curves = Some(Curves::new(view));
            }
            curves_ui(ui, cx, state, view, left, shown);
        }
        None => at_ui(ui, "loco-loading", left, |ui| {
            let words = cx
                .text
                .with("loco-loading", [("loco", loco.as_str().into())]);
            ui.label(theme::body(words, t.mute));
        }),
    }
    card_ui(ui, "loco-events", right, size::L, |ui| events_ui(ui, cx));
    ui.advance_cursor_after_rect(rect);
    state.settle(ui);
}

/// The time axis of this frame, UTC seconds.
fn shown(cx: &Cx<'_>, state: &State, view: Option<&LocomotiveView>) -> (f64, f64) {
    let secs = |(from, to): (i64, i64)| (from as f64 / 1000.0, to as f64 / 1000.0);
    if let Some(fixed) = state.fixed {
        return fixed;
    }
    let now = cx.now_ms().unwrap_or_default();
    let (from, to) = match (state.followed, view, cx.snapshot.data_span) {
        (TimeWindow::Last(ms), ..) => (now - ms, now),
        (TimeWindow::Between(from, to), ..) => (from, to),
        (TimeWindow::All, Some(view), _) => (view.from_ms, view.to_ms),
        (TimeWindow::All, None, Some((from, _))) => (from, now),
        (TimeWindow::All, None, None) => (now - DAY_MS, now),
    };
    secs((from, to.max(from + 1000)))
}

fn toolbar_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, shown: (f64, f64)) {
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL);
        let name = cx.text.get("loco-choose");
        let fleet = std::sync::Arc::clone(&cx.snapshot.fleet);
        if let Some(Choice::Loco(loco)) =
            loco_choice_ui(ui, "loco-choose", &name, None, &fleet, cx.selected)
        {
            state.cursor = None;
            cx.ask(Ask::Select(loco));
        }
        ui.add_space(size::S);
        let following = state.fixed.is_none();
        let follow = button_icon_ui(
            ui,
            Kind::Choice(following),
            Some(Icon::Radio),
            &cx.text.get("loco-follow"),
        );
        if follow.clicked() {
            state.follow(state.followed);
        }
        let pause = button_icon_ui(
            ui,
            Kind::Choice(!following),
            Some(Icon::Pause),
            &cx.text.get("loco-pause"),
        );
        if pause.clicked() && following {
            state.fix(shown);
        }
        ui.add_space(size::S);
        ui.spacing_mut().item_spacing.x = size::XS;
        for (key, window) in WINDOWS {
            let on = following && state.followed == window;
            if button_ui(ui, Kind::Choice(on), &cx.text.get(key)).clicked() {
                state.chosen = true;
                state.follow(window);
            }
        }
    });
}

fn curves_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    view: &LocomotiveView,
    rect: Rect,
    shown: (f64, f64),
) {
    keyboard(ui, cx, state, view, rect, shown);
    let Some(curves) = &state.curves else {
        return;
    };
    let gesture = charts::charts_ui(ui, cx, curves, cx.selected_row(), rect, shown, state.cursor);
    let pointer = ui.input(|i| i.pointer.hover_pos());
    let read = gesture.hovered.or(state.cursor);
    // The line stands on a sample, not between two.
    let sample = read.and_then(|at| reading_card::nearest(&view.samples, at));
    state.cursor = match (gesture.hovered, sample) {
        (Some(_), Some(sample)) => Some(sample.at_ms as f64 / 1000.0),
        (Some(_), None) => None,
        (None, _) if pointer.is_some_and(|p| rect.contains(p)) => None,
        (None, _) => state.cursor,
    };
    apply(state, &gesture, shown);
    if let Some(sample) = sample {
        let at = sample.at_ms as f64 / 1000.0;
        let plots = rect.with_min_x(rect.left() + charts::NAMES);
        if at >= shown.0 && at <= shown.1 && state.cursor.is_some() {
            let x = plots.left() + ((at - shown.0) / (shown.1 - shown.0)) as f32 * plots.width();
            let y = pointer.map_or(plots.top(), |p| p.y);
            reading_card::reading_card_ui(ui, cx, sample, x, y, plots);
        }
    }
}

fn apply(state: &mut State, gesture: &Gesture, shown: (f64, f64)) {
    let (mut from, mut to) = shown;
    if let Some((factor, about)) = gesture.zoom {
        from = about - (about - from) * factor;
        to = about + (to - about) * factor;
    }
    from += gesture.pan_secs;
    to += gesture.pan_secs;
    if (from, to) != shown {
        state.fix((from, to));
    }
}

/// Left and right read point by point, when the curves are focused.
fn keyboard(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    view: &LocomotiveView,
    rect: Rect,
    shown: (f64, f64),
) {
    let id = ui.scope_id().with("loco-charts-focus");
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    let name = cx.text.get("loco-charts");
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    if !response.has_focus() {
        return;
    }
    ui.memory_mut(|m| {
        m.set_focus_lock_filter(
            id,
            EventFilter {
                horizontal_arrows: true,
                ..EventFilter::default()
            },
        );
    });
    focus_ring(ui, &response, rect.with_min_x(rect.left() + charts::NAMES));
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let step = i64::from(pressed(Key::ArrowRight)) - i64::from(pressed(Key::ArrowLeft));
    if step == 0 || view.samples.is_empty() {
        return;
    }
    let from = state.cursor.unwrap_or(shown.1);
    let at = view
        .samples
        .partition_point(|s| (s.at_ms as f64) < from * 1000.0 - 0.5);
    let last = view.samples.len() as i64 - 1;
    let to = (at as i64 + step).clamp(0, last) as usize;
    state.cursor = Some(view.samples[to].at_ms as f64 / 1000.0);
}

fn events_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    ui.label(theme::strong(cx.text.get("loco-events"), t.text));
    let happenings = match (&cx.snapshot.locomotive, cx.selected) {
        (Some(view), Some(loco)) if view.loco == *loco => &view.happenings[..],
        _ => cx.selected_row().map_or(&[][..], |r| &r.happenings),
    };
    if happenings.is_empty() {
        ui.label(theme::small(cx.text.get("loco-events-none"), t.mute));
    }
    ScrollArea::vertical()
        .id_salt("loco-events-scroll")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for happening in happenings.iter().take(200) {
                let when = cx.text.moment(happening.at_ms, cx.now_ms());
                ui.label(theme::small(when, t.mute));
                let words = cx.text.happening(&happening.what);
                ui.label(theme::body(words, t.text).size(13.0));
                ui.add_space(size::M);
            }
        });
}
