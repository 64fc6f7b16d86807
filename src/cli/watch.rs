//! `cidp watch`: what a window does with followed sources, without a window. One line a pass that changed
//! something; with `--json` one JSON value a line.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::service::continuity::notify::Courier;
use crate::service::live::{LiveState, Passed};
use crate::service::outcome::RunStatus;
use crate::service::pipeline::{LockError, PipelineError, RunKind, wall_ms};
use crate::text::Text;

use super::arguments::Watch;
use super::output::{complain, iso};
use super::{Exit, Shell, notify, pipeline_error};

/// Between two attempts to begin beside another program.
const STEP: Duration = Duration::from_millis(250);

pub fn watch(shell: &Shell, asked: &Watch) -> Exit {
    let (out, text) = (&shell.out, &shell.text);
    let followed = shell.platform.followed();
    if followed.is_empty() {
        out.error(&text.get("cli-watch-nothing"), &json!({}));
        return Exit::Arguments;
    }
    let signalled = match signals() {
        Ok(signalled) => signalled,
        Err(error) => {
            out.failed_safe(&error.to_string());
            return Exit::FailSafe;
        }
    };
    let started = Instant::now();
    let stop = || {
        let over = |secs| started.elapsed().as_secs_f64() >= secs;
        signalled.load(Ordering::Relaxed) || asked.secs.is_some_and(over)
    };
    out.event(
        &json!({ "event": "started", "at": iso(wall_ms()), "sources": followed }),
        || {
            text.with(
                "cli-watch-started",
                [("sources", followed.join(", ").into())],
            )
        },
    );
    // A server has no desktop to show it on.
    let courier = match Courier::start(shell.platform.clone(), |_, _| {}) {
        Ok(courier) => courier,
        Err(error) => {
            out.failed_safe(&error.to_string());
            return Exit::FailSafe;
        }
    };
    if let Err(exit) = first_run(shell, &courier, &stop) {
        return exit;
    }
    let mut said = LiveState::default();
    let mut told = None;
    let (mut passes, mut rows) = (0_u64, 0_u64);
    let watched = shell.platform.watch(&stop, &mut |state, passed| {
        if let Some(passed) = passed {
            passes += 1;
            rows += passed.rows_kept;
            out.event(&pass_event(&passed, state), || {
                pass_line(&passed, state, text)
            });
        }
        // What is behind changes all the time; what is wrong is said once.
        let now = LiveState {
            behind_bytes: 0,
            behind_answers: 0,
            passes: 0,
            ..state.clone()
        };
        if told.as_ref() != Some(&now.fault) {
            courier.live(now.fault.as_deref());
            told = Some(now.fault.clone());
        }
        if now != said {
            out.event(&state_event(state), || state_line(&now, text));
            said = now;
        }
    });
    if let Err(error) = watched {
        out.failed_safe(&error.to_string());
        return Exit::FailSafe;
    }
    out.event(
        &json!({ "event": "ended", "at": iso(wall_ms()), "passes": passes, "rows_kept": rows }),
        || {
            text.with(
                "cli-watch-ended",
                [
                    ("passes", text.count(passes).into()),
                    ("rows", text.count(rows).into()),
                ],
            )
        },
    );
    Exit::Done
}

/// A home in which nothing ever ran is run once, as a window does.
fn first_run(shell: &Shell, courier: &Courier, stop: &dyn Fn() -> bool) -> Result<(), Exit> {
    let failed = |error: &PipelineError| {
        let exit = pipeline_error(error, &shell.out);
        notify::settle(shell, Some(error));
        Err(exit)
    };
    loop {
        match shell.platform.has_run() {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) => return failed(&error),
        }
        courier.rest(true);
        let ran = shell.platform.run(RunKind::Full, &|_| {});
        courier.rest(false);
        match ran {
            Ok(outcome) => {
                if let Some(cause) = &outcome.cause {
                    complain(cause);
                }
            }
            Err(PipelineError::Lock(LockError::Busy { .. })) if !stop() => std::thread::sleep(STEP),
            Err(PipelineError::Lock(LockError::Busy { .. })) => return Ok(()),
            Err(error) => return failed(&error),
        }
    }
}

fn pass_event(passed: &Passed, state: &LiveState) -> Value {
    let mut event = json!(passed);
    event["event"] = "pass".into();
    event["at"] = json!(iso(wall_ms()));
    event["behind_bytes"] = state.behind_bytes.into();
    event["behind_answers"] = state.behind_answers.into();
    event
}

fn pass_line(passed: &Passed, state: &LiveState, text: &Text) -> String {
    if passed.status == RunStatus::FailedSafe {
        return text.with(
            "cli-watch-failed",
            [("why", passed.cause.clone().unwrap_or_default().into())],
        );
    }
    text.with(
        "cli-watch-pass",
        [
            ("kept", text.count(passed.rows_kept).into()),
            ("already", text.count(passed.rows_already_loaded).into()),
            ("quarantined", text.count(passed.rows_quarantined).into()),
            ("scored", text.count(passed.rows_scored).into()),
            ("ms", text.count((passed.secs * 1000.0) as u64).into()),
            (
                "behind",
                text.count(state.behind_bytes.div_ceil(1024)).into(),
            ),
        ],
    )
}

fn state_event(state: &LiveState) -> Value {
    let mut event = json!(state);
    event["event"] = "state".into();
    event["at"] = json!(iso(wall_ms()));
    event
}

fn state_line(state: &LiveState, text: &Text) -> String {
    let mut lines = Vec::new();
    for (name, why) in &state.dead {
        lines.push(text.with(
            "cli-watch-dead",
            [
                ("source", name.as_str().into()),
                ("why", why.as_str().into()),
            ],
        ));
    }
    if let Some(holder) = &state.waits_for {
        lines.push(text.with("cli-watch-waits", [("holder", holder.as_str().into())]));
    }
    if let Some(why) = &state.fault {
        lines.push(text.with("cli-watch-fault", [("why", why.as_str().into())]));
    }
    if lines.is_empty() {
        lines.push(text.get("cli-watch-well").into_owned());
    }
    lines.join("\n")
}

/// Set when the program is asked to end: Ctrl-C, or what a service manager sends.
fn signals() -> std::io::Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&asked);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("cidp-signals".into())
        .spawn(move || {
            runtime.block_on(async {
                if let Err(error) = asked_to_end().await {
                    complain(&error.to_string());
                }
            });
            set.store(true, Ordering::Relaxed);
        })?;
    Ok(asked)
}

#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut end, mut hangup) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    );
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = end.recv() => Ok(()),
        _ = hangup.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
