//! The threat board: what the continuity plans fear, how likely and how grave, and how each stands now by what the
//! program itself sees. Drawn from a snapshot; nothing here looks anywhere else.

use crate::domain::Channel;
use crate::domain::drift::Band;
use crate::service::snapshot::Snapshot;

use super::drills::{Drill, Drilled};
use super::view::{MEMORY_BOUND, is_due_again};

/// The rows of the board, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Threat {
    SensorsUnreachable,
    MemoryExhausted,
    Locked,
    Drift,
    Poisoning,
    CorruptFile,
    FreightOffline,
    Zombie,
    Interrupted,
    Damaged,
}

impl Threat {
    pub const ALL: [Self; 10] = [
        Self::SensorsUnreachable,
        Self::MemoryExhausted,
        Self::Locked,
        Self::Drift,
        Self::Poisoning,
        Self::CorruptFile,
        Self::FreightOffline,
        Self::Zombie,
        Self::Interrupted,
        Self::Damaged,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SensorsUnreachable => "sensors",
            Self::MemoryExhausted => "memory",
            Self::Locked => "locked",
            Self::Drift => "drift",
            Self::Poisoning => "poisoning",
            Self::CorruptFile => "corrupt",
            Self::FreightOffline => "freight",
            Self::Zombie => "zombie",
            Self::Interrupted => "interrupted",
            Self::Damaged => "damaged",
        }
    }

    /// Of five, where the plans say it.
    #[must_use]
    pub const fn likelihood(self) -> Likelihood {
        match self {
            Self::SensorsUnreachable => Likelihood::OfFive(3),
            Self::MemoryExhausted | Self::CorruptFile | Self::FreightOffline => {
                Likelihood::OfFive(2)
            }
            Self::Locked | Self::Zombie => Likelihood::OfFive(1),
            Self::Drift => Likelihood::VeryLow,
            Self::Poisoning | Self::Interrupted | Self::Damaged => Likelihood::Unsaid,
        }
    }

    /// Critical; else major.
    #[must_use]
    pub const fn is_critical(self) -> bool {
        !matches!(
            self,
            Self::SensorsUnreachable
                | Self::MemoryExhausted
                | Self::CorruptFile
                | Self::FreightOffline
        )
    }

    /// The drills that inject it; none where nothing of it is there to be injected.
    #[must_use]
    pub const fn drills(self) -> &'static [Drill] {
        match self {
            Self::SensorsUnreachable => &[Drill::SourceUnreachable],
            Self::MemoryExhausted => &[Drill::OutOfMemory],
            Self::Locked => &[Drill::LockedDatabase],
            Self::Drift => &[Drill::DriftedData],
            Self::Poisoning => &[Drill::PoisonedRows],
            Self::CorruptFile => &[Drill::TruncatedFile, Drill::ChangedColumns, Drill::NanFlood],
            Self::FreightOffline => &[],
            Self::Zombie => &[Drill::DeadLockHolder],
            Self::Interrupted => &[
                Drill::DiskFull,
                Drill::KilledDuringLoad,
                Drill::KilledDuringBackup,
            ],
            Self::Damaged => &[Drill::DamagedDatabase],
        }
    }

    /// How it stands now.
    #[must_use]
    pub fn state(self, s: &Snapshot) -> State {
        let watch = &s.continuity.watch;
        let held = |what: &str| match &watch.holders {
            None => State::NotLooked,
            Some(Err(why)) => State::HolderUntold(why.clone()),
            Some(Ok(_)) => watch.holding(what).next().map_or(State::Free, |holder| {
                State::Held(holder.program.clone(), holder.process)
            }),
        };
        match self {
            Self::SensorsUnreachable => sensors(s),
            Self::MemoryExhausted => match (watch.at_ms, watch.memory) {
                (None, _) => State::NotLooked,
                (Some(_), None) => State::MemoryUntold,
                (Some(_), Some(bytes)) => State::Memory(bytes),
            },
            Self::Locked => held("write_lock"),
            Self::Zombie => held("run_lock"),
            Self::Drift => drift(s),
            Self::Poisoning => match &s.continuity.verified {
                _ if !s.continuity.ready => State::NotLooked,
                Some(v) if !v.findings.is_empty() => State::ChainBroken(v.findings.len()),
                _ if !s.intake.held.is_empty() => State::BatchesHeld(s.intake.held.len()),
                None => State::ChainNever,
                Some(v) => State::ChainSound(v.at_ms),
            },
            Self::CorruptFile => match &s.last_run {
                None => State::NeverRun,
                Some(run) if !run.refused.is_empty() => State::FilesRefused(run.refused.len()),
                Some(run) => State::Quarantined(run.rows_quarantined),
            },
            Self::FreightOffline => State::NotConfigured,
            Self::Interrupted => match &s.last_run {
                None => State::NeverRun,
                Some(run) if run.failed.is_some() => State::RunFailed(run.ended_ms),
                Some(run) => State::RunSound(run.ended_ms),
            },
            Self::Damaged if s.fault.is_some() => State::Unreadable,
            Self::Damaged if s.last_run.is_none() => State::NeverRun,
            Self::Damaged => State::Readable,
        }
    }
}

