//! The story of the selected locomotive: what is said of it, why, what would bring it back, what
//! happened last, and where the newest reading came from.

use eframe::egui::{Align, Label, Layout, Rect, ScrollArea, Sense, Ui, Vec2, pos2, vec2};

use crate::domain::alarm::Alarm;
use crate::domain::{Channel, Verdict, VerdictKind};
use crate::gui::context::{Ask, Cx};
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::bars::contributions_ui;
use crate::gui::widgets::button::{Kind, button_ui, button_width, pressed_anew};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{colour, paint_shape};
use crate::service::alarms::{AlarmsAsk, Which};
use crate::service::command::Command;
use crate::service::snapshot::{Explanation, FleetRow};
use crate::text::Text;

/// Draws the story over all the space there is; its buttons stay at the foot.
pub fn story_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::tokens(ui);
    let Some(row) = cx.selected_row() else {
        ui.label(theme::body(cx.text.get("story-none"), t.mute));
        return;
    };
    let rect = ui.max_rect();
    // A narrow card has the last words on two lines.
    let lines = if rect.width() < 250.0 { 2.0 } else { 1.0 };
    let calls = |a: &&Alarm| a.state().calls() && a.watch.loco() == Some(&row.loco);
    let calling = cx.snapshot.alarms.open.iter().any(|a| calls(&a));
    let words = ["button-open", "alarm-acknowledge", "button-simulate"].map(|key| cx.text.get(key));
    // What calls comes between, as long as the card is wide enough for all three.
    let three = words.iter().map(|w| button_width(ui, w)).sum::<f32>() + 2.0 * size::S;
    let stacked = calling && three > rect.width();
    let rows = if stacked { 2.0 } else { 1.0 };
    let foot = rows * (size::CONTROL + size::S) + size::S + 3.0 + lines * 15.0;
    let body = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - foot));
    let foot = Rect::from_min_max(pos2(rect.left(), body.bottom() + size::M), rect.max);
    at_ui(ui, "story-body", body, |ui| {
        ScrollArea::vertical()
            .id_salt("story-scroll")
            .auto_shrink([false, false])
            .show(ui, |ui| told_ui(ui, cx, row));
    });
    at_ui(ui, "story-foot", foot, |ui| {
        ui.spacing_mut().item_spacing.y = size::S;
        let [open, acknowledge, simulate] = &words;
        let acknowledge_ui = |ui: &mut Ui| {
            let button = button_ui(ui, Kind::Plain, acknowledge);
            pressed_anew(ui, &button)
        };
        if stacked && acknowledge_ui(ui) {
            acknowledge_all(cx, row);
        }
        ui.horizontal(|ui| {
            if button_ui(ui, Kind::Primary, open).clicked() {
                cx.ask(Ask::Open(row.loco.clone()));
            }
            if calling && !stacked && acknowledge_ui(ui) {
                acknowledge_all(cx, row);
            }
            // It takes the place of what was acknowledged: a second click is not meant for it.
            let simulate = button_ui(ui, Kind::Plain, simulate);
            if pressed_anew(ui, &simulate) {
                cx.ask(Ask::Simulate(row.loco.clone()));
            }
        });
        ui.add(Label::new(theme::small(cx.text.get("advisory"), t.mute)).wrap());
    });
}

/// All alarms of this locomotive that call.
fn acknowledge_all(cx: &mut Cx<'_>, row: &FleetRow) {
    cx.send(Command::Alarms(AlarmsAsk::Acknowledge {
        which: Which::Of(row.loco.clone()),
        comment: String::new(),
    }));
}

fn told_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    ui.spacing_mut().item_spacing.y = size::XS;
    ui.spacing_mut().interact_size.y = 20.0;
    head_ui(ui, cx, row);
    probability_ui(ui, cx, row);
    if let Verdict::Unavailable(cause) = &row.verdict {
        unavailable_ui(ui, cx, row, cause);
    }
    why_ui(ui, cx, row);
    events_ui(ui, cx, row);
    origin_ui(ui, cx, row);
}

fn head_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    let t = theme::tokens(ui);
    let kind = row.verdict.kind();
    let line = vec2(ui.available_width(), 42.0);
    ui.allocate_ui_with_layout(line, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = size::M;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(34.0), Sense::hover());
        paint_shape(ui.painter(), rect.center(), 34.0, kind, t);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(Label::new(theme::sized(row.loco.as_str(), size::TITLE, t.text)).truncate());
            ui.add(Label::new(theme::strong(cx.text.verdict(kind), colour(kind, t))).truncate());
        });
    });
}

