//! A few readings that stand for many: spread evenly over a stretch of time, in bounded work.

use rusqlite::{OptionalExtension, params};

use crate::domain::{LocoId, Reading};

use super::{Reader, Result, TIME_MASK, key, reader};

const HOW_MANY: &str = "SELECT count(*) FROM
    (SELECT 1 FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2 LIMIT ?3)";
const NEXT: &str = "SELECT reading, flow_rate, pressure, vibration, temperature, label, flags
    FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading LIMIT 1";

impl Reader {
    /// Visits, in time order, all readings between two instants (UTC milliseconds, both inclusive) where they are
    /// at most `most`; else the first one after each of `most` instants evenly spaced.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn spread(
        &self,
        loco: &LocoId,
        (from_ms, to_ms): (i64, i64),
        most: usize,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<()> {
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        let (from_ms, to_ms) = (from_ms.clamp(0, TIME_MASK), to_ms.clamp(0, TIME_MASK));
        let (first, last) = (key(number, from_ms), key(number, to_ms));
        self.with(|db| {
            let held: usize = db
                .prepare_cached(HOW_MANY)?
                .query_row(params![first, last, most as i64 + 1], |row| row.get(0))?;
            if held <= most {
                reader::visit_readings(db, number, from_ms, to_ms, None, visit)?;
                return Ok(());
            }
            let mut next = db.prepare_cached(NEXT)?;
            let mut seen = None;
            let step = (to_ms - from_ms) as f64 / most.max(1) as f64;
            for k in 0..most {
                let at = first + (step * k as f64) as i64;
                if seen.is_some_and(|seen| seen >= at) {
                    // A gap: what came after it was visited already.
                    continue;
                }
                let found = next
                    .query_row([at, last], |row| {
                        Ok((row.get::<_, i64>(0)?, reader::reading(row)?))
                    })
                    .optional()?;
                let Some((place, reading)) = found else {
                    break;
                };
                seen = Some(place);
                visit(&reading);
            }
            Ok(())
        })
    }
}
