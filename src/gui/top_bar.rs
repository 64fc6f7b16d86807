//! The bar at the top: the page's title, the clock in force, what kind of data this is, and the few
//! figures that answer the page's question.

use std::borrow::Cow;

use eframe::egui::{Align, Color32, Layout, Rect, Ui, pos2, vec2};

use crate::domain::{LabelKind, ModelCard, VerdictKind};
use crate::service::snapshot::Clock;

use super::context::{Cx, Page};
use super::pages;
use super::theme::{self, size};
use super::widgets::card::{at_ui, badge_ui};
use super::widgets::verdict::verdict_line_ui;
use crate::text::Text;

/// A figure of the bar: a value over its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub value: String,
    pub label: String,
    pub ink: Option<Color32>,
    pub hover: Option<String>,
    /// Where there is no room for all, the lowest go first.
    pub weight: u8,
}

impl Figure {
    #[must_use]
    pub fn new(value: String, label: &str) -> Self {
        Self {
            value,
            label: label.to_owned(),
            ink: None,
            hover: None,
            weight: 5,
        }
    }

    #[must_use]
    pub fn weighing(mut self, weight: u8) -> Self {
        self.weight = weight;
        self
    }
}

/// Draws the bar of a page.
pub fn top_bar_ui(ui: &mut Ui, cx: &Cx<'_>, page: Page) {
    let t = theme::tokens(ui);
    let whole = ui.max_rect();
    ui.painter()
        .hline(whole.x_range(), whole.bottom() - 0.5, theme::hairline(t));
    let inner = whole.shrink2(vec2(size::XL, 0.0));
    let left_width = at_ui(ui, "top-left", inner, |ui| left_ui(ui, cx, page));
    let room = inner.width() - left_width - size::XL;
    figures_ui(ui, inner, room, &figures(ui, cx, page));
}

/// Title and badges above, the clock below. Returns the width it took.
fn left_ui(ui: &mut Ui, cx: &Cx<'_>, page: Page) -> f32 {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.add_space(size::M);
    let line = ui.horizontal(|ui| {
        ui.set_height(26.0);
        ui.spacing_mut().item_spacing.x = size::M;
        let row = cx.selected_row();
        let title = match (page, cx.selected) {
            (Page::Locomotive, Some(loco)) => loco.to_string(),
            (page, _) => cx.text.get(page.key()).into_owned(),
        };
        ui.label(theme::sized(title, size::TITLE, t.text));
        if page == Page::Locomotive
            && let Some(row) = row
        {
            verdict_line_ui(ui, row.verdict.kind(), &verdict_words(cx, row));
        }
        badges_ui(ui, cx);
    });
    let clock = clock_ui(ui, cx);
    line.response.rect.width().max(clock)
}

fn verdict_words(cx: &Cx<'_>, row: &crate::service::snapshot::FleetRow) -> String {
    let card = cx.snapshot.model.as_deref();
    let mut words = cx.text.verdict(row.verdict.kind());
    match (&row.verdict, row.probability) {
        (crate::domain::Verdict::Unavailable(cause), _) => {
            words.push_str(" — ");
            words.push_str(&cx.text.cause(cause));
        }
        (_, Some(p)) => {
            words.push_str(" · ");
            words.push_str(&cx.text.percent(p));
            if card.is_some_and(|c| c.label_kind == LabelKind::Failures) {
                let hours = card.map_or(0.0, |c| c.horizon_hours);
                let hours = cx.text.hours(hours);
                words.push(' ');
                words.push_str(&cx.text.with("horizon", [("hours", hours.into())]));
            }
        }
        _ => {}
    }
    words
}

/// A badge: its word, what it means, whether it stands out.
pub type Badge<'a> = (Cow<'a, str>, Cow<'a, str>, bool);

/// What kind of data and model this is, wherever it is not the ordinary one.
#[must_use]
pub fn badges<'a>(cx: &Cx<'a>) -> Vec<Badge<'a>> {
    let text = cx.text;
    let mut all = Vec::new();
    if matches!(cx.snapshot.clock, Clock::Replay { .. }) {
        all.push((text.get("replay-badge"), text.get("clock-why-replay"), true));
    }
    if cx.snapshot.read_only {
        all.push((
            text.get("read-only-badge"),
            text.get("read-only-why"),
            false,
        ));
    }
    if cx.snapshot.synthetic {
        all.push((text.get("synthetic"), text.get("synthetic-why"), false));
    }
    let model = cx.snapshot.model.as_ref();
    if model.is_some_and(|m| m.label_kind == LabelKind::Rule) {
        all.push((text.get("rule"), text.get("rule-why"), false));
    }
    all
}

