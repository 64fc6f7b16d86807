//! From files to the warehouse: every row is kept, known already, or in quarantine, whole.

use proptest::prelude::*;
use rusqlite::types::Value as SqlValue;
use serde_json::{Value, json};

use crate::support::{HEADER, TestHome, fleet, telemetry};

/// `rows_read = rows_kept + rows_already_loaded + Σ rows_quarantined`.
#[track_caller]
fn adds_up(run: &Value) {
    let count = |key: &str| run[key].as_u64().unwrap();
    let quarantined: u64 = run["rows_quarantined"]
        .as_object()
        .unwrap()
        .values()
        .map(|v| v.as_u64().unwrap())
        .sum();
    assert_eq!(
        count("rows_read"),
        count("rows_kept") + count("rows_already_loaded") + quarantined,
        "{run:#}"
    );
}

#[track_caller]
fn counts(run: &Value, read: u64, kept: u64, already: u64) {
    adds_up(run);
    assert_eq!(
        (
            &run["rows_read"],
            &run["rows_kept"],
            &run["rows_already_loaded"]
        ),
        (&json!(read), &json!(kept), &json!(already)),
        "{run:#}"
    );
}

fn values(home: &TestHome) -> Vec<(i64, [f64; 4])> {
    let db = home.sql();
    let mut query = db
        .prepare(
            "SELECT reading & 17592186044415,
                    iif(typeof(flow_rate) = 'integer', flow_rate / 1000.0, flow_rate),
                    iif(typeof(pressure) = 'integer', pressure / 1000.0, pressure),
                    iif(typeof(vibration) = 'integer', vibration / 1000.0, vibration),
                    iif(typeof(temperature) = 'integer', temperature / 1000.0, temperature)
             FROM sensor_metrics ORDER BY reading",
        )
        .unwrap();
    query
        .query_map([], |r| {
            Ok((r.get(0)?, [r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?]))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn every_reason_with_its_line_and_its_whole_row() {
    let bad = [
        ("wrong_field_count", "2026-01-01T01:00:00Z,L1,500,5,2"),
        ("wrong_field_count", "2026-01-01T01:00:00Z,L1,500,5,2,45,7"),
        ("wrong_type", "2026-01-01T01:00:00Z,L1,500,ERR,2,45"),
        ("wrong_type", "2026-02-30T01:00:00Z,L1,500,5,2,45"),
        ("wrong_type", "2026-01-01T01:00:00Z,L1,\"1 234,5\",5,2,45"),
        ("wrong_type", "2026-01-01T01:00:00Z,L1,inf,5,2,45"),
        ("missing_value", "2026-01-01T01:00:00Z,L1,500,5,,45"),
        ("missing_value", "2026-01-01T01:00:00Z,L1,500,NaN,2,45"),
        ("missing_value", "2026-01-01T01:00:00Z,,500,5,2,45"),
        ("missing_value", ",L1,500,5,2,45"),
        ("out_of_range", "2026-01-01T01:00:00Z,L1,500,5,50.01,45"),
        ("out_of_range", "2026-01-01T01:00:00Z,L1,500,-0.1,2,45"),
        ("in_future", "2099-01-01T01:00:00Z,L1,500,5,2,45"),
        ("time_backwards", "2025-12-31T23:00:00Z,L1,500,5,2,45"),
        ("conflict", "2026-01-01T00:00:00Z,L1,500,5,2,45.5"),
    ];
    let mut text = HEADER.to_owned();
    for i in 0..15 {
        text.push_str(&format!("2026-01-01T00:{i:02}:00Z,L0,500,5,2,45\n"));
    }
    text.push_str("2026-01-01T00:00:00Z,L1,500,5,2,45\n");
    for (_, row) in bad {
        text.push_str(row);
        text.push('\n');
    }
    text.push_str("2026-01-01T02:00:00Z,L1,500,5,2,4");
    let home = TestHome::with_sensors(&text);
    let run = home.json(0, &["ingest"]);
    counts(&run, 32, 16, 0);
    assert_eq!(
        run["rows_quarantined"],
        json!({
            "wrong_field_count": 2, "wrong_type": 4, "missing_value": 4, "out_of_range": 2,
            "in_future": 1, "time_backwards": 1, "conflict": 1, "cut_line": 1,
        })
    );
    let held = home.quarantine();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(held.len(), 16);
    for (i, (reason, line, raw)) in held.iter().enumerate() {
        assert_eq!(*line, 18 + i as i64);
        assert_eq!(raw, lines[*line as usize - 1], "the row is kept whole");
        assert_eq!(
            reason,
            bad.get(i).map_or("cut_line", |b| b.0),
            "line {line}: {raw}"
        );
    }
    // Through the view: with file, and the locomotive as far as it could be read.
    let view = home.rows(
        "SELECT file, source, locomotive, detail, synthetic FROM v_quarantine WHERE line = 20",
    );
    let SqlValue::Text(file) = &view[0][0] else {
        panic!("{view:?}")
    };
    assert!(file.ends_with("sensors.csv"));
    assert_eq!(
        view[0][1..3],
        [
            SqlValue::Text("sensors".into()),
            SqlValue::Text("L1".into())
        ]
    );
    let SqlValue::Text(detail) = &view[0][3] else {
        panic!("{view:?}")
    };
    assert!(
        detail.contains("pressure") && detail.contains("ERR"),
        "{detail}"
    );

    // The same file again: nothing is added anywhere, and the share of survivors is not that of old rows.
    let again = home.json(0, &["ingest"]);
    counts(&again, 32, 0, 16);
    assert_eq!(home.quarantine().len(), 16);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 16);
}

#[test]
fn overlapping_files_are_known_or_contradict() {
    let home = TestHome::with_sensors(fleet(2, 40));
    counts(&home.json(0, &["ingest"]), 80, 80, 0);
    let before = values(&home);
    // Other columns around the same rows, a second file: equal values are known already.
    let longer = fleet(2, 50);
    home.write("sensors.csv", &longer);
    counts(&home.json(0, &["ingest"]), 100, 20, 80);
    // Other values for the same instants.
    let other: String = longer
        .lines()
        .enumerate()
        .map(|(i, line)| {
            if i == 7 {
                format!("{line}9\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    home.write("sensors.csv", &other);
    home.json(1, &["ingest"]);
    home.configure(&format!(
        "{}[etl]\nmin_survival = 0.0\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["ingest"]);
    counts(&run, 100, 0, 99);
    assert_eq!(run["rows_quarantined"], json!({ "conflict": 1 }));
    let held = home.quarantine();
    assert_eq!(
        (held[0].1, held[0].2.as_str()),
        (8, other.lines().nth(7).unwrap())
    );
    assert!(
        values(&home).starts_with(&[before[0]]),
        "what is held is never overwritten"
    );
    assert_eq!(values(&home).len(), 100);
}

#[test]
fn one_bad_file_among_good_ones() {
    let home = TestHome::new();
    home.configure(&telemetry("in/*.csv").replace("[[sources]]", "[[sources]]\ncolumns.loco_id = { from = \"file_stem\" }\ncolumns.timestamp = \"timestamp\"\ncolumns.flow_rate = \"flow_rate\"\ncolumns.pressure = \"pressure\"\ncolumns.vibration = \"vibration\"\ncolumns.temperature = \"temperature\""));
    home.write("in/A.csv", fleet(1, 10));
    home.write("in/B.csv", b"\x7fELF\0\0\0\0");
    home.write("in/C.csv", fleet(1, 20));
    home.write("in/D.csv", fleet(1, 5).replace("pressure", "druck"));
    home.write("in/notes.txt", "not of this source");
    let run = home.json(0, &["ingest"]);
    counts(&run, 30, 30, 0);
    let refused: Vec<&str> = run["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["file"].as_str().unwrap())
        .collect();
    assert!(refused.len() == 2 && refused[0].ends_with("B.csv") && refused[1].ends_with("D.csv"));
    assert!(run["refused"][1]["why"].as_str().unwrap().contains("druck"));
    assert_eq!(
        home.rows("SELECT DISTINCT locomotive FROM v_readings ORDER BY 1"),
        [[SqlValue::Text("A".into())], [SqlValue::Text("C".into())]]
    );
    assert_eq!(run["ignored_columns"], json!({ "sensors": ["loco_id"] }));
}

/// A file that turns out bad after many of its rows were written is taken back alone.
#[test]
fn a_file_that_ends_badly_after_a_batch_leaves_nothing() {
    let home = TestHome::new();
    home.configure(&telemetry("in/*.csv"));
    home.write("in/a.csv", fleet(1, 30));
    let start = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let mut long = HEADER.to_owned();
    for i in 0..66_000 {
        let at = start + jiff::SignedDuration::from_secs(i);
        long.push_str(&format!("{at},NEW,500,5,2,45\n"));
    }
    long.push_str(&"8".repeat(2 << 20));
    home.write("in/b.csv", long);
    let run = home.json(0, &["ingest"]);
    counts(&run, 30, 30, 0);
    assert!(
        run["refused"][0]["file"]
            .as_str()
            .unwrap()
            .ends_with("b.csv")
    );
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 30);
    assert_eq!(home.number("SELECT count(*) FROM locomotives"), 1);
    assert_eq!(home.number("SELECT count(*) FROM run_loads"), 1);
    assert_eq!(home.number("SELECT count(*) FROM source_files"), 1);
}

#[test]
fn a_source_may_take_some_rows_of_a_file() {
    let home = TestHome::with_sensors(fleet(1, 60));
    home.write(
        "workshop.csv",
        "timestamp,loco_id,type,component\n\
         2026-01-01T01:00:00Z,LOCO_001,failure,pump\n\
         2026-01-01T02:00:00Z,LOCO_001,preventive,pump\n\
         2026-01-01T03:00:00Z,LOCO_001,failure,bearing\n\
         2026-01-01T04:00:00Z,LOCO_001\n\
         2026-01-01T05:00:00Z,LOCO_001,failure,cut",
    );
    home.configure(&format!(
        "{}[[sources]]\nname = \"failures\"\nrole = \"failures\"\npath = \"workshop.csv\"\n\
         where = {{ type = \"failure\" }}\nclock = \"data\"\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["ingest"]);
    // Of a row that is not whole nobody knows its type: it is looked at, not passed over.
    counts(&run, 64, 62, 0);
    assert_eq!(
        run["rows_quarantined"],
        json!({ "wrong_field_count": 1, "cut_line": 1 })
    );
    assert_eq!(
        home.rows("SELECT time_utc, component FROM v_failures ORDER BY 1"),
        [
            ["2026-01-01T01:00:00.000Z", "pump"],
            ["2026-01-01T03:00:00.000Z", "bearing"],
        ]
        .map(|row| row.map(|text| SqlValue::Text(text.into())).to_vec())
    );
}

#[test]
fn decimal_comma_with_semicolons_and_crlf() {
    let home = TestHome::with_sensors(
        "\u{feff}timestamp;loco_id;flow_rate;pressure;vibration;temperature\r\n\
         01/01/2026 12:00:00;L1;500,5;5,25;\"2,125\";45\r\n\
         \r\n\
         01/01/2026 12:10:00;L1;501.5;5,25;2,x;45\r\n\
         01/01/2026 12:20:00;L1;501.5;5.25;2;-3,5\r\n",
    );
    let run = home.json(0, &["ingest"]);
    counts(&run, 3, 2, 0);
    assert_eq!(
        values(&home),
        [
            (1_767_268_800_000, [500.5, 5.25, 2.125, 45.0]),
            (1_767_270_000_000, [501.5, 5.25, 2.0, -3.5]),
        ]
    );
    let held = home.quarantine();
    assert_eq!(held[0].1, 4, "blank lines count as lines");
    assert_eq!(held[0].2, "01/01/2026 12:10:00;L1;501.5;5,25;2,x;45");
}

/// Each row keeps its own line even where lines end as they did long ago.
#[test]
fn lone_carriage_returns_lose_no_row() {
    let text = fleet(1, 20).replace('\n', "\r").replace(",5.", ",x5.");
    let home = TestHome::with_sensors(text);
    home.configure(&format!(
        "{}[etl]\nmin_survival = 0.0\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["ingest"]);
    adds_up(&run);
    let quarantined = run["rows_quarantined"]["wrong_type"].as_u64().unwrap();
    assert!(quarantined > 2);
    assert_eq!(home.quarantine().len() as u64, quarantined);
}

#[test]
fn zones_units_scales_and_labels() {
    let home = TestHome::with_sensors(
        "when,train,flow,psi,um,kelvin,bad,extra\n\
         2026-07-01 12:00:00,7,0.5,100,2500,300.15,0,x\n\
         2026-07-01 12:00:01,7,0.5,100,2500,300.15,1,x\n\
         2026-07-01 12:00:02,7,0.5,100,2500,300.15,,x\n\
         2026-07-01T12:00:03Z,7,0.5,100,2500,300.15,2,x\n\
         2026-07-01T12:00:04Z,7,0.5,100,2500,300.15,True,x\n",
    );
    home.configure(
        "[[sources]]\nname = \"s\"\nrole = \"telemetry\"\npath = \"sensors.csv\"\n\
         timezone = \"Europe/Paris\"\nclock = \"data\"\n[sources.columns]\n\
         timestamp = \"when\"\nloco_id = \"train\"\n\
         flow_rate = { column = \"flow\", unit = \"m3/h\" }\n\
         pressure = { column = \"psi\", unit = \"psi\" }\n\
         vibration = { column = \"um\", scale = 0.001, offset = 0.5 }\n\
         temperature = { column = \"kelvin\", unit = \"K\" }\nlabel = \"bad\"\n",
    );
    let run = home.json(0, &["ingest"]);
    counts(&run, 5, 4, 0);
    assert_eq!(run["rows_quarantined"], json!({ "wrong_type": 1 }));
    assert_eq!(run["ignored_columns"], json!({ "s": ["extra"] }));
    let found = values(&home);
    // 12:00 in Paris in July is 10:00 UTC.
    assert_eq!(found[0].0, 1_782_900_000_000);
    assert_eq!(found[3].0, 1_782_907_204_000);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(found[0].1[0], 0.5 * 1000.0 / 60.0);
    near(found[0].1[1], 6.894_757_293_168_36);
    near(found[0].1[2], 3.0);
    near(found[0].1[3], 27.0);
    assert_eq!(
        home.rows("SELECT label FROM sensor_metrics ORDER BY reading"),
        [
            [SqlValue::Integer(0)],
            [SqlValue::Integer(1)],
            [SqlValue::Null],
            [SqlValue::Integer(1)]
        ]
    );
}

#[test]
fn the_default_zone_is_douala_and_demand_has_it_otherwise() {
    let home = TestHome::with_sensors(format!("{HEADER}2026-01-01 12:00:00,L1,500,5,2,45\n"));
    home.configure(&telemetry("sensors.csv").replace("timezone = \"UTC\"\n", ""));
    home.json(0, &["ingest"]);
    assert_eq!(
        home.rows("SELECT time_utc FROM v_readings"),
        [[SqlValue::Text("2026-01-01T11:00:00.000Z".into())]]
    );
}

#[test]
fn precision_is_that_of_the_source() {
    let readings: Vec<f64> = (0..35).map(|i| 0.0256 + f64::from(i) * 0.000_1).collect();
    let mut text = HEADER.to_owned();
    for (i, v) in readings.iter().enumerate() {
        text.push_str(&format!(
            "2026-01-01T00:{i:02}:00Z,L1,500.123456789,5.000001,{v},45.0000003\n"
        ));
    }
    let home = TestHome::with_sensors(text);
    home.json(0, &["ingest"]);
    let found = values(&home);
    for (row, v) in found.iter().zip(&readings) {
        assert_eq!(row.1, [500.123_456_789, 5.000_001, *v, 45.000_000_3]);
    }
    assert_eq!(found.len(), readings.len());
}

#[test]
fn the_views_are_plain_and_say_what_is_synthetic() {
    let home = TestHome::with_sensors(fleet(2, 300));
    home.write(
        "workshop.csv",
        "timestamp,loco_id,type,component\n2026-01-01T01:00:00Z,LOCO_001,preventive,pump\n",
    );
    home.configure(&format!(
        "{}[[sources]]\nname = \"w\"\nrole = \"maintenance\"\npath = \"workshop.csv\"\n",
        telemetry("sensors.csv")
    ));
    home.json(0, &["run"]);
    let db = home.sql();
    let names: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        names,
        [
            "v_alarm_transitions",
            "v_alarms",
            "v_failures",
            "v_held_batches",
            "v_journal",
            "v_ledger",
            "v_maintenance",
            "v_models",
            "v_predictions",
            "v_quarantine",
            "v_readings",
            "v_roll_ups",
            "v_runs",
            "v_synthetic"
        ]
    );
    for name in &names {
        let view = db.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = view.column_names();
        assert!(columns.contains(&"synthetic"), "{name}: {columns:?}");
    }
    for name in [
        "v_maintenance",
        "v_models",
        "v_predictions",
        "v_readings",
        "v_runs",
    ] {
        let seen = home.rows(&format!("SELECT DISTINCT synthetic FROM {name}"));
        assert_eq!(seen, [[SqlValue::Integer(0)]], "{name}");
    }
    let shape = home.rows(
        "SELECT count(*) FROM v_predictions WHERE time_utc GLOB '2026-01-0*T*:*:*Z'
         AND verdict IN ('nominal', 'danger', 'unavailable') AND probability BETWEEN 0 AND 1
         AND model_version = 1",
    );
    assert_eq!(shape, [[SqlValue::Integer(600)]]);
    assert_eq!(
        home.rows("SELECT version, in_force, label_kind FROM v_models"),
        [[
            SqlValue::Integer(1),
            SqlValue::Integer(1),
            SqlValue::Text("rule".into())
        ]]
    );
    // A prediction cannot be rewritten, whoever tries.
    let db = rusqlite::Connection::open(home.warehouse()).unwrap();
    assert!(
        db.execute("UPDATE ai_telemetry_predictions SET verdict = 0", [])
            .is_err()
    );
    assert!(db.execute("UPDATE models SET card = '{}'", []).is_err());
}

#[test]
fn what_is_strange_is_flagged_and_kept() {
    let mut text = HEADER.to_owned();
    let start = jiff::Timestamp::from_second(1_767_225_600).unwrap();
    for i in 0..900_i32 {
        let at = start + jiff::SignedDuration::from_secs(i64::from(i));
        let wave = (f64::from(i) * 0.7).sin();
        let temperature = if i == 500 { 120.0 } else { 45.0 + wave };
        let pressure = if i >= 600 { 5.0 } else { 5.0 + 0.01 * wave };
        text.push_str(&format!(
            "{at},L1,{},{pressure},{},{temperature}\n",
            500.0 + wave,
            2.0 + 0.1 * wave
        ));
    }
    let home = TestHome::with_sensors(text);
    counts(&home.json(0, &["ingest"]), 900, 900, 0);
    let flagged = |bit: u32| {
        home.number(&format!(
            "SELECT count(*) FROM sensor_metrics WHERE flags & (1 << {bit}) <> 0"
        ))
    };
    assert_eq!(
        flagged(3),
        2,
        "up and down again, faster than a temperature can"
    );
    assert!(flagged(5) > 100, "a pressure that rests is stuck");
    assert_eq!(flagged(4), 0);
}

/// Found by the property below: every row but the header had one field too many, and the first of them was taken
/// for the header.
#[test]
fn dirty_rows_never_take_the_place_of_a_named_header() {
    let home = TestHome::with_sensors(format!(
        "{HEADER}2026-01-01T00:00:00Z,A,0,,0,1,2\n2026-01-01T00:00:00Z,A,0,0,0,\"1,5\"\n\
         2099-01-01T00:00:00Z,B,0,2,\",ERR\n2026-01-01T00:44:00Z,A,28,\"1,5\",18,\"\n\
         2026-01-01T00:10:00Z,B,1,2,7,24,20\n2026-01-01T00:42:00Z,A,22,-9e9,1,2,\"1,5\"\n"
    ));
    home.configure(&format!(
        "{}[etl]\nmin_survival = 0.0\n",
        telemetry("sensors.csv")
    ));
    let run = home.json(0, &["ingest"]);
    adds_up(&run);
    let read = run["rows_read"].as_u64().unwrap();
    assert!(
        (5..=6).contains(&read),
        "a quoted record may hold two lines: {run:#}"
    );
    let held = home.quarantine();
    assert_eq!(held[0].1, 2, "the first row is a row");
    let lines: usize = held.iter().map(|(.., raw)| raw.lines().count()).sum();
    assert_eq!(lines as u64 + run["rows_kept"].as_u64().unwrap(), 6);
}

/// A row of a random dirty file.
fn dirty_row() -> impl Strategy<Value = String> {
    let time = prop_oneof![
        8 => (0_u32..59).prop_map(|m| format!("2026-01-01T00:{m:02}:00Z")),
        1 => Just("2099-01-01T00:00:00Z".to_owned()),
        1 => Just(String::new()),
        1 => Just("yesterday".to_owned()),
    ];
    let loco = prop_oneof![6 => "[AB]", 1 => Just(String::new()), 1 => "[a-zé ]{1,8}"];
    let number = || {
        prop_oneof![
            10 => (0_u32..30).prop_map(|n| n.to_string()),
            1 => Just(String::new()),
            1 => Just("ERR".to_owned()),
            1 => Just("-9e9".to_owned()),
            1 => Just("\"".to_owned()),
            1 => Just("\"1,5\"".to_owned()),
            1 => Just("1,2".to_owned()),
        ]
    };
    prop_oneof![
        12 => (time, loco, [number(), number(), number(), number()].prop_map(|n| n.join(",")))
            .prop_map(|(time, loco, numbers)| format!("{time},{loco},{numbers}")),
        1 => "[ -~]{1,30}",
        1 => Just(String::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the file, each row read is kept, known, or in quarantine; and so are its bytes.
    #[test]
    fn no_row_is_lost(rows in proptest::collection::vec(dirty_row(), 1..60), cut in any::<bool>()) {
        let mut text = HEADER.to_owned();
        text.push_str(&rows.join("\n"));
        if !cut {
            text.push('\n');
        }
        let home = TestHome::with_sensors(&text);
        home.configure(&format!("{}[etl]\nmin_survival = 0.0\n", telemetry("sensors.csv")));
        let answer = home.cidp(&["--json", "ingest"]);
        let run = answer.json();
        let blank = rows.iter().all(|row| row.is_empty());
        prop_assert_eq!(answer.code, i32::from(blank), "{:?}", answer);
        if blank {
            return Ok(());
        }
        adds_up(&run);
        let kept = run["rows_kept"].as_i64().unwrap();
        prop_assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), kept);
        let quarantined: i64 = run["rows_quarantined"].as_object().unwrap().values()
            .map(|v| v.as_i64().unwrap()).sum();
        let held = home.quarantine();
        prop_assert_eq!(held.len() as i64, quarantined);
        // Every line that is not blank is the origin of a reading, is equal to one, or is in quarantine
        // (a quoted record may hold several lines).
        let raw_lines: usize = held.iter().map(|(_, _, raw)| raw.lines().filter(|l| !l.is_empty()).count()).sum();
        let known = run["rows_already_loaded"].as_u64().unwrap() as usize;
        let lines = text.lines().skip(1).filter(|line| !line.is_empty()).count();
        prop_assert_eq!(raw_lines + kept as usize + known, lines);
        let all: Vec<&str> = text.lines().collect();
        for (reason, line, raw) in held {
            let first = raw.lines().next().unwrap_or("");
            prop_assert_eq!(all[line as usize - 1], first, "{}", reason);
        }
        // And the second time nothing is new.
        let again = home.json(0, &["ingest"]);
        adds_up(&again);
        prop_assert_eq!(&again["rows_kept"], 0);
        prop_assert_eq!(home.quarantine().len() as i64, quarantined);
    }
}
