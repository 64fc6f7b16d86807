//! The run: start it, see its five stages, cancel it knowing what that does; beside it the hour of the night run.

use eframe::egui::{
    Align, CornerRadius, Layout, Rect, ScrollArea, Sense, Shape, Stroke, Ui, pos2, vec2,
};

use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui};
use crate::gui::widgets::card::{Tone, at_ui, banner_ui, card_ui};
use crate::service::command::Command;
use crate::service::intake::history::RunRow;
use crate::service::intake::stages::{StageShown, StageState, Stages};
use crate::service::snapshot::Stage;

use super::parts::{label_ui, notice_ui, outcome_ui, secs, sentence_ui, split, title_ui};
use super::schedule;

/// What the tab remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The user is asked whether the run is to end.
    cancelling: bool,
}

pub fn tab_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, night: &mut schedule::State) {
    let rect = ui.available_rect_before_wrap();
    let (left, right) = split(rect, 360.0, size::L);
    card_ui(ui, "pipeline-run", left, size::XL, |ui| {
        ScrollArea::vertical()
            .id_salt("pipeline-run-scroll")
            .show(ui, |ui| run_ui(ui, cx, state));
    });
    card_ui(ui, "pipeline-schedule", right, size::XL, |ui| {
        schedule::schedule_ui(ui, cx, night);
    });
    ui.advance_cursor_after_rect(rect);
}

fn run_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.set_width(ui.available_width());
    ui.spacing_mut().item_spacing.y = size::S;
    let running = cx.snapshot.running.is_some();
    state.cancelling &= running;
    let title = if running {
        cx.text.get("pipeline-run-under-way")
    } else {
        cx.text.get("pipeline-run-title")
    };
    title_ui(ui, &title);
    ui.horizontal(|ui| {
        if running {
            cancel_button_ui(ui, cx, state);
        } else {
            let free = !cx.snapshot.intake.putting_back;
            ui.add_enabled_ui(free, |ui| {
                ui.horizontal(|ui| run::run_buttons_ui(ui, cx, true))
            });
        }
    });
    if state.cancelling {
        confirm_ui(ui, cx, state);
    }
    ui.add_space(size::S);
    let view = &cx.snapshot.intake;
    if let Some(stages) = view.stages.filter(|_| running) {
        stages_ui(ui, cx, &stages);
    } else if let Some(last) = view.runs.iter().find(|run| !run.stages.is_empty()) {
        let when = cx.text.moment(last.started_ms, Some(cx.wall_ms));
        label_ui(
            ui,
            &cx.text.with("pipeline-stages-of", [("when", when.into())]),
        );
        stages_ui(ui, cx, &of_run(last));
    }
    ui.add_space(size::S);
    last_ui(ui, cx);
}

fn cancel_button_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let stopping = cx.snapshot.intake.stopping;
    let word = if stopping {
        cx.text.get("pipeline-stopping")
    } else {
        cx.text.get("pipeline-cancel")
    };
    let free = !stopping && !state.cancelling;
    let button = ui.add_enabled_ui(free, |ui| {
        button_icon_ui(ui, Kind::Plain, Some(Icon::CircleStop), &word)
    });
    state.cancelling |= button.inner.clicked();
}

fn confirm_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    notice_ui(ui, Tone::Warn, |ui| {
        let committed = cx
            .snapshot
            .running
            .is_some_and(|run| run.stage > Stage::Load);
        let words = if committed {
            cx.text.get("pipeline-cancel-after")
        } else {
            cx.text.get("pipeline-cancel-before")
        };
        let t = theme::tokens(ui);
        ui.add(eframe::egui::Label::new(theme::body(words, t.text)).wrap());
        sentence_ui(ui, &cx.text.get("pipeline-cancel-verdicts"));
        ui.horizontal(|ui| {
            if button_ui(ui, Kind::Primary, &cx.text.get("pipeline-cancel-yes")).clicked() {
                cx.send(Command::Cancel);
                state.cancelling = false;
            }
            if button_ui(ui, Kind::Plain, &cx.text.get("pipeline-cancel-no")).clicked() {
                state.cancelling = false;
            }
        });
    });
}

/// The stages of a run that ended, from its record.
fn of_run(run: &RunRow) -> Stages {
    Stage::ALL.map(|stage| {
        let found = run.stages.iter().find(|(of, ..)| *of == stage);
        found.map_or_else(StageShown::default, |(_, secs, rows)| StageShown {
            state: StageState::Done,
            rows: *rows,
            secs: *secs,
            fraction: None,
        })
    })
}

