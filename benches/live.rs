//! How fresh is what the window shows? Locomotives write a line a second into a file each; from the moment a
//! line can be read to the snapshot that shows its reading with a verdict: median and worst. And what it
//! costs: the share of one core, and the time of one picture of a large fleet.
//!
//! `cargo bench --bench live [-- LOCOMOTIVES SECONDS]` (60 and 30 unless told).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot prepare itself has failed"
)]

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use cidp::service::engine;
use cidp::service::fleet::{FleetMemory, Scene};
use cidp::service::live::Follower;
use cidp::service::pipeline::{RunKind, wall_ms};
use cidp::service::platform::Platform;
use cidp::warehouse::Reader;

const HEADER: &str = "timestamp,loco_id,flow_rate,pressure,vibration,temperature\n";
/// Readings of each locomotive before anybody looks.
const BEFORE: i64 = 600;
const LARGE: usize = 200;

fn main() {
    let numbers: Vec<u64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let locomotives = numbers.first().map_or(60, |n| *n as usize);
    let secs = numbers.get(1).copied().unwrap_or(30);
    latency(locomotives, secs);
    picture(LARGE);
}

/// One reading of a locomotive: quiet, with hot and shaking spells.
fn line(loco: usize, at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    let wave = ((at_ms / 1000 * 7 + loco as i64 * 13) as f64).sin();
    let spell = (at_ms / 1000 + loco as i64 * 17).rem_euclid(240) >= 200;
    let (vibration, temperature) = if spell {
        (8.0 + 2.0 * wave, 92.0 + 6.0 * wave)
    } else {
        (2.0 + 0.4 * wave, 45.0 + 4.0 * wave)
    };
    format!(
        "{at},LOCO_{loco:03},{:.1},{:.2},{vibration:.2},{temperature:.1}\n",
        500.0 + 20.0 * wave,
        5.0 + 0.2 * wave
    )
}

/// A home with a model and a file a locomotive.
fn home(folder: &Path, locomotives: usize) -> (Platform, Vec<File>) {
    std::fs::create_dir(folder.join("fleet")).unwrap();
    let now_ms = wall_ms() / 1000 * 1000;
    let files = (1..=locomotives)
        .map(|loco| {
            let path = folder.join(format!("fleet/LOCO_{loco:03}.csv"));
            let past = (1..BEFORE).rev().map(|i| line(loco, now_ms - i * 1000));
            std::fs::write(&path, HEADER.to_owned() + &past.collect::<String>()).unwrap();
            OpenOptions::new().append(true).open(path).unwrap()
        })
        .collect();
    std::fs::write(
        folder.join("cidp.toml"),
        "[[sources]]\nname = \"fleet\"\nrole = \"telemetry\"\npath = \"fleet\"\nclock = \"wall\"\n",
    )
    .unwrap();
    let platform = Platform::open(Some(folder), None).unwrap();
    let run = platform.run(RunKind::Full, &|_| {}).unwrap();
    println!(
        "{locomotives} locomotives, {} readings, {:?}",
        run.report.rows_kept, run.training
    );
    (platform, files)
}

/// Processor seconds of this process; `None` where the system does not say.
fn cpu_secs() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |i: usize| fields.get(i)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

