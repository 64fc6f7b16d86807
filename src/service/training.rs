//! Training when it is due, and scoring of what no model has judged yet. Both take the token of a sound
//! last run, which only the warehouse can issue.

use std::collections::HashMap;
use std::time::Instant;

use crate::config::{Config, ModelConfig};
use crate::domain::features::{NORMAL_READINGS, WINDOW_READINGS};
use crate::domain::{LabelKind, LocoId, ModelCard, Verdict};
use crate::ml::{self, Model, TrainError, TrainOptions};
use crate::warehouse::{
    Prediction, Reader, RunRecord, Scope, SoundRun, Unsound, Warehouse, WarehouseError,
};

use super::breaker::Stopwatch;
use super::continuity::integrity;
use super::models::measure;
use super::outcome::{RunOutcome, StageReport, Training};
use super::pipeline::wall_ms;
use super::snapshot::{RunProgress, Stage};
use super::stop::Stop;
use super::trust::Consulted;

/// Predictions kept before they are written.
const CHUNK_ROWS: usize = 65_536;

/// Why training or scoring could not be done.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    #[error(transparent)]
    Unsound(#[from] Unsound),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error(transparent)]
    Read(#[from] crate::domain::ports::ReadError),
    #[error("stopped before its end")]
    Stopped,
    #[error("the warehouse is damaged, or was changed outside the program: {0}")]
    Damaged(String),
}

/// Recomputes what is about to be learned from or scored.
fn ensure_sound(token: &SoundRun, scope: &Scope, stop: &Stop) -> Result<(), JudgingError> {
    let unsound = integrity::unsound(token.reader(), scope, &|| !stop.is_asked())?;
    if stop.is_asked() {
        return Err(JudgingError::Stopped);
    }
    unsound.map_or(Ok(()), |what| Err(JudgingError::Damaged(what)))
}

/// The model in force, read back; `None` where none was promoted.
///
/// # Errors
/// The warehouse cannot be read, or the model in it is damaged (the words say which).
pub fn model_in_force(reader: &Reader) -> Result<Option<Model>, String> {
    let stored = reader.model().map_err(|e| e.to_string())?;
    stored
        .map(|stored| {
            Model::from_bytes(&stored.body).map_err(|e| format!("model v{}: {e}", stored.version))
        })
        .transpose()
}

/// The options of a training from the configuration.
#[must_use]
pub fn options(config: &ModelConfig) -> TrainOptions {
    TrainOptions {
        horizon_hours: config.horizon_hours,
        trees: config.trees,
        max_depth: config.max_depth,
        seed: config.seed,
        max_rows: config.max_rows,
        false_alarm_hours_per_loco_day: config.false_alarm_hours_per_loco_day,
        now_ms: wall_ms(),
    }
}

/// The two last stages of a run.
///
/// # Errors
/// The last run is not sound, or the warehouse cannot be read or written.
pub fn train_and_score(
    warehouse: &mut Warehouse,
    config: &Config,
    outcome: &mut RunOutcome,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<(), JudgingError> {
    let token = warehouse.sound_run()?;
    let started = Instant::now();
    if is_due(token.reader())? {
        outcome.training = match blocked(token.record()) {
            Some(why) => Training::Impossible { why },
            None => train(warehouse, &token, config, progress, stop)?.0,
        };
    }
    let rows = match outcome.training {
        Training::Promoted { .. } | Training::Refused { .. } => {
            token.reader().last_card()?.map_or(0, |card| card.rows)
        }
        _ => 0,
    };
    let secs = started.elapsed().as_secs_f64();
    outcome
        .stages
        .push(StageReport::new(Stage::Train, secs, rows));
    let started = Instant::now();
    let scored = match model_in_force(token.reader()) {
        Ok(Some(model)) => {
            outcome.model_version = Some(model.card.version);
            score_and_watch(warehouse, &token, &model, config, progress, stop)?
        }
        Ok(None) => 0,
        Err(why) => {
            tracing::error!(why, "the model cannot be read");
            0
        }
    };
    let secs = started.elapsed().as_secs_f64();
    outcome
        .stages
        .push(StageReport::new(Stage::Score, secs, scored));
    Ok(())
}

/// Training is due when there is no model that can be read, or new labels came since the last training.
fn is_due(reader: &Reader) -> Result<bool, WarehouseError> {
    if !matches!(model_in_force(reader), Ok(Some(_))) {
        return Ok(true);
    }
    let Some(card) = reader.last_card()? else {
        return Ok(true);
    };
    let (failures, truths) = reader.labels()?;
    Ok(match card.label_kind {
        LabelKind::Truth => truths > card.labels_known,
        LabelKind::Failures => truths > 0 || failures > card.labels_known,
        LabelKind::Rule => truths > 0 || failures > 0,
    })
}

/// Trains, keeps the model, and puts it in force if it passed its gate.
///
/// # Errors
/// The warehouse cannot be read or written. That nothing can be learned is an outcome.
pub fn train(
    warehouse: &mut Warehouse,
    token: &SoundRun,
    config: &Config,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<(Training, Option<ModelCard>), JudgingError> {
    let watch = |share: f32| {
        progress(RunProgress {
            stage: Stage::Train,
            fraction: Some(share),
            rows: 0,
            waits_for: None,
        });
        stop.go_on()
    };
    if watch(0.0).is_break() {
        return Err(JudgingError::Stopped);
    }
    ensure_sound(token, &Scope::Learned, stop)?;
    let mut model = match ml::train_until(token, &options(&config.model), &watch) {
        Ok(model) => model,
        Err(TrainError::Stopped) => return Err(JudgingError::Stopped),
        Err(TrainError::Read(error)) => return Err(error.into()),
        Err(error) => {
            let why = error.to_string();
            return Ok((Training::Impossible { why }, None));
        }
    };
    let mut card = model.card.clone();
    let version = warehouse.save_model(token, &mut card, |card| {
        model.card = card.clone();
        model.to_bytes().map_err(|e| e.to_string())
    })?;
    let training = match &card.refusal {
        Some(why) if !card.promoted => Training::Refused {
            version,
            why: why.clone(),
        },
        _ => Training::Promoted { version },
    };
    Ok((training, Some(card)))
}

/// Trains whether due or not, and judges the newest readings by what is then in force.
///
/// # Errors
/// The last run is not sound, or the warehouse cannot be read or written.
pub fn train_now(
    warehouse: &mut Warehouse,
    config: &Config,
    progress: &(dyn Fn(RunProgress) + Sync),
) -> Result<(Training, Option<ModelCard>), JudgingError> {
    let token = warehouse.sound_run()?;
    if let Some(why) = blocked(token.record()) {
        return Ok((Training::Impossible { why }, None));
    }
    let never = Stop::default();
    let trained = train(warehouse, &token, config, progress, &never)?;
    if let Ok(Some(model)) = model_in_force(token.reader()) {
        score_and_watch(warehouse, &token, &model, config, progress, &never)?;
    }
    Ok(trained)
}

/// Why nothing is learned from what the last run left: half of the picture is another picture.
fn blocked(last: &RunRecord) -> Option<String> {
    let dead: Vec<String> = Consulted::by(last)
        .dead()
        .iter()
        .map(|source| {
            let refused = super::fleet::last_refused(last).into_iter();
            let whys: Vec<String> = refused
                .filter(|(of, ..)| of == source)
                .map(|(_, _, why)| why)
                .collect();
            format!("“{source}” ({})", whys.join("; "))
        })
        .collect();
    if !dead.is_empty() {
        return Some(format!("nothing could be read of {}", dead.join(", ")));
    }
    last.labels_incomplete.then(|| {
        "a source of maintenance or failures, or most rows of one, was refused: labels made now would \
         say that nothing failed"
            .into()
    })
}

/// Scores, then lets the breaker judge what was scored.
///
/// # Errors
/// Another run ended since the token was issued, or the warehouse cannot be read or written.
pub(super) fn score_and_watch(
    warehouse: &mut Warehouse,
    token: &SoundRun,
    model: &Model,
    config: &Config,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<u64, JudgingError> {
    let mut stopwatch = Stopwatch::default();
    let rows = score(warehouse, token, model, &mut stopwatch, progress, stop)?;
    let normals = &mut measure::Normals::default();
    measure::watch(
        warehouse,
        token.reader(),
        model,
        config,
        normals,
        &stopwatch,
    )?;
    Ok(rows)
}

/// Scores what no model has judged, and the newest reading of each locomotive by the model in force. What a
/// dead source left is not judged.
fn score(
    warehouse: &mut Warehouse,
    token: &SoundRun,
    model: &Model,
    stopwatch: &mut Stopwatch,
    progress: &(dyn Fn(RunProgress) + Sync),
    stop: &Stop,
) -> Result<u64, JudgingError> {
    let mut done = 0;
    let consulted = Consulted::by(token.record());
    let latest = token.reader().latest(i64::MAX)?;
    let (dead, alive): (Vec<_>, Vec<_>) = latest
        .into_iter()
        .partition(|latest| consulted.is_dead(&latest.source));
    let unscored = token.reader().unscored()?;
    let unscored_of = unscored.iter().map(|(loco, from_ms)| (loco, *from_ms));
    let newest = alive
        .iter()
        .map(|latest| (&latest.loco, latest.reading.at_ms));
    let scope = scored(token.reader(), unscored_of.chain(newest))?;
    ensure_sound(token, &scope, stop)?;
    let count = unscored.len().max(1) as f32;
    let mut whole = true;
    for (i, (loco, from_ms)) in unscored.iter().enumerate() {
        if dead.iter().any(|latest| latest.loco == *loco) {
            // Scored when its source is read again.
            whole = false;
            continue;
        }
        done += score_from(warehouse, token, model, loco, *from_ms, stopwatch, stop)?;
        progress(RunProgress {
            stage: Stage::Score,
            fraction: Some((i + 1) as f32 / count),
            rows: done,
            waits_for: None,
        });
    }
    for latest in alive {
        if stop.is_asked() {
            return Err(JudgingError::Stopped);
        }
        let judged = token.reader().latest_judged(&latest.loco, i64::MAX)?;
        let by_this_model = judged
            .is_some_and(|j| j.model == model.card.version && j.at_ms == latest.reading.at_ms);
        if !by_this_model {
            let mut newest = Vec::new();
            let from_ms = Some(latest.reading.at_ms);
            ml::score_locomotive(model, token, &latest.loco, from_ms, &mut |reading, p| {
                newest.push(prediction(model, reading, p));
            })?;
            let version = model.card.version;
            done += warehouse.save_predictions(token, version, &latest.loco, &newest)?;
        }
    }
    if whole {
        warehouse.all_scored(token)?;
    }
    Ok(done)
}

/// What is read to score locomotives from these instants on: their first readings, which tell what is normal for them,
/// and the window before the instant.
pub(super) fn scored<'a>(
    reader: &Reader,
    from: impl Iterator<Item = (&'a LocoId, i64)>,
) -> Result<Scope, WarehouseError> {
    let numbers: HashMap<LocoId, u32> = reader
        .locomotives()?
        .into_iter()
        .map(|(number, loco)| (loco, number))
        .collect();
    let mut ranges = Vec::new();
    for (loco, from_ms) in from {
        let Some(&number) = numbers.get(loco) else {
            continue;
        };
        let mut normal_to_ms = 0;
        let first = Some(NORMAL_READINGS as usize);
        reader.readings(loco, i64::MIN, i64::MAX, first, &mut |r| {
            normal_to_ms = r.at_ms
        })?;
        ranges.push((number, 0, normal_to_ms));
        let window_ms = reader.instant_before(loco, from_ms, WINDOW_READINGS)?;
        ranges.push((number, window_ms, i64::MAX));
    }
    Ok(Scope::Readings(ranges))
}

/// What is kept of a reading that was scored.
pub(super) fn prediction(
    model: &Model,
    reading: &crate::domain::Reading,
    probability: f64,
) -> Prediction {
    Prediction {
        at_ms: reading.at_ms,
        probability,
        verdict: Verdict::of_reading(probability, model.card.threshold, reading.flags).kind(),
    }
}

fn score_from(
    warehouse: &mut Warehouse,
    token: &SoundRun,
    model: &Model,
    loco: &LocoId,
    from_ms: i64,
    stopwatch: &mut Stopwatch,
    stop: &Stop,
) -> Result<u64, JudgingError> {
    let (started, mut scored) = (Instant::now(), 0);
    let mut chunk: Vec<Prediction> = Vec::new();
    let mut done = 0;
    let mut failed = None;
    let mut write = |chunk: &mut Vec<Prediction>| -> Result<(), WarehouseError> {
        let instants: Vec<i64> = chunk.iter().map(|p| p.at_ms).collect();
        let mut fresh = token.reader().not_judged(loco, &instants)?.into_iter();
        chunk.retain(|_| fresh.next().unwrap_or(false));
        done += warehouse.save_predictions(token, model.card.version, loco, chunk)?;
        chunk.clear();
        Ok(())
    };
    ml::score_locomotive(model, token, loco, Some(from_ms), &mut |reading, p| {
        // Asked to stop, what is left of this locomotive is read and no more than that.
        if failed.is_some() || stop.is_asked() {
            return;
        }
        chunk.push(prediction(model, reading, p));
        scored += 1;
        if chunk.len() >= CHUNK_ROWS {
            failed = write(&mut chunk).err();
        }
    })?;
    if stop.is_asked() {
        return Err(JudgingError::Stopped);
    }
    stopwatch.note(started.elapsed(), scored);
    match failed {
        Some(error) => return Err(error.into()),
        None => write(&mut chunk)?,
    }
    Ok(done)
}
