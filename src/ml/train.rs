//! Training: survey → sample → out-of-fold probabilities → threshold → forest → gate → card.

use std::ops::ControlFlow;

use super::lesson::{Lesson, OutOfFold};
use super::metrics::{Ground, Judged};
use super::model::{Model, Scorer};
use super::part::Part;
use super::sample::{SAMPLE_ROWS, Sample};
use super::survey::Survey;
use super::threshold::{self, Choice};
use super::{GoOn, TrainError, TrainOptions, tell};
use crate::domain::drift::Reference;
use crate::domain::features::names;
use crate::domain::ports::SoundReadings;
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::domain::{LabelKind, Metrics, ModelCard};

/// A fitted forest with its threshold.
pub(super) struct Learned {
    pub scorer: Scorer,
    pub share: Vec<f64>,
    /// `None` where no honest split was possible.
    pub choice: Option<Choice>,
    pub out_of_fold: OutOfFold,
    /// Probabilities of the nominal preset, and the least of the alert ones; on a fleet in our units.
    pub presets: Option<(f64, f64)>,
    /// How departures were spread.
    pub reference: Reference,
}

/// Fits and chooses a threshold from the rows that may be learned from.
pub(super) fn learn(
    part: &Part,
    survey: &Survey,
    kind: LabelKind,
    options: &TrainOptions,
    progress: GoOn<'_>,
) -> Result<Learned, TrainError> {
    survey.check(kind)?;
    let spec = survey.spec(kind).ok_or(TrainError::NoReadings)?;
    let most = SAMPLE_ROWS.max(options.max_rows as u64);
    let sample = Sample::of(part, survey, kind, &spec, most)?;
    tell(progress, 0.4)?;
    let lesson = Lesson {
        survey,
        sample: &sample,
        kind,
        options,
    };
    let out_of_fold = lesson.out_of_fold(&|p| progress(0.4 + p * 0.4))?;
    let (scorer, share) = lesson.whole(spec)?;
    tell(progress, 1.0)?;
    let presets = survey
        .in_our_units(&scorer.spec)
        .then(|| preset_probabilities(&scorer));
    let reference = super::drift::reference(&sample, survey, &scorer.spec);
    let failures = survey.failure_times();
    let ground = Ground {
        kind,
        horizon_ms: options.horizon_ms(),
        failures: &failures,
    };
    let budget = options.false_alarm_hours_per_loco_day;
    let choice = threshold::choose(&ground, &out_of_fold.rows, budget, presets);
    Ok(Learned {
        scorer,
        share,
        choice,
        out_of_fold,
        presets,
        reference,
    })
}

fn held(scorer: &Scorer, values: crate::domain::ChannelValues) -> f64 {
    let normal = scorer.spec.fleet.normal();
    let age = scorer.spec.maintenance_age_hours;
    scorer.probability(&crate::domain::features::Blocks::held(
        &values, &normal, age,
    ))
}

/// The nominal preset, and the least over the alert one and what is worse than it.
fn preset_probabilities(scorer: &Scorer) -> (f64, f64) {
    let mut alert = held(scorer, PRESET_ALERT);
    for vibration in [7.0, 9.0, 11.0, 13.0, 15.0] {
        for temperature in [85.0, 95.0, 105.0, 120.0] {
            let [flow, pressure, ..] = PRESET_ALERT;
            alert = alert.min(held(scorer, [flow, pressure, vibration, temperature]));
        }
    }
    (held(scorer, PRESET_NOMINAL), alert)
}

/// Trains on all readings. The same readings and options give the same model, on any number of
/// threads (but for the card's time). A model that fails its gate comes back with
/// `card.promoted = false` and the reason in `card.refusal`.
///
/// # Errors
/// When there is too little to learn from, one class only, or the reader fails.
pub fn train(
    readings: &dyn SoundReadings,
    options: &TrainOptions,
    progress: &(dyn Fn(f32) + Sync),
) -> Result<Model, TrainError> {
    train_until(readings, options, &|share| {
        progress(share);
        ControlFlow::Continue(())
    })
}

