//! Whether a batch of readings looks poisoned, judged by the machine's own history: a jump, values at the limits, a block
//! that was there before, labels turned round. Pure rules; the thresholds are deliberately high, because a real fault
//! looks like a jump too. What comes as a ramp is no jump: there the drift of the breaker watches. A batch that is held is
//! fenced, not hidden: see `warehouse::holds`.

mod gathered;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use gathered::{Gathered, Mark, Row, WINDOW};

use super::alarm::Act;
use super::reading::{Channel, ChannelValues, LocoId};

/// Readings that must be known of a machine before a batch of it is judged.
pub const HISTORY_ROWS: u64 = 400;
/// Readings that a batch must have to be judged.
pub const BATCH_ROWS: u64 = 30;

/// A batch whose median is so many of its own MADs away has jumped.
const JUMP_MADS: f64 = 10.0;
/// Share of the batch that must be half that far away, on the same side.
const PERSISTS: f64 = 0.6;
/// A jump covers this share of the distance from one block of readings to the next; a ramp takes its time.
const STEP: f64 = 0.5;
/// Blocks that a batch is cut into, and readings of each at least.
const BLOCKS: usize = 24;
const BLOCK_ROWS: usize = 5;
/// A MAD is never taken to be smaller than this share of the median, and of what the Simulator's slider spans: else a
/// quiet channel would jump at every step.
const LEAST_OF_MEDIAN: f64 = 0.02;
const LEAST_OF_SPAN: f64 = 0.01;
/// Shares of the history that a batch must lie beyond.
const SELDOM: f64 = 0.005;
/// Readings at a limit: this share of the batch, and so much more than the history's share.
const AT_LIMITS: f64 = 0.2;
const AT_LIMITS_TIMES: f64 = 5.0;
/// Marks of one batch that must be known from before: a block of about 90 readings or more.
const MARKS_KNOWN: usize = 3;
/// A history that repeats itself in more than this share says nothing by repeating itself again.
const REPEATS: f64 = 0.05;
/// Labels agree with the departure from normal from here on, and contradict it up to there (area under the ROC curve).
const AGREES: f64 = 0.7;
const CONTRADICTS: f64 = 0.3;
/// Labels of each kind that such an area needs.
const LABELS: usize = 10;
/// Positive labels: this share of the batch, and so many times the history's share.
const POSITIVES: f64 = 0.3;
const POSITIVES_TIMES: f64 = 5.0;

/// Why a batch is held, without its figures; the names are those of the `held_batches` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    Jump,
    AtLimits,
    Replayed,
    LabelsFlipped,
}

impl HoldReason {
    pub const ALL: [Self; 4] = [
        Self::Jump,
        Self::AtLimits,
        Self::Replayed,
        Self::LabelsFlipped,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Jump => "jump",
            Self::AtLimits => "at_limits",
            Self::Replayed => "replayed",
            Self::LabelsFlipped => "labels_flipped",
        }
    }
}

/// What was found in a batch, with its figures; values in the channel's unit, shares 0–1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Suspicion {
    Jump {
        channel: Channel,
        median: f64,
        own_median: f64,
        own_mad: f64,
        /// How far apart the medians are, and from where on that is a jump.
        mads: f64,
        limit: f64,
    },
    AtLimits {
        channel: Channel,
        share: f64,
        own_share: f64,
    },
    Replayed {
        /// About how many readings of the batch.
        rows: u64,
        /// Whose readings they were before, and the instant of the first of them (UTC milliseconds).
        loco: LocoId,
        earlier_ms: i64,
    },
    LabelsFlipped {
        /// How well labels agree with the departure from normal (area under the ROC curve): before, and in the batch.
        own_auc: Option<f64>,
        auc: Option<f64>,
        /// Share of positive labels: before, and in the batch.
        own_share: f64,
        share: f64,
    },
}

impl Suspicion {
    #[must_use]
    pub const fn reason(&self) -> HoldReason {
        match self {
            Self::Jump { .. } => HoldReason::Jump,
            Self::AtLimits { .. } => HoldReason::AtLimits,
            Self::Replayed { .. } => HoldReason::Replayed,
            Self::LabelsFlipped { .. } => HoldReason::LabelsFlipped,
        }
    }
}

/// A batch that is held, or was.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub hold: i64,
    pub run: i64,
    pub loco: LocoId,
    /// Of the data, UTC milliseconds, both included.
    pub from_ms: i64,
    pub to_ms: i64,
    pub rows: u64,
    pub reason: HoldReason,
    /// Everything that was found; the first is the reason.
    pub found: Vec<Suspicion>,
    /// The computer's clock, UTC milliseconds.
    pub held_ms: i64,
    /// Who released it, when and why.
    pub released: Option<Act>,
}

