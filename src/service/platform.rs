//! One installation and what can be asked of it: what both shells, window and command line, stand on.

use std::path::Path;

use crate::config::{Config, ConfigError, Home};
use crate::domain::alarm::Alarm;
use crate::domain::features::Normal;
use crate::domain::ports::{Judge, Judgement};
use crate::domain::{Cause, ChannelValues, Drift, LocoId, ModelCard};
use crate::ml;
use crate::warehouse::{AlarmFilter, Patience, Reader, RunLock, Warehouse, WarehouseError};

use super::alarms::in_order;
use super::breaker::{Blown, Breaker};
use super::check::{self, SourceCheck};
use super::continuity::{backup, integrity, restore};
use super::export::{self, ExportError, Exported, FileFormat, Span, Written};
use super::fleet::{self, Fleet};
use super::live::{self, Follower, LiveState, Passed};
use super::models::measure::{self, Normals};
use super::outcome::{RunOutcome, Training};
use super::pipeline::{self, PipelineError, RunKind, wall_ms};
use super::scribe::{self, account};
use super::settings::Overrides;
use super::snapshot::RunProgress;
use super::stop::Stop;
use super::training::{self, JudgingError};

pub use crate::sources::simulator::Simulation;

/// The seed of the data set that ships with the program.
pub const DEMO_SEED: u64 = Simulation::DEMO.seed;

/// A home and its configuration.
#[derive(Debug, Clone)]
pub struct Platform {
    pub home: Home,
    pub config: Config,
    /// What stands over the home's own file.
    pub overrides: Overrides,
}

/// What a training on demand came to.
#[derive(Debug)]
pub enum TrainOutcome {
    /// A model was trained; its card says whether it was promoted.
    Trained(Box<ModelCard>),
    /// Nothing could be learned, or nothing may be: why.
    FailedSafe(String),
}

/// A judgement of four values, or why there is none.
#[derive(Debug)]
pub enum Hypothesis {
    Judged {
        judgement: Judgement,
        card: Box<ModelCard>,
        /// What the values were compared with: this locomotive's normal, or the fleet's.
        against: Option<LocoId>,
    },
    Unavailable(Cause),
}