fn badges_ui(ui: &mut Ui, cx: &Cx<'_>) {
    for (word, why, filled) in badges(cx) {
        badge_ui(ui, &word, filled).on_hover_text(why);
    }
}

fn clock_ui(ui: &mut Ui, cx: &Cx<'_>) -> f32 {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (words, why) = clock_words(cx);
    let zone = text.zone.iana_name().unwrap_or("UTC").to_owned();
    let response = ui.label(theme::small(words, t.mute)).on_hover_ui(|ui| {
        ui.label(text.get(why));
        ui.label(text.with("clock-zone", [("zone", zone.into())]));
    });
    response.rect.width()
}

/// The clock in force and what it says; and the message that explains it.
pub fn clock_words(cx: &Cx<'_>) -> (String, &'static str) {
    let text = cx.text;
    match (cx.now_ms(), cx.snapshot.clock) {
        (None, _) => (text.get("clock-none").into_owned(), "clock-why-data"),
        (Some(now), Clock::Wall) => {
            let time = format!("{} {}", text.date(now), text.time_seconds(now));
            (
                text.with("clock-wall", [("time", time.into())]),
                "clock-why-wall",
            )
        }
        (Some(now), Clock::Data) => {
            let time = format!("{} {}", text.date_year(now), text.time(now));
            (
                text.with("clock-data", [("time", time.into())]),
                "clock-why-data",
            )
        }
        (Some(now), Clock::Replay { speed, playing }) => {
            let time = format!("{} {}", text.date_year(now), text.time_seconds(now));
            let words = if playing {
                let speed = text.count(u64::from(speed));
                text.with(
                    "clock-replay",
                    [("speed", speed.into()), ("time", time.into())],
                )
            } else {
                text.with("clock-replay-paused", [("time", time.into())])
            };
            (words, "clock-why-replay")
        }
    }
}

fn figures(ui: &Ui, cx: &Cx<'_>, page: Page) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let s = cx.snapshot;
    let count = |kind| s.fleet.iter().filter(|r| r.verdict.kind() == kind).count() as u64;
    match page {
        Page::Fleet | Page::Locomotive | Page::Simulator => {}
        Page::Pipeline => return pages::pipeline::figures(ui, cx),
        Page::Model => return pages::model::figures(ui, cx),
        Page::Alarms => return pages::alarms::figures(ui, cx),
        Page::Continuity => return pages::continuity::figures(ui, cx),
        Page::Settings => return pages::settings::figures(ui, cx),
        Page::Log => return pages::log::figures(ui, cx),
    }
    let mut all = Vec::with_capacity(6);
    if page == Page::Fleet && !s.fleet.is_empty() {
        let total = text.count(s.fleet.len() as u64);
        all.push(Figure::new(total, &text.get("figure-locomotives")).weighing(2));
        let danger = count(VerdictKind::Danger);
        // Where nothing can be judged, "0 in danger" would be a false verdict.
        let blind = count(VerdictKind::Unavailable) == s.fleet.len() as u64;
        let words = if blind {
            "—".to_owned()
        } else {
            text.count(danger)
        };
        let mut figure = Figure::new(words, &text.get("figure-danger")).weighing(9);
        figure.ink = (danger > 0).then_some(t.danger);
        all.push(figure);
        let off = count(VerdictKind::Unavailable);
        if off > 0 {
            let mut figure = Figure::new(text.count(off), &text.get("figure-unavailable"));
            figure.ink = Some(t.off);
            all.push(figure);
        }
    }
    if page != Page::Simulator {
        all.extend(age_figure(cx));
    }
    all.push(model_figure(cx));
    if page != Page::Simulator {
        let mut run = run_figure(cx);
        if s.last_run.as_ref().is_some_and(|r| r.failed.is_some()) && s.running.is_none() {
            run.ink = Some(t.off);
            run.weight = 8;
        }
        all.push(run);
    }
    all
}

/// How old the newest reading is, or of when.
pub fn age_figure(cx: &Cx<'_>) -> Option<Figure> {
    let text = cx.text;
    let newest = cx.snapshot.fleet.iter().map(|r| r.reading_at_ms).max()?;
    if cx.snapshot.clock == Clock::Data {
        // By the data's own clock the newest reading has no age; its date says more.
        return Some(
            Figure::new(
                text.date_time(newest, cx.now_ms()),
                &text.get("figure-newest"),
            )
            .weighing(7),
        );
    }
    let age = cx.snapshot.fleet.iter().map(|r| r.age_ms).min()?;
    Some(Figure::new(text.age(cx.aged_ms(age)), &text.get("figure-age")).weighing(7))
}

