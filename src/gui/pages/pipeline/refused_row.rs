//! One refused row, whole: where it stood, what was wrong with it; corrected, tried, put back.

use eframe::egui::{Label, Margin, ScrollArea, TextEdit, Ui};

use crate::domain::Channel;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::Tone;
use crate::service::command::Command;
use crate::service::intake::requeue::Would;
use crate::service::intake::{FirstRow, FirstRowIs, IntakeAsk, Picked, RefusedEntry, RefusedKey};

use super::parts::{empty_ui, label_ui, notice_ui, sentence_ui, title_ui};

/// What is being written.
#[derive(Debug, Default)]
pub struct State {
    of: Option<RefusedKey>,
    text: String,
}

pub fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let view = std::sync::Arc::clone(&cx.snapshot.intake);
    let Some(picked) = &view.picked else {
        state.of = None;
        empty_ui(
            ui,
            &cx.text.get("pipeline-pick"),
            &cx.text.get("pipeline-pick-why"),
        );
        return;
    };
    if state.of != Some(picked.key) {
        state.of = Some(picked.key);
        state.text.clone_from(&picked.text);
    }
    let entry = view.rows.iter().find(|entry| entry.key == picked.key);
    ScrollArea::vertical()
        .id_salt("refused-row")
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = size::S;
            if let Some(entry) = entry {
                origin_ui(ui, cx, entry);
            }
            if let Some(put_back_as) = &picked.put_back_as {
                put_back_ui(ui, cx, entry, picked, put_back_as);
            } else {
                let free = !view.putting_back && cx.snapshot.running.is_none();
                correct_ui(ui, cx, picked, state, free);
            }
        });
}

fn origin_ui(ui: &mut Ui, cx: &Cx<'_>, entry: &RefusedEntry) {
    let t = theme::tokens(ui);
    let text = cx.text;
    title_ui(ui, &text.reason(entry.reason));
    ui.add(Label::new(theme::body(&entry.detail, t.text)).wrap());
    let origin = text.with(
        "story-origin",
        [
            ("file", entry.path.as_str().into()),
            ("line", text.count(entry.key.line).into()),
        ],
    );
    ui.add(Label::new(theme::body(origin, t.mute)).wrap());
    let run = text.count(entry.run.unsigned_abs());
    let mut words = text.with(
        "pipeline-row-source",
        [
            ("source", entry.source.as_str().into()),
            ("run", run.into()),
        ],
    );
    if let Some(loco) = &entry.loco {
        words = format!("{words} · {loco}");
    }
    if let Some(at_ms) = entry.at_ms {
        words = format!(
            "{words} · {} {}",
            text.date_year(at_ms),
            text.time_seconds(at_ms)
        );
    }
    ui.add(Label::new(theme::body(words, t.mute)).wrap());
}

fn put_back_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    entry: Option<&RefusedEntry>,
    picked: &Picked,
    put_back_as: &str,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    if let Some(back) = entry.and_then(|entry| entry.put_back.as_ref()) {
        let when = text.moment(back.at_ms, Some(cx.wall_ms));
        let words = text.with(
            "pipeline-put-back-by",
            [("who", back.who.as_str().into()), ("when", when.into())],
        );
        ui.add(Label::new(theme::strong(words, t.text)).wrap());
    }
    for (name, row) in [
        ("pipeline-row-as-it-came", picked.text.as_str()),
        ("pipeline-row-as-put-back", put_back_as),
    ] {
        label_ui(ui, &text.get(name));
        ui.add(Label::new(theme::body(row, t.text)).wrap());
    }
}

fn correct_ui(ui: &mut Ui, cx: &mut Cx<'_>, picked: &Picked, state: &mut State, free: bool) {
    let t = theme::tokens(ui);
    let text = cx.text;
    label_ui(ui, &text.get("pipeline-row-edit"));
    ui.add(
        TextEdit::multiline(&mut state.text)
            .desired_width(f32::INFINITY)
            .desired_rows(5)
            .margin(Margin::symmetric(8, 8))
            .text_color(t.text),
    )
    .accessible_name(text.get("pipeline-row-edit"));
    let changed = state.text != picked.text;
    ui.horizontal_wrapped(|ui| {
        if button_ui(ui, Kind::Plain, &text.get("pipeline-row-try")).clicked() {
            cx.send(Command::Intake(IntakeAsk::Try {
                key: picked.key,
                text: state.text.clone(),
            }));
        }
        let undo = ui.add_enabled_ui(changed, |ui| {
            button_ui(ui, Kind::Plain, &text.get("pipeline-row-undo"))
        });
        if undo.inner.clicked() {
            state.text.clone_from(&picked.text);
        }
    });
    let tried = picked.tried.as_ref().filter(|(of, _)| *of == state.text);
    if let Some((_, would)) = tried {
        would_ui(ui, cx, would);
    }
    // What would be refused is not put back: it is tried first, and the button says so by waiting.
    let enters = matches!(tried, Some((_, Would::Enter(_) | Would::BeKnown(_))));
    let put = ui.add_enabled_ui(free && enters, |ui| {
        button_ui(ui, Kind::Primary, &text.get("pipeline-put-back"))
    });
    if put.inner.clicked() {
        cx.send(Command::Intake(IntakeAsk::PutBack {
            key: picked.key,
            text: state.text.clone(),
        }));
    }
    sentence_ui(ui, &text.get("pipeline-put-back-why"));
}

fn would_ui(ui: &mut Ui, cx: &Cx<'_>, would: &Would) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (tone, words, detail) = match would {
        Would::Enter(first) => (
            Tone::Calm,
            text.get("pipeline-would-enter").into_owned(),
            read(cx, first),
        ),
        Would::BeKnown(first) => (
            Tone::Calm,
            text.get("pipeline-would-be-known").into_owned(),
            read(cx, first),
        ),
        Would::BeRefused { reason, detail } => (
            Tone::Warn,
            text.with(
                "pipeline-would-be-refused",
                [("reason", text.reason(*reason).into())],
            ),
            text.detail(detail).unwrap_or_default(),
        ),
        Would::Fail(why) => (
            Tone::Warn,
            text.get("pipeline-would-fail").into_owned(),
            text.detail(why).unwrap_or_default(),
        ),
    };
    notice_ui(ui, tone, |ui| {
        ui.add(Label::new(theme::strong(words, t.text)).wrap());
        sentence_ui(ui, &detail);
    });
}

/// A row as it would enter, in our units.
pub fn read(cx: &Cx<'_>, first: &FirstRow) -> String {
    let text = cx.text;
    let when = format!(
        "{} {}",
        text.date_year(first.at_ms),
        text.time_seconds(first.at_ms)
    );
    let what = match &first.what {
        FirstRowIs::Reading { values, .. } => Channel::ALL
            .map(|channel| text.value_unit(channel, values[channel.index()]))
            .join(" · "),
        FirstRowIs::Event { kind, component } => text.workshop(*kind, component),
    };
    format!("{} · {when} · {what}", first.loco)
}
