//! What a backup says of itself, beside its packed file: enough to tell whether what comes out of it is what went in.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::verdicts::Kept;
use super::{Origin, Proof};
use crate::warehouse::{Head, Held};

/// How the name of every dated backup begins.
const NAME: &str = "industrial_dwh_";
const PACKED: &str = ".sqlite.zst";

/// Length and digest of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service::continuity) struct Fingerprint {
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::service::continuity) struct Manifest {
    /// UTC milliseconds: from here on nothing that came is in it.
    pub made_ms: i64,
    pub origin: Origin,
    pub who: String,
    /// Version of the program that made it.
    pub program: String,
    /// Version of the schema.
    pub schema: usize,
    pub rows: BTreeMap<String, u64>,
    pub models: Vec<u32>,
    /// The model in force.
    pub model: Option<u32>,
    pub head: Option<Head>,
    /// The database.
    pub plain: Fingerprint,
    /// The packed file.
    pub packed: Fingerprint,
    /// What the model in force says of stored readings.
    pub verdicts: Vec<Kept>,
}

impl Manifest {
    /// What of a warehouse is not as it was when the backup was made; `None`: nothing.
    pub fn differs(&self, held: &Held) -> Option<String> {
        if self.schema != held.schema {
            return Some(format!(
                "schema {} in place of {}",
                held.schema, self.schema
            ));
        }
        for (table, rows) in &self.rows {
            match held.rows.get(table) {
                Some(there) if there == rows => {}
                Some(there) => return Some(format!("{there} rows in place of {rows} in {table}")),
                None => return Some(format!("{table} is missing")),
            }
        }
        if let Some(more) = held
            .rows
            .keys()
            .find(|table| !self.rows.contains_key(*table))
        {
            return Some(format!("{more} was not there"));
        }
        if (&self.models, self.model) != (&held.models, held.model) {
            return Some("other models, or another one in force".into());
        }
        if self.head != held.head {
            let told = |head: &Option<Head>| head.map_or_else(|| "none".into(), |h| h.to_string());
            return Some(format!(
                "the ledger stands at {} in place of {}",
                told(&held.head),
                told(&self.head)
            ));
        }
        None
    }
}

/// A proof as it lies beside a backup: of these bytes and no others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredProof {
    pub packed_sha256: String,
    #[serde(flatten)]
    pub proof: Proof,
}

/// The name of a backup made now, that neither folder nor time took already.
pub(super) fn fresh_stem(folder: &Path, made_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(made_ms).unwrap_or_default();
    let dated = format!("{NAME}{}", at.strftime("%Y%m%dT%H%M%SZ"));
    let taken = |stem: &str| {
        packed_in(folder, stem).exists() || manifest_of(&packed_in(folder, stem)).exists()
    };
    if !taken(&dated) {
        return dated;
    }
    (2..)
        .map(|n| format!("{dated}_{n}"))
        .find(|stem| !taken(stem))
        .unwrap_or(dated)
}

pub(super) fn packed_in(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}{PACKED}"))
}

/// The name that a packed file shares with what lies beside it; `None`: no dated backup is named so.
pub(super) fn stem_of(packed: &Path) -> Option<&str> {
    let stem = packed.file_name()?.to_str()?.strip_suffix(PACKED)?;
    stem.starts_with(NAME).then_some(stem)
}

/// Whether a file is a manifest or proof whose packed file is not there.
pub(super) fn is_left_alone(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let stem = name
        .filter(|name| name.starts_with(NAME))
        .and_then(|name| name.strip_suffix(".json"));
    stem.is_some_and(|stem| {
        let stem = stem.strip_suffix(".proof").unwrap_or(stem);
        !file.with_file_name(format!("{stem}{PACKED}")).exists()
    })
}

fn beside(packed: &Path, end: &str) -> PathBuf {
    let name = packed.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(PACKED).unwrap_or(&name);
    packed.with_file_name(format!("{stem}{end}"))
}

pub(super) fn manifest_of(packed: &Path) -> PathBuf {
    beside(packed, ".json")
}

pub(super) fn proof_of(packed: &Path) -> PathBuf {
    beside(packed, ".proof.json")
}

