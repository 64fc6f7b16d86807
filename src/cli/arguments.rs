//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::text::Language;

/// Camrail Industrial Data Platform: sensor files become verdicts.
#[derive(Debug, Parser)]
#[command(name = "cidp", version, about, propagate_version = true)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Common {
    /// Folder with cidp.toml, database/ and logs/
    #[arg(long, global = true, value_name = "DIR", env = "CIDP_HOME")]
    pub home: Option<PathBuf>,
    /// Configuration instead of the home's cidp.toml
    #[arg(long, global = true, value_name = "FILE", env = "CIDP_CONFIG")]
    pub config: Option<PathBuf>,
    /// Language of tables and messages
    #[arg(long, global = true, value_enum, default_value_t = Lang::Fr, env = "CIDP_LANG")]
    pub lang: Lang,
    /// One JSON value on stdout and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// More on stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    Fr,
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Fr => Self::French,
            Lang::En => Self::English,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Extract, validate, load, train if due, score
    Run,
    /// Extract, validate, load
    Ingest,
    /// Follow the sources that grow, until Ctrl-C: new readings are loaded and scored as they come
    Watch(Watch),
    /// Train, and put the model in force if it passes its gate
    Train,
    /// Honest figures on a scratch warehouse
    Evaluate(Evaluate),
    /// What the model says of four values held steady
    Predict(Predict),
    /// The fleet, worst first
    Status,
    /// The open alarms, the most pressing first
    Alarms(Alarms),
    /// The sources of the configuration
    #[command(subcommand)]
    Sources(Sources),
    /// Write readings, predictions, events or quarantine of any range to a file
    Export(Export),
    /// Make a backup and prove it by restoring it aside
    Backup(Backup),
    /// The backups of this home and where they lie, newest first
    Backups,
    /// Put a backup in the place of the warehouse, which is kept aside
    Restore(Restore),
    /// Recompute the ledger: rows changed, removed or added behind the program's back are named
    Verify(Verify),
    /// From whatever state things are in to a sound run
    ColdRestart(ColdRestart),
    /// Drills on a scratch copy: the real fault, and proof that nothing ran on it and nothing was lost
    Drill(DrillAsked),
    /// Batches held because they look poisoned; release one with a reason
    Holds(Holds),
    /// Messages to the people on call and what became of them, newest first
    Notify(Notify),
    /// Make a simulated fleet: sensors.csv and maintenance.csv
    Simulate(Simulate),
    /// Any readable table as plain CSV: UTF-8, comma, header first
    Convert(Convert),
}

