//! The window itself: takes the latest snapshot, draws the page, carries out what was asked for.
//! It never waits, and asks to be drawn again only when something on the screen would change.

mod acts;
mod news;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{CentralPanel, Context, Frame, Key, Margin, Modifiers, Panel, Theme, Ui};

use crate::domain::LocoId;
use crate::service::command::{Command, Desk};
use crate::service::handle::ServiceHandle;
use crate::service::place::Place;
use crate::service::settings::{ThemeChoice, WindowConfig};
use crate::service::snapshot::{Clock, Snapshot, TimeWindow};

use super::context::{Ask, Cx, Page};
use super::files::FileChoice;
use super::help::Help;
use super::pages::{
    alarms, continuity, fleet, locomotive, log, model, pipeline, settings, simulator,
};
use super::pick::TableChoice;
use super::placing::Placing;
use super::renderer::Pace;
use super::save::SaveChoice;
use super::shortcuts;
use super::theme::{self, size};
use super::toasts::Toasts;
use super::{alarm_strip, kiosk, rail, replay, run, top_bar};
use crate::text::{Language, Text};

/// The state of the window; what the service knows is in the snapshot.
pub struct App {
    handle: ServiceHandle,
    snapshot: Arc<Snapshot>,
    /// When that snapshot came.
    came: Instant,
    text: Text,
    page: Page,
    selected: Option<LocoId>,
    /// Whether the user chose it; until then the worst is the selected one.
    picked: bool,
    fleet: fleet::State,
    locomotive: locomotive::State,
    simulator: simulator::State,
    pipeline: pipeline::State,
    model: model::State,
    alarms: alarms::State,
    continuity: continuity::State,
    settings: settings::State,
    log: log::State,
    kiosk: kiosk::State,
    replay: replay::State,
    toasts: Toasts,
    files: FileChoice,
    saving: SaveChoice,
    picking: TableChoice,
    /// What the service was last told to watch.
    watching: Option<(LocoId, TimeWindow)>,
    /// The desk that the service was last told of.
    attending: Desk,
    /// The settings of the window that were last taken over.
    window: Option<WindowConfig>,
    /// The language in which the service was last told to announce alarms.
    announcing: Option<Language>,
    help: Help,
    /// Where the window is; `None` where nobody keeps it.
    placing: Option<Placing>,
    /// Left by [`Placing`] when the window closes.
    left_at: Rc<RefCell<Option<Place>>>,
    /// The locomotive of the last time, until the fleet is there.
    remembered: Option<LocoId>,
    pace: Arc<Pace>,
    /// The computer's clock, UTC milliseconds.
    wall: fn() -> i64,
}

impl App {
    /// Installs the look and takes the service's handle.
    #[must_use]
    pub fn new(ctx: &Context, text: Text, theme: ThemeChoice, handle: ServiceHandle) -> Self {
        theme::install(ctx);
        // Where the system has no opinion.
        ctx.options_mut(|o| o.fallback_theme = Theme::Light);
        theme::choose(ctx, theme);
        // Ctrl+Q closes at once by default: too near Ctrl+1 … for a window that is on watch.
        ctx.options_mut(|o| o.quit_shortcuts.clear());
        Self {
            snapshot: handle.snapshot(),
            handle,
            came: Instant::now(),
            text,
            page: Page::Fleet,
            selected: None,
            picked: false,
            fleet: fleet::State::default(),
            locomotive: locomotive::State::default(),
            simulator: simulator::State::default(),
            pipeline: pipeline::State::default(),
            model: model::State::default(),
            alarms: alarms::State::default(),
            continuity: continuity::State::default(),
            settings: settings::State::default(),
            log: log::State::default(),
            kiosk: kiosk::State::default(),
            replay: replay::State::default(),
            toasts: Toasts::default(),
            files: FileChoice::default(),
            saving: SaveChoice::default(),
            picking: TableChoice::default(),
            watching: None,
            attending: Desk::default(),
            window: None,
            announcing: None,
            help: Help::default(),
            placing: None,
            left_at: Rc::default(),
            remembered: None,
            pace: Arc::default(),
            wall: || jiff::Timestamp::now().as_millisecond(),
        }
    }

    /// Reads the computer's time from this clock instead.
    #[cfg(test)]
    #[must_use]
    pub fn clocked(mut self, wall: fn() -> i64) -> Self {
        self.wall = wall;
        self
    }

    /// Goes on from where the window was, keeps where it is, and leaves that in `left_at` when it closes.
    #[must_use]
    pub fn at(mut self, place: Place, left_at: Rc<RefCell<Option<Place>>>) -> Self {
        if let Some(page) = place.page.as_deref().and_then(Page::named) {
            self.page = page;
        }
        self.remembered = place.locomotive.clone();
        self.placing = Some(Placing::new(place));
        self.left_at = left_at;
        self
    }

    /// Begins at that page.
    #[must_use]
    pub fn showing(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// Tells its pace to whoever wakes it.
    #[must_use]
    pub fn paced(mut self, pace: Arc<Pace>) -> Self {
        self.pace = pace;
        self
    }

    /// Whether what the page shows is there: nothing is under way that would still change it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let s = &self.snapshot;
        let view_due = self.page == Page::Locomotive && !s.fleet.is_empty();
        let view = s.locomotive.as_ref().map(|view| &view.loco);
        s.generation > 0
            && s.running.is_none()
            && (!view_due || view.is_some() && view == self.selected.as_ref())
    }

    /// Asks the service, as a page would.
    pub fn command(&mut self, command: Command) {
        self.send(command);
    }

