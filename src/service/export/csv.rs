//! Plain UTF-8 CSV: LF, commas, quotes where they are needed, times ISO 8601 in UTC, flags 0 and 1.

use std::fs::File;
use std::io::{self, BufWriter};

use crate::domain::ports::decode;
use crate::warehouse::{Column, Field};

use super::Sink;

pub struct CsvSink {
    out: csv::Writer<BufWriter<File>>,
    text: String,
}

impl CsvSink {
    pub fn new(columns: &[Column], file: File) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(BufWriter::with_capacity(256 << 10, file));
        out.write_record(columns.iter().map(|column| column.name))?;
        Ok(Self {
            out,
            text: String::new(),
        })
    }
}

impl Sink for CsvSink {
    fn row(&mut self, row: &[Field<'_>]) -> io::Result<()> {
        use std::fmt::Write;
        for field in row {
            self.text.clear();
            // Writing into a string does not fail.
            let _infallible = match field {
                Field::Empty => Ok(()),
                Field::Text(text) => write!(self.text, "{text}"),
                Field::Bytes(bytes) => write!(self.text, "{}", decode(bytes)),
                Field::Time(at_ms) => match jiff::Timestamp::from_millisecond(*at_ms) {
                    Ok(at) => write!(self.text, "{at}"),
                    Err(_) => write!(self.text, "{at_ms}"),
                },
                Field::Real(value) => write!(self.text, "{value}"),
                Field::Int(value) => write!(self.text, "{value}"),
                Field::Flag(set) => write!(self.text, "{}", u8::from(*set)),
            };
            self.out.write_field(&self.text)?;
        }
        self.out.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
