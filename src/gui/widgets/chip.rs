//! Chips: small switches that keep some rows in sight, each with its shape, its word and how many there are;
//! and the thin bar that shows the same counts as parts of a whole.

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Painter, Pos2, Rect, Response, Role, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::button::focus_ring;
use super::verdict::{paint_shape, paint_triangle};
use crate::domain::VerdictKind;
use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, Tokens, size};

/// The shape of a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Verdict(VerdictKind),
    /// Wearing, or out of its limits.
    Triangle,
    Clock,
}

impl Mark {
    const fn ink(self, t: &Tokens) -> Color32 {
        match self {
            Self::Verdict(kind) => super::verdict::colour(kind, t),
            Self::Triangle | Self::Clock => t.warn,
        }
    }

    fn paint(self, painter: &Painter, at: Pos2, t: &Tokens) {
        match self {
            Self::Verdict(kind) => paint_shape(painter, at, 14.0, kind, t),
            Self::Triangle => paint_triangle(painter, at, 10.0, t.warn),
            Self::Clock => {
                let font = FontId::proportional(size::TEXT);
                let glyph = icon(Icon::Clock);
                painter.text(at, Align2::CENTER_CENTER, glyph, font, t.warn);
            }
        }
    }
}

/// A switch; `count` is written after the word. Grey where there is nothing to be seen.
pub fn chip_ui(ui: &mut Ui, on: bool, mark: Mark, word: &str, count: &str, some: bool) -> Response {
    let t = theme::tokens(ui);
    let layout = |text: &str, family| {
        let font = FontId::new(size::LABEL, family);
        ui.painter()
            .layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
    };
    let word_galley = layout(word, theme::medium());
    let count_galley = layout(count, theme::semibold());
    const SHAPE: f32 = 14.0;
    let (word_width, count_width) = (word_galley.size().x, count_galley.size().x);
    let width = size::S + SHAPE + 6.0 + word_width + 6.0 + count_width + size::S;
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CHIP), Sense::click());
    let enabled = ui.is_enabled();
    let name = format!("{word}, {count}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, &name));
    if ui.is_rect_visible(rect) {
        let (fill, line) = match (on, response.hovered()) {
            (true, _) => (t.raised, t.accent),
            (false, true) => (t.band, t.mute),
            _ => (t.panel, t.line),
        };
        let corner = CornerRadius::same(size::CORNER);
        let line = Stroke::new(if on { size::FOCUS } else { size::LINE }, line);
        ui.painter()
            .rect(rect, corner, fill, line, StrokeKind::Inside);
        let middle = rect.center().y;
        let mut x = rect.left() + size::S;
        // The shape keeps its colour for what is there: an empty chip is as grey as the page.
        let quiet = Tokens {
            danger: t.mute,
            off: t.mute,
            warn: t.mute,
            ..*t
        };
        let inks = if some { t } else { &quiet };
        mark.paint(ui.painter(), pos2(x + SHAPE / 2.0, middle), inks);
        x += SHAPE + 6.0;
        let word_ink = if some { t.text } else { t.mute };
        let at = pos2(x, middle - word_galley.size().y / 2.0);
        ui.painter().galley(at, word_galley, word_ink);
        x += word_width + 6.0;
        let at = pos2(x, middle - count_galley.size().y / 2.0);
        let ink = if some { mark.ink(t) } else { t.mute };
        ui.painter().galley(at, count_galley, ink);
        focus_ring(ui, &response, rect);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// The parts of a fleet: imminent, unavailable, wearing, nominal. Told apart by height and fill as well as by colour:
/// full, hollow, half, a line. `name` says the counts.
pub fn split_ui(ui: &mut Ui, parts: [usize; 4], name: &str) {
    let t = theme::tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::SPLIT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let mut x = rect.left();
    for (i, width) in widths(parts, rect.width()).into_iter().enumerate() {
        if width <= 0.0 {
            continue;
        }
        let part = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()))
            .shrink2(vec2(0.5, 0.0));
        let painter = ui.painter();
        let low = |height: f32| part.with_min_y(part.bottom() - height);
        match i {
            0 => {
                painter.rect_filled(part, CornerRadius::ZERO, t.danger);
            }
            1 => {
                let line = Stroke::new(size::CURVE, t.off);
                painter.rect_stroke(part, CornerRadius::ZERO, line, StrokeKind::Inside);
            }
            2 => {
                painter.rect_filled(low(size::SPLIT / 2.0), CornerRadius::ZERO, t.warn);
            }
            _ => {
                painter.rect_filled(low(2.0), CornerRadius::ZERO, t.mute);
            }
        }
        x += width;
    }
    response.on_hover_text(name);
}

/// Widths in proportion, but what is there can be seen: one in a thousand is still some points wide.
fn widths(parts: [usize; 4], room: f32) -> [f32; 4] {
    const LEAST: f32 = 6.0;
    let total = parts.iter().sum::<usize>() as f32;
    if total == 0.0 || room <= 0.0 {
        return [0.0; 4];
    }
    let fair = parts.map(|n| n as f32 / total * room);
    let lifted = fair.map(|w| if w > 0.0 { w.max(LEAST) } else { 0.0 });
    let scale = room / lifted.iter().sum::<f32>();
    lifted.map(|w| w * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_thousand_can_be_seen() {
        let shown = widths([1, 0, 3, 996], 900.0);
        assert!(shown[0] > 5.0 && shown[2] > 5.0, "{shown:?}");
        assert_eq!(shown[1], 0.0);
        assert!((shown.iter().sum::<f32>() - 900.0).abs() < 0.01);
        assert_eq!(widths([0; 4], 900.0), [0.0; 4]);
    }
}
