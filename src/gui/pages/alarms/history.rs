//! The history: filtered, read by the service, exported as it is filtered.

use std::path::PathBuf;

use eframe::egui::{ComboBox, Rect, TextEdit, Ui, pos2};

use crate::domain::alarm::{Alarm, State as AlarmState, Watch};
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::alarm::{priority_ui, state_ui};
use crate::gui::widgets::button::{Kind, button_icon_ui};
use crate::gui::widgets::card::{at_ui, card_ui};
use crate::service::alarms::{AlarmsAsk, HISTORY_ROWS};
use crate::service::command::Command;
use crate::service::export::{AlarmFilter, FileFormat};

use super::State;
use super::current::by_whom;
use super::table::{Cell, label, table_ui, what_ui};

const DAY_MS: i64 = 86_400_000;
/// Periods on offer, in days; `None` is all of time.
const PERIODS: [Option<i64>; 4] = [Some(1), Some(7), Some(30), None];

/// What was asked of the history.
#[derive(Debug, Default)]
pub struct Asked {
    wanted: Wanted,
    /// What the service was last asked for.
    asked: Option<Wanted>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    days: Option<i64>,
    name: String,
    kind: Option<&'static str>,
    state: Option<AlarmState>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            days: Some(7),
            name: String::new(),
            kind: None,
            state: None,
        }
    }
}

impl Wanted {
    fn filter(&self, wall_ms: i64) -> AlarmFilter {
        AlarmFilter {
            from_ms: self.days.map(|days| wall_ms - days * DAY_MS),
            to_ms: None,
            name: self.name.clone(),
            kind: self.kind.map(str::to_owned),
            state: self.state,
        }
    }
}

/// Draws filter and list; gives back the selected alarm.
pub fn history_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    rect: Rect,
    narrow: bool,
) -> Option<Alarm> {
    let bar = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + size::CONTROL));
    let list = Rect::from_min_max(pos2(rect.left(), bar.bottom() + size::M), rect.max);
    at_ui(ui, "alarm-filter", bar, |ui| {
        filter_ui(ui, cx, &mut state.history.wanted)
    });
    let wanted = &state.history.wanted;
    if state.history.asked.as_ref() != Some(wanted) {
        cx.send(Command::Alarms(AlarmsAsk::History(
            wanted.filter(cx.wall_ms),
        )));
        state.history.asked = Some(wanted.clone());
    }
    let history = cx.snapshot.alarms.history.clone();
    let alarms = history.as_ref().map_or(&[][..], |h| h.alarms.as_slice());
    if !alarms.iter().any(|a| Some(a.id) == state.selected) {
        state.selected = alarms.first().map(|a| a.id);
    }
    card_ui(ui, "alarms-history", list, size::LINE, |ui| {
        let t = theme::tokens(ui);
        let words = match &history {
            None => Some(cx.text.get("alarm-history-reading")),
            Some(h) if h.alarms.is_empty() => Some(cx.text.get("alarm-history-none")),
            Some(_) => None,
        };
        if let Some(words) = words {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.35);
                ui.label(theme::body(words, t.mute));
            });
            return;
        }
        let did = rows_ui(ui, cx, state, list, alarms, narrow);
        let chosen = alarms.iter().find(|a| Some(a.id) == state.selected);
        if did.opened
            && let Some(loco) = chosen.and_then(|a| a.watch.loco())
        {
            cx.ask(Ask::Open(loco.clone()));
        }
    });
    alarms
        .iter()
        .find(|a| Some(a.id) == state.selected)
        .cloned()
}

