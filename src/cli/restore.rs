//! `cidp restore`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use crate::service::continuity::restore::{self, Plan};
use crate::service::continuity::{Steps, backup};
use crate::service::stop::Stop;

use super::backup::{as_they_end, person, stopped};
use super::output::complain;
use super::{Exit, Shell};

pub fn restore(shell: &Shell, asked: &super::arguments::Restore) -> Exit {
    let (platform, text) = (&shell.platform, &shell.text);
    let Some(file) = chosen(shell, asked) else {
        shell.out.failed_safe(&text.get("rst-none-proven"));
        return Exit::FailSafe;
    };
    let plan = match restore::plan(platform, &file) {
        Ok(plan) => plan,
        Err(why) => {
            shell.out.failed_safe(&why);
            return Exit::FailSafe;
        }
    };
    let held = !plan.holders.is_empty();
    if asked.dry_run {
        shell.out.value(&plan, || {
            format!("{}\n{}", as_lines(&plan, shell), text.get("rst-dry"))
        });
        return Exit::Done;
    }
    if held {
        let lines = holders(&plan, shell);
        shell
            .out
            .error(&lines, &serde_json::json!({ "holders": plan.holders }));
        return Exit::Busy;
    }
    if !asked.yes {
        if !std::io::stdin().is_terminal() || shell.out.is_json() {
            shell
                .out
                .error(&text.get("rst-refused"), &serde_json::json!({}));
            return Exit::Arguments;
        }
        complain(&as_lines(&plan, shell));
        if !agreed(shell) {
            complain(&text.get("rst-declined"));
            return Exit::Arguments;
        }
    }
    let tell = as_they_end(shell);
    let steps = Steps::new(&tell, Stop::default());
    match restore::restore(platform, &file, &person(shell), &steps) {
        Ok(restored) => {
            shell.out.value(&restored, || {
                let secs = text.number(restored.secs, 2);
                let file = restored.file.display().to_string();
                let mut lines =
                    vec![text.with("rst-done", [("secs", secs.into()), ("file", file.into())])];
                if let Some(aside) = &restored.aside {
                    let file = aside.display().to_string();
                    lines.push(text.with("rst-aside", [("file", file.into())]));
                }
                lines.join("\n")
            });
            Exit::Done
        }
        Err(why) => stopped(shell, &why),
    }
}

/// The file that was named, or the newest proven backup.
fn chosen(shell: &Shell, asked: &super::arguments::Restore) -> Option<PathBuf> {
    if let Some(file) = &asked.file {
        return Some(file.clone());
    }
    let all = backup::list(&shell.platform);
    backup::newest_proven(&all).map(|backup| backup.file.clone())
}

fn agreed(shell: &Shell) -> bool {
    let mut stderr = std::io::stderr();
    // Who cannot see the question does not answer it with yes.
    let asked = write!(stderr, "{} ", shell.text.get("rst-ask")).and_then(|()| stderr.flush());
    let mut typed = String::new();
    asked.is_ok()
        && std::io::stdin().lock().read_line(&mut typed).is_ok()
        && typed
            .trim()
            .eq_ignore_ascii_case(&shell.text.get("rst-yes"))
}

fn holders(plan: &Plan, shell: &Shell) -> String {
    let lines: Vec<String> = plan
        .holders
        .iter()
        .map(|holder| {
            let process = holder.process.to_string();
            let program = holder.program.as_str();
            let args = [("process", process.into()), ("program", program.into())];
            shell.text.with("rst-held", args)
        })
        .collect();
    lines.join("\n")
}

fn as_lines(plan: &Plan, shell: &Shell) -> String {
    let text = &shell.text;
    let count = |n: i64| text.count(u64::try_from(n).unwrap_or(0));
    let mut lines = vec![text.with(
        "rst-plan",
        [
            ("file", plan.file.display().to_string().into()),
            ("date", text.moment(plan.made_ms, None).into()),
        ],
    )];
    let proven = if plan.proven {
        "rst-proven"
    } else {
        "rst-not-proven"
    };
    lines.push(text.get(proven).into_owned());
    if let (Some(readings), Some(entries)) = (plan.readings_lost, plan.entries_lost) {
        lines.push(text.with(
            "rst-lost",
            [
                ("readings", count(readings).into()),
                ("models", plan.models_lost.len().into()),
                ("entries", count(entries).into()),
            ],
        ));
    }
    lines.push(match plan.model {
        Some(version) => text.with("rst-model", [("version", version.into())]),
        None => text.get("rst-no-model").into_owned(),
    });
    if let Some(why) = &plan.damaged {
        lines.push(text.with("rst-damaged", [("why", why.as_str().into())]));
    }
    let folder = shell.platform.home.aside().display().to_string();
    lines.push(text.with("rst-kept", [("folder", folder.into())]));
    if !plan.holders.is_empty() {
        lines.push(holders(plan, shell));
    }
    lines.join("\n")
}
