//! One bounded batch: rows that passed the gates, sorted by locomotive and instant before they are written.

use polars::prelude::*;

use crate::domain::ports::StagedReading;
use crate::domain::{Channel, ChannelValues};

/// Rows a batch; with their raw text about 35 MB, whatever the size of the input. Large enough that each
/// locomotive's rows come in long runs: what the warehouse writes fastest and keeps densest.
pub const BATCH_ROWS: usize = 262_144;
/// Raw text a batch: rows may carry columns that nothing maps, as long as they like.
const BATCH_RAW_BYTES: usize = 32 << 20;
/// A key holds the locomotive above and 44 bits of milliseconds (see `time::LATEST_MS`).
const TIME_BITS: u32 = 44;

/// Accepted rows of one file, with the bytes they came from.
#[derive(Default)]
pub struct Batch {
    rows: Vec<StagedReading>,
    raw: Vec<u8>,
    raw_ends: Vec<usize>,
}

/// Count, extremes and mean of a channel over the accepted rows of a run.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ChannelSummary {
    pub rows: u64,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
}

impl Batch {
    pub fn push(&mut self, reading: &StagedReading, raw: &[u8]) {
        self.rows.push(*reading);
        self.raw.extend_from_slice(raw);
        self.raw_ends.push(self.raw.len());
    }

    /// Nothing more should be pushed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rows.len() >= BATCH_ROWS || self.raw.len() >= BATCH_RAW_BYTES
    }

    /// The raw bytes of the row pushed `i`-th.
    #[must_use]
    pub fn raw(&self, i: usize) -> &[u8] {
        let start = if i == 0 { 0 } else { self.raw_ends[i - 1] };
        &self.raw[start..self.raw_ends[i]]
    }

    pub fn clear(&mut self) {
        self.rows.clear();
        self.raw.clear();
        self.raw_ends.clear();
    }

    /// The rows by locomotive and instant (equal ones in file order, so that the first stays), each with
    /// its place in the batch.
    ///
    /// # Errors
    /// What polars says; none is known for one column of integers.
    pub fn sorted(&self) -> PolarsResult<(Vec<IdxSize>, Vec<StagedReading>)> {
        let key = |row: &StagedReading| i64::from(row.loco.0) << TIME_BITS | row.at_ms;
        // A file of one machine, and the few lines that a live one brings: no thread need be woken for them.
        if self.rows.is_sorted_by_key(key) {
            let places = (0..self.rows.len()).map(|i| i as IdxSize);
            return Ok((places.collect(), self.rows.clone()));
        }
        let keys = Int64Chunked::from_iter_values("key".into(), self.rows.iter().map(key));
        let order = keys.arg_sort(SortOptions::default().with_maintain_order(true));
        let places: Vec<IdxSize> = order.into_no_null_iter().collect();
        let rows = places.iter().map(|&i| self.rows[i as usize]).collect();
        Ok((places, rows))
    }

    /// Count, extremes and mean of each channel.
    #[must_use]
    pub fn summary(&self) -> Option<[ChannelSummary; 4]> {
        let first = self.rows.first()?;
        let (mut min, mut max, mut sum): (ChannelValues, ChannelValues, ChannelValues) =
            (first.values, first.values, [0.0; 4]);
        for row in &self.rows {
            for c in 0..4 {
                min[c] = min[c].min(row.values[c]);
                max[c] = max[c].max(row.values[c]);
                sum[c] += row.values[c];
            }
        }
        let rows = self.rows.len() as u64;
        Some(Channel::ALL.map(|channel| {
            let c = channel.index();
            ChannelSummary {
                rows,
                min: min[c],
                mean: sum[c] / rows as f64,
                max: max[c],
            }
        }))
    }
}

impl ChannelSummary {
    /// The summary of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rows = self.rows + other.rows;
        let share = other.rows as f64 / rows.max(1) as f64;
        Self {
            rows,
            min: self.min.min(other.min),
            mean: self.mean + (other.mean - self.mean) * share,
            max: self.max.max(other.max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ports::LocoRef;

    #[test]
    fn rows_are_sorted_and_remember_their_bytes() {
        let mut batch = Batch::default();
        assert!(batch.summary().is_none());
        for (i, (loco, at_ms)) in [(2, 10), (1, 20), (1, 10), (1, 20)].iter().enumerate() {
            let staged = StagedReading {
                loco: LocoRef(*loco),
                at_ms: *at_ms,
                values: [i as f64; 4],
                label: (i == 2).then_some(true),
                flags: None,
                line: i as u64 + 2,
            };
            batch.push(&staged, format!("row {i}").as_bytes());
        }
        let summary = batch.summary().unwrap();
        assert_eq!(
            (summary[0].min, summary[3].mean, summary[1].max),
            (0.0, 1.5, 3.0)
        );
        let (places, staged) = batch.sorted().unwrap();
        assert_eq!(places, [2, 1, 3, 0]);
        assert_eq!(
            staged
                .iter()
                .map(|s| (s.loco.0, s.at_ms))
                .collect::<Vec<_>>(),
            [(1, 10), (1, 20), (1, 20), (2, 10)]
        );
        assert_eq!(staged[0].label, Some(true));
        assert_eq!(batch.raw(places[3] as usize), b"row 0");
    }
}
