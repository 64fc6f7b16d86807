//! The desk through the whole service, on homes of their own.

use super::*;
use crate::service::command::Command;
use crate::service::continuity::drills::Drill;
use crate::service::engine;
use crate::service::handle::ServiceHandle;
use crate::service::test_home::{platform, sensors};

fn served(platform: &Platform) -> ServiceHandle {
    let handle = engine::start(platform.clone(), Box::new(|| ())).unwrap();
    assert!(handle.send(Command::Attend(Desk::Continuity)));
    until(&handle, "the first run", |s| {
        s.last_run.is_some() && s.running.is_none()
    });
    handle
}

fn until(handle: &ServiceHandle, what: &str, is_so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let begun = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if is_so(&snapshot) {
            return snapshot;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{what}: {:?}",
            snapshot.continuity
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn events(handle: &mut ServiceHandle) -> Vec<Event> {
    std::iter::from_fn(|| handle.next_event()).collect()
}

fn ended(s: &Snapshot, kind: JobKind) -> bool {
    let job = s.continuity.job.as_ref();
    job.is_some_and(|job| job.kind == kind && !job.is_under_way())
}

#[test]
fn a_job_runs_aside_is_told_and_leaves_an_account_and_the_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(120));
    let mut handle = served(&platform);
    let before = handle.snapshot();
    let file = dir.path().join("no such backup.sqlite.zst");
    for (ask, kind) in [
        (ContinuityAsk::Prove(file.clone()), JobKind::Prove),
        (ContinuityAsk::Restore(file.clone()), JobKind::Restore),
    ] {
        assert!(handle.send(Command::Continuity(ask)));
        let s = until(&handle, kind.key(), |s| ended(s, kind));
        let account = s.continuity.job.as_ref().unwrap().account.clone().unwrap();
        assert!(!account.is_well(), "{account:?}");
        // The warehouse was let go of meanwhile, and is open again with everything in it.
        let s = until(&handle, "reopened", |s| !s.fleet.is_empty());
        assert_eq!(s.fleet.len(), before.fleet.len());
        assert_eq!(s.fault, None);
        let told = events(&mut handle);
        assert!(
            told.iter().any(|e| matches!(
                e,
                Event::ContinuityDone { kind: k, well: false, why: Some(_) } if *k == kind
            )),
            "{told:?}"
        );
    }
}

#[test]
fn the_page_is_looked_after_while_it_is_in_view() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(120));
    let handle = served(&platform);
    let s = until(&handle, "looked", |s| {
        s.continuity.ready && s.continuity.watch.at_ms.is_some() && s.continuity.head.is_some()
    });
    assert!(s.continuity.watch.holders.is_some());
    if cfg!(target_os = "linux") {
        let memory = s.continuity.watch.memory.unwrap();
        assert!(memory > 1 << 20, "{memory}");
    }
    let file = dir.path().join("none.sqlite.zst");
    assert!(handle.send(Command::Continuity(ContinuityAsk::Plan(file.clone()))));
    let s = until(&handle, "planned", |s| {
        let plan = s.continuity.plan.as_ref();
        plan.is_some_and(|planned| planned.file == file && planned.plan.is_some())
    });
    let planned = s.continuity.plan.as_ref().unwrap();
    assert!(planned.plan.as_ref().unwrap().is_err());
}

#[test]
fn what_people_do_during_a_swap_is_written_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(120));
    let handle = served(&platform);
    let loco = handle.snapshot().fleet[0].loco.clone();
    let at_ms = handle.snapshot().fleet[0].reading_at_ms;
    let file = dir.path().join("none.sqlite.zst");
    assert!(handle.send(Command::Continuity(ContinuityAsk::Restore(file))));
    let words = "pendant la reprise".to_owned();
    assert!(handle.send(Command::Note { loco, at_ms, words }));
    until(&handle, "restored", |s| ended(s, JobKind::Restore));
    let begun = Instant::now();
    loop {
        let reader = platform.reader().unwrap().unwrap();
        let found = reader
            .journal_of("note", 10)
            .unwrap()
            .iter()
            .any(|entry| entry.words == "pendant la reprise");
        if found {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the note is gone"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn steps_that_begin_and_end_are_told_and_progress_now_and_then() {
    let last = Mutex::new(None);
    let step = |state, fraction| Step {
        key: "copy",
        state,
        secs: 0.0,
        fraction,
        detail: String::new(),
    };
    let first = [step(StepState::Running, None)];
    assert!(is_worth_telling(&last, &first));
    let far = [step(StepState::Running, Some(0.1))];
    assert!(!is_worth_telling(&last, &far), "too soon");
    let done = [step(StepState::Done, Some(1.0))];
    assert!(is_worth_telling(&last, &done));
    let next = [done[0].clone(), step(StepState::Running, Some(0.0))];
    assert!(is_worth_telling(&last, &next));
}

#[test]
fn one_that_is_ended_before_a_step_is_cancelled_and_not_failed() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), "");
    let stop = Stop::default();
    stop.ask("Ngo");
    let steps = Steps::new(crate::service::continuity::steps::UNTOLD, stop);
    let work = Work::Drills(vec![Drill::DiskFull]);
    let account = work.carry_out(&platform, "Ngo", &steps);
    assert!(matches!(account, Account::Cancelled(_)), "{account:?}");
}
