//! Refused rows: how many and why, sieved by reason, source, file and words; the selected one at the right, whole; all of a
//! filter tried again at once.

use eframe::egui::{Align, Key, Label, Layout, Sense, Ui};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::{Tone, card_ui};
use crate::service::command::Command;
use crate::service::intake::requeue::Report;
use crate::service::intake::{
    IntakeAsk, IntakeView, PUT_BACK_ROWS, RefusedEntry, RefusedFilter, decode,
};

use super::parts::{
    cell_ui, choice_ui, empty_ui, field_ui, head_ui, notice_ui, sentence_ui, split, table_look,
};
use super::{held, refused_row};

/// What the tab remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    words: String,
    /// The user is asked whether all rows of the filter are to be tried again.
    confirming: bool,
    row: refused_row::State,
    held: held::State,
    /// The report that was closed.
    closed: Option<Result<Report, String>>,
}

pub fn tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let view = std::sync::Arc::clone(&cx.snapshot.intake);
    report_ui(ui, cx, &view, state);
    held::section_ui(ui, cx, &mut state.held);
    if view.out() == 0 && view.counts.put_back == 0 {
        let rect = ui.available_rect_before_wrap();
        card_ui(ui, "pipeline-quarantine", rect, size::XL, |ui| {
            let (title, words) = if view.looked {
                ("pipeline-out-none", "pipeline-out-none-why")
            } else {
                ("pipeline-tab-quarantine", "pipeline-looking")
            };
            empty_ui(ui, &cx.text.get(title), &cx.text.get(words));
        });
        return;
    }
    filter_ui(ui, cx, &view, state);
    let rect = ui.available_rect_before_wrap();
    let detail = if rect.width() < size::NARROW {
        360.0
    } else {
        432.0
    };
    let (table, side) = split(rect, detail, size::L);
    card_ui(ui, "pipeline-quarantine", table, size::LINE, |ui| {
        if view.rows.is_empty() {
            let words = if view.sifting {
                cx.text.get("pipeline-looking")
            } else {
                cx.text.get("pipeline-sieve-none")
            };
            empty_ui(ui, &words, "");
        } else {
            table_ui(ui, cx, &view);
        }
    });
    card_ui(ui, "pipeline-refused-row", side, size::L, |ui| {
        refused_row::row_ui(ui, cx, &mut state.row);
    });
    ui.advance_cursor_after_rect(rect);
}

/// What became of the rows that were tried last.
fn report_ui(ui: &mut Ui, cx: &Cx<'_>, view: &IntakeView, state: &mut State) {
    let text = cx.text;
    if view.putting_back {
        notice_ui(ui, Tone::Calm, |ui| {
            sentence_ui(ui, &text.get("pipeline-putting-back"))
        });
        return;
    }
    let Some(report) = view
        .put_back
        .as_ref()
        .filter(|report| state.closed.as_ref() != Some(*report))
    else {
        return;
    };
    let tone = match report {
        Ok(report) if report.failed.is_empty() && report.refused.is_empty() => Tone::Calm,
        _ => Tone::Warn,
    };
    let closed = notice_ui(ui, tone, |ui| {
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - 96.0);
                match report {
                    Ok(report) => told_ui(ui, cx, report),
                    Err(why) => {
                        let t = theme::tokens(ui);
                        ui.label(theme::body(text.get("pipeline-put-back-failed"), t.text));
                        sentence_ui(ui, &text.detail(why).unwrap_or_default());
                    }
                }
            });
            button_ui(ui, Kind::Plain, &text.get("pipeline-close")).clicked()
        })
        .inner
    });
    if closed {
        state.closed = Some(report.clone());
    }
}

