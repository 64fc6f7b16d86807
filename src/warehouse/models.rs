//! Models: kept for ever, never rewritten; the last promotion is in force.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::domain::ModelCard;

use super::journal::{self, Entry};
use super::{Reader, Result, SoundRun, Warehouse, WarehouseError};

const NEXT: &str = "SELECT coalesce(max(version), 0) + 1 FROM models";
const INSERT: &str =
    "INSERT INTO models (version, run, trained_ms, card, body) VALUES (?1, ?2, ?3, ?4, ?5)";
const PROMOTE: &str = "INSERT INTO model_promotions (version, at_ms) VALUES (?1, ?2)";
const IN_FORCE: &str = "SELECT m.version, m.card, m.body FROM models m
    WHERE m.version = (SELECT version FROM model_promotions ORDER BY promotion DESC LIMIT 1)";
const IN_FORCE_VERSION: &str =
    "SELECT version FROM model_promotions ORDER BY promotion DESC LIMIT 1";
const VERSION: &str = "SELECT version, card, body FROM models WHERE version = ?1";
const CARDS: &str = "SELECT version, card FROM models ORDER BY version DESC LIMIT ?1";
const LAST_CARD: &str = "SELECT version, card FROM models ORDER BY version DESC LIMIT 1";
const PROMOTIONS: &str = "SELECT version, at_ms FROM model_promotions ORDER BY at_ms";

/// A model as it lies in the warehouse.
#[derive(Debug, Clone)]
pub struct StoredModel {
    pub version: u32,
    pub card: ModelCard,
    /// Opaque to the warehouse; carries its own format version and checksum.
    pub body: Vec<u8>,
}

impl Warehouse {
    /// Stores a trained model under the next version number, which is written into its card, and puts it
    /// in force if the card says that it passed its gate. The body is made once the version is known.
    ///
    /// # Errors
    /// Another run ended since the token was issued, or the warehouse cannot be written.
    pub fn save_model(
        &mut self,
        token: &SoundRun,
        card: &mut ModelCard,
        body: impl FnOnce(&ModelCard) -> Result<Vec<u8>, String>,
    ) -> Result<u32> {
        let tx = self.act()?;
        Self::still_last(&tx, token)?;
        let version: u32 = tx.query_row(NEXT, [], |row| row.get(0))?;
        card.version = version;
        tx.execute(
            INSERT,
            params![
                version,
                token.run(),
                card.trained_at_ms,
                serde_json::to_string(card)?,
                body(card).map_err(WarehouseError::Model)?
            ],
        )?;
        if card.promoted {
            tx.execute(PROMOTE, params![version, card.trained_at_ms])?;
        }
        let detail = json!({"version": version, "promoted": card.promoted});
        tx.commit("train", Some(token.run()), None, detail)?;
        Ok(version)
    }

    /// Puts a stored model in force, whatever its gate said, and writes into the journal who did and why. It
    /// trains and scores nothing, so it takes no token. Hold the run lock.
    ///
    /// # Errors
    /// There is no such version, or the warehouse cannot be written.
    pub fn promote(&mut self, version: u32, at_ms: i64, entry: &Entry) -> Result<()> {
        let tx = self.act()?;
        tx.execute(PROMOTE, params![version, at_ms])?;
        journal::write(&tx, entry)?;
        let detail = json!({"version": version, "why": entry.words});
        tx.commit("promote", None, Some(&entry.who), detail)?;
        Ok(())
    }
}

impl Reader {
    /// The model in force.
    ///
    /// # Errors
    /// The warehouse cannot be read, or the card is not what we wrote.
    pub fn model(&self) -> Result<Option<StoredModel>> {
        self.stored(IN_FORCE, [])
    }

    /// A model by its version, in force or not.
    ///
    /// # Errors
    /// As above.
    pub fn model_of(&self, version: u32) -> Result<Option<StoredModel>> {
        self.stored(VERSION, [version])
    }

    /// The cards of the models trained last, newest first; a card that is not what we wrote comes as its error.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn cards(&self, limit: usize) -> Result<Vec<(u32, Result<ModelCard, String>)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(CARDS)?;
            let rows = query.query_map([limit as i64], |row| {
                let card: String = row.get(1)?;
                let card = serde_json::from_str(&card).map_err(|e| e.to_string());
                Ok((row.get(0)?, card))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn stored(&self, query: &str, params: impl rusqlite::Params) -> Result<Option<StoredModel>> {
        self.with(|db| {
            let found = db
                .prepare_cached(query)?
                .query_row(params, |row| {
                    Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((version, card, body)) = found else {
                return Ok(None);
            };
            Ok(Some(StoredModel {
                version,
                card: serde_json::from_str(&card)?,
                body,
            }))
        })
    }

    /// The version of the model in force.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn model_version(&self) -> Result<Option<u32>> {
        self.with(|db| {
            let found = db
                .prepare_cached(IN_FORCE_VERSION)?
                .query_row([], |row| row.get(0));
            Ok(found.optional()?)
        })
    }

    /// The card of the model trained last, promoted or not.
    ///
    /// # Errors
    /// The warehouse cannot be read, or the card is not what we wrote.
    pub fn last_card(&self) -> Result<Option<ModelCard>> {
        self.with(|db| {
            let found = db
                .prepare_cached(LAST_CARD)?
                .query_row([], |row| row.get::<_, String>(1))
                .optional()?;
            Ok(found.map(|card| serde_json::from_str(&card)).transpose()?)
        })
    }

    /// Which model came into force when: (version, UTC milliseconds).
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn promotions(&self) -> Result<Vec<(u32, i64)>> {
        self.with(|db| {
            let mut query = db.prepare_cached(PROMOTIONS)?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
