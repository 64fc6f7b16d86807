//! What is looked at for alarms: the verdict of each locomotive, each channel against the machine's own normal band
//! and the configured limits (a sudden jump is told here long before the forecast moves), and what keeps verdicts from
//! being given, told once a source or a fleet where it strikes many.

use std::collections::{BTreeMap, HashMap};

use crate::domain::alarm::{Band, Inputs, Observation, Seen, Watch, What};
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

    /// The fleet or the source tells it, or it may be judged in a moment.
    fn told_otherwise(&self, row: &FleetRow, cause: &Cause, together: &Together) -> bool {
        self.fleet_cause.is_some()
            || together.contains_key(&group(row, cause))
            || (self.running && *cause == Cause::NotScored)
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
            if self.running && *cause == Cause::NotScored {
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
        Watch::Fleet { .. } => Seen::Gone,
        _ if sighted => Seen::Gone,
        _ => Seen::Unknown,
    }
}

fn watch_of_fleet(cause: &Cause) -> Watch {
    Watch::Fleet {
        cause: cause.key().to_owned(),
    }
}

/// Its source was refused: its values are those of before.
fn unread(row: &FleetRow) -> bool {
    matches!(
        row.verdict,
        Verdict::Unavailable(Cause::SourceRefused { .. } | Cause::RunFailed { .. })
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
mod tests {
    use super::*;
    use crate::domain::features::Normal;
    use crate::domain::{Flags, VerdictKind};

    fn row(n: usize, verdict: Verdict, vibration: f64) -> FleetRow {
        FleetRow {
            loco: LocoId::new(&format!("LOCO_{n:03}")),
            stale: matches!(verdict, Verdict::Unavailable(Cause::Stale { .. })),
            verdict,
            last_verdict: Some((VerdictKind::Nominal, 0)),
            probability: Some(0.1),
            trend_24h: Vec::new(),
            values: [500.0, 5.0, vibration, 45.0],
            out_of_band: [false; 4],
            flags: Flags::NONE,
            reading_at_ms: 90_000,
            age_ms: 10_000,
            days_since_maintenance: None,
            explanation: None,
            normal: Some(Normal {
                mean: [500.0, 5.0, 2.0, 45.0],
                deviation: [10.0, 0.1, 0.2, 1.0],
                readings: 400,
            }),
            happenings: Vec::new(),
            origin: None,
            source: "capteurs".into(),
        }
    }

    fn stale() -> Verdict {
        Verdict::Unavailable(Cause::Stale {
            age_ms: 10,
            limit_ms: 5,
        })
    }

    fn present(rows: &[FleetRow]) -> Present<'_> {
        Present {
            rows,
            fleet_cause: None,
            dead: &[],
            running: false,
            model: Some((7, 0.42)),
            limits: Limits::default(),
            dead_band: 0.1,
            now_ms: 100_000,
            fresh: &[],
        }
    }

    fn holding(present: &Present<'_>) -> Vec<What> {
        let all = present.observations().unwrap();
        all.into_iter()
            .filter(|o| o.seen == Seen::Holds)
            .filter_map(|o| Some(o.raising?.0))
            .collect()
    }

    fn seen_of(present: &Present<'_>, kind: &str) -> Vec<Seen> {
        let all = present.observations().unwrap();
        let of = all.iter().filter(|o| o.watch.kind() == kind);
        of.map(|o| o.seen).collect()
    }

    #[test]
    fn a_jump_out_of_the_machines_own_band_is_told_while_the_forecast_is_calm() {
        let rows = [row(1, Verdict::Nominal, 3.5), row(2, Verdict::Nominal, 2.1)];
        let told = holding(&present(&rows));
        let [
            What::Limit {
                channel: Channel::Vibration,
                value,
                limit,
                own: true,
            },
        ] = told[..]
        else {
            panic!("{told:?}");
        };
        assert_eq!((value, (limit * 10.0).round()), (3.5, 28.0));
    }

    #[test]
    fn configured_limits_are_told_even_without_the_machines_normal() {
        let mut rows = [row(1, Verdict::Nominal, 3.5), row(2, Verdict::Nominal, 2.0)];
        for row in &mut rows {
            row.normal = None;
        }
        let mut present = present(&rows);
        present.limits.max[2] = 3.0;
        let told = holding(&present);
        assert!(
            matches!(told[..], [What::Limit { limit, own: false, .. }] if limit == 3.0),
            "{told:?}"
        );
        // Within them nothing can be said of the rest: an alarm that stands goes on standing.
        assert_eq!(
            seen_of(&present, "limit")
                .iter()
                .filter(|s| **s == Seen::Unknown)
                .count(),
            7
        );
    }

    #[test]
    fn what_withdraws_nominal_never_ends_a_danger() {
        let mut rows = [row(1, Verdict::Danger, 2.0)];
        rows[0].probability = Some(0.6);
        assert_eq!(seen_of(&present(&rows), "danger"), [Seen::Holds]);
        rows[0].verdict = stale();
        assert_eq!(seen_of(&present(&rows), "danger"), [Seen::Unknown]);
        rows[0].verdict = Verdict::Nominal;
        for (probability, seen) in [(0.41, Seen::Near), (0.3, Seen::Gone)] {
            rows[0].probability = Some(probability);
            assert_eq!(seen_of(&present(&rows), "danger"), [seen]);
        }
    }

    #[test]
    fn a_dead_source_is_one_alarm() {
        let rows: Vec<FleetRow> = (0..30).map(|n| row(n, stale(), 9.0)).collect();
        let told = holding(&present(&rows));
        assert!(
            matches!(&told[..], [What::Source { source, locomotives, .. }]
                if source == "capteurs" && locomotives.len() == 30),
            "{told:?}"
        );
        let few: Vec<FleetRow> = (0..3).map(|n| row(n, stale(), 2.0)).collect();
        assert_eq!(holding(&present(&few)).len(), 3, "few are told each");
        let calm = [row(1, Verdict::Nominal, 2.0)];
        let dead = [("capteurs".to_owned(), "no such file".to_owned())];
        let mut unread = present(&calm);
        unread.dead = &dead;
        assert!(matches!(&holding(&unread)[..], [What::Source { .. }]));
    }

    #[test]
    fn a_blind_fleet_is_one_alarm_and_a_first_start_is_none() {
        let failed = Cause::RunFailed { reason: "x".into() };
        let rows: Vec<FleetRow> = (0..30)
            .map(|n| row(n, Verdict::Unavailable(failed.clone()), 9.0))
            .collect();
        let mut blind = present(&rows);
        blind.fleet_cause = Some(&failed);
        assert!(matches!(&holding(&blind)[..], [What::Fleet { .. }]));
        blind.running = true;
        assert_eq!(blind.observations(), None, "a run is under way");
        let never = Cause::NeverRun;
        let mut first = present(&[]);
        first.fleet_cause = Some(&never);
        assert_eq!(first.observations(), None);
    }

    #[test]
    fn what_is_about_to_be_judged_is_no_alarm_yet() {
        let rows = [row(1, Verdict::Unavailable(Cause::NotScored), 2.0)];
        let mut present = present(&rows);
        assert_eq!(seen_of(&present, "no_verdict"), [Seen::Holds]);
        present.running = true;
        assert_eq!(seen_of(&present, "no_verdict"), [Seen::Unknown]);
    }

    #[test]
    fn a_jump_that_came_and_went_in_one_load_is_seen() {
        let rows = [row(1, Verdict::Nominal, 2.0)];
        let reading = |loco: &str, second: i64, vibration| Fresh {
            loco: LocoId::new(loco),
            at_ms: second * 1000,
            values: [500.0, 5.0, vibration, 45.0],
        };
        let fresh = [
            reading("LOCO_001", 60, 9.0),
            reading("LOCO_001", 75, 9.0),
            reading("LOCO_001", 80, 2.0),
            reading("LOCO_001", 90, 2.0),
            reading("LOCO_999", 60, 9.0),
        ];
        let mut present = present(&rows);
        present.fresh = &fresh;
        let mut board = crate::domain::alarm::Board::default();
        let look = |board: &mut crate::domain::alarm::Board, seen: &[Observation]| {
            board.look(seen, |_| Seen::Unknown, 500_000, 10_000)
        };
        let raised = look(&mut board, &present.passed());
        assert_eq!(raised.len(), 1, "it lasted fifteen seconds");
        assert_eq!(raised[0].alarm.inputs.map(|x| x.at_ms), Some(75_000));
        // The newest reading is the row's own.
        let ended = look(&mut board, &present.observations().unwrap());
        assert!(ended.iter().all(|c| !c.alarm.active), "{ended:?}");
    }
}
