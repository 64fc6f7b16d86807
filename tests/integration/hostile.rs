//! Readers on files made to break them, and on well-formed ones that must stay what they are.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use cidp::domain::ports::{RawRecord, RecordStream, decode};
use cidp::domain::{Dialect, Format, Limits, Role};
use cidp::etl::mapping::Bound;
use cidp::etl::{LocoFrom, Mapping};
use cidp::sources::json;
use cidp::sources::table::{self, Table};
use proptest::prelude::*;

type Rows = Vec<Vec<String>>;

/// A folder of data made by others, where it is there.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if folder.is_dir() {
        return Some(folder.join(name));
    }
    eprintln!("skipped: ../shared/data is not there");
    None
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

/// Header and rows as our reader gives them.
fn read(path: &Path) -> (Vec<String>, Rows) {
    let name = path.display().to_string();
    let file = File::open(path).unwrap();
    let mut stream = table::open(file, u64::MAX, &name, &Dialect::default()).unwrap();
    let (mut rows, mut record) = (Vec::new(), RawRecord::default());
    while stream.read(&mut record).unwrap() {
        let cells = (0..record.len()).map(|i| decode(record.field(i).unwrap()).into_owned());
        rows.push(cells.collect());
    }
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(stream.digest(), *blake3::hash(&bytes).as_bytes());
    (stream.header().to_vec(), rows)
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn csv_spectrum_means_what_it_says() {
    let Some(folder) = shared("csv-spectrum") else {
        return;
    };
    let (mut right, mut contradicted) = (0, Vec::new());
    for path in files(&folder, "csv") {
        let expected = folder
            .join("expected")
            .join(path.with_extension("json").file_name().unwrap());
        // A table of one row stands there without its brackets.
        let expected: Vec<serde_json::Value> =
            match serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap() {
                serde_json::Value::Array(rows) => rows,
                row => vec![row],
            };
        let (header, rows) = read(&path);
        let found: Vec<serde_json::Value> = rows
            .into_iter()
            .map(|row| {
                assert_eq!(row.len(), header.len(), "{}", path.display());
                let cells = row.into_iter().map(serde_json::Value::from);
                serde_json::Value::Object(header.iter().cloned().zip(cells).collect())
            })
            .collect();
        if found == expected {
            right += 1;
            continue;
        }
        // The phone number expected of this file is another than the one that stands in it.
        let mut named = found.clone();
        named[0]["Contact Phone Number"] = "1234567890".into();
        assert_eq!(named, expected, "{}", path.display());
        assert_eq!(found[0]["Contact Phone Number"], "2095257564");
        contradicted.push(path.file_name().unwrap().to_owned());
    }
    eprintln!("{right} of 12 exactly; contradicted by their own expectation: {contradicted:?}");
    assert_eq!(
        (right, contradicted),
        (11, vec!["location_coordinates.csv".into()])
    );
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn json_testsuite_is_judged_as_it_judges() {
    let Some(folder) = shared("json-testsuite/test_parsing") else {
        return;
    };
    let mut wrong = Vec::new();
    let mut judged = [0; 3];
    for path in files(&folder, "json") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let accepted = json::check(File::open(&path).unwrap());
        let (kind, promised) = match &name[..2] {
            "y_" => (0, Some(true)),
            "n_" => (1, Some(false)),
            _ => (2, None),
        };
        judged[kind] += 1;
        if promised.is_some_and(|promised| promised != accepted.is_ok()) {
            wrong.push(format!("{name}: {accepted:?}"));
        }
        // As a table: whatever comes of it, no panic, and nothing malformed passes for one.
        let file = File::open(&path).unwrap();
        let dialect = Dialect {
            format: Some(Format::Json),
            ..Dialect::default()
        };
        let outcome = table::open(file, u64::MAX, &name, &dialect);
        if promised == Some(false) && outcome.is_ok() {
            wrong.push(format!("{name}: passes for a table"));
        }
    }
    eprintln!("y_ {}, n_ {}, i_ {}", judged[0], judged[1], judged[2]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(judged.iter().sum::<i32>(), 318);
}

/// The delimiter that stands most often in the first line, and RFC 4180: what a plain reader reads.
fn plainly(path: &Path) -> (Vec<String>, Rows) {
    let bytes = std::fs::read(path).unwrap();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let first = bytes.split(|&b| b == b'\n').next().unwrap();
    let count = |d: u8| first.iter().filter(|&&b| b == d).count();
    let delimiter = if count(b';') > count(b',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(bytes);
    let cells = |record: csv::ByteRecord| -> Vec<String> {
        record
            .iter()
            .map(|cell| decode(cell).into_owned())
            .collect()
    };
    let header = cells(reader.byte_headers().unwrap().clone());
    let rows = reader.byte_records().map(|r| cells(r.unwrap())).collect();
    (header.iter().map(|h| h.trim().to_owned()).collect(), rows)
}

fn well_formed(folders: &[PathBuf]) -> usize {
    let mut rows = 0;
    for folder in folders {
        for path in files(folder, "csv") {
            let (ours, theirs) = (read(&path), plainly(&path));
            assert!(ours == theirs, "{} is read otherwise", path.display());
            rows += ours.1.len();
        }
    }
    rows
}

#[test]
fn the_demo_files_are_read_as_plainly_as_they_are_written() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    assert!(well_formed(&[data]) > 10_000);
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn real_files_are_read_as_plainly_as_they_are_written() {
    let folders = [
        "azure-pdm",
        "predecessor",
        "scms",
        "skab/valve1",
        "stations",
        "csv-spectrum",
    ];
    let Some(folders) = folders.map(shared).into_iter().collect::<Option<Vec<_>>>() else {
        return;
    };
    assert!(well_formed(&folders) > 60_000);
}

fn opened(bytes: Vec<u8>, dialect: &Dialect) -> Option<Box<dyn RecordStream>> {
    match table::text(Cursor::new(bytes), "any", dialect).ok()? {
        Table::Csv(stream) => Some(stream),
        Table::Other(stream) => Some(stream),
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_format_end_without_a_panic(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..2000),
            "[\\[\\]{}:,;\"'\\\\\n\r\t a0-9.-]{0,400}".prop_map(String::into_bytes),
        ],
        format in proptest::option::of(prop_oneof![
            Just(Format::Csv), Just(Format::Json), Just(Format::Ndjson),
        ]),
        packed in any::<bool>(),
    ) {
        let bytes = if packed { zstd::encode_all(&bytes[..], 1).unwrap() } else { bytes };
        let dialect = Dialect { format, ..Dialect::default() };
        if let Some(mut stream) = opened(bytes.clone(), &dialect) {
            let (mut record, mut last) = (RawRecord::default(), 0);
            let ended = loop {
                match stream.read(&mut record) {
                    Ok(true) => {
                        prop_assert!(record.line >= last);
                        last = record.line;
                    }
                    other => break other,
                }
            };
            // Read to its end, the digest is that of the file.
            if ended.is_ok() {
                prop_assert_eq!(stream.digest(), *blake3::hash(&bytes).as_bytes());
            }
        }
    }

    #[test]
    fn what_a_mapping_accepts_is_whole_and_within_the_limits(
        rows in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![
                    "[0-9]{1,4}(\\.[0-9]{1,3})?",
                    "(2026-01-0[1-9]T0[0-9]:00:00|L[0-9]|-|NaN|inf|1e400|,|\"|)",
                ],
                4..8,
            ),
            1..30,
        )
    ) {
        let lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
        let text = format!("t,l,a,b,c,d\n{}\n", lines.join("\n"));
        let dialect = Dialect { header_row: Some(1), ..Dialect::default() };
        let mut stream = opened(text.clone().into_bytes(), &dialect).unwrap();
        let column = |name: &str| (name.to_owned(), 1.0, 0.0);
        let mapping = Mapping {
            timestamp: "t".into(),
            format: None,
            zone: jiff::tz::TimeZone::UTC,
            loco: LocoFrom::Column("l".into()),
            channels: Some([column("a"), column("b"), column("c"), column("d")]),
            label: None,
            kind: None,
            component: None,
            only: Vec::new(),
        };
        let mut bound = match Bound::new(&mapping, Role::Telemetry, stream.as_ref(), "any") {
            Ok(bound) => bound,
            // Another delimiter spoke louder than the header's.
            Err(_) => return Ok(()),
        };
        let limits = Limits::default();
        let mut record = RawRecord::default();
        while stream.read(&mut record).unwrap() {
            let whole = bound.whole(&record).is_ok();
            prop_assert_eq!(whole, record.len() == 6 && !record.cut);
            if let Ok(values) = bound.values(&record, &limits) {
                prop_assert!(limits.outside(&values).is_none());
            }
            if let Ok((loco, at_ms)) = bound.identity(&record) {
                prop_assert!(!loco.trim().is_empty() && at_ms > 0);
            }
            let raw = String::from_utf8(record.raw.clone()).unwrap();
            prop_assert!(text.contains(&raw));
        }
    }
}
