//! `cidp run` and `cidp ingest`.

use serde_json::{Value, json};

use crate::service::outcome::{RunOutcome, RunStatus, Training};
use crate::service::pipeline::RunKind;
use crate::service::platform::Platform;
use crate::service::snapshot::RunProgress;
use crate::text::Text;

use super::output::{Output, complain};
use super::{Exit, Shell, holds, notify, pipeline_error, status};

pub fn run(shell: &Shell, kind: RunKind) -> Exit {
    let told = std::sync::Mutex::new(None);
    let watch = |progress: RunProgress| {
        if let (Ok(mut told), Some(waits_for)) = (told.lock(), progress.waits_for)
            && *told != Some(waits_for)
        {
            *told = Some(waits_for);
            complain(&format!("… {}", shell.text.waits_for(waits_for)));
        }
    };
    let outcome = match shell.platform.run(kind, &watch) {
        Ok(outcome) => outcome,
        Err(error) => {
            let exit = pipeline_error(&error, &shell.out);
            notify::settle(shell, Some(&error));
            return exit;
        }
    };
    shell
        .out
        .value(&as_json(&outcome), || as_lines(&outcome, &shell.text));
    let exit = exit(&outcome);
    // The run has ended and said so: telling takes nothing of it.
    notify::settle(shell, None);
    exit
}

fn exit(outcome: &RunOutcome) -> Exit {
    match outcome.status {
        RunStatus::Ok => Exit::Done,
        RunStatus::FailedSafe => {
            complain(outcome.cause.as_deref().unwrap_or_default());
            Exit::FailSafe
        }
    }
}

/// Where there is no display: the pipeline in the terminal, ending with the fleet.
#[must_use]
pub fn in_terminal(platform: &Platform, text: &Text) -> Exit {
    let shell = Shell {
        platform: platform.clone(),
        out: Output::new(false),
        text: text.clone(),
    };
    let out = &shell.out;
    let stage = std::sync::Mutex::new(None);
    let watch = |progress: RunProgress| {
        if let Ok(mut shown) = stage.lock()
            && *shown != Some(progress.stage)
        {
            *shown = Some(progress.stage);
            complain(&format!("… {}", text.stage(progress.stage)));
        }
    };
    if !platform.may_act() {
        complain(&text.get("read-only-refused"));
        return match status::lines(platform, text) {
            Ok(lines) => {
                out.value(&(), || lines);
                Exit::Done
            }
            Err(error) => pipeline_error(&error, out),
        };
    }
    let (mut exit, broken) = match platform.run(RunKind::Full, &watch) {
        Ok(outcome) => {
            out.value(&(), || as_lines(&outcome, text));
            (exit(&outcome), None)
        }
        Err(error) => (pipeline_error(&error, out), Some(error)),
    };
    match status::lines(platform, text) {
        Ok(lines) => out.value(&(), || format!("\n{lines}")),
        Err(error) => exit = pipeline_error(&error, out),
    }
    notify::settle(&shell, broken.as_ref());
    exit
}

fn as_json(outcome: &RunOutcome) -> Value {
    let report = &outcome.report;
    json!({
        "status": outcome.status,
        "cause": outcome.cause,
        "run": outcome.run,
        "stages": outcome.stages,
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "rows_already_loaded": report.rows_already_loaded,
        "rows_quarantined": report.rows_quarantined,
        "refused": report.refused,
        "ignored_columns": report.ignored_columns,
        "channels": report.channels.map(|c| json!({
            "flow_rate": c[0], "pressure": c[1], "vibration": c[2], "temperature": c[3],
        })),
        "training": outcome.training,
        "pruned": outcome.pruned,
        "held": outcome.held.iter().map(holds::told).collect::<Vec<_>>(),
        "model_version": outcome.model_version,
        "verdicts": outcome.verdicts,
        "synthetic": outcome.synthetic,
    })
}

fn as_lines(outcome: &RunOutcome, text: &Text) -> String {
    let report = &outcome.report;
    let mut lines = Vec::new();
    let run = outcome.run.unwrap_or_default();
    lines.push(match outcome.status {
        RunStatus::Ok => text.with("cli-run-ok", [("run", run.into())]),
        RunStatus::FailedSafe => text.with("cli-run-failed", [("run", run.into())]),
    });
    if outcome.synthetic {
        lines.push(text.get("cli-synthetic").into_owned());
    }
    let quarantined: u64 = report.rows_quarantined.values().sum();
    lines.push(text.with(
        "cli-rows",
        [
            ("read", text.count(report.rows_read).into()),
            ("kept", text.count(report.rows_kept).into()),
            ("already", text.count(report.rows_already_loaded).into()),
            ("quarantined", text.count(quarantined).into()),
        ],
    ));
    for (reason, count) in &report.rows_quarantined {
        let reason = text.get(&format!("reason-{reason}")).into_owned();
        lines.push(format!("  {reason} : {}", text.count(*count)));
    }
    lines.extend(holds::of_run(&outcome.held, text));
    for refused in &report.refused {
        let what = refused.to_string();
        lines.push(text.with("cli-refused", [("what", what.into())]));
    }
    for (source, columns) in &report.ignored_columns {
        lines.push(text.with(
            "cli-ignored",
            [
                ("source", source.as_str().into()),
                ("columns", columns.join(", ").into()),
            ],
        ));
    }
    for stage in &outcome.stages {
        lines.push(format!(
            "  {} : {} s, {}",
            text.stage(stage.name),
            text.number(stage.secs, 2),
            text.count(stage.rows)
        ));
    }
    lines.extend(training(&outcome.training, text));
    if let Some(pruned) = outcome.pruned.filter(|p| p.readings > 0) {
        let readings = text.count(pruned.readings);
        lines.push(text.with("cli-pruned", [("readings", readings.into())]));
    }
    let v = outcome.verdicts;
    lines.push(text.with(
        "cli-verdicts",
        [
            ("danger", v.danger.into()),
            ("unavailable", v.unavailable.into()),
            ("nominal", v.nominal.into()),
        ],
    ));
    lines.join("\n")
}

fn training(training: &Training, text: &Text) -> Option<String> {
    match training {
        Training::NotDue => None,
        Training::Promoted { version } => {
            Some(text.with("cli-trained", [("version", (*version).into())]))
        }
        Training::Refused { version, why } => Some(text.with(
            "cli-not-promoted",
            [("version", (*version).into()), ("why", why.as_str().into())],
        )),
        Training::Impossible { why } => {
            Some(text.with("cli-not-trained", [("why", why.as_str().into())]))
        }
    }
}
