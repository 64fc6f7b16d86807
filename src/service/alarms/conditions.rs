//! What is looked at for alarms: the verdict of each locomotive, each channel against the machine's own normal band
//! and the configured limits (a sudden jump is told here long before the forecast moves), and what keeps verdicts from
//! being given, told once a source or a fleet where it strikes many.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::alarm::{Band, Inputs, Observation, Seen, Watch, What};
use crate::domain::poison::Held;
use crate::domain::{Cause, Channel, Limits, LocoId, Verdict};
use crate::service::fleet::{BAND_DEVIATIONS, Fresh};
use crate::service::snapshot::FleetRow;

/// From so many locomotives of a source on, one cause is one alarm.
const TOGETHER: usize = 4;

/// The present, as far as alarms look at it.
pub struct Present<'a> {
    pub rows: &'a [FleetRow],
    /// Why no locomotive has a verdict.
    pub fleet_cause: Option<&'a Cause>,
    /// Followed sources that cannot be read.
    pub dead: &'a [(String, String)],
    /// A run of our own is under way: what is not judged yet may soon be.
    pub running: bool,
    /// Version and threshold of the model in force.
    pub model: Option<(u32, f64)>,
    pub limits: Limits,
    pub dead_band: f64,
    /// "Now" of the fleet, UTC milliseconds.
    pub now_ms: i64,
    /// Readings that came since the last look.
    pub fresh: &'a [Fresh],
    /// Batches that look poisoned and were not released, newest first.
    pub held: &'a [Held],
}

impl Present<'_> {
    /// Everything that can be seen; `None` while there is nothing sound to look at yet.
    #[must_use]
    pub fn observations(&self) -> Option<Vec<Observation>> {
        match self.fleet_cause {
            Some(Cause::NeverRun) => return None,
            Some(_) if self.running => return None,
            _ => {}
        }
        let mut all = Vec::with_capacity(self.rows.len() * 6);
        if let Some(cause) = self.fleet_cause {
            let what = What::Fleet {
                cause: cause.clone(),
            };
            all.push(self.common(watch_of_fleet(cause), what));
        }
        let together = self.together();
        for row in self.rows {
            let inputs = self.inputs(row);
            all.push(self.danger(row, inputs));
            all.extend(Channel::ALL.map(|c| self.limit(row, c, inputs)));
            all.push(self.no_verdict(row, &together, inputs));
        }
        for ((source, _), (cause, locomotives)) in together {
            let watch = Watch::Source {
                source: source.clone(),
                cause: cause.key().to_owned(),
            };
            let what = What::Source {
                source,
                cause,
                locomotives,
            };
            all.push(self.common(watch, what));
        }
        let mut told: HashSet<&LocoId> = HashSet::new();
        for held in self.held.iter().filter(|held| told.insert(&held.loco)) {
            let watch = Watch::Held {
                loco: held.loco.clone(),
            };
            let what = What::Held {
                reason: held.reason,
                rows: held.rows,
            };
            all.push(self.common(watch, what));
        }
        Some(all)
    }

    /// What the readings between the last picture and this one were: a jump that came and went in one load is seen.
    #[must_use]
    pub fn passed(&self) -> Vec<Observation> {
        let rows: HashMap<&LocoId, &FleetRow> = self.rows.iter().map(|r| (&r.loco, r)).collect();
        let mut all = Vec::new();
        for fresh in self.fresh {
            let Some(row) = rows
                .get(&fresh.loco)
                .filter(|r| fresh.at_ms < r.reading_at_ms)
            else {
                continue;
            };
            let inputs = Inputs {
                at_ms: fresh.at_ms,
                values: fresh.values,
                probability: None,
                threshold: None,
                model: None,
            };
            for channel in Channel::ALL {
                let (seen, what) = self.against_limits(row, channel, fresh.values[channel.index()]);
                let loco = row.loco.clone();
                all.push(Observation {
                    watch: Watch::Limit { loco, channel },
                    seen,
                    source_ms: fresh.at_ms,
                    raising: (seen == Seen::Holds).then_some((what, Some(inputs))),
                });
            }
        }
        all
    }

    fn common(&self, watch: Watch, what: What) -> Observation {
        Observation {
            watch,
            seen: Seen::Holds,
            source_ms: self.now_ms,
            raising: Some((what, None)),
        }
    }

    fn inputs(&self, row: &FleetRow) -> Inputs {
        let (model, threshold) = self.model.unzip();
        Inputs {
            at_ms: row.reading_at_ms,
            values: row.values,
            probability: row.probability,
            threshold: row.probability.and(threshold),
            model: row.probability.and(model),
        }
    }

    fn danger(&self, row: &FleetRow, inputs: Inputs) -> Observation {
        let threshold = self.model.map_or(f64::NAN, |m| m.1);
        let probability = row.probability.unwrap_or(f64::NAN);
        let seen = match row.verdict {
            Verdict::Danger => Seen::Holds,
            Verdict::Nominal if probability <= threshold * (1.0 - self.dead_band) => Seen::Gone,
            Verdict::Nominal => Seen::Near,
            // What withdraws NOMINAL is no reason to think that a danger is over.
            Verdict::Unavailable(_) => Seen::Unknown,
        };
        let what = What::Danger {
            probability,
            threshold,
        };
        observed(
            Watch::Danger {
                loco: row.loco.clone(),
            },
            seen,
            row,
            what,
            inputs,
        )
    }

    fn limit(&self, row: &FleetRow, channel: Channel, inputs: Inputs) -> Observation {
        let value = row.values[channel.index()];
        let (seen, what) = self.against_limits(row, channel, value);
        // An old value says nothing of now.
        let seen = if row.stale || unread(row) {
            Seen::Unknown
        } else {
            seen
        };
        let loco = row.loco.clone();
        observed(Watch::Limit { loco, channel }, seen, row, what, inputs)
    }

    /// A value of a machine against its own band and the configured limits.
    fn against_limits(&self, row: &FleetRow, channel: Channel, value: f64) -> (Seen, What) {
        let i = channel.index();
        let (low, high) = (self.limits.min[i], self.limits.max[i]);
        let configured = Band {
            low,
            high,
            centre: f64::midpoint(low, high),
        };
        let normal = row.normal.as_ref().map(|n| {
            let reach = BAND_DEVIATIONS * n.deviation[i];
            Band {
                low: n.mean[i] - reach,
                high: n.mean[i] + reach,
                centre: n.mean[i],
            }
        });
        let band = normal.map_or(configured, |own| own.within(low, high));
        // Without the machine's normal, only what is beyond every limit is known.
        let seen = match band.look(value, self.dead_band) {
            Seen::Near | Seen::Gone if normal.is_none() => Seen::Unknown,
            seen => seen,
        };
        let what = What::Limit {
            channel,
            value,
            limit: band.crossed(value).unwrap_or(f64::NAN),
            own: configured.crossed(value).is_none(),
        };
        (seen, what)
    }

    fn no_verdict(&self, row: &FleetRow, together: &Together, inputs: Inputs) -> Observation {
        let (seen, cause) = match &row.verdict {
            Verdict::Nominal | Verdict::Danger => (Seen::Gone, None),
            Verdict::Unavailable(cause) if self.told_otherwise(row, cause, together) => {
                (Seen::Unknown, None)
            }
            Verdict::Unavailable(cause) => (Seen::Holds, Some(cause)),
        };
        let what = What::NoVerdict {
            cause: cause.cloned().unwrap_or(Cause::NotScored),
        };
        observed(
            Watch::NoVerdict {
                loco: row.loco.clone(),
            },
            seen,
            row,
            what,
            inputs,
        )
    }

    /// The fleet, the source or the held batch tells it, or it may be judged in a moment.
    fn told_otherwise(&self, row: &FleetRow, cause: &Cause, together: &Together) -> bool {
        self.fleet_cause.is_some()
            || together.contains_key(&group(row, cause))
            || (self.running && *cause == Cause::NotScored)
            || matches!(cause, Cause::Held { .. })
    }

    /// Causes that strike many locomotives of a source at once, and sources that cannot be read at all.
    fn together(&self) -> Together {
        if self.fleet_cause.is_some() {
            return Together::new();
        }
        let mut groups = Together::new();
        for (source, _) in self.dead {
            let cause = Cause::SourceRefused {
                source: source.clone(),
            };
            groups.insert(
                (source.clone(), cause.key().to_owned()),
                (cause, Vec::new()),
            );
        }
        for row in self.rows {
            let Verdict::Unavailable(cause) = &row.verdict else {
                continue;
            };
            // Held batches are told one by one.
            if (self.running && *cause == Cause::NotScored) || matches!(cause, Cause::Held { .. }) {
                continue;
            }
            let (_, locos) = groups
                .entry(group(row, cause))
                .or_insert_with(|| (cause.clone(), Vec::new()));
            locos.push(row.loco.clone());
        }
        groups.retain(|_, (cause, locos)| {
            matches!(cause, Cause::SourceRefused { .. }) || locos.len() >= TOGETHER
        });
        groups
    }
}

