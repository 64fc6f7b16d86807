//! Drift: are the newest readings still of the kind that the model learned from?
//!
//! What is compared is what the model looks at: each reading's departure from its own machine's normal, in that
//! machine's deviations. So a fleet of unlike machines, or one whose make-up changes, does not look like drift;
//! a sensor that was exchanged, a unit that was changed, another season do. Pure: the readings are handed in.

use std::collections::BTreeMap;

use super::sample::Sample;
use super::survey::Survey;
use crate::domain::drift::{
    Band, ChannelDrift, ChannelReference, Drift, Likeness, Onset, Reference, Sign,
};
use crate::domain::features::{FeatureSpec, Normal};
use crate::domain::{Channel, ChannelValues, LocoId};

/// Bins of the stability index.
const BINS: usize = 10;
/// Quantiles kept of each channel, for the distance between distributions.
const QUANTILES: usize = 201;
/// What an empty bin counts: no bin is impossible.
const HALF: f64 = 0.5;
/// Shift of a machine's mean, in the usual spread, from which it has moved.
const MOVED: f64 = 0.5;
const DAY_MS: i64 = 86_400_000;
/// Readings of a day of training below which it says nothing of what is usual.
const DAY_READINGS: u64 = 100;
/// Parts of the hours compared, to see how a shift came.
const PARTS: usize = 6;

/// One machine's newest readings, in time order, as departures.
#[derive(Debug, Clone)]
pub struct Departures {
    pub loco: LocoId,
    pub values: Vec<ChannelValues>,
    /// The model sees danger in it, or a probability that rises.
    pub alarming: bool,
}

/// A reading as its departure from the machine's normal, in its deviations.
#[must_use]
pub fn departure(values: &ChannelValues, normal: &Normal) -> ChannelValues {
    std::array::from_fn(|c| (values[c] - normal.mean[c]) / normal.deviation[c])
}

/// How the readings that were learned from depart.
pub(super) fn reference(sample: &Sample, survey: &Survey, spec: &FeatureSpec) -> Reference {
    let locos = survey.locos.iter();
    let normals: Vec<Normal> = locos.map(|l| l.learner.normal(&spec.fleet)).collect();
    std::array::from_fn(|c| {
        let rows = sample.rows.iter().map(|row| {
            let normal = &normals[row.loco as usize];
            let weight = sample.weight[usize::from(row.label)];
            (departure(&row.sight.values, normal)[c], weight)
        });
        let mut reference = channel_reference(rows.collect());
        let sound = sample.rows.iter().filter(|row| !row.label).map(|row| {
            let normal = &normals[row.loco as usize];
            let day = row.at_ms.div_euclid(DAY_MS);
            (day, departure(&row.sight.values, normal)[c])
        });
        reference.usual_psi = usual_psi(&reference, sound);
        reference
    })
}

/// The largest index of a day of readings: (day, value).
fn usual_psi(reference: &ChannelReference, rows: impl Iterator<Item = (i64, f64)>) -> f64 {
    let mut days: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for (day, value) in rows.filter(|(_, value)| value.is_finite()) {
        let counts = days.entry(day);
        let counts = counts.or_insert_with(|| vec![0; reference.shares.len()]);
        counts[bin(&reference.edges, value)] += 1;
    }
    days.values()
        .filter(|counts| counts.iter().sum::<u64>() >= DAY_READINGS)
        .map(|counts| psi(&reference.shares, reference.readings, counts))
        .fold(0.0, f64::max)
}

/// From weighted values; those that are no numbers are left out.
fn channel_reference(mut values: Vec<(f64, f64)>) -> ChannelReference {
    values.retain(|(value, _)| value.is_finite());
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: f64 = values.iter().map(|v| v.1).sum();
    let quantile = |share: f64| {
        let mut seen = 0.0;
        let found = values.iter().find(|(_, weight)| {
            seen += weight;
            seen >= share * all
        });
        found.or(values.last()).map_or(0.0, |v| v.0)
    };
    let mut edges: Vec<f64> = Vec::new();
    for k in 1..BINS {
        let edge = quantile(k as f64 / BINS as f64);
        if edges.last() == Some(&edge) {
            // Many readings are this very value: it gets a bin of its own.
            edges.push(edge.next_up());
        } else if edges.last().is_none_or(|last| *last < edge) {
            edges.push(edge);
        }
    }
    let mut shares = vec![0.0; edges.len() + 1];
    for (value, weight) in &values {
        shares[bin(&edges, *value)] += weight / all;
    }
    if values.is_empty() {
        shares.fill(1.0 / (edges.len() + 1) as f64);
    }
    // One walk for all quantiles.
    let mut quantiles = Vec::with_capacity(QUANTILES);
    let (mut at, mut seen) = (0, 0.0);
    for k in 0..QUANTILES {
        let wanted = k as f64 / (QUANTILES - 1) as f64 * all;
        while at + 1 < values.len() && seen + values[at].1 < wanted {
            seen += values[at].1;
            at += 1;
        }
        quantiles.push(values.get(at).map_or(0.0, |v| v.0));
    }
    ChannelReference {
        shares: shares.iter().map(|s: &f64| s.clamp(0.0, 1.0)).collect(),
        edges,
        quantiles,
        readings: values.len() as u64,
        usual_psi: 0.0,
    }
}

