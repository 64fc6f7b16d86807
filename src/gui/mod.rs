//! The window: reads the service's snapshots, sends it commands, draws. It knows `service` and `domain`
//! only: no SQL, no file, no waiting here.
//!
//! `app` holds the state and carries out what pages ask for; `pages` has one file a page (and its
//! parts); `widgets` are the parts that pages share; colours and sizes come from `theme`, words from
//! `crate::text`.

mod alarm_strip;
mod app;
mod context;
mod files;
pub(crate) mod fonts;
mod icon;
mod kiosk;
mod pages;
mod pick;
mod rail;
mod replay;
mod run;
mod save;
pub(crate) mod theme;
mod toasts;
mod top_bar;
mod widgets;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;

use eframe::{NativeOptions, Renderer, egui};
use jiff::tz::TimeZone;

use crate::service::handle::ServiceHandle;
use crate::service::settings::ThemeChoice;
use crate::text::{Language, Text, local_zone};
pub use app::App;
pub use context::Page;

/// How the window opens.
#[derive(Debug, Clone)]
pub struct WindowOptions {
    pub language: Language,
    pub theme: ThemeChoice,
    /// The zone that times are shown in.
    pub time_zone: TimeZone,
}

impl Default for WindowOptions {
    fn default() -> Self {
        Self {
            language: Language::French,
            theme: ThemeChoice::System,
            time_zone: local_zone(),
        }
    }
}

/// Wakes the window; may be called from any thread.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// Opens the window and returns when it is closed. `start` is called once a window exists, with the
/// wake-up call that the service makes when it has news.
///
/// # Errors
/// No display, or no way to draw on it. `start` has then not been called, unless the window failed
/// later.
pub fn open(
    options: WindowOptions,
    start: impl FnOnce(Wake) -> std::io::Result<ServiceHandle> + 'static,
) -> Result<(), eframe::Error> {
    // Shared, because a second renderer may have to try when the first one has no adapter.
    let start = Rc::new(RefCell::new(Some(start)));
    let renderers = renderers();
    for (i, &renderer) in renderers.iter().enumerate() {
        match attempt(renderer, &options, &start) {
            Err(why) if i + 1 < renderers.len() && start.borrow().is_some() => {
                tracing::warn!(%why, "no window with this renderer; trying the next");
            }
            done => return done,
        }
    }
    Ok(())
}

/// In the order to try them: on Windows wgpu works over Remote Desktop and in virtual machines, where
/// OpenGL often does not.
fn renderers() -> Vec<Renderer> {
    #[cfg(windows)]
    {
        vec![Renderer::Wgpu, Renderer::Glow]
    }
    #[cfg(not(windows))]
    {
        vec![Renderer::Glow]
    }
}

fn attempt<F>(
    renderer: Renderer,
    options: &WindowOptions,
    start: &Rc<RefCell<Option<F>>>,
) -> Result<(), eframe::Error>
where
    F: FnOnce(Wake) -> std::io::Result<ServiceHandle> + 'static,
{
    let native = NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Camrail Live Monitor")
            .with_app_id("camrail-live-monitor")
            .with_inner_size([1440.0, 900.0])
            .with_min_inner_size([1024.0, 680.0])
            .with_icon(icon::painted()),
        renderer,
        // Everything shown is in the bundled fonts; the machine's would only make a difference.
        system_font_fallback: false,
        ..NativeOptions::default()
    };
    let start = Rc::clone(start);
    let options = options.clone();
    eframe::run_native(
        "Camrail Live Monitor",
        native,
        Box::new(move |cc| {
            let start = start
                .borrow_mut()
                .take()
                .ok_or("the service was started already")?;
            let ctx = cc.egui_ctx.clone();
            let handle = start(Box::new(move || ctx.request_repaint()))?;
            let text = Text::new(options.language, options.time_zone);
            Ok(Box::new(App::new(
                &cc.egui_ctx,
                text,
                options.theme,
                handle,
            )))
        }),
    )
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
