//! From the configuration to what the ETL reads: files resolved, mappings bound to names, simulated data
//! told from real.

use jiff::tz::TimeZone;

use crate::config::{Columns, Config, LocoColumn, SourceConfig};
use crate::domain::ports::SourceFile;
use crate::domain::{Channel, Role, SourceClock, SourceError};
use crate::etl::{Input, LocoFrom, Mapping};
use crate::sources::demo::DemoFile;
use crate::sources::files;
use crate::sources::http::HttpFile;

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
    let mut resolved: Vec<(Input, bool)> = config
        .sources
        .iter()
        .map(|source| one(config, source))
        .collect();
    let telemetry =
        |(input, _): &&(Input, bool)| input.role == Role::Telemetry && input.files.is_ok();
    let any_real = resolved
        .iter()
        .filter(telemetry)
        .any(|(_, simulated)| !simulated);
    let any = resolved.iter().any(|entry| telemetry(&entry));
    if any_real {
        // Simulated readings never mix with real ones.
        for (input, _) in resolved.iter_mut().filter(|(_, simulated)| *simulated) {
            input.files = Err(SourceError::SyntheticIntoReal);
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

fn one(config: &Config, source: &SourceConfig) -> (Input, bool) {
    if let Some(url) = &source.url {
        return over_http(source, url);
    }
    let path = source.path.as_deref().unwrap_or_default();
    let found = files::resolve(&config.folder, path);
    let simulated = source.synthetic
        || found
            .as_ref()
            .is_ok_and(|files| files.iter().all(files::DiskFile::is_simulated));
    let input = Input {
        name: source.name.clone(),
        role: source.role,
        clock: source.clock,
        mapping: mapping(source),
        files: found.map(|files| {
            files
                .into_iter()
                .map(|file| Box::new(file) as Box<dyn SourceFile>)
                .collect()
        }),
    };
    (input, simulated)
}

/// An address is asked when the run reads it, not before.
fn over_http(source: &SourceConfig, url: &str) -> (Input, bool) {
    let input = Input {
        name: source.name.clone(),
        role: source.role,
        clock: source.clock,
        mapping: mapping(source),
        files: Ok(vec![Box::new(HttpFile::new(url.to_owned()))]),
    };
    (input, source.synthetic)
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
    let input = |name: &str, role: Role, file: DemoFile| {
        let source = SourceConfig {
            name: name.to_owned(),
            role,
            format: crate::config::Format::Csv,
            path: None,
            url: None,
            timezone: "UTC".to_owned(),
            clock: SourceClock::Data,
            synthetic: true,
            columns: None,
            only: std::collections::BTreeMap::new(),
        };
        Input {
            name: name.to_owned(),
            role,
            clock: SourceClock::Data,
            mapping: mapping(&source),
            files: Ok(vec![Box::new(file)]),
        }
    };
    Inputs {
        inputs: vec![
            input("demo", Role::Telemetry, DemoFile::sensors()),
            input("demo-workshop", Role::Maintenance, DemoFile::maintenance()),
        ],
        synthetic: Some(true),
    }
}
