//! Drills of what comes in: a source that cannot be reached, a table cut off, other columns, numbers that are none.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::service::outcome::RunStatus;
use crate::service::pipeline::RunKind;

use super::fleet::{self, HEADER, LOCOMOTIVES, UNCHANGED};
use super::looks::{fails_safe, file_is_sound};
use super::proof::{Outcome, Proof};
use super::scratch::{LOADED, Scratch};

/// Steps that a file of these drills brings.
const STEPS: u32 = 40;

pub fn unreachable(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    scratch.telemetry("no/such/folder/sensors.csv")?;
    fails_safe(
        proof,
        scratch,
        ("a path that is not there", "un chemin qui n'existe pas"),
    )?;

    // A port that was ours a moment ago: nobody listens there.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    scratch.source(&format!("url = \"http://127.0.0.1:{port}/sensors.csv\""))?;
    fails_safe(
        proof,
        scratch,
        ("a port that refuses", "un port qui refuse"),
    )?;

    // It takes every question and never answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let place = listener.local_addr()?;
    scratch.source(&format!("url = \"http://{place}/sensors.csv\""))?;
    let over = AtomicBool::new(false);
    let (asked, failed, secs) = std::thread::scope(|threads| {
        let server = threads.spawn(|| {
            let mut taken = Vec::new();
            for connection in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    break;
                }
                taken.extend(connection);
            }
            taken.len()
        });
        let begun = Instant::now();
        let failed = fails_safe(
            proof,
            scratch,
            (
                "a server that never answers",
                "un serveur qui ne répond jamais",
            ),
        );
        let secs = begun.elapsed().as_secs_f64();
        over.store(true, Ordering::Release);
        // Whatever comes of it: the server looks up.
        let woken = TcpStream::connect(place);
        drop(woken);
        (server.join().unwrap_or(0), failed, secs)
    });
    let cause = failed?;
    proof.demand(
        asked > 0 && secs < 90.0 && !cause.contains("refused"),
        format!("asked {asked} times, it was given up after {secs:.0} s"),
        format!("interrogé {asked} fois, il a été abandonné après {secs:.0} s"),
    )
}

pub fn truncated(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    // Packed, and cut in the middle of the packed bytes: no row of it may come in.
    let whole = HEADER.to_owned() + &fleet::rows(LOADED, LOADED + STEPS, UNCHANGED);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(whole.as_bytes())?;
    let packed = packed.finish()?;
    scratch.write("sensors.csv.gz", &packed[..packed.len() / 2])?;
    scratch.telemetry("sensors.csv.gz")?;
    fails_safe(
        proof,
        scratch,
        (
            "a packed file cut in half",
            "un fichier compressé coupé en deux",
        ),
    )?;

    // Plain, and cut within its last line: every whole row is good, and the half one is kept apart as it is.
    let cut = whole.trim_end().rfind(',').unwrap_or_default();
    let last = whole[..cut].rfind('\n').map_or(0, |at| at + 1);
    let half = &whole[last..cut];
    scratch.write("cut.csv", &whole[..cut])?;
    scratch.telemetry("cut.csv")?;
    let before = scratch.holdings()?;
    let outcome = scratch.run(RunKind::Full)?;
    let after = scratch.holdings()?;
    let came = after.readings.rows - before.readings.rows;
    proof.demand(
        outcome.status == RunStatus::Ok && came == u64::from(LOCOMOTIVES * STEPS) - 1,
        format!("a table cut in its last line: {came} whole rows came in"),
        format!("une table coupée dans sa dernière ligne : {came} lignes entières chargées"),
    )?;
    proof.demand(
        scratch.reader()?.keeps_refused(half.as_bytes())?
            && after.quarantine.rows == before.quarantine.rows + 1,
        format!("the half line is in quarantine as it was: “{half}”"),
        format!("la demi-ligne est en quarantaine telle quelle : « {half} »"),
    )?;
    file_is_sound(proof, scratch)
}

pub fn changed_columns(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let rows = fleet::rows(LOADED, LOADED + STEPS, UNCHANGED);
    let renamed = HEADER.replace("vibration", "vib_rms");
    scratch.write("renamed.csv", renamed + &rows)?;
    scratch.telemetry("renamed.csv")?;
    fails_safe(
        proof,
        scratch,
        ("a column was renamed", "une colonne a été renommée"),
    )?;

    let without = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let kept = cells.iter().enumerate().filter(|(i, _)| *i != 3);
        kept.map(|(_, cell)| *cell).collect::<Vec<_>>().join(",") + "\n"
    };
    let removed: String = HEADER.lines().chain(rows.lines()).map(without).collect();
    scratch.write("removed.csv", removed)?;
    scratch.telemetry("removed.csv")?;
    fails_safe(
        proof,
        scratch,
        ("a column is missing", "une colonne manque"),
    )?;

    // The header stays as it was and the rows have a field more.
    let more: String = rows.lines().map(|line| line.to_owned() + ",7\n").collect();
    scratch.write("shifted.csv", HEADER.to_owned() + &more)?;
    scratch.telemetry("shifted.csv")?;
    fails_safe(
        proof,
        scratch,
        (
            "rows have a field more than the header",
            "les lignes ont un champ de plus que l'en-tête",
        ),
    )?;
    file_is_sound(proof, scratch)
}

pub fn nan_flood(proof: &mut Proof, scratch: &mut Scratch) -> Outcome {
    let spoiled = |every: usize, of: usize| -> String {
        let rows = fleet::rows(LOADED, LOADED + STEPS, UNCHANGED);
        let lines = rows.lines().enumerate().map(|(i, line)| {
            let spoil = i % of < every;
            let mut cells: Vec<&str> = line.split(',').collect();
            if spoil {
                cells[2 + i % 4] = "NaN";
            }
            cells.join(",") + "\n"
        });
        HEADER.to_owned() + &lines.collect::<String>()
    };
    scratch.write("flood.csv", spoiled(9, 10))?;
    scratch.telemetry("flood.csv")?;
    fails_safe(
        proof,
        scratch,
        ("NaN in nine rows of ten", "NaN dans neuf lignes sur dix"),
    )?;

    scratch.write("some.csv", spoiled(1, 10))?;
    scratch.telemetry("some.csv")?;
    let before = scratch.holdings()?;
    let outcome = scratch.run(RunKind::Full)?;
    let after = scratch.holdings()?;
    let (came, refused) = (
        after.readings.rows - before.readings.rows,
        after.quarantine.rows - before.quarantine.rows,
    );
    let all = u64::from(LOCOMOTIVES * STEPS);
    proof.demand(
        outcome.status == RunStatus::Ok && came + refused == all && refused == all / 10,
        format!("NaN in one row of ten: {came} rows came in, {refused} are in quarantine, {all} in the file"),
        format!("NaN dans une ligne sur dix : {came} lignes chargées, {refused} en quarantaine, {all} dans le fichier"),
    )?;
    let strange = scratch.reader()?.readings_without_number()?;
    proof.demand(
        strange == 0,
        format!("readings with a value that is no number: {strange}"),
        format!("mesures dont une valeur n'est pas un nombre : {strange}"),
    )?;
    file_is_sound(proof, scratch)
}
