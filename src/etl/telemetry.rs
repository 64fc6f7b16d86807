//! Sensor rows: record → gates → batch → warehouse.

use std::collections::HashMap;
use std::time::Instant;

use crate::domain::Reason;
use crate::domain::ports::{
    LocoRef, RawRecord, ReadingWriter, RecordStream, RefusedRecord, StagedReading,
};

use super::batch::Batch;
use super::mapping::{Bound, Refusal};
use super::{FileError, Progress, Report, Rules, Step};

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
    rules: &Rules,
    writer: &mut dyn ReadingWriter,
    report: &mut Report,
    progress: Progress<'_>,
    newest_ms: &mut HashMap<LocoRef, i64>,
) -> Result<u64, FileError> {
    let mut load = Load {
        batch: Batch::default(),
        refused: Vec::new(),
        refused_bytes: 0,
        locos: HashMap::new(),
        last_ms: newest_ms,
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
            match load.judge(&mut bound, &record, rules, writer) {
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
        progress(Step::Extract, report.rows_read + rows);
        if !more || load.batch.is_full() {
            load.flush(&mut bound, writer, report)?;
            progress(Step::Load, report.rows_read + rows);
        } else if load.many_refused() {
            load.quarantine(writer, report)?;
        }
        if !more {
            break;
        }
    }
    report.rows_read += rows;
    Ok(rows)
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

struct Load<'a> {
    batch: Batch,
    refused: Vec<RefusedRecord>,
    refused_bytes: usize,
    locos: HashMap<String, LocoRef>,
    /// Newest instant of each locomotive in this file.
    last_ms: &'a mut HashMap<LocoRef, i64>,
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
        let (name, at_ms) = bound.identity(record)?;
        if at_ms > rules.now_ms + FUTURE_MS {
            let detail = "more than five minutes after now".to_owned();
            return Err((Reason::InFuture, detail).into());
        }
        let loco = match self.locos.get(name.as_ref()) {
            Some(&known) => known,
            None => {
                let loco = writer.loco(&name).map_err(|e| Judged::Fatal(e.into()))?;
                self.locos.insert(name.into_owned(), loco);
                loco
            }
        };
        let newest_ms = self.last_ms.entry(loco).or_insert(at_ms);
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

    fn flush(
        &mut self,
        bound: &mut Bound,
        writer: &mut dyn ReadingWriter,
        report: &mut Report,
    ) -> Result<(), FileError> {
        let started = Instant::now();
        report.summarise(self.batch.summary()?);
        let (places, staged) = self.batch.sorted()?;
        report.validate_secs += started.elapsed().as_secs_f64();
        let started = Instant::now();
        let outcome = writer.readings(&staged)?;
        report.telemetry_kept(outcome.kept);
        report.rows_already_loaded += outcome.already_loaded;
        for i in outcome.conflicts {
            let mut record = RawRecord {
                line: staged[i].line,
                raw: self.batch.raw(places[i]).to_vec(),
                ..RawRecord::default()
            };
            record.raw.shrink_to_fit();
            let detail = "the same locomotive and instant is held with other values".to_owned();
            let mut row = refused(bound, &record, Reason::Conflict, detail);
            row.loco = self.name_of(staged[i].loco);
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

    fn name_of(&self, loco: LocoRef) -> Option<String> {
        let found = self.locos.iter().find(|(_, known)| **known == loco);
        found.map(|(name, _)| name.clone())
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
