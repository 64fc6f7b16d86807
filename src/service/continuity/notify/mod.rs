//! Messages to the people on call: queued in the warehouse, sent with back-off, never in the way of a run.
//!
//! What is wrong is read from what is kept: the records of runs, the schedule, the last verification, the last drills
//! ([`look`]). So it does not matter which program found it, and nothing is told twice: the outbox knows each case. A
//! [`Courier`] looks and sends while a window is open or `cidp watch` runs; other commands look and send once at their
//! end, after their result, for a bounded time ([`settle`]). Where the warehouse cannot be written the message goes out
//! at once, without it ([`directly`]): a broken database must not silence the call.

mod courier;
mod directly;
mod look;
mod post;
mod send;
#[cfg(test)]
#[path = "../../../../tests/integration/notify/servers.rs"]
mod test_servers;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::service::pipeline::{LockError, PipelineError, wall_ms};
use crate::service::platform::Platform;
use crate::sources::http;
use crate::warehouse::{Notice, Warehouse};

pub use crate::warehouse::{Message, Way};
pub use courier::Courier;

/// How long a message waits for a warehouse that is being written before it goes out without it.
const QUEUE_PATIENCE: Duration = Duration::from_secs(5);
/// For one try, where nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
/// For one try at the end of a command.
const SHORT_PATIENCE: Duration = Duration::from_secs(8);
/// A case that no addressee could be told is told again after so long.
const UNHEARD_MS: i64 = 6 * 3_600_000;

/// What is told. One message a case: it is told when it begins, and when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {
    RunFailed,
    RunLate,
    /// Sources are followed, and nothing can be taken in.
    Live,
    /// The warehouse cannot be used.
    Warehouse,
    BackupFailed,
    /// Rows are not what the ledger says, or the file is damaged.
    Damaged,
    DrillFailed,
    /// Nothing happened: somebody tries whether messages arrive.
    Test,
}

impl Case {
    pub const ALL: [Self; 8] = [
        Self::RunFailed,
        Self::RunLate,
        Self::Live,
        Self::Warehouse,
        Self::BackupFailed,
        Self::Damaged,
        Self::DrillFailed,
        Self::Test,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::RunFailed => "run_failed",
            Self::RunLate => "run_late",
            Self::Live => "live",
            Self::Warehouse => "warehouse",
            Self::BackupFailed => "backup_failed",
            Self::Damaged => "damaged",
            Self::DrillFailed => "drill_failed",
            Self::Test => "test",
        }
    }
}

/// Something that the people on call are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub case: Case,
    /// It is over: told only where its beginning was.
    pub over: bool,
    /// When it happened, UTC milliseconds; of a late run, when it was due.
    pub at_ms: i64,
    /// In the program's own words; empty: none.
    pub cause: String,
}

impl News {
    #[must_use]
    pub fn began(case: Case, at_ms: i64, cause: impl Into<String>) -> Self {
        Self {
            case,
            over: false,
            at_ms,
            cause: cause.into(),
        }
    }

    #[must_use]
    pub const fn over(case: Case, at_ms: i64) -> Self {
        Self {
            case,
            over: true,
            at_ms,
            cause: String::new(),
        }
    }
}

/// Subject and body of a message in the language of the home.
pub type Wording = fn(&Platform, &News) -> (String, String);

static WORDING: OnceLock<Wording> = OnceLock::new();

/// The words of this process: words are the shells', and what goes wrong is found below them.
pub fn speak_with(wording: Wording) {
    // Said a second time, it is the same.
    let _already = WORDING.set(wording);
}

fn words(platform: &Platform, news: &News) -> (String, String) {
    match WORDING.get() {
        Some(wording) => wording(platform, news),
        None => {
            let over = if news.over { " (over)" } else { "" };
            (
                format!("{}{over}", news.case.key()),
                format!("{}\n{}", news.cause, platform.home.root().display()),
            )
        }
    }
}

/// What became of a message to one addressee.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Became {
    pub way: Way,
    pub addressee: String,
    /// Why it was not sent; `None`: it was.
    pub error: Option<String>,
}

/// What became of news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// In the outbox.
    Queued,
    /// The case is told already, or its beginning never was.
    Known,
    /// The configuration names nobody.
    Nobody,
    /// The warehouse cannot be written: sent without it.
    Directly(Vec<Became>),
    /// The warehouse cannot be written, and there is nothing that could not wait.
    NotNow(String),
}

/// Everybody who is told: contacts with an e-mail address where there is a mail server, and the hook.
#[must_use]
pub fn addressees(config: &Config) -> Vec<(Way, String)> {
    let mut all = Vec::new();
    if config.mail.is_some() {
        for contact in config.contacts.iter().filter(|c| !c.email.is_empty()) {
            let to = (Way::Mail, contact.email.clone());
            if !all.contains(&to) {
                all.push(to);
            }
        }
    }
    if let Some(hook) = &config.hook {
        // What follows may hold a key.
        let shown = http::shown(&hook.url);
        let end = shown.find(['?', '#']).unwrap_or(shown.len());
        all.push((Way::Hook, shown[..end].to_owned()));
    }
    all
}

