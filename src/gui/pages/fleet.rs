//! Fleet: who is in trouble? The table is the page; the selected row's story stands at its right.

use eframe::egui::{EventFilter, Key, Modifiers, Rect, Sense, Ui, pos2, vec2};

use crate::gui::context::{Ask, Cx};
use crate::gui::run;
use crate::gui::theme::size;
use crate::gui::widgets::card::{at_ui, card_ui};

use super::{fleet_table, story};

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The row to bring into view, after the keyboard moved the selection.
    pub scroll_to: Option<usize>,
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    run::banners_ui(ui, cx);
    if cx.snapshot.fleet.is_empty() {
        let rect = ui.available_rect_before_wrap();
        run::start_ui(ui, cx, rect);
        return;
    }
    run::run_bar_ui(ui, cx);
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < size::NARROW;
    let (story_width, gap) = if narrow {
        (size::STORY_NARROW, size::M)
    } else {
        (size::STORY, size::L)
    };
    let split = rect.right() - story_width - gap;
    let table = Rect::from_min_max(rect.min, pos2(split, rect.bottom()));
    let side = Rect::from_min_max(pos2(split + gap, rect.top()), rect.max);
    keyboard(ui, cx, state, table);
    card_ui(ui, "fleet-table-card", table, size::LINE, |ui| {
        fleet_table::table_ui(ui, cx, state, narrow);
    });
    let margin = if narrow { size::M } else { size::L };
    card_ui(ui, "fleet-story", side, margin, |ui| {
        story::story_ui(ui, cx)
    });
    // What was drawn by hand must still count as used.
    at_ui(ui, "fleet-end", rect, |_| ());
    ui.advance_cursor_after_rect(rect);
}

/// Up and down move the selection, Enter opens it: when the table is focused, or nothing is.
fn keyboard(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, table: Rect) {
    let id = ui.scope_id().with("fleet-table-focus");
    let focus = ui.interact(table, id, Sense::focusable_noninteractive());
    let name = cx.text.get("table-name");
    focus.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Table, true, &name));
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
        crate::gui::widgets::button::focus_ring(ui, &focus, table.expand2(vec2(0.0, 0.0)));
    }
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != id));
    if elsewhere {
        return;
    }
    let fleet = &cx.snapshot.fleet;
    let at = cx
        .selected
        .and_then(|l| fleet.iter().position(|r| r.loco == *l))
        .unwrap_or(0);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let last = fleet.len() - 1;
    let to = if pressed(Key::ArrowDown) {
        (at + 1).min(last)
    } else if pressed(Key::ArrowUp) {
        at.saturating_sub(1)
    } else if pressed(Key::Home) {
        0
    } else if pressed(Key::End) {
        last
    } else {
        at
    };
    if to != at {
        state.scroll_to = Some(to);
        cx.ask(Ask::Select(fleet[to].loco.clone()));
    } else if pressed(Key::Enter) {
        cx.ask(Ask::Open(fleet[at].loco.clone()));
    }
}
