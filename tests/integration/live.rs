//! Followed sources, with real programs and real files: nothing is lost, nothing is doubled, whatever happens
//! in between. Conditions are waited for; how fast they come is measured elsewhere.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use crate::support::{HEADER, TestHome, fleet, fleet_between, rows, telemetry};

const LOCOMOTIVES: u32 = 2;
/// Readings of each locomotive before anybody follows: enough for a model and for what is normal.
const BEFORE: u32 = 450;
const PATIENCE: Duration = Duration::from_secs(60);

/// `cidp watch` in the background, ended with the test.
struct Watch {
    child: Child,
    said: PathBuf,
}

impl Watch {
    fn start(home: &TestHome) -> Self {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let said = home.path(&format!("watch-{number}.ndjson"));
        let child = home
            .command(&["--json", "watch", "--for", "300"])
            .stdout(File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let watch = Self { child, said };
        wait("it starts", || !watch.events().is_empty());
        watch
    }

    fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.said).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn has_said(&self, event: &str, what: impl Fn(&Value) -> bool) -> bool {
        self.events().iter().any(|e| e["event"] == event && what(e))
    }

    /// As an operator ends it.
    #[cfg(unix)]
    fn end(mut self) -> Vec<Value> {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let events = self.events();
        assert_eq!(events.last().unwrap()["event"], "ended");
        events
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[track_caller]
fn wait(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn followed(path: &str) -> String {
    format!("{}follow = true\n", telemetry(path))
}

/// A home with a model, whose one source is followed.
fn home() -> TestHome {
    let home = TestHome::new();
    home.write("sensors.csv", fleet(LOCOMOTIVES, BEFORE));
    home.configure(&followed("sensors.csv"));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    home
}

/// The rows `from..to` of the fleet without a header.
fn more(from: u32, to: u32) -> String {
    fleet_between(LOCOMOTIVES, from, to)[HEADER.len()..].to_owned()
}

fn append(home: &TestHome, file: &str, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .open(home.path(file))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn readings(home: &TestHome) -> i64 {
    home.number("SELECT count(*) FROM sensor_metrics")
}

/// Every reading that came while it was followed is judged.
fn all_judged(home: &TestHome) -> bool {
    home.number(
        "SELECT count(*) FROM sensor_metrics s WHERE NOT EXISTS
         (SELECT 1 FROM ai_telemetry_predictions p WHERE p.reading = s.reading)",
    ) == 0
}

/// All that does not hold a time of day or a path: the same however the rows came.
fn contents(home: &TestHome) -> Vec<Vec<Vec<SqlValue>>> {
    let db: &Connection = &home.sql();
    [
        "SELECT name FROM locomotives ORDER BY name",
        "SELECT * FROM sensor_metrics ORDER BY reading",
        "SELECT file, line, reason, detail, raw, loco, at_ms, label FROM quarantine ORDER BY 1, 2",
        "SELECT reading, model, probability, verdict FROM ai_telemetry_predictions ORDER BY 1, 2",
        "SELECT file, digest FROM source_files ORDER BY 1",
        "SELECT file, bytes, lines, digest, newest FROM followed_files ORDER BY 1",
        "SELECT version FROM models ORDER BY version",
        "SELECT * FROM run_loads",
    ]
    .map(|query| rows(db, query))
    .to_vec()
}

/// What grows: good rows with some that are refused between them.
fn growth() -> String {
    let mut text = String::new();
    for (i, line) in more(BEFORE, BEFORE + 60).lines().enumerate() {
        text.push_str(line);
        text.push('\n');
        if i % 17 == 3 {
            text.push_str("2026-01-04T07:00:00Z,LOCO_001,broken,5,2,45\n");
        }
        if i % 23 == 5 {
            // Older than the row above it.
            text.push_str("2026-01-01T00:00:01Z,LOCO_002,500,5,2,45\n");
        }
    }
    text
}

/// A home that got all of [`growth`] at once, in one run.
fn undisturbed() -> TestHome {
    let home = home();
    append(&home, "sensors.csv", &growth());
    let run = home.json(0, &["run"]);
    assert_eq!(run["rows_kept"], 120, "{run:#}");
    assert_eq!(run["rows_already_loaded"], 0, "read on, not again: {run:#}");
    home
}

#[test]
fn a_file_that_grows_line_by_line_and_half_by_half() {
    let expected = contents(&undisturbed());
    let home = home();
    let watch = Watch::start(&home);
    let text = growth();
    let before = readings(&home);
    // Pieces that end anywhere.
    let mut at = 0;
    for step in [1, 40, 7, 200, 3, 61, 500, 90, 2000].iter().cycle() {
        let end = (at + step).min(text.len());
        append(&home, "sensors.csv", &text[at..end]);
        at = end;
        if at == text.len() {
            break;
        }
        std::thread::sleep(Duration::from_millis(60));
    }
    wait("all rows are in", || readings(&home) == before + 120);
    wait("all rows are judged", || all_judged(&home));
    let events = watch.end();
    let passes = events.iter().filter(|e| e["event"] == "pass").count();
    assert!(passes > 1, "{events:#?}");
    // One run, however many passes.
    assert_eq!(home.number("SELECT count(*) FROM pipeline_runs"), 2);
    assert_eq!(
        home.number("SELECT rows_kept FROM pipeline_runs WHERE kind = 'live'"),
        120
    );
    assert!(contents(&home) == expected, "not as if read at once");
    assert!(rows(&home.sql(), "PRAGMA foreign_key_check").is_empty());
}

#[test]
fn half_a_line_is_quarantined_only_when_nobody_writes_any_more() {
    let home = home();
    let watch = Watch::start(&home);
    let before = readings(&home);
    append(&home, "sensors.csv", "2026-01-04T04:00:00Z,LOCO_001,500,");
    wait("the half line is shown", || {
        home.number("SELECT count(*) FROM quarantine WHERE reason = 'cut_line'") == 1
    });
    // It was only a pause: the line is read whole when it is whole.
    append(&home, "sensors.csv", "5.0,2.0,45.0\n");
    wait("the whole line is in", || readings(&home) == before + 1);
    drop(watch);
    let line =
        home.rows("SELECT line FROM sensor_metrics ORDER BY reading & 17592186044415 DESC LIMIT 1");
    assert_eq!(
        line[0][0],
        SqlValue::Integer(i64::from(LOCOMOTIVES * BEFORE) + 2)
    );
}

#[test]
fn files_that_arrive_by_rename_and_by_a_slow_copy() {
    let home = home();
    std::fs::create_dir(home.path("inbox")).unwrap();
    home.configure(&format!(
        "{}{}",
        followed("inbox"),
        telemetry("sensors.csv").replace("\"sensors\"", "\"archive\"")
    ));
    let watch = Watch::start(&home);
    let before = readings(&home);
    let whole = |from, to| format!("{HEADER}{}", more(from, to));
    home.write("inbox/a.csv.part", whole(BEFORE, BEFORE + 10));
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(
        readings(&home),
        before,
        "a file that is not there yet was taken"
    );
    std::fs::rename(home.path("inbox/a.csv.part"), home.path("inbox/a.csv")).unwrap();
    wait("the renamed file is in", || readings(&home) == before + 20);

    // Slowly, from another program, in pieces that know nothing of lines.
    let text = whole(BEFORE + 10, BEFORE + 40);
    let mut copy = File::create(home.path("inbox/b.csv")).unwrap();
    for piece in text.as_bytes().chunks(333) {
        copy.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
    // Its room reserved first, as some copies do.
    let text = whole(BEFORE + 40, BEFORE + 60);
    let mut copy = File::create(home.path("inbox/c.csv")).unwrap();
    copy.set_len(text.len() as u64).unwrap();
    for piece in text.as_bytes().chunks(1000) {
        std::thread::sleep(Duration::from_millis(400));
        copy.write_all(piece).unwrap();
    }
    wait("the copied files are in", || {
        readings(&home) == before + 120
    });
    assert_eq!(home.number("SELECT count(*) FROM quarantine"), 0);
    wait("all rows are judged", || all_judged(&home));
    drop(watch);
}

#[test]
fn rotation_truncation_and_a_new_file_under_the_old_name() {
    let home = home();
    let watch = Watch::start(&home);
    let before = readings(&home);
    append(&home, "sensors.csv", &more(BEFORE, BEFORE + 10));
    wait("grown", || readings(&home) == before + 20);
    // Rotated: the old one moves away, a new one begins.
    std::fs::rename(home.path("sensors.csv"), home.path("sensors.1")).unwrap();
    home.write(
        "sensors.csv",
        format!("{HEADER}{}", more(BEFORE + 10, BEFORE + 20)),
    );
    wait("rotated", || readings(&home) == before + 40);
    // Cut back in place, and written again from its start.
    let file = OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(home.path("sensors.csv"))
        .unwrap();
    drop(file);
    append(&home, "sensors.csv", HEADER);
    std::thread::sleep(Duration::from_millis(600));
    append(&home, "sensors.csv", &more(BEFORE + 20, BEFORE + 30));
    wait("cut back", || readings(&home) == before + 60);
    // Rewritten longer, with what it had and more: known rows are known.
    home.write(
        "sensors.csv",
        format!("{HEADER}{}", more(BEFORE, BEFORE + 40)),
    );
    wait("rewritten", || readings(&home) == before + 80);
    wait("all rows are judged", || all_judged(&home));
    assert_eq!(home.number("SELECT count(*) FROM quarantine"), 0);
    drop(watch);
}

#[cfg(unix)]
#[test]
fn a_restart_in_the_middle_goes_on_where_it_stopped() {
    let expected = contents(&undisturbed());
    let home = home();
    let text = growth();
    let cuts = [0, text.len() / 3, text.len() / 2, text.len()];
    for piece in cuts.windows(2) {
        let watch = Watch::start(&home);
        append(&home, "sensors.csv", &text[piece[0]..piece[1]]);
        let whole = text[..piece[1]].rfind('\n').unwrap() + 1;
        let at = home.path("sensors.csv").metadata().unwrap().len() - (piece[1] - whole) as u64;
        wait("read up to the last whole line", || {
            home.number("SELECT bytes FROM followed_files") == i64::try_from(at).unwrap()
        });
        wait("all rows are judged", || all_judged(&home));
        watch.end();
    }
    assert!(contents(&home) == expected, "not as if undisturbed");
}

#[test]
fn killed_at_any_moment_and_run_again() {
    let expected = contents(&undisturbed());
    let home = home();
    let text = growth();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for (i, piece) in lines.chunks(24).enumerate() {
        let watch = Watch::start(&home);
        for (k, line) in piece.iter().enumerate() {
            append(&home, "sensors.csv", line);
            if k % 6 == 5 {
                std::thread::sleep(Duration::from_millis(90));
            }
        }
        // Different each time: before, within and after a pass.
        std::thread::sleep(Duration::from_millis(70 * i as u64));
        watch.kill();
        let db = home.sql();
        let check: String = db
            .query_row("PRAGMA integrity_check", [], |r| r.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        home.json(0, &["status"]);
    }
    let run = home.json(0, &["run"]);
    assert_eq!(run["status"], "ok", "{run:#}");
    assert!(contents(&home) == expected, "not as if undisturbed");
}

#[test]
fn two_programs_follow_and_a_third_runs() {
    let expected = contents(&undisturbed());
    let home = home();
    let watches = [Watch::start(&home), Watch::start(&home)];
    for (i, line) in growth().split_inclusive('\n').enumerate() {
        append(&home, "sensors.csv", line);
        if i % 20 == 10 {
            std::thread::sleep(Duration::from_millis(50));
        }
        if i == 60 {
            // A night run in between; it waits for a pass that it meets.
            home.json(0, &["run"]);
        }
    }
    let count = i64::try_from(expected[1].len()).unwrap();
    wait("all rows are in", || readings(&home) == count);
    wait("all rows are judged", || all_judged(&home));
    drop(watches);
    let seen = contents(&home);
    assert!(seen == expected, "not as if one program had read");
}

#[test]
fn the_run_of_another_program_is_waited_for() {
    let home = home();
    let lock = OpenOptions::new()
        .write(true)
        .open(home.path("database/run.lock"))
        .unwrap();
    lock.lock().unwrap();
    let watch = Watch::start(&home);
    let before = readings(&home);
    append(&home, "sensors.csv", &more(BEFORE, BEFORE + 5));
    wait("it says whom it waits for", || {
        watch.has_said("state", |e| !e["waits_for"].is_null())
    });
    assert_eq!(readings(&home), before);
    lock.unlock().unwrap();
    wait("nothing was lost", || readings(&home) == before + 10);
    drop(watch);
}

fn cause_of(home: &TestHome) -> Vec<String> {
    let status = home.json(0, &["status"]);
    let rows = status.as_array().unwrap();
    rows.iter()
        .map(|row| row["cause"]["cause"].as_str().unwrap_or("none").to_owned())
        .collect()
}

#[test]
fn a_folder_that_vanishes_takes_its_verdicts_and_brings_them_back() {
    let home = home();
    std::fs::create_dir(home.path("share")).unwrap();
    std::fs::rename(home.path("sensors.csv"), home.path("share/sensors.csv")).unwrap();
    home.configure(&format!(
        "{}{}",
        followed("share/*.csv"),
        telemetry("other.csv").replace("\"sensors\"", "\"other\"")
    ));
    home.write("other.csv", fleet(1, 300).replace("LOCO_001", "OTHER"));
    home.json(0, &["run"]);
    let watch = Watch::start(&home);
    append(&home, "share/sensors.csv", &more(BEFORE, BEFORE + 5));
    wait("followed", || {
        readings(&home) == i64::from(LOCOMOTIVES * (BEFORE + 5)) + 300
    });
    std::fs::rename(home.path("share"), home.path("away")).unwrap();
    wait("its locomotives have no verdict, the other has", || {
        let causes = cause_of(&home);
        causes.iter().filter(|c| *c == "source_refused").count() == 2 && causes.len() == 3
    });
    assert!(watch.has_said("state", |e| {
        e["dead"].as_array().is_some_and(|d| !d.is_empty())
    }));
    append(&home, "away/sensors.csv", &more(BEFORE + 5, BEFORE + 10));
    std::fs::rename(home.path("away"), home.path("share")).unwrap();
    wait("it is back, with what was written meanwhile", || {
        readings(&home) == i64::from(LOCOMOTIVES * (BEFORE + 10)) + 300
            && !cause_of(&home).contains(&"source_refused".to_owned())
    });
    drop(watch);
}

#[test]
fn a_pass_that_is_not_sound_fails_safe_and_the_next_sound_one_recovers() {
    let home = home();
    let watch = Watch::start(&home);
    let before = readings(&home);
    let judged = home.rows("SELECT * FROM ai_telemetry_predictions ORDER BY 1, 2");
    let bad = "2026-01-04T07:00:00Z,LOCO_001,?,?,?,?\n".repeat(400);
    append(&home, "sensors.csv", &bad);
    wait("it fails safe", || {
        let last = home.rows("SELECT status, cause FROM pipeline_runs ORDER BY run DESC LIMIT 1");
        last[0][0] == SqlValue::Text("failed_safe".into())
    });
    assert_eq!(readings(&home), before);
    assert!(home.rows("SELECT * FROM ai_telemetry_predictions ORDER BY 1, 2") == judged);
    assert!(cause_of(&home).iter().all(|cause| cause == "run_failed"));
    let train = home.json(1, &["train"]);
    assert_eq!(train["status"], "failed_safe");
    // As a run, it is judged by what is new; enough good rows after the bad ones, and all of it is taken.
    append(&home, "sensors.csv", &more(BEFORE, BEFORE + 210));
    wait("it recovers", || readings(&home) == before + 420);
    wait("all rows are judged", || all_judged(&home));
    assert_eq!(home.number("SELECT count(*) FROM quarantine"), 400);
    assert!(!cause_of(&home).contains(&"run_failed".to_owned()));
    assert!(watch.has_said("pass", |e| e["status"] == "failed_safe"));
    drop(watch);
}

/// Answers with a table as long as it is told to.
struct Server {
    table: Arc<Mutex<String>>,
    alive: Arc<AtomicBool>,
    address: std::net::SocketAddr,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            table: Arc::default(),
            alive: Arc::new(AtomicBool::new(true)),
            address: listener.local_addr().unwrap(),
        };
        let (table, alive) = (Arc::clone(&server.table), Arc::clone(&server.alive));
        std::thread::spawn(move || {
            while let Ok((mut socket, _)) = listener.accept() {
                let timeout = Some(Duration::from_secs(5));
                socket.set_read_timeout(timeout).unwrap();
                let mut request = [0; 4096];
                let _asked = socket.read(&mut request);
                let table = table.lock().unwrap().clone();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    table.len()
                );
                let answer = format!("{head}{table}");
                // Dying: in the middle of an answer.
                let upto = if alive.load(Ordering::Relaxed) {
                    answer.len()
                } else {
                    answer.len() / 2
                };
                let _gone = socket.write_all(&answer.as_bytes()[..upto]);
            }
        });
        server
    }

    fn set(&self, table: String) {
        *self.table.lock().unwrap() = table;
    }
}

#[test]
fn an_address_is_asked_again_and_again_and_its_server_dies_and_comes_back() {
    let server = Server::start();
    let table = |from, to| format!("{HEADER}{}", more(from, to));
    server.set(table(0, BEFORE));
    let home = TestHome::new();
    home.configure(&format!(
        "[[sources]]\nname = \"fleet\"\nrole = \"telemetry\"\nurl = \"http://{}/fleet.csv\"\n\
         timezone = \"UTC\"\nclock = \"data\"\nfollow = true\npoll_secs = 1.0\n",
        server.address
    ));
    let run = home.json(0, &["run"]);
    assert_eq!(run["training"]["outcome"], "promoted", "{run:#}");
    let before = readings(&home);
    let watch = Watch::start(&home);
    server.set(table(BEFORE - 10, BEFORE + 10));
    wait("the next answer is in", || readings(&home) == before + 20);
    wait("all rows are judged", || all_judged(&home));
    server.alive.store(false, Ordering::Relaxed);
    wait("it is dead", || {
        cause_of(&home).iter().all(|cause| cause == "run_failed")
    });
    assert_eq!(readings(&home), before + 20, "the last good data stays");
    server.set(table(BEFORE, BEFORE + 20));
    server.alive.store(true, Ordering::Relaxed);
    wait("it is back", || readings(&home) == before + 40);
    wait("the verdicts are back", || {
        !cause_of(&home).contains(&"run_failed".to_owned())
    });
    drop(watch);
}

#[test]
fn nothing_is_followed_where_nothing_grows() {
    let home = TestHome::with_sensors(fleet(1, 300));
    let answer = home.cidp(&["--json", "watch"]).expect(2);
    assert_eq!(answer.json()["status"], "error");
}

#[test]
fn a_watch_ends_when_its_time_is_over() {
    let home = home();
    let answer = home.cidp(&["watch", "--for", "0.5"]).expect(0);
    assert!(answer.stdout.lines().count() >= 2, "{answer:#?}");
}

#[test]
fn a_locked_warehouse_is_named_and_waited_for() {
    let home = home();
    let before = readings(&home);
    let other = Connection::open(home.warehouse()).unwrap();
    let watch = Watch::start(&home);
    wait("the first look is over", || {
        // It has nothing to do, and says nothing.
        std::thread::sleep(Duration::from_millis(800));
        true
    });
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    append(&home, "sensors.csv", &more(BEFORE, BEFORE + 5));
    wait("it says why nothing is taken in", || {
        watch.has_said("state", |e| {
            let fault = e["fault"].as_str().unwrap_or_default();
            fault.contains("locked")
        })
    });
    assert_eq!(readings(&home), before);
    other.execute_batch("ROLLBACK").unwrap();
    wait("nothing was lost", || readings(&home) == before + 10);
    wait("it says that all is well", || {
        watch
            .events()
            .iter()
            .rfind(|e| e["event"] == "state")
            .unwrap()["fault"]
            .is_null()
    });
}

/// The service behind a window, in this process.
#[test]
fn a_window_shows_what_comes_and_serves_its_commands_meanwhile() {
    use cidp::service::command::Command;
    use cidp::service::platform::Platform;
    use cidp::service::snapshot::TimeWindow;

    let home = home();
    let platform = Platform::open(Some(&home.path(".")), None).unwrap();
    let service = cidp::service::engine::start(platform, Box::new(|| {})).unwrap();
    let newest = |i: u32| 1_767_225_600_000 + i64::from(i) * 600_000;
    let shows = |at_ms: i64| {
        let snapshot = service.snapshot();
        snapshot.fleet.len() == LOCOMOTIVES as usize
            && snapshot.fleet.iter().all(|row| {
                row.reading_at_ms == at_ms && row.probability.is_some() && row.explanation.is_some()
            })
    };
    wait("the fleet is shown", || shows(newest(BEFORE - 1)));
    let watch = Command::Watch {
        loco: Some(cidp::domain::LocoId::new("LOCO_001")),
        window: TimeWindow::All,
    };
    assert!(service.send(watch));
    for i in 0..20 {
        append(&home, "sensors.csv", &more(BEFORE + i, BEFORE + i + 1));
        if i % 5 == 0 {
            wait("the new reading is shown", || shows(newest(BEFORE + i)));
        }
    }
    wait("the last reading is shown", || shows(newest(BEFORE + 19)));
    wait("the page follows", || {
        let snapshot = service.snapshot();
        let view = snapshot.locomotive.as_ref();
        view.is_some_and(|view| view.samples.last().unwrap().at_ms == newest(BEFORE + 19))
    });
    // What was read bit by bit is what a program that has just started sees.
    let status = home.json(0, &["status"]);
    for row in service.snapshot().fleet.iter() {
        let said = status.as_array().unwrap().iter();
        let said = said.into_iter().find(|s| s["loco_id"] == row.loco.as_str());
        let said = said.unwrap();
        let p = said["probability"].as_f64().unwrap();
        assert!((p - row.probability.unwrap()).abs() < 1e-6);
        assert_eq!(said["verdict"], serde_json::json!(row.verdict.kind()));
    }
    // A run of the window and its live passes do not get in each other's way.
    let before = service.snapshot().last_run.clone().unwrap().run_id;
    assert!(service.send(Command::Run));
    wait("the run ends", || {
        let snapshot = service.snapshot();
        snapshot.running.is_none() && snapshot.last_run.as_ref().unwrap().run_id > before
    });
    append(&home, "sensors.csv", &more(BEFORE + 20, BEFORE + 21));
    wait("it goes on", || shows(newest(BEFORE + 20)));
    assert_eq!(service.snapshot().fault, None);
    assert_eq!(service.snapshot().live.as_ref().unwrap().behind_bytes, 0);
}

/// Whatever happens to a warehouse, the fleet that is kept and refreshed is the one that is read anew.
#[test]
fn a_fleet_that_is_remembered_is_the_one_that_is_read_anew() {
    use cidp::service::fleet::{FleetMemory, Scene};
    use cidp::service::platform::Platform;
    use cidp::warehouse::Reader;

    let home = home();
    let workshop = "[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"workshop.csv\"\n\
                    timezone = \"UTC\"\nclock = \"data\"\n";
    home.write("workshop.csv", "timestamp,loco_id,type,component\n");
    home.write("late.csv", HEADER);
    let late = followed("late.csv").replace("\"sensors\"", "\"late\"");
    home.configure(&format!("{}{late}{workshop}", followed("sensors.csv")));
    let platform = Platform::open(Some(&home.path(".")), None).unwrap();
    let reader = Reader::open(&home.warehouse()).unwrap();
    let mut memory = FleetMemory::default();
    let mut same = |what: &str| {
        let stored = reader.model().unwrap().unwrap();
        let model = cidp::ml::Model::from_bytes(&stored.body).unwrap();
        let last_run = reader.last_run().unwrap();
        let look = |memory: &mut FleetMemory| {
            let fleet = Scene {
                tripped: None,
                reader: &reader,
                config: &platform.config,
                model: Ok(Some(&model)),
                last_run: last_run.clone(),
                replay_ms: None,
                wall_ms: 1_800_000_000_000,
            }
            .fleet(memory)
            .unwrap();
            format!("{:?} {:?} {:#?}", fleet.cause, fleet.span, fleet.rows)
        };
        let (kept, anew) = (look(&mut memory), look(&mut FleetMemory::default()));
        assert!(kept == anew, "{what}: {kept}\n\nis not\n\n{anew}");
        kept
    };
    let mut seen = vec![same("at first")];
    let mut then = |what: &str, arguments: &[&str]| {
        let answer = home.cidp(arguments);
        assert!([0, 1].contains(&answer.code), "{answer:#?}");
        let now = same(what);
        assert!(seen.last() != Some(&now), "{what}: nothing was to be seen");
        seen.push(now);
    };
    append(&home, "sensors.csv", &more(BEFORE, BEFORE + 5));
    then("new readings", &["run"]);
    append(&home, "sensors.csv", &more(BEFORE + 5, BEFORE + 90));
    then("more than a period needs, and not judged", &["ingest"]);
    append(&home, "sensors.csv", &more(BEFORE + 90, BEFORE + 91));
    then("all judged", &["run"]);
    let between = more(BEFORE + 60, BEFORE + 61)
        .replace(":00Z", ":30Z")
        .replace("LOCO_002", "LOCO_003");
    append(&home, "late.csv", &between);
    then("a late reading, and a new locomotive", &["run"]);
    append(
        &home,
        "workshop.csv",
        "2026-01-04T05:00:00Z,LOCO_001,preventive,pump\n",
    );
    then("work was done", &["run"]);
    append(
        &home,
        "sensors.csv",
        "2026-01-05T00:00:00Z,LOCO_002,x,5,2,45\n",
    );
    append(&home, "sensors.csv", &more(BEFORE + 91, BEFORE + 93));
    then("a row was refused", &["run"]);
    then("another model", &["train"]);
    std::fs::rename(home.path("sensors.csv"), home.path("gone.csv")).unwrap();
    then("a source is gone", &["run"]);
    std::fs::rename(home.path("late.csv"), home.path("late.gone")).unwrap();
    then("no source is left", &["run"]);
}

/// Two lines gone wrong at the end of a workshop file that is followed say nothing of the rest of it.
#[test]
fn two_bad_lines_of_a_workshop_file_do_not_stop_training_and_many_do() {
    let home = home();
    let workshop = "[[sources]]\nname = \"workshop\"\nrole = \"maintenance\"\npath = \"workshop.csv\"\n\
                    timezone = \"UTC\"\nclock = \"data\"\nfollow = true\n";
    home.write(
        "workshop.csv",
        "timestamp,loco_id,type,component\n2026-01-02T05:00:00Z,LOCO_001,preventive,pump\n",
    );
    home.configure(&format!("{}{workshop}", followed("sensors.csv")));
    home.json(0, &["run"]);
    let incomplete = || -> (bool, u64) {
        let db = home.sql();
        db.query_row(
            "SELECT labels_incomplete, (SELECT count(*) FROM quarantine)
             FROM pipeline_runs ORDER BY run DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap()
    };
    assert_eq!(incomplete(), (false, 0));
    let bad = "yesterday,LOCO_001,preventive,pump\nnow,LOCO_002,preventive,pump\n";
    append(&home, "workshop.csv", bad);
    home.json(0, &["run"]);
    assert_eq!(incomplete(), (false, 2));
    for n in 0..30 {
        let line = format!("day {n},LOCO_001,preventive,pump\n");
        append(&home, "workshop.csv", &line);
    }
    home.json(0, &["run"]);
    assert_eq!(incomplete(), (true, 32));
}

#[test]
fn a_file_that_turns_bad_takes_its_own_verdict_until_it_is_good_or_gone() {
    let home = home();
    let of = |loco: &str, from, to| -> String {
        let lines = more(from, to);
        let own = lines.lines().filter(|line| line.contains(loco));
        own.map(|line| format!("{line}\n")).collect()
    };
    for loco in ["LOCO_001", "LOCO_002"] {
        home.write(
            &format!("fleet/{loco}.csv"),
            format!("{HEADER}{}", of(loco, 0, BEFORE + 5)),
        );
    }
    home.configure(&followed("fleet"));
    home.json(0, &["run"]);
    let watch = Watch::start(&home);
    let refused = || {
        let causes = cause_of(&home);
        causes.iter().filter(|c| *c == "source_refused").count()
    };
    let good = std::fs::read(home.path("fleet/LOCO_001.csv")).unwrap();
    append(
        &home,
        "fleet/LOCO_001.csv",
        &of("LOCO_001", BEFORE + 5, BEFORE + 6),
    );
    append(
        &home,
        "fleet/LOCO_002.csv",
        &of("LOCO_002", BEFORE + 5, BEFORE + 6),
    );
    wait("followed", || {
        readings(&home) == i64::from(LOCOMOTIVES * (BEFORE + 6))
    });
    assert_eq!(refused(), 0);
    home.write("fleet/LOCO_001.csv", b"PK\x03\x04\0\0junk");
    wait("it is refused", || refused() == 1);
    home.write("fleet/LOCO_001.csv", &good);
    wait("it is good again", || refused() == 0);
    home.write("fleet/LOCO_001.csv", b"\x7fELF junk,\n1\n");
    wait("it is refused again", || refused() == 1);
    std::fs::remove_file(home.path("fleet/LOCO_001.csv")).unwrap();
    append(
        &home,
        "fleet/LOCO_002.csv",
        &of("LOCO_002", BEFORE + 6, BEFORE + 7),
    );
    wait("it is gone, and its last reading stands", || refused() == 0);
    drop(watch);
}
