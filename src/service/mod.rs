//! Puts the parts together and owns threads, jobs and the clock. Window and command line are two
//! shells over it.

pub mod command;
pub mod handle;
pub mod snapshot;
