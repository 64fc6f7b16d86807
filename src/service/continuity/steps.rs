//! Long work told step by step: what is done, how long it took, what is under way, where it stopped.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::service::stop::Stop;

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Running,
    Done,
    /// What was wrong: nothing after it was begun.
    Failed(String),
}

/// One step of long work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// A stable key, for JSON and for translation (`step-<key>`).
    pub key: &'static str,
    pub state: StepState,
    /// Seconds that it took; of a running one, until it was told.
    pub secs: f64,
    /// Share done, 0–1; `None` where it cannot be known.
    pub fraction: Option<f32>,
    /// A figure or a name worth showing, in no language's words; empty: none.
    pub detail: String,
}

/// Why long work ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {why}")]
pub struct Stopped {
    /// The step that failed or was cancelled.
    pub step: &'static str,
    pub why: String,
}

/// Collects the steps of one piece of work, and tells each change.
pub struct Steps<'a> {
    done: Mutex<Vec<Step>>,
    tell: &'a (dyn Fn(&[Step]) + Sync),
    /// Asked to end: looked at between steps, and within those that can be broken off safely.
    pub stop: Stop,
}

impl<'a> Steps<'a> {
    pub fn new(tell: &'a (dyn Fn(&[Step]) + Sync), stop: Stop) -> Self {
        Self {
            done: Mutex::new(Vec::new()),
            tell,
            stop,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Step>)) {
        let mut steps = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut steps);
        (self.tell)(&steps);
    }

    /// Does one step. Its work gets a way to say how far it is, and returns a detail with its result.
    ///
    /// # Errors
    /// The step failed, or somebody asked to end before it began.
    pub fn step<T>(
        &self,
        key: &'static str,
        work: impl FnOnce(&dyn Fn(f32)) -> Result<(T, String), String>,
    ) -> Result<T, Stopped> {
        if let Some(why) = self.stop.cause() {
            return Err(Stopped { step: key, why });
        }
        let begun = Instant::now();
        self.change(|steps| {
            steps.push(Step {
                key,
                state: StepState::Running,
                secs: 0.0,
                fraction: None,
                detail: String::new(),
            });
        });
        let end = |state: StepState, fraction: Option<f32>, detail: String| {
            self.change(|steps| {
                if let Some(step) = steps.last_mut() {
                    step.state = state;
                    step.secs = begun.elapsed().as_secs_f64();
                    step.fraction = fraction;
                    step.detail = detail;
                }
            });
        };
        let far = |fraction: f32| end(StepState::Running, Some(fraction), String::new());
        match work(&far) {
            Ok((result, detail)) => {
                end(StepState::Done, Some(1.0), detail);
                Ok(result)
            }
            Err(why) => {
                end(StepState::Failed(why.clone()), None, String::new());
                Err(Stopped { step: key, why })
            }
        }
    }

    /// All steps so far.
    #[must_use]
    pub fn so_far(&self) -> Vec<Step> {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Tells nobody.
pub const UNTOLD: &(dyn Fn(&[Step]) + Sync) = &|_| {};

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_failed_step_is_the_last_and_every_change_is_told() {
        let told = AtomicUsize::new(0);
        let tell = |_: &[Step]| {
            told.fetch_add(1, Ordering::Relaxed);
        };
        let steps = Steps::new(&tell, Stop::default());
        let seven = steps.step("copy", |far| {
            far(0.5);
            Ok((7, "3 pages".into()))
        });
        assert_eq!(seven, Ok(7));
        let failed = steps.step::<()>("integrity", |_| Err("page 3".into()));
        assert_eq!(failed.unwrap_err().to_string(), "integrity: page 3");
        let all = steps.so_far();
        assert_eq!(all[0].state, StepState::Done);
        assert_eq!(
            (all[0].detail.as_str(), all[0].fraction),
            ("3 pages", Some(1.0))
        );
        assert_eq!(all[1].state, StepState::Failed("page 3".into()));
        assert_eq!(told.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn nothing_is_begun_once_somebody_asked_to_end() {
        let steps = Steps::new(UNTOLD, Stop::default());
        steps.stop.ask("Ngo");
        assert!(steps.step("copy", |_| Ok(((), String::new()))).is_err());
        assert!(steps.so_far().is_empty());
    }
}
