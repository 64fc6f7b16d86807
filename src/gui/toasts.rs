//! What happened once, said in a corner: runs that ended, models, refusals. What hurts stays until it is
//! closed; warnings leave after a minute, good news after seconds.

use std::time::{Duration, Instant};

use eframe::egui::{Align2, Area, Context, CornerRadius, Frame, Id, Margin, Order, Stroke, vec2};

use crate::service::command::Event;

use super::fonts::{Icon, icon};
use super::theme::{self, size};
use super::widgets::button::icon_button_ui;
use super::widgets::card::Tone;
use crate::text::Text;

const SHOWN_FOR: Duration = Duration::from_secs(8);
/// A warning: long enough for somebody who looks away, and not over the page for the rest of the shift. The log keeps it.
const WARNS_FOR: Duration = Duration::from_secs(60);
/// More than these at once would hide the page.
const AT_MOST: usize = 4;

struct Toast {
    tone: Tone,
    what: What,
    until: Option<Instant>,
}

/// Kept as what happened, not as words: the language may change meanwhile.
enum What {
    Event(Event),
    NotSent,
    NoDialog,
}

/// What hurts stays until somebody closes it.
fn shown_for(tone: Tone) -> Option<Duration> {
    match tone {
        Tone::Calm => Some(SHOWN_FOR),
        Tone::Warn | Tone::Off => Some(WARNS_FOR),
        Tone::Danger => None,
    }
}

/// The messages on screen, oldest first.
#[derive(Default)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// An event of the service.
    pub fn event(&mut self, event: Event) {
        let tone = match event {
            Event::RunDone { .. }
            | Event::ContinuityDone { well: true, .. }
            | Event::ModelPromoted { .. }
            | Event::Exported { gone: None, .. } => Tone::Calm,
            Event::RunFailedSafe { .. } | Event::NotKept { .. } => Tone::Danger,
            Event::RunBusy { .. }
            | Event::RunCancelled { .. }
            | Event::Refused { .. } | Event::ReadOnly
            // A file that is shorter than its range must not be taken for the whole of it.
            | Event::Exported { gone: Some(_), .. }
            | Event::SettingsBroken { .. }
            | Event::ModelRefused { .. }
            | Event::ContinuityDone { well: false, .. } => Tone::Warn,
        };
        self.push(tone, What::Event(event));
    }

    /// The service did not take a command.
    pub fn not_sent(&mut self) {
        self.push(Tone::Warn, What::NotSent);
    }

    /// The machine has no file dialog.
    pub fn no_dialog(&mut self) {
        self.push(Tone::Warn, What::NoDialog);
    }

    fn push(&mut self, tone: Tone, what: What) {
        let until = shown_for(tone).map(|time| Instant::now() + time);
        self.0.push(Toast { tone, what, until });
        if self.0.len() > AT_MOST {
            self.0.remove(0);
        }
    }

    /// Draws them, and wakes the window when the next one must leave.
    pub fn ui(&mut self, ctx: &Context, text: &Text) {
        let now = Instant::now();
        self.0.retain(|toast| toast.until.is_none_or(|u| u > now));
        if let Some(next) = self.0.iter().filter_map(|toast| toast.until).min() {
            ctx.request_repaint_after(next - now);
        }
        if self.0.is_empty() {
            return;
        }
        let t = theme::of(&ctx.global_style().visuals);
        let mut closed = None;
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(
                // Over the end of the page, never over what is said of the worst locomotive.
                Align2::LEFT_BOTTOM,
                vec2(size::RAIL + size::XL, -size::REPLAY_BAR - size::M),
            )
            .show(ctx, |ui| {
                for (i, toast) in self.0.iter().enumerate() {
                    let (ink, ground) = toast.tone.colours(t);
                    Frame::new()
                        .fill(ground)
                        .stroke(Stroke::new(size::LINE, ink))
                        .corner_radius(CornerRadius::same(size::CORNER))
                        .inner_margin(Margin::symmetric(12, 8))
                        .show(ui, |ui| {
                            ui.set_width(384.0);
                            ui.horizontal_top(|ui| {
                                let glyph = match toast.tone {
                                    Tone::Calm => Icon::Info,
                                    _ => Icon::TriangleAlert,
                                };
                                // Level with the button that closes it.
                                ui.vertical(|ui| {
                                    ui.add_space(size::XS + 2.0);
                                    ui.label(theme::body(icon(glyph), ink));
                                });
                                ui.vertical(|ui| {
                                    ui.set_width(320.0);
                                    ui.add_space(size::XS + 2.0);
                                    ui.label(theme::body(toast.what.words(text), t.text));
                                    if let Some(detail) = toast.what.detail(text) {
                                        ui.label(theme::small(detail, t.mute));
                                    }
                                });
                                if icon_button_ui(ui, Icon::X, &text.get("button-close")).clicked()
                                {
                                    closed = Some(i);
                                }
                            });
                        });
                }
            });
        if let Some(i) = closed {
            self.0.remove(i);
        }
    }
}

