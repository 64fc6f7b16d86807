//! The forest: fitted by smartcore, kept in flat arrays of our own.
//!
//! smartcore's regressor on 0/1 labels: an MSE split is a Gini split there, and a leaf's mean is the
//! probability. Trees are fitted in fixed chunks, each with its own seed, so that the result does
//! not depend on the number of threads.

use rayon::prelude::*;
use serde::Deserialize;
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

/// Trees fitted by one call of smartcore.
const CHUNK: u32 = 13;
/// Marks a leaf in [`Node::feature`].
pub(super) const LEAF: u8 = u8::MAX;
/// Deepest tree that is accepted.
const MAX_DEPTH: usize = 64;

/// A node; the nodes of a tree stand in pre-order, so the left child is the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    /// Column compared, or [`LEAF`].
    pub feature: u8,
    /// Go left when the column is not greater; the probability in a leaf.
    pub value: f32,
    /// The right child.
    right: u32,
}

/// Trees whose mean leaf is a probability.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Forest {
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

/// How to grow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    pub trees: u32,
    pub max_depth: u32,
    /// Columns tried a split.
    pub tried: usize,
    pub min_leaf: usize,
    pub seed: u64,
}

/// Rows to fit on: `columns` values a row, row after row.
pub(super) struct Rows {
    pub columns: usize,
    pub x: Vec<f32>,
    pub y: Vec<f32>,
}

type Fitted = RandomForestRegressor<f32, f32, DenseMatrix<f32>, Vec<f32>>;

// What smartcore's serde form holds of a forest; the rest is skipped.
#[derive(Deserialize)]
struct FittedForm {
    forest_regressor: Option<ForestForm>,
}
#[derive(Deserialize)]
struct ForestForm {
    trees: Option<Vec<TreeForm>>,
}
#[derive(Deserialize)]
struct TreeForm {
    nodes: Vec<NodeForm>,
}
#[derive(Deserialize)]
struct NodeForm {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<usize>,
    false_child: Option<usize>,
}

impl Forest {
    /// Fits on all cores. Returns the forest and the share of each column in its splits.
    pub fn fit(rows: &Rows, growth: Growth) -> Result<(Self, Vec<f64>), String> {
        let n = rows.y.len();
        let columns = rows.columns;
        let mut by_column = vec![0.0_f32; rows.x.len()];
        for (i, row) in rows.x.chunks_exact(columns).enumerate() {
            for (c, v) in row.iter().enumerate() {
                by_column[c * n + i] = *v;
            }
        }
        let x = DenseMatrix::new(n, columns, by_column, true).map_err(|e| e.to_string())?;
        let chunks: Vec<(u32, u32)> = (0..growth.trees.div_ceil(CHUNK))
            .map(|k| (k, CHUNK.min(growth.trees - k * CHUNK)))
            .collect();
        let fitted: Vec<(Vec<Vec<Node>>, Vec<f64>, u32)> = chunks
            .into_par_iter()
            .map(|(k, trees)| {
                let fitted = fit_chunk(&x, &rows.y, growth, k, trees)?;
                let share = fitted.compute_feature_importances().map_err(|e| e.to_string())?;
                Ok((flatten(&fitted, columns)?, share, trees))
            })
            .collect::<Result<_, String>>()?;
        let mut forest = Self::default();
        let mut share = vec![0.0; columns];
        for (trees, part, count) in fitted {
            for tree in trees {
                forest.append(tree)?;
            }
            for (sum, p) in share.iter_mut().zip(part) {
                *sum += p * f64::from(count) / f64::from(growth.trees);
            }
        }
        Ok((forest, share))
    }

    /// From nodes in pre-order, tree after tree (right children are found again). An error when they
    /// are not whole trees over `columns` columns.
    pub fn from_preorder(flat: &[(u8, f32)], trees: usize, columns: usize) -> Result<Self, String> {
        let mut forest = Self::default();
        let mut rest = flat;
        for _ in 0..trees {
            let (tree, after) = one_tree(rest, columns)?;
            forest.append(tree)?;
            rest = after;
        }
        if rest.is_empty() && trees > 0 {
            Ok(forest)
        } else {
            Err("nodes are left over".to_owned())
        }
    }

