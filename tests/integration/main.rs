//! The one integration binary: the program as its users meet it, and the rules of the house.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare itself has failed"
)]

mod architecture;
mod commands;
mod configs;
mod etl;
mod failsafe;
mod killed;
mod live;
mod real_data;
mod support;
mod trust;
