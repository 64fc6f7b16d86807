//! A machine's own normal where no explanation brings it: its band needs its first readings, neither a model nor a sound
//! run. Nothing here is a verdict.

use std::collections::HashMap;

use crate::domain::features::{FleetNormal, NORMAL_READINGS, Normal, NormalLearner};
use crate::domain::ports::{ALWAYS, is_fenced};
use crate::domain::{ChannelValues, LocoId};
use crate::ml::{Model, normal_learned};
use crate::warehouse::{Reader, WarehouseError};

use super::BAND_DEVIATIONS;

/// What each machine's first readings taught, read once and then only on from there.
#[derive(Default)]
pub(super) struct Own {
    learned: HashMap<LocoId, (NormalLearner, i64)>,
}

impl Own {
    /// Late readings may be among its first.
    pub fn forget_one(&mut self, loco: &LocoId) {
        self.learned.remove(loco);
    }

    /// The normal of each of these machines. Without a model, what a fleet has in common is that of the machines whose
    /// first readings are complete, and only those have a band: few readings would make a narrow one.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn normals<'k>(
        &mut self,
        reader: &Reader,
        model: Option<&Model>,
        locos: impl Iterator<Item = &'k LocoId>,
    ) -> Result<HashMap<LocoId, Normal>, WarehouseError> {
        let mut known = Vec::new();
        for loco in locos {
            let (learner, last_ms) = self
                .learned
                .entry(loco.clone())
                .or_insert_with(|| (NormalLearner::default(), ALWAYS.0));
            if !learner.is_complete() {
                let wanted = (NORMAL_READINGS - learner.readings()) as usize;
                let from_ms = last_ms.saturating_add(1);
                let fences = reader.fenced(loco)?;
                reader.readings(loco, from_ms, i64::MAX, Some(wanted), &mut |reading| {
                    if !is_fenced(&fences, reading.at_ms) {
                        learner.push(&reading.values);
                    }
                    *last_ms = reading.at_ms;
                })?;
            }
            if model.is_some() || learner.is_complete() {
                known.push((loco, learner.clone()));
            }
        }
        let learners: Vec<_> = known.iter().map(|(_, learner)| learner.clone()).collect();
        let fleet = match model {
            Some(_) => None,
            None => FleetNormal::of(&learners),
        };
        let normal = |(loco, learner): (&LocoId, NormalLearner)| {
            let normal = match model {
                Some(model) => normal_learned(model, &learner),
                None => learner.normal(fleet.as_ref()?),
            };
            Some((loco.clone(), normal))
        };
        Ok(known.into_iter().filter_map(normal).collect())
    }
}

/// Which values are outside the machine's own normal band.
pub(super) fn out_of_band(values: &ChannelValues, normal: Option<&Normal>) -> [bool; 4] {
    let Some(normal) = normal else {
        return [false; 4];
    };
    std::array::from_fn(|i| {
        (values[i] - normal.mean[i]).abs() > BAND_DEVIATIONS * normal.deviation[i]
    })
}
