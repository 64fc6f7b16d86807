//! The half of some machines that has moved least: what shows there too is no fault of a few of them.

use super::index::{BINS, Counts, psi};
use crate::domain::drift::ChannelReference;

/// One machine's readings in the bins of a reference.
pub(super) struct Machine {
    pub counts: Counts,
    /// Its own index.
    psi: f64,
}

impl Machine {
    pub fn of(reference: &ChannelReference, counts: Counts) -> Self {
        let psi = psi(&reference.shares, reference.readings, &counts);
        Self { counts, psi }
    }
}

/// That half, together.
pub(super) struct Half {
    /// Which of the machines.
    pub of: Vec<usize>,
    pub psi: f64,
    pub readings: u64,
}

impl Half {
    /// The larger half of an odd number.
    pub fn of(reference: &ChannelReference, machines: &[&Machine]) -> Self {
        let mut of: Vec<usize> = (0..machines.len()).collect();
        of.sort_by(|a, b| machines[*a].psi.total_cmp(&machines[*b].psi));
        of.truncate(machines.len().div_ceil(2));
        let all = Self::sum(of.iter().map(|i| &machines[*i].counts));
        Self {
            psi: psi(&reference.shares, reference.readings, &all),
            readings: all.iter().map(|n| u64::from(*n)).sum(),
            of,
        }
    }

    pub fn sum<'a>(counts: impl Iterator<Item = &'a Counts>) -> Counts {
        counts.fold([0; BINS], |mut all, own| {
            all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
            all
        })
    }
}
