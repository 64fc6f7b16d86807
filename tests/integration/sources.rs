//! `cidp sources check`: what each source would bring, before anything is loaded.

use serde_json::json;

use crate::support::{HEADER, TestHome, fleet, keys, telemetry};

fn workshop(path: &str) -> String {
    format!(
        "[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"{path}\"\n\
         timezone = \"UTC\"\n"
    )
}

#[test]
fn a_good_configuration_is_shown_and_nothing_is_written() {
    let home = TestHome::new();
    home.write("sensors.csv", fleet(2, 20));
    home.write(
        "workshop.csv",
        "timestamp,loco_id,type,component,notes\n2026-01-02T00:00:00Z,LOCO_001,failure,pump,x\n",
    );
    home.configure(&format!(
        "{}{}",
        telemetry("sensors.csv"),
        workshop("workshop.csv")
    ));
    let check = home.json(0, &["sources", "check"]);
    assert_eq!(check["ok"], true);
    let source = &check["sources"][0];
    keys(source, &["name", "role", "ok", "columns", "files"]);
    assert_eq!(
        source["columns"][3],
        json!({ "field": "pressure", "column": "pressure", "unit": null, "scale": 1.0, "offset": 0.0 })
    );
    let file = &source["files"][0];
    assert_eq!(file["found"]["format"], "csv", "{file:#}");
    assert_eq!(file["found"]["delimiter"], ",");
    assert_eq!(file["rows_looked_at"], 40);
    assert_eq!(file["rows_accepted"], 40);
    assert_eq!(file["first_rows"].as_array().unwrap().len(), 5);
    let first = &file["first_rows"][0];
    assert_eq!(
        (&first["line"], &first["loco_id"]),
        (&json!(2), &json!("LOCO_001"))
    );
    assert_eq!(first["timestamp"], "2026-01-01T00:00:00Z");
    assert!(first["pressure"].is_number());
    let file = &check["sources"][1]["files"][0];
    assert_eq!(file["ignored_columns"], json!(["notes"]));
    assert_eq!(file["first_rows"][0]["type"], "failure");
    assert!(!home.warehouse().exists(), "a check writes nothing");
    let words = home
        .cidp(&["--lang", "fr", "sources", "check"])
        .expect(0)
        .stdout;
    assert!(
        words.contains("Colonnes ignorées : notes") && words.contains("LOCO_002"),
        "{words}"
    );
    let words = home
        .cidp(&["--lang", "en", "sources", "check"])
        .expect(0)
        .stdout;
    assert!(words.contains("Columns ignored: notes"), "{words}");
}

#[test]
fn what_would_be_refused_is_shown_with_a_line_of_each_kind() {
    let home = TestHome::new();
    let mut text = fleet(1, 10);
    text.push_str("2026-01-01T03:00:00Z,LOCO_001,ERR,5,2,45\n");
    text.push_str("2026-01-01T03:10:00Z,LOCO_001,bad,5,2,45\n");
    text.push_str("2026-01-01T03:20:00Z,LOCO_001,500,5,2\n");
    home.write("sensors.csv", text);
    home.configure(&telemetry("sensors.csv"));
    let check = home.json(0, &["sources", "check"]);
    let refused = &check["sources"][0]["files"][0]["rows_refused"];
    assert_eq!(refused["wrong_type"]["count"], 2, "{refused:#}");
    assert_eq!(refused["wrong_type"]["line"], 12);
    assert!(
        refused["wrong_type"]["raw"]
            .as_str()
            .unwrap()
            .contains("ERR")
    );
    assert_eq!(refused["wrong_field_count"]["count"], 1);
    let words = home
        .cidp(&["--lang", "en", "sources", "check"])
        .expect(0)
        .stdout;
    assert!(words.contains("flow_rate “ERR” is not a number"), "{words}");
}

#[test]
fn a_missing_column_comes_with_the_one_that_was_meant() {
    let home = TestHome::new();
    home.write(
        "sensors.csv",
        fleet(1, 10).replace("vibration", "Vibrations"),
    );
    home.configure(&format!(
        "{}{}",
        telemetry("sensors.csv"),
        workshop("gone.csv")
    ));
    let check = home.json(1, &["sources", "check"]);
    assert_eq!(check["ok"], false);
    let file = &check["sources"][0]["files"][0];
    assert_eq!(file["nearest"], "Vibrations", "{file:#}");
    assert!(
        file["error"]
            .as_str()
            .unwrap()
            .contains("“vibration” is missing")
    );
    let gone = &check["sources"][1];
    assert!(
        gone["error"].as_str().unwrap().contains("gone.csv"),
        "{gone:#}"
    );
    let words = home
        .cidp(&["--lang", "en", "sources", "check"])
        .expect(1)
        .stdout;
    assert!(words.contains("Did you mean “Vibrations”?"), "{words}");
}

#[test]
fn a_workshop_without_a_row_is_good_and_telemetry_without_one_is_not() {
    let home = TestHome::new();
    home.write("sensors.csv", fleet(1, 10));
    home.write("workshop.csv", "timestamp,loco_id,type,component\n");
    home.configure(&format!(
        "{}{}",
        telemetry("sensors.csv"),
        workshop("workshop.csv")
    ));
    assert_eq!(home.json(0, &["sources", "check"])["ok"], true);
    home.write("sensors.csv", HEADER);
    assert_eq!(home.json(1, &["sources", "check"])["ok"], false);
}

#[test]
fn a_workbook_is_a_source_like_another() {
    let home = TestHome::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("Mesures").unwrap();
    for (row, line) in fleet(2, 30).lines().enumerate() {
        for (column, field) in line.split(',').enumerate() {
            let (row, column) = (row as u32 + 2, column as u16);
            match field.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number).unwrap(),
                Err(_) => sheet.write(row, column, field).unwrap(),
            };
        }
    }
    book.save(home.path("fleet.xlsx")).unwrap();
    home.configure(&telemetry("."));
    let check = home.json(0, &["sources", "check"]);
    let found = &check["sources"][0]["files"][0]["found"];
    assert_eq!(found["format"], "excel", "{check:#}");
    assert_eq!(
        (&found["sheet"], &found["header_row"]),
        (&json!("Mesures"), &json!(3))
    );
    let run = home.json(0, &["ingest"]);
    assert_eq!(run["rows_kept"], 60, "{run:#}");
    assert_eq!(home.number("SELECT min(line) FROM v_readings"), 4);
}
