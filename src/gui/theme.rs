//! The look as values: colours of the three themes, sizes, typefaces. Pages write none of their own.
//! Grey until it matters: the only saturated colours here mean "abnormal" or "can be clicked".

use std::sync::Arc;

use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, RichText, Stroke, Style, TextStyle, Theme,
    ThemePreference, Ui, Visuals, style, vec2,
};

use crate::service::settings::ThemeChoice;

/// The colours of one theme, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tokens {
    /// Behind everything.
    pub bg: Color32,
    /// Cards, rail, top bar.
    pub panel: Color32,
    /// Controls, the selected row, charts.
    pub raised: Color32,
    /// One-pixel lines.
    pub line: Color32,
    pub text: Color32,
    /// Labels, and everything that is well.
    pub mute: Color32,
    /// A curve.
    pub trace: Color32,
    /// Bands, tracks.
    pub band: Color32,
    pub danger: Color32,
    pub danger_surface: Color32,
    /// Out of its limits, stale.
    pub warn: Color32,
    pub warn_surface: Color32,
    /// No verdict.
    pub off: Color32,
    /// What can be clicked.
    pub accent: Color32,
    /// Text and marks on `danger` or `accent`.
    pub on_fill: Color32,
    /// Width of lines and frames, in points.
    pub line_width: f32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The light theme.
pub const LIGHT: Tokens = Tokens {
    bg: rgb(0xDD_E1E4),
    panel: rgb(0xEC_EEF0),
    raised: rgb(0xF7_F8F9),
    line: rgb(0xC3_C9CE),
    text: rgb(0x1D_2329),
    mute: rgb(0x59_636C),
    trace: rgb(0x3C_4852),
    band: rgb(0xD3_D9DD),
    danger: rgb(0xB3_101F),
    danger_surface: rgb(0xF6_DADC),
    warn: rgb(0x8A_5300),
    warn_surface: rgb(0xF5_E6CC),
    off: rgb(0x6B_5B8C),
    accent: rgb(0x1F_5E94),
    on_fill: rgb(0xFF_FFFF),
    line_width: size::LINE,
};

/// The dark theme, for the night shift.
pub const DARK: Tokens = Tokens {
    bg: rgb(0x15_181B),
    panel: rgb(0x1D_2125),
    raised: rgb(0x27_2C31),
    line: rgb(0x3A_4147),
    text: rgb(0xE3_E7EA),
    mute: rgb(0x9A_A5AE),
    trace: rgb(0xB8_C2CA),
    band: rgb(0x2B_3136),
    danger: rgb(0xFF_6B64),
    danger_surface: rgb(0x4A_1D1F),
    warn: rgb(0xF0_B254),
    warn_surface: rgb(0x43_331A),
    off: rgb(0xB3_A3D6),
    accent: rgb(0x7D_B4E6),
    on_fill: rgb(0x15_181B),
    line_width: size::LINE,
};

/// The theme of high contrast: everything written at least 7 : 1 on black, lines twice as thick.
pub const HIGH_CONTRAST: Tokens = Tokens {
    bg: rgb(0x00_0000),
    panel: rgb(0x0A_0C0E),
    raised: rgb(0x16_1A1E),
    line: rgb(0xC8_D0D6),
    text: rgb(0xFF_FFFF),
    mute: rgb(0xD8_DEE3),
    trace: rgb(0xFF_FFFF),
    band: rgb(0x33_3B43),
    danger: rgb(0xFF_9A94),
    danger_surface: rgb(0x3E_0A0D),
    warn: rgb(0xFF_CF6B),
    warn_surface: rgb(0x33_2500),
    off: rgb(0xD4_C6F7),
    accent: rgb(0x9F_D0FF),
    on_fill: rgb(0x00_0000),
    line_width: 2.0 * size::LINE,
};

/// The colours of the theme that `ui` is drawn in.
#[must_use]
pub fn tokens(ui: &Ui) -> &'static Tokens {
    of(ui.visuals())
}

