use super::*;
use crate::config::Config;
use crate::service::pipeline::RunKind;
use crate::service::test_home::{instant, platform, sensors};
use crate::warehouse::{RefusedFilter, RunStatus};

/// A home whose file ends with a value that is no number, one out of range, and half a line.
fn polluted(dir: &std::path::Path) -> Platform {
    let mut csv = sensors(300);
    csv.push_str(&format!(
        "{},LOCO_001,abc,5,2,45,0\n{},LOCO_001,1200,5,2,45,0\n{},LOCO_001,500,5,2,4",
        instant(301),
        instant(302),
        instant(303)
    ));
    let platform = platform(dir, &csv);
    platform.run(RunKind::Full, &|_| {}).unwrap();
    platform
}

fn out(platform: &Platform) -> Vec<(RefusedKey, Reason)> {
    let reader = platform.reader().unwrap().unwrap();
    let (rows, all) = reader.refused_rows(&RefusedFilter::default(), 100).unwrap();
    assert_eq!(rows.len() as u64, all);
    rows.iter().map(|row| (row.key, row.reason)).collect()
}

fn of(platform: &Platform, reason: Reason) -> RefusedKey {
    out(platform).iter().find(|row| row.1 == reason).unwrap().0
}

fn readings(platform: &Platform) -> usize {
    let mut count = 0;
    let reader = platform.reader().unwrap().unwrap();
    for (_, loco) in reader.locomotives().unwrap() {
        reader
            .readings(&loco, 0, i64::MAX, None, &mut |_| count += 1)
            .unwrap();
    }
    count
}

#[test]
fn a_corrected_row_enters_with_its_origin_and_the_original_stays() {
    let dir = tempfile::tempdir().unwrap();
    let platform = polluted(dir.path());
    assert_eq!(out(&platform).len(), 3);
    let key = of(&platform, Reason::WrongType);
    let asked = |text: &str| Again {
        key,
        text: Some(text.into()),
    };
    // Tried: as it is, corrected, corrected wrongly.
    assert!(matches!(
        would(&platform, &Again { key, text: None }),
        Would::BeRefused {
            reason: Reason::WrongType,
            ..
        }
    ));
    assert!(matches!(
        would(&platform, &asked("x,y")),
        Would::BeRefused {
            reason: Reason::WrongFieldCount,
            ..
        }
    ));
    let good = format!("{},LOCO_001,505,5,2,45,0", instant(301));
    let Would::Enter(first) = would(&platform, &asked(&good)) else {
        panic!("it should enter");
    };
    assert_eq!((first.loco.as_str(), first.line), ("LOCO_001", key.line));
    assert_eq!(out(&platform).len(), 3, "trying writes nothing");

    let before = readings(&platform);
    let report = put_back(&platform, &[asked(&good)], "Ngo").unwrap();
    assert_eq!((report.entered, report.refused.len()), (1, 0));
    assert_eq!(readings(&platform), before + 1);
    let reader = platform.reader().unwrap().unwrap();
    let whole = reader.refused_row(key).unwrap().unwrap();
    assert!(decode(&whole.raw).contains("abc"), "the original stays");
    assert_eq!(whole.put_back_as.as_deref(), Some(good.as_bytes()));
    let last = reader.last_run().unwrap().unwrap();
    assert_eq!((last.kind.as_str(), last.rows_kept), (REINJECT, 1));
    assert_eq!(last.report["sources_read"], json!(["fleet"]));
    assert_eq!(out(&platform).len(), 2);
    let newest = reader
        .latest_of(&crate::domain::LocoId::new("LOCO_001"), i64::MAX)
        .unwrap()
        .unwrap();
    assert_eq!(newest.line, key.line, "it says where it came from");
    assert!(newest.file.ends_with("sensors.csv"));
    // A second time it is not there to be put back; and the next run refuses the old row without undoing it.
    let again = put_back(&platform, &[asked(&good)], "Ngo").unwrap();
    assert_eq!((again.entered, again.failed.len()), (0, 1));
    let outcome = platform.run(RunKind::Full, &|_| {}).unwrap();
    assert_eq!(outcome.status, RunStatus::Ok);
    assert_eq!(out(&platform).len(), 2);
    assert_eq!(readings(&platform), before + 1);
}

