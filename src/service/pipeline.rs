//! One run of the pipeline: extract → validate → load → train if due → score.
//!
//! Fail-safe: whatever goes wrong before the load is committed leaves the warehouse as it was, but for
//! the record of the run and its cause; and without a sound run there is no token to train or score with.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::config::{Config, Home};
use crate::etl::{self, Memory, Rules, Step};
pub use crate::warehouse::LockError;
use crate::warehouse::{Patience, RunLock, RunRecord, Warehouse, WarehouseError};

use super::continuity::{integrity, restore, verify};
use super::holds;
use super::inputs::{self, Inputs};
use super::outcome::{RunOutcome, StageReport};
use super::scribe;
use super::settings;
use super::snapshot::{RunProgress, Stage};
use super::stop::Stop;
use super::training;
use super::waiting;

/// How much of the pipeline to walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// Everything.
    Full,
    /// The ETL alone.
    Ingest,
}

impl RunKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Full => "run",
            Self::Ingest => "ingest",
        }
    }
}

/// Why a run could not even begin.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Unsound(#[from] crate::warehouse::Unsound),
    #[error("the warehouse is locked by {holder}")]
    Locked { holder: String },
    #[error("stopped before its end")]
    Stopped,
    /// It is not there, and there are backups of it: nothing begins in its place.
    #[error("{0}")]
    Lost(String),
    #[error(
        "the warehouse of an older version stays as it is, for no backup of it can be made: {0}"
    )]
    NoBackup(#[from] super::continuity::steps::Stopped),
}

/// How long the record of a run that failed for a lock waits for that lock.
const RECORD_PATIENCE: Duration = Duration::from_secs(2);

