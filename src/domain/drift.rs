//! How far the newest readings are from those a model learned from, and what that is more like: a change of the
//! whole fleet's measuring, or the fault of a machine.

use serde::{Deserialize, Serialize};

use super::reading::{Channel, LocoId};

/// Share of its limit below which a channel is called stable: 0.1 of the customary 0.25.
pub const WATCH: f64 = 0.4;
/// Bins of a channel, at most.
pub const BINS: usize = 10;

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
    /// How far training's own stretches of time lie apart from the whole of it; none of models of older programs.
    #[serde(default)]
    pub usual: Vec<Usual>,
}

/// The same of all channels, in their order.
pub type Reference = [ChannelReference; 4];

/// How far stretches of training of so many hours, of so many of its machines, lie apart from the whole of it, readings
/// before failures left out. A few machines over a short time are never like all of them over a long one: weather, load
/// and chance are not drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    pub hours: u32,
    pub machines: usize,
    /// Stretches looked at.
    pub stretches: usize,
    /// Index that another such stretch hardly passes.
    pub psi: f64,
    /// Least and greatest mean departure, in deviations, that the machines it takes for a drift hardly pass together, one
    /// that fails among them.
    pub shift: [f64; 2],
    /// The same of the logarithm of its deviation.
    pub spread: [f64; 2],
    /// Evenly spaced quantiles of the largest distance between the cumulative distributions, as far as bins show it.
    pub distances: Vec<f64>,
}

impl Usual {
    /// How often a stretch of training lay as far or farther, this one counted in: never below 1 ⁄ (stretches + 1).
    #[must_use]
    pub fn as_far(&self, distance: f64) -> f64 {
        let below = self.distances.partition_point(|d| *d < distance) as f64;
        let share = 1.0 - below / self.distances.len().max(1) as f64;
        let n = self.stretches as f64;
        (1.0 + share * n) / (1.0 + n)
    }
}

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
            && self.shares.len() <= BINS
            && self.shares.iter().all(|s| (0.0..=1.0).contains(s))
            && self.usual.iter().all(|usual| {
                usual.psi.is_finite()
                    && ascending(&usual.shift)
                    && ascending(&usual.spread)
                    && ascending(&usual.distances)
            })
    }

    /// What is usual of so many machines over so many hours: the most that training knows which is no more than this,
    /// for fewer machines and shorter stretches lie farther apart.
    #[must_use]
    pub fn usual(&self, machines: usize, hours: f64) -> Option<&Usual> {
        let known = self.usual.iter();
        known
            .filter(|usual| usual.machines <= machines && f64::from(usual.hours) <= hours)
            .max_by_key(|usual| (usual.hours, usual.machines))
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
        } else if psi < WATCH * limit {
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
    /// The index past which something has to be done: what was set; or what is usual of so few machines and so short a
    /// time, unless they have moved together.
    pub limit: f64,
    /// The index without the machine that raises it most; `None` where fewer than three machines were read.
    pub without_one: Option<(LocoId, f64)>,
    /// The index of the machines in which the model sees no danger: the others are told anyway.
    pub calm: f64,
    /// Readings behind that.
    pub calm_readings: u64,
    /// What more than half of these machines, and three at least, have moved by, the same way and in their own
    /// deviations; 0 where they have not.
    pub together: f64,
    /// Whether that, or how much more or less all of them scatter, is beyond what is usual. One machine that fails, or a
    /// few, cannot bring this about: it is drift.
    pub beyond: bool,
    /// Largest distance between the two cumulative distributions (Kolmogorov–Smirnov), 0–1.
    pub ks: f64,
    /// How often training's own stretches of time lay as far, 0–1 ([`Usual::as_far`]); `None` where that is unknown.
    pub as_far: Option<f64>,
    /// Share of the newest readings in each bin of the reference.
    pub shares: Vec<f64>,
    /// Machines whose mean has moved by more than half of what is usual, up and down.
    pub moved: [Vec<LocoId>; 2],
}

impl ChannelDrift {
    /// The index that the breaker goes by: none, while what is seen is no more than usual or the machines have not
    /// moved together.
    #[must_use]
    pub fn decisive(&self) -> f64 {
        if self.beyond { self.calm } else { 0.0 }
    }

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
    /// Why nothing is concluded from this: not judged is not stable, and trips nothing.
    pub unjudged: Option<Unjudged>,
}

impl Drift {
    /// Nothing was compared.
    #[must_use]
    pub const fn none(why: Unjudged) -> Self {
        Self {
            channels: Vec::new(),
            machines: 0,
            readings: 0,
            like: None,
            unjudged: Some(why),
        }
    }
}

/// Why drift is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Unjudged {
    /// The model keeps nothing to measure against.
    NoReference,
    /// No machine has a reading in the hours that are compared.
    NoReadings,
    /// Fewer than three machines that are in no danger: drift could not be told from their faults.
    FewMachines { machines: usize },
    /// Too few readings of the machines that are in no danger.
    FewReadings { readings: u64, least: u64 },
    /// Training was too short, or of too few machines, to know what is usual.
    UsualUnknown,
}

impl Unjudged {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoReference => "no_reference",
            Self::NoReadings => "no_readings",
            Self::FewMachines { .. } => "few_machines",
            Self::FewReadings { .. } => "few_readings",
            Self::UsualUnknown => "usual_unknown",
        }
    }
}
