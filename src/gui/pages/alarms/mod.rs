//! Alarms: what must I do? The open alarms with what can be done about the selected one, the history, and how many
//! there are against what an operator can manage.

mod current;
mod details;
mod dialog;
mod history;
mod rates;
mod table;

use std::collections::BTreeSet;

use eframe::egui::{Align, Layout, Rect, Ui, pos2};

use crate::domain::alarm::{Alarm, State as AlarmState};
use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::Figure;
use crate::gui::widgets::alarm::colour;
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui};
use crate::gui::widgets::card::{Tone, at_ui, banner_ui, card_ui};
use crate::service::alarms::{AlarmsAsk, FLOOD, GUIDANCE, Sound, most_pressing};
use crate::service::command::Command;

use dialog::Dialog;

/// A silence asked for.
const MUTE_MS: i64 = 10 * 60_000;
/// Height of the rates, and in a window lower than `LOW`.
const RATES: f32 = 132.0;
const RATES_LOW: f32 = 96.0;
const LOW: f32 = 600.0;
/// Below this width the columns are as small as their words allow.
const NARROW: f32 = 1240.0;

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    past: bool,
    /// The alarm whose details are shown, by its number.
    selected: Option<i64>,
    /// Ticked for an acknowledgement together.
    ticked: BTreeSet<i64>,
    comment: String,
    dialog: Option<Dialog>,
    history: history::Asked,
    scroll_to: Option<usize>,
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let (text, view) = (cx.text, &cx.snapshot.alarms);
    let count = |state| view.open.iter().filter(|a| a.state() == state).count() as u64;
    let mut calling = Figure::new(
        text.count(view.unacknowledged as u64),
        &text.get("alarm-figure-unacknowledged"),
    )
    .weighing(9);
    calling.ink = most_pressing(&view.open).map(|priority| colour(priority, t));
    let active = view.open.iter().filter(|a| a.active).count() as u64;
    let active = Figure::new(text.count(active), &text.get("alarm-figure-active")).weighing(6);
    let aside = count(AlarmState::Shelved) + count(AlarmState::OutOfService);
    let aside = Figure::new(text.count(aside), &text.get("alarm-figure-aside")).weighing(3);
    let rate = text.count(view.last_ten_min.into());
    let flood = view.last_ten_min > FLOOD;
    let label = if flood {
        text.get("alarm-figure-flood")
    } else {
        text.get("alarm-figure-rate")
    };
    let mut rate = Figure::new(rate, &label).weighing(5);
    rate.ink = flood.then_some(t.danger);
    rate.hover = Some(text.with(
        "alarm-rate-why",
        [("guidance", GUIDANCE.into()), ("flood", FLOOD.into())],
    ));
    vec![calling, active, aside, rate]
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    if let Some(fault) = &cx.snapshot.alarms.fault {
        let (words, todo) = (cx.text.get("alarm-fault"), cx.text.get("fault-todo"));
        let detail = cx.text.detail(fault);
        banner_ui(ui, Tone::Danger, &words, Some(&todo), detail.as_deref());
    }
    head_ui(ui, cx, state);
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < NARROW;
    let (side_width, gap) = if narrow {
        (
            if rect.width() < size::NARROW {
                264.0
            } else {
                288.0
            },
            size::M,
        )
    } else {
        (336.0, size::L)
    };
    let rates = if rect.height() < LOW {
        RATES_LOW
    } else {
        RATES
    };
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - rates), rect.max);
    let body = Rect::from_min_max(rect.min, pos2(rect.right(), foot.top() - size::M));
    let split = body.right() - side_width - gap;
    let left = Rect::from_min_max(body.min, pos2(split, body.bottom()));
    let right = Rect::from_min_max(pos2(split + gap, body.top()), body.max);
    let shown = if state.past {
        history::history_ui(ui, cx, state, left, narrow)
    } else {
        current::current_ui(ui, cx, state, left, narrow)
    };
    card_ui(ui, "alarm-details", right, size::L, |ui| {
        details::details_ui(ui, cx, state, shown.as_ref());
    });
    card_ui(ui, "alarm-rates", foot, size::M, |ui| {
        rates::rates_ui(ui, cx)
    });
    at_ui(ui, "alarms-end", rect, |_| ());
    ui.advance_cursor_after_rect(rect);
    dialog::dialog_ui(ui, cx, state);
}

/// Which list, what can be done to many, and the sound.
fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL);
        let open = cx.snapshot.alarms.open.len();
        let current = cx.text.with("alarm-tab-current", [("count", open.into())]);
        if button_ui(ui, Kind::Choice(!state.past), &current).clicked() {
            state.past = false;
        }
        if button_ui(
            ui,
            Kind::Choice(state.past),
            &cx.text.get("alarm-tab-history"),
        )
        .clicked()
        {
            state.past = true;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if state.past {
                history::exports_ui(ui, cx, &state.history);
            } else {
                acknowledge_many_ui(ui, cx, state);
            }
            sound_ui(ui, cx);
        });
    });
}

fn acknowledge_many_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let calls = |a: &&Alarm| a.state().calls();
    let calling: Vec<i64> = cx
        .snapshot
        .alarms
        .open
        .iter()
        .filter(calls)
        .map(|a| a.id)
        .collect();
    state.ticked.retain(|id| calling.contains(id));
    if calling.is_empty() {
        return;
    }
    let (ids, words) = if state.ticked.is_empty() {
        let count = calling.len();
        let words = cx
            .text
            .with("alarm-acknowledge-all", [("count", count.into())]);
        (calling, words)
    } else {
        let count = state.ticked.len();
        let words = cx
            .text
            .with("alarm-acknowledge-ticked", [("count", count.into())]);
        (state.ticked.iter().copied().collect(), words)
    };
    if button_icon_ui(ui, Kind::Plain, Some(Icon::CheckCheck), &words).clicked() {
        state.dialog = Some(Dialog::acknowledge(ids));
    }
}

/// Silence for a while, or the reason for which there is no sound.
fn sound_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::tokens(ui);
    let view = &cx.snapshot.alarms;
    if let Some(until_ms) = view.muted_until_ms {
        let time = cx.text.time(until_ms);
        let words = cx.text.with("alarm-unmute", [("time", time.into())]);
        if button_icon_ui(ui, Kind::Choice(true), Some(Icon::VolumeX), &words).clicked() {
            cx.send(Command::Alarms(AlarmsAsk::Mute { until_ms: None }));
        }
        return;
    }
    let silent = match view.sound {
        Sound::Ready | Sound::Sounding => None,
        Sound::Off => Some(cx.text.get("alarm-sound-off")),
        Sound::NoPlayer => Some(cx.text.get("alarm-sound-none")),
        Sound::Failing => Some(cx.text.get("alarm-sound-failing")),
    };
    if let Some(words) = silent {
        let why = cx.text.get("alarm-sound-why");
        ui.label(theme::small(words, t.mute)).on_hover_text(why);
    } else if view.unacknowledged > 0 {
        let words = cx.text.get("alarm-mute");
        let mute = button_icon_ui(ui, Kind::Plain, Some(Icon::Volume2), &words);
        if mute.on_hover_text(cx.text.get("alarm-mute-why")).clicked() {
            let until_ms = Some(cx.wall_ms + MUTE_MS);
            cx.send(Command::Alarms(AlarmsAsk::Mute { until_ms }));
        }
    }
}
