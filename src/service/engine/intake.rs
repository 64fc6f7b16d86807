//! The desk of runs, quarantine and import. Whatever reads the warehouse or a file is done aside.

mod holds;
mod import;
mod refused;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::poison::Held;
use crate::service::command::Desk;
use crate::service::intake::history::RunRow;
use crate::service::intake::requeue::Again;
use crate::service::intake::schedule::{self, Due};
use crate::service::intake::stages::Listener;
use crate::service::intake::{
    IntakeAsk, IntakeView, LISTED_ROWS, LISTED_RUNS, RefusedCounts, RefusedEntry, RefusedFilter,
};
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::service::scribe::who;
use crate::service::settings::Change;
use crate::service::snapshot::RunProgress;
use crate::service::stop::Stop;
use crate::warehouse::Reader;

use super::Engine;
use super::settings::Asked;
use refused::{Batch, all_of};

/// Files of the quarantine that are named.
const NAMED_FILES: usize = 200;
/// After another program's run was in the way of the night run.
const AGAIN: Duration = Duration::from_secs(120);
/// Between two looks at the warehouse while live passes change it every second.
const LOOK: Duration = Duration::from_secs(2);

/// What the desk holds.
pub(in crate::service::engine) struct IntakeDesk {
    view: Arc<IntakeView>,
    /// The picture that was made last of the run under way.
    listener: Arc<Mutex<Listener>>,
    stop: Option<Stop>,
    /// A run was asked for, and begins when none is under way.
    run_wanted: bool,
    /// The run that the page knows last: number and end.
    seen: Option<(i64, i64)>,
    /// The warehouse is to be looked at again.
    due: bool,
    /// It is being looked at.
    looking: bool,
    /// When it was looked at last; `None`: what was done since is to be seen at once.
    looked_at: Option<Instant>,
    runs_listed: usize,
    /// Numbers what was asked last of the sieve and of the wizard: an older answer is dropped.
    sieve: u64,
    look: u64,
    /// Times before it were never promised (UTC milliseconds).
    schedule_since_ms: i64,
    not_before: Option<Instant>,
    /// The run that begins is the night run.
    pub by_night: bool,
}

impl Default for IntakeDesk {
    fn default() -> Self {
        Self {
            view: Arc::default(),
            listener: Arc::default(),
            stop: None,
            run_wanted: false,
            seen: None,
            due: true,
            looking: false,
            looked_at: None,
            runs_listed: LISTED_RUNS,
            sieve: 0,
            look: 0,
            schedule_since_ms: i64::MIN,
            not_before: None,
            by_night: false,
        }
    }
}

impl IntakeDesk {
    /// What the page shows, with the run under way as it is now.
    pub fn picture(&self, running: bool) -> Arc<IntakeView> {
        if !running && self.view.stages.is_none() && !self.view.stopping {
            return Arc::clone(&self.view);
        }
        let mut view = IntakeView::clone(&self.view);
        let listener = self.listener.lock();
        let listener = listener.unwrap_or_else(PoisonError::into_inner);
        view.stages = running.then(|| listener.stages());
        view.stopping = running && self.stop.as_ref().is_some_and(Stop::is_asked);
        Arc::new(view)
    }

    /// Batches that look poisoned and were not released.
    pub fn held(&mut self, held: Arc<Vec<Held>>) {
        if self.view.held != held {
            self.view().held = held;
        }
    }

    fn view(&mut self) -> &mut IntakeView {
        Arc::make_mut(&mut self.view)
    }
}

/// What one look at the warehouse found.
struct Seen {
    runs: Vec<RunRow>,
    all_runs: u64,
    last_ms: Option<i64>,
    counts: RefusedCounts,
    rows: Vec<RefusedEntry>,
    matching: u64,
}

impl Engine {
    /// What a run that begins now is listened to and stopped by.
    pub(super) fn run_begins(&mut self) -> (Stop, Arc<Mutex<Listener>>) {
        let desk = &mut self.desks.intake;
        desk.listener = Arc::default();
        desk.run_wanted = false;
        let stop = Stop::default();
        desk.stop = Some(stop.clone());
        (stop, Arc::clone(&desk.listener))
    }

    /// The run of ours has ended.
    pub(super) fn run_ended(&mut self, busy: Option<&str>) {
        let desk = &mut self.desks.intake;
        desk.stop = None;
        (desk.due, desk.looked_at) = (true, None);
        desk.view().busy = busy.map(|holder| (holder.to_owned(), wall_ms()));
        if busy.is_some() {
            // It did not begin: the warehouse says again when the last one did.
            desk.view().schedule.last_ms = None;
            desk.not_before = Some(Instant::now() + AGAIN);
        }
    }

    /// Rows are being put back, which is a run too.
    pub(super) fn is_putting_back(&self) -> bool {
        self.desks.intake.view.putting_back
    }

    /// A run begins as soon as none is under way.
    pub(super) fn want_run(&mut self) {
        self.desks.intake.run_wanted = true;
    }

    /// Asks the run under way to end.
    pub(super) fn cancel(&mut self) {
        if let (Some(stop), true) = (&self.desks.intake.stop, self.running.is_some()) {
            stop.ask(&who(self.platform.config.window.operator.as_deref()));
        }
    }

