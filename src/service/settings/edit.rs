//! One change in the text of `cidp.toml`: comments, order and formatting stay, but for what is changed.

use std::path::PathBuf;

use toml_edit::{DocumentMut, InlineTable, Item, RawString, Table, TableLike};

use super::{Entry, List, Place, Value, sources};
use crate::config::ScheduleConfig;
use crate::service::intake::draft::SourceDraft;

/// A change that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Set {
        place: Place,
        value: Value,
    },
    /// Back to the default.
    Unset {
        place: Place,
    },
    Add {
        list: List,
        entry: Vec<(&'static str, Value)>,
    },
    Remove {
        entry: Entry,
    },
    /// One more source, from the wizard.
    AddSource {
        draft: Box<SourceDraft>,
    },
    /// The time of the night run.
    Schedule(ScheduleConfig),
    /// These files become the sources, in the place of all there were.
    Adopt {
        sensors: PathBuf,
        maintenance: Option<PathBuf>,
    },
}

/// The text after a change, and what stood and stands at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edited {
    pub text: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Carries out `change` in `text`. What the new text means is not looked at here.
///
/// # Errors
/// The text is no TOML, or what is to be changed is not there (any more).
pub(super) fn apply(text: &str, change: &Change) -> Result<Edited, String> {
    let (mark, plain) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    let mut document: DocumentMut = plain.parse().map_err(|e| format!("{e}"))?;
    let (from, to) = match change {
        Change::Set { place, value } => {
            let from = set(&mut document, place, value)?;
            (from, Some(value.to_string()))
        }
        Change::Unset { place } => (unset(&mut document, place)?, None),
        Change::Add { list, entry } => {
            let told: Vec<String> = entry.iter().map(|(_, v)| v.to_string()).collect();
            add(&mut document, *list, entry)?;
            (None, Some(told.join(", ")))
        }
        Change::Remove { entry } => {
            remove(&mut document, entry)?;
            (Some(entry.name.clone()), None)
        }
        Change::AddSource { draft } => {
            sources::add(&mut document, draft)?;
            (None, Some(draft.name.trim().to_owned()))
        }
        Change::Schedule(schedule) => all(&mut document, sources::schedule(schedule))?,
        Change::Adopt {
            sensors,
            maintenance,
        } => {
            let from = sources::replace(&mut document, sensors, maintenance.as_deref())?;
            let files = std::iter::once(sensors).chain(maintenance);
            let files: Vec<String> = files.map(|file| file.display().to_string()).collect();
            (from, Some(files.join(", ")))
        }
    };
    let mut new = document.to_string();
    // toml_edit writes line feeds; a file of Windows keeps its line ends.
    let returns = plain.matches("\r\n").count();
    if returns * 2 > plain.matches('\n').count() {
        new = new.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Ok(Edited {
        text: format!("{mark}{new}"),
        from,
        to,
    })
}

fn set(document: &mut DocumentMut, place: &Place, value: &Value) -> Result<Option<String>, String> {
    let (tables, leaf) = split(&place.key);
    let table = walk(start(document, place)?, &tables)?;
    let mut new = value.to_toml();
    match table.get_mut(leaf) {
        Some(item) => {
            let old = item
                .as_value_mut()
                .ok_or_else(|| format!("`{}` is a table in this file", place.key))?;
            let from = bare(old);
            // The spaces and the comment around the value are the user's.
            *new.decor_mut() = old.decor().clone();
            *old = new;
            Ok(Some(from))
        }
        None => {
            table.insert(leaf, Item::Value(new));
            Ok(None)
        }
    }
}

/// Several values at once; what they were and are, as far as it was said.
fn all<const N: usize>(
    document: &mut DocumentMut,
    values: [(&str, Option<Value>); N],
) -> Result<(Option<String>, Option<String>), String> {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for (key, value) in values {
        let place = Place::of(key);
        match value {
            Some(value) => {
                from.extend(set(document, &place, &value)?);
                to.push(value.to_string());
            }
            None => from.extend(unset(document, &place)?),
        }
    }
    let told = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    Ok((told(from), told(to)))
}

fn unset(document: &mut DocumentMut, place: &Place) -> Result<Option<String>, String> {
    let (tables, leaf) = split(&place.key);
    let mut table = start(document, place)?;
    for name in tables {
        match table.get_mut(name).and_then(Item::as_table_like_mut) {
            Some(next) => table = next,
            None => return Ok(None),
        }
    }
    let was = table.get(leaf).and_then(Item::as_value).map(bare);
    table.remove(leaf);
    Ok(was)
}

fn add(
    document: &mut DocumentMut,
    list: List,
    entry: &[(&'static str, Value)],
) -> Result<(), String> {
    let mut table = Table::new();
    for (key, value) in entry {
        table.insert(key, Item::Value(value.to_toml()));
    }
    push(document, list, table)
}

pub(super) fn push(document: &mut DocumentMut, list: List, table: Table) -> Result<(), String> {
    let root = document.as_table_mut();
    let empty = || Item::ArrayOfTables(toml_edit::ArrayOfTables::new());
    match root.entry(list.key()).or_insert_with(empty) {
        Item::ArrayOfTables(entries) => entries.push(table),
        Item::Value(toml_edit::Value::Array(entries)) => entries.push(table.into_inline_table()),
        _ => return Err(format!("`{}` is no list in this file", list.key())),
    }
    Ok(())
}

fn remove(document: &mut DocumentMut, entry: &Entry) -> Result<(), String> {
    entry_of(document.as_table_mut(), entry)?;
    let kept = match document.get_mut(entry.list.key()) {
        Some(Item::ArrayOfTables(entries)) => {
            let gone = entries.remove(entry.at);
            let kept = comment_apart(gone.decor().prefix());
            match entries.get_mut(entry.at) {
                Some(next) => {
                    let own = words(next.decor().prefix());
                    next.decor_mut().set_prefix(format!("{kept}{own}"));
                    String::new()
                }
                None => kept,
            }
        }
        Some(Item::Value(toml_edit::Value::Array(entries))) => {
            entries.remove(entry.at);
            String::new()
        }
        _ => String::new(),
    };
    let empty = match document.get(entry.list.key()) {
        Some(Item::ArrayOfTables(entries)) => entries.is_empty(),
        Some(Item::Value(toml_edit::Value::Array(entries))) => entries.is_empty(),
        _ => false,
    };
    if empty {
        document.remove(entry.list.key());
    }
    if !kept.trim().is_empty() {
        let tail = words(Some(document.trailing()));
        document.set_trailing(format!("{kept}{tail}"));
    }
    Ok(())
}

/// The paragraphs of a comment that stand apart from the header under it: they are about the file, and stay.
pub(super) fn comment_apart(prefix: Option<&RawString>) -> String {
    let prefix = words(prefix);
    prefix
        .rfind("\n\n")
        .map_or_else(String::new, |at| prefix[..at + 1].to_owned())
}

pub(super) fn words(raw: Option<&RawString>) -> String {
    raw.and_then(RawString::as_str).unwrap_or("").to_owned()
}

/// A value as it stands in the file, without the spaces and the comment around it.
fn bare(value: &toml_edit::Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.clone().decorated("", "").to_string(),
    }
}

fn split(key: &str) -> (Vec<&str>, &str) {
    let mut parts: Vec<&str> = key.split('.').collect();
    let leaf = parts.pop().unwrap_or(key);
    (parts, leaf)
}

fn start<'a>(
    document: &'a mut DocumentMut,
    place: &Place,
) -> Result<&'a mut dyn TableLike, String> {
    match &place.entry {
        None => Ok(document.as_table_mut()),
        Some(entry) => entry_of(document.as_table_mut(), entry),
    }
}

