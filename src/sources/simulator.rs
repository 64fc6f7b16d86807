//! A fleet that does not exist, made physically plausible: load and ambient temperature, wear that
//! maintenance resets, and faults that show the way they would.
//!
//! What it writes never holds the truth column: a model has to find the failures in `maintenance.csv`.

mod faults;
mod fleet;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::Serialize;

use fleet::Locomotive;

/// The note beside simulated files that names them by digest.
pub const NOTE: &str = "simulation.json";
/// 2026-01-01T00:00:00Z: every simulation starts here, so that its seed alone makes it.
const START_MS: i64 = 1_767_225_600_000;
const HOUR_MS: i64 = 3_600_000;

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Simulation {
    pub locomotives: u32,
    pub days: u32,
    pub period_secs: u32,
    pub seed: u64,
    /// Share of rows to spoil, 0–1.
    pub dirty: f64,
}

impl Simulation {
    /// The data set that ships with the program.
    pub const DEMO: Self = Self {
        locomotives: 10,
        days: 30,
        period_secs: 600,
        seed: 5,
        dirty: 0.0,
    };
}

/// One clean row.
struct Row<'a> {
    at_ms: i64,
    loco: &'a str,
    values: [f64; 4],
}

/// Writes `sensors.csv`, `maintenance.csv` and the note into `folder`.
///
/// # Errors
/// The folder cannot be written.
pub fn write(simulation: &Simulation, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (sensors, maintenance) = (folder.join("sensors.csv"), folder.join("maintenance.csv"));
    simulate(
        simulation,
        &mut BufWriter::new(std::fs::File::create(&sensors)?),
        &mut BufWriter::new(std::fs::File::create(&maintenance)?),
    )?;
    let digest = |path: &Path| -> io::Result<String> {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(path)?)?;
        Ok(hasher.finalize().to_hex().to_string())
    };
    let note = serde_json::json!({
        "note": "Simulated data, made by `cidp simulate`. No real locomotive did this.",
        "simulation": simulation,
        "blake3": { "sensors.csv": digest(&sensors)?, "maintenance.csv": digest(&maintenance)? },
    });
    std::fs::write(folder.join(NOTE), format!("{note:#}\n"))
}

/// Writes the two tables, rows in time order.
///
/// # Errors
/// What the writers say.
pub fn simulate(
    simulation: &Simulation,
    sensors: &mut impl Write,
    maintenance: &mut impl Write,
) -> io::Result<()> {
    let end_ms = START_MS + i64::from(simulation.days) * 24 * HOUR_MS;
    let mut fleet: Vec<Locomotive> = (0..simulation.locomotives)
        .map(|i| Locomotive::new(i, simulation, START_MS, end_ms))
        .collect();
    let mut spoiler = ChaCha12Rng::seed_from_u64(simulation.seed ^ 0xD1D7);
    writeln!(
        sensors,
        "timestamp,loco_id,flow_rate,pressure,vibration,temperature"
    )?;
    let period_ms = i64::from(simulation.period_secs.max(1)) * 1000;
    let mut at_ms = START_MS;
    while at_ms < end_ms {
        for loco in &mut fleet {
            let Some(values) = loco.step(at_ms, period_ms) else {
                continue;
            };
            let row = Row {
                at_ms,
                loco: loco.name(),
                values,
            };
            if simulation.dirty > 0.0 && spoiler.random_bool(simulation.dirty.min(1.0)) {
                spoil(&row, spoiler.random_range(0..8), sensors)?;
            } else {
                clean(&row, sensors)?;
            }
        }
        at_ms += period_ms;
    }
    sensors.flush()?;
    writeln!(maintenance, "timestamp,loco_id,type,component")?;
    let mut records: Vec<_> = fleet.iter().flat_map(Locomotive::records).collect();
    records.sort();
    for (at_ms, loco, kind, component) in records {
        writeln!(maintenance, "{},{loco},{kind},{component}", iso(at_ms))?;
    }
    maintenance.flush()
}

