//! "Ouvrir mes CSV…": first the sensor file, then the maintenance file, which may be left out. Dialogs
//! are made on the interface thread and awaited on a small thread; the frame only looks whether an
//! answer came.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use rfd::AsyncFileDialog;

use crate::text::Text;

/// Of the tables that can be read; some systems tell capitals apart.
pub(super) const EXTENSIONS: [&str; 15] = [
    "csv", "CSV", "txt", "tsv", "json", "ndjson", "jsonl", "xlsx", "xlsm", "xls", "xlsb", "ods",
    "gz", "zst", "XLSX",
];

/// No hand cancels a dialog faster than this: it was never shown.
pub(super) const NO_DIALOG: Duration = Duration::from_millis(400);

/// The dialogs under way.
#[derive(Default)]
pub struct FileChoice {
    step: Option<Step>,
}

struct Step {
    answer: Receiver<Option<PathBuf>>,
    asked: Instant,
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
        let step = self.step.as_ref()?;
        let answer = match step.answer.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        let unseen = step.asked.elapsed() < NO_DIALOG;
        let step = self.step.take()?;
        match (step.sensors, answer) {
            (None, Some(sensors)) => {
                self.step = Some(ask(ctx, text, "files-maintenance-title", Some(sensors)));
                None
            }
            (None, None) => unseen.then_some(Outcome::NoDialog),
            (Some(sensors), maintenance) => Some(Outcome::Chosen {
                sensors,
                maintenance,
            }),
        }
    }
}

fn ask(ctx: &Context, text: &Text, title: &str, sensors: Option<PathBuf>) -> Step {
    let dialog = AsyncFileDialog::new()
        .set_title(text.get(title))
        .add_filter(text.get("files-filter"), &EXTENSIONS);
    let picking = dialog.pick_file();
    let (tell, answer) = channel();
    let ctx = ctx.clone();
    let spawned = std::thread::Builder::new()
        .name("file-dialog".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let picked = runtime.ok().and_then(|r| r.block_on(picking));
            // The window may be gone meanwhile; then nobody waits for the answer.
            let _ = tell.send(picked.map(|file| file.path().to_owned()));
            ctx.request_repaint();
        });
    if let Err(why) = spawned {
        // The channel is closed then, which `poll` takes for "no dialog".
        tracing::warn!(%why, "cannot start the file dialog's thread");
    }
    Step {
        answer,
        asked: Instant::now(),
        sensors,
    }
}
