//! From a record's fields to a reading or an event: the mapping of a source, bound to a header.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::domain::ports::{RawRecord, RecordStream, decode};
use crate::domain::{Channel, ChannelValues, EventKind, Limits, Reason, Role, SourceError};

use super::time::TimeParser;

/// Which field of a source holds what.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub timestamp: String,
    /// strftime pattern of the timestamp.
    pub format: Option<String>,
    pub zone: TimeZone,
    pub loco: LocoFrom,
    /// Column, scale, offset a channel; `None` for events.
    pub channels: Option<[(String, f64, f64); 4]>,
    pub label: Option<String>,
    pub kind: Option<String>,
    pub component: Option<String>,
    /// Only rows whose columns hold these values.
    pub only: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub enum LocoFrom {
    Column(String),
    FileStem,
    Constant(String),
}

/// Why a row is refused: the reason and what was wrong with which field.
pub type Refusal = (Reason, String);

/// A mapping bound to the header of one file.
pub struct Bound {
    timestamp: usize,
    time: TimeParser,
    loco: Result<usize, String>,
    channels: Option<[(usize, f64, f64); 4]>,
    label: Option<usize>,
    kind: Option<usize>,
    component: Option<usize>,
    only: Vec<(usize, String)>,
    columns: usize,
    decimal_comma: bool,
    role: Role,
}

/// Number of a field: missing is not zero, and text is not a number.
enum Number {
    Missing,
    Wrong,
    Is(f64),
}

/// What can be said of a refused row all the same.
#[derive(Debug, Default)]
pub struct Partial {
    pub loco: Option<String>,
    pub at_ms: Option<i64>,
    pub label: Option<bool>,
}

impl Bound {
    /// # Errors
    /// A mapped column is missing from the header, or stands there twice.
    pub fn new(
        mapping: &Mapping,
        role: Role,
        stream: &dyn RecordStream,
        stem: &str,
    ) -> Result<Self, SourceError> {
        let header = stream.header();
        let find = |column: &str| -> Result<usize, SourceError> {
            let mut found = header
                .iter()
                .enumerate()
                .filter(|(_, name)| *name == column);
            match (found.next(), found.next()) {
                (Some((i, _)), None) => Ok(i),
                (Some(_), Some(_)) => Err(SourceError::DoubleColumn {
                    column: column.to_owned(),
                }),
                (None, _) => Err(SourceError::MissingColumn {
                    column: column.to_owned(),
                    header: shorten(&header.join(", ")),
                }),
            }
        };
        let optional = |column: &Option<String>| column.as_deref().map(&find).transpose();
        Ok(Self {
            timestamp: find(&mapping.timestamp)?,
            time: TimeParser::new(mapping.zone.clone(), mapping.format.clone()),
            loco: match &mapping.loco {
                LocoFrom::Column(column) => Ok(find(column)?),
                LocoFrom::FileStem => Err(stem.to_owned()),
                LocoFrom::Constant(name) => Err(name.clone()),
            },
            channels: match &mapping.channels {
                Some([a, b, c, d]) => {
                    let bind = |m: &(String, f64, f64)| Ok((find(&m.0)?, m.1, m.2));
                    Some([bind(a)?, bind(b)?, bind(c)?, bind(d)?])
                }
                None => None,
            },
            label: optional(&mapping.label)?,
            kind: optional(&mapping.kind)?,
            component: optional(&mapping.component)?,
            only: mapping
                .only
                .iter()
                .map(|(column, value)| Ok((find(column)?, value.clone())))
                .collect::<Result<_, SourceError>>()?,
            columns: header.len(),
            decimal_comma: stream.decimal_comma(),
            role,
        })
    }

    /// Columns of the header that nothing maps.
    #[must_use]
    pub fn ignored(&self, header: &[String]) -> Vec<String> {
        let mut used = vec![self.timestamp];
        used.extend(self.loco.as_ref().ok());
        used.extend(self.channels.iter().flatten().map(|c| c.0));
        used.extend(
            [self.label, self.kind, self.component]
                .into_iter()
                .flatten(),
        );
        used.extend(self.only.iter().map(|o| o.0));
        (0..header.len())
            .filter(|i| !used.contains(i))
            .map(|i| header[i].clone())
            .collect()
    }

