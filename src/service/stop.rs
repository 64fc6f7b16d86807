//! Somebody asks a run under way to end.

use std::sync::{Arc, OnceLock};

/// Asked once, looked at by the run between its steps.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<OnceLock<String>>);

impl Stop {
    /// `who` asks; the first one who does is named.
    pub fn ask(&self, who: &str) {
        // Asked a second time, it is stopping already.
        let _ = self.0.set(who.to_owned());
    }

    /// The cause to be recorded, once somebody asked.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        self.0.get().map(|who| format!("cancelled by {who}"))
    }

    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.get().is_some()
    }

    /// For what asks step by step whether to go on.
    pub fn go_on(&self) -> std::ops::ControlFlow<()> {
        if self.is_asked() {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_who_asks_is_named_and_every_copy_knows() {
        let stop = Stop::default();
        let copy = stop.clone();
        assert!(copy.go_on().is_continue() && copy.cause().is_none());
        stop.ask("Ngo");
        stop.ask("Essomba");
        assert!(copy.go_on().is_break());
        assert_eq!(copy.cause().as_deref(), Some("cancelled by Ngo"));
    }
}
