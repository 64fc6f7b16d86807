//! What the model in force says of a few readings, to the last bit: a restored warehouse must say the same.

use serde::{Deserialize, Serialize};

use crate::domain::LocoId;
use crate::domain::ports::Judge;
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::ml;
use crate::service::training::model_in_force;
use crate::warehouse::Reader;

/// Locomotives whose last reading is judged at most.
const LOCOMOTIVES: usize = 20;

/// A judgement that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service::continuity) struct Kept {
    /// A locomotive and its last reading's instant (UTC milliseconds), or a preset.
    pub of: String,
    pub at_ms: Option<i64>,
    /// The bits of the probability, hexadecimal.
    pub bits: String,
}

fn kept(of: &str, at_ms: Option<i64>, probability: f64) -> Kept {
    Kept {
        of: of.to_owned(),
        at_ms,
        bits: format!("{:016x}", probability.to_bits()),
    }
}

/// The model in force on the presets and on the last readings, each with all the past that belongs to it; nothing
/// where there is no model, or one that cannot be read (then it cannot be read in the copy either).
///
/// # Errors
/// The warehouse cannot be read.
pub(in crate::service::continuity) fn judge(reader: &Reader) -> Result<Vec<Kept>, String> {
    let model = match model_in_force(reader) {
        Ok(Some(model)) => model,
        Ok(None) => return Ok(Vec::new()),
        Err(why) => {
            tracing::warn!(why, "no verdicts are kept");
            return Ok(Vec::new());
        }
    };
    let mut all = vec![
        kept("nominal", None, model.probability(&PRESET_NOMINAL, None)),
        kept("alert", None, model.probability(&PRESET_ALERT, None)),
    ];
    let locos = reader.locomotives().map_err(|e| e.to_string())?;
    for (_, loco) in locos.iter().take(LOCOMOTIVES) {
        all.extend(last_of(reader, &model, loco)?);
    }
    Ok(all)
}

fn last_of(reader: &Reader, model: &ml::Model, loco: &LocoId) -> Result<Option<Kept>, String> {
    let newest = reader
        .latest_of(loco, i64::MAX)
        .map_err(|e| e.to_string())?;
    let Some(at_ms) = newest.map(|latest| latest.reading.at_ms) else {
        return Ok(None);
    };
    let explained = ml::explain_at(model, reader, loco, at_ms).map_err(|e| e.to_string())?;
    Ok(explained.map(|e| kept(loco.as_str(), Some(at_ms), e.probability)))
}

/// What of the judgements now is not what was kept; `None`: nothing.
pub(in crate::service::continuity) fn differ(kept: &[Kept], now: &[Kept]) -> Option<String> {
    if kept.len() != now.len() {
        return Some(format!("{} verdicts in place of {}", now.len(), kept.len()));
    }
    let other = kept.iter().zip(now).find(|(kept, now)| kept != now);
    other.map(|(kept, _)| format!("another verdict of {}", kept.of))
}
