//! Campaigns against the whole program: killed, flipped, cut, without room. Each prints its line of the README's
//! table; `CIDP_TRIALS=full` makes them as long as the README says.

#![allow(
    clippy::print_stdout,
    reason = "a campaign prints its line of the table"
)]

mod damaged;
mod killed;
mod no_room;

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;

use crate::support::{TestHome, fleet, fleet_between, rows};

/// How many of a campaign of so many are made now.
fn trials(full: usize, short: usize) -> usize {
    if std::env::var("CIDP_TRIALS").is_ok_and(|value| value == "full") {
        full
    } else {
        short
    }
}

/// Moments and places: spread, and different each time. What was drawn is printed when something is wrong.
struct Draw(u64);

impl Draw {
    fn new() -> Self {
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self(clock.unwrap().as_nanos() as u64 | 1)
    }

    /// A number below `below` (xorshift64*, Vigna 2016).
    fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % below.max(1)
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 32) as f64 / (1_u64 << 32) as f64
    }
}

/// A home with two loads, a model and a backup; its next load lies beside it as `next.csv`.
fn ready() -> TestHome {
    let home = TestHome::with_sensors(fleet(3, 400));
    assert_eq!(home.json(0, &["run"])["status"], "ok");
    home.write("sensors.csv", fleet(3, 800));
    assert_eq!(home.json(0, &["run"])["status"], "ok");
    home.json(0, &["backup"]);
    home.write("next.csv", fleet_between(3, 800, 3000));
    home
}

/// The same home again, in a folder of its own.
fn copy_of(home: &TestHome) -> TestHome {
    let copy = TestHome::new();
    copy_all(&home.path("."), &copy.path("."));
    copy
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What was committed and must never be lost or doubled, whatever the time of day.
fn committed(db: &Connection) -> Vec<Vec<Vec<SqlValue>>> {
    [
        "SELECT name FROM locomotives ORDER BY name",
        "SELECT reading, flow_rate, pressure, vibration, temperature, label, flags FROM sensor_metrics ORDER BY reading",
        "SELECT * FROM maintenance ORDER BY 1, 2, 3, 4",
        "SELECT file, line, reason, raw FROM quarantine ORDER BY 1, 2",
        "SELECT version, length(body), hex(substr(body, -64)) FROM models ORDER BY version",
        "SELECT reading, model, probability, verdict FROM ai_telemetry_predictions ORDER BY 1, 2",
    ]
    .map(|query| rows(db, query))
    .to_vec()
}

/// The warehouse is whole, by SQLite's own checks and by the ledger.
#[track_caller]
fn assert_whole(home: &TestHome, when: &str) {
    let db = Connection::open(home.warehouse()).unwrap();
    let check: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok", "{when}");
    assert!(rows(&db, "PRAGMA foreign_key_check").is_empty(), "{when}");
    drop(db);
    let verified = home.cidp(&["--json", "verify"]);
    assert_eq!(verified.code, 0, "{when}: {verified:#?}");
}
