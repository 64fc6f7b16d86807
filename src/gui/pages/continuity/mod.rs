//! Continuity: can we come back? What threatens us and what I can do; what I can come back to and what is happening
//! now. Read at 2 a.m. by somebody under stress: few words, large buttons, nothing done without being said first.

mod account;
mod act;
mod backups;
mod board;
mod dialog;
mod now;
mod parts;

use eframe::egui::{ScrollArea, Ui, vec2};

use crate::gui::context::Cx;
use crate::gui::pages::model::wrapped_ui;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::Figure;
use crate::gui::widgets::button::{Kind, button_ui};
use crate::gui::widgets::card::{Tone, banner_ui};
use crate::service::continuity::threats::Threat;
use crate::service::continuity::view::{EXPOSED_TOO_LONG_MS, newest_proven};

/// Width of what can be done, at the right.
const RIGHT: f32 = 376.0;
/// Narrower than this, one column holds all.
const STACKED: f32 = 980.0;

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    /// The threat whose details are open.
    open: Option<Threat>,
    dialog: Option<dialog::Dialog>,
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let view = &cx.snapshot.continuity;
    if !view.ready {
        return Vec::new();
    }
    let mut exposed = match &view.exposure {
        Some(e) => {
            let age = cx.wall_ms.saturating_sub(e.since_ms);
            let mut figure = Figure::new(text.age(age), &text.get("cont-exposed"));
            figure.ink = (age > EXPOSED_TOO_LONG_MS).then_some(t.warn);
            figure.hover =
                Some(text.with("cont-exposed-rows", [("rows", text.count(e.rows).into())]));
            figure
        }
        None => {
            let all = text.get("cont-exposed-all");
            let mut figure = Figure::new(all.into_owned(), &text.get("cont-exposed"));
            figure.ink = Some(t.warn);
            figure.hover = Some(text.get("cont-exposed-none").into_owned());
            figure
        }
    };
    exposed.weight = 9;
    let recovery = view
        .exposure
        .map_or_else(|| "—".to_owned(), |e| parts::seconds(text, e.recovery_secs));
    let recovery = Figure::new(recovery, &text.get("cont-recovery")).weighing(7);
    let met = view.copies.is_met();
    let word = if met {
        "cont-copies-met"
    } else {
        "cont-copies-unmet"
    };
    let mut copies = Figure::new("3-2-1".to_owned(), &text.get(word)).weighing(8);
    copies.ink = (!met).then_some(t.warn);
    copies.hover = Some(text.with(
        "cont-copies-why",
        [
            ("copies", view.copies.copies.into()),
            ("storages", view.copies.storages.into()),
            ("offsite", view.copies.offsite.into()),
        ],
    ));
    vec![exposed, recovery, copies]
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ScrollArea::vertical()
        .id_salt("continuity-page")
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(size::L, size::M);
            if cx.snapshot.read_only {
                let words = cx.text.get("cont-read-only");
                banner_ui(ui, Tone::Calm, &words, None, None);
            }
            if cx.snapshot.fault.is_some() {
                way_back_ui(ui, cx, state);
            }
            let whole = ui.available_width();
            if whole < STACKED {
                // What can be done comes first.
                right_ui(ui, cx, state);
                left_ui(ui, cx, state);
                return;
            }
            let left = whole - RIGHT - size::L;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing = vec2(size::L, size::M);
                ui.vertical(|ui| {
                    ui.set_width(left);
                    left_ui(ui, cx, state);
                });
                ui.vertical(|ui| {
                    ui.set_width(RIGHT);
                    right_ui(ui, cx, state);
                });
            });
        });
    dialog::dialog_ui(ui, cx, state);
}

fn left_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    board::board_ui(ui, cx, state);
    backups::backups_ui(ui, cx, state);
}

fn right_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    act::act_ui(ui, cx, state);
    now::now_ui(ui, cx);
    act::on_call_ui(ui, cx);
    act::chain_ui(ui, cx);
}

/// The warehouse cannot be read: the newest proven backup is offered, else the raw sources.
fn way_back_ui(ui: &mut Ui, cx: &Cx<'_>, state: &mut State) {
    let t = theme::tokens(ui);
    let text = cx.text;
    if !cx.snapshot.continuity.ready {
        return;
    }
    parts::plain_card_ui(ui, |ui| {
        let Some(backup) = newest_proven(&cx.snapshot.continuity.backups) else {
            ui.label(theme::strong(text.get("cont-damaged-sources"), t.text));
            wrapped_ui(
                ui,
                theme::body(text.get("cont-damaged-sources-todo"), t.mute),
            );
            return;
        };
        let when = text.moment(backup.made_ms, Some(cx.wall_ms));
        let words = text.with("cont-damaged-backup", [("when", when.into())]);
        ui.label(theme::strong(words, t.text));
        wrapped_ui(
            ui,
            theme::body(text.get("cont-damaged-backup-todo"), t.mute),
        );
        let file = backup.file.clone();
        let may = parts::may_begin(cx);
        let word = text.get("cont-act-restore");
        let button = ui.add_enabled_ui(may, |ui| button_ui(ui, Kind::Primary, &word));
        let button = parts::disabled_why(button.inner, cx);
        if button.clicked() {
            state.dialog = Some(dialog::Dialog::restore(file));
        }
    });
}
