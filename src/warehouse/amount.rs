//! A value in few bytes and without loss: a whole number of thousandths is stored as that integer, any
//! other value as the double it is.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};
use rusqlite::{Row, ToSql};

use crate::domain::ChannelValues;

const PARTS: f64 = 1000.0;
/// Below this a double still tells thousandths apart.
const LARGEST: f64 = 1e9;

/// One value on its way into the warehouse or out of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Amount(pub f64);

impl Amount {
    /// The integer that stands for this value, if one does exactly.
    #[inline]
    pub fn thousandths(self) -> Option<i64> {
        let scaled = (self.0 * PARTS).round();
        // −0 is not 0 to the last bit; nobody would miss it, but nothing is rounded here.
        let exact = scaled / PARTS == self.0 && self.0.abs() < LARGEST;
        (exact && !(self.0 == 0.0 && self.0.is_sign_negative())).then_some(scaled as i64)
    }
}

impl ToSql for Amount {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(match self.thousandths() {
            Some(n) => Value::Integer(n),
            None => Value::Real(self.0),
        }))
    }
}

impl FromSql for Amount {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(n) => Ok(Self(n as f64 / PARTS)),
            ValueRef::Real(x) => Ok(Self(x)),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// Four values from column `first` on, `step` columns apart.
pub(super) fn values(row: &Row<'_>, first: usize, step: usize) -> rusqlite::Result<ChannelValues> {
    let mut out = [0.0; 4];
    for (i, value) in out.iter_mut().enumerate() {
        *value = row.get::<_, Amount>(first + i * step)?.0;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(value: f64) -> f64 {
        let db = rusqlite::Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (x ANY NOT NULL) STRICT")
            .unwrap();
        db.execute("INSERT INTO t VALUES (?1)", [Amount(value)])
            .unwrap();
        db.query_row("SELECT x FROM t", [], |row| row.get::<_, Amount>(0))
            .unwrap()
            .0
    }

    #[test]
    fn sensors_write_thousandths_and_they_are_integers() {
        assert_eq!(Amount(109.13).thousandths(), Some(109_130));
        assert_eq!(Amount(-0.001).thousandths(), Some(-1));
        assert_eq!(Amount(0.0).thousandths(), Some(0));
        assert_eq!(Amount(1.0 / 3.0).thousandths(), None);
        assert_eq!(Amount(f64::MAX).thousandths(), None);
    }

    proptest! {
        #[test]
        fn every_number_comes_back_to_the_last_bit(value in prop_oneof![
            any::<f64>().prop_filter("a reading is a number", |x| x.is_finite()),
            (-1_000_000_000_i64..1_000_000_000).prop_map(|n| n as f64 / 1000.0),
        ]) {
            prop_assert_eq!(there_and_back(value).to_bits(), value.to_bits());
        }
    }
}
