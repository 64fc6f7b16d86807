//! Where backups lie: the home's folder and the destinations of the configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{self, Manifest};
use super::pack::fingerprint;
use super::{Backup, MAKING, Proof, ThreeTwoOne};
use crate::service::platform::Platform;
use crate::service::stop::Stop;

/// A folder of backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub folder: PathBuf,
    pub offsite: bool,
}

/// The home's folder first, then the destinations; a relative one lies in the home.
pub(super) fn of(platform: &Platform) -> Vec<Place> {
    let home = &platform.home;
    let mut places = vec![Place {
        folder: home.backups(),
        offsite: false,
    }];
    for destination in &platform.config.continuity.destinations {
        let folder = home.root().join(&destination.path);
        if places.iter().all(|place| !same(&place.folder, &folder)) {
            places.push(Place {
                folder,
                offsite: destination.offsite,
            });
        }
    }
    places
}

fn same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    whole(a) == whole(b)
}

/// Held by the one piece of work that writes backups.
pub(super) struct OneAtATime {
    _file: File,
}

impl OneAtATime {
    /// Takes the home's folder of backups for itself, and sweeps what a killed one left there.
    pub fn begin(folder: &Path) -> Result<Self, String> {
        let told = |e: io::Error| format!("{}: {e}", folder.display());
        fs::create_dir_all(folder).map_err(told)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(".lock"))
            .map_err(told)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err("another backup or proof is under way: wait for it to end".into());
            }
            Err(TryLockError::Error(e)) => return Err(told(e)),
        }
        sweep(folder);
        Ok(Self { _file: file })
    }
}

/// Removes what somebody killed left: half-made files, and manifests whose packed file never got its name.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let swept = if name.starts_with(MAKING) {
            if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            }
        } else if manifest::is_left_alone(&path) {
            fs::remove_file(&path)
        } else {
            continue;
        };
        match swept {
            Ok(()) => tracing::info!(file = %path.display(), "left by somebody killed: removed"),
            Err(error) => tracing::warn!(%error, file = %path.display(), "cannot be removed"),
        }
    }
}

/// A file that is not whole yet, in the folder that it will lie in; whoever may read that folder may read it.
pub(super) fn aside_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(MAKING);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Names in a folder reach the disk too; where a folder cannot be synced, the system does it in its own time.
pub(in crate::service::continuity) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Free room at a folder, bytes; `None`: the system does not say in a way that needs no code of its own.
pub(in crate::service::continuity) fn room(folder: &Path) -> Option<u64> {
    if !cfg!(unix) {
        return None;
    }
    let told = std::process::Command::new("df")
        .arg("-Pk")
        .arg(folder)
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    free_of(&String::from_utf8_lossy(&told.stdout))
}

/// The fourth column of the last line, kibibytes (POSIX `df -P`). The name of the file system may hold spaces, the
/// three figures do not: they are the first three numbers in a row.
fn free_of(told: &str) -> Option<u64> {
    let line = told.lines().filter(|line| !line.trim().is_empty()).nth(1)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let figures = words.windows(3).find_map(|w| {
        Some((
            w[0].parse::<u64>().ok()?,
            w[1].parse::<u64>().ok()?,
            w[2].parse().ok()?,
        ))
    });
    figures.map(|(_, _, free): (u64, u64, u64)| free.saturating_mul(1024))
}

/// Refuses what is sure not to fit.
pub(in crate::service::continuity) fn has_room(folder: &Path, bytes: u64) -> Result<(), String> {
    match room(folder) {
        Some(free) if free < bytes => Err(format!(
            "{}: {} MB are needed, {} MB are free",
            folder.display(),
            bytes.div_ceil(1_000_000),
            free / 1_000_000
        )),
        _ => Ok(()),
    }
}

