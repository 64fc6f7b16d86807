//! One setting: its name, what it does and when, the value to be typed with its unit, its default and the way back
//! to it. What is wrong is said under the value, with a shape, as it is typed.

use eframe::egui::{Align, Key, Label, Layout, Sense, Ui, Vec2, vec2};

use super::State;
use super::question::takes_away;
use super::typed::{Wrong, unit_words, value_typed, written};
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind as Button, button_ui, icon_button_ui};
use crate::gui::widgets::entry::entry_ui;
use crate::gui::widgets::verdict::paint_triangle;
use crate::service::command::Command;
use crate::service::settings::fields::{default_of, field, theme_word};
use crate::service::settings::{
    Change, Field, Kind, Place, SettingsAsk, SettingsView, ThemeChoice, Value,
};
use crate::text::Language;

/// A value to be typed.
pub struct Typed<'a> {
    pub place: Place,
    pub field: &'a Field,
    /// In force now.
    pub now: Option<&'a Value>,
    /// May be left empty.
    pub optional: bool,
    /// For screen readers.
    pub name: &'a str,
    pub width: f32,
    /// What only its neighbours tell.
    pub also: &'a dyn Fn(&Value) -> Option<Wrong>,
}

impl Typed<'_> {
    /// Draws the field; sends what is right once the field is left or Enter pressed. Returns what is wrong.
    pub fn ui(self, ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) -> Option<String> {
        let _t = theme::tokens(ui);
        let text = cx.text;
        let shown = self
            .now
            .map_or_else(String::new, |value| written(text, self.field, value));
        let draft = state.drafts.get(&self.place);
        let mut typed = draft.cloned().unwrap_or_else(|| shown.clone());
        let judge = |typed: &str| {
            let value = value_typed(text, self.field, typed, self.optional)?;
            match value.as_ref().and_then(|value| (self.also)(value)) {
                Some(wrong) => Err(wrong),
                None => Ok(value),
            }
        };
        let wrong_now = draft.is_some() && judge(&typed).is_err();
        let response = entry_ui(ui, &mut typed, self.width, self.name, "", wrong_now);
        if response.changed() {
            state.drafts.insert(self.place.clone(), typed.clone());
            state.sent.remove(&self.place);
        }
        if response.lost_focus() {
            let escaped = ui.input(|i| i.key_pressed(Key::Escape));
            if escaped || typed == shown {
                state.drafts.remove(&self.place);
            } else if let Ok(value) = judge(&typed) {
                if value.as_ref() == self.now {
                    state.drafts.remove(&self.place);
                } else if !state.sent.contains_key(&self.place) {
                    let place = self.place.clone();
                    let change = match value {
                        Some(value) => Change::Set { place, value },
                        None => Change::Unset { place },
                    };
                    if takes_away(&change, &cx.snapshot.settings) {
                        state.asked = Some(change);
                    } else {
                        let answered = cx.snapshot.settings.answered;
                        state.sent.insert(self.place.clone(), answered);
                        send(cx, change);
                    }
                }
            }
        }
        let draft = state.drafts.get(&self.place)?;
        match judge(draft) {
            Err(wrong) => Some(wrong.words(text, self.field)),
            Ok(_) => refused_words(cx, &self.place),
        }
    }
}

/// Asks for a change.
pub fn send(cx: &mut Cx<'_>, change: Change) {
    cx.send(Command::Settings(SettingsAsk::Change(change)));
}

/// What the service said of the value at this place.
fn refused_words(cx: &Cx<'_>, place: &Place) -> Option<String> {
    let refused = cx.snapshot.settings.refused.as_ref()?;
    match &refused.change {
        Change::Set { place: p, .. } | Change::Unset { place: p } if p == place => Some(
            cx.text
                .with("set-refused", [("why", refused.why.as_str().into())]),
        ),
        _ => None,
    }
}

/// A triangle and what is wrong.
pub fn wrong_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = size::L;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::L), Sense::hover());
        paint_triangle(ui.painter(), rect.center(), size::M, t.warn);
        ui.add(Label::new(theme::small_strong(words, t.warn)).wrap());
    });
}

