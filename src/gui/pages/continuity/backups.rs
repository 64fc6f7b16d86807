//! What can be come back to: every backup, whether it was proven, where it lies.

use eframe::egui::{Sense, Ui, vec2};

use super::State;
use super::dialog::Dialog;
use super::parts::{MARK, disabled_why, ink_of, mark_ui, may_begin, megabytes, seconds};
use crate::gui::context::Cx;
use crate::gui::pages::model::{cell_ui, titled_ui, wrapped_ui};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::small_button_ui;
use crate::service::continuity::backup::{Backup, Origin};
use crate::service::continuity::threats::Level;
use crate::text::Text;

/// Room of the button.
const BUTTON: f32 = 88.0;
/// More of them are counted, not listed.
const LISTED: usize = 30;

/// Draws the card.
pub fn backups_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let text = cx.text;
    let view = &cx.snapshot.continuity;
    titled_ui(ui, &text.get("cont-backups"), None, |ui| {
        let t = theme::tokens(ui);
        ui.spacing_mut().item_spacing = vec2(size::S, 0.0);
        if !view.ready {
            ui.label(theme::body(text.get("cont-looking"), t.mute));
            return;
        }
        if view.backups.is_empty() {
            ui.label(theme::strong(text.get("cont-backups-none"), t.warn));
            wrapped_ui(ui, theme::body(text.get("cont-backups-none-todo"), t.text));
            return;
        }
        let room = ui.available_width() - BUTTON - 7.0 * size::S;
        let widths = [0.24, 0.23, 0.14, 0.24, 0.15].map(|share| (room * share).floor());
        ui.horizontal(|ui| {
            for (i, (key, width)) in [
                "cont-date",
                "cont-origin",
                "cont-size",
                "cont-proof",
                "cont-places",
            ]
            .into_iter()
            .zip(widths)
            .enumerate()
            {
                cell_ui(ui, width, i == 2, theme::small(text.get(key), t.mute));
            }
        });
        for backup in view.backups.iter().take(LISTED) {
            row_ui(ui, cx, state, backup, widths);
        }
        if let Some(more) = view.backups.len().checked_sub(LISTED + 1) {
            let words = text.with("cont-backups-more", [("n", (more as u64 + 1).into())]);
            ui.label(theme::small(words, t.mute));
        }
    });
}

/// Shape, word and, where there is something to say, why.
pub fn proof_words(text: &Text, backup: &Backup) -> (Level, String, Option<String>) {
    match (&backup.wrong, &backup.proof) {
        (Some(why), _) => (
            Level::Danger,
            text.get("cont-proof-wrong").into_owned(),
            Some(why.clone()),
        ),
        (None, None) => (
            Level::Watch,
            text.get("cont-proof-none").into_owned(),
            Some(text.get("cont-proof-none-why").into_owned()),
        ),
        (None, Some(proof)) => match &proof.failed {
            Some(why) => (
                Level::Danger,
                text.get("cont-proof-failed").into_owned(),
                Some(why.clone()),
            ),
            None => (
                Level::Well,
                text.get("cont-proof-proven").into_owned(),
                None,
            ),
        },
    }
}

/// What it was made for.
pub fn origin_key(origin: Origin) -> &'static str {
    match origin {
        Origin::Manual => "cont-origin-manual",
        Origin::BeforeRun => "cont-origin-run",
        Origin::BeforeColdRestart => "cont-origin-restart",
        Origin::BeforeRestore => "cont-origin-restore",
        Origin::BeforeMigration => "cont-origin-migration",
    }
}

fn row_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State, backup: &Backup, widths: [f32; 5]) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter()
        .hline(line.x_range(), line.top(), theme::hairline(t));
    let when = text.date_time(backup.made_ms, Some(cx.wall_ms));
    let (level, word, why) = proof_words(text, backup);
    ui.horizontal(|ui| {
        ui.set_height(size::ROW - 1.0);
        cell_ui(ui, widths[0], false, theme::body(when.as_str(), t.text));
        let origin = text.get(origin_key(backup.origin));
        cell_ui(ui, widths[1], false, theme::body(origin, t.mute));
        let bytes = megabytes(text, backup.bytes);
        cell_ui(ui, widths[2], true, theme::body(bytes, t.text));
        let proof = ui.horizontal(|ui| {
            mark_ui(ui, level);
            let ink = match level {
                Level::Well => t.mute,
                _ => ink_of(ui, level),
            };
            let words = match level {
                Level::Well => theme::body(word, ink),
                _ => theme::strong(word, ink),
            };
            cell_ui(ui, widths[3] - MARK - size::S, false, words);
        });
        let hover = match &backup.proof {
            Some(proof) if level == Level::Well => text.with(
                "cont-proof-how",
                [
                    ("who", proof.who.as_str().into()),
                    ("when", text.moment(proof.at_ms, Some(cx.wall_ms)).into()),
                    ("secs", seconds(text, proof.recovery_secs).into()),
                ],
            ),
            _ => why.clone().unwrap_or_default(),
        };
        proof.response.on_hover_text(hover);
        let copies = backup.places.len() as u64;
        let words = text.with("cont-copies", [("n", copies.into())]);
        let places: Vec<_> = backup
            .places
            .iter()
            .map(|p| p.display().to_string())
            .collect();
        ui.scope(|ui| cell_ui(ui, widths[4], false, theme::body(words, t.mute)))
            .response
            .on_hover_text(places.join("\n"));
        let usable = backup.wrong.is_none();
        let name = text.with("cont-restore-of", [("when", when.as_str().into())]);
        let word = text.get("cont-restore");
        let button = ui
            .add_enabled_ui(usable && may_begin(cx), |ui| {
                small_button_ui(ui, &word, &name)
            })
            .inner;
        let button = if usable {
            disabled_why(button, cx)
        } else {
            button.on_disabled_hover_text(text.get("cont-restore-wrong"))
        };
        if button.clicked() {
            state.dialog = Some(Dialog::restore(backup.file.clone()));
        }
    });
    // A failed proof is said in words, not only under a pointer.
    if let (Level::Danger, Some(why)) = (level, why) {
        let name = backup
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        wrapped_ui(ui, theme::small(format!("{name} — {why}"), t.danger));
        ui.add_space(size::XS);
    }
}
