//! Planning a restore, and doing it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::candidate::Candidate;
use super::swap::{self, Old};
use super::{LOCK, Plan, Restored};
use crate::service::continuity::backup::{self, Origin};
use crate::service::continuity::holders::{self, Holder};
use crate::service::continuity::steps::{Stopped, UNTOLD};
use crate::service::continuity::{Steps, verify as ledger, whole};
use crate::service::platform::Platform;
use crate::service::stop::Stop;
use crate::warehouse::{self, Head, Reader, RunLock, Warehouse};

pub(super) fn plan(platform: &Platform, file: &Path) -> Result<Plan, String> {
    let candidate = Candidate::look(platform, file)?;
    let damaged = damage(platform)?;
    let mut plan = Plan {
        file: candidate.file.clone(),
        made_ms: candidate.made_ms,
        proven: candidate.proven,
        readings_lost: None,
        models_lost: Vec::new(),
        entries_lost: None,
        model: candidate.model,
        damaged,
        holders: held_by(platform)?,
    };
    if plan.damaged.is_some() {
        return Ok(plan);
    }
    let told = |e: warehouse::WarehouseError| e.to_string();
    let reader = Reader::open(&platform.home.warehouse()).map_err(told)?;
    let models = reader.model_versions().map_err(told)?;
    plan.models_lost = models
        .into_iter()
        .filter(|version| !candidate.models.contains(version))
        .collect();
    let since = match &candidate.manifest {
        Some(manifest) => backup::since(&reader, manifest).map_err(told)?,
        None => backup::since_head(
            &reader,
            candidate.head,
            candidate.made_ms,
            candidate.readings,
        )
        .map_err(told)?,
    };
    plan.readings_lost = Some(since.readings);
    plan.entries_lost = Some(since.entries);
    Ok(plan)
}

/// Why the warehouse of now cannot be used; `None`: it can, or (before the first run) there is none to lose.
fn damage(platform: &Platform) -> Result<Option<String>, String> {
    let path = platform.home.warehouse();
    if !path.exists() {
        return Ok(Some("there is no warehouse".into()));
    }
    warehouse::damage(&path).map_err(|e| e.to_string())
}

/// Other programs at the warehouse. Where the system does not tell, SQLite's own locks and the move itself do.
fn held_by(platform: &Platform) -> Result<Vec<Holder>, String> {
    let home = &platform.home;
    match holders::of_warehouse(&home.warehouse(), &home.run_lock()) {
        Ok(holders) => Ok(holders),
        Err(why) => {
            tracing::warn!(why, "who holds the warehouse is not told");
            Ok(Vec::new())
        }
    }
}

fn refuse_held(platform: &Platform) -> Result<(), String> {
    let holders = held_by(platform)?;
    if holders.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = holders
        .iter()
        .map(|holder| {
            format!(
                "process {} ({}): {}",
                holder.process, holder.program, holder.what
            )
        })
        .collect();
    Err(format!("held open by {}", names.join(", ")))
}

pub(super) fn restore(
    platform: &Platform,
    file: &Path,
    who: &str,
    steps: &Steps<'_>,
) -> Result<Restored, Stopped> {
    let begun = Instant::now();
    let home = &platform.home;
    let path = home.warehouse();
    let _lock = steps.step(LOCK, |_| {
        let lock = RunLock::take(&home.run_lock()).map_err(|e| e.to_string())?;
        refuse_held(platform)?;
        swap::tidy(home);
        Ok((lock, String::new()))
    })?;
    let (candidate, old) = steps.step("restore-look", |_| {
        let candidate = Candidate::look(platform, file)?;
        let old = match damage(platform)? {
            _ if !path.exists() => None,
            Some(why) => {
                tracing::error!(why, "the warehouse is damaged: put aside whole");
                Some(Old::Damaged)
            }
            None => Some(Old::Replaced),
        };
        let detail = candidate
            .head
            .map(|head| head.to_string())
            .unwrap_or_default();
        Ok(((candidate, old), detail))
    })?;
    let (scratch, new) = steps.step("restore-unpack", |far| {
        let scratch = swap::scratch(home).map_err(|e| e.to_string())?;
        let new = scratch.path().join("new.sqlite");
        backup::has_room(scratch.path(), candidate.bytes)?;
        bring(&candidate, &new, far, &steps.stop)?;
        Ok(((scratch, new), String::new()))
    })?;
    steps.step("restore-verify", |_| verify(&candidate, &new))?;
    // Only now: a new safe copy may take the place of the one that is restored.
    if old == Some(Old::Replaced) {
        steps.step("restore-backup", |_| {
            before(platform, who, file, &steps.stop)
        })?;
    }
    let head = steps.step("restore-ledger", |_| {
        enter(platform, &candidate, &new, old, who)
    })?;
    let aside = swap_in(platform, (&new, head), old, scratch.path(), steps)?;
    // The heads of the one before are over, and so is what was found of it.
    if let Err(error) = ledger::note_head(&platform.config, &path, true) {
        tracing::error!(
            error,
            "the head of the ledger is not noted at its second place"
        );
    }
    let quiet = Steps::new(UNTOLD, Stop::default());
    if let Err(error) = ledger::verify(platform, who, &quiet) {
        tracing::error!(%error, "the restored warehouse is not verified");
    }
    tracing::warn!(from = %file.display(), aside = ?aside, who, "the warehouse was restored");
    Ok(Restored {
        file: file.to_path_buf(),
        aside,
        secs: begun.elapsed().as_secs_f64(),
    })
}

