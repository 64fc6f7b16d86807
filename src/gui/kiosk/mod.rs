//! The wall screen: the whole fleet on a full screen, in type that is read across a room. Quiet while all is well;
//! it brightens, and asks for the window to be looked at, when something new is wrong.

mod rows;
mod wall;
mod watch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{Context, UserAttentionType, ViewportCommand};

use crate::domain::VerdictKind;
use crate::service::snapshot::{Clock, FleetRow, Snapshot};

use super::pages::fleet_list::{Criteria, Listing};
pub use wall::wall_ui;
use watch::{HALF_FLASH, Sight, Watch};

/// Under the computer's clock the service sends a picture every second; after so long without one it is held to be
/// stuck. Longer than the longest silence of a run.
const SILENCE: Duration = Duration::from_secs(120);

/// How often the screen looks whether anyone still speaks.
const PULSE: Duration = Duration::from_secs(5);

/// What the wall screen remembers.
#[derive(Default)]
pub struct State {
    on: bool,
    watch: Watch,
    listing: Listing,
    /// What was last looked at: nothing is compared twice.
    looked_at: Option<LookedAt>,
    gone: Option<Gone>,
}

/// The fleet, the newest alarm, and why neither may be true any more.
type LookedAt = (Arc<Vec<FleetRow>>, Option<i64>, Option<Gone>);

/// Why the picture on the screen may no longer be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// The service has ended.
    Ended,
    /// The service has sent nothing for too long.
    Silent,
}

impl State {
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// Goes to the full screen, or back to the window.
    pub fn turn(&mut self, ctx: &Context, on: bool) {
        if self.on == on {
            return;
        }
        // What is there already when it is turned on wakes nobody.
        *self = Self {
            on,
            ..Self::default()
        };
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(on));
    }

    /// Compares the latest picture with the one before; wakes for what is new.
    pub fn look(&mut self, ctx: &Context, snapshot: &Snapshot, ended: bool, came: Instant) {
        if !self.on {
            return;
        }
        let now = Instant::now();
        self.gone = gone(snapshot.clock, ended, now.saturating_duration_since(came));
        let newest_ms = snapshot.alarms.newest_ms;
        let same = self
            .looked_at
            .as_ref()
            .is_some_and(|(fleet, newest, gone)| {
                Arc::ptr_eq(fleet, &snapshot.fleet) && *newest == newest_ms && *gone == self.gone
            });
        if !same {
            self.looked_at = Some((Arc::clone(&snapshot.fleet), newest_ms, self.gone));
            let dangers = snapshot
                .fleet
                .iter()
                .filter(|r| r.verdict.kind() == VerdictKind::Danger);
            let sight = Sight {
                newest_ms,
                danger: dangers.map(|r| r.loco.clone()).collect(),
                blind: self.gone.is_some() || blind(snapshot),
            };
            if self.watch.look(sight, now) {
                attention(ctx);
            }
        }
        // That the service has ended is news that nobody brings.
        ctx.request_repaint_after(PULSE);
        if self.watch.flash(now).is_some() {
            ctx.request_repaint_after(HALF_FLASH / 5);
        }
    }

    /// Brings the order of the rows up to date.
    fn refresh(&mut self, snapshot: &Snapshot) {
        self.listing.refresh(snapshot, &Criteria::default());
    }
}

fn gone(clock: Clock, ended: bool, since: Duration) -> Option<Gone> {
    if ended {
        Some(Gone::Ended)
    } else if clock == Clock::Wall && since > SILENCE {
        Some(Gone::Silent)
    } else {
        None
    }
}

/// Nothing can be judged: no calm screen may be drawn from that.
fn blind(snapshot: &Snapshot) -> bool {
    let unavailable = |r: &FleetRow| r.verdict.kind() == VerdictKind::Unavailable;
    snapshot.fault.is_some()
        || snapshot.fleet_cause.is_some()
        || snapshot.fleet.iter().all(unavailable)
}

/// A window that is small comes back; one that is behind others asks to be looked at.
fn attention(ctx: &Context) {
    if ctx.input(|i| i.viewport().minimized == Some(true)) {
        ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(ViewportCommand::Focus);
    }
    ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(
        UserAttentionType::Critical,
    ));
    ctx.request_repaint();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::fixtures;

    #[test]
    fn a_service_that_says_nothing_is_not_believed_for_long() {
        let minute = Duration::from_secs(60);
        assert_eq!(gone(Clock::Wall, false, minute), None);
        assert_eq!(gone(Clock::Wall, false, 3 * minute), Some(Gone::Silent));
        assert_eq!(
            gone(Clock::Data, false, 3 * minute),
            None,
            "an archive has nothing new to say"
        );
        assert_eq!(gone(Clock::Data, true, minute), Some(Gone::Ended));
    }

    #[test]
    fn a_fleet_that_cannot_be_judged_is_never_calm() {
        assert!(blind(&Snapshot::empty()));
        assert!(blind(&fixtures::failed()));
        assert!(!blind(&fixtures::fleet(5)));
        let fault = Snapshot {
            fault: Some("unreadable".into()),
            ..fixtures::fleet(5)
        };
        assert!(blind(&fault));
    }
}
