//! The journal: what people and the service did and found. Entries are added, never changed.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::domain::LocoId;

use super::{Reader, Result, Warehouse};

const INSERT: &str = "INSERT INTO journal (at_ms, who, act, loco, of_ms, words, detail)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const OF_ACT: &str = "SELECT entry, at_ms, who, act, loco, of_ms, words, detail FROM journal
    WHERE act = ?1 ORDER BY entry DESC LIMIT ?2";
const OF_LOCO: &str = "SELECT entry, at_ms, who, act, loco, of_ms, words, detail FROM journal
    WHERE loco = ?1 AND of_ms BETWEEN ?2 AND ?3 ORDER BY of_ms DESC, entry DESC LIMIT ?4";

const OF_LOCO_AND_ACTS: &str =
    "SELECT entry, at_ms, who, act, loco, of_ms, words, detail FROM journal
    WHERE loco = ?1 AND of_ms BETWEEN ?2 AND ?3 AND act IN (?4, ?5)
    ORDER BY of_ms DESC, entry DESC LIMIT ?6";
/// A warehouse that no program of today has opened to write has no journal yet.
const BEGUN: &str = "SELECT count(*) FROM sqlite_schema WHERE name = 'journal'";
const LAST: &str = "SELECT coalesce(max(entry), 0) FROM journal";
const AFTER: &str = "SELECT entry, at_ms, who, act, loco, of_ms, words, detail FROM journal
    WHERE entry > ?1 AND entry <= ?2 ORDER BY entry";

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Numbered by the warehouse; what is given on writing is ignored.
    pub entry: i64,
    /// When it was written, UTC milliseconds.
    pub at_ms: i64,
    pub who: String,
    pub act: String,
    pub loco: Option<LocoId>,
    /// The instant of the data that it is about, UTC milliseconds.
    pub of_ms: Option<i64>,
    pub words: String,
    pub detail: serde_json::Value,
}

/// The act of an entry that says what setting was changed: `words` is its key, `detail` has `from`, `to` and the
/// `digest` of the file after it.
pub const SETTING_CHANGED: &str = "setting_changed";
/// The kind of the ledger's entries about settings.
const SETTINGS: &str = "settings";
const LAST_SETTINGS: &str = "SELECT json_extract(detail, '$.digest') FROM ledger
    WHERE kind = ?1 ORDER BY entry DESC LIMIT 1";

impl Warehouse {
    /// Adds an entry and returns its number.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn note(&mut self, entry: &Entry) -> Result<i64> {
        let tx = self.act()?;
        let number = write(&tx, entry)?;
        let mut detail = json!({"act": entry.act, "entry": number});
        let mut kind = "note";
        if entry.act == SETTING_CHANGED {
            kind = SETTINGS;
            detail["key"] = entry.words.clone().into();
            for (name, of) in [("before", "from"), ("after", "to"), ("digest", "digest")] {
                detail[name] = entry.detail[of].clone();
            }
        }
        tx.commit(kind, None, Some(&entry.who), detail)?;
        Ok(number)
    }

    /// Enters into the ledger that the settings are others than the last entry about them says: somebody edited their
    /// file by hand. `digest` is that of the file, in hexadecimal. Says whether they were.
    ///
    /// # Errors
    /// The warehouse cannot be written.
    pub fn note_settings(&mut self, file: &str, digest: &str) -> Result<bool> {
        let tx = self.act()?;
        let last: Option<String> = tx
            .prepare_cached(LAST_SETTINGS)?
            .query_row([SETTINGS], |row| row.get(0))
            .optional()?
            .flatten();
        if last.as_deref() == Some(digest) {
            return Ok(false);
        }
        let detail = json!({"key": file, "before": last, "after": digest, "digest": digest});
        tx.commit(SETTINGS, None, None, detail)?;
        Ok(true)
    }
}

pub(super) fn write(db: &Connection, entry: &Entry) -> rusqlite::Result<i64> {
    db.prepare_cached(INSERT)?.execute(params![
        entry.at_ms,
        entry.who,
        entry.act,
        entry.loco.as_ref().map(LocoId::as_str),
        entry.of_ms,
        entry.words,
        entry.detail.to_string(),
    ])?;
    Ok(db.last_insert_rowid())
}

