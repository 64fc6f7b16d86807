//! Every single setting of `cidp.toml`: what can be typed, its unit, its default, and when it acts.

use std::sync::LazyLock;

use crate::config::{Config, RendererChoice, ThemeChoice, VibrationClass, WindowLanguage};
use crate::domain::Channel;

use super::Value;

/// What can be typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// From `low` to `high`; `above`: `low` itself is not allowed.
    Number {
        low: f64,
        high: f64,
        above: bool,
    },
    Whole {
        low: u64,
        high: u64,
    },
    Flag,
    Text,
    /// `"02:00"`.
    Time,
    /// One of these words of the file.
    Choice(&'static [&'static str]),
}

/// What a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    None,
    /// A share of 1, shown as percent.
    Percent,
    Seconds,
    Minutes,
    Milliseconds,
    Hours,
    Days,
    HoursPerDay,
    Of(Channel),
    /// A second.
    RateOf(Channel),
}

/// When a change acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acts {
    Now,
    NextRun,
    NextTraining,
    NextStart,
}

impl Acts {
    pub const ALL: [Self; 4] = [
        Self::Now,
        Self::NextRun,
        Self::NextTraining,
        Self::NextStart,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::NextRun => "run",
            Self::NextTraining => "training",
            Self::NextStart => "start",
        }
    }
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// As in the file: `alarms.delay_secs`.
    pub key: &'static str,
    pub kind: Kind,
    pub unit: Unit,
    pub acts: Acts,
}

const fn number(
    key: &'static str,
    (low, high): (f64, f64),
    above: bool,
    unit: Unit,
    acts: Acts,
) -> Field {
    Field {
        key,
        kind: Kind::Number { low, high, above },
        unit,
        acts,
    }
}

const fn whole(key: &'static str, (low, high): (u64, u64), unit: Unit, acts: Acts) -> Field {
    Field {
        key,
        kind: Kind::Whole { low, high },
        unit,
        acts,
    }
}

const fn other(key: &'static str, kind: Kind, acts: Acts) -> Field {
    Field {
        key,
        kind,
        unit: Unit::None,
        acts,
    }
}

/// Beyond any sensor: what a limit of a channel may be.
const ANY: (f64, f64) = (-1e6, 1e6);
/// The largest whole number that a setting without an end of its own may be.
const MOST: u64 = 1_000_000_000;

const fn low(key: &'static str, channel: Channel) -> Field {
    number(key, ANY, false, Unit::Of(channel), Acts::NextRun)
}

const fn rate(key: &'static str, channel: Channel) -> Field {
    number(key, (0.0, 1e6), true, Unit::RateOf(channel), Acts::NextRun)
}

/// All of them, in the order of the page.
pub const FIELDS: [Field; 41] = [
    other("window.language", Kind::Choice(&["fr", "en"]), Acts::Now),
    other(
        "window.theme",
        Kind::Choice(&["system", "light", "dark", "high_contrast"]),
        Acts::Now,
    ),
    other(
        "window.renderer",
        Kind::Choice(&["auto", "wgpu", "glow"]),
        Acts::NextStart,
    ),
    other(
        "window.vibration_class",
        Kind::Choice(&["I", "II", "III", "IV"]),
        Acts::Now,
    ),
    other("window.operator", Kind::Text, Acts::Now),
    other("alarms.sound", Kind::Flag, Acts::Now),
    other("alarms.notifications", Kind::Flag, Acts::Now),
    number(
        "alarms.delay_secs",
        (0.0, 3600.0),
        false,
        Unit::Seconds,
        Acts::Now,
    ),
    number(
        "alarms.dead_band",
        (0.0, 1.0),
        false,
        Unit::Percent,
        Acts::Now,
    ),
    low("limits.flow_rate.min", Channel::FlowRate),
    low("limits.flow_rate.max", Channel::FlowRate),
    rate("limits.flow_rate.max_rate_per_sec", Channel::FlowRate),
    low("limits.pressure.min", Channel::Pressure),
    low("limits.pressure.max", Channel::Pressure),
    rate("limits.pressure.max_rate_per_sec", Channel::Pressure),
    low("limits.vibration.min", Channel::Vibration),
    low("limits.vibration.max", Channel::Vibration),
    rate("limits.vibration.max_rate_per_sec", Channel::Vibration),
    low("limits.temperature.min", Channel::Temperature),
    low("limits.temperature.max", Channel::Temperature),
    rate("limits.temperature.max_rate_per_sec", Channel::Temperature),
    number(
        "etl.min_survival",
        (0.0, 1.0),
        false,
        Unit::Percent,
        Acts::NextRun,
    ),
    whole(
        "etl.retention_days",
        (1, 1_000_000),
        Unit::Days,
        Acts::NextRun,
    ),
    whole(
        "freshness.stale_after_secs",
        (1, MOST),
        Unit::Seconds,
        Acts::Now,
    ),
    number(
        "model.false_alarm_hours_per_loco_day",
        (0.0, 24.0),
        false,
        Unit::HoursPerDay,
        Acts::NextTraining,
    ),
    number(
        "model.horizon_hours",
        (0.0, 8760.0),
        true,
        Unit::Hours,
        Acts::NextTraining,
    ),
    whole("model.trees", (1, 1000), Unit::None, Acts::NextTraining),
    whole("model.max_depth", (1, 30), Unit::None, Acts::NextTraining),
    whole(
        "model.max_rows",
        (200, 1_000_000),
        Unit::None,
        Acts::NextTraining,
    ),
    whole("model.seed", (0, MOST), Unit::None, Acts::NextTraining),
    number("drift.psi_limit", (0.0, 10.0), true, Unit::None, Acts::Now),
    whole(
        "drift.min_readings",
        (100, 10_000_000),
        Unit::None,
        Acts::Now,
    ),
    number(
        "drift.window_hours",
        (0.0, 8760.0),
        true,
        Unit::Hours,
        Acts::Now,
    ),
    number(
        "drift.latency_limit_ms",
        (0.0, 60_000.0),
        true,
        Unit::Milliseconds,
        Acts::Now,
    ),
    other("schedule.daily_at", Kind::Time, Acts::Now),
    other("schedule.catch_up", Kind::Flag, Acts::NextStart),
    whole("continuity.keep", (1, MOST), Unit::None, Acts::Now),
    whole(
        "continuity.keep_days",
        (1, 1_000_000),
        Unit::Days,
        Acts::Now,
    ),
    other("continuity.before_night_run", Kind::Flag, Acts::Now),
    whole(
        "continuity.late_after_minutes",
        (1, MOST),
        Unit::Minutes,
        Acts::Now,
    ),
    number(
        "continuity.lock_patience_secs",
        (0.0, 3600.0),
        false,
        Unit::Seconds,
        Acts::Now,
    ),
];

