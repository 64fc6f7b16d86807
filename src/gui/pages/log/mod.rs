//! Log: what did the program say? The last lines, newest at the bottom; levels are a shape and a word; a line that is
//! chosen is read whole, and copied.

mod list;

use std::collections::BTreeSet;
use std::sync::Arc;

use eframe::egui::{Align, Key, Label, Layout, Modifiers, Rect, Ui, pos2};

use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::Figure;
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui};
use crate::gui::widgets::card::{Tone, banner_ui, card_ui};
use crate::gui::widgets::entry::entry_ui;
use crate::service::command::Command;
use crate::service::logbook::{Level, Line, LogAsk, LogView};
use crate::text::Text;

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// Levels that are left out.
    hidden: BTreeSet<Level>,
    search: String,
    /// The lines stand still while they are read.
    paused: Option<Arc<LogView>>,
    chosen: Option<Arc<Line>>,
    /// What was filtered last, by what, and what was left.
    filtered: Option<Filtered>,
    /// The chosen line is to be brought into view.
    reveal: bool,
}

#[derive(Debug)]
struct Filtered {
    of: Arc<LogView>,
    hidden: BTreeSet<Level>,
    search: String,
    left: Arc<Vec<Arc<Line>>>,
}

impl State {
    /// The lines that answer the filter; made anew only when something changed.
    fn lines(&mut self, view: &Arc<LogView>) -> Arc<Vec<Arc<Line>>> {
        if let Some(done) = &self.filtered
            && Arc::ptr_eq(&done.of, view)
            && done.hidden == self.hidden
            && done.search == self.search
        {
            return Arc::clone(&done.left);
        }
        let wanted = self.search.trim().to_lowercase();
        let left: Vec<Arc<Line>> = view
            .lines
            .iter()
            .filter(|line| !self.hidden.contains(&line.level) && says(line, &wanted))
            .cloned()
            .collect();
        let left = Arc::new(left);
        self.filtered = Some(Filtered {
            of: Arc::clone(view),
            hidden: self.hidden.clone(),
            search: self.search.clone(),
            left: Arc::clone(&left),
        });
        left
    }
}

fn says(line: &Line, wanted: &str) -> bool {
    wanted.is_empty()
        || [&line.message, &line.fields, &line.target]
            .into_iter()
            .any(|words| words.to_lowercase().contains(wanted))
}

/// A line as it is copied.
fn copied(text: &Text, line: &Line) -> String {
    let mut words = format!(
        "{} {}  {}  {}  {}",
        text.date_year(line.at_ms),
        text.time_seconds(line.at_ms),
        text.log_level(line.level),
        line.target,
        line.message
    );
    if !line.fields.is_empty() {
        words.push_str("  ");
        words.push_str(&line.fields);
    }
    words
}

fn count(view: &LogView, level: Level) -> u64 {
    view.lines.iter().filter(|line| line.level == level).count() as u64
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let view = &cx.snapshot.log;
    let figure = |n: u64, label: &str, ink| {
        let mut figure = Figure::new(cx.text.count(n), label);
        figure.ink = (n > 0).then_some(ink);
        figure
    };
    vec![
        figure(
            view.lines.len() as u64,
            &cx.text.get("log-figure-lines"),
            t.text,
        ),
        figure(
            count(view, Level::Warn),
            &cx.text.get("log-figure-warnings"),
            t.warn,
        ),
        figure(
            count(view, Level::Error),
            &cx.text.get("log-figure-errors"),
            t.danger,
        ),
    ]
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = size::M;
    let newest = Arc::clone(&cx.snapshot.log);
    if !newest.ready {
        ui.label(theme::body(cx.text.get("log-loading"), t.mute));
        return;
    }
    let view = state.paused.clone().unwrap_or_else(|| Arc::clone(&newest));
    if let Some(why) = &view.unreadable {
        banner_ui(
            ui,
            Tone::Warn,
            &cx.text.get("log-unreadable"),
            None,
            Some(why),
        );
    }
    tools_ui(ui, cx, &view, state);
    let lines = state.lines(&view);
    status_ui(ui, cx, state, &newest, &view, lines.len());
    let rect = ui.available_rect_before_wrap();
    let foot = size::ROW * 2.0 + size::XL;
    let split = rect.bottom() - foot;
    let list = Rect::from_min_max(rect.min, pos2(rect.right(), split - size::M));
    let whole = Rect::from_min_max(pos2(rect.left(), split), rect.max);
    card_ui(ui, "log-list", list, size::LINE, |ui| {
        list::list_ui(ui, cx, state, &lines)
    });
    card_ui(ui, "log-line", whole, size::M, |ui| whole_ui(ui, cx, state));
    ui.advance_cursor_after_rect(rect);
}

