//! The probability over all there is of a locomotive, for the scrubber: least and largest of a few hundred
//! buckets, from the roll-ups, whatever the window and the clock.

use crate::domain::VerdictKind;
use crate::service::snapshot::Overview;
use crate::warehouse::{LatestReading, Level, Reader, WarehouseError};

/// Buckets at least, where the past is long enough: a scrubber is a few hundred points wide.
const FEWEST: i64 = 60;

pub(super) fn of(reader: &Reader, newest: &LatestReading) -> Result<Overview, WarehouseError> {
    // A replay may stand anywhere in it: the scrubber shows the whole.
    let last = reader.newest_of(&newest.loco)?;
    let from_ms = newest.first_ms;
    let to_ms = last.map_or(newest.reading.at_ms, |last| last.reading.at_ms);
    let span_ms = to_ms - from_ms;
    let enough = |level: &Level| span_ms / level.ms() >= FEWEST;
    let level = [Level::Day, Level::Hour].into_iter().find(enough);
    let level = level.unwrap_or(Level::Minute);
    // Never many more than there are points: hours of two months, minutes of two days.
    let most = 600;
    let step_ms = level.ms() * (span_ms / level.ms() / most).max(1);
    let mut buckets: Vec<(i64, f32, f32, bool)> = Vec::new();
    reader.judged_roll_ups(&newest.loco, level, from_ms, to_ms, &mut |bucket| {
        let start_ms = bucket.start_ms.div_euclid(step_ms) * step_ms;
        let (low, high) = (bucket.min as f32, bucket.max as f32);
        let danger = bucket.verdict() == VerdictKind::Danger;
        match buckets.last_mut() {
            Some(last) if last.0 == start_ms => {
                *last = (start_ms, last.1.min(low), last.2.max(high), last.3 | danger);
            }
            _ => buckets.push((start_ms, low, high, danger)),
        }
    })?;
    Ok(Overview {
        buckets,
        bucket_ms: step_ms,
    })
}
