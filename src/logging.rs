//! Logs: readable lines on stderr, and a JSON file a day in the home, the last fourteen kept. The last lines are
//! kept in memory too, for the page that shows them.

mod recent;

use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

pub use recent::{KEPT, Level, Line, Recent, push_field, recent};

const FILES: usize = 14;
/// What is worth a place in the file and on the page.
const WORTH: &str = "warn,cidp=info";

/// Keeps the log file open; what is buffered is written when it is dropped.
pub struct Logging {
    _file: Option<WorkerGuard>,
}

/// Starts logging once for the process. Without a folder, or where it cannot be written, stderr is all.
#[must_use]
pub fn start(folder: Option<&Path>, verbose: u8) -> Logging {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("CIDP_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("error,cidp={level}")));
    let stderr = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_filter(filter);
    let appender = folder.and_then(|folder| {
        std::fs::create_dir_all(folder).ok()?;
        tracing_appender::rolling::Builder::new()
            .rotation(tracing_appender::rolling::Rotation::DAILY)
            .filename_prefix("cidp")
            .filename_suffix("jsonl")
            .max_log_files(FILES)
            .build(folder)
            .ok()
    });
    let no_file = folder.is_some() && appender.is_none();
    let (file, guard) = match appender.map(tracing_appender::non_blocking) {
        Some((writer, guard)) => {
            let layer = fmt::layer()
                .json()
                .with_writer(writer)
                .with_filter(EnvFilter::new(WORTH));
            (Some(layer), Some(guard))
        }
        None => (None, None),
    };
    // A second start in one process (tests) keeps the first.
    let _already_started = tracing_subscriber::registry()
        .with(stderr)
        .with(file)
        .with(recent().layer().with_filter(EnvFilter::new(WORTH)))
        .try_init();
    if no_file {
        tracing::warn!("the log folder cannot be written: logging to stderr only");
    }
    Logging { _file: guard }
}
