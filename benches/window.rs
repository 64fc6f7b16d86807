//! What a frame of the window costs, and whether hours of replay leave anything behind.
//!
//! `cargo bench --bench window` prints the time that the interface takes for a frame (the pass and its
//! tessellation, without the graphics driver): the fleet of 200 locomotives, and the five charts of one of them,
//! over a warehouse of 10,000,000 readings. That is loaded from files as a user's would be, once, into the target
//! folder (a minute or two). Then 24 hours are replayed twice at ×3600, with the memory before, between and after.
//!
//! `cargo bench --bench window -- feed HOME SECONDS` makes a home with 60 locomotives that write a line a second,
//! for `benches/window.sh`, which measures the real window.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot prepare itself has failed"
)]

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cidp::domain::alarm::{Board, Observation, Seen, Watch, What};
use cidp::domain::ports::{FileIdentity, ReadingWriter as _, RefusedRecord};
use cidp::domain::{LocoId, Reason, Role, SourceClock};
use cidp::gui::{App, Page};
use cidp::service::command::{Command, Replay};
use cidp::service::engine;
use cidp::service::outcome::Training;
use cidp::service::pipeline::{RunKind, wall_ms};
use cidp::service::platform::Platform;
use cidp::service::settings::ThemeChoice;
use cidp::service::snapshot::Clock;
use cidp::text::{Language, Text, local_zone};
use cidp::warehouse::{RunRecord, Warehouse};
use eframe::App as _;
use eframe::egui::accesskit::TreeUpdate;
use eframe::egui::epaint::Primitive;
use eframe::egui::{
    Context, Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput,
    Rect, TouchPhase, pos2, vec2,
};

const HEADER: &str = "timestamp,loco_id,flow_rate,pressure,vibration,temperature\n";
/// Of the large warehouse.
const LOCOMOTIVES: usize = 200;
const READINGS: i64 = 50_000;
const STEP_MS: i64 = 10_000;
const START_MS: i64 = 1_767_225_600_000;

const FRAMES: usize = 1_000;
/// The same way again: of each frame the quickest counts, so that other programs of the machine do not.
const LAPS: usize = 3;
const REACH_MS: (f64, f64) = (4.0, 8.0);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["feed", home, secs, ..] => feed(Path::new(home), secs.parse().unwrap()),
        _ => {
            let home = large();
            dress(&home);
            frames(&home);
            replay(&home);
        }
    }
}

/// How often some machines have a hot and shaking spell, seconds: of the large warehouse, and of the short past of a
/// live one, in which there must be spells to learn a model from.
const SPELLS: i64 = 24_000;
const LIVE_SPELLS: i64 = 240;

/// One reading: a day's wave, quiet but for hot and shaking spells of some machines.
fn line(loco: usize, at_ms: i64, spells: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    let second = at_ms / 1000;
    let wave = ((second * 7 + loco as i64 * 13) as f64).sin();
    let spell = loco.is_multiple_of(9)
        && (second + loco as i64 * 1700).rem_euclid(spells) >= spells * 5 / 6;
    let (vibration, temperature) = if spell {
        (8.0 + 2.0 * wave, 92.0 + 6.0 * wave)
    } else {
        (2.0 + 0.4 * wave, 45.0 + 4.0 * wave)
    };
    format!(
        "{at},LOCO_{loco:03},{:.1},{:.2},{vibration:.2},{temperature:.1}\n",
        500.0 + 20.0 * wave,
        5.0 + 0.2 * wave
    )
}

/// The home with the large warehouse; made where it is not there.
fn large() -> PathBuf {
    let home = std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(3)
        .unwrap()
        .join("bench-window");
    let done = home.join("done");
    if done.is_file() {
        return home;
    }
    if home.exists() {
        std::fs::remove_dir_all(&home).unwrap();
    }
    let files = home.join("fleet");
    std::fs::create_dir_all(&files).unwrap();
    println!(
        "making a warehouse of {} readings",
        LOCOMOTIVES as i64 * READINGS
    );
    for loco in 1..=LOCOMOTIVES {
        let file = File::create(files.join(format!("LOCO_{loco:03}.csv"))).unwrap();
        let mut file = BufWriter::new(file);
        file.write_all(HEADER.as_bytes()).unwrap();
        for i in 0..READINGS {
            file.write_all(line(loco, START_MS + i * STEP_MS, SPELLS).as_bytes())
                .unwrap();
        }
        file.flush().unwrap();
    }
    std::fs::write(
        home.join("cidp.toml"),
        "[[sources]]\nname = \"fleet\"\nrole = \"telemetry\"\npath = \"fleet\"\n",
    )
    .unwrap();
    let began = Instant::now();
    let platform = Platform::open(Some(&home), None).unwrap();
    let run = platform.run(RunKind::Full, &|_| {}).unwrap();
    println!(
        "{} readings loaded, learned from and judged in {:.0} s: {:?}",
        run.report.rows_kept,
        began.elapsed().as_secs_f64(),
        run.training
    );
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(done, "").unwrap();
    home
}

