//! Training: survey → out-of-fold probabilities → threshold → forest → gate → card.

use super::forest::{Forest, Growth, Rows};
use super::metrics::{Ground, Judged};
use super::model::{Model, Scorer, pick};
use super::part::Part;
use super::survey::Survey;
use super::threshold::{self, Choice};
use super::{TrainError, TrainOptions};
use crate::domain::features::{FEATURES, Tracker, names, selected};
use crate::domain::ports::SoundReadings;
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::domain::{LabelKind, Metrics, ModelCard};

/// Folds by locomotive, or by time where there is only one.
const FOLDS: usize = 4;
/// Share of the rows before the first cut of a split by time.
const FIRST_CUT: f64 = 0.4;

/// Fits a forest on the labelled rows of `survey` at or before `until_ms`; also the columns' shares.
pub(super) fn fit(
    part: &Part,
    survey: &Survey,
    kind: LabelKind,
    options: &TrainOptions,
    trees: u32,
    until_ms: i64,
) -> Result<(Scorer, Vec<f64>), TrainError> {
    let horizon_ms = options.horizon_ms();
    let (labelled, _) = survey.check(kind, horizon_ms, until_ms)?;
    let spec = survey.spec(kind).ok_or(TrainError::NoReadings)?;
    let columns = selected(kind, survey.maintenance_known());
    let rate = (options.max_rows.max(1) as f64 / labelled as f64).min(1.0);
    let mut rows = Rows { columns: columns.len(), x: Vec::new(), y: Vec::new() };
    // Every k-th row of each class, so that the share of positives stays.
    let mut seen = [0_u64; 2];
    for loco in &survey.locos {
        let mut tracker = Tracker::new(&spec);
        let mut i = 0;
        let mut row = [0.0_f32; FEATURES];
        part.visit(&loco.loco, &mut |r| {
            let blocks = tracker.push(r.at_ms, &r.values, loco.events.age_hours(r.at_ms));
            let label = survey.label(loco, i, kind, horizon_ms).filter(|_| r.at_ms <= until_ms);
            i += 1;
            let Some(label) = label else { return };
            let seen = &mut seen[usize::from(label)];
            *seen += 1;
            if (*seen as f64 * rate).floor() > ((*seen - 1) as f64 * rate).floor() {
                pick(&columns, &blocks, &mut row);
                rows.x.extend_from_slice(&row[..columns.len()]);
                rows.y.push(f32::from(u8::from(label)));
            }
        })?;
    }
    let n = rows.y.len();
    // Few columns tried and leaves of a size: the forest may not lean on one channel alone, which is
    // what lets it see faults unlike those it learned from.
    let (tried, min_leaf) = match kind {
        LabelKind::Truth => (2, (n / 1000).clamp(1, 50)),
        LabelKind::Failures => (4, (n / 5000).clamp(2, 20)),
        LabelKind::Rule => (5, 1),
    };
    let growth = Growth { trees, max_depth: options.max_depth, tried, min_leaf, seed: options.seed };
    let (forest, share) = Forest::fit(&rows, growth).map_err(TrainError::Fit)?;
    Ok((Scorer { spec, columns, forest }, share))
}

/// Rows that models judged without having seen their locomotive, or their time; in (locomotive,
/// time) order, with the fold of each.
pub(super) struct OutOfFold {
    pub rows: Vec<Judged>,
    pub fold: Vec<u8>,
    pub split: String,
}

fn out_of_fold(
    part: &Part,
    survey: &Survey,
    kind: LabelKind,
    options: &TrainOptions,
    until_ms: i64,
    progress: &dyn Fn(f32),
) -> Result<OutOfFold, TrainError> {
    let trees = (options.trees / 2).clamp(1, 50);
    let count = FOLDS.min(survey.locos.len());
    let mut out: Vec<(Judged, u8)> = Vec::new();
    let mut split = String::new();
    if count >= 2 {
        for fold in 0..count {
            let rest = survey.of_locos(&|i| i % count != fold);
            if let Some((scorer, _)) = possible(fit(part, &rest, kind, options, trees, until_ms))? {
                let test = |i: usize, at: i64| i % count == fold && at <= until_ms;
                judge(part, survey, kind, options, &scorer, &test, fold as u8, &mut out)?;
            }
            progress((fold + 1) as f32 / count as f32);
        }
        split = format!("by locomotive, {count} folds");
    }
    if out.is_empty() {
        let cuts = survey.time_cuts(FIRST_CUT, FOLDS);
        for (fold, cut) in cuts.windows(2).enumerate() {
            let before = Part { until_ms: cut[0], ..part.clone() };
            let past = Survey::of(&before)?;
            let upto = cut[0].saturating_sub(survey.gap_ms(kind, options.horizon_ms())).min(until_ms);
            if let Some((scorer, _)) = possible(fit(&before, &past, kind, options, trees, upto))? {
                let test = |_: usize, at: i64| at > cut[0] && at <= cut[1].min(until_ms);
                judge(part, survey, kind, options, &scorer, &test, fold as u8, &mut out)?;
            }
            progress((fold + 1) as f32 / FOLDS as f32);
        }
        split = format!("by time, {FOLDS} cuts, each model older than its rows by the gap");
    }
    out.sort_by_key(|(row, _)| (row.loco, row.at_ms));
    let (rows, fold) = out.into_iter().unzip();
    Ok(OutOfFold { rows, fold, split })
}

