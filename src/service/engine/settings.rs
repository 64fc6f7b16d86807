//! The desk of settings: changes are carried out aside, one after the other, and act without a restart.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::domain::source::Format;
use crate::service::check;
use crate::service::command::{Desk, Event};
use crate::service::opener;
use crate::service::pipeline::{self, wall_ms};
use crate::service::scribe::who;
use crate::service::settings::file::{self, Changed, Mark, Read};
use crate::service::settings::{Change, Found, List, Refused, SettingsAsk, SettingsView, view_of};
use crate::service::snapshot::Snapshot;
use crate::sources::http;
use crate::warehouse::{Entry, SETTING_CHANGED};

use super::Engine;

/// How many ticks pass between two looks at the file.
const LOOKS: u32 = 4;
/// Sources are not looked at again sooner.
const SOURCES_AGAIN: Duration = Duration::from_secs(30);

/// Who asked for a change, and so is told how it went.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// The page of settings.
    Page,
    /// Whoever sets what already acts, the theme and the language: not spoken of.
    Quietly,
    /// The import of a file; it is loaded at once where `run` says so.
    Wizard {
        run: bool,
    },
    NightRun,
    /// "Open my CSV files…": they are loaded at once.
    Files,
}

/// What the desk holds.
#[derive(Default)]
pub(super) struct SettingsDesk {
    view: Arc<SettingsView>,
    /// Changes that wait for the one under way, and who asked for each.
    waiting: VecDeque<(Change, Asked)>,
    busy: bool,
    /// The file that was last read or written; `None` before the first look.
    seen: Option<Mark>,
    ticks: u32,
    /// Entries of the journal that wait for a warehouse.
    unwritten: Vec<Entry>,
    looked: Option<Instant>,
    looking: bool,
}

impl Engine {
    /// The file whose settings are in force.
    fn config_file(&self) -> PathBuf {
        let config = &self.platform.config;
        config
            .file
            .clone()
            .unwrap_or_else(|| self.platform.home.config())
    }

    pub(super) fn asked_of_settings(&mut self, ask: SettingsAsk) {
        match ask {
            SettingsAsk::Change(change) => self.change(change, Asked::Page),
            SettingsAsk::Keep(change) => self.change(change, Asked::Quietly),
            SettingsAsk::OpenHome => self.open_folder(self.platform.home.root().to_path_buf()),
        }
    }

    /// Every change of the file, whichever page asks for it, waits here for its turn.
    pub(super) fn change(&mut self, change: Change, asked: Asked) {
        self.desks.settings.waiting.push_back((change, asked));
        self.next_change();
    }

    /// Opens a folder aside; why it does not open is told.
    pub(super) fn open_folder(&self, folder: PathBuf) {
        self.aside(move || {
            let opened = opener::open(&folder);
            Box::new(move |engine| {
                if let Err(why) = opened {
                    engine.say(Event::Refused { why });
                }
            })
        });
    }

    /// One at a time: each change is made in the file that the one before left.
    fn next_change(&mut self) {
        let desk = &mut self.desks.settings;
        if desk.busy {
            return;
        }
        let Some((change, asked)) = desk.waiting.pop_front() else {
            return;
        };
        desk.busy = true;
        let file = self.config_file();
        self.aside(move || {
            let done = file::change(&file, &change);
            Box::new(move |engine| engine.changed(change, asked, done))
        });
    }

    fn changed(&mut self, change: Change, asked: Asked, done: Result<Changed, String>) {
        self.desks.settings.busy = false;
        match done {
            Ok(done) => {
                self.note_change(&change, &done);
                self.take_in_force(done.read);
                self.edit_view(|view| {
                    if view
                        .refused
                        .as_ref()
                        .is_some_and(|r| same_place(&r.change, &change))
                    {
                        view.refused = None;
                    }
                });
                self.was_changed(&change, asked);
            }
            Err(why) => self.was_refused(change, asked, why),
        }
        self.next_change();
    }

    fn was_changed(&mut self, change: &Change, asked: Asked) {
        match asked {
            Asked::Page | Asked::Quietly => {}
            Asked::NightRun => self.night_run_is_set(),
            Asked::Files => self.want_run(),
            Asked::Wizard { run } => {
                if let Change::AddSource { draft } = change {
                    self.source_is_saved(&draft.name);
                }
                if run {
                    self.want_run();
                }
            }
        }
    }

