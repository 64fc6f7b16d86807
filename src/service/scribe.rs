//! Writes what people do and what the service notes (annotations, acknowledgements, alarms) into the
//! warehouse, in order, on a thread of its own: a load under way is waited for here and nowhere else.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::warehouse::{Patience, Warehouse, WarehouseError};

type Act = Box<dyn FnOnce(&mut Warehouse) -> Result<(), WarehouseError> + Send>;

/// Takes acts, writes them in order; what cannot be written is told. Dropped, it first writes what it holds.
pub(super) struct Scribe {
    acts: Option<Sender<Act>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// `failed` is called with the reason for each act that could not be written.
    pub fn start(
        warehouse: PathBuf,
        failed: impl Fn(String) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (acts, waiting) = channel::<Act>();
        let thread = std::thread::Builder::new()
            .name("cidp-scribe".into())
            .spawn(move || {
                while let Ok(first) = waiting.recv() {
                    // Opened for what waits now, and closed again: a new warehouse may take its place.
                    match Warehouse::open_to_note(&warehouse) {
                        Ok(mut open) => {
                            for act in std::iter::once(first).chain(waiting.try_iter()) {
                                if let Err(error) = act(&mut open) {
                                    if matches!(error, WarehouseError::Locked) {
                                        // Waited for once: the acts behind it try, and do not wait as long again.
                                        open.wait_with(Patience::silent(Duration::ZERO));
                                    }
                                    failed(error.to_string());
                                }
                            }
                        }
                        Err(error) => {
                            for _ in std::iter::once(first).chain(waiting.try_iter()) {
                                failed(error.to_string());
                            }
                        }
                    }
                }
            })?;
        Ok(Self {
            acts: Some(acts),
            thread: Some(thread),
        })
    }

    /// Queues an act.
    pub fn write(
        &self,
        act: impl FnOnce(&mut Warehouse) -> Result<(), WarehouseError> + Send + 'static,
    ) {
        if let Some(acts) = &self.acts
            && acts.send(Box::new(act)).is_err()
        {
            tracing::error!("the scribe is gone: an act is not kept");
        }
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.acts = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the scribe broke off");
        }
    }
}

/// The account that runs the program, where no variable names it: a service, a scheduled task. The system's list of
/// accounts says it; one that is not in the list stays a number.
static OWNER: LazyLock<Option<String>> = LazyLock::new(owner);

#[cfg(unix)]
fn owner() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(named(&accounts, &uid).unwrap_or(&uid).to_owned())
}

#[cfg(unix)]
fn named<'a>(accounts: &'a str, uid: &str) -> Option<&'a str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(uid) && !name.is_empty()).then_some(name)
    })
}

#[cfg(not(unix))]
const fn owner() -> Option<String> {
    None
}

/// The account of the system that runs the program: what roles go by. On Unix the number of its owner decides, no
/// variable of the environment does; Windows tells a program its account by a variable only.
#[must_use]
pub fn account() -> &'static str {
    static ACCOUNT: LazyLock<String> = LazyLock::new(|| match OWNER.clone() {
        Some(owner) if owner.parse::<u32>().is_err() => owner,
        // Accounts of a directory are in no list of this machine.
        owner => asked_of_system()
            .or(owner)
            .or_else(of_environment)
            .unwrap_or_else(|| "?".into()),
    });
    &ACCOUNT
}

#[cfg(unix)]
fn asked_of_system() -> Option<String> {
    let told = std::process::Command::new("/usr/bin/id")
        .arg("-un")
        .output()
        .ok()?;
    let name = String::from_utf8(told.stdout).ok()?.trim().to_owned();
    (told.status.success() && !name.is_empty()).then_some(name)
}

#[cfg(not(unix))]
const fn asked_of_system() -> Option<String> {
    None
}

/// Only where the system itself does not say: a variable is anybody's to set.
fn of_environment() -> Option<String> {
    ["USERNAME", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .map(|who| who.trim().to_owned())
        .find(|who| !who.is_empty())
}

/// Who acts: the name given in the settings, else the account of the system.
#[must_use]
pub fn who(operator: Option<&str>) -> String {
    operator
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map_or_else(|| account().to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::{Entry, Reader};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn entry(words: &str) -> Entry {
        Entry {
            entry: 0,
            at_ms: 1,
            who: who(Some("Ngo")),
            act: "note".into(),
            loco: None,
            of_ms: None,
            words: words.into(),
            detail: serde_json::json!({}),
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_account_is_named_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\n:x:7:7::/:\nbad\nngo:x:1000:1000:Ngo,,,:/home/ngo:/bin/sh\n";
        assert_eq!(named(accounts, "1000"), Some("ngo"));
        assert_eq!(named(accounts, "0"), Some("root"));
        for unknown in ["7", "10", ""] {
            assert_eq!(named(accounts, unknown), None);
        }
        assert!(owner().is_none_or(|name| !name.is_empty()));
    }

    #[test]
    fn acts_are_written_in_order_and_before_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        drop(Warehouse::open(&path).unwrap());
        let scribe = Scribe::start(path.clone(), |why| panic!("{why}")).unwrap();
        for words in ["un", "deux", "trois"] {
            scribe.write(move |w| w.note(&entry(words)).map(drop));
        }
        drop(scribe);
        let told = Reader::open(&path).unwrap().journal_of("note", 9).unwrap();
        let words: Vec<_> = told.iter().map(|e| e.words.as_str()).collect();
        assert_eq!(words, ["trois", "deux", "un"]);
    }

    #[test]
    fn an_act_without_a_warehouse_is_told_and_makes_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none.sqlite");
        let told = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&told);
        let scribe = Scribe::start(path.clone(), move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        scribe.write(|w| w.note(&entry("x")).map(drop));
        drop(scribe);
        assert_eq!(told.load(Ordering::Relaxed), 1);
        assert!(!path.exists());
    }
}
