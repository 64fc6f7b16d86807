//! Where a time axis puts its marks: at round local hours and days, as many as have room.

use jiff::{Timestamp, ToSpan, Zoned};

use crate::text::Text;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
const STEPS: [i64; 16] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    30 * DAY,
];
/// Room that a label needs, in points.
const LABEL_WIDTH: f64 = 76.0;

/// Marks of the axis from `from` to `to` (UTC seconds) over `width` points, with their labels.
#[must_use]
pub fn marks(text: &Text, from: f64, to: f64, width: f32) -> Vec<(f64, String)> {
    let span = to - from;
    if !(span.is_finite() && span > 0.0) || width <= 0.0 {
        return Vec::new();
    }
    let room = (f64::from(width) / LABEL_WIDTH).max(1.0);
    let step = STEPS
        .into_iter()
        .find(|&s| span / s as f64 <= room)
        .unwrap_or_else(|| DAY * ((span / DAY as f64 / room).ceil() as i64).max(30));
    let Ok(first) = Timestamp::from_second(from.floor() as i64) else {
        return Vec::new();
    };
    let first = first.to_zoned(text.zone.clone());
    let Ok(midnight) = first.start_of_day() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut at = midnight;
    // Whole days are counted by the calendar, so that they stay at midnight across a change of clocks.
    for _ in 0..4000 {
        let secs = at.timestamp().as_second();
        if secs as f64 > to {
            break;
        }
        if secs as f64 >= from {
            out.push((secs as f64, label(text, &at)));
        }
        let next = if step >= DAY {
            at.checked_add((step / DAY).days())
        } else {
            at.checked_add(step.seconds())
        };
        match next {
            Ok(next) => at = next,
            Err(_) => break,
        }
    }
    out
}

fn label(text: &Text, at: &Zoned) -> String {
    let ms = at.timestamp().as_millisecond();
    if at.hour() == 0 && at.minute() == 0 {
        text.date(ms)
    } else {
        text.time(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use jiff::tz::TimeZone;

    fn labels(from: f64, to: f64, width: f32) -> Vec<String> {
        let text = Text::new(Language::French, TimeZone::get("Africa/Douala").unwrap());
        marks(&text, from, to, width)
            .into_iter()
            .map(|(_, l)| l)
            .collect()
    }

    #[test]
    fn marks_fall_on_round_local_times() {
        // 2026-08-17T13:02:10Z, 14:02 in Douala; 24 hours before it.
        let to = 1_786_971_730.0;
        assert_eq!(
            labels(to - 86_400.0, to, 700.0),
            [
                "15:00", "18:00", "21:00", "17 août", "03:00", "06:00", "09:00", "12:00"
            ]
        );
        assert_eq!(labels(to - 7.0 * 86_400.0, to, 700.0).len(), 7);
        assert!(labels(to, to, 700.0).is_empty());
        assert!(labels(f64::NAN, to, 700.0).is_empty());
    }
}
