//! Live: sources that are followed are looked at again and again, and what is new is in the warehouse, judged,
//! well within a second.
//!
//! Looking (files by size and time, addresses by asking) is apart from passing (lock, gates, one transaction,
//! scores): a pass that cannot be made now is made later, with all that has come meanwhile. Nothing is
//! dropped; what is behind is said. There is no SQL here.

mod kept;
mod pass;
mod poll;
mod report;
mod seen;
mod thread;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::config::{Config, SourceConfig};
use crate::domain::SourceError;
use crate::domain::ports::SourceFile;
use crate::sources::growing::Marks;
use crate::warehouse::{LockError, RunStatus};

use super::inputs::{self, KeptOut};
use super::pipeline::PipelineError;
use super::platform::Platform;
use super::waiting;
use kept::Kept;
use pass::{Asked, Memory, Outcome, SourceState};
use poll::Poll;
use seen::{Due, Folder, LOOK, Read};

pub use kept::Gate;
pub use pass::Passed;
pub use thread::{Live, follow};

/// New bytes and files that one pass takes: the lock is not held for long.
const PASS_BYTES: u64 = 64 << 20;
const PASS_FILES: usize = 500;
/// After a pass that failed, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MOST: Duration = Duration::from_secs(30);

/// How following goes.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct LiveState {
    /// Bytes that are there and not in the warehouse yet; half a line at the end of a file is none.
    pub behind_bytes: u64,
    /// Answers of addresses that wait.
    pub behind_answers: usize,
    /// Sources that cannot be read: name, why.
    pub dead: Vec<(String, String)>,
    /// Another program's run that is waited for; who runs it.
    pub waits_for: Option<String>,
    /// Why nothing can be taken in; tried again.
    pub fault: Option<String>,
    /// Passes that changed the warehouse.
    pub passes: u64,
}

/// Follows the followed sources of a configuration.
pub struct Follower {
    platform: Platform,
    gate: Gate,
    sources: Vec<Followed>,
    memory: Memory,
    state: LiveState,
    /// Passes that failed in a row, and when the next is tried.
    failed: u32,
    not_before: Option<Instant>,
    /// What the last pass knew of the sources.
    told: Option<Vec<SourceState>>,
}

struct Followed {
    config: SourceConfig,
    from: From,
}

enum From {
    Disk(Folder),
    Address(Poll),
}

/// What a pass reads, remembered until it has ended.
struct Taken {
    source: usize,
    /// `None`: the answer of an address.
    file: Option<(PathBuf, bool)>,
    shown: String,
}

