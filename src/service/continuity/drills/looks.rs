//! What every drill looks at: a run that must fail safe, a file that must be sound, and the aftermath.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::VerdictKind;
use crate::service::outcome::RunStatus;
use crate::service::pipeline::RunKind;
use crate::service::snapshot::{RunProgress, Stage};
use crate::service::stop::Stop;
use crate::warehouse::Holdings;

use super::fleet::{self, LOCOMOTIVES};
use super::proof::{Broken, Outcome, Proof};
use super::scratch::{LOADED, Scratch};

/// Steps that the aftermath loads first, and those that it brings then: long after all that a drill may have brought.
const UNSCORED: Range<u32> = 1980..2000;
const AFTERMATH: Range<u32> = 2000..2040;

/// No model and no prediction came or went.
///
/// # Errors
/// One did.
pub fn nothing_judged(proof: &mut Proof, before: &Holdings, after: &Holdings) -> Outcome {
    let (models, scores) = (&after.models, &after.predictions);
    proof.demand(
        before.models == *models && before.predictions == *scores,
        format!(
            "models {} → {}, predictions {} → {}: nothing was trained, nothing scored",
            before.models.rows, models.rows, before.predictions.rows, scores.rows
        ),
        format!(
            "modèles {} → {}, prédictions {} → {} : aucun apprentissage, aucun score",
            before.models.rows, models.rows, before.predictions.rows, scores.rows
        ),
    )
}

/// Readings, quarantine and events are those of before, row by row.
///
/// # Errors
/// They are not.
pub fn nothing_loaded(proof: &mut Proof, before: &Holdings, after: &Holdings) -> Outcome {
    let same = before.readings == after.readings
        && before.quarantine == after.quarantine
        && before.maintenance == after.maintenance
        && before.failures == after.failures;
    proof.demand(
        same,
        format!(
            "readings {} → {}, quarantine {} → {}: the same rows as before, by their digest",
            before.readings.rows,
            after.readings.rows,
            before.quarantine.rows,
            after.quarantine.rows
        ),
        format!(
            "mesures {} → {}, quarantaine {} → {} : les mêmes lignes qu'avant, par leur empreinte",
            before.readings.rows,
            after.readings.rows,
            before.quarantine.rows,
            after.quarantine.rows
        ),
    )
}

/// The database file is whole, and its rows are those of its ledger.
///
/// # Errors
/// It is not.
pub fn file_is_sound(proof: &mut Proof, scratch: &Scratch) -> Outcome {
    let faults = scratch.faults()?;
    proof.demand(
        faults.is_empty(),
        format!(
            "database: integrity_check, foreign_key_check and ledger: {}",
            if faults.is_empty() {
                "sound".into()
            } else {
                faults.join("; ")
            }
        ),
        format!(
            "base de données : integrity_check, foreign_key_check et registre : {}",
            if faults.is_empty() {
                "sains".into()
            } else {
                faults.join(" ; ")
            }
        ),
    )
}

/// Walks a whole run that must fail safe: named, recorded, and nothing of it in the warehouse. Says the cause.
///
/// # Errors
/// It did not.
pub fn fails_safe(
    proof: &mut Proof,
    scratch: &Scratch,
    what: (&str, &str),
) -> Result<String, Broken> {
    let before = scratch.holdings()?;
    let outcome = scratch.run(RunKind::Full)?;
    let cause = outcome.cause.unwrap_or_default();
    proof.demand(
        outcome.status == RunStatus::FailedSafe && !cause.is_empty(),
        format!("{}: the run failed safe: {cause}", what.0),
        format!("{} : l'exécution a échoué sans dommage : {cause}", what.1),
    )?;
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    nothing_judged(proof, &before, &after)?;
    proof.demand(
        (after.runs, after.runs_failed) == (before.runs + 1, before.runs_failed + 1),
        format!(
            "runs recorded {} → {}, failed {} → {}",
            before.runs, after.runs, before.runs_failed, after.runs_failed
        ),
        format!(
            "exécutions notées {} → {}, en échec {} → {}",
            before.runs, after.runs, before.runs_failed, after.runs_failed
        ),
    )?;
    no_nominal(proof, scratch)?;
    Ok(cause)
}

/// No machine of the fleet is called nominal.
///
/// # Errors
/// One is.
pub fn no_nominal(proof: &mut Proof, scratch: &Scratch) -> Outcome {
    let [nominal, danger, unavailable] = verdicts(scratch)?;
    proof.demand(
        nominal == 0,
        format!("verdicts: nominal {nominal}, danger {danger}, unavailable {unavailable}"),
        format!("verdicts : nominal {nominal}, danger {danger}, indisponible {unavailable}"),
    )
}

/// Machines by verdict: nominal, danger, unavailable.
///
/// # Errors
/// The warehouse cannot be read.
pub fn verdicts(scratch: &Scratch) -> Result<[usize; 3], Broken> {
    let fleet = scratch.platform.fleet()?;
    let rows = fleet.map(|fleet| fleet.rows).unwrap_or_default();
    let of = |kind| rows.iter().filter(|row| row.verdict.kind() == kind).count();
    Ok([
        of(VerdictKind::Nominal),
        of(VerdictKind::Danger),
        of(VerdictKind::Unavailable),
    ])
}

