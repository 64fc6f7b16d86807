//! The rail at the left: the pages that exist, always in the same order; at its foot the language and
//! the theme.

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::context::{Ask, Cx, Page};
use super::fonts::{Icon, icon};
use super::theme::{self, size};
use super::widgets::alarm::paint_count;
use super::widgets::button::focus_ring;
use crate::service::alarms::most_pressing;
use crate::service::settings::ThemeChoice;
use crate::text::Language;

const fn glyph(page: Page) -> Icon {
    match page {
        Page::Fleet => Icon::TrainFront,
        Page::Locomotive => Icon::ChartLine,
        Page::Simulator => Icon::SlidersHorizontal,
        Page::Pipeline => Icon::Workflow,
        Page::Model => Icon::Network,
        Page::Alarms => Icon::Bell,
        Page::Continuity => Icon::RotateCw,
        Page::Settings => Icon::Settings,
        Page::Log => Icon::ScrollText,
    }
}

/// What theme, help and language take at the foot.
const FOOT: f32 = size::RAIL_ITEM + 48.0 + size::CONTROL;

/// Draws the rail; clicks are asked for, not carried out.
pub fn rail_ui(ui: &mut Ui, cx: &mut Cx<'_>, shown: Page) {
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    ui.painter()
        .vline(whole.right() - 0.5, whole.y_range(), theme::hairline(t));
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(size::S);
    // Lower where the window is: every page stays in sight.
    let room = whole.height() - size::S - FOOT;
    let height = (room / Page::ALL.len() as f32)
        .floor()
        .min(size::RAIL_ITEM - 8.0);
    for page in Page::ALL {
        let word = cx.text.get(page.key()).into_owned();
        let alarms = &cx.snapshot.alarms;
        let calling = (page == Page::Alarms).then_some(alarms.unacknowledged);
        let calling = calling.filter(|count| *count > 0);
        let name = match calling {
            Some(count) => cx.text.with(
                "alarm-rail",
                [("page", word.as_str().into()), ("count", count.into())],
            ),
            None => word.clone(),
        };
        let top = ui.cursor().top();
        if item_ui(ui, height, &word, &name, glyph(page), page == shown) {
            cx.ask(Ask::Show(page));
        }
        if let (Some(count), Some(priority)) = (calling, most_pressing(&alarms.open)) {
            let at = pos2(whole.center().x + 15.0, top + height / 2.0 - 17.0);
            paint_count(ui.painter(), at, count, priority, t);
        }
    }
    foot_ui(ui, cx, whole);
}

fn foot_ui(ui: &mut Ui, cx: &mut Cx<'_>, whole: Rect) {
    let t = theme::tokens(ui);
    let dark = ui.visuals().dark_mode;
    let (word, name, glyph) = if dark {
        ("theme-light", "theme-to-light", Icon::Sun)
    } else {
        ("theme-dark", "theme-to-dark", Icon::Moon)
    };
    let height = size::RAIL_ITEM - 8.0;
    let theme_rect = Rect::from_min_size(
        pos2(whole.left(), whole.bottom() - height - 48.0 - size::CONTROL),
        vec2(whole.width(), height),
    );
    let help_rect = Rect::from_min_size(
        pos2(whole.left() + size::S, theme_rect.bottom()),
        vec2(whole.width() - 2.0 * size::S, size::CONTROL),
    );
    let language_rect = Rect::from_min_size(
        pos2(whole.left() + size::S, whole.bottom() - 46.0),
        vec2(whole.width() - 2.0 * size::S, size::CONTROL),
    );
    super::widgets::card::at_ui(ui, "rail-theme", theme_rect, |ui| {
        let (word, name) = (cx.text.get(word), cx.text.get(name));
        if item_ui(ui, height, &word, &name, glyph, false) {
            cx.ask(Ask::Theme(if dark {
                ThemeChoice::Light
            } else {
                ThemeChoice::Dark
            }));
        }
    });
    help_ui(ui, cx, help_rect);
    let response = ui.interact(
        language_rect,
        ui.scope_id().with("rail-language"),
        Sense::click(),
    );
    let enabled = ui.is_enabled();
    let name = cx.text.get("language-switch");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    let corner = CornerRadius::same(size::CORNER);
    let fill = if response.hovered() { t.band } else { t.panel };
    ui.painter().rect_filled(language_rect, corner, fill);
    let half = language_rect.width() / 2.0;
    for (i, language) in Language::ALL.into_iter().enumerate() {
        let on = cx.text.language == language;
        let centre = pos2(
            language_rect.left() + half * (i as f32 + 0.5),
            language_rect.center().y,
        );
        let (family, ink) = if on {
            (theme::semibold(), t.text)
        } else {
            (theme::medium(), t.mute)
        };
        let word = language.code().to_uppercase();
        let font = FontId::new(size::LABEL, family);
        ui.painter()
            .text(centre, Align2::CENTER_CENTER, word, font, ink);
        if on {
            ui.painter().hline(
                centre.x - 9.0..=centre.x + 9.0,
                centre.y + 11.0,
                Stroke::new(2.0, t.accent),
            );
        }
    }
    ui.painter().vline(
        language_rect.center().x,
        language_rect.center().y - 7.0..=language_rect.center().y + 7.0,
        theme::hairline(t),
    );
    focus_ring(ui, &response, language_rect);
    let response = response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(name);
    if response.clicked() {
        cx.ask(Ask::Speak(cx.text.language.other()));
    }
}

/// What opens the list of shortcuts.
fn help_ui(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let t = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with("rail-help"), Sense::click());
    let enabled = ui.is_enabled();
    let name = cx.text.get("help-open");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    if response.hovered() {
        let corner = CornerRadius::same(size::CORNER);
        ui.painter().rect_filled(rect, corner, t.band);
    }
    let word = format!("{}  {}", icon(Icon::CircleHelp), cx.text.get("help-word"));
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        word,
        FontId::proportional(size::LABEL),
        t.mute,
    );
    focus_ring(ui, &response, rect);
    let response = response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text(name);
    if response.clicked() {
        cx.ask(Ask::Help);
    }
}

/// An icon with its word under it. True when clicked.
fn item_ui(ui: &mut Ui, height: f32, word: &str, name: &str, glyph: Icon, on: bool) -> bool {
    let t = theme::tokens(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, name));
    let painter = ui.painter();
    let inner = Rect::from_min_max(rect.min, pos2(rect.right() - size::LINE, rect.bottom()));
    let fill = match (on, response.hovered()) {
        (true, _) => t.raised,
        (false, true) => t.band,
        _ => Color32::TRANSPARENT,
    };
    painter.rect_filled(inner, CornerRadius::ZERO, fill);
    if on {
        let mark = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        painter.rect_filled(mark, CornerRadius::ZERO, t.accent);
    }
    let ink = if on { t.text } else { t.mute };
    painter.text(
        rect.center() - vec2(0.0, 9.0),
        Align2::CENTER_CENTER,
        icon(glyph),
        FontId::proportional(size::ICON),
        ink,
    );
    painter.text(
        rect.center() + vec2(0.0, 15.0),
        Align2::CENTER_CENTER,
        word,
        FontId::new(
            size::LABEL,
            if on {
                theme::medium()
            } else {
                eframe::egui::FontFamily::Proportional
            },
        ),
        ink,
    );
    if response.has_focus() {
        focus_ring(ui, &response, inner.shrink(4.0));
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
