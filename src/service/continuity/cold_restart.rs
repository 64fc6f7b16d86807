//! Cold restart: from whatever state things are in to a warehouse that is whole, and a run that ended soundly.
//!
//! Our own run and live following are asked to end by whoever started them, before this is called; the first step waits
//! until they have. A holder is ended by its process number alone, after it was seen again to hold the lock.

mod end;
mod report;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;

use crate::service::outcome::RunStatus;
use crate::service::pipeline::{RunKind, wall_ms};
use crate::service::platform::Platform;
use crate::service::waiting;
use crate::warehouse::{self, Patience, RunLock, Standing, Warehouse};

use super::backup::{self, Origin};
use super::holders::{self, Holder};
use super::steps::{Step, Stopped, UNTOLD};
use super::{Steps, verify};

/// How long our own jobs have to end.
const OWN_JOBS: Duration = Duration::from_secs(120);

/// What a cold restart came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restarted {
    pub steps: Vec<Step>,
    /// The report that was written.
    pub report: Option<PathBuf>,
    /// Readings before and after.
    pub readings: (u64, u64),
    /// Model in force before and after.
    pub model: (Option<u32>, Option<u32>),
    /// Runs on record before and after.
    pub runs: (u64, u64),
    /// Where it stopped, and what state things are in.
    pub failed: Option<String>,
}

/// Walks the cold restart. `may_end` is asked before a live holder is ended. Ask our own run to end, hold the gate of
/// live following and close readers of this process first.
///
/// # Errors
/// Not even the report could be written.
pub fn cold_restart(
    platform: &Platform,
    who: &str,
    may_end: &dyn Fn(&Holder) -> bool,
    steps: &Steps<'_>,
) -> Result<Restarted, Stopped> {
    let copy = |steps: &Steps<'_>| {
        let made = backup::make(platform, Origin::BeforeColdRestart, who, steps);
        made.map(|made| made.file.display().to_string())
            .map_err(|stopped| stopped.to_string())
    };
    restart_with(platform, who, may_end, steps, &copy)
}

fn restart_with(
    platform: &Platform,
    who: &str,
    may_end: &dyn Fn(&Holder) -> bool,
    steps: &Steps<'_>,
    copy: &dyn Fn(&Steps<'_>) -> Result<String, String>,
) -> Result<Restarted, Stopped> {
    let begun_ms = wall_ms();
    let before = standing(platform);
    let mut walk = Walk {
        platform,
        who,
        steps,
        before: before.clone().ok().flatten(),
        after: None,
        pruned: 0,
        ended: Vec::new(),
    };
    let walked = walk.all(before.err(), may_end, copy);
    let failed = walked
        .err()
        .map(|stopped| format!("{stopped}. {}", report::state_of(stopped.step, 1)));
    let (before, after) = (walk.before, walk.after.or(walk.before));
    let mut restarted = Restarted {
        steps: steps.so_far(),
        report: None,
        readings: (count(before, |s| s.readings), count(after, |s| s.readings)),
        model: (before.and_then(|s| s.model), after.and_then(|s| s.model)),
        runs: (count(before, |s| s.runs), count(after, |s| s.runs)),
        failed,
    };
    if let Some(why) = &restarted.failed {
        tracing::error!(why, who, "the cold restart broke off");
        if !walk.ended.is_empty() && !walk.is_entered() {
            tracing::error!("the end of a holder could not be entered in the ledger");
        }
    }
    let written = report::write(&platform.home.reports(), begun_ms, who, &restarted);
    // A step of its own even after one that failed, and after somebody asked to end.
    let last = Steps::new(UNTOLD, crate::service::stop::Stop::default());
    let told = if restarted.failed.is_some() {
        &last
    } else {
        steps
    };
    let path = told.step("report", |_| {
        let path = written.map_err(|e| e.to_string())?;
        let shown = path.display().to_string();
        Ok((path, shown))
    })?;
    if restarted.failed.is_none() {
        restarted.steps = steps.so_far();
    } else {
        restarted.steps.extend(last.so_far());
    }
    restarted.report = Some(path);
    Ok(restarted)
}

fn count(standing: Option<Standing>, of: impl Fn(Standing) -> u64) -> u64 {
    standing.map_or(0, of)
}

/// What the warehouse holds; `None` where there is none yet, an error where it does not open.
fn standing(platform: &Platform) -> Result<Option<Standing>, String> {
    let reader = platform.reader().map_err(|e| e.to_string())?;
    reader
        .map(|reader| reader.standing().map_err(|e| e.to_string()))
        .transpose()
}

struct Walk<'a> {
    platform: &'a Platform,
    who: &'a str,
    steps: &'a Steps<'a>,
    before: Option<Standing>,
    after: Option<Standing>,
    pruned: u64,
    /// Holders that were ended.
    ended: Vec<Holder>,
}

