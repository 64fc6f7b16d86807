//! The fleet's table: one row a locomotive, worst first as the service gives it. Only the rows in view
//! are laid out, so hundreds cost no more than twenty.

use eframe::egui::{Align, Color32, Label, Layout, Rect, RichText, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::domain::{Channel, Verdict, VerdictKind};
use crate::gui::context::{Ask, Cx};
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::spark::{probability_bar_ui, spark_ui};
use crate::gui::widgets::verdict::{paint_triangle, verdict_ui};
use crate::service::snapshot::FleetRow;

use super::fleet::State;

/// Between a cell's edge and what is written in it.
const PAD: f32 = 12.0;

/// Draws the table over all the space there is.
pub fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, narrow: bool) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.visuals_mut().selection.bg_fill = t.raised;
    ui.visuals_mut().selection.stroke.color = t.text;
    ui.visuals_mut().widgets.hovered.bg_fill = mix(t.panel, t.raised);
    ui.style_mut().wrap_mode = Some(eframe::egui::TextWrapMode::Truncate);
    let fleet = std::sync::Arc::clone(&cx.snapshot.fleet);
    let widths = Widths::within(ui.available_width(), narrow);
    let mut table = TableBuilder::new(ui)
        .id_salt("fleet-table")
        // Not focusable: Tab goes to the table as a whole, arrows walk its rows.
        .sense(eframe::egui::Sense::CLICK)
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(widths.verdict))
        .column(Column::remainder().clip(true))
        .column(Column::exact(widths.forecast).clip(true));
    if !narrow {
        table = table.column(Column::exact(widths.trend));
    }
    for width in widths.channels {
        table = table.column(Column::exact(width));
    }
    if !narrow {
        table = table.column(Column::exact(widths.maintenance));
    }
    table = table.column(Column::exact(widths.age));
    if let Some(row) = state.scroll_to.take() {
        table = table.scroll_to_row(row, None);
    }
    let mut clicked = None;
    let mut opened = None;
    table
        .header(size::TABLE_HEAD, |mut header| {
            header_ui(&mut header, cx, narrow);
        })
        .body(|body| {
            body.rows(size::ROW, fleet.len(), |mut row| {
                let data = &fleet[row.index()];
                let selected = cx.selected == Some(&data.loco);
                row.set_selected(selected);
                row.set_overline(true);
                row_ui(&mut row, cx, data, t, narrow, selected);
                let response = row.response();
                // A click on another row just before makes egui count three.
                if response.double_clicked() || response.triple_clicked() {
                    opened = Some(data.loco.clone());
                } else if response.clicked() {
                    clicked = Some(data.loco.clone());
                }
            });
        });
    if let Some(loco) = clicked {
        cx.ask(Ask::Select(loco));
    }
    if let Some(loco) = opened {
        cx.ask(Ask::Open(loco));
    }
}

/// The widths of the columns; what the locomotive's name gets is the rest.
#[derive(Clone, Copy)]
struct Widths {
    verdict: f32,
    forecast: f32,
    trend: f32,
    channels: [f32; 4],
    maintenance: f32,
    age: f32,
}

impl Widths {
    /// What a wide window has to spare goes to the curve first, so that no column stands alone.
    fn within(room: f32, narrow: bool) -> Self {
        if narrow {
            return Self {
                verdict: 126.0,
                forecast: 118.0,
                trend: 0.0,
                channels: [60.0, 66.0, 73.0, 62.0],
                maintenance: 0.0,
                age: 66.0,
            };
        }
        let spare = (room - 985.0).max(0.0);
        // Whole points, so that nothing lies between pixels.
        let share = |base: f32, part: f32| (base + spare * part).round();
        Self {
            verdict: share(134.0, 0.05),
            forecast: share(164.0, 0.18),
            trend: share(104.0, 0.26),
            channels: [share(82.0, 0.07); 4],
            maintenance: share(72.0, 0.06),
            age: share(78.0, 0.06),
        }
    }
}

fn mix(a: Color32, b: Color32) -> Color32 {
    let half = |a: u8, b: u8| u8::midpoint(a, b);
    Color32::from_rgb(half(a.r(), b.r()), half(a.g(), b.g()), half(a.b(), b.b()))
}

fn header_ui(header: &mut TableRow<'_, '_>, cx: &Cx<'_>, narrow: bool) {
    let text = cx.text;
    left_head(header, &text.get("column-verdict"), PAD);
    left_head(header, &text.get("column-locomotive"), 0.0);
    let forecast = text.forecast("forecast-title", cx.snapshot.model.as_deref());
    left_head(header, &forecast, 0.0);
    if !narrow {
        left_head(header, &text.get("column-trend"), 0.0);
    }
    for channel in Channel::ALL {
        right_head(header, &text.channel_short(channel), channel.unit());
    }
    if !narrow {
        right_head(
            header,
            &text.get("column-maintenance"),
            &text.get("column-maintenance-unit"),
        );
    }
    right_head(header, &text.get("column-age"), "");
}

