//! A drop-down of the fleet's locomotives.

use eframe::egui::{ComboBox, Ui};

use crate::domain::LocoId;
use crate::gui::theme;
use crate::service::order::natural;
use crate::service::snapshot::FleetRow;

/// What was chosen from the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// The first entry, where there is one.
    First,
    Loco(LocoId),
}

/// The list, sorted by name, after an entry of its own (`first`). `name` is for screen readers.
pub fn loco_choice_ui(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    first: Option<&str>,
    fleet: &[FleetRow],
    chosen: Option<&LocoId>,
) -> Option<Choice> {
    let t = theme::tokens(ui);
    let shown = chosen.map_or_else(|| first.unwrap_or("—").to_owned(), ToString::to_string);
    let mut choice = None;
    ComboBox::from_id_salt(salt)
        .width(128.0)
        .selected_text(theme::body(shown, t.text).family(theme::medium()))
        .show_ui(ui, |ui| {
            if let Some(first) = first
                && ui.selectable_label(chosen.is_none(), first).clicked()
            {
                choice = Some(Choice::First);
            }
            let mut names: Vec<&LocoId> = fleet.iter().map(|r| &r.loco).collect();
            names.sort_by(|a, b| natural(a.as_str(), b.as_str()));
            for loco in names {
                if ui
                    .selectable_label(chosen == Some(loco), loco.as_str())
                    .clicked()
                {
                    choice = Some(Choice::Loco(loco.clone()));
                }
            }
        })
        .response
        .accessible_name(name);
    choice
}
