//! What is happening now: the job under way step by step, and afterwards a plain account of it.

use eframe::egui::{Align, CornerRadius, Layout, Rect, Sense, Ui, vec2};

use super::account;
use super::parts::{ink_of, mark_ui, plain_card_ui, seconds};
use crate::gui::context::Cx;
use crate::gui::fonts::{Icon, icon};
use crate::gui::pages::model::wrapped_ui;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_ui};
use crate::service::command::Command;
use crate::service::continuity::threats::Level;
use crate::service::continuity::view::Job;
use crate::service::continuity::{ContinuityAsk, Step, StepState};
use crate::text::Text;

/// Draws the card, where there is a job to tell of.
pub fn now_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(job) = cx.snapshot.continuity.job.clone() else {
        return;
    };
    let t = theme::tokens(ui);
    let text = cx.text;
    plain_card_ui(ui, |ui| {
        ui.spacing_mut().item_spacing.y = size::XS;
        let when = if job.is_under_way() {
            "cont-now"
        } else {
            "cont-ended"
        };
        let kind = text
            .get(&format!("cont-job-{}", job.kind.key()))
            .into_owned();
        let title = text.with(when, [("job", kind.into())]);
        ui.label(theme::strong(title, t.text));
        if job.waits {
            wrapped_ui(ui, theme::body(text.get("cont-waits"), t.mute));
        }
        if job.is_under_way() {
            progress_ui(ui, text, &job);
        }
        for step in &job.steps {
            step_ui(ui, text, step);
        }
        match &job.account {
            Some(account) => {
                ui.add_space(size::XS);
                account::account_ui(ui, cx, job.kind, account);
            }
            None => cancel_ui(ui, cx, &job),
        }
    });
}

/// What a step is called; the key itself where nobody has named it.
pub fn step_words(text: &Text, key: &str) -> String {
    let message = format!("step-{}", key.replace('_', "-"));
    let words = text.get(&message).into_owned();
    if words == message {
        key.replace(['_', '-'], " ")
    } else {
        words
    }
}

/// How far the step under way is; nothing is made up where it cannot be known.
fn progress_ui(ui: &mut Ui, text: &Text, job: &Job) {
    let t = theme::tokens(ui);
    let far = job.steps.last().and_then(|step| step.fraction);
    let size = vec2(ui.available_width(), size::SPLIT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let corner = CornerRadius::same(3);
    ui.painter().rect_filled(rect, corner, t.band);
    if let Some(far) = far {
        let done = vec2(rect.width() * far.clamp(0.0, 1.0), rect.height());
        let done = Rect::from_min_size(rect.min, done);
        ui.painter().rect_filled(done, corner, t.accent);
        response.on_hover_text(text.percent(f64::from(far)));
    }
    ui.add_space(size::XS);
}

fn step_ui(ui: &mut Ui, text: &Text, step: &Step) {
    let t = theme::tokens(ui);
    let level = match step.state {
        StepState::Failed(_) => Level::Danger,
        _ => Level::Well,
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        ui.spacing_mut().interact_size.y = 22.0;
        if step.state == StepState::Running {
            // Still, so that a long step does not draw the window over and over.
            ui.label(theme::body(icon(Icon::LoaderCircle), t.accent).size(size::FIGURE));
        } else {
            mark_ui(ui, level);
        }
        let words = step_words(text, step.key);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let time = match (&step.state, step.fraction) {
                (StepState::Running, Some(far)) => text.percent(f64::from(far)),
                (StepState::Running, None) => text.get("cont-running").into_owned(),
                _ => seconds(text, step.secs),
            };
            ui.label(theme::body(time, t.mute));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let ink = ink_of(ui, level);
                ui.add(eframe::egui::Label::new(theme::body(words, ink)).truncate());
            });
        });
    });
    let more = match &step.state {
        StepState::Failed(why) => why,
        _ => &step.detail,
    };
    if !more.is_empty() {
        wrapped_ui(ui, theme::small(more.as_str(), t.mute));
    }
}

fn cancel_ui(ui: &mut Ui, cx: &mut Cx<'_>, job: &Job) {
    let t = theme::tokens(ui);
    let text = cx.text;
    ui.add_space(size::XS);
    if job.stopping {
        ui.label(theme::body(text.get("cont-stopping"), t.mute));
        return;
    }
    let may = !cx.snapshot.read_only;
    let button = ui.add_enabled_ui(may, |ui| {
        button_ui(ui, Kind::Plain, &text.get("cont-cancel"))
    });
    let hover = text.get("cont-cancel-why");
    if button.inner.on_hover_text(hover).clicked() {
        cx.send(Command::Continuity(ContinuityAsk::Cancel));
    }
}
