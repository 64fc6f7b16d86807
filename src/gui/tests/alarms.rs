//! Alarms on the screen: what calls is seen on every page, and what must not happen by itself is asked.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, PointerButton, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use jiff::tz::TimeZone;

use super::{Bench, bench, bench_of};
use crate::domain::LocoId;
use crate::domain::alarm::{Act, Aside};
use crate::gui::context::Page;
use crate::gui::fixtures;
use crate::gui::fixtures::alarms::{all, with_alarms};
use crate::service::alarms::{AlarmsAsk, AlarmsView, History, Sound, Which};
use crate::service::command::{Command, Desk};
use crate::service::export::{AlarmFilter, FileFormat};
use crate::service::snapshot::{Clock, Snapshot};
use crate::text::{DEFAULT_ZONE, Language, Text};

fn on_page(snapshot: Snapshot) -> Bench {
    let mut bench = bench(snapshot);
    bench.show(Key::Num6);
    assert_eq!(bench.sent(), [Command::Attend(Desk::Alarms)]);
    bench
}

fn board() -> Snapshot {
    with_alarms(fixtures::fleet(5), &all())
}

fn acknowledge(ids: &[i64], comment: &str) -> Command {
    Command::Alarms(AlarmsAsk::Acknowledge {
        which: Which::These(ids.to_vec()),
        comment: comment.into(),
    })
}

fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[test]
fn every_state_is_a_word_and_what_calls_comes_first() {
    let bench = on_page(board());
    for words in [
        "Non acquittée",
        "Revenue, non acquittée",
        "Acquittée",
        "Suspendue",
        "Hors service",
        "DANGER DÉTECTÉ\u{202f}: 91\u{202f}%",
        "au-dessus de sa bande normale (2,8\u{202f}mm/s)",
        "périmée · 41 min",
        "Source capteurs · 7 loco.",
        "En cours (7)",
    ] {
        assert!(bench.says(words), "{words}");
    }
    assert!(
        bench.says("Priorité\u{202f}: Haute"),
        "the first is selected"
    );
    assert!(bench.says("Alarmes, 3 non acquittées"), "the rail");
    assert!(bench.says("1 afflux"), "the chart in words");
    let english = {
        let mut b = bench_of(board(), Language::English, true, [1280.0, 720.0]);
        b.show(Key::Num6);
        b
    };
    for words in [
        "Unacknowledged",
        "Returned, unacknowledged",
        "Shelved",
        "Out of service",
        "above its own normal band (2.8\u{202f}mm/s)",
        "Alarms, 3 unacknowledged",
    ] {
        assert!(english.says(words), "{words}");
    }
}

#[test]
fn the_keyboard_walks_and_acknowledges() {
    let mut bench = on_page(board());
    bench.press(Key::Enter);
    assert_eq!(bench.sent(), [acknowledge(&[1], "")]);
    bench.press(Key::Space);
    assert_eq!(bench.sent(), [acknowledge(&[2], "")], "on to the next");
    bench.press(Key::Home);
    bench.press(Key::ArrowDown);
    bench.press(Key::ArrowDown);
    bench.press(Key::Space);
    assert_eq!(bench.sent(), [acknowledge(&[3], "")]);
    bench.press(Key::End);
    bench.press(Key::Space);
    assert_eq!(bench.sent(), [], "the last one does not call");
}

/// Two quick clicks at a button, with the picture after the first acknowledgement between them.
fn double_click(bench: &mut Bench, label: &str, then: Snapshot) {
    let at = bench
        .harness
        .get_all_by_role_and_label(Role::Button, label)
        .next()
        .unwrap()
        .rect()
        .center();
    let mut then = Some(then);
    for _ in 0..2 {
        for pressed in [true, false] {
            bench.harness.event(Event::PointerMoved(at));
            bench.harness.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
            bench.harness.step();
        }
        if let Some(then) = then.take() {
            bench.snapshots.send_replace(Arc::new(then));
            bench.harness.step();
        }
    }
}

fn without(id: i64) -> Snapshot {
    let left: Vec<_> = all().into_iter().filter(|a| a.id != id).collect();
    with_alarms(fixtures::fleet(5), &left)
}

