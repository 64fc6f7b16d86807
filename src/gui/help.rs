//! `?`: the shortcuts, those of the page in view first. While it is open the keyboard is its own.

use eframe::egui::{
    Align, Context, CornerRadius, Event, Frame, Id, Label, Layout, Margin, Modal, ScrollArea,
    Stroke, Ui,
};

use super::context::Page;
use super::fonts::Icon;
use super::shortcuts::{self, EVERYWHERE, Shortcut};
use super::theme::{self, size};
use super::widgets::button::icon_button_ui;
use crate::text::Text;

/// Width of the whole, points.
const WIDTH: f32 = 880.0;
/// Width of the keys before their words.
const KEYS: f32 = 128.0;

/// Whether it is open, and what had the focus before.
#[derive(Default)]
pub struct Help {
    open: bool,
    /// What had the focus before, to give it back.
    before: Option<Id>,
}

impl Help {
    /// Opens or closes it.
    pub fn toggle(&mut self, ctx: &Context) {
        if self.open {
            self.close(ctx);
        } else {
            self.open = true;
            self.before = ctx.memory(|m| m.focused());
        }
        ctx.request_repaint();
    }

    fn close(&mut self, ctx: &Context) {
        self.open = false;
        ctx.memory_mut(|m| m.stop_text_input());
        ctx.request_repaint();
    }

    /// The page takes the focus only once nothing lies over it any more, which is a frame later.
    fn give_back(&mut self, ctx: &Context) {
        if self.before.is_none() {
            return;
        }
        if ctx.memory(|m| m.top_modal_layer().is_some()) {
            ctx.request_repaint();
        } else if let Some(id) = self.before.take() {
            ctx.memory_mut(|m| m.request_focus(id));
        }
    }

    /// Takes the keys away from the page under it, for as long as the page is drawn.
    #[must_use]
    pub fn hold_keys(&self, ctx: &Context) -> Option<Vec<Event>> {
        self.open
            .then(|| ctx.input_mut(|i| std::mem::take(&mut i.events)))
    }

    /// Gives them back.
    pub fn release_keys(ctx: &Context, held: Option<Vec<Event>>) {
        if let Some(events) = held {
            ctx.input_mut(|i| i.events = events);
        }
    }

    /// Draws it over the page.
    pub fn ui(&mut self, ctx: &Context, text: &Text, page: Page) {
        if !self.open {
            return self.give_back(ctx);
        }
        let t = theme::of(&ctx.global_style().visuals);
        let frame = Frame::new()
            .fill(t.panel)
            .stroke(Stroke::new(size::LINE, t.line))
            .corner_radius(CornerRadius::same(size::CORNER))
            .inner_margin(Margin::same(size::XL as i8));
        let shown = Modal::new(Id::unique("help")).frame(frame).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 4.0 * size::XL));
            inside_ui(ui, text, page)
        });
        if shown.inner || shown.should_close() {
            self.close(ctx);
        }
    }
}

/// True when it is to be closed.
fn inside_ui(ui: &mut Ui, text: &Text, page: Page) -> bool {
    let t = theme::tokens(ui);
    let mut close = false;
    ui.horizontal(|ui| {
        let title = text.get("help-title");
        ui.label(theme::sized(title, size::TITLE, t.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = icon_button_ui(ui, Icon::X, &text.get("help-close"));
            // The focus stays here: Tab from the only control leads back to it.
            if ui.memory(|m| m.focused().is_none_or(|id| id != button.id)) {
                button.request_focus();
            }
            close = button.clicked();
        });
    });
    ui.add_space(size::S);
    let room = ui.ctx().content_rect().height() - 6.0 * size::XL;
    // The most it may take; with fewer lines it is lower.
    ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            let width = (ui.available_width() - size::XL) / 2.0;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = size::XL;
                column_ui(ui, width, |ui| {
                    let own = shortcuts::of(page);
                    if !own.is_empty() {
                        section_ui(ui, text, &text.get(page.key()), own);
                    }
                    section_ui(ui, text, &text.get("help-everywhere"), EVERYWHERE);
                    pages_ui(ui, text);
                });
                column_ui(ui, width, |ui| {
                    for other in Page::ALL.into_iter().filter(|&other| other != page) {
                        let own = shortcuts::of(other);
                        if !own.is_empty() {
                            section_ui(ui, text, &text.get(other.key()), own);
                        }
                    }
                });
            });
        });
    close
}

fn column_ui(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui)) {
    ui.vertical(|ui| {
        ui.set_width(width);
        ui.spacing_mut().item_spacing.y = size::XS;
        add(ui);
    });
}

fn section_ui(ui: &mut Ui, text: &Text, title: &str, all: &[Shortcut]) {
    table_ui(
        ui,
        title,
        all.iter()
            .map(|shortcut| (shortcut.keys(text), text.get(shortcut.does).into_owned())),
    );
}

fn pages_ui(ui: &mut Ui, text: &Text) {
    table_ui(
        ui,
        &text.get("help-pages"),
        shortcuts::pages()
            .map(|(stroke, page)| (stroke.words(text), text.get(page.key()).into_owned())),
    );
}

fn table_ui(ui: &mut Ui, title: &str, lines: impl Iterator<Item = (String, String)>) {
    let t = theme::tokens(ui);
    ui.label(theme::small_strong(title, t.mute));
    for (keys, does) in lines {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::M;
            ui.vertical(|ui| {
                ui.set_width(KEYS);
                ui.add(Label::new(theme::strong(keys, t.text)).wrap());
            });
            ui.add(Label::new(theme::body(does, t.text)).wrap());
        });
    }
    ui.add_space(size::L);
}
