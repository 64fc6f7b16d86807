//! The forest as it judges: flat arrays of eight-byte nodes. How it is grown is `grow`'s business.
//!
//! Rows are judged in blocks with the trees outside, so that a tree stays in the cache, and several
//! rows at a time walk down it, so that the processor waits for none of them. A row's probability is the
//! same, to the last bit, alone and in any block.

/// Deepest tree that is accepted.
pub(super) const MAX_DEPTH: usize = 64;
/// Marks a leaf among nodes in pre-order.
pub(super) const LEAF: u8 = u8::MAX;
/// Rows, or trees, that walk side by side.
const LANES: usize = 8;
/// Rows of a block: with 60 columns they fill half of a first-level cache.
const BLOCK: usize = 64;
/// Bits of [`Node::link`] that say how far away the right child is.
const FAR_BITS: u32 = 24;

/// A node; the nodes of a tree stand in pre-order, so the left child is the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    /// Go left when the column is not greater; the probability in a leaf.
    value: f32,
    /// Column compared (upper 8 bits), nodes from here to the right child (lower 24); 0 in a leaf.
    link: u32,
}

impl Node {
    /// Nodes to move on by, for a row; 0 in a leaf.
    #[inline(always)]
    fn step(self, row: &[f32]) -> usize {
        let far = self.link & ((1 << FAR_BITS) - 1);
        let near = u32::from(far != 0);
        let left = row[(self.link >> FAR_BITS) as usize] <= self.value;
        (if left { near } else { far }) as usize
    }
}

/// Trees whose mean leaf is a probability.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forest {
    nodes: Vec<Node>,
    roots: Vec<Root>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Root {
    at: u32,
    /// Levels of splits.
    depth: u32,
}

impl Forest {
    /// From nodes in pre-order, tree after tree: column and threshold of a split, [`LEAF`] and
    /// probability of a leaf.
    ///
    /// # Errors
    /// They are not whole trees over `columns` columns.
    pub fn from_preorder(flat: &[(u8, f32)], trees: usize, columns: usize) -> Result<Self, String> {
        let mut forest = Self::default();
        let mut rest = flat;
        for _ in 0..trees {
            rest = forest.append(rest, columns)?;
        }
        if rest.is_empty() && trees > 0 {
            Ok(forest)
        } else {
            Err("nodes are left over".to_owned())
        }
    }

