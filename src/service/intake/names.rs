//! Which column of a foreign table is meant by which field of ours: by what it is called, in French or English, and by
//! the unit beside its name.

use crate::config::units_of;
use crate::domain::{Channel, Role};

/// A field of ours that a column may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    Timestamp,
    Loco,
    Channel(Channel),
    Label,
    Kind,
    Component,
}

impl Field {
    /// Those of a role.
    #[must_use]
    pub fn of(role: Role) -> Vec<Self> {
        let mut fields = vec![Self::Timestamp, Self::Loco];
        match role {
            Role::Telemetry => {
                fields.extend(Channel::ALL.map(Self::Channel));
                fields.push(Self::Label);
            }
            Role::Maintenance => fields.extend([Self::Kind, Self::Component]),
            Role::Failures => fields.push(Self::Component),
        }
        fields
    }

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp",
            Self::Loco => "loco_id",
            Self::Channel(channel) => channel.key(),
            Self::Label => "label",
            Self::Kind => "type",
            Self::Component => "component",
        }
    }

    /// Whether a source without it can be read.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        matches!(self, Self::Timestamp | Self::Loco | Self::Channel(_))
    }

    /// What it is called elsewhere, without accents and in small letters.
    const fn synonyms(self) -> &'static [&'static str] {
        match self {
            Self::Timestamp => &[
                "timestamp",
                "datetime",
                "date time",
                "time",
                "date",
                "horodatage",
                "date heure",
                "heure",
                "instant",
                "ts",
                "temps",
                "time utc",
                "recorded at",
                "measured at",
            ],
            Self::Loco => &[
                "loco id",
                "loco",
                "locomotive",
                "locomotive id",
                "engin",
                "id engin",
                "numero engin",
                "train",
                "train id",
                "machine",
                "machine id",
                "asset",
                "asset id",
                "device",
                "device id",
                "unit number",
                "vehicle",
                "equipement",
                "matricule",
                "udi",
            ],
            Self::Channel(Channel::FlowRate) => &[
                "flow rate",
                "flow",
                "debit",
                "debit huile",
                "debit d huile",
                "oil flow",
                "volume flow",
                "volume flow raterms",
                "volume flow rate",
                "volumetric flow",
            ],
            Self::Channel(Channel::Pressure) => &[
                "pressure",
                "pression",
                "pression huile",
                "oil pressure",
                "press",
                "tp2",
                "pression circuit",
            ],
            Self::Channel(Channel::Vibration) => &[
                "vibration",
                "vibrations",
                "vibration rms",
                "vib",
                "acceleration",
                "accelerometer",
                "accelerometer1rms",
                "accelerometre",
                "vitesse vibratoire",
                "velocity rms",
            ],
            Self::Channel(Channel::Temperature) => &[
                "temperature",
                "temp",
                "temperature huile",
                "oil temperature",
                "thermocouple",
                "temp huile",
            ],
            Self::Label => &[
                "label",
                "anomaly",
                "anomalie",
                "failure",
                "panne",
                "fault",
                "defaut",
                "target",
                "machine failure",
                "etiquette",
                "is faulty",
            ],
            Self::Kind => &[
                "type",
                "kind",
                "nature",
                "event type",
                "maintenance type",
                "type intervention",
                "type d intervention",
                "type evenement",
            ],
            Self::Component => &[
                "component",
                "composant",
                "organe",
                "part",
                "piece",
                "comp",
                "failure",
                "element",
                "systeme",
            ],
        }
    }

    /// How much a column of this name is meant, 0–1.
    fn likeness(self, plain: &str) -> f64 {
        let alike = |synonym: &&str| {
            if plain == *synonym {
                return 1.0;
            }
            let whole_words = || {
                let padded = format!(" {plain} ");
                synonym.len() > 3 && padded.contains(&format!(" {synonym} "))
            };
            if whole_words() {
                0.93
            } else {
                strsim::jaro_winkler(plain, synonym) * 0.92
            }
        };
        self.synonyms().iter().map(alike).fold(0.0, f64::max)
    }
}

/// How alike a name must be to be taken without being asked.
const ALIKE: f64 = 0.83;

/// A name without accents, capitals, signs and the unit beside it.
fn plain(name: &str) -> String {
    let bare = match name.find(['(', '[']) {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    };
    let small = bare.to_lowercase();
    let folded = small.chars().map(|c| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    });
    let words: String = folded.collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fields of a role, each with the column that is probably meant; a column serves once.