/// A setting from the top of the file on a row of its own: name and help at the left, value at the right.
pub fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State, key: &str) {
    let Some(field) = field(key) else {
        return;
    };
    let t = theme::tokens(ui);
    let text = cx.text;
    let place = Place::of(key);
    let name = text.setting(key);
    let now = view.value(key);
    let default = default_of(key);
    ui.add_space(size::S);
    let whole = ui.available_width();
    let left = (whole * 0.5).min(size::STORY + size::XL * 2.0);
    ui.push_id(key, |ui| {
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(
                vec2(left, size::CONTROL),
                Layout::top_down(Align::Min),
                |ui| {
                    ui.set_width(left);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.spacing_mut().interact_size.y = size::L;
                    ui.add(Label::new(theme::strong(&name, t.text)).wrap());
                    ui.add(Label::new(theme::small(text.setting_help(key), t.mute)).wrap());
                },
            );
            ui.add_space(size::L);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = size::XS;
                ui.spacing_mut().interact_size.y = size::XL;
                let wrong = ui
                    .horizontal(|ui| control_ui(ui, cx, state, field, now, &name))
                    .inner;
                if let Some(words) = wrong {
                    wrong_ui(ui, &words);
                }
                ui.horizontal(|ui| {
                    let given = view.given.contains(key);
                    origin_ui(ui, cx, state, field, default.as_ref(), given, place);
                });
            });
        });
    });
}

fn control_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    field: &Field,
    now: Option<&Value>,
    name: &str,
) -> Option<String> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let place = Place::of(field.key);
    match field.kind {
        Kind::Flag => {
            let on = now == Some(&Value::Flag(true));
            for choice in [true, false] {
                let word = text.yes_no(choice);
                let response =
                    button_ui(ui, Button::Choice(on == choice), &word).accessible_name(text.with(
                        "set-choice-of",
                        [("name", name.into()), ("choice", word.as_str().into())],
                    ));
                if response.clicked() && on != choice {
                    let value = Value::Flag(choice);
                    send(
                        cx,
                        Change::Set {
                            place: place.clone(),
                            value,
                        },
                    );
                }
            }
            None
        }
        Kind::Choice(words) => {
            // The window itself says which of these is on: it may be so for this session only.
            let on_now = match field.key {
                "window.language" => Some(Value::Text(text.language.code().to_owned())),
                "window.theme" => {
                    let word = theme_word(theme::chosen(ui.ctx()));
                    Some(Value::Text(word.to_owned()))
                }
                _ => now.cloned(),
            };
            for word in words {
                let value = Value::Text((*word).to_owned());
                let label = text.setting_choice(field.key, word);
                let on = on_now.as_ref() == Some(&value);
                if button_ui(ui, Button::Choice(on), &label).clicked() && !on {
                    chosen(cx, field, word, value);
                }
            }
            None
        }
        Kind::Number { .. } | Kind::Whole { .. } | Kind::Text | Kind::Time => {
            let width = if field.kind == Kind::Text {
                240.0
            } else {
                120.0
            };
            let optional = default_of(field.key).is_none();
            let typed = Typed {
                place,
                field,
                now,
                optional,
                name,
                width,
                also: &|_| None,
            };
            let wrong = typed.ui(ui, cx, state);
            let unit = unit_words(text, field.unit);
            ui.label(theme::body(unit.trim(), t.mute));
            wrong
        }
    }
}

/// Theme and language act at once, whether they can be kept or not.
fn chosen(cx: &mut Cx<'_>, field: &Field, word: &str, value: Value) {
    let theme = || {
        ThemeChoice::ALL
            .into_iter()
            .find(|t| theme_word(*t) == word)
    };
    match (field.key, theme()) {
        ("window.language", _) => cx.ask(Ask::Speak(Language::of(word))),
        ("window.theme", Some(theme)) => cx.ask(Ask::Theme(theme)),
        (key, _) => {
            let place = Place::of(key);
            send(cx, Change::Set { place, value });
        }
    }
}

/// The default and when a change acts; the way back where the file says something else.
fn origin_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    field: &Field,
    default: Option<&Value>,
    given: bool,
    place: Place,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let default = default.map_or_else(
        || text.get("set-default-none").into_owned(),
        |value| {
            format!(
                "{}{}",
                written(text, field, value),
                unit_words(text, field.unit)
            )
        },
    );
    let acts = text.settings_act(field.acts.key());
    let words = text.with(
        "set-origin",
        [("default", default.as_str().into()), ("acts", acts.into())],
    );
    ui.label(theme::small(words, t.mute));
    if given {
        let name = text.setting(field.key);
        let back = text.with(
            "set-reset",
            [("name", name.into()), ("default", default.into())],
        );
        if icon_button_ui(ui, Icon::RotateCcw, &back).clicked() {
            state.drafts.remove(&place);
            send(cx, Change::Unset { place });
        }
    }
}
