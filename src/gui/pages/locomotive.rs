//! Locomotive: what happened, when? Holds what is shown (the stretch of time, the crosshair, the enlarged
//! chart, curves or table) and asks the service for it; `charts` draws the curves.

pub mod marks;
pub mod names;
pub mod table;

mod axis;
mod events;
mod export;
mod keys;
mod note;
mod toolbar;

use eframe::egui::{
    CornerRadius, EventFilter, FontId, Id, Rect, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::gui::context::{Cx, Page};
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::focus_ring;
use crate::gui::widgets::card::{at_ui, card_ui};
use crate::service::command::{Command, Replay};
use crate::service::snapshot::{Clock, LocomotiveView, TimeWindow};

use super::charts::{self, Gesture, Shown};
use super::curves::Curves;
use super::reading_card;
use axis::{Axis, Known};
use export::Shot;
use keys::Act;
use note::Draft;

/// Height of the line that says what is shown.
const CAPTION: f32 = 20.0;
/// Below this width of the toolbar its last buttons are icons only.
const TIGHT: f32 = 1010.0;

/// What the page remembers between frames.
#[derive(Default)]
pub struct State {
    axis: Axis,
    /// Where the crosshair was put by a click or a key, UTC seconds.
    pinned: Option<f64>,
    curves: Option<Curves>,
    /// The chart that is enlarged.
    isolated: Option<usize>,
    /// The table stands in the place of the curves.
    table: bool,
    draft: Option<Draft>,
    events: events::State,
    shot: Shot,
    /// What was shown last, UTC seconds.
    shown: (f64, f64),
    /// The instant that was under the pointer, UTC seconds.
    under: Option<f64>,
}

impl State {
    /// The window that the service should serve: what is shown, once the hand has settled.
    #[must_use]
    pub fn settled_window(&self) -> TimeWindow {
        self.axis.settled()
    }

    /// What is shown, UTC seconds.
    #[must_use]
    pub fn shown(&self) -> (f64, f64) {
        self.shown
    }

    /// A picture of the page is being taken.
    #[must_use]
    pub fn poses(&self) -> bool {
        matches!(self.shot, Shot::Wanted { .. } | Shot::Taken { .. })
    }

    /// Shows the past around an instant (UTC seconds), with the crosshair on it.
    pub fn look_back(&mut self, at: f64) {
        let half = (self.shown.1 - self.shown.0) / 2.0;
        self.axis.fix((at - half, at + half));
        self.pinned = Some(at);
    }

    /// Another locomotive is shown: what was said of a moment of the last one is of no use.
    fn turn(&mut self) {
        self.pinned = None;
        self.draft = None;
        self.curves = None;
    }
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    run::banners_ui(ui, cx, Page::Locomotive);
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
    state.axis.suit(cx.snapshot.data_span);
    let snapshot = cx.snapshot;
    let view = snapshot.locomotive.as_ref().filter(|v| v.loco == *loco);
    if state.curves.as_ref().is_some_and(|c| c.view.loco != *loco) {
        state.turn();
    }
    if let Some(view) = view
        && state.curves.as_ref().is_none_or(|c| !c.is_of(view))
    {
        state.curves = Some(Curves::new(view));
    }
    let view = view.map(AsRef::as_ref);
    let known = Known {
        now: cx.now_ms(),
        view: view.map(|v| (v.from_ms, v.to_ms)),
        data: snapshot.data_span,
    };
    state.shown = state.axis.shown(known);
    let focus = ui.scope_id().with("loco-charts-focus");
    obey(ui, cx, state, view, focus);
    state.shown = state.axis.shown(known);
    toolbar::toolbar_ui(ui, cx, state, view, loco);
    state.shown = state.axis.shown(known);
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < size::NARROW;
    let (list, gap) = if narrow {
        (184.0, size::M)
    } else {
        (248.0, size::XL)
    };
    let split = rect.right() - list - gap;
    let left = Rect::from_min_max(rect.min, pos2(split, rect.bottom()));
    let right = Rect::from_min_max(pos2(split + gap, rect.top()), rect.max);
    toolbar::caption_ui(ui, cx, state, view, loco, left);
    let body = left.with_min_y(left.top() + CAPTION + if state.table { size::XS } else { 0.0 });
    match view {
        Some(view) if state.table => {
            let samples = table::within(&view.samples, state.shown);
            let known = is_of(view, state);
            state.under = None;
            table::table_ui(ui, cx, samples, body, &mut state.pinned, known);
        }
        Some(view) => curves_ui(ui, cx, state, view, body, focus),
        None => at_ui(ui, "loco-loading", body, |ui| {
            let words = cx
                .text
                .with("loco-loading", [("loco", loco.as_str().into())]);
            ui.label(theme::body(words, t.mute));
        }),
    }
    let margin = if narrow { size::M } else { size::L };
    card_ui(ui, "loco-events", right, margin, |ui| {
        note::note_ui(ui, cx, loco, &mut state.draft);
        if let Some(at) = events::events_ui(ui, cx, &mut state.events) {
            state.pinned = Some(at);
            state.axis.bring(state.shown, at);
        }
    });
    let ctx = ui.ctx().clone();
    export::shot_ui(
        &ctx,
        cx,
        &mut state.shot,
        loco,
        state.shown,
        left.expand(size::S),
    );
    ui.advance_cursor_after_rect(rect);
    state.axis.settle(ui);
}

/// Carries out what was pressed.
fn obey(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, view: Option<&LocomotiveView>, focus: Id) {
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != focus));
    let mine = !state.table && !elsewhere;
    for act in keys::pressed(ui, mine) {
        let shown = state.shown;
        let cursor = state.pinned.filter(|at| *at >= shown.0 && *at <= shown.1);
        match act {
            Act::Live => live(cx, state),
            Act::Pause if state.axis.is_following() => state.axis.fix(shown),
            Act::Pause => state.axis.live(),
            Act::Zoom(factor) => {
                let about = cursor.unwrap_or_else(|| f64::midpoint(shown.0, shown.1));
                state.axis.zoom(shown, factor, about);
            }
            Act::Pan(share) => state.axis.pan(shown, share * (shown.1 - shown.0)),
            Act::Step(by) => {
                let from = cursor.unwrap_or(shown.1);
                if let Some(at) = view.and_then(|v| reading_card::step(&v.samples, from, by)) {
                    state.pinned = Some(at);
                    state.axis.bring(shown, at);
                }
            }
            Act::StepBy(ms) => {
                let at = cursor.unwrap_or(shown.1) + ms as f64 / 1000.0;
                state.pinned = Some(at);
                state.axis.bring(shown, at);
            }
            Act::Annotate => annotate(cx, state, view),
            Act::Table => state.table = !state.table,
            Act::Clear if state.draft.is_some() => state.draft = None,
            Act::Clear if state.pinned.is_some() => state.pinned = None,
            Act::Clear => state.isolated = None,
        }
        // Several keys of one frame build on each other, as far as the hand fixed the axis.
        state.shown = state.axis.shown(Known {
            now: cx.now_ms(),
            view: view.map(|v| (v.from_ms, v.to_ms)),
            data: cx.snapshot.data_span,
        });
    }
}

