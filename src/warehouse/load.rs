//! One load: a single transaction, with a savepoint a file.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};
use serde_json::json;

use crate::domain::ports::{
    BatchOutcome, FileIdentity, LocoRef, Position, ReadingWriter, RefusedRecord, StagedReading,
    WriteError,
};
use crate::domain::{EventKind, Flags, Limits, Reading};

use super::amount::{Amount, values};
use super::holds::{Gate, Waiting};
use super::ledger::Act;
use super::rollups::{self, Gatherer};
use super::runs::{self, RunRecord};
use super::{Result, TIME_MASK, Warehouse, facts, followed, key, reader};

const INSERT_LOCO: &str =
    "INSERT INTO locomotives (name) VALUES (?1) ON CONFLICT (name) DO NOTHING";
const FIND_LOCO: &str = "SELECT loco FROM locomotives WHERE name = ?1";
const INSERT_FILE: &str = "INSERT INTO source_files (run, source, role, clock, path, digest)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest, source, role) DO NOTHING";
const FIND_FILE: &str =
    "SELECT file FROM source_files WHERE digest = ?1 AND source = ?2 AND role = ?3";
const INSERT_READING: &str = "INSERT INTO sensor_metrics
    (reading, flow_rate, pressure, vibration, temperature, label, flags, file, line)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (reading) DO NOTHING";
const FIND_READING: &str = "SELECT flow_rate, pressure, vibration, temperature, label
    FROM sensor_metrics WHERE reading = ?1";
const INSERT_MAINTENANCE: &str =
    "INSERT INTO maintenance (loco, at_ms, kind, component, file, line)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
const INSERT_FAILURE: &str = "INSERT INTO failures (loco, at_ms, component, file, line)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
const INSERT_REFUSED: &str = "INSERT INTO quarantine
    (file, line, reason, detail, raw, loco, at_ms, label, run)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
/// The same row of an earlier state of the same file: a file that grows brings its old bad rows again.
const OTHER_STATES: &str =
    "SELECT 1 FROM source_files WHERE path = ?1 AND role = ?2 AND file <> ?3 LIMIT 1";
const KNOWN_REFUSED: &str = "SELECT 1 FROM quarantine q JOIN source_files f ON f.file = q.file
    WHERE f.path = ?1 AND f.role = ?2 AND q.line = ?3 AND q.raw = ?4 AND q.file <> ?5 LIMIT 1";
/// A source that was renamed keeps its files, and one whose clock was corrected goes by the new one.
const RENAME_SOURCE: &str = "UPDATE OR IGNORE source_files SET source = ?2 WHERE digest = ?1 AND role = ?3 AND source <> ?2";
const SET_CLOCK: &str =
    "UPDATE source_files SET clock = ?1 WHERE source = ?2 AND role = ?3 AND clock <> ?1";
const SET_LABEL: &str = "UPDATE sensor_metrics SET label = ?2 WHERE reading = ?1";
const SET_FLAGS: &str = "UPDATE sensor_metrics SET flags = ?2 WHERE reading = ?1";
const PRUNED: &str = "SELECT loco, to_ms FROM pruned";
const INSERT_RUN_LOAD: &str = "INSERT INTO run_loads (run, loco, from_ms) VALUES (?1, ?2, ?3)
    ON CONFLICT (run, loco) DO UPDATE SET from_ms = min(from_ms, excluded.from_ms)";

/// A load under way. Dropped without [`Load::commit`] it leaves nothing behind.
pub struct Load<'a> {
    tx: Act<'a>,
    run: i64,
    /// The last run is lengthened; else this is a new one.
    lengthens: bool,
    file: i64,
    /// Path and role of that file.
    place: (String, &'static str),
    /// Earlier states of that file may have brought its bad rows before.
    place_known: bool,
    touched: Touched,
    /// `touched` as it was when the file under way began.
    touched_before: Touched,
    roll_ups: Gatherer,
    /// Up to where raw readings were pruned, a locomotive.
    pruned: HashMap<LocoRef, i64>,
    /// The newest instant held of each locomotive when this load met it first.
    held_ms: BTreeMap<LocoRef, Option<i64>>,
    gate: Gate<'a>,
    waiting: &'a RefCell<Waiting>,
}

/// The earliest instants of what a load added, a locomotive.
#[derive(Default, Clone)]
struct Touched {
    new: BTreeMap<LocoRef, i64>,
    unflagged: BTreeMap<LocoRef, i64>,
}

