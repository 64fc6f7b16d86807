//! Whole fleets, sound and failing, trained on and then watched: what trips, and how soon.

use std::io::Write;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{Departures, Terms, departure, measure};
use crate::domain::drift::{Reference, Unjudged};
use crate::domain::features::Normal;
use crate::domain::{ChannelValues, EventKind, LocoId};
use crate::ml::part::Part;
use crate::ml::sample::{SAMPLE_ROWS, Sample};
use crate::ml::survey::Survey;
use crate::ml::test_support::Memory;

const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Clone, Copy)]
struct Fleet {
    machines: usize,
    seed: u64,
    period_secs: i64,
    /// Days learned from, and days watched after them.
    days: (i64, i64),
    /// Machines fail, every ten days or so, with some days of a growing fault before.
    failing: bool,
}

type Rows = Vec<(i64, ChannelValues)>;

impl Fleet {
    /// Each machine's readings and failures: duty with a day's pattern and a memory of two hours, weather that all
    /// machines share and that changes over days, wear that the workshop takes back.
    fn make(&self) -> Vec<(Rows, Vec<i64>)> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut gauss = move || -> f64 { StandardNormal.sample(&mut rng) };
        let hours = (self.days.0 + self.days.1) * 24;
        let mut warm = 0.0;
        let weather: Vec<f64> = (0..=hours)
            .map(|_| {
                let memory = (-1.0_f64 / 60.0).exp();
                warm = warm * memory + 4.0 * (1.0 - memory * memory).sqrt() * gauss();
                warm
            })
            .collect();
        (0..self.machines)
            .map(|i| self.machine(i as u64, &weather))
            .collect()
    }

    fn machine(&self, i: u64, weather: &[f64]) -> (Rows, Vec<i64>) {
        let seed = self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(i);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let gauss = |rng: &mut ChaCha8Rng| -> f64 { StandardNormal.sample(rng) };
        let base = [500.0, 5.0, 1.75, 39.5];
        let spread = [8.0, 0.08, 0.08, 0.8];
        let base: [f64; 4] = std::array::from_fn(|c| base[c] + spread[c] * gauss(&mut rng));
        let period_ms = self.period_secs * 1000;
        let end_ms = (self.days.0 + self.days.1) * 24 * HOUR_MS;
        let fault = |rng: &mut ChaCha8Rng, after: i64| {
            let onset = after + rng.random_range(24..24 * 16) * HOUR_MS;
            (onset, onset + rng.random_range(60..100) * HOUR_MS)
        };
        let (mut onset, mut fails) = fault(&mut rng, 0);
        if !self.failing {
            onset = i64::MAX;
            fails = i64::MAX;
        }
        let mut serviced = -rng.random_range(0..30) * 24 * HOUR_MS;
        let (mut load, mut at, mut kind) = (0.5, 0, i);
        let (mut rows, mut failures) = (Vec::new(), Vec::new());
        let memory = (-(self.period_secs as f64) / 7200.0).exp();
        while at < end_ms {
            if at >= fails {
                failures.push(at);
                at += 8 * HOUR_MS / period_ms * period_ms;
                serviced = at;
                (onset, fails) = fault(&mut rng, at);
                kind += 1;
                continue;
            }
            if at - serviced > 30 * 24 * HOUR_MS && at < onset {
                serviced = at;
            }
            let hour = (at % (24 * HOUR_MS)) as f64 / HOUR_MS as f64;
            let wave = ((hour - 9.0) / 24.0 * std::f64::consts::TAU).sin();
            let goal = 0.5 + 0.25 * wave;
            let step = 0.12 * (1.0 - memory * memory).sqrt() * gauss(&mut rng);
            load = (goal + (load - goal) * memory + step).clamp(0.0, 1.0);
            let worn = (at - serviced) as f64 / (60.0 * 24.0 * HOUR_MS as f64);
            let whole = fails.saturating_sub(onset).max(1) as f64;
            let share = (at.saturating_sub(onset) as f64 / whole).clamp(0.0, 1.0);
            let grown = share.powf(1.6);
            let sick = match kind % 3 {
                0 => [-12.0, -0.15, 9.5, 62.0],
                1 => [-150.0, -2.9, 0.4, 3.0],
                _ => [-4.0, -0.1, 0.1, 58.0],
            };
            let air = 3.5 * wave + weather[(at / HOUR_MS) as usize];
            let mut noise = |by: f64| by * gauss(&mut rng);
            let values = [
                base[0] + 18.0 * (load - 0.5) - 4.0 * worn + noise(3.5),
                base[1] + 0.3 * (load - 0.5) - 0.05 * worn + noise(0.05),
                base[2] + 0.5 * load + 0.22 * worn + noise(0.08),
                base[3] + 7.0 * load + 0.45 * air + 1.6 * worn + noise(0.5),
            ];
            rows.push((at, std::array::from_fn(|c| values[c] + grown * sick[c])));
            at += period_ms;
        }
        (rows, failures)
    }
}

