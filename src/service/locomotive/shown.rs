//! What of the past a window shows: the rows themselves where they are few and still there, else roll-ups, which
//! keep the extremes of every minute, hour and day. Either way a few thousand rows are read, whatever the window.

use crate::domain::LocoId;
use crate::domain::VerdictKind;
use crate::service::snapshot::{Bucket, Curve, Happening, Sample};
use crate::warehouse::{Level, Reader, WarehouseError};

use super::Changes;
use super::quality::Quality;
use super::reduce::{BUCKETS, Reducer, sample};

/// Rows read as they are at most: about twenty milliseconds.
const MOST_ROWS: u64 = 15_000;
/// Roll-ups that make a curve at least: half as many as there are buckets.
const FEWEST_ROLL_UPS: i64 = 500;

/// A window of one locomotive.
pub(super) struct Shown<'a> {
    pub reader: &'a Reader,
    pub loco: &'a LocoId,
    pub from_ms: i64,
    pub to_ms: i64,
    /// Nothing after this is shown.
    pub until_ms: i64,
    pub gap_ms: i64,
}

/// The window, reduced.
pub(super) struct Past {
    pub curves: [Curve; 4],
    pub probability: Curve,
    pub samples: Vec<Sample>,
    pub quality: Quality,
    pub changes: Vec<Happening>,
}

