//! One locomotive's past, reduced to what a page can draw: minimum and maximum of every bucket are kept,
//! so that a spike of one row shows at every zoom, and memory does not grow with the window.

use crate::domain::features::Normal;
use crate::domain::{Channel, Reading};
use crate::warehouse::{Judged, LatestReading, Reader, WarehouseError};

use super::snapshot::{
    Curve, Happening, HappeningKind, LocomotiveView, QualityKind, QualitySpan, Sample, TimeWindow,
};

/// Buckets a window: two points each are about as many as there are pixels.
const BUCKETS: i64 = 1000;
/// A silence of this many sampling periods is a gap.
const GAP_PERIODS: i64 = 5;
/// Deviations of the machine's own normal that make its band.
const BAND_DEVIATIONS: f64 = 4.0;

/// What a view is made of.
pub struct Request<'a> {
    pub reader: &'a Reader,
    pub newest: &'a LatestReading,
    pub window: TimeWindow,
    /// "Now" for this locomotive, UTC milliseconds: nothing after it is shown.
    pub now_ms: i64,
    pub threshold: Option<f64>,
    pub normal: Option<Normal>,
}

impl Request<'_> {
    /// Reads and reduces the window.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn view(&self) -> Result<LocomotiveView, WarehouseError> {
        let loco = &self.newest.loco;
        let (from_ms, to_ms) = self.span();
        let gap_ms = self.newest.period_ms.unwrap_or(60_000).max(1) * GAP_PERIODS;
        let mut channels: [Reducer; 4] =
            std::array::from_fn(|_| Reducer::new(from_ms, to_ms, gap_ms));
        let mut samples: Vec<Sample> = Vec::new();
        let mut quality = Quality::new(from_ms, to_ms, gap_ms);
        let to_shown_ms = to_ms.min(self.now_ms);
        self.reader
            .readings(loco, from_ms, to_shown_ms, None, &mut |reading| {
                for (i, reducer) in channels.iter_mut().enumerate() {
                    reducer.push(reading.at_ms, reading.values[i]);
                }
                quality.reading(reading);
                sample(&mut samples, reading, from_ms, to_ms);
            })?;
        let mut probability = Reducer::new(from_ms, to_ms, gap_ms);
        let mut changes = Changes::default();
        self.reader.judged(loco, from_ms, to_shown_ms, &mut |j| {
            // The first to judge a reading was the model of that day.
            if changes.last_ms == Some(j.at_ms) {
                return;
            }
            probability.push(j.at_ms, j.probability);
            changes.push(j);
            if let Ok(i) = samples.binary_search_by_key(&j.at_ms, |s| s.at_ms) {
                samples[i].judged = Some((j.probability, j.verdict, j.model));
            }
        })?;
        let refused = self.reader.refused_times(loco, from_ms, to_shown_ms)?;
        let happenings = self.happenings(from_ms, to_shown_ms, changes.found, refused.len())?;
        Ok(LocomotiveView {
            loco: loco.clone(),
            window: self.window,
            from_ms,
            to_ms,
            curves: channels.map(Reducer::finish),
            probability: probability.finish(),
            threshold: self.threshold,
            bands: Channel::ALL.map(|c| {
                self.normal.as_ref().map(|n| {
                    let reach = BAND_DEVIATIONS * n.deviation[c.index()];
                    (n.mean[c.index()] - reach, n.mean[c.index()] + reach)
                })
            }),
            samples,
            quality: quality.finish(self.now_ms, &refused),
            happenings,
        })
    }

    fn span(&self) -> (i64, i64) {
        let (from_ms, to_ms) = match self.window {
            TimeWindow::Last(ms) => (self.now_ms - ms, self.now_ms),
            TimeWindow::Between(from, to) => (from, to),
            TimeWindow::All => (self.newest.first_ms, self.now_ms),
        };
        let from_ms = from_ms.max(0);
        (from_ms, to_ms.max(from_ms + 1000))
    }

    fn happenings(
        &self,
        from_ms: i64,
        to_ms: i64,
        changes: Vec<Happening>,
        refused: usize,
    ) -> Result<Vec<Happening>, WarehouseError> {
        let mut all = changes;
        for event in self.reader.events(&self.newest.loco)? {
            all.push(Happening {
                at_ms: event.at_ms,
                what: HappeningKind::Workshop {
                    kind: event.kind,
                    component: event.component,
                },
            });
        }
        for (version, at_ms) in self.reader.promotions()? {
            all.push(Happening {
                at_ms,
                what: HappeningKind::ModelInService { version },
            });
        }
        if refused > 0 {
            all.push(Happening {
                at_ms: to_ms,
                what: HappeningKind::Quarantined {
                    rows: refused as u64,
                },
            });
        }
        all.retain(|h| (from_ms..=to_ms).contains(&h.at_ms));
        all.sort_by_key(|h| std::cmp::Reverse(h.at_ms));
        Ok(all)
    }
}