/// A fleet that was learned from.
struct Watched {
    fleet: Fleet,
    rows: Vec<(LocoId, Rows, Vec<i64>, Normal)>,
    reference: Reference,
}

/// Changes a reading of machine `i`.
type Change<'a> = &'a dyn Fn(usize, ChannelValues) -> ChannelValues;

impl Watched {
    fn new(fleet: Fleet) -> Self {
        let learned_ms = fleet.days.0 * 24 * HOUR_MS;
        let made = fleet.make();
        let mut memory = Memory::default();
        for (i, (rows, failures)) in made.iter().enumerate() {
            let name = format!("L{i:02}");
            for (at, values) in rows.iter().filter(|row| row.0 < learned_ms) {
                memory.push(&name, *at, *values, None);
            }
            for at in failures.iter().filter(|at| **at < learned_ms) {
                memory.event(&name, *at, EventKind::Failure);
            }
        }
        let part = Part::whole(&memory).expect("part");
        let survey = Survey::of(&part, 48 * HOUR_MS).expect("survey");
        let kind = survey.kind();
        let spec = survey.spec(kind).expect("spec");
        let sample = Sample::of(&part, &survey, kind, &spec, SAMPLE_ROWS).expect("sample");
        let reference = super::reference(&sample, &survey, &spec);
        let rows = made.into_iter().zip(&survey.locos);
        let rows = rows.map(|((rows, failures), loco)| {
            let normal = loco.learner.normal(&spec.fleet);
            (loco.loco.clone(), rows, failures, normal)
        });
        Self {
            rows: rows.collect(),
            fleet,
            reference,
        }
    }

    /// What is measured `hours` after the end of training; readings since then are changed.
    fn after(&self, hours: i64, change: Change<'_>) -> crate::domain::Drift {
        let learned_ms = self.fleet.days.0 * 24 * HOUR_MS;
        let now = learned_ms + hours * HOUR_MS;
        let most = (6000 / self.rows.len()).clamp(40, 1500);
        let machines = self.rows.iter().enumerate();
        let machines = machines.map(|(i, (loco, rows, failures, normal))| {
            let from = rows.partition_point(|row| row.0 < now - 24 * HOUR_MS);
            let upto = rows.partition_point(|row| row.0 <= now);
            let held = &rows[from..upto];
            let shown =
                (0..held.len().min(most)).map(|k| held[k * held.len() / held.len().min(most)]);
            let values = shown.map(|(at, values)| {
                let values = if at >= learned_ms {
                    change(i, values)
                } else {
                    values
                };
                departure(&values, normal)
            });
            // A model that sees one failure in two, and that a day ahead.
            let soon = failures.iter().enumerate();
            let mut soon =
                soon.filter(|(n, at)| n % 2 == 0 && (now..now + 24 * HOUR_MS).contains(at));
            Departures {
                loco: loco.clone(),
                values: values.collect(),
                alarming: soon.next().is_some(),
            }
        });
        let fleet: Vec<Departures> = machines.collect();
        let terms = Terms {
            limit: 0.25,
            least_readings: 100,
            hours: 24.0,
        };
        measure(&self.reference, &fleet, &terms)
    }

    fn trips(&self, hours: i64, change: Change<'_>) -> Option<bool> {
        let drift = self.after(hours, change);
        match drift.unjudged {
            None => Some(drift.channels.iter().any(|c| c.decisive() > c.limit)),
            Some(_) => None,
        }
    }

    /// Hours after a change until it trips, up to two days.
    fn found(&self, change: Change<'_>) -> Option<i64> {
        (1..=48).find(|hours| self.trips(*hours, change) == Some(true))
    }

    /// (times it tripped, times it was judged) over the days watched.
    fn false_trips(&self, change: Change<'_>) -> (usize, usize) {
        let judged = (1..=self.fleet.days.1 * 4).filter_map(|k| self.trips(k * 6, change));
        judged.fold((0, 0), |(trips, all), trip| {
            (trips + usize::from(trip), all + 1)
        })
    }
}

type Shift = fn(ChannelValues) -> ChannelValues;

/// Shifts of a whole fleet.
const SHIFTS: [(&str, Shift); 4] = [
    ("pressure +10 %", |[f, p, v, t]| [f, p * 1.1, v, t]),
    ("°F for °C", |[f, p, v, t]| [f, p, v, t * 1.8 + 32.0]),
    ("vibration × 1.3", |[f, p, v, t]| [f, p, v * 1.3, t]),
    ("flow −5 %", |[f, p, v, t]| [f * 0.95, p, v, t]),
];

/// Prints what the breaker makes of many fleets: `cargo test --lib drift::test_fleets -- --ignored`.
#[test]
#[ignore = "minutes: prints a table"]
fn a_table_of_fleets() {
    for period_secs in [600, 60] {
        for machines in [3, 4, 8, 12, 30] {
            let seeds = if period_secs == 60 { 2 } else { 5 };
            table_row(machines, period_secs, seeds);
        }
    }
}

