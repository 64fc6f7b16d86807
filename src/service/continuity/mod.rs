//! The plan for bad days: backup and its proof, restore, cold restart, verification, drills, the people on call.
//!
//! Every one of them is plain work of some seconds to minutes: it takes a [`Steps`] that tells how far it is, and runs
//! on whatever thread calls it. The window's desk and the command line are two shells over it.

pub mod backup;
pub mod cold_restart;
pub mod drills;
mod heads;
pub mod holders;
pub mod integrity;
pub mod notify;
pub mod restore;
pub mod steps;
pub mod threats;
pub mod verify;
pub mod view;
mod whole;

pub use steps::{Step, StepState, Steps};
pub use view::{ContinuityAsk, ContinuityView};
