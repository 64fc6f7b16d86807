//! The Pipeline page: run and cancel, runs that ended, refused rows, import, night run; in both languages.

use eframe::egui::{Key, Role};
use egui_kittest::kittest::Queryable;

use super::{Bench, bench_of};
use crate::domain::Reason;
use crate::gui::fixtures;
use crate::gui::fixtures::pipeline as made;
use crate::service::command::{Command, Desk};
use crate::service::intake::requeue::{Report, Would};
use crate::service::intake::{IntakeAsk, IntakeView, ScheduleConfig, Wizard};
use crate::service::snapshot::Snapshot;
use crate::text::Language;

fn page(snapshot: Snapshot) -> Bench {
    page_of(snapshot, Language::French)
}

fn page_of(snapshot: Snapshot, language: Language) -> Bench {
    let mut bench = bench_of(snapshot, language, false, [1440.0, 900.0]);
    bench.show(Key::Num4);
    assert_eq!(bench.sent(), [Command::Attend(Desk::Intake)]);
    bench
}

fn asked(bench: &mut Bench) -> Vec<IntakeAsk> {
    let intake = |command| match command {
        Command::Intake(ask) => ask,
        other => panic!("{other:?}"),
    };
    bench.sent().into_iter().map(intake).collect()
}

fn show(bench: &mut Bench, view: IntakeView) {
    bench
        .snapshots
        .send(std::sync::Arc::new(made::with(view)))
        .unwrap();
    bench.harness.run();
}

#[test]
fn every_tab_draws_whatever_there_is() {
    let failing = IntakeView {
        fault: Some("disk error".into()),
        busy: Some(("process 7".into(), fixtures::NOW_MS)),
        put_back: Some(Err("the last run failed safe".into())),
        wizard: Some(Wizard {
            draft: None,
            path: "/nowhere.csv".into(),
            found: Some(Err("nothing is there".into())),
            looking: false,
            not_saved: None,
        }),
        ..made::intake(9)
    };
    let importing = IntakeView {
        wizard: Some(made::wizard()),
        ..made::picked()
    };
    let snapshots = [
        Snapshot::empty(),
        fixtures::first_start(),
        made::with(made::intake(0)),
        made::with(failing),
        made::with(importing),
        made::running(),
    ];
    for snapshot in snapshots {
        for language in Language::ALL {
            for (dark, size) in [(false, [1440.0, 900.0]), (true, [1280.0, 720.0])] {
                let mut bench = bench_of(snapshot.clone(), language, dark, size);
                bench.show(Key::Num4);
                let tabs = if language == Language::French {
                    ["Historique", "Quarantaine", "Importer", "Traitement"]
                } else {
                    ["History", "Quarantine", "Import", "Run"]
                };
                for tab in tabs {
                    let button = bench
                        .harness
                        .get_all_by_role(Role::Button)
                        .find(|node| {
                            use egui_kittest::kittest::NodeT;
                            let label = node.accesskit_node().label().unwrap_or_default();
                            label == tab || label.starts_with(&format!("{tab} ("))
                        })
                        .unwrap_or_else(|| panic!("no tab {tab}"));
                    button.click();
                    bench.harness.run();
                }
            }
        }
    }
}

#[test]
fn a_run_is_cancelled_only_when_that_was_meant() {
    let mut bench = page(made::running());
    for words in ["en cours", "37\u{202f}%", "10\u{202f}000 lignes", "à venir"] {
        assert!(bench.says(words), "{words}");
    }
    bench.click("Annuler le traitement…");
    assert!(bench.says("Les mesures sont déjà chargées"));
    assert!(bench.says("Les verdicts seront indisponibles"));
    bench.click("Laisser continuer");
    assert_eq!(bench.sent(), []);
    bench.click("Annuler le traitement…");
    bench.click("Oui, annuler");
    assert_eq!(bench.sent(), [Command::Cancel]);
    let mut idle = page(made::with(made::intake(4)));
    idle.click("Relancer le traitement");
    assert_eq!(idle.sent(), [Command::Run]);
}

#[test]
fn the_runs_that_ended_say_how_and_why() {
    let mut bench = page(made::with(made::intake(4)));
    bench.click("Historique");
    assert!(bench.says("Réussi") && bench.says("Échoué") && bench.says("Annulé"));
    bench.harness.get_by_label("38").click();
    bench.harness.run();
    assert!(bench.says("too few rows survive: 3 of 40"));
    assert!(bench.says("banc · b.csv"));
    bench.click("Montrer plus (100 autres)");
    assert_eq!(asked(&mut bench), [IntakeAsk::MoreRuns]);
}

