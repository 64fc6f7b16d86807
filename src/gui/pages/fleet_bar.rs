//! Over the fleet's table: the run, the search, the chips that keep some rows in sight, the split of the fleet; and
//! the words that say when a locomotive in danger is left out.

use eframe::egui::{
    Align, Align2, CornerRadius, Event, FontId, Frame, Key, Layout, Margin, Modifiers, Rect, Sense,
    Stroke, TextEdit, Ui, Vec2, pos2, vec2,
};

use crate::domain::VerdictKind;
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::{Icon, icon};
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui, icon_button_ui};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::chip::{Mark, chip_ui, split_ui};
use crate::gui::widgets::verdict::paint_shape;
use crate::text::Text;

use super::fleet::State;
use super::fleet_list::Filter;

/// Width of the search box.
const SEARCH: f32 = 208.0;
/// Room for the button that leads to the wall screen.
const WALL: f32 = 144.0;

/// Draws the bars; what is asked in them holds for the table below in the same frame.
pub fn bars_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let rect = Rect::from_min_size(
        ui.available_rect_before_wrap().min,
        vec2(ui.available_width(), size::CONTROL),
    );
    let narrow = rect.width() < size::NARROW;
    let wall = if narrow { size::CONTROL } else { WALL };
    let tools = rect.with_min_x(rect.right() - SEARCH - size::S - wall);
    let run = rect.with_max_x(tools.left() - size::L);
    at_ui(ui, "fleet-run", run, |ui| run::run_bar_ui(ui, cx));
    at_ui(ui, "fleet-tools", tools, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::S;
            search_ui(ui, cx, state);
            let name = cx.text.get("fleet-kiosk");
            let wall = if narrow {
                icon_button_ui(ui, Icon::Maximize, &name)
            } else {
                let word = cx.text.get("fleet-kiosk-short");
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    button_icon_ui(ui, Kind::Plain, Some(Icon::Maximize), &word)
                })
                .inner
                .on_hover_text(name)
            };
            if wall.clicked() {
                cx.ask(Ask::Kiosk(true));
            }
        });
    });
    ui.advance_cursor_after_rect(rect);
    state.listing.refresh(cx.snapshot, &state.criteria);
    chips_ui(ui, cx, state);
    // A chip may just have been clicked.
    state.listing.refresh(cx.snapshot, &state.criteria);
    ui.spacing_mut().item_spacing.y = size::S;
    let [danger, off, wearing, nominal, ..] = state.listing.counts;
    let name = cx.text.with(
        "fleet-split",
        [
            ("danger", cx.text.count(danger as u64).into()),
            ("off", cx.text.count(off as u64).into()),
            ("wearing", cx.text.count(wearing as u64).into()),
            ("nominal", cx.text.count(nominal as u64).into()),
        ],
    );
    split_ui(ui, [danger, off, wearing, nominal], &name);
    hidden_ui(ui, cx, state);
}

/// Part of a name. Ctrl+F and "/" lead here; Escape empties it and gives the keys back to the table.
fn search_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let id = ui.scope_id().with("fleet-search");
    let search = &mut state.criteria.search;
    if asked_for(ui) {
        ui.memory_mut(|m| m.request_focus(id));
    }
    let hint = theme::body(cx.text.get("fleet-search"), t.mute);
    let response = ui.add_sized(
        vec2(SEARCH, size::CONTROL),
        TextEdit::singleline(search)
            .id(id)
            .hint_text(hint)
            .char_limit(64)
            .margin(Margin {
                left: 32,
                right: 8,
                top: 8,
                bottom: 8,
            })
            .align(Align2::LEFT_CENTER),
    );
    ui.painter().text(
        pos2(response.rect.left() + 10.0, response.rect.center().y),
        Align2::LEFT_CENTER,
        icon(Icon::Search),
        FontId::proportional(14.0),
        t.mute,
    );
    let escape = ui.input(|i| i.key_pressed(Key::Escape));
    let free = ui.memory(|m| m.focused().is_none());
    if escape && (response.has_focus() || response.lost_focus() || free) {
        search.clear();
        response.surrender_focus();
    }
    response.accessible_name(cx.text.get("fleet-search"));
}

/// Ctrl+F at any time, or "/" where nothing takes letters. Looked for as text: on many keyboards it is no key.
fn asked_for(ui: &Ui) -> bool {
    let free = ui.memory(|m| m.focused().is_none());
    ui.input_mut(|i| {
        let keys = i.consume_key(Modifiers::COMMAND, Key::F);
        let before = i.events.len();
        if free {
            i.events
                .retain(|e| !matches!(e, Event::Text(typed) if typed == "/"));
        }
        keys || i.events.len() < before
    })
}

const fn mark(filter: Filter) -> Mark {
    match filter {
        Filter::Danger => Mark::Verdict(VerdictKind::Danger),
        Filter::Unavailable => Mark::Verdict(VerdictKind::Unavailable),
        Filter::Nominal => Mark::Verdict(VerdictKind::Nominal),
        Filter::Wearing | Filter::OutOfBand => Mark::Triangle,
        Filter::Stale => Mark::Clock,
    }
}

fn chips_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let fleet = cx.snapshot.fleet.len();
    // Where nothing can be judged, "0 in danger" would be a false verdict.
    let blind = state.listing.counts[1] == fleet;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = size::CHIP;
        ui.spacing_mut().item_spacing = Vec2::splat(size::S);
        for (filter, count) in Filter::ALL.into_iter().zip(state.listing.counts) {
            let judged = matches!(filter, Filter::Danger | Filter::Wearing | Filter::Nominal);
            let number = if blind && judged {
                "—".to_owned()
            } else {
                text.count(count as u64)
            };
            let on = state.criteria.filters.contains(&filter);
            let word = text.fleet_filter(filter.key());
            let chip = chip_ui(ui, on, mark(filter), &word, &number, count > 0);
            if chip.clicked() {
                state.criteria.toggle(filter);
                state.scroll_to = Some(0);
            }
            chip.on_hover_text(text.fleet_filter_why(filter.key()));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let ink = if state.criteria.narrows() {
                t.text
            } else {
                t.mute
            };
            ui.label(theme::small(shown(text, state, fleet), ink));
        });
    });
}

fn shown(text: &Text, state: &State, fleet: usize) -> String {
    text.with(
        "fleet-shown",
        [
            ("shown", text.count(state.listing.rows.len() as u64).into()),
            ("all", text.count(fleet as u64).into()),
        ],
    )
}

/// A filter may hide what is calm; that it hides danger is said as loudly as danger itself.
fn hidden_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let hidden = state.listing.danger_hidden;
    if hidden == 0 {
        return;
    }
    let t = theme::tokens(ui);
    Frame::new()
        .fill(t.danger_surface)
        .stroke(Stroke::new(size::LINE, t.danger))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::symmetric(12, 4))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(18.0), Sense::hover());
                paint_shape(ui.painter(), rect.center(), 18.0, VerdictKind::Danger, t);
                let words = cx.text.with("fleet-danger-hidden", [("n", hidden.into())]);
                ui.label(theme::strong(words, t.danger));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if button_ui(ui, Kind::Plain, &cx.text.get("fleet-show-all")).clicked() {
                        state.criteria.show_all();
                        state.scroll_to = Some(0);
                    }
                });
            });
        });
}
