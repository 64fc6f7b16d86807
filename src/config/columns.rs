//! `[sources.columns]`: which field of a file holds what.

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de::value::MapAccessDeserializer};
use std::fmt;

use super::Role;
use crate::domain::Channel;

/// The long form of a column, as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnSpec {
    /// The name in the header.
    pub column: Option<String>,
    /// `file_stem`: the file's name without folder and extension.
    pub from: Option<Origin>,
    /// The same text for every row.
    pub constant: Option<String>,
    /// `value = field × scale + offset`.
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    /// The unit of the field, converted to ours (instead of scale and offset).
    pub unit: Option<String>,
    /// A strftime pattern for a time that is not ISO 8601.
    pub format: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    FileStem,
}

/// A name, or a table with more: `"Pressure"` or `{ column = "Pressure", scale = 0.1 }`.
fn short_or_long<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ColumnSpec>, D::Error> {
    struct ShortOrLong;
    impl<'de> Visitor<'de> for ShortOrLong {
        type Value = ColumnSpec;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a column name or a table such as { column = \"…\" }")
        }
        fn visit_str<E: de::Error>(self, name: &str) -> Result<ColumnSpec, E> {
            Ok(ColumnSpec {
                column: Some(name.to_owned()),
                ..ColumnSpec::default()
            })
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSpec, A::Error> {
            ColumnSpec::deserialize(MapAccessDeserializer::new(map))
        }
    }
    d.deserialize_any(ShortOrLong).map(Some)
}

/// The mapping of one source. Columns that nothing maps are ignored.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    #[serde(deserialize_with = "short_or_long")]
    pub timestamp: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub loco_id: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub flow_rate: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub pressure: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub vibration: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub temperature: Option<ColumnSpec>,
    /// The source's own truth, 0 or 1.
    #[serde(deserialize_with = "short_or_long")]
    pub label: Option<ColumnSpec>,
    /// `preventive` or `failure`.
    #[serde(rename = "type", deserialize_with = "short_or_long")]
    pub kind: Option<ColumnSpec>,
    #[serde(deserialize_with = "short_or_long")]
    pub component: Option<ColumnSpec>,
}

/// Where the time of a row stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TimestampColumn {
    pub column: String,
    pub format: Option<String>,
}

/// Where the locomotive of a row stands.
#[derive(Debug, Clone, PartialEq)]
pub enum LocoColumn {
    Column(String),
    FileStem,
    Constant(String),
}

/// Where a quantity stands, and how it becomes our unit.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelColumn {
    pub column: String,
    pub scale: f64,
    pub offset: f64,
}

/// Units that are converted: (name, scale, offset) to the channel's own.
const fn units(channel: Channel) -> &'static [(&'static str, f64, f64)] {
    match channel {
        Channel::FlowRate => &[
            ("L/min", 1.0, 0.0),
            ("L/s", 60.0, 0.0),
            ("L/h", 1.0 / 60.0, 0.0),
            ("m3/h", 1000.0 / 60.0, 0.0),
            ("m³/h", 1000.0 / 60.0, 0.0),
            ("gpm", 3.785_411_784, 0.0),
        ],
        Channel::Pressure => &[
            ("bar", 1.0, 0.0),
            ("mbar", 0.001, 0.0),
            ("Pa", 1e-5, 0.0),
            ("kPa", 0.01, 0.0),
            ("MPa", 10.0, 0.0),
            ("psi", 0.068_947_572_931_683_6, 0.0),
        ],
        Channel::Vibration => &[
            ("mm/s", 1.0, 0.0),
            ("cm/s", 10.0, 0.0),
            ("m/s", 1000.0, 0.0),
            ("in/s", 25.4, 0.0),
        ],
        Channel::Temperature => &[
            ("°C", 1.0, 0.0),
            ("C", 1.0, 0.0),
            ("K", 1.0, -273.15),
            ("°F", 5.0 / 9.0, -160.0 / 9.0),
            ("F", 5.0 / 9.0, -160.0 / 9.0),
        ],
    }
}

/// Names of the units that a channel's column may be in; the first is the channel's own.
pub fn units_of(channel: Channel) -> impl Iterator<Item = &'static str> {
    units(channel).iter().map(|(name, ..)| *name)
}

type Wrong = (String, String);

impl Columns {
    /// The platform's own names: what a source without `[sources.columns]` is read by.
    #[must_use]
    pub fn platform(role: Role) -> Self {
        let named = |name: &str| {
            Some(ColumnSpec {
                column: Some(name.to_owned()),
                ..ColumnSpec::default()
            })
        };
        let mut columns = Self {
            timestamp: named("timestamp"),
            loco_id: named("loco_id"),
            ..Self::default()
        };
        match role {
            Role::Telemetry => {
                columns.flow_rate = named("flow_rate");
                columns.pressure = named("pressure");
                columns.vibration = named("vibration");
                columns.temperature = named("temperature");
            }
            Role::Maintenance => {
                columns.kind = named("type");
                columns.component = named("component");
            }
            Role::Failures => columns.component = named("component"),
        }
        columns
    }

