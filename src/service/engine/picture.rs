//! The snapshot that the window shows: assembled from what the warehouse holds, and sent.

use std::sync::Arc;
use std::time::Instant;

use crate::domain::ports::SharedJudge;
use crate::domain::{Cause, LocoId};
use crate::ml;
use crate::service::continuity::integrity;
use crate::service::fleet::{self, Scene};
use crate::service::locomotive;
use crate::service::pipeline::wall_ms;
use crate::service::playing::Playing;
use crate::service::snapshot::{Clock, LocomotiveView, Severity, Snapshot};
use crate::service::training;
use crate::warehouse::{Reader, WarehouseError};

use super::{Engine, InForce, VIEW};

impl Engine {
    /// Only the progress is new.
    pub(super) fn publish_progress(&mut self) {
        self.generation += 1;
        let mut snapshot = Snapshot::clone(&self.snapshots.borrow());
        snapshot.generation = self.generation;
        snapshot.running = self.running;
        snapshot.read_only = !self.platform.may_act();
        snapshot.alarms = self.alarms_view();
        self.picture_settings(&mut snapshot);
        self.picture_log(&mut snapshot);
        snapshot.intake = self.desks.intake.picture(self.running.is_some());
        self.picture_continuity(&mut snapshot);
        self.send(snapshot);
    }

