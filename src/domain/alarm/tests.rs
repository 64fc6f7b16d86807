//! The states and their changes, by example and by any sequence of events.

use proptest::prelude::*;

use super::*;

fn watch() -> Watch {
    Watch::Limit {
        loco: LocoId::new("LOCO_001"),
        channel: Channel::Vibration,
    }
}

fn seen(seen: Seen, source_ms: i64) -> Observation {
    let what = What::Limit {
        channel: Channel::Vibration,
        value: 7.8,
        limit: 2.8,
        own: true,
    };
    Observation {
        watch: watch(),
        seen,
        source_ms,
        raising: (seen == Seen::Holds).then_some((what, None)),
    }
}

fn act(at_ms: i64) -> Act {
    Act {
        at_ms,
        who: "Ngo".into(),
        words: "vu".into(),
    }
}

/// A look every second by both clocks.
fn look(board: &mut Board, what: Seen, second: i64, delay_ms: i64) -> Vec<Change> {
    let at_ms = second * 1000;
    board.look(&[seen(what, at_ms)], |_| Seen::Unknown, at_ms, delay_ms)
}

fn raised() -> (Board, i64) {
    let mut board = Board::default();
    let changes = look(&mut board, Seen::Holds, 0, 0);
    assert_eq!(changes[0].step, Step::Raised);
    (board, changes[0].alarm.id)
}

fn state(board: &Board) -> Option<State> {
    board.open().next().map(Alarm::state)
}

#[test]
fn a_condition_must_last_before_it_is_an_alarm_and_before_it_ends() {
    let mut board = Board::default();
    assert!(look(&mut board, Seen::Holds, 0, 10_000).is_empty());
    assert!(look(&mut board, Seen::Gone, 5, 10_000).is_empty());
    assert!(look(&mut board, Seen::Holds, 9, 10_000).is_empty());
    assert!(
        look(&mut board, Seen::Holds, 12, 10_000).is_empty(),
        "counted anew"
    );
    assert_eq!(look(&mut board, Seen::Holds, 19, 10_000).len(), 1);
    assert!(look(&mut board, Seen::Gone, 20, 10_000).is_empty());
    assert!(look(&mut board, Seen::Near, 25, 10_000).is_empty());
    assert!(look(&mut board, Seen::Gone, 31, 10_000).is_empty());
    assert_eq!(
        look(&mut board, Seen::Gone, 41, 10_000)[0].step,
        Step::Returned
    );
    assert_eq!(state(&board), Some(State::ReturnedUnacknowledged));
}

#[test]
fn an_archive_whose_clock_stands_still_is_told_by_the_computers_clock() {
    let mut board = Board::default();
    let newest = [seen(Seen::Holds, 5)];
    assert!(board.look(&newest, |_| Seen::Gone, 0, 10_000).is_empty());
    assert!(board.is_waiting());
    assert_eq!(board.look(&newest, |_| Seen::Gone, 10_000, 10_000).len(), 1);
    assert!(
        board
            .look(&newest, |_| Seen::Gone, 99_000, 10_000)
            .is_empty(),
        "once"
    );
    assert!(!board.is_waiting());
}

#[test]
fn a_fast_source_is_told_by_its_own_clock() {
    let mut board = Board::default();
    board.look(&[seen(Seen::Holds, 0)], |_| Seen::Gone, 0, 10_000);
    let changes = board.look(&[seen(Seen::Holds, 60_000)], |_| Seen::Gone, 1000, 10_000);
    assert_eq!(changes.len(), 1);
}

#[test]
fn the_walk_through_the_states() {
    let (mut board, id) = raised();
    assert_eq!(state(&board), Some(State::Unacknowledged));
    board.acknowledge(id, act(1)).unwrap();
    assert_eq!(state(&board), Some(State::Acknowledged));
    assert_eq!(board.acknowledge(id, act(1)), Err(Refusal::Acknowledged));
    look(&mut board, Seen::Gone, 2, 0);
    assert_eq!(state(&board), None, "acknowledged and over");
    assert_eq!(board.acknowledge(id, act(3)), Err(Refusal::Closed));

    let (mut board, id) = raised();
    look(&mut board, Seen::Gone, 2, 0);
    assert_eq!(state(&board), Some(State::ReturnedUnacknowledged));
    assert_eq!(look(&mut board, Seen::Holds, 3, 0)[0].step, Step::Renewed);
    assert_eq!(state(&board), Some(State::Unacknowledged), "the same alarm");
    look(&mut board, Seen::Gone, 4, 0);
    let last = board.acknowledge(id, act(5)).unwrap();
    assert_eq!(last.alarm.state(), State::Closed);
    assert_eq!(state(&board), None);
}

#[test]
fn shelving_needs_a_reason_and_an_end_and_calls_again_when_over() {
    let (mut board, id) = raised();
    let mute = Act {
        words: "  ".into(),
        ..act(0)
    };
    assert_eq!(board.shelve(id, 9000, mute.clone()), Err(Refusal::NoReason));
    assert_eq!(board.out_of_service(id, mute), Err(Refusal::NoReason));
    for until in [0, -5, SHELF_MAX_MS + 1] {
        assert_eq!(board.shelve(id, until, act(0)), Err(Refusal::NoExpiry));
    }
    board.acknowledge(id, act(0)).unwrap();
    board.shelve(id, 9000, act(0)).unwrap();
    assert_eq!(state(&board), Some(State::Shelved));
    assert_eq!(board.acknowledge(id, act(1)), Err(Refusal::SetAside));
    assert_eq!(board.back_in_service(id, act(1)), Err(Refusal::InService));
    assert!(board.expire(8999).is_empty());
    assert_eq!(board.expire(9000)[0].step, Step::Expired);
    assert_eq!(state(&board), Some(State::Unacknowledged));
    assert_eq!(board.unshelve(id, act(1)), Err(Refusal::NotShelved));
    board.out_of_service(id, act(1)).unwrap();
    assert_eq!(board.out_of_service(id, act(1)), Err(Refusal::SetAside));
    assert_eq!(board.shelve(id, 9000, act(1)), Err(Refusal::SetAside));
    look(&mut board, Seen::Gone, 20, 0);
    assert_eq!(state(&board), Some(State::OutOfService));
    board.back_in_service(id, act(30)).unwrap();
    assert_eq!(
        state(&board),
        Some(State::ReturnedUnacknowledged),
        "it ended unseen"
    );
}