    pub(super) fn asked_of_intake(&mut self, ask: IntakeAsk) {
        match ask {
            IntakeAsk::MoreRuns => {
                let desk = &mut self.desks.intake;
                desk.runs_listed += LISTED_RUNS;
                (desk.due, desk.looked_at) = (true, None);
            }
            IntakeAsk::Sift(filter) => {
                let desk = &mut self.desks.intake;
                desk.view().filter = filter;
                desk.view().sifting = true;
                self.sift();
            }
            IntakeAsk::Pick(None) => self.desks.intake.view().picked = None,
            IntakeAsk::Pick(Some(key)) => self.pick(key),
            IntakeAsk::Try { key, text } => self.try_row(key, text),
            IntakeAsk::PutBack { key, text } => {
                let rows = move |_: &Platform| {
                    let text = Some(text);
                    Ok(Batch {
                        rows: vec![Again { key, text }],
                        ..Batch::default()
                    })
                };
                self.put_back(rows);
            }
            IntakeAsk::PutAllBack(filter) => {
                self.put_back(move |platform| all_of(platform, &filter))
            }
            IntakeAsk::Look(path) => self.look_at(path),
            IntakeAsk::Draft(draft) => self.look_again(*draft),
            IntakeAsk::Save { draft, run } => self.save(*draft, run),
            IntakeAsk::LeaveWizard => {
                self.desks.intake.look += 1;
                self.desks.intake.view().wizard = None;
            }
            IntakeAsk::Release { hold, words } => self.release(hold, &words),
            IntakeAsk::Schedule(schedule) => {
                self.change(Change::Schedule(schedule), Asked::NightRun);
            }
        }
    }

    /// Looks at the warehouse where that is due; whether there is something new to show.
    pub(super) fn intake_tick(&mut self) -> bool {
        let last = self
            .snapshots
            .borrow()
            .last_run
            .as_ref()
            .map(|run| (run.run_id, run.ended_ms));
        let attended = self.desk == Desk::Intake;
        let timed = self.platform.config.schedule.daily().is_some();
        let desk = &mut self.desks.intake;
        if last != desk.seen {
            desk.seen = last;
            desk.due = true;
        }
        let rested = desk.looked_at.is_none_or(|at| at.elapsed() >= LOOK);
        if desk.due && rested && !desk.looking && (attended || timed) {
            desk.due = false;
            desk.looked_at = Some(Instant::now());
            desk.looking = true;
            let (listed, filter) = (desk.runs_listed, desk.view.filter.clone());
            let platform = self.platform.clone();
            self.aside(move || {
                let seen = see(&platform, listed, &filter);
                Box::new(move |engine| engine.seen(seen, &filter))
            });
        }
        let schedule = &self.platform.config.schedule;
        let next_ms = schedule
            .daily()
            .and_then(|daily| schedule::around(daily, &schedule::zone(), wall_ms()))
            .map(|(_, next_ms)| next_ms);
        let shown = &self.desks.intake.view.schedule;
        if shown.next_ms == next_ms && shown.set == *schedule {
            return false;
        }
        let set = schedule.clone();
        let shown = &mut self.desks.intake.view().schedule;
        (shown.next_ms, shown.set) = (next_ms, set);
        attended
    }

    /// Whether a run is to begin now: one that was asked for, or the night run.
    pub(super) fn run_is_due(&mut self) -> bool {
        let busy = self.is_promoting() || self.is_swapping();
        if self.desks.intake.view.putting_back || busy || !self.platform.may_act() {
            return false;
        }
        if self.desks.intake.run_wanted {
            return true;
        }
        let desk = &self.desks.intake;
        if !desk.view.looked
            || desk.looking
            || desk.not_before.is_some_and(|at| Instant::now() < at)
        {
            return false;
        }
        let now_ms = wall_ms();
        let due = schedule::due(
            &self.platform.config.schedule,
            &schedule::zone(),
            now_ms,
            desk.view.schedule.last_ms,
            desk.schedule_since_ms,
        );
        let Some(due) = due else {
            return false;
        };
        tracing::info!(?due, "the night run begins");
        let desk = &mut self.desks.intake;
        desk.by_night = true;
        // Known by the warehouse only once it has ended.
        desk.view().schedule.last_ms = Some(now_ms);
        if due == Due::Missed {
            desk.view().schedule.made_up_ms = Some(now_ms);
        }
        true
    }

    fn seen(&mut self, seen: Result<Option<Seen>, String>, filter: &RefusedFilter) {
        let desk = &mut self.desks.intake;
        desk.looking = false;
        let same_filter = desk.view.filter == *filter;
        let view = desk.view();
        view.looked = true;
        match seen {
            Err(why) => view.fault = Some(why),
            Ok(None) => view.fault = None,
            Ok(Some(seen)) => {
                view.fault = None;
                (view.runs, view.all_runs) = (seen.runs, seen.all_runs);
                view.schedule.last_ms = view.schedule.last_ms.max(seen.last_ms);
                view.counts = seen.counts;
                if same_filter {
                    (view.rows, view.matching) = (seen.rows, seen.matching);
                    view.sifting = false;
                }
            }
        }
    }
}

fn reader(platform: &Platform) -> Result<Option<Reader>, String> {
    platform.reader().map_err(|e| e.to_string())
}

fn see(platform: &Platform, runs: usize, filter: &RefusedFilter) -> Result<Option<Seen>, String> {
    let Some(reader) = reader(platform)? else {
        return Ok(None);
    };
    let look = || -> Result<Seen, crate::warehouse::WarehouseError> {
        let (records, all_runs) = reader.runs(runs)?;
        let (rows, matching) = reader.refused_rows(filter, LISTED_ROWS)?;
        Ok(Seen {
            runs: records.into_iter().map(RunRow::of).collect(),
            all_runs,
            last_ms: reader.last_started("run")?,
            counts: reader.refused_counts(NAMED_FILES)?,
            rows,
            matching,
        })
    };
    look().map(Some).map_err(|e| e.to_string())
}

/// Passes on what a run says.
pub(super) fn hear(listener: &Mutex<Listener>, now: RunProgress) {
    listener
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .hear(now);
}

#[cfg(test)]
mod tests;
