//! How fast the bytes of a table become records, beside the floor: hashing the bytes, which the reader does too,
//! and counting their line ends.

#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot prepare itself has failed"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;

use cidp::domain::Dialect;
use cidp::domain::ports::{RawRecord, RecordStream};
use cidp::sources::table::{self, Table};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ROWS: usize = 200_000;

/// Rows as a data logger writes them: an instant, a machine, four numbers.
fn csv(quote: &str) -> String {
    let mut text = String::from("timestamp,equipment_id,debit,pression,vibration,temperature\n");
    for i in 0..ROWS {
        let (hour, minute, second) = (i / 3600 % 24, i / 60 % 60, i % 60);
        writeln!(
            text,
            "2026-01-{:02}T{hour:02}:{minute:02}:{second:02},{quote}LOCO_{:03}{quote},{}.{:02},4.{:02},2.{:02},{}.5",
            i / 86_400 + 1,
            i % 60,
            400 + i % 200,
            i % 100,
            i * 7 % 100,
            i * 3 % 100,
            40 + i % 30,
        )
        .unwrap();
    }
    text
}

fn ndjson() -> String {
    let mut text = String::new();
    for (i, line) in csv("").lines().skip(1).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        writeln!(
            text,
            "{{\"timestamp\": \"{}\", \"loco\": \"{}\", \"flow\": {}, \"n\": {i}}}",
            cells[0], cells[1], cells[2]
        )
        .unwrap();
    }
    text
}

/// Every field of every record, as the mapping asks for them.
fn read(bytes: &'static [u8]) -> usize {
    let table = table::text(Cursor::new(bytes), "bench", &Dialect::default()).unwrap();
    let mut stream: Box<dyn RecordStream> = match table {
        Table::Csv(stream) => stream,
        Table::Other(stream) => stream,
    };
    let (mut record, mut total) = (RawRecord::default(), 0);
    while stream.read(&mut record).unwrap() {
        total += (0..record.len())
            .filter_map(|i| record.field(i))
            .map(<[u8]>::len)
            .sum::<usize>();
    }
    total
}

fn readers(criterion: &mut Criterion) {
    let leaked = |text: String| -> &'static [u8] { Vec::leak(text.into_bytes()) };
    let (plain, quoted) = (leaked(csv("")), leaked(csv("\"")));
    let lines = leaked(ndjson());
    let mut group = criterion.benchmark_group("reader");
    group.sample_size(10);
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("floor: hash and line ends", |bencher| {
        bencher.iter(|| {
            let ends = plain.iter().filter(|&&byte| byte == b'\n').count();
            (black_box(blake3::hash(plain)), black_box(ends))
        });
    });
    group.bench_function("csv", |bencher| bencher.iter(|| black_box(read(plain))));
    group.bench_function("csv, quoted", |bencher| {
        bencher.iter(|| black_box(read(quoted)))
    });
    group.bench_function("ndjson", |bencher| bencher.iter(|| black_box(read(lines))));
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
