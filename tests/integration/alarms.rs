//! Alarms of the service behind a window, over a followed source: raised, acknowledged, kept, and read back.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use cidp::domain::alarm::{Alarm, State, What};
use cidp::domain::{Channel, LocoId, Verdict};
use cidp::ml::Model;
use cidp::service::alarms::{AlarmsAsk, Which};
use cidp::service::command::{Command, Event, Replay};
use cidp::service::export::{AlarmFilter, FileFormat};
use cidp::service::fleet::{FleetMemory, Scene};
use cidp::service::handle::ServiceHandle;
use cidp::service::platform::Platform;
use cidp::service::snapshot::HappeningKind;
use cidp::warehouse::{Reader, RunStatus};

use crate::support::{HEADER, TestHome, fleet, fleet_between, telemetry};

const LOCOMOTIVES: u32 = 2;
const BEFORE: u32 = 450;

struct Service {
    home: TestHome,
    handle: ServiceHandle,
}

fn home() -> TestHome {
    let home = TestHome::new();
    home.write("sensors.csv", fleet(LOCOMOTIVES, BEFORE));
    home.configure(&format!(
        "{}follow = true\n[alarms]\ndelay_secs = 0.0\n[window]\noperator = \"Essomba\"\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    home
}

impl Service {
    fn start(home: TestHome) -> Self {
        let platform = Platform::open(Some(&home.path(".")), None).unwrap();
        let handle = cidp::service::engine::start(platform, Box::new(|| {})).unwrap();
        let service = Self { home, handle };
        service.wait("the fleet is shown", |s| {
            !s.handle.snapshot().fleet.is_empty()
        });
        service
    }

    #[track_caller]
    fn wait(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !condition(self) {
            let open = self.handle.snapshot().alarms.open.clone();
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "waited in vain: {what}: {open:#?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The next reading of the first locomotive with this vibration, and an ordinary one of the others.
    fn reading(&self, i: u32, vibration: Option<f64>) {
        let rows = fleet_between(LOCOMOTIVES, i, i + 1)[HEADER.len()..].to_owned();
        let rows: Vec<String> = rows
            .lines()
            .map(|line| {
                let mut fields: Vec<&str> = line.split(',').collect();
                let value = vibration.map(|v| v.to_string());
                if let (Some(value), true) = (&value, fields[1] == "LOCO_001") {
                    fields[4] = value;
                }
                fields.join(",") + "\n"
            })
            .collect();
        let mut file = OpenOptions::new()
            .append(true)
            .open(self.home.path("sensors.csv"))
            .unwrap();
        file.write_all(rows.concat().as_bytes()).unwrap();
    }

    fn vibration(&self) -> Option<Alarm> {
        let of = |a: &&Alarm| {
            a.watch.loco() == Some(&LocoId::new("LOCO_001"))
                && matches!(
                    a.what,
                    What::Limit {
                        channel: Channel::Vibration,
                        ..
                    }
                )
        };
        self.handle.snapshot().alarms.open.iter().find(of).cloned()
    }

    fn ask(&self, ask: AlarmsAsk) {
        assert!(self.handle.send(Command::Alarms(ask)));
    }
}

#[test]
fn a_jump_is_an_alarm_until_it_is_over_and_somebody_knows() {
    let service = Service::start(home());
    assert_eq!(service.vibration(), None);
    service.reading(BEFORE, Some(14.0));
    service.wait("the alarm is raised", |s| s.vibration().is_some());
    let alarm = service.vibration().unwrap();
    assert_eq!(alarm.state(), State::Unacknowledged);
    let inputs = alarm.inputs.unwrap();
    assert_eq!((inputs.values[2], inputs.model), (14.0, Some(1)));
    let snapshot = service.handle.snapshot();
    assert!(snapshot.alarms.unacknowledged >= 1 && snapshot.alarms.last_ten_min >= 1);
    let row = snapshot
        .fleet
        .iter()
        .find(|r| r.loco.as_str() == "LOCO_001")
        .unwrap();
    let told = |k: &HappeningKind| matches!(k, HappeningKind::Alarm { calls: true, .. });
    assert!(
        row.happenings
            .iter()
            .any(|h| told(&h.what) && h.at_ms == inputs.at_ms)
    );

    // Over, and nobody has seen it: it stays.
    service.reading(BEFORE + 1, None);
    service.wait("its condition ended", |s| {
        s.vibration()
            .is_some_and(|a| a.state() == State::ReturnedUnacknowledged)
    });
    service.reading(BEFORE + 2, Some(14.0));
    service.wait("the same alarm again", |s| {
        s.vibration()
            .is_some_and(|a| a.id == alarm.id && a.state() == State::Unacknowledged)
    });
    service.ask(AlarmsAsk::Acknowledge {
        which: Which::Of(LocoId::new("LOCO_001")),
        comment: "vu".into(),
    });
    service.wait("it is acknowledged", |s| {
        let by = |a: Alarm| {
            a.acknowledged
                .is_some_and(|act| act.who == "Essomba" && act.words == "vu")
        };
        s.vibration().is_some_and(by)
    });
    service.reading(BEFORE + 3, None);
    service.wait("it is closed", |s| s.vibration().is_none());
    let steps = "SELECT count(*) FROM alarm_transitions WHERE alarm = ";
    service.wait("every step is kept", |s| {
        s.home.number(&format!("{steps}{}", alarm.id)) == 5
    });
    let all = service.home.json(0, &["alarms", "--all"]);
    let kept = all
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["alarm"] == alarm.id)
        .unwrap();
    assert_eq!(
        (&kept["state"], &kept["inputs"]["values"]["vibration"]),
        (&"closed".into(), &14.0.into())
    );
}

/// Readings in which nothing is ever wrong: no model can be learned of them.
fn quiet(from: u32, to: u32) -> String {
    let rows = fleet_between(LOCOMOTIVES, from, to);
    let lines = rows.lines().enumerate().map(|(i, line)| {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        if i > 0 {
            let wave = (i as f64).sin();
            fields[4] = format!("{:.2}", 2.0 + 0.4 * wave);
            fields[5] = format!("{:.1}", 45.0 + 4.0 * wave);
        }
        fields.join(",") + "\n"
    });
    lines.collect()
}

#[test]
fn without_a_model_a_jump_out_of_the_machines_own_band_is_still_an_alarm() {
    let home = TestHome::new();
    home.write("sensors.csv", quiet(0, BEFORE));
    home.configure(&format!(
        "{}follow = true\n[alarms]\ndelay_secs = 0.0\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["run"]);
    assert_ne!(run["training"]["outcome"], "promoted", "{run:#}");
    let service = Service::start(home);
    assert_eq!(service.vibration(), None, "what is ordinary calls nobody");
    service.reading(BEFORE, Some(14.0));
    service.wait("the alarm is raised", |s| s.vibration().is_some());
    let alarm = service.vibration().unwrap();
    assert!(
        matches!(alarm.what, What::Limit { own: true, .. }),
        "{alarm:?}"
    );
    assert_eq!(alarm.inputs.unwrap().model, None);
    let snapshot = service.handle.snapshot();
    for row in snapshot.fleet.iter() {
        let jumped = row.loco.as_str() == "LOCO_001";
        assert_eq!(row.out_of_band[2], jumped, "{row:?}");
        assert!(matches!(row.verdict, Verdict::Unavailable(_)), "{row:?}");
    }
}

#[test]
fn the_own_band_stands_whatever_became_of_the_model_and_the_run() {
    let home = home();
    let mut rows = fleet_between(LOCOMOTIVES, 0, BEFORE);
    rows.push_str("2026-02-01T00:00:00Z,LOCO_001,500.0,5.00,14.00,45.0\n");
    rows.push_str("2026-02-01T00:00:00Z,LOCO_002,500.0,5.00,2.00,45.0\n");
    home.write("sensors.csv", rows);
    home.json(0, &["run"]);
    let reader = Reader::open(&home.warehouse()).unwrap();
    let model = Model::from_bytes(&reader.model().unwrap().unwrap().body).unwrap();
    let platform = Platform::open(Some(&home.path(".")), None).unwrap();
    let sound = reader.last_run().unwrap();
    let mut failed = sound.clone();
    failed.as_mut().unwrap().status = RunStatus::FailedSafe;
    let end_ms = reader.span().unwrap().unwrap().1;
    for (what, model, last_run, replay_ms, judged) in [
        ("sound", Ok(Some(&model)), &sound, None, true),
        ("no model", Ok(None), &sound, None, false),
        ("damaged", Err("x".to_owned()), &sound, None, false),
        ("failed run", Ok(Some(&model)), &failed, None, false),
        ("failed run, no model", Ok(None), &failed, None, false),
        ("past, no model", Ok(None), &failed, Some(end_ms), true),
    ] {
        let scene = Scene {
            reader: &reader,
            config: &platform.config,
            tripped: None,
            model,
            last_run: last_run.clone(),
            replay_ms,
            wall_ms: 1_800_000_000_000,
        };
        let mut memory = FleetMemory::default();
        // The second look is from memory.
        for _ in 0..2 {
            let rows = scene.fleet(&mut memory).unwrap().rows;
            assert_eq!(rows.len(), 2);
            for row in rows {
                let jumped = row.loco.as_str() == "LOCO_001";
                assert_eq!(row.out_of_band[2], jumped, "{what}: {row:?}");
                let unavailable = matches!(row.verdict, Verdict::Unavailable(_));
                assert!(judged || unavailable, "{what}: {row:?}");
                assert!(what == "sound" || row.explanation.is_none(), "{what}");
            }
        }
    }
}

#[test]
fn a_jump_within_one_load_is_an_alarm_that_has_ended() {
    let service = Service::start(home());
    let rows = |i: u32, vibration: &str| {
        format!(
            "{},LOCO_001,500.0,5.00,{vibration},45.0\n",
            jiff::Timestamp::from_millisecond(at_ms(i)).unwrap()
        )
    };
    let load = rows(BEFORE, "14.00") + &rows(BEFORE + 1, "2.00") + &rows(BEFORE + 2, "2.00");
    let mut file = OpenOptions::new()
        .append(true)
        .open(service.home.path("sensors.csv"))
        .unwrap();
    file.write_all(load.as_bytes()).unwrap();
    service.wait("it is told", |s| {
        s.vibration()
            .is_some_and(|a| a.state() == State::ReturnedUnacknowledged)
    });
    let inputs = service.vibration().unwrap().inputs.unwrap();
    assert_eq!((inputs.at_ms, inputs.values[2]), (at_ms(BEFORE), 14.0));
}

#[test]
fn open_alarms_survive_a_restart_and_are_raised_once() {
    let service = Service::start(home());
    service.reading(BEFORE, Some(14.0));
    service.wait("the alarm is raised", |s| s.vibration().is_some());
    let alarm = service.vibration().unwrap();
    service.ask(AlarmsAsk::Shelve {
        alarms: vec![alarm.id],
        reason: "essai".into(),
        until_ms: alarm.raised_ms + 3_600_000,
    });
    service.wait("it is shelved", |s| {
        s.vibration().is_some_and(|a| a.state() == State::Shelved)
    });
    let shelved = "SELECT count(*) FROM alarms WHERE state = 'shelved' AND reason = 'essai'";
    service.wait("it is written down", |s| s.home.number(shelved) == 1);
    let Service { home, handle } = service;
    drop(handle);
    let raised = home.number("SELECT count(*) FROM alarms");
    let service = Service::start(home);
    service.wait("it is read back", |s| {
        s.vibration().is_some_and(|a| a.state() == State::Shelved)
    });
    service.ask(AlarmsAsk::Unshelve(vec![alarm.id]));
    service.wait("it calls again", |s| {
        s.vibration()
            .is_some_and(|a| a.state() == State::Unacknowledged)
    });
    assert_eq!(service.home.number("SELECT count(*) FROM alarms"), raised);
}

#[test]
fn a_replay_of_the_past_raises_nothing_and_hides_no_alarm_of_the_present() {
    let service = Service::start(home());
    service.reading(BEFORE, Some(14.0));
    service.reading(BEFORE + 1, None);
    service.wait("both are in", |s| {
        s.handle
            .snapshot()
            .data_span
            .is_some_and(|(_, to)| to == at_ms(BEFORE + 1))
    });
    service.wait("nothing calls", |s| s.vibration().is_none_or(|a| !a.active));
    let raised = |s: &Service| {
        s.handle
            .snapshot()
            .alarms
            .rates
            .iter()
            .map(|r| r.1)
            .sum::<u32>()
    };
    let before = raised(&service);
    let replay = Replay::Start {
        from_ms: at_ms(BEFORE) + 1000,
        speed: 1,
    };
    assert!(service.handle.send(Command::Replay(replay)));
    let past = |s: &Service| {
        let snapshot = s.handle.snapshot();
        snapshot.fleet.iter().any(|r| r.values[2] == 14.0)
    };
    service.wait("the past is shown", past);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(raised(&service), before);
    assert!(service.vibration().is_none_or(|a| !a.active));
    service.reading(BEFORE + 2, Some(14.0));
    service.wait("the present is told", |s| {
        s.vibration().is_some_and(|a| a.active)
    });
    assert!(past(&service), "while the past is shown");
}

#[test]
fn the_history_is_exported_with_inputs_and_model() {
    let mut service = Service::start(home());
    service.reading(BEFORE, Some(14.0));
    service.wait("it is written down", |s| {
        s.home
            .number("SELECT count(*) FROM alarms WHERE channel = 'vibration'")
            == 1
    });
    for format in [FileFormat::Csv, FileFormat::Xlsx] {
        service.ask(AlarmsAsk::Export {
            filter: AlarmFilter {
                kind: Some("limit".into()),
                name: "loco_001".into(),
                ..AlarmFilter::default()
            },
            format,
            to: format!("alarmes.{}", format.key()).into(),
        });
        let begun = Instant::now();
        let file = loop {
            match service.handle.next_event() {
                Some(Event::Exported { to, .. }) => break to,
                Some(other) => panic!("{other:?}"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
            assert!(begun.elapsed() < Duration::from_secs(60));
        };
        assert!(
            file.starts_with(service.home.path("exports"))
                || file.ends_with(format!("alarmes.{}", format.key()))
        );
        if format == FileFormat::Csv {
            let text = std::fs::read_to_string(&file).unwrap();
            let line = text.lines().find(|l| l.contains(",vibration,14,")).unwrap();
            assert!(
                line.contains(",medium,limit,unacknowledged,LOCO_001,"),
                "{line}"
            );
        } else {
            assert!(std::fs::metadata(&file).unwrap().len() > 3000);
        }
    }
    let said = service
        .home
        .cidp(&["--lang", "en", "alarms"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("Medium") && said.contains("Vibration 14.0"),
        "{said}"
    );
    let refused = AlarmsAsk::Shelve {
        alarms: vec![service.vibration().unwrap().id],
        reason: " ".into(),
        until_ms: i64::MAX,
    };
    service.ask(refused);
    let begun = Instant::now();
    loop {
        match service.handle.next_event() {
            Some(Event::Refused { why }) => break assert_eq!(why, "a reason is needed"),
            Some(other) => panic!("{other:?}"),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

const fn at_ms(i: u32) -> i64 {
    1_767_225_600_000 + i as i64 * 600_000
}
