//! `cidp status`: the fleet, worst first.

use serde_json::{Value, json};

use crate::domain::{Channel, Drift, Verdict};
use crate::service::breaker::{Blown, Fuse};
use crate::service::pipeline::PipelineError;
use crate::service::platform::Platform;
use crate::service::snapshot::FleetRow;
use crate::text::Text;

use super::output::{iso, rounded, table};
use super::{Exit, Shell, pipeline_error};

pub fn status(shell: &Shell) -> Exit {
    let platform = &shell.platform;
    let answer = (|| -> Result<_, PipelineError> {
        let fleet = platform.fleet()?;
        let threshold = fleet.as_ref().and_then(|fleet| fleet.threshold);
        let rows = fleet.map_or_else(Vec::new, |fleet| fleet.rows);
        let synthetic = platform.synthetic()?;
        let version = platform.model_version()?;
        let breaker = breaker_json(&platform.breaker()?, platform.drift()?.as_ref());
        Ok(rows
            .iter()
            .map(|row| as_json(row, synthetic, version, threshold, &breaker))
            .collect::<Vec<_>>())
    })();
    let rows = match answer {
        Ok(rows) => rows,
        Err(error) => return pipeline_error(&error, &shell.out),
    };
    if shell.out.is_json() {
        shell.out.value(&rows, String::new);
        return Exit::Done;
    }
    match lines(platform, &shell.text) {
        Ok(lines) => {
            shell.out.value(&(), || lines);
            Exit::Done
        }
        Err(error) => pipeline_error(&error, &shell.out),
    }
}

/// What is tripped or held of the breaker, and whether drift can be judged at all.
fn breaker_json(breaker: &[Blown], drift: Option<&Drift>) -> Value {
    let all = breaker.iter().map(|blown| {
        let (what, channel) = match blown.measure.fuse {
            Fuse::Channel(channel) => ("drift", Some(channel)),
            Fuse::Latency => ("latency", None),
        };
        json!({
            "what": what,
            "channel": channel,
            "value": rounded(blown.measure.value),
            "limit": blown.measure.limit,
            "readings": blown.measure.readings,
            "tripped_at": iso(blown.at_ms),
            "armed": blown.held.as_ref().map(|held| json!({
                "at": iso(held.at_ms), "who": held.who, "why": held.why,
            })),
        })
    });
    json!({
        "tripped": breaker.iter().any(|blown| blown.held.is_none()),
        "causes": all.collect::<Vec<_>>(),
        "drift_judged": drift.is_some_and(|drift| drift.unjudged.is_none()),
        "drift_unjudged": drift.and_then(|drift| drift.unjudged),
    })
}

fn as_json(
    row: &FleetRow,
    synthetic: bool,
    version: Option<u32>,
    threshold: Option<f64>,
    breaker: &Value,
) -> Value {
    let cause = match &row.verdict {
        Verdict::Unavailable(cause) => Some(cause),
        _ => None,
    };
    let values: serde_json::Map<String, Value> = Channel::ALL
        .iter()
        .map(|c| (c.key().to_owned(), row.values[c.index()].into()))
        .collect();
    json!({
        "loco_id": row.loco,
        "verdict": row.verdict.kind(),
        "cause": cause,
        "probability": row.probability.map(rounded),
        "threshold": threshold,
        "model_version": version,
        "last_verdict": row.last_verdict.map(|(kind, at)| json!({
            "verdict": kind, "timestamp": iso(at),
        })),
        "timestamp": iso(row.reading_at_ms),
        "age_secs": row.age_ms as f64 / 1000.0,
        "stale": row.stale,
        "values": values,
        "days_since_maintenance": row.days_since_maintenance.map(rounded),
        "origin": row.origin.as_ref().map(|(file, line)| json!({ "file": file, "line": line })),
        "breaker": breaker,
        "synthetic": synthetic,
    })
}

/// The fleet as a table for people.
pub fn lines(platform: &Platform, text: &Text) -> Result<String, PipelineError> {
    let Some(fleet) = platform.fleet()?.filter(|f| !f.rows.is_empty()) else {
        return Ok(text.get("cli-no-fleet").into_owned());
    };
    let mut header: Vec<String> = ["cli-verdict", "cli-locomotive", "cli-probability"]
        .map(|key| text.get(key).into_owned())
        .to_vec();
    header.extend(Channel::ALL.map(|c| format!("{} ({})", text.channel_short(c), c.unit())));
    header.push(text.get("cli-maintenance").into_owned());
    header.push(text.get("cli-age").into_owned());
    let rows: Vec<Vec<String>> = fleet.rows.iter().map(|row| cells(row, text)).collect();
    let mut lines = Vec::new();
    if platform.synthetic()? {
        lines.push(text.get("cli-synthetic").into_owned());
    }
    if let Some(cause) = &fleet.cause {
        lines.push(format!(
            "{} — {}",
            text.get("verdict-unavailable"),
            text.cause_long(cause)
        ));
    }
    for blown in platform.breaker()? {
        lines.push(breaker_line(&blown, text));
    }
    if let Some(why) = platform.drift()?.and_then(|drift| drift.unjudged) {
        let why = text.unjudged(why);
        lines.push(text.with("cli-drift-unjudged", [("why", why.into())]));
    }
    lines.push(table(&header, &rows, 2));
    if let Some(now_ms) = fleet.now_ms {
        let key = if fleet.live {
            "cli-clock-wall"
        } else {
            "cli-clock-data"
        };
        let time = iso(now_ms).unwrap_or_default();
        lines.push(text.with(key, [("time", time.into())]));
    }
    lines.push(text.get("cli-not-a-safety-function").into_owned());
    Ok(lines.join("\n"))
}

fn breaker_line(blown: &Blown, text: &Text) -> String {
    let measure = blown.measure;
    let what = match measure.fuse {
        Fuse::Channel(channel) => text.with(
            "cli-breaker-drift",
            [
                ("channel", text.channel(channel).into()),
                ("value", text.number(measure.value, 2).into()),
                ("limit", text.number(measure.limit, 2).into()),
            ],
        ),
        Fuse::Latency => text.with(
            "cli-breaker-latency",
            [
                ("value", text.number(measure.value, 0).into()),
                ("limit", text.number(measure.limit, 0).into()),
            ],
        ),
    };
    match &blown.held {
        None => text.with("cli-breaker-tripped", [("what", what.into())]),
        Some(held) => text.with(
            "cli-breaker-held",
            [
                ("what", what.into()),
                ("who", held.who.as_str().into()),
                ("why", held.why.as_str().into()),
            ],
        ),
    }
}

fn cells(row: &FleetRow, text: &Text) -> Vec<String> {
    let word = text.verdict_short(row.verdict.kind());
    let mut cells = vec![
        match &row.verdict {
            Verdict::Unavailable(cause) => {
                let last = row.last_verdict.map_or_else(String::new, |(kind, _)| {
                    let verdict = text.verdict_short(kind);
                    format!(
                        " · {}",
                        text.with("cli-last", [("verdict", verdict.into())])
                    )
                });
                format!("{word} ({}){last}", text.cause(cause))
            }
            _ => word,
        },
        row.loco.to_string(),
        row.probability
            .map_or_else(|| "—".to_owned(), |p| text.percent(p)),
    ];
    cells.extend(Channel::ALL.map(|c| text.value(c, row.values[c.index()])));
    cells.push(
        row.days_since_maintenance
            .map_or_else(|| "—".to_owned(), |d| text.age((d * 86_400_000.0) as i64)),
    );
    cells.push(text.age(row.age_ms));
    cells
}
