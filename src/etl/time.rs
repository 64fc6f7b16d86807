//! Times as files write them → UTC milliseconds.
//!
//! ISO 8601 with or without a zone, day/month/year as the French write it, Unix seconds and
//! milliseconds, or a strftime pattern given for the column. A time without a zone is in the source's.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// 1970 to 2248: what a reading's key has room for.
pub const LATEST_MS: i64 = (1 << 43) - 1;

/// Reads the times of one source.
pub struct TimeParser {
    zone: TimeZone,
    format: Option<String>,
    /// The last quarter of an hour asked for and its offset: zones do not change within one.
    last: Option<(i64, i32)>,
    /// The last plain date read and its midnight, as if it were UTC.
    date: Option<([u8; 10], i64)>,
}

impl TimeParser {
    #[must_use]
    pub const fn new(zone: TimeZone, format: Option<String>) -> Self {
        Self {
            zone,
            format,
            last: None,
            date: None,
        }
    }

    /// UTC milliseconds, or `None` where this is no time, or one outside 1970–2248.
    pub fn parse(&mut self, text: &str) -> Option<i64> {
        let text = text.trim();
        let at_ms = match &self.format {
            Some(format) => by_format(format, text, &self.zone)?,
            None => match scan(text)? {
                Scanned::Utc(ms) => ms,
                Scanned::Naive(civil) => self.zoned(civil)?,
            },
        };
        (0..=LATEST_MS).contains(&at_ms).then_some(at_ms)
    }

    /// The same for `YYYY-MM-DD HH:MM:SS`, with `T` or a space, as it is or with a `Z`; `None` for anything
    /// else, which [`Self::parse`] then looks at. Nearly every row is written so, on the day of the row before.
    pub fn parse_plain(&mut self, text: &[u8]) -> Option<i64> {
        if self.format.is_some() {
            return None;
        }
        let (date, rest) = text.split_first_chunk::<10>()?;
        let (clock, zone) = rest.split_first_chunk::<9>()?;
        let [b'T' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = *clock else {
            return None;
        };
        let two = |tens: u8, ones: u8| {
            let both = tens.is_ascii_digit() && ones.is_ascii_digit();
            both.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        };
        let (hour, minute, second) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let midnight_ms = match self.date {
            Some((known, midnight_ms)) if known == *date => midnight_ms,
            _ => {
                let civil: Date = std::str::from_utf8(date).ok()?.parse().ok()?;
                let midnight_ms = i64::from(days_from_epoch(civil)) * 86_400_000;
                self.date = Some((*date, midnight_ms));
                midnight_ms
            }
        };
        let wall_ms = midnight_ms + ((hour * 60 + minute) * 60 + second) * 1000;
        let at_ms = match zone {
            b"Z" => wall_ms,
            b"" => match self.last {
                Some((known, offset)) if known == wall_ms.div_euclid(900_000) => {
                    wall_ms - i64::from(offset) * 1000
                }
                _ => return None,
            },
            _ => return None,
        };
        (0..=LATEST_MS).contains(&at_ms).then_some(at_ms)
    }

    fn zoned(&mut self, civil: DateTime) -> Option<i64> {
        let wall_ms = wall_ms(civil);
        let quarter = wall_ms.div_euclid(900_000);
        let offset = match self.last {
            Some((known, offset)) if known == quarter => offset,
            _ => {
                // In the hour that is repeated the first of the two is meant; the skipped one is read
                // as if the clock had not been put forward.
                let zoned = self.zone.to_zoned(civil).ok()?;
                let offset = zoned.offset().seconds();
                self.last = Some((quarter, offset));
                offset
            }
        };
        Some(wall_ms - i64::from(offset) * 1000)
    }
}

/// Milliseconds since 1970 of a civil time, as if it were UTC.
fn wall_ms(civil: DateTime) -> i64 {
    let days = i64::from(days_from_epoch(civil.date()));
    let time = civil.time();
    ((days * 24 + i64::from(time.hour())) * 60 + i64::from(time.minute())) * 60_000
        + i64::from(time.second()) * 1000
        + i64::from(time.subsec_nanosecond()) / 1_000_000
}

fn days_from_epoch(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    (date - epoch).get_days()
}

fn by_format(format: &str, text: &str, zone: &TimeZone) -> Option<i64> {
    let parsed = jiff::fmt::strtime::parse(format, text).ok()?;
    if let Ok(instant) = parsed.to_timestamp() {
        return Some(instant.as_millisecond());
    }
    let civil = parsed
        .to_datetime()
        .or_else(|_| parsed.to_date().map(|d| d.to_datetime(Time::midnight())))
        .ok()?;
    Some(zone.to_zoned(civil).ok()?.timestamp().as_millisecond())
}

enum Scanned {
    Utc(i64),
    Naive(DateTime),
}

/// Walks through the bytes of a time.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// A number of `min` to `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<i64> {
        let count = self
            .0
            .iter()
            .take(max)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if count < min {
            return None;
        }
        let value = self.0[..count]
            .iter()
            .fold(0, |v, b| v * 10 + i64::from(b - b'0'));
        self.0 = &self.0[count..];
        Some(value)
    }

    fn take(&mut self, any_of: &[u8]) -> Option<u8> {
        let first = *self.0.first()?;
        any_of.contains(&first).then(|| {
            self.0 = &self.0[1..];
            first
        })
    }
}