/// The model in force and its age.
pub fn model_figure(cx: &Cx<'_>) -> Figure {
    let text = cx.text;
    let label = text.get("figure-model");
    let Some(card) = cx.snapshot.model.as_deref() else {
        return Figure::new(text.get("figure-model-none").into_owned(), &label);
    };
    let age = text.age(cx.wall_ms - card.trained_at_ms);
    let mut figure = Figure::new(format!("v{} · {age}", card.version), &label).weighing(4);
    figure.hover = Some(model_words(text, card));
    figure
}

/// What the model is worth, never shown without how many rows, since when and how it was found.
fn model_words(text: &Text, card: &ModelCard) -> String {
    let mut lines = vec![
        text.with(
            "model-learned",
            [
                ("rows", text.count(card.rows).into()),
                ("locomotives", text.count(card.locomotives).into()),
                ("labels", text.count(card.labels_known).into()),
                ("date", text.date_year(card.trained_at_ms).into()),
            ],
        ),
        text.with(
            "model-threshold",
            [
                ("threshold", text.percent(card.threshold).into()),
                ("from", card.threshold_from.as_str().into()),
            ],
        ),
    ];
    lines.push(match &card.metrics {
        Some(m) => text.with(
            "model-metrics",
            [
                ("brier", text.number(m.brier.unwrap_or(f64::NAN), 3).into()),
                ("auc", text.number(m.roc_auc.unwrap_or(f64::NAN), 3).into()),
                ("far", text.percent(m.far.unwrap_or(f64::NAN)).into()),
                ("mar", text.percent(m.mar.unwrap_or(f64::NAN)).into()),
                ("split", card.split.as_str().into()),
            ],
        ),
        None => text.get("model-metrics-none").into_owned(),
    });
    lines.join("\n")
}

/// The run under way, or how the last one ended.
pub fn run_figure(cx: &Cx<'_>) -> Figure {
    let text = cx.text;
    let label = text.get("figure-run");
    if let Some(run) = cx.snapshot.running {
        let mut figure = Figure::new(text.get("figure-run-busy").into_owned(), &label);
        figure.hover = Some(text.stage(run.stage));
        return figure;
    }
    let Some(run) = &cx.snapshot.last_run else {
        return Figure::new(text.get("figure-run-none").into_owned(), &label);
    };
    let time = text.moment(run.ended_ms, Some(cx.wall_ms));
    let key = if run.failed.is_some() {
        "figure-run-failed"
    } else {
        "figure-run-ok"
    };
    let mut figure = Figure::new(text.with(key, [("time", time.into())]), &label);
    figure.hover = Some(match &run.failed {
        Some(cause) => format!("{}\n{cause}", text.date_year(run.ended_ms)),
        None => format!(
            "{}\n{}",
            text.date_year(run.ended_ms),
            super::run::summary(text, run)
        ),
    });
    figure
}

/// Against the right edge, as many as there is room for.
fn figures_ui(ui: &mut Ui, inner: Rect, room: f32, figures: &[Figure]) {
    let t = theme::tokens(ui);
    let value_font = eframe::egui::FontId::new(size::FIGURE, theme::semibold());
    let label_font = eframe::egui::FontId::proportional(size::LABEL);
    let width = |text: &str, font: &eframe::egui::FontId| {
        ui.painter()
            .layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER)
            .size()
            .x
    };
    let gap = size::L;
    let mut kept: Vec<(&Figure, f32)> = figures
        .iter()
        .map(|f| {
            let width = width(&f.value, &value_font).max(width(&f.label, &label_font));
            (f, width)
        })
        .collect();
    let total = |kept: &[(&Figure, f32)]| kept.iter().map(|k| k.1 + 2.0 * gap).sum::<f32>();
    while total(&kept) > room {
        let lightest = (0..kept.len()).min_by_key(|&i| kept[i].0.weight);
        let Some(lightest) = lightest else { return };
        kept.remove(lightest);
    }
    let mut x = inner.right() - total(&kept) + gap;
    for (figure, width) in kept {
        ui.painter().vline(
            (x - gap).round() + 0.5,
            inner.center().y - 19.0..=inner.center().y + 19.0,
            theme::hairline(t),
        );
        let rect = Rect::from_min_size(pos2(x, inner.center().y - 21.0), vec2(width + 2.0, 44.0));
        let response = at_ui(ui, &figure.label, rect, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.label(theme::sized(
                    figure.value.as_str(),
                    size::FIGURE,
                    figure.ink.unwrap_or(t.text),
                ));
                ui.label(theme::small(figure.label.as_str(), t.mute));
            })
            .response
        });
        if let Some(hover) = &figure.hover {
            response.on_hover_text(hover.as_str());
        }
        x += width + 2.0 * gap;
    }
}
