//! Sensor rows: record → gates → batch → warehouse.

use std::collections::HashMap;
use std::time::Instant;

use crate::domain::Reason;
use crate::domain::ports::{
    LocoRef, RawRecord, ReadingWriter, RecordStream, RefusedRecord, StagedReading,
};

use super::batch::Batch;
use super::mapping::{Bound, Refusal};
use super::{FileError, Loading, Memory, Report, Rules, Step, tell};

/// How far in the future a clock may be wrong.
pub const FUTURE_MS: i64 = 5 * 60_000;
/// Refused rows held before they are written, and their bytes: each may be a megabyte.
const QUARANTINE_ROWS: usize = 256;
const QUARANTINE_BYTES: usize = 8 << 20;

/// Reads one file to its end, and says how many rows of it were meant. `newest_ms` is the newest instant of
/// each locomotive in this file so far.
pub fn file(
    mut bound: Bound,
    stream: &mut dyn RecordStream,
    loading: &mut Loading<'_>,
    newest_ms: &mut Newest,
) -> Result<u64, FileError> {
    let Loading {
        rules,
        writer,
        memory,
        report,
        progress,
    } = loading;
    let mut load = Load {
        batch: Batch::default(),
        refused: Vec::new(),
        refused_bytes: 0,
        locos: HashMap::new(),
        newest_ms,
    };
    let mut record = RawRecord::default();
    let mut rows = 0_u64;
    loop {
        let started = Instant::now();
        let mut more = true;
        // Reading and judging alternate row by row; the clock is read once a chunk of rows.
        for _ in 0..4096 {
            more = stream.read(&mut record)?;
            if !more {
                break;
            }
            if !bound.is_meant(&record) {
                continue;
            }
            rows += 1;
            match load.judge(&mut bound, &record, rules, *writer) {
                Ok(staged) => load.batch.push(&staged, &record.raw),
                Err(Judged::Fatal(error)) => return Err(error),
                Err(Judged::Refused((reason, detail))) => {
                    load.refuse(&mut bound, &record, reason, detail);
                }
            }
            if load.many_refused() || load.batch.is_full() {
                break;
            }
        }
        report.extract_secs += started.elapsed().as_secs_f64();
        tell(*progress, Step::Extract, report.rows_read + rows)?;
        if !more || load.batch.is_full() {
            let staged = load.sort(rules, *writer, memory, report)?;
            tell(*progress, Step::Validate, report.rows_read + rows)?;
            load.write(&mut bound, &staged, *writer, report)?;
            tell(*progress, Step::Load, report.rows_read + rows)?;
        } else if load.many_refused() {
            load.quarantine(*writer, report)?;
        }
        if !more {
            break;
        }
    }
    report.rows_read += rows;
    Ok(rows)
}

/// The newest instant of each locomotive in a file, by its number.
#[derive(Debug, Default)]
pub struct Newest(Vec<i64>);

impl Newest {
    #[must_use]
    pub fn from_known(known: &[(LocoRef, i64)]) -> Self {
        let mut newest = Self::default();
        for (loco, at_ms) in known {
            *newest.of(*loco) = *at_ms;
        }
        newest
    }

    fn of(&mut self, loco: LocoRef) -> &mut i64 {
        let place = loco.0 as usize;
        if place >= self.0.len() {
            self.0.resize(place + 1, i64::MIN);
        }
        &mut self.0[place]
    }

    /// Those that are known, by number.
    #[must_use]
    pub fn known(&self) -> Vec<(LocoRef, i64)> {
        (0..)
            .map(LocoRef)
            .zip(self.0.iter().copied())
            .filter(|(_, at_ms)| *at_ms != i64::MIN)
            .collect()
    }
}

enum Judged {
    Refused(Refusal),
    Fatal(FileError),
}

impl From<Refusal> for Judged {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Rows in the order of the warehouse, with the place of each in its batch.
type Staged = (Vec<polars::prelude::IdxSize>, Vec<StagedReading>);

struct Load<'a> {
    batch: Batch,
    refused: Vec<RefusedRecord>,
    refused_bytes: usize,
    /// By the bytes that name it in this file.
    locos: HashMap<Box<[u8]>, LocoRef>,
    newest_ms: &'a mut Newest,
}

