//! What of the past a window shows: the rows themselves where they are few and still there, else roll-ups, which
//! keep the extremes of every minute, hour and day. Either way a few thousand rows are read, whatever the window.

use crate::domain::LocoId;
use crate::domain::VerdictKind;
use crate::service::snapshot::{Bucket, Curve, Happening, Sample};
use crate::warehouse::{JudgedRollUp, Level, Reader, WarehouseError};

use super::Changes;
use super::pace::Pace;
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
    /// No silence up to this is a gap, by the pace of the newest readings.
    pub gap_ms: i64,
}

/// The window, reduced.
pub(super) struct Past {
    pub curves: [Curve; 4],
    pub probability: Curve,
    pub samples: Vec<Sample>,
    pub quality: Quality,
    /// A longer silence at the end of the window is a gap.
    pub end_gap_ms: i64,
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

    fn reducer(&self) -> Reducer {
        Reducer::new(self.from_ms, self.to_ms)
    }

    pub fn of_rows(&self) -> Result<Past, WarehouseError> {
        let until_ms = self.until_ms;
        let mut readings = Vec::new();
        self.reader
            .readings(self.loco, self.from_ms, until_ms, None, &mut |reading| {
                readings.push(*reading);
            })?;
        let mut channels: [Reducer; 4] = std::array::from_fn(|_| self.reducer());
        let mut samples: Vec<Sample> = Vec::new();
        let mut quality = Quality::new(self.from_ms, self.to_ms);
        let pace = Pace::of(readings.iter().map(|r| (r.at_ms, 1)), self.gap_ms);
        for (at, reading) in readings.iter().enumerate() {
            let gap_ms = pace.limit_before(at);
            for (i, reducer) in channels.iter_mut().enumerate() {
                reducer.push(reading.at_ms, reading.values[i], gap_ms);
            }
            quality.reading(reading.at_ms, gap_ms);
            if !reading.flags.is_empty() {
                quality.flagged(reading.at_ms, gap_ms);
            }
            sample(&mut samples, reading, self.from_ms, self.to_ms);
        }
        let mut said: Vec<(i64, f64)> = Vec::new();
        let mut changes = Changes::default();
        let mut at = 0;
        self.reader
            .judged(self.loco, self.from_ms, until_ms, &mut |j| {
                // The first to judge a reading was the model of that day.
                if changes.last_ms == Some(j.at_ms) {
                    return;
                }
                said.push((j.at_ms, j.probability));
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
        let mut probability = self.reducer();
        let said_pace = Pace::of(said.iter().map(|s| (s.0, 1)), self.gap_ms);
        for (at, (at_ms, p)) in said.into_iter().enumerate() {
            probability.push(at_ms, p, said_pace.limit_before(at));
        }
        Ok(Past {
            curves: channels.map(Reducer::finish),
            probability: probability.finish(),
            samples,
            quality,
            end_gap_ms: pace.limit_before(readings.len()),
            changes: changes.found,
        })
    }

    /// What is read at which level: the newest bucket is not whole yet, and of an hour or a day it would be drawn where
    /// it began, long before now; so its minutes are read.
    fn stretches(&self, level: Level) -> [(Level, i64, i64); 2] {
        let newest_ms = self.until_ms - self.until_ms.rem_euclid(level.ms());
        let newest_ms = newest_ms.max(self.from_ms);
        [
            (level, self.from_ms, newest_ms - 1),
            (Level::Minute, newest_ms, self.until_ms),
        ]
    }

    /// The crosshair still reads real rows: the newest of each bucket, where one is left.
    pub fn of_roll_ups(&self, level: Level) -> Result<Past, WarehouseError> {
        let least_ms = self.gap_ms.max(level.ms());
        let until_ms = self.until_ms;
        // A bucket is drawn at its start, and at most where the window begins.
        let mut buckets = Vec::new();
        let mut said: Vec<(i64, JudgedRollUp)> = Vec::new();
        for (level, from_ms, to_ms) in self.stretches(level) {
            if to_ms < from_ms {
                continue;
            }
            self.reader
                .roll_ups(self.loco, level, from_ms, to_ms, &mut |bucket| {
                    let end_ms = (bucket.start_ms + level.ms() - 1).min(until_ms);
                    buckets.push((bucket.start_ms.max(self.from_ms), end_ms, *bucket));
                })?;
            self.reader
                .judged_roll_ups(self.loco, level, from_ms, to_ms, &mut |bucket| {
                    said.push((bucket.start_ms.max(self.from_ms), *bucket));
                })?;
        }
        let mut channels: [Reducer; 4] = std::array::from_fn(|_| self.reducer());
        let mut quality = Quality::new(self.from_ms, self.to_ms);
        let mut means: Vec<Sample> = Vec::new();
        let pace = Pace::of(buckets.iter().map(|b| (b.0, b.2.readings)), least_ms);
        for (at, (at_ms, end_ms, bucket)) in buckets.iter().enumerate() {
            let (at_ms, gap_ms) = (*at_ms, pace.limit_before(at));
            for (i, reducer) in channels.iter_mut().enumerate() {
                reducer.push(at_ms, bucket.min[i], gap_ms);
                reducer.push(at_ms, bucket.max[i], gap_ms);
            }
            quality.reading(at_ms, gap_ms);
            quality.reading(*end_ms, i64::MAX);
            means.push(Sample {
                at_ms,
                values: bucket.mean(),
                mean: true,
                flags: crate::domain::Flags::NONE,
                judged: None,
                bucket: Bucket {
                    from_ms: at_ms,
                    to_ms: *end_ms,
                    readings: bucket.readings,
                    low: bucket.min,
                    high: bucket.max,
                    judged: None,
                },
            });
        }
        let mut probability = self.reducer();
        let mut changes = Changes::default();
        let said_pace = Pace::of(said.iter().map(|s| (s.0, s.1.judged)), least_ms);
        for (at, (at_ms, bucket)) in said.into_iter().enumerate() {
            let gap_ms = said_pace.limit_before(at);
            probability.push(at_ms, bucket.min, gap_ms);
            probability.push(at_ms, bucket.max, gap_ms);
            changes.push(at_ms, bucket.verdict());
            if let Ok(i) = means.binary_search_by_key(&at_ms, |mean| mean.at_ms) {
                means[i].bucket.judged = Some((bucket.min, bucket.max, bucket.verdict()));
            }
        }
        let step_ms = (self.to_ms - self.from_ms) / BUCKETS;
        for at_ms in self
            .reader
            .flagged_times(self.loco, self.from_ms, until_ms, step_ms)?
        {
            quality.flagged(at_ms, least_ms.max(2 * step_ms));
        }
        Ok(Past {
            curves: channels.map(Reducer::finish),
            probability: probability.finish(),
            samples: self.samples(&means)?,
            quality,
            end_gap_ms: pace.limit_before(buckets.len()),
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
