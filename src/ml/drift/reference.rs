//! What drift is measured against, from the readings learned from: how they are spread, and how far stretches of them
//! lie apart from the whole.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::departure;
use super::index::{BINS, bin, binned_distance, psi};
use super::together::{Machine, agreed_but_one, sum};
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
const MACHINES: [usize; 6] = [3, 4, 8, 16, 32, 64];
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
    let mut stretches: BTreeMap<i64, BTreeMap<u32, [Machine; 4]>> = BTreeMap::new();
    for (loco, at_ms, values) in rows {
        let stretch = at_ms.div_euclid(i64::from(hours) * 3_600_000);
        let machines = stretches.entry(stretch).or_default();
        let channels = machines.entry(loco).or_default();
        for c in 0..4 {
            channels[c].push(&reference[c], values[c]);
        }
    }
    std::array::from_fn(|c| {
        let stretches: Vec<Vec<Machine>> = stretches
            .values()
            .map(|machines| {
                let machines = machines.values().map(|channels| channels[c]);
                machines.filter(|m| m.readings >= LEAST.0).collect()
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
    // Of each stretch that held enough, one a draw.
    let mut series: [Vec<Vec<f64>>; 5] = std::array::from_fn(|_| Vec::new());
    let mut distances = Vec::new();
    for stretch in stretches.iter().filter(|stretch| stretch.len() >= machines) {
        let mut drawn: Vec<&Machine> = stretch.iter().collect();
        let draws = if drawn.len() == machines { 1 } else { DRAWS };
        let mut found: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::new());
        for _ in 0..draws {
            drawn.shuffle(&mut rng);
            let drawn = &drawn[..machines];
            let all = sum(drawn.iter().copied());
            if all.iter().sum::<u32>() < LEAST.1 {
                continue;
            }
            // Its root grows as a shift does.
            let root = psi(&reference.shares, reference.readings, &all)
                .max(0.0)
                .sqrt();
            let shift = agreed_but_one(drawn.iter().map(|m| m.mean()));
            let spread = agreed_but_one(drawn.iter().map(|m| m.spread()));
            if let (Some(shift), Some(spread)) = (shift, spread) {
                let [below, above] = shift;
                let [narrower, wider] = spread;
                for (of, value) in found.iter_mut().zip([root, below, above, narrower, wider]) {
                    of.push(value);
                }
                distances.push(binned_distance(&reference.shares, &all));
            }
        }
        if !found[0].is_empty() {
            for (all, found) in series.iter_mut().zip(found) {
                all.push(found);
            }
        }
    }
    let stretches = series[0].len();
    if stretches < STRETCHES {
        return None;
    }
    let [root, below, above, narrower, wider] = series.map(|draws| bounds(&draws));
    distances.sort_by(f64::total_cmp);
    let quantile = |k: usize| distances[k * (distances.len() - 1) / (DISTANCES - 1)];
    Some(Usual {
        hours,
        machines,
        stretches,
        psi: root[1].powi(2),
        shift: [below[0], above[1]],
        spread: [narrower[0], wider[1]],
        distances: (0..DISTANCES).map(quantile).collect(),
    })
}

/// What hardly any further stretch passes, below and above, from the draws of those that were seen: their mean and some
/// deviations, the more the fewer they were (about the bounds that hold 99.9 % of a normal spread with 95 % confidence).
/// Stretches that follow one another and are alike, as days of one weather are, count as fewer.
fn bounds(stretches: &[Vec<f64>]) -> [f64; 2] {
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (n, sum) = values.fold((0.0, 0.0), |(n, sum), v| (n + 1.0, sum + v));
        sum / n
    };
    let centre = mean(&mut stretches.iter().flatten().copied());
    let off = |v: f64| v - centre;
    let variance = mean(&mut stretches.iter().flatten().map(|v| off(*v).powi(2)));
    let means: Vec<f64> = stretches
        .iter()
        .map(|draws| off(mean(&mut draws.iter().copied())))
        .collect();
    let between = means.iter().map(|m| m * m).sum::<f64>();
    let following = means.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
    let alike = if between > 0.0 {
        (following / between).clamp(0.0, 0.9)
    } else {
        0.0
    };
    let n = stretches.len() as f64 * (1.0 - alike) / (1.0 + alike);
    let reach = (3.0 + 20.0 / n) * variance.sqrt();
    [centre - reach, centre + reach]
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
