//! The threat board: one row a threat, its live state in words, its last drill, a button that runs it again. A row
//! opens to say what the program does about it and what its last drill found.

use eframe::egui::{CursorIcon, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::State;
use super::parts::{MARK, disabled_why, ink_of, mark_ui, may_begin, seconds};
use crate::domain::drift::Band;
use crate::gui::context::Cx;
use crate::gui::pages::model::{cell_ui, titled_ui, wrapped_ui};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{focus_ring, small_button_ui};
use crate::service::command::Command;
use crate::service::continuity::ContinuityAsk;
use crate::service::continuity::threats::{
    Exercised, Level, Likelihood, State as Stands, Threat, exercised,
};
use crate::service::continuity::view::MEMORY_BOUND;
use crate::text::Text;

/// Room of the button.
const BUTTON: f32 = 76.0;
/// Narrower than this, likelihood and severity stand under the name.
const COLUMNS: f32 = 860.0;

/// Draws the card.
pub fn board_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let text = cx.text;
    titled_ui(ui, &text.get("cont-threats"), None, |ui| {
        ui.spacing_mut().item_spacing = vec2(size::S, 0.0);
        let wide = ui.available_width() >= COLUMNS;
        let room = ui.available_width() - MARK - BUTTON - 7.0 * size::S;
        let shares = if wide {
            [0.31, 0.10, 0.10, 0.26, 0.23]
        } else {
            [0.40, 0.0, 0.0, 0.345, 0.255]
        };
        let widths = shares.map(|share| (room * share).floor());
        heads_ui(ui, text, widths);
        for threat in Threat::ALL {
            row_ui(ui, cx, state, threat, widths);
        }
    });
}

fn heads_ui(ui: &mut Ui, text: &Text, widths: [f32; 5]) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.add_space(MARK + size::S);
        for (key, width) in [
            "cont-threat",
            "cont-likelihood",
            "cont-severity",
            "cont-state",
            "cont-last-drill",
        ]
        .into_iter()
        .zip(widths)
        {
            if width > 0.0 {
                cell_ui(ui, width, false, theme::small(text.get(key), t.mute));
            }
        }
    });
}

fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, threat: Threat, widths: [f32; 5]) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let stands = threat.state(cx.snapshot);
    let level = stands.level();
    let words = state_words(cx, &stands);
    let drill = exercised(threat, &cx.snapshot.continuity.drills, cx.wall_ms);
    let (drill_words, drill_due) = if cx.snapshot.continuity.ready {
        drill_words(cx, drill)
    } else {
        (text.get("cont-looking").into_owned(), false)
    };
    let name = text
        .get(&format!("cont-threat-{}", threat.key()))
        .into_owned();
    let likelihood = likelihood_words(text, threat.likelihood());
    let severity = text
        .get(if threat.is_critical() {
            "cont-critical"
        } else {
            "cont-major"
        })
        .into_owned();
    let narrow = widths[1] <= 0.0;
    let height = if narrow { 48.0 } else { size::ROW };
    let width = ui.available_width();
    let (row, response) = {
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        (rect, response)
    };
    let open = state.open == Some(threat);
    let enabled = ui.is_enabled();
    let whole = format!(
        "{name} — {likelihood}, {severity} — {words} — {}: {drill_words}",
        text.get("cont-last-drill")
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, open, &whole));
    if open || response.hovered() {
        ui.painter()
            .rect_filled(row, 0.0, if open { t.raised } else { t.band });
    }
    ui.painter()
        .hline(row.x_range(), row.top(), theme::hairline(t));
    let inside = UiBuilder::new()
        .id_salt(("threat", threat.key()))
        .max_rect(row)
        .layout(eframe::egui::Layout::left_to_right(
            eframe::egui::Align::Center,
        ));
    let mut line = ui.new_child(inside);
    line.spacing_mut().item_spacing = vec2(size::S, 0.0);
    mark_ui(&mut line, level);
    if narrow {
        line.allocate_ui(vec2(widths[0], height), |ui| {
            ui.vertical(|ui| {
                ui.set_width(widths[0]);
                ui.add_space(2.0);
                cell_ui(ui, widths[0], false, theme::body(name.as_str(), t.text));
                let small = format!("{likelihood} · {severity}");
                cell_ui(ui, widths[0], false, theme::small(small, t.mute));
            });
        });
    } else {
        cell_ui(
            &mut line,
            widths[0],
            false,
            theme::body(name.as_str(), t.text),
        );
        cell_ui(&mut line, widths[1], false, theme::body(likelihood, t.mute));
        cell_ui(&mut line, widths[2], false, theme::body(severity, t.mute));
    }
    let ink = ink_of(ui, level);
    let said = match level {
        Level::Watch | Level::Danger => theme::strong(words, ink),
        Level::Well | Level::Off => theme::body(words, ink),
    };
    cell_ui(&mut line, widths[3], false, said);
    let said = if drill_due {
        theme::strong(drill_words, t.warn)
    } else {
        theme::body(drill_words, t.mute)
    };
    cell_ui(&mut line, widths[4], false, said);
    let at = Rect::from_min_max(pos2(row.right() - BUTTON, row.top()), row.max);
    let inside = UiBuilder::new()
        .id_salt(("exercise", threat.key()))
        .max_rect(at)
        .layout(eframe::egui::Layout::right_to_left(
            eframe::egui::Align::Center,
        ));
    let mut place = ui.new_child(inside);
    exercise_ui(&mut place, cx, threat, &name);
    focus_ring(ui, &response, row);
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        state.open = (!open).then_some(threat);
    }
    if state.open == Some(threat) {
        details_ui(ui, cx, threat);
    }
}