impl Walk<'_> {
    fn all(
        &mut self,
        unreadable: Option<String>,
        may_end: &dyn Fn(&Holder) -> bool,
        copy: &dyn Fn(&Steps<'_>) -> Result<String, String>,
    ) -> Result<(), Stopped> {
        let (platform, steps) = (self.platform, self.steps);
        let (path, run_lock) = (platform.home.warehouse(), platform.home.run_lock());
        steps.step("jobs", |_| wait_for_own(&run_lock, steps))?;
        let ended = &mut self.ended;
        steps.step("holders", |_| clear(platform, steps, may_end, ended))?;
        // One that was locked before its holder was ended is readable now.
        let unreadable = unreadable.and_then(|_| standing(platform).err());
        if self.before.is_none() {
            self.before = standing(platform).ok().flatten();
        }
        if let Some(why) = unreadable {
            // Nothing that writes touches it: not even its log is folded in.
            return steps.step("integrity", |_| Err(why));
        }
        if path.is_file() {
            steps.step("checkpoint", |_| {
                let lock = RunLock::take(&run_lock).map_err(|e| e.to_string())?;
                let folded = warehouse::checkpoint(&path).map_err(|e| e.to_string())?;
                drop(lock);
                let left = (folded.left > 0).then(|| format!("{} p.", folded.left));
                Ok(((), left.unwrap_or_default()))
            })?;
            steps.step("safe_copy", |_| {
                let inner = Steps::new(UNTOLD, steps.stop.clone());
                copy(&inner).map(|made| ((), made))
            })?;
            steps.step("integrity", |_| self.integrity().map(|detail| ((), detail)))?;
        }
        steps.step("reopen", |_| self.enter().map(|head| ((), head)))?;
        let pruned = steps.step("run", |far| {
            // The pipeline tells from other threads too; what it tells is kept by the engine's own channels.
            far(0.0);
            let outcome = platform
                .run_until(RunKind::Full, &|_| {}, &steps.stop)
                .map_err(|e| e.to_string())?;
            match outcome.status {
                RunStatus::Ok => Ok((
                    outcome.pruned.map_or(0, |pruned| pruned.readings),
                    outcome.report.rows_kept.to_string(),
                )),
                RunStatus::FailedSafe => Err(outcome.cause.unwrap_or_default()),
            }
        })?;
        self.pruned = pruned;
        steps.step("compare", |_| self.compare().map(|detail| ((), detail)))
    }

    fn integrity(&self) -> Result<String, String> {
        let path = self.platform.home.warehouse();
        match warehouse::quick_check(&path).map_err(|e| e.to_string())? {
            Some(found) => Err(found),
            // What a verification found stands until the next one: nothing is run on rows that are known to be changed.
            None => match verify::last(self.platform) {
                Some(last) if !last.findings.is_empty() => Err(format!(
                    "the last verification found {} ranges of rows that are not what the ledger says",
                    last.findings.len()
                )),
                _ => Ok(String::new()),
            },
        }
    }

    /// Opens it as a run does, and enters the restart in its ledger.
    fn enter(&self) -> Result<String, String> {
        let home = &self.platform.home;
        let lock = RunLock::take(&home.run_lock()).map_err(|e| e.to_string())?;
        let patience = Patience::silent(waiting::limit(&self.platform.config));
        let mut open =
            Warehouse::open_patiently(&home.warehouse(), &patience).map_err(|e| e.to_string())?;
        let told = json!({ "steps": self.steps.so_far(), "ended": self.ended });
        open.enter_cold_restart(self.who, told)
            .map_err(|e| e.to_string())?;
        let reader = open.reader().map_err(|e| e.to_string())?;
        let head = reader.ledger_head().map_err(|e| e.to_string())?;
        drop(lock);
        Ok(head.to_string())
    }

    /// A restart that broke off after it ended a holder says so in the ledger all the same; whether it could, or had
    /// before.
    fn is_entered(&self) -> bool {
        let entered = self.steps.so_far().iter().any(|step| step.key == "run");
        entered || self.enter().is_ok()
    }

    fn compare(&mut self) -> Result<String, String> {
        let after = standing(self.platform)?.ok_or("there is no warehouse after the run")?;
        self.after = Some(after);
        let before = self.before;
        let held = count(before, |s| s.readings);
        let same_kind = before.is_some_and(|s| s.synthetic == after.synthetic);
        if same_kind && after.readings + self.pruned < held {
            return Err(format!(
                "{held} readings before, {} after, {} taken by the retention",
                after.readings, self.pruned
            ));
        }
        if same_kind && before.and_then(|s| s.model).is_some() && after.model.is_none() {
            return Err("the model in force is gone".into());
        }
        Ok(format!("{held} → {}", after.readings))
    }
}

