//! `cidp cold-restart` and the live holder of a lock.

#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::locked::home;
use crate::support::TestHome;

/// A client of another program that keeps the warehouse locked, as somebody leaves one open.
struct Client {
    child: Child,
    /// Kept: closed, it would be ended by its next prompt.
    _output: BufReader<ChildStdout>,
}

impl Client {
    fn of(home: &TestHome) -> Option<Self> {
        let mut command = Command::new("sqlite3");
        command.arg("-interactive").arg(home.warehouse());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        use std::io::Write as _;
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "BEGIN IMMEDIATE;\nSELECT 'locked';").unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.trim_end().ends_with("locked") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ended early");
        }
        child.stdin = Some(input);
        Some(Self {
            child,
            _output: output,
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Ended by what is tested, perhaps.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_live_holder_is_named_and_without_leave_not_ended() {
    let home = home("");
    home.json(0, &["run"]);
    let Some(mut client) = Client::of(&home) else {
        eprintln!("no sqlite3 here: not tried");
        return;
    };
    let refused = home.json(1, &["cold-restart"]);
    let why = refused["failed"].as_str().unwrap();
    let named = format!("process {} (sqlite3)", client.child.id());
    assert!(
        why.contains(&named) && why.contains("Nothing was changed"),
        "{why}"
    );
    assert!(client.child.try_wait().unwrap().is_none(), "it lives on");
    let steps = refused["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["key"], "report");
    assert!(home.path("reports").read_dir().unwrap().count() == 2);

    home.json_any(&["cold-restart", "--yes"]);
    assert!(
        client.child.try_wait().unwrap().is_some(),
        "ended, with leave"
    );
    let told = home.rows("SELECT detail FROM ledger WHERE kind = 'cold_restart'");
    assert!(!told.is_empty(), "its end is in the ledger");
    assert!(
        format!("{told:?}").contains(&client.child.id().to_string()),
        "{told:?}"
    );
}