/// Which lines, and whether they go on.
fn tools_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &Arc<LogView>, state: &mut State) {
    let _t = theme::tokens(ui);
    let text = cx.text;
    ui.horizontal_wrapped(|ui| {
        for level in Level::ALL {
            let n = count(view, level);
            // Details are off by default; a chip for none of them would only be read.
            if level == Level::Debug && n == 0 {
                continue;
            }
            let word = text.with(
                "log-chip",
                [
                    ("level", text.log_level(level).into()),
                    ("n", text.count(n).into()),
                ],
            );
            let on = !state.hidden.contains(&level);
            let glyph = list::glyph(level);
            if button_icon_ui(ui, Kind::Choice(on), Some(glyph), &word).clicked() {
                if on {
                    state.hidden.insert(level);
                } else {
                    state.hidden.remove(&level);
                }
            }
        }
        let (name, hint) = (text.get("log-search"), text.get("log-search-hint"));
        entry_ui(
            ui,
            &mut state.search,
            size::STORY_NARROW,
            &name,
            &hint,
            false,
        );
        let (glyph, word) = match state.paused {
            Some(_) => (Icon::Play, text.get("log-follow")),
            None => (Icon::Pause, text.get("log-pause")),
        };
        if button_icon_ui(ui, Kind::Plain, Some(glyph), &word).clicked() {
            state.paused = match state.paused {
                Some(_) => None,
                None => Some(Arc::clone(view)),
            };
        }
        if button_icon_ui(
            ui,
            Kind::Plain,
            Some(Icon::FolderOpen),
            &text.get("log-open"),
        )
        .clicked()
        {
            cx.send(Command::Log(LogAsk::OpenFolder));
        }
    });
}

fn status_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &mut State,
    newest: &LogView,
    view: &LogView,
    shown: usize,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = size::XL;
        let words = text.with(
            "log-shown",
            [
                ("shown", text.count(shown as u64).into()),
                ("all", text.count(view.lines.len() as u64).into()),
            ],
        );
        ui.label(theme::small(words, t.mute));
        if state.paused.is_some() {
            let last = view.lines.last();
            let waiting = newest
                .lines
                .iter()
                .rev()
                .take_while(|line| last.is_none_or(|last| !Arc::ptr_eq(line, last)))
                .count() as u64;
            let words = text.with("log-paused", [("n", waiting.into())]);
            ui.label(theme::small_strong(words, t.text));
        }
        let filtered = !state.hidden.is_empty() || !state.search.trim().is_empty();
        if filtered && button_ui(ui, Kind::Plain, &text.get("log-clear")).clicked() {
            state.hidden.clear();
            state.search.clear();
        }
    });
}

/// The chosen line, whole.
fn whole_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let Some(line) = &state.chosen else {
        ui.label(theme::body(text.get("log-choose"), t.mute));
        return;
    };
    let words = copied(text, line);
    let copy = ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::C));
    let mut clicked = false;
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let word = text.get("log-copy");
        clicked = button_icon_ui(ui, Kind::Plain, Some(Icon::Copy), &word).clicked();
        eframe::egui::ScrollArea::vertical()
            .id_salt("log-whole")
            .auto_shrink([false, false])
            .show(ui, |ui| {
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    let label = Label::new(theme::body(&words, t.text))
                        .wrap()
                        .selectable(true);
                    ui.add(label);
                });
            });
    });
    if clicked || copy {
        ui.ctx().copy_text(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: Level, message: &str, fields: &str) -> Arc<Line> {
        Arc::new(Line {
            at_ms: 1_788_130_500_000,
            level,
            target: "cidp::service".into(),
            message: message.into(),
            fields: fields.into(),
        })
    }

    #[test]
    fn lines_are_filtered_once_by_level_and_words() {
        let view = Arc::new(LogView {
            ready: true,
            lines: vec![
                line(Level::Info, "Traitement commencé", ""),
                line(Level::Warn, "lent", "source=Banc"),
                line(Level::Error, "échec", ""),
            ],
            ..LogView::default()
        });
        let mut state = State::default();
        assert_eq!(state.lines(&view).len(), 3);
        assert!(Arc::ptr_eq(&state.lines(&view), &state.lines(&view)));
        state.hidden.insert(Level::Info);
        assert_eq!(state.lines(&view).len(), 2);
        state.search = " BANC ".into();
        assert_eq!(state.lines(&view)[0].message, "lent");
        state.search = "ÉCHEC".into();
        assert_eq!(state.lines(&view).len(), 1);
        state.search = "commencé".into();
        assert_eq!(state.lines(&view).len(), 0);
    }
}