/// The computer's clock, UTC milliseconds.
#[must_use]
pub fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Walks the pipeline once, or until `stop` is asked: before the load is committed nothing of it stays, after it
/// training and scoring end where they are. Either way the run is recorded, as one that failed safe.
///
/// # Errors
/// Another run is under way, or the warehouse cannot be opened or written. A run that failed safe is an
/// outcome, not an error.
pub fn run(
    home: &Home,
    config: &Config,
    kind: RunKind,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<RunOutcome, PipelineError> {
    waiting::told(home, config, progress, stop, |patience| {
        walk(home, config, kind, progress, stop, patience)
    })
    .map_err(|error| waiting::named(home, error))
}

fn walk(
    home: &Home,
    config: &Config,
    kind: RunKind,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
    patience: &Patience,
) -> Result<RunOutcome, PipelineError> {
    let limit = waiting::limit(config);
    let _lock = RunLock::take_patiently(&home.run_lock(), limit, &mut |_| stop.go_on())?;
    restore::tidy(home);
    if let Some(why) = restore::lost(home) {
        return Err(PipelineError::Lost(why));
    }
    let mut inputs = inputs::resolve(config);
    let by = By {
        who: scribe::who(config.window.operator.as_deref()),
        patience: patience.clone(),
    };
    let mut target = Target::choose(&home.warehouse(), &mut inputs, by)?;
    let started_ms = wall_ms();
    let mut fresh = false;
    let loaded = match integrity::broken(&target.warehouse.reader()?)? {
        // Nothing is written over what is broken, but that this run did nothing.
        Some(what) => {
            let mut outcome = RunOutcome::new(started_ms);
            outcome.fail(format!("the warehouse is damaged: {what}"));
            Ok(outcome)
        }
        None => load(
            &mut target,
            config,
            &inputs,
            kind,
            started_ms,
            progress,
            stop,
        ),
    };
    let mut outcome = match loaded {
        // Nothing was begun. Should the lock go soon, the warehouse tells of it; else the caller does.
        Err(PipelineError::Warehouse(WarehouseError::Locked)) => {
            let mut outcome = RunOutcome::new(started_ms);
            outcome.fail(format!(
                "the warehouse is locked by {}",
                waiting::holder_words(home)
            ));
            let brief = patience.at_most(RECORD_PATIENCE);
            target.warehouse.wait_with(brief);
            outcome
        }
        // Asked to end while it waited: that is no fault of the warehouse.
        Err(PipelineError::Warehouse(WarehouseError::Stopped)) => {
            return Err(PipelineError::Stopped);
        }
        loaded => loaded?,
    };
    if outcome.run.is_none() {
        // Recorded before anything else: from here on there is no token to train or score with.
        target.abandon()?;
        outcome.ended_ms = wall_ms();
        let record = record(&outcome, kind, started_ms);
        outcome.run = Some(target.warehouse.record_failure(&record)?);
        #[cfg(feature = "trials")]
        if crate::warehouse::sabotage::trains_after_failure() {
            let warehouse = &mut target.warehouse;
            let never = Stop::default();
            if let Err(error) =
                training::train_and_score(warehouse, config, &mut outcome, progress, &never)
            {
                tracing::error!(%error, "the sabotage did not come to its end");
            }
        }
    } else {
        fresh = target.fresh.is_some();
        target.settle()?;
        outcome.held = holds::of_run(&target.warehouse, outcome.run)?;
        if kind == RunKind::Full {
            let warehouse = &mut target.warehouse;
            if let Err(error) =
                training::train_and_score(warehouse, config, &mut outcome, progress, stop)
            {
                // The readings are in, and sound; what could not be judged stays unjudged, and said so.
                tracing::error!(%error, "training or scoring failed");
                outcome.fail(stop.cause().unwrap_or_else(|| error.to_string()));
            }
        }
        if !stop.is_asked() {
            prune(&mut target.warehouse, config, &mut outcome);
        }
        outcome.ended_ms = wall_ms();
        if let Some(run) = outcome.run {
            let record = record(&outcome, kind, started_ms);
            target.warehouse.conclude(run, &record)?;
        }
    }
    note_settings(&mut target.warehouse, config)?;
    super::fleet::count_verdicts(&target.warehouse, config, &mut outcome)?;
    if let Err(error) = verify::note_head(config, &home.warehouse(), fresh) {
        // The run is in, and sound; a head that is noted later vouches for it too.
        tracing::error!(
            error,
            "the head of the ledger is not noted at its second place"
        );
    }
    tracing::info!(
        run = outcome.run,
        status = ?outcome.status,
        cause = outcome.cause,
        kept = outcome.report.rows_kept,
        "run ended"
    );
    Ok(outcome)
}

/// Enters into the ledger that the file of the settings is another than the last entry says.
pub(super) fn note_settings(
    warehouse: &mut Warehouse,
    config: &Config,
) -> Result<(), WarehouseError> {
    let Some(file) = &config.file else {
        return Ok(());
    };
    match settings::file::digest_of(file) {
        Ok(digest) => {
            let name = file.file_name().unwrap_or(file.as_os_str());
            warehouse.note_settings(&name.to_string_lossy(), &digest)?;
        }
        // It was read when the program began; what is in force stays.
        Err(error) => tracing::warn!(%error, "the file of the settings cannot be read"),
    }
    Ok(())
}

/// Takes what is older than the retention, after everything that may still want to read it. What stays because
/// the warehouse cannot be written now is taken by the next run; the verdicts do not depend on it.
fn prune(warehouse: &mut Warehouse, config: &Config, outcome: &mut RunOutcome) {
    let Some(days) = config.etl.retention_days else {
        return;
    };
    match warehouse.prune(i64::from(days) * 86_400_000) {
        Ok(pruned) => {
            tracing::info!(?pruned, days, "retention");
            outcome.pruned = Some(pruned);
        }
        Err(error) => tracing::error!(%error, days, "retention stopped: the next run goes on"),
    }
}

/// The ETL, up to its commit.
fn load(
    target: &mut Target,
    config: &Config,
    inputs: &Inputs,
    kind: RunKind,
    started_ms: i64,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<RunOutcome, PipelineError> {
    let rules = Rules {
        limits: config.limits.limits(),
        now_ms: started_ms,
        min_survival: config.etl.min_survival,
    };
    let watch = |step: Step, rows: u64| {
        progress(RunProgress {
            stage: match step {
                Step::Extract => Stage::Extract,
                Step::Validate => Stage::Validate,
                Step::Load => Stage::Load,
            },
            fraction: None,
            rows,
            waits_for: None,
        });
        stop.go_on()
    };
    let mut load = target.warehouse.load()?;
    load.guard(rules.limits);
    let loaded = etl::load(
        &inputs.inputs,
        &rules,
        &mut load,
        &mut Memory::default(),
        &watch,
    );
    let mut outcome = RunOutcome::new(started_ms);
    match loaded {
        Err(error) => {
            outcome.fail(stop.cause().unwrap_or_else(|| error.to_string()));
        }
        Ok(report) => {
            let verdict = report.sound(rules.min_survival);
            outcome.report = report;
            match (stop.cause(), verdict) {
                (Some(cause), _) => outcome.fail(cause),
                (None, Err(unsound)) => outcome.fail(unsound.to_string()),
                (None, Ok(())) => {
                    let commit = Instant::now();
                    let record = record(&outcome, kind, started_ms);
                    match load.commit(&record, inputs.synthetic.unwrap_or(false)) {
                        Ok(run) => outcome.run = Some(run),
                        // A full disk, for one: nothing of the load is there.
                        Err(error) => outcome.fail(error.to_string()),
                    }
                    outcome.report.load_secs += commit.elapsed().as_secs_f64();
                }
            }
        }
    }
    if outcome.run.is_none() {
        outcome.report.take_back();
    }
    let report = &outcome.report;
    let refused: u64 = report.rows_quarantined.values().sum();
    outcome.stages = vec![
        StageReport::new(Stage::Extract, report.extract_secs, report.rows_read),
        StageReport::new(
            Stage::Validate,
            report.validate_secs,
            report.rows_read.saturating_sub(refused),
        ),
        StageReport::new(Stage::Load, report.load_secs, report.rows_kept),
    ];
    Ok(outcome)
}

fn record(outcome: &RunOutcome, kind: RunKind, started_ms: i64) -> RunRecord {
    let report = &outcome.report;
    RunRecord {
        run: outcome.run.unwrap_or_default(),
        kind: kind.key().to_owned(),
        started_ms,
        ended_ms: outcome.ended_ms,
        status: outcome.status,
        cause: outcome.cause.clone(),
        rows_read: report.rows_read,
        rows_kept: report.rows_kept,
        rows_already_loaded: report.rows_already_loaded,
        rows_quarantined: report.rows_quarantined.values().sum(),
        labels_incomplete: report.labels_incomplete(),
        report: json!({
            "stages": outcome.stages,
            "rows_quarantined": report.rows_quarantined,
            "refused": report.refused,
            "sources_read": report.sources_read,
            "dead_sources": report.dead_sources,
            "ignored_columns": report.ignored_columns,
            "training": outcome.training,
            "pruned": outcome.pruned,
            "held": outcome.held.iter().map(holds::as_json).collect::<Vec<_>>(),
        }),
    }
}

/// The warehouse that a run writes to. The first real source starts a new one, which takes the place of
/// the synthetic one only when its load is sound.
struct Target {
    warehouse: Warehouse,
    path: PathBuf,
    /// Where the new warehouse grows, beside the synthetic one.
    fresh: Option<PathBuf>,
    by: By,
}

/// Who asked for the run, and how long it waits for another program's lock.
struct By {
    who: String,
    patience: Patience,
}

impl By {
    fn open(&self, path: &Path) -> Result<Warehouse, WarehouseError> {
        let mut warehouse = Warehouse::open_patiently(path, &self.patience)?;
        warehouse.acts_for(&self.who);
        Ok(warehouse)
    }
}

impl Target {
    fn choose(path: &Path, inputs: &mut Inputs, by: By) -> Result<Self, WarehouseError> {
        let warehouse = by.open(path)?;
        let held = warehouse.synthetic()?;
        let mut target = Self {
            warehouse,
            path: path.to_path_buf(),
            fresh: None,
            by,
        };
        match (held, inputs.synthetic) {
            (Some(true), Some(false)) => {
                let fresh = path.with_extension("fresh.sqlite");
                remove(&fresh)?;
                target.warehouse = target.by.open(&fresh)?;
                target.fresh = Some(fresh);
            }
            (Some(false), Some(true)) => inputs.refuse_simulated(),
            _ => {}
        }
        Ok(target)
    }

    /// After a sound load: the new warehouse takes its place, the synthetic one is kept aside.
    fn settle(&mut self) -> Result<(), WarehouseError> {
        let Some(fresh) = self.fresh.take() else {
            return Ok(());
        };
        let aside = self.path.with_file_name("aside");
        std::fs::create_dir_all(&aside)?;
        let kept = aside.join(format!("industrial_dwh_synthetic_{}.sqlite", wall_ms()));
        // Ours are closed; a window may still read the old one, so its log and index move with it: left
        // behind, they would be taken for those of the new one.
        self.warehouse = Warehouse::in_memory()?;
        Warehouse::open(&fresh)?.close_whole()?;
        self.by.open(&self.path)?.fold_log()?;
        rename_whole(&self.path, &kept)?;
        if let Err(error) = std::fs::rename(&fresh, &self.path) {
            rename_whole(&kept, &self.path)?;
            return Err(error.into());
        }
        tracing::info!(kept = %kept.display(), "first real source: a new warehouse begins");
        self.warehouse = self.by.open(&self.path)?;
        Ok(())
    }

    /// After a load that failed safe: the warehouse that was there stays.
    fn abandon(&mut self) -> Result<(), WarehouseError> {
        if let Some(fresh) = self.fresh.take() {
            self.warehouse = self.by.open(&self.path)?;
            remove(&fresh)?;
        }
        Ok(())
    }
}

/// A database and what SQLite may keep beside it.
fn with_company(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    })
}

/// Unless there is nothing there to do it to.
fn if_there(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn rename_whole(from: &Path, to: &Path) -> std::io::Result<()> {
    for (from, to) in with_company(from).iter().zip(with_company(to)) {
        if_there(std::fs::rename(from, to))?;
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    for part in with_company(path) {
        if_there(std::fs::remove_file(part))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
