//! `cidp convert`: any readable table as plain UTF-8 CSV, LF, comma, minimal quotes, header first.
//!
//! Of a CSV with several tables the first goes to the file asked for and each further one beside it
//! (`clean.2.csv`). Nothing of it is a reading: no gate, no warehouse.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError};
use crate::domain::ports::{RawRecord, RecordStream, decode};
use crate::domain::{Dialect, Format, SourceError};
use crate::sources::files;
use crate::sources::json::LooseStream;
use crate::sources::table::{self, Table};
use crate::sources::tidy::{Left, Sink, tidy};

/// Lines left out that a report quotes.
const QUOTED_LINES: usize = 100;

/// Where the tables go.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    File(&'a Path),
    /// The first table alone.
    Stdout,
    /// Nowhere: what a conversion would come to.
    Nowhere,
}

/// One table that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Converted {
    /// Line on which it begins.
    pub line: u64,
    pub rows: u64,
    /// Cells of its widest row.
    pub columns: usize,
    /// It has a header; of one without it the first line written is a row.
    pub header: bool,
    /// Rows that did not fit as they stood.
    pub mended: u64,
    /// Where it was written.
    pub out: Option<PathBuf>,
}

/// Lines that went into no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub why: Why,
    pub line: u64,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Preamble,
    Footnote,
    /// Not a record at all: a line of NDJSON that is no JSON.
    NoRecord,
}

impl Why {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Preamble => "preamble",
            Self::Footnote => "footnote",
            Self::NoRecord => "no_record",
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct Conversion {
    pub tables: Vec<Converted>,
    pub dialect: Dialect,
    /// How many lines were left out, and the first of them.
    pub left_out: u64,
    pub left: Vec<LeftOut>,
}

#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("several sources are configured, and none reads “{file}”")]
    NoSource { file: String },
    #[error("{file}: {error}")]
    Source { file: String, error: SourceError },
    #[error("cannot write {out}: {error}")]
    Write { out: String, error: std::io::Error },
}

/// Converts `file` as the source of `config` that reads it says, else as it is found.
///
/// # Errors
/// The configuration is wrong, the file is no table, or the output cannot be written.
pub fn convert(
    file: &Path,
    target: Target<'_>,
    config: Option<&Path>,
) -> Result<Conversion, ConvertError> {
    let dialect = match config {
        Some(config) => dialect(&Config::load(config)?, file)?,
        None => Dialect::default(),
    };
    let mut writer = Writer::new(target);
    match read(file, &dialect, &mut writer) {
        Ok(dialect) => {
            writer.close_table()?;
            writer.conversion.dialect = dialect;
            Ok(writer.conversion)
        }
        Err(Stopped::Source(error)) => {
            writer.give_up();
            Err(ConvertError::Source {
                file: file.display().to_string(),
                error,
            })
        }
        Err(Stopped::Write(error)) => {
            writer.give_up();
            Err(error)
        }
    }
}

/// The dialect of the only source, or of the one among whose files this is.
fn dialect(config: &Config, file: &Path) -> Result<Dialect, ConvertError> {
    if let [only] = config.sources.as_slice() {
        return Ok(only.dialect());
    }
    let same = |found: &files::DiskFile| {
        let found = Path::new(crate::domain::ports::SourceFile::path(found)).canonicalize();
        found.is_ok_and(|found| file.canonicalize().is_ok_and(|file| file == found))
    };
    let reads = |path: &str, dialect: &Dialect| {
        files::resolve(&config.folder, path, dialect).is_ok_and(|found| found.iter().any(same))
    };
    config
        .sources
        .iter()
        .find(|source| {
            source
                .path
                .as_deref()
                .is_some_and(|path| reads(path, &source.dialect()))
        })
        .map(crate::config::SourceConfig::dialect)
        .ok_or_else(|| ConvertError::NoSource {
            file: file.display().to_string(),
        })
}

/// Hands the file to the writer and says how it is written. An empty file is no table, and no error: nothing of
/// it is lost; but of a name that promises JSON it is none.
fn read(file: &Path, dialect: &Dialect, writer: &mut Writer<'_>) -> Result<Dialect, Stopped> {
    let name = file.display().to_string();
    let open = || {
        File::open(file).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::NothingThere { path: name.clone() },
            _ => SourceError::Unreadable {
                why: error.to_string(),
            },
        })
    };
    let is_json = match dialect.format {
        None => file
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("json")),
        Some(format) => format == Format::Json,
    };
    match table::table(open()?, u64::MAX, &name, dialect) {
        // JSON, and no table of records: its values are written all the same.
        Err(SourceError::NotATable { .. }) if dialect.records.is_none() => {
            let mut stream = LooseStream::open(open()?, dialect)?;
            records(&mut stream, writer)?;
            Ok(stream.dialect())
        }
        Err(SourceError::Empty) if !is_json => {
            writer.open_table(1)?;
            Ok(dialect.clone())
        }
        Err(error) => Err(error.into()),
        Ok(Table::Csv(stream)) => {
            let found = stream.dialect();
            tidy(*stream, writer)?;
            Ok(found)
        }
        Ok(Table::Other(mut stream)) => {
            records(stream.as_mut(), writer)?;
            Ok(stream.dialect())
        }
    }
}

