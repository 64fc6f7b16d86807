//! `cidp backup` and `cidp backups`.

use serde_json::json;

use crate::service::continuity::backup::{self, Backup, Origin};
use crate::service::continuity::steps::{Step, StepState, Stopped};
use crate::service::continuity::{Steps, restore};
use crate::service::scribe::who;
use crate::service::stop::Stop;
use crate::text::Text;

use super::output::{complain, table};
use super::{Exit, Shell};

/// Says each step for people as it ends, beside the result.
pub(super) fn as_they_end(shell: &Shell) -> impl Fn(&[Step]) + Sync + '_ {
    let quiet = shell.out.is_json();
    move |steps: &[Step]| {
        if let Some(step) = steps
            .last()
            .filter(|step| !quiet && step.state != StepState::Running)
        {
            complain(&line(step, &shell.text));
        }
    }
}

fn line(step: &Step, text: &Text) -> String {
    let mark = if step.state == StepState::Done {
        "✓"
    } else {
        "✗"
    };
    let name = text.get(&format!("step-{}", step.key)).into_owned();
    let secs = text.number(step.secs, 2);
    let detail = match &step.state {
        StepState::Failed(why) => why,
        _ => &step.detail,
    };
    let dash = if detail.is_empty() { "" } else { " — " };
    format!("{mark} {name} ({secs} s){dash}{detail}")
}

/// A step that failed: its name in words on stderr was said as it ended; here the result.
pub(super) fn stopped(shell: &Shell, stopped: &Stopped) -> Exit {
    if shell.out.is_json() {
        shell.out.failed_safe(&stopped.to_string());
    }
    let busy = stopped.step == restore::LOCK;
    if busy { Exit::Busy } else { Exit::FailSafe }
}

pub(super) fn person(shell: &Shell) -> String {
    who(shell.platform.config.window.operator.as_deref())
}

pub fn backup(shell: &Shell, asked: &super::arguments::Backup) -> Exit {
    let (platform, text) = (&shell.platform, &shell.text);
    let tell = as_they_end(shell);
    let steps = Steps::new(&tell, Stop::default());
    let who = person(shell);
    let mut made = match backup::make(platform, Origin::Manual, &who, &steps) {
        Ok(made) => made,
        Err(why) => return stopped(shell, &why),
    };
    if !asked.no_proof {
        match backup::prove(platform, &made.file, &who, &steps) {
            Ok(proof) => made.proof = Some(proof),
            Err(why) => return stopped(shell, &why),
        }
    }
    let missed: Vec<String> = backup::destinations(platform)
        .into_iter()
        .filter(|folder| !made.places.contains(folder))
        .map(|folder| folder.display().to_string())
        .collect();
    for place in &missed {
        complain(&text.with("bak-missed", [("place", place.as_str().into())]));
    }
    let mut value = json!(made);
    value["missed"] = json!(missed);
    value["steps"] = json!(steps.so_far());
    shell.out.value(&value, || {
        let file = made.file.display().to_string();
        let size = megabytes(&made, text);
        let args = [("file", file.into()), ("size", size.into())];
        let proof = match &made.proof {
            Some(proof) => {
                let secs = text.number(proof.recovery_secs, 2);
                text.with("bak-proven", [("secs", secs.into())])
            }
            None => text.get("bak-no-proof").into_owned(),
        };
        format!("{}\n{proof}", text.with("bak-made", args))
    });
    Exit::Done
}

fn megabytes(backup: &Backup, text: &Text) -> String {
    text.number(backup.bytes as f64 / 1e6, 1)
}

pub fn backups(shell: &Shell) -> Exit {
    let all = backup::list(&shell.platform);
    shell.out.value(&all, || as_lines(&all, shell));
    Exit::Done
}

fn as_lines(all: &[Backup], shell: &Shell) -> String {
    let text = &shell.text;
    if all.is_empty() {
        return text.get("bak-none").into_owned();
    }
    let header = [
        "bak-date",
        "bak-origin",
        "bak-proof",
        "bak-file",
        "bak-size",
        "bak-copies",
    ]
    .map(|key| text.get(key).into_owned());
    let rows: Vec<Vec<String>> = all.iter().map(|backup| row(backup, text)).collect();
    let mut lines = vec![table(&header, &rows, 4)];
    for backup in all {
        let failed = backup
            .proof
            .as_ref()
            .and_then(|proof| proof.failed.as_ref());
        if let Some(why) = backup.wrong.as_ref().or(failed) {
            lines.push(format!("{} — {why}", name(backup)));
        }
    }
    lines.push(match backup::exposure(&shell.platform, all) {
        Some(exposure) => text.with(
            "bak-exposed",
            [
                ("rows", text.count(exposure.rows).into()),
                ("since", text.moment(exposure.since_ms, None).into()),
                ("secs", text.number(exposure.recovery_secs, 2).into()),
            ],
        ),
        None => text.get("bak-unproven").into_owned(),
    });
    let rule = backup::three_two_one(&shell.platform, all);
    let figures = [
        ("copies", rule.copies.into()),
        ("storages", rule.storages.into()),
        ("offsite", rule.offsite.into()),
    ];
    lines.push(match rule.is_met() {
        true => text.with("bak-rule-met", figures),
        false => text.with("bak-rule-not-met", figures),
    });
    lines.join("\n")
}

fn name(backup: &Backup) -> String {
    let name = backup.file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn row(backup: &Backup, text: &Text) -> Vec<String> {
    let state = match (&backup.wrong, &backup.proof) {
        (Some(_), _) => "bak-state-wrong",
        (None, None) => "bak-state-unproven",
        (None, Some(proof)) if proof.failed.is_some() => "bak-state-failed",
        (None, Some(_)) => "bak-state-proven",
    };
    vec![
        text.moment(backup.made_ms, None),
        text.get(&format!("origin-{}", backup.origin.key()))
            .into_owned(),
        text.get(state).into_owned(),
        name(backup),
        megabytes(backup, text),
        backup.places.len().to_string(),
    ]
}
