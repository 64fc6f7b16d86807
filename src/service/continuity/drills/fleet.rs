//! The fleet of a drill: four locomotives that do not exist, a row every ten minutes, quiet but for hot and shaking
//! spells, so that a model is learned from few rows and some machines are in danger at any instant.

use std::fmt::Write as _;

pub const HEADER: &str = "timestamp,loco_id,flow_rate,pressure,vibration,temperature\n";
pub const LOCOMOTIVES: u32 = 4;
/// 2025-01-01T00:00:00Z: behind every clock that this program will meet.
const START_SECS: i64 = 1_735_689_600;
const PERIOD_SECS: i64 = 600;

/// What is done to the values of a machine: the channels in their order.
pub type Change<'a> = &'a dyn Fn(u32, [f64; 4]) -> [f64; 4];

/// As they were measured.
pub const UNCHANGED: Change<'static> = &|_, values| values;

/// When a step is, UTC milliseconds.
pub const fn instant_ms(step: u32) -> i64 {
    (START_SECS + step as i64 * PERIOD_SECS) * 1000
}

pub fn name(loco: u32) -> String {
    format!("EXERCICE_{loco:02}")
}

/// The rows of the steps `from..to`, without a header; those of one instant together.
pub fn rows(from: u32, to: u32, change: Change<'_>) -> String {
    let mut text = String::new();
    for step in from..to {
        let at = jiff::Timestamp::from_second(START_SECS + i64::from(step) * PERIOD_SECS)
            .map_or_else(|_| String::new(), |at| at.to_string());
        for loco in 1..=LOCOMOTIVES {
            let wave = f64::from(step * 7 + loco * 13).sin();
            let bad = (step + loco * 17) % 60 >= 45;
            let (vibration, temperature) = if bad {
                (8.0 + 2.0 * wave, 92.0 + 6.0 * wave)
            } else {
                (2.0 + 0.4 * wave, 45.0 + 4.0 * wave)
            };
            let measured = [
                500.0 + 20.0 * wave,
                5.0 + 0.2 * wave,
                vibration,
                temperature,
            ];
            let [flow, pressure, vibration, temperature] = change(loco, measured);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{at},{},{flow:.1},{pressure:.2},{vibration:.2},{temperature:.1}",
                name(loco)
            );
        }
    }
    text
}

/// A whole file of the steps `0..to`.
pub fn file(to: u32) -> String {
    HEADER.to_owned() + &rows(0, to, UNCHANGED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_asked_for_and_the_same_every_time() {
        let text = file(3);
        assert_eq!(text.lines().count(), 1 + 3 * LOCOMOTIVES as usize);
        assert_eq!(
            text,
            HEADER.to_owned() + &rows(0, 2, UNCHANGED) + &rows(2, 3, UNCHANGED)
        );
        assert!(text.contains("2025-01-01T00:20:00Z,EXERCICE_04,"));
        assert_eq!(instant_ms(1) - instant_ms(0), 600_000);
        let raised = rows(0, 1, &|loco, [f, p, v, t]| {
            [if loco == 2 { f + 100.0 } else { f }, p, v, t]
        });
        let differ = raised.lines().zip(
            rows(0, 1, UNCHANGED)
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
        assert_eq!(differ.filter(|(a, b)| a != b).count(), 1);
    }
}
