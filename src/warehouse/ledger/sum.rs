//! Sums of hashes: they do not depend on the order of what was added, and what was added can be taken away again.
//!
//! A row's sum is an integer of 512 bits (AdHash, Bellare and Micciancio 1997): a block holds few enough rows that the
//! known attack on such sums (Wagner 2002) needs about 2^48 steps and a terabyte. The sum over all blocks is wider
//! (LtHash with 1,024 lanes of 16 bits, Lewi et al. 2019), at least 200 bits strong whatever the number of blocks.

/// Sum of row hashes modulo 2^512, least significant word first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RowSum([u64; 8]);

impl RowSum {
    /// Of no rows.
    pub const NONE: Self = Self([0; 8]);

    /// The hash of one row in its canonical form.
    pub fn of(row: &[u8]) -> Self {
        let mut bytes = [0; 64];
        blake3::Hasher::new()
            .update(row)
            .finalize_xof()
            .fill(&mut bytes);
        Self::from_bytes(&bytes)
    }

    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            // Chunks of eight bytes: the conversion cannot fail.
            *word = bytes.try_into().map_or(0, u64::from_le_bytes);
        }
        Self(words)
    }

    pub fn to_bytes(self) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    pub fn add(&mut self, other: &Self) {
        let mut carry = false;
        for (word, more) in self.0.iter_mut().zip(other.0) {
            let (sum, over) = word.overflowing_add(more);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, over || over_again);
        }
    }

    pub fn take(&mut self, other: &Self) {
        let mut borrow = false;
        for (word, less) in self.0.iter_mut().zip(other.0) {
            let (rest, under) = word.overflowing_sub(less);
            let (rest, under_again) = rest.overflowing_sub(u64::from(borrow));
            (*word, borrow) = (rest, under || under_again);
        }
    }
}

const LANES: usize = 1024;

/// Sum over all blocks: 1,024 lanes modulo 2^16.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WideSum(Box<[u16; LANES]>);

impl Default for WideSum {
    fn default() -> Self {
        Self(Box::new([0; LANES]))
    }
}

impl WideSum {
    pub const BYTES: usize = LANES * 2;

    /// `None`: not as many bytes as it has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        let mut sum = Self::default();
        for (lane, pair) in sum.0.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = u16::from_le_bytes([pair[0], pair[1]]);
        }
        Some(sum)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|lane| lane.to_le_bytes()).collect()
    }

    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.to_bytes()).as_bytes()
    }

    pub fn add(&mut self, block: &[u8]) {
        self.each(block, u16::wrapping_add);
    }

    pub fn take(&mut self, block: &[u8]) {
        self.each(block, u16::wrapping_sub);
    }

    fn each(&mut self, block: &[u8], change: fn(u16, u16) -> u16) {
        let mut bytes = [0; Self::BYTES];
        blake3::Hasher::new()
            .update(block)
            .finalize_xof()
            .fill(&mut bytes);
        for (lane, pair) in self.0.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = change(*lane, u16::from_le_bytes([pair[0], pair[1]]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn neither_order_nor_a_detour_changes_a_sum(rows in prop::collection::vec(any::<Vec<u8>>(), 0..20), other in any::<Vec<u8>>()) {
            let mut forth = RowSum::default();
            let mut back = RowSum::default();
            let mut wide = WideSum::default();
            let mut wide_back = WideSum::default();
            for row in &rows {
                forth.add(&RowSum::of(row));
                wide.add(row);
            }
            back.add(&RowSum::of(&other));
            wide_back.add(&other);
            for row in rows.iter().rev() {
                back.add(&RowSum::of(row));
                wide_back.add(row);
            }
            prop_assert_ne!(back, forth);
            back.take(&RowSum::of(&other));
            wide_back.take(&other);
            prop_assert_eq!(back, forth);
            prop_assert!(wide == wide_back);
            prop_assert_eq!(RowSum::from_bytes(&forth.to_bytes()), forth);
            prop_assert!(WideSum::from_bytes(&wide.to_bytes()).as_ref() == Some(&wide));
        }
    }

    #[test]
    fn the_carry_goes_through_all_words() {
        let mut sum = RowSum([u64::MAX; 8]);
        let one = RowSum([1, 0, 0, 0, 0, 0, 0, 0]);
        sum.add(&one);
        assert_eq!(sum, RowSum::default());
        sum.take(&one);
        assert_eq!(sum, RowSum([u64::MAX; 8]));
        assert!(WideSum::from_bytes(&[0; 5]).is_none());
    }
}
