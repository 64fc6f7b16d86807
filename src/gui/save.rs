//! Where to save a file: the dialog is made on the interface thread and awaited on a small thread, the frame only
//! looks whether an answer came. Where the machine has no dialog, the service's own folder takes the file.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Instant;

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use crate::service::command::Command;
use crate::text::Text;

use super::files::NO_DIALOG;

/// The dialog under way, and what is sent with its answer.
#[derive(Default)]
pub struct SaveChoice(Option<Asked>);

struct Asked {
    answer: Receiver<Option<PathBuf>>,
    since: Instant,
    file_name: String,
    command: Command,
}

impl SaveChoice {
    /// Asks where `file_name` may go; `command` is then sent there. Nothing when a dialog is open already.
    pub fn start(&mut self, ctx: &Context, text: &Text, file_name: String, command: Command) {
        if self.0.is_some() {
            return;
        }
        let picking = AsyncFileDialog::new()
            .set_title(text.get("save-title"))
            .set_file_name(&file_name)
            .save_file();
        let (tell, answer) = channel();
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new()
            .name("save-dialog".to_owned())
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
        self.0 = Some(Asked {
            answer,
            since: Instant::now(),
            file_name,
            command,
        });
    }

    /// The command to send, once the user has answered. Never waits. `None` where the user cancelled.
    pub fn poll(&mut self) -> Option<Command> {
        let asked = self.0.as_ref()?;
        let answer = match asked.answer.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        let unseen = asked.since.elapsed() < NO_DIALOG;
        let asked = self.0.take()?;
        match answer {
            Some(path) => Some(asked.command.to(path)),
            // Relative: the service takes it into its own folder.
            None if unseen => Some(asked.command.to(PathBuf::from(asked.file_name))),
            None => None,
        }
    }
}
