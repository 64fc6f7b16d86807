//! Proof of a backup: it is restored aside, and what comes out is what went in.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::manifest::{self, Manifest, StoredProof};
use super::pack::{self, PackError};
use super::places::{self, OneAtATime};
use super::{MAKING, Proof, verdicts};
use crate::service::continuity::steps::Stopped;
use crate::service::continuity::{Steps, whole};
use crate::service::fleet;
use crate::service::pipeline::wall_ms;
use crate::service::platform::Platform;
use crate::warehouse::Reader;

/// What was found, or what stood in the way.
enum Trouble {
    /// The backup is at fault: that is kept.
    Backup(Stopped),
    /// It is not: no room, somebody asked to end.
    Way(Stopped),
}

pub(super) fn prove(
    platform: &Platform,
    packed: &Path,
    who: &str,
    steps: &Steps<'_>,
) -> Result<Proof, Stopped> {
    let (one, scratch, manifest) = steps.step("proof-room", |_| {
        let manifest = manifest::read_manifest(packed)?;
        let before = manifest::read_proof(packed, &manifest).and_then(|proof| proof.failed);
        if let Some(why) = before {
            return Err(format!("its proof failed before: {why}"));
        }
        let one = OneAtATime::begin(&platform.home.backups())?;
        let scratch = scratch(platform, manifest.plain.bytes)?;
        let detail = scratch.path().display().to_string();
        Ok(((one, scratch, manifest), detail))
    })?;
    let plain = scratch.path().join("industrial_dwh.sqlite");
    let outcome = walk(platform, packed, &manifest, &plain, steps);
    let (proof, ended) = match outcome {
        Ok(recovery_secs) => (proof(who, recovery_secs, None), None),
        Err(Trouble::Backup(stopped)) => {
            let why = stopped.to_string();
            (proof(who, 0.0, Some(why)), Some(stopped))
        }
        Err(Trouble::Way(stopped)) => return Err(stopped),
    };
    let stored = StoredProof {
        packed_sha256: manifest.packed.sha256.clone(),
        proof: proof.clone(),
    };
    if let Some(stopped) = ended {
        tracing::error!(file = %packed.display(), why = %stopped, "a backup's proof failed");
        manifest::write(&stored, &manifest::proof_of(packed)).map_err(|e| Stopped {
            step: stopped.step,
            why: format!("{}; and that cannot be kept: {e}", stopped.why),
        })?;
        return Err(stopped);
    }
    drop(scratch);
    steps.step("proof-keep", |_| {
        manifest::write(&stored, &manifest::proof_of(packed)).map_err(|e| e.to_string())?;
        let others = vouch(platform, packed, &manifest, &stored, steps);
        Ok(((), others))
    })?;
    drop(one);
    Ok(proof)
}

fn proof(who: &str, recovery_secs: f64, failed: Option<String>) -> Proof {
    Proof {
        at_ms: wall_ms(),
        who: who.to_owned(),
        recovery_secs,
        failed,
    }
}

/// A folder for the restored copy, the first with room for it.
fn scratch(platform: &Platform, bytes: u64) -> Result<tempfile::TempDir, String> {
    let folders: [PathBuf; 3] = [
        platform.home.backups(),
        platform.home.database_dir(),
        std::env::temp_dir(),
    ];
    let mut why = String::new();
    for folder in folders {
        let made = places::has_room(&folder, bytes).and_then(|()| {
            tempfile::Builder::new()
                .prefix(MAKING)
                .tempdir_in(&folder)
                .map_err(|e| format!("{}: {e}", folder.display()))
        });
        match made {
            Ok(scratch) => return Ok(scratch),
            Err(no) => why = no,
        }
    }
    Err(why)
}

/// Every step that says something about the backup; the seconds of recovery.
fn walk(
    platform: &Platform,
    packed: &Path,
    manifest: &Manifest,
    plain: &Path,
    steps: &Steps<'_>,
) -> Result<f64, Trouble> {
    let begun = Instant::now();
    let mut in_the_way = false;
    let unpacked = steps.step("proof-unpack", |far| {
        let prints = (&manifest.plain, &manifest.packed);
        pack::unpack(packed, prints, plain, far, &steps.stop).map_err(|e| {
            in_the_way = matches!(e, PackError::Place(_));
            e.to_string()
        })?;
        Ok(((), String::new()))
    });
    let unpack_secs = begun.elapsed().as_secs_f64();
    judged(unpacked, in_the_way, steps)?;
    let readable = steps.step("proof-open", |_| {
        let begun = Instant::now();
        let reader = Reader::open(plain).map_err(|e| e.to_string())?;
        fleet::now(&reader, &platform.config).map_err(|e| e.to_string())?;
        let secs = unpack_secs + begun.elapsed().as_secs_f64();
        Ok(((reader, secs), format!("{secs:.2} s")))
    });
    let (reader, recovery_secs) = judged(readable, false, steps)?;
    let integrity = steps.step("proof-integrity", |_| {
        whole::check(plain)?;
        Ok(((), String::new()))
    });
    judged(integrity, false, steps)?;
    let matched = steps.step("proof-manifest", |_| {
        let held = reader.held().map_err(|e| e.to_string())?;
        match manifest.differs(&held) {
            Some(why) => Err(why),
            None => Ok(((), manifest.rows.values().sum::<u64>().to_string())),
        }
    });
    judged(matched, false, steps)?;
    let same = steps.step("proof-verdicts", |_| {
        let now = verdicts::judge(&reader)?;
        match verdicts::differ(&manifest.verdicts, &now) {
            Some(why) => Err(why),
            None => Ok(((), now.len().to_string())),
        }
    });
    judged(same, false, steps)?;
    Ok(recovery_secs)
}

/// Whose fault it is that a step ended.
fn judged<T>(done: Result<T, Stopped>, in_the_way: bool, steps: &Steps<'_>) -> Result<T, Trouble> {
    done.map_err(|stopped| {
        if in_the_way || steps.stop.is_asked() {
            Trouble::Way(stopped)
        } else {
            Trouble::Backup(stopped)
        }
    })
}

/// The same bytes elsewhere are proven with it; which places hold others is said.
fn vouch(
    platform: &Platform,
    packed: &Path,
    manifest: &Manifest,
    stored: &StoredProof,
    steps: &Steps<'_>,
) -> String {
    let mut told = Vec::new();
    let name = packed.file_name().unwrap_or_default();
    for place in places::of(platform) {
        let other = place.folder.join(name);
        if other == packed || !other.is_file() {
            continue;
        }
        let same = pack::fingerprint(&other, &steps.stop)
            .map_err(|e| e.to_string())
            .and_then(|print| {
                (print == manifest.packed)
                    .then_some(())
                    .ok_or_else(|| "not the bytes that were copied".into())
            })
            .and_then(|()| {
                manifest::write(stored, &manifest::proof_of(&other)).map_err(|e| e.to_string())
            });
        if let Err(why) = same {
            tracing::error!(file = %other.display(), why, "this copy is not proven");
            told.push(format!("{}: {why}", other.display()));
        }
    }
    told.join(" · ")
}
