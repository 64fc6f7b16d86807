//! The settings page: what is typed, what is refused, what is asked before it is done.

use std::sync::Arc;

use eframe::egui::{Key, Role, Theme, accesskit};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, bench, bench_of};
use crate::gui::context::Page;
use crate::gui::fixtures::settings::{FILE, view, with};
use crate::gui::theme;
use crate::service::command::{Command, Desk};
use crate::service::settings::{
    Change, Entry, List, Place, Refused, SettingsAsk, ThemeChoice, Value,
};
use crate::service::snapshot::Snapshot;
use crate::text::Language;

fn settings(snapshot: Snapshot, language: Language) -> Bench {
    let mut bench = bench_of(snapshot, language, false, [1440.0, 900.0]);
    bench.show(Key::Num8);
    bench.sent();
    bench
}

fn french() -> Bench {
    settings(with(view(FILE)), Language::French)
}

impl Bench {
    /// Shows a section; its name may stand on the rail too. Whether there is one.
    fn section(&mut self, name: &str) -> bool {
        let node = self
            .harness
            .query_all_by_role_and_label(Role::Button, name)
            .find(|node| node.rect().left() > theme::size::RAIL);
        let found = node.is_some();
        if let Some(node) = node {
            node.click();
        }
        self.harness.run();
        found
    }

    /// Takes the place of what stands in a field, as a hand does.
    fn fill(&mut self, label: &str, words: &str) {
        let field = || accesskit::Role::TextInput;
        self.harness
            .get_by_role_and_label(field(), label)
            .scroll_to_me();
        self.harness.run();
        self.harness.get_by_role_and_label(field(), label).click();
        self.harness.run();
        self.harness
            .key_press_modifiers(eframe::egui::Modifiers::COMMAND, Key::A);
        self.harness.run();
        self.harness
            .get_by_role_and_label(field(), label)
            .type_text(words);
        self.harness.run();
    }

    fn value(&self, label: &str) -> String {
        let field = self
            .harness
            .get_by_role_and_label(accesskit::Role::TextInput, label);
        field.accesskit_node().value().unwrap_or_default()
    }

    fn changes(&mut self) -> Vec<Change> {
        self.sent()
            .into_iter()
            .filter_map(|command| match command {
                Command::Settings(SettingsAsk::Change(change)) => Some(change),
                _ => None,
            })
            .collect()
    }
}

fn set(key: &str, value: Value) -> Change {
    let place = Place::of(key);
    Change::Set { place, value }
}

#[test]
fn the_service_hears_that_the_page_is_looked_at() {
    let mut bench = bench(with(view(FILE)));
    bench.show(Key::Num8);
    assert_eq!(bench.sent(), [Command::Attend(Desk::Settings)]);
    assert_eq!(bench.harness.state().page(), Page::Settings);
}

#[test]
fn a_value_is_typed_and_sent_once_with_enter() {
    let mut bench = french();
    assert!(bench.section("Alarmes"));
    assert_eq!(bench.value("Temporisation"), "12,5");
    bench.fill("Temporisation", "20,25");
    assert_eq!(bench.changes(), [], "not before it is finished");
    bench.press(Key::Enter);
    bench.harness.run_steps(5);
    assert_eq!(
        bench.changes(),
        [set("alarms.delay_secs", Value::Number(20.25))]
    );
    assert_eq!(
        bench.value("Temporisation"),
        "20,25",
        "it stays until it is answered"
    );
    let mut answered = view(&FILE.replace("12.5", "20.25"));
    answered.answered = 1;
    bench.snapshots.send(Arc::new(with(answered))).unwrap();
    bench.harness.run();
    assert_eq!(bench.value("Temporisation"), "20,25");
}

#[test]
fn what_is_wrong_is_said_as_it_is_typed_and_never_sent() {
    for (language, section, field, says) in [
        (
            Language::French,
            "Alarmes",
            "Temporisation",
            "De 0 à 3600\u{202f}s.",
        ),
        (
            Language::English,
            "Alarms",
            "Delay",
            "From 0 to 3600\u{202f}s.",
        ),
    ] {
        let mut bench = settings(with(view(FILE)), language);
        assert!(bench.section(section));
        bench.fill(field, "99999");
        assert!(bench.says(says), "{language:?}");
        bench.press(Key::Enter);
        bench.fill(field, "abc");
        assert!(!bench.says(says));
        bench.press(Key::Tab);
        assert_eq!(bench.changes(), []);
        assert_eq!(bench.value(field), "abc", "nothing that was typed is lost");
        bench.fill(field, "3");
        bench.press(Key::Escape);
        assert_eq!(bench.changes(), []);
        let decimal = if language == Language::French {
            "12,5"
        } else {
            "12.5"
        };
        assert_eq!(bench.value(field), decimal, "Escape takes it back");
    }
}

