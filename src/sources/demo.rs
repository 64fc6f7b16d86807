//! The demo data, embedded in the program: a home without sources runs it.

use crate::domain::ports::{RecordStream, SourceFile};
use crate::domain::{Dialect, SourceError};

use super::content::Content;
use super::csv::CsvStream;

const SENSORS: &[u8] = include_bytes!("../../data/sensors.csv");
const MAINTENANCE: &[u8] = include_bytes!("../../data/maintenance.csv");

/// One of the two embedded files.
pub struct DemoFile {
    path: &'static str,
    stem: &'static str,
    bytes: &'static [u8],
}

impl DemoFile {
    #[must_use]
    pub const fn sensors() -> Self {
        Self {
            path: "demo:sensors.csv",
            stem: "sensors",
            bytes: SENSORS,
        }
    }

    #[must_use]
    pub const fn maintenance() -> Self {
        Self {
            path: "demo:maintenance.csv",
            stem: "maintenance",
            bytes: MAINTENANCE,
        }
    }
}

impl SourceFile for DemoFile {
    fn path(&self) -> &str {
        self.path
    }

    fn stem(&self) -> &str {
        self.stem
    }

    fn digest(&self) -> Result<[u8; 32], SourceError> {
        Ok(*blake3::hash(self.bytes).as_bytes())
    }

    fn open(&self) -> Result<Box<dyn RecordStream>, SourceError> {
        let dialect = Dialect::default();
        Ok(Box::new(CsvStream::new(
            Content::open(self.bytes, &dialect)?,
            &dialect,
        )?))
    }
}
