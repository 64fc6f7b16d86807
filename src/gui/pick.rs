//! Which table to import: from a dialog, or dropped on the window.

use std::path::PathBuf;

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use crate::text::Text;

use super::dialog::{Answer, Dialog};
use super::files::EXTENSIONS;

/// The dialog under way.
#[derive(Default)]
pub struct TableChoice(Option<Dialog>);

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    File(PathBuf),
    /// The machine could not show a dialog.
    NoDialog,
}

impl TableChoice {
    #[must_use]
    pub fn under_way(&self) -> bool {
        self.0.is_some()
    }

    /// Opens the dialog; nothing when it is open already.
    pub fn start(&mut self, ctx: &Context, text: &Text) {
        if self.0.is_some() {
            return;
        }
        let picking = AsyncFileDialog::new()
            .set_title(text.get("pipeline-choose-file"))
            .add_filter(text.get("files-filter"), &EXTENSIONS)
            .pick_file();
        self.0 = Some(Dialog::open(ctx, picking));
    }

    /// Looks whether the user has answered. Never waits.
    pub fn poll(&mut self) -> Option<Picked> {
        let answer = self.0.as_ref()?.poll()?;
        self.0 = None;
        match answer {
            Answer::File(path) => Some(Picked::File(path)),
            Answer::NeverShown => Some(Picked::NoDialog),
            Answer::Cancelled => None,
        }
    }
}

/// The first file that was dropped on the window in this frame.
#[must_use]
pub fn dropped(ctx: &Context) -> Option<PathBuf> {
    ctx.input(|i| Some(i.raw.dropped_files.first()?.path().to_path_buf()))
}
