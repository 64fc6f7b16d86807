use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::test_servers::{CA, Does, Hook, MailServer, Offers, nowhere};
use super::*;
use crate::config::{Config, Home};
use crate::service::settings::Overrides;
use crate::warehouse::{REINJECT, RunRecord, RunStatus};

const CONTACT: &str =
    "[[contacts]]\nname = 'Ngo'\nphone = '+237 6'\nemail = 'ngo@camrail.example'\n";
const STARTTLS: &str = "security = 'start_tls'\nca = 'ca.pem'";
const MINUTE: i64 = 60_000;

/// A home with a warehouse that is told of by what `config` says.
fn home(config: &str) -> (TempDir, Platform) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ca.pem"), CA).unwrap();
    let home = Home::find(Some(dir.path()));
    std::fs::write(home.config(), format!("{config}\n{CONTACT}")).unwrap();
    let platform = Platform {
        config: Config::load(&home.config()).unwrap(),
        home,
        overrides: Overrides::default(),
    };
    drop(Warehouse::open(&platform.home.warehouse()).unwrap());
    (dir, platform)
}

fn send_at(platform: &Platform, now_ms: i64) -> usize {
    post::send_due(platform, now_ms, Duration::from_secs(10), &|| true)
}

fn only(platform: &Platform) -> Message {
    let mut all = outbox(platform, 9).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn record(kind: &str, at_ms: i64, failed: Option<&str>) -> RunRecord {
    let mut record = RunRecord::begun(kind, at_ms);
    if let Some(cause) = failed {
        record.fail(cause.into());
    }
    record
}

fn ran(platform: &Platform, record: &RunRecord) {
    let mut warehouse = Warehouse::open(&platform.home.warehouse()).unwrap();
    if record.status == RunStatus::Ok {
        let load = warehouse.load().unwrap();
        load.commit(record, false).unwrap();
    } else {
        warehouse.record_failure(record).unwrap();
    }
}

#[test]
fn pauses_double_from_a_minute_to_an_hour() {
    let pauses: Vec<i64> = (1..=9).map(|n| post::pause_ms(n) / MINUTE).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(post::pause_ms(u32::MAX), 60 * MINUTE);
}

#[test]
fn a_letter_goes_by_starttls_with_its_accents_and_its_dots() {
    let server = MailServer::start(Offers::StartTls, &[], None);
    let (_dir, platform) = home(&server.config(STARTTLS));
    let subject = "Échec\u{202f}: dépôt à vérifier avant l’arrivée du train de nuit de Ngaoundéré";
    assert_eq!(
        queue(&platform, "x", subject, "first\n.\n.hidden\nlast"),
        Told::Queued
    );
    assert_eq!(send_at(&platform, wall_ms()), 1);
    let letters = server.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].encrypted && letters[0].to == "ngo@camrail.example");
    assert!(letters[0].raw.is_ascii(), "{}", letters[0].raw);
    assert_eq!(letters[0].header("Subject"), subject);
    assert!(
        letters[0].raw.contains("first\r\n..\r\n..hidden\r\nlast"),
        "{}",
        letters[0].raw
    );
    assert!(
        letters[0]
            .header("Message-ID")
            .ends_with("@camrail.example>")
    );
    assert!(only(&platform).sent_ms.is_some());
    assert_eq!(send_at(&platform, i64::MAX / 2), 0, "what is sent is sent");
}

#[test]
fn a_letter_goes_by_tls_from_the_first_byte() {
    let server = MailServer::start(Offers::Tls, &[], None);
    let (_dir, platform) = home(&server.config("security = 'tls'\nca = 'ca.pem'"));
    queue(&platform, "x", "s", "à lire");
    assert_eq!(send_at(&platform, wall_ms()), 1, "{:?}", only(&platform));
    assert!(server.letters()[0].encrypted);
}

#[test]
fn without_tls_nothing_is_said_and_nothing_is_sent() {
    let server = MailServer::start(Offers::Nothing, &[], Some("cidp\0geheim"));
    let (_dir, platform) =
        home(&server.config(&format!("{STARTTLS}\nuser = 'cidp'\nenv = 'PATH'")));
    queue(&platform, "x", "s", "b");
    assert_eq!(send_at(&platform, wall_ms()), 0);
    assert!(server.letters().is_empty());
    let commands = server.commands();
    assert!(!commands.is_empty(), "it was asked");
    assert!(
        commands
            .iter()
            .all(|(_, c)| c.starts_with("EHLO") || c == "QUIT"),
        "{commands:?}"
    );
    let error = only(&platform).error.unwrap();
    assert!(error.contains("STARTTLS"), "{error}");
}