impl Load<'_> {
    /// The gates, in order.
    fn judge(
        &mut self,
        bound: &mut Bound,
        record: &RawRecord,
        rules: &Rules,
        writer: &mut dyn ReadingWriter,
    ) -> Result<StagedReading, Judged> {
        bound.whole(record)?;
        let values = bound.values(record, &rules.limits)?;
        let label = bound.label(record)?;
        let known = self.locos.get(bound.loco_bytes(record)).copied();
        let (loco, at_ms) = match known {
            Some(loco) => (loco, bound.instant(record)?),
            None => {
                let (name, at_ms) = bound.identity(record)?;
                let loco = writer.loco(&name).map_err(|e| Judged::Fatal(e.into()))?;
                self.locos.insert(bound.loco_bytes(record).into(), loco);
                (loco, at_ms)
            }
        };
        if at_ms > rules.now_ms + FUTURE_MS {
            let detail = "more than five minutes after now".to_owned();
            return Err((Reason::InFuture, detail).into());
        }
        let newest_ms = self.newest_ms.of(loco);
        if at_ms < *newest_ms {
            let detail = format!("{} ms before the row above it", *newest_ms - at_ms);
            return Err((Reason::TimeBackwards, detail).into());
        }
        *newest_ms = at_ms;
        Ok(StagedReading {
            loco,
            at_ms,
            values,
            label,
            flags: None,
            line: record.line,
        })
    }

    fn refuse(&mut self, bound: &mut Bound, record: &RawRecord, reason: Reason, detail: String) {
        self.keep_refused(refused(bound, record, reason, detail));
    }

    fn keep_refused(&mut self, row: RefusedRecord) {
        self.refused_bytes += row.raw.len();
        self.refused.push(row);
    }

    fn many_refused(&self) -> bool {
        self.refused.len() >= QUARANTINE_ROWS || self.refused_bytes >= QUARANTINE_BYTES
    }

    /// The batch in the order in which it is written, each row with its place, and flagged where that can be
    /// told now.
    fn sort(
        &self,
        rules: &Rules,
        writer: &dyn ReadingWriter,
        memory: &mut Memory,
        report: &mut Report,
    ) -> Result<Staged, FileError> {
        let started = Instant::now();
        report.summarise(self.batch.summary());
        let (places, mut staged) = self.batch.sorted()?;
        for rows in staged.chunk_by_mut(|a, b| a.loco == b.loco) {
            memory.judge(rows, &rules.limits, writer)?;
        }
        report.validate_secs += started.elapsed().as_secs_f64();
        Ok((places, staged))
    }

    fn write(
        &mut self,
        bound: &mut Bound,
        (places, staged): &Staged,
        writer: &mut dyn ReadingWriter,
        report: &mut Report,
    ) -> Result<(), FileError> {
        let started = Instant::now();
        let outcome = writer.readings(staged)?;
        report.telemetry_kept(outcome.kept);
        report.rows_already_loaded += outcome.already_loaded;
        for i in outcome.conflicts {
            let mut record = RawRecord {
                line: staged[i].line,
                raw: self.batch.raw(places[i] as usize).to_vec(),
                ..RawRecord::default()
            };
            record.raw.shrink_to_fit();
            let detail = "the same locomotive and instant is held with other values".to_owned();
            let mut row = refused(bound, &record, Reason::Conflict, detail);
            row.loco = self.name_of(bound, staged[i].loco);
            row.at_ms = Some(staged[i].at_ms);
            row.label = staged[i].label;
            self.keep_refused(row);
            if self.many_refused() {
                self.quarantine(writer, report)?;
            }
        }
        self.batch.clear();
        self.quarantine(writer, report)?;
        report.load_secs += started.elapsed().as_secs_f64();
        Ok(())
    }

    fn name_of(&self, bound: &Bound, loco: LocoRef) -> Option<String> {
        let found = self.locos.iter().find(|(_, known)| **known == loco);
        found.map(|(bytes, _)| bound.loco_name(bytes).into_owned())
    }

    fn quarantine(
        &mut self,
        writer: &mut dyn ReadingWriter,
        report: &mut Report,
    ) -> Result<(), FileError> {
        report.quarantined(&self.refused, writer.quarantine(&self.refused)?, true);
        self.refused.clear();
        self.refused_bytes = 0;
        Ok(())
    }
}

/// A record on its way to quarantine, with what can be read of it.
pub fn refused(
    bound: &mut Bound,
    record: &RawRecord,
    reason: Reason,
    detail: String,
) -> RefusedRecord {
    let partial = bound.partial(record);
    RefusedRecord {
        line: record.line,
        reason,
        detail,
        raw: record.raw.clone(),
        loco: partial.loco,
        at_ms: partial.at_ms,
        label: partial.label,
    }
}
