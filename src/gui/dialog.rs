//! One native dialog: made on the interface thread and awaited on a small thread; the frame only looks whether an
//! answer came.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use eframe::egui::Context;
use rfd::FileHandle;

/// No hand cancels a dialog faster than this: it was never shown.
const NEVER_SHOWN: Duration = Duration::from_millis(400);

/// A dialog that is open.
pub struct Dialog {
    answer: Receiver<Option<PathBuf>>,
    since: Instant,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    File(PathBuf),
    Cancelled,
    /// The machine could not show a dialog.
    NeverShown,
}

impl Dialog {
    /// Awaits what the user picks, and wakes the window then.
    pub fn open(
        ctx: &Context,
        picking: impl Future<Output = Option<FileHandle>> + Send + 'static,
    ) -> Self {
        let (tell, answer) = channel();
        let ctx = ctx.clone();
        let spawned = std::thread::Builder::new()
            .name("dialog".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let picked = runtime.ok().and_then(|r| r.block_on(picking));
                // The window may be gone meanwhile; then nobody waits for the answer.
                let _ = tell.send(picked.map(|file| file.path().to_owned()));
                ctx.request_repaint();
            });
        if let Err(why) = spawned {
            // The channel is closed then, which `poll` takes for no dialog.
            tracing::warn!(%why, "cannot start the dialog's thread");
        }
        Self {
            answer,
            since: Instant::now(),
        }
    }

    /// Looks whether the user has answered. Never waits.
    pub fn poll(&self) -> Option<Answer> {
        let picked = match self.answer.try_recv() {
            Ok(picked) => picked,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        Some(match picked {
            Some(path) => Answer::File(path),
            None if self.since.elapsed() < NEVER_SHOWN => Answer::NeverShown,
            None => Answer::Cancelled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(dialog: &Dialog) -> Answer {
        loop {
            match dialog.poll() {
                Some(answer) => return answer,
                None => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_file_comes_and_an_answer_without_one_at_once_is_no_dialog() {
        let ctx = Context::default();
        let file = FileHandle::from(PathBuf::from("/data/a.csv"));
        let picked = Dialog::open(&ctx, std::future::ready(Some(file)));
        assert_eq!(answer(&picked), Answer::File(PathBuf::from("/data/a.csv")));
        let none = Dialog::open(&ctx, std::future::ready(None));
        assert_eq!(answer(&none), Answer::NeverShown);
        let open = Dialog::open(&ctx, std::future::pending());
        assert_eq!(open.poll(), None);
    }
}