fn sensors(s: &Snapshot) -> State {
    if let Some(live) = &s.live {
        if let Some((name, _)) = live.dead.first() {
            return State::Unreachable(name.clone());
        }
        let youngest = s.fleet.iter().map(|row| row.age_ms).min();
        return youngest.map_or(State::NeverRun, State::Followed);
    }
    match &s.last_run {
        None => State::NeverRun,
        Some(run) => match run.refused.first() {
            Some((name, _)) => State::Unreachable(name.clone()),
            None => State::ReadAt(run.ended_ms),
        },
    }
}

fn drift(s: &Snapshot) -> State {
    let Some(drift) = &s.models.drift else {
        let judged = s.models.ready && s.model.is_none();
        return if judged {
            State::Unjudged
        } else {
            State::NotLooked
        };
    };
    if drift.unjudged.is_some() {
        return State::Unjudged;
    }
    let worst = drift
        .channels
        .iter()
        .max_by(|a, b| a.decisive().total_cmp(&b.decisive()));
    worst.map_or(State::Unjudged, |c| State::Drift {
        channel: c.channel,
        psi: c.decisive(),
        band: Band::of(c.decisive(), c.limit),
        beyond: c.beyond,
    })
}

/// How likely the plans call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likelihood {
    OfFive(u8),
    VeryLow,
    Unsaid,
}

/// What a live detector says.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    NotLooked,
    NotConfigured,
    NeverRun,
    /// A source, by its name.
    Unreachable(String),
    /// Age of the youngest reading, milliseconds.
    Followed(i64),
    /// The last run read every source, UTC milliseconds.
    ReadAt(i64),
    /// Bytes.
    Memory(u64),
    MemoryUntold,
    Free,
    /// Program and process id.
    Held(String, u32),
    HolderUntold(String),
    Drift {
        channel: Channel,
        psi: f64,
        band: Band,
        beyond: bool,
    },
    Unjudged,
    ChainSound(i64),
    ChainBroken(usize),
    ChainNever,
    /// Batches that look poisoned wait for a person.
    BatchesHeld(usize),
    Quarantined(u64),
    FilesRefused(usize),
    RunSound(i64),
    RunFailed(i64),
    Readable,
    Unreadable,
}

/// How grave a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Well,
    Watch,
    Danger,
    /// Not known, or not there.
    Off,
}

impl State {
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Followed(_)
            | Self::ReadAt(_)
            | Self::Free
            | Self::ChainSound(_)
            | Self::Quarantined(_)
            | Self::RunSound(_)
            | Self::Readable => Level::Well,
            Self::Memory(bytes) if *bytes <= MEMORY_BOUND => Level::Well,
            Self::Drift {
                band: Band::Stable,
                beyond: false,
                ..
            } => Level::Well,
            Self::ChainBroken(_) | Self::Unreadable => Level::Danger,
            Self::Memory(_)
            | Self::Drift { .. }
            | Self::Unreachable(_)
            | Self::Held(..)
            | Self::ChainNever
            | Self::BatchesHeld(_)
            | Self::FilesRefused(_)
            | Self::RunFailed(_) => Level::Watch,
            Self::NotLooked
            | Self::NotConfigured
            | Self::NeverRun
            | Self::MemoryUntold
            | Self::HolderUntold(_)
            | Self::Unjudged => Level::Off,
        }
    }
}