fn iso(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(|_| String::new(), |t| t.to_string())
}

fn clean(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    let [flow, pressure, vibration, temperature] = row.values;
    writeln!(
        out,
        "{},{},{flow:.1},{pressure:.2},{vibration:.2},{temperature:.1}",
        iso(row.at_ms),
        row.loco
    )
}

/// The ways in which real files are dirty.
fn spoil(row: &Row<'_>, way: u8, out: &mut impl Write) -> io::Result<()> {
    let [flow, pressure, vibration, temperature] = row.values;
    let (time, loco) = (iso(row.at_ms), row.loco);
    match way {
        0 => writeln!(
            out,
            "{time},{loco},,{pressure:.2},{vibration:.2},{temperature:.1}"
        ),
        1 => writeln!(
            out,
            "{time},{loco},{flow:.1},ERR,{vibration:.2},{temperature:.1}"
        ),
        2 => writeln!(
            out,
            "{time},{loco},{flow:.1},{pressure:.2},999,{temperature:.1}"
        ),
        3 => writeln!(
            out,
            "2099-01-01T00:00:00Z,{loco},{flow:.1},{pressure:.2},{vibration:.2},{temperature:.1}"
        ),
        4 => writeln!(out, "{time},{loco},{flow:.1},{pressure:.2}"),
        5 => {
            // Sent twice, the same.
            clean(row, out)?;
            clean(row, out)
        }
        6 => {
            // Sent twice, and the two disagree.
            clean(row, out)?;
            let mut other = row.values;
            other[3] += 1.0;
            clean(
                &Row {
                    values: other,
                    ..*row
                },
                out,
            )
        }
        _ => {
            // A buffer flushed late: an old row after a newer one.
            clean(row, out)?;
            clean(
                &Row {
                    at_ms: row.at_ms - 7 * HOUR_MS - 1000,
                    ..*row
                },
                out,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(simulation: &Simulation) -> (String, String) {
        let (mut sensors, mut maintenance) = (Vec::new(), Vec::new());
        simulate(simulation, &mut sensors, &mut maintenance).unwrap();
        (
            String::from_utf8(sensors).unwrap(),
            String::from_utf8(maintenance).unwrap(),
        )
    }

    #[test]
    fn a_seed_makes_the_same_fleet_and_another_seed_another() {
        let small = Simulation {
            locomotives: 3,
            days: 4,
            ..Simulation::DEMO
        };
        assert_eq!(run(&small), run(&small));
        assert_ne!(run(&small), run(&Simulation { seed: 1, ..small }));
    }

    #[test]
    fn the_demo_has_the_promised_shape() {
        let (sensors, maintenance) = run(&Simulation::DEMO);
        assert!(sensors.len() <= 3_000_000, "{} bytes", sensors.len());
        let mut lines = sensors.lines();
        assert_eq!(
            lines.next(),
            Some("timestamp,loco_id,flow_rate,pressure,vibration,temperature")
        );
        assert!(lines.all(|l| l.split(',').count() == 6 && !l.contains('\r')));
        let failures = maintenance.lines().filter(|l| l.contains(",failure,"));
        assert!(failures.count() >= 10, "too few failures to learn from");
        assert!(maintenance.contains(",preventive,"));
    }

    #[test]
    fn dirt_is_added_in_the_share_asked_for() {
        let dirty = Simulation {
            locomotives: 2,
            days: 5,
            dirty: 0.2,
            ..Simulation::DEMO
        };
        let (spoilt, _) = run(&dirty);
        let (clean, _) = run(&Simulation {
            dirty: 0.0,
            ..dirty
        });
        let clean: std::collections::HashSet<&str> = clean.lines().collect();
        let bad = spoilt.lines().filter(|l| !clean.contains(l)).count();
        let share = bad as f64 / clean.len() as f64;
        assert!((0.1..0.25).contains(&share), "{share}");
    }
}
