//! `cidp.toml` on the disk: read with a mark that tells whether it changed, changed all at once or not at all.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use toml_edit::{DocumentMut, Item};

use crate::config::Config;
use crate::service::pipeline::wall_ms;

use super::edit::{self, Change};

/// Tells one state of a file from the next; `None` where there is none.
pub type Mark = Option<(SystemTime, u64)>;

/// The mark of what lies there now.
#[must_use]
pub fn mark(file: &Path) -> Mark {
    let meta = fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

/// A file that was read and understood.
#[derive(Debug)]
pub struct Read {
    pub mark: Mark,
    pub config: Config,
    pub given: BTreeSet<String>,
    pub exists: bool,
}

/// A change that was carried out.
#[derive(Debug)]
pub struct Changed {
    pub read: Read,
    pub from: Option<String>,
    pub to: Option<String>,
    /// BLAKE3 of the file after it, in hexadecimal.
    pub digest: String,
}

fn digest(text: &[u8]) -> String {
    blake3::hash(text).to_hex().to_string()
}

/// BLAKE3 of the file as it lies there, in hexadecimal.
///
/// # Errors
/// It cannot be read.
pub fn digest_of(file: &Path) -> io::Result<String> {
    fs::read(file).map(|text| digest(&text))
}

/// Reads the file; where there is none, the defaults.
///
/// # Errors
/// It cannot be read, or what it says cannot be: in the words of the configuration.
pub fn read(file: &Path) -> Result<Read, String> {
    let mark = mark(file);
    let text = text_of(file).map_err(|e| unreadable(file, &e))?;
    understood(file, text.as_deref(), mark)
}

fn understood(file: &Path, text: Option<&str>, mark: Mark) -> Result<Read, String> {
    let config = Config::parse(text.unwrap_or_default(), file).map_err(|e| e.to_string())?;
    Ok(Read {
        mark,
        config,
        given: given(text.unwrap_or_default()),
        exists: text.is_some(),
    })
}

fn unreadable(file: &Path, why: &io::Error) -> String {
    format!("{}: {why}", file.display())
}

fn text_of(file: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Carries out `change` in what now lies on the disk. The file before the first change stays beside it as
/// `….before`, and one whose sources are all replaced as `cidp_before_….toml`.
///
/// # Errors
/// The change, or the file with it, cannot be; the file cannot be written; it was changed by somebody else in
/// this very moment. The file then is as it was.
pub fn change(file: &Path, change: &Change) -> Result<Changed, String> {
    // What a link leads to is written, not the link.
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let before = text_of(&real).map_err(|e| unreadable(file, &e))?;
    let edited = edit::apply(before.as_deref().unwrap_or_default(), change)?;
    understood(file, Some(&edited.text), None)?;
    if let (Change::Adopt { .. }, Some(before)) = (change, &before) {
        keep_dated(&real, before).map_err(|e| unreadable(file, &e))?;
    }
    write(&real, before.as_deref(), &edited.text).map_err(|e| unreadable(file, &e))?;
    Ok(Changed {
        read: understood(file, Some(&edited.text), mark(file))?,
        from: edited.from,
        to: edited.to,
        digest: digest(edited.text.as_bytes()),
    })
}

fn keep_dated(file: &Path, before: &str) -> io::Result<()> {
    let mut at_ms = wall_ms();
    loop {
        let kept = file.with_file_name(format!("cidp_before_{at_ms}.toml"));
        match fs::File::create_new(kept) {
            Ok(mut kept) => return kept.write_all(before.as_bytes()),
            // Two changes may come within a millisecond.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => at_ms += 1,
            Err(e) => return Err(e),
        }
    }
}

/// Whole or not at all: aside first, then in its place.
fn write(file: &Path, before: Option<&str>, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    if let Some(before) = before {
        let kept = beside(file, "before");
        match fs::File::create_new(&kept) {
            Ok(mut kept) => kept.write_all(before.as_bytes())?,
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    // Two programs at once write two files; the second to come sees that the text is another.
    let aside = beside(file, &format!("{}.new", std::process::id()));
    let mut new = fs::File::create(&aside)?;
    let done = new
        .write_all(text.as_bytes())
        .and_then(|()| new.sync_all())
        .and_then(|()| match fs::metadata(file) {
            Ok(meta) => fs::set_permissions(&aside, meta.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| {
            if text_of(file)?.as_deref() == before {
                Ok(())
            } else {
                Err(io::Error::other(
                    "changed by hand in this moment: try again",
                ))
            }
        })
        .and_then(|()| fs::rename(&aside, file));
    if done.is_err() {
        // Why it could not be written is what matters; that the rest of it stays is told by the next try.
        let _ = fs::remove_file(&aside);
    }
    done
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Why the file could not be changed, if it could not: tried, because no permission bit tells it all.
#[must_use]
pub fn read_only(file: &Path) -> Option<String> {
    if let Ok(meta) = fs::metadata(file)
        && meta.permissions().readonly()
    {
        return Some(unreadable(file, &ErrorKind::PermissionDenied.into()));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    // A home that is not there yet is made by the first change.
    let there = folder.ancestors().find(|f| f.exists())?;
    let tried = if there.is_dir() {
        tempfile::tempfile_in(there).map(drop)
    } else {
        Err(ErrorKind::NotADirectory.into())
    };
    tried.err().map(|e| unreadable(folder, &e))
}

/// Keys that a text gives, joined by dots; those of lists are not among them.
pub(super) fn given(text: &str) -> BTreeSet<String> {
    fn walk(item: &Item, name: &str, into: &mut BTreeSet<String>) {
        let Some(table) = item.as_table_like() else {
            if item.is_value() {
                into.insert(name.to_owned());
            }
            return;
        };
        for (key, item) in table.iter() {
            let name = if name.is_empty() {
                key.to_owned()
            } else {
                format!("{name}.{key}")
            };
            walk(item, &name, into);
        }
    }
    let mut into = BTreeSet::new();
    if let Ok(document) = text.trim_start_matches('\u{feff}').parse::<DocumentMut>() {
        walk(document.as_item(), "", &mut into);
    }
    into
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::settings::{Place, Value};

    fn set(key: &str, value: Value) -> Change {
        let place = Place::of(key);
        Change::Set { place, value }
    }

    const FILE: &str = "# à nous\n[alarms]\ndelay_secs = 10 # vu avec Paul\n";

    #[test]
    fn a_change_is_in_the_file_and_the_file_before_is_kept_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cidp.toml");
        fs::write(&file, FILE).unwrap();
        let done = change(&file, &set("alarms.delay_secs", Value::Number(20.0))).unwrap();
        assert_eq!(
            (done.from.as_deref(), done.to.as_deref()),
            (Some("10"), Some("20.0"))
        );
        assert_eq!(done.read.config.alarms.delay_secs, 20.0);
        assert!(done.read.given.contains("alarms.delay_secs"));
        assert_eq!(done.read.mark, mark(&file));
        let now = fs::read_to_string(&file).unwrap();
        assert_eq!(now, FILE.replace("10", "20.0"));
        change(&file, &set("alarms.sound", Value::Flag(false))).unwrap();
        let kept = fs::read_to_string(dir.path().join("cidp.toml.before")).unwrap();
        assert_eq!(kept, FILE);
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "nothing is left aside"
        );
    }

    #[test]
    fn a_refused_change_leaves_the_file_and_says_key_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cidp.toml");
        fs::write(&file, FILE).unwrap();
        let why = change(&file, &set("alarms.delay_secs", Value::Number(-1.0))).unwrap_err();
        assert!(
            why.contains("line 3, key `delay_secs`: from 0 to 3600"),
            "{why}"
        );
        let why = change(&file, &set("alarms.dely", Value::Number(1.0))).unwrap_err();
        assert!(why.contains("did you mean `delay_secs`?"), "{why}");
        let why = change(&file, &set("limits.pressure.min", Value::Number(1e9))).unwrap_err();
        assert!(why.contains("min must be below max"), "{why}");
        assert_eq!(fs::read_to_string(&file).unwrap(), FILE);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_replaced_by_picked_files_is_kept_under_its_date() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cidp.toml");
        let adopt = Change::Adopt {
            sensors: "/s.csv".into(),
            maintenance: None,
        };
        assert_eq!(change(&file, &adopt).unwrap().read.config.sources.len(), 1);
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "there was nothing to keep"
        );
        fs::write(&file, FILE).unwrap();
        for _ in 0..2 {
            let done = change(&file, &adopt).unwrap();
            assert_eq!(done.read.config.alarms.delay_secs, 10.0);
        }
        let kept: Vec<String> = fs::read_dir(dir.path())
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("cidp_before_"))
            .map(|name| fs::read_to_string(dir.path().join(name)).unwrap())
            .collect();
        assert!(kept.len() == 2 && kept.iter().any(|text| text == FILE));
        // Broken by hand since: nothing of it is replaced.
        fs::write(&file, "[alarms\n").unwrap();
        assert!(change(&file, &adopt).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "[alarms\n");
    }

    #[test]
    fn a_change_by_hand_is_kept_beside_ours() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cidp.toml");
        fs::write(&file, FILE).unwrap();
        let seen = read(&file).unwrap();
        let by_hand = format!("{FILE}notifications = false # la nuit\n");
        fs::write(&file, &by_hand).unwrap();
        assert_ne!(seen.mark, mark(&file));
        let done = change(&file, &set("alarms.delay_secs", Value::Number(5.0))).unwrap();
        assert!(!done.read.config.alarms.notifications);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            by_hand.replace("10", "5.0")
        );
        fs::write(&file, "[alarms]\ndelay_sec = 3\n").unwrap();
        let why = change(&file, &set("alarms.sound", Value::Flag(true))).unwrap_err();
        assert!(why.contains("did you mean `delay_secs`?"), "{why}");
    }

    #[test]
    fn a_file_that_changes_in_the_moment_of_writing_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cidp.toml");
        fs::write(&file, "# theirs\n").unwrap();
        assert!(write(&file, Some("# read a moment ago\n"), "# ours\n").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "# theirs\n");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "the file, and that of before"
        );
    }

    #[test]
    fn a_home_without_a_file_gets_one_and_keeps_the_demo() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("home").join("cidp.toml");
        let nothing = read(&file).unwrap();
        assert!(!nothing.exists && nothing.given.is_empty() && nothing.mark.is_none());
        assert_eq!(read_only(&file), None);
        let done = change(&file, &set("limits.vibration.max", Value::Number(30.0))).unwrap();
        assert!(done.read.exists);
        assert!(
            !beside(&file, "before").exists(),
            "there was nothing before"
        );
        let inputs = crate::service::inputs::resolve(&done.read.config);
        assert_eq!(inputs.synthetic, Some(true), "the demo goes on");
        assert_eq!(inputs.inputs.len(), 2);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let in_the_way = dir.path().join("file");
        fs::write(&in_the_way, "").unwrap();
        let file = in_the_way.join("cidp.toml");
        assert!(read_only(&file).is_some());
        assert!(change(&file, &set("alarms.sound", Value::Flag(true))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_rights_stay_as_they_are() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("shared.toml"), dir.path().join("cidp.toml"));
        fs::write(&file, FILE).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        change(&link, &set("alarms.sound", Value::Flag(false))).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&file).unwrap().contains("sound = false"));
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
    }
}