#[test]
fn a_double_click_acknowledges_what_was_read_and_not_the_next() {
    // The page: the next alarm has come under the same button.
    let mut bench = on_page(board());
    double_click(&mut bench, "Acquitter", without(1));
    assert_eq!(bench.sent(), [acknowledge(&[1], "")]);
    // The strip.
    let mut bench = super::bench(board());
    bench.show(Key::Num3);
    bench.sent();
    let strip =
        "Acquitter\u{202f}: LOCO_001 · DANGER DÉTECTÉ\u{202f}: 91\u{202f}% — seuil 42\u{202f}%";
    double_click(&mut bench, strip, without(1));
    assert_eq!(bench.sent(), [acknowledge(&[1], "")]);
    // The story.
    let mut bench = super::bench(board());
    double_click(&mut bench, "Acquitter", without(1));
    let sent = bench.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(bench.harness.state().page(), Page::Fleet);
}

#[test]
fn a_key_that_is_held_acknowledges_once() {
    let down = |repeat| Event::Key {
        key: Key::Space,
        physical_key: None,
        pressed: true,
        repeat,
        modifiers: Modifiers::NONE,
    };
    for on_the_button in [false, true] {
        let mut bench = on_page(board());
        if on_the_button {
            bench
                .harness
                .get_by_role_and_label(Role::Button, "Acquitter")
                .focus();
            bench.harness.run();
        }
        for repeat in [false, true, true, true] {
            bench.harness.event(down(repeat));
            bench.harness.run();
        }
        assert_eq!(bench.sent(), [acknowledge(&[1], "")], "{on_the_button}");
    }
}

#[test]
fn a_comment_goes_with_its_acknowledgement() {
    let mut bench = on_page(board());
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Commentaire (facultatif)")
        .focus();
    bench.harness.run();
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Commentaire (facultatif)")
        .type_text("vu au poste");
    bench.harness.run();
    bench.click("Acquitter");
    assert_eq!(bench.sent(), [acknowledge(&[1], "vu au poste")]);
}

#[test]
fn many_are_acknowledged_after_a_question() {
    let mut bench = on_page(board());
    bench.click("Tout acquitter (3)…");
    assert!(bench.says("Acquitter 3 alarmes"));
    bench.press(Key::Escape);
    assert!(!bench.says("Acquitter 3 alarmes"));
    assert_eq!(bench.sent(), []);
    bench
        .harness
        .get_by_role_and_label(
            Role::CheckBox,
            "Sélectionner\u{202f}: LOCO_003 · Verdict indisponible — périmée · 41 min",
        )
        .click();
    bench.harness.run();
    bench.click("Acquitter la sélection (1)…");
    bench
        .harness
        .get_all_by_role_and_label(Role::Button, "Acquitter")
        .last()
        .unwrap()
        .click();
    bench.harness.run();
    assert_eq!(bench.sent(), [acknowledge(&[3], "")]);
}

#[test]
fn shelving_demands_a_reason_and_an_end() {
    let mut bench = on_page(board());
    bench.click("Suspendre…");
    let go = |bench: &Bench| {
        let node = bench
            .harness
            .get_by_role_and_label(Role::Button, "Suspendre");
        node.accesskit_node().is_disabled()
    };
    assert!(go(&bench));
    bench.click("1 h");
    assert!(go(&bench), "no reason yet");
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Motif (obligatoire)")
        .focus();
    bench.harness.run();
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Motif (obligatoire)")
        .type_text("capteur débranché");
    bench.harness.run();
    assert!(!go(&bench));
    let before = wall_ms();
    bench.click("Suspendre");
    let sent = bench.sent();
    let [
        Command::Alarms(AlarmsAsk::Shelve {
            alarms,
            reason,
            until_ms,
        }),
    ] = &sent[..]
    else {
        panic!("{sent:?}");
    };
    assert_eq!(
        (alarms.as_slice(), reason.as_str()),
        (&[1][..], "capteur débranché")
    );
    assert!((before + 3_600_000..=wall_ms() + 3_600_000).contains(until_ms));
}

#[test]
fn taking_out_of_service_demands_a_reason_and_is_taken_back() {
    let mut bench = on_page(board());
    bench.click("Hors service…");
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Motif (obligatoire)")
        .type_text("dépose");
    bench.press(Key::Enter);
    let out = AlarmsAsk::OutOfService {
        alarms: vec![1],
        reason: "dépose".into(),
    };
    assert_eq!(bench.sent(), [Command::Alarms(out)]);
    for (row, word, ask) in [
        (5, "Remettre en vue", AlarmsAsk::Unshelve(vec![5])),
        (6, "Remettre en service", AlarmsAsk::BackInService(vec![6])),
    ] {
        let alarm = all()
            .into_iter()
            .filter(|a| a.id == row)
            .collect::<Vec<_>>();
        let mut bench = on_page(with_alarms(fixtures::fleet(5), &alarm));
        bench.click(word);
        assert_eq!(bench.sent(), [Command::Alarms(ask)]);
    }
}

