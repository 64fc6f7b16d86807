//! Drills on another process: a locked database, a full disk, no memory left, a kill in the middle, a dead holder.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::service::continuity::holders;
use crate::service::outcome::RunStatus;
use crate::service::pipeline::{LockError, PipelineError, RunKind};

use super::fleet::{self, HEADER, LOCOMOTIVES, UNCHANGED};
use super::looks::{count_of_fleet, file_is_sound, nothing_judged, nothing_loaded};
use super::proof::{Broken, Outcome, Proof};
use super::scratch::{Job, LOADED, Scratch, faults};

/// A load that takes a moment: steps from `LOADED` on.
const MANY_STEPS: u32 = 1200;
const PARTS: u32 = 12;
/// How many kills of a drill should meet the child alive, and how often that is tried.
const KILLS: u32 = 3;
const TRIES: u32 = 20;
/// Address space that a child is given, from too little on until it works.
const MEMORY_MB: [u64; 9] = [24, 48, 72, 96, 128, 192, 256, 512, 1024];

/// Starts a child that holds `what` and says so.
fn holder(scratch: &Scratch, what: &str) -> Result<Job, Broken> {
    let mut command = scratch.command(&["drill", "--hold", what])?;
    let mut job = Job::start(command.stdin(Stdio::piped()))?;
    let mut said = String::new();
    if let Some(stdout) = job.child().and_then(|child| child.stdout.as_mut()) {
        BufReader::new(stdout).read_line(&mut said)?;
    }
    if said.trim() == "held" {
        return Ok(job);
    }
    let output = job.finish()?;
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Broken::Failed(format!("the holder holds nothing: {why}")))
}

pub fn locked(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let job = holder(scratch, "database")?;
    let id = job.id();
    let before = scratch.holdings()?;
    let begun = Instant::now();
    let (failed, words) = match scratch.run(RunKind::Full) {
        Ok(outcome) => (
            outcome.status == RunStatus::FailedSafe,
            outcome.cause.unwrap_or_default(),
        ),
        Err(error) => (true, error.to_string()),
    };
    let secs = begun.elapsed().as_secs_f64();
    proof.demand(
        failed && secs < 60.0,
        format!("process {id} holds a write transaction: the run gave up after {secs:.0} s: {words}"),
        format!("le processus {id} tient une transaction d'écriture : l'exécution a renoncé après {secs:.0} s : {words}"),
    )?;
    let home = &scratch.platform.home;
    match holders::of_warehouse(&home.warehouse(), &home.run_lock()) {
        Ok(found) => {
            let named = found.iter().find(|holder| holder.process == id);
            let program = named
                .map(|holder| holder.program.clone())
                .unwrap_or_default();
            proof.demand(
                named.is_some(),
                format!("the holder is named: process {id} ({program})"),
                format!("le détenteur est nommé : processus {id} ({program})"),
            )?;
        }
        Err(why) => proof.note(
            format!("this system does not name a holder: {why}"),
            format!("ce système ne nomme pas le détenteur : {why}"),
        ),
    }
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    nothing_judged(proof, &before, &after)?;
    job.kill()?;
    file_is_sound(proof, scratch)
}

pub fn dead_holder(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let job = holder(scratch, "run_lock")?;
    let id = job.id();
    let words = match scratch.run(RunKind::Full) {
        Err(PipelineError::Lock(error @ LockError::Busy { .. })) => error.to_string(),
        Err(error) => return Err(error.into()),
        Ok(_) => String::new(),
    };
    proof.demand(
        words.contains(&id.to_string()),
        format!("while process {id} lives, a run is refused and names it: {words}"),
        format!("tant que le processus {id} vit, une exécution est refusée et le nomme : {words}"),
    )?;
    job.kill()?;
    let writer = holder(scratch, "database")?;
    let before = scratch.holdings()?;
    writer.kill()?;
    let begun = Instant::now();
    let outcome = scratch.run(RunKind::Ingest)?;
    let secs = begun.elapsed().as_secs_f64();
    proof.demand(
        outcome.status == RunStatus::Ok && secs < 10.0,
        format!("both holders killed: the next run went on at once ({secs:.1} s)"),
        format!(
            "les deux détenteurs tués : l'exécution suivante est partie aussitôt ({secs:.1} s)"
        ),
    )?;
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    file_is_sound(proof, scratch)
}

