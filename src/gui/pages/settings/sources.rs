//! Where data come from: a card a source, with how it does. Adding one is the Pipeline page's, which shows the rows
//! before it takes them.

use eframe::egui::{CornerRadius, Frame, Label, Margin, Sense, Ui, Vec2, vec2};

use super::State;
use super::field::{Typed, send, wrong_ui};
use super::typed::{Wrong, unit_words};
use crate::domain::SourceClock;
use crate::gui::context::{Ask, Cx, Page};
use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind as Button, button_icon_ui, button_ui};
use crate::gui::widgets::card::badge_ui;
use crate::gui::widgets::verdict::paint_triangle;
use crate::service::settings::fields::POLL;
use crate::service::settings::{
    Acts, Change, Entry, Field, Kind, List, Place, SettingsView, SourceView, Unit, Value,
};

const fn words(key: &'static str) -> Field {
    Field {
        key,
        kind: Kind::Text,
        unit: Unit::None,
        acts: Acts::NextRun,
    }
}

const NAME: Field = words("name");
const PATH: Field = words("path");
const URL: Field = words("url");
const ZONE: Field = words("timezone");

pub fn sources_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.add(Label::new(theme::body(text.get("set-sources-lead"), t.mute)).wrap());
    if view.demo {
        ui.add(Label::new(theme::body(text.get("set-sources-demo"), t.text)).wrap());
    }
    let add = text.get("set-source-add");
    if button_icon_ui(ui, Button::Primary, Some(Icon::Plus), &add).clicked() {
        cx.ask(Ask::Show(Page::Pipeline));
    }
    for (at, source) in view.sources.iter().enumerate() {
        ui.add_space(size::S);
        ui.push_id(("source", at), |ui| {
            Frame::new()
                .fill(t.panel)
                .stroke(theme::hairline(t))
                .corner_radius(CornerRadius::same(size::CORNER))
                .inner_margin(Margin::same(size::L as i8))
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let entry = Entry {
                        list: List::Sources,
                        at,
                        name: source.name.clone(),
                    };
                    source_ui(ui, cx, view, state, source, &entry);
                });
        });
    }
}

fn source_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    view: &SettingsView,
    state: &mut State,
    source: &SourceView,
    entry: &Entry,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.horizontal(|ui| {
        ui.label(theme::sized(&source.name, size::FIGURE, t.text));
        badge_ui(ui, &text.role(source.role), false);
        if source.synthetic {
            badge_ui(ui, &text.get("synthetic"), true);
        }
    });
    state_ui(ui, cx, source);
    let taken = |value: &Value| {
        let name = value.to_string();
        let twice = view
            .sources
            .iter()
            .any(|s| s.name == name && s.name != source.name);
        twice.then_some(Wrong::Twice)
    };
    let address = |value: &Value| {
        let url = value.to_string();
        let good = url.starts_with("http://") || url.starts_with("https://");
        (!good).then_some(Wrong::NotAnAddress)
    };
    let (place, place_word) = if source.is_address {
        (&URL, "set-source-url")
    } else {
        (&PATH, "set-source-path")
    };
    let mut one = Row {
        ui,
        cx,
        state,
        source,
        entry,
    };
    one.typed(
        &NAME,
        "set-source-name",
        &Value::Text(source.name.clone()),
        280.0,
        &taken,
    );
    let now = Value::Text(source.place.clone());
    if source.is_address {
        one.typed(place, place_word, &now, 480.0, &address);
    } else {
        one.typed(place, place_word, &now, 480.0, &|_| None);
    }
    let zone = Value::Text(source.timezone.clone());
    // In memory: no file is asked on this thread.
    let known = |value: &Value| {
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        zones
            .get(&value.to_string())
            .is_err()
            .then_some(Wrong::NotAZone)
    };
    one.typed(&ZONE, "set-source-zone", &zone, 280.0, &known);
    one.choices(
        "set-source-clock",
        "clock",
        &[
            (
                "set-source-clock-wall",
                source.clock == SourceClock::Wall,
                Value::Text("wall".into()),
            ),
            (
                "set-source-clock-data",
                source.clock == SourceClock::Data,
                Value::Text("data".into()),
            ),
        ],
    );
    one.choices(
        "set-source-follow",
        "follow",
        &[
            ("word-yes", source.followed, Value::Flag(true)),
            ("word-no", !source.followed, Value::Flag(false)),
        ],
    );
    if source.is_address && source.followed {
        let poll = Value::Number(source.poll_secs);
        one.typed(&POLL, "set-source-poll", &poll, 120.0, &|_| None);
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = size::L;
        ui.label(theme::small(format_words(cx, source), t.mute));
        if source.has_key {
            ui.label(theme::small(text.get("set-source-key"), t.mute));
        }
    });
    let remove = text.with("set-source-remove", [("name", source.name.as_str().into())]);
    if button_icon_ui(ui, Button::Plain, Some(Icon::Trash2), &remove).clicked() {
        state.asked = Some(Change::Remove {
            entry: entry.clone(),
        });
    }
}

