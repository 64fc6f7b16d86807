//! What the wall screen draws: the counts, the locomotives that are not well with why in one line, the clock. Things
//! have one place whatever happens; waking changes their ink and lights the frame.

use std::time::Instant;

use eframe::egui::{
    Align, Color32, CornerRadius, Frame, Label, Layout, Margin, Rect, RichText, Sense, Stroke,
    StrokeKind, Ui, Vec2, pos2, vec2,
};

use crate::domain::{Channel, Condition, Verdict, VerdictKind};
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::run;
use crate::gui::theme::{self, Tokens, size};
use crate::gui::top_bar;
use crate::gui::widgets::bars::by_weight;
use crate::gui::widgets::button::icon_button_ui;
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{colour, paint_shape, paint_triangle};
use crate::service::snapshot::FleetRow;

use super::{Gone, State, blind};

/// The sizes of this screen, larger on a larger one.
#[derive(Clone, Copy)]
struct Scale(f32);

impl Scale {
    fn of(room: Rect) -> Self {
        let fit = (room.width() / 1440.0).min(room.height() / 900.0);
        Self(fit.clamp(0.7, 3.0))
    }

    /// Whole points, so that few sizes of type are kept.
    fn of_size(self, points: f32) -> f32 {
        (points * self.0).round()
    }
}

/// Draws the wall screen over all there is.
pub fn wall_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    state.refresh(cx.snapshot);
    let whole = ui.max_rect();
    let scale = Scale::of(whole);
    let flash = state.watch.flash(Instant::now());
    let [danger, ..] = state.listing.counts;
    let no_sight = state.gone.is_some() || blind(cx.snapshot);
    let t = theme::tokens(ui);
    let room = whole.shrink(scale.of_size(36.0));
    let head = room.with_max_y(room.top() + scale.of_size(48.0));
    at_ui(ui, "wall-head", head, |ui| head_ui(ui, cx, scale));
    let from = head.bottom() + scale.of_size(20.0);
    let counts = Rect::from_min_max(
        pos2(room.left(), from),
        pos2(room.right(), from + scale.of_size(150.0)),
    );
    if no_sight {
        at_ui(ui, "wall-blind", counts, |ui| {
            blind_ui(ui, cx, state.gone, scale)
        });
    } else {
        counts_ui(ui, cx, state, counts, scale, flash.is_some());
    }
    let rows = room.with_min_y(counts.bottom() + scale.of_size(24.0));
    at_ui(ui, "wall-rows", rows, |ui| {
        rows_ui(ui, cx, state, no_sight, scale)
    });
    frame_ui(ui, whole, t, flash, (danger > 0, no_sight), scale);
    ui.advance_cursor_after_rect(whole);
}

/// The edge of the screen: lit while there is danger or no sight, and flashing just after it woke.
fn frame_ui(
    ui: &Ui,
    whole: Rect,
    t: &Tokens,
    flash: Option<bool>,
    (danger, no_sight): (bool, bool),
    scale: Scale,
) {
    let ink = match (danger, no_sight) {
        (_, true) => t.off,
        (true, false) => t.danger,
        // An alarm of a machine that is well again.
        (false, false) if flash.is_some() => t.warn,
        _ => return,
    };
    let width = match flash {
        Some(true) => scale.of_size(18.0),
        _ => scale.of_size(5.0),
    };
    ui.painter().rect_stroke(
        whole,
        CornerRadius::ZERO,
        Stroke::new(width, ink),
        StrokeKind::Inside,
    );
}

fn wall(words: impl Into<String>, points: f32, scale: Scale, ink: Color32) -> RichText {
    theme::sized(words, scale.of_size(points), ink)
}

/// The clock in force, what kind of data this is, the freshness, and the way out.
fn head_ui(ui: &mut Ui, cx: &mut Cx<'_>, scale: Scale) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = scale.of_size(16.0);
        let (clock, _) = top_bar::clock_words(cx);
        ui.label(wall(clock, size::WALL_TEXT, scale, t.text));
        for (word, _, filled) in top_bar::badges(cx) {
            let (ink, ground, line) = if filled {
                (t.on_fill, t.accent, t.accent)
            } else {
                (t.text, t.raised, t.mute)
            };
            Frame::new()
                .fill(ground)
                .stroke(Stroke::new(size::LINE, line))
                .corner_radius(CornerRadius::same(size::CORNER))
                .inner_margin(Margin::symmetric(10, 2))
                .show(ui, |ui| ui.label(wall(word, size::WALL_NOTE, scale, ink)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let leave = cx.text.get("kiosk-leave");
            if icon_button_ui(ui, Icon::Minimize, &leave).clicked() {
                cx.ask(Ask::Kiosk(false));
            }
            if let Some(age) = top_bar::age_figure(cx) {
                let words = format!("{} · {}", age.label, age.value);
                ui.label(wall(words, size::WALL_TEXT, scale, t.mute));
            }
        });
    });
}

