//! Honest figures, on a scratch warehouse: the platform's own is neither read nor written.

use std::path::Path;

use tempfile::TempDir;

use crate::config::{Config, Home};
use crate::domain::VerdictKind;
use crate::etl::{self, Memory, Rules};
use crate::ml::{self, TrainError};
use crate::warehouse::{RunRecord, SoundRun, Unsound, Warehouse, WarehouseError};

use super::inputs;
use super::pipeline::wall_ms;
use super::training;

pub use crate::ml::{Evaluation, Split};

/// What is compared with what.
pub enum Plan {
    /// Trained on this configuration's data, tested on that one's.
    Pair { test: Box<Config> },
    /// Folds of one configuration's data.
    Folds { split: Split, folds: u32 },
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// The data did not pass the gates of a run.
    #[error("{0}")]
    Unsound(String),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error("the scratch folder or the result cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the predictions cannot be written: {0}")]
    Csv(#[from] csv::Error),
}

/// Evaluates a plan.
///
/// # Errors
/// The data is not sound, too little, of one class; or nothing can be written.
pub fn evaluate(config: &Config, plan: &Plan) -> Result<Evaluation, EvaluationError> {
    let options = training::options(&config.model);
    let train = Scratch::load(config)?;
    Ok(match plan {
        Plan::Pair { test } => {
            let test = Scratch::load(test)?;
            ml::evaluate_pair(&train.token, &test.token, &options)?
        }
        Plan::Folds { split, folds } => ml::evaluate_split(&train.token, *split, *folds, &options)?,
    })
}

/// Writes `predictions.csv`: `loco_id,timestamp,probability,verdict` of every test row, in order of
/// locomotive and time. A quarantined row has no probability.
///
/// # Errors
/// The folder cannot be written.
pub fn write_predictions(evaluation: &Evaluation, folder: &Path) -> Result<(), EvaluationError> {
    std::fs::create_dir_all(folder)?;
    let mut out = csv::Writer::from_path(folder.join("predictions.csv"))?;
    out.write_record(["loco_id", "timestamp", "probability", "verdict"])?;
    for row in &evaluation.predictions {
        let time = jiff::Timestamp::from_millisecond(row.at_ms)
            .map_or_else(|_| String::new(), |t| t.to_string());
        let probability = row.probability.map_or_else(String::new, |p| p.to_string());
        out.write_record([
            row.loco.as_str(),
            &time,
            &probability,
            VerdictKind::key(row.verdict),
        ])?;
    }
    out.flush()?;
    Ok(())
}

/// A warehouse for one evaluation, gone with it.
struct Scratch {
    token: SoundRun,
    // Declared after the token: its files are closed before the folder goes.
    _folder: TempDir,
}

impl Scratch {
    fn load(config: &Config) -> Result<Self, EvaluationError> {
        let folder = tempfile::Builder::new().prefix("cidp-").tempdir()?;
        let home = Home::find(Some(folder.path()));
        let mut warehouse = Warehouse::open(&home.warehouse())?;
        let sources = inputs::resolve(config);
        let rules = Rules {
            limits: config.limits.limits(),
            now_ms: wall_ms(),
            min_survival: config.etl.min_survival,
        };
        let mut load = warehouse.load()?;
        let report = etl::load(
            &sources.inputs,
            &rules,
            &mut load,
            &mut Memory::default(),
            etl::UNWATCHED,
        )
        .map_err(|e| EvaluationError::Unsound(e.to_string()))?;
        report
            .sound(rules.min_survival)
            .map_err(|e| EvaluationError::Unsound(e.to_string()))?;
        if report.labels_incomplete() {
            let whys: Vec<String> = report.refused.iter().map(ToString::to_string).collect();
            return Err(EvaluationError::Unsound(whys.join("; ")));
        }
        let record = RunRecord {
            ended_ms: wall_ms(),
            rows_read: report.rows_read,
            rows_kept: report.rows_kept,
            rows_already_loaded: report.rows_already_loaded,
            rows_quarantined: report.rows_quarantined.values().sum(),
            ..RunRecord::begun("evaluate", rules.now_ms)
        };
        load.commit(&record, sources.synthetic.unwrap_or(false))?;
        let token = warehouse.sound_run().map_err(|e| match e {
            Unsound::Warehouse(error) => error.into(),
            other => EvaluationError::Unsound(other.to_string()),
        })?;
        Ok(Self {
            token,
            _folder: folder,
        })
    }
}
