//! The window without a screen: every page in both languages and both themes, what a hand and a
//! keyboard do, and which commands go out.

mod alarms;
mod continuity;
mod fleet;
mod found;
mod holds;
mod locomotive;
mod log;
mod model;
mod pipeline;
mod scale;
mod settings;
mod shell;
mod simulator;
#[cfg(feature = "snapshots")]
mod snapshots;

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Role, Theme, accesskit};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, watch};

use crate::domain::{LabelKind, LocoId};
use crate::service::alarms::AlarmsAsk;
use crate::service::command::{Command, Event, Replay};
use crate::service::handle::ServiceHandle;
use crate::service::settings::ThemeChoice;
use crate::service::snapshot::{Clock, Snapshot, TimeWindow};

use super::context::Page;
use super::fixtures;
use super::{App, shortcuts, theme};
use crate::text::{DEFAULT_ZONE, Language, Text};

/// A window over a made-up service.
struct Bench {
    harness: Harness<'static, App>,
    commands: mpsc::Receiver<Command>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: mpsc::Sender<Event>,
}

fn bench_of(snapshot: Snapshot, language: Language, dark: bool, size: [f32; 2]) -> Bench {
    let wall = || jiff::Timestamp::now().as_millisecond();
    bench_at(snapshot, language, dark, size, wall)
}

/// The same, at an instant of its own.
fn bench_at(
    snapshot: Snapshot,
    language: Language,
    dark: bool,
    size: [f32; 2],
    wall: fn() -> i64,
) -> Bench {
    let (to_service, mut commands) = mpsc::channel(64);
    let (snapshots, snapshot_end) = watch::channel(Arc::new(snapshot));
    let (events, event_end) = mpsc::channel(64);
    let handle = ServiceHandle::new(to_service, snapshot_end, event_end);
    let text = Text::new(language, TimeZone::get(DEFAULT_ZONE).unwrap());
    let theme = if dark {
        ThemeChoice::Dark
    } else {
        ThemeChoice::Light
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(60)
        .with_theme(if dark { Theme::Dark } else { Theme::Light })
        // Short enough that two clicks make a double click.
        .with_step_dt(0.02)
        // Before the first pass, or its text would be laid out in fonts that are not there.
        .with_context_setup(theme::install)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, text, theme, handle).clocked(wall));
    harness.run();
    // What every window says when it opens: in which words alarms are announced.
    let announced = commands.try_recv();
    assert!(matches!(
        announced,
        Ok(Command::Alarms(AlarmsAsk::Announce(_)))
    ));
    Bench {
        harness,
        commands,
        snapshots,
        events,
    }
}

fn bench(snapshot: Snapshot) -> Bench {
    bench_of(snapshot, Language::French, false, [1440.0, 900.0])
}

impl Bench {
    fn click(&mut self, label: &str) {
        self.harness
            .get_by_role_and_label(Role::Button, label)
            .click();
        self.harness.run();
    }

    fn sent(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.commands.try_recv().ok()).collect()
    }

    fn says(&self, words: &str) -> bool {
        self.harness
            .query_all_by_label_contains(words)
            .next()
            .is_some()
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run();
    }

    fn show(&mut self, key: Key) {
        self.harness.key_press_modifiers(Modifiers::COMMAND, key);
        self.harness.run();
    }

    fn selected(&self) -> String {
        self.harness.state().selected().unwrap().to_string()
    }
}

#[test]
fn every_page_draws_whatever_the_snapshot() {
    let snapshots: [fn() -> Snapshot; 7] = [
        Snapshot::empty,
        fixtures::first_start,
        fixtures::failed,
        fixtures::synthetic,
        || fixtures::with_view(fixtures::fleet(3), "LOCO_001"),
        || fixtures::fleet(300),
        || Snapshot {
            fault: Some("warehouse unreadable".into()),
            ..Snapshot::empty()
        },
    ];
    for snapshot in snapshots {
        for language in Language::ALL {
            for (dark, size) in [(false, [1440.0, 900.0]), (true, [1024.0, 680.0])] {
                let mut bench = bench_of(snapshot(), language, dark, size);
                for key in [Key::Num2, Key::Num3, Key::Num1] {
                    bench.show(key);
                }
            }
        }
    }
}