fn left_head(header: &mut TableRow<'_, '_>, word: &str, pad: f32) {
    header.col(|ui| {
        let t = theme::tokens(ui);
        ui.add_space(pad);
        ui.label(theme::small_strong(word, t.mute));
    });
}

/// The quantity above its unit, over its right-aligned numbers.
fn right_head(header: &mut TableRow<'_, '_>, word: &str, unit: &str) {
    header.col(|ui| {
        let t = theme::tokens(ui);
        let rect = ui.max_rect().with_max_x(ui.max_rect().right() - PAD);
        super::super::widgets::card::at_ui(ui, word, rect, |ui| {
            ui.with_layout(Layout::top_down(Align::Max), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let lines = if unit.is_empty() { 1.0 } else { 2.0 };
                ui.add_space((size::TABLE_HEAD - lines * 15.0) / 2.0);
                ui.label(theme::small_strong(word, t.mute));
                if !unit.is_empty() {
                    ui.label(theme::small(unit, t.mute));
                }
            });
        });
    });
}

fn row_ui(
    row: &mut TableRow<'_, '_>,
    cx: &Cx<'_>,
    data: &FleetRow,
    t: &Tokens,
    narrow: bool,
    selected: bool,
) {
    let text = cx.text;
    let kind = data.verdict.kind();
    let danger = kind == VerdictKind::Danger;
    row.col(|ui| {
        if selected {
            let mark = Rect::from_min_size(ui.max_rect().min, vec2(3.0, size::ROW));
            ui.painter().rect_filled(mark, 0.0, t.accent);
        }
        ui.add_space(PAD);
        verdict_ui(ui, kind, text);
    });
    row.col(|ui| {
        ui.add(Label::new(theme::strong(data.loco.as_str(), t.text)).truncate());
    });
    row.col(|ui| match &data.verdict {
        Verdict::Unavailable(_) => cause_ui(ui, cx, data),
        _ => probability_ui(ui, cx, data, danger, narrow),
    });
    if !narrow {
        row.col(|ui| {
            let to_ms = cx.now_ms().unwrap_or(data.reading_at_ms);
            let width = (ui.available_width() - 20.0).max(20.0);
            spark_ui(ui, width, &data.trend_24h, to_ms, danger);
        });
    }
    for channel in Channel::ALL {
        let i = channel.index();
        row.col(|ui| {
            let number = text.value(channel, data.values[i]);
            if data.out_of_band[i] {
                let label = right_ui(ui, theme::strong(number, t.warn));
                let side = 8.0;
                let at = label.left_center() - vec2(side + 1.0, -0.5);
                paint_triangle(ui.painter(), at, side, t.warn);
            } else {
                right_ui(ui, theme::body(number, t.text));
            }
        });
    }
    if !narrow {
        row.col(|ui| {
            let days = data
                .days_since_maintenance
                .map_or_else(|| "—".to_owned(), |d| text.number(d, 0));
            right_ui(ui, theme::body(days, t.text));
        });
    }
    row.col(|ui| {
        let age = text.age(cx.aged_ms(data.age_ms));
        right_ui(
            ui,
            if data.stale {
                theme::strong(age, t.warn)
            } else {
                theme::body(age, t.mute)
            },
        );
    });
}

/// A number against the right edge of its column.
fn right_ui(ui: &mut Ui, words: RichText) -> Rect {
    let mut at = Rect::NOTHING;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(PAD);
        at = ui.label(words).rect;
    });
    at
}

fn probability_ui(ui: &mut Ui, cx: &Cx<'_>, data: &FleetRow, danger: bool, narrow: bool) {
    let t = theme::tokens(ui);
    let Some(p) = data.probability else {
        ui.label(theme::body("—", t.mute));
        return;
    };
    let threshold = cx.snapshot.model.as_ref().map(|m| m.threshold);
    let width = (ui.available_width() - if narrow { 72.0 } else { 86.0 }).max(20.0);
    probability_bar_ui(ui, width, p, threshold, danger);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(if narrow { PAD } else { 20.0 });
        let number = cx.text.percent(p);
        ui.label(if danger {
            theme::strong(number, t.text)
        } else {
            theme::body(number, t.text)
        });
    });
}

/// Why there is no verdict, and the last one there was: two lines in the place of the probability.
fn cause_ui(ui: &mut Ui, cx: &Cx<'_>, data: &FleetRow) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let Verdict::Unavailable(cause) = &data.verdict else {
        return;
    };
    let last = match data.last_verdict {
        Some((kind, at_ms)) => {
            let age = text.age(cx.now_ms().unwrap_or(at_ms) - at_ms);
            text.with(
                "row-last-verdict",
                [
                    ("verdict", text.verdict_short(kind).into()),
                    ("age", age.into()),
                ],
            )
        }
        None => text.get("row-no-last-verdict").into_owned(),
    };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space((size::ROW - 30.0) / 2.0);
        let cause_label =
            ui.add(Label::new(theme::small_strong(text.cause(cause), t.off)).truncate());
        ui.add(Label::new(theme::small(last.as_str(), t.mute)).truncate());
        cause_label.on_hover_text(format!("{}\n{last}", text.cause_long(cause)));
    });
}
