//! One simulated locomotive: duty, weather, wear, faults, workshop.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};

use super::faults::{Fault, FaultKind};
use super::{HOUR_MS, Simulation};

const DAY_MS: i64 = 24 * HOUR_MS;

/// A workshop record: UTC milliseconds, locomotive, `preventive` or `failure`, component.
pub type Record = (i64, String, &'static str, &'static str);

fn gauss(rng: &mut ChaCha12Rng) -> f64 {
    StandardNormal.sample(rng)
}

pub struct Locomotive {
    name: String,
    rng: ChaCha12Rng,
    end_ms: i64,
    /// What this machine does at rest: no two are alike.
    base: [f64; 4],
    /// Smoothed duty, 0 idle to 1 full load.
    load: f64,
    serviced_ms: i64,
    next_service_ms: i64,
    /// In the workshop, silent, until then.
    back_ms: i64,
    fault: Fault,
    /// Faults begun so far, counted from the machine's number.
    faults: u32,
    records: Vec<Record>,
}

impl Locomotive {
    pub fn new(index: u32, simulation: &Simulation, start_ms: i64, end_ms: i64) -> Self {
        let seed = simulation
            .seed
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(u64::from(index));
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut draw = |spread: f64| gauss(&mut rng) * spread;
        let base = [
            500.0 + draw(8.0),
            5.0 + draw(0.08),
            1.75 + draw(0.08),
            39.5 + draw(0.8),
        ];
        let name = format!("LOCO_{:03}", index + 1);
        let serviced_ms = start_ms - rng.random_range(48..1300) * HOUR_MS;
        let mut loco = Self {
            records: vec![(serviced_ms, name.clone(), "preventive", "inspection")],
            name,
            end_ms,
            base,
            load: 0.5,
            serviced_ms,
            next_service_ms: start_ms + rng.random_range(4..26) * DAY_MS,
            back_ms: 0,
            fault: Fault {
                kind: FaultKind::Bearing,
                onset_ms: i64::MAX,
                fails_ms: i64::MAX,
                severity: 1.0,
            },
            faults: index,
            rng,
        };
        loco.fault = loco.next_fault(start_ms, 4.0, 16.0);
        // In each ten, two are about to fail when the data ends: a monitor should have something to show.
        let about_to_fail = match index % 10 {
            2 => Some((FaultKind::Bearing, 10)),
            6 => Some((FaultKind::Leak, 20)),
            _ => None,
        };
        if let Some((kind, hours)) = about_to_fail
            && i64::from(simulation.days) * DAY_MS > 6 * DAY_MS
        {
            loco.fault = Fault {
                kind,
                onset_ms: end_ms - 84 * HOUR_MS,
                fails_ms: end_ms + hours * HOUR_MS,
                severity: 1.0,
            };
        }
        loco
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn records(&self) -> Vec<Record> {
        self.records.clone()
    }

    fn next_fault(&mut self, after_ms: i64, from_days: f64, to_days: f64) -> Fault {
        let wait = self.rng.random_range(from_days..to_days);
        let growth_hours = self.rng.random_range(60.0..100.0);
        self.faults += 1;
        let onset_ms = after_ms + (wait * DAY_MS as f64) as i64;
        Fault {
            kind: FaultKind::in_turn(self.faults),
            onset_ms,
            fails_ms: onset_ms + (growth_hours * HOUR_MS as f64) as i64,
            severity: self.rng.random_range(0.85..1.15),
        }
    }

    /// The four quantities at `at_ms`; `None` while the locomotive stands in the workshop.
    pub fn step(&mut self, at_ms: i64, period_ms: i64) -> Option<[f64; 4]> {
        if at_ms >= self.fault.fails_ms && self.fault.fails_ms < self.end_ms {
            self.records.push((
                self.fault.fails_ms / 60_000 * 60_000,
                self.name.clone(),
                "failure",
                self.fault.kind.component(),
            ));
            self.back_ms = self.fault.fails_ms + self.rng.random_range(6..14) * HOUR_MS;
            self.serviced_ms = self.back_ms;
            self.next_service_ms = self.back_ms + self.rng.random_range(20..35) * DAY_MS;
            self.fault = self.next_fault(self.back_ms, 6.0, 40.0);
        }
        // Planned work happens on a sound machine; a growing fault comes first.
        if at_ms >= self.next_service_ms && at_ms < self.fault.onset_ms {
            self.records
                .push((at_ms, self.name.clone(), "preventive", "inspection"));
            self.serviced_ms = at_ms;
            self.back_ms = at_ms + 4 * HOUR_MS;
            self.next_service_ms = at_ms + self.rng.random_range(20..35) * DAY_MS;
        }
        if at_ms < self.back_ms {
            return None;
        }
        Some(self.measure(at_ms, period_ms))
    }

    fn measure(&mut self, at_ms: i64, period_ms: i64) -> [f64; 4] {
        let mut noise = || gauss(&mut self.rng);
        let (n1, n2, n3, n4, n5, n6) = (noise(), noise(), noise(), noise(), noise(), noise());
        let hour = (at_ms % DAY_MS) as f64 / HOUR_MS as f64;
        let day_wave = ((hour - 9.0) / 24.0 * std::f64::consts::TAU).sin();
        // Duty wanders around a day and night pattern with a memory of about two hours.
        let memory = (-(period_ms as f64) / (2.0 * HOUR_MS as f64)).exp();
        let goal = 0.5 + 0.25 * day_wave;
        self.load =
            (goal + (self.load - goal) * memory + 0.12 * (1.0 - memory * memory).sqrt() * n1)
                .clamp(0.0, 1.0);
        let ambient_c = 27.0 + 3.5 * day_wave;
        let worn = ((at_ms - self.serviced_ms) as f64 / (60.0 * DAY_MS as f64)).clamp(0.0, 1.5);
        let fault = if at_ms >= self.fault.onset_ms {
            self.fault.effect(at_ms, n6)
        } else {
            [0.0; 4]
        };
        let flow = self.base[0] + 18.0 * (self.load - 0.5) - 4.0 * worn + 3.5 * n2 + fault[0];
        let pressure = self.base[1] + 0.3 * (self.load - 0.5) - 0.05 * worn + 0.05 * n3 + fault[1];
        let vibration = self.base[2] + 0.5 * self.load + 0.22 * worn + 0.08 * n4 + fault[2];
        let temperature = self.base[3]
            + 7.0 * self.load
            + 0.45 * (ambient_c - 27.0)
            + 1.6 * worn
            + 0.5 * n5
            + fault[3];
        [
            flow.clamp(0.0, 1000.0),
            pressure.clamp(0.0, 16.0),
            vibration.clamp(0.05, 50.0),
            temperature.clamp(-40.0, 200.0),
        ]
    }
}
