//! Can we come back? What the page of continuity shows, and what it may ask for.

use std::path::PathBuf;

use super::backup::{Backup, Exposure, Proof, ThreeTwoOne};
use super::cold_restart::Restarted;
use super::drills::{Drill, Drilled};
use super::holders::Holder;
use super::restore::{Plan, Restored};
use super::verify::Verified;
use super::{Step, steps::Stopped};

/// A drill counts for so long: a quarter, milliseconds.
pub const QUARTER_MS: i64 = 92 * 86_400_000;
/// A proven backup that is older leaves more than a day's data exposed, milliseconds.
pub const EXPOSED_TOO_LONG_MS: i64 = 36 * 3_600_000;
/// What the program may hold in memory, bytes, by its own promise.
pub const MEMORY_BOUND: u64 = 250 << 20;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContinuityView {
    /// Whether it was looked up yet: until then what follows is empty because nobody has asked.
    pub ready: bool,
    /// Newest first.
    pub backups: Vec<Backup>,
    /// `None`: no backup is proven.
    pub exposure: Option<Exposure>,
    pub copies: ThreeTwoOne,
    /// The last result of each drill that was ever run here.
    pub drills: Vec<Drilled>,
    /// The last verification of the chain.
    pub verified: Option<Verified>,
    /// The head of the chain, `entry:hash`.
    pub head: Option<String>,
    pub watch: Watch,
    /// The job under way, or the last one that ended.
    pub job: Option<Job>,
    /// What a restore would change, looked at when it is asked about.
    pub plan: Option<Planned>,
}

/// What live detectors say of the process and the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watch {
    /// When it was last looked, UTC milliseconds; `None`: not yet.
    pub at_ms: Option<i64>,
    /// Memory of this program, bytes; `None` where the system does not tell.
    pub memory: Option<u64>,
    /// Other programs that hold the warehouse or its run lock; why the system does not tell.
    pub holders: Option<Result<Vec<Holder>, String>>,
}

impl Watch {
    /// Those that hold one kind of thing: `database` or `run_lock`.
    pub fn holding<'a>(&'a self, what: &'a str) -> impl Iterator<Item = &'a Holder> {
        let all = self.holders.as_ref().and_then(|all| all.as_ref().ok());
        all.into_iter().flatten().filter(move |h| h.what == what)
    }
}

/// A restore that is being thought about.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    pub file: PathBuf,
    /// `None`: still being looked at; why the backup cannot be used.
    pub plan: Option<Result<Plan, String>>,
}

/// Long work of this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    BackUp,
    Prove,
    Restore,
    Verify,
    Drills,
    ColdRestart,
}

impl JobKind {
    pub const ALL: [Self; 6] = [
        Self::BackUp,
        Self::Prove,
        Self::Restore,
        Self::Verify,
        Self::Drills,
        Self::ColdRestart,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::BackUp => "backup",
            Self::Prove => "prove",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Drills => "drills",
            Self::ColdRestart => "restart",
        }
    }

    /// Another file may take the place of the warehouse meanwhile.
    #[must_use]
    pub const fn swaps(self) -> bool {
        matches!(self, Self::Restore | Self::ColdRestart)
    }
}

/// One job, under way or ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    pub kind: JobKind,
    /// UTC milliseconds.
    pub begun_ms: i64,
    pub steps: Vec<Step>,
    /// A run of ours is asked to end first.
    pub waits: bool,
    /// Somebody asked it to end.
    pub stopping: bool,
    pub account: Option<Account>,
}

impl Job {
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.account.is_none()
    }
}

/// What a job came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Account {
    /// Made, and what its proof came to.
    BackedUp(Backup, Result<Proof, Stopped>),
    Proven(Proof),
    Restored(Restored),
    Verified(Verified),
    Drilled(Vec<Drilled>),
    Restarted(Restarted),
    /// Somebody ended it before this step.
    Cancelled(Stopped),
    Failed(Stopped),
}

impl Account {
    /// It did what it was asked for, and found nothing wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        match self {
            Self::BackedUp(_, proof) => proof.as_ref().is_ok_and(|proof| proof.failed.is_none()),
            Self::Proven(proof) => proof.failed.is_none(),
            Self::Restored(_) => true,
            Self::Verified(verified) => verified.findings.is_empty(),
            Self::Drilled(all) => all.iter().all(|drilled| drilled.passed),
            Self::Restarted(restarted) => restarted.failed.is_none(),
            Self::Cancelled(_) | Self::Failed(_) => false,
        }
    }
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ContinuityAsk {
    /// Makes a backup and proves it.
    BackUp,
    Prove(PathBuf),
    /// Says what a restore of this file would change.
    Plan(PathBuf),
    Restore(PathBuf),
    Verify,
    Drill(Vec<Drill>),
    /// Live holders with these process ids may be ended: each was confirmed.
    ColdRestart {
        may_end: Vec<u32>,
    },
    /// Looks at once who holds the warehouse.
    LookAtHolders,
    Cancel,
    /// Opens the folder of the reports.
    OpenReports,
}

/// The newest backup that is proven and sound.
#[must_use]
pub fn newest_proven(backups: &[Backup]) -> Option<&Backup> {
    backups
        .iter()
        .find(|b| b.wrong.is_none() && b.proof.as_ref().is_some_and(|p| p.failed.is_none()))
}

/// A drill that no longer counts: it failed, or a quarter has passed.
#[must_use]
pub fn is_due_again(drilled: &Drilled, now_ms: i64) -> bool {
    !drilled.passed || now_ms.saturating_sub(drilled.at_ms) > QUARTER_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::continuity::backup::Origin;

    #[test]
    fn a_quarter_later_a_drill_is_due_again() {
        let mut drilled = Drilled {
            name: Drill::DiskFull,
            at_ms: 0,
            passed: true,
            evidence: Vec::new(),
            secs: 1.0,
        };
        assert!(!is_due_again(&drilled, QUARTER_MS));
        assert!(is_due_again(&drilled, QUARTER_MS + 1));
        drilled.passed = false;
        assert!(is_due_again(&drilled, 0));
    }

    #[test]
    fn only_what_is_proven_and_sound_is_offered() {
        let backup = |made_ms, failed: Option<Option<&str>>, wrong: Option<&str>| Backup {
            file: PathBuf::from("a"),
            made_ms,
            origin: Origin::Manual,
            bytes: 1,
            places: Vec::new(),
            proof: failed.map(|failed| Proof {
                at_ms: 0,
                who: String::new(),
                recovery_secs: 1.0,
                failed: failed.map(str::to_owned),
            }),
            wrong: wrong.map(str::to_owned),
        };
        let all = [
            backup(5, None, None),
            backup(4, Some(Some("digest")), None),
            backup(3, Some(None), Some("cut")),
            backup(2, Some(None), None),
            backup(1, Some(None), None),
        ];
        assert_eq!(newest_proven(&all).map(|b| b.made_ms), Some(2));
        assert_eq!(newest_proven(&all[..3]), None);
    }
}
