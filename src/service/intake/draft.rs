//! A source in the making: what the wizard has found and what its user has put right, and the lines of `cidp.toml`
//! that it becomes.

use std::path::Path;

use toml_edit::{InlineTable, Item, Table, Value};

use crate::config::Config;
use crate::domain::{Channel, Role, SourceClock};

use super::names::{Field, matched, role, unit_in};

/// Where the locomotive of a row is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocoIn {
    Column(Option<String>),
    /// The file's name without folder and extension.
    FileName,
    /// The same for every row.
    Constant(String),
}

/// A source that is not saved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDraft {
    /// File, folder or pattern.
    pub path: String,
    pub name: String,
    pub role: Role,
    /// Left out, as the four after it: found by looking.
    pub delimiter: Option<char>,
    /// `,` or `.`.
    pub decimal: Option<char>,
    /// From 1.
    pub header_row: Option<u32>,
    pub sheet: Option<String>,
    pub timestamp: Option<String>,
    /// strftime pattern of a time that is not ISO 8601.
    pub time_format: Option<String>,
    pub loco: LocoIn,
    /// Column and unit a channel; without a unit it is in ours.
    pub channels: [(Option<String>, Option<String>); 4],
    pub label: Option<String>,
    pub kind: Option<String>,
    pub component: Option<String>,
    /// For times without a zone.
    pub zone: String,
    /// Wall: new rows are taken as they come, and are as old as the computer's clock says.
    pub clock: SourceClock,
}

impl SourceDraft {
    /// Of a file that nothing is known of yet.
    #[must_use]
    pub fn of(path: &str, taken: &[String]) -> Self {
        Self {
            path: path.to_owned(),
            name: free_name(path, taken),
            role: Role::Telemetry,
            delimiter: None,
            decimal: None,
            header_row: None,
            sheet: None,
            timestamp: None,
            time_format: None,
            loco: LocoIn::Column(None),
            channels: Default::default(),
            label: None,
            kind: None,
            component: None,
            zone: "Africa/Douala".into(),
            clock: SourceClock::Data,
        }
    }

    /// Maps the columns of this header as they are probably meant.
    pub fn guess(&mut self, header: &[String]) {
        self.role = role(header);
        self.guess_columns(header);
    }

    /// The same for the role that is chosen already.
    pub fn guess_columns(&mut self, header: &[String]) {
        for field in [Field::Label, Field::Kind, Field::Component] {
            self.set(field, None);
        }
        for channel in Channel::ALL {
            self.channels[channel.index()] = (None, None);
        }
        for (field, column) in matched(self.role, header) {
            self.set(field, column);
        }
        if self.column(Field::Loco).is_none() {
            self.loco = LocoIn::FileName;
        }
    }

    /// The column of a field.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<&str> {
        match field {
            Field::Timestamp => self.timestamp.as_deref(),
            Field::Loco => match &self.loco {
                LocoIn::Column(column) => column.as_deref(),
                LocoIn::FileName | LocoIn::Constant(_) => None,
            },
            Field::Channel(channel) => self.channels[channel.index()].0.as_deref(),
            Field::Label => self.label.as_deref(),
            Field::Kind => self.kind.as_deref(),
            Field::Component => self.component.as_deref(),
        }
    }

    /// Takes the column of a field; that of a channel with the unit beside its name.
    pub fn set(&mut self, field: Field, column: Option<String>) {
        match field {
            Field::Timestamp => self.timestamp = column,
            Field::Loco => self.loco = LocoIn::Column(column),
            Field::Channel(channel) => {
                let unit = column.as_deref().and_then(|c| unit_in(channel, c));
                self.channels[channel.index()] = (column, unit.map(str::to_owned));
            }
            Field::Label => self.label = column,
            Field::Kind => self.kind = column,
            Field::Component => self.component = column,
        }
    }

    /// Fields without which nothing can be read.
    #[must_use]
    pub fn missing(&self) -> Vec<Field> {
        let there = |field: &Field| match (field, &self.loco) {
            (Field::Loco, LocoIn::FileName) => true,
            (Field::Loco, LocoIn::Constant(name)) => !name.trim().is_empty(),
            _ => self.column(*field).is_some(),
        };
        let needed = Field::of(self.role).into_iter().filter(|f| f.is_needed());
        needed.filter(|field| !there(field)).collect()
    }

    /// Its `[[sources]]` entry.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        let mut put = |key: &str, value: Value| table.insert(key, Item::Value(value));
        put("name", self.name.trim().into());
        put("role", self.role.key().into());
        put("path", self.path.as_str().into());
        put("clock", self.clock.key().into());
        put("timezone", self.zone.as_str().into());
        for (key, character) in [("delimiter", self.delimiter), ("decimal", self.decimal)] {
            if let Some(character) = character {
                put(key, character.to_string().into());
            }
        }
        if let Some(row) = self.header_row {
            put("header_row", i64::from(row).into());
        }
        if let Some(sheet) = &self.sheet {
            put("sheet", sheet.as_str().into());
        }
        table.insert("columns", Item::Table(self.columns()));
        table
    }

    fn columns(&self) -> Table {
        let mut columns = Table::new();
        let long = |pairs: &[(&str, Option<&str>)]| -> Value {
            let mut long = InlineTable::new();
            for (key, value) in pairs {
                if let Some(value) = value {
                    long.insert(*key, (*value).into());
                }
            }
            long.into()
        };
        for field in Field::of(self.role) {
            let value: Value = match (field, self.column(field), &self.loco) {
                (Field::Loco, _, LocoIn::FileName) => long(&[("from", Some("file_stem"))]),
                (Field::Loco, _, LocoIn::Constant(name)) => {
                    long(&[("constant", Some(name.trim()))])
                }
                (_, None, _) => continue,
                (Field::Timestamp, column, _) if self.time_format.is_some() => {
                    long(&[("column", column), ("format", self.time_format.as_deref())])
                }
                (Field::Channel(channel), column, _) => {
                    match self.channels[channel.index()].1.as_deref() {
                        Some(unit) => long(&[("column", column), ("unit", Some(unit))]),
                        None => column.unwrap_or_default().into(),
                    }
                }
                (_, Some(column), _) => column.into(),
            };
            columns.insert(field.key(), Item::Value(value));
        }
        columns
    }

    /// A configuration of this source alone, checked as any other.
    ///
    /// # Errors
    /// What of it cannot be.
    pub fn alone(&self) -> Result<Config, String> {
        let mut document = toml_edit::DocumentMut::new();
        let mut sources = toml_edit::ArrayOfTables::new();
        sources.push(self.table());
        document.insert("sources", Item::ArrayOfTables(sources));
        Config::parse(&document.to_string(), Path::new("")).map_err(|e| e.message)
    }
}

