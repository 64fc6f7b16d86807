//! The `cidp` command as its users meet it: exit codes, the one JSON value, the promised keys.

use std::fs::File;

use rusqlite::types::Value as SqlValue;
use serde_json::{Value, json};

use crate::support::{Answer, HEADER, TestHome, cidp, fleet, keys, simulate, telemetry};

const RUN_KEYS: [&str; 10] = [
    "status",
    "cause",
    "stages",
    "rows_read",
    "rows_kept",
    "rows_already_loaded",
    "rows_quarantined",
    "model_version",
    "verdicts",
    "synthetic",
];
const FIGURES: [&str; 14] = [
    "rows",
    "positives",
    "split",
    "threshold",
    "roc_auc",
    "pr_auc",
    "f1",
    "far",
    "mar",
    "brier",
    "failures",
    "failures_warned",
    "median_lead_hours",
    "false_alarm_hours_per_loco_day",
];

fn predict(values: [&str; 4]) -> Vec<&str> {
    vec![
        "predict",
        "--flow-rate",
        values[0],
        "--pressure",
        values[1],
        "--vibration",
        values[2],
        "--temperature",
        values[3],
    ]
}

/// base + Σ contributions = probability.
#[track_caller]
fn sums_up(judgement: &Value) {
    let parts = judgement["contributions"].as_object().unwrap();
    assert_eq!(
        parts.keys().collect::<Vec<_>>().len(),
        4,
        "one contribution a channel: {judgement:#}"
    );
    let sum: f64 = parts.values().map(|v| v.as_f64().unwrap()).sum();
    let base = judgement["base"].as_f64().unwrap();
    let probability = judgement["probability"].as_f64().unwrap();
    assert!((base + sum - probability).abs() < 1e-9, "{judgement:#}");
}

