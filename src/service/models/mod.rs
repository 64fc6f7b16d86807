//! Can I trust it? Versions of the model, their figures, drift, the breaker.

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelsView {}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelsAsk {}
