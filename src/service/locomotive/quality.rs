//! The data-quality lane: gaps, flagged readings, refused rows.

use crate::service::snapshot::{QualityKind, QualitySpan};

/// The stretches of the quality lane.
pub(super) struct Quality {
    from_ms: i64,
    to_ms: i64,
    last_ms: Option<i64>,
    spans: Vec<QualitySpan>,
}

impl Quality {
    pub const fn new(from_ms: i64, to_ms: i64) -> Self {
        Self {
            from_ms,
            to_ms,
            last_ms: None,
            spans: Vec::new(),
        }
    }

    /// Appends a stretch, or lengthens the last one of its kind that it touches.
    fn add(&mut self, from_ms: i64, to_ms: i64, kind: QualityKind, reach_ms: i64) {
        let last = self.spans.iter_mut().rev().find(|s| s.kind == kind);
        match last {
            Some(last) if from_ms - last.to_ms <= reach_ms => last.to_ms = to_ms,
            _ => self.spans.push(QualitySpan {
                from_ms,
                to_ms,
                kind,
            }),
        }
    }

    /// There is a reading at this instant (they come in time order); a longer silence before it than `gap_ms` is a gap.
    pub fn reading(&mut self, at_ms: i64, gap_ms: i64) {
        let before = self.last_ms.unwrap_or(self.from_ms);
        if at_ms - before > gap_ms {
            self.add(before, at_ms, QualityKind::Gap, 0);
        }
        self.last_ms = Some(at_ms);
    }

    /// The reading at this instant is strange; those within `reach_ms` of each other make one stretch.
    pub fn flagged(&mut self, at_ms: i64, reach_ms: i64) {
        self.add(at_ms, at_ms, QualityKind::Flagged, reach_ms);
    }

    /// A longer silence at the end than `gap_ms` is a gap.
    pub fn finish(mut self, now_ms: i64, gap_ms: i64, refused: &[i64]) -> Vec<QualitySpan> {
        let end_ms = self.to_ms.min(now_ms);
        let last_ms = self.last_ms.unwrap_or(self.from_ms);
        if end_ms - last_ms > gap_ms {
            self.add(last_ms, end_ms, QualityKind::Gap, 0);
        }
        // Refused rows a few pixels apart are drawn as one stretch.
        let near_ms = ((self.to_ms - self.from_ms) / 200).max(1);
        for &at_ms in refused {
            self.add(at_ms, at_ms, QualityKind::Quarantined, near_ms);
        }
        self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_a_flag_and_refused_rows_show_in_the_lane() {
        let mut quality = Quality::new(0, 100_000);
        for second in (0..20).chain(60..80) {
            quality.reading(second * 1000, 5000);
            if second == 70 {
                quality.flagged(70_000, 5000);
            }
        }
        let spans = quality.finish(100_000, 5000, &[30_000, 30_100, 90_000]);
        let of = |kind| {
            spans
                .iter()
                .filter(|s| s.kind == kind)
                .map(|s| (s.from_ms, s.to_ms))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(QualityKind::Gap), [(19_000, 60_000), (79_000, 100_000)]);
        assert_eq!(of(QualityKind::Flagged), [(70_000, 70_000)]);
        assert_eq!(
            of(QualityKind::Quarantined),
            [(30_000, 30_100), (90_000, 90_000)]
        );
    }
}
