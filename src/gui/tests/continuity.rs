//! The Continuity page: what it says in every state, and that nothing grave is done before it was said.

use std::sync::Arc;

use eframe::egui::{Key, Role};
use egui_kittest::kittest::Queryable;

use super::{Bench, bench_at};
use crate::gui::fixtures::NOW_MS;
use crate::gui::fixtures::continuity::{self, file, job, step};
use crate::service::command::{Command, Desk, Event};
use crate::service::continuity::drills::Drill;
use crate::service::continuity::steps::Stopped;
use crate::service::continuity::view::{Account, JobKind};
use crate::service::continuity::{ContinuityAsk, StepState};
use crate::service::snapshot::Snapshot;
use crate::text::Language;

fn bench_of_now(snapshot: Snapshot, language: Language, dark: bool, size: [f32; 2]) -> Bench {
    bench_at(snapshot, language, dark, size, || NOW_MS)
}

fn page(snapshot: Snapshot) -> Bench {
    page_in(snapshot, Language::French)
}

fn page_in(snapshot: Snapshot, language: Language) -> Bench {
    // High enough for the whole page: a hand would scroll.
    let mut bench = bench_of_now(snapshot, language, false, [1440.0, 1400.0]);
    bench.show(Key::Num7);
    assert!(bench.sent().contains(&Command::Attend(Desk::Continuity)));
    bench
}

fn asked(bench: &mut Bench) -> Vec<ContinuityAsk> {
    let only = |command| match command {
        Command::Continuity(ask) => Some(ask),
        _ => None,
    };
    bench.sent().into_iter().filter_map(only).collect()
}

fn failed() -> Snapshot {
    let mut job = job(JobKind::Restore);
    job.steps[2] = step("integrity", StepState::Failed("page 12".into()), None);
    job.account = Some(Account::Failed(Stopped {
        step: "integrity",
        why: "page 12".into(),
    }));
    continuity::at_work(job)
}

#[test]
fn it_draws_in_every_state_both_languages_both_themes_and_says_no_key() {
    let states: [fn() -> Snapshot; 10] = [
        Snapshot::empty,
        continuity::sound,
        continuity::bare,
        continuity::tampered,
        continuity::held,
        failed,
        || continuity::damaged(true),
        || continuity::damaged(false),
        || continuity::at_work(job(JobKind::ColdRestart)),
        || Snapshot {
            read_only: true,
            ..continuity::sound()
        },
    ];
    for state in states {
        for language in Language::ALL {
            for (dark, size) in [(false, [1440.0, 900.0]), (true, [1280.0, 720.0])] {
                let mut bench = bench_of_now(state(), language, dark, size);
                bench.show(Key::Num7);
                assert!(!bench.says("cont-"), "{language:?}");
            }
        }
    }
}

#[test]
fn the_board_says_how_each_threat_stands_and_runs_its_drill() {
    let mut bench = page(continuity::sound());
    for words in [
        "4 min",
        "11,8\u{202f}s",
        "respecté",
        "182\u{202f}Mio, borne 250",
        "chaîne intacte",
        "non configurée",
        "à refaire",
        "incomplet",
        "échoué",
    ] {
        assert!(bench.says(words), "{words}");
    }
    bench.click("Exercice\u{202f}: Fichier corrompu");
    let drills = vec![Drill::TruncatedFile, Drill::ChangedColumns, Drill::NanFlood];
    assert_eq!(asked(&mut bench), [ContinuityAsk::Drill(drills)]);
    // Nothing of it is there to be injected.
    assert!(!bench.says("Exercice\u{202f}: API fret hors ligne"));
    assert!(!bench.says("readings before"));
    let row = |bench: &Bench| {
        let found = |n: &egui_kittest::kittest::AccessKitNode<'_>| {
            let label = n.label().unwrap_or_default();
            n.role() == Role::Button && label.starts_with("Base SQLite verrouillée")
        };
        bench.harness.get_by(found).focus();
    };
    row(&bench);
    bench.harness.run();
    bench.press(Key::Enter);
    assert!(bench.says("readings before"), "the keyboard opens a row");
    assert!(bench.says("Attente bornée, détenteur nommé"));
    let english = page_in(continuity::sound(), Language::English);
    assert!(english.says("SQLite database locked") && english.says("due again"));
}