    /// Names of the columns that something is read from.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let channels = Channel::ALL.map(|channel| self.spec(channel));
        let others = [
            &self.timestamp,
            &self.loco_id,
            &self.label,
            &self.kind,
            &self.component,
        ];
        others
            .map(Option::as_ref)
            .into_iter()
            .chain(channels)
            .flatten()
            .filter_map(|spec| spec.column.clone())
            .collect()
    }

    /// Everything the role needs is there, and nothing contradicts itself.
    pub(super) fn check(&self, role: Role) -> Result<(), Wrong> {
        self.timestamp()?;
        self.loco()?;
        match role {
            Role::Telemetry => {
                for channel in Channel::ALL {
                    self.channel(channel)?;
                }
                if self.kind.is_some() || self.component.is_some() {
                    return Err((
                        "columns".into(),
                        "a telemetry source has no type and no component".into(),
                    ));
                }
            }
            Role::Maintenance | Role::Failures => {
                if let Some(channel) = Channel::ALL.into_iter().find(|&c| self.spec(c).is_some()) {
                    return Err((
                        channel.key().into(),
                        format!("a {} source has no sensor columns", role.key()),
                    ));
                }
            }
        }
        Ok(())
    }

    const fn spec(&self, channel: Channel) -> Option<&ColumnSpec> {
        match channel {
            Channel::FlowRate => self.flow_rate.as_ref(),
            Channel::Pressure => self.pressure.as_ref(),
            Channel::Vibration => self.vibration.as_ref(),
            Channel::Temperature => self.temperature.as_ref(),
        }
    }

    /// # Errors
    /// Not mapped, or not by a column.
    pub fn timestamp(&self) -> Result<TimestampColumn, Wrong> {
        let spec = needed(self.timestamp.as_ref(), "timestamp")?;
        Ok(TimestampColumn {
            column: by_column(spec, "timestamp")?,
            format: spec.format.clone(),
        })
    }

    /// # Errors
    /// Not mapped, or mapped twice.
    pub fn loco(&self) -> Result<LocoColumn, Wrong> {
        let spec = needed(self.loco_id.as_ref(), "loco_id")?;
        match (&spec.column, spec.from, &spec.constant) {
            (Some(column), None, None) => Ok(LocoColumn::Column(column.clone())),
            (None, Some(Origin::FileStem), None) => Ok(LocoColumn::FileStem),
            (None, None, Some(name)) if !name.trim().is_empty() => {
                Ok(LocoColumn::Constant(name.clone()))
            }
            _ => Err((
                "loco_id".into(),
                "give exactly one of: a column name, { from = \"file_stem\" }, { constant = \"…\" }"
                    .into(),
            )),
        }
    }

    /// # Errors
    /// Not mapped, not by a column, an unknown unit, a unit beside a scale.
    pub fn channel(&self, channel: Channel) -> Result<ChannelColumn, Wrong> {
        let spec = needed(self.spec(channel), channel.key())?;
        let column = by_column(spec, channel.key())?;
        let (scale, offset) = match &spec.unit {
            None => (spec.scale.unwrap_or(1.0), spec.offset.unwrap_or(0.0)),
            Some(_) if spec.scale.is_some() || spec.offset.is_some() => {
                return Err((
                    "unit".into(),
                    format!("{}: either unit, or scale and offset", channel.key()),
                ));
            }
            Some(unit) => {
                let known = units(channel);
                match known.iter().find(|(name, ..)| name == unit) {
                    Some(&(_, scale, offset)) => (scale, offset),
                    None => {
                        let names: Vec<&str> = known.iter().map(|(n, ..)| *n).collect();
                        return Err((
                            "unit".into(),
                            format!(
                                "“{unit}” is not a unit of {}; expected one of `{}`",
                                channel.key(),
                                names.join("`, `")
                            ),
                        ));
                    }
                }
            }
        };
        if !scale.is_finite() || scale == 0.0 || !offset.is_finite() {
            return Err((
                "scale".into(),
                format!("{}: scale must be a number other than 0", channel.key()),
            ));
        }
        Ok(ChannelColumn {
            column,
            scale,
            offset,
        })
    }
}

fn needed<'a>(spec: Option<&'a ColumnSpec>, key: &str) -> Result<&'a ColumnSpec, Wrong> {
    spec.ok_or_else(|| {
        (
            "columns".into(),
            format!("`{key}` is not mapped to a column"),
        )
    })
}

fn by_column(spec: &ColumnSpec, key: &str) -> Result<String, Wrong> {
    match &spec.column {
        Some(column) if spec.from.is_none() && spec.constant.is_none() => Ok(column.clone()),
        _ => Err((
            key.into(),
            format!("`{key}` must come from a column of the file"),
        )),
    }
}
