//! A configuration error that says where it is and what was probably meant.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Key, line and nearest valid name, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub file: PathBuf,
    pub line: Option<usize>,
    pub key: Option<String>,
    pub nearest: Option<String>,
    pub message: String,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ", key `{key}`")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(nearest) = &self.nearest {
            write!(f, " — did you mean `{nearest}`?")?;
        }
        Ok(())
    }
}

impl ConfigError {
    pub(super) fn unreadable(file: &Path, why: &std::io::Error) -> Self {
        Self {
            file: file.to_path_buf(),
            line: None,
            key: None,
            nearest: None,
            message: format!("cannot be read: {why}"),
        }
    }

    /// What the parser said, with the key and its nearest neighbour picked out of its words
    /// (`unknown field `x`, expected one of `a`, `b``).
    pub(super) fn from_toml(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().to_owned();
        let at = error.span().map(|span| span.start);
        let quoted = in_backticks(&message);
        let unknown =
            message.starts_with("unknown field") || message.starts_with("unknown variant");
        let (key, nearest) = match quoted.split_first() {
            Some((key, valid)) if unknown => (Some((*key).to_owned()), closest(key, valid)),
            _ => (at.and_then(|at| key_at(text, at)), None),
        };
        Self {
            file: file.to_path_buf(),
            line: at.map(|at| line_of(text, at)),
            key,
            nearest,
            message,
        }
    }

    /// A value that parsed and cannot be: the line of the key is looked up in the text.
    pub(super) fn value(file: &Path, text: &str, key: &str, message: String) -> Self {
        Self::within(file, text, None, key, message)
    }

    /// The same within the `i`-th `[[sources]]`.
    pub(super) fn of_source(file: &Path, text: &str, i: usize, key: &str, message: String) -> Self {
        let mut starts = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.split('#').next().unwrap_or("").trim() == "[[sources]]")
            .map(|(at, _)| at)
            .skip(i);
        let scope = starts
            .next()
            .map(|start| start..starts.next().unwrap_or(usize::MAX));
        Self::within(file, text, scope, key, message)
    }

    fn within(
        file: &Path,
        text: &str,
        scope: Option<Range<usize>>,
        key: &str,
        message: String,
    ) -> Self {
        let (bad, valid) = (first_quoted(&message), in_backticks(&message));
        let nearest = bad.and_then(|bad| closest(bad, &valid));
        let leaf = key.rsplit('.').next().unwrap_or(key);
        let mentions = |line: &str| line.contains(leaf) && bad.is_none_or(|b| line.contains(b));
        let lines: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .filter(|(at, _)| scope.as_ref().is_none_or(|scope| scope.contains(at)))
            .map(|(at, line)| (at, line.split('#').next().unwrap_or("")))
            .filter(|(_, line)| mentions(line))
            .collect();
        // Where several lines could be meant: the one with the whole key, or of the channel spoken of.
        let own = |line: &str| {
            let name = line.split('=').next().unwrap_or("").trim();
            line.contains(key) && key != leaf
                || message
                    .split([' ', ':'])
                    .any(|word| !word.is_empty() && word == name)
        };
        let line = lines
            .iter()
            .find(|(_, line)| own(line))
            .or_else(|| lines.first())
            .map(|(at, _)| *at)
            // Something is missing: the source that misses it.
            .or(scope.as_ref().map(|scope| scope.start))
            .map(|at| at + 1);
        Self {
            file: file.to_path_buf(),
            line,
            key: Some(key.to_owned()),
            nearest,
            message,
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
        + 1
}

/// The key of the line that a value stands on.
fn key_at(text: &str, at: usize) -> Option<String> {
    let line = text.lines().nth(line_of(text, at) - 1)?;
    let key = line.split('=').next()?.trim();
    (!key.is_empty()).then(|| key.trim_matches(['[', ']']).to_owned())
}

fn in_backticks(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn first_quoted(message: &str) -> Option<&str> {
    let rest = &message[message.find('“')? + '“'.len_utf8()..];
    Some(&rest[..rest.find('”')?])
}

/// The valid name nearest to what was written, where one is near at all.
fn closest(written: &str, valid: &[&str]) -> Option<String> {
    valid
        .iter()
        .map(|name| {
            let (written, name_lower) = (written.to_lowercase(), name.to_lowercase());
            let near = strsim::jaro_winkler(&written, &name_lower);
            // `zone` means `timezone`, however far apart the letters are.
            let part = written.len() > 2
                && (name_lower.contains(&written) || written.contains(&name_lower));
            (near + f64::from(u8::from(part)), *name)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(near, _)| *near > 0.5)
        .map(|(_, name)| name.to_owned())
}
