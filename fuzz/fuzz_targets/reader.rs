//! Any bytes as a table, in every text format: an end or an error, never a panic, and what is read is bounded.
#![no_main]

use std::io::Cursor;

use cidp::domain::ports::{RawRecord, RecordStream};
use cidp::domain::{Dialect, Encoding, Format};
use cidp::sources::csv::MAX_RECORD_BYTES;
use cidp::sources::json;
use cidp::sources::table::{self, Table};
use cidp::sources::tidy::{Left, Sink, tidy};
use libfuzzer_sys::fuzz_target;

/// Takes everything and keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    type Error = cidp::domain::SourceError;

    fn table(&mut self, _line: u64) -> Result<(), Self::Error> {
        Ok(())
    }

    fn header(&mut self, _cells: &[Vec<u8>]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn row(&mut self, _cells: &[Vec<u8>], _mended: bool) -> Result<(), Self::Error> {
        Ok(())
    }

    fn left(&mut self, _what: Left, _line: u64, _text: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn read(stream: &mut dyn RecordStream) {
    let mut record = RawRecord::default();
    let mut last = 0;
    while let Ok(true) = stream.read(&mut record) {
        assert!(
            record.line >= last,
            "records come in the order of their lines"
        );
        last = record.line;
        assert!(record.raw.len() <= MAX_RECORD_BYTES);
        for i in 0..record.len() {
            assert!(record.field(i).is_some());
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    let formats = [
        None,
        Some(Format::Csv),
        Some(Format::Json),
        Some(Format::Ndjson),
    ];
    let encodings = [None, Some(Encoding::Windows1252), Some(Encoding::Utf16Le)];
    let dialect = Dialect {
        format: formats[usize::from(how) % 4],
        encoding: encodings[usize::from(how / 4) % 3],
        header_row: (how > 127).then_some(3),
        ..Dialect::default()
    };
    let open = || table::text(Cursor::new(bytes.to_vec()), "fuzz", &dialect);
    match open() {
        Ok(Table::Csv(mut stream)) => {
            read(stream.as_mut());
            if let Ok(Table::Csv(stream)) = open() {
                let _ended = tidy(*stream, &mut Nowhere);
            }
        }
        Ok(Table::Other(mut stream)) => read(stream.as_mut()),
        Err(_) => {}
    }
    let _judged = json::check(bytes);
});
