//! Held batches: what looks poisoned is fenced in the transaction that loads it, and released by a person who says why.
//!
//! A load gathers what it adds of each locomotive that has a history ([`Gate`]); before it commits, each batch is judged
//! by the rules of [`crate::domain::poison`]. The history is the last readings that were held before the load and are not
//! fenced themselves, so a poisoned level does not become normal by staying. Passes of a live run gather on until there is
//! enough to judge.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::domain::alarm::Act as Done;
use crate::domain::poison::{
    BATCH_ROWS, Gathered, HISTORY_ROWS, Held, HoldReason, Known, Suspicion, judge,
};
use crate::domain::ports::{LocoRef, StagedReading, is_fenced};
use crate::domain::{Limits, LocoId};

use super::amount::values;
use super::journal;
use super::{Reader, Result, TIME_MASK, Warehouse, key};

/// Readings of all histories together that a load, and a live pass, reads at most: about 0.4 s and 0.1 s.
const LOAD_HISTORY: usize = 400_000;
const LIVE_HISTORY: usize = 100_000;
/// Of one locomotive, at least and at most.
const HISTORY: [usize; 2] = [2_000, 20_000];
/// Live passes are judged when they have brought so many readings of a locomotive, or after so long.
const LIVE_ROWS: u64 = 600;
const LIVE_TIME: Duration = Duration::from_secs(300);
/// The act that the journal keeps of a release.
pub const RELEASED: &str = "hold_released";

const LAST: &str =
    "SELECT reading, flow_rate, pressure, vibration, temperature, label FROM sensor_metrics
    WHERE reading BETWEEN ?1 AND ?2 ORDER BY reading DESC LIMIT ?3";
const INSERT: &str =
    "INSERT INTO held_batches (run, loco, from_ms, to_ms, rows, reason, detail, held_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const ALL: &str = "SELECT hold, run, l.name, from_ms, to_ms, rows, reason, detail, held_ms, released_ms, released_by,
    words FROM held_batches JOIN locomotives l USING (loco) ORDER BY hold DESC";
const OPEN: &str = "SELECT hold, run, l.name, from_ms, to_ms, rows, reason, detail, held_ms, released_ms, released_by,
    words FROM held_batches JOIN locomotives l USING (loco) WHERE released_ms IS NULL ORDER BY hold DESC";
const ONE: &str = "SELECT hold, run, l.name, from_ms, to_ms, rows, reason, detail, held_ms, released_ms, released_by,
    words FROM held_batches JOIN locomotives l USING (loco) WHERE hold = ?1";
const SPANS: &str = "SELECT from_ms, to_ms FROM held_batches WHERE loco = ?1 AND released_ms IS NULL ORDER BY from_ms";
const FENCED_LOCOS: &str = "SELECT DISTINCT loco FROM held_batches WHERE released_ms IS NULL";
const LABELS: &str = "SELECT count(label) FROM sensor_metrics WHERE reading BETWEEN ?1 AND ?2";
const RELEASE: &str = "UPDATE held_batches SET released_ms = ?2, released_by = ?3, words = ?4
    WHERE hold = ?1 AND released_ms IS NULL";
const LOCOS: &str = "SELECT loco, name FROM locomotives";
const NAME: &str = "SELECT name FROM locomotives WHERE loco = ?1";

/// What was gathered of locomotives and is not judged yet; kept from one live pass to the next.
#[derive(Default)]
pub(super) struct Waiting {
    of: BTreeMap<LocoRef, Batch>,
}

struct Batch {
    history: Gathered,
    new: Gathered,
    since: Instant,
}

/// What a load under way gathers.
pub(super) struct Gate<'a> {
    waiting: &'a RefCell<Waiting>,
    limits: Option<Limits>,
    live: bool,
    /// Histories that this load read.
    histories: BTreeMap<LocoRef, Gathered>,
    /// Of the files that are in, and of the one under way.
    kept: BTreeMap<LocoRef, Gathered>,
    file: BTreeMap<LocoRef, Gathered>,
    /// Every locomotive that this load added something to.
    added: BTreeSet<LocoRef>,
}

