//! Past the outbox: a warehouse that cannot be written must not silence the call. Once a case, as well as can be: a
//! small file beside the reports says so, and where that cannot be written either the log alone knows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::warehouse::Way;

use super::send::{Failure, Outgoing, send_bounded};
use super::{Became, SHORT_PATIENCE, UNHEARD_MS};

fn file(platform: &Platform) -> PathBuf {
    platform.home.reports().join("told.json")
}

/// Cases told past the outbox: when, UTC milliseconds.
fn told(platform: &Platform) -> BTreeMap<String, i64> {
    // None, or one that cannot be read: a message too many is better than one too few.
    std::fs::read(file(platform))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn keep(platform: &Platform, told: &BTreeMap<String, i64>) {
    let file = file(platform);
    let written = if told.is_empty() {
        std::fs::remove_file(&file)
    } else {
        std::fs::create_dir_all(platform.home.reports())
            .and_then(|()| std::fs::write(&file, serde_json::json!(told).to_string()))
    };
    if let Err(error) = written {
        tracing::warn!(%error, "who was told past the outbox cannot be kept");
    }
}

/// Whether a case was told past the outbox lately.
pub fn was_told(platform: &Platform, about: &str) -> bool {
    told(platform)
        .get(about)
        .is_some_and(|at_ms| wall_ms() - at_ms < UNHEARD_MS)
}

/// The case is in the outbox, or over.
pub fn forget(platform: &Platform, about: &str) {
    let mut told = told(platform);
    if told.remove(about).is_some() {
        keep(platform, &told);
    }
}

/// Sends to everybody at once and keeps that it did, where anybody was reached.
pub fn send(
    platform: &Platform,
    about: &str,
    subject: &str,
    body: &str,
    to: &[(Way, String)],
) -> Vec<Became> {
    let became = to_all(platform, about, subject, body, to);
    if became.iter().any(|one| one.error.is_none()) {
        let mut told = told(platform);
        told.insert(about.to_owned(), wall_ms());
        keep(platform, &told);
    }
    became
}

/// Sends to everybody at once; each of them on a thread, so that one that hangs keeps none from the others.
pub fn to_all(
    platform: &Platform,
    about: &str,
    subject: &str,
    body: &str,
    to: &[(Way, String)],
) -> Vec<Became> {
    let at_ms = wall_ms();
    let one = |(way, addressee): &(Way, String)| {
        let outgoing = Outgoing {
            number: 0,
            at_ms,
            about: about.to_owned(),
            way: *way,
            addressee: addressee.clone(),
            subject: subject.to_owned(),
            body: body.to_owned(),
        };
        let error = match send_bounded(platform, &outgoing, SHORT_PATIENCE) {
            Ok(()) => None,
            Err(Failure::Passing(why) | Failure::Lasting(why)) => Some(why),
        };
        match &error {
            None => tracing::info!(about, addressee, "sent past the outbox"),
            Some(why) => tracing::error!(about, addressee, why, "not sent past the outbox"),
        }
        Became {
            way: *way,
            addressee: addressee.clone(),
            error,
        }
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = to
            .iter()
            .map(|to| (to, scope.spawn(move || one(to))))
            .collect();
        all.into_iter()
            .map(|((way, addressee), thread)| {
                thread.join().unwrap_or_else(|_| Became {
                    way: *way,
                    addressee: addressee.clone(),
                    error: Some("sending broke off".into()),
                })
            })
            .collect()
    })
}
