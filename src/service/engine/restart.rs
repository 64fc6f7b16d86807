//! What the loop does for a cold restart, and for an account that only looks.

use crate::service::command::{Command, Event};
use crate::service::live::{Gate, Live};
use crate::service::scribe::account;

use super::Engine;

impl Engine {
    /// Makes ready for a cold restart: the run under way is asked to end, our readers are closed. Whoever walks it holds
    /// the gate meanwhile ([`Gate::hold`], on the thread of the restart: it waits), so that live following rests, and has
    /// the loop `reopen` afterwards.
    #[allow(
        dead_code,
        reason = "called by the desk of the Continuity page, which is built beside this"
    )]
    pub(super) fn still_for_restart(&mut self) -> Option<Gate> {
        self.cancel();
        (self.reader, self.changes) = (None, None);
        self.following.as_ref().map(Live::gate)
    }

    /// Refuses what an account that only looks asks for.
    pub(super) fn denies(&self, asked: &Command) {
        tracing::warn!(
            account = account(),
            ?asked,
            "refused: this account only looks"
        );
        self.say(Event::ReadOnly);
    }
}
