//! Fitting forests on a sample, and judging its rows by forests that have not seen their locomotive, or
//! their time.

use super::grow::{Growth, Rows, grow};
use super::metrics::Judged;
use super::model::{Scorer, pick};
use super::sample::{Sample, SampleRow, Thinner};
use super::survey::{Count, Survey, enough};
use super::{GoOn, TrainError, TrainOptions, tell};
use crate::domain::LabelKind;
use crate::domain::features::{FEATURES, FeatureSpec, NormalLearner, selected};

/// Folds by time, where there is only one locomotive.
const TIME_FOLDS: usize = 4;
/// A forest behind a threshold has half the trees, and rows up to here: fitting grows faster than linearly with
/// the rows, and a threshold needs no better forests.
const INNER_ROWS: usize = 20_000;
const INNER_TREES: u32 = 50;
/// Share of the rows before the first cut of a split by time.
const FIRST_CUT: f64 = 0.4;

/// What is learned from.
pub(super) struct Lesson<'a> {
    pub survey: &'a Survey,
    pub sample: &'a Sample,
    pub kind: LabelKind,
    pub options: &'a TrainOptions,
}

/// Rows that models judged without having seen their locomotive, or their time; in (locomotive,
/// time) order, with the fold of each.
pub(super) struct OutOfFold {
    pub rows: Vec<Judged>,
    pub fold: Vec<u8>,
    pub split: String,
}

/// Which rows.
type Which<'a> = &'a dyn Fn(&SampleRow) -> bool;