/// The drills of a threat together: none were run, or the oldest and whether all still count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exercised {
    NoDrill,
    Never,
    /// At least one of several was never run.
    InPart,
    Failed {
        at_ms: i64,
    },
    Old {
        at_ms: i64,
    },
    Passed {
        at_ms: i64,
        secs: f64,
    },
}

/// How the drills of a threat stand.
#[must_use]
pub fn exercised(threat: Threat, drills: &[Drilled], now_ms: i64) -> Exercised {
    let wanted = threat.drills();
    let ran: Vec<&Drilled> = drills.iter().filter(|d| wanted.contains(&d.name)).collect();
    if wanted.is_empty() {
        return Exercised::NoDrill;
    }
    let Some(oldest) = ran.iter().min_by_key(|d| d.at_ms) else {
        return Exercised::Never;
    };
    let at_ms = oldest.at_ms;
    if let Some(failed) = ran.iter().find(|d| !d.passed) {
        return Exercised::Failed {
            at_ms: failed.at_ms,
        };
    }
    if ran.len() < wanted.len() {
        return Exercised::InPart;
    }
    if ran.iter().any(|d| is_due_again(d, now_ms)) {
        return Exercised::Old { at_ms };
    }
    Exercised::Passed {
        at_ms,
        secs: ran.iter().map(|d| d.secs).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::continuity::holders::Holder;
    use crate::service::continuity::view::{ContinuityView, QUARTER_MS, Watch};
    use std::sync::Arc;

    #[test]
    fn every_drill_stands_on_the_board_once() {
        let mut all: Vec<Drill> = Threat::ALL
            .iter()
            .flat_map(|t| t.drills())
            .copied()
            .collect();
        all.sort_unstable();
        let mut known = Drill::ALL.to_vec();
        known.sort_unstable();
        assert_eq!(all, known);
    }

    #[test]
    fn nothing_known_is_never_called_well() {
        let empty = Snapshot::empty();
        for threat in Threat::ALL {
            assert_eq!(threat.state(&empty).level(), Level::Off, "{threat:?}");
        }
    }

    #[test]
    fn a_holder_is_named_where_it_holds() {
        let mut s = Snapshot::empty();
        let holder = Holder {
            process: 7,
            program: "dbeaver".into(),
            what: "write_lock",
            stopped: false,
        };
        s.continuity = Arc::new(ContinuityView {
            watch: Watch {
                at_ms: Some(0),
                memory: Some(MEMORY_BOUND + 1),
                holders: Some(Ok(vec![holder])),
            },
            ..ContinuityView::default()
        });
        assert_eq!(Threat::Locked.state(&s), State::Held("dbeaver".into(), 7));
        assert_eq!(Threat::Zombie.state(&s), State::Free);
        assert_eq!(Threat::MemoryExhausted.state(&s).level(), Level::Watch);
        s.fault = Some("malformed".into());
        assert_eq!(Threat::Damaged.state(&s).level(), Level::Danger);
    }

    #[test]
    fn drills_count_together_and_the_worst_is_said() {
        let ran = |name, at_ms, passed| Drilled {
            name,
            at_ms,
            passed,
            evidence: Vec::new(),
            secs: 0.5,
        };
        let threat = Threat::CorruptFile;
        assert_eq!(exercised(threat, &[], 0), Exercised::Never);
        let mut all = vec![
            ran(Drill::TruncatedFile, 10, true),
            ran(Drill::ChangedColumns, 20, true),
        ];
        assert_eq!(exercised(threat, &all, 20), Exercised::InPart);
        all.push(ran(Drill::NanFlood, 30, true));
        let passed = Exercised::Passed {
            at_ms: 10,
            secs: 1.5,
        };
        assert_eq!(exercised(threat, &all, 30), passed);
        let late = QUARTER_MS + 11;
        assert_eq!(exercised(threat, &all, late), Exercised::Old { at_ms: 10 });
        all[1].passed = false;
        assert_eq!(exercised(threat, &all, 30), Exercised::Failed { at_ms: 20 });
        let freight = exercised(Threat::FreightOffline, &all, 0);
        assert_eq!(freight, Exercised::NoDrill);
    }
}
