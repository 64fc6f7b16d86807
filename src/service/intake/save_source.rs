//! Writes into `cidp.toml` what this page decides: a new source, the time of the night run. Comments and order stay;
//! the new text is accepted by the configuration's own rules before it takes the place of the former, and the former
//! is kept beside it.

use std::io::Write;
use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::config::{Config, Home, ScheduleConfig};
use crate::service::pipeline::wall_ms;

use super::draft::SourceDraft;

/// Why the configuration stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("{file}: {error}")]
    File { file: String, error: std::io::Error },
    #[error("{0}")]
    NotToml(#[from] toml_edit::TomlError),
    #[error("{0}")]
    Refused(#[from] crate::config::ConfigError),
    #[error(
        "`sources` is written in a way that nothing can be added to: write each as [[sources]]"
    )]
    Sources,
}

/// Adds a source, and returns the configuration that is then in force.
///
/// # Errors
/// The file cannot be read or written, or would not be accepted: another source of that name, for one.
pub fn add(home: &Home, config: &Config, draft: &SourceDraft) -> Result<Config, SaveError> {
    change(home, config, |document| {
        let sources = document
            .entry("sources")
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        match sources {
            Item::ArrayOfTables(sources) => sources.push(draft.table()),
            Item::Value(Value::Array(sources)) => push_inline(sources, draft),
            _ => return Err(SaveError::Sources),
        }
        Ok(())
    })
}

fn push_inline(sources: &mut Array, draft: &SourceDraft) {
    sources.push(draft.table().into_inline_table());
}

/// Sets the night run, and returns the configuration that is then in force.
///
/// # Errors
/// As [`add`].
pub fn set_schedule(
    home: &Home,
    config: &Config,
    schedule: &ScheduleConfig,
) -> Result<Config, SaveError> {
    change(home, config, |document| {
        let table = document
            .entry("schedule")
            .or_insert_with(|| Item::Table(Table::new()));
        let Some(table) = table.as_table_like_mut() else {
            // What it is instead is refused by the configuration's own rules.
            return Ok(());
        };
        match &schedule.daily_at {
            Some(at) => set(table, "daily_at", at.as_str().into()),
            None => {
                table.remove("daily_at");
            }
        }
        set(table, "catch_up", schedule.catch_up.into());
        Ok(())
    })
}

/// The value changes; a comment behind it stays.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            *old = value;
            *old.decor_mut() = decor;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

fn change(
    home: &Home,
    config: &Config,
    edit: impl FnOnce(&mut DocumentMut) -> Result<(), SaveError>,
) -> Result<Config, SaveError> {
    let file = config.file.clone().unwrap_or_else(|| home.config());
    let failed = |error| SaveError::File {
        file: file.display().to_string(),
        error,
    };
    let former = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(failed(e)),
    };
    let mut document: DocumentMut = former.as_deref().unwrap_or_default().parse()?;
    edit(&mut document)?;
    let text = document.to_string();
    let changed = Config::parse(&text, &file)?;
    replace(&file, former.as_deref(), &text).map_err(failed)?;
    Ok(changed)
}

/// The new text beside the file, then in its place; the former under another name.
fn replace(file: &Path, former: Option<&str>, text: &str) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder)?;
    if let Some(former) = former {
        let mut at_ms = wall_ms();
        // Two changes may come within a millisecond.
        while folder.join(kept(at_ms)).exists() {
            at_ms += 1;
        }
        std::fs::write(folder.join(kept(at_ms)), former)?;
    }
    let mut aside = tempfile::NamedTempFile::new_in(&folder)?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().sync_all()?;
    if let Ok(meta) = std::fs::metadata(file) {
        aside.as_file().set_permissions(meta.permissions())?;
    }
    aside.persist(file).map_err(|e| e.error)?;
    Ok(())
}

