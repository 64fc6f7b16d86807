//! The lines one under the other: only those in view are laid out.

use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, CornerRadius, EventFilter, FontId, Key, Modifiers, Rect, Role, ScrollArea,
    Sense, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};

use super::State;
use crate::gui::context::Cx;
use crate::gui::fonts::{Icon, icon};
use crate::gui::theme::{self, Tokens, size};
use crate::gui::widgets::button::focus_ring;
use crate::service::logbook::{Level, Line};

const ROW: f32 = 26.0;
/// Time, level, part of the program; the words take the rest.
const COLUMNS: [f32; 3] = [136.0, 136.0, 152.0];

/// The shape of a level.
pub const fn glyph(level: Level) -> Icon {
    match level {
        Level::Error => Icon::OctagonX,
        Level::Warn => Icon::TriangleAlert,
        Level::Info => Icon::Info,
        Level::Debug => Icon::Dot,
    }
}

const fn ink(level: Level, t: &Tokens) -> Color32 {
    match level {
        Level::Error => t.danger,
        Level::Warn => t.warn,
        Level::Info | Level::Debug => t.mute,
    }
}

pub fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, lines: &[Arc<Line>]) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let rect = ui.max_rect();
    keyboard(ui, cx, state, lines, rect);
    if lines.is_empty() {
        let filtered = !state.hidden.is_empty() || !state.search.trim().is_empty();
        let words = if filtered {
            text.get("log-no-match")
        } else {
            text.get("log-none")
        };
        ui.add_space(size::M);
        ui.horizontal(|ui| {
            ui.add_space(size::M);
            ui.label(theme::body(words, t.mute));
        });
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical()
        .id_salt("log-lines")
        .auto_shrink([false, false])
        .stick_to_bottom(state.paused.is_none());
    let at = chosen_at(state, lines);
    if let (true, Some(at)) = (state.reveal, at) {
        let middle = at as f32 * ROW - rect.height() / 2.0;
        area = area.vertical_scroll_offset(middle.max(0.0));
    }
    state.reveal = false;
    area.show_rows(ui, ROW, lines.len(), |ui, rows| {
        for i in rows {
            if row_ui(ui, cx, &lines[i], at == Some(i)) {
                state.chosen = Some(Arc::clone(&lines[i]));
            }
        }
    });
}

fn chosen_at(state: &State, lines: &[Arc<Line>]) -> Option<usize> {
    let chosen = state.chosen.as_ref()?;
    lines.iter().rposition(|line| Arc::ptr_eq(line, chosen))
}

/// One line; whether it was clicked.
fn row_ui(ui: &mut Ui, cx: &Cx<'_>, line: &Line, on: bool) -> bool {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let level = text.log_level(line.level);
    let time = format!(
        "{} {}",
        text.date(line.at_ms),
        text.time_seconds(line.at_ms)
    );
    response.widget_info(|| {
        let words = text.with(
            "log-line",
            [
                ("time", time.as_str().into()),
                ("level", level.as_str().into()),
                ("message", line.message.as_str().into()),
            ],
        );
        WidgetInfo::selected(Role::Row, true, on, words)
    });
    let fill = match (on, response.hovered()) {
        (true, _) => t.raised,
        (false, true) => t.band,
        _ => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
    if on {
        let mark = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        ui.painter().rect_filled(mark, CornerRadius::ZERO, t.accent);
    }
    let y = rect.center().y;
    let font = FontId::proportional(size::LABEL);
    let mut x = rect.left() + size::M;
    let put = |x: f32, words: &str, ink: Color32| {
        ui.painter()
            .text(pos2(x, y), Align2::LEFT_CENTER, words, font.clone(), ink);
    };
    put(x, &time, t.mute);
    x += COLUMNS[0];
    let ink = ink(line.level, t);
    ui.painter().text(
        pos2(x, y),
        Align2::LEFT_CENTER,
        icon(glyph(line.level)),
        FontId::proportional(size::TEXT),
        ink,
    );
    put(x + size::XL, &level, ink);
    x += COLUMNS[1];
    // What all lines begin with says nothing.
    let part = line.target.strip_prefix("cidp::").unwrap_or(&line.target);
    let cut = |words: &str, room: f32, ink: Color32| {
        WidgetText::from(theme::small(words, ink)).into_galley(
            ui,
            Some(TextWrapMode::Truncate),
            room,
            FontId::proportional(size::LABEL),
        )
    };
    let mut words = line.message.clone();
    if !line.fields.is_empty() {
        words.push_str("  ");
        words.push_str(&line.fields);
    }
    // One line a row: what stands under it is read in the foot.
    let words = words.replace('\n', " ");
    for (x, words, room, ink) in [
        (x, part, COLUMNS[2] - size::S, t.mute),
        (
            x + COLUMNS[2],
            words.as_str(),
            rect.right() - x - COLUMNS[2] - size::L,
            t.text,
        ),
    ] {
        let galley = cut(words, room, ink);
        let at = pos2(x, y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, ink);
    }
    response.clicked()
}

/// Up and down choose the line above or below.
fn keyboard(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, lines: &[Arc<Line>], rect: Rect) {
    let id = ui.scope_id().with("log-focus");
    let focus = ui.interact(rect, id, Sense::focusable_noninteractive());
    let name = cx.text.get("log-list");
    focus.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    if focus.has_focus() {
        let filter = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|m| m.set_focus_lock_filter(id, filter));
        focus_ring(ui, &focus, rect);
    }
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != id));
    if elsewhere || lines.is_empty() {
        return;
    }
    let last = lines.len() - 1;
    let at = chosen_at(state, lines);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let to = if pressed(Key::ArrowUp) {
        Some(at.map_or(last, |at| at.saturating_sub(1)))
    } else if pressed(Key::ArrowDown) {
        Some(at.map_or(last, |at| (at + 1).min(last)))
    } else if pressed(Key::Home) {
        Some(0)
    } else if pressed(Key::End) {
        Some(last)
    } else {
        None
    };
    if let Some(to) = to {
        state.chosen = Some(Arc::clone(&lines[to]));
        state.reveal = true;
    }
}