/// A fold that has too little to learn from is left out; other errors are errors.
fn possible<T>(result: Result<T, TrainError>) -> Result<Option<T>, TrainError> {
    match result {
        Ok(fitted) => Ok(Some(fitted)),
        Err(TrainError::TooFewRows { .. } | TrainError::OneClass { .. } | TrainError::NoReadings) => Ok(None),
        Err(error) => Err(error),
    }
}

#[allow(clippy::too_many_arguments, reason = "one place calls it, in two ways")]
fn judge(
    part: &Part,
    survey: &Survey,
    kind: LabelKind,
    options: &TrainOptions,
    scorer: &Scorer,
    test: &dyn Fn(usize, i64) -> bool,
    fold: u8,
    out: &mut Vec<(Judged, u8)>,
) -> Result<(), TrainError> {
    for (index, loco) in survey.locos.iter().enumerate() {
        if !loco.at_ms.iter().any(|at| test(index, *at)) {
            continue;
        }
        let mut i = 0;
        let mut tracker = Tracker::new(&scorer.spec);
        part.visit(&loco.loco, &mut |r| {
            let blocks = tracker.push(r.at_ms, &r.values, loco.events.age_hours(r.at_ms));
            let label = survey.label(loco, i, kind, options.horizon_ms());
            i += 1;
            if let Some(label) = label.filter(|_| test(index, r.at_ms)) {
                out.push((
                    Judged {
                        loco: index as u32,
                        at_ms: r.at_ms,
                        probability: scorer.probability(&blocks),
                        alarm: false,
                        label,
                        hours: loco.hours(i - 1, scorer.spec.period_ms),
                    },
                    fold,
                ));
            }
        })?;
    }
    Ok(())
}

/// A fitted forest with its threshold.
pub(super) struct Learned {
    pub scorer: Scorer,
    pub share: Vec<f64>,
    /// `None` where no honest split was possible.
    pub choice: Option<Choice>,
    pub out_of_fold: OutOfFold,
    /// Probabilities of the nominal preset, and the least of the alert ones; on a fleet in our units.
    pub presets: Option<(f64, f64)>,
}

/// Fits and chooses a threshold from the rows at or before `until_ms`.
pub(super) fn learn(
    part: &Part,
    survey: &Survey,
    kind: LabelKind,
    options: &TrainOptions,
    until_ms: i64,
    progress: &dyn Fn(f32),
) -> Result<Learned, TrainError> {
    survey.check(kind, options.horizon_ms(), until_ms)?;
    let out_of_fold = out_of_fold(part, survey, kind, options, until_ms, &|p| progress(p * 0.7))?;
    let (scorer, share) = fit(part, survey, kind, options, options.trees, until_ms)?;
    progress(1.0);
    let presets = survey.in_our_units(&scorer.spec).then(|| preset_probabilities(&scorer));
    let failures = survey.failure_times();
    let ground = Ground { kind, horizon_ms: options.horizon_ms(), failures: &failures };
    let budget = options.false_alarm_hours_per_loco_day;
    let choice = threshold::choose(&ground, &out_of_fold.rows, budget, presets);
    Ok(Learned { scorer, share, choice, out_of_fold, presets })
}

fn held(scorer: &Scorer, values: crate::domain::ChannelValues) -> f64 {
    let normal = scorer.spec.fleet.normal();
    let age = scorer.spec.maintenance_age_hours;
    scorer.probability(&crate::domain::features::Blocks::held(&values, &normal, age))
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
pub fn train(
    readings: &dyn SoundReadings,
    options: &TrainOptions,
    progress: &(dyn Fn(f32) + Sync),
) -> Result<Model, TrainError> {
    let part = Part::whole(readings)?;
    let survey = Survey::of(&part)?;
    progress(0.05);
    let kind = survey.kind();
    let (_, positives) = survey.check(kind, options.horizon_ms(), i64::MAX)?;
    let learned = learn(&part, &survey, kind, options, i64::MAX, &|p| progress(0.05 + 0.9 * p))?;
    let failures = survey.failure_times();
    let ground = Ground { kind, horizon_ms: options.horizon_ms(), failures: &failures };
    let judged = cross_fitted(&ground, &learned, options)
        .map(|rows| super::evaluate::with_refused(rows, &survey, readings, kind, options, None))
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
        locomotives: survey.locos.iter().filter(|l| !l.at_ms.is_empty()).count() as u64,
        from_ms: survey.from_ms,
        to_ms: survey.to_ms,
        features: scorer.columns.iter().map(|c| all[usize::from(*c)].clone()).collect(),
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
        let others: Vec<Judged> =
            rows.iter().zip(fold).filter(|(_, f)| **f != k).map(|(r, _)| *r).collect();
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
