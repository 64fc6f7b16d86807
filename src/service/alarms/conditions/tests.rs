//! What raises an alarm, what ends it, and what is told once for many.

use super::*;
use crate::domain::features::Normal;
use crate::domain::{Flags, VerdictKind};

fn row(n: usize, verdict: Verdict, vibration: f64) -> FleetRow {
    FleetRow {
        loco: LocoId::new(&format!("LOCO_{n:03}")),
        stale: matches!(verdict, Verdict::Unavailable(Cause::Stale { .. })),
        verdict,
        last_verdict: Some((VerdictKind::Nominal, 0)),
        probability: Some(0.1),
        trend_24h: Vec::new(),
        values: [500.0, 5.0, vibration, 45.0],
        out_of_band: [false; 4],
        flags: Flags::NONE,
        reading_at_ms: 90_000,
        age_ms: 10_000,
        days_since_maintenance: None,
        explanation: None,
        normal: Some(Normal {
            mean: [500.0, 5.0, 2.0, 45.0],
            deviation: [10.0, 0.1, 0.2, 1.0],
            readings: 400,
        }),
        happenings: Vec::new(),
        origin: None,
        source: "capteurs".into(),
    }
}

fn stale() -> Verdict {
    Verdict::Unavailable(Cause::Stale {
        age_ms: 10,
        limit_ms: 5,
    })
}

fn present(rows: &[FleetRow]) -> Present<'_> {
    Present {
        rows,
        fleet_cause: None,
        dead: &[],
        running: false,
        model: Some((7, 0.42)),
        limits: Limits::default(),
        dead_band: 0.1,
        now_ms: 100_000,
        fresh: &[],
        held: &[],
    }
}

fn holding(present: &Present<'_>) -> Vec<What> {
    let all = present.observations().unwrap();
    all.into_iter()
        .filter(|o| o.seen == Seen::Holds)
        .filter_map(|o| Some(o.raising?.0))
        .collect()
}

fn seen_of(present: &Present<'_>, kind: &str) -> Vec<Seen> {
    let all = present.observations().unwrap();
    let of = all.iter().filter(|o| o.watch.kind() == kind);
    of.map(|o| o.seen).collect()
}

#[test]
fn a_jump_out_of_the_machines_own_band_is_told_while_the_forecast_is_calm() {
    let rows = [row(1, Verdict::Nominal, 3.5), row(2, Verdict::Nominal, 2.1)];
    let told = holding(&present(&rows));
    let [
        What::Limit {
            channel: Channel::Vibration,
            value,
            limit,
            own: true,
        },
    ] = told[..]
    else {
        panic!("{told:?}");
    };
    assert_eq!((value, (limit * 10.0).round()), (3.5, 28.0));
}

#[test]
fn configured_limits_are_told_even_without_the_machines_normal() {
    let mut rows = [row(1, Verdict::Nominal, 3.5), row(2, Verdict::Nominal, 2.0)];
    for row in &mut rows {
        row.normal = None;
    }
    let mut present = present(&rows);
    present.limits.max[2] = 3.0;
    let told = holding(&present);
    assert!(
        matches!(told[..], [What::Limit { limit, own: false, .. }] if limit == 3.0),
        "{told:?}"
    );
    // Within them nothing can be said of the rest: an alarm that stands goes on standing.
    assert_eq!(
        seen_of(&present, "limit")
            .iter()
            .filter(|s| **s == Seen::Unknown)
            .count(),
        7
    );
}

#[test]
fn what_withdraws_nominal_never_ends_a_danger() {
    let mut rows = [row(1, Verdict::Danger, 2.0)];
    rows[0].probability = Some(0.6);
    assert_eq!(seen_of(&present(&rows), "danger"), [Seen::Holds]);
    rows[0].verdict = stale();
    assert_eq!(seen_of(&present(&rows), "danger"), [Seen::Unknown]);
    rows[0].verdict = Verdict::Nominal;
    for (probability, seen) in [(0.41, Seen::Near), (0.3, Seen::Gone)] {
        rows[0].probability = Some(probability);
        assert_eq!(seen_of(&present(&rows), "danger"), [seen]);
    }
}