fn bucket(at_ms: i64, from_ms: i64, to_ms: i64) -> i64 {
    // i128: a window of centuries times a thousand buckets.
    let share = i128::from(at_ms - from_ms) * i128::from(BUCKETS);
    i64::try_from(share / i128::from((to_ms - from_ms).max(1))).unwrap_or(i64::MAX)
}

/// One sample a bucket: its newest reading, unless an earlier one is strange and it is not.
fn sample(samples: &mut Vec<Sample>, reading: &Reading, from_ms: i64, to_ms: i64) {
    let new = Sample {
        at_ms: reading.at_ms,
        values: reading.values,
        flags: reading.flags,
        judged: None,
    };
    match samples.last_mut() {
        Some(last) if bucket(last.at_ms, from_ms, to_ms) == bucket(new.at_ms, from_ms, to_ms) => {
            if last.flags.is_empty() || !new.flags.is_empty() {
                *last = new;
            }
        }
        _ => samples.push(new),
    }
}

/// Minimum and maximum a bucket, in time order, split at gaps.
struct Reducer {
    from_ms: i64,
    to_ms: i64,
    gap_ms: i64,
    curve: Curve,
    current: Option<Extremes>,
    last_ms: Option<i64>,
}

#[derive(Clone, Copy)]
struct Extremes {
    bucket: i64,
    low: (i64, f64),
    high: (i64, f64),
}

impl Reducer {
    fn new(from_ms: i64, to_ms: i64, gap_ms: i64) -> Self {
        Self {
            from_ms,
            to_ms,
            gap_ms,
            curve: vec![Vec::new()],
            current: None,
            last_ms: None,
        }
    }

    fn push(&mut self, at_ms: i64, value: f64) {
        let bucket = bucket(at_ms, self.from_ms, self.to_ms);
        let gap = self.last_ms.is_some_and(|last| at_ms - last > self.gap_ms);
        self.last_ms = Some(at_ms);
        match &mut self.current {
            Some(now) if now.bucket == bucket && !gap => {
                if value < now.low.1 {
                    now.low = (at_ms, value);
                }
                if value > now.high.1 {
                    now.high = (at_ms, value);
                }
            }
            _ => {
                self.close();
                if gap {
                    self.curve.push(Vec::new());
                }
                self.current = Some(Extremes {
                    bucket,
                    low: (at_ms, value),
                    high: (at_ms, value),
                });
            }
        }
    }

    fn close(&mut self) {
        let (Some(done), Some(stretch)) = (self.current.take(), self.curve.last_mut()) else {
            return;
        };
        let point = |(at_ms, value): (i64, f64)| [at_ms as f64 / 1000.0, value];
        let (first, second) = if done.low.0 <= done.high.0 {
            (done.low, done.high)
        } else {
            (done.high, done.low)
        };
        stretch.push(point(first));
        if first != second {
            stretch.push(point(second));
        }
    }

    fn finish(mut self) -> Curve {
        self.close();
        self.curve.retain(|stretch| !stretch.is_empty());
        self.curve
    }
}

/// The stretches of the quality lane.
struct Quality {
    from_ms: i64,
    to_ms: i64,
    gap_ms: i64,
    last_ms: Option<i64>,
    spans: Vec<QualitySpan>,
}

impl Quality {
    const fn new(from_ms: i64, to_ms: i64, gap_ms: i64) -> Self {
        Self {
            from_ms,
            to_ms,
            gap_ms,
            last_ms: None,
            spans: Vec::new(),
        }
    }

