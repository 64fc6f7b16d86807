//! After a failed extraction nothing is trained and nothing is scored; what was said before stays.

use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use crate::support::{HEADER, TestHome, fleet, fleet_between, telemetry};

const LOCOMOTIVES: u32 = 2;
const FIRST: u32 = 300;
const SECOND: u32 = 330;
const THIRD: u32 = 360;

/// The whole contents of what training and scoring write.
fn judged(home: &TestHome) -> Vec<Vec<Vec<SqlValue>>> {
    ["models", "model_promotions", "ai_telemetry_predictions"]
        .map(|table| home.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")))
        .to_vec()
}

/// The whole contents of what a load writes.
fn loaded(home: &TestHome) -> Vec<Vec<Vec<SqlValue>>> {
    [
        "sensor_metrics",
        "failures",
        "maintenance",
        "quarantine",
        "source_files",
        "run_loads",
        "locomotives",
    ]
    .map(|table| home.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")))
    .to_vec()
}

fn failures(path: &str) -> String {
    format!(
        "[[sources]]\nname = \"workshop\"\nrole = \"failures\"\npath = \"{path}\"\ntimezone = \"UTC\"\n"
    )
}

/// A home in which both training and scoring are due: a model is in force, readings are loaded that
/// nobody scored, and (in a file that the failing run reads too) failures have become known.
fn due() -> TestHome {
    let home = TestHome::with_sensors(fleet(LOCOMOTIVES, FIRST));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    home.write("sensors.csv", fleet(LOCOMOTIVES, SECOND));
    home.json(0, &["ingest"]);
    let unscored = "SELECT count(*) FROM sensor_metrics s WHERE NOT EXISTS
        (SELECT 1 FROM ai_telemetry_predictions p WHERE p.reading = s.reading)";
    assert_eq!(
        home.number(unscored),
        i64::from((SECOND - FIRST) * LOCOMOTIVES)
    );
    home.write(
        "failures.csv",
        "timestamp,loco_id,component\n2026-01-02T00:00:00Z,LOCO_001,pump\n",
    );
    home.configure(&format!(
        "{}{}",
        telemetry("sensors.csv"),
        failures("failures.csv")
    ));
    home
}

/// Runs what must fail safe, and checks everything that is promised of it.
fn fails_safe(home: &TestHome, words: &[&str]) -> Value {
    let before = (judged(home), loaded(home));
    let runs = home.number("SELECT count(*) FROM pipeline_runs");
    let run = home.json(1, &["run"]);
    assert_eq!(run["status"], "failed_safe");
    let cause = run["cause"].as_str().unwrap().to_owned();
    for word in words {
        assert!(
            cause.contains(word),
            "“{word}” is not in the cause: {cause}"
        );
    }
    let stages: Vec<&str> = run["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].as_str().unwrap())
        .collect();
    assert!(
        !stages.contains(&"train") && !stages.contains(&"score"),
        "{stages:?}"
    );
    assert!(
        judged(home) == before.0,
        "training or scoring wrote after a failed extraction: {cause}"
    );
    assert!(
        loaded(home) == before.1,
        "a failed load left something behind: {cause}"
    );
    assert_eq!(home.number("SELECT count(*) FROM pipeline_runs"), runs + 1);
    let last = home.rows("SELECT status, cause FROM pipeline_runs ORDER BY run DESC LIMIT 1");
    assert_eq!(
        last[0],
        [
            SqlValue::Text("failed_safe".into()),
            SqlValue::Text(cause.clone())
        ]
    );
    unavailable(home, &cause);
    // Asking for it does not help: there is no token to train with.
    let train = home.json(1, &["train"]);
    assert_eq!(train["status"], "failed_safe");
    assert!(
        train["cause"].as_str().unwrap().contains(&cause),
        "{train:#}"
    );
    assert!(
        judged(home) == before.0,
        "`train` trained after a failed extraction"
    );
    run
}

/// Every locomotive is unavailable, with its last verdict and age.
fn unavailable(home: &TestHome, cause: &str) {
    let status = home.json(0, &["status"]);
    let fleet = status.as_array().unwrap();
    assert_eq!(fleet.len(), LOCOMOTIVES as usize);
    for row in fleet {
        assert_eq!(row["verdict"], "unavailable", "{row:#}");
        assert_eq!(row["cause"]["cause"], "run_failed");
        assert_eq!(row["cause"]["reason"], cause);
        let last = &row["last_verdict"];
        assert!(
            ["nominal", "danger"].contains(&last["verdict"].as_str().unwrap()),
            "{row:#}"
        );
        assert!(last["timestamp"].as_str().unwrap().starts_with("2026-01-0"));
        assert!(row["age_secs"].is_number() && row["values"]["pressure"].is_number());
    }
    let words = home.cidp(&["--lang", "en", "status"]).expect(0).stdout;
    assert!(
        words.contains("UNAVAILABLE") && !words.contains("NOMINAL OPERATION"),
        "{words}"
    );
}

/// The next good run trains, scores and speaks again, and rewrites nothing.
fn recovers(home: &TestHome) {
    let old = home.rows("SELECT * FROM ai_telemetry_predictions ORDER BY reading, model");
    home.write("sensors.csv", fleet(LOCOMOTIVES, THIRD));
    home.configure(&telemetry("sensors.csv"));
    let run = home.json(0, &["run"]);
    assert_eq!(run["status"], "ok");
    assert_eq!(run["rows_kept"], (THIRD - SECOND) * LOCOMOTIVES);
    assert_eq!(run["verdicts"]["unavailable"], 0, "{run:#}");
    let now = home.rows("SELECT * FROM ai_telemetry_predictions ORDER BY reading, model");
    assert!(
        old.iter().all(|row| now.contains(row)),
        "a prediction was rewritten"
    );
    assert_eq!(
        home.number("SELECT count(DISTINCT reading) FROM ai_telemetry_predictions"),
        i64::from(THIRD * LOCOMOTIVES),
        "what was loaded before the failure is scored after it"
    );
    for row in home.json(0, &["status"]).as_array().unwrap() {
        assert_ne!(row["verdict"], "unavailable", "{row:#}");
    }
}

#[test]
fn a_missing_file() {
    let home = due();
    home.configure(&format!(
        "{}{}",
        telemetry("gone.csv"),
        failures("failures.csv")
    ));
    let run = fails_safe(&home, &["sensors", "gone.csv", "nothing is at"]);
    assert_eq!(run["refused"][0]["source"], "sensors");
    recovers(&home);
}

#[test]
fn an_empty_file() {
    let home = due();
    home.write("sensors.csv", "");
    fails_safe(&home, &["sensors.csv", "the file is empty"]);
    recovers(&home);
}

#[test]
fn a_file_with_only_a_header() {
    let home = due();
    home.write("sensors.csv", HEADER);
    fails_safe(&home, &["sensors.csv", "a header and no rows"]);
    recovers(&home);
}

#[test]
fn a_mapped_column_is_missing() {
    let home = due();
    home.write(
        "sensors.csv",
        fleet(LOCOMOTIVES, THIRD).replace("vibration", "vibrations"),
    );
    fails_safe(
        &home,
        &["sensors.csv", "“vibration” is missing", "vibrations"],
    );
    recovers(&home);
}

#[test]
fn binary_junk() {
    let home = due();
    let junk: Vec<u8> = (0..200_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    home.write("sensors.csv", junk);
    fails_safe(&home, &["sensors.csv", "binary"]);
    recovers(&home);
}

#[test]
fn too_few_rows_survive() {
    let home = due();
    let new: Vec<String> = fleet_between(LOCOMOTIVES, SECOND, THIRD)
        .lines()
        .enumerate()
        .map(|(i, line)| {
            if i > 0 && i % 5 != 0 {
                format!("x{line}")
            } else {
                line.to_owned()
            }
        })
        .collect();
    home.write("sensors.csv", new.join("\n") + "\n");
    fails_safe(
        &home,
        &["too few rows survive", "50 % needed", "wrong_type"],
    );
    recovers(&home);
}

#[test]
fn the_first_run_of_all_fails() {
    let home = TestHome::with_sensors(HEADER);
    let run = home.json(1, &["run"]);
    assert_eq!(run["status"], "failed_safe");
    for table in [
        "models",
        "model_promotions",
        "ai_telemetry_predictions",
        "sensor_metrics",
    ] {
        assert_eq!(
            home.number(&format!("SELECT count(*) FROM {table}")),
            0,
            "{table}"
        );
    }
    assert_eq!(home.json(0, &["status"]), serde_json::json!([]));
    let predict = home.json(
        1,
        &[
            "predict",
            "--flow-rate",
            "500",
            "--pressure",
            "5",
            "--vibration",
            "2",
            "--temperature",
            "45",
        ],
    );
    assert_eq!(predict["verdict"], "unavailable");
    home.write("sensors.csv", fleet(2, FIRST));
    assert_eq!(home.json(0, &["run"])["model_version"], 1);
}

/// The workshop's file is refused while the telemetry is sound: no labels are made of "nothing failed".
#[test]
fn a_refused_workshop_file_stops_training_and_not_the_readings() {
    let home = TestHome::with_sensors(fleet(LOCOMOTIVES, FIRST));
    home.configure(&format!(
        "{}{}",
        telemetry("sensors.csv"),
        failures("gone.csv")
    ));
    let run = home.json(0, &["run"]);
    assert_eq!(run["status"], "ok");
    assert_eq!(run["training"]["outcome"], "impossible", "{run:#}");
    assert_eq!(run["refused"][0]["source"], "workshop");
    assert_eq!(home.number("SELECT count(*) FROM models"), 0);
    assert_eq!(run["verdicts"]["unavailable"], LOCOMOTIVES);
    home.json(1, &["train"]);
    assert_eq!(home.number("SELECT count(*) FROM models"), 0);
}

#[test]
fn one_endless_line() {
    let home = due();
    let mut text = fleet(LOCOMOTIVES, THIRD).into_bytes();
    text.resize(text.len() + (6 << 20), b'7');
    home.write("sensors.csv", text);
    fails_safe(&home, &["sensors.csv", "is longer than 1024 KiB"]);
    recovers(&home);
}

#[cfg(target_os = "linux")]
mod memory {
    use std::process::Stdio;
    use std::time::Duration;

    use crate::support::{HEADER, TestHome, fleet};

    /// Highest resident memory of a process, in MiB, and its exit code.
    fn peak_mib(home: &TestHome, arguments: &[&str]) -> (u64, i32) {
        let mut child = home
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        loop {
            if let Ok(text) = std::fs::read_to_string(&status) {
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
                peak = peak.max(kib.unwrap_or(0) >> 10);
            }
            if let Some(ended) = child.try_wait().unwrap() {
                return (peak, ended.code().unwrap());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn small() -> u64 {
        let (peak, code) = peak_mib(&TestHome::with_sensors(fleet(1, 50)), &["ingest"]);
        assert_eq!(code, 0);
        assert!(peak > 0, "the peak was not seen");
        peak
    }

    #[test]
    fn an_endless_line_takes_no_memory() {
        let mut text = fleet(1, 50).into_bytes();
        text.resize(48 << 20, b'7');
        let (peak, code) = peak_mib(&TestHome::with_sensors(text), &["ingest"]);
        assert_eq!(code, 1);
        let small = small();
        assert!(
            peak < small + 16,
            "{peak} MiB, against {small} MiB for a small file"
        );
    }

    /// Columns that nothing maps may be as long as they like.
    #[test]
    fn rows_of_half_a_megabyte_take_no_memory() {
        let notes = "n".repeat(500_000);
        let mut text = HEADER.replace('\n', ",notes\n");
        for line in fleet(1, 200).lines().skip(1) {
            text.push_str(line);
            text.push(',');
            text.push_str(&notes);
            text.push('\n');
        }
        let home = TestHome::with_sensors(&text);
        let (peak, code) = peak_mib(&home, &["ingest"]);
        assert_eq!(code, 0);
        assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 200);
        let small = small();
        assert!(
            peak < small + 72,
            "{peak} MiB for 100 MB, against {small} MiB for a small file"
        );
    }
}

#[cfg(not(target_os = "linux"))]
#[test]
fn memory() {
    eprintln!("skipped: the peak of memory is read from /proc, which is Linux's");
}