fn scan(text: &str) -> Option<Scanned> {
    let bytes = text.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        let number: i64 = text.parse().ok()?;
        return match bytes.len() {
            10 => Some(Scanned::Utc(number * 1000)),
            13 => Some(Scanned::Utc(number)),
            _ => None,
        };
    }
    let mut c = Cursor(bytes);
    let first = c.number(1, 4)?;
    let (year, month, day) = match c.take(b"-/.")? {
        // Year first where it has four digits, day first where it has not.
        separator if bytes.get(4) == Some(&separator) => {
            let month = c.number(1, 2)?;
            c.take(&[separator])?;
            (first, month, c.number(1, 2)?)
        }
        separator if separator != b'-' => {
            let month = c.number(1, 2)?;
            c.take(&[separator])?;
            (c.number(4, 4)?, month, first)
        }
        _ => return None,
    };
    let date = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    if c.0.is_empty() {
        return Some(Scanned::Naive(date.to_datetime(Time::midnight())));
    }
    c.take(b"T t")?;
    let (hour, minute, second, nanos) = clock(&mut c)?;
    let time = Time::new(hour, minute, second, nanos).ok()?;
    let civil = date.to_datetime(time);
    offset(&mut c).map(|zone| match zone {
        Some(seconds) => Scanned::Utc(wall_ms(civil) - seconds * 1000),
        None => Scanned::Naive(civil),
    })
}

/// `HH:MM[:SS[.fraction]]`.
fn clock(c: &mut Cursor<'_>) -> Option<(i8, i8, i8, i32)> {
    let hour = c.number(1, 2)?;
    c.take(b":h")?;
    let minute = c.number(2, 2)?;
    let (mut second, mut nanos) = (0, 0);
    if c.take(b":").is_some() {
        second = c.number(2, 2)?;
        if c.take(b".,").is_some() {
            let before = c.0.len();
            nanos = c.number(1, 9)?;
            let digits = before - c.0.len();
            nanos *= 10_i64.pow(u32::try_from(9 - digits).ok()?);
        }
    }
    Some((
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        i32::try_from(nanos).ok()?,
    ))
}

