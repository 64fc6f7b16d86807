//! The runs that ended, newest first; beside the table all that is known of the selected one.

use eframe::egui::{Align, Label, Layout, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::{at_ui, card_ui};
use crate::service::command::Command;
use crate::service::intake::IntakeAsk;
use crate::service::intake::history::{RunRow, Trained};

use super::parts::{
    cell_ui, empty_ui, head_ui, label_ui, outcome_ui, secs, sentence_ui, split, table_look,
    title_ui,
};

/// Height of a name with its value.
const PAIR: f32 = 24.0;

/// What the tab remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    selected: Option<i64>,
}

pub fn tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let rect = ui.available_rect_before_wrap();
    let view = std::sync::Arc::clone(&cx.snapshot.intake);
    if view.runs.is_empty() {
        card_ui(ui, "pipeline-history", rect, size::XL, |ui| {
            let words = if view.looked {
                cx.text.get("pipeline-never-run")
            } else {
                cx.text.get("pipeline-looking")
            };
            empty_ui(ui, &cx.text.get("pipeline-tab-history"), &words);
        });
        return;
    }
    let detail = if rect.width() < size::NARROW {
        312.0
    } else {
        384.0
    };
    let (mut table, side) = split(rect, detail, size::L);
    let hidden = view.all_runs.saturating_sub(view.runs.len() as u64);
    if hidden > 0 {
        let mut foot = table;
        table.set_bottom(table.bottom() - size::CONTROL - size::S);
        foot.set_top(foot.bottom() - size::CONTROL);
        at_ui(ui, "more-runs", foot, |ui| {
            let word = cx.text.with(
                "pipeline-more-runs",
                [("runs", cx.text.count(hidden).into())],
            );
            if button_ui(ui, Kind::Plain, &word).clicked() {
                cx.send(Command::Intake(IntakeAsk::MoreRuns));
            }
        });
    }
    card_ui(ui, "pipeline-history", table, size::LINE, |ui| {
        table_ui(ui, cx, &view.runs, state);
    });
    let chosen = state
        .selected
        .and_then(|run| view.runs.iter().find(|r| r.run == run));
    card_ui(ui, "pipeline-run-detail", side, size::L, |ui| {
        ScrollArea::vertical().id_salt("run-detail").show(ui, |ui| {
            ui.set_width(ui.available_width());
            detail_ui(ui, cx, chosen.unwrap_or(&view.runs[0]));
        });
    });
    ui.advance_cursor_after_rect(rect);
}

fn table_ui(ui: &mut Ui, cx: &Cx<'_>, runs: &[RunRow], state: &mut State) {
    table_look(ui);
    let narrow = ui.available_width() < 820.0;
    let mut table = TableBuilder::new(ui)
        .id_salt("runs-table")
        .sense(Sense::click())
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(54.0))
        .column(Column::remainder().clip(true))
        .column(Column::exact(if narrow { 108.0 } else { 150.0 }))
        .column(Column::exact(76.0));
    for _ in 0..if narrow { 2 } else { 4 } {
        table = table.column(Column::exact(92.0));
    }
    let selected = state.selected.unwrap_or(runs[0].run);
    table
        .column(Column::exact(112.0))
        .header(size::TABLE_HEAD, |mut header| {
            header_ui(&mut header, cx, narrow)
        })
        .body(|body| {
            body.rows(size::ROW, runs.len(), |mut row| {
                let run = &runs[row.index()];
                row.set_selected(run.run == selected);
                row.set_overline(true);
                row_ui(&mut row, cx, run, narrow);
                if row.response().clicked() {
                    state.selected = Some(run.run);
                }
            });
        });
}

fn header_ui(header: &mut TableRow<'_, '_>, cx: &Cx<'_>, narrow: bool) {
    let text = cx.text;
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-run"), true));
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-kind"), false));
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-started"), false));
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-duration"), true));
    if !narrow {
        header.col(|ui| head_ui(ui, &text.get("pipeline-col-read"), true));
    }
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-kept"), true));
    if !narrow {
        header.col(|ui| head_ui(ui, &text.get("pipeline-col-known"), true));
    }
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-out"), true));
    header.col(|ui| head_ui(ui, &text.get("pipeline-col-outcome"), false));
}

fn row_ui(row: &mut TableRow<'_, '_>, cx: &Cx<'_>, run: &RunRow, narrow: bool) {
    let text = cx.text;
    let mut cell = |words: String, right: bool| {
        row.col(|ui| {
            let t = theme::tokens(ui);
            cell_ui(ui, theme::body(words, t.text), right);
        });
    };
    cell(text.count(run.run.unsigned_abs()), true);
    cell(text.run_kind(run.kind), false);
    cell(text.moment(run.started_ms, Some(cx.wall_ms)), false);
    cell(
        secs(text, (run.ended_ms - run.started_ms) as f64 / 1000.0),
        true,
    );
    if !narrow {
        cell(text.count(run.rows_read), true);
    }
    cell(text.count(run.rows_kept), true);
    if !narrow {
        cell(text.count(run.rows_already_loaded), true);
    }
    cell(text.count(run.rows_quarantined), true);
    row.col(|ui| {
        ui.add_space(8.0);
        outcome_ui(ui, text, run);
    });
}

