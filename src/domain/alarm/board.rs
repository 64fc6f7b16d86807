//! The open alarms and how they change. Pure: it is told what was seen and done, and when.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Act, Alarm, Aside, Change, Now, Observation, PROGRAM, Seen, State, Step, Watch};

/// An alarm is shelved for a day at most: longer is out of service.
pub const SHELF_MAX_MS: i64 = 24 * 3_600_000;

/// Why something cannot be done to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this alarm is closed")]
    Closed,
    #[error("this alarm was acknowledged already")]
    Acknowledged,
    #[error("this alarm is shelved or out of service")]
    SetAside,
    #[error("this alarm is not shelved")]
    NotShelved,
    #[error("this alarm is not out of service")]
    InService,
    #[error("a reason is needed")]
    NoReason,
    #[error("the end must lie ahead, within 24 hours")]
    NoExpiry,
}

/// All open alarms, and what is about to change them.
#[derive(Debug, Clone, Default)]
pub struct Board {
    open: BTreeMap<i64, Alarm>,
    of: HashMap<Watch, i64>,
    /// Since when a condition has been other than its alarm says.
    since: HashMap<Watch, Now>,
    last_id: i64,
}

impl Board {
    /// Goes on from what was written down: open alarms, and the highest number ever given.
    #[must_use]
    pub fn resumed(open: Vec<Alarm>, last_id: i64) -> Self {
        let last_id = open.iter().map(|a| a.id).fold(last_id, i64::max);
        Self {
            of: open.iter().map(|a| (a.watch.clone(), a.id)).collect(),
            open: open.into_iter().map(|a| (a.id, a)).collect(),
            since: HashMap::new(),
            last_id,
        }
    }

