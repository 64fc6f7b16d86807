//! Settings: defaults < `cidp.toml` < environment < flags. An unknown key is an error that names the
//! key, its line and the nearest valid one.

mod columns;
mod continuity;
mod error;
mod home;
mod key;
mod shift;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::domain::{Channel, Limits};

pub use crate::domain::source::{Dialect, Encoding, Format, Role, SourceClock};

pub use columns::{
    ChannelColumn, ColumnSpec, Columns, LocoColumn, Origin, TimestampColumn, units_of,
};
pub use continuity::{
    AccessConfig, AccessRole, ContinuityConfig, DestinationConfig, HookConfig, MailConfig,
    MailSecurity,
};
pub use error::ConfigError;
pub use home::Home;
pub use key::KeyConfig;
pub use shift::{
    AlarmsConfig, ContactConfig, DriftConfig, RendererChoice, ScheduleConfig, ThemeChoice,
    VibrationClass, WindowConfig, WindowLanguage,
};

/// One `[[sources]]` entry.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    pub name: String,
    pub role: Role,
    /// Left out, as everything below that describes the table: found by looking at the content.
    pub format: Option<Format>,
    pub encoding: Option<Encoding>,
    /// One character between fields.
    pub delimiter: Option<char>,
    /// One character around fields.
    pub quote: Option<char>,
    /// `,` or `.`.
    pub decimal: Option<char>,
    /// Line of the header, from 1.
    pub header_row: Option<u32>,
    /// Sheet of a workbook, by name.
    pub sheet: Option<String>,
    /// Where the array of records stands in a JSON document: keys joined by dots.
    pub records: Option<String>,
    /// File, folder or glob, relative to the configuration file.
    pub path: Option<String>,
    /// Address that answers with the table, instead of a path.
    pub url: Option<String>,
    /// What proves to the server who asks.
    pub key: Option<KeyConfig>,
    /// Taken live while the window is open or `cidp watch` runs; left out: when the clock is `wall`.
    pub follow: Option<bool>,
    /// Seconds between two questions to an address that is followed.
    #[serde(default = "default_poll_secs")]
    pub poll_secs: f64,
    /// For times without a zone.
    #[serde(default = "default_zone")]
    pub timezone: String,
    #[serde(default)]
    pub clock: SourceClock,
    /// The rows are simulated: the warehouse they feed is marked so for ever.
    #[serde(default)]
    pub synthetic: bool,
    /// Which field holds what; the names of the platform when left out.
    pub columns: Option<Columns>,
    /// Only rows whose columns hold these values.
    #[serde(default, rename = "where")]
    pub only: BTreeMap<String, String>,
}

const fn default_poll_secs() -> f64 {
    10.0
}

impl SourceConfig {
    /// A source of the platform's own columns, in UTC, of which nothing else is said.
    #[must_use]
    pub fn plain(name: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            role,
            format: None,
            encoding: None,
            delimiter: None,
            quote: None,
            decimal: None,
            header_row: None,
            sheet: None,
            records: None,
            path: None,
            url: None,
            key: None,
            follow: None,
            poll_secs: default_poll_secs(),
            timezone: "UTC".to_owned(),
            clock: SourceClock::Data,
            synthetic: false,
            columns: None,
            only: BTreeMap::new(),
        }
    }

    /// What is said of the table; the rest is found by looking.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        Dialect {
            format: self.format,
            encoding: self.encoding,
            delimiter: self.delimiter.and_then(|c| u8::try_from(c).ok()),
            quote: self.quote.and_then(|c| u8::try_from(c).ok()),
            decimal_comma: self.decimal.map(|c| c == ','),
            header_row: self.header_row,
            sheet: self.sheet.clone(),
            records: self.records.clone(),
            columns: self.mapped(),
        }
    }

    /// Names of the columns that are mapped.
    fn mapped(&self) -> Vec<String> {
        let own = Columns::platform(self.role);
        let mut names = self.columns.as_ref().unwrap_or(&own).names();
        names.extend(self.only.keys().cloned());
        names
    }

    /// Whether new rows are taken as they come.
    #[must_use]
    pub fn followed(&self) -> bool {
        self.follow.unwrap_or(self.clock == SourceClock::Wall)
    }
}

fn default_zone() -> String {
    "Africa/Douala".to_owned()
}

/// `[limits.<channel>]`: what is left out keeps its default.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelLimits {
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Fastest possible change, units a second.
    pub max_rate_per_sec: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    #[serde(default)]
    pub flow_rate: ChannelLimits,
    #[serde(default)]
    pub pressure: ChannelLimits,
    #[serde(default)]
    pub vibration: ChannelLimits,
    #[serde(default)]
    pub temperature: ChannelLimits,
}

