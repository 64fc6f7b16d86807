//! Above the curves: which locomotive, which stretch of time, table or curves, notes, exports; and the line that says
//! what is shown.

use eframe::egui::{Align, Label, Layout, Rect, Ui, vec2};

use crate::domain::LocoId;
use crate::gui::context::{Ask, Cx};
use crate::gui::fonts::Icon;
use crate::gui::theme::{self, size};
use crate::gui::widgets::button::{Kind, button_icon_ui, button_ui, icon_button_ui};
use crate::gui::widgets::card::at_ui;
use crate::gui::widgets::loco_choice::{Choice, loco_choice_ui};
use crate::service::snapshot::LocomotiveView;

use super::axis::WINDOWS;
use super::export::{self, Shot};
use super::{CAPTION, State, TIGHT, annotate, is_of, table};

/// Draws the bar.
pub(super) fn toolbar_ui(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    view: Option<&LocomotiveView>,
    loco: &LocoId,
) {
    let tight = ui.available_width() < TIGHT;
    let icon = |glyph| (!tight).then_some(glyph);
    ui.horizontal(|ui| {
        ui.set_height(size::CONTROL);
        let name = cx.text.get("loco-choose");
        let fleet = std::sync::Arc::clone(&cx.snapshot.fleet);
        if let Some(Choice::Loco(loco)) =
            loco_choice_ui(ui, "loco-choose", &name, None, &fleet, cx.selected)
        {
            state.turn();
            cx.ask(Ask::Select(loco));
        }
        ui.add_space(size::XS);
        let following = state.axis.is_following();
        let words = cx.text.get("loco-follow");
        let follow = button_icon_ui(ui, Kind::Choice(following), icon(Icon::Radio), &words);
        if follow.clicked() {
            state.axis.live();
        }
        let words = cx.text.get("loco-pause");
        let pause = button_icon_ui(ui, Kind::Choice(!following), icon(Icon::Pause), &words);
        if pause.clicked() && following {
            state.axis.fix(state.shown);
        }
        ui.add_space(size::XS);
        ui.spacing_mut().item_spacing.x = size::XS;
        for (key, window) in WINDOWS {
            let on = state.axis.follows(window);
            if button_ui(ui, Kind::Choice(on), &cx.text.get(key)).clicked() {
                state.axis.choose(window);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = size::S;
            let words = cx.text.get("loco-export");
            let button = if tight {
                icon_button_ui(ui, Icon::Download, &words)
            } else {
                button_icon_ui(ui, Kind::Plain, Some(Icon::Download), &words)
            };
            if let Some(choice) = export::menu_ui(&button, cx.text) {
                take_along(ui, cx, state, view, loco, choice);
            }
            let words = cx.text.get("loco-annotate");
            let note = if tight {
                icon_button_ui(ui, Icon::StickyNote, &words)
            } else {
                button_icon_ui(ui, Kind::Plain, Some(Icon::StickyNote), &words)
            };
            if note.clicked() {
                annotate(cx, state, view);
            }
            let words = cx.text.get("loco-as-table");
            let table = button_icon_ui(ui, Kind::Choice(state.table), icon(Icon::Table2), &words);
            if table.clicked() {
                state.table = !state.table;
            }
        });
    });
}

fn take_along(
    ui: &Ui,
    cx: &mut Cx<'_>,
    state: &mut State,
    view: Option<&LocomotiveView>,
    loco: &LocoId,
    choice: export::Choice,
) {
    match choice {
        export::Choice::Csv => export::ask_for_csv(cx, loco, state.shown),
        export::Choice::Png => state.shot = Shot::Wanted { copied: false },
        export::Choice::CopyPicture => state.shot = Shot::Wanted { copied: true },
        export::Choice::CopyTable => {
            let samples = view.map_or(&[][..], |v| table::within(&v.samples, state.shown));
            let words = export::as_text(cx.text, loco, samples);
            ui.ctx().copy_text(words);
        }
    }
}

/// What is shown, from when to when; it goes into the picture too.
pub(super) fn caption_ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    state: &State,
    view: Option<&LocomotiveView>,
    loco: &LocoId,
    rect: Rect,
) {
    let t = theme::tokens(ui);
    let text = cx.text;
    let rect = Rect::from_min_size(rect.min, vec2(rect.width(), CAPTION));
    let end = |secs: f64| {
        let ms = (secs * 1000.0) as i64;
        format!("{} {}", text.date_year(ms), text.time_seconds(ms))
    };
    let words = text.with(
        "loco-caption",
        [
            ("loco", loco.as_str().into()),
            ("from", end(state.shown.0).into()),
            ("to", end(state.shown.1).into()),
            ("zone", text.zone.iana_name().unwrap_or("UTC").into()),
        ],
    );
    let coming = view.is_some_and(|v| !is_of(v, state));
    at_ui(ui, "loco-caption", rect, |ui| {
        ui.spacing_mut().interact_size.y = CAPTION;
        ui.horizontal(|ui| {
            ui.label(theme::small_strong(words, t.text));
            if matches!(state.shot, Shot::Failed) {
                ui.label(theme::small_strong(text.get("export-no-picture"), t.warn));
            } else if coming {
                ui.label(theme::small(text.get("loco-coming"), t.mute));
            } else if ui.available_width() > 200.0 && !state.poses() {
                let hint = theme::small(text.get("loco-hint"), t.mute);
                ui.add(Label::new(hint).truncate())
                    .on_hover_text(text.get("loco-keys"));
            }
        });
    });
}
