//! Whole sources in the text of `cidp.toml`: one more, or two picked files in the place of all there were.

use std::path::{Path, PathBuf};

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::edit::{comment_apart, push, words};
use super::{List, Value};
use crate::service::intake::draft::SourceDraft;

/// A source that the wizard made.
pub(super) fn add(document: &mut DocumentMut, draft: &SourceDraft) -> Result<(), String> {
    push(document, List::Sources, draft.table())
}

/// Makes two files the only sources. What is said of everything else stays, and so do the comments that stand apart
/// from a source. Returns the names of the sources before.
pub(super) fn replace(
    document: &mut DocumentMut,
    sensors: &Path,
    maintenance: Option<&Path>,
) -> Result<Option<String>, String> {
    let mut sources = vec![of_file("sensors", "telemetry", sensors)?];
    if let Some(maintenance) = maintenance {
        sources.push(of_file("workshop", "maintenance", maintenance)?);
    }
    let (mut names, mut comments, mut place) = (Vec::new(), String::new(), None);
    match document.remove(List::Sources.key()) {
        Some(Item::ArrayOfTables(former)) => {
            place = former.iter().next().and_then(Table::position);
            for source in &former {
                comments += &comment_apart(source.decor().prefix());
                names.extend(source.get("name").and_then(Item::as_str).map(str::to_owned));
            }
        }
        Some(Item::Value(toml_edit::Value::Array(former))) => {
            let tables = former.iter().filter_map(toml_edit::Value::as_inline_table);
            let named = tables.filter_map(|table| table.get("name")?.as_str());
            names.extend(named.map(str::to_owned));
        }
        _ => {}
    }
    let mut list = ArrayOfTables::new();
    for mut source in sources {
        if list.is_empty() && !comments.is_empty() {
            let own = words(source.decor().prefix());
            source.decor_mut().set_prefix(format!("{comments}\n{own}"));
        }
        source.set_position(place);
        list.push(source);
    }
    document.insert(List::Sources.key(), Item::ArrayOfTables(list));
    Ok((!names.is_empty()).then(|| names.join(", ")))
}

fn of_file(name: &str, role: &str, path: &Path) -> Result<Table, String> {
    let path: PathBuf = std::path::absolute(path).map_err(|e| e.to_string())?;
    let path = path.to_str().ok_or("the path is not text")?;
    let mut table = Table::new();
    // A file that somebody picks is an archive: its newest reading is now.
    for (key, word) in [
        ("name", name),
        ("role", role),
        ("path", path),
        ("clock", "data"),
    ] {
        table.insert(key, value(word));
    }
    Ok(table)
}

