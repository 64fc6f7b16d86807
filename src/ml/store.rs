//! A model as bytes: magic, format version, header, forest, checksum. Hostile bytes give an error.
//!
//! Layout, little endian: `CIDPMODL`, u32 version, u32 header length, header (JSON), then five bytes a
//! node in pre-order (column or 255 for a leaf, f32), then the BLAKE3 digest of all before it. The
//! digest finds damage; it is no proof of who wrote it.

use serde::{Deserialize, Serialize};

use super::forest::Forest;
use super::model::{Model, Scorer};
use crate::domain::ModelCard;
use crate::domain::drift::ChannelReference;
use crate::domain::features::{FEATURES, FeatureSpec};

const MAGIC: &[u8; 8] = b"CIDPMODL";
const VERSION: u32 = 1;
const NODE: usize = 5;
const DIGEST: usize = blake3::OUT_LEN;

/// Why bytes are no model, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("not a stored model: train again")]
    NotAModel,
    #[error("the model has format {0}, this program reads format {VERSION}: train again")]
    Version(u32),
    #[error("the model is damaged ({0}): roll back to another version, or train again")]
    Damaged(String),
}

#[derive(Serialize, Deserialize)]
struct Header {
    card: ModelCard,
    spec: FeatureSpec,
    columns: Vec<u8>,
    trees: usize,
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

impl Model {
    /// The model as bytes.
    ///
    /// # Errors
    /// When the card holds what JSON cannot (it does not, after training).
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let header = Header {
            card: self.card.clone(),
            spec: self.scorer.spec.clone(),
            columns: self.scorer.columns.clone(),
            trees: self.scorer.forest.trees(),
        };
        let header = serde_json::to_vec(&header).map_err(|e| StoreError::Damaged(e.to_string()))?;
        let length = u32::try_from(header.len()).map_err(|_| damaged("header too long"))?;
        let nodes = self.scorer.forest.preorder();
        let mut out = Vec::with_capacity(16 + header.len() + nodes.len() * NODE + DIGEST);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&header);
        for (feature, value) in nodes {
            out.push(feature);
            out.extend_from_slice(&value.to_le_bytes());
        }
        let digest = blake3::hash(&out);
        out.extend_from_slice(digest.as_bytes());
        Ok(out)
    }

    /// Reads back what [`Model::to_bytes`] wrote.
    ///
    /// # Errors
    /// On anything else, without a panic and without allocating more than a few times its length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(StoreError::NotAModel)?;
        let (version, rest) = number(rest).ok_or_else(|| damaged("cut off"))?;
        if version != VERSION {
            return Err(StoreError::Version(version));
        }
        let (length, rest) = number(rest).ok_or_else(|| damaged("cut off"))?;
        let body = rest
            .len()
            .checked_sub(DIGEST)
            .ok_or_else(|| damaged("cut off"))?;
        let (signed, digest) = bytes.split_at(bytes.len() - DIGEST);
        if blake3::hash(signed).as_bytes() != digest {
            return Err(damaged("checksum"));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > body || !(body - length).is_multiple_of(NODE) {
            return Err(damaged("lengths"));
        }
        let header: Header = serde_json::from_slice(&rest[..length])
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let nodes: Vec<(u8, f32)> = rest[length..body]
            .chunks_exact(NODE)
            .map(|n| (n[0], f32::from_le_bytes([n[1], n[2], n[3], n[4]])))
            .collect();
        let ascending = header.columns.windows(2).all(|c| c[0] < c[1]);
        if !ascending || header.columns.iter().any(|c| usize::from(*c) >= FEATURES) {
            return Err(damaged("columns"));
        }
        let reference = header.card.reference.iter().flatten();
        let sound = reference.into_iter().all(ChannelReference::is_sound);
        if !header.card.threshold.is_finite() || !sane(&header.spec) || !sound {
            return Err(damaged("numbers"));
        }
        let forest = Forest::from_preorder(&nodes, header.trees, header.columns.len())
            .map_err(StoreError::Damaged)?;
        Ok(Self {
            card: header.card,
            scorer: Scorer {
                spec: header.spec,
                columns: header.columns,
                forest,
            },
        })
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*head), rest))
}

fn sane(spec: &FeatureSpec) -> bool {
    let fleet = &spec.fleet;
    let normal = &spec.fleet_normal;
    let positive = fleet
        .within
        .iter()
        .chain(&fleet.between)
        .chain(&normal.deviation);
    let finite = fleet.mean.iter().chain(&normal.mean);
    positive.into_iter().all(|v| v.is_finite() && *v > 0.0)
        && finite.into_iter().all(|v| v.is_finite())
        && spec.maintenance_age_hours.is_finite()
        && spec.period_ms > 0
        && spec.windows_ms.iter().all(|w| *w > 0)
}
