//! A month of days to choose one from; days without data cannot be chosen.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, FontId, Grid, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, vec2,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::text::Text;

use super::button::{focus_ring, icon_button_ui};

const CELL: f32 = 34.0;

/// Draws the month of `shown` (moved by its arrows). Returns the day chosen, within `first..=last`.
pub fn calendar_ui(
    ui: &mut Ui,
    text: &Text,
    shown: &mut Date,
    chosen: Date,
    (first, last): (Date, Date),
) -> Option<Date> {
    let t = theme::tokens(ui);
    let mut picked = None;
    let month = shown.first_of_month();
    ui.horizontal(|ui| {
        let by = |ui: &mut Ui, glyph, name: &str| icon_button_ui(ui, glyph, name).clicked();
        if by(ui, Icon::ChevronLeft, &text.get("calendar-before")) && month > first {
            *shown = month.saturating_sub(1.month());
        }
        let name = format!("{} {}", text.month(month.month()), month.year());
        ui.add_sized(
            [CELL * 5.0, 28.0],
            eframe::egui::Label::new(theme::strong(name, t.text)),
        );
        if by(ui, Icon::ChevronRight, &text.get("calendar-after")) && month.last_of_month() < last {
            *shown = month.saturating_add(1.month());
        }
    });
    Grid::new("calendar")
        .min_row_height(18.0)
        .spacing([2.0, 2.0])
        .show(ui, |ui| {
            for day in 1..=7 {
                let (rect, _) = ui.allocate_exact_size(vec2(CELL, 18.0), Sense::hover());
                ui.painter().text(
                    rect.center(),
                    Align2::CENTER_CENTER,
                    text.weekday(day),
                    FontId::proportional(size::LABEL),
                    t.mute,
                );
            }
            ui.end_row();
            let blank = month.weekday().to_monday_zero_offset();
            for _ in 0..blank {
                ui.allocate_exact_size(vec2(CELL, 1.0), Sense::hover());
            }
            for day in 1..=month.days_in_month() {
                let date = month.saturating_add((i64::from(day) - 1).days());
                let known = (first..=last).contains(&date);
                if day_ui(ui, text, date, known, date == chosen) {
                    picked = Some(date);
                }
                if date.weekday().to_monday_zero_offset() == 6 {
                    ui.end_row();
                }
            }
        });
    picked
}

fn day_ui(ui: &mut Ui, text: &Text, date: Date, known: bool, chosen: bool) -> bool {
    let t = theme::tokens(ui);
    let sense = if known {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(vec2(CELL, 28.0), sense);
    let name = format!(
        "{} {} {}",
        date.day(),
        text.month(date.month()),
        date.year()
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, known, chosen, &name));
    let (fill, line) = match (chosen, known && response.hovered()) {
        (true, _) => (t.raised, t.accent),
        (false, true) => (t.band, t.mute),
        (false, false) => (t.panel, t.panel),
    };
    let corner = CornerRadius::same(size::CORNER);
    let line = Stroke::new(size::LINE, line);
    ui.painter()
        .rect(rect, corner, fill, line, StrokeKind::Inside);
    let ink = if known { t.text } else { t.line };
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        date.day().to_string(),
        FontId::proportional(size::TEXT),
        ink,
    );
    focus_ring(ui, &response, rect);
    if known {
        response.on_hover_cursor(CursorIcon::PointingHand).clicked()
    } else {
        false
    }
}

/// The local day of an instant.
#[must_use]
pub fn day_of(text: &Text, at_ms: i64) -> Option<Date> {
    let at = Timestamp::from_millisecond(at_ms).ok()?;
    Some(at.to_zoned(text.zone.clone()).date())
}

/// When a local day begins, UTC milliseconds.
#[must_use]
pub fn start_of(text: &Text, day: Date) -> Option<i64> {
    let start = day.to_zoned(text.zone.clone()).ok()?;
    Some(start.timestamp().as_millisecond())
}
