//! The warehouse against its floors: readings in, a window of a long past out, pruning.
//!
//! `cargo bench --bench warehouse`. The window is over `CIDP_BENCH_ROWS` readings of one locomotive at 1 Hz
//! (2,000,000 unless told; a year is 31536000, makes about 1.4 GB in a temporary folder and takes a minute).

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot prepare itself has failed"
)]
#![allow(clippy::print_stdout, reason = "what a bench prints is its result")]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use cidp::domain::ports::{FileIdentity, ReadingWriter, StagedReading};
use cidp::domain::{Flags, LocoId, Role, SourceClock};
use cidp::service::locomotive::Request;
use cidp::service::settings::VibrationClass;
use cidp::service::snapshot::{Severity, TimeWindow};
use cidp::warehouse::{RunRecord, Warehouse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const START_MS: i64 = 1_735_689_600_000;
/// One reading stands out: it must show at every zoom.
const SPIKE: f64 = 49.0;

fn record() -> RunRecord {
    RunRecord::begun("bench", 0)
}

fn identity(digest: u8) -> FileIdentity<'static> {
    FileIdentity {
        source: "bench",
        role: Role::Telemetry,
        clock: SourceClock::Data,
        path: "bench.csv",
        digest: [digest; 32],
    }
}

/// A day's wave with a little noise, to hundredths as sensors write them.
fn values(i: u64) -> [f64; 4] {
    let wave = (i as f64 / 13_751.0).sin();
    let noise = (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1_u64 << 24) as f64;
    let hundredths = |x: f64| (x * 100.0).round() / 100.0;
    [
        hundredths(500.0 + 20.0 * wave + noise),
        hundredths(5.0 + 0.2 * wave + noise * 0.1),
        hundredths(2.0 + 0.4 * wave + noise * 0.3),
        hundredths(45.0 + 4.0 * wave + noise),
    ]
}

fn fill(warehouse: &mut Warehouse, rows: u64) {
    let mut load = warehouse.load().unwrap();
    load.begin_file(&identity(1)).unwrap();
    let loco = load.loco("L1").unwrap();
    let mut batch = Vec::new();
    for i in 0..rows {
        let mut values = values(i);
        if i == rows / 3 {
            values[2] = SPIKE;
        }
        batch.push(StagedReading {
            loco,
            at_ms: START_MS + i as i64 * 1000,
            values,
            label: None,
            flags: Some(Flags(u16::from(i % 1_000_003 == 0))),
            line: i + 2,
        });
        if batch.len() == 262_144 || i + 1 == rows {
            load.readings(&batch).unwrap();
            batch.clear();
        }
    }
    load.end_file(true).unwrap();
    load.commit(&record(), false).unwrap();
}

fn load(c: &mut Criterion) {
    const ROWS: u64 = 200_000;
    let mut group = c.benchmark_group("load");
    group.sample_size(10).throughput(Throughput::Elements(ROWS));
    group.bench_function("200,000 readings with roll-ups, committed", |b| {
        b.iter_with_large_drop(|| {
            let folder = tempfile::tempdir().unwrap();
            let mut warehouse = Warehouse::open(&folder.path().join("w.sqlite")).unwrap();
            fill(&mut warehouse, ROWS);
            (warehouse, folder)
        });
    });
    group.finish();
}

fn windows(c: &mut Criterion) {
    let rows: u64 = std::env::var("CIDP_BENCH_ROWS").map_or(2_000_000, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.sqlite");
    let mut warehouse = Warehouse::open(&path).unwrap();
    fill(&mut warehouse, rows);
    warehouse.fold_log().unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!(
        "{rows} readings in {bytes} bytes: {:.1} a reading, roll-ups and traces included",
        bytes as f64 / rows as f64
    );
    window_group(c, &path, rows);
    prune(&path, rows);
}

fn window_group(c: &mut Criterion, path: &Path, rows: u64) {
    let reader = cidp::warehouse::Reader::open(path).unwrap();
    let newest = reader
        .latest_of(&LocoId::new("L1"), i64::MAX)
        .unwrap()
        .unwrap();
    let now_ms = newest.reading.at_ms;
    let mut group = c.benchmark_group(format!("window over {rows} readings"));
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(3));
    let hours = |n: i64| TimeWindow::Last(n * 3_600_000);
    for (name, window) in [
        ("1 h", hours(1)),
        ("6 h", hours(6)),
        ("24 h", hours(24)),
        ("7 d", hours(24 * 7)),
        ("30 d", hours(24 * 30)),
        ("all", TimeWindow::All),
    ] {
        let request = Request {
            reader: &reader,
            newest: &newest,
            window,
            now_ms,
            threshold: Some(0.5),
            normal: None,
            severity: Severity {
                class: VibrationClass::default().key(),
                limits: VibrationClass::default().limits(),
            },
            limits: [(0.0, 1000.0); 4],
            pending: &[],
        };
        let view = request.view().unwrap();
        let points: usize = view.curves[2].iter().map(Vec::len).sum();
        assert!(points <= 2_100, "{name}: {points} points");
        if window == TimeWindow::All {
            let mut shown = view.curves[2].iter().flatten();
            assert!(shown.any(|p| p[1] == SPIKE), "the spike is lost");
        }
        group.bench_function(name, |b| b.iter(|| black_box(request.view().unwrap())));
    }
    group.finish();
}

fn prune(path: &Path, rows: u64) {
    let mut warehouse = Warehouse::open(path).unwrap();
    let pruned = warehouse.prune((rows as i64 / 4) * 1000).unwrap();
    println!(
        "pruned {} readings in {} transactions; the writer was held for {:.1} ms at most",
        pruned.readings,
        pruned.transactions,
        pruned.longest_hold_us as f64 / 1000.0
    );
}

criterion_group!(benches, load, windows);
criterion_main!(benches);
