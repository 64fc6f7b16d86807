//! What a file would bring as a source, before anything of it is loaded: how it is written, its first rows as they
//! stand, and the gates tried on them.

use std::path::Path;

use crate::config::Config;
use crate::domain::ports::{RawRecord, SourceFile, decode};
use crate::domain::{Dialect, Reason, Role, SourceError};
use crate::etl::{self, FirstRow, Rules};
use crate::service::inputs;
use crate::service::pipeline::wall_ms;
use crate::sources::files;

use super::draft::SourceDraft;

/// Rows shown as they stand.
const SHOWN_ROWS: usize = 20;
/// Rows of the first file that the gates are tried on.
pub const TRIED_ROWS: u64 = 20_000;
/// Characters of a cell or a refused row that are shown.
const SHOWN_CHARS: usize = 400;

/// What was found in the first file of a path.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Files that the path stands for.
    pub files: usize,
    /// The first of them, which was looked at.
    pub file: String,
    pub dialect: Dialect,
    pub header: Vec<String>,
    /// The first rows, cell by cell, with their lines.
    pub rows: Vec<(u64, Vec<String>)>,
    /// The gates on the first rows; `None` while columns are missing.
    pub tried: Option<Tried>,
    /// It is marked as simulated: it never mixes with real readings.
    pub simulated: bool,
}

/// What the gates said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tried {
    pub rows: u64,
    /// The file has more rows than were looked at.
    pub more: bool,
    pub accepted: u64,
    /// The first that would enter, in our units.
    pub first: Vec<FirstRow>,
    pub by_reason: Vec<(Reason, u64)>,
    /// The first that would be refused.
    pub refused: Vec<RefusedShown>,
    pub ignored: Vec<String>,
    /// Why the file would be refused whole.
    pub error: Option<String>,
}

/// A row that would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedShown {
    pub line: u64,
    pub reason: Reason,
    pub detail: String,
    pub raw: String,
}

/// Looks at a path for the first time and guesses what it is.
///
/// # Errors
/// Nothing is there, or it is no table; why.
pub fn first(path: &str, config: &Config) -> Result<(SourceDraft, Found), String> {
    let path = std::path::absolute(path.trim())
        .map_err(|e| e.to_string())?
        .display()
        .to_string();
    let taken: Vec<String> = config.sources.iter().map(|s| s.name.clone()).collect();
    let mut draft = SourceDraft::of(&path, &taken);
    let mut found = as_it_stands(&draft)?;
    draft.guess(&found.header);
    found.tried = tried(&draft, config)?;
    Ok((draft, found))
}

/// Looks again, as the draft says.
///
/// # Errors
/// As [`first`].
pub fn again(draft: &SourceDraft, config: &Config) -> Result<Found, String> {
    let mut found = as_it_stands(draft)?;
    found.tried = tried(draft, config)?;
    Ok(found)
}

fn dialect(draft: &SourceDraft) -> Dialect {
    Dialect {
        delimiter: draft.delimiter.and_then(|c| u8::try_from(c).ok()),
        decimal_comma: draft.decimal.map(|c| c == ','),
        header_row: draft.header_row,
        sheet: draft.sheet.clone(),
        ..Dialect::default()
    }
}

fn as_it_stands(draft: &SourceDraft) -> Result<Found, String> {
    let files =
        files::resolve(Path::new(""), &draft.path, &dialect(draft)).map_err(|e| e.to_string())?;
    let Some(file) = files.first() else {
        return Err(format!("nothing is at “{}”", draft.path));
    };
    let why = |e: SourceError| e.to_string();
    let mut stream = file.open().map_err(why)?;
    let mut found = Found {
        files: files.len(),
        file: file.path().to_owned(),
        dialect: stream.dialect(),
        header: stream.header().to_vec(),
        simulated: file.is_simulated(),
        ..Found::default()
    };
    let mut record = RawRecord::default();
    while found.rows.len() < SHOWN_ROWS && stream.read(&mut record).map_err(why)? {
        let cells = (0..record.len()).filter_map(|i| record.field_text(i));
        found
            .rows
            .push((record.line, cells.map(|cell| shortened(&cell)).collect()));
    }
    Ok(found)
}