/// Waits until no other thread of this program holds the run lock.
fn wait_for_own(run_lock: &std::path::Path, steps: &Steps<'_>) -> Result<((), String), String> {
    let begun = Instant::now();
    while RunLock::is_ours(run_lock).map_err(|e| e.to_string())? {
        if let Some(why) = steps.stop.cause() {
            return Err(why);
        }
        if begun.elapsed() > OWN_JOBS {
            return Err("a run of this program does not end".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(((), String::new()))
}

/// Ends what is in the way, where that is allowed; names the rest.
fn clear(
    platform: &Platform,
    steps: &Steps<'_>,
    may_end: &dyn Fn(&Holder) -> bool,
    ended: &mut Vec<Holder>,
) -> Result<((), String), String> {
    let look = || holders::of_warehouse(&platform.home.warehouse(), &platform.home.run_lock());
    let found = match look() {
        Ok(found) => found,
        // Whoever is in the way shows at the next step.
        Err(why) => return Ok(((), why)),
    };
    let mut names = Vec::new();
    let mut asked = std::collections::BTreeSet::new();
    for holder in &found {
        if !holder.is_in_the_way() {
            names.push(holder.to_string());
            continue;
        }
        // Held for a moment only, as a live pass does: it is gone at the second look.
        let still = || {
            look().is_ok_and(|now| {
                now.iter()
                    .any(|h| h.process == holder.process && h.is_in_the_way())
            })
        };
        std::thread::sleep(Duration::from_millis(300));
        if !asked.insert(holder.process) || !still() {
            continue;
        }
        if let Some(why) = steps.stop.cause() {
            return Err(why);
        }
        if !may_end(holder) {
            return Err(format!(
                "{holder} holds the {}",
                holder.what.replace('_', " ")
            ));
        }
        end::end(holder, &still)?;
        tracing::warn!(%holder, "ended for a cold restart");
        names.push(format!("{holder} †"));
        ended.push(holder.clone());
    }
    Ok(((), names.join(", ")))
}

#[cfg(test)]
mod tests;