#[test]
fn a_click_selects_and_a_double_click_opens() {
    let mut bench = bench(fixtures::fleet(3));
    assert_eq!(bench.selected(), "LOCO_001", "the worst is looked at first");
    bench.harness.get_by_label("LOCO_002").click();
    bench.harness.run();
    assert_eq!(bench.selected(), "LOCO_002");
    for _ in 0..2 {
        bench.harness.get_by_label("LOCO_003").click();
    }
    bench.harness.run();
    assert_eq!(bench.harness.state().page(), Page::Locomotive);
    assert_eq!(bench.selected(), "LOCO_003");
}

#[test]
fn the_keyboard_walks_the_fleet_and_opens() {
    let mut bench = bench(fixtures::fleet(300));
    bench.press(Key::ArrowDown);
    bench.press(Key::ArrowDown);
    assert_eq!(bench.selected(), "LOCO_003");
    bench.press(Key::ArrowUp);
    assert_eq!(bench.selected(), "LOCO_002");
    bench.press(Key::End);
    assert_eq!(bench.selected(), "LOCO_300");
    assert!(
        bench.harness.query_all_by_label("LOCO_300").count() >= 2,
        "the row came into view"
    );
    bench.press(Key::Enter);
    assert_eq!(bench.harness.state().page(), Page::Locomotive);
}

#[test]
fn only_the_rows_in_view_are_laid_out() {
    let bench = bench(fixtures::fleet(300));
    let rows = bench.harness.query_all_by_label_contains("LOCO_").count();
    assert!((10..40).contains(&rows), "{rows} names on screen");
}

#[test]
fn danger_is_said_in_words_and_nothing_else_is() {
    let bench_all = bench(fixtures::fleet(5));
    assert_eq!(bench_all.harness.query_all_by_label("DANGER").count(), 2);
    assert_eq!(
        bench_all.harness.query_all_by_label("Indisponible").count(),
        2
    );
    assert!(bench_all.says("Température : valeur figée"));
    assert!(bench_all.says("périmée · 41 min"));
    // A failed run: not one verdict is left standing.
    let failed = bench(fixtures::failed());
    assert_eq!(failed.harness.query_all_by_label("DANGER").count(), 0);
    assert_eq!(failed.harness.query_all_by_label("Nominale").count(), 0);
    assert!(failed.says("Le dernier traitement a échoué en sécurité"));
    assert!(failed.says("dernier : DANGER"));
}

#[test]
fn the_presets_say_what_they_promise() {
    let mut bench = bench(fixtures::fleet(3));
    bench.show(Key::Num3);
    bench.click("Cas alerte");
    assert!(bench.says("DANGER DÉTECTÉ"));
    assert!(bench.says("hypothèse — aucune mesure"));
    assert!(bench.says("Vibrations seules"));
    bench.click("Cas nominal");
    assert!(bench.says("OPÉRATION NOMINALE"));
    assert!(!bench.says("DANGER DÉTECTÉ"));
    bench.click("LOCO_001");
    assert!(bench.says("DANGER DÉTECTÉ"));
    assert!(bench.says("modèle v7"));
    let chosen = bench
        .harness
        .get_by_role_and_label(Role::Button, "LOCO_001");
    assert_eq!(
        chosen.accesskit_node().toggled(),
        Some(accesskit::Toggled::True),
        "no slider rounds what nobody touched"
    );
}

#[test]
fn without_a_model_the_simulator_says_nothing_of_the_kind() {
    let mut bench = bench(Snapshot::empty());
    bench.show(Key::Num3);
    assert!(bench.says("VERDICT INDISPONIBLE"));
    assert!(!bench.says("NOMINALE"));
}

