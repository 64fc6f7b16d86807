//! How numbers, units, instants and ages are written: decimal comma and narrow no-break spaces in
//! French, decimal point in English, 24-hour clock in both, always the zone of the sources.

use jiff::{Timestamp, Zoned};

use crate::domain::Channel;

use super::{Language, Text};

/// Before units, and between thousands in French.
const THIN: char = '\u{202f}';
const MINUS: char = '\u{2212}';
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Text {
    /// Hours of a horizon: whole, or to hundredths where they are not.
    #[must_use]
    pub fn hours(&self, hours: f64) -> String {
        let decimals = if hours.fract() == 0.0 { 0 } else { 2 };
        self.number(hours, decimals)
    }

    /// A number with so many decimals; "—" for what is not a number.
    #[must_use]
    pub fn number(&self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return "—".to_owned();
        }
        let plain = format!("{:.*}", decimals, value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let (point, thousands) = match self.language {
            Language::French => (',', THIN),
            Language::English => ('.', ','),
        };
        let mut out = String::with_capacity(plain.len() + 6);
        let is_zero = plain.bytes().all(|b| matches!(b, b'0' | b'.'));
        if value < 0.0 && !is_zero {
            out.push(MINUS);
        }
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                out.push(thousands);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push(point);
            out.push_str(fraction);
        }
        out
    }

    /// A whole count.
    #[must_use]
    pub fn count(&self, n: u64) -> String {
        self.number(n as f64, 0)
    }

    /// A fraction of 1 as percent: whole above 10 %, one decimal below, where digits count.
    #[must_use]
    pub fn percent(&self, fraction: f64) -> String {
        let percent = fraction * 100.0;
        let decimals = usize::from(percent > 0.0 && percent < 9.95);
        let number = self.number(percent, decimals);
        match self.language {
            _ if !fraction.is_finite() => number,
            Language::French => format!("{number}{THIN}%"),
            Language::English => format!("{number}%"),
        }
    }

    /// With its sign, two decimals: "+0,34".
    #[must_use]
    pub fn signed(&self, value: f64) -> String {
        let number = self.number(value, 2);
        if value >= 0.0 || !number.starts_with(MINUS) {
            format!("+{number}")
        } else {
            number
        }
    }

    /// A channel's value as an operator reads it. Small values keep the digits that tell them apart:
    /// the water bench's vibration lives between 0.0256 and 0.0290.
    #[must_use]
    pub fn value(&self, channel: Channel, value: f64) -> String {
        self.number(value, decimals(channel, value))
    }

    /// The same with its unit.
    #[must_use]
    pub fn value_unit(&self, channel: Channel, value: f64) -> String {
        self.unit(&self.value(channel, value), channel)
    }

    /// A number already written, with the channel's unit.
    #[must_use]
    pub fn unit(&self, number: &str, channel: Channel) -> String {
        format!("{number}{THIN}{}", channel.unit())
    }

    /// Reads a number as either language writes it.
    #[must_use]
    pub fn parse(typed: &str) -> Option<f64> {
        let clean: String = typed
            .chars()
            .take_while(|c| !c.is_alphabetic() && *c != '°')
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                ',' => '.',
                MINUS => '-',
                c => c,
            })
            .collect();
        clean.parse().ok().filter(|v: &f64| v.is_finite())
    }

    fn zoned(&self, at_ms: i64) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }

    /// "14:02".
    #[must_use]
    pub fn time(&self, at_ms: i64) -> String {
        self.zoned(at_ms)
            .map_or_else(dash, |z| format!("{:02}:{:02}", z.hour(), z.minute()))
    }

    /// "14:02:10".
    #[must_use]
    pub fn time_seconds(&self, at_ms: i64) -> String {
        self.zoned(at_ms).map_or_else(dash, |z| {
            format!("{:02}:{:02}:{:02}", z.hour(), z.minute(), z.second())
        })
    }

    /// "17 août".
    #[must_use]
    pub fn date(&self, at_ms: i64) -> String {
        self.zoned(at_ms)
            .map_or_else(dash, |z| format!("{} {}", z.day(), self.month(z.month())))
    }

    /// "17 août 2026".
    #[must_use]
    pub fn date_year(&self, at_ms: i64) -> String {
        self.zoned(at_ms).map_or_else(dash, |z| {
            format!("{} {} {}", z.day(), self.month(z.month()), z.year())
        })
    }

    /// "17 août 14:02", with the year when it is not this clock's.
    #[must_use]
    pub fn date_time(&self, at_ms: i64, now_ms: Option<i64>) -> String {
        let year = |ms| self.zoned(ms).map(|z| z.year());
        if now_ms.is_some_and(|now| year(now) == year(at_ms)) {
            format!("{} {}", self.date(at_ms), self.time(at_ms))
        } else {
            format!("{} {}", self.date_year(at_ms), self.time(at_ms))
        }
    }

    /// The shortest that is clear: the time today, else the date with it.
    #[must_use]
    pub fn moment(&self, at_ms: i64, now_ms: Option<i64>) -> String {
        let day = |ms| self.zoned(ms).map(|z| z.date());
        if now_ms.is_some_and(|now| day(now) == day(at_ms)) {
            self.time(at_ms)
        } else {
            self.date_time(at_ms, now_ms)
        }
    }

    /// What a file lacks of its range, because readings up to an instant were pruned.
    #[must_use]
    pub fn pruned(&self, readings: u64, to_ms: i64) -> String {
        self.with(
            "export-pruned",
            [
                ("readings", self.count(readings).into()),
                ("to", self.date_time(to_ms, None).into()),
            ],
        )
    }

    /// As [`Text::moment`], to the second.
    #[must_use]
    pub fn moment_seconds(&self, at_ms: i64, now_ms: i64) -> String {
        let day = |ms| self.zoned(ms).map(|z| z.date());
        let time = self.time_seconds(at_ms);
        if day(now_ms) == day(at_ms) {
            return time;
        }
        let year = |ms| self.zoned(ms).map(|z| z.year());
        let date = if year(now_ms) == year(at_ms) {
            self.date(at_ms)
        } else {
            self.date_year(at_ms)
        };
        format!("{date} {time}")
    }

    /// A month by its number, from 1, as dates write it.
    #[must_use]
    pub fn month(&self, month: i8) -> String {
        self.get(&format!("month-{month}")).into_owned()
    }

    /// A day of the week by its number, Monday is 1, in two letters.
    #[must_use]
    pub fn weekday(&self, day: i8) -> String {
        self.get(&format!("weekday-{day}")).into_owned()
    }

    /// "8 s", "41 min", "5 h", "3 j".
    #[must_use]
    pub fn age(&self, age_ms: i64) -> String {
        let age_ms = age_ms.max(0);
        let (key, n) = match age_ms {
            ..MINUTE_MS => ("age-seconds", age_ms / 1000),
            MINUTE_MS..HOUR_MS => ("age-minutes", age_ms / MINUTE_MS),
            HOUR_MS..172_800_000 => ("age-hours", age_ms / HOUR_MS),
            _ => ("age-days", age_ms / DAY_MS),
        };
        self.with(key, [("n", self.count(n.unsigned_abs()).into())])
    }
}

