//! The canonical form of a row: table, then each column with its type, so that no two different rows share one.

use rusqlite::types::ValueRef;

/// Bytes of a row, built column by column.
#[derive(Default)]
pub(crate) struct RowBytes(Vec<u8>);

impl RowBytes {
    pub fn begin(&mut self, table: u8) {
        self.0.clear();
        self.0.push(table);
    }

    pub fn null(&mut self) {
        self.0.push(0);
    }

    pub fn integer(&mut self, n: i64) {
        self.0.push(1);
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    pub fn real(&mut self, x: f64) {
        self.0.push(2);
        self.0.extend_from_slice(&x.to_bits().to_le_bytes());
    }

    fn long(&mut self, kind: u8, bytes: &[u8]) {
        self.0.push(kind);
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    pub fn text(&mut self, text: &str) {
        self.long(3, text.as_bytes());
    }

    pub fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.null(),
            ValueRef::Integer(n) => self.integer(n),
            ValueRef::Real(x) => self.real(x),
            ValueRef::Text(text) => self.long(3, text),
            ValueRef::Blob(blob) => self.long(4, blob),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