impl Touched {
    fn add(&mut self, staged: &StagedReading) {
        let first = self.new.entry(staged.loco).or_insert(staged.at_ms);
        *first = staged.at_ms.min(*first);
        if staged.flags.is_none() {
            let first = self.unflagged.entry(staged.loco).or_insert(staged.at_ms);
            *first = staged.at_ms.min(*first);
        }
    }
}

impl Warehouse {
    /// Begins a load: everything until [`Load::commit`] is one transaction.
    ///
    /// # Errors
    /// Another program is writing, longer than we wait.
    pub fn load(&mut self) -> Result<Load<'_>> {
        self.begin(None)
    }

    /// Begins the load of a live pass: it lengthens the last run, if that is one of sound live passes that
    /// began after `since_ms`.
    ///
    /// # Errors
    /// As [`Warehouse::load`].
    pub fn load_live(&mut self, since_ms: i64) -> Result<Load<'_>> {
        self.begin(Some(since_ms))
    }

    fn begin(&mut self, live_since_ms: Option<i64>) -> Result<Load<'_>> {
        #[cfg(feature = "trials")]
        if super::sabotage::loads_without_transaction() {
            // A part of a load points to a run that is not there yet.
            self.db.execute_batch("PRAGMA foreign_keys = OFF")?;
        }
        let tx = self.act()?;
        let pruned = tx
            .prepare_cached(PRUNED)?
            .query_map([], |row| Ok((LocoRef(row.get(0)?), row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let live = match live_since_ms {
            Some(since_ms) => runs::live_since(&tx, since_ms)?,
            None => None,
        };
        let run = match live {
            Some(run) => run,
            None => runs::next(&tx)?,
        };
        Ok(Load {
            tx,
            run,
            lengthens: live.is_some(),
            file: 0,
            place: (String::new(), ""),
            place_known: true,
            touched: Touched::default(),
            touched_before: Touched::default(),
            roll_ups: Gatherer::default(),
            pruned,
            held_ms: BTreeMap::new(),
            gate: Gate::new(&self.waiting, live_since_ms.is_some()),
            waiting: &self.waiting,
        })
    }
}

impl Load<'_> {
    /// Whether this load joins the last run.
    #[must_use]
    pub const fn lengthens(&self) -> bool {
        self.lengthens
    }

    pub(super) const fn run(&self) -> i64 {
        self.run
    }

    pub(super) fn transaction(&self) -> &Connection {
        &self.tx
    }

    /// What is loaded from now on is judged before the commit, and held where it looks poisoned.
    pub fn guard(&mut self, limits: Limits) {
        self.gate.open(limits);
    }

    /// Commits the load as a sound run, and says its number.
    ///
    /// # Errors
    /// The disk is full, or the warehouse cannot be written.
    pub fn commit(mut self, record: &RunRecord, synthetic: bool) -> Result<i64> {
        if self.lengthens {
            runs::lengthen(&self.tx, self.run, record)?;
        } else {
            runs::insert(&self.tx, self.run, record)?;
        }
        {
            let mut insert = self.tx.prepare_cached(INSERT_RUN_LOAD)?;
            for (loco, from_ms) in &self.touched.new {
                insert.execute(params![self.run, loco.0, from_ms])?;
                let held_ms = self.held_ms.get(loco).copied().flatten();
                if held_ms.is_some_and(|held_ms| *from_ms < held_ms) {
                    followed::mark_late(&self.tx, *loco)?;
                }
            }
        }
        facts::mark(&self.tx, synthetic)?;
        let run = self.run;
        let left = self
            .gate
            .judge(&self.tx, run, record.ended_ms.max(record.started_ms))?;
        // A run of live passes goes on in its files: which ones, its blocks say.
        let detail = if self.lengthens {
            json!({})
        } else {
            json!({"files": self.tx.files()?})
        };
        self.tx.commit(&record.kind, Some(run), None, detail)?;
        left.wait(self.waiting);
        Ok(run)
    }

    /// What is held at the place of a reading that could not be inserted.
    fn held(&self, staged: &StagedReading, reading: i64) -> rusqlite::Result<Held> {
        let (held, label) = self
            .tx
            .prepare_cached(FIND_READING)?
            .query_row([reading], |row| {
                Ok((values(row, 0, 1)?, row.get::<_, Option<bool>>(4)?))
            })?;
        let labels_agree = label.is_none() || staged.label.is_none() || label == staged.label;
        if held != staged.values || !labels_agree {
            return Ok(Held::Other);
        }
        if label.is_none() && staged.label.is_some() {
            // The truth came later than the reading: nothing of the reading itself changes.
            self.tx
                .prepare_cached(SET_LABEL)?
                .execute(params![reading, staged.label])?;
        }
        Ok(Held::Same)
    }

    /// The raw row was here and was pruned: its minute is in the roll-ups.
    fn was_pruned(&self, staged: &StagedReading) -> rusqlite::Result<bool> {
        match self.pruned.get(&staged.loco) {
            Some(&to_ms) if staged.at_ms <= to_ms => {
                rollups::minute_known(&self.tx, staged.loco.0, staged.at_ms)
            }
            _ => Ok(false),
        }
    }
}

