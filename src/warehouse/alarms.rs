//! Alarms and their steps. What an alarm saw is written once; where it stands is brought up to date with every step,
//! in the transaction that adds that step.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, Row, named_params, params};

use crate::domain::LocoId;
use crate::domain::alarm::{Act, Alarm, Aside, Change, Inputs, State, Step, What};

#[cfg(doc)]
use super::Exported;
use super::{Field, Reader, Result, Warehouse};

const INSERT: &str = "INSERT INTO alarms (alarm, kind, priority, watch, what, loco, source, cause, channel, value,
        limit_value, raised_ms, of_ms, flow_rate, pressure, vibration, temperature, probability, threshold, model,
        state, active)
    VALUES (:alarm, :kind, :priority, :watch, :what, :loco, :source, :cause, :channel, :value, :limit_value,
        :raised_ms, :of_ms, :flow_rate, :pressure, :vibration, :temperature, :probability, :threshold, :model,
        :state, 1)";
const UPDATE: &str = "UPDATE alarms SET state = :state, active = :active, returned_ms = :returned_ms,
        acknowledged_ms = :acknowledged_ms, acknowledged_by = :acknowledged_by, comment = :comment,
        aside_ms = :aside_ms, aside_by = :aside_by, reason = :reason, shelved_until_ms = :shelved_until_ms
    WHERE alarm = :alarm";
const STEP: &str = "INSERT INTO alarm_transitions (alarm, at_ms, who, step, words, until_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/// Everything of an alarm, for [`alarm`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT alarm, watch, what, raised_ms, of_ms, flow_rate, pressure, vibration, temperature, probability,
                threshold, model, active, returned_ms, acknowledged_ms, acknowledged_by, comment, aside_ms, aside_by,
                reason, shelved_until_ms, state FROM alarms ",
            $rest
        )
    };
}
const OPEN: &str = select!("WHERE state <> 'closed' ORDER BY alarm");
const LAST: &str = "SELECT max(alarm) FROM alarms";
const SINCE: &str = select!("WHERE raised_ms >= ?1 ORDER BY alarm");
const OF_LOCO: &str =
    select!("WHERE loco = ?1 AND of_ms BETWEEN ?2 AND ?3 ORDER BY of_ms DESC, alarm DESC LIMIT ?4");
const HISTORY: &str = select!(
    "WHERE raised_ms BETWEEN ?1 AND ?2 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR state = ?4)
        AND (?5 = '' OR instr(lower(ifnull(loco, '') || ' ' || ifnull(source, '')), lower(?5)) > 0)
    ORDER BY alarm DESC LIMIT ?6"
);
const STEPS: &str = "SELECT at_ms, who, step, words FROM alarm_transitions WHERE alarm = ?1
    ORDER BY transition";

/// What of the history is asked for; what is left out is not asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlarmFilter {
    /// Raised from then on, UTC milliseconds, the computer's clock.
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
    /// Part of the name of a locomotive or a source.
    pub name: String,
    /// One of [`crate::domain::alarm::Watch::KINDS`].
    pub kind: Option<String>,
    pub state: Option<State>,
}

impl Warehouse {
    /// Writes down a step of an alarm, and the alarm itself with its first one.
    ///
    /// # Errors
    /// The warehouse cannot be written; an alarm of that number is there already.
    pub fn keep_alarm(&mut self, change: &Change) -> Result<()> {
        let Change { alarm, step, act } = change;
        let tx = self.act()?;
        if *step == Step::Raised {
            insert(&tx, alarm)?;
        }
        let acknowledged = alarm.acknowledged.as_ref();
        let aside = alarm.aside.as_ref().map(Aside::act);
        let until_ms = match &alarm.aside {
            Some(Aside::Shelved { until_ms, .. }) => Some(*until_ms),
            _ => None,
        };
        tx.prepare_cached(UPDATE)?.execute(named_params! {
            ":alarm": alarm.id,
            ":state": alarm.state().key(),
            ":active": alarm.active,
            ":returned_ms": alarm.returned_ms,
            ":acknowledged_ms": acknowledged.map(|a| a.at_ms),
            ":acknowledged_by": acknowledged.map(|a| &a.who),
            ":comment": acknowledged.map(|a| &a.words),
            ":aside_ms": aside.map(|a| a.at_ms),
            ":aside_by": aside.map(|a| &a.who),
            ":reason": aside.map(|a| &a.words),
            ":shelved_until_ms": until_ms,
        })?;
        tx.prepare_cached(STEP)?.execute(params![
            alarm.id,
            act.at_ms,
            act.who,
            step.key(),
            act.words,
            until_ms.filter(|_| *step == Step::Shelved),
        ])?;
        let detail = serde_json::json!({"alarm": alarm.id, "step": step.key()});
        tx.commit("alarm", None, Some(&act.who), detail)?;
        Ok(())
    }
}

