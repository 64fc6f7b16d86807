//! A finer reading of a verdict: which of the nominal machines are wearing. The verdict stays what it is;
//! this says where to look next.

use super::verdict::VerdictKind;

/// Share of the threshold from which a nominal machine counts as near it.
const NEAR: f64 = 0.5;
/// Share of the threshold by which the probability must stand above its own mean of the last 24 h.
const RISEN: f64 = 0.25;

/// The state of a machine: nominal, wearing, imminent, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The verdict is DANGER.
    Imminent,
    /// The verdict is UNAVAILABLE: nothing finer can be said either.
    Unknown,
    /// The verdict is NOMINAL, and something leads away from it.
    Wearing(Wear),
    Nominal,
}

/// The first thing that leads a nominal machine away from nominal, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wear {
    /// The probability is at half the threshold or above.
    Near,
    /// The probability stands above its mean of the last 24 h by a quarter of the threshold.
    Rising,
    /// A channel is outside the machine's own normal band.
    Outside,
}

impl Wear {
    pub const ALL: [Self; 3] = [Self::Near, Self::Rising, Self::Outside];
}

/// What the rule looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signs {
    pub verdict: VerdictKind,
    /// Of the newest reading, 0–1.
    pub probability: Option<f64>,
    /// Mean probability of the last 24 h, 0–1.
    pub mean_24h: Option<f64>,
    /// The model's threshold, 0–1.
    pub threshold: Option<f64>,
    /// Some channel is outside the machine's own normal band.
    pub outside: bool,
}

impl Condition {
    /// The one rule: DANGER is imminent, UNAVAILABLE is unknown, and NOMINAL is wearing when its probability is
    /// at half the threshold or has risen by a quarter of it, or when a channel has left its own band. It never
    /// makes a verdict better or worse.
    #[must_use]
    pub fn of(signs: &Signs) -> Self {
        match signs.verdict {
            VerdictKind::Danger => return Self::Imminent,
            VerdictKind::Unavailable => return Self::Unknown,
            VerdictKind::Nominal => {}
        }
        if let (Some(p), Some(threshold)) = (signs.probability, signs.threshold) {
            if p >= NEAR * threshold {
                return Self::Wearing(Wear::Near);
            }
            if signs
                .mean_24h
                .is_some_and(|mean| p - mean >= RISEN * threshold)
            {
                return Self::Wearing(Wear::Rising);
            }
        }
        if signs.outside {
            return Self::Wearing(Wear::Outside);
        }
        Self::Nominal
    }

    /// Its place, the gravest first.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Imminent => 0,
            Self::Unknown => 1,
            Self::Wearing(_) => 2,
            Self::Nominal => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CALM: Signs = Signs {
        verdict: VerdictKind::Nominal,
        probability: Some(0.02),
        mean_24h: Some(0.02),
        threshold: Some(0.40),
        outside: false,
    };

    #[test]
    fn a_nominal_machine_wears_when_something_leads_away() {
        assert_eq!(Condition::of(&CALM), Condition::Nominal);
        let of = |change: fn(&mut Signs)| {
            let mut signs = CALM;
            change(&mut signs);
            Condition::of(&signs)
        };
        let wearing = Condition::Wearing;
        assert_eq!(of(|s| s.probability = Some(0.20)), wearing(Wear::Near));
        assert_eq!(of(|s| s.probability = Some(0.125)), wearing(Wear::Rising));
        assert_eq!(of(|s| s.probability = Some(0.11)), Condition::Nominal);
        assert_eq!(of(|s| s.outside = true), wearing(Wear::Outside));
        assert_eq!(of(|s| s.mean_24h = None), Condition::Nominal);
        assert_eq!(of(|s| s.threshold = None), Condition::Nominal);
        assert_eq!(of(|s| s.probability = Some(f64::NAN)), Condition::Nominal);
    }

    proptest! {
        #[test]
        fn the_condition_never_contradicts_the_verdict(
            kind in 0..3_usize,
            probability in proptest::option::of(-1.0..2.0_f64),
            mean_24h in proptest::option::of(0.0..1.0_f64),
            threshold in proptest::option::of(0.0..1.0_f64),
            outside: bool,
        ) {
            let verdict = [VerdictKind::Danger, VerdictKind::Unavailable, VerdictKind::Nominal][kind];
            let condition = Condition::of(&Signs { verdict, probability, mean_24h, threshold, outside });
            let says = match condition {
                Condition::Imminent => VerdictKind::Danger,
                Condition::Unknown => VerdictKind::Unavailable,
                Condition::Wearing(_) | Condition::Nominal => VerdictKind::Nominal,
            };
            prop_assert_eq!(says, verdict);
        }
    }
}
