use super::*;
use crate::service::stop::Stop;
use crate::service::test_home;

fn copied(platform: &Platform) -> impl Fn(&Steps<'_>) -> Result<String, String> {
    let home = platform.home.clone();
    move |_| {
        std::fs::create_dir_all(home.backups()).map_err(|e| e.to_string())?;
        std::fs::copy(home.warehouse(), home.safe_copy())
            .map(|bytes| bytes.to_string())
            .map_err(|e| e.to_string())
    }
}

fn keys(restarted: &Restarted) -> Vec<&'static str> {
    restarted.steps.iter().map(|step| step.key).collect()
}

#[test]
fn it_walks_every_step_and_the_run_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let platform = test_home::platform(dir.path(), &test_home::sensors(200));
    platform.run(RunKind::Full, &|_| {}).unwrap();
    let steps = Steps::new(UNTOLD, Stop::default());
    let nobody = |holder: &Holder| panic!("{holder}");
    let done = restart_with(&platform, "Ngo", &nobody, &steps, &copied(&platform)).unwrap();
    assert_eq!(done.failed, None);
    let all = [
        "jobs",
        "holders",
        "checkpoint",
        "safe_copy",
        "integrity",
        "reopen",
        "run",
        "compare",
        "report",
    ];
    assert_eq!(keys(&done), all);
    assert_eq!((done.readings, done.runs), ((600, 600), (1, 2)));
    assert!(platform.home.safe_copy().is_file());
    let report = std::fs::read_to_string(done.report.unwrap()).unwrap();
    assert!(report.contains("Redémarrage à froid") && report.contains("Cold restart"));
    let reader = platform.reader().unwrap().unwrap();
    let entries = reader.ledger(i64::MAX, 99).unwrap();
    let entry = entries.iter().find(|e| e.kind == "cold_restart").unwrap();
    assert_eq!(entry.who, "Ngo");
    assert!(entry.detail.contains("safe_copy"));
}

#[test]
fn a_step_that_fails_is_the_last_and_a_damaged_warehouse_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let platform = test_home::platform(dir.path(), &test_home::sensors(50));
    platform.run(RunKind::Full, &|_| {}).unwrap();
    let steps = Steps::new(UNTOLD, Stop::default());
    let no_copy = |_: &Steps<'_>| Err("the disk is full".to_owned());
    let done = restart_with(&platform, "Ngo", &|_| false, &steps, &no_copy).unwrap();
    assert_eq!(
        keys(&done),
        ["jobs", "holders", "checkpoint", "safe_copy", "report"]
    );
    let why = done.failed.unwrap();
    assert!(
        why.contains("the disk is full") && why.contains("as it was"),
        "{why}"
    );
    assert_eq!(
        platform.reader().unwrap().unwrap().standing().unwrap().runs,
        1
    );

    let damaged = b"no database at all, of some length ".repeat(400);
    let path = platform.home.warehouse();
    std::fs::write(&path, &damaged).unwrap();
    let steps = Steps::new(UNTOLD, Stop::default());
    let done = restart_with(&platform, "Ngo", &|_| false, &steps, &copied(&platform)).unwrap();
    assert_eq!(keys(&done), ["jobs", "holders", "integrity", "report"]);
    assert!(done.failed.unwrap().contains("restore"));
    assert_eq!(std::fs::read(&path).unwrap(), damaged);
}