/// The entry of a list, if it still is what it was when it was shown.
fn entry_of<'a>(root: &'a mut Table, entry: &Entry) -> Result<&'a mut dyn TableLike, String> {
    let gone = || {
        format!(
            "“{}” does not stand there any more: the file was changed meanwhile",
            entry.name
        )
    };
    let found: Option<&mut dyn TableLike> = match root.get_mut(entry.list.key()) {
        Some(Item::ArrayOfTables(entries)) => entries
            .get_mut(entry.at)
            .map(|table| table as &mut dyn TableLike),
        Some(Item::Value(toml_edit::Value::Array(entries))) => entries
            .get_mut(entry.at)
            .and_then(toml_edit::Value::as_inline_table_mut)
            .map(|table| table as &mut dyn TableLike),
        _ => None,
    };
    let table = found.ok_or_else(gone)?;
    let name = table.get("name").and_then(Item::as_str);
    if name == Some(entry.name.as_str()) {
        Ok(table)
    } else {
        Err(gone())
    }
}

/// The table that `names` lead to, made where it is missing.
fn walk<'a>(
    mut table: &'a mut dyn TableLike,
    names: &[&str],
) -> Result<&'a mut dyn TableLike, String> {
    for (depth, name) in names.iter().enumerate() {
        if table.get(name).is_none() {
            table.insert(name, fresh(depth + 1 < names.len()));
            // Within an inline table only another one can stand.
            if table.get(name).is_none() {
                table.insert(name, Item::Value(InlineTable::new().into()));
            }
        }
        table = table
            .get_mut(name)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| format!("`{name}` is no table in this file"))?;
    }
    Ok(table)
}

