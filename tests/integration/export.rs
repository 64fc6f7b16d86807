//! `cidp export`: files that leave the house, read back by others.

use calamine::{Data, Reader};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::json;

use crate::support::{TestHome, fleet, keys, telemetry};

/// Two locomotives, judged, with an event and refused rows.
fn home() -> TestHome {
    let mut text = fleet(2, 300);
    text.push_str("2026-01-03T03:00:00Z,LOCO_001,=1+1,5,2,45\n");
    text.push_str("not a time,LOCO_001,500,5,2,45\n");
    let home = TestHome::with_sensors(text);
    home.write(
        "workshop.csv",
        "timestamp,loco_id,type,component\n2026-01-02T00:00:00Z,LOCO_001,preventive,\"pump, 2\"\n\
         2026-01-02T12:00:00Z,NEW,preventive,\n",
    );
    home.configure(&format!(
        "{}[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"workshop.csv\"\n\
         timezone = \"UTC\"\n",
        telemetry("sensors.csv")
    ));
    home.json(0, &["run"]);
    home
}

fn csv(home: &TestHome, arguments: &[&str]) -> Vec<csv::StringRecord> {
    let out = home.path("out.csv");
    let mut all = vec!["export", "--out", out.to_str().unwrap()];
    all.extend(arguments);
    let written = home.json(0, &all);
    keys(
        &written,
        &[
            "status",
            "what",
            "format",
            "file",
            "rows",
            "bytes",
            "synthetic",
        ],
    );
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_path(&out)
        .unwrap();
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(written["rows"], rows.len() - 1, "{written:#}");
    let bytes = std::fs::metadata(&out).unwrap().len();
    assert_eq!(written["bytes"], bytes);
    rows
}

#[test]
fn a_range_of_readings_is_what_the_warehouse_holds() {
    let home = home();
    let rows = csv(&home, &["--what", "readings"]);
    assert_eq!(rows.len(), 601);
    let names: Vec<&str> = rows[0].iter().collect();
    assert_eq!(
        names,
        [
            "locomotive",
            "time_utc",
            "flow_rate_l_min",
            "pressure_bar",
            "vibration_mm_s",
            "temperature_c",
            "label",
            "flagged",
            "synthetic"
        ]
    );
    let columns: Vec<String> = home
        .sql()
        .prepare("SELECT * FROM v_readings")
        .unwrap()
        .column_names()
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    assert!(
        names.iter().all(|name| columns.iter().any(|c| c == name)),
        "{columns:?}"
    );
    assert_eq!(&rows[1][1], "2026-01-01T00:00:00Z");
    let sum: f64 = rows[1..].iter().map(|r| r[3].parse::<f64>().unwrap()).sum();
    let held: f64 = home
        .sql()
        .query_row("SELECT sum(pressure_bar) FROM v_readings", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!((sum - held).abs() < 1e-6, "{sum} {held}");

    let day = csv(
        &home,
        &[
            "--what",
            "readings",
            "--from",
            "2026-01-02",
            "--to",
            "2026-01-02",
            "--loco",
            "LOCO_002",
        ],
    );
    assert_eq!(day.len(), 145);
    assert!(
        day[1..]
            .iter()
            .all(|r| &r[0] == "LOCO_002" && r[1].starts_with("2026-01-02"))
    );
    let instant = "2026-01-01T00:10:00Z";
    let both = csv(
        &home,
        &["--what", "readings", "--from", instant, "--to", instant],
    );
    assert_eq!(both.len(), 3, "both ends are included");
}

#[test]
fn predictions_events_and_quarantine_too() {
    let home = home();
    let rows = csv(&home, &["--what", "predictions"]);
    assert_eq!(rows.len(), 601);
    assert!(rows[1..].iter().any(|r| &r[3] == "danger"));
    assert!(
        rows[1..]
            .iter()
            .all(|r| (0.0..=1.0).contains(&r[2].parse().unwrap()))
    );

    // Every reading once, with what was said of it.
    let judged = csv(&home, &["--what", "judged"]);
    assert_eq!(judged.len(), 601);
    for (said, both) in rows[1..].iter().zip(&judged[1..]) {
        assert_eq!((&said[0], &said[1]), (&both[0], &both[1]));
        assert_eq!(
            (&said[2], &said[3], &said[4]),
            (&both[8], &both[9], &both[10])
        );
    }

    let rows = csv(&home, &["--what", "events"]);
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[1],
        csv::StringRecord::from(vec![
            "LOCO_001",
            "2026-01-02T00:00:00Z",
            "preventive",
            "pump, 2",
            "0"
        ])
    );
    assert_eq!(
        &rows[2][0], "NEW",
        "events of a locomotive without readings"
    );
    assert_eq!(
        csv(&home, &["--what", "events", "--to", "2026-01-01"]).len(),
        1
    );

    let rows = csv(&home, &["--what", "quarantine"]);
    assert_eq!(rows.len(), 3);
    assert_eq!(&rows[1][5], "2026-01-03T03:00:00Z,LOCO_001,=1+1,5,2,45");
    assert_eq!(&rows[2][7], "", "its time could not be read");
    let timed = csv(&home, &["--what", "quarantine", "--from", "2026-01-03"]);
    assert_eq!(timed.len(), 2);
}

