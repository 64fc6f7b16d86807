//! One bounded batch: rows that passed the gates, in a polars frame, sorted by locomotive and instant.

use polars::prelude::*;

use crate::domain::ports::{LocoRef, StagedReading};
use crate::domain::{Channel, ChannelValues};

/// Rows a batch; with their raw text about 15 MB, whatever the size of the input.
pub const BATCH_ROWS: usize = 65_536;
/// Raw text a batch: rows may carry columns that nothing maps, as long as they like.
const BATCH_RAW_BYTES: usize = 32 << 20;

/// Accepted rows of one file, with the bytes they came from.
#[derive(Default)]
pub struct Batch {
    loco: Vec<u32>,
    at_ms: Vec<i64>,
    values: [Vec<f64>; 4],
    label: Vec<Option<bool>>,
    line: Vec<u64>,
    raw: Vec<u8>,
    raw_ends: Vec<usize>,
}

/// Sum, minimum and maximum of a channel over the accepted rows of a run.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ChannelSummary {
    pub rows: u64,
    pub min: f64,
    pub mean: f64,
    pub max: f64,
}

impl Batch {
    pub fn push(&mut self, reading: &StagedReading, raw: &[u8]) {
        self.loco.push(reading.loco.0);
        self.at_ms.push(reading.at_ms);
        for (column, value) in self.values.iter_mut().zip(reading.values) {
            column.push(value);
        }
        self.label.push(reading.label);
        self.line.push(reading.line);
        self.raw.extend_from_slice(raw);
        self.raw_ends.push(self.raw.len());
    }

    /// Nothing more should be pushed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.at_ms.len() >= BATCH_ROWS || self.raw.len() >= BATCH_RAW_BYTES
    }

    /// The raw bytes of the row pushed `i`-th.
    #[must_use]
    pub fn raw(&self, i: usize) -> &[u8] {
        let start = if i == 0 { 0 } else { self.raw_ends[i - 1] };
        &self.raw[start..self.raw_ends[i]]
    }

    pub fn clear(&mut self) {
        let mut raw = std::mem::take(&mut self.raw);
        raw.clear();
        *self = Self {
            raw,
            ..Self::default()
        };
    }

    /// The rows by locomotive and instant (equal ones in file order, so that the first stays), each with
    /// its place in the batch.
    ///
    /// # Errors
    /// What polars says; none is known for columns of equal length.
    pub fn sorted(&mut self) -> PolarsResult<(Vec<usize>, Vec<StagedReading>)> {
        let rows = self.at_ms.len();
        let take = |v: &mut Vec<f64>| std::mem::take(v);
        let [flow, pressure, vibration, temperature] = &mut self.values;
        let frame = DataFrame::new(
            rows,
            vec![
                Column::new("loco".into(), std::mem::take(&mut self.loco)),
                Column::new("at_ms".into(), std::mem::take(&mut self.at_ms)),
                Column::new(Channel::FlowRate.key().into(), take(flow)),
                Column::new(Channel::Pressure.key().into(), take(pressure)),
                Column::new(Channel::Vibration.key().into(), take(vibration)),
                Column::new(Channel::Temperature.key().into(), take(temperature)),
                Column::new("label".into(), std::mem::take(&mut self.label)),
                Column::new("line".into(), std::mem::take(&mut self.line)),
                Column::new(
                    "place".into(),
                    (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect::<Vec<u32>>(),
                ),
            ],
        )?;
        let frame = frame.sort(
            ["loco", "at_ms"],
            SortMultipleOptions::default().with_maintain_order(true),
        )?;
        let loco = frame.column("loco")?.u32()?;
        let at_ms = frame.column("at_ms")?.i64()?;
        let label = frame.column("label")?.bool()?;
        let line = frame.column("line")?.u64()?;
        let place = frame.column("place")?.u32()?;
        let mut channels = Vec::with_capacity(4);
        for channel in Channel::ALL {
            channels.push(frame.column(channel.key())?.f64()?);
        }
        let staged = (0..rows)
            .filter_map(|i| {
                let mut values: ChannelValues = [0.0; 4];
                for (value, column) in values.iter_mut().zip(&channels) {
                    *value = column.get(i)?;
                }
                Some(StagedReading {
                    loco: LocoRef(loco.get(i)?),
                    at_ms: at_ms.get(i)?,
                    values,
                    label: label.get(i),
                    line: line.get(i)?,
                })
            })
            .collect::<Vec<_>>();
        let places = place.into_no_null_iter().map(|p| p as usize).collect();
        Ok((places, staged))
    }

    /// Count, extremes and mean of each channel.
    ///
    /// # Errors
    /// What polars says.
    pub fn summary(&self) -> PolarsResult<[ChannelSummary; 4]> {
        let column = |channel: Channel| {
            let values =
                Float64Chunked::from_slice(channel.key().into(), &self.values[channel.index()]);
            ChannelSummary {
                rows: values.len() as u64,
                min: values.min().unwrap_or(f64::NAN),
                mean: values.mean().unwrap_or(f64::NAN),
                max: values.max().unwrap_or(f64::NAN),
            }
        };
        Ok(Channel::ALL.map(column))
    }
}

impl ChannelSummary {
    /// The summary of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rows = self.rows + other.rows;
        if self.rows == 0 {
            return other;
        }
        if other.rows == 0 {
            return self;
        }
        let share = other.rows as f64 / rows as f64;
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

    #[test]
    fn rows_are_sorted_and_remember_their_bytes() {
        let mut batch = Batch::default();
        for (i, (loco, at_ms)) in [(2, 10), (1, 20), (1, 10), (1, 20)].iter().enumerate() {
            let staged = StagedReading {
                loco: LocoRef(*loco),
                at_ms: *at_ms,
                values: [i as f64; 4],
                label: (i == 2).then_some(true),
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
        assert_eq!(batch.raw(places[3]), b"row 0");
    }
}
