//! `cidp verify`: the warehouse against its ledger. Exit code 1 where something is not as it was written.

use serde_json::json;

use crate::service::continuity::steps::{Steps, UNTOLD};
use crate::service::continuity::verify::{self, Finding, Verified};
use crate::service::scribe;
use crate::service::stop::Stop;
use crate::text::Text;

use super::output::{iso, table};
use super::{Exit, Shell};

pub fn verify(shell: &Shell, asked: &super::arguments::Verify) -> Exit {
    if asked.head {
        return head(shell);
    }
    // Looked at first: what was typed wrong is said before minutes have passed.
    let since = asked.since.as_deref().map(|noted| {
        let held = verify::still_holds(&shell.platform, noted);
        held.map(|held| (noted.to_owned(), held))
    });
    let since = match since.transpose() {
        Ok(since) => since,
        Err(why) => {
            shell.out.error(&why, &json!({ "key": "since" }));
            return Exit::Arguments;
        }
    };
    let who = scribe::who(shell.platform.config.window.operator.as_deref());
    let steps = Steps::new(UNTOLD, Stop::default());
    let mut verified = match verify::verify(&shell.platform, &who, &steps) {
        Ok(verified) => verified,
        Err(stopped) => {
            shell.out.failed_safe(&stopped.to_string());
            return Exit::FailSafe;
        }
    };
    if let Some((noted, false)) = since {
        let words = format!("the chain was rewritten: it does not hold {noted} any more");
        verified.findings.insert(0, Finding::said("ledger", words));
    }
    let value = json!({
        "status": if verified.findings.is_empty() { "ok" } else { "failed_safe" },
        "verified_at": iso(verified.at_ms),
        "entries": verified.entries,
        "rows": verified.rows,
        "head": verified.head,
        "secs": (verified.secs * 1000.0).round() / 1000.0,
        "findings": verified.findings.iter().map(as_json).collect::<Vec<_>>(),
    });
    shell.out.value(&value, || lines(&shell.text, &verified));
    if verified.findings.is_empty() {
        Exit::Done
    } else {
        Exit::FailSafe
    }
}

fn head(shell: &Shell) -> Exit {
    match verify::head(&shell.platform) {
        Ok(Some(head)) => {
            let value = json!({ "entry": head.entry, "head": head.to_string() });
            shell.out.value(&value, || head.to_string());
            Exit::Done
        }
        Ok(None) => {
            shell.out.failed_safe(&shell.text.get("ledger-none"));
            Exit::FailSafe
        }
        Err(why) => {
            shell.out.failed_safe(&why);
            Exit::FailSafe
        }
    }
}

/// Instants in ISO, row numbers as they are.
fn as_json(finding: &Finding) -> serde_json::Value {
    let range = finding.range.map(|(from, to)| match &finding.loco {
        Some(_) => json!([iso(from), iso(to)]),
        None => json!([from, to]),
    });
    json!({
        "table": finding.table,
        "runs": finding.runs.map(|(from, to)| [from, to]),
        "locomotive": finding.loco,
        "range": range,
        "rows": finding.rows,
        "words": finding.words,
    })
}

fn lines(text: &Text, verified: &Verified) -> String {
    let rows = text.count(verified.rows);
    let secs = text.number(verified.secs, 1);
    let of = [
        ("rows", rows.as_str().into()),
        (
            "entries",
            text.count(verified.entries.unsigned_abs()).into(),
        ),
        ("secs", secs.as_str().into()),
        ("head", verified.head.as_str().into()),
        (
            "findings",
            text.count(verified.findings.len() as u64).into(),
        ),
    ];
    if verified.findings.is_empty() {
        return text.with("ledger-sound", of);
    }
    let header = ["table", "what", "runs", "locomotive", "range"]
        .map(|column| text.get(&format!("ledger-column-{column}")).into_owned());
    let cells: Vec<Vec<String>> = verified.findings.iter().map(|f| row(text, f)).collect();
    format!(
        "{}\n{}",
        text.with("ledger-unsound", of),
        table(&header, &cells, 5)
    )
}

fn row(text: &Text, finding: &Finding) -> Vec<String> {
    let rows = || text.count(finding.rows.unsigned_abs());
    let what = match finding.rows {
        _ if !finding.words.is_empty() => finding.words.clone(),
        0 => text.get("ledger-changed").into_owned(),
        n if n > 0 => text.with("ledger-too-many", [("rows", rows().into())]),
        _ => text.with("ledger-missing", [("rows", rows().into())]),
    };
    let span = |(from, to): (String, String)| {
        if from == to {
            from
        } else {
            format!("{from} – {to}")
        }
    };
    let numbers = |(from, to): (i64, i64)| span((from.to_string(), to.to_string()));
    let range = finding.range.map(|range| match &finding.loco {
        Some(_) => span((
            iso(range.0).unwrap_or_default(),
            iso(range.1).unwrap_or_default(),
        )),
        None => numbers(range),
    });
    vec![
        finding.table.clone(),
        what,
        finding.runs.map(numbers).unwrap_or_default(),
        finding.loco.clone().unwrap_or_default(),
        range.unwrap_or_default(),
    ]
}
