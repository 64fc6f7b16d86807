//! The one place that prints: JSON on stdout and nothing else, or lines for people.

use serde::Serialize;

pub struct Output {
    json: bool,
}

impl Output {
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// The one JSON value, when JSON was asked for; else the lines.
    pub fn value(&self, value: &impl Serialize, lines: impl FnOnce() -> String) {
        if self.json {
            match serde_json::to_string_pretty(value) {
                Ok(text) => print(&text),
                Err(error) => complain(&error.to_string()),
            }
        } else {
            print(&lines());
        }
    }

    /// One of many things that happen: a line of JSON when JSON was asked for, else a line for people.
    pub fn event(&self, value: &serde_json::Value, line: impl FnOnce() -> String) {
        if self.json {
            print(&value.to_string());
        } else {
            print(&line());
        }
    }

    /// An error of arguments or configuration: words on stderr, details in the JSON value.
    pub fn error(&self, message: &str, details: &serde_json::Value) {
        if self.json {
            let mut value = details.clone();
            value["status"] = "error".into();
            value["error"] = message.into();
            self.value(&value, String::new);
        }
        complain(message);
    }

    /// A failure that left everything as it was.
    pub fn failed_safe(&self, cause: &str) {
        if self.json {
            let value = serde_json::json!({ "status": "failed_safe", "cause": cause });
            self.value(&value, String::new);
        }
        complain(cause);
    }
}

/// One line on stdout.
pub fn print(text: &str) {
    use std::io::Write;
    let mut stdout = std::io::stdout().lock();
    // A reader that went away (`| head`) is no error of ours.
    let _closed = writeln!(stdout, "{text}");
}

/// Words for people, beside the result.
pub fn complain(text: &str) {
    use std::io::Write;
    let _closed = writeln!(std::io::stderr().lock(), "{text}");
}

/// Columns aligned: the first ones to the left, numbers to the right.
pub fn table(header: &[String], rows: &[Vec<String>], left: usize) -> String {
    let width = |i: usize| {
        rows.iter()
            .map(|row| row.get(i).map_or(0, |cell| cell.chars().count()))
            .chain([header[i].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (i, cell) in cells.iter().enumerate() {
            let pad = " ".repeat(widths[i].saturating_sub(cell.chars().count()));
            if i > 0 {
                text.push_str("  ");
            }
            if i < left {
                text.push_str(cell);
                text.push_str(&pad);
            } else {
                text.push_str(&pad);
                text.push_str(cell);
            }
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![line(header)];
    lines.push("─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)));
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// UTC, ISO 8601.
pub fn iso(at_ms: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(at_ms)
        .ok()
        .map(|t| t.to_string())
}

/// No more digits than the measure has.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}
