//! What was exported is read back by others' readers.

use std::io::Read;

use ::parquet::basic::{Compression, LogicalType, TimeUnit};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;
use calamine::{Data, Reader as _};

use super::*;
use crate::warehouse::Column;

const COLUMNS: &[Column] = Exported::Quarantine.columns();

fn row(line: i64) -> [Field<'static>; 10] {
    [
        Field::Text("bench"),
        Field::Text("a.csv"),
        Field::Int(line),
        Field::Text("wrong_type"),
        Field::Text("pressure “ERR, sic” is not a number"),
        Field::Bytes(b"d\xE9bit;\"x\"\x01\n"),
        Field::Empty,
        Field::Time(1_767_225_600_250 + line),
        Field::Int(7),
        Field::Flag(true),
    ]
}

fn written(mut sink: Box<dyn Sink>, rows: i64) {
    for line in 1..=rows {
        sink.row(&row(line)).unwrap();
    }
    sink.end().unwrap();
}

#[test]
fn csv_is_plain() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let sink = csv::CsvSink::new(COLUMNS, file.reopen().unwrap()).unwrap();
    written(Box::new(sink), 2);
    let mut text = String::new();
    file.reopen().unwrap().read_to_string(&mut text).unwrap();
    let expected = "source,file,line,reason,detail,raw,locomotive,time_utc,run,synthetic\n\
        bench,a.csv,1,wrong_type,\"pressure “ERR, sic” is not a number\",\
        \"débit;\"\"x\"\"\u{1}\n\",,2026-01-01T00:00:00.251Z,7,1\n";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn parquet_has_logical_types_and_bounded_groups() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let sink = parquet::ParquetSink::new(COLUMNS, file.reopen().unwrap()).unwrap();
    written(Box::new(sink), 300_000);
    let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.file_metadata().num_rows(), 300_000);
    assert_eq!(metadata.num_row_groups(), 2);
    let schema = metadata.file_metadata().schema_descr();
    assert_eq!(
        schema.column(7).logical_type_ref().cloned(),
        Some(LogicalType::timestamp(true, TimeUnit::MILLIS))
    );
    assert_eq!(
        schema.column(0).logical_type_ref().cloned(),
        Some(LogicalType::String)
    );
    assert!(matches!(
        metadata.row_group(0).column(0).compression(),
        Compression::ZSTD(_)
    ));
    let last = reader.get_row_iter(None).unwrap().last().unwrap().unwrap();
    assert_eq!(last.get_string(0).unwrap(), "bench");
    assert_eq!(last.get_long(2).unwrap(), 300_000);
    assert_eq!(last.get_bytes(5).unwrap().data(), b"d\xE9bit;\"x\"\x01\n");
    assert!(last.get_string(6).is_err(), "empty is null");
    assert_eq!(last.get_timestamp_millis(7).unwrap(), 1_767_225_900_250);
    assert!(last.get_bool(9).unwrap());
}

#[test]
fn a_workbook_has_dates_and_goes_on_in_the_next_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.xlsx");
    let out = File::create(&file).unwrap();
    let sink = xlsx::XlsxSink::new("quarantine", COLUMNS, out, folder.path()).unwrap();
    written(Box::new(sink.with_sheets_of(4)), 5);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&file).unwrap();
    assert_eq!(book.sheet_names(), ["quarantine", "quarantine 2"]);
    let sheets = ["quarantine", "quarantine 2"].map(|name| book.worksheet_range(name).unwrap());
    assert_eq!((sheets[0].height(), sheets[1].height()), (4, 3));
    for sheet in &sheets {
        assert_eq!(
            sheet.get_value((0, 0)),
            Some(&Data::String("source".into()))
        );
    }
    let cell = |row, column| sheets[1].get_value((row, column)).unwrap().clone();
    assert_eq!(cell(1, 2), Data::Float(4.0));
    assert_eq!(cell(1, 5), Data::String("débit;\"x\"\n".into()));
    assert_eq!(cell(1, 9), Data::Bool(true));
    let Data::DateTime(at) = cell(1, 7) else {
        panic!("not a date");
    };
    assert_eq!(at.to_ymd_hms_milli(), (2026, 1, 1, 0, 0, 0, 254));
}

#[test]
fn the_format_is_that_of_the_extension() {
    let of = |name: &str| FileFormat::of(Path::new(name));
    assert_eq!(of("a/b.CSV"), Some(FileFormat::Csv));
    assert_eq!(of("b.parquet"), Some(FileFormat::Parquet));
    assert_eq!(of("b.xlsx"), Some(FileFormat::Xlsx));
    assert_eq!((of("b.xls"), of("b")), (None, None));
}