/// The manifest beside a packed file.
///
/// # Errors
/// There is none, or it cannot be read.
pub(in crate::service::continuity) fn read_manifest(packed: &Path) -> Result<Manifest, String> {
    read(&manifest_of(packed))
}

/// The proof beside a packed file, where it is of the bytes that the manifest speaks of.
pub(in crate::service::continuity) fn read_proof(
    packed: &Path,
    manifest: &Manifest,
) -> Option<Proof> {
    let stored: StoredProof = read(&proof_of(packed)).ok()?;
    (stored.packed_sha256 == manifest.packed.sha256).then_some(stored.proof)
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T, String> {
    let told = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let text = std::fs::read(file).map_err(|e| told(&e))?;
    serde_json::from_slice(&text).map_err(|e| told(&e))
}

/// Writes a document beside a backup, whole or not at all, and through to the disk.
pub(super) fn write(document: &impl Serialize, file: &Path) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut aside = super::places::aside_in(folder)?;
    serde_json::to_writer_pretty(&mut aside, document)?;
    aside.flush()?;
    aside.as_file().sync_all()?;
    aside.persist(file)?;
    super::places::sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            made_ms: 0,
            origin: Origin::Manual,
            who: "Ngo".into(),
            program: "1".into(),
            schema: 8,
            rows: BTreeMap::from([("a".into(), 3), ("b".into(), 0)]),
            models: vec![1, 2],
            model: Some(2),
            head: Some(Head::START),
            plain: Fingerprint {
                bytes: 1,
                sha256: "00".into(),
            },
            packed: Fingerprint {
                bytes: 1,
                sha256: "11".into(),
            },
            verdicts: Vec::new(),
        }
    }

    fn held() -> Held {
        let m = manifest();
        Held {
            schema: m.schema,
            rows: m.rows,
            models: m.models,
            model: m.model,
            head: m.head,
        }
    }

    #[test]
    fn whatever_differs_is_named() {
        assert_eq!(manifest().differs(&held()), None);
        let changes: [fn(&mut Held); 7] = [
            |h| h.schema = 7,
            |h| *h.rows.get_mut("a").unwrap() = 2,
            |h| h.rows.retain(|table, _| table != "b"),
            |h| h.rows.extend([("c".into(), 1)]),
            |h| h.models.truncate(1),
            |h| h.model = Some(1),
            |h| {
                h.head = Some(Head {
                    entry: 1,
                    head: [1; 32],
                })
            },
        ];
        for change in changes {
            let mut other = held();
            change(&mut other);
            assert!(manifest().differs(&other).is_some(), "{other:?}");
        }
    }

    #[test]
    fn names_lead_from_one_file_to_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let stem = fresh_stem(folder.path(), 1_790_000_000_123);
        assert_eq!(stem, "industrial_dwh_20260921T141320Z");
        let packed = packed_in(folder.path(), &stem);
        assert_eq!(stem_of(&packed), Some(stem.as_str()));
        std::fs::write(&packed, "").unwrap();
        let second = fresh_stem(folder.path(), 1_790_000_000_999);
        assert_eq!(second, format!("{stem}_2"));
        assert_eq!(stem_of(Path::new("x/industrial_dwh_SAFE.sqlite")), None);
        assert_eq!(stem_of(Path::new("x/other.sqlite.zst")), None);
        assert!(proof_of(&packed).ends_with(format!("{stem}.proof.json")));
    }

    #[test]
    fn a_proof_of_other_bytes_proves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let packed = packed_in(folder.path(), "industrial_dwh_1");
        write(&manifest(), &manifest_of(&packed)).unwrap();
        let read = read_manifest(&packed).unwrap();
        assert_eq!(read, manifest());
        let proof = Proof {
            at_ms: 1,
            who: "Ngo".into(),
            recovery_secs: 0.5,
            failed: None,
        };
        for (sha256, proven) in [("11", Some(proof.clone())), ("22", None)] {
            let stored = StoredProof {
                packed_sha256: sha256.into(),
                proof: proof.clone(),
            };
            write(&stored, &proof_of(&packed)).unwrap();
            assert_eq!(read_proof(&packed, &read), proven);
        }
    }
}
