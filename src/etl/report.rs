//! What a load did, and whether it may be committed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::ports::RefusedRecord;
use crate::domain::{Reason, Role, SourceError};

use super::Input;
use super::batch::ChannelSummary;

/// A file or a whole source that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub source: String,
    #[serde(skip)]
    pub role: Option<Role>,
    /// `None` when the source as a whole could not be read.
    pub file: Option<String>,
    pub why: String,
}

/// Counts of one load. `rows_read = rows_kept + rows_already_loaded + Σ rows_quarantined`; after a load that
/// was taken back no row was kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    pub rows_read: u64,
    pub rows_kept: u64,
    /// Equal to a reading we hold.
    pub rows_already_loaded: u64,
    pub rows_quarantined: BTreeMap<Reason, u64>,
    pub refused: Vec<Refused>,
    /// Sources of which at least one file was read.
    pub sources_read: Vec<String>,
    /// Sources of which no file could be read.
    pub dead_sources: Vec<String>,
    /// Columns that nothing maps, a source.
    pub ignored_columns: BTreeMap<String, Vec<String>>,
    /// Flow, pressure, vibration, temperature as they came (accepted rows), in our units.
    pub channels: Option<[ChannelSummary; 4]>,
    pub extract_secs: f64,
    pub validate_secs: f64,
    pub load_secs: f64,
    /// Telemetry rows refused for the first time.
    telemetry_refused_new: u64,
    telemetry_kept: u64,
    telemetry_files: usize,
    telemetry_sources: usize,
    events_refused: bool,
}

/// Why a load must not be committed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unsound {
    #[error("no telemetry source is configured: add one with role = \"telemetry\"")]
    NoSource,
    #[error("telemetry is left without data: {why}")]
    NoData { why: String },
    #[error(
        "too few rows survive: {kept} of {new} new telemetry rows ({percent:.0} %; at least \
         {needed:.0} % needed); refused: {reasons}"
    )]
    TooFew {
        kept: u64,
        new: u64,
        percent: f64,
        needed: f64,
        reasons: String,
    },
}

/// How many of the newest telemetry rows survived: what a live pass of a few rows is judged together with.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Survival {
    kept: f64,
    new: f64,
}

/// Rows that a [`Survival`] remembers: the older ones fade.
const REMEMBERED_ROWS: f64 = 100.0;

impl Survival {
    /// What a process that has just started goes by: the rows that the last sound run kept.
    #[must_use]
    pub fn of_sound(kept: u64) -> Self {
        Self::default().and(kept, kept).faded()
    }

    fn and(self, kept: u64, new: u64) -> Self {
        Self {
            kept: self.kept + kept as f64,
            new: self.new + new as f64,
        }
    }

    /// The share of the newest rows, no more than are remembered.
    fn faded(self) -> Self {
        let share = (REMEMBERED_ROWS / self.new.max(1.0)).min(1.0);
        Self {
            kept: self.kept * share,
            new: self.new * share,
        }
    }
}

impl Report {
    /// Says whether a live pass may be committed. It reads only what is new, so whether any telemetry source
    /// stands is the caller's to say; and its few rows are judged with those that came before, so that
    /// one bad row in a second is not a failure.
    ///
    /// # Errors
    /// Why not.
    pub fn sound_pass(
        &self,
        min_survival: f64,
        standing: bool,
        before: Survival,
    ) -> Result<Survival, Unsound> {
        if !standing {
            return Err(self.no_data());
        }
        let new = self.telemetry_kept + self.telemetry_refused_new;
        let all = before.and(self.telemetry_kept, new);
        if new > 0 && all.kept < min_survival * all.new {
            return Err(self.too_few(all.kept as u64, all.new as u64, min_survival));
        }
        Ok(all.faded())
    }

    fn no_data(&self) -> Unsound {
        let whys: Vec<String> = self
            .refused
            .iter()
            .filter(|r| r.is_telemetry())
            .map(ToString::to_string)
            .collect();
        Unsound::NoData {
            why: whys.join("; "),
        }
    }

    fn too_few(&self, kept: u64, new: u64, min_survival: f64) -> Unsound {
        let reasons = self
            .rows_quarantined
            .iter()
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect::<Vec<_>>()
            .join(", ");
        Unsound::TooFew {
            kept,
            new,
            percent: kept as f64 / new.max(1) as f64 * 100.0,
            needed: min_survival * 100.0,
            reasons,
        }
    }

    /// Says whether this load may be committed: telemetry was read, and enough of what is new survived.
    ///
    /// # Errors
    /// Why not.
    pub fn sound(&self, min_survival: f64) -> Result<(), Unsound> {
        if self.telemetry_sources == 0 {
            return Err(Unsound::NoSource);
        }
        if self.telemetry_files == 0 {
            return Err(self.no_data());
        }
        let new = self.telemetry_kept + self.telemetry_refused_new;
        let share = self.telemetry_kept as f64 / new.max(1) as f64;
        if new > 0 && share < min_survival {
            return Err(self.too_few(self.telemetry_kept, new, min_survival));
        }
        Ok(())
    }