#[test]
fn what_is_not_known_is_not_called_well() {
    let bench = page(Snapshot::empty());
    assert!(bench.says("lecture…") && !bench.says("chaîne intacte"));
    let bench = page(continuity::bare());
    assert!(bench.says("Aucune sauvegarde") && bench.says("tout") && bench.says("jamais"));
    assert!(bench.says("non respecté"));
    let bench = page(continuity::tampered());
    assert!(bench.says("1 altération trouvée"));
    assert!(bench.says("readings\u{202f}: 3 en moins · traitement 12 · LOCO_001"));
    let bench = page(continuity::held());
    assert!(bench.says("dbeaver, processus 4321"));
}

#[test]
fn a_backup_says_its_proof_in_words() {
    let mut bench = page(continuity::sound());
    assert!(bench.says("À prouver") && bench.says("Prouvée"));
    assert!(bench.says("integrity_check: page 12"), "why it failed");
    assert!(bench.says("the manifest is missing"), "the wrong is named");
    bench.click("Sauvegarder maintenant");
    bench.click("Prouver la dernière");
    bench.click("Vérifier la chaîne");
    bench.click("Exercices");
    let all = vec![
        ContinuityAsk::BackUp,
        ContinuityAsk::Prove(file(0)),
        ContinuityAsk::Verify,
        ContinuityAsk::Drill(Drill::ALL.to_vec()),
    ];
    assert_eq!(asked(&mut bench), all);
}

#[test]
fn a_restore_says_what_it_changes_before_it_is_done() {
    let mut bench = page(continuity::sound());
    bench.click("Restaurer…");
    assert_eq!(asked(&mut bench), [ContinuityAsk::Plan(file(0))]);
    assert!(bench.says("Lecture de ce qui changerait"));
    bench.click("Restaurer");
    assert_eq!(asked(&mut bench), [], "not before it was said");
    let news = continuity::planned(vec![continuity::holder()]);
    bench.snapshots.send(Arc::new(news)).unwrap();
    bench.harness.run();
    assert!(bench.says("dbeaver, processus 4321"));
    bench.click("Restaurer");
    assert_eq!(asked(&mut bench), [], "not while somebody has it open");
    let news = continuity::planned(Vec::new());
    bench.snapshots.send(Arc::new(news)).unwrap();
    bench.harness.run();
    for words in [
        "quittent la base\u{202f}: 96",
        "base\u{202f}: v8",
        "en service ensuite",
    ] {
        assert!(bench.says(words), "{words}");
    }
    assert!(bench.says("n’est pas effacée"));
    bench.click("Restaurer");
    assert_eq!(asked(&mut bench), [ContinuityAsk::Restore(file(0))]);
    assert!(!bench.says("Ne rien faire"));
}

#[test]
fn the_safe_answer_has_the_keyboard() {
    let mut bench = page(continuity::planned(Vec::new()));
    bench.click("Restaurer…");
    bench.press(Key::Enter);
    assert_eq!(asked(&mut bench), [ContinuityAsk::Plan(file(0))]);
    assert!(!bench.says("Ne rien faire"));
}

