//! `cidp holds`: batches that look poisoned, and their release.

use serde_json::{Value, json};

use crate::domain::poison::Held;
use crate::service::holds::{NotReleased, Release, as_json};
use crate::text::Text;

use super::arguments::Holds;
use super::output::{iso, table};
use super::{Exit, Shell, pipeline_error};

pub fn holds(shell: &Shell, asked: &Holds) -> Exit {
    if let (Some(hold), Some(words)) = (asked.release, &asked.reason) {
        return release(shell, hold, words);
    }
    let held = match shell.platform.holds(asked.all) {
        Ok(held) => held,
        Err(error) => return pipeline_error(&error, &shell.out),
    };
    let rows: Vec<Value> = held.iter().map(told).collect();
    shell
        .out
        .value(&rows, || lines(&held, &shell.text, asked.all));
    Exit::Done
}

fn release(shell: &Shell, hold: i64, words: &str) -> Exit {
    let (text, out) = (&shell.text, &shell.out);
    let acted = |key: &str, held: &Held| {
        let act = held.released.clone();
        let (who, words) = act.map_or_else(Default::default, |act| (act.who, act.words));
        text.with(
            key,
            [
                ("hold", held.hold.into()),
                ("loco", held.loco.as_str().into()),
                ("rows", text.count(held.rows).into()),
                ("who", who.into()),
                ("words", words.into()),
            ],
        )
    };
    match shell.platform.release(hold, words) {
        Ok(Release::Done(held)) => {
            out.value(&told(&held), || acted("hold-released", &held));
            Exit::Done
        }
        Ok(Release::Before(held)) => {
            out.error(&acted("hold-released-before", &held), &told(&held));
            Exit::FailSafe
        }
        Ok(Release::Unknown) => {
            let why = text.with("hold-unknown", [("hold", hold.into())]);
            out.error(&why, &json!({ "hold": hold }));
            Exit::Arguments
        }
        Err(NotReleased::Pipeline(error)) => pipeline_error(&error, out),
        Err(why @ (NotReleased::NoReason | NotReleased::ReadOnly)) => {
            out.error(&why.to_string(), &json!({ "hold": hold }));
            Exit::Arguments
        }
    }
}

/// With instants as everywhere on the command line.
pub fn told(held: &Held) -> Value {
    let mut all = as_json(held);
    if let Value::Object(all) = &mut all {
        for (key, at_ms) in [
            ("from", held.from_ms),
            ("to", held.to_ms),
            ("held", held.held_ms),
        ] {
            all.remove(&format!("{key}_ms"));
            all.insert(key.into(), json!(iso(at_ms)));
        }
        let released = held
            .released
            .as_ref()
            .map(|act| json!({ "timestamp": iso(act.at_ms), "who": act.who, "words": act.words }));
        all.insert("released".into(), json!(released));
    }
    all
}

/// What a run held, one line a batch and its findings below.
pub fn of_run(held: &[Held], text: &Text) -> Vec<String> {
    let mut lines = Vec::new();
    if !held.is_empty() {
        lines.push(text.with("hold-run", [("count", held.len().into())]));
    }
    for one in held {
        let line = text.with(
            "hold-line",
            [
                ("loco", one.loco.as_str().into()),
                ("reason", text.hold_reason(one.reason).into()),
            ],
        );
        let number = text.with("hold-number", [("hold", one.hold.into())]);
        lines.push(format!("  {line} ({number})"));
        lines.extend(
            one.found
                .iter()
                .map(|found| format!("    {}", text.suspicion(found, None))),
        );
    }
    lines
}

fn lines(held: &[Held], text: &Text, all: bool) -> String {
    if held.is_empty() {
        let key = if all { "hold-none-ever" } else { "hold-none" };
        return text.get(key).into_owned();
    }
    let header = [
        "hold-column-number",
        "hold-column-loco",
        "hold-column-reason",
        "hold-column-from",
        "hold-column-to",
        "hold-column-state",
        "hold-column-run",
        "hold-column-rows",
    ]
    .map(|key| text.get(key).into_owned());
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|held| {
            let state = held.released.as_ref().map_or_else(
                || text.get("hold-state-open").into_owned(),
                |act| {
                    let of = [
                        ("who", act.who.as_str().into()),
                        ("words", act.words.as_str().into()),
                    ];
                    text.with("hold-state-released", of)
                },
            );
            vec![
                held.hold.to_string(),
                held.loco.to_string(),
                text.hold_reason(held.reason),
                iso(held.from_ms).unwrap_or_default(),
                iso(held.to_ms).unwrap_or_default(),
                state,
                held.run.to_string(),
                text.count(held.rows),
            ]
        })
        .collect();
    let mut told = table(&header, &rows, 6);
    for held in held.iter().filter(|held| held.released.is_none()) {
        for found in &held.found {
            let number = text.with("hold-number", [("hold", held.hold.into())]);
            told.push_str(&format!("\n{number} {}", text.suspicion(found, None)));
        }
    }
    told
}
