//! Pipeline: is the data good? The run and its night hour, the runs that ended, the rows that were refused, the import
//! of new files: four tabs.

mod held;
mod history;
mod import;
mod mapping;
mod parts;
mod preview;
mod quarantine;
mod refused_row;
mod run_tab;
mod schedule;

use eframe::egui::Ui;

use crate::gui::context::{Cx, Page};
use crate::gui::run;
use crate::gui::theme::{self, size};
use crate::gui::top_bar::{Figure, run_figure};
use crate::gui::widgets::button::{Kind, button_ui};

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {
    tab: Tab,
    run: run_tab::State,
    schedule: schedule::State,
    history: history::State,
    quarantine: quarantine::State,
    import: import::State,
}

/// The parts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    #[default]
    Run,
    History,
    Quarantine,
    Import,
}

impl State {
    /// Shows the import, for a file that was dropped on the window.
    pub fn import(&mut self) {
        self.tab = Tab::Import;
    }
}

/// The figures that answer the page's question, for the top bar.
pub fn figures(ui: &Ui, cx: &Cx<'_>) -> Vec<Figure> {
    let t = theme::tokens(ui);
    let text = cx.text;
    let view = &cx.snapshot.intake;
    let mut run = run_figure(cx).weighing(9);
    let failed = cx
        .snapshot
        .last_run
        .as_ref()
        .is_some_and(|r| r.failed.is_some());
    if failed && cx.snapshot.running.is_none() {
        run.ink = Some(t.off);
    }
    let mut all = vec![run];
    if view.looked {
        all.push(Figure::new(
            text.count(view.counts.kept),
            &text.get("pipeline-figure-kept"),
        ));
        let share = view
            .out_share()
            .map_or_else(String::new, |share| format!(" · {}", text.percent(share)));
        let out = format!("{}{share}", text.count(view.out()));
        all.push(Figure::new(out, &text.get("pipeline-figure-out")).weighing(7));
    }
    let next = match view.schedule.next_ms {
        Some(next_ms) => text.moment(next_ms, Some(cx.wall_ms)),
        None => text.get("pipeline-figure-next-none").into_owned(),
    };
    all.push(Figure::new(next, &text.get("pipeline-figure-next")).weighing(3));
    all
}

/// Draws the page.
pub fn page_ui(ui: &mut Ui, cx: &mut Cx<'_>, state: &mut State) {
    ui.spacing_mut().item_spacing.y = size::M;
    // The tabs first: a banner that comes does not move what is about to be clicked.
    ui.horizontal(|ui| tabs_ui(ui, cx, &mut state.tab));
    run::banners_ui(ui, cx, Page::Pipeline);
    match state.tab {
        Tab::Run => run_tab::tab_ui(ui, cx, &mut state.run, &mut state.schedule),
        Tab::History => history::tab_ui(ui, cx, &mut state.history),
        Tab::Quarantine => quarantine::tab_ui(ui, cx, &mut state.quarantine),
        Tab::Import => import::tab_ui(ui, cx, &mut state.import),
    }
}

fn tabs_ui(ui: &mut Ui, cx: &Cx<'_>, tab: &mut Tab) {
    let text = cx.text;
    let out = cx.snapshot.intake.out();
    let quarantine = if out > 0 {
        let rows = text.count(out);
        text.with("pipeline-tab-quarantine-rows", [("rows", rows.into())])
    } else {
        text.get("pipeline-tab-quarantine").into_owned()
    };
    for (one, word) in [
        (Tab::Run, text.get("pipeline-tab-run").into_owned()),
        (Tab::History, text.get("pipeline-tab-history").into_owned()),
        (Tab::Quarantine, quarantine),
        (Tab::Import, text.get("pipeline-tab-import").into_owned()),
    ] {
        if button_ui(ui, Kind::Choice(*tab == one), &word).clicked() {
            *tab = one;
        }
    }
}