fn tried(draft: &SourceDraft, config: &Config) -> Result<Option<Tried>, String> {
    if !draft.missing().is_empty() {
        return Ok(None);
    }
    let source = draft.alone()?;
    let Some(source) = source.sources.first() else {
        return Ok(None);
    };
    let files =
        files::resolve(Path::new(""), &draft.path, &source.dialect()).map_err(|e| e.to_string())?;
    let Some(file) = files.first() else {
        return Ok(None);
    };
    let rules = Rules {
        limits: config.limits.limits(),
        now_ms: wall_ms(),
        min_survival: config.etl.min_survival,
    };
    let input = inputs::input(source, Ok(Vec::new()));
    let look = etl::look(&input, file, &rules, TRIED_ROWS, SHOWN_ROWS);
    let nothing_happened =
        draft.role != Role::Telemetry && look.error == Some(SourceError::HeaderOnly);
    Ok(Some(Tried {
        rows: look.rows,
        more: look.more,
        accepted: look.accepted,
        first: look.first,
        by_reason: look.refused.iter().map(|(r, s)| (*r, s.count)).collect(),
        refused: look
            .refused_rows
            .iter()
            .map(|row| RefusedShown {
                line: row.line,
                reason: row.reason,
                detail: row.detail.clone(),
                raw: shortened(&decode(&row.raw)),
            })
            .collect(),
        ignored: look.ignored,
        error: look
            .error
            .filter(|_| !nothing_happened)
            .map(|error| error.to_string()),
    }))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Encoding;
    use crate::service::test_home::sensors;

    fn look(name: &str, content: &[u8]) -> Result<(SourceDraft, Found), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        first(&path.display().to_string(), &Config::default())
    }

    #[test]
    fn a_plain_file_is_ready_at_once() {
        let (draft, found) = look("capteurs.csv", sensors(50).as_bytes()).unwrap();
        assert_eq!(
            (draft.name.as_str(), draft.role),
            ("capteurs", Role::Telemetry)
        );
        assert_eq!((found.files, found.rows.len()), (1, SHOWN_ROWS));
        let tried = found.tried.unwrap();
        assert_eq!((tried.rows, tried.accepted, tried.more), (150, 150, false));
        assert_eq!(draft.label.as_deref(), Some("label"));
    }

    #[test]
    fn rows_that_would_be_refused_are_shown_before_anything_is_loaded() {
        let mut csv = String::from("Date;Engin;Débit;Pression (kPa);Vibrations;Température\n");
        for minute in 0..9 {
            csv.push_str(&format!("2026-08-01 00:0{minute};E1;500,5;500;2,1;45\n"));
        }
        csv.push_str("2026-08-01 00:10;E1;zéro;500;2;45\n2026-08-01 00:11;E1;500;500;2\n");
        let (mut draft, found) = look("x.csv", csv.as_bytes()).unwrap();
        let tried = found.tried.unwrap();
        assert_eq!((tried.rows, tried.accepted), (11, 9));
        assert_eq!(tried.by_reason.iter().map(|r| r.1).sum::<u64>(), 2);
        assert!(tried.refused.iter().any(|row| row.raw.contains("zéro")));
        // In kPa: 500 is 5 bar. As bar it is out of range, and said so on every row.
        assert_eq!(draft.channels[1].1.as_deref(), Some("kPa"));
        draft.channels[1].1 = Some("bar".into());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.csv");
        std::fs::write(&path, &csv).unwrap();
        draft.path = path.display().to_string();
        let tried = again(&draft, &Config::default()).unwrap().tried.unwrap();
        assert_eq!(tried.accepted, 0);
        draft.timestamp = None;
        assert_eq!(again(&draft, &Config::default()).unwrap().tried, None);
    }

    #[test]
    fn what_is_shown_of_a_file_of_windows_is_its_encoding() {
        let csv =
            "Date;Engin;Débit;Pression;Vibrations;Température\n2026-08-01 00:00;Éko;500;5;2;45\n";
        let (_, found) = look("x.csv", &encoding_rs::WINDOWS_1252.encode(csv).0).unwrap();
        assert_eq!(found.dialect.encoding, Some(Encoding::Windows1252));
        assert_eq!(found.header[2], "Débit");
        assert_eq!(found.rows[0].1[1], "Éko");
        let (_, found) = look("x.csv", csv.as_bytes()).unwrap();
        assert_eq!(found.dialect.encoding, Some(Encoding::Utf8));
    }

    #[test]
    fn hostile_files_are_said_and_never_break_anything() {
        for (name, content) in [
            ("empty.csv", &b""[..]),
            ("blank.csv", b"\n\n  \n"),
            ("binary.csv", b"\x00\x01\x02\xff\xfe\x00\x00"),
            ("broken.json", b"{\"a\": ["),
            ("broken.xlsx", b"PK\x03\x04 not a workbook"),
            ("broken.gz", b"\x1f\x8b\x08junk"),
        ] {
            let why = look(name, content).unwrap_err();
            assert!(!why.is_empty(), "{name}");
        }
        for (name, content) in [
            ("header.csv", &b"a,b,c\n"[..]),
            ("one.csv", b"x"),
            ("twice.csv", b"pressure,pressure\n1,2\n"),
            ("quote.csv", b"a,b\n\"1,2\n3,4\n"),
        ] {
            match look(name, content) {
                Ok((draft, _)) => assert!(!draft.missing().is_empty(), "{name}"),
                Err(why) => assert!(!why.is_empty(), "{name}"),
            }
        }
        assert!(first("/nowhere/at/all.csv", &Config::default()).is_err());
        assert!(first("", &Config::default()).is_err());
    }
}
