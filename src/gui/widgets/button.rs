//! Buttons, 36 high: one primary a place, plain ones, and those of a set of which one is on.

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, Event, FontId, Key, Response, Role, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};

use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, size};

/// What a button is among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The one thing to do here.
    Primary,
    Plain,
    /// One of a set; on or off.
    Choice(bool),
}

/// A button with a word on it.
pub fn button_ui(ui: &mut Ui, kind: Kind, word: &str) -> Response {
    button_icon_ui(ui, kind, None, word)
}

/// A button with an icon before its word.
pub fn button_icon_ui(ui: &mut Ui, kind: Kind, glyph: Option<Icon>, word: &str) -> Response {
    let t = theme::tokens(ui);
    let font = FontId::new(size::TEXT, theme::medium());
    let galley = ui
        .painter()
        .layout_no_wrap(word.to_owned(), font, Color32::PLACEHOLDER);
    let glyph_width = if glyph.is_some() { 16.0 + size::S } else { 0.0 };
    let wanted = vec2(galley.size().x + glyph_width + 2.0 * size::M, size::CONTROL);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| match kind {
        Kind::Choice(on) => WidgetInfo::selected(Role::Button, enabled, on, word),
        _ => WidgetInfo::labeled(Role::Button, enabled, word),
    });
    if ui.is_rect_visible(rect) {
        let hot = response.hovered() && enabled;
        let (fill, line, ink) = match kind {
            Kind::Primary if hot => (t.accent.gamma_multiply(0.88), t.accent, t.on_fill),
            Kind::Primary => (t.accent, t.accent, t.on_fill),
            Kind::Choice(true) => (t.raised, t.accent, t.text),
            _ if hot => (t.band, t.mute, t.text),
            _ => (t.raised, t.line, t.text),
        };
        let corner = CornerRadius::same(size::CORNER);
        let painter = ui.painter();
        let line = Stroke::new(t.line_width, line);
        painter.rect(rect, corner, fill, line, StrokeKind::Inside);
        if kind == Kind::Choice(true) {
            // What is on is told by more than a colour.
            let bar = rect.shrink2(vec2(size::S, size::XS));
            let stroke = Stroke::new(size::FOCUS, t.accent);
            painter.hline(bar.x_range(), bar.bottom(), stroke);
        }
        let x = rect.center().x - (galley.size().x + glyph_width) / 2.0;
        if let Some(glyph) = glyph {
            painter.text(
                vec2(x, rect.center().y + 0.5).to_pos2(),
                Align2::LEFT_CENTER,
                icon(glyph),
                FontId::proportional(16.0),
                ink,
            );
        }
        let at = vec2(x + glyph_width, rect.center().y - galley.size().y / 2.0).to_pos2();
        painter.galley(at, galley, ink);
        focus_ring(ui, &response, rect);
        if kind == Kind::Primary && response.has_focus() {
            // The ring has the colour of the button: a second one within it is seen.
            let within = Stroke::new(size::LINE, t.on_fill);
            painter.rect_stroke(rect.shrink(3.0), corner, within, StrokeKind::Inside);
        }
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A low button for the row of a list; `name` says to screen readers what it does there.
pub fn small_button_ui(ui: &mut Ui, word: &str, name: &str) -> Response {
    let t = theme::tokens(ui);
    let font = FontId::new(size::LABEL, theme::medium());
    let galley = ui
        .painter()
        .layout_no_wrap(word.to_owned(), font, Color32::PLACEHOLDER);
    let wanted = vec2(galley.size().x + 2.0 * size::S, size::CHIP);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let (fill, line) = if response.hovered() {
        (t.band, t.mute)
    } else {
        (t.raised, t.line)
    };
    let corner = CornerRadius::same(size::CORNER);
    let line = Stroke::new(size::LINE, line);
    ui.painter()
        .rect(rect, corner, fill, line, StrokeKind::Inside);
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, t.text);
    focus_ring(ui, &response, rect);
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(name)
}

/// Whether it was pressed by a press of its own. Where what is acted on moves up by one, the second click of a
/// double-click, or a key that is held, would act on something that nobody has read.
#[must_use]
pub fn pressed_anew(ui: &Ui, button: &Response) -> bool {
    button.clicked()
        && !button.double_clicked()
        && !button.triple_clicked()
        && !is_held(ui, Key::Space)
        && !is_held(ui, Key::Enter)
}

/// Whether that key only repeats itself.
#[must_use]
pub fn is_held(ui: &Ui, key: Key) -> bool {
    ui.input(|i| {
        let held = |e: &Event| matches!(e, Event::Key { key: k, repeat: true, .. } if *k == key);
        i.events.iter().any(held)
    })
}

/// How wide a button with this word is.
pub fn button_width(ui: &Ui, word: &str) -> f32 {
    let font = FontId::new(size::TEXT, theme::medium());
    let galley = ui
        .painter()
        .layout_no_wrap(word.to_owned(), font, Color32::PLACEHOLDER);
    galley.size().x + 2.0 * size::M
}

/// Marks what the keyboard is on.
pub fn focus_ring(ui: &Ui, response: &Response, rect: eframe::egui::Rect) {
    if response.has_focus() {
        let t = theme::tokens(ui);
        ui.painter().rect_stroke(
            rect,
            CornerRadius::same(size::CORNER),
            Stroke::new(size::FOCUS + 0.5, t.accent),
            // Inside, so that no edge of a scrolled column cuts it.
            StrokeKind::Inside,
        );
    }
}

/// A square button that shows an icon only; `name` says what it does.
pub fn icon_button_ui(ui: &mut Ui, glyph: Icon, name: &str) -> Response {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(28.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    if response.hovered() {
        ui.painter()
            .rect_filled(rect, CornerRadius::same(size::CORNER), t.band);
    }
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        icon(glyph),
        FontId::proportional(16.0),
        t.text,
    );
    focus_ring(ui, &response, rect);
    response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(name)
}