impl Lesson<'_> {
    /// Fits the forest on all rows; also the columns' shares.
    pub fn whole(&self, spec: FeatureSpec) -> Result<(Scorer, Vec<f64>), TrainError> {
        let TrainOptions {
            trees, max_rows, ..
        } = *self.options;
        self.fit(spec, &|_| true, trees, max_rows)
    }

    /// Fits a forest on `some` of the rows, for a threshold.
    fn inner(&self, spec: FeatureSpec, some: Which) -> Result<Scorer, TrainError> {
        let trees = (self.options.trees / 2).clamp(1, INNER_TREES);
        let max_rows = self.options.max_rows.min(INNER_ROWS);
        Ok(self.fit(spec, some, trees, max_rows)?.0)
    }

    fn fit(
        &self,
        spec: FeatureSpec,
        some: Which,
        trees: u32,
        max_rows: usize,
    ) -> Result<(Scorer, Vec<f64>), TrainError> {
        let columns = selected(self.kind, self.survey.maintenance_known());
        let mut count = Count::default();
        for row in self.sample.rows.iter().filter(|row| some(row)) {
            count.add(Some(row.label));
        }
        enough(self.survey.rows, count)?;
        let mut thinner = Thinner::new(count, max_rows as u64);
        let mut rows = Rows {
            columns: columns.len(),
            x: Vec::new(),
            y: Vec::new(),
            weight: [1.0; 2],
        };
        for row in self.sample.rows.iter().filter(|row| some(row)) {
            if thinner.keeps(row.label) {
                push_features(row, &spec, &columns, &mut rows.x);
                rows.y.push(row.label);
            }
        }
        let weight = thinner.weight();
        rows.weight = std::array::from_fn(|class| weight[class] * self.sample.weight[class]);
        let n = rows.y.len();
        // Few columns tried and leaves of a size: the forest may not lean on one channel alone, which is
        // what lets it see faults unlike those it learned from.
        let (tried, min_leaf) = match self.kind {
            LabelKind::Truth => (2, (n / 1000).clamp(1, 50)),
            LabelKind::Failures => (4, (n / 5000).clamp(2, 20)),
            LabelKind::Rule => (5, 1),
        };
        let growth = Growth {
            trees,
            max_depth: self.options.max_depth,
            tried,
            min_leaf,
            seed: self.options.seed,
        };
        let (forest, share) = grow(&rows, growth).map_err(TrainError::Fit)?;
        let scorer = Scorer {
            spec,
            columns,
            forest,
        };
        Ok((scorer, share))
    }

    fn judge(&self, scorer: &Scorer, some: Which, fold: u8, out: &mut Vec<(Judged, u8)>) {
        let rows: Vec<&SampleRow> = self.sample.rows.iter().filter(|row| some(row)).collect();
        let mut x = Vec::with_capacity(rows.len() * scorer.columns.len());
        for row in &rows {
            push_features(row, &scorer.spec, &scorer.columns, &mut x);
        }
        let mut probabilities = Vec::with_capacity(rows.len());
        scorer
            .forest
            .probabilities(&x, scorer.columns.len(), &mut probabilities);
        out.extend(rows.iter().zip(probabilities).map(|(row, probability)| {
            let judged = Judged {
                loco: row.loco,
                at_ms: row.at_ms,
                probability,
                alarm: false,
                label: row.label,
                hours: row.hours,
                weight: self.sample.weight[usize::from(row.label)],
            };
            (judged, fold)
        }));
    }

    /// Folds by locomotive. Where failures are few there are many folds, so that a fold's forest knows
    /// nearly as much as the one whose threshold it finds.
    const fn folds(&self) -> usize {
        match self.kind {
            LabelKind::Failures => 10,
            LabelKind::Truth | LabelKind::Rule => 4,
        }
    }

    pub fn out_of_fold(&self, progress: GoOn<'_>) -> Result<OutOfFold, TrainError> {
        let count = self.folds().min(self.survey.locos.len());
        let mut out: Vec<(Judged, u8)> = Vec::new();
        let mut split = String::new();
        if count >= 2 {
            for fold in 0..count {
                let rest = self.survey.of_locos(&|i| i % count != fold);
                let fitted = rest.spec(self.kind).map(|spec| {
                    let learned = |row: &SampleRow| row.loco as usize % count != fold;
                    self.inner(spec, &learned)
                });
                if let Some(scorer) = fitted.and_then(|f| possible(f).transpose()).transpose()? {
                    let test = |row: &SampleRow| row.loco as usize % count == fold;
                    self.judge(&scorer, &test, fold as u8, &mut out);
                }
                tell(progress, (fold + 1) as f32 / count as f32)?;
            }
            split = format!("by locomotive, {count} folds");
        }
        if out.is_empty() {
            let gap_ms = self.survey.gap_ms(self.kind);
            let cuts = self.survey.time_cuts(FIRST_CUT, TIME_FOLDS);
            for (fold, cut) in cuts.windows(2).enumerate() {
                let learners = self.learners_at(cut[0]);
                let fitted = self
                    .survey
                    .spec_of(self.kind, &learners, cut[0])
                    .map(|spec| {
                        let until = cut[0].saturating_sub(gap_ms);
                        self.inner(spec, &|row| row.at_ms <= until)
                    });
                if let Some(scorer) = fitted.and_then(|f| possible(f).transpose()).transpose()? {
                    let test = |row: &SampleRow| row.at_ms > cut[0] && row.at_ms <= cut[1];
                    self.judge(&scorer, &test, fold as u8, &mut out);
                }
                tell(progress, (fold + 1) as f32 / TIME_FOLDS as f32)?;
            }
            split =
                format!("by time, {TIME_FOLDS} cuts, each model older than its rows by the gap");
        }
        if self.sample.weight != [1.0; 2] {
            split.push_str(&format!(
                "; on {} rows that stand for all, evenly thinned",
                self.sample.rows.len()
            ));
        }
        out.sort_by_key(|(row, _)| (row.loco, row.at_ms));
        let (rows, fold) = out.into_iter().unzip();
        Ok(OutOfFold { rows, fold, split })
    }

    /// What was known of each locomotive's normal at an instant.
    fn learners_at(&self, at_ms: i64) -> Vec<NormalLearner> {
        let mut learners = vec![NormalLearner::default(); self.survey.locos.len()];
        for row in self.sample.rows.iter().filter(|row| row.at_ms <= at_ms) {
            learners[row.loco as usize].clone_from(&row.learner);
        }
        learners
    }
}

fn push_features(row: &SampleRow, spec: &FeatureSpec, columns: &[u8], x: &mut Vec<f32>) {
    let normal = row.learner.normal(&spec.fleet);
    let mut picked = [0.0_f32; FEATURES];
    pick(columns, &row.sight.blocks(&normal, spec), &mut picked);
    x.extend_from_slice(&picked[..columns.len()]);
}

/// A fold that has too little to learn from is left out; other errors are errors.
fn possible<T>(result: Result<T, TrainError>) -> Result<Option<T>, TrainError> {
    match result {
        Ok(fitted) => Ok(Some(fitted)),
        Err(
            TrainError::TooFewRows { .. } | TrainError::OneClass { .. } | TrainError::NoReadings,
        ) => Ok(None),
        Err(error) => Err(error),
    }
}