    /// Appends a stretch, or lengthens the last one of its kind that it touches.
    fn add(&mut self, from_ms: i64, to_ms: i64, kind: QualityKind, reach_ms: i64) {
        let last = self.spans.iter_mut().rev().find(|s| s.kind == kind);
        match last {
            Some(last) if from_ms - last.to_ms <= reach_ms => last.to_ms = to_ms,
            _ => self.spans.push(QualitySpan {
                from_ms,
                to_ms,
                kind,
            }),
        }
    }

    fn reading(&mut self, reading: &Reading) {
        let before = self.last_ms.unwrap_or(self.from_ms);
        if reading.at_ms - before > self.gap_ms {
            self.add(before, reading.at_ms, QualityKind::Gap, 0);
        }
        if !reading.flags.is_empty() {
            self.add(
                reading.at_ms,
                reading.at_ms,
                QualityKind::Flagged,
                self.gap_ms,
            );
        }
        self.last_ms = Some(reading.at_ms);
    }

    fn finish(mut self, now_ms: i64, refused: &[i64]) -> Vec<QualitySpan> {
        let end_ms = self.to_ms.min(now_ms);
        let last_ms = self.last_ms.unwrap_or(self.from_ms);
        if end_ms - last_ms > self.gap_ms {
            self.add(last_ms, end_ms, QualityKind::Gap, 0);
        }
        // Refused rows a few pixels apart are drawn as one stretch.
        let near_ms = ((self.to_ms - self.from_ms) / 200).max(1);
        for &at_ms in refused {
            self.add(at_ms, at_ms, QualityKind::Quarantined, near_ms);
        }
        self.spans
    }
}

/// Where the verdict changed.
#[derive(Default)]
struct Changes {
    last: Option<crate::domain::VerdictKind>,
    last_ms: Option<i64>,
    found: Vec<Happening>,
}

impl Changes {
    fn push(&mut self, judged: &Judged) {
        if let Some(from) = self.last
            && from != judged.verdict
        {
            self.found.push(Happening {
                at_ms: judged.at_ms,
                what: HappeningKind::VerdictChange {
                    from,
                    to: judged.verdict,
                },
            });
        }
        self.last = Some(judged.verdict);
        self.last_ms = Some(judged.at_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_of_one_row_survives_any_zoom() {
        let mut reducer = Reducer::new(0, 1_000_000_000, 5000);
        for i in 0..1_000_000_i64 {
            let value = if i == 777_777 { 99.0 } else { (i % 7) as f64 };
            reducer.push(i * 1000, value);
        }
        let curve = reducer.finish();
        let points: Vec<_> = curve.iter().flatten().collect();
        assert_eq!(curve.len(), 1);
        assert!(points.len() <= 2 * BUCKETS as usize + 2, "{}", points.len());
        assert!(points.iter().any(|p| p[1] == 99.0 && p[0] == 777_777.0));
        assert!(points.windows(2).all(|w| w[0][0] <= w[1][0]));
    }

    #[test]
    fn a_gap_splits_the_curve_and_shows_in_the_lane() {
        let mut reducer = Reducer::new(0, 100_000, 5000);
        let mut quality = Quality::new(0, 100_000, 5000);
        for second in (0..20).chain(60..80) {
            let reading = Reading {
                at_ms: second * 1000,
                values: [1.0; 4],
                label: None,
                flags: crate::domain::Flags(u16::from(second == 70)),
            };
            reducer.push(reading.at_ms, 1.0);
            quality.reading(&reading);
        }
        assert_eq!(reducer.finish().len(), 2);
        let spans = quality.finish(100_000, &[30_000, 30_100, 90_000]);
        let of = |kind| {
            spans
                .iter()
                .filter(|s| s.kind == kind)
                .map(|s| (s.from_ms, s.to_ms))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(QualityKind::Gap), [(19_000, 60_000), (79_000, 100_000)]);
        assert_eq!(of(QualityKind::Flagged), [(70_000, 70_000)]);
        assert_eq!(
            of(QualityKind::Quarantined),
            [(30_000, 30_100), (90_000, 90_000)]
        );
    }
}
