//! What is wrong, read from what is kept: whichever program found it.

use crate::service::continuity::{drills, verify};
use crate::service::intake::schedule;
use crate::service::pipeline::{PipelineError, wall_ms};
use crate::service::platform::Platform;
use crate::warehouse::{LIVE, Reader, RunRecord, RunStatus};

use super::{Case, News, UNHEARD_MS, directly, report};

/// Kinds of runs that are told of, the most whole first: a sound one makes up for a failed one of its kind or less.
const KINDS: [&str; 3] = ["run", "ingest", LIVE];

/// How each case stands now; one of which nothing is known is left out.
///
/// # Errors
/// The warehouse cannot be read.
pub fn judge(platform: &Platform, now_ms: i64) -> Result<Vec<News>, PipelineError> {
    let Some(reader) = platform.reader()? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    all.extend(runs(&reader)?);
    all.extend(late(platform, &reader, now_ms)?);
    if let Some(last) = verify::last(platform) {
        all.push(match last.findings.first() {
            None => News::over(Case::Damaged, last.at_ms),
            Some(first) => News::began(
                Case::Damaged,
                last.at_ms,
                format!("{} {} ({})", first.table, first.words, last.findings.len())
                    .trim()
                    .to_owned(),
            ),
        });
    }
    let drilled = drills::last(platform);
    if let Some(at_ms) = drilled.iter().map(|drill| drill.at_ms).max() {
        let failed: Vec<&str> = drilled
            .iter()
            .filter(|drill| !drill.passed)
            .map(|drill| drill.name.key())
            .collect();
        all.push(if failed.is_empty() {
            News::over(Case::DrillFailed, at_ms)
        } else {
            News::began(Case::DrillFailed, at_ms, failed.join(", "))
        });
    }
    Ok(all)
}

/// A run that failed and was not made up for. One that a person cancelled is none.
fn runs(reader: &Reader) -> Result<Vec<News>, PipelineError> {
    let mut last: Vec<RunRecord> = Vec::new();
    let mut failed: Option<RunRecord> = None;
    for kind in KINDS {
        let Some(record) = reader.last_of(kind)? else {
            continue;
        };
        let made_up = last
            .iter()
            .any(|whole| whole.run > record.run && whole.status == RunStatus::Ok);
        if record.status == RunStatus::FailedSafe && !made_up && failed.is_none() {
            failed = Some(record.clone());
        }
        last.push(record);
    }
    let newest = last.iter().filter(|record| record.status == RunStatus::Ok);
    Ok(match (failed, newest.max_by_key(|record| record.run)) {
        (Some(record), _) => vec![News::began(
            Case::RunFailed,
            record.ended_ms,
            format!(
                "{} {}: {}",
                record.kind,
                record.run,
                record.cause.unwrap_or_default()
            ),
        )],
        (None, Some(sound)) => vec![
            News::over(Case::RunFailed, sound.ended_ms),
            // A run was written: the warehouse can be used again.
            News::over(Case::Warehouse, sound.ended_ms),
        ],
        (None, None) => Vec::new(),
    })
}

/// The night run has not ended soundly so long after its time.
fn late(platform: &Platform, reader: &Reader, now_ms: i64) -> Result<Option<News>, PipelineError> {
    let config = &platform.config;
    let times = config
        .schedule
        .daily()
        .and_then(|daily| schedule::around(daily, &schedule::zone(), now_ms));
    let Some((due_ms, _)) = times else {
        return Ok(None);
    };
    let sound_ms = reader.last_sound_end("run")?;
    if let Some(sound_ms) = sound_ms.filter(|sound_ms| *sound_ms >= due_ms) {
        return Ok(Some(News::over(Case::RunLate, sound_ms)));
    }
    let limit_ms = i64::from(config.continuity.late_after_minutes) * 60_000;
    // What was written into the configuration in the afternoon was not promised for the night before.
    let promised = changed_ms(platform).is_none_or(|changed_ms| changed_ms <= due_ms);
    Ok((now_ms >= due_ms + limit_ms && promised).then(|| {
        let cause = match sound_ms {
            Some(at_ms) => {
                let at = jiff::Timestamp::from_millisecond(at_ms)
                    .map(|at| at.to_zoned(schedule::zone()));
                at.map_or_else(
                    |_| String::new(),
                    |at| format!("last sound run ended {}", at.strftime("%Y-%m-%d %H:%M")),
                )
            }
            None => "no run has ever ended soundly".into(),
        };
        News::began(Case::RunLate, due_ms, cause)
    }))
}

fn changed_ms(platform: &Platform) -> Option<i64> {
    let changed = std::fs::metadata(platform.config.file.as_ref()?)
        .and_then(|m| m.modified())
        .ok()?;
    jiff::Timestamp::try_from(changed)
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

/// Tells what nobody was told yet.
pub fn report_untold(platform: &Platform, news: &[News]) {
    let reader = match platform.reader() {
        Ok(Some(reader)) => reader,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, "the outbox cannot be read");
            return;
        }
    };
    for news in news {
        let about = news.case.key();
        // A look costs nothing; only what is new is worth a transaction.
        let told = reader.is_told(about, wall_ms() - UNHEARD_MS);
        let told = told.unwrap_or(!news.over) || directly::was_told(platform, about);
        if told == news.over {
            report(platform, news);
        }
    }
}

/// Looks, and tells what nobody was told yet.
pub fn look_and_report(platform: &Platform) {
    match judge(platform, wall_ms()) {
        Ok(news) => report_untold(platform, &news),
        Err(error) => {
            // A warehouse that is there and cannot be read, at the end of a command.
            if let Some(news) = super::broke_off(&error) {
                report(platform, &news);
            }
        }
    }
}
