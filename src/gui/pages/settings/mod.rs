//! Settings: what the file says, section by section. A wrong value is told as it is typed and never sent; what is
//! sent is kept in `cidp.toml` by the service, which has the last word.

mod about;
mod contacts;
mod display;
mod field;
mod limits;
mod question;
mod sources;
pub(crate) mod typed;

use std::collections::HashMap;

use eframe::egui::{
    CornerRadius, CursorIcon, Label, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::Figure;
use crate::gui::widgets::button::focus_ring;
use crate::gui::widgets::card::{Tone, at_ui, banner_ui, card_ui};
use crate::service::settings::{Change, FIELDS, Place, SettingsView};

/// The parts of the page, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Section {
    #[default]
    Display,
    Alarms,
    Limits,
    Model,
    Drift,
    Night,
    Continuity,
    Sources,
    Contacts,
    About,
}

impl Section {
    pub const ALL: [Self; 10] = [
        Self::Display,
        Self::Alarms,
        Self::Limits,
        Self::Model,
        Self::Drift,
        Self::Night,
        Self::Continuity,
        Self::Sources,
        Self::Contacts,
        Self::About,
    ];

    /// The message that names it begins with `set-section-`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Alarms => "alarms",
            Self::Limits => "limits",
            Self::Model => "model",
            Self::Drift => "drift",
            Self::Night => "night",
            Self::Continuity => "continuity",
            Self::Sources => "sources",
            Self::Contacts => "contacts",
            Self::About => "about",
        }
    }

    /// It is nothing but rows, under a sentence that says what they are about.
    #[must_use]
    pub const fn has_lead(self) -> bool {
        matches!(
            self,
            Self::Alarms | Self::Model | Self::Drift | Self::Night | Self::Continuity
        )
    }

    /// Its settings, one row each; those that need more than a row are drawn by files of their own.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Alarms => &[
                "alarms.sound",
                "alarms.notifications",
                "alarms.delay_secs",
                "alarms.dead_band",
            ],
            Self::Limits => &[
                "etl.min_survival",
                "etl.retention_days",
                "freshness.stale_after_secs",
            ],
            Self::Model => &[
                "model.false_alarm_hours_per_loco_day",
                "model.horizon_hours",
                "model.trees",
                "model.max_depth",
                "model.max_rows",
                "model.seed",
            ],
            Self::Drift => &[
                "drift.psi_limit",
                "drift.min_readings",
                "drift.window_hours",
                "drift.latency_limit_ms",
            ],
            Self::Night => &["schedule.daily_at", "schedule.catch_up"],
            Self::Continuity => &[
                "continuity.keep",
                "continuity.keep_days",
                "continuity.before_night_run",
                "continuity.late_after_minutes",
                "continuity.lock_patience_secs",
            ],
            Self::Display | Self::Sources | Self::Contacts | Self::About => &[],
        }
    }
}

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    pub section: Section,
    /// What is being typed, and is not in force (yet).
    drafts: HashMap<Place, String>,
    /// What was sent: how many answers there were then.
    sent: HashMap<Place, u64>,
    /// Name, role, telephone, e-mail of somebody who is being added.
    newcomer: [String; 4],
    /// What is asked about before it is done.
    asked: Option<Change>,
}

impl State {
    /// What was answered is no draft any more; what was refused stays to be seen.
    fn settle(&mut self, view: &SettingsView) {
        let refused = view.refused.as_ref().map(|refused| &refused.change);
        let drafts = &mut self.drafts;
        self.sent.retain(|place, at| {
            let answered = view.answered > *at;
            let stays = match refused {
                Some(Change::Set { place: p, .. } | Change::Unset { place: p }) => p == place,
                _ => false,
            };
            if answered && !stays {
                drafts.remove(place);
            }
            !answered
        });
    }
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let view = &cx.snapshot.settings;
    if !view.ready {
        return Vec::new();
    }
    let t = theme::tokens(ui);
    let text = cx.text;
    let file = view
        .file
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let (words, ink) = match (&view.broken, &view.read_only) {
        (Some(_), _) => (text.get("set-file-broken"), Some(t.warn)),
        (None, Some(_)) => (text.get("set-file-read-only"), Some(t.warn)),
        (None, None) if view.exists => (text.get("set-file-kept"), None),
        (None, None) => (text.get("set-file-none"), None),
    };
    let mut kept = Figure::new(words.into_owned(), &file).weighing(8);
    kept.ink = ink;
    kept.hover = Some(view.file.display().to_string());
    let given = FIELDS.iter().filter(|field| view.given.contains(field.key));
    let given = text.count(given.count() as u64);
    let given = Figure::new(given, &text.get("set-figure-given"));
    vec![given, kept]
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let view = std::sync::Arc::clone(&cx.snapshot.settings);
    state.settle(&view);
    ui.spacing_mut().item_spacing.y = size::M;
    if !view.ready {
        let t = theme::tokens(ui);
        ui.label(theme::body(cx.text.get("set-loading"), t.mute));
        return;
    }
    banners_ui(ui, cx, &view);
    let rect = ui.available_rect_before_wrap();
    let narrow = rect.width() < size::NARROW;
    let gap = if narrow { size::M } else { size::XL };
    let nav = Rect::from_min_size(rect.min, vec2(size::NAVIGATION, rect.height()));
    let body = Rect::from_min_max(pos2(nav.right() + gap, rect.top()), rect.max);
    card_ui(ui, "set-nav", nav, size::S, |ui| {
        navigation_ui(ui, cx, state)
    });
    card_ui(ui, "set-body", body, gap, |ui| {
        ScrollArea::vertical()
            .id_salt(("set-scroll", state.section.key()))
            .auto_shrink([false, false])
            .show(ui, |ui| {
                // Room for the scroll bar, which floats.
                ui.set_max_width((ui.available_width() - size::M).min(size::READABLE));
                section_ui(ui, cx, &view, state);
            });
    });
    question::question_ui(ui, cx, &view, state);
    at_ui(ui, "set-end", rect, |_| ());
    ui.advance_cursor_after_rect(rect);
}

