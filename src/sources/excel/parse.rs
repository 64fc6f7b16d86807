//! The library at work, on a thread of its own: rows go out as they are parsed, whoever stops listening ends
//! it, and a panic in it ends nothing else.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::sync::Once;
use std::sync::mpsc::SyncSender;

use calamine::{Data, DataRef, Ods, Range, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use crate::domain::{Dialect, SourceError};

use super::cells;
use super::limits::{self, Kind, MAX_ROWS};
use super::sheet::{self, LOOK_ROWS, MAX_ROW_BYTES, Row};

/// The thread's name; its panics are told by their error and not on stderr.
const THREAD: &str = "cidp-workbook";
/// Rows on their way: at most so many, and about so many bytes.
const BATCH_ROWS: usize = 512;
const BATCH_BYTES: usize = 256 << 10;

/// A text that a million cells share is a million texts here.
const MAX_TEXT_BYTES: u64 = 1 << 30;

/// What comes out of a workbook.
pub enum Message {
    /// Once, first: the sheet, and the row that is its header.
    Header {
        sheet: String,
        row: Row,
    },
    Rows(Vec<Row>),
    /// Last, when it went wrong; nothing, when it went well.
    Failed(SourceError),
}

/// Why parsing ends early.
enum Stop {
    Wrong(SourceError),
    /// Nobody listens any more.
    Unheard,
    /// This sheet has no table.
    NoTable,
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Wrong(error)
    }
}

/// Looks at a workbook, parses it, and says what is in it.
///
/// # Errors
/// No thread can be started.
pub fn start(
    file: File,
    dialect: Dialect,
    out: SyncSender<Message>,
) -> Result<std::thread::JoinHandle<()>, SourceError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() != Some(THREAD) {
                loud(panic);
            }
        }));
    });
    let work = move || {
        if let Err(Stop::Wrong(error)) = parse(file, &dialect, &out) {
            let _unheard = out.send(Message::Failed(error));
        }
    };
    std::thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(work)
        .map_err(|e| SourceError::Unreadable { why: e.to_string() })
}

fn wrong(error: &impl std::fmt::Display) -> Stop {
    Stop::Wrong(SourceError::Workbook {
        why: error.to_string(),
    })
}

type Input = BufReader<File>;

fn parse(mut file: File, dialect: &Dialect, out: &SyncSender<Message>) -> Result<(), Stop> {
    let kind = limits::look(&file)?;
    file.seek(SeekFrom::Start(0)).map_err(|e| wrong(&e))?;
    let input = BufReader::with_capacity(64 << 10, file);
    match kind {
        Kind::Xlsx => {
            let book: Xlsx<Input> = calamine::open_workbook_from_rs(input).map_err(
                |e: calamine::XlsxError| match e {
                    calamine::XlsxError::Password => Stop::Wrong(SourceError::Protected),
                    other => wrong(&other),
                },
            )?;
            Book { book, dialect, out }.read(|book, name, take| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|e| wrong(&e))?;
                while let Some(cell) = cells.next_cell().map_err(|e| wrong(&e))? {
                    take(cell.get_position(), cell.get_value())?;
                }
                Ok(())
            })
        }
        Kind::Xlsb => {
            let book: Xlsb<Input> = calamine::open_workbook_from_rs(input).map_err(
                |e: calamine::XlsbError| match e {
                    calamine::XlsbError::Password => Stop::Wrong(SourceError::Protected),
                    other => wrong(&other),
                },
            )?;
            Book { book, dialect, out }.read(|book, name, take| {
                let mut cells = book.worksheet_cells_reader(name).map_err(|e| wrong(&e))?;
                while let Some(cell) = cells.next_cell().map_err(|e| wrong(&e))? {
                    take(cell.get_position(), cell.get_value())?;
                }
                Ok(())
            })
        }
        Kind::Ods => {
            let book: Ods<Input> = calamine::open_workbook_from_rs(input).map_err(
                |e: calamine::OdsError| match e {
                    calamine::OdsError::Password => Stop::Wrong(SourceError::Protected),
                    other => wrong(&other),
                },
            )?;
            Book { book, dialect, out }.read(|book, name, take| {
                held(&book.worksheet_range(name).map_err(|e| wrong(&e))?, take)
            })
        }
        Kind::Xls => {
            let book: Xls<Input> = calamine::open_workbook_from_rs(input).map_err(
                |e: calamine::XlsError| match e {
                    calamine::XlsError::Password => Stop::Wrong(SourceError::Protected),
                    other => wrong(&other),
                },
            )?;
            Book { book, dialect, out }.read(|book, name, take| {
                held(&book.worksheet_range(name).map_err(|e| wrong(&e))?, take)
            })
        }
    }
}

