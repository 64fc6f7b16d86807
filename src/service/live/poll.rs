//! An address that is asked again and again, on a thread of its own: a server that does not answer holds up
//! no file. What it answered waits until it is taken, and only then is it asked again.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use crate::config::SourceConfig;
use crate::domain::SourceError;
use crate::domain::ports::{RecordStream, SourceFile};
use crate::service::inputs;
use crate::sources::http::{HttpFile, HttpPoll};

/// How long a thread that is not wanted any more may go on.
const STEP: Duration = Duration::from_millis(100);

/// What is new, or that nothing is.
type Answer = Result<Option<HttpFile>, SourceError>;

/// One followed source behind an address.
pub(super) struct Poll {
    answers: Receiver<Answer>,
    stop: Arc<AtomicBool>,
    /// Fetched and not in the warehouse yet.
    waiting: Option<Rc<HttpFile>>,
    failing: Option<SourceError>,
    asked: bool,
}

impl Poll {
    /// Begins to ask.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(source: &SourceConfig, url: &str) -> std::io::Result<Self> {
        let (send, answers) = sync_channel(0);
        let stop = Arc::new(AtomicBool::new(false));
        let (source, url, stopped) = (source.clone(), url.to_owned(), Arc::clone(&stop));
        std::thread::Builder::new()
            .name("cidp-poll".into())
            .spawn(move || ask(&source, &url, &send, &stopped))?;
        Ok(Self {
            answers,
            stop,
            waiting: None,
            failing: None,
            asked: false,
        })
    }

    /// Takes the next answer, when the last one is in.
    pub fn look(&mut self) {
        if self.waiting.is_some() {
            return;
        }
        match self.answers.try_recv() {
            Ok(Ok(file)) => {
                (self.waiting, self.failing, self.asked) = (file.map(Rc::new), None, true);
            }
            Ok(Err(error)) => (self.failing, self.asked) = (Some(error), true),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => {
                let why = "its thread has ended".to_owned();
                (self.failing, self.asked) = (Some(SourceError::Unreachable { why }), true);
            }
        }
    }

    pub fn dead(&self) -> Option<SourceError> {
        self.failing.clone()
    }

    pub const fn is_known(&self) -> bool {
        self.asked
    }

    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// The answer that waits; it stays until it is [settled](Self::settle).
    pub fn open(&self) -> Option<Box<dyn SourceFile>> {
        let file = self.waiting.as_ref()?;
        Some(Box::new(Shared(Rc::clone(file))))
    }

    /// The answer is in the warehouse, or refused for what it says.
    pub fn settle(&mut self) {
        self.waiting = None;
    }
}

/// An answer that is read, and kept until it is in.
struct Shared(Rc<HttpFile>);

impl SourceFile for Shared {
    fn path(&self) -> &str {
        self.0.path()
    }

    fn stem(&self) -> &str {
        self.0.stem()
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        self.0.digest()
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        self.0.open()
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn ask(source: &SourceConfig, url: &str, send: &SyncSender<Answer>, stop: &AtomicBool) {
    let every = Duration::from_secs_f64(source.poll_secs);
    let mut poll = HttpPoll::new(inputs::address(source, url), source.dialect());
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let answer = poll.ask();
        if send.send(answer).is_err() {
            return;
        }
        while asked.elapsed() < every && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(STEP.min(every));
        }
    }
}
