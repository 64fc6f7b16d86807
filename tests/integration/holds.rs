//! Held batches through the command: a load that looks poisoned is fenced from training and from NOMINAL, its dangers are
//! told, and a person releases it with a reason.

use std::fmt::Write as _;

use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use crate::support::TestHome;

const SOURCE: &str = "[[sources]]\nname = \"fleet\"\nrole = \"telemetry\"\npath = \"sensors.csv\"\nclock = \"data\"\n\
    [sources.columns]\ntimestamp = \"timestamp\"\nloco_id = \"loco_id\"\nflow_rate = \"flow_rate\"\n\
    pressure = \"pressure\"\nvibration = \"vibration\"\ntemperature = \"temperature\"\nlabel = \"label\"\n";
const HISTORY: u32 = 800;
const BATCH: u32 = 120;

/// Something between 0 and 1 that does not repeat itself.
fn chance(seed: u32) -> f64 {
    let mut x = u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 31;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 29;
    (x % 10_000) as f64 / 10_000.0
}

/// Rows of three locomotives; `poisoned` says by how much flow and pressure are off.
fn rows(minutes: std::ops::Range<u32>, poisoned: bool) -> String {
    let mut csv = String::new();
    for minute in minutes {
        for loco in 1..=3_u32 {
            let noise = |k: u32| chance(minute * 31 + loco * 7 + k * 100_003);
            // The third ends in a fault.
            let bad = if poisoned {
                loco == 3
            } else {
                minute % 50 > 39
            };
            let (vibration, temperature) = if bad {
                (9.0 + noise(1), 95.0 + noise(2))
            } else {
                (2.0 + noise(1) / 2.0, 45.0 + noise(2))
            };
            let off = if poisoned && loco != 2 { -3.5 } else { 0.0 };
            writeln!(
                csv,
                "2026-08-{:02}T{:02}:{:02}:00Z,LOCO_00{loco},{:.1},{:.3},{vibration:.2},{temperature:.2},{}",
                1 + minute / 1440,
                minute / 60 % 24,
                minute % 60,
                500.0 + 4.0 * noise(3),
                5.0 + noise(4) / 4.0 + off,
                u8::from(bad)
            )
            .unwrap();
        }
    }
    csv
}

const HEADER: &str = "timestamp,loco_id,flow_rate,pressure,vibration,temperature,label\n";

/// A home with a history that was learned from, and then a load of which two locomotives look poisoned.
fn poisoned() -> (TestHome, Value) {
    let home = TestHome::new();
    home.configure(SOURCE);
    home.write(
        "sensors.csv",
        format!("{HEADER}{}", rows(0..HISTORY, false)),
    );
    let first = home.json(0, &["run"]);
    assert_eq!(first["held"], serde_json::json!([]), "{first:#}");
    assert_eq!(first["training"]["outcome"], "promoted", "{first:#}");
    let all = format!(
        "{HEADER}{}{}",
        rows(0..HISTORY, false),
        rows(HISTORY..HISTORY + BATCH, true)
    );
    home.write("sensors.csv", all);
    let second = home.json(0, &["run"]);
    (home, second)
}

fn verdict(home: &TestHome, loco: &str) -> (String, String) {
    let status = home.json(0, &["status"]);
    let of = status.as_array().unwrap();
    let row = of.iter().find(|row| row["loco_id"] == loco).unwrap();
    let cause = row["cause"]["cause"].as_str().or(row["cause"].as_str());
    (
        row["verdict"].as_str().unwrap().to_owned(),
        cause.unwrap_or_default().to_owned(),
    )
}

fn rows_learned(home: &TestHome) -> i64 {
    let card =
        home.rows("SELECT json_extract(card, '$.rows') FROM models ORDER BY version DESC LIMIT 1");
    match card[0][0] {
        SqlValue::Integer(rows) => rows,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_poisoned_load_is_held_untrained_and_released() {
    let (home, run) = poisoned();
    let held = run["held"].as_array().unwrap();
    let locos: Vec<_> = held
        .iter()
        .map(|h| h["loco_id"].as_str().unwrap())
        .collect();
    assert_eq!(locos, ["LOCO_003", "LOCO_001"], "{run:#}");
    for one in held {
        assert_eq!(
            (&one["reason"], &one["rows"]),
            (&"jump".into(), &BATCH.into())
        );
        assert_eq!(one["found"][0]["channel"], "pressure");
        assert!(one["found"][0]["mads"].as_f64().unwrap() > 10.0);
    }
    // The readings are in; training did not see them.
    let all = home.rows("SELECT count(*) FROM sensor_metrics")[0][0].clone();
    assert_eq!(all, SqlValue::Integer(i64::from(3 * (HISTORY + BATCH))));
    assert_eq!(rows_learned(&home), i64::from(3 * HISTORY + BATCH));
    // A run without new labels trains nothing, however many are held.
    assert_eq!(home.json(0, &["run"])["training"]["outcome"], "not_due");
    // A danger in a held batch is told, NOMINAL is not.
    assert_eq!(verdict(&home, "LOCO_003").0, "danger");
    assert_eq!(
        verdict(&home, "LOCO_001"),
        ("unavailable".into(), "held".into())
    );
    assert_eq!(verdict(&home, "LOCO_002").0, "nominal");
    let open = home.json(0, &["holds"]);
    let number = open
        .as_array()
        .unwrap()
        .iter()
        .find(|h| h["loco_id"] == "LOCO_001")
        .unwrap()["hold"]
        .to_string();
    // A reason is demanded.
    home.cidp(&["holds", "--release", &number]).expect(2);
    home.cidp(&["holds", "--release", &number, "--reason", "  "])
        .expect(2);
    home.cidp(&["holds", "--release", "99", "--reason", "x"])
        .expect(2);
    assert_eq!(home.json(0, &["holds"]).as_array().unwrap().len(), 2);
    let released = home.json(
        0,
        &[
            "holds",
            "--release",
            &number,
            "--reason",
            "capteur remplacé",
        ],
    );
    assert_eq!(released["released"]["words"], "capteur remplacé");
    home.cidp(&["holds", "--release", &number, "--reason", "encore"])
        .expect(1);
    assert_eq!(home.json(0, &["holds"]).as_array().unwrap().len(), 1);
    assert_eq!(
        home.json(0, &["holds", "--all"]).as_array().unwrap().len(),
        2
    );
    assert_eq!(verdict(&home, "LOCO_001").0, "nominal");
    // The journal and the ledger say so, and the next run learns from it.
    let told = home.rows("SELECT words, loco FROM journal WHERE act = 'hold_released'");
    assert_eq!(
        told,
        [vec![
            SqlValue::Text("capteur remplacé".into()),
            SqlValue::Text("LOCO_001".into())
        ]]
    );
    assert_eq!(
        home.rows("SELECT count(*) FROM ledger WHERE kind = 'release'")[0][0],
        SqlValue::Integer(1)
    );
    home.json(0, &["run"]);
    assert_eq!(rows_learned(&home), i64::from(3 * HISTORY + 2 * BATCH));
}

#[test]
fn the_table_says_what_was_held() {
    let (home, _) = poisoned();
    let french = home.cidp(&["--lang", "fr", "holds"]).expect(0).stdout;
    assert!(
        french.contains("saut brusque") && french.contains("Pression"),
        "{french}"
    );
    let english = home.cidp(&["--lang", "en", "holds"]).expect(0).stdout;
    assert!(
        english.contains("sudden jump") && english.contains("LOCO_003"),
        "{english}"
    );
    let view = home.rows("SELECT reason FROM v_held_batches ORDER BY hold");
    assert_eq!(view.len(), 2);
}
