//! The time machine at the foot of Fleet and Locomotive: where to start, play and pause, how fast, stop.
//! The warehouse then plays its past through the monitor as if it were live. Over the track lies the
//! probability of the locomotive shown, all of its past; on the Locomotive page the handle scrubs the curves.

use eframe::egui::{
    Align, CornerRadius, Layout, Popup, PopupCloseBehavior, Rect, Stroke, StrokeKind, Ui, pos2,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::service::command::{Command, REPLAY_SPEEDS, Replay};
use crate::service::snapshot::{Clock, LocomotiveView};

use super::context::Cx;
use super::fonts::Icon;
use super::theme::{self, size};
use super::widgets::button::{Kind, button_icon_ui, button_ui, icon_button_ui};
use super::widgets::calendar::{calendar_ui, day_of, start_of};
use super::widgets::card::{at_ui, badge_ui};
use super::widgets::slider::{HANDLE, bare_slider_ui};

/// The curve above the track: how far below the edge of the bar, and how high.
const SKY_TOP: f32 = 4.0;
const SKY: f32 = 18.0;

/// What the bar remembers between frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Where the handle was put, UTC seconds; `None` until it is touched.
    at_secs: Option<f64>,
    /// Speed of the next replay.
    speed: u32,
    dragging: bool,
    /// The month that the calendar shows.
    month: Option<Date>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            at_secs: None,
            speed: 60,
            dragging: false,
            month: None,
        }
    }
}

/// Draws the bar; `shown` is the stretch that the curves show (UTC seconds), where there are curves. Returns where
/// the handle was moved while no replay is on. Nothing without readings.
pub fn replay_bar_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    shown: Option<(f64, f64)>,
) -> Option<f64> {
    let t = theme::tokens(ui);
    let (from_ms, to_ms) = cx.snapshot.data_span?;
    let before = state.at_secs;
    let whole = ui.max_rect();
    ui.painter()
        .hline(whole.x_range(), whole.top() + 0.5, theme::hairline(t));
    let on = match cx.snapshot.clock {
        Clock::Replay { speed, playing } => Some((speed, playing)),
        _ => None,
    };
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.set_height(size::REPLAY_BAR);
        ui.add_space(size::XL);
        if on.is_some() {
            badge_ui(ui, &cx.text.get("replay-badge"), true);
        } else {
            ui.label(theme::small_strong(cx.text.get("replay-title"), t.mute));
        }
        let start = start_ms(state, cx, (from_ms, to_ms));
        transport_ui(ui, cx, state, on, start);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(size::XL);
            speeds_ui(ui, cx, state, on.map(|(speed, _)| speed));
            ui.add_space(size::S);
            let on = on.map(|(speed, _)| speed);
            day_ui(ui, cx, state, (from_ms, to_ms), start, on);
            slider_ui(ui, cx, state, (from_ms, to_ms), start, on, shown);
        });
    });
    state
        .at_secs
        .filter(|_| state.at_secs != before && on.is_none())
}

/// The handle: where it was put, else the clock; a replay starts three quarters in by default, so that
/// there is a past to compare with and a future to play.
fn start_ms(state: &State, cx: &Cx<'_>, (from_ms, to_ms): (i64, i64)) -> i64 {
    let replaying = matches!(cx.snapshot.clock, Clock::Replay { .. });
    match (state.at_secs, cx.now_ms()) {
        (Some(secs), _) if !replaying || state.dragging => (secs * 1000.0) as i64,
        (_, Some(now)) if replaying => now,
        _ => from_ms + (to_ms - from_ms) / 4 * 3,
    }
    .clamp(from_ms, to_ms)
}

fn transport_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    on: Option<(u32, bool)>,
    start_ms: i64,
) {
    let (key, glyph, command) = match on {
        None => (
            "replay-start",
            Icon::History,
            Replay::Start {
                from_ms: start_ms,
                speed: state.speed,
            },
        ),
        Some((_, true)) => ("replay-pause", Icon::Pause, Replay::Pause),
        Some((_, false)) => ("replay-resume", Icon::Play, Replay::Resume),
    };
    if button_icon_ui(ui, Kind::Plain, Some(glyph), &cx.text.get(key)).clicked() {
        cx.send(Command::Replay(command));
    }
    if on.is_some()
        && button_icon_ui(ui, Kind::Plain, Some(Icon::X), &cx.text.get("replay-stop")).clicked()
    {
        state.at_secs = None;
        cx.send(Command::Replay(Replay::Stop));
    }
}

fn speeds_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, on: Option<u32>) {
    ui.spacing_mut().item_spacing.x = size::XS;
    for speed in REPLAY_SPEEDS.into_iter().rev() {
        let now = on.unwrap_or(state.speed);
        let words = cx.text.with(
            "replay-speed-short",
            [("speed", cx.text.count(u64::from(speed)).into())],
        );
        if button_ui(ui, Kind::Choice(now == speed), &words).clicked() {
            state.speed = speed;
            if on.is_some() {
                cx.send(Command::Replay(Replay::Speed(speed)));
            }
        }
    }
}

