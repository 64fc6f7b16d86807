//! The table of both lists: the rows in view only, walked by the keyboard as one.

use eframe::egui::{
    Align, EventFilter, Key, Label, Layout, Modifiers, Rect, RichText, Role, Sense, TextWrapMode,
    Ui, WidgetInfo, vec2,
};
use egui_extras::{Column, TableBuilder};

use crate::domain::alarm::Alarm;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{focus_ring, is_held};

use super::State;
use crate::text::Text;

pub const PAD: f32 = 12.0;

/// One column: its title, its width (0 takes the rest), and how a row's cell is drawn.
pub struct Cell<'c> {
    pub title: String,
    pub width: f32,
    pub draw: &'c dyn Fn(&mut Ui, &Alarm),
}

/// What the hand or the keyboard did.
#[derive(Default)]
pub struct Did {
    /// Space or Enter on the selected alarm.
    pub pressed: bool,
    pub opened: bool,
}

/// Draws the table over `rect`; the selection is moved in `state`.
pub fn table_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    rect: Rect,
    alarms: &[Alarm],
    cells: &[Cell<'_>],
) -> Did {
    let t = theme::tokens(ui);
    let mut did = Did {
        pressed: keyboard(ui, cx, state, rect, alarms),
        opened: false,
    };
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.visuals_mut().selection.bg_fill = t.raised;
    ui.visuals_mut().selection.stroke.color = t.text;
    ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
    let mut table = TableBuilder::new(ui)
        .id_salt(("alarms-table", state.past))
        // Not focusable: Tab goes to the table as a whole, arrows walk its rows.
        .sense(Sense::CLICK)
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center));
    for cell in cells {
        table = table.column(if cell.width > 0.0 {
            Column::exact(cell.width).clip(true)
        } else {
            Column::remainder().clip(true)
        });
    }
    if let Some(row) = state.scroll_to.take() {
        table = table.scroll_to_row(row, None);
    }
    let mut selected = None;
    table
        .header(size::CONTROL, |mut header| {
            for cell in cells {
                header.col(|ui| {
                    ui.add_space(PAD);
                    ui.label(theme::small_strong(cell.title.as_str(), t.mute));
                });
            }
        })
        .body(|body| {
            body.rows(size::ROW, alarms.len(), |mut row| {
                let alarm = &alarms[row.index()];
                let chosen = state.selected == Some(alarm.id);
                row.set_selected(chosen);
                row.set_overline(true);
                for (i, cell) in cells.iter().enumerate() {
                    row.col(|ui| {
                        if i == 0 && chosen {
                            let mark = Rect::from_min_size(ui.max_rect().min, vec2(3.0, size::ROW));
                            ui.painter().rect_filled(mark, 0.0, t.accent);
                        }
                        ui.add_space(PAD);
                        (cell.draw)(ui, alarm);
                    });
                }
                let response = row.response();
                did.opened |= response.double_clicked() || response.triple_clicked();
                if response.clicked() {
                    selected = Some(alarm.id);
                }
            });
        });
    if selected.is_some() {
        state.selected = selected;
        state.comment.clear();
    }
    did
}

/// A cell of text, cut where it does not fit.
pub fn label(ui: &mut Ui, words: RichText) {
    ui.add(Label::new(words).truncate());
}

/// What was seen, and under it the limit or the cause.
pub fn what_ui(ui: &mut Ui, text: &Text, alarm: &Alarm) {
    let t = theme::tokens(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space((size::ROW - 33.0) / 2.0);
        label(ui, theme::body(text.alarm_short(&alarm.what), t.text));
        label(ui, theme::small(text.alarm_against(&alarm.what), t.mute));
    });
}

/// Up and down move the selection; true when Space or Enter was pressed on it.
fn keyboard(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, rect: Rect, alarms: &[Alarm]) -> bool {
    let id = ui.scope_id().with("alarms-table-focus");
    let focus = ui.interact(rect, id, Sense::focusable_noninteractive());
    let name = cx.text.get("alarm-table-name");
    focus.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    if focus.has_focus() {
        ui.memory_mut(|m| {
            m.set_focus_lock_filter(
                id,
                EventFilter {
                    vertical_arrows: true,
                    ..EventFilter::default()
                },
            );
        });
        focus_ring(ui, &focus, rect);
    }
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != id));
    if alarms.is_empty() || elsewhere || state.dialog.is_some() {
        return false;
    }
    let at = alarms.iter().position(|a| Some(a.id) == state.selected);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let last = alarms.len() - 1;
    let to = if pressed(Key::ArrowDown) {
        Some(at.map_or(0, |at| (at + 1).min(last)))
    } else if pressed(Key::ArrowUp) {
        Some(at.map_or(0, |at| at.saturating_sub(1)))
    } else if pressed(Key::Home) {
        Some(0)
    } else if pressed(Key::End) {
        Some(last)
    } else {
        None
    };
    if let Some(to) = to {
        state.selected = Some(alarms[to].id);
        state.scroll_to = Some(to);
        state.comment.clear();
        return false;
    }
    // A key that is held would go through alarms that nobody has read. Both are taken, or one would be left for what is
    // focused next.
    let held = is_held(ui, Key::Space) || is_held(ui, Key::Enter);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let (space, enter) = (pressed(Key::Space), pressed(Key::Enter));
    at.is_some() && !held && (space || enter)
}
