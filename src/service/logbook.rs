//! The last lines of the log, for its page: those of this run from memory, those of earlier runs from the files.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

pub use crate::logging::{Level, Line};

use crate::logging::KEPT;

/// Read from the end of a file at most.
const TAIL_BYTES: u64 = 2 << 20;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogView {
    /// The files of earlier runs were looked at.
    pub ready: bool,
    pub folder: PathBuf,
    /// Why what earlier runs said cannot be read.
    pub unreadable: Option<String>,
    /// Oldest first, at most [`KEPT`].
    pub lines: Vec<Arc<Line>>,
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum LogAsk {
    /// Open the folder of the log files in the system's file manager.
    OpenFolder,
}

/// The last lines in the files of `folder` from before `before_ms` (UTC milliseconds), oldest first. A folder that
/// does not exist holds none; half a line is none.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn earlier(folder: &Path, before_ms: i64) -> Result<Vec<Arc<Line>>, String> {
    let told = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(told(folder, e)),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    // Named by day.
    files.sort();
    let mut newest_first = Vec::new();
    for file in files.iter().rev() {
        let text = tail(file).map_err(|e| told(file, e))?;
        let lines = text.lines().rev().filter_map(line_of);
        newest_first.extend(lines.filter(|line| line.at_ms < before_ms).map(Arc::new));
        if newest_first.len() >= KEPT {
            break;
        }
    }
    newest_first.truncate(KEPT);
    newest_first.reverse();
    Ok(newest_first)
}

fn tail(file: &Path) -> std::io::Result<String> {
    let mut open = fs::File::open(file)?;
    let length = open.metadata()?.len();
    open.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    open.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A line of the file as the program wrote it.
fn line_of(json: &str) -> Option<Line> {
    let value: Value = serde_json::from_str(json).ok()?;
    let at: jiff::Timestamp = value["timestamp"].as_str()?.parse().ok()?;
    let level = Level::of(value["level"].as_str()?)?;
    let mut message = String::new();
    let mut fields = String::new();
    for (name, value) in value["fields"].as_object()? {
        let word = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if name == "message" {
            message = word;
        } else {
            crate::logging::push_field(&mut fields, name, &word);
        }
    }
    Some(Line {
        at_ms: at.as_millisecond(),
        level,
        target: value["target"].as_str().unwrap_or_default().to_owned(),
        message,
        fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(second: u32, level: &str, message: &str) -> String {
        format!(
            "{{\"timestamp\":\"2026-08-30T22:55:{second:02}.5Z\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{message}\",\"n\":3,\"why\":\"x y\"}},\"target\":\"cidp::service\"}}\n"
        )
    }

    #[test]
    fn what_earlier_runs_said_is_read_back_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let old = written(1, "WARN", "hier");
        fs::write(dir.path().join("cidp.2026-08-29.jsonl"), old).unwrap();
        let new = [
            written(2, "INFO", "un"),
            "not json\n".into(),
            written(3, "ERROR", "deux"),
            written(9, "INFO", "this run"),
            "{\"timestamp\":\"2026".into(),
        ]
        .concat();
        fs::write(dir.path().join("cidp.2026-08-30.jsonl"), new).unwrap();
        fs::write(dir.path().join("other.txt"), "x").unwrap();
        let before: jiff::Timestamp = "2026-08-30T22:55:09Z".parse().unwrap();
        let lines = earlier(dir.path(), before.as_millisecond()).unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|l| (l.level, l.message.as_str(), l.fields.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Level::Warn, "hier", "n=3 why=“x y”"),
                (Level::Info, "un", "n=3 why=“x y”"),
                (Level::Error, "deux", "n=3 why=“x y”"),
            ]
        );
        assert_eq!(lines[0].target, "cidp::service");
    }

    #[test]
    fn no_folder_is_no_error_and_a_file_in_its_place_is() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(earlier(&dir.path().join("logs"), 0).unwrap(), []);
        let file = dir.path().join("logs");
        fs::write(&file, "").unwrap();
        assert!(earlier(&file, 0).unwrap_err().contains("logs"));
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let many = written(1, "INFO", "x").repeat(KEPT + 50);
        fs::write(dir.path().join("cidp.2026-08-30.jsonl"), many).unwrap();
        assert_eq!(earlier(dir.path(), i64::MAX).unwrap().len(), KEPT);
    }

    /// A password in an address, and the key that a server asks for, are in no line: neither where the run fails nor
    /// where it is looked at more closely than it is on the page.
    #[test]
    fn no_secret_is_in_a_line() {
        use crate::service::pipeline::RunKind;
        use crate::service::platform::Platform;
        use tracing_subscriber::layer::SubscriberExt;

        let dir = tempfile::tempdir().unwrap();
        // A folder is in every environment, and its value is nothing that a line would hold by chance.
        let secret = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let config = "[[sources]]\nname = \"a\"\nrole = \"telemetry\"\n\
            url = \"http://user:geheim@127.0.0.1:9/x.csv\"\n[sources.key]\n\
            env = \"CARGO_MANIFEST_DIR\"\n";
        fs::write(dir.path().join("cidp.toml"), config).unwrap();
        let platform = Platform::open(Some(dir.path()), None).unwrap();
        let recent: &'static crate::logging::Recent =
            Box::leak(Box::new(crate::logging::Recent::new()));
        let subscriber = tracing_subscriber::registry().with(recent.layer());
        tracing::subscriber::with_default(subscriber, || {
            platform.run(RunKind::Full, &|_| {}).unwrap();
        });
        let (lines, _) = recent.lines();
        assert!(!lines.is_empty());
        for line in lines {
            let words = format!("{} {}", line.message, line.fields);
            assert!(
                !words.contains("geheim") && !words.contains(&secret),
                "{words}"
            );
        }
    }
}
