//! What machines have in common. A machine that fails goes its own way; a sensor batch, a unit or a season moves most of
//! them the same way at once. The middle machine tells the two apart, and does not care how far the others went.

use super::index::{BINS, Counts, bin};
use crate::domain::drift::ChannelReference;

/// Machines that have to agree at least: one or two that move the same way are more like failures.
pub(super) const FEWEST: usize = 3;
/// Readings of a machine below which its deviation says nothing.
const LEAST: u32 = 5;
/// Variance, in usual deviations, that a machine is taken to have at least: a channel that stands still has one too.
const STILL: f64 = 1e-6;

/// One machine's readings of one channel, summed up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Machine {
    pub counts: Counts,
    pub readings: u32,
    sum: f64,
    squares: f64,
}

impl Machine {
    /// Takes a departure; what is no number is left out.
    pub fn push(&mut self, reference: &ChannelReference, value: f64) {
        if value.is_finite() {
            self.counts[bin(&reference.edges, value)] += 1;
            self.readings += 1;
            self.sum += value;
            self.squares += value * value;
        }
    }

    /// Its mean departure; no number without a reading.
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.readings)
    }

    /// Natural logarithm of its deviation.
    pub fn spread(&self) -> f64 {
        if self.readings < LEAST {
            return f64::NAN;
        }
        let variance = self.squares / f64::from(self.readings) - self.mean().powi(2);
        variance.max(STILL).ln() / 2.0
    }
}

/// Readings of all of them in each bin.
pub(super) fn sum<'a>(machines: impl IntoIterator<Item = &'a Machine>) -> Counts {
    machines.into_iter().fold([0; BINS], |mut all, machine| {
        let own = machine.counts.iter();
        all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
        all
    })
}

/// Machines of one mind that it takes of `n`: more than half, and never fewer than [`FEWEST`].
fn quorum(n: usize) -> Option<usize> {
    (n >= FEWEST).then(|| FEWEST.max(n / 2 + 1))
}

/// What so many of these stay below that they are of one mind, and what as many reach. `None` of too few numbers.
pub(super) fn agreed(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let sorted = sorted(values);
    let quorum = quorum(sorted.len())?;
    Some([sorted[quorum - 1], sorted[sorted.len() - quorum]])
}

/// What is reached where one of these that is out of its mind stands for any: [`agreed`] with one machine fewer to agree.
pub(super) fn agreed_but_one(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let sorted = sorted(values);
    let quorum = quorum(sorted.len())? - 1;
    Some([sorted[quorum - 1], sorted[sorted.len() - quorum]])
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Whether those that agree lie below what is usual, or above it.
pub(super) fn is_beyond([below, above]: [f64; 2], usual: [f64; 2]) -> bool {
    below < usual[0] || above > usual[1]
}