/// Records of a format that has no pollution to be put right.
fn records(stream: &mut dyn RecordStream, writer: &mut Writer<'_>) -> Result<(), Stopped> {
    writer.table(1)?;
    let header: Vec<Vec<u8>> = stream
        .header()
        .iter()
        .map(|name| name.clone().into())
        .collect();
    writer.header(&header)?;
    let mut record = RawRecord::default();
    while stream.read(&mut record)? {
        if record.is_empty() {
            writer.leave(Why::NoRecord, record.line, &record.raw);
            continue;
        }
        let mut cells: Vec<Vec<u8>> = (0..record.len())
            .filter_map(|i| record.field(i))
            .map(<[u8]>::to_vec)
            .collect();
        let short = cells.len() < header.len();
        cells.resize(cells.len().max(header.len()), Vec::new());
        writer.row(&cells, short)?;
    }
    Ok(())
}

/// Why a conversion ended early.
enum Stopped {
    Source(SourceError),
    Write(ConvertError),
}

impl From<SourceError> for Stopped {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<ConvertError> for Stopped {
    fn from(error: ConvertError) -> Self {
        Self::Write(error)
    }
}

/// Writes tables as they come. A file takes its name when it is whole.
struct Writer<'a> {
    target: Target<'a>,
    csv: Option<csv::Writer<Box<dyn Write>>>,
    conversion: Conversion,
}

impl<'a> Writer<'a> {
    fn new(target: Target<'a>) -> Self {
        Self {
            target,
            csv: None,
            conversion: Conversion::default(),
        }
    }

    fn open_table(&mut self, line: u64) -> Result<(), ConvertError> {
        self.close_table()?;
        let first = self.conversion.tables.is_empty();
        let out = match self.target {
            Target::File(out) => Some(nth(out, self.conversion.tables.len() + 1)),
            Target::Stdout | Target::Nowhere => None,
        };
        let sink: Box<dyn Write> = match (&out, self.target) {
            (Some(out), _) => {
                let part = part(out);
                let file = File::create(&part).map_err(|error| unwritten(&part, error))?;
                Box::new(BufWriter::new(file))
            }
            (None, Target::Stdout) if first => Box::new(BufWriter::new(std::io::stdout())),
            _ => Box::new(std::io::sink()),
        };
        let mut builder = csv::WriterBuilder::new();
        self.csv = Some(builder.flexible(true).has_headers(false).from_writer(sink));
        self.conversion.tables.push(Converted {
            line,
            out,
            ..Converted::default()
        });
        Ok(())
    }

    fn close_table(&mut self) -> Result<(), ConvertError> {
        let (Some(mut csv), Some(table)) = (self.csv.take(), self.conversion.tables.last()) else {
            return Ok(());
        };
        let named = table.out.clone().unwrap_or_else(|| "stdout".into());
        csv.flush().map_err(|error| unwritten(&named, error))?;
        drop(csv);
        if let Some(out) = &table.out {
            std::fs::rename(part(out), out).map_err(|error| unwritten(out, error))?;
        }
        Ok(())
    }

    /// What was begun and will not be whole is taken away.
    fn give_up(&mut self) {
        self.csv = None;
        if let Some(out) = self
            .conversion
            .tables
            .last()
            .and_then(|table| table.out.as_ref())
        {
            // Gone already when the table had been closed.
            let _gone = std::fs::remove_file(part(out));
        }
    }

    fn write(&mut self, cells: &[Vec<u8>]) -> Result<(), ConvertError> {
        let (Some(csv), Some(table)) = (&mut self.csv, self.conversion.tables.last_mut()) else {
            return Ok(());
        };
        table.columns = table.columns.max(cells.len());
        let cells = cells.iter().map(|cell| decode(cell));
        csv.write_record(cells.map(|cell| cell.into_owned().into_bytes()))
            .map_err(|error| {
                let named = table.out.clone().unwrap_or_else(|| "stdout".into());
                unwritten(&named, std::io::Error::other(error))
            })
    }

    fn leave(&mut self, why: Why, line: u64, text: &[u8]) {
        self.conversion.left_out += 1;
        if self.conversion.left.len() < QUOTED_LINES {
            let text: String = decode(text).chars().take(200).collect();
            self.conversion.left.push(LeftOut { why, line, text });
        }
    }
}

impl Sink for Writer<'_> {
    type Error = Stopped;

    fn table(&mut self, line: u64) -> Result<(), Stopped> {
        Ok(self.open_table(line)?)
    }

    fn header(&mut self, cells: &[Vec<u8>]) -> Result<(), Stopped> {
        if let Some(table) = self.conversion.tables.last_mut() {
            table.header = true;
        }
        Ok(self.write(cells)?)
    }

    fn row(&mut self, cells: &[Vec<u8>], mended: bool) -> Result<(), Stopped> {
        if let Some(table) = self.conversion.tables.last_mut() {
            table.rows += 1;
            table.mended += u64::from(mended);
        }
        Ok(self.write(cells)?)
    }

    fn left(&mut self, what: Left, line: u64, text: &[u8]) -> Result<(), Stopped> {
        let why = match what {
            Left::Preamble => Why::Preamble,
            Left::Footnote => Why::Footnote,
        };
        self.leave(why, line, text);
        Ok(())
    }
}

/// The file of the `n`th table: `clean.csv`, `clean.2.csv` …
fn nth(out: &Path, n: usize) -> PathBuf {
    if n == 1 {
        return out.to_path_buf();
    }
    let extension = out.extension().map(|e| e.to_string_lossy().into_owned());
    out.with_extension(match extension {
        Some(extension) => format!("{n}.{extension}"),
        None => n.to_string(),
    })
}

fn part(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn unwritten(out: &Path, error: std::io::Error) -> ConvertError {
    ConvertError::Write {
        out: out.display().to_string(),
        error,
    }
}