impl<'a> Gate<'a> {
    pub fn new(waiting: &'a RefCell<Waiting>, live: bool) -> Self {
        Self {
            waiting,
            limits: None,
            live,
            histories: BTreeMap::new(),
            kept: BTreeMap::new(),
            file: BTreeMap::new(),
            added: BTreeSet::new(),
        }
    }

    /// From now on what comes is gathered, and judged by these limits among others.
    pub fn open(&mut self, limits: Limits) {
        self.limits = Some(limits);
    }

    /// Reads the history of a locomotive, where there is one, before anything of this load is added to it.
    pub fn meet(
        &mut self,
        db: &Connection,
        loco: LocoRef,
        newest_ms: Option<i64>,
    ) -> rusqlite::Result<()> {
        let (Some(limits), Some(_)) = (&self.limits, newest_ms) else {
            return Ok(());
        };
        if self.waiting.borrow().of.contains_key(&loco) {
            return Ok(());
        }
        if let Entry::Vacant(place) = self.histories.entry(loco) {
            place.insert(history(db, loco, share_of_each(db, self.live)?, limits)?);
        }
        Ok(())
    }

    /// Takes readings that were added, each locomotive's in a row.
    pub fn take(&mut self, added: &[&StagedReading]) {
        let Some(limits) = &self.limits else { return };
        for of_one in added.chunk_by(|a, b| a.loco == b.loco) {
            let loco = of_one[0].loco;
            self.added.insert(loco);
            let enough = |history: &Gathered| history.rows >= HISTORY_ROWS;
            let known = self.histories.get(&loco).is_some_and(enough)
                || self.waiting.borrow().of.contains_key(&loco);
            if !known {
                continue;
            }
            let gathered = self.file.entry(loco).or_default();
            for staged in of_one {
                gathered.take(staged.at_ms, &staged.values, staged.label, limits);
            }
        }
    }

    /// The file under way stays, or is taken back.
    pub fn end_file(&mut self, keep: bool) {
        let file = std::mem::take(&mut self.file);
        if keep {
            for (loco, gathered) in file {
                self.kept.entry(loco).or_default().append(gathered);
            }
        }
    }

    /// Judges what is ready and writes what is to be held. What is left waits, once the load is committed.
    pub fn judge(&mut self, db: &Connection, run: i64, at_ms: i64) -> Result<Left> {
        self.end_file(true);
        let Some(limits) = self.limits else {
            return Ok(Left::default());
        };
        let (mut ready, mut left) = (Vec::new(), Left::default());
        for (loco, new) in std::mem::take(&mut self.kept) {
            let waiting = self.waiting.borrow_mut().of.remove(&loco);
            let mut batch = match (waiting, self.histories.remove(&loco)) {
                (Some(batch), _) => batch,
                (None, Some(history)) => Batch {
                    history,
                    new: Gathered::default(),
                    since: Instant::now(),
                },
                (None, None) => continue,
            };
            batch.new.append(new);
            let long = batch.new.rows >= LIVE_ROWS || batch.since.elapsed() >= LIVE_TIME;
            if batch.new.rows >= BATCH_ROWS && (!self.live || long) {
                ready.push((loco, batch));
            } else {
                left.0.insert(loco, batch);
            }
        }
        if ready.is_empty() {
            return Ok(left);
        }
        let known = self.known(db, &ready, &limits)?;
        self.hold(db, run, at_ms, ready, known)?;
        Ok(left)
    }

    /// Every block that was there before: of those that are judged, and of the rest of the fleet, which a live pass does
    /// not read for it.
    fn known(&self, db: &Connection, ready: &[(LocoRef, Batch)], limits: &Limits) -> Result<Known> {
        let mut known = Known::default();
        let mut met = BTreeSet::new();
        for (loco, batch) in ready {
            known.add(&name(db, *loco)?, &batch.history);
            met.insert(*loco);
        }
        for (loco, history) in &self.histories {
            known.add(&name(db, *loco)?, history);
            met.insert(*loco);
        }
        let waiting = self.waiting.borrow();
        for (loco, batch) in &waiting.of {
            known.add(&name(db, *loco)?, &batch.history);
            met.insert(*loco);
        }
        if self.live {
            return Ok(known);
        }
        let each = share_of_each(db, self.live)?;
        let mut all = db.prepare_cached(LOCOS)?;
        let mut all = all.query([])?;
        while let Some(row) = all.next()? {
            let loco = LocoRef(row.get(0)?);
            if !met.contains(&loco) {
                let name = LocoId::new(&row.get::<_, String>(1)?);
                // What this load brought of a machine without a history is no earlier block.
                if !self.added.contains(&loco) {
                    known.add(&name, &history(db, loco, each, limits)?);
                }
            }
        }
        Ok(known)
    }

