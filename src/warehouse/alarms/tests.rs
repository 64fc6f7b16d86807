//! Alarms are read back as they were written, and filtered.

use super::*;
use crate::domain::alarm::{Board, Observation, Seen, Watch};
use crate::domain::{Cause, Channel};

fn observation(loco: &str, seen: Seen) -> Observation {
    Observation {
        watch: Watch::Limit {
            loco: LocoId::new(loco),
            channel: Channel::Vibration,
        },
        seen,
        source_ms: 5,
        raising: Some((
            What::Limit {
                channel: Channel::Vibration,
                value: 7.8,
                limit: 2.8,
                own: true,
            },
            Some(Inputs {
                at_ms: 5,
                values: [500.0, 5.0, 7.8, 45.0],
                probability: Some(0.91),
                threshold: Some(0.42),
                model: Some(7),
            }),
        )),
    }
}

fn source_alarm() -> Observation {
    let cause = Cause::SourceRefused {
        source: "capteurs".into(),
    };
    Observation {
        watch: Watch::Source {
            source: "capteurs".into(),
            cause: cause.key().into(),
        },
        seen: Seen::Holds,
        source_ms: 5,
        raising: Some((
            What::Source {
                source: "capteurs".into(),
                cause,
                locomotives: vec![LocoId::new("LOCO_001")],
            },
            None,
        )),
    }
}

fn by(who: &str, at_ms: i64, words: &str) -> Act {
    Act {
        at_ms,
        who: who.into(),
        words: words.into(),
    }
}

#[test]
fn alarms_are_read_back_as_they_stand_and_keep_their_steps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.sqlite");
    let mut warehouse = Warehouse::open(&path).unwrap();
    let mut board = Board::default();
    let seen = [
        observation("LOCO_001", Seen::Holds),
        observation("LOCO_002", Seen::Holds),
        source_alarm(),
    ];
    let mut changes = board.look(&seen, |_| Seen::Unknown, 1000, 0);
    changes.push(board.acknowledge(1, by("Ngo", 2000, "vu")).unwrap());
    changes.push(board.shelve(2, 9000, by("Ngo", 2500, "essai")).unwrap());
    changes.push(board.out_of_service(3, by("Ngo", 2600, "dépose")).unwrap());
    for change in &changes {
        warehouse.keep_alarm(change).unwrap();
    }
    let reader = Reader::open(&path).unwrap();
    let (open, last) = reader.open_alarms().unwrap();
    assert_eq!(open, board.open().cloned().collect::<Vec<_>>());
    assert_eq!(last, 3);
    assert!(
        warehouse.keep_alarm(&changes[0]).is_err(),
        "no number is given twice"
    );

    let gone = [observation("LOCO_001", Seen::Gone)];
    for change in board.look(&gone, |_| Seen::Unknown, 3000, 0) {
        warehouse.keep_alarm(&change).unwrap();
    }
    assert_eq!(reader.open_alarms().unwrap().0.len(), 2);
    let steps: Vec<_> = reader.alarm_steps(1).unwrap();
    assert_eq!(
        steps
            .iter()
            .map(|(step, act)| (*step, act.who.as_str()))
            .collect::<Vec<_>>(),
        [
            (Step::Raised, "cidp"),
            (Step::Acknowledged, "Ngo"),
            (Step::Returned, "cidp")
        ]
    );
    for change in [
        "UPDATE alarms SET value = 1.0",
        "DELETE FROM alarms",
        "UPDATE alarm_transitions SET who = 'x'",
        "DELETE FROM alarm_transitions",
    ] {
        assert!(warehouse.db.execute(change, []).is_err(), "{change}");
    }
}

#[test]
fn the_history_is_filtered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.sqlite");
    let mut warehouse = Warehouse::open(&path).unwrap();
    let mut board = Board::default();
    for (at_ms, seen) in [
        (1000, observation("LOCO_001", Seen::Holds)),
        (2000, observation("LOCO_012", Seen::Holds)),
        (3000, source_alarm()),
    ] {
        for change in board.look(&[seen], |_| Seen::Unknown, at_ms, 0) {
            warehouse.keep_alarm(&change).unwrap();
        }
    }
    warehouse
        .keep_alarm(&board.acknowledge(2, by("Ngo", 9, "")).unwrap())
        .unwrap();
    let reader = Reader::open(&path).unwrap();
    let ids = |filter: &AlarmFilter| {
        let found = reader.alarm_history(filter, 10).unwrap();
        found.iter().map(|a| a.id).collect::<Vec<_>>()
    };
    let all = AlarmFilter::default();
    assert_eq!(ids(&all), [3, 2, 1]);
    assert_eq!(
        ids(&AlarmFilter {
            name: "_01".into(),
            ..all.clone()
        }),
        [2]
    );
    assert_eq!(
        ids(&AlarmFilter {
            name: "CAPT".into(),
            ..all.clone()
        }),
        [3]
    );
    assert_eq!(
        ids(&AlarmFilter {
            kind: Some("limit".into()),
            ..all.clone()
        }),
        [2, 1]
    );
    assert_eq!(
        ids(&AlarmFilter {
            state: Some(State::Acknowledged),
            ..all.clone()
        }),
        [2]
    );
    assert_eq!(
        ids(&AlarmFilter {
            from_ms: Some(2000),
            to_ms: Some(2000),
            ..all
        }),
        [2]
    );
    assert_eq!(reader.alarms_since(2000).unwrap().len(), 2);
    let loco = LocoId::new("LOCO_001");
    assert_eq!(reader.alarms_of(&loco, 0, 5, 9).unwrap().len(), 1);
    assert!(reader.alarms_of(&loco, 6, 9, 9).unwrap().is_empty());
    let told: (String, String, f64) = warehouse
        .db
        .query_row(
            "SELECT locomotive, raised_utc, probability FROM v_alarms WHERE alarm = 1",
            [],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .unwrap();
    assert_eq!(
        told,
        ("LOCO_001".into(), "1970-01-01T00:00:01.000Z".into(), 0.91)
    );
}
