//! A home in a temporary folder, the `cidp` process, and the warehouse it leaves.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;

pub const HEADER: &str = "timestamp,loco_id,flow_rate,pressure,vibration,temperature\n";

/// `cidp`, with nothing of this machine's environment that it listens to.
pub fn cidp() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cidp"));
    for name in ["CIDP_HOME", "CIDP_CONFIG", "CIDP_LANG", "CIDP_LOG"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// How a process ended.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let answer = Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!answer.stderr.contains("panicked at"), "{answer:#?}");
        answer
    }

    /// The one JSON value on stdout, and nothing else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// One installation, gone with the test.
pub struct TestHome {
    folder: TempDir,
}

impl TestHome {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A home with one telemetry file in the platform's own columns and a small, quick model.
    pub fn with_sensors(sensors: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        home.write("sensors.csv", sensors);
        home.configure(&telemetry("sensors.csv"));
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes `cidp.toml`, with a small model so that training takes a moment only.
    pub fn configure(&self, sources: &str) {
        self.write("cidp.toml", format!("{SMALL_MODEL}\n{sources}"));
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cidp();
        command
            .arg("--home")
            .arg(self.folder.path())
            .args(arguments);
        command
    }

    pub fn cidp(&self, arguments: &[&str]) -> Answer {
        Answer::of(&mut self.command(arguments))
    }

    /// Runs a command with `--json` that must end with `code`.
    #[track_caller]
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        self.cidp(&all).expect(code).json()
    }

    /// Runs a command with `--json`, however it ends.
    pub fn json_any(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        self.cidp(&all).json()
    }

    pub fn warehouse(&self) -> PathBuf {
        self.path("database/industrial_dwh.sqlite")
    }

    pub fn sql(&self) -> Connection {
        Connection::open_with_flags(self.warehouse(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    pub fn rows(&self, query: &str) -> Vec<Vec<SqlValue>> {
        rows(&self.sql(), query)
    }

    /// One number.
    #[track_caller]
    pub fn number(&self, query: &str) -> i64 {
        self.sql().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// `reason` → (line, raw row) of all that is in quarantine.
    pub fn quarantine(&self) -> Vec<(String, i64, String)> {
        let db = self.sql();
        let mut query = db
            .prepare("SELECT reason, line, raw FROM quarantine ORDER BY file, line")
            .unwrap();
        query
            .query_map([], |row| {
                let raw: Vec<u8> = row.get(2)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    String::from_utf8_lossy(&raw).into_owned(),
                ))
            })
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

pub const SMALL_MODEL: &str = "[model]\ntrees = 12\nmax_depth = 6\n";

/// A telemetry source in the platform's own columns.
pub fn telemetry(path: &str) -> String {
    format!(
        "[[sources]]\nname = \"sensors\"\nrole = \"telemetry\"\npath = \"{path}\"\n\
         timezone = \"UTC\"\nclock = \"data\"\n"
    )
}

pub fn rows(db: &Connection, query: &str) -> Vec<Vec<SqlValue>> {
    let mut query = db.prepare(query).unwrap();
    let columns = query.column_count();
    query
        .query_map([], |row| (0..columns).map(|i| row.get(i)).collect())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// A reading every ten minutes of each locomotive: quiet, with hot and shaking spells that the rule of
/// the predecessor labels, so that a model is learned and promoted.
pub fn fleet(locomotives: u32, readings: u32) -> String {
    fleet_between(locomotives, 0, readings)
}

/// The rows `from..to` of [`fleet`].
pub fn fleet_between(locomotives: u32, from: u32, to: u32) -> String {
    let mut text = HEADER.to_owned();
    let start = jiff::Timestamp::from_second(1_767_225_600).unwrap();
    for i in from..to {
        let at = start + jiff::SignedDuration::from_mins(i64::from(i) * 10);
        for loco in 1..=locomotives {
            let wave = f64::from(i * 7 + loco * 13).sin();
            let bad = (i + loco * 17) % 60 >= 45;
            let (vibration, temperature) = if bad {
                (8.0 + 2.0 * wave, 92.0 + 6.0 * wave)
            } else {
                (2.0 + 0.4 * wave, 45.0 + 4.0 * wave)
            };
            writeln!(
                text,
                "{at},LOCO_{loco:03},{:.1},{:.2},{vibration:.2},{temperature:.1}",
                500.0 + 20.0 * wave,
                5.0 + 0.2 * wave,
            )
            .unwrap();
        }
    }
    text
}

/// `cidp simulate` into `folder`; without its note the files count as real.
pub fn simulate(folder: &Path, locomotives: u32, days: u32, dirty: &str) {
    Answer::of(
        cidp()
            .args([
                "simulate",
                "--seed",
                "11",
                "--dirty",
                dirty,
                "--locomotives",
            ])
            .arg(locomotives.to_string())
            .arg("--days")
            .arg(days.to_string())
            .arg("--out")
            .arg(folder),
    )
    .expect(0);
}

#[track_caller]
pub fn keys(value: &Value, promised: &[&str]) {
    for key in promised {
        assert!(value.get(*key).is_some(), "`{key}` is missing in {value:#}");
    }
}
