//! The settings in force, and changing them in `cidp.toml`.

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SettingsView {}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsAsk {}
