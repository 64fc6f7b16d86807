//! What came into a warehouse since a backup was made, by its ledger.

use super::Manifest;
use crate::warehouse::{Head, LedgerEntry, Reader, WarehouseError};

/// Entries read at once.
const PAGE: usize = 512;

/// What a restore would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::service::continuity) struct Since {
    pub readings: i64,
    pub entries: i64,
}

/// What came since.
pub(in crate::service::continuity) fn since(
    reader: &Reader,
    manifest: &Manifest,
) -> Result<Since, WarehouseError> {
    let held = i64::try_from(manifest.rows.get("sensor_metrics").copied().unwrap_or(0));
    let held = held.unwrap_or(i64::MAX);
    since_head(reader, manifest.head, manifest.made_ms, held)
}

/// What came since a head of the ledger. Where the chain is not the backup's own, since the time at which that was
/// made; where there is no ledger, by counting.
pub(in crate::service::continuity) fn since_head(
    reader: &Reader,
    head: Option<Head>,
    made_ms: i64,
    held: i64,
) -> Result<Since, WarehouseError> {
    let now = reader.ledger_head()?;
    let Some(then) = head.filter(|_| now != Head::START) else {
        return Ok(Since {
            readings: (reader.count_readings()? - held).max(0),
            entries: now.entry,
        });
    };
    let there = reader.ledger(then.entry.saturating_add(1), 1)?;
    let ours = then == Head::START || there.first().is_some_and(|entry| entry.head == then.head);
    let came = |entry: &LedgerEntry| match ours {
        true => entry.entry > then.entry,
        false => entry.at_ms > made_ms,
    };
    let mut since = Since::default();
    let mut before = i64::MAX;
    loop {
        let page = reader.ledger(before, PAGE)?;
        for entry in page.iter().filter(|entry| came(entry)) {
            since.entries += 1;
            since.readings += readings_of(entry);
        }
        match page.last() {
            Some(last) if came(last) => before = last.entry,
            _ => return Ok(since),
        }
    }
}

/// Readings that came with an entry; a recount after a migration brought none.
fn readings_of(entry: &LedgerEntry) -> i64 {
    if ["begun", "migrated"].contains(&entry.kind.as_str()) {
        return 0;
    }
    let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    detail["sensor_metrics"][0].as_i64().unwrap_or(0).max(0)
}