fn table_row(machines: usize, period_secs: i64, seeds: u64) {
    let mut lines = vec![format!("{machines:2} machines, {period_secs:3} s")];
    for failing in [false, true] {
        let days = (20, 10);
        let fleets: Vec<Watched> = (0..seeds)
            .map(|seed| {
                Watched::new(Fleet {
                    machines,
                    seed: 100 + seed,
                    period_secs,
                    days,
                    failing,
                })
            })
            .collect();
        let (mut trips, mut judged, mut fleets_tripped) = (0, 0, 0);
        for fleet in &fleets {
            let (t, j) = fleet.false_trips(&|_, v| v);
            (trips, judged) = (trips + t, judged + j);
            fleets_tripped += usize::from(t > 0);
        }
        assert!(failing || trips == 0, "{machines} sound machines trip");
        let (broken, of_broken) = fleets
            .iter()
            .map(|f| f.false_trips(&broken))
            .fold((0, 0), |(a, b), (t, j)| (a + t, b + j));
        let limits: Vec<String> = (0..4)
            .map(|c| {
                let all = fleets
                    .iter()
                    .filter_map(|f| f.reference[c].usual(machines, 24.0));
                let halves: Vec<f64> = all.map(|u| (u.shift[1] - u.shift[0]) / 2.0).collect();
                format!(
                    "{:.2}",
                    halves.iter().sum::<f64>() / halves.len().max(1) as f64
                )
            })
            .collect();
        lines.push(format!(
            "{} false {trips}/{judged} ({fleets_tripped}/{seeds} fleets) · one broken {broken}/{of_broken} · usual shifts ± {}",
            if failing { "failing" } else { "sound" }, limits.join(" ")
        ));
        for (name, shift) in SHIFTS {
            let found: Vec<String> = fleets
                .iter()
                .map(|f| {
                    f.found(&|_, v| shift(v))
                        .map_or("never".into(), |h| format!("{h}"))
                })
                .collect();
            let most: Vec<String> = fleets
                .iter()
                .map(|f| {
                    f.found(&|i, v| if i * 4 < machines * 3 { shift(v) } else { v })
                        .map_or("never".into(), |h| format!("{h}"))
                })
                .collect();
            lines.push(format!(
                "    {name}: all {} h · three in four {} h",
                found.join(" "),
                most.join(" ")
            ));
        }
    }
    writeln!(std::io::stderr(), "{}", lines.join("\n")).expect("a terminal");
}

fn fleet(machines: usize, days: (i64, i64), failing: bool) -> Watched {
    Watched::new(Fleet {
        machines,
        seed: 3,
        period_secs: 600,
        days,
        failing,
    })
}

#[test]
fn what_cannot_be_judged_says_why() {
    let why = |watched: &Watched| watched.after(24, &|_, v| v).unjudged;
    let machines = 2;
    let few = Unjudged::FewMachines { machines };
    assert_eq!(why(&fleet(machines, (6, 2), false)), Some(few));
    let mut four = fleet(4, (6, 2), false);
    assert_eq!(why(&four), None);
    four.reference
        .iter_mut()
        .for_each(|channel| channel.usual.clear());
    assert_eq!(why(&four), Some(Unjudged::UsualUnknown));
}

/// One machine's sensors break.
fn broken(i: usize, [flow, pressure, vibration, temperature]: ChannelValues) -> ChannelValues {
    match i {
        0 => [flow, 0.0, vibration * 3.0, temperature + 40.0],
        _ => [flow, pressure, vibration, temperature],
    }
}

#[test]
fn neither_a_sound_fleet_nor_a_failing_one_nor_a_broken_sensor_trips() {
    for (machines, failing) in [(4, false), (8, true)] {
        let watched = fleet(machines, (15, 5), failing);
        let as_it_is: Change<'_> = &|_, values| values;
        for change in [as_it_is, &broken] {
            let (trips, judged) = watched.false_trips(change);
            assert_eq!(
                (trips, judged),
                (0, 20),
                "{machines} machines, failing: {failing}"
            );
        }
    }
}

#[test]
fn what_moves_most_machines_trips_within_a_day_few_and_failing_as_they_are() {
    for (machines, failing) in [(4, false), (8, true)] {
        let watched = fleet(machines, (15, 3), failing);
        for (name, shift) in SHIFTS {
            let most = |i: usize, v: ChannelValues| if i * 4 < machines * 3 { shift(v) } else { v };
            let all = |_, values| shift(values);
            let changes: [Change<'_>; 2] = [&all, &most];
            for change in changes {
                let found = watched.found(change);
                assert!(
                    found.is_some_and(|hours| hours <= 16),
                    "{name}, {machines}: {found:?}"
                );
            }
        }
    }
}
