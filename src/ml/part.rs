//! A part of the readings: some locomotives, up to some instant. What a fold may see.

use crate::domain::ports::{ReadError, Readings, SoundReadings, is_fenced};
use crate::domain::{EventKind, LocoId, Reading};

/// Readings and events of `locos` at or before `until_ms`.
#[derive(Clone)]
pub(super) struct Part<'a> {
    pub readings: &'a dyn SoundReadings,
    /// By name, ascending.
    pub locos: Vec<LocoId>,
    pub until_ms: i64,
    /// Later rows are seen, but not learned from.
    pub learn_until_ms: i64,
}

impl<'a> Part<'a> {
    pub fn whole(readings: &'a dyn SoundReadings) -> Result<Self, ReadError> {
        let mut locos = readings.locomotives()?;
        locos.sort();
        locos.dedup();
        Ok(Self {
            readings,
            locos,
            until_ms: i64::MAX,
            learn_until_ms: i64::MAX,
        })
    }

    /// The newest reading of a locomotive.
    pub fn newest(&self, loco: &LocoId) -> Result<Option<i64>, ReadError> {
        self.readings.newest(loco, self.until_ms)
    }

    /// Readings in time order, without those that nobody may learn from.
    pub fn visit(&self, loco: &LocoId, visit: &mut dyn FnMut(&Reading)) -> Result<(), ReadError> {
        let fences = self.readings.fenced(loco)?;
        let between = (i64::MIN, self.until_ms);
        self.readings.readings(loco, between, None, &mut |reading| {
            if !is_fenced(&fences, reading.at_ms) {
                visit(reading);
            }
        })
    }

    /// Failures, and all workshop events, ascending.
    pub fn events(&self, loco: &LocoId) -> Result<Events, ReadError> {
        let mut events = self.readings.events(loco)?;
        events.retain(|(at, _)| *at <= self.until_ms);
        Ok(Events::of(&events))
    }
}

/// The first `count` readings of a locomotive that may be learned from.
pub(super) fn first_readings(
    readings: &dyn Readings,
    loco: &LocoId,
    count: usize,
    visit: &mut dyn FnMut(&Reading),
) -> Result<(), ReadError> {
    let (mut left, mut from_ms) = (count, i64::MIN);
    let fences = readings.fenced(loco)?;
    let ends = fences.iter().map(|fence| (fence.0 - 1, fence.1 + 1));
    for (to_ms, next_ms) in ends.chain([(i64::MAX, i64::MAX)]) {
        if left == 0 {
            break;
        }
        readings.readings(loco, (from_ms, to_ms), Some(left), &mut |reading| {
            left -= 1;
            visit(reading);
        })?;
        from_ms = next_ms;
    }
    Ok(())
}

/// Workshop events of one locomotive, UTC milliseconds, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct Events {
    pub failures: Vec<i64>,
    /// Planned work and repairs after failures.
    pub maintenance: Vec<i64>,
}

impl Events {
    pub fn of(events: &[(i64, EventKind)]) -> Self {
        let mut out = Self::default();
        for &(at, kind) in events {
            if kind == EventKind::Failure {
                out.failures.push(at);
            }
            out.maintenance.push(at);
        }
        out.failures.sort_unstable();
        out.failures.dedup();
        out.maintenance.sort_unstable();
        out
    }

    /// Hours since the last work at or before `at_ms`.
    pub fn age_hours(&self, at_ms: i64) -> Option<f64> {
        let done = self.maintenance.partition_point(|&m| m <= at_ms);
        let last = *self.maintenance.get(done.checked_sub(1)?)?;
        Some(at_ms.saturating_sub(last) as f64 / 3_600_000.0)
    }
}
