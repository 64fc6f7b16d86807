//! The verdict: always a shape and a word, never a colour alone. The shapes are painted, so that no
//! font decides what danger looks like.

use eframe::egui::{
    Align, Align2, Color32, CornerRadius, FontId, Layout, Painter, Pos2, Rect, Sense, Shape,
    Stroke, Ui, Vec2, pos2, vec2,
};

use crate::domain::VerdictKind;
use crate::gui::theme::{self, Tokens, size};
use crate::text::Text;

/// The ink of a verdict.
#[must_use]
pub const fn colour(kind: VerdictKind, t: &Tokens) -> Color32 {
    match kind {
        VerdictKind::Danger => t.danger,
        VerdictKind::Unavailable => t.off,
        VerdictKind::Nominal => t.mute,
    }
}

/// The shape of a verdict, `side` points across.
pub fn paint_shape(painter: &Painter, centre: Pos2, side: f32, kind: VerdictKind, t: &Tokens) {
    let r = side / 2.0;
    let ink = colour(kind, t);
    let width = (side / 14.0).max(1.25);
    match kind {
        VerdictKind::Danger => {
            let corner = (r * 0.414).round();
            let points = [
                (-corner, -r),
                (corner, -r),
                (r, -corner),
                (r, corner),
                (corner, r),
                (-corner, r),
                (-r, corner),
                (-r, -corner),
            ]
            .map(|(x, y)| centre + vec2(x, y));
            painter.add(Shape::convex_polygon(points.to_vec(), ink, Stroke::NONE));
            let bar = (side * 0.13).max(2.0);
            let stem =
                Rect::from_center_size(centre - vec2(0.0, side * 0.11), vec2(bar, side * 0.40));
            painter.rect_filled(stem, CornerRadius::ZERO, t.on_fill);
            let dot = Rect::from_center_size(centre + vec2(0.0, side * 0.26), Vec2::splat(bar));
            painter.rect_filled(dot, CornerRadius::ZERO, t.on_fill);
        }
        VerdictKind::Nominal => {
            painter.circle_stroke(centre, r - width, Stroke::new(width, ink));
            let tick = [(-0.42, 0.02), (-0.10, 0.33), (0.44, -0.28)]
                .map(|(x, y)| centre + vec2(x * r, y * r));
            painter.add(Shape::line(tick.to_vec(), Stroke::new(width, ink)));
        }
        VerdictKind::Unavailable => {
            let d = r - width / 2.0;
            let corners = [(0.0, -d), (d, 0.0), (0.0, d), (-d, 0.0), (0.0, -d)]
                .map(|(x, y)| centre + vec2(x, y));
            let dash = (side / 7.0).max(2.0);
            painter.extend(Shape::dashed_line(
                &corners,
                Stroke::new(width, ink),
                dash,
                dash * 0.7,
            ));
            painter.text(
                centre,
                Align2::CENTER_CENTER,
                "?",
                FontId::new(side * 0.58, theme::semibold()),
                ink,
            );
        }
    }
}

/// A hollow triangle: look here, out of its limits.
pub fn paint_triangle(painter: &Painter, centre: Pos2, side: f32, ink: Color32) {
    let r = side / 2.0;
    let points = vec![
        pos2(centre.x, centre.y - r),
        pos2(centre.x + r, centre.y + r * 0.8),
        pos2(centre.x - r, centre.y + r * 0.8),
    ];
    let width = (side / 12.0).max(size::CURVE);
    painter.add(Shape::closed_line(points, Stroke::new(width, ink)));
}

/// Shape and short word, for a row.
pub fn verdict_ui(ui: &mut Ui, kind: VerdictKind, text: &Text) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = size::S;
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    paint_shape(ui.painter(), rect.center(), 16.0, kind, t);
    let word = text.verdict_short(kind);
    ui.label(match kind {
        VerdictKind::Danger => theme::strong(word, t.danger),
        VerdictKind::Unavailable => theme::body(word, t.off),
        VerdictKind::Nominal => theme::body(word, t.mute),
    });
}

/// Shape, the full words and what stands beside them, for a title.
pub fn verdict_line_ui(ui: &mut Ui, kind: VerdictKind, words: &str) {
    let t = theme::tokens(ui);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(18.0), Sense::hover());
        paint_shape(ui.painter(), rect.center(), 18.0, kind, t);
        ui.label(theme::strong(words, colour(kind, t)));
    });
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Context, RawInput};

    use super::*;
    use crate::gui::theme::{DARK, HIGH_CONTRAST, LIGHT};
    use crate::text::Language;

    const KINDS: [VerdictKind; 3] = [
        VerdictKind::Nominal,
        VerdictKind::Danger,
        VerdictKind::Unavailable,
    ];

    /// What is painted of a state, without its colours: kinds of shapes and how many points each has.
    fn outline(paint: impl Fn(&Painter, Pos2)) -> Vec<String> {
        let ctx = Context::default();
        theme::install(&ctx);
        let frame = || {
            let mut output = ctx.run_ui(RawInput::default(), |ui| {
                paint(ui.painter(), pos2(50.0, 50.0));
            });
            output.textures_delta.clear();
            output.shapes
        };
        // Fonts are there from the second frame on.
        frame();
        let told = |shape: &Shape| match shape {
            Shape::Circle(circle) => format!("circle {}", circle.radius),
            Shape::Path(path) => format!("path {} {}", path.points.len(), path.closed),
            Shape::LineSegment { .. } => "dash".to_owned(),
            Shape::Rect(rect) => format!("rect {}", rect.rect.size()),
            Shape::Text(text) => format!("text {}", text.galley.text()),
            other => format!("{:?}", std::mem::discriminant(other)),
        };
        frame()
            .iter()
            .flat_map(|clipped| match &clipped.shape {
                Shape::Vec(shapes) => shapes.iter().map(told).collect(),
                shape => vec![told(shape)],
            })
            .collect()
    }

    #[test]
    fn every_state_is_known_without_its_colour() {
        for t in [&LIGHT, &DARK, &HIGH_CONTRAST] {
            let mut shapes: Vec<Vec<String>> = KINDS
                .map(|kind| outline(|painter, at| paint_shape(painter, at, 16.0, kind, t)))
                .to_vec();
            // Out of its limits: with the value itself in bold.
            shapes.push(outline(|painter, at| {
                paint_triangle(painter, at, 16.0, t.warn)
            }));
            for (i, one) in shapes.iter().enumerate() {
                assert!(!one.is_empty());
                assert!(
                    !shapes[i + 1..].contains(one),
                    "{one:?} stands for two states"
                );
            }
        }
        for language in Language::ALL {
            let text = crate::text::tests::text(language);
            let words: std::collections::BTreeSet<String> =
                KINDS.iter().map(|kind| text.verdict_short(*kind)).collect();
            assert_eq!(words.len(), KINDS.len());
        }
    }
}
