//! Puts the parts together and owns threads, jobs and the clock. Window and command line are two
//! shells over it.

pub mod alarms;
pub mod breaker;
pub mod check;
pub mod command;
pub mod continuity;
pub mod convert;
pub mod engine;
pub mod evaluation;
pub mod export;
pub mod fleet;
pub mod handle;
pub mod holds;
mod inputs;
pub mod intake;
pub mod live;
pub mod locomotive;
pub mod logbook;
pub mod models;
pub mod notes;
mod opener;
pub mod order;
pub mod outcome;
mod picture;
pub mod pipeline;
pub mod place;
pub mod platform;
mod playing;
pub mod scribe;
pub mod settings;
pub mod snapshot;
pub mod stop;
#[cfg(test)]
pub(crate) mod test_home;
mod training;
mod trust;
mod waiting;
