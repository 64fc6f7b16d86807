//! Faults and how each shows: on which quantity, in which order, how strongly.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Vibration rises, then the temperature follows.
    Bearing,
    /// Pressure and flow fall together.
    Leak,
    /// Temperature alone rises.
    Cooling,
    /// Flow falls and pressure pulses.
    Pump,
}

impl FaultKind {
    /// The `n`-th fault of a fleet: every kind in turn, bearings most, so that a small fleet shows all.
    pub const fn in_turn(n: u32) -> Self {
        match n % 6 {
            0 | 3 => Self::Bearing,
            1 | 4 => Self::Leak,
            2 => Self::Cooling,
            _ => Self::Pump,
        }
    }

    pub const fn component(self) -> &'static str {
        match self {
            Self::Bearing => "bearing",
            Self::Leak => "hydraulic",
            Self::Cooling => "cooling",
            Self::Pump => "pump",
        }
    }
}

/// A fault that has begun: it grows until the locomotive fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub kind: FaultKind,
    pub onset_ms: i64,
    pub fails_ms: i64,
    /// How far this one goes, about 1.
    pub severity: f64,
}

impl Fault {
    /// What the fault adds to flow, pressure, vibration, temperature at `at_ms`;
    /// `pulse` is a standard normal number.
    pub fn effect(&self, at_ms: i64, pulse: f64) -> [f64; 4] {
        let whole = (self.fails_ms - self.onset_ms).max(1) as f64;
        let share = ((at_ms - self.onset_ms) as f64 / whole).clamp(0.0, 1.1);
        // Damage feeds damage: slow at first, then faster.
        let grown = share.powf(1.6) * self.severity;
        // Heat follows the damage that makes it.
        let late = (share - 0.15).max(0.0).powf(1.4) * self.severity;
        match self.kind {
            FaultKind::Bearing => [-12.0 * late, -0.15 * late, 9.5 * grown, 62.0 * late],
            FaultKind::Leak => [-150.0 * grown, -2.9 * grown, 0.4 * grown, 3.0 * late],
            FaultKind::Cooling => [-4.0 * late, -0.1 * late, 0.1 * grown, 58.0 * grown],
            FaultKind::Pump => [
                -170.0 * grown,
                (-1.1 + 0.7 * pulse) * grown,
                1.8 * grown,
                9.0 * late,
            ],
        }
    }
}