/// The file's name, with a number where another source has it.
fn free_name(path: &str, taken: &[String]) -> String {
    let stem = Path::new(path)
        .file_stem()
        .map(|stem| stem.to_string_lossy().trim().to_owned())
        .filter(|stem| !stem.is_empty())
        .unwrap_or_else(|| "source".into());
    let numbered = (2_u32..).map(|n| format!("{stem}-{n}"));
    let mut names = std::iter::once(stem.clone()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> Vec<String> {
        [
            "Horodatage",
            "Engin",
            "Débit (L/h)",
            "Pression (kPa)",
            "Vibrations",
            "Temp [°F]",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn a_guess_is_a_configuration_that_is_accepted() {
        let mut draft = SourceDraft::of("/tmp/relevé août.csv", &["relevé août".into()]);
        draft.guess(&header());
        assert_eq!(draft.name, "relevé août-2");
        assert!(draft.missing().is_empty(), "{:?}", draft.missing());
        let config = draft.alone().unwrap();
        let columns = config.sources[0].columns.clone().unwrap();
        assert_eq!(columns.pressure.unwrap().unit.as_deref(), Some("kPa"));
        assert_eq!(columns.flow_rate.unwrap().unit.as_deref(), Some("L/h"));
        assert_eq!(columns.vibration.unwrap().unit, None);
        assert!(!config.sources[0].followed());
    }

    #[test]
    fn what_is_missing_is_named_and_refused() {
        let mut draft = SourceDraft::of("x.csv", &[]);
        draft.guess(&["a".into(), "Pression".into()]);
        assert_eq!(draft.loco, LocoIn::FileName);
        assert!(draft.missing().contains(&Field::Timestamp));
        assert!(draft.alone().unwrap_err().contains("timestamp"));
        draft.loco = LocoIn::Constant("  ".into());
        assert!(draft.missing().contains(&Field::Loco));
        draft.role = Role::Failures;
        draft.loco = LocoIn::Constant("LOCO_7".into());
        draft.timestamp = Some("a".into());
        draft.channels = Default::default();
        assert!(draft.missing().is_empty());
        draft.alone().unwrap();
    }

    proptest! {
        #[test]
        fn whatever_the_names_the_file_is_read_back_as_it_was_meant(
            names in proptest::collection::hash_set("\\PC{1,12}", 6), zone in "[A-Za-z/]{0,8}"
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let mut draft = SourceDraft::of("/data/x.csv", &[]);
            draft.timestamp = Some(names[0].clone());
            draft.loco = LocoIn::Column(Some(names[1].clone()));
            for channel in Channel::ALL {
                draft.channels[channel.index()].0 = Some(names[2 + channel.index()].clone());
            }
            let config = draft.alone().unwrap();
            let columns = config.sources[0].columns.clone().unwrap();
            prop_assert_eq!(columns.timestamp.unwrap().column.unwrap(), names[0].clone());
            prop_assert_eq!(columns.temperature.unwrap().column.unwrap(), names[5].clone());
            draft.zone = zone;
            // A zone that is none is said, not taken.
            let _ = draft.alone().is_err();
        }
    }
}
