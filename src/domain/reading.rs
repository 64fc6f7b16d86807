//! A reading: four quantities of one locomotive at one instant.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The four quantities, in the order used everywhere (storage, features, screen).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    FlowRate,
    Pressure,
    Vibration,
    Temperature,
}

/// One value a channel, indexed by [`Channel::index`]: L/min, bar, mm/s, °C.
pub type ChannelValues = [f64; 4];

impl Channel {
    pub const ALL: [Self; 4] = [
        Self::FlowRate,
        Self::Pressure,
        Self::Vibration,
        Self::Temperature,
    ];

    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in files, JSON and SQL.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::FlowRate => "flow_rate",
            Self::Pressure => "pressure",
            Self::Vibration => "vibration",
            Self::Temperature => "temperature",
        }
    }

    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::FlowRate => "L/min",
            Self::Pressure => "bar",
            Self::Vibration => "mm/s",
            Self::Temperature => "°C",
        }
    }

    /// What the Simulator's slider spans. A range for a hand, not a physical limit.
    #[must_use]
    pub const fn slider_range(self) -> (f64, f64) {
        match self {
            Self::FlowRate => (200.0, 800.0),
            Self::Pressure => (1.0, 10.0),
            Self::Vibration => (0.5, 15.0),
            Self::Temperature => (20.0, 120.0),
        }
    }

    /// Where the Simulator's slider starts.
    #[must_use]
    pub const fn slider_default(self) -> f64 {
        match self {
            Self::FlowRate => 500.0,
            Self::Pressure => 5.0,
            Self::Vibration => 2.0,
            Self::Temperature => 45.0,
        }
    }

    /// Digits after the decimal mark that an operator reads.
    #[must_use]
    pub const fn decimals(self) -> usize {
        match self {
            Self::FlowRate => 0,
            Self::Pressure | Self::Vibration | Self::Temperature => 1,
        }
    }
}

/// The preset *Cas nominal*: must be judged NOMINAL by every model of a fleet in our units.
pub const PRESET_NOMINAL: ChannelValues = [500.0, 5.0, 2.0, 45.0];
/// The preset *Cas alerte*: must be judged DANGER by every model of a fleet in our units.
pub const PRESET_ALERT: ChannelValues = [500.0, 5.0, 7.0, 85.0];

/// The name of a locomotive as its source writes it; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct LocoId(Arc<str>);

impl From<String> for LocoId {
    fn from(name: String) -> Self {
        Self(Arc::from(name))
    }
}

impl From<LocoId> for String {
    fn from(loco: LocoId) -> Self {
        loco.0.as_ref().to_owned()
    }
}

impl LocoId {
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one locomotive's sensors said at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// UTC, milliseconds since 1970.
    pub at_ms: i64,
    pub values: ChannelValues,
    /// The source's own truth (`label` column), where it has one: `true` is anomalous.
    pub label: Option<bool>,
    /// What looked strange about it; a flag never removes a reading.
    pub flags: crate::domain::quality::Flags,
}
