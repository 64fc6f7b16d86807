//! What the crosshair reads: every value at one instant, and the verdict then with its model's version.

use eframe::egui::{Align, CornerRadius, Frame, Layout, Margin, Rect, Stroke, Ui, pos2, vec2};

use crate::domain::Channel;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::verdict_line_ui;
use crate::service::snapshot::Sample;

const WIDTH: f32 = 206.0;
const HEIGHT: f32 = 178.0;

/// The sample nearest to an instant.
#[must_use]
pub fn nearest(samples: &[Sample], secs: f64) -> Option<&Sample> {
    let ms = (secs * 1000.0) as i64;
    let i = samples.partition_point(|s| s.at_ms < ms);
    let before = i.checked_sub(1).and_then(|i| samples.get(i));
    match (before, samples.get(i)) {
        (Some(a), Some(b)) if ms - a.at_ms <= b.at_ms - ms => Some(a),
        (_, Some(b)) => Some(b),
        (a, None) => a,
    }
}

/// Draws the card beside `x`, inside `bounds`.
pub fn reading_card_ui(ui: &mut Ui, cx: &Cx<'_>, sample: &Sample, x: f32, y: f32, bounds: Rect) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let left = if x + 14.0 + WIDTH < bounds.right() {
        x + 14.0
    } else {
        x - 14.0 - WIDTH
    };
    let top = (y + 10.0).clamp(bounds.top(), (bounds.bottom() - HEIGHT).max(bounds.top()));
    let rect = Rect::from_min_size(pos2(left.max(bounds.left()), top), vec2(WIDTH, HEIGHT));
    at_ui(ui, "reading-card", rect, |ui| {
        Frame::new()
            .fill(t.panel)
            .stroke(Stroke::new(size::LINE, t.line))
            .corner_radius(CornerRadius::same(size::CORNER))
            .inner_margin(Margin::same(12))
            .show(ui, |ui| {
                ui.set_width(WIDTH - 24.0);
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.spacing_mut().interact_size.y = 18.0;
                let title = format!(
                    "{} {}",
                    text.date(sample.at_ms),
                    text.time_seconds(sample.at_ms)
                );
                ui.label(theme::strong(title, t.text));
                for channel in Channel::ALL {
                    let value = text.value_unit(channel, sample.values[channel.index()]);
                    pair_ui(ui, &text.channel(channel), &value);
                }
                let flag = sample.flags.first();
                if let Some((flag, channel)) = flag {
                    let words = text.cause(&crate::domain::Cause::Flagged { flag, channel });
                    ui.label(theme::small_strong(words, t.warn));
                }
                match sample.judged {
                    Some((p, kind, version)) => {
                        let words = format!(
                            "{} {} · v{version}",
                            text.verdict_short(kind),
                            text.percent(p)
                        );
                        ui.add_space(2.0);
                        ui.horizontal(|ui| verdict_line_ui(ui, kind, &words));
                    }
                    None => {
                        ui.label(theme::small(text.get("cursor-not-judged"), t.off));
                    }
                }
            });
    });
}

fn pair_ui(ui: &mut Ui, name: &str, value: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.label(theme::body(name, t.mute).size(13.0));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::body(value, t.text).size(13.0));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Flags;

    #[test]
    fn the_nearest_sample_is_found_at_both_ends() {
        let at = |at_ms| Sample {
            at_ms,
            values: [0.0; 4],
            flags: Flags::NONE,
            judged: None,
        };
        let samples = [at(1000), at(2000), at(4000)];
        let near = |secs| nearest(&samples, secs).map(|s| s.at_ms);
        assert_eq!(near(0.0), Some(1000));
        assert_eq!(near(1.4), Some(1000));
        assert_eq!(near(2.9), Some(2000));
        assert_eq!(near(3.1), Some(4000));
        assert_eq!(near(9.0), Some(4000));
        assert!(nearest(&[], 1.0).is_none());
    }
}
