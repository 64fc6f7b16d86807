//! Readings in memory, and toy fleets, for the tests of this folder.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};

use crate::domain::ports::{ReadError, Readings, RefusedRow, SoundReadings};
use crate::domain::{ChannelValues, EventKind, Flags, LocoId, Reading};

/// Readings and events.
pub type Machine = (Vec<Reading>, Vec<(i64, EventKind)>);

#[derive(Default, Clone)]
pub struct Memory {
    pub locos: BTreeMap<LocoId, Machine>,
    pub refused: Vec<RefusedRow>,
    pub fences: BTreeMap<LocoId, Vec<(i64, i64)>>,
}

impl Memory {
    pub fn push(&mut self, loco: &str, at_ms: i64, values: ChannelValues, label: Option<bool>) {
        let reading = Reading {
            at_ms,
            values,
            label,
            flags: Flags::NONE,
        };
        self.locos
            .entry(LocoId::new(loco))
            .or_default()
            .0
            .push(reading);
    }

    pub fn event(&mut self, loco: &str, at_ms: i64, kind: EventKind) {
        self.locos
            .entry(LocoId::new(loco))
            .or_default()
            .1
            .push((at_ms, kind));
    }
}

impl Readings for Memory {
    fn locomotives(&self) -> Result<Vec<LocoId>, ReadError> {
        Ok(self.locos.keys().cloned().collect())
    }

    fn newest(&self, loco: &LocoId, until_ms: i64) -> Result<Option<i64>, ReadError> {
        let readings = self.locos.get(loco).map_or(&[][..], |l| &l.0);
        let known = readings.iter().filter(|r| r.at_ms <= until_ms);
        Ok(known.map(|r| r.at_ms).max())
    }

    fn readings(
        &self,
        loco: &LocoId,
        between: (i64, i64),
        limit: Option<usize>,
        visit: &mut dyn FnMut(&Reading),
    ) -> Result<(), ReadError> {
        let (readings, _) = self
            .locos
            .get(loco)
            .ok_or_else(|| ReadError(loco.to_string()))?;
        let after = readings
            .iter()
            .filter(|r| (between.0..=between.1).contains(&r.at_ms));
        after.take(limit.unwrap_or(usize::MAX)).for_each(visit);
        Ok(())
    }

    fn instant_before(&self, loco: &LocoId, at_ms: i64, count: usize) -> Result<i64, ReadError> {
        let readings = self.locos.get(loco).map_or(&[][..], |l| &l.0);
        let before = readings.iter().filter(|r| r.at_ms < at_ms).count();
        let first = before.saturating_sub(count);
        Ok(if before > 0 {
            readings[first].at_ms
        } else {
            at_ms
        })
    }

    fn events(&self, loco: &LocoId) -> Result<Vec<(i64, EventKind)>, ReadError> {
        Ok(self
            .locos
            .get(loco)
            .map(|l| l.1.clone())
            .unwrap_or_default())
    }

    fn fenced(&self, loco: &LocoId) -> Result<Vec<(i64, i64)>, ReadError> {
        Ok(self.fences.get(loco).cloned().unwrap_or_default())
    }
}

impl SoundReadings for Memory {
    fn refused(&self) -> Result<Vec<RefusedRow>, ReadError> {
        Ok(self.refused.clone())
    }

    fn synthetic(&self) -> bool {
        true
    }
}

pub const PERIOD_MS: i64 = 600_000;

/// A fleet in our units: `locos` machines, `rows` readings each, every ten minutes. Bearings and
/// cooling fail in turn, with two days of wear before, and are repaired. With `truth` the rows of
/// wear are labelled, without it the failures are events.
pub fn fleet(locos: usize, rows: usize, seed: u64, truth: bool) -> Memory {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut memory = Memory::default();
    for l in 0..locos {
        let name = format!("LOCO_{l:03}");
        let own: [f64; 4] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
        let mut next = rng.random_range(rows / 3..rows);
        for i in 0..rows {
            if i == next {
                next += rng.random_range(rows / 3..rows);
                if !truth {
                    memory.event(&name, i as i64 * PERIOD_MS, EventKind::Failure);
                }
            }
            // From 0 two days before the failure to 1 at it.
            let wear = (1.0 - (next - i) as f64 / 288.0).max(0.0);
            let day = (i as f64 / 144.0 * std::f64::consts::TAU).sin();
            let mut noise = || rng.random_range(-1.0..1.0) + rng.random_range(-1.0..1.0);
            let (mut vibration, mut temperature) =
                (2.0 + 0.2 * own[2], 45.0 + 2.0 * own[3] + 4.0 * day);
            let cooling = (next + l).is_multiple_of(3);
            if cooling {
                temperature += 40.0 * wear;
            } else {
                vibration += 6.0 * wear;
                temperature += 45.0 * (wear - 0.2).max(0.0);
            }
            let values = [
                500.0 + 10.0 * own[0] + 12.0 * noise(),
                5.0 + 0.1 * own[1] + 0.15 * noise(),
                vibration + 0.2 * noise(),
                temperature + 1.5 * noise(),
            ];
            memory.push(
                &name,
                i as i64 * PERIOD_MS,
                values,
                truth.then_some(wear > 0.05),
            );
        }
    }
    memory
}
