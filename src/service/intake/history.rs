//! The runs that ended, as the page shows them: numbers from the record, the rest from its report.

use serde_json::Value;

use crate::domain::Reason;
use crate::service::snapshot::Stage;
use crate::warehouse::{RunRecord, RunStatus};

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub run: i64,
    pub kind: RunKindShown,
    /// UTC milliseconds, the computer's clock.
    pub started_ms: i64,
    pub ended_ms: i64,
    /// `Some` when it failed safe: its cause, in its own words.
    pub failed: Option<String>,
    /// Somebody cancelled it; who.
    pub cancelled_by: Option<String>,
    pub rows_read: u64,
    pub rows_kept: u64,
    pub rows_already_loaded: u64,
    pub rows_quarantined: u64,
    /// Stage, seconds, rows.
    pub stages: Vec<(Stage, f64, u64)>,
    pub reasons: Vec<(Reason, u64)>,
    /// Source, file (or the source as a whole), why.
    pub refused: Vec<(String, Option<String>, String)>,
    /// Source and its columns that nothing maps.
    pub ignored: Vec<(String, String)>,
    /// Readings that the retention took.
    pub pruned: Option<u64>,
    /// What became of training.
    pub training: Trained,
    /// Who put rows back.
    pub who: Option<String>,
}

/// What kind of run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKindShown {
    Full,
    Ingest,
    Live,
    Reinject,
    Other,
}

impl RunKindShown {
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Ingest,
        Self::Live,
        Self::Reinject,
        Self::Other,
    ];

    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Ingest => "ingest",
            Self::Live => "live",
            Self::Reinject => "reinject",
            Self::Other => "other",
        }
    }

    fn of(kind: &str) -> Self {
        match kind {
            "run" => Self::Full,
            "ingest" => Self::Ingest,
            crate::warehouse::LIVE => Self::Live,
            crate::warehouse::REINJECT => Self::Reinject,
            _ => Self::Other,
        }
    }
}

/// What became of training in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trained {
    No,
    Promoted(u64),
    /// A model was made and not put in force; why.
    Refused(u64, String),
    /// Nothing could be learned; why.
    Impossible(String),
}

impl RunRow {
    #[must_use]
    pub fn of(record: RunRecord) -> Self {
        let failed = (record.status == RunStatus::FailedSafe)
            .then(|| record.cause.clone().unwrap_or_default());
        let report = &record.report;
        let kind = RunKindShown::of(&record.kind);
        Self {
            run: record.run,
            kind,
            started_ms: record.started_ms,
            ended_ms: record.ended_ms,
            cancelled_by: failed
                .as_deref()
                .and_then(|cause| cause.strip_prefix("cancelled by "))
                .map(str::to_owned),
            failed,
            rows_read: record.rows_read,
            rows_kept: record.rows_kept,
            rows_already_loaded: record.rows_already_loaded,
            rows_quarantined: record.rows_quarantined,
            stages: list(&report["stages"])
                .filter_map(|stage| {
                    let name = stage["name"].as_str()?;
                    let known = Stage::ALL.into_iter().find(|known| known.key() == name)?;
                    Some((known, stage["secs"].as_f64()?, stage["rows"].as_u64()?))
                })
                .collect(),
            reasons: Reason::ALL
                .into_iter()
                .filter_map(|reason| {
                    let count = report["rows_quarantined"][reason.key()].as_u64()?;
                    Some((reason, count))
                })
                .collect(),
            refused: list(&report["refused"]).map(refused).collect(),
            ignored: report["ignored_columns"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(source, columns)| {
                    let names: Vec<&str> = list(columns).filter_map(Value::as_str).collect();
                    (source.clone(), names.join(", "))
                })
                .collect(),
            pruned: report["pruned"]["readings"].as_u64(),
            // A run of live passes or of rows put back says on what the last whole one said of training.
            training: match kind {
                RunKindShown::Full => trained(&report["training"]),
                _ => Trained::No,
            },
            who: report["who"].as_str().map(str::to_owned),
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn refused(value: &Value) -> (String, Option<String>, String) {
    (
        words(&value["source"]),
        value["file"].as_str().map(str::to_owned),
        words(&value["why"]),
    )
}

fn trained(value: &Value) -> Trained {
    let version = value["version"].as_u64().unwrap_or_default();
    match value["outcome"].as_str() {
        Some("promoted") => Trained::Promoted(version),
        Some("refused") => Trained::Refused(version, words(&value["why"])),
        Some("impossible") => Trained::Impossible(words(&value["why"])),
        _ => Trained::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::pipeline::RunKind;
    use crate::service::stop::Stop;
    use crate::service::test_home::{platform, sensors};

    #[test]
    fn a_run_is_told_as_it_went() {
        let dir = tempfile::tempdir().unwrap();
        let mut csv = sensors(300);
        csv.push_str("2026-08-20T00:00:00Z,LOCO_001,abc,5,2,45,0\n");
        let mut platform = platform(dir.path(), &csv);
        platform.config.sources.push({
            let mut gone = platform.config.sources[0].clone();
            gone.name = "gone".into();
            gone.path = Some("nowhere.csv".into());
            gone
        });
        platform.run(RunKind::Full, &|_| {}).unwrap();
        let stop = Stop::default();
        stop.ask("Ngo");
        platform.run_until(RunKind::Full, &|_| {}, &stop).unwrap();
        let reader = platform.reader().unwrap().unwrap();
        let (records, all) = reader.runs(1).unwrap();
        assert_eq!((records.len(), all), (1, 2));
        let (records, _) = reader.runs(10).unwrap();
        let rows: Vec<RunRow> = records.into_iter().map(RunRow::of).collect();
        assert_eq!(rows[0].cancelled_by.as_deref(), Some("Ngo"));
        let first = &rows[1];
        assert_eq!((first.run, first.kind), (1, RunKindShown::Full));
        assert_eq!(first.stages.len(), 5);
        assert_eq!(first.reasons, [(Reason::WrongType, 1)]);
        assert_eq!(first.refused[0].0, "gone");
        assert_eq!((first.rows_read, first.rows_kept), (901, 900));
        assert!(first.failed.is_none());
        assert!(reader.last_started("run").unwrap() >= Some(first.started_ms));
    }

    #[test]
    fn a_report_of_another_program_is_shown_as_far_as_it_goes() {
        let mut record = RunRecord::begun("migrate", 1);
        record.report = serde_json::json!({ "stages": [{ "name": "dig" }, 7], "refused": ["x"] });
        let row = RunRow::of(record);
        assert_eq!((row.kind, row.stages.len()), (RunKindShown::Other, 0));
        assert_eq!(row.refused, [(String::new(), None, String::new())]);
    }
}
