//! What is known of a model: its card and the figures on it.

use serde::{Deserialize, Serialize};

use super::curves::Curves;
use super::drift::Reference;

/// Where the truth came from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// A truth column of the source: the model says "anomaly now", not "failure within 48 h".
    Truth,
    /// Recorded failures: 1 where the locomotive fails within the horizon after the reading.
    Failures,
    /// The predecessor's rule: vibration > 3 mm/s and temperature > 60 °C.
    Rule,
}

impl LabelKind {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Truth => "truth",
            Self::Failures => "failures",
            Self::Rule => "rule",
        }
    }
}

/// Honest figures of a set of judged rows. Rates are fractions of 1; undefined ones are `None`
/// (ROC-AUC of one class, lead time without a failure).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// Labelled rows, quarantined ones included (they count as wrong).
    pub rows: u64,
    pub positives: u64,
    pub roc_auc: Option<f64>,
    pub pr_auc: Option<f64>,
    /// 2TP / (2TP + FP + FN).
    pub f1: Option<f64>,
    /// False-alarm rate: FP / (FP + TN).
    pub far: Option<f64>,
    /// Missed-alarm rate: FN / (FN + TP).
    pub mar: Option<f64>,
    /// Mean squared error of the probability.
    pub brier: Option<f64>,
    /// Failure events whose horizon lies in these rows (runs of truth where there are no events).
    pub failures: u64,
    pub failures_warned: u64,
    /// First alarm within the horizon to failure, median over the warned ones.
    pub median_lead_hours: Option<f64>,
    pub false_alarm_hours_per_loco_day: Option<f64>,
}

/// What a model is, where it came from and what it is worth. Stored with it as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Numbered by the warehouse; 0 before it is stored.
    pub version: u32,
    pub trained_at_ms: i64,
    pub label_kind: LabelKind,
    /// Hours that a verdict looks ahead (failure labels).
    pub horizon_hours: f64,
    pub synthetic: bool,
    pub rows: u64,
    pub positives: u64,
    /// Failure events, or truth labels, that were known; more of them make a training due.
    pub labels_known: u64,
    pub locomotives: u64,
    /// First and last reading learned from, UTC milliseconds.
    pub from_ms: i64,
    pub to_ms: i64,
    pub features: Vec<String>,
    /// Share of each feature, same order, sum 1.
    pub importance: Vec<f64>,
    pub trees: u32,
    pub max_depth: u32,
    pub seed: u64,
    /// DANGER from this probability on.
    pub threshold: f64,
    /// How the threshold was chosen, in words, with its budget.
    pub threshold_from: String,
    /// How the figures below were found, in words.
    pub split: String,
    /// Out-of-sample figures at the threshold; `None` where no honest split was possible.
    pub metrics: Option<Metrics>,
    /// The same for "always danger" and "never danger".
    pub always: Option<Metrics>,
    pub never: Option<Metrics>,
    /// Probabilities of the two demo presets, where the fleet is in our units.
    pub preset_nominal: Option<f64>,
    pub preset_alert: Option<f64>,
    pub promoted: bool,
    /// Why it was not promoted.
    pub refusal: Option<String>,
    /// How its probabilities hold up out of sample; `None` of models of older programs, and without a split.
    #[serde(default)]
    pub curves: Option<Curves>,
    /// What drift is measured against; `None` of models of older programs.
    #[serde(default)]
    pub reference: Option<Reference>,
}