    fn was_refused(&mut self, change: Change, asked: Asked, why: String) {
        match asked {
            Asked::Quietly => tracing::info!(why, "a setting acts and is not kept"),
            Asked::Wizard { .. } => self.source_is_not_saved(why),
            Asked::NightRun | Asked::Files => self.say(Event::Refused { why }),
            Asked::Page => {
                self.say(Event::Refused { why: why.clone() });
                self.edit_view(|view| view.refused = Some(Refused { change, why }));
            }
        }
    }

    fn edit_view(&mut self, edit: impl FnOnce(&mut SettingsView)) {
        let view = Arc::make_mut(&mut self.desks.settings.view);
        edit(view);
        view.answered += 1;
    }

    /// A configuration that was read acts from now on; what a run under way was begun with stays with it.
    fn take_in_force(&mut self, read: Read) {
        self.desks.settings.seen = Some(read.mark);
        let (new, old) = (&read.config, &self.platform.config);
        let taken = |c: &Config| {
            let folder = c.folder.clone();
            (
                c.sources.clone(),
                c.limits,
                c.etl,
                c.freshness,
                c.model,
                c.drift,
                folder,
            )
        };
        let sources_changed = new.sources != old.sources || new.folder != old.folder;
        let follow = taken(new) != taken(old);
        let file = self.config_file();
        let before = Arc::clone(&self.desks.settings.view);
        let mut view = view_of(new);
        view.ready = true;
        view.answered = before.answered + 1;
        view.home = self.platform.home.root().to_path_buf();
        view.exists = read.exists;
        view.read_only.clone_from(&before.read_only);
        view.refused.clone_from(&before.refused);
        view.overrides = self.platform.overrides;
        view.given = read.given;
        view.file = file;
        for source in &mut view.sources {
            let known = before
                .sources
                .iter()
                .find(|s| s.name == source.name && s.place == source.place);
            source.found = known.and_then(|s| s.found.clone());
        }
        self.desks.settings.view = Arc::new(view);
        let file = self.platform.config.file.take();
        self.platform.config = read.config;
        if !read.exists {
            // Nothing was read: the next change still goes where the program was told to look.
            self.platform.config.file = file;
        }
        if let Some(courier) = &self.courier {
            courier.configured(&self.platform);
        }
        if follow {
            self.follow();
        }
        if sources_changed {
            self.desks.settings.looked = None;
            self.settings_attended();
        }
    }

    /// In the journal: who changed what, from and to. Before the first run there is none yet; then it waits.
    fn note_change(&mut self, change: &Change, done: &Changed) {
        let key = match change {
            Change::Set { place, .. } | Change::Unset { place } => place.to_string(),
            Change::Add { list, .. } => format!("{}[+]", list.key()),
            Change::Remove { entry } => format!("{}[{}]", entry.list.key(), entry.name),
            Change::AddSource { .. } => format!("{}[+]", List::Sources.key()),
            Change::Schedule(_) => "schedule".into(),
            Change::Adopt { .. } => List::Sources.key().into(),
        };
        let told = |value: &Option<String>| match value {
            // A password in an address stays out.
            Some(url) if key.ends_with(".url") => Some(http::shown(url)),
            other => other.clone(),
        };
        tracing::info!(key, "setting changed");
        self.desks.settings.unwritten.push(Entry {
            entry: 0,
            at_ms: wall_ms(),
            who: who(self.platform.config.window.operator.as_deref()),
            act: SETTING_CHANGED.into(),
            loco: None,
            of_ms: None,
            words: key.clone(),
            detail: serde_json::json!({
                "from": told(&done.from), "to": told(&done.to), "digest": done.digest,
            }),
        });
        self.write_settings_down();
    }

    fn write_settings_down(&mut self) {
        if self.reader.is_none() {
            return;
        }
        for entry in std::mem::take(&mut self.desks.settings.unwritten) {
            self.write_down(move |warehouse| warehouse.note(&entry).map(drop));
        }
    }

    /// Looks whether the file was changed by hand; whether there is something new to show is told by its answer.
    pub(super) fn settings_tick(&mut self) -> bool {
        self.write_settings_down();
        let desk = &mut self.desks.settings;
        desk.ticks += 1;
        if desk.busy || !(desk.seen.is_none() || desk.ticks.is_multiple_of(LOOKS)) {
            return false;
        }
        let file = self.config_file();
        let now = file::mark(&file);
        if self.desks.settings.seen == Some(now) {
            return false;
        }
        // Set at once: a file that cannot be read is told once, not with every look.
        self.desks.settings.seen = Some(now);
        self.desks.settings.busy = true;
        self.aside(move || {
            let read = file::read(&file);
            let read_only = file::read_only(&file);
            Box::new(move |engine| engine.read_again(read, read_only))
        });
        false
    }

