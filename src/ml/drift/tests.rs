//! What the index, the distance and the signs say of distributions made by hand.

use super::index::{bin, binned_distance, ks_distance, psi};
use super::reference::{channel_reference, usual};
use super::*;
use crate::domain::drift::{Likeness, Onset, Sign};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};

const TERMS: Terms = Terms {
    limit: 0.25,
    least_readings: 100,
    hours: 24.0,
};

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

/// Of ten machines over twenty days, every day like the others.
fn reference() -> Reference {
    let mut reference: Reference =
        std::array::from_fn(|c| reference_of(&sample(5000, c as u64, 0.0)));
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let rows = (0..20 * 10 * 144).map(|i| {
        let at_ms = i64::from(i / 10) * 600_000;
        (i % 10, at_ms, std::array::from_fn(|_| noise(&mut rng)))
    });
    let usual = usual(&reference, 24, rows);
    for (channel, usual) in reference.iter_mut().zip(usual) {
        channel.usual = usual;
    }
    reference
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
fn the_distance_by_hand() {
    let uniform: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
    let sorted: Vec<f64> = (0..100).map(|i| 0.5 + f64::from(i) / 200.0).collect();
    assert!((ks_distance(&uniform, &sorted) - 0.5).abs() < 0.011);
    assert_eq!(ks_distance(&uniform, &[2.0, 3.0]), 1.0);
    // By bins: what the cumulative shares differ by at most.
    let binned = binned_distance(&[0.25; 4], &[0, 0, 50, 50]);
    assert!((binned - 0.5).abs() < 1e-12);
    assert_eq!(binned_distance(&[0.25; 4], &[7; 4]), 0.0);
    assert_eq!(binned_distance(&[0.5, 0.5], &[0, 0]), 0.0);
}

#[test]
fn a_value_that_most_readings_have_is_a_bin_of_its_own() {
    let mut values = vec![0.0; 800];
    values.extend((0..200).map(|i| f64::from(i) - 100.0));
    let still = reference_of(&values);
    assert!(still.is_sound(), "{still:?}");
    let of = |value: f64| {
        let mut counts = vec![0_u32; still.shares.len()];
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
    let calm = measure(&reference, &fleet(10, |_, _| [0.0; 4]), &TERMS);
    assert_eq!(
        (calm.machines, calm.readings, &calm.like),
        (10, 1440, &None)
    );
    assert!(
        calm.channels.iter().all(|c| c.psi < 0.05 && c.ks < 0.05),
        "{calm:#?}"
    );

    let late = |j: usize| if j >= 70 { 2.0 } else { 0.0 };
    let all = measure(
        &reference,
        &fleet(10, |_, j| [0.0, late(j), 0.0, 0.0]),
        &TERMS,
    );
    let pressure = &all.channels[1];
    assert!(
        pressure.decisive() > 0.25 && pressure.ks > 0.3,
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
    let one = measure(&reference, &one, &TERMS);
    let vibration = &one.channels[2];
    assert!(
        vibration.psi > 0.25 && vibration.decisive() < 0.1,
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
            .any(|s| matches!(s, Sign::OneMachine { loco, .. } if loco.as_str() == "L1")),
        "{signs:?} {vibration:?}"
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
    let two = measure(&reference, &two, &TERMS);
    let vibration = &two.channels[2];
    assert!(
        vibration.psi > 0.5 && vibration.decisive() < 0.25,
        "{vibration:?}"
    );
    assert_eq!((vibration.calm_readings, vibration.beyond), (288, false));
    let mut all = fleet(8, |i, _| {
        [1.5, 0.0, if failing(i) { 5.0 } else { 0.0 }, 0.0]
    });
    (0..2).for_each(|i| all[i].alarming = true);
    let all = measure(&reference, &all, &TERMS);
    assert!(all.channels[0].decisive() > 0.25 && all.channels[2].decisive() < 0.25);
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
    let whole: Reference = std::array::from_fn(|_| one.clone());
    // Every reading is one of four machines'.
    let rows = |days: &[(i64, f64)]| -> Vec<(u32, i64, ChannelValues)> {
        let rows = days.iter().enumerate();
        rows.map(|(i, (day, value))| ((i % 4) as u32, day * 86_400_000, [*value; 4]))
            .collect()
    };
    let [of_first, ..] = usual(&whole, 24, rows(&days).into_iter());
    let four = of_first.iter().find(|usual| usual.machines == 4);
    let four = four.expect("thirty days of four machines");
    assert_eq!((four.stretches, of_first.last()), (30, Some(four)));
    assert!((0.3..9.0).contains(&four.psi), "{four:?}");
    let [low, high] = four.shift;
    assert!(low < -0.7 && high > 0.7 && high < 3.0, "{four:?}");
    assert!(four.as_far(0.0) > 0.99 && four.as_far(1.0) < 0.04);
    let two_days = rows(&days[..288]);
    let [of_few, ..] = usual(&whole, 24, two_days.into_iter());
    assert_eq!(of_few, [], "two days know nothing of what is usual");
    one.usual = of_first;
    let reference: Reference = std::array::from_fn(|_| one.clone());
    let warm = measure(&reference, &fleet(4, |_, _| [0.9; 4]), &TERMS);
    let channel = &warm.channels[0];
    assert!(channel.psi > 0.25 && channel.psi < channel.limit && channel.decisive() == 0.0);
    let other = measure(&reference, &fleet(4, |_, _| [3.0; 4]), &TERMS);
    assert!(other.channels[0].decisive() > other.channels[0].limit);
}

#[test]
fn nothing_and_what_is_no_number_are_measured_without_a_panic() {
    let reference = reference();
    let none = measure(&reference, &[], &TERMS);
    assert_eq!((none.machines, none.readings), (0, 0));
    let odd = fleet(1, |_, _| [f64::NAN, f64::INFINITY, 0.0, 0.0]);
    let odd = measure(&reference, &odd, &TERMS);
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
        let mut counts = vec![0_u32; then.shares.len()];
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
            let mut counts = vec![0_u32; then.shares.len()];
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
        let mut counts = vec![0_u32; then.shares.len()];
        now.iter().for_each(|v| counts[bin(&then.edges, f64::from(*v))] += 1);
        let index = psi(&then.shares, then.readings, &counts);
        prop_assert!(index.is_finite() && index >= -1e-12);
        let mut sorted: Vec<f64> = now.iter().map(|v| f64::from(*v)).collect();
        sorted.sort_by(f64::total_cmp);
        let distance = ks_distance(&then.quantiles, &sorted);
        prop_assert!((0.0..=1.0).contains(&distance));
        prop_assert!((0.0..=1.0).contains(&binned_distance(&then.shares, &counts)));
    }
}