    fn hold(
        &self,
        db: &Connection,
        run: i64,
        at_ms: i64,
        ready: Vec<(LocoRef, Batch)>,
        mut known: Known,
    ) -> Result<()> {
        for (loco, batch) in ready {
            let name = name(db, loco)?;
            let found = judge(&batch.history, &batch.new, &known, &name);
            known.add(&name, &batch.new);
            let Some(first) = found.first() else { continue };
            tracing::warn!(%name, ?found, rows = batch.new.rows, "a batch is held");
            db.prepare_cached(INSERT)?.execute(params![
                run,
                loco.0,
                batch.new.from_ms,
                batch.new.to_ms,
                batch.new.rows,
                first.reason().key(),
                json!({ "found": found }).to_string(),
                at_ms
            ])?;
        }
        Ok(())
    }
}

/// What a committed load leaves to be judged with the next one.
#[derive(Default)]
pub(super) struct Left(BTreeMap<LocoRef, Batch>);

impl Left {
    pub fn wait(self, waiting: &RefCell<Waiting>) {
        waiting.borrow_mut().of.extend(self.0);
    }
}

fn name(db: &Connection, loco: LocoRef) -> Result<LocoId> {
    let name: String = db
        .prepare_cached(NAME)?
        .query_row([loco.0], |row| row.get(0))?;
    Ok(LocoId::new(&name))
}

/// How many readings of each history are read.
fn share_of_each(db: &Connection, live: bool) -> rusqlite::Result<usize> {
    let locos: usize = db
        .prepare_cached("SELECT count(*) FROM locomotives")?
        .query_row([], |row| row.get(0))?;
    let all = if live { LIVE_HISTORY } else { LOAD_HISTORY };
    Ok((all / locos.max(1)).clamp(HISTORY[0], HISTORY[1]))
}

/// The last readings of a locomotive that are not fenced, in time order.
fn history(
    db: &Connection,
    loco: LocoRef,
    limit: usize,
    limits: &Limits,
) -> rusqlite::Result<Gathered> {
    let fences = spans(db, loco.0)?;
    let mut query = db.prepare_cached(LAST)?;
    let mut rows = query.query(params![
        key(loco.0, 0),
        key(loco.0, TIME_MASK),
        limit as i64
    ])?;
    let mut last = Vec::with_capacity(limit.min(4096));
    while let Some(row) = rows.next()? {
        let at_ms = row.get::<_, i64>(0)? & TIME_MASK;
        if !is_fenced(&fences, at_ms) {
            last.push((at_ms, values(row, 1, 1)?, row.get::<_, Option<bool>>(5)?));
        }
    }
    let mut gathered = Gathered::default();
    for (at_ms, values, label) in last.iter().rev() {
        gathered.take(*at_ms, values, *label, limits);
    }
    Ok(gathered)
}

/// The stretches of a locomotive that are fenced, in time order and apart from each other.
fn spans(db: &Connection, loco: u32) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut apart: Vec<(i64, i64)> = Vec::new();
    let mut query = db.prepare_cached(SPANS)?;
    let mut rows = query.query([loco])?;
    while let Some(row) = rows.next()? {
        let (from_ms, to_ms): (i64, i64) = (row.get(0)?, row.get(1)?);
        match apart.last_mut() {
            Some(last) if from_ms <= last.1 => last.1 = last.1.max(to_ms),
            _ => apart.push((from_ms, to_ms)),
        }
    }
    Ok(apart)
}