    fn read_again(&mut self, read: Result<Read, String>, read_only: Option<String>) {
        self.desks.settings.busy = false;
        match read {
            // Everything in a file that is gone was meant by somebody: it stays in force until it is back.
            Ok(read) if !read.exists && self.platform.config.file.is_some() => {
                let why = format!("{}: the file is gone", self.config_file().display());
                self.file_is_broken(why);
            }
            Ok(read) => {
                self.take_in_force(read);
                self.edit_view(|view| view.broken = None);
                self.note_edit_by_hand();
            }
            Err(why) => self.file_is_broken(why),
        }
        self.edit_view(|view| view.read_only = read_only);
        self.next_change();
    }

    /// What the program changed itself was entered with the digest of the file; any other is a hand's.
    fn note_edit_by_hand(&self) {
        if self.reader.is_none() || self.never_ran() {
            return;
        }
        let platform = self.platform.clone();
        self.write_down(move |warehouse| pipeline::note_settings(warehouse, &platform.config));
    }

    fn file_is_broken(&mut self, why: String) {
        tracing::warn!(why, "the settings in force stay");
        self.say(Event::SettingsBroken { why: why.clone() });
        if self.desks.settings.view.ready {
            self.edit_view(|view| view.broken = Some(why));
        } else {
            let mut view = view_of(&self.platform.config);
            view.ready = true;
            view.home = self.platform.home.root().to_path_buf();
            view.file = self.config_file();
            view.overrides = self.platform.overrides;
            view.broken = Some(why);
            self.desks.settings.view = Arc::new(view);
        }
    }

    /// The page is shown: what its sources hold is looked at, aside.
    pub(super) fn settings_attended(&mut self) {
        let desk = &mut self.desks.settings;
        let fresh = desk.looked.is_some_and(|at| at.elapsed() < SOURCES_AGAIN);
        if self.desk != Desk::Settings || desk.looking || fresh {
            return;
        }
        if self.platform.config.sources.is_empty() {
            return;
        }
        desk.looking = true;
        let config = self.platform.config.clone();
        self.aside(move || {
            let found = check::sources(&config, false)
                .into_iter()
                .map(|source| (source.name.clone(), found(source)))
                .collect::<Vec<_>>();
            Box::new(move |engine| {
                engine.desks.settings.looking = false;
                if engine.platform.config.sources != config.sources {
                    // They were changed meanwhile.
                    return engine.settings_attended();
                }
                engine.desks.settings.looked = Some(Instant::now());
                let view = Arc::make_mut(&mut engine.desks.settings.view);
                for source in &mut view.sources {
                    let known = found.iter().find(|(name, _)| *name == source.name);
                    source.found = known.map(|(_, found)| found.clone());
                }
            })
        });
    }

    pub(super) fn picture_settings(&self, snapshot: &mut Snapshot) {
        snapshot.settings = Arc::clone(&self.desks.settings.view);
    }
}

fn found(source: check::SourceCheck) -> Found {
    let error = source.error.clone();
    let mut formats: Vec<&'static str> = source
        .files
        .iter()
        .filter(|file| file.error.is_none())
        .filter_map(|file| file.dialect.format.map(Format::key))
        .collect();
    formats.sort_unstable();
    formats.dedup();
    Found {
        files: source.files.len(),
        formats,
        error: error.or_else(|| source.files.into_iter().find_map(|file| file.error)),
    }
}

/// Both are about the same value, or the same list.
fn same_place(one: &Change, other: &Change) -> bool {
    fn place(change: &Change) -> (Option<String>, Option<List>) {
        match change {
            Change::Set { place, .. } | Change::Unset { place } => (Some(place.to_string()), None),
            Change::Add { list, .. } => (None, Some(*list)),
            Change::Remove { entry } => (None, Some(entry.list)),
            Change::AddSource { .. } | Change::Adopt { .. } => (None, Some(List::Sources)),
            Change::Schedule(_) => (Some("schedule".into()), None),
        }
    }
    place(one) == place(other)
}

#[cfg(test)]
mod tests;
