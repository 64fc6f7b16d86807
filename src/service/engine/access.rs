//! What the loop answers an account that only looks.

use crate::service::command::{Command, Event};
use crate::service::scribe::account;

use super::Engine;

impl Engine {
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
