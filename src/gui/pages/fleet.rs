//! Fleet: who is in trouble? The table is the page; the selected row's story stands at its right.

use eframe::egui::{EventFilter, Key, Modifiers, Rect, Sense, Ui, pos2};

use crate::gui::context::{Ask, Cx, Page};
use crate::gui::run;
use crate::gui::theme::size;
use crate::gui::widgets::card::{at_ui, card_ui};

use super::fleet_list::{Criteria, Listing};
use super::{fleet_bar, fleet_table, story};

/// What the page remembers between frames.
#[derive(Default)]
pub struct State {
    /// The shown row to bring into view, after the keyboard moved the selection.
    pub scroll_to: Option<usize>,
    /// Order, filters and search; they outlive the page and the language.
    pub criteria: Criteria,
    pub listing: Listing,
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    run::banners_ui(ui, cx, Page::Fleet);
    run::settings_ui(ui, cx);
    if cx.snapshot.fleet.is_empty() {
        let rect = ui.available_rect_before_wrap();
        run::start_ui(ui, cx, rect);
        return;
    }
    fleet_bar::bars_ui(ui, cx, state);
    state.listing.refresh(cx.snapshot, &state.criteria);
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
        fleet_table::table_ui(ui, cx, state);
    });
    let margin = if narrow { size::M } else { size::L };
    card_ui(ui, "fleet-story", side, margin, |ui| {
        story::story_ui(ui, cx)
    });
    // What was drawn by hand must still count as used.
    at_ui(ui, "fleet-end", rect, |_| ());
    ui.advance_cursor_after_rect(rect);
}

/// Up and down move the selection over the rows shown, Enter opens it: when the table is focused, or nothing is.
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
        crate::gui::widgets::button::focus_ring(ui, &focus, table);
    }
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != id));
    let rows = &state.listing.rows;
    let Some(last) = rows.len().checked_sub(1).filter(|_| !elsewhere) else {
        return;
    };
    let fleet = &cx.snapshot.fleet;
    // What is selected may not be among the rows shown.
    let at = cx
        .selected
        .and_then(|l| rows.iter().position(|&i| fleet[i].loco == *l));
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
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
    if let Some(to) = to.filter(|to| at != Some(*to)) {
        state.scroll_to = Some(to);
        cx.ask(Ask::Select(fleet[rows[to]].loco.clone()));
    } else if let Some(at) = at
        && pressed(Key::Enter)
    {
        cx.ask(Ask::Open(fleet[rows[at]].loco.clone()));
    }
}