/// The day of the handle, and the ways to another one.
fn day_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    span: (i64, i64),
    start_ms: i64,
    on: Option<u32>,
) {
    let mut by = 0;
    // From the right.
    if icon_button_ui(ui, Icon::ChevronRight, &cx.text.get("replay-day-after")).clicked() {
        by = 1;
    }
    let text = cx.text;
    let words = text.date_time(start_ms, Some(span.1));
    let button = button_ui(ui, Kind::Plain, &words).on_hover_text(text.get("replay-day"));
    let days = (
        day_of(text, span.0),
        day_of(text, span.1),
        day_of(text, start_ms),
    );
    if let (Some(first), Some(last), Some(day)) = days {
        if button.clicked() {
            state.month = Some(day);
        }
        let mut picked = None;
        Popup::menu(&button)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                let shown = state.month.get_or_insert(day);
                picked = calendar_ui(ui, text, shown, day, (first, last));
                if picked.is_some() {
                    ui.close();
                }
            });
        if let Some(to_ms) = picked.and_then(|day| start_of(text, day)) {
            go(cx, state, to_ms.clamp(span.0, span.1), on);
        }
    }
    if icon_button_ui(ui, Icon::ChevronLeft, &cx.text.get("replay-day-before")).clicked() {
        by = -1;
    }
    if by != 0 {
        let to_ms = day_away(&cx.text.zone, start_ms, by).clamp(span.0, span.1);
        go(cx, state, to_ms, on);
    }
}

/// The same local time so many days away.
fn day_away(zone: &TimeZone, at_ms: i64, days: i64) -> i64 {
    let at = Timestamp::from_millisecond(at_ms).map(|at| at.to_zoned(zone.clone()));
    match at.and_then(|at| at.checked_add(days.days())) {
        Ok(to) => to.timestamp().as_millisecond(),
        Err(_) => at_ms,
    }
}

/// Puts the handle there; a replay under way jumps along.
fn go(cx: &mut Cx<'_>, state: &mut State, to_ms: i64, on: Option<u32>) {
    state.at_secs = Some(to_ms as f64 / 1000.0);
    if let Some(speed) = on {
        cx.send(Command::Replay(Replay::Start {
            from_ms: to_ms,
            speed,
        }));
    }
}

fn slider_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    (from_ms, to_ms): (i64, i64),
    start_ms: i64,
    on: Option<u32>,
    shown: Option<(f64, f64)>,
) {
    let t = theme::tokens(ui);
    let mut secs = start_ms as f64 / 1000.0;
    let fill = if on.is_some() { t.accent } else { t.mute };
    let range = from_ms as f64 / 1000.0..=to_ms as f64 / 1000.0;
    let rect = ui.available_rect_before_wrap();
    let snapshot = cx.snapshot;
    let view = snapshot.locomotive.as_ref();
    // Room above the track for the curve, where there is one.
    let track = match view.filter(|view| !view.overview.buckets.is_empty()) {
        Some(view) => {
            let sky = Rect::from_min_max(
                pos2(rect.left() + HANDLE, rect.top() + SKY_TOP),
                pos2(rect.right() - HANDLE, rect.top() + SKY_TOP + SKY),
            );
            overview_ui(ui, view, sky, (*range.start(), *range.end()), shown);
            rect.with_min_y(sky.bottom() + 1.0)
        }
        None => rect,
    };
    let response = at_ui(ui, "replay-track", track, |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            bare_slider_ui(ui, &mut secs, range, fill)
        })
        .inner
    });
    state.dragging = response.dragged();
    if response.changed() {
        state.at_secs = Some(secs);
    }
    // A replay under way jumps when the handle is let go, not at every step.
    let settled = response.drag_stopped() || (response.changed() && !response.dragged());
    if settled && on.is_some() {
        go(cx, state, (secs * 1000.0) as i64, on);
    }
    response.accessible_name(cx.text.get("replay-from"));
}

/// The probability over all the past, least to largest, and the stretch that the curves show.
fn overview_ui(
    ui: &Ui,
    view: &LocomotiveView,
    rect: Rect,
    (from, to): (f64, f64),
    shown: Option<(f64, f64)>,
) {
    let t = theme::tokens(ui);
    let painter = ui.painter_at(rect.expand(1.0));
    let x = |secs: f64| rect.left() + ((secs - from) / (to - from)) as f32 * rect.width();
    let y = |p: f32| rect.bottom() - p.clamp(0.0, 1.0) * rect.height();
    painter.rect_filled(rect, CornerRadius::ZERO, t.band);
    let width = (x(from + view.overview.bucket_ms as f64 / 1000.0) - rect.left()).max(1.0);
    for &(at_ms, low, high, danger) in &view.overview.buckets {
        let left = x(at_ms as f64 / 1000.0);
        let ink = if danger { t.danger } else { t.mute };
        // Never so flat that a bucket cannot be seen.
        let top = y(high).min(rect.bottom() - 1.5);
        let bar = |from, to| Rect::from_min_max(pos2(left, from), pos2(left + width, to));
        let below = ink.gamma_multiply(0.45);
        painter.rect_filled(bar(top, rect.bottom()), CornerRadius::ZERO, below);
        painter.rect_filled(bar(top, y(low).max(top + 1.5)), CornerRadius::ZERO, ink);
    }
    if let Some(shown) = shown {
        let frame = Rect::from_min_max(
            pos2(x(shown.0).max(rect.left()), rect.top()),
            pos2(
                x(shown.1).min(rect.right()).max(x(shown.0) + 2.0),
                rect.bottom(),
            ),
        );
        painter.rect_stroke(
            frame,
            CornerRadius::ZERO,
            Stroke::new(size::CURVE, t.accent),
            StrokeKind::Inside,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_away_is_the_same_time_of_that_day() {
        // Paris changes its clocks on 2026-03-29: that day has 23 hours.
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let noon: Timestamp = "2026-03-28T12:00:00+01:00".parse().unwrap();
        let next = day_away(&paris, noon.as_millisecond(), 1);
        assert_eq!(next - noon.as_millisecond(), 23 * 3_600_000);
        assert_eq!(day_away(&paris, next, -1), noon.as_millisecond());
        assert_eq!(day_away(&paris, i64::MAX, 1), i64::MAX);
    }
}
