//! Measures on the real data of the directory that CIDP_SHARED_DATA names; skipped without it.

use std::path::PathBuf;
use std::time::Instant;

use super::test_support::Memory;
use super::*;
use crate::domain::ports::Judge;
use crate::domain::reading::{PRESET_ALERT, PRESET_NOMINAL};
use crate::domain::{EventKind, LocoId, Metrics};

fn dir() -> Option<PathBuf> {
    let dir = std::env::var_os("CIDP_SHARED_DATA");
    if dir.is_none() {
        eprintln!("CIDP_SHARED_DATA is not set: skipped");
    }
    dir.map(PathBuf::from)
}

fn rows(path: PathBuf, delimiter: u8) -> (Vec<String>, Vec<csv::StringRecord>) {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_path(path).expect("file");
    let header = reader.headers().expect("header").iter().map(str::to_owned).collect();
    (header, reader.records().map(|r| r.expect("record")).collect())
}

fn ms(text: &str) -> i64 {
    let at: jiff::civil::DateTime = text.replace(' ', "T").parse().expect("time");
    at.to_zoned(jiff::tz::TimeZone::UTC).expect("utc").timestamp().as_millisecond()
}

fn load(memory: &mut Memory, path: PathBuf, delimiter: u8, loco: Option<&str>, columns: [&str; 7]) {
    let (header, records) = rows(path, delimiter);
    let at = |name: &str| header.iter().position(|h| h == name);
    let index = columns.map(at);
    let mut parsed: Vec<(i64, String, [f64; 4], Option<bool>)> = Vec::new();
    for record in &records {
        let number = |k: usize| record[index[k].expect("column")].parse::<f64>().expect("number");
        let name = loco.map_or_else(|| record[index[1].expect("loco")].to_owned(), str::to_owned);
        let label = index[6].map(|_| number(6) > 0.5);
        parsed.push((ms(&record[index[0].expect("time")]), name, [number(2), number(3), number(4), number(5)], label));
    }
    parsed.sort_by_key(|p| p.0);
    for (at, name, values, label) in parsed {
        memory.push(&name, at, values, label);
    }
}

fn print(name: &str, m: &Metrics, threshold: f64, since: Instant) {
    let f = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.3}"));
    eprintln!(
        "{name:34} rows {} pos {} thr {threshold:.3} roc {} pr {} f1 {} far {} mar {} brier {} warned {}/{} lead {} fah/day {} | {:.1} s",
        m.rows, m.positives, f(m.roc_auc), f(m.pr_auc), f(m.f1), f(m.far), f(m.mar), f(m.brier),
        m.failures_warned, m.failures, f(m.median_lead_hours), f(m.false_alarm_hours_per_loco_day),
        since.elapsed().as_secs_f64()
    );
}

fn bench() -> Option<Memory> {
    let folder = dir()?.join("skab/valve1");
    let mut memory = Memory::default();
    for i in 0..16 {
        load(&mut memory, folder.join(format!("{i}.csv")), b';', Some(&format!("{i:02}")),
            ["datetime", "-", "Volume Flow RateRMS", "Pressure", "Accelerometer1RMS", "Temperature", "anomaly"]);
    }
    Some(memory)
}

/// The bench with its departures changed in the test: what a model of "flow goes down" cannot know.
fn other_faults(memory: &Memory, change: &str) -> Memory {
    let mut out = memory.clone();
    for (readings, _) in out.locos.values_mut() {
        let n = 400.min(readings.len());
        let mean: [f64; 4] = std::array::from_fn(|c| readings[..n].iter().map(|r| r.values[c]).sum::<f64>() / n as f64);
        let dev: [f64; 4] = std::array::from_fn(|c| {
            (readings[..n].iter().map(|r| (r.values[c] - mean[c]).powi(2)).sum::<f64>() / n as f64).sqrt()
        });
        let first: Vec<[f64; 4]> = readings[..n].iter().map(|r| r.values).collect();
        for (i, r) in readings.iter_mut().enumerate() {
            let z: [f64; 4] = std::array::from_fn(|c| (r.values[c] - mean[c]) / dev[c]);
            match change {
                "hide flow" if i >= n => {
                    let k = (i - n + 1) % (2 * n - 2);
                    r.values[0] = first[if k < n { n - 1 - k } else { k - n + 1 }][0];
                }
                "flip" => r.values = std::array::from_fn(|c| mean[c] - z[c] * dev[c]),
                "rotate1" => r.values = std::array::from_fn(|c| mean[c] + z[(c + 3) % 4] * dev[c]),
                "rotate2" => r.values = std::array::from_fn(|c| mean[c] + z[(c + 2) % 4] * dev[c]),
                "rotate3" => r.values = std::array::from_fn(|c| mean[c] + z[(c + 1) % 4] * dev[c]),
                _ => {}
            }
        }
    }
    out
}

