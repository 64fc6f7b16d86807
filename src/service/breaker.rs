//! The breaker: past the limit of drift, or where scoring takes too long, it withdraws NOMINAL from the whole fleet.
//! DANGER it never touches. It stays tripped until a person arms it again, with a reason.
//!
//! Its state is what the journal says, so that it outlives the program and is the same for every program. It belongs
//! to one model version: drift is measured against what that model learned from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::{Cause, Channel};
use crate::warehouse::{Entry, Reader, WarehouseError};

use super::pipeline::wall_ms;

const PREFIX: &str = "breaker_";
pub const TRIPPED: &str = "breaker_tripped";
pub const ARMED: &str = "breaker_armed";
pub const RESTED: &str = "breaker_rested";
/// The name under which the program itself writes.
pub const PROGRAM: &str = "cidp";

/// What the breaker watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fuse {
    /// Stability index of a channel.
    Channel(Channel),
    /// Milliseconds that scoring a reading takes.
    Latency,
}

/// One measure of what it watches, with its limit in the same unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    pub fuse: Fuse,
    pub value: f64,
    pub limit: f64,
    /// Readings behind it.
    pub readings: u64,
}

impl Measure {
    #[must_use]
    pub fn is_over(&self) -> bool {
        // What is no number is no reason to trust.
        self.value.is_nan() || self.value > self.limit
    }
}

/// What an entry of the journal says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Detail {
    model: u32,
    #[serde(flatten)]
    measure: Measure,
}

/// A fuse that is not in its ordinary state.
#[derive(Debug, Clone, PartialEq)]
pub struct Blown {
    /// What tripped it.
    pub measure: Measure,
    /// When it tripped, UTC milliseconds by the computer's clock.
    pub at_ms: i64,
    /// Armed again by a person: it does not trip anew before its measure has come back below the limit once.
    pub held: Option<Held>,
}

impl Blown {
    /// Why nothing may be called nominal.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        match self.measure.fuse {
            Fuse::Channel(channel) => Cause::Drifted { channel },
            Fuse::Latency => Cause::Slow {
                took_ms: self.measure.value,
                limit_ms: self.measure.limit,
            },
        }
    }
}

/// Who judged a measure over its limit to be harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub at_ms: i64,
    pub who: String,
    pub why: String,
}

/// The breaker of every model, as the journal has it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Breaker {
    blown: BTreeMap<(u32, Fuse), Blown>,
    /// The last entry of the journal taken in.
    pub last_entry: i64,
}

