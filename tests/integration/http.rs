//! A source that is asked over HTTP, and what stays when it dies.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::{TestHome, fleet, telemetry};

/// Serves one text on loopback until it is dropped.
struct Server {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start(address: SocketAddr, body: String, header: &'static str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            for socket in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                let mut socket = socket.unwrap();
                let mut request = [0; 4096];
                let read = socket.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
                let (status, body) = if request.contains(header) {
                    ("200 OK", body.as_str())
                } else {
                    ("401 Unauthorized", "")
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
                );
                let _gone = socket.write_all(head.as_bytes());
                let _gone = socket.write_all(body.as_bytes());
            }
        });
        Self {
            address,
            over,
            thread: Some(thread),
        }
    }

    fn anywhere(body: String, header: &'static str) -> Self {
        Self::start("127.0.0.1:0".parse().unwrap(), body, header)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn over_http(address: SocketAddr) -> String {
    telemetry("x").replace("\"sensors\"", "\"remote\"").replace(
        "path = \"x\"",
        &format!("url = \"http://{address}/fleet.csv\""),
    )
}

/// The fleet of the far side.
fn remote(readings: u32) -> String {
    fleet(2, readings).replace("LOCO_", "FAR_")
}

fn of<'a>(status: &'a Value, prefix: &'a str) -> impl Iterator<Item = &'a Value> {
    let rows = status.as_array().unwrap().iter();
    rows.filter(move |row| row["loco_id"].as_str().unwrap().starts_with(prefix))
}

#[test]
fn a_dead_source_blocks_and_its_last_good_data_stays() {
    let home = TestHome::new();
    home.write("sensors.csv", fleet(2, 300));
    let server = Server::anywhere(remote(300), "");
    let address = server.address;
    let sources = format!("{}{}", telemetry("sensors.csv"), over_http(address));
    home.configure(&sources);
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    drop(server);

    // More comes from afar, and nobody has judged it yet.
    let server = Server::start(address, remote(310), "");
    assert_eq!(home.json(0, &["ingest"])["rows_kept"], 20);
    drop(server);

    // Training would be due: failures have become known.
    home.write(
        "failures.csv",
        "timestamp,loco_id,component\n2026-01-02T00:00:00Z,LOCO_001,pump\n",
    );
    home.configure(&format!(
        "{sources}[[sources]]\nname = \"workshop\"\nrole = \"failures\"\n\
         path = \"failures.csv\"\ntimezone = \"UTC\"\n"
    ));
    home.write("sensors.csv", fleet(2, 305));
    let judged_far = "SELECT count(*) FROM v_predictions WHERE locomotive LIKE 'FAR%'";
    let before = home.number(judged_far);
    let run = home.json(0, &["run"]);
    assert_eq!(run["rows_kept"], 11, "ten readings and a failure: {run:#}");
    assert_eq!(run["refused"][0]["source"], "remote");
    let why = run["refused"][0]["why"].as_str().unwrap();
    assert!(why.contains("unreachable"), "{why}");
    assert_eq!(run["training"]["outcome"], "impossible", "{run:#}");
    let why = run["training"]["why"].as_str().unwrap();
    assert!(
        why.contains("remote") && why.contains("unreachable"),
        "{why}"
    );
    assert_eq!(home.number("SELECT count(*) FROM models"), 1);
    assert_eq!(
        home.number(judged_far),
        before,
        "readings of a dead source were judged"
    );
    home.json(1, &["train"]);

    let status = home.json(0, &["status"]);
    assert_eq!(of(&status, "FAR").count(), 2);
    for row in of(&status, "FAR") {
        assert_eq!(row["verdict"], "unavailable", "{row:#}");
        assert_eq!(row["cause"]["cause"], "source_refused");
        assert_eq!(row["cause"]["source"], "remote");
        assert!(row["last_verdict"]["verdict"].is_string(), "{row:#}");
        // The last good reading is of 2026-01-03.
        assert!(row["age_secs"].as_f64().unwrap() > 0.0, "{row:#}");
        assert!(row["timestamp"].as_str().unwrap().starts_with("2026-01-03"));
        assert!(row["values"]["pressure"].is_number());
    }
    for row in of(&status, "LOCO") {
        assert_ne!(row["verdict"], "unavailable", "{row:#}");
    }

    // It comes back: everything is judged, and learned from.
    let server = Server::start(address, remote(310), "");
    let run = home.json(0, &["run"]);
    assert_ne!(run["training"]["outcome"], "impossible", "{run:#}");
    assert_eq!(
        home.number(
            "SELECT count(DISTINCT time_utc || locomotive) FROM v_predictions
             WHERE locomotive LIKE 'FAR%'"
        ),
        620
    );
    for row in home.json(0, &["status"]).as_array().unwrap() {
        assert_ne!(row["cause"]["cause"], "source_refused", "{row:#}");
    }
    drop(server);
}

#[test]
fn a_key_is_taken_from_the_environment_and_shown_nowhere() {
    let home = TestHome::new();
    let server = Server::anywhere(remote(60), "authorization: bearer hush-hush");
    let key = "[sources.key]\nenv = \"FLEET_TEST_KEY\"\n";
    home.configure(&format!("{}{key}", over_http(server.address)));
    let run = |secret: Option<&str>| {
        let mut command = home.command(&["--json", "-vv", "ingest"]);
        command.env_remove("FLEET_TEST_KEY");
        command.envs(secret.map(|s| ("FLEET_TEST_KEY", s)));
        crate::support::Answer::of(&mut command)
    };
    let missing = run(None).expect(1);
    let cause = missing.json()["cause"].as_str().unwrap().to_owned();
    assert!(cause.contains("FLEET_TEST_KEY is not set"), "{cause}");
    let wrong = run(Some("wrong-wrong")).expect(1);
    assert!(wrong.stdout.contains("refused by the server (HTTP 401)"));
    let right = run(Some("hush-hush")).expect(0);
    assert_eq!(right.json()["rows_kept"], 120);
    let logs = std::fs::read_dir(home.path("logs")).unwrap();
    let logged: String = logs
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for text in [
        &logged,
        &wrong.stdout,
        &wrong.stderr,
        &right.stdout,
        &right.stderr,
    ] {
        assert!(
            !text.contains("hush-hush") && !text.contains("wrong-wrong"),
            "{text}"
        );
    }
}
