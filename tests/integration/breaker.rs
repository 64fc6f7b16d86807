//! The breaker and the versions, end to end: what trips it, what it withdraws, who arms it, what outlives a program.

use std::time::{Duration, Instant};

use cidp::domain::Verdict;
use cidp::ml::Model;
use cidp::service::breaker::Breaker;
use cidp::service::command::{Command, Desk, Event};
use cidp::service::fleet::{FleetMemory, Scene};
use cidp::service::handle::ServiceHandle;
use cidp::service::models::ModelsAsk;
use cidp::service::models::promote::{self, PromoteError};
use cidp::service::platform::Platform;
use cidp::warehouse::Reader;
use serde_json::Value;

use crate::support::{TestHome, fleet_between, telemetry};

/// Readings of each machine that the model learns from.
const LEARNED: u32 = 600;
/// A day more, and one machine in danger at its end.
const NOW: u32 = 750;

/// The rows of [`fleet_between`], every machine's flow raised: one sensor batch for another.
fn raised(from: u32, to: u32, by: f64) -> String {
    let rows = fleet_between(4, from, to);
    let lines = rows.lines().skip(1).map(|line| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        let flow: f64 = cells[2].parse().unwrap();
        cells[2] = format!("{:.1}", flow + by);
        cells.join(",") + "\n"
    });
    lines.collect()
}

fn learned() -> TestHome {
    let home = TestHome::new();
    home.write("sensors.csv", fleet_between(4, 0, LEARNED));
    home.configure(&telemetry("sensors.csv"));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    home
}

fn goes_on(home: &TestHome, by: f64) -> Value {
    let before = fleet_between(4, 0, LEARNED);
    home.write("sensors.csv", before + &raised(LEARNED, NOW, by));
    home.json(0, &["run"]);
    home.json(0, &["status"])
}

