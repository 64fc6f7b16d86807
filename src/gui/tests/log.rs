//! The log page: filter, search, pause, and a line that is read whole and copied.

use std::sync::Arc;

use eframe::egui::{Key, OutputCommand, accesskit};
use egui_kittest::kittest::Queryable;

use super::{Bench, bench_of};
use crate::gui::fixtures::log::{line, with};
use crate::service::command::{Command, Desk};
use crate::service::logbook::LogAsk;
use crate::service::snapshot::Snapshot;
use crate::text::Language;

fn log(snapshot: Snapshot, language: Language) -> Bench {
    let mut bench = bench_of(snapshot, language, false, [1440.0, 900.0]);
    bench.show(Key::Num9);
    bench
}

fn rows(bench: &Bench) -> usize {
    bench
        .harness
        .query_all_by(|n| n.role() == accesskit::Role::Row)
        .count()
}

#[test]
fn levels_are_words_and_are_filtered_by_chips_with_their_counts() {
    for (language, error, warning, shown) in [
        (
            Language::French,
            "erreur · 2",
            "avertissement · 4",
            "6 lignes sur 10",
        ),
        (
            Language::English,
            "error · 2",
            "warning · 4",
            "6 of 10 lines",
        ),
    ] {
        let mut bench = log(with((0..10).map(line).collect()), language);
        assert_eq!(bench.sent(), [Command::Attend(Desk::Log)]);
        assert_eq!(rows(&bench), 10);
        bench.click(warning);
        assert!(bench.says(shown));
        assert_eq!(rows(&bench), 6);
        bench.click(error);
        assert_eq!(rows(&bench), 4);
    }
}

#[test]
fn words_are_searched_and_what_answers_nothing_is_said() {
    let mut bench = log(with((0..10).map(line).collect()), Language::French);
    let field = |bench: &mut Bench, words: &str| {
        let role = accesskit::Role::TextInput;
        let label = "Rechercher dans le journal";
        bench.harness.get_by_role_and_label(role, label).click();
        bench.harness.run();
        bench
            .harness
            .get_by_role_and_label(role, label)
            .type_text(words);
        bench.harness.run();
    };
    field(&mut bench, "DISQUE");
    assert_eq!(rows(&bench), 2);
    field(&mut bench, "xyz");
    assert!(bench.says("Aucune ligne ne répond à ce filtre."));
    bench.click("Tout montrer");
    assert_eq!(rows(&bench), 10);
}

#[test]
fn a_line_is_chosen_read_whole_and_copied() {
    let mut bench = log(with((0..10).map(line).collect()), Language::French);
    assert!(bench.says("Choisissez une ligne"));
    bench.press(Key::ArrowUp);
    assert!(bench.says("traitement 9  kept=42505 run=1"));
    bench.press(Key::ArrowUp);
    bench.press(Key::ArrowUp);
    assert!(
        bench.says("30 août 2026 23:55:07  avertissement  cidp::service::pipeline  source lente 7")
    );
    bench
        .harness
        .get_by_role_and_label(accesskit::Role::Button, "Copier la ligne")
        .click();
    bench.harness.step();
    let mut copied = bench.harness.output().platform_output.commands.clone();
    for _ in 0..3 {
        bench.harness.step();
        copied.extend(bench.harness.output().platform_output.commands.clone());
    }
    let words = copied.iter().find_map(|command| match command {
        OutputCommand::CopyText(words) => Some(words.as_str()),
        _ => None,
    });
    assert!(
        words.is_some_and(|w| w.ends_with("source lente 7  source=banc")),
        "{words:?}"
    );
}

#[test]
fn lines_stand_still_while_they_are_paused() {
    let mut bench = log(with((0..3).map(line).collect()), Language::French);
    bench.click("Pause");
    let mut lines: Vec<_> = (0..3).map(line).collect();
    let first = bench.snapshots.borrow().log.lines.clone();
    lines[..3].clone_from_slice(&first);
    lines.extend((3..5).map(line));
    bench.snapshots.send(Arc::new(with(lines))).unwrap();
    bench.harness.run();
    assert_eq!(rows(&bench), 3);
    assert!(bench.says("En pause\u{202f}: 2 nouvelles lignes attendent"));
    bench.click("Suivre");
    assert_eq!(rows(&bench), 5);
}

#[test]
fn only_the_lines_in_view_are_laid_out_newest_at_the_bottom() {
    let bench = log(with((0..2000).map(line).collect()), Language::French);
    let count = rows(&bench);
    assert!((10..60).contains(&count), "{count} rows");
    assert!(bench.says("traitement 1999"));
}

#[test]
fn the_folder_is_opened_by_the_service() {
    let mut bench = log(with(vec![]), Language::French);
    assert!(bench.says("Rien n’a encore été noté."));
    bench.sent();
    bench.click("Ouvrir le dossier");
    assert_eq!(bench.sent(), [Command::Log(LogAsk::OpenFolder)]);
    let loading = log(Snapshot::empty(), Language::French);
    assert!(loading.says("Lecture du journal…"));
}
