//! Fleet and wall screen: order, filters, search, keyboard, both languages; hundreds of rows; what wakes.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, Role, ViewportCommand, ViewportId};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, bench, bench_of};
use crate::gui::Page;
use crate::gui::fixtures;
use crate::gui::fixtures::fleet as fleets;
use crate::service::alarms::AlarmsView;
use crate::service::snapshot::Snapshot;
use crate::text::Language;

impl Bench {
    /// The names of the rows in sight, from the top.
    fn names(&self) -> Vec<String> {
        let mut rows: Vec<(f32, String)> = self
            .harness
            .query_all_by_label_contains("LOCO_")
            .filter(|n| n.accesskit_node().role() == eframe::egui::accesskit::Role::Label)
            .map(|n| (n.rect(), n.accesskit_node().value().unwrap_or_default()))
            // The story beside the table names the selected one too.
            .filter(|(rect, _)| rect.left() < 600.0)
            .map(|(rect, name)| (rect.top(), name))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(_, name)| name).collect()
    }

    fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.run();
    }

    /// Without its release, which would take a frame of its own.
    fn key_down(&self, key: Key) {
        self.harness.event(Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        });
    }

    /// Draws one frame and takes what it asked of the window.
    fn asked_of_window(&mut self) -> Vec<ViewportCommand> {
        self.harness.step();
        self.harness.output().viewport_output[&ViewportId::ROOT]
            .commands
            .clone()
    }

    fn news(&mut self, snapshot: Snapshot) -> Vec<ViewportCommand> {
        self.snapshots.send(Arc::new(snapshot)).unwrap();
        self.asked_of_window()
    }
}

#[test]
fn a_header_sorts_turns_and_gives_back_the_worst_first() {
    for (language, words) in [
        (
            Language::French,
            [
                "Trier : Vibrations",
                "Trié : Vibrations, décroissant",
                "Trié : Vibrations, croissant",
            ],
        ),
        (
            Language::English,
            [
                "Sort: Vibration",
                "Sorted: Vibration, falling",
                "Sorted: Vibration, rising",
            ],
        ),
    ] {
        // The colon after a thin space.
        let words = words.map(|w| w.replace(" :", "\u{202f}:"));
        let mut bench = bench_of(fixtures::fleet(8), language, false, [1440.0, 900.0]);
        let worst_first = bench.names();
        assert_eq!(worst_first[0], "LOCO_001");
        bench.click(&words[0]);
        let falling = bench.names();
        assert_eq!(falling.len(), 8);
        bench.click(&words[1]);
        let rising = bench.names();
        assert_eq!(rising, falling.iter().rev().cloned().collect::<Vec<_>>());
        bench.click(&words[2]);
        assert_eq!(bench.names(), worst_first);
    }
}

#[test]
fn a_header_works_from_the_keyboard() {
    let mut bench = bench(fixtures::fleet(8));
    let name = "Trier\u{202f}: Locomotive";
    bench
        .harness
        .get_by_role_and_label(Role::Button, name)
        .focus();
    bench.harness.run();
    bench.press(Key::Space);
    bench.press(Key::Space);
    assert_eq!(bench.names()[0], "LOCO_008");
}

#[test]
fn a_filter_never_hides_danger_silently() {
    let mut bench = bench(fixtures::fleet(12));
    assert!(!bench.says("masquée"));
    bench.click("Nominales, 8");
    assert_eq!(bench.names().len(), 8);
    assert!(bench.says("8 sur 12 affichées"));
    assert!(bench.says("2 en danger masquées par le filtre"));
    bench.click("Danger, 2");
    assert_eq!(bench.names().len(), 10, "filters add up");
    assert!(!bench.says("masquée"));
    bench.click("Danger, 2");
    bench.click("Tout afficher");
    assert_eq!(bench.names().len(), 12);
    assert!(!bench.says("masquée"));
}

#[test]
fn danger_that_comes_up_behind_a_filter_is_said() {
    let calm = fleets::calm(6);
    let mut bench = bench_of(calm.clone(), Language::English, true, [1280.0, 720.0]);
    bench.click("Nominal, 6");
    assert!(!bench.says("hidden"));
    bench.news(fleets::one_more_in_danger(&calm));
    bench.harness.run();
    assert!(bench.says("1 in danger hidden by the filter"));
    bench.click("Show all");
    assert!(bench.says("97%"));
}

