//! The strip under the top bar of every page while an alarm calls: the most pressing one, who is struck, and what can
//! be done at once.

use eframe::egui::{Align, Label, Layout, Rect, Ui, vec2};

use crate::domain::alarm::{Alarm, Priority};
use crate::service::alarms::{AlarmsAsk, Which};
use crate::service::command::Command;
use crate::service::snapshot::Clock;

use super::context::{Ask, Cx, Page};
use super::theme::{self, size};
use super::widgets::alarm::{colour, priority_shape_ui};
use super::widgets::button::{Kind, button_ui, pressed_anew};
use super::widgets::card::at_ui;

/// Its height.
pub const STRIP: f32 = 48.0;

/// The alarm that it tells: the alarms page tells all of them.
#[must_use]
pub fn told<'a>(cx: &Cx<'a>, page: Page) -> Option<&'a Alarm> {
    let first = cx.snapshot.alarms.open.first()?;
    (page != Page::Alarms && first.state().calls()).then_some(first)
}

/// Draws it over all the space there is.
pub fn strip_ui(ui: &mut Ui, cx: &mut Cx<'_>, alarm: &Alarm) {
    let t = theme::tokens(ui);
    let ground = match alarm.priority() {
        Priority::High => t.danger_surface,
        Priority::Medium => t.warn_surface,
        Priority::Low => t.raised,
    };
    let whole = ui.max_rect();
    ui.painter().rect_filled(whole, 0.0, ground);
    ui.painter()
        .hline(whole.x_range(), whole.bottom() - 0.5, theme::hairline(t));
    let inner = whole.shrink2(vec2(size::XL, (STRIP - size::CONTROL) / 2.0));
    let mut left = inner.right();
    at_ui(ui, "alarm-strip-actions", inner, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let line = cx.text.alarm_line(alarm);
            let see = button_ui(ui, Kind::Plain, &cx.text.get("alarm-see"));
            let acknowledge = button_ui(ui, Kind::Primary, &cx.text.get("alarm-acknowledge"));
            let named = cx
                .text
                .with("alarm-acknowledge-this", [("alarm", line.into())]);
            let acknowledge = acknowledge.accessible_name(named);
            left = acknowledge.rect.left() - size::L;
            if see.clicked() {
                cx.ask(Ask::Show(Page::Alarms));
            }
            if pressed_anew(ui, &acknowledge) {
                cx.send(Command::Alarms(AlarmsAsk::Acknowledge {
                    which: Which::These(vec![alarm.id]),
                    comment: String::new(),
                }));
            }
        });
    });
    let words = Rect::from_min_max(inner.min, eframe::egui::pos2(left, inner.bottom()));
    at_ui(ui, "alarm-strip-words", words, |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = size::M;
            priority_shape_ui(ui, 18.0, alarm);
            let priority = cx.text.alarm_priority(alarm.priority());
            let title = cx
                .text
                .with("alarm-notice-one", [("priority", priority.into())]);
            ui.label(theme::strong(title, colour(alarm.priority(), t)));
            let others = cx.snapshot.alarms.unacknowledged.saturating_sub(1);
            let mut line = format!(
                "{} · {}",
                cx.text.alarm_line(alarm),
                cx.text.moment(alarm.raised_ms, Some(cx.wall_ms))
            );
            if matches!(cx.snapshot.clock, Clock::Replay { .. }) {
                line = format!("{} · {line}", cx.text.get("alarm-of-the-present"));
            }
            if others > 0 {
                line.push_str(" · ");
                line.push_str(&cx.text.with("alarm-others", [("count", others.into())]));
            }
            ui.add(Label::new(theme::body(line, t.text)).truncate());
        });
    });
}
