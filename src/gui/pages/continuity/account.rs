//! What a job came to, plainly: what was done, what was found, what to do next.

use eframe::egui::Ui;

use super::now::step_words;
use super::parts::{mark_ui, megabytes, seconds};
use crate::gui::context::Cx;
use crate::gui::pages::model::wrapped_ui;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::Command;
use crate::service::continuity::ContinuityAsk;
use crate::service::continuity::backup::Proof;
use crate::service::continuity::cold_restart::Restarted;
use crate::service::continuity::drills::Drilled;
use crate::service::continuity::steps::Stopped;
use crate::service::continuity::threats::Level;
use crate::service::continuity::verify::Finding;
use crate::service::continuity::view::{Account, JobKind};

/// Draws the account.
pub fn account_ui(ui: &mut Ui, cx: &mut Cx<'_>, kind: JobKind, account: &Account) {
    let text = cx.text;
    match account {
        Account::BackedUp(made, proof) => {
            let words = text.with(
                "cont-backed-up",
                [
                    ("size", megabytes(text, made.bytes).into()),
                    ("n", (made.places.len() as u64).into()),
                ],
            );
            line_ui(ui, Level::Well, &words);
            match proof {
                Ok(proof) => proof_ui(ui, cx, proof),
                Err(stopped) => {
                    line_ui(ui, Level::Watch, &text.get("cont-backed-up-unproven"));
                    stopped_ui(ui, cx, stopped);
                }
            }
        }
        Account::Proven(proof) => proof_ui(ui, cx, proof),
        Account::Restored(restored) => {
            let secs = seconds(text, restored.secs);
            let words = text.with("cont-restored", [("secs", secs.into())]);
            line_ui(ui, Level::Well, &words);
            if let Some(aside) = &restored.aside {
                let path = aside.display().to_string();
                more_ui(
                    ui,
                    &text.with("cont-restored-aside", [("path", path.into())]),
                );
            }
            more_ui(ui, &text.get("cont-restored-todo"));
        }
        Account::Verified(verified) => {
            if verified.findings.is_empty() {
                line_ui(ui, Level::Well, &text.get("cont-found-nothing"));
            } else {
                let n = verified.findings.len() as u64;
                let words = text.with("cont-found", [("n", n.into())]);
                line_ui(ui, Level::Danger, &words);
                more_ui(ui, &text.get("cont-found-where"));
            }
        }
        Account::Drilled(all) => drilled_ui(ui, cx, all),
        Account::Restarted(restarted) => restarted_ui(ui, cx, restarted),
        Account::Cancelled(stopped) => {
            let step = step_words(text, stopped.step);
            let words = text.with("cont-cancelled", [("step", step.into())]);
            line_ui(ui, Level::Off, &words);
            more_ui(ui, &text.get(state_key(kind)));
        }
        Account::Failed(stopped) => {
            stopped_ui(ui, cx, stopped);
            more_ui(ui, &text.get(state_key(kind)));
        }
    }
}

/// What state a job leaves things in when it stops early.
const fn state_key(kind: JobKind) -> &'static str {
    match kind {
        JobKind::BackUp => "cont-left-backup",
        JobKind::Prove => "cont-left-prove",
        JobKind::Restore => "cont-left-restore",
        JobKind::Verify => "cont-left-verify",
        JobKind::Drills => "cont-left-drills",
        JobKind::ColdRestart => "cont-left-restart",
    }
}

fn line_ui(ui: &mut Ui, level: Level, words: &str) {
    let t = theme::tokens(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        mark_ui(ui, level);
        wrapped_ui(ui, theme::strong(words, t.text));
    });
}

fn more_ui(ui: &mut Ui, words: &str) {
    let t = theme::tokens(ui);
    wrapped_ui(ui, theme::body(words, t.mute));
}

fn stopped_ui(ui: &mut Ui, cx: &Cx<'_>, stopped: &Stopped) {
    let text = cx.text;
    let step = step_words(text, stopped.step);
    let words = text.with("cont-stopped", [("step", step.into())]);
    line_ui(ui, Level::Danger, &words);
    if let Some(detail) = text.detail(&stopped.why) {
        more_ui(ui, &detail);
    }
}