/// The setting of this key.
#[must_use]
pub fn field(key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key)
}

/// Seconds between two questions to an address that is followed.
pub const POLL: Field = number(
    "poll_secs",
    (1.0, 86_400.0),
    false,
    Unit::Seconds,
    Acts::Now,
);

impl Field {
    /// Whether a value of the file's own kind may stand here.
    #[must_use]
    pub fn allows(&self, value: &Value) -> bool {
        match (self.kind, value) {
            (Kind::Number { low, high, above }, Value::Number(n)) => {
                (low..=high).contains(n) && !(above && *n <= low)
            }
            (Kind::Whole { low, high }, Value::Whole(n)) => (low..=high).contains(n),
            (Kind::Choice(words), Value::Text(word)) => words.contains(&word.as_str()),
            (Kind::Flag, Value::Flag(_)) => true,
            (Kind::Text, Value::Text(text)) => !text.trim().is_empty(),
            (Kind::Time, Value::Text(text)) => {
                let schedule = crate::config::ScheduleConfig {
                    daily_at: Some(text.clone()),
                    catch_up: true,
                };
                schedule.daily().is_some()
            }
            _ => false,
        }
    }
}

/// What a configuration says of a setting, given or by default; `None` where it says nothing.
#[must_use]
pub fn value_of(config: &Config, key: &str) -> Option<Value> {
    let text = |word: &str| Some(Value::Text(word.to_owned()));
    let whole = |n: u64| Some(Value::Whole(n));
    let w = &config.window;
    match key {
        "window.language" => text(w.language?.code()),
        "window.theme" => text(theme_word(w.theme)),
        "window.renderer" => text(match w.renderer {
            RendererChoice::Auto => "auto",
            RendererChoice::Wgpu => "wgpu",
            RendererChoice::Glow => "glow",
        }),
        "window.vibration_class" => text(VibrationClass::key(w.vibration_class)),
        "window.operator" => w.operator.clone().map(Value::Text),
        "alarms.sound" => Some(Value::Flag(config.alarms.sound)),
        "alarms.notifications" => Some(Value::Flag(config.alarms.notifications)),
        "alarms.delay_secs" => Some(Value::Number(config.alarms.delay_secs)),
        "alarms.dead_band" => Some(Value::Number(config.alarms.dead_band)),
        "etl.min_survival" => Some(Value::Number(config.etl.min_survival)),
        "etl.retention_days" => whole(config.etl.retention_days?.into()),
        "freshness.stale_after_secs" => whole(config.freshness.stale_after_secs?),
        "model.false_alarm_hours_per_loco_day" => {
            Some(Value::Number(config.model.false_alarm_hours_per_loco_day?))
        }
        "model.horizon_hours" => Some(Value::Number(config.model.horizon_hours)),
        "model.trees" => whole(config.model.trees.into()),
        "model.max_depth" => whole(config.model.max_depth.into()),
        "model.max_rows" => whole(config.model.max_rows as u64),
        "model.seed" => whole(config.model.seed),
        "drift.psi_limit" => Some(Value::Number(config.drift.psi_limit)),
        "drift.min_readings" => whole(config.drift.min_readings),
        "drift.window_hours" => Some(Value::Number(config.drift.window_hours)),
        "drift.latency_limit_ms" => Some(Value::Number(config.drift.latency_limit_ms)),
        "schedule.daily_at" => config.schedule.daily_at.clone().map(Value::Text),
        "continuity.keep" => whole(config.continuity.keep.into()),
        "continuity.keep_days" => whole(config.continuity.keep_days?.into()),
        "continuity.before_night_run" => Some(Value::Flag(config.continuity.before_night_run)),
        "continuity.late_after_minutes" => whole(config.continuity.late_after_minutes.into()),
        "continuity.lock_patience_secs" => {
            Some(Value::Number(config.continuity.lock_patience_secs))
        }
        "schedule.catch_up" => Some(Value::Flag(config.schedule.catch_up)),
        _ => {
            let (channel, which) = key.strip_prefix("limits.")?.split_once('.')?;
            let limits = config.limits.limits();
            let i = Channel::ALL
                .into_iter()
                .find(|c| c.key() == channel)?
                .index();
            Some(Value::Number(match which {
                "min" => limits.min[i],
                "max" => limits.max[i],
                "max_rate_per_sec" => limits.max_rate_per_sec[i],
                _ => return None,
            }))
        }
    }
}