/// The colours of a theme by its visuals. egui knows dark and light only; the fill of panels tells the third
/// from the dark one, whose place it takes.
#[must_use]
pub fn of(visuals: &Visuals) -> &'static Tokens {
    match (visuals.dark_mode, visuals.panel_fill == HIGH_CONTRAST.panel) {
        (true, true) => &HIGH_CONTRAST,
        (true, false) => &DARK,
        (false, _) => &LIGHT,
    }
}

/// Puts a theme on, from the next frame on.
pub fn choose(ctx: &Context, theme: ThemeChoice) {
    let dark = match theme {
        ThemeChoice::HighContrast => &HIGH_CONTRAST,
        _ => &DARK,
    };
    ctx.set_style_of(Theme::Dark, style_of(dark, true));
    ctx.set_theme(match theme {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark | ThemeChoice::HighContrast => ThemePreference::Dark,
    });
}

/// The theme that was chosen last.
#[must_use]
pub fn chosen(ctx: &Context) -> ThemeChoice {
    match ctx.options(|o| o.theme_preference) {
        ThemePreference::System => ThemeChoice::System,
        ThemePreference::Light => ThemeChoice::Light,
        ThemePreference::Dark => {
            let dark = ctx.style_of(Theme::Dark);
            if of(&dark.visuals) == &HIGH_CONTRAST {
                ThemeChoice::HighContrast
            } else {
                ThemeChoice::Dark
            }
        }
    }
}

/// Sizes in points.
pub mod size {
    pub const RAIL: f32 = 88.0;
    pub const RAIL_ITEM: f32 = 72.0;
    pub const TOP_BAR: f32 = 72.0;
    pub const REPLAY_BAR: f32 = 56.0;
    pub const ROW: f32 = 40.0;
    pub const TABLE_HEAD: f32 = 44.0;
    pub const CONTROL: f32 = 36.0;
    pub const CHIP: f32 = 28.0;
    /// Height of the bar that splits a whole into its parts.
    pub const SPLIT: f32 = 6.0;
    pub const CORNER: u8 = 6;
    pub const LINE: f32 = 1.0;
    pub const CURVE: f32 = 1.5;
    pub const FOCUS: f32 = 2.0;

    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;

    /// Width of the sections beside a page that has them, and of text that is read line by line.
    pub const NAVIGATION: f32 = 184.0;
    pub const READABLE: f32 = 920.0;

    /// Width of the story beside the fleet's table.
    pub const STORY: f32 = 304.0;
    pub const STORY_NARROW: f32 = 232.0;

    pub const LABEL: f32 = 12.0;
    pub const TEXT: f32 = 14.0;
    pub const FIGURE: f32 = 18.0;
    pub const TITLE: f32 = 20.0;
    pub const VALUE: f32 = 22.0;
    pub const BIG: f32 = 34.0;
    pub const ICON: f32 = 20.0;

    /// The wall screen, read across a room: on a screen of 1440 × 900, more on a larger one.
    pub const WALL_NOTE: f32 = 18.0;
    pub const WALL_TEXT: f32 = 24.0;
    pub const WALL_NAME: f32 = 34.0;
    pub const WALL_TITLE: f32 = 44.0;
    pub const WALL_COUNT: f32 = 76.0;
    pub const WALL_ROW: f32 = 72.0;

    /// Below this width of the page columns and panels are left out.
    pub const NARROW: f32 = 1080.0;
}

/// The family of titles and numbers that matter.
#[must_use]
pub fn semibold() -> FontFamily {
    FontFamily::Name(Arc::from("semibold"))
}

/// The family of labels that should stand out a little.
#[must_use]
pub fn medium() -> FontFamily {
    FontFamily::Name(Arc::from("medium"))
}

/// Text of a label, 12.
#[must_use]
pub fn small(text: impl Into<String>, colour: Color32) -> RichText {
    RichText::new(text).size(size::LABEL).color(colour)
}

/// A label that names something, 12 medium.
#[must_use]
pub fn small_strong(text: impl Into<String>, colour: Color32) -> RichText {
    small(text, colour).family(medium())
}

