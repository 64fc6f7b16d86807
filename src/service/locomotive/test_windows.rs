//! Windows of every length over one long past: what is seen must not depend on how it was read.

use crate::domain::ports::{FileIdentity, ReadingWriter, StagedReading};
use crate::domain::{Flags, LocoId, Role, SourceClock};
use crate::service::snapshot::{LocomotiveView, QualityKind, Sample, Severity, TimeWindow};
use crate::warehouse::{Reader, RunRecord, Warehouse};

use super::Request;

const START_MS: i64 = 1_735_689_600_000;
const HOUR_MS: i64 = 3_600_000;
const ROWS: i64 = 60_000;
const SPIKE_AT: i64 = 41_234;
/// Silence of two hours after this row.
const GAP_AFTER: i64 = 20_000;
const FLAGGED_AT: i64 = 30_000;

fn at_ms(i: i64) -> i64 {
    START_MS + i * 1000 + if i > GAP_AFTER { 2 * HOUR_MS } else { 0 }
}

/// Sixty thousand seconds with one spike, one gap, one flag.
fn past(folder: &std::path::Path) -> (Warehouse, Reader) {
    let rows = (0..ROWS).map(|i| {
        let vibration = if i == SPIKE_AT { 49.0 } else { 2.0 };
        (at_ms(i), vibration, Flags(u16::from(i == FLAGGED_AT)))
    });
    past_of(folder, rows)
}

/// Instant, vibration and flags of each reading.
fn past_of(
    folder: &std::path::Path,
    rows: impl Iterator<Item = (i64, f64, Flags)>,
) -> (Warehouse, Reader) {
    let mut warehouse = Warehouse::open(&folder.join("w.sqlite")).unwrap();
    let mut load = warehouse.load().unwrap();
    load.begin_file(&FileIdentity {
        source: "s",
        role: Role::Telemetry,
        clock: SourceClock::Data,
        path: "s.csv",
        digest: [1; 32],
    })
    .unwrap();
    let loco = load.loco("A").unwrap();
    let rows: Vec<StagedReading> = rows
        .enumerate()
        .map(|(i, (at_ms, vibration, flags))| StagedReading {
            loco,
            at_ms,
            values: [500.0, 5.0, vibration, 45.0],
            label: None,
            flags: Some(flags),
            line: i as u64 + 2,
        })
        .collect();
    load.readings(&rows).unwrap();
    load.end_file(true).unwrap();
    let record = RunRecord::begun("test", 0);
    load.commit(&record, false).unwrap();
    let reader = warehouse.reader().unwrap();
    (warehouse, reader)
}

fn view(reader: &Reader, window: TimeWindow) -> LocomotiveView {
    view_at(reader, window, at_ms(ROWS - 1))
}

fn view_at(reader: &Reader, window: TimeWindow, now_ms: i64) -> LocomotiveView {
    let newest = reader
        .latest_of(&LocoId::new("A"), i64::MAX)
        .unwrap()
        .unwrap();
    Request {
        reader,
        newest: &newest,
        window,
        now_ms,
        threshold: None,
        normal: None,
        severity: Severity {
            class: "III",
            limits: [1.8, 4.5, 11.2],
        },
        limits: [(0.0, 1000.0); 4],
        pending: &[],
    }
    .view()
    .unwrap()
}

fn vibration(view: &LocomotiveView) -> Vec<[f64; 2]> {
    view.curves[2].iter().flatten().copied().collect()
}

fn has(view: &LocomotiveView, kind: QualityKind) -> bool {
    view.quality.iter().any(|span| span.kind == kind)
}

#[test]
fn the_spike_shows_at_every_zoom_and_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let (mut warehouse, reader) = past(folder.path());
    let spike_ms = at_ms(SPIKE_AT);
    let around =
        |hours: i64| TimeWindow::Between(spike_ms - hours * HOUR_MS, spike_ms + hours * HOUR_MS);
    for round in ["whole", "pruned"] {
        for window in [
            TimeWindow::All,
            TimeWindow::Last(24 * HOUR_MS),
            TimeWindow::Last(24 * 365 * HOUR_MS),
            around(1),
            around(3),
            around(200),
            around(24 * 30),
            around(24 * 365),
        ] {
            let view = view(&reader, window);
            let points = vibration(&view);
            assert!(points.len() <= 2_100, "{}", points.len());
            let seen = points.iter().find(|p| p[1] == 49.0);
            let seen = seen.unwrap_or_else(|| panic!("{round}: lost in {window:?}"));
            let away_ms = (seen[0] * 1000.0 - spike_ms as f64).abs();
            let reach_ms = 86_400_000.0_f64.max((view.to_ms - view.from_ms) as f64 / 500.0);
            assert!(away_ms <= reach_ms, "{round}: {away_ms} ms away");
        }
        warehouse.prune(HOUR_MS).unwrap();
    }
}

