//! The service behind a window: one thread with its runtime and one loop. It owns the clock, the jobs
//! and the readers; the window only sees snapshots.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::domain::ports::SharedJudge;
use crate::domain::{Cause, LocoId};
use crate::ml::{self, Model};
use crate::warehouse::{ChangeWatch, LockError, Reader, RunStatus, WarehouseError};

use super::command::{Command, Event};
use super::fleet::{self, FleetMemory, Scene};
use super::handle::ServiceHandle;
use super::live::{Live, LiveState};
use super::locomotive;
use super::outcome::{RunOutcome, Training};
use super::pipeline::{PipelineError, RunKind, wall_ms};
use super::platform::Platform;
use super::playing::Playing;
use super::snapshot::{Clock, LocomotiveView, RunProgress, Snapshot, TimeWindow};

/// Commands waiting at most: a window sends a handful a second.
const QUEUE: usize = 64;
/// How often other programs' commits are looked for.
const TICK: Duration = Duration::from_millis(250);
/// How many of these pass between two renewals of live ages.
const LIVE_TICKS: u32 = 4;
/// Between two views of one locomotive, at least.
const VIEW: Duration = Duration::from_millis(500);
/// Between two pictures, at least.
const PICTURE: Duration = Duration::from_millis(100);
/// How often a replay moves.
const REPLAY_TICK: Duration = Duration::from_millis(100);

