//! The outbox is emptied: each message is tried when its time has come, again after longer and longer, and given up
//! after two days or where the far side will never take it.

use std::time::Duration;

use crate::service::platform::Platform;
use crate::warehouse::{Message, Tried, UNFINISHED, Warehouse, WarehouseError};

use super::send::{Failure, Outgoing, send_bounded};
use super::{QUEUE_PATIENCE, Waiting, addressees};

/// Before the second try; doubled before each further one.
const FIRST_PAUSE_MS: i64 = 60_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// So long after it was queued a message is no news any more.
const GIVEN_UP_MS: i64 = 2 * 86_400_000;
/// Messages looked at in one go.
const BATCH: usize = 50;

/// How long after the `tries`th try the next one comes.
pub const fn pause_ms(tries: u32) -> i64 {
    let doubled = if tries > 12 { 12 } else { tries };
    let pause = FIRST_PAUSE_MS << doubled.saturating_sub(1);
    if pause < LONGEST_PAUSE_MS {
        pause
    } else {
        LONGEST_PAUSE_MS
    }
}

/// Sends what is due, as long as `go_on` says so; how many were sent. What goes wrong is noted with each message.
pub fn send_due(
    platform: &Platform,
    now_ms: i64,
    patience: Duration,
    go_on: &dyn Fn() -> bool,
) -> usize {
    let due = match platform.reader() {
        Ok(Some(reader)) => reader.outbox_due(now_ms, BATCH),
        Ok(None) => return 0,
        Err(error) => {
            tracing::warn!(%error, "the outbox cannot be read");
            return 0;
        }
    };
    let due = due.unwrap_or_else(|error| {
        tracing::warn!(%error, "the outbox cannot be read");
        Vec::new()
    });
    let mut sent = 0;
    for message in due {
        if !go_on() {
            break;
        }
        match send_one(platform, &message, now_ms, patience) {
            Ok(true) => sent += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, message = message.message, "what became of a message cannot be kept");
                break;
            }
        }
    }
    sent
}

fn open(platform: &Platform) -> Result<Warehouse, WarehouseError> {
    Warehouse::open_to_note_within(&platform.home.warehouse(), QUEUE_PATIENCE)
}

fn send_one(
    platform: &Platform,
    message: &Message,
    now_ms: i64,
    patience: Duration,
) -> Result<bool, WarehouseError> {
    let next_ms = now_ms + pause_ms(message.tries + 1);
    // Opened for each step and closed again: nothing is held while the far side is waited for.
    if !open(platform)?.claim(message, next_ms)? {
        return Ok(false);
    }
    let unfinished = message.error.as_deref() == Some(UNFINISHED);
    if unfinished {
        tracing::warn!(
            message = message.message,
            "the last try was cut off: the message may arrive twice"
        );
    }
    let tried = if addressees(&platform.config)
        .iter()
        .any(|(way, to)| *way == message.way && *to == message.addressee)
    {
        match send_bounded(platform, &Outgoing::of(message), patience) {
            Ok(()) => Tried::Sent(
                unfinished
                    .then(|| "the try before was cut off: it may have arrived twice".to_owned()),
            ),
            Err(Failure::Lasting(why)) => Tried::GivenUp(why),
            Err(Failure::Passing(why)) if now_ms - message.at_ms >= GIVEN_UP_MS => {
                Tried::GivenUp(why)
            }
            Err(Failure::Passing(why)) => Tried::Failed(why),
        }
    } else {
        Tried::GivenUp("no longer in the configuration".into())
    };
    match &tried {
        Tried::Sent(_) => tracing::info!(message = message.message, "a message is sent"),
        Tried::Failed(why) => {
            tracing::warn!(
                message = message.message,
                why,
                next_ms,
                "a message is tried again"
            );
        }
        Tried::GivenUp(why) => {
            tracing::error!(message = message.message, why, "a message is given up");
        }
    }
    open(platform)?.tried(message.message, &tried, now_ms)?;
    Ok(matches!(tried, Tried::Sent(_)))
}

/// What waits in the outbox.
pub fn waiting(platform: &Platform) -> Waiting {
    let due = match platform.reader() {
        Ok(Some(reader)) => reader.outbox_due(i64::MAX, BATCH),
        Ok(None) => return Waiting::default(),
        Err(error) => {
            return Waiting {
                messages: 0,
                why: Some(error.to_string()),
            };
        }
    };
    match due {
        Ok(left) => Waiting {
            messages: left.len(),
            why: left.into_iter().find_map(|message| message.error),
        },
        Err(error) => Waiting {
            messages: 0,
            why: Some(error.to_string()),
        },
    }
}
