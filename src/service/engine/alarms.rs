//! The desk of alarms: looks at every picture of the present (also while a replay shows the past), keeps what changes,
//! tells it aloud, and does what the window asks. It answers from memory; what is written down follows on the scribe's
//! thread.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::domain::LocoId;
use crate::domain::alarm::{
    Act, Alarm, Board, Change, Observation, Priority, Refusal, Seen, State, Step,
};
use crate::service::alarms::conditions::{self, Present};
use crate::service::alarms::notice::{Notifier, on_desktop};
use crate::service::alarms::rates::Raised;
use crate::service::alarms::sound::{PRESSING, Player, QUIETER, Siren};
use crate::service::alarms::{
    AlarmsAsk, AlarmsView, HISTORY_ROWS, History, Sound, Which, Wording, in_order, most_pressing,
};
use crate::service::command::{Desk, Event};
use crate::service::export::{self, AlarmFilter};
use crate::service::fleet::Scene;
use crate::service::pipeline::wall_ms;
use crate::service::scribe::who;
use crate::service::snapshot::{Clock, Happening, HappeningKind, Snapshot};
use crate::warehouse::{Entry, Reader};

use super::{Answer, Engine, InForce};

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
        self.keep(changes);
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
        self.keep(changes);
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
    fn keep(&mut self, changes: Vec<Change>) {
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

    /// Carries out what the window asks.
    pub(super) fn asked_of_alarms(&mut self, ask: AlarmsAsk) {
        let at_ms = wall_ms();
        let name = who(self.platform.config.window.operator.as_deref());
        let act = |words: String| Act {
            at_ms,
            who: name.clone(),
            words: words.trim().to_owned(),
        };
        match ask {
            AlarmsAsk::Announce(wording) => self.announce_with(wording),
            AlarmsAsk::Acknowledge { which, comment } => {
                let ids = self.meant(which);
                self.change_all(&ids, |board, id| {
                    board.acknowledge(id, act(comment.clone()))
                });
            }
            AlarmsAsk::Shelve {
                alarms,
                reason,
                until_ms,
            } => self.change_all(&alarms, |board, id| {
                board.shelve(id, until_ms, act(reason.clone()))
            }),
            AlarmsAsk::Unshelve(alarms) => {
                self.change_all(&alarms, |board, id| board.unshelve(id, act(String::new())));
            }
            AlarmsAsk::OutOfService { alarms, reason } => {
                self.change_all(&alarms, |board, id| {
                    board.out_of_service(id, act(reason.clone()))
                });
            }
            AlarmsAsk::BackInService(alarms) => self.change_all(&alarms, |board, id| {
                board.back_in_service(id, act(String::new()))
            }),
            AlarmsAsk::Mute { until_ms } => self.mute(until_ms, act(String::new())),
            AlarmsAsk::History(filter) => {
                self.desks.alarms.filter = Some(filter);
                self.desks.alarms.history = None;
                self.read_history();
            }
            AlarmsAsk::Export { filter, format, to } => {
                let warehouse = self.platform.home.warehouse();
                self.export(to, move |file| {
                    let reader = Reader::open(&warehouse).map_err(|e| e.to_string())?;
                    export::export_alarms(&reader, &filter, format, file)
                        .map(drop)
                        .map_err(|e| e.to_string())
                });
            }
        }
        self.renew_view(at_ms);
    }

    fn meant(&self, which: Which) -> Vec<i64> {
        match which {
            Which::These(ids) => ids,
            Which::Of(loco) => {
                let of = |a: &&Alarm| a.state().calls() && a.watch.loco() == Some(&loco);
                self.desks
                    .alarms
                    .board
                    .open()
                    .filter(of)
                    .map(|a| a.id)
                    .collect()
            }
        }
    }

    fn change_all(
        &mut self,
        ids: &[i64],
        change: impl Fn(&mut Board, i64) -> Result<Change, Refusal>,
    ) {
        let mut changes = Vec::new();
        let mut refused = None;
        for &id in ids {
            match change(&mut self.desks.alarms.board, id) {
                Ok(done) => changes.push(done),
                // It ended or was seen to while the hand was on its way.
                Err(Refusal::Closed | Refusal::Acknowledged) => {}
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        self.keep(changes);
        if let Some(why) = refused {
            self.say(Event::Refused {
                why: why.to_string(),
            });
        }
    }

    /// Silence is no acknowledgement, and is noted all the same.
    fn mute(&mut self, until_ms: Option<i64>, act: Act) {
        self.desks.alarms.muted_until_ms = until_ms.filter(|until| *until > act.at_ms);
        let name = if until_ms.is_some() {
            "alarms_muted"
        } else {
            "alarms_heard"
        };
        self.write_down(move |warehouse| {
            let entry = Entry {
                entry: 0,
                at_ms: act.at_ms,
                who: act.who,
                act: name.to_owned(),
                loco: None,
                of_ms: None,
                words: String::new(),
                detail: serde_json::json!({ "until_ms": until_ms }),
            };
            warehouse.note(&entry).map(drop)
        });
    }

    /// A window can be heard from now on.
    fn announce_with(&mut self, wording: Wording) {
        let desk = &mut self.desks.alarms;
        desk.wording = Some(wording);
        if desk.notifier.is_none() {
            match Notifier::start(on_desktop) {
                Ok(notifier) => desk.notifier = Some(notifier),
                Err(error) => tracing::warn!(%error, "no notices of the desktop"),
            }
        }
        if desk.siren.is_some() {
            return;
        }
        let Some(player) = Player::find() else {
            if desk.sound != Sound::NoPlayer {
                tracing::warn!("this machine has no player of sounds: alarms are silent");
            }
            desk.sound = Sound::NoPlayer;
            return;
        };
        let answers = self.answers.clone();
        let started = Siren::start(player, move |failed| {
            let told: Answer = Box::new(move |engine| {
                engine.desks.alarms.sound = match failed {
                    Some(_) => Sound::Failing,
                    None => Sound::Ready,
                };
                engine.renew_view(wall_ms());
            });
            // The window is gone: the log has it.
            let _ = answers.send(told);
        });
        match started {
            Ok(siren) => (desk.siren, desk.sound) = (Some(siren), Sound::Ready),
            Err(error) => tracing::warn!(%error, "alarms are silent"),
        }
    }

    fn read_history_again(&mut self, wall_ms: i64) {
        let desk = &self.desks.alarms;
        let fresh = desk.ticks.is_multiple_of(4) && wall_ms - desk.changed_ms < SETTLES_MS;
        if fresh && self.desk == Desk::Alarms && !desk.reading {
            self.read_history();
        }
    }

    fn read_history(&mut self) {
        let Some(filter) = self.desks.alarms.filter.clone() else {
            return;
        };
        self.desks.alarms.reading = true;
        let warehouse = self.platform.home.warehouse();
        self.aside(move || {
            let read = if warehouse.is_file() {
                Reader::open(&warehouse)
                    .and_then(|reader| reader.alarm_history(&filter, HISTORY_ROWS + 1))
                    .map_err(|e| e.to_string())
            } else {
                Ok(Vec::new())
            };
            Box::new(move |engine| engine.took_history(filter, read))
        });
    }

    fn took_history(&mut self, filter: AlarmFilter, read: Result<Vec<Alarm>, String>) {
        self.desks.alarms.reading = false;
        if self.desks.alarms.filter.as_ref() != Some(&filter) {
            // Another question was asked meanwhile.
            return self.read_history();
        }
        match read {
            Ok(mut alarms) => {
                let more = alarms.len() > HISTORY_ROWS;
                alarms.truncate(HISTORY_ROWS);
                self.desks.alarms.history = Some(Arc::new(History {
                    filter,
                    alarms,
                    more,
                }));
            }
            Err(why) => {
                self.desks.alarms.history = Some(Arc::new(History {
                    filter,
                    ..History::default()
                }));
                self.say(Event::Refused { why });
            }
        }
        self.renew_view(wall_ms());
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