/// Copies a backup to a place: under its name only once it is there whole. What is there already stays.
pub(super) fn copy_to(
    place: &Path,
    packed: &Path,
    manifest: &Manifest,
    stop: &Stop,
) -> Result<(), String> {
    let told = |e: io::Error| format!("{}: {e}", place.display());
    if !place.is_dir() {
        return Err(format!("{}: not there", place.display()));
    }
    let name = packed.file_name().unwrap_or_default();
    let to = place.join(name);
    if to.exists() {
        return match manifest::read_manifest(&to) {
            Ok(there) if there == *manifest => Ok(()),
            _ => Err(format!("{}: another file has this name", to.display())),
        };
    }
    has_room(place, manifest.packed.bytes)?;
    sweep(place);
    let aside = aside_in(place).map_err(told)?;
    let mut from = File::open(packed).map_err(told)?;
    let mut chunk = vec![0; 1 << 20];
    loop {
        if let Some(cause) = stop.cause() {
            return Err(format!("{}: {cause}", place.display()));
        }
        match io::Read::read(&mut from, &mut chunk).map_err(told)? {
            0 => break,
            n => io::Write::write_all(&mut aside.as_file(), &chunk[..n]).map_err(told)?,
        }
    }
    aside.as_file().sync_all().map_err(told)?;
    if fingerprint(aside.path(), stop).map_err(told)? != manifest.packed {
        return Err(format!(
            "{}: the copy is not what was copied",
            place.display()
        ));
    }
    manifest::write(manifest, &manifest::manifest_of(&to)).map_err(told)?;
    aside.persist(&to).map_err(|e| told(e.error))?;
    sync_folder(place).map_err(told)
}

/// A backup as it lies at one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Copy {
    pub packed: PathBuf,
    pub place: Place,
    pub bytes: u64,
    pub manifest: Option<Manifest>,
    pub proof: Option<Proof>,
    /// Why it is of no use.
    pub wrong: Option<String>,
}

impl Copy {
    fn read(packed: PathBuf, place: &Place) -> Option<Self> {
        manifest::stem_of(&packed)?;
        let bytes = fs::metadata(&packed).ok()?.len();
        let (manifest, mut wrong) = match manifest::read_manifest(&packed) {
            Ok(manifest) => (Some(manifest), None),
            Err(why) => (None, Some(why)),
        };
        let proof = manifest
            .as_ref()
            .and_then(|manifest| manifest::read_proof(&packed, manifest));
        if let Some(manifest) = manifest.as_ref().filter(|m| m.packed.bytes != bytes) {
            wrong = Some(format!(
                "{bytes} bytes in place of {}",
                manifest.packed.bytes
            ));
        }
        Some(Self {
            packed,
            place: place.clone(),
            bytes,
            manifest,
            proof,
            wrong,
        })
    }

    /// Of use, as far as anybody knows.
    pub fn is_usable(&self) -> bool {
        self.wrong.is_none()
            && self
                .proof
                .as_ref()
                .is_none_or(|proof| proof.failed.is_none())
    }

    pub fn is_proven(&self) -> bool {
        self.wrong.is_none()
            && self
                .proof
                .as_ref()
                .is_some_and(|proof| proof.failed.is_none())
    }
}

/// All that lies at one place; nothing where it cannot be reached.
pub(super) fn at(place: &Place) -> Vec<Copy> {
    let Ok(entries) = fs::read_dir(&place.folder) else {
        return Vec::new();
    };
    let entries = entries.filter_map(Result::ok);
    entries
        .filter_map(|entry| Copy::read(entry.path(), place))
        .collect()
}

/// All backups, newest first. Of one that lies at several places the best copy stands for it: proven before usable
/// before wrong, the home's before others.
pub(super) fn list(platform: &Platform) -> Vec<Backup> {
    let mut named: BTreeMap<String, Vec<Copy>> = BTreeMap::new();
    for copy in of(platform).iter().flat_map(at) {
        if let Some(stem) = manifest::stem_of(&copy.packed) {
            named.entry(stem.to_owned()).or_default().push(copy);
        }
    }
    let mut all: Vec<Backup> = named.into_values().filter_map(one).collect();
    all.sort_by_key(|backup| std::cmp::Reverse(backup.made_ms));
    all
}