impl LimitsConfig {
    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for channel in Channel::ALL {
            let i = channel.index();
            let own = match channel {
                Channel::FlowRate => self.flow_rate,
                Channel::Pressure => self.pressure,
                Channel::Vibration => self.vibration,
                Channel::Temperature => self.temperature,
            };
            limits.min[i] = own.min.unwrap_or(limits.min[i]);
            limits.max[i] = own.max.unwrap_or(limits.max[i]);
            limits.max_rate_per_sec[i] = own.max_rate_per_sec.unwrap_or(limits.max_rate_per_sec[i]);
        }
        limits
    }
}

/// `[etl]`: the gates on a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EtlConfig {
    /// Share of the new telemetry rows that must survive validation, 0–1; below it the run fails safe.
    pub min_survival: f64,
    /// Raw readings older than this many days before the newest one are pruned; their roll-ups stay.
    /// Left out: kept for ever.
    pub retention_days: Option<u32>,
}

impl Default for EtlConfig {
    fn default() -> Self {
        Self {
            min_survival: 0.5,
            retention_days: None,
        }
    }
}

/// `[model]`: what is learned, and at what price.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelConfig {
    /// How far a verdict looks ahead.
    pub horizon_hours: f64,
    pub trees: u32,
    pub max_depth: u32,
    pub seed: u64,
    /// Rows learned from, stratified, at most.
    pub max_rows: usize,
    /// Budget of false alarms; the default depends on where the labels come from (see the card).
    pub false_alarm_hours_per_loco_day: Option<f64>,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            horizon_hours: 48.0,
            trees: 100,
            max_depth: 12,
            seed: 42,
            max_rows: 50_000,
            false_alarm_hours_per_loco_day: None,
        }
    }
}

/// `[freshness]`: when a reading is too old for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreshnessConfig {
    /// Left out: ten times the locomotive's own sampling period, from ten minutes to the horizon.
    pub stale_after_secs: Option<u64>,
}

/// The whole of `cidp.toml`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub sources: Vec<SourceConfig>,
    pub limits: LimitsConfig,
    pub etl: EtlConfig,
    pub model: ModelConfig,
    pub freshness: FreshnessConfig,
    pub window: WindowConfig,
    pub alarms: AlarmsConfig,
    pub drift: DriftConfig,
    pub schedule: ScheduleConfig,
    pub contacts: Vec<ContactConfig>,
    pub continuity: ContinuityConfig,
    pub access: AccessConfig,
    pub mail: Option<MailConfig>,
    pub hook: Option<HookConfig>,
    /// The folder that source paths are relative to (that of the file).
    #[serde(skip)]
    pub folder: PathBuf,
    /// The file it was read from; `None` where there is none.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// A file that cannot be read, a key that does not exist, a value that cannot be.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|e| ConfigError::unreadable(file, &e))?;
        Self::parse(&text, file)
    }

    /// Parses the text of `file`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, ConfigError> {
        let mut config: Self =
            toml::from_str(text).map_err(|e| ConfigError::from_toml(file, text, &e))?;
        config.folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        config.file = Some(file.to_path_buf());
        for i in 0..config.sources.len() {
            config
                .check_source(i)
                .map_err(|(key, why)| ConfigError::of_source(file, text, i, &key, why))?;
        }
        config
            .check()
            .map_err(|(key, why)| ConfigError::value(file, text, &key, why))?;
        Ok(config)
    }

    /// What serde cannot see of one source: (key, what is wrong with it).
    fn check_source(&self, i: usize) -> Result<(), (String, String)> {
        let wrong = |key: &str, why: String| Err((key.to_owned(), why));
        let source = &self.sources[i];
        if source.name.trim().is_empty() {
            return wrong("name", "a source needs a name".into());
        }
        if self.sources[..i].iter().any(|s| s.name == source.name) {
            return wrong("name", format!("two sources are named “{}”", source.name));
        }
        match (&source.path, &source.url) {
            (Some(_), None) => {}
            (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {}
            (None, Some(_)) => {
                return wrong("url", "an address begins with http:// or https://".into());
            }
            _ => {
                let why = format!("source “{}” needs either path or url", source.name);
                return wrong("path", why);
            }
        }
        for (name, given) in [("delimiter", source.delimiter), ("quote", source.quote)] {
            if given.is_some_and(|c| !c.is_ascii() || c == '\n' || c == '\r') {
                return wrong(name, "one ASCII character".into());
            }
        }
        if source.delimiter.is_some() && source.delimiter == source.quote {
            return wrong("quote", "quote and delimiter are the same character".into());
        }
        if source.decimal.is_some_and(|c| c != ',' && c != '.') {
            return wrong("decimal", "either \",\" or \".\"".into());
        }
        if source.header_row == Some(0) {
            return wrong("header_row", "rows are counted from 1".into());
        }
        if !(1.0..=86_400.0).contains(&source.poll_secs) {
            return wrong("poll_secs", "from 1 to 86400".into());
        }
        if let Some(key) = &source.key {
            if source.url.is_none() {
                return wrong("key", "only an address (url) is asked with a key".into());
            }
            key.check()?;
        }
        if jiff::tz::TimeZone::get(&source.timezone).is_err() {
            return wrong(
                "timezone",
                format!("“{}” is not a known time zone", source.timezone),
            );
        }
        match &source.columns {
            Some(columns) => columns.check(source.role),
            None => Ok(()),
        }
    }

    /// What serde cannot see of the rest.
    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, why: String| Err((key.to_owned(), why));
        let limits = self.limits.limits();
        for c in Channel::ALL {
            let i = c.index();
            // Written so that NaN, which TOML can hold, is wrong too.
            let ordered = limits.min[i] < limits.max[i] && limits.max_rate_per_sec[i] > 0.0;
            if !ordered {
                return wrong(
                    &format!("limits.{}", c.key()),
                    "min must be below max, and max_rate_per_sec positive".into(),
                );
            }
        }
        if !(0.0..=1.0).contains(&self.etl.min_survival) {
            return wrong("min_survival", "a share, from 0 to 1".into());
        }
        if self.etl.retention_days == Some(0) {
            return wrong("retention_days", "at least 1".into());
        }
        let m = &self.model;
        if !(m.horizon_hours > 0.0 && m.horizon_hours <= 8760.0) {
            return wrong("horizon_hours", "from above 0 to 8760".into());
        }
        if !(1..=1000).contains(&m.trees) {
            return wrong("trees", "from 1 to 1000".into());
        }
        if !(1..=30).contains(&m.max_depth) {
            return wrong("max_depth", "from 1 to 30".into());
        }
        if !(200..=1_000_000).contains(&m.max_rows) {
            return wrong("max_rows", "from 200 to 1000000".into());
        }
        if m.false_alarm_hours_per_loco_day
            .is_some_and(|h| !(0.0..=24.0).contains(&h))
        {
            return wrong("false_alarm_hours_per_loco_day", "from 0 to 24".into());
        }
        shift::check(self)?;
        continuity::check(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("somewhere/cidp.toml"))
    }

    const GOOD: &str = r#"
