//! The desk of settings over a home of its own: kept, noticed, refused, written down.

use std::path::Path;

use super::*;
use crate::config::{Home, ScheduleConfig};
use crate::service::command::Command;
use crate::service::engine;
use crate::service::handle::ServiceHandle;
use crate::service::intake::IntakeAsk;
use crate::service::intake::draft::SourceDraft;
use crate::service::platform::Platform;
use crate::service::settings::{Place, Value};
use crate::warehouse::Reader;

const FILE: &str = r#"# à nous
[[sources]]
name = "rien"
role = "telemetry"
path = "none/*.csv"

[alarms]
delay_secs = 10 # vu avec Paul

[window]
operator = "Ngo"
"#;

fn started(home: &Path) -> ServiceHandle {
    let platform = Platform::open(Some(home), None).unwrap();
    engine::start(platform, Box::new(|| {})).unwrap()
}

/// Waits for a picture, at most a while.
fn until(handle: &ServiceHandle, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(30) {
        let snapshot = handle.snapshot();
        if is(&snapshot) {
            return snapshot;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what}: {:?}", handle.snapshot().settings);
}

fn set(key: &str, value: Value) -> Command {
    let place = Place::of(key);
    Command::Settings(SettingsAsk::Change(Change::Set { place, value }))
}

fn refusals(handle: &mut ServiceHandle) -> Vec<String> {
    std::iter::from_fn(|| handle.next_event())
        .filter_map(|event| match event {
            Event::Refused { why } => Some(why),
            _ => None,
        })
        .collect()
}

#[test]
fn a_change_is_kept_acts_and_is_written_down() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cidp.toml");
    std::fs::write(&file, FILE).unwrap();
    let handle = started(dir.path());
    until(&handle, "ready", |s| {
        s.settings.ready && s.last_run.is_some()
    });
    // Two at once: neither is lost.
    assert!(handle.send(set("alarms.delay_secs", Value::Number(20.0))));
    assert!(handle.send(set("alarms.sound", Value::Flag(false))));
    let after = until(&handle, "changed", |s| {
        s.settings.value("alarms.sound") == Some(&Value::Flag(false))
    });
    let delay = after.settings.value("alarms.delay_secs");
    assert_eq!(delay, Some(&Value::Number(20.0)));
    let new = FILE
        .replace("delay_secs = 10 #", "delay_secs = 20.0 #")
        .replace("Paul\n", "Paul\nsound = false\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), new);
    drop(handle);
    let path = Home::find(Some(dir.path())).warehouse();
    let started = Instant::now();
    let told = loop {
        let told = Reader::open(&path)
            .unwrap()
            .journal_of("setting_changed", 9)
            .unwrap();
        if told.len() == 2 || started.elapsed() > Duration::from_secs(30) {
            break told;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let first = &told[1];
    assert_eq!(
        (first.who.as_str(), first.words.as_str()),
        ("Ngo", "alarms.delay_secs")
    );
    let digest = first.detail["digest"].as_str().unwrap_or_default();
    assert_eq!(digest.len(), 64);
    assert_eq!(
        first.detail,
        serde_json::json!({ "from": "10", "to": "20.0", "digest": digest })
    );
    assert_eq!(told[0].words, "alarms.sound");
}

#[test]
fn a_change_by_hand_is_noticed_and_a_wrong_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cidp.toml");
    std::fs::write(&file, FILE).unwrap();
    let mut handle = started(dir.path());
    until(&handle, "ready", |s| {
        s.settings.ready && s.last_run.is_some()
    });
    std::fs::write(&file, FILE.replace("delay_secs = 10", "delay_secs = 45")).unwrap();
    until(&handle, "by hand", |s| {
        s.settings.value("alarms.delay_secs") == Some(&Value::Number(45.0))
    });
    std::fs::write(&file, FILE.replace("delay_secs", "dely_secs")).unwrap();
    let broken = until(&handle, "broken", |s| s.settings.broken.is_some());
    let why = broken.settings.broken.clone().unwrap();
    assert!(
        why.contains("line 8, key `dely_secs`") && why.contains("`delay_secs`"),
        "{why}"
    );
    let delay = broken.settings.value("alarms.delay_secs");
    assert_eq!(delay, Some(&Value::Number(45.0)), "the last good one stays");
    refusals(&mut handle);
    assert!(handle.send(set("alarms.sound", Value::Flag(false))));
    let refused = until(&handle, "refused", |s| s.settings.refused.is_some());
    assert!(refused.settings.broken.is_some());
    assert_eq!(refusals(&mut handle).len(), 1);
    let now = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        now,
        FILE.replace("delay_secs", "dely_secs"),
        "theirs is not touched"
    );
    std::fs::remove_file(&file).unwrap();
    until(&handle, "gone", |s| {
        s.settings
            .broken
            .as_ref()
            .is_some_and(|why| why.contains("gone"))
    });
    std::fs::write(&file, FILE).unwrap();
    until(&handle, "good again", |s| {
        s.settings.broken.is_none()
            && s.settings.value("alarms.delay_secs") == Some(&Value::Number(10.0))
    });
}

#[test]
fn a_theme_that_cannot_be_kept_is_not_spoken_of() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cidp.toml"), FILE).unwrap();
    let mut handle = started(dir.path());
    until(&handle, "ready", |s| {
        s.settings.ready && s.last_run.is_some()
    });
    refusals(&mut handle);
    let wrong = SettingsAsk::keep("window.theme", "no such theme");
    assert!(handle.send(Command::Settings(wrong)));
    assert!(handle.send(Command::Settings(SettingsAsk::keep("window.theme", "dark"))));
    until(&handle, "kept", |s| {
        s.settings.value("window.theme") == Some(&Value::Text("dark".into()))
    });
    assert_eq!(refusals(&mut handle), Vec::<String>::new());
}

