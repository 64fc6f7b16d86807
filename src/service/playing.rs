//! The clock of a replay: it runs through the past, and gives the clock back at the end of the data, where
//! the past would pass for the present.

use std::time::Duration;

use super::command::Replay;

/// A replay under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Playing {
    at_ms: f64,
    pub speed: u32,
    pub playing: bool,
}

impl Playing {
    /// What a command makes of a replay, or of none.
    pub fn after(now: Option<Self>, command: Replay) -> Option<Self> {
        let speed_of = |speed: u32| speed.clamp(1, 3600);
        match command {
            Replay::Start { from_ms, speed } => Some(Self {
                at_ms: from_ms as f64,
                speed: speed_of(speed),
                playing: true,
            }),
            Replay::Stop => None,
            Replay::Pause => now.map(|now| Self {
                playing: false,
                ..now
            }),
            Replay::Resume => now.map(|now| Self {
                playing: true,
                ..now
            }),
            Replay::Speed(speed) => now.map(|now| Self {
                speed: speed_of(speed),
                ..now
            }),
        }
    }

    /// Where it stands, UTC milliseconds.
    pub const fn at_ms(self) -> i64 {
        self.at_ms as i64
    }

    /// After so much time of the computer's; `None` once the data ends.
    pub fn moved(self, passed: Duration, end_ms: Option<i64>) -> Option<Self> {
        if !self.playing {
            return Some(self);
        }
        let at_ms = self.at_ms + passed.as_secs_f64() * 1000.0 * f64::from(self.speed);
        let ended = end_ms.is_some_and(|end_ms| at_ms >= end_ms as f64);
        (!ended).then_some(Self { at_ms, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_at_its_speed_rests_when_paused_and_ends_with_the_data() {
        let start = Replay::Start {
            from_ms: 10_000,
            speed: 60,
        };
        let second = Duration::from_secs(1);
        let now = Playing::after(None, start).and_then(|p| p.moved(second, Some(1_000_000)));
        assert_eq!(now.map(Playing::at_ms), Some(70_000));
        let paused = Playing::after(now, Replay::Pause).and_then(|p| p.moved(second, None));
        assert_eq!(paused.map(Playing::at_ms), Some(70_000));
        let faster = Playing::after(paused, Replay::Speed(99_999));
        assert_eq!(faster.map(|p| p.speed), Some(3600));
        let resumed = Playing::after(faster, Replay::Resume);
        assert_eq!(resumed.and_then(|p| p.moved(second, Some(1_000_000))), None);
        assert_eq!(Playing::after(resumed, Replay::Stop), None);
        assert_eq!(Playing::after(None, Replay::Resume), None);
    }
}