#[test]
fn every_command_answers_in_its_promised_words() {
    let home = TestHome::with_sensors(fleet(2, 300));
    assert_eq!(
        home.json(0, &["status"]),
        json!([]),
        "before the first run there is no fleet"
    );

    let run = home.json(0, &["run"]);
    keys(&run, &RUN_KEYS);
    assert_eq!(
        (&run["status"], &run["cause"], &run["synthetic"]),
        (&json!("ok"), &Value::Null, &json!(false))
    );
    let stages = run["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["extract", "validate", "load", "train", "score"]);
    for stage in stages {
        assert!(
            stage["secs"].is_number() && stage["rows"].is_u64(),
            "{stage}"
        );
    }
    keys(&run["verdicts"], &["nominal", "danger", "unavailable"]);

    let ingest = home.json(0, &["ingest"]);
    keys(&ingest, &RUN_KEYS);
    assert_eq!(ingest["rows_already_loaded"], 600);

    let card = home.json(0, &["train"]);
    keys(
        &card,
        &[
            "version",
            "label_kind",
            "threshold",
            "rows",
            "positives",
            "promoted",
            "synthetic",
        ],
    );
    assert_eq!(
        (&card["version"], &card["label_kind"]),
        (&json!(2), &json!("rule"))
    );

    let status = home.json(0, &["status"]);
    let fleet = status.as_array().unwrap();
    assert_eq!(fleet.len(), 2);
    let rank = |row: &Value| match row["verdict"].as_str().unwrap() {
        "danger" => 0,
        "unavailable" => 1,
        "nominal" => 2,
        other => panic!("{other} is no verdict"),
    };
    assert!(
        fleet.windows(2).all(|w| rank(&w[0]) <= rank(&w[1])),
        "worst first: {status:#}"
    );
    for row in fleet {
        keys(
            row,
            &[
                "loco_id",
                "verdict",
                "cause",
                "probability",
                "timestamp",
                "age_secs",
                "values",
                "synthetic",
            ],
        );
        assert!(
            row["origin"]["file"]
                .as_str()
                .unwrap()
                .ends_with("sensors.csv")
        );
        assert!(row["origin"]["line"].as_u64().unwrap() >= 600);
    }

    // In either language the words of JSON are the same.
    for lang in ["fr", "en"] {
        let mut asked = vec!["--lang", lang];
        asked.extend(predict(["500", "5", "9", "95"]));
        let judged = home.json(0, &asked);
        keys(
            &judged,
            &[
                "verdict",
                "probability",
                "threshold",
                "model_version",
                "contributions",
                "base",
            ],
        );
        assert_eq!(
            (&judged["verdict"], &judged["hypothesis"]),
            (&json!("danger"), &json!(true))
        );
        sums_up(&judged);
    }
    let mut asked = predict(["500", "5", "2", "45"]);
    asked.extend(["--loco-id", "LOCO_002"]);
    let judged = home.json(0, &asked);
    assert_eq!(
        (&judged["verdict"], &judged["against"]),
        (&json!("nominal"), &json!("LOCO_002"))
    );
    sums_up(&judged);
    asked[10] = "LOCO_02";
    let error = home.json(2, &asked);
    assert!(
        error["error"]
            .as_str()
            .unwrap()
            .contains("did you mean “LOCO_002”"),
        "{error:#}"
    );
}

#[test]
fn people_get_a_table_in_their_language() {
    let home = TestHome::with_sensors(fleet(2, 300));
    let french = home.cidp(&["run"]).expect(0).stdout;
    let english = home.cidp(&["--lang", "en", "status"]).expect(0).stdout;
    assert!(
        french.contains("lignes") || french.contains("Lignes"),
        "{french}"
    );
    assert!(
        english.contains("LOCO_001") && english.contains("Verdict"),
        "{english}"
    );
    for text in [&french, &english] {
        assert!(
            !text.contains("cli-") && !text.contains("reason-") && !text.contains('{'),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_typed_or_configured_is_exit_two() {
    let home = TestHome::with_sensors(fleet(1, 20));
    let wrong: [&[&str]; 8] = [
        &["rum"],
        &["run", "--jsn"],
        &["predict", "--pressure", "5"],
        &[
            "predict",
            "--flow-rate",
            "x",
            "--pressure",
            "5",
            "--vibration",
            "2",
            "--temperature",
            "45",
        ],
        &[
            "predict",
            "--flow-rate",
            "500",
            "--pressure",
            "nan",
            "--vibration",
            "2",
            "--temperature",
            "45",
        ],
        &["evaluate"],
        &["evaluate", "--split", "random"],
        &["simulate", "--dirty", "2", "--out", "x"],
    ];
    for arguments in wrong {
        let error = home.json(2, arguments);
        assert_eq!(error["status"], "error", "{arguments:?}");
        assert!(!error["error"].as_str().unwrap().is_empty());
        home.cidp(arguments).expect(2);
    }
    assert!(
        home.json(2, &["rum"])["nearest"]
            .as_str()
            .unwrap()
            .contains("run")
    );
    let out_of_range = home.json(2, &predict(["500", "99", "2", "45"]));
    assert_eq!(out_of_range["key"], "pressure");

    home.configure(&format!("{}zone = \"UTC\"\n", telemetry("sensors.csv")));
    for command in ["run", "ingest", "train", "status"] {
        let error = home.json(2, &[command]);
        assert_eq!(
            (&error["key"], &error["line"], &error["nearest"]),
            (&json!("zone"), &json!(11), &json!("timezone")),
            "{error:#}"
        );
        let words = home.cidp(&[command]).expect(2).stderr;
        assert!(words.contains("cidp.toml, line 11, key `zone`"), "{words}");
    }
    assert!(
        !home.warehouse().exists(),
        "a wrong configuration touches nothing"
    );
    home.json(2, &["--config", "nowhere.toml", "status"]);
}

#[test]
fn another_run_under_way_is_exit_three() {
    let home = TestHome::with_sensors(fleet(2, 300));
    home.json(0, &["run"]);
    let lock = File::options()
        .write(true)
        .open(home.path("database/run.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    for command in ["run", "ingest", "train"] {
        let error = home.json(3, &[command]);
        assert!(
            error["error"]
                .as_str()
                .unwrap()
                .contains("another run is under way"),
            "{error:#}"
        );
    }
    // Who only looks is not held up.
    home.json(0, &["status"]);
    home.json(0, &predict(["500", "5", "2", "45"]));
    assert_eq!(home.number("SELECT count(*) FROM pipeline_runs"), 1);
    drop(lock);
    home.json(0, &["run"]);
}

#[test]
fn two_runs_at_once_are_one_and_a_refusal() {
    let home = TestHome::new();
    simulate(&home.path("."), 4, 10, "0");
    home.configure(&telemetry("sensors.csv"));
    let children: Vec<_> = (0..4)
        .map(|_| {
            home.command(&["--json", "run"])
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let codes: Vec<i32> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code().unwrap())
        .collect();
    assert!(codes.iter().all(|code| [0, 3].contains(code)), "{codes:?}");
    let done = codes.iter().filter(|code| **code == 0).count() as i64;
    assert!(done >= 1);
    assert_eq!(home.number("SELECT count(*) FROM pipeline_runs"), done);
    assert_eq!(
        home.rows("PRAGMA integrity_check"),
        [[SqlValue::Text("ok".into())]]
    );
}

#[test]
fn simulate_makes_what_it_says() {
    let home = TestHome::new();
    let (one, two, three) = (home.path("one"), home.path("two"), home.path("été"));
    simulate(&one, 3, 4, "0");
    simulate(&two, 3, 4, "0");
    simulate(&three, 3, 4, "0.3");
    let read =
        |folder: &std::path::Path, name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let sensors = read(&one, "sensors.csv");
    assert!(sensors.starts_with(HEADER) && !sensors.contains('\r') && sensors.ends_with('\n'));
    assert_eq!(
        sensors,
        read(&two, "sensors.csv"),
        "a seed makes the same fleet"
    );
    assert_ne!(sensors, read(&three, "sensors.csv"));
    let workshop = read(&one, "maintenance.csv");
    assert!(workshop.starts_with("timestamp,loco_id,type,component\n"));
    assert!(
        workshop
            .lines()
            .skip(1)
            .all(|l| l.contains(",preventive,") || l.contains(",failure,"))
    );
    let note: Value = serde_json::from_str(&read(&one, "simulation.json")).unwrap();
    assert_eq!(
        note["blake3"]["sensors.csv"],
        blake3::hash(sensors.as_bytes()).to_hex().as_str()
    );
    // The dirty one runs: dirt goes to quarantine, and the rest is marked synthetic.
    home.configure(&telemetry("été/sensors.csv"));
    let run = home.json(0, &["run"]);
    assert_eq!(run["synthetic"], true);
    for reason in [
        "missing_value",
        "wrong_type",
        "out_of_range",
        "in_future",
        "wrong_field_count",
        "conflict",
        "time_backwards",
    ] {
        assert!(
            run["rows_quarantined"][reason].as_u64().unwrap() > 0,
            "{reason}: {run:#}"
        );
    }
    let nowhere = home.path("a file");
    std::fs::write(&nowhere, "").unwrap();
    let answer = Answer::of(
        cidp()
            .args(["--json", "simulate", "--out"])
            .arg(nowhere.join("x")),
    );
    assert_eq!(answer.expect(1).json()["status"], "failed_safe");
}

#[test]
fn the_shipped_demo_is_small_and_says_what_it_is() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let sensors = std::fs::read(data.join("sensors.csv")).unwrap();
    assert!(sensors.len() <= 3_000_000 && sensors.starts_with(HEADER.as_bytes()));
    let note: Value =
        serde_json::from_slice(&std::fs::read(data.join("simulation.json")).unwrap()).unwrap();
    assert_eq!(
        note["blake3"]["sensors.csv"],
        blake3::hash(&sensors).to_hex().as_str()
    );
}

/// A home without sources runs the demo; the first real source starts a new warehouse.
#[test]
fn from_the_demo_to_real_data_and_never_back() {
    let home = TestHome::new();
    home.write("cidp.toml", "[model]\ntrees = 30\n");
    let run = home.json(0, &["run"]);
    assert_eq!(
        (&run["status"], &run["synthetic"]),
        (&json!("ok"), &json!(true))
    );
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    let nominal = home.json(0, &predict(["500", "5", "2", "45"]));
    let alert = home.json(0, &predict(["500", "5", "7", "85"]));
    assert_eq!(
        (&nominal["verdict"], &alert["verdict"]),
        (&json!("nominal"), &json!("danger"))
    );
    sums_up(&nominal);
    sums_up(&alert);
    for row in home.json(0, &["status"]).as_array().unwrap() {
        assert_eq!(row["synthetic"], true);
    }
    assert_eq!(
        home.rows("SELECT DISTINCT synthetic FROM v_readings"),
        [[SqlValue::Integer(1)]]
    );
    assert!(home.cidp(&["status"]).stdout.contains("SYNTHÉTIQUE"));

    // A real source that fails safe leaves the demo's warehouse where it is.
    home.write("sensors.csv", HEADER);
    home.configure(&telemetry("sensors.csv"));
    home.json(1, &["run"]);
    assert_eq!(
        home.rows("SELECT DISTINCT synthetic FROM v_readings"),
        [[SqlValue::Integer(1)]]
    );
    assert!(!home.path("database/aside").exists());

    home.write("sensors.csv", fleet(2, 300));
    let run = home.json(0, &["run"]);
    assert_eq!(
        (&run["synthetic"], &run["run"], &run["model_version"]),
        (&json!(false), &json!(1), &json!(1))
    );
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 600);
    let kept: Vec<_> = std::fs::read_dir(home.path("database/aside"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(kept.len(), 1);
    let old = rusqlite::Connection::open(&kept[0]).unwrap();
    let rows: i64 = old
        .query_row("SELECT count(*) FROM sensor_metrics", [], |r| r.get(0))
        .unwrap();
    assert!(rows > 40_000, "the old warehouse is kept whole");

    // Simulated data never enters a real warehouse: neither files nor the demo.
    simulate(&home.path("sim"), 2, 2, "0");
    home.configure(&telemetry("sim/sensors.csv"));
    let refused = home.json(1, &["run"]);
    assert!(
        refused["cause"]
            .as_str()
            .unwrap()
            .contains("this warehouse holds real readings"),
        "{refused:#}"
    );
    home.configure("");
    home.json(1, &["run"]);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 600);
}

/// Nor beside a real file of the same source.
#[test]
fn a_simulated_file_among_real_ones_is_kept_out() {
    let home = TestHome::new();
    simulate(&home.path("in"), 2, 2, "0");
    std::fs::remove_file(home.path("in/maintenance.csv")).unwrap();
    home.write("in/real.csv", fleet(1, 40));
    home.configure(&telemetry("in"));
    let run = home.json(0, &["ingest"]);
    assert_eq!(
        (&run["synthetic"], &run["rows_kept"]),
        (&json!(false), &json!(40))
    );
    assert!(
        run["refused"][0]["file"]
            .as_str()
            .unwrap()
            .ends_with("sensors.csv"),
        "{run:#}"
    );
    assert!(
        run["refused"][0]["why"]
            .as_str()
            .unwrap()
            .contains("simulated")
    );
}

fn predictions(home: &TestHome, folder: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(home.path(folder).join("predictions.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("loco_id,timestamp,probability,verdict"));
    lines
        .map(|l| l.split(',').map(str::to_owned).collect())
        .collect()
}

#[test]
fn evaluate_gives_honest_figures_and_every_row() {
    let home = TestHome::with_sensors(fleet(4, 500));
    for split in ["locomotive", "time"] {
        let out = home.path(split);
        let figures = home.json(
            0,
            &[
                "evaluate",
                "--split",
                split,
                "--folds",
                "2",
                "--out",
                out.to_str().unwrap(),
            ],
        );
        keys(&figures, &FIGURES);
        keys(&figures["always"], &["f1", "far", "mar"]);
        keys(&figures["never"], &["f1", "far", "mar"]);
        assert!(
            figures["split"].as_str().unwrap().contains(split),
            "{figures:#}"
        );
        for rate in ["roc_auc", "f1", "far", "mar", "brier"] {
            let value = figures[rate].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value), "{rate} {value}");
        }
        assert_eq!(figures["always"]["far"], 1.0);
        assert_eq!(figures["never"]["mar"], 1.0);
        let rows = predictions(&home, split);
        if split == "locomotive" {
            assert_eq!(rows.len(), 2000, "every row is in a test fold once");
        }
        assert!(
            rows.len() > 400
                && rows
                    .iter()
                    .all(|r| ["nominal", "danger", "unavailable"].contains(&r[3].as_str()))
        );
    }
    assert!(
        !home.warehouse().exists(),
        "an evaluation has a scratch warehouse of its own"
    );
}

#[test]
fn evaluate_on_other_data_predicts_unlabelled_and_refused_rows_too() {
    let labelled = |unlabelled_from: usize| -> String {
        let mut text = String::new();
        for (i, line) in fleet(3, 240).lines().enumerate() {
            let vibration = line.split(',').nth(4).and_then(|v| v.parse::<f64>().ok());
            let label = match vibration {
                None => "truth",
                Some(_) if i >= unlabelled_from => "",
                Some(v) if v > 5.0 => "1",
                Some(_) => "0",
            };
            text.push_str(&format!("{line},{label}\n"));
        }
        text
    };
    let home = TestHome::new();
    let columns = "[sources.columns]\ntimestamp = \"timestamp\"\nloco_id = \"loco_id\"\nflow_rate = \"flow_rate\"\n\
        pressure = \"pressure\"\nvibration = \"vibration\"\ntemperature = \"temperature\"\nlabel = \"truth\"\n";
    home.write("train.csv", labelled(usize::MAX));
    // In the test file half of the rows have no label, and two rows are spoilt.
    let test: String = labelled(361).replacen(
        "2026-01-01T10:00:00Z,LOCO_001,",
        "2026-01-01T10:00:00Z,LOCO_001,x",
        1,
    );
    home.write("test.csv", &test);
    for name in ["train", "test"] {
        home.write(
            &format!("{name}.toml"),
            format!(
                "[model]\ntrees = 12\nmax_depth = 6\n{}{columns}",
                telemetry(&format!("{name}.csv"))
            ),
        );
    }
    let path = |name: &str| home.path(name).to_str().unwrap().to_owned();
    let figures = home.json(
        0,
        &[
            "evaluate",
            "--train",
            &path("train.toml"),
            "--test",
            &path("test.toml"),
            "--out",
            &path("out"),
        ],
    );
    keys(&figures, &FIGURES);
    assert_eq!(figures["label_kind"], "truth");
    assert_eq!(
        figures["rows"], 360,
        "every labelled row counts, the refused one too"
    );
    let rows = predictions(&home, "out");
    assert_eq!(
        rows.len(),
        720,
        "every row is predicted, labelled or not, and the refused one is listed"
    );
    let refused: Vec<_> = rows.iter().filter(|r| r[3] == "unavailable").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0][0].as_str(), refused[0][2].as_str()),
        ("LOCO_001", "")
    );
    assert_eq!(refused[0][1], "2026-01-01T10:00:00Z");
    assert!(figures["roc_auc"].as_f64().unwrap() > 0.9, "{figures:#}");

    // Too little to learn from is no figure.
    home.write(
        "few.csv",
        labelled(usize::MAX)
            .lines()
            .take(20)
            .collect::<Vec<_>>()
            .join("\n")
            + "\n",
    );
    home.write("few.toml", format!("{}{columns}", telemetry("few.csv")));
    let few = home.json(
        1,
        &[
            "evaluate",
            "--train",
            &path("few.toml"),
            "--test",
            &path("test.toml"),
        ],
    );
    assert_eq!(few["status"], "failed_safe");
}

#[test]
fn a_file_that_is_no_warehouse_is_said_so() {
    let home = TestHome::with_sensors(fleet(1, 20));
    home.write(
        "database/industrial_dwh.sqlite",
        "this is not a database at all".repeat(100),
    );
    for command in ["run", "ingest", "train", "status"] {
        let error = home.json(1, &[command]);
        let cause = error["cause"].as_str().unwrap();
        assert!(cause.contains("not a database"), "{command}: {cause}");
    }
    let kept = std::fs::read_to_string(home.warehouse()).unwrap();
    assert!(
        kept.starts_with("this is not"),
        "somebody's file is not overwritten"
    );
    // One that a stopped program left empty is as if it were not there.
    home.write("database/industrial_dwh.sqlite", "");
    assert_eq!(home.json(0, &["status"]), json!([]));
    home.json(0, &["ingest"]);
}
