//! What is to be restored: a packed backup with its manifest, or a plain SQLite file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::service::continuity::backup::{self, Manifest};
use crate::service::platform::Platform;
use crate::service::stop::Stop;
use crate::warehouse::{Head, Reader, SCHEMA};

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SQLITE: [u8; 4] = *b"SQLi";

/// A backup that can be looked at.
pub(super) struct Candidate {
    pub file: PathBuf,
    pub packed: bool,
    pub made_ms: i64,
    pub proven: bool,
    pub models: Vec<u32>,
    pub model: Option<u32>,
    pub head: Option<Head>,
    /// What it must hold: a plain file that is no copy of ours has none.
    pub manifest: Option<Manifest>,
    /// Readings in it.
    pub readings: i64,
    /// Size of the database, bytes.
    pub bytes: u64,
}

impl Candidate {
    pub fn look(platform: &Platform, file: &Path) -> Result<Self, String> {
        let told = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
        let mut begins = [0; 4];
        let opened = File::open(file).and_then(|mut file| file.read_exact(&mut begins));
        opened.map_err(|e| told(&e))?;
        let candidate = match begins {
            ZSTD => Self::packed(file)?,
            SQLITE => Self::plain(platform, file)?,
            _ => return Err(told(&"neither a packed backup nor a SQLite file")),
        };
        Ok(candidate)
    }

    fn packed(file: &Path) -> Result<Self, String> {
        // Without it nobody knows what should come out; unpacked by hand it can be restored as a plain file.
        let manifest = backup::read_manifest(file)?;
        known(manifest.schema, file)?;
        let bytes = std::fs::metadata(file).map_err(|e| e.to_string())?.len();
        if bytes != manifest.packed.bytes {
            let said = manifest.packed.bytes;
            return Err(format!(
                "{}: {bytes} bytes in place of {said}",
                file.display()
            ));
        }
        let proven = backup::proof_of_file(file, &manifest);
        if let Some(why) = proven.as_ref().and_then(|proof| proof.failed.as_ref()) {
            return Err(format!("{}: its proof failed: {why}", file.display()));
        }
        Ok(Self {
            file: file.to_path_buf(),
            packed: true,
            made_ms: manifest.made_ms,
            proven: proven.is_some(),
            models: manifest.models.clone(),
            model: manifest.model,
            head: manifest.head,
            readings: readings(&manifest),
            bytes: manifest.plain.bytes,
            manifest: Some(manifest),
        })
    }

    fn plain(platform: &Platform, file: &Path) -> Result<Self, String> {
        let told = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
        let there = std::fs::metadata(file).map_err(|e| told(&e))?;
        if std::fs::canonicalize(file).ok() == std::fs::canonicalize(platform.home.warehouse()).ok()
        {
            return Err(told(&"it is the warehouse itself"));
        }
        // A copy of ours is known by its bytes.
        let alike: Vec<(backup::Backup, Manifest)> = backup::list(platform)
            .into_iter()
            .filter_map(|b| Some((backup::read_manifest(&b.file).ok()?, b)))
            .filter(|(manifest, _)| manifest.plain.bytes == there.len())
            .map(|(manifest, b)| (b, manifest))
            .collect();
        let print = match alike.is_empty() {
            true => None,
            false => Some(backup::fingerprint(file, &Stop::default()).map_err(|e| told(&e))?),
        };
        let ours = alike
            .into_iter()
            .find(|(_, m)| Some(&m.plain) == print.as_ref());
        let reader = Reader::open(file).map_err(|e| told(&e))?;
        let held = reader.held().map_err(|e| told(&e))?;
        known(held.schema, file)?;
        let changed = there.modified().ok().and_then(|time| {
            let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_millis()).ok()
        });
        Ok(Self {
            file: file.to_path_buf(),
            packed: false,
            made_ms: match &ours {
                Some((backup, _)) => backup.made_ms,
                None => changed.unwrap_or_default(),
            },
            proven: ours.as_ref().is_some_and(|(b, _)| {
                b.wrong.is_none() && b.proof.as_ref().is_some_and(|p| p.failed.is_none())
            }),
            models: held.models,
            model: held.model,
            head: held.head,
            readings: i64::try_from(held.rows.get("sensor_metrics").copied().unwrap_or(0))
                .unwrap_or(i64::MAX),
            bytes: there.len(),
            manifest: ours.map(|(_, manifest)| manifest),
        })
    }
}

fn readings(manifest: &Manifest) -> i64 {
    let rows = manifest.rows.get("sensor_metrics").copied().unwrap_or(0);
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A warehouse, and none of a program to come.
fn known(schema: usize, file: &Path) -> Result<(), String> {
    match schema {
        0 => Err(format!(
            "{}: a SQLite file, but no warehouse",
            file.display()
        )),
        n if n > SCHEMA => Err(format!(
            "{}: of version {n}, this program reads up to {SCHEMA}",
            file.display()
        )),
        _ => Ok(()),
    }
}
