//! `cidp sources check`.

use serde_json::{Value, json};

use crate::domain::{Channel, EventKind};
use crate::service::check::{
    FileCheck, FirstRow, FirstRowIs, MappedColumn, MappedFrom, SourceCheck,
};
use crate::text::Text;

use super::output::{iso, rounded, table};
use super::{Exit, Shell};

/// Files of a source that are shown in full; those with an error always are.
const SHOWN_FILES: usize = 3;
/// Characters of a refused row that are shown.
const SHOWN_CHARS: usize = 120;

pub fn check(shell: &Shell) -> Exit {
    let sources = shell.platform.check_sources();
    let good = !sources.is_empty() && sources.iter().all(SourceCheck::is_good);
    let value = json!({
        "ok": good,
        "sources": sources.iter().map(source_json).collect::<Vec<_>>(),
    });
    shell.out.value(&value, || {
        let text = &shell.text;
        let blocks: Vec<String> = sources.iter().map(|source| lines(source, text)).collect();
        blocks.join("\n\n")
    });
    if good { Exit::Done } else { Exit::FailSafe }
}

fn source_json(source: &SourceCheck) -> Value {
    json!({
        "name": source.name,
        "role": source.role,
        "ok": source.is_good(),
        "error": source.error,
        "columns": source.columns.iter().map(column_json).collect::<Vec<_>>(),
        "files": source.files.iter().map(file_json).collect::<Vec<_>>(),
    })
}

fn column_json(column: &MappedColumn) -> Value {
    let mut value = json!({
        "field": column.field,
        "unit": column.unit,
        "scale": rounded(column.scale),
        "offset": rounded(column.offset),
    });
    match &column.from {
        MappedFrom::Column(name) => value["column"] = name.as_str().into(),
        MappedFrom::FileStem => value["from"] = "file_stem".into(),
        MappedFrom::Constant(name) => value["constant"] = name.as_str().into(),
    }
    value
}

fn file_json(file: &FileCheck) -> Value {
    let refused: serde_json::Map<String, Value> = file
        .refused
        .iter()
        .map(|(reason, sample)| {
            let sample = json!({
                "count": sample.count,
                "line": sample.line,
                "detail": sample.detail,
                "raw": shortened(&sample.raw),
            });
            (reason.key().to_owned(), sample)
        })
        .collect();
    json!({
        "file": file.path,
        "ok": file.error.is_none(),
        "error": file.error,
        "nearest": file.nearest,
        "found": file.dialect,
        "header": file.header,
        "ignored_columns": file.ignored,
        "rows_looked_at": file.rows,
        "rows_accepted": file.accepted,
        "rows_refused": refused,
        "first_rows": file.first.iter().map(row_json).collect::<Vec<_>>(),
    })
}

fn row_json(row: &FirstRow) -> Value {
    let mut value = json!({
        "line": row.line,
        "timestamp": iso(row.at_ms),
        "loco_id": row.loco,
    });
    match &row.what {
        FirstRowIs::Reading { values, label } => {
            for channel in Channel::ALL {
                value[channel.key()] = rounded(values[channel.index()]).into();
            }
            value["label"] = (*label).into();
        }
        FirstRowIs::Event { kind, component } => {
            value["type"] = event(*kind).into();
            value["component"] = component.as_str().into();
        }
    }
    value
}

const fn event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Preventive => "preventive",
        EventKind::Failure => "failure",
    }
}

