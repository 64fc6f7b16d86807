//! One alarm, whole: what was seen, by which model, what was done about it, and what can be done.

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, TextEdit, Ui, pos2};

use crate::domain::Channel;
use crate::domain::alarm::{Alarm, Aside, State as AlarmState, What};
use crate::gui::context::{Ask, Cx};
use crate::gui::theme::{self, size};
use crate::gui::widgets::alarm::{ink, priority_shape_ui, state_ui};
use crate::gui::widgets::button::{Kind, button_ui, pressed_anew};
use crate::gui::widgets::card::at_ui;
use crate::service::alarms::{AlarmsAsk, Which};
use crate::service::command::Command;

use super::State;
use super::current::{in_sight, next_calling};
use super::dialog::Dialog;

/// Draws it over all the space there is; the actions stay at the foot.
pub fn details_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, alarm: Option<&Alarm>) {
    let t = theme::tokens(ui);
    let Some(alarm) = alarm else {
        ui.add(Label::new(theme::body(cx.text.get("alarm-none-selected"), t.mute)).wrap());
        return;
    };
    let rect = ui.max_rect();
    let lines = match alarm.state() {
        s if s.calls() => 3.0,
        AlarmState::Closed => 1.0,
        _ => 2.0,
    };
    let foot = lines * (size::CONTROL + size::S) - size::S;
    let body = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - foot - size::M));
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - foot), rect.max);
    at_ui(ui, "alarm-told", body, |ui| {
        ScrollArea::vertical()
            .id_salt("alarm-told-scroll")
            .auto_shrink([false, false])
            .show(ui, |ui| told_ui(ui, cx, alarm));
    });
    at_ui(ui, "alarm-actions", foot, |ui| {
        actions_ui(ui, cx, state, alarm)
    });
}

fn told_ui(ui: &mut Ui, cx: &Cx<'_>, alarm: &Alarm) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.spacing_mut().item_spacing.y = size::XS;
    ui.spacing_mut().interact_size.y = 20.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::M;
        priority_shape_ui(ui, 28.0, alarm);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let subject = text.alarm_subject(alarm);
            ui.add(Label::new(theme::sized(subject, size::FIGURE, t.text)).truncate());
            let priority = text.alarm_priority(alarm.priority());
            let words = text.with("alarm-priority-of", [("priority", priority.into())]);
            ui.label(theme::small_strong(words, ink(alarm, t)));
        });
    });
    ui.add_space(size::S);
    ui.add(Label::new(theme::body(text.alarm(&alarm.what), t.text)).wrap());
    if let Some(cause) = alarm.what.cause() {
        ui.add(Label::new(theme::small(text.cause_sentence(cause), t.mute)).wrap());
        ui.add(Label::new(theme::small(text.cause_todo(cause), t.mute)).wrap());
    }
    if let Some(names) = text.alarm_locomotives(alarm) {
        ui.add(Label::new(theme::small(names, t.mute)).wrap());
    }
    ui.add_space(size::S);
    ui.horizontal(|ui| state_ui(ui, text, alarm.state()));
    now_ui(ui, cx, alarm);
    inputs_ui(ui, cx, alarm);
    acts_ui(ui, cx, alarm);
}

/// What the channel measures now, where the alarm is about one.
fn now_ui(ui: &mut Ui, cx: &Cx<'_>, alarm: &Alarm) {
    let t = theme::tokens(ui);
    let (What::Limit { channel, .. }, Some(loco)) = (&alarm.what, alarm.watch.loco()) else {
        return;
    };
    let Some(row) = cx.snapshot.fleet.iter().find(|r| r.loco == *loco) else {
        return;
    };
    let value = row.values[channel.index()];
    let words = cx.text.with(
        "alarm-value-now",
        [("value", cx.text.value_unit(*channel, value).into())],
    );
    let ink = if row.out_of_band[channel.index()] {
        t.warn
    } else {
        t.text
    };
    ui.label(theme::body(words, ink));
}

fn section_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.add_space(size::M);
    ui.label(theme::strong(words, t.text));
}

fn pair_ui(ui: &mut Ui, name: &str, value: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.label(theme::small(name, t.mute));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::body(value, t.text).size(size::TEXT));
        });
    });
}

fn inputs_ui(ui: &mut Ui, cx: &Cx<'_>, alarm: &Alarm) {
    let text = cx.text;
    let Some(inputs) = &alarm.inputs else {
        return;
    };
    section_ui(ui, &text.get("alarm-inputs"));
    let when = text.date_time(inputs.at_ms, cx.now_ms());
    pair_ui(ui, &text.get("alarm-reading"), &when);
    for channel in Channel::ALL {
        let value = text.value_unit(channel, inputs.values[channel.index()]);
        pair_ui(ui, &text.channel(channel), &value);
    }
    if let (Some(probability), Some(threshold)) = (inputs.probability, inputs.threshold) {
        let value = text.with(
            "alarm-probability-of",
            [
                ("probability", text.percent(probability).into()),
                ("threshold", text.percent(threshold).into()),
            ],
        );
        pair_ui(ui, &text.get("alarm-probability"), &value);
    }
    if let Some(model) = inputs.model {
        pair_ui(ui, &text.get("alarm-model"), &format!("v{model}"));
    }
}

