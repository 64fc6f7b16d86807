//! Small graphics of a table row: the probability bar with its threshold, and the 24 h curve.

use std::borrow::Cow;

use eframe::egui::{CornerRadius, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::gui::theme::{self, size};
use crate::service::snapshot::TrendPoint;

/// A track from 0 to 1 with its filled part and a tick at the threshold.
pub fn probability_bar_ui(
    ui: &mut Ui,
    width: f32,
    probability: f64,
    threshold: Option<f64>,
    danger: bool,
) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
    let track = Rect::from_center_size(rect.center(), vec2(width, 8.0));
    let corner = CornerRadius::same(2);
    ui.painter().rect_filled(track, corner, t.band);
    let share = probability.clamp(0.0, 1.0) as f32;
    let mut fill = track;
    fill.set_width((width * share).max(1.0));
    let ink = if danger { t.danger } else { t.mute };
    ui.painter().rect_filled(fill, corner, ink);
    if let Some(threshold) = threshold {
        let x = track.left() + width * threshold.clamp(0.0, 1.0) as f32;
        let x = x.clamp(track.left() + 1.0, track.right() - 1.0);
        ui.painter()
            .vline(x, track.y_range().expand(3.0), Stroke::new(2.0, t.text));
    }
}

/// At most two points a pixel, the lowest and the highest of each stretch: a spike of one point still shows.
fn reduced(points: &[TrendPoint], pixels: usize) -> Cow<'_, [TrendPoint]> {
    if points.len() <= 2 * pixels.max(1) {
        return Cow::Borrowed(points);
    }
    let stretch = points.len().div_ceil(pixels.max(1));
    let mut kept = Vec::with_capacity(2 * pixels.max(1));
    for part in points.chunks(stretch) {
        let by_p = |a: &&TrendPoint, b: &&TrendPoint| a.1.total_cmp(&b.1);
        let (low, high) = (part.iter().min_by(by_p), part.iter().max_by(by_p));
        if let (Some(low), Some(high)) = (low, high) {
            let (first, second) = if low.0 <= high.0 {
                (low, high)
            } else {
                (high, low)
            };
            kept.extend([*first, *second]);
        }
    }
    Cow::Owned(kept)
}

/// The probability of the last 24 h, 0–1 over the height, on the time axis `from_ms`–`to_ms`.
pub fn spark_ui(ui: &mut Ui, width: f32, points: &[TrendPoint], to_ms: i64, danger: bool) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 26.0), Sense::hover());
    let inner = rect.shrink2(vec2(1.0, 3.0));
    const DAY_MS: f32 = 86_400_000.0;
    let place = |&(at_ms, p): &TrendPoint| -> Pos2 {
        let back = (to_ms - at_ms) as f32 / DAY_MS;
        pos2(
            inner.right() - back.clamp(0.0, 1.0) * inner.width(),
            inner.bottom() - p.clamp(0.0, 1.0) * inner.height(),
        )
    };
    ui.painter().hline(
        inner.x_range(),
        inner.bottom() + 1.0,
        Stroke::new(size::LINE, t.band),
    );
    if points.len() > 1 {
        let ink = if danger { t.danger } else { t.trace };
        let line: Vec<Pos2> = reduced(points, inner.width() as usize)
            .iter()
            .map(place)
            .collect();
        ui.painter().add(Shape::line(line, Stroke::new(1.25, ink)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_trend_is_drawn_with_two_points_a_pixel_and_its_spike() {
        let mut points: Vec<TrendPoint> = (0..5000).map(|i| (i, 0.1)).collect();
        points[1234].1 = 0.9;
        let drawn = reduced(&points, 80);
        assert!(drawn.len() <= 160, "{}", drawn.len());
        assert!(drawn.is_sorted_by_key(|p| p.0));
        assert_eq!(drawn.iter().filter(|p| p.1 > 0.8).count(), 1);
        assert_eq!(reduced(&points[..100], 80).len(), 100);
    }
}
