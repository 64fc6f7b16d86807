//! A clean table, polluted in one way, converted: what comes out must be the clean table. And what `cidp
//! convert` promises besides.

use std::io::Write;

use cidp::service::convert::{Conversion, Target, convert};

use crate::support::{TestHome, keys};

type Row = Vec<String>;

const COLUMNS: usize = 6;

/// Header and rows of readings with notes; notes hold commas, quotes and nothing at times.
fn clean() -> Vec<Row> {
    let mut rows = vec![
        [
            "timestamp",
            "loco_id",
            "flow_rate",
            "pressure",
            "note",
            "seen",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let notes = [
        "valve checked",
        "pump, then hose",
        "3\" hose, worn",
        "",
        "l'équipe de nuit",
    ];
    for i in 0..40_usize {
        rows.push(vec![
            format!("2026-02-{:02}T08:{:02}:00", i % 28 + 1, i % 60),
            format!("LOCO_{:03}", i % 7 + 1),
            format!("{}.{}", 400 + i * 3, i % 10),
            format!("{}.{:02}", 4 + i % 2, i),
            notes[i % notes.len()].to_owned(),
            ["yes", "no"][i % 2].to_owned(),
        ]);
    }
    rows
}

/// How a table is written.
#[derive(Clone)]
struct Style {
    delimiter: String,
    quote: char,
    /// Before a quote within quotes.
    escape: String,
    end: String,
}

impl Style {
    fn plain() -> Self {
        Self {
            delimiter: ",".into(),
            quote: '"',
            escape: "\"".into(),
            end: "\n".into(),
        }
    }

    fn with(change: impl Fn(&mut Self)) -> Self {
        let mut style = Self::plain();
        change(&mut style);
        style
    }

    fn cell(&self, cell: &str) -> String {
        let special = [self.quote, '\n', '\r', ' '];
        if !cell.contains(&special[..]) && !cell.contains(&self.delimiter) {
            return cell.to_owned();
        }
        let quote = self.quote.to_string();
        let inner = cell.replace(&quote, &format!("{}{quote}", self.escape));
        format!("{quote}{inner}{quote}")
    }

    fn row(&self, row: &[String]) -> String {
        let cells: Vec<String> = row.iter().map(|cell| self.cell(cell)).collect();
        cells.join(&self.delimiter)
    }

    fn lines(&self, rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| self.row(row)).collect()
    }

    fn text(&self, rows: &[Row]) -> String {
        self.lines(rows)
            .iter()
            .map(|line| format!("{line}{}", self.end))
            .collect()
    }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// One polluted file and what it means.
struct Case {
    kind: &'static str,
    bytes: Vec<u8>,
    expected: Vec<Row>,
}

#[derive(Default)]
struct Corpus(Vec<Case>);

impl Corpus {
    fn add(&mut self, kind: &'static str, bytes: impl Into<Vec<u8>>) {
        self.meaning(kind, bytes, clean());
    }

    fn meaning(&mut self, kind: &'static str, bytes: impl Into<Vec<u8>>, expected: Vec<Row>) {
        self.0.push(Case {
            kind,
            bytes: bytes.into(),
            expected,
        });
    }

    /// The plain file with one line changed.
    fn line(&mut self, kind: &'static str, at: usize, change: impl Fn(&str) -> String) {
        let mut lines = Style::plain().lines(&clean());
        lines[at] = change(&lines[at]);
        self.add(kind, joined(&lines));
    }

    /// The plain file with lines before that one.
    fn before(&mut self, kind: &'static str, at: usize, more: &[&str]) {
        let mut lines = Style::plain().lines(&clean());
        let more = more.iter().map(|line| (*line).to_owned());
        lines.splice(at..at, more);
        self.add(kind, joined(&lines));
    }
}

/// Where rows are spoiled: the first, some, the last.
const PLACES: [usize; 4] = [1, 2, 19, 40];

fn ways_of_writing(corpus: &mut Corpus) {
    let rows = clean();
    for delimiter in [";", "\t", "|", ":", "^", "~"] {
        let style = Style::with(|style| style.delimiter = delimiter.into());
        corpus.add("delimiter", style.text(&rows));
    }
    for delimiter in [", ", "; "] {
        let style = Style::with(|style| style.delimiter = delimiter.into());
        corpus.add("delimiter and space", style.text(&rows));
    }
    let spaced = Style::with(|style| style.delimiter = " ".into());
    corpus.add("space as delimiter", spaced.text(&rows));
    let single = Style::with(|style| {
        style.quote = '\'';
        style.escape = "'".into();
    });
    corpus.add("apostrophes as quotes", single.text(&rows));
    let escaped = Style::with(|style| style.escape = "\\".into());
    corpus.add("backslash as escape", escaped.text(&rows));
    let bare = Style::with(|style| style.escape = String::new());
    corpus.add("quotes not escaped", bare.text(&rows));
    for end in ["\r\n", "\r"] {
        let style = Style::with(|style| style.end = end.into());
        corpus.add("line ends", style.text(&rows));
    }
    let ends = ["\n", "\r\n", "\r"];
    let lines = Style::plain().lines(&rows);
    let mixed = lines
        .iter()
        .enumerate()
        .map(|(i, line)| format!("{line}{}", ends[i % 3]));
    corpus.add("mixed line ends", mixed.collect::<String>());
    let doubled = lines.iter().map(|line| format!("{line}\n\n"));
    corpus.add("blank line after each", doubled.collect::<String>());
    corpus.add(
        "no line end at the end",
        Style::plain().text(&rows).trim_end(),
    );
    corpus.add(
        "blank lines at the end",
        Style::plain().text(&rows) + "\n\n\r\n",
    );
    let quoted = rows.iter().map(|row| {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")))
            .collect();
        format!("{}\n", cells.join(","))
    });
    corpus.add("everything quoted", quoted.collect::<String>());
    let comma: Vec<Row> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let number = |(c, cell): (usize, &String)| match (i, c) {
                (1.., 2 | 3) => cell.replace('.', ","),
                _ => cell.clone(),
            };
            row.iter().enumerate().map(number).collect()
        })
        .collect();
    let semicolons = Style::with(|style| style.delimiter = ";".into());
    corpus.meaning("decimal comma", semicolons.text(&comma), comma);
}