fn dash() -> String {
    "—".to_owned()
}

/// Digits after the decimal mark: the channel's, more where the value is small.
#[must_use]
pub fn decimals(channel: Channel, value: f64) -> usize {
    let usual = channel.decimals();
    match value.abs() {
        v if v == 0.0 || !v.is_finite() => usual,
        v if v < 0.1 => usual.max(4),
        v if v < 1.0 => usual.max(2),
        v if v < 100.0 => usual.max(1),
        _ => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn text(language: Language) -> Text {
        Text::new(language, TimeZone::get("Africa/Douala").unwrap())
    }

    #[test]
    fn a_horizon_of_a_quarter_of_an_hour_is_not_nothing() {
        let text = Text::new(Language::French, TimeZone::UTC);
        assert_eq!(text.hours(48.0), "48");
        assert_eq!(text.hours(0.25), "0,25");
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let (fr, en) = (text(Language::French), text(Language::English));
        assert_eq!(fr.number(-1234.56, 1), "−1\u{202f}234,6");
        assert_eq!(en.number(-1234.56, 1), "−1,234.6");
        assert_eq!(fr.number(-0.01, 1), "0,0");
        assert_eq!(fr.number(f64::NAN, 1), "—");
        assert_eq!(fr.percent(0.914), "91\u{202f}%");
        assert_eq!(fr.percent(0.0234), "2,3\u{202f}%");
        assert_eq!(en.percent(1.0), "100%");
        assert_eq!(fr.signed(0.341), "+0,34");
        assert_eq!(fr.signed(-0.03), "−0,03");
        assert_eq!(fr.value_unit(Channel::Temperature, 88.44), "88,4\u{202f}°C");
        assert_eq!(fr.value(Channel::Vibration, 0.0256), "0,0256");
        assert_eq!(fr.value(Channel::FlowRate, 402.4), "402");
    }

    #[test]
    fn what_is_written_can_be_typed() {
        assert_eq!(Text::parse("7,2\u{202f}mm/s"), Some(7.2));
        assert_eq!(Text::parse("1 234.5"), Some(1234.5));
        assert_eq!(Text::parse("−3"), Some(-3.0));
        assert_eq!(Text::parse("abc"), None);
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let (fr, en) = (text(Language::French), text(Language::English));
        // 2026-08-17T13:02:10Z is 14:02 in Douala.
        let at = 1_786_971_730_000;
        assert_eq!(fr.time_seconds(at), "14:02:10");
        assert_eq!(fr.date_year(at), "17 août 2026");
        assert_eq!(fr.moment(at, Some(at + HOUR_MS)), "14:02");
        assert_eq!(en.moment(at, Some(at + 2 * DAY_MS)), "17 Aug 14:02");
        assert_eq!(fr.moment(at, None), "17 août 2026 14:02");
    }

    #[test]
    fn ages_have_one_unit() {
        let (fr, en) = (text(Language::French), text(Language::English));
        assert_eq!(fr.age(8_400), "8 s");
        assert_eq!(fr.age(41 * MINUTE_MS), "41 min");
        assert_eq!(fr.age(5 * HOUR_MS), "5 h");
        assert_eq!(fr.age(3 * DAY_MS), "3 j");
        assert_eq!(en.age(3 * DAY_MS), "3 d");
        assert_eq!(fr.age(-5), "0 s");
    }
}