/// Who did what, and when: in the order of time, to the second, as a report of an incident needs it.
fn acts_ui(ui: &mut Ui, cx: &Cx<'_>, alarm: &Alarm) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let moment = |at_ms| text.moment_seconds(at_ms, cx.wall_ms);
    section_ui(ui, &text.get("alarm-acts"));
    let mut acts = vec![(alarm.raised_ms, text.get("alarm-raised"), None)];
    acts.extend(
        alarm
            .returned_ms
            .map(|at_ms| (at_ms, text.get("alarm-returned"), None)),
    );
    if let Some(act) = &alarm.acknowledged {
        acts.push((act.at_ms, text.get("alarm-acknowledged"), Some(act)));
    }
    if let Some(aside) = &alarm.aside {
        let name = match aside {
            Aside::Shelved { .. } => text.get("alarm-shelved"),
            Aside::OutOfService { .. } => text.get("alarm-out"),
        };
        acts.push((aside.act().at_ms, name, Some(aside.act())));
    }
    acts.sort_by_key(|(at_ms, ..)| *at_ms);
    for (at_ms, name, act) in acts {
        let Some(act) = act else {
            pair_ui(ui, &name, &moment(at_ms));
            continue;
        };
        pair_ui(ui, &name, &format!("{} · {}", act.who, moment(at_ms)));
        if !act.words.is_empty() {
            ui.add(Label::new(theme::small(act.words.as_str(), t.mute)).wrap());
        }
    }
    if let Some(Aside::Shelved { until_ms, .. }) = &alarm.aside {
        pair_ui(ui, &text.get("alarm-until"), &moment(*until_ms));
    }
}

fn actions_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, alarm: &Alarm) {
    let standing = alarm.state();
    ui.spacing_mut().item_spacing.y = size::S;
    if standing.calls() {
        let hint = cx.text.get("alarm-comment");
        ui.add(
            TextEdit::singleline(&mut state.comment)
                .hint_text(hint.as_ref())
                .char_limit(500)
                .margin(eframe::egui::vec2(10.0, 8.0))
                .desired_width(f32::INFINITY),
        )
        .accessible_name(hint.as_ref());
    }
    ui.horizontal(|ui| {
        let acknowledge = standing
            .calls()
            .then(|| button_ui(ui, Kind::Primary, &cx.text.get("alarm-acknowledge")));
        if acknowledge.is_some_and(|button| pressed_anew(ui, &button)) {
            cx.send(Command::Alarms(AlarmsAsk::Acknowledge {
                which: Which::These(vec![alarm.id]),
                comment: std::mem::take(&mut state.comment),
            }));
            let next = next_calling(&cx.snapshot.alarms.open, &[alarm.id]);
            state.selected = next.filter(|_| !state.past).or(state.selected);
        }
        if in_sight(standing) {
            if button_ui(ui, Kind::Plain, &cx.text.get("alarm-shelve")).clicked() {
                state.dialog = Some(Dialog::shelve(alarm.id));
            }
            if !standing.calls() {
                out_ui(ui, cx, state, alarm.id);
            }
        }
        if standing == AlarmState::Shelved
            && button_ui(ui, Kind::Primary, &cx.text.get("alarm-unshelve")).clicked()
        {
            cx.send(Command::Alarms(AlarmsAsk::Unshelve(vec![alarm.id])));
        }
        if standing == AlarmState::OutOfService
            && button_ui(ui, Kind::Primary, &cx.text.get("alarm-back")).clicked()
        {
            cx.send(Command::Alarms(AlarmsAsk::BackInService(vec![alarm.id])));
        }
        if standing == AlarmState::Closed {
            open_ui(ui, cx, alarm);
        }
    });
    ui.horizontal(|ui| {
        if standing.calls() {
            out_ui(ui, cx, state, alarm.id);
        }
        if standing != AlarmState::Closed {
            open_ui(ui, cx, alarm);
        }
    });
}

fn out_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, id: i64) {
    if button_ui(ui, Kind::Plain, &cx.text.get("alarm-take-out")).clicked() {
        state.dialog = Some(Dialog::take_out(id));
    }
}

fn open_ui(ui: &mut Ui, cx: &mut Cx<'_>, alarm: &Alarm) {
    if let Some(loco) = alarm.watch.loco()
        && button_ui(ui, Kind::Plain, &cx.text.get("alarm-open")).clicked()
    {
        cx.ask(Ask::Open(loco.clone()));
    }
}
