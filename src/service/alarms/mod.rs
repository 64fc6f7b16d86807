//! What must I do? Alarms after ISA-18.2: raised, kept, acknowledged, shelved.

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AlarmsView {
    /// Alarms that nobody has acknowledged, whether their condition lasts or not; shelved ones are not counted.
    pub unacknowledged: usize,
    /// When the newest of them was raised, UTC milliseconds by the computer's clock.
    pub newest_ms: Option<i64>,
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmsAsk {}
