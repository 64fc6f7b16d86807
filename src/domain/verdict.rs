//! The verdict, and the one rule that assembles it.

use serde::{Deserialize, Serialize};

use super::quality::{Flag, Flags};
use super::reading::Channel;

/// What is said of a locomotive. NOMINAL is never a default: every doubt is UNAVAILABLE with its cause.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Nominal,
    Danger,
    Unavailable(Cause),
}

/// The verdict without its cause; its key is the same in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    Danger,
    Unavailable,
    Nominal,
}

impl VerdictKind {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Nominal => "nominal",
            Self::Danger => "danger",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Why no verdict is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// No pipeline run has ended soundly yet.
    NeverRun,
    /// The last run failed safe; its own words.
    RunFailed { reason: String },
    /// There is no model: never trained, or not promoted; why.
    NoModel { reason: String },
    /// The model in store could not be read back; why.
    ModelUnreadable { reason: String },
    /// The newest reading is too old for the clock in force.
    Stale { age_ms: i64, limit_ms: i64 },
    /// The locomotive's source was refused by the last run.
    SourceRefused { source: String },
    /// The newest reading looks strange, and the model saw no danger in it.
    Flagged { flag: Flag, channel: Channel },
    /// Rows of this locomotive newer than its newest reading are in quarantine.
    NewestRefused,
    /// The newest reading has not been scored.
    NotScored,
    /// The breaker has tripped: this channel is no longer what the model learned from.
    Drifted { channel: Channel },
    /// The breaker has tripped: scoring a reading takes too long, milliseconds.
    Slow { took_ms: f64, limit_ms: f64 },
    /// The warehouse is damaged, or was changed behind the program's back: the first of what was found.
    Damaged { what: String },
}

impl Cause {
    /// A stable key, for JSON and for translation.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NeverRun => "never_run",
            Self::RunFailed { .. } => "run_failed",
            Self::NoModel { .. } => "no_model",
            Self::ModelUnreadable { .. } => "model_unreadable",
            Self::Stale { .. } => "stale",
            Self::SourceRefused { .. } => "source_refused",
            Self::Flagged { .. } => "flagged",
            Self::NewestRefused => "newest_refused",
            Self::NotScored => "not_scored",
            Self::Drifted { .. } => "drifted",
            Self::Slow { .. } => "slow",
            Self::Damaged { .. } => "damaged",
        }
    }
}

impl Verdict {
    #[must_use]
    pub const fn kind(&self) -> VerdictKind {
        match self {
            Self::Nominal => VerdictKind::Nominal,
            Self::Danger => VerdictKind::Danger,
            Self::Unavailable(_) => VerdictKind::Unavailable,
        }
    }

    /// What a probability says of a reading: DANGER from the threshold on, whatever is strange about
    /// the reading; below it NOMINAL, unless a flag withdraws it.
    #[must_use]
    pub fn of_reading(probability: f64, threshold: f64, flags: Flags) -> Self {
        if probability >= threshold {
            return Self::Danger;
        }
        match flags.first() {
            Some((flag, channel)) => Self::Unavailable(Cause::Flagged { flag, channel }),
            // A NaN compares false above, and must not pass for NOMINAL.
            None if probability < threshold => Self::Nominal,
            None => Self::Unavailable(Cause::NotScored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_withdraws_nominal_and_never_danger() {
        let mut flags = Flags::NONE;
        flags.set(Flag::Drift, Channel::Temperature);
        assert_eq!(Verdict::of_reading(0.9, 0.5, flags), Verdict::Danger);
        assert_eq!(
            Verdict::of_reading(0.1, 0.5, flags).kind(),
            VerdictKind::Unavailable
        );
        assert_eq!(Verdict::of_reading(0.1, 0.5, Flags::NONE), Verdict::Nominal);
        assert_eq!(Verdict::of_reading(0.5, 0.5, Flags::NONE), Verdict::Danger);
    }

    #[test]
    fn a_probability_that_is_no_number_is_never_nominal() {
        assert_eq!(
            Verdict::of_reading(f64::NAN, 0.5, Flags::NONE),
            Verdict::Unavailable(Cause::NotScored)
        );
    }
}
