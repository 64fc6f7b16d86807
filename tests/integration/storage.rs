//! What the warehouse keeps: exact values in few bytes, roll-ups, retention, and homes of an earlier version.

use rusqlite::Connection;

use super::support::{TestHome, fleet, fleet_between, telemetry};

const ROLLED_UP: &str = "SELECT (SELECT sum(readings) FROM readings_by_minute),
    (SELECT sum(readings) FROM readings_by_hour), (SELECT sum(readings) FROM readings_by_day)";

#[test]
fn roll_ups_hold_every_reading_and_its_spike() {
    let text = fleet(2, 300).replacen(",2.", ",44.", 1);
    let home = TestHome::with_sensors(&text);
    home.json(0, &["ingest"]);
    let rows = home.rows(ROLLED_UP);
    assert_eq!(rows[0], vec![600.into(); 3]);
    for length in ["minute", "hour", "day"] {
        let most = format!(
            "SELECT max(vibration_max_mm_s) > 44 FROM v_roll_ups WHERE length = '{length}'"
        );
        assert_eq!(home.number(&most), 1, "{length}");
    }
    // The same file again, and a file taken back, add nothing.
    home.write("more.csv", "timestamp,loco_id\n1,2\n");
    home.configure(&telemetry("*.csv"));
    home.json(0, &["ingest"]);
    assert_eq!(home.rows(ROLLED_UP), rows);
}

/// A home of version 0.1 as its migration left it.
fn first_version(home: &TestHome, sensors: &[(i64, [f64; 4])]) {
    std::fs::create_dir_all(home.path("database")).unwrap();
    let db = Connection::open(home.warehouse()).unwrap();
    db.execute_batch(include_str!("../../database/migrations/0001_warehouse.sql"))
        .unwrap();
    db.execute_batch(
        "PRAGMA user_version = 1;
         INSERT INTO locomotives VALUES (1, 'L1');
         INSERT INTO pipeline_runs (run, kind, started_ms, ended_ms, status) VALUES (1, 'run', 0, 0, 'ok');
         INSERT INTO source_files VALUES (1, 1, 'sensors', 'telemetry', 'data', 'old.csv', x'00');
         INSERT INTO models VALUES (1, 1, 0, '{}', x'00');",
    )
    .unwrap();
    for (i, (at_ms, values)) in sensors.iter().enumerate() {
        let [flow, pressure, vibration, temperature] = values;
        let key = 1_i64 << 44 | at_ms;
        db.execute(
            "INSERT INTO sensor_metrics VALUES (?1, ?2, ?3, ?4, ?5, NULL, 0, 1, ?6)",
            rusqlite::params![key, flow, pressure, vibration, temperature, i as i64 + 2],
        )
        .unwrap();
        db.execute(
            "INSERT INTO ai_telemetry_predictions VALUES (?1, 1, 1, 0.25, 1, ?2, ?3, ?4, ?5)",
            rusqlite::params![key, flow, pressure, vibration, temperature],
        )
        .unwrap();
    }
}

#[test]
fn a_home_of_the_first_version_keeps_every_value_to_the_last_bit() {
    let home = TestHome::new();
    let awkward = [
        (0, [500.25, 5.0, 1.0 / 3.0, -0.1]),
        (60_000, [0.1 + 0.2, 1e300, f64::MIN_POSITIVE, 45.001]),
        (3_600_000, [999.999, 0.0, 49.9, -40.0]),
    ];
    first_version(&home, &awkward);
    home.write("sensors.csv", fleet(1, 5));
    home.configure(&telemetry("sensors.csv"));
    home.json(0, &["ingest"]);
    let view = "SELECT flow_rate_l_min, pressure_bar, vibration_mm_s, temperature_c FROM";
    for view in [
        format!("{view} v_readings WHERE locomotive = 'L1' ORDER BY time_utc"),
        format!("{view} v_predictions WHERE locomotive = 'L1' ORDER BY time_utc"),
    ] {
        let kept = home.rows(&view);
        assert_eq!(kept.len(), 3);
        for (kept, (_, values)) in kept.iter().zip(&awkward) {
            let expected: Vec<rusqlite::types::Value> = values.map(Into::into).to_vec();
            assert_eq!(*kept, expected);
        }
    }
    let rolled = "SELECT readings FROM readings_by_hour WHERE bucket >> 44 = 1 ORDER BY bucket";
    assert_eq!(home.rows(rolled), [vec![2.into()], vec![1.into()]]);
    assert_eq!(home.number("SELECT sum(dangers) FROM judged_by_day"), 3);
    assert_eq!(home.rows("PRAGMA foreign_key_check"), Vec::<Vec<_>>::new());
}

