//! A disk that is full at every write of a load.

#![cfg(unix)]

use std::process::{Command, Stdio};

use super::{assert_whole, committed, copy_of, ready, trials};
use crate::support::{Answer, TestHome};

/// `cidp` that can write no file longer than so many blocks of 512 bytes; the refusal is an error of the write, as of
/// a full disk.
fn limited(home: &TestHome, blocks: u64, arguments: &str) -> Answer {
    let program = env!("CARGO_BIN_EXE_cidp");
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec '{program}' --home '{}' --json {arguments}",
        home.path("").display()
    );
    let mut command = Command::new("sh");
    for name in ["CIDP_HOME", "CIDP_CONFIG", "CIDP_LANG", "CIDP_LOG"] {
        command.env_remove(name);
    }
    Answer::of(command.args(["-c", &script]).stdin(Stdio::null()))
}

#[test]
fn a_full_disk_is_said_and_leaves_the_old_state() {
    let template = ready();
    std::fs::copy(template.path("next.csv"), template.path("sensors.csv")).unwrap();
    let done = copy_of(&template);
    done.json(0, &["ingest"]);
    let whole = std::fs::metadata(done.warehouse()).unwrap().len() / 512 + 64;
    let before = committed(&template.sql());
    let after = committed(&done.sql());
    let steps = trials(100, 12) as u64;
    let (mut refused, mut passed) = (0, 0);
    for step in 0..steps {
        let home = copy_of(&template);
        let blocks = 1 + whole * 2 * step / steps;
        let when = format!("{blocks} blocks of 512 bytes");
        let answer = limited(&home, blocks, "ingest");
        let seen = committed(&home.sql());
        if answer.code == 0 {
            assert!(seen == after, "{when}: not all of it is there");
            passed += 1;
        } else {
            assert!(seen == before, "{when}: half a load: {answer:#?}");
            assert!(
                !answer.stderr.is_empty() || !answer.stdout.is_empty(),
                "{when}: silent"
            );
            refused += 1;
        }
        assert_whole(&home, &when);
        // With room again it goes on.
        home.json(0, &["ingest"]);
        assert!(committed(&home.sql()) == after, "{when}, then with room");
    }
    assert!(refused > 0, "the limit never bit");
    println!(
        "| disk full at {steps} places of a load (RLIMIT_FSIZE) | {refused} clear errors with the old state intact, {passed} loads whole |"
    );
}
