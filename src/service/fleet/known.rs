//! What is known of one locomotive at an instant, and its last day: read once, then only what is newer.

use std::collections::VecDeque;

use crate::domain::features::Normal;
use crate::domain::ports::ALWAYS;
use crate::domain::{MaintenanceRecord, VerdictKind};
use crate::warehouse::{Judged, JudgedRollUp, LatestReading, Level, Reader, WarehouseError};

use super::super::notes;
use super::super::snapshot::{Explanation, Happening, HappeningKind, TrendPoint};
use super::DAY_MS;

const TREND_POINTS: i64 = 48;
/// A day of more predictions than this is read from the roll-ups of its minutes, but for its last hour.
const DENSE_ROWS: u64 = 5_000;
const HOUR_MS: i64 = 3_600_000;

/// What the row of a locomotive is made of.
pub(super) struct Known {
    pub newest: LatestReading,
    /// The prediction of its newest judged reading.
    pub judged: Option<Judged>,
    /// The newest instant whose row was refused for what it says.
    pub refused_ms: Option<i64>,
    /// In time order.
    pub events: Vec<MaintenanceRecord>,
    /// Notes, newest moment first.
    pub notes: Vec<Happening>,
    pub recent: Recent,
    pub explained: Option<(Explanation, Normal)>,
}

impl Known {
    /// Reads it as it was at `horizon_ms`, where "now" was `now_ms`; without its explanation.
    pub fn read(
        reader: &Reader,
        newest: LatestReading,
        now_ms: i64,
        horizon_ms: i64,
    ) -> Result<Self, WarehouseError> {
        let loco = newest.loco.clone();
        let mut recent = Recent::default();
        let mut from_ms = now_ms - DAY_MS;
        if reader.about_how_many(&loco, from_ms, now_ms)? > DENSE_ROWS {
            let hour_ms = (now_ms - HOUR_MS).div_euclid(HOUR_MS) * HOUR_MS;
            let minutes = &mut |minute: &JudgedRollUp| {
                recent.note(minute.start_ms, minute.max, minute.verdict());
            };
            reader.judged_roll_ups(&loco, Level::Minute, from_ms, hour_ms - 1, minutes)?;
            from_ms = hour_ms;
        }
        reader.judged(&loco, from_ms, horizon_ms.max(now_ms), &mut |j| {
            recent.push(j);
        })?;
        Ok(Self {
            judged: reader.latest_judged(&loco, horizon_ms)?,
            refused_ms: reader.newest_refused(&loco)?,
            events: reader.events(&loco)?,
            notes: notes::standing(reader, &loco, ALWAYS, &[])?,
            recent,
            newest,
            explained: None,
        })
    }
}

/// Probabilities of about a day, thinned by their highest, and the changes of verdict among them.
#[derive(Default)]
pub(super) struct Recent {
    points: VecDeque<TrendPoint>,
    changes: VecDeque<Happening>,
    before: Option<VerdictKind>,
    last_ms: Option<i64>,
}

const fn bucket(at_ms: i64) -> i64 {
    at_ms / (DAY_MS / TREND_POINTS)
}

impl Recent {
    /// Takes the next prediction in time order.
    pub fn push(&mut self, judged: &Judged) {
        self.note(judged.at_ms, judged.probability, judged.verdict);
    }

    /// Takes what was said at an instant, or at most within the minute that begins there.
    fn note(&mut self, at_ms: i64, probability: f64, to: VerdictKind) {
        // The first to judge a reading was the model of that day.
        if self.last_ms.is_some_and(|last_ms| at_ms <= last_ms) {
            return;
        }
        self.last_ms = Some(at_ms);
        let probability = probability as f32;
        match self.points.back_mut() {
            Some(last) if bucket(last.0) == bucket(at_ms) => last.1 = last.1.max(probability),
            _ => self.points.push_back((at_ms, probability)),
        }
        if let Some(from) = self.before
            && from != to
        {
            self.changes.push_back(Happening {
                at_ms,
                what: HappeningKind::VerdictChange { from, to },
            });
        }
        self.before = Some(to);
    }

    /// The last one taken.
    pub const fn last_ms(&self) -> Option<i64> {
        self.last_ms
    }

    /// What ended before `from_ms` is not asked for again.
    pub fn forget_before(&mut self, from_ms: i64) {
        while self
            .points
            .front()
            .is_some_and(|p| bucket(p.0) < bucket(from_ms))
        {
            self.points.pop_front();
        }
        while self.changes.front().is_some_and(|c| c.at_ms < from_ms) {
            self.changes.pop_front();
        }
    }

    /// The day before `now_ms`.
    pub fn trend(&self, now_ms: i64) -> Vec<TrendPoint> {
        let from_ms = now_ms - DAY_MS;
        self.points
            .iter()
            .filter(|(at_ms, _)| bucket(*at_ms) >= bucket(from_ms) && *at_ms <= now_ms)
            .map(|(at_ms, p)| ((*at_ms).max(from_ms), *p))
            .collect()
    }

    /// As above.
    pub fn changes(&self, now_ms: i64) -> Vec<Happening> {
        let within = |h: &&Happening| (now_ms - DAY_MS..=now_ms).contains(&h.at_ms);
        self.changes.iter().filter(within).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(at_ms: i64, probability: f64) -> Judged {
        Judged {
            at_ms,
            model: 1,
            probability,
            verdict: if probability > 0.5 {
                VerdictKind::Danger
            } else {
                VerdictKind::Nominal
            },
        }
    }

    #[test]
    fn a_day_is_thinned_by_its_highest_and_keeps_its_changes() {
        let mut recent = Recent::default();
        let second = |i: i64| if i == 40_000 { 0.9 } else { 0.1 };
        for i in 0..172_800 {
            recent.push(&judged(i * 1000, second(i)));
            recent.push(&judged(i * 1000, 0.7));
            recent.forget_before(i * 1000 - DAY_MS);
        }
        let now_ms = 100_000_000;
        assert!(recent.points.len() as i64 <= TREND_POINTS + 2);
        assert!(recent.trend(now_ms).iter().all(|p| p.0 <= now_ms));
        let mut recent = Recent::default();
        for i in 0..86_400 {
            recent.push(&judged(i * 1000, second(i)));
        }
        let trend = recent.trend(DAY_MS);
        assert_eq!(trend.len() as i64, TREND_POINTS);
        assert_eq!(trend.iter().filter(|p| p.1 > 0.8).count(), 1);
        let changes = recent.changes(DAY_MS);
        assert_eq!(
            changes.iter().map(|c| c.at_ms).collect::<Vec<_>>(),
            [40_000_000, 40_001_000]
        );
        assert!(recent.changes(39_000_000).is_empty());
    }
}
