//! Are the data still those that it learned from? Drift a channel, what it is more like, the breaker.

use eframe::egui::{CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::domain::ModelCard;
use crate::domain::VerdictKind;
use crate::domain::drift::{Band, ChannelDrift, ChannelReference, Drift, Likeness, Sign, Unjudged};
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::{Tone, banner_ui};
use crate::gui::widgets::verdict::{paint_shape, paint_triangle};
use crate::text::Text;

use super::parts::{measure_words, titled_ui, wrapped_ui};
use super::worth::cell_ui;

/// Draws the card.
pub fn drift_ui(ui: &mut Ui, cx: &Cx<'_>, card: &ModelCard) {
    let text = cx.text;
    let view = &cx.snapshot.models;
    let why = view.drift.as_ref().map(|drift| {
        text.with(
            "mod-drift-why",
            [
                ("readings", text.count(drift.readings).into()),
                ("machines", text.count(drift.machines as u64).into()),
                ("hours", text.hours(view.limits.window_hours).into()),
            ],
        )
    });
    titled_ui(ui, &text.get("mod-drift"), why.as_deref(), |ui| {
        let t = theme::tokens(ui);
        match (&view.drift, &card.reference) {
            (Some(drift), Some(reference)) => {
                if let Some(why) = drift.unjudged {
                    unjudged_ui(ui, text, why);
                }
                if drift.machines > 0 {
                    table_ui(ui, cx, drift, reference);
                }
                if let (None, Some((like, signs))) = (drift.unjudged, &drift.like) {
                    like_ui(ui, text, *like, signs);
                }
            }
            (Some(drift), None) => {
                unjudged_ui(ui, text, drift.unjudged.unwrap_or(Unjudged::NoReference));
            }
            (None, _) if !view.ready => {
                ui.label(theme::body(text.get("mod-loading"), t.mute));
            }
            (None, _) => wrapped_ui(ui, theme::body(text.get("mod-fault"), t.mute)),
        }
        ui.add_space(size::S);
        breaker_ui(ui, cx);
    });
}

fn table_ui(ui: &mut Ui, cx: &Cx<'_>, drift: &Drift, reference: &[ChannelReference; 4]) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let room = ui.available_width() - 5.0 * size::M;
    let widths = [0.20, 0.24, 0.12, 0.10, 0.13, 0.21].map(|share| room * share);
    let heads = [
        text.get("mod-drift-channel"),
        text.get("mod-drift-psi"),
        text.get("mod-drift-together"),
        text.get("mod-drift-ks"),
        text.get("mod-drift-often"),
        text.get("mod-drift-shape"),
    ];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::M;
        ui.spacing_mut().interact_size.y = 18.0;
        for (i, (head, width)) in heads.iter().zip(widths).enumerate() {
            let number = (2..=4).contains(&i);
            cell_ui(ui, width, number, theme::small(head.as_ref(), t.mute));
        }
    });
    for (channel, reference) in drift.channels.iter().zip(reference) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::M;
            ui.spacing_mut().interact_size.y = 32.0;
            let name = text.channel(channel.channel);
            cell_ui(ui, widths[0], false, theme::body(name, t.text));
            let judged = drift.unjudged.is_none();
            band_ui(ui, text, widths[1], channel, judged);
            together_ui(ui, text, widths[2], channel, judged);
            let ks = text.number(channel.ks, 2);
            cell_ui(ui, widths[3], true, theme::body(ks, t.mute));
            let often = channel.as_far;
            let often = often.map_or_else(|| "—".to_owned(), |share| text.percent(share));
            ui.scope(|ui| cell_ui(ui, widths[4], true, theme::body(often, t.mute)))
                .response
                .on_hover_text(text.get("mod-drift-often-why"));
            twin_ui(ui, text, widths[5], channel, reference);
        });
    }
}

/// What more than half of the machines have moved by.
fn together_ui(ui: &mut Ui, text: &Text, width: f32, channel: &ChannelDrift, judged: bool) {
    let t = theme::tokens(ui);
    let beyond = judged && channel.beyond;
    let ink = if beyond { t.off } else { t.mute };
    let number = text.number(channel.together, 1);
    let words = if judged {
        text.with("mod-drift-deviations", [("value", number.into())])
    } else {
        "—".to_owned()
    };
    let response = ui
        .scope(|ui| cell_ui(ui, width, true, theme::body(words, ink)))
        .response;
    let usual = if beyond {
        text.get("mod-drift-beyond")
    } else {
        text.get("mod-drift-usual")
    };
    let readings = text.count(channel.calm_readings);
    response.on_hover_text(text.with(
        "mod-drift-together-why",
        [
            ("usual", usual.into_owned().into()),
            ("psi", text.number(channel.calm, 2).into()),
            ("readings", readings.into()),
            ("limit", text.number(channel.limit, 2).into()),
        ],
    ));
}

/// That nothing is concluded, and why.
fn unjudged_ui(ui: &mut Ui, text: &Text, why: Unjudged) {
    let words = text.with("mod-unjudged", [("why", text.unjudged(why).into())]);
    let todo = text.get("mod-unjudged-means");
    banner_ui(ui, Tone::Warn, &words, Some(&todo), None);
    ui.add_space(size::S);
}

