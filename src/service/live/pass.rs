//! One live pass: what is new → gates → one transaction → scores of what is new. The run lock is held for
//! that long only. It trains nothing: the model in force judges.
//!
//! The fail-safe is that of a run: a pass that is not sound leaves the warehouse as it was, is recorded with
//! its cause, and there is no token until a later pass is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::config::{Config, Home};
use crate::domain::{LocoId, Role};
use crate::etl::{self, Input, Rules, Survival};
use crate::ml::{Followers, Model};
use crate::warehouse::{
    LIVE, Prediction, RunLock, RunRecord, RunStatus, SoundRun, Warehouse, WarehouseError,
};

use super::super::breaker::Stopwatch;
use super::super::continuity::{integrity, restore};
use super::super::models::measure::{self, Normals};
use super::super::pipeline::{PipelineError, wall_ms};
use super::super::training::{self, JudgingError, model_in_force, prediction};
use super::kept::Kept;
use super::report::{merged, says_nothing_new, stands};

/// Passes of one recorded run follow one another for so long.
const RUN_MS: i64 = 3_600_000;
/// Between two judgements of the breaker, at least.
const WATCH: Duration = Duration::from_secs(60);
/// Predictions kept before they are written.
const CHUNK_ROWS: usize = 65_536;

/// What a pass is asked to do.
pub(super) struct Asked {
    /// What is to be read; a source that is dead comes with its error.
    pub inputs: Vec<Input>,
    /// Every followed source of which something is known.
    pub sources: Vec<SourceState>,
    /// What is to be read is simulated; `None` where nothing is.
    pub synthetic: Option<bool>,
}

/// How a followed source stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SourceState {
    pub name: String,
    pub role: Role,
    /// Its files can be gone, and what was wrong with them then is no more.
    pub on_disk: bool,
    /// Why it is dead.
    pub dead: Option<String>,
}

/// What this process remembers from pass to pass. Only a help: what another program did in between makes it
/// forget.
#[derive(Default)]
pub(super) struct Memory {
    gates: etl::Memory,
    followers: Followers,
    survival: Survival,
    model: Option<Arc<Model>>,
    normals: Normals,
    stopwatch: Stopwatch,
    /// When the breaker last judged what was scored.
    watched: Option<Instant>,
    /// The last run as this process left it: its number and when it ended.
    left: Option<(i64, i64)>,
}

/// How a pass ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passed {
    pub run: i64,
    pub status: RunStatus,
    pub cause: Option<String>,
    pub rows_read: u64,
    pub rows_kept: u64,
    pub rows_already_loaded: u64,
    pub rows_quarantined: u64,
    pub rows_scored: u64,
    /// The rows are in, and could not be scored; why. It is tried again.
    pub unscored: Option<String>,
    /// Files and sources refused: source, file, why.
    #[serde(skip)]
    pub refused: Vec<etl::Refused>,
    /// From the lock to the last score, seconds.
    pub secs: f64,
}

/// Number of the run, and how the newest rows survived; or why nothing was committed.
type Committed = Result<(i64, Survival), String>;