#[test]
fn the_strip_tells_the_most_pressing_on_every_page() {
    let mut bench = bench(board());
    for key in [Key::Num1, Key::Num2, Key::Num3, Key::Num4] {
        bench.show(key);
        assert!(bench.says("ALARME · Haute"), "{key:?}");
        assert!(bench.says("et 2 autres"));
    }
    bench.show(Key::Num1);
    bench.sent();
    let of = |words: &str| format!("Acquitter\u{202f}: LOCO_001 · DANGER DÉTECTÉ\u{202f}: {words}");
    bench.click(&of("91\u{202f}% — seuil 42\u{202f}%"));
    assert_eq!(bench.sent(), [acknowledge(&[1], "")]);
    bench.click("Voir");
    assert_eq!(bench.harness.state().page(), Page::Alarms);
    assert!(!bench.says("ALARME · Haute"), "the page tells it itself");
    let calm: Vec<_> = all().into_iter().filter(|a| !a.state().calls()).collect();
    let calm = super::bench(with_alarms(fixtures::fleet(5), &calm));
    assert!(!calm.says("ALARME"));
}

#[test]
fn the_story_of_a_locomotive_acknowledges_its_alarms() {
    let mut bench = bench(board());
    bench.click("Acquitter");
    let of = AlarmsAsk::Acknowledge {
        which: Which::Of(LocoId::new("LOCO_001")),
        comment: String::new(),
    };
    assert_eq!(bench.sent(), [Command::Alarms(of)]);
    bench.harness.get_by_label("LOCO_005").click();
    bench.harness.run();
    assert!(
        bench
            .harness
            .query_by_role_and_label(Role::Button, "Acquitter")
            .is_none(),
        "nothing of LOCO_005 calls"
    );
}

#[test]
fn silence_is_asked_for_and_its_end_is_said() {
    let mut bench = on_page(board());
    let before = wall_ms();
    bench.click("Couper le son 10 min");
    let sent = bench.sent();
    let [
        Command::Alarms(AlarmsAsk::Mute {
            until_ms: Some(until),
        }),
    ] = sent[..]
    else {
        panic!("{sent:?}");
    };
    assert!((before + 600_000..=wall_ms() + 600_000).contains(&until));
    let mut muted = board();
    let view = AlarmsView {
        muted_until_ms: Some(fixtures::NOW_MS),
        ..muted.alarms.as_ref().clone()
    };
    muted.alarms = Arc::new(view);
    let mut bench = on_page(muted);
    bench.click("Son coupé jusqu’à 23:55\u{202f}: rétablir");
    assert_eq!(
        bench.sent(),
        [Command::Alarms(AlarmsAsk::Mute { until_ms: None })]
    );
    let mut silent = board();
    let view = AlarmsView {
        sound: Sound::NoPlayer,
        ..silent.alarms.as_ref().clone()
    };
    silent.alarms = Arc::new(view);
    assert!(on_page(silent).says("Pas de son sur cette machine"));
}

#[test]
fn the_history_is_asked_for_filtered_and_shown() {
    let mut bench = on_page(board());
    bench.click("Historique");
    let sent = bench.sent();
    let [Command::Alarms(AlarmsAsk::History(filter))] = &sent[..] else {
        panic!("{sent:?}");
    };
    let week_ago = wall_ms() - 7 * 86_400_000;
    assert!(
        filter
            .from_ms
            .is_some_and(|from| (from - week_ago).abs() < 60_000)
    );
    assert!(bench.says("Lecture de l’historique…"));
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Locomotive ou source")
        .focus();
    bench.harness.run();
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, "Locomotive ou source")
        .type_text("001");
    bench.harness.run();
    let sent = bench.sent();
    assert!(
        matches!(&sent[..], [Command::Alarms(AlarmsAsk::History(f))] if f.name == "001"),
        "{sent:?}"
    );
    let mut found = board();
    let view = AlarmsView {
        history: Some(Arc::new(History {
            filter: AlarmFilter::default(),
            alarms: all(),
            more: true,
        })),
        ..found.alarms.as_ref().clone()
    };
    found.alarms = Arc::new(view);
    bench.snapshots.send(Arc::new(found)).unwrap();
    bench.harness.run();
    assert!(bench.says("LOCO_004") && bench.says("Les 500 plus récentes"));
    assert!(bench.says("Exporter l’historique filtré\u{202f}: Excel"));
    assert_eq!(bench.sent(), [], "nothing is asked twice");
}

