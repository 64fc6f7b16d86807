//! The forest on the rows of a file, to be run beside scikit-learn on the same: see `ratios_ml.sh`.
//!
//! `CIDP_ML_DATA` is a folder with `ml_train.bin` and `ml_test.bin`: n × 16 f32, little endian, row after
//! row, then n bytes of truth. Prints one line of JSON; times are CPU seconds where the system tells
//! them (Linux), else seconds of the clock. Without the variable it does nothing.

use std::path::Path;
use std::time::Instant;

use cidp::ml::{Growth, Rows, grow};

const COLUMNS: usize = 16;
const ROW_BYTES: usize = COLUMNS * 4 + 1;
const FIT_ROWS: usize = 50_000;

fn read(path: &Path, most: usize) -> std::io::Result<Rows> {
    let bytes = std::fs::read(path)?;
    let all = bytes.len() / ROW_BYTES;
    let n = all.min(most);
    let x = bytes[..n * COLUMNS * 4].chunks_exact(4);
    Ok(Rows {
        columns: COLUMNS,
        x: x.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        y: bytes[all * COLUMNS * 4..][..n]
            .iter()
            .map(|y| *y > 0)
            .collect(),
        weight: [1.0; 2],
    })
}

/// Hundredths of a second of all threads so far.
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / 100.0)
}

/// CPU seconds, and seconds of the clock, of `times` runs, each.
fn measure<T>(times: u32, mut work: impl FnMut() -> T) -> (f64, f64) {
    let (started, cpu_started) = (Instant::now(), cpu());
    for _ in 0..times {
        std::hint::black_box(work());
    }
    let wall = started.elapsed().as_secs_f64();
    let cpu = cpu()
        .zip(cpu_started)
        .map_or(wall, |(now, then)| now - then);
    (cpu / f64::from(times), wall / f64::from(times))
}

#[allow(clippy::print_stdout, reason = "its answer")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("CIDP_ML_DATA") else {
        println!("CIDP_ML_DATA is not set: see benches/ratios_ml.sh");
        return Ok(());
    };
    let folder = Path::new(&folder);
    let train = read(&folder.join("ml_train.bin"), FIT_ROWS)?;
    let test = read(&folder.join("ml_test.bin"), usize::MAX)?;
    let growth = Growth {
        trees: 100,
        max_depth: 12,
        tried: 4,
        min_leaf: 5,
        seed: 1,
    };
    let (forest, _) = grow(&train, growth)?;
    let (fit_cpu, fit_wall) = measure(5, || grow(&train, growth));
    let mut judged = Vec::new();
    forest.probabilities(&test.x, COLUMNS, &mut judged);
    let (score, _) = measure(10, || {
        let mut out = Vec::new();
        forest.probabilities(&test.x, COLUMNS, &mut out);
        out
    });
    let mut next = test.x.chunks_exact(COLUMNS).cycle();
    let (one, _) = measure(200_000, || next.next().map(|row| forest.probability(row)));
    let bytes = forest.preorder().len() * 5;
    println!(
        "{{\"rows\": {}, \"fit_s\": {fit_cpu:.3}, \"fit_wall_s\": {fit_wall:.3}, \"score_s\": {score:.3}, \
         \"scored\": {}, \"one_ms\": {:.6}, \"model_mb\": {:.3}}}",
        train.y.len(),
        judged.len(),
        one * 1e3,
        bytes as f64 / 1e6
    );
    Ok(())
}