impl Held {
    /// Whether a reading of its locomotive is fenced by it.
    #[must_use]
    pub fn fences(&self, loco: &LocoId, at_ms: i64) -> bool {
        self.released.is_none()
            && self.loco == *loco
            && (self.from_ms..=self.to_ms).contains(&at_ms)
    }
}

/// Where windows of readings were seen before: locomotive and instant.
#[derive(Debug, Default)]
pub struct Known {
    marks: HashMap<u64, (LocoId, i64)>,
}

impl Known {
    /// Adds what was gathered of a locomotive; what is known already stays.
    pub fn add(&mut self, loco: &LocoId, gathered: &Gathered) {
        for mark in gathered.marks() {
            self.marks
                .entry(mark.hash)
                .or_insert_with(|| (loco.clone(), mark.at_ms));
        }
    }
}

/// Everything suspicious about `batch`, by the machine's `own` history and the blocks `known` of the fleet.
#[must_use]
pub fn judge(own: &Gathered, batch: &Gathered, known: &Known, loco: &LocoId) -> Vec<Suspicion> {
    if own.rows < HISTORY_ROWS || batch.rows < BATCH_ROWS {
        return Vec::new();
    }
    let normal: [Normal; 4] = std::array::from_fn(|c| Normal::of(own, Channel::ALL[c]));
    let mut found: Vec<Suspicion> = Vec::new();
    for (channel, normal) in Channel::ALL.into_iter().zip(&normal) {
        found.extend(jump(own, batch, channel, normal));
    }
    found.sort_by(|a, b| mads(b).total_cmp(&mads(a)));
    found.extend(Channel::ALL.into_iter().filter_map(|channel| {
        let (share, own_share) = (
            batch.at_limits(channel.index()),
            own.at_limits(channel.index()),
        );
        (share >= AT_LIMITS && share >= AT_LIMITS_TIMES * own_share).then_some(
            Suspicion::AtLimits {
                channel,
                share,
                own_share,
            },
        )
    }));
    found.extend(replayed(own, batch, known, loco));
    found.extend(labels(own, batch, &normal));
    found
}

const fn mads(suspicion: &Suspicion) -> f64 {
    match suspicion {
        Suspicion::Jump { mads, .. } => *mads,
        _ => 0.0,
    }
}

/// What is normal of a channel, robustly.
struct Normal {
    median: f64,
    /// Median absolute deviation, never too small.
    mad: f64,
    /// All but the most seldom values lie between.
    low: f64,
    high: f64,
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

impl Normal {
    fn of(own: &Gathered, channel: Channel) -> Self {
        let sorted = own.sorted(channel.index());
        let median = at(&sorted, 0.5);
        let mut away: Vec<f64> = sorted.iter().map(|v| (v - median).abs()).collect();
        away.sort_by(f64::total_cmp);
        let (low, high) = channel.slider_range();
        let least = (LEAST_OF_MEDIAN * median.abs()).max(LEAST_OF_SPAN * (high - low));
        Self {
            median,
            mad: at(&away, 0.5).max(least),
            low: at(&sorted, SELDOM),
            high: at(&sorted, 1.0 - SELDOM),
        }
    }

