//! The replay bar at the foot of Fleet and Locomotive: where to start, play and pause, how fast, stop.
//! The warehouse then plays its past through the monitor as if it were live.

use eframe::egui::{Align, Layout, Ui};

use crate::service::command::{Command, REPLAY_SPEEDS, Replay};
use crate::service::snapshot::Clock;

use super::context::Cx;
use super::fonts::Icon;
use super::theme::{self, size};
use super::widgets::button::{Kind, button_icon_ui, button_ui};
use super::widgets::card::badge_ui;
use super::widgets::slider::bare_slider_ui;

/// What the bar remembers between frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Where the handle was put, UTC seconds; `None` until it is touched.
    at_secs: Option<f64>,
    /// Speed of the next replay.
    speed: u32,
    dragging: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            at_secs: None,
            speed: 60,
            dragging: false,
        }
    }
}

/// Draws the bar. Nothing without readings.
pub fn replay_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let Some((from_ms, to_ms)) = cx.snapshot.data_span else {
        return;
    };
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
            slider_ui(ui, cx, state, (from_ms, to_ms), start, on.map(|(s, _)| s));
        });
    });
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

fn slider_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    (from_ms, to_ms): (i64, i64),
    start_ms: i64,
    on: Option<u32>,
) {
    let t = theme::tokens(ui);
    let words = cx.text.date_time(start_ms, Some(to_ms));
    let ink = if on.is_some() { t.text } else { t.mute };
    ui.label(theme::small_strong(words, ink));
    let mut secs = start_ms as f64 / 1000.0;
    let fill = if on.is_some() { t.accent } else { t.mute };
    let range = from_ms as f64 / 1000.0..=to_ms as f64 / 1000.0;
    let response = bare_slider_ui(ui, &mut secs, range, fill);
    state.dragging = response.dragged();
    if response.changed() {
        state.at_secs = Some(secs);
    }
    // A replay under way jumps when the handle is let go, not at every step.
    let settled = response.drag_stopped() || (response.changed() && !response.dragged());
    if let (true, Some(speed)) = (settled, on) {
        cx.send(Command::Replay(Replay::Start {
            from_ms: (secs * 1000.0) as i64,
            speed,
        }));
    }
    response.accessible_name(cx.text.get("replay-from"));
}