    pub(super) fn publish(&mut self) {
        if self.is_swapping() || self.reader.is_none() && self.running.is_some() {
            return self.publish_progress();
        }
        self.generation += 1;
        let snapshot = match self.assemble() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                let mut last = Snapshot::clone(&self.snapshots.borrow());
                let fault = Some(error.to_string());
                // Four times a second it would bury everything else in the log.
                if last.fault != fault {
                    tracing::error!(%error, "no snapshot");
                }
                // What was last known stays on the page, and no verdict stands any more.
                last.fault = fault;
                last.fleet_cause = Some(Cause::RunFailed {
                    reason: error.to_string(),
                });
                last.generation = self.generation;
                last.running = self.running;
                let cause = last.fleet_cause.clone();
                let mut rows = last.fleet.as_ref().clone();
                if let (Clock::Wall, Some(before_ms)) = (last.clock, last.now_ms) {
                    let wall_ms = wall_ms();
                    for row in &mut rows {
                        row.age_ms = grown(row.reading_at_ms, row.age_ms, before_ms, wall_ms);
                    }
                    last.now_ms = Some(wall_ms);
                }
                for row in &mut rows {
                    if let Some(cause) = &cause {
                        row.verdict = crate::domain::Verdict::Unavailable(cause.clone());
                    }
                }
                last.fleet = Arc::new(rows);
                self.picture_alarms(&mut last);
                self.picture_settings(&mut last);
                self.picture_log(&mut last);
                self.picture_continuity(&mut last);
                last
            }
        };
        self.send(snapshot);
    }

    pub(super) fn send(&self, snapshot: Snapshot) {
        self.snapshots.send_replace(Arc::new(snapshot));
        (self.wake)();
    }

    pub(super) fn assemble(&mut self) -> Result<Snapshot, WarehouseError> {
        self.assembled = Instant::now();
        let mut snapshot = Snapshot::empty();
        snapshot.generation = self.generation;
        snapshot.running = self.running;
        snapshot.live = self.live.borrow().clone();
        let live_fault = snapshot.live.as_ref().and_then(|live| live.fault.clone());
        snapshot.fault = self.fault.clone().or(live_fault);
        self.refresh_model()?;
        if self.reader.is_none() {
            self.picture_desks(&mut snapshot);
            return Ok(snapshot);
        }
        let Some(reader) = &self.reader else {
            return Ok(snapshot);
        };
        let last_run = reader.last_run()?;
        let model = match &self.model {
            InForce::None => Ok(None),
            InForce::Sound(model) => Ok(Some(model.as_ref())),
            InForce::Damaged(why) => Err(why.clone()),
        };
        let replay_ms = self.replay.map(Playing::at_ms);
        self.desks.models.breaker.refresh(reader)?;
        let fleet = Scene {
            tripped: integrity::damage(reader)
                .or_else(|| self.desks.models.breaker.cause(self.model_version)),
            reader,
            config: &self.platform.config,
            model,
            last_run: last_run.clone(),
            replay_ms,
            wall_ms: wall_ms(),
        }
        .fleet(&mut self.memory)?;
        snapshot.clock = match (self.replay, fleet.live) {
            (Some(replay), _) => Clock::Replay {
                speed: replay.speed,
                playing: replay.playing,
            },
            (None, true) => Clock::Wall,
            (None, false) => Clock::Data,
        };
        snapshot.now_ms = fleet.now_ms;
        // A replay may go beyond what it shows.
        snapshot.data_span = match replay_ms {
            Some(_) => reader.span()?,
            None => fleet.span,
        };
        snapshot.synthetic = reader.synthetic()?.unwrap_or(false);
        snapshot.last_run = last_run.as_ref().map(fleet::last_run);
        snapshot.fleet_cause = fleet.cause;
        self.desks.intake.held(fleet.held);
        if let InForce::Sound(model) = &self.model {
            snapshot.model = Some(Arc::new(model.card.clone()));
            snapshot.judge = Some(Arc::clone(model) as SharedJudge);
        }
        let own_now_ms = |loco: &LocoId| {
            let row = fleet.rows.iter().find(|row| row.loco == *loco);
            row.map_or(fleet.now_ms, |row| Some(row.reading_at_ms + row.age_ms))
        };
        let recent = self.recent_view(replay_ms);
        self.view_is_old = recent.is_some();
        snapshot.locomotive = match recent {
            Some(view) => Some(view),
            None => self.locomotive(reader, replay_ms, own_now_ms)?,
        };
        snapshot.fleet = Arc::new(fleet.rows);
        if let (false, Some((loco, window)), Some(view)) =
            (self.view_is_old, &self.watched, &snapshot.locomotive)
        {
            self.viewed = Some((loco.clone(), *window, Instant::now(), Arc::clone(view)));
        }
        self.picture_desks(&mut snapshot);
        Ok(snapshot)
    }

    pub(super) fn refresh_model(&mut self) -> Result<(), WarehouseError> {
        let Some(reader) = &self.reader else {
            self.model = InForce::None;
            return Ok(());
        };
        let version = reader.model_version()?;
        if version == self.model_version && version.is_some() {
            return Ok(());
        }
        self.model_version = version;
        self.model = match training::model_in_force(reader) {
            Ok(Some(model)) => InForce::Sound(Arc::new(model)),
            Ok(None) => InForce::None,
            Err(why) => InForce::Damaged(why),
        };
        Ok(())
    }

    /// The view of the same locomotive and window, if it was made a moment ago: a picture of a long past is
    /// not made with every reading that comes.
    pub(super) fn recent_view(&self, replay_ms: Option<i64>) -> Option<Arc<LocomotiveView>> {
        let (loco, window) = self.watched.as_ref()?;
        let (of, shown, made, view) = self.viewed.as_ref()?;
        let same = of == loco && shown == window && replay_ms.is_none();
        (same && made.elapsed() < VIEW).then(|| Arc::clone(view))
    }

    pub(super) fn locomotive(
        &self,
        reader: &Reader,
        replay_ms: Option<i64>,
        now_ms: impl Fn(&LocoId) -> Option<i64>,
    ) -> Result<Option<Arc<LocomotiveView>>, WarehouseError> {
        let Some((loco, window)) = &self.watched else {
            return Ok(None);
        };
        let newest = reader
            .latest_of(loco, replay_ms.unwrap_or(i64::MAX))?
            .or(reader.latest_of(loco, i64::MAX)?);
        let Some(newest) = newest else {
            return Ok(None);
        };
        let (threshold, normal) = match &self.model {
            InForce::Sound(model) => (
                Some(model.card.threshold),
                Some(ml::normal_of(model, reader, loco)?),
            ),
            _ => (None, None),
        };
        let class = self.platform.config.window.vibration_class;
        let limits = self.platform.config.limits.limits();
        let view = locomotive::Request {
            reader,
            newest: &newest,
            window: *window,
            now_ms: now_ms(loco).unwrap_or(newest.reading.at_ms),
            threshold,
            normal,
            severity: Severity {
                class: class.key(),
                limits: class.limits(),
            },
            limits: std::array::from_fn(|i| (limits.min[i], limits.max[i])),
            pending: &self.pending_notes(),
        }
        .view()?;
        Ok(Some(Arc::new(view)))
    }
}

/// The age of a reading that was `age_ms` old at `before_ms`, now that the computer's clock says `wall_ms`: it grows
/// whether or not the warehouse can be read. One that goes by the clock of an archive does not age.
fn grown(reading_ms: i64, age_ms: i64, before_ms: i64, wall_ms: i64) -> i64 {
    if reading_ms + age_ms == before_ms {
        age_ms.max(wall_ms - reading_ms)
    } else {
        age_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_grows_older_all_the_same() {
        let live = grown(90_000, 10_000, 100_000, 130_000);
        assert_eq!(live, 40_000);
        assert_eq!(grown(90_000, live, 130_000, 160_000), 70_000);
        assert_eq!(grown(50_000, 0, 100_000, 130_000), 0, "an archive");
        assert_eq!(grown(90_000, 10_000, 100_000, 95_000), 10_000, "set back");
    }
}
