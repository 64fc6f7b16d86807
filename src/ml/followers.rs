//! Locomotives whose readings come one by one: what each window holds is remembered, so that the next reading
//! costs no more than itself. It says what [`super::score_locomotive`] and [`super::explain_at`] say, as long
//! as nothing was added before what it has seen; whoever keeps it forgets it then.

use std::collections::HashMap;

use super::explain::{Explained, explain_on};
use super::model::{Model, Standing};
use crate::domain::ports::{ReadError, Readings, SoundReadings};
use crate::domain::{LocoId, Reading};

/// Where each locomotive was left, by one model.
#[derive(Debug, Default)]
pub struct Followers {
    version: Option<u32>,
    left: HashMap<LocoId, Standing>,
}

impl Followers {
    /// Scores the readings of a locomotive from `from_ms` on, as [`super::score_locomotive`].
    ///
    /// # Errors
    /// When the reader fails.
    pub fn score(
        &mut self,
        model: &Model,
        readings: &dyn SoundReadings,
        loco: &LocoId,
        from_ms: i64,
        visit: &mut dyn FnMut(&Reading, f64),
    ) -> Result<(), ReadError> {
        let scorer = &model.scorer;
        let kept = self.take(model, loco);
        let left = scorer.follow_on(readings, loco, kept, (from_ms, i64::MAX), &mut |f| {
            visit(f.reading, scorer.probability(f.blocks))
        })?;
        self.left.extend(left.map(|left| (loco.clone(), left)));
        Ok(())
    }

    /// Explains the reading at `at_ms`, as [`super::explain_at`].
    ///
    /// # Errors
    /// When the reader fails.
    pub fn explain(
        &mut self,
        model: &Model,
        readings: &dyn Readings,
        loco: &LocoId,
        at_ms: i64,
    ) -> Result<Option<Explained>, ReadError> {
        let kept = self.take(model, loco);
        let (explained, left) = explain_on(model, readings, loco, kept, at_ms)?;
        self.left.extend(left.map(|left| (loco.clone(), left)));
        Ok(explained)
    }

    fn take(&mut self, model: &Model, loco: &LocoId) -> Option<Standing> {
        if self.version.replace(model.card.version) != Some(model.card.version) {
            self.left.clear();
        }
        self.left.remove(loco)
    }

    pub fn forget(&mut self) {
        self.left.clear();
    }

    pub fn forget_one(&mut self, loco: &LocoId) {
        self.left.remove(loco);
    }
}
