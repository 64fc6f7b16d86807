//! What a verdict may rest on, as `cidp status` shows it; and files that live on between runs.

use serde_json::Value;

use crate::support::{HEADER, TestHome, fleet, simulate, telemetry};

/// A home whose model learned from a simulated fleet of four, one file a locomotive.
fn judged() -> TestHome {
    let home = TestHome::new();
    simulate(&home.path("made"), 4, 20, "0");
    let sensors = std::fs::read_to_string(home.path("made/sensors.csv")).unwrap();
    for loco in ["LOCO_001", "LOCO_002", "LOCO_003", "LOCO_004"] {
        let own = sensors.lines().filter(|line| line.contains(loco));
        let rows: String = own.map(|line| format!("{line}\n")).collect();
        home.write(&format!("fleet/{loco}.csv"), format!("{HEADER}{rows}"));
    }
    std::fs::copy(
        home.path("made/maintenance.csv"),
        home.path("maintenance.csv"),
    )
    .unwrap();
    home.configure(&format!(
        "{}[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"maintenance.csv\"\n",
        telemetry("fleet/*.csv")
    ));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    home
}

fn of(status: &Value, loco: &str) -> Value {
    let rows = status.as_array().unwrap();
    rows.iter().find(|r| r["loco_id"] == loco).unwrap().clone()
}

