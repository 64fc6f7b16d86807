//! Drills: the real fault on a scratch copy, and proof by what the database holds afterwards.
//!
//! Each drill gets a home of its own in a temporary folder ([`scratch`]), does the real thing to it, and demands
//! ([`proof`]) what must then be so; every one ends with the same aftermath ([`looks`]): an extraction that fails, a load
//! broken off in its middle, a good run. The live home gets the report and an entry in the journal, and nothing else.

mod damage;
mod fleet;
mod judgement;
mod looks;
mod processes;
mod proof;
mod report;
mod scratch;
mod sources;

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::warehouse::{Entry, RunLock, Warehouse, WarehouseError, WriteHold};

use super::Steps;
use super::steps::Stopped;
use proof::{Broken, Outcome, Proof};
use scratch::{Base, Scratch};

pub use proof::Fact;

/// The thirteen drills, in the order of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drill {
    SourceUnreachable,
    TruncatedFile,
    ChangedColumns,
    NanFlood,
    LockedDatabase,
    DiskFull,
    OutOfMemory,
    KilledDuringLoad,
    KilledDuringBackup,
    PoisonedRows,
    DriftedData,
    DamagedDatabase,
    DeadLockHolder,
}

impl Drill {
    pub const ALL: [Self; 13] = [
        Self::SourceUnreachable,
        Self::TruncatedFile,
        Self::ChangedColumns,
        Self::NanFlood,
        Self::LockedDatabase,
        Self::DiskFull,
        Self::OutOfMemory,
        Self::KilledDuringLoad,
        Self::KilledDuringBackup,
        Self::PoisonedRows,
        Self::DriftedData,
        Self::DamagedDatabase,
        Self::DeadLockHolder,
    ];

    /// Its name on the command line and in reports.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SourceUnreachable => "source_unreachable",
            Self::TruncatedFile => "truncated_file",
            Self::ChangedColumns => "changed_columns",
            Self::NanFlood => "nan_flood",
            Self::LockedDatabase => "locked_database",
            Self::DiskFull => "disk_full",
            Self::OutOfMemory => "out_of_memory",
            Self::KilledDuringLoad => "killed_during_load",
            Self::KilledDuringBackup => "killed_during_backup",
            Self::PoisonedRows => "poisoned_rows",
            Self::DriftedData => "drifted_data",
            Self::DamagedDatabase => "damaged_database",
            Self::DeadLockHolder => "dead_lock_holder",
        }
    }

    /// The key of its step while it runs: `step-<key>` in the catalogue.
    #[must_use]
    pub const fn step(self) -> &'static str {
        match self {
            Self::SourceUnreachable => "drill-source-unreachable",
            Self::TruncatedFile => "drill-truncated-file",
            Self::ChangedColumns => "drill-changed-columns",
            Self::NanFlood => "drill-nan-flood",
            Self::LockedDatabase => "drill-locked-database",
            Self::DiskFull => "drill-disk-full",
            Self::OutOfMemory => "drill-out-of-memory",
            Self::KilledDuringLoad => "drill-killed-during-load",
            Self::KilledDuringBackup => "drill-killed-during-backup",
            Self::PoisonedRows => "drill-poisoned-rows",
            Self::DriftedData => "drill-drifted-data",
            Self::DamagedDatabase => "drill-damaged-database",
            Self::DeadLockHolder => "drill-dead-lock-holder",
        }
    }

    fn walk(self, proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
        match self {
            Self::SourceUnreachable => sources::unreachable(proof, scratch),
            Self::TruncatedFile => sources::truncated(proof, scratch),
            Self::ChangedColumns => sources::changed_columns(proof, scratch),
            Self::NanFlood => sources::nan_flood(proof, scratch),
            Self::LockedDatabase => processes::locked(proof, scratch),
            Self::DiskFull => processes::disk_full(proof, scratch),
            Self::OutOfMemory => processes::out_of_memory(proof, scratch),
            Self::KilledDuringLoad => processes::killed_loading(proof, scratch),
            Self::KilledDuringBackup => processes::killed_backing_up(proof, scratch),
            Self::PoisonedRows => judgement::poisoned(proof, scratch),
            Self::DriftedData => judgement::drifted(proof, scratch),
            Self::DamagedDatabase => damage::damaged(proof, scratch),
            Self::DeadLockHolder => processes::dead_holder(proof, scratch),
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drill| drill.key() == name)
    }
}

/// What a drill came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drilled {
    pub name: Drill,
    pub at_ms: i64,
    pub passed: bool,
    /// What was looked at and found, line by line; the first that is not as it should be ends a failed one.
    pub evidence: Vec<String>,
    pub secs: f64,
}

