//! What stands around the pages: help, place, sizes of screens; and that no frame ever waits.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use eframe::App as _;
use eframe::egui::{Event, PointerButton, Pos2, Rect, pos2};

use super::*;
use crate::gui::placing::LEAST;
use crate::service::place::Place;

/// A window that goes on from a place.
fn bench_at(place: Place) -> (Bench, Rc<RefCell<Option<Place>>>) {
    let (to_service, commands) = mpsc::channel(64);
    let (snapshots, snapshot_end) = watch::channel(Arc::new(Snapshot::empty()));
    let (events, event_end) = mpsc::channel(64);
    let handle = ServiceHandle::new(to_service, snapshot_end, event_end);
    let text = Text::new(Language::French, TimeZone::get(DEFAULT_ZONE).unwrap());
    let left_at = Rc::new(RefCell::new(None));
    let left = Rc::clone(&left_at);
    let mut harness = Harness::builder()
        .with_size([1440.0, 900.0])
        .with_max_steps(60)
        .with_context_setup(theme::install)
        .build_eframe(move |cc| {
            App::new(&cc.egui_ctx, text, ThemeChoice::System, handle).at(place, left)
        });
    harness.run_steps(3);
    let bench = Bench {
        harness,
        commands,
        snapshots,
        events,
    };
    (bench, left_at)
}

#[test]
fn help_opens_by_its_keys_and_its_button_and_escape_closes_it() {
    for language in Language::ALL {
        let mut bench = bench_of(fixtures::fleet(3), language, false, [1440.0, 900.0]);
        let (title, button, close) = match language {
            Language::French => ("Raccourcis", "Raccourcis clavier (?)", "Fermer l’aide"),
            Language::English => ("Shortcuts", "Keyboard shortcuts (?)", "Close the help"),
        };
        let shown = |bench: &Bench| bench.harness.query_by_label(title).is_some();
        assert!(!shown(&bench));
        bench.press(Key::F1);
        assert!(shown(&bench), "F1");
        bench.press(Key::Escape);
        assert!(!shown(&bench), "Escape");
        bench
            .harness
            .key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
        bench.harness.run();
        assert!(shown(&bench), "?");
        bench
            .harness
            .key_press_modifiers(Modifiers::SHIFT, Key::Questionmark);
        bench.harness.run();
        assert!(!shown(&bench), "? again");
        bench.click(button);
        assert!(shown(&bench), "the rail's button");
        bench.click(close);
        assert!(!shown(&bench), "the button that closes");
    }
}

#[test]
fn help_lists_the_page_in_view_and_every_page() {
    let mut bench = bench(fixtures::fleet(3));
    bench.press(Key::F1);
    assert!(bench.says("Choisir la locomotive au-dessus, au-dessous"));
    for (stroke, page) in shortcuts::pages() {
        let text = Text::new(Language::French, TimeZone::UTC);
        assert!(bench.says(&stroke.words(&text)));
        assert!(bench.says(&text.get(page.key())));
    }
}

#[test]
fn under_the_help_the_page_hears_no_key_and_loses_no_focus() {
    let mut bench = bench(fixtures::fleet(5));
    bench.show(Key::Num3);
    bench
        .harness
        .get_by_role_and_label(Role::Slider, "Vibrations, curseur")
        .focus();
    bench.harness.run();
    let focused = bench.harness.ctx.memory(|m| m.focused());
    let value = |bench: &Bench| {
        bench
            .harness
            .get_by_role_and_label(Role::Slider, "Vibrations, curseur")
            .accesskit_node()
            .numeric_value()
    };
    let before = value(&bench);
    bench.press(Key::F1);
    bench.press(Key::ArrowRight);
    for _ in 0..20 {
        bench.press(Key::Tab);
    }
    assert_eq!(value(&bench), before, "the slider did not move");
    bench.press(Key::Escape);
    assert_eq!(bench.harness.ctx.memory(|m| m.focused()), focused);
    bench.show(Key::Num1);
    let selected = bench.selected();
    bench.press(Key::F1);
    bench.press(Key::ArrowDown);
    bench.press(Key::Escape);
    assert_eq!(bench.selected(), selected, "the fleet did not walk");
    bench.press(Key::ArrowDown);
    assert_ne!(bench.selected(), selected, "and walks again");
}

#[test]
fn the_focus_stays_within_the_help() {
    let mut bench = bench(fixtures::fleet(5));
    bench.press(Key::F1);
    for modifiers in [Modifiers::NONE, Modifiers::SHIFT] {
        for _ in 0..12 {
            bench.harness.key_press_modifiers(modifiers, Key::Tab);
            bench.harness.run();
            let close = bench
                .harness
                .get_by_role_and_label(Role::Button, "Fermer l’aide");
            assert!(close.accesskit_node().is_focused());
        }
    }
    bench.press(Key::Enter);
    assert!(bench.harness.query_by_label("Raccourcis").is_none());
}

