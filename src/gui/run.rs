//! The pipeline as the window shows it: progress a stage, the last run in a line, the buttons that
//! start one, and the calm page of a first start.

use eframe::egui::{Align, CornerRadius, Layout, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::domain::Cause;
use crate::service::command::Command;
use crate::service::snapshot::{Clock, LastRun, RunProgress, Stage};

use super::context::{Ask, Cx, Page};
use super::fonts::Icon;
use super::theme::{self, size};
use super::widgets::button::{Kind, button_icon_ui, button_ui};
use super::widgets::card::{Tone, at_ui, banner_ui, card_ui};
use crate::text::Text;

/// "10 000 lignes lues · 9 950 conservées · 50 en quarantaine".
#[must_use]
pub fn summary(text: &Text, run: &LastRun) -> String {
    let read = text.count(run.rows_read);
    let kept = text.count(run.rows_kept);
    let quarantined = text.count(run.rows_quarantined);
    if run.rows_already_loaded == 0 {
        return text.with(
            "run-summary",
            [
                ("read", read.into()),
                ("kept", kept.into()),
                ("quarantined", quarantined.into()),
            ],
        );
    }
    let known = text.count(run.rows_already_loaded);
    text.with(
        "run-summary-known",
        [
            ("read", read.into()),
            ("known", known.into()),
            ("kept", kept.into()),
            ("quarantined", quarantined.into()),
        ],
    )
}

/// The buttons that start a run, and beside them how the present or the last one goes.
pub fn run_bar_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL);
        run_buttons_ui(ui, cx, false);
        ui.add_space(size::S);
        if cx.choosing_files {
            ui.label(theme::small(cx.text.get("files-waiting"), t.mute));
        } else if let Some(progress) = cx.snapshot.running {
            stages_ui(ui, cx.text, progress);
        } else if let Some(run) = &cx.snapshot.last_run {
            let words = summary(cx.text, run);
            let label = ui.add(eframe::egui::Label::new(theme::small(words, t.mute)).truncate());
            if !run.refused.is_empty() {
                label.on_hover_ui(|ui| refused_ui(ui, cx.text, run));
            }
        }
    });
}

fn refused_ui(ui: &mut Ui, text: &Text, run: &LastRun) {
    for (name, why) in &run.refused {
        ui.label(text.with("run-refused", [("name", name.as_str().into())]));
        ui.label(text.detail(why).unwrap_or_default());
    }
}

/// The buttons that start a run; `first` where that is the thing to do.
pub fn run_buttons_ui(ui: &mut Ui, cx: &mut Cx<'_>, first: bool) {
    let idle = cx.snapshot.running.is_none();
    let kind = if first { Kind::Primary } else { Kind::Plain };
    let key = if cx.snapshot.last_run.is_some() {
        "button-run-again"
    } else {
        "button-run"
    };
    let run = ui
        .add_enabled_ui(idle, |ui| {
            button_icon_ui(ui, kind, Some(Icon::Play), &cx.text.get(key))
        })
        .inner;
    if run.clicked() {
        cx.send(Command::Run);
    }
    let open = ui
        .add_enabled_ui(idle && !cx.choosing_files, |ui| {
            button_icon_ui(
                ui,
                Kind::Plain,
                Some(Icon::FolderOpen),
                &cx.text.get("button-open-csv"),
            )
        })
        .inner;
    if open.clicked() {
        cx.ask(Ask::ChooseFiles);
    }
}

/// The five stages on one line: done, under way with its share, to come.
pub fn stages_ui(ui: &mut Ui, text: &Text, progress: RunProgress) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.x = size::S;
    for stage in Stage::ALL {
        let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
        stage_mark(ui, rect, stage, progress);
        let word = text.stage(stage);
        let ink = if stage == progress.stage {
            t.text
        } else {
            t.mute
        };
        let label = if stage == progress.stage {
            theme::small_strong(word, ink)
        } else {
            theme::small(word, ink)
        };
        ui.label(label);
        if stage == progress.stage {
            ui.label(theme::small(share(text, progress), t.mute));
        }
        ui.add_space(size::XS);
    }
}

