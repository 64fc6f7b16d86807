//! The five stages of a run of ours: what each has seen, and how long it has worked. The first three go together, batch by
//! batch, so the time between two words of the run belongs to the stage of the second.

use std::time::Instant;

use crate::service::snapshot::{RunProgress, Stage};

/// One stage so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StageShown {
    pub state: StageState,
    pub rows: u64,
    pub secs: f64,
    /// Share done, 0–1, where it can be known.
    pub fraction: Option<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StageState {
    #[default]
    Waiting,
    UnderWay,
    Done,
}

/// All of them, in order.
pub type Stages = [StageShown; 5];

/// Listens to a run.
#[derive(Debug)]
pub struct Listener {
    stages: Stages,
    heard: Instant,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            stages: Stages::default(),
            heard: Instant::now(),
        }
    }
}

impl Listener {
    /// Takes a word of the run.
    pub fn hear(&mut self, now: RunProgress) {
        let passed = self.heard.elapsed().as_secs_f64();
        self.heard = Instant::now();
        let together = now.stage <= Stage::Load;
        for (stage, shown) in Stage::ALL.into_iter().zip(&mut self.stages) {
            if stage == now.stage {
                shown.secs += passed;
                shown.rows = shown.rows.max(now.rows);
                shown.fraction = now.fraction;
                shown.state = StageState::UnderWay;
            } else if stage < now.stage && !(together && stage <= Stage::Load) {
                shown.state = StageState::Done;
                shown.fraction = None;
            }
        }
    }

    #[must_use]
    pub const fn stages(&self) -> Stages {
        self.stages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_go_together_and_the_others_after_them() {
        let mut listener = Listener::default();
        let mut hear = |stage, rows, fraction| {
            listener.hear(RunProgress {
                stage,
                fraction,
                rows,
                waits_for: None,
            });
            listener.stages().map(|shown| shown.state)
        };
        use StageState::{Done, UnderWay, Waiting};
        hear(Stage::Extract, 4096, None);
        let states = hear(Stage::Load, 4096, None);
        assert_eq!(states, [UnderWay, Waiting, UnderWay, Waiting, Waiting]);
        hear(Stage::Extract, 9000, None);
        let states = hear(Stage::Train, 0, Some(0.5));
        assert_eq!(states, [Done, Done, Done, UnderWay, Waiting]);
        let states = hear(Stage::Score, 10, Some(1.0));
        assert_eq!(states, [Done, Done, Done, Done, UnderWay]);
        let stages = listener.stages();
        assert_eq!((stages[0].rows, stages[2].rows), (9000, 4096));
        assert_eq!(stages[3].fraction, None);
    }
}
