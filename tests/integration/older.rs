//! A home of the program before the journal, alarms and rows put back: whoever opens it first finds all that it held.

use std::time::{Duration, Instant};

use cidp::service::command::Command;
use cidp::service::engine;
use cidp::service::platform::Platform;
use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use crate::support::{TestHome, fleet, rows};

/// What the warehouse was made by then.
const THEN: [&str; 3] = [
    include_str!("../../database/migrations/0001_warehouse.sql"),
    include_str!("../../database/migrations/0002_compact.sql"),
    include_str!("../../database/migrations/0003_followed.sql"),
];

/// Everything in every table of a warehouse of then.
fn contents(db: &Connection) -> Vec<(String, Vec<Vec<SqlValue>>)> {
    let then = Connection::open_in_memory().unwrap();
    THEN.iter().for_each(|sql| then.execute_batch(sql).unwrap());
    tables(&then)
        .into_iter()
        .map(|table| {
            let mut all = rows(db, &format!("SELECT * FROM {table}"));
            all.sort_by_key(|row| format!("{row:?}"));
            (table, all)
        })
        .collect()
}

fn tables(db: &Connection) -> Vec<String> {
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// A home that was loaded and judged, its warehouse written anew as it was made then; and what `status` said of it.
pub fn older() -> (TestHome, Value) {
    let mut text = fleet(2, 300);
    text.push_str("2026-01-03T00:00:00Z,LOCO_001,ERR,5,2,45\n");
    let home = TestHome::with_sensors(text);
    assert_eq!(home.json(0, &["run"])["status"], "ok");
    let status = home.json(0, &["status"]);
    let (now, path) = (home.path("now.sqlite"), home.warehouse());
    home.sql()
        .execute("VACUUM INTO ?1", [now.to_str().unwrap()])
        .unwrap();
    for end in ["", "-wal", "-shm"] {
        let file = format!("{}{end}", path.display());
        if std::fs::exists(&file).unwrap() {
            std::fs::remove_file(file).unwrap();
        }
    }
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL;")
        .unwrap();
    THEN.iter().for_each(|sql| db.execute_batch(sql).unwrap());
    db.execute("ATTACH ?1 AS now", [now.to_str().unwrap()])
        .unwrap();
    for table in tables(&db) {
        db.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM now.{table};"
        ))
        .unwrap();
    }
    db.pragma_update(None, "user_version", THEN.len()).unwrap();
    (home, status)
}

fn version(home: &TestHome) -> i64 {
    home.number("PRAGMA user_version")
}

#[test]
fn reading_needs_no_migration_and_makes_none() {
    let (home, status) = older();
    let before = contents(&home.sql());
    assert_eq!(status.as_array().unwrap().len(), 2);
    assert_eq!(home.json(0, &["status"]), status);
    assert_eq!(home.json(0, &["alarms"]), serde_json::json!([]));
    assert_eq!(home.json(0, &["alarms", "--all"]), serde_json::json!([]));
    for what in [
        "readings",
        "judged",
        "events",
        "quarantine",
        "alarms",
        "hours",
    ] {
        let out = home.path(&format!("{what}.csv"));
        let out = out.to_str().unwrap();
        let written = home.json(0, &["export", "--what", what, "--out", out]);
        let rows = u64::from(what == "quarantine")
            + 600 * u64::from(matches!(what, "readings" | "judged"));
        if matches!(what, "readings" | "judged" | "quarantine" | "alarms") {
            assert_eq!(written["rows"], rows, "{what}");
        }
    }
    home.json(0, &["sources", "check"]);
    let evaluated = home.cidp(&["evaluate", "--split", "2026-01-02T12:00:00Z"]);
    assert!(
        !evaluated.stderr.contains("no such table"),
        "{evaluated:#?}"
    );
    assert_eq!(version(&home), 3);
    assert_eq!(contents(&home.sql()), before);
}

#[test]
fn a_run_brings_it_up_to_date_and_loses_nothing() {
    let (home, status) = older();
    let before = contents(&home.sql());
    let run = home.json(0, &["run"]);
    assert_eq!(
        (&run["status"], &run["rows_kept"]),
        (&"ok".into(), &0.into()),
        "{run:#}"
    );
    assert!(version(&home) > 3);
    let db = home.sql();
    assert!(rows(&db, "PRAGMA foreign_key_check").is_empty());
    for ((table, then), (_, now)) in before.iter().zip(contents(&db)) {
        let kept = then.iter().filter(|row| now.contains(row)).count();
        match table.as_str() {
            // What is still to be scored, and facts of the last run: they go on.
            "run_loads" | "warehouse_facts" => {}
            _ => assert_eq!(kept, then.len(), "{table}"),
        }
    }
    assert_eq!(home.json(0, &["status"]), status);
}

#[test]
fn the_window_brings_it_up_to_date_and_notes_in_it() {
    let (home, _) = older();
    let before = contents(&home.sql());
    let platform = Platform::open(Some(&home.path(".")), None).unwrap();
    let handle = engine::start(platform, Box::new(|| {})).unwrap();
    let started = Instant::now();
    let until = |what: &str, is: &dyn Fn() -> bool| {
        while !is() {
            assert!(started.elapsed() < Duration::from_secs(60), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until("the fleet", &|| handle.snapshot().fleet.len() == 2);
    assert!(version(&home) > 3);
    let loco = handle.snapshot().fleet[0].loco.clone();
    assert!(handle.send(Command::Note {
        loco,
        at_ms: 1_767_225_600_000,
        words: "bruit".into(),
    }));
    until("the note", &|| {
        home.number("SELECT count(*) FROM journal") > 0
    });
    drop(handle);
    for ((table, then), (_, now)) in before.iter().zip(contents(&home.sql())) {
        assert!(then.iter().all(|row| now.contains(row)), "{table}");
    }
}
