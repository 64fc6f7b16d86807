//! What this is, what it is not, and where its things lie.

use eframe::egui::{Label, Ui};

use super::part_ui;
use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui};
use crate::service::command::Command;
use crate::service::settings::{SettingsAsk, SettingsView};

pub fn about_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let version = text.with(
        "set-version",
        [("version", env!("CARGO_PKG_VERSION").into())],
    );
    ui.label(theme::body(version, t.text));
    ui.add(Label::new(theme::body(text.get("set-licence"), t.mute)).wrap());
    part_ui(ui, &text.get("set-safety"));
    ui.add(Label::new(theme::body(text.get("set-safety-words"), t.text)).wrap());
    part_ui(ui, &text.get("set-places"));
    for (name, path) in [
        ("set-place-home", view.home.display().to_string()),
        ("set-place-file", view.file.display().to_string()),
        (
            "set-place-data",
            view.home.join("database").display().to_string(),
        ),
        (
            "set-place-logs",
            view.home.join("logs").display().to_string(),
        ),
    ] {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().interact_size.y = size::L;
            ui.allocate_ui(eframe::egui::vec2(size::NAVIGATION, size::L), |ui| {
                ui.set_width(size::NAVIGATION);
                ui.label(theme::body(text.get(name), t.mute));
            });
            ui.add(
                Label::new(theme::body(path, t.text))
                    .wrap()
                    .selectable(true),
            );
        });
    }
    ui.add_space(size::S);
    let open = text.get("set-open-home");
    if button_icon_ui(ui, Kind::Plain, Some(Icon::FolderOpen), &open).clicked() {
        cx.send(Command::Settings(SettingsAsk::OpenHome));
    }
}