/// The values of the night run, each with its key; `None`: back to the default.
pub(super) fn schedule(set: &crate::config::ScheduleConfig) -> [(&'static str, Option<Value>); 2] {
    [
        ("schedule.daily_at", set.daily_at.clone().map(Value::Text)),
        ("schedule.catch_up", Some(Value::Flag(set.catch_up))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ScheduleConfig};
    use crate::service::intake::draft::LocoIn;
    use crate::service::settings::edit::{Change, apply};

    const FILE: &str = "# de la maison

# le banc
[[sources]]
name = \"banc\"
role = \"telemetry\"
path = \"banc/*.csv\"
  [sources.columns]
  timestamp = \"t\"
  loco_id = \"l\"
  flow_rate = \"a\"
  pressure = \"b\"
  vibration = \"c\"
  temperature = \"d\"

[limits.pressure] # fiche 12
max   =  9.0    # relevé le 3 mars

[schedule]
daily_at = \"02:00\" # vu avec la gare

[[contacts]]
name = \"Ngo\"
phone = \"+237 6 99\"

[[sources]]
name = \"atelier\"
role = \"maintenance\"
path = \"m.csv\"

# fin
";

    fn adopt(text: &str, maintenance: Option<&str>) -> (String, Option<String>) {
        let change = Change::Adopt {
            sensors: PathBuf::from("/data/mes capteurs \"été\".csv"),
            maintenance: maintenance.map(PathBuf::from),
        };
        let edited = apply(text, &change).unwrap();
        (edited.text, edited.from)
    }

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new("/home/cidp.toml")).unwrap()
    }

    #[test]
    fn picked_files_take_the_place_of_the_sources_and_of_nothing_else() {
        for (text, from) in [
            (FILE.to_owned(), Some("banc, atelier")),
            (FILE.replace('\n', "\r\n"), Some("banc, atelier")),
            (String::new(), None),
            (
                "sources = [{ name = \"x\", role = \"telemetry\", path = \"x\" }]\n[window]\noperator = \"Ngo\"\n".into(),
                Some("x"),
            ),
        ] {
            let (new, was) = adopt(&text, Some("/m.csv"));
            assert_eq!(was.as_deref(), from);
            let (before, after) = (config(&text), config(&new));
            let mut expected = before.clone();
            expected.sources.clone_from(&after.sources);
            assert_eq!(format!("{expected:?}"), format!("{after:?}"), "{new}");
            let paths: Vec<_> = after.sources.iter().map(|s| s.path.clone().unwrap()).collect();
            assert_eq!(paths, ["/data/mes capteurs \"été\".csv", "/m.csv"]);
            // And again, with one file.
            let (again, was) = adopt(&new, None);
            assert_eq!(was.as_deref(), Some("sensors, workshop"));
            assert_eq!(config(&again).sources.len(), 1);
            assert_eq!(config(&again).limits, before.limits);
        }
        let (new, _) = adopt(FILE, None);
        assert!(new.starts_with("# de la maison\n"), "{new}");
        assert!(new.contains("max   =  9.0    # relevé le 3 mars"), "{new}");
        assert!(
            new.contains("\"02:00\" # vu avec la gare") && new.ends_with("# fin\n"),
            "{new}"
        );
        assert!(!new.contains("banc") && !new.contains("atelier"), "{new}");
    }

    fn draft(name: &str) -> SourceDraft {
        let mut draft = SourceDraft::of("/data/x.csv", &[]);
        let header = [
            "timestamp",
            "flow_rate",
            "pressure (psi)",
            "vibration",
            "temperature",
        ];
        draft.guess(&header.map(str::to_owned));
        draft.loco = LocoIn::Constant("LOCO_9".into());
        draft.name = name.into();
        draft
    }

    #[test]
    fn a_source_is_added_below_the_others_and_comments_stay() {
        let add = |text: &str, name: &str| {
            let draft = Box::new(draft(name));
            apply(text, &Change::AddSource { draft }).unwrap().text
        };
        let new = add(FILE, "bench");
        let kept = FILE.lines().filter(|line| !line.is_empty());
        for line in kept {
            assert!(new.contains(line), "{line}: {new}");
        }
        assert_eq!(config(&new).sources[2].name, "bench");
        assert_eq!(config(&add("", "bench")).sources.len(), 1);
        assert_eq!(config(&add("sources = []\n", "bench")).sources.len(), 1);
    }

    #[test]
    fn the_night_run_is_set_and_taken_away() {
        let set = |text: &str, at: Option<&str>, catch_up| {
            let schedule = ScheduleConfig {
                daily_at: at.map(str::to_owned),
                catch_up,
            };
            apply(text, &Change::Schedule(schedule)).unwrap()
        };
        let new = set(FILE, Some("03:30"), false);
        assert!(
            new.text.contains("\"03:30\" # vu avec la gare"),
            "{}",
            new.text
        );
        assert_eq!(
            (new.from.as_deref(), new.to.as_deref()),
            (Some("02:00"), Some("03:30, false"))
        );
        assert_eq!(config(&new.text).schedule.daily(), Some((3, 30)));
        assert!(!config(&new.text).schedule.catch_up);
        let none = set(&new.text, None, true);
        assert_eq!(config(&none.text).schedule, ScheduleConfig::default());
        assert_eq!(
            config(&set("", Some("02:00"), true).text).schedule.daily(),
            Some((2, 0))
        );
    }
}
