//! The Model page: what it answers, and what is done there on purpose.

use std::sync::Arc;

use eframe::egui::{Key, Role};
use egui_kittest::kittest::Queryable;

use super::{Bench, bench, bench_of};
use crate::domain::LabelKind;
use crate::domain::drift::{Drift, Unjudged};
use crate::gui::fixtures::{self, model};
use crate::service::command::{Command, Desk};
use crate::service::models::{ModelsAsk, ModelsView};
use crate::service::snapshot::Snapshot;
use crate::text::Language;

fn page(snapshot: Snapshot) -> Bench {
    // High enough for the whole page: a hand would scroll.
    let mut bench = bench_of(snapshot, Language::French, false, [1440.0, 2000.0]);
    bench.show(Key::Num5);
    assert!(bench.sent().contains(&Command::Attend(Desk::Models)));
    bench
}

impl Bench {
    fn types(&mut self, words: &str) {
        let field = self
            .harness
            .query_all_by(|n| n.role() == Role::MultilineTextInput)
            .next()
            .unwrap();
        field.focus();
        self.harness.run();
        let field = self
            .harness
            .query_all_by(|n| n.role() == Role::MultilineTextInput)
            .next()
            .unwrap();
        field.type_text(words);
        self.harness.run();
    }
}

#[test]
fn it_draws_in_every_state_both_languages_both_themes() {
    let damaged = || {
        let mut s = model::sound();
        s.model = None;
        Arc::make_mut(&mut s.models).damaged = Some("checksum".into());
        s
    };
    let old = || {
        let mut s = model::sound();
        s.model = Some(Arc::new(fixtures::card(LabelKind::Failures)));
        Arc::make_mut(&mut s.models).drift = Some(Drift::none(Unjudged::NoReference));
        s
    };
    let states: [fn() -> Snapshot; 8] = [
        Snapshot::empty,
        || fixtures::fleet(3),
        model::sound,
        || model::drifted(false),
        || model::drifted(true),
        model::unjudged,
        damaged,
        old,
    ];
    for state in states {
        for language in Language::ALL {
            for (dark, size) in [(false, [1440.0, 900.0]), (true, [1280.0, 720.0])] {
                bench_of(state(), language, dark, size).show(Key::Num5);
            }
        }
    }
}

#[test]
fn it_answers_whether_it_can_be_trusted() {
    let sound = page(model::sound());
    assert!(sound.says("annonce 12 pannes sur 14, avec 0,31\u{202f}h de fausse alarme"));
    assert!(sound.says("stable") && sound.says("armé"));
    assert!(sound.says("Vibrations · "));
    let mut rule = model::sound();
    rule.model = Some(Arc::new(model::full_card(LabelKind::Rule, 7)));
    assert!(page(rule).says("n’a vu aucune vraie panne"));
    let mut weak = model::sound();
    let mut card = model::full_card(LabelKind::Failures, 7);
    card.metrics.as_mut().unwrap().failures_warned = 3;
    weak.model = Some(Arc::new(card));
    assert!(page(weak).says("À prendre avec prudence"));
    let mut old = model::sound();
    old.model = Some(Arc::new(fixtures::card(LabelKind::Failures)));
    Arc::make_mut(&mut old.models).drift = Some(Drift::none(Unjudged::NoReference));
    let old = page(old);
    assert!(old.says("il n’a pas de courbes") && old.says("ce modèle n’a pas gardé de référence"));
    let loading = page(fixtures::fleet(3));
    assert!(loading.says("Lecture des modèles et de la dérive…"));
    let mut damaged = model::sound();
    damaged.model = None;
    Arc::make_mut(&mut damaged.models).damaged = Some("checksum".into());
    assert!(page(damaged).says("ne peut être relu"));
    assert!(page(Snapshot::empty()).says("Aucun modèle en service"));
}