fn banners_ui(ui: &mut Ui, cx: &Cx<'_>, view: &SettingsView) {
    let text = cx.text;
    if let Some(why) = &view.broken {
        banner_ui(
            ui,
            Tone::Warn,
            &text.get("set-broken"),
            Some(&text.get("set-broken-todo")),
            Some(why),
        );
    }
    if let Some(why) = &view.read_only {
        banner_ui(
            ui,
            Tone::Warn,
            &text.get("set-read-only"),
            Some(&text.get("set-read-only-todo")),
            Some(why),
        );
    }
    if view.overrides.config {
        let file = view.file.display().to_string();
        let words = text.with("set-other-file", [("file", file.into())]);
        banner_ui(ui, Tone::Calm, &words, None, None);
    }
}

/// The sections, one under the other.
fn navigation_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    for section in Section::ALL {
        let on = state.section == section;
        let word = cx.text.settings_section(section.key());
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::click());
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, &word));
        let corner = CornerRadius::same(size::CORNER);
        if on || response.hovered() {
            let fill = if on { t.raised } else { t.band };
            ui.painter().rect_filled(rect, corner, fill);
        }
        if on {
            let mark = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
            ui.painter().rect_filled(mark, CornerRadius::ZERO, t.accent);
        }
        let (family, ink) = if on {
            (theme::semibold(), t.text)
        } else {
            (theme::medium(), t.mute)
        };
        ui.painter().text(
            pos2(rect.left() + size::M, rect.center().y),
            eframe::egui::Align2::LEFT_CENTER,
            word,
            eframe::egui::FontId::new(size::TEXT, family),
            ink,
        );
        focus_ring(ui, &response, rect);
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            state.section = section;
        }
    }
}

fn section_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &SettingsView, state: &mut State) {
    let t = theme::tokens(ui);
    let section = state.section;
    ui.spacing_mut().item_spacing.y = size::S;
    ui.label(theme::sized(
        cx.text.settings_section(section.key()),
        size::TITLE,
        t.text,
    ));
    if section.has_lead() {
        let lead = cx.text.settings_lead(section.key());
        ui.add(Label::new(theme::body(lead, t.mute)).wrap());
    }
    match section {
        Section::Display => display::display_ui(ui, cx, view, state),
        Section::Limits => limits::limits_ui(ui, cx, view, state),
        Section::Sources => sources::sources_ui(ui, cx, view, state),
        Section::Contacts => contacts::contacts_ui(ui, cx, view, state),
        Section::About => about::about_ui(ui, cx, view),
        Section::Alarms
        | Section::Model
        | Section::Drift
        | Section::Night
        | Section::Continuity => {}
    }
    for key in section.fields() {
        field::row_ui(ui, cx, view, state, key);
    }
}

/// A part of a section begins.
fn part_ui(ui: &mut Ui, title: &str) {
    let t = theme::tokens(ui);
    ui.add_space(size::M);
    ui.label(theme::sized(title, size::FIGURE, t.text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_stands_on_the_page_once() {
        let mut shown: Vec<&str> = Section::ALL
            .iter()
            .flat_map(|s| s.fields())
            .copied()
            .collect();
        shown.extend(display::FIELDS);
        let limits = limits::keys();
        shown.extend(limits.iter().map(String::as_str));
        shown.sort_unstable();
        let mut all: Vec<&str> = FIELDS.iter().map(|field| field.key).collect();
        all.sort_unstable();
        assert_eq!(shown, all);
    }
}
