//! The program on data made by others, where it is there. Slow: `.ci/run` runs these with `-- --ignored`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{TestHome, keys};

/// The configuration, where the data that it names is there.
fn config(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if root.join("../shared/data").is_dir() {
        return Some(root.join("tests/configs/valid").join(name));
    }
    eprintln!("skipped: ../shared/data is not there");
    None
}

fn json_of(home: &TestHome, code: i32, config: &Path, arguments: &[&str]) -> Value {
    let mut all = vec!["--config", config.to_str().unwrap()];
    all.extend(arguments);
    home.json(code, &all)
}

fn predict(home: &TestHome, config: &Path, vibration: &str, temperature: &str) -> Value {
    json_of(
        home,
        0,
        config,
        &[
            "predict",
            "--flow-rate",
            "500",
            "--pressure",
            "5",
            "--vibration",
            vibration,
            "--temperature",
            temperature,
        ],
    )
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn the_bench_beats_the_reference() {
    let Some(config) = config("bench.toml") else {
        return;
    };
    let home = TestHome::new();
    let out = home.path("out");
    let figures = json_of(
        &home,
        0,
        &config,
        &[
            "evaluate",
            "--split",
            "locomotive",
            "--folds",
            "4",
            "--out",
            out.to_str().unwrap(),
        ],
    );
    eprintln!("{figures:#}");
    let figure = |key: &str| figures[key].as_f64().unwrap();
    assert!(figure("roc_auc") >= 0.955, "{}", figure("roc_auc"));
    assert!(figure("f1") >= 0.887, "{}", figure("f1"));
    assert!(figure("far") <= 0.054, "{}", figure("far"));
    let written = std::fs::read_to_string(out.join("predictions.csv")).unwrap();
    assert_eq!(
        written.lines().count() as u64 - 1,
        figures["rows"].as_u64().unwrap()
    );
    assert!(
        figures["rows"].as_u64().unwrap() > 18_000,
        "all rows, none left out"
    );
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn the_bench_runs_and_speaks() {
    let Some(config) = config("bench.toml") else {
        return;
    };
    let home = TestHome::new();
    let run = json_of(&home, 0, &config, &["run"]);
    assert_eq!(
        (&run["status"], &run["synthetic"]),
        (&json!("ok"), &json!(false))
    );
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    let fleet = json_of(&home, 0, &config, &["status"]);
    assert_eq!(fleet.as_array().unwrap().len(), 16);
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn the_predecessors_telemetry_trains() {
    let Some(config) = config("predecessor_raw.toml") else {
        return;
    };
    let home = TestHome::new();
    let run = json_of(&home, 0, &config, &["run"]);
    assert_eq!(run["rows_read"], 5000);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    assert_eq!(predict(&home, &config, "2", "45")["verdict"], "nominal");
    assert_eq!(predict(&home, &config, "7", "85")["verdict"], "danger");
    assert_eq!(predict(&home, &config, "12", "110")["verdict"], "danger");
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn seven_readings_load_and_are_too_few_to_train() {
    let Some(config) = config("predecessor_sensors.toml") else {
        return;
    };
    let home = TestHome::new();
    let run = json_of(&home, 0, &config, &["run"]);
    assert_eq!(
        (&run["status"], &run["rows_kept"]),
        (&json!("ok"), &json!(7))
    );
    assert_eq!(run["training"]["outcome"], "impossible");
    let why = run["training"]["why"].as_str().unwrap();
    assert!(why.contains("too few"), "{why}");
    assert_eq!(
        run["verdicts"],
        json!({ "nominal": 0, "danger": 0, "unavailable": 3 })
    );
    for row in json_of(&home, 0, &config, &["status"]).as_array().unwrap() {
        assert_eq!(
            (&row["verdict"], &row["cause"]["cause"]),
            (&json!("unavailable"), &json!("no_model"))
        );
    }
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn the_industrial_set_runs_and_warns() {
    let Some(config) = config("azure.toml") else {
        return;
    };
    let home = TestHome::new();
    let run = json_of(&home, 0, &config, &["run"]);
    assert_eq!(run["status"], "ok");
    assert!(run["rows_kept"].as_u64().unwrap() > 28_000, "{run:#}");
    assert_eq!(
        json_of(&home, 0, &config, &["status"])
            .as_array()
            .unwrap()
            .len(),
        20
    );
    let figures = json_of(
        &home,
        0,
        &config,
        &["evaluate", "--split", "time", "--folds", "2"],
    );
    eprintln!("{figures:#}");
    keys(
        &figures,
        &["failures", "failures_warned", "median_lead_hours"],
    );
    assert!(figures["failures"].as_u64().unwrap() > 0);
    assert!(
        figures["failures_warned"].as_u64().unwrap() > 0,
        "it warns of something: {figures:#}"
    );
}
