//! Backup, proof and restore as their users meet them.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use cidp::warehouse::{Entry, Warehouse};

use crate::support::{TestHome, fleet, fleet_between};

fn home() -> TestHome {
    let home = TestHome::with_sensors(fleet(2, 300));
    assert_eq!(home.json(0, &["run"])["status"], "ok");
    home
}

fn file_of(backup: &Value) -> PathBuf {
    PathBuf::from(backup["file"].as_str().unwrap())
}

fn sound(path: &std::path::Path) -> bool {
    let db = Connection::open(path).unwrap();
    let check: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    check == "ok"
}

/// Everything that is not whole under its name.
fn half_made(home: &TestHome, folder: &str) -> Vec<String> {
    let names = fs::read_dir(home.path(folder)).unwrap();
    names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".making-") || name.starts_with(".restoring-"))
        .collect()
}

#[test]
fn a_backup_is_made_proven_listed_and_restored() {
    let home = home();
    let made = home.json(0, &["backup"]);
    assert_eq!(made["proof"]["failed"], Value::Null);
    assert!(made["proof"]["recovery_secs"].as_f64().unwrap() > 0.0);
    assert!(sound(&home.path("backups/industrial_dwh_SAFE.sqlite")));
    let listed = home.json(0, &["backups"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["file"], made["file"]);

    // More comes, and is what a restore would take.
    home.write("sensors.csv", fleet_between(2, 0, 400));
    home.json(0, &["run"]);
    let plan = home.json(0, &["restore", "--latest", "--dry-run"]);
    assert_eq!(
        (&plan["readings_lost"], &plan["proven"]),
        (&json!(200), &json!(true))
    );
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 800);
    // Nobody is there to ask, and nobody said yes.
    home.cidp(&["restore", "--latest"]).expect(2);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 800);

    let restored = home.json(0, &["restore", "--latest", "--yes"]);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 600);
    let aside = PathBuf::from(restored["aside"].as_str().unwrap());
    let old = Connection::open(&aside).unwrap();
    let rows: i64 = old
        .query_row("SELECT count(*) FROM sensor_metrics", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 800, "the old one is kept");
    assert_eq!(
        home.number("SELECT count(*) FROM ledger WHERE kind = 'restore'"),
        1
    );
    assert!(half_made(&home, "backups").is_empty() && half_made(&home, "database").is_empty());
    // And the runs go on from there.
    home.json(0, &["run"]);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 800);
}

#[test]
fn the_safe_copy_itself_can_be_restored() {
    let home = home();
    home.json(0, &["backup", "--no-proof"]);
    home.write("sensors.csv", fleet_between(2, 0, 400));
    home.json(0, &["run"]);
    let safe = home.path("backups/industrial_dwh_SAFE.sqlite");
    home.json(0, &["restore", safe.to_str().unwrap(), "--yes"]);
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 600);
}

#[test]
fn a_damaged_packed_file_is_never_proven_and_never_restored() {
    let home = home();
    let made = home.json(0, &["backup", "--no-proof"]);
    let file = file_of(&made);
    let whole = fs::read(&file).unwrap();
    let before = home.rows("SELECT * FROM ledger");
    for i in 0..12 {
        let mut bytes = whole.clone();
        let at = (i * 7919 + 13) % bytes.len();
        if i % 3 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << (i % 8);
        }
        fs::write(&file, bytes).unwrap();
        let refused = home.cidp(&["restore", file.to_str().unwrap(), "--yes"]);
        assert_eq!(refused.code, 1, "{i}: {refused:?}");
        assert_eq!(home.rows("SELECT * FROM ledger"), before);
    }
    home.cidp(&["restore", "--latest", "--yes"]).expect(1);
    assert!(half_made(&home, "database").is_empty());
}

/// What a manifest says and the database does not.
#[test]
fn a_proof_that_fails_says_why_and_stays_failed() {
    for (key, value) in [
        ("schema", json!(3)),
        ("models", json!([1, 2, 3])),
        ("rows", json!({})),
        ("head", Value::Null),
        ("verdicts", json!([])),
    ] {
        let home = home();
        let made = home.json(0, &["backup", "--no-proof"]);
        let platform = cidp::service::platform::Platform::open(Some(&home.path("")), None).unwrap();
        let manifest = file_of(&made)
            .to_str()
            .unwrap()
            .replace(".sqlite.zst", ".json");
        let mut said: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        assert_ne!(said[key], value);
        said[key] = value;
        fs::write(&manifest, said.to_string()).unwrap();
        let prove = || {
            use cidp::service::continuity::{Steps, backup, steps::UNTOLD};
            let steps = Steps::new(UNTOLD, cidp::service::stop::Stop::default());
            backup::prove(&platform, &file_of(&made), "Ngo", &steps)
        };
        assert!(prove().is_err(), "{key}");
        let listed = home.json(0, &["backups"]);
        assert!(listed[0]["proof"]["failed"].is_string(), "{key}: {listed}");
        assert!(prove().unwrap_err().why.contains("failed before"));
        home.cidp(&["restore", "--latest", "--yes"]).expect(1);
    }
}