/// The index with its band: a shape and a word.
fn band_ui(ui: &mut Ui, text: &Text, width: f32, channel: &ChannelDrift, judged: bool) {
    let t = theme::tokens(ui);
    let band = Band::of(channel.psi, channel.limit);
    ui.allocate_ui(vec2(width, 32.0), |ui| {
        ui.set_width(width);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = size::S;
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
            let ink = match band {
                _ if !judged => t.mute,
                Band::Stable => t.mute,
                Band::Watch => t.warn,
                Band::Act => t.off,
            };
            match band {
                _ if !judged => {}
                Band::Stable => {
                    paint_shape(ui.painter(), rect.center(), 14.0, VerdictKind::Nominal, t);
                }
                Band::Watch => paint_triangle(ui.painter(), rect.center(), 13.0, ink),
                Band::Act => {
                    paint_shape(
                        ui.painter(),
                        rect.center(),
                        14.0,
                        VerdictKind::Unavailable,
                        t,
                    );
                }
            }
            let number = text.number(channel.psi, 2);
            ui.label(theme::strong(number, if judged { t.text } else { t.mute }));
            let word = if judged {
                text.band(band)
            } else {
                text.get("mod-band-unjudged").into_owned()
            };
            ui.label(theme::small(word, ink));
        });
    });
}

/// Shares a bin: training in a band behind, now in front.
fn twin_ui(
    ui: &mut Ui,
    text: &Text,
    width: f32,
    channel: &ChannelDrift,
    reference: &ChannelReference,
) {
    let t = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::hover());
    let then = &reference.shares;
    let most = then
        .iter()
        .chain(&channel.shares)
        .copied()
        .fold(0.01, f64::max);
    let step = rect.width() / then.len().max(1) as f32;
    for (i, (then, now)) in then.iter().zip(&channel.shares).enumerate() {
        let left = rect.left() + step * i as f32;
        let bar = |from: f32, to: f32, share: f64| {
            let top = rect.bottom() - rect.height() * (share / most) as f32;
            Rect::from_min_max(
                pos2(left + step * from, top.min(rect.bottom() - 1.0)),
                pos2(left + step * to, rect.bottom()),
            )
        };
        let painter = ui.painter();
        painter.rect_filled(bar(0.05, 0.5, *then), CornerRadius::ZERO, t.line);
        painter.rect_filled(bar(0.5, 0.95, *now), CornerRadius::ZERO, t.trace);
    }
    let pairs = then.iter().zip(&channel.shares);
    let pairs: Vec<String> = pairs
        .map(|(then, now)| format!("{} / {}", text.percent(*then), text.percent(*now)))
        .collect();
    let words = text.with(
        "mod-drift-shape-one",
        [
            ("channel", text.channel(channel.channel).into()),
            ("pairs", pairs.join(" · ").into()),
        ],
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    response.on_hover_text(words);
}

/// What it is more like, and each sign with what it speaks for.
fn like_ui(ui: &mut Ui, text: &Text, like: Likeness, signs: &[Sign]) {
    let t = theme::tokens(ui);
    ui.add_space(size::S);
    banner_ui(ui, Tone::Warn, &text.likeness(like), None, None);
    ui.spacing_mut().interact_size.y = 18.0;
    for sign in signs {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::S;
            let word = text.speaks_for(sign.speaks_for());
            cell_ui(
                ui,
                116.0,
                false,
                theme::small_strong(format!("→ {word}"), t.mute),
            );
            wrapped_ui(ui, theme::body(text.sign(sign), t.text));
        });
    }
}

fn breaker_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let view = &cx.snapshot.models;
    let tripped = view.tripped().next().is_some();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = size::S;
        ui.label(theme::strong(text.get("mod-breaker"), t.text));
        let (kind, ink, word) = if tripped {
            (
                VerdictKind::Unavailable,
                t.off,
                text.get("mod-breaker-tripped"),
            )
        } else if view.blown.is_empty() {
            (VerdictKind::Nominal, t.mute, text.get("mod-breaker-armed"))
        } else {
            (VerdictKind::Nominal, t.warn, text.get("mod-breaker-held"))
        };
        let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
        if ink == t.warn {
            paint_triangle(ui.painter(), rect.center(), 14.0, ink);
        } else {
            paint_shape(ui.painter(), rect.center(), 16.0, kind, t);
        }
        ui.label(theme::strong(word, ink));
    });
    for blown in &view.blown {
        let what = measure_words(cx, &blown.measure);
        let words = match &blown.held {
            None => text.with(
                "mod-breaker-since",
                [
                    ("what", what.into()),
                    ("when", text.moment(blown.at_ms, Some(cx.wall_ms)).into()),
                ],
            ),
            Some(held) => text.with(
                "mod-breaker-held-by",
                [
                    ("what", what.into()),
                    ("who", held.who.as_str().into()),
                    ("why", held.why.as_str().into()),
                ],
            ),
        };
        wrapped_ui(ui, theme::body(words, t.text));
    }
    if view.ready {
        let words = text.with(
            "mod-breaker-why",
            [
                ("psi", text.number(view.limits.psi, 2).into()),
                ("ms", text.number(view.limits.latency_ms, 0).into()),
            ],
        );
        wrapped_ui(ui, theme::small(words, t.mute));
    }
}
