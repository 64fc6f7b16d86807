//! The drill of a damaged database file: found, and never overwritten.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use rand::RngExt;

use crate::service::outcome::RunStatus;
use crate::service::pipeline::RunKind;

use super::fleet;
use super::looks::file_is_sound;
use super::proof::{Broken, Outcome, Proof};
use super::scratch::{LOADED, Scratch, copy_whole, faults};

/// Databases that are looked through for one that was moved aside.
const MOVED: usize = 64;

pub fn damaged(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let live = scratch.platform.home.warehouse();
    let sound = scratch.path("sound.sqlite");
    copy_whole(&live, &sound)?;
    scratch.write("sensors.csv", fleet::file(LOADED + 20))?;

    put(&sound, &live)?;
    write_at(&live, 0, &[0xA5; 100])?;
    not_overwritten(
        proof,
        scratch,
        (
            "its first 100 bytes are overwritten",
            "ses 100 premiers octets sont écrasés",
        ),
    )?;

    put(&sound, &live)?;
    let bytes = std::fs::metadata(&live)?.len();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&live)?
        .set_len(bytes * 6 / 10)?;
    not_overwritten(
        proof,
        scratch,
        ("its last 40 % are cut off", "ses derniers 40 % sont coupés"),
    )?;

    // A value changed on a page that stays well formed: only the ledger can tell.
    put(&sound, &live)?;
    let found = flip_until_found(&live)?;
    proof.demand(
        found.is_some(),
        format!(
            "a byte flipped at {}: {}",
            found.as_ref().map_or(0, |f| f.0),
            found.as_ref().map_or("not found", |f| &f.1)
        ),
        format!(
            "un octet inversé à {} : {}",
            found.as_ref().map_or(0, |f| f.0),
            found.as_ref().map_or("non trouvé", |f| &f.1)
        ),
    )?;
    // Back to what it was: as a restore does.
    put(&sound, &live)?;
    file_is_sound(proof, scratch)
}

/// Takes the place of the database, with nothing of the former one beside it.
fn put(from: &Path, to: &Path) -> Result<(), Broken> {
    for company in ["-wal", "-shm"] {
        let mut name = to.as_os_str().to_owned();
        name.push(company);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    std::fs::copy(from, to)?;
    Ok(())
}

fn write_at(file: &Path, at: u64, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(file)?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

/// A run on the damaged file: it does not end soundly, and the bytes of the file are still there.
fn not_overwritten(proof: &mut Proof, scratch: &Scratch, what: (&str, &str)) -> Outcome {
    let live = scratch.platform.home.warehouse();
    let faults = match faults(&live) {
        Ok(faults) => faults.into_iter().next(),
        Err(why) => Some(why),
    };
    proof.demand(
        faults.is_some(),
        format!(
            "{}: the check says: {}",
            what.0,
            faults.as_deref().unwrap_or("sound")
        ),
        format!(
            "{} : le contrôle dit : {}",
            what.1,
            faults.as_deref().unwrap_or("sain")
        ),
    )?;
    let damaged = digest(&live)?;
    let (failed, words) = match scratch.run(RunKind::Full) {
        Ok(outcome) => (
            outcome.status == RunStatus::FailedSafe,
            outcome.cause.unwrap_or_default(),
        ),
        Err(error) => (true, error.to_string()),
    };
    proof.demand(
        failed,
        format!("a run on it does not end soundly: {words}"),
        format!("une exécution dessus n'aboutit pas : {words}"),
    )?;
    let kept = digest(&live).is_ok_and(|now| now == damaged) || was_moved(scratch, &damaged)?;
    proof.demand(
        kept,
        "the damaged file was not overwritten: its bytes are there, by their digest",
        "le fichier endommagé n'a pas été écrasé : ses octets sont là, par leur empreinte",
    )
}

fn was_moved(scratch: &Scratch, damaged: &blake3::Hash) -> Result<bool, Broken> {
    let aside = scratch.platform.home.aside();
    if !aside.is_dir() {
        return Ok(false);
    }
    for entry in std::fs::read_dir(aside)?.take(MOVED) {
        let file = entry?.path();
        if file.is_file() && digest(&file)? == *damaged {
            return Ok(true);
        }
    }
    Ok(false)
}

fn digest(file: &Path) -> std::io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(file)?)?;
    Ok(hasher.finalize())
}

/// Flips bytes at random places, one at a time, until the check says so: a page may hold nothing there. Where, and what
/// was found.
fn flip_until_found(live: &Path) -> Result<Option<(u64, String)>, Broken> {
    let bytes = std::fs::read(live)?;
    for _ in 0..40 {
        let at = rand::rng().random_range(4096..bytes.len().max(4097));
        let Some(byte) = bytes.get(at) else {
            continue;
        };
        write_at(live, at as u64, &[byte ^ 0x55])?;
        let faults = match faults(live) {
            Ok(faults) => faults.into_iter().next(),
            Err(error) => Some(error.to_string()),
        };
        if let Some(words) = faults {
            return Ok(Some((at as u64, words)));
        }
        write_at(live, at as u64, &[*byte])?;
    }
    Ok(None)
}