/// What the warehouse held at a reading's place.
enum Held {
    Same,
    Other,
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

fn insert_or_find(
    db: &Connection,
    insert: &str,
    values: impl rusqlite::Params,
    find: &str,
    by: impl rusqlite::Params,
) -> rusqlite::Result<i64> {
    db.prepare_cached(insert)?.execute(values)?;
    db.prepare_cached(find)?.query_row(by, |row| row.get(0))
}

impl ReadingWriter for Load<'_> {
    fn begin_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError> {
        self.tx.execute_batch("SAVEPOINT one_file")?;
        self.tx.begin_layer();
        self.touched_before.clone_from(&self.touched);
        let (digest, role) = (&file.digest[..], file.role.key());
        self.place = (file.path.to_owned(), role);
        self.tx
            .prepare_cached(RENAME_SOURCE)?
            .execute(params![digest, file.source, role])?;
        self.tx
            .prepare_cached(SET_CLOCK)?
            .execute(params![file.clock.key(), file.source, role])?;
        self.file = insert_or_find(
            &self.tx,
            INSERT_FILE,
            params![
                self.run,
                file.source,
                role,
                file.clock.key(),
                file.path,
                digest
            ],
            FIND_FILE,
            params![digest, file.source, role],
        )?;
        self.place_known = self
            .tx
            .prepare_cached(OTHER_STATES)?
            .exists(params![file.path, role, self.file])?;
        Ok(())
    }

    fn position(&self, file: &FileIdentity<'_>) -> Result<Option<Position>, WriteError> {
        let found = followed::find(&self.tx, file)?;
        Ok(found.map(|(_, position)| position))
    }

    fn resume_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError> {
        let Some((number, _)) = followed::find(&self.tx, file)? else {
            return Err(WriteError(format!("{} was never begun", file.path)));
        };
        self.tx.execute_batch("SAVEPOINT one_file")?;
        self.tx.begin_layer();
        self.touched_before.clone_from(&self.touched);
        let role = file.role.key();
        self.place = (file.path.to_owned(), role);
        self.tx
            .prepare_cached(SET_CLOCK)?
            .execute(params![file.clock.key(), file.source, role])?;
        self.file = number;
        Ok(())
    }

    fn keep_position(
        &mut self,
        file: &FileIdentity<'_>,
        position: &Position,
    ) -> Result<(), WriteError> {
        followed::keep(&self.tx, self.file, file, position)
    }

    fn end_file(&mut self, keep: bool) -> Result<(), WriteError> {
        if !keep {
            self.tx.execute_batch("ROLLBACK TO one_file")?;
            std::mem::swap(&mut self.touched, &mut self.touched_before);
        }
        self.gate.end_file(keep);
        self.tx.end_layer(keep);
        self.tx.execute_batch("RELEASE one_file")?;
        Ok(())
    }

    fn loco(&mut self, name: &str) -> Result<LocoRef, WriteError> {
        let loco = insert_or_find(&self.tx, INSERT_LOCO, [name], FIND_LOCO, [name])?;
        let loco = u32::try_from(loco)
            .ok()
            .filter(|&n| n < 1 << 19)
            .map(LocoRef)
            .ok_or_else(|| WriteError("more locomotives than a warehouse can number".into()))?;
        if let Entry::Vacant(first) = self.held_ms.entry(loco) {
            first.insert(followed::newest_ms(&self.tx, loco)?);
        }
        Ok(loco)
    }

