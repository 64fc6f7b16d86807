//! Who is called: a short list, each line to be typed in.

use eframe::egui::{Ui, vec2};

use super::State;
use super::field::{Typed, send, wrong_ui};
use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind as Button, button_icon_ui, icon_button_ui};
use crate::gui::widgets::entry::entry_ui;
use crate::service::settings::{
    Acts, Change, ContactConfig, Entry, Field, Kind, List, Place, SettingsView, Unit, Value,
};
use crate::text::Text;

const fn words(key: &'static str) -> Field {
    Field {
        key,
        kind: Kind::Text,
        unit: Unit::None,
        acts: Acts::Now,
    }
}

const PARTS: [Field; 4] = [words("name"), words("role"), words("phone"), words("email")];
const WIDTHS: [f32; 4] = [184.0, 184.0, 144.0, 216.0];

fn heads(text: &Text) -> [String; 4] {
    [
        text.get("set-contact-name").into_owned(),
        text.get("set-contact-role").into_owned(),
        text.get("set-contact-phone").into_owned(),
        text.get("set-contact-email").into_owned(),
    ]
}

pub fn contacts_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.label(theme::body(text.get("set-contacts-lead"), t.mute));
    ui.add_space(size::S);
    if view.contacts.is_empty() {
        ui.label(theme::body(text.get("set-contacts-none"), t.mute));
        planned_ui(ui, cx);
    } else {
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = size::L;
            for (head, width) in heads(text).into_iter().zip(WIDTHS) {
                let head = theme::small(head, t.mute);
                ui.allocate_ui(vec2(width, size::L), |ui| {
                    ui.set_width(width);
                    ui.label(head);
                });
            }
        });
    }
    for (at, contact) in view.contacts.iter().enumerate() {
        contact_ui(ui, cx, state, at, contact);
    }
    newcomer_ui(ui, cx, state);
}

fn contact_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, at: usize, contact: &ContactConfig) {
    let text = cx.text;
    let entry = Entry {
        list: List::Contacts,
        at,
        name: contact.name.clone(),
    };
    let values = [&contact.name, &contact.role, &contact.phone, &contact.email]
        .map(|v| Value::Text(v.clone()));
    let mut wrong = None;
    ui.push_id(("contact", at), |ui| {
        ui.horizontal(|ui| {
            for (i, field) in PARTS.iter().enumerate() {
                let name = text.with(
                    "set-contact-field",
                    [
                        ("name", contact.name.as_str().into()),
                        ("field", heads(text)[i].as_str().into()),
                    ],
                );
                let typed = Typed {
                    place: Place {
                        entry: Some(entry.clone()),
                        key: field.key.to_owned(),
                    },
                    field,
                    now: Some(&values[i]),
                    optional: i > 0,
                    name: &name,
                    width: WIDTHS[i],
                    also: &|_| None,
                };
                wrong = wrong.take().or(typed.ui(ui, cx, state));
            }
            let name = text.with(
                "set-contact-remove",
                [("name", contact.name.as_str().into())],
            );
            if icon_button_ui(ui, Icon::Trash2, &name).clicked() {
                state.asked = Some(Change::Remove {
                    entry: entry.clone(),
                });
            }
        });
    });
    if let Some(words) = wrong {
        wrong_ui(ui, &words);
    }
}

/// Those whom the continuity plans name, to be taken over as they are and completed.
fn planned_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let word = cx.text.get("set-contacts-planned");
    if button_icon_ui(ui, Button::Plain, Some(Icon::Plus), &word).clicked() {
        for key in ["set-contact-technical", "set-contact-data"] {
            let name = cx.text.get(key).into_owned();
            send(
                cx,
                Change::Add {
                    list: List::Contacts,
                    entry: vec![("name", Value::Text(name))],
                },
            );
        }
    }
}

/// Somebody who is added: sent whole, once there is a name.
fn newcomer_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.add_space(size::M);
    ui.label(theme::strong(text.get("set-contact-new"), t.text));
    let mut entered = false;
    ui.horizontal(|ui| {
        for (i, head) in heads(text).into_iter().enumerate() {
            let name = text.with("set-contact-new-field", [("field", head.as_str().into())]);
            let words = &mut state.newcomer[i];
            let response = entry_ui(ui, words, WIDTHS[i], &name, &head, false);
            entered |=
                response.lost_focus() && ui.input(|i| i.key_pressed(eframe::egui::Key::Enter));
        }
        let named = !state.newcomer[0].trim().is_empty();
        let add = ui.add_enabled_ui(named, |ui| {
            button_icon_ui(
                ui,
                Button::Plain,
                Some(Icon::Plus),
                &text.get("set-contact-add"),
            )
        });
        if named && (entered || add.inner.clicked()) {
            let typed = std::mem::take(&mut state.newcomer);
            let entry = PARTS
                .iter()
                .zip(typed)
                .map(|(field, words)| (field.key, Value::Text(words.trim().to_owned())))
                .filter(|(_, value)| *value != Value::Text(String::new()))
                .collect();
            let list = List::Contacts;
            send(cx, Change::Add { list, entry });
        }
    });
}