#[test]
fn a_name_is_searched_from_the_keyboard() {
    let mut bench = bench(fixtures::fleet(300));
    bench
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::F);
    bench.harness.run();
    bench.type_text("o_29");
    let shown = bench.names();
    assert_eq!(shown.len(), 10, "{shown:?}");
    assert!(bench.says("10 sur 300 affichées"));
    assert!(bench.says("2 en danger masquées par le filtre"));
    bench.press(Key::Enter);
    bench.press(Key::ArrowDown);
    assert_eq!(bench.selected(), "LOCO_290", "the first of those found");
    bench.press(Key::ArrowDown);
    assert_eq!(bench.selected(), "LOCO_291");
    bench.press(Key::Escape);
    assert!(bench.says("300 sur 300 affichées"));
    assert_eq!(bench.selected(), "LOCO_291", "the selection stays");
    bench.type_text("/");
    bench.type_text("zz");
    assert!(bench.says("Aucune locomotive ne correspond"));
    bench.press(Key::Escape);
    assert!(bench.says("300 sur 300 affichées"));
}

#[test]
fn the_language_changes_and_order_filter_and_search_stay() {
    let mut bench = bench(fixtures::fleet(12));
    bench.click("Trier\u{202f}: Locomotive");
    bench.click("Trié\u{202f}: Locomotive, croissant");
    bench.click("Nominales, 8");
    bench.type_text("/");
    bench.type_text("_01");
    bench.press(Key::Enter);
    let before = bench.names();
    assert_eq!(before, ["LOCO_012", "LOCO_011", "LOCO_010"]);
    bench.click("Langue : français. Passer à l’anglais");
    assert!(bench.says("3 of 12 shown"));
    bench.show(Key::Num3);
    bench.show(Key::Num1);
    assert_eq!(bench.names(), before);
}

#[test]
fn wearing_is_a_finer_word_and_no_other_verdict() {
    for (language, wear, chip, why) in [
        (Language::French, "usure", "Usure, 3", "hausse"),
        (Language::English, "wearing", "Wearing, 3", "risen"),
    ] {
        let mut bench = bench_of(fleets::wearing(), language, false, [1440.0, 900.0]);
        assert_eq!(bench.harness.query_all_by_label(wear).count(), 3);
        for word in bench.harness.query_all_by_label(wear) {
            let next = word.rect().bottom();
            let row = bench.harness.get_by_label("LOCO_006").rect().center().y;
            let below = (next - row).rem_euclid(40.0);
            assert!(
                below < 20.0,
                "within its row of 40, {below} under its middle"
            );
        }
        bench.click(chip);
        assert_eq!(bench.names(), ["LOCO_005", "LOCO_006", "LOCO_007"]);
        let nominal = if language == Language::French {
            "Nominale"
        } else {
            "Nominal"
        };
        assert_eq!(bench.harness.query_all_by_label(nominal).count(), 3);
        assert!(!bench.says(why), "why stands under the pointer");
    }
}

#[test]
fn a_fleet_that_cannot_be_judged_counts_no_danger() {
    let bench = bench(fixtures::failed());
    assert!(bench.says("Danger, —") && bench.says("Nominales, —"));
    assert!(bench.says("Indisponibles, 5"));
}

#[test]
fn a_thousand_rows_draw_no_more_than_twenty() {
    let drawn = |n: usize| {
        let bench = bench(fixtures::fleet(n));
        let nodes = bench.harness.query_all_by(|_| true).count();
        let shapes = bench.harness.output().shapes.len();
        (nodes, shapes)
    };
    let (few_nodes, few_shapes) = drawn(20);
    let (nodes, shapes) = drawn(1000);
    assert!(nodes <= few_nodes + 12, "{nodes} nodes, {few_nodes} for 20");
    assert!(
        shapes <= few_shapes + 40,
        "{shapes} shapes, {few_shapes} for 20"
    );
}

#[test]
fn the_wall_screen_is_entered_and_left() {
    for (language, button, leave) in [
        (
            Language::French,
            "Écran mural",
            "Quitter l’écran mural (Échap)",
        ),
        (
            Language::English,
            "Wall screen",
            "Leave the wall screen (Esc)",
        ),
    ] {
        let mut bench = bench_of(fixtures::fleet(5), language, true, [1440.0, 900.0]);
        bench.click(button);
        assert!(bench.says("LOCO_001"));
        let rail = |b: &Bench| {
            let theme = ["Passer au thème clair", "Switch to the light theme"];
            theme.iter().any(|w| b.says(w))
        };
        assert!(!rail(&bench), "the rail is gone");
        bench.click(leave);
        assert!(rail(&bench));
        bench.key_down(Key::F11);
        let asked = bench.asked_of_window();
        assert!(
            asked.contains(&ViewportCommand::Fullscreen(true)),
            "{asked:?}"
        );
        bench.harness.run();
        assert!(!rail(&bench));
        bench.key_down(Key::Escape);
        let asked = bench.asked_of_window();
        assert!(asked.contains(&ViewportCommand::Fullscreen(false)));
        bench.harness.run();
        assert!(rail(&bench));
        assert_eq!(bench.harness.state().page(), Page::Fleet);
    }
}