fn told_ui(ui: &mut Ui, cx: &Cx<'_>, report: &Report) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let refused: u64 = report.refused.values().sum::<u64>() + report.failed.values().sum::<u64>();
    let words = text.with(
        "pipeline-put-back-report",
        [
            ("entered", text.count(report.entered).into()),
            ("refused", text.count(refused).into()),
        ],
    );
    ui.add(Label::new(theme::strong(words, t.text)).wrap());
    for (reason, count) in &report.refused {
        let words = text.with(
            "pipeline-pair",
            [
                ("name", text.reason(*reason).into()),
                ("value", text.count(*count).into()),
            ],
        );
        sentence_ui(ui, &words);
    }
    if let Some((line, detail)) = &report.example {
        let line = text.count(*line);
        let words = text.with(
            "pipeline-put-back-example",
            [("line", line.into()), ("detail", detail.as_str().into())],
        );
        sentence_ui(ui, &words);
    }
    for (why, count) in &report.failed {
        let detail = text.detail(why).unwrap_or_default();
        sentence_ui(ui, &format!("{} × {detail}", text.count(*count)));
    }
    if report.left > 0 {
        let left = text.count(report.left);
        sentence_ui(
            ui,
            &text.with("pipeline-put-back-left", [("rows", left.into())]),
        );
    }
    if report.entered > 0 {
        sentence_ui(ui, &text.get("pipeline-put-back-next"));
    }
}

fn filter_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &IntakeView, state: &mut State) {
    let text = cx.text;
    let mut filter = view.filter.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = eframe::egui::vec2(size::S, size::S);
        let all = text.with(
            "pipeline-sieve-all",
            [("rows", text.count(view.out()).into())],
        );
        if button_ui(ui, Kind::Choice(filter.reason.is_none()), &all).clicked() {
            filter.reason = None;
        }
        for (reason, rows) in &view.counts.by_reason {
            let word = format!("{} {}", text.reason(*reason), text.count(*rows));
            if button_ui(ui, Kind::Choice(filter.reason == Some(*reason)), &word).clicked() {
                filter.reason = Some(*reason);
            }
        }
    });
    ui.horizontal(|ui| {
        let words = field_ui(
            ui,
            &text.get("pipeline-sieve-words"),
            &text.get("pipeline-sieve-hint"),
            232.0,
            &mut state.words,
        );
        let entered = words.lost_focus() || ui.input(|i| i.key_pressed(Key::Enter));
        if entered && state.words != filter.words {
            filter.words.clone_from(&state.words);
        }
        place_ui(ui, cx, view, &mut filter);
        let word = theme::body(text.get("pipeline-sieve-put-back"), theme::tokens(ui).text);
        ui.checkbox(&mut filter.put_back, word);
        let rows = view.matching.min(PUT_BACK_ROWS as u64);
        let free = rows > 0
            && !view.putting_back
            && !state.confirming
            && !filter.put_back
            && cx.snapshot.running.is_none();
        let all = text.with("pipeline-put-all-back", [("rows", text.count(rows).into())]);
        let asked = ui.add_enabled_ui(free, |ui| button_ui(ui, Kind::Plain, &all));
        state.confirming |= asked.inner.clicked();
    });
    state.confirming &= view.matching > 0;
    if filter != view.filter {
        state.confirming = false;
        cx.send(Command::Intake(IntakeAsk::Sift(filter)));
    } else if state.confirming {
        confirm_ui(ui, cx, &filter, state);
    }
}