fn shortened(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

fn lines(source: &SourceCheck, text: &Text) -> String {
    let role = text.get(match source.role.key() {
        "telemetry" => "check-role-telemetry",
        "maintenance" => "check-role-maintenance",
        _ => "check-role-failures",
    });
    let mut lines = vec![text.with(
        "check-source",
        [
            ("source", source.name.as_str().into()),
            ("role", role.into()),
            ("files", text.count(source.files.len() as u64).into()),
        ],
    )];
    if let Some(error) = &source.error {
        lines.push(text.with("check-error", [("why", error.as_str().into())]));
    }
    let mapped: Vec<String> = source.columns.iter().map(|c| mapped(c, text)).collect();
    lines.push(text.with("check-mapped", [("columns", mapped.join(" · ").into())]));
    let mut hidden = 0_u64;
    for (i, file) in source.files.iter().enumerate() {
        if i < SHOWN_FILES || file.error.is_some() {
            lines.extend(file_lines(file, text));
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        lines.push(text.with("check-more-files", [("files", text.count(hidden).into())]));
    }
    lines.join("\n")
}

fn mapped(column: &MappedColumn, text: &Text) -> String {
    let from = match &column.from {
        MappedFrom::Column(name) => format!("“{name}”"),
        MappedFrom::FileStem => text.get("check-file-stem").into_owned(),
        MappedFrom::Constant(name) => format!("= {name}"),
    };
    let number = |value: f64| rounded(value).to_string();
    let converted = match (&column.unit, column.scale, column.offset) {
        (Some(unit), ..) => format!(" ({unit})"),
        (None, 1.0, 0.0) => String::new(),
        (None, scale, 0.0) => format!(" (× {})", number(scale)),
        (None, scale, offset) => format!(" (× {} + {})", number(scale), number(offset)),
    };
    format!("{} ← {from}{converted}", column.field)
}

fn file_lines(file: &FileCheck, text: &Text) -> Vec<String> {
    let mut lines = vec![format!("▸ {}", file.path)];
    let found = found(file, text);
    if !found.is_empty() {
        lines.push(format!("  {}", found.join(", ")));
    }
    if let Some(error) = &file.error {
        lines.push(text.with("check-error", [("why", error.as_str().into())]));
        if let Some(nearest) = &file.nearest {
            lines.push(text.with("check-nearest", [("column", nearest.as_str().into())]));
        }
    }
    if !file.ignored.is_empty() {
        lines.push(text.with(
            "check-ignored",
            [("columns", file.ignored.join(", ").into())],
        ));
    }
    if file.rows > 0 {
        lines.push(text.with(
            "check-rows",
            [
                ("rows", text.count(file.rows).into()),
                ("accepted", text.count(file.accepted).into()),
            ],
        ));
    }
    for (reason, sample) in &file.refused {
        lines.push(text.with(
            "check-refused",
            [
                ("reason", text.get(&format!("reason-{reason}")).into()),
                ("count", text.count(sample.count).into()),
                ("line", text.count(sample.line).into()),
                ("detail", sample.detail.as_str().into()),
                ("raw", shortened(&sample.raw).into()),
            ],
        ));
    }
    lines.extend(first_rows(&file.first, text));
    lines
}

/// What was found by looking, in the words that the configuration has for it.
fn found(file: &FileCheck, text: &Text) -> Vec<String> {
    let dialect = &file.dialect;
    let mut found = Vec::new();
    found.extend(dialect.format.map(|format| format.key().to_owned()));
    found.extend(dialect.encoding.map(|encoding| encoding.key().to_owned()));
    let character = |c: char| match c {
        '\t' => "tab".to_owned(),
        other => format!("“{other}”"),
    };
    if let Some(delimiter) = dialect.delimiter {
        let value = character(char::from(delimiter));
        found.push(text.with("check-delimiter", [("value", value.into())]));
    }
    if let Some(sheet) = &dialect.sheet {
        found.push(text.with("check-sheet", [("value", sheet.as_str().into())]));
    }
    if let Some(row) = dialect.header_row {
        found.push(text.with("check-header", [("value", row.to_string().into())]));
    }
    found
}

fn first_rows(rows: &[FirstRow], text: &Text) -> Option<String> {
    let mut header: Vec<String> = ["check-line", "check-time", "cli-locomotive"]
        .map(|key| text.get(key).into_owned())
        .to_vec();
    match &rows.first()?.what {
        FirstRowIs::Reading { .. } => {
            header.extend(Channel::ALL.map(|c| format!("{} ({})", text.channel_short(c), c.unit())))
        }
        FirstRowIs::Event { .. } => {
            header.extend(["check-type", "check-component"].map(|key| text.get(key).into_owned()))
        }
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![
                row.line.to_string(),
                iso(row.at_ms).unwrap_or_default(),
                row.loco.clone(),
            ];
            match &row.what {
                FirstRowIs::Reading { values, .. } => {
                    cells.extend(Channel::ALL.map(|c| text.value(c, values[c.index()])));
                }
                FirstRowIs::Event { kind, component } => {
                    cells.extend([event(*kind).to_owned(), component.clone()]);
                }
            }
            cells
        })
        .collect();
    Some(table(&header, &cells, 3))
}