fn rows_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    rect: Rect,
    alarms: &[Alarm],
    narrow: bool,
) -> super::table::Did {
    let t = theme::tokens(ui);
    let text = cx.text;
    let title = |key: &'static str| text.get(key).into_owned();
    let raised = |ui: &mut Ui, a: &Alarm| {
        let words = text.moment(a.raised_ms, Some(cx.wall_ms));
        label(ui, theme::body(words, t.mute));
    };
    let priority = |ui: &mut Ui, a: &Alarm| priority_ui(ui, text, a);
    let subject = |ui: &mut Ui, a: &Alarm| label(ui, theme::strong(text.alarm_subject(a), t.text));
    let what = |ui: &mut Ui, a: &Alarm| what_ui(ui, text, a);
    let state_of = |ui: &mut Ui, a: &Alarm| state_ui(ui, text, a.state());
    let by = |ui: &mut Ui, a: &Alarm| label(ui, theme::body(by_whom(text, a), t.mute));
    let mut cells = vec![
        Cell {
            title: title("alarm-column-raised"),
            width: if narrow { 84.0 } else { 124.0 },
            draw: &raised,
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
    if rect.width() > 1100.0 {
        cells.push(Cell {
            title: title("alarm-column-by"),
            width: 132.0,
            draw: &by,
        });
    }
    table_ui(ui, cx, state, rect, alarms, &cells)
}

fn filter_ui(ui: &mut Ui, cx: &Cx<'_>, wanted: &mut Wanted) {
    let text = cx.text;
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL);
        let period = |days: Option<i64>| match days {
            Some(days) => text.with("alarm-period-days", [("days", days.into())]),
            None => text.get("alarm-period-all").into_owned(),
        };
        choice_ui(
            ui,
            "alarm-period",
            &text.get("alarm-period"),
            &mut wanted.days,
            &PERIODS,
            period,
        );
        let kinds = all_and(Watch::KINDS);
        let kind = |kind: Option<&'static str>| match kind {
            Some(kind) => text.alarm_kind(kind),
            None => text.get("alarm-kind-all").into_owned(),
        };
        choice_ui(
            ui,
            "alarm-kind",
            &text.get("alarm-kind"),
            &mut wanted.kind,
            &kinds,
            kind,
        );
        let states = all_and(AlarmState::ALL);
        let state = |state: Option<AlarmState>| match state {
            Some(state) => text.alarm_state(state),
            None => text.get("alarm-state-all").into_owned(),
        };
        choice_ui(
            ui,
            "alarm-state",
            &text.get("alarm-state"),
            &mut wanted.state,
            &states,
            state,
        );
        let hint = text.get("alarm-search");
        ui.add(
            TextEdit::singleline(&mut wanted.name)
                .hint_text(hint.as_ref())
                .char_limit(80)
                .margin(eframe::egui::vec2(10.0, 8.0))
                .desired_width(184.0),
        )
        .accessible_name(hint.as_ref());
        if cx.snapshot.alarms.history.as_ref().is_some_and(|h| h.more) {
            let t = theme::tokens(ui);
            let words = text.with("alarm-history-more", [("count", HISTORY_ROWS.into())]);
            ui.add(eframe::egui::Label::new(theme::small(words, t.mute)).truncate());
        }
    });
}

/// The buttons that write the filtered history to a file.
pub fn exports_ui(ui: &mut Ui, cx: &mut Cx<'_>, asked: &Asked) {
    // From right to left.
    for (format, word) in [(FileFormat::Csv, "CSV"), (FileFormat::Xlsx, "Excel")] {
        let name = cx.text.with("alarm-export", [("format", word.into())]);
        let button = button_icon_ui(ui, Kind::Plain, Some(Icon::Download), word);
        if button.accessible_name(&name).on_hover_text(name).clicked() {
            export(cx, &asked.wanted, format);
        }
    }
}

fn all_and<T: Copy>(values: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    std::iter::once(None)
        .chain(values.into_iter().map(Some))
        .collect()
}

fn choice_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    chosen: &mut T,
    all: &[T],
    word: impl Fn(T) -> String,
) {
    ComboBox::from_id_salt(salt)
        .width(132.0)
        .selected_text(word(*chosen))
        .show_ui(ui, |ui| {
            for &one in all {
                ui.selectable_value(chosen, one, word(one));
            }
        })
        .response
        .accessible_name(name);
}

fn export(cx: &mut Cx<'_>, wanted: &Wanted, format: FileFormat) {
    let stem = cx.text.get("alarm-file");
    let file_name = format!("{stem}.{}", format.key());
    let command = Command::Alarms(AlarmsAsk::Export {
        filter: wanted.filter(cx.wall_ms),
        format,
        to: PathBuf::from(&file_name),
    });
    cx.ask(Ask::SaveAs { file_name, command });
}
