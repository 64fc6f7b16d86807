//! The service behind a window: one thread with its runtime and one loop. It owns the clock, the jobs
//! and the readers; the window only sees snapshots.

mod access;
mod alarms;
mod continuity;
mod desks;
mod intake;
mod jobs;
mod loco;
mod log;
mod models;
mod picture;
mod settings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::domain::LocoId;
use crate::ml::Model;
use crate::warehouse::{ChangeWatch, Reader};

use super::command::{Command, Desk, Event};
use super::continuity::notify::Courier;
use super::fleet::FleetMemory;
use super::handle::ServiceHandle;
use super::live::{Live, LiveState};
use super::outcome::RunOutcome;
use super::pipeline::PipelineError;
use super::platform::Platform;
use super::playing::Playing;
use super::scribe::Scribe;
use super::settings::Change;
use super::snapshot::{Clock, LocomotiveView, RunProgress, Snapshot, TimeWindow};

/// Commands waiting at most: a window sends a handful a second.
const QUEUE: usize = 64;
/// How often other programs' commits are looked for.
const TICK: Duration = Duration::from_millis(250);
/// Ages of live data are renewed after so long without another picture.
const LIVE: Duration = Duration::from_secs(1);
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
            let (answers, answered) = mpsc::unbounded_channel();
            let engine = Engine::new(platform, snapshot_out, event_out, wake, answers);
            runtime.block_on(engine.serve(commands, answered));
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
    /// When the last picture was assembled.
    assembled: Instant,
    following: Option<Live>,
    /// How following goes, told by its thread.
    live: watch::Receiver<Option<LiveState>>,
    live_out: watch::Sender<Option<LiveState>>,
    /// Passes whose picture has been made.
    passes_shown: u64,
    /// The desk that the window stands at.
    desk: Desk,
    desks: desks::Desks,
    scribe: Option<Scribe>,
    /// Tells the people on call.
    courier: Option<Courier>,
    /// Answers of work that goes on aside.
    answers: mpsc::UnboundedSender<Answer>,
}

/// What work done aside changes, carried out by the loop.
type Answer = Box<dyn FnOnce(&mut Engine) + Send>;

type Job = JoinHandle<Result<RunOutcome, PipelineError>>;

impl Engine {
    fn new(
        platform: Platform,
        snapshots: watch::Sender<Arc<Snapshot>>,
        events: mpsc::Sender<Event>,
        wake: Box<dyn Fn() + Send + Sync>,
        answers: mpsc::UnboundedSender<Answer>,
    ) -> Self {
        let (live_out, live) = watch::channel(None);
        Self {
            desk: Desk::default(),
            desks: desks::Desks::default(),
            scribe: None,
            courier: None,
            answers,
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
            assembled: Instant::now(),
        }
    }

    /// Serves until the window is gone.
    async fn serve(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut answered: mpsc::UnboundedReceiver<Answer>,
    ) {
        let (progress_out, mut progress) = watch::channel(None::<RunProgress>);
        let mut job: Option<Job> = None;
        self.bring_up_to_date();
        self.start_scribe();
        self.start_courier();
        self.reopen();
        self.check_structure();
        if self.never_ran() && self.platform.may_act() {
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
                    Some(asked) if asked.acts() && !self.platform.may_act() => self.denies(&asked),
                    Some(Command::Run) if self.is_putting_back() || self.is_promoting() || self.is_swapping() => self.want_run(),
                    Some(Command::Run) if job.is_none() => job = Some(self.begin(&progress_out)),
                    Some(Command::Run) => {}
                    Some(Command::Cancel) => {
                        self.cancel();
                        self.publish_progress();
                    }
                    Some(Command::OpenFiles { sensors, maintenance }) => {
                        if job.is_some() {
                            self.say(Event::Refused { why: "a run is under way".into() });
                        } else {
                            let change = Change::Adopt { sensors, maintenance };
                            self.change(change, settings::Asked::Files);
                        }
                    }
                    Some(Command::Watch { loco, window }) => {
                        self.watched = loco.map(|loco| (loco, window));
                        self.publish();
                    }
                    Some(Command::Replay(replay)) => {
                        self.replay = Playing::after(self.replay, replay);
                        // A view of the past would pass for the present.
                        self.viewed = None;
                        self.moved = Instant::now();
                        self.publish();
                    }
                    Some(asked) => {
                        self.asked_of_desk(asked);
                        self.publish();
                    }
                },
                Some(answer) = answered.recv() => {
                    answer(&mut self);
                    due = true;
                }
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
                _ = tick.tick() => {
                    due |= self.look_around();
                    due |= self.desks_tick();
                    if job.is_none() && self.run_is_due() {
                        job = Some(self.begin(&progress_out));
                    }
                }
            }
        }
    }

    /// Follows what the configuration in force follows.
    fn follow(&mut self) {
        self.following = None;
        let tell = self.live_out.clone();
        tell.send_replace(None);
        if !self.platform.may_act() {
            return;
        }
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
        if shown.as_ref().map(|live| &live.fault) != Some(&now.fault)
            && let Some(courier) = &self.courier
        {
            courier.live(now.fault.as_deref());
        }
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

    /// Opens the warehouse (again), if there is one.
    fn reopen(&mut self) {
        if self.is_swapping() {
            return;
        }
        let path = self.platform.home.warehouse();
        self.born = born(&path);
        self.fault = None;
        self.memory.forget();
        self.desks.models.forget();
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
        if self.is_swapping() {
            return false;
        }
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
        let live = matches!(self.snapshots.borrow().clock, Clock::Wall);
        let due = self.assembled.elapsed() >= LIVE;
        changed || (live && due && self.running.is_none())
    }

    /// Moves the replay by the time that has passed.
    fn advance(&mut self) {
        let end_ms = self.snapshots.borrow().data_span.map(|span| span.1);
        let passed = self.moved.elapsed();
        self.moved = Instant::now();
        self.replay = self.replay.and_then(|now| now.moved(passed, end_ms));
    }
}

/// When a file was made, where the system says; else when it was changed is no help, so nothing.
fn born(path: &std::path::Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(path).and_then(|m| m.created()).ok()
}