/// Readings with a truth that are fenced: nothing learns from them.
pub(super) fn fenced_labels(db: &Connection) -> rusqlite::Result<u64> {
    let locos: Vec<u32> = db
        .prepare_cached(FENCED_LOCOS)?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut count = db.prepare_cached(LABELS)?;
    let mut fenced = 0;
    for loco in locos {
        for (from_ms, to_ms) in spans(db, loco)? {
            let of: u64 =
                count.query_row([key(loco, from_ms), key(loco, to_ms)], |row| row.get(0))?;
            fenced += of;
        }
    }
    Ok(fenced)
}

fn held(row: &Row<'_>) -> rusqlite::Result<Held> {
    let unreadable = |at: usize, why: String| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, why.into())
    };
    let (reason, detail): (String, String) = (row.get(6)?, row.get(7)?);
    let detail: serde_json::Value =
        serde_json::from_str(&detail).map_err(|e| unreadable(7, e.to_string()))?;
    let found: Vec<Suspicion> = serde_json::from_value(detail["found"].clone())
        .map_err(|e| unreadable(7, e.to_string()))?;
    let reason = HoldReason::ALL
        .into_iter()
        .find(|known| known.key() == reason)
        .ok_or_else(|| unreadable(6, format!("{reason} is no reason to hold a batch")))?;
    let released_ms: Option<i64> = row.get(9)?;
    let released = match released_ms {
        None => None,
        Some(at_ms) => Some(Done {
            at_ms,
            who: row.get(10)?,
            words: row.get(11)?,
        }),
    };
    Ok(Held {
        hold: row.get(0)?,
        run: row.get(1)?,
        loco: LocoId::new(&row.get::<_, String>(2)?),
        from_ms: row.get(3)?,
        to_ms: row.get(4)?,
        rows: row.get(5)?,
        reason,
        found,
        held_ms: row.get(8)?,
        released,
    })
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq)]
pub enum Release {
    Done(Held),
    /// Somebody has released it before.
    Before(Held),
    /// There is no batch of this number.
    Unknown,
}

impl Warehouse {
    /// Releases a held batch: training may use it and NOMINAL may be said of it again. The ledger and the journal say
    /// who did it and why. Nothing is changed where it was released before.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn release(&mut self, hold: i64, done: &Done) -> Result<Release> {
        let tx = self.act()?;
        let one = |db: &Connection| db.query_row(ONE, [hold], held).optional();
        let Some(before) = one(&tx)? else {
            return Ok(Release::Unknown);
        };
        if before.released.is_some() {
            return Ok(Release::Before(before));
        }
        tx.execute(RELEASE, params![hold, done.at_ms, done.who, done.words])?;
        journal::write(
            &tx,
            &journal::Entry {
                entry: 0,
                at_ms: done.at_ms,
                who: done.who.clone(),
                act: RELEASED.into(),
                loco: Some(before.loco.clone()),
                of_ms: Some(before.from_ms),
                words: done.words.clone(),
                detail: json!({ "hold": hold, "to_ms": before.to_ms, "rows": before.rows }),
            },
        )?;
        let after = one(&tx)?.map_or(Release::Unknown, Release::Done);
        let detail = json!({
            "hold": hold, "loco": before.loco, "from_ms": before.from_ms, "to_ms": before.to_ms,
            "rows": before.rows, "words": done.words,
        });
        tx.commit("release", Some(before.run), Some(&done.who), detail)?;
        Ok(after)
    }
}

impl Reader {
    /// The held batches that nobody has released yet, or every one there was; the newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn holds(&self, all: bool) -> Result<Vec<Held>> {
        self.with(|db| {
            let mut query = db.prepare_cached(if all { ALL } else { OPEN })?;
            let rows = query.query_map([], held)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The stretches of a locomotive that are fenced (UTC milliseconds, both ends included), in time order and apart.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn fenced(&self, loco: &LocoId) -> Result<Vec<(i64, i64)>> {
        match self.number(loco)? {
            Some(number) => self.with(|db| Ok(spans(db, number)?)),
            None => Ok(Vec::new()),
        }
    }
}
