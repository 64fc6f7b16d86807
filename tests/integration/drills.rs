//! Drills as they are asked for: what they print, write and leave; and, built with `trials`, that a sabotaged program
//! passes none of them.

use std::process::Command;

use crate::support::{Answer, TestHome, fleet, keys};

/// Those that are over in a second or two.
const QUICK: [&str; 6] = [
    "truncated_file",
    "changed_columns",
    "nan_flood",
    "killed_during_load",
    "damaged_database",
    "dead_lock_holder",
];

fn asked(home: &TestHome, names: &[&str], sabotage: Option<&str>) -> Command {
    let mut arguments = vec!["--json", "drill"];
    arguments.extend(names);
    let mut command = home.command(&arguments);
    command.env_remove("CIDP_PROGRAM");
    match sabotage {
        Some(sabotage) => command.env("CIDP_SABOTAGE", sabotage),
        None => command.env_remove("CIDP_SABOTAGE"),
    };
    command
}

/// Name, whether it passed, the last line of evidence.
fn results(answer: &Answer) -> Vec<(String, bool, String)> {
    let json = answer.json();
    let all = json.as_array().unwrap().iter();
    all.map(|drill| {
        keys(drill, &["name", "passed", "evidence", "secs"]);
        let evidence = drill["evidence"].as_array().unwrap();
        let last = evidence.last().unwrap().as_str().unwrap().to_owned();
        let name = drill["name"].as_str().unwrap().to_owned();
        (name, drill["passed"].as_bool().unwrap(), last)
    })
    .collect()
}

/// Where temporary folders are made is told to the child, so that what it leaves is seen.
#[test]
fn quick_drills_pass_on_a_copy_and_leave_the_home_as_it_was() {
    let home = TestHome::with_sensors(fleet(3, 300));
    home.json(0, &["run"]);
    let before = home.rows("SELECT * FROM sensor_metrics ORDER BY reading");
    let temp = tempfile::tempdir().unwrap();
    let answer = Answer::of(asked(&home, &QUICK, None).env("TMPDIR", temp.path())).expect(0);
    let found = results(&answer);
    assert_eq!(found.len(), QUICK.len());
    assert!(found.iter().all(|(_, passed, _)| *passed), "{found:#?}");
    assert!(answer.stdout.contains("consistent copy"), "{answer:#?}");
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);

    assert_eq!(
        home.rows("SELECT * FROM sensor_metrics ORDER BY reading"),
        before
    );
    assert_eq!(home.number("SELECT count(*) FROM pipeline_runs"), 1);
    assert_eq!(
        home.number("SELECT count(*) FROM journal WHERE act = 'drill' AND words = '6/6'"),
        1
    );
    let reports = home.path("reports");
    let files: Vec<_> = std::fs::read_dir(reports)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
    let page = files
        .iter()
        .find(|file| file.extension().unwrap() == "html");
    let page = std::fs::read_to_string(page.unwrap()).unwrap();
    assert!(page.contains("6 sur 6 réussis") && page.contains("6 of 6 passed"));
    assert!(page.contains("quarantaine") && page.contains("@media print"));
}

#[test]
fn a_name_that_is_none_is_refused_with_those_there_are() {
    let home = TestHome::new();
    let answer = home.json(2, &["drill", "earthquake"]);
    let words = answer["error"].as_str().unwrap();
    assert!(words.contains("earthquake") && words.contains("disk_full"));
    assert!(!home.path("reports").exists());
}

#[cfg(not(feature = "trials"))]
#[test]
fn a_normal_build_listens_to_no_sabotage() {
    for sabotage in ["trains_after_failure", "loads_without_transaction"] {
        let home = TestHome::new();
        let answer = Answer::of(&mut asked(&home, &["nan_flood"], Some(sabotage))).expect(0);
        assert!(results(&answer)[0].1, "{answer:#?}");
    }
}

#[cfg(feature = "trials")]
fn all(sabotage: Option<&'static str>) -> Vec<(String, bool, String)> {
    let home = TestHome::new();
    let begun = std::time::Instant::now();
    let answer = Answer::of(&mut asked(&home, &["all"], sabotage));
    assert!(begun.elapsed().as_secs() < 300, "all thirteen in 300 s");
    let found = results(&answer);
    assert_eq!(found.len(), 13);
    let passed = found.iter().all(|(_, passed, _)| *passed);
    assert_eq!(answer.code, i32::from(!passed));
    found
}

#[cfg(feature = "trials")]
#[test]
fn without_sabotage_all_drills_are_green() {
    let found = all(None);
    let red: Vec<_> = found.iter().filter(|(_, passed, _)| !passed).collect();
    assert!(red.is_empty(), "{red:#?}");
}

/// Red because of what the database holds, not because the drill broke down.
#[cfg(feature = "trials")]
fn all_red(sabotage: &'static str) {
    let found = all(Some(sabotage));
    let green: Vec<_> = found
        .iter()
        .filter(|(_, passed, last)| *passed || !last.starts_with("NOT SO: "))
        .collect();
    assert!(green.is_empty(), "{green:#?}");
}

#[cfg(feature = "trials")]
#[test]
fn a_program_that_trains_after_a_failure_passes_no_drill() {
    all_red("trains_after_failure");
}

#[cfg(feature = "trials")]
#[test]
fn a_program_that_loads_without_a_transaction_passes_no_drill() {
    all_red("loads_without_transaction");
}