impl Follower {
    /// `None` where nothing is followed.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(platform: &Platform) -> std::io::Result<Option<Self>> {
        Self::behind(platform, Gate::default())
    }

    /// As [`Follower::new`], behind a gate that runs of the same process hold.
    fn behind(platform: &Platform, gate: Gate) -> std::io::Result<Option<Self>> {
        let Config {
            sources, folder, ..
        } = &platform.config;
        let marks = Marks::default();
        let sources = sources
            .iter()
            .filter(|source| source.followed())
            .map(|source| {
                let from = match &source.url {
                    Some(url) => From::Address(Poll::start(source, url)?),
                    None => From::Disk(Folder::new(source, folder, marks.clone())),
                };
                Ok(Followed {
                    config: source.clone(),
                    from,
                })
            })
            .collect::<std::io::Result<Vec<_>>>()?;
        Ok((!sources.is_empty()).then(|| Self {
            platform: platform.clone(),
            gate,
            sources,
            memory: Memory::default(),
            state: LiveState::default(),
            failed: 0,
            not_before: None,
            told: None,
        }))
    }

    #[must_use]
    pub const fn state(&self) -> &LiveState {
        &self.state
    }

    /// Looks once, and takes in what is new; says what a pass did. Then [`Follower::pause`] is how long
    /// nothing needs to be done.
    pub fn step(&mut self) -> Option<Passed> {
        let gate = self.gate.clone();
        self.step_within(&mut gate.enter())
    }

    fn step_within(&mut self, kept: &mut Kept) -> Option<Passed> {
        let now = Instant::now();
        for source in &mut self.sources {
            match &mut source.from {
                From::Disk(folder) => folder.look(now),
                From::Address(poll) => poll.look(),
            }
        }
        let passed = if self.not_before.is_some_and(|at| now < at) {
            None
        } else {
            self.pass_if_due(now, kept)
        };
        kept.rest();
        self.note_behind();
        passed
    }

    /// How long to wait before the next step.
    #[must_use]
    pub fn pause(&self) -> Duration {
        let catching_up = self.failed == 0 && self.state.waits_for.is_none() && self.more_to_take();
        if catching_up { Duration::ZERO } else { LOOK }
    }

    fn more_to_take(&self) -> bool {
        self.sources.iter().any(|source| match &source.from {
            From::Disk(folder) => folder.has_more(),
            From::Address(poll) => poll.is_waiting(),
        })
    }

    fn pass_if_due(&mut self, now: Instant, kept: &mut Kept) -> Option<Passed> {
        let (asked, taken) = self.ask(now)?;
        let outcome = pass::pass(
            &self.platform.home,
            &self.platform.config,
            &asked,
            &mut self.memory,
            kept,
        );
        let now = Instant::now();
        match outcome {
            Ok(Outcome::Nothing) => {
                self.settle(&asked, &taken, &[], now);
                self.told = Some(asked.sources);
                None
            }
            Ok(Outcome::Passed(passed)) => {
                if passed.status == RunStatus::Ok {
                    self.settle(&asked, &taken, &passed.refused, now);
                } else {
                    tracing::warn!(cause = passed.cause, "live pass failed safe");
                    self.postpone(now);
                }
                self.told = Some(asked.sources);
                if let Some(why) = &passed.unscored {
                    self.fail(why.clone(), now);
                }
                self.state.passes += 1;
                Some(passed)
            }
            Ok(Outcome::RunFirst(why)) => {
                match why {
                    Some(why) => self.fail(why.to_owned(), now),
                    None => self.not_before = Some(now + PAUSE_FIRST),
                }
                None
            }
            Err(PipelineError::Lock(LockError::Busy { holder })) => {
                self.state.waits_for = Some(holder);
                None
            }
            Err(error) => {
                let error = waiting::named(&self.platform.home, error);
                self.fail(error.to_string(), now);
                None
            }
        }
    }

    /// What a pass would have to do now; `None` when nothing.
    fn ask(&self, now: Instant) -> Option<(Asked, Vec<Taken>)> {
        let mut due: Vec<(usize, Due)> = Vec::new();
        for (i, source) in self.sources.iter().enumerate() {
            if let From::Disk(folder) = &source.from {
                let of_source = folder.due(&source.config, now, self.failed > 0);
                due.extend(of_source.into_iter().map(|due| (i, due)));
            }
        }
        let states = self.states(now);
        let waiting = self.sources.iter().any(|source| match &source.from {
            From::Disk(_) => false,
            From::Address(poll) => poll.is_waiting(),
        });
        let changed = self.told.as_ref() != Some(&states) && !states.is_empty();
        if due.is_empty() && !waiting && !changed {
            return None;
        }
        let mut files: Vec<Vec<(Box<dyn SourceFile>, bool)>> = Vec::new();
        files.resize_with(self.sources.len(), Vec::new);
        let mut taken = Vec::new();
        let mut bytes = 0_u64;
        for (i, one) in due {
            let source = &self.sources[i];
            let From::Disk(folder) = &source.from else {
                continue;
            };
            if taken.len() >= PASS_FILES || bytes >= PASS_BYTES {
                break;
            }
            bytes += one.bytes;
            let simulated = source.config.synthetic || (one.new && one.file.is_simulated());
            let unfinished = one.take.is_none_or(|take| take.unfinished);
            let path = one.path.clone();
            let file = folder.open(one);
            taken.push(Taken {
                source: i,
                file: Some((path, unfinished)),
                shown: file.path().to_owned(),
            });
            files[i].push((file, simulated));
        }
        for (i, source) in self.sources.iter().enumerate() {
            if let From::Address(poll) = &source.from
                && let Some(answer) = poll.open()
            {
                taken.push(Taken {
                    source: i,
                    file: None,
                    shown: answer.path().to_owned(),
                });
                files[i].push((answer, source.config.synthetic));
            }
        }
        let any_real = files.iter().flatten().any(|(_, simulated)| !simulated);
        // Simulated readings never mix with real ones.
        let open = |(file, simulated): (Box<dyn SourceFile>, bool)| -> Box<dyn SourceFile> {
            if simulated && any_real {
                Box::new(KeptOut(file))
            } else {
                file
            }
        };
        let mut all = Vec::new();
        for (source, files) in self.sources.iter().zip(files) {
            match source.dead(now) {
                Some(error) if files.is_empty() => {
                    all.push(inputs::input(&source.config, Err(error)));
                }
                _ if files.is_empty() => {}
                _ => {
                    let files = files.into_iter().map(open).collect();
                    all.push(inputs::input(&source.config, Ok(files)));
                }
            }
        }
        let asked = Asked {
            inputs: all,
            sources: states,
            synthetic: (!taken.is_empty()).then_some(!any_real),
        };
        Some((asked, taken))
    }

    fn states(&self, now: Instant) -> Vec<SourceState> {
        self.sources
            .iter()
            .filter(|source| source.is_known())
            .map(|source| SourceState {
                name: source.config.name.clone(),
                role: source.config.role,
                on_disk: matches!(source.from, From::Disk(_)),
                dead: source.dead(now).map(|error| error.to_string()),
            })
            .collect()
    }

    /// What was read is in the warehouse.
    fn settle(
        &mut self,
        asked: &Asked,
        taken: &[Taken],
        refused: &[crate::etl::Refused],
        now: Instant,
    ) {
        for one in taken {
            let source = &mut self.sources[one.source];
            let name = &source.config.name;
            let was_refused = refused
                .iter()
                .any(|r| r.source == *name && r.file.as_deref() == Some(one.shown.as_str()));
            match (&mut source.from, &one.file) {
                (From::Disk(folder), Some((path, unfinished))) => {
                    let read = if was_refused {
                        Read::Refused
                    } else {
                        Read::Upto(asked.reached(name, &one.shown))
                    };
                    folder.settle(path, *unfinished, &read, now);
                }
                (From::Address(poll), _) => poll.settle(),
                (From::Disk(_), None) => {}
            }
        }
        self.failed = 0;
        self.not_before = None;
        self.state.fault = None;
        self.state.waits_for = None;
    }

    fn fail(&mut self, why: String, now: Instant) {
        if self.state.fault.as_ref() != Some(&why) {
            tracing::warn!(why, "nothing can be taken in");
        }
        self.state.fault = Some(why);
        // Whatever was done of it, the next pass looks at all there is to do.
        self.told = None;
        self.postpone(now);
    }

    /// Tried again later, at longer and longer intervals.
    fn postpone(&mut self, now: Instant) {
        self.state.waits_for = None;
        let pause = PAUSE_FIRST * 2_u32.saturating_pow(self.failed.min(10));
        self.failed += 1;
        self.not_before = Some(now + pause.min(PAUSE_MOST));
    }

    fn note_behind(&mut self) {
        let now = Instant::now();
        self.state.behind_bytes = 0;
        self.state.behind_answers = 0;
        for source in &self.sources {
            match &source.from {
                From::Disk(folder) => self.state.behind_bytes += folder.behind_bytes(),
                From::Address(poll) => {
                    self.state.behind_answers += usize::from(poll.is_waiting());
                }
            }
        }
        self.state.dead = self
            .states(now)
            .into_iter()
            .filter_map(|state| Some((state.name, state.dead?)))
            .collect();
    }
}

impl Followed {
    fn is_known(&self) -> bool {
        match &self.from {
            From::Disk(folder) => folder.is_known(),
            From::Address(poll) => poll.is_known(),
        }
    }

    /// Why nothing of it can be read.
    fn dead(&self, now: Instant) -> Option<SourceError> {
        match &self.from {
            From::Disk(folder) => folder.dead(now),
            From::Address(poll) => poll.dead(),
        }
    }
}

impl Asked {
    /// How far a file was read: to where it goes on, or to its end.
    fn reached(&self, source: &str, shown: &str) -> u64 {
        let files = self
            .inputs
            .iter()
            .filter(|input| input.name == source)
            .flat_map(|input| input.files.iter().flatten());
        let file = files.into_iter().find(|file| file.path() == shown);
        match file.and_then(|file| file.growing()) {
            Some(growing) => growing.reach().map_or(0, |reach| reach.bytes),
            None => u64::MAX,
        }
    }
}
