//! The words of the trade as types: readings, verdicts, quality, model card, and the ports that the
//! outside implements. Pure: no file, no SQL, no clock, no interface, no asynchronous runtime.

pub mod alarm;
pub mod condition;
pub mod curves;
pub mod drift;
pub mod features;
pub mod maintenance;
pub mod model;
pub mod poison;
pub mod ports;
pub mod quality;
pub mod reading;
pub mod source;
pub mod verdict;

pub use condition::{Condition, Signs, Wear};
pub use curves::Curves;
pub use drift::Drift;
pub use maintenance::{EventKind, MaintenanceRecord};
pub use model::{LabelKind, Metrics, ModelCard};
pub use quality::{Flags, Limits, Reason};
pub use reading::{Channel, ChannelValues, LocoId, Reading};
pub use source::{Dialect, Encoding, Format, Role, SourceClock, SourceError};
pub use verdict::{Cause, Verdict, VerdictKind};