#[test]
fn a_question_mark_that_is_typed_opens_nothing() {
    let mut bench = bench(fixtures::fleet(3));
    bench.show(Key::Num3);
    bench
        .harness
        .get_by_role_and_label(Role::SpinButton, "Vibrations, valeur")
        .click();
    bench.harness.run();
    assert!(bench.harness.ctx.text_edit_focused());
    bench.press(Key::Questionmark);
    assert!(bench.harness.query_by_label("Raccourcis").is_none());
}

#[test]
fn the_window_goes_on_where_it_was() {
    let place = Place {
        page: Some("locomotive".into()),
        locomotive: Some(LocoId::new("LOCO_004")),
        ..Place::default()
    };
    let (mut bench, left_at) = bench_at(place.clone());
    assert_eq!(bench.harness.state().page(), Page::Locomotive);
    assert_eq!(bench.harness.state().selected(), None, "no fleet yet");
    bench.snapshots.send(Arc::new(fixtures::fleet(5))).unwrap();
    bench.harness.run_steps(3);
    assert_eq!(bench.selected(), "LOCO_004");
    bench.harness.state_mut().on_exit(None);
    assert_eq!(left_at.take(), Some(place));
}

#[test]
fn a_place_that_is_no_more_is_let_go() {
    let (mut bench, left_at) = bench_at(Place {
        page: Some("of another version".into()),
        locomotive: Some(LocoId::new("GONE")),
        ..Place::default()
    });
    assert_eq!(bench.harness.state().page(), Page::Fleet);
    bench.snapshots.send(Arc::new(fixtures::fleet(5))).unwrap();
    bench.harness.run_steps(3);
    assert_eq!(bench.selected(), "LOCO_001", "the worst");
    bench.harness.state_mut().on_exit(None);
    assert_eq!(left_at.take().unwrap().locomotive, None);
}

#[test]
fn a_place_is_kept_after_a_moment_and_only_once() {
    let (mut bench, _left_at) = bench_at(Place::default());
    bench.snapshots.send(Arc::new(fixtures::fleet(5))).unwrap();
    bench.show(Key::Num3);
    let kept = |sent: Vec<Command>| {
        let places = sent.into_iter().filter_map(|command| match command {
            Command::KeepPlace(place) => place.page,
            _ => None,
        });
        places.collect::<Vec<_>>()
    };
    std::thread::sleep(Duration::from_millis(2100));
    bench.harness.step();
    assert_eq!(kept(bench.sent()), ["simulator"]);
    std::thread::sleep(Duration::from_millis(2100));
    bench.harness.step();
    assert_eq!(kept(bench.sent()), [""; 0], "nothing moved");
}

/// All that is said, with where it lies in points.
fn lying(bench: &Bench) -> Vec<(egui_kittest::Node<'_>, String, Rect)> {
    let scale = bench.harness.ctx.pixels_per_point();
    let mut found = Vec::new();
    let mut stack = vec![bench.harness.root()];
    while let Some(node) = stack.pop() {
        stack.extend(node.children());
        let said = node.accesskit_node();
        if matches!(
            said.role(),
            accesskit::Role::Window | accesskit::Role::TextRun
        ) {
            continue;
        }
        let words = said.label().or_else(|| said.value());
        if let (Some(words), Some(b)) = (words, said.bounding_box())
            && b.area() > 0.0
        {
            let rect = Rect::from_min_max(
                pos2(b.x0 as f32, b.y0 as f32) / scale,
                pos2(b.x1 as f32, b.y1 as f32) / scale,
            );
            found.push((node, words, rect));
        }
    }
    found
}

/// What lies off the screen, and cannot be scrolled to.
fn out_of_reach(bench: &mut Bench, size: [f32; 2]) -> Vec<String> {
    // A point is forgiven: lines are rounded to pixels.
    let screen = Rect::from_min_size(Pos2::ZERO, size.into()).expand(1.0);
    let off = |bench: &Bench| -> Vec<String> {
        lying(bench)
            .into_iter()
            .filter(|(_, _, rect)| !screen.contains_rect(*rect))
            .map(|(_, words, _)| words)
            .collect()
    };
    let away = off(bench);
    let (Some(first), Some(last)) = (away.first(), away.last()) else {
        return Vec::new();
    };
    let mut lost = Vec::new();
    // The same words may stand in several places: one of them is asked for, and one must come.
    for (words, from_the_end) in [(first, false), (last, true)] {
        let mut asked: Vec<_> = lying(bench)
            .into_iter()
            .filter(|(_, said, rect)| said == words && !screen.contains_rect(*rect))
            .collect();
        if from_the_end {
            asked.reverse();
        }
        if let Some((node, _, _)) = asked.first() {
            node.scroll_to_me();
        }
        drop(asked);
        bench.harness.run_steps(30);
        let came = lying(bench)
            .iter()
            .any(|(_, said, rect)| said == words && screen.contains_rect(*rect));
        if !came {
            lost.push(words.clone());
        }
    }
    lost
}