fn share(text: &Text, progress: RunProgress) -> String {
    if let Some(waits_for) = progress.waits_for {
        return text.waits_for(waits_for);
    }
    match progress.fraction {
        Some(f) => text.percent(f64::from(f)),
        None => text.with("run-rows", [("rows", text.count(progress.rows).into())]),
    }
}

fn stage_mark(ui: &Ui, rect: Rect, stage: Stage, progress: RunProgress) {
    let t = theme::tokens(ui);
    let (centre, r) = (rect.center(), rect.width() / 2.0 - 1.0);
    match stage.cmp(&progress.stage) {
        std::cmp::Ordering::Less => {
            let tick =
                [(-0.8, 0.0), (-0.2, 0.6), (0.9, -0.6)].map(|(x, y)| centre + vec2(x * r, y * r));
            ui.painter()
                .add(Shape::line(tick.to_vec(), Stroke::new(1.5, t.mute)));
        }
        std::cmp::Ordering::Equal => {
            ui.painter().circle_filled(centre, r - 1.0, t.accent);
        }
        std::cmp::Ordering::Greater => {
            ui.painter()
                .circle_stroke(centre, r - 1.0, Stroke::new(1.0, t.line));
        }
    }
}

/// The service reads nothing: what any page shows may be old.
pub fn fault_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: Page) {
    let text = cx.text;
    if let Some(fault) = &cx.snapshot.fault {
        let (words, todo) = (text.get("fault"), text.get("fault-todo"));
        let detail = text.detail(fault);
        banner_ui(ui, Tone::Warn, &words, Some(&todo), detail.as_deref());
        // The way back is there.
        if page != Page::Continuity && button_ui(ui, Kind::Plain, &text.get("cont-open")).clicked()
        {
            cx.ask(Ask::Show(Page::Continuity));
        }
    }
}

/// The file of settings, as it was left, does not act.
pub fn settings_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    if let Some(why) = &cx.snapshot.settings.broken {
        let (words, todo) = (text.get("set-broken"), text.get("set-broken-todo"));
        let detail = text.detail(why);
        banner_ui(ui, Tone::Calm, &words, Some(&todo), detail.as_deref());
    }
}

/// What is wrong with the whole, in words, and what to do about it.
pub fn banners_ui(ui: &mut Ui, cx: &mut Cx<'_>, page: Page) {
    let text = cx.text;
    fault_ui(ui, cx, page);
    // A first start has its own page.
    let first_start =
        cx.snapshot.fleet.is_empty() && matches!(cx.snapshot.fleet_cause, Some(Cause::NeverRun));
    if let Some(cause) = &cx.snapshot.fleet_cause
        && !first_start
    {
        let (sentence, todo, detail) = if let Some(key) = awaited(cx, cause) {
            (
                text.get(key).into_owned(),
                text.get("cause-todo-learning").into_owned(),
                None,
            )
        } else {
            let detail = text.cause_detail(cause);
            (text.cause_sentence(cause), text.cause_todo(cause), detail)
        };
        let unavailable = text.verdict(crate::domain::VerdictKind::Unavailable);
        let words = format!("{unavailable} — {sentence}");
        banner_ui(ui, Tone::Off, &words, Some(&todo), detail.as_deref());
    }
    if !matches!(cx.snapshot.clock, Clock::Replay { .. }) {
        breaker_banner_ui(ui, cx);
    }
    // What a failed run refused is its cause, which was just said.
    let failed = matches!(cx.snapshot.fleet_cause, Some(Cause::RunFailed { .. }));
    if let (Some(run), false) = (&cx.snapshot.last_run, failed) {
        for (name, why) in run.refused.iter().take(3) {
            let words = text.with("run-refused", [("name", name.as_str().into())]);
            banner_ui(ui, Tone::Warn, &words, None, text.detail(why).as_deref());
        }
    }
}

