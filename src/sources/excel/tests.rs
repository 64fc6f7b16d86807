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

/// An archive of these parts, not packed.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let length = u32::try_from(text.len()).unwrap().to_le_bytes();
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let crc = crc.sum().to_le_bytes();
        let shared = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &crc,
            &length,
            &length,
            &name_length,
        ];
        bytes.extend(
            [
                b"PK\x03\x04",
                &shared.concat()[..],
                &[0; 2],
                name.as_bytes(),
            ]
            .concat(),
        );
        bytes.extend(text.as_bytes());
        let head = [
            b"PK\x01\x02",
            &[20, 0][..],
            &shared.concat(),
            &[0; 12],
            &offset,
        ];
        directory.extend([&head.concat()[..], name.as_bytes()].concat());
    }
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    let at = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let length = u32::try_from(directory.len()).unwrap().to_le_bytes();
    bytes.extend(directory);
    bytes.extend(
        [
            b"PK\x05\x06",
            &[0; 4][..],
            &count,
            &count,
            &length,
            &at,
            &[0; 2],
        ]
        .concat(),
    );
    bytes
}

const RELATIONS: &str = "<Relationships><Relationship Id=\"r1\" Type=\"x/relationships/officeDocument\" \
    Target=\"xl/workbook.xml\"/></Relationships>";
const BOOK: &str = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
const BOOK_RELATIONS: &str = "<Relationships><Relationship Id=\"r1\" Type=\"x/relationships/worksheet\" \
    Target=\"worksheets/sheet1.xml\"/></Relationships>";

/// A small workbook of these parts.
fn book(sheet: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", RELATIONS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    parts.extend(more);
    archive(&parts)
}

fn cells(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

const HEADER: &str =
    "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\" t=\"str\"><v>b</v></c></row>";

#[test]
fn a_workbook_that_lies_of_its_parts_is_refused_by_name() {
    let sheet = cells(&format!(
        "{HEADER}<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"B2\"><v>2</v></c></row>"
    ));
    let dialect = Dialect::default();
    assert_eq!(rows(&book(&sheet, &[]), &dialect).unwrap().1.len(), 1);
    let strings = "<sst uniqueCount=\"99999999999999\"><si><t>x</t></si></sst>";
    let formats = format!(
        "<styleSheet><cellXfs>{}</cellXfs></styleSheet>",
        "<xf/>".repeat(200_000)
    );
    let long = format!(
        "<styleSheet><numFmts><numFmt numFmtId=\"9\" formatCode=\"{}\"/></numFmts><cellXfs>{}</cellXfs></styleSheet>",
        "0".repeat(100_000),
        "<xf numFmtId=\"9\"/>".repeat(10_000)
    );
    for (name, text) in [
        ("xl/sharedStrings.xml", strings),
        ("xl/styles.xml", &formats),
        ("xl/styles.xml", &long),
        ("xl/styles.xml", "<styleSheet><cellXfs>"),
    ] {
        assert!(matches!(
            rows(&book(&sheet, &[(name, text)]), &dialect).unwrap_err(),
            SourceError::Workbook { .. }
        ));
    }
}

#[test]
fn rows_as_wide_as_a_sheet_and_rows_without_end_are_bounded() {
    let far = "<row r=\"2\"><c r=\"XFD2\"><v>1</v></c></row><row r=\"1048576\"><c r=\"A1048576\"><v>1</v></c></row>";
    let (_, found) = rows(
        &book(&cells(&format!("{HEADER}{far}")), &[]),
        &Dialect::default(),
    )
    .unwrap();
    assert_eq!(
        found.iter().map(|row| row.0).collect::<Vec<_>>(),
        [2, 1_048_576]
    );
    let long = "x".repeat(30_000);
    let cell = format!("<c t=\"str\"><v>{long}</v></c>");
    let wide = format!("{HEADER}<row r=\"2\">{}</row>", cell.repeat(60));
    assert!(matches!(
        rows(&book(&cells(&wide), &[]), &Dialect::default()).unwrap_err(),
        SourceError::EndlessLine { line: 2, .. }
    ));
}

#[test]
fn no_sheet_has_more_rows_than_a_sheet_has() {
    let past = "<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>";
    let many = "<row/>".repeat(1_048_577);
    for rows_of in [past, &many] {
        let bytes = book(&cells(&format!("{HEADER}{rows_of}")), &[]);
        assert!(matches!(
            rows(&bytes, &Dialect::default()).unwrap_err(),
            SourceError::Workbook { .. }
        ));
    }
}

#[test]
fn cells_out_of_order_and_twice_are_put_in_order() {
    let odd = "<row r=\"2\"><c r=\"B2\"><v>2</v></c><c r=\"A2\"><v>0</v></c><c r=\"A2\"><v>1</v></c></row>";
    let (_, found) = rows(
        &book(&cells(&format!("{HEADER}{odd}")), &[]),
        &Dialect::default(),
    )
    .unwrap();
    assert_eq!(found, [(2, fields(&["1", "2"]))]);
}

#[test]
fn a_part_larger_than_it_says_is_refused() {
    let mut bytes = book(&cells(HEADER), &[]);
    // The size of the sheet, in its own head and in the directory.
    let real = u32::try_from(cells(HEADER).len()).unwrap().to_le_bytes();
    let twice = [real, real].concat();
    let places: Vec<usize> = (0..bytes.len() - 8)
        .filter(|&at| bytes[at..at + 8] == twice[..])
        .collect();
    assert_eq!(places.len(), 2);
    for at in places {
        bytes[at + 4..at + 8].copy_from_slice(&9_u32.to_le_bytes());
    }
    assert!(rows(&bytes, &Dialect::default()).is_err());
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
