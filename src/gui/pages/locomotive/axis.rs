//! The time axis: which stretch is shown, followed or fixed by hand, and what the service is asked for once the
//! hand rests. Times are UTC seconds.

use std::time::{Duration, Instant};

use eframe::egui::Ui;

use crate::service::snapshot::TimeWindow;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The stretches on offer, with the names of their messages.
pub(super) const WINDOWS: [(&str, TimeWindow); 6] = [
    ("loco-window-1h", TimeWindow::Last(HOUR_MS)),
    ("loco-window-6h", TimeWindow::Last(6 * HOUR_MS)),
    ("loco-window-24h", TimeWindow::Last(DAY_MS)),
    ("loco-window-7d", TimeWindow::Last(7 * DAY_MS)),
    ("loco-window-30d", TimeWindow::Last(30 * DAY_MS)),
    ("loco-window-all", TimeWindow::All),
];
/// A hand that rests this long has finished; only then is the service asked.
const SETTLE: Duration = Duration::from_millis(250);
/// Nothing shorter or longer is shown, in seconds: a minute, ten years.
const SHORTEST: f64 = 60.0;
const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;
/// Nor anything before 1970 or after 2200.
const END: f64 = 230.0 * 365.25 * 86_400.0;

/// What is known of time this frame, UTC milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub now: Option<i64>,
    /// Of the view that the service last made.
    pub view: Option<(i64, i64)>,
    pub data: Option<(i64, i64)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// The preset that is followed, or was last.
    followed: TimeWindow,
    /// Whether the user chose a window.
    chosen: bool,
    /// Fixed by hand; `None` while following.
    fixed: Option<(f64, f64)>,
    /// What the service was asked for.
    settled: TimeWindow,
    moved: Option<Instant>,
}

impl Default for Axis {
    fn default() -> Self {
        let day = TimeWindow::Last(DAY_MS);
        Self {
            followed: day,
            chosen: false,
            fixed: None,
            settled: day,
            moved: None,
        }
    }
}

impl Axis {
    pub fn settled(&self) -> TimeWindow {
        self.settled
    }

    pub fn is_following(&self) -> bool {
        self.fixed.is_none()
    }

    /// Whether this preset is what is followed now.
    pub fn follows(&self, window: TimeWindow) -> bool {
        self.is_following() && self.followed == window
    }

    /// Until a window is chosen, a past shorter than a day is shown whole.
    pub fn suit(&mut self, data: Option<(i64, i64)>) {
        let short = data.is_some_and(|(from, to)| to - from < DAY_MS);
        if short && !self.chosen && self.is_following() {
            self.follow(TimeWindow::All);
        }
    }

    /// Follows a preset that the user chose.
    pub fn choose(&mut self, window: TimeWindow) {
        self.chosen = true;
        self.follow(window);
    }

    /// Back to the clock in force, with the preset followed last.
    pub fn live(&mut self) {
        self.follow(self.followed);
    }

    fn follow(&mut self, window: TimeWindow) {
        self.followed = window;
        self.settled = window;
        self.fixed = None;
        self.moved = None;
    }

    /// Shows this stretch, or the nearest that can be shown.
    pub fn fix(&mut self, (from, to): (f64, f64)) {
        let span = (to - from).abs().clamp(SHORTEST, LONGEST);
        let middle = f64::midpoint(from, to);
        if !middle.is_finite() {
            return;
        }
        let from = (middle - span / 2.0).clamp(0.0, END - span);
        self.fixed = Some((from, from + span));
        self.moved = Some(Instant::now());
    }

    /// Zooms by a factor about an instant.
    pub fn zoom(&mut self, (from, to): (f64, f64), factor: f64, about: f64) {
        // At its shortest the window stays where it is, instead of creeping about.
        let span = to - from;
        let factor = (span * factor).clamp(SHORTEST, LONGEST) / span;
        self.fix((
            about - (about - from) * factor,
            about + (to - about) * factor,
        ));
    }

    /// Moves by so many seconds.
    pub fn pan(&mut self, (from, to): (f64, f64), by: f64) {
        self.fix((from + by, to + by));
    }

    /// Brings an instant into view, in the middle, if it is not in it.
    pub fn bring(&mut self, shown: (f64, f64), at: f64) {
        if at < shown.0 || at > shown.1 {
            let half = (shown.1 - shown.0) / 2.0;
            self.fix((at - half, at + half));
        }
    }