type Take<'a> = &'a mut dyn FnMut((u32, u32), &DataRef<'_>) -> Result<(), Stop>;

/// The cells of a sheet that is held whole.
fn held(range: &Range<Data>, take: Take<'_>) -> Result<(), Stop> {
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let place = (
            top.saturating_add(u32::try_from(row).unwrap_or(u32::MAX)),
            left.saturating_add(u32::try_from(column).unwrap_or(u32::MAX)),
        );
        take(place, &cells::borrowed(value))?;
    }
    Ok(())
}

struct Book<'a, B> {
    book: B,
    dialect: &'a Dialect,
    out: &'a SyncSender<Message>,
}

impl<B: Reader<Input>> Book<'_, B> {
    /// Finds the sheet and sends its rows; `walk` gives the cells of one.
    fn read(
        mut self,
        mut walk: impl FnMut(&mut B, &str, Take<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let sheets = self.sheets()?;
        // First a sheet whose table has a header, then one that has anything.
        for strictly in [true, false] {
            for name in &sheets {
                let mut rows = Rows::new(name, self.dialect, strictly, self.out);
                let walked = walk(&mut self.book, name, &mut |place, value| {
                    rows.take(place, value)
                });
                match walked.and_then(|()| rows.end()) {
                    Err(Stop::NoTable) => {}
                    ended => return ended,
                }
            }
        }
        let place = match self.dialect.sheet.as_ref().or(sheets.first()) {
            Some(name) => format!("the sheet “{name}”"),
            None => "this workbook".to_owned(),
        };
        Err(SourceError::NoTable { place }.into())
    }

    /// The sheets to look at: the one that was asked for, or all of them, hidden ones last.
    fn sheets(&self) -> Result<Vec<String>, Stop> {
        let metadata = self.book.sheets_metadata().iter();
        let mut sheets: Vec<_> = metadata
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .collect();
        sheets.sort_by_key(|sheet| sheet.visible != SheetVisible::Visible);
        let names = sheets.iter().map(|sheet| sheet.name.clone());
        let Some(asked) = &self.dialect.sheet else {
            return Ok(names.collect());
        };
        let same = |name: &&String| name.trim().to_lowercase() == asked.trim().to_lowercase();
        let names: Vec<String> = names.collect();
        let exact = names.iter().find(|name| *name == asked);
        match exact.or_else(|| names.iter().find(same)) {
            Some(name) => Ok(vec![name.clone()]),
            None => Err(SourceError::NoSuchSheet {
                sheet: asked.clone(),
                sheets: names.join(", "),
            }
            .into()),
        }
    }
}

/// From cells to rows to messages.
struct Rows<'a> {
    sheet: &'a str,
    dialect: &'a Dialect,
    strictly: bool,
    out: &'a SyncSender<Message>,
    /// The row under way: its number from 0, and its cells as they came.
    row: Option<u32>,
    cells: Vec<(u32, usize, usize)>,
    text: String,
    /// Of all rows so far.
    text_bytes: u64,
    /// Before the header is found, the first rows; after it, what goes out next.
    waiting: Vec<Row>,
    waiting_bytes: usize,
    found: bool,
}