/// What makes the other pages long: 200 alarms, as many refused rows as a page shows and more, a full log.
fn dress(home: &Path) {
    let platform = Platform::open(Some(home), None).unwrap();
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let log = platform.home.logs().join(format!("cidp.{day}.jsonl"));
    std::fs::create_dir_all(platform.home.logs()).unwrap();
    let mut file = BufWriter::new(File::create(log).unwrap());
    for i in 0..2_000 {
        let at = jiff::Timestamp::from_second(wall_ms() / 1000 - 4_000 + i).unwrap();
        let level = ["INFO", "INFO", "WARN", "ERROR"][i as usize % 4];
        writeln!(
            file,
            "{{\"timestamp\":\"{at}\",\"level\":\"{level}\",\"fields\":{{\"message\":\"line {i}\",\"n\":{i}}},\"target\":\"cidp::bench\"}}"
        )
        .unwrap();
    }
    file.flush().unwrap();
    let mut warehouse = Warehouse::open(&platform.home.warehouse()).unwrap();
    let (open, last_id) = warehouse.reader().unwrap().open_alarms().unwrap();
    if open.len() >= LOCOMOTIVES {
        return;
    }
    let observed: Vec<Observation> = (1..=LOCOMOTIVES)
        .map(|loco| Observation {
            watch: Watch::Danger {
                loco: LocoId::new(&format!("LOCO_{loco:03}")),
            },
            seen: Seen::Holds,
            source_ms: START_MS,
            raising: Some((
                What::Danger {
                    probability: 0.9,
                    threshold: 0.5,
                },
                None,
            )),
        })
        .collect();
    let mut board = Board::resumed(open, last_id);
    for change in board.look(&observed, |_| Seen::Unknown, wall_ms(), 0) {
        warehouse.keep_alarm(&change).unwrap();
    }
    let mut load = warehouse.load().unwrap();
    load.begin_file(&FileIdentity {
        source: "fleet",
        role: Role::Telemetry,
        clock: SourceClock::Data,
        path: "refused.csv",
        digest: [7; 32],
    })
    .unwrap();
    let refused: Vec<RefusedRecord> = (0..5_000)
        .map(|i| RefusedRecord {
            line: i + 2,
            reason: Reason::OutOfRange,
            detail: "vibration: 900".into(),
            raw: format!("2026-01-01T00:00:00Z,LOCO_{:03},500,5,900,45", i % 200).into_bytes(),
            loco: Some(format!("LOCO_{:03}", i % 200)),
            at_ms: Some(START_MS - 1000 * (i as i64 + 1)),
            label: None,
        })
        .collect();
    load.quarantine(&refused).unwrap();
    load.end_file(true).unwrap();
    load.commit(&RunRecord::begun("bench", wall_ms()), false)
        .unwrap();
}

/// The window without a screen.
struct Window {
    ctx: Context,
    app: App,
    frame: eframe::Frame,
    size: [f32; 2],
    at: f64,
    /// Of the last frame.
    vertices: usize,
}

impl Window {
    fn open(home: &Path, page: Page) -> Self {
        let platform = Platform::open(Some(home), None).unwrap();
        let ctx = Context::default();
        let handle = engine::start(platform, Box::new(|| {})).unwrap();
        let text = Text::new(Language::French, local_zone());
        let app = App::new(&ctx, text, ThemeChoice::Light, handle).showing(page);
        let mut window = Self {
            ctx,
            app,
            frame: eframe::Frame::_new_kittest(),
            size: [1440.0, 900.0],
            at: 0.0,
            vertices: 0,
        };
        window.settle();
        window
    }

