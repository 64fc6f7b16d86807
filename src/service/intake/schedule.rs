//! When the night run is due: once a day at a local time, made up for where it was missed.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::config::ScheduleConfig;

/// Where the locomotives are, and whose night it is.
const ZONE: &str = "Africa/Douala";
/// So long after its time a run is still the one of that time, and not one that was missed.
const ON_TIME_MS: i64 = 10 * 60_000;

/// That zone, or UTC where the system knows none.
#[must_use]
pub fn zone() -> TimeZone {
    TimeZone::get(ZONE).unwrap_or(TimeZone::UTC)
}

/// Why a run is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    OnTime,
    /// Its time passed while nobody was there to begin it.
    Missed,
}

/// The last due time at or before `now_ms`, and the next one after it; UTC milliseconds. A time that a change of the
/// clocks leaves out is due when the clocks have changed; one that comes twice is due the first time.
#[must_use]
pub fn around(daily: (u8, u8), zone: &TimeZone, now_ms: i64) -> Option<(i64, i64)> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    let today = now.to_zoned(zone.clone()).date();
    let time = jiff::civil::time(daily.0.cast_signed(), daily.1.cast_signed(), 0, 0);
    let on = |days: i32| -> Option<i64> {
        let day = today.checked_add(days.days()).ok()?;
        let at = zone.to_ambiguous_zoned(day.to_datetime(time));
        Some(at.compatible().ok()?.timestamp().as_millisecond())
    };
    let (yesterday, today, tomorrow) = (on(-1)?, on(0)?, on(1)?);
    Some(if today <= now_ms {
        (today, tomorrow)
    } else {
        (yesterday, today)
    })
}

/// Whether a run is due now.
///
/// `last_ms` is when the last whole run began, sound or not; `since_ms` is when this schedule was made: a time before
/// it was never promised.
#[must_use]
pub fn due(
    schedule: &ScheduleConfig,
    zone: &TimeZone,
    now_ms: i64,
    last_ms: Option<i64>,
    since_ms: i64,
) -> Option<Due> {
    let (due_ms, _) = around(schedule.daily()?, zone, now_ms)?;
    if due_ms < since_ms || last_ms.is_some_and(|last_ms| last_ms >= due_ms) {
        return None;
    }
    if now_ms - due_ms <= ON_TIME_MS {
        Some(Due::OnTime)
    } else {
        schedule.catch_up.then_some(Due::Missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn ms(at: &str) -> i64 {
        at.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn at(daily: &str) -> ScheduleConfig {
        ScheduleConfig {
            daily_at: Some(daily.into()),
            catch_up: true,
        }
    }

    #[test]
    fn it_is_due_once_a_day_and_across_midnight() {
        let zone = zone();
        let schedule = at("00:30");
        // 00:30 in Douala is 23:30 UTC of the day before.
        let due_ms = ms("2026-08-17T23:30:00Z");
        assert_eq!(
            around((0, 30), &zone, due_ms),
            Some((due_ms, due_ms + 24 * HOUR))
        );
        assert_eq!(
            around((0, 30), &zone, due_ms - 1),
            Some((due_ms - 24 * HOUR, due_ms))
        );
        let last = Some(due_ms - 20 * HOUR);
        let now = |now_ms| due(&schedule, &zone, now_ms, last, i64::MIN);
        assert_eq!(now(due_ms - 1000), None);
        assert_eq!(now(due_ms), Some(Due::OnTime));
        assert_eq!(now(due_ms + HOUR), Some(Due::Missed));
        // Begun, it is not due again, whatever became of it.
        assert_eq!(due(&schedule, &zone, due_ms + HOUR, Some(due_ms), 0), None);
    }

    #[test]
    fn a_missed_run_is_made_up_for_only_where_that_is_wanted() {
        let zone = zone();
        let due_ms = ms("2026-08-17T01:00:00Z");
        let mut schedule = at("02:00");
        let later = due_ms + 9 * HOUR;
        assert_eq!(
            due(&schedule, &zone, later, None, i64::MIN),
            Some(Due::Missed)
        );
        // What was set in the afternoon was not promised for the night before.
        assert_eq!(due(&schedule, &zone, later, None, later - HOUR), None);
        schedule.catch_up = false;
        assert_eq!(due(&schedule, &zone, later, None, i64::MIN), None);
        schedule.daily_at = None;
        assert_eq!(due(&schedule, &zone, due_ms, None, i64::MIN), None);
    }

    #[test]
    fn where_the_clocks_change_it_is_due_once() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        // 02:30 does not exist on 29 March 2026: due at 03:30, one hour after the change.
        let (_, next) = around((2, 30), &paris, ms("2026-03-28T20:00:00Z")).unwrap();
        assert_eq!(next, ms("2026-03-29T01:30:00Z"));
        // 02:30 comes twice on 25 October 2026: due the first time.
        let (_, next) = around((2, 30), &paris, ms("2026-10-24T20:00:00Z")).unwrap();
        assert_eq!(next, ms("2026-10-25T00:30:00Z"));
        let second = ms("2026-10-25T01:30:00Z");
        assert_eq!(due(&at("02:30"), &paris, second, Some(next), 0), None);
    }

    proptest! {
        #[test]
        fn the_last_is_past_the_next_is_to_come_and_they_are_a_day_apart(
            hour in 0_u8..24, minute in 0_u8..60, now_ms in 0_i64..4_000_000_000_000
        ) {
            for name in ["Africa/Douala", "Europe/Paris", "America/New_York"] {
                let zone = TimeZone::get(name).unwrap();
                let (last, next) = around((hour, minute), &zone, now_ms).unwrap();
                prop_assert!(last <= now_ms && now_ms < next, "{name} {last} {now_ms} {next}");
                prop_assert!((23 * HOUR..=25 * HOUR).contains(&(next - last)), "{name}");
            }
        }
    }
}
