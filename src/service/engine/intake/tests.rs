//! The desk through the whole service, on homes of their own.

use super::*;
use crate::config::{Config, ScheduleConfig};
use crate::domain::Reason;
use crate::service::command::{Command, Event};
use crate::service::engine;
use crate::service::handle::ServiceHandle;
use crate::service::intake::draft::SourceDraft;
use crate::service::intake::requeue;
use crate::service::intake::requeue::Would;
use crate::service::snapshot::Snapshot;
use crate::service::test_home::{instant, platform, sensors};
use crate::warehouse::{RunLock, RunRecord, Warehouse};

fn served(platform: &Platform) -> ServiceHandle {
    let handle = engine::start(platform.clone(), Box::new(|| ())).unwrap();
    assert!(handle.send(Command::Attend(Desk::Intake)));
    handle
}

fn ask(handle: &mut ServiceHandle, ask: IntakeAsk) {
    assert!(handle.send(Command::Intake(ask)));
}

/// Waits for a picture of which this is true.
fn until(handle: &ServiceHandle, what: &str, is_so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let begun = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if is_so(&snapshot) {
            return snapshot;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{what}: {:?} {:?}",
            snapshot.running,
            snapshot.intake
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn idle(s: &Snapshot) -> bool {
    s.running.is_none() && s.intake.looked && !s.intake.sifting
}

#[test]
fn a_refused_row_is_found_corrected_and_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut csv = sensors(300);
    let bad = format!("{},LOCO_001,abc,5,2,45,0", instant(301));
    csv.push_str(&format!("{bad}\n{},LOCO_002,1e9,5,2,45,0\n", instant(301)));
    let platform = platform(dir.path(), &csv);
    let mut handle = served(&platform);
    let s = until(&handle, "the first run", |s| {
        idle(s) && s.intake.rows.len() == 2
    });
    assert_eq!(s.intake.out_for(Reason::WrongType), 1);
    assert_eq!(s.intake.runs[0].rows_quarantined, 2);
    let filter = RefusedFilter {
        reason: Some(Reason::WrongType),
        ..RefusedFilter::default()
    };
    ask(&mut handle, IntakeAsk::Sift(filter));
    let s = until(&handle, "the sieve", |s| idle(s) && s.intake.matching == 1);
    let key = s.intake.rows[0].key;
    ask(&mut handle, IntakeAsk::Pick(Some(key)));
    let s = until(&handle, "the row", |s| s.intake.picked.is_some());
    assert_eq!(s.intake.picked.as_ref().unwrap().text, bad);
    let text = bad.replace("abc", "501");
    let again = text.clone();
    ask(&mut handle, IntakeAsk::Try { key, text });
    until(&handle, "the try", |s| {
        let tried = s.intake.picked.as_ref().and_then(|p| p.tried.as_ref());
        matches!(tried, Some((_, Would::Enter(_))))
    });
    ask(&mut handle, IntakeAsk::PutBack { key, text: again });
    let s = until(&handle, "putting back", |s| {
        s.intake.put_back.is_some() && idle(s) && s.intake.out() == 1
    });
    let report = s.intake.put_back.clone().unwrap().unwrap();
    assert_eq!(report.entered, 1);
    assert_eq!(s.intake.counts.put_back, 1);
    assert_eq!(s.intake.runs[0].run, report.run.unwrap());
    // The rest of the filter as it came: refused again, and said.
    ask(&mut handle, IntakeAsk::PutAllBack(RefusedFilter::default()));
    let s = until(
        &handle,
        "all of them",
        |s| matches!(&s.intake.put_back, Some(Ok(report)) if report.refused.contains_key(&Reason::OutOfRange)),
    );
    assert_eq!(s.intake.out(), 1);
}

#[test]
fn a_run_is_cancelled_from_the_window_and_verdicts_wait() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(900));
    // A live pass of another program: the run waits for it, however fast this machine is.
    let pass = RunLock::take_for_pass(&platform.home.run_lock()).unwrap();
    let mut handle = served(&platform);
    let s = until(&handle, "the run", |s| {
        s.running.is_some() && s.intake.stages.is_some()
    });
    assert!(!s.intake.stopping);
    assert!(handle.send(Command::Cancel));
    until(&handle, "the order to end", |s| s.intake.stopping);
    drop(pass);
    let s = until(&handle, "the end", |s| idle(s) && !s.intake.runs.is_empty());
    let run = &s.intake.runs[0];
    assert!(run.cancelled_by.is_some(), "{run:?}");
    assert!(s.intake.stages.is_none() && !s.intake.stopping);
    let told = std::iter::from_fn(|| handle.next_event());
    assert!(
        told.into_iter()
            .any(|e| matches!(e, Event::RunCancelled { .. }))
    );
    assert!(
        s.fleet
            .iter()
            .all(|row| row.verdict.kind() == crate::domain::VerdictKind::Unavailable)
    );
    // And it can be begun again.
    assert!(handle.send(Command::Run));
    until(&handle, "the next run", |s| {
        idle(s) && s.last_run.as_ref().is_some_and(|run| run.failed.is_none())
    });
}