impl Breaker {
    /// As the journal has it now.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn read(reader: &Reader) -> Result<Self, WarehouseError> {
        let mut breaker = Self::default();
        breaker.refresh(reader)?;
        Ok(breaker)
    }

    /// Takes in what the journal got since.
    ///
    /// # Errors
    /// The warehouse cannot be read.
    pub fn refresh(&mut self, reader: &Reader) -> Result<(), WarehouseError> {
        let after = self.last_entry;
        self.last_entry = reader.journal_after(after, PREFIX, &mut |entry| self.take(&entry))?;
        Ok(())
    }

    fn take(&mut self, entry: &Entry) {
        let detail: Detail = match serde_json::from_value(entry.detail.clone()) {
            Ok(detail) => detail,
            Err(error) => {
                tracing::error!(entry = entry.entry, %error, "an entry of the breaker cannot be read");
                return;
            }
        };
        let place = (detail.model, detail.measure.fuse);
        match entry.act.as_str() {
            TRIPPED => {
                let blown = Blown {
                    measure: detail.measure,
                    at_ms: entry.at_ms,
                    held: None,
                };
                // Two programs may find the same at the same time: the first one counts.
                self.blown.entry(place).or_insert(blown);
            }
            ARMED => {
                if let Some(blown) = self.blown.get_mut(&place) {
                    blown.held = Some(Held {
                        at_ms: entry.at_ms,
                        who: entry.who.clone(),
                        why: entry.words.clone(),
                    });
                }
            }
            RESTED if self.blown.get(&place).is_some_and(|b| b.held.is_some()) => {
                self.blown.remove(&place);
            }
            _ => {}
        }
    }

    /// What is tripped or held of this model, in the order of the channels.
    pub fn of(&self, model: u32) -> impl Iterator<Item = &Blown> {
        let all = self.blown.iter().filter(move |((of, _), _)| *of == model);
        all.map(|(_, blown)| blown)
    }

    /// What is tripped of this model, the first one first.
    #[must_use]
    pub fn tripped(&self, model: u32) -> Vec<&Blown> {
        let mut all: Vec<&Blown> = self.of(model).filter(|b| b.held.is_none()).collect();
        all.sort_by_key(|blown| blown.at_ms);
        all
    }

    /// Why nothing that this model judges may be called nominal; `None` while the breaker holds.
    #[must_use]
    pub fn cause(&self, model: Option<u32>) -> Option<Cause> {
        self.tripped(model?).first().map(|blown| blown.cause())
    }

    /// What has to be written down, given these measures of this model.
    #[must_use]
    pub fn told_by(&self, model: u32, measures: &[Measure]) -> Vec<Entry> {
        let entries = measures.iter().filter_map(|measure| {
            let blown = self.blown.get(&(model, measure.fuse));
            let act = match (blown, measure.is_over()) {
                (None, true) => TRIPPED,
                (Some(Blown { held: Some(_), .. }), false) => RESTED,
                _ => return None,
            };
            Some(entry(act, model, *measure, PROGRAM, ""))
        });
        entries.collect()
    }

    /// What has to be written down when a person arms it again.
    #[must_use]
    pub fn armed_by(&self, model: u32, who: &str, why: &str) -> Vec<Entry> {
        let tripped = self.tripped(model).into_iter();
        tripped
            .map(|blown| entry(ARMED, model, blown.measure, who, why))
            .collect()
    }
}

fn entry(act: &str, model: u32, mut measure: Measure, who: &str, why: &str) -> Entry {
    if !measure.value.is_finite() {
        // JSON has no infinity.
        measure.value = f64::MAX;
    }
    Entry {
        entry: 0,
        at_ms: wall_ms(),
        who: who.to_owned(),
        act: act.to_owned(),
        loco: None,
        of_ms: None,
        words: why.to_owned(),
        detail: json!(Detail { model, measure }),
    }
}

/// Milliseconds that scoring a reading took, over the last lots of them: their median is what the breaker goes by,
/// so that one hiccup of the computer says nothing.
#[derive(Debug, Clone, Default)]
pub struct Stopwatch {
    lots: std::collections::VecDeque<(f64, u64)>,
}

/// Lots that are remembered, and those below which nothing is said.
const LOTS: usize = 64;
const LOTS_LEAST: usize = 3;

impl Stopwatch {
    /// Takes a lot of readings scored together.
    pub fn note(&mut self, took: std::time::Duration, readings: usize) {
        if readings == 0 {
            return;
        }
        if self.lots.len() == LOTS {
            self.lots.pop_front();
        }
        let each = took.as_secs_f64() * 1000.0 / readings as f64;
        self.lots.push_back((each, readings as u64));
    }

