//! Workbooks of all kinds through the program: each by itself in a process, under a limit of time, with a
//! limit on its memory where the system has one. The collection is that of a library's own tests, with what
//! crashed it over the years.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::TestHome;

const MAX_MIB: u64 = 500;
const MAX_SECS: u64 = 20;

fn collection() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/excel/calamine");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: ../shared/data/excel is not there");
        return None;
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files)
}

struct Ended {
    code: Option<i32>,
    took: Duration,
    /// Highest resident memory; 0 where the system does not say.
    peak_mib: u64,
    stdout: String,
    stderr: String,
}

/// `cidp sources check` of one file as a source of telemetry.
fn check(file: &Path) -> Ended {
    let home = TestHome::new();
    home.configure(&format!(
        "[[sources]]\nname = \"book\"\nrole = \"telemetry\"\npath = '{}'\nformat = \"excel\"\n",
        file.display()
    ));
    let out = home.path("out");
    let err = home.path("err");
    let started = Instant::now();
    let mut child = home
        .command(&["--json", "sources", "check"])
        .stdout(Stdio::from(std::fs::File::create(&out).unwrap()))
        .stderr(Stdio::from(std::fs::File::create(&err).unwrap()))
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_mib = 0;
    let code = loop {
        if let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak_mib = peak_mib.max(kib.unwrap_or(0) >> 10);
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code();
        }
        if started.elapsed() > Duration::from_secs(MAX_SECS) || peak_mib > 4 * MAX_MIB {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    Ended {
        code,
        took: started.elapsed(),
        peak_mib,
        stdout: std::fs::read_to_string(out).unwrap(),
        stderr: std::fs::read_to_string(err).unwrap(),
    }
}

#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn every_workbook_ends_within_its_limits() {
    let Some(files) = collection() else {
        return;
    };
    let mut worst: (Duration, u64) = (Duration::ZERO, 0);
    let mut said: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for file in &files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let ended = check(file);
        let code = ended
            .code
            .unwrap_or_else(|| panic!("{name}: killed, or by itself"));
        assert!(
            code == 0 || code == 1,
            "{name}: exit {code}\n{}",
            ended.stderr
        );
        assert!(
            !ended.stderr.contains("panicked at"),
            "{name}: {}",
            ended.stderr
        );
        assert!(ended.peak_mib <= MAX_MIB, "{name}: {} MiB", ended.peak_mib);
        worst = (worst.0.max(ended.took), worst.1.max(ended.peak_mib));
        let value: Value = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|e| panic!("{name}: {e}: {}", ended.stdout));
        let file = &value["sources"][0]["files"][0];
        let why = file["error"].as_str().map_or_else(
            || "read".to_owned(),
            |why| why.chars().take(70).collect::<String>(),
        );
        said.entry(why).or_default().push(name);
    }
    for (why, names) in &said {
        eprintln!("{:>4}  {why}\n      {}", names.len(), names.join(" "));
    }
    eprintln!(
        "{} files; worst: {:?}, {} MiB",
        files.len(),
        worst.0,
        worst.1
    );
    assert!(files.len() > 100);
}

/// Where the system can set it: not even the room for more is asked for.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs ../shared/data; run by .ci/run"]
fn hostile_workbooks_do_not_even_ask_for_memory() {
    let Some(files) = collection() else {
        return;
    };
    let hostile = [
        "OOM",
        "dos",
        "repeated",
        "panic",
        "incorrect",
        "ptgexp",
        "malformed",
    ];
    let mut seen = 0;
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !hostile.iter().any(|word| name.contains(word)) {
            continue;
        }
        let home = TestHome::new();
        home.configure(&format!(
            "[[sources]]\nname = \"book\"\nrole = \"telemetry\"\npath = '{}'\n",
            file.display()
        ));
        let plain = home.command(&["--json", "sources", "check"]);
        let mut command = std::process::Command::new("sh");
        // Kibibytes of address space, of which the program itself takes a part.
        command.args(["-c", "ulimit -v 1048576 && exec \"$0\" \"$@\""]);
        command.arg(plain.get_program()).args(plain.get_args());
        let answer = crate::support::Answer::of(&mut command);
        assert!(answer.code == 0 || answer.code == 1, "{name}: {answer:#?}");
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}
