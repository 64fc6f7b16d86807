//! Honest evaluation: by time or by locomotive, never by random rows; every labelled row counts.

use std::ops::ControlFlow;

use super::labels;
use super::metrics::{Ground, Judged, middle};
use super::model::Scorer;
use super::part::Part;
use super::survey::Survey;
use super::train::learn;
use super::{TrainError, TrainOptions};
use crate::domain::ports::{ALWAYS, ReadError, RefusedRow, SoundReadings};
use crate::domain::{LabelKind, LocoId, Metrics, Verdict, VerdictKind};

/// How rows are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Each fold is judged by a model of what came before it, with a gap between the two.
    Time,
    /// Each fold's locomotives are judged by a model of the others.
    Locomotive,
}

/// Share of the rows before the first cut of a split by time.
const FIRST_CUT: f64 = 0.4;

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// How rows were kept apart, in words.
    pub split: String,
    pub label_kind: LabelKind,
    /// The median over the folds; each fold is judged at its own.
    pub threshold: f64,
    pub metrics: Metrics,
    /// The same rows if all, or none, were alarms.
    pub always: Metrics,
    pub never: Metrics,
    /// Every test row in (locomotive, time) order, labelled or not.
    pub predictions: Vec<PredictedRow>,
}

/// What was said of one test row.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictedRow {
    pub loco: LocoId,
    /// UTC, milliseconds since 1970.
    pub at_ms: i64,
    /// `None` for a quarantined row.
    pub probability: Option<f64>,
    pub verdict: VerdictKind,
}

/// Trains on `train`, judges every row of `test`. Labels of `test` are of the training's kind; where it
/// has none, its rows are judged all the same and the figures are undefined.
///
/// # Errors
/// As [`super::train`]; nothing is asked of the test's labels.
pub fn evaluate_pair(
    train: &dyn SoundReadings,
    test: &dyn SoundReadings,
    options: &TrainOptions,
) -> Result<Evaluation, TrainError> {
    let part = Part::whole(train)?;
    let survey = Survey::of(&part, options.horizon_ms())?;
    let kind = survey.kind();
    let learned = learn(
        &part,
        &survey,
        kind,
        options,
        &|_| ControlFlow::Continue(()),
    )?;
    let test_part = Part::whole(test)?;
    let test_survey = Survey::of(&test_part, options.horizon_ms())?;
    let mut found = Found::new(kind, test_survey.has(kind));
    let threshold = learned.choice.map_or(1.0, |c| c.threshold);
    found.judge(
        test,
        &test_survey,
        &learned.scorer,
        threshold,
        &|_| true,
        ALWAYS,
    )?;
    found.finish(
        "trained on one set, judged on another".to_owned(),
        &test_survey,
        test,
        options,
        None,
    )
}

/// Splits the readings into folds (at least 1 by time, 2 by locomotive).
///
/// # Errors
/// As [`super::train`], of any fold's training part: ask for fewer folds then.
pub fn evaluate_split(
    readings: &dyn SoundReadings,
    split: Split,
    folds: u32,
    options: &TrainOptions,
) -> Result<Evaluation, TrainError> {
    let part = Part::whole(readings)?;
    let survey = Survey::of(&part, options.horizon_ms())?;
    let kind = survey.kind();
    survey.check(kind)?;
    let mut found = Found::new(kind, true);
    match split {
        Split::Locomotive => {
            let count = (folds as usize).min(survey.locos.len());
            if count < 2 {
                return Err(TrainError::NoSplit {
                    folds,
                    locomotives: survey.locos.len(),
                });
            }
            for fold in 0..count {
                let rest = survey.of_locos(&|i| i % count != fold);
                let learned = learn(&part, &rest, kind, options, &|_| ControlFlow::Continue(()))?;
                let threshold = learned.choice.map_or(1.0, |c| c.threshold);
                let test = |i: usize| i % count == fold;
                let scorer = &learned.scorer;
                found.judge(readings, &survey, scorer, threshold, &test, ALWAYS)?;
            }
            found.finish(
                format!("by locomotive, {count} folds"),
                &survey,
                readings,
                options,
                None,
            )
        }
        Split::Time => {
            let folds = folds.max(1) as usize;
            let gap_ms = survey.gap_ms(kind);
            let cuts = survey.time_cuts(FIRST_CUT, folds);
            for cut in cuts.windows(2) {
                let before = Part {
                    until_ms: cut[0],
                    learn_until_ms: cut[0].saturating_sub(gap_ms),
                    ..part.clone()
                };
                let past = Survey::of(&before, options.horizon_ms())?;
                let learned = learn(
                    &before,
                    &past,
                    kind,
                    options,
                    &|_| ControlFlow::Continue(()),
                )?;
                let threshold = learned.choice.map_or(1.0, |c| c.threshold);
                let between = (cut[0].saturating_add(1), cut[1]);
                let scorer = &learned.scorer;
                found.judge(readings, &survey, scorer, threshold, &|_| true, between)?;
            }
            let words = format!(
                "by time, {folds} fold(s) after the first {:.0} % of the rows, gap {:.1} h",
                FIRST_CUT * 100.0,
                gap_ms as f64 / 3_600_000.0
            );
            found.finish(words, &survey, readings, options, cuts.first().copied())
        }
    }
}

