//! The model's work: growing a forest, judging many rows and one, and following a machine. Data is made here.
//!
//! `cargo bench --bench forest`. Goals, in CPU seconds: fit ≤ 2.5 (scikit-learn 18), 100,000 rows ≤ 0.3,
//! one row ≤ 5 µs.

use std::hint::black_box;

use cidp::domain::features::{FeatureSpec, FleetNormal, Tracker};
use cidp::ml::{Growth, Rows, grow};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 16;
const TREES: u32 = 100;
const DEPTH: u32 = 12;
const TRIED: usize = 4;
const MIN_LEAF: usize = 5;

/// Rows of which one in eight is positive, told apart badly by three of sixteen columns.
fn rows(n: usize, seed: u64) -> Rows {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut out = Rows {
        columns: COLUMNS,
        x: Vec::with_capacity(n * COLUMNS),
        y: Vec::with_capacity(n),
        weight: [1.0; 2],
    };
    for _ in 0..n {
        let row: [f32; COLUMNS] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
        let score = row[0] + row[1] * row[2] + rng.random_range(-1.0..1.0);
        out.y.push(score > 1.0);
        out.x.extend(row);
    }
    out
}

const GROWTH: Growth = Growth {
    trees: TREES,
    max_depth: DEPTH,
    tried: TRIED,
    min_leaf: MIN_LEAF,
    seed: 1,
};

fn fit(c: &mut Criterion) {
    let data = rows(50_000, 1);
    let mut group = c.benchmark_group("fit 100 trees, depth 12, 50,000 rows, 16 columns");
    group.sample_size(10);
    group.bench_function("all cores", |b| {
        b.iter(|| grow(black_box(&data), GROWTH).expect("fit"));
    });
    group.finish();
}

fn score(c: &mut Criterion) {
    let (forest, _) = grow(&rows(50_000, 1), GROWTH).expect("fit");
    let test = rows(100_000, 2);
    let mut group = c.benchmark_group("score");
    group.sample_size(20);
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("100,000 rows", |b| {
        b.iter(|| {
            let mut out = Vec::with_capacity(100_000);
            forest.probabilities(black_box(&test.x), COLUMNS, &mut out);
            out
        });
    });
    group.throughput(Throughput::Elements(1));
    let mut next = test.x.chunks_exact(COLUMNS).cycle();
    group.bench_function("one row", |b| {
        b.iter(|| forest.probability(black_box(next.next().expect("rows"))));
    });
    group.finish();
}

/// A machine at 1 Hz: the constant time of a reading, whatever the window.
fn follow(c: &mut Criterion) {
    let fleet = FleetNormal {
        mean: [500.0, 5.0, 2.0, 45.0],
        within: [20.0, 0.3, 0.2, 3.0],
        between: [10.0, 0.2, 0.2, 2.0],
        alike: [false; 4],
    };
    let mut group = c.benchmark_group("a reading's features, by readings in the long window");
    group.throughput(Throughput::Elements(1));
    for readings in [60, 500, 2000] {
        let spec = FeatureSpec {
            period_ms: 1000,
            windows_ms: [10_000, readings * 1000],
            fleet_normal: fleet.normal(),
            fleet: fleet.clone(),
            maintenance_age_hours: 100.0,
        };
        let mut tracker = Tracker::new(&spec);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut at_ms = 0;
        group.bench_function(readings.to_string(), |b| {
            b.iter(|| {
                at_ms += 1000;
                let values = std::array::from_fn(|c| {
                    fleet.mean[c] + fleet.within[c] * rng.random_range(-2.0..2.0)
                });
                tracker.push(at_ms, &values, None)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fit, score, follow);
criterion_main!(benches);
