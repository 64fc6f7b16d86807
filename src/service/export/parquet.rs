//! Parquet: zstd, logical types (times are TIMESTAMP in UTC, text is STRING), row groups of bounded size, all
//! columns optional.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::warehouse::{Column, ColumnKind, Field};

use super::Sink;

/// Rows of a group, and about how many bytes of them are held.
const GROUP_ROWS: usize = 262_144;
const GROUP_BYTES: usize = 64 << 20;

pub struct ParquetSink {
    out: SerializedFileWriter<File>,
    columns: Vec<Held>,
    rows: usize,
    bytes: usize,
}

/// The values of one column of the group under way, and for each row whether it has one.
struct Held {
    values: Values,
    present: Vec<i16>,
    /// The text before: neighbours are mostly of one locomotive.
    last: ByteArray,
}

enum Values {
    Bytes(Vec<ByteArray>),
    Ints(Vec<i64>),
    Reals(Vec<f64>),
    Flags(Vec<bool>),
}

impl ParquetSink {
    pub fn new(columns: &[Column], file: File) -> io::Result<Self> {
        let level = ZstdLevel::try_new(3).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by(format!("cidp {}", env!("CARGO_PKG_VERSION")))
            .build();
        let schema = schema(columns).map_err(io::Error::other)?;
        let out = SerializedFileWriter::new(file, schema, Arc::new(properties))
            .map_err(io::Error::other)?;
        let held = |column: &Column| Held {
            values: match column.kind {
                ColumnKind::Text | ColumnKind::Bytes => Values::Bytes(Vec::new()),
                ColumnKind::Time | ColumnKind::Int => Values::Ints(Vec::new()),
                ColumnKind::Real { .. } => Values::Reals(Vec::new()),
                ColumnKind::Flag => Values::Flags(Vec::new()),
            },
            present: Vec::new(),
            last: ByteArray::from(""),
        };
        Ok(Self {
            out,
            columns: columns.iter().map(held).collect(),
            rows: 0,
            bytes: 0,
        })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.out.next_row_group()?;
        let mut columns = self.columns.iter_mut();
        while let (Some(mut writer), Some(column)) = (group.next_column()?, columns.next()) {
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Sink for ParquetSink {
    fn row(&mut self, row: &[Field<'_>]) -> io::Result<()> {
        for (column, field) in self.columns.iter_mut().zip(row) {
            self.bytes += column.push(field)?;
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group().map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<()> {
        self.write_group().map_err(io::Error::other)?;
        self.out.close().map_err(io::Error::other)?;
        Ok(())
    }
}

impl Held {
    /// Takes one more value, and says how many bytes it takes.
    fn push(&mut self, field: &Field<'_>) -> io::Result<usize> {
        self.present.push(i16::from(*field != Field::Empty));
        match (&mut self.values, field) {
            (_, Field::Empty) => {}
            (Values::Bytes(held), Field::Text(text)) => {
                return Ok(Self::text(&mut self.last, held, text.as_bytes()));
            }
            (Values::Bytes(held), Field::Bytes(bytes)) => {
                return Ok(Self::text(&mut self.last, held, bytes));
            }
            (Values::Ints(held), Field::Time(value) | Field::Int(value)) => held.push(*value),
            (Values::Reals(held), Field::Real(value)) => held.push(*value),
            (Values::Flags(held), Field::Flag(value)) => held.push(*value),
            _ => return Err(io::Error::other("a field is not of its column's kind")),
        }
        Ok(8)
    }

    fn text(last: &mut ByteArray, held: &mut Vec<ByteArray>, bytes: &[u8]) -> usize {
        let new = last.data() != bytes;
        if new {
            *last = ByteArray::from(bytes.to_vec());
        }
        held.push(last.clone());
        40 + if new { bytes.len() } else { 0 }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let present = Some(&self.present[..]);
        match &mut self.values {
            Values::Bytes(held) => {
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(held, present, None)?;
                held.clear();
            }
            Values::Ints(held) => {
                writer
                    .typed::<Int64Type>()
                    .write_batch(held, present, None)?;
                held.clear();
            }
            Values::Reals(held) => {
                writer
                    .typed::<DoubleType>()
                    .write_batch(held, present, None)?;
                held.clear();
            }
            Values::Flags(held) => {
                writer
                    .typed::<BoolType>()
                    .write_batch(held, present, None)?;
                held.clear();
            }
        }
        self.present.clear();
        Ok(())
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| -> Result<TypePtr, ParquetError> {
        let (physical, logical) = match column.kind {
            ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnKind::Bytes => (Physical::BYTE_ARRAY, None),
            ColumnKind::Time => (
                Physical::INT64,
                Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
            ),
            ColumnKind::Real { .. } => (Physical::DOUBLE, None),
            ColumnKind::Int => (Physical::INT64, None),
            ColumnKind::Flag => (Physical::BOOLEAN, None),
        };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()?;
        Ok(Arc::new(field))
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("cidp")
        .with_fields(fields)
        .build()?;
    Ok(Arc::new(schema))
}
