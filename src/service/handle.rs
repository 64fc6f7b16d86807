//! The window's end of the channels to the service.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::command::{Command, Event};
use super::snapshot::Snapshot;

/// What the window holds: it sends commands, reads the latest snapshot, drains events. Nothing waits.
pub struct ServiceHandle {
    commands: mpsc::Sender<Command>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    events: mpsc::Receiver<Event>,
}

impl ServiceHandle {
    #[must_use]
    pub fn new(
        commands: mpsc::Sender<Command>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
        events: mpsc::Receiver<Event>,
    ) -> Self {
        Self {
            commands,
            snapshots,
            events,
        }
    }

    /// Asks the service; `false` when its queue is full or it has ended (the caller shows it).
    #[must_use]
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshots.borrow())
    }

    /// Whether the service has ended: what its last snapshot says is no longer kept up to date.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.snapshots.has_changed().is_err()
    }

    pub fn next_event(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }
}