fn stages_ui(ui: &mut Ui, cx: &Cx<'_>, stages: &Stages) {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (stage, shown) in Stage::ALL.into_iter().zip(stages) {
        let room = vec2(ui.available_width(), size::ROW);
        let (rect, _) = ui.allocate_exact_size(room, Sense::hover());
        ui.painter()
            .hline(rect.x_range(), rect.top(), theme::hairline(t));
        let mark =
            Rect::from_center_size(pos2(rect.left() + 9.0, rect.center().y), vec2(16.0, 16.0));
        mark_ui(ui, mark, shown.state);
        at_ui(ui, stage.key(), rect, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.set_height(size::ROW);
                ui.add_space(size::XL + size::XS);
                stage_ui(ui, cx, stage, shown);
            });
        });
        if let (StageState::UnderWay, Some(fraction)) = (shown.state, shown.fraction) {
            let mut bar = Rect::from_min_max(
                pos2(rect.left(), rect.bottom() - 3.0),
                pos2(rect.right(), rect.bottom()),
            );
            ui.painter().rect_filled(bar, CornerRadius::ZERO, t.band);
            bar.set_width(rect.width() * fraction.clamp(0.0, 1.0));
            ui.painter().rect_filled(bar, CornerRadius::ZERO, t.accent);
        }
    }
}

fn stage_ui(ui: &mut Ui, cx: &Cx<'_>, stage: Stage, shown: &StageShown) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let ink = if shown.state == StageState::Waiting {
        t.mute
    } else {
        t.text
    };
    let word = text.stage(stage);
    ui.label(match shown.state {
        StageState::UnderWay => theme::strong(word, ink),
        _ => theme::body(word, ink),
    });
    let state = match shown.state {
        StageState::Waiting => text.get("pipeline-stage-waiting"),
        StageState::UnderWay => text.get("pipeline-stage-under-way"),
        StageState::Done => text.get("pipeline-stage-done"),
    };
    ui.label(theme::small(state, t.mute));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if shown.state == StageState::Waiting {
            ui.label(theme::body("—", t.mute));
            return;
        }
        let time = secs(text, shown.secs);
        let rows = text.with("run-rows", [("rows", text.count(shown.rows).into())]);
        let mut parts = Vec::new();
        if let Some(fraction) = shown.fraction {
            parts.push(text.percent(f64::from(fraction)));
        }
        if shown.rows > 0 {
            parts.push(rows);
        }
        parts.push(time);
        ui.label(theme::body(parts.join(" · "), t.text));
    });
}

fn mark_ui(ui: &Ui, rect: Rect, state: StageState) {
    let t = theme::tokens(ui);
    let (centre, r) = (rect.center(), rect.width() / 2.0 - 2.0);
    match state {
        StageState::Done => {
            let points = [(-0.8, 0.0), (-0.2, 0.6), (0.9, -0.6)];
            let tick = points.map(|(x, y)| centre + vec2(x * r, y * r));
            ui.painter()
                .add(Shape::line(tick.to_vec(), Stroke::new(size::CURVE, t.mute)));
        }
        StageState::UnderWay => {
            ui.painter().circle_filled(centre, r - 1.0, t.accent);
        }
        StageState::Waiting => {
            let line = Stroke::new(size::LINE, t.mute);
            ui.painter().circle_stroke(centre, r - 1.0, line);
        }
    }
}

/// How the last run ended, and what is in the way of the next.
fn last_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    let view = &cx.snapshot.intake;
    let running = cx.snapshot.running.is_some();
    // While one is under way the newest record may be its own, written at its load and not concluded.
    if let Some(run) = view.runs.first().filter(|_| !running) {
        ui.horizontal(|ui| {
            let when = text.moment(run.ended_ms, Some(cx.wall_ms));
            outcome_ui(ui, text, run);
            label_ui(
                ui,
                &text.with("pipeline-last-ended", [("when", when.into())]),
            );
        });
        if let Some(last) = &cx.snapshot.last_run {
            sentence_ui(ui, &run::summary(text, last));
        }
        if let (Some(cause), None) = (&run.failed, &run.cancelled_by) {
            sentence_ui(ui, &text.detail(cause).unwrap_or_default());
        }
        if let Some(by) = &run.cancelled_by {
            sentence_ui(
                ui,
                &text.with("pipeline-cancelled-by", [("by", by.as_str().into())]),
            );
        }
    } else if view.looked && !running {
        sentence_ui(ui, &text.get("pipeline-never-run"));
    } else if !view.looked {
        sentence_ui(ui, &text.get("pipeline-looking"));
    }
    if let Some(fault) = &view.fault {
        let words = text.get("pipeline-not-looked");
        banner_ui(ui, Tone::Warn, &words, None, text.detail(fault).as_deref());
    }
    if let Some((holder, at_ms)) = &view.busy {
        let when = text.moment(*at_ms, Some(cx.wall_ms));
        let words = text.with(
            "pipeline-busy",
            [("holder", holder.as_str().into()), ("when", when.into())],
        );
        banner_ui(
            ui,
            Tone::Warn,
            &words,
            Some(&text.get("pipeline-busy-todo")),
            None,
        );
    }
    let waits = cx
        .snapshot
        .live
        .as_ref()
        .and_then(|live| live.waits_for.as_ref());
    if let Some(holder) = waits {
        let words = text.with("toast-run-busy", [("holder", holder.as_str().into())]);
        banner_ui(ui, Tone::Warn, &words, None, None);
    }
}