#[test]
fn a_certificate_of_nobody_is_refused() {
    let server = MailServer::start(Offers::StartTls, &[], None);
    let (_dir, platform) = home(&server.config(""));
    queue(&platform, "x", "s", "b");
    assert_eq!(send_at(&platform, wall_ms()), 0);
    assert!(server.letters().is_empty());
    assert!(
        server
            .commands()
            .iter()
            .all(|(_, c)| !c.starts_with("MAIL"))
    );
}

#[test]
fn what_is_put_off_is_sent_again_after_its_pause() {
    let server = MailServer::start(Offers::StartTls, &["451 later"], None);
    let (_dir, platform) = home(&server.config(STARTTLS));
    queue(&platform, "x", "s", "b");
    let begun = wall_ms();
    assert_eq!(send_at(&platform, begun), 0);
    let message = only(&platform);
    assert!(
        message.error.as_ref().unwrap().contains("451"),
        "{message:?}"
    );
    assert_eq!((message.tries, message.given_up_ms), (1, None));
    assert_eq!(send_at(&platform, begun + MINUTE - 1), 0);
    assert_eq!(only(&platform).tries, 1, "not before its time");
    assert_eq!(send_at(&platform, begun + MINUTE), 1);
    assert_eq!(server.letters().len(), 1);
    assert_eq!(only(&platform).error, None);
}

#[test]
fn what_is_never_taken_is_given_up_at_once() {
    let server = MailServer::start(Offers::StartTls, &["550 nobody of that name"], None);
    let (_dir, platform) = home(&server.config(STARTTLS));
    queue(&platform, "x", "s", "b");
    assert_eq!(send_at(&platform, wall_ms()), 0);
    let message = only(&platform);
    assert!(message.given_up_ms.is_some() && message.error.unwrap().contains("550"));
    assert_eq!(send_at(&platform, i64::MAX / 2), 0);
    assert!(server.letters().is_empty());
}

#[test]
fn after_two_days_a_message_is_given_up() {
    let (_dir, platform) = home(&nowhere());
    queue(&platform, "x", "s", "b");
    let begun = only(&platform).at_ms;
    let mut now_ms = begun;
    let mut tries = 0;
    while only(&platform).given_up_ms.is_none() {
        assert_eq!(send_at(&platform, now_ms), 0);
        tries += 1;
        now_ms = only(&platform).next_ms;
        assert!(tries < 100);
    }
    let message = only(&platform);
    assert!((48 * 60 * MINUTE..50 * 60 * MINUTE).contains(&(message.given_up_ms.unwrap() - begun)));
    assert_eq!(message.tries, tries);
}

#[test]
fn a_hook_is_given_json_and_the_numbers_to_call() {
    let hook = Hook::start(&[]);
    let (_dir, platform) = home(&hook.config(""));
    queue(&platform, "run_failed", "Échec", "corps");
    assert_eq!(send_at(&platform, wall_ms()), 1);
    let (head, body) = hook.calls().remove(0);
    assert!(head.starts_with("POST /sms HTTP/1.1"), "{head}");
    let said: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(said["subject"], "Échec");
    assert_eq!(said["text"], "corps");
    assert_eq!(said["about"], "run_failed");
    assert_eq!(said["to"], serde_json::json!(["+237 6"]));
}

#[test]
fn a_hook_that_fails_is_called_again_with_the_same_id_and_one_that_refuses_is_not() {
    let hook = Hook::start(&[Does::Answer(500), Does::Answer(200), Does::Answer(422)]);
    let (_dir, platform) = home(&hook.config(""));
    queue(&platform, "x", "s", "b");
    let begun = wall_ms();
    assert_eq!(send_at(&platform, begun), 0);
    assert!(only(&platform).error.unwrap().contains("500"));
    assert_eq!(send_at(&platform, begun + MINUTE), 1);
    let id = |body: &str| serde_json::from_str::<serde_json::Value>(body).unwrap()["id"].clone();
    let calls = hook.calls();
    assert_eq!(id(&calls[0].1), id(&calls[1].1));
    queue(&platform, "y", "s", "b");
    assert_eq!(send_at(&platform, begun + 2 * MINUTE), 0);
    assert!(outbox(&platform, 1).unwrap()[0].given_up_ms.is_some());
}

