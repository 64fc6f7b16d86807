//! What the Locomotive page asks for beside its curves: notes on a moment, and the window as a file.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use crate::domain::LocoId;
use crate::service::command::Event;
use crate::service::export::{self, Exported, FileFormat, Span};
use crate::service::notes::{LONGEST, NOTE, WITHDRAWN, entry_of};
use crate::service::pipeline::wall_ms;
use crate::service::scribe::who;
use crate::warehouse::{Entry, Reader};

use super::{Answer, Engine};

/// An entry on its way into the journal: shown meanwhile, and no longer once the scribe is done with it.
pub(super) struct Pending {
    entry: Arc<Entry>,
}

/// Tells the engine when the scribe is done, whether or not it could write: then the act is dropped.
struct Done {
    entry: Arc<Entry>,
    answers: UnboundedSender<Answer>,
}

impl Drop for Done {
    fn drop(&mut self) {
        let entry = Arc::clone(&self.entry);
        // The window is gone: nobody waits for the answer.
        let _ = self.answers.send(Box::new(move |engine: &mut Engine| {
            let notes = &mut engine.desks.notes;
            notes.retain(|pending| !Arc::ptr_eq(&pending.entry, &entry));
            engine.viewed = None;
        }));
    }
}

impl Engine {
    /// Notes that are being written.
    pub(super) fn pending_notes(&self) -> Vec<&Entry> {
        let notes = self.desks.notes.iter();
        notes.map(|pending| pending.entry.as_ref()).collect()
    }

    /// Annotates a moment.
    pub(super) fn note(&mut self, loco: LocoId, at_ms: i64, words: &str) {
        let words: String = words.trim().chars().take(LONGEST).collect();
        if words.is_empty() {
            self.say(Event::Refused {
                why: "a note needs words".into(),
            });
            return;
        }
        let entry = self.signed(NOTE, loco, at_ms);
        self.keep_note(Entry { words, ..entry });
    }

    /// Takes a note back.
    pub(super) fn withdraw_note(&mut self, loco: LocoId, at_ms: i64, number: i64) {
        let entry = self.signed(WITHDRAWN, loco, at_ms);
        let detail = serde_json::json!({ "entry": number });
        self.keep_note(Entry { detail, ..entry });
    }

    fn signed(&self, act: &str, loco: LocoId, at_ms: i64) -> Entry {
        let who = who(self.platform.config.window.operator.as_deref());
        entry_of(act, loco, at_ms, who, wall_ms())
    }

    fn keep_note(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        self.desks.notes.push(Pending {
            entry: Arc::clone(&entry),
        });
        self.viewed = None;
        let done = Done {
            entry,
            answers: self.answers.clone(),
        };
        self.write_down(move |warehouse| warehouse.note(&done.entry).map(drop));
    }

    /// Writes the readings of a window, each with the verdict of its day.
    pub(super) fn export_window(&self, loco: LocoId, window: (i64, i64), to: PathBuf) {
        let warehouse = self.platform.home.warehouse();
        self.export(to, move |file| {
            let reader = Reader::open(&warehouse).map_err(|e| e.to_string())?;
            let span = Span {
                from_ms: Some(window.0),
                to_ms: Some(window.1),
                locos: vec![loco],
            };
            let format = FileFormat::of(file).unwrap_or(FileFormat::Csv);
            let written = export::export(&reader, Exported::Judged, &span, format, file);
            written
                .map(|written| written.gone)
                .map_err(|e| e.to_string())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::platform::Platform;
    use crate::service::snapshot::Snapshot;
    use tokio::sync::{mpsc, watch};

    #[test]
    fn a_note_that_cannot_be_written_is_told_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let platform = Platform::open(Some(folder.path()), None).unwrap();
        let (snapshots, _seen) = watch::channel(Arc::new(Snapshot::empty()));
        let (events, mut told) = mpsc::channel(9);
        let (answers, mut answered) = mpsc::unbounded_channel();
        let mut engine = Engine::new(platform, snapshots, events, Box::new(|| {}), answers);
        engine.start_scribe();
        // There is no warehouse, and the scribe makes none.
        engine.note(LocoId::new("A"), 5, "bruit");
        assert_eq!(engine.pending_notes().len(), 1);
        engine.scribe = None;
        while let Ok(answer) = answered.try_recv() {
            answer(&mut engine);
        }
        assert!(engine.pending_notes().is_empty());
        assert!(matches!(told.try_recv(), Ok(Event::NotKept { .. })));
    }
}
