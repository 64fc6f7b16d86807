//! The desk of alarms: looks at every picture of the present (also while a replay shows the past), keeps what changes,
//! tells it aloud, and does what the window asks. It answers from memory; what is written down follows on the scribe's
//! thread.

mod asked;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::LocoId;
use crate::domain::alarm::{Alarm, Board, Change, Observation, Priority, Seen, State, Step};
use crate::service::alarms::conditions::{self, Present};
use crate::service::alarms::notice::Notifier;
use crate::service::alarms::rates::Raised;
use crate::service::alarms::sound::{PRESSING, QUIETER, Siren};
use crate::service::alarms::{AlarmsView, History, Sound, Wording, in_order, most_pressing};
use crate::service::continuity::integrity;
use crate::service::export::AlarmFilter;
use crate::service::fleet::Scene;
use crate::service::pipeline::wall_ms;
use crate::service::snapshot::{Clock, Happening, HappeningKind, Snapshot};

use super::{Engine, InForce};

const DAY_MS: i64 = 86_400_000;
/// Looks around (four a second) between two looks at the present while a replay shows the past.
const PRESENT_TICKS: u32 = 8;
/// Of one locomotive, kept for its story.
const STORY: usize = 12;
/// After a change the history on the page is read anew for so long: the change is written down behind.
const SETTLES_MS: i64 = 5000;

/// What the desk holds.
#[derive(Default)]
pub(super) struct AlarmsDesk {
    board: Board,
    /// The warehouse that the board was read from, by when its file was made.
    of: Option<Option<SystemTime>>,
    /// What was seen last, and whether the fleet had verdicts: looked at again while something is about to change.
    seen: Option<(Vec<Observation>, bool)>,
    raised: Raised,
    /// Newest first.
    stories: HashMap<LocoId, Vec<Alarm>>,
    muted_until_ms: Option<i64>,
    wording: Option<Wording>,
    siren: Option<Siren>,
    notifier: Option<Notifier>,
    sound: Sound,
    filter: Option<AlarmFilter>,
    history: Option<Arc<History>>,
    reading: bool,
    changed_ms: i64,
    fault: Option<String>,
    view: Arc<AlarmsView>,
    ticks: u32,
}

impl Engine {
    /// Looks at a picture of the present, and puts the desk's view into it.
    pub(super) fn picture_alarms(&mut self, snapshot: &mut Snapshot) {
        if self.reader.is_some() {
            self.resume_alarms();
            if !matches!(snapshot.clock, Clock::Replay { .. }) {
                let fresh = self.memory.take_fresh();
                let dead = snapshot.live.as_ref().map(|live| live.dead.as_slice());
                let present = Present {
                    rows: &snapshot.fleet,
                    fleet_cause: snapshot.fleet_cause.as_ref(),
                    dead: dead.unwrap_or_default(),
                    running: snapshot.running.is_some(),
                    model: snapshot.model.as_ref().map(|m| (m.version, m.threshold)),
                    limits: self.platform.config.limits.limits(),
                    dead_band: self.platform.config.alarms.dead_band,
                    now_ms: snapshot.now_ms.unwrap_or_default(),
                    fresh: &fresh,
                };
                self.look_for_alarms(&present);
            }
        }
        let desk = &self.desks.alarms;
        snapshot.alarms = Arc::clone(&desk.view);
        let now_ms = snapshot.now_ms.unwrap_or(i64::MAX);
        for row in Arc::make_mut(&mut snapshot.fleet) {
            let Some(story) = desk.stories.get(&row.loco) else {
                continue;
            };
            // A picture that goes on from the last one has them already.
            row.happenings
                .retain(|h| !matches!(h.what, HappeningKind::Alarm { .. }));
            row.happenings.extend(story.iter().filter_map(happening));
            row.happenings.retain(|h| h.at_ms <= now_ms);
            row.happenings.sort_by_key(|h| std::cmp::Reverse(h.at_ms));
            row.happenings.truncate(STORY);
        }
    }