fn bin(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge <= value)
}

/// Population stability index of counts against shares: Σ (now − then) · ln(now ⁄ then), over the same bins.
#[must_use]
pub fn psi(then: &[f64], readings_then: u64, now: &[u64]) -> f64 {
    let bins = then.len() as f64;
    let all: u64 = now.iter().sum();
    if all == 0 {
        return 0.0;
    }
    let smooth = |count: f64, of: f64| (count + HALF) / (of + HALF * bins);
    let of_then = (readings_then.max(1)) as f64;
    then.iter()
        .zip(now)
        .map(|(share, count)| {
            let then = smooth(share * of_then, of_then);
            let now = smooth(*count as f64, all as f64);
            (now - then) * (now / then).ln()
        })
        .sum()
}

/// Largest distance between the distribution behind sorted quantiles and a sorted sample.
#[must_use]
pub fn ks_distance(quantiles: &[f64], sorted: &[f64]) -> f64 {
    let (Some(steps), false) = (quantiles.len().checked_sub(1), sorted.is_empty()) else {
        return 0.0;
    };
    let (steps, n) = (steps as f64, sorted.len() as f64);
    // Where the reference leaps, a whole step of it lies at one value: both sides of it are looked at.
    let then = |x: f64| {
        let below = quantiles.partition_point(|q| *q < x);
        let upto = quantiles.partition_point(|q| *q <= x);
        let inside = |at: usize| match (at.checked_sub(1).map(|i| quantiles[i]), quantiles.get(at))
        {
            (None, _) => 0.0,
            (_, None) => steps,
            (Some(low), Some(high)) if *high > low => {
                at as f64 - 1.0 + ((x - low) / (high - low)).clamp(0.0, 1.0)
            }
            (Some(_), Some(_)) => at as f64,
        };
        (inside(below) / steps, inside(upto) / steps)
    };
    let mut most: f64 = 0.0;
    let mut at = 0;
    while at < sorted.len() {
        let x = sorted[at];
        let upto = sorted.partition_point(|v| *v <= x).max(at + 1);
        let (below, through) = then(x);
        most = most.max((below - at as f64 / n).abs());
        most = most.max((through - upto as f64 / n).abs());
        at = upto;
    }
    most.min(1.0)
}

/// Probability of a distance as large by chance, of two samples of so many readings (Kolmogorov's limit with
/// Stephens' correction). Neighbouring readings are alike, so it is smaller than it should be.
#[must_use]
pub fn ks_p(distance: f64, readings_then: u64, readings_now: u64) -> f64 {
    let (n, m) = (readings_then as f64, readings_now as f64);
    if n < 1.0 || m < 1.0 {
        return 1.0;
    }
    let root = (n * m / (n + m)).sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * distance;
    // Below this the series does not settle, and the probability is 1 to six digits.
    if lambda < 0.3 {
        return 1.0;
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * (f64::from(k) * lambda).powi(2)).exp()
    };
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// The newest readings of a fleet against the reference. `limit` is the index past which something has to be done.
#[must_use]
pub fn measure(reference: &Reference, fleet: &[Departures], limit: f64) -> Drift {
    let fleet: Vec<&Departures> = fleet.iter().filter(|m| !m.values.is_empty()).collect();
    let channels: Vec<ChannelDrift> = Channel::ALL
        .into_iter()
        .map(|channel| channel_drift(&reference[channel.index()], &fleet, channel, limit))
        .collect();
    let like = liken(reference, &fleet, &channels);
    Drift {
        readings: fleet.iter().map(|m| m.values.len() as u64).sum(),
        machines: fleet.len(),
        channels,
        like,
    }
}

