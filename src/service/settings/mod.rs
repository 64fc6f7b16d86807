//! The settings in force, and changing them in `cidp.toml`.
//!
//! The file stays the user's, and this is the one way in which the program writes it: a change touches the value it is about and nothing else ([`edit`], [`sources`]), is read back
//! and refused where it cannot be ([`file`]), and a change made by hand meanwhile is taken, not overwritten.

mod edit;
pub mod fields;
pub mod file;
mod sources;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use crate::config::Config;
use crate::domain::{Role, SourceClock};
use crate::sources::http;

pub use crate::config::{
    ContactConfig, RendererChoice, ThemeChoice, VibrationClass, WindowConfig, WindowLanguage,
};
pub use edit::Change;
pub use fields::{Acts, FIELDS, Field, Kind, Unit};

/// A value of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Whole(u64),
    Flag(bool),
    Text(String),
}

impl Value {
    fn to_toml(&self) -> toml_edit::Value {
        match self {
            Self::Number(n) => (*n).into(),
            // TOML's whole numbers end there; no setting reaches so far.
            Self::Whole(n) => i64::try_from(*n).unwrap_or(i64::MAX).into(),
            Self::Flag(on) => (*on).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n:?}"),
            Self::Whole(n) => write!(f, "{n}"),
            Self::Flag(on) => write!(f, "{on}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A list of tables in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    Sources,
    Contacts,
}

impl List {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Contacts => "contacts",
        }
    }
}

/// One entry of a list: where it stands and what it is called there, so that no other is changed for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    pub list: List,
    pub at: usize,
    pub name: String,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Within this entry; `None`: from the top of the file.
    pub entry: Option<Entry>,
    /// Names joined by dots.
    pub key: String,
}

impl Place {
    /// A key from the top of the file.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self {
            entry: None,
            key: key.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(entry) = &self.entry {
            write!(f, "{}[{}].", entry.list.key(), entry.name)?;
        }
        f.write_str(&self.key)
    }
}

/// What the page asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum SettingsAsk {
    Change(Change),
    /// Kept where it can be, and not spoken of where not: what already acts, the theme and the language.
    Keep(Change),
    /// Open the home in the system's file manager.
    OpenHome,
}

impl SettingsAsk {
    /// A value of a key from the top of the file.
    #[must_use]
    pub fn keep(key: &str, word: &str) -> Self {
        Self::Keep(Change::Set {
            place: Place::of(key),
            value: Value::Text(word.to_owned()),
        })
    }
}

/// A change that was refused, and why, in the words of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub change: Change,
    pub why: String,
}

/// What stands over the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overrides {
    /// `--config` or `CIDP_CONFIG` names another file than the home's.
    pub config: bool,
    /// `--lang` or `CIDP_LANG` names the language.
    pub language: bool,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SettingsView {
    /// The file was looked at.
    pub ready: bool,
    /// Grows with each change that was carried out or refused, and with each change by hand.
    pub answered: u64,
    pub home: PathBuf,
    /// The file that is read and changed.
    pub file: PathBuf,
    /// There is one; the first change makes it.
    pub exists: bool,
    /// Why nothing can be changed.
    pub read_only: Option<String>,
    /// Why the file as it now lies is not in force; the last good one is.
    pub broken: Option<String>,
    pub refused: Option<Refused>,
    pub overrides: Overrides,
    /// Keys that the file gives; the others are defaults.
    pub given: BTreeSet<String>,
    /// In the order of [`FIELDS`].
    pub values: Vec<Option<Value>>,
    pub window: WindowConfig,
    pub sources: Vec<SourceView>,
    pub contacts: Vec<ContactConfig>,
    /// Rows of the demo are read, because no source is given.
    pub demo: bool,
}

impl SettingsView {
    /// What is in force of a setting; `None` where nothing is said.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        let at = FIELDS.iter().position(|field| field.key == key)?;
        self.values.get(at)?.as_ref()
    }
}

/// A source as the file says it. The secret of its key, and a password in its address, are not here.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceView {
    pub name: String,
    pub role: Role,
    /// File, folder, glob or address.
    pub place: String,
    pub is_address: bool,
    /// As the file says it; left out: found by looking.
    pub format: Option<&'static str>,
    pub timezone: String,
    pub clock: SourceClock,
    pub followed: bool,
    pub poll_secs: f64,
    pub synthetic: bool,
    pub has_key: bool,
    /// What looking at it found.
    pub found: Option<Found>,
}

/// What stood at a source's place when it was last looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    pub files: usize,
    pub formats: Vec<&'static str>,
    /// Why it cannot be read: the first reason.
    pub error: Option<String>,
}

/// What a configuration says; the rest of the view is about its file.
pub(super) fn view_of(config: &Config) -> SettingsView {
    SettingsView {
        values: FIELDS
            .iter()
            .map(|field| fields::value_of(config, field.key))
            .collect(),
        window: config.window.clone(),
        contacts: config.contacts.clone(),
        demo: config.sources.is_empty(),
        sources: config
            .sources
            .iter()
            .map(|source| SourceView {
                name: source.name.clone(),
                role: source.role,
                place: match (&source.path, &source.url) {
                    (Some(path), _) => path.clone(),
                    (None, Some(url)) => http::shown(url),
                    (None, None) => String::new(),
                },
                is_address: source.url.is_some(),
                format: source.format.map(crate::domain::source::Format::key),
                timezone: source.timezone.clone(),
                clock: source.clock,
                followed: source.followed(),
                poll_secs: source.poll_secs,
                synthetic: source.synthetic,
                has_key: source.key.is_some(),
                found: None,
            })
            .collect(),
        ..SettingsView::default()
    }
}

/// The view of a file's text, for tests of the page.
///
/// # Panics
/// The text is no configuration.
#[cfg(test)]
#[must_use]
pub fn view_of_text(text: &str) -> SettingsView {
    let file = std::path::Path::new("cidp.toml");
    let config = Config::parse(text, file).unwrap_or_else(|e| panic!("{e}"));
    SettingsView {
        given: file::given(text),
        ..view_of(&config)
    }
}
