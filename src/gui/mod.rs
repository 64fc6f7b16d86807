//! The window: reads the service's snapshots, sends it commands, draws. It knows `service` and `domain`
//! only: no SQL, no file, no waiting here.
//!
//! `app` holds the state and carries out what pages ask for; `pages` has one file a page (and its
//! parts); `widgets` are the parts that pages share; colours and sizes come from `theme`, words from
//! `crate::text`. `renderer` says with what it is drawn and how often, `placing` where it stands,
//! `shortcuts` what its keys do, and `probe` looks at it from outside.

mod alarm_strip;
mod app;
mod context;
mod dialog;
mod files;
pub(crate) mod fonts;
mod help;
mod icon;
mod kiosk;
mod pages;
mod pick;
pub(crate) mod placing;
mod probe;
mod rail;
pub(crate) mod renderer;
mod replay;
mod run;
mod save;
mod shortcuts;
pub(crate) mod theme;
mod toasts;
mod top_bar;
mod widgets;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::NativeOptions;
use jiff::tz::TimeZone;

use crate::service::handle::ServiceHandle;
use crate::service::place::Place;
use crate::service::settings::ThemeChoice;
use crate::text::{Language, Text, local_zone};
pub use app::App;
pub use context::Page;
use probe::Probed;
pub use probe::{ProbeAsk, ProbeReport};
use renderer::{Adapter, Pace, Way};
pub use renderer::{Failed, Wish};

/// How the window opens.
#[derive(Debug, Clone)]
pub struct WindowOptions {
    pub language: Language,
    pub theme: ThemeChoice,
    /// The zone that times are shown in.
    pub time_zone: TimeZone,
    /// What to draw with.
    pub renderer: Wish,
    /// Where the window was.
    pub place: Place,
    /// Report what is there, and close.
    pub probe: Option<ProbeAsk>,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self {
            language: Language::French,
            theme: ThemeChoice::System,
            time_zone: local_zone(),
            renderer: Wish::Auto,
            place: Place::default(),
            probe: None,
        }
    }
}

/// What a window leaves when it is closed.
#[derive(Debug, Default)]
pub struct Closed {
    /// Where it was; `None` for a probe.
    pub place: Option<Place>,
    pub probe: Option<ProbeReport>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No display, or none that this program can talk to.
    #[error("no display: {0}")]
    NoDisplay(String),
    /// There is a display, and nothing draws on it.
    #[error("nothing draws: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    NothingDraws(Vec<Failed>),
    /// The window was open, and broke off.
    #[error("the window broke off: {0}")]
    BrokeOff(String),
}

/// Wakes the window; may be called from any thread.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// Opens the window and returns when it is closed. `start` is called once a window exists, with the
/// wake-up call that the service makes when it has news.
///
/// # Errors
/// No display, or no way to draw on it: `start` has then not been called. Or the window broke off later.
pub fn open(
    options: &WindowOptions,
    start: impl FnOnce(Wake) -> std::io::Result<ServiceHandle> + 'static,
) -> Result<Closed, OpenError> {
    // Shared, because a second renderer may have to try when the first one has no adapter.
    let start = Rc::new(RefCell::new(Some(start)));
    let mut failed = Vec::new();
    // What the attempts take is the drivers' time.
    let before = options.probe.as_ref().map(|ask| ask.begun.elapsed());
    let before = before.unwrap_or_default();
    for &way in options.renderer.order() {
        let name = way.name();
        tracing::info!(renderer = name, "trying to draw");
        let why = match attempt(way, options, before, &start) {
            Ok(closed) => return Ok(closed),
            Err(why) => why,
        };
        if start.borrow().is_none() {
            return Err(OpenError::BrokeOff(why.words()));
        }
        if let Broken::NoEventLoop(why) = why {
            return Err(OpenError::NoDisplay(why));
        }
        let why = why.words();
        if way == Way::WgpuCard {
            // Many machines have none, and the next way is as good.
            tracing::info!(renderer = name, why, "this does not draw here");
        } else {
            tracing::warn!(renderer = name, why, "this does not draw here");
        }
        failed.push(Failed {
            renderer: name,
            why,
        });
    }
    Err(OpenError::NothingDraws(failed))
}