    /// The row is of this source (`where`). Of a row that is not whole nobody can say that it is not: it
    /// is looked at, and refused.
    #[must_use]
    pub fn is_meant(&self, record: &RawRecord) -> bool {
        self.only.is_empty()
            || self.whole(record).is_err()
            || self
                .only
                .iter()
                .all(|(i, value)| record.field_text(*i).is_some_and(|t| t == *value))
    }

    /// The gates that every row passes before its values are looked at.
    pub fn whole(&self, record: &RawRecord) -> Result<(), Refusal> {
        if record.cut {
            return Err((Reason::CutLine, "the file ends within this line".into()));
        }
        if record.len() != self.columns {
            return Err((
                Reason::WrongFieldCount,
                format!("{} fields, the header has {}", record.len(), self.columns),
            ));
        }
        Ok(())
    }

    /// UTC milliseconds.
    pub fn instant(&mut self, record: &RawRecord) -> Result<i64, Refusal> {
        let field = record.field(self.timestamp).unwrap_or_default();
        if let Some(at_ms) = self.time.parse_plain(field) {
            return Ok(at_ms);
        }
        let time = record.field_text(self.timestamp).unwrap_or_default();
        if is_missing(&time) {
            return Err((Reason::MissingValue, "no timestamp".into()));
        }
        self.time.parse(&time).ok_or_else(|| {
            (
                Reason::WrongType,
                format!("timestamp “{}” is not a time", shorten(&time)),
            )
        })
    }

    /// The bytes that name the locomotive, as they stand in the record.
    #[must_use]
    pub fn loco_bytes<'a>(&'a self, record: &'a RawRecord) -> &'a [u8] {
        match &self.loco {
            Err(fixed) => fixed.as_bytes(),
            Ok(i) => record.field(*i).unwrap_or_default(),
        }
    }

    /// The name that such bytes stand for.
    #[must_use]
    pub fn loco_name<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        let name = decode(bytes);
        match (&self.loco, name) {
            (Err(_), name) => name,
            (Ok(_), Cow::Borrowed(name)) => Cow::Borrowed(name.trim()),
            (Ok(_), Cow::Owned(name)) => Cow::Owned(name.trim().to_owned()),
        }
    }

    /// Locomotive and instant, UTC milliseconds.
    pub fn identity<'a>(&mut self, record: &'a RawRecord) -> Result<(Cow<'a, str>, i64), Refusal> {
        let at_ms = self.instant(record)?;
        let loco = match &self.loco {
            Err(fixed) => Cow::Owned(fixed.clone()),
            Ok(i) => record.field_text(*i).unwrap_or_default(),
        };
        if is_missing(&loco) {
            return Err((Reason::MissingValue, "no locomotive".into()));
        }
        if loco.len() > 200 || loco.chars().any(char::is_control) {
            return Err((Reason::WrongType, "this is no locomotive's name".into()));
        }
        Ok((loco, at_ms))
    }

    /// The four quantities, in our units and inside the physical limits.
    pub fn values(&self, record: &RawRecord, limits: &Limits) -> Result<ChannelValues, Refusal> {
        let mut values = [0.0; 4];
        let Some(channels) = &self.channels else {
            return Ok(values);
        };
        for channel in Channel::ALL {
            let (field, scale, offset) = channels[channel.index()];
            let value = match self.number(record, field) {
                Number::Missing => {
                    return Err((Reason::MissingValue, format!("no {}", channel.key())));
                }
                Number::Wrong => {
                    let found = record.field_text(field).unwrap_or_default();
                    return Err((
                        Reason::WrongType,
                        format!("{} “{}” is not a number", channel.key(), shorten(&found)),
                    ));
                }
                Number::Is(value) => value,
            };
            values[channel.index()] = value.mul_add(scale, offset);
        }
        limits.outside(&values).map_or(Ok(values), |channel| {
            let i = channel.index();
            Err((
                Reason::OutOfRange,
                format!(
                    "{} {} is outside {} … {} {}",
                    channel.key(),
                    values[i],
                    limits.min[i],
                    limits.max[i],
                    channel.unit()
                ),
            ))
        })
    }

    /// The source's truth: no label is no label, but a label that is neither 0 nor 1 is an error.
    pub fn label(&self, record: &RawRecord) -> Result<Option<bool>, Refusal> {
        let Some(field) = self.label else {
            return Ok(None);
        };
        let found = record.field_text(field).unwrap_or_default();
        match self.number(record, field) {
            Number::Missing => Ok(None),
            Number::Is(0.0) => Ok(Some(false)),
            Number::Is(1.0) => Ok(Some(true)),
            _ if found.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ if found.eq_ignore_ascii_case("true") => Ok(Some(true)),
            _ => Err((
                Reason::WrongType,
                format!("label “{}” is neither 0 nor 1", shorten(&found)),
            )),
        }
    }

    /// What the workshop did, and to which part.
    pub fn event(&self, record: &RawRecord) -> Result<(EventKind, String), Refusal> {
        let component = self
            .component
            .and_then(|i| record.field_text(i))
            .filter(|c| !is_missing(c))
            .map_or_else(String::new, Cow::into_owned);
        if self.role == Role::Failures {
            return Ok((EventKind::Failure, component));
        }
        let Some(field) = self.kind else {
            return Ok((EventKind::Preventive, component));
        };
        let found = record.field_text(field).unwrap_or_default();
        match found.to_lowercase().as_str() {
            "preventive" | "préventive" | "préventif" => Ok((EventKind::Preventive, component)),
            "failure" | "panne" | "corrective" => Ok((EventKind::Failure, component)),
            other if is_missing(other) => Err((Reason::MissingValue, "no type".into())),
            _ => Err((
                Reason::WrongType,
                format!(
                    "type “{}” is neither preventive nor failure",
                    shorten(&found)
                ),
            )),
        }
    }

    /// What can be read of a refused row: an evaluation counts it as wrong.
    pub fn partial(&mut self, record: &RawRecord) -> Partial {
        // The last field of a cut line may be half of itself.
        let mut whole = record.clone();
        if record.cut {
            whole.ends.pop();
        }
        let label = self.label(&whole).ok().flatten();
        match self.identity(&whole) {
            Ok((loco, at_ms)) => Partial {
                loco: Some(loco.into_owned()),
                at_ms: Some(at_ms),
                label,
            },
            Err(_) => Partial {
                label,
                ..Partial::default()
            },
        }
    }

    fn number(&self, record: &RawRecord, field: usize) -> Number {
        let Some(bytes) = record.field(field) else {
            return Number::Missing;
        };
        if let Some(value) = plain_decimal(bytes, b'.') {
            return Number::Is(value);
        }
        let Ok(found) = std::str::from_utf8(bytes) else {
            return Number::Wrong;
        };
        let found = found.trim();
        // `inf` and `nan` are words to Rust's parser; a reading is made of digits.
        let starts_well = found
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b','));
        if starts_well {
            let parsed = if self.decimal_comma && found.contains(',') && !found.contains('.') {
                found.replacen(',', ".", 1).parse::<f64>()
            } else {
                found.parse::<f64>()
            };
            if let Ok(value) = parsed
                && value.is_finite()
            {
                return Number::Is(value);
            }
        }
        if is_missing(found) {
            Number::Missing
        } else {
            Number::Wrong
        }
    }
}

