//! What the model says of a hypothesis, in the Simulator's middle: the verdict, the sum that makes it,
//! the ways back to nominal.

use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Sense, Stroke, Ui, Vec2, vec2,
};

use crate::domain::ports::{Judgement, SharedJudge};
use crate::domain::{Channel, ChannelValues, VerdictKind};
use crate::gui::theme::{self, size};
use crate::gui::widgets::bars::by_weight;
use crate::gui::widgets::button::small_button_ui;
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::verdict::{colour, paint_shape};
use crate::text::Text;

/// Height of a row of the ways back.
const ROW: f32 = 38.0;

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

/// "base 0,06 + 0,44 + 0,29 + 0,09 − 0,02 = 0,86"; "≈" where what is written, being rounded, does not add up.
pub fn sum(text: &Text, judgement: &Judgement) -> String {
    let hundredths = |v: f64| (v * 100.0).round() as i64;
    let written = judgement
        .contributions
        .iter()
        .fold(hundredths(judgement.base), |sum, c| sum + hundredths(*c));
    let sign = if written == hundredths(judgement.probability) {
        "="
    } else {
        "≈"
    };
    let terms: Vec<String> = by_weight(&judgement.contributions)
        .into_iter()
        .map(|c| {
            // The sign that its bar has: what is written as zero has no minus.
            let mut written = text.signed(judgement.contributions[c.index()]);
            let sign = written.remove(0);
            format!("{sign} {written}")
        })
        .collect();
    text.with(
        "sim-sum",
        [
            ("base", text.number(judgement.base, 2).into()),
            ("terms", terms.join(" ").into()),
            ("sign", sign.into()),
            ("probability", text.number(judgement.probability, 2).into()),
        ],
    )
}

/// What would bring it back: a row a channel, and one for the two that the danger map shows, each with a button that
/// goes there. The values that were asked for.
pub fn ways_ui(
    ui: &mut Ui,
    text: &Text,
    values: &ChannelValues,
    ways: &[Option<f64>; 4],
    pair: [Channel; 2],
    both: Option<ChannelValues>,
) -> Option<ChannelValues> {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut asked = None;
    for channel in Channel::ALL {
        // An arrow and no "≤": a forest may see danger again further on.
        let way = ways[channel.index()].map(|to| {
            let mut changed = *values;
            changed[channel.index()] = to;
            (format!("→ {}", text.value_unit(channel, to)), changed)
        });
        let name = text.channel_alone(channel);
        asked = way_row_ui(ui, text, channel.key(), (&name, &name), way).or(asked);
    }
    let way = both.map(|to| {
        let [x, y] = pair.map(|c| text.value_unit(c, to[c.index()]));
        (format!("→ {x} · {y}"), to)
    });
    let named = |[x, y]: [String; 2]| {
        let y = y.to_lowercase();
        text.with("sim-both", [("x", x.into()), ("y", y.into())])
    };
    let name = named(pair.map(|c| text.channel(c)));
    let shown = if ui.available_width() < 400.0 {
        named(pair.map(|c| text.channel_short(c)))
    } else {
        name.clone()
    };
    way_row_ui(ui, text, "both", (&shown, &name), way).or(asked)
}

/// `name` as it is shown, and as the button is told.
fn way_row_ui(
    ui: &mut Ui,
    text: &Text,
    salt: &str,
    (shown, name): (&str, &str),
    way: Option<(String, ChannelValues)>,
) -> Option<ChannelValues> {
    let t = theme::tokens(ui);
    // Two values and two names do not fit beside each other in a narrow column.
    let stacked = salt == "both" && ui.available_width() < 330.0;
    let height = if stacked { ROW + 16.0 } else { ROW };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, theme::hairline(t));
    at_ui(ui, salt, rect, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.set_height(height);
            ui.spacing_mut().item_spacing.x = size::S;
            let (words, asked) = if let Some((words, to)) = way {
                let label = text.with("sim-apply-name", [("name", name.into())]);
                let button = small_button_ui(ui, &text.get("sim-apply"), &label);
                (theme::body(words, t.text), button.clicked().then_some(to))
            } else {
                (theme::body(text.get("sim-none"), t.mute), None)
            };
            if stacked {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.add_space(size::S);
                    ui.add(Label::new(theme::body(shown, t.text)).truncate());
                    ui.label(words);
                });
                return asked;
            }
            ui.label(words);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(theme::body(shown, t.text)).truncate());
            });
            asked
        })
        .inner
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Language, local_zone};

    fn judgement(base: f64, contributions: ChannelValues) -> Judgement {
        Judgement {
            verdict: VerdictKind::Danger,
            probability: base + contributions.iter().sum::<f64>(),
            threshold: 0.4,
            base,
            contributions,
        }
    }

    #[test]
    fn the_sum_is_equal_only_where_what_is_written_adds_up() {
        let text = Text::new(Language::French, local_zone());
        let exact = judgement(0.06, [-0.02, 0.09, 0.44, 0.29]);
        assert_eq!(
            sum(&text, &exact),
            "base 0,06 + 0,44 + 0,29 + 0,09 − 0,02 = 0,86"
        );
        let rounded = judgement(0.004, [-0.004, 0.004, 0.508, 0.0]);
        assert_eq!(
            sum(&text, &rounded),
            "base 0,00 + 0,51 + 0,00 + 0,00 + 0,00 = 0,51"
        );
    }
}