#[test]
fn a_limit_must_lie_on_its_side_of_the_other() {
    let mut bench = french();
    assert!(bench.section("Limites"));
    bench.fill("Pression, minimum", "16");
    assert!(bench.says("Le minimum doit rester sous le maximum."));
    bench.press(Key::Enter);
    assert_eq!(bench.changes(), []);
    bench.fill("Pression, minimum", "−2,5");
    bench.press(Key::Enter);
    assert_eq!(
        bench.changes(),
        [set("limits.pressure.min", Value::Number(-2.5))]
    );
}

#[test]
fn what_the_service_refuses_is_said_under_its_field() {
    let mut bench = french();
    assert!(bench.section("Alarmes"));
    bench.fill("Temporisation", "30");
    bench.press(Key::Enter);
    let mut refused = view(FILE);
    refused.answered = 1;
    refused.refused = Some(Refused {
        change: set("alarms.delay_secs", Value::Number(30.0)),
        why: "cidp.toml: changed by hand".into(),
    });
    bench.snapshots.send(Arc::new(with(refused))).unwrap();
    bench.harness.run();
    assert!(bench.says("Refusé\u{202f}: cidp.toml: changed by hand"));
    assert_eq!(bench.value("Temporisation"), "30");
}

#[test]
fn a_given_value_goes_back_to_its_default() {
    let mut bench = french();
    assert!(bench.section("Alarmes"));
    assert!(bench.says("par défaut\u{202f}: 10\u{202f}s"));
    let resets = bench
        .harness
        .query_all_by_label_contains("rétablir")
        .count();
    assert_eq!(resets, 1, "only where the file says something");
    bench.click("Temporisation\u{202f}: rétablir la valeur par défaut (10\u{202f}s)");
    let place = Place::of("alarms.delay_secs");
    assert_eq!(bench.changes(), [Change::Unset { place }]);
    bench.click("Son\u{202f}: Non");
    assert_eq!(bench.changes(), [set("alarms.sound", Value::Flag(false))]);
}

#[test]
fn removing_a_source_asks_and_says_what_will_happen() {
    let mut bench = french();
    assert!(bench.section("Sources"));
    bench.click("Retirer banc…");
    assert!(bench.says("Retirer la source «\u{202f}banc\u{202f}»\u{202f}?"));
    assert!(bench.says("restent dans l’entrepôt"));
    assert!(bench.says("INDISPONIBLE"));
    bench.press(Key::Enter);
    assert_eq!(bench.changes(), [], "Enter keeps it");
    assert!(!bench.says("restent dans l’entrepôt"));
    bench.click("Retirer banc…");
    bench.press(Key::Escape);
    assert!(!bench.says("restent dans l’entrepôt"));
    bench.click("Retirer banc…");
    bench.click("Retirer");
    let entry = Entry {
        list: List::Sources,
        at: 0,
        name: "banc".into(),
    };
    assert_eq!(bench.changes(), [Change::Remove { entry }]);
}

#[test]
fn keeping_less_asks_because_readings_will_be_deleted() {
    let field = "Conservation des mesures brutes";
    let mut bench = french();
    assert!(bench.section("Limites"));
    bench.fill(field, "90");
    bench.press(Key::Enter);
    assert!(bench.says("Ne garder que 90 jours"));
    assert!(bench.says("ne revient pas"));
    assert_eq!(bench.changes(), []);
    bench.click("Garder");
    assert_eq!(bench.value(field), "", "nothing happened");
    bench.fill(field, "90");
    bench.press(Key::Enter);
    bench.click("Effacer au prochain traitement");
    let days = |n| set("etl.retention_days", Value::Whole(n));
    assert_eq!(bench.changes(), [days(90)]);
    // Longer than what is kept now takes nothing away.
    let mut answered = view(&format!("[etl]\nretention_days = 90\n{FILE}"));
    answered.answered = 1;
    bench.snapshots.send(Arc::new(with(answered))).unwrap();
    bench.harness.run();
    bench.fill(field, "365");
    bench.press(Key::Enter);
    assert_eq!(bench.changes(), [days(365)]);
}

#[test]
fn a_source_is_changed_where_it_stands_and_its_secrets_are_not_shown() {
    let mut bench = french();
    assert!(bench.section("Sources"));
    assert!(bench.says("Trouvé\u{202f}: 3 fichiers, csv."));
    assert!(bench.says("Une clé d’accès est configurée."));
    assert!(!bench.says("geheim") && !bench.says("ATELIER_KEY"));
    assert_eq!(
        bench.value("atelier, Adresse"),
        "https://atelier.example/m.csv"
    );
    bench.fill("banc, Nom", "atelier");
    assert!(bench.says("Une autre source porte déjà ce nom."));
    bench.press(Key::Enter);
    bench.press(Key::Escape);
    bench.fill("atelier, Adresse", "ftp://x");
    assert!(bench.says("Une adresse commence par"));
    bench.press(Key::Enter);
    assert_eq!(bench.changes(), []);
    bench.fill("banc, Fuseau horaire", "Afrique/Douala");
    assert!(bench.says("Fuseau inconnu"));
    bench.press(Key::Enter);
    assert_eq!(bench.changes(), []);
    bench.fill("atelier, Interrogée toutes les", "30");
    bench.press(Key::Enter);
    let place = Place {
        entry: Some(Entry {
            list: List::Sources,
            at: 1,
            name: "atelier".into(),
        }),
        key: "poll_secs".into(),
    };
    let value = Value::Number(30.0);
    assert_eq!(bench.changes(), [Change::Set { place, value }]);
}