/// Flags do not depend on how the rows were dealt into loads, nor on whether they were told as the rows were
/// written or afterwards.
#[test]
fn flags_are_the_same_whole_in_parts_and_late() {
    let with_faults = |from: u32, to: u32| {
        let text = fleet_between(1, from, to);
        let stuck = |i: usize| (560..760).contains(&(i as u32 + from));
        text.lines()
            .enumerate()
            .map(
                |(i, line)| match (i.checked_sub(1), line.split(',').collect::<Vec<_>>()) {
                    (Some(i), mut fields) if stuck(i) => {
                        fields[3] = "5.55";
                        fields.join(",") + "\n"
                    }
                    _ => line.to_owned() + "\n",
                },
            )
            .collect::<String>()
    };
    let flags = |parts: &[(u32, u32)]| {
        let home = TestHome::new();
        home.configure(&telemetry("in/*.csv"));
        for (n, (from, to)) in parts.iter().enumerate() {
            home.write(&format!("in/{n}.csv"), with_faults(*from, *to));
            home.json(0, &["ingest"]);
        }
        home.rows("SELECT reading & 17592186044415, flags FROM sensor_metrics ORDER BY reading")
    };
    let whole = flags(&[(0, 900)]);
    assert!(whole.iter().any(|row| row[1] != 0.into()));
    assert_eq!(flags(&[(0, 450), (450, 700), (700, 900)]), whole);
    assert_eq!(flags(&[(0, 100), (100, 900)]), whole);
    assert_eq!(flags(&[(0, 500), (800, 900), (500, 800)]), whole);
}

#[test]
fn retention_takes_raw_rows_and_leaves_what_they_came_to() {
    let home = TestHome::with_sensors(fleet(2, 6 * 24 * 5));
    home.json(0, &["run"]);
    let rows = home.rows(ROLLED_UP);
    let config = std::fs::read_to_string(home.path("cidp.toml")).unwrap();
    home.write("cidp.toml", format!("[etl]\nretention_days = 2\n{config}"));
    let run = home.json(0, &["run"]);
    // Five days of readings every ten minutes: two days before the newest one stay, and the first 400.
    let kept = 2 * (6 * 24 * 2 + 1 + 400);
    assert_eq!(run["pruned"]["readings"], 2 * 6 * 24 * 5 - kept);
    assert_eq!(run["status"], "ok");
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), kept);
    assert_eq!(
        home.number("SELECT count(*) FROM ai_telemetry_predictions"),
        kept
    );
    assert_eq!(home.rows(ROLLED_UP), rows);
    // Whoever takes them away in a file is told that they are not in it.
    let out = home.path("judged.csv");
    let out = out.to_str().unwrap();
    let written = home.json(0, &["export", "--what", "judged", "--out", out]);
    assert_eq!(written["rows"], kept);
    assert_eq!(written["pruned"]["readings"], run["pruned"]["readings"]);
    assert_eq!(written["pruned"]["to"], "2026-01-03T23:40:00Z");
    let told = home.cidp(&["export", "--what", "readings", "--out", out]);
    assert!(told.stdout.contains("élaguées"), "{told:#?}");
    let since = [
        "export",
        "--what",
        "judged",
        "--out",
        out,
        "--from",
        "2026-01-04",
    ];
    assert!(home.json(0, &since)["pruned"].is_null());
    let hours = ["export", "--what", "hours", "--out", out];
    assert!(
        home.json(0, &hours)["pruned"].is_null(),
        "roll-ups are whole"
    );
    // The pruned rows of the file are known, not new.
    let again = home.json(0, &["run"]);
    assert_eq!(again["rows_kept"], 0);
    assert_eq!(again["pruned"]["readings"], 0);
    assert_eq!(home.rows(ROLLED_UP), rows);
    assert!(
        again["verdicts"]["unavailable"].as_u64() < Some(2),
        "{again:#}"
    );
}
