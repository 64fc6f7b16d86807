//! The table twin of the curves: the same samples as rows, newest first, for screen readers and for those who
//! would rather read. Only the rows in view are laid out.

use eframe::egui::{
    Align, EventFilter, Key, Label, Layout, Modifiers, Rect, RichText, Role, Sense, Ui, WidgetInfo,
    vec2,
};
use egui_extras::{Column, TableBuilder, TableRow};

use crate::domain::{Cause, Channel, VerdictKind};
use crate::gui::context::Cx;
use crate::gui::pages::reading_card;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::focus_ring;
use crate::gui::widgets::card::{at_ui, card_ui};
use crate::gui::widgets::verdict::verdict_ui;
use crate::service::snapshot::Sample;
use crate::text::Text;

const PAD: f32 = 10.0;
const ROW: f32 = 30.0;
/// Where least and largest stand under the values.
const TALL: f32 = 42.0;

/// The samples that lie within the axis, oldest first.
pub fn within(samples: &[Sample], (from, to): (f64, f64)) -> &[Sample] {
    let first = samples.partition_point(|s| (s.at_ms as f64) < from * 1000.0 - 0.5);
    let last = samples.partition_point(|s| (s.at_ms as f64) <= to * 1000.0 + 0.5);
    &samples[first..last.max(first)]
}

/// All that looked strange, or what is behind a row that stands for many.
pub fn remarks(text: &Text, sample: &Sample) -> String {
    let mut all: Vec<String> = Channel::ALL
        .into_iter()
        .flat_map(|c| crate::domain::quality::Flag::ALL.map(|f| (f, c)))
        .filter(|&(flag, channel)| sample.flags.has(flag, channel))
        .map(|(flag, channel)| text.cause(&Cause::Flagged { flag, channel }))
        .collect();
    if sample.bucket.readings > 1 {
        let n = text.count(sample.bucket.readings);
        all.push(if sample.mean {
            text.with("sample-mean", [("n", n.into())])
        } else {
            text.with("sample-of", [("n", n.into())])
        });
    }
    all.join(" · ")
}

/// Probability, verdict and model of a sample, as they are written; what a bucket without its readings holds is
/// told as its worst.
pub fn said(text: &Text, sample: &Sample) -> (String, Option<VerdictKind>, String) {
    match (sample.judged, sample.bucket.judged) {
        (Some((p, kind, version)), _) => (text.percent(p), Some(kind), format!("v{version}")),
        (None, Some((low, high, worst))) if sample.mean => {
            let range = format!("{} – {}", text.percent(low), text.percent(high));
            (range, Some(worst), String::new())
        }
        _ => (String::new(), None, String::new()),
    }
}

/// Draws the table within `rect`; `known`: these are the samples of the window shown. The row at `pinned` (UTC seconds) is marked; a click or the arrows pin another.
pub fn table_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    samples: &[Sample],
    rect: Rect,
    pinned: &mut Option<f64>,
    known: bool,
) {
    let at = pinned.and_then(|secs| {
        let found = reading_card::nearest(samples, secs)?;
        samples.iter().position(|s| s.at_ms == found.at_ms)
    });
    let moved = keyboard(ui, cx, rect, samples.len(), at);
    if let Some(to) = moved {
        *pinned = samples.get(to).map(|s| s.at_ms as f64 / 1000.0);
    }
    let chosen = moved.or(at);
    card_ui(ui, "loco-table", rect, size::LINE, |ui| {
        if samples.is_empty() {
            let t = theme::tokens(ui);
            ui.add_space(size::L);
            ui.vertical_centered(|ui| {
                let words = if known {
                    cx.text.get("loco-window-empty")
                } else {
                    cx.text.get("loco-coming")
                };
                ui.label(theme::body(words, t.mute));
            });
            return;
        }
        if let Some(row) = rows_ui(ui, cx, samples, chosen, moved) {
            *pinned = Some(row);
        }
    });
}