fn one(mut copies: Vec<Copy>) -> Option<Backup> {
    copies.sort_by_key(|copy| (!copy.is_proven(), !copy.is_usable()));
    let best = copies.first()?;
    let like_it = copies.iter().filter(|copy| {
        copy.is_usable() == best.is_usable()
            && copy.manifest.as_ref().map(|m| &m.packed)
                == best.manifest.as_ref().map(|m| &m.packed)
    });
    let changed = || {
        let time = fs::metadata(&best.packed).and_then(|m| m.modified()).ok()?;
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    Some(Backup {
        file: best.packed.clone(),
        made_ms: match &best.manifest {
            Some(manifest) => manifest.made_ms,
            None => changed().unwrap_or_default(),
        },
        origin: best
            .manifest
            .as_ref()
            .map_or(super::Origin::Manual, |m| m.origin),
        bytes: best.bytes,
        places: like_it.map(|copy| copy.place.folder.clone()).collect(),
        proof: best.proof.clone(),
        wrong: best.wrong.clone(),
    })
}

/// How the rule of three copies stands for the newest backup of use.
pub(super) fn three_two_one(platform: &Platform, backups: &[Backup]) -> ThreeTwoOne {
    let warehouse = platform.home.warehouse();
    let mut folders: Vec<PathBuf> = Vec::new();
    if warehouse.is_file() {
        folders.push(platform.home.database_dir());
    }
    let usable = |b: &&Backup| {
        b.wrong.is_none() && b.proof.as_ref().is_none_or(|proof| proof.failed.is_none())
    };
    let newest = backups.iter().find(usable);
    let held: &[PathBuf] = newest.map_or(&[], |backup| &backup.places);
    folders.extend(held.iter().cloned());
    let storages: BTreeSet<String> = folders.iter().filter_map(|f| storage(f)).collect();
    let offsite = of(platform)
        .iter()
        .filter(|place| place.offsite && held.contains(&place.folder))
        .count();
    let figure = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    ThreeTwoOne {
        copies: figure(folders.len()),
        storages: figure(storages.len()),
        offsite: figure(offsite),
    }
}

/// What tells one storage from another.
#[cfg(unix)]
fn storage(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    Some(fs::metadata(folder).ok()?.dev().to_string())
}

/// What tells one storage from another: the drive or the share.
#[cfg(not(unix))]
fn storage(folder: &Path) -> Option<String> {
    let whole = fs::canonicalize(folder).ok()?;
    match whole.components().next()? {
        std::path::Component::Prefix(prefix) => {
            Some(prefix.as_os_str().to_string_lossy().to_lowercase())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_room_is_read_whatever_the_file_system_is_called() {
        let head = "Filesystem 1024-blocks Used Available Capacity Mounted on\n";
        let plain = format!("{head}/dev/sda1 1000 400 600 40% /\n");
        assert_eq!(free_of(&plain), Some(600 * 1024));
        let spaced = format!("{head}//server/my share 1000 400 600 40% /mnt/a b\n");
        assert_eq!(free_of(&spaced), Some(600 * 1024));
        assert_eq!(free_of(head), None);
        assert_eq!(free_of(""), None);
        #[cfg(unix)]
        assert!(room(Path::new("/")).is_some());
        assert!(has_room(Path::new("/"), 1).is_ok());
    }

    #[test]
    fn one_at_a_time_and_what_the_killed_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path(&format!("{MAKING}x"))).unwrap();
        fs::write(path(&format!("{MAKING}x/half.sqlite")), "x").unwrap();
        fs::write(path("industrial_dwh_1.json"), "{}").unwrap();
        fs::write(path("industrial_dwh_2.json"), "{}").unwrap();
        fs::write(path("industrial_dwh_2.sqlite.zst"), "x").unwrap();
        fs::write(path("somebody's.json"), "{}").unwrap();
        let held = OneAtATime::begin(folder.path()).unwrap();
        assert!(OneAtATime::begin(folder.path()).is_err());
        drop(held);
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                ".lock",
                "industrial_dwh_2.json",
                "industrial_dwh_2.sqlite.zst",
                "somebody's.json"
            ]
        );
    }
}
