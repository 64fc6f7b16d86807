//! How an alarm looks wherever it is told: the shape of its priority, the icon and the word of its state.

use eframe::egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, vec2,
};

use crate::domain::VerdictKind;
use crate::domain::alarm::{Alarm, Priority, State};
use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, Tokens, size};
use crate::text::Text;

use super::verdict::paint_shape;

/// The ink of a priority.
#[must_use]
pub const fn colour(priority: Priority, t: &Tokens) -> Color32 {
    match priority {
        Priority::High => t.danger,
        Priority::Medium => t.warn,
        Priority::Low => t.off,
    }
}

/// The ink of an alarm: of its priority as long as it calls or lasts in sight, grey when it is set aside or over.
#[must_use]
pub const fn ink(alarm: &Alarm, t: &Tokens) -> Color32 {
    match alarm.state() {
        State::Unacknowledged | State::ReturnedUnacknowledged | State::Acknowledged => {
            colour(alarm.priority(), t)
        }
        State::Shelved | State::OutOfService | State::Closed => t.mute,
    }
}

/// Octagon, triangle, dashed diamond: full while the alarm calls, hollow once somebody knows.
fn paint_priority(painter: &Painter, centre: Pos2, side: f32, alarm: &Alarm, t: &Tokens) {
    let (ink, calls, priority) = (ink(alarm, t), alarm.state().calls(), alarm.priority());
    let r = side / 2.0;
    match priority {
        Priority::High if calls => paint_shape(painter, centre, side, VerdictKind::Danger, t),
        Priority::High => {
            let corner = r * 0.414;
            let points = [
                (-corner, -r),
                (corner, -r),
                (r, -corner),
                (r, corner),
                (corner, r),
                (-corner, r),
                (-r, corner),
                (-r, -corner),
            ]
            .map(|(x, y)| centre + vec2(x, y) * 0.92);
            let line = Stroke::new(size::CURVE, ink);
            painter.add(Shape::closed_line(points.to_vec(), line));
        }
        Priority::Medium => {
            let points = [(0.0, -r), (r, r * 0.8), (-r, r * 0.8)].map(|(x, y)| centre + vec2(x, y));
            let line = Stroke::new(size::CURVE, ink);
            if calls {
                painter.add(Shape::convex_polygon(points.to_vec(), ink, line));
            } else {
                painter.add(Shape::closed_line(points.to_vec(), line));
            }
        }
        Priority::Low => {
            let corners = [(0.0, -r), (r, 0.0), (0.0, r), (-r, 0.0), (0.0, -r)]
                .map(|(x, y)| centre + vec2(x, y));
            painter.extend(Shape::dashed_line(
                &corners,
                Stroke::new(size::CURVE, ink),
                3.0,
                2.0,
            ));
        }
    }
}

/// The shape, as a widget of its own.
pub fn priority_shape_ui(ui: &mut Ui, side: f32, alarm: &Alarm) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    paint_priority(ui.painter(), rect.center(), side, alarm, t);
}

/// Shape and word of the priority, for a cell.
pub fn priority_ui(ui: &mut Ui, text: &Text, alarm: &Alarm) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = size::S;
    priority_shape_ui(ui, 15.0, alarm);
    let word = text.alarm_priority(alarm.priority());
    ui.label(if alarm.state().calls() {
        theme::strong(word, ink(alarm, t))
    } else {
        theme::body(word, ink(alarm, t))
    });
}

const fn glyph(state: State) -> Icon {
    match state {
        State::Unacknowledged => Icon::BellRing,
        State::ReturnedUnacknowledged => Icon::Undo2,
        State::Acknowledged => Icon::Check,
        State::Shelved => Icon::AlarmClockOff,
        State::OutOfService => Icon::Ban,
        State::Closed => Icon::CircleCheck,
    }
}

/// Icon and word of the state, for a cell.
pub fn state_ui(ui: &mut Ui, text: &Text, state: State) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = size::S;
    let ink = if state.calls() { t.text } else { t.mute };
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        icon(glyph(state)),
        FontId::proportional(size::L),
        ink,
    );
    let word = text.alarm_state(state);
    let words = if state.calls() {
        theme::strong(word, ink)
    } else {
        theme::body(word, ink)
    };
    ui.add(eframe::egui::Label::new(words).truncate());
}

/// A count on a filled circle, at the corner of an icon.
pub fn paint_count(painter: &Painter, centre: Pos2, count: usize, priority: Priority, t: &Tokens) {
    let words = if count > 99 {
        "99+".to_owned()
    } else {
        count.to_string()
    };
    let font = FontId::new(size::LABEL, theme::semibold());
    let galley = painter.layout_no_wrap(words, font, t.on_fill);
    let ground = vec2((galley.size().x + 9.0).max(18.0), 18.0);
    let rect = Rect::from_center_size(centre, ground);
    painter.rect_filled(rect, 9.0, colour(priority, t));
    painter.galley(rect.center() - galley.size() / 2.0, galley, t.on_fill);
}