#[test]
fn a_threshold_is_tried_without_touching_the_one_in_force() {
    let mut bench = page(model::sound());
    assert!(!bench.says("Revenir au seuil en vigueur"));
    let slider = bench
        .harness
        .query_all_by(|n| n.role() == Role::Slider)
        .next()
        .unwrap();
    slider.set_value_accesskit(180.0);
    bench.harness.run();
    assert!(bench.says("Seuil essayé\u{202f}: 86\u{202f}%"));
    assert!(bench.says("Pour aller vers ce seuil"));
    assert_eq!(bench.sent(), [], "a question only");
    bench.click("Revenir au seuil en vigueur");
    assert!(!bench.says("Pour aller vers ce seuil"));
    assert!(bench.says("Seuil essayé\u{202f}: 42\u{202f}%"));
    bench
        .harness
        .query_all_by(|n| n.role() == Role::Slider)
        .next()
        .unwrap()
        .focus();
    bench.harness.run();
    bench.press(Key::ArrowLeft);
    assert!(bench.says("Pour aller vers ce seuil"), "an arrow moves it");
}

#[test]
fn a_tripped_breaker_is_said_and_armed_again_with_a_reason() {
    let mut bench = page(model::drifted(false));
    assert!(bench.says("Le disjoncteur est déclenché"));
    assert!(bench.says("Cela ressemble plutôt à une dérive"));
    assert!(bench.says("11 machines sur 12"));
    bench.click("Réarmer…");
    assert!(bench.says("Votre nom et votre raison sont écrits au journal"));
    bench.click("Réarmer");
    assert_eq!(bench.sent(), [], "not without a reason");
    bench.types("capteurs remplacés");
    bench.click("Réarmer");
    let why = "capteurs remplacés".to_owned();
    assert_eq!(bench.sent(), [Command::Models(ModelsAsk::Arm { why })]);
    assert!(!bench.says("Votre nom et votre raison"));
    let held = page(model::drifted(true));
    assert!(held.says("réarmé par Ngo") && !held.says("Le disjoncteur est déclenché"));
}

#[test]
fn what_is_not_judged_is_not_called_stable() {
    let bench = page(model::unjudged());
    assert!(bench.says("La dérive n’est pas jugée"));
    assert!(bench.says("288 sur les 500"));
    assert!(bench.says("Non jugée ne veut pas dire stable"));
    assert!(bench.says("non jugé") && !bench.says("à surveiller"));
    let judged = page(model::sound());
    assert!(!judged.says("n’est pas jugée"));
}

#[test]
fn a_version_is_compared_and_put_in_force_on_purpose() {
    let mut bench = page(model::sound());
    bench.click("Comparer v5 au modèle en service");
    assert!(bench.says("v7 en service, face à v5"));
    let mut then = model::sound();
    then.model = Some(Arc::new(model::full_card(LabelKind::Failures, 5)));
    bench.snapshots.send(Arc::new(then)).unwrap();
    bench.harness.run();
    assert!(!bench.says("face à v5"), "nothing is compared with itself");
    bench.snapshots.send(Arc::new(model::sound())).unwrap();
    bench.harness.run();
    bench.click("Mettre v5 en service…");
    assert!(bench.says("à la place de v7"));
    bench.press(Key::Escape);
    assert!(!bench.says("à la place de v7"));
    bench.click("Mettre v5 en service…");
    bench.click("Mettre en service");
    let promote = |version, why: &str| {
        let why = why.to_owned();
        Command::Models(ModelsAsk::Promote { version, why })
    };
    assert_eq!(bench.sent(), [promote(5, "")]);
    // What failed its gate wants a reason.
    bench.click("Mettre v6 en service…");
    assert!(bench.says("Cette version n’a pas passé son contrôle"));
    bench.click("Mettre en service");
    assert_eq!(bench.sent(), []);
    bench.types("essai");
    bench.click("Mettre en service");
    assert_eq!(bench.sent(), [promote(6, "essai")]);
}

#[test]
fn nothing_is_put_in_force_during_a_run() {
    let mut s = model::sound();
    s.running = fixtures::first_start().running;
    let mut bench = page(s);
    bench.click("Mettre v5 en service…");
    assert!(!bench.says("à la place de v7"));
    assert_eq!(bench.sent(), []);
}

#[test]
fn the_breaker_stands_on_the_fleet_too() {
    let mut bench = bench(model::drifted(false));
    // DANGER is still given: "no verdict" would be wrong.
    assert!(bench.says("NOMINAL n’est plus donné — Le disjoncteur est déclenché"));
    assert!(!bench.says("VERDICT INDISPONIBLE — Le disjoncteur"));
    bench.snapshots.send(Arc::new(model::sound())).unwrap();
    bench.harness.run();
    assert!(!bench.says("Le disjoncteur est déclenché"));
    assert_eq!(ModelsView::default().tripped().count(), 0);
}