impl Shown<'_> {
    /// `None`: the rows themselves.
    pub fn level(&self) -> Result<Option<Level>, WarehouseError> {
        let rows = self
            .reader
            .about_how_many(self.loco, self.from_ms, self.until_ms)?;
        let pruned_to = self.reader.pruned_to(self.loco)?;
        let whole = pruned_to.is_none_or(|to_ms| to_ms < self.from_ms);
        if rows <= MOST_ROWS && whole {
            return Ok(None);
        }
        let span_ms = self.to_ms - self.from_ms;
        let enough = |level: &Level| span_ms / level.ms() >= FEWEST_ROLL_UPS;
        let coarsest = [Level::Day, Level::Hour].into_iter().find(enough);
        Ok(Some(coarsest.unwrap_or(Level::Minute)))
    }

    /// Refused rows this close are drawn as one.
    pub const fn refused_step_ms(&self) -> i64 {
        (self.to_ms - self.from_ms) / BUCKETS
    }

    fn reducer(&self, gap_ms: i64) -> Reducer {
        Reducer::new(self.from_ms, self.to_ms, gap_ms)
    }

    pub fn of_rows(&self) -> Result<Past, WarehouseError> {
        let mut channels: [Reducer; 4] = std::array::from_fn(|_| self.reducer(self.gap_ms));
        let mut samples: Vec<Sample> = Vec::new();
        let mut quality = Quality::new(self.from_ms, self.to_ms, self.gap_ms);
        let until_ms = self.until_ms;
        self.reader
            .readings(self.loco, self.from_ms, until_ms, None, &mut |reading| {
                for (i, reducer) in channels.iter_mut().enumerate() {
                    reducer.push(reading.at_ms, reading.values[i]);
                }
                quality.reading(reading.at_ms);
                if !reading.flags.is_empty() {
                    quality.flagged(reading.at_ms, self.gap_ms);
                }
                sample(&mut samples, reading, self.from_ms, self.to_ms);
            })?;
        let mut probability = self.reducer(self.gap_ms);
        let mut changes = Changes::default();
        let mut at = 0;
        self.reader
            .judged(self.loco, self.from_ms, until_ms, &mut |j| {
                // The first to judge a reading was the model of that day.
                if changes.last_ms == Some(j.at_ms) {
                    return;
                }
                probability.push(j.at_ms, j.probability);
                changes.push(j.at_ms, j.verdict);
                // Both come in time order.
                while samples.get(at).is_some_and(|s| s.bucket.to_ms < j.at_ms) {
                    at += 1;
                }
                if let Some(sample) = samples.get_mut(at).filter(|s| s.bucket.from_ms <= j.at_ms) {
                    let said = (j.probability, j.probability, j.verdict);
                    sample.bucket.judged = worst(sample.bucket.judged, said);
                    if sample.at_ms == j.at_ms {
                        sample.judged = Some((j.probability, j.verdict, j.model));
                    }
                }
            })?;
        Ok(Past {
            curves: channels.map(Reducer::finish),
            probability: probability.finish(),
            samples,
            quality,
            changes: changes.found,
        })
    }

    /// The crosshair still reads real rows: the newest of each bucket, where one is left.
    pub fn of_roll_ups(&self, level: Level) -> Result<Past, WarehouseError> {
        let gap_ms = self.gap_ms.max(level.ms());
        let mut channels: [Reducer; 4] = std::array::from_fn(|_| self.reducer(gap_ms));
        let mut quality = Quality::new(self.from_ms, self.to_ms, gap_ms);
        let mut means: Vec<Sample> = Vec::new();
        let until_ms = self.until_ms;
        self.reader
            .roll_ups(self.loco, level, self.from_ms, until_ms, &mut |bucket| {
                // A bucket is drawn at its start, and at most where the window begins.
                let at_ms = bucket.start_ms.max(self.from_ms);
                for (i, reducer) in channels.iter_mut().enumerate() {
                    reducer.push(at_ms, bucket.min[i]);
                    reducer.push(at_ms, bucket.max[i]);
                }
                quality.reading(at_ms);
                quality.reading((bucket.start_ms + level.ms() - 1).min(until_ms));
                means.push(Sample {
                    at_ms,
                    values: bucket.mean(),
                    mean: true,
                    flags: crate::domain::Flags::NONE,
                    judged: None,
                    bucket: Bucket {
                        from_ms: at_ms,
                        to_ms: (bucket.start_ms + level.ms() - 1).min(until_ms),
                        readings: bucket.readings,
                        low: bucket.min,
                        high: bucket.max,
                        judged: None,
                    },
                });
            })?;
        let mut probability = self.reducer(gap_ms);
        let mut changes = Changes::default();
        self.reader
            .judged_roll_ups(self.loco, level, self.from_ms, until_ms, &mut |bucket| {
                let at_ms = bucket.start_ms.max(self.from_ms);
                probability.push(at_ms, bucket.min);
                probability.push(at_ms, bucket.max);
                changes.push(at_ms, bucket.verdict());
                if let Ok(i) = means.binary_search_by_key(&at_ms, |mean| mean.at_ms) {
                    means[i].bucket.judged = Some((bucket.min, bucket.max, bucket.verdict()));
                }
            })?;
        let step_ms = (self.to_ms - self.from_ms) / BUCKETS;
        for at_ms in self
            .reader
            .flagged_times(self.loco, self.from_ms, until_ms, step_ms)?
        {
            quality.flagged(at_ms, gap_ms.max(2 * step_ms));
        }
        Ok(Past {
            curves: channels.map(Reducer::finish),
            probability: probability.finish(),
            samples: self.samples(&means)?,
            quality,
            changes: changes.found,
        })
    }

    /// One real reading a bucket; where raw rows were pruned, the mean of the roll-up.
    fn samples(&self, means: &[Sample]) -> Result<Vec<Sample>, WarehouseError> {
        let pruned_to_ms = self.reader.pruned_to(self.loco)?.unwrap_or(i64::MIN);
        let pruned = means.partition_point(|mean| mean.at_ms <= pruned_to_ms);
        let mut samples: Vec<Sample> = means[..pruned].to_vec();
        let step_ms = ((self.to_ms - self.from_ms) / BUCKETS).max(1);
        let first = (pruned_to_ms.max(self.from_ms - 1) + 1 - self.from_ms) / step_ms;
        let spans = (first..=BUCKETS)
            .map(|i| self.from_ms + i * step_ms)
            .take_while(|start| *start <= self.until_ms)
            .map(|start| (start, (start + step_ms - 1).min(self.until_ms)));
        self.reader
            .last_of_each(self.loco, spans, &mut |reading, judged| {
                let i = (reading.at_ms - self.from_ms) / step_ms;
                let from_ms = self.from_ms + i * step_ms;
                samples.push(Sample {
                    at_ms: reading.at_ms,
                    values: reading.values,
                    mean: false,
                    flags: reading.flags,
                    judged: judged.map(|j| (j.probability, j.verdict, j.model)),
                    bucket: around(means, from_ms, from_ms + step_ms - 1)
                        .unwrap_or_else(|| Bucket::of_one(reading.at_ms, reading.values)),
                });
            })?;
        Ok(samples)
    }
}

/// All roll-ups that touch a stretch, as one.
fn around(rolled: &[Sample], from_ms: i64, to_ms: i64) -> Option<Bucket> {
    let first = rolled.partition_point(|s| s.bucket.to_ms < from_ms);
    rolled[first..]
        .iter()
        .map(|s| s.bucket)
        .take_while(|b| b.from_ms <= to_ms)
        .reduce(|all, next| all.and(&next))
}

type Said = (f64, f64, VerdictKind);

/// Verdicts are ordered worst first.
fn worst(before: Option<Said>, said: Said) -> Option<Said> {
    let (low, high, verdict) = said;
    Some(before.map_or(said, |b| (b.0.min(low), b.1.max(high), b.2.min(verdict))))
}
