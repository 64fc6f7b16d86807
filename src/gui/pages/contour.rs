//! The line along which a map of probabilities crosses the threshold.

use std::collections::{HashMap, VecDeque};

use eframe::egui::{Pos2, pos2};

/// The lines along which the probability crosses the threshold, by marching squares between the
/// middles of cells; 0–1 both ways, y upwards.
#[must_use]
pub fn contour(cells: &[f32], side: usize, threshold: f32) -> Vec<Vec<Pos2>> {
    let mut segments: Vec<[(i64, i64); 2]> = Vec::new();
    let at = |row: usize, column: usize| cells[row * side + column] - threshold;
    // Points are kept as whole numbers, so that ends which meet are equal.
    let fine = |v: f32| (v * 4096.0).round() as i64;
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let (x, y) = (column as f32, row as f32);
            let corners = [
                (x, y, at(row, column)),
                (x + 1.0, y, at(row, column + 1)),
                (x + 1.0, y + 1.0, at(row + 1, column + 1)),
                (x, y + 1.0, at(row + 1, column)),
            ];
            let mut cuts = Vec::with_capacity(4);
            for i in 0..4 {
                let (a, b) = (corners[i], corners[(i + 1) % 4]);
                if (a.2 < 0.0) != (b.2 < 0.0) {
                    let s = a.2 / (a.2 - b.2);
                    cuts.push((fine(a.0 + s * (b.0 - a.0)), fine(a.1 + s * (b.1 - a.1))));
                }
            }
            for pair in cuts.chunks_exact(2) {
                segments.push([pair[0], pair[1]]);
            }
        }
    }
    chain(&segments)
        .into_iter()
        .map(|line| {
            let back = |v: i64| (v as f32 / 4096.0 + 0.5) / side as f32;
            line.into_iter()
                .map(|(x, y)| pos2(back(x), back(y)))
                .collect()
        })
        .collect()
}

/// A place of the contour, in whole numbers.
type Spot = (i64, i64);

/// Joins segments that meet into lines, so that dashes run on. By place, so that a ragged map costs no more than its
/// segments.
fn chain(segments: &[[Spot; 2]]) -> Vec<Vec<Spot>> {
    let mut meeting: HashMap<Spot, Vec<usize>> = HashMap::with_capacity(segments.len() * 2);
    for (i, segment) in segments.iter().enumerate() {
        for end in segment {
            meeting.entry(*end).or_default().push(i);
        }
    }
    let mut used = vec![false; segments.len()];
    // The other end of a segment that leads on from a place, if one is left.
    let mut onward = |from: Spot, used: &mut Vec<bool>| -> Option<Spot> {
        let at = meeting.get_mut(&from)?;
        while let Some(i) = at.pop() {
            if !std::mem::replace(&mut used[i], true) {
                let [p, q] = segments[i];
                return Some(if p == from { q } else { p });
            }
        }
        None
    };
    let mut lines = Vec::new();
    for (i, &[a, b]) in segments.iter().enumerate() {
        if std::mem::replace(&mut used[i], true) {
            continue;
        }
        let mut line = VecDeque::from([a, b]);
        let (mut first, mut last) = (a, b);
        while let Some(next) = onward(last, &mut used) {
            line.push_back(next);
            last = next;
        }
        while let Some(next) = onward(first, &mut used) {
            line.push_front(next);
            first = next;
        }
        lines.push(line.into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: usize = 40;

    #[test]
    fn the_contour_is_one_line_where_danger_starts() {
        // Danger on the right half.
        let cells: Vec<f32> = (0..CELLS * CELLS)
            .map(|i| f32::from(u8::from(i % CELLS >= CELLS / 2)))
            .collect();
        let lines = contour(&cells, CELLS, 0.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].len(), CELLS);
        assert!(lines[0].iter().all(|p| (p.x - 0.5).abs() < 1e-3));
        assert!(contour(&vec![0.0; CELLS * CELLS], CELLS, 0.5).is_empty());
    }

    #[test]
    fn the_contour_of_an_island_is_closed() {
        let mut cells = vec![0.0; CELLS * CELLS];
        for row in 10..20 {
            cells[row * CELLS + 5..row * CELLS + 15].fill(1.0);
        }
        let lines = contour(&cells, CELLS, 0.5);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last());
        assert_eq!(lines[0].len(), 41);
    }

    #[test]
    fn a_ragged_map_loses_no_segment() {
        let cells: Vec<f32> = (0..CELLS * CELLS)
            .map(|i| ((i / CELLS + i % CELLS) % 2) as f32)
            .collect();
        let segments: usize = contour(&cells, CELLS, 0.5)
            .iter()
            .map(|l| l.len() - 1)
            .sum();
        assert_eq!(segments, 2 * (CELLS - 1) * (CELLS - 1));
    }
}