/// A locomotive that is nominal now.
fn nominal(home: &TestHome) -> String {
    let status = home.json(0, &["status"]);
    let rows = status.as_array().unwrap();
    let row = rows.iter().find(|r| r["verdict"] == "nominal");
    let row = row.unwrap_or_else(|| panic!("no nominal locomotive: {status:#}"));
    row["loco_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_model_of_another_format_says_train_again_and_the_next_run_does() {
    let home = judged();
    let db = rusqlite::Connection::open(home.warehouse()).unwrap();
    let mut body: Vec<u8> = db
        .query_row("SELECT body FROM models", [], |row| row.get(0))
        .unwrap();
    body[8] = 0;
    drop(db);
    // The warehouse refuses to rewrite a model; this one stands for what a program before the ledger wrote.
    crate::ledger::attack(&home.warehouse(), |db| {
        db.execute("UPDATE models SET body = ?1", [&body]).unwrap();
        db.execute_batch(
            "DELETE FROM ledger; DELETE FROM ledger_blocks; DELETE FROM ledger_state;",
        )
        .unwrap();
    });
    let four = [
        "--flow-rate=500",
        "--pressure=5",
        "--vibration=2",
        "--temperature=45",
    ];
    let predict = [&["predict"][..], &four].concat();
    let said = home.cidp(&predict);
    assert_ne!(said.code, 0, "{said:#?}");
    let words = format!("{}{}", said.stdout, said.stderr);
    assert!(
        words.contains("format 0") && words.contains("train again"),
        "{words}"
    );
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    assert_eq!(run["training"]["version"], 2);
    home.cidp(&predict).expect(0);
}

#[test]
fn a_refused_file_withdraws_the_verdict_of_its_own_locomotive() {
    let home = judged();
    let loco = nominal(&home);
    home.write(&format!("fleet/{loco}.csv"), b"PK\x03\x04\0\0junk");
    let run = home.json(0, &["run"]);
    assert_eq!(run["refused"].as_array().unwrap().len(), 1, "{run:#}");
    let status = home.json(0, &["status"]);
    let row = of(&status, &loco);
    assert_eq!(row["verdict"], "unavailable", "{row:#}");
    assert_eq!(row["cause"]["cause"], "source_refused");
    assert_eq!(row["last_verdict"]["verdict"], "nominal");
    let others = status.as_array().unwrap().iter();
    let touched = others.filter(|r| r["cause"]["cause"] == "source_refused");
    assert_eq!(touched.count(), 1, "{status:#}");
}

#[test]
fn newest_rows_in_quarantine_withdraw_nominal() {
    let home = judged();
    let loco = nominal(&home);
    let file = format!("fleet/{loco}.csv");
    let mut text = std::fs::read_to_string(home.path(&file)).unwrap();
    let last = text
        .lines()
        .last()
        .unwrap()
        .split_once(',')
        .unwrap()
        .1
        .to_owned();
    text.push_str(&format!("2026-01-21T00:00:00Z,{last}\n"));
    // On fire, or a broken sensor: beyond what can be measured either way.
    text.push_str(&format!("2026-01-21T00:10:00Z,{loco},500,5.0,2.0,240\n"));
    home.write(&file, &text);
    home.json(0, &["run"]);
    let row = of(&home.json(0, &["status"]), &loco);
    assert_eq!(row["verdict"], "unavailable", "{row:#}");
    assert_eq!(row["cause"]["cause"], "newest_refused");
}

#[test]
fn an_archive_that_is_configured_no_more_vouches_for_nothing() {
    let home = judged();
    let loco = nominal(&home);
    let other = fleet(1, 500)
        .replace("LOCO_001", "OTHER")
        .replace("LOCO_01", "OTHER");
    home.write("other.csv", other);
    home.configure(&telemetry("other.csv").replace("\"sensors\"", "\"something else\""));
    home.json(0, &["ingest"]);
    let row = of(&home.json(0, &["status"]), &loco);
    assert_eq!(row["verdict"], "unavailable", "{row:#}");
}

#[test]
fn a_file_that_grows_is_not_failed_by_its_old_bad_rows() {
    let good = fleet(1, 60);
    let mut text = good.clone();
    let last = good.lines().last().unwrap().to_owned();
    for _ in 0..40 {
        text.push_str("2026-01-01T00:00:00Z,LOCO_001,ERR,5,2,45\n");
    }
    let home = TestHome::with_sensors(&text);
    home.json(0, &["ingest"]);
    assert_eq!(home.number("SELECT count(*) FROM quarantine"), 40);
    let next = last.replacen("2026-01-01", "2026-01-09", 1);
    assert_ne!(next, last);
    text.push_str(&format!("{next}\n"));
    home.write("sensors.csv", &text);
    let run = home.json(0, &["ingest"]);
    assert_eq!(run["rows_kept"], 1, "{run:#}");
    assert_eq!(run["rows_quarantined"]["wrong_type"], 40);
    assert_eq!(home.number("SELECT count(*) FROM quarantine"), 40);
}

#[test]
fn truth_that_comes_after_the_readings_is_taken() {
    let home = TestHome::with_sensors(fleet(1, 300));
    home.json(0, &["ingest"]);
    let labelled: String = fleet(1, 300)
        .lines()
        .enumerate()
        .map(|(i, line)| match i {
            0 => format!("{line},truth\n"),
            _ => format!("{line},{}\n", i % 2),
        })
        .collect();
    home.write("sensors.csv", labelled);
    home.configure(&format!(
        "{}[sources.columns]\ntimestamp = \"timestamp\"\nloco_id = \"loco_id\"\n\
         flow_rate = \"flow_rate\"\npressure = \"pressure\"\nvibration = \"vibration\"\n\
         temperature = \"temperature\"\nlabel = \"truth\"\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["ingest"]);
    assert_eq!(run["rows_already_loaded"], 300, "{run:#}");
    assert_eq!(home.number("SELECT count(label) FROM sensor_metrics"), 300);
}

#[test]
fn a_workshop_file_that_cannot_be_understood_trains_nothing() {
    let home = judged();
    std::fs::remove_dir_all(home.path("database")).unwrap();
    let text = std::fs::read_to_string(home.path("maintenance.csv")).unwrap();
    home.write(
        "maintenance.csv",
        text.replace(",failure,", ",breakdown,")
            .replace(",preventive,", ",planned,"),
    );
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "impossible", "{run:#}");
    assert_eq!(home.number("SELECT count(*) FROM models"), 0);
}

#[test]
fn nothing_new_trains_nothing() {
    let home = judged();
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "not_due", "{run:#}");
    assert_eq!(home.number("SELECT count(*) FROM models"), 1);
}
