//! Workshop rows: planned work and failures.

use std::time::Instant;

use crate::domain::Reason;
use crate::domain::ports::{RawRecord, RecordStream};

use super::mapping::{Bound, Refusal};
use super::telemetry::{FUTURE_MS, refused};
use super::{FileError, Loading, Rules, Step, tell};

/// Fewer rows than these, read on from where a file was left, do not say that the file is unreadable: a line or two
/// that came out wrong are in quarantine, and no more.
const TELLING: u64 = 20;

/// Reads one file to its end, and says how many rows it has. `whole`: from its start.
pub fn file(
    mut bound: Bound,
    stream: &mut dyn RecordStream,
    loading: &mut Loading<'_>,
    whole: bool,
) -> Result<u64, FileError> {
    let Loading {
        rules,
        writer,
        report,
        progress,
        ..
    } = loading;
    let started = Instant::now();
    let mut record = RawRecord::default();
    let (mut all, mut rows, mut bad) = (0_u64, 0_u64, 0_u64);
    while stream.read(&mut record)? {
        all += 1;
        if all.is_multiple_of(1024) {
            tell(*progress, Step::Load, report.rows_read)?;
        }
        if !bound.is_meant(&record) {
            continue;
        }
        report.rows_read += 1;
        rows += 1;
        match judge(&mut bound, &record, rules) {
            Ok((name, at_ms, kind, component)) => {
                let loco = writer.loco(&name)?;
                if writer.event(loco, at_ms, kind, &component, record.line)? {
                    report.rows_kept += 1;
                } else {
                    report.rows_already_loaded += 1;
                }
            }
            Err((reason, detail)) => {
                bad += 1;
                let row = [refused(&mut bound, &record, reason, detail)];
                report.quarantined(&row, writer.quarantine(&row)?, false);
            }
        }
    }
    report.load_secs += started.elapsed().as_secs_f64();
    let telling = whole || rows >= TELLING;
    if telling && ((rows - bad) as f64) < rules.min_survival * rows as f64 {
        report.events_unreadable();
    }
    Ok(all)
}

type Event = (String, i64, crate::domain::EventKind, String);

fn judge(bound: &mut Bound, record: &RawRecord, rules: &Rules) -> Result<Event, Refusal> {
    bound.whole(record)?;
    let (kind, component) = bound.event(record)?;
    let (name, at_ms) = bound.identity(record)?;
    if at_ms > rules.now_ms + FUTURE_MS {
        return Err((Reason::InFuture, "more than five minutes after now".into()));
    }
    Ok((name.into_owned(), at_ms, kind, component))
}
