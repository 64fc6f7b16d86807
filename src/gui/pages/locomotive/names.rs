//! Left of each curve: what it is, its unit, its present value, the ends of its axis. A click enlarges the curve
//! and folds the others.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, FontId, Label, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::domain::{Channel, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::pages::curves::Curves;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::focus_ring;
use crate::gui::widgets::card::at_ui;
use crate::service::snapshot::FleetRow;
use crate::text::Text;

/// Below this height of a chart its name and value share a line.
const FOLDED: f32 = 44.0;

/// Channel or probability, its unit.
pub fn name_of(text: &Text, cx: &Cx<'_>, i: usize) -> (String, &'static str) {
    match Channel::ALL.get(i) {
        Some(&channel) => (text.channel(channel), channel.unit()),
        None => {
            let card = cx.snapshot.model.as_deref();
            (text.forecast("forecast-axis", card), "")
        }
    }
}

/// A value of a chart as it is written.
pub fn value_of(text: &Text, i: usize, value: f64) -> String {
    match Channel::ALL.get(i) {
        Some(&channel) => text.value(channel, value),
        None => text.percent(value.clamp(0.0, 1.0)),
    }
}

/// Draws the column; true when it was clicked.
pub fn names_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    curves: &Curves,
    i: usize,
    row: Option<&FleetRow>,
    rect: Rect,
    isolated: bool,
) -> bool {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (name, unit) = name_of(text, cx, i);
    let label = if isolated {
        text.with("loco-fold", [("channel", name.as_str().into())])
    } else {
        text.with("loco-enlarge", [("channel", name.as_str().into())])
    };
    let response = ui
        .interact(rect, ui.scope_id().with(("names", i)), Sense::click())
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(label.as_str());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, isolated, &label));
    if response.hovered() {
        ui.painter().rect_filled(
            rect.expand2([4.0, 2.0].into()),
            CornerRadius::same(size::CORNER),
            t.band,
        );
    }
    let (value, ink) = present(ui, cx, curves, i, row);
    // The ends of the axis stand at the right of the same column.
    let words = rect.with_max_x(rect.right() - 32.0);
    if rect.height() < FOLDED {
        let font = FontId::new(size::TEXT, theme::semibold());
        let line = Rect::from_center_size(
            rect.with_max_x(rect.left() + 88.0).center(),
            vec2(88.0, 18.0),
        );
        at_ui(ui, &name, line, |ui| {
            ui.add(Label::new(theme::strong(name.as_str(), t.text).size(size::TEXT)).truncate());
        });
        let right = pos2(rect.right(), rect.center().y);
        ui.painter()
            .text(right, Align2::RIGHT_CENTER, value, font, ink);
    } else {
        at_ui(ui, &name, words, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            let compact = rect.height() < 72.0;
            ui.label(theme::strong(name.as_str(), t.text).size(size::TEXT));
            if !unit.is_empty() && !compact {
                ui.label(theme::small(unit, t.mute));
            }
            let size = if compact { size::FIGURE } else { size::VALUE };
            ui.label(theme::sized(value, size, ink));
        });
        let (low, high) = curves.ranges[i];
        let font = FontId::proportional(size::LABEL);
        let x = rect.right() + size::XS;
        let at = |y, align, v| {
            let end = value_of(text, i, v);
            ui.painter()
                .text(pos2(x, y), align, end, font.clone(), t.mute)
        };
        at(rect.top(), Align2::RIGHT_TOP, high);
        at(rect.bottom(), Align2::RIGHT_BOTTOM, low);
    }
    focus_ring(ui, &response, rect);
    response.clicked()
}

/// The newest value and its ink.
fn present(
    ui: &Ui,
    cx: &Cx<'_>,
    curves: &Curves,
    i: usize,
    row: Option<&FleetRow>,
) -> (String, eframe::egui::Color32) {
    let t = theme::tokens(ui);
    let last = curves.view.samples.last();
    let stale = row.is_some_and(|r| r.stale);
    let (value, abnormal) = if i < 4 {
        let value = row.map_or_else(|| last.map(|s| s.values[i]), |r| Some(r.values[i]));
        (
            value,
            row.is_some_and(|r| r.out_of_band[i]).then_some(t.warn),
        )
    } else {
        // No verdict, no probability: what an old reading got is on the curve.
        let p = match row {
            Some(r) if r.verdict.kind() == VerdictKind::Unavailable => None,
            Some(r) => r.probability,
            None => last.and_then(|s| s.judged.map(|j| j.0)),
        };
        let danger = row.is_some_and(|r| r.verdict.kind() == VerdictKind::Danger);
        (p, danger.then_some(t.danger))
    };
    // An old value is not the present one, whatever it says.
    let ink = if stale { Some(t.off) } else { abnormal };
    let words = value.map_or_else(|| "—".to_owned(), |v| value_of(cx.text, i, v));
    (words, ink.unwrap_or(t.text))
}