/// Starts the service on a thread of its own. `wake` is called when there is a new snapshot or event.
///
/// # Errors
/// The system gives no thread.
pub fn start(
    platform: Platform,
    wake: Box<dyn Fn() + Send + Sync>,
) -> std::io::Result<ServiceHandle> {
    let (command_in, commands) = mpsc::channel(QUEUE);
    let (event_out, events) = mpsc::channel(QUEUE);
    let (snapshot_out, snapshots) = watch::channel(Arc::new(Snapshot::empty()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    std::thread::Builder::new()
        .name("cidp-service".into())
        .spawn(move || {
            let engine = Engine::new(platform, snapshot_out, event_out, wake);
            runtime.block_on(engine.serve(commands));
            // A run under way is a transaction: what it has not committed is as if it never began.
            runtime.shutdown_background();
        })?;
    Ok(ServiceHandle::new(command_in, snapshots, events))
}

/// The model in force, kept while its version stays.
enum InForce {
    None,
    Sound(Arc<Model>),
    Damaged(String),
}

struct Engine {
    platform: Platform,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: mpsc::Sender<Event>,
    wake: Box<dyn Fn() + Send + Sync>,
    generation: u64,
    reader: Option<Reader>,
    changes: Option<ChangeWatch>,
    /// When the warehouse file was made: a new one means that a new warehouse took its place.
    born: Option<std::time::SystemTime>,
    model_version: Option<u32>,
    model: InForce,
    memory: FleetMemory,
    watched: Option<(LocoId, TimeWindow)>,
    /// The view that was made last, for what, and when.
    viewed: Option<(LocoId, TimeWindow, Instant, Arc<LocomotiveView>)>,
    /// The view shown is not the newest: another picture is due.
    view_is_old: bool,
    replay: Option<Playing>,
    /// When the replay was last moved.
    moved: Instant,
    running: Option<RunProgress>,
    fault: Option<String>,
    /// Looks around so far.
    ticks: u32,
    following: Option<Live>,
    /// How following goes, told by its thread.
    live: watch::Receiver<Option<LiveState>>,
    live_out: watch::Sender<Option<LiveState>>,
    /// Passes whose picture has been made.
    passes_shown: u64,
}

type Job = JoinHandle<Result<RunOutcome, PipelineError>>;

impl Engine {
    fn new(
        platform: Platform,
        snapshots: watch::Sender<Arc<Snapshot>>,
        events: mpsc::Sender<Event>,
        wake: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        let (live_out, live) = watch::channel(None);
        Self {
            following: None,
            live,
            live_out,
            passes_shown: 0,
            platform,
            snapshots,
            events,
            wake,
            generation: 0,
            reader: None,
            changes: None,
            born: None,
            model_version: None,
            model: InForce::None,
            memory: FleetMemory::default(),
            watched: None,
            viewed: None,
            view_is_old: false,
            replay: None,
            moved: Instant::now(),
            running: None,
            fault: None,
            ticks: 0,
        }
    }

    /// Serves until the window is gone.
    async fn serve(mut self, mut commands: mpsc::Receiver<Command>) {
        let (progress_out, mut progress) = watch::channel(None::<RunProgress>);
        let mut job: Option<Job> = None;
        self.reopen();
        if self.never_ran() {
            job = Some(self.begin(&progress_out));
        }
        self.publish();
        self.follow();
        let mut pictured = Instant::now();
        let mut due = false;
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let replaying = self.replay.is_some_and(|r| r.playing);
            let mut live = self.live.clone();
            tokio::select! {
                command = commands.recv() => match command {
                    None => return,
                    Some(Command::Run) if job.is_none() => job = Some(self.begin(&progress_out)),
                    Some(Command::Run) => {}
                    Some(Command::OpenFiles { sensors, maintenance }) => {
                        if job.is_some() {
                            self.say(Event::Refused { why: "a run is under way".into() });
                        } else if self.adopt(sensors, maintenance) {
                            self.follow();
                            job = Some(self.begin(&progress_out));
                        }
                    }
                    Some(Command::Watch { loco, window }) => {
                        self.watched = loco.map(|loco| (loco, window));
                        self.publish();
                    }
                    Some(Command::Replay(replay)) => {
                        self.replay = Playing::after(self.replay, replay);
                        self.moved = Instant::now();
                        self.publish();
                    }
                },
                ended = async {
                    match job.as_mut() {
                        Some(job) => job.await,
                        None => std::future::pending().await,
                    }
                } => {
                    job = None;
                    self.running = None;
                    self.ended(ended);
                    self.reopen();
                    self.publish();
                }
                changed = progress.changed() => {
                    if changed.is_ok() && job.is_some() {
                        self.running = *progress.borrow_and_update();
                        self.publish_progress();
                        // At most ten pictures a second, whatever the run says meanwhile.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
                changed = live.changed() => {
                    self.live.mark_unchanged();
                    if changed.is_ok() {
                        due |= self.hears_live();
                    }
                }
                () = tokio::time::sleep(PICTURE.saturating_sub(pictured.elapsed())), if due => {
                    self.publish();
                    due = self.view_is_old;
                    pictured = Instant::now();
                }
                () = tokio::time::sleep(REPLAY_TICK), if replaying => {
                    self.advance();
                    self.publish();
                }
                _ = tick.tick() => due |= self.look_around(),
            }
        }
    }

    /// Follows what the configuration in force follows.
    fn follow(&mut self) {
        self.following = None;
        let tell = self.live_out.clone();
        tell.send_replace(None);
        let following = Live::start(&self.platform, move |state, _| {
            tell.send_if_modified(|told| {
                let new = told.as_ref() != Some(state);
                if new {
                    *told = Some(state.clone());
                }
                new
            });
        });
        match following {
            Ok(following) => self.following = following,
            Err(error) => self.fault = Some(error.to_string()),
        }
    }

    /// Whether what its thread tells is worth a picture: a pass, or something that went wrong or well again.
    fn hears_live(&mut self) -> bool {
        let now = self.live.borrow().clone();
        let Some(now) = now else {
            return false;
        };
        let passed = now.passes != self.passes_shown;
        self.passes_shown = now.passes;
        if passed {
            if self.reader.is_none() {
                self.reopen();
            }
            // That change is ours: the next look around need not find it again.
            self.fault = self
                .changes
                .as_mut()
                .and_then(|changes| changes.changed().err())
                .map(|error| error.to_string());
        }
        let shown = self.snapshots.borrow().live.clone();
        let wrong = |state: &LiveState| {
            (
                state.dead.clone(),
                state.fault.clone(),
                state.waits_for.clone(),
            )
        };
        passed || shown.as_ref().map(wrong) != Some(wrong(&now))
    }

    fn say(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            tracing::warn!("the window does not take its events");
        }
        (self.wake)();
    }

    fn never_ran(&self) -> bool {
        match &self.reader {
            None => self.fault.is_none(),
            Some(reader) => matches!(reader.last_run(), Ok(None)),
        }
    }

    fn begin(&mut self, progress: &watch::Sender<Option<RunProgress>>) -> Job {
        self.running = Some(RunProgress {
            stage: super::snapshot::Stage::Extract,
            fraction: None,
            rows: 0,
        });
        self.publish_progress();
        if self.snapshots.borrow().synthetic && !self.platform.config.sources.is_empty() {
            // A new warehouse may take the place of this one, and some systems move no open file.
            (self.reader, self.changes) = (None, None);
        }
        let platform = self.platform.clone();
        let progress = progress.clone();
        let gate = self.following.as_ref().map(Live::gate);
        tokio::task::spawn_blocking(move || {
            // A live pass of ours ends first; the next one waits.
            let _held = gate.as_ref().map(|gate| gate.lock());
            platform.run(RunKind::Full, &|now| {
                progress.send_replace(Some(now));
            })
        })
    }

    fn adopt(&mut self, sensors: PathBuf, maintenance: Option<PathBuf>) -> bool {
        let adopted = self
            .platform
            .adopt_files(&sensors, maintenance.as_deref())
            .map_err(|e| e.to_string())
            .and_then(|file| Config::load(&file).map_err(|e| e.to_string()));
        match adopted {
            Ok(config) => {
                self.platform.config = config;
                true
            }
            Err(why) => {
                self.say(Event::Refused { why });
                false
            }
        }
    }

    fn ended(&mut self, ended: Result<Result<RunOutcome, PipelineError>, tokio::task::JoinError>) {
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
                    RunStatus::FailedSafe => Event::RunFailedSafe {
                        cause: outcome.cause.unwrap_or_default(),
                    },
                }
            }
            Ok(Err(PipelineError::Lock(LockError::Busy { holder }))) => Event::RunBusy { holder },
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
        self.say(event);
    }

    /// Opens the warehouse (again), if there is one.
    fn reopen(&mut self) {
        let path = self.platform.home.warehouse();
        self.born = born(&path);
        self.fault = None;
        self.memory.forget();
        self.viewed = None;
        (self.reader, self.changes) = (None, None);
        self.model_version = None;
        if !path.is_file() {
            return;
        }
        match (Reader::open(&path), ChangeWatch::open(&path)) {
            (Ok(reader), Ok(changes)) => match reader.is_unborn() {
                Ok(true) => {}
                Ok(false) => {
                    self.reader = Some(reader);
                    self.changes = Some(changes);
                }
                Err(error) => self.fault = Some(error.to_string()),
            },
            (Err(error), _) | (_, Err(error)) => self.fault = Some(error.to_string()),
        }
    }

    /// Whether there is something new: another program's commit, another warehouse, a live clock.
    fn look_around(&mut self) -> bool {
        if born(&self.platform.home.warehouse()) != self.born {
            self.reopen();
            return true;
        }
        let changed = match self.changes.as_mut().map(ChangeWatch::changed) {
            Some(Ok(changed)) => changed,
            Some(Err(error)) => {
                self.fault = Some(error.to_string());
                true
            }
            None => false,
        };
        self.ticks += 1;
        let live = matches!(self.snapshots.borrow().clock, Clock::Wall);
        let due = self.ticks.is_multiple_of(LIVE_TICKS);
        changed || (live && due && self.running.is_none())
    }

    /// Moves the replay by the time that has passed.
    fn advance(&mut self) {
        let end_ms = self.snapshots.borrow().data_span.map(|span| span.1);
        let passed = self.moved.elapsed();
        self.moved = Instant::now();
        self.replay = self.replay.and_then(|now| now.moved(passed, end_ms));
    }

    /// Only the progress is new.
    fn publish_progress(&mut self) {
        self.generation += 1;
        let mut snapshot = Snapshot::clone(&self.snapshots.borrow());
        snapshot.generation = self.generation;
        snapshot.running = self.running;
        self.send(snapshot);
    }

    fn publish(&mut self) {
        if self.reader.is_none() && self.running.is_some() {
            return self.publish_progress();
        }
        self.generation += 1;
        let snapshot = match self.assemble() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(%error, "no snapshot");
                let mut last = Snapshot::clone(&self.snapshots.borrow());
                // What was last known stays on the page, and no verdict stands any more.
                last.fault = Some(error.to_string());
                last.fleet_cause = Some(Cause::RunFailed {
                    reason: error.to_string(),
                });
                last.generation = self.generation;
                last.running = self.running;
                let cause = last.fleet_cause.clone();
                let mut rows = last.fleet.as_ref().clone();
                for row in &mut rows {
                    if let Some(cause) = &cause {
                        row.verdict = crate::domain::Verdict::Unavailable(cause.clone());
                    }
                }
                last.fleet = Arc::new(rows);
                last
            }
        };
        self.send(snapshot);
    }

    fn send(&self, snapshot: Snapshot) {
        self.snapshots.send_replace(Arc::new(snapshot));
        (self.wake)();
    }

    fn assemble(&mut self) -> Result<Snapshot, WarehouseError> {
        let mut snapshot = Snapshot::empty();
        snapshot.generation = self.generation;
        snapshot.running = self.running;
        snapshot.live = self.live.borrow().clone();
        let live_fault = snapshot.live.as_ref().and_then(|live| live.fault.clone());
        snapshot.fault = self.fault.clone().or(live_fault);
        self.refresh_model()?;
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
        let fleet = Scene {
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
        Ok(snapshot)
    }

    fn refresh_model(&mut self) -> Result<(), WarehouseError> {
        let Some(reader) = &self.reader else {
            self.model = InForce::None;
            return Ok(());
        };
        let version = reader.model_version()?;
        if version == self.model_version && version.is_some() {
            return Ok(());
        }
        self.model_version = version;
        self.model = match super::training::model_in_force(reader) {
            Ok(Some(model)) => InForce::Sound(Arc::new(model)),
            Ok(None) => InForce::None,
            Err(why) => InForce::Damaged(why),
        };
        Ok(())
    }

    /// The view of the same locomotive and window, if it was made a moment ago: a picture of a long past is
    /// not made with every reading that comes.
    fn recent_view(&self, replay_ms: Option<i64>) -> Option<Arc<LocomotiveView>> {
        let (loco, window) = self.watched.as_ref()?;
        let (of, shown, made, view) = self.viewed.as_ref()?;
        let same = of == loco && shown == window && replay_ms.is_none();
        (same && made.elapsed() < VIEW).then(|| Arc::clone(view))
    }

    fn locomotive(
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
        let view = locomotive::Request {
            reader,
            newest: &newest,
            window: *window,
            now_ms: now_ms(loco).unwrap_or(newest.reading.at_ms),
            threshold,
            normal,
        }
        .view()?;
        Ok(Some(Arc::new(view)))
    }
}

/// When a file was made, where the system says; else when it was changed is no help, so nothing.
fn born(path: &std::path::Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(path).and_then(|m| m.created()).ok()
}
