//! The second place of the ledger's head: a text file, one line each time, `time entry:hash`. Who rewrites the whole
//! chain has to rewrite that file too, and it may lie on another computer.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::warehouse::{Finding, Head, Reader};

/// Ends a line from which another database is spoken of.
const ANEW: &str = "anew";

/// Adds a line.
pub(super) fn note(place: &Path, head: &Head, anew: bool) -> std::io::Result<()> {
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(place)?;
    let end = if anew {
        format!(" {ANEW}")
    } else {
        String::new()
    };
    // One write: two programs may add at the same time.
    file.write_all(format!("{} {head}{end}\n", jiff::Timestamp::now()).as_bytes())?;
    file.sync_all()
}

/// How many heads were noted of this database, and which of them the chain does not hold any more.
pub(super) fn compare(place: &Path, reader: &Reader) -> Result<(usize, Vec<Finding>), String> {
    let text = match std::fs::read_to_string(place) {
        Ok(text) => text,
        // Nothing was noted yet.
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", place.display())),
    };
    let mut findings = Vec::new();
    let mut noted = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let (time, head, end) = (words.next(), words.next(), words.next());
        if end == Some(ANEW) {
            findings.clear();
            noted = 0;
        }
        noted += 1;
        let known = match head.map(str::parse::<Head>) {
            Some(Ok(head)) => reader.knows(&head).map_err(|error| error.to_string())?,
            _ => {
                let words = format!("{}: this line cannot be read: {line}", place.display());
                findings.push(Finding::said("ledger", words));
                continue;
            }
        };
        if !known {
            let words = format!(
                "the chain was rewritten: it does not hold {} any more, noted {}",
                head.unwrap_or_default(),
                time.unwrap_or_default()
            );
            findings.push(Finding::said("ledger", words));
        }
    }
    Ok((noted, findings))
}
