//! The desk of the log: the last lines, those of earlier runs of the program too.

use std::sync::Arc;

use crate::logging::{self, Line};
use crate::service::command::Desk;
use crate::service::logbook::{self, LogAsk, LogView};
use crate::service::snapshot::Snapshot;

use super::Engine;

/// What the desk holds.
#[derive(Default)]
pub(super) struct LogDesk {
    view: Arc<LogView>,
    /// Lines of earlier runs; `None` before the page was first shown.
    earlier: Option<Vec<Arc<Line>>>,
    /// How many lines this run had written when the view was made.
    written: u64,
    reading: bool,
}

impl Engine {
    pub(super) fn asked_of_log(&mut self, ask: &LogAsk) {
        match ask {
            LogAsk::OpenFolder => self.open_folder(self.platform.home.logs()),
        }
    }

    /// The page is shown for the first time: what earlier runs said is read aside.
    pub(super) fn log_attended(&mut self) {
        let desk = &mut self.desks.log;
        if self.desk != Desk::Log {
            return;
        }
        if desk.earlier.is_some() || desk.reading {
            self.renew_log();
            return;
        }
        desk.reading = true;
        let (folder, before_ms) = (self.platform.home.logs(), logging::recent().since_ms());
        self.aside(move || {
            let (lines, unreadable) = match logbook::earlier(&folder, before_ms) {
                Ok(lines) => (lines, None),
                Err(why) => (Vec::new(), Some(why)),
            };
            Box::new(move |engine| {
                engine.desks.log.reading = false;
                engine.desks.log.earlier = Some(lines);
                engine.renew_log();
                Arc::make_mut(&mut engine.desks.log.view).unreadable = unreadable;
            })
        });
    }

    /// New lines are taken over only while somebody reads them.
    pub(super) fn log_tick(&mut self) -> bool {
        let new = self.desk == Desk::Log
            && self.desks.log.earlier.is_some()
            && logging::recent().written() != self.desks.log.written;
        if new {
            self.renew_log();
        }
        new
    }

    fn renew_log(&mut self) {
        let folder = self.platform.home.logs();
        let desk = &mut self.desks.log;
        let (own, written) = logging::recent().lines();
        desk.written = written;
        let earlier = desk.earlier.as_deref().unwrap_or_default();
        let room = logging::KEPT.saturating_sub(own.len());
        let earlier = &earlier[earlier.len().saturating_sub(room)..];
        desk.view = Arc::new(LogView {
            ready: desk.earlier.is_some(),
            folder,
            unreadable: desk.view.unreadable.clone(),
            lines: earlier.iter().cloned().chain(own).collect(),
        });
    }

    pub(super) fn picture_log(&self, snapshot: &mut Snapshot) {
        snapshot.log = Arc::clone(&self.desks.log.view);
    }
}