fn encodings(corpus: &mut Corpus) {
    let text = Style::plain().text(&clean());
    corpus.add("UTF-8 mark", format!("\u{FEFF}{text}"));
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    corpus.add("Windows-1252", latin);
    for mark in ["", "\u{FEFF}"] {
        let marked = format!("{mark}{text}");
        let units = || marked.encode_utf16();
        corpus.add(
            "UTF-16 LE",
            units().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        );
        corpus.add(
            "UTF-16 BE",
            units().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
        );
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    corpus.add("gzip", gzip.finish().unwrap());
    corpus.add("zstd", zstd::encode_all(text.as_bytes(), 3).unwrap());
}

fn around_the_table(corpus: &mut Corpus) {
    for lines in [
        &["Export of the night"][..],
        &["Export of the night", ""],
        &["Station: Douala", "Made: 2026-03-01", ""],
        &["Report,,,,,", ",,,,,"],
        &["# made by hand, on a Monday", "# and more"],
    ] {
        corpus.before("preamble", 0, lines);
    }
    corpus.before("blank lines before", 0, &["", "", ""]);
    for lines in [
        &["End of the export"][..],
        &["", "40 rows"],
        &[",,,,,", "Source: the depot,,,,,"],
        &[",,,,,", ",,,,,"],
    ] {
        corpus.before("footnote", 41, lines);
    }
    let rows = clean();
    let text = Style::plain().text(&rows);
    corpus.add("second table, the same header", format!("{text}{text}"));
    let narrow: Vec<Row> = rows.iter().map(|row| row[..4].to_vec()).collect();
    let narrow = Style::plain().text(&narrow);
    corpus.add("second table, narrower", format!("{text}{narrow}"));
    corpus.add("second table, apart", format!("{text}\na,b\nx,1\ny,2\n"));
    let wide: Vec<Row> = rows
        .iter()
        .map(|row| [&row[..], &["more".to_owned()]].concat())
        .collect();
    corpus.add("second table, wider", text + &Style::plain().text(&wide));
}

fn headers(corpus: &mut Corpus) {
    let rows = clean();
    let body = Style::plain().text(&rows[1..]);
    corpus.meaning("no header", body.clone(), rows[1..].to_vec());
    let units = ["UTC", "-", "L/min", "bar", "free", "by whom"].map(str::to_owned);
    let mut expected = rows.clone();
    for (name, unit) in expected[0].iter_mut().zip(&units) {
        *name = format!("{name} {unit}");
    }
    let two = format!(
        "{}\n{}\n{body}",
        Style::plain().row(&rows[0]),
        Style::plain().row(&units)
    );
    corpus.meaning("two header rows", two, expected);
    corpus.meaning(
        "header only",
        Style::plain().text(&rows[..1]),
        rows[..1].to_vec(),
    );
    corpus.meaning(
        "one row",
        Style::plain().text(&rows[..2]),
        rows[..2].to_vec(),
    );
    corpus.meaning("empty file", "", Vec::new());
    corpus.line("header with a delimiter too many", 0, |line| {
        line.replacen(',', ",,", 1)
    });
    corpus.line("header with another delimiter", 0, |line| {
        line.replace(',', ";")
    });
    let mut stray = rows.clone();
    stray[0][0].insert(0, '"');
    let mut lines = Style::plain().lines(&rows);
    lines[0].insert(0, '"');
    corpus.meaning("header with a stray quote", joined(&lines), stray);
}

fn rows_spoiled(corpus: &mut Corpus) {
    let style = Style::plain();
    let rows = clean();
    for at in PLACES {
        let cells: Vec<String> = rows[at].iter().map(|cell| style.cell(cell)).collect();
        for column in 0..=COLUMNS {
            // An empty cell beside an empty note may be either of them.
            corpus.line("a delimiter too many", at, |_| {
                let mut cells = cells.clone();
                cells.insert(column, String::new());
                cells.join(",")
            });
        }
        for column in [0, 1, 2] {
            corpus.line("a delimiter too few", at, |_| {
                let mut cells = cells.clone();
                let next = cells.remove(column + 1);
                cells[column].push_str(&next);
                cells.join(",")
            });
        }
        corpus.line("a row with another delimiter", at, |_| cells.join(";"));
        corpus.line("a row with spaces for delimiters", at, |_| cells.join(" "));
        for column in 0..COLUMNS {
            let mut expected = clean();
            expected[at][column].insert(0, '"');
            let mut lines = style.lines(&clean());
            let mut spoiled = cells.clone();
            spoiled[column].insert(0, '"');
            lines[at] = spoiled.join(",");
            corpus.meaning("a stray quote", joined(&lines), expected);
        }
        let mut short = rows.clone();
        short[at][5].clear();
        let mut lines = style.lines(&rows);
        lines[at] = cells[..5].join(",");
        corpus.meaning("a short row", joined(&lines), short);
        let unquoted = rows[at].join(",");
        corpus.line("quotes forgotten", at, |_| unquoted.clone());
        let mut wrapped = rows.clone();
        wrapped[at][4] = "first line\nsecond, line".into();
        corpus.meaning(
            "a line end within quotes",
            style.text(&wrapped),
            wrapped.clone(),
        );
    }
}

fn corpus() -> Vec<Case> {
    let mut corpus = Corpus::default();
    corpus.add("nothing", Style::plain().text(&clean()));
    ways_of_writing(&mut corpus);
    encodings(&mut corpus);
    around_the_table(&mut corpus);
    headers(&mut corpus);
    rows_spoiled(&mut corpus);
    corpus.0
}

fn read(bytes: &[u8]) -> Vec<Row> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn converted(bytes: &[u8]) -> (Conversion, Vec<Row>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (
        folder.path().join("dirty.csv"),
        folder.path().join("clean.csv"),
    );
    std::fs::write(&file, bytes).unwrap();
    let conversion = convert(&file, Target::File(&out), None).unwrap();
    let written = std::fs::read(&out).unwrap();
    assert!(!written.contains(&b'\r') && std::str::from_utf8(&written).is_ok());
    (conversion, read(&written))
}

#[test]
fn a_polluted_table_comes_out_clean() {
    let mut kinds: Vec<(&str, u32, u32)> = Vec::new();
    let mut wrong = Vec::new();
    for case in corpus() {
        let (_, found) = converted(&case.bytes);
        let exact = found == case.expected;
        match kinds.iter_mut().find(|kind| kind.0 == case.kind) {
            Some(kind) => {
                kind.1 += u32::from(exact);
                kind.2 += 1;
            }
            None => kinds.push((case.kind, u32::from(exact), 1)),
        }
        if !exact {
            let differs = found.iter().zip(&case.expected).find(|(a, b)| a != b);
            let counts = (found.len(), case.expected.len());
            wrong.push(format!("{}: {counts:?} {differs:?}", case.kind));
        }
    }
    for (kind, exact, all) in &kinds {
        eprintln!("{exact:3} of {all:3}  {kind}");
    }
    assert!(kinds.len() >= 25);
    let total: u32 = kinds.iter().map(|kind| kind.2).sum();
    eprintln!("{} of {total} files exactly", total as usize - wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_table_of_a_file_is_written_and_what_is_in_none_is_told() {
    let home = TestHome::new();
    home.write(
        "two.csv",
        "Night export\n\na;b;c\n1;2,5;x\n2;3;y\n\nd;e\nf;g\nh;i\n",
    );
    let (file, out) = (home.path("two.csv"), home.path("clean.csv"));
    let answer = home.json(
        0,
        &[
            "convert",
            file.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ],
    );
    keys(
        &answer,
        &[
            "columns", "dialect", "dropped", "header", "left_out", "mended", "rows", "status",
            "tables",
        ],
    );
    assert_eq!(
        (answer["rows"].as_u64(), answer["columns"].as_u64()),
        (Some(2), Some(3))
    );
    assert_eq!(answer["dialect"]["delimiter"], ";");
    assert_eq!(answer["dialect"]["header_row"], 3);
    assert_eq!(answer["dropped"], 1);
    assert_eq!(
        answer["left_out"][0],
        serde_json::json!({ "line": 1, "why": "preamble", "text": "Night export" })
    );
    assert_eq!(answer["tables"][1]["line"], 7);
    let text = |name: &str| std::fs::read_to_string(home.path(name)).unwrap();
    assert_eq!(text("clean.csv"), "a,b,c\n1,\"2,5\",x\n2,3,y\n");
    assert_eq!(text("clean.2.csv"), "d,e\nf,g\nh,i\n");
}

#[test]
fn other_formats_become_csv_and_a_source_may_say_how_it_is_written() {
    let home = TestHome::new();
    home.write(
        "a.json",
        r#"{"rows": [{"x": 1, "y": {"z": "a,b"}}, {"x": 2}]}"#,
    );
    home.write("a.txt", "x!y\n1!2\n");
    home.write(
        "cidp.toml",
        "[[sources]]\nname = \"a\"\nrole = \"telemetry\"\npath = \"a.txt\"\ndelimiter = \"!\"\n",
    );
    let stdout = |arguments: &[&str]| {
        let answer = home.cidp(arguments).expect(0);
        answer.stdout
    };
    let file = |name: &str| home.path(name).to_str().unwrap().to_owned();
    assert_eq!(
        stdout(&["convert", &file("a.json")]),
        "x,y.z\n1,\"a,b\"\n2,\n"
    );
    assert_eq!(stdout(&["convert", &file("a.txt")]), "x!y\n1!2\n");
    assert_eq!(
        stdout(&["convert", &file("a.txt"), "--config", &file("cidp.toml")]),
        "x,y\n1,2\n"
    );
}

#[test]
fn what_is_no_table_is_refused_and_leaves_nothing_behind() {
    let home = TestHome::new();
    home.write("a.bin", b"\x7fELF\0\0\0");
    home.write("a.json", "[{\"x\": 1},");
    let endless = [b"a,b\n1,2\n".to_vec(), vec![b'9'; 3 << 20]].concat();
    home.write("endless.csv", endless);
    for name in ["a.bin", "a.json", "endless.csv", "nothing.csv"] {
        let (file, out) = (home.path(name), home.path("out.csv"));
        let arguments = [
            "convert",
            file.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let answer = home.json(1, &arguments);
        assert_eq!(answer["status"], "failed_safe");
        assert!(
            !out.exists() && !home.path("out.csv.part").exists(),
            "{name}"
        );
    }
    home.cidp(&["convert"]).expect(2);
}
