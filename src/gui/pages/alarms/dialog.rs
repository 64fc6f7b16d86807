//! What asks before it is done: acknowledging many, shelving (a reason and an end are demanded), taking out of service
//! (a reason is demanded).

use eframe::egui::{Frame, Id, Key, Label, Margin, Modal, Stroke, TextEdit, Ui};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui, is_held};
use crate::service::alarms::{AlarmsAsk, Which};
use crate::service::command::Command;

use super::State;
use super::current::next_calling;

/// On offer for a shelving, in minutes; the longest is the longest allowed.
const MINUTES: [i64; 5] = [15, 60, 240, 480, 1440];
const MINUTE_MS: i64 = 60_000;

/// What is asked, and what was answered so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    alarms: Vec<i64>,
    what: What,
    words: String,
    minutes: Option<i64>,
    /// The keyboard was put into it.
    begun: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Acknowledge,
    Shelve,
    TakeOut,
}

impl Dialog {
    const fn of(alarms: Vec<i64>, what: What) -> Self {
        Self {
            alarms,
            what,
            words: String::new(),
            minutes: None,
            begun: false,
        }
    }

    /// Asks before many are acknowledged.
    pub const fn acknowledge(alarms: Vec<i64>) -> Self {
        Self::of(alarms, What::Acknowledge)
    }

    /// Asks for the reason and the end of a shelving.
    pub fn shelve(alarm: i64) -> Self {
        Self::of(vec![alarm], What::Shelve)
    }

    /// Asks for the reason of taking out of service.
    pub fn take_out(alarm: i64) -> Self {
        Self::of(vec![alarm], What::TakeOut)
    }

    fn is_complete(&self) -> bool {
        match self.what {
            What::Acknowledge => true,
            What::Shelve => !self.words.trim().is_empty() && self.minutes.is_some(),
            What::TakeOut => !self.words.trim().is_empty(),
        }
    }

    fn ask(self, wall_ms: i64) -> AlarmsAsk {
        match self.what {
            What::Acknowledge => AlarmsAsk::Acknowledge {
                which: Which::These(self.alarms),
                comment: self.words,
            },
            What::Shelve => AlarmsAsk::Shelve {
                alarms: self.alarms,
                reason: self.words,
                until_ms: wall_ms + self.minutes.unwrap_or_default() * MINUTE_MS,
            },
            What::TakeOut => AlarmsAsk::OutOfService {
                alarms: self.alarms,
                reason: self.words,
            },
        }
    }
}

/// Draws the dialog that is open, and carries out its answer.
pub fn dialog_ui(ui: &Ui, cx: &mut Cx<'_>, state: &mut State) {
    let Some(mut dialog) = state.dialog.take() else {
        return;
    };
    let t = theme::tokens(ui);
    let frame = Frame::new()
        .fill(t.panel)
        .stroke(Stroke::new(size::LINE, t.mute))
        .corner_radius(size::CORNER)
        .inner_margin(Margin::same(size::XL as i8));
    let mut done = None;
    let shown = Modal::new(Id::unique("alarm-dialog"))
        .frame(frame)
        .show(ui.ctx(), |ui| {
            ui.set_width(544.0);
            ui.spacing_mut().item_spacing.y = size::M;
            let entered = asked_ui(ui, cx, &mut dialog);
            ui.horizontal(|ui| {
                let go = match dialog.what {
                    What::Acknowledge => cx.text.get("alarm-acknowledge"),
                    What::Shelve => cx.text.get("alarm-dialog-shelve"),
                    What::TakeOut => cx.text.get("alarm-dialog-take-out"),
                };
                let complete = dialog.is_complete();
                let go = ui
                    .add_enabled_ui(complete, |ui| button_ui(ui, Kind::Primary, &go))
                    .inner;
                if go.clicked() || (entered && complete) {
                    done = Some(true);
                }
                if button_ui(ui, Kind::Plain, &cx.text.get("alarm-cancel")).clicked() {
                    done = Some(false);
                }
                if !complete {
                    let missing = match dialog.what {
                        What::Shelve => cx.text.get("alarm-dialog-needs-both"),
                        _ => cx.text.get("alarm-dialog-needs-reason"),
                    };
                    ui.add(Label::new(theme::small(missing, t.mute)).wrap());
                }
            });
        });
    match done {
        Some(true) => {
            let next = next_calling(&cx.snapshot.alarms.open, &dialog.alarms);
            state.selected = next.filter(|_| !state.past).or(state.selected);
            cx.send(Command::Alarms(dialog.ask(cx.wall_ms)));
        }
        Some(false) => {}
        None if shown.should_close() => {}
        None => state.dialog = Some(dialog),
    }
}

/// What is asked, and the fields of the answer; true when Enter was pressed in the last one.
fn asked_ui(ui: &mut Ui, cx: &Cx<'_>, dialog: &mut Dialog) -> bool {
    let t = theme::tokens(ui);
    let text = cx.text;
    let count = dialog.alarms.len();
    let (title, words, hint) = match dialog.what {
        What::Acknowledge => (
            text.with("alarm-dialog-many", [("count", count.into())]),
            text.get("alarm-dialog-many-why"),
            text.get("alarm-comment"),
        ),
        What::Shelve => (
            text.get("alarm-dialog-shelve-title").into_owned(),
            text.get("alarm-dialog-shelve-why"),
            text.get("alarm-reason"),
        ),
        What::TakeOut => (
            text.get("alarm-dialog-out-title").into_owned(),
            text.get("alarm-dialog-out-why"),
            text.get("alarm-reason"),
        ),
    };
    ui.label(theme::sized(title, size::TITLE, t.text));
    let open = &cx.snapshot.alarms.open;
    for alarm in open
        .iter()
        .filter(|a| dialog.alarms.contains(&a.id))
        .take(4)
    {
        ui.add(Label::new(theme::body(text.alarm_line(alarm), t.text)).truncate());
    }
    if count > 4 {
        let more = text.with("alarm-others", [("count", (count - 4).into())]);
        ui.label(theme::small(more, t.mute));
    }
    ui.add(Label::new(theme::small(words, t.mute)).wrap());
    let field = ui
        .add(
            TextEdit::singleline(&mut dialog.words)
                .hint_text(hint.as_ref())
                .char_limit(500)
                .margin(eframe::egui::vec2(10.0, 8.0))
                .desired_width(f32::INFINITY),
        )
        .accessible_name(hint.as_ref());
    if !std::mem::replace(&mut dialog.begun, true) {
        field.request_focus();
    }
    // Enter that opened the dialog and is still held is no answer to it.
    let entered =
        field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) && !is_held(ui, Key::Enter);
    if dialog.what == What::Shelve {
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::small(text.get("alarm-dialog-duration"), t.mute));
            for minutes in MINUTES {
                let word = text.age(minutes * MINUTE_MS);
                let on = dialog.minutes == Some(minutes);
                if button_ui(ui, Kind::Choice(on), &word).clicked() {
                    dialog.minutes = Some(minutes);
                }
            }
        });
        let until = dialog.minutes.map_or_else(
            || "—".to_owned(),
            |minutes| text.moment(cx.wall_ms + minutes * MINUTE_MS, Some(cx.wall_ms)),
        );
        let words = text.with("alarm-dialog-until", [("time", until.into())]);
        ui.label(theme::small(words, t.mute));
    }
    entered
}