#[test]
fn sources_are_looked_at_when_somebody_looks() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cidp.toml"), FILE).unwrap();
    let handle = started(dir.path());
    let ready = until(&handle, "ready", |s| {
        s.settings.ready && s.last_run.is_some()
    });
    assert_eq!(ready.settings.sources[0].found, None);
    assert!(handle.send(Command::Attend(Desk::Settings)));
    let looked = until(&handle, "looked at", |s| {
        s.settings.sources[0].found.is_some()
    });
    let found = looked.settings.sources[0].found.clone().unwrap();
    assert!(found.error.is_some_and(|why| why.contains("none/*.csv")));
    assert!(handle.send(Command::Attend(Desk::Log)));
    until(&handle, "log", |s| {
        s.log.ready && s.log.folder.ends_with("logs")
    });
}

/// The import, the night run, picked files and the page of settings write one file: what one wrote the next keeps.
#[test]
fn whoever_changes_the_file_keeps_what_the_others_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cidp.toml");
    std::fs::write(&file, FILE).unwrap();
    let mut handle = started(dir.path());
    until(&handle, "ready", |s| {
        s.settings.ready && s.last_run.is_some() && s.running.is_none()
    });
    let sensors = dir.path().join("capteurs.csv");
    std::fs::write(&sensors, crate::service::test_home::sensors(60)).unwrap();
    let mut draft = SourceDraft::of(&sensors.display().to_string(), &[]);
    draft.guess(
        &[
            "timestamp",
            "loco_id",
            "flow_rate",
            "pressure",
            "vibration",
            "temperature",
        ]
        .map(str::to_owned),
    );
    draft.name = "yard".into();
    let schedule = ScheduleConfig {
        daily_at: Some("02:00".into()),
        catch_up: false,
    };
    // All at once.
    let draft = Box::new(draft);
    assert!(handle.send(set("alarms.delay_secs", Value::Number(20.0))));
    assert!(handle.send(Command::Intake(IntakeAsk::Save { draft, run: false })));
    assert!(handle.send(Command::Intake(IntakeAsk::Schedule(schedule.clone()))));
    assert!(handle.send(set("alarms.sound", Value::Flag(false))));
    let all = until(&handle, "all four", |s| {
        s.settings.value("alarms.sound") == Some(&Value::Flag(false))
    });
    let names: Vec<_> = all
        .settings
        .sources
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(names, ["rien", "yard"]);
    let kept = |text: &str| {
        let config = Config::parse(text, &file).unwrap();
        assert_eq!(
            (config.alarms.delay_secs, config.alarms.sound),
            (20.0, false)
        );
        assert_eq!(config.schedule, schedule);
        assert_eq!(config.window.operator.as_deref(), Some("Ngo"));
        config
    };
    let before = std::fs::read_to_string(&file).unwrap();
    assert_eq!(kept(&before).sources.len(), 2);
    // Changed by hand in between, and at once picked files.
    let by_hand = before.replace(
        "# à nous",
        "# à nous\nfreshness.stale_after_secs = 4000 # à la main\n",
    );
    std::fs::write(&file, &by_hand).unwrap();
    assert!(handle.send(Command::OpenFiles {
        sensors: sensors.clone(),
        maintenance: None,
    }));
    let loaded = until(&handle, "the load", |s| {
        s.running.is_none() && s.fleet.len() == 3
    });
    assert_eq!(loaded.settings.sources.len(), 1);
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!(kept(&after).sources.len(), 1);
    assert!(
        after.contains("# à la main") && after.contains("# vu avec Paul"),
        "{after}"
    );
    assert_eq!(refusals(&mut handle), Vec::<String>::new());
}
