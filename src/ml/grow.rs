//! Growing a forest: smartcore fits the trees, ours keep what they say (`forest`).
//!
//! smartcore's regressor on 0/1 labels: an MSE split is a Gini split there, and a leaf's mean is the
//! probability. Trees are fitted in fixed chunks, each with its own seed, so that the result does not depend on
//! the number of threads. A chunk shares one sorting of the columns: larger ones are cheaper, and there must
//! be one for each core.
//!
//! Where a class was thinned its rows stand for several. smartcore knows no weights, so the trees are grown on the
//! thinned rows and each leaf's probability is put right for the share that was left out.

use rayon::prelude::*;
use serde::Deserialize;
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::forest::{Forest, LEAF, MAX_DEPTH};

/// Trees fitted by one call of smartcore.
const CHUNK: u32 = 25;

/// How to grow.
#[derive(Debug, Clone, Copy)]
pub struct Growth {
    pub trees: u32,
    /// Levels of splits.
    pub max_depth: u32,
    /// Columns tried a split.
    pub tried: usize,
    /// Rows in a leaf at least, those drawn twice counting twice.
    pub min_leaf: usize,
    pub seed: u64,
}

/// Rows to fit on: `columns` finite values a row, row after row, and what is true of each.
#[derive(Debug, Clone)]
pub struct Rows {
    pub columns: usize,
    pub x: Vec<f32>,
    pub y: Vec<bool>,
    /// What a sound row and a positive row weigh: the rows that each stands for.
    pub weight: [f64; 2],
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

/// Some trees in pre-order, how many, and the share of each column in their splits.
type Chunk = (Vec<(u8, f32)>, usize, Vec<f64>);

/// Fits on all cores. Returns the forest and the share of each column in its splits (mean over the
/// trees of the impurity that the column's splits took away).
///
/// # Errors
/// There are no rows, or not as many values as rows and columns make.
pub fn grow(rows: &Rows, growth: Growth) -> Result<(Forest, Vec<f64>), String> {
    let (n, columns) = (rows.y.len(), rows.columns);
    if columns == 0 || n == 0 || rows.x.len() != n * columns {
        return Err("no rows to fit on".to_owned());
    }
    let mut by_column = vec![0.0_f32; rows.x.len()];
    for (i, row) in rows.x.chunks_exact(columns).enumerate() {
        for (c, v) in row.iter().enumerate() {
            by_column[c * n + i] = *v;
        }
    }
    let x = DenseMatrix::new(n, columns, by_column, true).map_err(|e| e.to_string())?;
    let y: Vec<f32> = rows.y.iter().map(|y| f32::from(u8::from(*y))).collect();
    let chunks: Vec<Chunk> = (0..growth.trees.div_ceil(CHUNK))
        .into_par_iter()
        .map(|k| {
            let trees = CHUNK.min(growth.trees - k * CHUNK);
            let fitted = fit_chunk(&x, &y, growth, k, trees)?;
            let share = fitted
                .compute_feature_importances()
                .map_err(|e| e.to_string())?;
            let (flat, trees) = flatten(&fitted, rows.weight)?;
            Ok((flat, trees, share))
        })
        .collect::<Result<_, String>>()?;
    let trees = chunks.iter().map(|chunk| chunk.1).sum();
    let flat: Vec<(u8, f32)> = chunks.iter().flat_map(|chunk| chunk.0.clone()).collect();
    let forest = Forest::from_preorder(&flat, trees, columns)?;
    let mut share = vec![0.0; columns];
    for (_, count, part) in chunks {
        for (sum, p) in share.iter_mut().zip(part) {
            *sum += p * count as f64 / trees as f64;
        }
    }
    Ok((forest, share))
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
        max_depth: Some(
            u16::try_from(growth.max_depth.min(MAX_DEPTH as u32 - 2) + 1).unwrap_or(13),
        ),
        min_samples_leaf: growth.min_leaf.max(1),
        min_samples_split: (growth.min_leaf * 2).max(2),
        n_trees: trees as usize,
        m: Some(growth.tried.max(1)),
        keep_samples: false,
        seed,
    };
    Fitted::fit(x, y, parameters).map_err(|e| e.to_string())
}

/// smartcore's trees as ours, in pre-order, and how many: equal leaves collapsed, leaves weighed.
fn flatten(fitted: &Fitted, weight: [f64; 2]) -> Result<(Vec<(u8, f32)>, usize), String> {
    let json = serde_json::to_vec(fitted).map_err(|e| e.to_string())?;
    let form: FittedForm = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
    let trees = form
        .forest_regressor
        .and_then(|f| f.trees)
        .unwrap_or_default();
    let mut flat = Vec::new();
    for tree in &trees {
        push_node(&tree.nodes, 0, weight, &mut flat, 0)?;
    }
    Ok((flat, trees.len()))
}

fn push_node(
    nodes: &[NodeForm],
    at: usize,
    weight: [f64; 2],
    out: &mut Vec<(u8, f32)>,
    depth: usize,
) -> Result<(), String> {
    let node = nodes
        .get(at)
        .filter(|_| depth < MAX_DEPTH)
        .ok_or("a tree is broken")?;
    let here = out.len();
    match (node.split_value, node.true_child, node.false_child) {
        (Some(value), Some(left), Some(right)) => {
            let feature = u8::try_from(node.split_feature).map_err(|e| e.to_string())?;
            out.push((feature, at_most(value)));
            push_node(nodes, left, weight, out, depth + 1)?;
            let middle = out.len();
            push_node(nodes, right, weight, out, depth + 1)?;
            // Two leaves that say the same are one.
            if middle == here + 2 && out.len() == here + 3 && out[here + 1] == out[here + 2] {
                let leaf = out[here + 1];
                out.truncate(here);
                out.push(leaf);
            }
        }
        _ => out.push((LEAF, weighed(node.output, weight) as f32)),
    }
    Ok(())
}

