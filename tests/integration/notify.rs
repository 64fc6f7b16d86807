//! The people on call are told: once a case, after the result, across processes, and without the warehouse where it
//! is broken.

#[path = "notify/servers.rs"]
#[allow(dead_code, reason = "the tests of the library use the rest")]
mod servers;

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{TestHome, fleet, telemetry};
use servers::{CA, Does, Hook, MailServer, Offers};

const CONTACT: &str =
    "[[contacts]]\nname = 'Ngo'\nphone = '+237 6'\nemail = 'ngo@camrail.example'\n";

/// A home whose one file is not there yet: its first run fails.
fn home(config: &str) -> TestHome {
    let home = TestHome::new();
    home.write("ca.pem", CA);
    home.configure(&format!("{}{config}{CONTACT}", telemetry("sensors.csv")));
    home
}

fn said(call: &(String, String)) -> Value {
    serde_json::from_str(&call.1).unwrap()
}

#[test]
fn a_run_that_goes_on_failing_is_told_once_and_its_recovery_once() {
    let hook = Hook::start(&[]);
    let home = home(&hook.config(""));
    for _ in 0..3 {
        let run = home.json(1, &["ingest"]);
        assert_eq!(run["status"], "failed_safe");
    }
    let calls = hook.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let first = said(&calls[0]);
    assert_eq!(first["subject"], "Traitement en échec");
    let text = first["text"].as_str().unwrap();
    assert!(
        text.contains("Ngo, +237 6") && text.contains("Cause"),
        "{text}"
    );

    home.write("sensors.csv", fleet(1, 20));
    for _ in 0..2 {
        home.json(0, &["ingest"]);
    }
    let calls = hook.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(
        said(&calls[1])["subject"],
        "Rétabli\u{202f}: Traitement en échec"
    );
    let outbox = home.json(0, &["notify"]);
    let states: Vec<_> = outbox
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (&m["about"], &m["state"]))
        .collect();
    assert_eq!(states.len(), 2);
    assert_eq!(states[1].0, "run_failed");
    assert!(
        states.iter().all(|(_, state)| *state == "sent"),
        "{outbox:#}"
    );
    let kinds = home.number("SELECT count(*) FROM ledger WHERE kind = 'notice'");
    assert!(kinds >= 2, "the ledger knows");
}

#[test]
fn what_one_process_queues_the_next_one_sends() {
    let hook = Hook::start(&[Does::Answer(503)]);
    let home = home(&hook.config(""));
    let run = home.cidp(&["ingest"]).expect(1);
    assert!(
        run.stderr.contains("1 message à l’astreinte attend"),
        "{run:#?}"
    );
    assert!(run.stderr.contains("503"), "{run:#?}");
    assert_eq!(home.json(0, &["notify"])[0]["state"], "waiting");
    // A minute goes by.
    rusqlite::Connection::open(home.warehouse())
        .unwrap()
        .execute("UPDATE outbox SET next_ms = 0", [])
        .unwrap();
    let run = home.cidp(&["ingest"]).expect(1);
    assert!(!run.stderr.contains("astreinte"), "{run:#?}");
    assert_eq!(hook.calls().len(), 2);
    let message = &home.json(0, &["notify"])[0];
    assert_eq!(
        (&message["state"], &message["tries"]),
        (&"sent".into(), &2.into())
    );
}

#[test]
fn a_hook_that_hangs_delays_neither_the_run_nor_its_result() {
    let hook = Hook::start(&[Does::Hang]);
    let home = home(&hook.config(""));
    let mut child = home
        .command(&["--json", "ingest"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while lines.next().unwrap().unwrap() != "}" {}
    let printed = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let after = printed.elapsed();
    assert!(
        after > Duration::from_secs(4),
        "the hook hung after the result: {after:?}"
    );
    assert!(after < Duration::from_secs(22), "bounded: {after:?}");
    let took_ms = home.number("SELECT ended_ms - started_ms FROM pipeline_runs");
    assert!(
        took_ms < 4000,
        "sending is no part of the run: {took_ms} ms"
    );
    assert_eq!(home.json(0, &["notify"])[0]["state"], "waiting");
}

#[test]
fn a_broken_warehouse_does_not_silence_the_call() {
    let hook = Hook::start(&[]);
    let home = home(&hook.config(""));
    home.write(
        "database/industrial_dwh.sqlite",
        "no database at all, and longer than a header ".repeat(99),
    );
    for _ in 0..2 {
        home.json(1, &["ingest"]);
    }
    let calls = hook.calls();
    assert_eq!(calls.len(), 1, "once: {calls:?}");
    assert_eq!(said(&calls[0])["about"], "warehouse");
}

#[test]
fn a_test_says_what_became_of_each_and_no_secret_is_shown() {
    let server = MailServer::start(Offers::StartTls, &[], Some("cidp\0geheim-7"));
    let hook = Hook::start(&[Does::Answer(200), Does::Answer(500)]);
    let mail = "security = 'start_tls'\nca = 'ca.pem'\nuser = 'cidp'\nenv = 'CIDP_TEST_MAIL'";
    let home = home(&format!(
        "{}{}",
        server.config(mail),
        hook.config("env = 'CIDP_TEST_HOOK'")
    ));
    let test = |password: &str| {
        crate::support::Answer::of(
            home.command(&["--json", "-vv", "notify", "--test"])
                .env("CIDP_TEST_MAIL", password)
                .env("CIDP_TEST_HOOK", "token-7"),
        )
    };
    let answer = test("geheim-7").expect(0);
    let became = answer.json();
    assert_eq!(became[0]["way"], "mail");
    assert!(
        became
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["sent"] == true),
        "{became:#}"
    );
    let letters = server.letters();
    assert!(letters[0].encrypted);
    assert_eq!(letters[0].header("Subject"), "Message d’essai");
    let logins: Vec<_> = server
        .commands()
        .into_iter()
        .filter(|(_, c)| c.starts_with("AUTH"))
        .collect();
    assert!(
        logins.iter().all(|(encrypted, _)| *encrypted),
        "no password in the clear"
    );
    assert!(hook.calls()[0].0.contains("Bearer token-7"));

    let refused = test("falsch-8").expect(1);
    let became = refused.json();
    assert!(
        became[0]["error"].as_str().unwrap().contains("535"),
        "{became:#}"
    );
    assert!(
        became[1]["error"].as_str().unwrap().contains("500"),
        "{became:#}"
    );
    let mut logs = String::new();
    for entry in std::fs::read_dir(home.path("logs")).unwrap() {
        logs.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    assert!(logs.contains("535"), "it is logged");
    for secret in ["geheim-7", "falsch-8", "token-7"] {
        for shown in [
            &answer.stdout,
            &answer.stderr,
            &refused.stdout,
            &refused.stderr,
            &logs,
        ] {
            assert!(!shown.contains(secret), "{secret} is shown: {shown}");
        }
    }
    let missing = home.json(1, &["notify", "--test"]);
    assert!(
        missing[0]["error"]
            .as_str()
            .unwrap()
            .contains("CIDP_TEST_MAIL"),
        "{missing:#}"
    );
}

#[test]
fn nobody_to_tell_is_said_and_an_empty_outbox_is_empty() {
    let home = home("");
    let answer = home.cidp(&["notify", "--test"]).expect(2);
    assert!(answer.stderr.contains("Personne à prévenir"), "{answer:#?}");
    assert_eq!(home.json(0, &["notify"]), Value::Array(Vec::new()));
    home.json(1, &["ingest"]);
    assert_eq!(home.json(0, &["notify"]), Value::Array(Vec::new()));
}