#[test]
fn a_source_is_added_where_its_rows_are_shown_first() {
    let mut bench = french();
    assert!(bench.section("Sources"));
    bench.click("Ajouter une source…");
    assert_eq!(bench.harness.state().page(), Page::Pipeline);
}

#[test]
fn those_of_the_plan_are_taken_over_where_nobody_is_listed() {
    let mut bench = settings(with(view("")), Language::French);
    assert!(bench.section("Contacts"));
    bench.click("Reprendre ceux du plan de continuité");
    let names = ["Responsable technique", "Support données"];
    let sent = names.map(|name| {
        let list = List::Contacts;
        let entry = vec![("name", Value::Text(name.into()))];
        Change::Add { list, entry }
    });
    assert_eq!(bench.changes(), sent);
}

#[test]
fn contacts_come_and_go() {
    let mut bench = french();
    assert!(bench.section("Contacts"));
    bench.fill("Nouveau contact, Nom", "Ngo");
    bench.fill("Nouveau contact, Téléphone", "+237 6 77");
    bench.click("Ajouter");
    let text = |words: &str| Value::Text(words.into());
    let entry = vec![("name", text("Ngo")), ("phone", text("+237 6 77"))];
    let list = List::Contacts;
    assert_eq!(bench.changes(), [Change::Add { list, entry }]);
    bench.click("Retirer Essomba");
    assert!(bench.says("liste d’appel"));
    bench.click("Retirer");
    assert_eq!(bench.changes().len(), 1);
}

#[test]
fn theme_and_language_keep_the_page_and_are_kept() {
    let mut bench = french();
    assert!(bench.section("Alarmes"));
    bench.fill("Temporisation", "33");
    assert!(bench.section("Affichage"));
    bench.click("Contraste élevé");
    assert_eq!(bench.harness.ctx.theme(), Theme::Dark);
    assert_eq!(theme::chosen(&bench.harness.ctx), ThemeChoice::HighContrast);
    bench.click("English");
    assert!(bench.section("Alarms"));
    assert_eq!(bench.value("Delay"), "33", "what was being typed");
    // Alarms are announced in the language of the window.
    let kept: Vec<_> = bench
        .sent()
        .into_iter()
        .filter(|c| matches!(c, Command::Settings(_)))
        .collect();
    assert_eq!(
        kept,
        [
            Command::Settings(SettingsAsk::keep("window.theme", "high_contrast")),
            Command::Settings(SettingsAsk::keep("window.language", "en")),
        ]
    );
}

#[test]
fn what_is_changed_in_the_file_by_hand_acts_in_the_window() {
    let mut bench = french();
    let by_hand = |words: &str| {
        let mut view = view(&format!("[window]\n{words}\n{FILE}"));
        view.answered = 1;
        Arc::new(with(view))
    };
    bench.snapshots.send(by_hand("theme = \"dark\"")).unwrap();
    bench.harness.run();
    assert_eq!(bench.harness.ctx.theme(), Theme::Dark);
    bench
        .snapshots
        .send(by_hand("theme = \"dark\"\nlanguage = \"en\""))
        .unwrap();
    bench.harness.run();
    assert!(bench.says("Settings"));
}

#[test]
fn what_stands_in_the_way_is_said() {
    let mut view = view(FILE);
    view.broken = Some("cidp.toml, line 3".into());
    view.read_only = Some("cidp.toml: permission denied".into());
    view.overrides.config = true;
    view.overrides.language = true;
    let bench = settings(with(view), Language::French);
    for words in [
        "les derniers réglages valables restent en vigueur",
        "cidp.toml, line 3",
        "Les réglages ne peuvent pas être enregistrés.",
        "permission denied",
        "a été imposé au démarrage",
        "La langue est imposée au démarrage",
        "fichier erroné",
    ] {
        assert!(bench.says(words), "{words}");
    }
    let loading = settings(Snapshot::empty(), Language::French);
    assert!(loading.says("Lecture des réglages…"));
}

#[test]
fn every_section_draws_in_every_language_theme_and_size() {
    use crate::gui::pages::settings::Section;
    for language in Language::ALL {
        for (dark, size) in [(false, [1440.0, 900.0]), (true, [1024.0, 680.0])] {
            let mut bench = bench_of(with(view(FILE)), language, dark, size);
            bench.show(Key::Num8);
            for section in Section::ALL {
                let text = crate::text::tests::text(language);
                let name = text.settings_section(section.key());
                let button = bench.section(&name);
                assert!(button, "{name}");
            }
        }
    }
}
