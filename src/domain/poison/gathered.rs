//! What is kept of many readings of one locomotive to judge them by: a thinned sample, how many lie at the limits, and
//! marks of their blocks. Bounded whatever comes; the history of a machine and a new batch are gathered alike.

use std::collections::VecDeque;

use super::super::quality::Limits;
use super::super::reading::ChannelValues;

/// Readings of a sample at most.
const SAMPLE: usize = 2048;
/// Consecutive readings that a mark stands for.
pub const WINDOW: usize = 48;
/// Different readings that a window must hold: what stands still, or swings between few values, repeats itself honestly.
const DIFFERENT: usize = WINDOW / 2;
/// One window in so many is marked, chosen by its content: the same block is marked at the same places wherever it lies.
const EVERY_WINDOW: u64 = 16;
/// Marks kept at most; then one in twice as many windows is.
const MARKS: usize = 65_536;
/// Share of a channel's range that counts as at its limit.
const NEAR_LIMIT: f64 = 0.002;
/// Of the rolling hash: odd, so that multiplying by it loses nothing.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// One reading of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    pub values: ChannelValues,
    pub label: Option<bool>,
}

/// The hash of a window of readings, and when its last one was taken (UTC milliseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub hash: u64,
    pub at_ms: i64,
}

/// What was gathered, in the order in which it came: best in time order.
#[derive(Debug, Clone)]
pub struct Gathered {
    pub rows: u64,
    /// First and last instant, UTC milliseconds, both included.
    pub from_ms: i64,
    pub to_ms: i64,
    sample: Vec<Row>,
    /// Readings that each of the sample stands for.
    every: u64,
    at_limits: [u64; 4],
    marks: Vec<Mark>,
    every_window: u64,
    /// Hashes and values of the last readings, the newest last.
    last: VecDeque<(u64, ChannelValues)>,
    rolling: u64,
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            rows: 0,
            from_ms: i64::MAX,
            to_ms: i64::MIN,
            sample: Vec::new(),
            every: 1,
            at_limits: [0; 4],
            marks: Vec::new(),
            every_window: EVERY_WINDOW,
            last: VecDeque::with_capacity(WINDOW + 1),
            rolling: 0,
        }
    }
}

/// Scatters bits (the finalizer of `MurmurHash3`).
const fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    x ^= x >> 33;
    x = x.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    x ^ (x >> 33)
}

fn hash_of(values: &ChannelValues) -> u64 {
    values.iter().fold(0, |hash, value| {
        mix(hash.wrapping_mul(BASE) ^ value.to_bits())
    })
}

const fn power(mut times: usize) -> u64 {
    let mut all = 1_u64;
    while times > 0 {
        all = all.wrapping_mul(BASE);
        times -= 1;
    }
    all
}

/// What the oldest reading of a full window weighs once another has come.
const OLDEST: u64 = power(WINDOW);

impl Gathered {
    /// Takes the next reading.
    pub fn take(
        &mut self,
        at_ms: i64,
        values: &ChannelValues,
        label: Option<bool>,
        limits: &Limits,
    ) {
        if self.rows.is_multiple_of(self.every) {
            self.sample.push(Row {
                values: *values,
                label,
            });
            if self.sample.len() > SAMPLE {
                self.thin();
            }
        }
        self.rows += 1;
        (self.from_ms, self.to_ms) = (self.from_ms.min(at_ms), self.to_ms.max(at_ms));
        for (c, value) in values.iter().enumerate() {
            let near = NEAR_LIMIT * (limits.max[c] - limits.min[c]);
            let at = *value <= limits.min[c] + near || *value >= limits.max[c] - near;
            self.at_limits[c] += u64::from(at);
        }
        self.roll(hash_of(values), values);
        if self.last.len() == WINDOW {
            self.mark(at_ms);
        }
    }

    fn roll(&mut self, hash: u64, values: &ChannelValues) {
        self.rolling = self.rolling.wrapping_mul(BASE).wrapping_add(hash);
        self.last.push_back((hash, *values));
        if self.last.len() > WINDOW
            && let Some((oldest, _)) = self.last.pop_front()
        {
            self.rolling = self.rolling.wrapping_sub(oldest.wrapping_mul(OLDEST));
        }
    }

    fn mark(&mut self, at_ms: i64) {
        let hash = mix(self.rolling);
        if !hash.is_multiple_of(self.every_window) {
            return;
        }
        let mut hashes: Vec<u64> = self.last.iter().map(|(hash, _)| *hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        if hashes.len() >= DIFFERENT {
            self.marks.push(Mark { hash, at_ms });
            self.bound_marks();
        }
    }

    fn bound_marks(&mut self) {
        while self.marks.len() > MARKS {
            self.every_window *= 2;
            let every = self.every_window;
            self.marks.retain(|mark| mark.hash.is_multiple_of(every));
        }
    }

    /// Every other one of the sample goes.
    fn thin(&mut self) {
        let mut index = 0_u32;
        self.sample.retain(|_| {
            index += 1;
            index % 2 == 1
        });
        self.every *= 2;
    }

    /// Takes what was gathered after this; blocks across the seam are not marked.
    pub fn append(&mut self, mut later: Self) {
        while self.every < later.every {
            self.thin();
        }
        while later.every < self.every {
            later.thin();
        }
        self.sample.append(&mut later.sample);
        while self.sample.len() > SAMPLE {
            self.thin();
        }
        self.rows += later.rows;
        self.from_ms = self.from_ms.min(later.from_ms);
        self.to_ms = self.to_ms.max(later.to_ms);
        for (all, more) in self.at_limits.iter_mut().zip(later.at_limits) {
            *all += more;
        }
        self.every_window = self.every_window.max(later.every_window);
        let every = self.every_window;
        self.marks.append(&mut later.marks);
        self.marks.retain(|mark| mark.hash.is_multiple_of(every));
        self.bound_marks();
        for (hash, values) in later.last {
            self.roll(hash, &values);
        }
    }

    #[must_use]
    pub fn sample(&self) -> &[Row] {
        &self.sample
    }

    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Readings that a mark stands for, about.
    #[must_use]
    pub const fn rows_a_mark(&self) -> u64 {
        self.every_window
    }

    /// Values of one channel, ascending.
    #[must_use]
    pub fn sorted(&self, channel: usize) -> Vec<f64> {
        let mut all: Vec<f64> = self.sample.iter().map(|row| row.values[channel]).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// The median of the last readings of a channel.
    #[must_use]
    pub fn tail(&self, channel: usize) -> Option<f64> {
        let mut all: Vec<f64> = self.last.iter().map(|(_, v)| v[channel]).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }

    /// Share of the readings at a limit of the channel, 0–1.
    #[must_use]
    pub fn at_limits(&self, channel: usize) -> f64 {
        self.at_limits[channel] as f64 / self.rows.max(1) as f64
    }
}
