//! kill -9 at random moments of load, training, backup, restore and migration.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Draw, assert_whole, committed, copy_of, ready, trials};
use crate::older::older;
use crate::support::TestHome;

/// One kind of work that is killed.
struct Work {
    name: &'static str,
    arguments: &'static [&'static str],
    /// What is put in place before it.
    prepare: fn(&TestHome),
}

const WORK: [Work; 4] = [
    Work {
        name: "load",
        arguments: &["ingest"],
        prepare: |home| {
            std::fs::copy(home.path("next.csv"), home.path("sensors.csv")).unwrap();
        },
    },
    Work {
        name: "training",
        arguments: &["train"],
        prepare: |_| {},
    },
    Work {
        name: "backup",
        arguments: &["backup"],
        prepare: |_| {},
    },
    Work {
        name: "restore",
        arguments: &["restore", "--latest", "--yes"],
        prepare: |_| {},
    },
];

/// How long the work takes when nobody disturbs it; and the home after it.
fn undisturbed(template: &TestHome, work: &Work) -> (Duration, TestHome) {
    let home = copy_of(template);
    (work.prepare)(&home);
    let begun = Instant::now();
    home.json(0, work.arguments);
    (begun.elapsed(), home)
}

/// Runs the work and kills it; whether it was still at it.
fn kill(home: &TestHome, arguments: &[&str], after: Duration) -> bool {
    let mut child = home
        .command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn killed_at_any_moment_nothing_is_half_done_and_nothing_lost() {
    let template = ready();
    let mut draw = Draw::new();
    let each = trials(40, 3);
    let (mut opened, mut alive) = (0, 0);
    for work in &WORK {
        let (whole, done) = undisturbed(&template, work);
        let before = committed(&template.sql());
        let after = committed(&done.sql());
        for _ in 0..each {
            let share = draw.share();
            let when = format!("{} killed at {share:.3} of {whole:?}", work.name);
            let home = copy_of(&template);
            (work.prepare)(&home);
            alive += u32::from(kill(&home, work.arguments, whole.mul_f64(share)));
            assert_whole(&home, &when);
            opened += 1;
            let seen = committed(&home.sql());
            for (i, (seen, (before, after))) in
                seen.iter().zip(before.iter().zip(&after)).enumerate()
            {
                if seen == before || seen == after {
                    continue;
                }
                // Of readings all or none. A training that is killed may have stored its model and not scored all
                // with it: the rows of before are there, and those that are new are sound.
                assert!(i >= 4, "{when}: half of query {i}");
                let seen: BTreeSet<String> = seen.iter().map(|row| format!("{row:?}")).collect();
                let lost = before
                    .iter()
                    .filter(|row| !seen.contains(&format!("{row:?}")))
                    .count();
                assert_eq!(lost, 0, "{when}: rows of query {i}");
            }
            // And the work can be done again.
            home.json(0, work.arguments);
            assert_whole(&home, &format!("{when}, then again"));
            assert!(
                leftovers(&home).is_empty(),
                "{when}: {:?}",
                leftovers(&home)
            );
        }
    }
    let (in_migration, alive_too) = migrations(&mut draw, each);
    opened += in_migration;
    alive += alive_too;
    println!(
        "| kill -9 at {opened} random moments of load, training, backup, restore, migration ({alive} while at work) | {opened} opens, 0 partial runs, 0 lost committed rows |"
    );
    assert!(
        alive as usize * 3 >= opened,
        "most were over before they could be killed: {alive} of {opened}"
    );
}

/// Names that only work under way has: none is left once it was done again.
fn leftovers(home: &TestHome) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for folder in ["database", "backups"] {
        let Ok(entries) = std::fs::read_dir(home.path(folder)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.contains("tmp") || name.contains("part") || name.contains("fresh") {
                left.insert(name);
            }
        }
    }
    left
}

fn migrations(draw: &mut Draw, each: usize) -> (usize, u32) {
    let (template, _) = older();
    template.write("next.csv", "");
    let begun = Instant::now();
    copy_of(&template).json(0, &["ingest"]);
    let whole = begun.elapsed();
    let readings = template.number("SELECT count(*) FROM sensor_metrics");
    let mut alive = 0;
    for _ in 0..each {
        let share = draw.share();
        let when = format!("migration killed at {share:.3} of {whole:?}");
        let home = copy_of(&template);
        alive += u32::from(kill(&home, &["ingest"], whole.mul_f64(share)));
        // Whatever version it is of now, it opens and holds what it held.
        home.json(0, &["status"]);
        assert_eq!(
            home.number("SELECT count(*) FROM sensor_metrics"),
            readings,
            "{when}"
        );
        home.json(0, &["ingest"]);
        assert_whole(&home, &when);
        assert_eq!(
            home.number("SELECT count(*) FROM sensor_metrics"),
            readings,
            "{when}"
        );
    }
    (each, alive)
}