    /// Columns and values of all nodes, in pre-order.
    pub fn preorder(&self) -> impl ExactSizeIterator<Item = (u8, f32)> + '_ {
        self.nodes.iter().map(|n| (n.feature, n.value))
    }

    pub fn trees(&self) -> usize {
        self.roots.len()
    }

    fn append(&mut self, tree: Vec<Node>) -> Result<(), String> {
        let start = u32::try_from(self.nodes.len()).map_err(|e| e.to_string())?;
        self.roots.push(start);
        self.nodes.extend(tree.into_iter().map(|mut node| {
            node.right = node.right.saturating_add(start);
            node
        }));
        Ok(())
    }

    /// The probability of one row of columns.
    pub fn probability(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for &root in &self.roots {
            let mut at = root as usize;
            loop {
                let node = self.nodes[at];
                if node.feature == LEAF {
                    sum += f64::from(node.value);
                    break;
                }
                at = if row[usize::from(node.feature)] <= node.value {
                    at + 1
                } else {
                    node.right as usize
                };
            }
        }
        sum / self.roots.len().max(1) as f64
    }
}

fn fit_chunk(
    x: &DenseMatrix<f32>,
    y: &Vec<f32>,
    growth: Growth,
    chunk: u32,
    trees: u32,
) -> Result<Fitted, String> {
    // smartcore gives tree t of a forest the seed + t: keep the chunks' seeds far apart.
    let seed = growth
        .seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(u64::from(chunk) << 32);
    let parameters = RandomForestRegressorParameters {
        // The root counts as a level there.
        max_depth: Some(u16::try_from(growth.max_depth.min(MAX_DEPTH as u32 - 2) + 1).unwrap_or(13)),
        min_samples_leaf: growth.min_leaf.max(1),
        min_samples_split: (growth.min_leaf * 2).max(2),
        n_trees: trees as usize,
        m: Some(growth.tried.max(1)),
        keep_samples: false,
        seed,
    };
    Fitted::fit(x, y, parameters).map_err(|e| e.to_string())
}

/// smartcore's trees as ours: equal subtrees collapsed, pre-order.
fn flatten(fitted: &Fitted, columns: usize) -> Result<Vec<Vec<Node>>, String> {
    let json = serde_json::to_vec(fitted).map_err(|e| e.to_string())?;
    let form: FittedForm = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
    let trees = form.forest_regressor.and_then(|f| f.trees).unwrap_or_default();
    trees
        .iter()
        .map(|tree| {
            let mut flat = Vec::new();
            push_node(&tree.nodes, 0, &mut flat, 0)?;
            Ok(one_tree(&flat, columns)?.0)
        })
        .collect()
}

fn push_node(nodes: &[NodeForm], at: usize, out: &mut Vec<(u8, f32)>, depth: usize) -> Result<(), String> {
    let node = nodes.get(at).filter(|_| depth < MAX_DEPTH).ok_or("a tree is broken")?;
    let here = out.len();
    match (node.split_value, node.true_child, node.false_child) {
        (Some(value), Some(left), Some(right)) => {
            let feature = u8::try_from(node.split_feature).map_err(|e| e.to_string())?;
            out.push((feature, at_most(value)));
            push_node(nodes, left, out, depth + 1)?;
            let middle = out.len();
            push_node(nodes, right, out, depth + 1)?;
            // Two leaves that say the same are one.
            if middle == here + 2 && out.len() == here + 3 && out[here + 1] == out[here + 2] {
                let leaf = out[here + 1];
                out.truncate(here);
                out.push(leaf);
            }
        }
        _ => out.push((LEAF, node.output as f32)),
    }
    Ok(())
}