#[test]
fn a_hook_that_hangs_or_is_not_there_is_left_in_time() {
    let hook = Hook::start(&[Does::Hang]);
    let (_dir, platform) = home(&hook.config(""));
    queue(&platform, "x", "s", "b");
    let begun = Instant::now();
    let patience = Duration::from_millis(700);
    assert_eq!(post::send_due(&platform, wall_ms(), patience, &|| true), 0);
    assert!(begun.elapsed() < Duration::from_secs(8));
    let message = only(&platform);
    assert!(message.given_up_ms.is_none() && message.error.is_some());

    let (_dir, platform) = home(&nowhere());
    queue(&platform, "x", "s", "b");
    assert_eq!(send_at(&platform, wall_ms()), 0);
    assert!(only(&platform).error.unwrap().contains("refused"));
}

#[test]
fn a_try_that_was_cut_off_is_made_again_once_and_said() {
    let hook = Hook::start(&[]);
    let (_dir, platform) = home(&hook.config(""));
    queue(&platform, "x", "s", "b");
    // Killed between sending and noting it: the message is out, its mark is that it is being sent.
    let message = only(&platform);
    let begun = wall_ms();
    let warehouse = Warehouse::open(&platform.home.warehouse()).unwrap();
    assert!(warehouse.claim(&message, begun + MINUTE).unwrap());
    drop(warehouse);
    send::send_bounded(&platform, &send::Outgoing::of(&message), PATIENCE).unwrap();
    assert_eq!(
        send_at(&platform, begun + MINUTE - 1),
        0,
        "somebody may be at it"
    );
    assert_eq!(send_at(&platform, begun + MINUTE), 1);
    assert_eq!(send_at(&platform, i64::MAX / 2), 0);
    let calls = hook.calls();
    assert_eq!(calls.len(), 2, "one duplicate");
    assert_eq!(calls[0].1, calls[1].1, "with the same id");
    assert!(only(&platform).error.unwrap().contains("twice"));
}

#[test]
fn who_is_no_longer_in_the_configuration_gets_nothing() {
    let hook = Hook::start(&[]);
    let (_dir, mut platform) = home(&hook.config(""));
    queue(&platform, "x", "s", "b");
    platform.config.hook = None;
    assert_eq!(send_at(&platform, wall_ms()), 0);
    assert!(only(&platform).given_up_ms.is_some() && hook.calls().is_empty());
}

#[test]
fn a_secret_that_the_store_does_not_hold_is_said_plainly() {
    let hook = Hook::start(&[]);
    let (_dir, platform) = home(&hook.config("secret = 'no such secret of cidp'"));
    queue(&platform, "x", "s", "b");
    assert_eq!(send_at(&platform, wall_ms()), 0);
    let error = only(&platform).error.unwrap();
    assert!(error.contains("credential store"), "{error}");
    assert!(hook.calls().is_empty(), "not without its key");
}

#[test]
fn a_run_that_fails_every_minute_is_told_once_until_it_recovers() {
    let (_dir, platform) = home(&nowhere());
    let told = || -> Vec<String> {
        look::look_and_report(&platform);
        let all = outbox(&platform, 99).unwrap();
        all.into_iter().rev().map(|m| m.about).collect()
    };
    assert!(told().is_empty(), "nothing happened");
    ran(&platform, &record("run", 1000, None));
    assert!(told().is_empty(), "no end without a beginning");
    ran(&platform, &record("run", 2000, Some("cancelled by Ngo")));
    assert!(told().is_empty(), "a person chose that");
    for minute in 1..4 {
        ran(
            &platform,
            &record("run", minute * MINUTE, Some("no source")),
        );
        assert_eq!(told(), ["run_failed"]);
    }
    ran(&platform, &record("ingest", 4 * MINUTE, None));
    assert_eq!(
        told(),
        ["run_failed"],
        "less than what failed makes up for nothing"
    );
    ran(&platform, &record(REINJECT, 4 * MINUTE, None));
    assert_eq!(told(), ["run_failed"]);
    ran(&platform, &record("run", 5 * MINUTE, None));
    assert_eq!(told(), ["run_failed", "run_failed:over"]);
    assert_eq!(told().len(), 2);
    ran(&platform, &record("ingest", 6 * MINUTE, Some("no source")));
    assert_eq!(told(), ["run_failed", "run_failed:over", "run_failed"]);
    ran(&platform, &record("run", 7 * MINUTE, None));
    assert_eq!(
        told().last().unwrap(),
        "run_failed:over",
        "the whole holds the part"
    );
}

