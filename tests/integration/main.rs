//! The one integration binary: the program as its users meet it, and the rules of the house.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare itself has failed"
)]

mod alarms;
mod architecture;
mod breaker;
mod commands;
mod configs;
mod etl;
mod export;
mod failsafe;
mod hostile;
mod http;
mod killed;
mod live;
mod locked;
mod notes;
mod older;
mod pollution;
mod real_data;
mod restart;
mod sources;
mod storage;
mod support;
mod trust;
mod workbooks;
