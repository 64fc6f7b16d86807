//! The token of a sound last run: the one way to train and to score.
//!
//! Its field is private to this module and nothing else makes one, so code that trains or scores after a
//! failed run does not compile, however it is written: it has no token to pass.

use crate::domain::ports::{ReadError, Readings, RefusedRow, SoundReadings};
use crate::domain::{EventKind, LocoId, Reading};

use super::runs::{self, RunRecord, RunStatus};
use super::{Reader, Warehouse, WarehouseError};

/// Proof that the last run was completed, validated and committed; and the readings it stands for.
pub struct SoundRun {
    reader: Reader,
    record: RunRecord,
    synthetic: bool,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Unsound {
    #[error("no run has ended yet")]
    NeverRun,
    #[error("the last run failed safe: {cause}")]
    Failed { cause: String },
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

impl Warehouse {
    /// The token of the last run, if it was sound.
    ///
    /// # Errors
    /// There was no run, it failed safe, or the warehouse cannot be read.
    pub fn sound_run(&self) -> Result<SoundRun, Unsound> {
        self.reader()?.sound_run()
    }

    /// Checks, inside a transaction, that no other run ended since the token was issued.
    pub(super) fn still_last(
        db: &rusqlite::Connection,
        token: &SoundRun,
    ) -> Result<(), WarehouseError> {
        #[cfg(feature = "trials")]
        if super::sabotage::trains_after_failure() {
            return Ok(());
        }
        match runs::last(db)? {
            // A run of live passes goes on under its number: it ended since when it ended later.
            Some(last)
                if last.run == token.run()
                    && last.ended_ms == token.record.ended_ms
                    && last.status == RunStatus::Ok =>
            {
                Ok(())
            }
            _ => Err(WarehouseError::Overtaken),
        }
    }
}

impl Reader {
    /// The token of the last run, if it was sound.
    ///
    /// # Errors
    /// There was no run, it failed safe, or the warehouse cannot be read.
    pub fn sound_run(&self) -> Result<SoundRun, Unsound> {
        let record = self.last_run()?.ok_or(Unsound::NeverRun)?;
        #[cfg(feature = "trials")]
        let record = if super::sabotage::trains_after_failure() {
            let (runs, _) = self.runs(usize::from(u16::MAX))?;
            let sound = runs.into_iter().find(|run| run.status == RunStatus::Ok);
            sound.unwrap_or(record)
        } else {
            record
        };
        if record.status != RunStatus::Ok {
            return Err(Unsound::Failed {
                cause: record.cause.unwrap_or_default(),
            });
        }
        Ok(SoundRun {
            synthetic: self.synthetic()?.unwrap_or(false),
            reader: self.clone(),
            record,
        })
    }
}

impl SoundRun {
    #[must_use]
    pub const fn run(&self) -> i64 {
        self.record.run
    }

    #[must_use]
    pub const fn record(&self) -> &RunRecord {
        &self.record
    }

    #[must_use]
    pub const fn reader(&self) -> &Reader {
        &self.reader
    }
}

fn read<T>(outcome: Result<T, WarehouseError>) -> Result<T, ReadError> {
    outcome.map_err(|e| ReadError(e.to_string()))
}

/// A reader shows; it gives no right to train or score.
impl Readings for Reader {
    fn locomotives(&self) -> Result<Vec<LocoId>, ReadError> {
        let names = read(Self::locomotives(self))?;
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }

    fn newest(&self, loco: &LocoId, until_ms: i64) -> Result<Option<i64>, ReadError> {
        let newest = read(self.latest_of(loco, until_ms))?;
        Ok(newest.map(|latest| latest.reading.at_ms))
    }

    fn readings(
        &self,
        loco: &LocoId,
        between: (i64, i64),
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), ReadError> {
        read(Self::readings(
            self, loco, between.0, between.1, limit, visit,
        ))
    }

    fn events(&self, loco: &LocoId) -> Result<Vec<(i64, EventKind)>, ReadError> {
        let events = read(Self::events(self, loco))?;
        Ok(events.into_iter().map(|e| (e.at_ms, e.kind)).collect())
    }

    fn instant_before(&self, loco: &LocoId, at_ms: i64, count: usize) -> Result<i64, ReadError> {
        read(Self::instant_before(self, loco, at_ms, count))
    }

    fn fenced(&self, loco: &LocoId) -> Result<Vec<(i64, i64)>, ReadError> {
        read(Self::fenced(self, loco))
    }
}

impl Readings for SoundRun {
    fn locomotives(&self) -> Result<Vec<LocoId>, ReadError> {
        Readings::locomotives(&self.reader)
    }

    fn newest(&self, loco: &LocoId, until_ms: i64) -> Result<Option<i64>, ReadError> {
        Readings::newest(&self.reader, loco, until_ms)
    }

    fn readings(
        &self,
        loco: &LocoId,
        between: (i64, i64),
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), ReadError> {
        Readings::readings(&self.reader, loco, between, limit, visit)
    }

    fn events(&self, loco: &LocoId) -> Result<Vec<(i64, EventKind)>, ReadError> {
        Readings::events(&self.reader, loco)
    }

    fn instant_before(&self, loco: &LocoId, at_ms: i64, count: usize) -> Result<i64, ReadError> {
        Readings::instant_before(&self.reader, loco, at_ms, count)
    }

    fn fenced(&self, loco: &LocoId) -> Result<Vec<(i64, i64)>, ReadError> {
        Readings::fenced(&self.reader, loco)
    }
}

impl SoundReadings for SoundRun {
    fn refused(&self) -> Result<Vec<RefusedRow>, ReadError> {
        read(self.reader.refused())
    }

    fn synthetic(&self) -> bool {
        self.synthetic
    }
}