pub fn disk_full(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    many_rows(scratch)?;
    let before = scratch.holdings()?;
    let mut bitten = 0;
    // Blocks of 512 bytes. The signal is ignored, so that a write beyond the limit is an error as on a full disk.
    for blocks in [96, 256, 640, 1024] {
        let limit = format!("trap '' 25 && ulimit -f {blocks}");
        let output = Job::start(&mut scratch.limited(&limit, &["ingest"])?)?.finish()?;
        let after = scratch.holdings()?;
        if output.status.success() {
            break;
        }
        bitten += 1;
        let words = said(&output);
        proof.demand(
            after.readings == before.readings
                && after.quarantine == before.quarantine
                && !words.is_empty(),
            format!(
                "room for {} KB: {words}; readings {} → {}",
                blocks / 2,
                before.readings.rows,
                after.readings.rows
            ),
            format!(
                "place pour {} Ko : {words} ; mesures {} → {}",
                blocks / 2,
                before.readings.rows,
                after.readings.rows
            ),
        )?;
        nothing_judged(proof, &before, &after)?;
    }
    proof.demand(
        bitten > 0,
        format!("the disk was full {bitten} times"),
        format!("le disque a été plein {bitten} fois"),
    )?;
    whole_load(proof, scratch, before.readings.rows)
}

pub fn out_of_memory(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    many_rows(scratch)?;
    let before = scratch.holdings()?;
    let all = before.readings.rows + u64::from(LOCOMOTIVES * MANY_STEPS);
    let (mut bitten, mut enough) = (0, None);
    for megabytes in MEMORY_MB {
        let output = with_memory(scratch, megabytes, &["ingest"])?;
        let after = scratch.holdings()?;
        nothing_judged(proof, &before, &after)?;
        if output.status.success() {
            enough = Some(megabytes);
            break;
        }
        bitten += 1;
        let (words, now) = (said(&output), after.readings.rows);
        proof.demand(
            after.readings == before.readings || now == all,
            format!("with {megabytes} MB the load ended ({words}): {now} readings, all of it or none"),
            format!("avec {megabytes} Mo le chargement s'est arrêté ({words}) : {now} mesures, tout ou rien"),
        )?;
        file_is_sound(proof, scratch)?;
    }
    let enough = enough.unwrap_or(MEMORY_MB[MEMORY_MB.len() - 1]);
    proof.demand(
        bitten > 0,
        format!("the limit bit {bitten} times; {enough} MB are enough for this load"),
        format!("la limite a mordu {bitten} fois ; {enough} Mo suffisent à ce chargement"),
    )?;
    whole_load(proof, scratch, before.readings.rows)?;

    // One line of more than all that memory. Its beginning is text, the rest takes no room on the disk.
    let line = std::fs::File::create(scratch.path("line.csv"))?;
    (&line).write_all(HEADER.as_bytes())?;
    (&line).write_all(&vec![b'7'; 8 << 20])?;
    line.set_len((enough + 64) << 20)?;
    drop(line);
    scratch.telemetry("line.csv")?;
    let before = scratch.holdings()?;
    let output = with_memory(scratch, enough, &["run"])?;
    let bounded = output.status.code() == Some(1);
    let words = said(&output);
    let (english, french) = if bounded {
        ("the memory stayed bounded", "la mémoire est restée bornée")
    } else {
        ("the limit bit", "la limite a mordu")
    };
    proof.demand(
        !output.status.success(),
        format!(
            "one line of {} MB, with {enough} MB: {english}: {words}",
            enough + 64
        ),
        format!(
            "une ligne de {} Mo, avec {enough} Mo : {french} : {words}",
            enough + 64
        ),
    )?;
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    nothing_judged(proof, &before, &after)?;

    // Rows that are good but for fifty thousand columns more.
    let junk = |prefix: &str| -> String { (0..50_000).map(|i| format!("{prefix}{i},")).collect() };
    let (names, cells) = (junk("c"), junk(""));
    let rows = fleet::rows(LOADED + MANY_STEPS, LOADED + MANY_STEPS + 10, UNCHANGED);
    let wide: String = rows.lines().map(|row| format!("{cells}{row}\n")).collect();
    scratch.write("columns.csv", format!("{names}{HEADER}{wide}"))?;
    scratch.telemetry("columns.csv")?;
    let output = with_memory(scratch, enough, &["ingest"])?;
    let came = scratch.holdings()?.readings.rows - after.readings.rows;
    let whole = u64::from(LOCOMOTIVES * 10);
    let words = if output.status.success() {
        "ok".into()
    } else {
        said(&output)
    };
    proof.demand(
        came == 0 || came == whole,
        format!("{whole} rows of 50,006 columns, with {enough} MB: {words}; {came} came in, all or none"),
        format!("{whole} lignes de 50 006 colonnes, avec {enough} Mo : {words} ; {came} chargées, tout ou rien"),
    )?;
    file_is_sound(proof, scratch)
}

