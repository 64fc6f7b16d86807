//! The quality lane under each curve, and the legend of all five: what is a gap, what was flagged, what
//! went to quarantine. A shape a kind, not only a colour.

use eframe::egui::{
    CornerRadius, Label, Painter, Rect, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use crate::gui::context::Cx;
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::card::at_ui;
use crate::service::snapshot::{QualityKind, QualitySpan, Severity};

use super::charts::to_x;

/// Height of a lane.
pub const LANE: f32 = 6.0;

/// Under a curve: nothing where the data is sound; else a shape a kind, not only a colour.
pub fn lane_ui(ui: &Ui, quality: &[QualitySpan], chart: Rect, shown: (f64, f64)) {
    let t = theme::tokens(ui);
    let lane = Rect::from_min_size(
        pos2(chart.left(), chart.bottom()),
        vec2(chart.width(), LANE),
    );
    let painter = ui.painter_at(lane);
    painter.rect_filled(lane, CornerRadius::ZERO, t.band);
    for span in quality {
        let from = to_x(span.from_ms as f64 / 1000.0, lane, shown).max(lane.left());
        let to = to_x(span.to_ms as f64 / 1000.0, lane, shown).min(lane.right());
        if to < lane.left() || from > lane.right() {
            continue;
        }
        // Never thinner than can be seen.
        let rect = Rect::from_min_max(
            pos2(from, lane.top()),
            pos2(to.max(from + 2.0), lane.bottom()),
        );
        paint_quality(&painter, rect, span.kind, t);
    }
}

/// The shape of one kind.
pub fn paint_quality(painter: &Painter, rect: Rect, kind: QualityKind, t: &Tokens) {
    match kind {
        QualityKind::Gap => {
            painter.rect(
                rect,
                CornerRadius::ZERO,
                t.bg,
                Stroke::new(size::LINE, t.mute),
                StrokeKind::Inside,
            );
        }
        QualityKind::Flagged => {
            painter.rect_filled(rect, CornerRadius::ZERO, t.warn);
        }
        QualityKind::Held => {
            painter.rect_filled(rect, CornerRadius::ZERO, t.off);
        }
        QualityKind::Quarantined => {
            let inside = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
            inside.rect_filled(rect, CornerRadius::ZERO, t.panel);
            let mut x = rect.left() - rect.height();
            while x < rect.right() {
                let ends = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
                inside.line_segment(ends, Stroke::new(1.5, t.off));
                x += 4.0;
            }
        }
    }
}

/// What the lanes, bands and lines mean; the gestures, where there is room.
pub fn legend_ui(ui: &mut Ui, cx: &Cx<'_>, severity: &Severity, rect: Rect) {
    let t = theme::tokens(ui);
    at_ui(ui, "legend", rect, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::XS;
            let swatch = |ui: &mut Ui| ui.allocate_exact_size(vec2(18.0, 10.0), Sense::hover()).0;
            let r = swatch(ui);
            ui.painter().rect(
                r,
                CornerRadius::ZERO,
                t.band,
                theme::hairline(t),
                StrokeKind::Inside,
            );
            ui.label(theme::small(cx.text.get("legend-band"), t.mute));
            let view = cx.snapshot.locomotive.as_ref();
            let any_held =
                view.is_some_and(|view| view.quality.iter().any(|q| q.kind == QualityKind::Held));
            let all = [
                (QualityKind::Gap, "legend-gap"),
                (QualityKind::Flagged, "legend-flagged"),
                (QualityKind::Quarantined, "legend-quarantined"),
                (QualityKind::Held, "legend-held"),
            ];
            for (kind, key) in all
                .into_iter()
                .filter(|(kind, _)| any_held || *kind != QualityKind::Held)
            {
                ui.add_space(size::S);
                let r = swatch(ui);
                paint_quality(ui.painter(), r.shrink2(vec2(0.0, 1.0)), kind, t);
                ui.label(theme::small(cx.text.get(key), t.mute));
            }
            ui.add_space(size::S);
            let r = swatch(ui);
            ui.painter().add(Shape::Vec(Shape::dashed_line(
                &[r.left_center(), r.right_center()],
                Stroke::new(size::LINE, t.text),
                4.0,
                3.0,
            )));
            ui.label(theme::small(cx.text.get("loco-threshold"), t.mute));
            ui.add_space(size::S);
            let zones = cx
                .text
                .with("legend-zones", [("class", severity.class.into())]);
            ui.add(Label::new(theme::small(zones, t.mute)).truncate())
                .on_hover_text(cx.text.get("legend-zones-why"));
        });
    });
}