fn fresh(leads_on: bool) -> Item {
    let mut table = Table::new();
    // `[limits.pressure]` needs no `[limits]` of its own.
    table.set_implicit(leads_on);
    Item::Table(table)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FILE: &str = r#"# Banc de Bassa, ne pas toucher

# le banc
[[sources]] # une
name = "banc"
role = "telemetry"
path = "banc/*.csv"   # avec sous-dossier
  [sources.columns]
  timestamp = "t"

# l’atelier
[[sources]]
name = 'atelier'
role = "maintenance"
path = "m.csv"

[limits.pressure] # fiche 12
max   =  10.0    # relevé le 3 mars
min = 0

# fin
"#;

    fn set_key(text: &str, key: &str, value: Value) -> String {
        let place = Place::of(key);
        apply(text, &Change::Set { place, value }).unwrap().text
    }

    #[test]
    fn only_the_value_changes() {
        let new = set_key(FILE, "limits.pressure.max", Value::Number(9.5));
        assert_eq!(new, FILE.replace("10.0", "9.5"));
        let place = Place::of("limits.pressure.max");
        let value = Value::Number(9.5);
        let edited = apply(FILE, &Change::Set { place, value }).unwrap();
        assert_eq!(edited.from.as_deref(), Some("10.0"));
        assert_eq!(edited.to.as_deref(), Some("9.5"));
    }

    #[test]
    fn a_new_key_joins_its_table_and_a_new_table_the_end() {
        let new = set_key(FILE, "limits.pressure.max_rate_per_sec", Value::Number(2.0));
        assert_eq!(
            new,
            FILE.replace("min = 0\n", "min = 0\nmax_rate_per_sec = 2.0\n")
        );
        let new = set_key(FILE, "limits.vibration.max", Value::Number(30.0));
        assert!(new.contains("\n[limits.vibration]\nmax = 30.0\n"), "{new}");
        assert!(!new.contains("[limits]"), "{new}");
        assert!(
            new.starts_with(FILE.split("# fin").next().unwrap()),
            "{new}"
        );
        let new = set_key("", "window.theme", Value::Text("dark".into()));
        assert_eq!(new, "[window]\ntheme = \"dark\"\n");
    }

    #[test]
    fn every_way_to_write_a_table_can_be_changed() {
        for (text, new) in [
            (
                "limits = { pressure = { max = 3.0 } } # x\n",
                "limits = { pressure = { max = 4.0 } } # x\n",
            ),
            (
                "limits.pressure.max = 3.0 # x\n",
                "limits.pressure.max = 4.0 # x\n",
            ),
            (
                "[limits]\npressure.max = 3 # x\n",
                "[limits]\npressure.max = 4.0 # x\n",
            ),
            (
                "[limits]\npressure = { min = 1 }\n",
                "[limits]\npressure = { min = 1 , max = 4.0 }\n",
            ),
            ("limits = {}\n", "limits = { pressure = { max = 4.0 } }\n"),
        ] {
            let got = set_key(text, "limits.pressure.max", Value::Number(4.0));
            let value = |t: &str| toml::from_str::<toml::Table>(t).unwrap();
            assert_eq!(value(&got), value(new), "{got}");
        }
    }

    #[test]
    fn windows_keeps_its_line_ends_and_its_mark() {
        let file = format!("\u{feff}{}", FILE.replace('\n', "\r\n"));
        let new = set_key(&file, "limits.pressure.max", Value::Number(9.5));
        assert_eq!(new, file.replace("10.0", "9.5"));
    }

    #[test]
    fn a_default_comes_back_by_leaving_the_key_out() {
        let place = Place::of("limits.pressure.min");
        let edited = apply(FILE, &Change::Unset { place }).unwrap();
        assert_eq!(edited.text, FILE.replace("min = 0\n", ""));
        assert_eq!(edited.from.as_deref(), Some("0"));
        let place = Place::of("drift.psi_limit");
        let edited = apply(FILE, &Change::Unset { place }).unwrap();
        assert_eq!(edited.text, FILE);
    }

    fn source(at: usize, name: &str) -> Entry {
        Entry {
            list: List::Sources,
            at,
            name: name.into(),
        }
    }

    #[test]
    fn an_entry_is_changed_only_where_it_still_stands() {
        let place = |at, name| Place {
            entry: Some(source(at, name)),
            key: "path".into(),
        };
        let value = Value::Text("b/*.csv".into());
        let set = |at, name| {
            let (place, value) = (place(at, name), value.clone());
            apply(FILE, &Change::Set { place, value })
        };
        let new = set(0, "banc").unwrap().text;
        assert_eq!(new, FILE.replace("banc/*.csv", "b/*.csv"));
        assert!(set(1, "banc").is_err());
        assert!(set(7, "banc").is_err());
    }

    #[test]
    fn an_entry_goes_with_its_own_comment_and_no_other() {
        let gone = |at, name| {
            let entry = source(at, name);
            apply(FILE, &Change::Remove { entry }).unwrap().text
        };
        let first = gone(0, "banc");
        assert!(
            first.starts_with("# Banc de Bassa, ne pas toucher\n"),
            "{first}"
        );
        assert!(!first.contains("le banc\n"), "{first}");
        assert!(
            first.contains("# l’atelier\n[[sources]]\nname = 'atelier'"),
            "{first}"
        );
        let second = gone(1, "atelier");
        assert!(
            second.contains("timestamp") && !second.contains("atelier"),
            "{second}"
        );
        assert!(second.contains("max   =  10.0    # relevé le 3 mars"));
        let entry = source(0, "atelier");
        let none = apply(&first, &Change::Remove { entry }).unwrap().text;
        assert!(
            !none.contains("sources") && none.contains("ne pas toucher"),
            "{none}"
        );
    }

    #[test]
    fn a_contact_joins_the_list() {
        let entry = vec![
            ("name", Value::Text("Ngo \"Mimi\"".into())),
            ("phone", Value::Text("+237 6 99".into())),
        ];
        let list = List::Contacts;
        let new = apply(FILE, &Change::Add { list, entry }).unwrap().text;
        let parsed: toml::Table = toml::from_str(&new).unwrap();
        assert_eq!(parsed["contacts"][0]["name"].as_str(), Some("Ngo \"Mimi\""));
        assert!(
            new.starts_with(FILE.split("# fin").next().unwrap()),
            "{new}"
        );
    }

    proptest::proptest! {
        /// Whatever lies around a value stays, byte for byte.
        #[test]
        fn what_is_not_changed_stays(
            before in "(# [a-zé ]{0,12}\n|\n|[a-d]{1,3}_x = [1-9]{1,3}  # [a-z]{0,5}\n){0,6}",
            around in " {0,4}",
            comment in "( *# [^\u{0}-\u{1f}\u{7f}]{0,20})?",
            value in -1e6..1e6f64,
        ) {
            // Names are given once.
            let mut names = BTreeSet::new();
            let before: String = before
                .split_inclusive('\n')
                .filter(|line| !line.contains('=') || names.insert(line.split(' ').next()))
                .collect();
            let file = |v: &str| format!("{before}\n[drift]\npsi_limit ={around}{v}{comment}\n");
            let edited = set_key(&file("0.25"), "drift.psi_limit", Value::Number(value));
            let written = Value::Number(value).to_toml().to_string();
            proptest::prop_assert_eq!(edited, file(written.trim()));
        }

        /// No text and no key makes the editor fall over.
        #[test]
        fn nothing_falls_over(text in ".{0,80}", key in "[a-c.]{0,6}", at in 0..3usize) {
            let place = Place { entry: (at > 0).then(|| source(at - 1, "a")), key };
            // What cannot be is an error, and no panic.
            let _ = apply(&text, &Change::Unset { place: place.clone() });
            let _ = apply(&text, &Change::Set { place, value: Value::Flag(true) });
            let _ = apply(&text, &Change::Remove { entry: source(at, "a") });
        }
    }
}