    /// Once the hand rests, what it fixed is what the service is asked for.
    pub fn settle(&mut self, ui: &Ui) {
        let (Some(moved), Some((from, to))) = (self.moved, self.fixed) else {
            return;
        };
        let rested = moved.elapsed();
        if rested >= SETTLE {
            self.settled = TimeWindow::Between((from * 1000.0) as i64, (to * 1000.0) as i64);
            self.moved = None;
        } else {
            ui.ctx().request_repaint_after(SETTLE - rested);
        }
    }

    /// What is shown this frame.
    pub fn shown(&self, known: Known) -> (f64, f64) {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let now = known.now.unwrap_or_default();
        let (from, to) = match (self.followed, known.view, known.data) {
            (TimeWindow::Last(ms), ..) => (now - ms, now),
            (TimeWindow::Between(from, to), ..) => (from, to),
            (TimeWindow::All, Some(view), _) => view,
            (TimeWindow::All, None, Some((from, _))) => (from, now),
            (TimeWindow::All, None, None) => (now - DAY_MS, now),
        };
        let to = to.max(from + 1000);
        (from as f64 / 1000.0, to as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Known = Known {
        now: Some(1_788_130_500_000),
        view: None,
        data: Some((1_780_000_000_000, 1_788_130_500_000)),
    };

    #[derive(Debug, Clone)]
    enum Did {
        Choose(usize),
        Pause,
        Zoom(f64, f64),
        Pan(f64),
        Bring(f64),
        Live,
    }

    fn did() -> impl Strategy<Value = Did> {
        prop_oneof![
            (0_usize..6).prop_map(Did::Choose),
            Just(Did::Pause),
            (0.001..1000.0, -0.5..1.5).prop_map(|(f, at)| Did::Zoom(f, at)),
            (-1e12..1e12).prop_map(Did::Pan),
            (0.0..4e9).prop_map(Did::Bring),
            Just(Did::Live),
        ]
    }

    proptest! {
        #[test]
        fn whatever_the_hand_does_there_is_a_window(all in prop::collection::vec(did(), 1..40)) {
            let mut axis = Axis::default();
            for one in all {
                let shown = axis.shown(NOW);
                match one {
                    Did::Choose(i) => axis.choose(WINDOWS[i].1),
                    Did::Pause => axis.fix(shown),
                    Did::Zoom(f, at) => axis.zoom(shown, f, shown.0 + at * (shown.1 - shown.0)),
                    Did::Pan(by) => axis.pan(shown, by),
                    Did::Bring(at) => {
                        axis.bring(shown, at);
                        let (from, to) = axis.shown(NOW);
                        prop_assert!(at >= from - 1.0 && at <= to + 1.0);
                    }
                    Did::Live => {
                        axis.live();
                        prop_assert!(axis.is_following());
                    }
                }
                let (from, to) = axis.shown(NOW);
                prop_assert!(from >= 0.0 && to <= END);
                prop_assert!((SHORTEST - 1e-3..=LONGEST + 1e-3).contains(&(to - from)));
            }
        }
    }

    #[test]
    fn zoom_keeps_what_is_under_the_pointer() {
        let mut axis = Axis::default();
        let shown = axis.shown(NOW);
        let about = shown.0 + 0.25 * (shown.1 - shown.0);
        axis.zoom(shown, 0.5, about);
        let (from, to) = axis.shown(NOW);
        assert!(((about - from) / (to - from) - 0.25).abs() < 1e-6);
        assert!((to - from - 43_200.0).abs() < 1e-3);
        // At the shortest it stays.
        axis.zoom((about, about + 60.0), 0.1, about);
        let before = axis.shown(NOW);
        axis.zoom(before, 0.1, about + 59.0);
        assert_eq!(axis.shown(NOW), before);
    }

    #[test]
    fn a_short_past_is_shown_whole_until_a_window_is_chosen() {
        let mut axis = Axis::default();
        let hour = Some((1_000_000_000_000, 1_000_003_600_000));
        axis.suit(hour);
        assert!(axis.follows(TimeWindow::All));
        axis.choose(TimeWindow::Last(DAY_MS));
        axis.suit(hour);
        assert!(axis.follows(TimeWindow::Last(DAY_MS)));
    }
}