/// By source and cause: that cause, and whom it strikes.
type Together = BTreeMap<(String, String), (Cause, Vec<LocoId>)>;

fn group(row: &FleetRow, cause: &Cause) -> (String, String) {
    let source = match cause {
        Cause::SourceRefused { source } => source,
        _ => &row.source,
    };
    (source.clone(), cause.key().to_owned())
}

/// How a condition looks that nothing was observed of: it is over, unless the fleet has no verdicts (is not `sighted`)
/// and nothing is known of it now.
#[must_use]
pub const fn elsewhere(watch: &Watch, sighted: bool) -> Seen {
    match watch {
        Watch::Fleet { .. } | Watch::Held { .. } => Seen::Gone,
        _ if sighted => Seen::Gone,
        _ => Seen::Unknown,
    }
}

fn watch_of_fleet(cause: &Cause) -> Watch {
    Watch::Fleet {
        cause: cause.key().to_owned(),
    }
}

/// Its source was refused: its values are those of before. A run that failed takes back no reading that is in.
fn unread(row: &FleetRow) -> bool {
    matches!(
        row.verdict,
        Verdict::Unavailable(Cause::SourceRefused { .. })
    )
}

fn observed(watch: Watch, seen: Seen, row: &FleetRow, what: What, inputs: Inputs) -> Observation {
    Observation {
        watch,
        seen,
        source_ms: row.reading_at_ms + row.age_ms,
        raising: (seen == Seen::Holds).then_some((what, Some(inputs))),
    }
}

#[cfg(test)]
mod tests;