#[test]
fn a_night_run_is_late_after_its_limit_and_until_a_sound_one_ends() {
    let (_dir, mut platform) = home(&nowhere());
    platform.config.schedule.daily_at = Some("02:00".into());
    platform.config.continuity.late_after_minutes = 30;
    // The file was written just now; the schedule of this test lies in days to come.
    let due_ms = "2090-08-17T01:00:00Z"
        .parse::<jiff::Timestamp>()
        .unwrap()
        .as_millisecond();
    let late = |now_ms: i64| {
        let news = look::judge(&platform, now_ms).unwrap();
        news.into_iter().find(|news| news.case == Case::RunLate)
    };
    ran(&platform, &record("run", due_ms - 20 * 60 * MINUTE, None));
    assert_eq!(late(due_ms + 29 * MINUTE), None);
    let news = late(due_ms + 30 * MINUTE).unwrap();
    assert_eq!((news.over, news.at_ms), (false, due_ms));
    ran(
        &platform,
        &record("run", due_ms + 31 * MINUTE, Some("no source")),
    );
    assert!(
        !late(due_ms + 32 * MINUTE).unwrap().over,
        "a failed run is none"
    );
    ran(&platform, &record("run", due_ms + 40 * MINUTE, None));
    assert!(late(due_ms + 41 * MINUTE).unwrap().over);
}

#[test]
fn a_schedule_made_after_its_time_promised_nothing_for_that_day() {
    let (_dir, mut platform) = home(&nowhere());
    platform.config.continuity.late_after_minutes = 1;
    // Two hours ago, and the file is of just now.
    let zone = crate::service::intake::schedule::zone();
    let before = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(2);
    let daily = before.to_zoned(zone).strftime("%H:%M").to_string();
    platform.config.schedule.daily_at = Some(daily);
    let news = look::judge(&platform, wall_ms()).unwrap();
    assert!(
        news.iter().all(|news| news.case != Case::RunLate),
        "{news:?}"
    );
    platform.config.file = None;
    let news = look::judge(&platform, wall_ms()).unwrap();
    assert!(
        news.iter()
            .any(|news| news.case == Case::RunLate && !news.over)
    );
}

#[test]
fn a_broken_warehouse_does_not_silence_the_call() {
    let hook = Hook::start(&[]);
    let (_dir, platform) = home(&hook.config(""));
    let file = platform.home.warehouse();
    std::fs::write(
        &file,
        b"no database at all, and longer than a header of one".repeat(99),
    )
    .unwrap();
    let news = News::began(Case::Warehouse, wall_ms(), "damaged");
    match report(&platform, &news) {
        Told::Directly(became) => assert_eq!(became[0].error, None),
        other => panic!("{other:?}"),
    }
    assert_eq!(report(&platform, &news), Told::Known, "once");
    assert_eq!(hook.calls().len(), 1);
    // Back again: its end is told, though the outbox never held its beginning.
    std::fs::remove_file(&file).unwrap();
    ran(&platform, &record("run", 1000, None));
    look::look_and_report(&platform);
    assert_eq!(only(&platform).about, "warehouse:over");
    look::look_and_report(&platform);
    assert_eq!(outbox(&platform, 9).unwrap().len(), 1);
}

#[test]
fn nobody_to_tell_costs_nothing_and_is_said() {
    let (_dir, platform) = home("");
    let news = News::began(Case::RunFailed, 0, "x");
    assert_eq!(report(&platform, &news), Told::Nobody);
    assert_eq!(
        settle(&platform, Some(news), Duration::ZERO),
        Waiting::default()
    );
    assert!(test(&platform).is_empty());
}

#[test]
fn an_address_shows_neither_password_nor_key() {
    let (_dir, platform) = home("[hook]\nurl = 'https://u:geheim@sms.example/send?key=geheim'\n");
    assert_eq!(
        addressees(&platform.config),
        [(Way::Hook, "https://sms.example/send".to_owned())]
    );
}

#[test]
fn the_courier_finds_what_another_program_recorded_and_tells_it() {
    let hook = Hook::start(&[]);
    let (_dir, platform) = home(&hook.config(""));
    let courier = Courier::start(platform.clone(), |_, _| {}).unwrap();
    ran(&platform, &record("run", wall_ms(), Some("no source")));
    courier.configured(&platform);
    let begun = Instant::now();
    while hook.calls().is_empty() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let calls = hook.calls();
    assert_eq!(calls.len(), 1);
    assert!(calls[0].1.contains("no source"), "{}", calls[0].1);
}
