//! What I can do: the buttons of a bad night, who to call, and the head of the chain.

use eframe::egui::{Ui, vec2};

use super::State;
use super::account;
use super::dialog::Dialog;
use super::parts::{Wide, disabled_why, may_begin, plain_card_ui, seconds, wide_button_ui};
use crate::gui::context::Cx;
use crate::gui::fonts::Icon;
use crate::gui::pages::model::{titled_ui, wrapped_ui};
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui};
use crate::service::command::Command;
use crate::service::continuity::ContinuityAsk;
use crate::service::continuity::drills::Drill;
use crate::service::continuity::view::newest_proven;

/// Findings listed; more are counted.
const FINDINGS: usize = 6;

/// Draws the buttons.
pub fn act_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    plain_card_ui(ui, |ui| {
        ui.label(theme::strong(text.get("cont-act"), t.text));
        let whole = ui.available_width();
        let half = ((whole - size::S) / 2.0).floor();
        ui.spacing_mut().item_spacing = vec2(size::S, size::S);
        let may = may_begin(cx);
        let view = &cx.snapshot.continuity;
        let sound = view.backups.iter().find(|b| b.wrong.is_none());
        let latest = sound.map(|b| b.file.clone());
        let proven = newest_proven(&view.backups).or(sound);
        let proven = proven.map(|b| b.file.clone());
        let press = |ui: &mut Ui, on: bool, look, width, key: &str| {
            let word = text.get(key);
            let button = ui.add_enabled_ui(on, |ui| wide_button_ui(ui, look, width, &word));
            button.inner
        };
        let mut ask = None;
        let button = press(ui, may, Wide::Primary, whole, "cont-act-backup");
        if disabled_why(button, cx).clicked() {
            ask = Some(ContinuityAsk::BackUp);
        }
        ui.horizontal(|ui| {
            let on = may && latest.is_some();
            let button = press(ui, on, Wide::Plain, half, "cont-act-prove");
            let button = why_off(button, cx, may);
            if let (true, Some(file)) = (button.clicked(), latest) {
                ask = Some(ContinuityAsk::Prove(file));
            }
            let on = may && proven.is_some();
            let button = press(ui, on, Wide::Plain, half, "cont-act-restore");
            let button = why_off(button, cx, may);
            if let (true, Some(file)) = (button.clicked(), proven) {
                state.dialog = Some(Dialog::restore(file));
            }
        });
        ui.horizontal(|ui| {
            let button = press(ui, may, Wide::Plain, half, "cont-act-verify");
            if disabled_why(button, cx).clicked() {
                ask = Some(ContinuityAsk::Verify);
            }
            let button = press(ui, may, Wide::Plain, half, "cont-act-drills");
            if disabled_why(button, cx).clicked() {
                ask = Some(ContinuityAsk::Drill(Drill::ALL.to_vec()));
            }
        });
        let button = press(ui, may, Wide::Grave, whole, "cont-act-restart");
        if disabled_why(button, cx).clicked() {
            state.dialog = Some(Dialog::cold_restart());
            ask = Some(ContinuityAsk::LookAtHolders);
        }
        if let Some(ask) = ask {
            cx.send(Command::Continuity(ask));
        }
    });
}

fn why_off(button: eframe::egui::Response, cx: &Cx<'_>, may: bool) -> eframe::egui::Response {
    if may {
        button.on_disabled_hover_text(cx.text.get("cont-backups-none"))
    } else {
        disabled_why(button, cx)
    }
}

/// Who is called, large enough at 2 a.m.
pub fn on_call_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    let contacts = &cx.snapshot.settings.contacts;
    titled_ui(ui, &text.get("cont-on-call"), None, |ui| {
        let t = theme::tokens(ui);
        if contacts.is_empty() {
            // Those whom the plans name; their numbers are still to be given.
            for key in ["set-contact-technical", "set-contact-data"] {
                wrapped_ui(ui, theme::body(text.get(key), t.text));
                wrapped_ui(ui, theme::body(text.get("cont-no-number"), t.warn));
            }
            wrapped_ui(ui, theme::small(text.get("cont-on-call-none"), t.mute));
        }
        for contact in contacts.iter() {
            let phone = if contact.phone.is_empty() {
                theme::body(text.get("cont-no-number"), t.warn)
            } else {
                theme::strong(contact.phone.as_str(), t.text).size(size::FIGURE)
            };
            let mut words = contact.name.clone();
            if !contact.role.is_empty() {
                words = format!("{words} · {}", contact.role);
            }
            wrapped_ui(ui, theme::body(words, t.text));
            wrapped_ui(ui, phone);
            if !contact.email.is_empty() {
                wrapped_ui(ui, theme::small(contact.email.as_str(), t.mute));
            }
            ui.add_space(size::XS);
        }
    });
}

/// The head of the chain, to be copied elsewhere; and what the last verification found.
pub fn chain_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.text;
    let view = &cx.snapshot.continuity;
    titled_ui(ui, &text.get("cont-chain"), None, |ui| {
        let t = theme::tokens(ui);
        match &view.head {
            None => {
                let key = if view.ready {
                    "cont-chain-none"
                } else {
                    "cont-looking"
                };
                ui.label(theme::body(text.get(key), t.mute));
            }
            Some(head) => {
                ui.label(theme::small(text.get("cont-chain-head"), t.mute));
                ui.horizontal(|ui| {
                    let copy = text.get("cont-chain-copy");
                    let glyph = Some(Icon::Copy);
                    if button_icon_ui(ui, Kind::Plain, glyph, &copy).clicked() {
                        ui.ctx().copy_text(head.clone());
                    }
                    ui.add(eframe::egui::Label::new(theme::body(head.as_str(), t.text)).truncate());
                });
            }
        }
        ui.add_space(size::XS);
        let Some(verified) = &view.verified else {
            if view.ready {
                ui.label(theme::body(text.get("cont-chain-never-long"), t.warn));
            }
            return;
        };
        let words = text.with(
            "cont-verified",
            [
                ("when", text.moment(verified.at_ms, Some(cx.wall_ms)).into()),
                ("rows", text.count(verified.rows).into()),
                (
                    "entries",
                    text.count(verified.entries.unsigned_abs()).into(),
                ),
                ("secs", seconds(text, verified.secs).into()),
            ],
        );
        wrapped_ui(ui, theme::small(words, t.mute));
        if verified.findings.is_empty() {
            wrapped_ui(ui, theme::body(text.get("cont-found-nothing"), t.text));
            return;
        }
        for finding in verified.findings.iter().take(FINDINGS) {
            wrapped_ui(
                ui,
                theme::strong(account::finding_words(cx, finding), t.danger),
            );
        }
        if let Some(more) = verified.findings.len().checked_sub(FINDINGS + 1) {
            let words = text.with("cont-found-more", [("n", (more as u64 + 1).into())]);
            wrapped_ui(ui, theme::small(words, t.mute));
        }
        wrapped_ui(ui, theme::body(text.get("cont-found-todo"), t.text));
    });
}