/// What follows the clock: nothing (`Some(None)`), a zone (`Some(Some(seconds))`), nonsense (`None`).
fn offset(c: &mut Cursor<'_>) -> Option<Option<i64>> {
    while c.take(b" ").is_some() {}
    match c.0 {
        b"" => return Some(None),
        b"Z" | b"z" | b"UTC" | b"GMT" => return Some(Some(0)),
        _ => {}
    }
    let sign = match c.take(b"+-")? {
        b'-' => -1,
        _ => 1,
    };
    let hours = c.number(2, 2)?;
    let _colon = c.take(b":");
    let minutes = if c.0.is_empty() { 0 } else { c.number(2, 2)? };
    (c.0.is_empty() && hours <= 18 && minutes < 60)
        .then_some(Some(sign * (hours * 3600 + minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(zone: &str, text: &str) -> Option<i64> {
        TimeParser::new(TimeZone::get(zone).unwrap(), None).parse(text)
    }

    #[test]
    fn the_ways_in_which_files_write_a_time() {
        let noon = 1_583_751_600_000; // 2020-03-09T11:00:00Z
        for text in [
            "2020-03-09T11:00:00Z",
            "2020-03-09 12:00:00",
            "2020-03-09T12:00",
            "2020-03-09T12:00:00.000",
            "2020-03-09T13:00:00+02:00",
            "2020-03-09T13:00:00+0200",
            "2020/03/09 12:00:00",
            "09/03/2020 12:00:00",
            "9.3.2020 12h00",
            "1583751600",
            "1583751600000",
            " 2020-03-09 12:00:00 ",
        ] {
            assert_eq!(parse("Africa/Douala", text), Some(noon), "{text}");
        }
        assert_eq!(
            parse("Africa/Douala", "2020-03-09 12:00:00.294143"),
            Some(noon + 294)
        );
        assert_eq!(parse("UTC", "2020-03-09"), Some(noon - 11 * 3_600_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "now",
            "2020-13-01",
            "2020-02-30 10:00:00",
            "2020-03-09 25:00:00",
            "2020-03-09 10:61:00",
            "2020-03-09T",
            "2020-03-09 10:00:00 Mars",
            "09-03-2020",
            "1969-12-31T23:00:00Z",
            "2300-01-01T00:00:00Z",
            "12",
            "2020-03-09 10:00:0",
            "２０２０-03-09",
        ] {
            assert_eq!(parse("UTC", text), None, "{text}");
        }
    }

    #[test]
    fn a_pattern_of_the_source_is_followed() {
        let mut parser = TimeParser::new(TimeZone::UTC, Some("%d-%b-%Y %H.%M".to_owned()));
        assert_eq!(parser.parse("09-Mar-2020 11.00"), Some(1_583_751_600_000));
        assert_eq!(parser.parse("2020-03-09 11:00"), None);
    }

    #[test]
    fn summer_time_is_that_of_the_source() {
        assert_eq!(
            parse("Europe/Paris", "2020-07-01 12:00:00"),
            parse("UTC", "2020-07-01 10:00:00")
        );
        assert_eq!(
            parse("Europe/Paris", "2020-01-01 12:00:00"),
            parse("UTC", "2020-01-01 11:00:00")
        );
    }

    proptest! {
        #[test]
        fn every_instant_survives_the_way_to_text_and_back(ms in 0_i64..LATEST_MS) {
            let text = jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
            prop_assert_eq!(parse("Africa/Douala", &text), Some(ms));
        }

        #[test]
        fn the_plain_way_reads_what_the_long_way_reads(
            texts in prop::collection::vec("(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](Z|)", 1..6),
        ) {
            let zone = || TimeZone::get("Europe/Paris").unwrap();
            let mut parser = TimeParser::new(zone(), None);
            for text in texts {
                let long = TimeParser::new(zone(), None).parse(&text);
                let first = parser.parse_plain(text.as_bytes());
                prop_assert!(first.is_none() || first == long, "{} {:?} {:?}", text, first, long);
                prop_assert_eq!(parser.parse(&text), long);
                let again = parser.parse_plain(text.as_bytes());
                prop_assert_eq!(again, long);
            }
        }

        #[test]
        fn any_text_ends_without_a_panic(text in ".{0,40}") {
            let _outcome = parse("Europe/Paris", &text);
        }
    }
}
