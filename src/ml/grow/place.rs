//! The best place to split a node, from what its rows count class by class.

/// Rows, and positive ones in the upper half: one addition counts both.
pub type Count = u64;

pub const fn total(count: Count) -> u64 {
    count & 0xFFFF_FFFF
}

/// What rows weigh: all of them, and the positive ones.
#[inline(always)]
pub fn mass(count: Count, weight: [f64; 2]) -> (f64, f64) {
    let positives = (count >> 32) as f64;
    let of_positives = positives * weight[1];
    let all = (total(count) as f64 - positives) * weight[0] + of_positives;
    (all, of_positives)
}

/// The best place to split a node by one column, looked for class by class from below.
pub struct Best {
    all: Count,
    least: u64,
    weight: [f64; 2],
    pub weighs: f64,
    positive: f64,
    left: Count,
    last: usize,
    /// Impurity taken away, times the node's weight squared.
    pub gain: f64,
    /// The classes on both sides of the place.
    pub classes: Option<(usize, usize)>,
}

impl Best {
    pub fn new(all: Count, min_leaf: usize, weight: [f64; 2]) -> Self {
        let (weighs, positive) = mass(all, weight);
        Self {
            all,
            least: min_leaf.max(1) as u64,
            weight,
            weighs,
            positive,
            left: 0,
            last: 0,
            gain: -1.0,
            classes: None,
        }
    }

    /// Looks at the place before `class`, which holds `count`.
    #[inline(always)]
    pub fn look(&mut self, class: usize, count: Count) {
        let n = total(self.left);
        if n >= self.least && total(self.all) - n >= self.least {
            let (n, positive) = mass(self.left, self.weight);
            let m = self.weighs - n;
            let apart = positive * m - (self.positive - positive) * n;
            let gain = apart * apart / (n * m);
            if gain > self.gain {
                self.gain = gain;
                self.classes = Some((self.last, class));
            }
        }
        self.left += count;
        self.last = class;
    }
}
