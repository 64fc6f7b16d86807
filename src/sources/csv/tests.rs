use super::*;
use std::io::{Cursor, Read};

use proptest::prelude::*;

fn stream(input: impl Read + 'static) -> Result<CsvStream, SourceError> {
    let dialect = Dialect::default();
    CsvStream::new(Content::open(input, &dialect)?, &dialect)
}

type Rows = Vec<(u64, Vec<String>, bool)>;

fn rows(text: &[u8]) -> Result<(Vec<String>, Rows), SourceError> {
    let mut stream = stream(Cursor::new(text.to_vec()))?;
    let (mut out, mut record) = (Vec::new(), RawRecord::default());
    while stream.read(&mut record)? {
        let fields = (0..record.len())
            .map(|i| decode(record.field(i).unwrap()).into_owned())
            .collect();
        out.push((record.line, fields, record.cut));
    }
    assert_eq!(stream.digest(), *blake3::hash(text).as_bytes());
    Ok((stream.header().to_vec(), out))
}

fn fields(text: &[&str]) -> Vec<String> {
    text.iter().map(|s| (*s).to_owned()).collect()
}

#[test]
fn lines_are_those_an_editor_shows() {
    for end in ["\n", "\r\n"] {
        let text = ["a;b", "1;2", "", "3;\"4", "5\"", "6;7", ""].join(end);
        let (header, rows) = rows(text.as_bytes()).unwrap();
        assert_eq!(header, fields(&["a", "b"]));
        assert_eq!(rows[0], (2, fields(&["1", "2"]), false));
        assert_eq!(rows[1], (4, fields(&["3", &format!("4{end}5")]), false));
        assert_eq!(rows[2], (6, fields(&["6", "7"]), false));
    }
}

#[test]
fn a_lone_carriage_return_ends_a_line_too() {
    let (_, rows) = rows(b"a,b\r1,2\r\r3,4\r\n5,6\r").unwrap();
    let lines: Vec<u64> = rows.iter().map(|r| r.0).collect();
    assert_eq!(lines, [2, 4, 5]);
    assert!(rows.iter().all(|r| r.1.len() == 2 && !r.2));
}

#[test]
fn a_file_that_ends_within_a_line_says_so() {
    let (_, rows) = rows(b"a,b\n1,2\n3,4").unwrap();
    assert_eq!(rows[1], (3, fields(&["3", "4"]), true));
    assert!(!rows[0].2);
}

#[test]
fn a_stray_quote_costs_one_line() {
    let (_, rows) = rows(b"a,b\n1,2\n\"3,4\n5,6\n7,8\n").unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1].1, fields(&["\"3,4"]));
    assert_eq!(rows[2], (4, fields(&["5", "6"]), false));
    assert_eq!(rows[3], (5, fields(&["7", "8"]), false));
}

#[test]
fn a_stray_quote_costs_one_line_in_a_long_file_too() {
    let mut text = b"a,b\n\"1,2\n".to_vec();
    for i in 0..40_000 {
        text.extend_from_slice(format!("{i},{i}\n").as_bytes());
    }
    let (_, rows) = rows(&text).unwrap();
    assert_eq!(rows.len(), 40_001);
    assert_eq!(rows[40_000].0, 40_002);
}

#[test]
fn what_is_no_table_is_refused() {
    assert_eq!(rows(b"").unwrap_err(), SourceError::Empty);
    assert_eq!(rows(b"\n \r\n").unwrap_err(), SourceError::Empty);
    assert_eq!(rows(b"PK\x03\x04\0\0\0").unwrap_err(), SourceError::Binary);
    assert_eq!(
        rows(b"\x7fELF\x01\x02,\n1\n").unwrap_err(),
        SourceError::Binary
    );
    let endless = vec![b'x'; 3 * MAX_RECORD_BYTES];
    assert!(matches!(
        rows(&endless).unwrap_err(),
        SourceError::EndlessLine { line: 1, .. }
    ));
}

