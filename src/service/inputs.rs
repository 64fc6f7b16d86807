//! From the configuration to what the ETL reads: files resolved, mappings bound to names, simulated data
//! told from real.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::{Columns, Config, KeyConfig, LocoColumn, SourceConfig};
use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Channel, Role, SourceError};
use crate::etl::{Input, LocoFrom, Mapping};
use crate::sources::demo::DemoFile;
use crate::sources::files;
use crate::sources::growing::{self, FollowedFile, Marks, Take};
use crate::sources::http::{Address, HttpFile, Key, Patience, Place};

/// A file that nobody has written to for so long is not in the middle of a line.
pub(super) const QUIET: Duration = Duration::from_secs(5);

/// The sources of a run, and whether they are simulated.
pub struct Inputs {
    pub inputs: Vec<Input>,
    /// Simulated or real telemetry; `None` where no telemetry file was found at all.
    pub synthetic: Option<bool>,
}

/// Everything the configuration names; the embedded demo where it names nothing.
#[must_use]
pub fn resolve(config: &Config) -> Inputs {
    if config.sources.is_empty() {
        return demo();
    }
    let mut resolved: Vec<(Input, Vec<bool>)> = config
        .sources
        .iter()
        .map(|source| one(config, source))
        .collect();
    let telemetry = |(input, _): &&(Input, Vec<bool>)| input.role == Role::Telemetry;
    let flags = || {
        resolved
            .iter()
            .filter(telemetry)
            .flat_map(|(_, simulated)| simulated)
    };
    let any_real = flags().any(|simulated| !simulated);
    let any = flags().next().is_some();
    if any_real {
        // Simulated readings never mix with real ones.
        for (input, simulated) in &mut resolved {
            keep_out(input, simulated);
        }
    }
    Inputs {
        inputs: resolved.into_iter().map(|(input, _)| input).collect(),
        synthetic: any.then_some(!any_real),
    }
}

impl Inputs {
    /// Nothing simulated enters a warehouse that holds real readings.
    pub fn refuse_simulated(&mut self) {
        for input in &mut self.inputs {
            input.files = Err(SourceError::SyntheticIntoReal);
        }
    }
}

/// Refuses what is simulated: the source as a whole, or file by file where others of it are real.
fn keep_out(input: &mut Input, simulated: &[bool]) {
    if simulated.is_empty() || !simulated.contains(&true) {
        return;
    }
    if !simulated.contains(&false) {
        input.files = Err(SourceError::SyntheticIntoReal);
        return;
    }
    if let Ok(files) = &mut input.files {
        *files = std::mem::take(files)
            .into_iter()
            .zip(simulated)
            .map(|(file, simulated)| -> Box<dyn SourceFile> {
                if *simulated {
                    Box::new(KeptOut(file))
                } else {
                    file
                }
            })
            .collect();
    }
}

/// A simulated file among real ones.
pub(super) struct KeptOut(pub Box<dyn SourceFile>);

impl SourceFile for KeptOut {
    fn path(&self) -> &str {
        self.0.path()
    }

    fn stem(&self) -> &str {
        self.0.stem()
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        Err(SourceError::SyntheticIntoReal)
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        Err(SourceError::SyntheticIntoReal)
    }
}

/// A source, and of each of its files whether it is simulated.
fn one(config: &Config, source: &SourceConfig) -> (Input, Vec<bool>) {
    if let Some(url) = &source.url {
        return over_http(source, url);
    }
    let path = source.path.as_deref().unwrap_or_default();
    let found = files::resolve(&config.folder, path, &source.dialect());
    let simulated = found.as_ref().map_or_else(
        |_| Vec::new(),
        |files| {
            files
                .iter()
                .map(|file| source.synthetic || file.is_simulated())
                .collect()
        },
    );
    let files = found.map(|files| {
        let marks = Marks::default();
        files
            .into_iter()
            .map(|file| -> Box<dyn SourceFile> {
                if source.followed() && growing::is_text(&file) {
                    let take = Take {
                        unfinished: file.is_quiet(QUIET),
                        bytes: u64::MAX,
                    };
                    Box::new(FollowedFile::new(file, take, marks.clone()))
                } else {
                    Box::new(file)
                }
            })
            .collect()
    });
    (input(source, files), simulated)
}

/// What the ETL is told of a source, with the files to be read.
pub(super) fn input(
    source: &SourceConfig,
    files: Result<Vec<Box<dyn SourceFile>>, SourceError>,
) -> Input {
    Input {
        name: source.name.clone(),
        role: source.role,
        clock: source.clock,
        mapping: mapping(source),
        dialect: source.dialect(),
        followed: source.followed(),
        files,
    }
}

/// An address is asked when the run reads it, not before.
fn over_http(source: &SourceConfig, url: &str) -> (Input, Vec<bool>) {
    let file = HttpFile::new(address(source, url), source.dialect());
    let input = input(source, Ok(vec![Box::new(file)]));
    (input, vec![source.synthetic])
}

/// How a source's address is asked.
#[must_use]
pub fn address(source: &SourceConfig, url: &str) -> Address {
    // A checked configuration names one of the two; asked for a variable of no name, a key is missing.
    let place = |key: &KeyConfig| match (&key.credential, &key.env) {
        (Some(name), _) => Place::Store(name.clone()),
        (None, name) => Place::Variable(name.clone().unwrap_or_default()),
    };
    Address {
        url: url.to_owned(),
        key: source.key.as_ref().map(|key| Key {
            header: key.header.clone(),
            prefix: key.prefix().to_owned(),
            place: place(key),
        }),
        patience: Patience::default(),
    }
}

/// The mapping of a checked source. A configuration is checked when it is parsed, so the names that a
/// role needs are there; one made in code without them maps to a column that no header has.
fn mapping(source: &SourceConfig) -> Mapping {
    let columns = source
        .columns
        .clone()
        .unwrap_or_else(|| Columns::platform(source.role));
    let (timestamp, format) = columns
        .timestamp()
        .map_or_else(|_| (String::new(), None), |t| (t.column, t.format));
    let zone = TimeZone::get(&source.timezone).unwrap_or(TimeZone::UTC);
    Mapping {
        timestamp,
        format,
        zone,
        loco: match columns.loco() {
            Ok(LocoColumn::Column(column)) => LocoFrom::Column(column),
            Ok(LocoColumn::FileStem) => LocoFrom::FileStem,
            Ok(LocoColumn::Constant(name)) => LocoFrom::Constant(name),
            Err(_) => LocoFrom::Column(String::new()),
        },
        channels: (source.role == Role::Telemetry).then(|| {
            Channel::ALL.map(|channel| {
                columns.channel(channel).map_or_else(
                    |_| (String::new(), 1.0, 0.0),
                    |c| (c.column, c.scale, c.offset),
                )
            })
        }),
        label: columns.label.and_then(|c| c.column),
        kind: columns.kind.and_then(|c| c.column),
        component: columns.component.and_then(|c| c.column),
        only: source
            .only
            .iter()
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect(),
    }
}

fn demo() -> Inputs {
    let one = |name: &str, role: Role, file: DemoFile| {
        let source = SourceConfig::plain(name, role);
        input(&source, Ok(vec![Box::new(file)]))
    };
    Inputs {
        inputs: vec![
            one("demo", Role::Telemetry, DemoFile::sensors()),
            one("demo-workshop", Role::Maintenance, DemoFile::maintenance()),
        ],
        synthetic: Some(true),
    }
}
