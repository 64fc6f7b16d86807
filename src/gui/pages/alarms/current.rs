//! The alarms that are open now.

use std::cell::RefCell;
use std::collections::BTreeSet;

use eframe::egui::{Checkbox, Rect, Ui};

use crate::domain::alarm::{Alarm, State as AlarmState};
use crate::gui::context::{Ask, Cx};
use crate::gui::theme::{self, size};
use crate::gui::widgets::alarm::{priority_ui, state_ui};
use crate::gui::widgets::card::card_ui;
use crate::service::alarms::{AlarmsAsk, Which};
use crate::service::command::Command;
use crate::text::Text;

use super::State;
use super::table::{Cell, label, table_ui, what_ui};

/// Draws the list; gives back the selected alarm.
pub fn current_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    rect: Rect,
    narrow: bool,
) -> Option<Alarm> {
    let open = &cx.snapshot.alarms.open;
    // What is closed is gone from the list; its neighbour takes its place.
    if !open.iter().any(|a| Some(a.id) == state.selected) {
        state.selected = open.first().map(|a| a.id);
        state.comment.clear();
    }
    card_ui(ui, "alarms-current", rect, size::LINE, |ui| {
        if open.is_empty() {
            empty_ui(ui, cx);
            return;
        }
        let did = {
            let ticked = RefCell::new(std::mem::take(&mut state.ticked));
            let tick = |ui: &mut Ui, alarm: &Alarm| tick_ui(ui, cx.text, &ticked, alarm);
            let did = rows_ui(ui, cx, state, rect, narrow, &tick);
            state.ticked = ticked.into_inner();
            did
        };
        let Some(alarm) = open.iter().find(|a| Some(a.id) == state.selected) else {
            return;
        };
        if did.pressed && alarm.state().calls() {
            cx.send(Command::Alarms(AlarmsAsk::Acknowledge {
                which: Which::These(vec![alarm.id]),
                comment: std::mem::take(&mut state.comment),
            }));
            state.selected = next_calling(open, &[alarm.id]).or(state.selected);
        }
        if did.opened
            && let Some(loco) = alarm.watch.loco()
        {
            cx.ask(Ask::Open(loco.clone()));
        }
    });
    open.iter().find(|a| Some(a.id) == state.selected).cloned()
}

fn rows_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    rect: Rect,
    narrow: bool,
    tick: &dyn Fn(&mut Ui, &Alarm),
) -> super::table::Did {
    let t = theme::tokens(ui);
    let text = cx.text;
    let title = |key: &'static str| text.get(key).into_owned();
    let priority = |ui: &mut Ui, a: &Alarm| priority_ui(ui, text, a);
    let state_of = |ui: &mut Ui, a: &Alarm| state_ui(ui, text, a.state());
    let subject = |ui: &mut Ui, a: &Alarm| label(ui, theme::strong(text.alarm_subject(a), t.text));
    let what = |ui: &mut Ui, a: &Alarm| what_ui(ui, text, a);
    let since = |ui: &mut Ui, a: &Alarm| {
        let words = text.moment(a.raised_ms, Some(cx.wall_ms));
        label(ui, theme::body(words, t.mute));
    };
    let by = |ui: &mut Ui, a: &Alarm| label(ui, theme::body(by_whom(text, a), t.mute));
    let mut cells = vec![
        Cell {
            title: String::new(),
            width: 44.0,
            draw: tick,
        },
        Cell {
            title: title("alarm-column-priority"),
            width: if narrow { 104.0 } else { 116.0 },
            draw: &priority,
        },
        Cell {
            title: title("alarm-column-subject"),
            width: if narrow { 104.0 } else { 140.0 },
            draw: &subject,
        },
        Cell {
            title: title("alarm-column-what"),
            width: 0.0,
            draw: &what,
        },
        Cell {
            title: title("alarm-column-state"),
            width: if narrow { 178.0 } else { 216.0 },
            draw: &state_of,
        },
    ];
    // In the smallest window, since when stands in the details.
    if rect.width() > 700.0 {
        cells.push(Cell {
            title: title("alarm-column-since"),
            width: if narrow { 68.0 } else { 92.0 },
            draw: &since,
        });
    }
    if rect.width() > 1100.0 {
        cells.push(Cell {
            title: title("alarm-column-by"),
            width: 132.0,
            draw: &by,
        });
    }
    table_ui(ui, cx, state, rect, &cx.snapshot.alarms.open, &cells)
}

/// Who acknowledged it or set it aside, and until when.
pub fn by_whom(text: &Text, alarm: &Alarm) -> String {
    use crate::domain::alarm::Aside;
    match (&alarm.aside, &alarm.acknowledged) {
        (Some(Aside::Shelved { act, until_ms }), _) => {
            format!("{} → {}", act.who, text.time(*until_ms))
        }
        (Some(Aside::OutOfService { act }), _) | (None, Some(act)) => act.who.clone(),
        (None, None) => "—".to_owned(),
    }
}

fn tick_ui(ui: &mut Ui, text: &Text, ticked: &RefCell<BTreeSet<i64>>, alarm: &Alarm) {
    if !alarm.state().calls() {
        return;
    }
    let mut ticked = ticked.borrow_mut();
    let mut on = ticked.contains(&alarm.id);
    let name = text.with("alarm-tick", [("alarm", text.alarm_line(alarm).into())]);
    let response = ui
        .add(Checkbox::without_text(&mut on))
        .accessible_name(name);
    if response.changed() {
        if on {
            ticked.insert(alarm.id);
        } else {
            ticked.remove(&alarm.id);
        }
    }
}

fn empty_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        let (rect, _) = ui.allocate_exact_size(
            eframe::egui::Vec2::splat(34.0),
            eframe::egui::Sense::hover(),
        );
        let unknown = cx.snapshot.data_span.is_none();
        let (kind, title, words) = if cx.snapshot.fault.is_some() {
            (
                crate::domain::VerdictKind::Unavailable,
                cx.text.get("empty-fault-title"),
                cx.text.get("alarm-empty-fault"),
            )
        } else if unknown {
            (
                crate::domain::VerdictKind::Unavailable,
                cx.text.get("alarm-empty-unknown"),
                cx.text.get("alarm-empty-unknown-why"),
            )
        } else {
            (
                crate::domain::VerdictKind::Nominal,
                cx.text.get("alarm-empty"),
                cx.text.get("alarm-empty-why"),
            )
        };
        crate::gui::widgets::verdict::paint_shape(ui.painter(), rect.center(), 34.0, kind, t);
        ui.label(theme::strong(title, t.text));
        ui.label(theme::small(words, t.mute));
    });
}

/// The alarm that is selected after this one was seen to: the next that calls, so that one key goes through them all.
#[must_use]
pub fn next_calling(open: &[Alarm], done: &[i64]) -> Option<i64> {
    let at = open.iter().position(|a| done.contains(&a.id))?;
    let rest = open[at..].iter().chain(&open[..at]);
    rest.filter(|a| a.state().calls() && !done.contains(&a.id))
        .map(|a| a.id)
        .next()
}

/// Alarms whose state lets them be shelved or taken out of service.
#[must_use]
pub const fn in_sight(state: AlarmState) -> bool {
    matches!(
        state,
        AlarmState::Unacknowledged | AlarmState::Acknowledged | AlarmState::ReturnedUnacknowledged
    )
}
