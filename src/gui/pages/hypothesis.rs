//! What the model says of a hypothesis, in the Simulator's middle: the verdict, the sum that makes it,
//! the ways back to nominal.

use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Sense, Stroke, Ui, Vec2, vec2,
};

use crate::domain::ports::{Judgement, SharedJudge};
use crate::domain::{Channel, ChannelValues, VerdictKind};
use crate::gui::theme::{self, size};
use crate::gui::widgets::bars::by_weight;
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{colour, paint_shape};
use crate::text::Text;

/// The verdict of a hypothesis: shape, words, probability, threshold, model.
pub fn verdict_card_ui(ui: &mut Ui, text: &Text, judge: &SharedJudge, judgement: &Judgement) {
    let t = theme::tokens(ui);
    let kind = judgement.verdict;
    let danger = kind == VerdictKind::Danger;
    let fill = if danger { t.danger_surface } else { t.raised };
    let line = if danger { t.danger_surface } else { t.line };
    Frame::new()
        .fill(fill)
        .stroke(Stroke::new(size::LINE, line))
        .corner_radius(CornerRadius::same(size::CORNER))
        .inner_margin(Margin::symmetric(16, 14))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = size::L;
                let side = if ui.available_width() < 270.0 {
                    38.0
                } else {
                    52.0
                };
                ui.vertical(|ui| {
                    ui.add_space(size::S);
                    let (rect, _) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
                    paint_shape(ui.painter(), rect.center(), side, kind, t);
                });
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let words = theme::sized(
                        text.verdict(kind),
                        if side < 50.0 {
                            size::TEXT + 1.0
                        } else {
                            size::TITLE
                        },
                        colour(kind, t),
                    );
                    ui.add(Label::new(words).truncate());
                    ui.horizontal(|ui| {
                        ui.spacing_mut().item_spacing.x = size::S;
                        let p = text.percent(judgement.probability);
                        ui.label(theme::sized(p, 30.0, t.text));
                        ui.vertical(|ui| {
                            ui.add_space(size::S);
                            let threshold = text.percent(judgement.threshold);
                            let threshold =
                                text.with("sim-threshold", [("threshold", threshold.into())]);
                            let version = judge.card().version;
                            let model = text.with("sim-model", [("version", version.into())]);
                            ui.label(theme::small(threshold, t.mute));
                            ui.label(theme::small(model, t.mute));
                        });
                    });
                    ui.label(theme::small_strong(text.get("sim-hypothesis"), t.mute));
                });
            });
        });
}

/// "base 0,06 + 0,44 + 0,29 + 0,09 − 0,02 = 0,86".
pub fn sum(text: &Text, judgement: &Judgement) -> String {
    let terms: Vec<String> = by_weight(&judgement.contributions)
        .into_iter()
        .map(|c| {
            let push = judgement.contributions[c.index()];
            let sign = if push < 0.0 { '−' } else { '+' };
            format!("{sign} {}", text.number(push.abs(), 2))
        })
        .collect();
    text.with(
        "sim-sum",
        [
            ("base", text.number(judgement.base, 2).into()),
            ("terms", terms.join(" ").into()),
            ("probability", text.number(judgement.probability, 2).into()),
        ],
    )
}

/// What would bring it back: a row a channel, and one for the two that the danger map shows.
pub fn ways_ui(
    ui: &mut Ui,
    text: &Text,
    values: &ChannelValues,
    ways: &[Option<f64>; 4],
    both: Option<(f64, f64)>,
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    for channel in Channel::ALL {
        let words = ways[channel.index()].map(|to| {
            let sign = if to < values[channel.index()] {
                '≤'
            } else {
                '≥'
            };
            format!("{sign} {}", text.value_unit(channel, to))
        });
        way_row_ui(ui, text, channel.key(), &text.channel_alone(channel), words);
    }
    let words = both.map(|(x, y)| {
        let x = text.value_unit(Channel::Vibration, x);
        format!("{x} · {}", text.value_unit(Channel::Temperature, y))
    });
    let name = if ui.available_width() < 320.0 {
        text.get("sim-both-short")
    } else {
        text.get("sim-both")
    };
    way_row_ui(ui, text, "both", &name, words);
}

fn way_row_ui(ui: &mut Ui, text: &Text, salt: &str, name: &str, words: Option<String>) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, theme::hairline(t));
    at_ui(ui, salt, rect, |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.set_height(34.0);
            ui.label(theme::body(name, t.text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(match words {
                    Some(words) => theme::body(words, t.text),
                    None => theme::body(text.get("sim-none"), t.mute),
                });
            });
        });
    });
}
