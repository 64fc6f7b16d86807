//! Drills of what data may do to a verdict: rows that were poisoned, a fleet that drifts from what was learned.

use crate::domain::{Cause, Flags, LocoId, Verdict, VerdictKind};
use crate::service::outcome::RunStatus;
use crate::service::pipeline::RunKind;

use super::fleet::{self, HEADER, UNCHANGED};
use super::looks::{file_is_sound, verdicts};
use super::proof::{Broken, Outcome, Proof};
use super::scratch::{LEARNED, LOADED, Scratch};

/// Steps that the poisoned batch spans, and the last of those that drift.
const POISONED_STEPS: u32 = 60;
const DRIFTED_TO: u32 = 750;
/// The machine whose rows are falsified: quiet, then far from anything it ever did, within all limits.
const VICTIM: u32 = 2;

pub fn poisoned(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let to = LOADED + POISONED_STEPS;
    let falsified = fleet::rows(
        LOADED,
        to,
        &|loco, [flow, pressure, vibration, temperature]| {
            if loco == VICTIM {
                [flow - 250.0, pressure + 3.5, vibration, temperature]
            } else {
                [flow, pressure, vibration, temperature]
            }
        },
    );
    scratch.write("poisoned.csv", HEADER.to_owned() + &falsified)?;
    scratch.telemetry("poisoned.csv")?;
    let before = scratch.holdings()?;
    let outcome = scratch.run(RunKind::Full)?;
    let after = scratch.holdings()?;
    let victim = LocoId::new(&fleet::name(VICTIM));
    let held = after.holds - before.holds;
    let flagged = flagged(scratch, &victim)?;
    proof.note(
        format!(
            "{POISONED_STEPS} falsified rows of one machine: the run ended {:?}; batches held: {held}; rows flagged: {flagged}",
            outcome.status
        ),
        format!(
            "{POISONED_STEPS} lignes falsifiées d'une machine : exécution {} ; lots retenus : {held} ; lignes signalées : {flagged}",
            if outcome.status == RunStatus::Ok { "saine" } else { "en échec sans dommage" }
        ),
    );
    proof.demand(
        held > 0,
        format!("the batch is held from training: {held}"),
        format!("le lot est retenu hors de l'apprentissage : {held}"),
    )?;
    let came = after.readings.rows - before.readings.rows;
    let refused = after.quarantine.rows - before.quarantine.rows;
    let all = u64::from(fleet::LOCOMOTIVES * POISONED_STEPS);
    proof.demand(
        came + refused == all,
        format!("rows in the file {all}: readings {came}, quarantine {refused}: none is lost"),
        format!(
            "lignes du fichier {all} : mesures {came}, quarantaine {refused} : aucune n'est perdue"
        ),
    )?;
    proof.demand(
        before.models == after.models,
        format!(
            "models {} → {}: nothing was learned from them",
            before.models.rows, after.models.rows
        ),
        format!(
            "modèles {} → {} : rien n'en a été appris",
            before.models.rows, after.models.rows
        ),
    )?;
    let verdict = verdict_of(scratch, &victim)?;
    let kind = verdict.as_ref().map_or("?", |verdict| verdict.kind().key());
    proof.demand(
        verdict.is_some_and(|verdict| verdict.kind() != VerdictKind::Nominal),
        format!("the verdict of that machine: {kind}"),
        format!("verdict de cette machine : {kind}"),
    )?;
    file_is_sound(proof, scratch)
}

fn flagged(scratch: &Scratch, loco: &LocoId) -> Result<u64, Broken> {
    let mut flagged = 0;
    let from_ms = fleet::instant_ms(LOADED);
    scratch
        .reader()?
        .readings(loco, from_ms, i64::MAX, None, &mut |reading| {
            flagged += u64::from(reading.flags != Flags::NONE);
        })?;
    Ok(flagged)
}

fn verdict_of(scratch: &Scratch, loco: &LocoId) -> Result<Option<Verdict>, Broken> {
    let fleet = scratch.platform.fleet()?;
    let row = fleet.and_then(|fleet| fleet.rows.into_iter().find(|row| row.loco == *loco));
    Ok(row.map(|row| row.verdict))
}

pub fn drifted(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    // First the same fleet as it was: the breaker must not trip on it.
    let quiet = fleet::rows(LEARNED, LOADED, UNCHANGED);
    scratch.write("quiet.csv", HEADER.to_owned() + &quiet)?;
    scratch.telemetry("quiet.csv")?;
    scratch.run(RunKind::Full)?;
    let [nominal, danger, unavailable] = verdicts(scratch)?;
    proof.demand(
        nominal > 0,
        format!("before: nominal {nominal}, danger {danger}, unavailable {unavailable}"),
        format!("avant : nominal {nominal}, danger {danger}, indisponible {unavailable}"),
    )?;
    let before = scratch.holdings()?;
    let raised = fleet::rows(LOADED, DRIFTED_TO, &|_,
                                                   [
        flow,
        pressure,
        vibration,
        temperature,
    ]| {
        [flow + 30.0, pressure, vibration, temperature]
    });
    scratch.write("drifted.csv", HEADER.to_owned() + &raised)?;
    scratch.telemetry("drifted.csv")?;
    scratch.run(RunKind::Full)?;
    let fleet = scratch.platform.fleet()?;
    let rows = fleet.map(|fleet| fleet.rows).unwrap_or_default();
    let count = |is: &dyn Fn(&Verdict) -> bool| rows.iter().filter(|row| is(&row.verdict)).count();
    let nominal = count(&|verdict| verdict.kind() == VerdictKind::Nominal);
    let danger = count(&|verdict| verdict.kind() == VerdictKind::Danger);
    let withdrawn =
        count(&|verdict| matches!(verdict, Verdict::Unavailable(Cause::Drifted { .. })));
    proof.demand(
        nominal == 0 && withdrawn > 0 && danger > 0,
        format!("every flow raised by 30 L/min: nominal {nominal}, withdrawn by the breaker {withdrawn}, danger kept {danger}"),
        format!("tous les débits relevés de 30 L/min : nominal {nominal}, retirés par le disjoncteur {withdrawn}, danger maintenu {danger}"),
    )?;
    let after = scratch.holdings()?;
    let came = after.readings.rows - before.readings.rows;
    proof.demand(
        came == u64::from(fleet::LOCOMOTIVES * (DRIFTED_TO - LOADED)),
        format!("readings {came} came in, none is lost"),
        format!("{came} mesures chargées, aucune perdue"),
    )?;
    proof.demand(
        before.models == after.models,
        format!(
            "models {} → {}: nothing was learned from the drift",
            before.models.rows, after.models.rows
        ),
        format!(
            "modèles {} → {} : rien n'a été appris de la dérive",
            before.models.rows, after.models.rows
        ),
    )?;
    file_is_sound(proof, scratch)
}