fn exercise_ui(ui: &mut Ui, cx: &mut Cx<'_>, threat: Threat, name: &str) {
    let text = cx.text;
    let drills = threat.drills();
    if drills.is_empty() {
        return;
    }
    let word = text.get("cont-exercise");
    let of = text.with("cont-exercise-of", [("threat", name.into())]);
    let button = ui
        .add_enabled_ui(may_begin(cx), |ui| small_button_ui(ui, &word, &of))
        .inner;
    if disabled_why(button, cx).clicked() {
        cx.send(Command::Continuity(ContinuityAsk::Drill(drills.to_vec())));
    }
}

/// What the program does about it, and what the last drill looked at.
fn details_ui(ui: &mut Ui, cx: &Cx<'_>, threat: Threat) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.horizontal_top(|ui| {
        ui.add_space(MARK + size::S);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = size::XS;
            ui.add_space(size::XS);
            let does = text
                .get(&format!("cont-does-{}", threat.key()))
                .into_owned();
            wrapped_ui(ui, theme::body(does, t.text));
            for drill in threat.drills() {
                let name = text
                    .get(&format!("cont-drill-{}", drill.key()))
                    .into_owned();
                let all = &cx.snapshot.continuity.drills;
                let Some(ran) = all.iter().find(|d| d.name == *drill) else {
                    let never = text.get("cont-drill-never");
                    ui.label(theme::small(format!("{name} — {never}"), t.mute));
                    continue;
                };
                let word = if ran.passed {
                    "cont-passed"
                } else {
                    "cont-failed"
                };
                let when = text.moment(ran.at_ms, Some(cx.wall_ms));
                let ink = if ran.passed { t.text } else { t.warn };
                let line = format!("{name} — {} · {when}", text.get(word));
                ui.label(theme::small_strong(line, ink));
                for line in &ran.evidence {
                    wrapped_ui(ui, theme::small(line.as_str(), t.mute));
                }
            }
            ui.add_space(size::S);
        });
    });
}

fn likelihood_words(text: &Text, likelihood: Likelihood) -> String {
    match likelihood {
        Likelihood::OfFive(n) => format!("{n}/5"),
        Likelihood::VeryLow => text.get("cont-very-low").into_owned(),
        Likelihood::Unsaid => "—".to_owned(),
    }
}

