//! Is the data good? Runs, quarantine, import of new files, the night run.

pub mod draft;
pub mod history;
pub mod names;
pub mod preview;
pub mod requeue;
pub mod save_source;
pub mod schedule;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntakeView {}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum IntakeAsk {}