fn insert(db: &rusqlite::Connection, alarm: &Alarm) -> Result<()> {
    let (source, channel, value, limit) = parts(&alarm.what);
    let inputs = alarm.inputs.as_ref();
    let input = |i: usize| inputs.map(|x| x.values[i]);
    db.prepare_cached(INSERT)?.execute(named_params! {
        ":alarm": alarm.id,
        ":kind": alarm.watch.kind(),
        ":priority": alarm.priority().key(),
        ":watch": serde_json::to_string(&alarm.watch)?,
        ":what": serde_json::to_string(&alarm.what)?,
        ":loco": alarm.watch.loco().map(LocoId::as_str),
        ":source": source,
        ":cause": alarm.what.cause().map(crate::domain::Cause::key),
        ":channel": channel,
        ":value": value,
        ":limit_value": limit,
        ":raised_ms": alarm.raised_ms,
        ":of_ms": inputs.map(|x| x.at_ms),
        ":flow_rate": input(0),
        ":pressure": input(1),
        ":vibration": input(2),
        ":temperature": input(3),
        ":probability": inputs.and_then(|x| x.probability),
        ":threshold": inputs.and_then(|x| x.threshold),
        ":model": inputs.and_then(|x| x.model),
        ":state": alarm.state().key(),
    })?;
    Ok(())
}

impl Reader {
    /// The alarms that are not closed, oldest first, and the highest number ever given.
    ///
    /// # Errors
    /// The warehouse cannot be read, or is an older program's.
    pub fn open_alarms(&self) -> Result<(Vec<Alarm>, i64)> {
        let last: Option<i64> = self.with(|db| {
            let last = db.query_row(LAST, [], |row| row.get(0)).optional()?;
            Ok(last.flatten())
        })?;
        Ok((self.alarms(OPEN, &[])?, last.unwrap_or(0)))
    }