    /// Takes one tree from the front of `flat`; what follows it. Refuses what is no tree.
    fn append<'a>(
        &mut self,
        flat: &'a [(u8, f32)],
        columns: usize,
    ) -> Result<&'a [(u8, f32)], String> {
        let start = self.nodes.len();
        let at = u32::try_from(start).map_err(|e| e.to_string())?;
        // Splits whose right subtree is still to come, with their levels.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let (mut level, mut depth) = (0, 0);
        for (i, &(column, value)) in flat.iter().enumerate() {
            if !value.is_finite() {
                return Err("a node is no number".to_owned());
            }
            depth = depth.max(level);
            if column != LEAF {
                if usize::from(column) >= columns || level >= MAX_DEPTH {
                    return Err("a split is out of range".to_owned());
                }
                let link = u32::from(column) << FAR_BITS;
                self.nodes.push(Node { value, link });
                open.push((i, level));
                level += 1;
                continue;
            }
            if !(0.0..=1.0).contains(&value) {
                return Err("a leaf is no probability".to_owned());
            }
            self.nodes.push(Node { value, link: 0 });
            let Some((split, above)) = open.pop() else {
                self.roots.push(Root {
                    at,
                    depth: depth as u32,
                });
                return Ok(&flat[i + 1..]);
            };
            let far = u32::try_from(i + 1 - split).map_err(|e| e.to_string())?;
            if far >> FAR_BITS != 0 {
                return Err("a tree is too large".to_owned());
            }
            self.nodes[start + split].link |= far;
            level = above + 1;
        }
        Err("a tree is cut off".to_owned())
    }

    /// Columns and values of all nodes, in pre-order.
    pub fn preorder(&self) -> impl ExactSizeIterator<Item = (u8, f32)> + '_ {
        self.nodes.iter().map(|node| match node.link {
            0 => (LEAF, node.value),
            link => ((link >> FAR_BITS) as u8, node.value),
        })
    }

    #[must_use]
    pub fn trees(&self) -> usize {
        self.roots.len()
    }

    /// The probability of one row of columns.
    #[must_use]
    pub fn probability(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for roots in self.roots.chunks(LANES) {
            let mut at = [0_usize; LANES];
            for (at, root) in at.iter_mut().zip(roots) {
                *at = root.at as usize;
            }
            let depth = roots.iter().map(|r| r.depth).max().unwrap_or(0);
            for _ in 0..depth {
                for at in &mut at[..roots.len()] {
                    *at += self.nodes[*at].step(row);
                }
            }
            for &at in &at[..roots.len()] {
                sum += f64::from(self.nodes[at].value);
            }
        }
        sum / self.roots.len().max(1) as f64
    }

    /// The probabilities of rows of `columns` values each, row after row, put after those in `out`.
    pub fn probabilities(&self, rows: &[f32], columns: usize, out: &mut Vec<f64>) {
        let columns = columns.max(1);
        let trees = self.roots.len().max(1) as f64;
        for block in rows.chunks(BLOCK * columns) {
            let mut sums = [0.0_f64; BLOCK];
            let whole = block.len() / columns / LANES * LANES;
            for &root in &self.roots {
                for first in (0..whole).step_by(LANES) {
                    let leaves = self.walk(root, &block[first * columns..], columns);
                    for (lane, leaf) in leaves.into_iter().enumerate() {
                        sums[first + lane] += f64::from(leaf);
                    }
                }
            }
            out.extend(sums[..whole].iter().map(|sum| sum / trees));
            let rest = block[whole * columns..].chunks_exact(columns);
            out.extend(rest.map(|row| self.probability(row)));
        }
    }

    /// What one tree says of the first [`LANES`] rows. Without iterator adapters: built in another crate at
    /// a low level of optimisation, they cost four times the walk itself.
    #[inline(always)]
    fn walk(&self, root: Root, rows: &[f32], columns: usize) -> [f32; LANES] {
        let mut at = [root.at as usize; LANES];
        for _ in 0..root.depth {
            let mut row = 0;
            for at in &mut at {
                *at += self.nodes[*at].step(&rows[row..row + columns]);
                row += columns;
            }
        }
        at.map(|at| self.nodes[at].value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two trees over two columns: an uneven one of depth 2, and a leaf.
    const FLAT: [(u8, f32); 6] = [
        (0, 1.0),
        (LEAF, 0.25),
        (1, -1.0),
        (LEAF, 0.5),
        (LEAF, 1.0),
        (LEAF, 0.0),
    ];

    #[test]
    fn rows_go_left_when_not_greater() {
        let forest = Forest::from_preorder(&FLAT, 2, 2).expect("trees");
        let twice = |row: [f32; 2]| forest.probability(&row) * 2.0;
        assert_eq!(twice([1.0, 9.0]), 0.25);
        assert_eq!(twice([1.1, -1.0]), 0.5);
        assert_eq!(twice([1.1, 0.0]), 1.0);
        assert_eq!(forest.trees(), 2);
    }

    #[test]
    fn what_is_no_forest_is_refused() {
        for (flat, trees) in [
            (&FLAT[..5], 2),
            (&FLAT[..], 1),
            (&FLAT[..], 3),
            (&[(2, 1.0), (LEAF, 0.0), (LEAF, 0.0)][..], 1),
            (&[(LEAF, 1.5)][..], 1),
            (&[(0, f32::NAN), (LEAF, 0.0), (LEAF, 0.0)][..], 1),
            (&[][..], 0),
        ] {
            assert!(Forest::from_preorder(flat, trees, 2).is_err(), "{flat:?}");
        }
        let mut deep = vec![(0, 0.0); MAX_DEPTH + 1];
        deep.extend(vec![(LEAF, 0.5); MAX_DEPTH + 2]);
        assert!(Forest::from_preorder(&deep, 1, 1).is_err());
    }

    proptest! {
        #[test]
        fn any_nodes_are_trees_or_an_error(
            flat in prop::collection::vec((prop_oneof![0_u8..6, Just(LEAF)], 0.0_f32..1.0), 0..40),
            trees in 0_usize..4,
        ) {
            if let Ok(forest) = Forest::from_preorder(&flat, trees, 4) {
                let p = forest.probability(&[0.5; 4]);
                prop_assert!((0.0..=1.0).contains(&p));
                prop_assert_eq!(forest.preorder().collect::<Vec<_>>(), flat);
            }
        }

        #[test]
        fn a_row_is_judged_the_same_alone_and_in_a_block(
            x in prop::collection::vec(-2.0_f32..2.0, 0..400),
        ) {
            let forest = Forest::from_preorder(&FLAT, 2, 2).expect("trees");
            let rows = &x[..x.len() / 2 * 2];
            let mut together = Vec::new();
            forest.probabilities(rows, 2, &mut together);
            let alone: Vec<f64> = rows.chunks_exact(2).map(|r| forest.probability(r)).collect();
            prop_assert_eq!(together, alone);
        }
    }
}