/// Running text, 14.
#[must_use]
pub fn body(text: impl Into<String>, colour: Color32) -> RichText {
    RichText::new(text).size(size::TEXT).color(colour)
}

/// A name or a number to be found at a glance, 14 semibold.
#[must_use]
pub fn strong(text: impl Into<String>, colour: Color32) -> RichText {
    sized(text, size::TEXT, colour)
}

/// Semibold of any size of the scale.
#[must_use]
pub fn sized(text: impl Into<String>, size: f32, colour: Color32) -> RichText {
    RichText::new(text)
        .size(size)
        .family(semibold())
        .color(colour)
}

/// A one-pixel line.
#[must_use]
pub fn hairline(tokens: &Tokens) -> Stroke {
    Stroke::new(tokens.line_width, tokens.line)
}

/// Both themes and the fonts, once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(super::fonts::definitions());
    ctx.set_style_of(Theme::Light, style_of(&LIGHT, false));
    ctx.set_style_of(Theme::Dark, style_of(&DARK, true));
}

fn style_of(t: &Tokens, dark: bool) -> Style {
    let mut style = Style {
        visuals: visuals_of(t, dark),
        ..Style::default()
    };
    style.text_styles = [
        (TextStyle::Small, FontId::proportional(size::LABEL)),
        (TextStyle::Body, FontId::proportional(size::TEXT)),
        (TextStyle::Button, FontId::new(size::TEXT, medium())),
        (TextStyle::Heading, FontId::new(size::TITLE, semibold())),
        (TextStyle::Monospace, FontId::proportional(size::TEXT)),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Button;
    style.animation_time = 0.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.35;
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(size::S, size::S);
    spacing.button_padding = vec2(size::M, size::S);
    spacing.interact_size = vec2(size::CONTROL, size::CONTROL);
    spacing.icon_width = 16.0;
    spacing.combo_height = 320.0;
    spacing.tooltip_width = 420.0;
    // Bars float over the content, so that lines reach the edge; no fading: no gradients.
    spacing.scroll = style::ScrollStyle::floating();
    spacing.scroll.fade.strength = 0.0;
    style.visuals.text_cursor.stroke = Stroke::new(2.0, t.accent);
    style
}

fn visuals_of(t: &Tokens, dark: bool) -> Visuals {
    let mut v = if dark {
        Visuals::dark()
    } else {
        Visuals::light()
    };
    let corner = CornerRadius::same(size::CORNER);
    let state = |fill, line, text| style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(t.line_width, line),
        corner_radius: corner,
        fg_stroke: Stroke::new(size::CURVE, text),
        expansion: 0.0,
    };
    v.widgets.noninteractive = state(t.panel, t.line, t.text);
    v.widgets.inactive = state(t.raised, t.line, t.text);
    v.widgets.hovered = state(t.band, t.mute, t.text);
    v.widgets.active = state(t.raised, t.accent, t.text);
    v.widgets.active.bg_stroke.width = size::FOCUS;
    v.widgets.open = state(t.raised, t.accent, t.text);
    v.selection.bg_fill = t.accent.gamma_multiply(0.35);
    v.selection.stroke = Stroke::new(size::LINE, t.text);
    v.weak_text_color = Some(t.mute);
    v.hyperlink_color = t.accent;
    v.warn_fg_color = t.warn;
    v.error_fg_color = t.danger;
    v.panel_fill = t.panel;
    v.window_fill = t.panel;
    v.window_stroke = hairline(t);
    v.extreme_bg_color = t.raised;
    v.faint_bg_color = t.panel;
    v.code_bg_color = t.raised;
    v.window_corner_radius = corner;
    v.menu_corner_radius = corner;
    v.window_shadow = eframe::egui::Shadow::NONE;
    v.popup_shadow = eframe::egui::Shadow::NONE;
    v.slider_trailing_fill = true;
    v.handle_shape = style::HandleShape::Circle;
    v.disabled_alpha = 0.55;
    v
}

#[cfg(test)]
mod tests;