#[test]
fn sliders_and_typed_values_have_names_and_work() {
    let mut bench = bench(fixtures::fleet(3));
    bench.show(Key::Num3);
    bench
        .harness
        .get_by_role_and_label(Role::Slider, "Vibrations, curseur")
        .set_value_accesskit(14.0);
    bench.harness.run();
    assert!(!bench.says("DANGER DÉTECTÉ"));
    bench
        .harness
        .get_by_role_and_label(Role::Slider, "Température, curseur")
        .focus();
    bench.harness.run();
    bench.press(Key::ArrowRight);
    assert!(!bench.says("45,0\u{202f}°C"), "the arrow moved it");
    bench
        .harness
        .get_by_role_and_label(Role::Slider, "Température, curseur")
        .set_value_accesskit(80.0);
    bench.harness.run();
    assert!(bench.says("DANGER DÉTECTÉ"));
    let typed = bench
        .harness
        .get_by_role_and_label(Role::SpinButton, "Vibrations, valeur");
    assert_eq!(typed.accesskit_node().numeric_value(), Some(14.0));
}

#[test]
fn another_language_keeps_everything_else() {
    let mut bench = bench(fixtures::fleet(5));
    bench.press(Key::ArrowDown);
    bench.show(Key::Num3);
    bench.click("Cas alerte");
    bench.click("Langue : français. Passer à l’anglais");
    assert!(bench.says("DANGER DETECTED") && bench.says("Simulator"));
    assert_eq!(bench.selected(), "LOCO_002");
    assert_eq!(bench.harness.state().page(), Page::Simulator);
    bench.click("Language: English. Switch to French");
    assert!(bench.says("DANGER DÉTECTÉ"));
}

#[test]
fn the_theme_changes_at_a_click() {
    let mut bench = bench(fixtures::fleet(3));
    assert_eq!(bench.harness.ctx.theme(), Theme::Light);
    bench.click("Passer au thème sombre");
    assert_eq!(bench.harness.ctx.theme(), Theme::Dark);
}

#[test]
fn buttons_send_their_commands() {
    let mut bench = bench(fixtures::fleet(3));
    bench.click("Relancer le traitement");
    assert_eq!(bench.sent(), [Command::Run]);
    bench.click("Rejouer");
    let sent = bench.sent();
    let [Command::Replay(Replay::Start { from_ms, speed: 60 })] = sent[..] else {
        panic!("{sent:?}");
    };
    let (from, to) = fixtures::fleet(3).data_span.unwrap();
    assert!((from..to).contains(&from_ms));
}

#[test]
fn a_replay_sends_nothing_by_itself() {
    let mut s = fixtures::synthetic();
    // Off every round second.
    s.now_ms = Some(fixtures::NOW_MS - 123_457);
    s.data_span = s.data_span.map(|(from, to)| (from + 333, to - 77));
    let mut bench = bench(s);
    bench.harness.run_steps(5);
    assert_eq!(bench.sent(), []);
}

#[test]
fn a_replay_can_be_paused_sped_up_and_left() {
    let mut bench = bench(fixtures::synthetic());
    assert!(bench.says("REPLAY ×60"));
    bench.click("Pause");
    bench.click("×600");
    bench.click("Quitter le replay");
    assert_eq!(
        bench.sent(),
        [
            Command::Replay(Replay::Pause),
            Command::Replay(Replay::Speed(600)),
            Command::Replay(Replay::Stop),
        ]
    );
}

