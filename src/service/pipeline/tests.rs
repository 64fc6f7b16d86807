//! A run that is cancelled, at every stage.

use super::*;
use crate::domain::LocoId;
use crate::service::platform::Platform;
use crate::service::test_home::{instant, platform, sensors};
use crate::warehouse::{RunStatus, Unsound};

/// Runs, and asks for a stop at the first word of a stage.
fn stopped_at(platform: &Platform, stage: Stage) -> RunOutcome {
    let stop = Stop::default();
    let watch = |now: RunProgress| {
        if now.stage == stage {
            stop.ask("Ngo");
        }
    };
    let outcome = platform.run_until(RunKind::Full, &watch, &stop).unwrap();
    assert!(stop.is_asked(), "{stage:?} was never told");
    outcome
}

/// Readings held, readings judged, whether a model is in force.
fn held(platform: &Platform) -> (usize, usize, bool) {
    let Some(reader) = platform.reader().unwrap() else {
        return (0, 0, false);
    };
    let (mut readings, mut judged) = (0, 0);
    for (_, loco) in reader.locomotives().unwrap() {
        let mut instants = Vec::new();
        reader
            .readings(&loco, 0, i64::MAX, None, &mut |r| instants.push(r.at_ms))
            .unwrap();
        readings += instants.len();
        let fresh = reader.not_judged(&loco, &instants).unwrap();
        judged += fresh.iter().filter(|fresh| !**fresh).count();
    }
    (readings, judged, reader.model_version().unwrap().is_some())
}

fn assert_cancelled(platform: &Platform, outcome: &RunOutcome) {
    assert_eq!(outcome.status, RunStatus::FailedSafe);
    assert_eq!(outcome.cause.as_deref(), Some("cancelled by Ngo"));
    let reader = platform.reader().unwrap().unwrap();
    let last = reader.last_run().unwrap().unwrap();
    assert_eq!(Some(last.run), outcome.run);
    assert_eq!(last.cause.as_deref(), Some("cancelled by Ngo"));
    // No verdict rests on a run that was cancelled.
    assert!(matches!(reader.sound_run(), Err(Unsound::Failed { .. })));
    let fleet = platform.fleet().unwrap().unwrap();
    assert!(fleet.cause.is_some());
}

#[test]
fn cancelled_before_the_commit_a_run_leaves_nothing_but_its_record() {
    for stage in [Stage::Extract, Stage::Validate, Stage::Load] {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path(), &sensors(400));
        let outcome = stopped_at(&platform, stage);
        assert_cancelled(&platform, &outcome);
        assert_eq!(held(&platform), (0, 0, false), "{stage:?}");
        assert_eq!(outcome.report.rows_kept, 0);
        // The next one does all of it.
        let outcome = platform.run(RunKind::Full, &|_| {}).unwrap();
        assert_eq!(outcome.status, RunStatus::Ok, "{:?}", outcome.cause);
        assert_eq!(held(&platform), (1200, 1200, true), "{stage:?}");
    }
}

#[test]
fn cancelled_after_the_commit_the_readings_stay_and_the_next_run_goes_on() {
    for stage in [Stage::Train, Stage::Score] {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path(), &sensors(400));
        let outcome = stopped_at(&platform, stage);
        assert_cancelled(&platform, &outcome);
        let (readings, judged, model) = held(&platform);
        assert_eq!(readings, 1200);
        assert!(judged < 1200, "{stage:?}: {judged}");
        assert_eq!(model, stage == Stage::Score);
        let outcome = platform.run(RunKind::Full, &|_| {}).unwrap();
        assert_eq!(outcome.status, RunStatus::Ok);
        assert_eq!(held(&platform), (1200, 1200, true));
    }
}

#[test]
fn a_cancelled_run_takes_nothing_from_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(400));
    platform.run(RunKind::Full, &|_| {}).unwrap();
    let before = held(&platform);
    let mut csv = sensors(400);
    csv.push_str(&format!("{},LOCO_001,500,5,2,45,0\n", instant(401)));
    std::fs::write(dir.path().join("sensors.csv"), csv).unwrap();
    let outcome = stopped_at(&platform, Stage::Load);
    assert_cancelled(&platform, &outcome);
    assert_eq!(held(&platform), before);
    platform.run(RunKind::Full, &|_| {}).unwrap();
    assert_eq!(held(&platform).0, before.0 + 1);
    let newest = platform.reader().unwrap().unwrap();
    let newest = newest
        .latest_of(&LocoId::new("LOCO_001"), i64::MAX)
        .unwrap();
    assert_eq!(newest.unwrap().reading.values[0], 500.0);
}
