//! A locked warehouse, two programs at once, an account that only looks: nothing is written that should not be, and
//! whoever is in the way is named.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::{TestHome, simulate, telemetry};

const PATIENCE: &str = "[continuity]\nlock_patience_secs = 1.0\n";

pub fn home(more: &str) -> TestHome {
    let home = TestHome::new();
    home.configure(&format!("{more}\n{}", telemetry("sensors.csv")));
    simulate(&home.path("."), 2, 3, "0.0");
    home
}

fn runs(home: &TestHome) -> i64 {
    home.number("SELECT count(*) FROM pipeline_runs")
}

#[test]
fn a_locked_warehouse_ends_a_run_after_its_patience_and_names_the_holder() {
    let home = home(PATIENCE);
    home.json(0, &["run"]);
    let (before, readings) = (
        runs(&home),
        home.number("SELECT count(*) FROM sensor_metrics"),
    );
    let other = Connection::open(home.warehouse()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let answer = home.cidp(&["--json", "run"]).expect(3);
    assert!(begun.elapsed() < Duration::from_secs(20), "bounded");
    if cfg!(target_os = "linux") {
        let me = format!("locked by process {}", std::process::id());
        let said = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(said.contains(&me), "{said}");
        let waits = format!("processus {}", std::process::id());
        assert!(
            answer.stderr.contains(&waits),
            "told while it waits: {answer:#?}"
        );
    }
    drop(other);
    assert_eq!(runs(&home), before);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), readings);
    home.json(0, &["run"]);
    assert_eq!(runs(&home), before + 1);
}

#[test]
fn a_lock_that_goes_within_the_patience_is_waited_for() {
    let home = home("[continuity]\nlock_patience_secs = 30.0\n");
    home.json(0, &["run"]);
    let other = Connection::open(home.warehouse()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let running = home
        .command(&["run"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut running = running.unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    assert!(running.try_wait().unwrap().is_none(), "it waits");
    drop(other);
    assert!(running.wait().unwrap().success());
    assert_eq!(runs(&home), 2);
}

/// Two runs begun at random offsets: both end well one after the other, or one works and the other names it.
#[test]
fn of_two_programs_at_once_one_works_and_the_other_says_who_holds_it() {
    let full = std::env::var("CIDP_TRIALS").is_ok_and(|trials| trials == "full");
    let trials: u32 = if full { 50 } else { 10 };
    let home = home("");
    home.json(0, &["run"]);
    let mut refused = 0;
    for trial in 0..trials {
        let before = runs(&home);
        let spawn = || {
            let mut command = home.command(&["--json", "run"]);
            let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            piped.spawn().unwrap()
        };
        let first = spawn();
        let salt = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .subsec_micros();
        std::thread::sleep(Duration::from_micros(u64::from(salt % 20_000)));
        let second = spawn();
        let ids = [second.id(), first.id()];
        let ended = [first, second].map(|child| child.wait_with_output().unwrap());
        let mut worked = 0;
        for (output, other) in ended.iter().zip(ids) {
            match output.status.code() {
                Some(0) => worked += 1,
                Some(3) => {
                    refused += 1;
                    let said = String::from_utf8_lossy(&output.stdout);
                    let named = said.contains(&format!("process {other}"));
                    assert!(named || !cfg!(target_os = "linux"), "trial {trial}: {said}");
                }
                code => panic!("trial {trial}: {code:?} {output:?}"),
            }
        }
        assert!(worked >= 1, "trial {trial}: nobody worked");
        assert_eq!(runs(&home), before + worked, "trial {trial}");
    }
    assert!(refused > 0, "the two never met");
}

#[test]
fn an_account_that_only_looks_is_refused_whatever_changes_something() {
    let home = home("");
    home.json(0, &["run"]);
    let state = || home.rows("SELECT entry, head FROM ledger ORDER BY entry");
    let before = state();
    home.configure(&format!(
        "[access]\nrole = \"crisis_cell\"\n{}",
        telemetry("sensors.csv")
    ));
    for acting in [
        &["run"][..],
        &["ingest"],
        &["watch"],
        &["train"],
        &["backup"],
        &["cold-restart", "--yes"],
        &["restore", "--latest", "--yes"],
        &["drill", "all"],
        &["holds", "--release", "1", "--reason", "x"],
    ] {
        let answer = home.cidp(acting).expect(2);
        assert!(
            answer.stderr.contains("lecture seule"),
            "{acting:?} {answer:#?}"
        );
    }
    home.json(0, &["status"]);
    home.json(0, &["alarms"]);
    assert!(state() == before, "nothing was written");
}
