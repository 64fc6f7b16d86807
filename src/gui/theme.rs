//! The look as values: colours of both themes, sizes, typefaces. Pages write none of their own.
//! Grey until it matters: the only saturated colours here mean "abnormal" or "can be clicked".

use std::sync::Arc;

use eframe::egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, RichText, Stroke, Style, TextStyle, Theme,
    Ui, Visuals, style, vec2,
};

/// The colours of one theme, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
};

/// The colours of the theme that `ui` is drawn in.
#[must_use]
pub fn tokens(ui: &Ui) -> &'static Tokens {
    of(ui.visuals().dark_mode)
}

/// The colours of the dark or the light theme.
#[must_use]
pub const fn of(dark: bool) -> &'static Tokens {
    if dark { &DARK } else { &LIGHT }
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
    Stroke::new(size::LINE, tokens.line)
}

/// Both themes and the fonts, once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(super::fonts::definitions());
    ctx.set_style_of(Theme::Light, style_of(false));
    ctx.set_style_of(Theme::Dark, style_of(true));
}

fn style_of(dark: bool) -> Style {
    let t = of(dark);
    let mut style = Style {
        visuals: visuals_of(dark),
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

fn visuals_of(dark: bool) -> Visuals {
    let t = of(dark);
    let mut v = if dark {
        Visuals::dark()
    } else {
        Visuals::light()
    };
    let corner = CornerRadius::same(size::CORNER);
    let state = |fill, line, text| style::WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(size::LINE, line),
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
    v.window_stroke = Stroke::new(size::LINE, t.line);
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
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f64 {
        let channel = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
    }

    /// WCAG 2 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_wall_screen_is_read_from_farther_away() {
        for (wall, desk) in [
            (size::WALL_NOTE, size::LABEL),
            (size::WALL_TEXT, size::TEXT),
            (size::WALL_NAME, size::TITLE),
            (size::WALL_TITLE, size::VALUE),
            (size::WALL_COUNT, size::BIG),
        ] {
            assert!(wall >= 1.5 * desk, "{wall} beside {desk}");
        }
    }

    #[test]
    fn everything_written_can_be_read_in_both_themes() {
        for (theme, t) in [("light", LIGHT), ("dark", DARK)] {
            for (name, ink) in [
                ("text", t.text),
                ("mute", t.mute),
                ("danger", t.danger),
                ("warn", t.warn),
                ("off", t.off),
                ("accent", t.accent),
            ] {
                for (ground_name, ground) in
                    [("bg", t.bg), ("panel", t.panel), ("raised", t.raised)]
                {
                    let ratio = contrast(ink, ground);
                    assert!(
                        ratio >= 4.5,
                        "{theme}: {name} on {ground_name} is {ratio:.2}"
                    );
                }
            }
            for (name, ink, ground) in [
                ("danger on its surface", t.danger, t.danger_surface),
                ("text on danger surface", t.text, t.danger_surface),
                ("mute on danger surface", t.mute, t.danger_surface),
                ("warn on its surface", t.warn, t.warn_surface),
                ("text on warn surface", t.text, t.warn_surface),
                ("on danger", t.on_fill, t.danger),
                ("on accent", t.on_fill, t.accent),
                ("on off, of the wall screen", t.on_fill, t.off),
                ("warn on the wall", t.warn, t.bg),
            ] {
                let ratio = contrast(ink, ground);
                assert!(ratio >= 4.5, "{theme}: {name} is {ratio:.2}");
            }
        }
    }
}
