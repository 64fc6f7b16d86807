//! Columns cut into classes of neighbouring values.

use super::Rows;

/// Classes that a column's values are put into at most.
pub const CLASSES: usize = 256;

/// A column cut into classes of neighbouring values, of about the same number of rows each.
pub struct Column {
    /// The class of each row.
    pub class: Vec<u8>,
    /// Least and greatest value of each class.
    pub ends: Vec<(f32, f32)>,
}

impl Column {
    pub fn of(rows: &Rows, c: usize) -> Self {
        // + 0.0: the two zeros are one value.
        let values = rows.x.iter().skip(c).step_by(rows.columns);
        let mut order: Vec<(i32, u32)> = values
            .zip(0..)
            .map(|(value, row)| (ordered(value + 0.0), row))
            .collect();
        order.sort_unstable();
        let same = |a: &(i32, u32), b: &(i32, u32)| a.0 == b.0;
        let few = order.chunk_by(same).nth(CLASSES).is_none();
        let mut column = Self {
            class: vec![0; order.len()],
            ends: Vec::new(),
        };
        let mut rest = &order[..];
        while !rest.is_empty() {
            let class = column.ends.len();
            // A class each where they suffice; else an equal share of what is left.
            let wanted = if few {
                1
            } else {
                rest.len().div_ceil(CLASSES - class)
            };
            let greatest = rest[wanted - 1];
            let ties = rest[wanted..].iter().take_while(|v| same(v, &greatest));
            let (these, others) = rest.split_at(wanted + ties.count());
            for &(_, row) in these {
                column.class[row as usize] = class as u8;
            }
            column
                .ends
                .push((of_ordered(these[0].0), of_ordered(greatest.0)));
            rest = others;
        }
        column
    }

    /// A threshold between two classes that occur in a node, `low` and `high` being neighbours there.
    pub fn between(&self, low: usize, high: usize) -> f32 {
        let (low, high) = (self.ends[low].1, self.ends[high].0);
        let middle = low + (high - low) / 2.0;
        if middle < high { middle } else { low }
    }
}

/// Whole numbers in the order of the floats, and back.
const fn ordered(x: f32) -> i32 {
    let bits = x.to_bits().cast_signed();
    bits ^ ((bits >> 31) & i32::MAX)
}
const fn of_ordered(bits: i32) -> f32 {
    f32::from_bits((bits ^ ((bits >> 31) & i32::MAX)).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn floats_and_their_whole_numbers_have_one_order(a: f32, b: f32) {
            prop_assert_eq!(of_ordered(ordered(a)).to_bits(), a.to_bits());
            prop_assert_eq!(ordered(a).cmp(&ordered(b)), a.total_cmp(&b));
        }

        /// Classes keep the order of the values, and a threshold parts the rows as their classes do.
        #[test]
        fn a_threshold_parts_what_the_classes_part(
            x in prop::collection::vec(prop_oneof![-1e6_f32..1e6, Just(0.0), Just(-0.0), Just(1.5)], 2..700),
        ) {
            let n = x.len();
            let rows = Rows { columns: 1, x: x.clone(), y: vec![false; n], weight: [1.0; 2] };
            let column = Column::of(&rows, 0);
            prop_assert!(column.ends.len() <= CLASSES);
            for class in 1..column.ends.len() {
                let threshold = column.between(class - 1, class);
                for (x, c) in x.iter().zip(&column.class) {
                    prop_assert_eq!(*x <= threshold, usize::from(*c) < class);
                }
            }
        }
    }
}
