//! `cidp simulate`.

use serde_json::json;

use crate::service::platform::{Platform, Simulation};
use crate::text::Text;

use super::Exit;
use super::arguments::Simulate;
use super::output::Output;

pub fn simulate(asked: &Simulate, out: &Output, text: &Text) -> Exit {
    let simulation = Simulation {
        locomotives: asked.locomotives,
        days: asked.days,
        period_secs: asked.period_secs,
        seed: asked.seed,
        dirty: asked.dirty,
    };
    match Platform::simulate(&simulation, &asked.out) {
        Ok(()) => {
            let folder = asked.out.display().to_string();
            let value = json!({ "status": "ok", "out": folder, "simulation": simulation });
            out.value(&value, || {
                text.with("cli-simulated", [("folder", folder.clone().into())])
            });
            Exit::Done
        }
        Err(error) => {
            let message = format!("{}: {error}", asked.out.display());
            out.failed_safe(&message);
            Exit::FailSafe
        }
    }
}
