//! What the crosshair reads: every value at one instant, and the verdict then with its model's version.

use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Rect, Stroke, Ui, pos2, vec2,
};

use crate::domain::Channel;
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::verdict_line_ui;
use crate::service::snapshot::{Bucket, Sample};
use crate::text::Text;

use super::locomotive::table::{range, remarks, said};

const WIDTH: f32 = 206.0;
/// With the least and largest beside each value.
const WIDE: f32 = 278.0;
const HEIGHT: f32 = 166.0;
/// A line more.
const LINE: f32 = 20.0;

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

/// The instant (UTC seconds) of the sample so many samples away from the one nearest to `from`.
#[must_use]
pub fn step(samples: &[Sample], from: f64, by: i64) -> Option<f64> {
    let near = nearest(samples, from)?.at_ms;
    let at = samples.partition_point(|s| s.at_ms < near) as i64;
    let to = (at + by).clamp(0, samples.len() as i64 - 1);
    samples.get(to as usize).map(|s| s.at_ms as f64 / 1000.0)
}

/// Draws the card beside `x`, inside `bounds`.
pub fn reading_card_ui(ui: &mut Ui, cx: &Cx<'_>, sample: &Sample, x: f32, y: f32, bounds: Rect) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let bucket = (sample.bucket.readings > 1).then_some(&sample.bucket);
    // A line each: what is strange must not be cut.
    let remarks = remarks(text, sample).replace(" · ", "\n");
    let width = if bucket.is_some() { WIDE } else { WIDTH };
    let more = remarks.lines().count() + if bucket.is_some() { 2 } else { 0 };
    let height = HEIGHT + LINE * more as f32;
    let left = if x + 14.0 + width < bounds.right() {
        x + 14.0
    } else {
        x - 14.0 - width
    };
    let top = (y + 10.0).clamp(bounds.top(), (bounds.bottom() - height).max(bounds.top()));
    let rect = Rect::from_min_size(pos2(left.max(bounds.left()), top), vec2(width, height));
    at_ui(ui, "reading-card", rect, |ui| {
        Frame::new()
            .fill(t.panel)
            .stroke(Stroke::new(size::LINE, t.line))
            .corner_radius(CornerRadius::same(size::CORNER))
            .inner_margin(Margin::same(12))
            .show(ui, |ui| {
                ui.set_width(width - 24.0);
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.spacing_mut().interact_size.y = 18.0;
                let title = format!(
                    "{} {}",
                    text.date(sample.at_ms),
                    text.time_seconds(sample.at_ms)
                );
                ui.label(theme::strong(title, t.text));
                if let Some(bucket) = bucket {
                    bucket_ui(ui, text, bucket);
                }
                for channel in Channel::ALL {
                    let i = channel.index();
                    let value = text.value_unit(channel, sample.values[i]);
                    let around = bucket.map(|b| range(text, channel, b.low[i], b.high[i]));
                    pair_ui(ui, &text.channel(channel), &value, around.as_deref());
                }
                let ink = if sample.flags.is_empty() {
                    t.mute
                } else {
                    t.warn
                };
                for remark in remarks.lines() {
                    ui.add(Label::new(theme::small_strong(remark, ink)).truncate());
                }
                judged_ui(ui, text, sample);
            });
    });
}

/// From when to when the bucket goes.
fn bucket_ui(ui: &mut Ui, text: &Text, bucket: &Bucket) {
    let t = theme::tokens(ui);
    let same_day = text.date(bucket.from_ms) == text.date(bucket.to_ms);
    let end = |ms| match same_day {
        true => text.time_seconds(ms),
        false => format!("{} {}", text.date(ms), text.time(ms)),
    };
    let words = format!("{} – {}", end(bucket.from_ms), end(bucket.to_ms));
    ui.label(theme::small(words, t.mute));
}

/// The verdict then, by the model of that day; the worst of a bucket, where that is another one.
fn judged_ui(ui: &mut Ui, text: &Text, sample: &Sample) {
    let t = theme::tokens(ui);
    let (probability, verdict, model) = said(text, sample);
    ui.add_space(2.0);
    let Some(kind) = verdict else {
        ui.label(theme::small(text.get("cursor-not-judged"), t.off));
        return;
    };
    let mut words = format!("{} {probability}", text.verdict_short(kind));
    if !model.is_empty() {
        words.push_str(&format!(" · {model}"));
    }
    ui.horizontal(|ui| verdict_line_ui(ui, kind, &words));
    if let Some((low, high, worst)) = sample.bucket.judged.filter(|j| j.0 < j.1) {
        let words = text.with(
            "sample-judged",
            [
                ("low", text.percent(low).into()),
                ("high", text.percent(high).into()),
                ("worst", text.verdict_short(worst).into()),
            ],
        );
        ui.label(theme::small(words, t.mute));
    }
}

fn pair_ui(ui: &mut Ui, name: &str, value: &str, around: Option<&str>) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.label(theme::body(name, t.mute).size(size::LABEL));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::body(value, t.text).size(size::LABEL));
            if let Some(around) = around {
                ui.label(theme::small(around, t.mute));
            }
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
            mean: false,
            flags: Flags::NONE,
            judged: None,
            bucket: Bucket::of_one(at_ms, [0.0; 4]),
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