#[test]
fn a_file_becomes_a_source_and_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let platform = platform(dir.path(), &sensors(100));
    let mut handle = served(&platform);
    until(&handle, "the first run", |s| {
        idle(s) && !s.intake.runs.is_empty()
    });
    let other = dir.path().join("relevé.csv");
    let mut csv = String::from("Horodatage;Engin;Débit;Pression (kPa);Vibrations;Température\n");
    for minute in 0..30 {
        csv.push_str(&format!("{};LOCO_777;500,5;500;2,1;45\n", instant(minute)));
    }
    std::fs::write(&other, csv).unwrap();
    ask(&mut handle, IntakeAsk::Look(dir.path().join("nowhere.csv")));
    until(&handle, "the failure", |s| {
        let wizard = s.intake.wizard.as_ref();
        wizard.is_some_and(|w| matches!(w.found, Some(Err(_))) && !w.looking)
    });
    ask(&mut handle, IntakeAsk::Look(other));
    let ready = |s: &Snapshot| {
        let wizard = s.intake.wizard.as_ref();
        wizard.is_some_and(|w| !w.looking && matches!(w.found, Some(Ok(_))))
    };
    let s = until(&handle, "the look", ready);
    let mut draft = s.intake.wizard.clone().unwrap().draft.unwrap();
    assert!(draft.missing().is_empty());
    // Another one of that name is refused, and the wizard stays.
    draft.name = "fleet".into();
    let save = |draft: &SourceDraft| IntakeAsk::Save {
        draft: Box::new(draft.clone()),
        run: true,
    };
    ask(&mut handle, save(&draft));
    until(&handle, "the refusal", |s| {
        s.intake
            .wizard
            .as_ref()
            .is_some_and(|w| w.not_saved.is_some())
    });
    draft.name = "yard".into();
    ask(&mut handle, IntakeAsk::Draft(Box::new(draft.clone())));
    until(&handle, "the second look", ready);
    ask(&mut handle, save(&draft));
    let s = until(&handle, "the load", |s| {
        idle(s) && s.fleet.iter().any(|row| row.loco.as_str() == "LOCO_777")
    });
    assert_eq!(s.intake.saved.as_deref(), Some("yard"));
    let text = std::fs::read_to_string(platform.home.config()).unwrap();
    assert!(
        text.contains("# kept by hand") && text.contains("unit = \"kPa\""),
        "{text}"
    );
}

#[test]
fn a_missed_night_run_is_made_up_for_and_a_new_hour_promises_nothing_of_the_past() {
    let dir = tempfile::tempdir().unwrap();
    let mut platform = platform(dir.path(), &sensors(50));
    let file = platform.home.config();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}[schedule]\ndaily_at = \"00:00\"\n")).unwrap();
    platform.config = Config::load(&file).unwrap();
    let two_days_ago = RunRecord::begun("run", wall_ms() - 48 * 3_600_000);
    let mut warehouse = Warehouse::open(&platform.home.warehouse()).unwrap();
    warehouse.record_failure(&two_days_ago).unwrap();
    drop(warehouse);
    let mut handle = served(&platform);
    let s = until(&handle, "the night run", |s| {
        idle(s) && s.intake.runs.len() == 2
    });
    let schedule = &s.intake.schedule;
    assert!(schedule.last_ms > Some(two_days_ago.started_ms));
    assert!(schedule.next_ms > Some(wall_ms() - 1000));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(handle.snapshot().intake.runs.len(), 2, "once");
    let wrong = ScheduleConfig {
        daily_at: Some("7 h".into()),
        catch_up: true,
    };
    ask(&mut handle, IntakeAsk::Schedule(wrong));
    let none = ScheduleConfig {
        daily_at: None,
        catch_up: false,
    };
    ask(&mut handle, IntakeAsk::Schedule(none.clone()));
    let s = until(&handle, "the new hour", |s| s.intake.schedule.set == none);
    assert_eq!(s.intake.schedule.next_ms, None);
    let told: Vec<Event> = std::iter::from_fn(|| handle.next_event()).collect();
    assert!(
        told.iter()
            .any(|e| matches!(e, Event::Refused { why } if why.contains("daily_at")))
    );
}

#[test]
fn rows_that_go_back_in_time_are_taken_only_when_they_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut csv = sensors(200);
    csv.push_str(&format!("{},LOCO_001,1e9,5,2,45,0\n", instant(201)));
    csv.push_str("2026-07-31T00:00:00Z,LOCO_001,500,5,2,45,0\n");
    let platform = platform(dir.path(), &csv);
    platform
        .run(crate::service::pipeline::RunKind::Full, &|_| {})
        .unwrap();
    let all = all_of(&platform, &RefusedFilter::default()).unwrap();
    assert_eq!((all.rows.len(), all.backwards, all.left), (1, 1, 0));
    let asked = RefusedFilter {
        reason: Some(Reason::TimeBackwards),
        ..RefusedFilter::default()
    };
    let all = all_of(&platform, &asked).unwrap();
    assert_eq!((all.rows.len(), all.backwards), (1, 0));
    let report = requeue::put_back(&platform, &all.rows, "Ngo").unwrap();
    assert_eq!(report.entered, 1);
}
