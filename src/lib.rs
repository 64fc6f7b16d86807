pub mod domain;
pub mod ml;