[[sources]]
name = "bench"
role = "telemetry"
format = "csv"
path = "valve1/*.csv"
clock = "data"
[sources.columns]
timestamp = "datetime"
loco_id = { from = "file_stem" }
flow_rate = "Volume Flow RateRMS"
pressure = { column = "Pressure", scale = 1.0, offset = 0.0 }
vibration = "Accelerometer1RMS"
temperature = "Temperature"
label = "anomaly"
[limits.pressure]
min = -2.0
max = 10.0
"#;

    #[test]
    fn the_example_of_the_readme_is_read_whole() {
        let c = parse(GOOD).unwrap();
        assert_eq!(c.folder, Path::new("somewhere"));
        assert_eq!(c.sources[0].clock, SourceClock::Data);
        assert_eq!(c.sources[0].timezone, "Africa/Douala");
        assert_eq!(c.limits.limits().min[1], -2.0);
        assert_eq!(c.limits.limits().max[0], 1000.0);
    }

    #[test]
    fn an_unknown_key_names_itself_its_line_and_the_nearest() {
        let e = parse(&GOOD.replace("clock =", "clok =")).unwrap_err();
        assert_eq!(
            (e.key.as_deref(), e.line, e.nearest.as_deref()),
            (Some("clok"), Some(7), Some("clock"))
        );
        let e = parse(&GOOD.replace("scale = 1.0", "scal = 1.0")).unwrap_err();
        assert_eq!(
            (e.key.as_deref(), e.line, e.nearest.as_deref()),
            (Some("scal"), Some(12), Some("scale"))
        );
        let e = parse(&GOOD.replace("temperature =", "temprature =")).unwrap_err();
        assert_eq!(e.nearest.as_deref(), Some("temperature"));
        let e = parse(&GOOD.replace("\"telemetry\"", "\"telemetri\"")).unwrap_err();
        assert_eq!(e.nearest.as_deref(), Some("telemetry"));
    }

    #[test]
    fn a_wrong_unit_is_refused_with_the_nearest() {
        let e = parse(&GOOD.replace("scale = 1.0, offset = 0.0", "unit = \"kpa\"")).unwrap_err();
        assert_eq!(e.key.as_deref(), Some("unit"));
        assert_eq!(e.line, Some(12));
        assert_eq!(e.nearest.as_deref(), Some("kPa"));
    }

    #[test]
    fn a_column_that_a_role_needs_must_be_mapped() {
        let e = parse(&GOOD.replace("vibration = \"Accelerometer1RMS\"\n", "")).unwrap_err();
        assert!(e.to_string().contains("vibration"), "{e}");
    }
}
