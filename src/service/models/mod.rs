//! Can I trust it? Versions of the model, their figures, drift, the breaker.

pub mod look;
pub(super) mod measure;
pub mod promote;

use std::sync::Arc;

use crate::domain::ModelCard;
use crate::domain::drift::Drift;

use super::breaker::{Blown, Measure};

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelsView {
    /// Whether it was looked up yet: until then the lists below are empty because nobody has asked.
    pub ready: bool,
    /// Why it could not be looked up, the last time.
    pub fault: Option<String>,
    /// The models kept, newest first.
    pub versions: Vec<Version>,
    /// Why the model in force cannot be read back.
    pub damaged: Option<String>,
    /// The newest readings against training; `None` without a model.
    pub drift: Option<Drift>,
    /// When that was measured, UTC milliseconds.
    pub measured_ms: Option<i64>,
    /// What the breaker goes by, from the configuration.
    pub limits: Limits,
    /// Budget of false alarms that was set, hours a locomotive-day.
    pub budget_hours: Option<f64>,
    /// What is tripped or held of the model in force.
    pub blown: Vec<Blown>,
    /// What was done, newest first.
    pub deeds: Vec<Deed>,
    /// The version that is being put in force.
    pub promoting: Option<u32>,
}

impl ModelsView {
    /// What is tripped, and not held.
    pub fn tripped(&self) -> impl Iterator<Item = &Blown> {
        self.blown.iter().filter(|blown| blown.held.is_none())
    }
}

/// Limits of the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Limits {
    pub psi: f64,
    pub window_hours: f64,
    pub latency_ms: f64,
}

/// One model kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub version: u32,
    /// Its card, or why it cannot be read.
    pub card: Result<Arc<ModelCard>, String>,
    pub in_force: bool,
    /// When it came into force, UTC milliseconds, oldest first.
    pub promoted_ms: Vec<i64>,
}

/// Something done about models, by whom and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    /// UTC milliseconds.
    pub at_ms: i64,
    pub who: String,
    pub what: What,
    /// In the words of who did it.
    pub why: String,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Tripped(Measure),
    Armed(Measure),
    /// What was armed again came back below its limit.
    Rested(Measure),
    Promoted {
        version: u32,
        /// It had not passed its gate.
        against_gate: bool,
    },
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelsAsk {
    /// Arm the breaker again, for what has tripped.
    Arm { why: String },
    /// Put this version in force.
    Promote { version: u32, why: String },
}
