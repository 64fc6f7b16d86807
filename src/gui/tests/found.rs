//! What was found wrong on the real service, and must not come back.

use std::sync::Arc;

use eframe::egui::Key;
use egui_kittest::kittest::Queryable;

use super::bench;
use crate::domain::{Cause, LabelKind, Verdict};
use crate::gui::fixtures;
use crate::service::snapshot::{RunProgress, Snapshot, Stage};

fn without_model(mut s: Snapshot, reason: &str) -> Snapshot {
    let cause = Cause::NoModel {
        reason: reason.into(),
    };
    let mut rows = s.fleet.as_ref().clone();
    for row in &mut rows {
        row.verdict = Verdict::Unavailable(cause.clone());
    }
    s.fleet = Arc::new(rows);
    (s.model, s.judge, s.fleet_cause) = (None, None, Some(cause));
    s
}

#[test]
fn a_model_that_was_never_trained_is_said_in_one_language() {
    let never = bench(without_model(fixtures::fleet(3), ""));
    assert!(never.says("Aucun modèle n’a encore été appris."));
    assert!(!never.says("Détail technique"));
    let refused = bench(without_model(fixtures::fleet(3), "one class only"));
    assert!(refused.says("Aucun modèle en service"));
    assert!(refused.says("Détail technique : one class only."));
}

#[test]
fn while_the_first_model_is_learned_nothing_is_asked_of_the_user() {
    let mut s = without_model(fixtures::fleet(3), "");
    s.running = Some(RunProgress {
        stage: Stage::Train,
        fraction: Some(0.3),
        rows: 0,
        waits_for: None,
    });
    let mut bench = bench(s);
    assert!(bench.says("Le modèle est en cours d’apprentissage."));
    assert!(!bench.says("Ajoutez des mesures"));
    assert!(!bench.says("Lancez le traitement"));
    for key in [Key::Num2, Key::Num3] {
        bench.show(key);
        assert!(bench.says("Le modèle est en cours d’apprentissage."));
    }
}

#[test]
fn the_worst_is_selected_until_another_row_is_picked() {
    let mut bench = bench(fixtures::fleet(5));
    let turned = |first: usize| {
        let mut s = fixtures::fleet(5);
        let mut rows = s.fleet.as_ref().clone();
        rows.rotate_left(first);
        s.fleet = Arc::new(rows);
        Arc::new(s)
    };
    assert_eq!(bench.selected(), "LOCO_001");
    bench.snapshots.send(turned(2)).unwrap();
    bench.harness.run();
    assert_eq!(bench.selected(), "LOCO_003", "the order changed");
    bench.harness.get_by_label("LOCO_005").click();
    bench.harness.run();
    bench.snapshots.send(turned(1)).unwrap();
    bench.harness.run();
    assert_eq!(bench.selected(), "LOCO_005", "it was picked");
}

#[test]
fn where_nothing_pushes_no_bars_are_drawn() {
    let mut s = fixtures::fleet(5);
    let mut rows = s.fleet.as_ref().clone();
    rows.rotate_left(4);
    if let Some(explanation) = &mut rows[0].explanation {
        explanation.contributions = [0.001, -0.002, 0.0, 0.004];
    }
    s.fleet = Arc::new(rows);
    let bench = bench(s);
    assert!(bench.says("Aucune grandeur ne pousse vers le danger"));
    assert!(!bench.says("+0,00"));
}

#[test]
fn presets_of_other_units_are_not_offered() {
    let mut s = fixtures::fleet(3);
    let mut card = fixtures::card(LabelKind::Truth);
    card.preset_nominal = None;
    s.judge = Some(Arc::new(fixtures::FakeJudge::new(card)));
    let mut bench = bench(s);
    bench.show(Key::Num3);
    assert!(!bench.says("Cas nominal"));
    assert!(
        bench.says("DANGER DÉTECTÉ"),
        "it begins with the worst locomotive's values"
    );
    assert!(bench.says("Vibrations et température"));
}