#[test]
fn parquet_and_workbook_hold_the_same_rows() {
    let home = home();
    let out = home.path("out.parquet");
    let written = home.json(
        0,
        &[
            "export",
            "--what",
            "readings",
            "--out",
            out.to_str().unwrap(),
        ],
    );
    assert_eq!(
        (&written["format"], &written["rows"]),
        (&json!("parquet"), &json!(600))
    );
    let reader = SerializedFileReader::new(std::fs::File::open(&out).unwrap()).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 600);
    let row = reader.get_row_iter(None).unwrap().next().unwrap().unwrap();
    let fields: Vec<String> = row.get_column_iter().map(|(_, f)| f.to_string()).collect();
    assert_eq!(fields[0], "\"LOCO_001\"");

    // Whatever the extension says.
    let out = home.path("out.bin");
    home.json(
        0,
        &[
            "export",
            "--what",
            "quarantine",
            "--format",
            "xlsx",
            "--out",
            out.to_str().unwrap(),
        ],
    );
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&out).unwrap();
    let sheet = book.worksheet_range("quarantine").unwrap();
    assert_eq!(sheet.height(), 3);
    let raw = sheet.get_value((1, 5)).unwrap();
    assert!(
        matches!(raw, Data::String(text) if text.contains("=1+1")),
        "{raw:?}"
    );
}

#[test]
fn what_cannot_be_exported_leaves_no_file_and_harms_none() {
    let home = TestHome::new();
    let out = home.path("out.csv");
    let path = out.to_str().unwrap();
    let nothing = home.json(1, &["export", "--what", "readings", "--out", path]);
    assert!(
        nothing["cause"]
            .as_str()
            .unwrap()
            .contains("nothing in the warehouse")
    );
    assert!(!out.exists());

    let home = self::home();
    home.write("out.csv", "mine");
    let out = home.path("out.csv");
    let path = out.to_str().unwrap();
    let unknown = home.json(
        1,
        &[
            "export", "--what", "readings", "--loco", "LOCO_01", "--out", path,
        ],
    );
    let cause = unknown["cause"].as_str().unwrap();
    assert!(cause.contains("did you mean “LOCO_001”"), "{cause}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");

    let folder = home.path("no/such/folder.csv");
    let failed = home.json(
        1,
        &[
            "export",
            "--what",
            "readings",
            "--out",
            folder.to_str().unwrap(),
        ],
    );
    assert!(
        failed["cause"]
            .as_str()
            .unwrap()
            .contains("cannot be written"),
        "{failed:#}"
    );
    let odd = home.path("out.doc");
    home.json(
        2,
        &[
            "export",
            "--what",
            "readings",
            "--out",
            odd.to_str().unwrap(),
        ],
    );
    home.cidp(&[
        "export", "--what", "readings", "--out", path, "--from", "soon",
    ])
    .expect(2);
    let left = std::fs::read_dir(home.path("")).unwrap();
    let parts = left.filter(|e| {
        let name = e.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("export")
    });
    assert_eq!(parts.count(), 0, "half a file was left behind");
}