fn probability_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    let t = theme::tokens(ui);
    let (Some(p), false) = (
        row.probability,
        matches!(row.verdict, Verdict::Unavailable(_)),
    ) else {
        return;
    };
    ui.add_space(size::XS);
    let line = vec2(ui.available_width(), 44.0);
    ui.allocate_ui_with_layout(line, Layout::left_to_right(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        ui.label(theme::sized(cx.text.percent(p), size::BIG, t.text));
        ui.vertical(|ui| {
            ui.add_space(size::L);
            let words = cx
                .text
                .forecast("forecast-figure", cx.snapshot.model.as_deref());
            ui.add(Label::new(theme::small(words, t.mute)).truncate());
        });
    });
}

fn unavailable_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow, cause: &crate::domain::Cause) {
    let t = theme::tokens(ui);
    ui.add_space(size::S);
    if let Some(key) = run::awaited(cx, cause) {
        ui.label(theme::body(cx.text.get(key), t.text));
    } else {
        ui.label(theme::body(cx.text.cause_sentence(cause), t.text));
        // What is true of the whole fleet, the banner above says at length.
        if cx.snapshot.fleet_cause.as_ref() != Some(cause) {
            ui.label(theme::body(cx.text.cause_todo(cause), t.mute));
        }
    }
    if let Some((kind, at_ms)) = row.last_verdict {
        let age = cx.text.age(cx.now_ms().unwrap_or(at_ms) - at_ms);
        let words = cx.text.with(
            "row-last-verdict",
            [
                ("verdict", cx.text.verdict_short(kind).into()),
                ("age", age.into()),
            ],
        );
        ui.label(theme::small(words, t.mute));
    }
}

fn section_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    ui.add_space(size::L);
    ui.label(theme::strong(words, t.text));
}

fn why_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    let t = theme::tokens(ui);
    let text = cx.text;
    // Reasons of a verdict that is not given would be read as one.
    let unavailable = row.verdict.kind() == VerdictKind::Unavailable;
    let (Some(explanation), false) = (&row.explanation, unavailable) else {
        return;
    };
    let danger = row.verdict.kind() == VerdictKind::Danger;
    section_ui(ui, &text.get("story-why"));
    let name_width = (ui.available_width() * 0.42).clamp(92.0, 116.0);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        contributions_ui(
            ui,
            text,
            &explanation.contributions,
            danger,
            name_width,
            26.0,
        );
        ui.horizontal(|ui| {
            ui.label(theme::small(text.get("story-base"), t.mute))
                .on_hover_text(text.get("story-base-why"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(theme::body(text.number(explanation.base, 2), t.mute));
            });
        });
    });
    if danger {
        section_ui(ui, &text.get("story-way-back"));
        let ways = ways_back(text, row, explanation);
        if explanation.held_nominal {
            let words = theme::small(text.get("story-way-back-held"), t.mute);
            ui.add(Label::new(words).wrap());
        } else if ways.is_empty() {
            ui.label(theme::small(text.get("story-way-back-none"), t.mute));
        }
        for way in ways {
            ui.label(theme::small(way, t.mute));
        }
    }
}

/// "Vibrations sous 4,1 mm/s", one a channel that is enough on its own.
fn ways_back(text: &Text, row: &FleetRow, explanation: &Explanation) -> Vec<String> {
    Channel::ALL
        .into_iter()
        .filter_map(|channel| {
            let to = explanation.way_back[channel.index()]?;
            let key = if to < row.values[channel.index()] {
                "story-below"
            } else {
                "story-above"
            };
            Some(text.with(
                key,
                [
                    ("channel", text.channel(channel).into()),
                    ("value", text.value_unit(channel, to).into()),
                ],
            ))
        })
        .collect()
}

fn events_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    let t = theme::tokens(ui);
    let text = cx.text;
    section_ui(ui, &text.get("story-last"));
    if row.happenings.is_empty() {
        ui.label(theme::small(text.get("story-last-none"), t.mute));
    }
    for happening in row.happenings.iter().take(5) {
        let words = format!(
            "{} · {}",
            text.moment(happening.at_ms, cx.now_ms()),
            text.happening(&happening.what)
        );
        ui.label(theme::small(words, t.mute));
    }
    if let Some(days) = row.days_since_maintenance {
        let age = text.age((days * 86_400_000.0) as i64);
        let words = text.with("story-maintenance", [("age", age.into())]);
        ui.label(theme::small(words, t.mute));
    }
}

fn origin_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.add_space(size::M);
    let when = text.moment(row.reading_at_ms, cx.now_ms());
    let words = text.with("story-read", [("when", when.into())]);
    ui.label(theme::small(words, t.mute));
    if let Some((file, line)) = &row.origin {
        // The name is enough to read; the whole path stands under the pointer.
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let words = text.with(
            "story-origin",
            [("file", name.into()), ("line", text.count(*line).into())],
        );
        ui.add(Label::new(theme::small(words, t.mute)).truncate())
            .on_hover_text(format!("{}\n{file}", text.get("story-origin-why")));
    }
}