    fn mads(&self, value: f64) -> f64 {
        (value - self.median) / self.mad
    }
}

fn jump(own: &Gathered, batch: &Gathered, channel: Channel, normal: &Normal) -> Option<Suspicion> {
    let c = channel.index();
    let sorted = batch.sorted(c);
    let median = at(&sorted, 0.5);
    let away = normal.mads(median);
    let seen_before = (normal.low..=normal.high).contains(&median);
    // A NaN median compares false, and is no jump.
    let far = away.abs() >= JUMP_MADS;
    if !far || seen_before {
        return None;
    }
    let beyond = sorted
        .iter()
        .filter(|v| normal.mads(**v) / away * away.abs() >= JUMP_MADS / 2.0)
        .count();
    let persists = beyond as f64 >= PERSISTS * sorted.len() as f64;
    // From where the machine was before this batch, block by block.
    let rows = (batch.sample().len() / BLOCKS).max(BLOCK_ROWS);
    let mut before = normal.mads(own.tail(c)?) / away;
    let steps = batch.sample().chunks(rows).map(|block| {
        let mut values: Vec<f64> = block.iter().map(|row| row.values[c]).collect();
        values.sort_by(f64::total_cmp);
        let now = normal.mads(at(&values, 0.5)) / away;
        now - std::mem::replace(&mut before, now)
    });
    let step = steps.fold(f64::NEG_INFINITY, f64::max);
    (persists && step >= STEP).then_some(Suspicion::Jump {
        channel,
        median,
        own_median: normal.median,
        own_mad: normal.mad,
        mads: away.abs(),
        limit: JUMP_MADS,
    })
}

fn replayed(own: &Gathered, batch: &Gathered, known: &Known, loco: &LocoId) -> Option<Suspicion> {
    let mut seen: HashMap<u64, i64> = HashMap::new();
    let again = own
        .marks()
        .iter()
        .filter(|mark| seen.insert(mark.hash, mark.at_ms).is_some())
        .count();
    if again as f64 > REPEATS * own.marks().len() as f64 {
        return None;
    }
    let mut earlier: HashMap<u64, i64> = HashMap::new();
    let mut first: Option<(LocoId, i64)> = None;
    let mut matched = 0;
    for mark in batch.marks() {
        let own_before = seen.get(&mark.hash).or_else(|| earlier.get(&mark.hash));
        let before = match own_before {
            Some(at_ms) => Some((loco.clone(), *at_ms)),
            None => known.marks.get(&mark.hash).cloned(),
        };
        earlier.entry(mark.hash).or_insert(mark.at_ms);
        if let Some(before) = before {
            matched += 1;
            first.get_or_insert(before);
        }
    }
    let (loco, earlier_ms) = first.filter(|_| matched >= MARKS_KNOWN)?;
    Some(Suspicion::Replayed {
        rows: (matched as u64 * batch.rows_a_mark() + WINDOW as u64).min(batch.rows),
        loco,
        earlier_ms,
    })
}

/// How far a reading is from what is normal, in the channel that is farthest.
fn departure(values: &ChannelValues, normal: &[Normal; 4]) -> f64 {
    let away = values.iter().zip(normal).map(|(v, n)| n.mads(*v).abs());
    away.fold(0.0, f64::max)
}

/// The departures of labelled readings, those of each label ascending.
struct Labelled {
    negative: Vec<f64>,
    positive: Vec<f64>,
}

impl Labelled {
    fn of(gathered: &Gathered, normal: &[Normal; 4]) -> Self {
        let mut all = Self {
            negative: Vec::new(),
            positive: Vec::new(),
        };
        for row in gathered.sample() {
            let departure = departure(&row.values, normal);
            match row.label {
                Some(true) => all.positive.push(departure),
                Some(false) => all.negative.push(departure),
                None => {}
            }
        }
        all.negative.sort_by(f64::total_cmp);
        all.positive.sort_by(f64::total_cmp);
        all
    }

    const fn count(&self) -> usize {
        self.negative.len() + self.positive.len()
    }

    fn share(&self) -> f64 {
        self.positive.len() as f64 / self.count().max(1) as f64
    }

    /// Area under the ROC curve: how often a positive departs further than a negative.
    fn auc(&self) -> Option<f64> {
        let (n, p) = (self.negative.len(), self.positive.len());
        if n < LABELS || p < LABELS {
            return None;
        }
        let wins: f64 = self
            .positive
            .iter()
            .map(|d| {
                let below = self.negative.partition_point(|other| other < d);
                let up_to = self.negative.partition_point(|other| other <= d);
                f64::midpoint(below as f64, up_to as f64)
            })
            .sum();
        Some(wins / (n as f64 * p as f64))
    }
}

fn labels(own: &Gathered, batch: &Gathered, normal: &[Normal; 4]) -> Option<Suspicion> {
    let (before, now) = (Labelled::of(own, normal), Labelled::of(batch, normal));
    let (own_auc, auc) = (before.auc(), now.auc());
    let turned = own_auc.is_some_and(|auc| auc >= AGREES) && auc.is_some_and(|a| a <= CONTRADICTS);
    let (own_share, share) = (before.share(), now.share());
    let enough = before.count() as u64 >= HISTORY_ROWS / 2 && now.count() >= 2 * LABELS;
    let exploded = enough && share > POSITIVES && share > POSITIVES_TIMES * own_share;
    // Where the readings depart as well, the labels tell of a fault and not of somebody's hand.
    let ordinary = || at(&now.positive, 0.5) <= at(&before.negative, 0.9);
    (turned || (exploded && ordinary())).then_some(Suspicion::LabelsFlipped {
        own_auc,
        auc,
        own_share,
        share,
    })
}