/// The share of positive rows in a leaf, had no row been left out.
fn weighed(share: f64, [sound, positive]: [f64; 2]) -> f64 {
    let (sound, positive) = (sound * (1.0 - share), positive * share);
    (positive / (sound + positive)).clamp(0.0, 1.0)
}

/// The greatest f32 that is not above `value`: `x ≤ value` is then the same for every f32 x.
fn at_most(value: f64) -> f32 {
    let near = value as f32;
    if f64::from(near) > value {
        near.next_down()
    } else {
        near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn rows(n: usize, seed: u64) -> Rows {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut out = Rows {
            columns: 4,
            x: Vec::new(),
            y: Vec::new(),
            weight: [1.0; 2],
        };
        for _ in 0..n {
            let row: [f32; 4] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
            let noise = (rng.next_u32() % 10) == 0;
            out.y.push((row[0] > 0.3 && row[1] > 0.0) != noise);
            out.x.extend(row);
        }
        out
    }

    const GROWTH: Growth = Growth {
        trees: 30,
        max_depth: 6,
        tried: 2,
        min_leaf: 2,
        seed: 7,
    };

    #[test]
    fn the_same_from_its_seed_on_any_number_of_threads() {
        let data = rows(400, 1);
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("pool");
            pool.install(|| grow(&data, GROWTH).expect("fit"))
        };
        assert_eq!(fit(1), fit(2));
        let other = grow(&data, Growth { seed: 8, ..GROWTH }).expect("fit");
        assert_ne!(fit(1).0, other.0);
    }

    #[test]
    fn flattened_it_says_what_smartcore_says() {
        let data = rows(400, 2);
        let x = DenseMatrix::new(400, 4, data.x.clone(), false).expect("matrix");
        let y: Vec<f32> = data.y.iter().map(|y| f32::from(u8::from(*y))).collect();
        let fitted = fit_chunk(&x, &y, GROWTH, 0, 10).expect("fit");
        let theirs = fitted.predict(&x).expect("predict");
        let (flat, trees) = flatten(&fitted, [1.0; 2]).expect("flatten");
        let ours = Forest::from_preorder(&flat, trees, 4).expect("trees");
        for (row, p) in data.x.chunks_exact(4).zip(theirs) {
            assert!((ours.probability(row) - f64::from(p)).abs() < 1e-6);
        }
    }

    #[test]
    fn importance_sums_to_one_and_finds_the_cause() {
        let (forest, share) = grow(&rows(600, 3), GROWTH).expect("fit");
        assert_eq!(forest.trees(), 30);
        assert!((share.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(share[0] + share[1] > share[2] + share[3]);
    }

    #[test]
    fn depth_counts_splits_and_leaves_have_their_size() {
        let growth = Growth {
            trees: 3,
            max_depth: 1,
            min_leaf: 1,
            ..GROWTH
        };
        let (forest, _) = grow(&rows(300, 4), growth).expect("fit");
        assert_eq!(forest.preorder().len(), 9);
        let growth = Growth {
            min_leaf: 151,
            ..growth
        };
        let (forest, _) = grow(&rows(300, 4), growth).expect("fit");
        assert_eq!(forest.preorder().len(), 3, "nothing can be split");
    }

    #[test]
    fn a_weight_stands_for_rows_left_out() {
        // A tenth of the sound rows, each for ten: probabilities stay about what they were.
        let all = rows(20_000, 5);
        let mut thin = Rows {
            columns: 4,
            x: Vec::new(),
            y: Vec::new(),
            weight: [10.0, 1.0],
        };
        let mut sound = 0;
        for (row, y) in all.x.chunks_exact(4).zip(&all.y) {
            sound += usize::from(!y);
            if *y || sound % 10 == 0 {
                thin.x.extend(row);
                thin.y.push(*y);
            }
        }
        let said = |rows: &Rows| {
            let mut p = Vec::new();
            let (forest, _) = grow(rows, GROWTH).expect("fit");
            forest.probabilities(&all.x, 4, &mut p);
            p.iter().sum::<f64>() / p.len() as f64
        };
        let weighted = said(&thin);
        assert!((said(&all) - weighted).abs() < 0.05, "{weighted}");
        thin.weight = [1.0; 2];
        assert!(said(&thin) > weighted + 0.2, "{}", said(&thin));
    }

    #[test]
    fn nothing_to_fit_on_is_an_error() {
        assert!(grow(&rows(0, 1), GROWTH).is_err());
    }

    proptest! {
        #[test]
        fn a_threshold_splits_f32_as_its_f64_does(value in -1e3_f64..1e3, x in -1e3_f32..1e3) {
            prop_assert_eq!(x <= at_most(value), f64::from(x) <= value);
            let near = value as f32;
            prop_assert_eq!(near <= at_most(value), f64::from(near) <= value);
        }
    }
}
