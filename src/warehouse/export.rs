//! Rows of a range of time across locomotives, for files that leave the house: plain names with units, as in
//! the views. One row at a time, whatever the range.

mod columns;

use std::ops::ControlFlow;

use rusqlite::{Row, params};

use crate::domain::LocoId;

use super::amount::values;
use super::{AlarmFilter, Level, Reader, Result, TIME_MASK, key};

pub use columns::{Column, ColumnKind, Exported, Field};

const PREDICTIONS: &str = "SELECT reading, probability, verdict, model, run,
        flow_rate, pressure, vibration, temperature
    FROM ai_telemetry_predictions JOIN sensor_metrics USING (reading)
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading, model";
/// Each reading once, with what the first model to judge it said: the model of its day.
const JUDGED: &str = "SELECT reading, probability, verdict, model,
        flow_rate, pressure, vibration, temperature, label, flags
    FROM sensor_metrics AS s LEFT JOIN ai_telemetry_predictions AS p USING (reading)
    WHERE reading BETWEEN ?1 AND ?2 AND (p.model IS NULL OR p.model =
        (SELECT min(model) FROM ai_telemetry_predictions WHERE reading = s.reading))
    ORDER BY reading";
/// ISO times of one length sort as they follow each other.
const EVENTS: &str = "SELECT locomotive, time_utc, type, component
    FROM v_maintenance WHERE time_utc BETWEEN ?1 AND ?2 ORDER BY locomotive, time_utc";
/// In the order of the files. A row whose time could not be read is in no range but that of all of time.
const QUARANTINE: &str = "SELECT source, file, line, reason, detail, raw, locomotive, time_utc, run
    FROM v_quarantine WHERE ?1 OR time_utc BETWEEN ?2 AND ?3 ORDER BY file, line";

/// A range of time, UTC milliseconds, both ends included, and of locomotives: none named is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
    pub locos: Vec<LocoId>,
}

impl Span {
    fn all_of_time(&self) -> bool {
        self.from_ms.is_none() && self.to_ms.is_none()
    }

    pub(super) fn holds(&self, loco: Option<&str>) -> bool {
        self.locos.is_empty()
            || loco.is_some_and(|loco| self.locos.iter().any(|l| l.as_str() == loco))
    }

    pub(super) fn ends_ms(&self) -> (i64, i64) {
        (
            self.from_ms.unwrap_or(0).clamp(0, TIME_MASK),
            self.to_ms.unwrap_or(TIME_MASK).clamp(0, TIME_MASK),
        )
    }

    /// The ends as the views write times.
    fn ends_iso(&self) -> (String, String) {
        let (from, to) = self.ends_ms();
        let iso = |at_ms| match jiff::Timestamp::from_millisecond(at_ms) {
            Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            // Past the last year that has four digits.
            Err(_) => "9999-12-31T23:59:59.999Z".to_owned(),
        };
        (iso(from), iso(to))
    }
}

