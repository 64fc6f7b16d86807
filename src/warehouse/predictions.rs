//! What models said of readings: one row a reading and model, never rewritten.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::domain::{LocoId, VerdictKind};

use super::judged_rollups::Gatherer;
use super::{Reader, Result, SoundRun, TIME_MASK, Warehouse, key};

const INSERT: &str = "INSERT INTO ai_telemetry_predictions
    (reading, model, run, probability, verdict)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (reading, model) DO NOTHING";
const ANY: &str = "SELECT 1 FROM ai_telemetry_predictions WHERE reading = ?1 LIMIT 1";
/// Of several models that judged the newest one the model in force counts: an earlier version may have come back.
const LATEST: &str = "SELECT reading, model, probability, verdict FROM ai_telemetry_predictions
    WHERE reading =
        (SELECT max(reading) FROM ai_telemetry_predictions WHERE reading BETWEEN ?1 AND ?2)
    ORDER BY model = (SELECT version FROM model_promotions ORDER BY promotion DESC LIMIT 1) DESC,
        model DESC LIMIT 1";
const BETWEEN: &str = "SELECT reading, model, probability, verdict FROM ai_telemetry_predictions
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading, model";
/// The earliest instant, a locomotive, of what was loaded and never scored.
const UNSCORED: &str =
    "SELECT l.name, min(r.from_ms) FROM run_loads r JOIN locomotives l USING (loco)
    GROUP BY r.loco ORDER BY l.name";
const ALL_SCORED: &str = "DELETE FROM run_loads";
const SCORED: &str = "DELETE FROM run_loads WHERE loco = ?1";

/// One prediction to be kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    pub at_ms: i64,
    pub probability: f64,
    pub verdict: VerdictKind,
}

/// One prediction as it was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub at_ms: i64,
    pub model: u32,
    pub probability: f64,
    pub verdict: VerdictKind,
}

const fn code(verdict: VerdictKind) -> u8 {
    match verdict {
        VerdictKind::Nominal => 0,
        VerdictKind::Danger => 1,
        VerdictKind::Unavailable => 2,
    }
}

pub(super) fn judged(row: &rusqlite::Row<'_>) -> rusqlite::Result<Judged> {
    Ok(Judged {
        at_ms: row.get::<_, i64>(0)? & TIME_MASK,
        model: row.get(1)?,
        probability: row.get(2)?,
        verdict: match row.get::<_, u8>(3)? {
            0 => VerdictKind::Nominal,
            1 => VerdictKind::Danger,
            _ => VerdictKind::Unavailable,
        },
    })
}

fn insert(
    tx: &Connection,
    token: &SoundRun,
    version: u32,
    number: u32,
    rows: &[Prediction],
) -> Result<u64> {
    let mut new = 0;
    let mut roll_ups = Gatherer::default();
    let mut insert = tx.prepare_cached(INSERT)?;
    for row in rows {
        let values = params![
            key(number, row.at_ms),
            version,
            token.run(),
            row.probability,
            code(row.verdict)
        ];
        if insert.execute(values)? == 1 {
            new += 1;
            roll_ups.take(tx, number, row)?;
        }
    }
    roll_ups.flush(tx)?;
    Ok(new)
}

impl Warehouse {
    /// Keeps what model `version` said of readings of one locomotive, and says how many were new.
    ///
    /// # Errors
    /// Another run ended since the token was issued, or the warehouse cannot be written.
    pub fn save_predictions(
        &mut self,
        token: &SoundRun,
        version: u32,
        loco: &LocoId,
        rows: &[Prediction],
    ) -> Result<u64> {
        let Some(number) = token.reader().number(loco)? else {
            return Ok(0);
        };
        let tx = self.act()?;
        Self::still_last(&tx, token)?;
        let new = insert(&tx, token, version, number, rows)?;
        tx.commit_changes("score", Some(token.run()), json!({}))?;
        Ok(new)
    }

    /// As [`Warehouse::save_predictions`] for several locomotives at once, of each all that was to be scored.
    ///
    /// # Errors
    /// As above.
    pub fn save_scored(
        &mut self,
        token: &SoundRun,
        version: u32,
        scored: &[(LocoId, Vec<Prediction>)],
    ) -> Result<u64> {
        let tx = self.act()?;
        Self::still_last(&tx, token)?;
        let mut new = 0;
        for (loco, rows) in scored {
            if let Some(number) = token.reader().number(loco)? {
                new += insert(&tx, token, version, number, rows)?;
                tx.prepare_cached(SCORED)?.execute([number])?;
            }
        }
        tx.commit_changes("score", Some(token.run()), json!({}))?;
        Ok(new)
    }

    /// Everything loaded up to the token's run has been scored.
    ///
    /// # Errors
    /// Another run ended since the token was issued, or the warehouse cannot be written.
    pub fn all_scored(&mut self, token: &SoundRun) -> Result<()> {
        let tx = self.act()?;
        Self::still_last(&tx, token)?;
        tx.execute(ALL_SCORED, [])?;
        tx.commit_changes("score", Some(token.run()), json!({}))?;
        Ok(())
    }
}

impl Reader {
    /// Where scoring has to begin, a locomotive: the earliest reading loaded since everything was scored.
    ///
    /// # Errors
    /// As for every method here: the warehouse cannot be read.
    pub fn unscored(&self) -> Result<Vec<(LocoId, i64)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(UNSCORED)?;
            let rows = query.query_map([], |row| {
                Ok((LocoId::new(&row.get::<_, String>(0)?), row.get(1)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Of these instants of a locomotive (ascending), those that no model has judged.
    ///
    /// # Errors
    /// As above.
    pub fn not_judged(&self, loco: &LocoId, instants: &[i64]) -> Result<Vec<bool>> {
        let Some(number) = self.number(loco)? else {
            return Ok(vec![true; instants.len()]);
        };
        self.with(|db| {
            let mut query = db.prepare_cached(ANY)?;
            instants
                .iter()
                .map(|&at_ms| Ok(!query.exists([key(number, at_ms)])?))
                .collect()
        })
    }

    /// The prediction of the newest judged reading at `at_ms` or before.
    ///
    /// # Errors
    /// As above.
    pub fn latest_judged(&self, loco: &LocoId, at_ms: i64) -> Result<Option<Judged>> {
        let Some(number) = self.number(loco)? else {
            return Ok(None);
        };
        self.with(|db| {
            let range = params![key(number, 0), key(number, at_ms.clamp(0, TIME_MASK))];
            let found = db.prepare_cached(LATEST)?.query_row(range, judged);
            Ok(found.optional()?)
        })
    }

    /// Visits predictions between two instants (both inclusive) in time order.
    ///
    /// # Errors
    /// As above.
    pub fn judged(
        &self,
        loco: &LocoId,
        from_ms: i64,
        to_ms: i64,
        visit: &mut dyn FnMut(&Judged),
    ) -> Result<()> {
        let Some(number) = self.number(loco)? else {
            return Ok(());
        };
        self.with(|db| {
            let mut query = db.prepare_cached(BETWEEN)?;
            let mut rows = query.query(params![
                key(number, from_ms.clamp(0, TIME_MASK)),
                key(number, to_ms.clamp(0, TIME_MASK))
            ])?;
            while let Some(row) = rows.next()? {
                visit(&judged(row)?);
            }
            Ok(())
        })
    }
}
