//! What a transaction under way adds to blocks and takes from them, until it is sealed.

use std::collections::{BTreeMap, HashMap};

use super::sum::RowSum;

/// A block: table, group, bucket.
pub(crate) type Block = (u8, i64, i64);

/// What a block gains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub rows: i64,
    pub sum: RowSum,
}

impl Change {
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.sum.add(&other.sum);
    }
}

/// Changes of a transaction, in layers: a savepoint that is rolled back takes its layer with it.
#[derive(Debug)]
pub(crate) struct Tally {
    layers: Vec<HashMap<Block, Change>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            layers: vec![HashMap::new()],
        }
    }
}

impl Tally {
    pub fn came(&mut self, block: Block, row: &RowSum) {
        let change = self.top().entry(block).or_default();
        change.rows += 1;
        change.sum.add(row);
    }

    pub fn went(&mut self, block: Block, row: &RowSum) {
        let change = self.top().entry(block).or_default();
        change.rows -= 1;
        change.sum.take(row);
    }

    fn top(&mut self) -> &mut HashMap<Block, Change> {
        if self.layers.is_empty() {
            self.layers.push(HashMap::new());
        }
        let last = self.layers.len() - 1;
        &mut self.layers[last]
    }

    pub fn begin_layer(&mut self) {
        self.layers.push(HashMap::new());
    }

    pub fn end_layer(&mut self, keep: bool) {
        let Some(layer) = self.layers.pop() else {
            return;
        };
        if keep {
            for (block, change) in layer {
                self.top().entry(block).or_default().merge(&change);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.layers.iter().all(HashMap::is_empty)
    }

    pub fn clear(&mut self) {
        self.layers.truncate(1);
        self.top().clear();
    }

    /// What there is so far; it stays here too.
    pub fn clone_all(&self) -> BTreeMap<Block, Change> {
        let mut all: BTreeMap<Block, Change> = BTreeMap::new();
        for (block, change) in self.layers.iter().flatten() {
            all.entry(*block).or_default().merge(change);
        }
        all
    }

    /// All changes that are some, in order of their blocks; none are left here.
    pub fn drain(&mut self) -> BTreeMap<Block, Change> {
        let mut all: BTreeMap<Block, Change> = BTreeMap::new();
        for (block, change) in self.layers.drain(..).flatten() {
            all.entry(block).or_default().merge(&change);
        }
        all.retain(|_, change| *change != Change::default());
        all
    }
}