/// As [`train`], asking between its steps whether to go on.
///
/// # Errors
/// As [`train`]; and when it was told to stop.
pub fn train_until(
    readings: &dyn SoundReadings,
    options: &TrainOptions,
    progress: GoOn<'_>,
) -> Result<Model, TrainError> {
    let part = Part::whole(readings)?;
    let survey = Survey::of(&part, options.horizon_ms())?;
    tell(progress, 0.3)?;
    let kind = survey.kind();
    let positives = survey.check(kind)?.positives;
    let learned = learn(&part, &survey, kind, options, &|p| progress(0.3 + 0.7 * p))?;
    let failures = survey.failure_times();
    let ground = Ground {
        kind,
        horizon_ms: options.horizon_ms(),
        failures: &failures,
    };
    let judged = cross_fitted(&ground, &learned, options)
        .map(|rows| super::evaluate::with_refused(rows, &survey, readings, kind, None))
        .transpose()?;
    let scorer = learned.scorer;
    let labels_known = match kind {
        LabelKind::Truth => survey.truths,
        LabelKind::Failures => survey.failures,
        LabelKind::Rule => 0,
    };
    let all = names();
    let mut card = ModelCard {
        version: 0,
        trained_at_ms: options.now_ms,
        label_kind: kind,
        horizon_hours: options.horizon_hours,
        synthetic: readings.synthetic(),
        rows: survey.rows,
        positives,
        labels_known,
        locomotives: survey.locos.iter().filter(|l| l.rows > 0).count() as u64,
        from_ms: survey.from_ms,
        to_ms: survey.to_ms,
        features: scorer
            .columns
            .iter()
            .map(|c| all[usize::from(*c)].clone())
            .collect(),
        importance: learned.share,
        trees: options.trees,
        max_depth: options.max_depth,
        seed: options.seed,
        threshold: learned.choice.as_ref().map_or(1.0, |c| c.threshold),
        threshold_from: learned.choice.as_ref().map_or_else(
            || "none: no split kept both classes on both sides".to_owned(),
            |c| c.words.clone(),
        ),
        split: format!(
            "{}; each fold at the threshold of the others",
            learned.out_of_fold.split
        ),
        metrics: judged.as_ref().map(|rows| ground.measure(rows)),
        always: judged.as_ref().map(|rows| ground.constant(rows, true)),
        never: judged.as_ref().map(|rows| ground.constant(rows, false)),
        preset_nominal: None,
        preset_alert: None,
        promoted: true,
        refusal: None,
        curves: super::curves::curves(&ground, &learned.out_of_fold.rows),
        reference: Some(learned.reference),
    };
    card.refusal = gate(&mut card, &scorer, learned.presets);
    card.promoted = card.refusal.is_none();
    Ok(Model { card, scorer })
}

/// Out-of-fold rows with alarms, each fold's threshold chosen on the other folds. `None` when there
/// are not two folds.
fn cross_fitted(ground: &Ground, learned: &Learned, options: &TrainOptions) -> Option<Vec<Judged>> {
    let OutOfFold { rows, fold, .. } = &learned.out_of_fold;
    let mut judged = rows.clone();
    for k in 0..=fold.iter().max().copied()? {
        let others: Vec<Judged> = rows
            .iter()
            .zip(fold)
            .filter(|(_, f)| **f != k)
            .map(|(r, _)| *r)
            .collect();
        if others.len() == rows.len() {
            continue;
        }
        let budget = options.false_alarm_hours_per_loco_day;
        let choice = threshold::choose(ground, &others, budget, learned.presets)?;
        for (row, _) in judged.iter_mut().zip(fold).filter(|(_, f)| **f == k) {
            row.alarm = row.probability >= choice.threshold;
        }
    }
    Some(judged)
}

/// Why the model may not be used, if so. Fills in the presets.
fn gate(card: &mut ModelCard, scorer: &Scorer, presets: Option<(f64, f64)>) -> Option<String> {
    if let Some((nominal, _)) = presets {
        card.preset_nominal = Some(nominal);
        card.preset_alert = Some(held(scorer, PRESET_ALERT));
    }
    if card.metrics.as_ref().is_none_or(|m: &Metrics| m.rows == 0) && card.threshold >= 1.0 {
        return Some(
            "no split by locomotive or time has both classes on both sides, so no threshold could be \
             chosen: load more locomotives or a longer history"
                .to_owned(),
        );
    }
    let (nominal, alert) = presets?;
    let threshold = card.threshold;
    if nominal >= threshold {
        return Some(format!(
            "the nominal preset is judged a danger ({nominal:.3}, threshold {threshold:.3}): the \
             history may hold too little sound operation"
        ));
    }
    (alert < threshold).then(|| {
        format!(
            "the alert preset, or one beyond it, is judged nominal ({alert:.3}, threshold \
             {threshold:.3}): the history may hold no such fault"
        )
    })
}