/// What follows every drill on the same home: a load that leaves scoring due, an extraction that fails, a load broken off
/// in its middle, a good run. The sources may be changed by the drill; the warehouse must be what it works on again.
///
/// # Errors
/// One of them left what it must not, or did not work.
pub fn aftermath(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    proof.note(
        "— aftermath, on the same home —",
        "— suites, sur la même copie —",
    );
    scoring_due(proof, scratch)?;
    scratch.telemetry("gone.csv")?;
    fails_safe(
        proof,
        scratch,
        ("the source is gone", "la source a disparu"),
    )?;
    broken_off(proof, scratch)?;
    good_run(proof, scratch)?;
    file_is_sound(proof, scratch)
}

/// Readings that nobody scored: whoever scores after a failure has something to do, and is seen.
fn scoring_due(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    bring(scratch, UNSCORED)?;
    let outcome = scratch.run(RunKind::Ingest)?;
    let due = scratch.reader()?.unscored()?.len();
    proof.demand(
        outcome.status == RunStatus::Ok && due > 0,
        format!(
            "{} readings loaded, not scored yet: due for {due} machines",
            outcome.report.rows_kept
        ),
        format!(
            "{} mesures chargées, pas encore évaluées : à faire pour {due} machines",
            outcome.report.rows_kept
        ),
    )
}

/// The source is a table of these steps from now on.
fn bring(scratch: &mut Scratch, steps: Range<u32>) -> Result<(), Broken> {
    let rows = fleet::rows(steps.start, steps.end, fleet::UNCHANGED);
    scratch.write("aftermath.csv", fleet::HEADER.to_owned() + &rows)?;
    scratch.telemetry("aftermath.csv")
}

/// Stopped once rows were written, before the commit.
fn broken_off(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    bring(scratch, AFTERMATH)?;
    let before = scratch.holdings()?;
    let stop = Stop::default();
    let written = AtomicU64::new(0);
    let watch = |progress: RunProgress| {
        if progress.stage == Stage::Load && progress.rows > 0 {
            written.store(progress.rows, Ordering::Relaxed);
            stop.ask("the drill");
        }
    };
    let outcome = scratch.platform.run_until(RunKind::Full, &watch, &stop)?;
    let written = written.load(Ordering::Relaxed);
    proof.demand(
        written > 0 && outcome.status == RunStatus::FailedSafe,
        format!("a load broken off when {written} rows were written, before its commit"),
        format!(
            "un chargement interrompu après l'écriture de {written} lignes, avant sa validation"
        ),
    )?;
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    nothing_judged(proof, &before, &after)
}

fn good_run(proof: &mut Proof, scratch: &Scratch) -> Outcome {
    let before = scratch.holdings()?;
    let outcome = scratch.run(RunKind::Full)?;
    proof.demand(
        outcome.status == RunStatus::Ok,
        format!(
            "a good run then: {}",
            outcome.cause.as_deref().unwrap_or("sound")
        ),
        format!(
            "puis une bonne exécution : {}",
            outcome.cause.as_deref().unwrap_or("saine")
        ),
    )?;
    let after = scratch.holdings()?;
    let came = after.readings.rows.saturating_sub(before.readings.rows);
    proof.demand(
        came == outcome.report.rows_kept && came > 0,
        format!(
            "{came} readings came, each once; {} were there already",
            outcome.report.rows_already_loaded
        ),
        format!(
            "{came} mesures ajoutées, chacune une fois ; {} y étaient déjà",
            outcome.report.rows_already_loaded
        ),
    )?;
    let all = count_of_fleet(scratch)?;
    proof.demand(
        all >= u64::from(LOCOMOTIVES) * u64::from(LOADED + AFTERMATH.end - UNSCORED.start),
        format!("readings of the drill's fleet: {all}"),
        format!("mesures de la flotte d'exercice : {all}"),
    )?;
    proof.demand(
        after.predictions.rows > before.predictions.rows || after.models.rows > before.models.rows,
        format!(
            "predictions {} → {}: scoring works again",
            before.predictions.rows, after.predictions.rows
        ),
        format!(
            "prédictions {} → {} : le score fonctionne de nouveau",
            before.predictions.rows, after.predictions.rows
        ),
    )
}

/// Readings held of the drill's own machines.
///
/// # Errors
/// The warehouse cannot be read.
pub fn count_of_fleet(scratch: &Scratch) -> Result<u64, Broken> {
    let reader = scratch.reader()?;
    let mut count = 0;
    for loco in 1..=LOCOMOTIVES {
        let loco = crate::domain::LocoId::new(&fleet::name(loco));
        reader.readings(&loco, 0, i64::MAX, None, &mut |_| count += 1)?;
    }
    Ok(count)
}