/// A locomotive that the warehouse does not know.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    #[error("no locomotive is named “{asked}”{}", nearest.as_ref().map_or_else(String::new, |n| format!(" — did you mean “{n}”?")))]
    UnknownLocomotive {
        asked: LocoId,
        nearest: Option<LocoId>,
    },
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailed {
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

impl Platform {
    /// The home asked for (or the usual one) with the configuration asked for (or the home's, or none).
    ///
    /// # Errors
    /// A configuration that cannot be read or is wrong.
    pub fn open(home: Option<&Path>, config: Option<&Path>) -> Result<Self, ConfigError> {
        let home = Home::find(home);
        let own = home.config();
        let overrides = Overrides {
            config: config.is_some(),
            language: false,
        };
        let config = match config {
            Some(file) => Config::load(file)?,
            // Whatever is there under that name is meant: a folder or a broken link is an error, not no
            // configuration (and so the demo).
            None => match std::fs::symlink_metadata(&own) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Config::default(),
                _ => Config::load(&own)?,
            },
        };
        Ok(Self {
            home,
            config,
            overrides,
        })
    }

    /// Whether the account that runs the program may change something here, or only looks.
    #[must_use]
    pub fn may_act(&self) -> bool {
        self.config.access.role_of(account()).may_act()
    }

    /// Walks the pipeline once.
    ///
    /// # Errors
    /// Another run is under way, or the warehouse cannot be opened or written.
    pub fn run(
        &self,
        kind: RunKind,
        progress: &(dyn Fn(RunProgress) + Sync),
    ) -> Result<RunOutcome, PipelineError> {
        self.run_until(kind, progress, &Stop::default())
    }

    /// Walks the pipeline once, or until `stop` is asked.
    ///
    /// # Errors
    /// As [`Platform::run`].
    pub fn run_until(
        &self,
        kind: RunKind,
        progress: &(dyn Fn(RunProgress) + Sync),
        stop: &Stop,
    ) -> Result<RunOutcome, PipelineError> {
        backup::before_migration(self)?;
        pipeline::run(&self.home, &self.config, kind, progress, stop)
    }

    /// Names of the sources that are followed.
    #[must_use]
    pub fn followed(&self) -> Vec<&str> {
        let sources = self.config.sources.iter();
        sources
            .filter(|source| source.followed())
            .map(|source| source.name.as_str())
            .collect()
    }

    /// Whether a run has ended in this home.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn has_run(&self) -> Result<bool, PipelineError> {
        Ok(match self.reader()? {
            Some(reader) => reader.last_run()?.is_some(),
            None => false,
        })
    }

    /// Follows the followed sources until `stop` says so, and tells after each look what has changed.
    ///
    /// # Errors
    /// The system gives no thread. What goes wrong with sources or warehouse is told, and tried again.
    pub fn watch(
        &self,
        stop: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(&LiveState, Option<Passed>),
    ) -> std::io::Result<()> {
        let checked = self.reader().and_then(|reader| {
            let reader = reader.as_ref();
            Ok(reader.map(integrity::broken).transpose()?.flatten())
        });
        if let Err(error) = checked {
            tracing::error!(%error, "the structure of the warehouse cannot be checked");
        }
        backup::before_migration(self).map_err(std::io::Error::other)?;
        if let Some(mut follower) = Follower::new(self)? {
            live::follow(&mut follower, stop, tell);
        }
        Ok(())
    }

    /// Trains now, whether due or not, and judges the newest readings by the new model.
    ///
    /// # Errors
    /// Another run is under way, or the warehouse cannot be opened or written.
    pub fn train(
        &self,
        progress: &(dyn Fn(RunProgress) + Sync),
    ) -> Result<TrainOutcome, PipelineError> {
        if let Some(why) = restore::lost(&self.home) {
            return Err(PipelineError::Lost(why));
        }
        backup::before_migration(self)?;
        let stop = Stop::default();
        super::waiting::told(&self.home, &self.config, progress, &stop, |patience| {
            self.train_within(progress, patience)
        })
        .map_err(|error| super::waiting::named(&self.home, error))
    }

    fn train_within(
        &self,
        progress: &(dyn Fn(RunProgress) + Sync),
        patience: &Patience,
    ) -> Result<TrainOutcome, PipelineError> {
        let _lock = RunLock::take(&self.home.run_lock())?;
        let mut warehouse = Warehouse::open_patiently(&self.home.warehouse(), patience)?;
        warehouse.acts_for(&scribe::who(self.config.window.operator.as_deref()));
        match training::train_now(&mut warehouse, &self.config, progress) {
            Ok((Training::Impossible { why }, _)) => Ok(TrainOutcome::FailedSafe(why)),
            Ok((_, Some(card))) => Ok(TrainOutcome::Trained(Box::new(card))),
            Ok((_, None)) => Ok(TrainOutcome::FailedSafe("no model was made".into())),
            Err(JudgingError::Warehouse(error)) => Err(error.into()),
            Err(error) => Ok(TrainOutcome::FailedSafe(error.to_string())),
        }
    }

    /// The warehouse for reading; `None` before the first run.
    ///
    /// # Errors
    /// There is one, and it cannot be read.
    pub fn reader(&self) -> Result<Option<Reader>, PipelineError> {
        let path = self.home.warehouse();
        if !path.is_file() {
            return Ok(None);
        }
        let reader = Reader::open(&path)?;
        Ok((!reader.is_unborn()?).then_some(reader))
    }

    /// The fleet now; `None` before the first run.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn fleet(&self) -> Result<Option<Fleet>, PipelineError> {
        match self.reader()? {
            Some(reader) => Ok(Some(fleet::now(&reader, &self.config)?)),
            None => Ok(None),
        }
    }

    /// Whether the warehouse holds simulated data.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn synthetic(&self) -> Result<bool, PipelineError> {
        Ok(match self.reader()? {
            Some(reader) => reader.synthetic()?.unwrap_or(false),
            None => false,
        })
    }

    /// The open alarms, the most pressing first; or `all` there were, newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn alarms(&self, all: bool) -> Result<Vec<Alarm>, PipelineError> {
        let Some(reader) = self.reader()? else {
            return Ok(Vec::new());
        };
        Ok(if all {
            reader.alarm_history(&AlarmFilter::default(), usize::MAX)?
        } else {
            in_order(reader.open_alarms()?.0.iter())
        })
    }

    /// What each source of the configuration would bring. Nothing is written.
    #[must_use]
    pub fn check_sources(&self) -> Vec<SourceCheck> {
        // A warehouse that cannot be read is no fault of a source's; a run will say so.
        let synthetic = match self.reader() {
            Ok(Some(reader)) => reader.synthetic().ok().flatten(),
            _ => None,
        };
        check::sources(&self.config, synthetic == Some(false))
    }

    /// Writes what lies in `span` to `out`, taking the place of what was there.
    ///
    /// # Errors
    /// There is nothing to export, a locomotive is not known, the file cannot be written.
    pub fn export(
        &self,
        what: Exported,
        span: &Span,
        format: FileFormat,
        out: &Path,
    ) -> Result<Written, ExportFailed> {
        let reader = self.reader()?.ok_or(ExportError::NothingYet)?;
        Ok(export::export(&reader, what, span, format, out)?)
    }

    /// The version of the model in force.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn model_version(&self) -> Result<Option<u32>, PipelineError> {
        Ok(match self.reader()? {
            Some(reader) => reader.model_version()?,
            None => None,
        })
    }

    /// What is tripped or held of the breaker of the model in force.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn breaker(&self) -> Result<Vec<Blown>, PipelineError> {
        let Some(reader) = self.reader()? else {
            return Ok(Vec::new());
        };
        let Some(model) = reader.model_version()? else {
            return Ok(Vec::new());
        };
        Ok(Breaker::read(&reader)?.of(model).cloned().collect())
    }

    /// The newest readings against what the model in force learned from; `None` without a sound model, which says so
    /// itself.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn drift(&self) -> Result<Option<Drift>, PipelineError> {
        let Some(reader) = self.reader()? else {
            return Ok(None);
        };
        let stored = reader.model()?;
        let Some(model) = stored.and_then(|stored| ml::Model::from_bytes(&stored.body).ok()) else {
            return Ok(None);
        };
        let normals = &mut Normals::default();
        let drift = measure::drift_now(&reader, &model, &self.config, normals, wall_ms())?;
        Ok(Some(drift))
    }

    /// Judges four values as if held steady, against the normal of `loco` or the fleet's. A hypothesis:
    /// it needs a sound model and nothing else.
    ///
    /// # Errors
    /// The locomotive is not known, or the warehouse cannot be read.
    pub fn predict(
        &self,
        values: &ChannelValues,
        loco: Option<&LocoId>,
    ) -> Result<Hypothesis, PredictError> {
        let Some(reader) = self.reader()? else {
            return Ok(Hypothesis::Unavailable(Cause::NeverRun));
        };
        if let Some(damaged) = integrity::damage(&reader) {
            return Ok(Hypothesis::Unavailable(damaged));
        }
        let model = match training::model_in_force(&reader) {
            Ok(Some(model)) => model,
            Ok(None) => {
                let last = reader.last_run().map_err(PipelineError::from)?;
                return Ok(Hypothesis::Unavailable(match last {
                    Some(last) => Cause::NoModel {
                        reason: fleet::training_note(&last),
                    },
                    None => Cause::NeverRun,
                }));
            }
            Err(reason) => return Ok(Hypothesis::Unavailable(Cause::ModelUnreadable { reason })),
        };
        let normal = match loco {
            Some(loco) => Some(normal_of(&model, &reader, loco)?),
            None => None,
        };
        Ok(Hypothesis::Judged {
            judgement: model.hypothesis(values, normal.as_ref()),
            card: Box::new(model.card.clone()),
            against: loco.cloned(),
        })
    }

    /// Writes a simulated fleet into `folder`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn simulate(simulation: &Simulation, folder: &Path) -> std::io::Result<()> {
        crate::sources::simulator::write(simulation, folder)
    }
}

fn normal_of(model: &ml::Model, reader: &Reader, loco: &LocoId) -> Result<Normal, PredictError> {
    let known = reader.locomotives().map_err(PipelineError::from)?;
    if !known.iter().any(|(_, name)| name == loco) {
        let near = |name: &LocoId| strsim::jaro_winkler(name.as_str(), loco.as_str());
        return Err(PredictError::UnknownLocomotive {
            asked: loco.clone(),
            nearest: known
                .into_iter()
                .map(|(_, name)| name)
                .max_by(|a, b| near(a).total_cmp(&near(b))),
        });
    }
    ml::normal_of(model, reader, loco)
        .map_err(|e| PipelineError::Warehouse(WarehouseError::Read(e)).into())
}
