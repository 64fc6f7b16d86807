//! The import of a file, and what this page writes into the configuration.

use std::path::PathBuf;

use crate::service::engine::Engine;
use crate::service::engine::settings::Asked;
use crate::service::intake::Wizard;
use crate::service::intake::draft::SourceDraft;
use crate::service::intake::preview::{self, Found};
use crate::service::pipeline::wall_ms;
use crate::service::settings::Change;

impl Engine {
    pub(super) fn look_at(&mut self, path: PathBuf) {
        let desk = &mut self.desks.intake;
        desk.look += 1;
        let number = desk.look;
        let path = path.display().to_string();
        let view = desk.view();
        view.saved = None;
        view.wizard = Some(Wizard {
            draft: None,
            path: path.clone(),
            found: None,
            looking: true,
            not_saved: None,
        });
        let config = self.platform.config.clone();
        self.aside(move || {
            let found = preview::first(&path, &config);
            Box::new(move |engine| {
                let (draft, found) = match found {
                    Ok((draft, found)) => (Some(draft), Ok(found)),
                    Err(why) => (None, Err(why)),
                };
                engine.looked_at(number, draft, found);
            })
        });
    }

    pub(super) fn look_again(&mut self, draft: SourceDraft) {
        let desk = &mut self.desks.intake;
        desk.look += 1;
        let number = desk.look;
        if let Some(wizard) = &mut desk.view().wizard {
            wizard.draft = Some(draft.clone());
            wizard.looking = true;
            wizard.not_saved = None;
        }
        let config = self.platform.config.clone();
        self.aside(move || {
            let found = preview::again(&draft, &config);
            Box::new(move |engine| engine.looked_at(number, Some(draft), found))
        });
    }

    fn looked_at(&mut self, number: u64, draft: Option<SourceDraft>, found: Result<Found, String>) {
        let desk = &mut self.desks.intake;
        if number != desk.look {
            return;
        }
        if let Some(wizard) = &mut desk.view().wizard {
            wizard.draft = draft;
            wizard.looking = false;
            wizard.found = Some(found);
        }
    }

    pub(super) fn save(&mut self, draft: SourceDraft, run: bool) {
        let draft = Box::new(draft);
        self.change(Change::AddSource { draft }, Asked::Wizard { run });
    }

    /// The source is in the file, and in force.
    pub(in crate::service::engine) fn source_is_saved(&mut self, name: &str) {
        let desk = &mut self.desks.intake;
        desk.look += 1;
        desk.view().wizard = None;
        desk.view().saved = Some(name.trim().to_owned());
    }

    pub(in crate::service::engine) fn source_is_not_saved(&mut self, why: String) {
        if let Some(wizard) = &mut self.desks.intake.view().wizard {
            wizard.not_saved = Some(why);
        }
    }

    /// The hour is in the file: nothing that lies before this moment was promised.
    pub(in crate::service::engine) fn night_run_is_set(&mut self) {
        self.desks.intake.schedule_since_ms = wall_ms();
    }
}