/// A backup of what is about to be replaced. Where its rows are not what its ledger says there is none to be made, and
/// that is what it is restored for: it is kept aside as it is.
fn before(
    platform: &Platform,
    who: &str,
    spare: &Path,
    stop: &Stop,
) -> Result<((), String), String> {
    let quiet = Steps::new(UNTOLD, stop.clone());
    match backup::make_sparing(platform, Origin::BeforeRestore, who, &quiet, Some(spare)) {
        Ok(backup) => Ok(((), backup.file.display().to_string())),
        Err(stopped) if stopped.step == backup::CHECK => Ok(((), stopped.why)),
        Err(stopped) => Err(stopped.to_string()),
    }
}

/// The database of the backup, in the folder of the restore.
fn bring(candidate: &Candidate, new: &Path, far: &dyn Fn(f32), stop: &Stop) -> Result<(), String> {
    match &candidate.manifest {
        Some(manifest) if candidate.packed => {
            let prints = (&manifest.plain, &manifest.packed);
            backup::unpack(&candidate.file, prints, new, far, stop).map_err(|e| e.to_string())
        }
        // A client may be writing to a plain file: a picture of it.
        _ => {
            let frozen = warehouse::Frozen::of(&candidate.file).map_err(|e| e.to_string())?;
            let go_on = |share: f32| {
                far(share);
                stop.go_on()
            };
            match frozen.copy_to(new, &go_on) {
                Ok(true) => Ok(()),
                Ok(false) => Err(stop.cause().unwrap_or_default()),
                Err(error) => Err(error.to_string()),
            }
        }
    }
}

/// What was brought is whole, and what the manifest says.
fn verify(candidate: &Candidate, new: &Path) -> Result<((), String), String> {
    whole::check(new)?;
    let reader = Reader::open(new).map_err(|e| e.to_string())?;
    let held = reader.held().map_err(|e| e.to_string())?;
    if let Some(why) = candidate.manifest.as_ref().and_then(|m| m.differs(&held)) {
        return Err(format!("not what its manifest says: {why}"));
    }
    Ok(((), held.rows.values().sum::<u64>().to_string()))
}

/// Writes the restore into the ledger of the new one, brought up to date, and leaves it as one file.
fn enter(
    platform: &Platform,
    candidate: &Candidate,
    new: &Path,
    old: Option<Old>,
    who: &str,
) -> Result<(Head, String), String> {
    let told = |e: warehouse::WarehouseError| e.to_string();
    let replaced = match old {
        Some(Old::Replaced) => {
            let reader = Reader::open(&platform.home.warehouse()).map_err(told)?;
            Some(reader.ledger_head().map_err(told)?)
        }
        _ => None,
    };
    let name = candidate.file.file_name().unwrap_or_default();
    let warehouse = Warehouse::open(new).map_err(told)?;
    let head = warehouse
        .record_restore(who, &name.to_string_lossy(), replaced)
        .map_err(told)?;
    warehouse.close_whole().map_err(told)?;
    std::fs::File::options()
        .write(true)
        .open(new)
        .and_then(|file| file.sync_all())
        .map_err(|e| e.to_string())?;
    Ok((head, head.to_string()))
}

/// The swap, and the look at what is there then; on any failure the old one is back.
fn swap_in(
    platform: &Platform,
    (new, head): (&Path, Head),
    old: Option<Old>,
    scratch: &Path,
    steps: &Steps<'_>,
) -> Result<Option<PathBuf>, Stopped> {
    let path = platform.home.warehouse();
    steps.step("restore-aside", |_| {
        refuse_held(platform)?;
        if old == Some(Old::Replaced) {
            // Whoever still reads it, in this program too, is in the way: it is told, and nothing has changed.
            warehouse::fold(&path).map_err(|e| e.to_string())?;
        }
        if let Some(old) = old {
            swap::keep(&path, old, scratch).map_err(|e| e.to_string())?;
        }
        Ok(((), String::new()))
    })?;
    let swapped = steps
        .step("restore-swap", |_| {
            swap::put(new, &path).map_err(|e| e.to_string())?;
            Ok(((), String::new()))
        })
        .and_then(|()| {
            steps.step("restore-reopen", |_| {
                reopen(&path, head)?;
                Ok(((), head.to_string()))
            })
        });
    if let Err(mut stopped) = swapped {
        let back = match old {
            Some(old) => swap::put_back(&path, old, scratch),
            None => swap::take_out(&path, scratch),
        };
        if let Err(error) = back
            && let Some(old) = old
        {
            let kept = swap::put_aside(&platform.home, old, scratch);
            let kept = kept.map_or_else(|e| e.to_string(), |kept| kept.display().to_string());
            stopped.why = format!(
                "{}; and the old one is not back ({error}): {kept}",
                stopped.why
            );
        }
        return Err(stopped);
    }
    let Some(old) = old else {
        return Ok(None);
    };
    // Another one is in its place by now, whoever asked to end: not a step that could be left out.
    match swap::put_aside(&platform.home, old, scratch) {
        Ok(kept) => Ok(Some(kept)),
        Err(error) => Err(Stopped {
            step: "restore-aside",
            why: format!("the warehouse is restored; the old one could not be kept: {error}"),
        }),
    }
}

/// Opens what is in the place of the warehouse now, as every run will.
fn reopen(path: &Path, head: Head) -> Result<(), String> {
    let told = |e: warehouse::WarehouseError| e.to_string();
    let warehouse = Warehouse::open(path).map_err(told)?;
    let reader = warehouse.reader().map_err(told)?;
    reader.last_run().map_err(told)?;
    match reader.ledger_head().map_err(told)? {
        found if found == head => Ok(()),
        found => Err(format!("its ledger stands at {found} in place of {head}")),
    }
}
