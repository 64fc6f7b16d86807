//! Refused rows, corrected or not, tried again and put back: by the one way in, with the mapping of their source and
//! the gates of the day, in one transaction that is recorded as a run.
//!
//! Putting a row back vouches for nothing else: it is done after a sound run alone, and what that run said of the
//! sources is said on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::config::Config;
use crate::domain::ports::{
    BatchOutcome, FileIdentity, LocoRef, Position, ReadingWriter, RefusedRecord, SourceFile,
    StagedReading, WriteError, decode,
};
use crate::domain::{EventKind, Flags, Reading, Reason, SourceError};
use crate::etl::{self, EtlError, FirstRow, FirstRowIs, Input, Memory, Rules};
use crate::service::inputs;
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::sources::given::{Columns, GivenFile, GivenRow};
use crate::warehouse::{
    Load, LockError, REINJECT, Reader, RefusedKey, RefusedWhole, RunLock, RunRecord, Unsound,
    Warehouse, WarehouseError,
};

/// Why a row is neither taken nor refused.
const NOT_MEANT: &str =
    "the row is not of this source: the values of `where` in its configuration leave it out";

/// A row to be tried or put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    pub key: RefusedKey,
    /// The corrected row; `None`: as it came.
    pub text: Option<String>,
}

/// What would become of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Would {
    Enter(FirstRow),
    /// The warehouse holds the same reading already.
    BeKnown(FirstRow),
    BeRefused {
        reason: Reason,
        detail: String,
    },
    /// It cannot even be tried; why.
    Fail(String),
}

