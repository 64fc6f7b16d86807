//! A drop-down of the fleet's locomotives.

use eframe::egui::{ComboBox, PopupCloseBehavior, TextEdit, Ui};

use crate::domain::LocoId;
use crate::gui::theme;
use crate::service::order::natural;
use crate::service::snapshot::FleetRow;
use crate::text::folded;

/// From so many on, the list has a box to search in.
const MANY: usize = 12;

/// What was chosen from the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// The first entry, where there is one.
    First,
    Loco(LocoId),
}

/// The list, sorted by name, after an entry of its own (`first`). `name` is for screen readers; where there
/// are many, a box above them narrows the list.
pub fn loco_choice_ui(
    ui: &mut Ui,
    salt: &str,
    name: &str,
    first: Option<&str>,
    fleet: &[FleetRow],
    chosen: Option<&LocoId>,
) -> Option<Choice> {
    let t = theme::tokens(ui);
    let shown = chosen.map_or_else(|| first.unwrap_or(name).to_owned(), ToString::to_string);
    let mut choice = None;
    let many = fleet.len() > MANY;
    // A click into the search must not close the list.
    let closes = if many {
        PopupCloseBehavior::CloseOnClickOutside
    } else {
        PopupCloseBehavior::CloseOnClick
    };
    ComboBox::from_id_salt(salt)
        .width(128.0)
        .close_behavior(closes)
        .selected_text(theme::body(shown, t.text).family(theme::medium()))
        .show_ui(ui, |ui| {
            let wanted = if many {
                search_ui(ui, salt, name)
            } else {
                String::new()
            };
            if let Some(first) = first
                && ui.selectable_label(chosen.is_none(), first).clicked()
            {
                choice = Some(Choice::First);
            }
            let mut names: Vec<&LocoId> = fleet
                .iter()
                .map(|r| &r.loco)
                .filter(|l| wanted.is_empty() || folded(l.as_str()).contains(&wanted))
                .collect();
            names.sort_by(|a, b| natural(a.as_str(), b.as_str()));
            for loco in names {
                if ui
                    .selectable_label(chosen == Some(loco), loco.as_str())
                    .clicked()
                {
                    choice = Some(Choice::Loco(loco.clone()));
                }
            }
            if choice.is_some() {
                ui.close();
            }
        })
        .response
        .accessible_name(name);
    choice
}

/// The part of a name that is looked for, without case and accents; kept while the list is open.
fn search_ui(ui: &mut Ui, salt: &str, hint: &str) -> String {
    let id = ui.scope_id().with((salt, "search"));
    let mut typed = ui.data(|d| d.get_temp::<String>(id)).unwrap_or_default();
    let t = theme::tokens(ui);
    let response = ui.add(
        TextEdit::singleline(&mut typed)
            .id(id)
            .hint_text(theme::body(hint, t.mute))
            .desired_width(ui.available_width().max(160.0))
            .char_limit(64),
    );
    response.accessible_name(hint);
    let wanted = folded(typed.trim());
    ui.data_mut(|d| d.insert_temp(id, typed));
    wanted
}
