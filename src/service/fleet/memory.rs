//! The fleet as it was when it was last looked at: the next look reads only what is newer. Who got readings
//! late, and whom another model judges, is read anew.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::domain::ports::ALWAYS;
use crate::domain::{ChannelValues, LocoId};
use crate::ml::Followers;
use crate::service::notes;
use crate::warehouse::{LatestReading, PERIOD_READINGS, Reader, WarehouseError, median_step};

use super::known::Known;
use super::own::Own;
use super::{DAY_MS, Explanations};

/// Readings kept for whoever asks what happened between two pictures.
const FRESH_MOST: usize = 100_000;

/// Kept from picture to picture, for one warehouse.
#[derive(Default)]
pub struct FleetMemory {
    locos: HashMap<LocoId, Kept>,
    pub(super) followers: Followers,
    /// Explanations of the past, for replays.
    pub(super) replayed: Explanations,
    pub(super) own: Own,
    seen: Seen,
    fresh: Vec<Fresh>,
}

/// A reading that came since the last look.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    pub loco: LocoId,
    /// UTC milliseconds, the source's clock.
    pub at_ms: i64,
    pub values: ChannelValues,
}

/// What of the warehouse says that more than readings has changed.
#[derive(Default, Clone, PartialEq)]
struct Seen {
    late: BTreeMap<u32, u64>,
    model: Option<u32>,
    run: Option<i64>,
    quarantined: Option<(i64, u64)>,
    events: u64,
    entry: i64,
    /// Batches that are fenced: number and locomotive.
    fenced: BTreeMap<i64, LocoId>,
}

struct Kept {
    known: Known,
    /// Newest instants, the last one last.
    times: VecDeque<i64>,
}

impl FleetMemory {
    pub(super) fn known(&self) -> impl Iterator<Item = &Known> + Clone {
        self.locos.values().map(|kept| &kept.known)
    }

    pub(super) fn known_mut(&mut self) -> (impl Iterator<Item = &mut Known>, &mut Followers) {
        let known = self.locos.values_mut().map(|kept| &mut kept.known);
        (known, &mut self.followers)
    }

    /// The readings that came since this was last asked, each locomotive's in time order: what happened between two
    /// pictures. Of a long absence there are none.
    pub fn take_fresh(&mut self) -> Vec<Fresh> {
        std::mem::take(&mut self.fresh)
    }

    /// Another warehouse has taken the place of this one.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Reads what is new. `wall_ms` is the computer's clock.
    pub(super) fn refresh(
        &mut self,
        reader: &Reader,
        model: Option<u32>,
        wall_ms: i64,
    ) -> Result<(), WarehouseError> {
        let last = reader.last_run()?;
        let fenced = reader.holds(false)?.into_iter();
        let now = Seen {
            late: reader.late_loads()?,
            model,
            run: last.as_ref().map(|last| last.run),
            quarantined: last.as_ref().map(|last| (last.run, last.rows_quarantined)),
            events: reader.event_count()?,
            entry: reader.last_entry()?,
            fenced: fenced.map(|held| (held.hold, held.loco)).collect(),
        };
        let before = std::mem::replace(&mut self.seen, now.clone());
        // Another normal is learned where a fence came or went.
        for (hold, loco) in before.fenced.iter().chain(&now.fenced) {
            if before.fenced.contains_key(hold) != now.fenced.contains_key(hold) {
                self.followers.forget_one(loco);
                self.own.forget_one(loco);
            }
        }
        let mut known = std::mem::take(&mut self.locos);
        // Nobody asked for them: they would only pile up.
        self.fresh.truncate(FRESH_MOST);
        for (number, newest_ms, loco) in reader.newest_instants()? {
            let late = now.late.get(&number) != before.late.get(&number);
            let kept = known
                .remove(&loco)
                .filter(|kept| !late && kept.known.newest.reading.at_ms <= newest_ms);
            let kept = match kept {
                Some(mut kept) => {
                    let fresh = kept.refresh(reader, &loco, newest_ms, &before, &now)?;
                    self.fresh.extend(fresh);
                    Some(kept)
                }
                None => {
                    self.followers.forget_one(&loco);
                    self.own.forget_one(&loco);
                    Kept::read(reader, &loco, wall_ms)?
                }
            };
            self.locos.extend(kept.map(|kept| (loco, kept)));
        }
        Ok(())
    }
}

impl Kept {
    fn read(reader: &Reader, loco: &LocoId, wall_ms: i64) -> Result<Option<Self>, WarehouseError> {
        let Some(newest) = reader.latest_of(loco, i64::MAX)? else {
            return Ok(None);
        };
        // Whichever clock it goes by: the day before the earlier of both is enough for either.
        let from_ms = newest.reading.at_ms.min(wall_ms);
        let times = reader.newest_times(loco)?;
        let known = Known::read(reader, newest, from_ms, i64::MAX)?;
        Ok(Some(Self {
            known,
            times: times.into(),
        }))
    }

    fn refresh(
        &mut self,
        reader: &Reader,
        loco: &LocoId,
        newest_ms: i64,
        before: &Seen,
        now: &Seen,
    ) -> Result<Vec<Fresh>, WarehouseError> {
        let mut fresh = Vec::new();
        let known = &mut self.known;
        let at_ms = known.newest.reading.at_ms;
        let newer = newest_ms > at_ms;
        // A new run may have renamed a source or set its clock.
        if (newer || before.run != now.run)
            && let Some(newest) = reader.newest_of(loco)?
        {
            if newer {
                fresh = note_times(&mut self.times, reader, loco, at_ms)?;
                known.explained = None;
            }
            known.newest = LatestReading {
                period_ms: median_step(self.times.make_contiguous()),
                first_ms: known.newest.first_ms,
                ..newest
            };
        }
        if before.model != now.model {
            known.explained = None;
        }
        let settled = known
            .judged
            .is_some_and(|j| j.at_ms == known.newest.reading.at_ms && Some(j.model) == now.model);
        if !settled {
            let from_ms = known
                .recent
                .last_ms()
                .map_or(newest_ms - DAY_MS, |ms| ms + 1);
            let recent = &mut known.recent;
            reader.judged(loco, from_ms, i64::MAX, &mut |j| recent.push(j))?;
            known.judged = reader.latest_judged(loco, i64::MAX)?;
        }
        known.recent.forget_before(newest_ms - DAY_MS);
        if before.quarantined != now.quarantined {
            known.refused_ms = reader.newest_refused(loco)?;
        }
        if before.events != now.events {
            known.events = reader.events(loco)?;
        }
        if before.entry != now.entry {
            known.notes = notes::standing(reader, loco, ALWAYS, &[])?;
        }
        Ok(fresh)
    }
}

/// Adds the instants after `after_ms`; of a long absence only the last ones count. Gives back the readings.
fn note_times(
    times: &mut VecDeque<i64>,
    reader: &Reader,
    loco: &LocoId,
    after_ms: i64,
) -> Result<Vec<Fresh>, WarehouseError> {
    let mut fresh = Vec::new();
    let limit = Some(PERIOD_READINGS + 1);
    reader.readings(loco, after_ms + 1, i64::MAX, limit, &mut |reading| {
        times.push_back(reading.at_ms);
        fresh.push(Fresh {
            loco: loco.clone(),
            at_ms: reading.at_ms,
            values: reading.values,
        });
    })?;
    if fresh.len() > PERIOD_READINGS {
        *times = reader.newest_times(loco)?.into();
        fresh.clear();
    }
    times.drain(..times.len().saturating_sub(PERIOD_READINGS));
    Ok(fresh)
}