fn channel_drift(
    reference: &ChannelReference,
    fleet: &[&Departures],
    channel: Channel,
    limit: f64,
) -> ChannelDrift {
    let c = channel.index();
    let mut all = vec![0_u64; reference.shares.len()];
    let mut each = Vec::with_capacity(fleet.len());
    let mut sorted = Vec::new();
    for machine in fleet {
        let mut own = vec![0_u64; all.len()];
        for value in machine
            .values
            .iter()
            .map(|v| v[c])
            .filter(|v| v.is_finite())
        {
            own[bin(&reference.edges, value)] += 1;
            sorted.push(value);
        }
        all.iter_mut().zip(&own).for_each(|(all, own)| *all += own);
        each.push(own);
    }
    sorted.sort_by(f64::total_cmp);
    let index = |counts: &[u64]| psi(&reference.shares, reference.readings, counts);
    let without_one = (fleet.len() >= 3)
        .then(|| {
            let without = |own: &Vec<u64>| -> f64 {
                let rest: Vec<u64> = all.iter().zip(own).map(|(all, own)| all - own).collect();
                index(&rest)
            };
            let least = fleet.iter().zip(each.iter().map(without));
            least
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map(|(machine, psi)| (machine.loco.clone(), psi))
        })
        .flatten();
    let mut rest = all.clone();
    let mut left_out = Vec::new();
    let mut leave = |rest: &mut Vec<u64>, i: usize| {
        rest.iter_mut().zip(&each[i]).for_each(|(r, own)| *r -= own);
        left_out.push(fleet[i].loco.clone());
    };
    let alarming = |i: &usize| fleet[*i].alarming;
    let (failing, calm): (Vec<usize>, Vec<usize>) = (0..fleet.len()).partition(alarming);
    failing.into_iter().for_each(|i| leave(&mut rest, i));
    let without = |i: usize| -> f64 {
        let others: Vec<u64> = rest.iter().zip(&each[i]).map(|(r, own)| r - own).collect();
        index(&others)
    };
    let farthest = calm
        .iter()
        .copied()
        .filter(|_| fleet.len() >= 3 && calm.len() >= 2)
        .map(|i| (i, without(i)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, psi)| *psi < index(&rest));
    if let Some((i, _)) = farthest {
        leave(&mut rest, i);
    }
    let ks = ks_distance(&reference.quantiles, &sorted);
    let readings = sorted.len() as u64;
    let mut moved = [Vec::new(), Vec::new()];
    for machine in fleet {
        let shift = shift(reference, mean(machine.values.iter().map(|v| v[c])));
        if shift.abs() > MOVED {
            moved[usize::from(shift < 0.0)].push(machine.loco.clone());
        }
    }
    ChannelDrift {
        channel,
        psi: index(&all),
        limit: limit.max(reference.usual_psi),
        // What is drift shows with the failing machines and without them.
        decisive: without_one
            .as_ref()
            .map_or(index(&all), |(_, psi)| psi.min(index(&all)))
            .min(index(&rest)),
        decisive_readings: rest.iter().sum(),
        left_out,
        without_one,
        ks,
        ks_p: (ks_p(ks, reference.readings, readings) * 4.0).min(1.0),
        shares: all
            .iter()
            .map(|count| *count as f64 / readings.max(1) as f64)
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

/// What the departure is more like: the signs are weighed against one another.
fn liken(
    reference: &Reference,
    fleet: &[&Departures],
    channels: &[ChannelDrift],
) -> Option<(Likeness, Vec<Sign>)> {
    let worst = channels
        .iter()
        .max_by(|a, b| (a.psi / a.limit).total_cmp(&(b.psi / b.limit)))?;
    if Band::of(worst.psi, worst.limit) == Band::Stable {
        return None;
    }
    let mut signs = Vec::new();
    let of = fleet.len();
    // A sensor or a unit moves all one way.
    let together = worst.moved[0].len().max(worst.moved[1].len());
    if of >= 3 {
        if together * 2 >= of {
            signs.push(Sign::Many {
                moved: together,
                of,
            });
        } else {
            let moved = worst.moved_count();
            signs.push(Sign::Few { moved, of });
        }
        if let Some((loco, psi)) = &worst.without_one
            && worst.psi > worst.limit
            && *psi <= worst.limit
        {
            let (loco, psi) = (loco.clone(), *psi);
            signs.push(Sign::OneMachine { loco, psi });
        }
    }
    let shaken = channels
        .iter()
        .filter(|c| Band::of(c.psi, c.limit) != Band::Stable)
        .count();
    signs.push(if shaken == 1 {
        let channel = worst.channel;
        Sign::OneChannel { channel }
    } else {
        Sign::SeveralChannels { channels: shaken }
    });
    let moved = |m: &&&Departures| worst.moved.iter().any(|all| all.contains(&m.loco));
    let machines = fleet.iter().filter(moved).filter(|m| m.alarming).count();
    signs.push(if machines > 0 {
        Sign::Danger { machines }
    } else {
        Sign::NoDanger
    });
    let c = worst.channel.index();
    let moved: Vec<&Departures> = fleet.iter().filter(moved).copied().collect();
    if let Some(onset) = onset(&reference[c], &moved, c) {
        signs.push(Sign::Came { onset });
    }
    let sum: i32 = signs
        .iter()
        .map(|sign| match sign.speaks_for() {
            Likeness::Drift => sign.weight(),
            Likeness::Fault => -sign.weight(),
            Likeness::Unclear => 0,
        })
        .sum();
    let like = match sum {
        1.. => Likeness::Drift,
        0 => Likeness::Unclear,
        _ => Likeness::Fault,
    };
    Some((like, signs))
}

/// How the shift of these machines came; `None` where there are none, or too few readings to tell.
fn onset(reference: &ChannelReference, moved: &[&Departures], c: usize) -> Option<Onset> {
    let parts: Vec<f64> = (0..PARTS)
        .map(|part| {
            // Up and down do not cancel: each machine's shift counts in its own direction.
            let shifts = moved.iter().map(|machine| {
                let n = machine.values.len();
                let own = &machine.values[part * n / PARTS..(part + 1) * n / PARTS];
                let whole = shift(reference, mean(machine.values.iter().map(|v| v[c])));
                shift(reference, mean(own.iter().map(|v| v[c]))) * whole.signum()
            });
            mean(shifts)
        })
        .collect();
    if moved.iter().all(|m| m.values.len() < 2 * PARTS) || parts.iter().any(|p| p.is_nan()) {
        return None;
    }
    let (first, last) = (parts[0], parts[PARTS - 1]);
    if first >= 0.7 * last {
        return Some(Onset::Earlier);
    }
    let steepest = parts
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .fold(0.0, f64::max);
    // A leap within a part shows as up to two steps.
    let leap = parts
        .windows(3)
        .map(|three| three[2] - three[0])
        .fold(steepest, f64::max);
    Some(if leap >= 0.8 * (last - first) {
        Onset::Sudden
    } else {
        Onset::Gradual
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};

    /// About normal: mean 0, deviation 1.
    fn noise(rng: &mut rand_chacha::ChaCha8Rng) -> f64 {
        (0..12).map(|_| rng.random_range(-0.5..0.5)).sum()
    }

    fn sample(n: usize, seed: u64, shift: f64) -> Vec<f64> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| noise(&mut rng) + shift).collect()
    }

    fn reference_of(values: &[f64]) -> ChannelReference {
        channel_reference(values.iter().map(|v| (*v, 1.0)).collect())
    }

    fn reference() -> Reference {
        std::array::from_fn(|c| reference_of(&sample(5000, c as u64, 0.0)))
    }

    /// `n` machines of 144 readings; machine `i` at reading `j` is shifted by `shift(i, j)`.
    fn fleet(n: usize, shift: impl Fn(usize, usize) -> ChannelValues) -> Vec<Departures> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(99);
        (0..n)
            .map(|i| Departures {
                loco: LocoId::new(&format!("L{i}")),
                values: (0..144)
                    .map(|j| {
                        let by = shift(i, j);
                        std::array::from_fn(|c| noise(&mut rng) + by[c])
                    })
                    .collect(),
                alarming: false,
            })
            .collect()
    }

    #[test]
    fn the_index_by_hand() {
        // (0.9 − 0.5) ln 1.8 + (0.1 − 0.5) ln 0.2, up to the smoothing.
        let wanted = 0.4 * 1.8_f64.ln() - 0.4 * 0.2_f64.ln();
        let found = psi(&[0.5, 0.5], 1_000_000, &[900_000, 100_000]);
        assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
        assert!(psi(&[0.5, 0.5], 1000, &[500, 500]).abs() < 1e-12);
        assert!(psi(&[1.0, 0.0], 1000, &[0, 500]).is_finite());
        assert_eq!(psi(&[0.5, 0.5], 1000, &[0, 0]), 0.0);
    }

    #[test]
    fn the_distance_and_its_probability_by_hand() {
        let uniform: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
        let sorted: Vec<f64> = (0..100).map(|i| 0.5 + f64::from(i) / 200.0).collect();
        assert!((ks_distance(&uniform, &sorted) - 0.5).abs() < 0.011);
        assert_eq!(ks_distance(&uniform, &[2.0, 3.0]), 1.0);
        // Tables: the two-sided 5 % point of the limit lies at 1.358, the 1 % point at 1.628.
        let p = |lambda: f64| ks_p(lambda / 1e4, 200_000_000, 200_000_000);
        assert!((p(1.358) - 0.05).abs() < 5e-4 && (p(1.628) - 0.01).abs() < 2e-4);
        assert_eq!(p(0.1), 1.0);
    }

    #[test]
    fn a_value_that_most_readings_have_is_a_bin_of_its_own() {
        let mut values = vec![0.0; 800];
        values.extend((0..200).map(|i| f64::from(i) - 100.0));
        let still = reference_of(&values);
        assert!(still.is_sound(), "{still:?}");
        let of = |value: f64| {
            let mut counts = vec![0; still.shares.len()];
            counts[bin(&still.edges, value)] += 1000;
            psi(&still.shares, still.readings, &counts)
        };
        assert!(of(0.0) < 1.3 && of(0.5) > 4.0 && of(-0.5) > 4.0);
        let constant = reference_of(&[3.0; 50]);
        assert!(constant.is_sound(), "{constant:?}");
        assert!(reference_of(&[]).is_sound());
    }

    #[test]
    fn a_shift_of_all_machines_is_drift_and_of_one_a_fault() {
        let reference = reference();
        let calm = measure(&reference, &fleet(10, |_, _| [0.0; 4]), 0.25);
        assert_eq!(
            (calm.machines, calm.readings, &calm.like),
            (10, 1440, &None)
        );
        assert!(
            calm.channels.iter().all(|c| c.psi < 0.05 && c.ks_p > 0.01),
            "{calm:#?}"
        );

        let late = |j: usize| if j >= 70 { 2.0 } else { 0.0 };
        let all = measure(
            &reference,
            &fleet(10, |_, j| [0.0, late(j), 0.0, 0.0]),
            0.25,
        );
        let pressure = &all.channels[1];
        assert!(
            pressure.decisive > 0.25 && pressure.ks_p < 1e-6,
            "{pressure:?}"
        );
        let (like, signs) = all.like.expect("drift");
        assert_eq!(like, Likeness::Drift, "{signs:?}");
        assert!(signs.contains(&Sign::Many { moved: 10, of: 10 }));
        assert!(signs.contains(&Sign::Came {
            onset: Onset::Sudden
        }));

        let wear = |i: usize, j: usize| if i == 1 { j as f64 / 20.0 } else { 0.0 };
        let mut one = fleet(3, |i, j| [0.0, 0.0, wear(i, j), wear(i, j)]);
        one[1].alarming = true;
        let one = measure(&reference, &one, 0.25);
        let vibration = &one.channels[2];
        assert!(
            vibration.psi > 0.25 && vibration.decisive < 0.1,
            "{vibration:?}"
        );
        let (like, signs) = one.like.expect("a fault");
        assert_eq!(like, Likeness::Fault, "{signs:?}");
        assert!(signs.contains(&Sign::Danger { machines: 1 }));
        assert!(
            signs.contains(&Sign::Came {
                onset: Onset::Gradual
            }),
            "{signs:?}"
        );
        assert!(
            signs
                .iter()
                .any(|s| matches!(s, Sign::OneMachine { loco, .. } if loco.as_str() == "L1"))
        );
    }

    #[test]
    fn machines_in_danger_are_faults_however_many_and_drift_is_seen_beside_them() {
        let reference = reference();
        let failing = |i: usize| i < 2;
        let mut two = fleet(4, |i, _| {
            [0.0, 0.0, if failing(i) { 5.0 } else { 0.0 }, 0.0]
        });
        (0..2).for_each(|i| two[i].alarming = true);
        let two = measure(&reference, &two, 0.25);
        let vibration = &two.channels[2];
        assert!(
            vibration.psi > 0.5 && vibration.decisive < 0.25,
            "{vibration:?}"
        );
        assert_eq!(
            (vibration.left_out.len(), vibration.decisive_readings),
            (3, 144)
        );
        let mut all = fleet(8, |i, _| {
            [1.5, 0.0, if failing(i) { 5.0 } else { 0.0 }, 0.0]
        });
        (0..2).for_each(|i| all[i].alarming = true);
        let all = measure(&reference, &all, 0.25);
        assert!(all.channels[0].decisive > 0.25 && all.channels[2].decisive < 0.25);
    }

    #[test]
    fn weather_that_training_has_seen_is_usual() {
        // Thirty days, each as warm as it happens to be.
        let day = |d: i64| sample(144, d as u64, (d as f64 * 1.7).sin());
        let days: Vec<(i64, f64)> = (0..30)
            .flat_map(|d| day(d).into_iter().map(move |v| (d, v)))
            .collect();
        let values: Vec<f64> = days.iter().map(|(_, v)| *v).collect();
        let mut one = reference_of(&values);
        let usual = usual_psi(&one, days.iter().copied());
        assert!((0.3..3.0).contains(&usual), "{usual}");
        assert_eq!(usual_psi(&one, days.iter().copied().take(99)), 0.0);
        one.usual_psi = usual;
        let reference: Reference = std::array::from_fn(|_| one.clone());
        let warm = measure(&reference, &fleet(4, |_, _| [0.9; 4]), 0.25);
        let channel = &warm.channels[0];
        assert!(channel.decisive > 0.25 && channel.decisive < channel.limit);
        let other = measure(&reference, &fleet(4, |_, _| [3.0; 4]), 0.25);
        assert!(other.channels[0].decisive > other.channels[0].limit);
    }

    #[test]
    fn nothing_and_what_is_no_number_are_measured_without_a_panic() {
        let reference = reference();
        let none = measure(&reference, &[], 0.25);
        assert_eq!((none.machines, none.readings), (0, 0));
        let odd = fleet(1, |_, _| [f64::NAN, f64::INFINITY, 0.0, 0.0]);
        let odd = measure(&reference, &odd, 0.25);
        assert!(
            odd.channels
                .iter()
                .all(|c| c.psi.is_finite() && c.ks.is_finite())
        );
    }

    proptest! {
        #[test]
        fn the_same_distribution_is_stable(seed in 0_u64..5000) {
            let then = reference_of(&sample(5000, 7, 0.0));
            let mut now = sample(1500, seed + 100, 0.0);
            let mut counts = vec![0; then.shares.len()];
            now.iter().for_each(|v| counts[bin(&then.edges, *v)] += 1);
            prop_assert!(psi(&then.shares, then.readings, &counts) < 0.05);
            now.sort_by(f64::total_cmp);
            prop_assert!(ks_distance(&then.quantiles, &now) < 0.08);
        }

        #[test]
        fn a_larger_shift_is_a_larger_drift(seed in 0_u64..500, small in 0.2_f64..1.0) {
            let then = reference_of(&sample(5000, 7, 0.0));
            let of = |shift: f64| {
                let mut now = sample(1500, seed, shift);
                let mut counts = vec![0; then.shares.len()];
                now.iter().for_each(|v| counts[bin(&then.edges, *v)] += 1);
                now.sort_by(f64::total_cmp);
                (psi(&then.shares, then.readings, &counts), ks_distance(&then.quantiles, &now))
            };
            let (less, more) = (of(small), of(small + 0.5));
            prop_assert!(less.0 < more.0 && less.1 < more.1, "{less:?} {more:?}");
            prop_assert!(of(1.0).0 > 0.25 && of(-1.0).0 > 0.25);
        }

        #[test]
        fn no_reading_breaks_it(
            then in prop::collection::vec(-5_i32..5, 0..60),
            now in prop::collection::vec(-9_i32..9, 1..60),
        ) {
            let then = channel_reference(then.iter().map(|v| (f64::from(*v), 1.0)).collect());
            prop_assert!(then.is_sound());
            let mut counts = vec![0; then.shares.len()];
            now.iter().for_each(|v| counts[bin(&then.edges, f64::from(*v))] += 1);
            let index = psi(&then.shares, then.readings, &counts);
            prop_assert!(index.is_finite() && index >= -1e-12);
            let mut sorted: Vec<f64> = now.iter().map(|v| f64::from(*v)).collect();
            sorted.sort_by(f64::total_cmp);
            let distance = ks_distance(&then.quantiles, &sorted);
            prop_assert!((0.0..=1.0).contains(&distance));
            prop_assert!((0.0..=1.0).contains(&ks_p(distance, then.readings, counts.len() as u64)));
        }
    }
}