pub(super) enum Outcome {
    /// There was nothing that the warehouse did not know.
    Nothing,
    Passed(Passed),
    /// A whole run has to come first; why, where it is not plain.
    RunFirst(Option<&'static str>),
}

/// Walks one pass.
///
/// # Errors
/// Another run is under way, or the warehouse cannot be opened or written. A pass that failed safe is an
/// outcome, not an error.
pub(super) fn pass(
    home: &Home,
    config: &Config,
    asked: &Asked,
    memory: &mut Memory,
    kept: &mut Kept,
) -> Result<Outcome, PipelineError> {
    let passed = locked(home, config, asked, memory, kept);
    if !matches!(passed, Ok(Outcome::Passed(_) | Outcome::Nothing)) {
        // A run comes first, or something is wrong with what is open.
        kept.close();
    }
    passed
}

fn locked(
    home: &Home,
    config: &Config,
    asked: &Asked,
    memory: &mut Memory,
    kept: &mut Kept,
) -> Result<Outcome, PipelineError> {
    let started = Instant::now();
    let _lock = RunLock::take_for_pass(&home.run_lock())?;
    if !home.warehouse().is_file() || restore::lost(home).is_some() {
        return Ok(Outcome::RunFirst(None));
    }
    let warehouse = kept.writer(&home.warehouse())?;
    let Some(last) = warehouse.last_run()? else {
        return Ok(Outcome::RunFirst(None));
    };
    match (warehouse.synthetic()?, asked.synthetic) {
        (Some(true), Some(false)) => {
            return Ok(Outcome::RunFirst(Some(
                "this home still shows simulated data: start a run, and the first real one takes its place",
            )));
        }
        (Some(false), Some(true)) => {
            return Ok(Outcome::RunFirst(Some(
                "simulated data is followed, and this warehouse holds real readings: use another --home for it",
            )));
        }
        _ => {}
    }
    if memory
        .left
        .is_some_and(|left| left != (last.run, last.ended_ms))
    {
        memory.forget();
    }
    let first = memory.left.is_none();
    if first {
        memory.survival = Survival::of_sound(warehouse.last_kept()?);
        // What the memory is made of is recomputed once. Altered rows withdraw NOMINAL; a danger is still looked for.
        let reader = warehouse.reader()?;
        let newest = reader.latest(i64::MAX)?;
        let newest = newest
            .iter()
            .map(|newest| (&newest.loco, newest.reading.at_ms));
        let scope = training::scored(&reader, newest)?;
        integrity::unsound(&reader, &scope, &|| true)?;
    }
    let passed = memory.load(warehouse, config, asked, &last)?;
    let Some(mut passed) = passed else {
        memory.left = Some((last.run, last.ended_ms));
        if first && last.status == RunStatus::Ok {
            // A program that was stopped between its load and its scores left something to do.
            memory.score(warehouse, config, asked).map_err(pipeline)?;
        }
        return Ok(Outcome::Nothing);
    };
    if passed.status == RunStatus::Ok {
        match memory.score(warehouse, config, asked) {
            Ok(rows) => passed.rows_scored = rows,
            Err(error) => {
                memory.forget();
                passed.unscored = Some(error.to_string());
            }
        }
    }
    passed.secs = started.elapsed().as_secs_f64();
    Ok(Outcome::Passed(passed))
}

fn pipeline(error: JudgingError) -> PipelineError {
    match error {
        JudgingError::Warehouse(error) => error.into(),
        JudgingError::Read(error) => PipelineError::Warehouse(error.into()),
        JudgingError::Unsound(error) => PipelineError::Unsound(error),
        JudgingError::Stopped => PipelineError::Stopped,
        JudgingError::Damaged(what) => WarehouseError::Ledger(what).into(),
    }
}

impl Memory {
    fn forget(&mut self) {
        self.gates.forget();
        self.followers.forget();
        self.normals.forget();
        self.left = None;
    }

    /// The ETL, up to its commit; `None` when it brought nothing new.
    fn load(
        &mut self,
        warehouse: &mut Warehouse,
        config: &Config,
        asked: &Asked,
        last: &RunRecord,
    ) -> Result<Option<Passed>, PipelineError> {
        let started_ms = wall_ms();
        let rules = Rules {
            limits: config.limits.limits(),
            now_ms: started_ms,
            min_survival: config.etl.min_survival,
        };
        let mut record = RunRecord {
            // Passes are told apart by when they ended.
            ended_ms: wall_ms().max(last.ended_ms + 1),
            labels_incomplete: last.labels_incomplete,
            report: last.report.clone(),
            ..RunRecord::begun(LIVE, started_ms)
        };
        let Some((committed, refused)) =
            self.commit(warehouse, &rules, config, asked, last, &mut record)?
        else {
            return Ok(None);
        };
        match committed {
            Ok((run, survival)) => (record.run, self.survival) = (run, survival),
            Err(cause) => {
                // What the gates saw is not in the warehouse.
                self.gates.forget();
                record.fail(cause);
                record.rows_kept = 0;
                record.run = warehouse.record_live_failure(&record)?;
            }
        }
        self.left = Some((record.run, record.ended_ms));
        Ok(Some(Passed {
            run: record.run,
            status: record.status,
            cause: record.cause,
            rows_read: record.rows_read,
            rows_kept: record.rows_kept,
            rows_already_loaded: record.rows_already_loaded,
            rows_quarantined: record.rows_quarantined,
            rows_scored: 0,
            unscored: None,
            refused,
            secs: 0.0,
        }))
    }