/// Back to now: the clock is followed, a replay ends.
fn live(cx: &mut Cx<'_>, state: &mut State) {
    state.axis.live();
    state.pinned = None;
    if matches!(cx.snapshot.clock, Clock::Replay { .. }) {
        cx.send(Command::Replay(Replay::Stop));
    }
}

/// A note on the moment of the crosshair (under the pointer, else where it was put), else on now.
fn annotate(cx: &Cx<'_>, state: &mut State, view: Option<&LocomotiveView>) {
    let cursor = state.under.or(state.pinned).and_then(|at| {
        let sample = reading_card::nearest(&view?.samples, at);
        sample.map(|s| s.at_ms)
    });
    if let Some(at_ms) = cursor.or(cx.now_ms()) {
        state.draft = Some(Draft::at(at_ms));
    }
}

fn curves_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    view: &LocomotiveView,
    rect: Rect,
    focus: Id,
) {
    focus_ui(ui, cx, rect, focus);
    let Some(curves) = &state.curves else {
        return;
    };
    let shown = state.shown;
    let plots = rect.with_min_x(rect.left() + charts::NAMES);
    // A frame late, which nobody sees: the line of the pointer is drawn with the curves.
    let pointer = ui
        .input(|i| i.pointer.hover_pos())
        .filter(|p| plots.contains(*p) && ui.rect_contains_pointer(plots));
    let under = pointer
        .map(|p| shown.0 + f64::from((p.x - plots.left()) / plots.width()) * (shown.1 - shown.0));
    state.under = under;
    // The line stands on a sample, not between two.
    let sample = under
        .or(state.pinned)
        .and_then(|at| reading_card::nearest(&view.samples, at))
        .filter(|s| (shown.0..=shown.1).contains(&(s.at_ms as f64 / 1000.0)));
    let cursor = sample.map(|s| s.at_ms as f64 / 1000.0);
    let show = Shown {
        axis: shown,
        cursor,
        isolated: state.isolated,
    };
    let gesture = charts::charts_ui(ui, cx, curves, cx.selected_row(), rect, show);
    if table::within(&view.samples, shown).is_empty() {
        empty_ui(ui, cx, plots, is_of(view, state));
    }
    if let (Some(sample), Some(at)) = (sample, cursor) {
        let x = charts::to_x(at, plots, shown);
        let y = pointer.map_or(plots.top(), |p| p.y);
        reading_card::reading_card_ui(ui, cx, sample, x, y, plots);
    }
    apply(state, &gesture, view);
}

