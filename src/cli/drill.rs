//! `cidp drill`.

use crate::service::continuity::Steps;
use crate::service::continuity::drills::{self, Drill, Drilled, Hold};
use crate::service::continuity::steps::{Step, StepState};
use crate::service::scribe;
use crate::service::stop::Stop;

use super::arguments::{DrillAsked, HoldAsked};
use super::output::{self, complain};
use super::{Exit, Shell};

pub fn drill(shell: &Shell, asked: &DrillAsked) -> Exit {
    if let Some(what) = asked.hold {
        return hold(shell, what);
    }
    let Some(drills) = named(shell, &asked.names) else {
        return Exit::Arguments;
    };
    let quiet = shell.out.is_json();
    let tell = |steps: &[Step]| {
        if let Some(step) = steps.last().filter(|_| !quiet)
            && step.state == StepState::Running
        {
            complain(&format!(
                "… {}",
                shell.text.get(&format!("step-{}", step.key))
            ));
        }
    };
    let steps = Steps::new(&tell, Stop::default());
    let who = scribe::who(None);
    match drills::run(&shell.platform, &drills, &who, &steps) {
        Ok(walked) => {
            shell.out.value(&as_json(&walked), || lines(shell, &walked));
            if walked.iter().all(|drilled| drilled.passed) {
                Exit::Done
            } else {
                Exit::FailSafe
            }
        }
        Err(stopped) => {
            shell.out.failed_safe(&stopped.to_string());
            Exit::FailSafe
        }
    }
}

/// The drills asked for, in the order of the board; `None` where one is not known, which was said.
fn named(shell: &Shell, names: &[String]) -> Option<Vec<Drill>> {
    if names.is_empty() || names.iter().any(|name| name == "all") {
        return Some(Drill::ALL.to_vec());
    }
    let mut drills = Vec::new();
    for name in names {
        let Some(drill) = Drill::named(&name.replace('-', "_")) else {
            let known = Drill::ALL.map(Drill::key).join(", ");
            let words = shell.text.with(
                "drill-unknown",
                [("name", name.as_str().into()), ("known", known.into())],
            );
            shell
                .out
                .error(&words, &serde_json::json!({ "name": name }));
            return None;
        };
        drills.push(drill);
    }
    drills.sort_unstable();
    drills.dedup();
    Some(drills)
}

fn as_json(walked: &[Drilled]) -> serde_json::Value {
    let all = walked.iter().map(|drilled| {
        serde_json::json!({
            "name": drilled.name,
            "passed": drilled.passed,
            "evidence": drilled.evidence,
            "secs": (drilled.secs * 1000.0).round() / 1000.0,
        })
    });
    all.collect()
}

fn lines(shell: &Shell, walked: &[Drilled]) -> String {
    let text = &shell.text;
    let header = ["drill-head-name", "drill-head-result", "drill-head-secs"];
    let header = header.map(|key| text.get(key).into_owned());
    let rows: Vec<Vec<String>> = walked
        .iter()
        .map(|drilled| {
            vec![
                text.get(&format!("drill-{}", drilled.name.key()))
                    .into_owned(),
                text.get(if drilled.passed {
                    "drill-passed"
                } else {
                    "drill-failed"
                })
                .into_owned(),
                text.number(drilled.secs, 1),
            ]
        })
        .collect();
    let mut lines = vec![output::table(&header, &rows, 2)];
    // Those just written: the evidence in the language of the terminal.
    let told = if text.language == crate::text::Language::French {
        drills::last_in_french(&shell.platform)
    } else {
        drills::last(&shell.platform)
    };
    for drilled in walked.iter().filter(|drilled| !drilled.passed) {
        let found = told.iter().find(|told| told.name == drilled.name);
        lines.push(format!(
            "\n{} :",
            text.get(&format!("drill-{}", drilled.name.key()))
        ));
        let evidence = found.unwrap_or(drilled).evidence.iter();
        lines.extend(evidence.map(|line| format!("  {line}")));
    }
    let folder = shell.platform.home.reports().display().to_string();
    lines.push(text.with("drill-report", [("folder", folder.into())]));
    lines.join("\n")
}

/// For a drill of another process: holds, says so, and goes on until its standard input ends.
fn hold(shell: &Shell, what: HoldAsked) -> Exit {
    let what = match what {
        HoldAsked::Database => Hold::Database,
        HoldAsked::RunLock => Hold::RunLock,
    };
    let mut done = || {
        // Closed or broken, it is the end either way.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    };
    match drills::hold(
        &shell.platform,
        what,
        &mut || output::print("held"),
        &mut done,
    ) {
        Ok(()) => Exit::Done,
        Err(why) => {
            shell.out.failed_safe(&why);
            Exit::FailSafe
        }
    }
}
