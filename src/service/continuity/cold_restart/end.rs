//! The end of a live process that keeps the warehouse locked: asked first, then forced; that process alone.

use std::time::{Duration, Instant};

use super::Holder;

/// What it has to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// Ends a holder. `still` looks whether the process of that number holds the lock.
///
/// # Errors
/// It is this program, may not be ended, or does not end.
pub(super) fn end(holder: &Holder, still: &dyn Fn() -> bool) -> Result<(), String> {
    if holder.process == std::process::id() {
        return Err("a program does not end itself".into());
    }
    for signal in ["TERM", "KILL"] {
        // Looked at right before: the number may be another program's by now.
        if !still() {
            return Ok(());
        }
        send(signal, holder)?;
        let begun = Instant::now();
        while begun.elapsed() < GRACE {
            std::thread::sleep(Duration::from_millis(50));
            if !still() {
                return Ok(());
            }
        }
    }
    Err(format!("{holder} does not end"))
}

#[cfg(unix)]
fn send(signal: &str, holder: &Holder) -> Result<(), String> {
    // The shell's own word: there may be no program of that name.
    let sent = std::process::Command::new("/bin/sh")
        .args([
            "-c",
            "kill -s \"$0\" \"$1\"",
            signal,
            &holder.process.to_string(),
        ])
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| format!("{holder}: {e}"))?;
    if sent.status.success() {
        Ok(())
    } else {
        let why = String::from_utf8_lossy(&sent.stderr);
        Err(format!("{holder} cannot be ended: {}", why.trim()))
    }
}

#[cfg(not(unix))]
fn send(_: &str, holder: &Holder) -> Result<(), String> {
    Err(format!("{holder}: end it by hand"))
}
