//! What is typed as a value of the file, and a value as it is typed: either decimal mark, the unit if one likes; and
//! why something cannot stand there.

use crate::service::settings::{Field, Kind, Unit, Value};
use crate::text::{Language, Text};

/// Why what is typed cannot be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    Empty,
    NotANumber,
    NotWhole,
    Outside(f64, f64),
    /// Above the first, up to the second.
    OutsideAbove(f64, f64),
    NotATime,
    /// The lower limit must lie below the upper one.
    UpsideDown,
    /// Another source has that name.
    Twice,
    NotAnAddress,
    NotAZone,
}

impl Wrong {
    /// What is wrong and what would be right.
    #[must_use]
    pub fn words(&self, text: &Text, field: &Field) -> String {
        let range = |low: f64, high: f64| {
            let unit = unit_words(text, field.unit);
            let end = |v: f64| written(text, field, &Value::Number(v));
            [
                ("low", end(low).into()),
                ("high", format!("{}{unit}", end(high)).into()),
            ]
        };
        match self {
            Self::Empty => text.get("set-wrong-empty").into_owned(),
            Self::NotANumber => text.get("set-wrong-number").into_owned(),
            Self::NotWhole => text.get("set-wrong-whole").into_owned(),
            Self::Outside(low, high) => text.with("set-wrong-range", range(*low, *high)),
            Self::OutsideAbove(low, high) => text.with("set-wrong-above", range(*low, *high)),
            Self::NotATime => text.get("set-wrong-time").into_owned(),
            Self::UpsideDown => text.get("set-wrong-order").into_owned(),
            Self::Twice => text.get("set-wrong-twice").into_owned(),
            Self::NotAnAddress => text.get("set-wrong-address").into_owned(),
            Self::NotAZone => text.get("set-wrong-zone").into_owned(),
        }
    }
}

/// A number as it is typed: either decimal mark, no letters but the unit. Where English would read thousands, it is
/// none: nobody meant 1 by "1,000".
fn number(text: &Text, field: &Field, typed: &str) -> Option<f64> {
    let unit = unit_words(text, field.unit);
    let typed = typed.trim();
    let typed = typed.strip_suffix(unit.trim()).unwrap_or(typed);
    let digits = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '-' | '+' | '\u{2212}')
    };
    let thousands = || {
        typed
            .split_once(',')
            .is_some_and(|(_, rest)| rest.trim().len() == 3)
    };
    if !typed.chars().all(digits) || (text.language == Language::English && thousands()) {
        return None;
    }
    Text::parse(typed)
}

/// What is typed, as a value of the file; `None`: the key is left out.
///
/// # Errors
/// It cannot stand there.
pub fn value_typed(
    text: &Text,
    field: &Field,
    typed: &str,
    optional: bool,
) -> Result<Option<Value>, Wrong> {
    if typed.trim().is_empty() {
        return if optional {
            Ok(None)
        } else {
            Err(Wrong::Empty)
        };
    }
    let value = match field.kind {
        Kind::Number { low, high, above } => {
            let mut n = number(text, field, typed).ok_or(Wrong::NotANumber)?;
            if field.unit == Unit::Percent {
                n /= 100.0;
            }
            let value = Value::Number(n);
            if !field.allows(&value) {
                return Err(if above {
                    Wrong::OutsideAbove(low, high)
                } else {
                    Wrong::Outside(low, high)
                });
            }
            value
        }
        Kind::Whole { low, high } => {
            let n = number(text, field, typed).ok_or(Wrong::NotANumber)?;
            if n.fract() != 0.0 {
                return Err(Wrong::NotWhole);
            }
            let value = Value::Whole(n as u64);
            if n < 0.0 || !field.allows(&value) {
                return Err(Wrong::Outside(low as f64, high as f64));
            }
            value
        }
        Kind::Time => {
            let value = Value::Text(typed.trim().replace(['h', 'H'], ":"));
            if !field.allows(&value) {
                return Err(Wrong::NotATime);
            }
            value
        }
        Kind::Text | Kind::Choice(_) | Kind::Flag => Value::Text(typed.trim().to_owned()),
    };
    Ok(Some(value))
}

/// A value as it is typed: the language's decimal mark, all its digits, nothing between thousands.
#[must_use]
pub fn written(text: &Text, field: &Field, value: &Value) -> String {
    let number = |n: f64| {
        let n = if field.unit == Unit::Percent {
            n * 100.0
        } else {
            n
        };
        // 0.1 × 100 is not quite 10.
        let plain = format!("{}", (n * 1e9).round() / 1e9).replace('-', "\u{2212}");
        match text.language {
            Language::French => plain.replace('.', ","),
            Language::English => plain,
        }
    };
    match (value, field.kind) {
        (Value::Number(n), _) => number(*n),
        (Value::Whole(n), _) => n.to_string(),
        (Value::Flag(on), _) => text.yes_no(*on),
        (Value::Text(word), Kind::Choice(_)) => text.setting_choice(field.key, word),
        (Value::Text(words), _) => words.clone(),
    }
}

