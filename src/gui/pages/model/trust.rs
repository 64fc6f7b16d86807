//! The page's answer in one sentence, and above it what takes the model's word away.

use eframe::egui::Ui;

use super::State;
use super::dialog::Dialog;
use super::parts::titled_ui;
use crate::domain::{LabelKind, ModelCard};
use crate::gui::context::Cx;
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::{Tone, banner_ui};

/// Draws it.
pub fn trust_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State, card: Option<&ModelCard>) {
    let text = cx.text;
    let view = &cx.snapshot.models;
    let Some(card) = card else {
        return none_ui(ui, cx);
    };
    run::breaker_banner_ui(ui, cx);
    let tripped = view.tripped().next().is_some();
    if tripped && button_ui(ui, Kind::Primary, &text.get("mod-breaker-arm")).clicked() {
        state.dialog = Some(Dialog::arm());
    }
    let (tone, words, detail) = sentence(cx, card);
    let todo = if card.synthetic {
        text.get("mod-trust-simulated")
    } else {
        text.get("mod-trust-nothing")
    };
    banner_ui(ui, tone, &words, Some(&todo), detail.as_deref());
}

/// How far it can be trusted, in words, and the technical detail.
fn sentence(cx: &Cx<'_>, card: &ModelCard) -> (Tone, String, Option<String>) {
    let text = cx.text;
    let warn = |words: std::borrow::Cow<'_, str>| (Tone::Warn, words.into_owned(), None);
    if let Some(refusal) = &card.refusal {
        let words = text.get("mod-trust-gate").into_owned();
        return (Tone::Warn, words, text.detail(refusal));
    }
    if card.label_kind == LabelKind::Rule {
        return warn(text.get("mod-trust-rule"));
    }
    let Some(metrics) = card.metrics.as_ref().filter(|m| m.rows > 0) else {
        return warn(text.get("mod-trust-no-figures"));
    };
    let base = metrics.positives as f64 / metrics.rows as f64;
    let warns_of_few = metrics.failures_warned * 2 < metrics.failures;
    // Hardly better than pointing at rows blindly, or worse than silence.
    let blind = metrics
        .pr_auc
        .is_none_or(|area| area < 2.0 * base && area < 0.8);
    let never = card.never.as_ref().and_then(|never| never.brier);
    let unsure = metrics
        .brier
        .zip(never)
        .is_some_and(|(own, never)| own > never);
    let args = [
        ("warned", text.count(metrics.failures_warned).into()),
        ("failures", text.count(metrics.failures).into()),
        (
            "hours",
            super::parts::two(text, metrics.false_alarm_hours_per_loco_day).into(),
        ),
    ];
    if warns_of_few || blind || unsure {
        (Tone::Warn, text.with("mod-trust-weak", args), None)
    } else {
        (Tone::Calm, text.with("mod-trust-good", args), None)
    }
}

/// There is no model in force: why, and what to do.
fn none_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let view = &cx.snapshot.models;
    if let Some(why) = &view.damaged {
        let words = text.get("mod-trust-damaged");
        banner_ui(ui, Tone::Off, &words, None, text.detail(why).as_deref());
        return;
    }
    titled_ui(ui, &text.get("mod-none-title"), None, |ui| {
        let words = if view.versions.is_empty() {
            text.get("mod-none-text")
        } else {
            text.get("mod-none-kept")
        };
        ui.label(theme::body(words, t.mute));
        if let Some(cause) = &cx.snapshot.fleet_cause {
            ui.add_space(size::S);
            ui.label(theme::body(text.cause_sentence(cause), t.text));
            ui.label(theme::body(text.cause_todo(cause), t.mute));
        }
    });
}