#[test]
fn a_cold_restart_ends_a_live_holder_only_when_it_is_confirmed() {
    let mut bench = page(continuity::held());
    bench.click("Redémarrage à froid…");
    assert_eq!(asked(&mut bench), [ContinuityAsk::LookAtHolders]);
    bench.click("Redémarrer à froid");
    assert_eq!(asked(&mut bench), [], "the holder lives");
    let end = "Mettre fin à dbeaver, processus 4321";
    bench
        .harness
        .get_by_role_and_label(Role::CheckBox, end)
        .click();
    bench.harness.run();
    bench.click("Redémarrer à froid");
    let may_end = vec![4321];
    assert_eq!(asked(&mut bench), [ContinuityAsk::ColdRestart { may_end }]);
    let mut free = page(continuity::sound());
    free.click("Redémarrage à froid…");
    free.press(Key::Escape);
    assert!(!free.says("Redémarrer à froid"));
    assert_eq!(asked(&mut free), [ContinuityAsk::LookAtHolders]);
}

#[test]
fn a_job_is_told_step_by_step_and_cancelled() {
    // A spinner turns: the window is never at rest.
    let mut bench = bench_of_now(
        continuity::sound(),
        Language::French,
        false,
        [1440.0, 1400.0],
    );
    bench.show(Key::Num7);
    let news = continuity::at_work(job(JobKind::ColdRestart));
    bench.snapshots.send(Arc::new(news)).unwrap();
    bench.harness.run_steps(4);
    assert!(bench.says("Redémarrage à froid en cours") && bench.says("60\u{202f}%"));
    bench.sent();
    let press = |bench: &mut Bench, word: &str| {
        bench
            .harness
            .get_by_role_and_label(Role::Button, word)
            .click();
        bench.harness.run_steps(4);
    };
    press(&mut bench, "Sauvegarder maintenant");
    assert_eq!(asked(&mut bench), [], "one at a time");
    press(&mut bench, "Annuler");
    assert_eq!(asked(&mut bench), [ContinuityAsk::Cancel]);
}

#[test]
fn a_failing_step_is_named_with_the_state_things_are_in() {
    let bench = page(failed());
    assert!(bench.says("Restauration\u{202f}: compte rendu"));
    assert!(bench.says("Arrêté à l’étape") && bench.says("page 12"));
    assert!(bench.says("La base d’avant est à sa place"));
}

#[test]
fn a_damaged_warehouse_offers_the_newest_proven_backup_then_the_sources() {
    let bench = page(continuity::damaged(true));
    assert!(bench.says("On peut revenir à la sauvegarde prouvée"));
    let bench = page(continuity::damaged(false));
    assert!(bench.says("reconstruit tout depuis les fichiers des sources"));
    assert!(bench.says("ne se lit pas"));
}

#[test]
fn a_fault_on_any_page_leads_here() {
    for key in [Key::Num1, Key::Num5] {
        let s = continuity::damaged(true);
        let mut bench = bench_of_now(s, Language::French, false, [1440.0, 900.0]);
        bench.show(key);
        bench.click("Ouvrir Continuité");
        assert!(bench.says("On peut revenir à la sauvegarde prouvée"));
    }
}

#[test]
fn those_on_call_stand_there_before_anybody_was_listed() {
    let bench = page(continuity::sound());
    assert!(bench.says("Responsable technique") && bench.says("Support données"));
    assert!(bench.says("numéro à compléter"));
}

#[test]
fn an_account_that_looks_can_press_nothing() {
    let mut bench = page(Snapshot {
        read_only: true,
        ..continuity::sound()
    });
    assert!(bench.says("Ce compte consulte sans agir"));
    for word in [
        "Sauvegarder maintenant",
        "Redémarrage à froid…",
        "Exercice\u{202f}: Dérive des données",
    ] {
        bench.click(word);
    }
    assert_eq!(asked(&mut bench), []);
}

#[test]
fn how_it_ended_is_said_on_every_page() {
    let mut bench = bench_of_now(
        continuity::sound(),
        Language::French,
        false,
        [1440.0, 900.0],
    );
    let event = Event::ContinuityDone {
        kind: JobKind::Restore,
        well: false,
        why: Some("page 12".into()),
    };
    bench.events.try_send(event).unwrap();
    bench.harness.run();
    assert!(bench.says("Restauration échouée") && bench.says("page 12"));
}