fn verdicts(status: &Value) -> Vec<(String, Value)> {
    let rows = status.as_array().unwrap().iter();
    let mut all: Vec<_> = rows
        .map(|row| {
            let verdict = row["verdict"].as_str().unwrap().to_owned();
            (verdict, row["cause"]["cause"].clone())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn platform(home: &TestHome) -> Platform {
    Platform::open(Some(&home.path(".")), None).unwrap()
}

fn wait(service: &ServiceHandle, what: &str, done: impl Fn(&ServiceHandle) -> bool) {
    let begun = Instant::now();
    while !done(service) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_same_fleet_a_day_later_trips_nothing() {
    let home = learned();
    let status = goes_on(&home, 0.0);
    let verdicts = verdicts(&status);
    assert_eq!(verdicts[0].0, "danger");
    assert_eq!(verdicts[1].0, "nominal", "{status:#}");
    assert_eq!(status[0]["breaker"]["tripped"], false);
    assert_eq!(status[0]["breaker"]["causes"].as_array().unwrap().len(), 0);
    assert_eq!(status[0]["breaker"]["drift_judged"], true);
}

#[test]
fn drift_that_is_not_judged_is_said() {
    let home = learned();
    let many = "[drift]\nmin_readings = 100000\n";
    home.configure(&format!("{many}{}", telemetry("sensors.csv")));
    // What would trip it otherwise.
    let status = goes_on(&home, 30.0);
    let breaker = &status[0]["breaker"];
    assert_eq!(
        (&breaker["tripped"], &breaker["drift_judged"]),
        (&false.into(), &false.into())
    );
    assert_eq!(breaker["drift_unjudged"]["why"], "few_readings");
    let words = home.cidp(&["status"]).expect(0).stdout;
    assert!(
        words.contains("NON JUGÉE") || words.contains("NOT JUDGED"),
        "{words}"
    );
}

/// Putting a version in force takes the lock that a run takes: a run asked for meanwhile waits for it.
#[test]
fn a_run_asked_for_while_a_version_is_put_in_force_begins_after_it() {
    let home = learned();
    assert_eq!(home.json(0, &["train"])["version"], 2);
    let mut service = cidp::service::engine::start(platform(&home), Box::new(|| {})).unwrap();
    let ran = |s: &ServiceHandle| s.snapshot().last_run.as_ref().map(|run| run.run_id);
    wait(&service, "the last run is shown", |s| ran(s).is_some());
    let before = ran(&service);
    let why = String::new();
    assert!(service.send(Command::Models(ModelsAsk::Promote { version: 1, why })));
    assert!(service.send(Command::Run));
    wait(&service, "it runs", |s| ran(s) > before);
    let mut promoted = false;
    while let Some(event) = service.next_event() {
        assert!(
            !matches!(event, Event::RunBusy { .. } | Event::Refused { .. }),
            "{event:?}"
        );
        promoted |= matches!(event, Event::ModelPromoted { version: 1 });
    }
    assert!(promoted);
}

#[test]
fn a_fleet_that_drifts_loses_nominal_keeps_danger_and_is_armed_again_by_a_person() {
    let home = learned();
    let status = goes_on(&home, 30.0);
    let said = verdicts(&status);
    assert_eq!(said[0].0, "danger", "{status:#}");
    for (verdict, cause) in &said[1..] {
        assert_eq!(
            (verdict.as_str(), cause),
            ("unavailable", &"drifted".into())
        );
    }
    let breaker = &status[0]["breaker"];
    assert_eq!(breaker["tripped"], true);
    assert_eq!(breaker["causes"][0]["channel"], "flow_rate");
    assert!(breaker["causes"][0]["value"].as_f64().unwrap() > 0.25);
    // Another run of the same finds nothing new to say.
    home.json(0, &["run"]);
    assert_eq!(home.number("SELECT count(*) FROM journal"), 1);
    let words = home.cidp(&["status"]).expect(0).stdout;
    assert!(
        words.contains("DÉCLENCHÉ") || words.contains("TRIPPED"),
        "{words}"
    );

    replay_is_as_it_was(&home);

    // The window of a program that has just started shows the same, and arms it.
    let service = cidp::service::engine::start(platform(&home), Box::new(|| {})).unwrap();
    assert!(service.send(Command::Attend(Desk::Models)));
    wait(&service, "the desk shows the drift", |s| {
        let models = s.snapshot().models.clone();
        models.drift.is_some() && models.tripped().count() == 1
    });
    let shown = service.snapshot().models.clone();
    let (like, signs) = shown.drift.clone().unwrap().like.unwrap();
    assert_eq!(like, cidp::domain::drift::Likeness::Drift, "{signs:?}");
    assert!(service.send(Command::Models(ModelsAsk::Arm { why: "  ".into() })));
    let why = "capteurs remplacés".to_owned();
    assert!(service.send(Command::Models(ModelsAsk::Arm { why })));
    wait(&service, "nominal is back", |s| {
        let fleet = s.snapshot().fleet.clone();
        fleet
            .iter()
            .filter(|row| row.verdict == Verdict::Nominal)
            .count()
            == 3
    });
    wait(&service, "the page tells who", |s| {
        let models = s.snapshot().models.clone();
        models
            .deeds
            .iter()
            .any(|deed| deed.why == "capteurs remplacés")
    });
    drop(service);
    // It holds for this cause, in every program.
    home.json(0, &["run"]);
    let status = home.json(0, &["status"]);
    assert_eq!(verdicts(&status)[1].0, "nominal", "{status:#}");
    assert_eq!(status[0]["breaker"]["tripped"], false);
    assert_eq!(
        status[0]["breaker"]["causes"][0]["armed"]["why"],
        "capteurs remplacés"
    );
    assert_eq!(home.number("SELECT count(*) FROM journal"), 2);
}

/// The past is shown as it was judged.
fn replay_is_as_it_was(home: &TestHome) {
    let reader = Reader::open(&home.warehouse()).unwrap();
    let stored = reader.model().unwrap().unwrap();
    let model = Model::from_bytes(&stored.body).unwrap();
    let platform = platform(home);
    let at = |replay_ms| {
        let fleet = Scene {
            reader: &reader,
            config: &platform.config,
            tripped: Breaker::read(&reader).unwrap().cause(Some(stored.version)),
            model: Ok(Some(&model)),
            last_run: reader.last_run().unwrap(),
            replay_ms,
            wall_ms: 1_800_000_000_000,
        }
        .fleet(&mut FleetMemory::default())
        .unwrap();
        let nominal = fleet
            .rows
            .iter()
            .filter(|row| row.verdict == Verdict::Nominal);
        nominal.count()
    };
    let end_ms = reader.span().unwrap().unwrap().1;
    assert_eq!((at(None), at(Some(end_ms))), (0, 3));
}

#[test]
fn a_version_is_put_in_force_by_hand_and_taken_back() {
    let home = learned();
    assert_eq!(home.json(0, &["train"])["version"], 2);
    // What did not pass its gate, as training would have kept it.
    let reader = Reader::open(&home.warehouse()).unwrap();
    let mut refused = Model::from_bytes(&reader.model().unwrap().unwrap().body).unwrap();
    refused.card.version = 3;
    refused.card.promoted = false;
    refused.card.refusal = Some("the alert preset is judged nominal".into());
    let card = serde_json::to_string(&refused.card).unwrap();
    let insert =
        "INSERT INTO models SELECT 3, run, trained_ms, ?1, ?2 FROM models WHERE version = 2";
    let db = rusqlite::Connection::open(home.warehouse()).unwrap();
    db.execute(insert, (card, refused.to_bytes().unwrap()))
        .unwrap();
    drop(db);

    let platform = platform(&home);
    let put_once = |version, why| promote::promote(&platform, version, "Ngo", why);
    // Another test's child holds our lock for the moment between its fork and its exec.
    let put = |version, why| {
        for _ in 0..50 {
            match put_once(version, why) {
                Err(PromoteError::Lock(_)) => std::thread::sleep(Duration::from_millis(20)),
                done => return done,
            }
        }
        put_once(version, why)
    };
    assert!(matches!(put(2, ""), Err(PromoteError::InForce(2))));
    assert!(matches!(put(9, ""), Err(PromoteError::Unknown(9))));
    assert!(matches!(put(3, "  "), Err(PromoteError::ReasonWanted(3))));
    assert_eq!(reader.model_version().unwrap(), Some(2));
    assert_eq!(home.number("SELECT count(*) FROM journal"), 0);

    put(1, "v2 crie trop").unwrap();
    assert_eq!(reader.model_version().unwrap(), Some(1));
    let status = home.json(0, &["status"]);
    for row in status.as_array().unwrap() {
        assert_eq!(row["model_version"], 1);
        assert_ne!(row["cause"]["cause"], "not_scored", "{row:#}");
    }
    // No new labels: the next run keeps what a person chose.
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "not_due", "{run:#}");
    assert_eq!(reader.model_version().unwrap(), Some(1));

    put(3, "seule version au bon seuil").unwrap();
    assert_eq!(reader.model_version().unwrap(), Some(3));
    let entry = &reader.journal_of(promote::PROMOTED, 9).unwrap()[0];
    assert_eq!(
        (entry.who.as_str(), entry.detail["against_gate"].as_bool()),
        ("Ngo", Some(true))
    );
    assert_eq!(entry.words, "seule version au bon seuil");

    // A run under way is not disturbed.
    let lock = cidp::warehouse::RunLock::take(&platform.home.run_lock()).unwrap();
    assert!(matches!(put_once(1, ""), Err(PromoteError::Lock(_))));
    drop(lock);
    // A damaged one is not put in force.
    let db = rusqlite::Connection::open(home.warehouse()).unwrap();
    db.execute_batch(
        "DROP TRIGGER models_are_final; UPDATE models SET body = x'00' WHERE version = 1",
    )
    .unwrap();
    assert!(matches!(
        put(1, ""),
        Err(PromoteError::Damaged { version: 1, .. })
    ));
    assert_eq!(reader.model_version().unwrap(), Some(3));
}

#[test]
fn scoring_that_takes_too_long_withdraws_nominal_and_names_the_latency() {
    let home = learned();
    let slow = "[drift]\nlatency_limit_ms = 0.000001\n";
    home.configure(&format!("{slow}{}", telemetry("sensors.csv")));
    let status = goes_on(&home, 0.0);
    let said = verdicts(&status);
    assert_eq!(said[0].0, "danger", "{status:#}");
    assert_eq!(
        said[1],
        ("unavailable".to_owned(), "slow".into()),
        "{status:#}"
    );
    assert_eq!(status[0]["breaker"]["causes"][0]["what"], "latency");
}

#[test]
fn a_limit_set_by_hand_trips_a_service_that_is_running() {
    let home = learned();
    let few = "[drift]\nmin_readings = 200\n";
    let sources = format!("{}follow = true\n", telemetry("sensors.csv"));
    home.configure(&format!("{few}psi_limit = 10.0\n{sources}"));
    let status = goes_on(&home, 30.0);
    assert_eq!(status[0]["breaker"]["tripped"], false, "{status:#}");
    let service = cidp::service::engine::start(platform(&home), Box::new(|| {})).unwrap();
    wait(&service, "the fleet is shown", |s| {
        let s = s.snapshot();
        s.settings.ready && s.fleet.iter().any(|r| r.verdict == Verdict::Nominal)
    });
    home.configure(&format!("{few}psi_limit = 0.2\n{sources}"));
    wait(&service, "nominal is withdrawn", |s| {
        let s = s.snapshot();
        s.fleet.iter().all(|r| r.verdict != Verdict::Nominal)
    });
    let tripped = "SELECT count(*) FROM journal WHERE act = 'breaker_tripped'";
    assert!(home.number(tripped) > 0);
}