fn latency(locomotives: usize, secs: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (platform, mut files) = home(folder.path(), locomotives);
    let woken = Arc::new((Mutex::new(()), Condvar::new()));
    let wake = Arc::clone(&woken);
    let service = engine::start(platform, Box::new(move || wake.1.notify_all())).unwrap();
    // The first look reads where everything was left.
    std::thread::sleep(Duration::from_secs(5));

    let written: Arc<Mutex<HashMap<(String, i64), Instant>>> = Arc::default();
    let begun = Instant::now();
    let cpu = cpu_secs();
    let writing = {
        let written = Arc::clone(&written);
        std::thread::spawn(move || {
            for second in 0..secs {
                for (i, file) in files.iter_mut().enumerate() {
                    let due = Duration::from_secs(second)
                        + Duration::from_secs(1) * i as u32 / locomotives as u32;
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                    let at_ms = wall_ms();
                    let key = (format!("LOCO_{:03}", i + 1), at_ms);
                    let text = line(i + 1, at_ms);
                    let mut written = written.lock().unwrap();
                    file.write_all(text.as_bytes()).unwrap();
                    written.insert(key, Instant::now());
                }
            }
        })
    };
    let mut took: Vec<f64> = Vec::new();
    let mut missed = 0;
    let mut behind = 0;
    let end = Duration::from_secs(secs + 10);
    let mut generation = 0;
    let mut pictures = 0;
    while begun.elapsed() < end && !(writing.is_finished() && written.lock().unwrap().is_empty()) {
        let guard = woken.0.lock().unwrap();
        drop(
            woken
                .1
                .wait_timeout(guard, Duration::from_millis(5))
                .unwrap(),
        );
        let snapshot = service.snapshot();
        if snapshot.generation == generation {
            continue;
        }
        (generation, pictures) = (snapshot.generation, pictures + 1);
        behind = behind.max(snapshot.live.as_ref().map_or(0, |live| live.behind_bytes));
        let mut written = written.lock().unwrap();
        for row in snapshot
            .fleet
            .iter()
            .filter(|row| row.probability.is_some())
        {
            written.retain(|(loco, at_ms), since| {
                let shown = *loco == row.loco.as_str() && *at_ms <= row.reading_at_ms;
                if shown {
                    took.push(since.elapsed().as_secs_f64());
                }
                !shown
            });
        }
    }
    let passed = begun.elapsed().as_secs_f64();
    missed += written.lock().unwrap().len();
    writing.join().unwrap();
    report("line readable → shown with its verdict", &mut took);
    if let (Some(before), Some(after)) = (cpu, cpu_secs()) {
        let share = (after - before) / passed * 100.0;
        println!(
            "  processor: {share:.0} % of one core (the writing included), {pictures} pictures"
        );
    }
    println!("  never shown: {missed}; behind at most {behind} bytes");
}

/// One picture of a large fleet when every locomotive has a new reading, and when none has.
fn picture(locomotives: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (platform, mut files) = home(folder.path(), locomotives);
    let mut follower = Follower::new(&platform).unwrap().unwrap();
    let reader = Reader::open(&platform.home.warehouse()).unwrap();
    let stored = reader.model().unwrap().unwrap();
    let model = cidp::ml::Model::from_bytes(&stored.body).unwrap();
    let mut memory = FleetMemory::default();
    let mut assemble = || {
        let begun = Instant::now();
        let fleet = Scene {
            tripped: None,
            reader: &reader,
            config: &platform.config,
            model: Ok(Some(&model)),
            last_run: reader.last_run().unwrap(),
            replay_ms: None,
            wall_ms: wall_ms(),
        }
        .fleet(&mut memory)
        .unwrap();
        assert_eq!(fleet.rows.len(), locomotives);
        begun.elapsed().as_secs_f64()
    };
    let first = assemble();
    println!("  first picture: {:.0} ms", first * 1000.0);
    let (mut passes, mut busy, mut idle) = (Vec::new(), Vec::new(), Vec::new());
    let mut cpu = 0.0;
    for _ in 0..20 {
        let at_ms = wall_ms();
        for (i, file) in files.iter_mut().enumerate() {
            file.write_all(line(i + 1, at_ms).as_bytes()).unwrap();
        }
        let mut kept = 0;
        let begun = Instant::now();
        while kept < locomotives as u64 && begun.elapsed() < Duration::from_secs(20) {
            if let Some(passed) = follower.step() {
                kept += passed.rows_kept;
                passes.push(passed.secs);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(kept, locomotives as u64);
        let before = cpu_secs().unwrap_or(f64::NAN);
        busy.push(assemble());
        cpu += cpu_secs().unwrap_or(f64::NAN) - before;
        idle.push(assemble());
    }
    report("pass", &mut passes);
    report("picture, every locomotive with a new reading", &mut busy);
    println!(
        "  processor time of one such picture: {:.1} ms",
        cpu / 20.0 * 1000.0
    );
    report("picture, nothing new", &mut idle);
}

fn report(what: &str, secs: &mut [f64]) {
    secs.sort_by(f64::total_cmp);
    let ms = |at: f64| {
        secs.get(((secs.len() as f64 - 1.0) * at) as usize)
            .copied()
            .unwrap_or(f64::NAN)
            * 1000.0
    };
    println!(
        "  {what}: median {:.0} ms, 95 % {:.0} ms, worst {:.0} ms ({} of them)",
        ms(0.5),
        ms(0.95),
        ms(1.0),
        secs.len()
    );
}
