//! Any readings past the gate: no panic, and the same readings get the same flags.
#![no_main]

use cidp::domain::{Flags, Limits, Reading};
use cidp::etl::gates::{BASELINE_READINGS, Baseline, Gate};
use libfuzzer_sys::fuzz_target;

/// One reading a 40 bytes: when, and four numbers of any bits.
fn readings(data: &[u8]) -> Vec<Reading> {
    data.chunks_exact(40)
        .map(|bytes| {
            let eight = |i: usize| {
                let mut part = [0; 8];
                part.copy_from_slice(&bytes[i * 8..i * 8 + 8]);
                part
            };
            Reading {
                at_ms: i64::from_le_bytes(eight(0)) & 0x7FF_FFFF_FFFF,
                values: [1, 2, 3, 4].map(|i| f64::from_le_bytes(eight(i))),
                label: None,
                flags: Flags::NONE,
            }
        })
        .collect()
}

fn judge(readings: &[Reading], limits: &Limits) -> Vec<Flags> {
    let mut baseline = Baseline::default();
    for reading in readings.iter().take(BASELINE_READINGS) {
        baseline.learn(&reading.values);
    }
    let mut gate = Gate::new(*limits, baseline);
    readings
        .iter()
        .map(|reading| gate.judge(reading.at_ms, &reading.values))
        .collect()
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits::default();
    // Again and again, so that a baseline is known.
    let once = readings(data);
    let many: Vec<Reading> = once.iter().copied().cycle().take(once.len() * 40).collect();
    assert_eq!(judge(&many, &limits), judge(&many, &limits));
});