#[test]
fn a_damaged_warehouse_makes_no_safe_copy_and_is_put_aside_whole() {
    let home = home();
    home.json(0, &["backup"]);
    let safe = fs::read(home.path("backups/industrial_dwh_SAFE.sqlite")).unwrap();
    // A value, behind the program's back.
    Connection::open(home.warehouse())
        .unwrap()
        .execute("UPDATE sensor_metrics SET vibration = 1 WHERE line = 9", [])
        .unwrap();
    home.cidp(&["backup"]).expect(1);
    // The structure.
    let mut bytes = fs::read(home.warehouse()).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(home.warehouse(), &bytes).unwrap();
    home.cidp(&["backup"]).expect(1);
    let still = fs::read(home.path("backups/industrial_dwh_SAFE.sqlite")).unwrap();
    assert!(still == safe, "the old safe copy stays");
    assert_eq!(home.json(0, &["backups"]).as_array().unwrap().len(), 1);

    let restored = home.json(0, &["restore", "--latest", "--yes"]);
    let aside = restored["aside"].as_str().unwrap();
    assert!(aside.contains("damaged"), "{aside}");
    assert_eq!(fs::read(aside).unwrap().len(), bytes.len());
    assert!(sound(&home.warehouse()));
    assert_eq!(home.number("SELECT count(*) FROM sensor_metrics"), 600);
}

#[test]
fn a_warehouse_that_is_gone_is_not_begun_anew_over_its_backups() {
    let home = home();
    home.json(0, &["backup"]);
    for empty in [false, true] {
        for end in ["", "-wal", "-shm"] {
            let file = format!("{}{end}", home.warehouse().display());
            if fs::exists(&file).unwrap() {
                fs::remove_file(file).unwrap();
            }
        }
        if empty {
            fs::write(home.warehouse(), "").unwrap();
        }
        let refused = home.cidp(&["run"]).expect(1);
        assert!(
            refused.stderr.contains("cidp restore --latest"),
            "{refused:?}"
        );
        home.json(0, &["restore", "--latest", "--yes"]);
        assert_eq!(home.json(0, &["run"])["status"], "ok");
    }
}

#[test]
fn a_destination_that_is_gone_is_told_and_the_others_get_theirs() {
    let home = home();
    fs::create_dir(home.path("usb")).unwrap();
    home.configure(&format!(
        "{}[continuity]\nkeep = 2\n[[continuity.destinations]]\npath = 'gone'\n\
         [[continuity.destinations]]\npath = 'usb'\noffsite = true\n",
        crate::support::telemetry("sensors.csv")
    ));
    for _ in 0..4 {
        let made = home.json(0, &["backup"]);
        assert_eq!(made["missed"].as_array().unwrap().len(), 1, "{made}");
        assert_eq!(made["places"].as_array().unwrap().len(), 2);
    }
    let packed = |folder: &str| {
        fs::read_dir(home.path(folder))
            .unwrap()
            .filter(|e| {
                e.as_ref()
                    .unwrap()
                    .path()
                    .extension()
                    .is_some_and(|e| e == "zst")
            })
            .count()
    };
    assert_eq!((packed("backups"), packed("usb")), (2, 2));
    // The home's own is lost: the other one stands for it, proven too.
    fs::remove_dir_all(home.path("backups")).unwrap();
    home.json(0, &["restore", "--latest", "--yes"]);
}

#[test]
fn somebody_who_reads_is_in_the_way_of_a_restore_and_nothing_changes() {
    let home = home();
    home.json(0, &["backup"]);
    let reader = home.sql();
    let rows = |db: &Connection| -> i64 {
        db.query_row("SELECT count(*) FROM sensor_metrics", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(rows(&reader), 600);
    let refused = home.cidp(&["restore", "--latest", "--yes"]);
    assert!([1, 3].contains(&refused.code), "{refused:?}");
    assert_eq!(rows(&reader), 600);
    drop(reader);
    assert_eq!(
        home.number("SELECT count(*) FROM ledger WHERE kind = 'restore'"),
        0
    );
    home.json(0, &["restore", "--latest", "--yes"]);
}

#[test]
fn a_copy_made_while_somebody_writes_is_consistent_and_holds_nobody_up() {
    let home = home();
    let path = home.warehouse();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut warehouse = Warehouse::open_to_note(&path).unwrap();
            let (mut longest, mut written) = (Duration::ZERO, 0);
            while !ended.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let entry = Entry {
                    entry: 0,
                    at_ms: 1,
                    who: "Ngo".into(),
                    act: "note".into(),
                    loco: None,
                    of_ms: None,
                    words: "x".repeat(2000),
                    detail: json!({}),
                };
                warehouse.note(&entry).unwrap();
                longest = longest.max(begun.elapsed());
                written += 1;
            }
            (longest, written)
        });
        for _ in 0..3 {
            home.json(0, &["backup"]);
        }
        ended.store(true, Ordering::Relaxed);
        let (longest, written) = writer.join().unwrap();
        assert!(written > 10, "{written}");
        // Generous for a machine that does other things; the bench says what it is.
        assert!(longest < Duration::from_secs(2), "{longest:?}");
    });
    assert!(sound(&home.path("backups/industrial_dwh_SAFE.sqlite")));
}

/// Killed at moments spread over a backup: never half a file under a name, and the next one sweeps.
#[test]
fn a_backup_killed_at_any_moment_leaves_nothing_half_made_under_a_name() {
    let home = home();
    let begun = Instant::now();
    home.json(0, &["backup"]);
    let whole = begun.elapsed();
    for i in 0..8 {
        let mut child = home
            .command(&["backup", "--no-proof"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(i) / 8.0));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(sound(&home.path("backups/industrial_dwh_SAFE.sqlite")));
        for backup in home.json(0, &["backups"]).as_array().unwrap() {
            assert_eq!(backup["wrong"], Value::Null, "killed at {i}/8");
        }
    }
    home.json(0, &["backup"]);
    assert!(half_made(&home, "backups").is_empty());
}
