//! The desk of the models: keeps the page's view, arms the breaker, puts versions in force.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::DriftConfig;
use crate::service::breaker::Breaker;
use crate::service::command::{Desk, Event};
use crate::service::live::{Gate, Live};
use crate::service::models::measure::Normals;
use crate::service::models::{ModelsAsk, ModelsView, look, promote};
use crate::service::scribe;

use super::{Engine, InForce};

/// Between two looks at data that goes on coming.
const LOOK: Duration = Duration::from_secs(60);

/// What the desk holds.
#[derive(Default)]
pub(super) struct ModelsDesk {
    pub breaker: Breaker,
    view: Arc<ModelsView>,
    normals: Normals,
    promoting: Option<u32>,
    /// A look is under way.
    looking: bool,
    looked: Option<Looked>,
}

/// What the last look was at.
struct Looked {
    of: Of,
    /// The last run and when it ended.
    run: Option<(i64, i64)>,
    at: Instant,
}

/// What a look is wanted for as soon as it changes.
#[derive(PartialEq)]
struct Of {
    model: Option<u32>,
    last_entry: i64,
    drift: DriftConfig,
    budget: Option<f64>,
}

impl ModelsDesk {
    /// Another warehouse may have taken the place of this one.
    pub fn forget(&mut self) {
        self.breaker = Breaker::default();
        self.normals.forget();
        self.looked = None;
    }
}

impl Engine {
    pub(super) fn asked_of_models(&mut self, ask: ModelsAsk) {
        match ask {
            ModelsAsk::Arm { why } => self.arm(why.trim()),
            ModelsAsk::Promote { version, why } => self.promote(version, why),
        }
    }

    fn arm(&self, why: &str) {
        let refuse = |why: &str| self.say(Event::Refused { why: why.into() });
        let Some(model) = self.model_version else {
            return refuse("there is no model in force");
        };
        if why.is_empty() {
            return refuse("say why the breaker may be armed again");
        }
        let who = scribe::who(self.platform.config.window.operator.as_deref());
        let entries = self.desks.models.breaker.armed_by(model, &who, why);
        if entries.is_empty() {
            return refuse("the breaker has not tripped");
        }
        for entry in entries {
            self.write_down(move |warehouse| warehouse.note(&entry).map(drop));
        }
    }

    /// A version is being put in force, which holds the same lock as a run.
    pub(super) const fn is_promoting(&self) -> bool {
        self.desks.models.promoting.is_some()
    }

    fn promote(&mut self, version: u32, why: String) {
        if self.running.is_some() || self.desks.models.promoting.is_some() || self.is_swapping() {
            return self.say(Event::Refused {
                why: "a run is under way".into(),
            });
        }
        self.desks.models.promoting = Some(version);
        let platform = self.platform.clone();
        let who = scribe::who(platform.config.window.operator.as_deref());
        let gate = self.following.as_ref().map(Live::gate);
        self.aside(move || {
            // A live pass of ours ends first; the next one waits.
            let _held = gate.as_ref().map(Gate::hold);
            let event = promote::told(version, promote::promote(&platform, version, &who, &why));
            Box::new(move |engine| {
                engine.desks.models.promoting = None;
                engine.say(event);
            })
        });
    }

    /// Begins a look when one is due; a picture follows when it ends.
    pub(super) fn models_tick(&mut self) {
        let path = self.platform.home.warehouse();
        let config = &self.platform.config;
        let desk = &mut self.desks.models;
        let attended = matches!(self.desk, Desk::Models | Desk::Continuity);
        if !attended || desk.looking || self.reader.is_none() {
            return;
        }
        let run = {
            let shown = self.snapshots.borrow();
            let run = shown.last_run.as_ref();
            run.map(|run| (run.run_id, run.ended_ms))
        };
        let of = Of {
            model: self.model_version,
            last_entry: desk.breaker.last_entry,
            drift: config.drift,
            budget: config.model.false_alarm_hours_per_loco_day,
        };
        let due = desk.looked.as_ref().is_none_or(|looked| {
            looked.of != of || (looked.run != run && looked.at.elapsed() >= LOOK)
        });
        if !due {
            return;
        }
        desk.looking = true;
        desk.looked = Some(Looked {
            of,
            run,
            at: Instant::now(),
        });
        let model = match &self.model {
            InForce::None => Ok(None),
            InForce::Sound(model) => Ok(Some(Arc::clone(model))),
            InForce::Damaged(why) => Err(why.clone()),
        };
        let (config, mut normals) = (config.clone(), std::mem::take(&mut desk.normals));
        self.aside(move || {
            let model = model.as_ref().map(Option::as_deref).map_err(Clone::clone);
            let view = look::look(&path, model, &config, &mut normals);
            Box::new(move |engine| {
                let desk = &mut engine.desks.models;
                desk.looking = false;
                desk.normals = normals;
                desk.view = Arc::new(view);
            })
        });
    }

    /// The view with what has happened since the last look.
    pub(super) fn models_view(&mut self) -> Arc<ModelsView> {
        let desk = &mut self.desks.models;
        let blown = self.model_version.map_or_else(Vec::new, |model| {
            desk.breaker.of(model).cloned().collect::<Vec<_>>()
        });
        if desk.view.blown != blown || desk.view.promoting != desk.promoting {
            let view = Arc::make_mut(&mut desk.view);
            view.blown = blown;
            view.promoting = desk.promoting;
        }
        Arc::clone(&desk.view)
    }
}
