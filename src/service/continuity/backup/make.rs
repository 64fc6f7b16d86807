//! Making a backup.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest};
use super::places::{self, OneAtATime};
use super::retention::{Dated, leave};
use super::{Backup, MAKING, Origin, pack, verdicts};
use crate::service::continuity::steps::Stopped;
use crate::service::continuity::{Steps, whole};
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::service::stop::Stop;
use crate::warehouse::{Frozen, Reader, fold_quietly};

/// The step at which a warehouse that is not whole ends its backup.
pub(in crate::service::continuity) const CHECK: &str = "backup-check";

/// Makes a backup at every place. `spare` is not removed, whatever its age.
pub(in crate::service::continuity) fn make(
    platform: &Platform,
    origin: Origin,
    who: &str,
    steps: &Steps<'_>,
    spare: Option<&Path>,
) -> Result<Backup, Stopped> {
    let (warehouse, folder) = (platform.home.warehouse(), platform.home.backups());
    let (_one, scratch, frozen) = steps.step("backup-room", |_| {
        if !warehouse.is_file() {
            return Err("there is no warehouse yet".into());
        }
        let one = OneAtATime::begin(&folder)?;
        let scratch = tempfile::Builder::new()
            .prefix(MAKING)
            .tempdir_in(&folder)
            .map_err(|e| format!("{}: {e}", folder.display()))?;
        let frozen = Frozen::of(&warehouse).map_err(|e| e.to_string())?;
        let bytes = frozen.bytes().map_err(|e| e.to_string())?;
        // The plain copy, and what comes of packing it: less than half of it where readings are readings.
        places::has_room(&folder, bytes + bytes / 2)?;
        Ok(((one, scratch, frozen), megabytes(bytes)))
    })?;
    let made_ms = wall_ms();
    let plain = scratch.path().join("industrial_dwh.sqlite");
    steps.step("backup-copy", |far| copy(&frozen, &plain, far, &steps.stop))?;
    drop(frozen);
    // What was written meanwhile could not be folded past the picture; a failure is made up for by the next fold.
    if let Err(error) = fold_quietly(&warehouse) {
        tracing::debug!(%error, "the log of the warehouse is folded later");
    }
    steps.step(CHECK, |_| {
        whole::check(&plain)?;
        Ok(((), String::new()))
    })?;
    let mut manifest = steps.step("backup-manifest", |_| {
        let reader = Reader::open(&plain).map_err(|e| e.to_string())?;
        let held = reader.held().map_err(|e| e.to_string())?;
        let detail = held.head.map(|head| head.to_string()).unwrap_or_default();
        let nothing = || manifest::Fingerprint {
            bytes: 0,
            sha256: String::new(),
        };
        let manifest = Manifest {
            made_ms,
            origin,
            who: who.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            verdicts: verdicts::judge(&reader)?,
            schema: held.schema,
            rows: held.rows,
            models: held.models,
            model: held.model,
            head: held.head,
            plain: nothing(),
            packed: nothing(),
        };
        Ok((manifest, detail))
    })?;
    let half = scratch.path().join("industrial_dwh.sqlite.zst");
    steps.step("backup-pack", |far| {
        let told = |e: std::io::Error| e.to_string();
        let file = fs::File::create_new(&half).map_err(told)?;
        let (file, plain_print, packed_print) =
            pack::pack(&plain, file, far, &steps.stop).map_err(told)?;
        file.sync_all().map_err(told)?;
        let detail = megabytes(packed_print.bytes);
        (manifest.plain, manifest.packed) = (plain_print, packed_print);
        Ok(((), detail))
    })?;
    let packed = manifest::packed_in(&folder, &manifest::fresh_stem(&folder, made_ms));
    steps.step("backup-keep", |_| {
        keep(
            &manifest,
            &half,
            &packed,
            &plain,
            &platform.home.safe_copy(),
        )
        .map_err(|e| e.to_string())?;
        Ok(((), name(&packed)))
    })?;
    let held_by = send(platform, &packed, &manifest, steps)?;
    retain(platform, spare, steps)?;
    tracing::info!(file = %packed.display(), ?origin, who, "backup made");
    Ok(Backup {
        file: packed,
        made_ms,
        origin,
        bytes: manifest.packed.bytes,
        places: held_by,
        proof: None,
        wrong: None,
    })
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn copy(
    frozen: &Frozen,
    to: &Path,
    far: pack::Far<'_>,
    stop: &Stop,
) -> Result<((), String), String> {
    let go_on = |share: f32| -> ControlFlow<()> {
        far(share);
        stop.go_on()
    };
    if frozen.copy_to(to, &go_on).map_err(|e| e.to_string())? {
        Ok(((), String::new()))
    } else {
        Err(stop.cause().unwrap_or_default())
    }
}

/// Gives everything its name: the manifest first, so that a packed file never lies there without; last the plain copy.
fn keep(
    manifest: &Manifest,
    half: &Path,
    packed: &Path,
    plain: &Path,
    safe: &Path,
) -> std::io::Result<()> {
    let folder = packed.parent().unwrap_or(Path::new("."));
    manifest::write(manifest, &manifest::manifest_of(packed))?;
    fs::rename(half, packed)?;
    // What a client left beside the copy of before would be taken for the new one's.
    for end in ["-journal", "-wal", "-shm"] {
        let mut beside = safe.as_os_str().to_owned();
        beside.push(end);
        match fs::remove_file(&beside) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    fs::rename(plain, safe)?;
    places::sync_folder(folder)
}

/// Copies a backup to the destinations. One that cannot be reached is told and does not hold up the others: the
/// backup is made.
fn send(
    platform: &Platform,
    packed: &Path,
    manifest: &Manifest,
    steps: &Steps<'_>,
) -> Result<Vec<PathBuf>, Stopped> {
    let mut held_by = vec![platform.home.backups()];
    let places = places::of(platform);
    let destinations = &places[1..];
    if destinations.is_empty() {
        return Ok(held_by);
    }
    steps.step("backup-places", |far| {
        let mut missed = Vec::new();
        for (i, place) in destinations.iter().enumerate() {
            match places::copy_to(&place.folder, packed, manifest, &steps.stop) {
                Ok(()) => held_by.push(place.folder.clone()),
                Err(why) => {
                    tracing::warn!(why, "the backup could not be copied there");
                    missed.push(why);
                }
            }
            far((i + 1) as f32 / destinations.len() as f32);
        }
        let count = format!("{}/{}", held_by.len() - 1, destinations.len());
        missed.insert(0, count);
        Ok((held_by, missed.join(" · ")))
    })
}

/// Removes what has had its time, at every place that can be reached.
fn retain(platform: &Platform, spare: Option<&Path>, steps: &Steps<'_>) -> Result<(), Stopped> {
    let rule = &platform.config.continuity;
    let spare = spare.and_then(manifest::stem_of);
    steps.step("backup-retention", |_| {
        let mut removed = 0_u32;
        for place in places::of(platform) {
            let mut copies = places::at(&place);
            // Nobody knows what a file without a manifest is: it is told of, and stays.
            copies.retain(|copy| copy.manifest.is_some());
            let dated: Vec<Dated> = copies
                .iter()
                .map(|copy| Dated {
                    made_ms: copy.manifest.as_ref().map_or(0, |m| m.made_ms),
                    proven: copy.is_proven(),
                    wrong: !copy.is_usable(),
                })
                .collect();
            for i in leave(&dated, rule.keep, rule.keep_days, wall_ms()) {
                let packed = &copies[i].packed;
                if spare.is_some() && spare == manifest::stem_of(packed) {
                    continue;
                }
                match remove(packed) {
                    Ok(()) => removed += 1,
                    // It is tried again after the next backup.
                    Err(error) => tracing::warn!(%error, file = %packed.display(), "not removed"),
                }
            }
        }
        Ok(((), removed.to_string()))
    })
}

/// The packed file first: what it leaves behind is swept, and is no backup.
fn remove(packed: &Path) -> std::io::Result<()> {
    fs::remove_file(packed)?;
    for beside in [manifest::proof_of(packed), manifest::manifest_of(packed)] {
        match fs::remove_file(beside) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    tracing::info!(file = %packed.display(), "a backup has had its time");
    Ok(())
}
