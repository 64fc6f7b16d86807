//! The chain of entries: each one's head is a hash over the head before it and everything that the entry says.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::row::RowBytes;
use crate::warehouse::{Reader, Result};

/// Tells these hashes from any other use of BLAKE3.
const CONTEXT: &str = "CIDP 2026-11-24 head of a ledger entry v1";
const LAST: &str = "SELECT entry, head FROM ledger ORDER BY entry DESC LIMIT 1";
const INSERT: &str = "INSERT INTO ledger (entry, at_ms, kind, run, who, detail, state, head)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const PAGE: &str = "SELECT entry, at_ms, kind, run, who, detail, state, head FROM ledger
    WHERE entry < ?1 ORDER BY entry DESC LIMIT ?2";

/// Where the chain stands: who knows an earlier head knows whether the chain was rewritten since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub entry: i64,
    #[serde(with = "hex")]
    pub head: [u8; 32],
}

impl Head {
    /// Before the first entry.
    pub const START: Self = Self {
        entry: 0,
        head: [0; 32],
    };

    /// The hash in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        blake3::Hash::from_bytes(self.head).to_hex().to_string()
    }
}

impl std::str::FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let read = || {
            let (entry, hash) = text.trim().split_once(':')?;
            Some(Self {
                entry: entry.parse().ok().filter(|entry| *entry >= 0)?,
                head: *blake3::Hash::from_hex(hash).ok()?.as_bytes(),
            })
        };
        read().ok_or_else(|| format!("“{text}” is no head of a ledger (entry:hash)"))
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.entry, self.hash())
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&blake3::Hash::from_bytes(*hash).to_hex())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        blake3::Hash::from_hex(&text)
            .map(|hash| *hash.as_bytes())
            .map_err(serde::de::Error::custom)
    }
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    pub entry: i64,
    /// UTC milliseconds.
    pub at_ms: i64,
    pub kind: String,
    pub run: Option<i64>,
    pub who: String,
    /// JSON, as it was hashed.
    pub detail: String,
    /// Digest of the state of all blocks after it.
    #[serde(with = "hex")]
    pub state: [u8; 32],
    #[serde(with = "hex")]
    pub head: [u8; 32],
}

impl LedgerEntry {
    /// The head that this entry must have after `before`.
    pub(crate) fn head_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut bytes = RowBytes::default();
        bytes.begin(0);
        bytes.integer(self.entry);
        bytes.integer(self.at_ms);
        bytes.text(&self.kind);
        match self.run {
            Some(run) => bytes.integer(run),
            None => bytes.null(),
        }
        bytes.text(&self.who);
        bytes.text(&self.detail);
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(before);
        hasher.update(bytes.bytes());
        hasher.update(&self.state);
        *hasher.finalize().as_bytes()
    }
}

pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    Ok(LedgerEntry {
        entry: row.get(0)?,
        at_ms: row.get(1)?,
        kind: row.get(2)?,
        run: row.get(3)?,
        who: row.get(4)?,
        detail: row.get(5)?,
        state: row.get(6)?,
        head: row.get(7)?,
    })
}

pub(crate) fn head(db: &Connection) -> rusqlite::Result<Head> {
    let last = db.prepare_cached(LAST)?.query_row([], |row| {
        Ok(Head {
            entry: row.get(0)?,
            head: row.get(1)?,
        })
    });
    Ok(last.optional()?.unwrap_or(Head::START))
}

/// Appends an entry: its number, its head and what it stands on are found here.
pub(super) fn append(db: &Connection, mut new: LedgerEntry) -> Result<Head> {
    let before = head(db)?;
    new.entry = before.entry + 1;
    new.head = new.head_after(&before.head);
    db.prepare_cached(INSERT)?.execute(params![
        new.entry, new.at_ms, new.kind, new.run, new.who, new.detail, new.state, new.head
    ])?;
    Ok(Head {
        entry: new.entry,
        head: new.head,
    })
}

impl Reader {
    /// Where the chain stands.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn ledger_head(&self) -> Result<Head> {
        self.with(|db| Ok(head(db)?))
    }

    /// The last entries before `before`, newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn ledger(&self, before: i64, limit: usize) -> Result<Vec<LedgerEntry>> {
        self.with(|db| {
            let mut query = db.prepare_cached(PAGE)?;
            let rows = query.query_map(params![before, limit as i64], entry)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
