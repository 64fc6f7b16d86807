//! Release of held batches from the window.

use crate::service::command::Event;
use crate::service::holds;

use super::super::Engine;

impl Engine {
    /// Releases a held batch; the next picture shows it. What cannot be written is told.
    pub(super) fn release(&mut self, hold: i64, words: &str) {
        match holds::act(&self.platform, words) {
            Ok(act) => self.write_down(move |warehouse| warehouse.release(hold, &act).map(drop)),
            Err(why) => self.say(Event::Refused {
                why: why.to_string(),
            }),
        }
    }
}
