//! The Locomotive page by hand and by keyboard: zoom, pan, back to live, notes, the table, exports, one chart large.

use std::time::Duration;

use eframe::egui::{
    Color32, ColorImage, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, OutputCommand,
    Pos2, Role, TouchPhase, ViewportCommand, ViewportId, pos2, vec2,
};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, bench, bench_of};
use crate::domain::LocoId;
use crate::gui::fixtures::{self, NOW_MS, locomotive as views};
use crate::service::command::{Command, Replay};
use crate::service::snapshot::{Snapshot, TimeWindow};
use crate::text::Language;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn page(snapshot: Snapshot) -> Bench {
    let mut bench = bench(snapshot);
    bench.show(Key::Num2);
    bench.sent();
    bench
}

/// What the service was asked to show, once the hand rests.
fn settled(bench: &mut Bench) -> TimeWindow {
    std::thread::sleep(Duration::from_millis(300));
    bench.harness.step();
    bench.harness.step();
    let windows = bench
        .sent()
        .into_iter()
        .filter_map(|command| match command {
            Command::Watch { window, .. } => Some(window),
            _ => None,
        });
    windows.last().expect("nothing was asked for")
}

fn between(window: TimeWindow) -> (i64, i64) {
    match window {
        TimeWindow::Between(from, to) => (from, to),
        other => panic!("{other:?}"),
    }
}

/// The middle of the vibration curve.
fn middle(bench: &Bench) -> Pos2 {
    let chart = bench.harness.get_by_label_contains("Vibrations, mm/s");
    chart.rect().center()
}

fn move_to(bench: &mut Bench, at: Pos2) {
    bench.harness.event(Event::PointerMoved(at));
    bench.harness.run();
}

fn button(bench: &mut Bench, at: Pos2, pressed: bool, modifiers: Modifiers) {
    bench.harness.event(Event::PointerButton {
        pos: at,
        button: eframe::egui::PointerButton::Primary,
        pressed,
        modifiers,
    });
    bench.harness.step();
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_a_drag_moves() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    let at = middle(&bench);
    move_to(&mut bench, at);
    bench.harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, 200.0),
        modifiers: Modifiers::NONE,
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
    });
    bench.harness.run();
    let (from, to) = between(settled(&mut bench));
    assert!(to - from < DAY, "{}", to - from);
    let middle_ms = NOW_MS - DAY / 2;
    assert!((i64::midpoint(from, to) - middle_ms).abs() < DAY / 100);
    button(&mut bench, at, true, Modifiers::NONE);
    move_to(&mut bench, at + vec2(100.0, 0.0));
    button(&mut bench, at + vec2(100.0, 0.0), false, Modifiers::NONE);
    let (moved, moved_to) = between(settled(&mut bench));
    assert!(moved < from, "dragged to the right: further into the past");
    assert!(
        (moved_to - moved - (to - from)).abs() <= 2,
        "as long as before"
    );
}

#[test]
fn a_box_zooms_into_what_it_covers() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    let at = middle(&bench);
    move_to(&mut bench, at);
    bench
        .harness
        .event(Event::ModifiersChanged(Modifiers::SHIFT));
    button(&mut bench, at, true, Modifiers::SHIFT);
    move_to(&mut bench, at + vec2(120.0, 0.0));
    button(&mut bench, at + vec2(120.0, 0.0), false, Modifiers::SHIFT);
    let (from, to) = between(settled(&mut bench));
    assert!((from - (NOW_MS - DAY / 2)).abs() < DAY / 100, "{from}");
    assert!(to - from < DAY / 3 && to < NOW_MS, "{}", to - from);
}

#[test]
fn keys_zoom_move_and_bring_back() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.press(Key::Plus);
    let (from, to) = between(settled(&mut bench));
    assert_eq!(to - from, DAY / 2);
    bench.press(Key::PageUp);
    let (earlier, _) = between(settled(&mut bench));
    assert!((from - earlier - DAY / 4).abs() <= 2);
    bench.press(Key::Minus);
    let (from, to) = between(settled(&mut bench));
    assert!((to - from - DAY).abs() <= 2);
    bench.press(Key::L);
    assert_eq!(settled(&mut bench), TimeWindow::Last(DAY));
    bench.press(Key::P);
    assert_eq!(
        settled(&mut bench),
        TimeWindow::Between(NOW_MS - DAY, NOW_MS)
    );
    bench.press(Key::Home);
    assert_eq!(settled(&mut bench), TimeWindow::Last(DAY));
}

#[test]
fn back_to_live_ends_a_replay() {
    let mut bench = page(fixtures::with_view(fixtures::synthetic(), "LOCO_001"));
    bench.press(Key::L);
    assert_eq!(bench.sent(), [Command::Replay(Replay::Stop)]);
}

