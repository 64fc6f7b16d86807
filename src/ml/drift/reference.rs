//! What drift is measured against, from the readings learned from: how they are spread, and how far stretches of them
//! lie apart from the whole.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::departure;
use super::half::{Half, Machine};
use super::index::{BINS, Counts, bin, binned_distance, psi};
use crate::domain::ChannelValues;
use crate::domain::drift::{ChannelReference, Reference, Usual};
use crate::domain::features::{FeatureSpec, Normal};
use crate::ml::sample::Sample;
use crate::ml::survey::Survey;

/// Quantiles kept of each channel, for the distance between distributions.
const QUANTILES: usize = 201;
/// Stretches of time that training is cut into, hours.
const HOURS: [u32; 4] = [6, 24, 72, 168];
/// Numbers of machines that are drawn, and how often of each stretch.
const MACHINES: [usize; 7] = [2, 3, 4, 8, 16, 32, 64];
const DRAWS: usize = 4;
/// Readings of a machine, and of all that are drawn, below which a stretch says nothing.
const LEAST: (u32, u32) = (5, 50);
/// Stretches below which nothing is known of what is usual.
const STRETCHES: usize = 3;
/// Quantiles of the distances.
const DISTANCES: usize = 20;

/// How the readings that were learned from depart.
pub(in crate::ml) fn reference(sample: &Sample, survey: &Survey, spec: &FeatureSpec) -> Reference {
    let locos = survey.locos.iter();
    let normals: Vec<Normal> = locos.map(|l| l.learner.normal(&spec.fleet)).collect();
    let of = |row: &crate::ml::sample::SampleRow| {
        departure(&row.sight.values, &normals[row.loco as usize])
    };
    let mut reference: Reference = std::array::from_fn(|c| {
        let rows = sample.rows.iter();
        let weighted = rows.map(|row| (of(row)[c], sample.weight[usize::from(row.label)]));
        channel_reference(weighted.collect())
    });
    for hours in HOURS {
        let sound = sample.rows.iter().filter(|row| !row.label);
        let rows = sound.map(|row| (row.loco, row.at_ms, of(row)));
        let usual = usual(&reference, hours, rows);
        for (channel, usual) in reference.iter_mut().zip(usual) {
            channel.usual.extend(usual);
        }
    }
    reference
}

/// Of stretches of so many hours, each channel and each number of machines: rows are (machine, instant, departure).
pub(super) fn usual(
    reference: &Reference,
    hours: u32,
    rows: impl Iterator<Item = (u32, i64, ChannelValues)>,
) -> [Vec<Usual>; 4] {
    let mut stretches: BTreeMap<i64, BTreeMap<u32, [Counts; 4]>> = BTreeMap::new();
    for (loco, at_ms, values) in rows {
        let stretch = at_ms.div_euclid(i64::from(hours) * 3_600_000);
        let machines = stretches.entry(stretch).or_default();
        let counts = machines.entry(loco).or_insert([[0; BINS]; 4]);
        for c in 0..4 {
            counts[c][bin(&reference[c].edges, values[c])] += 1;
        }
    }
    std::array::from_fn(|c| {
        let stretches: Vec<Vec<Machine>> = stretches
            .values()
            .map(|machines| {
                let machines = machines.values().map(|counts| counts[c]);
                let enough = machines.filter(|counts| counts.iter().sum::<u32>() >= LEAST.0);
                enough
                    .map(|counts| Machine::of(&reference[c], counts))
                    .collect()
            })
            .collect();
        let sizes = MACHINES.into_iter();
        sizes
            .filter_map(|size| usual_of(&reference[c], hours, size, &stretches))
            .collect()
    })
}

fn usual_of(
    reference: &ChannelReference,
    hours: u32,
    machines: usize,
    stretches: &[Vec<Machine>],
) -> Option<Usual> {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(hours) << 32 | machines as u64);
    let (mut whole, mut half, mut distances) = (Vec::new(), Vec::new(), Vec::new());
    let mut held = 0;
    for stretch in stretches {
        if stretch.len() < machines {
            continue;
        }
        let mut drawn: Vec<&Machine> = stretch.iter().collect();
        let draws = if drawn.len() == machines { 1 } else { DRAWS };
        let before = whole.len();
        for _ in 0..draws {
            drawn.shuffle(&mut rng);
            let all = Half::sum(drawn[..machines].iter().map(|m| &m.counts));
            if all.iter().sum::<u32>() < LEAST.1 {
                continue;
            }
            whole.push(psi(&reference.shares, reference.readings, &all));
            half.push(Half::of(reference, &drawn[..machines]).psi);
            distances.push(binned_distance(&reference.shares, &all));
        }
        held += usize::from(whole.len() > before);
    }
    if held < STRETCHES {
        return None;
    }
    distances.sort_by(f64::total_cmp);
    let quantile = |k: usize| distances[k * (distances.len() - 1) / (DISTANCES - 1)];
    Some(Usual {
        hours,
        machines,
        stretches: held,
        psi: bound(&whole, held),
        half: bound(&half, held),
        distances: (0..DISTANCES).map(quantile).collect(),
    })
}

/// What hardly any further stretch passes, from what `held` of them have reached: of the square roots, which grow as
/// the shift does, the mean and some deviations, the more the fewer stretches there were (about the bound that holds
/// 99.9 % with 95 % confidence of a normal spread).
fn bound(found: &[f64], held: usize) -> f64 {
    let roots: Vec<f64> = found.iter().map(|psi| psi.max(0.0).sqrt()).collect();
    let n = roots.len() as f64;
    let mean = roots.iter().sum::<f64>() / n;
    let variance = roots.iter().map(|root| (root - mean).powi(2)).sum::<f64>() / n;
    let most = found.iter().copied().fold(0.0, f64::max);
    let reach = 3.0 + 20.0 / held as f64;
    (mean + reach * variance.sqrt()).powi(2).max(most)
}

/// From weighted values; those that are no numbers are left out.
pub(super) fn channel_reference(mut values: Vec<(f64, f64)>) -> ChannelReference {
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
        usual: Vec::new(),
    }
}