#[test]
fn a_dead_source_is_one_alarm() {
    let rows: Vec<FleetRow> = (0..30).map(|n| row(n, stale(), 9.0)).collect();
    let told = holding(&present(&rows));
    assert!(
        matches!(&told[..], [What::Source { source, locomotives, .. }]
            if source == "capteurs" && locomotives.len() == 30),
        "{told:?}"
    );
    let few: Vec<FleetRow> = (0..3).map(|n| row(n, stale(), 2.0)).collect();
    assert_eq!(holding(&present(&few)).len(), 3, "few are told each");
    let calm = [row(1, Verdict::Nominal, 2.0)];
    let dead = [("capteurs".to_owned(), "no such file".to_owned())];
    let mut unread = present(&calm);
    unread.dead = &dead;
    assert!(matches!(&holding(&unread)[..], [What::Source { .. }]));
}

#[test]
fn a_blind_fleet_is_one_alarm_and_a_first_start_is_none() {
    let failed = Cause::RunFailed { reason: "x".into() };
    let rows: Vec<FleetRow> = (0..30)
        .map(|n| row(n, Verdict::Unavailable(failed.clone()), 2.0))
        .collect();
    let mut blind = present(&rows);
    blind.fleet_cause = Some(&failed);
    assert!(matches!(&holding(&blind)[..], [What::Fleet { .. }]));
    // Without verdicts, what a machine measures beyond its band is all the more worth telling.
    let mut jumped = rows.clone();
    jumped[3] = row(3, Verdict::Unavailable(failed.clone()), 9.0);
    let told = holding(&Present {
        rows: &jumped,
        fleet_cause: Some(&failed),
        ..present(&[])
    });
    assert!(
        matches!(
            &told[..],
            [What::Fleet { .. }, What::Limit { own: true, .. }]
        ),
        "{told:?}"
    );
    blind.running = true;
    assert_eq!(blind.observations(), None, "a run is under way");
    let never = Cause::NeverRun;
    let mut first = present(&[]);
    first.fleet_cause = Some(&never);
    assert_eq!(first.observations(), None);
}

#[test]
fn what_is_about_to_be_judged_is_no_alarm_yet() {
    let rows = [row(1, Verdict::Unavailable(Cause::NotScored), 2.0)];
    let mut present = present(&rows);
    assert_eq!(seen_of(&present, "no_verdict"), [Seen::Holds]);
    present.running = true;
    assert_eq!(seen_of(&present, "no_verdict"), [Seen::Unknown]);
}

#[test]
fn a_jump_that_came_and_went_in_one_load_is_seen() {
    let rows = [row(1, Verdict::Nominal, 2.0)];
    let reading = |loco: &str, second: i64, vibration| Fresh {
        loco: LocoId::new(loco),
        at_ms: second * 1000,
        values: [500.0, 5.0, vibration, 45.0],
    };
    let fresh = [
        reading("LOCO_001", 60, 9.0),
        reading("LOCO_001", 75, 9.0),
        reading("LOCO_001", 80, 2.0),
        reading("LOCO_001", 90, 2.0),
        reading("LOCO_999", 60, 9.0),
    ];
    let mut present = present(&rows);
    present.fresh = &fresh;
    let mut board = crate::domain::alarm::Board::default();
    let look = |board: &mut crate::domain::alarm::Board, seen: &[Observation]| {
        board.look(seen, |_| Seen::Unknown, 500_000, 10_000)
    };
    let raised = look(&mut board, &present.passed());
    assert_eq!(raised.len(), 1, "it lasted fifteen seconds");
    assert_eq!(raised[0].alarm.inputs.map(|x| x.at_ms), Some(75_000));
    // The newest reading is the row's own.
    let ended = look(&mut board, &present.observations().unwrap());
    assert!(ended.iter().all(|c| !c.alarm.active), "{ended:?}");
}