#[test]
fn the_crosshair_walks_by_readings_minutes_and_hours() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.press(Key::ArrowLeft);
    assert!(
        bench.says("30 août 23:53:00"),
        "the reading before the last"
    );
    bench
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::ArrowLeft);
    bench.harness.run();
    assert!(bench.says("30 août 22:53:00"));
    bench.press(Key::Escape);
    assert!(!bench.says("30 août 22:53:00"), "the card is gone");
}

#[test]
fn a_double_click_resets() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.press(Key::Plus);
    settled(&mut bench);
    let at = middle(&bench);
    move_to(&mut bench, at);
    for _ in 0..2 {
        button(&mut bench, at, true, Modifiers::NONE);
        button(&mut bench, at, false, Modifiers::NONE);
    }
    assert_eq!(settled(&mut bench), TimeWindow::Last(DAY));
}

#[test]
fn a_moment_is_annotated_where_the_crosshair_stands() {
    for (language, keep) in [
        (Language::French, "Garder la note"),
        (Language::English, "Keep the note"),
    ] {
        let s = fixtures::with_view(fixtures::fleet(3), "LOCO_001");
        let mut bench = bench_of(s, language, true, [1280.0, 720.0]);
        bench.show(Key::Num2);
        bench.press(Key::ArrowLeft);
        bench.sent();
        bench.press(Key::N);
        let field = bench.harness.get_by_role(Role::MultilineTextInput);
        field.type_text("bruit au bogie");
        bench.harness.run();
        bench.click(keep);
        let expected = Command::Note {
            loco: LocoId::new("LOCO_001"),
            at_ms: NOW_MS - 120_000,
            words: "bruit au bogie".into(),
        };
        assert_eq!(bench.sent(), [expected]);
        assert!(
            bench
                .harness
                .query_by_role(Role::MultilineTextInput)
                .is_none()
        );
    }
}

#[test]
fn a_note_is_read_and_taken_back_only_when_asked_twice() {
    let mut bench = page(views::annotated());
    assert!(bench.says("bruit anormal au bogie avant") && bench.says("note de Ngo Bassa"));
    assert!(bench.says("écriture en cours…"), "the one on its way");
    bench.click("Retirer la note");
    assert_eq!(bench.sent(), []);
    assert!(bench.says("Elle reste au journal"));
    bench.click("Retirer");
    let expected = Command::WithdrawNote {
        loco: LocoId::new("LOCO_001"),
        at_ms: NOW_MS - 2 * HOUR,
        entry: 41,
    };
    assert_eq!(bench.sent(), [expected]);
}

#[test]
fn an_event_of_the_list_brings_the_crosshair_there() {
    let mut bench = page(views::annotated());
    bench
        .harness
        .get_by_role_and_label(
            Role::Button,
            "21:55 · note de Ngo Bassa\u{202f}: bruit anormal au bogie avant",
        )
        .click();
    bench.harness.run();
    assert!(bench.says("30 août 21:55:00"), "the card reads that moment");
}

#[test]
fn the_table_says_what_the_curves_show() {
    for (language, words, danger) in [
        (Language::French, "Débit d’huile 40", "DANGER 8"),
        (Language::English, "Oil flow 40", "DANGER 8"),
    ] {
        let s = fixtures::with_view(fixtures::fleet(3), "LOCO_001");
        let mut bench = bench_of(s, language, false, [1440.0, 900.0]);
        bench.show(Key::Num2);
        bench.press(Key::T);
        let newest = bench.harness.query_all_by_label_contains(words).count();
        assert!((5..60).contains(&newest), "only rows in view: {newest}");
        assert!(bench.says(danger));
        bench.press(Key::End);
        assert!(bench.says("29 "), "the oldest rows came into view");
        bench.press(Key::T);
        assert!(bench.says("mm/s, 24 h"), "the curves again");
    }
}

#[test]
fn what_stands_for_many_says_so() {
    let mut bench = page(views::buckets());
    bench.press(Key::ArrowLeft);
    assert!(bench.says("la dernière de 60 mesures"));
    assert!(bench.says("au pire"));
    bench.press(Key::T);
    // A spike behind a row stands in it.
    let sample = *views::buckets().locomotive.unwrap().samples.last().unwrap();
    let text = crate::text::Text::new(Language::French, crate::text::local_zone());
    let [low, high] = [sample.bucket.low, sample.bucket.high].map(|v| text.number(v[2], 1));
    assert!(bench.says(&format!("({low} – {high})")), "({low} – {high})");
    bench.press(Key::End);
    assert!(bench.says("moyenne de 60 mesures"));
}

