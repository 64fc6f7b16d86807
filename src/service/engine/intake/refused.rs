//! Refused rows as the window asks for them: sieved, picked, tried, put back.

use crate::domain::Reason;
use crate::service::command::Event;
use crate::service::engine::Engine;
use crate::service::intake::requeue::{self, Again, PutBackError, Report};
use crate::service::intake::{
    LISTED_ROWS, PUT_BACK_ROWS, Picked, RefusedEntry, RefusedFilter, RefusedKey, decode,
};
use crate::service::live::{Gate, Live};
use crate::service::platform::Platform;
use crate::service::scribe::who;
use crate::warehouse::LockError;

use super::reader;

impl Engine {
    pub(super) fn sift(&mut self) {
        let desk = &mut self.desks.intake;
        desk.sieve += 1;
        let (number, filter) = (desk.sieve, desk.view.filter.clone());
        let platform = self.platform.clone();
        self.aside(move || {
            let found = reader(&platform).and_then(|reader| match reader {
                Some(reader) => reader
                    .refused_rows(&filter, LISTED_ROWS)
                    .map_err(|e| e.to_string()),
                None => Ok((Vec::new(), 0)),
            });
            Box::new(move |engine| {
                let desk = &mut engine.desks.intake;
                if number != desk.sieve {
                    return;
                }
                let view = desk.view();
                view.sifting = false;
                match found {
                    Ok((rows, matching)) => (view.rows, view.matching) = (rows, matching),
                    Err(why) => view.fault = Some(why),
                }
            })
        });
    }

    pub(super) fn pick(&mut self, key: RefusedKey) {
        let platform = self.platform.clone();
        self.aside(move || {
            let found = reader(&platform).and_then(|reader| match reader {
                Some(reader) => reader.refused_row(key).map_err(|e| e.to_string()),
                None => Ok(None),
            });
            Box::new(move |engine| match found {
                Ok(whole) => {
                    engine.desks.intake.view().picked = whole.map(|whole| Picked {
                        key,
                        text: decode(&whole.raw).into_owned(),
                        put_back_as: whole.put_back_as.map(|raw| decode(&raw).into_owned()),
                        tried: None,
                    });
                }
                Err(why) => engine.say(Event::Refused { why }),
            })
        });
    }

    pub(super) fn try_row(&mut self, key: RefusedKey, text: String) {
        let platform = self.platform.clone();
        self.aside(move || {
            let again = Again {
                key,
                text: Some(text.clone()),
            };
            let would = requeue::would(&platform, &again);
            Box::new(move |engine| {
                let picked = &mut engine.desks.intake.view().picked;
                if let Some(picked) = picked.as_mut().filter(|picked| picked.key == key) {
                    picked.tried = Some((text, would));
                }
            })
        });
    }

    pub(super) fn put_back(
        &mut self,
        rows: impl FnOnce(&Platform) -> Result<Batch, String> + Send + 'static,
    ) {
        if self.running.is_some() || self.desks.intake.view.putting_back || self.is_swapping() {
            return self.say(Event::Refused {
                why: "a run is under way".into(),
            });
        }
        self.desks.intake.view().putting_back = true;
        let platform = self.platform.clone();
        let gate = self.following.as_ref().map(Live::gate);
        let who = who(platform.config.window.operator.as_deref());
        self.aside(move || {
            // A live pass of ours ends first; the next one waits.
            let _held = gate.as_ref().map(Gate::hold);
            let done = rows(&platform).map_err(Failed::Told).and_then(|batch| {
                let mut report = requeue::put_back(&platform, &batch.rows, &who)?;
                report.left = batch.left;
                if batch.backwards > 0 {
                    let refused = report.refused.entry(Reason::TimeBackwards);
                    *refused.or_default() += batch.backwards;
                }
                Ok(report)
            });
            Box::new(move |engine| engine.was_put_back(done))
        });
    }

    fn was_put_back(&mut self, done: Result<Report, Failed>) {
        if let Err(Failed::PutBack(PutBackError::Lock(LockError::Busy { holder }))) = &done {
            self.say(Event::RunBusy {
                holder: holder.clone(),
            });
        }
        let desk = &mut self.desks.intake;
        (desk.due, desk.looked_at) = (true, None);
        let view = desk.view();
        view.putting_back = false;
        view.picked = None;
        view.put_back = Some(done.map_err(|failed| failed.to_string()));
    }
}

/// Why nothing was put back.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Told(String),
    #[error(transparent)]
    PutBack(#[from] PutBackError),
}

/// Rows to be put back at once.
#[derive(Default)]
pub(super) struct Batch {
    pub rows: Vec<Again>,
    /// Rows of the filter beyond what is taken at once.
    pub left: u64,
    /// Rows that go back in time and were not asked for by that reason.
    pub backwards: u64,
}

/// The rows of a filter as they came. A row alone does not show that it goes back in time: that its instant is right
/// after all is for a person to say, by asking for that reason.
pub(super) fn all_of(platform: &Platform, filter: &RefusedFilter) -> Result<Batch, String> {
    let Some(reader) = reader(platform)? else {
        return Ok(Batch::default());
    };
    let filter = RefusedFilter {
        put_back: false,
        ..filter.clone()
    };
    let (rows, all) = reader
        .refused_rows(&filter, PUT_BACK_ROWS)
        .map_err(|e| e.to_string())?;
    let left = all.saturating_sub(rows.len() as u64);
    let again = |row: RefusedEntry| Again {
        key: row.key,
        text: None,
    };
    let (backwards, rows): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| filter.reason.is_none() && row.reason == Reason::TimeBackwards);
    Ok(Batch {
        rows: rows.into_iter().map(again).collect(),
        left,
        backwards: backwards.len() as u64,
    })
}
