//! `cidp cold-restart`: each step with its time as it ends; asked only before a live holder is ended.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::service::continuity::cold_restart::cold_restart as restart;
use crate::service::continuity::holders::Holder;
use crate::service::continuity::{Step, StepState, Steps};
use crate::service::scribe::account;
use crate::service::stop::Stop;
use crate::text::Text;

use super::output::complain;
use super::{Exit, Shell};

pub fn cold_restart(shell: &Shell, asked: &super::arguments::ColdRestart) -> Exit {
    let (out, text) = (&shell.out, &shell.text);
    let printed = AtomicUsize::new(0);
    let tell = |steps: &[Step]| {
        let ended = steps
            .iter()
            .filter(|step| step.state != StepState::Running)
            .count();
        if !out.is_json() && printed.swap(ended, Ordering::Relaxed) < ended {
            complain(&line(&steps[ended - 1], text));
        }
    };
    let steps = Steps::new(&tell, Stop::default());
    let may_end = |holder: &Holder| asked.yes || confirmed(holder, text);
    let restarted = match restart(&shell.platform, account(), &may_end, &steps) {
        Ok(restarted) => restarted,
        Err(stopped) => {
            out.failed_safe(&stopped.to_string());
            return Exit::FailSafe;
        }
    };
    let words = text.get(match restarted.failed {
        None => "cold-done",
        Some(_) => "cold-failed",
    });
    out.value(&restarted, || {
        let mut lines = vec![words.into_owned()];
        if let Some(report) = &restarted.report {
            let path = report.display().to_string();
            lines.push(text.with("cold-report", [("path", path.into())]));
        }
        lines.join("\n")
    });
    match &restarted.failed {
        None => Exit::Done,
        Some(why) => {
            complain(why);
            Exit::FailSafe
        }
    }
}

fn line(step: &Step, text: &Text) -> String {
    let (mark, detail) = match &step.state {
        StepState::Failed(why) => ('■', why),
        _ => ('✓', &step.detail),
    };
    let name = text.get(&format!("step-{}", step.key)).into_owned();
    let secs = text.number(step.secs, 2);
    format!("{mark} {name} — {secs} s  {detail}")
        .trim_end()
        .to_owned()
}

/// Nobody to be asked: no.
fn confirmed(holder: &Holder, text: &Text) -> bool {
    let (input, mut error) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !error.is_terminal() {
        return false;
    }
    let question = text.with("cold-asks", [("holder", holder.to_string().into())]);
    let mut answer = String::new();
    let asked = write!(error, "{question} ").and_then(|()| error.flush());
    asked
        .and_then(|()| input.lock().read_line(&mut answer))
        .is_ok()
        && ["o", "oui", "y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