#[test]
fn one_chart_is_enlarged_and_folded_again() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    let height = |bench: &Bench| {
        bench
            .harness
            .get_by_label_contains("Vibrations, mm/s")
            .rect()
            .height()
    };
    let before = height(&bench);
    bench.click("Vibrations\u{202f}: agrandir");
    assert!(height(&bench) > 2.5 * before);
    bench.click("Vibrations\u{202f}: revenir aux cinq courbes");
    assert!((height(&bench) - before).abs() < 0.5);
}

#[test]
fn what_is_in_view_is_copied_as_a_table() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.click("Exporter");
    bench
        .harness
        .get_by_role_and_label(Role::Button, "Copier les valeurs")
        .click();
    bench.harness.step();
    let copied = bench
        .harness
        .output()
        .platform_output
        .commands
        .iter()
        .find_map(|c| match c {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
    let copied = copied.expect("nothing was copied");
    assert_eq!(copied.lines().count(), 700, "{copied}");
    assert!(copied.contains("LOCO_001\t2026-08-30 23:55:00\t40"));
}

#[test]
fn a_silent_window_says_so_and_marks_do_not_smear() {
    let mut silent = page(views::silent());
    assert!(silent.says("Aucune mesure dans cette fenêtre"));
    assert!(silent.says("Vibrations, 24 h\u{202f}: aucune mesure"));
    silent.press(Key::T);
    assert!(silent.says("Aucune mesure dans cette fenêtre"));
    let crowded = page(views::annotated());
    assert!(crowded.says("… et 107 de plus"), "the list is bounded");
}

#[test]
fn the_scrubber_moves_the_curves_and_a_replay_starts_there() {
    let mut bench = page(views::annotated());
    bench.click("Un jour plus tôt");
    let (from, to) = between(settled(&mut bench));
    let span = fixtures::fleet(3).data_span.unwrap();
    let start = span.0 + (span.1 - span.0) / 4 * 3 - DAY;
    assert!((i64::midpoint(from, to) - start).abs() <= 2);
    bench.click("Rejouer");
    assert_eq!(
        bench.sent(),
        [Command::Replay(Replay::Start {
            from_ms: start,
            speed: 60
        })]
    );
}

#[test]
fn every_view_draws_in_every_size_theme_and_language() {
    let all: [fn() -> Snapshot; 3] = [views::annotated, views::buckets, views::silent];
    for snapshot in all {
        for language in Language::ALL {
            for (dark, size) in [(false, [1280.0, 720.0]), (true, [1920.0, 1080.0])] {
                let mut bench = bench_of(snapshot(), language, dark, size);
                bench.show(Key::Num2);
                bench.press(Key::N);
                bench.press(Key::Escape);
                bench.press(Key::T);
                bench.harness.event(Event::PointerMoved(pos2(600.0, 400.0)));
                bench.harness.run();
                bench.press(Key::T);
                let export = bench
                    .harness
                    .query_all_by(|n| n.role() == eframe::egui::accesskit::Role::Button);
                for node in export {
                    let rect = node.rect();
                    assert!(
                        rect.right() <= size[0] + 0.5,
                        "{:?}",
                        node.accesskit_node().label()
                    );
                }
            }
        }
    }
}

#[test]
fn the_picture_is_of_the_page_and_goes_to_the_clipboard() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.click("Exporter");
    bench
        .harness
        .get_by_role_and_label(Role::Button, "Copier l’image")
        .click();
    let mut asked = None;
    for _ in 0..6 {
        bench.harness.step();
        let root = &bench.harness.output().viewport_output[&ViewportId::ROOT];
        asked = asked.or_else(|| {
            root.commands.iter().find_map(|c| match c {
                ViewportCommand::Screenshot(callback) => Some(callback.clone()),
                _ => None,
            })
        });
    }
    let window = ColorImage::filled([1440, 900], Color32::GRAY);
    asked
        .expect("no picture was asked for")
        .complete(window.into());
    bench.harness.step();
    let commands = &bench.harness.output().platform_output.commands;
    let size = commands.iter().find_map(|c| match c {
        OutputCommand::CopyImage(image) => Some(image.size),
        _ => None,
    });
    let [width, height] = size.expect("nothing was copied");
    assert!((900..1200).contains(&width) && (600..800).contains(&height));
}

#[test]
fn a_day_of_the_past_is_chosen_from_a_calendar() {
    let mut bench = page(fixtures::with_view(fixtures::fleet(3), "LOCO_001"));
    bench.click("23 août 11:55");
    bench.click("17 août 2026");
    let (from, to) = between(settled(&mut bench));
    // Midnight in Douala is 23:00 of the day before in UTC.
    let midnight: jiff::Timestamp = "2026-08-16T23:00:00Z".parse().unwrap();
    assert_eq!(i64::midpoint(from, to), midnight.as_millisecond());
}