    /// The open alarms, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Alarm> {
        self.open.values()
    }

    /// Something is about to change unless it is seen otherwise.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.since.is_empty()
    }

    /// Takes a look at everything; `elsewhere` says how the conditions look that nothing was observed of.
    /// A condition counts from `delay_ms` on, by the source's clock or the computer's, whichever is first: the
    /// newest reading stands until another one says otherwise.
    pub fn look(
        &mut self,
        observed: &[Observation],
        elsewhere: impl Fn(&Watch) -> Seen,
        wall_ms: i64,
        delay_ms: i64,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for observation in observed {
            changes.extend(self.see(observation, wall_ms, delay_ms));
        }
        let seen: HashSet<&Watch> = observed.iter().map(|o| &o.watch).collect();
        let known: HashSet<&Watch> = self.of.keys().chain(self.since.keys()).collect();
        let missing: Vec<Watch> = known
            .into_iter()
            .filter(|watch| !seen.contains(watch))
            .cloned()
            .collect();
        for watch in missing {
            let observation = Observation {
                seen: elsewhere(&watch),
                watch,
                source_ms: wall_ms,
                raising: None,
            };
            changes.extend(self.see(&observation, wall_ms, delay_ms));
        }
        changes
    }

    fn see(&mut self, observed: &Observation, wall_ms: i64, delay_ms: i64) -> Option<Change> {
        let watch = &observed.watch;
        let standing = self.of.get(watch).and_then(|id| self.open.get_mut(id));
        let active = standing.as_ref().is_some_and(|alarm| alarm.active);
        let holds = match observed.seen {
            Seen::Holds => true,
            Seen::Gone => false,
            // It has not lasted.
            Seen::Near => {
                self.since.remove(watch);
                return None;
            }
            Seen::Unknown => return None,
        };
        if holds == active {
            self.since.remove(watch);
            return None;
        }
        let now = Now {
            source_ms: observed.source_ms,
            wall_ms,
        };
        let since = *self.since.entry(watch.clone()).or_insert(now);
        let lasted = (now.source_ms - since.source_ms).max(now.wall_ms - since.wall_ms);
        if lasted < delay_ms {
            return None;
        }
        self.since.remove(watch);
        let act = by_program(wall_ms);
        match (standing, holds) {
            (Some(alarm), true) => {
                alarm.active = true;
                alarm.returned_ms = None;
                Some(change(alarm, Step::Renewed, act))
            }
            (Some(alarm), false) => {
                alarm.active = false;
                alarm.returned_ms = Some(wall_ms);
                let returned = change(alarm, Step::Returned, act);
                self.close_if_over(&returned.alarm);
                Some(returned)
            }
            (None, _) => {
                let (what, inputs) = observed.raising.clone()?;
                self.last_id += 1;
                let alarm = Alarm {
                    id: self.last_id,
                    watch: watch.clone(),
                    what,
                    raised_ms: wall_ms,
                    inputs,
                    active: true,
                    returned_ms: None,
                    acknowledged: None,
                    aside: None,
                };
                self.of.insert(watch.clone(), alarm.id);
                let raised = change(&alarm, Step::Raised, act);
                self.open.insert(alarm.id, alarm);
                Some(raised)
            }
        }
    }

    /// Somebody has seen it. One whose condition has ended is closed with that.
    ///
    /// # Errors
    /// It is closed, acknowledged already, or set aside.
    pub fn acknowledge(&mut self, id: i64, act: Act) -> Result<Change, Refusal> {
        let alarm = self.open.get_mut(&id).ok_or(Refusal::Closed)?;
        if alarm.aside.is_some() {
            return Err(Refusal::SetAside);
        }
        if alarm.acknowledged.is_some() {
            return Err(Refusal::Acknowledged);
        }
        alarm.acknowledged = Some(act.clone());
        let acknowledged = change(alarm, Step::Acknowledged, act);
        self.close_if_over(&acknowledged.alarm);
        Ok(acknowledged)
    }

    /// Out of sight until an instant; one that is shelved may be shelved anew.
    ///
    /// # Errors
    /// It is closed or out of service; no reason is given; the end does not lie ahead, or beyond [`SHELF_MAX_MS`].
    pub fn shelve(&mut self, id: i64, until_ms: i64, act: Act) -> Result<Change, Refusal> {
        let alarm = self.open.get_mut(&id).ok_or(Refusal::Closed)?;
        if matches!(alarm.aside, Some(Aside::OutOfService { .. })) {
            return Err(Refusal::SetAside);
        }
        if act.words.trim().is_empty() {
            return Err(Refusal::NoReason);
        }
        if until_ms <= act.at_ms || until_ms > act.at_ms + SHELF_MAX_MS {
            return Err(Refusal::NoExpiry);
        }
        alarm.aside = Some(Aside::Shelved {
            act: act.clone(),
            until_ms,
        });
        Ok(change(alarm, Step::Shelved, act))
    }

    /// Out of sight until somebody takes it back.
    ///
    /// # Errors
    /// It is closed or out of service already; no reason is given.
    pub fn out_of_service(&mut self, id: i64, act: Act) -> Result<Change, Refusal> {
        let alarm = self.open.get_mut(&id).ok_or(Refusal::Closed)?;
        if matches!(alarm.aside, Some(Aside::OutOfService { .. })) {
            return Err(Refusal::SetAside);
        }
        if act.words.trim().is_empty() {
            return Err(Refusal::NoReason);
        }
        alarm.aside = Some(Aside::OutOfService { act: act.clone() });
        Ok(change(alarm, Step::OutOfService, act))
    }

    /// Takes it back into sight before its time.
    ///
    /// # Errors
    /// It is closed or not shelved.
    pub fn unshelve(&mut self, id: i64, act: Act) -> Result<Change, Refusal> {
        match self.open.get(&id).ok_or(Refusal::Closed)?.aside {
            Some(Aside::Shelved { .. }) => self.release(id, Step::Unshelved, act),
            _ => Err(Refusal::NotShelved),
        }
    }

    /// Takes it back into service.
    ///
    /// # Errors
    /// It is closed or in service.
    pub fn back_in_service(&mut self, id: i64, act: Act) -> Result<Change, Refusal> {
        match self.open.get(&id).ok_or(Refusal::Closed)?.aside {
            Some(Aside::OutOfService { .. }) => self.release(id, Step::BackInService, act),
            _ => Err(Refusal::InService),
        }
    }

    /// Ends the shelvings whose time is over.
    pub fn expire(&mut self, wall_ms: i64) -> Vec<Change> {
        let over = |alarm: &&Alarm| matches!(alarm.aside, Some(Aside::Shelved { until_ms, .. }) if until_ms <= wall_ms);
        let ids: Vec<i64> = self.open.values().filter(over).map(|a| a.id).collect();
        ids.into_iter()
            .filter_map(|id| self.release(id, Step::Expired, by_program(wall_ms)).ok())
            .collect()
    }

    /// One whose condition lasts calls anew; one that ended unseen still waits to be acknowledged.
    fn release(&mut self, id: i64, step: Step, act: Act) -> Result<Change, Refusal> {
        let alarm = self.open.get_mut(&id).ok_or(Refusal::Closed)?;
        alarm.aside = None;
        if alarm.active {
            alarm.acknowledged = None;
        }
        let released = change(alarm, step, act);
        self.close_if_over(&released.alarm);
        Ok(released)
    }

    fn close_if_over(&mut self, alarm: &Alarm) {
        if alarm.state() == State::Closed {
            self.open.remove(&alarm.id);
            self.of.remove(&alarm.watch);
        }
    }
}

fn by_program(at_ms: i64) -> Act {
    Act {
        at_ms,
        who: PROGRAM.to_owned(),
        words: String::new(),
    }
}

fn change(alarm: &Alarm, step: Step, act: Act) -> Change {
    Change {
        alarm: alarm.clone(),
        step,
        act,
    }
}
