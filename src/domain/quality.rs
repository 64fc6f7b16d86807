//! Why a row is refused, and what is strange about one that is kept.
//!
//! Only a row that cannot be a reading is refused ([`Reason`]). A strange reading is kept and flagged
//! ([`Flags`]): the faults we look for look strange too.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reading::{Channel, ChannelValues};

/// Why a row went to quarantine. The names are those of reports and of the `quarantine` table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More or fewer fields than the header.
    WrongFieldCount,
    /// A field that is not of its type: text where a number belongs, an impossible date.
    WrongType,
    /// An empty field (or NaN, NULL …). Missing is not zero.
    MissingValue,
    /// Outside the physical limits of its channel.
    OutOfRange,
    /// More than five minutes after now.
    InFuture,
    /// Earlier than the row before it, of the same file and locomotive.
    TimeBackwards,
    /// The file ends within this row.
    CutLine,
    /// Same locomotive and instant as a reading we hold, other values.
    Conflict,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::WrongFieldCount,
        Self::WrongType,
        Self::MissingValue,
        Self::OutOfRange,
        Self::InFuture,
        Self::TimeBackwards,
        Self::CutLine,
        Self::Conflict,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::WrongFieldCount => "wrong_field_count",
            Self::WrongType => "wrong_type",
            Self::MissingValue => "missing_value",
            Self::OutOfRange => "out_of_range",
            Self::InFuture => "in_future",
            Self::TimeBackwards => "time_backwards",
            Self::CutLine => "cut_line",
            Self::Conflict => "conflict",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// What looks strange about a reading: a bit set, stored as an integer.
/// Bits 0–3 impossible rate of change, 4–7 stuck value, 8–11 drift; in each group one bit a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(pub u16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Changed faster than the quantity can.
    Rate,
    /// Frozen at one value for far longer than this machine's own normal.
    Stuck,
    /// Left its own normal slowly and stays away.
    Drift,
}

impl Flag {
    pub const ALL: [Self; 3] = [Self::Rate, Self::Stuck, Self::Drift];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Stuck => "stuck",
            Self::Drift => "drift",
        }
    }
}

impl Flags {
    pub const NONE: Self = Self(0);

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn set(&mut self, flag: Flag, channel: Channel) {
        self.0 |= 1 << (flag as u16 * 4 + channel.index() as u16);
    }

    #[must_use]
    pub const fn has(self, flag: Flag, channel: Channel) -> bool {
        self.0 & (1 << (flag as u16 * 4 + channel.index() as u16)) != 0
    }

    /// The first strange thing, for a one-line cause.
    #[must_use]
    pub fn first(self) -> Option<(Flag, Channel)> {
        Flag::ALL.into_iter().find_map(|f| {
            Channel::ALL
                .into_iter()
                .find(|&c| self.has(f, c))
                .map(|c| (f, c))
        })
    }
}

/// Physical limits a channel (inclusive): outside them a value cannot be a reading.
/// Rates are the fastest change that is physically possible, in units a second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    pub min: ChannelValues,
    pub max: ChannelValues,
    pub max_rate_per_sec: ChannelValues,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min: [0.0, 0.0, 0.0, -40.0],
            max: [1000.0, 16.0, 50.0, 200.0],
            max_rate_per_sec: [500.0, 8.0, 50.0, 5.0],
        }
    }
}

impl Limits {
    /// The first channel whose value lies outside, if any.
    #[must_use]
    pub fn outside(&self, values: &ChannelValues) -> Option<Channel> {
        Channel::ALL.into_iter().find(|c| {
            let i = c.index();
            !(self.min[i]..=self.max[i]).contains(&values[i])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_keep_each_channel_apart() {
        let mut flags = Flags::NONE;
        flags.set(Flag::Stuck, Channel::Vibration);
        assert!(flags.has(Flag::Stuck, Channel::Vibration));
        assert!(!flags.has(Flag::Stuck, Channel::Pressure));
        assert!(!flags.has(Flag::Rate, Channel::Vibration));
        assert_eq!(flags.first(), Some((Flag::Stuck, Channel::Vibration)));
        assert!(!flags.is_empty() && Flags::NONE.first().is_none());
    }

    #[test]
    fn limits_refuse_nan_and_infinity() {
        let limits = Limits::default();
        assert_eq!(limits.outside(&[500.0, 5.0, 2.0, 45.0]), None);
        assert_eq!(
            limits.outside(&[f64::NAN, 5.0, 2.0, 45.0]),
            Some(Channel::FlowRate)
        );
        assert_eq!(
            limits.outside(&[500.0, 5.0, f64::INFINITY, 45.0]),
            Some(Channel::Vibration)
        );
    }
}
