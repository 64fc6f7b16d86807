//! "Ouvrir mes CSV…": first the sensor file, then the maintenance file, which may be left out.

use std::path::PathBuf;

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use super::dialog::{Answer, Dialog};
use crate::text::Text;

/// Of the tables that can be read; some systems tell capitals apart.
pub(super) const EXTENSIONS: [&str; 15] = [
    "csv", "CSV", "txt", "tsv", "json", "ndjson", "jsonl", "xlsx", "xlsm", "xls", "xlsb", "ods",
    "gz", "zst", "XLSX",
];

/// The dialogs under way.
#[derive(Default)]
pub struct FileChoice {
    step: Option<Step>,
}

struct Step {
    dialog: Dialog,
    /// The first answer, while the second is awaited.
    sensors: Option<PathBuf>,
}

/// What came of the dialogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Chosen {
        sensors: PathBuf,
        maintenance: Option<PathBuf>,
    },
    /// The machine could not show a dialog.
    NoDialog,
}

impl FileChoice {
    /// Whether a dialog is open.
    #[must_use]
    pub fn under_way(&self) -> bool {
        self.step.is_some()
    }

    /// Opens the first dialog; nothing when one is open already.
    pub fn start(&mut self, ctx: &Context, text: &Text) {
        if self.step.is_none() {
            self.step = Some(ask(ctx, text, "files-sensors-title", None));
        }
    }

    /// Looks whether the user has answered. Never waits.
    pub fn poll(&mut self, ctx: &Context, text: &Text) -> Option<Outcome> {
        let answer = self.step.as_ref()?.dialog.poll()?;
        let step = self.step.take()?;
        match (step.sensors, answer) {
            (None, Answer::File(sensors)) => {
                self.step = Some(ask(ctx, text, "files-maintenance-title", Some(sensors)));
                None
            }
            (None, Answer::NeverShown) => Some(Outcome::NoDialog),
            (None, Answer::Cancelled) => None,
            (Some(sensors), answer) => Some(Outcome::Chosen {
                sensors,
                maintenance: match answer {
                    Answer::File(maintenance) => Some(maintenance),
                    Answer::Cancelled | Answer::NeverShown => None,
                },
            }),
        }
    }
}

fn ask(ctx: &Context, text: &Text, title: &str, sensors: Option<PathBuf>) -> Step {
    let picking = AsyncFileDialog::new()
        .set_title(text.get(title))
        .add_filter(text.get("files-filter"), &EXTENSIONS)
        .pick_file();
    Step {
        dialog: Dialog::open(ctx, picking),
        sensors,
    }
}