#[test]
fn a_flood_is_said_in_a_word() {
    assert!(!on_page(board()).says("AFFLUX"));
    let mut flood = board();
    let view = AlarmsView {
        last_ten_min: 11,
        ..flood.alarms.as_ref().clone()
    };
    flood.alarms = Arc::new(view);
    assert!(on_page(flood).says("en 10 min\u{202f}: AFFLUX"));
}

#[test]
fn an_export_goes_where_it_was_told() {
    let command = Command::Alarms(AlarmsAsk::Export {
        filter: AlarmFilter::default(),
        format: FileFormat::Xlsx,
        to: PathBuf::from("alarmes.xlsx"),
    });
    let Command::Alarms(AlarmsAsk::Export { to, .. }) = command.to(PathBuf::from("la.xlsx")) else {
        panic!("another command");
    };
    assert_eq!(to, PathBuf::from("la.xlsx"));
}

#[test]
fn without_alarms_it_says_what_that_means() {
    assert!(on_page(fixtures::fleet(3)).says("Rien n’attend d’être acquitté."));
    let nothing = on_page(Snapshot::empty());
    assert!(nothing.says("Sans mesure, rien n’est surveillé"));
    let mut blind = fixtures::fleet(3);
    blind.alarms = Arc::new(AlarmsView {
        fault: Some("no such table".into()),
        ..AlarmsView::default()
    });
    let blind = on_page(blind);
    assert!(blind.says("aucune nouvelle alarme n’est levée"));
}

#[test]
fn an_unreadable_warehouse_is_told_on_every_page_and_never_as_a_calm() {
    for (language, fault, calm) in [
        (Language::French, "Défaut du service", "aucun afflux"),
        (Language::English, "Service fault", "no flood"),
    ] {
        let mut snapshot = with_alarms(fixtures::fleet(5), &[]);
        snapshot.data_span = None;
        snapshot.fault = Some("file is not a database".into());
        let mut bench = bench_of(snapshot, language, false, [1280.0, 720.0]);
        for key in [
            Key::Num1,
            Key::Num2,
            Key::Num3,
            Key::Num4,
            Key::Num5,
            Key::Num8,
            Key::Num9,
            Key::Num6,
        ] {
            bench.show(key);
            let told = bench.harness.query_all_by_label_contains(fault).count();
            assert_eq!(told, 1, "{key:?}");
        }
        assert!(!bench.says(calm));
        assert!(!bench.says("Aucune mesure") && !bench.says("No reading yet"));
    }
}

#[test]
fn a_broken_file_of_settings_is_told_on_the_fleet_page() {
    let mut snapshot = fixtures::fleet(5);
    let mut settings = (*snapshot.settings).clone();
    settings.broken = Some("cidp.toml, line 3".into());
    snapshot.settings = Arc::new(settings);
    let bench = super::bench(snapshot);
    assert!(bench.says("Le fichier de réglages"));
    assert!(bench.says("cidp.toml, line 3"));
}

#[test]
fn in_a_replay_the_strip_says_that_it_is_of_the_present() {
    let mut snapshot = board();
    snapshot.clock = Clock::Replay {
        speed: 60,
        playing: false,
    };
    let bench = super::bench(snapshot);
    assert!(bench.says("Présent, pas la relecture · LOCO_001"));
    assert!(!super::bench(board()).says("Présent, pas la relecture"));
}

#[test]
fn what_was_done_is_told_in_the_order_of_time_to_the_second() {
    let mut alarm = all().remove(0);
    let at_ms = wall_ms();
    let act = |at_ms, who: &str| Act {
        at_ms,
        who: who.into(),
        words: String::new(),
    };
    alarm.raised_ms = at_ms - 9_000;
    alarm.acknowledged = Some(act(at_ms - 6_000, "Ngo"));
    alarm.returned_ms = Some(at_ms - 3_000);
    alarm.active = false;
    alarm.aside = Some(Aside::OutOfService {
        act: act(at_ms, "Essomba"),
    });
    let bench = on_page(with_alarms(fixtures::fleet(5), &[alarm]));
    let text = Text::new(Language::French, TimeZone::get(DEFAULT_ZONE).unwrap());
    let second = |at_ms| text.moment_seconds(at_ms, wall_ms());
    let heights: Vec<f32> = [9_000, 6_000, 3_000, 0]
        .into_iter()
        .map(|ago| {
            let words = second(at_ms - ago);
            let node = bench.harness.query_all_by_label_contains(&words).next();
            node.unwrap_or_else(|| panic!("{words}")).rect().top()
        })
        .collect();
    assert!(heights.is_sorted_by(|a, b| a < b), "{heights:?}");
}
