//! The import of a file, and what this page writes into the configuration.

use std::path::PathBuf;

use crate::config::{Config, ScheduleConfig};
use crate::service::command::Event;
use crate::service::engine::Engine;
use crate::service::intake::draft::SourceDraft;
use crate::service::intake::preview::{self, Found};
use crate::service::intake::{Wizard, save_source};
use crate::service::pipeline::wall_ms;

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
        let (home, config) = (self.platform.home.clone(), self.platform.config.clone());
        self.aside(move || {
            let saved = save_source::add(&home, &config, &draft);
            Box::new(move |engine| match saved {
                Ok(config) => {
                    engine.in_force(config);
                    let desk = &mut engine.desks.intake;
                    desk.look += 1;
                    desk.run_wanted |= run;
                    desk.view().wizard = None;
                    desk.view().saved = Some(draft.name.trim().to_owned());
                }
                Err(error) => {
                    if let Some(wizard) = &mut engine.desks.intake.view().wizard {
                        wizard.not_saved = Some(error.to_string());
                    }
                }
            })
        });
    }

    pub(super) fn set_schedule(&mut self, schedule: ScheduleConfig) {
        let (home, config) = (self.platform.home.clone(), self.platform.config.clone());
        self.aside(move || {
            let saved = save_source::set_schedule(&home, &config, &schedule);
            Box::new(move |engine| match saved {
                Ok(config) => {
                    engine.desks.intake.schedule_since_ms = wall_ms();
                    engine.in_force(config);
                }
                Err(error) => engine.say(Event::Refused {
                    why: error.to_string(),
                }),
            })
        });
    }

    /// Goes by another configuration from now on; sources are followed anew where they changed.
    fn in_force(&mut self, config: Config) {
        let names = |config: &Config| format!("{:?}", config.sources);
        let other_sources = names(&config) != names(&self.platform.config);
        self.platform.config = config;
        if other_sources {
            self.follow();
        }
    }
}