/// Collects judged rows.
struct Found {
    kind: LabelKind,
    labelled: bool,
    judged: Vec<Judged>,
    predictions: Vec<PredictedRow>,
    thresholds: Vec<f64>,
}

impl Found {
    fn new(kind: LabelKind, labelled: bool) -> Self {
        Self {
            kind,
            labelled,
            judged: Vec::new(),
            predictions: Vec::new(),
            thresholds: Vec::new(),
        }
    }

    fn judge(
        &mut self,
        readings: &dyn SoundReadings,
        survey: &Survey,
        scorer: &Scorer,
        threshold: f64,
        test: &dyn Fn(usize) -> bool,
        between: (i64, i64),
    ) -> Result<(), ReadError> {
        self.thresholds.push(threshold);
        for (index, loco) in survey.locos.iter().enumerate() {
            if !test(index) {
                continue;
            }
            let labeller = loco.labeller(self.kind, survey.horizon_ms);
            scorer.score(
                readings,
                &loco.loco,
                between,
                &mut |r, hours, probability| {
                    self.predictions.push(PredictedRow {
                        loco: loco.loco.clone(),
                        at_ms: r.at_ms,
                        probability: Some(probability),
                        verdict: Verdict::of_reading(probability, threshold, r.flags).kind(),
                    });
                    let label = labeller.label(r.at_ms, r.label, labels::rule(&r.values));
                    if let Some(label) = label.filter(|_| self.labelled) {
                        self.judged.push(Judged {
                            loco: index as u32,
                            at_ms: r.at_ms,
                            probability,
                            alarm: probability >= threshold,
                            label,
                            hours,
                            weight: 1.0,
                        });
                    }
                },
            )?;
        }
        Ok(())
    }

    fn finish(
        mut self,
        split: String,
        survey: &Survey,
        readings: &dyn SoundReadings,
        options: &TrainOptions,
        after_ms: Option<i64>,
    ) -> Result<Evaluation, TrainError> {
        for row in refused(readings, after_ms)? {
            self.predictions.push(PredictedRow {
                loco: row.loco,
                at_ms: row.at_ms,
                probability: None,
                verdict: VerdictKind::Unavailable,
            });
        }
        self.predictions
            .sort_by(|a, b| a.loco.cmp(&b.loco).then(a.at_ms.cmp(&b.at_ms)));
        if self.labelled {
            self.judged = with_refused(self.judged, survey, readings, self.kind, after_ms)?;
        }
        let failures = survey.failure_times();
        let ground = Ground {
            kind: self.kind,
            horizon_ms: options.horizon_ms(),
            failures: &failures,
        };
        self.thresholds.sort_by(f64::total_cmp);
        Ok(Evaluation {
            split,
            label_kind: self.kind,
            threshold: middle(&self.thresholds).unwrap_or(1.0),
            metrics: ground.measure(&self.judged),
            always: ground.constant(&self.judged, true),
            never: ground.constant(&self.judged, false),
            predictions: self.predictions,
        })
    }
}

fn refused(
    readings: &dyn SoundReadings,
    after_ms: Option<i64>,
) -> Result<Vec<RefusedRow>, ReadError> {
    let mut rows = readings.refused()?;
    rows.retain(|r| after_ms.is_none_or(|after| r.at_ms > after));
    Ok(rows)
}

/// Adds the labelled rows that were refused, each as wrong as can be, and orders all by (locomotive,
/// time). A locomotive of which only refused rows are known comes last.
pub(super) fn with_refused(
    mut judged: Vec<Judged>,
    survey: &Survey,
    readings: &dyn SoundReadings,
    kind: LabelKind,
    after_ms: Option<i64>,
) -> Result<Vec<Judged>, ReadError> {
    let hours = survey.period_ms() as f64 / 3_600_000.0;
    for row in refused(readings, after_ms)? {
        let index = survey.locos.iter().position(|l| l.loco == row.loco);
        let label = match (kind, index) {
            (LabelKind::Truth, _) => row.label,
            (LabelKind::Failures, Some(i)) => {
                let labeller = survey.locos[i].labeller(kind, survey.horizon_ms);
                labeller.label(row.at_ms, None, false)
            }
            (LabelKind::Failures, None) | (LabelKind::Rule, _) => None,
        };
        if let Some(label) = label {
            judged.push(Judged {
                loco: index.unwrap_or(survey.locos.len()) as u32,
                at_ms: row.at_ms,
                probability: f64::from(u8::from(!label)),
                alarm: !label,
                label,
                hours,
                weight: 1.0,
            });
        }
    }
    judged.sort_by_key(|r| (r.loco, r.at_ms));
    Ok(judged)
}