/// Tells the people on call, unless they know.
pub fn report(platform: &Platform, news: &News) -> Told {
    if addressees(&platform.config).is_empty() {
        return Told::Nobody;
    }
    let (subject, body) = words(platform, news);
    tell(platform, news, news.case.key(), &subject, &body)
}

/// Tells the people on call of a case in the caller's own words, once until [`over`] ends it.
pub fn queue(platform: &Platform, about: &str, subject: &str, body: &str) -> Told {
    let news = News::began(Case::Test, wall_ms(), "");
    tell(platform, &news, about, subject, body)
}

/// Tells that a case is over, where it was told.
pub fn over(platform: &Platform, about: &str, subject: &str, body: &str) -> Told {
    let news = News::over(Case::Test, wall_ms());
    tell(platform, &news, about, subject, body)
}

/// What a piece of work came to: its failure is told, and its next success.
pub fn ended(platform: &Platform, case: Case, result: Result<(), &str>) -> Told {
    report(
        platform,
        &match result {
            Ok(()) => News::over(case, wall_ms()),
            Err(why) => News::began(case, wall_ms(), why),
        },
    )
}

fn tell(platform: &Platform, news: &News, about: &str, subject: &str, body: &str) -> Told {
    let to = addressees(&platform.config);
    if to.is_empty() {
        return Told::Nobody;
    }
    let aside = directly::was_told(platform, about);
    let queued = Warehouse::open_to_note_within(&platform.home.warehouse(), QUEUE_PATIENCE)
        .and_then(|warehouse| {
            warehouse.queue(&Notice {
                about,
                over: news.over,
                at_ms: wall_ms(),
                subject,
                body,
                to: &to,
                told_aside: news.over && aside,
                unheard_since_ms: wall_ms() - UNHEARD_MS,
            })
        });
    match queued {
        Ok(true) => {
            tracing::info!(about, over = news.over, "the people on call are told");
            directly::forget(platform, about);
            Told::Queued
        }
        Ok(false) => Told::Known,
        Err(error) => {
            tracing::error!(%error, about, "the outbox cannot be written");
            if news.over {
                Told::NotNow(error.to_string())
            } else if aside {
                Told::Known
            } else {
                Told::Directly(directly::send(platform, about, subject, body, &to))
            }
        }
    }
}

/// A run that could not even begin: nothing in the warehouse speaks of it. One that another run kept waiting is none.
#[must_use]
pub fn broke_off(error: &PipelineError) -> Option<News> {
    match error {
        PipelineError::Lock(LockError::Busy { .. }) | PipelineError::Stopped => None,
        other => Some(News::began(Case::Warehouse, wall_ms(), other.to_string())),
    }
}

/// Sends a test message to everybody now, past the outbox.
#[must_use]
pub fn test(platform: &Platform) -> Vec<Became> {
    let news = News::began(Case::Test, wall_ms(), "");
    let (subject, body) = words(platform, &news);
    let to = addressees(&platform.config);
    directly::to_all(platform, Case::Test.key(), &subject, &body, &to)
}

/// The name of this computer.
#[must_use]
pub fn computer() -> String {
    lettre::transport::smtp::extension::ClientId::default().to_string()
}

/// What still waits after the end of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    pub messages: usize,
    /// Of the last try of one of them.
    pub why: Option<String>,
}

/// Looks and sends once, for no longer than `limit`; what is left stays in the outbox for the next program.
pub fn settle(platform: &Platform, broken: Option<News>, limit: Duration) -> Waiting {
    if addressees(&platform.config).is_empty() {
        return Waiting::default();
    }
    let deadline = Instant::now() + limit;
    let (done, waited) = sync_channel(1);
    let own = platform.clone();
    let work = move || {
        if let Some(news) = broken {
            report(&own, &news);
        }
        look::look_and_report(&own);
        post::send_due(&own, wall_ms(), SHORT_PATIENCE, &|| {
            Instant::now() < deadline
        });
        // Whoever waited has given up.
        let _late = done.send(());
    };
    if let Err(error) = std::thread::Builder::new()
        .name("cidp-notify".into())
        .spawn(work)
    {
        tracing::error!(%error, "messages wait for the next command");
    } else if waited.recv_timeout(limit).is_err() {
        tracing::warn!(
            secs = limit.as_secs(),
            "messages take long: the next program goes on"
        );
    }
    post::waiting(platform)
}

/// The last messages, newest first; none where there is no warehouse yet.
///
/// # Errors
/// The warehouse cannot be read.
pub fn outbox(platform: &Platform, limit: usize) -> Result<Vec<Message>, PipelineError> {
    Ok(match platform.reader()? {
        Some(reader) => reader.outbox(limit)?,
        None => Vec::new(),
    })
}
