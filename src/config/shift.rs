//! What a shift sets: the window, alarms, drift, the night run, who is called.

use serde::{Deserialize, Serialize};

/// `[window]`: how the monitor looks.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct WindowConfig {
    /// `fr` or `en`; left out: what the program was started with.
    pub language: Option<WindowLanguage>,
    pub theme: ThemeChoice,
    pub renderer: RendererChoice,
    /// Machine class of ISO 10816-1, for the severity zones of the vibration curve.
    pub vibration_class: VibrationClass,
    /// Name written beside acknowledgements and notes; left out: the account of the system.
    pub operator: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowLanguage {
    Fr,
    En,
}

impl WindowLanguage {
    /// Its two letters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
    HighContrast,
}

impl ThemeChoice {
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::HighContrast];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RendererChoice {
    /// wgpu, then glow.
    #[default]
    Auto,
    Wgpu,
    Glow,
}

/// Classes of ISO 10816-1 with their limits A/B, B/C, C/D in mm/s RMS. Indicative: a moving bogie is outside the
/// scope of that standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Default)]
pub enum VibrationClass {
    I,
    II,
    #[default]
    III,
    IV,
}

impl VibrationClass {
    pub const ALL: [Self; 4] = [Self::I, Self::II, Self::III, Self::IV];

    /// Limits between zones A/B, B/C and C/D, mm/s RMS (ISO 10816-1:1995, table B.1).
    #[must_use]
    pub const fn limits(self) -> [f64; 3] {
        match self {
            Self::I => [0.71, 1.8, 4.5],
            Self::II => [1.12, 2.8, 7.1],
            Self::III => [1.8, 4.5, 11.2],
            Self::IV => [2.8, 7.1, 18.0],
        }
    }

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::I => "I",
            Self::II => "II",
            Self::III => "III",
            Self::IV => "IV",
        }
    }
}

/// `[alarms]`: when something is told aloud.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlarmsConfig {
    /// A sound until an alarm is acknowledged.
    pub sound: bool,
    /// A notification of the desktop for each new alarm.
    pub notifications: bool,
    /// Seconds (of the source's clock) that a condition must last before it is an alarm.
    pub delay_secs: f64,
    /// How far a value must come back inside its limit before its alarm ends: share of the limit's distance from
    /// the machine's normal, 0–1.
    pub dead_band: f64,
}

impl Default for AlarmsConfig {
    fn default() -> Self {
        Self {
            sound: true,
            notifications: true,
            delay_secs: 10.0,
            dead_band: 0.1,
        }
    }
}

/// `[drift]`: when NOMINAL is withdrawn because the data are no longer those that the model learned from.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftConfig {
    /// Population stability index of a channel from which the breaker trips.
    pub psi_limit: f64,
    /// Readings below which nothing is said of drift.
    pub min_readings: u64,
    /// Hours of newest readings that are compared with training.
    pub window_hours: f64,
    /// Milliseconds that scoring a reading may take, median of a run.
    pub latency_limit_ms: f64,
}

impl Default for DriftConfig {
    fn default() -> Self {
        Self {
            psi_limit: 0.25,
            min_readings: 100,
            window_hours: 24.0,
            latency_limit_ms: 50.0,
        }
    }
}

/// `[schedule]`: the night run while the window is open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Local time of the daily run, `"02:00"`; left out: none.
    pub daily_at: Option<String>,
    /// A run that was missed (the window was closed, the computer off) is made up for at the next start.
    pub catch_up: bool,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self {
            daily_at: None,
            catch_up: true,
        }
    }
}

impl ScheduleConfig {
    /// Hour and minute of the daily run.
    #[must_use]
    pub fn daily(&self) -> Option<(u8, u8)> {
        let (hour, minute) = self.daily_at.as_deref()?.split_once(':')?;
        let part = |text: &str, below: u8| {
            let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|&n: &u8| plain && n < below)
        };
        Some((part(hour, 24)?, part(minute, 60)?))
    }
}

/// One `[[contacts]]` entry: who is called.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ContactConfig {
    pub name: String,
    #[serde(default)]
    pub role: String,
    #[serde(default)]
    pub phone: String,
    /// Where a failed or late run is told; empty: nowhere.
    #[serde(default)]
    pub email: String,
}

/// What of these cannot be: (key, why).
pub(super) fn check(config: &super::Config) -> Result<(), (String, String)> {
    let wrong = |key: &str, why: &str| Err((key.to_owned(), why.to_owned()));
    let a = &config.alarms;
    if !(0.0..=3600.0).contains(&a.delay_secs) {
        return wrong("delay_secs", "from 0 to 3600");
    }
    if !(0.0..=1.0).contains(&a.dead_band) {
        return wrong("dead_band", "a share, from 0 to 1");
    }
    let d = &config.drift;
    if !(d.psi_limit > 0.0 && d.psi_limit <= 10.0) {
        return wrong("psi_limit", "from above 0 to 10");
    }
    if !(100..=10_000_000).contains(&d.min_readings) {
        return wrong("min_readings", "from 100 to 10000000");
    }
    if !(d.window_hours > 0.0 && d.window_hours <= 8760.0) {
        return wrong("window_hours", "from above 0 to 8760");
    }
    if !(d.latency_limit_ms > 0.0 && d.latency_limit_ms <= 60_000.0) {
        return wrong("latency_limit_ms", "from above 0 to 60000");
    }
    if config.schedule.daily_at.is_some() && config.schedule.daily().is_none() {
        return wrong("daily_at", "hour and minute, such as \"02:00\"");
    }
    if config.contacts.iter().any(|c| c.name.trim().is_empty()) {
        return wrong("contacts", "a contact needs a name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_night_run_is_hour_and_minute() {
        let at = |text: &str| {
            ScheduleConfig {
                daily_at: Some(text.into()),
                catch_up: true,
            }
            .daily()
        };
        assert_eq!(at("02:00"), Some((2, 0)));
        assert_eq!(at("23:59"), Some((23, 59)));
        for wrong in ["24:00", "2:00", "02h00", "02:60", "", "+2:00"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
