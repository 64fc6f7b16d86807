//! The window program: arguments → one window a home → service → pages; the terminal where there is no
//! display.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::cli;
use crate::gui::{self, WindowOptions};
use crate::logging;
use crate::service::engine;
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
}

fn language(text: &str) -> Result<Language, String> {
    Language::ALL
        .into_iter()
        .find(|language| language.code() == text)
        .ok_or_else(|| "fr or en".to_owned())
}

/// Runs the window program of this process.
#[must_use]
pub fn main() -> ExitCode {
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
    match open(&platform, language) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::info!(why, "no window");
            cli::complain(&text.get("cli-no-display"));
            cli::in_terminal(&platform, &text).into()
        }
    }
}

/// Opens the window and returns when it is closed; says why where there can be none.
fn open(platform: &Platform, language: Language) -> Result<(), String> {
    let options = WindowOptions {
        language,
        theme: platform.config.window.theme,
        ..WindowOptions::default()
    };
    let platform = platform.clone();
    // A display library that is missing panics instead of failing: that is no display either.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        gui::open(options, move |wake| engine::start(platform, wake))
    }))
    .map_err(|_| "the display could not be used".to_owned())?
    .map_err(|e| e.to_string())
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
