//! The desk of continuity: one long job at a time, done aside and told step by step; what can be come back to, and
//! what threatens, looked at while the page is in view.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::service::command::{Desk, Event};
use crate::service::continuity::steps::Stopped;
use crate::service::continuity::view::{
    Account, ContinuityAsk, ContinuityView, Job, JobKind, Planned, Watch,
};
use crate::service::continuity::{
    Step, StepState, Steps, backup, cold_restart, drills, holders, restore, verify,
};
use crate::service::live::{Gate, Live};
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::service::scribe::who;
use crate::service::snapshot::Snapshot;
use crate::service::stop::Stop;
use crate::warehouse::{Warehouse, WarehouseError};

use super::{Answer, Engine};

/// Between two looks at backups and drills while the page is in view: another program may make some.
const LOOK: Duration = Duration::from_secs(30);
/// Between two looks at holders and memory.
const WATCH: Duration = Duration::from_secs(10);
/// Steps are told no oftener: each picture is a copy.
const TOLD: Duration = Duration::from_millis(100);

type Act = Box<dyn FnOnce(&mut Warehouse) -> Result<(), WarehouseError> + Send>;

/// What the desk holds.
#[derive(Default)]
pub(super) struct ContinuityDesk {
    view: Arc<ContinuityView>,
    /// Asks the job under way to end.
    stop: Stop,
    /// A job that waits for a run of ours to end.
    waiting: Option<Work>,
    /// The warehouse may be replaced: no reader of ours is open.
    swapping: bool,
    /// Acts to be written down once the warehouse is back.
    withheld: Mutex<VecDeque<Act>>,
    looking: bool,
    looked: Option<Instant>,
    watching: bool,
    watched: Option<Instant>,
}

/// A job with what it needs.
#[derive(Clone)]
enum Work {
    BackUp,
    Prove(PathBuf),
    Restore(PathBuf),
    Verify,
    Drills(Vec<drills::Drill>),
    ColdRestart(Vec<u32>),
}

impl Work {
    const fn kind(&self) -> JobKind {
        match self {
            Self::BackUp => JobKind::BackUp,
            Self::Prove(_) => JobKind::Prove,
            Self::Restore(_) => JobKind::Restore,
            Self::Verify => JobKind::Verify,
            Self::Drills(_) => JobKind::Drills,
            Self::ColdRestart(_) => JobKind::ColdRestart,
        }
    }

    /// Does it on the thread that calls, and says what came of it.
    fn carry_out(&self, platform: &Platform, who: &str, steps: &Steps<'_>) -> Account {
        let done = match self {
            Self::BackUp => {
                backup::make(platform, backup::Origin::Manual, who, steps).map(|made| {
                    let proof = backup::prove(platform, &made.file, who, steps);
                    Account::BackedUp(made, proof)
                })
            }
            Self::Prove(file) => backup::prove(platform, file, who, steps).map(Account::Proven),
            Self::Restore(file) => {
                restore::restore(platform, file, who, steps).map(Account::Restored)
            }
            Self::Verify => verify::verify(platform, who, steps).map(Account::Verified),
            Self::Drills(all) => drills::run(platform, all, who, steps).map(Account::Drilled),
            Self::ColdRestart(may_end) => {
                let may_end = |holder: &holders::Holder| may_end.contains(&holder.process);
                cold_restart::cold_restart(platform, who, &may_end, steps).map(Account::Restarted)
            }
        };
        done.unwrap_or_else(|stopped| {
            if steps.stop.is_asked() {
                Account::Cancelled(stopped)
            } else {
                Account::Failed(stopped)
            }
        })
    }
}

impl Engine {
    pub(super) const fn is_swapping(&self) -> bool {
        self.desks.continuity.swapping
    }

    fn continuity_refuses(&self, why: &str) {
        self.say(Event::Refused { why: why.into() });
    }

    pub(super) fn asked_of_continuity(&mut self, ask: ContinuityAsk) {
        match ask {
            ContinuityAsk::BackUp => self.want_work(Work::BackUp),
            ContinuityAsk::Prove(file) => self.want_work(Work::Prove(file)),
            ContinuityAsk::Restore(file) => self.want_work(Work::Restore(file)),
            ContinuityAsk::Verify => self.want_work(Work::Verify),
            ContinuityAsk::Drill(all) => self.want_work(Work::Drills(all)),
            ContinuityAsk::ColdRestart { may_end } => self.want_work(Work::ColdRestart(may_end)),
            ContinuityAsk::Plan(file) => self.plan_restore(file),
            ContinuityAsk::LookAtHolders => {
                self.desks.continuity.watched = None;
                self.watch_holders();
            }
            ContinuityAsk::Cancel => self.cancel_work(),
            ContinuityAsk::OpenReports => self.open_folder(self.platform.home.reports()),
        }
    }

