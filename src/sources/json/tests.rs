use super::*;
use std::io::Cursor;

fn open(text: &str) -> Result<JsonStream, SourceError> {
    JsonStream::open(Cursor::new(text.as_bytes().to_vec()), &Dialect::default())
}

fn rows(text: &str) -> (Vec<String>, Vec<(u64, String)>) {
    let mut stream = open(text).unwrap();
    let (mut rows, mut record) = (Vec::new(), RawRecord::default());
    while stream.read(&mut record).unwrap() {
        let cells: Vec<String> = (0..record.len())
            .map(|i| record.field_text(i).unwrap().into_owned())
            .collect();
        rows.push((record.line, cells.join("|")));
        assert!(text.contains(std::str::from_utf8(&record.raw).unwrap()));
    }
    assert_eq!(stream.digest(), *blake3::hash(text.as_bytes()).as_bytes());
    (stream.header().to_vec(), rows)
}

#[test]
fn objects_are_records_wherever_their_array_lies() {
    let records = "[{\"a\": 1, \"b\": {\"c\": \"x\\u00e9\\nz\", \"d\": true}},\n {\"e\": [1, [2]], \"a\": null}\n]";
    let expected = [
        (1, "1|x\u{e9}\nz|true|".to_owned()),
        (2, "|||[1,[2]]".to_owned()),
    ];
    for text in [
        records.to_owned(),
        format!("{{\"meta\": [1, 2], \"data\": {{\"rows\": {records}}}, \"n\": 2}}"),
    ] {
        let (header, rows) = rows(&text);
        assert_eq!(header, ["a", "b.c", "b.d", "e"]);
        assert_eq!(rows, expected);
    }
}

#[test]
fn of_arrays_the_first_is_the_header() {
    let (header, rows) = rows("[[\"a\",\"b\"],\n[1,\"x\"],\n[2],\n7]");
    assert_eq!(header, ["a", "b"]);
    assert_eq!(
        rows,
        [
            (2, "1|x".to_owned()),
            (3, "2".to_owned()),
            (4, String::new())
        ]
    );
}

#[test]
fn the_path_to_the_records_can_be_given() {
    let text = "{\"x\": [{\"a\": 1}], \"y\": {\"z\": [{\"b\": 2}]}}";
    let open = |records: &str| {
        let dialect = Dialect {
            records: Some(records.to_owned()),
            ..Dialect::default()
        };
        JsonStream::open(Cursor::new(text), &dialect).map(|stream| stream.header().to_vec())
    };
    assert_eq!(open("y.z").unwrap(), ["b"]);
    assert_eq!(open("x").unwrap(), ["a"]);
    assert!(matches!(open("y"), Err(SourceError::NotATable { .. })));
}

#[test]
fn malformed_and_no_table_are_told_apart() {
    for text in ["1", "{}", "[]", "\"a\"", "{\"a\": [1, 2]}", "[1, 2]"] {
        assert!(check(text.as_bytes()).is_ok(), "{text}");
        assert!(
            matches!(open(text).err(), Some(SourceError::NotATable { .. })),
            "{text}"
        );
    }
    for text in [
        "[{\"a\": 1}",
        "[{\"a\": 1},]",
        "[{\"a\": 01}]",
        "[{\"a\": 1}] x",
        "[\"\t\"]",
    ] {
        assert!(
            matches!(
                open(text).err(),
                Some(SourceError::MalformedJson { line: 1, .. })
            ),
            "{text}"
        );
    }
    assert_eq!(open(" \n").err(), Some(SourceError::Empty));
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = "[".repeat(1_000_000);
    assert!(check(deep.as_bytes()).is_err());
    let closed = format!("{}{}", "[".repeat(400), "]".repeat(400));
    assert!(check(closed.as_bytes()).is_ok());
    let endless = b"[\"".chain(std::io::repeat(b'x'));
    assert!(matches!(
        check(endless),
        Err(SourceError::EndlessLine { .. })
    ));
}

#[test]
fn halves_of_characters_stand_for_none() {
    let (_, rows) = rows(r#"[{"a": "\ud83d\ude00 \ud800 \ud800\n \ud800\u0041 \udc00"}]"#);
    assert_eq!(rows[0].1, "😀 \u{FFFD} \u{FFFD}\n \u{FFFD}A \u{FFFD}");
}

proptest::proptest! {
    #[test]
    fn it_judges_as_serde_json_does(text in "[\\[\\]{}:,\"\\\\a0-9.eE+ntrufls -]{0,24}") {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        // An exponent beyond f64 is a number all the same.
        let theirs = match theirs {
            Err(error) if error.to_string().contains("out of range") => return Ok(()),
            other => other.is_ok(),
        };
        proptest::prop_assert_eq!(check(text.as_bytes()).is_ok(), theirs, "{}", text);
    }
}