#[test]
fn an_endless_line_is_given_up_in_bounded_memory() {
    let mut stream = stream(b"a,b\n".chain(std::io::repeat(b'9'))).unwrap();
    let mut record = RawRecord::default();
    assert!(matches!(
        stream.read(&mut record).unwrap_err(),
        SourceError::EndlessLine { line: 2, .. }
    ));
    assert!(stream.buffer.capacity() < 4 * MAX_RECORD_BYTES);
}

#[test]
fn a_mark_and_windows_1252_are_read() {
    let (header, rows) = rows(b"\xEF\xBB\xBFd\xE9bit\tb\n\xB0\t2\n").unwrap();
    assert_eq!(header, fields(&["débit", "b"]));
    assert_eq!(rows[0].1, fields(&["°", "2"]));
}

#[test]
fn a_name_over_two_lines_is_one_name() {
    let (header, rows) = rows(b"\"flow\r\n(L/min)\",b\n1,2\n").unwrap();
    assert_eq!(header, fields(&["flow (L/min)", "b"]));
    assert_eq!(rows[0].0, 3);
}

#[test]
fn a_preamble_is_passed_over_and_lines_stay_true() {
    let text = b"Export\n\nt;x;y\n1;2;3\n4;5\n6;7;8\n";
    let (header, rows) = rows(text).unwrap();
    assert_eq!(header, fields(&["t", "x", "y"]));
    let lines: Vec<(u64, usize)> = rows.iter().map(|row| (row.0, row.1.len())).collect();
    assert_eq!(lines, [(4, 3), (5, 2), (6, 3)]);
}

proptest! {
    #[test]
    fn every_byte_of_a_row_is_in_raw(
        cells in proptest::collection::vec("[a-z0-9 .:\"]{0,8}", 12),
        end in "(\n|\r\n|\r)",
    ) {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim_start_matches('"')).collect();
        let lines: Vec<String> = cells
            .chunks(3)
            .map(|row| row.join(","))
            .filter(|line| line != ",,")
            .collect();
        let text = format!("h1,h2,h3{end}1,2,3{end}{}{end}", lines.join(&end));
        let mut stream = stream(Cursor::new(text.clone().into_bytes())).unwrap();
        let mut record = RawRecord::default();
        let mut raw = vec!["h1,h2,h3".to_owned()];
        while stream.read(&mut record).unwrap() {
            raw.push(String::from_utf8(record.raw.clone()).unwrap());
        }
        prop_assert_eq!(raw.join(&end) + &end, text);
    }

    #[test]
    fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _outcome = rows(&bytes);
    }

    #[test]
    fn every_line_is_seen_once_whatever_quotes_it_holds(
        lines in proptest::collection::vec("[a-z0-9\",]{1,12}", 1..60)
    ) {
        let text = format!("h1,h2\n{}\n", lines.join("\n"));
        let (_, rows) = rows(text.as_bytes()).unwrap();
        // Records start on increasing lines, none past the end.
        prop_assert!(rows.windows(2).all(|w| w[0].0 < w[1].0));
        prop_assert!(rows.iter().all(|r| r.0 >= 2 && r.0 <= lines.len() as u64 + 1));
    }
}

#[test]
fn the_encoding_told_is_the_one_that_decoded() {
    let told = |bytes: &[u8]| {
        let stream = stream(Cursor::new(bytes.to_vec())).unwrap();
        (
            stream.dialect().encoding.unwrap(),
            stream.header()[0].clone(),
        )
    };
    let text = "débit;b\n1;é\n";
    let single = encoding_rs::WINDOWS_1252.encode(text).0;
    assert_eq!(told(&single), (Encoding::Windows1252, "débit".into()));
    assert_eq!(told(text.as_bytes()), (Encoding::Utf8, "débit".into()));
    assert_eq!(told(b"debit;b\n1;2\n").0, Encoding::Utf8);
    // Only below the header.
    assert_eq!(told(b"debit;b\n1;\xe9t\xe9\n").0, Encoding::Windows1252);
    // One bad cell in a file of UTF-8 does not make it another.
    let mut mixed = "débit;b\n1;é\n2;è\n".as_bytes().to_vec();
    mixed.extend(b"3;\xe9\n");
    assert_eq!(told(&mixed).0, Encoding::Utf8);
}
