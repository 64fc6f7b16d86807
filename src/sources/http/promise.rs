//! Whether what came is what was promised. A server that answers 200 with a login page has not answered.
//! The content type is a hint only: half of the servers say `text/plain` or `octet-stream` of everything.

use crate::domain::{Dialect, Format, SourceError};

/// Enough of an answer to know what it is.
pub(super) const HEAD_BYTES: usize = 4096;
const EXCERPT_CHARS: usize = 80;
const PAGES: [&str; 7] = [
    "<!doctype",
    "<html",
    "<head",
    "<body",
    "<script",
    "<?xml",
    "<!--",
];

/// Looks at the first bytes of an answer; `secret` is struck out of what the error repeats of them.
///
/// # Errors
/// It is a web page, or plainly of another format than the configuration says.
pub(super) fn check(
    head: &[u8],
    content_type: Option<&str>,
    dialect: &Dialect,
    secret: Option<&str>,
) -> Result<(), SourceError> {
    // What is compressed or UTF-16 shows itself when it is opened.
    const OTHERS: [&[u8]; 4] = [b"\x1F\x8B", b"\x28\xB5\x2F\xFD", b"\xFF\xFE", b"\xFE\xFF"];
    if head.is_empty() || OTHERS.iter().any(|magic| head.starts_with(magic)) {
        return Ok(());
    }
    let workbook = head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0");
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let start: String = text.chars().take(16).collect::<String>().to_lowercase();
    let page = PAGES.iter().any(|tag| start.starts_with(tag));
    let dense: String = text.split_whitespace().collect::<String>();
    let json = ["{\"", "[{", "[[", "[\"", "{}", "[]"]
        .iter()
        .any(|sign| dense.starts_with(sign));
    let kept = match dialect.format {
        None => !page,
        Some(Format::Csv) => !page && !workbook && !json,
        Some(Format::Json | Format::Ndjson) => json,
        Some(Format::Excel) => workbook,
    };
    if kept {
        return Ok(());
    }
    let kind = match (page, workbook, json) {
        (true, ..) => "a web page",
        (_, true, _) => "a workbook",
        (_, _, true) => "JSON",
        _ => "something else",
    };
    let hint = content_type.map_or_else(String::new, |t| format!(" ({t})"));
    Err(SourceError::NotAsPromised {
        expected: match dialect.format {
            None => "a table",
            Some(Format::Csv) => "CSV",
            Some(Format::Json) => "JSON",
            Some(Format::Ndjson) => "one JSON record a line",
            Some(Format::Excel) => "a workbook",
        }
        .to_owned(),
        got: strike(
            &format!("{kind}{hint}, beginning “{}”", excerpt(text, secret)),
            secret,
        ),
    })
}

/// The first characters, on one line and without the secret.
fn excerpt(text: &str, secret: Option<&str>) -> String {
    let line: String = strike(text, secret)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let shown = line.chars().map(|c| if c.is_control() { '·' } else { c });
    if line.chars().count() > EXCERPT_CHARS {
        format!("{}…", shown.take(EXCERPT_CHARS).collect::<String>())
    } else {
        shown.collect()
    }
}

fn strike(text: &str, secret: Option<&str>) -> String {
    match secret {
        Some(word) => text.replace(word, "…"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(head: &str, format: Option<Format>) -> Result<(), SourceError> {
        let dialect = Dialect {
            format,
            ..Dialect::default()
        };
        check(head.as_bytes(), Some("text/html"), &dialect, Some("s3cret"))
    }

    #[test]
    fn a_login_page_is_no_table_and_its_secret_is_struck_out() {
        let page = format!(
            "\u{FEFF}\n <!DOCTYPE html><html><a href=?key=s3cret>{}",
            "x".repeat(200)
        );
        for format in [None, Some(Format::Csv), Some(Format::Json)] {
            let error = judged(&page, format).unwrap_err().to_string();
            assert!(
                error.contains("a web page (text/html), beginning “<!DOCTYPE"),
                "{error}"
            );
            assert!(error.contains('…') && !error.contains("s3cret"), "{error}");
            assert!(error.chars().count() < 220, "{error}");
        }
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        assert!(judged("a,b\n1,2\n", None).is_ok());
        assert!(judged("<pressure>;b\n", None).is_ok());
        assert!(judged("a,b\n1,2\n", Some(Format::Csv)).is_ok());
        assert!(judged("[time],b\n", Some(Format::Csv)).is_ok());
        assert!(judged(" [ {\"a\": 1}]", Some(Format::Json)).is_ok());
        assert!(judged("[]", Some(Format::Json)).is_ok());
        assert!(judged("PK\u{3}\u{4}", Some(Format::Excel)).is_ok());
        assert!(
            judged("", Some(Format::Json)).is_ok(),
            "empty says so itself"
        );
        let error = judged("a,b\n1,2\n", Some(Format::Json)).unwrap_err();
        assert!(error.to_string().contains("expected JSON"), "{error}");
        let error = judged("{\"error\": \"quota\"}", Some(Format::Csv)).unwrap_err();
        assert!(error.to_string().contains("got JSON"), "{error}");
        assert!(judged("a,b\n", Some(Format::Excel)).is_err());
    }
}