/// Runs drills one after the other on a scratch copy, and writes the report. Asked to stop, it ends after the drill under
/// way, and what was walked is reported all the same.
///
/// # Errors
/// No scratch copy could be made, or the report not be written; or it was stopped.
pub fn run(
    platform: &Platform,
    drills: &[Drill],
    who: &str,
    steps: &Steps<'_>,
) -> Result<Vec<Drilled>, Stopped> {
    let base = steps.step("drill-scratch", |_| {
        let base = Base::of(platform).map_err(told)?;
        let detail = base.made_up.clone().unwrap_or_default();
        Ok((base, detail))
    })?;
    let mut walked = Vec::new();
    let mut stopped = None;
    for &drill in drills {
        let done = steps.step(drill.step(), |_| {
            let told = walk(&base, drill);
            let wrong = told.facts.last().filter(|_| !told.passed);
            let detail = wrong.map_or_else(String::new, |fact| fact.english.clone());
            Ok((told, detail))
        });
        match done {
            Ok(told) => walked.push(told),
            Err(why) => {
                stopped = Some(why);
                break;
            }
        }
    }
    if !walked.is_empty() {
        // Not a step of `steps`: stopped, the rest is written all the same.
        report::write(platform, &walked, base.made_up.as_deref(), who).map_err(|error| {
            Stopped {
                step: "drill-report",
                why: error.to_string(),
            }
        })?;
        note(platform, &walked, who);
    }
    match stopped {
        Some(why) => Err(why),
        None => Ok(walked.iter().map(Told::english).collect()),
    }
}

fn told(broken: Broken) -> String {
    match broken {
        Broken::NotSo => "not as it must be".into(),
        Broken::Failed(why) => why,
    }
}

fn walk(base: &Base, drill: Drill) -> Told {
    let begun = Instant::now();
    let mut proof = Proof::default();
    let mut whole = || -> Outcome {
        let own;
        let base = match drill {
            // What is learned and what drifts must be known.
            Drill::DriftedData | Drill::PoisonedRows | Drill::OutOfMemory
                if base.made_up.is_none() =>
            {
                own = base.made_up()?;
                &own
            }
            _ => base,
        };
        match &base.made_up {
            Some(why) => proof.note(
                format!("on a made-up warehouse: {why}"),
                "sur un entrepôt fabriqué pour l'exercice",
            ),
            None => proof.note(
                "on a consistent copy of this home's warehouse",
                "sur une copie cohérente de l'entrepôt de cette installation",
            ),
        }
        let mut scratch = base.scratch()?;
        drill.walk(&mut proof, &mut scratch)?;
        looks::aftermath(&mut proof, &mut scratch)
    };
    let outcome = whole();
    let passed = proof.end(outcome);
    Told {
        name: drill,
        at_ms: wall_ms(),
        passed,
        facts: proof.facts,
        secs: begun.elapsed().as_secs_f64(),
    }
}

/// What a drill came to, as it is kept: in both languages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Told {
    name: Drill,
    at_ms: i64,
    passed: bool,
    facts: Vec<Fact>,
    secs: f64,
}

impl Told {
    fn said(&self, evidence: impl Fn(&Fact) -> String) -> Drilled {
        Drilled {
            name: self.name,
            at_ms: self.at_ms,
            passed: self.passed,
            evidence: self.facts.iter().map(evidence).collect(),
            secs: self.secs,
        }
    }

    fn english(&self) -> Drilled {
        self.said(|fact| fact.english.clone())
    }

    fn french(&self) -> Drilled {
        self.said(|fact| fact.french.clone())
    }
}

/// Into the journal of the home, where there is one. A live warehouse that is damaged or locked does not take the
/// report away: that is in its file.
fn note(platform: &Platform, walked: &[Told], who: &str) {
    let warehouse = platform.home.warehouse();
    let passed = walked.iter().filter(|told| told.passed).count();
    let keys = |passed: bool| -> Vec<&str> {
        let of = walked.iter().filter(|told| told.passed == passed);
        of.map(|told| told.name.key()).collect()
    };
    let entry = Entry {
        entry: 0,
        at_ms: wall_ms(),
        who: who.to_owned(),
        act: "drill".into(),
        loco: None,
        of_ms: None,
        words: format!("{passed}/{}", walked.len()),
        detail: serde_json::json!({ "passed": keys(true), "failed": keys(false) }),
    };
    let write = || -> Result<(), WarehouseError> {
        // One of an older program takes no notes before a run has brought it up to date.
        if warehouse.is_file() && !Warehouse::is_behind(&warehouse)? {
            Warehouse::open_to_note(&warehouse)?.note(&entry)?;
        }
        Ok(())
    };
    if let Err(error) = write() {
        tracing::error!(%error, "the drills are not in the journal");
    }
}

/// The last result of each drill that was ever run here, in the order of the board.
#[must_use]
pub fn last(platform: &Platform) -> Vec<Drilled> {
    report::last(&platform.home.reports())
        .iter()
        .map(Told::english)
        .collect()
}

/// As [`last`], with the evidence in French.
#[must_use]
pub fn last_in_french(platform: &Platform) -> Vec<Drilled> {
    report::last(&platform.home.reports())
        .iter()
        .map(Told::french)
        .collect()
}

/// What another process may be asked to hold, so that a drill meets a real holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// A write transaction on the warehouse.
    Database,
    RunLock,
}

/// Holds it until `done` returns. `held` is called once it is held.
///
/// # Errors
/// Somebody else holds it, or there is nothing to hold.
pub fn hold(
    platform: &Platform,
    what: Hold,
    held: &mut dyn FnMut(),
    done: &mut dyn FnMut(),
) -> Result<(), String> {
    let _held: Box<dyn std::any::Any> = match what {
        Hold::Database => Box::new(
            WriteHold::take(&platform.home.warehouse()).map_err(|error| error.to_string())?,
        ),
        Hold::RunLock => {
            Box::new(RunLock::take(&platform.home.run_lock()).map_err(|error| error.to_string())?)
        }
    };
    held();
    done();
    Ok(())
}
