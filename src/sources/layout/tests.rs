use super::*;

fn find(text: &str) -> Layout {
    Layout::find(text.as_bytes(), true, &Dialect::default())
}

fn delimiter_of(text: &str) -> char {
    find(text).marks.delimiter as char
}

#[test]
fn delimiters_are_found() {
    assert_eq!(delimiter_of("a,b\n1,2\n"), ',');
    assert_eq!(delimiter_of("a;b\n1,5;2,5\n"), ';');
    assert_eq!(delimiter_of("a\tb\n1\t2\n"), '\t');
    assert_eq!(delimiter_of("a|b|c\n1|2|3\n"), '|');
    for rare in [':', '^', '~', ' '] {
        let text = "t,x,y\n1,2,3\n4,5,6\n7,8,9\n".replace(',', &rare.to_string());
        assert_eq!(delimiter_of(&text), rare);
    }
    // One column, whatever it says.
    assert_eq!(delimiter_of("name\nJean Paul\nAnne Marie\n"), ',');
    assert_eq!(delimiter_of("note\nbe back: soon\nok\n"), ',');
}

#[test]
fn commas_in_names_and_numbers_do_not_mislead() {
    let text = "Time, s;Flow, L/min;Pressure, bar\n0;491,9;4,96\n1;485,7;4,93\n2;400;5\n";
    assert_eq!(delimiter_of(text), ';');
    let text = "at,note\n2026-01-01 00:00:00,a; b; c\n2026-01-01 00:10:00,d\n";
    assert_eq!(delimiter_of(text), ',');
}

#[test]
fn a_few_bad_rows_change_nothing() {
    let mut text = "a,b,c\n".to_owned();
    for i in 0..50 {
        text += &format!("{i},x y,{i}.5\n");
        if i % 10 == 0 {
            text += "1;2;3;4\n\"stray,1,2\n";
        }
    }
    let layout = find(&text);
    assert_eq!((layout.marks, layout.width), (Marks::default(), 3));
    assert_eq!(layout.preamble_lines, 0);
}

#[test]
fn quotes_escapes_and_spaces_are_found() {
    assert_eq!(find("a,b\n'x, y','z'\n'1, 2','it's'\n").marks.quote, b'\'');
    assert_eq!(find("a,b\n\"x\",'z'\n").marks.quote, b'"');
    assert_eq!(find("a,b\nl'eau,d'or\n").marks.quote, b'"');
    let text = "a,b\n1,\"4\\\", wide\"\n2,\"5\\\", high\"\n";
    assert_eq!(find(text).marks.escape, Some(b'\\'));
    assert_eq!(find("a,b\n1,\"c:\\\"\n").marks.escape, None);
    assert!(find("a, b\n1, \"2, 3\"\n4, 5\n").marks.spaced);
    assert!(!find("a,b\n1, 2\n4,5\n").marks.spaced);
}

#[test]
fn a_preamble_is_passed_over() {
    let table = "t,x,y\n1,2,3\n4,5,6\n";
    for (preamble, lines) in [
        ("Station Douala\n\n", 2),
        ("Report,,\n,,\n", 2),
        ("# made by hand, on a Monday\n# and more\n", 2),
        ("", 0),
        ("\n\n", 2),
    ] {
        let found = find(&format!("{preamble}{table}"));
        assert_eq!(found.preamble_lines, lines, "{preamble:?}");
        assert_eq!(found.width, 3);
    }
}

#[test]
fn a_ragged_header_is_still_the_header() {
    for header in ["t,x", "t,x,y,z", "t;x;y", "\"t,x,y"] {
        assert_eq!(
            find(&format!("{header}\n1,2,3\n4,5,6\n7,8,9\n")).preamble_lines,
            0
        );
    }
}

#[test]
fn what_is_given_is_not_looked_for() {
    let given = Dialect {
        delimiter: Some(b'x'),
        quote: Some(b'!'),
        header_row: Some(3),
        ..Dialect::default()
    };
    let layout = Layout::find(b"a,b\n1,2\ncxd\n1x2\n", true, &given);
    assert_eq!((layout.marks.delimiter, layout.marks.quote), (b'x', b'!'));
    assert_eq!((layout.width, layout.preamble_lines), (2, 0));
}

#[test]
fn rows_that_are_all_too_wide_do_not_cost_a_named_header_its_place() {
    let text = "timestamp,loco,flow\nx,A,0,1\n2026-01-01T00:00:00Z,A,0,2\n2026-01-01T00:01:00Z,B,\"1,5\",7\n";
    let given = |names: &[&str]| Dialect {
        columns: names.iter().map(|&name| name.to_owned()).collect(),
        ..Dialect::default()
    };
    let found = |text: &str, names: &[&str]| Layout::find(text.as_bytes(), true, &given(names));
    assert_eq!(
        find(text).preamble_lines,
        1,
        "by its shape alone the first row looks like it"
    );
    assert_eq!(
        found(text, &["timestamp", "flow", "loco"]).preamble_lines,
        0
    );
    // Names that stand nowhere change nothing, and a row further down is never jumped to.
    assert_eq!(found(text, &["time", "rate"]), find(text));
    let late = "x,y\n1,2\n3,4\ntimestamp,flow\n5,6\n";
    assert_eq!(found(late, &["timestamp", "flow"]).preamble_lines, 0);
    // A preamble is one all the same.
    let above = format!("Depot: Bassa\n\n{text}");
    assert_eq!(
        found(&above, &["timestamp", "flow", "loco"]).preamble_lines,
        2
    );
}

#[test]
fn the_delimiter_is_the_one_that_parts_the_names() {
    let text = "at;flow rate\n1,2,3;4,5,6\n1,2,3;4,5,6\n";
    let given = Dialect {
        columns: vec!["at".into(), "flow rate".into()],
        ..Dialect::default()
    };
    assert_eq!(
        Layout::find(text.as_bytes(), true, &given).marks.delimiter,
        b';'
    );
}
