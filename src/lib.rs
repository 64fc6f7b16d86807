//! CIDP, the Camrail Industrial Data Platform: sensor files of locomotives become verdicts, in a window
//! (*Camrail Live Monitor*) and on the command line (`cidp`).
//!
//! # The way data goes
//!
//! source → batch → gates → (quarantine | reading) → one transaction in the warehouse → read-only
//! reader → training, when due → model store → scores → predictions → snapshot → page
//!
//! # Code map: folders are the stages, in order
//!
//! | room | holds | sees |
//! |---|---|---|
//! | [`domain`] | readings, verdicts, quality, the one list of features, the states of alarms, drift, the ports | nothing of ours |
//! | [`sources`] | where data comes from: CSV, JSON, workbooks, packed or not; files, files that grow, HTTP; the demo, the simulator | `domain` |
//! | [`etl`] | bounded batches, gates, quarantine, files read on from where they were left, the report of a load | `domain` |
//! | [`warehouse`] | the only SQL: the one writer, read-only readers, roll-ups and retention, alarms and the journal, the ledger under every transaction, export, the token of a sound run | `domain` |
//! | [`ml`] | labels, forest, threshold, honest figures, exact contributions, drift | `domain` |
//! | [`service`] | puts them together; owns threads, jobs, alarms, the breaker and the clock; a desk for each page that keeps something of its own | all of the above, [`config`], [`logging`] |
//! | [`gui`], [`cli`] | two shells over the service | `service`, `domain`, [`text`] |
//!
//! [`config`] reads `cidp.toml`, [`text`] holds the words of both languages, [`logging`] the log files,
//! [`window`] is the window program. Later rooms (logistics, a predict API, streams, other databases)
//! join as siblings of these.
//!
//! # Invariants
//!
//! - **No verdict without a sound run.** Training and scoring take [`domain::ports::SoundReadings`]; outside
//!   tests only `warehouse::SoundRun` implements it, and only the warehouse can make one, for a last run
//!   that was completed, validated and committed. Writing a model or a prediction takes the token again
//!   and checks, inside the transaction, that no other run ended since.
//! - **NOMINAL is never a default.** [`domain::Verdict::of_reading`] is the one rule: DANGER from the threshold
//!   on whatever is strange about the reading; below it a flag, or a probability that is no number,
//!   withdraws NOMINAL. Every doubt is UNAVAILABLE with its [`domain::Cause`].
//! - **A flag is not a filter.** Only what cannot be a reading is refused; the strange is kept and flagged.
//! - **Nothing is lost.** A refused row is kept whole in quarantine with file, line and reason. A load is one
//!   transaction, with a savepoint a file.
//! - **What looks strange may withdraw NOMINAL, never DANGER.** A tripped breaker (drift, slow judging) makes NOMINAL
//!   UNAVAILABLE; only a person arms it again, and the journal says who and why.
//! - **Alarms are the service's**: a hidden window loses none, a replay of the past raises none.
//! - **What people do is written down** by a thread of its own that waits for a load under way, into tables whose rows
//!   are never changed.
//! - **The frame loop never waits.** Pages read a snapshot and send commands. The one thing they call each
//!   frame is the pure [`domain::ports::Judge`].
//! - **A refused row comes back by the one way in** (mapping, gates, one transaction), after a sound run alone, with its
//!   file and line; what was refused stays beside it.
//! - **A run that is cancelled** is one that failed safe: before the commit it leaves nothing, after it what is in stays
//!   and no verdict stands until a run ends well.
//! - **No write without its entry.** A transaction that is not sealed into the ledger is rolled back by a commit hook; what others
//!   change in the file is found by [`service::continuity::verify`], and withdraws NOMINAL, never DANGER.
//! - **A held batch protects training and hides no fault**: its rows are judged, its dangers told, nothing is learned from it.
//! - **What is damaged is never overwritten**: it is put aside under a name that says so.
//! - **One writer**, during a run or a live pass only, under an operating-system lock that a dead program
//!   cannot keep.
//! - **No split by random rows**, anywhere: neighbours in time are near copies of each other.
//!
//! The imports are checked by `tests/integration/architecture.rs`.
//!
//! # Where this differs from the plan of the house, and why
//!
//! - Fields are parsed and judged record by record (`csv-core`) before polars carries the batch: only so can
//!   a refused row keep its bytes and its line, and a line without an end be given up in bounded memory.
//! - Rolling features are a streaming tracker in [`domain::features`], not a frame: training, scoring a live
//!   reading and judging a hypothesis are then one piece of code.
//! - Flags are told as rows are written where a row follows all that is held of its machine ([`etl`]'s memory of
//!   gates goes on from the last reading), else after the rows are in, in time order over what the warehouse
//!   holds: they do not depend on the order in which files came, and nothing is read back that need not be.
//! - polars sorts the batch and no more: one key of an integer, stable. Columns of a frame cost more than they
//!   gave once rows are parsed one by one.
//! - Readings are rows of integers (thousandths, where those are exact), not chunks: a chunk would be a third
//!   smaller, and closed to Power BI, Excel and DBeaver.
//! - A folder is watched by looking, not by notifications: those do not cross a network share.
//! - The window is drawn with wgpu first only where there is a graphics card: Mesa's Vulkan on the processor cost five times
//!   what its OpenGL did. On Windows wgpu goes first, for Remote Desktop and virtual machines.
//! - Sounds are played by the system's own player: every audio crate needs headers that a bare Debian has not.
//! - Parquet is written by its own crate: polars' writer brings in its streaming engine.
//! - Continuity is a part of `service`, not a room beside it: backup, restore and drills walk the same pipeline, engine and lock.
//! - smartcore fits the trees; the threshold, the folds and what is read of the trees are ours. Trees of our own were
//!   built and measured (five times faster, no better) and left out for the library.
//! - [`domain::ports::Readings`] (to look) is apart from [`domain::ports::SoundReadings`] (to train and score), so that charts
//!   go on after a failed run and nothing else does.

pub mod cli;
pub mod config;
pub mod domain;
pub mod etl;
pub mod gui;
pub mod logging;
pub mod ml;
pub mod service;
pub mod sources;
pub mod text;
pub mod warehouse;
pub mod window;
