//! The last lines of the log, for its page.

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogView {}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum LogAsk {}