/// The row that the keyboard moved to, counted from the oldest.
fn keyboard(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, rows: usize, at: Option<usize>) -> Option<usize> {
    let id = ui.scope_id().with("loco-table-focus");
    let focus = ui.interact(rect, id, Sense::focusable_noninteractive());
    let name = cx.text.get("loco-table");
    focus.widget_info(|| WidgetInfo::labeled(Role::Table, true, &name));
    if focus.has_focus() {
        ui.memory_mut(|m| {
            m.set_focus_lock_filter(
                id,
                EventFilter {
                    vertical_arrows: true,
                    ..EventFilter::default()
                },
            );
        });
        focus_ring(ui, &focus, rect);
    }
    let elsewhere = ui.memory(|m| m.focused().is_some_and(|f| f != id));
    if elsewhere || rows == 0 || ui.ctx().text_edit_focused() {
        return None;
    }
    // Newest first: down is back in time.
    let row = at.map(|at| rows - 1 - at);
    let by = |key| ui.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key));
    let page = (rect.height() / TALL) as usize;
    let down = by(Key::ArrowDown) + by(Key::PageDown) * page;
    let up = by(Key::ArrowUp) + by(Key::PageUp) * page;
    let to = if by(Key::Home) > 0 {
        0
    } else if by(Key::End) > 0 {
        rows - 1
    } else if down + up > 0 {
        match row {
            Some(row) => (row + down).saturating_sub(up).min(rows - 1),
            None => 0,
        }
    } else {
        return None;
    };
    Some(rows - 1 - to)
}

/// Draws head and rows; the instant of the row that was clicked.
fn rows_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    samples: &[Sample],
    chosen: Option<usize>,
    moved: Option<usize>,
) -> Option<f64> {
    let t = theme::tokens(ui);
    ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
    ui.visuals_mut().selection.bg_fill = t.raised;
    ui.visuals_mut().selection.stroke.color = t.text;
    ui.style_mut().wrap_mode = Some(eframe::egui::TextWrapMode::Truncate);
    let narrow = ui.available_width() < 820.0;
    let channel = if narrow { 80.0 } else { 96.0 };
    let many = samples.iter().any(|s| s.bucket.readings > 1);
    let height = if many { TALL } else { ROW };
    let last = samples.len() - 1;
    let mut table = TableBuilder::new(ui)
        .id_salt("loco-table-rows")
        // Not focusable: Tab goes to the table as a whole, arrows walk its rows.
        .sense(Sense::CLICK)
        .auto_shrink([false, false])
        .min_scrolled_height(0.0)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(if narrow { 128.0 } else { 150.0 }))
        .columns(Column::exact(channel), 4)
        .column(Column::exact(if narrow { 72.0 } else { 96.0 }))
        .column(Column::exact(124.0))
        .column(Column::exact(68.0))
        .column(Column::remainder().clip(true));
    if let Some(at) = moved {
        table = table.scroll_to_row(last - at.min(last), None);
    }
    let mut clicked = None;
    table
        .header(size::TABLE_HEAD, |mut header| header_ui(&mut header, cx))
        .body(|body| {
            body.rows(height, samples.len(), |mut row| {
                let at = last - row.index();
                let sample = &samples[at];
                row.set_selected(chosen == Some(at));
                row.set_overline(true);
                row_ui(&mut row, cx, sample);
                let response = row.response();
                response.widget_info(|| {
                    let words = sentence(cx, sample);
                    WidgetInfo::selected(Role::Label, true, chosen == Some(at), words)
                });
                if response.clicked() {
                    clicked = Some(sample.at_ms as f64 / 1000.0);
                }
            });
        });
    clicked
}

fn header_ui(header: &mut TableRow<'_, '_>, cx: &Cx<'_>) {
    let text = cx.text;
    head(header, &text.get("column-time"), "", false);
    for channel in Channel::ALL {
        head(header, &text.channel_short(channel), channel.unit(), true);
    }
    head(header, &text.get("column-probability"), "", true);
    head(header, &text.get("column-verdict"), "", false);
    head(header, &text.get("column-model"), "", false);
    head(header, &text.get("column-remarks"), "", false);
}

fn head(header: &mut TableRow<'_, '_>, word: &str, unit: &str, right: bool) {
    header.col(|ui| {
        let t = theme::tokens(ui);
        let align = if right { Align::Max } else { Align::Min };
        let rect = ui.max_rect().shrink2(vec2(PAD, 0.0));
        at_ui(ui, word, rect, |ui| {
            ui.with_layout(Layout::top_down(align), |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let lines = if unit.is_empty() { 1.0 } else { 2.0 };
                ui.add_space((size::TABLE_HEAD - lines * 15.0) / 2.0);
                ui.label(theme::small_strong(word, t.mute));
                if !unit.is_empty() {
                    ui.label(theme::small(unit, t.mute));
                }
            });
        });
    });
}

