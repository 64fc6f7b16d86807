//! The ledger against those who change the warehouse with another SQLite client: every single change is found and
//! named. `CIDP_TRIALS=full` makes a thousand of them, else about sixty are.

use std::path::{Path, PathBuf};

use cidp::warehouse::{Finding, Head, Reader, Scope, Warehouse};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::support::{TestHome, fleet, rows};

const MADE_BY: [&str; 8] = [
    include_str!("../../database/migrations/0001_warehouse.sql"),
    include_str!("../../database/migrations/0002_compact.sql"),
    include_str!("../../database/migrations/0003_followed.sql"),
    include_str!("../../database/migrations/0004_journal.sql"),
    include_str!("../../database/migrations/0005_alarms.sql"),
    include_str!("../../database/migrations/0006_requeued.sql"),
    include_str!("../../database/migrations/0007_ledger.sql"),
    include_str!("../../database/migrations/0008_continuity.sql"),
];
const ROWS: i64 = 5;

#[derive(Debug, Clone)]
struct Table {
    name: String,
    /// Name and declared type.
    columns: Vec<(String, String)>,
}

fn texts(db: &Connection, query: &str) -> Vec<Vec<String>> {
    let text = |value: Value| match value {
        Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    let all = rows(db, query).into_iter();
    all.map(|row| row.into_iter().map(text).collect()).collect()
}

fn tables(db: &Connection) -> Vec<Table> {
    let names = texts(
        db,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         AND name NOT LIKE 'ledger%' ORDER BY name",
    );
    let of = |name: &String| Table {
        name: name.clone(),
        columns: texts(
            db,
            &format!("SELECT name, type FROM pragma_table_info('{name}')"),
        )
        .into_iter()
        .map(|c| (c[0].clone(), c[1].clone()))
        .collect(),
    };
    names.iter().map(|row| of(&row[0])).collect()
}

/// Another client: no check and no trigger holds it, and it leaves the triggers as they were.
pub fn attack(path: &Path, work: impl FnOnce(&Connection)) {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;")
        .unwrap();
    let triggers = texts(
        &db,
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
    );
    for trigger in &triggers {
        db.execute_batch(&format!("DROP TRIGGER {}", trigger[0]))
            .unwrap();
    }
    work(&db);
    for trigger in &triggers {
        db.execute_batch(&trigger[1]).unwrap();
    }
}

fn value(kind: &str, n: i64) -> Value {
    match kind {
        "TEXT" => Value::Text(format!("word {n}")),
        "REAL" => Value::Real(n as f64 + 0.25),
        "BLOB" => Value::Blob(vec![7, n as u8]),
        _ => Value::Integer(n),
    }
}

/// The same kind of value, and another one.
fn other(held: &Value, kind: &str) -> Value {
    match held {
        Value::Null => value(kind, 99),
        Value::Integer(n) => Value::Integer(n + 1_000_003),
        Value::Real(x) => Value::Real(f64::from_bits(x.to_bits() ^ 1)),
        Value::Text(text) => Value::Text(format!("{text} ")),
        Value::Blob(blob) => Value::Blob(blob.iter().map(|b| b ^ 1).collect()),
    }
}

/// A warehouse with rows in every table, whose ledger the program has begun.
fn filled(folder: &Path) -> (PathBuf, Vec<Table>) {
    let path = folder.join("filled.sqlite");
    let db = Connection::open(&path).unwrap();
    MADE_BY
        .iter()
        .for_each(|sql| db.execute_batch(sql).unwrap());
    db.pragma_update(None, "user_version", MADE_BY.len())
        .unwrap();
    let tables = tables(&db);
    drop(db);
    attack(&path, |db| {
        for table in &tables {
            db.execute(&format!("DELETE FROM {}", table.name), [])
                .unwrap();
            for n in 1..=ROWS {
                insert(db, table, &row(table, n));
            }
        }
    });
    Warehouse::open(&path).unwrap().close_whole().unwrap();
    (path, tables)
}

fn row(table: &Table, n: i64) -> Vec<Value> {
    let keyed = |name: &str| matches!(name, "reading" | "bucket");
    table
        .columns
        .iter()
        .map(|(name, kind)| match kind.as_str() {
            _ if keyed(name) => Value::Integer(n << 44 | (1_767_225_600_000 + n * 60_000)),
            kind => value(kind, n),
        })
        .collect()
}

fn insert(db: &Connection, table: &Table, row: &[Value]) {
    let marks = vec!["?"; row.len()].join(", ");
    db.execute(
        &format!("INSERT INTO {} VALUES ({marks})", table.name),
        rusqlite::params_from_iter(row),
    )
    .unwrap();
}

/// Where exactly this row is meant.
fn this(table: &Table) -> String {
    let terms: Vec<String> = (table.columns.iter().enumerate())
        .map(|(i, (name, _))| format!("{name} IS ?{}", i + 1))
        .collect();
    terms.join(" AND ")
}

fn nth(db: &Connection, table: &Table, n: usize) -> Vec<Value> {
    rows(
        db,
        &format!("SELECT * FROM {} LIMIT 1 OFFSET {n}", table.name),
    )
    .remove(0)
}

fn delete(db: &Connection, table: &Table, row: &[Value]) {
    let sql = format!("DELETE FROM {} WHERE {}", table.name, this(table));
    assert_eq!(
        db.execute(&sql, rusqlite::params_from_iter(row)).unwrap(),
        1
    );
}

fn change(db: &Connection, table: &Table, row: &[Value], column: usize) {
    let (name, kind) = &table.columns[column];
    let mut values = row.to_vec();
    values.push(other(&row[column], kind));
    let sql = format!(
        "UPDATE {} SET {name} = ?{} WHERE {}",
        table.name,
        values.len(),
        this(table)
    );
    assert_eq!(
        db.execute(&sql, rusqlite::params_from_iter(values))
            .unwrap(),
        1
    );
}

fn findings(path: &Path) -> Vec<Finding> {
    let reader = Reader::open(path).unwrap();
    let checked = reader.verify(&Scope::All, &|_| {}, &|| true).unwrap();
    checked.unwrap().findings
}

/// Sums and chain as the program would make them for what is in `path`: whoever can run the program can have them.
fn forged(path: &Path, folder: &Path) -> PathBuf {
    let forged = folder.join("forged.sqlite");
    if forged.exists() {
        std::fs::remove_file(&forged).unwrap();
    }
    Connection::open(path)
        .unwrap()
        .execute("VACUUM INTO ?1", [forged.to_str().unwrap()])
        .unwrap();
    attack(&forged, |db| {
        db.execute_batch(
            "DELETE FROM ledger; DELETE FROM ledger_blocks; DELETE FROM ledger_state;",
        )
        .unwrap();
    });
    Warehouse::open(&forged).unwrap().close_whole().unwrap();
    forged
}

fn take_over(path: &Path, forged: &Path, sql: &str) {
    attack(path, |db| {
        db.execute("ATTACH ?1 AS forged", [forged.to_str().unwrap()])
            .unwrap();
        db.execute_batch(sql).unwrap();
        db.execute_batch("DETACH forged").unwrap();
    });
}

const SUMS: &str = "DELETE FROM main.ledger_blocks;
    INSERT INTO main.ledger_blocks SELECT * FROM forged.ledger_blocks;
    DELETE FROM main.ledger_state; INSERT INTO main.ledger_state SELECT * FROM forged.ledger_state;";
const LAST_STATE: &str =
    "UPDATE main.ledger SET state = (SELECT state FROM forged.ledger ORDER BY entry DESC LIMIT 1)
    WHERE entry = (SELECT max(entry) FROM main.ledger);";
const CHAIN: &str = "DELETE FROM main.ledger; INSERT INTO main.ledger SELECT * FROM forged.ledger;";

#[test]
fn every_single_change_by_another_client_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (base, tables) = filled(folder.path());
    assert_eq!(findings(&base), []);
    let head = Reader::open(&base).unwrap().ledger_head().unwrap();
    let full = std::env::var("CIDP_TRIALS").is_ok_and(|trials| trials == "full");
    // Every column of every table, then every table in the other ways, over and over.
    let columns: Vec<(&Table, Option<usize>)> = tables
        .iter()
        .flat_map(|table| (0..table.columns.len()).map(move |i| (table, Some(i))))
        .collect();
    let whole = tables.iter().map(|table| (table, None));
    let all: Vec<(&Table, Option<usize>)> = columns.iter().copied().chain(whole).collect();
    let count = if full { 1000 } else { 60 };
    // A step without a common divisor visits all of them, wherever it begins.
    let step = (1..)
        .map(|n| n * 2 + 11)
        .find(|step| gcd(*step, all.len()) == 1)
        .unwrap();
    for trial in 0..count {
        let (table, column) = all[trial * step % all.len()];
        let path = folder.path().join("attacked.sqlite");
        std::fs::copy(&base, &path).unwrap();
        let mut rows_more = 0;
        attack(&path, |db| {
            let held = nth(db, table, trial % ROWS as usize);
            match (column, trial % 3) {
                (Some(column), _) => change(db, table, &held, column),
                (None, 0) => {
                    delete(db, table, &held);
                    rows_more = -1;
                }
                (None, 1) => {
                    insert(db, table, &row(table, 77));
                    rows_more = 1;
                }
                (None, _) => {
                    delete(db, table, &held);
                    insert(db, table, &row(table, 77));
                }
            }
        });
        let told = findings(&path);
        let named = told.iter().filter(|finding| finding.table == table.name);
        assert!(
            named.clone().count() > 0,
            "trial {trial}: {table:?} {column:?}: {told:?}"
        );
        assert_eq!(named.map(|f| f.rows).sum::<i64>(), rows_more, "{told:?}");
        if trial % 10 == 0 {
            mended_is_found_too(&path, folder.path(), &head);
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Whoever mends the sums, the last entry, or the whole chain.
fn mended_is_found_too(path: &Path, folder: &Path, head: &Head) {
    let forged = forged(path, folder);
    take_over(path, &forged, SUMS);
    let told = findings(path);
    assert!(told.iter().any(|f| f.table == "ledger_blocks"), "{told:?}");
    take_over(path, &forged, LAST_STATE);
    let told = findings(path);
    assert!(told.iter().any(|f| f.table == "ledger"), "{told:?}");
    take_over(path, &forged, CHAIN);
    assert_eq!(
        findings(path),
        [],
        "this one only a head noted elsewhere shows"
    );
    assert!(!Reader::open(path).unwrap().knows(head).unwrap());
}

#[test]
fn a_changed_schema_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (base, _) = filled(folder.path());
    let changes = [
        (
            "ALTER TABLE maintenance ADD COLUMN more TEXT",
            "maintenance",
        ),
        (
            "ALTER TABLE locomotives RENAME COLUMN name TO called",
            "locomotives",
        ),
        ("DROP TRIGGER journal_stays", "journal"),
        (
            "CREATE TRIGGER mine AFTER INSERT ON sensor_metrics BEGIN DELETE FROM failures; END",
            "sensor_metrics",
        ),
        ("DROP TABLE outbox", "outbox"),
        (
            "DROP VIEW v_synthetic; CREATE VIEW v_synthetic AS SELECT 0 AS synthetic",
            "v_synthetic",
        ),
        ("DELETE FROM ledger_state", "ledger_state"),
        (
            "UPDATE ledger_blocks SET run_to = 9 WHERE tab = 1",
            "ledger_state",
        ),
        ("PRAGMA user_version = 6", "ledger"),
    ];
    for (sql, table) in changes {
        let path = folder.path().join("changed.sqlite");
        std::fs::copy(&base, &path).unwrap();
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let told = findings(&path);
        assert!(told.iter().any(|f| f.table == table), "{sql}: {told:?}");
    }
    let path = folder.path().join("looked.sqlite");
    std::fs::copy(&base, &path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE VIEW theirs AS SELECT 1; CREATE INDEX more ON failures (at_ms);")
        .unwrap();
    assert_eq!(
        findings(&path),
        [],
        "what others add to look at it changes nothing"
    );
}

#[test]
fn a_damaged_page_is_a_finding_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let home = TestHome::with_sensors(fleet(3, 400));
    home.json(0, &["run"]);
    let whole = folder.path().join("whole.sqlite");
    home.sql()
        .execute("VACUUM INTO ?1", [whole.to_str().unwrap()])
        .unwrap();
    assert_eq!(
        cidp::service::continuity::verify::check_file(&whole).unwrap(),
        []
    );
    let bytes = std::fs::read(&whole).unwrap();
    let pages = bytes.len() / 4096;
    for page in (1..pages).step_by(3) {
        let mut hurt = bytes.clone();
        let at = page * 4096 + (page * 37) % 512;
        hurt[at..at + 24].iter_mut().for_each(|byte| *byte ^= 0xa5);
        let path = folder.path().join("hurt.sqlite");
        std::fs::write(&path, hurt).unwrap();
        // Where nothing is stored, nothing is hurt.
        let same = |db: &Connection| {
            let all = Connection::open(&whole).unwrap();
            contents(db) == contents(&all)
        };
        let told = cidp::service::continuity::verify::check_file(&path);
        let sound = told.as_ref().is_ok_and(Vec::is_empty);
        assert!(
            !sound || same(&Connection::open(&path).unwrap()),
            "page {page}"
        );
    }
}

fn contents(db: &Connection) -> Vec<Vec<Vec<Value>>> {
    tables(db)
        .iter()
        .map(|table| rows(db, &format!("SELECT * FROM {}", table.name)))
        .collect()
}

#[test]
fn an_altered_reading_withdraws_nominal_stops_learning_and_is_named_until_it_is_mended() {
    let home = TestHome::with_sensors(fleet(3, 300));
    assert_eq!(home.json(0, &["run"])["status"], "ok");
    let clean = home.json(0, &["verify"]);
    assert_eq!(clean["findings"], serde_json::json!([]), "{clean}");
    let head = clean["head"].as_str().unwrap().to_owned();
    assert_eq!(
        home.cidp(&["verify", "--head"]).expect(0).stdout.trim(),
        head
    );
    let before = home.json(0, &["status"]);
    let kinds = |status: &serde_json::Value| -> Vec<String> {
        let rows = status.as_array().unwrap().iter();
        rows.map(|row| row["verdict"].as_str().unwrap().to_owned())
            .collect()
    };
    let edit = |by: i64| {
        attack(&home.warehouse(), |db| {
            let sql = "UPDATE sensor_metrics SET vibration = vibration + ?1 WHERE reading =
                (SELECT min(reading) FROM sensor_metrics)";
            assert_eq!(db.execute(sql, [by]).unwrap(), 1);
        });
    };
    edit(1);
    // Training looks at what it learns from before it learns.
    let trained = home.json(1, &["train"]);
    assert!(
        trained["cause"]
            .as_str()
            .unwrap()
            .contains("sensor_metrics"),
        "{trained}"
    );
    let told = home.json(1, &["verify"]);
    let finding = &told["findings"][0];
    assert_eq!(finding["table"], "sensor_metrics", "{told}");
    assert_eq!(finding["runs"], serde_json::json!([1, 1]));
    assert_eq!(finding["locomotive"], "LOCO_001");
    assert!(
        finding["range"][0]
            .as_str()
            .unwrap()
            .starts_with("2026-01-01T00:00")
    );
    let words = home.cidp(&["--lang", "fr", "verify"]).expect(1).stdout;
    assert!(
        words.contains("lignes modifiées") && words.contains("LOCO_001"),
        "{words}"
    );
    let after = home.json(0, &["status"]);
    for (was, is) in before
        .as_array()
        .unwrap()
        .iter()
        .zip(after.as_array().unwrap())
    {
        if was["verdict"] == "nominal" {
            assert_eq!(is["verdict"], "unavailable", "{after}");
            assert_eq!(is["cause"]["cause"], "damaged", "{after}");
        } else {
            assert_eq!(is["verdict"], was["verdict"], "{after}");
        }
    }
    edit(-1);
    assert_eq!(home.json(0, &["verify", "--since", &head])["status"], "ok");
    assert_eq!(kinds(&home.json(0, &["status"])), kinds(&before));
    home.json(2, &["verify", "--since", "nonsense"]);
    let strange = format!("1:{}", "ab".repeat(32));
    let told = home.json(1, &["verify", "--since", &strange]);
    assert!(
        told["findings"][0]["words"]
            .as_str()
            .unwrap()
            .contains("rewritten"),
        "{told}"
    );
}

#[test]
fn heads_at_a_second_place_show_a_chain_that_was_rewritten() {
    let home = TestHome::with_sensors(fleet(2, 200));
    let heads = home.path("elsewhere/heads.txt");
    let text = std::fs::read_to_string(home.path("cidp.toml")).unwrap();
    let more = format!("{text}\n[continuity]\nheads = '{}'\n", heads.display());
    home.write("cidp.toml", more);
    home.json(0, &["run"]);
    home.json(0, &["run"]);
    assert_eq!(std::fs::read_to_string(&heads).unwrap().lines().count(), 2);
    home.json(0, &["verify"]);
    let folder = tempfile::tempdir().unwrap();
    let forged = forged(&home.warehouse(), folder.path());
    take_over(&home.warehouse(), &forged, SUMS);
    take_over(&home.warehouse(), &forged, CHAIN);
    let told = home.json(1, &["verify"]);
    let words = told["findings"][0]["words"].as_str().unwrap();
    assert!(words.contains("rewritten"), "{told}");
}

#[test]
fn a_writer_at_work_makes_no_finding() {
    let home = TestHome::with_sensors(fleet(3, 300));
    home.json(0, &["run"]);
    let path = home.warehouse();
    let writer = std::thread::spawn({
        let path = path.clone();
        move || {
            for n in 0..150 {
                let mut warehouse = Warehouse::open_to_note(&path).unwrap();
                let entry = cidp::warehouse::Entry {
                    entry: 0,
                    at_ms: n,
                    who: "Ngo".into(),
                    act: "note".into(),
                    loco: None,
                    of_ms: None,
                    words: "é".into(),
                    detail: serde_json::json!({}),
                };
                warehouse.note(&entry).unwrap();
            }
        }
    });
    let mut checks = 0;
    while !writer.is_finished() {
        assert_eq!(findings(&path), []);
        checks += 1;
    }
    writer.join().unwrap();
    assert!(checks > 1);
}

#[test]
fn counting_anew_makes_nothing_good() {
    let folder = tempfile::tempdir().unwrap();
    let (base, _) = filled(folder.path());
    for pretext in [
        "DELETE FROM ledger_state",
        "UPDATE ledger_state SET schema = 7",
    ] {
        let path = folder.path().join("pretext.sqlite");
        std::fs::copy(&base, &path).unwrap();
        attack(&path, |db| {
            db.execute_batch("UPDATE failures SET line = line + 1 WHERE line = 2")
                .unwrap();
            db.execute_batch(pretext).unwrap();
        });
        Warehouse::open(&path).unwrap().close_whole().unwrap();
        let told = findings(&path);
        assert!(
            told.iter().any(|f| f.table == "failures"),
            "{pretext}: {told:?}"
        );
    }
}

#[test]
fn who_acts_and_what_settings_were_changed_is_in_the_chain() {
    let home = TestHome::with_sensors(fleet(2, 200));
    let text = std::fs::read_to_string(home.path("cidp.toml")).unwrap();
    let ours = format!("{text}\n[window]\noperator = \"Ngo\"\n");
    home.write("cidp.toml", &ours);
    home.json(0, &["run"]);
    let settings = "SELECT count(*) FROM ledger WHERE kind = 'settings'";
    assert_eq!(home.number(settings), 1);
    home.json(0, &["run"]);
    assert_eq!(home.number(settings), 1, "nobody touched the file");
    home.write("cidp.toml", format!("{ours}# by hand\n"));
    home.json(0, &["run"]);
    assert_eq!(home.number(settings), 2);
    let loads = "SELECT count(*) FROM ledger WHERE kind <> 'begun' AND who <> 'Ngo'";
    assert_eq!(home.number(loads), 0);
    assert_eq!(home.json(0, &["verify"])["status"], "ok");
}

#[test]
fn what_retention_takes_leaves_a_chain_that_verifies() {
    let home = TestHome::with_sensors(fleet(2, 1500));
    home.json(0, &["run"]);
    let text = std::fs::read_to_string(home.path("cidp.toml")).unwrap();
    home.write("cidp.toml", format!("{text}\n[etl]\nretention_days = 2\n"));
    home.json(0, &["run"]);
    assert!(home.number("SELECT coalesce(sum(readings), 0) FROM pruned") > 0);
    assert!(home.number("SELECT count(*) FROM ledger WHERE kind = 'prune'") > 0);
    assert_eq!(home.json(0, &["verify"])["status"], "ok");
}