impl Command {
    /// Whether it changes something, and so is not for an account that only looks.
    #[must_use]
    pub fn acts(&self) -> bool {
        match self {
            Self::Run
            | Self::Ingest
            | Self::Watch(_)
            | Self::Train
            | Self::Backup(_)
            | Self::ColdRestart(_)
            | Self::Drill(_) => true,
            Self::Restore(asked) => !asked.dry_run,
            Self::Holds(asked) => asked.release.is_some(),
            Self::Notify(asked) => asked.test,
            Self::Evaluate(_)
            | Self::Predict(_)
            | Self::Status
            | Self::Alarms(_)
            | Self::Sources(_)
            | Self::Export(_)
            | Self::Backups
            | Self::Verify(_)
            | Self::Simulate(_)
            | Self::Convert(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub struct Alarms {
    /// Every alarm there was, newest first
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub struct Backup {
    /// Make it, and leave the proof for later
    #[arg(long)]
    pub no_proof: bool,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// A backup: a dated copy or a plain SQLite file
    #[arg(
        value_name = "FILE",
        required_unless_present = "latest",
        conflicts_with = "latest"
    )]
    pub file: Option<PathBuf>,
    /// The newest proven backup
    #[arg(long)]
    pub latest: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// Print the head of the ledger alone, to be kept in a second place
    #[arg(long)]
    pub head: bool,
    /// A head printed before (entry:hash): the chain must still hold it
    #[arg(long, value_name = "HEAD")]
    pub since: Option<String>,
}

#[derive(Debug, Args)]
pub struct ColdRestart {
    /// End a live holder of the warehouse without asking
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct DrillAsked {
    /// Names of drills; all of them where none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// For a drill of another process: hold this until standard input ends
    #[arg(long, hide = true, value_name = "WHAT")]
    pub hold: Option<HoldAsked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum HoldAsked {
    Database,
    RunLock,
}

#[derive(Debug, Args)]
pub struct Holds {
    /// Released ones too
    #[arg(long)]
    pub all: bool,
    /// Number of the batch to be released
    #[arg(long, value_name = "HOLD", requires = "reason")]
    pub release: Option<i64>,
    /// Why it is released
    #[arg(long, value_name = "WORDS")]
    pub reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct Notify {
    /// Send a test message to everybody now, and say what became of each
    #[arg(long)]
    pub test: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    #[arg(long, value_enum)]
    pub what: What,
    /// First instant: a date or an ISO 8601 time, UTC unless it says otherwise
    #[arg(long, value_name = "TIME", value_parser = first_instant)]
    pub from: Option<i64>,
    /// Last instant; a date is that whole day
    #[arg(long, value_name = "TIME", value_parser = last_instant)]
    pub to: Option<i64>,
    /// Only this locomotive; may be given several times
    #[arg(long, value_name = "LOCO")]
    pub loco: Vec<String>,
    /// File to write: .csv, .parquet or .xlsx
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Instead of the one that the extension says
    #[arg(long, value_enum)]
    pub format: Option<FileFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    Readings,
    /// Minimum, mean and maximum of every minute; what is left of pruned readings
    Minutes,
    /// The same of every hour
    Hours,
    /// The same of every day (UTC)
    Days,
    Predictions,
    /// Every reading with the verdict and the model of its day
    Judged,
    Events,
    Quarantine,
    /// Every alarm with its inputs, its model, and who did what
    Alarms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Csv,
    Parquet,
    Xlsx,
}

#[derive(Debug, Subcommand)]
pub enum Sources {
    /// What each source would bring: files, columns, first rows, refusals; nothing is written
    Check,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// Configuration of the data to train on
    #[arg(
        long,
        value_name = "A.toml",
        requires = "test",
        conflicts_with = "split"
    )]
    pub train: Option<PathBuf>,
    /// Configuration of the data to test on
    #[arg(long, value_name = "B.toml", requires = "train")]
    pub test: Option<PathBuf>,
    /// How folds are made; there is no split by random rows
    #[arg(long, value_enum, required_unless_present = "train")]
    pub split: Option<SplitBy>,
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=50))]
    pub folds: u32,
    /// Folder for predictions.csv
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    Time,
    Locomotive,
}

#[derive(Debug, Args)]
pub struct Watch {
    /// End after so many seconds
    #[arg(long = "for", value_name = "SECS", value_parser = seconds)]
    pub secs: Option<f64>,
}

#[derive(Debug, Args)]
pub struct Predict {
    /// L/min
    #[arg(long, value_name = "L/MIN", value_parser = finite, allow_negative_numbers = true)]
    pub flow_rate: f64,
    /// bar
    #[arg(long, value_name = "BAR", value_parser = finite, allow_negative_numbers = true)]
    pub pressure: f64,
    /// mm/s
    #[arg(long, value_name = "MM/S", value_parser = finite, allow_negative_numbers = true)]
    pub vibration: f64,
    /// °C
    #[arg(long, value_name = "°C", value_parser = finite, allow_negative_numbers = true)]
    pub temperature: f64,
    /// Compare with this locomotive's normal instead of the fleet's
    #[arg(long, value_name = "LOCO")]
    pub loco_id: Option<String>,
}

#[derive(Debug, Args)]
pub struct Convert {
    /// CSV, JSON, NDJSON or a workbook, gzip or zstd or plain
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the table goes; left out: stdout
    #[arg(long, value_name = "clean.csv")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Simulate {
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub locomotives: u32,
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub period_secs: u32,
    #[arg(long, default_value_t = crate::service::platform::DEMO_SEED)]
    pub seed: u64,
    /// Share of rows to spoil, 0 to 1
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0, value_parser = fraction)]
    pub dirty: f64,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

fn finite(text: &str) -> Result<f64, String> {
    let value: f64 = text
        .replace(',', ".")
        .parse()
        .map_err(|_| "not a number".to_owned())?;
    if value.is_finite() {
        Ok(value)
    } else {
        Err("not a finite number".into())
    }
}

fn first_instant(text: &str) -> Result<i64, String> {
    instant(text, jiff::civil::Time::midnight())
}

fn last_instant(text: &str) -> Result<i64, String> {
    instant(text, jiff::civil::Time::constant(23, 59, 59, 999_999_999))
}

/// UTC milliseconds; a date alone is that time of its day.
fn instant(text: &str, of_day: jiff::civil::Time) -> Result<i64, String> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(at.as_millisecond());
    }
    let local = match text.parse::<jiff::civil::Date>() {
        Ok(date) if text.len() == 10 => Ok(date.to_datetime(of_day)),
        _ => text.parse::<jiff::civil::DateTime>(),
    };
    local
        .ok()
        .and_then(|local| local.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp().as_millisecond())
        .ok_or_else(|| "a date (2026-01-31) or a time (2026-01-31T06:00:00Z)".to_owned())
}

fn seconds(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if (0.0..=1e9).contains(&value) {
        Ok(value)
    } else {
        Err("not a number of seconds".into())
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err("from 0 to 1".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn instants_are_dates_and_times() {
        let midnight = 1_767_225_600_000;
        assert_eq!(first_instant("2026-01-01"), Ok(midnight));
        assert_eq!(last_instant("2026-01-01"), Ok(midnight + 86_399_999));
        assert_eq!(last_instant("2026-01-01T00:00:00"), Ok(midnight));
        assert_eq!(first_instant("2026-01-01T01:00:00+01:00"), Ok(midnight));
        assert!(first_instant("yesterday").is_err() && first_instant("2026-13-01").is_err());
    }

    #[test]
    fn nan_is_no_measurement() {
        assert!(finite("NaN").is_err() && finite("inf").is_err());
        assert_eq!(finite("2,5"), Ok(2.5));
        assert!(fraction("1.5").is_err());
    }
}
