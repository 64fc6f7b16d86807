//! Simulator: axes of the map, typed values, keys of the sliders, loading a locomotive, the ways back; both languages.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, bench, bench_of};
use crate::domain::LocoId;
use crate::gui::fixtures;
use crate::service::snapshot::Snapshot;
use crate::text::Language;

impl Bench {
    fn value_of(&self, name: &str) -> f64 {
        let node = self
            .harness
            .get_by_role_and_label(Role::SpinButton, name)
            .accesskit_node();
        node.numeric_value().unwrap()
    }

    fn choose(&mut self, list: &str, entry: &str) {
        self.harness
            .get_by_role_and_label(Role::ComboBox, list)
            .click();
        self.harness.run();
        self.harness
            .get_by_role_and_label(Role::Button, entry)
            .click();
        self.harness.run();
    }
}

fn simulator(snapshot: Snapshot, language: Language) -> Bench {
    let mut bench = bench_of(snapshot, language, false, [1440.0, 900.0]);
    bench.show(Key::Num3);
    bench
}

#[test]
fn the_axes_of_the_map_are_chosen_and_change_places() {
    let mut bench = simulator(fixtures::fleet(3), Language::French);
    assert!(bench.says("probabilité selon vibrations × température"));
    bench.choose("Axe horizontal de la carte", "Pression");
    assert!(bench.says("probabilité selon pression × température"));
    bench.choose("Axe vertical de la carte", "Pression");
    assert!(
        bench.says("probabilité selon température × pression"),
        "they changed places"
    );
    bench.click("Cas alerte");
    assert!(bench.says("Température et pression"), "the way back too");
    let mut bench = simulator(fixtures::fleet(3), Language::English);
    bench.choose("Vertical axis of the map", "Oil flow");
    assert!(bench.says("probability by vibration × oil flow"));
}

#[test]
fn a_value_is_typed_with_a_comma_or_a_point() {
    let mut bench = simulator(fixtures::fleet(3), Language::French);
    for (typed, value) in [
        ("7,25", 7.25),
        ("6.5", 6.5),
        ("abc", 6.5),
        ("4,1 mm/s", 4.1),
    ] {
        bench
            .harness
            .get_by_role_and_label(Role::SpinButton, "Vibrations, valeur")
            .focus();
        bench.harness.run();
        bench.harness.event(Event::Text(typed.to_owned()));
        bench.harness.run();
        bench.press(Key::Enter);
        assert_eq!(bench.value_of("Vibrations, valeur"), value, "{typed}");
    }
}

#[test]
fn sliders_have_fine_and_coarse_keys() {
    let mut bench = simulator(fixtures::fleet(3), Language::French);
    bench
        .harness
        .get_by_role_and_label(Role::Slider, "Vibrations, curseur")
        .focus();
    bench.harness.run();
    let value = |b: &Bench| b.value_of("Vibrations, valeur");
    bench.press(Key::ArrowRight);
    assert_eq!(value(&bench), 2.1);
    bench.press(Key::ArrowLeft);
    bench.press(Key::ArrowLeft);
    assert_eq!(value(&bench), 1.9);
    bench
        .harness
        .key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    bench.harness.run();
    assert_eq!(value(&bench), 2.9);
    bench.press(Key::End);
    assert_eq!(value(&bench), 15.0);
    bench.press(Key::ArrowRight);
    assert_eq!(value(&bench), 15.0, "held at the end");
    bench.press(Key::PageDown);
    assert!((value(&bench) - 13.6).abs() < 1e-9, "a tenth of the range");
    bench.press(Key::Home);
    assert_eq!(value(&bench), 0.5);
    assert_eq!(
        bench.value_of("Température, valeur"),
        45.0,
        "no other slider moved"
    );
}

#[test]
fn any_locomotive_is_loaded_from_a_list_that_is_searched() {
    let mut s = fixtures::fleet(40);
    let mut rows = s.fleet.as_ref().clone();
    rows[30].loco = LocoId::new("Édéa-7");
    rows[30].values = [611.0, 6.0, 3.3, 51.0];
    s.fleet = Arc::new(rows);
    let mut bench = simulator(s, Language::French);
    let list = "Charger les valeurs de…";
    bench
        .harness
        .get_by_role_and_label(Role::ComboBox, list)
        .click();
    bench.harness.run();
    bench
        .harness
        .get_by_role_and_label(Role::TextInput, list)
        .focus();
    bench.harness.run();
    bench.harness.event(Event::Text("edea".into()));
    bench.harness.run();
    assert!(
        bench
            .harness
            .query_by_role_and_label(Role::Button, "LOCO_020")
            .is_none()
    );
    bench.click("Édéa-7");
    assert_eq!(bench.value_of("Débit d’huile, valeur"), 611.0);
    assert_eq!(bench.value_of("Vibrations, valeur"), 3.3);
    assert!(
        bench
            .harness
            .query_by_role_and_label(Role::TextInput, list)
            .is_none(),
        "the list closed"
    );
}

#[test]
fn a_way_back_is_taken_with_a_button() {
    for (language, alert, apply, danger) in [
        (
            Language::French,
            "Cas alerte",
            "Appliquer\u{202f}: Vibrations et température",
            "DANGER DÉTECTÉ",
        ),
        (
            Language::English,
            "Alert case",
            "Apply: Vibration and temperature",
            "DANGER DETECTED",
        ),
    ] {
        let mut bench = simulator(fixtures::fleet(3), language);
        bench.click(alert);
        assert!(bench.says(danger));
        bench.click(apply);
        assert!(!bench.says(danger), "the place it names is nominal");
    }
}

#[test]
fn each_way_back_alone_is_nominal_where_it_says() {
    let mut bench = bench(fixtures::fleet(3));
    bench.show(Key::Num3);
    for channel in ["Vibrations seules", "Température seule"] {
        bench.click("Cas alerte");
        assert!(bench.says("DANGER DÉTECTÉ"));
        let name = format!("Appliquer\u{202f}: {channel}");
        let button = bench
            .harness
            .query_by_role_and_label(Role::Button, &name)
            .map(|n| n.rect());
        if button.is_some() {
            bench.click(&name);
            assert!(bench.says("OPÉRATION NOMINALE"), "{channel}");
        } else {
            assert!(bench.says("aucune valeur"), "{channel}");
        }
    }
}

#[test]
fn a_drag_over_the_map_leaves_a_trail_and_sets_both_axes() {
    let mut bench = simulator(fixtures::fleet(3), Language::French);
    let shapes = |b: &Bench| b.harness.output().shapes.len();
    let before = shapes(&bench);
    // Inside the map of a window of 1440 × 900.
    let at = |x: f32, y: f32| eframe::egui::pos2(x, y);
    bench.harness.drag_at(at(1100.0, 500.0));
    bench.harness.run();
    for step in 1..6 {
        bench
            .harness
            .hover_at(at(1100.0 + 30.0 * step as f32, 500.0 - 30.0 * step as f32));
        bench.harness.run();
    }
    bench.harness.drop_at(at(1250.0, 350.0));
    bench.harness.run();
    let vibration = bench.value_of("Vibrations, valeur");
    let temperature = bench.value_of("Température, valeur");
    assert!(vibration > 5.0, "{vibration}");
    assert!(temperature > 60.0, "{temperature}");
    assert_eq!(bench.value_of("Pression, valeur"), 5.0);
    assert!(shapes(&bench) > before, "the trail is drawn");
    assert!(bench.says("DANGER DÉTECTÉ"));
}