#[test]
fn after_a_limit_was_corrected_the_rows_of_a_filter_enter_unchanged_and_half_a_line_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut platform = polluted(dir.path());
    let all: Vec<Again> = out(&platform)
        .into_iter()
        .map(|(key, _)| Again { key, text: None })
        .collect();
    let report = put_back(&platform, &all, "Ngo").unwrap();
    assert_eq!((report.entered, report.run), (0, None));
    assert_eq!(report.refused.values().sum::<u64>(), 3);
    platform.config.limits.flow_rate.max = Some(2000.0);
    let report = put_back(&platform, &all, "Ngo").unwrap();
    assert_eq!(report.entered, 1);
    assert_eq!(report.refused[&Reason::CutLine], 1);
    assert_eq!(report.refused[&Reason::WrongType], 1);
    assert_eq!(out(&platform).len(), 2);
}

#[test]
fn a_row_put_back_does_not_make_a_failed_run_sound() {
    let dir = tempfile::tempdir().unwrap();
    let platform = polluted(dir.path());
    let key = of(&platform, Reason::WrongType);
    let text = Some(format!("{},LOCO_001,505,5,2,45,0", instant(301)));
    std::fs::write(dir.path().join("sensors.csv"), "junk").unwrap();
    let failed = platform.run(RunKind::Full, &|_| {}).unwrap();
    assert_eq!(failed.status, RunStatus::FailedSafe);
    let before = readings(&platform);
    let asked = Again { key, text };
    assert!(matches!(
        put_back(&platform, std::slice::from_ref(&asked), "Ngo"),
        Err(PutBackError::Unsound(_))
    ));
    assert_eq!(readings(&platform), before);
    assert!(platform.fleet().unwrap().unwrap().cause.is_some());
}

#[test]
fn a_row_that_the_source_passes_over_stays_in_quarantine() {
    let dir = tempfile::tempdir().unwrap();
    let mut platform = polluted(dir.path());
    let only = ("loco_id".to_owned(), "LOCO_999".to_owned());
    platform.config.sources[0].only.extend([only]);
    let key = of(&platform, Reason::WrongType);
    let good = format!("{},LOCO_001,505,5,2,45,0", instant(301));
    let again = Again {
        key,
        text: Some(good),
    };
    assert!(matches!(would(&platform, &again), Would::Fail(_)));
    let before = readings(&platform);
    let report = put_back(&platform, &[again], "Ngo").unwrap();
    assert_eq!((report.entered, report.run), (0, None));
    assert_eq!(report.failed.values().sum::<u64>(), 1);
    assert_eq!(readings(&platform), before);
    assert_eq!(out(&platform).len(), 3, "nothing left quarantine");
}

#[test]
fn a_source_that_is_gone_is_named_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut platform = polluted(dir.path());
    let key = of(&platform, Reason::WrongType);
    platform.config = Config::parse("", &platform.home.config()).unwrap();
    let asked = Again { key, text: None };
    let Would::Fail(why) = would(&platform, &asked) else {
        panic!("it cannot be tried");
    };
    assert!(why.contains("“fleet”"), "{why}");
    assert_eq!(out(&platform).len(), 3);
}

#[test]
fn a_filter_finds_rows_by_words_reason_and_file() {
    let dir = tempfile::tempdir().unwrap();
    let platform = polluted(dir.path());
    let reader = platform.reader().unwrap().unwrap();
    let count = |filter: RefusedFilter| reader.refused_rows(&filter, 10).unwrap().1;
    let by = |words: &str| RefusedFilter {
        words: words.into(),
        ..RefusedFilter::default()
    };
    assert_eq!(count(by("ABC")), 1);
    assert_eq!(count(by("100%_")), 0, "wildcards are letters here");
    assert_eq!(count(by("loco_001")), 3);
    let reason = RefusedFilter {
        reason: Some(Reason::CutLine),
        put_back: true,
        ..RefusedFilter::default()
    };
    assert_eq!(count(reason), 1);
    let other = RefusedFilter {
        source: Some("other".into()),
        ..RefusedFilter::default()
    };
    assert_eq!(count(other), 0);
    let everything = RefusedFilter {
        put_back: true,
        ..RefusedFilter::default()
    };
    assert_eq!(count(everything), 3);
    let counts = reader.refused_counts(10).unwrap();
    assert_eq!(counts.by_reason.iter().map(|r| r.1).sum::<u64>(), 3);
    assert_eq!(counts.by_file.len(), 1);
    assert_eq!((counts.kept, counts.put_back), (900, 0));
}