/// A unit with the space before it; nothing where there is none.
#[must_use]
pub fn unit_words(text: &Text, unit: Unit) -> String {
    let named = |key: &str| format!("\u{202f}{}", text.settings_unit(key));
    match unit {
        Unit::None => String::new(),
        Unit::Percent => "\u{202f}%".to_owned(),
        Unit::Seconds => named("seconds"),
        Unit::Minutes => named("minutes"),
        Unit::Milliseconds => named("milliseconds"),
        Unit::Hours => named("hours"),
        Unit::Days => named("days"),
        Unit::HoursPerDay => named("hours-per-day"),
        Unit::Of(channel) => format!("\u{202f}{}", channel.unit()),
        Unit::RateOf(channel) => format!("\u{202f}{}/s", channel.unit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Channel;
    use crate::service::settings::fields::field;
    use jiff::tz::TimeZone;

    fn text(language: Language) -> Text {
        Text::new(language, TimeZone::UTC)
    }

    fn typed(language: Language, key: &str, words: &str) -> Result<Option<Value>, Wrong> {
        value_typed(&text(language), field(key).unwrap(), words, false)
    }

    #[test]
    fn a_decimal_comma_and_a_unit_may_be_typed() {
        let fr = |key, words| typed(Language::French, key, words);
        let number = |n| Ok(Some(Value::Number(n)));
        assert_eq!(fr("alarms.delay_secs", "12,5"), number(12.5));
        assert_eq!(fr("alarms.delay_secs", " 12.5 s "), number(12.5));
        assert_eq!(fr("alarms.delay_secs", "1 200"), number(1200.0));
        assert_eq!(fr("alarms.dead_band", "10\u{202f}%"), number(0.1));
        assert_eq!(fr("limits.pressure.min", "\u{2212}2 bar"), number(-2.0));
        assert_eq!(
            fr("schedule.daily_at", "02h30"),
            Ok(Some(Value::Text("02:30".into())))
        );
    }

    #[test]
    fn what_cannot_be_is_told_apart() {
        let fr = |key, words| typed(Language::French, key, words);
        assert_eq!(fr("alarms.delay_secs", "dix"), Err(Wrong::NotANumber));
        assert_eq!(fr("alarms.delay_secs", "1O"), Err(Wrong::NotANumber));
        assert_eq!(
            fr("alarms.delay_secs", "3601"),
            Err(Wrong::Outside(0.0, 3600.0))
        );
        assert_eq!(
            fr("alarms.delay_secs", "−1"),
            Err(Wrong::Outside(0.0, 3600.0))
        );
        assert_eq!(fr("alarms.delay_secs", " "), Err(Wrong::Empty));
        assert_eq!(
            fr("drift.psi_limit", "0"),
            Err(Wrong::OutsideAbove(0.0, 10.0))
        );
        assert_eq!(fr("model.trees", "10,5"), Err(Wrong::NotWhole));
        assert_eq!(fr("model.trees", "0"), Err(Wrong::Outside(1.0, 1000.0)));
        assert_eq!(fr("schedule.daily_at", "25:00"), Err(Wrong::NotATime));
        let en = |words| typed(Language::English, "alarms.delay_secs", words);
        assert_eq!(
            en("1,000"),
            Err(Wrong::NotANumber),
            "thousands or a decimal comma?"
        );
        assert_eq!(en("1,5"), Ok(Some(Value::Number(1.5))));
        let free = field("model.false_alarm_hours_per_loco_day").unwrap();
        assert_eq!(
            value_typed(&text(Language::French), free, "", true),
            Ok(None)
        );
    }

    #[test]
    fn what_is_written_is_what_would_be_typed() {
        for language in Language::ALL {
            let text = text(language);
            for (key, value) in [
                ("alarms.dead_band", Value::Number(0.1)),
                ("limits.pressure.min", Value::Number(-2.5)),
                ("limits.flow_rate.max", Value::Number(1000.0)),
                ("model.max_rows", Value::Whole(50_000)),
                ("drift.psi_limit", Value::Number(0.25)),
            ] {
                let field = field(key).unwrap();
                let words = written(&text, field, &value);
                let with_unit = format!("{words}{}", unit_words(&text, field.unit));
                assert_eq!(
                    value_typed(&text, field, &with_unit, false),
                    Ok(Some(value)),
                    "{words}"
                );
            }
        }
        let rate = field("limits.pressure.max_rate_per_sec").unwrap();
        assert_eq!(rate.unit, Unit::RateOf(Channel::Pressure));
        assert_eq!(
            unit_words(&text(Language::French), rate.unit),
            "\u{202f}bar/s"
        );
    }
}