    /// A source of failures or maintenance was refused: labels made now would say that nothing failed.
    #[must_use]
    pub const fn labels_incomplete(&self) -> bool {
        self.events_refused
    }

    pub(super) fn refuse(&mut self, input: &Input, file: Option<&str>, error: SourceError) {
        self.events_refused |= input.role != Role::Telemetry && !says_nothing(input.role, &error);
        self.refused.push(Refused {
            source: input.name.clone(),
            role: Some(input.role),
            file: file.map(str::to_owned),
            why: error.to_string(),
        });
    }

    pub(super) fn source_read(&mut self, input: &Input, files: usize) {
        if files == 0 {
            self.dead_sources.push(input.name.clone());
        } else {
            self.sources_read.push(input.name.clone());
        }
        if input.role == Role::Telemetry {
            self.telemetry_sources += 1;
            self.telemetry_files += files;
        }
    }

    /// Simulated data beside real: the source is alive, and no part of this warehouse.
    pub(super) fn source_kept_out(&mut self, input: &Input) {
        self.telemetry_sources += usize::from(input.role == Role::Telemetry);
    }

    /// Most rows of a workshop file were refused: what is left does not say what failed.
    pub(super) const fn events_unreadable(&mut self) {
        self.events_refused = true;
    }

    pub(super) fn ignore(&mut self, source: &str, columns: Vec<String>) {
        if !columns.is_empty() {
            let known = self.ignored_columns.entry(source.to_owned()).or_default();
            for column in columns {
                if !known.contains(&column) {
                    known.push(column);
                }
            }
        }
    }

    pub(super) fn summarise(&mut self, channels: Option<[ChannelSummary; 4]>) {
        self.channels = match (self.channels, channels) {
            (Some(known), Some(new)) => Some(std::array::from_fn(|i| known[i].and(new[i]))),
            (known, new) => known.or(new),
        };
    }

    pub(super) fn quarantined(&mut self, rows: &[RefusedRecord], new: u64, telemetry: bool) {
        for row in rows {
            *self.rows_quarantined.entry(row.reason).or_default() += 1;
        }
        if telemetry {
            self.telemetry_refused_new += new;
        }
    }

    pub(super) fn telemetry_kept(&mut self, rows: u64) {
        self.rows_kept += rows;
        self.telemetry_kept += rows;
    }

    /// Nothing of this load is in the warehouse: no row was kept, whatever survived the gates.
    pub const fn take_back(&mut self) {
        self.rows_kept = 0;
    }

    pub(super) const fn keep_times_of(&mut self, spent: &Self) {
        self.extract_secs = spent.extract_secs;
        self.validate_secs = spent.validate_secs;
        self.load_secs = spent.load_secs;
    }
}

/// A workshop file without a row says that nothing happened; one that cannot be read says nothing.
pub(super) fn says_nothing(role: Role, error: &SourceError) -> bool {
    role != Role::Telemetry && *error == SourceError::HeaderOnly
}

impl Refused {
    fn is_telemetry(&self) -> bool {
        self.role == Some(Role::Telemetry)
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{} ({file}): {}", self.source, self.why),
            None => write!(f, "{}: {}", self.source, self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(kept: u64, refused: u64) -> Report {
        Report {
            telemetry_kept: kept,
            telemetry_refused_new: refused,
            ..Report::default()
        }
    }

    #[test]
    fn one_bad_row_among_good_passes_is_no_failure_and_many_are() {
        let before = Survival::of_sound(5000);
        let after = pass(0, 1).sound_pass(0.5, true, before).unwrap();
        let after = pass(1, 0).sound_pass(0.5, true, after).unwrap();
        // However good the past was, a feed that turns bad is noticed within so many rows.
        assert!(pass(0, 90).sound_pass(0.5, true, after).is_ok());
        assert!(pass(0, 120).sound_pass(0.5, true, after).is_err());
        let halfway = pass(0, 60).sound_pass(0.5, true, after).unwrap();
        assert!(pass(0, 60).sound_pass(0.5, true, halfway).is_err());
        // Without a past it is judged as it is.
        assert!(
            pass(0, 1)
                .sound_pass(0.5, true, Survival::default())
                .is_err()
        );
        assert!(
            pass(1, 1)
                .sound_pass(0.5, true, Survival::default())
                .is_ok()
        );
        assert!(
            pass(0, 0)
                .sound_pass(0.5, true, Survival::default())
                .is_ok()
        );
    }

    #[test]
    fn a_pass_without_any_source_that_stands_is_not_sound() {
        let unsound = pass(5, 0).sound_pass(0.5, false, Survival::of_sound(100));
        assert!(matches!(unsound, Err(Unsound::NoData { .. })));
    }
}