fn with_memory(
    scratch: &Scratch,
    megabytes: u64,
    arguments: &[&str],
) -> Result<std::process::Output, Broken> {
    let limit = format!("ulimit -v {}", megabytes << 10);
    Ok(Job::start(&mut scratch.limited(&limit, arguments)?)?.finish()?)
}

pub fn killed_loading(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    many_rows(scratch)?;
    let before = scratch.holdings()?.readings.rows;
    let all = before + u64::from(LOCOMOTIVES * MANY_STEPS);
    // At once at first: a fast machine is through in no time.
    let mut longest = Duration::from_millis(10);
    let mut alive = 0;
    for _ in 0..TRIES {
        let begun = Instant::now();
        let mut job = Job::start(&mut scratch.command(&["ingest"])?)?;
        wait_for_lock(&mut job, &scratch.platform.home.run_lock())?;
        alive += u32::from(killed_within(job, &mut longest)?);
        let now = scratch.holdings()?.readings.rows;
        proof.demand(
            now == before || now == all,
            format!(
                "killed {} ms after its start: {now} readings, all of the load or none",
                begun.elapsed().as_millis()
            ),
            format!(
                "tué {} ms après son départ : {now} mesures, tout le chargement ou rien",
                begun.elapsed().as_millis()
            ),
        )?;
        file_is_sound(proof, scratch)?;
        if alive >= KILLS || now == all {
            break;
        }
    }
    proof.demand(
        alive > 0,
        format!("{alive} kills met the load under way"),
        format!("{alive} arrêts brutaux ont surpris le chargement en cours"),
    )?;
    whole_load(proof, scratch, before)
}

pub fn killed_backing_up(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    many_rows(scratch)?;
    let before = scratch
        .run(RunKind::Ingest)
        .map_err(Broken::from)
        .and_then(|_| scratch.holdings())?;
    let mut longest = Duration::from_millis(400);
    let mut alive = 0;
    for _ in 0..TRIES {
        let begun = Instant::now();
        let job = Job::start(&mut scratch.command(&["backup"])?)?;
        alive += u32::from(killed_within(job, &mut longest)?);
        let (good, bad) = backups(scratch)?;
        proof.demand(
            bad.is_empty(),
            format!("killed {} ms after its start: {good} whole backups, under a final name but not whole: {}", begun.elapsed().as_millis(), bad.len()),
            format!("tué {} ms après son départ : {good} sauvegardes entières, sous un nom définitif mais incomplètes : {}", begun.elapsed().as_millis(), bad.len()),
        )?;
        if alive >= KILLS {
            break;
        }
    }
    proof.demand(
        alive > 0,
        format!("{alive} kills met the backup under way"),
        format!("{alive} arrêts brutaux ont surpris la sauvegarde en cours"),
    )?;
    let output = Job::start(&mut scratch.command(&["backup"])?)?.finish()?;
    let (good, bad) = backups(scratch)?;
    proof.demand(
        output.status.success() && good > 0 && bad.is_empty(),
        format!("the next backup: {}; whole backups: {good}", said(&output)),
        format!(
            "la sauvegarde suivante : {} ; sauvegardes entières : {good}",
            said(&output)
        ),
    )?;
    let after = scratch.holdings()?;
    nothing_loaded(proof, &before, &after)?;
    nothing_judged(proof, &before, &after)?;
    file_is_sound(proof, scratch)
}

