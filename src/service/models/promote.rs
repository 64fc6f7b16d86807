//! Putting a kept model in force by hand: promotion, or the way back to an earlier one.

use serde_json::json;

use crate::ml::Model;
use crate::service::command::Event;
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::service::stop::Stop;
use crate::service::training;
use crate::warehouse::{Entry, LockError, RunLock, Unsound, Warehouse, WarehouseError};

/// The act under which it stands in the journal.
pub const PROMOTED: &str = "model_promoted";

/// Why a model was not put in force.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("there is no model v{0}")]
    Unknown(u32),
    #[error("model v{0} is in force already")]
    InForce(u32),
    #[error("model v{version} cannot be read back: {why}")]
    Damaged { version: u32, why: String },
    #[error("model v{0} did not pass its gate: say why it is to judge all the same")]
    ReasonWanted(u32),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// Puts `version` in force and judges the newest reading of each locomotive by it. After a run that failed safe
/// nothing is judged: the next sound run does.
///
/// # Errors
/// Nothing was changed: a run is under way, there is no such model, it is damaged, or it failed its gate and no
/// reason was given.
pub fn promote(
    platform: &Platform,
    version: u32,
    who: &str,
    why: &str,
) -> Result<(), PromoteError> {
    let _lock = RunLock::take(&platform.home.run_lock())?;
    let mut warehouse = Warehouse::open(&platform.home.warehouse())?;
    warehouse.acts_for(who);
    let reader = warehouse.reader()?;
    if reader.model_version()? == Some(version) {
        return Err(PromoteError::InForce(version));
    }
    let stored = reader.model_of(version)?;
    let stored = stored.ok_or(PromoteError::Unknown(version))?;
    let model = Model::from_bytes(&stored.body).map_err(|error| PromoteError::Damaged {
        version,
        why: error.to_string(),
    })?;
    if !model.card.promoted && why.trim().is_empty() {
        return Err(PromoteError::ReasonWanted(version));
    }
    let before = reader.model_version()?;
    let at_ms = wall_ms();
    let entry = Entry {
        entry: 0,
        at_ms,
        who: who.to_owned(),
        act: PROMOTED.to_owned(),
        loco: None,
        of_ms: None,
        words: why.trim().to_owned(),
        detail: json!({
            "version": version,
            "before": before,
            "against_gate": !model.card.promoted,
            "refusal": model.card.refusal,
        }),
    };
    warehouse.promote(version, at_ms, &entry)?;
    tracing::info!(version, ?before, who, "model put in force by hand");
    let judged = match warehouse.sound_run() {
        Ok(token) => {
            let config = &platform.config;
            training::score_and_watch(
                &mut warehouse,
                &token,
                &model,
                config,
                &|_| (),
                &Stop::default(),
            )
            .map(drop)
            .map_err(|error| error.to_string())
        }
        Err(Unsound::NeverRun | Unsound::Failed { .. }) => Ok(()),
        Err(error @ Unsound::Warehouse(_)) => Err(error.to_string()),
    };
    if let Err(why) = judged {
        // It is in force; what it has not judged says so itself, and the next run judges it.
        tracing::error!(why, version, "the newest readings are not judged yet");
    }
    Ok(())
}

/// What is told of it.
#[must_use]
pub fn told(version: u32, done: Result<(), PromoteError>) -> Event {
    match done {
        Ok(()) => Event::ModelPromoted { version },
        Err(PromoteError::Lock(LockError::Busy { holder })) => Event::RunBusy { holder },
        Err(error) => Event::Refused {
            why: error.to_string(),
        },
    }
}