/// How an attempt came to nothing.
enum Broken {
    /// Before anything was drawn: another renderer would fare no better.
    NoEventLoop(String),
    Error(String),
}

impl Broken {
    fn words(self) -> String {
        match self {
            Self::NoEventLoop(why) | Self::Error(why) => why,
        }
    }
}

fn attempt<F>(
    way: Way,
    options: &WindowOptions,
    before: Duration,
    start: &Rc<RefCell<Option<F>>>,
) -> Result<Closed, Broken>
where
    F: FnOnce(Wake) -> std::io::Result<ServiceHandle> + 'static,
{
    let native = NativeOptions {
        viewport: placing::builder(&options.place)
            .with_title("Camrail Live Monitor")
            .with_app_id("camrail-live-monitor")
            .with_icon(icon::painted()),
        renderer: way.renderer(),
        wgpu_options: way.wgpu(),
        // There are no gradients that it could smooth, and each pixel would pay for it.
        dithering: false,
        // Everything shown is in the bundled fonts; the machine's would only make a difference.
        system_font_fallback: false,
        ..NativeOptions::default()
    };
    let left_at = Rc::new(RefCell::new(None));
    let found = probe::Found::default();
    let create = {
        let (start, options) = (Rc::clone(start), options.clone());
        let (left_at, found) = (Rc::clone(&left_at), Rc::clone(&found));
        move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
            let began = Instant::now();
            let adapter = Adapter::of(cc);
            tracing::info!(
                renderer = adapter.renderer,
                adapter = adapter.adapter,
                backend = adapter.backend,
                software = adapter.software,
                "the window is drawn"
            );
            placing::bring_back(cc);
            let start = start
                .borrow_mut()
                .take()
                .ok_or("the service was started already")?;
            let ctx = cc.egui_ctx.clone();
            adapter.lighten(&ctx);
            let pace = Arc::new(Pace::default());
            pace.set_software(adapter.software);
            let woken = Arc::clone(&pace);
            let handle = start(Box::new(move || ctx.request_repaint_after(woken.wait())))?;
            let text = Text::new(options.language, options.time_zone);
            let app = App::new(&cc.egui_ctx, text, options.theme, handle).paced(pace);
            Ok(match options.probe {
                Some(ask) => {
                    let app = app.showing(ask.page);
                    let own = before + began.elapsed();
                    Box::new(Probed::new(&cc.egui_ctx, app, ask, adapter, own, found))
                }
                None => Box::new(app.at(options.place, left_at)),
            })
        }
    };
    // A display library that is missing, and some drivers, panic instead of failing.
    let ran = catch_unwind(AssertUnwindSafe(|| {
        eframe::run_native("Camrail Live Monitor", native, Box::new(create))
    }));
    match ran {
        Ok(Ok(())) => Ok(Closed {
            place: left_at.take(),
            probe: found.take(),
        }),
        Ok(Err(eframe::Error::WinitEventLoop(why))) => Err(Broken::NoEventLoop(why.to_string())),
        Ok(Err(why)) => Err(Broken::Error(why.to_string())),
        Err(panic) => Err(Broken::Error(panic_words(&*panic))),
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    words.unwrap_or("panic").to_owned()
}

#[cfg(test)]
pub(crate) use pages::settings::typed::unit_words;

/// The sections of the settings page, and whether each has a sentence of its own, for the test of the words.
#[cfg(test)]
pub(crate) fn settings_sections() -> Vec<(&'static str, bool)> {
    pages::settings::Section::ALL
        .map(|section| (section.key(), section.has_lead()))
        .to_vec()
}
