//! The report of a live pass: that of the last run, with what the pass knows better. Pages go by the last
//! report alone, so it speaks of every source, read in this pass or not.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::{Config, SourceConfig};
use crate::domain::Role;
use crate::etl::Report;
use crate::warehouse::{RunRecord, RunStatus};

use super::pass::Asked;

/// What the pages go by after this pass: the last report, with what this pass knows better.
pub(super) fn merged(last: &Value, lengthens: bool, report: &Report, asked: &Asked) -> Value {
    let names = |key: &str| -> BTreeSet<String> {
        let list = last[key].as_array().into_iter().flatten();
        list.filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    };
    let (mut read, mut dead) = (names("sources_read"), names("dead_sources"));
    for source in &asked.sources {
        let (to, from) = match source.dead {
            None => (&mut read, &mut dead),
            Some(_) => (&mut dead, &mut read),
        };
        from.remove(&source.name);
        to.insert(source.name.clone());
    }
    let files: BTreeSet<(&str, &str)> = asked
        .inputs
        .iter()
        .flat_map(|input| {
            let files = input.files.iter().flatten();
            files.map(|file| (input.name.as_str(), file.path()))
        })
        .collect();
    let known_better = |entry: &Value| {
        let source = entry["source"].as_str().unwrap_or_default();
        let known = asked.sources.iter().find(|known| known.name == source);
        match entry["file"].as_str() {
            Some(file) => {
                let gone = || known.is_some_and(|known| known.on_disk) && !Path::new(file).exists();
                files.contains(&(source, file)) || gone()
            }
            None => known.is_some(),
        }
    };
    let mut refused: Vec<Value> = last["refused"].as_array().cloned().unwrap_or_default();
    refused.retain(|entry| !known_better(entry));
    refused.extend(report.refused.iter().map(|refused| json!(refused)));
    for source in asked.sources.iter().filter(|source| source.dead.is_some()) {
        if !report
            .refused
            .iter()
            .any(|r| r.source == source.name && r.file.is_none())
        {
            refused.push(json!({ "source": source.name, "file": null, "why": source.dead }));
        }
    }
    let mut quarantined = serde_json::Map::new();
    if let Some(before) = last["rows_quarantined"].as_object().filter(|_| lengthens) {
        quarantined.clone_from(before);
    }
    for (reason, count) in &report.rows_quarantined {
        let before = quarantined.get(reason.key()).and_then(Value::as_u64);
        quarantined.insert(
            reason.key().to_owned(),
            (before.unwrap_or(0) + count).into(),
        );
    }
    let mut ignored = last["ignored_columns"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (source, columns) in &report.ignored_columns {
        ignored.insert(source.clone(), json!(columns));
    }
    json!({
        "stages": [],
        "rows_quarantined": quarantined,
        "refused": refused,
        "sources_read": read,
        "dead_sources": dead,
        "ignored_columns": ignored,
        "training": last["training"],
    })
}

/// Some telemetry source of the configuration can be read.
pub(super) fn stands(report: &Value, config: &Config) -> bool {
    let read = report["sources_read"].as_array().into_iter().flatten();
    let read: BTreeSet<&str> = read.filter_map(Value::as_str).collect();
    let telemetry = |s: &&SourceConfig| s.role == Role::Telemetry;
    config
        .sources
        .iter()
        .filter(telemetry)
        .any(|source| read.contains(source.name.as_str()))
}

/// The last run was sound and said the same of the sources.
pub(super) fn says_nothing_new(report: &Value, last: &RunRecord) -> bool {
    last.status == RunStatus::Ok
        && ["sources_read", "dead_sources", "refused"]
            .iter()
            .all(|key| report[key] == last.report[key])
}