#[test]
#[ignore = "needs CIDP_SHARED_DATA"]
fn water_bench() {
    let Some(memory) = bench() else { return };
    let options = TrainOptions::default();
    let since = Instant::now();
    let e = evaluate_split(&memory, Split::Locomotive, 4, &options).expect("evaluation");
    print("bench, 4 folds", &e.metrics, e.threshold, since);
    let part = |fold: usize, train: bool| {
        let mut part = memory.clone();
        let mut i = 0;
        part.locos.retain(|_, _| {
            i += 1;
            ((i - 1) % 4 == fold) != train
        });
        part
    };
    for change in ["none", "hide flow", "flip", "rotate1", "rotate2", "rotate3"] {
        let mut roc = 0.0;
        for fold in 0..4 {
            let test = other_faults(&part(fold, false), change);
            let e = evaluate_pair(&part(fold, true), &test, &TrainOptions { trees: 60, ..options.clone() }).expect("pair");
            roc += e.metrics.roc_auc.unwrap_or(0.0) / 4.0;
        }
        eprintln!("{change}: mean roc over folds {roc:.3}");
    }
    let since = Instant::now();
    let model = train(&memory, &options, &|_| ()).expect("model");
    print("card", model.card.metrics.as_ref().expect("metrics"), model.card.threshold, since);
    eprintln!("{} bytes; {}; {}", model.to_bytes().expect("bytes").len(), model.card.split, model.card.threshold_from);
    let since = Instant::now();
    let mut n = 0;
    for loco in memory.locos.keys() {
        score_locomotive(&model, &memory, loco, None, &mut |_, _| n += 1).expect("score");
    }
    eprintln!("scored {n} rows in {:.3} s", since.elapsed().as_secs_f64());
}

fn azure(from: i64, to: i64) -> Option<Memory> {
    let folder = dir()?.join("azure-pdm");
    let mut memory = Memory::default();
    load(&mut memory, folder.join("PdM_telemetry.csv"), b',', None,
        ["datetime", "machineID", "volt", "pressure", "vibration", "rotate", "-"]);
    for (readings, _) in memory.locos.values_mut() {
        readings.retain(|r| r.at_ms > from && r.at_ms <= to);
    }
    for (file, kind) in [("PdM_failures.csv", EventKind::Failure), ("PdM_maint.csv", EventKind::Preventive)] {
        for record in rows(folder.join(file), b',').1 {
            if ms(&record[0]) <= to {
                memory.event(&record[1], ms(&record[0]), kind);
            }
        }
    }
    for (_, events) in memory.locos.values_mut() {
        events.sort_by_key(|e| e.0);
    }
    Some(memory)
}

#[test]
#[ignore = "needs CIDP_SHARED_DATA"]
fn industrial_set() {
    let Some(memory) = azure(i64::MIN, i64::MAX) else { return };
    let options = TrainOptions { horizon_hours: 24.0, ..TrainOptions::default() };
    for (split, folds) in [(Split::Time, 1), (Split::Time, 3), (Split::Locomotive, 4)] {
        let since = Instant::now();
        let e = evaluate_split(&memory, split, folds, &options).expect("evaluation");
        print(&format!("industrial {split:?} {folds}"), &e.metrics, e.threshold, since);
    }
    for cut in ["2015-01-23 06:00:00", "2015-02-01 06:00:00"] {
        let cut = ms(cut);
        let (a, b) = (azure(i64::MIN, cut).expect("set"), azure(cut, i64::MAX).expect("set"));
        let since = Instant::now();
        let e = evaluate_pair(&a, &b, &options).expect("evaluation");
        print("industrial pair", &e.metrics, e.threshold, since);
    }
    let since = Instant::now();
    let model = train(&memory, &options, &|_| ()).expect("model");
    print("card", model.card.metrics.as_ref().expect("metrics"), model.card.threshold, since);
    eprintln!("alike {:?} {}; {} bytes", model.scorer.spec.fleet, model.card.threshold_from, model.to_bytes().expect("bytes").len());
}

#[test]
#[ignore = "needs CIDP_SHARED_DATA"]
fn predecessor() {
    let Some(folder) = dir() else { return };
    let mut memory = Memory::default();
    load(&mut memory, folder.join("predecessor/raw_telemetry.csv"), b',', None,
        ["timestamp", "loco_id", "flow_rate", "pressure", "vibration", "temperature", "failure"]);
    let options = TrainOptions::default();
    for (split, folds) in [(Split::Time, 2), (Split::Locomotive, 4)] {
        let since = Instant::now();
        let e = evaluate_split(&memory, split, folds, &options).expect("evaluation");
        print(&format!("predecessor {split:?} {folds}"), &e.metrics, e.threshold, since);
    }
    for truth in [true, false] {
        if !truth {
            for (readings, _) in memory.locos.values_mut() {
                readings.iter_mut().for_each(|r| r.label = None);
            }
        }
        let model = train(&memory, &options, &|_| ()).expect("model");
        eprintln!("{:?} promoted {} {:?} thr {:.3} {}", model.card.label_kind, model.card.promoted, model.card.refusal, model.card.threshold, model.card.threshold_from);
        eprintln!("{:?}\n{:?}", model.hypothesis(&PRESET_NOMINAL, None), model.hypothesis(&PRESET_ALERT, None));
        let loco = LocoId::new("LOCO_001");
        eprintln!("{:?}", explain_at(&model, &memory, &loco, None).expect("explain"));
    }
}