/// The words, and whether it is due again.
fn drill_words(cx: &Cx<'_>, drill: Exercised) -> (String, bool) {
    let text = cx.text;
    // The day is enough: the hour is told with the evidence.
    let with = |key: &str, at_ms: i64| text.with(key, [("when", text.date(at_ms).into())]);
    match drill {
        Exercised::NoDrill => ("—".to_owned(), false),
        Exercised::Never => (text.get("cont-drill-never").into_owned(), true),
        Exercised::InPart => (text.get("cont-drill-part").into_owned(), true),
        Exercised::Failed { at_ms } => (with("cont-drill-failed", at_ms), true),
        Exercised::Old { at_ms } => (with("cont-drill-old", at_ms), true),
        Exercised::Passed { at_ms, secs } => (
            format!(
                "{} · {}",
                with("cont-drill-passed", at_ms),
                seconds(text, secs)
            ),
            false,
        ),
    }
}

/// A live state in words.
fn state_words(cx: &Cx<'_>, state: &Stands) -> String {
    let text = cx.text;
    let when = |key: &str, at_ms: i64| {
        let when = text.moment(at_ms, Some(cx.wall_ms));
        text.with(key, [("when", when.into())])
    };
    let mib = |bytes: u64| text.count(bytes >> 20);
    match state {
        Stands::NotLooked => text.get("cont-looking").into_owned(),
        Stands::NotConfigured => text.get("cont-not-configured").into_owned(),
        Stands::NeverRun => text.get("cont-never-run").into_owned(),
        Stands::Unreachable(name) => {
            text.with("cont-unreachable", [("source", name.as_str().into())])
        }
        Stands::Followed(age) => {
            let age = text.age(cx.aged_ms(*age));
            text.with("cont-followed", [("age", age.into())])
        }
        Stands::ReadAt(at_ms) => when("cont-read-at", *at_ms),
        Stands::Memory(bytes) => text.with(
            "cont-memory",
            [
                ("n", mib(*bytes).into()),
                ("bound", mib(MEMORY_BOUND).into()),
            ],
        ),
        Stands::MemoryUntold => text.get("cont-memory-untold").into_owned(),
        Stands::Free => text.get("cont-free").into_owned(),
        Stands::Held(program, process) => holder_words(text, program, *process),
        Stands::HolderUntold(_) => text.get("cont-holder-untold").into_owned(),
        Stands::Drift {
            channel, psi, band, ..
        } => {
            let key = match band {
                Band::Stable => "cont-drift-stable",
                Band::Watch => "cont-drift-watch",
                Band::Act => "cont-drift-act",
            };
            text.with(
                key,
                [
                    ("channel", text.channel_short(*channel).into()),
                    ("psi", text.number(*psi, 2).into()),
                ],
            )
        }
        Stands::Unjudged => text.get("cont-drift-unjudged").into_owned(),
        Stands::ChainSound(at_ms) => when("cont-chain-sound", *at_ms),
        Stands::BatchesHeld(n) => text.with("cont-batches-held", [("n", (*n as u64).into())]),
        Stands::ChainBroken(n) => text.with("cont-chain-broken", [("n", (*n as u64).into())]),
        Stands::ChainNever => text.get("cont-chain-never").into_owned(),
        Stands::Quarantined(rows) => text.with(
            "cont-quarantined",
            [("n", (*rows).into()), ("rows", text.count(*rows).into())],
        ),
        Stands::FilesRefused(n) => text.with("cont-files-refused", [("n", (*n as u64).into())]),
        Stands::RunSound(at_ms) => when("cont-run-sound", *at_ms),
        Stands::RunFailed(at_ms) => when("cont-run-failed", *at_ms),
        Stands::Readable => text.get("cont-readable").into_owned(),
        Stands::Unreadable => text.get("cont-unreadable").into_owned(),
    }
}

/// Who holds it.
pub fn holder_words(text: &Text, program: &str, process: u32) -> String {
    text.with(
        "cont-held",
        [
            ("program", program.into()),
            // A process id is a name, not a count.
            ("process", process.to_string().into()),
        ],
    )
}