#[must_use]
pub fn matched(role: Role, header: &[String]) -> Vec<(Field, Option<String>)> {
    let fields = Field::of(role);
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (f, field) in fields.iter().enumerate() {
        for (c, column) in header.iter().enumerate() {
            // A name that stands twice cannot be mapped.
            if header.iter().filter(|other| *other == column).count() == 1 {
                pairs.push((field.likeness(&plain(column)), f, c));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut chosen: Vec<Option<usize>> = vec![None; fields.len()];
    for (likeness, field, column) in pairs {
        if likeness >= ALIKE && chosen[field].is_none() && !chosen.contains(&Some(column)) {
            chosen[field] = Some(column);
        }
    }
    let named = |column: Option<usize>| column.and_then(|c| header.get(c)).cloned();
    fields
        .into_iter()
        .zip(chosen)
        .map(|(field, column)| (field, named(column)))
        .collect()
}

/// What a table of these columns is probably for.
#[must_use]
pub fn role(header: &[String]) -> Role {
    let found = |role| -> usize {
        let all = matched(role, header);
        all.iter().filter(|(_, column)| column.is_some()).count()
    };
    let channels = matched(Role::Telemetry, header)
        .iter()
        .filter(|(field, column)| matches!(field, Field::Channel(_)) && column.is_some())
        .count();
    match channels {
        0 | 1 if found(Role::Maintenance) >= 4 => Role::Maintenance,
        0 | 1 if found(Role::Failures) >= 3 => Role::Failures,
        _ => Role::Telemetry,
    }
}

/// The unit that stands beside a column's name: “Pressure (kPa)”, “temp [°F]”, “debit_L/h”.
#[must_use]
pub fn unit_in(channel: Channel, column: &str) -> Option<&'static str> {
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.to_lowercase();
    let bracketed = column
        .split_once(['(', '['])
        .map(|(_, rest)| rest.split([')', ']']).next().unwrap_or_default());
    let last_word = column
        .rsplit([' ', '_'])
        .next()
        .filter(|word| *word != column);
    // Millibar and megabar differ by a capital: as written first, then whatever its capitals.
    [bracketed, last_word]
        .into_iter()
        .flatten()
        .find_map(|word| {
            units_of(channel)
                .find(|unit| *unit == word.trim())
                .or_else(|| units_of(channel).find(|unit| same(word, unit)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn columns(role: Role, names: &[&str]) -> Vec<(&'static str, Option<String>)> {
        let found = matched(role, &header(names));
        found.into_iter().map(|(f, c)| (f.key(), c)).collect()
    }

    fn all_of(names: &[&str], fields: &[(&str, &str)]) {
        let found = columns(Role::Telemetry, names);
        for (field, column) in fields {
            let at = found.iter().find(|(key, _)| key == field).unwrap();
            assert_eq!(at.1.as_deref(), Some(*column), "{field} of {names:?}");
        }
    }

    #[test]
    fn tables_of_all_kinds_are_understood() {
        all_of(
            &[
                "datetime",
                "Accelerometer1RMS",
                "Current",
                "Pressure",
                "Temperature",
                "Thermocouple",
                "Voltage",
                "Volume Flow RateRMS",
                "anomaly",
                "changepoint",
            ],
            &[
                ("timestamp", "datetime"),
                ("vibration", "Accelerometer1RMS"),
                ("pressure", "Pressure"),
                ("temperature", "Temperature"),
                ("flow_rate", "Volume Flow RateRMS"),
                ("label", "anomaly"),
            ],
        );
        all_of(
            &[
                "Horodatage",
                "N° engin",
                "Débit d’huile (L/min)",
                "Pression (kPa)",
                "Vibrations [mm/s]",
                "Température (°C)",
            ],
            &[
                ("timestamp", "Horodatage"),
                ("loco_id", "N° engin"),
                ("flow_rate", "Débit d’huile (L/min)"),
                ("pressure", "Pression (kPa)"),
                ("vibration", "Vibrations [mm/s]"),
                ("temperature", "Température (°C)"),
            ],
        );
        all_of(
            &[
                "timestamp",
                "loco_id",
                "flow_rate",
                "pressure",
                "vibration",
                "temperature",
            ],
            &[
                ("timestamp", "timestamp"),
                ("loco_id", "loco_id"),
                ("flow_rate", "flow_rate"),
            ],
        );
        all_of(
            &["machineID", "datetime", "pressure", "vibration"],
            &[("loco_id", "machineID")],
        );
    }

    #[test]
    fn what_is_not_there_is_not_made_up() {
        let found = columns(Role::Telemetry, &["a", "b", "Current", "Voltage", ""]);
        assert!(
            found.iter().all(|(_, column)| column.is_none()),
            "{found:?}"
        );
        // A name that stands twice cannot be mapped.
        let twice = columns(Role::Telemetry, &["pressure", "pressure"]);
        assert!(twice.iter().all(|(_, column)| column.is_none()));
    }

    #[test]
    fn what_a_table_is_for() {
        let of = |names: &[&str]| role(&header(names));
        assert_eq!(of(&["date", "loco", "type", "organe"]), Role::Maintenance);
        assert_eq!(of(&["datetime", "machineID", "failure"]), Role::Failures);
        assert_eq!(
            of(&["datetime", "machineID", "volt", "pressure", "vibration"]),
            Role::Telemetry
        );
        assert_eq!(of(&[]), Role::Telemetry);
    }

    #[test]
    fn units_beside_names_are_read() {
        let unit = |channel, column| unit_in(channel, column);
        assert_eq!(unit(Channel::Pressure, "Pression (kPa)"), Some("kPa"));
        assert_eq!(unit(Channel::Pressure, "p [MPa]"), Some("MPa"));
        assert_eq!(unit(Channel::Temperature, "temp_F"), Some("F"));
        assert_eq!(unit(Channel::FlowRate, "débit L/H"), Some("L/h"));
        assert_eq!(unit(Channel::Vibration, "Vibrations (g)"), None);
        assert_eq!(unit(Channel::Pressure, "kPa"), None);
    }

    proptest! {
        #[test]
        fn whatever_the_header_each_column_serves_once(names in proptest::collection::vec("\\PC{0,20}", 0..12)) {
            for role in [Role::Telemetry, Role::Maintenance, Role::Failures] {
                let found = matched(role, &names);
                let used: Vec<&String> = found.iter().filter_map(|(_, c)| c.as_ref()).collect();
                let mut distinct = used.clone();
                distinct.sort();
                distinct.dedup();
                prop_assert_eq!(used.len(), distinct.len());
                prop_assert!(used.iter().all(|c| names.contains(c)));
            }
            for name in &names {
                for channel in Channel::ALL {
                    prop_assert!(unit_in(channel, name).is_none_or(|unit| units_of(channel).any(|known| known == unit)));
                }
            }
        }
    }
}