    fn settle(&mut self) {
        let began = Instant::now();
        while !self.app.is_settled() {
            assert!(
                began.elapsed() < Duration::from_secs(120),
                "no picture came"
            );
            self.pass(Vec::new());
            std::thread::sleep(Duration::from_millis(20));
        }
        for _ in 0..30 {
            self.pass(Vec::new());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// One frame: seconds of the interface, and what screen readers are told.
    fn pass(&mut self, events: Vec<Event>) -> (f64, Option<TreeUpdate>) {
        self.at += 1.0 / 60.0;
        let raw = RawInput {
            screen_rect: Some(Rect::from_min_size(
                Pos2::ZERO,
                vec2(self.size[0], self.size[1]),
            )),
            time: Some(self.at),
            events,
            ..RawInput::default()
        };
        let began = Instant::now();
        let (app, frame) = (&mut self.app, &mut self.frame);
        app.logic(&self.ctx, frame);
        let mut output = self.ctx.run_ui(raw, |ui| app.ui(ui, frame));
        let shapes = std::mem::take(&mut output.shapes);
        let drawn = self.ctx.tessellate(shapes, output.pixels_per_point);
        let took = began.elapsed().as_secs_f64();
        self.vertices = drawn.iter().map(|part| vertices(&part.primitive)).sum();
        output.textures_delta.clear();
        (took, output.platform_output.accesskit_update)
    }

    /// Clicks what bears this name.
    fn click(&mut self, name: &str) {
        self.ctx.enable_accesskit();
        self.pass(Vec::new());
        let update = self.pass(Vec::new()).1.unwrap();
        self.ctx.disable_accesskit();
        let found = update.nodes.iter().find_map(|(_, node)| {
            (node.label() == Some(name))
                .then(|| node.bounds())
                .flatten()
        });
        let bounds = found.unwrap_or_else(|| panic!("nothing is named {name}"));
        let pos = pos2(
            ((bounds.x0 + bounds.x1) / 2.0) as f32,
            ((bounds.y0 + bounds.y1) / 2.0) as f32,
        );
        for pressed in [true, false] {
            self.pass(vec![
                Event::PointerMoved(pos),
                Event::PointerButton {
                    pos,
                    button: PointerButton::Primary,
                    pressed,
                    modifiers: Modifiers::NONE,
                },
            ]);
        }
    }

    /// Frames with the pointer on its way all over the page.
    fn measure(&mut self, what: &str, wheel: bool) {
        let mut took = vec![f64::INFINITY; FRAMES];
        let cpu = thread_secs();
        for _ in 0..LAPS {
            for (i, quickest) in took.iter_mut().enumerate() {
                let along = (i as f32 / 97.0).sin().mul_add(0.5, 0.5);
                let down = (i as f32 / 41.0).cos().mul_add(0.5, 0.5);
                let at = pos2(200.0 + along * 880.0, 160.0 + down * 600.0);
                let mut events = vec![Event::PointerMoved(at)];
                if wheel && i % 7 == 0 {
                    events.push(Event::MouseWheel {
                        unit: MouseWheelUnit::Line,
                        delta: vec2(0.0, if (i / 200) % 2 == 0 { -1.0 } else { 1.0 }),
                        phase: TouchPhase::Move,
                        source: MouseWheelSource::Wheel,
                        modifiers: Modifiers::NONE,
                    });
                }
                *quickest = quickest.min(self.pass(events).0 * 1000.0);
            }
        }
        assert!(self.vertices > 1_000, "hardly anything was drawn");
        let mean = (thread_secs() - cpu) * 1000.0 / (FRAMES * LAPS) as f64;
        took.sort_by(f64::total_cmp);
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        let ok = at(0.5) <= REACH_MS.0 && at(0.99) <= REACH_MS.1;
        println!(
            "{what}: median {:.2} ms, 99 % {:.2} ms, worst {:.2} ms; processor {mean:.2} ms a frame, {} vertices ({})",
            at(0.5),
            at(0.99),
            at(1.0),
            self.vertices,
            if ok { "within reach" } else { "OUT OF REACH" }
        );
    }
}

fn frames(home: &Path) {
    println!(
        "interface work a frame, {FRAMES} frames, the quickest of {LAPS} laps (reach: median {} ms, 99 % {} ms)",
        REACH_MS.0, REACH_MS.1
    );
    let mut fleet = Window::open(home, Page::Fleet);
    fleet.measure("  fleet of 200, pointer moving", false);
    fleet.measure("  fleet of 200, scrolling", true);
    drop(fleet);
    let mut locomotive = Window::open(home, Page::Locomotive);
    locomotive.measure("  five charts, 24 h, crosshair moving", false);
    locomotive.click("Tout");
    std::thread::sleep(Duration::from_millis(800));
    locomotive.settle();
    locomotive.measure("  five charts, all, crosshair moving", false);
    drop(locomotive);
    for (page, what) in [
        (Page::Simulator, "simulator"),
        (Page::Pipeline, "pipeline, 5,000 rows in quarantine"),
        (Page::Model, "model"),
        (Page::Alarms, "alarms, 200 open"),
        (Page::Settings, "settings"),
        (Page::Log, "log, 2,000 lines"),
    ] {
        Window::open(home, page).measure(&format!("  {what}, scrolling"), true);
    }
}

/// 24 hours at ×3600 are 24 seconds: a lap to warm up, and a second that must add nothing.
fn replay(home: &Path) {
    const LAP: Duration = Duration::from_secs(24);
    println!("replay at ×3600, drawn on each picture");
    let platform = Platform::open(Some(home), None).unwrap();
    let (woken, news) = std::sync::mpsc::channel();
    let handle = engine::start(
        platform,
        Box::new(move || {
            let _ = woken.send(());
        }),
    )
    .unwrap();
    let ctx = Context::default();
    let text = Text::new(Language::French, local_zone());
    let mut window = Window {
        app: App::new(&ctx, text, ThemeChoice::Light, handle).showing(Page::Locomotive),
        ctx,
        frame: eframe::Frame::_new_kittest(),
        size: [1440.0, 900.0],
        at: 0.0,
        vertices: 0,
    };
    window.settle();
    println!("  before: {:.0} MiB", resident_mib());
    let mut ends = Vec::new();
    for lap in 1..=3 {
        let from_ms = START_MS + 36 * 3_600_000;
        window.app.command(Command::Replay(Replay::Start {
            from_ms,
            speed: 3_600,
        }));
        let (began, mut frames) = (Instant::now(), 0);
        while began.elapsed() < LAP {
            if news.recv_timeout(Duration::from_millis(200)).is_ok() {
                while news.try_recv().is_ok() {}
                window.pass(Vec::new());
                frames += 1;
            }
        }
        let replaying = matches!(window.app.clock(), Clock::Replay { .. });
        assert!(replaying && frames > 20, "{frames} frames");
        ends.push(resident_mib());
        println!(
            "  after lap {lap}: {:.0} MiB, {frames} frames",
            ends[lap - 1]
        );
    }
    println!(
        "  growth from the first lap to the third: {:.1} MiB",
        ends[2] - ends[0]
    );
}

fn vertices(part: &Primitive) -> usize {
    match part {
        Primitive::Mesh(mesh) => mesh.vertices.len(),
        Primitive::Callback(_) => 0,
    }
}

/// Processor seconds of this thread, or of the clock where the system does not say.
fn thread_secs() -> f64 {
    static BEGUN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let begun = BEGUN.get_or_init(Instant::now);
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(|| begun.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// Memory of this process, MiB; not a number where the system does not say.
fn resident_mib() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(f64::NAN, |kib| kib / 1024.0)
}

/// A home with 60 locomotives, each with a file of its own that grows by a line a second.
fn feed(home: &Path, secs: u64) {
    const LIVE: usize = 60;
    let files = home.join("fleet");
    std::fs::create_dir_all(&files).unwrap();
    let now_ms = wall_ms() / 1000 * 1000;
    let mut growing: Vec<File> = (1..=LIVE)
        .map(|loco| {
            let path = files.join(format!("LOCO_{loco:03}.csv"));
            let past = (1..600)
                .rev()
                .map(|i| line(loco, now_ms - i * 1000, LIVE_SPELLS));
            std::fs::write(&path, HEADER.to_owned() + &past.collect::<String>()).unwrap();
            OpenOptions::new().append(true).open(path).unwrap()
        })
        .collect();
    std::fs::write(
        home.join("cidp.toml"),
        "[[sources]]\nname = \"fleet\"\nrole = \"telemetry\"\npath = \"fleet\"\nclock = \"wall\"\n",
    )
    .unwrap();
    let platform = Platform::open(Some(home), None).unwrap();
    let run = platform.run(RunKind::Full, &|_| {}).unwrap();
    // Without a model nothing is judged, explained or told: that would be no measurement.
    assert!(
        matches!(run.training, Training::Promoted { .. }),
        "{:?}",
        run.training
    );
    println!("ready");
    std::io::stdout().flush().unwrap();
    let began = Instant::now();
    for second in 0..secs {
        for (i, file) in growing.iter_mut().enumerate() {
            let due = Duration::from_secs(second) + Duration::from_secs(1) * i as u32 / LIVE as u32;
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            file.write_all(line(i + 1, wall_ms(), LIVE_SPELLS).as_bytes())
                .unwrap();
        }
    }
}
