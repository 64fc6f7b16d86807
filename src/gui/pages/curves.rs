//! A locomotive's curves in the plot's own form, made once a view and borrowed by every frame.

use std::sync::Arc;

use egui_plot::PlotPoint;

use crate::service::snapshot::{Curve, LocomotiveView};

/// Points in the plot's own form, made once a view.
pub struct Curves {
    pub(super) view: Arc<LocomotiveView>,
    pub(super) lines: [Vec<Vec<PlotPoint>>; 5],
    /// The stretches of the probability in danger.
    pub(super) danger: Vec<Vec<PlotPoint>>,
    pub(super) ranges: [(f64, f64); 5],
}

impl Curves {
    /// Copies a view's points over.
    #[must_use]
    pub fn new(view: &Arc<LocomotiveView>) -> Self {
        let points = |curve: &Curve| -> Vec<Vec<PlotPoint>> {
            curve
                .iter()
                .map(|run| run.iter().map(|&[x, y]| PlotPoint::new(x, y)).collect())
                .collect()
        };
        let [a, b, c, d] = &view.curves;
        let mut ranges = [(0.0, 1.0); 5];
        for (i, range) in ranges.iter_mut().take(4).enumerate() {
            *range = range_of(&view.curves[i], view.bands[i]);
        }
        // A little air, so that a curve at 0 or 100 % is not cut in half.
        ranges[4] = (-0.03, 1.03);
        Self {
            view: Arc::clone(view),
            lines: [
                points(a),
                points(b),
                points(c),
                points(d),
                points(&view.probability),
            ],
            danger: view
                .threshold
                .map_or_else(Vec::new, |t| above(&view.probability, t)),
            ranges,
        }
    }

    /// Least, largest and last value of a curve between two instants, UTC seconds.
    #[must_use]
    pub fn within(&self, i: usize, (from, to): (f64, f64)) -> Option<(f64, f64, f64)> {
        let points = self.lines[i].iter().flatten();
        points
            .filter(|p| p.x >= from && p.x <= to)
            .fold(None, |all: Option<(f64, f64, f64)>, p| {
                let (low, high, _) = all.unwrap_or((p.y, p.y, p.y));
                Some((low.min(p.y), high.max(p.y), p.y))
            })
    }

    /// Whether it holds this very view.
    #[must_use]
    pub fn is_of(&self, view: &Arc<LocomotiveView>) -> bool {
        Arc::ptr_eq(&self.view, view)
    }
}

/// The stretches of a curve that lie at `threshold` or over it, cut where it is crossed.
fn above(curve: &Curve, threshold: f64) -> Vec<Vec<PlotPoint>> {
    let mut stretches = Vec::new();
    for run in curve {
        let mut stretch: Vec<PlotPoint> = Vec::new();
        let mut before: Option<[f64; 2]> = None;
        for &[x, y] in run {
            let over = y >= threshold;
            if let Some([px, py]) = before.filter(|p| (p[1] >= threshold) != over) {
                let share = (threshold - py) / (y - py);
                stretch.push(PlotPoint::new(px + share * (x - px), threshold));
            }
            if over {
                stretch.push(PlotPoint::new(x, y));
            } else if !stretch.is_empty() {
                stretches.push(std::mem::take(&mut stretch));
            }
            before = Some([x, y]);
        }
        if !stretch.is_empty() {
            stretches.push(stretch);
        }
    }
    stretches
}

/// From the lowest to the highest of curve and band, with a tenth of air.
fn range_of(curve: &Curve, band: Option<(f64, f64)>) -> (f64, f64) {
    let (mut low, mut high) = band.unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
    for &[_, y] in curve.iter().flatten() {
        low = low.min(y);
        high = high.max(y);
    }
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    let air = ((high - low) * 0.1).max(high.abs() * 0.01).max(1e-3);
    (low - air, high + air)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_over_the_threshold_is_danger() {
        let curve = vec![
            vec![[0.0, 0.0], [1.0, 0.4], [2.0, 0.6], [3.0, 0.4]],
            vec![[10.0, 0.9]],
            vec![[20.0, 0.1]],
        ];
        let found = above(&curve, 0.5);
        let xs = |i: usize| found[i].iter().map(|p| p.x).collect::<Vec<_>>();
        assert_eq!(found.len(), 2);
        let [a, b, c] = xs(0)[..] else {
            panic!("{:?}", xs(0))
        };
        assert!((a - 1.5).abs() < 1e-9 && b == 2.0 && (c - 2.5).abs() < 1e-9);
        assert_eq!(xs(1), [10.0]);
        assert!(found.iter().flatten().all(|p| p.y >= 0.5));
    }
}
