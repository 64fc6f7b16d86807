//! Model: can I trust it?

use eframe::egui::Ui;

use crate::gui::context::Cx;
use crate::gui::top_bar::Figure;

/// What the page remembers between frames.
#[derive(Debug, Default)]
pub struct State {}

/// The figures that answer the page's question, for the top bar.
pub fn figures(_ui: &Ui, _cx: &Cx<'_>) -> Vec<Figure> {
    Vec::new()
}

/// Draws the page.
pub fn page_ui(_ui: &mut Ui, _cx: &mut Cx<'_>, _state: &mut State) {}
