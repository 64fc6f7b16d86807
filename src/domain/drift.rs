//! How far the newest readings are from those a model learned from, and what that is more like: a change of the
//! whole fleet's measuring, or the fault of a machine.

use serde::{Deserialize, Serialize};

use super::reading::{Channel, LocoId};

/// Below this index a channel is called stable.
pub const PSI_WATCH: f64 = 0.1;

/// How a channel's departures from each machine's own normal were spread in training, in normal deviations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChannelReference {
    /// Between neighbouring bins, ascending; a value at an edge belongs above it.
    pub edges: Vec<f64>,
    /// Share of the readings in each bin: one more than there are edges, sum 1.
    pub shares: Vec<f64>,
    /// Evenly spaced quantiles from least to greatest, ascending.
    pub quantiles: Vec<f64>,
    /// Readings that this was learned from.
    pub readings: u64,
    /// The largest index that a day of training itself has, its readings before failures left out: weather and load
    /// are not drift.
    #[serde(default)]
    pub usual_psi: f64,
}

/// The same of all channels, in their order.
pub type Reference = [ChannelReference; 4];

impl ChannelReference {
    /// Whether it is what training writes: finite, ascending, with as many shares as bins.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let ascending = |values: &[f64]| {
            values.iter().all(|v| v.is_finite()) && values.windows(2).all(|v| v[0] <= v[1])
        };
        ascending(&self.edges)
            && ascending(&self.quantiles)
            && self.quantiles.len() >= 2
            && self.shares.len() == self.edges.len() + 1
            && self.shares.iter().all(|s| (0.0..=1.0).contains(s))
            && self.usual_psi.is_finite()
    }
}

/// What a stability index asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    Stable,
    Watch,
    Act,
}

impl Band {
    pub const ALL: [Self; 3] = [Self::Stable, Self::Watch, Self::Act];

    /// Of an index, where `limit` is the one past which something has to be done.
    #[must_use]
    pub fn of(psi: f64, limit: f64) -> Self {
        if psi > limit {
            Self::Act
        } else if psi < PSI_WATCH.min(limit) {
            Self::Stable
        } else {
            Self::Watch
        }
    }

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Watch => "watch",
            Self::Act => "act",
        }
    }
}

/// One channel's newest readings against training.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelDrift {
    pub channel: Channel,
    /// Population stability index over the whole fleet.
    pub psi: f64,
    /// The index without the machine that raises it most; `None` where fewer than three machines were read.
    pub without_one: Option<(LocoId, f64)>,
    /// The index that the breaker goes by. A machine that is failing is a fault and no drift: left out are those in
    /// which the model sees danger, which is told anyway, and of three or more the one that raises it most. Never more
    /// than with them: drift shows either way.
    pub decisive: f64,
    /// The index past which something has to be done: what was set, or what training's own days reach.
    pub limit: f64,
    /// Readings behind the decisive index.
    pub decisive_readings: u64,
    /// Machines left out of the decisive index.
    pub left_out: Vec<LocoId>,
    /// Largest distance between the two cumulative distributions (Kolmogorov–Smirnov), 0–1.
    pub ks: f64,
    /// Its p-value, times four for the four channels (Bonferroni), at most 1.
    pub ks_p: f64,
    /// Share of the newest readings in each bin of the reference.
    pub shares: Vec<f64>,
    /// Machines whose mean has moved by more than half of what is usual, up and down.
    pub moved: [Vec<LocoId>; 2],
}

impl ChannelDrift {
    /// Machines that have moved, either way.
    #[must_use]
    pub fn moved_count(&self) -> usize {
        self.moved.iter().map(Vec::len).sum()
    }
}

/// How a shift came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onset {
    /// It was there before the hours that are compared.
    Earlier,
    /// From one moment to the next.
    Sudden,
    /// Little by little.
    Gradual,
}

/// What a departure is more like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// Sensors, units, season, use: the data are other than those learned from.
    Drift,
    /// One machine, or a few, on their way to a failure.
    Fault,
    Unclear,
}

impl Likeness {
    pub const ALL: [Self; 3] = [Self::Drift, Self::Fault, Self::Unclear];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::Fault => "fault",
            Self::Unclear => "unclear",
        }
    }
}

/// Something that speaks for drift or for a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "sign")]
pub enum Sign {
    /// At least half of the machines have moved.
    Many {
        moved: usize,
        of: usize,
    },
    /// Fewer have.
    Few {
        moved: usize,
        of: usize,
    },
    /// The index is no longer past the limit without this machine.
    OneMachine {
        loco: LocoId,
        psi: f64,
    },
    OneChannel {
        channel: Channel,
    },
    SeveralChannels {
        channels: usize,
    },
    /// The model sees danger, or a probability that rises, on machines that have moved.
    Danger {
        machines: usize,
    },
    NoDanger,
    Came {
        onset: Onset,
    },
}

impl Sign {
    /// What it speaks for.
    #[must_use]
    pub const fn speaks_for(&self) -> Likeness {
        match self {
            Self::Many { .. }
            | Self::OneChannel { .. }
            | Self::NoDanger
            | Self::Came {
                onset: Onset::Sudden,
            } => Likeness::Drift,
            Self::Few { .. }
            | Self::OneMachine { .. }
            | Self::SeveralChannels { .. }
            | Self::Danger { .. }
            | Self::Came {
                onset: Onset::Gradual,
            } => Likeness::Fault,
            Self::Came {
                onset: Onset::Earlier,
            } => Likeness::Unclear,
        }
    }

    /// How much it says: how many machines have moved says the most.
    #[must_use]
    pub const fn weight(&self) -> i32 {
        match self {
            Self::Many { .. } | Self::Few { .. } | Self::OneMachine { .. } => 2,
            _ => 1,
        }
    }

    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Many { .. } => "many",
            Self::Few { .. } => "few",
            Self::OneMachine { .. } => "one_machine",
            Self::OneChannel { .. } => "one_channel",
            Self::SeveralChannels { .. } => "several_channels",
            Self::Danger { .. } => "danger",
            Self::NoDanger => "no_danger",
            Self::Came { onset } => match onset {
                Onset::Earlier => "earlier",
                Onset::Sudden => "sudden",
                Onset::Gradual => "gradual",
            },
        }
    }
}

/// The newest readings of the fleet against training.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// In the order of [`Channel::ALL`].
    pub channels: Vec<ChannelDrift>,
    pub machines: usize,
    /// Readings looked at.
    pub readings: u64,
    /// What the departure is more like, and why; `None` where every channel is stable.
    pub like: Option<(Likeness, Vec<Sign>)>,
}