    /// Time passes: delays, shelvings and silences end. Whether there is something new to show.
    pub(super) fn alarms_tick(&mut self) -> bool {
        let wall_ms = wall_ms();
        let delay_ms = self.delay_ms();
        self.desks.alarms.ticks = self.desks.alarms.ticks.wrapping_add(1);
        if self.replay.is_some() && self.desks.alarms.ticks.is_multiple_of(PRESENT_TICKS) {
            self.look_at_the_present();
        }
        let desk = &mut self.desks.alarms;
        let mut changes = desk.board.expire(wall_ms);
        if desk.board.is_waiting()
            && let Some((seen, sighted)) = &desk.seen
        {
            let elsewhere = |watch: &_| conditions::elsewhere(watch, *sighted);
            changes.extend(desk.board.look(seen, elsewhere, wall_ms, delay_ms));
        }
        if desk.muted_until_ms.is_some_and(|until| until <= wall_ms) {
            desk.muted_until_ms = None;
        }
        self.keep_changes(changes);
        self.read_history_again(wall_ms);
        self.renew_view(wall_ms)
    }

    /// The desk's view as it is now.
    pub(super) fn alarms_view(&self) -> Arc<AlarmsView> {
        Arc::clone(&self.desks.alarms.view)
    }

    fn delay_ms(&self) -> i64 {
        (self.platform.config.alarms.delay_secs * 1000.0) as i64
    }

    fn look_for_alarms(&mut self, present: &Present<'_>) {
        if self.desks.alarms.fault.is_some() {
            return;
        }
        let Some(seen) = present.observations() else {
            return;
        };
        let (wall_ms, delay_ms) = (wall_ms(), self.delay_ms());
        let desk = &mut self.desks.alarms;
        let sighted = present.fleet_cause.is_none();
        let elsewhere = |watch: &_| conditions::elsewhere(watch, sighted);
        let passed = present.passed();
        let unsaid = |_: &_| Seen::Unknown;
        let mut changes = desk.board.look(&passed, unsaid, wall_ms, delay_ms);
        changes.extend(desk.board.look(&seen, elsewhere, wall_ms, delay_ms));
        desk.seen = Some((seen, sighted));
        self.keep_changes(changes);
        self.renew_view(wall_ms);
    }

    /// While a replay shows the past, the present goes on.
    fn look_at_the_present(&mut self) {
        let Some(reader) = &self.reader else {
            return;
        };
        let model = match &self.model {
            InForce::None => Ok(None),
            InForce::Sound(model) => Ok(Some(model.as_ref())),
            InForce::Damaged(why) => Err(why.clone()),
        };
        let version = model.as_ref().ok().and_then(|m| m.map(|m| m.card.version));
        let fleet = reader.last_run().and_then(|last_run| {
            Scene {
                reader,
                config: &self.platform.config,
                model,
                last_run,
                replay_ms: None,
                wall_ms: wall_ms(),
                tripped: integrity::damage(reader)
                    .or_else(|| self.desks.models.breaker.cause(version)),
            }
            .fleet(&mut self.memory)
        });
        let fleet = match fleet {
            Ok(fleet) => fleet,
            Err(error) => {
                tracing::error!(%error, "the present cannot be looked at");
                return;
            }
        };
        let live = self.live.borrow().clone();
        let fresh = self.memory.take_fresh();
        self.look_for_alarms(&Present {
            rows: &fleet.rows,
            fleet_cause: fleet.cause.as_ref(),
            dead: live.as_ref().map_or(&[], |live| live.dead.as_slice()),
            running: self.running.is_some(),
            model: version.zip(fleet.threshold),
            limits: self.platform.config.limits.limits(),
            dead_band: self.platform.config.alarms.dead_band,
            now_ms: fleet.now_ms.unwrap_or_default(),
            fresh: &fresh,
        });
    }

    /// Goes on from what the warehouse holds, once for each warehouse.
    fn resume_alarms(&mut self) {
        let Some(reader) = &self.reader else {
            return;
        };
        let desk = &mut self.desks.alarms;
        if desk.of == Some(self.born) && desk.fault.is_none() {
            return;
        }
        let wall_ms = wall_ms();
        let read = reader
            .open_alarms()
            .and_then(|open| Ok((open, reader.alarms_since(wall_ms - DAY_MS)?)));
        match read {
            Ok(((open, last_id), recent)) => {
                desk.stories.clear();
                desk.raised = Raised::default();
                for alarm in &recent {
                    desk.raised.push(alarm.raised_ms);
                }
                let old = open.iter().filter(|a| a.raised_ms < wall_ms - DAY_MS);
                for alarm in old.chain(&recent) {
                    note_story(&mut desk.stories, alarm);
                }
                desk.board = Board::resumed(open, last_id);
                desk.seen = None;
                desk.of = Some(self.born);
                desk.fault = None;
            }
            Err(error) => {
                if desk.fault.is_none() {
                    tracing::error!(%error, "alarms cannot be read");
                }
                desk.fault = Some(error.to_string());
            }
        }
        self.renew_view(wall_ms);
    }

