//! Following on a thread of its own, beside the runs of the same process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::SourceConfig;

use super::super::platform::Platform;
use super::seen::LOOK;
use super::{Follower, Gate, LiveState, Passed};

/// Following on a thread of its own, until it is dropped.
pub struct Live {
    gate: Gate,
    stop: Arc<AtomicBool>,
}

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
        let (gate, stop) = (live.gate(), Arc::clone(&live.stop));
        let platform = platform.clone();
        std::thread::Builder::new().name("cidp-live".into()).spawn(
            move || match Follower::behind(&platform, gate) {
                Ok(Some(mut follower)) => {
                    let stop = || stop.load(Ordering::Relaxed);
                    follow(&mut follower, &stop, &mut |state, passed| {
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
            },
        )?;
        Ok(Some(live))
    }

    /// What a run of this process holds meanwhile.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.gate.clone()
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
    stop: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&LiveState, Option<Passed>),
) {
    let gate = follower.gate.clone();
    while !stop() {
        let pause = match gate.try_enter() {
            None => LOOK,
            Some(mut kept) => {
                let passed = follower.step_within(&mut kept);
                tell(follower.state(), passed);
                follower.pause()
            }
        };
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
}
