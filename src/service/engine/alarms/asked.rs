//! What the window asks of the desk of alarms: acknowledging, setting aside, silence, words, the history.

use std::sync::Arc;

use crate::domain::alarm::{Act, Alarm, Board, Change, Refusal};
use crate::service::alarms::notice::{Notifier, on_desktop};
use crate::service::alarms::sound::{Player, Siren};
use crate::service::alarms::{AlarmsAsk, HISTORY_ROWS, History, Sound, Which, Wording};
use crate::service::command::{Desk, Event};
use crate::service::export::{self, AlarmFilter};
use crate::service::pipeline::wall_ms;
use crate::service::scribe::who;
use crate::warehouse::{Entry, Reader};

use super::super::{Answer, Engine};
use super::SETTLES_MS;

impl Engine {
    /// Carries out what the window asks.
    pub(in crate::service::engine) fn asked_of_alarms(&mut self, ask: AlarmsAsk) {
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
                        .map(|written| written.gone)
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
        self.keep_changes(changes);
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
        let file = self.platform.home.alarm_sound();
        let started = Siren::start(player, file, move |failed| {
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

    pub(super) fn read_history_again(&mut self, wall_ms: i64) {
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
}
