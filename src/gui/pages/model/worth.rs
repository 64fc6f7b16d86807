//! What the model is, what it is worth beside "always" and "never", and what it looks at.

use eframe::egui::{Align, CornerRadius, Grid, Layout, Rect, Sense, Ui, vec2};

use crate::domain::{LabelKind, Metrics, ModelCard};
use crate::gui::context::Cx;
use crate::gui::theme::{self, size};
use crate::gui::widgets::card::detail_ui;
use crate::text::Text;

use super::parts::{titled_ui, two, wrapped_ui};

/// Features shown.
const FEATURES: usize = 8;

/// Data, labels, split, threshold.
pub fn card_ui(ui: &mut Ui, cx: &Cx<'_>, card: &ModelCard) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let labels = match card.label_kind {
        LabelKind::Truth => text.get("mod-labels-truth").into_owned(),
        LabelKind::Failures => text.with(
            "mod-labels-failures",
            [("hours", text.hours(card.horizon_hours).into())],
        ),
        LabelKind::Rule => text.get("mod-labels-rule").into_owned(),
    };
    let data = text.with(
        "mod-card-data-value",
        [
            ("rows", text.count(card.rows).into()),
            ("positives", text.count(card.positives).into()),
            ("locomotives", text.count(card.locomotives).into()),
            ("labels", text.count(card.labels_known).into()),
        ],
    );
    let span = text.with(
        "mod-card-span-value",
        [
            ("from", text.date_year(card.from_ms).into()),
            ("to", text.date_year(card.to_ms).into()),
        ],
    );
    let forest = text.with(
        "mod-card-forest-value",
        [
            ("trees", text.count(u64::from(card.trees)).into()),
            ("depth", card.max_depth.into()),
            ("seed", card.seed.to_string().into()),
        ],
    );
    let split = if card.split.starts_with("by time") {
        text.get("mod-card-split-time")
    } else {
        text.get("mod-card-split-loco")
    };
    titled_ui(ui, &text.get("mod-card"), None, |ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        for (name, value, detail) in [
            (text.get("mod-card-labels"), labels, None),
            (text.get("mod-card-data"), data, None),
            (text.get("mod-card-span"), span, None),
            (
                text.get("mod-card-threshold"),
                text.percent(card.threshold),
                Some(&card.threshold_from),
            ),
            (
                text.get("mod-card-split"),
                split.into_owned(),
                Some(&card.split),
            ),
            (text.get("mod-card-forest"), forest, None),
        ] {
            ui.horizontal_top(|ui| {
                let name_width = 112.0;
                ui.allocate_ui_with_layout(
                    vec2(name_width, 20.0),
                    Layout::left_to_right(Align::TOP),
                    |ui| {
                        ui.set_width(name_width);
                        ui.label(theme::body(name, t.mute));
                    },
                );
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    wrapped_ui(ui, theme::body(value, t.text));
                    if let Some(words) = detail.and_then(|words| text.detail(words)) {
                        detail_ui(ui, &words);
                    }
                });
            });
        }
    });
}