#[test]
fn dangers_that_do_not_fit_on_the_wall_are_counted() {
    let mut s = fleets::calm(40);
    for _ in 0..30 {
        s = fleets::one_more_in_danger(&s);
    }
    for (language, words) in [
        (Language::French, ", dont "),
        (Language::English, "of them in danger"),
    ] {
        let mut bench = bench_of(s.clone(), language, false, [1280.0, 720.0]);
        bench.press(Key::F11);
        assert!(bench.says("30") && bench.says(words));
        let screen = bench.harness.ctx.content_rect();
        let rows = bench.harness.query_all_by_label_contains("LOCO_");
        assert!(rows.into_iter().all(|n| screen.contains_rect(n.rect())));
    }
}

fn asks_attention(asked: &[ViewportCommand]) -> bool {
    asked
        .iter()
        .any(|c| matches!(c, ViewportCommand::RequestUserAttention(_)))
}

#[test]
// What else the alarms show is no matter here.
#[allow(clippy::needless_update)]
fn the_wall_screen_wakes_for_danger_and_for_alarms() {
    let calm = fleets::calm(6);
    let mut bench = bench(calm.clone());
    bench.press(Key::F11);
    assert!(bench.says("OPÉRATION NOMINALE") && bench.says("Horloge des données"));
    let again = bench.news(calm.clone());
    assert!(!asks_attention(&again), "nothing new");
    let before = bench.harness.get_by_label("Nominales").rect();
    let danger = fleets::one_more_in_danger(&calm);
    assert!(asks_attention(&bench.news(danger.clone())));
    bench.harness.step();
    assert!(bench.says("97\u{202f}%") && bench.says("DANGER"));
    assert!(!bench.says("OPÉRATION NOMINALE"));
    let after = bench.harness.get_by_label("Nominales").rect();
    assert_eq!(before, after, "nothing moved");
    // Over again: nobody is called. An alarm alone: called.
    assert!(!asks_attention(&bench.news(calm.clone())));
    let alarm = Snapshot {
        alarms: Arc::new(AlarmsView {
            unacknowledged: 1,
            newest_ms: Some(fixtures::NOW_MS),
            ..AlarmsView::default()
        }),
        ..calm
    };
    assert!(asks_attention(&bench.news(alarm)));
    assert!(bench.says("1 alarme non acquittée"));
}

#[test]
fn a_wall_screen_without_sight_is_never_calm() {
    for (language, words, why) in [
        (
            Language::French,
            "VERDICT INDISPONIBLE",
            "Le dernier traitement a échoué en sécurité",
        ),
        (
            Language::English,
            "VERDICT UNAVAILABLE",
            "The last run failed safe",
        ),
    ] {
        let mut bench = bench_of(fixtures::fleet(5), language, false, [1920.0, 1080.0]);
        bench.press(Key::F11);
        assert!(!bench.says(words));
        assert!(asks_attention(&bench.news(fixtures::failed())));
        bench.harness.step();
        assert!(bench.says(words) && bench.says(why));
    }
}

#[test]
fn a_service_that_ended_is_seen_on_the_wall() {
    let mut bench = bench(fleets::calm(4));
    bench.press(Key::F11);
    assert!(bench.says("OPÉRATION NOMINALE"));
    let (other, _) = tokio::sync::watch::channel(Arc::new(Snapshot::empty()));
    drop(std::mem::replace(&mut bench.snapshots, other));
    bench.harness.step();
    bench.harness.step();
    assert!(!bench.says("OPÉRATION NOMINALE"));
    assert!(bench.says("Le service s’est arrêté"));
}

#[test]
fn a_danger_that_the_present_values_do_not_explain_names_no_value() {
    for (language, words) in [
        (
            Language::French,
            "Les valeurs actuelles, maintenues, la ramèneraient à nominale",
        ),
        (
            Language::English,
            "The present values, if they hold, bring it back",
        ),
    ] {
        let mut s = fixtures::fleet(3);
        let plain = bench_of(s.clone(), language, false, [1440.0, 900.0]);
        assert!(!plain.says(words));
        let row = &mut Arc::make_mut(&mut s.fleet)[0];
        let explanation = row.explanation.as_mut().unwrap();
        explanation.held_nominal = true;
        explanation.way_back = [None; 4];
        let bench = bench_of(s, language, false, [1440.0, 900.0]);
        assert!(bench.says(words));
        assert!(!bench.says("suffit à elle seule") && !bench.says("enough on its own"));
    }
}