#[test]
fn what_is_not_observed_ends_or_stands_as_it_is_told() {
    let (mut board, _) = raised();
    assert!(board.look(&[], |_| Seen::Unknown, 10, 0).is_empty());
    assert_eq!(
        board.look(&[], |_| Seen::Gone, 20, 0)[0].step,
        Step::Returned
    );
}

#[test]
fn open_alarms_are_gone_on_with() {
    let (board, id) = raised();
    let kept: Vec<Alarm> = board.open().cloned().collect();
    let mut again = Board::resumed(kept, 41);
    assert!(
        look(&mut again, Seen::Holds, 5, 0).is_empty(),
        "raised once"
    );
    again.acknowledge(id, act(6)).unwrap();
    look(&mut again, Seen::Gone, 7, 0);
    assert_eq!(look(&mut again, Seen::Holds, 8, 0)[0].alarm.id, 42);
}

#[test]
fn limits_are_the_stricter_of_both() {
    let own = Band {
        low: 1.0,
        high: 3.0,
        centre: 2.0,
    };
    let band = own.within(0.0, 2.5);
    assert_eq!(band.crossed(2.6), Some(2.5));
    assert_eq!(band.crossed(0.5), Some(1.0));
    assert_eq!(band.look(2.6, 0.1), Seen::Holds);
    assert_eq!(band.look(2.46, 0.1), Seen::Near);
    assert_eq!(band.look(2.44, 0.1), Seen::Gone);
    assert_eq!(band.look(f64::NAN, 0.1), Seen::Unknown);
    assert_eq!(band.look(f64::INFINITY, 0.1), Seen::Holds);
}

/// What may happen to one alarm.
#[derive(Debug, Clone)]
enum Event {
    Value(f64),
    Silence,
    Acknowledge,
    Shelve(i64),
    Unshelve,
    OutOfService,
    Back,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (0.0..4.0_f64).prop_map(Event::Value),
        1 => Just(Event::Silence),
        1 => Just(Event::Acknowledge),
        1 => (1..20_i64).prop_map(Event::Shelve),
        1 => Just(Event::Unshelve),
        1 => Just(Event::OutOfService),
        1 => Just(Event::Back),
    ];
    proptest::collection::vec(event, 1..200)
}

proptest! {
    /// Within the dead band nothing ever changes, whatever the value does there.
    #[test]
    fn nothing_chatters_inside_the_dead_band(
        values in proptest::collection::vec(2.9..=3.0_f64, 1..200), high in any::<bool>()
    ) {
        let band = Band { low: 1.0, high: 3.0, centre: 2.0 };
        let mut board = Board::default();
        if high {
            look(&mut board, Seen::Holds, 0, 0);
        }
        for (second, value) in (1..).zip(values) {
            // The bounds themselves count as inside and as back.
            prop_assume!(value > 2.9);
            prop_assert!(look(&mut board, band.look(value, 0.1), second, 0).is_empty());
        }
    }

    /// An alarm that calls goes on calling until it is acknowledged or set aside by somebody; between two raisings
    /// there is an end; the condition is at most one alarm; a shelved one always comes back or ends acknowledged.
    #[test]
    fn no_unacknowledged_alarm_is_ever_lost(events in events(), delay in 0..4_i64) {
        let band = Band { low: 1.0, high: 3.0, centre: 2.0 };
        let mut board = Board::default();
        let mut second = 0;
        for event in events {
            second += 1;
            let at_ms = second * 1000;
            let before = board.open().next().cloned();
            let calls = before.as_ref().is_some_and(|a| a.state().calls());
            let id = before.as_ref().map_or(1, |a| a.id);
            let mut changes = board.expire(at_ms);
            let mut done = false;
            match event {
                Event::Value(v) => changes.extend(look(&mut board, band.look(v, 0.1), second, delay * 1000)),
                Event::Silence => changes.extend(look(&mut board, Seen::Unknown, second, delay * 1000)),
                Event::Acknowledge => done = board.acknowledge(id, act(at_ms)).is_ok(),
                Event::Shelve(s) => done = board.shelve(id, at_ms + s * 1000, act(at_ms)).is_ok(),
                Event::Unshelve => done = board.unshelve(id, act(at_ms)).is_ok(),
                Event::OutOfService => done = board.out_of_service(id, act(at_ms)).is_ok(),
                Event::Back => done = board.back_in_service(id, act(at_ms)).is_ok(),
            }
            prop_assert!(board.open().count() <= 1);
            let after = board.open().next();
            if calls && !done {
                prop_assert!(after.is_some_and(|a| a.id == id && a.state().calls()));
            }
            if let Some(before) = before {
                let ended = after.is_none();
                if ended {
                    let acknowledged = before.acknowledged.is_some() || done;
                    prop_assert!(acknowledged, "closed unseen: {before:?}");
                }
                prop_assert!(!changes.iter().any(|c| c.step == Step::Raised && before.active));
            }
            prop_assert!(board.open().all(|a| a.state() != State::Closed));
        }
    }
}
