//! What the wall screen draws: the counts, the locomotives that are not well with why in one line, the clock. Things
//! have one place whatever happens; waking changes their ink and lights the frame.

use std::time::Instant;

use eframe::egui::{
    Align, Color32, CornerRadius, Frame, Label, Layout, Margin, Rect, RichText, Stroke, StrokeKind,
    Ui, pos2, vec2,
};

use crate::domain::VerdictKind;
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::{Icon, icon};
use crate::gui::run;
use crate::gui::theme::{self, Tokens, size};
use crate::gui::top_bar;
use crate::gui::widgets::button::icon_button_ui;
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{paint_shape, paint_triangle};

use super::rows::rows_ui;
use super::{Gone, State, blind};

/// The sizes of this screen, larger on a larger one.
#[derive(Clone, Copy)]
pub struct Scale(f32);

impl Scale {
    fn of(room: Rect) -> Self {
        let fit = (room.width() / 1440.0).min(room.height() / 900.0);
        Self(fit.clamp(0.7, 3.0))
    }

    /// Whole points, so that few sizes of type are kept.
    pub fn of_size(self, points: f32) -> f32 {
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
        counts_ui(ui, cx, state, counts, scale);
    }
    let foot = room.with_min_y(room.bottom() - scale.of_size(36.0));
    at_ui(ui, "wall-foot", foot, |ui| foot_ui(ui, cx, scale));
    let rows = Rect::from_min_max(
        pos2(room.left(), counts.bottom() + scale.of_size(24.0)),
        pos2(room.right(), foot.top() - scale.of_size(8.0)),
    );
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

/// Words of this screen.
pub fn wall(words: impl Into<String>, points: f32, scale: Scale, ink: Color32) -> RichText {
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

/// The alarms that nobody has taken up, and what this screen is not.
fn foot_ui(ui: &mut Ui, cx: &Cx<'_>, scale: Scale) {
    let t = theme::tokens(ui);
    ui.with_layout(Layout::left_to_right(Align::Max), |ui| {
        ui.spacing_mut().item_spacing.x = scale.of_size(12.0);
        let alarms = cx.snapshot.alarms.unacknowledged;
        if alarms > 0 {
            ui.label(wall(icon(Icon::Bell), size::WALL_TEXT, scale, t.warn));
            let words = cx.text.with("kiosk-alarms", [("n", alarms.into())]);
            ui.label(wall(words, size::WALL_TEXT, scale, t.warn));
        }
        ui.with_layout(Layout::right_to_left(Align::Max), |ui| {
            let words = cx.text.get("advisory");
            ui.label(wall(words, size::WALL_NOTE, scale, t.mute));
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
    let room = Rect::from_min_max(
        pos2(centre.x + side * 0.8, rect.center().y - scale.of_size(46.0)),
        rect.max,
    );
    at_ui(ui, "wall-blind-words", room, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let title = text.verdict(VerdictKind::Unavailable);
        ui.label(wall(title, size::WALL_TITLE, scale, t.on_fill));
        ui.add(Label::new(wall(words, size::WALL_TEXT, scale, t.on_fill)).wrap());
    });
}

/// How many are in danger, unavailable, wearing, nominal. Grey where there is none; danger stands on its own ground.
fn counts_ui(ui: &mut Ui, cx: &Cx<'_>, state: &State, rect: Rect, scale: Scale) {
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
        let line = if loud {
            Stroke::new(size::FOCUS, t.danger)
        } else {
            theme::hairline(t)
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