    /// Loads and commits, or says why not and what was refused; `None` when there was nothing new.
    fn commit(
        &mut self,
        warehouse: &mut Warehouse,
        rules: &Rules,
        config: &Config,
        asked: &Asked,
        last: &RunRecord,
        record: &mut RunRecord,
    ) -> Result<Option<(Committed, Vec<etl::Refused>)>, WarehouseError> {
        let held = warehouse.synthetic()?;
        let synthetic = held.or(asked.synthetic).unwrap_or(false);
        let mut load = warehouse.load_live(rules.now_ms - RUN_MS)?;
        let gates = &mut self.gates;
        let report = match etl::load(&asked.inputs, rules, &mut load, gates, etl::UNWATCHED) {
            Err(error) => return Ok(Some((Err(error.to_string()), Vec::new()))),
            Ok(report) => report,
        };
        record.report = merged(&last.report, load.lengthens(), &report, asked);
        record.labels_incomplete |= report.labels_incomplete();
        record.rows_read = report.rows_read;
        record.rows_kept = report.rows_kept;
        record.rows_already_loaded = report.rows_already_loaded;
        record.rows_quarantined = report.rows_quarantined.values().sum();
        let standing = stands(&record.report, config);
        let committed = match report.sound_pass(rules.min_survival, standing, self.survival) {
            Ok(_) if report.rows_read == 0 && says_nothing_new(&record.report, last) => {
                return Ok(None);
            }
            // A full disk, for one: nothing of the load is there.
            Ok(survival) => load
                .commit(record, synthetic)
                .map(|run| (run, survival))
                .map_err(|error| error.to_string()),
            Err(unsound) => Err(unsound.to_string()),
        };
        Ok(Some((committed, report.refused)))
    }

    /// Scores what was loaded and never scored, but for locomotives whose source is dead.
    fn score(
        &mut self,
        warehouse: &mut Warehouse,
        config: &Config,
        asked: &Asked,
    ) -> Result<u64, JudgingError> {
        let token = warehouse.sound_run()?;
        let Some(model) = self.model(&token)? else {
            return Ok(0);
        };
        let version = model.card.version;
        let dead: BTreeSet<&str> = asked
            .sources
            .iter()
            .filter(|source| source.dead.is_some())
            .map(|source| source.name.as_str())
            .collect();
        let mut scored: Vec<(LocoId, Vec<Prediction>)> = Vec::new();
        let (mut held, mut done) = (0, 0);
        for (loco, from_ms) in token.reader().unscored()? {
            if !dead.is_empty() {
                let latest = token.reader().latest_of(&loco, i64::MAX)?;
                if latest.is_some_and(|latest| dead.contains(latest.source.as_str())) {
                    continue;
                }
            }
            let rows = self.score_one(&token, &model, &loco, from_ms)?;
            held += rows.len();
            scored.push((loco, rows));
            if held >= CHUNK_ROWS {
                done += warehouse.save_scored(&token, version, &scored)?;
                scored.clear();
                held = 0;
            }
        }
        if !scored.is_empty() {
            done += warehouse.save_scored(&token, version, &scored)?;
        }
        if self.watched.is_none_or(|last| last.elapsed() >= WATCH) {
            let (normals, watch) = (&mut self.normals, &self.stopwatch);
            measure::watch(warehouse, token.reader(), &model, config, normals, watch)?;
            self.watched = Some(Instant::now());
        }
        Ok(done)
    }

    /// The readings from `from_ms` on that no model has judged.
    fn score_one(
        &mut self,
        token: &SoundRun,
        model: &Model,
        loco: &LocoId,
        from_ms: i64,
    ) -> Result<Vec<Prediction>, JudgingError> {
        let started = Instant::now();
        let mut rows = Vec::new();
        self.followers
            .score(model, token, loco, from_ms, &mut |reading, p| {
                rows.push(prediction(model, reading, p));
            })?;
        self.stopwatch.note(started.elapsed(), rows.len());
        let instants: Vec<i64> = rows.iter().map(|row| row.at_ms).collect();
        let mut fresh = token.reader().not_judged(loco, &instants)?.into_iter();
        rows.retain(|_| fresh.next().unwrap_or(false));
        Ok(rows)
    }

    /// The model in force, read back when its version is another.
    fn model(&mut self, token: &SoundRun) -> Result<Option<Arc<Model>>, JudgingError> {
        let version = token.reader().model_version()?;
        let known = self.model.as_ref().map(|model| model.card.version);
        if version.is_none() || version != known {
            // Another model takes another time.
            self.stopwatch = Stopwatch::default();
            self.watched = None;
            self.model = match model_in_force(token.reader()) {
                Ok(model) => model.map(Arc::new),
                Err(why) => {
                    tracing::error!(why, "the model cannot be read");
                    None
                }
            };
        }
        Ok(self.model.clone())
    }
}
