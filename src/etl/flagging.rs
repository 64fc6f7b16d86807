//! Flags told while a load goes on: a machine's gate goes on from the last reading held, so a row that follows
//! it is judged as it is written and never read back. What cannot be told that way (late rows, a machine of
//! which too little is known) is judged once the load is in, over what the warehouse then holds.

use std::collections::HashMap;

use crate::domain::Limits;
use crate::domain::ports::{LocoRef, ReadingWriter, StagedReading, WriteError};

use super::gates::{BASELINE_READINGS, Baseline, CONTEXT_READINGS, Gate};

/// The gates of machines as the last reading left them. Kept from load to load they spare reading the past
/// again; they must be forgotten when a load is not committed.
#[derive(Default)]
pub struct Memory {
    gates: HashMap<LocoRef, Standing>,
}

struct Standing {
    gate: Gate,
    /// The newest reading that the gate judged.
    last_ms: i64,
}

impl Memory {
    /// What was written is taken back.
    pub fn forget(&mut self) {
        self.gates.clear();
    }

    /// Fills in the flags of one machine's rows (in time order) where they can be told now.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn judge(
        &mut self,
        rows: &mut [StagedReading],
        limits: &Limits,
        writer: &dyn ReadingWriter,
    ) -> Result<(), WriteError> {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let loco = first.loco;
        let standing = match self.gates.remove(&loco) {
            Some(known) if writer.newest(loco)? == Some(known.last_ms) => Some(known),
            _ => stand(loco, rows, limits, writer)?,
        };
        let Some(mut standing) = standing else {
            return Ok(());
        };
        for row in rows {
            if row.at_ms > standing.last_ms {
                row.flags = Some(standing.gate.judge(row.at_ms, &row.values));
                standing.last_ms = row.at_ms;
            }
        }
        self.gates.insert(loco, standing);
        Ok(())
    }

    /// Judges again every reading of a load that could not be judged as it was written, and all after it.
    ///
    /// # Errors
    /// The warehouse cannot be read or written.
    pub fn judge_rest(
        &mut self,
        limits: &Limits,
        writer: &mut dyn ReadingWriter,
    ) -> Result<(), WriteError> {
        for (loco, from_ms) in writer.unflagged() {
            let baseline = baseline_held(loco, writer)?;
            let start_ms = writer.instant_before(loco, from_ms, CONTEXT_READINGS)?;
            let mut gate = Gate::new(*limits, baseline);
            let (mut changed, mut last_ms) = (Vec::new(), None);
            writer.visit(loco, start_ms, None, &mut |reading| {
                let flags = gate.judge(reading.at_ms, &reading.values);
                if reading.at_ms >= from_ms && flags != reading.flags {
                    changed.push((reading.at_ms, flags));
                }
                last_ms = Some(reading.at_ms);
            })?;
            writer.flag(loco, &changed)?;
            self.gates.remove(&loco);
            if let Some(last_ms) = last_ms.filter(|_| baseline.is_whole()) {
                self.gates.insert(loco, Standing { gate, last_ms });
            }
        }
        Ok(())
    }
}

fn baseline_held(loco: LocoRef, writer: &dyn ReadingWriter) -> Result<Baseline, WriteError> {
    let mut baseline = Baseline::default();
    writer.visit(loco, 0, Some(BASELINE_READINGS), &mut |reading| {
        baseline.learn(&reading.values);
    })?;
    Ok(baseline)
}

/// The gate before the first of `rows` that follows all that is held; `None` where the baseline is not whole.
fn stand(
    loco: LocoRef,
    rows: &[StagedReading],
    limits: &Limits,
    writer: &dyn ReadingWriter,
) -> Result<Option<Standing>, WriteError> {
    let Some(newest_ms) = writer.newest(loco)? else {
        // A new machine: its baseline is the first of these rows.
        let mut baseline = Baseline::default();
        let mut last_ms = None;
        for row in rows {
            if last_ms != Some(row.at_ms) && !baseline.is_whole() {
                baseline.learn(&row.values);
            }
            last_ms = Some(row.at_ms);
        }
        return Ok(baseline.is_whole().then(|| Standing {
            gate: Gate::new(*limits, baseline),
            last_ms: i64::MIN,
        }));
    };
    let baseline = baseline_held(loco, writer)?;
    if !baseline.is_whole() {
        return Ok(None);
    }
    let mut gate = Gate::new(*limits, baseline);
    let start_ms = writer.instant_before(loco, newest_ms + 1, CONTEXT_READINGS)?;
    writer.visit(loco, start_ms, None, &mut |reading| {
        gate.judge(reading.at_ms, &reading.values);
    })?;
    Ok(Some(Standing {
        gate,
        last_ms: newest_ms,
    }))
}
