//! The rows of the wall screen: the locomotives that are not well, worst first, each with why in one line.

use eframe::egui::{Align, Label, Layout, Rect, RichText, Sense, Ui, Vec2, pos2, vec2};

use crate::domain::{Channel, Condition, Verdict, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::bars::by_weight;
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{colour, paint_shape, paint_triangle};
use crate::service::snapshot::FleetRow;

use super::State;
use super::wall::{Scale, wall};

/// The locomotives that are not nominal, worst first, as many as there is room for.
pub fn rows_ui(ui: &mut Ui, cx: &Cx<'_>, state: &State, no_sight: bool, scale: Scale) {
    let t = theme::tokens(ui);
    let rect = ui.max_rect();
    let height = scale.of_size(size::WALL_ROW);
    let listing = &state.listing;
    let unwell: Vec<usize> = listing
        .rows
        .iter()
        .copied()
        .filter(|&i| listing.conditions[i] != Condition::Nominal)
        .collect();
    if unwell.is_empty() {
        if !no_sight {
            calm_ui(ui, cx, scale);
        }
        return;
    }
    let fit = (rect.height() / height).floor().max(1.0) as usize;
    let shown = if unwell.len() > fit {
        fit.saturating_sub(1)
    } else {
        unwell.len()
    };
    for (n, &i) in unwell.iter().take(shown).enumerate() {
        let top = rect.top() + n as f32 * height;
        let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height));
        at_ui(ui, &format!("wall-row-{n}"), row, |ui| {
            row_ui(ui, cx, &cx.snapshot.fleet[i], listing.conditions[i], scale);
        });
    }
    let more = unwell.len() - shown;
    if more > 0 {
        let row = rect.with_min_y(rect.top() + shown as f32 * height);
        let danger = unwell[shown..]
            .iter()
            .filter(|&&i| listing.conditions[i] == Condition::Imminent)
            .count();
        let words = cx.text.with(
            "kiosk-more",
            [("n", more.into()), ("danger", danger.into())],
        );
        let ink = if danger > 0 { t.danger } else { t.mute };
        at_ui(ui, "wall-more", row, |ui| {
            ui.add_space(scale.of_size(14.0));
            ui.label(wall(words, size::WALL_TEXT, scale, ink));
        });
    }
}

/// All of them nominal: said once, quietly.
fn calm_ui(ui: &mut Ui, cx: &Cx<'_>, scale: Scale) {
    let t = theme::tokens(ui);
    ui.add_space(scale.of_size(size::WALL_ROW));
    ui.vertical_centered(|ui| {
        let side = scale.of_size(72.0);
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
        paint_shape(ui.painter(), rect.center(), side, VerdictKind::Nominal, t);
        ui.add_space(scale.of_size(16.0));
        let words = cx.text.verdict(VerdictKind::Nominal);
        ui.label(wall(words, size::WALL_TITLE, scale, t.mute));
    });
}

/// Shape, word and name, probability, why in one line, age.
fn row_ui(ui: &mut Ui, cx: &Cx<'_>, row: &FleetRow, condition: Condition, scale: Scale) {
    let t = theme::tokens(ui);
    let kind = row.verdict.kind();
    let rect = ui.max_rect();
    let danger = condition == Condition::Imminent;
    ui.painter()
        .hline(rect.x_range(), rect.top(), theme::hairline(t));
    let middle = rect.center().y;
    let side = scale.of_size(38.0);
    let centre = pos2(rect.left() + side * 0.7, middle);
    let wearing = matches!(condition, Condition::Wearing(_));
    if wearing {
        paint_triangle(ui.painter(), centre, side * 0.8, t.warn);
    } else {
        paint_shape(ui.painter(), centre, side, kind, t);
    }
    let word = if wearing {
        cx.text.fleet_filter("wearing")
    } else {
        cx.text.verdict_short(kind)
    };
    let ink = if wearing { t.warn } else { colour(kind, t) };
    let name_ink = if danger { t.text } else { t.mute };
    let cell = |from: f32, to: f32| {
        Rect::from_min_max(
            pos2(rect.left() + rect.width() * from, rect.top()),
            pos2(rect.left() + rect.width() * to, rect.bottom()),
        )
    };
    let mut put = |salt: &str, at: Rect, right: bool, words: RichText| {
        at_ui(ui, salt, at, |ui| {
            let layout = if right {
                Layout::right_to_left(Align::Center)
            } else {
                Layout::left_to_right(Align::Center)
            };
            ui.with_layout(layout, |ui| {
                ui.set_height(at.height());
                ui.add(Label::new(words).truncate());
            });
        });
    };
    let left = cell(0.0, 0.17).with_min_x(centre.x + side * 0.8);
    put("word", left, false, wall(word, size::WALL_TEXT, scale, ink));
    let name = wall(row.loco.as_str(), size::WALL_NAME, scale, name_ink);
    put("name", cell(0.175, 0.40), false, name);
    if let (Some(p), false) = (row.probability, kind == VerdictKind::Unavailable) {
        let words = wall(cx.text.percent(p), size::WALL_NAME, scale, name_ink);
        put("probability", cell(0.40, 0.51), true, words);
    }
    let why = wall(why(cx, row, condition), size::WALL_TEXT, scale, name_ink);
    put("why", cell(0.54, 0.91), false, why);
    let age = cx.text.age(cx.aged_ms(row.age_ms));
    let ink = if row.stale { t.warn } else { t.mute };
    put(
        "age",
        cell(0.91, 1.0),
        true,
        wall(age, size::WALL_TEXT, scale, ink),
    );
}

/// Why it is not nominal, in one line.
fn why(cx: &Cx<'_>, row: &FleetRow, condition: Condition) -> String {
    let text = cx.text;
    match (&row.verdict, condition) {
        (Verdict::Unavailable(cause), _) => text.cause(cause),
        (_, Condition::Wearing(wear)) => text.wear(wear, &row.out_of_band),
        _ => {
            let Some(explanation) = &row.explanation else {
                return String::new();
            };
            let pushes = &explanation.contributions;
            let told = |c: &Channel| {
                let push = pushes[c.index()];
                (push >= 0.01).then(|| format!("{} {}", text.channel(*c), text.signed(push)))
            };
            let told: Vec<String> = by_weight(pushes).iter().filter_map(told).take(2).collect();
            told.join(" · ")
        }
    }
}
