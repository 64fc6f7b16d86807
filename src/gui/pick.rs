//! Which table to import: the dialog is made on the interface thread and awaited on a small thread, the frame only looks
//! whether an answer came. A file may also be dropped on the window.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Instant;

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use crate::text::Text;

use super::files::{EXTENSIONS, NO_DIALOG};

/// The dialog under way.
#[derive(Default)]
pub struct TableChoice(Option<(Receiver<Option<PathBuf>>, Instant)>);

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
        let (tell, answer) = channel();
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new()
            .name("table-dialog".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let picked = runtime.ok().and_then(|r| r.block_on(picking));
                // The window may be gone meanwhile; then nobody waits for the answer.
                let _ = tell.send(picked.map(|file| file.path().to_owned()));
                ctx.request_repaint();
            });
        if let Err(why) = spawned {
            // The channel is closed then, which `poll` takes for "no dialog".
            tracing::warn!(%why, "cannot start the dialog's thread");
        }
        self.0 = Some((answer, Instant::now()));
    }

    /// Looks whether the user has answered. Never waits.
    pub fn poll(&mut self) -> Option<Picked> {
        let (answer, asked) = self.0.as_ref()?;
        let answer = match answer.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        let unseen = asked.elapsed() < NO_DIALOG;
        self.0 = None;
        match answer {
            Some(path) => Some(Picked::File(path)),
            None => unseen.then_some(Picked::NoDialog),
        }
    }
}

/// The first file that was dropped on the window in this frame.
#[must_use]
pub fn dropped(ctx: &Context) -> Option<PathBuf> {
    ctx.input(|i| Some(i.raw.dropped_files.first()?.path().to_path_buf()))
}