/// The greatest f32 that is not above `value`: `x ≤ value` is then the same for every f32 x.
fn at_most(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) > value { near.next_down() } else { near }
}

/// A tree with its right children, and what follows it; refuses what is no tree.
fn one_tree(flat: &[(u8, f32)], columns: usize) -> Result<(Vec<Node>, &[(u8, f32)]), String> {
    let mut nodes: Vec<Node> = Vec::new();
    // Splits whose right subtree is still to come.
    let mut open: Vec<usize> = Vec::new();
    for (i, &(feature, value)) in flat.iter().enumerate() {
        if !value.is_finite() {
            return Err("a node is no number".to_owned());
        }
        nodes.push(Node { feature, value, right: 0 });
        if feature == LEAF {
            if !(0.0..=1.0).contains(&value) {
                return Err("a leaf is no probability".to_owned());
            }
            match open.pop() {
                Some(split) => {
                    nodes[split].right = u32::try_from(i + 1).map_err(|e| e.to_string())?;
                }
                None => return Ok((nodes, &flat[i + 1..])),
            }
        } else {
            if usize::from(feature) >= columns || open.len() >= MAX_DEPTH {
                return Err("a split is out of range".to_owned());
            }
            open.push(i);
        }
    }
    Err("a tree is cut off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, RngExt, SeedableRng};

    fn rows(n: usize, seed: u64) -> Rows {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut out = Rows { columns: 4, x: Vec::new(), y: Vec::new() };
        for _ in 0..n {
            let row: [f32; 4] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
            let noise = (rng.next_u32() % 10) == 0;
            out.y.push(f32::from(u8::from((row[0] > 0.3 && row[1] > 0.0) != noise)));
            out.x.extend(row);
        }
        out
    }

    const GROWTH: Growth = Growth { trees: 30, max_depth: 6, tried: 2, min_leaf: 2, seed: 7 };

    #[test]
    fn the_same_from_its_seed_on_any_number_of_threads() {
        let data = rows(400, 1);
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
            pool.install(|| Forest::fit(&data, GROWTH).expect("fit"))
        };
        assert_eq!(fit(1), fit(2));
        let other = Forest::fit(&data, Growth { seed: 8, ..GROWTH }).expect("fit");
        assert_ne!(fit(1).0, other.0);
    }

    #[test]
    fn flattened_it_says_what_smartcore_says() {
        let data = rows(400, 2);
        let x = DenseMatrix::new(400, 4, data.x.clone(), false).expect("matrix");
        let fitted = fit_chunk(&x, &data.y, GROWTH, 0, 10).expect("fit");
        let theirs = fitted.predict(&x).expect("predict");
        let mut ours = Forest::default();
        for tree in flatten(&fitted, 4).expect("flatten") {
            ours.append(tree).expect("append");
        }
        for (row, p) in data.x.chunks_exact(4).zip(theirs) {
            assert!((ours.probability(row) - f64::from(p)).abs() < 1e-6);
        }
    }

    #[test]
    fn importance_sums_to_one_and_finds_the_cause() {
        let (forest, share) = Forest::fit(&rows(600, 3), GROWTH).expect("fit");
        assert_eq!(forest.trees(), 30);
        assert!((share.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(share[0] + share[1] > share[2] + share[3]);
    }

    #[test]
    fn depth_counts_splits_not_nodes() {
        let growth = Growth { trees: 3, max_depth: 1, min_leaf: 1, ..GROWTH };
        let (forest, _) = Forest::fit(&rows(300, 4), growth).expect("fit");
        assert_eq!(forest.nodes.len(), 9);
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
        fn a_threshold_splits_f32_as_its_f64_does(value in -1e3_f64..1e3, x in -1e3_f32..1e3) {
            prop_assert_eq!(x <= at_most(value), f64::from(x) <= value);
            let near = value as f32;
            prop_assert_eq!(near <= at_most(value), f64::from(near) <= value);
        }
    }
}