#[test]
fn nothing_lies_outside_the_screen_at_any_size_or_scale() {
    let snapshots: [fn() -> Snapshot; 3] = [
        || fixtures::with_view(fixtures::fleet(30), "LOCO_001"),
        fixtures::failed,
        fixtures::first_start,
    ];
    // The smallest window, and the two screens that are usual.
    for size in [LEAST, [1280.0, 720.0], [1920.0, 1080.0]] {
        for scale in [1.0, 1.5, 2.0] {
            for snapshot in snapshots {
                for language in Language::ALL {
                    let mut bench = bench_of(snapshot(), language, false, size);
                    bench.harness.set_pixels_per_point(scale);
                    bench.harness.set_size(size.into());
                    bench.harness.run_steps(3);
                    for (stroke, page) in shortcuts::pages() {
                        let shortcuts::Stroke::Key(modifiers, key) = stroke else {
                            panic!("{stroke:?}");
                        };
                        bench.harness.key_press_modifiers(modifiers, key);
                        bench.harness.run_steps(4);
                        assert_eq!(bench.harness.state().page(), page);
                        assert_eq!(
                            out_of_reach(&mut bench, size),
                            [""; 0],
                            "{page:?} at {size:?} × {scale}, {language:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn what_lies_outside_is_found() {
    let mut bench = bench(fixtures::fleet(3));
    assert!(!out_of_reach(&mut bench, [720.0, 450.0]).is_empty());
}

/// A service that took the window's end of every channel and does nothing with it: the queue fills up, and
/// no answer ever comes.
#[test]
fn frames_go_on_while_the_service_says_nothing() {
    let mut bench = bench(fixtures::with_view(fixtures::fleet(200), "LOCO_001"));
    let began = Instant::now();
    let mut frames = 0;
    for round in 0..40 {
        for (stroke, _) in shortcuts::pages() {
            if let shortcuts::Stroke::Key(modifiers, key) = stroke {
                bench.harness.key_press_modifiers(modifiers, key);
            }
            bench
                .harness
                .event(Event::PointerMoved(pos2(300.0 + round as f32 * 7.0, 300.0)));
            bench.harness.step();
            frames += 1;
        }
    }
    assert_eq!(frames, 360);
    assert!(
        bench.commands.len() >= 60,
        "the queue is full: {}",
        bench.commands.len()
    );
    assert!(
        bench.says("Le service ne répond pas"),
        "what was not sent is said"
    );
    // A wait for anything would be a wait for ever.
    assert!(began.elapsed() < Duration::from_secs(120));
}

/// A publisher that is in the middle of changing the snapshot holds its lock only to exchange a pointer.
#[test]
fn frames_go_on_while_snapshots_are_published() {
    let mut bench = bench(fixtures::fleet(30));
    let snapshots = bench.snapshots.clone();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let publishing = std::thread::spawn(move || {
        let mut published = 0_u64;
        while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
            published += 1;
            snapshots.send_replace(Arc::new(Snapshot {
                generation: published,
                ..fixtures::fleet(30)
            }));
        }
        published
    });
    for _ in 0..50 {
        bench.harness.event(Event::PointerButton {
            pos: pos2(700.0, 300.0),
            button: PointerButton::Primary,
            pressed: true,
            modifiers: Modifiers::NONE,
        });
        bench.harness.step();
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(publishing.join().unwrap() > 0);
}

#[test]
fn a_file_that_is_shorter_than_its_range_says_so() {
    for language in Language::ALL {
        let mut bench = bench_of(fixtures::fleet(3), language, false, [1440.0, 900.0]);
        let gone = crate::service::export::Gone {
            readings: 1200,
            to_ms: 1_767_484_800_000,
        };
        let (words, day) = match language {
            Language::French => ("Environ 1\u{202f}200 mesures", "4 janv. 2026"),
            Language::English => ("About 1,200 readings", "4 Jan 2026"),
        };
        bench
            .events
            .try_send(crate::service::command::Event::Exported {
                to: "/x.csv".into(),
                gone: Some(gone),
            })
            .unwrap();
        bench.harness.run_steps(4);
        let said = |part: &str| bench.harness.query_by_label_contains(part).is_some();
        assert!(said(words) && said(day), "{language:?}");
    }
}
