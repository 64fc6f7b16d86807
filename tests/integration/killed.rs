//! Killed at any moment: the warehouse opens, holds whole runs only, and the next run succeeds.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;

use crate::support::{TestHome, rows, simulate, telemetry};

/// All that does not hold a time of day: the same whenever it was made.
fn contents(db: &Connection) -> Vec<Vec<Vec<SqlValue>>> {
    [
        "SELECT name FROM locomotives ORDER BY name",
        "SELECT * FROM sensor_metrics ORDER BY reading",
        "SELECT * FROM maintenance ORDER BY 1, 2, 3, 4",
        "SELECT * FROM failures ORDER BY 1, 2, 3",
        "SELECT file, line, reason, detail, raw, loco, at_ms, label FROM quarantine ORDER BY 1, 2",
        "SELECT reading, model, probability, verdict FROM ai_telemetry_predictions ORDER BY 1, 2",
        "SELECT version FROM models ORDER BY version",
        "SELECT fact, value FROM warehouse_facts WHERE fact <> 'scored_run' ORDER BY fact",
    ]
    .map(|query| rows(db, query))
    .to_vec()
}

fn home() -> TestHome {
    let home = TestHome::new();
    home.configure(&format!(
        "{}[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"maintenance.csv\"\n",
        telemetry("sensors.csv")
    ));
    home
}

#[test]
fn the_next_run_ends_as_if_nothing_had_happened() {
    let undisturbed = home();
    simulate(&undisturbed.path("."), 6, 20, "0.02");
    let started = Instant::now();
    let run = undisturbed.json(0, &["run"]);
    let whole = started.elapsed();
    assert_eq!(run["status"], "ok");
    assert!(run["rows_kept"].as_u64().unwrap() > 10_000);
    let expected = contents(&undisturbed.sql());

    // Moments spread over the whole run and, from the clock, different each time.
    let salt = f64::from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .subsec_micros(),
    ) / 1e6;
    let moments = 8;
    let mut while_running = 0;
    for i in 0..moments {
        let share = (f64::from(i) + salt) / f64::from(moments);
        let home = home();
        for file in ["sensors.csv", "maintenance.csv", "simulation.json"] {
            std::fs::copy(undisturbed.path(file), home.path(file)).unwrap();
        }
        let mut child = home
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * share));
        while_running += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();

        // What anybody sees between the two: a sound answer, never a broken warehouse.
        home.json(0, &["status"]);
        if home.warehouse().is_file() {
            let db = Connection::open(home.warehouse()).unwrap();
            let check: String = db
                .query_row("PRAGMA integrity_check", [], |r| r.get(0))
                .unwrap();
            assert_eq!(check, "ok", "killed at {share:.2}");
            assert!(rows(&db, "PRAGMA foreign_key_check").is_empty());
            let born = rows(
                &db,
                "SELECT 1 FROM sqlite_schema WHERE name = 'sensor_metrics'",
            );
            if !born.is_empty() {
                let seen = contents(&db);
                // Of the readings all or none; of the rest nothing that the whole run has not.
                assert!(
                    seen[1].is_empty() || seen[1] == expected[1],
                    "half a load, killed at {share:.2}"
                );
                let loads = rows(&db, "SELECT count(*) FROM pipeline_runs");
                let one = [SqlValue::Integer(i64::from(!seen[1].is_empty()))];
                assert_eq!(loads[0], one, "runs and readings disagree");
            }
        }
        let again = home.json(0, &["run"]);
        assert_eq!(again["status"], "ok", "killed at {share:.2}: {again:#}");
        assert!(
            contents(&home.sql()) == expected,
            "killed at {share:.2}, then not the same"
        );
    }
    assert!(
        while_running >= moments as u32 / 2,
        "most were over before they could be killed"
    );
}
