//! A backup under constant writing against a plain copy: consistent, how long the writer was held, how fast.
//!
//! `cargo bench --bench backup`. `CIDP_BENCH_ROWS` readings are made first (29,000,000 unless told: about 1 GB in a
//! temporary folder).

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot prepare itself has failed"
)]
#![allow(clippy::print_stdout, reason = "what a bench prints is its result")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cidp::domain::ports::{FileIdentity, ReadingWriter, StagedReading};
use cidp::domain::{Flags, Role, SourceClock};
use cidp::service::continuity::backup::{self, Origin};
use cidp::service::continuity::{Steps, steps::UNTOLD};
use cidp::service::platform::Platform;
use cidp::service::stop::Stop;
use cidp::warehouse::{Entry, RunRecord, Warehouse};

fn fill(path: &Path, rows: u64) {
    let mut warehouse = Warehouse::open(path).unwrap();
    let mut load = warehouse.load().unwrap();
    load.begin_file(&FileIdentity {
        source: "bench",
        role: Role::Telemetry,
        clock: SourceClock::Data,
        path: "bench.csv",
        digest: [1; 32],
    })
    .unwrap();
    let loco = load.loco("L1").unwrap();
    let mut batch = Vec::new();
    for i in 0..rows {
        let wave = (i as f64 / 13_751.0).sin();
        let noise = (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1_u64 << 24) as f64;
        let hundredths = |x: f64| (x * 100.0).round() / 100.0;
        batch.push(StagedReading {
            loco,
            at_ms: 1_735_689_600_000 + i as i64 * 1000,
            values: [
                hundredths(500.0 + 20.0 * wave + noise),
                hundredths(5.0 + 0.2 * wave + noise * 0.1),
                hundredths(2.0 + 0.4 * wave + noise * 0.3),
                hundredths(45.0 + 4.0 * wave + noise),
            ],
            label: None,
            flags: Some(Flags::NONE),
            line: i + 2,
        });
        if batch.len() == 262_144 || i + 1 == rows {
            load.readings(&batch).unwrap();
            batch.clear();
        }
    }
    load.end_file(true).unwrap();
    load.commit(&RunRecord::begun("bench", 0), false).unwrap();
    warehouse.fold_log().unwrap();
}

/// Short notes without a pause: how many, and the longest that one took.
fn write_until(path: &Path, ended: &AtomicBool) -> (u64, Duration) {
    let mut warehouse = Warehouse::open_to_note(path).unwrap();
    let (mut written, mut longest) = (0, Duration::ZERO);
    while !ended.load(Ordering::Relaxed) {
        let begun = Instant::now();
        warehouse
            .note(&Entry {
                entry: 0,
                at_ms: 1,
                who: "bench".into(),
                act: "note".into(),
                loco: None,
                of_ms: None,
                words: "written meanwhile".into(),
                detail: serde_json::json!({}),
            })
            .unwrap();
        longest = longest.max(begun.elapsed());
        written += 1;
        std::thread::sleep(Duration::from_millis(1));
    }
    (written, longest)
}

fn main() {
    let rows: u64 = std::env::var("CIDP_BENCH_ROWS").map_or(29_000_000, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::open(Some(folder.path()), None).unwrap();
    let path = platform.home.warehouse();
    fill(&path, rows);
    let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;

    let plain = folder.path().join("plain.sqlite");
    let plain_copy = || {
        let begun = Instant::now();
        std::fs::copy(&path, &plain).unwrap();
        let file = std::fs::File::options().write(true).open(&plain);
        file.unwrap().sync_all().unwrap();
        let took = begun.elapsed().as_secs_f64();
        std::fs::remove_file(&plain).unwrap();
        took
    };

    let ended = AtomicBool::new(false);
    let steps = Steps::new(UNTOLD, Stop::default());
    let log = || {
        let log = std::fs::metadata(format!("{}-wal", path.display()));
        log.map_or(0.0, |m| m.len() as f64 / 1e6)
    };
    // Under the same writing: the quickest of three counts.
    let (plain_secs, plain_longest) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&path, &ended));
        let quickest = (0..3).map(|_| plain_copy()).fold(f64::INFINITY, f64::min);
        ended.store(true, Ordering::Relaxed);
        (quickest, writer.join().unwrap().1)
    });
    ended.store(false, Ordering::Relaxed);
    let (written, longest, log) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_until(&path, &ended));
        let made = backup::make(&platform, Origin::Manual, "bench", &steps).unwrap();
        let log = log();
        ended.store(true, Ordering::Relaxed);
        backup::prove(&platform, &made.file, "bench", &steps).unwrap();
        let (written, longest) = writer.join().unwrap();
        (written, longest, log)
    });
    let mut copy_secs = 0.0;
    for step in steps.so_far() {
        println!("{:>18} {:7.2} s  {}", step.key, step.secs, step.detail);
        if step.key == "backup-copy" {
            copy_secs = step.secs;
        }
    }
    println!(
        "{megabytes:.0} MB: copied and written through in {copy_secs:.2} s, a plain copy in {plain_secs:.2} s: \
         {:.0} % of its speed; proven",
        100.0 * plain_secs / copy_secs
    );
    println!(
        "{written} writes meanwhile, the longest {:.1} ms ({:.1} ms during plain copies); the log is {log:.1} MB long",
        longest.as_secs_f64() * 1e3,
        plain_longest.as_secs_f64() * 1e3
    );
}
