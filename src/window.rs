//! The window program: arguments → one window a home → service → pages; the terminal where there is no
//! display.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use crate::cli;
use crate::config::RendererChoice;
use crate::gui::{
    self, Closed, Failed, OpenError, Page, ProbeAsk, ProbeReport, WindowOptions, Wish,
};
use crate::logging;
use crate::service::engine;
use crate::service::place::Place;
use crate::service::platform::Platform;
use crate::text::{Language, Text, local_zone};

/// Camrail Live Monitor: the fleet on the screen.
#[derive(Debug, Parser)]
#[command(name = "camrail-live-monitor", version)]
struct Arguments {
    /// Folder with cidp.toml, database/ and logs/
    #[arg(long, value_name = "DIR", env = "CIDP_HOME")]
    home: Option<PathBuf>,
    /// Configuration instead of the home's cidp.toml
    #[arg(long, value_name = "FILE", env = "CIDP_CONFIG")]
    config: Option<PathBuf>,
    /// fr or en; left out: that of the settings, else fr
    #[arg(long, env = "CIDP_LANG", value_parser = language)]
    lang: Option<Language>,
    /// Open the window, print what it shows and how it is drawn as JSON, and close
    #[arg(long)]
    probe: bool,
    /// Page that the probe looks at
    #[arg(long, value_name = "PAGE", default_value = "fleet", requires = "probe", value_parser = page)]
    probe_page: Page,
    /// Seconds after which the probe gives up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "probe")]
    probe_timeout: u64,
}

fn language(text: &str) -> Result<Language, String> {
    Language::ALL
        .into_iter()
        .find(|language| language.code() == text)
        .ok_or_else(|| "fr or en".to_owned())
}

fn page(text: &str) -> Result<Page, String> {
    Page::named(text).ok_or_else(|| Page::ALL.map(Page::name).join(", "))
}

/// Runs the window program of this process.
#[must_use]
pub fn main() -> ExitCode {
    let begun = Instant::now();
    let arguments = Arguments::parse();
    let mut platform = match Platform::open(arguments.home.as_deref(), arguments.config.as_deref())
    {
        Ok(platform) => platform,
        Err(error) => {
            cli::complain(&error.to_string());
            return cli::Exit::Arguments.into();
        }
    };
    let _logging = logging::start(Some(&platform.home.logs()), 0);
    crate::service::continuity::notify::speak_with(crate::text::notice_of_home);
    platform.overrides.language = arguments.lang.is_some();
    let set = platform.config.window.language;
    let language = arguments
        .lang
        .or(set.map(|set| Language::of(set.code())))
        .unwrap_or_default();
    let text = Text::new(language, local_zone());
    let _only = match only_window(&platform) {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            cli::complain(&text.get("window-already-open"));
            return cli::Exit::Busy.into();
        }
        Err(error) => {
            cli::complain(&format!("{}: {error}", platform.home.root().display()));
            return cli::Exit::FailSafe.into();
        }
    };
    let patience = Duration::from_secs(arguments.probe_timeout);
    let probe = arguments.probe.then_some(ProbeAsk {
        page: arguments.probe_page,
        begun,
        patience,
    });
    let probing = probe.is_some();
    if probing {
        watch_over_probe(patience);
    }
    match open(&platform, language, probe) {
        Ok(closed) if probing => print_probe(closed.probe.as_ref()),
        Ok(closed) => {
            keep_place(&platform, closed.place.as_ref());
            ExitCode::SUCCESS
        }
        Err(why) => {
            match why {
                // Nothing is wrong with a server.
                OpenError::NoDisplay(_) => tracing::info!(%why, "no window"),
                _ => tracing::error!(%why, "no window"),
            }
            if probing {
                cli::complain(&why.to_string());
                return cli::Exit::FailSafe.into();
            }
            match &why {
                OpenError::BrokeOff(_) => {
                    cli::complain(&why.to_string());
                    return cli::Exit::FailSafe.into();
                }
                OpenError::NothingDraws(tried) => nothing_draws(tried),
                OpenError::NoDisplay(_) => cli::complain(&text.get("cli-no-display")),
            }
            cli::in_terminal(&platform, &text).into()
        }
    }
}

/// Opens the window and returns when it is closed; says why where there can be none.
fn open(
    platform: &Platform,
    language: Language,
    probe: Option<ProbeAsk>,
) -> Result<Closed, OpenError> {
    let options = WindowOptions {
        language,
        theme: platform.config.window.theme,
        renderer: match platform.config.window.renderer {
            RendererChoice::Auto => Wish::Auto,
            RendererChoice::Wgpu => Wish::Wgpu,
            RendererChoice::Glow => Wish::Glow,
        },
        // A probe opens where anybody's first window would.
        place: match probe {
            Some(_) => Place::default(),
            None => Place::read(&platform.home.window_place()),
        },
        probe,
        ..WindowOptions::default()
    };
    let platform = platform.clone();
    gui::open(&options, move |wake| engine::start(platform, wake))
}

/// The last place is written when the window is gone: its service no longer is there to do it.
fn keep_place(platform: &Platform, place: Option<&Place>) {
    let file = platform.home.window_place();
    if let Some(Err(error)) = place.map(|place| place.write(&file)) {
        tracing::warn!(%error, file = %file.display(), "where the window was cannot be kept");
    }
}

/// There is a display and nothing that draws on it: said in both languages, whatever the window's would have
/// been, and in a box where there is no terminal.
fn nothing_draws(tried: &[Failed]) {
    let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
    let words = Language::ALL.map(|language| {
        Text::new(language, local_zone())
            .with("nothing-draws", [("tried", tried.join("; ").into())])
    });
    cli::complain(&words.join("\n\n"));
    #[cfg(windows)]
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Camrail Live Monitor")
        .set_description(words.join("\n\n"))
        .show();
}

/// A driver may hang where the frame loop cannot look at a clock.
fn watch_over_probe(patience: Duration) {
    const GRACE: Duration = Duration::from_secs(10);
    let watching = std::thread::Builder::new()
        .name("probe-watch".into())
        .spawn(move || {
            std::thread::sleep(patience + GRACE);
            cli::complain("probe: nothing was drawn in time");
            std::process::exit(cli::Exit::FailSafe as i32);
        });
    if let Err(error) = watching {
        tracing::warn!(%error, "nobody watches over the probe");
    }
}

fn print_probe(report: Option<&ProbeReport>) -> ExitCode {
    use std::io::Write as _;
    let Some(report) = report else {
        cli::complain("probe: the window was closed before its page was drawn");
        return cli::Exit::FailSafe.into();
    };
    let printed = serde_json::to_string_pretty(report)
        .map_err(std::io::Error::from)
        .and_then(|json| writeln!(std::io::stdout().lock(), "{json}"));
    match printed {
        Ok(()) if report.ready => ExitCode::SUCCESS,
        Ok(()) => cli::Exit::FailSafe.into(),
        Err(error) => {
            cli::complain(&error.to_string());
            cli::Exit::FailSafe.into()
        }
    }
}

/// One window a home: the lock lasts as long as the file is open.
fn only_window(platform: &Platform) -> std::io::Result<Option<File>> {
    std::fs::create_dir_all(platform.home.database_dir())?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(platform.home.window_lock())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
