//! Alarms in each ten minutes of the last day, against what can be managed and what is a flood.

use eframe::egui::{
    Align2, CornerRadius, FontId, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2,
};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::service::alarms::{FLOOD, GUIDANCE, TEN_MIN_MS};

/// Draws the bars over all the space there is.
pub fn rates_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let rates = &cx.snapshot.alarms.rates;
    ui.spacing_mut().item_spacing.y = size::XS;
    ui.spacing_mut().interact_size.y = 18.0;
    let total: u32 = rates.iter().map(|r| r.1).sum();
    let floods = rates.iter().filter(|r| r.1 > FLOOD).count();
    // What cannot be read is not "none".
    let words = if rates.is_empty() || cx.snapshot.fault.is_some() {
        text.get("alarm-rates-unknown").into_owned()
    } else {
        text.with(
            "alarm-rates",
            [("total", total.into()), ("floods", floods.into())],
        )
    };
    ui.horizontal(|ui| {
        ui.label(theme::strong(text.get("alarm-rates-title"), t.text));
        ui.label(theme::small(words.as_str(), t.mute));
    });
    let whole = ui.available_rect_before_wrap();
    let (rect, response) = ui.allocate_exact_size(whole.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let plot = Rect::from_min_max(
        pos2(rect.left() + 28.0, rect.top() + 4.0),
        pos2(rect.right() - 4.0, rect.bottom() - 16.0),
    );
    let painter = ui.painter();
    painter.rect_filled(plot, CornerRadius::ZERO, t.raised);
    let most = rates.iter().map(|r| r.1).max().unwrap_or(0).max(FLOOD + 2);
    let y = |n: u32| plot.bottom() - plot.height() * n as f32 / most as f32;
    let font = FontId::proportional(size::LABEL);
    // Grey until there is one.
    let flood = if floods > 0 { t.danger } else { t.mute };
    for (n, ink) in [(GUIDANCE, t.mute), (FLOOD, flood)] {
        let line = [pos2(plot.left(), y(n)), pos2(plot.right(), y(n))];
        painter.extend(Shape::dashed_line(
            &line,
            Stroke::new(size::LINE, ink),
            5.0,
            4.0,
        ));
        let at = pos2(plot.left() - 5.0, y(n));
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            n.to_string(),
            font.clone(),
            t.mute,
        );
    }
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else {
        return;
    };
    let span = (last.0 + TEN_MIN_MS - first.0) as f32;
    let x = |ms: i64| plot.left() + plot.width() * (ms - first.0) as f32 / span;
    for &(start_ms, count) in rates.iter().filter(|r| r.1 > 0) {
        let bar = Rect::from_min_max(
            pos2(x(start_ms) + 0.5, y(count)),
            pos2(x(start_ms + TEN_MIN_MS) - 0.5, plot.bottom()),
        );
        let ink = if count > FLOOD { t.danger } else { t.trace };
        painter.rect_filled(bar, CornerRadius::ZERO, ink);
    }
    // Every fourth hour of the clock on the wall.
    for &(start_ms, _) in rates {
        let time = text.time(start_ms);
        let hour = time.strip_suffix(":00").and_then(|h| h.parse::<u32>().ok());
        if hour.is_some_and(|h| h.is_multiple_of(4)) {
            let at = pos2(x(start_ms), plot.bottom() + 2.0);
            if at.x < plot.right() - 16.0 && at.x > plot.left() + 12.0 {
                painter.text(at, Align2::CENTER_TOP, time, font.clone(), t.mute);
            }
        }
    }
    painter.hline(plot.x_range(), plot.bottom(), theme::hairline(t));
    let hovered = response.hover_pos().and_then(|at| {
        rates
            .iter()
            .find(|r| (x(r.0)..x(r.0 + TEN_MIN_MS)).contains(&at.x))
    });
    if let Some(&(start_ms, count)) = hovered {
        response.on_hover_text(text.with(
            "alarm-rate-at",
            [
                ("time", text.time(start_ms).into()),
                ("count", count.into()),
            ],
        ));
    }
}