/// All that is known of a run.
fn detail_ui(ui: &mut Ui, cx: &Cx<'_>, run: &RunRow) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.spacing_mut().item_spacing.y = size::XS;
    let number = text.count(run.run.unsigned_abs());
    let kind = text.run_kind(run.kind);
    title_ui(
        ui,
        &text.with(
            "pipeline-run-number",
            [("run", number.into()), ("kind", kind.into())],
        ),
    );
    ui.horizontal(|ui| outcome_ui(ui, text, run));
    if let Some(by) = &run.cancelled_by {
        sentence_ui(
            ui,
            &text.with("pipeline-cancelled-by", [("by", by.as_str().into())]),
        );
    } else if let Some(cause) = &run.failed {
        sentence_ui(ui, &text.detail(cause).unwrap_or_default());
    }
    if let Some(who) = &run.who {
        sentence_ui(
            ui,
            &text.with("pipeline-run-who", [("who", who.as_str().into())]),
        );
    }
    let when = format!(
        "{} {}",
        text.date_year(run.started_ms),
        text.time_seconds(run.started_ms)
    );
    pair_ui(ui, &text.get("pipeline-col-started"), &when);
    let lasted = secs(text, (run.ended_ms - run.started_ms) as f64 / 1000.0);
    pair_ui(ui, &text.get("pipeline-col-duration"), &lasted);
    pair_ui(
        ui,
        &text.get("pipeline-col-read"),
        &text.count(run.rows_read),
    );
    pair_ui(
        ui,
        &text.get("pipeline-col-kept"),
        &text.count(run.rows_kept),
    );
    pair_ui(
        ui,
        &text.get("pipeline-col-known"),
        &text.count(run.rows_already_loaded),
    );
    pair_ui(
        ui,
        &text.get("pipeline-col-out"),
        &text.count(run.rows_quarantined),
    );
    for (reason, count) in &run.reasons {
        pair_ui(
            ui,
            &format!("    {}", text.reason(*reason)),
            &text.count(*count),
        );
    }
    if let Some(pruned) = run.pruned.filter(|pruned| *pruned > 0) {
        pair_ui(ui, &text.get("pipeline-run-pruned"), &text.count(pruned));
    }
    if !run.stages.is_empty() {
        heading_ui(ui, &text.get("pipeline-run-stages"));
        for (stage, took, rows) in &run.stages {
            let rows = text.with("run-rows", [("rows", text.count(*rows).into())]);
            pair_ui(
                ui,
                &text.stage(*stage),
                &format!("{rows} · {}", secs(text, *took)),
            );
        }
    }
    let trained = match &run.training {
        Trained::No => None,
        Trained::Promoted(version) => Some((
            text.with("toast-model-promoted", [("version", (*version).into())]),
            None,
        )),
        Trained::Refused(_, why) => Some((text.get("toast-model-refused").into_owned(), Some(why))),
        Trained::Impossible(why) => {
            Some((text.get("pipeline-not-trained").into_owned(), Some(why)))
        }
    };
    if let Some((words, why)) = trained {
        heading_ui(ui, &text.stage(crate::service::snapshot::Stage::Train));
        sentence_ui(ui, &words);
        if let Some(why) = why {
            sentence_ui(ui, &text.detail(why).unwrap_or_default());
        }
    }
    if !run.refused.is_empty() {
        heading_ui(ui, &text.get("pipeline-run-refused"));
        for (source, file, why) in &run.refused {
            let name = file
                .as_ref()
                .map_or_else(|| source.clone(), |f| format!("{source} · {f}"));
            ui.add(Label::new(theme::body(name, t.text)).wrap());
            sentence_ui(ui, &text.detail(why).unwrap_or_default());
        }
    }
    if !run.ignored.is_empty() {
        heading_ui(ui, &text.get("pipeline-run-ignored"));
        for (source, columns) in &run.ignored {
            ui.add(Label::new(theme::body(format!("{source} · {columns}"), t.mute)).wrap());
        }
    }
}

fn heading_ui(ui: &mut Ui, words: &str) {
    ui.add_space(size::S);
    label_ui(ui, words);
}

fn pair_ui(ui: &mut Ui, name: &str, value: &str) {
    let t = theme::tokens(ui);
    let room = vec2(ui.available_width(), PAIR);
    ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
        ui.add(Label::new(theme::body(name, t.mute)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::body(value, t.text));
        });
    });
}
