//! The ONE list of features, in order, for training and for prediction.

use serde::{Deserialize, Serialize};

use super::reading::ChannelValues;

/// A machine's own normal: what its channels do when nothing is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normal {
    pub mean: ChannelValues,
    pub deviation: ChannelValues,
    /// Readings it was learned from.
    pub readings: u32,
}