fn kept(at_ms: i64) -> String {
    format!("cidp_before_{at_ms}.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::intake::draft::LocoIn;
    use crate::service::test_home::{platform, sensors};

    fn draft(name: &str) -> SourceDraft {
        let mut draft = SourceDraft::of("/data/x.csv", &[]);
        draft.guess(
            &[
                "timestamp",
                "flow_rate",
                "pressure (psi)",
                "vibration",
                "temperature",
            ]
            .map(str::to_owned),
        );
        draft.loco = LocoIn::Constant("LOCO_9".into());
        draft.name = name.into();
        draft
    }

    fn kept_files(folder: &Path) -> usize {
        let names = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
        names
            .filter(|e| e.file_name().to_string_lossy().starts_with("cidp_before_"))
            .count()
    }

    #[test]
    fn a_source_is_added_below_the_others_and_comments_stay() {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path(), &sensors(2));
        let (home, config) = (&platform.home, &platform.config);
        let before = std::fs::read_to_string(home.config()).unwrap();
        let changed = add(home, config, &draft("bench")).unwrap();
        let text = std::fs::read_to_string(home.config()).unwrap();
        assert!(text.starts_with(before.trim_end()), "{text}");
        assert!(text.contains("# kept by hand") && text.contains("# the bench"));
        assert_eq!(changed.sources.len(), 2);
        assert_eq!(
            Config::load(&home.config()).unwrap().sources[1].name,
            "bench"
        );
        assert_eq!(kept_files(dir.path()), 1);
        // The same name again is refused, and nothing changes.
        let refused = add(home, &changed, &draft("bench")).unwrap_err();
        assert!(refused.to_string().contains("bench"), "{refused}");
        assert_eq!(std::fs::read_to_string(home.config()).unwrap(), text);
        assert_eq!(kept_files(dir.path()), 1);
    }

    #[test]
    fn a_home_without_a_configuration_gets_one() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::find(Some(&dir.path().join("new")));
        let changed = add(&home, &Config::default(), &draft("bench")).unwrap();
        assert_eq!(changed.sources.len(), 1);
        assert_eq!(changed.file.as_deref(), Some(&*home.config()));
        let again = add(&home, &changed, &draft("bench 2")).unwrap();
        assert_eq!(again.sources.len(), 2);
    }

    #[test]
    fn sources_written_as_a_list_get_one_more_and_a_broken_file_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::find(Some(dir.path()));
        std::fs::write(home.config(), "sources = []\n").unwrap();
        let config = Config::load(&home.config()).unwrap();
        assert_eq!(add(&home, &config, &draft("a")).unwrap().sources.len(), 1);
        std::fs::write(home.config(), "sources = [").unwrap();
        assert!(add(&home, &config, &draft("b")).is_err());
        let text = std::fs::read_to_string(home.config()).unwrap();
        assert_eq!(text, "sources = [");
    }

    #[test]
    fn the_night_run_is_set_and_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path(), &sensors(2));
        let home = &platform.home;
        let schedule = |at: Option<&str>, catch_up| ScheduleConfig {
            daily_at: at.map(str::to_owned),
            catch_up,
        };
        let set = set_schedule(home, &platform.config, &schedule(Some("02:00"), true)).unwrap();
        assert_eq!(set.schedule.daily(), Some((2, 0)));
        let text = std::fs::read_to_string(home.config()).unwrap();
        let commented = text.replace("\"02:00\"", "\"02:00\" # agreed with the yard");
        std::fs::write(home.config(), commented).unwrap();
        let set = set_schedule(home, &set, &schedule(Some("03:30"), false)).unwrap();
        assert_eq!(set.schedule, schedule(Some("03:30"), false));
        let text = std::fs::read_to_string(home.config()).unwrap();
        assert!(text.contains("\"03:30\" # agreed with the yard"), "{text}");
        let set = set_schedule(home, &set, &schedule(None, true)).unwrap();
        assert_eq!(set.schedule.daily_at, None);
        assert!(set_schedule(home, &set, &schedule(Some("25:00"), true)).is_err());
    }
}