/// One line of a card after the other.
struct Row<'a, 'b, 'c> {
    ui: &'a mut Ui,
    cx: &'a mut Cx<'c>,
    state: &'a mut State,
    source: &'b SourceView,
    entry: &'b Entry,
}

impl Row<'_, '_, '_> {
    fn name(&self, word: &str) -> String {
        self.cx.text.with(
            "set-source-field",
            [
                ("name", self.source.name.as_str().into()),
                ("field", self.cx.text.get(word)),
            ]
            .map(|(name, value)| (name, value.into())),
        )
    }

    fn label(ui: &mut Ui, words: &str) {
        let t = theme::tokens(ui);
        ui.allocate_ui(vec2(size::NAVIGATION, size::CONTROL), |ui| {
            ui.set_width(size::NAVIGATION);
            ui.set_height(size::CONTROL);
            ui.horizontal_centered(|ui| ui.label(theme::body(words, t.mute)));
        });
    }

    fn typed(
        &mut self,
        field: &Field,
        word: &str,
        now: &Value,
        width: f32,
        also: &dyn Fn(&Value) -> Option<Wrong>,
    ) {
        let name = self.name(word);
        let label = self.cx.text.get(word).into_owned();
        let (cx, state) = (&mut *self.cx, &mut *self.state);
        let place = Place {
            entry: Some(self.entry.clone()),
            key: field.key.to_owned(),
        };
        let wrong = self.ui.horizontal(|ui| {
            Self::label(ui, &label);
            let room = ui.available_width();
            let typed = Typed {
                place,
                field,
                now: Some(now),
                optional: false,
                name: &name,
                width: width.min(room),
                also,
            };
            let wrong = typed.ui(ui, cx, state);
            let t = theme::tokens(ui);
            let unit = unit_words(cx.text, field.unit);
            ui.label(theme::body(unit.trim(), t.mute));
            wrong
        });
        if let Some(words) = wrong.inner {
            wrong_ui(self.ui, &words);
        }
    }

    fn choices(&mut self, word: &str, key: &str, choices: &[(&str, bool, Value)]) {
        let name = self.name(word);
        let label = self.cx.text.get(word).into_owned();
        let cx = &mut *self.cx;
        let place = Place {
            entry: Some(self.entry.clone()),
            key: key.to_owned(),
        };
        self.ui.horizontal(|ui| {
            Self::label(ui, &label);
            for (word, on, value) in choices {
                let word = cx.text.get(word);
                let response =
                    button_ui(ui, Button::Choice(*on), &word).accessible_name(cx.text.with(
                        "set-choice-of",
                        [("name", name.as_str().into()), ("choice", word.into())],
                    ));
                if response.clicked() && !on {
                    let (place, value) = (place.clone(), value.clone());
                    send(cx, Change::Set { place, value });
                }
            }
        });
    }
}

/// How the source did: a shape, a word and, where something is wrong, why.
fn state_ui(ui: &mut Ui, cx: &Cx<'_>, source: &SourceView) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let dead = cx.snapshot.live.iter().flat_map(|live| &live.dead);
    let of_a_file = format!("{} (", source.name);
    let refused = cx.snapshot.last_run.iter().flat_map(|run| &run.refused);
    let why = dead
        .chain(refused)
        .find(|(name, _)| *name == source.name || name.starts_with(&of_a_file))
        .map(|(_, why)| why.clone())
        .or_else(|| source.found.as_ref().and_then(|found| found.error.clone()));
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = size::L;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::L), Sense::hover());
        match (&why, &cx.snapshot.last_run) {
            (Some(why), _) => {
                paint_triangle(ui.painter(), rect.center(), size::M, t.warn);
                let words = text.with("set-source-bad", [("why", why.as_str().into())]);
                ui.add(Label::new(theme::body(words, t.warn)).wrap());
            }
            (None, Some(run)) => {
                let at = text.moment(run.ended_ms, Some(cx.wall_ms));
                mark_ui(ui, rect, Icon::Check);
                let words = text.with("set-source-good", [("time", at.into())]);
                ui.label(theme::body(words, t.mute));
            }
            (None, None) => {
                mark_ui(ui, rect, Icon::CircleDashed);
                ui.label(theme::body(text.get("set-source-unread"), t.mute));
            }
        }
    });
}

fn mark_ui(ui: &Ui, rect: eframe::egui::Rect, glyph: Icon) {
    let t = theme::tokens(ui);
    ui.painter().text(
        rect.center(),
        eframe::egui::Align2::CENTER_CENTER,
        icon(glyph),
        eframe::egui::FontId::proportional(size::TEXT),
        t.mute,
    );
}

fn format_words(cx: &Cx<'_>, source: &SourceView) -> String {
    let text = cx.text;
    match (&source.found, source.format) {
        (Some(found), _) if !found.formats.is_empty() => text.with(
            "set-source-found",
            [
                ("files", (found.files as u64).into()),
                ("format", found.formats.join(", ").into()),
            ],
        ),
        (_, Some(format)) => text.with("set-source-format", [("format", format.into())]),
        (Some(_), None) => text.get("set-source-no-format").into_owned(),
        (None, None) => text.get("set-source-looking").into_owned(),
    }
}