    /// The clock in force.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.snapshot.clock
    }

    /// The language spoken.
    #[must_use]
    pub fn language(&self) -> Language {
        self.text.language
    }

    /// The page shown.
    #[must_use]
    pub fn page(&self) -> Page {
        self.page
    }

    /// The locomotive selected.
    #[must_use]
    pub fn selected(&self) -> Option<&LocoId> {
        self.selected.as_ref()
    }

    /// What follows every frame, whatever was drawn.
    fn end(&mut self, ctx: &Context, asks: Vec<Ask>) {
        for ask in asks {
            self.carry_out(ctx, ask);
        }
        self.watch();
        self.announce();
        // A picture that is being taken shows the page, not what lies over it.
        if !(self.page == Page::Locomotive && self.locomotive.poses()) {
            self.toasts.ui(ctx, &self.text);
        }
        self.help.ui(ctx, &self.text, self.page);
        self.keep_place(ctx);
        self.wake_for_ages(ctx);
    }

    fn shortcuts(&mut self, ui: &Ui) {
        if shortcuts::WALL.pressed(ui) {
            self.kiosk.turn(ui, !self.kiosk.is_on());
        }
        if self.kiosk.is_on() {
            if ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
                self.kiosk.turn(ui, false);
            }
            return;
        }
        if let Some(page) = shortcuts::page_asked_for(ui.ctx()) {
            self.page = page;
        }
        if shortcuts::help_asked_for(ui.ctx()) {
            self.help.toggle(ui.ctx());
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_news(ctx);
        let ended = self.handle.ended();
        self.kiosk.look(ctx, &self.snapshot, ended, self.came);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        *self.left_at.borrow_mut() = self.placing.as_ref().map(|p| p.place().clone());
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.pace.frame(ui.input(|i| !i.raw.events.is_empty()));
        self.shortcuts(ui);
        let ctx = ui.ctx().clone();
        let t = theme::tokens(ui);
        let snapshot = Arc::clone(&self.snapshot);
        let text = self.text.clone();
        let selected = self.selected.clone();
        let page = self.page;
        let mut cx = Cx {
            snapshot: &snapshot,
            text: &text,
            selected: selected.as_ref(),
            since: self.came.elapsed(),
            wall_ms: (self.wall)(),
            choosing_files: self.files.under_way() || self.picking.under_way(),
            asks: Vec::new(),
        };
        if self.kiosk.is_on() {
            CentralPanel::no_frame()
                .frame(Frame::new().fill(t.bg))
                .show(ui, |ui| kiosk::wall_ui(ui, &mut cx, &mut self.kiosk));
            let asks = std::mem::take(&mut cx.asks);
            self.end(&ctx, asks);
            return;
        }
        let held = self.help.hold_keys(&ctx);
        let plain = Frame::new().fill(t.panel);
        Panel::left("rail")
            .exact_size(size::RAIL)
            .resizable(false)
            .show_separator_line(false)
            .frame(plain)
            .show(ui, |ui| rail::rail_ui(ui, &mut cx, page));
        Panel::top("top-bar")
            .exact_size(size::TOP_BAR)
            .resizable(false)
            .show_separator_line(false)
            .frame(plain)
            .show(ui, |ui| top_bar::top_bar_ui(ui, &cx, page));
        if let Some(alarm) = alarm_strip::told(&cx, page) {
            Panel::top("alarm-strip")
                .exact_size(alarm_strip::STRIP)
                .resizable(false)
                .show_separator_line(false)
                .frame(plain)
                .show(ui, |ui| alarm_strip::strip_ui(ui, &mut cx, alarm));
        }
        if matches!(page, Page::Fleet | Page::Locomotive) && snapshot.data_span.is_some() {
            Panel::bottom("replay")
                .exact_size(size::REPLAY_BAR)
                .resizable(false)
                .show_separator_line(false)
                .frame(plain)
                .show(ui, |ui| {
                    let curves = page == Page::Locomotive;
                    let shown = curves.then(|| self.locomotive.shown());
                    let scrubbed = replay::replay_bar_ui(ui, &mut cx, &mut self.replay, shown);
                    if let (true, Some(at)) = (curves, scrubbed) {
                        self.locomotive.look_back(at);
                    }
                });
        }
        CentralPanel::no_frame()
            .frame(
                Frame::new()
                    .fill(t.bg)
                    .inner_margin(Margin::same(page_margin(ui))),
            )
            .show(ui, |ui| {
                // The others tell it among what else is wrong.
                if !matches!(page, Page::Fleet | Page::Locomotive | Page::Pipeline) {
                    ui.spacing_mut().item_spacing.y = size::M;
                    run::fault_ui(ui, &mut cx, page);
                }
                match page {
                    Page::Fleet => fleet::page_ui(ui, &mut cx, &mut self.fleet),
                    Page::Locomotive => locomotive::page_ui(ui, &mut cx, &mut self.locomotive),
                    Page::Simulator => simulator::page_ui(ui, &mut cx, &mut self.simulator),
                    Page::Pipeline => pipeline::page_ui(ui, &mut cx, &mut self.pipeline),
                    Page::Model => model::page_ui(ui, &mut cx, &mut self.model),
                    Page::Alarms => alarms::page_ui(ui, &mut cx, &mut self.alarms),
                    Page::Continuity => {
                        continuity::page_ui(ui, &mut cx, &mut self.continuity);
                    }
                    Page::Settings => settings::page_ui(ui, &mut cx, &mut self.settings),
                    Page::Log => log::page_ui(ui, &mut cx, &mut self.log),
                }
            });
        Help::release_keys(&ctx, held);
        let asks = std::mem::take(&mut cx.asks);
        self.end(&ctx, asks);
    }
}

fn page_margin(ui: &Ui) -> i8 {
    if ui.available_width() < size::NARROW {
        size::M as i8
    } else {
        size::XL as i8
    }
}