/// What became of rows that were put back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The run that took them; `None` where none entered.
    pub run: Option<i64>,
    pub entered: u64,
    pub refused: BTreeMap<Reason, u64>,
    /// The first that was refused again: its line and what was wrong.
    pub example: Option<(u64, String)>,
    /// Rows that could not be tried, by why.
    pub failed: BTreeMap<String, u64>,
    /// Rows of the filter that are left for another time.
    pub left: u64,
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    #[error("{0}: start a run first")]
    Unsound(#[from] Unsound),
    #[error(transparent)]
    Etl(#[from] EtlError),
}

/// Says what would become of a row. Nothing is written.
#[must_use]
pub fn would(platform: &Platform, again: &Again) -> Would {
    match tried(platform, again) {
        Ok(would) => would,
        Err(why) => Would::Fail(why),
    }
}

fn tried(platform: &Platform, again: &Again) -> Result<Would, String> {
    let reader = platform
        .reader()
        .map_err(|e| e.to_string())?
        .ok_or("there is no warehouse yet")?;
    let whole = refused_row(&reader, again.key)?;
    let input = Sources::of(&platform.config).input(&[(again, &whole)])?;
    let files = input.files.as_ref().map_err(ToString::to_string)?;
    let file = files.first().ok_or("the row has no file")?;
    let look = etl::look(&input, file.as_ref(), &rules(&platform.config), 1, 1);
    if let Some((reason, sample)) = look.refused.into_iter().next() {
        return Ok(Would::BeRefused {
            reason,
            detail: sample.detail,
        });
    }
    let Some(first) = look.first.into_iter().next() else {
        return Err(look.error.map_or(NOT_MEANT.into(), |e| e.to_string()));
    };
    held(&reader, first)
}

/// Whether the warehouse holds a reading in its place.
fn held(reader: &Reader, first: FirstRow) -> Result<Would, String> {
    let FirstRowIs::Reading { values, label } = &first.what else {
        return Ok(Would::Enter(first));
    };
    let loco = crate::domain::LocoId::new(&first.loco);
    let mut there = None;
    reader
        .readings(&loco, first.at_ms, first.at_ms, Some(1), &mut |r| {
            there = Some(*r);
        })
        .map_err(|e| e.to_string())?;
    Ok(match there {
        None => Would::Enter(first),
        Some(r)
            if r.values == *values
                && (r.label.is_none() || label.is_none() || r.label == *label) =>
        {
            Would::BeKnown(first)
        }
        Some(_) => Would::BeRefused {
            reason: Reason::Conflict,
            detail: "the same locomotive and instant is held with other values".into(),
        },
    })
}

/// Puts rows back.
///
/// # Errors
/// Another run is under way, the last run was not sound, or the warehouse cannot be written. Rows that are refused
/// again are in the report.
pub fn put_back(platform: &Platform, rows: &[Again], who: &str) -> Result<Report, PutBackError> {
    let _lock = RunLock::take(&platform.home.run_lock())?;
    let mut warehouse = Warehouse::open(&platform.home.warehouse())?;
    warehouse.acts_for(who);
    // After a run that failed safe a row put back would make the warehouse look sound.
    let last = warehouse.sound_run()?.record().clone();
    let synthetic = warehouse.synthetic()?.unwrap_or(false);
    let reader = warehouse.reader()?;
    let mut report = Report::default();
    let sources = Sources::of(&platform.config);
    let mut by_file: BTreeMap<i64, Vec<(&Again, RefusedWhole)>> = BTreeMap::new();
    for again in rows {
        match refused_row(&reader, again.key) {
            Ok(whole) => by_file
                .entry(again.key.file)
                .or_default()
                .push((again, whole)),
            Err(why) => *report.failed.entry(why).or_default() += 1,
        }
    }
    let started_ms = wall_ms();
    let mut entered: Vec<(RefusedKey, Vec<u8>)> = Vec::new();
    let (mut given, mut taken) = (Vec::new(), Vec::new());
    for mut rows in by_file.into_values() {
        rows.sort_by_key(|(again, _)| again.key.line);
        let borrowed: Vec<(&Again, &RefusedWhole)> = rows.iter().map(|(a, w)| (*a, w)).collect();
        match sources.input(&borrowed) {
            Ok(input) => {
                given.push(input);
                taken.extend(rows);
            }
            Err(why) => *report.failed.entry(why).or_default() += rows.len() as u64,
        }
    }
    let rules = rules(&platform.config);
    let mut load = warehouse.load()?;
    load.guard(rules.limits);
    let mut noting = Noting {
        load: &mut load,
        digest: [0; 32],
        refused: BTreeMap::new(),
        came: BTreeSet::new(),
    };
    let memory = &mut Memory::default();
    let loaded = etl::load(&given, &rules, &mut noting, memory, etl::UNWATCHED)?;
    let (refused, came) = (noting.refused, noting.came);
    let mut record = RunRecord::begun(REINJECT, started_ms);
    record.rows_read = loaded.rows_read;
    record.rows_kept = loaded.rows_kept;
    record.rows_already_loaded = loaded.rows_already_loaded;
    record.rows_quarantined = refused.len() as u64;
    for (again, whole) in taken {
        let file = loaded.refused.iter().find(|refused| {
            refused.source == whole.source && refused.file.as_deref() == Some(&whole.path)
        });
        match (file, refused.get(&(whole.digest, again.key.line))) {
            (Some(file), _) => *report.failed.entry(file.why.clone()).or_default() += 1,
            (None, None) if came.contains(&(whole.digest, again.key.line)) => {
                entered.push((again.key, raw_of(again, &whole)));
            }
            // Neither taken nor refused: its source passes it over. It stays where it is.
            (None, None) => *report.failed.entry(NOT_MEANT.into()).or_default() += 1,
            (None, Some((reason, detail))) => {
                *report.refused.entry(*reason).or_default() += 1;
                let example = || (again.key.line, detail.clone());
                report.example.get_or_insert_with(example);
            }
        }
    }
    report.entered = entered.len() as u64;
    if entered.is_empty() {
        return Ok(report);
    }
    for (key, raw) in &entered {
        load.put_back(*key, raw, who, started_ms)?;
    }
    record.ended_ms = wall_ms();
    record.labels_incomplete = last.labels_incomplete;
    record.report = said_on(&last, &report, who);
    report.run = Some(load.commit(&record, synthetic)?);
    tracing::info!(
        run = report.run,
        entered = report.entered,
        who,
        "rows put back"
    );
    Ok(report)
}

/// What the last run said of the sources, with what became of these rows.
fn said_on(last: &RunRecord, report: &Report, who: &str) -> serde_json::Value {
    let kept = |key: &str| last.report[key].clone();
    json!({
        "stages": [],
        "rows_quarantined": report.refused,
        "refused": kept("refused"),
        "sources_read": kept("sources_read"),
        "dead_sources": kept("dead_sources"),
        "ignored_columns": kept("ignored_columns"),
        "training": kept("training"),
        "who": who,
    })
}

fn rules(config: &Config) -> Rules {
    Rules {
        limits: config.limits.limits(),
        now_ms: wall_ms(),
        min_survival: config.etl.min_survival,
    }
}

fn refused_row(reader: &Reader, key: RefusedKey) -> Result<RefusedWhole, String> {
    let found = reader.refused_row(key).map_err(|e| e.to_string())?;
    let whole = found.ok_or("this row is not in quarantine")?;
    if whole.put_back_as.is_some() {
        return Err("put back already".into());
    }
    Ok(whole)
}

/// The bytes that are loaded.
fn raw_of(again: &Again, whole: &RefusedWhole) -> Vec<u8> {
    match &again.text {
        Some(text) if *text != decode(&whole.raw) => text.as_bytes().to_vec(),
        _ => whole.raw.clone(),
    }
}

/// The sources of the configuration, by which rows are read again.
struct Sources(Vec<Input>);

impl Sources {
    fn of(config: &Config) -> Self {
        Self(inputs::resolve(config).inputs)
    }

    /// What the ETL is given for rows of one file.
    fn input(&self, rows: &[(&Again, &RefusedWhole)]) -> Result<Input, String> {
        let Some((_, first)) = rows.first() else {
            return Err("no row".into());
        };
        let source = self
            .0
            .iter()
            .find(|input| input.name == first.source && input.role == first.role)
            .ok_or_else(|| {
                format!(
                    "the source “{}” is not configured any more: its columns are not known",
                    first.source
                )
            })?;
        let (columns, stem) = columns(source, &first.path).map_err(|e| e.to_string())?;
        let rows = rows
            .iter()
            .map(|(again, whole)| {
                let raw = raw_of(again, whole);
                Ok(GivenRow {
                    line: again.key.line,
                    // Half a line is whole only when somebody completed it.
                    cut: whole.reason == Reason::CutLine && raw == whole.raw,
                    fields: columns.fields(&raw)?,
                    raw,
                })
            })
            .collect::<Result<Vec<_>, SourceError>>()
            .map_err(|e| e.to_string())?;
        let file = GivenFile {
            path: first.path.clone(),
            stem,
            digest: first.digest,
            columns,
            rows,
        };
        Ok(Input {
            name: source.name.clone(),
            role: source.role,
            clock: source.clock,
            mapping: source.mapping.clone(),
            dialect: source.dialect.clone(),
            followed: false,
            files: Ok(vec![Box::new(file)]),
        })
    }
}

/// The columns of a file of a source, by the file itself, or by another one of the source where it is gone.
fn columns(source: &Input, path: &str) -> Result<(Columns, String), SourceError> {
    let files = source.files.as_ref().map_err(Clone::clone)?;
    let own = files.iter().find(|file| file.path() == path);
    let stem = own.map_or_else(
        || {
            std::path::Path::new(path).file_stem().map_or_else(
                || path.to_owned(),
                |stem| stem.to_string_lossy().into_owned(),
            )
        },
        |file| file.stem().to_owned(),
    );
    let file = own
        .or_else(|| files.first())
        .ok_or_else(|| SourceError::NothingThere {
            path: path.to_owned(),
        })?;
    Ok((Columns::of(file.as_ref() as &dyn SourceFile)?, stem))
}

/// Writes through to a load, but for rows that are refused again: they are in quarantine already.
struct Noting<'a, 'b> {
    load: &'a mut Load<'b>,
    /// Of the file under way.
    digest: [u8; 32],
    refused: BTreeMap<([u8; 32], u64), (Reason, String)>,
    /// Rows that became readings or events.
    came: BTreeSet<([u8; 32], u64)>,
}

impl ReadingWriter for Noting<'_, '_> {
    fn begin_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError> {
        self.digest = file.digest;
        self.load.begin_file(file)
    }

    fn position(&self, file: &FileIdentity<'_>) -> Result<Option<Position>, WriteError> {
        self.load.position(file)
    }

    fn resume_file(&mut self, file: &FileIdentity<'_>) -> Result<(), WriteError> {
        self.load.resume_file(file)
    }

    fn keep_position(
        &mut self,
        file: &FileIdentity<'_>,
        position: &Position,
    ) -> Result<(), WriteError> {
        self.load.keep_position(file, position)
    }

    fn end_file(&mut self, keep: bool) -> Result<(), WriteError> {
        self.load.end_file(keep)
    }

    fn loco(&mut self, name: &str) -> Result<LocoRef, WriteError> {
        self.load.loco(name)
    }

    fn readings(&mut self, batch: &[StagedReading]) -> Result<BatchOutcome, WriteError> {
        self.came
            .extend(batch.iter().map(|staged| (self.digest, staged.line)));
        self.load.readings(batch)
    }

    fn event(
        &mut self,
        loco: LocoRef,
        at_ms: i64,
        kind: EventKind,
        component: &str,
        line: u64,
    ) -> Result<bool, WriteError> {
        self.came.insert((self.digest, line));
        self.load.event(loco, at_ms, kind, component, line)
    }

    fn quarantine(&mut self, rows: &[RefusedRecord]) -> Result<u64, WriteError> {
        for row in rows {
            self.refused
                .insert((self.digest, row.line), (row.reason, row.detail.clone()));
        }
        Ok(0)
    }

    fn unflagged(&self) -> Vec<(LocoRef, i64)> {
        self.load.unflagged()
    }

    fn newest(&self, loco: LocoRef) -> Result<Option<i64>, WriteError> {
        self.load.newest(loco)
    }

    fn visit(
        &self,
        loco: LocoRef,
        from_ms: i64,
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), WriteError> {
        self.load.visit(loco, from_ms, limit, visit)
    }

    fn instant_before(&self, loco: LocoRef, from_ms: i64, count: usize) -> Result<i64, WriteError> {
        self.load.instant_before(loco, from_ms, count)
    }

    fn flag(&mut self, loco: LocoRef, flags: &[(i64, Flags)]) -> Result<(), WriteError> {
        self.load.flag(loco, flags)
    }
}

#[cfg(test)]
mod tests;
