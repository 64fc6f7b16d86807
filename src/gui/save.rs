//! Where to save a file. Where the machine has no dialog, the service's own folder takes it.

use std::path::PathBuf;

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use crate::service::command::Command;
use crate::text::Text;

use super::dialog::{Answer, Dialog};

/// The dialog under way, and what is sent with its answer.
#[derive(Default)]
pub struct SaveChoice(Option<Asked>);

struct Asked {
    dialog: Dialog,
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
        self.0 = Some(Asked {
            dialog: Dialog::open(ctx, picking),
            file_name,
            command,
        });
    }

    /// The command to send, once the user has answered. Never waits. `None` where the user cancelled.
    pub fn poll(&mut self) -> Option<Command> {
        let answer = self.0.as_ref()?.dialog.poll()?;
        let asked = self.0.take()?;
        match answer {
            Answer::File(path) => Some(asked.command.to(path)),
            // Relative: the service takes it into its own folder.
            Answer::NeverShown => Some(asked.command.to(PathBuf::from(asked.file_name))),
            Answer::Cancelled => None,
        }
    }
}
