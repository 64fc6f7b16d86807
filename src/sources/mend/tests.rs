use super::*;

fn cells(text: &str) -> Cells {
    text.split('|')
        .map(|cell| cell.as_bytes().to_vec())
        .collect()
}

fn mender() -> Mender {
    let mut mender = Mender::new(Marks::default(), 5);
    for i in 10..40 {
        let note = ["pump, seen", "valve", "hose of 3\" or so"][i % 3];
        let row = format!("2026-01-{i}|{}:00|AB-{}|{note}|", i % 10, i * 17 + 1000);
        mender.learn(&cells(&row));
    }
    mender
}

#[test]
fn each_irregularity_is_mended() {
    let well = "2026-01-12|7:00|AB-1234|pump, seen|";
    for line in [
        // A delimiter too many, anywhere.
        r#",2026-01-12,7:00,AB-1234,"pump, seen","#,
        r#"2026-01-12,,7:00,AB-1234,"pump, seen","#,
        r#"2026-01-12,7:00,AB-1234,,"pump, seen","#,
        r#"2026-01-12,7:00,AB-1234,"pump, seen",,"#,
        // One too few.
        r#"2026-01-127:00,AB-1234,"pump, seen","#,
        r#"2026-01-12,7:00AB-1234,"pump, seen","#,
        r#"2026-01-12,7:00,AB-1234"pump, seen","#,
        r#"2026-01-12,7:00,AB-1234,"pump, seen""#,
        // Quotes forgotten, or another delimiter.
        "2026-01-12,7:00,AB-1234,pump, seen,",
        r#"2026-01-12;7:00;AB-1234;"pump, seen";"#,
        r#"2026-01-12 7:00 AB-1234 "pump, seen" "#,
        "2026-01-12 7:00 AB-1234 pump, seen ",
    ] {
        assert_eq!(mender().mend(line.as_bytes()), Some(cells(well)), "{line}");
    }
}

#[test]
fn a_stray_quote_belongs_to_its_cell() {
    for (line, well) in [
        (
            r#""2026-01-12,7:00,AB-1234,"pump, seen","#,
            "\"2026-01-12|7:00|AB-1234|pump, seen|",
        ),
        (
            r#"2026-01-12,7:00,AB-1234,""pump, seen","#,
            "2026-01-12|7:00|AB-1234|\"pump, seen|",
        ),
        (
            r#"2026-01-12,7:00,AB-1234,"pump, 3"","#,
            "2026-01-12|7:00|AB-1234|pump, 3\"|",
        ),
        (
            r#"2026-01-12,7:00,AB-1234,"pump, 3" wide","#,
            "2026-01-12|7:00|AB-1234|pump, 3\" wide|",
        ),
        (
            r#"2026-01-12,7:00,AB-1234,"pump, seen",""#,
            "2026-01-12|7:00|AB-1234|pump, seen|\"",
        ),
    ] {
        assert_eq!(mender().mend(line.as_bytes()), Some(cells(well)), "{line}");
    }
}

#[test]
fn what_fits_nothing_stays_as_it_is() {
    assert_eq!(mender().mend(b"1,2,3,4,5,6,7,8,9"), None);
    assert_eq!(mender().plain(b"1,2"), cells("1|2"));
}

proptest::proptest! {
    #[test]
    fn no_byte_of_a_cell_is_lost(line in "[0-9a-z:\" ,-]{0,60}") {
        if let Some(cells) = mender().mend(line.as_bytes()) {
            let kept = |text: &[u8]| -> Vec<u8> {
                text.iter().copied().filter(|b| !b", \"".contains(b)).collect()
            };
            proptest::prop_assert_eq!(kept(line.as_bytes()), kept(&cells.concat()));
        }
    }
}
