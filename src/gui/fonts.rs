//! The typefaces inside the program: Inter with tabular figures in three weights, and Lucide for icons.
//! No font of the machine is used, so the window looks the same everywhere.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily};
pub use lucide_icons::Icon;

use super::theme;

/// Every family falls back on the icons, so that an icon can stand within a text.
#[must_use]
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    };
    add(
        "regular",
        include_bytes!("../../assets/fonts/Inter-Regular.ttf"),
    );
    add(
        "medium",
        include_bytes!("../../assets/fonts/Inter-Medium.ttf"),
    );
    add(
        "semibold",
        include_bytes!("../../assets/fonts/Inter-SemiBold.ttf"),
    );
    add("icons", lucide_icons::LUCIDE_FONT_BYTES);
    for (family, first) in [
        (FontFamily::Proportional, "regular"),
        (FontFamily::Monospace, "regular"),
        (theme::medium(), "medium"),
        (theme::semibold(), "semibold"),
    ] {
        fonts
            .families
            .insert(family, vec![first.to_owned(), "icons".to_owned()]);
    }
    fonts
}

/// The character that draws an icon.
#[must_use]
pub fn icon(icon: Icon) -> String {
    char::from(icon).to_string()
}