impl<'a> Rows<'a> {
    fn new(
        sheet: &'a str,
        dialect: &'a Dialect,
        strictly: bool,
        out: &'a SyncSender<Message>,
    ) -> Self {
        Self {
            sheet,
            dialect,
            strictly,
            out,
            row: None,
            cells: Vec::new(),
            text: String::new(),
            text_bytes: 0,
            waiting: Vec::new(),
            waiting_bytes: 0,
            found: false,
        }
    }

    fn take(&mut self, (row, column): (u32, u32), value: &DataRef<'_>) -> Result<(), Stop> {
        if u64::from(row) >= MAX_ROWS || self.text_bytes > MAX_TEXT_BYTES {
            return Err(SourceError::Workbook {
                why: "it holds more than a sheet can: save it as CSV".into(),
            }
            .into());
        }
        if self.row != Some(row) {
            self.end_row()?;
            self.row = Some(row);
        }
        let start = self.text.len();
        if cells::write(value, &mut self.text) && column < 16_384 {
            self.cells.push((column, start, self.text.len()));
        }
        if self.text.len() > MAX_ROW_BYTES {
            return Err(SourceError::EndlessLine {
                line: u64::from(row) + 1,
                limit_kib: MAX_ROW_BYTES >> 10,
            }
            .into());
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), Stop> {
        let mut cells = std::mem::take(&mut self.cells);
        let text = std::mem::take(&mut self.text);
        self.text_bytes += text.len() as u64;
        let Some(number) = self.row.filter(|_| !text.trim().is_empty()) else {
            return Ok(());
        };
        // Nothing says that cells come in order, or once.
        cells.sort_by_key(|cell| cell.0);
        let mut row = Row {
            number: u64::from(number) + 1,
            text: String::with_capacity(text.len()),
            ends: Vec::with_capacity(cells.last().map_or(0, |cell| cell.0 as usize + 1)),
        };
        for (i, &(column, start, end)) in cells.iter().enumerate() {
            if cells.get(i + 1).is_some_and(|next| next.0 == column) {
                continue;
            }
            row.ends.resize(column as usize, row.text.len());
            row.text.push_str(&text[start..end]);
            row.ends.push(row.text.len());
        }
        self.push(row)
    }

    fn push(&mut self, row: Row) -> Result<(), Stop> {
        let asked = self.dialect.header_row.map(u64::from);
        if !self.found && asked.is_some_and(|asked| row.number < asked) {
            return Ok(());
        }
        self.waiting_bytes += row.text.len() + row.ends.len() * size_of::<usize>();
        self.waiting.push(row);
        if !self.found {
            if asked.is_some()
                || self.waiting.len() >= LOOK_ROWS
                || self.waiting_bytes > MAX_ROW_BYTES
            {
                self.find_header()?;
            }
            return Ok(());
        }
        if self.waiting.len() >= BATCH_ROWS || self.waiting_bytes >= BATCH_BYTES {
            self.send()?;
        }
        Ok(())
    }

    fn find_header(&mut self) -> Result<(), Stop> {
        let at = match self.dialect.header_row.map(u64::from) {
            Some(asked) => self.waiting.iter().position(|row| row.number == asked),
            None => sheet::header(&self.waiting, self.strictly),
        };
        let at = at.ok_or(Stop::NoTable)?;
        let mut rest = self.waiting.split_off(at);
        let row = rest.remove(0);
        self.waiting = rest;
        self.found = true;
        let header = Message::Header {
            sheet: self.sheet.to_owned(),
            row,
        };
        self.out.send(header).map_err(|_| Stop::Unheard)
    }

    fn send(&mut self) -> Result<(), Stop> {
        self.waiting_bytes = 0;
        let rows = std::mem::take(&mut self.waiting);
        self.out
            .send(Message::Rows(rows))
            .map_err(|_| Stop::Unheard)
    }

    fn end(&mut self) -> Result<(), Stop> {
        self.end_row()?;
        if !self.found {
            self.find_header()?;
        }
        self.send()
    }
}
