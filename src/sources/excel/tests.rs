//! Workbooks made here, good and hostile.

use std::io::{Seek, Write};

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

type Rows = Vec<(u64, Vec<String>)>;

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn rows(bytes: &[u8], dialect: &Dialect) -> Result<(Vec<String>, Rows), SourceError> {
    let mut stream = open(file(bytes), dialect)?;
    let (mut found, mut record) = (Vec::new(), RawRecord::default());
    while stream.read(&mut record)? {
        let fields = (0..record.len())
            .map(|i| record.field_text(i).unwrap().into_owned())
            .collect();
        found.push((record.line, fields));
    }
    assert_eq!(stream.digest(), *blake3::hash(bytes).as_bytes());
    Ok((stream.header().to_vec(), found))
}

fn fields(text: &[&str]) -> Vec<String> {
    text.iter().map(|s| (*s).to_owned()).collect()
}

/// A title, a header in the second column of the third row, dates, an empty row, a note on the right.
fn fleet() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes").unwrap();
    let sheet = book.add_worksheet().set_name("Mesures").unwrap();
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    sheet.write(0, 1, "Relevé de la rame").unwrap();
    for (i, name) in ["heure", "rame", " débit ", "ok"].iter().enumerate() {
        sheet.write(2, 1 + i as u16, *name).unwrap();
    }
    for (row, minutes) in [(3, 0), (4, 10), (6, 20)] {
        let at = ExcelDateTime::from_ymd(2026, 1, 1)
            .unwrap()
            .and_hms(0, minutes, 0)
            .unwrap();
        sheet.write_with_format(row, 1, &at, &time).unwrap();
        sheet.write(row, 2, "LOCO, 1").unwrap();
        sheet.write(row, 3, 500.5).unwrap();
        sheet.write(row, 4, true).unwrap();
    }
    sheet.write(4, 9, "see me").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_table_is_found_in_the_first_sheet_that_has_one() {
    let (header, rows) = rows(&fleet(), &Dialect::default()).unwrap();
    assert_eq!(header, fields(&["heure", "rame", "débit", "ok"]));
    let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(lines, [4, 5, 7]);
    assert_eq!(
        rows[1].1,
        fields(&["2026-01-01T00:10:00", "LOCO, 1", "500.5", "true"])
    );
}

#[test]
fn the_row_is_kept_whole() {
    let mut stream = open(file(&fleet()), &Dialect::default()).unwrap();
    let mut record = RawRecord::default();
    stream.read(&mut record).unwrap();
    assert!(stream.read(&mut record).unwrap());
    assert_eq!(
        String::from_utf8(record.raw).unwrap(),
        ",2026-01-01T00:10:00,\"LOCO, 1\",500.5,true,,,,,see me"
    );
}

#[test]
fn sheet_and_header_may_be_named() {
    let dialect = |sheet: &str, header_row| Dialect {
        sheet: Some(sheet.to_owned()),
        header_row,
        ..Dialect::default()
    };
    let bytes = fleet();
    assert_eq!(rows(&bytes, &dialect("mesures", None)).unwrap().1.len(), 3);
    let (header, below) = rows(&bytes, &dialect("Mesures", Some(4))).unwrap();
    assert_eq!(header[1], "LOCO, 1");
    assert_eq!(below.len(), 2);
    assert_eq!(
        rows(&bytes, &dialect("Fevrier", None)).unwrap_err(),
        SourceError::NoSuchSheet {
            sheet: "Fevrier".into(),
            sheets: "Notes, Mesures".into(),
        }
    );
    for empty in [dialect("Notes", None), dialect("Mesures", Some(2))] {
        assert!(matches!(
            rows(&bytes, &empty).unwrap_err(),
            SourceError::NoTable { .. }
        ));
    }
}

#[test]
fn many_rows_pass_in_order_and_one_may_stop_listening() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "n").unwrap();
    sheet.write(0, 1, "text").unwrap();
    for row in 1..=20_000 {
        sheet.write(row, 0, row).unwrap();
        sheet.write(row, 1, "x").unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let (_, rows) = rows(&bytes, &Dialect::default()).unwrap();
    assert_eq!(rows.len(), 20_000);
    assert!(rows.iter().enumerate().all(|(i, row)| {
        row.0 == i as u64 + 2 && row.1 == fields(&[&(i + 1).to_string(), "x"])
    }));
    let mut stream = open(file(&bytes), &Dialect::default()).unwrap();
    assert!(stream.read(&mut RawRecord::default()).unwrap());
}

#[test]
fn what_is_no_workbook_says_so() {
    let excel = Dialect {
        format: Some(crate::domain::Format::Excel),
        ..Dialect::default()
    };
    for bytes in [
        &b""[..],
        b"a,b\n1,2\n",
        b"PK\x03\x04\0\0junk",
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and then nothing",
    ] {
        assert!(is_meant(&file(bytes), &excel));
        assert!(matches!(
            open(file(bytes), &excel).err(),
            Some(SourceError::Workbook { .. })
        ));
    }
    let half = fleet();
    assert!(open(file(&half[..half.len() / 2]), &excel).is_err());
    assert!(!is_meant(&file(b"a,b\n"), &Dialect::default()));
    assert!(is_meant(&file(&half), &Dialect::default()));
}

proptest! {
    /// What is looked at before it is parsed is looked at with the same distrust.
    #[test]
    fn any_bytes_are_looked_at_without_a_panic(
        magic in prop_oneof![
            Just(&b"PK\x03\x04"[..]),
            Just(&b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"[..]),
            Just(&b""[..]),
        ],
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        end in any::<bool>(),
    ) {
        let mut all = [magic, &bytes].concat();
        if end {
            all.extend_from_slice(b"PK\x05\x06");
            all.extend(bytes.iter().rev().take(18));
        }
        let _outcome = limits::look(&file(&all));
    }

    #[test]
    fn any_text_is_read_as_tags_without_a_panic(text in "[<>/a:'\"=?! \\-\\[\\]x0-9]{0,200}") {
        let mut tags = xml::Tags::new(text.as_bytes());
        while let Ok(Some(_)) = tags.next() {
            let _number = tags.number("a");
        }
        let _outcome = ods::weigh(text.as_bytes());
    }
}

/// Bytes of a good workbook, spoilt one after the other: errors, never a panic or an abort.
#[test]
fn a_spoilt_workbook_ends_in_an_error_or_in_rows() {
    let good = fleet();
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        if let Ok(mut stream) = open(file(&bad), &Dialect::default()) {
            let mut record = RawRecord::default();
            while let Ok(true) = stream.read(&mut record) {}
        }
    }
}

#[test]
fn a_panic_in_the_library_ends_its_workbook_only() {
    let (out, coming) = sync_channel(1);
    drop(out);
    let worker = std::thread::Builder::new()
        .name("cidp-workbook".into())
        .spawn(|| panic!("as the library does"))
        .unwrap();
    let mut stream = SheetStream {
        file: file(b""),
        sheet: String::new(),
        header: Vec::new(),
        header_row: 0,
        left: 0,
        decimal_comma: true,
        rows: Vec::new().into_iter(),
        coming,
        worker: Some(worker),
    };
    assert!(matches!(
        stream.read(&mut RawRecord::default()).unwrap_err(),
        SourceError::Workbook { .. }
    ));
}