/// A plain decimal such as `-12.345`, exactly as the parser of the standard library reads it: a whole
/// number below 2^53 over a power of ten is rounded once (Clinger). `None` for anything else.
fn plain_decimal(bytes: &[u8], point: u8) -> Option<f64> {
    const POWERS: [f64; 16] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ];
    let (negative, digits) = match bytes.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, bytes),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut whole, mut count, mut after) = (0_u64, 0_usize, None);
    for &byte in digits {
        if byte.is_ascii_digit() {
            whole = whole * 10 + u64::from(byte - b'0');
            count += 1;
        } else if byte == point && after.is_none() {
            after = Some(count);
        } else {
            return None;
        }
    }
    if count == 0 || count > 15 {
        return None;
    }
    let value = whole as f64 / POWERS[count - after.unwrap_or(count)];
    Some(if negative { -value } else { value })
}

fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "-", "--", "?"];
    WORDS.iter().any(|w| text.trim().eq_ignore_ascii_case(w))
}

/// Enough of a field to know it again in a report.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plain_decimal_is_what_the_standard_library_reads(text in "-?[0-9]{0,12}\\.?[0-9]{0,6}") {
            if let Some(value) = plain_decimal(text.as_bytes(), b'.') {
                let theirs: f64 = text.parse().unwrap();
                prop_assert_eq!(value.to_bits(), theirs.to_bits());
            }
        }

        #[test]
        fn anything_else_is_left_to_it(text in "[-+.,eE0-9 naifNI]{0,12}") {
            if let Some(value) = plain_decimal(text.as_bytes(), b'.') {
                prop_assert_eq!(Ok(value), text.parse::<f64>());
            }
        }
    }
}