    /// One job at a time; one that replaces the warehouse waits for nothing of ours to be at it.
    fn want_work(&mut self, work: Work) {
        let kind = work.kind();
        let desk = &self.desks.continuity;
        if desk.view.job.as_ref().is_some_and(Job::is_under_way) {
            return self.continuity_refuses("another job of continuity is under way");
        }
        let busy = self.running.is_some() || self.is_putting_back() || self.is_promoting();
        if kind == JobKind::Restore && busy {
            return self.continuity_refuses("a run is under way");
        }
        let waits = kind == JobKind::ColdRestart && busy;
        let desk = &mut self.desks.continuity;
        desk.stop = Stop::default();
        let view = Arc::make_mut(&mut desk.view);
        view.plan = None;
        view.job = Some(Job {
            kind,
            begun_ms: wall_ms(),
            steps: Vec::new(),
            waits,
            stopping: false,
            account: None,
        });
        if waits {
            desk.waiting = Some(work);
            // Our own job, by its handle: what it has not committed is as if it never began.
            self.cancel();
        } else {
            self.begin_work(work);
        }
    }

    fn begin_work(&mut self, work: Work) {
        let kind = work.kind();
        let scribe = if kind.swaps() {
            self.desks.continuity.swapping = true;
            if let Some(courier) = &self.courier {
                courier.rest(true);
            }
            // Some systems move no open file.
            (self.reader, self.changes) = (None, None);
            self.scribe.take()
        } else {
            None
        };
        let platform = self.platform.clone();
        let who = who(platform.config.window.operator.as_deref());
        let gate = self.following.as_ref().filter(|_| kind.swaps());
        let gate = gate.map(Live::gate);
        let stop = self.desks.continuity.stop.clone();
        let answers = self.answers.clone();
        self.aside(move || {
            // What people did until now is written first, into the warehouse it was done on.
            drop(scribe);
            // A live pass of ours ends first; the next one waits.
            let held = gate.as_ref().map(Gate::hold);
            let last = Mutex::new(None::<(Instant, usize)>);
            let tell = |steps: &[Step]| {
                if !is_worth_telling(&last, steps) {
                    return;
                }
                let steps = steps.to_vec();
                let told: Answer = Box::new(move |engine| engine.work_goes_on(steps));
                // The window is gone: nobody is told.
                let _ = answers.send(told);
            };
            let steps = Steps::new(&tell, stop);
            // Whatever happens, the warehouse is opened again.
            let account =
                catch_unwind(AssertUnwindSafe(|| work.carry_out(&platform, &who, &steps)))
                    .unwrap_or_else(|_| {
                        let so_far = steps.so_far();
                        Account::Failed(Stopped {
                            step: so_far.last().map_or("begin", |step| step.key),
                            why: "the job broke off; the log says more".into(),
                        })
                    });
            let all = steps.so_far();
            drop(held);
            Box::new(move |engine| engine.work_ended(kind, all, account))
        });
    }

    fn work_goes_on(&mut self, steps: Vec<Step>) {
        if let Some(job) = &mut Arc::make_mut(&mut self.desks.continuity.view).job
            && job.is_under_way()
        {
            job.steps = steps;
        }
    }

    fn work_ended(&mut self, kind: JobKind, steps: Vec<Step>, account: Account) {
        let why = match &account {
            Account::Cancelled(stopped) | Account::Failed(stopped) => Some(stopped.why.clone()),
            Account::BackedUp(_, Err(stopped)) => Some(stopped.why.clone()),
            Account::BackedUp(_, Ok(proof)) | Account::Proven(proof) => proof.failed.clone(),
            Account::Restarted(restarted) => restarted.failed.clone(),
            _ => None,
        };
        let well = account.is_well();
        if !well {
            tracing::warn!(job = kind.key(), why, "not well");
        }
        let desk = &mut self.desks.continuity;
        if let Some(job) = &mut Arc::make_mut(&mut desk.view).job {
            job.steps = steps;
            job.account = Some(account);
        }
        (desk.looked, desk.watched) = (None, None);
        if kind.swaps() {
            desk.swapping = false;
            if let Some(courier) = &self.courier {
                courier.rest(false);
            }
            self.start_scribe();
            self.reopen();
            let withheld = self.desks.continuity.withheld.get_mut();
            let withheld = std::mem::take(withheld.unwrap_or_else(PoisonError::into_inner));
            for act in withheld {
                self.write_down(act);
            }
        }
        self.say(Event::ContinuityDone { kind, well, why });
        self.look_at_backups();
    }