    /// The median a reading; `None` of too few lots.
    #[must_use]
    pub fn measure(&self, limit_ms: f64) -> Option<Measure> {
        if self.lots.len() < LOTS_LEAST {
            return None;
        }
        let mut sorted: Vec<f64> = self.lots.iter().map(|lot| lot.0).collect();
        sorted.sort_by(f64::total_cmp);
        Some(Measure {
            fuse: Fuse::Latency,
            value: sorted[sorted.len() / 2],
            limit: limit_ms,
            readings: self.lots.iter().map(|lot| lot.1).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const PRESSURE: Fuse = Fuse::Channel(Channel::Pressure);

    fn measure(fuse: Fuse, value: f64) -> Measure {
        Measure {
            fuse,
            value,
            limit: 0.25,
            readings: 1440,
        }
    }

    impl Breaker {
        fn write(&mut self, entries: Vec<Entry>) -> usize {
            entries.iter().for_each(|entry| self.take(entry));
            entries.len()
        }

        fn hear(&mut self, value: f64) -> usize {
            let entries = self.told_by(7, &[measure(PRESSURE, value)]);
            self.write(entries)
        }
    }

    #[test]
    fn it_trips_once_is_armed_once_and_trips_again_only_after_a_rest() {
        let mut breaker = Breaker::default();
        assert_eq!((breaker.hear(0.25), breaker.cause(Some(7))), (0, None));
        assert_eq!(breaker.hear(0.4), 1);
        let channel = Channel::Pressure;
        assert_eq!(breaker.cause(Some(7)), Some(Cause::Drifted { channel }));
        assert_eq!(
            breaker.cause(Some(8)),
            None,
            "another model's drift is its own"
        );
        assert_eq!(breaker.cause(None), None);
        // It does not come back by itself.
        assert_eq!(breaker.hear(0.1) + breaker.hear(0.5), 0);
        assert!(breaker.cause(Some(7)).is_some());
        let armed = breaker.armed_by(7, "Ngo", "capteur changé");
        assert_eq!(breaker.write(armed), 1);
        assert_eq!(breaker.cause(Some(7)), None);
        assert_eq!(breaker.of(7).count(), 1);
        // Held while the measure stays over.
        assert_eq!(breaker.hear(0.6), 0);
        assert_eq!(breaker.hear(0.2), 1);
        assert_eq!(breaker.of(7).count(), 0);
        assert_eq!(breaker.hear(0.3), 1);
        assert!(breaker.cause(Some(7)).is_some());
    }

    #[test]
    fn what_is_no_number_trips() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.hear(f64::NAN), 1);
    }

    #[test]
    fn one_hiccup_is_no_latency() {
        let mut watch = Stopwatch::default();
        watch.note(Duration::from_secs(9), 1);
        assert_eq!(watch.measure(50.0), None);
        watch.note(Duration::from_millis(500), 1000);
        watch.note(Duration::from_millis(3), 2);
        watch.note(Duration::from_millis(3), 0);
        let median = watch.measure(50.0).expect("three lots");
        assert_eq!((median.value, median.readings), (1.5, 1003));
        assert!(!median.is_over());
        (0..LOTS).for_each(|_| watch.note(Duration::from_millis(80), 1));
        assert!(watch.measure(50.0).expect("lots").is_over());
    }

    proptest! {
        /// Whatever is measured and whoever arms: it is tripped from the first measure over the limit to the next
        /// arming, then blind to this cause until a measure below.
        #[test]
        fn its_states_are_those_of_a_simple_machine(
            acts in prop::collection::vec((0_u8..3, 0.0_f64..0.5), 0..60),
        ) {
            #[derive(PartialEq)]
            enum State { Rest, Tripped, Held }
            let mut state = State::Rest;
            let mut breaker = Breaker::default();
            let mut log = Vec::new();
            for (act, value) in acts {
                let entries = if act == 0 {
                    if state == State::Tripped { state = State::Held; }
                    breaker.armed_by(7, "x", "y")
                } else {
                    state = match state {
                        State::Rest if value > 0.25 => State::Tripped,
                        State::Held if value <= 0.25 => State::Rest,
                        other => other,
                    };
                    breaker.told_by(7, &[measure(PRESSURE, value)])
                };
                log.extend(entries.clone());
                breaker.write(entries);
                prop_assert_eq!(breaker.cause(Some(7)).is_some(), state == State::Tripped);
                prop_assert_eq!(breaker.of(7).count() == 0, state == State::Rest);
            }
            // A program that starts anew reads the same.
            let mut again = Breaker::default();
            again.write(log);
            prop_assert_eq!(again, breaker);
        }
    }
}
