//! Notifications of the desktop, on a thread of their own: a desktop that has none, or that does not answer, holds
//! nothing up. What fails is logged once.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Notices waiting at most: a desktop that shows none must not make them pile up.
const WAITING: usize = 8;

/// Shows notices.
pub struct Notifier(SyncSender<(String, String)>);

impl Notifier {
    /// Starts its thread; `show` is given title and text.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        show: impl Fn(&str, &str) -> Result<(), String> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (notices, waiting) = sync_channel(WAITING);
        std::thread::Builder::new()
            .name("cidp-notices".into())
            .spawn(move || serve(&waiting, show))?;
        Ok(Self(notices))
    }

    /// Shows a notice, soon; one too many is left out, for the window tells it all.
    pub fn tell(&self, title: String, text: String) {
        match self.0.try_send((title, text)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                tracing::warn!("the desktop is slow: a notice is left out")
            }
            Err(TrySendError::Disconnected(_)) => tracing::warn!("notices have broken off"),
        }
    }
}

fn serve(waiting: &Receiver<(String, String)>, show: impl Fn(&str, &str) -> Result<(), String>) {
    let mut failed = false;
    while let Ok((title, text)) = waiting.recv() {
        match show(&title, &text) {
            Ok(()) => failed = false,
            Err(why) => {
                if !std::mem::replace(&mut failed, true) {
                    tracing::warn!(why, "the desktop shows no notices");
                }
            }
        }
    }
}

/// The desktop's own.
///
/// # Errors
/// There is no desktop, or it shows no notices.
pub fn on_desktop(title: &str, text: &str) -> Result<(), String> {
    notify_rust::Notification::new()
        .appname("Camrail Live Monitor")
        .summary(title)
        .body(text)
        .show()
        .map(drop)
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn notices_are_shown_in_order_and_a_failure_ends_nothing() {
        let (shown, seen) = channel();
        let notifier = Notifier::start(move |title, text| {
            shown.send(format!("{title}: {text}")).unwrap();
            if text == "1" {
                Err("no desktop".into())
            } else {
                Ok(())
            }
        })
        .unwrap();
        for n in 1..=3 {
            notifier.tell("ALARME".into(), n.to_string());
        }
        let told: Vec<String> = (0..3)
            .map(|_| seen.recv_timeout(Duration::from_secs(10)).unwrap())
            .collect();
        assert_eq!(told, ["ALARME: 1", "ALARME: 2", "ALARME: 3"]);
    }

    #[test]
    fn a_desktop_that_hangs_holds_nothing_up() {
        let (release, held) = channel::<()>();
        let notifier = Notifier::start(move |_, _| held.recv().map_err(|e| e.to_string())).unwrap();
        for n in 0..100 {
            notifier.tell("ALARME".into(), n.to_string());
        }
        drop(release);
    }
}