#[test]
fn the_service_is_told_what_is_watched() {
    const HOUR: i64 = 3_600_000;
    let mut bench = bench(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    let watch = |loco: Option<&str>, window| Command::Watch {
        loco: loco.map(LocoId::new),
        window,
    };
    bench.show(Key::Num2);
    assert_eq!(
        bench.sent(),
        [watch(Some("LOCO_001"), TimeWindow::Last(24 * HOUR))]
    );
    bench.click("6 h");
    assert_eq!(
        bench.sent(),
        [watch(Some("LOCO_001"), TimeWindow::Last(6 * HOUR))]
    );
    bench.click("Pause");
    std::thread::sleep(std::time::Duration::from_millis(300));
    bench.harness.step();
    bench.harness.step();
    let now = fixtures::NOW_MS;
    assert_eq!(
        bench.sent(),
        [watch(
            Some("LOCO_001"),
            TimeWindow::Between(now - 6 * HOUR, now)
        )]
    );
    bench.click("Suivre");
    bench.show(Key::Num1);
    assert_eq!(
        bench.sent(),
        [
            watch(Some("LOCO_001"), TimeWindow::Last(6 * HOUR)),
            watch(None, TimeWindow::All)
        ]
    );
}

#[test]
fn the_curves_are_read_point_by_point() {
    let mut bench = bench(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.show(Key::Num2);
    bench
        .harness
        .get_by_label("Courbes de la locomotive")
        .focus();
    bench.harness.run();
    bench.press(Key::ArrowLeft);
    assert!(bench.says("· v7"), "the verdict then, with its model");
}

#[test]
fn what_kind_of_data_and_model_this_is_stands_on_every_page() {
    let mut bench = bench(fixtures::synthetic());
    for key in [Key::Num1, Key::Num2, Key::Num3] {
        bench.show(key);
        assert!(bench.says("SYNTHÉTIQUE"), "{key:?}");
        assert!(bench.says("RÈGLE"), "{key:?}");
        assert!(bench.says("REPLAY"), "{key:?}");
    }
}

#[test]
fn the_words_depend_on_the_labels() {
    let mut s = fixtures::fleet(3);
    assert!(bench(s.clone()).says("Panne sous 48 h"));
    s.model = Some(Arc::new(fixtures::card(LabelKind::Truth)));
    let truth = bench(s);
    assert!(truth.says("Anomalie") && !truth.says("48 h"));
}

#[test]
fn a_first_start_shows_its_stages() {
    let bench = bench(fixtures::first_start());
    for word in [
        "Premier démarrage",
        "extraction",
        "apprentissage",
        "37\u{202f}%",
    ] {
        assert!(bench.says(word), "{word}");
    }
    assert!(!bench.says("NOMINALE"));
}

#[test]
fn news_come_as_messages_and_bad_news_stay() {
    let mut bench = bench(fixtures::fleet(3));
    bench
        .events
        .try_send(Event::RunFailedSafe {
            cause: "colonne absente".into(),
        })
        .unwrap();
    bench.harness.run();
    assert!(bench.says("Traitement échoué en sécurité."));
    assert!(bench.says("Détail technique : colonne absente."));
    bench.click("Fermer le message");
    assert!(!bench.says("colonne absente"));
}

#[test]
fn a_service_that_is_gone_is_said() {
    let mut bench = bench(fixtures::fleet(3));
    bench.commands.close();
    bench.click("Relancer le traitement");
    assert!(bench.says("Le service ne répond pas"));
}

#[test]
fn a_new_snapshot_replaces_the_old_one() {
    let mut bench = bench(Snapshot::empty());
    assert!(bench.says("Aucune mesure pour l’instant"));
    bench.snapshots.send(Arc::new(fixtures::fleet(3))).unwrap();
    bench.harness.run();
    assert!(bench.says("LOCO_001"));
}

#[test]
fn ages_grow_only_under_the_wall_clock() {
    let mut s = fixtures::fleet(3);
    s.clock = Clock::Wall;
    let mut wall = bench(s);
    assert!(wall.says("Temps réel"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    wall.harness.step();
    assert!(wall.says("30 août 23:55:01") || wall.says("30 août 23:55:02"));
    let data = bench(fixtures::fleet(3));
    assert!(data.says("Horloge des données · 30 août 2026 23:55"));
}

#[test]
fn an_idle_window_asks_for_no_frame() {
    let mut bench = bench(fixtures::fleet(24));
    bench.harness.step();
    bench.harness.step();
    let wait =
        bench.harness.output().viewport_output[&eframe::egui::ViewportId::ROOT].repaint_delay;
    assert!(wait > std::time::Duration::from_secs(60), "{wait:?}");
}

#[test]
fn inputs_tell_screen_readers_their_names() {
    // `run` panics on an input without a name; this counts that there are inputs at all.
    let mut bench = bench(fixtures::fleet(3));
    bench.show(Key::Num3);
    let inputs = bench
        .harness
        .query_all_by(|n| {
            matches!(
                n.role(),
                accesskit::Role::Slider | accesskit::Role::SpinButton | accesskit::Role::Button
            )
        })
        .count();
    assert!(inputs >= 15, "{inputs}");
}
