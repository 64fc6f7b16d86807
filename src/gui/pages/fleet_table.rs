//! The fleet's table: one row a locomotive, worst first as the service gives it or in the order of a column. Only
//! the rows in view are laid out, so hundreds cost no more than twenty.

use eframe::egui::{Align, Color32, Label, Layout, Rect, RichText, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::domain::{Channel, Condition, Verdict, VerdictKind, Wear};
use crate::gui::context::{Ask, Cx};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::spark::{probability_bar_ui, spark_ui};
use crate::gui::widgets::verdict::{paint_shape, paint_triangle, verdict_ui};
use crate::service::snapshot::FleetRow;
use crate::text::Text;

use super::fleet::State;
use super::fleet_head::header_ui;

/// Between a cell's edge and what is written in it.
pub const PAD: f32 = 12.0;

/// Draws the table over all the space there is.
pub fn table_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.visuals_mut().selection.bg_fill = t.raised;
    ui.visuals_mut().selection.stroke.color = t.text;
    ui.visuals_mut().widgets.hovered.bg_fill = mix(t.panel, t.raised);
    ui.style_mut().wrap_mode = Some(eframe::egui::TextWrapMode::Truncate);
    let fleet = std::sync::Arc::clone(&cx.snapshot.fleet);
    let widths = Widths::within(ui.available_width());
    let few = widths.few();
    let mut table = TableBuilder::new(ui)
        .id_salt("fleet-table")
        // Not focusable: Tab goes to the table as a whole, arrows walk its rows.
        .sense(Sense::CLICK)
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(widths.verdict))
        .column(Column::remainder().clip(true))
        .column(Column::exact(widths.forecast).clip(true));
    if !few {
        table = table.column(Column::exact(widths.trend));
    }
    for width in widths.channels {
        table = table.column(Column::exact(width));
    }
    if !few {
        table = table.column(Column::exact(widths.maintenance));
    }
    table = table.column(Column::exact(widths.age));
    if let Some(row) = state.scroll_to.take() {
        table = table.scroll_to_row(row, None);
    }
    let mut clicked = None;
    let mut opened = None;
    let mut sorted = None;
    let listing = &state.listing;
    table
        .header(size::TABLE_HEAD, |mut header| {
            sorted = header_ui(&mut header, cx, state.criteria.sort, few);
        })
        .body(|body| {
            body.rows(size::ROW, listing.rows.len(), |mut row| {
                let i = listing.rows[row.index()];
                let data = &fleet[i];
                let selected = cx.selected == Some(&data.loco);
                row.set_selected(selected);
                row.set_overline(true);
                row_ui(&mut row, cx, data, listing.conditions[i], widths, selected);
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
    if let Some(column) = sorted {
        state.criteria.click(column);
        state.scroll_to = Some(0);
    }
    if state.listing.rows.is_empty() {
        let rect = whole.with_min_y(whole.top() + size::TABLE_HEAD);
        at_ui(ui, "fleet-nothing", rect, |ui| nothing_ui(ui, cx, state));
    }
}

/// The widths of the columns; what the locomotive's name gets is the rest.
#[derive(Clone, Copy)]
struct Widths {
    tight: bool,
    verdict: f32,
    forecast: f32,
    trend: f32,
    channels: [f32; 4],
    maintenance: f32,
    age: f32,
}

impl Widths {
    /// Below this the curve and the days since the workshop are left out.
    const FEW: f32 = 790.0;
    /// Below this every column is as narrow as what it shows.
    const TIGHT: f32 = 970.0;

    /// Whether some columns are left out.
    const fn few(&self) -> bool {
        self.trend == 0.0
    }

    /// What a wide window has to spare goes to the curve first, so that no column stands alone.
    fn within(room: f32) -> Self {
        if room < Self::TIGHT {
            let few = room < Self::FEW;
            return Self {
                tight: true,
                verdict: 126.0,
                forecast: 118.0,
                trend: if few {
                    0.0
                } else {
                    (72.0 + (room - Self::FEW) * 0.4).round()
                },
                channels: [60.0, 66.0, 73.0, 62.0],
                maintenance: if few { 0.0 } else { 64.0 },
                age: 66.0,
            };
        }
        let spare = (room - Self::TIGHT).max(0.0);
        // Whole points, so that nothing lies between pixels.
        let share = |base: f32, part: f32| (base + spare * part).round();
        Self {
            tight: false,
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

fn row_ui(
    row: &mut TableRow<'_, '_>,
    cx: &Cx<'_>,
    data: &FleetRow,
    condition: Condition,
    widths: Widths,
    selected: bool,
) {
    let text = cx.text;
    let kind = data.verdict.kind();
    let danger = kind == VerdictKind::Danger;
    row.col(|ui| {
        let t = theme::tokens(ui);
        if selected {
            let mark = Rect::from_min_size(ui.max_rect().min, vec2(3.0, size::ROW));
            ui.painter().rect_filled(mark, 0.0, t.accent);
        }
        ui.add_space(PAD);
        match condition {
            Condition::Wearing(wear) => wearing_ui(ui, text, data, wear),
            _ => verdict_ui(ui, kind, text),
        }
    });
    row.col(|ui| {
        let t = theme::tokens(ui);
        ui.add(Label::new(theme::strong(data.loco.as_str(), t.text)).truncate());
    });
    row.col(|ui| match &data.verdict {
        Verdict::Unavailable(_) => cause_ui(ui, cx, data),
        _ => probability_ui(ui, cx, data, danger, widths.tight),
    });
    if !widths.few() {
        row.col(|ui| {
            let to_ms = cx.now_ms().unwrap_or(data.reading_at_ms);
            let width = (ui.available_width() - 20.0).max(20.0);
            spark_ui(ui, width, &data.trend_24h, to_ms, danger);
        });
    }
    for channel in Channel::ALL {
        let i = channel.index();
        row.col(|ui| {
            let t = theme::tokens(ui);
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
    if !widths.few() {
        row.col(|ui| {
            let t = theme::tokens(ui);
            let days = data
                .days_since_maintenance
                .map_or_else(|| "—".to_owned(), |d| text.number(d, 0));
            right_ui(ui, theme::body(days, t.text));
        });
    }
    row.col(|ui| {
        let t = theme::tokens(ui);
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

/// Nominal still, and what leads away from it under the word.
fn wearing_ui(ui: &mut Ui, text: &Text, data: &FleetRow, wear: Wear) {
    let t = theme::tokens(ui);
    let kind = VerdictKind::Nominal;
    ui.spacing_mut().item_spacing.x = size::S;
    let (shape, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
    paint_shape(ui.painter(), shape.center(), 16.0, kind, t);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = 14.0;
        ui.add_space((size::ROW - 31.0) / 2.0);
        ui.label(theme::body(text.verdict_short(kind), t.mute));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::XS;
            let (mark, _) = ui.allocate_exact_size(vec2(9.0, 14.0), Sense::hover());
            paint_triangle(ui.painter(), mark.center(), 8.0, t.warn);
            ui.label(theme::small(text.get("wear-short"), t.warn))
                .on_hover_text(text.wear(wear, &data.out_of_band));
        });
    });
}

/// No row is left: why, and the way back.
fn nothing_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    ui.add_space(size::XL);
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = size::M;
        ui.label(theme::body(cx.text.get("fleet-none-shown"), t.mute));
        // The words about danger left out have a button of their own.
        let alone = state.listing.danger_hidden == 0;
        if alone && button_ui(ui, Kind::Plain, &cx.text.get("fleet-show-all")).clicked() {
            state.criteria.show_all();
        }
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

fn probability_ui(ui: &mut Ui, cx: &Cx<'_>, data: &FleetRow, danger: bool, tight: bool) {
    let t = theme::tokens(ui);
    let Some(p) = data.probability else {
        ui.label(theme::body("—", t.mute));
        return;
    };
    let threshold = cx.snapshot.model.as_ref().map(|m| m.threshold);
    let width = (ui.available_width() - if tight { 72.0 } else { 86.0 }).max(20.0);
    probability_bar_ui(ui, width, p, threshold, danger);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(if tight { PAD } else { 20.0 });
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
