//! What each source of the configuration would bring: files found, columns mapped, first rows, what would be
//! refused. Nothing is written, and nothing is asked of the warehouse but whether it holds real readings.

use std::collections::BTreeMap;

use crate::config::{Config, SourceConfig};
use crate::domain::ports::SourceFile;
use crate::domain::{Channel, Dialect, Reason, Role, SourceError};
use crate::etl::{self, Input, LocoFrom, Rules};

pub use crate::etl::{FirstRow, FirstRowIs, RefusedSample};

use super::inputs;
use super::pipeline::wall_ms;

/// Rows of a file that are looked at, and of them those that are shown.
const ROWS: u64 = 1000;
const SHOWN_ROWS: usize = 5;
/// How alike two names must be for one to be meant by the other, 0–1.
const ALIKE: f64 = 0.75;

/// One source.
#[derive(Debug)]
pub struct SourceCheck {
    pub name: String,
    pub role: Role,
    pub columns: Vec<MappedColumn>,
    pub files: Vec<FileCheck>,
    /// Why there are no files.
    pub error: Option<String>,
}

/// One file, or one address.
#[derive(Debug)]
pub struct FileCheck {
    pub path: String,
    pub dialect: Dialect,
    pub header: Vec<String>,
    pub ignored: Vec<String>,
    pub rows: u64,
    pub accepted: u64,
    pub first: Vec<FirstRow>,
    pub refused: BTreeMap<Reason, RefusedSample>,
    pub error: Option<String>,
    /// The column that was probably meant by one that is missing.
    pub nearest: Option<String>,
}

/// What a field of ours is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedColumn {
    pub field: String,
    pub from: MappedFrom,
    /// As configured; `None` where the field has none or the column is in ours.
    pub unit: Option<String>,
    /// `field = column × scale + offset`.
    pub scale: f64,
    pub offset: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MappedFrom {
    Column(String),
    FileStem,
    Constant(String),
}

impl SourceCheck {
    /// Every file could be read and mapped.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.error.is_none() && self.files.iter().all(|file| file.error.is_none())
    }
}

/// Looks at every source; the embedded demo where none is configured. `real`: the warehouse holds readings of
/// real locomotives, with which simulated ones never mix.
#[must_use]
pub fn sources(config: &Config, real: bool) -> Vec<SourceCheck> {
    let rules = Rules {
        limits: config.limits.limits(),
        now_ms: wall_ms(),
        min_survival: config.etl.min_survival,
    };
    let mut resolved = inputs::resolve(config);
    if real && resolved.synthetic == Some(true) {
        resolved.refuse_simulated();
    }
    resolved
        .inputs
        .iter()
        .map(|input| {
            let source = config.sources.iter().find(|s| s.name == input.name);
            one(input, source, &rules)
        })
        .collect()
}

fn one(input: &Input, source: Option<&SourceConfig>, rules: &Rules) -> SourceCheck {
    let (files, error) = match &input.files {
        Ok(files) => {
            let looked = files.iter().map(|file| look(input, file.as_ref(), rules));
            (looked.collect(), None)
        }
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    SourceCheck {
        name: input.name.clone(),
        role: input.role,
        columns: columns(input, source),
        files,
        error,
    }
}

fn look(input: &Input, file: &dyn SourceFile, rules: &Rules) -> FileCheck {
    let mut look = etl::look(input, file, rules, ROWS, SHOWN_ROWS);
    // A workshop file without a row says that nothing happened.
    if input.role != Role::Telemetry && look.error == Some(SourceError::HeaderOnly) {
        look.error = None;
    }
    let nearest = match &look.error {
        Some(SourceError::MissingColumn { column, .. }) => nearest(column, &look.header),
        _ => None,
    };
    FileCheck {
        path: file.path().to_owned(),
        dialect: look.dialect,
        header: look.header,
        ignored: look.ignored,
        rows: look.rows,
        accepted: look.accepted,
        first: look.first,
        refused: look.refused,
        error: look.error.map(|error| error.to_string()),
        nearest,
    }
}

/// The name that is most like the one asked for, if any is.
fn nearest(asked: &str, names: &[String]) -> Option<String> {
    let asked = asked.to_lowercase();
    let alike = |name: &String| strsim::jaro_winkler(&asked, &name.trim().to_lowercase());
    names
        .iter()
        .max_by(|a, b| alike(a).total_cmp(&alike(b)))
        .filter(|name| alike(name) >= ALIKE)
        .cloned()
}

fn columns(input: &Input, source: Option<&SourceConfig>) -> Vec<MappedColumn> {
    let mapping = &input.mapping;
    let plain = |field: &str, from: MappedFrom| MappedColumn {
        field: field.to_owned(),
        from,
        unit: None,
        scale: 1.0,
        offset: 0.0,
    };
    let mut columns = vec![
        plain("timestamp", MappedFrom::Column(mapping.timestamp.clone())),
        plain(
            "loco_id",
            match &mapping.loco {
                LocoFrom::Column(name) => MappedFrom::Column(name.clone()),
                LocoFrom::FileStem => MappedFrom::FileStem,
                LocoFrom::Constant(name) => MappedFrom::Constant(name.clone()),
            },
        ),
    ];
    let specs = source.and_then(|source| source.columns.as_ref());
    for (channel, (column, scale, offset)) in Channel::ALL
        .into_iter()
        .zip(mapping.channels.iter().flatten())
    {
        let spec = specs.and_then(|specs| match channel {
            Channel::FlowRate => specs.flow_rate.as_ref(),
            Channel::Pressure => specs.pressure.as_ref(),
            Channel::Vibration => specs.vibration.as_ref(),
            Channel::Temperature => specs.temperature.as_ref(),
        });
        columns.push(MappedColumn {
            field: channel.key().to_owned(),
            from: MappedFrom::Column(column.clone()),
            unit: spec.and_then(|spec| spec.unit.clone()),
            scale: *scale,
            offset: *offset,
        });
    }
    let others = [
        ("label", &mapping.label),
        ("type", &mapping.kind),
        ("component", &mapping.component),
    ];
    for (field, column) in others {
        if let Some(column) = column {
            columns.push(plain(field, MappedFrom::Column(column.clone())));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_may_be_meant() {
        let names = ["Pressure (bar)", "Temp", "time"].map(str::to_owned);
        assert_eq!(
            nearest("pressure", &names).as_deref(),
            Some("Pressure (bar)")
        );
        assert_eq!(nearest("temperature", &names).as_deref(), Some("Temp"));
        assert_eq!(nearest("xyz", &names), None);
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn the_demo_is_looked_at_where_nothing_is_configured() {
        let found = sources(&Config::default(), false);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(SourceCheck::is_good));
        let sensors = &found[0].files[0];
        assert_eq!((sensors.rows, sensors.first.len()), (ROWS, SHOWN_ROWS));
        assert!(
            sources(&Config::default(), true)
                .iter()
                .all(|s| s.error.is_some())
        );
    }
}
