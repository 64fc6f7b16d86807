//! Notes on a moment, through the service behind a window: shown at once, kept, taken back by another entry; and the
//! window of a locomotive as a file.

use std::time::{Duration, Instant};

use cidp::domain::LocoId;
use cidp::service::command::{Command, Event, Replay};
use cidp::service::engine;
use cidp::service::handle::ServiceHandle;
use cidp::service::platform::Platform;
use cidp::service::snapshot::{Happening, HappeningKind, TimeWindow};

use crate::support::{TestHome, fleet, telemetry};

const AT_MS: i64 = 1_767_225_600_000 + 6 * 3_600_000;

fn open(home: &TestHome) -> ServiceHandle {
    let platform = Platform::open(Some(&home.path(".")), None).unwrap();
    let service = engine::start(platform, Box::new(|| {})).unwrap();
    assert!(service.send(Command::Watch {
        loco: Some(LocoId::new("LOCO_001")),
        window: TimeWindow::All,
    }));
    service
}

fn wait(what: &str, until: impl Fn() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "waited for: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn notes(all: &[Happening]) -> Vec<(i64, Option<i64>, String)> {
    let note = |h: &Happening| match &h.what {
        HappeningKind::Note { entry, words, .. } => Some((h.at_ms, *entry, words.clone())),
        _ => None,
    };
    all.iter().filter_map(note).collect()
}

fn on_the_page(service: &ServiceHandle) -> Vec<(i64, Option<i64>, String)> {
    let snapshot = service.snapshot();
    let view = snapshot.locomotive.as_ref();
    view.map_or_else(Vec::new, |view| notes(&view.happenings))
}

fn in_the_fleet(service: &ServiceHandle) -> Vec<(i64, Option<i64>, String)> {
    let snapshot = service.snapshot();
    let mut rows = snapshot.fleet.iter();
    let row = rows.find(|row| row.loco.as_str() == "LOCO_001");
    row.map_or_else(Vec::new, |row| notes(&row.happenings))
}

#[test]
fn a_note_is_shown_kept_read_back_and_taken_back() {
    let home = TestHome::with_sensors(fleet(2, 300));
    home.configure(&telemetry("sensors.csv"));
    home.json(0, &["run"]);
    let service = open(&home);
    let note = |words: &str| Command::Note {
        loco: LocoId::new("LOCO_001"),
        at_ms: AT_MS,
        words: words.into(),
    };
    assert!(service.send(note("  bruit au bogie avant ")));
    let kept = [(AT_MS, Some(1), "bruit au bogie avant".to_owned())];
    wait("the note is kept", || on_the_page(&service) == kept);
    wait("the fleet tells it", || in_the_fleet(&service) == kept);
    assert_eq!(service.snapshot().fault, None);
    // Another start of the program reads it back.
    drop(service);
    let mut service = open(&home);
    wait("the note is read back", || on_the_page(&service) == kept);
    assert!(service.send(note("   ")));
    assert!(service.send(Command::WithdrawNote {
        loco: LocoId::new("LOCO_001"),
        at_ms: AT_MS,
        entry: 1,
    }));
    wait("it is taken back", || on_the_page(&service).is_empty());
    wait("everywhere", || in_the_fleet(&service).is_empty());
    let refused = std::iter::from_fn(|| service.next_event());
    assert!(
        refused
            .into_iter()
            .any(|e| matches!(e, Event::Refused { .. }))
    );
    // The journal still has both: what was said, and that it was taken back.
    let acts: Vec<String> = home
        .sql()
        .prepare("SELECT act FROM journal ORDER BY entry")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(acts, ["note", "note_withdrawn"]);
}

#[test]
fn a_window_is_written_with_the_verdicts_of_its_days() {
    let home = TestHome::with_sensors(fleet(2, 300));
    home.configure(&telemetry("sensors.csv"));
    home.json(0, &["run"]);
    let mut service = open(&home);
    let to = home.path("window.csv");
    assert!(service.send(Command::ExportWindow {
        loco: LocoId::new("LOCO_001"),
        from_ms: AT_MS,
        to_ms: AT_MS + 3_600_000,
        to: to.clone(),
    }));
    let begun = Instant::now();
    loop {
        match service.next_event() {
            Some(Event::Exported { to: written, .. }) => break assert_eq!(written, to),
            Some(other) => panic!("{other:?}"),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    let mut file = csv::Reader::from_path(&to).unwrap();
    let head: Vec<String> = file.headers().unwrap().iter().map(str::to_owned).collect();
    let column = |name: &str| head.iter().position(|h| h == name).unwrap();
    let (verdict, version, p) = (
        column("verdict"),
        column("model_version"),
        column("probability"),
    );
    let rows: Vec<csv::StringRecord> = file.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(
        rows.len(),
        7,
        "an hour of readings every ten minutes, both ends"
    );
    for row in &rows {
        assert_eq!(&row[0], "LOCO_001");
        assert!(["nominal", "danger", "unavailable"].contains(&&row[verdict]));
        assert_eq!(&row[version], "1");
        assert!((0.0..=1.0).contains(&row[p].parse::<f64>().unwrap()));
    }
}

#[test]
fn who_leaves_a_replay_sees_the_present_again() {
    let home = TestHome::with_sensors(fleet(2, 300));
    home.configure(&telemetry("sensors.csv"));
    home.json(0, &["run"]);
    let service = open(&home);
    let last = || {
        let snapshot = service.snapshot();
        let view = snapshot.locomotive.as_ref();
        view.and_then(|view| view.samples.last().map(|s| s.at_ms))
    };
    let newest = 1_767_225_600_000 + 299 * 600_000;
    wait("the present is shown", || last() == Some(newest));
    assert!(service.send(Command::Replay(Replay::Start {
        from_ms: AT_MS,
        speed: 1,
    })));
    wait("the past is shown", || last() == Some(AT_MS));
    assert!(service.send(Command::Replay(Replay::Stop)));
    wait("the present is shown again", || last() == Some(newest));
}
