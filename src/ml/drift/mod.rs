//! Drift: are the newest readings still of the kind that the model learned from?
//!
//! What is compared is what the model looks at: each reading's departure from its own machine's normal, in that
//! machine's deviations. So a fleet of unlike machines, or one whose make-up changes, does not look like drift;
//! a sensor that was exchanged, a unit that was changed, another season do. Pure: the readings are handed in.
//!
//! A few machines over a day are never like all of them over a month, and a machine that fails is unlike any. So the
//! index alone trips nothing: more than half of the machines must have moved the same way, and farther than as many of
//! them did over as long a time during training ([`reference`], [`together`]).

mod index;
mod likeness;
mod reference;
#[cfg(test)]
mod test_fleets;
#[cfg(test)]
mod tests;
mod together;

pub use index::{ks_distance, psi};
pub(super) use reference::reference;

use crate::domain::drift::{ChannelDrift, ChannelReference, Drift, Reference, Unjudged};
use crate::domain::features::Normal;
use crate::domain::{Channel, ChannelValues, LocoId};

use index::binned_distance;
use together::{FEWEST, Machine, agreed, is_beyond, sum};

/// Shift of a machine's mean, in the usual spread, from which it has moved.
const MOVED: f64 = 0.5;

/// One machine's newest readings, in time order, as departures.
#[derive(Debug, Clone)]
pub struct Departures {
    pub loco: LocoId,
    pub values: Vec<ChannelValues>,
    /// The model sees danger in it, or a probability that rises.
    pub alarming: bool,
}

/// What was set.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Index past which something has to be done, where training does not reach as far itself.
    pub limit: f64,
    /// Readings below which nothing is concluded.
    pub least_readings: u64,
    /// Hours that the readings are of.
    pub hours: f64,
}

/// A reading as its departure from the machine's normal, in its deviations.
#[must_use]
pub fn departure(values: &ChannelValues, normal: &Normal) -> ChannelValues {
    std::array::from_fn(|c| (values[c] - normal.mean[c]) / normal.deviation[c])
}

/// The newest readings of a fleet against the reference.
#[must_use]
pub fn measure(reference: &Reference, fleet: &[Departures], terms: &Terms) -> Drift {
    let fleet: Vec<&Departures> = fleet.iter().filter(|m| !m.values.is_empty()).collect();
    let channels: Vec<ChannelDrift> = Channel::ALL
        .into_iter()
        .map(|channel| channel_drift(&reference[channel.index()], &fleet, channel, terms))
        .collect();
    Drift {
        readings: fleet.iter().map(|m| m.values.len() as u64).sum(),
        machines: fleet.len(),
        like: likeness::liken(reference, &fleet, &channels),
        unjudged: unjudged(reference, &fleet, terms),
        channels,
    }
}

/// Why nothing can be concluded.
fn unjudged(reference: &Reference, fleet: &[&Departures], terms: &Terms) -> Option<Unjudged> {
    let calm = fleet.iter().filter(|m| !m.alarming);
    let machines = calm.clone().count();
    let readings = calm.map(|m| m.values.len() as u64).sum();
    let least = terms.least_readings;
    let known = reference
        .iter()
        .all(|channel| channel.usual(machines, terms.hours).is_some());
    match fleet.len() {
        0 => Some(Unjudged::NoReadings),
        _ if machines < FEWEST => Some(Unjudged::FewMachines { machines }),
        _ if !known => Some(Unjudged::UsualUnknown),
        _ if readings < least => Some(Unjudged::FewReadings { readings, least }),
        _ => None,
    }
}

fn channel_drift(
    reference: &ChannelReference,
    fleet: &[&Departures],
    channel: Channel,
    terms: &Terms,
) -> ChannelDrift {
    let c = channel.index();
    let machines: Vec<Machine> = fleet
        .iter()
        .map(|departures| {
            let mut machine = Machine::default();
            let values = departures.values.iter();
            values.for_each(|values| machine.push(reference, values[c]));
            machine
        })
        .collect();
    let index = |counts: &index::Counts| psi(&reference.shares, reference.readings, counts);
    let all = sum(&machines);
    let without = |own: &Machine| {
        let mut rest = all;
        let own = own.counts.iter();
        rest.iter_mut().zip(own).for_each(|(all, own)| *all -= own);
        index(&rest)
    };
    let least = fleet.iter().zip(machines.iter().map(without));
    let without_one = least
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|_| fleet.len() >= 3)
        .map(|(machine, psi)| (machine.loco.clone(), psi));
    let calm = fleet.iter().zip(&machines).filter(|(m, _)| !m.alarming);
    let calm: Vec<&Machine> = calm.map(|(_, machine)| machine).collect();
    let of_calm = sum(calm.iter().copied());
    let shift = agreed(calm.iter().map(|m| m.mean()));
    let spread = agreed(calm.iter().map(|m| m.spread()));
    let usual = |machines: usize| reference.usual(machines, terms.hours);
    let beyond = usual(calm.len()).is_some_and(|usual| {
        shift.is_some_and(|shift| is_beyond(shift, usual.shift))
            || spread.is_some_and(|spread| is_beyond(spread, usual.spread))
    });
    let of_fleet = usual(fleet.len());
    let usual_psi = of_fleet.filter(|_| !beyond).map_or(0.0, |usual| usual.psi);
    let mut moved = [Vec::new(), Vec::new()];
    for (departures, machine) in fleet.iter().zip(&machines) {
        let shift = self::shift(reference, machine.mean());
        if shift.abs() > MOVED {
            moved[usize::from(shift < 0.0)].push(departures.loco.clone());
        }
    }
    let mut sorted: Vec<f64> = fleet
        .iter()
        .flat_map(|m| m.values.iter().map(|v| v[c]))
        .filter(|v| v.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let readings = sorted.len().max(1) as f64;
    ChannelDrift {
        channel,
        psi: index(&all),
        limit: usual_psi.max(terms.limit),
        without_one,
        calm: index(&of_calm),
        calm_readings: of_calm.iter().map(|n| u64::from(*n)).sum(),
        together: match shift {
            Some([_, above]) if above > 0.0 => above,
            Some([below, _]) if below < 0.0 => below,
            _ => 0.0,
        },
        beyond,
        ks: ks_distance(&reference.quantiles, &sorted),
        as_far: of_fleet.map(|usual| usual.as_far(binned_distance(&reference.shares, &all))),
        shares: all[..reference.shares.len()]
            .iter()
            .map(|count| f64::from(*count) / readings)
            .collect(),
        moved,
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (n, sum) = values
        .filter(|v| v.is_finite())
        .fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
    if n > 0.0 { sum / n } else { f64::NAN }
}

/// How far a mean lies from the reference's middle, in its usual spread; 0 for what is no number.
fn shift(reference: &ChannelReference, mean: f64) -> f64 {
    let at = |share: f64| {
        let i = (share * (reference.quantiles.len() - 1) as f64).round() as usize;
        reference.quantiles[i]
    };
    let spread = (at(0.84) - at(0.16)) / 2.0;
    let spread = if spread > 0.0 { spread } else { 1.0 };
    let shift = (mean - at(0.5)) / spread;
    if shift.is_finite() { shift } else { 0.0 }
}
