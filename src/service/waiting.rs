//! A wait for another program's lock, told to whoever watches the run: the writer only says that it waits; a thread
//! beside it finds out for whom.

use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::{Config, Home};
use crate::warehouse::{Patience, WarehouseError};

use super::continuity::holders::{self, Holder};
use super::pipeline::PipelineError;
use super::snapshot::{RunProgress, Stage, WaitsFor};
use super::stop::Stop;

/// Between two looks at who holds it.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Default)]
struct State {
    waits: bool,
    over: bool,
}

#[derive(Default)]
struct Bell(Mutex<State>, Condvar);

impl Bell {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.1.notify_all();
    }

    /// Tells who is waited for, until the work is over.
    fn tell(&self, home: &Home, progress: &(dyn Fn(RunProgress) + Sync)) {
        let mut state = self.state();
        while !state.over {
            if state.waits {
                drop(state);
                let holder = holders::of_lock(&home.warehouse(), &home.run_lock());
                progress(RunProgress {
                    stage: Stage::Extract,
                    fraction: None,
                    rows: 0,
                    waits_for: Some(WaitsFor::of(holder.as_ref())),
                });
                state = self.state();
                if state.over {
                    return;
                }
            }
            state = if state.waits {
                let woken = self.1.wait_timeout(state, LOOK);
                woken.unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.1.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}

struct Over<'a>(&'a Bell);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.ring(|state| state.over = true);
    }
}

/// Does work with a writer's patience that is bounded by the configuration, told through `progress` and ended by `stop`.
pub(super) fn told<T>(
    home: &Home,
    config: &Config,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
    work: impl FnOnce(&Patience) -> T,
) -> T {
    let bell = Arc::new(Bell::default());
    let (asked, rung) = (stop.clone(), Arc::clone(&bell));
    let patience = Patience::new(limit(config), move |waited| {
        rung.ring(|state| state.waits = waited.is_some());
        if waited.is_some() {
            asked.go_on()
        } else {
            ControlFlow::Continue(())
        }
    });
    std::thread::scope(|scope| {
        let _over = Over(&bell);
        scope.spawn(|| bell.tell(home, progress));
        work(&patience)
    })
}

pub(super) fn limit(config: &Config) -> Duration {
    Duration::from_secs_f64(config.continuity.lock_patience_secs)
}

/// The holder's words for an error; where the system does not tell, that.
pub(super) fn holder_words(home: &Home) -> String {
    holders::of_lock(&home.warehouse(), &home.run_lock())
        .as_ref()
        .map_or_else(|| "another program".into(), Holder::to_string)
}

/// The same error, naming who is in the way.
pub(super) fn named(home: &Home, error: PipelineError) -> PipelineError {
    match error {
        PipelineError::Warehouse(WarehouseError::Locked) => PipelineError::Locked {
            holder: holder_words(home),
        },
        PipelineError::Warehouse(WarehouseError::Stopped)
        | PipelineError::Lock(crate::warehouse::LockError::Stopped) => PipelineError::Stopped,
        other => other,
    }
}