/// No verdict can be given: said over the whole width, in place of the counts.
fn blind_ui(ui: &mut Ui, cx: &Cx<'_>, gone: Option<Gone>, scale: Scale) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let rect = ui.max_rect();
    let corner = CornerRadius::same(size::CORNER);
    ui.painter().rect_filled(rect, corner, t.off);
    let side = scale.of_size(96.0);
    let inks = Tokens {
        off: t.on_fill,
        ..*t
    };
    let centre = pos2(rect.left() + side * 0.8, rect.center().y);
    paint_shape(ui.painter(), centre, side, VerdictKind::Unavailable, &inks);
    let words = match (gone, &cx.snapshot.fleet_cause) {
        (Some(Gone::Ended), _) => text.get("kiosk-ended").into_owned(),
        (Some(Gone::Silent), _) => text.with(
            "kiosk-silent",
            [("age", text.age(cx.since.as_millis() as i64).into())],
        ),
        (None, Some(cause)) => match run::awaited(cx, cause) {
            Some(key) => text.get(key).into_owned(),
            None => text.cause_sentence(cause),
        },
        (None, None) if cx.snapshot.fault.is_some() => text.get("fault").into_owned(),
        (None, None) => text.get("kiosk-none-judged").into_owned(),
    };
    let room = rect
        .with_min_x(centre.x + side * 0.8)
        .shrink2(vec2(0.0, scale.of_size(22.0)));
    at_ui(ui, "wall-blind-words", room, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let title = text.verdict(VerdictKind::Unavailable);
        ui.label(wall(title, size::WALL_TITLE, scale, t.on_fill));
        ui.add(Label::new(wall(words, size::WALL_TEXT, scale, t.on_fill)).wrap());
    });
}

/// How many are in danger, unavailable, wearing, nominal. Grey where there is none; danger stands on its own ground.
fn counts_ui(ui: &mut Ui, cx: &Cx<'_>, state: &State, rect: Rect, scale: Scale, lit: bool) {
    let t = theme::tokens(ui);
    let gap = scale.of_size(16.0);
    let width = (rect.width() - 3.0 * gap) / 4.0;
    let [danger, off, wearing, nominal, ..] = state.listing.counts;
    let cells = [
        (Some(VerdictKind::Danger), "danger", danger, t.danger),
        (Some(VerdictKind::Unavailable), "unavailable", off, t.off),
        (None, "wearing", wearing, t.warn),
        (Some(VerdictKind::Nominal), "nominal", nominal, t.mute),
    ];
    for (i, (shape, key, count, ink)) in cells.into_iter().enumerate() {
        let left = rect.left() + i as f32 * (width + gap);
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let some = count > 0;
        let loud = some && shape == Some(VerdictKind::Danger);
        let fill = if loud { t.danger_surface } else { t.panel };
        let line = match (loud, lit) {
            (true, _) => Stroke::new(size::FOCUS, t.danger),
            (false, _) => theme::hairline(t),
        };
        let corner = CornerRadius::same(size::CORNER);
        ui.painter()
            .rect(cell, corner, fill, line, StrokeKind::Inside);
        let quiet = Tokens {
            danger: t.mute,
            off: t.mute,
            warn: t.mute,
            ..*t
        };
        let inks = if some { t } else { &quiet };
        let side = scale.of_size(56.0);
        let centre = pos2(cell.left() + side * 0.95, cell.center().y);
        match shape {
            Some(kind) => paint_shape(ui.painter(), centre, side, kind, inks),
            None => paint_triangle(ui.painter(), centre, side * 0.8, inks.warn),
        }
        let words = cell.with_min_x(centre.x + side * 0.75);
        let number = if some { ink } else { t.mute };
        at_ui(ui, key, words, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space((cell.height() - scale.of_size(size::WALL_COUNT * 1.22 + 30.0)) / 2.0);
            let count = cx.text.count(count as u64);
            ui.label(wall(count, size::WALL_COUNT, scale, number));
            let word = cx.text.fleet_filter(key);
            let ink = if some && shape != Some(VerdictKind::Nominal) {
                t.text
            } else {
                t.mute
            };
            ui.label(wall(word, size::WALL_TEXT, scale, ink));
        });
    }
}

/// The locomotives that are not nominal, worst first, as many as there is room for.
fn rows_ui(ui: &mut Ui, cx: &Cx<'_>, state: &State, no_sight: bool, scale: Scale) {
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
        ui.label(wall(
            cx.text.get("advisory"),
            size::WALL_NOTE,
            scale,
            t.mute,
        ));
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