impl What {
    fn words(&self, text: &Text) -> String {
        let event = match self {
            Self::NotSent => return text.get("toast-not-sent").into_owned(),
            Self::NoDialog => return text.get("files-unavailable").into_owned(),
            Self::Event(event) => event,
        };
        match event {
            Event::RunDone { kept, quarantined } => text.with(
                "toast-run-done",
                [
                    ("kept", text.count(*kept).into()),
                    ("quarantined", text.count(*quarantined).into()),
                ],
            ),
            Event::RunFailedSafe { .. } => text.get("toast-run-failed").into_owned(),
            Event::RunCancelled { by } => {
                text.with("toast-run-cancelled", [("by", by.as_str().into())])
            }
            Event::RunBusy { holder } => {
                text.with("toast-run-busy", [("holder", holder.as_str().into())])
            }
            Event::Exported { to, .. } => text.with(
                "toast-exported",
                [("path", to.display().to_string().into())],
            ),
            Event::NotKept { .. } => text.get("toast-not-kept").into_owned(),
            Event::ReadOnly => text.get("read-only-refused").into_owned(),
            Event::Refused { .. } => text.get("toast-refused").into_owned(),
            Event::ModelPromoted { version } => {
                text.with("toast-model-promoted", [("version", (*version).into())])
            }
            Event::ContinuityDone {
                kind, well: true, ..
            } => text.get(&format!("cont-done-{}", kind.key())).into_owned(),
            Event::ContinuityDone { kind, .. } => text
                .get(&format!("cont-not-done-{}", kind.key()))
                .into_owned(),
            Event::SettingsBroken { .. } => text.get("set-broken").into_owned(),
            Event::ModelRefused { .. } => text.get("toast-model-refused").into_owned(),
        }
    }

    /// What the service said of it, in its own words.
    fn detail(&self, text: &Text) -> Option<String> {
        match self {
            Self::Event(
                Event::RunFailedSafe { cause: why }
                | Event::NotKept { why }
                | Event::Refused { why }
                | Event::SettingsBroken { why }
                | Event::ModelRefused { why },
            ) => text.detail(why),
            Self::Event(Event::ContinuityDone { why: Some(why), .. }) => text.detail(why),
            Self::Event(Event::Exported {
                gone: Some(gone), ..
            }) => Some(text.pruned(gone.readings, gone.to_ms)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_leave_and_what_hurts_stays() {
        let mut toasts = Toasts::default();
        let why = String::new();
        toasts.event(Event::Refused { why: why.clone() });
        toasts.event(Event::SettingsBroken { why: why.clone() });
        toasts.event(Event::RunFailedSafe { cause: why.clone() });
        toasts.event(Event::NotKept { why });
        let left: Vec<bool> = toasts.0.iter().map(|t| t.until.is_none()).collect();
        assert_eq!(left, [false, false, true, true]);
        let within = Instant::now() + Duration::from_secs(61);
        assert!(toasts.0.iter().all(|t| t.until.is_none_or(|u| u < within)));
    }
}