    fn readings(&mut self, batch: &[StagedReading]) -> Result<BatchOutcome, WriteError> {
        let mut outcome = BatchOutcome::default();
        for of_one in batch.chunk_by(|a, b| a.loco == b.loco) {
            let loco = of_one[0].loco;
            let newest_ms = self.held_ms.get(&loco).copied().flatten();
            self.gate.meet(&self.tx, loco, newest_ms)?;
        }
        // Bound column by column: this is the hottest loop of a load.
        let mut insert = self.tx.prepare_cached(INSERT_READING)?;
        insert.raw_bind_parameter(8, self.file)?;
        let mut inserted = Vec::with_capacity(batch.len());
        for (i, staged) in batch.iter().enumerate() {
            if self.was_pruned(staged)? {
                outcome.already_loaded += 1;
                continue;
            }
            let reading = key(staged.loco.0, staged.at_ms);
            insert.raw_bind_parameter(1, reading)?;
            for (c, value) in staged.values.iter().enumerate() {
                insert.raw_bind_parameter(c + 2, Amount(*value))?;
            }
            insert.raw_bind_parameter(6, staged.label)?;
            insert.raw_bind_parameter(7, staged.flags.unwrap_or(Flags::NONE).0)?;
            insert.raw_bind_parameter(9, staged.line)?;
            if insert.raw_execute()? == 1 {
                outcome.kept += 1;
                inserted.push(staged);
                self.touched.add(staged);
                self.roll_ups
                    .take(&self.tx, staged.loco.0, staged.at_ms, &staged.values)?;
            } else {
                match self.held(staged, reading)? {
                    Held::Same => outcome.already_loaded += 1,
                    Held::Other => outcome.conflicts.push(i),
                }
            }
        }
        self.gate.take(&inserted);
        self.tx.count_readings(self.file, inserted.into_iter());
        self.roll_ups.flush(&self.tx)?;
        #[cfg(feature = "trials")]
        if super::sabotage::loads_without_transaction() {
            drop(insert);
            self.tx
                .commit_part()
                .map_err(|e| WriteError(e.to_string()))?;
        }
        Ok(outcome)
    }

    fn event(
        &mut self,
        loco: LocoRef,
        at_ms: i64,
        kind: EventKind,
        component: &str,
        line: u64,
    ) -> Result<bool, WriteError> {
        let mut written = 0;
        let word = match kind {
            EventKind::Preventive => "preventive",
            EventKind::Failure => "failure",
        };
        written += self
            .tx
            .prepare_cached(INSERT_MAINTENANCE)?
            .execute(params![loco.0, at_ms, word, component, self.file, line])?;
        if kind == EventKind::Failure {
            written += self
                .tx
                .prepare_cached(INSERT_FAILURE)?
                .execute(params![loco.0, at_ms, component, self.file, line])?;
        }
        Ok(written > 0)
    }

    fn quarantine(&mut self, rows: &[RefusedRecord]) -> Result<u64, WriteError> {
        let mut new = 0;
        let mut insert = self.tx.prepare_cached(INSERT_REFUSED)?;
        let mut known = self.tx.prepare_cached(KNOWN_REFUSED)?;
        let (path, role) = &self.place;
        for row in rows {
            if self.place_known
                && known.exists(params![path, role, row.line, row.raw, self.file])?
            {
                continue;
            }
            new += insert.execute(params![
                self.file,
                row.line,
                row.reason.key(),
                row.detail,
                row.raw,
                row.loco,
                row.at_ms,
                row.label,
                self.run
            ])? as u64;
        }
        Ok(new)
    }

    fn unflagged(&self) -> Vec<(LocoRef, i64)> {
        let unflagged = self.touched.unflagged.iter();
        unflagged.map(|(loco, ms)| (*loco, *ms)).collect()
    }

    fn newest(&self, loco: LocoRef) -> Result<Option<i64>, WriteError> {
        Ok(followed::newest_ms(&self.tx, loco)?)
    }

    fn visit(
        &self,
        loco: LocoRef,
        from_ms: i64,
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), WriteError> {
        reader::visit_readings(&self.tx, loco.0, from_ms, TIME_MASK, limit, visit)?;
        Ok(())
    }

    fn instant_before(&self, loco: LocoRef, from_ms: i64, count: usize) -> Result<i64, WriteError> {
        Ok(reader::instant_before(&self.tx, loco.0, from_ms, count)?)
    }

    fn flag(&mut self, loco: LocoRef, flags: &[(i64, Flags)]) -> Result<(), WriteError> {
        let mut set = self.tx.prepare_cached(SET_FLAGS)?;
        for (at_ms, flags) in flags {
            set.execute(params![key(loco.0, *at_ms), flags.0])?;
        }
        Ok(())
    }
}
