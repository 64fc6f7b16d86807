//! Following on a thread of its own, beside the runs of the same process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, TryLockError};

use crate::config::SourceConfig;

use super::super::platform::Platform;
use super::seen::LOOK;
use super::{Follower, LiveState, Passed};

/// Following on a thread of its own, until it is dropped.
pub struct Live {
    gate: Gate,
    stop: Arc<AtomicBool>,
}

/// Held for a step, and for a run of the same process: neither is told that the other program is in its way
/// when there is no other program.
pub type Gate = Arc<Mutex<()>>;

impl Live {
    /// Begins to follow; `None` where nothing is followed. `tell` is called after each step.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        platform: &Platform,
        tell: impl Fn(&LiveState, Option<Passed>) + Send + 'static,
    ) -> std::io::Result<Option<Self>> {
        if !platform.config.sources.iter().any(SourceConfig::followed) {
            return Ok(None);
        }
        let live = Self {
            gate: Gate::default(),
            stop: Arc::default(),
        };
        let (gate, stop) = (Arc::clone(&live.gate), Arc::clone(&live.stop));
        let platform = platform.clone();
        std::thread::Builder::new()
            .name("cidp-live".into())
            .spawn(move || match Follower::new(&platform) {
                Ok(Some(mut follower)) => {
                    let stop = || stop.load(Ordering::Relaxed);
                    follow(&mut follower, &gate, &stop, &mut |state, passed| {
                        tell(state, passed);
                    });
                }
                Ok(None) => {}
                Err(error) => {
                    let state = LiveState {
                        fault: Some(error.to_string()),
                        ..LiveState::default()
                    };
                    tell(&state, None);
                }
            })?;
        Ok(Some(live))
    }

    /// What a run of this process holds meanwhile.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Arc::clone(&self.gate)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Steps until `stop` says so, and tells after each.
pub fn follow(
    follower: &mut Follower,
    gate: &Gate,
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&LiveState, Option<Passed>),
) {
    while !stop() {
        let pause = match gate.try_lock() {
            Err(TryLockError::WouldBlock) => LOOK,
            // A run that panicked has left its transaction: there is nothing to protect.
            Ok(_) | Err(TryLockError::Poisoned(_)) => {
                let passed = follower.step();
                tell(follower.state(), passed);
                follower.pause()
            }
        };
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}
