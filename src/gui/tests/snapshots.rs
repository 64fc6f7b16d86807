//! Pictures of the pages, `<page>-<light|dark>-<nominal|danger|unavailable>-<fr|en>.png` in `tests/snapshots`:
//! compared with what is drawn now, and shown in the README and the manual.
//!
//! `cargo test --features snapshots snapshots`; with `UPDATE_SNAPSHOTS=1` they are drawn anew. Everything in
//! them is made up and stands still: no clock of the machine may show.

use std::io::Write as _;

use eframe::egui_wgpu::WgpuSetup;
use eframe::wgpu::{self, Backends};
use egui_kittest::{SnapshotOptions, SnapshotResults};

use super::*;
use crate::domain::{Verdict, VerdictKind};
use crate::service::snapshot::LocomotiveView;

/// Theme (dark), state, language of each picture of a page.
const PICTURES: [(bool, VerdictKind, Language); 6] = [
    (false, VerdictKind::Nominal, Language::French),
    (true, VerdictKind::Nominal, Language::French),
    (false, VerdictKind::Danger, Language::French),
    (true, VerdictKind::Danger, Language::French),
    (false, VerdictKind::Unavailable, Language::French),
    (false, VerdictKind::Danger, Language::English),
];

/// What the service shows while `page` is in view. A page whose desk has a view of its own puts it in here.
fn shown(page: Page, state: VerdictKind) -> Snapshot {
    let mut s = match state {
        VerdictKind::Nominal => calm(),
        VerdictKind::Danger => fixtures::fleet(24),
        VerdictKind::Unavailable => fixtures::failed(),
    };
    match page {
        Page::Locomotive => {
            let loco = s.fleet[0].loco.to_string();
            s = fixtures::with_view(s, &loco);
            if state == VerdictKind::Nominal {
                s.locomotive = s.locomotive.map(|view| Arc::new(without_fault(&view)));
            }
        }
        Page::Simulator | Page::Model if state == VerdictKind::Unavailable => {
            (s.judge, s.model) = (None, None);
        }
        Page::Simulator => {}
        Page::Fleet | Page::Alarms => {}
        Page::Model if state == VerdictKind::Danger => {
            let drifted = fixtures::model::drifted(false);
            (s.model, s.models) = (drifted.model, drifted.models);
        }
        Page::Model => {
            let sound = fixtures::model::sound();
            (s.model, s.models) = (sound.model, sound.models);
        }
        Page::Pipeline if state == VerdictKind::Danger => {
            let running = fixtures::pipeline::running();
            (s.intake, s.running) = (running.intake, running.running);
        }
        Page::Pipeline => s.intake = Arc::new(fixtures::pipeline::intake(40)),
        Page::Continuity => {
            let like = match state {
                VerdictKind::Nominal => fixtures::continuity::sound(),
                VerdictKind::Danger => fixtures::continuity::tampered(),
                VerdictKind::Unavailable => fixtures::continuity::damaged(true),
            };
            (s.models, s.continuity) = (like.models, like.continuity);
            s.settings = Arc::new(fixtures::settings::view(fixtures::settings::FILE));
        }
        Page::Settings => {
            s.settings = Arc::new(fixtures::settings::view(fixtures::settings::FILE));
        }
        Page::Log => {
            let lines = (0..60).map(fixtures::log::line).collect();
            s.log = fixtures::log::with(lines).log;
        }
    }
    match state {
        VerdictKind::Nominal => s,
        _ => fixtures::alarms::with_alarms(s, &fixtures::alarms::all()),
    }
}

/// What a hand does before the picture is taken.
fn prepare(bench: &mut Bench, page: Page, state: VerdictKind, text: &Text) {
    match (page, state) {
        (Page::Simulator, VerdictKind::Danger) => bench.click(&text.get("sim-preset-alert")),
        (Page::Pipeline, VerdictKind::Nominal) => {
            // The tab says how many there are.
            let word = text.get("pipeline-tab-quarantine").into_owned();
            let tab = |n: &egui_kittest::kittest::AccessKitNode<'_>| {
                n.role() == Role::Button && n.label().is_some_and(|l| l.starts_with(&word))
            };
            bench.harness.get_by(tab).click();
            bench.harness.run();
        }
        (Page::Pipeline, VerdictKind::Unavailable) => {
            bench.click(&text.get("pipeline-tab-history"));
        }
        (Page::Settings, VerdictKind::Danger) => {
            bench.click(&text.get("set-section-alarms"));
        }
        _ => {}
    }
    if page == Page::Simulator {
        // Its map is judged a few milliseconds a frame.
        bench.harness.run_steps(60);
    }
}

/// A fleet in which all is well.
fn calm() -> Snapshot {
    let mut s = fixtures::fleet(28);
    let rows = s.fleet.iter().filter(|row| row.verdict == Verdict::Nominal);
    s.fleet = Arc::new(rows.cloned().collect());
    s
}