/// The breaker has tripped: what it withdrew, and what to do. A replay shows the past as it was judged.
pub fn breaker_banner_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    if let Some(blown) = cx.snapshot.models.tripped().min_by_key(|b| b.at_ms) {
        let cause = blown.cause();
        // Not "no verdict": a locomotive in danger is still said to be.
        let withdrawn = text.get("mod-breaker-withdrawn");
        let words = format!("{withdrawn} — {}", text.cause_sentence(&cause));
        let todo = text.cause_todo(&cause);
        banner_ui(ui, Tone::Off, &words, Some(&todo), None);
    }
}

/// Why there is no verdict yet, while a run of ours is under way that may give it: there is nothing
/// for the user to do.
#[must_use]
pub fn awaited(cx: &Cx<'_>, cause: &Cause) -> Option<&'static str> {
    cx.snapshot.running?;
    match cause {
        Cause::NeverRun | Cause::NoModel { .. } => Some("cause-long-learning"),
        Cause::NotScored => Some("cause-long-scoring"),
        _ => None,
    }
}

/// The page before the first reading: what is going on, or what to do.
pub fn start_ui(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let t = theme::tokens(ui);
    let running = cx.snapshot.running;
    let failed = cx.snapshot.last_run.as_ref().and_then(|r| r.failed.clone());
    let width = rect.width().min(560.0);
    let height = if running.is_some() { 336.0 } else { 196.0 };
    let rect = Rect::from_min_size(
        pos2(
            rect.center().x - width / 2.0,
            rect.top() + ((rect.height() - height) * 0.4).max(0.0),
        ),
        vec2(width, height.min(rect.height())),
    );
    card_ui(ui, "start", rect, size::XL, |ui| {
        let (title, words) = if running.is_some() {
            ("start-title", "start-text")
        } else if cx.snapshot.fault.is_some() {
            ("empty-fault-title", "empty-fault-text")
        } else if failed.is_some() {
            ("empty-failed-title", "empty-text")
        } else {
            ("empty-title", "empty-text")
        };
        ui.label(theme::sized(cx.text.get(title), size::TITLE, t.text));
        ui.label(theme::body(cx.text.get(words), t.mute));
        ui.add_space(size::S);
        match running {
            Some(progress) => progress_list_ui(ui, cx.text, progress),
            None => {
                ui.horizontal(|ui| run_buttons_ui(ui, cx, true));
            }
        }
    });
}

fn progress_list_ui(ui: &mut Ui, text: &Text, progress: RunProgress) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    for stage in Stage::ALL {
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::hover());
        ui.painter()
            .hline(rect.x_range(), rect.top(), theme::hairline(t));
        let mark =
            Rect::from_center_size(pos2(rect.left() + 8.0, rect.center().y), vec2(16.0, 16.0));
        stage_mark(ui, mark, stage, progress);
        let here = stage == progress.stage;
        at_ui(ui, stage.key(), rect, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.set_height(size::ROW);
                ui.add_space(size::XL);
                let word = text.stage(stage);
                ui.label(if here {
                    theme::strong(word, t.text)
                } else {
                    theme::body(word, t.mute)
                });
                if here {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(theme::body(share(text, progress), t.text));
                    });
                }
            });
        });
        if here && let Some(fraction) = progress.fraction {
            let mut done = Rect::from_min_max(
                pos2(rect.left(), rect.bottom() - 3.0),
                pos2(rect.right(), rect.bottom()),
            );
            ui.painter().rect_filled(done, CornerRadius::ZERO, t.band);
            done.set_width(rect.width() * fraction.clamp(0.0, 1.0));
            ui.painter().rect_filled(done, CornerRadius::ZERO, t.accent);
        }
    }
}
