//! The header of the fleet's table: each column's name is a button that puts the rows in its order.

use eframe::egui::{
    Color32, CursorIcon, FontId, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_extras::TableRow;

use crate::domain::Channel;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::focus_ring;
use crate::text::Text;

use super::fleet_list::{Column, Sort};
use super::fleet_table::PAD;

/// Between two lines of a header.
const LINE: f32 = 15.0;
/// What the mark of the order takes beside the name.
const ARROW: f32 = 12.0;

/// Where a column's name stands.
#[derive(Clone, Copy)]
enum Side {
    Left(f32),
    Right,
}

/// Draws the header; the column that was clicked.
pub fn header_ui(
    header: &mut TableRow<'_, '_>,
    cx: &Cx<'_>,
    sort: Option<Sort>,
    few: bool,
) -> Option<Column> {
    let text = cx.text;
    let mut clicked = None;
    let mut head = |column, side, word: &str, unit: &str| {
        header.col(|ui| {
            if head_ui(ui, text, column, side, (word, unit), sort) {
                clicked = Some(column);
            }
        });
    };
    let verdict = text.get("column-verdict");
    head(Column::Verdict, Side::Left(PAD), &verdict, "");
    let locomotive = text.get("column-locomotive");
    head(Column::Locomotive, Side::Left(0.0), &locomotive, "");
    let forecast = text.forecast("forecast-title", cx.snapshot.model.as_deref());
    head(Column::Probability, Side::Left(0.0), &forecast, "");
    if !few {
        let trend = text.get("column-trend");
        head(Column::Trend, Side::Left(0.0), &trend, "");
    }
    for channel in Channel::ALL {
        let word = text.channel_short(channel);
        head(Column::Value(channel), Side::Right, &word, channel.unit());
    }
    if !few {
        let (word, unit) = (
            text.get("column-maintenance"),
            text.get("column-maintenance-unit"),
        );
        head(Column::Maintenance, Side::Right, &word, &unit);
    }
    head(Column::Age, Side::Right, &text.get("column-age"), "");
    clicked
}

/// The quantity above its unit, over its numbers; true when clicked.
fn head_ui(
    ui: &mut Ui,
    text: &Text,
    column: Column,
    side: Side,
    (word, unit): (&str, &str),
    sort: Option<Sort>,
) -> bool {
    let t = theme::tokens(ui);
    let rect = ui.max_rect();
    let id = ui.scope_id().with("fleet-sort");
    let response = ui.interact(rect, id, Sense::click());
    let rising = sort.filter(|s| s.column == column).map(|s| s.rising);
    let name = text.with(
        match rising {
            None => "fleet-sort",
            Some(true) => "fleet-sort-rising",
            Some(false) => "fleet-sort-falling",
        },
        [("column", word.into())],
    );
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, rising.is_some(), &name));
    let ink = if rising.is_some() || response.hovered() {
        t.text
    } else {
        t.mute
    };
    let layout = |words: &str, family| {
        let font = FontId::new(size::LABEL, family);
        ui.painter()
            .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER)
    };
    let word_galley = layout(word, theme::medium());
    let unit_galley = layout(unit, eframe::egui::FontFamily::Proportional);
    let lines = if unit.is_empty() { 1.0 } else { 2.0 };
    let top = rect.center().y - lines * LINE / 2.0;
    let (word_width, unit_width) = (word_galley.size().x, unit_galley.size().x);
    let (word_x, unit_x, arrow_x) = match side {
        Side::Left(pad) => {
            let x = rect.left() + pad;
            (x, x, x + word_width + ARROW / 2.0 + 2.0)
        }
        Side::Right => {
            let x = rect.right() - PAD;
            let word_x = x - word_width;
            (word_x, x - unit_width, word_x - ARROW / 2.0 - 2.0)
        }
    };
    let painter = ui.painter();
    painter.galley(pos2(word_x, top), word_galley, ink);
    painter.galley(pos2(unit_x, top + LINE), unit_galley, t.mute);
    if let Some(rising) = rising {
        let middle = pos2(arrow_x, top + LINE / 2.0);
        let way = if rising { 1.0 } else { -1.0 };
        let points = [(-3.5, 2.5), (3.5, 2.5), (0.0, -3.0)]
            .map(|(x, y)| middle + vec2(x, y * way))
            .to_vec();
        painter.add(Shape::convex_polygon(points, t.text, Stroke::NONE));
    }
    focus_ring(ui, &response, rect.shrink(2.0));
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(name)
        .clicked()
}
