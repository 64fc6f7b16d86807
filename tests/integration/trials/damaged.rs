//! Bytes flipped and files cut, in the warehouse and in a backup.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;

use super::{Draw, assert_whole, committed, copy_of, ready, trials};
use crate::support::TestHome;

/// Flips a byte, or cuts the file; says what was done.
fn harm(file: &Path, draw: &mut Draw) -> String {
    let mut bytes = std::fs::read(file).unwrap();
    let at = draw.below(bytes.len() as u64) as usize;
    let done = if draw.below(4) == 0 {
        bytes.truncate(at);
        format!("cut at {at}")
    } else {
        let bit = 1 << draw.below(8);
        bytes[at] ^= bit;
        format!("byte {at} xor {bit:#x}")
    };
    std::fs::write(file, bytes).unwrap();
    done
}

/// Everything that any table holds, whatever lies between the rows; `None`: it cannot be read.
fn everything(path: &Path) -> Option<Vec<Vec<Vec<SqlValue>>>> {
    let read = || -> rusqlite::Result<_> {
        let db = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let schema: Vec<Vec<SqlValue>> = all(
            &db,
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2",
        )?;
        let mut tables = vec![schema];
        let names: Vec<String> = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for name in names {
            tables.push(all(&db, &format!("SELECT * FROM {name}"))?);
        }
        Ok(tables)
    };
    read().ok()
}

fn all(db: &Connection, query: &str) -> rusqlite::Result<Vec<Vec<SqlValue>>> {
    let mut query = db.prepare(query)?;
    let columns = query.column_count();
    query
        .query_map([], |row| (0..columns).map(|i| row.get(i)).collect())?
        .collect()
}

/// NOMINAL is said of no locomotive.
#[track_caller]
fn assert_not_sound(home: &TestHome, what: &str) {
    let status = home.cidp(&["--json", "status"]);
    if status.code == 0 {
        let rows = status.json();
        for row in rows.as_array().unwrap() {
            assert_ne!(row["verdict"], "nominal", "{what}: {row:#}");
        }
    }
}

#[test]
fn a_damaged_warehouse_is_found_and_never_served_as_sound() {
    let template = ready();
    // One whole file, so that what is flipped is what is read.
    Connection::open(template.warehouse())
        .unwrap()
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")
        .unwrap();
    let sound = everything(&template.warehouse()).unwrap();
    let mut draw = Draw::new();
    let count = trials(100, 10);
    let (mut at_open, mut by_verify, mut harmless) = (0, 0, 0);
    for _ in 0..count {
        let home = copy_of(&template);
        let what = harm(&home.warehouse(), &mut draw);
        let same = everything(&home.warehouse()).as_ref() == Some(&sound);
        // A run that begins looks at the structure first, and does not go on from what is damaged.
        let run = home.cidp(&["--json", "ingest"]);
        let verified = home.cidp(&["--json", "verify"]);
        if same && run.code == 0 && verified.code == 0 {
            harmless += 1;
            continue;
        }
        assert_ne!(verified.code, 0, "{what}: not found: {verified:#?}");
        if run.code == 0 {
            by_verify += 1;
        } else {
            at_open += 1;
        }
        assert_not_sound(&home, &what);
        let trained = home.cidp(&["--json", "train"]);
        assert_ne!(trained.code, 0, "{what}: learned from: {trained:#?}");
    }
    println!(
        "| {count} random byte flips and cuts in the warehouse | {at_open} found at open, {by_verify} by `verify`, {harmless} in bytes that hold nothing; never served as sound; 0 panics |"
    );
}

#[test]
fn a_damaged_backup_is_neither_proven_nor_restored() {
    let template = ready();
    let before = everything(&template.warehouse()).unwrap();
    let mut draw = Draw::new();
    let count = trials(100, 10);
    let mut harmless = 0;
    for i in 0..count {
        let home = copy_of(&template);
        let packed = std::fs::read_dir(home.path("backups"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_string_lossy().ends_with(".sqlite.zst"))
            .expect("a dated backup");
        let plain = home.path("backups/industrial_dwh_SAFE.sqlite");
        let file = if i % 3 == 0 { &plain } else { &packed };
        let what = format!("{}: {}", file.display(), harm(file, &mut draw));
        let restored = home.cidp(&["--json", "restore", file.to_str().unwrap(), "--yes"]);
        if restored.code == 0 {
            // A byte of the plain copy that holds nothing: every row is what it was.
            assert!(
                committed(&home.sql()) == committed(&template.sql()),
                "{what}: restored, and other rows"
            );
            assert_whole(&home, &what);
            harmless += 1;
            continue;
        }
        assert!(
            everything(&home.warehouse()).as_ref() == Some(&before),
            "{what}: the warehouse is another"
        );
    }
    println!(
        "| {count} random byte flips and cuts in a backup | {} refused, the warehouse as before; {harmless} in bytes of the plain copy that hold nothing; 0 panics |",
        count - harmless
    );
}