fn row_ui(row: &mut TableRow<'_, '_>, cx: &Cx<'_>, sample: &Sample) {
    let text = cx.text;
    let (probability, verdict, model) = said(text, sample);
    row.col(|ui| {
        let t = theme::tokens(ui);
        ui.add_space(PAD);
        ui.label(theme::body(when(text, sample), t.text).size(size::TEXT));
    });
    for channel in Channel::ALL {
        row.col(|ui| {
            let t = theme::tokens(ui);
            let i = channel.index();
            let value = theme::body(text.value(channel, sample.values[i]), t.text);
            match behind(text, channel, sample) {
                Some(range) => {
                    let words = text.unit(&range, channel);
                    two_ui(ui, value, theme::small(range, t.mute)).on_hover_text(words);
                }
                None => {
                    right_ui(ui, value);
                }
            }
        });
    }
    row.col(|ui| {
        let t = theme::tokens(ui);
        right_ui(ui, theme::body(probability, t.text));
    });
    row.col(|ui| {
        let t = theme::tokens(ui);
        ui.add_space(PAD);
        match verdict {
            Some(kind) => verdict_ui(ui, kind, text),
            None => {
                ui.label(theme::small(text.get("cursor-not-judged"), t.off));
            }
        }
    });
    row.col(|ui| {
        let t = theme::tokens(ui);
        ui.add_space(PAD);
        ui.label(theme::small(model, t.mute));
    });
    row.col(|ui| {
        let t = theme::tokens(ui);
        ui.add_space(PAD);
        let ink = if sample.flags.is_empty() {
            t.mute
        } else {
            t.warn
        };
        ui.add(Label::new(theme::small(remarks(text, sample), ink)).truncate());
    });
}

fn right_ui(ui: &mut Ui, words: RichText) -> eframe::egui::Response {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(PAD);
        ui.label(words.size(size::TEXT))
    })
    .inner
}

/// The value, and under it what its bucket reached; the answer is that of the latter.
fn two_ui(ui: &mut Ui, value: RichText, range: RichText) -> eframe::egui::Response {
    let rect = ui.max_rect().shrink2(vec2(PAD, size::XS));
    at_ui(ui, "two", rect, |ui| {
        ui.with_layout(Layout::top_down(Align::Max), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.label(value.size(size::TEXT));
            ui.label(range)
        })
        .inner
    })
}

fn when(text: &Text, sample: &Sample) -> String {
    format!(
        "{} {}",
        text.date(sample.at_ms),
        text.time_seconds(sample.at_ms)
    )
}

/// "402 – 410".
pub fn range(text: &Text, channel: Channel, low: f64, high: f64) -> String {
    format!(
        "{} – {}",
        text.value(channel, low),
        text.value(channel, high)
    )
}

/// The least and the largest behind a row that stands for many, where they differ as written: a spike is there.
fn behind(text: &Text, channel: Channel, sample: &Sample) -> Option<String> {
    let (bucket, i) = (&sample.bucket, channel.index());
    let [low, high] = [bucket.low[i], bucket.high[i]];
    let differ = text.value(channel, low) != text.value(channel, high);
    (bucket.readings > 1 && differ).then(|| range(text, channel, low, high))
}

/// A whole row in words.
fn sentence(cx: &Cx<'_>, sample: &Sample) -> String {
    let text = cx.text;
    let mut all = vec![when(text, sample)];
    for channel in Channel::ALL {
        let value = text.value_unit(channel, sample.values[channel.index()]);
        let behind = behind(text, channel, sample);
        let behind = behind.map_or_else(String::new, |range| format!(" ({range})"));
        all.push(format!("{} {value}{behind}", text.channel(channel)));
    }
    let (probability, verdict, model) = said(text, sample);
    all.push(match verdict {
        Some(kind) => format!("{} {probability} {model}", text.verdict_short(kind)),
        None => text.get("cursor-not-judged").into_owned(),
    });
    all.push(remarks(text, sample));
    all.retain(|words| !words.is_empty());
    all.join(", ")
}