/// Source and file.
fn place_ui(ui: &mut Ui, cx: &Cx<'_>, view: &IntakeView, filter: &mut RefusedFilter) {
    let text = cx.text;
    let everywhere = text.get("pipeline-sieve-everywhere").into_owned();
    let mut places: Vec<(Option<String>, Option<String>, String)> =
        vec![(None, None, everywhere.clone())];
    let mut sources: Vec<&String> = view.counts.by_file.iter().map(|f| &f.0).collect();
    sources.sort();
    sources.dedup();
    for source in sources {
        places.push((Some(source.clone()), None, source.clone()));
        for (_, path, rows) in view.counts.by_file.iter().filter(|f| f.0 == *source) {
            let name = std::path::Path::new(path)
                .file_name()
                .map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
            let words = format!("{source} · {name} ({})", text.count(*rows));
            places.push((Some(source.clone()), Some(path.clone()), words));
        }
    }
    let here = places
        .iter()
        .find(|p| p.0 == filter.source && p.1 == filter.file);
    let shown = here.map_or(everywhere, |place| place.2.clone());
    let words: Vec<String> = places.iter().map(|place| place.2.clone()).collect();
    let name = text.get("pipeline-sieve-place");
    if let Some(chosen) = choice_ui(ui, "refused-place", &name, 216.0, &shown, &words) {
        let (source, file, _) = places.swap_remove(chosen);
        (filter.source, filter.file) = (source, file);
    }
}

fn confirm_ui(ui: &mut Ui, cx: &mut Cx<'_>, filter: &RefusedFilter, state: &mut State) {
    notice_ui(ui, Tone::Warn, |ui| {
        sentence_ui(ui, &cx.text.get("pipeline-put-all-why"));
        ui.horizontal(|ui| {
            if button_ui(ui, Kind::Primary, &cx.text.get("pipeline-put-back")).clicked() {
                cx.send(Command::Intake(IntakeAsk::PutAllBack(filter.clone())));
                state.confirming = false;
            }
            if button_ui(ui, Kind::Plain, &cx.text.get("pipeline-give-up")).clicked() {
                state.confirming = false;
            }
        });
    });
}

fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &IntakeView) {
    table_look(ui);
    let narrow = ui.available_width() < 760.0;
    let picked = view.picked.as_ref().map(|picked| picked.key);
    let mut table = TableBuilder::new(ui)
        .id_salt("refused-table")
        .sense(Sense::click())
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(if narrow { 156.0 } else { 164.0 }));
    if !narrow {
        table = table.column(Column::exact(120.0).clip(true));
    }
    let mut clicked = None;
    table
        .column(Column::exact(76.0))
        .column(Column::remainder().clip(true))
        .header(size::TABLE_HEAD, |mut header| {
            header.col(|ui| head_ui(ui, &cx.text.get("pipeline-col-reason"), false));
            if !narrow {
                header.col(|ui| head_ui(ui, &cx.text.get("pipeline-col-source"), false));
            }
            header.col(|ui| head_ui(ui, &cx.text.get("pipeline-col-line"), true));
            header.col(|ui| head_ui(ui, &cx.text.get("pipeline-col-raw"), false));
        })
        .body(|body| {
            body.rows(size::ROW, view.rows.len(), |mut row| {
                let entry = &view.rows[row.index()];
                row.set_selected(picked == Some(entry.key));
                row.set_overline(true);
                row_cells(&mut row, cx, entry, narrow);
                if row.response().clicked() {
                    clicked = Some(entry.key);
                }
            });
        });
    if let Some(key) = clicked {
        cx.send(Command::Intake(IntakeAsk::Pick(Some(key))));
    }
}

fn row_cells(row: &mut TableRow<'_, '_>, cx: &Cx<'_>, entry: &RefusedEntry, narrow: bool) {
    let text = cx.text;
    let back = entry.put_back.is_some();
    let mut cell = |words: String, right: bool, strong: bool| {
        row.col(|ui| {
            let t = theme::tokens(ui);
            let ink = if back || !strong { t.mute } else { t.text };
            cell_ui(ui, theme::body(words, ink), right);
        });
    };
    let reason = if back {
        text.get("pipeline-was-put-back").into_owned()
    } else {
        text.reason(entry.reason)
    };
    cell(reason, false, true);
    if !narrow {
        cell(entry.source.clone(), false, false);
    }
    cell(text.count(entry.key.line), true, false);
    cell(one_line(&decode(&entry.excerpt)), false, true);
}

/// A row may hold line ends and tabs of its own.
fn one_line(row: &str) -> String {
    row.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