    /// Whatever is to be written down meanwhile waits for the warehouse that will be there.
    pub(super) fn withhold(&self, act: Act) {
        let withheld = self.desks.continuity.withheld.lock();
        withheld
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(act);
    }

    fn cancel_work(&mut self) {
        let who = who(self.platform.config.window.operator.as_deref());
        let desk = &mut self.desks.continuity;
        desk.stop.ask(&who);
        let waited = desk.waiting.take().is_some();
        let view = Arc::make_mut(&mut desk.view);
        match &mut view.job {
            // Nothing of it was begun.
            Some(_) if waited => view.job = None,
            Some(job) if job.is_under_way() => job.stopping = true,
            _ => {}
        }
    }

    fn plan_restore(&mut self, file: PathBuf) {
        Arc::make_mut(&mut self.desks.continuity.view).plan = Some(Planned {
            file: file.clone(),
            plan: None,
        });
        let platform = self.platform.clone();
        self.aside(move || {
            let plan = restore::plan(&platform, &file);
            Box::new(move |engine| {
                let view = Arc::make_mut(&mut engine.desks.continuity.view);
                // Another one may have been asked about meanwhile.
                if let Some(planned) = view.plan.as_mut().filter(|p| p.file == file) {
                    planned.plan = Some(plan);
                }
            })
        });
    }

    /// Begins what waits, and looks around while the page is in view.
    pub(super) fn continuity_tick(&mut self) -> bool {
        let idle = self.running.is_none() && !self.is_putting_back() && !self.is_promoting();
        let mut new = false;
        if idle && let Some(work) = self.desks.continuity.waiting.take() {
            if let Some(job) = &mut Arc::make_mut(&mut self.desks.continuity.view).job {
                job.waits = false;
            }
            self.begin_work(work);
            new = true;
        }
        if self.desk == Desk::Continuity && !self.is_swapping() {
            let desk = &self.desks.continuity;
            let due = |at: Option<Instant>, every| at.is_none_or(|at| at.elapsed() >= every);
            let (look, watch) = (due(desk.looked, LOOK), due(desk.watched, WATCH));
            if look {
                self.look_at_backups();
            }
            if watch {
                self.watch_holders();
            }
        }
        new
    }

    fn look_at_backups(&mut self) {
        let desk = &mut self.desks.continuity;
        if desk.looking || desk.swapping {
            return;
        }
        desk.looking = true;
        desk.looked = Some(Instant::now());
        let platform = self.platform.clone();
        self.aside(move || {
            let backups = backup::list(&platform);
            let exposure = backup::exposure(&platform, &backups);
            let copies = backup::three_two_one(&platform, &backups);
            let drills = drills::last(&platform);
            let verified = verify::last(&platform);
            // Why it cannot be read is said on every page already.
            let reader = platform.reader().ok().flatten();
            let head = reader.and_then(|reader| reader.ledger_head().ok());
            Box::new(move |engine| {
                let desk = &mut engine.desks.continuity;
                desk.looking = false;
                let view = Arc::make_mut(&mut desk.view);
                view.ready = true;
                (view.backups, view.exposure, view.copies) = (backups, exposure, copies);
                (view.drills, view.verified) = (drills, verified);
                view.head = head.map(|head| head.to_string());
            })
        });
    }

    fn watch_holders(&mut self) {
        let desk = &mut self.desks.continuity;
        if desk.watching {
            return;
        }
        desk.watching = true;
        desk.watched = Some(Instant::now());
        let home = self.platform.home.clone();
        self.aside(move || {
            let watch = Watch {
                at_ms: Some(wall_ms()),
                memory: resident(),
                holders: Some(holders::of_warehouse(&home.warehouse(), &home.run_lock())),
            };
            Box::new(move |engine| {
                let desk = &mut engine.desks.continuity;
                desk.watching = false;
                Arc::make_mut(&mut desk.view).watch = watch;
            })
        });
    }

    pub(super) fn picture_continuity(&self, snapshot: &mut Snapshot) {
        snapshot.continuity = Arc::clone(&self.desks.continuity.view);
    }
}

/// A step that begins or ends is always told; how far one is, now and then.
fn is_worth_telling(last: &Mutex<Option<(Instant, usize)>>, steps: &[Step]) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let far = steps
        .last()
        .is_some_and(|s| s.state == StepState::Running && s.fraction.is_some());
    let recent = last.is_some_and(|(at, count)| count == steps.len() && at.elapsed() < TOLD);
    if far && recent {
        return false;
    }
    *last = Some((Instant::now(), steps.len()));
    true
}

/// Memory that this program has resident, bytes; `None` where the system does not tell.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests;