impl Reader {
    /// The last entries of one kind of act, newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn journal_of(&self, act: &str, limit: usize) -> Result<Vec<Entry>> {
        self.with(|db| {
            let mut query = db.prepare_cached(OF_ACT)?;
            let rows = query.query_map(params![act, limit as i64], entry)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Visits, in order, the entries after `after`, whose act begins with `prefix`; says which entry is the last of
    /// all now, to go on from there.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn journal_after(
        &self,
        after: i64,
        prefix: &str,
        visit: &mut dyn FnMut(Entry),
    ) -> Result<i64> {
        self.with(|db| {
            let last: i64 = db.prepare_cached(LAST)?.query_row([], |row| row.get(0))?;
            if last > after {
                let mut query = db.prepare_cached(AFTER)?;
                let mut rows = query.query(params![after, last])?;
                while let Some(row) = rows.next()? {
                    if row
                        .get_ref(3)?
                        .as_str()
                        .is_ok_and(|act| act.starts_with(prefix))
                    {
                        visit(entry(row)?);
                    }
                }
            }
            Ok(last)
        })
    }

    /// Entries about a locomotive whose instant lies within `between` (UTC milliseconds, both inclusive),
    /// newest first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn journal_about(
        &self,
        loco: &LocoId,
        between: (i64, i64),
        limit: usize,
    ) -> Result<Vec<Entry>> {
        self.with(|db| {
            let mut query = db.prepare_cached(OF_LOCO)?;
            let rows = query.query_map(
                params![loco.as_str(), between.0, between.1, limit as i64],
                entry,
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// As [`Reader::journal_about`], of two kinds of act only: one, and what takes it back.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn journal_about_of(
        &self,
        loco: &LocoId,
        acts: [&str; 2],
        between: (i64, i64),
        limit: usize,
    ) -> Result<Vec<Entry>> {
        self.with(|db| {
            if !begun(db)? {
                return Ok(Vec::new());
            }
            let mut query = db.prepare_cached(OF_LOCO_AND_ACTS)?;
            let [act, back] = acts;
            let rows = query.query_map(
                params![loco.as_str(), between.0, between.1, act, back, limit as i64],
                entry,
            )?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The number of the last entry; 0 before the first.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn last_entry(&self) -> Result<i64> {
        self.with(|db| {
            if !begun(db)? {
                return Ok(0);
            }
            Ok(db.prepare_cached(LAST)?.query_row([], |row| row.get(0))?)
        })
    }
}

fn begun(db: &Connection) -> Result<bool> {
    let tables: i64 = db.prepare_cached(BEGUN)?.query_row([], |row| row.get(0))?;
    Ok(tables > 0)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let detail: String = row.get(7)?;
    Ok(Entry {
        entry: row.get(0)?,
        at_ms: row.get(1)?,
        who: row.get(2)?,
        act: row.get(3)?,
        loco: row.get::<_, Option<String>>(4)?.map(|l| LocoId::new(&l)),
        of_ms: row.get(5)?,
        words: row.get(6)?,
        detail: serde_json::from_str(&detail).map_err(|e| {
            rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, Box::new(e))
        })?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_and_cannot_be_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.sqlite");
        let mut warehouse = Warehouse::open(&path).unwrap();
        let mut entry = Entry {
            entry: 0,
            at_ms: 5,
            who: "Essomba".into(),
            act: "note".into(),
            loco: Some(LocoId::new("LOCO_001")),
            of_ms: Some(3),
            words: "bruit à l’arrêt".into(),
            detail: serde_json::json!({ "page": "locomotive" }),
        };
        entry.entry = warehouse.note(&entry).unwrap();
        let reader = Reader::open(&path).unwrap();
        assert_eq!(reader.journal_of("note", 10).unwrap(), [entry.clone()]);
        let mut seen = Vec::new();
        let last = reader
            .journal_after(0, "no", &mut |e| seen.push(e))
            .unwrap();
        assert_eq!((last, seen.len()), (entry.entry, 1));
        let mut other = |e| panic!("{e:?}");
        reader.journal_after(0, "breaker_", &mut other).unwrap();
        reader.journal_after(last, "no", &mut other).unwrap();
        let loco = LocoId::new("LOCO_001");
        assert_eq!(reader.journal_about(&loco, (3, 3), 10).unwrap(), [entry]);
        assert!(reader.journal_about(&loco, (4, 9), 10).unwrap().is_empty());
        let about = |acts| reader.journal_about_of(&loco, acts, (0, 9), 10).unwrap();
        assert_eq!(about(["x", "note"]).len(), 1);
        assert!(about(["x", "y"]).is_empty());
        assert_eq!(reader.last_entry().unwrap(), 1);
        for change in ["UPDATE journal SET words = ''", "DELETE FROM journal"] {
            assert!(warehouse.db.execute(change, []).is_err());
        }
    }
}