/// Files that lie under the name of a finished backup: how many are sound databases, and those that are not.
fn backups(scratch: &Scratch) -> Result<(usize, Vec<PathBuf>), Broken> {
    let folder = scratch.platform.home.backups();
    let (mut good, mut bad) = (0, Vec::new());
    if !folder.is_dir() {
        return Ok((good, bad));
    }
    for entry in std::fs::read_dir(&folder)? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let sound = if name.ends_with(".sqlite") && file == scratch.platform.home.safe_copy() {
            is_sound(&file)
        } else if name.ends_with(".sqlite.zst") {
            let plain = scratch.path("unpacked.sqlite");
            let sound = unpacked(&file, &plain).is_ok() && is_sound(&plain);
            if plain.exists() {
                std::fs::remove_file(&plain)?;
            }
            sound
        } else {
            continue;
        };
        if sound {
            good += 1;
        } else {
            bad.push(file);
        }
    }
    Ok((good, bad))
}

fn is_sound(file: &Path) -> bool {
    faults(file).is_ok_and(|faults| faults.is_empty())
}

fn unpacked(packed: &Path, plain: &Path) -> std::io::Result<()> {
    let mut plain = std::fs::File::create(plain)?;
    zstd::stream::copy_decode(std::fs::File::open(packed)?, &mut plain)
}

/// Kills it at a random moment within `longest`, which follows how long it lives; says whether it was met alive.
fn killed_within(mut job: Job, longest: &mut Duration) -> Result<bool, Broken> {
    std::thread::sleep(rand::rng().random_range(Duration::ZERO..*longest));
    let alive = job.is_alive()?;
    *longest = if alive {
        *longest * 3 / 2
    } else {
        *longest / 2
    };
    *longest = (*longest).max(Duration::from_millis(2));
    job.kill()?;
    Ok(alive)
}

/// Waits until the child holds the run lock, or has ended.
fn wait_for_lock(job: &mut Job, lock: &Path) -> Result<(), Broken> {
    let holder = format!("process {}", job.id());
    let begun = Instant::now();
    while job.is_alive()? && begun.elapsed() < Duration::from_secs(30) {
        match std::fs::read_to_string(lock) {
            Ok(words) if words.starts_with(&holder) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            // Where the system forbids reading a locked file, it is held.
            Err(_) => return Ok(()),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// The source brings many steps more from now on, in several files: a load that were not one transaction could be caught
/// between two of them.
fn many_rows(scratch: &mut Scratch) -> Result<(), Broken> {
    std::fs::create_dir_all(scratch.path("many"))?;
    for part in 0..PARTS {
        let from = LOADED + part * MANY_STEPS / PARTS;
        let rows = fleet::rows(from, from + MANY_STEPS / PARTS, UNCHANGED);
        scratch.write(&format!("many/{part:02}.csv"), HEADER.to_owned() + &rows)?;
    }
    scratch.telemetry("many/*.csv")
}

/// Without the fault the same load comes in whole, each row once.
fn whole_load(proof: &mut Proof, scratch: &Scratch, before: u64) -> Outcome {
    let outcome = scratch.run(RunKind::Ingest)?;
    let now = scratch.holdings()?.readings.rows;
    let all = u64::from(LOCOMOTIVES * MANY_STEPS);
    let of_fleet = count_of_fleet(scratch)?;
    proof.demand(
        outcome.status == RunStatus::Ok
            && now == before + all
            && of_fleet == u64::from(LOCOMOTIVES * (LOADED + MANY_STEPS)),
        format!("the same load without the fault: readings {before} → {now}, all {all} rows there once"),
        format!("le même chargement sans la panne : mesures {before} → {now}, les {all} lignes présentes une fois"),
    )?;
    file_is_sound(proof, scratch)
}

/// What a child said of its failure, in a line.
fn said(output: &std::process::Output) -> String {
    let json: Option<serde_json::Value> = serde_json::from_slice(&output.stdout).ok();
    let told = json.as_ref().and_then(|json| {
        ["cause", "error", "file"]
            .iter()
            .find_map(|key| json.get(key)?.as_str())
    });
    let words = told.map_or_else(
        || String::from_utf8_lossy(&output.stderr).into_owned(),
        str::to_owned,
    );
    let line = words.lines().find(|line| !line.trim().is_empty());
    let line = line.map_or_else(|| output.status.to_string(), str::to_owned);
    line.chars().take(200).collect()
}