/// The same window of time, with what was measured before the fault began over and over.
fn without_fault(view: &LocomotiveView) -> LocomotiveView {
    const SOUND: usize = 290;
    let mut view = view.clone();
    let curves = view.curves.iter_mut().chain([&mut view.probability]);
    for curve in curves {
        let sound: Vec<f64> = curve[0].iter().take(SOUND).map(|point| point[1]).collect();
        let points = curve.iter_mut().flatten();
        for (point, &value) in points.zip(sound.iter().cycle()) {
            point[1] = value;
        }
    }
    let sound: Vec<_> = view.samples.iter().take(SOUND).copied().collect();
    for (sample, like) in view.samples.iter_mut().zip(sound.iter().cycle()) {
        (sample.values, sample.judged) = (like.values, like.judged);
    }
    view.happenings.retain(|h| h.at_ms < view.from_ms);
    view
}

fn name(page: Page, dark: bool, state: VerdictKind, language: Language) -> String {
    let theme = if dark { "dark" } else { "light" };
    let (page, state, language) = (page.name(), state.key(), language.code());
    format!("{page}-{theme}-{state}-{language}")
}

/// Only Vulkan draws the same everywhere; lavapipe is enough.
fn vulkan() -> Option<WgpuSetup> {
    let mut setup = egui_kittest::wgpu::default_wgpu_setup();
    if let WgpuSetup::CreateNew(new) = &mut setup {
        new.instance_descriptor.backends = Backends::VULKAN;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let found = runtime.block_on(async {
        let instance: wgpu::Instance = setup.new_instance().await;
        instance.enumerate_adapters(Backends::VULKAN).await
    });
    (!found.is_empty()).then_some(setup)
}

#[test]
fn pages_look_as_they_did() {
    let Some(setup) = vulkan() else {
        // Past the harness, which would swallow it.
        writeln!(
            std::io::stderr(),
            "skipped — snapshots: no Vulkan adapter (mesa-vulkan-drivers has one)"
        )
        .unwrap();
        return;
    };
    let options = SnapshotOptions::new().max_failed_pixels(40);
    let mut results = SnapshotResults::new();
    for page in Page::ALL {
        for (dark, state, language) in PICTURES {
            let text = Text::new(language, TimeZone::get(DEFAULT_ZONE).unwrap());
            let mut bench = bench_drawn(shown(page, state), &text, dark, setup.clone());
            let (stroke, _) = shortcuts::pages().find(|(_, p)| *p == page).unwrap();
            let shortcuts::Stroke::Key(modifiers, key) = stroke else {
                panic!("{stroke:?}");
            };
            bench.harness.key_press_modifiers(modifiers, key);
            bench.harness.run_steps(4);
            prepare(&mut bench, page, state, &text);
            bench.harness.remove_cursor();
            bench.harness.run_steps(4);
            let name = name(page, dark, state, language);
            results.add(bench.harness.try_snapshot_options(&name, &options));
        }
    }
    results.unwrap();
}

fn bench_drawn(snapshot: Snapshot, text: &Text, dark: bool, setup: WgpuSetup) -> Bench {
    let theme = if dark {
        ThemeChoice::Dark
    } else {
        ThemeChoice::Light
    };
    let (to_service, commands) = mpsc::channel(64);
    let (snapshots, snapshot_end) = watch::channel(Arc::new(snapshot));
    let (events, event_end) = mpsc::channel(64);
    let handle = ServiceHandle::new(to_service, snapshot_end, event_end);
    let text = text.clone();
    let harness = Harness::builder()
        .with_size([1440.0, 900.0])
        .with_theme(if dark { Theme::Dark } else { Theme::Light })
        .with_context_setup(theme::install)
        .wgpu_setup(setup)
        .build_eframe(move |cc| {
            App::new(&cc.egui_ctx, text, theme, handle)
                // The wall's clock is that of the data, and stands still.
                .clocked(|| fixtures::NOW_MS)
        });
    Bench {
        harness,
        commands,
        snapshots,
        events,
    }
}

#[test]
fn pictures_are_named_by_page_theme_state_and_language() {
    assert_eq!(
        name(Page::Fleet, true, VerdictKind::Danger, Language::English),
        "fleet-dark-danger-en"
    );
    // And each of those that lie there is one that is drawn.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let drawn = Page::ALL.into_iter().any(|page| {
            PICTURES.iter().any(|&(dark, state, language)| {
                file == format!("{}.png", name(page, dark, state, language))
            })
        });
        // What a comparison leaves is not committed.
        let left = [".new.png", ".diff.png", ".old.png"]
            .iter()
            .any(|end| file.ends_with(end));
        assert!(drawn || left, "{file} is a picture of nothing");
    }
}