    /// The alarms raised from an instant of the computer's clock on (UTC milliseconds), oldest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn alarms_since(&self, from_ms: i64) -> Result<Vec<Alarm>> {
        self.alarms(SINCE, &[&from_ms])
    }

    /// The alarms of a locomotive whose reading lies between two instants (UTC milliseconds, both inclusive),
    /// newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn alarms_of(
        &self,
        loco: &LocoId,
        from_ms: i64,
        to_ms: i64,
        limit: usize,
    ) -> Result<Vec<Alarm>> {
        let limit = limit as i64;
        self.alarms(OF_LOCO, &[&loco.as_str(), &from_ms, &to_ms, &limit])
    }

    /// The history, newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn alarm_history(&self, filter: &AlarmFilter, limit: usize) -> Result<Vec<Alarm>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.alarms(
            HISTORY,
            &[
                &filter.from_ms.unwrap_or(i64::MIN),
                &filter.to_ms.unwrap_or(i64::MAX),
                &filter.kind,
                &filter.state.map(State::key),
                &filter.name.trim(),
                &limit,
            ],
        )
    }

    /// Visits the history with everything known of each alarm, newest first, in the columns of
    /// [`Exported::Alarms`]. The visitor may break off.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn export_alarms(
        &self,
        filter: &AlarmFilter,
        visit: &mut dyn FnMut(&[Field<'_>]) -> ControlFlow<()>,
    ) -> Result<()> {
        let synthetic = Field::Flag(self.synthetic()?.unwrap_or(false));
        for alarm in self.alarm_history(filter, usize::MAX)? {
            if visit(&fields(&alarm, synthetic)).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The steps of an alarm, in their order.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn alarm_steps(&self, alarm: i64) -> Result<Vec<(Step, Act)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(STEPS)?;
            let rows = query.query_map([alarm], |row| {
                let key: String = row.get(2)?;
                let step = Step::ALL.into_iter().find(|step| step.key() == key);
                let act = Act {
                    at_ms: row.get(0)?,
                    who: row.get(1)?,
                    words: row.get(3)?,
                };
                Ok(step.map(|step| (step, act)))
            })?;
            Ok(rows
                .flat_map(Result::transpose)
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    fn alarms(&self, sql: &str, given: &[&dyn rusqlite::ToSql]) -> Result<Vec<Alarm>> {
        self.with(|db| {
            let mut query = db.prepare_cached(sql)?;
            let rows = query.query_map(given, alarm)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn fields<'a>(alarm: &'a Alarm, synthetic: Field<'a>) -> [Field<'a>; 27] {
    let text = |t: Option<&'a str>| {
        t.filter(|t| !t.is_empty())
            .map_or(Field::Empty, Field::Text)
    };
    let time = |t: Option<i64>| t.map_or(Field::Empty, Field::Time);
    let real = |v: Option<f64>| v.map_or(Field::Empty, Field::Real);
    let (source, channel, value, limit) = parts(&alarm.what);
    let inputs = alarm.inputs.as_ref();
    let [flow, pressure, vibration, temperature] =
        [0, 1, 2, 3].map(|i: usize| real(inputs.map(|x| x.values[i])));
    let acknowledged = alarm.acknowledged.as_ref();
    let aside = alarm.aside.as_ref().map(Aside::act);
    let until_ms = match &alarm.aside {
        Some(Aside::Shelved { until_ms, .. }) => Some(*until_ms),
        _ => None,
    };
    [
        Field::Int(alarm.id),
        Field::Time(alarm.raised_ms),
        time(inputs.map(|x| x.at_ms)),
        Field::Text(alarm.priority().key()),
        Field::Text(alarm.watch.kind()),
        Field::Text(alarm.state().key()),
        text(alarm.watch.loco().map(LocoId::as_str)),
        text(source),
        text(alarm.what.cause().map(crate::domain::Cause::key)),
        text(channel),
        real(value),
        real(limit),
        flow,
        pressure,
        vibration,
        temperature,
        real(inputs.and_then(|x| x.probability)),
        real(inputs.and_then(|x| x.threshold)),
        inputs
            .and_then(|x| x.model)
            .map_or(Field::Empty, |m| Field::Int(m.into())),
        time(alarm.returned_ms),
        time(acknowledged.map(|a| a.at_ms)),
        text(acknowledged.map(|a| a.who.as_str())),
        text(acknowledged.map(|a| a.words.as_str())),
        text(aside.map(|a| a.who.as_str())),
        text(aside.map(|a| a.words.as_str())),
        time(until_ms),
        synthetic,
    ]
}

/// Source, channel, value and limit, as far as the alarm is about them.
fn parts(what: &What) -> (Option<&str>, Option<&'static str>, Option<f64>, Option<f64>) {
    match what {
        What::Danger {
            probability,
            threshold,
        } => (None, None, Some(*probability), Some(*threshold)),
        What::Limit {
            channel,
            value,
            limit,
            ..
        } => (None, Some(channel.key()), Some(*value), Some(*limit)),
        What::Source { source, .. } => (Some(source), None, None, None),
        What::NoVerdict { .. } | What::Fleet { .. } | What::Held { .. } => (None, None, None, None),
    }
}

fn alarm(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    let act = |at: usize| -> rusqlite::Result<Option<Act>> {
        let Some(at_ms) = row.get(at)? else {
            return Ok(None);
        };
        let words = |at| -> rusqlite::Result<String> {
            Ok(row.get::<_, Option<String>>(at)?.unwrap_or_default())
        };
        Ok(Some(Act {
            at_ms,
            who: words(at + 1)?,
            words: words(at + 2)?,
        }))
    };
    let of_ms: Option<i64> = row.get(4)?;
    let inputs = match of_ms {
        Some(at_ms) => Some(Inputs {
            at_ms,
            values: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?],
            probability: row.get(9)?,
            threshold: row.get(10)?,
            model: row.get(11)?,
        }),
        None => None,
    };
    let until_ms: Option<i64> = row.get(20)?;
    Ok(Alarm {
        id: row.get(0)?,
        watch: document(row, 1)?,
        what: document(row, 2)?,
        raised_ms: row.get(3)?,
        inputs,
        active: row.get(12)?,
        returned_ms: row.get(13)?,
        acknowledged: act(14)?,
        aside: act(17)?.map(|act| match until_ms {
            Some(until_ms) => Aside::Shelved { act, until_ms },
            None => Aside::OutOfService { act },
        }),
    })
}

fn document<T: serde::de::DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(e))
    })
}

#[cfg(test)]
mod tests;