#[test]
fn a_refused_row_is_sieved_corrected_checked_and_put_back() {
    let mut bench = page(made::with(made::intake(4)));
    bench.click("Quarantaine (7)");
    bench.click("hors limites physiques 3");
    let [IntakeAsk::Sift(filter)] = &asked(&mut bench)[..] else {
        panic!("no sieve");
    };
    assert_eq!(filter.reason, Some(Reason::OutOfRange));
    let view = made::picked();
    let key = view.rows[0].key;
    bench
        .harness
        .get_all_by_label("type faux")
        .next()
        .unwrap()
        .click();
    bench.harness.run();
    assert_eq!(asked(&mut bench), [IntakeAsk::Pick(Some(key))]);
    show(&mut bench, view.clone());
    assert!(bench.says("/data/banc.csv · ligne 2"));
    let put = |bench: &mut Bench| {
        bench.click("Réinjecter");
        asked(bench)
    };
    assert_eq!(put(&mut bench), [], "not before it was checked");
    let text = made::RAW.replace("abc", "501");
    let field = bench
        .harness
        .get_by_role_and_label(Role::MultilineTextInput, "La ligne, à corriger");
    field.focus();
    field.type_text("x");
    bench.harness.run();
    bench.click("Vérifier");
    let [
        IntakeAsk::Try {
            key: tried,
            text: typed,
        },
    ] = &asked(&mut bench)[..]
    else {
        panic!("no try");
    };
    assert_eq!((*tried, typed.len()), (key, made::RAW.len() + 1));
    bench.click("Revenir à l’original");
    let mut refused = view.clone();
    refused.picked.as_mut().unwrap().tried = Some((
        made::RAW.into(),
        Would::BeRefused {
            reason: Reason::WrongType,
            detail: "flow_rate".into(),
        },
    ));
    show(&mut bench, refused);
    assert!(bench.says("Elle serait encore refusée\u{202f}: type faux."));
    assert_eq!(put(&mut bench), []);
    let mut good = view;
    let picked = good.picked.as_mut().unwrap();
    picked.text.clone_from(&text);
    picked.key.line += 1;
    let first = made::wizard()
        .found
        .unwrap()
        .unwrap()
        .tried
        .unwrap()
        .first
        .remove(0);
    picked.tried = Some((text.clone(), Would::Enter(first)));
    let key = picked.key;
    show(&mut bench, good);
    assert!(bench.says("Elle serait acceptée."));
    assert!(bench.says("500\u{202f}L/min") || bench.says("501\u{202f}L/min"));
    assert_eq!(put(&mut bench), [IntakeAsk::PutBack { key, text }]);
    let report = Report {
        run: Some(41),
        entered: 1,
        ..Report::default()
    };
    let mut after = made::intake(3);
    after.put_back = Some(Ok(report));
    show(&mut bench, after);
    assert!(bench.says("Réinjectées\u{202f}: 1 · toujours refusées\u{202f}: 0"));
    assert!(bench.says("au prochain traitement"));
    bench.click("Fermer");
    assert!(!bench.says("toujours refusées"));
}

#[test]
fn all_rows_of_a_filter_are_tried_again_after_a_question() {
    let mut bench = page_of(made::with(made::intake(4)), Language::English);
    bench.click("Quarantine (7)");
    bench.click("Try these 4 rows again…");
    assert!(bench.says("today's checks"));
    assert_eq!(asked(&mut bench), []);
    bench
        .harness
        .get_by_role_and_label(Role::Button, "Put back")
        .click();
    bench.harness.run();
    assert!(matches!(asked(&mut bench)[..], [IntakeAsk::PutAllBack(_)]));
    // Nothing is refused: the page says so and offers nothing.
    let mut calm = page_of(made::with(made::intake(0)), Language::English);
    calm.click("Quarantine");
    assert!(calm.says("Nothing in quarantine"));
}

#[test]
fn a_file_is_looked_at_mapped_and_saved() {
    let mut bench = page(made::with(made::intake(0)));
    bench.click("Importer");
    let field = bench.harness.get_by_label("Chemin du fichier");
    field.focus();
    field.type_text("/data/relevé.csv");
    bench.harness.run();
    bench.click("Regarder");
    assert_eq!(
        asked(&mut bench),
        [IntakeAsk::Look("/data/relevé.csv".into())]
    );
    let importing = |wizard| IntakeView {
        wizard: Some(wizard),
        ..made::intake(0)
    };
    show(&mut bench, importing(made::wizard()));
    for words in [
        "windows-1252",
        "virgule décimale",
        "Sur les 20\u{202f}000 premières lignes, 19\u{202f}999",
        "Ligne 77 · type faux",
        "zéro",
        "19\u{202f}999 lignes seraient gardées",
    ] {
        assert!(bench.says(words), "{words}");
    }
    bench.click("En direct");
    let [IntakeAsk::Draft(draft)] = &asked(&mut bench)[..] else {
        panic!("no draft");
    };
    assert_eq!(draft.clock, crate::domain::SourceClock::Wall);
    bench.click("Enregistrer et charger");
    let [IntakeAsk::Save { run: true, draft }] = &asked(&mut bench)[..] else {
        panic!("not saved");
    };
    assert_eq!(draft.name, "relevé");
    // What is missing is named, and nothing can be saved.
    let mut wizard = made::wizard();
    wizard.path = "/data/other.csv".into();
    let draft = wizard.draft.as_mut().unwrap();
    draft.path = "/data/other.csv".into();
    draft.timestamp = None;
    show(&mut bench, importing(wizard));
    assert!(bench.says("Colonnes à choisir\u{202f}: Horodatage"));
    bench.click("Enregistrer et charger");
    assert_eq!(asked(&mut bench), []);
    bench.click("Abandonner");
    assert_eq!(asked(&mut bench), [IntakeAsk::LeaveWizard]);
}

#[test]
fn the_night_run_is_set_once_its_hour_is_one() {
    let mut bench = page_of(made::with(made::intake(0)), Language::English);
    bench
        .harness
        .get_by_label("Every day, at a fixed time")
        .click();
    bench.harness.run();
    bench.click("Save");
    let set = ScheduleConfig {
        daily_at: Some("02:00".into()),
        catch_up: true,
    };
    // What is set already is not asked for: the view says that nothing is, catch-up apart.
    let asked = asked(&mut bench);
    let [IntakeAsk::Schedule(wanted)] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(wanted.daily_at, set.daily_at);
    let field = bench.harness.get_by_label("Time of the night run");
    field.focus();
    field.type_text("9");
    bench.harness.run();
    assert!(bench.says("Hour and minute, such as 02:00."));
}