/// Tab goes to all the curves as one; arrows then read them.
fn focus_ui(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, id: Id) {
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    let name = cx.text.get("loco-charts");
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &name));
    if response.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, filter));
        focus_ring(ui, &response, rect.with_min_x(rect.left() + charts::NAMES));
    }
}

/// Whether the view that is here is that of the window shown; else another one is under way.
fn is_of(view: &LocomotiveView, state: &State) -> bool {
    let (from, to) = state.shown;
    // The clock goes on between two views.
    let slack = (to - from) * 0.05;
    let covered = view.from_ms as f64 / 1000.0 <= from + slack;
    let covered = covered && view.to_ms as f64 / 1000.0 >= to - slack;
    covered && view.window == state.axis.settled()
}

/// Nothing was measured in this window, or it is still being read (`known` is false).
fn empty_ui(ui: &mut Ui, cx: &Cx<'_>, plots: Rect, known: bool) {
    let t = theme::tokens(ui);
    let words = if known {
        cx.text.get("loco-window-empty")
    } else {
        cx.text.get("loco-coming")
    };
    let galley = ui.painter().layout_no_wrap(
        words.clone().into_owned(),
        FontId::proportional(size::TEXT),
        t.text,
    );
    let rect = Rect::from_center_size(plots.center(), galley.size() + vec2(size::XL, size::M));
    let (corner, line) = (CornerRadius::same(size::CORNER), theme::hairline(t));
    ui.painter()
        .rect(rect, corner, t.panel, line, StrokeKind::Inside);
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, t.text);
    let response = ui.interact(rect, ui.scope_id().with("loco-empty"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}

fn apply(state: &mut State, gesture: &Gesture, view: &LocomotiveView) {
    let shown = state.shown;
    if gesture.double_clicked {
        state.axis.live();
        state.pinned = None;
        return;
    }
    if let Some(clicked) = gesture.clicked {
        let sample = reading_card::nearest(&view.samples, clicked);
        let at_ms = sample.map_or((clicked * 1000.0) as i64, |s| s.at_ms);
        state.pinned = Some(at_ms as f64 / 1000.0);
        if let Some(draft) = &mut state.draft {
            draft.at_ms = at_ms;
        }
    }
    if let Some(i) = gesture.named {
        state.isolated = (state.isolated != Some(i)).then_some(i);
    }
    if let Some(picked) = gesture.picked {
        state.pinned = Some(picked.at);
        if let Some((from, to)) = picked.cover {
            // With room at both ends, so that the marks come apart.
            let air = (to - from) * 0.2;
            state.axis.fix((from - air, to + air));
        }
    }
    if let Some(boxed) = gesture.boxed {
        state.axis.fix(boxed);
    } else if let Some((factor, about)) = gesture.zoom {
        state.axis.zoom(shown, factor, about);
    } else if gesture.pan_secs != 0.0 {
        state.axis.pan(shown, gesture.pan_secs);
    }
}