fn proof_ui(ui: &mut Ui, cx: &Cx<'_>, proof: &Proof) {
    let text = cx.text;
    match &proof.failed {
        None => {
            let secs = seconds(text, proof.recovery_secs);
            let words = text.with("cont-proven", [("secs", secs.into())]);
            line_ui(ui, Level::Well, &words);
        }
        Some(why) => {
            line_ui(ui, Level::Danger, &text.get("cont-unproven"));
            if let Some(detail) = text.detail(why) {
                more_ui(ui, &detail);
            }
            more_ui(ui, &text.get("cont-unproven-todo"));
        }
    }
}

fn drilled_ui(ui: &mut Ui, cx: &mut Cx<'_>, all: &[Drilled]) {
    let text = cx.text;
    let passed = all.iter().filter(|d| d.passed).count();
    let words = text.with(
        "cont-drilled",
        [
            ("passed", (passed as u64).into()),
            ("all", (all.len() as u64).into()),
        ],
    );
    let level = if passed == all.len() {
        Level::Well
    } else {
        Level::Danger
    };
    line_ui(ui, level, &words);
    for failed in all.iter().filter(|d| !d.passed) {
        let name = text
            .get(&format!("cont-drill-{}", failed.name.key()))
            .into_owned();
        let why = failed.evidence.last().cloned().unwrap_or_default();
        more_ui(ui, &format!("{name} — {why}"));
    }
    reports_ui(ui, cx);
}

fn restarted_ui(ui: &mut Ui, cx: &mut Cx<'_>, restarted: &Restarted) {
    let text = cx.text;
    match &restarted.failed {
        None => line_ui(ui, Level::Well, &text.get("cont-restarted")),
        Some(why) => {
            line_ui(ui, Level::Danger, &text.get("cont-not-restarted"));
            if let Some(detail) = text.detail(why) {
                more_ui(ui, &detail);
            }
        }
    }
    let version = |model: Option<u32>| model.map_or_else(|| "—".to_owned(), |v| format!("v{v}"));
    let words = text.with(
        "cont-before-after",
        [
            ("before", text.count(restarted.readings.0).into()),
            ("after", text.count(restarted.readings.1).into()),
            ("modelbefore", version(restarted.model.0).into()),
            ("modelafter", version(restarted.model.1).into()),
        ],
    );
    more_ui(ui, &words);
    if restarted.report.is_some() {
        reports_ui(ui, cx);
    }
}

fn reports_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let word = cx.text.get("cont-reports");
    if button_ui(ui, Kind::Plain, &word).clicked() {
        cx.send(Command::Continuity(ContinuityAsk::OpenReports));
    }
}

/// A finding in words, with its runs and its rows.
pub fn finding_words(cx: &Cx<'_>, finding: &Finding) -> String {
    let text = cx.text;
    if !finding.words.is_empty() && finding.range.is_none() {
        return finding.words.clone();
    }
    let rows = text.count(finding.rows.unsigned_abs());
    let key = match finding.rows {
        0 => "cont-finding-changed",
        1.. => "cont-finding-added",
        _ => "cont-finding-missing",
    };
    let what = text.with(
        key,
        [
            ("rows", rows.into()),
            ("table", finding.table.as_str().into()),
        ],
    );
    let runs = finding.runs.map(|(first, last)| {
        let range = if first == last {
            first.to_string()
        } else {
            format!("{first}–{last}")
        };
        text.with("cont-finding-runs", [("runs", range.into())])
    });
    let range = finding.range.map(|(first, last)| match &finding.loco {
        // Instants, for a locomotive; else row numbers.
        Some(loco) => format!(
            "{loco}, {} – {}",
            text.date_time(first, Some(cx.wall_ms)),
            text.date_time(last, Some(cx.wall_ms))
        ),
        None => text.with(
            "cont-finding-range",
            [
                ("first", first.to_string().into()),
                ("last", last.to_string().into()),
            ],
        ),
    });
    let mut words = what;
    for part in [runs, range].into_iter().flatten() {
        words.push_str(" · ");
        words.push_str(&part);
    }
    words
}