    /// Writes changes down and tells those that were raised.
    fn keep_changes(&mut self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let desk = &mut self.desks.alarms;
        desk.changed_ms = wall_ms();
        let mut raised = Vec::new();
        for change in &changes {
            note_story(&mut desk.stories, &change.alarm);
            if matches!(change.step, Step::Raised) {
                desk.raised.push(change.alarm.raised_ms);
            }
            if matches!(change.step, Step::Raised | Step::Renewed | Step::Expired)
                && change.alarm.state() == State::Unacknowledged
            {
                raised.push(change.alarm.clone());
            }
        }
        // A new alarm of the first rank is heard whatever silence was asked for.
        if raised.iter().any(|a| a.priority() == Priority::High) {
            desk.muted_until_ms = None;
        }
        raised.sort_by_key(Alarm::priority);
        if let (Some(words), Some(notifier), false, true) = (
            &desk.wording,
            &desk.notifier,
            raised.is_empty(),
            self.platform.config.alarms.notifications,
        ) {
            let (title, text) = words.of(&raised);
            notifier.tell(title, text);
        }
        for change in changes {
            let (alarm, kind, step) = (change.alarm.id, change.alarm.watch.kind(), change.step);
            let loco = change.alarm.watch.loco().map(LocoId::as_str);
            tracing::info!(
                alarm,
                kind,
                loco,
                step = step.key(),
                who = change.act.who,
                "alarm"
            );
            self.write_down(move |warehouse| warehouse.keep_alarm(&change));
        }
    }

    /// Brings view and sound up to date; whether the view is another one now.
    fn renew_view(&mut self, wall_ms: i64) -> bool {
        let settings = self.platform.config.alarms;
        let desk = &mut self.desks.alarms;
        let open = in_order(desk.board.open());
        let calling = open.iter().filter(|a| a.state().calls());
        let every = most_pressing(&open)
            .filter(|_| settings.sound && desk.muted_until_ms.is_none())
            .map(|priority| match priority {
                Priority::High => PRESSING,
                _ => QUIETER,
            });
        if let Some(siren) = &mut desk.siren {
            siren.sound(every);
        }
        let sound = match (desk.sound, settings.sound) {
            (_, false) => Sound::Off,
            (Sound::Ready, true) if every.is_some() => Sound::Sounding,
            (sound, true) => sound,
        };
        let view = AlarmsView {
            unacknowledged: calling.clone().count(),
            newest_ms: calling.map(|a| a.raised_ms).max(),
            rates: desk.raised.by_ten_min(wall_ms),
            last_ten_min: desk.raised.last_ten_min(wall_ms),
            muted_until_ms: desk.muted_until_ms,
            sound,
            history: desk.history.clone(),
            fault: desk.fault.clone(),
            open,
        };
        let new = *desk.view != view;
        if new {
            desk.view = Arc::new(view);
        }
        new
    }
}

/// Puts an alarm, as it stands now, among the last ones of its locomotive.
fn note_story(stories: &mut HashMap<LocoId, Vec<Alarm>>, alarm: &Alarm) {
    let Some(loco) = alarm.watch.loco() else {
        return;
    };
    let story = stories.entry(loco.clone()).or_default();
    match story.iter_mut().find(|known| known.id == alarm.id) {
        Some(known) => *known = alarm.clone(),
        None => story.insert(0, alarm.clone()),
    }
    story.truncate(STORY);
}

/// As the history of a locomotive tells it: at the reading that raised it.
fn happening(alarm: &Alarm) -> Option<Happening> {
    Some(Happening {
        at_ms: alarm.inputs?.at_ms,
        what: HappeningKind::Alarm {
            what: alarm.what.clone(),
            calls: alarm.state().calls(),
        },
    })
}
