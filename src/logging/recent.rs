//! The last lines that this process logged.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Lines that are kept; older ones are in the files.
pub const KEPT: usize = 2000;
/// Of a message, or of all its fields; what is longer is in the files.
const LONGEST: usize = 4096;

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

impl Level {
    /// Gravest first.
    pub const ALL: [Self; 4] = [Self::Error, Self::Warn, Self::Info, Self::Debug];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// By the word of a log file.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "ERROR" => Some(Self::Error),
            "WARN" => Some(Self::Warn),
            "INFO" => Some(Self::Info),
            "DEBUG" | "TRACE" => Some(Self::Debug),
            _ => None,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// UTC milliseconds.
    pub at_ms: i64,
    pub level: Level,
    /// The part of the program.
    pub target: String,
    pub message: String,
    /// `name=value`, apart by spaces.
    pub fields: String,
}

/// A bounded memory of lines; every thread writes, the service reads.
pub struct Recent {
    since_ms: i64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    lines: VecDeque<Arc<Line>>,
    written: u64,
}

static RECENT: LazyLock<Recent> = LazyLock::new(Recent::new);

/// That of this process.
#[must_use]
pub fn recent() -> &'static Recent {
    &RECENT
}

impl Recent {
    pub(crate) fn new() -> Self {
        Self {
            since_ms: now_ms(),
            held: Mutex::default(),
        }
    }

    /// Since when lines are kept, UTC milliseconds.
    #[must_use]
    pub fn since_ms(&self) -> i64 {
        self.since_ms
    }

    /// How many lines were ever written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.held().written
    }

    /// The lines that are kept, oldest first, and how many were ever written.
    #[must_use]
    pub fn lines(&self) -> (Vec<Arc<Line>>, u64) {
        let held = self.held();
        (held.lines.iter().cloned().collect(), held.written)
    }

    fn push(&self, line: Line) {
        let mut held = self.held();
        if held.lines.len() == KEPT {
            held.lines.pop_front();
        }
        held.lines.push_back(Arc::new(line));
        held.written += 1;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A thread that broke off while it held the lines left whole lines.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is logged.
    pub(crate) fn layer(&'static self) -> RecentLayer {
        RecentLayer(self)
    }
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Adds a field to those of a line; words with spaces between quotes.
pub fn push_field(fields: &mut String, name: &str, value: &str) {
    if !fields.is_empty() {
        fields.push(' ');
    }
    fields.push_str(name);
    fields.push('=');
    if value.contains(' ') {
        fields.push('“');
        fields.push_str(value);
        fields.push('”');
    } else {
        fields.push_str(value);
    }
}

pub(crate) struct RecentLayer(&'static Recent);

impl<S: Subscriber> Layer<S> for RecentLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        let mut line = Line {
            at_ms: now_ms(),
            level: match *meta.level() {
                tracing::Level::ERROR => Level::Error,
                tracing::Level::WARN => Level::Warn,
                tracing::Level::INFO => Level::Info,
                _ => Level::Debug,
            },
            target: meta.target().to_owned(),
            message: String::new(),
            fields: String::new(),
        };
        event.record(&mut Words(&mut line));
        for words in [&mut line.message, &mut line.fields] {
            if words.len() > LONGEST {
                words.truncate(words.floor_char_boundary(LONGEST));
                words.push('…');
            }
        }
        self.0.push(line);
    }
}

struct Words<'a>(&'a mut Line);

impl Words<'_> {
    fn push(&mut self, name: &str, value: &str) {
        if name == "message" {
            value.clone_into(&mut self.0.message);
        } else {
            push_field(&mut self.0.fields, name, value);
        }
    }
}

impl Visit for Words<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field.name(), &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt;

    fn logged(what: impl FnOnce()) -> Vec<Arc<Line>> {
        let recent: &'static Recent = Box::leak(Box::new(Recent::new()));
        let subscriber = tracing_subscriber::registry().with(recent.layer());
        tracing::subscriber::with_default(subscriber, what);
        recent.lines().0
    }

    #[test]
    fn a_line_has_its_level_its_words_and_its_fields() {
        let error = std::io::Error::other("disque plein");
        let lines = logged(|| {
            tracing::warn!(target: "cidp::x", n = 3, why = "a b", %error, "pas écrit");
        });
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!((line.level, line.target.as_str()), (Level::Warn, "cidp::x"));
        assert_eq!(line.message, "pas écrit");
        assert_eq!(line.fields, "n=3 why=“a b” error=“disque plein”");
        assert!((now_ms() - line.at_ms).abs() < 60_000);
    }

    #[test]
    fn memory_is_bounded() {
        let lines = logged(|| {
            for i in 0..KEPT + 3 {
                tracing::info!("{i}");
            }
            tracing::error!(long = "é".repeat(10_000), "{}", "x".repeat(10_000));
        });
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[0].message, "4");
        let last = lines.last().unwrap();
        assert!(last.message.len() < 5000 && last.fields.ends_with('…'));
    }
}