type Visit<'a> = &'a mut dyn FnMut(&[Field<'_>]) -> ControlFlow<()>;

impl Reader {
    /// Visits the rows of a range: readings and predictions by locomotive and time, events likewise,
    /// quarantine in the order of the files. The visitor may break off.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn export(&self, what: Exported, span: &Span, visit: Visit<'_>) -> Result<()> {
        let synthetic = Field::Flag(self.synthetic()?.unwrap_or(false));
        match what {
            Exported::Readings => self.export_readings(span, synthetic, visit),
            Exported::RollUps(level) => self.export_roll_ups(level, span, synthetic, visit),
            Exported::Predictions => self.export_predictions(span, synthetic, visit),
            Exported::Judged => self.export_judged(span, synthetic, visit),
            Exported::Events => self.export_events(span, synthetic, visit),
            Exported::Quarantine => self.export_quarantine(span, synthetic, visit),
            Exported::Alarms => {
                let filter = AlarmFilter {
                    from_ms: span.from_ms,
                    to_ms: span.to_ms,
                    ..AlarmFilter::default()
                };
                self.export_alarms(&filter, &mut |row| match row[6] {
                    Field::Text(loco) if span.holds(Some(loco)) => visit(row),
                    _ if span.locos.is_empty() => visit(row),
                    _ => ControlFlow::Continue(()),
                })
            }
        }
    }

    fn export_readings(&self, span: &Span, synthetic: Field<'_>, visit: Visit<'_>) -> Result<()> {
        let (from, to) = span.ends_ms();
        for (_, loco) in self.locomotives()? {
            if !span.holds(Some(loco.as_str())) {
                continue;
            }
            let mut flow = ControlFlow::Continue(());
            self.readings(&loco, from, to, None, &mut |reading| {
                if flow.is_break() {
                    return;
                }
                let [rate, pressure, vibration, temperature] = reading.values.map(Field::Real);
                let label = reading.label.map_or(Field::Empty, |l| Field::Int(l.into()));
                let row = [
                    Field::Text(loco.as_str()),
                    Field::Time(reading.at_ms),
                    rate,
                    pressure,
                    vibration,
                    temperature,
                    label,
                    Field::Flag(!reading.flags.is_empty()),
                    synthetic,
                ];
                flow = visit(&row);
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn export_roll_ups(
        &self,
        level: Level,
        span: &Span,
        synthetic: Field<'_>,
        visit: Visit<'_>,
    ) -> Result<()> {
        let (from, to) = span.ends_ms();
        for (_, loco) in self.locomotives()? {
            if !span.holds(Some(loco.as_str())) {
                continue;
            }
            let mut flow = ControlFlow::Continue(());
            self.roll_ups(&loco, level, from, to, &mut |bucket| {
                if flow.is_break() {
                    return;
                }
                let mean = bucket.mean();
                let mut row = vec![
                    Field::Text(loco.as_str()),
                    Field::Time(bucket.start_ms),
                    Field::Int(i64::try_from(bucket.readings).unwrap_or(i64::MAX)),
                ];
                for (c, mean) in mean.into_iter().enumerate() {
                    row.extend([bucket.min[c], mean, bucket.max[c]].map(Field::Real));
                }
                row.push(synthetic);
                flow = visit(&row);
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn export_predictions(
        &self,
        span: &Span,
        synthetic: Field<'_>,
        visit: Visit<'_>,
    ) -> Result<()> {
        let (from, to) = span.ends_ms();
        for (number, loco) in self.locomotives()? {
            if !span.holds(Some(loco.as_str())) {
                continue;
            }
            let flow = self.with(|db| {
                let mut query = db.prepare_cached(PREDICTIONS)?;
                let mut rows = query.query([key(number, from), key(number, to)])?;
                while let Some(row) = rows.next()? {
                    let [rate, pressure, vibration, temperature] =
                        values(row, 5, 1)?.map(Field::Real);
                    let flow = visit(&[
                        Field::Text(loco.as_str()),
                        Field::Time(row.get::<_, i64>(0)? & TIME_MASK),
                        Field::Real(row.get(1)?),
                        Field::Text(verdict(row.get(2)?)),
                        Field::Int(row.get(3)?),
                        Field::Int(row.get(4)?),
                        rate,
                        pressure,
                        vibration,
                        temperature,
                        synthetic,
                    ]);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn export_judged(&self, span: &Span, synthetic: Field<'_>, visit: Visit<'_>) -> Result<()> {
        let (from, to) = span.ends_ms();
        for (number, loco) in self.locomotives()? {
            if !span.holds(Some(loco.as_str())) {
                continue;
            }
            let flow = self.with(|db| {
                let mut query = db.prepare_cached(JUDGED)?;
                let mut rows = query.query([key(number, from), key(number, to)])?;
                while let Some(row) = rows.next()? {
                    let [rate, pressure, vibration, temperature] =
                        values(row, 4, 1)?.map(Field::Real);
                    let said = |field: Option<Field<'static>>| field.unwrap_or(Field::Empty);
                    let flow = visit(&[
                        Field::Text(loco.as_str()),
                        Field::Time(row.get::<_, i64>(0)? & TIME_MASK),
                        rate,
                        pressure,
                        vibration,
                        temperature,
                        said(row.get::<_, Option<i64>>(8)?.map(Field::Int)),
                        Field::Flag(row.get::<_, i64>(9)? != 0),
                        said(row.get::<_, Option<f64>>(1)?.map(Field::Real)),
                        said(
                            row.get::<_, Option<u8>>(2)?
                                .map(|v| Field::Text(verdict(v))),
                        ),
                        said(row.get::<_, Option<i64>>(3)?.map(Field::Int)),
                        synthetic,
                    ]);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn export_events(&self, span: &Span, synthetic: Field<'_>, visit: Visit<'_>) -> Result<()> {
        self.with(|db| {
            let mut query = db.prepare_cached(EVENTS)?;
            let mut rows = query.query(span.ends_iso())?;
            while let Some(row) = rows.next()? {
                let loco = text(row, 0)?;
                if span.holds(loco) {
                    let flow = visit(&[
                        field(loco),
                        time(row, 1)?,
                        field(text(row, 2)?),
                        field(text(row, 3)?),
                        synthetic,
                    ]);
                    if flow.is_break() {
                        break;
                    }
                }
            }
            Ok(())
        })
    }

    fn export_quarantine(&self, span: &Span, synthetic: Field<'_>, visit: Visit<'_>) -> Result<()> {
        let (from, to) = span.ends_iso();
        self.with(|db| {
            let mut query = db.prepare_cached(QUARANTINE)?;
            let mut rows = query.query(params![span.all_of_time(), from, to])?;
            while let Some(row) = rows.next()? {
                let loco = text(row, 6)?;
                if span.holds(loco) {
                    let flow = visit(&[
                        field(text(row, 0)?),
                        field(text(row, 1)?),
                        Field::Int(row.get(2)?),
                        field(text(row, 3)?),
                        field(text(row, 4)?),
                        Field::Bytes(row.get_ref(5)?.as_bytes().map_err(rusqlite::Error::from)?),
                        field(loco),
                        time(row, 7)?,
                        Field::Int(row.get(8)?),
                        synthetic,
                    ]);
                    if flow.is_break() {
                        break;
                    }
                }
            }
            Ok(())
        })
    }
}

const fn verdict(code: u8) -> &'static str {
    match code {
        0 => "nominal",
        1 => "danger",
        _ => "unavailable",
    }
}

fn field(text: Option<&str>) -> Field<'_> {
    text.map_or(Field::Empty, Field::Text)
}

fn text<'a>(row: &'a Row<'_>, i: usize) -> Result<Option<&'a str>> {
    let value = row.get_ref(i)?.as_str_or_null();
    Ok(value.map_err(rusqlite::Error::from)?)
}

/// A time of a view, back in milliseconds.
fn time(row: &Row<'_>, i: usize) -> Result<Field<'static>> {
    let at = text(row, i)?.and_then(|iso| iso.parse::<jiff::Timestamp>().ok());
    Ok(at.map_or(Field::Empty, |at| Field::Time(at.as_millisecond())))
}
