//! What the cards of this page share: wide buttons, marks, when something may be begun.

use eframe::egui::{
    Color32, CornerRadius, CursorIcon, FontId, Frame, Margin, Response, Role, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, vec2,
};

use crate::domain::VerdictKind;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::focus_ring;
use crate::gui::widgets::verdict::{paint_shape, paint_triangle};
use crate::service::continuity::threats::Level;
use crate::service::continuity::view::Job;
use crate::text::Text;

/// Height of the buttons of last resort.
const TALL: f32 = 48.0;
/// Room of the shape that tells a state.
pub const MARK: f32 = 18.0;

/// "11,8 s", "3 min 20 s".
pub fn seconds(text: &Text, secs: f64) -> String {
    if secs < 60.0 {
        text.with("cont-seconds", [("secs", text.number(secs, 1).into())])
    } else {
        let whole = secs.round() as u64;
        text.with(
            "cont-minutes",
            [
                ("minutes", text.count(whole / 60).into()),
                ("secs", text.count(whole % 60).into()),
            ],
        )
    }
}

/// "48,2 Mo".
pub fn megabytes(text: &Text, bytes: u64) -> String {
    let mb = bytes as f64 / 1e6;
    let number = text.number(mb, usize::from(mb < 1000.0));
    text.with("cont-megabytes", [("n", number.into())])
}

/// Whether a job may be begun: the account may act, and none is under way.
pub fn may_begin(cx: &Cx<'_>) -> bool {
    let job = cx.snapshot.continuity.job.as_ref();
    !cx.snapshot.read_only && !job.is_some_and(Job::is_under_way)
}

/// Says why a button cannot be pressed.
pub fn disabled_why(button: Response, cx: &Cx<'_>) -> Response {
    let key = if cx.snapshot.read_only {
        "cont-read-only"
    } else {
        "cont-busy"
    };
    button.on_disabled_hover_text(cx.text.get(key))
}

/// How a wide button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wide {
    Primary,
    Plain,
    /// What cannot be taken back.
    Grave,
}

/// A button of last resort, as wide as it is told.
pub fn wide_button_ui(ui: &mut Ui, look: Wide, width: f32, word: &str) -> Response {
    let t = theme::tokens(ui);
    let font = FontId::new(size::TEXT, theme::medium());
    let (rect, response) = ui.allocate_exact_size(vec2(width, TALL), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, word));
    let hot = response.hovered() && enabled;
    let (fill, line, ink) = match look {
        Wide::Primary if hot => (t.accent.gamma_multiply(0.88), t.accent, t.on_fill),
        Wide::Primary => (t.accent, t.accent, t.on_fill),
        Wide::Plain if hot => (t.band, t.mute, t.text),
        Wide::Plain => (t.raised, t.line, t.text),
        Wide::Grave if hot => (t.danger_surface, t.danger, t.danger),
        Wide::Grave => (t.raised, t.danger, t.danger),
    };
    let corner = CornerRadius::same(size::CORNER);
    let stroke = Stroke::new(t.line_width, line);
    ui.painter()
        .rect(rect, corner, fill, stroke, StrokeKind::Inside);
    let galley = ui.painter().layout_no_wrap(word.to_owned(), font, ink);
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, ink);
    focus_ring(ui, &response, rect);
    if look == Wide::Primary && response.has_focus() {
        let within = Stroke::new(size::LINE, t.on_fill);
        ui.painter()
            .rect_stroke(rect.shrink(3.0), corner, within, StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A card without a title.
pub fn plain_card_ui<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let t = theme::tokens(ui);
    Frame::new()
        .fill(t.panel)
        .stroke(theme::hairline(t))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::same(size::L as i8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = size::S;
            add(ui)
        })
        .inner
}

/// The shape of a level; its word stands beside it.
pub fn mark_ui(ui: &mut Ui, level: Level) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(MARK), Sense::hover());
    let at = rect.center();
    match level {
        Level::Well => paint_shape(ui.painter(), at, 16.0, VerdictKind::Nominal, t),
        Level::Watch => paint_triangle(ui.painter(), at, 16.0, t.warn),
        Level::Danger => paint_shape(ui.painter(), at, 16.0, VerdictKind::Danger, t),
        Level::Off => paint_shape(ui.painter(), at, 16.0, VerdictKind::Unavailable, t),
    }
}

/// The ink of words beside that shape.
pub fn ink_of(ui: &Ui, level: Level) -> Color32 {
    let t = theme::tokens(ui);
    match level {
        Level::Well => t.text,
        Level::Watch => t.warn,
        Level::Danger => t.danger,
        Level::Off => t.off,
    }
}