#[test]
fn wide_windows_keep_gaps_flags_and_real_rows_under_the_crosshair() {
    let folder = tempfile::tempdir().unwrap();
    let (mut warehouse, reader) = past(folder.path());
    let all = view(&reader, TimeWindow::All);
    assert!(has(&all, QualityKind::Gap) && has(&all, QualityKind::Flagged));
    assert_eq!(all.curves[0].len(), 2, "the gap splits the curve");
    assert!(all.samples.len() > 500);
    assert!(
        all.samples
            .iter()
            .all(|s| (s.at_ms - START_MS) % 1000 == 0 && s.values[0] == 500.0)
    );
    assert!(all.samples.windows(2).all(|w| w[0].at_ms < w[1].at_ms));
    // A sample says for how many it stands, and what is hidden behind it.
    let of_spike = |view: &LocomotiveView| {
        let holds = |s: &&Sample| (s.bucket.from_ms..=s.bucket.to_ms).contains(&at_ms(SPIKE_AT));
        *view.samples.iter().find(holds).unwrap()
    };
    let spike = of_spike(&all);
    assert!(spike.bucket.readings > 1 && !spike.mean);
    assert_eq!((spike.bucket.low[2], spike.bucket.high[2]), (2.0, 49.0));
    let near = view(
        &reader,
        TimeWindow::Between(at_ms(SPIKE_AT) - 9000, at_ms(SPIKE_AT) + 9000),
    );
    let lone = of_spike(&near);
    assert_eq!((lone.bucket.readings, lone.values[2]), (1, 49.0));
    // With the raw rows gone the past is still there, as means.
    warehouse.prune(HOUR_MS).unwrap();
    let pruned = view(&reader, TimeWindow::All);
    assert_eq!((pruned.from_ms, pruned.to_ms), (all.from_ms, all.to_ms));
    assert!(has(&pruned, QualityKind::Gap));
    assert!(of_spike(&pruned).mean && of_spike(&pruned).bucket.high[2] == 49.0);
    assert!(pruned.samples.len() > 500);
    assert!(pruned.samples.windows(2).all(|w| w[0].at_ms < w[1].at_ms));
}

/// Forty days every five minutes, then six hours every second; what shook for a minute ends half a minute before now.
#[test]
fn following_shows_what_just_happened_whole_and_no_gap_where_the_pace_changed() {
    const DAY_MS: i64 = 24 * HOUR_MS;
    const SLOW_MS: i64 = 300_000;
    let folder = tempfile::tempdir().unwrap();
    let fast_from = START_MS + 40 * DAY_MS;
    // In the middle of an hour, and of a minute.
    let now_ms = fast_from + 6 * HOUR_MS + 47 * 60_000 + 23_000;
    let silent = START_MS + 20 * DAY_MS..START_MS + 20 * DAY_MS + 6 * HOUR_MS;
    let slow = (0..)
        .map(|i| START_MS + i * SLOW_MS)
        .take_while(|at| *at < fast_from)
        .filter(|at| !silent.contains(at));
    let fast = (fast_from..=now_ms).step_by(1000);
    let shook = now_ms - 90_000..now_ms - 30_000;
    let rows = slow.chain(fast).map(|at| {
        let vibration = if shook.contains(&at) { 9.5 } else { 2.0 };
        (at, vibration, Flags::NONE)
    });
    let (_warehouse, reader) = past_of(folder.path(), rows);
    for later_ms in [0, 17_000, 40_000] {
        for window in [
            TimeWindow::Last(HOUR_MS),
            TimeWindow::Last(6 * HOUR_MS),
            TimeWindow::Last(DAY_MS),
            TimeWindow::Last(7 * DAY_MS),
            TimeWindow::Last(30 * DAY_MS),
            TimeWindow::Last(365 * DAY_MS),
            TimeWindow::Last(1000 * DAY_MS),
            TimeWindow::All,
        ] {
            let view = view_at(&reader, window, now_ms + later_ms);
            let points = vibration(&view);
            let most = points.iter().map(|p| p[1]).fold(0.0, f64::max);
            assert_eq!(most, 9.5, "{window:?}");
            let bucket_ms = (view.to_ms - view.from_ms) / 1000;
            let reach_ms = bucket_ms.max(60_000);
            for p in points.iter().filter(|p| p[1] == 9.5) {
                let at = (p[0] * 1000.0).round() as i64;
                assert!(at >= shook.start - reach_ms && at < shook.end, "{window:?}");
            }
            // The curve ends where the readings do.
            let last_ms = points.last().map(|p| (p[0] * 1000.0).round() as i64);
            assert!(
                last_ms.is_some_and(|at| now_ms - at <= reach_ms),
                "{window:?}"
            );
            let gaps: Vec<(i64, i64)> = view
                .quality
                .iter()
                .filter(|span| span.kind == QualityKind::Gap && span.from_ms >= START_MS)
                .filter(|span| later_ms == 0 || span.to_ms < now_ms)
                .map(|span| (span.from_ms, span.to_ms))
                .collect();
            let all = view.from_ms < silent.start && view.to_ms - view.from_ms < 500 * DAY_MS;
            assert_eq!(gaps.len(), usize::from(all), "{window:?} {gaps:?}");
            let with_spike = |s: &&Sample| s.bucket.high[2] == 9.5;
            assert!(view.samples.iter().any(|s| with_spike(&s)), "{window:?}");
        }
    }
}
