//! Runs that the window asks for: begun on a thread of their own, told about when they end.

use tokio::sync::watch;

use crate::service::command::Event;
use crate::service::continuity::backup;
use crate::service::continuity::notify::broke_off;
use crate::service::live::{Gate, Live};
use crate::service::outcome::{RunOutcome, Training};
use crate::service::pipeline::{PipelineError, RunKind};
use crate::service::scribe::who;
use crate::service::snapshot::{RunProgress, Stage};
use crate::warehouse::{LockError, RunStatus};

use super::intake::hear;
use super::{Engine, Job};

impl Engine {
    pub(super) fn begin(&mut self, progress: &watch::Sender<Option<RunProgress>>) -> Job {
        self.running = Some(RunProgress {
            stage: Stage::Extract,
            fraction: None,
            rows: 0,
            waits_for: None,
        });
        self.publish_progress();
        if self.snapshots.borrow().synthetic && !self.platform.config.sources.is_empty() {
            // A new warehouse may take the place of this one, and some systems move no open file.
            (self.reader, self.changes) = (None, None);
        }
        if let Some(courier) = &self.courier {
            courier.rest(true);
        }
        let platform = self.platform.clone();
        let progress = progress.clone();
        let gate = self.following.as_ref().map(Live::gate);
        let (stop, listener) = self.run_begins();
        let by_night = std::mem::take(&mut self.desks.intake.by_night);
        tokio::task::spawn_blocking(move || {
            // A live pass of ours ends first; the next one waits.
            let _held = gate.as_ref().map(Gate::hold);
            if by_night {
                backup::before_night_run(&platform, &stop);
            }
            let tell = |now| {
                hear(&listener, now);
                progress.send_replace(Some(now));
            };
            platform.run_until(RunKind::Full, &tell, &stop)
        })
    }

    pub(super) fn ended(
        &mut self,
        ended: Result<Result<RunOutcome, PipelineError>, tokio::task::JoinError>,
    ) {
        if let Some(courier) = &self.courier {
            courier.rest(false);
            if let Ok(Err(error)) = &ended
                && let Some(news) = broke_off(error)
            {
                courier.tell(news);
            }
        }
        let event = match ended {
            Ok(Ok(outcome)) => {
                match &outcome.training {
                    Training::Promoted { version } => {
                        self.say(Event::ModelPromoted { version: *version });
                    }
                    Training::Refused { why, .. } | Training::Impossible { why } => {
                        self.say(Event::ModelRefused { why: why.clone() });
                    }
                    Training::NotDue => {}
                }
                match outcome.status {
                    RunStatus::Ok => Event::RunDone {
                        kept: outcome.report.rows_kept,
                        quarantined: outcome.report.rows_quarantined.values().sum(),
                    },
                    RunStatus::FailedSafe => {
                        let cause = outcome.cause.unwrap_or_default();
                        match cause.strip_prefix("cancelled by ") {
                            Some(by) => Event::RunCancelled { by: by.to_owned() },
                            None => Event::RunFailedSafe { cause },
                        }
                    }
                }
            }
            Ok(Err(PipelineError::Lock(LockError::Busy { holder }))) => Event::RunBusy { holder },
            Ok(Err(PipelineError::Locked { holder })) => Event::RunBusy { holder },
            Ok(Err(PipelineError::Stopped)) => Event::RunCancelled {
                by: who(self.platform.config.window.operator.as_deref()),
            },
            Ok(Err(error)) => Event::RunFailedSafe {
                cause: error.to_string(),
            },
            Err(panic) => Event::RunFailedSafe {
                cause: format!("the run broke off: {panic}"),
            },
        };
        if let Event::RunFailedSafe { cause } = &event {
            tracing::warn!(cause, "run failed safe");
        }
        self.run_ended(match &event {
            Event::RunBusy { holder } => Some(holder),
            _ => None,
        });
        self.say(event);
    }
}