/// A figure by name, and how it is written of some metrics.
pub type Row = (&'static str, fn(&Text, &Metrics) -> String);

fn three(text: &Text, value: Option<f64>) -> String {
    text.number(value.unwrap_or(f64::NAN), 3)
}

/// The figures of a table, in order.
pub const ROWS: [Row; 9] = [
    ("cli-m-brier", |t, m| three(t, m.brier)),
    ("cli-m-pr", |t, m| three(t, m.pr_auc)),
    ("cli-m-roc", |t, m| three(t, m.roc_auc)),
    ("cli-m-f1", |t, m| three(t, m.f1)),
    ("cli-m-far", |t, m| t.percent(m.far.unwrap_or(f64::NAN))),
    ("cli-m-mar", |t, m| t.percent(m.mar.unwrap_or(f64::NAN))),
    ("cli-m-warned", |t, m| {
        t.with(
            "mod-price-of",
            [
                ("warned", t.count(m.failures_warned).into()),
                ("of", t.count(m.failures).into()),
            ],
        )
    }),
    ("cli-m-lead", |t, m| {
        t.number(m.median_lead_hours.unwrap_or(f64::NAN), 1)
    }),
    ("cli-m-false", |t, m| {
        two(t, m.false_alarm_hours_per_loco_day)
    }),
];

/// Metrics beside "always danger" and "never danger".
pub fn figures_ui(ui: &mut Ui, cx: &Cx<'_>, card: &ModelCard) {
    let text = cx.text;
    titled_ui(
        ui,
        &text.get("mod-figures"),
        Some(&text.get("mod-figures-why")),
        |ui| {
            let t = theme::tokens(ui);
            let Some(own) = &card.metrics else {
                wrapped_ui(ui, theme::body(text.get("mod-trust-no-figures"), t.mute));
                return;
            };
            let all = [Some(own), card.always.as_ref(), card.never.as_ref()];
            let heads = ["cli-model", "cli-always", "cli-never"];
            table_ui(
                ui,
                cx,
                "model-figures",
                &heads.map(|key| text.get(key).into_owned()),
                &all,
            );
        },
    );
}

/// The figures of some metrics side by side.
pub fn table_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    salt: &str,
    heads: &[String],
    columns: &[Option<&Metrics>],
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let width = 76.0;
    let first = (ui.available_width() - (width + size::S) * columns.len() as f32).max(80.0);
    ui.spacing_mut().interact_size.y = 22.0;
    Grid::new(salt)
        .num_columns(columns.len() + 1)
        .spacing(vec2(size::S, 2.0))
        .show(ui, |ui| {
            cell_ui(
                ui,
                first,
                false,
                theme::small(text.get("mod-figure"), t.mute),
            );
            for head in heads {
                cell_ui(ui, width, true, theme::small(head.as_str(), t.mute));
            }
            ui.end_row();
            for (key, write) in ROWS {
                cell_ui(ui, first, false, theme::body(text.get(key), t.text));
                for (i, metrics) in columns.iter().enumerate() {
                    let words = metrics.map_or_else(|| "—".to_owned(), |m| write(text, m));
                    let ink = if i == 0 { t.text } else { t.mute };
                    cell_ui(ui, width, true, theme::body(words, ink));
                }
                ui.end_row();
            }
        });
}

/// A cell of a fixed width; numbers go to the right.
pub fn cell_ui(ui: &mut Ui, width: f32, number: bool, words: eframe::egui::RichText) {
    let layout = if number {
        Layout::right_to_left(Align::Center)
    } else {
        Layout::left_to_right(Align::Center)
    };
    ui.allocate_ui_with_layout(vec2(width, 22.0), layout, |ui| {
        ui.set_width(width);
        ui.add(eframe::egui::Label::new(words).truncate());
    });
}

/// The features that count most.
pub fn importance_ui(ui: &mut Ui, cx: &Cx<'_>, card: &ModelCard) {
    let text = cx.text;
    titled_ui(
        ui,
        &text.get("mod-importance"),
        Some(&text.get("mod-importance-why")),
        |ui| {
            let t = theme::tokens(ui);
            ui.spacing_mut().interact_size.y = 22.0;
            let all = ranked(card);
            let Some(most) = all.first().map(|first| first.1).filter(|most| *most > 0.0) else {
                ui.label(theme::body(text.get("mod-importance-none"), t.mute));
                return;
            };
            for (name, share) in all.into_iter().take(FEATURES) {
                let names = (ui.available_width() * 0.52).min(280.0);
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = size::S;
                    cell_ui(ui, names, false, theme::body(text.feature(name), t.text));
                    let room = (ui.available_width() - 60.0).max(24.0);
                    let (rect, _) = ui.allocate_exact_size(vec2(room, 22.0), Sense::hover());
                    let track = Rect::from_center_size(rect.center(), vec2(room, 10.0));
                    ui.painter().rect_filled(track, CornerRadius::ZERO, t.band);
                    let mut bar = track;
                    bar.set_width(room * (share / most) as f32);
                    ui.painter().rect_filled(bar, CornerRadius::ZERO, t.trace);
                    cell_ui(ui, 52.0, true, theme::body(text.percent(share), t.text));
                });
            }
        },
    );
}

/// Features with their shares, the largest first.
pub fn ranked(card: &ModelCard) -> Vec<(&str, f64)> {
    let names = card.features.iter().map(String::as_str);
    let mut all: Vec<(&str, f64)> = names.zip(card.importance.iter().copied()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}
