//! The list beside the curves: what happened in the window, newest first. A click brings the crosshair there.

use eframe::egui::{CursorIcon, Label, Rect, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, vec2};

use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui, focus_ring, icon_button_ui};
use crate::service::command::Command;
use crate::service::snapshot::{Happening, HappeningKind};

use super::marks::{self, paint_mark};

/// More than these would be a list that nobody reads; the marks have them all.
const AT_MOST: usize = 200;
const ICON: f32 = 14.0;

/// What the list remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The note whose withdrawal is asked for, by its number in the journal.
    withdrawing: Option<i64>,
}

/// Draws the list; returns the instant to go to, UTC seconds.
pub fn events_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) -> Option<f64> {
    let t = theme::tokens(ui);
    let snapshot = cx.snapshot;
    ui.label(theme::strong(cx.text.get("loco-events"), t.text));
    let happenings = match (&snapshot.locomotive, cx.selected) {
        (Some(view), Some(loco)) if view.loco == *loco => &view.happenings[..],
        _ => cx.selected_row().map_or(&[][..], |r| &r.happenings),
    };
    if happenings.is_empty() {
        ui.label(theme::small(cx.text.get("loco-events-none"), t.mute));
    }
    let mut go = None;
    ScrollArea::vertical()
        .id_salt("loco-events-scroll")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for (i, happening) in happenings.iter().take(AT_MOST).enumerate() {
                if event_ui(ui, cx, state, i, happening) {
                    go = Some(happening.at_ms as f64 / 1000.0);
                }
                ui.add_space(size::S);
            }
            if happenings.len() > AT_MOST {
                let more = cx.text.count((happenings.len() - AT_MOST) as u64);
                let words = cx.text.with("loco-more", [("n", more.into())]);
                ui.label(theme::small(words, t.mute));
            }
        });
    go
}

/// One happening; true when it was clicked.
fn event_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    i: usize,
    happening: &Happening,
) -> bool {
    let t = theme::tokens(ui);
    let text = cx.text;
    let top = ui.cursor().min;
    let width = ui.available_width();
    let number = match &happening.what {
        HappeningKind::Note { entry, .. } => *entry,
        _ => None,
    };
    let danger = marks::is_danger(&happening.what);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        let (icon, _) = ui.allocate_exact_size(Vec2::splat(ICON + 2.0), Sense::hover());
        paint_mark(ui.painter(), icon.center(), ICON, &happening.what, t);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.spacing_mut().interact_size.y = 16.0;
            // Room for the button that takes a note back.
            let room = if number.is_some() { 28.0 } else { 0.0 };
            ui.set_max_width(ui.available_width() - room);
            ui.label(theme::small(
                text.moment(happening.at_ms, cx.now_ms()),
                t.mute,
            ));
            let (words, by) = match &happening.what {
                HappeningKind::Note { words, who, entry } => {
                    let key = if entry.is_some() {
                        "note-by"
                    } else {
                        "note-being-kept"
                    };
                    let by = match key {
                        "note-by" => text.with("note-by", [("who", who.as_str().into())]),
                        _ => text.get("note-being-kept").into_owned(),
                    };
                    (words.clone(), Some(by))
                }
                other => (text.happening(other), None),
            };
            let words = if danger {
                theme::strong(words, t.danger)
            } else {
                theme::body(words, t.text)
            };
            ui.add(Label::new(words.size(size::LABEL)).wrap());
            if let Some(by) = by {
                ui.add(Label::new(theme::small(by, t.mute)).wrap());
            }
        });
    });
    let rect = Rect::from_min_max(top, [top.x + width, ui.min_rect().bottom()].into());
    let button = Rect::from_min_size(rect.right_top() - vec2(28.0, 0.0), Vec2::splat(28.0));
    let body = if number.is_some() {
        rect.with_max_x(button.left())
    } else {
        rect
    };
    let response = ui
        .interact(body, ui.scope_id().with(("event", i)), Sense::click())
        .on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, marks::words(cx, happening)));
    focus_ring(ui, &response, body.expand(1.0));
    if let Some(entry) = number {
        withdraw_ui(ui, cx, state, button, happening.at_ms, entry);
    }
    response.clicked()
}

/// The button that takes a note back, and the question before it does.
fn withdraw_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    rect: Rect,
    at_ms: i64,
    entry: i64,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.push_id(("withdraw", entry), |ui| {
        let builder = eframe::egui::UiBuilder::new().max_rect(rect);
        let mut child = ui.new_child(builder);
        if icon_button_ui(&mut child, Icon::Trash2, &text.get("note-withdraw")).clicked() {
            state.withdrawing = match state.withdrawing {
                Some(same) if same == entry => None,
                _ => Some(entry),
            };
        }
        if state.withdrawing != Some(entry) {
            return;
        }
        ui.add(Label::new(theme::small(text.get("note-withdraw-why"), t.text)).wrap());
        ui.horizontal_wrapped(|ui| {
            if button_ui(ui, Kind::Primary, &text.get("note-withdraw-yes")).clicked() {
                state.withdrawing = None;
                if let Some(loco) = cx.selected.cloned() {
                    cx.send(Command::WithdrawNote { loco, at_ms, entry });
                }
            }
            if button_ui(ui, Kind::Plain, &text.get("note-cancel")).clicked() {
                state.withdrawing = None;
            }
        });
    });
}
