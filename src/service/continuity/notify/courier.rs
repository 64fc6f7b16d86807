//! Looks and sends, on a thread of its own, while a window is open or `cidp watch` runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;

use super::{Case, News, PATIENCE, WORDING, broke_off, look, post, report, words};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// What following cannot take in is tried again and again: only what lasts so long is told.
const LASTS: Duration = Duration::from_secs(60);
/// Looks in a row that fail before the warehouse counts as one that cannot be used: a restore swaps it meanwhile.
const FAILED_LOOKS: u32 = 6;

enum Ask {
    Tell(News),
    Live(Option<String>),
    Configured(Box<Platform>),
}

/// Shows a notice on the desktop: title and text.
type Show = Box<dyn Fn(&str, &str) + Send>;

/// A thread that looks and sends until it is dropped; a message under way then is tried again by the next program.
pub struct Courier {
    asks: Sender<Ask>,
    rests: Arc<AtomicBool>,
}

impl Courier {
    /// Starts. `show` is given each change of a case, for the desktop.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        platform: Platform,
        show: impl Fn(&str, &str) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (asks, asked) = channel();
        let rests = Arc::new(AtomicBool::new(false));
        let mut round = Round {
            platform,
            show: Box::new(show),
            stands: BTreeMap::new(),
            live: None,
            failed: 0,
        };
        let resting = Arc::clone(&rests);
        std::thread::Builder::new()
            .name("cidp-courier".into())
            .spawn(move || round.serve(&asked, &resting))?;
        Ok(Self { asks, rests })
    }

    /// News that no record holds: a run that could not even begin.
    pub fn tell(&self, news: News) {
        self.ask(Ask::Tell(news));
    }

    /// How following goes: why nothing can be taken in, where it is so. The warehouse may hold no word of it.
    pub fn live(&self, fault: Option<&str>) {
        self.ask(Ask::Live(fault.map(str::to_owned)));
    }

    /// Another configuration is in force.
    pub fn configured(&self, platform: &Platform) {
        self.ask(Ask::Configured(Box::new(platform.clone())));
    }

    /// While another file takes the place of the warehouse it is not opened: some systems move no open file.
    pub fn rest(&self, rests: bool) {
        self.rests.store(rests, Ordering::Relaxed);
    }

    fn ask(&self, ask: Ask) {
        if self.asks.send(ask).is_err() {
            tracing::error!("the courier is gone: the people on call are not told");
        }
    }
}

struct Round {
    platform: Platform,
    show: Show,
    /// How each case stood at the last look.
    stands: BTreeMap<Case, bool>,
    /// Since when nothing can be taken in, and why.
    live: Option<(Instant, String)>,
    failed: u32,
}

impl Round {
    fn serve(&mut self, asked: &Receiver<Ask>, rests: &AtomicBool) {
        loop {
            match asked.recv_timeout(LOOK) {
                Ok(Ask::Tell(news)) => {
                    self.show_change(&news);
                    report(&self.platform, &news);
                }
                Ok(Ask::Live(fault)) => self.hear_live(fault),
                Ok(Ask::Configured(platform)) => self.platform = *platform,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if !rests.load(Ordering::Relaxed) {
                self.look();
                post::send_due(&self.platform, wall_ms(), PATIENCE, &|| {
                    !rests.load(Ordering::Relaxed)
                });
            }
        }
    }

    fn hear_live(&mut self, fault: Option<String>) {
        match fault {
            Some(why) => {
                let since = self.live.as_ref().map_or_else(Instant::now, |live| live.0);
                self.live = Some((since, why));
            }
            None => {
                self.live = None;
                let news = News::over(Case::Live, wall_ms());
                self.show_change(&news);
                look::report_untold(&self.platform, &[news]);
            }
        }
    }

    fn look(&mut self) {
        if let Some((since, why)) = &self.live
            && since.elapsed() >= LASTS
            && self.stands.get(&Case::Live) != Some(&false)
        {
            let news = News::began(Case::Live, wall_ms(), why.clone());
            self.show_change(&news);
            report(&self.platform, &news);
        }
        match look::judge(&self.platform, wall_ms()) {
            Ok(news) => {
                self.failed = 0;
                for news in &news {
                    self.show_change(news);
                }
                look::report_untold(&self.platform, &news);
            }
            Err(error) => {
                self.failed = self.failed.saturating_add(1);
                if self.failed == FAILED_LOOKS
                    && let Some(news) = broke_off(&error)
                {
                    self.show_change(&news);
                    report(&self.platform, &news);
                }
            }
        }
    }

    /// On the desktop goes what changes while somebody may be looking: not what was so before.
    fn show_change(&mut self, news: &News) {
        let before = self.stands.insert(news.case, news.over);
        // These are told when they happen, never found.
        let happens = matches!(news.case, Case::Warehouse | Case::Live);
        let found = happens && !news.over && before.is_none();
        if (before.is_some_and(|over| over != news.over) || found)
            && self.platform.config.alarms.notifications
            && WORDING.get().is_some()
        {
            let (subject, _) = words(&self.platform, news);
            (self.show)(&subject, &news.cause);
        }
    }
}
