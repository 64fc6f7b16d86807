//! `cidp convert`: any readable table as plain CSV.

use std::path::Path;

use serde_json::{Value, json};

use crate::service::convert::{self, Conversion, ConvertError, Target};
use crate::text::Text;

use super::arguments::Convert;
use super::output::{Output, complain};
use super::{Exit, config_error};

pub fn convert(asked: &Convert, config: Option<&Path>, out: &Output, text: &Text) -> Exit {
    let target = match &asked.out {
        Some(file) => Target::File(file),
        // One JSON value and nothing else: the table would be beside it.
        None if out.is_json() => Target::Nowhere,
        None => Target::Stdout,
    };
    let conversion = match convert::convert(&asked.file, target, config) {
        Ok(conversion) => conversion,
        Err(ConvertError::Config(error)) => return config_error(&error, out),
        Err(error @ ConvertError::NoSource { .. }) => {
            out.error(&error.to_string(), &json!({}));
            return Exit::Arguments;
        }
        Err(error) => {
            out.failed_safe(&error.to_string());
            return Exit::FailSafe;
        }
    };
    if out.is_json() {
        out.value(&as_json(&conversion), String::new);
    } else {
        for line in lines(&conversion, text) {
            complain(&line);
        }
    }
    Exit::Done
}

fn as_json(conversion: &Conversion) -> Value {
    let tables = conversion.tables.iter().map(|table| {
        json!({
            "line": table.line,
            "rows": table.rows,
            "columns": table.columns,
            "header": table.header,
            "mended": table.mended,
            "out": table.out,
        })
    });
    let left = conversion
        .left
        .iter()
        .map(|left| json!({ "line": left.line, "why": left.why.key(), "text": left.text }));
    let first = conversion.tables.first();
    json!({
        "status": "ok",
        "rows": first.map_or(0, |table| table.rows),
        "columns": first.map_or(0, |table| table.columns),
        "header": first.is_some_and(|table| table.header),
        "mended": first.map_or(0, |table| table.mended),
        "dialect": conversion.dialect,
        "tables": tables.collect::<Vec<_>>(),
        "dropped": conversion.left_out,
        "left_out": left.collect::<Vec<_>>(),
    })
}

/// For people, on stderr: stdout may be the table.
fn lines(conversion: &Conversion, text: &Text) -> Vec<String> {
    let table = |table: &convert::Converted| {
        let out = match &table.out {
            Some(out) => out.display().to_string(),
            None => text.get("cli-convert-unnamed").into_owned(),
        };
        text.with(
            "cli-converted",
            [
                ("line", table.line.into()),
                ("rows", table.rows.into()),
                ("columns", table.columns.into()),
                ("mended", table.mended.into()),
                ("out", out.into()),
            ],
        )
    };
    let mut lines: Vec<String> = match (&conversion.tables[..], conversion.left_out) {
        // A table to stdout of which there is nothing to say.
        ([only], 0) if only.out.is_none() && only.mended == 0 => Vec::new(),
        (tables, _) => tables.iter().map(table).collect(),
    };
    if conversion.tables.len() > 1 && conversion.tables[0].out.is_none() {
        lines.push(text.get("cli-convert-more").into_owned());
    }
    lines.extend(conversion.left.iter().map(|left| {
        let why = text.get(match left.why {
            convert::Why::Preamble => "cli-left-preamble",
            convert::Why::Footnote => "cli-left-footnote",
            convert::Why::NoRecord => "cli-left-no-record",
        });
        text.with(
            "cli-left-out",
            [
                ("line", left.line.into()),
                ("why", why.into_owned().into()),
                ("text", left.text.clone().into()),
            ],
        )
    }));
    lines
}
