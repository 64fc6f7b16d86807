//! The one integration binary: the program as its users meet it, and the rules of the house.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare itself has failed"
)]

mod alarms;
mod architecture;
mod backup;
mod breaker;
mod commands;
mod configs;
mod drills;
mod etl;
mod export;
mod failsafe;
mod holds;
mod hostile;
mod http;
mod killed;
mod ledger;
mod live;
mod locked;
mod notes;
mod notify;
mod older;
mod pollution;
mod real_data;
mod restart;
mod sources;
mod storage;
mod support;
mod trials;
mod trust;
mod workbooks;
