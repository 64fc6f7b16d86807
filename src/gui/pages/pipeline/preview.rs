//! What a source in the making would bring: its first rows as they stand, what of them would enter, what would be refused
//! and why.

use eframe::egui::{Align, Label, Layout, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::{Tone, at_ui, banner_ui};
use crate::service::intake::Wizard;
use crate::service::intake::preview::{Found, Tried};

use super::parts::{cell_ui, head_ui, label_ui, sentence_ui, table_look, title_ui};
use super::refused_row::read;

const ROW: f32 = 28.0;

pub fn preview_ui(ui: &mut Ui, cx: &Cx<'_>, wizard: &Wizard) {
    let text = cx.text;
    ui.spacing_mut().item_spacing.y = size::S;
    match &wizard.found {
        None => sentence_ui(ui, &text.get("pipeline-looking")),
        Some(Err(why)) => {
            let words = text.with(
                "pipeline-import-failed",
                [("path", wizard.path.as_str().into())],
            );
            let detail = text.detail(why);
            banner_ui(ui, Tone::Warn, &words, None, detail.as_deref());
        }
        Some(Ok(found)) => {
            let rect = ui.available_rect_before_wrap();
            let (mut above, mut below) = (rect, rect);
            above.set_bottom(rect.top() + rect.height() * 0.46);
            below.set_top(above.bottom() + size::M);
            at_ui(ui, "as-it-stands", above, |ui| raw_ui(ui, cx, found));
            at_ui(ui, "tried", below, |ui| {
                tried_ui(ui, cx, found, wizard.looking)
            });
        }
    }
}

/// The first rows, cell by cell.
fn raw_ui(ui: &mut Ui, cx: &Cx<'_>, found: &Found) {
    let text = cx.text;
    let rows = text.count(found.rows.len() as u64);
    title_ui(
        ui,
        &text.with("pipeline-first-rows", [("rows", rows.into())]),
    );
    let cells = found.header.len();
    ScrollArea::horizontal()
        .id_salt("raw-scroll")
        .show(ui, |ui| {
            table_look(ui);
            let mut table = TableBuilder::new(ui)
                .id_salt("raw-rows")
                .auto_shrink([false, false])
                .min_scrolled_height(0.0)
                .cell_layout(Layout::left_to_right(Align::Center))
                .column(Column::exact(56.0));
            for _ in 0..cells {
                table = table.column(Column::initial(112.0).at_least(48.0).clip(true));
            }
            table
                .header(ROW, |mut header| {
                    header.col(|ui| head_ui(ui, &text.get("pipeline-col-line"), true));
                    for name in &found.header {
                        header.col(|ui| head_ui(ui, name, false));
                    }
                })
                .body(|body| {
                    body.rows(ROW, found.rows.len(), |mut row| {
                        let (line, fields) = &found.rows[row.index()];
                        row.set_overline(true);
                        row.col(|ui| {
                            let t = theme::tokens(ui);
                            cell_ui(ui, theme::small(text.count(*line), t.mute), true);
                        });
                        for at in 0..cells {
                            row.col(|ui| {
                                let t = theme::tokens(ui);
                                let field = fields.get(at).map_or("", String::as_str);
                                cell_ui(ui, theme::small(field, t.text), false);
                            });
                        }
                    });
                });
        });
}

fn tried_ui(ui: &mut Ui, cx: &Cx<'_>, found: &Found, looking: bool) {
    let t = theme::tokens(ui);
    let text = cx.text;
    title_ui(ui, &text.get("pipeline-tried-title"));
    let Some(tried) = &found.tried else {
        return sentence_ui(ui, &text.get("pipeline-tried-not"));
    };
    if looking {
        label_ui(ui, &text.get("pipeline-looking"));
    }
    let counts = [
        ("rows", text.count(tried.rows).into()),
        ("accepted", text.count(tried.accepted).into()),
        (
            "refused",
            text.count(tried.rows - tried.accepted.min(tried.rows))
                .into(),
        ),
    ];
    let words = if tried.more {
        text.with("pipeline-tried-first", counts)
    } else {
        text.with("pipeline-tried-all", counts)
    };
    let ink = if tried.accepted == tried.rows {
        t.text
    } else {
        t.warn
    };
    ui.add(Label::new(theme::strong(words, ink)).wrap());
    if let Some(error) = &tried.error {
        let words = text.get("pipeline-tried-error");
        banner_ui(ui, Tone::Warn, &words, None, text.detail(error).as_deref());
    }
    ScrollArea::vertical()
        .id_salt("tried-scroll")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = size::XS;
            refused_ui(ui, cx, tried);
            entering_ui(ui, cx, tried);
        });
}

fn refused_ui(ui: &mut Ui, cx: &Cx<'_>, tried: &Tried) {
    let t = theme::tokens(ui);
    let text = cx.text;
    if tried.refused.is_empty() {
        return;
    }
    let reasons: Vec<String> = tried
        .by_reason
        .iter()
        .map(|(reason, count)| format!("{} {}", text.reason(*reason), text.count(*count)))
        .collect();
    label_ui(
        ui,
        &text.with(
            "pipeline-tried-refused",
            [("reasons", reasons.join(" · ").into())],
        ),
    );
    for row in &tried.refused {
        let line = text.count(row.line);
        let words = text.with(
            "pipeline-tried-row",
            [
                ("line", line.into()),
                ("reason", text.reason(row.reason).into()),
                ("detail", row.detail.as_str().into()),
            ],
        );
        ui.add(Label::new(theme::small_strong(words, t.warn)).truncate());
        ui.add(Label::new(theme::small(row.raw.as_str(), t.text)).truncate());
    }
}

fn entering_ui(ui: &mut Ui, cx: &Cx<'_>, tried: &Tried) {
    let t = theme::tokens(ui);
    if tried.first.is_empty() {
        return;
    }
    ui.add_space(size::S);
    label_ui(ui, &cx.text.get("pipeline-tried-entering"));
    for row in &tried.first {
        ui.add(Label::new(theme::small(read(cx, row), t.text)).truncate());
    }
    if !tried.ignored.is_empty() {
        let columns = tried.ignored.join(", ");
        label_ui(
            ui,
            &cx.text.with("check-ignored", [("columns", columns.into())]),
        );
    }
}
