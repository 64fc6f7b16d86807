//! A file is read in pieces, and each piece once.

use super::*;
use proptest::prelude::*;

const ALL: Take = Take {
    unfinished: false,
    bytes: u64::MAX,
};

type Rows = Vec<(u64, Vec<u8>)>;

fn drain(stream: &mut dyn RecordStream) -> Rows {
    let (mut rows, mut record) = (Vec::new(), RawRecord::default());
    while stream.read(&mut record).unwrap() {
        rows.push((record.line, record.raw.clone()));
    }
    rows
}

/// As a load does: on from `reach` where possible, else from the start; whether it went on.
fn read(path: &Path, reach: Option<Reach>, take: Take, marks: &Marks) -> (bool, Rows, Reach) {
    let file = DiskFile::new(path.to_path_buf(), Dialect::default());
    assert!(is_text(&file));
    let file = FollowedFile::new(file, take, marks.clone());
    let resumed = reach.and_then(|reach| file.resume(&reach).unwrap());
    let on = resumed.is_some();
    let mut stream = resumed.unwrap_or_else(|| {
        file.digest().unwrap();
        file.open().unwrap()
    });
    let rows = drain(stream.as_mut());
    (on, rows, file.reach().unwrap())
}

#[test]
fn half_a_line_waits_for_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let marks = Marks::default();
    std::fs::write(&path, "a,b\n1,2\n3,").unwrap();
    let (_, rows, reach) = read(&path, None, ALL, &marks);
    assert_eq!(rows, [(2, b"1,2".to_vec())]);
    assert_eq!((reach.bytes, reach.lines), (8, 2));
    std::fs::write(&path, "a,b\n1,2\n3,4\n5,6\n7").unwrap();
    let (on, rows, reach) = read(&path, Some(reach), ALL, &marks);
    assert!(on);
    assert_eq!(rows, [(3, b"3,4".to_vec()), (4, b"5,6".to_vec())]);
    assert_eq!(
        reach.digest,
        *blake3::hash(b"a,b\n1,2\n3,4\n5,6\n").as_bytes()
    );
    // Nobody writes any more: the rest is shown as it is, and is not what the next reading begins after.
    let quiet = Take {
        unfinished: true,
        ..ALL
    };
    let (on, rows, again) = read(&path, Some(reach), quiet, &Marks::default());
    assert!(on);
    assert_eq!(rows, [(5, b"7".to_vec())]);
    assert_eq!(again, reach);
}

#[test]
fn another_file_in_its_place_is_read_from_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    for marks in [Marks::default(), Marks::default()] {
        let text: String = (0..4000).map(|i| format!("{i},{i}\n")).collect();
        std::fs::write(&path, format!("a,b\n{text}")).unwrap();
        let (_, _, reach) = read(&path, None, ALL, &marks);
        let other = [
            // Cut back, rotated, rewritten at its start, rewritten at its end.
            "a,b\n1,2\n".to_owned(),
            format!("a,b\n{}", text.replace(",1", ",9")),
            format!("b,a\n{text}9,9\n"),
            format!("a,b\n{}0,0\n9,9\n", &text[..text.len() - 4]),
        ];
        for text in other {
            std::fs::write(&path, text).unwrap();
            let (on, rows, _) = read(&path, Some(reach), ALL, &marks);
            assert!(!on);
            assert_eq!(rows[0].0, 2);
        }
    }
    // In the middle: not seen by a process that read it itself, always by one that did not.
    let text: String = (0..4000).map(|i| format!("{i},{i}\n")).collect();
    std::fs::write(&path, format!("a,b\n{text}")).unwrap();
    let (_, _, reach) = read(&path, None, ALL, &Marks::default());
    std::fs::write(&path, format!("a,b\n{}", text.replace("2000,", "7000,"))).unwrap();
    assert!(!read(&path, Some(reach), ALL, &Marks::default()).0);
}

#[test]
fn room_that_a_copy_has_reserved_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let mut text = b"a,b\n1,2\n3,4".to_vec();
    text.resize(100_000, 0);
    std::fs::write(&path, text).unwrap();
    let (_, rows, _) = read(&path, None, ALL, &Marks::default());
    assert_eq!(rows, [(2, b"1,2".to_vec())]);
}

#[test]
fn what_can_be_cut_between_lines() {
    let any = Dialect::default();
    assert!(is_lines(b"a;b\n", &any) && is_lines(b"\xEF\xBB\xBFa\n", &any));
    for start in [
        &b"\x1F\x8B\x08"[..],
        b"PK\x03\x04",
        b"{\"a\"",
        b" [",
        b"a\0b\0",
        b"\xFF\xFEa\0",
    ] {
        assert!(!is_lines(start, &any), "{start:?}");
    }
    let json = Dialect {
        format: Some(Format::Ndjson),
        ..any
    };
    assert!(!is_lines(b"a,b", &json));
}

proptest! {
    #[test]
    fn read_in_pieces_is_read_at_once(
        lines in proptest::collection::vec("[a-z0-9]{1,40},[a-z0-9]{0,60}", 1..400),
        ends in prop_oneof![Just("\n"), Just("\r\n")],
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        bytes in prop_oneof![Just(u64::MAX), 150_u64..3000],
        restarts in any::<bool>(),
    ) {
        let text = format!("left,right{ends}{}{ends}", lines.join(ends));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, &text).unwrap();
        let (_, whole, _) = read(&path, None, ALL, &Marks::default());
        prop_assert_eq!(whole.len(), lines.len());
        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(text.len())).collect();
        cuts.sort_unstable();
        cuts.push(text.len());
        let (mut marks, mut reach, mut seen) = (Marks::default(), None, Vec::new());
        let take = Take { unfinished: false, bytes };
        for cut in cuts {
            std::fs::write(&path, &text[..cut]).unwrap();
            loop {
                if reach.is_none() && !text[..cut].contains('\n') {
                    break;
                }
                if restarts {
                    marks = Marks::default();
                }
                let (on, rows, now) = read(&path, reach, take, &marks);
                prop_assert_eq!(on, reach.is_some());
                seen.extend(rows);
                if reach.replace(now) == Some(now) {
                    break;
                }
            }
        }
        prop_assert_eq!(seen, whole);
    }
}
