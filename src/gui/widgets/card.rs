//! Cards and banners: the surfaces that things stand on.

use eframe::egui::{
    Align, Color32, CornerRadius, FontId, Frame, Label, Layout, Margin, Rect, Role, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, vec2,
};

use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, Tokens, size};

/// A card that fills `rect`; what is drawn inside is clipped to it.
pub fn card_ui<R>(
    ui: &mut Ui,
    salt: &str,
    rect: Rect,
    margin: f32,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    let t = theme::tokens(ui);
    ui.painter()
        .rect_filled(rect, CornerRadius::same(size::CORNER), t.panel);
    let inner = at_ui(ui, salt, rect.shrink(margin), |ui| {
        ui.set_clip_rect(rect.shrink(size::LINE).intersect(ui.clip_rect()));
        add(ui)
    });
    // The line goes last, so that rows that reach the edge do not cover it.
    ui.painter().rect_stroke(
        rect,
        CornerRadius::same(size::CORNER),
        theme::hairline(t),
        StrokeKind::Inside,
    );
    inner
}

/// Draws inside a rectangle chosen by hand, top down, without moving the parent's cursor past it.
pub fn at_ui<R>(ui: &mut Ui, salt: &str, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let builder = UiBuilder::new()
        .id_salt(salt)
        .max_rect(rect)
        .layout(Layout::top_down(Align::Min));
    let mut child = ui.new_child(builder);
    add(&mut child)
}

/// How grave a banner or a toast is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Calm,
    Warn,
    Danger,
    /// No verdict can be given.
    Off,
}

impl Tone {
    /// Ink and ground.
    #[must_use]
    pub const fn colours(self, t: &Tokens) -> (Color32, Color32) {
        match self {
            Self::Calm => (t.mute, t.panel),
            Self::Warn => (t.warn, t.warn_surface),
            Self::Danger => (t.danger, t.danger_surface),
            Self::Off => (t.off, t.panel),
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Self::Calm => Icon::Info,
            Self::Warn | Self::Danger => Icon::TriangleAlert,
            Self::Off => Icon::CircleHelp,
        }
    }
}

/// A message across the page: what is wrong, what to do about it, and, cut to a line, the technical
/// detail; the whole of it under the pointer.
pub fn banner_ui(ui: &mut Ui, tone: Tone, title: &str, todo: Option<&str>, detail: Option<&str>) {
    let t = theme::tokens(ui);
    let (ink, ground) = tone.colours(t);
    Frame::new()
        .fill(ground)
        .stroke(Stroke::new(size::LINE, ink))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().interact_size.y = 20.0;
            ui.horizontal(|ui| {
                ui.label(theme::body(icon(tone.icon()), ink).size(size::FIGURE));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.label(theme::body(title, t.text));
                    if let Some(todo) = todo {
                        ui.label(theme::body(todo, t.mute));
                    }
                    if let Some(detail) = detail {
                        detail_ui(ui, detail);
                    }
                });
            });
        });
}

/// Words of the service on one small line, whole under the pointer.
pub fn detail_ui(ui: &mut Ui, detail: &str) {
    let t = theme::tokens(ui);
    // egui itself shows the whole of what it had to cut.
    ui.add(Label::new(theme::small(detail, t.mute)).truncate());
}

/// A small framed word: SYNTHÉTIQUE, RÈGLE, REPLAY.
pub fn badge_ui(ui: &mut Ui, word: &str, filled: bool) -> eframe::egui::Response {
    let t = theme::tokens(ui);
    let (ink, ground, line) = if filled {
        (t.on_fill, t.accent, t.accent)
    } else {
        (t.text, t.raised, t.mute)
    };
    let font = FontId::new(size::LABEL, theme::semibold());
    let galley = ui.painter().layout_no_wrap(word.to_owned(), font, ink);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 6.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    ui.painter().rect(
        rect,
        CornerRadius::same(3),
        ground,
        Stroke::new(size::LINE, line),
        StrokeKind::Inside,
    );
    ui.painter()
        .galley(rect.center() - galley.size() / 2.0, galley, ink);
    response
}