/// What stands where the file says nothing; `None`: nothing does.
#[must_use]
pub fn default_of(key: &str) -> Option<Value> {
    static DEFAULTS: LazyLock<Config> = LazyLock::new(|| {
        let mut config = Config::default();
        // Nothing is said of it there: the window speaks French.
        config.window.language = Some(WindowLanguage::Fr);
        config
    });
    value_of(&DEFAULTS, key)
}

/// The file's word of a theme.
#[must_use]
pub const fn theme_word(theme: ThemeChoice) -> &'static str {
    match theme {
        ThemeChoice::System => "system",
        ThemeChoice::Light => "light",
        ThemeChoice::Dark => "dark",
        ThemeChoice::HighContrast => "high_contrast",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::settings::{Change, Place, edit};
    use std::path::Path;

    fn parsed(field: &Field, value: Value) -> Result<Config, String> {
        let place = Place::of(field.key);
        let text = edit::apply("", &Change::Set { place, value }).unwrap().text;
        Config::parse(&text, Path::new("cidp.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_page_allows_what_the_file_allows() {
        let number = |n: f64| Value::Number(n);
        for field in &FIELDS {
            let (good, bad) = match field.kind {
                // That a limit lies on the right side of the other is looked at by itself.
                Kind::Number { .. } if field.key.starts_with("limits.") => {
                    let n = if field.key.ends_with(".min") {
                        -1000.0
                    } else {
                        5000.0
                    };
                    (vec![number(n)], vec![])
                }
                Kind::Number { low, high, above } => {
                    let first = if above { low + 1e-9 } else { low };
                    let mut bad = vec![number(low - 1e-9), number(high * 1.01), number(f64::NAN)];
                    bad.extend(above.then(|| number(low)));
                    (vec![number(first), number(high)], bad)
                }
                // The ends of these two are the page's own.
                Kind::Whole { low, high } if high == MOST => {
                    (vec![Value::Whole(low), Value::Whole(high)], vec![])
                }
                Kind::Whole { low, high } => {
                    let bad = (low > 0).then(|| Value::Whole(low - 1));
                    let beyond = (field.unit != Unit::Days).then(|| Value::Whole(high + 1));
                    let bad = bad.into_iter().chain(beyond).collect();
                    (vec![Value::Whole(low), Value::Whole(high)], bad)
                }
                Kind::Choice(words) => (
                    words.iter().map(|w| Value::Text((*w).into())).collect(),
                    vec![Value::Text("x".into())],
                ),
                Kind::Flag => (
                    vec![Value::Flag(false), Value::Flag(true)],
                    vec![number(1.0)],
                ),
                Kind::Text => (vec![Value::Text("Ngo".into())], vec![number(1.0)]),
                Kind::Time => (
                    vec![Value::Text("02:00".into())],
                    vec![Value::Text("2h".into())],
                ),
            };
            for value in good {
                let config = parsed(field, value.clone());
                assert!(
                    field.allows(&value) && config.is_ok(),
                    "{field:?} {value:?} {config:?}"
                );
                assert_eq!(
                    value_of(&config.unwrap(), field.key),
                    Some(value),
                    "{field:?}"
                );
            }
            for value in bad {
                assert!(!field.allows(&value), "{field:?} {value:?}");
                assert!(parsed(field, value.clone()).is_err(), "{field:?} {value:?}");
            }
        }
    }

    #[test]
    fn every_setting_is_told_apart() {
        let keys: std::collections::BTreeSet<_> = FIELDS.iter().map(|f| f.key).collect();
        assert_eq!(keys.len(), FIELDS.len());
        assert_eq!(value_of(&Config::default(), "limits.pressure.mean"), None);
        assert_eq!(value_of(&Config::default(), "nothing"), None);
    }
}
